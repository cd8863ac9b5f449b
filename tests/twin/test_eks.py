# Copyright (c) stackwright.aws contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
from __future__ import annotations

import base64
import json
import ssl
import urllib.error
import urllib.request
from collections.abc import Callable
from typing import Any

import pytest

from ansible_collections.stackwright.aws.plugins.module_utils.aws.credentials import ConnectionOptions
from ansible_collections.stackwright.aws.plugins.module_utils.aws.eks_token import make_token, reach
from tests.twin.conftest import Twin
from tests.twin.helpers import refused
from tests.twin.support import until

Client = Callable[..., Any]
POLICIES = "arn:aws:eks::aws:cluster-access-policy"
NODE_POLICY = "arn:aws:iam::aws:policy/AmazonEKSWorkerNodePolicy"


@pytest.fixture
def account(twin: Twin) -> Account:
    twin.delays(
        eks__addon=0.05,
        eks__cluster__create=0.1,
        eks__cluster__delete=0.1,
        eks__cluster__update=0.1,
        eks__nodegroup__create=0.1,
        eks__nodegroup__delete=0.1,
        eks__nodegroup__update=0.1,
    )
    return Account(twin)


class Account:
    """An account with a network and roles, and ways to make things in it."""

    def __init__(self, twin: Twin) -> None:
        self.twin = twin
        self.eks, self.ec2, self.iam = (twin.client(service) for service in ("eks", "ec2", "iam"))
        vpc = self.ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
        self.subnets = [
            self.ec2.create_subnet(VpcId=vpc, CidrBlock=f"10.0.{n}.0/24", AvailabilityZone=f"us-east-1{zone}")[
                "Subnet"
            ]["SubnetId"]
            for n, zone in enumerate("ab")
        ]
        self.control = self.role("control", "eks.amazonaws.com")
        self.nodes = self.role("nodes", "ec2.amazonaws.com")
        self.iam.attach_role_policy(RoleName="nodes", PolicyArn=NODE_POLICY)

    def role(self, name: str, service: str) -> str:
        statement = {"Effect": "Allow", "Principal": {"Service": service, "AWS": "*"}, "Action": "sts:AssumeRole"}
        document = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
        return str(self.iam.create_role(RoleName=name, AssumeRolePolicyDocument=document)["Role"]["Arn"])

    def cluster(self, name: str = "shop", wait: bool = True, **more: Any) -> dict[str, Any]:
        asked = {
            "name": name,
            "version": "1.34",
            "roleArn": self.control,
            "resourcesVpcConfig": {"subnetIds": self.subnets},
            "accessConfig": {"authenticationMode": "API"},
            **more,
        }
        made: dict[str, Any] = self.eks.create_cluster(**asked)["cluster"]
        return self.active(name) if wait else made

    def active(self, name: str = "shop") -> dict[str, Any]:
        found: dict[str, Any] = until(
            lambda: self.eks.describe_cluster(name=name)["cluster"], lambda cluster: cluster["status"] == "ACTIVE"
        )
        return found

    def group(self, name: str = "workers", status: str = "ACTIVE", **more: Any) -> dict[str, Any]:
        asked = {"nodeRole": self.nodes, "subnets": self.subnets, **more}
        self.eks.create_nodegroup(clusterName="shop", nodegroupName=name, **asked)
        return self.settled(name, status)

    def settled(self, name: str = "workers", status: str = "ACTIVE") -> dict[str, Any]:
        found: dict[str, Any] = until(
            lambda: self.eks.describe_nodegroup(clusterName="shop", nodegroupName=name)["nodegroup"],
            lambda group: group["status"] == status,
        )
        return found

    def updated(self, update: dict[str, Any]) -> dict[str, Any]:
        identifier = update["update"]["id"]
        found: dict[str, Any] = until(
            lambda: self.eks.describe_update(name="shop", updateId=identifier)["update"],
            lambda one: one["status"] != "InProgress",
        )
        return found

    def options(self, **more: str) -> ConnectionOptions:
        keys = {"access_key": "testing", "secret_key": "testing", **more}
        return ConnectionOptions(region="us-east-1", endpoint_url=self.twin.url, **keys)

    def ask(self, path: str, token: str, method: str = "GET", body: Any = None) -> tuple[int, Any]:
        """One request to the Kubernetes API of the cluster, whose certificate is checked."""
        cluster = self.eks.describe_cluster(name="shop")["cluster"]
        authority = base64.b64decode(cluster["certificateAuthority"]["data"]).decode()
        headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(cluster["endpoint"] + path, data=data, method=method, headers=headers)
        try:
            context = ssl.create_default_context(cadata=authority)
            with urllib.request.urlopen(request, timeout=10, context=context) as answer:
                return answer.status, json.loads(answer.read())
        except urllib.error.HTTPError as error:
            return error.code, json.loads(error.read())


