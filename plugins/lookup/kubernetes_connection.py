# Copyright (c) stackwright.aws contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
name: kubernetes_connection
short_description: How to reach the Kubernetes API of an EKS cluster
version_added: 0.1.0
author:
  - stackwright.aws contributors (@stackwright)
description:
  - Answers where the Kubernetes API of an EKS cluster is, the authority of its certificate, and a token that is good
    for a quarter of an hour, as the modules of kubernetes.core take them. Neither the AWS command line nor a file of
    one's own is needed.
  - Among C(module_defaults) it is looked up for each task, so that a token never grows old.
  - What it answers holds a secret. Hand it to the options C(kubeconfig) or C(api_key), which hide their values.
options:
  _terms:
    description: Names of clusters in AWS.
    type: list
    elements: str
    required: true
extends_documentation_fragment:
  - stackwright.aws.connection
seealso:
  - plugin: stackwright.aws.eks_token
    plugin_type: lookup
"""

EXAMPLES = r"""
- name: Deploy to the cluster
  hosts: prod
  module_defaults:
    group/kubernetes.core.k8s:
      kubeconfig: "{{ lookup('stackwright.aws.kubernetes_connection', 'shop-cluster', region='eu-west-1').kubeconfig }}"
  tasks:
    - name: Namespace
      kubernetes.core.k8s:
        kind: Namespace
        name: shop
"""

RETURN = r"""
_raw:
  description: What is known of each cluster.
  type: list
  elements: dict
  contains:
    name:
      description: The cluster's name.
      type: str
      sample: shop-cluster
    host:
      description: The address of its API.
      type: str
      sample: https://0123456789ABCDEF0123456789ABCDEF.gr7.eu-west-1.eks.amazonaws.com
    ca_cert:
      description: A file with the authority of its certificate, which is there until the run of Ansible ends.
      type: path
    ca_data:
      description: The authority of its certificate, as PEM.
      type: str
    api_key:
      description: The token. A secret.
      type: str
    kubeconfig:
      description: All of it as a kubeconfig. A secret.
      type: dict
"""

import hashlib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from ansible import constants
from ansible.errors import AnsibleLookupError
from ansible.plugins.lookup import LookupBase

from ..module_utils.aws.eks_token import KubernetesEndpoint, connection_options, reach
from ..module_utils.aws.errors import BotoCoreError
from ..module_utils.engine.api import ApiError


class LookupModule(LookupBase):
    """Connections to clusters."""

    def run(
        self, terms: Sequence[str], variables: Mapping[str, Any] | None = None, **kwargs: Any
    ) -> list[dict[str, Any]]:
        """A connection for each name."""
        self.set_options(var_options=variables, direct=kwargs)
        try:
            options = connection_options(self.get_options())
            return [_answer(reach(options, str(name))) for name in terms]
        except (ApiError, BotoCoreError, ValueError) as error:
            raise AnsibleLookupError(f"no connection: {error}") from None


def _answer(endpoint: KubernetesEndpoint) -> dict[str, Any]:
    return {
        "name": endpoint.name,
        "host": endpoint.host,
        "ca_cert": str(_file(endpoint.certificate)),
        "ca_data": endpoint.certificate,
        "api_key": endpoint.token,
        "kubeconfig": endpoint.kubeconfig(),
    }


def _file(certificate: str) -> Path:
    """A file with a certificate, in the folder that Ansible removes when it ends."""
    digest = hashlib.sha256(certificate.encode()).hexdigest()[:16]
    path = Path(constants.DEFAULT_LOCAL_TMP) / f"kubernetes-{digest}.pem"
    if not path.exists():
        path.write_text(certificate, encoding="utf-8")
    return path
