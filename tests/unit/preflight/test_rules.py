"""Every preflight rule: something that it finds, and the nearest thing that it does not."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import parliament
import pytest

from ansible_collections.stackwright.aws.plugins.module_utils.engine.document import Resource
from ansible_collections.stackwright.aws.plugins.module_utils.engine.values import Address, Compose, Ref, Sensitive
from ansible_collections.stackwright.aws.plugins.module_utils.preflight.compute import fargate_memory
from ansible_collections.stackwright.aws.plugins.module_utils.preflight.monitoring import NAMING_ACTIONS
from ansible_collections.stackwright.aws.plugins.module_utils.preflight.names import FORMS
from ansible_collections.stackwright.aws.plugins.module_utils.preflight.rules import RULES, Severity, Subject, check

DB = "AWS::RDS::DBInstance"
CACHE = "AWS::ElastiCache::ReplicationGroup"
VPC, SUBNET = "AWS::EC2::VPC", "AWS::EC2::Subnet"
INGRESS = "AWS::EC2::SecurityGroupIngress"
LISTENER, TARGETS = "AWS::ElasticLoadBalancingV2::Listener", "AWS::ElasticLoadBalancingV2::TargetGroup"
TASK, SERVICE = "AWS::ECS::TaskDefinition", "AWS::ECS::Service"
KUBERNETES = "AWS::EKS::Cluster"
FUNCTION, QUEUE, MAPPING = "AWS::Lambda::Function", "AWS::SQS::Queue", "AWS::Lambda::EventSourceMapping"
ALIAS = "AWS::Lambda::Alias"
KEPT = Address("AWS::SecretsManager::Secret", "db")
ACL, PROTECTED = "AWS::WAFv2::WebACL", "AWS::WAFv2::WebACLAssociation"
DOMAIN = "AWS::OpenSearchService::Domain"
ROTATION = "AWS::SecretsManager::RotationSchedule"
CERTIFICATE, WEB_ACL = "AWS::CertificateManager::Certificate", "AWS::WAFv2::WebACL"
EDGE = Ref(Address(CERTIFICATE, "edge"), "CertificateArn")
OVER = "AWS::CloudWatch::CompositeAlarm"
ALARM, LOGS, ROLE = "AWS::CloudWatch::Alarm", "AWS::Logs::LogGroup", "AWS::IAM::Role"


def res(kind: str, name: str = "main", /, *, path: str = "things.main", **properties: Any) -> Resource:
    return Resource(kind=kind, name=name, properties=properties, path=path)


def guarded(kind: str, **properties: Any) -> Resource:
    return Resource(kind=kind, name="main", properties=properties, path="things.main", protect=True)


def copied(region: str, key: str) -> Resource:
    return res("AWS::SecretsManager::Secret", ReplicaRegions=[{"Region": region, "KmsKeyId": key}])


def tagged(tags: dict[str, str], region: str = "") -> Resource:
    return Resource(kind=VPC, name="vpc", properties={}, path="network", tags=tags, region=region)


def subnet(name: str, cidr: str, zone: str = "eu-west-1a", vpc: str = "vpc") -> Resource:
    vpc_id = Ref(Address(VPC, vpc), "VpcId")
    return res(SUBNET, name, path="network", CidrBlock=cidr, AvailabilityZone=zone, VpcId=vpc_id)


def subnet_group(*names: str) -> Resource:
    subnets = [Ref(Address(SUBNET, name), "SubnetId") for name in names]
    return res("AWS::RDS::DBSubnetGroup", "main", SubnetIds=subnets)


def container(**members: Any) -> dict[str, Any]:
    return {"ContainerDefinitions": [{"Name": "app", **members}]}


KEPT_SECRET = res(
    KEPT.kind,
    "db",
    GenerateSecretString={"GenerateStringKey": "password", "SecretStringTemplate": '{"user": "app", "host": "h"}'},
)


def handed(member: str) -> Resource:
    """A task that is handed a member of a secret."""
    source = Compose(f"{{arn}}:{member}::", {"arn": Ref(KEPT, "Arn")})
    return res(TASK, **container(Secrets=[{"Name": "DB_PASSWORD", "ValueFrom": source}]))


def fargate(cpu: str, memory: str) -> Resource:
    return res(TASK, RequiresCompatibilities=["FARGATE"], Cpu=cpu, Memory=memory)


def allowing(action: Any) -> Resource:
    statement = {"Effect": "Allow", "Action": action, "Resource": "*"}
    return res(ROLE, Policies=[{"PolicyName": "own", "PolicyDocument": {"Statement": [statement]}}])


def over(alarm: str, **properties: Any) -> Resource:
    """An alarm over another."""
    rule = Compose('ALARM("{a0}")', {"a0": Ref(Address(ALARM, alarm), "AlarmName")})
    return res(OVER, AlarmRule=rule, **properties)


def site(**config: Any) -> Resource:
    return res("AWS::CloudFront::Distribution", DistributionConfig=config)


def api_name(**properties: Any) -> Resource:
    return res("AWS::ApiGateway::DomainName", DomainName="api.example.com", **properties)


def headers(name: str) -> Resource:
    config = {"CustomHeadersConfig": {"Items": [{"Header": name, "Value": "x", "Override": True}]}}
    return res("AWS::CloudFront::ResponseHeadersPolicy", ResponseHeadersPolicyConfig=config)


def distribution(to: str) -> dict[str, Any]:
    return {"to": to, "failover_to": None, "forward": None, "routes": [], "aliases": ["www.example.com"]}


AWAY_CERTIFICATE = Resource("AWS::CertificateManager::Certificate", "away", {}, region="us-east-1")


def served_with(count: int) -> list[Resource]:
    """A listener with so many certificates beside its default one."""
    kind = "AWS::ElasticLoadBalancingV2::ListenerCertificate"
    listener = res(LISTENER, "many", LoadBalancerArn="arn")
    return [listener, *(res(kind, f"c{number}", ListenerArn=listener.ref("ListenerArn")) for number in range(count))]


def balanced(name: str) -> dict[str, Any]:
    """A distribution of www.example.com before a load balancer with a certificate of a name."""
    certificate = {"domain": name, "alternative_names": [], "arn": None, "import": None}
    return {
        "distributions": {"web": distribution("load_balancer.web")},
        "load_balancers": {"web": {"certificate": "lb"}},
        "certificates": {"lb": certificate},
    }


def beside(further: str) -> dict[str, Any]:
    """As `balanced`, with another certificate beside that of example.com."""
    options = balanced("example.com")
    more = {**options["certificates"]["lb"], "domain": further}
    options["load_balancers"]["web"]["more_certificates"] = ["certificate.more"]
    return {**options, "certificates": {**options["certificates"], "more": more}}


def fed(visible: int | None, timeout: int) -> list[Resource]:
    return [
        res(FUNCTION, "worker", Timeout=timeout),
        res(QUEUE, "jobs", **({} if visible is None else {"VisibilityTimeout": visible})),
        res(
            MAPPING,
            "jobs",
            FunctionName=Ref(Address(FUNCTION, "worker"), "Arn"),
            EventSourceArn=Ref(Address(QUEUE, "jobs"), "Arn"),
        ),
    ]


def search(nodes: int, zones: int) -> Resource:
    spread = {"ZoneAwarenessEnabled": True, "ZoneAwarenessConfig": {"AvailabilityZoneCount": zones}}
    return res(DOMAIN, ClusterConfig={"InstanceCount": nodes, **spread})


def fed_by_alias(visible: int) -> list[Resource]:
    function, queue, mapping = fed(visible, 300)
    alias = res(ALIAS, "worker", FunctionName=Ref(function.address, "FunctionName"))
    properties = {**mapping.properties, "FunctionName": Ref(alias.address, "AliasArn")}
    return [function, queue, alias, res(MAPPING, "jobs", **properties)]


def executions(reserved: int, *, warm: int = 1, most: int = 2) -> list[Resource]:
    """A function with an alias, fed by a queue."""
    function = res(FUNCTION, "worker", ReservedConcurrentExecutions=reserved)
    provisioned = {"ProvisionedConcurrentExecutions": warm}
    named = Ref(function.address, "FunctionName")
    alias = res(ALIAS, "worker", FunctionName=named, ProvisionedConcurrencyConfig=provisioned)
    scaling = {"MaximumConcurrency": most}
    mapping = res(MAPPING, "jobs", FunctionName=Ref(alias.address, "AliasArn"), ScalingConfig=scaling)
    return [function, alias, mapping]


def fed_with(**queue: Any) -> list[Resource]:
    function, jobs, mapping = fed(1800, 300)
    return [function, res(QUEUE, "jobs", **{**jobs.properties, **queue}), mapping]


def variables(**values: Any) -> Resource:
    return res(FUNCTION, Environment={"Variables": values})


def timed(expression: str, kind: str = "AWS::Scheduler::Schedule") -> Resource:
    return res(kind, ScheduleExpression=expression)


def reached(scheme: str, encrypted: bool) -> list[Resource]:
    url = Compose(scheme + "://{host}:6379/0", {"host": Ref(Address(CACHE, "main"), "PrimaryEndPoint.Address")})
    return [
        res(CACHE, TransitEncryptionEnabled=encrypted, Engine="redis", EngineVersion="7.1"),
        res("Custom::SecretValue", "url", Text=url),
    ]


def waf(*rules: dict[str, Any]) -> Resource:
    return res(ACL, Rules=list(rules))


RATE = {"Name": "rate", "Priority": 1, "Statement": {"RateBasedStatement": {"Limit": 2000}}, "Action": {"Block": {}}}
GROUP = {
    "Name": "common",
    "Priority": 2,
    "Statement": {"ManagedRuleGroupStatement": {}},
    "OverrideAction": {"None": {}},
}
API_ARN = "arn:aws:apigateway:eu-west-1::/{}/a1b2c3/stages/v1"


def kubernetes(version: str = "1.35", *subnets: str, **network: Any) -> Resource:
    subnet_ids = [Ref(Address(SUBNET, name), "SubnetId") for name in subnets]
    return res(KUBERNETES, Version=version, ResourcesVpcConfig={"SubnetIds": subnet_ids, **network})


def spot(*types: str) -> Resource:
    return res("AWS::EKS::Nodegroup", "main/workers", CapacityType="SPOT", InstanceTypes=list(types))


LAUNCH, FLEET = "AWS::EC2::LaunchTemplate", "AWS::AutoScaling::AutoScalingGroup"


def launched(text: str = "", **data: Any) -> Resource:
    return res(LAUNCH, LaunchTemplateData={"MetadataOptions": {"HttpTokens": "required"}, **data}, UserData=text)


def watched(period: int, enabled: bool) -> list[Resource]:
    template = Ref(Address(LAUNCH, "main"), "LaunchTemplateId")
    return [
        launched(Monitoring={"Enabled": enabled}),
        res(FLEET, AutoScalingGroupName="api-asg", LaunchTemplate={"LaunchTemplateId": template}),
        res(
            ALARM,
            Namespace="AWS/EC2",
            MetricName="CPUUtilization",
            Period=period,
            Dimensions=[{"Name": "AutoScalingGroupName", "Value": "api-asg"}],
        ),
    ]


def joined(cidr: str) -> dict[str, Any]:
    return {"network": {"cidr": "10.0.0.0/16"}, "peerings": {"far": {"peer_cidr": cidr}}}


SAMPLING = "AWS::XRay::SamplingRule"
FILTER = res(
    "AWS::Logs::MetricFilter",
    "errors",
    MetricTransformations=[
        {"MetricNamespace": "App", "MetricName": "Errors", "Dimensions": [{"Key": "Agent", "Value": "$.agent"}]}
    ],
)
PUBLISHED = {"monitoring": {"published": {"App": {"Requests": {"StatusClass": ["2xx", "5xx"]}, "Jobs": None}}}}


def watching(metric: str, namespace: str = "App", *, name: str = "main", **dimensions: str) -> Resource:
    listed = [{"Name": key, "Value": value} for key, value in dimensions.items()]
    return res(ALARM, name, Namespace=namespace, MetricName=metric, Dimensions=listed, AlarmActions=["t"])


def sampling(name: str, **settings: Any) -> Resource:
    return res(SAMPLING, name, SamplingRule={"Priority": 1, "FixedRate": 1, **settings})


def publishing(namespace: str) -> Resource:
    condition = {"StringEquals": {"cloudwatch:namespace": [namespace]}}
    statement = {"Effect": "Allow", "Action": ["cloudwatch:PutMetricData"], "Resource": "*", "Condition": condition}
    return res(ROLE, Policies=[{"PolicyName": "own", "PolicyDocument": {"Statement": [statement]}}])


def sized(bound: float, **more: Any) -> Resource:
    return res(ALARM, Namespace="AWS/S3", MetricName="BucketSizeBytes", Threshold=bound, AlarmActions=["t"], **more)


def alarm_options(**options: Any) -> dict[str, Any]:
    return {"monitoring": {"alarms": {"main": options}}}


def budget(*alerts: list[str], notify: Sequence[str] = ("a@x.org",)) -> dict[str, Any]:
    """A budget with an alert for each list of those who are told."""
    told = [{"percent": 80, "notify": names} for names in alerts]
    return {"budgets": {"monthly": {"notify": list(notify), "alerts": told or None}}}


def anomaly(frequency: str, *notify: str, **more: Any) -> dict[str, Any]:
    plain = {"existing_monitor": None, "tagged": None}
    return {"cost_anomalies": {"all": {**plain, "frequency": frequency, "notify": list(notify), **more}}}


def anomalies(*names: str, **more: Any) -> dict[str, Any]:
    (one,) = anomaly("daily", "a@x.org", **more)["cost_anomalies"].values()
    return {"cost_anomalies": dict.fromkeys(names, one)}


def listening(**subscription: Any) -> dict[str, Any]:
    nothing = {"name": None, "protocol": "https", "endpoint": None, "secret_endpoint": None}
    return {"topics": {"ops": {"subscriptions": [{**nothing, **subscription}]}}}


def records(**named: dict[str, Any]) -> dict[str, Any]:
    nothing = {"type": "A", "weight": None, "failover": None, "health_check": None, "alias": None}
    found = {label.replace("_", "#"): {**nothing, **record} for label, record in named.items()}
    return {"zones": {"main": {"records": found}}}


def audited(*services: str) -> dict[str, Any]:
    return {"audit": {"trail": {}, "key": "logs"}, "keys": {"logs": {"services": list(services)}}}


def by_options(code: str, bad: dict[str, Any], good: dict[str, Any], *words: str) -> Case:
    """A case that only the options make."""
    return case(code, [], [], *words, options=bad, good_options=good)


SECURITY_GROUP = "AWS::EC2::SecurityGroup"
PROXY_TARGETS = "AWS::RDS::DBProxyTargetGroup"
BALANCER = "AWS::ElasticLoadBalancingV2::LoadBalancer"
HELD = "Custom::SecretValue"
HOST = Ref(Address(DB, "main"), "Endpoint.Address")
CACHE_SUBNETS = "AWS::ElastiCache::SubnetGroup"


def grouped(name: str) -> Ref:
    return Ref(Address(SECURITY_GROUP, name), "GroupId")


def let_in(group: str, port: int, **source: Any) -> Resource:
    properties = {"GroupId": grouped(group), "IpProtocol": "tcp", "FromPort": port, "ToPort": port}
    return res(INGRESS, f"{group} {port}", **properties, **(source or {"CidrIp": "10.0.0.0/16"}))


def stored(*rules: Resource, port: int = 5432) -> list[Resource]:
    """A database in a group of its own, which lets in what the rules say."""
    groups = [res(SECURITY_GROUP, name) for name in ("db", "api", "other")]
    return [*groups, res(DB, Engine="postgres", VPCSecurityGroups=[grouped("db")], Port=str(port)), *rules]


def served(group: str, value: Ref = HOST) -> list[Resource]:
    """A service in a group, whose task is told where the database is."""
    network = {"AwsvpcConfiguration": {"SecurityGroups": [group if group.startswith("sg-") else grouped(group)]}}
    task = res(TASK, **container(Environment=[{"Name": "HOST", "Value": value}]))
    return [task, res(SERVICE, TaskDefinition=task.ref("TaskDefinitionArn"), NetworkConfiguration=network)]


def told(value: Any, *subnets: str) -> Resource:
    """A function that is given an address, in some subnets."""
    return res(FUNCTION, VpcConfig={"SubnetIds": list(subnets)}, Environment={"Variables": {"HOST": value}})


def balancing(*ports: int) -> list[Resource]:
    """A load balancer with ports 80 and 443 open, and listeners on some."""
    balancer = res(BALANCER, SecurityGroups=[grouped("lb")])
    listeners = [res(LISTENER, f"{port}", LoadBalancerArn=balancer.ref("LoadBalancerArn"), Port=port) for port in ports]
    return [res(SECURITY_GROUP, "lb"), let_in("lb", 80), let_in("lb", 443), balancer, *listeners]


def spread(zones: int, *subnets: str) -> list[Resource]:
    """A search domain of some zones, with a node in each."""
    placed = [Ref(Address(SUBNET, name), "SubnetId") for name in subnets]
    return [*ZONED, res(DOMAIN, **search(zones, zones).properties, VPCOptions={"SubnetIds": placed})]


def cached(*subnets: str) -> list[Resource]:
    """A cache with Multi-AZ in some subnets."""
    placed = res(CACHE_SUBNETS, SubnetIds=[Ref(Address(SUBNET, name), "SubnetId") for name in subnets])
    group = {"MultiAZEnabled": True, "CacheSubnetGroupName": placed.ref("CacheSubnetGroupName")}
    return [*ZONED, placed, res(CACHE, **group)]


def following(name: str, statistic: str = "Average") -> Resource:
    metric = {"Namespace": "App", "MetricName": name, "Statistic": statistic}
    tracked = {"TargetValue": 50, "CustomizedMetricSpecification": metric}
    return res("AWS::ApplicationAutoScaling::ScalingPolicy", TargetTrackingScalingPolicyConfiguration=tracked)


def following_by_math(name: str) -> Resource:
    terms = [
        {"Id": "pending", "MetricStat": {"Metric": {"Namespace": "App", "MetricName": name}, "Stat": "Maximum"}},
        {"Id": "result", "Expression": "pending / 2"},
    ]
    tracked = {"TargetValue": 50, "CustomizedMetricSpecification": {"Metrics": terms}}
    return res("AWS::ApplicationAutoScaling::ScalingPolicy", TargetTrackingScalingPolicyConfiguration=tracked)


def monitor(kind: str, **properties: Any) -> Resource:
    return res("AWS::CE::AnomalyMonitor", MonitorType=kind, **properties)


def kept(env: str, path: str = "resources.main") -> tuple[list[Resource], dict[str, Any]]:
    """An unguarded database of the `resources` section, and the options of its stack."""
    return [res(DB, path=path, DeletionProtection=False)], {"env": env, "protect": None}


def permitting(action: Any, target: Any, **more: Any) -> Resource:
    statement = {"Effect": "Allow", "Action": action, "Resource": target, **more}
    return res(ROLE, Policies=[{"PolicyName": "own", "PolicyDocument": {"Statement": [statement]}}])


ZONED = [subnet("a", "10.0.0.0/24"), subnet("b", "10.0.1.0/24", "eu-west-1b")]
SECRETS = {"db": {"fields": {"host": "database.main.address"}, "text": None}}


@dataclass(frozen=True)
class Case:
    """A rule's code, what it fires on, what it does not, and words that the message must hold."""

    code: str
    bad: Sequence[Resource]
    good: Sequence[Resource]
    words: tuple[str, ...] = ()
    options: dict[str, Any] = field(default_factory=dict)
    good_options: dict[str, Any] = field(default_factory=dict)


