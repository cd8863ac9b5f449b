# Copyright (c) stackwright.aws contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""AWS::ApiGateway::Resource: one part of a path."""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial

from ...engine.kind import Attribute, Item, Kind, Property, Scope, Work
from ...engine.template import Template
from ..requests import unless
from . import common
from .common import PAGE, PASSING, SERVICE, apis_in, own_id, part_id


def with_methods(scope: Scope, api: str) -> list[Item]:
    """The resources of an API with their methods, root included; asked once an observation."""
    found: list[Item] = scope.memo.get(
        ("apigateway_resources", scope.region, api),
        lambda: (
            unless(
                (),
                partial(scope.pages, SERVICE, "get_resources", "items[]", restApiId=api, embed=["methods"], limit=PAGE),
            )
            or []
        ),
    )
    return [{**item, "RestApiId": api} for item in found]


def single(scope: Scope, api: str, resource: str) -> list[Item]:
    """One resource with its methods."""
    answer = unless(
        (), partial(scope.call, SERVICE, "get_resource", restApiId=api, resourceId=resource, embed=["methods"])
    )
    return [{**answer, "RestApiId": api}] if answer else []


def list_resources(scope: Scope) -> Iterable[Item]:
    """Resources in scope. The root is made with the API, and no part of it."""
    if scope.ids:
        found = [item for one in scope.ids for item in single(scope, *one.split("/"))]
    else:
        found = [item for api in apis_in(scope) for item in with_methods(scope, api)]
    return [item for item in found if item.get("parentId")]


def _create(work: Work) -> Item:
    names = {"restApiId": work.desired["RestApiId"], "parentId": work.desired["ParentId"]}
    answer = work.call(SERVICE, "create_resource", **names, pathPart=work.desired["PathPart"])
    return {**answer, "RestApiId": names["restApiId"]}


def _delete(work: Work) -> None:
    work.call(SERVICE, "delete_resource", restApiId=work.desired["RestApiId"], resourceId=own_id(work))


RESOURCE = Kind(
    type="AWS::ApiGateway::Resource",
    service=SERVICE,
    title="resource of an API",
    template=Template(ref="ResourceId"),
    id=part_id(),
    key=("RestApiId", "ParentId", "PathPart"),
    requires=(common.REST_API,),
    part_of="RestApiId",
    list=list_resources,
    tags=None,
    properties={
        "RestApiId": Property(immutable=True),
        "ParentId": Property("parentId", immutable=True),
        "PathPart": Property("pathPart", immutable=True),
    },
    attributes={"ResourceId": Attribute("id")},
    create=_create,
    delete=_delete,
    retry_on=PASSING,
)
