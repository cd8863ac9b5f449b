# Copyright (c) stackwright.aws contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""AWS::ApiGateway::RestApi."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from functools import partial
from typing import Any

from ...engine.kind import Attribute, Call, Item, Kind, Property, Scope, Update, Work
from ..requests import given, unless
from ..shared import json_text, policy_document
from . import common
from .common import PAGE, PASSING, SERVICE, camel, member_changes, pascal, replace, replacements, tagging

_TAG, _UNTAG = tagging("/restapis/{id}")

#: How a policy speaks of the API that it belongs to, in short and as AWS answers it.
_OWN_ARN = re.compile(r"^(?:arn:aws[\w-]*:execute-api:[^:]*:[^:]*:[^/]+|execute-api:)/")

_PLAIN = {
    "Name": "/name",
    "Description": "/description",
    "ApiKeySourceType": "/apiKeySource",
    "DisableExecuteApiEndpoint": "/disableExecuteApiEndpoint",
    "MinimumCompressionSize": "/minimumCompressionSize",
    "SecurityPolicy": "/securityPolicy",
    "EndpointAccessMode": "/endpointAccessMode",
}


def list_rest_apis(scope: Scope) -> Iterable[Item]:
    """All REST APIs of the region, tags and all."""
    if scope.ids:
        answers = [unless((), partial(scope.call, SERVICE, "get_rest_api", restApiId=api)) for api in scope.ids]
        return [answer for answer in answers if answer]
    return scope.pages(SERVICE, "get_rest_apis", "items[]", limit=PAGE)


def resource_policy(value: Any) -> Any:
    """A policy in one form; AWS answers it as the inside of a JSON text, and with the API's own ARN."""
    if isinstance(value, str) and value.startswith('{\\"'):
        value = json.loads(f'"{value}"')
    document = policy_document(value)
    if not isinstance(document, dict):
        return document
    return {**document, "Statement": [_in_short(statement) for statement in document["Statement"]]}


def _in_short(statement: dict[str, Any]) -> dict[str, Any]:
    resources = statement.get("Resource")
    if not isinstance(resources, list):
        return statement
    return {**statement, "Resource": [_OWN_ARN.sub("execute-api:/", str(one)) for one in resources]}


def _create(work: Work) -> dict[str, Any]:
    params = given(
        work,
        name="Name",
        description="Description",
        apiKeySource="ApiKeySourceType",
        binaryMediaTypes="BinaryMediaTypes",
        disableExecuteApiEndpoint="DisableExecuteApiEndpoint",
        minimumCompressionSize="MinimumCompressionSize",
        securityPolicy="SecurityPolicy",
        endpointAccessMode="EndpointAccessMode",
    )
    if work.get("EndpointConfiguration"):
        params["endpointConfiguration"] = camel(work.get("EndpointConfiguration"))
    if work.get("Policy"):
        params["policy"] = json_text(work.get("Policy"))
    return {**params, "tags": work.tags}


def _changes(work: Work) -> dict[str, Any]:
    now = work.existing.properties
    changes = replacements(work, _PLAIN)
    if "Policy" in work.changed:
        changes.append(replace("/policy", json_text(work.desired["Policy"]) if work.desired["Policy"] else ""))
    if "BinaryMediaTypes" in work.changed:
        changes += member_changes(
            "/binaryMediaTypes", now.get("BinaryMediaTypes"), work.desired["BinaryMediaTypes"], valued=False
        )
    if "EndpointConfiguration" in work.changed:
        changes += _endpoint_changes(now.get("EndpointConfiguration") or {}, work.desired["EndpointConfiguration"])
    return {"restApiId": work.id, "patchOperations": changes}


def _endpoint_changes(before: dict[str, Any], after: dict[str, Any]) -> list[common.Patch]:
    changes = []
    path = "/endpointConfiguration"
    if after.get("Types") and after["Types"] != before.get("Types"):
        changes.append(replace(f"{path}/types/0", after["Types"][0]))
    if after.get("IpAddressType") and after["IpAddressType"] != before.get("IpAddressType"):
        changes.append(replace(f"{path}/ipAddressType", after["IpAddressType"]))
    if "VpcEndpointIds" in after:
        changes += member_changes(
            f"{path}/vpcEndpointIds", before.get("VpcEndpointIds"), after["VpcEndpointIds"], valued=True
        )
    return changes


REST_API = Kind(
    type=common.REST_API,
    service=SERVICE,
    title="REST API",
    id="id",
    key=("Name",),
    list=list_rest_apis,
    properties={
        "Name": Property("name"),
        "Description": Property("description", unstated=""),
        "ApiKeySourceType": Property("apiKeySource", default="HEADER"),
        "BinaryMediaTypes": Property("binaryMediaTypes", unordered=True),
        "DisableExecuteApiEndpoint": Property("disableExecuteApiEndpoint", default=False),
        "EndpointConfiguration": Property(lambda item: pascal(item.get("endpointConfiguration")), unordered=True),
        "MinimumCompressionSize": Property("minimumCompressionSize"),
        "Policy": Property("policy", exact=True, normalise=resource_policy),
        "SecurityPolicy": Property("securityPolicy"),
        "EndpointAccessMode": Property("endpointAccessMode"),
    },
    attributes={"RestApiId": Attribute("id"), "RootResourceId": Attribute("rootResourceId")},
    tags="tags",
    # AWS would make a second one of the same name.
    create=Call("create_rest_api", _create, item="@", once=True),
    updates=(
        Update((*_PLAIN, "BinaryMediaTypes", "EndpointConfiguration", "Policy"), Call("update_rest_api", _changes)),
    ),
    delete=Call("delete_rest_api", lambda w: {"restApiId": w.id}),
    tag=_TAG,
    untag=_UNTAG,
    retry_on=PASSING,
)
