"""Elastic Load Balancing: load balancers, target groups, listeners, rules."""

from __future__ import annotations

from typing import Any

from ansible_collections.stackwright.aws.plugins.module_utils.engine.document import Resource
from tests.contract.sample import Sample

_ELB = "AWS::ElasticLoadBalancingV2"

VPC = Resource("AWS::EC2::VPC", "elb", {"CidrBlock": "10.30.0.0/16"})
OTHER_VPC = Resource("AWS::EC2::VPC", "elb-other", {"CidrBlock": "10.31.0.0/16"})
GATEWAY = Resource("AWS::EC2::InternetGateway", "elb", {})
ATTACHMENT = Resource(
    "AWS::EC2::VPCGatewayAttachment",
    "elb",
    {"VpcId": VPC.ref("VpcId"), "InternetGatewayId": GATEWAY.ref("InternetGatewayId")},
)


def _subnet(name: str, number: int, zone: str) -> Resource:
    return Resource(
        "AWS::EC2::Subnet",
        f"elb-{name}",
        {"VpcId": VPC.ref("VpcId"), "CidrBlock": f"10.30.{number}.0/24", "AvailabilityZone": f"us-east-1{zone}"},
    )


def _security_group(name: str) -> Resource:
    return Resource(
        "AWS::EC2::SecurityGroup",
        f"elb-{name}",
        {"GroupName": f"contract-elb-{name}", "GroupDescription": "contract", "VpcId": VPC.ref("VpcId")},
    )


SUBNETS = [_subnet("a", 1, "a"), _subnet("b", 2, "b"), _subnet("c", 3, "c")]
GROUPS = [_security_group("one"), _security_group("two")]
NETWORK = [VPC, OTHER_VPC, GATEWAY, ATTACHMENT, *SUBNETS, *GROUPS]


def _load_balancer(name: str, **more: Any) -> Resource:
    properties = {
        "Name": f"contract-{name}",
        "Type": "application",
        "Scheme": "internal",
        "Subnets": [subnet.ref("SubnetId") for subnet in SUBNETS[:2]],
        "SecurityGroups": [GROUPS[0].ref("GroupId")],
        **more,
    }
    return Resource(f"{_ELB}::LoadBalancer", name, properties, depends_on=(ATTACHMENT.address,))


def _target_group(name: str, **more: Any) -> Resource:
    properties = {
        "Name": f"contract-{name}",
        "Protocol": "HTTP",
        "Port": 8000,
        "VpcId": VPC.ref("VpcId"),
        "TargetType": "ip",
        **more,
    }
    return Resource(f"{_ELB}::TargetGroup", name, properties)


def _forward(*groups: Resource, weight: int | None = None) -> dict[str, Any]:
    targets = [
        {"TargetGroupArn": group.ref("TargetGroupArn"), **({} if weight is None else {"Weight": weight})}
        for group in groups
    ]
    return {"Type": "forward", "ForwardConfig": {"TargetGroups": targets}}


ALB = _load_balancer("main")
OTHER_ALB = _load_balancer("other")
BLUE = _target_group("blue")
GREEN = _target_group("green")


def _listener(name: str, port: int, **more: Any) -> Resource:
    properties = {
        "LoadBalancerArn": ALB.ref("LoadBalancerArn"),
        "Port": port,
        "Protocol": "HTTP",
        "DefaultActions": [{"Type": "forward", "TargetGroupArn": BLUE.ref("TargetGroupArn")}],
        **more,
    }
    return Resource(f"{_ELB}::Listener", name, properties)


LISTENER = _listener("http", 80)
OTHER_LISTENER = _listener("other", 81)


def _certificate(name: str) -> Resource:
    return Resource(
        "AWS::CertificateManager::Certificate",
        f"elb-{name}",
        {"DomainName": f"{name}.elb.example.com", "ValidationMethod": "DNS"},
    )


CERTIFICATES = [_certificate(name) for name in ("default", "further", "another")]


def _served(certificate: Resource) -> list[dict[str, Any]]:
    return [{"CertificateArn": certificate.ref("CertificateArn")}]


HTTPS = [
    _listener(name, port, Protocol="HTTPS", Certificates=_served(CERTIFICATES[0]))
    for name, port in (("https", 443), ("https-other", 8443))
]

