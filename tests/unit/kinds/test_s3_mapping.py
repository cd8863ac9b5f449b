"""How a bucket's configurations travel between CloudFormation's shape and S3's."""

from __future__ import annotations

import datetime
from typing import Any

import pytest

from ansible_collections.stackwright.aws.plugins.module_utils.engine.diff import differs
from ansible_collections.stackwright.aws.plugins.module_utils.engine.errors import ResourceError
from ansible_collections.stackwright.aws.plugins.module_utils.kinds.s3 import S3_BUCKET, lifecycle, mapping
from ansible_collections.stackwright.aws.plugins.module_utils.kinds.s3.bucket import bucket_facts
from ansible_collections.stackwright.aws.plugins.module_utils.kinds.s3.configurations import CONFIGURATIONS
from tests.unit.kinds.canned import OWNER, CannedApi, scope, work

UTC = datetime.UTC
TAG = {"Key": "keep", "Value": "yes"}
FILTER_RULES = [{"Name": "prefix", "Value": "audio/"}]
BY_NAME = {configuration.name: configuration for configuration in CONFIGURATIONS}

#: Property, what is stated, what is sent, what S3 answers to it.
ROUND_TRIPS: list[Any] = [
    pytest.param(
        "BucketEncryption",
        {
            "ServerSideEncryptionConfiguration": [
                {
                    "ServerSideEncryptionByDefault": {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": "k"},
                    "BucketKeyEnabled": True,
                }
            ]
        },
        {
            "Rules": [
                {
                    "ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": "k"},
                    "BucketKeyEnabled": True,
                }
            ]
        },
        id="encryption",
    ),
    pytest.param(
        "CorsConfiguration",
        {
            "CorsRules": [
                {
                    "Id": "w",
                    "AllowedMethods": ["GET"],
                    "AllowedOrigins": ["*"],
                    "ExposedHeaders": ["ETag"],
                    "MaxAge": 60,
                }
            ]
        },
        {
            "CORSRules": [
                {
                    "ID": "w",
                    "AllowedMethods": ["GET"],
                    "AllowedOrigins": ["*"],
                    "ExposeHeaders": ["ETag"],
                    "MaxAgeSeconds": 60,
                }
            ]
        },
        id="cors",
    ),
    pytest.param(
        "WebsiteConfiguration",
        {
            "IndexDocument": "index.html",
            "ErrorDocument": "error.html",
            "RoutingRules": [
                {"RoutingRuleCondition": {"KeyPrefixEquals": "a"}, "RedirectRule": {"ReplaceKeyPrefixWith": "b"}}
            ],
        },
        {
            "IndexDocument": {"Suffix": "index.html"},
            "ErrorDocument": {"Key": "error.html"},
            "RoutingRules": [{"Condition": {"KeyPrefixEquals": "a"}, "Redirect": {"ReplaceKeyPrefixWith": "b"}}],
        },
        id="website",
    ),
    pytest.param(
        "NotificationConfiguration",
        {
            "QueueConfigurations": [
                {"Queue": "arn:q", "Event": "s3:ObjectCreated:*", "Filter": {"S3Key": {"Rules": FILTER_RULES}}}
            ],
            "LambdaConfigurations": [{"Function": "arn:f", "Event": "s3:ObjectRemoved:*"}],
            "EventBridgeConfiguration": {"EventBridgeEnabled": True},
        },
        {
            "QueueConfigurations": [
                {
                    "QueueArn": "arn:q",
                    "Events": ["s3:ObjectCreated:*"],
                    "Filter": {"Key": {"FilterRules": FILTER_RULES}},
                }
            ],
            "LambdaFunctionConfigurations": [{"LambdaFunctionArn": "arn:f", "Events": ["s3:ObjectRemoved:*"]}],
            "EventBridgeConfiguration": {},
        },
        id="notification",
    ),
    pytest.param(
        "ReplicationConfiguration",
        {
            "Role": "arn:r",
            "Rules": [
                {
                    "Id": "all",
                    "Status": "Enabled",
                    "Priority": 1,
                    "Filter": {"And": {"Prefix": "a/", "TagFilters": [TAG]}},
                    "DeleteMarkerReplication": {"Status": "Disabled"},
                    "Destination": {"Bucket": "arn:b", "StorageClass": "STANDARD_IA"},
                }
            ],
        },
        {
            "Role": "arn:r",
            "Rules": [
                {
                    "ID": "all",
                    "Status": "Enabled",
                    "Priority": 1,
                    "Filter": {"And": {"Prefix": "a/", "Tags": [TAG]}},
                    "DeleteMarkerReplication": {"Status": "Disabled"},
                    "Destination": {"Bucket": "arn:b", "StorageClass": "STANDARD_IA"},
                }
            ],
        },
        id="replication",
    ),
]

