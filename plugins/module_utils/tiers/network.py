# Copyright (c) stackwright.aws contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The `network` section: a VPC with its subnets and ways out, or one that is there already."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from ..aws.zones import ZONES
from ..engine.document import Resource
from ..engine.values import Address, Ref
from .base import SECURITY_GROUP, TAGS, Context, Export, Options, Tier
from .connections import ANYWHERE
from .network_layout import PLACEMENTS, automatic_layout
from .permissions import role, statement, this_account, trust

VPC = "AWS::EC2::VPC"
SUBNET = "AWS::EC2::Subnet"
ROUTE_TABLE = "AWS::EC2::RouteTable"
INTERNET_GATEWAY = "AWS::EC2::InternetGateway"
ATTACHMENT = "AWS::EC2::VPCGatewayAttachment"
NAT_GATEWAY = "AWS::EC2::NatGateway"
ADDRESS = "AWS::EC2::EIP"
ENDPOINT = "AWS::EC2::VPCEndpoint"
LOG_GROUP = "AWS::Logs::LogGroup"

_NETWORK_ACL_RULE: dict[str, Any] = {
    "number": {"type": "int", "required": True},
    "action": {"type": "str", "choices": ["allow", "deny"], "default": "allow"},
    "protocol": {"type": "str", "choices": ["tcp", "udp", "icmp", "all"], "default": "tcp"},
    "cidr": {"type": "str", "default": ANYWHERE},
    "port": {"type": "int"},
    "to_port": {"type": "int"},
}

SPEC: dict[str, Any] = {
    "name": {"type": "str"},
    "cidr": {"type": "str"},
    "zones": {"type": "raw", "default": 2},
    "subnets": {
        "type": "dict",
        "options": {place: {"type": "list", "elements": "str"} for place in PLACEMENTS},
    },
    "nat_gateways": {"type": "str", "choices": ["none", "single", "one_per_zone"], "default": "one_per_zone"},
    "gateway_endpoints": {"type": "list", "elements": "str", "choices": ["s3", "dynamodb"], "default": ["s3"]},
    "interface_endpoints": {"type": "list", "elements": "str", "default": []},
    "private_services": {
        "type": "list",
        "elements": "dict",
        "default": [],
        "options": {
            "name": {"type": "str", "required": True},
            "service": {"type": "str", "required": True},
            "ports": {"type": "list", "elements": "int", "default": [443]},
            "private_dns": {"type": "bool", "default": False},
        },
    },
    "network_acls": {
        "type": "list",
        "elements": "dict",
        "default": [],
        "options": {
            "name": {"type": "str", "required": True},
            "subnets": {"type": "list", "elements": "str", "choices": list(PLACEMENTS), "required": True},
            "ingress": {"type": "list", "elements": "dict", "options": _NETWORK_ACL_RULE, "required": True},
            "egress": {"type": "list", "elements": "dict", "options": _NETWORK_ACL_RULE, "required": True},
        },
    },
    "flow_logs": {
        "type": "dict",
        "apply_defaults": True,
        "options": {
            "enabled": {"type": "bool", "default": True},
            "traffic": {"type": "str", "choices": ["ALL", "ACCEPT", "REJECT"], "default": "ALL"},
            "retention_days": {"type": "int", "default": 30},
            "aggregation_seconds": {"type": "int", "choices": [60, 600], "default": 600},
        },
    },
    "existing": {
        "type": "dict",
        "options": {
            "vpc_id": {"type": "str", "required": True},
            "cidr": {"type": "str"},
            "public_subnet_ids": {"type": "list", "elements": "str", "default": []},
            "private_subnet_ids": {"type": "list", "elements": "str", "default": []},
            "data_subnet_ids": {"type": "list", "elements": "str", "default": []},
            "route_table_ids": {"type": "list", "elements": "str", "default": []},
        },
    },
    "tags": TAGS,
}

CONSTRAINTS: dict[str, Any] = {
    "required_one_of": [("cidr", "existing")],
    "mutually_exclusive": [("cidr", "existing"), ("subnets", "existing")],
}


