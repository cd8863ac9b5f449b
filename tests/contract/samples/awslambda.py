"""Lambda."""

from __future__ import annotations

from typing import Any

from ansible_collections.stackwright.aws.plugins.module_utils.engine.document import Resource
from tests.contract.sample import Sample
from tests.contract.samples.ec2 import GROUP, OTHER_SUBNET, SUBNET, VPC
from tests.contract.samples.kms import KEY, OTHER_KEY
from tests.contract.samples.sqs import DEAD, PLAIN

SOURCE = "def handler(event, context):\n    return {'ok': True}\n"
ACTIONS = ["sqs:DeleteMessage", "sqs:GetQueueAttributes", "sqs:ReceiveMessage", "sqs:SendMessage"]


def _role(name: str) -> Resource:
    trust = {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}
    allowed = {"Effect": "Allow", "Action": ACTIONS, "Resource": "arn:aws:sqs:us-east-1:123456789012:contract-*"}
    document = {"Version": "2012-10-17", "Statement": [allowed]}
    return Resource(
        "AWS::IAM::Role",
        name,
        {
            "RoleName": f"contract-{name}",
            "AssumeRolePolicyDocument": {"Version": "2012-10-17", "Statement": [trust]},
            "Policies": [{"PolicyName": "own", "PolicyDocument": document}],
        },
    )


ROLE = _role("function")
OTHER_ROLE = _role("other-function")
FUNCTION = Resource(
    "AWS::Lambda::Function",
    "worker",
    {
        "FunctionName": "contract-worker",
        "Code": {"ZipFile": SOURCE},
        "Runtime": "python3.13",
        "Handler": "index.handler",
        "Role": ROLE.ref("Arn"),
        "Architectures": ["x86_64"],
        "Description": "contract",
        "Timeout": 30,
        "MemorySize": 512,
        "Environment": {"Variables": {"MODE": "test"}},
        "VpcConfig": {"SubnetIds": [SUBNET.ref("SubnetId")], "SecurityGroupIds": [GROUP.ref("GroupId")]},
        "TracingConfig": {"Mode": "Active"},
        "DeadLetterConfig": {"TargetArn": DEAD.ref("Arn")},
        "EphemeralStorage": {"Size": 1024},
        "LoggingConfig": {"LogFormat": "JSON", "LogGroup": "/aws/lambda/contract-worker"},
        "KmsKeyArn": KEY.ref("Arn"),
        "ReservedConcurrentExecutions": 5,
        "RecursiveLoop": "Allow",
        "RuntimeManagementConfig": {"UpdateRuntimeOn": "FunctionUpdate"},
        "SnapStart": {"ApplyOn": "PublishedVersions"},
    },
)
SMALL = Resource(
    "AWS::Lambda::Function",
    "small",
    {
        "FunctionName": "contract-small",
        "InitialCode": {"ZipFile": SOURCE, "FileName": "app.py"},
        "Runtime": "python3.13",
        "Handler": "app.handler",
        "Role": ROLE.ref("Arn"),
    },
)
IMAGE = Resource(
    "AWS::Lambda::Function",
    "image",
    {
        "FunctionName": "contract-image",
        "PackageType": "Image",
        "Code": {"ImageUri": "123456789012.dkr.ecr.us-east-1.amazonaws.com/contract:1"},
        "ImageConfig": {"Command": ["app.handler"]},
        "Role": ROLE.ref("Arn"),
    },
)
VERSION = Resource(
    "AWS::Lambda::Version", "small", {"FunctionName": SMALL.ref("FunctionName"), "Description": "Initial"}
)
ALIAS = Resource(
    "AWS::Lambda::Alias",
    "small",
    {
        "FunctionName": SMALL.ref("FunctionName"),
        "Name": "Production",
        "FunctionVersion": VERSION.ref("Version"),
        "Description": "contract",
        "ProvisionedConcurrencyConfig": {"ProvisionedConcurrentExecutions": 2},
    },
)
PERMISSION = Resource(
    "AWS::Lambda::Permission",
    "events",
    {
        "FunctionName": SMALL.ref("FunctionName"),
        "Action": "lambda:InvokeFunction",
        "Principal": "events.amazonaws.com",
        "SourceArn": "arn:aws:events:us-east-1:123456789012:rule/contract",
        "SourceAccount": "123456789012",
    },
)
PERMISSION_ON_ALIAS = Resource(
    "AWS::Lambda::Permission",
    "alias",
    {"FunctionName": ALIAS.ref("AliasArn"), "Action": "lambda:InvokeFunction", "Principal": "123456789012"},
)
MAPPING = Resource(
    "AWS::Lambda::EventSourceMapping",
    "work",
    {
        "EventSourceArn": PLAIN.ref("Arn"),
        "FunctionName": SMALL.ref("Arn"),
        "BatchSize": 10,
        "MaximumBatchingWindowInSeconds": 0,
        "ScalingConfig": {"MaximumConcurrency": 2},
        "FunctionResponseTypes": ["ReportBatchItemFailures"],
        "Enabled": True,
        "FilterCriteria": {"Filters": [{"Pattern": '{"body": {"kind": ["audio"]}}'}]},
        "MetricsConfig": {"Metrics": ["EventCount"]},
        "KmsKeyArn": KEY.ref("Arn"),
    },
)
INVOKE = Resource(
    "AWS::Lambda::EventInvokeConfig",
    "small",
    {
        "FunctionName": SMALL.ref("FunctionName"),
        "Qualifier": "$LATEST",
        "MaximumRetryAttempts": 1,
        "MaximumEventAgeInSeconds": 3600,
        "DestinationConfig": {"OnFailure": {"Destination": DEAD.ref("Arn")}},
    },
)
NETWORK: dict[str, Any] = {
    "SubnetIds": [SUBNET.ref("SubnetId"), OTHER_SUBNET.ref("SubnetId")],
    "SecurityGroupIds": [GROUP.ref("GroupId")],
}

