# Copyright (c) stackwright.aws contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Clusters: made in their time, changed one update at a time, one minor version up at the most."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable
from typing import Any

from moto.core.utils import utcnow
from moto.ec2.models import ec2_backends
from moto.eks.responses import EKSResponse

from twin.overlay import _lookups
from twin.overlay._lifecycle import Record, proceed
from twin.overlay.eks import access, servers, tokens, versions
from twin.overlay.eks.roles import check_role
from twin.overlay.eks.store import (
    Answer,
    Cluster,
    begin,
    find_cluster,
    invalid,
    listed,
    make_arn,
    missing,
    of,
    same_request,
)
from twin.patch import Parameters, operation
from twin.refusal import refuse
from twin.world import World

_LOGS = ("api", "audit", "authenticator", "controllerManager", "scheduler")
_ENDPOINT = ("endpointPublicAccess", "endpointPrivateAccess", "publicAccessCidrs")
_PLACEMENT = ("subnetIds", "securityGroupIds")
_ANYWHERE = ["0.0.0.0/0"]
#: Parameter of UpdateClusterConfig -> the type of the update.
_SIMPLE = {
    "accessConfig": "AccessConfigUpdate",
    "controlPlaneScalingConfig": "ControlPlaneScalingConfigUpdate",
    "deletionProtection": "DeletionProtectionUpdate",
    "remoteNetworkConfig": "RemoteNetworkConfigUpdate",
    "upgradePolicy": "UpgradePolicyUpdate",
    "zonalShiftConfig": "ZonalShiftConfigUpdate",
}
_AUTO_MODE = ("computeConfig", "storageConfig", "kubernetesNetworkConfig")
_MODES = ("CONFIG_MAP", "API_AND_CONFIG_MAP", "API")


def install(world: World) -> None:
    _make(world)
    _read()
    _configure(world)
    _versions(world)
    _delete(world)


def _make(world: World) -> None:
    @operation(EKSResponse, "CreateCluster")
    def create(response: EKSResponse, p: Parameters) -> Answer:
        name, here = p["name"], of(response)
        old = here.clusters.get(name)
        if old is not None and same_request(old.record, p):
            return {"cluster": old.record}
        if old is not None:
            refuse("ResourceInUseException", f"Cluster already exists with name: {name}", clusterName=name)
        if not re.fullmatch(r"[0-9A-Za-z][A-Za-z0-9_-]{0,99}", name):
            invalid(f"Cluster name {name!r} has characters that are not allowed", clusterName=name)
        version = p.get("version") or versions.DEFAULT
        if version not in versions.VERSIONS:
            invalid(f"unsupported Kubernetes version {version}", clusterName=name)
        check_role(response, p["roleArn"], "eks.amazonaws.com")
        network = _network(response, p["resourcesVpcConfig"])
        record = Record(
            name=name,
            arn=make_arn(response, "cluster", name),
            createdAt=utcnow(),
            version=version,
            platformVersion="eks.1",
            roleArn=p["roleArn"],
            resourcesVpcConfig=network,
            kubernetesNetworkConfig={
                "serviceIpv4Cidr": "172.20.0.0/16",
                "ipFamily": "ipv4",
                "elasticLoadBalancing": {"enabled": False},
                **(p.get("kubernetesNetworkConfig") or {}),
            },
            logging=_logging(p.get("logging")),
            status="CREATING",
            clientRequestToken=p.get("clientRequestToken"),
            tags=dict(p.get("tags") or {}),
            encryptionConfig=_encryption(response, p.get("encryptionConfig") or []),
            accessConfig={
                "bootstrapClusterCreatorAdminPermissions": True,
                "authenticationMode": "CONFIG_MAP",
                **(p.get("accessConfig") or {}),
            },
            upgradePolicy={"supportType": "EXTENDED", **(p.get("upgradePolicy") or {})},
            zonalShiftConfig={"enabled": False, **(p.get("zonalShiftConfig") or {})},
            deletionProtection=bool(p.get("deletionProtection")),
            controlPlaneScalingConfig={"tier": "standard", **(p.get("controlPlaneScalingConfig") or {})},
            health={"issues": []},
            selfManaged=p.get("bootstrapSelfManagedAddons", True),
            account=response.current_account,
            region=response.region,
            creator=tokens.caller(response.get_access_key(), response.region)[0],
        )
        for member in ("remoteNetworkConfig", "computeConfig", "storageConfig"):
            if p.get(member):
                record[member] = p[member]
        cluster = here.clusters[name] = Cluster(record)
        _add_security_group(cluster)

        def finish() -> None:
            mark = hashlib.sha256(record["arn"].encode()).hexdigest()[:32].upper()
            record["identity"] = {"oidc": {"issuer": f"https://oidc.eks.{record['region']}.amazonaws.com/id/{mark}"}}
            if record["accessConfig"]["bootstrapClusterCreatorAdminPermissions"]:
                access.admit_creator(cluster)
            record["status"] = "ACTIVE"
            servers.start(world, cluster)

        proceed(world, record, world.delay("eks.cluster.create"), finish)
        return {"cluster": record}


