# Copyright (c) stackwright.aws contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from moto.ssm.responses import SimpleSystemManagerResponse

from twin.patch import Parameters, after, before, existing
from twin.refusal import refuse

if TYPE_CHECKING:
    from twin.world import World

_STANDARD_SIZE = 4096


def install(world: World) -> None:
    @before(SimpleSystemManagerResponse, "PutParameter")
    def put(response: Any, asked: Parameters) -> None:
        backend = response.ssm_backend
        name, value = asked["Name"], asked.get("Value", "")
        # Not .get(): it does not find what moto stores.
        known = name in backend._parameters and backend._parameters[name]
        current = known[-1] if known else None
        tier = asked.get("Tier") or (current.tier if current is not None else None) or "Standard"
        if tier == "Standard" and len(value.encode()) > _STANDARD_SIZE:
            refuse(
                "ValidationException",
                f"Standard tier parameters support a maximum parameter value of {_STANDARD_SIZE} characters. To create"
                " a larger parameter value, upgrade the parameter to use the advanced-parameter tier.",
            )
        if (
            current is not None
            and asked.get("Overwrite")
            and asked.get("Type", current.parameter_type) != current.parameter_type
        ):
            refuse(
                "HierarchyTypeMismatchException",
                f"The parameter {name} is of type {current.parameter_type}; a parameter's type cannot be changed.",
            )
        pattern = asked.get("AllowedPattern")
        if pattern and not re.search(pattern, value):
            refuse(
                "ParameterPatternMismatchException",
                f"Parameter value, cannot be validated against allowedPattern: {pattern}",
            )
        if asked.get("KeyId") and not _key_exists(backend, asked["KeyId"]):
            refuse("InvalidKeyId", f"Invalid keyId {asked['KeyId']}")

    @after(SimpleSystemManagerResponse, "DeleteParameter", "DeleteParameters")
    def forget_tags(response: Any, asked: Parameters, result: Any) -> Any:
        backend = response.ssm_backend
        # moto keeps them under the name with its slash and removes them under the name without.
        for name in asked.get("Names") or [asked["Name"]]:
            if name not in backend._parameters:
                backend._resource_tags["Parameter"].pop(name, None)
        return result


def _key_exists(backend: Any, key: str) -> bool:
    from moto.kms.models import kms_backends

    if "alias/aws/" in key:
        return True
    kms = existing(kms_backends, backend.account_id, backend.region_name)
    if kms is None:
        return False
    name = kms.get_key_id(kms.get_alias_name(key))
    return name in kms.keys or any(name in one.aliases for one in kms.keys.values())
