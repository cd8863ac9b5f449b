# Copyright (c) stackwright.aws contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
from __future__ import annotations

from typing import Any

import pytest

from tests.twin.helpers import eventually, refused


class Network:
    def __init__(self, client: Any) -> None:
        self.ec2 = client("ec2")
        self.vpc = self.ec2.create_vpc(CidrBlock="10.2.0.0/16")["Vpc"]["VpcId"]
        self.igw = self.ec2.create_internet_gateway()["InternetGateway"]["InternetGatewayId"]
        self.ec2.attach_internet_gateway(InternetGatewayId=self.igw, VpcId=self.vpc)
        self.subnets = [
            self.ec2.create_subnet(VpcId=self.vpc, CidrBlock=f"10.2.{n}.0/24", AvailabilityZone=zone)["Subnet"][
                "SubnetId"
            ]
            for n, zone in enumerate(("us-east-1a", "us-east-1b", "us-east-1a"))
        ]
        self.group = self.ec2.create_security_group(GroupName="alb", Description="alb", VpcId=self.vpc)["GroupId"]


@pytest.fixture
def network(client: Any) -> Network:
    return Network(client)


@pytest.fixture
def elb(client: Any) -> Any:
    return client("elbv2")


@pytest.fixture
def alb(elb: Any, network: Network) -> str:
    made = elb.create_load_balancer(Name="web", Subnets=network.subnets[:2], SecurityGroups=[network.group])
    return str(made["LoadBalancers"][0]["LoadBalancerArn"])


@pytest.fixture
def target_group(elb: Any, network: Network) -> str:
    made = elb.create_target_group(Name="blue", Protocol="HTTP", Port=80, VpcId=network.vpc, TargetType="ip")
    return str(made["TargetGroups"][0]["TargetGroupArn"])


def listener(elb: Any, alb: str, target_group: str, port: int = 80) -> str:
    made = elb.create_listener(
        LoadBalancerArn=alb,
        Protocol="HTTP",
        Port=port,
        DefaultActions=[{"Type": "forward", "TargetGroupArn": target_group}],
    )
    return str(made["Listeners"][0]["ListenerArn"])


def test_states_and_idempotent_creation(elb: Any, network: Network, twin: Any) -> None:
    asked = {"Name": "web", "Subnets": network.subnets[:2], "SecurityGroups": [network.group]}
    made = elb.create_load_balancer(**asked)["LoadBalancers"][0]
    arn = made["LoadBalancerArn"]
    assert made["State"]["Code"] == "provisioning"
    assert made["CanonicalHostedZoneId"] == "Z35SXDOTRQ7X7K"

    def state() -> Any:
        return elb.describe_load_balancers(Names=["web"])["LoadBalancers"][0]["State"]["Code"]

    assert state() == "provisioning"
    eventually(state, "active")
    assert elb.create_load_balancer(**asked)["LoadBalancers"][0]["LoadBalancerArn"] == arn
    with refused("DuplicateLoadBalancerName"):
        elb.create_load_balancer(**{**asked, "Scheme": "internal"})
    attributes = elb.describe_load_balancer_attributes(LoadBalancerArn=arn)["Attributes"]
    assert {"Key": "idle_timeout.timeout_seconds", "Value": "60"} in attributes
    with refused("LoadBalancerNotFound"):
        elb.describe_load_balancers(Names=["web", "other"])


def test_what_cannot_be_created(elb: Any, network: Network, client: Any) -> None:
    with refused("ValidationError", 400, "two different Availability Zones"):
        elb.create_load_balancer(Name="one", Subnets=network.subnets[:1])
    with refused("InvalidConfigurationRequest"):
        elb.create_load_balancer(Name="two", Subnets=network.subnets)
    with refused("SubnetNotFound"):
        elb.create_load_balancer(Name="three", Subnets=[network.subnets[0], "subnet-00000000"])
    with refused("InvalidSecurityGroup"):
        elb.create_load_balancer(Name="four", Subnets=network.subnets[:2], SecurityGroups=["sg-00000000"])
    with refused("ValidationError"):
        elb.create_load_balancer(Name="a" * 33, Subnets=network.subnets[:2])
    network.ec2.detach_internet_gateway(InternetGatewayId=network.igw, VpcId=network.vpc)
    with refused("InvalidSubnet", 400, "has no internet gateway"):
        elb.create_load_balancer(Name="five", Subnets=network.subnets[:2])
    elb.create_load_balancer(Name="six", Subnets=network.subnets[:2], Scheme="internal")


