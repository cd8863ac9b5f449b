"""Runs that are about a part of a stack."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.stackwright.aws.plugins.module_utils.engine.converge import Convergence, ConvergeOptions
from ansible_collections.stackwright.aws.plugins.module_utils.engine.document import Document, Resource
from ansible_collections.stackwright.aws.plugins.module_utils.engine.errors import PlanError
from ansible_collections.stackwright.aws.plugins.module_utils.engine.focus import Focus
from ansible_collections.stackwright.aws.plugins.module_utils.engine.plan import PlanOptions
from ansible_collections.stackwright.aws.plugins.module_utils.engine.waiting import WaitOptions
from tests.unit.engine.made_up import DATA, NAMED, PLAIN, REGISTRY, FreeLease, MadeUpCloud

KINDS = frozenset({NAMED.type, PLAIN.type, DATA.type})

BASE = Resource(NAMED.type, "base", {"Name": "base", "Size": 1}, path="bases.base")
OTHER = Resource(NAMED.type, "other", {"Name": "other", "Size": 1}, path="bases.other")
USER = Resource(PLAIN.type, "user", {"Size": 1, "Uses": [BASE.ref("Id")]}, path="users.user")


def converge(cloud: MadeUpCloud, *resources: Resource, about: Resource | None = None, **options: Any) -> Any:
    """Converge all resources, or just one of them, which once was everything whose name begins with its own."""
    focus = None
    if about is not None:
        name = about.name
        focus = Focus(frozenset({about.address}), lambda _kind, logical: logical.startswith(f"{name}/"), KINDS)
    check = options.pop("check", False)
    choices = ConvergeOptions(
        plan=PlanOptions(focus=focus, **options), waiting=WaitOptions(poll_interval=0.001), threads=4, check=check
    )
    return Convergence(cloud, REGISTRY, FreeLease(), options=choices).run(
        Document("shop-test", cloud.region, resources)
    )


def actions(outcome: Any) -> dict[str, str]:
    return {change.name: change.action.value for change in outcome.plan.changes}


def names(cloud: MadeUpCloud) -> set[str]:
    return {thing["Tags"]["stackwright:name"] for thing in cloud.things.values()}


@pytest.fixture
def cloud() -> MadeUpCloud:
    return MadeUpCloud()


def test_only_the_part_is_made_and_what_it_refers_to_is_looked_at(cloud: MadeUpCloud) -> None:
    converge(cloud, BASE)
    outcome = converge(cloud, BASE, OTHER, USER, about=USER)
    assert actions(outcome) == {"user": "create"}
    assert names(cloud) == {"base", "user"}
    assert next(thing for thing in cloud.things.values() if "Uses" in thing)["Uses"] == ["named-1"]
    assert list(outcome.outputs) == [PLAIN.type]
    assert not converge(cloud, BASE, OTHER, USER, about=USER).changed


def test_what_differs_elsewhere_is_left_as_it_is(cloud: MadeUpCloud) -> None:
    converge(cloud, BASE, USER)
    larger = Resource(NAMED.type, "base", {"Name": "base", "Size": 9})
    assert not converge(cloud, larger, USER, about=USER).changed
    assert cloud.things["named-1"]["Size"] == 1


def test_what_is_referred_to_has_to_exist_and_a_check_says_so(cloud: MadeUpCloud) -> None:
    with pytest.raises(PlanError, match=r"bases\.base: .*does not exist; converge it first"):
        converge(cloud, BASE, USER, about=USER)
    assert cloud.writes == []
    planned = converge(cloud, BASE, USER, about=USER, check=True)
    assert actions(planned) == {"user": "create"} and planned.plan.changes[0].unknown == ("Uses[0]",)
    assert "converge it first" in planned.plan.notes[0]


def test_what_somebody_else_made_can_be_referred_to_by_its_name(cloud: MadeUpCloud) -> None:
    cloud.create_thing(NAMED.type, {"Name": "base"}, {})
    assert actions(converge(cloud, BASE, USER, about=USER)) == {"user": "create"}
    assert cloud.things["named-1"]["Tags"] == {}


def test_another_stacks_thing_is_not_referred_to(cloud: MadeUpCloud) -> None:
    cloud.create_thing(NAMED.type, {"Name": "base"}, {"stackwright:stack": "x", "stackwright:name": "base"})
    with pytest.raises(PlanError, match="belongs to the stack x"):
        converge(cloud, BASE, USER, about=USER)


def test_destroy_deletes_the_part_alone(cloud: MadeUpCloud) -> None:
    former = Resource(NAMED.type, "base/former", {"Name": "former"})
    converge(cloud, BASE, OTHER, former)
    outcome = converge(cloud, BASE, OTHER, about=BASE, destroy=True)
    assert actions(outcome) == {"base": "delete", "base/former": "delete"}
    assert names(cloud) == {"other"}


def test_prune_deletes_what_the_part_described_before(cloud: MadeUpCloud) -> None:
    converge(cloud, BASE, OTHER, USER, Resource(NAMED.type, "base/former", {"Name": "former"}))
    kept = converge(cloud, BASE, about=BASE)
    assert actions(kept) == {"base": "none"} and len(cloud.things) == 4
    pruned = converge(cloud, BASE, about=BASE, prune=True)
    assert actions(pruned) == {"base": "none", "base/former": "delete"}
    assert names(cloud) == {"base", "other", "user"}


def test_requests_are_made_for_what_the_part_needs(cloud: MadeUpCloud) -> None:
    data = Resource(DATA.type, "data", {"Name": "data"})
    converge(cloud, BASE, data)
    cloud.requests.clear()
    converge(cloud, BASE, data, about=BASE)
    assert cloud.requests == ["list_things"]
