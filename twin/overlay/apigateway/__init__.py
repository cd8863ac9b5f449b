# Copyright (c) stackwright.aws contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""REST APIs and HTTP APIs, in place of moto's: every part, patches, snapshots, tags, and what AWS refuses.

Source: https://docs.aws.amazon.com/apigateway/latest/api/API_Operations.html
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from moto.apigateway import urls
from moto.apigateway.responses import APIGatewayResponse
from moto.apigatewayv2.responses import ApiGatewayV2Response

from twin.overlay._tagged import Tagged, collector
from twin.overlay.apigateway import domains, http, methods, parts, plans, rest, stages
from twin.overlay.apigateway.store import tagged

if TYPE_CHECKING:
    from twin.world import World

_ADDRESSES = {
    "tags/(?P<resource_arn>.+)": APIGatewayResponse,
    "v2/tags/(?P<resource_arn>.+)": ApiGatewayV2Response,
    "v2/apis/(?P<api_id>[^/]+)/stages/(?P<stage_name>[^/]+)/(?P<settings>.+)": ApiGatewayV2Response,
}


def install(world: World) -> None:
    for address, response in _ADDRESSES.items():
        urls.url_paths["{0}/" + address + "$"] = response.dispatch
    rest.install()
    parts.install()
    methods.install()
    stages.install(world)
    plans.install(world)
    domains.install()
    http.install(world)

    @collector("apigateway")
    def collect(account: str, region: str) -> Iterator[Tagged]:
        for arn, tags in tagged(account, region):
            yield arn, dict(tags)