def _network(response: EKSResponse, asked: dict[str, Any]) -> dict[str, Any]:
    network = {
        "subnetIds": list(asked.get("subnetIds") or []),
        "securityGroupIds": list(asked.get("securityGroupIds") or []),
        "endpointPublicAccess": asked.get("endpointPublicAccess", True),
        "endpointPrivateAccess": asked.get("endpointPrivateAccess", False),
        "publicAccessCidrs": list(asked.get("publicAccessCidrs") or _ANYWHERE),
    }
    _check_endpoint(network)
    network["vpcId"] = _check_placement(response, network)
    return network


def _check_endpoint(network: dict[str, Any]) -> None:
    if not network["endpointPublicAccess"] and not network["endpointPrivateAccess"]:
        invalid("Private and public endpoint access cannot be false")


def _check_placement(response: EKSResponse, network: dict[str, Any]) -> str:
    account, region = response.current_account, response.region
    subnets, unknown = _lookups.subnets(account, region, network["subnetIds"])
    if unknown:
        invalid(
            f"The subnet ID '{unknown[0]}' does not exist (Service: AmazonEC2; Error Code: InvalidSubnetID.NotFound)"
        )
    if len({subnet.availability_zone for subnet in subnets}) < 2:
        invalid("Subnets specified must be in at least two different AZs")
    for group in network["securityGroupIds"]:
        if _lookups.security_group(account, region, group) is None:
            invalid(f"The security group ID '{group}' does not exist")
    return str(subnets[0].vpc_id)


def _logging(asked: dict[str, Any] | None, now: dict[str, Any] | None = None) -> dict[str, Any]:
    """The logs that are on after a change, one setup for those that are and one for those that are not."""
    on = {kind for setup in (now or {}).get("clusterLogging", ()) if setup["enabled"] for kind in setup["types"]}
    for setup in (asked or {}).get("clusterLogging") or ():
        for kind in setup.get("types") or ():
            if kind not in _LOGS:
                invalid(f"Unknown log type {kind}")
            (on.add if setup.get("enabled") else on.discard)(kind)
    off = [kind for kind in _LOGS if kind not in on]
    setups = [{"types": [kind for kind in _LOGS if kind in on], "enabled": True}, {"types": off, "enabled": False}]
    return {"clusterLogging": [setup for setup in setups if setup["types"]]}


def _encryption(response: EKSResponse, asked: list[dict[str, Any]]) -> list[dict[str, Any]]:
    for one in asked:
        if one.get("resources") != ["secrets"]:
            invalid("encryptionConfig.resources must be [secrets]")
        key = (one.get("provider") or {}).get("keyArn") or ""
        if _lookups.kms_key_arn(response.current_account, response.region, key) != key:
            invalid(f"Invalid KMS key ARN {key}")
    return asked


def _add_security_group(cluster: Cluster) -> None:
    """The group that EKS puts on its network interfaces and on the nodes: open among themselves, and outwards."""
    record = cluster.record
    ec2 = ec2_backends[record["account"]][record["region"]]
    group = ec2.create_security_group(
        f"eks-cluster-sg-{cluster.name}-{int(hashlib.sha256(record['arn'].encode()).hexdigest(), 16) % 10**9}",
        "EKS created security group applied to ENI that is attached to EKS Control Plane master nodes, as well as any"
        " managed workloads.",
        vpc_id=record["resourcesVpcConfig"]["vpcId"],
        tags={f"kubernetes.io/cluster/{cluster.name}": "owned", "Name": f"eks-cluster-sg-{cluster.name}"},
        force=True,
    )
    everything: Any = {"ip_protocol": "-1", "from_port": None, "to_port": None, "ip_ranges": []}
    ec2.authorize_security_group_ingress(group.id, source_groups=[{"GroupId": group.id}], **everything)
    record["resourcesVpcConfig"]["clusterSecurityGroupId"] = group.id


