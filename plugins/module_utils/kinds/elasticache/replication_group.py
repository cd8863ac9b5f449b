# Copyright (c) stackwright.aws contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Redis and Valkey: a primary with replicas, in one or several shards."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from ...engine.kind import Attribute, Call, Item, Kind, Property, Scope, States, Update, Work
from ...engine.template import Template
from ..kms import key_id
from ..shared import IMMUTABLE, MUTABLE, WRITE_ONLY, tag_list
from ..versions import engine_version, refuse_older
from .common import TAG, UNTAG, lower, named
from .replication_group_refusals import refuse, refuse_engine, refuse_mode

#: https://docs.aws.amazon.com/AmazonElastiCache/latest/APIReference/API_ReplicationGroup.html and API_CacheCluster.html
FAILED_STATES = frozenset({"create-failed", "incompatible-network", "restore-failed"})
LEAVING_STATES = frozenset({"deleting", "deleted"})

_ARN = "arn:{partition}:elasticache:{region}:{account}:replicationgroup:{ReplicationGroupId}"
DEFAULT_PORT = 6379

#: A node may still be at work when its group no longer is.
_CHANGING = frozenset({"InvalidReplicationGroupState", "InvalidCacheClusterState"})

_CREATE = (
    "AtRestEncryptionEnabled",
    "AuthToken",
    "AutoMinorVersionUpgrade",
    "AutomaticFailoverEnabled",
    "CacheNodeType",
    "CacheParameterGroupName",
    "CacheSubnetGroupName",
    "ClusterMode",
    "DataTieringEnabled",
    "Durability",
    "Engine",
    "EngineVersion",
    "GlobalReplicationGroupId",
    "IpDiscovery",
    "KmsKeyId",
    "LogDeliveryConfigurations",
    "MultiAZEnabled",
    "NetworkType",
    "NodeGroupConfiguration",
    "NotificationTopicArn",
    "NumCacheClusters",
    "NumNodeGroups",
    "Port",
    "PreferredCacheClusterAZs",
    "PreferredMaintenanceWindow",
    "PrimaryClusterId",
    "ReplicasPerNodeGroup",
    "ReplicationGroupDescription",
    "ReplicationGroupId",
    "SecurityGroupIds",
    "SnapshotArns",
    "SnapshotName",
    "SnapshotRetentionLimit",
    "SnapshotWindow",
    "TransitEncryptionEnabled",
    "TransitEncryptionMode",
    "UserGroupIds",
)
_MODIFY = (
    "AutoMinorVersionUpgrade",
    "AutomaticFailoverEnabled",
    "CacheNodeType",
    "CacheParameterGroupName",
    "ClusterMode",
    "Durability",
    "Engine",
    "EngineVersion",
    "IpDiscovery",
    "MultiAZEnabled",
    "NotificationTopicArn",
    "PreferredMaintenanceWindow",
    "ReplicationGroupDescription",
    "SecurityGroupIds",
    "SnapshotRetentionLimit",
    "SnapshotWindow",
    "SnapshottingClusterId",
    "TransitEncryptionEnabled",
    "TransitEncryptionMode",
)
#: Properties that ElastiCache wants to see together: a change of one restates the others that are stated.
_TOGETHER = (
    frozenset({"AutomaticFailoverEnabled", "MultiAZEnabled"}),
    frozenset({"TransitEncryptionEnabled", "TransitEncryptionMode"}),
)
_NUMBERS = frozenset({"NumCacheClusters", "NumNodeGroups", "Port", "ReplicasPerNodeGroup", "SnapshotRetentionLimit"})


# Reading


def nodes_by_group(answer: Iterable[Item]) -> dict[str, list[Item]]:
    """The nodes of each replication group, in the order of their names."""
    groups: dict[str, list[Item]] = {}
    for node in sorted(answer, key=lambda node: str(node["CacheClusterId"])):
        if node.get("ReplicationGroupId"):
            groups.setdefault(node["ReplicationGroupId"], []).append(node)
    return groups


def list_replication_groups(scope: Scope) -> list[Item]:
    """The replication groups in scope with their nodes.

    Security groups, maintenance windows and versions are facts of the nodes: one request reads the nodes of all groups.
    """
    found = named(scope, "describe_replication_groups", "ReplicationGroups[]", "ReplicationGroupId")
    if not found:
        return []
    nodes = nodes_by_group(_nodes(scope))
    return [{**group, "Nodes": nodes.get(group["ReplicationGroupId"], [])} for group in found]


