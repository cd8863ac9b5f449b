#!/usr/bin/python
# Copyright (c) stackwright.aws contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: kubernetes_rollout
short_description: Wait until deployments on Kubernetes are rolled out
version_added: 0.1.0
author:
  - stackwright.aws contributors (@stackwright)
description:
  - Waits for several deployments at once until each is rolled out, as C(kubectl rollout status) understands it.
  - Fails as soon as one cannot succeed, with the reason that Kubernetes gives, such as C(ImagePullBackOff), instead of
    waiting for the end of its time. Only pods of the newest revision count.
options:
  deployments:
    description: What to wait for.
    type: list
    elements: dict
    required: true
    suboptions:
      namespace:
        description: The namespace.
        type: str
        required: true
      name:
        description: The deployment.
        type: str
        required: true
  wait_timeout:
    description: Seconds to wait for all of them.
    type: int
    default: 600
  poll_interval:
    description: Seconds between two looks.
    type: float
    default: 2
  patience:
    description: Seconds for which a container that cannot start is believed to recover, as from a registry's hiccup.
    type: float
    default: 20
extends_documentation_fragment:
  - kubernetes.core.k8s_auth_options
attributes:
  check_mode:
    description: A check looks once and does not wait.
    support: full
  diff_mode:
    description: Nothing is changed, so there is no difference to show.
    support: none
requirements:
  - kubernetes.core
  - kubernetes
seealso:
  - module: kubernetes.core.k8s
"""

EXAMPLES = r"""
- name: Wait for the API and the workers
  stackwright.aws.kubernetes_rollout:
    deployments:
      - {namespace: shop, name: api}
      - {namespace: shop-jobs, name: worker}
    wait_timeout: 300
"""

RETURN = r"""
rollouts:
  description: How far each deployment is.
  returned: always
  type: list
  elements: dict
  contains:
    namespace:
      description: The namespace.
      type: str
    name:
      description: The deployment.
      type: str
    state:
      description: One of V(done), V(working), V(broken), V(missing).
      type: str
    ready:
      description: Pods that are ready.
      type: int
    desired:
      description: Pods that are wanted.
      type: int
    reason:
      description: Kubernetes' own word for what is wrong.
      type: str
    message:
      description: What a person should know about it.
      type: str
"""

from ansible.module_utils.basic import AnsibleModule, missing_required_lib

from ..module_utils.workloads.watch import look, read_with, wait_for

try:
    from ansible_collections.kubernetes.core.plugins.module_utils.args_common import AUTH_ARG_SPEC
    from ansible_collections.kubernetes.core.plugins.module_utils.k8s.client import get_api_client
    from ansible_collections.kubernetes.core.plugins.module_utils.k8s.core import AnsibleK8SModule as Module

    HAS_KUBERNETES_CORE = True
except ImportError:
    AUTH_ARG_SPEC = {}
    Module = AnsibleModule
    HAS_KUBERNETES_CORE = False

DEPLOYMENT_SPEC = {
    "namespace": {"type": "str", "required": True},
    "name": {"type": "str", "required": True},
}
SPEC = {
    "deployments": {"type": "list", "elements": "dict", "required": True, "options": DEPLOYMENT_SPEC},
    "wait_timeout": {"type": "int", "default": 600},
    "poll_interval": {"type": "float", "default": 2},
    "patience": {"type": "float", "default": 20},
}


def main() -> None:
    module = Module(argument_spec={**AUTH_ARG_SPEC, **SPEC}, supports_check_mode=True)
    if not HAS_KUBERNETES_CORE:
        module.fail_json(msg=missing_required_lib("the collection kubernetes.core"))
    try:
        read = read_with(get_api_client(module=module))
        if module.check_mode:
            module.exit_json(changed=False, rollouts=look(read, module.params["deployments"]))
        rollouts, problem = wait_for(read, module.params)
    except Exception as error:
        module.fail_json(msg=f"the cluster cannot be asked: {error}", rollouts=[])
    if problem:
        module.fail_json(msg=problem, rollouts=rollouts)
    module.exit_json(changed=False, rollouts=rollouts)


if __name__ == "__main__":
    main()