def _read() -> None:
    @operation(EKSResponse, "DescribeCluster")
    def describe(response: EKSResponse, p: Parameters) -> Answer:
        return {"cluster": find_cluster(response, p["name"]).record}

    @operation(EKSResponse, "ListClusters")
    def list_clusters(response: EKSResponse, p: Parameters) -> Answer:
        return listed(p, sorted(of(response).clusters), "clusters")

    @operation(EKSResponse, "DescribeUpdate")
    def describe_update(response: EKSResponse, p: Parameters) -> Answer:
        cluster = find_cluster(response, p["name"])
        found = cluster.updates.get(p["updateId"])
        if found is None:
            missing(f"No update found for ID: {p['updateId']}")
        return {"update": found}

    @operation(EKSResponse, "ListUpdates")
    def list_updates(response: EKSResponse, p: Parameters) -> Answer:
        cluster = find_cluster(response, p["name"])
        of_part = cluster.nodegroups.get(p.get("nodegroupName", "")) or cluster.addons.get(p.get("addonName", ""))
        subject = of_part or cluster.record
        return listed(p, [one["id"] for one in cluster.updates.values() if one["subject"] is subject], "updateIds")


def _configure(world: World) -> None:
    @operation(EKSResponse, "UpdateClusterConfig")
    def configure(response: EKSResponse, p: Parameters) -> Answer:
        cluster = find_cluster(response, p["name"])
        kind, params, change = _one_change(response, cluster, p)
        return begin(world, cluster, cluster.record, kind, params, "eks.cluster.update", change)

    @operation(EKSResponse, "AssociateEncryptionConfig")
    def encrypt(response: EKSResponse, p: Parameters) -> Answer:
        cluster = find_cluster(response, p["clusterName"])
        if cluster.record["encryptionConfig"]:
            invalid("Encryption is already enabled for cluster")
        wanted = _encryption(response, p["encryptionConfig"])

        def change() -> None:
            cluster.record["encryptionConfig"] = wanted

        return begin(world, cluster, cluster.record, "AssociateEncryptionConfig", {}, "eks.cluster.update", change)


def _one_change(
    response: EKSResponse, cluster: Cluster, p: Parameters
) -> tuple[str, dict[str, str], Callable[[], None]]:
    """The type, the shown parameters and the making of the only change that a request may ask for."""
    record, network = cluster.record, p.get("resourcesVpcConfig") or {}
    asked = [name for name in ("logging", *_SIMPLE) if p.get(name) is not None]
    asked += ["endpoint"] if any(name in network for name in _ENDPOINT) else []
    asked += ["placement"] if any(name in network for name in _PLACEMENT) else []
    asked += ["auto mode"] if any(p.get(name) for name in _AUTO_MODE) else []
    if len(asked) != 1:
        invalid("Only one type of update can be allowed." if asked else "No changes needed")
    (what,) = asked
    if what in ("endpoint", "placement"):
        return _network_change(response, record, network, what)
    if what == "auto mode":
        wanted = {name: {**(record.get(name) or {}), **p[name]} for name in _AUTO_MODE if p.get(name)}
        return "AutoModeUpdate", {}, lambda: record.update(wanted)
    if what == "logging":
        logging = _logging(p["logging"], record["logging"])
        if logging == record["logging"]:
            invalid("No changes needed for the logging config provided", clusterName=cluster.name)
        return "LoggingUpdate", {"ClusterLogging": str(p["logging"])}, lambda: record.update(logging=logging)
    value = p[what] if isinstance(p[what], bool) else {**(record.get(what) or {}), **p[what]}
    if value == record.get(what):
        invalid(f"No changes needed for the {what} provided", clusterName=cluster.name)
    if what == "accessConfig":
        _check_mode(record["accessConfig"]["authenticationMode"], value["authenticationMode"])
    return _SIMPLE[what], {}, lambda: record.update({what: value})


def _check_mode(now: str, wanted: str) -> None:
    if _MODES.index(wanted) < _MODES.index(now):
        invalid(f"Unsupported authentication mode update from {now} to {wanted}")


