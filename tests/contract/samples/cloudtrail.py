"""CloudTrail."""

from __future__ import annotations

from typing import Any

from ansible_collections.stackwright.aws.plugins.module_utils.engine.document import Resource
from ansible_collections.stackwright.aws.plugins.module_utils.engine.values import Compose, account_id, partition
from tests.contract.sample import Sample


def delivering(name: str, service: str) -> tuple[Resource, Resource]:
    """A bucket that a service of AWS may deliver to, and the policy that says so."""
    bucket = Resource("AWS::S3::Bucket", name, {"BucketName": f"contract-{name}"})
    arn = bucket.ref("Arn")
    allowed = {"Effect": "Allow", "Principal": {"Service": service}}
    statements = [
        {**allowed, "Action": "s3:GetBucketAcl", "Resource": arn},
        {**allowed, "Action": "s3:ListBucket", "Resource": arn},
        {**allowed, "Action": "s3:PutObject", "Resource": Compose("{arn}/*", {"arn": arn})},
    ]
    document = {"Version": "2012-10-17", "Statement": statements}
    policy = Resource(
        "AWS::S3::BucketPolicy",
        name,
        {"Bucket": bucket.properties["BucketName"], "PolicyDocument": document},
        depends_on=(bucket.address,),
    )
    return bucket, policy


def _key(name: str) -> Resource:
    owner = Compose("arn:{partition}:iam::{account}:root", {"partition": partition(), "account": account_id()})
    statements = [
        {"Effect": "Allow", "Principal": {"AWS": owner}, "Action": "kms:*", "Resource": "*"},
        {
            "Effect": "Allow",
            "Principal": {"Service": "cloudtrail.amazonaws.com"},
            "Action": ["kms:GenerateDataKey*", "kms:DescribeKey"],
            "Resource": "*",
        },
    ]
    return Resource("AWS::KMS::Key", name, {"KeyPolicy": {"Version": "2012-10-17", "Statement": statements}})


def _role(name: str) -> Resource:
    trust = {"Effect": "Allow", "Principal": {"Service": "cloudtrail.amazonaws.com"}, "Action": "sts:AssumeRole"}
    document = {"Version": "2012-10-17", "Statement": [trust]}
    return Resource("AWS::IAM::Role", name, {"RoleName": f"contract-{name}", "AssumeRolePolicyDocument": document})


BUCKET, POLICY = delivering("trail", "cloudtrail.amazonaws.com")
OTHER_BUCKET, OTHER_POLICY = delivering("other-trail", "cloudtrail.amazonaws.com")
KEY, OTHER_KEY = _key("trail"), _key("other-trail")
ROLE, OTHER_ROLE = _role("trail"), _role("other-trail")
GROUP = Resource("AWS::Logs::LogGroup", "trail", {"LogGroupName": "/contract/trail"})
OTHER_GROUP = Resource("AWS::Logs::LogGroup", "other-trail", {"LogGroupName": "/contract/other-trail"})
TOPIC = Resource("AWS::SNS::Topic", "trail", {"TopicName": "contract-trail"})

NEEDS = [BUCKET, POLICY, OTHER_BUCKET, OTHER_POLICY, KEY, OTHER_KEY, ROLE, OTHER_ROLE, GROUP, OTHER_GROUP, TOPIC]


def _writes(kind: str) -> list[dict[str, Any]]:
    return [{"ReadWriteType": kind, "IncludeManagementEvents": True}]


TRAIL = Resource(
    "AWS::CloudTrail::Trail",
    "main",
    {
        "TrailName": "contract",
        "S3BucketName": BUCKET.properties["BucketName"],
        "S3KeyPrefix": "trail",
        "IncludeGlobalServiceEvents": True,
        "IsMultiRegionTrail": True,
        "EnableLogFileValidation": True,
        "KMSKeyId": KEY.ref("Arn"),
        "CloudWatchLogsLogGroupArn": GROUP.ref("Arn"),
        "CloudWatchLogsRoleArn": ROLE.ref("Arn"),
        "IsLogging": True,
        "EventSelectors": _writes("All"),
    },
    depends_on=(POLICY.address,),
)
ADVANCED = Resource(
    "AWS::CloudTrail::Trail",
    "objects",
    {
        "TrailName": "contract-objects",
        "S3BucketName": BUCKET.properties["BucketName"],
        "IsLogging": False,
        "AdvancedEventSelectors": [{"FieldSelectors": [{"Field": "eventCategory", "Equals": ["Management"]}]}],
    },
    depends_on=(POLICY.address,),
)

SAMPLES = [
    Sample(
        kind="AWS::CloudTrail::Trail",
        resources=[*NEEDS, TRAIL],
        changes={
            "S3BucketName": OTHER_BUCKET.properties["BucketName"],
            "S3KeyPrefix": "",
            "SnsTopicName": "contract-trail",
            "EnableLogFileValidation": False,
            "IsMultiRegionTrail": False,
            "IncludeGlobalServiceEvents": False,
            "IsOrganizationTrail": True,
            "KMSKeyId": OTHER_KEY.ref("Arn"),
            "CloudWatchLogsLogGroupArn": OTHER_GROUP.ref("Arn"),
            "CloudWatchLogsRoleArn": OTHER_ROLE.ref("Arn"),
            "IsLogging": False,
            "EventSelectors": _writes("WriteOnly"),
            "InsightSelectors": [{"InsightType": "ApiCallRateInsight"}],
        },
        immutable={"TrailName": "contract-renamed"},
    ),
    Sample(
        kind="AWS::CloudTrail::Trail",
        resources=[BUCKET, POLICY, ADVANCED],
        changes={
            "AdvancedEventSelectors": [
                {"Name": "writes", "FieldSelectors": [{"Field": "eventCategory", "Equals": ["Data"]}]}
            ],
            "IsLogging": True,
        },
    ),
]