SETS: list[Any] = [
    pytest.param(
        "IntelligentTieringConfigurations",
        {"Id": "c", "Status": "Enabled", "Prefix": "x/", "Tierings": [{"AccessTier": "ARCHIVE_ACCESS", "Days": 90}]},
        {
            "Id": "c",
            "Status": "Enabled",
            "Filter": {"Prefix": "x/"},
            "Tierings": [{"AccessTier": "ARCHIVE_ACCESS", "Days": 90}],
        },
        id="tiering",
    ),
    pytest.param("MetricsConfigurations", {"Id": "m"}, {"Id": "m"}, id="metrics of the whole bucket"),
    pytest.param(
        "MetricsConfigurations",
        {"Id": "m", "Prefix": "a/", "TagFilters": [TAG]},
        {"Id": "m", "Filter": {"And": {"Prefix": "a/", "Tags": [TAG]}}},
        id="metrics of a part",
    ),
    pytest.param(
        "AnalyticsConfigurations",
        {
            "Id": "a",
            "TagFilters": [TAG],
            "StorageClassAnalysis": {
                "DataExport": {"OutputSchemaVersion": "V_1", "Destination": {"BucketArn": "arn:b", "Format": "CSV"}}
            },
        },
        {
            "Id": "a",
            "Filter": {"Tag": TAG},
            "StorageClassAnalysis": {
                "DataExport": {
                    "OutputSchemaVersion": "V_1",
                    "Destination": {"S3BucketDestination": {"Bucket": "arn:b", "Format": "CSV"}},
                }
            },
        },
        id="analytics",
    ),
    pytest.param(
        "InventoryConfigurations",
        {
            "Id": "i",
            "Enabled": True,
            "IncludedObjectVersions": "Current",
            "ScheduleFrequency": "Daily",
            "Prefix": "a/",
            "OptionalFields": ["Size"],
            "Destination": {"BucketArn": "arn:b", "BucketAccountId": "1", "Format": "CSV"},
        },
        {
            "Id": "i",
            "IsEnabled": True,
            "IncludedObjectVersions": "Current",
            "Schedule": {"Frequency": "Daily"},
            "Filter": {"Prefix": "a/"},
            "OptionalFields": ["Size"],
            "Destination": {"S3BucketDestination": {"Bucket": "arn:b", "AccountId": "1", "Format": "CSV"}},
        },
        id="inventory",
    ),
]


@pytest.mark.parametrize(("name", "stated", "sent"), [*ROUND_TRIPS, *SETS])
def test_there_and_back(name: str, stated: Any, sent: Any) -> None:
    configuration = BY_NAME[name]
    assert configuration.request(stated) == sent
    answered = sent["CORSRules"] if name == "CorsConfiguration" else sent
    back = configuration.stated(answered)
    many = isinstance(configuration.stated(answered), dict) and name.endswith("Configurations")
    assert not differs(configuration.compare, [stated] if many else stated, [back] if many else back)


# Lifecycle

RULE = {
    "Id": "archive",
    "Status": "Enabled",
    "Prefix": "audio/",
    "TagFilters": [TAG],
    "ObjectSizeGreaterThan": "1024",
    "ExpirationInDays": 365,
    "Transitions": [
        {"StorageClass": "STANDARD_IA", "TransitionInDays": 30},
        {"StorageClass": "GLACIER", "TransitionInDays": 90},
    ],
    "NoncurrentVersionExpiration": {"NoncurrentDays": 30},
    "AbortIncompleteMultipartUpload": {"DaysAfterInitiation": 7},
}
ANSWER: dict[str, Any] = {
    "ID": "archive",
    "Status": "Enabled",
    "Filter": {"And": {"Prefix": "audio/", "Tags": [TAG], "ObjectSizeGreaterThan": 1024}},
    "Expiration": {"Days": 365},
    "Transitions": [{"Days": 30, "StorageClass": "STANDARD_IA"}, {"Days": 90, "StorageClass": "GLACIER"}],
    "NoncurrentVersionExpiration": {"NoncurrentDays": 30},
    "AbortIncompleteMultipartUpload": {"DaysAfterInitiation": 7},
}
LIFECYCLE = BY_NAME["LifecycleConfiguration"].compare


