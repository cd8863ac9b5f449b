"""What is not described any more: what prune deletes, and what it keeps because of what."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

import pytest

from ansible_collections.stackwright.aws.plugins.module_utils.engine.converge import Convergence, ConvergeOptions
from ansible_collections.stackwright.aws.plugins.module_utils.engine.document import Document, Resource
from ansible_collections.stackwright.aws.plugins.module_utils.engine.kind import Property
from ansible_collections.stackwright.aws.plugins.module_utils.engine.plan import PlanOptions
from ansible_collections.stackwright.aws.plugins.module_utils.engine.registry import Registry
from ansible_collections.stackwright.aws.plugins.module_utils.engine.waiting import WaitOptions
from tests.unit.engine.made_up import DATA, NAMED, PLAIN, FreeLease, MadeUpCloud, made_up_kind

#: Carries no tags, uses what it hangs on (so that the whole cannot go before it), and what others made.
PART = made_up_kind(
    "Part",
    key=("Name",),
    requires=(NAMED.type, PLAIN.type, DATA.type),
    part_of="Whole",
    tags=None,
    tag=None,
    untag=None,
    properties={**NAMED.properties, "Whole": Property(immutable=True)},
)
REGISTRY = Registry((NAMED, PLAIN, DATA, PART))

GROUP = Resource(NAMED.type, "group", {"Name": "group"})
DATABASE = Resource(DATA.type, "database", {"Name": "database", "Uses": [GROUP.ref("Id")]})
OTHER = Resource(NAMED.type, "other", {"Name": "other"})


def part(name: str, whole: Resource, *uses: Resource) -> Resource:
    used = [one.ref("Id") for one in (whole, *uses)]
    return Resource(PART.type, name, {"Name": name, "Whole": whole.ref("Id"), "Uses": used})


def converge(
    cloud: MadeUpCloud,
    *resources: Resource,
    registry: Registry = REGISTRY,
    lease: FreeLease | None = None,
    check: bool = False,
    **plan: Any,
) -> Any:
    waiting = WaitOptions(poll_interval=0.001)
    options = ConvergeOptions(check=check, plan=PlanOptions(**plan), waiting=waiting, threads=4)
    return Convergence(cloud, registry, lease or FreeLease(), options=options).run(
        Document("shop-test", cloud.region, resources)
    )


def names(cloud: MadeUpCloud) -> set[str]:
    return {thing["Name"] for thing in cloud.things.values() if thing.get("Name")}


def what_is_said_of(name: str, outcome: Any) -> str:
    (said,) = [note for note in outcome.plan.notes if f"({name})" in note]
    return str(said)


@pytest.fixture
def cloud() -> MadeUpCloud:
    return MadeUpCloud()


def test_what_holds_data_keeps_what_it_uses(cloud: MadeUpCloud) -> None:
    converge(cloud, GROUP, DATABASE, OTHER)
    outcome = converge(cloud, OTHER, prune=True)
    assert names(cloud) == {"group", "database", "other"}
    assert not outcome.changed
    assert "is kept, since it holds data; prune with release_protection" in what_is_said_of("database", outcome)
    assert re.search(r"is kept, since data data-\d uses it; prune with release", what_is_said_of("group", outcome))
    converge(cloud, OTHER, prune=True, release_protection=True)
    assert names(cloud) == {"other"}


def test_a_name_is_a_use_as_well_as_an_identifier_or_an_arn(cloud: MadeUpCloud) -> None:
    for attribute in ("Name", "Arn"):
        by_word = Resource(DATA.type, "database", {"Name": f"by-{attribute}", "Mode": GROUP.ref(attribute)})
        arn = {"Arn": replace(NAMED.attributes["Arn"], path=lambda item: f"arn:{item['Name']}")}
        named = replace(NAMED, attributes={**NAMED.attributes, **arn})
        other = MadeUpCloud()
        converge(other, GROUP, by_word, OTHER, registry=Registry((named, PLAIN, DATA)))
        converge(other, OTHER, registry=Registry((named, PLAIN, DATA)), prune=True)
        assert names(other) == {"group", f"by-{attribute}", "other"}


def test_what_is_protected_keeps_its_parts_and_what_they_use(cloud: MadeUpCloud) -> None:
    whole = Resource(PLAIN.type, "whole", {"Size": 1}, protect=True)
    converge(cloud, GROUP, whole, part("listener", whole, GROUP), OTHER)
    outcome = converge(cloud, OTHER, prune=True)
    assert names(cloud) == {"group", "listener", "other"}
    assert "since it is protected" in what_is_said_of("whole", outcome)
    assert re.search(r"since part part-\d uses it", what_is_said_of("group", outcome))


def test_what_is_deleted_takes_its_parts_along_whoever_made_them(cloud: MadeUpCloud) -> None:
    zone = Resource(PLAIN.type, "zone", {"Size": 1})
    record = part("record", zone)
    converge(cloud, zone, record, OTHER)
    (identifier,) = [number for number, thing in cloud.things.items() if thing["Kind"] == PLAIN.type]
    cloud.create_thing(PART.type, {"Name": "stray", "Whole": identifier, "Uses": [identifier]}, {})
    outcome = converge(cloud, OTHER, prune=True)
    assert names(cloud) == {"other"} and len(cloud.things) == 1
    reasons = {change.name: change.reason for change in outcome.plan.effective}
    assert reasons["zone"] == "is no longer described"
    assert set(reasons.values()) == {"is no longer described", f"plain {identifier} goes"}


def test_the_destruction_of_a_stack_takes_parts_along_of_what_nobody_described_any_more(cloud: MadeUpCloud) -> None:
    zone = Resource(PLAIN.type, "zone", {"Size": 1})
    converge(cloud, zone, part("record", zone), OTHER)
    converge(cloud, OTHER, destroy=True)
    assert cloud.things == {}


@pytest.mark.parametrize("check", [False, True])
def test_without_prune_it_is_told_what_prune_would_do(cloud: MadeUpCloud, check: bool) -> None:
    """Of kinds too that are not described any more: the ledger knows them."""
    lease = FreeLease()
    converge(cloud, GROUP, DATABASE, Resource(PLAIN.type, "spare", {"Size": 1}), OTHER, lease=lease)
    outcome = converge(cloud, OTHER, lease=lease, check=check)
    assert "; prune deletes it" in what_is_said_of("spare", outcome)
    assert "prune with release_protection deletes it" in what_is_said_of("group", outcome)
    assert not outcome.changed


def test_where_nothing_is_left_nobody_looks_any_more(cloud: MadeUpCloud) -> None:
    lease = FreeLease()
    converge(cloud, DATABASE, GROUP, OTHER, lease=lease)
    converge(cloud, OTHER, lease=lease, prune=True, release_protection=True)
    assert lease.places == {(NAMED.type, cloud.region)}
    converge(cloud, OTHER, lease=lease, destroy=True)
    assert lease.places == frozenset()


def test_a_region_that_is_no_longer_described_is_not_forgotten() -> None:
    class Cloud(MadeUpCloud):
        """Knows one region from the other."""

        def call(self, service: str, operation: str, params: dict[str, Any], *, region: str = "", **more: Any) -> Any:
            answer = super().call(service, operation, params, region=region, **more)
            if operation == "create_thing":
                self.things[answer["Thing"]["Id"]]["Region"] = region
            elif operation == "list_things":
                things = [one for one in answer["Things"] if self.things[one["Id"]]["Region"] == region]
                answer = {"Things": things}
            return answer

    cloud, lease = Cloud(), FreeLease()
    copy = Resource(NAMED.type, "copy", {"Name": "copy"}, region="elsewhere-1")
    converge(cloud, OTHER, copy, lease=lease)
    assert "; prune deletes it" in what_is_said_of("copy", converge(cloud, OTHER, lease=lease))
    converge(cloud, OTHER, lease=lease, destroy=True)
    assert cloud.things == {}


def test_what_holds_places_of_kinds_that_nobody_knows_any_more_is_passed_over(cloud: MadeUpCloud) -> None:
    lease = FreeLease()
    lease.places = frozenset({("MadeUp::Test::Old", cloud.region)})
    assert converge(cloud, OTHER, lease=lease).changed
