"""Secrets Manager."""

from __future__ import annotations

from typing import Any

from ansible_collections.stackwright.aws.plugins.module_utils.engine.document import Resource
from ansible_collections.stackwright.aws.plugins.module_utils.engine.values import Sensitive
from tests.contract.sample import Sample
from tests.contract.samples.kms import KEY, OTHER_KEY
from tests.contract.samples.rds import MANAGED

SECRET = Resource(
    "AWS::SecretsManager::Secret",
    "database",
    {
        "Name": "contract/database",
        "Description": "contract",
        "KmsKeyId": KEY.ref("Arn"),
        "GenerateSecretString": {
            "SecretStringTemplate": '{"username": "app"}',
            "GenerateStringKey": "password",
            "PasswordLength": 40,
            "ExcludePunctuation": True,
        },
        "ReplicaRegions": [{"Region": "us-west-2"}],
    },
)
PLAIN = Resource("AWS::SecretsManager::Secret", "plain", {"Name": "contract/plain", "SecretString": Sensitive("first")})


def _value(secret: Resource, **properties: Any) -> Resource:
    return Resource("Custom::SecretValue", secret.name, {"SecretId": secret.ref("Arn"), **properties})


SAMPLES = [
    Sample(
        kind="AWS::SecretsManager::Secret",
        resources=[KEY, OTHER_KEY, SECRET],
        changes={
            "Description": "changed",
            "KmsKeyId": OTHER_KEY.ref("Arn"),
            "ReplicaRegions": [{"Region": "eu-west-1"}],
        },
        immutable={"Name": "contract/renamed"},
    ),
    Sample(
        kind="Custom::SecretValue",
        resources=[KEY, SECRET, _value(SECRET, Fields={"host": "db.internal", "port": 5432})],
        changes={"Fields": {"host": "db2.internal", "port": 5433}},
        tags=False,
    ),
    Sample(
        kind="Custom::SecretValue",
        resources=[PLAIN, _value(PLAIN, Text=Sensitive("rediss://:one@cache.internal:6379/0"))],
        changes={"Text": Sensitive("rediss://:two@cache.internal:6379/0")},
        tags=False,
    ),
    Sample(
        kind="AWS::SecretsManager::RotationSchedule",
        resources=[
            MANAGED,
            Resource(
                "AWS::SecretsManager::RotationSchedule",
                "managed",
                {
                    "SecretId": MANAGED.ref("MasterUserSecret.SecretArn"),
                    "RotationRules": {"AutomaticallyAfterDays": 30},
                    "RotateImmediatelyOnUpdate": False,
                },
            ),
        ],
        changes={"RotationRules": {"AutomaticallyAfterDays": 90}},
        tags=False,
    ),
]