SAMPLES = [
    Sample(
        kind=f"{_ELB}::LoadBalancer",
        resources=[
            *NETWORK,
            _load_balancer(
                "under-test",
                IpAddressType="ipv4",
                LoadBalancerAttributes=[{"Key": "idle_timeout.timeout_seconds", "Value": "60"}],
            ),
        ],
        changes={
            "Subnets": [subnet.ref("SubnetId") for subnet in SUBNETS[1:]],
            "SecurityGroups": [group.ref("GroupId") for group in GROUPS],
            "LoadBalancerAttributes": [
                {"Key": "idle_timeout.timeout_seconds", "Value": 90},
                {"Key": "routing.http.drop_invalid_header_fields.enabled", "Value": True},
            ],
        },
        immutable={"Name": "contract-renamed", "Scheme": "internet-facing"},
    ),
    Sample(
        kind=f"{_ELB}::TargetGroup",
        resources=[
            *NETWORK,
            _target_group(
                "under-test",
                ProtocolVersion="HTTP1",
                HealthCheckEnabled=True,
                HealthCheckProtocol="HTTP",
                HealthCheckPort="traffic-port",
                HealthCheckPath="/health",
                HealthCheckIntervalSeconds=30,
                HealthCheckTimeoutSeconds=5,
                HealthyThresholdCount=2,
                UnhealthyThresholdCount=3,
                Matcher={"HttpCode": "200"},
                TargetGroupAttributes=[{"Key": "deregistration_delay.timeout_seconds", "Value": "30"}],
            ),
        ],
        changes={
            "HealthCheckProtocol": "HTTPS",
            "HealthCheckPort": "8001",
            "HealthCheckPath": "/ready",
            "HealthCheckIntervalSeconds": 15,
            "HealthCheckTimeoutSeconds": 4,
            "HealthyThresholdCount": 3,
            "UnhealthyThresholdCount": 2,
            "Matcher": {"HttpCode": "200-299"},
            "TargetGroupAttributes": [
                {"Key": "deregistration_delay.timeout_seconds", "Value": 10},
                {"Key": "stickiness.enabled", "Value": False},
            ],
            "Targets": [{"Id": "10.30.1.10", "Port": 8000}, {"Id": "10.30.2.10", "Port": 8000}],
        },
        immutable={
            "Name": "contract-renamed",
            "Port": 8080,
            "Protocol": "HTTPS",
            "ProtocolVersion": "HTTP2",
            "VpcId": OTHER_VPC.ref("VpcId"),
        },
    ),
    Sample(
        kind=f"{_ELB}::Listener",
        resources=[*NETWORK, ALB, OTHER_ALB, BLUE, GREEN, _listener("under-test", 8080)],
        changes={
            "Port": 8081,
            # A target group serves one load balancer, so a listener that is to move to another one forwards to none.
            "DefaultActions": [{"Type": "fixed-response", "FixedResponseConfig": {"StatusCode": "404"}}],
        },
        immutable={"LoadBalancerArn": OTHER_ALB.ref("LoadBalancerArn")},
    ),
    Sample(
        kind=f"{_ELB}::ListenerCertificate",
        resources=[
            *NETWORK,
            ALB,
            BLUE,
            *CERTIFICATES,
            *HTTPS,
            Resource(
                f"{_ELB}::ListenerCertificate",
                "under-test",
                {"ListenerArn": HTTPS[0].ref("ListenerArn"), "Certificates": _served(CERTIFICATES[1])},
            ),
        ],
        immutable={"Certificates": _served(CERTIFICATES[2]), "ListenerArn": HTTPS[1].ref("ListenerArn")},
        tags=False,
    ),
    Sample(
        kind=f"{_ELB}::ListenerRule",
        resources=[
            *NETWORK,
            ALB,
            BLUE,
            GREEN,
            LISTENER,
            OTHER_LISTENER,
            Resource(
                f"{_ELB}::ListenerRule",
                "under-test",
                {
                    "ListenerArn": LISTENER.ref("ListenerArn"),
                    "Priority": 10,
                    "Conditions": [{"Field": "path-pattern", "Values": ["/api/*"]}],
                    "Actions": [_forward(BLUE, GREEN)],
                    "InitialWeights": [
                        {"TargetGroupArn": BLUE.ref("TargetGroupArn"), "Weight": 100},
                        {"TargetGroupArn": GREEN.ref("TargetGroupArn"), "Weight": 0},
                    ],
                },
            ),
        ],
        changes={
            "Priority": 20,
            "Conditions": [
                {"Field": "host-header", "HostHeaderConfig": {"Values": ["api.example.com", "*.example.com"]}},
                {"Field": "path-pattern", "PathPatternConfig": {"Values": ["/v2/*"]}},
            ],
            "Actions": [
                {
                    "Type": "redirect",
                    "RedirectConfig": {"Protocol": "HTTPS", "Port": "443", "StatusCode": "HTTP_301"},
                }
            ],
        },
        immutable={"ListenerArn": OTHER_LISTENER.ref("ListenerArn")},
    ),
]
