# Copyright (c) stackwright.aws contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
from __future__ import annotations

from typing import TYPE_CHECKING, Any

from moto.core.responses import ActionResult
from moto.ec2.models.security_groups import SecurityGroupRule
from moto.ec2.responses import EC2Response

from twin.overlay.ec2.users import group_users
from twin.patch import Parameters, around, before
from twin.refusal import refuse

if TYPE_CHECKING:
    from twin.world import World


def install(world: World) -> None:
    @before(EC2Response, "DeleteSecurityGroup")
    def in_use(response: Any, asked: Parameters) -> None:
        backend = response.ec2_backend
        group = backend.get_security_group_by_name_or_id(asked.get("GroupId") or asked.get("GroupName"))
        if group is None:
            return
        if group.name == "default":
            refuse(
                "CannotDelete",
                f'the specified group: "{group.id}" name: "{group.name}" cannot be deleted by a user',
            )
        referring = (
            other
            for groups in backend.groups.values()
            for other in groups.values()
            if other.id != group.id
            and any(r.source_group.get("GroupId") == group.id for r in other.ingress_rules + other.egress_rules)
        )
        if next(referring, None) or next(group_users(backend, group.id), None):
            refuse("DependencyViolation", f"resource {group.id} has a dependent object")

    for direction in ("ingress", "egress"):
        _authorize_all_or_nothing(direction)

    def same(self: Any, other: Any) -> bool:
        """Protocol, ports and peer make a rule; its description does not."""
        return isinstance(other, SecurityGroupRule) and _identity(self) == _identity(other)

    SecurityGroupRule.__eq__ = same  # type: ignore[method-assign]
    SecurityGroupRule.__hash__ = object.__hash__  # type: ignore[method-assign]

    @around(SecurityGroupRule, "description")
    def description(original: Any, self: Any) -> str | None:
        return original(self) or self.source_group.get("Description") or None


def _identity(rule: Any) -> tuple[Any, ...]:
    ports = (None, None) if rule.ip_protocol == "-1" else (rule.from_port, rule.to_port)
    peer = rule.cidr_ipv4, rule.cidr_ipv6, rule.source_group.get("GroupId"), rule.prefix_list_id
    return rule.ip_protocol, *ports, *peer


def _authorize_all_or_nothing(direction: str) -> None:
    """moto answers with the rules of the last permission only, and keeps the first ones if a later one is refused."""

    @around(EC2Response, f"authorize_security_group_{direction}")
    def authorize(original: Any, self: Any) -> ActionResult:
        backend = self.ec2_backend
        group = None
        added: list[Any] = []
        try:
            for wanted in self._process_rules_from_querystring():
                rules, group = getattr(backend, f"authorize_security_group_{direction}")(**wanted)
                added += rules
        except Exception:
            if group is not None:
                kept = [rule for rule in getattr(group, f"{direction}_rules") if not any(rule is r for r in added)]
                setattr(group, f"{direction}_rules", kept)
            raise
        return ActionResult({"Return": True, "SecurityGroupRules": added})
