"""What lost its tags and has no natural key is recognised by what uses it."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from typing import Any

import pytest

from ansible_collections.stackwright.aws.plugins.module_utils.engine.document import NAME_TAG, Resource
from ansible_collections.stackwright.aws.plugins.module_utils.engine.errors import PlanError
from ansible_collections.stackwright.aws.plugins.module_utils.engine.kind import Item, Scope
from ansible_collections.stackwright.aws.plugins.module_utils.engine.registry import Registry
from tests.unit.engine.made_up import NAMED, PLAIN, FreeLease, MadeUpCloud
from tests.unit.engine.test_converge import actions, converge

GROUND = Resource(PLAIN.type, "ground", {"Shape": "round", "Size": 1}, path="grounds.ground")
HOUSE = Resource(NAMED.type, "house", {"Name": "house", "Uses": [GROUND.ref("Id")]}, path="houses.house")


@pytest.fixture
def cloud() -> MadeUpCloud:
    cloud = MadeUpCloud()
    converge(cloud, GROUND, HOUSE)
    return cloud


def the(cloud: MadeUpCloud, kind: str) -> dict[str, Any]:
    (found,) = (thing for thing in cloud.things.values() if thing["Kind"] == kind)
    return found


def test_it_is_refused_with_what_uses_it_and_nothing_is_made(cloud: MadeUpCloud) -> None:
    ground = the(cloud, PLAIN.type)
    ground["Tags"].clear()
    cloud.requests.clear()
    with pytest.raises(PlanError) as refused:
        converge(cloud, GROUND, HOUSE)
    assert refused.value.problems == [
        f"grounds.ground: plain {ground['Id']} is used by MadeUp::Test::Named house of this stack, but no tag says "
        f"that it belongs to shop-test; run adopt.yml to take it over"
    ]
    assert cloud.writes == []


def test_it_is_adopted_and_then_as_before(cloud: MadeUpCloud) -> None:
    before = dict(the(cloud, PLAIN.type)["Tags"])
    the(cloud, PLAIN.type)["Tags"].clear()
    adopted = converge(cloud, GROUND, HOUSE, adopt=True)
    assert actions(adopted) == {"Plain ground": "update", "Named house": "none"}
    assert the(cloud, PLAIN.type)["Tags"] == before
    assert not converge(cloud, GROUND, HOUSE).changed


def test_the_name_alone_is_put_back_without_asking(cloud: MadeUpCloud) -> None:
    del the(cloud, PLAIN.type)["Tags"][NAME_TAG]
    mended = converge(cloud, GROUND, HOUSE)
    assert actions(mended) == {"Plain ground": "update", "Named house": "none"}
    assert the(cloud, PLAIN.type)["Tags"][NAME_TAG] == "ground"


def test_what_nobody_lost_costs_no_request(cloud: MadeUpCloud) -> None:
    cloud.requests.clear()
    converge(cloud, GROUND, HOUSE)
    assert cloud.requests == ["list_things"] * 2


def test_something_else_in_its_place_is_not_taken_for_it(cloud: MadeUpCloud) -> None:
    the(cloud, PLAIN.type).update(Tags={}, Shape="square")
    planned = converge(cloud, GROUND, HOUSE, check=True)
    assert actions(planned) == {"Plain ground": "create", "Named house": "update"}


def test_what_the_stack_has_under_another_name_is_not_taken_for_it(cloud: MadeUpCloud) -> None:
    other = Resource(PLAIN.type, "other", GROUND.properties)
    moved = Resource(NAMED.type, "house", {"Name": "house", "Uses": [other.ref("Id")]})
    planned = converge(cloud, GROUND, other, moved, check=True)
    assert actions(planned)["Plain other"] == "create"


def test_of_several_in_one_place_the_one_with_more_users_is_it(cloud: MadeUpCloud) -> None:
    other = Resource(PLAIN.type, "other", GROUND.properties)
    garden = Resource(NAMED.type, "garden", {"Name": "garden", "Uses": [other.ref("Id")]})
    both = Resource(NAMED.type, "house", {"Name": "house", "Uses": [GROUND.ref("Id"), other.ref("Id")]})
    converge(cloud, GROUND, other, garden, both)
    before = {number: dict(thing["Tags"]) for number, thing in cloud.things.items()}
    for thing in cloud.things.values():
        if thing["Kind"] == PLAIN.type:
            thing["Tags"].clear()
    with pytest.raises(PlanError) as refused:
        converge(cloud, GROUND, other, garden, both)
    assert "give that one the tags stackwright:stack=shop-test and stackwright:name=ground" in str(refused.value)
    assert "plain plain-3 is used by MadeUp::Test::Named garden" in str(refused.value)
    cloud.things["plain-1"]["Tags"].update(before["plain-1"])
    converge(cloud, GROUND, other, garden, both, adopt=True)
    assert {number: thing["Tags"] for number, thing in cloud.things.items()} == before


def test_only_what_stands_where_a_resource_is_referred_to_is_asked_for() -> None:
    """Beside it may stand anything, and nothing: asked for an identifier that is none, a service answers an error."""
    lists: list[tuple[str, ...]] = []

    def listing(scope: Scope) -> list[Item]:
        lists.append(scope.ids)
        return list(PLAIN.list(scope))

    ground = replace(PLAIN, list=listing)
    registry = Registry((ground, NAMED))
    cloud = MadeUpCloud()
    house = Resource(
        NAMED.type, "house", {"Name": "house", "Mode": {"On": GROUND.ref("Id"), "Kept": "well", "By": "x"}}
    )
    converge(cloud, GROUND, house, registry=registry)
    the(cloud, PLAIN.type)["Tags"].clear()
    for mode, asked in (({"On": "plain-1", "Kept": "well"}, [(), ("plain-1",)]), ({"On": "", "Kept": "well"}, [()])):
        the(cloud, NAMED.type)["Mode"] = mode
        lists.clear()
        with suppress(PlanError):
            converge(cloud, GROUND, house, registry=registry, check=True)
        assert lists == asked


def test_what_nothing_of_the_stack_uses_cannot_be_recognised(cloud: MadeUpCloud) -> None:
    the(cloud, PLAIN.type)["Tags"].clear()
    the(cloud, NAMED.type)["Tags"].clear()
    planned = converge(cloud, GROUND, check=True, lease=FreeLease())
    assert actions(planned) == {"Plain ground": "create"}
