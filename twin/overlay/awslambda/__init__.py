# Copyright (c) stackwright.aws contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Lambda: functions in their states, versions and aliases, provisioned concurrency, mappings, and running them.

Source: https://docs.aws.amazon.com/lambda/latest/dg/functions-states.html
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from moto.awslambda import urls

from twin.overlay.awslambda import (
    aliases,
    asynchronous,
    configuration,
    functions,
    invoke,
    mappings,
    policies,
    polling,
    tags,
    versions,
)

if TYPE_CHECKING:
    from twin.world import World

# What moto has no address for.
_FUNCTION = r"{0}/(?P<api_version>[^/]+)/functions/(?P<function_name>[\w_:%-]+)/"
_ADDRESSES = ("provisioned-concurrency", "recursion-config", "runtime-management-config")


def install(world: World) -> None:
    for address in _ADDRESSES:
        urls.url_paths[_FUNCTION + address] = urls.LambdaResponse.dispatch
    functions.install(world)
    configuration.install()
    versions.install()
    aliases.install(world)
    policies.install()
    mappings.install(world)
    tags.install()
    asynchronous.install()
    invoke.install(world)
    polling.install(world)