# Clusters


def test_a_cluster_is_made_in_its_time(account: Account) -> None:
    # Long enough to be seen on a busy machine too.
    account.twin.delays(eks__cluster__create=4)
    made = account.cluster(wait=False, tags={"team": "web"})
    assert made["status"] == "CREATING" and "endpoint" not in made
    with refused("InvalidRequestException", message="not in ACTIVE status"):
        account.group()
    active = account.active()
    assert active["endpoint"].startswith("https://127.0.0.1:")
    assert active["identity"]["oidc"]["issuer"].startswith("https://oidc.eks.us-east-1.amazonaws.com/id/")
    assert active["accessConfig"]["authenticationMode"] == "API" and active["tags"] == {"team": "web"}
    group = account.ec2.describe_security_groups(GroupIds=[active["resourcesVpcConfig"]["clusterSecurityGroupId"]])
    assert group["SecurityGroups"][0]["GroupName"].startswith("eks-cluster-sg-shop-")
    found = account.twin.client("resourcegroupstaggingapi").get_resources(TagFilters=[{"Key": "team"}])
    assert [one["ResourceARN"] for one in found["ResourceTagMappingList"]] == [active["arn"]]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"version": "1.21"}, "unsupported Kubernetes version"),
        ({"roleArn": "arn:aws:iam::123456789012:role/nobody"}, "could not be assumed"),
        ({"resourcesVpcConfig": {"subnetIds": ["subnet-1", "subnet-2"]}}, "does not exist"),
        ({"name": "no spaces"}, "characters"),
        ({"encryptionConfig": [{"resources": ["secrets"], "provider": {"keyArn": "arn:aws:kms:x"}}]}, "KMS key"),
    ],
)
def test_what_no_cluster_is_made_of(account: Account, change: dict[str, Any], message: str) -> None:
    with refused("InvalidParameterException", 400, message):
        account.cluster(**change)


def test_one_zone_is_too_few(account: Account) -> None:
    with refused("InvalidParameterException", message="two different AZs"):
        account.cluster(resourcesVpcConfig={"subnetIds": account.subnets[:1]})


def test_the_same_request_makes_one_cluster(account: Account) -> None:
    first = account.cluster(wait=False, clientRequestToken="t" * 32)
    assert account.cluster(wait=False, clientRequestToken="t" * 32)["arn"] == first["arn"]
    with refused("ResourceInUseException", 409):
        account.cluster(wait=False, clientRequestToken="u" * 32)


def test_versions_go_up_one_by_one(account: Account) -> None:
    account.cluster()
    for wanted in ("1.33", "1.34", "1.36"):
        with refused("InvalidParameterException", message="1.34"):
            account.eks.update_cluster_version(name="shop", version=wanted)
    update = account.eks.update_cluster_version(name="shop", version="1.35")
    assert account.eks.describe_cluster(name="shop")["cluster"]["status"] == "UPDATING"
    with refused("ResourceInUseException", message="in progress"):
        account.eks.update_cluster_version(name="shop", version="1.35")
    assert account.updated(update)["status"] == "Successful"
    assert account.active()["version"] == "1.35"


