# Copyright (c) stackwright.aws contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The door between Ansible's modules and the engine: argument specs, results and failures."""

from __future__ import annotations

from collections.abc import Mapping
from importlib.util import find_spec
from typing import Any

from ansible.module_utils.basic import AnsibleModule, missing_required_lib
from ansible.module_utils.common.parameters import remove_values

from .engine.values import texts
from .run import RUN_SPEC, Part, RunError, run, secrets_in, tier_description
from .tiers.base import Tier
from .tiers.options import for_ansible

#: The argument spec of the `stack` module and of its action plugin.
STACK_SPEC: dict[str, Any] = {
    "description": {"type": "dict", "required": True},
    "overrides": {"type": "dict", "default": {}},
    "stacks": {"type": "dict", "default": {}},
    **RUN_SPEC,
}

#: What a tier's own module takes beside the tier's options. No tier has an option of one of these names.
TIER_COMMON_SPEC: dict[str, Any] = {
    "system": {"type": "str", "required": True},
    "env": {"type": "str", "required": True},
    "stack": {"type": "dict"},
    "protect": {"type": "bool"},
    **RUN_SPEC,
}

#: A network that somebody else made, for tiers that stand in one.
EXISTING_NETWORK_SPEC: dict[str, Any] = {
    "type": "dict",
    "options": {
        "vpc_id": {"type": "str", "required": True},
        "cidr": {"type": "str"},
        "public_subnet_ids": {"type": "list", "elements": "str"},
        "private_subnet_ids": {"type": "list", "elements": "str"},
        "data_subnet_ids": {"type": "list", "elements": "str"},
        "route_table_ids": {"type": "list", "elements": "str"},
    },
}


#: Shorter texts are words of messages rather than secrets.
_SHORTEST_SECRET = 4


def require_botocore(module: AnsibleModule) -> None:
    """Ends the module when botocore is not there."""
    if find_spec("botocore") is None:
        module.fail_json(msg=missing_required_lib("botocore"))


def run_module(
    module: AnsibleModule, description: Mapping[str, Any], overrides: Mapping[str, Any], part: Part | None = None
) -> None:
    """Runs a description, or a part of it, and ends the module with its result."""
    # What a secret is given from outside is taken out of whatever the module answers.
    told = [description, overrides]
    for other in (module.params.get("stacks") or {}).values():
        told += [part for part in other.values() if isinstance(part, Mapping)] if isinstance(other, Mapping) else []
    for part_told in told:
        module.no_log_values.update(secrets_in(part_told))
    try:
        result = run(description, overrides, module.params, check=module.check_mode, diff=module._diff, part=part)
    except RunError as error:
        # What was refused may be a secret in the wrong place, so the arguments are not shown beside the reason.
        result = {name: value for name, value in error.result.items() if name != "failed"}
        module.fail_json(**result, invocation={"module_args": {}})
    for warning in result.pop("warnings", []):
        module.warn(warning)
    module.exit_json(**result)


def tier_spec(tier: Tier) -> dict[str, Any]:
    """The argument spec of a tier's own module: the tier's options, and what every run takes."""
    spec = {**TIER_COMMON_SPEC, **for_ansible(tier.spec)}
    if not tier.single:
        # Not `name`, which in most tiers is the name in AWS.
        spec["entry"] = {"type": "str", "required": True}
    if tier.in_network:
        spec["network"] = EXISTING_NETWORK_SPEC
    return spec


class Module(AnsibleModule):  # type: ignore[misc]  # Ansible says nothing of its types
    """A module whose arguments are not shown as long as they are not understood.

    What stands under a misspelled name, or has the wrong type, may be a secret, and nothing says that it is none.
    """

    understood = False

    def __init__(self, **words: Any) -> None:
        super().__init__(**words)
        self.understood = True

    def fail_json(self, msg: str, **result: Any) -> None:
        """End the module."""
        if not self.understood:
            result["invocation"] = {"module_args": {}}
            # Ansible repeats what it cannot convert, and what is no choice.
            msg = remove_values(msg, {text for text in texts(self.params) if len(text) >= _SHORTEST_SECRET})
        super().fail_json(msg, **result)


def run_tier_module(tier: Tier) -> None:
    """The whole of a tier's module: one entry of a stack."""
    module = Module(
        argument_spec=tier_spec(tier),
        supports_check_mode=True,
        no_log=True,
        **tier.constraints,
    )
    require_botocore(module)
    description, part = tier_description(tier, module.params)
    run_module(module, description, {}, part)