def test_deletion_protection_and_what_the_balancer_holds(elb: Any, network: Network, alb: str) -> None:
    protect = "deletion_protection.enabled"
    elb.modify_load_balancer_attributes(LoadBalancerArn=alb, Attributes=[{"Key": protect, "Value": "true"}])
    with refused("OperationNotPermitted"):
        elb.delete_load_balancer(LoadBalancerArn=alb)
    assert elb.describe_load_balancers()["LoadBalancers"]
    elb.modify_load_balancer_attributes(LoadBalancerArn=alb, Attributes=[{"Key": protect, "Value": "false"}])
    with refused("DependencyViolation"):
        network.ec2.delete_security_group(GroupId=network.group)
    with refused("DependencyViolation", 400, "mapped public address"):
        network.ec2.detach_internet_gateway(InternetGatewayId=network.igw, VpcId=network.vpc)
    elb.delete_load_balancer(LoadBalancerArn=alb)
    elb.delete_load_balancer(LoadBalancerArn=alb)  # again: succeeds, as on AWS
    with refused("DependencyViolation"):  # its network interfaces outlive it
        network.ec2.delete_subnet(SubnetId=network.subnets[0])
    of_vpc = [{"Name": "vpc-id", "Values": [network.vpc]}]
    eventually(lambda: network.ec2.describe_network_interfaces(Filters=of_vpc)["NetworkInterfaces"], [])
    network.ec2.delete_security_group(GroupId=network.group)
    network.ec2.delete_subnet(SubnetId=network.subnets[0])


def test_access_logs_need_a_bucket_that_may_be_written(elb: Any, alb: str, client: Any) -> None:
    wanted = [
        {"Key": "access_logs.s3.enabled", "Value": "true"},
        {"Key": "access_logs.s3.bucket", "Value": "alb-logs"},
    ]
    with refused("InvalidConfigurationRequest", 400, "Access Denied for bucket"):
        elb.modify_load_balancer_attributes(LoadBalancerArn=alb, Attributes=wanted)
    s3 = client("s3")
    s3.create_bucket(Bucket="alb-logs")
    policy = (
        '{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": {"Service":'
        ' "logdelivery.elasticloadbalancing.amazonaws.com"}, "Action": "s3:PutObject", "Resource":'
        ' "arn:aws:s3:::alb-logs/*"}]}'
    )
    s3.put_bucket_policy(Bucket="alb-logs", Policy=policy)
    elb.modify_load_balancer_attributes(LoadBalancerArn=alb, Attributes=wanted)


def test_listeners(elb: Any, alb: str, target_group: str, network: Network) -> None:
    made = listener(elb, alb, target_group)
    assert listener(elb, alb, target_group) == made
    seen = elb.describe_listeners(ListenerArns=[made])["Listeners"][0]
    assert "SslPolicy" not in seen
    assert seen["DefaultActions"] == [
        {
            "Type": "forward",
            "TargetGroupArn": target_group,
            "ForwardConfig": {
                "TargetGroups": [{"TargetGroupArn": target_group, "Weight": 1}],
                "TargetGroupStickinessConfig": {"Enabled": False},
            },
        }
    ]
    with refused("DuplicateListener"):
        elb.create_listener(
            LoadBalancerArn=alb,
            Protocol="HTTP",
            Port=80,
            DefaultActions=[{"Type": "fixed-response", "FixedResponseConfig": {"StatusCode": "503"}}],
        )
    with refused("ResourceInUse"):
        elb.delete_target_group(TargetGroupArn=target_group)
    other = elb.create_load_balancer(Name="other", Subnets=network.subnets[:2])["LoadBalancers"][0]
    with refused("TargetGroupAssociationLimit"):
        listener(elb, other["LoadBalancerArn"], target_group)
    elb.delete_listener(ListenerArn=made)
    groups = elb.describe_target_groups(TargetGroupArns=[target_group])["TargetGroups"]
    assert groups[0]["LoadBalancerArns"] == []
    elb.delete_target_group(TargetGroupArn=target_group)