def test_one_request_makes_one_sort_of_change(account: Account) -> None:
    account.cluster()
    endpoint = {"endpointPublicAccess": False, "endpointPrivateAccess": True}
    logs = {"clusterLogging": [{"types": ["audit"], "enabled": True}]}
    with refused("InvalidParameterException", message="Only one type of update"):
        account.eks.update_cluster_config(name="shop", resourcesVpcConfig=endpoint, logging=logs)
    account.updated(account.eks.update_cluster_config(name="shop", resourcesVpcConfig=endpoint))
    account.updated(account.eks.update_cluster_config(name="shop", logging=logs))
    found = account.active()
    assert found["resourcesVpcConfig"]["endpointPublicAccess"] is False
    assert {"types": ["audit"], "enabled": True} in found["logging"]["clusterLogging"]
    for same in ({"resourcesVpcConfig": endpoint}, {"logging": logs}):
        with refused("InvalidParameterException"):
            account.eks.update_cluster_config(name="shop", **same)
    with refused("InvalidParameterException", message="cannot be false"):
        account.eks.update_cluster_config(name="shop", resourcesVpcConfig={"endpointPrivateAccess": False})


def test_a_cluster_goes_after_its_nodes_and_its_guard(account: Account) -> None:
    group_id = account.cluster(deletionProtection=True)["resourcesVpcConfig"]["clusterSecurityGroupId"]
    account.group()
    with refused("ResourceInUseException", message="nodegroups attached"):
        account.eks.delete_cluster(name="shop")
    account.eks.delete_nodegroup(clusterName="shop", nodegroupName="workers")
    until(lambda: account.eks.list_nodegroups(clusterName="shop")["nodegroups"], lambda names: not names)
    with refused("InvalidRequestException", message="deletion protection"):
        account.eks.delete_cluster(name="shop")
    account.updated(account.eks.update_cluster_config(name="shop", deletionProtection=False))
    with refused("DependencyViolation"):
        account.ec2.delete_subnet(SubnetId=account.subnets[0])
    assert account.eks.delete_cluster(name="shop")["cluster"]["status"] == "DELETING"
    until(lambda: account.eks.list_clusters()["clusters"], lambda names: not names)
    with refused("InvalidGroup.NotFound"):
        account.ec2.describe_security_groups(GroupIds=[group_id])
    account.ec2.delete_subnet(SubnetId=account.subnets[0])


# Node groups and add-ons


def test_a_node_group_comes_back_as_asked(account: Account) -> None:
    account.cluster()
    taints = [{"key": "spot", "value": "true", "effect": "NO_SCHEDULE"}]
    scaling = {"minSize": 2, "maxSize": 20, "desiredSize": 5}
    found = account.group(
        capacityType="SPOT", instanceTypes=["m5.large", "m5a.large"], scalingConfig=scaling, taints=taints, diskSize=40
    )
    assert (found["capacityType"], found["scalingConfig"], found["taints"]) == ("SPOT", scaling, taints)
    assert (found["version"], found["diskSize"]) == ("1.34", 40)
    update = account.eks.update_nodegroup_config(
        clusterName="shop",
        nodegroupName="workers",
        scalingConfig={"minSize": 6, "maxSize": 8, "desiredSize": 6},
        labels={"addOrUpdateLabels": {"a": "1"}},
        taints={"removeTaints": taints},
    )
    assert account.settled(status="UPDATING")
    assert account.updated(update)["status"] == "Successful"
    found = account.settled()
    assert (found["scalingConfig"]["desiredSize"], found["labels"], found["taints"]) == (6, {"a": "1"}, [])
    with refused("InvalidParameterException", message="between"):
        account.eks.update_nodegroup_config(
            clusterName="shop", nodegroupName="workers", scalingConfig={"minSize": 2, "maxSize": 4, "desiredSize": 6}
        )


def test_nodes_that_cannot_join_fail_the_group(account: Account) -> None:
    account.cluster()
    account.iam.detach_role_policy(RoleName="nodes", PolicyArn=NODE_POLICY)
    found = account.group(status="CREATE_FAILED")
    assert found["health"]["issues"][0]["code"] == "NodeCreationFailure"