def test_a_lifecycle_rule_is_sent_in_the_apis_shape() -> None:
    assert lifecycle.lifecycle_request({"Rules": [RULE]}) == {"Rules": [ANSWER]}


def without(rule: dict[str, Any], *names: str, **more: Any) -> dict[str, Any]:
    return {**{name: value for name, value in rule.items() if name not in names}, **more}


@pytest.mark.parametrize(
    ("rule", "changed"),
    [
        pytest.param(RULE, False, id="as it is"),
        pytest.param(without(RULE, Transitions=RULE["Transitions"][::-1]), False, id="another order"),  # type: ignore[index]
        pytest.param(
            without(RULE, "NoncurrentVersionExpiration", NoncurrentVersionExpirationInDays=30), False, id="old word"
        ),
        pytest.param(without(RULE, ExpiredObjectDeleteMarker=False), False, id="a no that is the default"),
        pytest.param(without(RULE, "ExpirationInDays"), True, id="no expiration any more"),
        pytest.param(without(RULE, "TagFilters"), True, id="for all tags"),
        pytest.param(without(RULE, Status="Disabled"), True, id="switched off"),
    ],
)
def test_lifecycle_rules_are_compared_whole(rule: dict[str, Any], changed: bool) -> None:
    found = lifecycle.lifecycle_stated(
        {"Rules": [ANSWER], "TransitionDefaultMinimumObjectSize": "all_storage_classes_128K"}
    )
    assert differs(LIFECYCLE, {"Rules": [rule]}, found) is changed


def test_a_rule_without_a_name_gets_one_that_stays() -> None:
    stated = {"Rules": [{"Status": "Enabled", "ExpirationInDays": 1}]}
    sent = lifecycle.lifecycle_request(stated)
    assert sent["Rules"][0]["ID"] == "rule-1"
    assert sent["Rules"][0]["Filter"] == {"Prefix": ""}
    assert not differs(LIFECYCLE, stated, lifecycle.lifecycle_stated(sent))


@pytest.mark.parametrize("date", ["2030-01-01T00:00:00Z", "2030-01-01", datetime.date(2030, 1, 1)])
def test_dates_are_compared_as_moments(date: Any) -> None:
    stated = {"Rules": [{"Id": "r", "Status": "Enabled", "ExpirationDate": date}]}
    moment = datetime.datetime(2030, 1, 1, tzinfo=UTC)
    found = lifecycle.lifecycle_stated({"Rules": [{"ID": "r", "Status": "Enabled", "Expiration": {"Date": moment}}]})
    assert not differs(LIFECYCLE, stated, found)


@pytest.mark.parametrize(
    ("prefix", "tags", "made"),
    [
        ("", [], {"Prefix": ""}),
        ("a/", [], {"Prefix": "a/"}),
        ("", [TAG], {"Tag": TAG}),
        ("a/", [TAG], {"And": {"Prefix": "a/", "Tags": [TAG]}}),
        ("", [TAG, TAG], {"And": {"Tags": [TAG, TAG]}}),
    ],
)
def test_filters(prefix: str, tags: list[Any], made: dict[str, Any]) -> None:
    assert mapping.filter_request(prefix, tags) == made


def test_events_of_one_entry_are_entries_of_their_own() -> None:
    rules = [{"Name": "Prefix", "Value": "audio/"}]
    found = mapping.notification_stated(
        {
            "QueueConfigurations": [
                {"Id": "x", "QueueArn": "q", "Events": ["b", "a"], "Filter": {"Key": {"FilterRules": rules}}}
            ]
        }
    )
    where = {"S3Key": {"Rules": FILTER_RULES}}
    stated = {"QueueConfigurations": [{"Queue": "q", "Event": event, "Filter": where} for event in ("a", "b")]}
    compare = BY_NAME["NotificationConfiguration"].compare
    assert not differs(compare, stated, found)
    assert differs(compare, {"QueueConfigurations": stated["QueueConfigurations"][:1]}, found)