def _network_change(
    response: EKSResponse, record: Record, asked: dict[str, Any], what: str
) -> tuple[str, dict[str, str], Callable[[], None]]:
    members = _ENDPOINT if what == "endpoint" else _PLACEMENT
    wanted = {**record["resourcesVpcConfig"], **{name: asked[name] for name in members if name in asked}}
    if wanted == record["resourcesVpcConfig"]:
        invalid(
            "Cluster is already at the desired configuration with " + ", ".join(f"{n}: {wanted[n]}" for n in members)
        )
    _check_endpoint(wanted)
    _check_placement(response, wanted)
    kind = "EndpointAccessUpdate" if what == "endpoint" else "VpcConfigUpdate"
    shown = {name[0].upper() + name[1:]: str(wanted[name]) for name in members}
    return kind, shown, lambda: record.update(resourcesVpcConfig=wanted)


def _versions(world: World) -> None:
    @operation(EKSResponse, "UpdateClusterVersion")
    def upgrade(response: EKSResponse, p: Parameters) -> Answer:
        cluster, wanted = find_cluster(response, p["name"]), p["version"]
        now = cluster.record["version"]
        if wanted not in versions.VERSIONS:
            invalid(f"unsupported Kubernetes version {wanted}", clusterName=cluster.name)
        if versions.number(wanted)[1] != versions.number(now)[1] + 1:
            invalid(f"Unsupported Kubernetes minor version update from {now} to {wanted}", clusterName=cluster.name)
        # https://docs.aws.amazon.com/eks/latest/userguide/update-cluster.html: nodes may be three behind.
        behind = [
            group["nodegroupName"]
            for group in cluster.nodegroups.values()
            if versions.number(wanted)[1] - versions.number(group["version"])[1] > 3
        ]
        if behind:
            invalid(f"Nodegroups {', '.join(behind)} must be updated to match cluster version {now} before updating")

        def change() -> None:
            cluster.record["version"] = wanted
            cluster.record["platformVersion"] = "eks.1"

        return begin(world, cluster, cluster.record, "VersionUpdate", {"Version": wanted}, "eks.cluster.update", change)

    @operation(EKSResponse, "DescribeClusterVersions")
    def describe_versions(response: EKSResponse, p: Parameters) -> Answer:
        found = [
            {
                "clusterVersion": version,
                "clusterType": "eks",
                "defaultVersion": version == versions.DEFAULT,
                "endOfStandardSupportDate": standard,
                "endOfExtendedSupportDate": extended,
                "versionStatus": "STANDARD_SUPPORT" if standard > utcnow().date().isoformat() else "EXTENDED_SUPPORT",
            }
            for version, (standard, extended) in versions.VERSIONS.items()
            if not p.get("clusterVersions") or version in p["clusterVersions"]
        ]
        return listed(p, found, "clusterVersions")


def _delete(world: World) -> None:
    @operation(EKSResponse, "DeleteCluster")
    def delete(response: EKSResponse, p: Parameters) -> Answer:
        cluster = find_cluster(response, p["name"])
        record = cluster.record
        if cluster.nodegroups:
            refuse("ResourceInUseException", "Cluster has nodegroups attached", clusterName=cluster.name)
        if record["deletionProtection"]:
            refuse(
                "InvalidRequestException",
                f"Cluster {cluster.name} has deletion protection enabled. Disable it before deleting.",
                clusterName=cluster.name,
            )
        if record["status"] in ("CREATING", "UPDATING"):
            refuse(
                "ResourceInUseException",
                f"Cannot delete because cluster {cluster.name} currently has an update in progress",
                clusterName=cluster.name,
            )
        record["status"] = "DELETING"
        servers.stop(cluster)

        def finish() -> None:
            of(response).clusters.pop(cluster.name, None)
            _remove_security_group(cluster)

        proceed(world, record, world.delay("eks.cluster.delete"), finish)
        return {"cluster": record}


def _remove_security_group(cluster: Cluster) -> None:
    """AWS leaves the group behind when another one still names it."""
    record = cluster.record
    ec2 = ec2_backends[record["account"]][record["region"]]
    group_id = record["resourcesVpcConfig"]["clusterSecurityGroupId"]
    others = [group for groups in ec2.groups.values() for group in groups.values() if group.id != group_id]
    rules = [rule for group in others for rule in group.ingress_rules + group.egress_rules]
    if not any(rule.source_group.get("GroupId") == group_id for rule in rules):
        ec2.groups[record["resourcesVpcConfig"]["vpcId"]].pop(group_id, None)
