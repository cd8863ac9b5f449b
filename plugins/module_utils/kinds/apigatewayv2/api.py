# Copyright (c) stackwright.aws contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""AWS::ApiGatewayV2::Api."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import partial
from typing import Any

from ...engine.kind import Attribute, Call, Item, Kind, Property, Scope, Update, Work
from ...engine.template import Template
from ..requests import unless
from ..shared import IMMUTABLE, MUTABLE
from . import common
from .common import PASSING, SERVICE, differing, given

_CHANGEABLE = (
    "Name",
    "Description",
    "DisableExecuteApiEndpoint",
    "DisableSchemaValidation",
    "RouteSelectionExpression",
    "ApiKeySelectionExpression",
    "IpAddressType",
    "Version",
)


def list_apis(scope: Scope) -> Iterable[Item]:
    """All HTTP and WebSocket APIs of the region, tags and all."""
    if scope.ids:
        answers = [unless((), partial(scope.call, SERVICE, "get_api", ApiId=api)) for api in scope.ids]
        return [answer for answer in answers if answer]
    return scope.pages(SERVICE, "get_apis", "Items[]")


def cors(value: Any) -> Any:
    """What other origins may do, without what means nothing."""
    if not isinstance(value, Mapping):
        return value
    kept = {name: item for name, item in value.items() if item not in (None, False, 0, [], ())}
    # Header names have no case, and AWS answers them in small letters.
    return {
        name: sorted(str(one).lower() if name.endswith("Headers") else str(one) for one in item)
        if isinstance(item, (list, tuple))
        else item
        for name, item in kept.items()
    }


def _set_cors(work: Work) -> None:
    wanted = work.desired["CorsConfiguration"]
    if not wanted:
        work.call(SERVICE, "delete_cors_configuration", ApiId=work.id)
        return
    if work.existing.properties.get("CorsConfiguration"):
        # An update leaves alone the members that it is not told.
        work.call(SERVICE, "delete_cors_configuration", ApiId=work.id)
    work.call(SERVICE, "update_api", ApiId=work.id, CorsConfiguration=wanted)


def _arn(work: Work) -> str:
    return f"arn:{work.api.partition}:apigateway:{work.region}::/apis/{work.id}"


API = Kind(
    type=common.API,
    service=SERVICE,
    title="HTTP API",
    template=Template(tag_map=True),
    id="ApiId",
    key=("Name",),
    list=list_apis,
    properties={
        "Name": MUTABLE,
        "ProtocolType": IMMUTABLE,
        "Description": Property(unstated=""),
        "CorsConfiguration": Property(exact=True, normalise=cors),
        "DisableExecuteApiEndpoint": Property(default=False),
        "DisableSchemaValidation": Property(write_only=True),
        "RouteSelectionExpression": MUTABLE,
        "ApiKeySelectionExpression": MUTABLE,
        "IpAddressType": MUTABLE,
        "Version": MUTABLE,
    },
    attributes={"ApiId": Attribute("ApiId"), "ApiEndpoint": Attribute("ApiEndpoint")},
    # AWS would make a second one of the same name.
    create=Call(
        "create_api",
        lambda w: {**given(w, (*_CHANGEABLE, "ProtocolType", "CorsConfiguration")), "Tags": w.tags},
        item="@",
        once=True,
    ),
    updates=(
        Update(_CHANGEABLE, Call("update_api", lambda w: {"ApiId": w.id, **differing(w, _CHANGEABLE)})),
        Update(("CorsConfiguration",), _set_cors),
    ),
    delete=Call("delete_api", lambda w: {"ApiId": w.id}),
    tag=Call("tag_resource", lambda w: {"ResourceArn": _arn(w), "Tags": dict(w.tags_to_set)}),
    untag=Call("untag_resource", lambda w: {"ResourceArn": _arn(w), "TagKeys": list(w.tags_to_remove)}),
    retry_on=PASSING,
)
