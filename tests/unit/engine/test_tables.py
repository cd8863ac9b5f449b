"""The pure parts of the engine, by tables: comparison, values, order, matching, documents."""

from __future__ import annotations

import itertools
from typing import Any

import pytest

from ansible_collections.stackwright.aws.plugins.module_utils.engine.diff import (
    differing_part,
    differs,
    show,
    stated_part,
    tag_changes,
)
from ansible_collections.stackwright.aws.plugins.module_utils.engine.document import (
    NAME_TAG,
    PROTECTED_TAG,
    STACK_TAG,
    Document,
    Resource,
)
from ansible_collections.stackwright.aws.plugins.module_utils.engine.errors import DocumentError
from ansible_collections.stackwright.aws.plugins.module_utils.engine.graph import CycleError, Graph
from ansible_collections.stackwright.aws.plugins.module_utils.engine.kind import (
    Attribute,
    Observed,
    Phase,
    Property,
    make_token,
    read_tags,
)
from ansible_collections.stackwright.aws.plugins.module_utils.engine.match import Matcher
from ansible_collections.stackwright.aws.plugins.module_utils.engine.observe import Observation
from ansible_collections.stackwright.aws.plugins.module_utils.engine.values import (
    PSEUDO,
    Address,
    Compose,
    Ref,
    Sensitive,
    Unknown,
    account_id,
    is_known,
    references,
    render,
    resolve,
    reveal,
    unknown_paths,
)
from tests.unit.engine.made_up import DATA, NAMED, PLAIN, REGISTRY, made_up_kind

# diff

PLAIN_VALUE = Property()


@pytest.mark.parametrize(
    ("desired", "actual", "same"),
    [
        (1, 1, True),
        (1, 2, False),
        (30, "30", True),
        (30, "30.0", True),
        (-5, "-5", True),
        (0.5, "0.5", True),
        ("007", 7, False),
        ("1e3", 1000, False),
        ("0x1f", 31, False),
        ("1.2.3", 1.23, False),
        ("", "-", False),
        (True, "true", True),
        (True, "True", True),
        (True, 1, False),
        (False, 0, False),
        (False, None, True),
        (True, None, False),
        ("a", "A", False),
        # Unset in any of its spellings.
        (None, "", True),
        ([], None, True),
        ({}, None, True),
        ("", [], True),
        (0, None, False),
        # What is not stated inside is left alone; what is, is compared.
        ({"A": 1}, {"A": "1", "B": 2}, True),
        ({"A": 1}, {"B": 2}, False),
        ({"A": None}, {"B": 2}, True),
        ({"A": {"B": [1]}}, {"A": {"B": ["1"], "C": 1}}, True),
        ({"A": 1}, "text", False),
        ("text", {"A": 1}, False),
        # Lists count and order.
        ([1, 2], ["1", "2"], True),
        ([1, 2], [2, 1], False),
        ([1], [1, 1], False),
        ([{"A": 1}], [{"A": 1, "B": 2}], True),
    ],
)
def test_a_stated_value_is_compared_as_services_answer_it(desired: Any, actual: Any, same: bool) -> None:
    assert differs(PLAIN_VALUE, desired, actual) is not same


@pytest.mark.parametrize(
    ("prop", "desired", "actual", "same"),
    [
        (Property(unordered=True), [1, 2, 2], [2, 1, 2], True),
        (Property(unordered=True), [1, 1, 2], [2, 1, 2], False),
        (Property(unordered=True), {"A": [1, 2]}, {"A": [2, 1]}, True),
        (Property(exact=True), {"A": 1}, {"A": 1, "B": 2}, False),
        (Property(exact=True), {"A": 1}, {"A": 1, "B": ""}, True),
        (Property(exact=True), {"A": {"B": 1}}, {"A": {"B": 1, "C": 1}}, False),
        (Property(key="K"), [{"K": "a", "V": 1}], [{"K": "b", "V": 2}, {"K": "a", "V": 1}], True),
        (Property(key="K"), [{"K": "a", "V": 1}], [{"K": "a", "V": 2}], False),
        (Property(key="K"), [{"K": "c"}], [{"K": "a"}], False),
        (Property(key="K", exact=True), [{"K": "a"}], [{"K": "a"}, {"K": "b"}], False),
        (Property(normalise=str.lower), "Mon", "mon", True),
        (Property(normalise=str.lower), "Mon", "tue", False),
        (Property(), Sensitive("a"), "a", True),
        (Property(), Sensitive("a"), "b", False),
        (Property(), Unknown("x"), "a", False),
        (Property(), {"A": [Unknown("x")]}, {"A": ["a"]}, False),
    ],
)
def test_a_property_says_how_it_is_compared(prop: Property, desired: Any, actual: Any, same: bool) -> None:
    assert differs(prop, desired, actual) is not same


