# Copyright (c) stackwright.aws contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The settings of a cache engine. Only the parameters that somebody set are compared; one no longer stated is reset.

CloudFormation invents the name of such a group; here it is stated, so that it can be found again.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from ...engine.kind import Attribute, Call, Item, Kind, Property, Scope, Update, Work
from ...engine.template import Template
from ..requests import batches
from ..shared import IMMUTABLE, tag_list
from .common import TAG, UNTAG, lower, named

#: https://docs.aws.amazon.com/AmazonElastiCache/latest/APIReference/API_ModifyCacheParameterGroup.html
PARAMETERS_A_REQUEST = 20


def parameter_values(parameters: Any) -> Any:
    """Parameters as ElastiCache writes them: text, and booleans as `yes` and `no`."""
    if not isinstance(parameters, Mapping):
        return parameters
    return {name: _text(value) for name, value in parameters.items()}


def _text(value: Any) -> Any:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return str(value) if isinstance(value, (int, float)) else value


def observed_parameters(answer: Iterable[Mapping[str, Any]], stated: Mapping[str, Any] | None = None) -> dict[str, str]:
    """The parameters of an answer that count: those that a user set, and those that are as stated all the same."""
    wanted = parameter_values(stated or {})
    return {
        parameter["ParameterName"]: parameter["ParameterValue"]
        for parameter in answer
        if "ParameterValue" in parameter
        and (parameter.get("Source") == "user" or wanted.get(parameter["ParameterName"]) == parameter["ParameterValue"])
    }


def list_parameter_groups(scope: Scope) -> list[Item]:
    """The parameter groups in scope, with the parameters that were set in each."""
    groups = named(scope, "describe_cache_parameter_groups", "CacheParameterGroups[]", "CacheParameterGroupName")
    return [{**group, "Properties": _read(scope, group["CacheParameterGroupName"])} for group in groups]


def _read(scope: Scope, group: str) -> dict[str, str]:
    found = observed_parameters(_parameters(scope, group, Source="user"))
    stated: dict[str, Any] = {}
    for wanted in scope.wanted:
        if lower(wanted.get("CacheParameterGroupName")) == group and isinstance(wanted.get("Properties"), Mapping):
            stated |= wanted["Properties"]
    if set(stated) - set(found):
        # One that is set to what the engine takes anyway may show among the defaults.
        found = observed_parameters(_parameters(scope, group), stated)
    return found


def _parameters(scope: Scope, group: str, **source: str) -> list[Item]:
    return scope.pages(
        "elasticache", "describe_cache_parameters", "Parameters[]", CacheParameterGroupName=group, **source
    )


def _set_parameters(work: Work) -> None:
    desired = parameter_values(work.get("Properties")) or {}
    current = (parameter_values(work.current.properties.get("Properties")) if work.current else None) or {}
    changed = [
        {"ParameterName": name, "ParameterValue": value}
        for name, value in sorted(desired.items())
        if current.get(name) != value
    ]
    reset = [{"ParameterName": name} for name in sorted(set(current) - set(desired))]
    for operation, parameters in (("modify_cache_parameter_group", changed), ("reset_cache_parameter_group", reset)):
        for batch in batches(parameters, PARAMETERS_A_REQUEST):
            work.call("elasticache", operation, CacheParameterGroupName=work.id, ParameterNameValues=list(batch))


PARAMETER_GROUP = Kind(
    type="AWS::ElastiCache::ParameterGroup",
    service="elasticache",
    title="cache parameter group",
    template=Template(properties={"CacheParameterGroupName": ""}, attributes={"Arn": ""}),
    id="CacheParameterGroupName",
    key=("CacheParameterGroupName",),
    properties={
        "CacheParameterGroupName": Property(immutable=True, normalise=lower),
        "CacheParameterGroupFamily": IMMUTABLE,
        "Description": IMMUTABLE,
        "Properties": Property(exact=True, normalise=parameter_values),
    },
    attributes={
        "Arn": Attribute(
            "ARN", "arn:{partition}:elasticache:{region}:{account}:parametergroup:{CacheParameterGroupName}"
        ),
    },
    list=list_parameter_groups,
    create=Call(
        "create_cache_parameter_group",
        lambda w: {
            **w.pick("CacheParameterGroupName", "CacheParameterGroupFamily", "Description"),
            "Tags": tag_list(w.tags),
        },
        item="CacheParameterGroup",
    ),
    updates=(Update(("Properties",), _set_parameters, on_create=True),),
    delete=Call(
        "delete_cache_parameter_group",
        lambda w: {"CacheParameterGroupName": w.id},
        retry_on=frozenset({"InvalidCacheParameterGroupState"}),
    ),
    tag=TAG,
    untag=UNTAG,
    held_by_users=True,
)