def test_nodes_without_a_network_fail_the_group(account: Account) -> None:
    account.cluster(bootstrapSelfManagedAddons=False)
    assert account.group(status="CREATE_FAILED")["health"]["issues"][0]["message"].startswith("Unhealthy nodes")
    account.eks.create_addon(clusterName="shop", addonName="vpc-cni")
    assert account.group("later")["status"] == "ACTIVE"


def test_nodes_follow_the_control_plane(account: Account) -> None:
    account.cluster()
    with refused("InvalidParameterException", message="1.35"):
        account.group(version="1.35")
    account.group(version="1.33")
    account.updated(account.eks.update_nodegroup_version(clusterName="shop", nodegroupName="workers", version="1.34"))
    assert account.settled()["version"] == "1.34"
    with refused("InvalidParameterException", message="downgraded"):
        account.eks.update_nodegroup_version(clusterName="shop", nodegroupName="workers", version="1.33")


def test_an_add_on_without_nodes_is_degraded_until_there_are_some(account: Account) -> None:
    account.cluster()
    made = account.eks.create_addon(clusterName="shop", addonName="coredns")["addon"]
    assert made["status"] == "CREATING" and made["addonVersion"].startswith("v1.")

    def state() -> str:
        return str(account.eks.describe_addon(clusterName="shop", addonName="coredns")["addon"]["status"])

    until(state, lambda status: status == "DEGRADED")
    account.group()
    assert state() == "ACTIVE"
    with refused("InvalidParameterException", message="not supported"):
        account.eks.update_addon(clusterName="shop", addonName="coredns", addonVersion="v0.0.1")
    versions = account.eks.describe_addon_versions(addonName="coredns", kubernetesVersion="1.34")["addons"][0]
    older = versions["addonVersions"][1]["addonVersion"]
    account.updated(account.eks.update_addon(clusterName="shop", addonName="coredns", addonVersion=older))
    assert account.eks.describe_addon(clusterName="shop", addonName="coredns")["addon"]["addonVersion"] == older


# Access


def test_who_made_a_cluster_administers_it(account: Account) -> None:
    account.cluster()
    operator = "arn:aws:iam::123456789012:user/operator"
    assert operator in account.eks.list_access_entries(clusterName="shop")["accessEntries"]
    endpoint = reach(account.options(), "shop")
    status, found = account.ask("/api/v1/namespaces", endpoint.token)
    assert status == 200 and "kube-system" in {one["metadata"]["name"] for one in found["items"]}
    assert endpoint.kubeconfig()["clusters"][0]["cluster"]["server"] == endpoint.host


def test_a_token_is_for_one_cluster_and_whoever_signed_it(account: Account) -> None:
    account.cluster()
    path = "/api/v1/namespaces"
    assert account.ask(path, make_token(account.options(), "other"))[0] == 401
    assert account.ask(path, make_token(account.options(secret_key="wrong"), "shop"))[0] == 401
    assert account.ask(path, "k8s-aws-v1.bm9uc2Vuc2U")[0] == 401
    nobody = account.cluster(
        "later", accessConfig={"authenticationMode": "API", "bootstrapClusterCreatorAdminPermissions": False}
    )
    assert account.eks.list_access_entries(clusterName=nobody["name"])["accessEntries"] == []


def test_a_role_does_what_its_entry_says(account: Account) -> None:
    account.cluster()
    arn = account.role("developer", "ec2.amazonaws.com")
    keys = account.twin.client("sts").assume_role(RoleArn=arn, RoleSessionName="anna")["Credentials"]
    options = account.options(
        access_key=keys["AccessKeyId"], secret_key=keys["SecretAccessKey"], session_token=keys["SessionToken"]
    )
    token = make_token(options, "shop")
    assert account.ask("/api/v1/namespaces/default/pods", token)[0] == 401
    account.eks.create_access_entry(clusterName="shop", principalArn=arn)
    assert account.ask("/api/v1/namespaces/default/pods", token)[0] == 403
    account.eks.associate_access_policy(
        clusterName="shop",
        principalArn=arn,
        policyArn=f"{POLICIES}/AmazonEKSViewPolicy",
        accessScope={"type": "namespace", "namespaces": ["default"]},
    )
    assert account.ask("/api/v1/namespaces/default/pods", token)[0] == 200
    assert account.ask("/api/v1/namespaces/kube-system/pods", token)[0] == 403
    body = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "x"}}
    assert account.ask("/api/v1/namespaces/default/configmaps", token, "POST", body)[0] == 403