def case(code: str, bad: Any, good: Any, *words: str, **more: Any) -> Case:
    as_list = [value if isinstance(value, list) else [value] for value in (bad, good)]
    return Case(code, as_list[0], as_list[1], words, **more)


CASES = [
    Case("kubernetes.version", [kubernetes("1.31")], [kubernetes("1.35")], ("1.31", "1.34 or newer")),
    Case("kubernetes.version", [kubernetes("1.3")], [kubernetes("1.36")], ("quotes",)),
    Case("kubernetes.version", [kubernetes("latest")], [kubernetes("1.35")], ("'latest'",)),
    Case("kubernetes.extended-support", [kubernetes("1.33")], [kubernetes("1.34")], ("1.33", "price")),
    Case(
        "kubernetes.open-endpoint",
        [kubernetes(EndpointPublicAccess=True, PublicAccessCidrs=["0.0.0.0/0"])],
        [kubernetes(EndpointPublicAccess=True, PublicAccessCidrs=["192.0.2.0/24"])],
        ("internet",),
    ),
    Case(
        "kubernetes.one-zone",
        [subnet("a", "10.0.0.0/24"), subnet("c", "10.0.1.0/24"), kubernetes("1.35", "a", "c")],
        [*ZONED, kubernetes("1.35", "a", "b")],
        ("eu-west-1a", "two zones"),
    ),
    Case("kubernetes.spot-variety", [spot("m5.large")], [spot("m5.large", "m5a.large")], ("m5.large",)),
    case(
        "place.other-zone", res(DB, AvailabilityZone="us-east-1a"), res(DB, AvailabilityZone="eu-west-1a"), "eu-west-1a"
    ),
    case("place.unknown-region", tagged({}, "eu-wset-1"), tagged({}, "eu-west-2"), "'eu-wset-1'", "eu-west-1"),
    case(
        "place.other-region",
        res(LISTENER, Certificates=[{"CertificateArn": "arn:aws:acm:us-east-1:123456789012:certificate/x"}]),
        res(LISTENER, Certificates=[{"CertificateArn": "arn:aws:acm:eu-west-1:123456789012:certificate/x"}]),
        "CertificateArn 'arn:aws:acm:us-east-1",
        "name one of eu-west-1",
    ),
    case(
        "place.other-region",
        res(DB, KmsKeyId="arn:aws:kms:us-east-1:123456789012:key/x"),
        [
            res(DB, KmsKeyId="alias/x"),
            res("AWS::CloudFront::Distribution", X={"CertificateArn": "arn:aws:acm:us-east-1:1:certificate/x"}),
            res("AWS::IAM::Role", Resource="arn:aws:kms:us-east-1:123456789012:key/x"),
            res("AWS::ApiGateway::DomainName", CertificateArn="arn:aws:acm:us-east-1:1:certificate/x"),
        ],
        "KmsKeyId",
    ),
    case(
        "place.other-region",
        copied("us-west-2", "arn:aws:kms:us-east-1:1:key/x"),
        copied("us-east-1", "arn:aws:kms:us-east-1:1:key/x"),
        "name one of us-west-2",
    ),
    by_options("place.unguarded", {"env": "prod", "protect": False}, {"env": "dev", "protect": False}, "'prod'"),
    case("tags.refused", tagged({"aws:x": "1"}), tagged({"awsome": "1"}), "prefix aws:"),
    case("tags.refused", tagged({"AWS:x": "1"}), tagged({"x:aws:": "1"}), "prefix aws:"),
    case("tags.refused", tagged({"team": "a&b"}), tagged({"Ärger": "a b_.:/=+-@1"}), "leave out the rest"),
    case("tags.refused", tagged({"stackwright:stack": "x"}), tagged({"stackwright": "x"}), "stackwright:"),
    case("tags.refused", tagged({"k" * 129: "1"}), tagged({"k" * 128: "1"}), "128"),
    case("tags.refused", tagged({"k": "v" * 257}), tagged({"k": "v" * 256}), "256"),
    case("tags.refused", tagged({f"k{i}": "" for i in range(48)}), tagged({f"k{i}": "" for i in range(47)}), "47"),
    case(
        "network.malformed-cidr", res(INGRESS, CidrIp="10.0.1.7/24"), res(INGRESS, CidrIp="10.0.1.0/24"), "10.0.1.0/24"
    ),
    case(
        "fleet.secret-in-user-data",
        launched("#!/bin/sh\nexport DB_PASSWORD='hunter2'\n"),
        launched('DB_PASSWORD_ARN=arn:x\nDB_PASSWORD="$(aws secretsmanager get-secret-value)"\nPORT=3000\n'),
        "DB_PASSWORD",
        "Secrets Manager",
    ),
    case(
        "fleet.secret-in-user-data",
        res(LAUNCH, LaunchTemplateData={"UserData": base64.b64encode(b"API_KEY=abc\n").decode()}),
        res(LAUNCH, LaunchTemplateData={"UserData": base64.b64encode(b"KEY_COUNT=3\n").decode()}),
        "API_KEY",
    ),
    case("fleet.open-metadata", res(LAUNCH, LaunchTemplateData={"ImageId": "ami-1"}), launched(), "HttpTokens"),
    case(
        "fleet.unencrypted-volume",
        launched(BlockDeviceMappings=[{"DeviceName": "/dev/xvda", "Ebs": {"VolumeSize": 8}}]),
        launched(BlockDeviceMappings=[{"DeviceName": "/dev/xvda", "Ebs": {"Encrypted": True}}]),
        "/dev/xvda",
    ),
    case("fleet.sizes", res(FLEET, MinSize="3", MaxSize="2"), res(FLEET, MinSize="2", MaxSize="2"), "3", "2"),
    case(
        "fleet.sizes",
        res("AWS::AutoScaling::ScheduledAction", MinSize=1, DesiredCapacity=0),
        res("AWS::AutoScaling::ScheduledAction", MinSize=0, DesiredCapacity=0),
        "desired 0",
    ),
    case("fleet.coarse-metric", watched(120, False), watched(120, True), "detailed_monitoring"),
    case("fleet.coarse-metric", watched(60, False), watched(300, False), "every 60 s"),
    case(
        "network.peering-overlap",
        [],
        [],
        "10.0.128.0/17",
        "overlaps",
        options=joined("10.0.128.0/17"),
        good_options=joined("10.1.0.0/16"),
    ),
    case("network.malformed-cidr", res(INGRESS, CidrIp="office"), res(INGRESS, CidrIpv6="2001:db8::/32"), "'office'"),
    case("network.subnet-overlap", [subnet("a", "10.0.0.0/23"), subnet("b", "10.0.1.0/24")], ZONED, "overlaps"),
    case(
        "network.subnet-overlap",
        [subnet("a", "10.0.0.0/24"), subnet("b", "10.0.0.0/24")],
        [subnet("a", "10.0.0.0/24"), subnet("b", "10.0.0.0/24", vpc="other")],
        "10.0.0.0/24",
    ),
    case(
        "network.out-of-range",
        [res(VPC, "vpc", CidrBlock="10.0.0.0/16"), subnet("a", "10.1.0.0/24")],
        [res(VPC, "vpc", CidrBlock="10.0.0.0/16"), subnet("a", "10.0.9.0/24")],
        "outside the VPC's 10.0.0.0/16",
    ),
    case(
        "network.out-of-range",
        res(VPC, CidrBlock="10.0.0.0/8"),
        res(VPC, CidrBlock="10.0.0.0/16"),
        "between /16 and /28",
    ),
    case("network.subnet-size", subnet("a", "10.0.0.0/29"), subnet("a", "10.0.0.0/28"), "between /16 and /28"),
    case(
        "network.port-range",
        res(INGRESS, IpProtocol="tcp", FromPort=9000, ToPort=8000),
        res(INGRESS, IpProtocol="tcp", FromPort=8000, ToPort=9000),
        "9000 to 8000",
    ),
    case(
        "network.port-range",
        res(INGRESS, IpProtocol="udp", FromPort=53, ToPort=70000),
        res(INGRESS, IpProtocol="icmp", FromPort=-1, ToPort=-1),
        "70000",
    ),
    case(
        "network.open-to-world",
        res(INGRESS, CidrIp="0.0.0.0/0", IpProtocol="tcp", FromPort=5000, ToPort=6000),
        res(INGRESS, CidrIp="0.0.0.0/0", IpProtocol="tcp", FromPort=443, ToPort=443),
        "port 5432",
    ),
    case(
        "network.open-to-world",
        res(SECURITY_GROUP, SecurityGroupIngress=[{"CidrIp": "0.0.0.0/0", "FromPort": 22, "ToPort": 22}]),
        res(SECURITY_GROUP, SecurityGroupIngress=[{"CidrIp": "0.0.0.0/0", "FromPort": 443, "ToPort": 443}]),
        "port 22",
    ),
    case(
        "network.open-to-world",
        res(INGRESS, CidrIpv6="::/0", IpProtocol="-1"),
        res(INGRESS, CidrIp="10.0.0.0/8", IpProtocol="-1"),
        "22",
    ),
    case(
        "network.single-zone", [*ZONED, subnet_group("a")], [*ZONED, subnet_group("a", "b")], "two zones", "eu-west-1a"
    ),
    case(
        "network.single-zone", [*ZONED, subnet_group("a", "a")], res("AWS::RDS::DBSubnetGroup", SubnetIds=["subnet-1"])
    ),
    case("name.refused", res(DB, DBInstanceIdentifier="my--db"), res(DB, DBInstanceIdentifier="my-db"), "'my--db'"),
    case(
        "database.reserved-username",
        res(DB, Engine="postgres", MasterUsername="Admin"),
        res(DB, Engine="mysql", MasterUsername="admin"),
        "'Admin' is reserved by postgres",
    ),
    case(
        "database.username-form",
        res(DB, Engine="mysql", MasterUsername="a" * 17),
        res(DB, Engine="postgres", MasterUsername="a" * 17),
        "16",
    ),
    case("database.username-form", res(DB, MasterUsername="1st"), res(DB, MasterUsername="first"), "'1st'"),
    case(
        "database.retired-version",
        res(DB, Engine="postgres", EngineVersion="13"),
        res(DB, Engine="postgres", EngineVersion="15"),
        "2026-02-28",
        "take 16",
    ),
    case(
        "database.retired-version",
        res(DB, Engine="postgres", EngineVersion="15.4"),
        res(DB, Engine="postgres", EngineVersion="15.13"),
        "say '15'",
    ),
    case(
        "database.retired-version",
        res(DB, Engine="mysql", EngineVersion="5.7.44"),
        res(DB, Engine="mysql", EngineVersion="8.0"),
        "mysql 5.7",
    ),
    case(
        "database.multi-az-one-zone",
        [
            *ZONED,
            subnet_group("a"),
            res(DB, MultiAZ=True, DBSubnetGroupName=subnet_group("a").ref("DBSubnetGroupName")),
        ],
        [
            *ZONED,
            subnet_group("a", "b"),
            res(DB, MultiAZ=True, DBSubnetGroupName=subnet_group("a").ref("DBSubnetGroupName")),
        ],
        "all in eu-west-1a",
    ),
    case(
        "database.multi-az-one-zone",
        res(DB, MultiAZ=True, AvailabilityZone="eu-west-1a"),
        res(DB, MultiAZ=False, AvailabilityZone="eu-west-1a"),
        "no single zone",
    ),
    case(
        "database.rotation-replica",
        [],
        [],
        "no read replica",
        options={"databases": {"main": {"rotate_password_days": 30, "read_replicas": [{"name": "reports"}]}}},
        good_options={
            "databases": {
                "main": {"rotate_password_days": 30, "read_replicas": []},
                "other": {"rotate_password_days": None, "read_replicas": [{"name": "reports"}]},
            }
        },
    ),
    case(
        "database.rotation-days",
        res(ROTATION, RotationRules={"AutomaticallyAfterDays": 1001}),
        res(ROTATION, RotationRules={"AutomaticallyAfterDays": 1000}),
        "1001",
    ),
    case(
        "database.replica-key",
        res(DB, SourceDBInstanceIdentifier="arn:aws:rds:us-east-1:1:db:main"),
        [
            res(DB, "far", SourceDBInstanceIdentifier="arn:aws:rds:us-east-1:1:db:main", KmsKeyId="arn:aws:kms:x"),
            res(DB, "near", SourceDBInstanceIdentifier="arn:aws:rds:eu-west-1:1:db:main"),
            res(DB, "named", SourceDBInstanceIdentifier="main"),
        ],
        "one region only",
    ),
    case("search.nodes", search(nodes=2, zones=3), search(nodes=3, zones=3), "fewer than the 3 zones"),
    case("search.nodes", search(nodes=3, zones=2), search(nodes=4, zones=2), "take 4"),
    case(
        "search.instance-type",
        res(DOMAIN, ClusterConfig={"InstanceType": "r6g.large"}),
        res(DOMAIN, ClusterConfig={"InstanceType": "r6g.large.search"}),
        "'r6g.large'",
    ),
    case("search.version", res(DOMAIN, EngineVersion="2"), res(DOMAIN, EngineVersion="OpenSearch_2.11"), "2.19"),
    case(
        "search.volume",
        res(DOMAIN, EBSOptions={"VolumeType": "gp3", "VolumeSize": 9}),
        res(DOMAIN, EBSOptions={"VolumeType": "gp3", "VolumeSize": 10}),
        "10 to 12288",
    ),
    case(
        "search.volume",
        res(DOMAIN, EBSOptions={"VolumeType": "gp3", "VolumeSize": 20, "Iops": 100}),
        res(DOMAIN, EBSOptions={"VolumeType": "io1", "VolumeSize": 20, "Iops": 100}),
        "3000",
    ),
    case(
        "database.storage",
        res(DB, AllocatedStorage="19", StorageType="gp3"),
        res(DB, AllocatedStorage="20", StorageType="gp3"),
        "20 to 65536",
    ),
    case(
        "database.storage",
        res(DB, AllocatedStorage="100", StorageType="gp3", MaxAllocatedStorage=105),
        res(DB, AllocatedStorage="100", StorageType="gp3", MaxAllocatedStorage=110),
        "105 GB",
    ),
    case("database.backup-retention", res(DB, BackupRetentionPeriod=90), res(DB, BackupRetentionPeriod=35), "90"),
    case(
        "database.window", res(DB, PreferredBackupWindow="3-4"), res(DB, PreferredBackupWindow="03:00-04:00"), "'3-4'"
    ),
    case(
        "database.window",
        res(DB, PreferredMaintenanceWindow="04:00-05:00"),
        res(DB, PreferredMaintenanceWindow="Mon:04:00-mon:05:00"),
        "Mon:04:00-Mon:05:00",
    ),
    case(
        "database.window",
        res(DB, PreferredBackupWindow="23:50-00:10"),
        res(DB, PreferredBackupWindow="23:50-00:20"),
        "30 minutes",
    ),
    case(
        "database.window",
        res(DB, PreferredBackupWindow="03:00-04:00", PreferredMaintenanceWindow="Sun:03:30-Sun:04:30"),
        res(DB, PreferredBackupWindow="03:00-04:00", PreferredMaintenanceWindow="Sun:04:00-Sun:05:00"),
        "overlaps",
    ),
    case(
        "database.window",
        res(DB, PreferredBackupWindow="00:10-01:10", PreferredMaintenanceWindow="Sun:23:30-Mon:00:30"),
        res(DB, PreferredBackupWindow="00:30-01:10", PreferredMaintenanceWindow="Sun:23:30-Mon:00:30"),
        "overlaps",
    ),
    case(
        "database.logs",
        res(DB, Engine="postgres", EnableCloudwatchLogsExports=["slowquery"]),
        res(DB, Engine="mysql", EnableCloudwatchLogsExports=["slowquery"]),
        "'slowquery' is no log of postgres",
    ),
    case(
        "database.storage",
        res(DB, AllocatedStorage="100", StorageType="io1"),
        res(DB, AllocatedStorage="100", StorageType="io1", Iops=3000),
        "is missing",
    ),
    case(
        "database.storage",
        res(DB, AllocatedStorage="399", StorageType="gp3", Iops=12000),
        res(DB, AllocatedStorage="400", StorageType="gp3", Iops=12000),
        "from 400 GB on",
    ),
    case(
        "database.storage",
        res(DB, AllocatedStorage="400", StorageType="gp3", StorageThroughput=125),
        res(DB, AllocatedStorage="400", StorageType="gp3", StorageThroughput=500),
        "500 to 4000",
    ),
    case(
        "database.storage",
        res(DB, AllocatedStorage="100", StorageType="gp2", Iops=3000),
        res(DB, AllocatedStorage="100", StorageType="gp2"),
        "gp2 storage takes none",
    ),
    case("database.public", res(DB, PubliclyAccessible=True), res(DB, PubliclyAccessible=False), "public address"),
    case(
        "database.no-backups",
        guarded(DB, BackupRetentionPeriod=0, DeletionProtection=True),
        res(DB, BackupRetentionPeriod=0),
        "0 turns off",
    ),
    case("database.unguarded", guarded(DB, DeletionProtection=False), guarded(DB, DeletionProtection=True), "one call"),
    case(
        "cache.failover-alone",
        res(CACHE, NumCacheClusters=1, AutomaticFailoverEnabled=True, EngineVersion="7.1"),
        res(CACHE, NumCacheClusters=2, AutomaticFailoverEnabled=True, EngineVersion="7.1"),
        "1 node",
    ),
    case("cache.nodes", res(CACHE, NumCacheClusters=7), res(CACHE, NumCacheClusters=6), "1 to 6"),
    case(
        "cache.multi-az-without-failover",
        res(CACHE, MultiAZEnabled=True, AutomaticFailoverEnabled=False),
        res(CACHE, MultiAZEnabled=True, AutomaticFailoverEnabled=True),
        "automatic_failover",
    ),
    case(
        "cache.retired-version",
        res(CACHE, Engine="redis", EngineVersion="5.0.6"),
        res(CACHE, Engine="redis", EngineVersion="6.x"),
        "redis 5",
    ),
    case(
        "cache.snapshot-retention", res(CACHE, SnapshotRetentionLimit=36), res(CACHE, SnapshotRetentionLimit=35), "36"
    ),
    case(
        "cache.append-only",
        res("AWS::ElastiCache::ParameterGroup", Properties={"appendonly": "yes"}),
        res("AWS::ElastiCache::ParameterGroup", Properties={"appendonly": "no"}),
        "Multi-AZ and snapshots",
    ),
    case("cache.plain-scheme", reached("redis", True), reached("rediss", True), "rediss://"),
    case("cache.plain-scheme", reached("redis", True), reached("redis", False)),
    case(
        "cache.unencrypted",
        res(CACHE, TransitEncryptionEnabled=False),
        res(CACHE, TransitEncryptionEnabled=True),
        "clear",
    ),
    case(
        "secret.unreachable",
        [],
        [],
        "database.main",
        options={"secrets": SECRETS, "services": {"api": {"secrets": {"DB": "secret.db:host"}, "connects_to": []}}},
        good_options={
            "secrets": SECRETS,
            "services": {"api": {"secrets": {"DB": "secret.db:host"}, "connects_to": ["database.main"]}},
        },
    ),
    case(
        "secret.unreachable",
        [],
        [],
        "the function does not connect to",
        options={"secrets": SECRETS, "functions": {"api": {"secrets": {"DB": "secret.db"}, "connects_to": []}}},
        good_options={
            "secrets": SECRETS,
            "functions": {"api": {"secrets": {"DB": "secret.db"}, "connects_to": ["database.main"]}},
        },
    ),
    case(
        "secret.ambiguous-name",
        res("AWS::SecretsManager::Secret", Name="prod/jwt-string"),
        res("AWS::SecretsManager::Secret", Name="prod/jwt/secret-key"),
        "prod/jwt-string",
    ),
    case(
        "load-balancer.weak-tls",
        res(LISTENER, Protocol="HTTPS", SslPolicy="ELBSecurityPolicy-2016-08", Certificates=[{}]),
        res(LISTENER, Protocol="HTTPS", SslPolicy="ELBSecurityPolicy-TLS13-1-2-2021-06", Certificates=[{}]),
        "ELBSecurityPolicy-2016-08",
    ),
    case(
        "load-balancer.weak-tls",
        res(LISTENER, Protocol="TLS", SslPolicy="ELBSecurityPolicy-TLS13-1-1-2021-06", Certificates=[{}]),
        res(LISTENER, Protocol="TLS", SslPolicy="ELBSecurityPolicy-TLS13-1-2-Res-2021-06", Certificates=[{}]),
    ),
    case(
        "load-balancer.no-certificate",
        res(LISTENER, Protocol="HTTPS"),
        res(LISTENER, Protocol="HTTPS", Certificates=[{"CertificateArn": "arn"}]),
        "certificate",
    ),
    case(
        "load-balancer.certificate-region",
        [AWAY_CERTIFICATE, res(LISTENER, Certificates=[{"CertificateArn": AWAY_CERTIFICATE.ref("CertificateArn")}])],
        [
            res("AWS::CertificateManager::Certificate", "here"),
            res(
                LISTENER,
                Certificates=[
                    {"CertificateArn": Ref(Address("AWS::CertificateManager::Certificate", "here"), "CertificateArn")}
                ],
            ),
        ],
        "stands in us-east-1",
        "those of eu-west-1",
    ),
    case("load-balancer.many-certificates", served_with(26), served_with(25), "26 certificates"),
    case(
        "load-balancer.clear-text",
        res(LISTENER, Protocol="HTTP", DefaultActions=[{"Type": "forward"}]),
        res(LISTENER, Protocol="HTTP", DefaultActions=[{"Type": "redirect"}]),
        "in the clear",
    ),
    case(
        "load-balancer.health-check",
        res(TARGETS, HealthCheckIntervalSeconds=5, HealthCheckTimeoutSeconds=5),
        res(TARGETS, HealthCheckIntervalSeconds=30, HealthCheckTimeoutSeconds=5),
        "5 s",
    ),
    case(
        "load-balancer.health-check",
        res(TARGETS, HealthCheckPath="health"),
        res(TARGETS, HealthCheckPath="/health"),
        "/",
    ),
    case(
        "distribution.certificate-region",
        [res(CERTIFICATE, "edge"), site(ViewerCertificate={"AcmCertificateArn": EDGE})],
        [Resource(CERTIFICATE, "edge", {}, region="us-east-1"), site(ViewerCertificate={"AcmCertificateArn": EDGE})],
        "stands in eu-west-1",
        "in_region: us-east-1",
    ),
    case(
        "distribution.certificate-region",
        site(ViewerCertificate={"AcmCertificateArn": "arn:aws:acm:eu-west-1:123456789012:certificate/1"}),
        site(ViewerCertificate={"AcmCertificateArn": "arn:aws:acm:us-east-1:123456789012:certificate/1"}),
        "eu-west-1",
    ),
    case(
        "api.certificate-region",
        [Resource(CERTIFICATE, "edge", {}, region="us-east-1"), api_name(RegionalCertificateArn=EDGE)],
        [res(CERTIFICATE, "edge"), api_name(RegionalCertificateArn=EDGE)],
        "stands in us-east-1",
        "those of eu-west-1",
    ),
    case(
        "api.certificate-region",
        api_name(CertificateArn="arn:aws:acm:eu-west-1:123456789012:certificate/1"),
        api_name(CertificateArn="arn:aws:acm:us-east-1:123456789012:certificate/1"),
        "those of us-east-1",
    ),
    case(
        "distribution.no-certificate",
        site(Aliases=["www.example.com"], ViewerCertificate={"CloudFrontDefaultCertificate": True}),
        site(Aliases=["www.example.com"], ViewerCertificate={"AcmCertificateArn": "arn"}),
        "www.example.com",
    ),
    case(
        "distribution.weak-tls",
        site(ViewerCertificate={"MinimumProtocolVersion": "TLSv1.1_2016"}),
        site(ViewerCertificate={"MinimumProtocolVersion": "TLSv1.2_2021"}),
        "'TLSv1.1_2016'",
    ),
    case(
        "distribution.web-acl-scope",
        [res(WEB_ACL, "edge", Scope="REGIONAL"), site(WebACLId=Ref(Address(WEB_ACL, "edge"), "Arn"))],
        [res(WEB_ACL, "edge", Scope="CLOUDFRONT"), site(WebACLId=Ref(Address(WEB_ACL, "edge"), "Arn"))],
        "scope CLOUDFRONT",
    ),
    case("distribution.headers", headers("X-Frame-Options"), headers("X-Powered-By"), "security_headers"),
    case(
        "distribution.function-size",
        res("AWS::CloudFront::Function", FunctionCode="ä" * 5121),
        res("AWS::CloudFront::Function", FunctionCode="a" * 10240),
        "10242 bytes",
    ),
    case(
        "distribution.origin-certificate",
        [],
        [],
        "www.example.com",
        options=balanced("example.com"),
        good_options=balanced("*.example.com"),
    ),
    case(
        "distribution.origin-certificate",
        [],
        [],
        "no certificate of it covers",
        options=beside("example.org"),
        good_options=beside("www.example.com"),
    ),
    case(
        "distribution.encrypted-origin",
        [],
        [],
        "services: [cloudfront.amazonaws.com]",
        options={"distributions": {"web": distribution("bucket.site")}, "buckets": {"site": {"key": "key.data"}}},
        good_options={"distributions": {"web": distribution("bucket.site")}, "buckets": {"site": {"key": None}}},
    ),
    case("load-balancer.port", res(TARGETS, Port=0), res(TARGETS, Port=8000), "port 0"),
    case("service.fargate-size", fargate("512", "512"), fargate("512", "1024"), "512 MiB", "take 1024"),
    case("service.fargate-size", fargate("300", "512"), fargate("256", "512"), "300"),
    case(
        "service.floating-image",
        res(TASK, **container(Image="host:5000/shop/api:latest")),
        res(TASK, **container(Image="host:5000/shop/api:1.4.2")),
        "latest",
    ),
    case(
        "service.public-address",
        res(SERVICE, NetworkConfiguration={"AwsvpcConfiguration": {"AssignPublicIp": "ENABLED"}}),
        res(SERVICE, NetworkConfiguration={"AwsvpcConfiguration": {"AssignPublicIp": "DISABLED"}}),
        "public addresses",
    ),
    case(
        "function.retired-runtime",
        res(FUNCTION, Runtime="nodejs14.x"),
        res(FUNCTION, Runtime="nodejs22.x"),
        "nodejs14.x",
    ),
    case("queue.visibility", fed(None, 300), fed(1800, 300), "make VisibilityTimeout 1800"),
    case("queue.visibility", fed(299, 300), fed(300, 300), "299 s"),
    case("queue.visibility", fed_by_alias(299), fed_by_alias(300), "299 s"),
    case("function.limits", res(FUNCTION, Timeout=901), res(FUNCTION, Timeout=900), "Timeout 901", "900"),
    case(
        "function.limits",
        res(FUNCTION, EphemeralStorage={"Size": 511}),
        res(FUNCTION, EphemeralStorage={"Size": 512}),
        "EphemeralStorage 511",
    ),
    case("function.limits", res(QUEUE, DelaySeconds=901), res(QUEUE, DelaySeconds=900), "DelaySeconds 901"),
    case(
        "function.secret-in-environment",
        variables(DB=Compose("postgres://app:{password}@db", {"password": Ref(KEPT, "Value.password")})),
        variables(DB=Ref(KEPT, "Arn")),
        "ARN",
        "`secrets`",
    ),
    case("function.environment-size", variables(TEXT="x" * 4093), variables(TEXT="x" * 4092), "4097 bytes", "4096"),
    case("function.concurrency", executions(9, warm=10), executions(10, warm=10), "keeps 10", "reserves 9"),
    case("function.concurrency", executions(9, most=10), executions(10, most=10), "above the 9"),
    case("function.concurrency", executions(9, most=1), executions(9, most=2), "2 at the least"),
    case(
        "queue.no-dead-letters",
        fed_with(RedrivePolicy={}),
        fed_with(RedrivePolicy={"deadLetterTargetArn": "arn", "maxReceiveCount": 3}),
        "dead_letters",
    ),
    case(
        "queue.batch-window",
        res(MAPPING, BatchSize=11, MaximumBatchingWindowInSeconds=0),
        res(MAPPING, BatchSize=11, MaximumBatchingWindowInSeconds=1),
        "queue.batch 11",
    ),
    case("schedule.expression", timed("rate(1 hours)"), timed("rate(1 hour)"), "singular"),
    case("schedule.expression", timed("rate(2 hour)"), timed("rate(2 hours)"), "plural"),
    case("schedule.expression", timed("cron(0 4 * * SUN)"), timed("cron(0 4 ? * SUN *)"), "5 fields"),
    case("schedule.expression", timed("cron(0 4 * * SUN *)"), timed("cron(0 4 1 * ? *)"), "make one of them ?"),
    case(
        "schedule.expression",
        timed("at(2027-01-01T00:00:00)", "AWS::Events::Rule"),
        timed("at(2027-01-01T00:00:00)"),
        "is no schedule",
    ),
    case("schedule.expression", timed("hourly"), timed("rate(1 day)"), "'hourly'"),
    case(
        "alarm.rate-on-count",
        res(ALARM, AlarmName="ApiErrorRateAlarm", Statistic="Sum", AlarmActions=["t"]),
        res(ALARM, AlarmName="ApiErrorRateAlarm", Metrics=[{"Id": "m"}], AlarmActions=["t"]),
        "metric math",
    ),
    case(
        "alarm.rate-on-count",
        res(ALARM, AlarmName="llm-error-rate-high", Statistic="SampleCount", AlarmActions=["t"]),
        res(ALARM, AlarmName="generated-errors", Statistic="Sum", AlarmActions=["t"]),
    ),
    case("alarm.period", res(ALARM, Period=90, AlarmActions=["t"]), res(ALARM, Period=120, AlarmActions=["t"]), "90 s"),
    case(
        "alarm.period",
        res(ALARM, EvaluationPeriods=2, DatapointsToAlarm=3, AlarmActions=["t"]),
        res(ALARM, EvaluationPeriods=3, DatapointsToAlarm=2, AlarmActions=["t"]),
        "can never be",
    ),
    case("alarm.silent", res(ALARM, AlarmName="x"), res(ALARM, AlarmName="x", AlarmActions=["t"]), "tells nobody"),
    case(
        "alarm.silent",
        [res(ALARM, "x", AlarmName="x"), over("other", AlarmActions=["t"])],
        [res(ALARM, "x", AlarmName="x"), over("x", AlarmActions=["t"])],
        "tells nobody",
    ),
    case(
        "alarm.silent",
        [res(ALARM, "x", AlarmName="x"), over("x")],
        [res(ALARM, "x", AlarmName="x"), res(OVER, AlarmRule="ALARM(x) AND NOT OK('y')", AlarmActions=["t"])],
        "tells nobody",
    ),
    case("logs.retention", res(LOGS, RetentionInDays=31), res(LOGS, RetentionInDays=30), "take 60"),
    case("logs.endless", res(LOGS, LogGroupName="/x"), res(LOGS, LogGroupName="/x", RetentionInDays=30), "/x"),
    case("role.wide", allowing("s3:*"), allowing("s3:Get*"), "s3:*"),
    case("role.wide", allowing(["*"]), allowing(["sts:AssumeRole"]), "*"),
    case(
        "web-acl.action",
        waf({**RATE, "Action": None, "OverrideAction": {"None": {}}}),
        waf(RATE, GROUP),
        "'rate' has an OverrideAction",
        "Action",
    ),
    case("web-acl.action", waf({**GROUP, "Action": {"Block": {}}, "OverrideAction": None}), waf(GROUP), "rule group"),
    case("web-acl.action", waf({**RATE, "Action": None}), waf(RATE), "has no Action"),
    case("web-acl.rate", waf({**RATE, "Statement": {"RateBasedStatement": {"Limit": 9}}}), waf(RATE), "9", "10"),
    case("web-acl.priority", waf(RATE, {**GROUP, "Priority": 1}), waf(RATE, GROUP), "'rate'", "'common'"),
    case(
        "api.open",
        [],
        [],
        "anybody may call",
        options={"rest_apis": {"a": {"authorizer": None, "routes": {"/": {"api_key": False}}}}},
        good_options={
            "rest_apis": {"a": {"authorizer": None, "routes": {"/": {"api_key": True}}}},
            "http_apis": {"b": {"authorizer": {"issuer": "https://x"}, "routes": {"/": {}}}},
        },
    ),
    case(
        "secret.plain-text",
        res("Any::Thing::There", Parameters={"Allow-Credentials": "'hunter2'"}),
        res("Any::Thing::There", Parameters={"Allow-Credentials": "'true'"}),
    ),
    case(
        "web-acl.http-api",
        res(PROTECTED, ResourceArn=API_ARN.format("apis")),
        res(PROTECTED, ResourceArn=API_ARN.format("restapis")),
        "HTTP API",
    ),
    case(
        "alarm.rate-on-count",
        res(ALARM, AlarmName="ApiErrorRateAlarm", Statistic="Sum", AlarmActions=["t"]),
        res(ALARM, AlarmName="ApiErrorRateAlarm", Statistic="Sum", AlarmActions=["t"]),
        "count: true",
        options=alarm_options(count=False),
        good_options=alarm_options(count=True),
    ),
    case("alarm.dimensions", [FILTER, watching("Errors")], [FILTER, watching("Errors", Agent="a")], "Agent", "none"),
    case(
        "alarm.unpublished-value",
        watching("Requests", StatusClass="4xx"),
        watching("Requests", StatusClass="5xx"),
        "'4xx'",
        "2xx, 5xx",
        options=PUBLISHED,
        good_options=PUBLISHED,
    ),
    case(
        "alarm.unpublished-value",
        watching("Requests"),
        watching("Jobs"),
        "StatusClass",
        options=PUBLISHED,
        good_options=PUBLISHED,
    ),
    case(
        "alarm.unpublished-value",
        watching("Request"),
        watching("Request", "Other"),
        "Jobs, Requests",
        options=PUBLISHED,
        good_options=PUBLISHED,
    ),
    case(
        "alarm.unpublished-value",
        following("Requests", "Maximum"),
        following("Jobs", "Maximum"),
        "StatusClass",
        options=PUBLISHED,
        good_options=PUBLISHED,
    ),
    case(
        "alarm.unpublished-value",
        following_by_math("Job"),
        following_by_math("Jobs"),
        "'Job'",
        options=PUBLISHED,
        good_options=PUBLISHED,
    ),
    case("alarm.unpublished", watching("Jobs"), [watching("Jobs"), publishing("App")], "publish_metrics: [App]"),
    case("alarm.unpublished", following("Jobs"), [following("Jobs"), publishing("App")], "publish_metrics: [App]"),
    case("alarm.unpublished", [watching("Jobs"), publishing("Other")], watching("CPUUtilization", "AWS/ECS")),
    case("alarm.bucket-share", sized(80, Period=86400), sized(80e9, Period=86400), "80 bytes"),
    case("alarm.bucket-daily", sized(80e9, Period=300), sized(80e9, Period=86400), "once a day"),
    case(
        "alarm.unknown-term",
        res(ALARM, Metrics=[{"Id": "result", "Expression": "a / b"}, {"Id": "a"}]),
        res(
            ALARM,
            Metrics=[{"Id": "result", "Expression": "FILL(a, 0) / 1e3 + SUM(SEARCH('{x} lower', 'Sum'))"}, {"Id": "a"}],
        ),
        "'b' is no term",
    ),
    case(
        "alarm.unknown-term",
        res(
            "AWS::ApplicationAutoScaling::ScalingPolicy",
            "api/backlog",
            TargetTrackingScalingPolicyConfiguration={
                "CustomizedMetricSpecification": {"Metrics": [{"Id": "result", "Expression": "waiting"}]}
            },
        ),
        res(ALARM, Metrics=[{"Id": "result", "Expression": "SELECT AVG(load) FROM app"}]),
        "'waiting'",
    ),
    case(
        "name.twice",
        [res(QUEUE, "a", QueueName="jobs"), res(QUEUE, "b", path="things.other", QueueName="jobs")],
        [res(QUEUE, "a", QueueName="jobs"), res(QUEUE, "b", QueueName="tasks")],
        "'jobs' is that of things.main too",
    ),
    case(
        "name.twice",
        [res(SERVICE, "a", ServiceName="api", Cluster="x"), res(SERVICE, "b", ServiceName="api", Cluster="x")],
        [res(SERVICE, "a", ServiceName="api", Cluster="x"), res(SERVICE, "b", ServiceName="api", Cluster="y")],
    ),
    case(
        "secret.no-member",
        [KEPT_SECRET, handed("pasword")],
        [KEPT_SECRET, handed("password")],
        "'pasword' is no member of secret 'db', which has host, password, user; did you mean 'password'?",
    ),
    case(
        "secret.no-member",
        [res(KEPT.kind, "db", GenerateSecretString={"PasswordLength": 32}), handed("password")],
        [res(KEPT.kind, "db", SecretString=Sensitive("given by hand")), handed("password")],
        "one text without members",
    ),
    case(
        "secret.no-member",
        [KEPT_SECRET, res(FUNCTION, Environment={"Variables": {"DB": Ref(KEPT, "Arn"), "DB_MEMBER": "pass"}})],
        [KEPT_SECRET, res(FUNCTION, Environment={"Variables": {"DB": Ref(KEPT, "Arn"), "DB_MEMBER": "host"}})],
        "'pass'",
    ),
    case(
        "secret.no-member",
        [KEPT_SECRET, res(CACHE, AuthToken=Sensitive(Ref(KEPT, "Value.token")))],
        [KEPT_SECRET, res(CACHE, AuthToken=Sensitive(Ref(KEPT, "Value.password")))],
        "'token'",
    ),
    case(
        "secret.no-member",
        [res(KEPT.kind, "db", SecretString=Sensitive('{"a": ""}')), handed("b")],
        [res(KEPT.kind, "db", SecretString=Sensitive('{"a": ""}')), handed("a")],
        "'b'",
    ),
    case(
        "alarm.looks-back",
        res(ALARM, Period=300, EvaluationPeriods=289, AlarmActions=["t"]),
        res(ALARM, Period=300, EvaluationPeriods=288, AlarmActions=["t"]),
        "1 day",
    ),
    case(
        "alarm.looks-back",
        res(ALARM, Metrics=[{"MetricStat": {"Period": 86400}}], EvaluationPeriods=8, AlarmActions=["t"]),
        res(ALARM, Metrics=[{"MetricStat": {"Period": 86400}}], EvaluationPeriods=7, AlarmActions=["t"]),
        "7 day",
    ),
    case("tracing.errors", sampling("errors"), sampling("everything"), "at the beginning"),
    case("tracing.errors", sampling("keep", RuleName="all-faults"), sampling("errors", URLPath="/errors/*")),
    case("tracing.errors", sampling("errors"), sampling("errors", FixedRate=0.1)),
    case("tracing.priority", sampling("a", Priority=10000), sampling("a", Priority=9999), "1 to 9999"),
    case("tracing.priority", [sampling("a"), sampling("b")], [sampling("a"), sampling("b", Priority=2)], "a"),
    by_options("budget.listeners", budget(["a@x"]), budget(["a@x.org"]), "a@x: no e-mail"),
    by_options("budget.listeners", budget(["ops", "boss"]), budget(["ops", "a@x.org"]), "2 topics"),
    by_options("budget.listeners", budget(*[["a@x.org"]] * 11), budget(*[["a@x.org"]] * 10), "11 alerts"),
    by_options("budget.listeners", budget(notify=[]), budget(notify=["ops"]), "nobody"),
    by_options("cost.listeners", anomaly("immediate", "a@x.org"), anomaly("immediate", "ops"), "topics only"),
    by_options("cost.listeners", anomaly("daily", "ops"), anomaly("daily", "a@x.org"), "e-mail only"),
    by_options("cost.listeners", anomaly("weekly"), anomaly("weekly", "a@x.org"), "nobody"),
    by_options("cost.one-monitor", anomalies("a", "b"), anomalies("a", "b", tagged={"team": "web"}), "'a' is it"),
    by_options(
        "cost.one-monitor", anomalies("a", "b"), anomalies("a", "b", existing_monitor="arn:aws:ce::1:anomalymonitor/x")
    ),
    by_options("audit.key", audited(), audited("cloudtrail.amazonaws.com"), "keys.logs"),
    by_options("topic.awaits-address", listening(name="slack"), listening(secret_endpoint="https://x"), "slack"),
    by_options("topic.awaits-address", listening(), listening(endpoint="https://x"), "https"),
    by_options(
        "topic.plain-secret",
        listening(endpoint="https://events.pagerduty.com/integration/k/enqueue"),
        listening(secret_endpoint="https://events.pagerduty.com/integration/k/enqueue"),
        "secret_endpoint",
    ),
    by_options(
        "zone.routing",
        records(api={"failover": "PRIMARY"}),
        records(api={"failover": "PRIMARY", "health_check": "api"}),
        "never left",
    ),
    by_options("zone.routing", records(api={}, api_b={"weight": 1}), records(api_a={"weight": 0}, api_b={"weight": 1})),
    by_options("zone.routing", records(api={"weight": 256}), records(api={"weight": 255}), "0 to 255"),
    by_options("zone.routing", records(api={"weight": 1, "failover": "SECONDARY"}), records(api={"weight": 1})),
    case("function.outside-network", [*stored(), told(HOST)], [*stored(), told(HOST, "subnet-1")], "connects_to"),
    case(
        "function.outside-network",
        [*stored(), told(Ref(KEPT, "Arn")), res(HELD, SecretId=Ref(KEPT, "Arn"), Fields={"host": HOST})],
        [*stored(), told(Ref(KEPT, "Arn")), res(HELD, SecretId=Ref(KEPT, "Arn"), Fields={"user": "app"})],
        "DBInstance main",
    ),
    case("function.outside-network", [*stored(), told(HOST)], [res(DB, PubliclyAccessible=True), told(HOST)]),
    case(
        "network.unreachable",
        [*stored(let_in("db", 5432, SourceSecurityGroupId=grouped("other"))), *served("api")],
        [*stored(let_in("db", 5432, SourceSecurityGroupId=grouped("api"))), *served("api")],
        "DBInstance main",
        "5432",
    ),
    case(
        "network.unreachable",
        [*stored(let_in("db", 3000)), *served("api")],
        [*stored(let_in("db", 5432)), *served("api")],
    ),
    case("network.unreachable", [*stored(), *served("api")], [*stored(), *served("sg-0123")]),
    case(
        "network.unreachable",
        [*stored(), *served("api", Ref(KEPT, "Arn")), res(HELD, SecretId=Ref(KEPT, "Arn"), Fields={"host": HOST})],
        [*stored(), *served("api", Ref(KEPT, "Arn")), res(HELD, SecretId=Ref(KEPT, "Arn"), Fields={"user": "app"})],
    ),
    case(
        "network.unreachable",
        [*stored(), *served("api")],
        [
            *stored(),
            *served("api"),
            res(PROXY_TARGETS, DBInstanceIdentifiers=[Ref(HOST.address, "DBInstanceIdentifier")]),
        ],
    ),
    case(
        "network.unreachable",
        [*stored(), *served("api", Ref(HOST.address, "MasterUserSecret.SecretArn"))],
        [*stored(), *served("api", Ref(HOST.address, "DBInstanceIdentifier"))],
        "told how to reach",
    ),
    case(
        "network.closed-port",
        stored(let_in("db", 3000)),
        stored(let_in("db", 3000), let_in("db", 5432)),
        "listens on 5432",
        "let in 3000 only",
    ),
    case("network.closed-port", stored(let_in("db", 5432), port=5433), stored(let_in("api", 3000))),
    case("load-balancer.open-port", balancing(443), balancing(443, 80), "port 80"),
    case("load-balancer.open-port", balancing(80, 8443), balancing(), "port 443"),
    case(
        "load-balancer.weak-tls",
        res(LISTENER, Protocol="HTTPS", Certificates=[{}]),
        res(LISTENER, Protocol="HTTP", DefaultActions=[{"Type": "redirect"}]),
        "ELBSecurityPolicy-2016-08",
    ),
    case("cache.multi-az-one-zone", cached("a"), cached("a", "b"), "all in eu-west-1a"),
    case("cache.snapshot-window", res(CACHE, SnapshotWindow="hourly"), res(CACHE, SnapshotWindow="05:00-06:00"), "day"),
    case(
        "cache.plain-scheme",
        variables(REDIS_URL="redis://master.shop.abc123.euw1.cache.amazonaws.com:6379/0"),
        variables(REDIS_URL="redis://shop.abc123.ng.0001.euw1.cache.amazonaws.com:6379/0"),
        "master.shop",
    ),
    case("search.zones", spread(3, "a", "b"), spread(2, "a", "b"), "eu-west-1a, eu-west-1b", "raise network.zones"),
    case(
        "search.weak-tls",
        res(DOMAIN, DomainEndpointOptions={"TLSSecurityPolicy": "Policy-Min-TLS-1-0-2019-07"}),
        res(DOMAIN, DomainEndpointOptions={"TLSSecurityPolicy": "Policy-Min-TLS-1-2-2019-07"}),
        "Policy-Min-TLS-1-0-2019-07",
    ),
    case(
        "api.authorizer-type",
        res("AWS::ApiGateway::Authorizer", Type="JWT"),
        res("AWS::ApiGateway::Authorizer", Type="TOKEN"),
        "'JWT'",
        "HTTP APIs",
    ),
    case(
        "api.weak-tls",
        res("AWS::ApiGateway::DomainName", SecurityPolicy="TLS_1_0"),
        res("AWS::ApiGateway::DomainName", SecurityPolicy="TLS_1_2"),
        "TLS_1_2",
    ),
    case(
        "web-acl.http-api",
        res(PROTECTED, ResourceArn=Compose(API_ARN.format("apis"), {})),
        res(PROTECTED, ResourceArn=Compose(API_ARN.format("restapis"), {})),
    ),
    case(
        "web-acl.http-api",
        res(PROTECTED, ResourceArn=Ref(Address("AWS::ApiGatewayV2::Stage", "a"), "Arn")),
        res(PROTECTED, ResourceArn=Ref(Address("AWS::ApiGateway::Stage", "a"), "Arn")),
    ),
    case("service.floating-image", res(TASK, **container(Image="nginx")), res(TASK, **container(Image="nginx:1.29"))),
    case(
        "service.floating-image",
        res(FUNCTION, Code={"ImageUri": Compose("{uri}:latest", {"uri": "x"})}),
        res(FUNCTION, Code={"ImageUri": Compose("{uri}:1.4.2", {"uri": "x"})}),
    ),
    case(
        "service.secret-in-environment",
        res(TASK, **container(Environment=[{"Name": "DB", "Value": Ref(KEPT, "Value.password")}])),
        res(TASK, **container(Environment=[{"Name": "DB", "Value": Ref(KEPT, "Arn")}])),
        "`secrets`",
    ),
    case(
        "service.average-load", following("PendingMessages"), following("PendingMessages", "Maximum"), "running tasks"
    ),
    case("service.average-load", following("QueueDepth"), following("PendingPerWorker")),
    case(
        "fleet.secret-in-user-data",
        res(LAUNCH, UserData=Compose("echo {token}", {"token": Sensitive(Ref(KEPT, "Value"))})),
        res(LAUNCH, UserData=Compose("echo {arn}", {"arn": Ref(KEPT, "Arn")})),
        "value of a secret",
    ),
    case(
        "fleet.public-address",
        launched(NetworkInterfaces=[{"DeviceIndex": 0, "AssociatePublicIpAddress": True}]),
        launched(NetworkInterfaces=[{"DeviceIndex": 0, "AssociatePublicIpAddress": False}]),
        "NAT",
    ),
    case(
        "network.single-zone",
        [*ZONED, res("AWS::RDS::DBProxy", VpcSubnetIds=[Ref(Address(SUBNET, "a"), "SubnetId")])],
        [*ZONED, res("AWS::RDS::DBProxy", VpcSubnetIds=[Ref(Address(SUBNET, name), "SubnetId") for name in "ab"])],
        "RDS proxy",
    ),
    case("database.unguarded", kept("prod")[0], kept("dev")[0], options=kept("prod")[1], good_options=kept("dev")[1]),
    case("backup.snapshot-resource", res("AWS::RDS::DBSnapshot"), res(DB), "no schedule", "`backups`"),
    case("cost.monitor", monitor("SERVICE"), monitor("DIMENSIONAL", MonitorDimension="SERVICE"), "'SERVICE'"),
    case("cost.monitor", monitor("DIMENSIONAL"), monitor("CUSTOM", MonitorSpecification="{}"), "MonitorDimension"),
    case(
        "cost.monitor",
        monitor("CUSTOM", MonitorDimension="SERVICE", MonitorSpecification="{}"),
        monitor("CUSTOM", MonitorSpecification="{}"),
    ),
    case(
        "role.everything",
        permitting("secretsmanager:GetSecretValue", "*"),
        permitting("ecr:GetAuthorizationToken", "*"),
        "GetSecretValue",
    ),
    case(
        "role.everything", permitting(["s3:Get*"], ["*"]), permitting(["s3:Get*"], ["arn:aws:s3:::shop/*"]), "s3:Get*"
    ),
    case(
        "role.everything",
        permitting("kms:Decrypt", "*"),
        permitting("kms:Decrypt", "*", Condition={"StringEquals": {"kms:ViaService": "rds"}}),
    ),
]

