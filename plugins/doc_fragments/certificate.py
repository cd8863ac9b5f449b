# Copyright (c) stackwright.aws contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations


class ModuleDocFragment:
    """A certificate of AWS Certificate Manager."""

    DOCUMENTATION = r"""
options:
  domain:
    description: The name that the certificate is for. Without it, the name of the entry.
    type: str
  alternative_names:
    description: Further names. A wildcard, V(*.example.com), covers one level.
    type: list
    elements: str
    default: []
  zone:
    description:
      - The zone in which to prove that the domain is ours, for example V(zone.main). The records stay there for
        renewals.
      - Without it, somebody has to make the record that AWS asks for before the certificate is issued.
    type: str
  key_algorithm:
    description: The certificate's key. It cannot be changed later.
    type: str
    choices: [RSA_2048, EC_prime256v1, EC_secp384r1]
    default: RSA_2048
  arn:
    description: A certificate that somebody else made. Nothing about it is changed.
    type: str
  import:
    description: A certificate from elsewhere. It is not renewed by AWS.
    type: dict
    suboptions:
      certificate:
        description: The certificate, in PEM.
        type: str
        required: true
      private_key:
        description: Its key, in PEM. Keep it in Ansible Vault.
        type: str
        required: true
      chain:
        description: The certificates between it and the authority, in PEM.
        type: str
  in_region:
    description: Another region than the stack's to make it in. CloudFront takes certificates only from V(us-east-1).
    type: str
  tags:
    description: Tags for what is made here, over those of the stack.
    type: dict
    default: {}
"""
