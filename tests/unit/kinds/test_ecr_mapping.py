"""What ECR answers and takes, against CloudFormation's shapes."""

from __future__ import annotations

import json
from typing import Any

import pytest

from ansible_collections.stackwright.aws.plugins.module_utils.engine.diff import differs
from ansible_collections.stackwright.aws.plugins.module_utils.engine.kind import Kind, Work
from ansible_collections.stackwright.aws.plugins.module_utils.engine.values import Address, Unknown
from ansible_collections.stackwright.aws.plugins.module_utils.kinds import ecr
from ansible_collections.stackwright.aws.plugins.module_utils.kinds.ecr import REPOSITORY, creation, predicted_uri
from tests.unit.kinds import schemas
from tests.unit.kinds.canned import CannedApi, work

RULES = [{"rulePriority": 1, "action": {"type": "expire"}}, {"rulePriority": 2, "action": {"type": "expire"}}]
POLICY = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Principal": "*", "Action": ["ecr:BatchGetImage"]}],
}
ANSWER: dict[str, Any] = {
    "repositoryName": "shop/backend",
    "repositoryArn": "arn:aws:ecr:us-east-1:123456789012:repository/shop/backend",
    "repositoryUri": "123456789012.dkr.ecr.us-east-1.amazonaws.com/shop/backend",
    "imageTagMutability": "IMMUTABLE",
    "imageScanningConfiguration": {"scanOnPush": True},
    "encryptionConfiguration": {"encryptionType": "KMS", "kmsKey": "arn:aws:kms:us-east-1:1:key/1111"},
    "LifecyclePolicyText": json.dumps({"rules": RULES}),
    "RepositoryPolicyText": json.dumps(POLICY),
    "Tags": {"stackwright:stack": "shop-prod"},
}


@pytest.mark.parametrize(
    ("name", "desired", "expected"),
    [
        ("ImageTagMutability", "IMMUTABLE", False),
        ("ImageScanningConfiguration", {"ScanOnPush": True}, False),
        ("ImageScanningConfiguration", {"ScanOnPush": False}, True),
        ("EncryptionConfiguration", {"EncryptionType": "KMS"}, False),
        ("EncryptionConfiguration", {"EncryptionType": "KMS", "KmsKey": "1111"}, False),
        ("EncryptionConfiguration", {"EncryptionType": "AES256"}, True),
        ("LifecyclePolicy", {"LifecyclePolicyText": json.dumps({"rules": RULES[::-1]}, indent=2)}, False),
        ("LifecyclePolicy", {"LifecyclePolicyText": {"rules": RULES}}, False),
        ("LifecyclePolicy", {"LifecyclePolicyText": {"rules": RULES[:1]}}, True),
        ("LifecyclePolicy", {}, True),
        ("RepositoryPolicyText", POLICY, False),
        (
            "RepositoryPolicyText",
            {**POLICY, "Statement": {**POLICY["Statement"][0], "Action": "ecr:BatchGetImage"}},
            False,
        ),
        ("RepositoryPolicyText", {}, True),
    ],
)
def test_comparison(name: str, desired: Any, expected: bool) -> None:
    observed = REPOSITORY.parse(ANSWER)
    assert differs(REPOSITORY.properties[name], desired, observed.properties[name]) is expected


def test_no_policy_is_as_good_as_an_empty_one() -> None:
    observed = REPOSITORY.parse({**ANSWER, "LifecyclePolicyText": None})
    assert not differs(REPOSITORY.properties["LifecyclePolicy"], {}, observed.properties["LifecyclePolicy"])


OF_LAMBDA = {
    "Sid": "LambdaECRImageRetrievalPolicy",
    "Effect": "Allow",
    "Principal": {"Service": "lambda.amazonaws.com"},
    "Action": ["ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"],
}
WITH_LAMBDA = {**POLICY, "Statement": [*POLICY["Statement"], OF_LAMBDA]}
OTHER = {"Version": "2012-10-17", "Statement": [{"Effect": "Deny", "Principal": "*", "Action": ["ecr:PutImage"]}]}