def test_https_needs_an_issued_certificate(elb: Any, alb: str, target_group: str, client: Any) -> None:
    forward = [{"Type": "forward", "TargetGroupArn": target_group}]
    asked = {"LoadBalancerArn": alb, "Protocol": "HTTPS", "Port": 443, "DefaultActions": forward}
    with refused("ValidationError"):
        elb.create_listener(**asked)
    missing = "arn:aws:acm:us-east-1:123456789012:certificate/00000000-0000-0000-0000-000000000000"
    with refused("CertificateNotFound"):
        elb.create_listener(**asked, Certificates=[{"CertificateArn": missing}])
    pending = client("acm").request_certificate(DomainName="a.example.com", ValidationMethod="DNS")
    certificates = [{"CertificateArn": pending["CertificateArn"]}]
    with refused("UnsupportedCertificate"):
        elb.create_listener(**asked, Certificates=certificates)
    with refused("SSLPolicyNotFound"):
        elb.create_listener(**asked, Certificates=certificates, SslPolicy="ELBSecurityPolicy-Nonsense")


def test_rules(elb: Any, alb: str, target_group: str) -> None:
    arn = listener(elb, alb, target_group)

    def rule(priority: int, path: str) -> Any:
        return elb.create_rule(
            ListenerArn=arn,
            Priority=priority,
            Conditions=[{"Field": "path-pattern", "Values": [path]}],
            Actions=[{"Type": "redirect", "RedirectConfig": {"StatusCode": "HTTP_301", "Protocol": "HTTPS"}}],
        )["Rules"][0]

    last = rule(20, "/b/*")
    first = rule(10, "/a/*")
    assert first["Conditions"] == [
        {"Field": "path-pattern", "Values": ["/a/*"], "PathPatternConfig": {"Values": ["/a/*"]}}
    ]
    assert first["Actions"][0]["RedirectConfig"]["Path"] == "/#{path}"
    with refused("PriorityInUse"):
        rule(10, "/c/*")
    rules = elb.describe_rules(ListenerArn=arn)["Rules"]
    assert [r["Priority"] for r in rules] == ["10", "20", "default"]
    with refused("OperationNotPermitted"):
        elb.delete_rule(RuleArn=rules[-1]["RuleArn"])
    changed = elb.modify_rule(
        RuleArn=last["RuleArn"],
        Conditions=[
            {"Field": "path-pattern", "PathPatternConfig": {"Values": ["/c/*", "/d/*"]}},
            {"Field": "host-header", "HostHeaderConfig": {"Values": ["a.example.com", "b.example.com"]}},
        ],
    )["Rules"][0]
    assert [(one["Field"], one["Values"]) for one in changed["Conditions"]] == [
        ("path-pattern", ["/c/*", "/d/*"]),
        ("host-header", ["a.example.com", "b.example.com"]),
    ]
    assert changed["Conditions"][0]["PathPatternConfig"] == {"Values": ["/c/*", "/d/*"]}
    assert changed["Actions"] == last["Actions"]
    with refused("ValidationError", message="both"):
        both = {"Field": "path-pattern", "Values": ["/c/*"], "PathPatternConfig": {"Values": ["/c/*"]}}
        elb.modify_rule(RuleArn=last["RuleArn"], Conditions=[both])
    elb.delete_rule(RuleArn=last["RuleArn"])
    with refused("RuleNotFound"):
        elb.delete_rule(RuleArn=last["RuleArn"])


