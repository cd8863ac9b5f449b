# Copyright (c) stackwright.aws contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
name: eks_token
short_description: A token for the Kubernetes API of an EKS cluster
version_added: 0.1.0
author:
  - stackwright.aws contributors (@stackwright)
description:
  - Makes a bearer token that tells an EKS cluster who calls, without the AWS command line and without a request.
  - A token is good for a quarter of an hour and for the one cluster.
  - It is a secret. Hand it to an option that hides its value, such as C(api_key) of the modules of kubernetes.core.
options:
  _terms:
    description: Names of clusters in AWS.
    type: list
    elements: str
    required: true
extends_documentation_fragment:
  - stackwright.aws.connection
seealso:
  - plugin: stackwright.aws.kubernetes_connection
    plugin_type: lookup
"""

EXAMPLES = r"""
- name: Ask the API server for its version
  ansible.builtin.uri:
    url: "{{ endpoint }}/version"
    headers:
      Authorization: "Bearer {{ lookup('stackwright.aws.eks_token', 'shop-cluster', region='eu-west-1') }}"
  no_log: true
"""

RETURN = r"""
_raw:
  description: A token for each cluster.
  type: list
  elements: str
"""

from collections.abc import Mapping, Sequence
from typing import Any

from ansible.errors import AnsibleLookupError
from ansible.plugins.lookup import LookupBase

from ..module_utils.aws.eks_token import connection_options, make_token
from ..module_utils.aws.errors import BotoCoreError


class LookupModule(LookupBase):
    """Tokens for clusters."""

    def run(self, terms: Sequence[str], variables: Mapping[str, Any] | None = None, **kwargs: Any) -> list[str]:
        """A token for each name."""
        self.set_options(var_options=variables, direct=kwargs)
        try:
            options = connection_options(self.get_options())
            return [make_token(options, str(name)) for name in terms]
        except (BotoCoreError, ValueError) as error:
            raise AnsibleLookupError(f"no token: {error}") from None
