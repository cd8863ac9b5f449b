# Copyright (c) stackwright.aws contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The subnets that a database may be placed in."""

from __future__ import annotations

from ...engine.kind import Attribute, Call, Item, Kind, Observed, Property, Scope, States, Update
from ...engine.template import Template
from ..shared import MUTABLE, tag_list
from ..subnet_groups import refuse_to_leave
from .common import TAG, UNTAG, lower, named_groups

_ARN = "arn:{partition}:rds:{region}:{account}:subgrp:{DBSubnetGroupName}"


def list_subnet_groups(scope: Scope) -> list[Item]:
    """The subnet groups in scope."""
    return named_groups(scope, "describe_db_subnet_groups", "DBSubnetGroups[]", "DBSubnetGroupName", "DBSubnetGroupArn")


def zones_of(instance: Observed) -> list[str]:
    """Where an instance stands, its standby included."""
    return [zone for name in ("AvailabilityZone", "SecondaryAvailabilityZone") if (zone := instance.item.get(name))]


DB_SUBNET_GROUP = Kind(
    type="AWS::RDS::DBSubnetGroup",
    service="rds",
    title="DB subnet group",
    template=Template(attributes={"Arn": "", "VpcId": ""}),
    id="DBSubnetGroupName",
    key=("DBSubnetGroupName",),
    properties={
        "DBSubnetGroupName": Property(immutable=True, normalise=lower),
        "DBSubnetGroupDescription": MUTABLE,
        "SubnetIds": Property(path="Subnets[].SubnetIdentifier", unordered=True),
    },
    attributes={
        "DBSubnetGroupArn": Attribute("DBSubnetGroupArn", _ARN),
        "Arn": Attribute("DBSubnetGroupArn", _ARN),
        "VpcId": Attribute("VpcId"),
    },
    list=list_subnet_groups,
    states=States(path="SubnetGroupStatus", ready=frozenset({"Complete"}), timeout=300),
    create=Call(
        "create_db_subnet_group",
        lambda w: {
            **w.pick("DBSubnetGroupName", "DBSubnetGroupDescription", "SubnetIds"),
            "Tags": tag_list(w.tags),
        },
        item="DBSubnetGroup",
    ),
    updates=(
        Update(
            ("DBSubnetGroupDescription", "SubnetIds"),
            Call(
                "modify_db_subnet_group",
                # The request wants the subnets even when only the description differs.
                lambda w: {
                    "DBSubnetGroupName": w.id,
                    "SubnetIds": w.merged("SubnetIds"),
                    **w.pick("DBSubnetGroupDescription"),
                },
                item="DBSubnetGroup",
            ),
        ),
    ),
    delete=Call(
        "delete_db_subnet_group",
        lambda w: {"DBSubnetGroupName": w.id},
        retry_on=frozenset({"InvalidDBSubnetGroupStateFault"}),
    ),
    tag=TAG,
    untag=UNTAG,
    held_by_users=True,
    refuse_for_others=refuse_to_leave("AWS::RDS::DBInstance", "DBSubnetGroupName", zones_of, "database"),
)