def _nodes(scope: Scope) -> list[Item]:
    return scope.pages("elasticache", "describe_cache_clusters", "CacheClusters[]")


def group_state(item: Mapping[str, Any]) -> str:
    """The status, or what is still under way behind the status `available`."""
    status = str(item.get("Status") or "")
    if status != "available":
        return status
    pending = dict(item.get("PendingModifiedValues") or {})
    if any(value not in (None, "", [], {}) for value in pending.values()):
        return "pending-modification"
    for node in item.get("Nodes") or ():
        its_status = node.get("CacheClusterStatus") or "available"
        if its_status not in ("available", "snapshotting"):
            return str(its_status)
        if any(value not in (None, "", [], {}) for value in (node.get("PendingModifiedValues") or {}).values()):
            return "pending-modification"
    return status


def _node(name: str) -> Any:
    """A reader of a fact that every node of a group shares."""

    def read(item: Mapping[str, Any]) -> Any:
        nodes = item.get("Nodes") or [{}]
        return nodes[0].get(name)

    return read


def _security_groups(item: Mapping[str, Any]) -> list[str] | None:
    groups = _node("SecurityGroups")(item)
    return None if groups is None else [group["SecurityGroupId"] for group in groups]


def _topic(item: Mapping[str, Any]) -> str | None:
    notification = _node("NotificationConfiguration")(item) or {}
    return notification.get("TopicArn") if notification.get("TopicStatus", "active") == "active" else None


def _parameter_group(item: Mapping[str, Any]) -> str | None:
    return (_node("CacheParameterGroup")(item) or {}).get("CacheParameterGroupName")


def endpoint(item: Mapping[str, Any], which: str) -> Mapping[str, Any]:
    """An endpoint of the first shard: `PrimaryEndpoint` or `ReaderEndpoint`; empty while there is none."""
    shards = item.get("NodeGroups") or [{}]
    found: Mapping[str, Any] = shards[0].get(which) or {}
    return found


def _port(item: Mapping[str, Any]) -> Any:
    configuration: Mapping[str, Any] = item.get("ConfigurationEndpoint") or {}
    return endpoint(item, "PrimaryEndpoint").get("Port") or configuration.get("Port")


def _node_count(item: Mapping[str, Any]) -> int | None:
    return len(item["MemberClusters"]) if item.get("MemberClusters") else None


def _replicas_per_shard(item: Mapping[str, Any]) -> int | None:
    nodes, shards = item.get("MemberClusters"), item.get("NodeGroups")
    return len(nodes) // len(shards) - 1 if nodes and shards else None