def zones(options: Options | None, region: str, problems: list[str]) -> tuple[str, ...]:
    """The names of the availability zones that the options mean, in order.

    `zones` is how many, of the region's first ones, or which: letters or whole names.
    """
    letters = ZONES.get(region, "")
    asked = 2 if options is None else options["zones"]
    if isinstance(asked, (list, tuple)):
        wanted = [str(zone).removeprefix(region) for zone in asked]
        strange = [zone for zone in wanted if letters and zone not in letters]
        for zone in strange:
            problems.append(f"network.zones: {zone!r} is no zone of {region}; it has {', '.join(letters)}")
        if len(set(wanted)) < len(wanted):
            problems.append(f"network.zones: {asked} names a zone twice; name each once")
        return tuple(f"{region}{zone}" for zone in dict.fromkeys(wanted) if zone not in strange)
    try:
        count = int(str(asked))
    except ValueError:
        problems.append(f"network.zones: {asked!r} is neither a number of zones nor a list of them")
        return ()
    if count < 1 or (letters and count > len(letters)):
        problems.append(
            f"network.zones: {region} has {len(letters)} zones to choose from; {count} is not among 1 to that"
        )
        return ()
    return tuple(f"{region}{letter}" for letter in letters[:count])


def exports(_name: str, options: Options, context: Context) -> Export:
    existing = options["existing"]
    if existing:
        return Export(values=_existing_values(existing))
    places = _layout(options, context)
    vpc = Address(VPC, "vpc")
    values: dict[str, Any] = {"vpc_id": Ref(vpc, "VpcId"), "cidr": options["cidr"]}
    for place in PLACEMENTS:
        # A tier of subnets that is not described shares the next more private one that is.
        used = place if places.get(place) else _fallback(place, places)
        values[f"{place}_subnet_ids"] = [
            Ref(Address(SUBNET, _subnet(used, zone)), "SubnetId") for zone, _cidr in places.get(used, ())
        ]
    values["route_table_ids"] = [Ref(Address(ROUTE_TABLE, table), "RouteTableId") for table in _tables(places)]
    return Export(address=vpc, values=values, ready=_routes_out(options, places, context))


def _tables(places: Mapping[str, Any]) -> list[str]:
    """The logical names of the route tables, sorted."""
    return sorted({_table(place, zone) for place, subnets in places.items() for zone, _cidr in subnets})


def _table(place: str, zone: str) -> str:
    """Private subnets have a table each, so that a zone can get a NAT gateway of its own later."""
    return f"private-{zone[-1]}" if place == "private" else place


def _routes_out(options: Options, places: Mapping[str, Any], context: Context) -> tuple[Address, ...]:
    """What must stand before an instance in a private subnet reaches anything outside the VPC."""
    if options["nat_gateways"] == "none" or not places.get("public"):
        return ()
    zones = [zone for zone, _cidr in places.get("private", ())]
    return (
        *(Address("AWS::EC2::Route", f"{_table('private', zone)}/{ANYWHERE}") for zone in zones),
        *(Address("AWS::EC2::SubnetRouteTableAssociation", _subnet("private", zone)) for zone in zones),
    )


def _existing_values(existing: Mapping[str, Any]) -> dict[str, Any]:
    private = existing["private_subnet_ids"]
    return {
        "vpc_id": existing["vpc_id"],
        "cidr": existing["cidr"],
        "public_subnet_ids": list(existing["public_subnet_ids"]),
        "private_subnet_ids": list(private),
        "data_subnet_ids": list(existing["data_subnet_ids"] or private),
        "route_table_ids": list(existing["route_table_ids"]),
    }


def _fallback(place: str, places: Mapping[str, Any]) -> str:
    order = {"private": ("data",), "data": ("private",)}.get(place, ())
    return next((other for other in order if places.get(other)), place)


def compile(_name: str, options: Options, context: Context) -> list[Resource]:
    if options["existing"]:
        return []
    network = _Network(options, context)
    return [
        *network.vpc(),
        *network.subnets(),
        *network.ways_out(),
        *network.route_tables(),
        *network.endpoints(),
        *network.private_services(),
        *network.network_acls(),
        *network.flow_logs(),
    ]


def _layout(options: Options, context: Context) -> dict[str, list[tuple[str, str]]]:
    """For each placement its subnets: zone and CIDR. Problems are reported by `compile`, not here."""
    stated = options["subnets"]
    if not stated:
        return automatic_layout(options["cidr"], context.zones, [])
    return {place: list(zip(context.zones, cidrs, strict=False)) for place, cidrs in stated.items() if cidrs}