@pytest.mark.parametrize(
    ("stated", "there", "differs_"),
    [
        (POLICY, WITH_LAMBDA, False),
        (None, {**POLICY, "Statement": [OF_LAMBDA]}, False),
        (None, WITH_LAMBDA, True),
        (OTHER, WITH_LAMBDA, True),
        (WITH_LAMBDA, WITH_LAMBDA, False),
        (WITH_LAMBDA, POLICY, True),
    ],
)
def test_what_lambda_added_to_a_policy_is_no_difference(stated: Any, there: Any, differs_: bool) -> None:
    assert differs(REPOSITORY.properties["RepositoryPolicyText"], stated, json.dumps(there)) is differs_


@pytest.mark.parametrize(
    ("stated", "there", "left"),
    [
        (OTHER, WITH_LAMBDA, [*OTHER["Statement"], OF_LAMBDA]),
        (None, WITH_LAMBDA, [OF_LAMBDA]),
        (WITH_LAMBDA, POLICY, WITH_LAMBDA["Statement"]),
        (None, POLICY, None),
    ],
)
def test_what_lambda_added_to_a_policy_stays(stated: Any, there: Any, left: Any) -> None:
    api = CannedApi()
    asked = work(
        api, REPOSITORY, {"RepositoryPolicyText": stated}, {**ANSWER, "RepositoryPolicyText": json.dumps(there)}
    )
    update = next(one for one in REPOSITORY.updates if "RepositoryPolicyText" in one.properties)
    update.step(asked)  # type: ignore[operator]
    if left is None:
        assert api.names() == ["ecr.delete_repository_policy"]
    else:
        assert json.loads(api.params("ecr.set_repository_policy")["policyText"])["Statement"] == left


def test_creation_speaks_the_api() -> None:
    asked = Work(
        Address(REPOSITORY.type, "backend"),
        {
            "RepositoryName": "shop/backend",
            "ImageTagMutability": "IMMUTABLE",
            "ImageScanningConfiguration": {"ScanOnPush": True},
            "EncryptionConfiguration": {"EncryptionType": "KMS", "KmsKey": "key"},
            "EmptyOnDelete": True,
        },
        api=None,  # type: ignore[arg-type]
        tags={"a": "b"},
    )
    assert creation(asked) == {
        "repositoryName": "shop/backend",
        "imageTagMutability": "IMMUTABLE",
        "imageScanningConfiguration": {"scanOnPush": True},
        "encryptionConfiguration": {"encryptionType": "KMS", "kmsKey": "key"},
        "tags": [{"Key": "a", "Value": "b"}],
    }


@pytest.mark.parametrize(
    ("partition", "host"),
    [("aws", "1.dkr.ecr.us-east-1.amazonaws.com"), ("aws-cn", "1.dkr.ecr.us-east-1.amazonaws.com.cn")],
)
def test_the_uri_is_predicted(partition: str, host: str) -> None:
    facts = {"partition": partition, "account": "1", "region": "us-east-1", "RepositoryName": "shop/backend"}
    assert predicted_uri(facts) == f"{host}/shop/backend"
    assert predicted_uri({**facts, "RepositoryName": Unknown("x")}) is None


# CloudFormation

NOT_KNOWN: dict[str, set[str]] = {}


@pytest.mark.parametrize("kind", [kind for kind in ecr.KINDS if kind.export], ids=lambda kind: kind.type)
def test_properties_are_cloudformations(kind: Kind) -> None:
    assert set(kind.properties) - schemas.writable(kind.type) == set()
    assert schemas.writable(kind.type) - set(kind.properties) == NOT_KNOWN.get(kind.type, set())


@pytest.mark.parametrize("kind", [kind for kind in ecr.KINDS if kind.export], ids=lambda kind: kind.type)
def test_what_cloudformation_cannot_change_is_not_changed(kind: Kind) -> None:
    fixed = schemas.names(kind.type, "createOnlyProperties") & set(kind.properties)
    rules = [kind.properties[name] for name in fixed]
    assert all(rule.immutable or rule.initial or rule.write_only for rule in rules)