def test_only_what_is_stated_is_shown_beside_it() -> None:
    assert stated_part({"A": {"B": 1}}, {"A": {"B": 2, "C": 3}, "D": 4}) == {"A": {"B": 2}}
    assert stated_part({"A": 1}, None) is None
    assert stated_part([1], [1, 2]) == [1, 2]


@pytest.mark.parametrize(
    ("prop", "desired", "actual", "after", "before"),
    [
        (Property(), {"A": 1, "B": {"C": 1}}, {"A": 1, "B": {"C": 2, "D": 3}}, {"B": {"C": 1}}, {"B": {"C": 2}}),
        (Property(), {"A": 1, "B": 2}, {"B": 2}, {"A": 1}, {"A": None}),
        # What goes is shown where a value is compared whole, and nowhere else.
        (Property(exact=True), {"A": 1}, {"A": 1, "B": 2, "C": None}, {}, {"B": 2}),
        (Property(), {"A": 1}, {"A": 2, "B": 2}, {"A": 1}, {"A": 2}),
        # What cannot be told apart is shown whole.
        (Property(), {"A": Unknown("x"), "B": 1}, {"A": 1, "B": 1}, {"A": Unknown("x"), "B": 1}, {"A": 1, "B": 1}),
        (Property(normalise=str), {"A": 1, "B": 1}, {"A": 1, "B": 2}, {"A": 1, "B": 1}, {"A": 1, "B": 2}),
        (Property(), [1], [1, 2], [1], [1, 2]),
        (Property(), {"A": 1}, None, {"A": 1}, None),
    ],
)
def test_only_the_members_that_differ_are_shown(
    prop: Property, desired: Any, actual: Any, after: Any, before: Any
) -> None:
    assert differing_part(prop, desired, actual) == (after, before)


def test_members_are_compared_in_the_form_in_which_the_whole_is() -> None:
    lower = Property(normalise=lambda value: {name: text.lower() for name, text in value.items()})
    assert differing_part(lower, {"A": "X", "B": "y"}, {"A": "x", "B": "z"}) == ({"B": "y"}, {"B": "z"})


def test_a_sensitive_property_is_never_shown_whatever_it_holds() -> None:
    secret = Property(sensitive=True)
    assert show(secret, "hunter2") == show(secret, {"a": "hunter2"}) == show(secret, Unknown("x")) == "(sensitive)"
    assert show(secret, None) is None
    assert show(Property(), Unknown("x")) == "(known after apply)"


@pytest.mark.parametrize(
    ("desired", "actual", "purge", "to_set", "to_remove"),
    [
        ({"a": "1"}, {}, True, {"a": "1"}, ()),
        ({"a": "1"}, {"a": "1"}, True, {}, ()),
        ({"a": "1"}, {"a": "2"}, True, {"a": "1"}, ()),
        ({"a": "1"}, {"a": "1", "c": "3", "b": "2"}, True, {}, ("b", "c")),
        ({"a": "1"}, {"a": "1", "b": "2"}, False, {}, ()),
        ({}, {"aws:cloudformation:stack-name": "theirs"}, True, {}, ()),
    ],
)
def test_tags(
    desired: dict[str, str], actual: dict[str, str], purge: bool, to_set: dict[str, str], to_remove: tuple[str, ...]
) -> None:
    assert tag_changes(desired, actual, purge) == (to_set, to_remove)


# values

