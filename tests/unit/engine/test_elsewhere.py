"""What a document refers to in other stacks: found by its tags, waited for, never changed."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import pytest

from ansible_collections.stackwright.aws.plugins.module_utils.engine import work
from ansible_collections.stackwright.aws.plugins.module_utils.engine.converge import Convergence, ConvergeOptions
from ansible_collections.stackwright.aws.plugins.module_utils.engine.document import Document, Resource
from ansible_collections.stackwright.aws.plugins.module_utils.engine.errors import ApplyError, DocumentError
from ansible_collections.stackwright.aws.plugins.module_utils.engine.kind import Item, Scope
from ansible_collections.stackwright.aws.plugins.module_utils.engine.plan import PlanOptions
from ansible_collections.stackwright.aws.plugins.module_utils.engine.registry import Registry
from ansible_collections.stackwright.aws.plugins.module_utils.engine.values import Address, Ref
from ansible_collections.stackwright.aws.plugins.module_utils.engine.waiting import WaitOptions
from tests.unit.engine.made_up import DATA, NAMED, PLAIN, REGISTRY, FreeLease, MadeUpCloud, made_up_kind

FAST = WaitOptions(poll_interval=0.001, max_interval=0.01)
PRIMARY = Resource(NAMED.type, "database", {"Name": "primary", "Size": 1})
THEIRS = Address(NAMED.type, "database", "shop-prod")
FOLLOWER = Resource(PLAIN.type, "follower", {"Size": 1, "Uses": [Ref(THEIRS, "Id")]})


@pytest.fixture
def cloud() -> MadeUpCloud:
    return MadeUpCloud()


def prod(cloud: MadeUpCloud, *resources: Resource) -> Document:
    return Document("shop-prod", cloud.region, resources or [PRIMARY])


def standby(cloud: MadeUpCloud, *resources: Resource) -> Document:
    return Document("shop-dr", cloud.region, resources or [FOLLOWER], [prod(cloud)])


def converge(
    cloud: MadeUpCloud, document: Document, running: Callable[[str, str], bool] = lambda *_of: True, **options: Any
) -> Any:
    plan = PlanOptions(**{name: options.pop(name) for name in list(options) if hasattr(PlanOptions, name)})
    choices = ConvergeOptions(plan=plan, waiting=FAST, threads=4, **options)
    return Convergence(cloud, REGISTRY, FreeLease(), options=choices, is_converging=running).run(document)


def test_what_exists_is_used_and_is_no_part_of_the_plan(cloud: MadeUpCloud) -> None:
    converge(cloud, prod(cloud))
    (theirs,) = cloud.things
    outcome = converge(cloud, standby(cloud))
    assert [(change.name, change.action.value) for change in outcome.plan.changes] == [("follower", "create")]
    assert outcome.plan.changes[0].after["Uses"] == [theirs]
    assert {thing["Tags"]["stackwright:stack"] for thing in cloud.things.values()} == {"shop-prod", "shop-dr"}


def test_a_second_run_changes_nothing(cloud: MadeUpCloud) -> None:
    converge(cloud, prod(cloud))
    converge(cloud, standby(cloud))
    cloud.requests.clear()
    assert not converge(cloud, standby(cloud)).changed
    assert cloud.writes == []


def test_what_does_not_exist_yet_is_known_after_apply_and_said(cloud: MadeUpCloud) -> None:
    planned = converge(cloud, standby(cloud), check=True)
    assert planned.plan.changes[0].unknown == ("Uses[0]",)
    assert planned.plan.notes == (f"waits for {THEIRS}, which does not exist yet",)
    assert cloud.writes == []


def test_what_follows_from_what_the_other_stack_states_is_known_at_once(cloud: MadeUpCloud) -> None:
    named = Resource(PLAIN.type, "follower", {"Mode": Ref(THEIRS, "Arn"), "Size": 1})
    planned = converge(cloud, standby(cloud, named), check=True)
    assert planned.plan.changes[0].after["Mode"] == "arn:primary"


def test_both_at_once_end_as_one_after_the_other_would(cloud: MadeUpCloud) -> None:
    cloud.busy_looks = 3
    failures: list[BaseException] = []

    def run(document: Document) -> None:
        try:
            converge(cloud, document)
        except BaseException as error:
            failures.append(error)

    threads = [threading.Thread(target=run, args=(document,)) for document in (standby(cloud), prod(cloud))]
    threads[0].start()
    threads[1].start()
    for thread in threads:
        thread.join(timeout=20)
    assert failures == []
    ids = {thing["Tags"]["stackwright:name"]: thing for thing in cloud.things.values()}
    assert ids["follower"]["Uses"] == [ids["database"]["Id"]]


def test_what_hangs_on_it_is_looked_for_there(cloud: MadeUpCloud) -> None:
    """As records in a zone of another stack, which are listed by the zone and carry no tags."""

    def of_what_is_used(scope: Scope) -> list[Item]:
        used = {use for wanted in scope.wanted for use in wanted["Uses"] if isinstance(use, str)}
        found = scope.pages("made_up", "list_things", "Things", Kind="MadeUp::Test::Record")
        return [thing for thing in found if thing["Id"] in scope.ids or used & set(thing["Uses"])]

    record = made_up_kind("Record", list=of_what_is_used, key=("Name",), tags=None, requires=(NAMED.type,))
    document = standby(cloud, Resource(record.type, "www", {"Name": "www", "Uses": [Ref(THEIRS, "Id")]}))
    converge(cloud, prod(cloud))
    for expected in (True, False):
        run = Convergence(cloud, Registry((NAMED, record)), FreeLease(), options=ConvergeOptions(waiting=FAST))
        assert run.run(document).changed is expected


def test_it_is_used_only_once_it_is_ready(cloud: MadeUpCloud) -> None:
    cloud.busy_looks = 4
    cloud.create_thing(
        NAMED.type, {"Name": "primary"}, {"stackwright:stack": "shop-prod", "stackwright:name": "database"}
    )
    (theirs,) = cloud.things
    cloud.busy_looks = 0
    follower = Resource(PLAIN.type, "follower", {"Size": 1}, depends_on=(THEIRS,))
    seen: list[str] = []

    def look(when: str, operation: str, _params: dict[str, Any]) -> None:
        if when == "sent" and operation == "create_thing":
            seen.append("busy" if cloud.things[theirs]["Busy"] else "ready")

    cloud.hook = look
    converge(cloud, standby(cloud, follower))
    assert seen == ["ready"]


def test_nobody_making_it_ends_the_wait(cloud: MadeUpCloud, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(work, "_OTHER_SECONDS", 0.02)
    with pytest.raises(ApplyError) as failure:
        converge(cloud, standby(cloud), running=lambda stack, region: False)
    message = str(failure.value)
    assert "named database of the stack shop-prod does not exist" in message
    assert "converge shop-prod first, or both in one run" in message
    assert list(failure.value.report.skipped) == [f"make {FOLLOWER.address}"]


def test_a_run_that_is_under_way_is_waited_for(cloud: MadeUpCloud, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(work, "_OTHER_SECONDS", 0.0)
    asked: list[tuple[str, str]] = []

    def running(stack: str, region: str) -> bool:
        asked.append((stack, region))
        if len(asked) == 3:
            converge(cloud, prod(cloud))
        return True

    converge(cloud, standby(cloud), running)
    assert set(asked) == {("shop-prod", cloud.region)}
    assert len(cloud.things) == 2


def test_destroying_and_pruning_leave_it_alone(cloud: MadeUpCloud) -> None:
    converge(cloud, prod(cloud))
    converge(cloud, standby(cloud))
    (theirs,) = [number for number, thing in cloud.things.items() if thing["Kind"] == NAMED.type]
    converge(cloud, standby(cloud, Resource(DATA.type, "other", {"Name": "x"})), prune=True)
    assert theirs in cloud.things
    converge(cloud, standby(cloud), destroy=True, release_protection=True)
    assert list(cloud.things) == [theirs]


def test_a_reference_to_what_the_other_stack_does_not_make_is_a_mistake(cloud: MadeUpCloud) -> None:
    strange = Resource(PLAIN.type, "follower", {"Uses": [Ref(THEIRS._replace(name="cache"), "Id")]})
    with pytest.raises(DocumentError, match="cache of shop-prod, which nothing in that stack"):
        Document("shop-dr", cloud.region, [strange], [prod(cloud)])