SAMPLES = [
    Sample(
        kind="AWS::Lambda::Function",
        resources=[VPC, SUBNET, OTHER_SUBNET, GROUP, KEY, OTHER_KEY, DEAD, PLAIN, ROLE, OTHER_ROLE, FUNCTION],
        changes={
            "Code": {"ZipFile": SOURCE.replace("True", "False")},
            "Architectures": ["arm64"],
            "Runtime": "python3.14",
            "Handler": "index.other",
            "Role": OTHER_ROLE.ref("Arn"),
            "Description": "changed",
            "Timeout": 300,
            "MemorySize": 1024,
            "Environment": {"Variables": {"OTHER": "value"}},
            "VpcConfig": NETWORK,
            "TracingConfig": {"Mode": "PassThrough"},
            "DeadLetterConfig": {"TargetArn": PLAIN.ref("Arn")},
            "EphemeralStorage": {"Size": 512},
            "LoggingConfig": {"LogFormat": "JSON", "ApplicationLogLevel": "WARN"},
            "KmsKeyArn": OTHER_KEY.ref("Arn"),
            "ReservedConcurrentExecutions": 0,
            "RecursiveLoop": "Terminate",
            "RuntimeManagementConfig": {"UpdateRuntimeOn": "Auto"},
            "SnapStart": {"ApplyOn": "None"},
        },
        immutable={"FunctionName": "contract-renamed"},
    ),
    Sample(kind="AWS::Lambda::Function", resources=[ROLE, SMALL], changes={"MemorySize": 256}),
    Sample(
        kind="AWS::Lambda::Function",
        resources=[ROLE, IMAGE],
        changes={
            "Code": {"ImageUri": "123456789012.dkr.ecr.us-east-1.amazonaws.com/contract:2"},
            "ImageConfig": {"Command": ["other.handler"]},
        },
    ),
    Sample(
        kind="AWS::Lambda::Version",
        resources=[ROLE, SMALL, VERSION],
        immutable={"Description": "Other"},
        tags=False,
    ),
    Sample(
        kind="AWS::Lambda::Alias",
        resources=[ROLE, SMALL, VERSION, ALIAS],
        changes={
            "Description": "changed",
            "ProvisionedConcurrencyConfig": {"ProvisionedConcurrentExecutions": 3},
        },
        immutable={"Name": "Staging"},
        tags=False,
    ),
    Sample(
        kind="AWS::Lambda::Permission",
        resources=[ROLE, SMALL, PERMISSION],
        immutable={"Principal": "sns.amazonaws.com"},
        tags=False,
    ),
    Sample(kind="AWS::Lambda::Permission", resources=[ROLE, SMALL, VERSION, ALIAS, PERMISSION_ON_ALIAS], tags=False),
    Sample(
        kind="AWS::Lambda::EventSourceMapping",
        resources=[KEY, OTHER_KEY, DEAD, PLAIN, ROLE, SMALL, MAPPING],
        changes={
            "BatchSize": 5,
            "MaximumBatchingWindowInSeconds": 5,
            "ScalingConfig": {"MaximumConcurrency": 10},
            "FunctionResponseTypes": [],
            "Enabled": False,
            "FilterCriteria": {"Filters": [{"Pattern": '{"body": {"kind": ["text"]}}'}]},
            "MetricsConfig": {"Metrics": []},
            "KmsKeyArn": OTHER_KEY.ref("Arn"),
        },
        immutable={"EventSourceArn": DEAD.ref("Arn")},
    ),
    Sample(
        kind="AWS::Lambda::EventInvokeConfig",
        resources=[DEAD, ROLE, SMALL, INVOKE],
        changes={
            "MaximumRetryAttempts": 0,
            "MaximumEventAgeInSeconds": 600,
            "DestinationConfig": {"OnFailure": {"Destination": "arn:aws:sns:us-east-1:123456789012:contract"}},
        },
        tags=False,
    ),
]
