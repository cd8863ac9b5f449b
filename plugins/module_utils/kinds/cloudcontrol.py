# Copyright (c) stackwright.aws contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Any CloudFormation type through AWS's Cloud Control API, as a kind made from the type's own schema.

https://docs.aws.amazon.com/cloudcontrolapi/latest/userguide/what-is-cloudcontrolapi.html
https://docs.aws.amazon.com/cloudformation-cli/latest/userguide/resource-type-schema.html
"""

from __future__ import annotations

import hashlib
import json
import re
import threading
from collections.abc import Callable, Iterable, Mapping
from functools import partial
from typing import Any

from ..engine.api import Api, ApiError
from ..engine.document import STACK_TAG
from ..engine.errors import DocumentError, ResourceError
from ..engine.kind import Attribute, Item, Kind, Property, Scope, States, Update, Work, read_tags
from ..engine.template import Template
from .requests import unless
from .shared import json_document, tag_index, tag_list

SERVICE = "cloudcontrol"

#: https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/registry.html
_TYPE_NAME = re.compile(r"(?!Custom::)\w{2,64}::\w{2,64}::\w{2,64}")

#: Types whose objects keep what cannot be made again.
HOLD_DATA = frozenset(
    {
        "AWS::Cassandra::Table",
        "AWS::Cognito::UserPool",
        "AWS::DocDB::DBCluster",
        "AWS::DynamoDB::GlobalTable",
        "AWS::EC2::Volume",
        "AWS::EFS::FileSystem",
        "AWS::FSx::FileSystem",
        "AWS::Kinesis::Stream",
        "AWS::MSK::Cluster",
        "AWS::MemoryDB::Cluster",
        "AWS::Neptune::DBCluster",
        "AWS::OpenSearchService::Domain",
        "AWS::RDS::DBCluster",
        "AWS::Redshift::Cluster",
        "AWS::SQS::Queue",
        "AWS::Timestream::Table",
    }
)

#: The latest end of most operations: a handler is given 36 hours, and hardly any needs two.
_TIMEOUT = 7200
#: How many failed requests of earlier runs to step over before the latest failure is believed.
_FAILED_BEFORE = 10
_UNDER_WAY = ("PENDING", "IN_PROGRESS", "CANCEL_IN_PROGRESS")
_ENDED_BADLY = ("FAILED", "CANCEL_COMPLETE")
#: Another request for the same resource is under way, or ours has not told yet what it makes or how it ends.
_RETRY = frozenset({"ConcurrentOperationException", "IdentifierNotKnown", "RequestUnderWay"})


def is_type_name(name: str) -> bool:
    """Whether a name may be that of a type that CloudFormation knows."""
    return _TYPE_NAME.fullmatch(name) is not None


def cloud_control_kinds(api: Api, region: str, types: Iterable[str]) -> list[Kind]:
    """The kinds of some types, one request each.

    Args:
        region: where to ask for their schemas.
        types: CloudFormation type names.

    Raises:
        DocumentError: with every type that does not exist there, or that Cloud Control cannot build.
        ApiError: a schema could not be read.
    """
    kinds: list[Kind] = []
    problems: list[str] = []
    for type_name in sorted(set(types)):
        ask = {"Type": "RESOURCE", "TypeName": type_name}
        answer = unless(
            ("TypeNotFoundException", "CFNRegistryException"),
            partial(api.call, "cloudformation", "describe_type", ask, region=region),
        )
        if answer is None:
            problems.append(f"{type_name} is no type that CloudFormation knows in {region}; correct its name")
        elif answer.get("ProvisioningType") == "NON_PROVISIONABLE":
            problems.append(f"{type_name} cannot be built by AWS's Cloud Control API; build it beside the stack")
        else:
            try:
                kinds.append(cloud_control_kind(type_name, json.loads(answer["Schema"])))
            except DocumentError as error:
                problems += error.problems
    if problems:
        raise DocumentError(problems)
    return kinds


def cloud_control_kind(type_name: str, schema: Mapping[str, Any]) -> Kind:
    """A type as a kind.

    Args:
        type_name: e.g. `AWS::Events::Rule`.
        schema: its resource type schema; empty: good for an export, and for nothing else.

    Raises:
        DocumentError: nothing tells one object of the type from another, so that it could not be found again.
    """
    names = _Names(schema)
    tagging = schema.get("tagging", {})
    taggable = tagging.get("taggable", True)
    tags = _top(tagging.get("tagProperty", "/properties/Tags"))
    taggable = taggable and (not schema or tags in schema["properties"])
    tag_map = bool(schema) and taggable and schema["properties"][tags].get("type") == "object"
    key = () if set(names.identifier) & names.read_only else tuple(names.identifier)
    if schema and not taggable and not key:
        raise DocumentError(
            [f"{type_name} carries no tags and is given its identifier by AWS, so that a later run could not find it"]
        )
    agent = _Agent(type_name, names, tags if taggable else "", tag_map)
    fixed = names.create_only if "update" in schema.get("handlers", {"update": {}}) else set(names.writable)
    return Kind(
        type=type_name,
        service=SERVICE,
        title=type_name,
        template=Template(tags=tags if taggable else "", tag_map=tag_map),
        id="Identifier",
        key=key,
        properties={
            name: _property(name, schema["properties"][name], fixed, names.write_only)
            for name in names.writable
            if not (taggable and name == tags)
        },
        attributes={name: Attribute(partial(_member, name)) for name in sorted(names.read_only)},
        list=agent.objects,
        tags=agent.tags_of if taggable else None,
        states=States(
            path="Status",
            ready=frozenset({"READY"}),
            failed=frozenset({"CREATE_FAILED", "UPDATE_FAILED", "DELETE_FAILED"}),
            leaving=frozenset({"DELETE_IN_PROGRESS"}),
            reason="Reason",
            timeout=_TIMEOUT,
        ),
        create=agent.create,
        updates=(Update(tuple(name for name in names.writable if name not in fixed), agent.update),),
        delete=agent.delete,
        tag=agent.tag if taggable else None,
        untag=agent.tag if taggable else None,
        holds_data=type_name in HOLD_DATA,
        retry_on=_RETRY,
    )


def _top(pointer: str) -> str:
    """`/properties/Endpoint/Address` as `Endpoint`."""
    return pointer.split("/")[2]


class _Names:
    """Which properties a schema says what about, those inside others left out."""

    def __init__(self, schema: Mapping[str, Any]) -> None:
        pointers: Callable[[str], list[str]] = lambda section: list(schema.get(section, ()))  # noqa: E731
        whole: Callable[[str], set[str]] = lambda section: {  # noqa: E731
            _top(pointer) for pointer in pointers(section) if pointer.count("/") == 2
        }
        self.identifier = [_top(pointer) for pointer in pointers("primaryIdentifier")]
        self.read_only = whole("readOnlyProperties")
        self.write_only = whole("writeOnlyProperties")
        self.create_only = whole("createOnlyProperties")
        self.writable = [name for name in schema.get("properties", ()) if name not in self.read_only]


def _member(name: str, item: Item) -> Any:
    return item["Model"].get(name)


def _property(name: str, schema: Mapping[str, Any], fixed: set[str], write_only: set[str]) -> Property:
    types = schema.get("type", ())
    return Property(
        path=partial(_member, name),
        immutable=name in fixed,
        write_only=name in write_only,
        # What is never answered is a secret more often than not.
        sensitive=name in write_only,
        unordered=types == "array" and schema.get("insertionOrder") is False,
        # A document that may be given as an object or as its text is the same thing either way.
        normalise=json_document if {"object", "string"} <= set(types) else None,
    )


class _Agent:
    """Speaks to Cloud Control about one type, during one run.

    It remembers the requests that are under way, since only their tokens tell how they end.
    """

    def __init__(self, type_name: str, names: _Names, tags: str, tag_map: bool) -> None:
        self.type = type_name
        self.names = names
        self.tags = tags
        self.tag_map = tag_map
        self._lock = threading.Lock()
        self._tokens: dict[tuple[str, str], str] = {}
        self._taken_on: set[str] = set()

    # Reading

    def objects(self, scope: Scope) -> list[Item]:
        """The objects in scope: those asked for, those described, and those that carry the stack's tag."""
        if scope.ids:
            identifiers = list(scope.ids)
        else:
            self._learn_requests(scope)
            identifiers = self._candidates(scope)
        found = [self._read(scope, identifier) for identifier in identifiers]
        return [item for item in found if item is not None]

    def tags_of(self, item: Item) -> dict[str, str]:
        """The tags of an object."""
        return read_tags(item["Model"].get(self.tags)) or {}

    def _candidates(self, scope: Scope) -> list[str]:
        described = {identifier for wanted in scope.wanted if (identifier := self._identifier(wanted))}
        try:
            listed = scope.pages(SERVICE, "list_resources", "ResourceDescriptions[]", TypeName=self.type)
        except ApiError as error:
            # Some types cannot be listed, or only within something else; they are found by name.
            if error.code not in ("UnsupportedActionException", "InvalidRequestException"):
                raise
            listed = []
        owned = {one["Identifier"] for one in listed if self._may_be_ours(scope, one)}
        return sorted(described | owned)

    def _may_be_ours(self, scope: Scope, listed: Mapping[str, Any]) -> bool:
        """Whether a listed object is worth a request of its own, since a list may tell no more than identifiers."""
        if scope.everything:
            return True
        if not self.tags:
            return False
        model = json.loads(listed.get("Properties") or "{}")
        if self.tags in model:
            return (read_tags(model[self.tags]) or {}).get(STACK_TAG) == scope.stack
        if set(self.names.identifier) & self.names.read_only:
            # Nothing but its tags tells it; the tag index lags behind, and one that is missed is made twice.
            return True
        last = listed["Identifier"].rpartition("|")[2]
        return any(arn == last or arn.endswith((f"/{last}", f":{last}")) for arn in tag_index(scope))

    def _identifier(self, properties: Mapping[str, Any]) -> str:
        values = [properties.get(name) for name in self.names.identifier]
        return "|".join(map(str, values)) if all(isinstance(value, (str, int)) for value in values) else ""

    def _learn_requests(self, scope: Scope) -> None:
        """The requests of earlier runs, and of others, that are still under way."""
        under_way = scope.memo.get(
            ("cloud_control_requests", scope.region),
            lambda: scope.pages(
                SERVICE,
                "list_resource_requests",
                "ResourceRequestStatusSummaries[]",
                ResourceRequestStatusFilter={"OperationStatuses": list(_UNDER_WAY)},
            ),
        )
        for event in under_way:
            if event["TypeName"] == self.type and event.get("Identifier"):
                self._remember(scope.region, event)

    def _remember(self, region: str, event: Mapping[str, Any]) -> None:
        with self._lock:
            self._tokens[region, event["Identifier"]] = event["RequestToken"]

    def _read(self, scope: Scope, identifier: str) -> Item | None:
        event = self._event(scope, identifier)
        status = event.get("OperationStatus")
        ask = partial(scope.call, SERVICE, "get_resource", TypeName=self.type, Identifier=identifier)
        answer = unless((), ask)
        model = json.loads(answer["ResourceDescription"]["Properties"]) if answer else {}
        item: Item = {"Identifier": identifier, "Model": model, "Status": "READY"}
        if status in _UNDER_WAY:
            return {**item, "Status": f"{event['Operation']}_IN_PROGRESS"}
        if status in _ENDED_BADLY:
            return {**item, "Status": f"{event['Operation']}_FAILED", "Reason": _why(event)}
        return item if answer else None

    def _event(self, scope: Scope, identifier: str) -> Mapping[str, Any]:
        """How the latest request for an object stands, if this run knows of one."""
        token = self._tokens.get((scope.region, identifier))
        if token is None:
            return {}
        answer = unless(
            ("RequestTokenNotFoundException",),
            partial(scope.call, SERVICE, "get_resource_request_status", RequestToken=token),
        )
        event: Mapping[str, Any] = answer["ProgressEvent"] if answer else {}
        if event.get("OperationStatus") == "SUCCESS":
            with self._lock:
                self._tokens.pop((scope.region, identifier), None)
        return event

    # Writing

    def create(self, work: Work) -> Item:
        """Have one created. The same work asked for again is the same request."""
        model = dict(work.desired)
        if self.tags:
            model[self.tags] = self._shaped(work.tags)
        event = self._request(work, "create_resource", {"DesiredState": json.dumps(model)})
        if not event.get("Identifier"):
            raise ApiError("IdentifierNotKnown", f"{self.type} is being created", service=SERVICE)
        told = json.loads(event.get("ResourceModel") or "{}")
        status = "READY" if event["OperationStatus"] == "SUCCESS" else "CREATE_IN_PROGRESS"
        return {"Identifier": event["Identifier"], "Model": {**model, **told}, "Status": status}

    def update(self, work: Work) -> None:
        """Set the properties that differ, each as a whole but for the members of objects that are not stated."""
        current = work.current.properties if work.current else {}
        names = sorted(work.changed & set(self.names.writable))
        self._patch(work, {name: _merged(current.get(name), work.desired[name]) for name in names})

    def tag(self, work: Work) -> None:
        """Set and remove tags, and see it done: no state tells whether it is."""
        if work.changed:
            return  # They went with the other properties.
        if self._patch(work, {})["OperationStatus"] in _UNDER_WAY:
            raise ApiError("RequestUnderWay", f"{self.type} is being tagged", service=SERVICE)

    def delete(self, work: Work) -> None:
        """Have it deleted."""
        self._request(work, "delete_resource", {"Identifier": work.id})

    def _shaped(self, tags: Mapping[str, str]) -> Any:
        return dict(sorted(tags.items())) if self.tag_map else tag_list(tags)

    def _patch(self, work: Work, values: Mapping[str, Any]) -> Mapping[str, Any]:
        # What is never answered is lost unless it is said again.
        again = {name: work.desired[name] for name in sorted(self.names.write_only & set(work.desired))}
        everything = {**values, **again}
        if work.tags_to_set or work.tags_to_remove:
            tags = {**(work.current.tags or {} if work.current else {}), **work.tags_to_set}
            kept = {key: value for key, value in tags.items() if key not in work.tags_to_remove}
            everything[self.tags] = self._shaped(kept)
        # In a patch `add` replaces what is there already: https://www.rfc-editor.org/rfc/rfc6902#section-4.1
        patch = [{"op": "add", "path": f"/{name}", "value": value} for name, value in everything.items()]
        return self._request(work, "update_resource", {"Identifier": work.id, "PatchDocument": json.dumps(patch)})

    def _request(self, work: Work, operation: str, params: dict[str, Any]) -> Mapping[str, Any]:
        """Send a request once, however often it is asked for, and tell how it stands.

        A token is good for one request, for 36 hours, and answers with that request's failure too. The failure of an
        earlier run is therefore stepped over with a token that follows from it.

        Raises:
            ResourceError: it failed at once.
        """
        token = _digest(work.token, operation, *(str(params[name]) for name in sorted(params)))
        event: Mapping[str, Any] = {}
        for _attempt in range(_FAILED_BEFORE):
            answer = work.call(SERVICE, operation, TypeName=self.type, ClientToken=token, **params)
            event = answer["ProgressEvent"]
            if event["OperationStatus"] not in _ENDED_BADLY:
                self._taken_on.add(event["RequestToken"])
                break
            if event["RequestToken"] in self._taken_on:
                raise ResourceError(f"{self.type}: {_why(event)}")
            token = _digest(token, event["RequestToken"])
        else:
            raise ResourceError(f"{self.type}: {_why(event)}")
        if not event.get("Identifier"):
            asked = work.call(SERVICE, "get_resource_request_status", RequestToken=event["RequestToken"])
            event = asked["ProgressEvent"]
        if event.get("Identifier"):
            self._remember(work.region, event)
        return event


def _digest(*words: str) -> str:
    return hashlib.sha256("\0".join(words).encode()).hexdigest()[:32]


def _why(event: Mapping[str, Any]) -> str:
    return ": ".join(str(event[name]) for name in ("ErrorCode", "StatusMessage") if event.get(name))


def _merged(current: Any, stated: Any) -> Any:
    """What is stated, with the members of objects that are not stated left as they are."""
    if isinstance(current, Mapping) and isinstance(stated, Mapping):
        return {**current, **{name: _merged(current.get(name), value) for name, value in stated.items()}}
    return stated
