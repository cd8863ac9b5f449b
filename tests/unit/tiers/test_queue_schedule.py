"""The tiers of queues, schedules and event rules, and the hourly snapshots of caches."""

from __future__ import annotations

import datetime
import itertools
import json
import re
import sys
import types
from typing import Any

import pytest

from ansible_collections.stackwright.aws.plugins.module_utils.tiers.cache_snapshots import PRUNER, SNAPSHOTS_A_DAY

from .build import document, get, of, plain, problems

QUEUE, POLICY = "AWS::SQS::Queue", "AWS::SQS::QueuePolicy"
SCHEDULE, GROUP = "AWS::Scheduler::Schedule", "AWS::Scheduler::ScheduleGroup"
ROLE = "AWS::IAM::Role"
CACHE = {"replication_group_id": "shop-redis", "engine_version": "7.0", "node_type": "cache.t3.small", "nodes": 3}


def _statements(doc: Any, name: str) -> list[dict[str, Any]]:
    (policy,) = plain(get(doc, ROLE, name).properties["Policies"])
    return list(policy["PolicyDocument"]["Statement"])


# Queues


def test_a_queue_and_its_dead_letters() -> None:
    doc = document(
        queues={
            "audio": {
                "name": "audio-processing-queue",
                "retention_seconds": 86400,
                "long_poll_seconds": 10,
                "dead_letters": {"max_receives": 3},
            }
        }
    )
    assert plain(get(doc, QUEUE, "audio").properties) == {
        "QueueName": "audio-processing-queue",
        "DelaySeconds": 0,
        "MaximumMessageSize": 262144,
        "MessageRetentionPeriod": 86400,
        "ReceiveMessageWaitTimeSeconds": 10,
        "VisibilityTimeout": 30,
        "RedrivePolicy": {"deadLetterTargetArn": "<Queue audio/dead-letters Arn>", "maxReceiveCount": 3},
        "SqsManagedSseEnabled": True,
    }
    dead = plain(get(doc, QUEUE, "audio/dead-letters").properties)
    assert dead["QueueName"] == "audio-processing-queue-dlq"
    assert dead["RedriveAllowPolicy"] == {
        "redrivePermission": "byQueue",
        "sourceQueueArns": ["arn:<AWS Partition>:sqs:eu-west-1:<AWS AccountId>:audio-processing-queue"],
    }


def test_a_fifo_queue_has_fifo_dead_letters() -> None:
    queues = of(document(queues={"orders": {"fifo": True, "key": "alias/shop"}}), QUEUE)
    assert {one["QueueName"] for one in queues.values()} == {"shop-prod-orders.fifo", "shop-prod-orders-dlq.fifo"}
    assert all(one["FifoQueue"] is True and one["KmsMasterKeyId"] == "alias/shop" for one in queues.values())


def test_nobody_comes_in_without_tls_and_who_is_described_may_send() -> None:
    doc = document(
        queues={"audio": {}},
        topics={
            "ops": {"subscriptions": [{"protocol": "sqs", "endpoint": "queue.audio"}]},
            "other": {"subscriptions": [{"protocol": "sqs", "endpoint": "${queue.audio.url}"}]},
        },
        event_rules={"failures": {"schedule": "rate(1 hour)", "targets": [{"to": "queue.audio"}]}},
    )
    statements = plain(get(doc, POLICY, "audio").properties["PolicyDocument"])["Statement"]
    assert [(one["Effect"], one["Action"]) for one in statements] == [
        ("Deny", "sqs:*"),
        ("Allow", "sqs:SendMessage"),
        ("Allow", "sqs:SendMessage"),
    ]
    (subscription, _broken) = of(doc, "AWS::SNS::Subscription").values()
    assert plain(subscription["Endpoint"]) == "<Queue audio Arn>"
    assert [one["Condition"] for one in statements] == [
        {"Bool": {"aws:SecureTransport": "false"}},
        {"ArnEquals": {"aws:SourceArn": "<Topic ops TopicArn>"}},
        {
            "ArnEquals": {
                "aws:SourceArn": "arn:<AWS Partition>:events:eu-west-1:<AWS AccountId>:rule/shop-prod-failures"
            }
        },
    ]