PLAIN = "secret.plain-text"

#: Where a secret in plain text hides, and the nearest thing that is none.
PLAIN_TEXT = [
    (
        "env",
        container(Environment=[{"Name": "DB_PASSWORD", "Value": "hunter2"}]),
        container(Environment=[{"Name": "DB_HOST", "Value": "hunter2"}]),
    ),
    (
        "key",
        container(Environment=[{"Name": "OPENAI_API_KEY", "Value": "abc"}]),
        container(Secrets=[{"Name": "OPENAI_API_KEY", "ValueFrom": "arn:aws:x"}]),
    ),
    (
        "pointer",
        {"Environment": {"Variables": {"JWT_SECRET": "hunter2"}}},
        {"Environment": {"Variables": {"JWT_SECRET": "arn:aws:secretsmanager:x"}}},
    ),
    (
        "flag",
        {"Environment": {"Variables": {"TOKEN": "hunter2"}}},
        {"Environment": {"Variables": {"TOKEN": "required"}}},
    ),
    ("access key", {"UserData": "export X=AKIAIOSFODNN7EXAMPLE"}, {"UserData": "export X=AKIAIOSFODNN7"}),
    ("private key", {"UserData": "-----BEGIN RSA PRIVATE KEY-----"}, {"UserData": "-----BEGIN CERTIFICATE-----"}),
    ("url", {"Value": "postgres://app:hunter2@host/x"}, {"Value": "postgres://host:5432/x?a=b@c"}),
    ("one word", {"Variables": {"PGPASSWORD": "hunter2"}}, {"Variables": {"PGUSER": "hunter2"}}),
    ("short", {"Variables": {"DB_PASS": "hunter2"}}, {"Variables": {"BYPASS": "hunter2"}}),
    ("shorter", {"Variables": {"MYSQL_PWD": "hunter2"}}, {"Variables": {"MYSQL_USER": "hunter2"}}),
    (
        "composed url",
        container(Environment=[{"Name": "X", "Value": Compose("postgres://app:hunter2@{h}/x", {"h": "x"})}]),
        container(Environment=[{"Name": "X", "Value": Compose("postgres://app:{p}@host/x", {"p": "x"})}]),
    ),
    ("flag", container(Command=["app", "--password=hunter2"]), container(Command=["app", "--password=$PASSWORD"])),
    (
        "flag and word",
        container(Command=["app", "--db-password", "hunter2"]),
        container(Command=["app", "--db-password", "--verbose"]),
    ),
    (
        "assignment",
        container(Command=["sh", "-c", "PGPASSWORD=hunter2 psql"]),
        container(Command=["sh", "-c", "PASSWORD_FILE=hunter2 psql"]),
    ),
    (
        "input",
        {"Target": {"Input": '{"command": ["--token=hunter2"]}'}},
        {"Target": {"Input": '{"command": ["--tokens=hunter2"]}'}},
    ),
    (
        "header",
        {"Items": [{"Header": "X-Api-Secret", "Value": "hunter2"}]},
        {"Items": [{"Header": "X-Api-Version", "Value": "hunter2"}]},
    ),
    ("kept", {"MasterUserPassword": "hunter2"}, {"MasterUserPassword": Sensitive("hunter2")}),
]


