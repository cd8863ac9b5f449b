"""How EKS's answers become properties, what AWS would refuse, and which requests change what exists."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.stackwright.aws.plugins.module_utils.engine.diff import differs
from ansible_collections.stackwright.aws.plugins.module_utils.engine.kind import Kind, Phase
from ansible_collections.stackwright.aws.plugins.module_utils.kinds import eks, iam_oidc_provider
from ansible_collections.stackwright.aws.plugins.module_utils.kinds.eks.access_entry import ACCESS_ENTRY
from ansible_collections.stackwright.aws.plugins.module_utils.kinds.eks.addon import ADDON
from ansible_collections.stackwright.aws.plugins.module_utils.kinds.eks.cluster import CLUSTER
from ansible_collections.stackwright.aws.plugins.module_utils.kinds.eks.nodegroup import NODEGROUP, scaling
from ansible_collections.stackwright.aws.plugins.module_utils.kinds.iam_oidc_provider import IAM_OIDC_PROVIDER
from tests.unit.kinds import schemas
from tests.unit.kinds.canned import CannedApi, missing, scope, work

KINDS = (*eks.KINDS, *iam_oidc_provider.KINDS)
#: What a template may state and we leave out: clusters on Outposts, flags of the control plane, and what makes one
#: update go another way.
LEFT_OUT = {
    "AWS::EKS::Cluster": {
        "ActiveCertificateAuthorityId",
        "CertificateAuthority",
        "Force",
        "KubeApiServerConfig",
        "KubeControllerManagerConfig",
        "KubeSchedulerConfig",
        "OutpostConfig",
        "RollbackConfig",
    },
    "AWS::EKS::Nodegroup": {"WarmPoolConfig"},
}
#: Create-only for CloudFormation: the API can switch encryption on, and what it cannot change is refused, since nobody
#: wants another cluster for it.
CHANGED_OR_REFUSED = {"AWS::EKS::Cluster": {"BootstrapSelfManagedAddons", "EncryptionConfig"}}

by_type = pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.type.removeprefix("AWS::"))

ITEM: dict[str, Any] = {
    "name": "shop",
    "arn": "arn:aws:eks:us-east-1:1:cluster/shop",
    "status": "ACTIVE",
    "version": "1.33",
    "roleArn": "arn:aws:iam::1:role/control",
    "resourcesVpcConfig": {
        "subnetIds": ["subnet-b", "subnet-a"],
        "securityGroupIds": [],
        "clusterSecurityGroupId": "sg-1",
        "endpointPublicAccess": True,
        "endpointPrivateAccess": True,
        "publicAccessCidrs": ["192.0.2.0/24"],
    },
    "accessConfig": {"authenticationMode": "API", "bootstrapClusterCreatorAdminPermissions": True},
    "logging": {
        "clusterLogging": [{"types": ["audit", "api"], "enabled": True}, {"types": ["scheduler"], "enabled": False}]
    },
    "certificateAuthority": {"data": "LS0t"},
    "identity": {"oidc": {"issuer": "https://oidc.eks.us-east-1.amazonaws.com/id/A"}},
    "tags": {"stackwright:stack": "shop-prod"},
}
GROUP: dict[str, Any] = {
    "clusterName": "shop",
    "nodegroupName": "workers",
    "status": "ACTIVE",
    "version": "1.33",
    "labels": {"team": "web"},
    "taints": [{"key": "spot", "value": "true", "effect": "NO_SCHEDULE"}],
    "scalingConfig": {"minSize": 2, "maxSize": 20, "desiredSize": 11},
}


@by_type
def test_every_property_of_a_template_is_known(kind: Kind) -> None:
    assert set(kind.properties) == schemas.writable(kind.type) - LEFT_OUT.get(kind.type, set())


@by_type
def test_what_a_template_cannot_change_is_immutable(kind: Kind) -> None:
    immutable = {name for name, prop in kind.properties.items() if prop.immutable}
    changed = CHANGED_OR_REFUSED.get(kind.type, set()) | LEFT_OUT.get(kind.type, set())
    assert immutable == schemas.names(kind.type, "createOnlyProperties") - changed


@pytest.mark.parametrize(
    ("name", "desired", "expected"),
    [
        ("Version", "1.33", False),
        ("Version", "1.34", True),
        ("ResourcesVpcConfig", {"SubnetIds": ["subnet-a", "subnet-b"]}, False),
        ("ResourcesVpcConfig", {"EndpointPublicAccess": False}, True),
        ("AccessConfig", {"AuthenticationMode": "API", "BootstrapClusterCreatorAdminPermissions": False}, False),
        ("Logging", {"ClusterLogging": {"EnabledTypes": [{"Type": "api"}, {"Type": "audit"}]}}, False),
        ("Logging", {"ClusterLogging": {"EnabledTypes": [{"Type": "api"}]}}, True),
    ],
)
def test_comparison_of_clusters(name: str, desired: Any, expected: bool) -> None:
    assert differs(CLUSTER.properties[name], desired, CLUSTER.parse(ITEM).properties[name]) is expected


def test_a_version_is_no_decimal_number() -> None:
    assert differs(CLUSTER.properties["Version"], "1.3", "1.30")


@pytest.mark.parametrize(
    ("kind", "name", "now", "wanted", "words"),
    [
        (CLUSTER, "Version", "1.33", "1.34", ""),
        (CLUSTER, "Version", "1.32", "1.34", "state 1.33 first"),
        (CLUSTER, "Version", "1.34", "1.33", "cannot go back to 1.33"),
        (NODEGROUP, "Version", "1.32", "1.34", ""),
        (NODEGROUP, "Version", "1.34", "1.33", "cannot go back"),
        (
            CLUSTER,
            "AccessConfig",
            {"AuthenticationMode": "API"},
            {"AuthenticationMode": "CONFIG_MAP"},
            "cannot go back",
        ),
        (CLUSTER, "AccessConfig", {"AuthenticationMode": "CONFIG_MAP"}, {"AuthenticationMode": "API"}, ""),
        (CLUSTER, "EncryptionConfig", [], [{"Provider": {"KeyArn": "k"}}], ""),
        (CLUSTER, "EncryptionConfig", [{"Provider": {"KeyArn": "k"}}], [], "cannot be changed"),
        (CLUSTER, "KubernetesNetworkConfig", {"ServiceIpv4Cidr": "a"}, {"ServiceIpv4Cidr": "b"}, "ServiceIpv4Cidr a"),
        (NODEGROUP, "LaunchTemplate", {"Id": "lt-1", "Version": "1"}, {"Id": "lt-1", "Version": "2"}, ""),
        (NODEGROUP, "LaunchTemplate", {"Id": "lt-1"}, {"Id": "lt-2"}, "second node group"),
    ],
)
def test_what_aws_would_refuse(kind: Kind, name: str, now: Any, wanted: Any, words: str) -> None:
    refuse = kind.properties[name].refuse
    assert refuse is not None
    why = refuse(now, wanted)
    assert words in why and bool(why) == bool(words)


def test_endpoint_and_subnets_are_changed_one_after_the_other() -> None:
    api = CannedApi({"eks.update_cluster_config": {"update": {"id": "u-1"}}})
    wanted = {"SubnetIds": ["subnet-a", "subnet-c"], "EndpointPublicAccess": False}
    change = work(api, CLUSTER, {"ResourcesVpcConfig": wanted}, ITEM, changed=frozenset({"ResourcesVpcConfig"}))
    for update in CLUSTER.updates:
        if "ResourcesVpcConfig" in update.properties:
            assert callable(update.step)
            update.step(change)
    asked = [params["resourcesVpcConfig"] for _name, params in api.asked]
    assert asked == [{"endpointPublicAccess": False}, {"subnetIds": ["subnet-a", "subnet-c"]}]


def test_a_failed_update_is_told_to_who_waits_and_to_nobody_else() -> None:
    failed = {"id": "u-1", "status": "Failed", "errors": [{"errorCode": "SubnetNotFound", "errorMessage": "gone"}]}
    api = CannedApi(
        {
            "eks.update_cluster_version": {"update": {"id": "u-1"}},
            "eks.describe_cluster": {"cluster": ITEM},
            "eks.describe_update": {"update": failed},
        }
    )
    change = work(api, CLUSTER, {"Version": "1.34"}, ITEM, changed=frozenset({"Version"}))
    (step,) = [update.step for update in CLUSTER.updates if update.properties == ("Version",)]
    assert callable(step)
    step(change)
    (seen,) = CLUSTER.list(scope(api, ids=("shop",)))
    waiting = CLUSTER.parse(seen)
    assert (waiting.phase, waiting.reason) == (Phase.FAILED, "SubnetNotFound: gone")
    (seen,) = CLUSTER.list(scope(api, {"Name": "shop"}))
    assert CLUSTER.parse(seen).phase is Phase.READY


def test_an_update_under_way_keeps_a_cluster_busy_before_its_status_says_so() -> None:
    assert CLUSTER.parse({**ITEM, "Update": {"status": "InProgress"}}).phase is Phase.BUSY


def test_degraded_parts_are_mended_not_replaced() -> None:
    degraded = {
        **GROUP,
        "status": "DEGRADED",
        "health": {"issues": [{"code": "AsgInstanceLaunchFailures", "message": "m"}]},
    }
    assert NODEGROUP.parse({**degraded, "isSurvey": True}).phase is Phase.READY
    waiting = NODEGROUP.parse(degraded)
    assert (waiting.phase, waiting.reason) == (Phase.FAILED, "AsgInstanceLaunchFailures: m")
    addon = {"clusterName": "shop", "addonName": "coredns", "status": "UPDATE_FAILED", "isSurvey": True}
    assert ADDON.parse(addon).phase is Phase.READY
    assert ADDON.parse({**addon, "status": "CREATE_FAILED"}).phase is Phase.FAILED


@pytest.mark.parametrize(
    ("stated", "expected"),
    [
        ({"MinSize": 2, "MaxSize": 20, "DesiredSize": 5}, (2, 20, 11)),
        ({"MinSize": 15, "MaxSize": 20, "DesiredSize": 16}, (15, 20, 15)),
        ({"MinSize": 2, "MaxSize": 8}, (2, 8, 8)),
    ],
)
def test_the_number_of_nodes_is_the_autoscalers(stated: dict[str, int], expected: tuple[int, int, int]) -> None:
    sent = scaling(work(CannedApi(), NODEGROUP, {"ScalingConfig": stated}, GROUP))
    assert (sent["minSize"], sent["maxSize"], sent["desiredSize"]) == expected
    now = NODEGROUP.parse(GROUP).properties["ScalingConfig"]
    same_bounds = {"MinSize": 2, "MaxSize": 20, "DesiredSize": 5}
    assert not differs(NODEGROUP.properties["ScalingConfig"], same_bounds, now)


def test_labels_and_taints_are_changed_by_difference() -> None:
    api = CannedApi({"eks.update_nodegroup_config": {"update": {"id": "u-1"}}})
    desired = {"Labels": {"team": "api"}, "Taints": []}
    change = work(api, NODEGROUP, desired, GROUP, changed=frozenset(desired))
    step = NODEGROUP.updates[0].step
    assert callable(step)
    step(change)
    sent = api.params("eks.update_nodegroup_config")
    assert sent["labels"] == {"addOrUpdateLabels": {"team": "api"}, "removeLabels": []}
    assert sent["taints"] == {"addOrUpdateTaints": [], "removeTaints": GROUP["taints"]}
    assert "scalingConfig" not in sent


def test_parts_of_a_cluster_that_is_gone_are_none() -> None:
    api = CannedApi({"eks.list_access_entries": missing("ResourceNotFoundException")})
    assert list(ACCESS_ENTRY.list(scope(api, {"ClusterName": "shop", "PrincipalArn": "arn"}))) == []


def test_policies_are_given_before_others_are_taken() -> None:
    entry = {
        "clusterName": "shop",
        "principalArn": "arn:aws:iam::1:role/a",
        "Policies": [{"policyArn": "old", "accessScope": {"type": "cluster"}}],
    }
    api = CannedApi()
    wanted = [{"PolicyArn": "new", "AccessScope": {"Type": "namespace", "Namespaces": ["b", "a"]}}]
    change = work(api, ACCESS_ENTRY, {"AccessPolicies": wanted}, entry)
    step = ACCESS_ENTRY.updates[-1].step
    assert callable(step)
    step(change)
    assert api.names() == ["eks.associate_access_policy", "eks.disassociate_access_policy"]
    assert api.params("eks.associate_access_policy")["accessScope"] == {"type": "namespace", "namespaces": ["a", "b"]}


def test_an_issuer_is_the_same_with_and_without_its_scheme() -> None:
    found = IAM_OIDC_PROVIDER.parse({"Arn": "arn", "Url": "oidc.example.com/id/A"})
    assert not differs(IAM_OIDC_PROVIDER.properties["Url"], "https://oidc.example.com/id/A", found.properties["Url"])
    assert IAM_OIDC_PROVIDER.natural_key({"Url": "https://oidc.example.com/id/A"}) == ("oidc.example.com/id/A",)
    facts = {"Url": "https://oidc.example.com/id/A", "account": "1", "partition": "aws"}
    assert IAM_OIDC_PROVIDER.predict("Arn", facts) == "arn:aws:iam::1:oidc-provider/oidc.example.com/id/A"