# Buckets

BUCKETS = {"s3.list_buckets": {"Buckets": [{"Name": "audio"}, {"Name": "foreign"}]}}


def test_only_stated_configurations_of_relevant_buckets_are_read() -> None:
    api = CannedApi({**BUCKETS, "s3.get_bucket_versioning": {"Status": "Enabled"}})
    (item,) = S3_BUCKET.list(scope(api, {"BucketName": "audio", "VersioningConfiguration": {"Status": "Enabled"}}))
    bucket = S3_BUCKET.parse(item)
    assert bucket.properties["VersioningConfiguration"] == {"Status": "Enabled"}
    assert sorted(api.names()) == [
        "resourcegroupstaggingapi.get_resources",
        "s3.get_bucket_tagging",
        "s3.get_bucket_versioning",
        "s3.list_buckets",
    ]


@pytest.mark.parametrize(
    ("region", "where"),
    [("us-east-1", {}), ("eu-central-1", {"LocationConstraint": "eu-central-1"})],
)
def test_a_bucket_is_created_with_its_tags(region: str, where: dict[str, str]) -> None:
    api = CannedApi()
    made = work(api, S3_BUCKET, {"BucketName": "audio"})
    made.region = region
    S3_BUCKET.create(made)  # type: ignore[misc, operator]
    tags = [{"Key": key, "Value": value} for key, value in sorted(OWNER.items())]
    assert api.asked == [
        ("s3.create_bucket", {"Bucket": "audio", "CreateBucketConfiguration": {"Tags": tags, **where}})
    ]


def write(name: str, value: Any, **current: Any) -> list[Any]:
    api = CannedApi()
    BY_NAME[name].write(work(api, S3_BUCKET, {name: value}, {"BucketName": "audio", **current}))
    return api.asked


def test_a_block_of_public_access_that_is_stated_in_part_opens_nothing() -> None:
    ((_name, params),) = write("PublicAccessBlockConfiguration", {"BlockPublicAcls": True})
    assert set(params["PublicAccessBlockConfiguration"].values()) == {True}
    ((_name, params),) = write(
        "PublicAccessBlockConfiguration",
        {"BlockPublicAcls": True},
        PublicAccessBlockConfiguration={"BlockPublicAcls": False, "BlockPublicPolicy": False},
    )
    assert params["PublicAccessBlockConfiguration"] == {"BlockPublicAcls": True, "BlockPublicPolicy": False}


@pytest.mark.parametrize(
    ("name", "request_"),
    [
        ("LifecycleConfiguration", ("s3.delete_bucket_lifecycle", {"Bucket": "audio"})),
        ("CorsConfiguration", ("s3.delete_bucket_cors", {"Bucket": "audio"})),
        (
            "VersioningConfiguration",
            ("s3.put_bucket_versioning", {"Bucket": "audio", "VersioningConfiguration": {"Status": "Suspended"}}),
        ),
        ("LoggingConfiguration", ("s3.put_bucket_logging", {"Bucket": "audio", "BucketLoggingStatus": {}})),
        (
            "NotificationConfiguration",
            ("s3.put_bucket_notification_configuration", {"Bucket": "audio", "NotificationConfiguration": {}}),
        ),
    ],
)
def test_what_is_stated_as_nothing_is_removed(name: str, request_: Any) -> None:
    assert write(name, {}) == [request_]


@pytest.mark.parametrize(
    ("versioning", "replication", "order"),
    [
        ("Suspended", None, ["s3.delete_bucket_replication", "s3.put_bucket_versioning"]),
        ("Enabled", {"Role": "r", "Rules": []}, ["s3.put_bucket_versioning", "s3.put_bucket_replication"]),
    ],
)
def test_replication_begins_after_versioning_and_ends_before(
    versioning: str, replication: Any, order: list[str]
) -> None:
    api = CannedApi()
    desired = {"VersioningConfiguration": {"Status": versioning}, "ReplicationConfiguration": replication}
    asked = work(api, S3_BUCKET, desired, {"BucketName": "audio"})
    for update in S3_BUCKET.updates:
        if set(update.properties) & set(desired):
            update.step(asked)  # type: ignore[operator]
    assert api.names() == order


