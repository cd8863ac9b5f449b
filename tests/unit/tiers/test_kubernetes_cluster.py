"""The kubernetes_clusters section."""

from __future__ import annotations

import json
from typing import Any

import pytest

from ansible_collections.stackwright.aws.plugins.module_utils.engine.values import Address

from .build import document, get, of, plain, problems, warnings

SPOT = {
    "capacity": "spot",
    "instance_types": ["m5.large", "m5a.large", "m6i.large"],
    "min": 2,
    "max": 20,
    "desired": 5,
    "labels": {"workload-type": "background-jobs"},
    "taints": [{"key": "workload-type", "value": "background-jobs"}],
}
INGRESS, EGRESS = "AWS::EC2::SecurityGroupIngress", "AWS::EC2::SecurityGroupEgress"
DATABASE = {"engine": "postgres", "engine_version": "16", "instance_class": "db.t3.small", "allocated_storage": 20}


def cluster(**options: Any) -> dict[str, Any]:
    return {"main": {"name": "shop-cluster", "version": "1.35", "node_groups": {"general": {}}, **options}}


def built(**options: Any) -> Any:
    return document(kubernetes_clusters=cluster(**options))


def test_a_cluster_is_private_and_guarded() -> None:
    found = get(built(), "AWS::EKS::Cluster", "main")
    properties = plain(found.properties)
    assert properties["ResourcesVpcConfig"] == {
        "SubnetIds": ["<Subnet private-a SubnetId>", "<Subnet private-b SubnetId>"],
        "EndpointPrivateAccess": True,
        "EndpointPublicAccess": False,
    }
    assert properties["AccessConfig"]["AuthenticationMode"] == "API"
    assert properties["DeletionProtection"] is True and found.protect
    assert Address("AWS::Logs::LogGroup", "kubernetes_cluster.main") in found.depends_on


def test_a_node_group_of_spare_capacity() -> None:
    groups = of(built(node_groups={"general": {"min": 3}, "spot-workers": SPOT}), "AWS::EKS::Nodegroup")
    found = plain(groups["main/spot-workers"])
    assert (found["NodegroupName"], found["CapacityType"]) == ("spot-workers", "SPOT")
    assert found["InstanceTypes"] == ["m5.large", "m5a.large", "m6i.large"]
    assert found["ScalingConfig"] == {"MinSize": 2, "MaxSize": 20, "DesiredSize": 5}
    assert found["Taints"] == [{"Key": "workload-type", "Value": "background-jobs", "Effect": "NO_SCHEDULE"}]
    assert found["Version"] == "1.35"
    assert groups["main/general"]["ScalingConfig"] == {"MinSize": 3, "MaxSize": 3, "DesiredSize": 3}


def test_disks_are_encrypted_and_pods_do_not_reach_the_credentials_of_their_node() -> None:
    doc = built(node_groups={"general": {"disk": 80}, "own": {"launch_template": {"id": "lt-1", "version": "3"}}})
    (template,) = of(doc, "AWS::EC2::LaunchTemplate").values()
    data = template["LaunchTemplateData"]
    assert (
        data["MetadataOptions"]["HttpTokens"] == "required" and data["MetadataOptions"]["HttpPutResponseHopLimit"] == 1
    )
    (disk,) = data["BlockDeviceMappings"]
    assert disk["Ebs"]["Encrypted"] is True and disk["Ebs"]["VolumeSize"] == 80
    groups = {name: plain(found) for name, found in of(doc, "AWS::EKS::Nodegroup").items()}
    assert groups["main/general"]["LaunchTemplate"] == {
        "Id": "<LaunchTemplate kubernetes_cluster.main/general LaunchTemplateId>",
        "Version": "<LaunchTemplate kubernetes_cluster.main/general LatestVersionNumber>",
    }
    assert groups["main/own"]["LaunchTemplate"] == {"Id": "lt-1", "Version": "3"}
    assert "DiskSize" not in groups["main/general"]


def test_nodes_come_after_what_makes_them_ready_and_before_what_runs_on_them() -> None:
    doc = built(addons={"metrics-server": {}, "kube-proxy": {"enabled": False}})
    nodes = Address("AWS::EKS::Nodegroup", "main/general")
    first = {address.name for address in doc.resources[nodes].depends_on}
    assert first == {"main/vpc-cni", "main/eks-pod-identity-agent"}
    for addon in ("coredns", "metrics-server"):
        assert nodes in get(doc, "AWS::EKS::Addon", f"main/{addon}").depends_on


def test_an_add_on_that_calls_aws_gets_its_role() -> None:
    doc = built(addons={"aws-ebs-csi-driver": {"configuration": {"a": 1}}})
    identity = Address("AWS::EKS::PodIdentityAssociation", "main/kube-system/ebs-csi-controller-sa")
    role = get(doc, "AWS::IAM::Role", "kubernetes_cluster.main/addon-aws-ebs-csi-driver")
    assert plain(role.properties)["ManagedPolicyArns"] == [
        "arn:<AWS Partition>:iam::aws:policy/service-role/AmazonEBSCSIDriverPolicy"
    ]
    addon = get(doc, "AWS::EKS::Addon", "main/aws-ebs-csi-driver")
    assert identity in addon.depends_on
    assert json.loads(addon.properties["ConfigurationValues"]) == {"a": 1}


