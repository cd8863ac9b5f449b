# Copyright (c) stackwright.aws contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Systems Manager: parameters."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from ..engine.kind import Attribute, Call, Item, Kind, Property, Scope, Update, Work
from ..engine.template import Template
from ..engine.values import Sensitive, reveal
from .requests import batches, given, indexed, is_stated, make_arn, restated
from .shared import IMMUTABLE, json_document, tag_index, tag_list

_RESTATED = ("Description", "AllowedPattern", "DataType", "KeyId")


def parameter_value(item: Item) -> Any:
    """The value; wrapped where the parameter is encrypted."""
    value = item.get("Value")
    return Sensitive(value) if item.get("Type") == "SecureString" and value is not None else value


def list_value(value: Any) -> Any:
    """A list given as such in the form in which a `StringList` holds it."""
    return ",".join(map(str, value)) if isinstance(value, (list, tuple)) else value


def parameter_policies(item: Item) -> list[Any]:
    """The policies of an advanced parameter, as data."""
    return [json_document(policy["PolicyText"]) for policy in item.get("Policies") or []]


def tier(value: Any) -> Any:
    """What a parameter is in the end: intelligent tiering chooses, and standard is the first choice."""
    return "Standard" if value == "Intelligent-Tiering" else value


def policies_data(value: Any) -> Any:
    """Policies in the form in which they are compared."""
    document = json_document(value)
    return document or None


def parameter_path(name: str) -> str:
    """The last part of a parameter's ARN: one slash, whether the name begins with one or not."""
    return f"parameter/{name.removeprefix('/')}"


def _predicted_arn(facts: Mapping[str, Any]) -> str | None:
    name = facts.get("Name")
    if not isinstance(name, str):
        return None
    return f"arn:{facts['partition']}:ssm:{facts['region']}:{facts['account']}:{parameter_path(name)}"


def _owned_names(scope: Scope) -> list[str]:
    """Names from ARNs, which do not tell whether a name without levels begins with a slash; both are asked for."""
    names: list[str] = []
    for path in indexed(scope, "ssm", "parameter/"):
        names += [f"/{path}"] if "/" in path else [path, f"/{path}"]
    return names


def list_parameters(scope: Scope) -> list[Item]:
    """Parameters that are described or carry the stack's tag, with their tags; the described ones with their values."""
    if scope.everything:
        details = scope.pages("ssm", "describe_parameters", "Parameters[]", MaxResults=50)
    else:
        names = list(scope.ids) or sorted({*scope.names("Name"), *_owned_names(scope)})
        details = [
            parameter
            for batch in batches(names, 50)
            for parameter in scope.pages(
                "ssm",
                "describe_parameters",
                "Parameters[]",
                ParameterFilters=[{"Key": "Name", "Option": "Equals", "Values": list(batch)}],
                MaxResults=50,
            )
        ]
    stated = {str(wanted.get("Name")) for wanted in scope.wanted if "Value" in wanted}
    if scope.ids:
        stated = set(scope.ids) if is_stated(scope, "Value") else set()
    values: dict[str, str] = {}
    # Only what is described is decrypted.
    for batch in batches([parameter["Name"] for parameter in details if parameter["Name"] in stated], 10):
        answer = scope.call("ssm", "get_parameters", Names=list(batch), WithDecryption=True)
        values.update({parameter["Name"]: parameter["Value"] for parameter in answer["Parameters"]})
    index = {} if scope.ids else tag_index(scope)
    found = []
    for parameter in details:
        name = parameter["Name"]
        arn = make_arn(scope.api, "ssm", scope.region, parameter_path(name))
        tags: Any = index.get(arn)
        if tags is None:
            answer = scope.call("ssm", "list_tags_for_resource", ResourceType="Parameter", ResourceId=name)
            tags = answer["TagList"]
        found.append({**parameter, "Value": values.get(name), "Arn": arn, "Tags": tags})
    return found


def _value(work: Work) -> Any:
    """The value to write: as stated, else as it is, whoever set it, which is read only now."""
    if "Value" in work.desired:
        return work.desired["Value"]
    if work.current is None:
        return work.get("InitialValue")
    known = work.current.properties["Value"]
    if known is not None:
        return known
    answer = work.call("ssm", "get_parameter", Name=work.id, WithDecryption=True)
    return answer["Parameter"]["Value"]


def _put(work: Work) -> dict[str, Any]:
    value = list_value(reveal(_value(work)))
    params = {"Name": work.desired["Name"], "Value": str(value)}
    policies = work.merged("Policies")
    if policies:
        params["Policies"] = policies if isinstance(policies, str) else json.dumps(policies)
    return params


def _create_parameter(work: Work) -> Item:
    params = {**_put(work), **given(work, "Type", "Tier", *_RESTATED)}
    answer = work.call("ssm", "put_parameter", **params, Tags=tag_list(work.tags))
    arn = make_arn(work.api, "ssm", work.region, parameter_path(params["Name"]))
    return {**params, "Policies": [], "Tier": answer.get("Tier"), "Arn": arn}


def _update_parameter(work: Work) -> dict[str, Any]:
    """What is not restated goes back to its default, the tier apart."""
    type_ = work.merged("Type")
    values = restated(work, *_RESTATED)
    if type_ != "SecureString":
        values.pop("KeyId", None)
    tiers = given(work, "Tier") if "Tier" in work.changed else {}
    values |= {name: "" for name in ("Description", "AllowedPattern") if name in work.changed and not values.get(name)}
    return {**_put(work), **values, **tiers, "Type": type_, "Overwrite": True}


#: The service's own key, which encrypts where no other one is stated.
OWN_KEY = "alias/aws/ssm"


def _exportable_type(value: str) -> dict[str, str] | None:
    """CloudFormation makes no encrypted parameters.

    https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-ssm-parameter.html
    """
    return None if value == "SecureString" else {"Type": value}


SSM_PARAMETER = Kind(
    type="AWS::SSM::Parameter",
    service="ssm",
    title="parameter",
    template=Template(properties={"KeyId": "", "Type": _exportable_type, "InitialValue": "Value"}, tag_map=True),
    id="Name",
    key=("Name",),
    properties={
        "Name": IMMUTABLE,
        "Type": IMMUTABLE,
        "Value": Property(path=parameter_value, normalise=list_value),
        "InitialValue": Property(path=parameter_value, initial=True),
        "Description": Property(unstated=None),
        "AllowedPattern": Property(unstated=None),
        "DataType": Property(default="text"),
        "KeyId": Property(default=OWN_KEY, unstated=OWN_KEY),
        "Tier": Property(normalise=tier),
        "Policies": Property(path=parameter_policies, normalise=policies_data),
    },
    attributes={"Name": Attribute("Name", "{Name}"), "Arn": Attribute("Arn", _predicted_arn)},
    list=list_parameters,
    create=_create_parameter,
    updates=(
        Update(
            ("Value", "Description", "AllowedPattern", "DataType", "KeyId", "Tier", "Policies"),
            Call("put_parameter", _update_parameter),
        ),
    ),
    delete=Call("delete_parameter", lambda w: {"Name": w.id}),
    tag=Call(
        "add_tags_to_resource",
        lambda w: {"ResourceType": "Parameter", "ResourceId": w.id, "Tags": tag_list(w.tags_to_set)},
    ),
    untag=Call(
        "remove_tags_from_resource",
        lambda w: {"ResourceType": "Parameter", "ResourceId": w.id, "TagKeys": list(w.tags_to_remove)},
    ),
)

KINDS = (SSM_PARAMETER,)