HERE = Address("MadeUp::Test::Named", "base")
KNOWN = {"Id": "id-1", "Port": 5432, "Token": Sensitive("s3cret")}


def known(ref: Ref) -> Any:
    return KNOWN.get(ref.attribute, Unknown(str(ref)))


@pytest.mark.parametrize(
    ("value", "resolved"),
    [
        (Ref(HERE, "Id"), "id-1"),
        (Ref(HERE, "Id", transform=str.upper), "ID-1"),
        ({"a": [Ref(HERE, "Port")]}, {"a": [5432]}),
        (Compose("{h}:{p}", {"h": Ref(HERE, "Id"), "p": Ref(HERE, "Port")}), "id-1:5432"),
        (Compose("{{{p}}}", {"p": 1}), "{1}"),
        (("a", "b"), ["a", "b"]),
    ],
)
def test_references_are_replaced_by_what_they_lead_to(value: Any, resolved: Any) -> None:
    assert resolve(value, known) == resolved


def test_what_is_not_known_stays_typed_and_keeps_its_source() -> None:
    unknown = resolve(Ref(HERE, "Nope", transform=str.upper), known)
    assert unknown == Unknown("MadeUp::Test::Named base.Nope")
    composed = resolve(Compose("{t}@{n}", {"t": Ref(HERE, "Token"), "n": Ref(HERE, "Nope")}), known)
    assert isinstance(composed, Unknown) and composed.sensitive
    assert str(composed) == "(sensitive)" and str(unknown) == "(known after apply)"


def test_a_secret_makes_secret_whatever_it_is_part_of() -> None:
    url = resolve(Compose("rediss://:{t}@h", {"t": Ref(HERE, "Token")}), known)
    assert isinstance(url, Sensitive)
    assert reveal(url) == "rediss://:s3cret@h"
    for text in (str(url), repr(url), f"{url}", str(render({"deep": [url]})), repr({"deep": [url]})):
        assert "s3cret" not in text


def test_references_are_found_wherever_they_are() -> None:
    value = {"a": [Compose("{x}", {"x": Ref(HERE, "A")}), Sensitive({"b": Ref(HERE, "B")})], "c": (Ref(HERE, "C"),)}
    assert [ref.attribute for ref in references(value)] == ["A", "B", "C"]


@pytest.mark.parametrize(
    ("value", "paths"),
    [
        (Unknown(), [""]),
        ({"A": Unknown()}, ["A"]),
        ({"A": [1, {"B": Unknown()}]}, ["A[1].B"]),
        ({"A": 1}, []),
    ],
)
def test_unknowns_are_named_by_their_path(value: Any, paths: list[str]) -> None:
    assert list(unknown_paths(value)) == paths
    assert is_known(value) is (not paths)


def test_what_a_plan_shows_of_a_reference_names_its_target() -> None:
    assert render(Compose("{h}:1", {"h": Ref(HERE, "Id")})) == "${MadeUp::Test::Named base.Id}:1"
    assert references(account_id()).__next__().address == PSEUDO


# graph


def test_every_node_comes_after_what_it_needs_whatever_the_input_order() -> None:
    needs = {"d": ["b", "c"], "b": ["a"], "c": ["a"], "a": [], "e": ["outside"]}
    orders = {tuple(Graph(dict(order)).ordered()) for order in itertools.permutations(needs.items())}
    assert orders == {("a", "b", "c", "d", "e")}


def test_a_circle_is_named() -> None:
    with pytest.raises(CycleError, match="a -> c -> b -> a"):
        Graph({"a": ["c"], "b": ["a"], "c": ["b"], "d": ["a"], "free": []}).ordered()


def test_everything_that_needs_a_node() -> None:
    graph = Graph({"a": [], "b": ["a"], "c": ["b"], "d": []})
    assert graph.downstream("a") == {"b", "c"}
    assert graph.downstream("c") == set()


# document


