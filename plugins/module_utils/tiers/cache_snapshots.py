# Copyright (c) stackwright.aws contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Hourly snapshots of a cache: ElastiCache's own are daily, so schedules take these and a function prunes them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..engine.document import Resource
from ..engine.values import Address, Compose, Ref, partition
from .base import Context, Options
from .permissions import role, shortened, statement, trust
from .schedules import NAME_LIMIT, json_input, schedule, schedule_group, schedule_role

FUNCTION = "AWS::Lambda::Function"
LOG_GROUP = "AWS::Logs::LogGroup"
PYTHON = "python3.13"
#: https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html
FUNCTION_NAME_LIMIT = 64

#: Of one node in 24 hours, automatic ones aside.
#: https://docs.aws.amazon.com/AmazonElastiCache/latest/dg/backups.html
SNAPSHOTS_A_DAY = 20

#: Well after a snapshot was taken, and as often.
_PRUNE_EVERY = {"expression": "cron(30 * * * ? *)"}
_LOG_DAYS = 30

#: Deletes this cache's hourly snapshots that are older than they are to be kept. What fails is tried again next hour.
PRUNER = """\
import datetime
import os

import boto3


def handler(event, context):
    keep = datetime.timedelta(days=int(os.environ["KEEP_DAYS"]))
    oldest = datetime.datetime.now(datetime.timezone.utc) - keep
    client = boto3.client("elasticache")
    pages = client.get_paginator("describe_snapshots").paginate(SnapshotSource="user")
    pruned, failed = [], []
    for snapshot in [one for page in pages for one in page["Snapshots"]]:
        name = snapshot["SnapshotName"]
        made = min((node["SnapshotCreateTime"] for node in snapshot["NodeSnapshots"]), default=None)
        if snapshot.get("CacheClusterId", "").rpartition("-")[0] != os.environ["REPLICATION_GROUP_ID"]:
            continue
        if not name.startswith(os.environ["PREFIX"]) or snapshot["SnapshotStatus"] != "available":
            continue
        if made is None or made >= oldest:
            continue
        try:
            client.delete_snapshot(SnapshotName=name)
            pruned.append(name)
        except client.exceptions.ClientError as error:
            failed.append(f"{name}: {error}")
    print({"pruned": pruned, "failed": failed})
    if failed:
        raise RuntimeError("; ".join(failed))
    return {"pruned": pruned}
"""


def snapshot_nodes(options: Options) -> list[str]:
    """The numbers of the nodes to take snapshots of by turns, as many as it takes at `SNAPSHOTS_A_DAY` of each.

    The replicas, so that the primary is not slowed down, unless there is only one.
    """
    return [f"{number:03d}" for number in range(2 if options["nodes"] > 2 else 1, options["nodes"] + 1)]


def hourly_snapshots(identifier: str, group: Address, options: Options, context: Context) -> list[Resource]:
    """What takes a snapshot every hour, and what prunes them.

    Args:
        identifier: the replication group's id.
        group: the replication group.
    """
    hourly: Mapping[str, Any] | None = options["snapshots"]["hourly"]
    if hourly is None:
        return []
    if hourly["keep_days"] < 1:
        context.problem("snapshots.hourly.keep_days", f"{hourly['keep_days']}: keep them for one day at least")
        return []
    nodes = snapshot_nodes(options)
    if SNAPSHOTS_A_DAY * len(nodes) < 24:
        context.problem(
            "snapshots.hourly",
            f"ElastiCache takes {SNAPSHOTS_A_DAY} snapshots of a node in 24 hours, and there is one; raise `nodes` to "
            f"2, or leave it out",
        )
        return []
    prefix = f"{identifier}-hourly-"
    label = shortened(f"{identifier}-snapshots", NAME_LIMIT)
    there = schedule_group(label, context, suffix="snapshots", tags=options["tags"])
    return [
        there,
        *_taking(identifier, prefix, there, group, options, context),
        *_pruning(identifier, prefix, hourly["keep_days"], there, group, options, context),
    ]


