"""A cloud that does not exist, and kinds of resources for it: what the engine is tested with."""

from __future__ import annotations

import copy
import itertools
import threading
from collections import Counter
from collections.abc import Callable, Collection
from typing import Any

from ansible_collections.stackwright.aws.plugins.module_utils.engine.api import ApiError
from ansible_collections.stackwright.aws.plugins.module_utils.engine.document import STACK_TAG
from ansible_collections.stackwright.aws.plugins.module_utils.engine.errors import LeaseError
from ansible_collections.stackwright.aws.plugins.module_utils.engine.kind import (
    Attribute,
    Call,
    Item,
    Kind,
    Property,
    Scope,
    States,
    Update,
    Work,
)
from ansible_collections.stackwright.aws.plugins.module_utils.engine.lease import LeaseState
from ansible_collections.stackwright.aws.plugins.module_utils.engine.observe import Place
from ansible_collections.stackwright.aws.plugins.module_utils.engine.registry import Registry

#: Called with the operation and its parameters before (`sent`) and after (`answered`) it takes effect; may raise.
Hook = Callable[[str, str, dict[str, Any]], None]


class MadeUpCloud:
    """Things with an id, properties, tags and a state, held in memory.

    Attributes:
        busy_looks: how many times a new or changed thing is listed as busy before it is ready.
        hook: sees every request, and may fail it.
    """

    region = "nowhere-1"
    account = "123456789012"
    partition = "aws"

    def __init__(self) -> None:
        self.things: dict[str, Item] = {}
        self.requests: list[str] = []
        self.busy_looks = 0
        self.hook: Hook = lambda _when, _operation, _params: None
        self._ids = itertools.count(1)
        self._lock = threading.RLock()

    @property
    def writes(self) -> list[str]:
        return [request for request in self.requests if not request.startswith("list_")]

    def counted(self) -> Counter[str]:
        return Counter(self.requests)

    def copy(self) -> MadeUpCloud:
        """Another cloud that holds the same."""
        other = MadeUpCloud()
        other.things = copy.deepcopy(self.things)
        other.busy_looks = self.busy_looks
        other._ids = itertools.count(1000 + len(self.requests))
        return other

    def call(
        self, service: str, operation: str, params: dict[str, Any], *, region: str = "", once: bool = False
    ) -> dict[str, Any]:
        with self._lock:
            self.requests.append(operation)
            self.hook("sent", operation, params)
            answer: dict[str, Any] = getattr(self, operation)(**params)
            self.hook("answered", operation, params)
            return answer

    def pages(self, service: str, operation: str, params: dict[str, Any], items: str, *, region: str = "") -> list[Any]:
        found: list[Any] = self.call(service, operation, params, region=region)[items]
        return found

    # Operations

    def list_things(self, Kind: str) -> dict[str, Any]:
        found = []
        for thing in self.things.values():
            if thing["Kind"] == Kind:
                found.append(_shown(thing))
                thing["Busy"] = max(0, thing["Busy"] - 1)
        return {"Things": found}

    def create_thing(
        self, Kind: str, Properties: dict[str, Any], Tags: dict[str, str], Token: str = ""
    ) -> dict[str, Any]:
        for thing in self.things.values():
            if Token and thing["Token"] == Token:
                return {"Thing": _shown(thing)}
            if thing["Kind"] == Kind and thing.get("Name") and thing.get("Name") == Properties.get("Name"):
                raise ApiError("AlreadyExists", f"{Properties['Name']} exists", operation="create_thing")
        number = f"{Kind.rsplit('::', 1)[1].lower()}-{next(self._ids)}"
        self._must_exist(Properties)
        thing = {
            "Id": number,
            "Kind": Kind,
            "Tags": dict(Tags),
            "State": "ready",
            "Busy": self.busy_looks,
            "Token": Token,
        }
        self.things[number] = {**Properties, **thing}
        return {"Thing": _shown(self.things[number])}

    def update_thing(self, Id: str, Properties: dict[str, Any]) -> dict[str, Any]:
        self._must_exist(Properties)
        self._get(Id).update(Properties, Busy=self.busy_looks)
        return {}

    def tag_thing(self, Id: str, Tags: dict[str, str]) -> dict[str, Any]:
        self._get(Id)["Tags"].update(Tags)
        return {}

    def untag_thing(self, Id: str, Keys: list[str]) -> dict[str, Any]:
        for key in Keys:
            self._get(Id)["Tags"].pop(key, None)
        return {}

    def delete_thing(self, Id: str) -> dict[str, Any]:
        self._get(Id)
        users = [thing["Id"] for thing in self.things.values() if Id in thing.get("Uses", []) and thing["Id"] != Id]
        if users:
            raise ApiError("InUse", f"{Id} is used by {users}", operation="delete_thing")
        # The parts of a whole go with it.
        for part in [thing["Id"] for thing in self.things.values() if thing.get("Whole") == Id]:
            del self.things[part]
        del self.things[Id]
        return {}

    def _get(self, number: str) -> Item:
        if number not in self.things:
            raise ApiError("NotFound", number, missing=True)
        return self.things[number]

    def _must_exist(self, properties: dict[str, Any]) -> None:
        wholes = [properties["Whole"]] if "Whole" in properties else []
        for number in [*properties.get("Uses", []), *wholes]:
            if number not in self.things:
                raise ApiError("NoSuchUse", f"{number} does not exist")


