# Copyright (c) stackwright.aws contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The `roles` section: IAM roles beside those that the other tiers make for themselves."""

from __future__ import annotations

from typing import Any

from ..engine.document import Resource
from ..engine.values import Address, Ref
from . import formats
from .base import TAGS, Context, Export, Options, Tier
from .permissions import MAY, ROLE, ROLE_NAME_LIMIT, STATEMENTS, Statement, grants, policy, role, shortened, trust

SPEC: dict[str, Any] = {
    "name": {"type": "str"},
    "description": {"type": "str", "format": formats.length(1000)},
    "path": {"type": "str", "format": formats.ROLE_PATH},
    "trusts": {
        "type": "dict",
        "required": True,
        "options": {
            "services": {"type": "list", "elements": "str", "default": []},
            "principals": {"type": "list", "elements": "str", "default": [], "format": formats.PRINCIPAL},
            "federated": {"type": "str"},
            "conditions": {"type": "dict"},
        },
        "required_one_of": [("services", "principals", "federated")],
    },
    "may": MAY,
    "statements": STATEMENTS,
    "managed_policies": {"type": "list", "elements": "str", "default": [], "format": formats.POLICY},
    "permissions_boundary": {"type": "str", "format": formats.POLICY_ARN},
    "max_session_seconds": {"type": "int", "format": formats.between(3600, 43200)},
    "tags": TAGS,
}


def role_name(name: str, options: Options, context: Context) -> str:
    """The role's name in AWS."""
    return options["name"] or shortened(context.name(name.replace("/", "-")), ROLE_NAME_LIMIT)


def exports(name: str, options: Options, context: Context) -> Export:
    address = Address(ROLE, context.logical())
    return Export(
        address=address,
        values={"arn": Ref(address, "Arn"), "name": role_name(name, options, context)},
        default="arn",
    )


def compile(name: str, options: Options, context: Context) -> list[Resource]:
    given: list[Statement] = [
        {"Effect": "Allow", **context.fill(item, f"statements[{index}]")}
        for index, item in enumerate(options["statements"])
    ]
    return [
        role(
            context,
            "",
            _trusted(options, context),
            [*grants(options["may"], context), *given],
            name=role_name(name, options, context),
            managed=[_managed(arn, context) for arn in options["managed_policies"]],
            description=options["description"] or "",
            tags=options["tags"],
            Path=options["path"],
            PermissionsBoundary=options["permissions_boundary"],
            MaxSessionDuration=options["max_session_seconds"],
        )
    ]


def _trusted(options: Options, context: Context) -> dict[str, Any]:
    trusts = options["trusts"]
    conditions = context.fill(trusts["conditions"], "trusts.conditions")
    if not trusts["federated"]:
        principals = [context.fill(arn, "trusts.principals") for arn in trusts["principals"]]
        return trust(trusts["services"], principals, conditions)
    if not conditions:
        context.problem("trusts.federated", "anybody the provider knows could assume the role; add conditions")
    statement: Statement = {
        "Effect": "Allow",
        "Principal": {"Federated": context.fill(trusts["federated"], "trusts.federated")},
        "Action": "sts:AssumeRoleWithWebIdentity",
    }
    if conditions:
        statement["Condition"] = conditions
    return policy([statement])


def _managed(policy_name: str, context: Context) -> Any:
    """A managed policy by ARN, or one of AWS's by name."""
    return policy_name if policy_name.startswith("arn:") else context.managed_policy(policy_name)


TIER = Tier(section="roles", reference="role", spec=SPEC, compile=compile, exports=exports)
