# Copyright (c) stackwright.aws contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Tags of functions and of mappings, by ARN."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from moto.awslambda.models import lambda_backends
from moto.awslambda.responses import LambdaResponse

from twin.overlay._tagged import Tagged, collector
from twin.overlay.awslambda.polling import mappings
from twin.patch import Parameters, existing, operation
from twin.refusal import refuse


def install() -> None:
    @operation(LambdaResponse, "ListTags")
    def listed(response: Any, asked: Parameters) -> dict[str, Any]:
        return {"Tags": dict(_tags(response, asked))}

    @operation(LambdaResponse, "TagResource")
    def tag(response: Any, asked: Parameters) -> None:
        _tags(response, asked).update(asked["Tags"])

    @operation(LambdaResponse, "UntagResource")
    def untag(response: Any, asked: Parameters) -> None:
        for key in asked["TagKeys"]:
            _tags(response, asked).pop(key, None)

    @collector("lambda")
    def collect(account: str, region: str) -> Iterator[Tagged]:
        backend = existing(lambda_backends, account, region)
        for function in backend.list_functions() if backend else []:
            yield function.function_arn, dict(function.tags)
        for mapping in mappings(backend).values() if backend else []:
            yield mapping["EventSourceMappingArn"], dict(mapping["Tags"])


def _tags(response: Any, asked: Parameters) -> dict[str, str]:
    _, _, resource = asked["Resource"].partition(f":{response.current_account}:")
    kind, _, name = resource.partition(":")
    if kind == "event-source-mapping":
        mapping = mappings(response.backend).get(name)
        if mapping is None:
            refuse("ResourceNotFoundException", f"Event source mapping not found: {asked['Resource']}", 404)
        found: dict[str, str] = mapping["Tags"]
        return found
    function = response.backend.get_function(name)
    return function.tags  # type: ignore[no-any-return]