def _shown(thing: Item) -> Item:
    return {**thing, "State": "working" if thing["Busy"] > 0 else thing["State"]}


class FreeLease:
    """A lease that nobody else wants."""

    def __init__(self) -> None:
        self.generation = 0
        self.fence = 0
        self.taken = 0
        self.held = False
        self.places: frozenset[Place] = frozenset()

    def peek(self) -> LeaseState:
        return LeaseState(self.generation, self.fence, places=self.places)

    def acquire(self, *, deletes: bool = False, places: Collection[Place] = ()) -> LeaseState:
        if self.held:
            raise LeaseError("held by somebody since yesterday")
        self.held = True
        self.taken += 1
        self.fence += 1
        self.generation += int(deletes)
        self.places |= set(places)
        return self.peek()

    def check(self) -> None:
        if not self.held:
            raise LeaseError("lost")

    def release(self, settled: bool, places: Collection[Place] | None = None) -> None:
        self.held = False
        self.places = self.places if places is None else frozenset(places)
        self.generation += int(settled)


def _list(kind: str) -> Callable[[Scope], list[Item]]:
    def ask(scope: Scope) -> list[Item]:
        found = scope.pages("made_up", "list_things", "Things", Kind=kind)
        return [
            thing
            for thing in found
            if (thing["Id"] in scope.ids if scope.ids else True)
            and (scope.ids or scope.everything or thing["Tags"].get(STACK_TAG) or thing.get("Name"))
        ]

    return ask


def _properties(work: Work) -> dict[str, Any]:
    return dict(work.desired)


STATES = States(
    path="State",
    ready=frozenset({"ready"}),
    failed=frozenset({"broken"}),
    leaving=frozenset({"leaving"}),
    gone=frozenset({"gone"}),
    reason="Why",
    timeout=5,
)


def made_up_kind(name: str, **words: Any) -> Kind:
    """A kind with two mutable properties, one immutable one, a list of references and, if `key` says so, a name."""
    kind = f"MadeUp::Test::{name}"
    defaults: dict[str, Any] = {
        "type": kind,
        "service": "made_up",
        "title": name.lower(),
        "id": "Id",
        "properties": {
            "Name": Property(immutable=True),
            "Size": Property(),
            "Mode": Property(),
            "Shape": Property(immutable=True),
            "Uses": Property(unordered=True),
            "Fixed": Property(immutable=True),
            "Secret": Property(write_only=True, sensitive=True),
        },
        "attributes": {
            "Id": Attribute("Id"),
            "Arn": Attribute("Id", predict="arn:{Name}"),
            "Revision": Attribute("Size", volatile=True),
        },
        "list": _list(kind),
        "states": STATES,
        "create": Call(
            "create_thing",
            lambda w: {"Kind": kind, "Properties": _properties(w), "Tags": w.tags, "Token": w.token},
            item="Thing",
        ),
        "updates": (
            Update(
                ("Size", "Mode", "Uses"),
                Call(
                    "update_thing",
                    lambda w: {"Id": w.id, "Properties": {n: w.desired[n] for n in w.changed}},
                ),
            ),
        ),
        "delete": Call("delete_thing", lambda w: {"Id": w.id}),
        "tag": Call("tag_thing", lambda w: {"Id": w.id, "Tags": w.tags_to_set}),
        "untag": Call("untag_thing", lambda w: {"Id": w.id, "Keys": list(w.tags_to_remove)}),
    }
    return Kind(**{**defaults, **words})


NAMED = made_up_kind("Named", key=("Name",), held_by_users=True)
PLAIN = made_up_kind("Plain", requires=("MadeUp::Test::Named",))
DATA = made_up_kind("Data", key=("Name",), holds_data=True, requires=("MadeUp::Test::Named", "MadeUp::Test::Plain"))
REGISTRY = Registry((NAMED, PLAIN, DATA))