def test_entries_that_make_no_sense(account: Account) -> None:
    account.cluster()
    with refused("InvalidParameterException", message="invalid principal"):
        account.eks.create_access_entry(clusterName="shop", principalArn="arn:aws:iam::123456789012:role/nobody")
    with refused("InvalidParameterException", message="system:"):
        account.eks.create_access_entry(
            clusterName="shop", principalArn=account.nodes, kubernetesGroups=["system:masters"]
        )
    account.eks.create_access_entry(clusterName="shop", principalArn=account.nodes)
    with refused("ResourceInUseException", 409):
        account.eks.create_access_entry(clusterName="shop", principalArn=account.nodes)
    with refused("InvalidParameterException", message="policyArn"):
        account.eks.associate_access_policy(
            clusterName="shop",
            principalArn=account.nodes,
            policyArn=f"{POLICIES}/NoSuchPolicy",
            accessScope={"type": "cluster"},
        )


def test_a_service_account_has_one_role(account: Account) -> None:
    account.cluster()
    where = {"clusterName": "shop", "namespace": "default", "serviceAccount": "api"}
    made = account.eks.create_pod_identity_association(**where, roleArn=account.nodes)["association"]
    with refused("ResourceInUseException", 409):
        account.eks.create_pod_identity_association(**where, roleArn=account.control)
    with refused("InvalidParameterException", message="does not exist"):
        account.eks.update_pod_identity_association(
            clusterName="shop", associationId=made["associationId"], roleArn="arn:aws:iam::123456789012:role/nobody"
        )
    account.eks.delete_pod_identity_association(clusterName="shop", associationId=made["associationId"])
    assert account.eks.list_pod_identity_associations(clusterName="shop")["associations"] == []


def test_nodes_stand_in_the_cluster(account: Account) -> None:
    account.cluster()
    taints = [{"key": "spot", "value": "true", "effect": "NO_SCHEDULE"}]
    account.group(scalingConfig={"minSize": 1, "maxSize": 3, "desiredSize": 3}, labels={"a": "1"}, taints=taints)
    token = make_token(account.options(), "shop")

    def nodes() -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = account.ask("/api/v1/nodes", token)[1]["items"]
        return found

    assert len(nodes()) == 3
    assert {node["metadata"]["labels"]["eks.amazonaws.com/nodegroup"] for node in nodes()} == {"workers"}
    assert nodes()[0]["spec"]["taints"] == [{"key": "spot", "value": "true", "effect": "NoSchedule"}]
    account.updated(
        account.eks.update_nodegroup_config(
            clusterName="shop", nodegroupName="workers", scalingConfig={"minSize": 1, "maxSize": 3, "desiredSize": 1}
        )
    )
    assert len(nodes()) == 1


def test_a_provider_of_tokens(twin: Twin) -> None:
    iam = twin.client("iam")
    arn = iam.create_open_id_connect_provider(Url="https://oidc.example.com/id/A")["OpenIDConnectProviderArn"]
    iam.add_client_id_to_open_id_connect_provider(OpenIDConnectProviderArn=arn, ClientID="sts.amazonaws.com")
    found = iam.get_open_id_connect_provider(OpenIDConnectProviderArn=arn)
    assert found["ClientIDList"] == ["sts.amazonaws.com"] and len(found["ThumbprintList"][0]) == 40
    iam.remove_client_id_from_open_id_connect_provider(OpenIDConnectProviderArn=arn, ClientID="sts.amazonaws.com")
    assert iam.get_open_id_connect_provider(OpenIDConnectProviderArn=arn)["ClientIDList"] == []
    with refused("InvalidInput"):
        iam.update_open_id_connect_provider_thumbprint(OpenIDConnectProviderArn=arn, ThumbprintList=["a" * 40] * 6)
