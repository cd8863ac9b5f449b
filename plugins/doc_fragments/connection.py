# Copyright (c) stackwright.aws contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations


class ModuleDocFragment:
    """Whose account, which region, which endpoint."""

    DOCUMENTATION = r"""
options:
  region:
    description:
      - The AWS region, where the description names none.
      - Without either, E(AWS_REGION) is used.
    type: str
    aliases: [aws_region]
  profile:
    description:
      - A named profile of the AWS configuration files.
      - What is not given here follows botocore's own chain, E(AWS_PROFILE) included.
    type: str
    aliases: [aws_profile]
  access_key:
    description: The access key id.
    type: str
    aliases: [aws_access_key]
  secret_key:
    description: The secret access key.
    type: str
    aliases: [aws_secret_key]
  session_token:
    description: The session token of temporary credentials.
    type: str
    aliases: [aws_session_token]
  assume_role_arn:
    description:
      - The ARN of a role to assume with the credentials found.
      - The session is renewed before it runs out.
    type: str
  endpoint_url:
    description:
      - An address to send all requests to instead of AWS's.
      - Without it, E(AWS_ENDPOINT_URL) and its variants per service are used.
    type: str
  validate_certs:
    description: Whether to check the certificates of the endpoints.
    type: bool
    default: true
  aws_ca_bundle:
    description: A file of certificate authorities to check the endpoints' certificates with.
    type: path
requirements:
  - python >= 3.10
  - botocore >= 1.40
"""
