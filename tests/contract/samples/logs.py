"""CloudWatch Logs."""

from __future__ import annotations

from typing import Any

from ansible_collections.stackwright.aws.plugins.module_utils.engine.document import Resource
from ansible_collections.stackwright.aws.plugins.module_utils.engine.values import Compose, account_id, partition
from tests.contract.sample import Sample


def _protection(kind: str) -> dict[str, Any]:
    identifiers = [f"arn:aws:dataprotection::aws:data-identifier/{kind}"]
    audit = {"Sid": "audit", "DataIdentifier": identifiers, "Operation": {"Audit": {"FindingsDestination": {}}}}
    mask = {"Sid": "mask", "DataIdentifier": identifiers, "Operation": {"Deidentify": {"MaskConfig": {}}}}
    return {"Name": "contract", "Version": "2021-06-01", "Statement": [audit, mask]}


def _key(name: str) -> Resource:
    """A key that CloudWatch Logs may use."""
    owner = Compose("arn:{partition}:iam::{account}:root", {"partition": partition(), "account": account_id()})
    anything = {"Effect": "Allow", "Action": "kms:*", "Resource": "*"}
    uses = ["kms:Encrypt*", "kms:Decrypt*", "kms:ReEncrypt*", "kms:GenerateDataKey*", "kms:Describe*"]
    service = {"Effect": "Allow", "Action": uses, "Resource": "*"}
    statements = [
        {**anything, "Principal": {"AWS": owner}},
        {**service, "Principal": {"Service": "logs.us-east-1.amazonaws.com"}},
    ]
    return Resource("AWS::KMS::Key", name, {"KeyPolicy": {"Version": "2012-10-17", "Statement": statements}})


KEY = _key("logs")
OTHER_KEY = _key("other")
GROUP = Resource(
    "AWS::Logs::LogGroup",
    "backend",
    {
        "LogGroupName": "/contract/backend",
        "RetentionInDays": 30,
        "KmsKeyId": KEY.ref("Arn"),
        "LogGroupClass": "STANDARD",
        "DeletionProtectionEnabled": False,
        "DataProtectionPolicy": _protection("EmailAddress"),
    },
)
INDEXED = Resource(
    "AWS::Logs::LogGroup",
    "indexed",
    {"LogGroupName": "/contract/indexed", "FieldIndexPolicies": [{"Fields": ["requestId"]}]},
)


def _writes(service: str) -> dict[str, Any]:
    statement = {
        "Effect": "Allow",
        "Principal": {"Service": service},
        "Action": ["logs:CreateLogStream", "logs:PutLogEvents"],
        "Resource": INDEXED.ref("Arn"),
    }
    return {"Version": "2012-10-17", "Statement": [statement]}


RESOURCE_POLICY = Resource(
    "AWS::Logs::ResourcePolicy",
    "search",
    {"PolicyName": "contract-search", "PolicyDocument": _writes("es.amazonaws.com")},
)


def _metric(name: str, **more: Any) -> list[dict[str, Any]]:
    return [{"MetricNamespace": "Contract", "MetricName": name, "MetricValue": "1", **more}]


FILTERED = Resource("AWS::Logs::LogGroup", "filtered", {"LogGroupName": "/contract/filtered"})
FILTER = Resource(
    "AWS::Logs::MetricFilter",
    "errors",
    {
        "LogGroupName": FILTERED.ref("LogGroupName"),
        "FilterName": "errors",
        "FilterPattern": '{ $.level = "error" }',
        "MetricTransformations": _metric("Errors", DefaultValue=0, Unit="Count"),
        "ApplyOnTransformedLogs": False,
    },
)
QUERY = Resource(
    "AWS::Logs::QueryDefinition",
    "slow",
    {
        "Name": "contract/slow",
        "QueryString": "fields @timestamp, @message\n| filter ms > 1000\n",
        "LogGroupNames": ["/contract/backend", "/contract/indexed"],
        "QueryLanguage": "CWLI",
    },
)

SAMPLES = [
    Sample(
        kind="AWS::Logs::MetricFilter",
        resources=[FILTERED, FILTER],
        changes={
            "FilterPattern": "ERROR",
            "MetricTransformations": _metric("Errors", Dimensions=[{"Key": "Agent", "Value": "$.agent"}]),
            "ApplyOnTransformedLogs": True,
            "FieldSelectionCriteria": '@aws.region = "us-east-1"',
            "EmitSystemFieldDimensions": ["@aws.account"],
        },
        immutable={"FilterName": "renamed"},
        tags=False,
    ),
    Sample(
        kind="AWS::Logs::QueryDefinition",
        resources=[QUERY],
        changes={
            "QueryString": "fields @timestamp\n| filter ms > {{limit}}",
            "LogGroupNames": ["/contract/backend"],
            "QueryLanguage": "PPL",
            "Parameters": [{"Name": "limit", "DefaultValue": "1000"}],
        },
        immutable={"Name": "contract/renamed"},
        tags=False,
    ),
    Sample(
        kind="AWS::Logs::LogGroup",
        resources=[KEY, OTHER_KEY, GROUP],
        changes={
            "RetentionInDays": 90,
            "KmsKeyId": OTHER_KEY.ref("Arn"),
            "DeletionProtectionEnabled": True,
            "DataProtectionPolicy": _protection("CreditCardNumber"),
        },
        immutable={"LogGroupName": "/contract/renamed", "LogGroupClass": "INFREQUENT_ACCESS"},
    ),
    Sample(
        kind="AWS::Logs::LogGroup",
        resources=[INDEXED],
        changes={"FieldIndexPolicies": [{"Fields": ["requestId", "userId"]}]},
    ),
    Sample(
        kind="AWS::Logs::ResourcePolicy",
        resources=[INDEXED, RESOURCE_POLICY],
        changes={"PolicyDocument": _writes("delivery.logs.amazonaws.com")},
        immutable={"PolicyName": "contract-renamed"},
        tags=False,
    ),
]