def test_external_dns_comes_after_the_role_that_says_which_records_it_may_change() -> None:
    change = {"Action": ["route53:ChangeResourceRecordSets"], "Resource": ["arn:aws:route53:::hostedzone/${zone.main}"]}
    doc = document(
        kubernetes_clusters=cluster(
            addons={"external-dns": {}}, pod_roles={"external-dns/external-dns": {"statements": [change]}}
        ),
        zones={"main": {"domain": "example.com"}},
    )
    identity = Address("AWS::EKS::PodIdentityAssociation", "main/external-dns/external-dns")
    assert identity in get(doc, "AWS::EKS::Addon", "main/external-dns").depends_on
    assert identity not in get(doc, "AWS::EKS::Addon", "main/coredns").depends_on
    without = get(built(addons={"external-dns": {}}), "AWS::EKS::Addon", "main/external-dns")
    assert "AWS::EKS::PodIdentityAssociation" not in {address.kind for address in without.depends_on}


def test_pods_may_do_what_is_described_in_this_cluster_only() -> None:
    doc = document(
        kubernetes_clusters=cluster(pod_roles={"shop/api": {"may": {"read": ["bucket.media"]}}}), buckets={"media": {}}
    )
    role = plain(get(doc, "AWS::IAM::Role", "kubernetes_cluster.main/pods-shop-api").properties)
    (trusted,) = role["AssumeRolePolicyDocument"]["Statement"]
    assert trusted["Principal"] == {"Service": ["pods.eks.amazonaws.com"]}
    assert trusted["Condition"]["ArnEquals"]["aws:SourceArn"].endswith(":cluster/shop-cluster")
    (policy,) = role["Policies"]
    actions = {action for statement in policy["PolicyDocument"]["Statement"] for action in statement["Action"]}
    assert actions == {"s3:ListBucket", "s3:GetBucketLocation", "s3:GetObject", "s3:GetObjectVersion"}
    identity = plain(get(doc, "AWS::EKS::PodIdentityAssociation", "main/shop/api").properties)
    assert (identity["Namespace"], identity["ServiceAccount"]) == ("shop", "api")


def test_what_is_no_reference_to_a_secret_is_not_shown() -> None:
    found = problems(kubernetes_clusters=cluster(external_secrets={"secrets": ["hunter2"]}))
    assert any("external_secrets.secrets: what it says is no reference" in problem for problem in found)
    assert "hunter2" not in "".join(found)


def test_controllers_are_held_to_the_cluster() -> None:
    doc = document(
        kubernetes_clusters=cluster(
            load_balancer_controller=True, cluster_autoscaler=True, external_secrets={"secrets": ["secret.app"]}
        ),
        secrets={"app": {"generate": {"length": 32}}},
    )
    accounts = {
        (found["Namespace"], found["ServiceAccount"]) for found in of(doc, "AWS::EKS::PodIdentityAssociation").values()
    }
    assert accounts == {
        ("kube-system", "aws-load-balancer-controller"),
        ("kube-system", "cluster-autoscaler"),
        ("external-secrets", "external-secrets"),
    }
    for name in ("aws-load-balancer-controller", "cluster-autoscaler"):
        role = plain(get(doc, "AWS::IAM::Role", f"kubernetes_cluster.main/pods-kube-system-{name}").properties)
        text = json.dumps(role["Policies"], separators=(",", ":"))
        # https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html
        assert len(text) < 10240
        for statement in role["Policies"][0]["PolicyDocument"]["Statement"]:
            if statement["Resource"] == ["*"]:
                assert all(
                    action.split(":")[1].startswith(("Describe", "Get", "List")) for action in statement["Action"]
                )
        assert "shop-cluster" in text
    reader = plain(
        get(doc, "AWS::IAM::Role", "kubernetes_cluster.main/pods-external-secrets-external-secrets").properties
    )
    (reading,) = reader["Policies"][0]["PolicyDocument"]["Statement"]
    assert reading["Action"] == ["secretsmanager:DescribeSecret", "secretsmanager:GetSecretValue"]