def test_priorities_change_all_at_once(elb: Any, alb: str, target_group: str) -> None:
    arn = listener(elb, alb, target_group)

    def rule(priority: int) -> str:
        return elb.create_rule(
            ListenerArn=arn,
            Priority=priority,
            Conditions=[{"Field": "path-pattern", "Values": [f"/{priority}/*"]}],
            Actions=[{"Type": "fixed-response", "FixedResponseConfig": {"StatusCode": "404"}}],
        )["Rules"][0]["RuleArn"]

    def order() -> dict[str, str]:
        return {one["RuleArn"]: one["Priority"] for one in elb.describe_rules(ListenerArn=arn)["Rules"]}

    one, two, three = rule(10), rule(20), rule(30)
    answer = elb.set_rule_priorities(
        RulePriorities=[{"RuleArn": one, "Priority": 20}, {"RuleArn": two, "Priority": 10}]
    )
    assert [(r["RuleArn"], r["Priority"]) for r in answer["Rules"]] == [(one, "20"), (two, "10")]
    default = next(r for r, priority in order().items() if priority == "default")
    for code, wanted in (
        ("PriorityInUse", {one: 40, two: 30}),
        ("ValidationError", {one: 40, two: 40}),
        ("OperationNotPermitted", {default: 50}),
        ("RuleNotFound", {one: 40, three.replace("app/", "app/x"): 50}),
    ):
        with refused(code):
            elb.set_rule_priorities(RulePriorities=[{"RuleArn": r, "Priority": p} for r, p in wanted.items()])
    assert order() == {two: "10", one: "20", three: "30", default: "default"}
    elb.set_rule_priorities(RulePriorities=[{"RuleArn": one, "Priority": 20}])
    elb.set_rule_priorities(RulePriorities=[{"RuleArn": two, "Priority": 30}, {"RuleArn": three, "Priority": 5}])
    assert list(order()) == [three, one, two, default]


def test_target_groups(elb: Any, network: Network, target_group: str) -> None:
    asked = {"Name": "blue", "Protocol": "HTTP", "Port": 80, "VpcId": network.vpc, "TargetType": "ip"}
    assert elb.create_target_group(**asked)["TargetGroups"][0]["TargetGroupArn"] == target_group
    with refused("DuplicateTargetGroupName"):
        elb.create_target_group(**{**asked, "Port": 81})
    attributes = elb.describe_target_group_attributes(TargetGroupArn=target_group)["Attributes"]
    assert {"Key": "stickiness.lb_cookie.duration_seconds", "Value": "86400"} in attributes
    for number in range(4):
        elb.create_target_group(Name=f"more-{number}", Protocol="HTTP", Port=80, VpcId=network.vpc, TargetType="ip")
    first = elb.describe_target_groups(PageSize=3)
    assert len(first["TargetGroups"]) == 3
    second = elb.describe_target_groups(PageSize=3, Marker=first["NextMarker"])
    assert len(second["TargetGroups"]) == 2
    assert "NextMarker" not in second


def test_target_health(elb: Any, alb: str, target_group: str, network: Network) -> None:
    with refused("ValidationError"):
        elb.register_targets(TargetGroupArn=target_group, Targets=[{"Id": "i-00000000"}])
    instances = elb.create_target_group(Name="vms", Protocol="HTTP", Port=80, VpcId=network.vpc)["TargetGroups"][0]
    with refused("InvalidTarget"):
        elb.register_targets(TargetGroupArn=instances["TargetGroupArn"], Targets=[{"Id": "i-00000000"}])
    elb.register_targets(TargetGroupArn=target_group, Targets=[{"Id": "10.2.0.9"}])

    def health() -> Any:
        found = elb.describe_target_health(TargetGroupArn=target_group)["TargetHealthDescriptions"]
        return [one["TargetHealth"]["State"] for one in found]

    assert health() == ["unused"]
    listener(elb, alb, target_group)
    elb.deregister_targets(TargetGroupArn=target_group, Targets=[{"Id": "10.2.0.9"}])
    elb.register_targets(TargetGroupArn=target_group, Targets=[{"Id": "10.2.0.9"}])
    assert health() == ["initial"]
    eventually(health, ["healthy"])


