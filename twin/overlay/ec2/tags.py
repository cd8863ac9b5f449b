# Copyright (c) stackwright.aws contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
from __future__ import annotations

from typing import TYPE_CHECKING, Any

from moto.ec2.models import EC2Backend
from moto.ec2.models.core import TaggedEC2Resource
from moto.ec2.responses import EC2Response

from twin.patch import Parameters, after, around

if TYPE_CHECKING:
    from twin.world import World


def install(world: World) -> None:
    def get_tags(self: Any) -> list[dict[str, str]]:
        # moto walks the tags of every resource of the region with a regular expression for each.
        return [
            {"resource_id": self.id, "key": key, "value": value}
            for key, value in self.ec2_backend.tags.get(self.id, {}).items()
        ]

    TaggedEC2Resource.get_tags = get_tags  # type: ignore[method-assign]

    @after(EC2Response, "CreateDhcpOptions")
    def tag_on_create(response: Any, asked: Parameters, result: Any) -> Any:
        for one in asked.get("TagSpecifications") or []:
            tags = {tag["Key"]: tag["Value"] for tag in one["Tags"]}
            response.ec2_backend.create_tags([result["DhcpOptions"].id], tags)
        return result

    @around(EC2Backend, "describe_tags")
    def describe(original: Any, self: Any, *args: Any, **kw: Any) -> Any:
        forget_the_gone(self)
        return original(self, *args, **kw)


def forget_the_gone(backend: Any) -> dict[str, Any]:
    """Drop the tags of what is no longer there; return what is there, by id. A resource takes its tags with it."""
    there = _there(backend)
    for identifier in [one for one in backend.tags if one not in there]:
        del backend.tags[identifier]
    return there


def is_deleted(resource: Any) -> bool:
    """What is deleted can still be described for a while."""
    state = getattr(resource, "state", None) or getattr(getattr(resource, "_status", None), "code", "")
    return state in ("deleted", "delete-complete", "failed", "terminated")


def _there(backend: Any) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for container in vars(backend).values():
        if isinstance(container, dict):
            found.update((key, one) for key, one in container.items() if not isinstance(one, (dict, list)))
    for zone in backend.subnets.values():
        found.update(zone)
    for groups in backend.groups.values():
        for group in groups.values():
            found[group.id] = group
            found.update((rule.id, rule) for rule in (*group.ingress_rules, *group.egress_rules))
    for reservation in backend.reservations.values():
        found.update((instance.id, instance) for instance in reservation.instances)
    found.update((address.allocation_id, address) for address in backend.addresses if address.allocation_id)
    found.update((pair.id, pair) for pair in backend.key_pairs.values())
    return found
