"""Changes that the cloud would not make, and parts of ours on something that is not ours."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

import pytest

from ansible_collections.stackwright.aws.plugins.module_utils.engine.converge import Convergence, ConvergeOptions
from ansible_collections.stackwright.aws.plugins.module_utils.engine.diff import differs
from ansible_collections.stackwright.aws.plugins.module_utils.engine.document import Document, Resource
from ansible_collections.stackwright.aws.plugins.module_utils.engine.errors import ApplyError, PlanError
from ansible_collections.stackwright.aws.plugins.module_utils.engine.kind import (
    Item,
    Neighbours,
    Observed,
    Property,
    Scope,
)
from ansible_collections.stackwright.aws.plugins.module_utils.engine.nodes import Nodes
from ansible_collections.stackwright.aws.plugins.module_utils.engine.plan import Action, PlanOptions
from ansible_collections.stackwright.aws.plugins.module_utils.engine.registry import Registry
from ansible_collections.stackwright.aws.plugins.module_utils.engine.waiting import WaitOptions
from tests.unit.engine.made_up import NAMED, PLAIN, STATES, FreeLease, MadeUpCloud, made_up_kind


def _refuse(now: Any, wanted: Any) -> str:
    return f"{now} cannot shrink to {wanted}" if wanted < now else ""


GROWING = replace(NAMED, properties={**NAMED.properties, "Size": Property(refuse=_refuse)})
WHOLE = replace(PLAIN, requires=())
PART = replace(
    NAMED,
    requires=(WHOLE.type,),
    part_of="Whole",
    properties={**NAMED.properties, "Whole": Property(immutable=True)},
)


def converge(cloud: MadeUpCloud, registry: Registry, *resources: Resource, **plan: Any) -> Any:
    options = ConvergeOptions(plan=PlanOptions(**plan), waiting=WaitOptions(poll_interval=0.001), threads=4)
    return Convergence(cloud, registry, FreeLease(), options=options).run(
        Document("shop-test", cloud.region, resources)
    )


def thing(**properties: Any) -> Resource:
    return Resource(NAMED.type, "it", {"Name": "it", **properties}, path="things.it")


def test_a_change_that_the_cloud_would_not_make_is_refused_before_anything_is_sent() -> None:
    cloud, registry = MadeUpCloud(), Registry([GROWING])
    converge(cloud, registry, thing(Size=2))
    cloud.requests.clear()
    with pytest.raises(PlanError, match=r"things\.it: .*: 2 cannot shrink to 1"):
        converge(cloud, registry, thing(Size=1))
    assert cloud.writes == []
    assert converge(cloud, registry, thing(Size=3)).changed


def test_what_is_made_anew_may_be_anything() -> None:
    cloud, registry = MadeUpCloud(), Registry([GROWING])
    converge(cloud, registry, thing(Size=2, Shape="round"))
    assert converge(cloud, registry, thing(Size=1, Shape="square")).plan.changes[0].action is Action.REPLACE
    (standing,) = cloud.things.values()
    assert standing["Size"] == 1


def test_a_kind_refuses_a_change_for_the_sake_of_what_stands_around() -> None:
    def refuse(desired: Mapping[str, Any], found: Observed, neighbours: Neighbours) -> Iterable[str]:
        if desired["Size"] < found.properties["Size"]:
            for observed, address in neighbours.found(PLAIN.type):
                yield f"is full of {observed.properties['Mode']}, which is {address}; used by {neighbours.users[0]}"

    cloud, registry = MadeUpCloud(), Registry([replace(NAMED, refuse_for_others=refuse), PLAIN])
    user = Resource(PLAIN.type, "user", {"Mode": "water", "Uses": [thing().ref("Id")]})
    converge(cloud, registry, thing(Size=2), user)
    cloud.requests.clear()
    with pytest.raises(PlanError, match=r"things\.it: .* is full of water, which is (\S+ user); used by \1"):
        converge(cloud, registry, thing(Size=1), user)
    assert cloud.writes == []
    converge(cloud, registry, thing(Size=3), user)


def test_a_part_that_others_rely_on_goes_once_everything_else_is_made() -> None:
    cloud = MadeUpCloud()
    registry = Registry([replace(PART, relied_on=True), replace(WHOLE, states=replace(STATES, timeout=1))])
    whole, user = Resource(WHOLE.type, "whole", {"Size": 1}), Resource(WHOLE.type, "user", {"Uses": []})
    converge(cloud, registry, whole, user, thing(Whole=whole.ref("Id")))
    with pytest.raises(ApplyError, match="NoSuchUse"):
        converge(cloud, registry, whole, replace(user, properties={"Uses": ["nowhere"]}))
    assert any(one.get("Name") == "it" for one in cloud.things.values())
    # What is unchanged and not well, nothing waits for.
    (unwell,) = [thing for thing in cloud.things.values() if thing["Kind"] == WHOLE.type and thing.get("Uses") == []]
    unwell["Busy"] = 10**6
    with pytest.raises(ApplyError):
        converge(cloud, registry, whole, user)
    assert not any(one.get("Name") == "it" for one in cloud.things.values())


TAKING = replace(NAMED, properties={**NAMED.properties, "Size": Property(unstated=None)})


def test_what_is_no_longer_stated_is_taken_away() -> None:
    cloud, registry = MadeUpCloud(), Registry([TAKING])
    converge(cloud, registry, thing(Size=2))
    planned = converge(cloud, registry, thing()).plan.effective
    assert [(change.action.value, change.before, change.after) for change in planned] == [
        ("update", {"Size": 2}, {"Size": None})
    ]
    assert not converge(cloud, registry, thing()).changed


def test_a_new_resource_is_not_told_what_it_has_none_of() -> None:
    cloud, registry = MadeUpCloud(), Registry([TAKING])
    made = converge(cloud, registry, thing()).plan.effective
    assert [change.after for change in made] == [{"Name": "it"}]


def test_what_a_kind_says_nothing_about_is_left_alone() -> None:
    cloud, registry = MadeUpCloud(), Registry([NAMED])
    converge(cloud, registry, thing(Size=2))
    assert not converge(cloud, registry, thing()).changed


@pytest.mark.parametrize(
    ("stated", "there", "is_different"), [({}, {"a": 1}, True), ({}, {}, False), ({}, None, False)]
)
def test_an_object_that_is_stated_empty_is_nothing(stated: Any, there: Any, is_different: bool) -> None:
    assert differs(Property(), stated, there) is is_different


def test_who_uses_a_part_lets_go_of_it_before_it_goes() -> None:
    using = replace(
        NAMED,
        type="MadeUp::Test::Using",
        requires=(PART.type,),
        properties={**NAMED.properties, "Partner": Property(unstated=None)},
        updates=tuple(replace(update, properties=(*update.properties, "Partner")) for update in NAMED.updates),
    )
    cloud, registry = MadeUpCloud(), Registry([PART, WHOLE, using])
    whole = Resource(WHOLE.type, "whole", {})
    part = Resource(PART.type, "part", {"Name": "part", "Whole": whole.ref("Id")})
    user = Resource(using.type, "user", {"Name": "user", "Partner": part.ref("Id")})
    converge(cloud, registry, whole, part, user)
    left = [whole, replace(user, properties={"Name": "user"})]
    plan = converge(cloud, registry, *left).plan
    nodes = Nodes(Document("shop-test", cloud.region, left), registry, plan)
    assert [str(node) for node in nodes.removals] == [f"remove {part.address}"]
    assert nodes.removals[0].after == {nodes.makes[user.address]}


def test_a_part_of_ours_on_something_unknown_goes_when_asked() -> None:
    cloud, registry = MadeUpCloud(), Registry([PART, WHOLE])
    whole = cloud.create_thing("MadeUp::Test::Else", {}, {})["Thing"]["Id"]
    converge(cloud, registry, thing(Whole=whole))
    other = Resource(NAMED.type, "other", {"Name": "other", "Size": 1})
    left = converge(cloud, registry, other)
    assert [note for note in left.plan.notes if "(it) is no longer described" in note]
    assert {one["Name"] for one in cloud.things.values() if "Name" in one} == {"it", "other"}
    converge(cloud, registry, other, prune=True)
    assert {one["Name"] for one in cloud.things.values() if "Name" in one} == {"other"}


def test_a_part_of_a_whole_of_ours_goes_with_the_next_run() -> None:
    cloud, registry = MadeUpCloud(), Registry([PART, WHOLE])
    whole = Resource(WHOLE.type, "whole", {"Size": 1})
    converge(cloud, registry, whole, thing(Whole=whole.ref("Id")))
    converge(cloud, registry, whole)
    assert not any(one.get("Name") == "it" for one in cloud.things.values())


def test_the_parts_of_a_part_are_seen_although_its_tags_are_gone() -> None:
    """A listener that lost its tags still has its rules: to make them a second time is refused."""

    def listing(scope: Scope) -> list[Item]:
        wholes = {observed.id for observed in scope.observed(PART.type)}
        found = scope.pages("made_up", "list_things", "Things", Kind=rule.type)
        return [one for one in found if one["Whole"] in wholes]

    part = replace(PART, key=("Whole", "Mode"))
    rule = made_up_kind(
        "Rule",
        properties=part.properties,
        part_of="Whole",
        key=("Whole", "Name"),
        requires=(PART.type,),
        tags=None,
        list=listing,
    )
    cloud, registry = MadeUpCloud(), Registry([part, WHOLE, rule])
    whole = Resource(WHOLE.type, "whole", {"Size": 1})
    its = thing(Whole=whole.ref("Id"), Mode="a")
    of_it = Resource(rule.type, "rule", {"Whole": its.ref("Id"), "Name": "first"})
    converge(cloud, registry, whole, its, of_it)
    (found,) = (one for one in cloud.things.values() if one["Kind"] == PART.type)
    found["Tags"].clear()
    mended = converge(cloud, registry, whole, its, of_it)
    assert {change.address: change.action.value for change in mended.plan.effective} == {its.address: "update"}


@pytest.mark.parametrize("prune", [False, True])
def test_a_part_that_completes_a_described_one_stays(prune: bool) -> None:
    def is_counterpart(part: Mapping[str, Any], described: Iterable[Mapping[str, Any]]) -> bool:
        return any(one["Mode"] != part["Mode"] for one in described)

    cloud, registry = MadeUpCloud(), Registry([replace(PART, tags=None, completes=is_counterpart), WHOLE])
    whole = Resource(WHOLE.type, "whole", {"Size": 1})
    ours = thing(Whole=whole.ref("Id"), Mode="primary")
    converge(cloud, registry, whole, ours)
    (identifier,) = [number for number, one in cloud.things.items() if one["Kind"] == WHOLE.type]
    for name, mode in (("theirs", "secondary"), ("drift", "primary")):
        cloud.create_thing(PART.type, {"Whole": identifier, "Mode": mode, "Name": name}, {})
    converge(cloud, registry, whole, ours, prune=prune)
    assert {one["Name"] for one in cloud.things.values() if "Name" in one} == {"it", "theirs"}
    converge(cloud, registry, whole, ours, destroy=True)
    assert cloud.things == {}


def test_what_suffices_is_not_changed_and_what_does_not_is() -> None:
    def is_within(stated: Any, current: Any) -> bool:
        return set(current) <= {one for one in stated if isinstance(one, str)}

    enough = Property(immutable=True, unordered=True, enough=is_within)
    cloud, registry = MadeUpCloud(), Registry([replace(PLAIN, properties={**PLAIN.properties, "Uses": enough}), NAMED])
    first, second = thing(), Resource(NAMED.type, "more", {"Name": "more"})

    def user(*used: Resource) -> Resource:
        return Resource(PLAIN.type, "user", {"Uses": [one.ref("Id") for one in used]})

    converge(cloud, registry, first, user(first))
    # The identifier of what is made in the same run is not known in the plan.
    grown = converge(cloud, registry, first, second, user(first, second))
    assert [change.name for change in grown.plan.effective] == ["more"]
    left = converge(cloud, registry, first, second, user(second))
    assert [(change.name, change.action.value) for change in left.plan.effective] == [("user", "replace")]


def test_what_goes_with_something_replaced_is_made_again_in_the_same_run() -> None:
    whole = replace(WHOLE, key=("Name",))
    part = replace(PART, part_of="", requires=(whole.type,), tags=None)
    cloud, registry = MadeUpCloud(), Registry([part, whole])

    def described(shape: str) -> list[Resource]:
        base = Resource(whole.type, "whole", {"Name": "whole", "Shape": shape})
        # By its name, which the new one has too; the part goes with the old one all the same.
        return [base, Resource(part.type, "it", {"Name": "it", "Mode": base.ref("Name")})]

    converge(cloud, registry, *described("round"))
    outcome = converge(cloud, registry, *described("square"))
    assert [(change.name, change.action.value) for change in outcome.plan.effective] == [
        ("whole", "replace"),
        ("it", "replace"),
    ]
    assert [change.reason for change in outcome.plan.effective][1].startswith("it goes with MadeUp::Test::Plain whole")
    assert {one["Name"] for one in cloud.things.values()} == {"it", "whole"}
    assert not converge(cloud, registry, *described("square")).changed
