# Copyright (c) stackwright.aws contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Health checks."""

from __future__ import annotations

from typing import Any

from ...engine.api import ApiError
from ...engine.diff import differs
from ...engine.errors import ResourceError
from ...engine.kind import Attribute, Call, Item, Kind, Property, Scope, Update, Work
from ...engine.template import Template
from ..requests import is_empty, pruned, unless
from .ownership import (
    caller_reference,
    read_tags_of,
    tagged_ids,
    tagging,
    tags_by_reference,
    tags_or_reference,
    write_tags,
)

RESOURCE_TYPE = "healthcheck"
#: https://docs.aws.amazon.com/Route53/latest/APIReference/API_CreateHealthCheck.html
REFERENCE_LENGTH = 64

#: Members that no request changes; the others that take nothing, as "no longer any", are reset by name.
#: https://docs.aws.amazon.com/Route53/latest/APIReference/API_UpdateHealthCheck.html
FIXED = ("Type", "RequestInterval", "MeasureLatency")
_RESETTABLE = frozenset({"ChildHealthChecks", "FullyQualifiedDomainName", "Regions", "ResourcePath"})
_NUMBERS = frozenset({"FailureThreshold", "HealthThreshold", "Port", "RequestInterval"})

_CONFIG = Property(path="HealthCheckConfig", unordered=True)


def list_health_checks(scope: Scope) -> list[Item]:
    """The health checks in scope with their tags."""
    if scope.ids:
        found = [check for identifier in scope.ids if (check := _read(scope, identifier)) is not None]
    else:
        found = scope.pages("route53", "list_health_checks", "HealthChecks[]")
    if not (scope.ids or scope.everything):
        indexed = tagged_ids(scope, RESOURCE_TYPE)
        found = [
            check
            for check in found
            if check["Id"] in indexed or tags_by_reference(check["CallerReference"], scope.stack)
        ]
    tags = read_tags_of(scope, RESOURCE_TYPE, [check["Id"] for check in found])
    return [
        {**check, "Tags": tags_or_reference(tags.get(check["Id"], {}), check["CallerReference"], scope.stack)}
        for check in found
    ]


def _read(scope: Scope, identifier: str) -> Item | None:
    answer = unless((), lambda: scope.call("route53", "get_health_check", HealthCheckId=identifier))
    return answer["HealthCheck"] if answer else None


def config_parameter(config: dict[str, Any]) -> dict[str, Any]:
    """A configuration as requests carry it."""
    return {name: int(value) if name in _NUMBERS else value for name, value in pruned(config).items()}


def _create(work: Work) -> Item:
    reference = caller_reference(work, REFERENCE_LENGTH)
    config = config_parameter(work.desired["HealthCheckConfig"])
    try:
        # The same reference with the same configuration answers what is there already.
        answer = work.call("route53", "create_health_check", CallerReference=reference, HealthCheckConfig=config)
        check: Item = answer["HealthCheck"]
    except ApiError as error:
        if error.code != "HealthCheckAlreadyExists":
            raise
        there = work.pages("route53", "list_health_checks", "HealthChecks[]")
        earlier = [one for one in there if one["CallerReference"] == reference]
        if not earlier:
            raise
        check = earlier[0]
    write_tags(work, RESOURCE_TYPE, check["Id"])
    return check


def changes(desired: dict[str, Any], current: dict[str, Any]) -> dict[str, Any]:
    """The parameters that change a configuration.

    Raises:
        ResourceError: a member differs that no request changes.
    """
    different = {name: value for name, value in desired.items() if differs(_CONFIG, value, current.get(name))}
    fixed = [name for name in FIXED if name in different]
    if fixed:
        raise ResourceError(
            f"{', '.join(fixed)} of a health check cannot be changed",
            "describe another health check under another name, and let the records use that",
        )
    reset = sorted(name for name, value in different.items() if is_empty(value) and name in _RESETTABLE)
    params = config_parameter({name: value for name, value in different.items() if name not in reset})
    return {**params, "ResetElements": reset} if reset else params


def _update(work: Work) -> Item:
    current = work.current.item if work.current else {}
    params = changes(work.desired["HealthCheckConfig"], current.get("HealthCheckConfig") or {})
    if "HealthCheckVersion" in current:
        # Refused when somebody else changed it in between.
        params["HealthCheckVersion"] = current["HealthCheckVersion"]
    answer = work.call("route53", "update_health_check", HealthCheckId=work.id, **params)
    check: Item = answer["HealthCheck"]
    return check


_TAG, _UNTAG = tagging(RESOURCE_TYPE)

HEALTH_CHECK = Kind(
    type="AWS::Route53::HealthCheck",
    service="route53",
    title="health check",
    template=Template(tags="HealthCheckTags"),
    id="Id",
    properties={"HealthCheckConfig": _CONFIG},
    attributes={"HealthCheckId": Attribute("Id")},
    list=list_health_checks,
    create=_create,
    updates=(Update(("HealthCheckConfig",), _update),),
    delete=Call("delete_health_check", lambda w: {"HealthCheckId": w.id}),
    tag=_TAG,
    untag=_UNTAG,
    is_global=True,
)
