# Copyright (c) stackwright.aws contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
from __future__ import annotations

import json
from typing import Any

import pytest

from tests.twin.helpers import refused

SERVICE = {"Service": "cloudtrail.amazonaws.com"}


@pytest.fixture
def trails(client: Any) -> Any:
    return client("cloudtrail")


@pytest.fixture
def bucket(client: Any) -> str:
    client("s3").create_bucket(Bucket="trail")
    return "trail"


def let_in(client: Any, bucket: str, *actions: str) -> None:
    statements = [
        {"Effect": "Allow", "Principal": SERVICE, "Action": action, "Resource": f"arn:aws:s3:::{bucket}{end}"}
        for action in actions
        for end in ("" if action == "s3:GetBucketAcl" else "/*",)
    ]
    policy = {"Version": "2012-10-17", "Statement": statements}
    client("s3").put_bucket_policy(Bucket=bucket, Policy=json.dumps(policy))


def test_a_trail_needs_a_bucket_that_lets_it_in(trails: Any, bucket: str, client: Any) -> None:
    with refused("S3BucketDoesNotExistException"):
        trails.create_trail(Name="main", S3BucketName="missing")
    with refused("InsufficientS3BucketPolicyException"):
        trails.create_trail(Name="main", S3BucketName=bucket)
    let_in(client, bucket, "s3:PutObject")
    with refused("InsufficientS3BucketPolicyException"):
        trails.create_trail(Name="main", S3BucketName=bucket)
    let_in(client, bucket, "s3:PutObject", "s3:GetBucketAcl")
    trails.create_trail(Name="main", S3BucketName=bucket)
    with refused("TrailAlreadyExistsException"):
        trails.create_trail(Name="main", S3BucketName=bucket)
    with refused("InvalidParameterCombinationException"):
        trails.create_trail(
            Name="other", S3BucketName=bucket, IsMultiRegionTrail=True, IncludeGlobalServiceEvents=False
        )


def test_a_log_group_comes_with_a_role_and_a_key_lets_the_trail_in(trails: Any, bucket: str, client: Any) -> None:
    let_in(client, bucket, "s3:PutObject", "s3:GetBucketAcl")
    client("logs").create_log_group(logGroupName="/trail")
    group = client("logs").describe_log_groups()["logGroups"][0]["arn"]
    with refused("InvalidParameterCombinationException"):
        trails.create_trail(Name="main", S3BucketName=bucket, CloudWatchLogsLogGroupArn=group)
    with refused("InvalidCloudWatchLogsRoleArnException"):
        role = "arn:aws:iam::123456789012:role/missing"
        trails.create_trail(
            Name="main", S3BucketName=bucket, CloudWatchLogsLogGroupArn=group, CloudWatchLogsRoleArn=role
        )
    key = client("kms").create_key()["KeyMetadata"]["Arn"]
    with refused("InsufficientEncryptionPolicyException"):
        trails.create_trail(Name="main", S3BucketName=bucket, KmsKeyId=key)


def test_what_a_trail_is_told_it_can_be_told_to_forget(trails: Any, bucket: str, client: Any) -> None:
    let_in(client, bucket, "s3:PutObject", "s3:GetBucketAcl")
    trails.create_trail(Name="main", S3BucketName=bucket, S3KeyPrefix="x")
    trails.update_trail(Name="main", S3KeyPrefix="")
    (shown,) = trails.describe_trails(includeShadowTrails=False)["trailList"]
    assert "S3KeyPrefix" not in shown and "KmsKeyId" not in shown
    (selector,) = trails.get_event_selectors(TrailName="main")["EventSelectors"]
    assert selector["ReadWriteType"] == "All"
    trails.put_event_selectors(TrailName="main", EventSelectors=[{"ReadWriteType": "WriteOnly"}])
    (selector,) = trails.get_event_selectors(TrailName="main")["EventSelectors"]
    assert selector["ReadWriteType"] == "WriteOnly"
    with refused("InsightNotEnabledException"):
        trails.get_insight_selectors(TrailName="main")
    trails.delete_trail(Name="main")
    with refused("TrailNotFoundException"):
        trails.delete_trail(Name="main")


def test_what_was_done_can_be_looked_up(trails: Any, client: Any) -> None:
    client("sqs").create_queue(QueueName="jobs")
    client("sqs").list_queues()
    chosen = [{"AttributeKey": "EventName", "AttributeValue": "CreateQueue"}]
    (event,) = trails.lookup_events(LookupAttributes=chosen)["Events"]
    assert (event["EventSource"], event["ReadOnly"]) == ("sqs.amazonaws.com", "false")
    names = {one["EventName"] for one in trails.lookup_events()["Events"]}
    assert "ListQueues" not in names
    with refused("InvalidLookupAttributesException"):
        trails.lookup_events(LookupAttributes=chosen * 2)