def test_every_problem_of_a_document_is_told_at_once_with_the_option_and_the_mend() -> None:
    twice = Resource(NAMED.type, "base", {}, path="networks.a")
    again = Resource(NAMED.type, "base", {"Size": 1}, path="networks.b")
    lost = Resource(PLAIN.type, "user", {"Uses": [Ref(Address(NAMED.type, "nowhere"), "Id")]}, path="services.user")
    with pytest.raises(DocumentError) as error:
        Document("shop-test", "nowhere-1", [twice, again, lost])
    first, second = error.value.problems
    assert first.startswith("networks.b: ") and "networks.a" in first and "another name" in first
    assert second.startswith("services.user: ") and "nowhere" in second and "declare it" in second


def test_references_in_a_circle_are_an_error() -> None:
    one = Address(NAMED.type, "one")
    two = Resource(NAMED.type, "two", {"Uses": [Ref(one, "Id")]})
    with pytest.raises(DocumentError, match=r"form a circle: .*one -> .*two -> .*one; remove one"):
        Document("shop-test", "nowhere-1", [Resource(NAMED.type, "one", {"Uses": [two.ref("Id")]}), two])


def test_ownership_tags_cannot_be_overridden() -> None:
    resource = Resource(NAMED.type, "base", {}, tags={STACK_TAG: "other", NAME_TAG: "x", "team": "web"}, protect=True)
    document = Document("shop-test", "nowhere-1", [resource])
    assert document.ownership_tags(resource) == {
        STACK_TAG: "shop-test",
        NAME_TAG: "base",
        PROTECTED_TAG: "true",
        "team": "web",
    }


# kind


def test_a_token_is_the_same_for_the_same_intent_only() -> None:
    intents = [
        ("shop-test", Address("K", "a"), 0, ""),
        ("shop-prod", Address("K", "a"), 0, ""),
        ("shop-test", Address("L", "a"), 0, ""),
        ("shop-test", Address("K", "b"), 0, ""),
        ("shop-test", Address("K", "a"), 1, ""),
        ("shop-test", Address("K", "a"), 0, "old-1"),
    ]
    tokens = [make_token(*intent) for intent in intents]
    assert tokens == [make_token(*intent) for intent in intents]
    assert len(set(tokens)) == len(intents)
    assert all(len(token) == 32 and int(token, 16) >= 0 for token in tokens)


@pytest.mark.parametrize(
    ("raw", "tags"),
    [
        (None, None),
        ([], {}),
        ([{"Key": "a", "Value": "1"}], {"a": "1"}),
        ([{"key": "a", "value": "1"}], {"a": "1"}),
        ([{"TagKey": "a", "TagValue": "1"}], {"a": "1"}),
        ({"a": 1}, {"a": "1"}),
    ],
)
def test_tags_are_read_in_every_shape(raw: Any, tags: dict[str, str] | None) -> None:
    assert read_tags(raw) == tags


@pytest.mark.parametrize(
    ("attribute", "facts", "value"),
    [
        ("Arn", {"Name": "x"}, "arn:x"),
        ("Arn", {}, Unknown("Arn")),
        ("Arn", {"Name": Unknown("y")}, Unknown("Arn")),
        ("Id", {"Name": "x"}, Unknown("Id")),
        ("Size", {"Size": 3}, 3),
        ("Size", {}, Unknown("Size")),
    ],
)
def test_an_attribute_is_predicted_where_it_follows_and_unknown_where_not(
    attribute: str, facts: dict[str, Any], value: Any
) -> None:
    assert NAMED.predict(attribute, facts) == value


def test_a_member_of_an_attribute_is_predicted_by_the_rule_of_the_whole() -> None:
    kind = made_up_kind("Whole", attributes={"Endpoint": Attribute("Endpoint", predict=lambda facts: facts.get("X"))})
    assert kind.predict("Endpoint.Address", {}) == Unknown("Endpoint.Address")
    observed = kind.parse({"Id": "w", "State": "ready", "Endpoint": {"Address": "a"}, "Tags": {}})
    assert observed.attribute("Endpoint.Address") == "a"
    assert observed.attribute("Endpoint.Port") is None


