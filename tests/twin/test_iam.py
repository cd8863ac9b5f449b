# Copyright (c) stackwright.aws contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
from __future__ import annotations

import json
from typing import Any

import pytest

from tests.twin.helpers import refused


def trust(principal: dict[str, str]) -> str:
    return json.dumps(
        {
            "Version": "2012-10-17",
            "Statement": [{"Effect": "Allow", "Principal": principal, "Action": "sts:AssumeRole"}],
        }
    )


ECS = trust({"Service": "ecs-tasks.amazonaws.com"})
READ = json.dumps(
    {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"}]}
)
EXECUTION = "arn:aws:iam::aws:policy/service-role/AmazonECSTaskExecutionRolePolicy"


@pytest.fixture
def iam(client: Any) -> Any:
    return client("iam")


def test_awss_managed_policies_survive_a_reset(iam: Any, twin: Any) -> None:
    for _ in range(2):
        iam.create_role(RoleName="task", AssumeRolePolicyDocument=ECS)
        iam.attach_role_policy(RoleName="task", PolicyArn=EXECUTION)
        assert iam.get_policy(PolicyArn=EXECUTION)["Policy"]["AttachmentCount"] == 1
        with refused("DeleteConflict", 409):
            iam.delete_role(RoleName="task")
        twin.reset()
        assert iam.get_policy(PolicyArn=EXECUTION)["Policy"]["AttachmentCount"] == 0
    with refused("AccessDenied", 403):
        iam.delete_policy(PolicyArn=EXECUTION)


def test_trust_policies(iam: Any) -> None:
    with refused("MalformedPolicyDocument", 400, "invalid Json"):
        iam.create_role(RoleName="r", AssumeRolePolicyDocument="nonsense")
    with refused("MalformedPolicyDocument", 400, "Statement"):
        iam.create_role(RoleName="r", AssumeRolePolicyDocument="{}")
    with refused("MalformedPolicyDocument", 400, "Invalid principal"):
        missing = trust({"AWS": "arn:aws:iam::123456789012:role/missing"})
        iam.create_role(RoleName="r", AssumeRolePolicyDocument=missing)
    iam.create_role(RoleName="first", AssumeRolePolicyDocument=ECS)
    arn = iam.get_role(RoleName="first")["Role"]["Arn"]
    iam.create_role(RoleName="second", AssumeRolePolicyDocument=trust({"AWS": arn}))
    with refused("MalformedPolicyDocument"):
        iam.update_assume_role_policy(RoleName="second", PolicyDocument="[]")


def test_policies_in_use_stay(iam: Any) -> None:
    iam.create_role(RoleName="r", AssumeRolePolicyDocument=ECS)
    arn = iam.create_policy(PolicyName="p", PolicyDocument=READ)["Policy"]["Arn"]
    iam.attach_role_policy(RoleName="r", PolicyArn=arn)
    with refused("DeleteConflict", 409, "attached to entities"):
        iam.delete_policy(PolicyArn=arn)
    iam.detach_role_policy(RoleName="r", PolicyArn=arn)
    version = iam.create_policy_version(PolicyArn=arn, PolicyDocument=READ)["PolicyVersion"]["VersionId"]
    with refused("DeleteConflict", 409, "more than one version"):
        iam.delete_policy(PolicyArn=arn)
    iam.delete_policy_version(PolicyArn=arn, VersionId=version)
    iam.delete_policy(PolicyArn=arn)


def test_roles_in_use_stay(iam: Any) -> None:
    iam.create_role(RoleName="r", AssumeRolePolicyDocument=ECS)
    iam.put_role_policy(RoleName="r", PolicyName="inline", PolicyDocument=READ)
    with refused("DeleteConflict", 409):
        iam.delete_role(RoleName="r")
    iam.delete_role_policy(RoleName="r", PolicyName="inline")
    iam.create_instance_profile(InstanceProfileName="i")
    iam.add_role_to_instance_profile(InstanceProfileName="i", RoleName="r")
    with refused("DeleteConflict", 409):
        iam.delete_role(RoleName="r")
    iam.remove_role_from_instance_profile(InstanceProfileName="i", RoleName="r")
    iam.delete_role(RoleName="r")


def test_limits(iam: Any) -> None:
    iam.create_role(RoleName="r", AssumeRolePolicyDocument=ECS)
    for number in range(11):
        iam.create_policy(PolicyName=f"p{number}", PolicyDocument=READ)
    for number in range(10):
        iam.attach_role_policy(RoleName="r", PolicyArn=f"arn:aws:iam::123456789012:policy/p{number}")
    with refused("LimitExceeded", 409):
        iam.attach_role_policy(RoleName="r", PolicyArn="arn:aws:iam::123456789012:policy/p10")
    resources = [f"arn:aws:s3:::{'x' * 50}-{number}" for number in range(200)]
    statement = {"Effect": "Allow", "Action": "s3:GetObject", "Resource": resources}
    large = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    with refused("LimitExceeded", 409, "PolicySize"):
        iam.create_policy(PolicyName="large", PolicyDocument=large)
    with refused("LimitExceeded", 409):
        iam.put_role_policy(RoleName="r", PolicyName="large", PolicyDocument=large)
    with refused("ValidationError"):
        iam.create_role(RoleName="r", AssumeRolePolicyDocument=ECS, MaxSessionDuration=43201)
    with refused("NoSuchEntity", 404):
        iam.put_role_permissions_boundary(RoleName="r", PermissionsBoundary="arn:aws:iam::123456789012:policy/missing")


def test_service_linked_role(iam: Any) -> None:
    made = iam.create_service_linked_role(AWSServiceName="elasticache.amazonaws.com")["Role"]
    assert made["RoleName"] == "AWSServiceRoleForElastiCache"
    with refused("InvalidInput", 400, "has been taken"):
        iam.create_service_linked_role(AWSServiceName="elasticache.amazonaws.com")
