# Copyright (c) stackwright.aws contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""What feeds functions: queues and streams that Lambda reads."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any

from ...engine.kind import Attribute, Call, Item, Kind, Property, Scope, States, Update, Work
from ...engine.template import Template
from ..kms import key_id
from ..requests import given, make_arn, unless
from ..shared import with_tags
from .names import FUNCTION, function_part

#: What Lambda answers while a mapping is made, changed or removed.
_BUSY = frozenset({"ResourceInUseException"})
#: What it answers while the function's role, or the function itself, is not known everywhere yet.
_SETTLING = frozenset(
    {
        "InvalidParameterValueException: does not have permissions to call",
        "InvalidParameterValueException: Function does not exist",
        "ResourceConflictException",
    }
)

#: Properties that an update takes under the same name; lists of endpoints and topics are fixed with the source.
_UPDATABLE = (
    "BatchSize",
    "BisectBatchOnFunctionError",
    "DestinationConfig",
    "Enabled",
    "FilterCriteria",
    "FunctionName",
    "FunctionResponseTypes",
    "KmsKeyArn",
    "LoggingConfig",
    "MaximumBatchingWindowInSeconds",
    "MaximumRecordAgeInSeconds",
    "MaximumRetryAttempts",
    "MetricsConfig",
    "ParallelizationFactor",
    "ProvisionedPollerConfig",
    "ScalingConfig",
    "SourceAccessConfigurations",
    "TumblingWindowInSeconds",
)
_FIXED = (
    "EventSourceArn",
    "StartingPosition",
    "StartingPositionTimestamp",
    "Topics",
    "Queues",
    "SelfManagedEventSource",
)
#: What takes a setting away.
_NOTHING: dict[str, Any] = {
    "DestinationConfig": {"OnFailure": {}},
    "FilterCriteria": {"Filters": []},
    "FunctionResponseTypes": [],
    "MetricsConfig": {"Metrics": []},
    "ProvisionedPollerConfig": {},
    "ScalingConfig": {},
}


def list_event_sources(scope: Scope) -> list[Item]:
    """The mappings in scope; one list tells everything about all of the region, but the tags."""
    if scope.ids:
        answers = (unless((), partial(scope.call, "lambda", "get_event_source_mapping", UUID=one)) for one in scope.ids)
        found = [answer for answer in answers if answer is not None]
    else:
        found = scope.pages("lambda", "list_event_source_mappings", "EventSourceMappings[]")
    return with_tags(
        scope,
        found,
        lambda item: mapping_arn(scope, item),
        "lambda",
        "list_tags",
        "Resource",
        "Tags",
        scope.names("EventSourceArn"),
        "EventSourceArn",
    )


def mapping_arn(scope: Scope, item: Item) -> str:
    """A mapping's ARN, which older answers leave out."""
    told = item.get("EventSourceMappingArn")
    return str(told or make_arn(scope.api, "lambda", scope.region, f"event-source-mapping:{item['UUID']}"))


def is_enabled(item: Item) -> bool:
    """Whether a mapping reads, or is about to."""
    return item.get("State") in ("Creating", "Enabling", "Enabled", "Updating")


def mapping_key(properties: Mapping[str, Any]) -> tuple[str, ...] | None:
    """What tells one mapping from another: Lambda allows one for a source and a function."""
    source, function = properties.get("EventSourceArn"), properties.get("FunctionName")
    return (source, function_part(function)) if isinstance(source, str) and isinstance(function, str) else None


def _parameters(work: Work, names: tuple[str, ...] | list[str]) -> dict[str, Any]:
    params = {name: work.desired[name] for name in names if name in work.desired}
    for name, value in params.items():
        if name in _NOTHING and not value:
            params[name] = _NOTHING[name]
    if "KmsKeyArn" in params:
        params["KMSKeyArn"] = params.pop("KmsKeyArn") or ""
    return params


def _create(work: Work) -> dict[str, Any]:
    names = [name for name in (*_UPDATABLE, *_FIXED) if given(work, name)]
    return {**_parameters(work, names), "Tags": dict(work.tags)}


def _update(work: Work) -> dict[str, Any]:
    return {"UUID": work.id, **_parameters(work, [name for name in _UPDATABLE if name in work.changed])}


LAMBDA_EVENT_SOURCE_MAPPING = Kind(
    type="AWS::Lambda::EventSourceMapping",
    service="lambda",
    title="event source mapping",
    template=Template(attributes={"Arn": "EventSourceMappingArn"}),
    id="UUID",
    key=("EventSourceArn", "FunctionName"),
    key_of=mapping_key,
    requires=(FUNCTION,),
    properties={
        **{name: Property(immutable=True) for name in _FIXED},
        "Topics": Property(immutable=True, unordered=True),
        "Queues": Property(immutable=True, unordered=True),
        **{name: Property() for name in _UPDATABLE},
        "Enabled": Property(path=is_enabled),
        "FilterCriteria": Property(unordered=True, exact=True),
        "FunctionName": Property(path="FunctionArn", normalise=function_part),
        "FunctionResponseTypes": Property(unordered=True),
        "KmsKeyArn": Property(path="KMSKeyArn", normalise=key_id),
        "MaximumBatchingWindowInSeconds": Property(default=0),
        "SourceAccessConfigurations": Property(unordered=True),
    },
    attributes={
        "Id": Attribute("UUID"),
        "EventSourceMappingArn": Attribute("EventSourceMappingArn"),
        "Arn": Attribute("EventSourceMappingArn"),
    },
    list=list_event_sources,
    states=States(
        path="State",
        ready=frozenset({"Enabled", "Disabled"}),
        leaving=frozenset({"Deleting"}),
        reason="StateTransitionReason",
        timeout=900,
    ),
    create=Call("create_event_source_mapping", _create, item="@", retry_on=_SETTLING),
    updates=(Update(_UPDATABLE, Call("update_event_source_mapping", _update, item="@")),),
    delete=Call("delete_event_source_mapping", lambda w: {"UUID": w.id}),
    tag=Call(
        "tag_resource",
        lambda w: {"Resource": w.attributes["EventSourceMappingArn"], "Tags": dict(w.tags_to_set)},
    ),
    untag=Call(
        "untag_resource",
        lambda w: {"Resource": w.attributes["EventSourceMappingArn"], "TagKeys": list(w.tags_to_remove)},
    ),
    retry_on=_BUSY,
)
