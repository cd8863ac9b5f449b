"""Config."""

from __future__ import annotations

from ansible_collections.stackwright.aws.plugins.module_utils.engine.document import Resource
from tests.contract.sample import Sample
from tests.contract.samples.cloudtrail import delivering


def _role(name: str) -> Resource:
    trust = {"Effect": "Allow", "Principal": {"Service": "config.amazonaws.com"}, "Action": "sts:AssumeRole"}
    document = {"Version": "2012-10-17", "Statement": [trust]}
    return Resource("AWS::IAM::Role", name, {"RoleName": f"contract-{name}", "AssumeRolePolicyDocument": document})


ROLE, OTHER_ROLE = _role("config"), _role("other-config")
BUCKET, POLICY = delivering("config", "config.amazonaws.com")
OTHER_BUCKET, OTHER_POLICY = delivering("other-config", "config.amazonaws.com")
TOPIC = Resource("AWS::SNS::Topic", "config", {"TopicName": "contract-config"})

RECORDER = Resource(
    "AWS::Config::ConfigurationRecorder",
    "main",
    {
        "RoleARN": ROLE.ref("Arn"),
        "RecordingGroup": {"AllSupported": True, "IncludeGlobalResourceTypes": True},
        "RecordingMode": {"RecordingFrequency": "CONTINUOUS"},
    },
)
NAMED = Resource(RECORDER.kind, "named", {**RECORDER.properties, "Name": "contract"})
CHANNEL = Resource(
    "AWS::Config::DeliveryChannel",
    "main",
    {
        "S3BucketName": BUCKET.properties["BucketName"],
        "S3KeyPrefix": "config",
        "S3KmsKeyArn": "arn:aws:kms:us-east-1:123456789012:key/00000000-0000-0000-0000-000000000000",
        "ConfigSnapshotDeliveryProperties": {"DeliveryFrequency": "TwentyFour_Hours"},
    },
    depends_on=(RECORDER.address, POLICY.address),
)
RECORDING = Resource(
    "Custom::ConfigRecording",
    "main",
    {"RecorderName": RECORDER.ref("Name")},
    depends_on=(CHANNEL.address,),
)
RULE = Resource(
    "AWS::Config::ConfigRule",
    "encrypted",
    {
        "ConfigRuleName": "contract-encrypted",
        "Description": "volumes are encrypted",
        "Source": {"Owner": "AWS", "SourceIdentifier": "ENCRYPTED_VOLUMES"},
        "Scope": {"ComplianceResourceTypes": ["AWS::EC2::Volume"]},
    },
    depends_on=(RECORDER.address,),
)
PERIODIC = Resource(
    "AWS::Config::ConfigRule",
    "passwords",
    {
        "ConfigRuleName": "contract-passwords",
        "Source": {"Owner": "AWS", "SourceIdentifier": "IAM_PASSWORD_POLICY"},
        "InputParameters": {"MinimumPasswordLength": 14, "RequireNumbers": True},
        "MaximumExecutionFrequency": "TwentyFour_Hours",
    },
    depends_on=(RECORDER.address,),
)

SAMPLES = [
    Sample(
        kind="AWS::Config::ConfigurationRecorder",
        resources=[ROLE, OTHER_ROLE, RECORDER],
        changes={
            "RoleARN": OTHER_ROLE.ref("Arn"),
            "RecordingGroup": {"AllSupported": False, "ResourceTypes": ["AWS::S3::Bucket"]},
            "RecordingMode": {"RecordingFrequency": "DAILY"},
        },
    ),
    Sample(
        kind="AWS::Config::ConfigurationRecorder",
        resources=[ROLE, NAMED],
        immutable={"Name": "contract-renamed"},
    ),
    Sample(
        kind="AWS::Config::DeliveryChannel",
        resources=[ROLE, RECORDER, BUCKET, POLICY, OTHER_BUCKET, OTHER_POLICY, TOPIC, CHANNEL],
        changes={
            "S3BucketName": OTHER_BUCKET.properties["BucketName"],
            "S3KeyPrefix": "elsewhere",
            "SnsTopicARN": TOPIC.ref("TopicArn"),
            "ConfigSnapshotDeliveryProperties": {"DeliveryFrequency": "Six_Hours"},
        },
        tags=False,
    ),
    Sample(
        kind="Custom::ConfigRecording",
        resources=[ROLE, RECORDER, BUCKET, POLICY, CHANNEL, RECORDING],
        tags=False,
    ),
    Sample(
        kind="AWS::Config::ConfigRule",
        resources=[ROLE, RECORDER, RULE],
        changes={
            "Description": "every volume is encrypted",
            "Scope": {"TagKey": "team", "TagValue": "web"},
        },
        immutable={"ConfigRuleName": "contract-renamed"},
    ),
    Sample(
        kind="AWS::Config::ConfigRule",
        resources=[ROLE, RECORDER, PERIODIC],
        changes={
            "InputParameters": {"MinimumPasswordLength": 16},
            "MaximumExecutionFrequency": "Six_Hours",
        },
    ),
]
