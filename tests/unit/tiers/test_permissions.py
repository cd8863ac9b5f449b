"""Keys, roles, and what the words of `may` allow."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.stackwright.aws.plugins.module_utils.tiers.permissions import shortened

from .build import document, get, plain, problems

TRUSTS = {"services": ["ec2.amazonaws.com"]}


def _role(**options: Any) -> dict[str, Any]:
    doc = document(
        keys={"data": {}},
        buckets={"audio": {"key": "data"}, "plain": {}},
        secrets={"api": {}},
        roles={"ops": {"trusts": TRUSTS, **options}},
    )
    found: dict[str, Any] = plain(get(doc, "AWS::IAM::Role", "role.ops").properties)
    return found


def _statements(role: dict[str, Any]) -> list[tuple[list[str], list[str]]]:
    (policy,) = role["Policies"]
    return [(stmt["Action"], stmt["Resource"]) for stmt in policy["PolicyDocument"]["Statement"]]


@pytest.mark.parametrize(
    ("may", "allowed"),
    [
        (
            {"read": ["bucket.plain"]},
            [
                (["s3:GetBucketLocation", "s3:ListBucket"], ["<Bucket plain Arn>"]),
                (["s3:GetObject", "s3:GetObjectVersion"], ["<Bucket plain Arn>/*"]),
            ],
        ),
        (
            {"write": ["bucket.audio"]},
            [
                (["s3:AbortMultipartUpload", "s3:PutObject"], ["<Bucket audio Arn>/*"]),
                (["kms:Decrypt", "kms:GenerateDataKey"], ["<Key data Arn>"]),
            ],
        ),
        (
            {"read": "secret.api"},
            [(["secretsmanager:DescribeSecret", "secretsmanager:GetSecretValue"], ["<Secret api Arn>"])],
        ),
        ({"publish_metrics": ["Shop"]}, [(["cloudwatch:PutMetricData"], ["*"])]),
    ],
)
def test_may(may: dict[str, Any], allowed: list[tuple[list[str], list[str]]]) -> None:
    assert _statements(_role(may=may)) == allowed


def test_metrics_are_held_to_their_namespace() -> None:
    (policy,) = _role(may={"publish_metrics": ["Shop"]})["Policies"]
    assert policy["PolicyDocument"]["Statement"][0]["Condition"] == {"StringEquals": {"cloudwatch:namespace": ["Shop"]}}


def test_a_role_that_may_nothing_says_so() -> None:
    role = _role()
    assert role["Policies"] == []
    assert role["ManagedPolicyArns"] == []
    assert role["RoleName"] == "shop-prod-ops"


def test_statements_and_managed_policies() -> None:
    role = _role(
        statements=[{"Action": ["ec2:DescribeTags"], "Resource": "*"}],
        managed_policies=["AmazonSSMManagedInstanceCore", "arn:aws:iam::1:policy/own"],
    )
    assert _statements(role) == [(["ec2:DescribeTags"], "*")]
    assert role["ManagedPolicyArns"] == [
        "arn:<AWS Partition>:iam::aws:policy/AmazonSSMManagedInstanceCore",
        "arn:aws:iam::1:policy/own",
    ]


def test_federated_trust() -> None:
    trusts = {
        "federated": "arn:aws:iam::1:oidc-provider/token.actions.githubusercontent.com",
        "conditions": {"StringEquals": {"token.actions.githubusercontent.com:aud": "sts.amazonaws.com"}},
    }
    (statement,) = _role(trusts=trusts)["AssumeRolePolicyDocument"]["Statement"]
    assert statement["Action"] == "sts:AssumeRoleWithWebIdentity"
    assert statement["Principal"] == {"Federated": trusts["federated"]}
    assert statement["Condition"] == trusts["conditions"]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"may": {"raed": ["bucket.audio"]}}, "roles.ops.may.raed: 'bucket.audio': there is no such permission"),
        ({"may": {"publish": ["bucket.audio"]}}, "roles.ops.may.publish: 'bucket.audio': there is no such permission"),
        ({"may": {"read": ["bucket.adio"]}}, "roles.ops.may.read: 'bucket.adio' names nothing in `buckets`"),
        ({"trusts": {"federated": "arn:aws:iam::1:oidc-provider/x"}}, "roles.ops.trusts.federated: anybody"),
        ({"trusts": {}}, "roles.ops.trusts: needs one of services, principals, federated"),
    ],
)
def test_what_cannot_be(options: dict[str, Any], message: str) -> None:
    found = problems(buckets={"audio": {}}, roles={"ops": {"trusts": TRUSTS, **options}})
    assert any(line.startswith(message) for line in found)


def test_long_names_are_cut_and_stay_apart() -> None:
    one, other = shortened("a" * 70 + "1", 64), shortened("a" * 70 + "2", 64)
    assert len(one) == len(other) == 64
    assert one != other
    assert shortened("short", 64) == "short"


def test_a_key_leaves_the_decision_to_iam() -> None:
    doc = document(keys={"data": {"services": ["logs.eu-west-1.amazonaws.com", "sns.amazonaws.com"]}})
    key = get(doc, "AWS::KMS::Key", "data")
    account, logs, topics = plain(key.properties["KeyPolicy"])["Statement"]
    assert account["Principal"] == {"AWS": "arn:<AWS Partition>:iam::<AWS AccountId>:root"}
    assert logs["Condition"]["ArnLike"] == {
        "kms:EncryptionContext:aws:logs:arn": "arn:<AWS Partition>:logs:eu-west-1:<AWS AccountId>:*"
    }
    assert topics["Condition"] == {"StringEquals": {"aws:SourceAccount": "<AWS AccountId>"}}
    assert key.properties["EnableKeyRotation"] is True
    assert key.properties["PendingWindowInDays"] == 30
    assert key.protect
    alias = plain(get(doc, "AWS::KMS::Alias", "data").properties)
    assert alias == {"AliasName": "alias/shop-prod-data", "TargetKeyId": "<Key data KeyId>"}


def _data_role(*may: str, **database: Any) -> list[tuple[list[str], list[str]]]:
    engine = {"engine": "postgres", "engine_version": "16", "instance_class": "db.t3.medium"}
    doc = document(
        keys={"data": {}},
        databases={"main": {**engine, "key": "data", **database}},
        search_domains={"found": {"engine_version": "2.19", "instance_type": "r6g.large.search", "key": "data"}},
        roles={"ops": {"trusts": TRUSTS, "may": {"read": list(may)}}},
    )
    return _statements(plain(get(doc, "AWS::IAM::Role", "role.ops").properties))


def test_the_secret_of_a_database_may_be_read() -> None:
    read = ["secretsmanager:DescribeSecret", "secretsmanager:GetSecretValue"]
    assert _data_role("database.main.secret") == [(read, ["<Secret database.main Arn>"])]
    # One that RDS manages is encrypted by the database's key.
    assert _data_role("database.main.secret", rotate_password_days=30) == [
        (read, ["<DBInstance main MasterUserSecret.SecretArn>"]),
        (["kms:Decrypt"], ["<Key data Arn>"]),
    ]


def test_a_search_domain_decrypts_for_its_clients() -> None:
    assert _data_role("search_domain.found") == [
        (["es:ESHttpGet", "es:ESHttpHead", "es:ESHttpPost"], ["<Domain found Arn>/*"])
    ]