def test_tags_of_twenty_resources_at_most(elb: Any, alb: str) -> None:
    assert elb.describe_tags(ResourceArns=[alb])["TagDescriptions"][0]["Tags"] == []
    with refused("ValidationError"):
        elb.describe_tags(ResourceArns=[alb] * 21)


def _issued(acm: Any, domain: str) -> str:
    arn = str(acm.request_certificate(DomainName=domain, ValidationMethod="DNS")["CertificateArn"])
    eventually(lambda: acm.describe_certificate(CertificateArn=arn)["Certificate"]["Status"], "ISSUED")
    return arn


def test_certificates_of_a_listener(elb: Any, alb: str, target_group: str, client: Any) -> None:
    acm = client("acm")
    first, second, third = (_issued(acm, f"{name}.example.com") for name in ("a", "b", "c"))
    forward = [{"Type": "forward", "TargetGroupArn": target_group}]
    asked = {"LoadBalancerArn": alb, "Protocol": "HTTPS", "Port": 443, "DefaultActions": forward}
    made = elb.create_listener(**asked, Certificates=[{"CertificateArn": first}])["Listeners"][0]["ListenerArn"]

    def add(*arns: str, to: str = made) -> None:
        elb.add_listener_certificates(ListenerArn=to, Certificates=[{"CertificateArn": arn} for arn in arns])

    def remove(arn: str) -> None:
        elb.remove_listener_certificates(ListenerArn=made, Certificates=[{"CertificateArn": arn}])

    def served() -> list[tuple[str, bool]]:
        found = elb.get_paginator("describe_listener_certificates").paginate(
            ListenerArn=made, PaginationConfig={"PageSize": 1}
        )
        return [(one["CertificateArn"], one["IsDefault"]) for page in found for one in page["Certificates"]]

    add(second)
    add(second)  # again: succeeds, as on AWS
    assert served() == [(first, True), (second, False)]
    with refused("ResourceInUseException"):
        acm.delete_certificate(CertificateArn=second)
    with refused("ValidationError", 400, "Up to '1'"):
        add(second, third)
    with refused("CertificateNotFound"):
        add("arn:aws:acm:us-east-1:123456789012:certificate/00000000-0000-0000-0000-000000000000")
    with refused("ListenerNotFound"):
        add(third, to=made[:-1])
    with refused("InvalidConfigurationRequest"):
        add(third, to=listener(elb, alb, target_group))
    with refused("CertificateNotFound"):
        remove(third)
    with refused("OperationNotPermitted", 400, "Default certificate"):
        remove(first)
    elb.modify_listener(ListenerArn=made, Certificates=[{"CertificateArn": second}])
    assert served() == [(second, True), (second, False)]
    with refused("OperationNotPermitted"):  # which is the default one too
        remove(second)
    elb.modify_listener(ListenerArn=made, Certificates=[{"CertificateArn": first}])
    remove(second)
    assert served() == [(first, True)]
    acm.delete_certificate(CertificateArn=second)


def test_a_load_balancer_takes_25_certificates(elb: Any, alb: str, target_group: str) -> None:
    forward = [{"Type": "forward", "TargetGroupArn": target_group}]
    asked = {"LoadBalancerArn": alb, "Protocol": "HTTPS", "DefaultActions": forward}
    arns = [f"arn:aws:iam::123456789012:server-certificate/{number}" for number in range(27)]
    one, other = (
        elb.create_listener(**asked, Port=port, Certificates=[{"CertificateArn": arns[0]}])["Listeners"][0][
            "ListenerArn"
        ]
        for port in (443, 8443)
    )
    for arn in arns[1:26]:
        elb.add_listener_certificates(ListenerArn=one, Certificates=[{"CertificateArn": arn}])
    with refused("TooManyCertificates"):
        elb.add_listener_certificates(ListenerArn=other, Certificates=[{"CertificateArn": arns[26]}])