def findings(resources: Sequence[Resource], options: dict[str, Any] | None = None) -> list[Any]:
    return check(Subject(options=options or {}, resources=tuple(resources), region="eu-west-1"))


@pytest.mark.parametrize("rule", CASES, ids=lambda rule: f"{rule.code}")
def test_a_rule(rule: Case) -> None:
    fired = [finding for finding in findings(rule.bad, rule.options) if finding.code == rule.code]
    assert len(fired) == 1
    assert all(word in fired[0].message for word in rule.words)
    assert fired[0].path
    assert rule.code not in {finding.code for finding in findings(rule.good, rule.good_options)}


@pytest.mark.parametrize(("_name", "bad", "good"), PLAIN_TEXT, ids=[row[0] for row in PLAIN_TEXT])
def test_secrets_in_plain_text(_name: str, bad: dict[str, Any], good: dict[str, Any]) -> None:
    fired = [finding for finding in findings([res("AWS::X::Y", **bad)]) if finding.code == PLAIN]
    assert len(fired) == 1
    assert "hunter2" not in fired[0].message and "AKIA" not in fired[0].message
    assert PLAIN not in {finding.code for finding in findings([res("AWS::X::Y", **good)])}


def test_a_secret_in_its_place_is_none() -> None:
    assert PLAIN not in {
        finding.code
        for finding in findings(
            [res("Custom::SecretValue", Text="postgres://app:hunter2@host", Fields={"password": "x"})]
        )
    }


