"""Elastic Container Registry."""

from __future__ import annotations

import json
from typing import Any

from ansible_collections.stackwright.aws.plugins.module_utils.engine.document import Resource
from tests.contract.sample import Sample


def _policy(*actions: str) -> dict[str, Any]:
    statement = {"Sid": "pull", "Effect": "Allow", "Principal": {"AWS": "123456789012"}, "Action": list(actions)}
    return {"Version": "2012-10-17", "Statement": [statement]}


def _lifecycle(count: int) -> dict[str, str]:
    selection = {"tagStatus": "untagged", "countType": "imageCountMoreThan", "countNumber": count}
    rule = {"rulePriority": 1, "description": "keep a few", "selection": selection, "action": {"type": "expire"}}
    return {"LifecyclePolicyText": json.dumps({"rules": [rule]})}


REPOSITORY = Resource(
    "AWS::ECR::Repository",
    "backend",
    {
        "RepositoryName": "contract/backend",
        "ImageTagMutability": "IMMUTABLE",
        "ImageScanningConfiguration": {"ScanOnPush": True},
        "EncryptionConfiguration": {"EncryptionType": "AES256"},
        "LifecyclePolicy": _lifecycle(10),
        "RepositoryPolicyText": _policy("ecr:GetDownloadUrlForLayer"),
        "EmptyOnDelete": True,
    },
)

SAMPLES = [
    Sample(
        "AWS::ECR::Repository",
        [REPOSITORY],
        changes={
            "ImageTagMutability": "MUTABLE",
            "ImageScanningConfiguration": {"ScanOnPush": False},
            "LifecyclePolicy": _lifecycle(20),
            "RepositoryPolicyText": _policy("ecr:GetDownloadUrlForLayer", "ecr:BatchGetImage"),
        },
        immutable={"RepositoryName": "contract/renamed", "EncryptionConfiguration": {"EncryptionType": "KMS"}},
    ),
]