def test_sending_and_receiving_are_words() -> None:
    role = {"trusts": {"services": ["ec2.amazonaws.com"]}, "may": {"send": ["queue.audio"], "receive": ["queue.audio"]}}
    doc = document(queues={"audio": {"key": "key.data"}}, keys={"data": {}}, roles={"worker": role})
    allowed = {action: one["Resource"] for one in _statements(doc, "role.worker") for action in one["Action"]}
    assert allowed["sqs:SendMessage"] == allowed["sqs:ReceiveMessage"] == ["<Queue audio Arn>"]
    assert allowed["kms:GenerateDataKey"] == ["<Key data Arn>"]


# Event rules


def test_a_rule_and_its_targets() -> None:
    doc = document(
        queues={"orders": {"fifo": True}, "lost": {}},
        topics={"ops": {}},
        event_rules={
            "failures": {
                "pattern": {"source": ["aws.rds"]},
                "enabled": False,
                "targets": [
                    {"to": "topic.ops", "input": {"a": 1}, "dead_letters": "queue.lost"},
                    {"to": "queue.orders"},
                ],
            }
        },
    )
    rule = plain(get(doc, "AWS::Events::Rule", "failures").properties)
    assert (rule["Name"], rule["State"], rule["EventPattern"]) == (
        "shop-prod-failures",
        "DISABLED",
        {"source": ["aws.rds"]},
    )
    assert rule["Targets"] == [
        {
            "Id": "topic.ops",
            "Arn": "<Topic ops TopicArn>",
            "Input": '{"a": 1}',
            "DeadLetterConfig": {"Arn": "<Queue lost Arn>"},
        },
        {
            "Id": "queue.orders",
            "Arn": "<Queue orders Arn>",
            "SqsParameters": {"MessageGroupId": "shop-prod-failures"},
        },
    ]


@pytest.mark.parametrize(
    ("section", "entry", "text"),
    [
        ("event_rules", {"targets": [{"to": "topic.ops"}]}, "needs one of"),
        ("event_rules", {"schedule": "rate(1 hour)", "targets": [{"to": "network"}]}, "is not one of"),
        ("schedules", {"expression": "rate(1 hour)"}, "needs one of"),
        ("schedules", {"expression": "rate(1 hour)", "call": {"action": "rds", "resources": ["x"]}}, "is no action"),
        (
            "schedules",
            {"expression": "rate(1 hour)", "call": {"action": "rds:StopDBInstance", "resources": ["*"]}},
            "name the ARNs",
        ),
        ("schedules", {"expression": "rate(1 hour)", "function": "function.none"}, "function.none"),
    ],
)
def test_what_cannot_be_built(section: str, entry: dict[str, Any], text: str) -> None:
    found = problems(**{section: {"x": entry}}, topics={"ops": {}})
    assert any(text in problem for problem in found), found


# Schedules


def test_a_call_to_aws_is_made_by_a_role_that_may_do_just_that() -> None:
    doc = document(
        schedules={
            "weekly": {
                "expression": "cron(0 4 ? * SUN *)",
                "timezone": "Europe/Berlin",
                "call": {"action": "rds:CreateDBSnapshot", "resources": ["rds:snapshot:weekly-*", "${topic.ops.arn}"]},
                "input": {"DBInstanceIdentifier": "main", "Topic": "${topic.ops.arn}"},
                "dead_letters": "queue.lost",
            }
        },
        queues={"lost": {}},
        topics={"ops": {}},
    )
    schedule = plain(get(doc, SCHEDULE, "schedule.weekly").properties)
    assert schedule["GroupName"] == "<ScheduleGroup schedule.weekly Name>"
    assert schedule["ScheduleExpressionTimezone"] == "Europe/Berlin"
    assert schedule["Target"] == {
        "Arn": "arn:<AWS Partition>:scheduler:::aws-sdk:rds:createDBSnapshot",
        "Input": '{"DBInstanceIdentifier": "main", "Topic": "<Topic ops TopicArn>"}',
        "RoleArn": "<Role schedule.weekly/schedule Arn>",
        "RetryPolicy": {"MaximumRetryAttempts": 3, "MaximumEventAgeInSeconds": 3600},
        "DeadLetterConfig": {"Arn": "<Queue lost Arn>"},
    }
    assert [(one["Action"], one["Resource"]) for one in _statements(doc, "schedule.weekly/schedule")] == [
        (
            ["rds:CreateDBSnapshot"],
            ["arn:<AWS Partition>:rds:eu-west-1:<AWS AccountId>:snapshot:weekly-*", "<Topic ops TopicArn>"],
        ),
        (["sqs:SendMessage"], ["<Queue lost Arn>"]),
    ]


