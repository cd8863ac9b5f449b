# Copyright (c) stackwright.aws contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Flow logs of a network: who talked to whom."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from ..engine.document import Resource
from .base import Context
from .network_entry import Network
from .permissions import role, statement, this_account, trust

FLOW_LOG = "AWS::EC2::FlowLog"
LOG_GROUP = "AWS::Logs::LogGroup"


def flow_logs(network: Network) -> list[Resource]:
    options = network.options["flow_logs"]
    if not options["enabled"]:
        return []
    group_name = f"/vpc/{network.options['name'] or network.context.stack}/flow-logs"
    group = network.make(
        LOG_GROUP, "network/flow-logs", {"LogGroupName": group_name, "RetentionInDays": options["retention_days"]}
    )
    writer = role(
        network.context,
        "flow-logs",
        trust(["vpc-flow-logs.amazonaws.com"], condition=this_account()),
        _statements(network.context, group_name),
        description=f"Lets VPC flow logs write to {group_name}",
        tags=network.tags,
    )
    log = network.make(
        FLOW_LOG,
        "vpc",
        {
            "ResourceId": network.vpc_id,
            "ResourceType": "VPC",
            "TrafficType": options["traffic"],
            "LogDestinationType": "cloud-watch-logs",
            "LogGroupName": group.ref("LogGroupName"),
            "DeliverLogsPermissionArn": writer.ref("Arn"),
            "MaxAggregationInterval": options["aggregation_seconds"],
        },
    )
    return [group, writer, log]


def _statements(context: Context, group: str) -> Iterable[dict[str, Any]]:
    """https://docs.aws.amazon.com/vpc/latest/userguide/flow-logs-iam-role.html"""
    below = context.arn("logs", f"log-group:{group}:*")
    yield statement(["logs:CreateLogStream", "logs:DescribeLogStreams", "logs:PutLogEvents"], below)
    # DescribeLogGroups is not restricted by group.
    yield statement(["logs:DescribeLogGroups"], context.arn("logs", "log-group:*"))
