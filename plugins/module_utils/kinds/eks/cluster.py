# Copyright (c) stackwright.aws contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""AWS::EKS::Cluster."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from ...engine.diff import differs
from ...engine.kind import Attribute, Call, Item, Kind, Property, Scope, States, Update, Work
from ..ecs.shape import shaped, to_api
from ..requests import given, names_in_scope, unless
from ..shared import WRITE_ONLY
from .common import (
    CLUSTER_TYPE,
    IN_PROGRESS,
    NO_CHANGES,
    TAG,
    UNTAG,
    UPDATES,
    YOUNG_ROLE,
    kubernetes_version,
    reason_of,
    refuse_skip,
    state_of,
)

_ARN = "arn:{partition}:eks:{region}:{account}:cluster/{Name}"

#: How access is told, from the oldest way to the newest, which is also the only way to go.
#: https://docs.aws.amazon.com/eks/latest/userguide/setting-up-access-entries.html
_AUTHENTICATION = ("CONFIG_MAP", "API_AND_CONFIG_MAP", "API")

_ENDPOINT = ("EndpointPublicAccess", "EndpointPrivateAccess", "PublicAccessCidrs")
_PLACEMENT = ("SubnetIds", "SecurityGroupIds")

#: Auto Mode is switched on and off in all three at once.
_AUTO_MODE = ("ComputeConfig", "KubernetesNetworkConfig", "StorageConfig")

#: Parameters of the requests by property, where only the first letter differs.
_PLAIN = (
    "AccessConfig",
    "ControlPlaneScalingConfig",
    "DeletionProtection",
    "KubernetesNetworkConfig",
    "RemoteNetworkConfig",
    "ResourcesVpcConfig",
    "StorageConfig",
    "ComputeConfig",
    "UpgradePolicy",
    "ZonalShiftConfig",
)


# Reading


def list_clusters(scope: Scope) -> list[Item]:
    """The clusters in scope, each described by a request of its own."""
    if scope.everything and not scope.ids:
        names = scope.pages("eks", "list_clusters", "clusters[]")
    else:
        names = names_in_scope(scope, "Name", "eks", "cluster/")
    found = []
    for name in names:
        answer = unless((), partial(scope.call, "eks", "describe_cluster", name=name))
        if answer is not None:
            found.append({**answer["cluster"], **UPDATES.read(scope, "", name)})
    return found


def logging(item: Item) -> dict[str, Any]:
    """The logs that are on, in CloudFormation's shape."""
    setups = (item.get("logging") or {}).get("clusterLogging") or ()
    types = sorted({kind for setup in setups if setup.get("enabled") for kind in setup.get("types") or ()})
    return {"ClusterLogging": {"EnabledTypes": [{"Type": kind} for kind in types]}}


def encryption(item: Item) -> list[dict[str, Any]]:
    """The encryption of secrets in CloudFormation's shape."""
    return [
        {"Provider": {"KeyArn": (one.get("provider") or {}).get("keyArn")}, "Resources": one.get("resources") or []}
        for one in item.get("encryptionConfig") or ()
    ]


def without_bootstrap(value: Any) -> Any:
    """An access configuration to compare: whether its creator administers a cluster counts when it is made only."""
    if not isinstance(value, Mapping):
        return value
    return {name: member for name, member in value.items() if name != "BootstrapClusterCreatorAdminPermissions"}


# What AWS would refuse


def refuse_authentication(now: Any, wanted: Any) -> str:
    """Why access cannot go back to an older way of telling it."""
    here, there = (str((config or {}).get("AuthenticationMode") or "") for config in (now, wanted))
    if (
        here in _AUTHENTICATION
        and there in _AUTHENTICATION
        and _AUTHENTICATION.index(there) < _AUTHENTICATION.index(here)
    ):
        return f"its authentication mode {here} cannot go back to {there}; state {here}"
    return ""


