"""How IAM's answers become roles and instance profiles, and which requests change them."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.stackwright.aws.plugins.module_utils.engine.diff import differs
from ansible_collections.stackwright.aws.plugins.module_utils.kinds.iam import IAM_INSTANCE_PROFILE, IAM_ROLE
from tests.unit.kinds.canned import OWNER, CannedApi, missing, scope, work

READ = {"Effect": "Allow", "Action": ["s3:GetObject"], "Resource": ["*"]}
TRUST = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}}]}


def inline(name: str, **more: Any) -> dict[str, Any]:
    return {"PolicyName": name, "PolicyDocument": {"Version": "2012-10-17", "Statement": [{**READ, **more}]}}


DETAIL = {
    "RoleName": "task",
    "RoleId": "AROA1",
    "Path": "/shop/",
    "Arn": "arn:aws:iam::123456789012:role/shop/task",
    "AssumeRolePolicyDocument": TRUST,
    "RolePolicyList": [inline("write"), inline("read")],
    "AttachedManagedPolicies": [{"PolicyName": "Support", "PolicyArn": "arn:aws:iam::aws:policy/Support"}],
    "PermissionsBoundary": {"PermissionsBoundaryArn": "arn:aws:iam::aws:policy/Edge"},
    "Tags": [{"Key": "stackwright:stack", "Value": "shop-prod"}],
}


def test_a_role_is_read_from_the_account_details() -> None:
    role = IAM_ROLE.parse(DETAIL)
    assert role.id == "task"
    assert role.properties["ManagedPolicyArns"] == ["arn:aws:iam::aws:policy/Support"]
    assert role.properties["PermissionsBoundary"] == "arn:aws:iam::aws:policy/Edge"
    assert role.properties["MaxSessionDuration"] == 3600
    assert role.stack == "shop-prod"


@pytest.mark.parametrize(
    ("stated", "changed"),
    [
        pytest.param([inline("read"), inline("write")], False, id="another order"),
        pytest.param([inline("read", Action="s3:GetObject", Resource="*"), inline("write")], False, id="single values"),
        pytest.param([inline("read")], True, id="one less"),
        pytest.param([inline("read"), inline("write"), inline("more")], True, id="one more"),
        pytest.param([inline("read", Action="s3:*"), inline("write")], True, id="another action"),
        pytest.param([inline("read"), inline("write", Condition={"Bool": {"a": "b"}})], True, id="a condition"),
    ],
)
def test_inline_policies_are_compared_whole(stated: list[dict[str, Any]], changed: bool) -> None:
    assert differs(IAM_ROLE.properties["Policies"], stated, IAM_ROLE.parse(DETAIL).properties["Policies"]) is changed


def test_inline_policies_are_written_before_others_are_taken_away() -> None:
    api = CannedApi()
    desired = {"RoleName": "task", "Policies": [inline("read", Action="s3:*"), inline("new")]}
    step = next(update.step for update in IAM_ROLE.updates if update.properties == ("Policies",))
    step(work(api, IAM_ROLE, desired, DETAIL))  # type: ignore[operator]
    assert [(name.split(".")[1], params["PolicyName"]) for name, params in api.asked] == [
        ("put_role_policy", "new"),
        ("put_role_policy", "read"),
        ("delete_role_policy", "write"),
    ]


def test_all_roles_are_read_by_one_request_for_both_kinds_of_question() -> None:
    api = CannedApi({"iam.get_account_authorization_details": {"RoleDetailList": [DETAIL]}})
    asked = scope(api, {"RoleName": "task"})
    assert list(IAM_ROLE.list(asked)) == [DETAIL] == list(IAM_ROLE.list(asked))
    assert api.names() == ["iam.get_account_authorization_details"]


def test_a_description_is_read_from_the_plain_list_which_alone_has_it() -> None:
    plain = {"RoleName": "task", "RoleId": "AROA1", "Description": "tasks", "MaxSessionDuration": 7200}
    api = CannedApi(
        {"iam.get_account_authorization_details": {"RoleDetailList": [DETAIL]}, "iam.list_roles": {"Roles": [plain]}}
    )
    (item,) = IAM_ROLE.list(scope(api, {"RoleName": "task", "Description": "tasks"}))
    role = IAM_ROLE.parse(item)
    assert (role.properties["Description"], role.properties["MaxSessionDuration"]) == ("tasks", 7200)
    assert role.stack == "shop-prod"


def test_a_role_that_is_gone_is_left_out() -> None:
    api = CannedApi({"iam.get_role": missing("NoSuchEntity")})
    assert list(IAM_ROLE.list(scope(api, ids=("task",)))) == []


@pytest.mark.parametrize(
    ("facts", "arn"),
    [
        ({"RoleName": "task", "Path": "/shop/"}, "arn:aws-cn:iam::1:role/shop/task"),
        ({"RoleName": "task"}, "arn:aws-cn:iam::1:role/task"),
    ],
)
def test_a_roles_arn_is_known_beforehand(facts: dict[str, str], arn: str) -> None:
    assert IAM_ROLE.predict("Arn", {"account": "1", "partition": "aws-cn", "region": "cn-north-1", **facts}) == arn


def test_a_role_is_stripped_before_it_is_deleted() -> None:
    answers = {
        "iam.list_role_policies": {"PolicyNames": ["read"]},
        "iam.list_attached_role_policies": {"AttachedPolicies": [{"PolicyArn": "arn:p"}]},
        "iam.list_instance_profiles_for_role": {"InstanceProfiles": [{"InstanceProfileName": "web"}]},
    }
    api = CannedApi(answers)
    IAM_ROLE.before_delete(work(api, IAM_ROLE, {}, DETAIL))  # type: ignore[misc, operator]
    assert api.names()[3:] == [
        "iam.delete_role_policy",
        "iam.detach_role_policy",
        "iam.remove_role_from_instance_profile",
    ]


def test_only_instance_profiles_that_may_be_ours_are_asked_for_their_tags() -> None:
    profiles = [
        {"InstanceProfileName": "described", "Roles": [{"RoleName": "x"}]},
        {"InstanceProfileName": "with-our-role", "Roles": [{"RoleName": "task"}]},
        {"InstanceProfileName": "half-made", "Roles": []},
        {"InstanceProfileName": "foreign", "Roles": [{"RoleName": "y"}]},
    ]

    def read(params: dict[str, Any]) -> dict[str, Any]:
        return {"InstanceProfile": {"InstanceProfileName": params["InstanceProfileName"], "Roles": [], "Tags": OWNER}}

    api = CannedApi({"iam.list_instance_profiles": {"InstanceProfiles": profiles}, "iam.get_instance_profile": read})
    asked = scope(api, {"InstanceProfileName": "described"}, parents={"AWS::IAM::Role": [IAM_ROLE.parse(DETAIL)]})
    found = {item["InstanceProfileName"] for item in IAM_INSTANCE_PROFILE.list(asked)}
    assert found == {"described", "with-our-role", "half-made"}


def test_an_instance_profile_gives_up_its_role_before_it_gets_another() -> None:
    current = {"InstanceProfileName": "web", "Roles": [{"RoleName": "old"}]}
    api = CannedApi()
    for update in IAM_INSTANCE_PROFILE.updates:
        update.step(work(api, IAM_INSTANCE_PROFILE, {"Roles": ["new"]}, current))  # type: ignore[operator]
    assert [(name, params["RoleName"]) for name, params in api.asked] == [
        ("iam.remove_role_from_instance_profile", "old"),
        ("iam.add_role_to_instance_profile", "new"),
    ]