def _taking(
    identifier: str, prefix: str, there: Resource, group: Address, options: Options, context: Context
) -> list[Resource]:
    """A schedule for each node; each has its turn once in as many hours as there are such nodes."""
    nodes = snapshot_nodes(options)
    resources = [
        *(context.arn("elasticache", f"cluster:{identifier}-{node}") for node in nodes),
        context.arn("elasticache", f"replicationgroup:{identifier}"),
        context.arn("elasticache", f"snapshot:{prefix}*"),
    ]
    acting = schedule_role(
        context,
        "take",
        [statement(["elasticache:CreateSnapshot"], resources)],
        f"Takes hourly snapshots of {identifier}",
        options["tags"],
    )
    made = [acting]
    for turn, node in enumerate(nodes):
        target = {
            "Arn": Compose(
                "arn:{partition}:scheduler:::aws-sdk:elasticache:createSnapshot", {"partition": partition()}
            ),
            # A name of its own for each, which Scheduler puts in.
            "Input": json_input(
                {"CacheClusterId": f"{identifier}-{node}", "SnapshotName": f"{prefix}<aws.scheduler.execution-id>"}
            ),
            "RetryPolicy": {"MaximumRetryAttempts": 3, "MaximumEventAgeInSeconds": 1800},
        }
        made.append(
            schedule(
                shortened(f"{identifier}-take-{node}", NAME_LIMIT),
                there,
                acting,
                target,
                {"expression": f"cron(0 {turn}/{len(nodes)} * * ? *)"},
                context,
                suffix=f"take-{node}",
                depends_on=[group],
            )
        )
    return made


def _pruning(
    identifier: str, prefix: str, days: int, there: Resource, group: Address, options: Options, context: Context
) -> list[Resource]:
    label = shortened(f"{identifier}-prune-snapshots", FUNCTION_NAME_LIMIT)
    logs = context.resource(
        LOG_GROUP,
        context.logical("prune"),
        {"LogGroupName": f"/aws/lambda/{label}", "RetentionInDays": _LOG_DAYS},
        tags=options["tags"],
    )
    own = role(
        context,
        "pruner",
        trust(["lambda.amazonaws.com"]),
        [
            statement(
                ["logs:CreateLogStream", "logs:PutLogEvents"],
                context.arn("logs", f"log-group:/aws/lambda/{label}:*"),
            ),
            # The list names no snapshot, so it takes them all; deleting takes this cache's hourly ones.
            statement(["elasticache:DescribeSnapshots"], context.arn("elasticache", "snapshot:*")),
            statement(["elasticache:DeleteSnapshot"], context.arn("elasticache", f"snapshot:{prefix}*")),
        ],
        description=f"Prunes hourly snapshots of {identifier}",
        tags=options["tags"],
    )
    function = context.resource(
        FUNCTION,
        context.logical("prune"),
        {
            "FunctionName": label,
            "Description": f"Prunes hourly snapshots of {identifier} after {days} days",
            "Runtime": PYTHON,
            "Handler": "index.handler",
            "Code": {"ZipFile": PRUNER, "FileName": "index.py"},
            "Role": own.ref("Arn"),
            "Timeout": 300,
            "MemorySize": 256,
            "Environment": {
                "Variables": {
                    "KEEP_DAYS": str(days),
                    "PREFIX": prefix,
                    "REPLICATION_GROUP_ID": identifier,
                }
            },
            "LoggingConfig": {"LogFormat": "Text", "LogGroup": logs.ref("LogGroupName")},
        },
        tags=options["tags"],
    )
    arn = Ref(function.address, "Arn")
    acting = schedule_role(
        context,
        "prune",
        [statement(["lambda:InvokeFunction"], arn)],
        f"Has hourly snapshots of {identifier} pruned",
        options["tags"],
    )
    pruned = schedule(
        shortened(f"{identifier}-prune", NAME_LIMIT),
        there,
        acting,
        {"Arn": arn},
        _PRUNE_EVERY,
        context,
        suffix="prune",
        depends_on=[group],
    )
    return [logs, own, function, acting, pruned]
