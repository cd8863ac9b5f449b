"""Key Management Service."""

from __future__ import annotations

from typing import Any

from ansible_collections.stackwright.aws.plugins.module_utils.engine.document import Resource
from ansible_collections.stackwright.aws.plugins.module_utils.engine.values import Compose, account_id, partition
from tests.contract.sample import Sample


def _policy(*actions: str) -> dict[str, Any]:
    owner = Compose("arn:{partition}:iam::{account}:root", {"partition": partition(), "account": account_id()})
    statements = [
        {"Effect": "Allow", "Principal": {"AWS": owner}, "Action": action, "Resource": "*"} for action in actions
    ]
    return {"Version": "2012-10-17", "Statement": statements}


KEY = Resource(
    "AWS::KMS::Key",
    "data",
    {
        "Description": "contract",
        "KeyPolicy": _policy("kms:*"),
        "EnableKeyRotation": True,
        "RotationPeriodInDays": 180,
        "Enabled": True,
        "MultiRegion": False,
        "KeySpec": "SYMMETRIC_DEFAULT",
        "KeyUsage": "ENCRYPT_DECRYPT",
        "PendingWindowInDays": 7,
    },
)
OTHER_KEY = Resource("AWS::KMS::Key", "other", {"Description": "contract, other"})
ROTATING = Resource("AWS::KMS::Key", "rotating", {"EnableKeyRotation": True})
ALIAS = Resource("AWS::KMS::Alias", "data", {"AliasName": "alias/contract-data", "TargetKeyId": KEY.ref("KeyId")})

SAMPLES = [
    Sample(
        kind="AWS::KMS::Key",
        resources=[KEY],
        changes={
            "Description": "changed",
            "KeyPolicy": _policy("kms:*", "kms:Decrypt"),
            "RotationPeriodInDays": 365,
            "Enabled": False,
        },
        immutable={"MultiRegion": True, "KeySpec": "RSA_2048", "KeyUsage": "SIGN_VERIFY"},
    ),
    Sample(kind="AWS::KMS::Key", resources=[ROTATING], changes={"EnableKeyRotation": False}),
    Sample(
        kind="AWS::KMS::Alias",
        resources=[KEY, OTHER_KEY, ALIAS],
        changes={"TargetKeyId": OTHER_KEY.ref("KeyId")},
        tags=False,
    ),
]