def _subnet(place: str, zone: str) -> str:
    """The logical name of a subnet: `private-a`."""
    return f"{place}-{zone[-1]}"


class _Network:
    """The parts of a VPC that is built here."""

    def __init__(self, options: Options, context: Context) -> None:
        self.options = options
        self.context = context
        self.tags = options["tags"]
        self.vpc_id = Ref(Address(VPC, "vpc"), "VpcId")
        self.places = _layout(options, context)
        self._check()

    def _check(self) -> None:
        stated = self.options["subnets"]
        if not stated:
            found: list[str] = []
            automatic_layout(self.options["cidr"], self.context.zones, found)
            for message in found:
                self.context.problem("cidr", message)
            return
        for place, cidrs in stated.items():
            if cidrs and len(cidrs) != len(self.context.zones):
                self.context.problem(
                    f"subnets.{place}",
                    f"{len(cidrs)} subnets for {len(self.context.zones)} zones; give one for each of "
                    f"{', '.join(self.context.zones)}, in this order",
                )

    def make(self, kind: str, name: str, properties: Mapping[str, Any], **more: Any) -> Resource:
        return self.context.resource(kind, name, properties, tags=self.tags, **more)

    @property
    def has_public(self) -> bool:
        return bool(self.places.get("public"))

    def vpc(self) -> list[Resource]:
        return [
            self.make(
                VPC,
                "vpc",
                {
                    "CidrBlock": self.options["cidr"],
                    "EnableDnsSupport": True,
                    "EnableDnsHostnames": True,
                },
                title=self.options["name"] or self.context.stack,
            )
        ]

    def subnets(self) -> list[Resource]:
        return [
            self.context.resource(
                SUBNET,
                _subnet(place, zone),
                {
                    "VpcId": self.vpc_id,
                    "AvailabilityZone": zone,
                    "CidrBlock": cidr,
                    # What wants a public address says so itself; nothing gets one by landing here.
                    "MapPublicIpOnLaunch": False,
                },
                tags={**self._load_balancer_tags(place), **self.tags},
            )
            for place, subnets in self.places.items()
            for zone, cidr in subnets
        ]

    def _load_balancer_tags(self, place: str) -> dict[str, str]:
        """How the load balancers of Kubernetes find their subnets.

        https://docs.aws.amazon.com/eks/latest/userguide/network-load-balancing.html
        """
        if not self.context.described.get("kubernetes_clusters"):
            return {}
        role_of = {"public": "elb", "private": "internal-elb"}.get(place)
        return {f"kubernetes.io/role/{role_of}": "1"} if role_of else {}

    def ways_out(self) -> list[Resource]:
        if not self.has_public:
            if self._nat_zones():
                self.context.problem(
                    "nat_gateways", "a NAT gateway stands in a public subnet; add subnets.public or say none"
                )
            return []
        gateway = self.make(INTERNET_GATEWAY, "internet", {})
        attachment = self.make(
            ATTACHMENT, "internet", {"VpcId": self.vpc_id, "InternetGatewayId": gateway.ref("InternetGatewayId")}
        )
        made = [gateway, attachment]
        for zone in self._nat_zones():
            address = self.make(ADDRESS, f"nat-{zone[-1]}", {"Domain": "vpc"}, depends_on=(attachment.address,))
            made += [
                address,
                self.make(
                    NAT_GATEWAY,
                    f"nat-{zone[-1]}",
                    {
                        "SubnetId": Ref(Address(SUBNET, _subnet("public", zone)), "SubnetId"),
                        "AllocationId": address.ref("AllocationId"),
                        "ConnectivityType": "public",
                    },
                    depends_on=(attachment.address,),
                ),
            ]
        return made

    def _nat_zones(self) -> tuple[str, ...]:
        how = self.options["nat_gateways"]
        if how == "none" or not self.places.get("private"):
            return ()
        return self.context.zones[:1] if how == "single" else self.context.zones

    def route_tables(self) -> list[Resource]:
        made: list[Resource] = []
        for place, subnets in self.places.items():
            for zone, _cidr in subnets:
                table = _table(place, zone)
                if table not in {res.name for res in made if res.kind == ROUTE_TABLE}:
                    made.append(self.make(ROUTE_TABLE, table, {"VpcId": self.vpc_id}))
                    made += self._default_route(place, zone, table)
                made.append(
                    self.make(
                        "AWS::EC2::SubnetRouteTableAssociation",
                        _subnet(place, zone),
                        {
                            "SubnetId": Ref(Address(SUBNET, _subnet(place, zone)), "SubnetId"),
                            "RouteTableId": Ref(Address(ROUTE_TABLE, table), "RouteTableId"),
                        },
                    )
                )
        return made

    def _default_route(self, place: str, zone: str, table: str) -> list[Resource]:
        via: dict[str, Any]
        depends_on: tuple[Address, ...] = ()
        if place == "public":
            via = {"GatewayId": Ref(Address(INTERNET_GATEWAY, "internet"), "InternetGatewayId")}
            depends_on = (Address(ATTACHMENT, "internet"),)
        elif place == "private" and self.has_public and self._nat_zones():
            nat = zone if zone in self._nat_zones() else self._nat_zones()[0]
            via = {"NatGatewayId": Ref(Address(NAT_GATEWAY, f"nat-{nat[-1]}"), "NatGatewayId")}
        else:
            return []
        return [
            self.make(
                "AWS::EC2::Route",
                f"{table}/{ANYWHERE}",
                {
                    "RouteTableId": Ref(Address(ROUTE_TABLE, table), "RouteTableId"),
                    "DestinationCidrBlock": ANYWHERE,
                    **via,
                },
                depends_on=depends_on,
            )
        ]

    def endpoints(self) -> list[Resource]:
        tables = _tables(self.places)
        made = [
            self.make(
                ENDPOINT,
                name,
                {
                    "VpcId": self.vpc_id,
                    "VpcEndpointType": "Gateway",
                    "ServiceName": f"com.amazonaws.{self.context.region}.{name}",
                    "RouteTableIds": [Ref(Address(ROUTE_TABLE, table), "RouteTableId") for table in tables],
                },
            )
            for name in self.options["gateway_endpoints"]
        ]
        names = self.options["interface_endpoints"]
        if not names:
            return made
        subnets = self.context.subnet_ids("private", "interface_endpoints")
        if not subnets:
            self.context.problem("interface_endpoints", "endpoints stand in private subnets; add subnets.private")
        group = self.context.security_group("HTTPS from within the VPC to AWS endpoints", suffix="endpoints")
        made += [group, self._endpoint_ingress()]
        made += [
            self.make(
                ENDPOINT,
                name,
                {
                    "VpcId": self.vpc_id,
                    "VpcEndpointType": "Interface",
                    "ServiceName": f"com.amazonaws.{self.context.region}.{name}",
                    "SubnetIds": subnets,
                    "SecurityGroupIds": [group.ref("GroupId")],
                    "PrivateDnsEnabled": True,
                },
            )
            for name in names
        ]
        return made

    def private_services(self) -> list[Resource]:
        """Endpoints to services that others offer in their own accounts, by the names that they tell."""
        made: list[Resource] = []
        for service in self.options["private_services"]:
            subnets = self.context.subnet_ids("private", "private_services")
            group = self.context.security_group(f"From within the VPC to {service['name']}", suffix=service["name"])
            made += [group, *(self._endpoint_ingress(service["name"], port) for port in service["ports"])]
            made.append(
                self.make(
                    ENDPOINT,
                    service["name"],
                    {
                        "VpcId": self.vpc_id,
                        "VpcEndpointType": "Interface",
                        "ServiceName": service["service"],
                        "SubnetIds": subnets,
                        "SecurityGroupIds": [group.ref("GroupId")],
                        "PrivateDnsEnabled": service["private_dns"],
                    },
                )
            )
        return made

    def _endpoint_ingress(self, suffix: str = "endpoints", port: int = 443) -> Resource:
        group = self.context.logical(suffix)
        return self.make(
            "AWS::EC2::SecurityGroupIngress",
            f"{group}/{port} from {self.options['cidr']}",
            {
                "GroupId": Ref(Address(SECURITY_GROUP, group), "GroupId"),
                "IpProtocol": "tcp",
                "FromPort": port,
                "ToPort": port,
                "CidrIp": self.options["cidr"],
                "Description": "HTTPS from within the VPC" if port == 443 else f"{port} from within the VPC",
            },
        )

    def network_acls(self) -> list[Resource]:
        made: list[Resource] = []
        for acl in self.options["network_acls"]:
            made.append(self.make("AWS::EC2::NetworkAcl", acl["name"], {"VpcId": self.vpc_id}))
            for direction in ("ingress", "egress"):
                made += [self._acl_entry(acl["name"], direction, rule) for rule in acl[direction]]
            made += [
                self.make(
                    "AWS::EC2::SubnetNetworkAclAssociation",
                    _subnet(place, zone),
                    {
                        "SubnetId": Ref(Address(SUBNET, _subnet(place, zone)), "SubnetId"),
                        "NetworkAclId": Ref(Address("AWS::EC2::NetworkAcl", acl["name"]), "NetworkAclId"),
                    },
                )
                for place in acl["subnets"]
                for zone, _cidr in self.places.get(place, ())
            ]
        return made

    def _acl_entry(self, acl: str, direction: str, rule: Mapping[str, Any]) -> Resource:
        first, last = rule["port"], rule["to_port"]
        ports = None
        if rule["protocol"] in ("tcp", "udp"):
            ports = {"From": 0 if first is None else first, "To": last or (65535 if first is None else first)}
        return self.make(
            "AWS::EC2::NetworkAclEntry",
            f"{acl}/{direction}/{rule['number']}",
            {
                "NetworkAclId": Ref(Address("AWS::EC2::NetworkAcl", acl), "NetworkAclId"),
                "RuleNumber": rule["number"],
                "Egress": direction == "egress",
                "RuleAction": rule["action"],
                "CidrBlock": rule["cidr"],
                # https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/aws-resource-ec2-networkaclentry.html
                "Protocol": {"all": -1, "icmp": 1, "tcp": 6, "udp": 17}[rule["protocol"]],
                "PortRange": ports,
                "Icmp": {"Code": -1, "Type": -1} if rule["protocol"] == "icmp" else None,
            },
        )

    def flow_logs(self) -> list[Resource]:
        options = self.options["flow_logs"]
        if not options["enabled"]:
            return []
        group_name = f"/vpc/{self.options['name'] or self.context.stack}/flow-logs"
        group = self.make(
            LOG_GROUP, "network/flow-logs", {"LogGroupName": group_name, "RetentionInDays": options["retention_days"]}
        )
        writer = role(
            self.context,
            "flow-logs",
            trust(["vpc-flow-logs.amazonaws.com"], condition=this_account()),
            _flow_log_statements(self.context, group_name),
            description=f"Lets VPC flow logs write to {group_name}",
            tags=self.tags,
        )
        log = self.make(
            "AWS::EC2::FlowLog",
            "vpc",
            {
                "ResourceId": self.vpc_id,
                "ResourceType": "VPC",
                "TrafficType": options["traffic"],
                "LogDestinationType": "cloud-watch-logs",
                "LogGroupName": group.ref("LogGroupName"),
                "DeliverLogsPermissionArn": writer.ref("Arn"),
                "MaxAggregationInterval": options["aggregation_seconds"],
            },
        )
        return [group, writer, log]


def _flow_log_statements(context: Context, group: str) -> Iterable[dict[str, Any]]:
    """https://docs.aws.amazon.com/vpc/latest/userguide/flow-logs-iam-role.html"""
    below = context.arn("logs", f"log-group:{group}:*")
    yield statement(["logs:CreateLogStream", "logs:DescribeLogStreams", "logs:PutLogEvents"], below)
    # DescribeLogGroups is not restricted by group.
    yield statement(["logs:DescribeLogGroups"], context.arn("logs", "log-group:*"))


TIER = Tier(
    section="network",
    reference="network",
    spec=SPEC,
    compile=compile,
    exports=exports,
    single=True,
    constraints=CONSTRAINTS,
    kinds=(
        VPC,
        SUBNET,
        ROUTE_TABLE,
        INTERNET_GATEWAY,
        NAT_GATEWAY,
        ADDRESS,
        ENDPOINT,
        "AWS::EC2::FlowLog",
        "AWS::EC2::NetworkAcl",
    ),
)