def test_who_gets_in() -> None:
    doc = document(
        kubernetes_clusters=cluster(
            administrators=["role.deployer"],
            access=[{"principal": "arn:aws:iam::1:role/dev", "policy": "edit", "namespaces": ["shop"]}],
        ),
        roles={"deployer": {"trusts": {"principals": ["123456789012"]}}},
    )
    found = {name: plain(entry) for name, entry in of(doc, "AWS::EKS::AccessEntry").items()}
    admin, developer = found["main/role.deployer"], found["main/arn:aws:iam::1:role/dev"]
    assert admin["PrincipalArn"] == "<Role role.deployer Arn>"
    assert admin["AccessPolicies"][0]["AccessScope"] == {"Type": "cluster"}
    assert developer["AccessPolicies"][0]["AccessScope"] == {"Type": "namespace", "Namespaces": ["shop"]}
    assert developer["AccessPolicies"][0]["PolicyArn"].endswith("cluster-access-policy/AmazonEKSEditPolicy")


def test_rules_on_both_sides_follow() -> None:
    doc = document(
        kubernetes_clusters=cluster(
            connects_to=["database.main"],
            allow_from=[{"source": "10.40.0.0/16", "port": 8000}],
            ingress={"ports": [8000]},
        ),
        databases={"main": DATABASE},
    )
    group = "<Cluster main ClusterSecurityGroupId>"
    ingress = {name: plain(rule) for name, rule in of(doc, INGRESS).items()}
    assert ingress["database.main/5432 from kubernetes_cluster.main"]["SourceSecurityGroupId"] == group
    assert ingress["kubernetes_cluster.main/8000 from 10.40.0.0/16"]["GroupId"] == group
    from_balancers = ingress["kubernetes_cluster.main/8000 from kubernetes_cluster.main/ingress"]
    assert from_balancers["GroupId"] == group and from_balancers["ToPort"] == 8000
    assert {rule["FromPort"] for name, rule in ingress.items() if name.endswith("from 0.0.0.0/0")} == {80, 443}
    assert plain(of(doc, EGRESS)["kubernetes_cluster.main/ingress/8000 to kubernetes_cluster.main"])


def test_load_balancers_of_kubernetes_find_their_subnets() -> None:
    tagged = {res.name: res.tags for res in built().resources.values() if res.kind == "AWS::EC2::Subnet"}
    assert tagged["public-a"]["kubernetes.io/role/elb"] == "1"
    assert tagged["private-a"]["kubernetes.io/role/internal-elb"] == "1"
    assert not any("kubernetes" in key for key in tagged["data-a"])
    without = {key for res in document().resources.values() for key in res.tags}
    assert not any("kubernetes" in key for key in without)


def test_tokens_of_the_cluster_are_trusted_on_request() -> None:
    assert not of(built(), "AWS::IAM::OIDCProvider")
    (provider,) = of(built(irsa=True), "AWS::IAM::OIDCProvider").values()
    assert plain(provider) == {
        "Url": "<Cluster main OpenIdConnectIssuerUrl>",
        "ClientIdList": ["sts.amazonaws.com"],
    }


def test_a_key_for_its_secrets() -> None:
    doc = document(kubernetes_clusters=cluster(key="data"), keys={"data": {}})
    found = plain(get(doc, "AWS::EKS::Cluster", "main").properties)
    assert found["EncryptionConfig"] == [{"Provider": {"KeyArn": "<Key data Arn>"}, "Resources": ["secrets"]}]


def test_what_is_published_can_be_alarmed_on() -> None:
    doc = document(
        kubernetes_clusters=cluster(addons={"amazon-cloudwatch-observability": {}}),
        monitoring={"alarms": {"restarts": {"of": "kubernetes_cluster.main", "metric": "pod_restarts", "above": 5}}},
    )
    (alarm,) = of(doc, "AWS::CloudWatch::Alarm").values()
    assert (alarm["Namespace"], alarm["MetricName"]) == ("ContainerInsights", "pod_number_of_container_restarts")
    assert plain(alarm["Dimensions"]) == [{"Name": "ClusterName", "Value": "shop-cluster"}]


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"endpoint": {"public": True}}, "kubernetes_clusters.main.endpoint.cidrs"),
        ({"endpoint": {"cidrs": ["192.0.2.0/24"]}}, "set endpoint.public"),
        ({"node_groups": {}}, "kubernetes_clusters.main.node_groups: is empty"),
        ({"node_groups": {"a": {"min": 2, "max": 4, "desired": 5}}}, "node_groups.a.desired: 5 is not between"),
        ({"pod_roles": {"api": {}}}, "NAMESPACE/SERVICE_ACCOUNT"),
        ({"administrators": ["arn:aws:iam::1:role/a", "arn:aws:iam::1:role/a"]}, "stands here twice"),
        ({"access": [{"principal": "arn:aws:iam::1:role/a"}]}, "may do nothing"),
        ({"version": 1.3}, "[kubernetes.version]"),
    ],
)
def test_what_cannot_be_built(options: dict[str, Any], words: str) -> None:
    assert any(words in problem for problem in problems(kubernetes_clusters=cluster(**options)))


def test_an_open_endpoint_is_warned_of() -> None:
    found = warnings(kubernetes_clusters=cluster(endpoint={"public": True, "cidrs": ["0.0.0.0/0"]}))
    assert any("[kubernetes.open-endpoint]" in warning for warning in found)
