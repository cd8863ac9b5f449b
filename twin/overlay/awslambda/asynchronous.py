# Copyright (c) stackwright.aws contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What becomes of events that nobody waits for: settings by version or alias.

Source: https://docs.aws.amazon.com/lambda/latest/api/API_PutFunctionEventInvokeConfig.html
"""

from __future__ import annotations

import time
from typing import Any

from moto.awslambda.models import EventInvokeConfig
from moto.awslambda.responses import LambdaResponse

from twin.overlay.awslambda.functions import function_of
from twin.patch import Parameters, notes, operation
from twin.refusal import refuse

Answer = dict[str, Any]
_SETTINGS = ("DestinationConfig", "MaximumEventAgeInSeconds", "MaximumRetryAttempts")


def install() -> None:
    @operation(LambdaResponse, "PutFunctionEventInvokeConfig")
    def put(response: Any, asked: Parameters) -> Answer:
        return _write(response, asked, {})

    @operation(LambdaResponse, "UpdateFunctionEventInvokeConfig")
    def update(response: Any, asked: Parameters) -> Answer:
        return _write(response, asked, get(response, asked))

    @operation(LambdaResponse, "GetFunctionEventInvokeConfig")
    def get(response: Any, asked: Parameters) -> Answer:
        found: Answer | None = _kept(response, asked).get(asked.get("Qualifier") or "$LATEST")
        if found is None:
            refuse("ResourceNotFoundException", "The function doesn't have an EventInvokeConfig", 404)
        return found

    @operation(LambdaResponse, "ListFunctionEventInvokeConfigs")
    def listed(response: Any, asked: Parameters) -> Answer:
        return {"FunctionEventInvokeConfigs": list(_kept(response, asked).values())}

    @operation(LambdaResponse, "DeleteFunctionEventInvokeConfig")
    def delete(response: Any, asked: Parameters) -> None:
        get(response, asked)
        del _kept(response, asked)[asked.get("Qualifier") or "$LATEST"]


def _kept(response: Any, asked: Parameters) -> dict[str, Answer]:
    found: dict[str, Answer] = notes(function_of(response, asked), "invoke")
    return found


def _write(response: Any, asked: Parameters, old: Answer) -> Answer:
    function = function_of(response, asked, qualifier=True)
    latest = function_of(response, asked)
    qualifier = asked.get("Qualifier") or "$LATEST"
    settings = {name: asked[name] for name in _SETTINGS if name in asked}
    EventInvokeConfig(function.function_arn, function.last_modified, settings)  # refuses what is out of bounds
    found = {
        **old,
        **settings,
        "FunctionArn": f"{latest.function_arn}:{qualifier}",
        "LastModified": time.time(),
    }
    found.setdefault("DestinationConfig", {"OnSuccess": {}, "OnFailure": {}})
    _kept(response, asked)[qualifier] = found
    return found
