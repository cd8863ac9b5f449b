"""IAM's roles and instance profiles."""

from __future__ import annotations

from typing import Any

from ansible_collections.stackwright.aws.plugins.module_utils.engine.document import Resource
from tests.contract.sample import Sample

READ_ONLY = "arn:aws:iam::aws:policy/ReadOnlyAccess"
SUPPORT = "arn:aws:iam::aws:policy/AWSSupportAccess"


def _trust(service: str) -> dict[str, Any]:
    statement = {"Effect": "Allow", "Principal": {"Service": f"{service}.amazonaws.com"}, "Action": "sts:AssumeRole"}
    return {"Version": "2012-10-17", "Statement": [statement]}


def _policy(name: str, action: str) -> dict[str, Any]:
    statement = {"Effect": "Allow", "Action": action, "Resource": "arn:aws:s3:::contract/*"}
    return {"PolicyName": name, "PolicyDocument": {"Version": "2012-10-17", "Statement": [statement]}}


ROLE = Resource(
    "AWS::IAM::Role",
    "task",
    {
        "RoleName": "contract-task",
        "Path": "/contract/",
        "AssumeRolePolicyDocument": _trust("ecs-tasks"),
        "Description": "contract",
        "MaxSessionDuration": 7200,
        "ManagedPolicyArns": [READ_ONLY],
        "PermissionsBoundary": READ_ONLY,
        "Policies": [_policy("read", "s3:GetObject"), _policy("list", "s3:ListBucket")],
    },
)
OTHER_ROLE = Resource(
    "AWS::IAM::Role", "other", {"RoleName": "contract-other", "AssumeRolePolicyDocument": _trust("ec2")}
)
PROFILE = Resource(
    "AWS::IAM::InstanceProfile",
    "web",
    {"InstanceProfileName": "contract-web", "Path": "/contract/", "Roles": [ROLE.ref("RoleName")]},
)
PASSWORDS = Resource(
    "Custom::PasswordPolicy",
    "account",
    {"MinimumPasswordLength": 14, "RequireSymbols": True, "MaxPasswordAge": 90, "PasswordReusePrevention": 24},
)

SAMPLES = [
    Sample(
        kind="Custom::PasswordPolicy",
        resources=[PASSWORDS],
        changes={
            "MinimumPasswordLength": 16,
            "RequireSymbols": False,
            "RequireNumbers": True,
            "RequireUppercaseCharacters": True,
            "RequireLowercaseCharacters": True,
            "AllowUsersToChangePassword": True,
            "MaxPasswordAge": 60,
            "PasswordReusePrevention": 12,
            "HardExpiry": True,
        },
        tags=False,
    ),
    Sample(
        kind="AWS::IAM::Role",
        resources=[ROLE],
        changes={
            "AssumeRolePolicyDocument": _trust("lambda"),
            "Description": "changed",
            "MaxSessionDuration": 3600,
            "ManagedPolicyArns": [SUPPORT],
            "PermissionsBoundary": SUPPORT,
            "Policies": [_policy("read", "s3:GetObjectVersion")],
        },
        immutable={"RoleName": "contract-renamed", "Path": "/elsewhere/"},
    ),
    Sample(
        kind="AWS::IAM::InstanceProfile",
        resources=[ROLE, OTHER_ROLE, PROFILE],
        changes={"Roles": [OTHER_ROLE.ref("RoleName")]},
        immutable={"InstanceProfileName": "contract-renamed", "Path": "/elsewhere/"},
    ),
]
