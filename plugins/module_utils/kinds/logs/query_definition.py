# Copyright (c) stackwright.aws contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Saved queries of Logs Insights."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from typing import Any

from ...engine.kind import Attribute, Call, Item, Kind, Property, Scope, Update, Work
from ..requests import is_empty

#: CloudFormation's names and the API's.
_MEMBERS = {
    "Name": "name",
    "QueryString": "queryString",
    "LogGroupNames": "logGroupNames",
    "QueryLanguage": "queryLanguage",
}


def parameters(item: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The placeholders of a query in CloudFormation's shape."""
    return [{name[:1].upper() + name[1:]: value for name, value in one.items()} for one in item.get("parameters") or []]


def plain_text(value: Any) -> Any:
    """A query without the spaces at the ends of its lines, which a description's block of text may bring."""
    return "\n".join(line.rstrip() for line in value.strip().splitlines()) if isinstance(value, str) else value


def list_query_definitions(scope: Scope) -> list[Item]:
    """The described queries: they carry no tags, so their name is all that tells one from another."""
    found = scope.pages("logs", "describe_query_definitions", "queryDefinitions[]")
    if scope.everything:
        return found
    names = set() if scope.ids else set(scope.names("Name"))
    return [one for one in found if one["queryDefinitionId"] in scope.ids or one["name"] in names]


def _put(work: Work) -> Item:
    """The API has one request, which writes the whole; with an identifier it changes, without one it makes."""
    params: dict[str, Any] = {
        member: value for name, member in _MEMBERS.items() if not is_empty(value := work.merged(name))
    }
    placeholders = work.merged("Parameters")
    if placeholders:
        params["parameters"] = [
            {name[:1].lower() + name[1:]: value for name, value in one.items()} for one in placeholders
        ]
    how = {"queryDefinitionId": work.id} if work.current else {"clientToken": str(uuid.UUID(work.token))}
    answer = work.call("logs", "put_query_definition", **params, **how)
    return {**params, "queryDefinitionId": answer["queryDefinitionId"]}


LOGS_QUERY_DEFINITION = Kind(
    type="AWS::Logs::QueryDefinition",
    service="logs",
    title="saved query",
    id="queryDefinitionId",
    key=("Name",),
    tags=None,
    properties={
        "Name": Property(path="name", immutable=True),
        "QueryString": Property(path="queryString", normalise=plain_text),
        "LogGroupNames": Property(path="logGroupNames", unordered=True, unstated=None),
        "QueryLanguage": Property(path="queryLanguage", default="CWLI"),
        "Parameters": Property(path=parameters, unordered=True),
    },
    attributes={"QueryDefinitionId": Attribute("queryDefinitionId")},
    list=list_query_definitions,
    create=_put,
    updates=(Update(("QueryString", "LogGroupNames", "QueryLanguage", "Parameters"), _put),),
    delete=Call("delete_query_definition", lambda w: {"queryDefinitionId": w.id}),
)