def test_every_rule_is_tested_and_has_a_code_of_its_own() -> None:
    codes = [rule.code for rule in RULES]
    assert len(set(codes)) == len(codes)
    assert set(codes) == {row.code for row in CASES} | {PLAIN}


def test_an_unknown_region_of_the_stack() -> None:
    (finding,) = check(Subject(options={}, resources=(), region="eu-east-1"))
    assert str(finding).startswith("region: 'eu-east-1' is no region of AWS; did you mean")
    assert str(finding).endswith("[place.unknown-region]")
    assert finding.severity is Severity.ERROR


NAMES = [
    ("AWS::Lambda::Function", "shop-auth", ["a b", "a.b", "x" * 65]),
    ("AWS::SQS::Queue", "shop-jobs.fifo", ["a b", "a.b", "x" * 81]),
    ("AWS::AutoScaling::AutoScalingGroup", "shop web", ["a:b", "x" * 256]),
    ("AWS::EC2::LaunchTemplate", "shop-web", ["ab", "a b", "x" * 129]),
    ("AWS::Scheduler::Schedule", "shop.nightly", ["a b", "x" * 65]),
    ("AWS::Events::Rule", "shop.nightly", ["a b", "x" * 65]),
    ("AWS::CodeDeploy::Application", "shop web", ["x" * 101]),
    ("AWS::ElastiCache::ParameterGroup", "shop-redis7", ["a_b", "1a", "a-"]),
    ("AWS::RDS::DBInstance", "shop-db", ["1shop", "shop-", "shop_db", "s" * 64]),
    ("AWS::RDS::DBSubnetGroup", "shop db.1_a", ["default", "shop/x"]),
    ("AWS::RDS::DBParameterGroup", "shop-postgres15", ["shop.postgres15", "x--y"]),
    ("AWS::RDS::DBProxy", "shop-db", ["1shop", "shop-", "shop--db", "s" * 64]),
    ("AWS::OpenSearchService::Domain", "shop-search", ["Shop", "sh", "1shop", "s" * 29]),
    ("AWS::ElastiCache::ReplicationGroup", "shop-redis", ["shop-", "s" * 41]),
    ("AWS::S3::Bucket", "shop.audio-1", ["Shop", "ab", "10.0.0.1", "a..b", "-ab", "xn--abc", "a" * 64]),
    ("AWS::ECR::Repository", "shop/back-end__x", ["Shop", "shop//x", "a", "shop-", "shop/.x"]),
    ("AWS::EKS::Cluster", "shop-cluster_1", ["shop cluster", "-shop", "s" * 101]),
    ("AWS::EKS::Nodegroup", "spot-workers", ["spot workers", "s" * 64]),
    ("AWS::ECS::Cluster", "shop_cluster", ["shop cluster", "shop.x"]),
    ("AWS::ECS::Service", "api", ["api.x"]),
    ("AWS::ECS::TaskDefinition", "api", ["api:1"]),
    ("AWS::ElasticLoadBalancingV2::LoadBalancer", "shop-alb", ["internal-shop", "-shop", "shop_alb", "s" * 33]),
    ("AWS::ElasticLoadBalancingV2::TargetGroup", "shop-tg", ["shop-", "s" * 33]),
    ("AWS::EC2::SecurityGroup", "shop-prod-service-api", ["sg-shop", "SG-x", "default", "s" * 256]),
    ("AWS::Logs::LogGroup", "/ecs/shop", ["aws/x", "/ecs/shop api", "x" * 513]),
    ("AWS::KMS::Alias", "alias/shop-data", ["shop", "alias/aws/rds", "alias/x y"]),
    ("AWS::SecretsManager::Secret", "prod/shop/a=b", ["prod shop", "x" * 513]),
    ("AWS::IAM::Role", "shop@ops", ["shop/ops", "r" * 65]),
    ("AWS::SNS::Topic", "shop.fifo", ["shop.topic", "a b"]),
    ("AWS::CloudWatch::Alarm", "hohe Last (>80 %) é", ["a\tb", "x" * 256]),
    ("AWS::CloudWatch::Dashboard", "CBI-Production", ["CBI Production", "d" * 256]),
    ("AWS::Logs::MetricFilter", "errors in jobs", ["a:b", "a*", "f" * 513]),
    ("AWS::Logs::QueryDefinition", "Shop/slow requests", ["q" * 256]),
    ("AWS::XRay::Group", "shop-faults", ["shop faults", "g" * 33]),
    ("AWS::CloudTrail::Trail", "shop-prod.trail", ["ab", "-abc", "abc-", "a..b", "10.0.0.1", "t" * 129]),
    ("AWS::Config::ConfigRule", "shop-encrypted", ["shop encrypted", "r" * 129]),
    ("AWS::SSM::Parameter", "/shop/prod/HOST", ["shop/prod/HOST", "/aws/x", "/a b", "/a" * 16]),
    ("AWS::WAFv2::WebACL", "api-waf", ["api waf", "a.b", "w" * 129]),
    ("AWS::WAFv2::IPSet", "api-waf-block_ipv4", ["api waf", "w" * 129]),
    ("AWS::Backup::BackupVault", "shop_vault", ["x", "shop.vault"]),
]


