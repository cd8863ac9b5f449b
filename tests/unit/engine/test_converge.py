"""A whole convergence on a made-up cloud."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest

from ansible_collections.stackwright.aws.plugins.module_utils.engine.api import ApiError
from ansible_collections.stackwright.aws.plugins.module_utils.engine.converge import Convergence, ConvergeOptions
from ansible_collections.stackwright.aws.plugins.module_utils.engine.document import Document, Resource
from ansible_collections.stackwright.aws.plugins.module_utils.engine.errors import ApplyError, PlanError
from ansible_collections.stackwright.aws.plugins.module_utils.engine.kind import (
    Call,
    Neighbours,
    Observed,
    Property,
    Update,
    Work,
)
from ansible_collections.stackwright.aws.plugins.module_utils.engine.lease import LeaseState
from ansible_collections.stackwright.aws.plugins.module_utils.engine.plan import Action, PlanOptions
from ansible_collections.stackwright.aws.plugins.module_utils.engine.registry import Registry
from ansible_collections.stackwright.aws.plugins.module_utils.engine.values import Sensitive
from ansible_collections.stackwright.aws.plugins.module_utils.engine.waiting import WaitOptions
from tests.unit.engine.made_up import DATA, NAMED, PLAIN, REGISTRY, FreeLease, MadeUpCloud, made_up_kind

FAST = WaitOptions(poll_interval=0.001, max_interval=0.01)


def converge(
    cloud: MadeUpCloud,
    *resources: Resource,
    lease: FreeLease | None = None,
    registry: Registry = REGISTRY,
    **options: Any,
) -> Any:
    plan = PlanOptions(**{name: options.pop(name) for name in list(options) if hasattr(PlanOptions, name)})
    choices = ConvergeOptions(plan=plan, waiting=FAST, threads=4, **options)
    return Convergence(cloud, registry, lease or FreeLease(), options=choices).run(
        Document("shop-test", cloud.region, resources)
    )


def actions(outcome: Any) -> dict[str, str]:
    return {f"{c.kind.rsplit('::', 1)[1]} {c.name}": c.action.value for c in outcome.plan.changes}


def base(**properties: Any) -> Resource:
    return Resource(NAMED.type, "base", {"Name": "base", "Size": 1, **properties})


def user(of: Resource, **properties: Any) -> Resource:
    return Resource(PLAIN.type, "user", {"Size": 1, "Uses": [of.ref("Id")], **properties})


@pytest.fixture
def cloud() -> MadeUpCloud:
    return MadeUpCloud()


def test_builds_then_finds_nothing_to_do(cloud: MadeUpCloud) -> None:
    cloud.busy_looks = 2
    first = converge(cloud, base(), user(base()))
    assert first.changed
    assert actions(first) == {"Named base": "create", "Plain user": "create"}
    assert len(cloud.things) == 2
    cloud.requests.clear()
    lease = FreeLease()
    second = converge(cloud, base(), user(base()), lease=lease)
    assert not second.changed
    assert cloud.writes == []
    assert lease.taken == 0


def test_check_on_an_empty_cloud_is_the_plan_that_is_carried_out(cloud: MadeUpCloud) -> None:
    predicted = converge(cloud, base(), user(base()), check=True)
    assert cloud.writes == [] and cloud.things == {}
    assert predicted.plan.answer() == converge(cloud, base(), user(base())).plan.answer()
    assert predicted.plan.changes[1].unknown == ("Uses[0]",)


def test_changes_just_what_differs(cloud: MadeUpCloud) -> None:
    converge(cloud, base(), user(base()))
    cloud.requests.clear()
    outcome = converge(cloud, base(Size=2), user(base()))
    assert actions(outcome) == {"Named base": "update", "Plain user": "none"}
    assert cloud.writes == ["update_thing"]
    assert outcome.plan.changes[0].before == {"Size": 1} and outcome.plan.changes[0].after == {"Size": 2}


def test_a_replacement_names_what_forces_it_and_takes_its_holders_along(cloud: MadeUpCloud) -> None:
    converge(cloud, base(Shape="round"), user(base()))
    outcome = converge(cloud, base(Shape="square"), user(base()))
    assert actions(outcome) == {"Named base": "replace", "Plain user": "replace"}
    assert outcome.plan.changes[0].reason == "Shape cannot be changed on an existing named"
    assert {thing["Shape"] for thing in cloud.things.values() if "Shape" in thing} == {"square"}
    assert len(cloud.things) == 2
    assert not converge(cloud, base(Shape="square"), user(base())).changed


def test_without_a_shared_name_the_new_one_stands_before_the_old_one_goes(cloud: MadeUpCloud) -> None:
    converge(cloud, base(), user(base(), Shape="round"))
    cloud.requests.clear()
    outcome = converge(cloud, base(), user(base(), Shape="square"))
    assert actions(outcome)["Plain user"] == "replace"
    assert cloud.writes == ["create_thing", "delete_thing"]


def test_replacing_what_holds_data_is_refused_with_the_way_to_do_it(cloud: MadeUpCloud) -> None:
    def data(shape: str) -> Resource:
        return Resource(DATA.type, "main", {"Name": "main", "Shape": shape}, path="databases.main")

    converge(cloud, data("round"))
    with pytest.raises(PlanError, match=r"databases.main: data .* holds data.*another\s+name"):
        converge(cloud, data("square"))
    assert len(cloud.things) == 1


def test_a_foreign_resource_is_refused_or_adopted(cloud: MadeUpCloud) -> None:
    cloud.create_thing(NAMED.type, {"Name": "base", "Size": 1}, {})
    with pytest.raises(PlanError, match=r"no tag says that it belongs.*adopt"):
        converge(cloud, base())
    outcome = converge(cloud, base(), adopt=True)
    assert actions(outcome) == {"Named base": "update"}
    assert not converge(cloud, base()).changed


def test_an_immutable_property_can_refuse_that_anything_is_replaced_for_its_sake(cloud: MadeUpCloud) -> None:
    properties = {
        **NAMED.properties,
        "Shape": Property(immutable=True, refuse=lambda was, to: f"stays {was}, not {to}"),
    }
    registry = Registry((made_up_kind("Shaped", key=("Name",), properties=properties),))
    thing = Resource("MadeUp::Test::Shaped", "main", {"Name": "main", "Shape": "round"}, path="things.main")
    converge(cloud, thing, registry=registry)
    changed = replace(thing, properties={**thing.properties, "Shape": "square"})
    with pytest.raises(PlanError, match=r"things\.main: shaped \S+: stays round, not square"):
        converge(cloud, changed, registry=registry)
    assert cloud.writes == ["create_thing"]


def test_a_kind_is_told_what_becomes_of_those_around_it(cloud: MadeUpCloud) -> None:
    told: dict[str, Any] = {}

    def note(desired: Mapping[str, Any], found: Observed, neighbours: Neighbours) -> list[str]:
        for one, _address in neighbours.found(PLAIN.type):
            becomes = neighbours.becomes(one)
            told[one.name] = becomes and becomes["Size"]
        return []

    registry = Registry((replace(NAMED, refuse_for_others=note), PLAIN))

    def described(size: int, *names: str) -> list[Resource]:
        users = [Resource(PLAIN.type, name, {"Size": size, "Uses": [base().ref("Id")]}) for name in names]
        return [base(), *users]

    converge(cloud, *described(1, "kept", "dropped"), registry=registry)
    converge(cloud, *described(2, "kept"), registry=registry)
    assert told == {"kept": 2, "dropped": 1}
    converge(cloud, *described(2, "kept"), registry=registry, prune=True)
    assert told == {"kept": 2, "dropped": None}


def test_another_stacks_resource_is_never_taken(cloud: MadeUpCloud) -> None:
    cloud.create_thing(NAMED.type, {"Name": "base"}, {"stackwright:stack": "other-prod", "stackwright:name": "base"})
    with pytest.raises(PlanError, match="belongs to the stack other-prod"):
        converge(cloud, base(), adopt=True)


def test_what_is_no_longer_described_goes_only_when_asked(cloud: MadeUpCloud) -> None:
    converge(cloud, base(), user(base()))
    kept = converge(cloud, base())
    assert not kept.changed and len(cloud.things) == 2
    gone = converge(cloud, base(), prune=True)
    assert actions(gone) == {"Named base": "none", "Plain user": "delete"} and len(cloud.things) == 1


def test_destroy_respects_protection(cloud: MadeUpCloud) -> None:
    guarded = Resource(DATA.type, "main", {"Name": "main"}, protect=True)
    converge(cloud, base(), user(base()), guarded)
    with pytest.raises(PlanError, match="release_protection"):
        converge(cloud, base(), user(base()), guarded, destroy=True)
    assert len(cloud.things) == 3
    converge(cloud, base(), user(base()), guarded, destroy=True, release_protection=True)
    assert cloud.things == {}


def test_destroy_tells_what_it_leaves_since_no_tag_says_whose_it_is(cloud: MadeUpCloud) -> None:
    converge(cloud, base(), user(base()))
    (named,) = (thing for thing in cloud.things.values() if thing.get("Name") == "base")
    named["Tags"] = {}
    gone = converge(cloud, base(), user(base()), destroy=True)
    assert actions(gone) == {"Plain user": "delete"}
    (note,) = gone.plan.notes
    assert "no tag says that it belongs to shop-test, so it stays" in note
    assert "stackwright:stack=shop-test and stackwright:name=base" in note


@pytest.mark.parametrize("destroy", [False, True])
def test_a_stack_of_another_region_is_not_taken_apart_from_this_one(cloud: MadeUpCloud, destroy: bool) -> None:
    """What has no region is found from every region; the rest, and the ledger, only from its own."""
    everywhere = made_up_kind("Everywhere", key=("Name",), is_global=True)
    registry = Registry((everywhere, NAMED))
    role = Resource(everywhere.type, "role", {"Name": "role"})
    lease = FreeLease()
    converge(cloud, role, lease=lease, registry=registry)
    cloud.requests.clear()
    with pytest.raises(PlanError, match="it stands in another region") as refused:
        converge(cloud, role, base(), registry=registry, destroy=destroy)
    assert str(refused.value).startswith("region: nowhere-1 has nothing of shop-test")
    assert cloud.writes == []
    assert converge(cloud, role, base(), lease=lease, registry=registry, destroy=destroy).changed


def test_a_lost_ledger_is_made_again_by_adopting(cloud: MadeUpCloud) -> None:
    everywhere = made_up_kind("Everywhere", key=("Name",), is_global=True)
    role = Resource(everywhere.type, "role", {"Name": "role"})
    registry = Registry((everywhere, NAMED))
    converge(cloud, role, registry=registry)
    assert not converge(cloud, role, registry=registry).changed
    assert converge(cloud, role, base(), registry=registry, adopt=True).changed
    assert not converge(cloud, role, base(), registry=registry).changed


def test_a_guard_that_a_killed_deletion_let_go_of_is_not_let_go_of_again(cloud: MadeUpCloud) -> None:
    """Its tag still says that it is protected, and the cloud refuses a change that changes nothing."""
    kind = made_up_kind(
        "Guarded",
        key=("Name",),
        properties={"Name": Property(immutable=True), "Locked": Property(default=False)},
        protection="Locked",
        release=Call("update_thing", lambda w: {"Id": w.id, "Properties": {"Locked": False}}),
    )
    main = Resource(kind.type, "main", {"Name": "main", "Locked": True}, protect=True)
    converge(cloud, main, registry=Registry((kind,)))
    (thing,) = cloud.things.values()
    thing["Locked"] = False
    cloud.requests.clear()
    converge(cloud, main, registry=Registry((kind,)), destroy=True, release_protection=True)
    assert (cloud.writes, cloud.things) == (["delete_thing"], {})


@pytest.mark.parametrize("done", [True, False])
def test_a_deletion_that_was_asked_for_before_is_believed_only_when_it_shows(cloud: MadeUpCloud, done: bool) -> None:
    def lose_the_answer(when: str, operation: str, params: dict[str, Any]) -> None:
        if operation == "delete_thing" and when == ("answered" if done else "sent"):
            raise ApiError("InvalidState", "is being deleted", operation=operation)

    converge(cloud, base())
    cloud.hook = lose_the_answer
    if done:
        converge(cloud, base(), destroy=True)
    else:
        with pytest.raises(ApplyError, match="is being deleted"):
            converge(cloud, base(), destroy=True)
    assert (cloud.things == {}) is done


def test_a_change_whose_answer_was_lost_goes_on_from_what_it_made(cloud: MadeUpCloud) -> None:
    """The cloud refuses a change that names another version than the one that there is."""

    def versioned(work: Work) -> dict[str, Any]:
        changed = {name: work.desired[name] for name in work.changed}
        return {"Id": work.id, "Properties": {**changed, "Version": work.existing.item["Version"] + 1}}

    lost: list[str] = []

    def lose_the_first(when: str, operation: str, params: dict[str, Any]) -> None:
        if operation != "update_thing":
            return
        (thing,) = cloud.things.values()
        if when == "sent" and params["Properties"]["Version"] != thing["Version"] + 1:
            raise ApiError("PreconditionFailed", "another version", operation=operation)
        if when == "answered" and not lost:
            lost.append(operation)
            raise ApiError("PreconditionFailed", "another version", operation=operation, repeated=True)

    kind = made_up_kind("Versioned", key=("Name",), updates=(Update(("Size",), Call("update_thing", versioned)),))
    thing = Resource(kind.type, "main", {"Name": "main", "Size": 1})
    converge(cloud, thing, registry=Registry((kind,)))
    (made,) = cloud.things.values()
    made["Version"] = 1
    cloud.hook = lose_the_first
    converge(cloud, replace(thing, properties={"Name": "main", "Size": 2}), registry=Registry((kind,)))
    assert (lost, made["Size"], made["Version"]) == (["update_thing"], 2, 3)


@pytest.mark.timeout(10)
def test_a_create_whose_answer_was_lost_is_not_waited_for(cloud: MadeUpCloud) -> None:
    """Its repetition is refused in the words in which the cloud says that it is busy."""

    def lose_the_answer(when: str, operation: str, params: dict[str, Any]) -> None:
        if operation == "create_thing" and (when == "answered" or cloud.things):
            raise ApiError("Conflict", "exists", operation=operation, repeated=True)

    create = Call(
        "create_thing",
        lambda w: {"Kind": kind.type, "Properties": dict(w.desired), "Tags": w.tags},
        item="Thing",
        retry_on=frozenset({"Conflict"}),
    )
    kind = made_up_kind("Conflicting", key=("Name",), create=create)
    cloud.hook = lose_the_answer
    converge(cloud, Resource(kind.type, "main", {"Name": "main"}), registry=Registry((kind,)))
    assert cloud.writes == ["create_thing"]


def test_an_error_that_says_it_is_so_already_is_told_by_its_words(cloud: MadeUpCloud) -> None:
    said = {"Size": "Invalid: No changes needed", "Mode": "Invalid: Wrong"}

    def refuse(when: str, operation: str, params: dict[str, Any]) -> None:
        if when == "sent" and operation == "update_thing":
            code, _colon, message = said[next(iter(params["Properties"]))].partition(": ")
            raise ApiError(code, message, operation=operation)

    step = Call(
        "update_thing",
        lambda w: {"Id": w.id, "Properties": {name: w.desired[name] for name in w.changed}},
        ignore=frozenset({"Invalid: No changes"}),
    )
    registry = Registry((made_up_kind("Told", key=("Name",), updates=(Update(("Size", "Mode"), step),)),))
    thing = Resource("MadeUp::Test::Told", "main", {"Name": "main", "Size": 1, "Mode": "a"})
    converge(cloud, thing, registry=registry)
    cloud.hook = refuse
    converge(cloud, replace(thing, properties={**thing.properties, "Size": 2}), registry=registry)
    with pytest.raises(ApplyError, match="Wrong"):
        converge(cloud, replace(thing, properties={**thing.properties, "Mode": "b"}), registry=registry)


def test_one_failed_branch_does_not_stop_the_others(cloud: MadeUpCloud) -> None:
    def refuse(when: str, operation: str, params: dict[str, Any]) -> None:
        if when == "sent" and operation == "create_thing" and params["Properties"].get("Name") == "base":
            raise ApiError("Nope", "not today", operation=operation, request_id="r-1")

    cloud.hook = refuse
    other = Resource(NAMED.type, "other", {"Name": "other"})
    with pytest.raises(ApplyError, match=r"cannot create MadeUp::Test::Named base: Nope: not today.*r-1") as failure:
        converge(cloud, base(), user(base()), other)
    assert failure.value.report.done == ["create MadeUp::Test::Named other"]
    assert "make MadeUp::Test::Plain user" in failure.value.report.skipped


@pytest.mark.timeout(10)
def test_a_run_ends_when_all_that_is_left_is_skipped(cloud: MadeUpCloud) -> None:
    def refuse(when: str, operation: str, params: dict[str, Any]) -> None:
        if when == "sent" and operation == "create_thing":
            raise ApiError("Nope", "not today", operation=operation)

    cloud.hook = refuse
    with pytest.raises(ApplyError) as failure:
        converge(cloud, base(), user(base()))
    assert list(failure.value.report.skipped) == ["make MadeUp::Test::Plain user"]


def test_a_failed_state_ends_the_wait_at_once_with_the_clouds_reason(cloud: MadeUpCloud) -> None:
    def break_it(when: str, operation: str, params: dict[str, Any]) -> None:
        if when == "answered" and operation == "create_thing":
            for thing in cloud.things.values():
                thing.update(State="broken", Why="no capacity")

    cloud.hook = break_it
    cloud.busy_looks = 1
    with pytest.raises(ApplyError, match="is broken: no capacity"):
        converge(cloud, base())


def test_a_lost_answer_makes_no_second_one(cloud: MadeUpCloud) -> None:
    lost = []

    def lose(when: str, operation: str, params: dict[str, Any]) -> None:
        if when == "answered" and operation == "create_thing" and not lost:
            lost.append(operation)
            raise ApiError("ConnectionFailed", "reset", ambiguous=True)

    cloud.hook = lose
    converge(cloud, base(), user(base()))
    assert len(cloud.things) == 2


def test_somebody_else_changing_it_in_between_is_noticed(cloud: MadeUpCloud) -> None:
    converge(cloud, base())

    class Meddler(FreeLease):
        def acquire(self, **options: Any) -> LeaseState:
            next(iter(cloud.things.values()))["Size"] = 7
            return super().acquire(**options)

    with pytest.raises(ApplyError, match="changed since the plan was made"):
        converge(cloud, base(Size=2), lease=Meddler())


def test_duplicates_left_by_a_killed_run_are_healed(cloud: MadeUpCloud) -> None:
    tags = {"stackwright:stack": "shop-test", "stackwright:name": "user"}
    converge(cloud, base(), user(base()))
    cloud.create_thing(PLAIN.type, {"Size": 9}, tags)
    outcome = converge(cloud, base(), user(base()))
    assert [change.action for change in outcome.plan.effective] == [Action.DELETE]
    assert len(cloud.things) == 2


def test_secrets_are_not_in_the_plan(cloud: MadeUpCloud) -> None:
    outcome = converge(cloud, base(Secret="hunter2"))
    assert "hunter2" not in str(outcome.plan.answer())
    assert outcome.plan.changes[0].after["Secret"] == "(sensitive)"


def test_what_is_stated_as_a_secret_is_shown_nowhere(cloud: MadeUpCloud) -> None:
    """Not even as the cloud answers it: where the property itself is none, only the description knows."""

    def described(mode: str, name: str = "hunter2-a", shape: str = "hunter2-b", kind: Any = NAMED) -> Resource:
        secrets = {"Name": Sensitive(name), "Shape": Sensitive(shape), "Mode": {"key": Sensitive(mode), "more": 1}}
        return Resource(kind.type, "base", {"Size": 1, **secrets})

    shown = [converge(cloud, described("hunter2-c"), check=True)]
    shown += [converge(cloud, described(mode)) for mode in ("hunter2-c", "hunter2-c", "hunter2-d")]
    shown += [converge(cloud, described("hunter2-d", shape="hunter2-e"))]
    assert [actions(outcome)["Named base"] for outcome in shown] == ["create", "create", "none", "update", "replace"]
    shown += [converge(cloud, described("hunter2-d", shape="hunter2-e"), destroy=True)]
    assert cloud.things == {}
    for outcome in shown:
        assert "hunter2" not in f"{outcome.plan.answer()} {outcome.outputs}"

    converge(cloud, described("hunter2-c", kind=DATA))
    with pytest.raises(PlanError, match=r"Shape: \(sensitive\) -> \(sensitive\)") as refused:
        converge(cloud, described("hunter2-c", shape="hunter2-e", kind=DATA))
    assert "hunter2" not in str(refused.value)
