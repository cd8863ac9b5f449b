# Copyright (c) stackwright.aws contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Databases: standalone, Multi-AZ, read replicas in and across regions, and those restored from a snapshot."""

from __future__ import annotations

from typing import Any

from ...engine.kind import Attribute, Call, Item, Kind, Scope, States, Update
from ...engine.template import Template
from .common import TAG, UNTAG
from .db_instance_answer import (
    FAILED_STATES,
    LEAVING_STATES,
    PROPERTIES,
    READY_STATES,
    instance_port,
    instance_state,
    predicted_port,
    remark,
)
from .db_instance_refusals import refuse
from .db_instance_request import MODIFIABLE, change_roles, create, deletion, modify, release, replicate_backups

_ARN = "arn:{partition}:rds:{region}:{account}:db:{DBInstanceIdentifier}"


def list_instances(scope: Scope) -> list[Item]:
    """Every instance of the region, in one request: the answer holds the tags."""
    narrow: dict[str, Any] = {}
    if scope.ids:
        narrow["Filters"] = [{"Name": "db-instance-id", "Values": list(scope.ids)}]
    return scope.pages("rds", "describe_db_instances", "DBInstances[]", **narrow)


DB_INSTANCE = Kind(
    type="AWS::RDS::DBInstance",
    service="rds",
    title="DB instance",
    template=Template(attributes={"Arn": "DBInstanceArn"}, deletion_policy="Snapshot"),
    id="DBInstanceIdentifier",
    key=("DBInstanceIdentifier",),
    requires=("AWS::RDS::DBSubnetGroup", "AWS::RDS::DBParameterGroup"),
    properties=PROPERTIES,
    attributes={
        "Endpoint.Address": Attribute("Endpoint.Address"),
        "Endpoint.Port": Attribute(instance_port, predicted_port, volatile=True),
        "Endpoint.HostedZoneId": Attribute("Endpoint.HostedZoneId"),
        "DBInstanceArn": Attribute("DBInstanceArn", _ARN),
        "Arn": Attribute("DBInstanceArn", _ARN),
        "DbiResourceId": Attribute("DbiResourceId"),
        "MasterUserSecret.SecretArn": Attribute("MasterUserSecret.SecretArn"),
    },
    tags="TagList",
    list=list_instances,
    states=States(
        path=instance_state,
        ready=READY_STATES,
        failed=FAILED_STATES,
        leaving=LEAVING_STATES,
        reason="StatusInfos[?Normal==`false`].Message | [0]",
        timeout=5400,
    ),
    create=create,
    updates=(
        Update(tuple(sorted(MODIFIABLE)), modify, on_create=True, when_ready=True),
        Update(("AssociatedRoles",), change_roles, on_create=True, when_ready=True),
        Update(("AutomaticBackupReplicationRegion",), replicate_backups, on_create=True, when_ready=True),
    ),
    delete=Call("delete_db_instance", deletion),
    tag=TAG,
    untag=UNTAG,
    holds_data=True,
    protection="DeletionProtection",
    release=release,
    # A backup, or a change that began a moment ago, keeps an instance from being changed, copied or deleted until it is
    # over; a grant of a key takes a moment to be seen.
    retry_on=frozenset({"InvalidDBInstanceState"}),
    settling=frozenset({"KMSKeyNotAccessibleFault"}),
    refuse=refuse,
    remark=remark,
)
