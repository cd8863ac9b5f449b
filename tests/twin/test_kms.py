# Copyright (c) stackwright.aws contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
from __future__ import annotations

import json
from typing import Any

import pytest

from tests.twin.helpers import refused


@pytest.fixture
def kms(client: Any) -> Any:
    return client("kms")


@pytest.fixture
def key(kms: Any) -> str:
    return str(kms.create_key()["KeyMetadata"]["KeyId"])


def policy(principal: dict[str, str], action: str = "kms:*") -> str:
    statement = {"Effect": "Allow", "Principal": principal, "Action": action, "Resource": "*"}
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


def test_defaults(kms: Any, key: str) -> None:
    seen = kms.describe_key(KeyId=key)["KeyMetadata"]
    assert (seen["KeyUsage"], seen["MultiRegion"], seen["KeyState"]) == ("ENCRYPT_DECRYPT", False, "Enabled")
    assert "SigningAlgorithms" not in seen
    managed = kms.describe_key(KeyId="alias/aws/rds")["KeyMetadata"]
    assert managed["KeyManager"] == "AWS"


def test_rotation_shows_its_period(kms: Any, key: str) -> None:
    assert "RotationPeriodInDays" not in kms.get_key_rotation_status(KeyId=key)
    kms.enable_key_rotation(KeyId=key)
    assert kms.get_key_rotation_status(KeyId=key)["RotationPeriodInDays"] == 365
    kms.enable_key_rotation(KeyId=key, RotationPeriodInDays=180)
    seen = kms.get_key_rotation_status(KeyId=key)
    assert (seen["KeyRotationEnabled"], seen["RotationPeriodInDays"]) == (True, 180)
    assert "NextRotationDate" in seen
    kms.disable_key_rotation(KeyId=key)
    assert not kms.get_key_rotation_status(KeyId=key)["KeyRotationEnabled"]
    asymmetric = kms.create_key(KeySpec="ECC_NIST_P256", KeyUsage="SIGN_VERIFY")["KeyMetadata"]["KeyId"]
    with refused("UnsupportedOperationException"):
        kms.enable_key_rotation(KeyId=asymmetric)


def test_policies(kms: Any, key: str) -> None:
    def put(document: str, **more: Any) -> None:
        kms.put_key_policy(KeyId=key, PolicyName="default", Policy=document, **more)

    with refused("MalformedPolicyDocumentException"):
        put("nonsense")
    with refused("MalformedPolicyDocumentException", 400, "update the key policy in the future"):
        put(policy({"Service": "logs.amazonaws.com"}))
    with refused("MalformedPolicyDocumentException", 400, "invalid principals"):
        kms.create_key(Policy=policy({"AWS": "arn:aws:iam::123456789012:role/missing"}))
    put(policy({"Service": "logs.amazonaws.com"}), BypassPolicyLockoutSafetyCheck=True)
    document = policy({"AWS": "arn:aws:iam::123456789012:root"})
    put(document)
    assert json.loads(kms.get_key_policy(KeyId=key)["Policy"]) == json.loads(document)


def test_pending_deletion(kms: Any, key: str) -> None:
    arn = kms.describe_key(KeyId=key)["KeyMetadata"]["Arn"]
    kms.disable_key(KeyId=key)
    with refused("DisabledException"):
        kms.encrypt(KeyId=key, Plaintext=b"x")
    with refused("ValidationException"):
        kms.schedule_key_deletion(KeyId=arn, PendingWindowInDays=3)
    made = kms.schedule_key_deletion(KeyId=arn, PendingWindowInDays=7)
    assert (made["KeyId"], made["KeyState"], made["PendingWindowInDays"]) == (arn, "PendingDeletion", 7)
    tags = [{"TagKey": "a", "TagValue": "b"}]
    for call in (
        lambda: kms.encrypt(KeyId=key, Plaintext=b"x"),
        lambda: kms.enable_key(KeyId=key),
        lambda: kms.enable_key_rotation(KeyId=key),
        lambda: kms.tag_resource(KeyId=key, Tags=tags),
        lambda: kms.create_alias(AliasName="alias/a", TargetKeyId=key),
        lambda: kms.schedule_key_deletion(KeyId=key, PendingWindowInDays=7),
    ):
        with refused("KMSInvalidStateException", 400, "pending deletion"):
            call()
    kms.cancel_key_deletion(KeyId=key)
    assert kms.describe_key(KeyId=key)["KeyMetadata"]["KeyState"] == "Disabled"
    with refused("KMSInvalidStateException"):
        kms.cancel_key_deletion(KeyId=key)


def test_multi_region_keys(kms: Any, client: Any) -> None:
    other = client("kms", "us-west-2")
    key = kms.create_key(MultiRegion=True)["KeyMetadata"]["KeyId"]
    assert len(key) == len("mrk-") + 32
    tags = [{"TagKey": "a", "TagValue": "b"}]
    replica = kms.replicate_key(KeyId=key, ReplicaRegion="us-west-2", Description="dr", Tags=tags)
    assert replica["ReplicaKeyMetadata"]["KeyState"] == "Creating"
    with refused("AlreadyExistsException"):
        kms.replicate_key(KeyId=key, ReplicaRegion="us-west-2")
    for seen, kind in ((kms, "PRIMARY"), (other, "REPLICA")):
        family = seen.describe_key(KeyId=key)["KeyMetadata"]["MultiRegionConfiguration"]
        assert family["MultiRegionKeyType"] == kind
        assert family["PrimaryKey"]["Region"] == "us-east-1"
        assert [one["Region"] for one in family["ReplicaKeys"]] == ["us-west-2"]
    secret = kms.encrypt(KeyId=key, Plaintext=b"x")["CiphertextBlob"]
    assert other.decrypt(CiphertextBlob=secret)["Plaintext"] == b"x"
    assert other.list_resource_tags(KeyId=key)["Tags"] == tags
    kms.create_alias(AliasName="alias/primary", TargetKeyId=key)
    assert other.list_aliases(KeyId=key)["Aliases"] == []
    assert kms.schedule_key_deletion(KeyId=key)["KeyState"] == "PendingReplicaDeletion"
    single = kms.create_key()["KeyMetadata"]["KeyId"]
    with refused("UnsupportedOperationException"):
        kms.replicate_key(KeyId=single, ReplicaRegion="us-west-2")


def test_pages_and_aliases(kms: Any) -> None:
    for number in range(3):
        key = kms.create_key()["KeyMetadata"]["KeyId"]
        kms.create_alias(AliasName=f"alias/a{number}", TargetKeyId=key)
    first = kms.list_keys(Limit=2)
    assert (len(first["Keys"]), first["Truncated"]) == (2, True)
    assert len(kms.list_keys(Limit=2, Marker=first["NextMarker"])["Keys"]) == 1
    assert len(kms.list_aliases(Limit=2)["Aliases"]) == 2
    with refused("NotAuthorizedException"):
        kms.create_alias(AliasName="alias/aws/mine", TargetKeyId=key)
