"""Simple Storage Service."""

from __future__ import annotations

from typing import Any

from ansible_collections.stackwright.aws.plugins.module_utils.engine.document import Resource
from ansible_collections.stackwright.aws.plugins.module_utils.engine.values import Compose
from tests.contract.sample import Sample
from tests.contract.samples.iam import OTHER_ROLE

TARGET = Resource(
    "AWS::S3::Bucket",
    "target",
    {"BucketName": "contract-target", "VersioningConfiguration": {"Status": "Enabled"}},
)
TOPIC = Resource("AWS::SNS::Topic", "uploads", {"TopicName": "contract-uploads"})


def _service_policy(service: str, action: str, resource: Any) -> dict[str, Any]:
    principal = {"Service": f"{service}.amazonaws.com"}
    statement = {"Effect": "Allow", "Principal": principal, "Action": action, "Resource": resource}
    return {"Version": "2012-10-17", "Statement": [statement]}


def _encryption(algorithm: str) -> dict[str, Any]:
    return {"ServerSideEncryptionConfiguration": [{"ServerSideEncryptionByDefault": {"SSEAlgorithm": algorithm}}]}


def _lifecycle(days: int) -> dict[str, Any]:
    archive = {
        "Id": "archive",
        "Status": "Enabled",
        "Prefix": "audio/",
        "TagFilters": [{"Key": "keep", "Value": "yes"}],
        "Transitions": [
            {"StorageClass": "STANDARD_IA", "TransitionInDays": days},
            {"StorageClass": "GLACIER", "TransitionInDays": days + 60},
        ],
        "ExpirationInDays": 365,
        "NoncurrentVersionExpiration": {"NoncurrentDays": 30},
    }
    tidy = {"Status": "Enabled", "AbortIncompleteMultipartUpload": {"DaysAfterInitiation": 7}}
    return {"Rules": [archive, tidy]}


def _replication(prefix: str) -> dict[str, Any]:
    rule = {
        "Id": "everything",
        "Status": "Enabled",
        "Priority": 1,
        "Filter": {"Prefix": prefix},
        "DeleteMarkerReplication": {"Status": "Disabled"},
        "Destination": {"Bucket": TARGET.ref("Arn"), "StorageClass": "STANDARD_IA"},
    }
    return {"Role": OTHER_ROLE.ref("Arn"), "Rules": [rule]}


def _cors(origin: str) -> dict[str, Any]:
    rule = {"Id": "web", "AllowedMethods": ["GET", "PUT"], "AllowedOrigins": [origin], "AllowedHeaders": ["*"]}
    return {"CorsRules": [{**rule, "ExposedHeaders": ["ETag"], "MaxAge": 3000}]}


def _notification(event: str) -> dict[str, Any]:
    rules = [{"Name": "prefix", "Value": "audio/"}]
    return {
        "TopicConfigurations": [{"Topic": TOPIC.ref("TopicArn"), "Event": event, "Filter": {"S3Key": {"Rules": rules}}}]
    }


def _website(index: str) -> dict[str, Any]:
    rule = {"RoutingRuleCondition": {"KeyPrefixEquals": "old/"}, "RedirectRule": {"ReplaceKeyPrefixWith": "new/"}}
    return {"IndexDocument": index, "ErrorDocument": "error.html", "RoutingRules": [rule]}


def _tiering(days: int) -> list[dict[str, Any]]:
    return [
        {
            "Id": "cold",
            "Status": "Enabled",
            "Prefix": "x/",
            "Tierings": [{"AccessTier": "ARCHIVE_ACCESS", "Days": days}],
        }
    ]


def _inventory(frequency: str) -> list[dict[str, Any]]:
    destination = {"BucketArn": TARGET.ref("Arn"), "Format": "CSV", "Prefix": "inventory"}
    entry = {"Id": "all", "Enabled": True, "IncludedObjectVersions": "Current", "OptionalFields": ["Size", "ETag"]}
    return [{**entry, "ScheduleFrequency": frequency, "Destination": destination}]


def _analytics(prefix: str) -> list[dict[str, Any]]:
    destination = {"BucketArn": TARGET.ref("Arn"), "Format": "CSV", "Prefix": "analytics"}
    export = {"OutputSchemaVersion": "V_1", "Destination": destination}
    return [{"Id": "classes", "Prefix": prefix, "StorageClassAnalysis": {"DataExport": export}}]


def _block(value: bool) -> dict[str, bool]:
    return dict.fromkeys(("BlockPublicAcls", "BlockPublicPolicy", "IgnorePublicAcls", "RestrictPublicBuckets"), value)