def test_a_task_of_a_service_runs_its_latest_release() -> None:
    doc = document(
        clusters={"main": {}},
        services={"api": {"cluster": "main", "image": "1.dkr.ecr.eu-west-1.amazonaws.com/api:1"}},
        schedules={
            "cleanup": {"expression": "rate(1 day)", "task": {"service": "service.api", "command": ["cleanup", "all"]}}
        },
    )
    target = plain(get(doc, SCHEDULE, "schedule.cleanup").properties)["Target"]
    definition = "arn:<AWS Partition>:ecs:eu-west-1:<AWS AccountId>:task-definition/shop-api"
    assert target["EcsParameters"]["TaskDefinitionArn"] == definition
    network = target["EcsParameters"]["NetworkConfiguration"]["AwsvpcConfiguration"]
    assert network["SecurityGroups"] == ["<SecurityGroup service.api GroupId>"]
    assert json.loads(target["Input"]) == {"containerOverrides": [{"name": "api", "command": ["cleanup", "all"]}]}
    run, hand_over = _statements(doc, "schedule.cleanup/schedule")
    assert run["Resource"] == [f"{definition}:*", definition]
    assert hand_over["Resource"] == ["<Role service.api/execution Arn>", "<Role service.api/task Arn>"]


def test_each_schedule_is_alone_in_a_group_that_carries_its_tags() -> None:
    doc = document(
        functions={"a": {"runtime": "python3.13"}},
        schedules={"run": {"expression": "rate(1 day)", "function": "function.a", "tags": {"team": "web"}}},
    )
    group = get(doc, GROUP, "schedule.run")
    assert (group.properties["Name"], group.tags["team"]) == ("shop-prod-run", "web")
    assert plain(get(doc, SCHEDULE, "schedule.run").properties)["Target"]["Arn"] == "<Function a Arn>"


# Hourly snapshots


def test_hourly_snapshots_are_taken_of_the_replicas_by_turns_and_pruned() -> None:
    doc = document(caches={"main": {**CACHE, "nodes": 3, "snapshots": {"hourly": {"keep_days": 7}}}})
    taken = plain(get(doc, SCHEDULE, "cache.main/take-002").properties)
    assert (taken["GroupName"], taken["ScheduleExpression"]) == (
        "<ScheduleGroup cache.main/snapshots Name>",
        "cron(0 0/2 * * ? *)",
    )
    assert taken["Target"]["Arn"].endswith(":aws-sdk:elasticache:createSnapshot")
    assert json.loads(taken["Target"]["Input"]) == {
        "CacheClusterId": "shop-redis-002",
        "SnapshotName": "shop-redis-hourly-<aws.scheduler.execution-id>",
    }
    other = plain(get(doc, SCHEDULE, "cache.main/take-003").properties)
    assert other["ScheduleExpression"] == "cron(0 1/2 * * ? *)"
    assert json.loads(other["Target"]["Input"])["CacheClusterId"] == "shop-redis-003"
    where = "arn:<AWS Partition>:elasticache:eu-west-1:<AWS AccountId>:"
    (take,) = _statements(doc, "cache.main/take")
    assert take["Resource"] == [
        f"{where}cluster:shop-redis-002",
        f"{where}cluster:shop-redis-003",
        f"{where}replicationgroup:shop-redis",
        f"{where}snapshot:shop-redis-hourly-*",
    ]
    pruner = plain(get(doc, "AWS::Lambda::Function", "cache.main/prune").properties)
    assert pruner["Environment"]["Variables"] == {
        "KEEP_DAYS": "7",
        "PREFIX": "shop-redis-hourly-",
        "REPLICATION_GROUP_ID": "shop-redis",
    }
    allowed = {action: one["Resource"] for one in _statements(doc, "cache.main/pruner") for action in one["Action"]}
    assert allowed["elasticache:DeleteSnapshot"] == [f"{where}snapshot:shop-redis-hourly-*"]
    assert (
        plain(get(doc, SCHEDULE, "cache.main/prune").properties)["Target"]["Arn"] == "<Function cache.main/prune Arn>"
    )


