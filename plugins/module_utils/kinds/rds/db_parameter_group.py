# Copyright (c) stackwright.aws contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The settings of a database engine.

Only the parameters that somebody set are compared; the hundreds of defaults are RDS's own. A parameter that is no
longer stated is reset. Static parameters take effect at the next reboot, dynamic ones at once:
https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_WorkingWithParamGroups.html
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from ...engine.kind import Attribute, Call, Item, Kind, Property, Scope, Update, Work
from ...engine.template import Template
from ..requests import batches
from ..shared import IMMUTABLE, tag_list
from .common import TAG, UNTAG, lower, named_groups

#: https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_ModifyDBParameterGroup.html
PARAMETERS_A_REQUEST = 20
_ARN = "arn:{partition}:rds:{region}:{account}:pg:{DBParameterGroupName}"


def parameter_values(parameters: Any) -> Any:
    """Parameters as RDS writes them: text, and booleans as `1` and `0`."""
    if not isinstance(parameters, Mapping):
        return parameters
    return {name: _text(value) for name, value in parameters.items()}


def _text(value: Any) -> Any:
    if isinstance(value, bool):
        return str(int(value))
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
    groups = named_groups(
        scope, "describe_db_parameter_groups", "DBParameterGroups[]", "DBParameterGroupName", "DBParameterGroupArn"
    )
    return [{**group, "Parameters": _read(scope, group["DBParameterGroupName"])} for group in groups]


def _read(scope: Scope, group: str) -> dict[str, str]:
    found = observed_parameters(_parameters(scope, group, Source="user"))
    stated: dict[str, Any] = {}
    for wanted in scope.wanted:
        if lower(wanted.get("DBParameterGroupName")) == group and isinstance(wanted.get("Parameters"), Mapping):
            stated |= wanted["Parameters"]
    if set(stated) - set(found):
        # One that is set to what the engine takes anyway may show among the defaults.
        found = observed_parameters(_parameters(scope, group), stated)
    return found


def _parameters(scope: Scope, group: str, **source: str) -> list[Item]:
    return scope.pages("rds", "describe_db_parameters", "Parameters[]", DBParameterGroupName=group, **source)


def apply_methods(answer: Iterable[Mapping[str, Any]]) -> dict[str, str]:
    """When a change of each parameter can take effect."""
    return {
        parameter["ParameterName"]: "immediate" if parameter.get("ApplyType") == "dynamic" else "pending-reboot"
        for parameter in answer
    }


def _set_parameters(work: Work) -> None:
    desired = parameter_values(work.get("Parameters")) or {}
    current = parameter_values(work.current.properties.get("Parameters")) if work.current else None
    current = current or {}
    group = work.id
    answer = work.pages("rds", "describe_db_parameters", "Parameters[]", DBParameterGroupName=group)
    methods = apply_methods(answer)
    changed = [
        {"ParameterName": name, "ParameterValue": value, "ApplyMethod": methods.get(name, "pending-reboot")}
        for name, value in sorted(desired.items())
        if current.get(name) != value
    ]
    reset = [
        {"ParameterName": name, "ApplyMethod": methods.get(name, "pending-reboot")}
        for name in sorted(set(current) - set(desired))
    ]
    for batch in batches(changed, PARAMETERS_A_REQUEST):
        work.call("rds", "modify_db_parameter_group", DBParameterGroupName=group, Parameters=list(batch))
    for batch in batches(reset, PARAMETERS_A_REQUEST):
        work.call("rds", "reset_db_parameter_group", DBParameterGroupName=group, Parameters=list(batch))


DB_PARAMETER_GROUP = Kind(
    type="AWS::RDS::DBParameterGroup",
    service="rds",
    title="DB parameter group",
    template=Template(attributes={"Arn": ""}),
    id="DBParameterGroupName",
    key=("DBParameterGroupName",),
    properties={
        "DBParameterGroupName": Property(immutable=True, normalise=lower),
        "Description": IMMUTABLE,
        "Family": Property(path="DBParameterGroupFamily", immutable=True),
        "Parameters": Property(exact=True, normalise=parameter_values),
    },
    attributes={
        "DBParameterGroupArn": Attribute("DBParameterGroupArn", _ARN),
        "Arn": Attribute("DBParameterGroupArn", _ARN),
    },
    list=list_parameter_groups,
    create=Call(
        "create_db_parameter_group",
        lambda w: {
            **w.pick("DBParameterGroupName", "Description", DBParameterGroupFamily="Family"),
            "Tags": tag_list(w.tags),
        },
        item="DBParameterGroup",
    ),
    updates=(Update(("Parameters",), _set_parameters, on_create=True),),
    delete=Call(
        "delete_db_parameter_group",
        lambda w: {"DBParameterGroupName": w.id},
        retry_on=frozenset({"InvalidDBParameterGroupState"}),
    ),
    tag=TAG,
    untag=UNTAG,
    held_by_users=True,
)
