"""A Kubernetes platform from nothing to running, upgraded, changed, and to nothing again."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from typing import Any

import pytest

from ansible_collections.stackwright.aws.plugins.module_utils.aws.client import Requests
from ansible_collections.stackwright.aws.plugins.module_utils.engine.converge import Convergence, ConvergeOptions
from ansible_collections.stackwright.aws.plugins.module_utils.engine.errors import PlanError
from ansible_collections.stackwright.aws.plugins.module_utils.engine.plan import PlanOptions
from ansible_collections.stackwright.aws.plugins.module_utils.kinds.registry import registry_for
from ansible_collections.stackwright.aws.plugins.module_utils.tiers.stack import compile_stack
from tests.contract.account import REGION, SCALE, WAITING, Account, api_of
from tests.own_twin import own_twin

NAME = "monitor-cluster"
SPOT = {
    "capacity": "spot",
    "instance_types": ["m5.large", "m5a.large", "m6i.large"],
    "min": 2,
    "max": 20,
    "desired": 5,
    "labels": {"workload-type": "background-jobs"},
    "taints": [{"key": "workload-type", "value": "background-jobs"}],
}
DESCRIPTION: dict[str, Any] = {
    "system": "monitor",
    "env": "prod",
    "region": REGION,
    "network": {
        "cidr": "10.0.0.0/16",
        "zones": 3,
        "nat_gateways": "none",
        "subnets": {
            "public": ["10.0.1.0/24", "10.0.11.0/24", "10.0.21.0/24"],
            "private": ["10.0.2.0/24", "10.0.12.0/24", "10.0.22.0/24"],
            "data": ["10.0.3.0/24", "10.0.13.0/24", "10.0.23.0/24"],
        },
    },
    "roles": {"deployer": {"trusts": {"principals": ["123456789012"]}}},
    "secrets": {"monitor/app": {"generate": {"length": 32}}},
    "keys": {"data": {}},
    "caches": {"main": {"engine_version": "7.0", "node_type": "cache.t3.small", "nodes": 1}},
    "kubernetes_clusters": {
        "main": {
            "name": NAME,
            "version": "1.34",
            "key": "data",
            "administrators": ["role.deployer"],
            "node_groups": {"general": {"min": 2, "max": 6}, "spot-workers": SPOT},
            "addons": {"metrics-server": {}, "aws-ebs-csi-driver": {}},
            "pod_roles": {"monitor/api": {"may": {"read": ["secret.monitor/app"]}}},
            "load_balancer_controller": True,
            "external_secrets": {"secrets": ["secret.monitor/app"]},
            "cluster_autoscaler": True,
            "irsa": True,
            "ingress": {"ports": [8000]},
            "connects_to": ["cache.main"],
        }
    },
}


@pytest.fixture(scope="module")
def account() -> Iterator[Account]:
    with own_twin(SCALE) as twin:
        yield Account(twin, api_of(twin, False), api_of(twin, True))


def converge(account: Account, description: dict[str, Any], **plan: Any) -> dict[str, str]:
    """One run; what it did, by kind and name."""
    document = compile_stack(description)
    account.api.requests = Requests()
    account.twin.forget_requests()
    options = ConvergeOptions(plan=PlanOptions(**plan), waiting=WAITING, final_snapshot=False, threads=8)
    outcome = Convergence(account.api, registry_for(account.api, document), account.lease, options=options).run(
        document
    )
    return {
        f"{change.kind.removeprefix('AWS::')} {change.name}": change.action.value for change in outcome.plan.effective
    }


def with_cluster(**options: Any) -> dict[str, Any]:
    changed = copy.deepcopy(DESCRIPTION)
    changed["kubernetes_clusters"]["main"].update(options)
    return changed


def test_a_platform(account: Account) -> None:
    eks = account.twin.client("eks")
    assert set(converge(account, DESCRIPTION).values()) == {"create"}
    assert converge(account, DESCRIPTION) == {} and account.twin.writes() == []
    addons = eks.list_addons(clusterName=NAME)["addons"]
    states = {eks.describe_addon(clusterName=NAME, addonName=addon)["addon"]["status"] for addon in addons}
    assert len(addons) == 6 and states == {"ACTIVE"}
    assert eks.describe_cluster(name=NAME)["cluster"]["encryptionConfig"][0]["resources"] == ["secrets"]

    with pytest.raises(PlanError, match=r"state 1\.35 first"):
        converge(account, with_cluster(version="1.36"))
    upgraded = converge(account, with_cluster(version="1.35"))
    assert upgraded == {
        "EKS::Cluster main": "update",
        "EKS::Nodegroup main/general": "update",
        "EKS::Nodegroup main/spot-workers": "update",
    }
    with pytest.raises(PlanError, match=r"1\.35 cannot go back to 1\.34"):
        converge(account, DESCRIPTION)

    # An autoscaler has more nodes than were asked for at first.
    eks.update_nodegroup_config(
        clusterName=NAME,
        nodegroupName="spot-workers",
        scalingConfig={"minSize": 2, "maxSize": 20, "desiredSize": 9},
    )
    larger = {"general": {"min": 2, "max": 6, "disk": 80}, "spot-workers": {**SPOT, "max": 15}}
    changed = with_cluster(version="1.35", node_groups=larger)
    assert converge(account, changed) == {
        "EC2::LaunchTemplate kubernetes_cluster.main/general": "update",
        "EKS::Nodegroup main/general": "update",
        "EKS::Nodegroup main/spot-workers": "update",
    }
    workers = eks.describe_nodegroup(clusterName=NAME, nodegroupName="spot-workers")["nodegroup"]
    assert workers["scalingConfig"] == {"minSize": 2, "maxSize": 15, "desiredSize": 9}
    assert converge(account, changed) == {} and account.twin.writes() == []

    with pytest.raises(PlanError, match="is protected"):
        converge(account, changed, destroy=True)
    converge(account, changed, destroy=True, release_protection=True)
    assert eks.list_clusters()["clusters"] == []
    ec2, iam = account.twin.client("ec2"), account.twin.client("iam")
    assert [group["GroupName"] for group in ec2.describe_security_groups()["SecurityGroups"]] == ["default"]
    assert iam.list_open_id_connect_providers()["OpenIDConnectProviderList"] == []
    assert not [role for role in iam.list_roles()["Roles"] if "monitor" in json.dumps(role, default=str)]