def refuse_encryption(now: Any, _wanted: Any) -> str:
    """Why the encryption of secrets cannot be changed: it can be switched on, once.

    https://docs.aws.amazon.com/eks/latest/userguide/enable-kms.html
    """
    if not now:
        return ""
    return "the key that its secrets are encrypted with cannot be changed or taken off; state the one it has"


def refuse_addresses(now: Any, wanted: Any) -> str:
    """Why the addresses of services cannot be changed."""
    for member in ("IpFamily", "ServiceIpv4Cidr"):
        here, there = (now or {}).get(member), (wanted or {}).get(member)
        if there and here and here != there:
            return f"{member} {here} cannot be changed to {there}; state {here}, or make another cluster"
    return ""


# Writing


def _logging_request(stated: Mapping[str, Any]) -> dict[str, Any]:
    from_template = (stated.get("ClusterLogging") or {}).get("EnabledTypes") or ()
    wanted = sorted(one["Type"] for one in from_template)
    every = ("api", "audit", "authenticator", "controllerManager", "scheduler")
    others = [kind for kind in every if kind not in wanted]
    setups = [{"types": wanted, "enabled": True}] if wanted else []
    return {"clusterLogging": [*setups, *([{"types": others, "enabled": False}] if others else [])]}


def _encryption_request(stated: list[Mapping[str, Any]]) -> list[dict[str, Any]]:
    return [
        {"provider": {"keyArn": one["Provider"]["KeyArn"]}, "resources": list(one.get("Resources") or ["secrets"])}
        for one in stated
    ]


def creation(work: Work) -> dict[str, Any]:
    """The parameters that make a cluster."""
    params = {**given(work, name="Name", version="Version", roleArn="RoleArn"), **_plain(work, *_PLAIN)}
    if "BootstrapSelfManagedAddons" in work.desired:
        params["bootstrapSelfManagedAddons"] = bool(work.get("BootstrapSelfManagedAddons"))
    if work.get("Logging"):
        params["logging"] = _logging_request(work.get("Logging"))
    if work.get("EncryptionConfig"):
        params["encryptionConfig"] = _encryption_request(work.get("EncryptionConfig"))
    return {**params, "clientRequestToken": work.token, "tags": dict(work.tags)}


def _plain(work: Work, *names: str) -> dict[str, Any]:
    stated = {name: work.get(name) for name in names if work.get(name) is not None}
    return {name[:1].lower() + name[1:]: to_api(value) for name, value in stated.items()}


def _begin(work: Work, operation: str, **params: Any) -> None:
    UPDATES.begun(work, work.call("eks", operation, **params), work.id)


def _configure(*names: str) -> Callable[[Work], None]:
    """Change some properties; one request makes one sort of change only."""

    def step(work: Work) -> None:
        params = _plain(work, *names)
        params.get("accessConfig", {}).pop("bootstrapClusterCreatorAdminPermissions", None)
        _begin(work, "update_cluster_config", name=work.id, **params)

    return step


def _set_logging(work: Work) -> None:
    _begin(work, "update_cluster_config", name=work.id, logging=_logging_request(work.get("Logging") or {}))


def _set_network(members: tuple[str, ...]) -> Callable[[Work], None]:
    """Change who reaches the endpoint, or where the control plane's network interfaces are, if that differs."""

    def step(work: Work) -> None:
        stated, now = work.get("ResourcesVpcConfig") or {}, work.existing.properties.get("ResourcesVpcConfig") or {}
        wanted = {name: stated[name] for name in members if name in stated}
        if differs(Property(unordered=True), wanted, now):
            _begin(work, "update_cluster_config", name=work.id, resourcesVpcConfig=to_api(wanted))

    return step


def _encrypt(work: Work) -> None:
    _begin(
        work,
        "associate_encryption_config",
        clusterName=work.id,
        encryptionConfig=_encryption_request(work.get("EncryptionConfig") or []),
    )


def _upgrade(work: Work) -> None:
    _begin(work, "update_cluster_version", name=work.id, version=str(work.desired["Version"]))


