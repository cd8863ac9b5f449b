"""A made-up kind for every word that shapes a plan, layered: a kind uses only kinds of lower layers."""

from __future__ import annotations

from typing import Any

from ansible_collections.stackwright.aws.plugins.module_utils.engine.kind import (
    Attribute,
    Call,
    Item,
    Kind,
    Property,
    Scope,
    Update,
    Work,
)
from ansible_collections.stackwright.aws.plugins.module_utils.engine.registry import Registry
from tests.unit.engine.made_up import made_up_kind

PROPERTIES = {
    "Name": Property(immutable=True),
    "Size": Property(),
    "Mode": Property(),
    "Shape": Property(immutable=True),
    "Uses": Property(unordered=True),
    "Fixed": Property(immutable=True),
    "Follows": Property(),
    "Secret": Property(write_only=True, sensitive=True),
}
_CHANGEABLE = ("Size", "Mode", "Uses", "Follows")


def _kind(name: str, requires: tuple[Kind, ...] = (), **words: Any) -> Kind:
    update = Call("update_thing", lambda w: {"Id": w.id, "Properties": {n: w.desired[n] for n in w.changed}})
    defaults: dict[str, Any] = {
        "properties": PROPERTIES,
        "updates": (Update(_CHANGEABLE, update),),
        "requires": tuple(kind.type for kind in requires),
        "held_by_users": True,
    }
    return made_up_kind(name, **{**defaults, **words})


def _is_ready(item: Item) -> bool:
    return bool(item["State"] == "ready")


def _create_untagged(kind: str) -> Call:
    """Without tags and without a token: a second one is refused for its name."""
    return Call("create_thing", lambda w: {"Kind": kind, "Properties": dict(w.desired), "Tags": {}}, item="Thing")


NAMED = _kind("Named", key=("Name",))
DATA = _kind("Data", key=("Name",), holds_data=True)
PLAIN = _kind("Plain", (NAMED, DATA))
ORDERED = _kind("Ordered", (NAMED, DATA), created_in_order=True)
LATE = _kind(
    "Late",
    (NAMED, DATA, PLAIN, ORDERED),
    key=("Name",),
    referenced_when_ready=True,
    attributes={
        "Id": Attribute("Id"),
        "Arn": Attribute("Id", predict="arn:{Name}"),
        "Revision": Attribute("Size", volatile=True),
        "Endpoint": Attribute(lambda item: f"{item['Id']}.example" if _is_ready(item) else None),
        "Ticket": Attribute("Id", before_ready=True),
    },
)
USER = _kind("User", (NAMED, DATA, PLAIN, ORDERED, LATE))
UNTAGGED = _kind(
    "Untagged",
    key=("Name",),
    tags=None,
    tag=None,
    untag=None,
    create=_create_untagged("MadeUp::Test::Untagged"),
)


def _list_parts(scope: Scope) -> list[Item]:
    """The parts of the wholes that are known, as the rules of a group are."""
    wholes = {whole.id for whole in scope.observed(PLAIN.type)}
    found = scope.pages("made_up", "list_things", "Things", Kind="MadeUp::Test::Part")
    return [part for part in found if (part["Id"] in scope.ids if scope.ids else part["Whole"] in wholes)]


def _create_part(work: Work) -> dict[str, Any]:
    return {"Kind": "MadeUp::Test::Part", "Properties": dict(work.desired), "Tags": {}}


PART = _kind(
    "Part",
    (PLAIN,),
    properties={"Whole": Property(immutable=True), "Number": Property(immutable=True), "Size": Property()},
    attributes={"Id": Attribute("Id")},
    key=("Whole", "Number"),
    part_of="Whole",
    tags=None,
    tag=None,
    untag=None,
    list=_list_parts,
    create=Call("create_thing", _create_part, item="Thing"),
    updates=(
        Update(
            ("Size",),
            Call("update_thing", lambda w: {"Id": w.id, "Properties": {"Size": w.desired["Size"]}}),
        ),
    ),
)

LAYERS: tuple[tuple[Kind, ...], ...] = ((NAMED, DATA, UNTAGGED), (PLAIN, ORDERED), (LATE, PART), (USER,))
REGISTRY = Registry(kind for layer in LAYERS for kind in layer)
