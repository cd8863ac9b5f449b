# Copyright (c) stackwright.aws contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""What becomes of events that a function is invoked with and nobody waits for."""

from __future__ import annotations

from functools import partial
from typing import Any

from ...engine.kind import Item, Kind, Property, Scope, Update, Work
from ..requests import given, unless
from .names import FUNCTION, function_part, functions_in_scope, split

_SETTINGS = ("DestinationConfig", "MaximumEventAgeInSeconds", "MaximumRetryAttempts")


def list_event_invoke_configs(scope: Scope) -> list[Item]:
    """The settings of observed functions, and of those that some are described of."""
    names = sorted({split(one)[0] for one in scope.ids}) if scope.ids else functions_in_scope(scope)
    found: list[Item] = []
    for name in names:
        ask = partial(
            scope.pages,
            "lambda",
            "list_function_event_invoke_configs",
            "FunctionEventInvokeConfigs[]",
            FunctionName=name,
        )
        found += unless((), ask) or []
    return [item for item in found if not scope.ids or config_id(item) in scope.ids]


def config_id(item: Item) -> str:
    """What settings are known by: the function and the version or alias that they are of."""
    name, qualifier = _parts(item)
    return f"{name}:{qualifier}"


def _parts(item: Item) -> tuple[str, str]:
    name, _colon, qualifier = str(item["FunctionArn"]).rpartition(":function:")[2].partition(":")
    return name, qualifier or "$LATEST"


def _put(work: Work) -> Item:
    """Write all settings: the request forgets what it is not told."""
    name = split(work.desired["FunctionName"])[0]
    qualifier = str(work.desired["Qualifier"])
    return work.call(
        "lambda", "put_function_event_invoke_config", FunctionName=name, Qualifier=qualifier, **given(work, *_SETTINGS)
    )


def _delete(work: Work) -> None:
    name, _colon, qualifier = work.id.partition(":")
    work.call("lambda", "delete_function_event_invoke_config", FunctionName=name, Qualifier=qualifier)


def _key(properties: Any) -> tuple[str, ...] | None:
    name, qualifier = properties.get("FunctionName"), properties.get("Qualifier")
    return (split(name)[0], str(qualifier)) if isinstance(name, str) and qualifier else None


LAMBDA_EVENT_INVOKE_CONFIG = Kind(
    type="AWS::Lambda::EventInvokeConfig",
    service="lambda",
    title="settings of asynchronous invocation",
    id=config_id,
    key=("FunctionName", "Qualifier"),
    key_of=_key,
    requires=(FUNCTION,),
    tags=None,
    properties={
        "FunctionName": Property(path=lambda item: _parts(item)[0], immutable=True, normalise=function_part),
        "Qualifier": Property(path=lambda item: _parts(item)[1], immutable=True),
        "DestinationConfig": Property(),
        "MaximumEventAgeInSeconds": Property(),
        "MaximumRetryAttempts": Property(),
    },
    list=list_event_invoke_configs,
    create=_put,
    updates=(Update(_SETTINGS, _put),),
    delete=_delete,
)