def test_of_several_configurations_only_what_differs_is_written() -> None:
    asked = write(
        "MetricsConfigurations",
        [{"Id": "a"}, {"Id": "b", "Prefix": "b/"}],
        MetricsConfigurations=[{"Id": "a"}, {"Id": "c"}],
    )
    assert asked == [
        (
            "s3.put_bucket_metrics_configuration",
            {"Bucket": "audio", "Id": "b", "MetricsConfiguration": {"Id": "b", "Filter": {"Prefix": "b/"}}},
        ),
        ("s3.delete_bucket_metrics_configuration", {"Bucket": "audio", "Id": "c"}),
    ]


def test_tags_of_others_are_kept() -> None:
    api = CannedApi()
    item = {"BucketName": "audio", "Tags": [{"Key": "aws:x", "Value": "1"}, {"Key": "old", "Value": "2"}]}
    changed = work(api, S3_BUCKET, {}, item, tags_to_set={"team": "a"}, tags_to_remove=("old",))
    S3_BUCKET.tag(changed)  # type: ignore[misc, operator]
    S3_BUCKET.untag(changed)  # type: ignore[misc, operator]
    tags = [{"Key": "aws:x", "Value": "1"}, {"Key": "team", "Value": "a"}]
    assert api.asked == [("s3.put_bucket_tagging", {"Bucket": "audio", "Tagging": {"TagSet": tags}})]


def test_a_bucket_is_emptied_of_versions_markers_and_uploads() -> None:
    versions = [{"Versions": [{"Key": "a", "VersionId": "1"}], "DeleteMarkers": [{"Key": "a", "VersionId": "2"}]}, {}]
    uploads = [{"Uploads": [{"Key": "m", "UploadId": "u"}]}, {}]
    api = CannedApi(
        {
            "s3.list_object_versions": lambda _params: versions.pop(0),
            "s3.list_multipart_uploads": lambda _params: uploads.pop(0),
        }
    )
    S3_BUCKET.before_delete(work(api, S3_BUCKET, {}, {"BucketName": "audio"}))  # type: ignore[misc, operator]
    objects = [{"Key": "a", "VersionId": "1"}, {"Key": "a", "VersionId": "2"}]
    assert api.params("s3.delete_objects") == {"Bucket": "audio", "Delete": {"Objects": objects, "Quiet": True}}
    assert api.params("s3.abort_multipart_upload") == {"Bucket": "audio", "Key": "m", "UploadId": "u"}


def test_a_locked_object_ends_the_emptying() -> None:
    api = CannedApi(
        {
            "s3.list_object_versions": {"Versions": [{"Key": "a", "VersionId": "1"}]},
            "s3.delete_objects": {"Errors": [{"Key": "a", "Code": "AccessDenied", "Message": "locked"}]},
        }
    )
    with pytest.raises(ResourceError, match="cannot be emptied: a: AccessDenied"):
        S3_BUCKET.before_delete(work(api, S3_BUCKET, {}, {"BucketName": "audio"}))  # type: ignore[misc, operator]


@pytest.mark.parametrize(
    ("region", "partition", "website", "regional"),
    [
        ("us-east-1", "aws", "http://b.s3-website-us-east-1.amazonaws.com", "b.s3.us-east-1.amazonaws.com"),
        ("eu-central-1", "aws", "http://b.s3-website.eu-central-1.amazonaws.com", "b.s3.eu-central-1.amazonaws.com"),
        ("cn-north-1", "aws-cn", "http://b.s3-website.cn-north-1.amazonaws.com.cn", "b.s3.cn-north-1.amazonaws.com.cn"),
    ],
)
def test_names_that_follow_from_a_buckets_place(region: str, partition: str, website: str, regional: str) -> None:
    facts = bucket_facts("b", region, partition)
    assert (facts["WebsiteURL"], facts["RegionalDomainName"]) == (website, regional)
    known = {"region": region, "partition": partition, "account": "1", "BucketName": "b"}
    assert S3_BUCKET.predict("WebsiteURL", known) == website
