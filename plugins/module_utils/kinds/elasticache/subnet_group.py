# Copyright (c) stackwright.aws contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The subnets that a cache may be placed in."""

from __future__ import annotations

from ...engine.kind import Attribute, Call, Item, Kind, Observed, Property, Scope, Update
from ...engine.template import Template
from ..shared import tag_list
from ..subnet_groups import refuse_to_leave
from .common import TAG, UNTAG, lower, named

_ARN = "arn:{partition}:elasticache:{region}:{account}:subnetgroup:{CacheSubnetGroupName}"


def list_subnet_groups(scope: Scope) -> list[Item]:
    """The subnet groups in scope."""
    return named(scope, "describe_cache_subnet_groups", "CacheSubnetGroups[]", "CacheSubnetGroupName")


def zones_of(group: Observed) -> list[str]:
    """Where the nodes of a replication group stand."""
    return [
        member["PreferredAvailabilityZone"]
        for shard in group.item.get("NodeGroups") or ()
        for member in shard.get("NodeGroupMembers") or ()
        if member.get("PreferredAvailabilityZone")
    ]


SUBNET_GROUP = Kind(
    type="AWS::ElastiCache::SubnetGroup",
    service="elasticache",
    title="cache subnet group",
    template=Template(attributes={"Arn": "", "VpcId": ""}),
    id="CacheSubnetGroupName",
    key=("CacheSubnetGroupName",),
    properties={
        "CacheSubnetGroupName": Property(immutable=True, normalise=lower),
        "Description": Property(path="CacheSubnetGroupDescription"),
        "SubnetIds": Property(path="Subnets[].SubnetIdentifier", unordered=True),
    },
    attributes={"Arn": Attribute("ARN", _ARN), "VpcId": Attribute("VpcId")},
    list=list_subnet_groups,
    create=Call(
        "create_cache_subnet_group",
        lambda w: {
            **w.pick("CacheSubnetGroupName", "SubnetIds", CacheSubnetGroupDescription="Description"),
            "Tags": tag_list(w.tags),
        },
        item="CacheSubnetGroup",
    ),
    updates=(
        Update(
            ("Description", "SubnetIds"),
            Call(
                "modify_cache_subnet_group",
                lambda w: {
                    "CacheSubnetGroupName": w.id,
                    **w.pick("SubnetIds", CacheSubnetGroupDescription="Description"),
                },
                item="CacheSubnetGroup",
            ),
        ),
    ),
    delete=Call(
        "delete_cache_subnet_group",
        lambda w: {"CacheSubnetGroupName": w.id},
        retry_on=frozenset({"CacheSubnetGroupInUse"}),
    ),
    tag=TAG,
    untag=UNTAG,
    held_by_users=True,
    refuse_for_others=refuse_to_leave("AWS::ElastiCache::ReplicationGroup", "CacheSubnetGroupName", zones_of, "cache"),
)