@pytest.mark.parametrize(
    ("state", "phase"),
    [
        ("ready", Phase.READY),
        ("broken", Phase.FAILED),
        ("leaving", Phase.LEAVING),
        ("gone", Phase.GONE),
        ("creating", Phase.BUSY),
        (None, Phase.BUSY),
    ],
)
def test_a_state_in_no_list_means_busy(state: str | None, phase: Phase) -> None:
    assert NAMED.parse({"Id": "n", "State": state, "Tags": {}}).phase is phase


# match


def found(kind: Any, number: str, name: str = "", stack: str = "shop-test", **item: Any) -> Observed:
    tags = {STACK_TAG: stack, NAME_TAG: name} if name else {}
    observed: Observed = kind.parse({"Id": number, "State": "ready", "Tags": tags, **item}, "nowhere-1")
    return observed


def matcher(described: list[Resource], *seen: Observed) -> Matcher:
    observation = Observation("shop-test")
    for observed in seen:
        observation.found.setdefault((observed.kind, "nowhere-1"), []).append(observed)
    return Matcher(Document("shop-test", "nowhere-1", described), REGISTRY, observation)


USER = Resource(PLAIN.type, "user", {"Size": 1, "Shape": "round"})
BASE = Resource(NAMED.type, "base", {"Name": "base"}, path="networks.base")


def test_tags_decide_before_the_natural_key() -> None:
    tagged, named = found(NAMED, "n-1", "base", Name="renamed"), found(NAMED, "n-2", Name="base")
    assert matcher([BASE], named, tagged).match(BASE, BASE.properties).observed is tagged


def test_the_duplicate_nearest_to_the_description_is_kept() -> None:
    other_shape = found(PLAIN, "p-1", "user", Size=1, Shape="square")
    other_size = found(PLAIN, "p-2", "user", Size=2, Shape="round")
    broken = found(PLAIN, "p-0", "user", Size=1, Shape="round", State="broken")
    one = matcher([USER], broken, other_shape, other_size)
    assert one.match(USER, USER.properties).observed is other_size
    assert one.is_superseded(other_shape) and one.is_superseded(broken) and not one.is_superseded(other_size)


def test_the_same_tags_in_another_stack_are_nothing() -> None:
    assert matcher([USER], found(PLAIN, "p-1", "user", stack="other-test")).match(USER, {}).observed is None


def test_what_another_stack_holds_under_the_name_is_a_problem() -> None:
    match = matcher([BASE], found(NAMED, "n-1", "base", stack="other", Name="base")).match(BASE, BASE.properties)
    assert match.problem == "networks.base: named n-1 belongs to the stack other; choose another name"


def test_what_nobody_holds_under_the_name_is_foreign_unless_it_is_leaving() -> None:
    assert matcher([BASE], found(NAMED, "n-1", Name="base")).match(BASE, BASE.properties).is_foreign
    leaving = matcher([BASE], found(NAMED, "n-1", Name="base", State="leaving")).match(BASE, BASE.properties)
    assert not leaving.is_foreign and leaving.observed is not None


def test_one_object_is_not_taken_for_two_resources() -> None:
    renamed = Resource(NAMED.type, "other", {"Name": "base"}, path="networks.other")
    match = matcher([BASE, renamed], found(NAMED, "n-1", "base", Name="base")).match(renamed, renamed.properties)
    assert "is already MadeUp::Test::Named base of this stack" in match.problem


def test_a_name_that_is_not_known_yet_matches_nothing() -> None:
    resource = Resource(DATA.type, "main", {"Name": Ref(BASE.address, "Id")})
    observed = found(DATA, "d-1", Name="x")
    assert matcher([BASE, resource], observed).match(resource, {"Name": Unknown("x")}).observed is None


class _Size(int):
    """As a kind may read a size, with what else is worth knowing of it."""


class _Word(str):
    __slots__ = ()


def test_what_is_shown_is_plain_data() -> None:
    """Another process, such as Ansible's, makes it anew, and knows no type of a kind's."""
    shown = render({"sizes": [_Size(5)], "word": _Word("x"), "on": True})
    assert [type(one) for one in (shown["sizes"][0], shown["word"], shown["on"])] == [int, str, bool]
    assert show(Property(), _Size(5)).__class__ is int