LOGGING_POLICY = Resource(
    "AWS::S3::BucketPolicy",
    "logging",
    {
        "Bucket": TARGET.ref("BucketName"),
        "PolicyDocument": _service_policy("logging.s3", "s3:PutObject", Compose("{arn}/*", {"arn": TARGET.ref("Arn")})),
    },
)
PUBLISHING_POLICY = Resource(
    "AWS::SNS::TopicPolicy",
    "uploads",
    {
        "Topics": [TOPIC.ref("TopicArn")],
        "PolicyDocument": _service_policy("s3", "sns:Publish", TOPIC.ref("TopicArn")),
    },
)
BUCKET = Resource(
    "AWS::S3::Bucket",
    "audio",
    {
        "BucketName": "contract-audio",
        "BucketEncryption": _encryption("AES256"),
        "VersioningConfiguration": {"Status": "Enabled"},
        "PublicAccessBlockConfiguration": _block(True),
        "OwnershipControls": {"Rules": [{"ObjectOwnership": "BucketOwnerEnforced"}]},
        "LifecycleConfiguration": _lifecycle(30),
        "ReplicationConfiguration": _replication(""),
        "LoggingConfiguration": {"DestinationBucketName": TARGET.ref("BucketName"), "LogFilePrefix": "audio/"},
        "CorsConfiguration": _cors("https://one.example.com"),
        "NotificationConfiguration": _notification("s3:ObjectCreated:*"),
        "WebsiteConfiguration": _website("index.html"),
        "AccelerateConfiguration": {"AccelerationStatus": "Enabled"},
    },
    depends_on=(LOGGING_POLICY.address, PUBLISHING_POLICY.address),
)
WATCHED = Resource(
    "AWS::S3::Bucket",
    "watched",
    {
        "BucketName": "contract-watched",
        "IntelligentTieringConfigurations": _tiering(90),
        "InventoryConfigurations": _inventory("Daily"),
        "MetricsConfigurations": [{"Id": "all"}],
        "AnalyticsConfigurations": _analytics("audio/"),
    },
)
LOCKED = Resource(
    "AWS::S3::Bucket",
    "locked",
    {
        "BucketName": "contract-locked",
        "ObjectLockEnabled": True,
        "ObjectLockConfiguration": {
            "ObjectLockEnabled": "Enabled",
            "Rule": {"DefaultRetention": {"Mode": "GOVERNANCE", "Days": 1}},
        },
    },
)


def _policy(action: str) -> dict[str, Any]:
    objects = Compose("{bucket}/*", {"bucket": TARGET.ref("Arn")})
    insecure = {"Bool": {"aws:SecureTransport": "false"}}
    statement = {"Effect": "Deny", "Principal": "*", "Action": action, "Resource": objects, "Condition": insecure}
    return {"Version": "2012-10-17", "Statement": [statement]}


POLICY = Resource(
    "AWS::S3::BucketPolicy", "target", {"Bucket": TARGET.ref("BucketName"), "PolicyDocument": _policy("s3:*")}
)

SAMPLES = [
    Sample(
        kind="AWS::S3::Bucket",
        resources=[OTHER_ROLE, TARGET, LOGGING_POLICY, TOPIC, PUBLISHING_POLICY, BUCKET],
        changes={
            "BucketEncryption": _encryption("aws:kms"),
            "PublicAccessBlockConfiguration": {**_block(True), "BlockPublicPolicy": False},
            "OwnershipControls": {"Rules": [{"ObjectOwnership": "BucketOwnerPreferred"}]},
            "LifecycleConfiguration": _lifecycle(60),
            "ReplicationConfiguration": _replication("audio/"),
            "LoggingConfiguration": {"DestinationBucketName": TARGET.ref("BucketName"), "LogFilePrefix": "logs/"},
            "CorsConfiguration": _cors("https://two.example.com"),
            "NotificationConfiguration": _notification("s3:ObjectRemoved:*"),
            "WebsiteConfiguration": _website("home.html"),
            "AccelerateConfiguration": {"AccelerationStatus": "Suspended"},
        },
        immutable={"BucketName": "contract-renamed"},
    ),
    Sample(
        kind="AWS::S3::Bucket",
        resources=[TARGET],
        changes={"VersioningConfiguration": {"Status": "Suspended"}},
    ),
    Sample(
        kind="AWS::S3::Bucket",
        resources=[TARGET, WATCHED],
        changes={
            "IntelligentTieringConfigurations": _tiering(180),
            "InventoryConfigurations": _inventory("Weekly"),
            "MetricsConfigurations": [{"Id": "all"}, {"Id": "audio", "Prefix": "audio/"}],
            "AnalyticsConfigurations": _analytics("video/"),
        },
    ),
    Sample(
        kind="AWS::S3::Bucket",
        resources=[LOCKED],
        changes={
            "ObjectLockConfiguration": {
                "ObjectLockEnabled": "Enabled",
                "Rule": {"DefaultRetention": {"Mode": "GOVERNANCE", "Days": 2}},
            }
        },
    ),
    Sample(
        kind="AWS::S3::BucketPolicy",
        resources=[TARGET, POLICY],
        changes={"PolicyDocument": _policy("s3:PutObject")},
        tags=False,
    ),
]
