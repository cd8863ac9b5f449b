"""The normalisers and the reading helpers that several services share."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any
from urllib.parse import quote

import pytest

from ansible_collections.stackwright.aws.plugins.module_utils.engine.api import ApiError
from ansible_collections.stackwright.aws.plugins.module_utils.engine.diff import differs
from ansible_collections.stackwright.aws.plugins.module_utils.engine.kind import Observed, Phase, Property, Scope, Work
from ansible_collections.stackwright.aws.plugins.module_utils.engine.values import Address
from ansible_collections.stackwright.aws.plugins.module_utils.kinds import shared

POLICY = Property(exact=True, normalise=shared.policy_document)


def policy(*statements: dict[str, Any]) -> dict[str, Any]:
    return {"Version": "2012-10-17", "Statement": list(statements)}


def allow(**more: Any) -> dict[str, Any]:
    return {"Effect": "Allow", "Action": ["s3:GetObject", "s3:PutObject"], "Resource": ["*"], **more}


READ = {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::media/*"}
LIST = {"Effect": "Allow", "Action": "s3:ListBucket", "Resource": "arn:aws:s3:::media"}
TLS = {"Bool": {"aws:SecureTransport": False}}


@pytest.mark.parametrize(
    ("stated", "answered"),
    [
        pytest.param(policy(READ), json.dumps(policy(READ)), id="text"),
        pytest.param(policy(READ), json.dumps(policy(READ), indent=4), id="indented text"),
        pytest.param(policy(READ), quote(json.dumps(policy(READ))), id="url-encoded text"),
        pytest.param(policy(READ), quote("\n " + json.dumps(policy(READ))), id="url-encoded text with a blank first"),
        pytest.param({"Version": "2012-10-17", "Statement": READ}, policy(READ), id="one statement without a list"),
        pytest.param(policy(READ, LIST), policy(LIST, READ), id="order of statements"),
        pytest.param(policy(allow(Resource="*")), policy(allow()), id="one value without a list"),
        pytest.param(policy(allow(Action=["s3:PutObject", "s3:GetObject"])), policy(allow()), id="order of actions"),
        pytest.param(policy(allow(Resource=["*", "*"])), policy(allow()), id="repetition"),
        pytest.param(policy(allow(Principal="*")), policy(allow(Principal={"AWS": "*"})), id="everybody"),
        pytest.param(
            policy(allow(Principal={"AWS": "123456789012"})),
            policy(allow(Principal={"AWS": "arn:aws:iam::123456789012:root"})),
            id="an account by its number",
        ),
        pytest.param(
            policy(allow(Principal={"AWS": ["arn:aws:iam::210987654321:role/a", 123456789012]})),
            policy(allow(Principal={"AWS": ["arn:aws:iam::123456789012:root", "arn:aws:iam::210987654321:role/a"]})),
            id="an account among others, as a number",
        ),
        pytest.param(
            policy(allow(Condition=TLS)),
            policy(allow(Condition={"Bool": {"aws:SecureTransport": "false"}})),
            id="a condition's boolean as text",
        ),
        pytest.param(
            policy(allow(Condition={"NumericLessThan": {"s3:max-keys": 10}})),
            policy(allow(Condition={"NumericLessThan": {"s3:max-keys": ["10"]}})),
            id="a condition's number as text in a list",
        ),
    ],
)
def test_policies_that_mean_the_same_are_equal(stated: Any, answered: Any) -> None:
    assert not differs(POLICY, stated, answered)
    assert not differs(POLICY, answered, stated)


@pytest.mark.parametrize(
    ("stated", "answered"),
    [
        pytest.param(policy(READ), policy(READ, LIST), id="a statement too many"),
        pytest.param(policy(READ, LIST), policy(READ), id="a statement missing"),
        pytest.param(policy(allow()), policy(allow(Action=["s3:*"])), id="another action"),
        pytest.param(policy(allow()), policy(allow(Effect="Deny")), id="another effect"),
        pytest.param(policy(allow()), policy(allow(Condition=TLS)), id="a condition that was taken away"),
        pytest.param(policy(allow(Condition=TLS)), policy(allow()), id="a condition that was added"),
        pytest.param(policy(allow(Principal="*")), policy(allow(NotPrincipal="*")), id="not the principal"),
        pytest.param(
            policy(allow(Principal={"AWS": "123456789012"})),
            policy(allow(Principal={"AWS": "arn:aws:iam::123456789012:role/root"})),
            id="a role is not its account",
        ),
        pytest.param(
            policy(allow(Principal={"AWS": "*"})),
            policy(allow(Principal={"Service": "*"})),
            id="another kind of principal",
        ),
        pytest.param(policy(READ), "", id="none yet"),
        pytest.param(policy(READ), "no JSON", id="no JSON"),
    ],
)
def test_policies_that_mean_something_else_differ(stated: Any, answered: Any) -> None:
    assert differs(POLICY, stated, answered)


def test_normalising_a_policy_leaves_the_original_alone() -> None:
    original = policy(allow(Principal="*", Condition=TLS))
    before = json.dumps(original)
    shared.policy_document(original)
    assert json.dumps(original) == before


@pytest.mark.parametrize(
    ("value", "document"),
    [
        ('{"a": 1}', {"a": 1}),
        (" [1, 2] ", [1, 2]),
        ("%7B%22a%22%3A%201%7D", {"a": 1}),
        ("%7b%22a%22%3a%201%7d", {"a": 1}),
        ('{"a": "100%25"}', {"a": "100%25"}),
        ({"a": 1}, {"a": 1}),
        ("plain words", "plain words"),
        ("", ""),
        (None, None),
    ],
)
def test_a_json_document_in_any_spelling_is_data(value: Any, document: Any) -> None:
    assert shared.json_document(value) == document


def test_json_text_is_the_same_for_the_same_data_and_keeps_text() -> None:
    assert shared.json_text({"b": 1, "a": [2]}) == shared.json_text({"a": [2], "b": 1}) == '{"a": [2], "b": 1}'
    assert shared.json_text('{"b":1}') == '{"b":1}'


def test_tags_in_the_shapes_of_services() -> None:
    tags = {"team": "web", "cost": "1"}
    assert shared.tag_list(tags) == [{"Key": "cost", "Value": "1"}, {"Key": "team", "Value": "web"}]
    assert shared.lower_tag_list(tags) == [{"key": "cost", "value": "1"}, {"key": "team", "value": "web"}]
    assert shared.tag_specifications("vpc", tags) == [{"ResourceType": "vpc", "Tags": shared.tag_list(tags)}]


@pytest.mark.parametrize(("lower", "tags"), [(False, "Tags"), (True, "tags")], ids=["capital letters", "small letters"])
def test_tagging_by_arn(lower: bool, tags: str) -> None:
    tag, untag = shared.arn_tagging("ecs", "resourceArn", lower=lower, keys="tagKeys")
    work = Work(Address("K", "n"), {}, Cloud(), tags_to_set={"a": "1"}, tags_to_remove=("b", "c"))
    work.current = Observed("K", "id", {}, {"Arn": "arn:one"}, {}, Phase.READY)
    shape = shared.lower_tag_list if lower else shared.tag_list
    assert tag.params(work) == {"resourceArn": "arn:one", tags: shape({"a": "1"})}
    assert untag.params(work) == {"resourceArn": "arn:one", "tagKeys": ["b", "c"]}


class Cloud:
    """Answers each operation with what it was given, and remembers what it was asked."""

    region, account, partition = "eu-west-1", "123456789012", "aws"

    def __init__(self, **answers: Any) -> None:
        self.answers = answers
        self.asked: list[tuple[str, dict[str, Any]]] = []

    def call(
        self, service: str, operation: str, params: dict[str, Any], *, region: str = "", once: bool = False
    ) -> Any:
        self.asked.append((operation, params))
        return self.answers[operation]

    def pages(self, service: str, operation: str, params: dict[str, Any], items: str, *, region: str = "") -> Any:
        return self.call(service, operation, params)


def scope(cloud: Cloud, **more: Any) -> Scope:
    return Scope(api=cloud, stack="shop-prod", region="eu-west-1", **more)


@pytest.mark.parametrize(
    ("ids", "narrow", "params"),
    [
        ("VpcIds", {}, {"Filters": [{"Name": "tag:stackwright:stack", "Values": ["shop-prod"]}]}),
        ("VpcIds", {"ids": ("vpc-1",)}, {"VpcIds": ["vpc-1"]}),
        ("vpc-id", {"ids": ("vpc-1",)}, {"Filters": [{"Name": "vpc-id", "Values": ["vpc-1"]}]}),
        ("VpcIds", {"everything": True}, {}),
    ],
    ids=["by the stack's tag", "by identifiers", "by a filter of identifiers", "everything"],
)
def test_ec2_objects_are_asked_for_as_narrowly_as_the_scope_is(
    ids: str, narrow: dict[str, Any], params: dict[str, Any]
) -> None:
    cloud = Cloud(describe_vpcs=[])
    shared.owned(scope(cloud, **narrow), "describe_vpcs", "Vpcs[]", ids)
    assert cloud.asked == [("describe_vpcs", params)]


def test_the_filters_of_the_kind_stay_beside_the_stacks() -> None:
    cloud = Cloud(describe_vpcs=[])
    mine = {"Name": "state", "Values": ["available"]}
    shared.owned(scope(cloud), "describe_vpcs", "Vpcs[]", "VpcIds", Filters=[mine])
    assert cloud.asked[0][1]["Filters"] == [mine, *shared.stack_filter(scope(cloud))]


INDEX = [{"ResourceARN": "arn:ours", "Tags": [{"Key": "stackwright:stack", "Value": "shop-prod"}]}]
TOPICS = [{"Arn": "arn:ours", "Name": "ours"}, {"Arn": "arn:named", "Name": "named"}, {"Arn": "arn:x", "Name": "x"}]


def tagged(cloud: Cloud, the_scope: Scope) -> dict[str, Any]:
    found = shared.with_tags(
        the_scope, TOPICS, "Arn", "sns", "list_tags_for_resource", "ResourceArn", "Tags", wanted=["named"], name="Name"
    )
    return {item["Arn"]: item["Tags"] for item in found}


def test_what_is_of_no_concern_is_not_asked_about() -> None:
    theirs = [{"Key": "team", "Value": "other"}]
    cloud = Cloud(get_resources=INDEX, list_tags_for_resource={"Tags": theirs})
    assert tagged(cloud, scope(cloud)) == {"arn:ours": {"stackwright:stack": "shop-prod"}, "arn:named": theirs}
    assert [operation for operation, _params in cloud.asked] == ["get_resources", "list_tags_for_resource"]


def test_identifiers_are_asked_about_themselves_since_the_index_lags() -> None:
    cloud = Cloud(list_tags_for_resource={"Tags": []})
    assert set(tagged(cloud, scope(cloud, ids=("arn:ours",)))) == {"arn:ours", "arn:named", "arn:x"}
    assert {operation for operation, _params in cloud.asked} == {"list_tags_for_resource"}


def test_the_tag_index_is_read_once_an_observation() -> None:
    cloud = Cloud(get_resources=INDEX)
    one = scope(cloud)
    assert shared.tag_index(one) == shared.tag_index(one) == {"arn:ours": {"stackwright:stack": "shop-prod"}}
    assert len(cloud.asked) == 1


class Shelf:
    """Answers for several names at once, and refuses all when one of them is missing."""

    def __init__(self, *present: str, code: str = "NotFound") -> None:
        self.present = present
        self.code = code
        self.asked: list[list[str]] = []

    def __call__(self, names: Sequence[str]) -> list[dict[str, Any]]:
        self.asked.append(list(names))
        if not set(names) <= set(self.present):
            raise ApiError(self.code, "one of them", missing=self.code == "NotFound")
        return [{"Name": name} for name in names]


@pytest.mark.parametrize(
    ("names", "asked"),
    [
        ([], []),
        (["a", "b"], [["a", "b"]]),
        (["a", "b", "c"], [["a", "b"], ["c"]]),
        (["a", "gone", "c"], [["a", "gone"], ["a"], ["gone"], ["c"]]),
        (["gone"], [["gone"]]),
    ],
)
def test_one_missing_name_does_not_hide_the_others(names: list[str], asked: list[list[str]]) -> None:
    shelf = Shelf("a", "b", "c")
    found = shared.each_present(names, 2, shelf)
    assert [item["Name"] for item in found] == [name for name in names if name != "gone"]
    assert shelf.asked == asked


def test_another_error_is_not_taken_for_a_missing_name() -> None:
    with pytest.raises(ApiError, match="Throttling"):
        shared.each_present(["gone"], 2, Shelf(code="Throttling"))