CLUSTER = Kind(
    type=CLUSTER_TYPE,
    service="eks",
    title="EKS cluster",
    id="name",
    key=("Name",),
    list=list_clusters,
    properties={
        "Name": Property("name", immutable=True),
        "Version": Property("version", normalise=kubernetes_version, refuse=refuse_skip),
        "RoleArn": Property("roleArn", immutable=True),
        "ResourcesVpcConfig": Property(shaped("resourcesVpcConfig"), unordered=True),
        "AccessConfig": Property(shaped("accessConfig"), normalise=without_bootstrap, refuse=refuse_authentication),
        "BootstrapSelfManagedAddons": WRITE_ONLY,
        "ComputeConfig": Property(shaped("computeConfig"), unordered=True),
        "ControlPlaneScalingConfig": Property(shaped("controlPlaneScalingConfig")),
        "DeletionProtection": Property("deletionProtection", default=False),
        "EncryptionConfig": Property(encryption, unordered=True, refuse=refuse_encryption),
        "KubernetesNetworkConfig": Property(shaped("kubernetesNetworkConfig"), refuse=refuse_addresses),
        "Logging": Property(logging, unordered=True),
        "RemoteNetworkConfig": Property(shaped("remoteNetworkConfig"), unordered=True),
        "StorageConfig": Property(shaped("storageConfig")),
        "UpgradePolicy": Property(shaped("upgradePolicy")),
        "ZonalShiftConfig": Property(shaped("zonalShiftConfig")),
    },
    attributes={
        "Arn": Attribute("arn", _ARN),
        "Endpoint": Attribute("endpoint", volatile=True),
        "CertificateAuthorityData": Attribute("certificateAuthority.data"),
        "ClusterSecurityGroupId": Attribute("resourcesVpcConfig.clusterSecurityGroupId"),
        "EncryptionConfigKeyArn": Attribute("encryptionConfig[0].provider.keyArn", volatile=True),
        "OpenIdConnectIssuerUrl": Attribute("identity.oidc.issuer"),
    },
    tags="tags",
    states=States(
        state_of,
        ready=frozenset({"ACTIVE"}),
        failed=frozenset({"FAILED", "UPDATE_FAILED"}),
        leaving=frozenset({"DELETING"}),
        reason=reason_of,
        timeout=5400,
    ),
    create=Call("create_cluster", creation, item="cluster", retry_on=YOUNG_ROLE),
    referenced_when_ready=True,
    updates=(
        Update(("AccessConfig",), _configure("AccessConfig")),
        Update(("Logging",), _set_logging),
        Update(("ResourcesVpcConfig",), _set_network(_ENDPOINT)),
        Update(("ResourcesVpcConfig",), _set_network(_PLACEMENT)),
        Update(("UpgradePolicy",), _configure("UpgradePolicy")),
        Update(("ZonalShiftConfig",), _configure("ZonalShiftConfig")),
        Update(_AUTO_MODE, _configure(*_AUTO_MODE)),
        Update(("ControlPlaneScalingConfig",), _configure("ControlPlaneScalingConfig")),
        Update(("RemoteNetworkConfig",), _configure("RemoteNetworkConfig")),
        Update(("DeletionProtection",), _configure("DeletionProtection")),
        Update(("EncryptionConfig",), _encrypt),
        Update(("Version",), _upgrade),
    ),
    # Its protection is off some time after it was taken off.
    delete=Call(
        "delete_cluster",
        lambda w: {"name": w.id},
        retry_on=frozenset({"InvalidRequestException: deletion protection"}),
    ),
    tag=TAG,
    untag=UNTAG,
    protection="DeletionProtection",
    release=Call(
        "update_cluster_config", lambda w: {"name": w.id, "deletionProtection": False}, ignore=frozenset({NO_CHANGES})
    ),
    held_by_users=True,
    retry_on=IN_PROGRESS,
)