@pytest.mark.parametrize("nodes", range(2, 7))
def test_every_hour_has_its_snapshot_and_no_node_has_more_than_elasticache_takes_of_it(nodes: int) -> None:
    doc = document(caches={"main": {**CACHE, "nodes": nodes, "snapshots": {"hourly": {}}}})
    turns = [
        re.fullmatch(r"cron\(0 (\d+)/(\d+) \* \* \? \*\)", found["ScheduleExpression"])
        for name, found in of(doc, SCHEDULE).items()
        if "/take-" in name
    ]
    hours = [list(range(int(turn[1]), 24, int(turn[2]))) for turn in turns if turn]
    assert sorted(itertools.chain(*hours)) == list(range(24))
    assert max(map(len, hours)) <= SNAPSHOTS_A_DAY


def test_one_node_cannot_have_a_snapshot_every_hour() -> None:
    (found,) = problems(caches={"main": {**CACHE, "nodes": 1, "snapshots": {"hourly": {}}}})
    assert found.startswith(
        "caches.main.snapshots.hourly: ElastiCache takes 20 snapshots of a node in 24 hours, and there is one"
    )
    assert found.endswith("raise `nodes` to 2, or leave it out")


def test_without_the_option_there_is_nothing_to_take_or_prune() -> None:
    doc = document(caches={"main": CACHE})
    assert not of(doc, SCHEDULE) and not of(doc, "AWS::Lambda::Function")
    (found,) = problems(caches={"main": {**CACHE, "snapshots": {"hourly": {"keep_days": 0}}}})
    assert found.startswith("caches.main.snapshots.hourly.keep_days: 0")


class _ElastiCache:
    """Snapshots of this cache's hours, one by hand, one of another cache, one that is still being made."""

    def __init__(self) -> None:
        self.deleted: list[str] = []
        self.exceptions = types.SimpleNamespace(ClientError=KeyError)

    def get_paginator(self, name: str) -> Any:
        assert name == "describe_snapshots"
        return self

    def paginate(self, **asked: str) -> list[dict[str, Any]]:
        assert asked == {"SnapshotSource": "user"}
        now = datetime.datetime.now(datetime.UTC)

        def made(name: str, days: float, status: str = "available", of: str = "shop-redis-002") -> dict[str, Any]:
            node = {"SnapshotCreateTime": now - datetime.timedelta(days=days)}
            return {"CacheClusterId": of, "SnapshotName": name, "SnapshotStatus": status, "NodeSnapshots": [node]}

        prefix = "shop-redis-hourly-"
        return [
            {"Snapshots": [made(f"{prefix}old", 7.1), made(f"{prefix}new", 6.9), made("by-hand", 30)]},
            {"Snapshots": [made(f"{prefix}hourly-x", 30, of="shop-redis-hourly-002")]},
            {"Snapshots": [made(f"{prefix}stuck", 8), made(f"{prefix}x", 9, "creating")]},
            {"Snapshots": [made(f"{prefix}older", 9, of="shop-redis-003")]},
        ]

    def delete_snapshot(self, SnapshotName: str) -> None:
        if SnapshotName.endswith("stuck"):
            raise KeyError("it is in use")
        self.deleted.append(SnapshotName)


def test_the_pruner_deletes_what_is_old_and_tells_what_it_could_not(monkeypatch: pytest.MonkeyPatch) -> None:
    client = _ElastiCache()
    module = types.ModuleType("boto3")
    module.client = lambda service: client  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "boto3", module)
    for name, value in (("KEEP_DAYS", "7"), ("PREFIX", "shop-redis-hourly-"), ("REPLICATION_GROUP_ID", "shop-redis")):
        monkeypatch.setenv(name, value)
    made: dict[str, Any] = {}
    exec(PRUNER, made)
    with pytest.raises(RuntimeError, match="shop-redis-hourly-stuck: 'it is in use'"):
        made["handler"]({}, None)
    assert client.deleted == ["shop-redis-hourly-old", "shop-redis-hourly-older"]