def log_deliveries(item: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The log deliveries of a group, without those that are being ended."""
    wanted = ("DestinationDetails", "DestinationType", "LogFormat", "LogType")
    return [
        {name: delivery[name] for name in wanted if name in delivery}
        for delivery in item.get("LogDeliveryConfigurations") or ()
        if delivery.get("Status") != "disabling"
    ]


def by_log_type(value: Any) -> Any:
    """Log deliveries in the order of their types, of which each is there once at the most."""
    if isinstance(value, list) and all(isinstance(one, Mapping) for one in value):
        return sorted(value, key=lambda delivery: str(delivery.get("LogType")))
    return value


def _predicted_port(facts: Mapping[str, Any]) -> int | None:
    port = facts.get("Port", DEFAULT_PORT)
    return int(port) if isinstance(port, (int, str)) else None


def _predicted_configuration_port(facts: Mapping[str, Any]) -> int | None:
    """Only a group in cluster mode has a configuration endpoint."""
    groups = facts.get("NumNodeGroups", 1)
    sharded = facts.get("ClusterMode") == "enabled" or (isinstance(groups, (int, str)) and int(groups) > 1)
    return _predicted_port(facts) if sharded else None


# Writing


def _parameters(work: Work, names: Iterable[str]) -> dict[str, Any]:
    stated = {name: work.desired[name] for name in names if work.desired.get(name) not in (None, "", [])}
    return {name: int(value) if name in _NUMBERS else value for name, value in sorted(stated.items())}


def creation(work: Work) -> dict[str, Any]:
    """The parameters that make a replication group."""
    return {**_parameters(work, _CREATE), "Tags": tag_list(work.tags)}


def modification(work: Work) -> dict[str, Any]:
    """The parameters that change what differs, at once instead of in the maintenance window."""
    changed = set(work.changed)
    for group in _TOGETHER:
        if changed & group:
            changed |= group
    if changed & {"Engine", "EngineVersion"}:
        # Another engine, or another major version, wants a parameter group of its own family.
        changed |= {"Engine", "EngineVersion", "CacheParameterGroupName"}
    params = {name: work.desired[name] for name in _MODIFY if name in changed and name in work.desired}
    if "NotificationTopicArn" in params and not params["NotificationTopicArn"]:
        del params["NotificationTopicArn"]
        params["NotificationTopicStatus"] = "inactive"
    if "LogDeliveryConfigurations" in changed:
        params["LogDeliveryConfigurations"] = _log_changes(work)
    if "UserGroupIds" in changed:
        desired, current = set(work.desired["UserGroupIds"] or ()), set(_current(work, "UserGroupIds") or ())
        params["UserGroupIdsToAdd"] = sorted(desired - current)
        params["UserGroupIdsToRemove"] = sorted(current - desired)
    return {"ReplicationGroupId": work.id, "ApplyImmediately": True, **params}


def _current(work: Work, name: str) -> Any:
    return work.current.properties.get(name) if work.current else None


def _log_changes(work: Work) -> list[dict[str, Any]]:
    desired = list(work.desired["LogDeliveryConfigurations"] or ())
    kept = {delivery["LogType"] for delivery in desired}
    gone = [one["LogType"] for one in _current(work, "LogDeliveryConfigurations") or () if one["LogType"] not in kept]
    return [*desired, *({"LogType": log_type, "Enabled": False} for log_type in sorted(gone))]


def replica_change(work: Work) -> int:
    """By how many replicas a shard grows, or shrinks when it is less than 0."""
    if "NumCacheClusters" in work.changed:
        return int(work.desired["NumCacheClusters"]) - int(_current(work, "NumCacheClusters") or 0)
    if "ReplicasPerNodeGroup" in work.changed:
        return int(work.desired["ReplicasPerNodeGroup"]) - int(_current(work, "ReplicasPerNodeGroup") or 0)
    return 0


def _new_replica_count(work: Work) -> int:
    if "NumCacheClusters" in work.changed:
        return int(work.desired["NumCacheClusters"]) - 1
    return int(work.desired["ReplicasPerNodeGroup"])


def _grow(work: Work) -> None:
    """First of all: failover and Multi-AZ can only be switched on when there is a replica."""
    if replica_change(work) > 0:
        work.call(
            "elasticache",
            "increase_replica_count",
            ReplicationGroupId=work.id,
            NewReplicaCount=_new_replica_count(work),
            ApplyImmediately=True,
        )


def _shrink(work: Work) -> None:
    """Last of all: the last replica can only go when failover is switched off."""
    if replica_change(work) < 0:
        work.call(
            "elasticache",
            "decrease_replica_count",
            ReplicationGroupId=work.id,
            NewReplicaCount=_new_replica_count(work),
            ApplyImmediately=True,
        )


def _reshard(work: Work) -> dict[str, Any]:
    desired = int(work.desired["NumNodeGroups"])
    shards = [shard["NodeGroupId"] for shard in work.current.item.get("NodeGroups", ())] if work.current else []
    params = {"ReplicationGroupId": work.id, "NodeGroupCount": desired, "ApplyImmediately": True}
    return {**params, "NodeGroupsToRemove": sorted(shards)[desired:]} if desired < len(shards) else params


def deletion(work: Work) -> dict[str, Any]:
    """The parameters of the deletion."""
    if not work.final_snapshot or (work.current and work.current.state in FAILED_STATES):
        return {"ReplicationGroupId": work.id}
    return {"ReplicationGroupId": work.id, "FinalSnapshotIdentifier": f"{work.id}-final-{work.token[:8]}"}


REPLICATION_GROUP = Kind(
    type="AWS::ElastiCache::ReplicationGroup",
    service="elasticache",
    title="replication group",
    template=Template(attributes={"Arn": "", "MemberClusters": ""}, deletion_policy="Snapshot"),
    id="ReplicationGroupId",
    key=("ReplicationGroupId",),
    requires=("AWS::ElastiCache::SubnetGroup", "AWS::ElastiCache::ParameterGroup"),
    properties={
        "ReplicationGroupId": Property(immutable=True, normalise=lower),
        "ReplicationGroupDescription": Property(path="Description"),
        "Engine": Property(path=lambda item: item.get("Engine") or _node("Engine")(item), refuse=refuse_engine),
        "EngineVersion": Property(path=_node("EngineVersion"), normalise=engine_version, refuse=refuse_older),
        "CacheNodeType": MUTABLE,
        "CacheParameterGroupName": Property(path=_parameter_group, normalise=lower),
        "CacheSubnetGroupName": Property(path=_node("CacheSubnetGroupName"), immutable=True, normalise=lower),
        "SecurityGroupIds": Property(path=_security_groups, unordered=True),
        "NumCacheClusters": Property(path=_node_count),
        "NumNodeGroups": Property(path=lambda item: len(item.get("NodeGroups") or ()) or None),
        "ReplicasPerNodeGroup": Property(path=_replicas_per_shard),
        "NodeGroupConfiguration": Property(initial=True),
        "PreferredCacheClusterAZs": Property(initial=True),
        "PrimaryClusterId": Property(initial=True),
        "ClusterMode": Property(refuse=refuse_mode),
        "AutomaticFailoverEnabled": Property(
            path=lambda item: item.get("AutomaticFailover") in ("enabled", "enabling")
        ),
        "MultiAZEnabled": Property(path=lambda item: item.get("MultiAZ") == "enabled"),
        "AtRestEncryptionEnabled": Property(immutable=True, default=False),
        "TransitEncryptionEnabled": Property(default=False),
        "TransitEncryptionMode": MUTABLE,
        "AuthToken": Property(write_only=True, sensitive=True),
        "UserGroupIds": Property(unordered=True),
        "KmsKeyId": Property(immutable=True, normalise=key_id),
        "Port": Property(path=_port, immutable=True),
        "NetworkType": IMMUTABLE,
        "IpDiscovery": MUTABLE,
        "Durability": MUTABLE,
        "DataTieringEnabled": Property(path=lambda item: item.get("DataTiering") == "enabled", immutable=True),
        "AutoMinorVersionUpgrade": Property(
            path=lambda item: item.get("AutoMinorVersionUpgrade", _node("AutoMinorVersionUpgrade")(item))
        ),
        "PreferredMaintenanceWindow": Property(path=_node("PreferredMaintenanceWindow"), normalise=lower),
        "NotificationTopicArn": Property(path=_topic),
        "SnapshotRetentionLimit": Property(default=0),
        "SnapshotWindow": MUTABLE,
        "SnapshottingClusterId": MUTABLE,
        "SnapshotName": WRITE_ONLY,
        "SnapshotArns": WRITE_ONLY,
        "GlobalReplicationGroupId": Property(
            path="GlobalReplicationGroupInfo.GlobalReplicationGroupId", immutable=True
        ),
        "LogDeliveryConfigurations": Property(path=log_deliveries, normalise=by_log_type),
    },
    attributes={
        "PrimaryEndPoint.Address": Attribute(lambda item: endpoint(item, "PrimaryEndpoint").get("Address")),
        "PrimaryEndPoint.Port": Attribute(lambda item: endpoint(item, "PrimaryEndpoint").get("Port"), _predicted_port),
        "ReaderEndPoint.Address": Attribute(lambda item: endpoint(item, "ReaderEndpoint").get("Address")),
        "ReaderEndPoint.Port": Attribute(lambda item: endpoint(item, "ReaderEndpoint").get("Port"), _predicted_port),
        "ConfigurationEndPoint.Address": Attribute("ConfigurationEndpoint.Address"),
        "ConfigurationEndPoint.Port": Attribute("ConfigurationEndpoint.Port", _predicted_configuration_port),
        "MemberClusters": Attribute("MemberClusters", volatile=True),
        "Arn": Attribute("ARN", _ARN),
    },
    list=list_replication_groups,
    states=States(
        path=group_state,
        ready=frozenset({"available"}),
        failed=FAILED_STATES,
        leaving=LEAVING_STATES,
        timeout=3600,
    ),
    create=Call("create_replication_group", creation, item="ReplicationGroup"),
    updates=(
        Update(("NumCacheClusters", "ReplicasPerNodeGroup"), _grow),
        Update(
            (*_MODIFY, "LogDeliveryConfigurations", "UserGroupIds"),
            Call("modify_replication_group", modification, retry_on=_CHANGING),
        ),
        Update(
            ("NumNodeGroups",),
            Call("modify_replication_group_shard_configuration", _reshard, retry_on=_CHANGING),
        ),
        Update(("NumCacheClusters", "ReplicasPerNodeGroup"), _shrink),
    ),
    delete=Call("delete_replication_group", deletion, retry_on=_CHANGING),
    tag=TAG,
    untag=UNTAG,
    referenced_when_ready=True,
    holds_data=True,
    refuse=refuse,
)