@pytest.mark.parametrize(("kind", "good", "bad"), NAMES)
def test_names(kind: str, good: str, bad: list[str]) -> None:
    prop = FORMS[kind].prop

    def refused(name: str) -> bool:
        return any(finding.code == "name.refused" for finding in findings([res(kind, **{prop: name})]))

    assert not refused(good)
    assert all(refused(name) for name in bad)


def test_every_name_has_its_test() -> None:
    assert {row[0] for row in NAMES} == set(FORMS)


def test_fargate_sizes() -> None:
    """https://docs.aws.amazon.com/AmazonECS/latest/developerguide/fargate-tasks-services.html"""
    assert fargate_memory(256) == [512, 1024, 2048]
    assert fargate_memory(512) == [1024, 2048, 3072, 4096]
    assert fargate_memory(4096)[0] == 8192 and fargate_memory(4096)[-1] == 30720
    assert fargate_memory(8192)[:2] == [16384, 20480]
    assert fargate_memory(16384)[-1] == 122880
    assert fargate_memory(777) == []


def test_actions_that_name_what_they_touch() -> None:
    """Each of them is refused or granted by resource, says the service authorization reference."""
    services = {service["prefix"]: service for service in parliament.iam_definition}
    for action in NAMING_ACTIONS:
        prefix, name = action.split(":")
        (privilege,) = [one for one in services[prefix]["privileges"] if one["privilege"] == name]
        assert any(kind["resource_type"].endswith("*") for kind in privilege["resource_types"]), action
