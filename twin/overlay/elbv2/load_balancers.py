# Copyright (c) stackwright.aws contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
from __future__ import annotations

from typing import TYPE_CHECKING, Any

from moto.ec2.exceptions import InvalidSubnetIdError
from moto.ec2.utils import random_private_ip, random_public_ip
from moto.elbv2.models import ELBv2Backend, FakeLoadBalancer
from moto.elbv2.responses import ELBV2Response
from moto.moto_api._internal import mock_random

from twin.patch import Parameters, around, before, existing, notes
from twin.refusal import refuse

if TYPE_CHECKING:
    from twin.world import World

# https://docs.aws.amazon.com/general/latest/gr/elb.html, for Application Load Balancers
_HOSTED_ZONES = {
    "us-east-1": "Z35SXDOTRQ7X7K",
    "us-east-2": "Z3AADJGX6KTTL2",
    "us-west-1": "Z368ELLRRE2KJ0",
    "us-west-2": "Z1H1FL5HABSF5",
    "ca-central-1": "ZQSVJUPU6J1EY",
    "sa-east-1": "Z2P70J7HTTTPLU",
    "eu-central-1": "Z215JYRZR1TBD5",
    "eu-west-1": "Z32O12XQLNTSW2",
    "eu-west-2": "ZHURV8PSTC4K8",
    "eu-west-3": "Z3Q77PNBQS71R4",
    "eu-north-1": "Z23TAZ6LKFMNIO",
    "ap-south-1": "ZP97RAFLXTNZK",
    "ap-southeast-1": "Z1LMS91P8CMLE5",
    "ap-southeast-2": "Z1GM3OXH4ZPM65",
    "ap-northeast-1": "Z14GRHDCWA56QT",
}

# https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_LoadBalancerAttribute.html
_APPLICATION_ATTRIBUTES = {
    "access_logs.s3.enabled": "false",
    "access_logs.s3.bucket": "",
    "access_logs.s3.prefix": "",
    "client_keep_alive.seconds": "3600",
    "connection_logs.s3.enabled": "false",
    "connection_logs.s3.bucket": "",
    "connection_logs.s3.prefix": "",
    "deletion_protection.enabled": "false",
    "idle_timeout.timeout_seconds": "60",
    "ipv6.deny_all_igw_traffic": "false",
    "load_balancing.cross_zone.enabled": "true",
    "routing.http.desync_mitigation_mode": "defensive",
    "routing.http.drop_invalid_header_fields.enabled": "false",
    "routing.http.preserve_host_header.enabled": "false",
    "routing.http.x_amzn_tls_version_and_cipher_suite.enabled": "false",
    "routing.http.xff_client_port.enabled": "false",
    "routing.http.xff_header_processing.mode": "append",
    "routing.http2.enabled": "true",
    "waf.fail_open.enabled": "false",
    "zonal_shift.config.enabled": "false",
}


def install(world: World) -> None:
    @around(ELBv2Backend, "create_load_balancer")
    def create(original: Any, self: Any, name: str, **wanted: Any) -> Any:
        wanted["scheme"] = wanted.get("scheme") or "internet-facing"
        kind = wanted["loadbalancer_type"] = wanted.get("loadbalancer_type") or "application"
        _check_name(name)
        mappings = wanted.get("subnet_mappings") or []
        subnets = [_subnet(self, one) for one in [*wanted["subnet_ids"], *(m["SubnetId"] for m in mappings)]]
        _check_zones(kind, subnets)
        vpc_id = subnets[0].vpc_id
        groups = wanted["security_groups"] = _groups(self, kind, vpc_id, wanted.get("security_groups") or [])
        settings = (kind, wanted["scheme"], wanted.get("ip_address_type"), {s.id for s in subnets}, set(groups))
        for balancer in self.load_balancers.values():
            if balancer.name == name:
                if notes(balancer, "settings", tuple) == settings:
                    return balancer
                refuse(
                    "DuplicateLoadBalancerName",
                    f"A load balancer with the same name '{name}' exists, but with different settings",
                )
        if wanted["scheme"] == "internet-facing" and not _has_internet_gateway(self, vpc_id):
            refuse("InvalidSubnet", f"VPC {vpc_id} has no internet gateway")
        balancer = original(self, name, **wanted)
        balancer.__dict__["_twin_notes"] = {"settings": settings}
        balancer.ready_at = world.now() + world.delay("elbv2.create")
        number = mock_random.randint(10**8, 10**10)
        inner = "internal-" if wanted["scheme"] == "internal" else ""
        balancer.dns_name = f"{inner}{name}-{number}.{self.region_name}.elb.amazonaws.com"
        balancer.canonical_hosted_zone_id = _HOSTED_ZONES.get(self.region_name, "Z35SXDOTRQ7X7K")
        if kind == "application":
            balancer.attrs = dict(_APPLICATION_ATTRIBUTES)
        _add_interfaces(self, balancer, subnets)
        return balancer

    @around(FakeLoadBalancer, "activate")
    def activate(original: Any, self: Any) -> None:
        if world.now() >= self.ready_at:
            original(self)

    @around(ELBv2Backend, "describe_load_balancers")
    def describe(original: Any, self: Any, arns: list[str] | None, names: list[str] | None) -> list[Any]:
        for balancer in self.load_balancers.values():
            balancer.activate()
        if not arns and not names:
            return list(self.load_balancers.values())
        by_name = {balancer.name: balancer for balancer in self.load_balancers.values()}
        found = [self.load_balancers.get(arn) for arn in arns or []] + [by_name.get(name) for name in names or []]
        if None in found:
            missing = [a for a in arns or [] if a not in self.load_balancers]
            missing += [n for n in names or [] if n not in by_name]
            refuse("LoadBalancerNotFound", f"Load balancers '[{', '.join(missing)}]' not found")
        return found

    @around(ELBv2Backend, "delete_load_balancer")
    def delete(original: Any, self: Any, arn: str) -> None:
        balancer = self.load_balancers.get(arn)
        if balancer is None:  # AWS: the call succeeds
            return
        if str(balancer.attrs.get("deletion_protection.enabled")).lower() == "true":
            refuse(
                "OperationNotPermitted",
                f"Load balancer '{arn}' cannot be deleted because deletion protection is enabled",
            )
        original(self, arn)
        for listener in balancer.listeners.values():
            for rule in listener.rules.values():
                self.tagging_service.delete_all_tags_for_resource(rule.arn)
            self.tagging_service.delete_all_tags_for_resource(listener.arn)
        self.tagging_service.delete_all_tags_for_resource(arn)
        interfaces = notes(balancer, "interfaces", dict)

        def release() -> None:
            for eni_id in interfaces.values():
                self.ec2_backend.enis.pop(eni_id, None)

        world.schedule(world.delay("elbv2.network_interface.delete"), release)

    @around(ELBv2Backend, "set_security_groups")
    def set_groups(original: Any, self: Any, arn: str, sec_groups: list[str]) -> None:
        original(self, arn, sec_groups)
        balancer = self.load_balancers[arn]
        for eni_id in notes(balancer, "interfaces").values():
            eni = self.ec2_backend.enis[eni_id]
            eni._group_set = [self.ec2_backend.get_security_group_from_id(one) for one in sec_groups]
        _settings_changed(balancer)

    @around(ELBv2Backend, "set_subnets")
    def set_subnets(original: Any, self: Any, arn: str, subnets: list[str], subnet_mappings: Any) -> Any:
        zones = original(self, arn, subnets, subnet_mappings)
        balancer = self.load_balancers[arn]
        interfaces = notes(balancer, "interfaces")
        kept = {subnet.id for subnet in balancer.subnets}
        for subnet_id in [one for one in interfaces if one not in kept]:
            self.ec2_backend.enis.pop(interfaces.pop(subnet_id), None)
        _add_interfaces(self, balancer, [subnet for subnet in balancer.subnets if subnet.id not in interfaces])
        _settings_changed(balancer)
        return zones

    @before(ELBV2Response, "ModifyLoadBalancerAttributes")
    def log_bucket(response: Any, asked: Parameters) -> None:
        """AWS writes a test object to the bucket before it accepts it."""
        backend = response.elbv2_backend
        balancer = backend.load_balancers.get(asked["LoadBalancerArn"])
        if balancer is None:
            return
        wanted = {**balancer.attrs, **{a["Key"]: a.get("Value", "") for a in asked["Attributes"]}}
        for kind in ("access_logs", "connection_logs"):
            if str(wanted.get(f"{kind}.s3.enabled")).lower() == "true":
                bucket = wanted.get(f"{kind}.s3.bucket") or ""
                if not bucket:
                    refuse(
                        "InvalidConfigurationRequest",
                        f"The value of '{kind}.s3.bucket' cannot be empty when '{kind}.s3.enabled' is 'true'",
                    )
                if not _may_write(backend.account_id, bucket):
                    refuse(
                        "InvalidConfigurationRequest",
                        f"Access Denied for bucket: {bucket}. Please check S3bucket permission",
                    )


def _check_name(name: str) -> None:
    if len(name) > 32:
        refuse("ValidationError", f"The load balancer name '{name}' cannot be longer than '32' characters")
    if not name.replace("-", "").isalnum() or not name.isascii():
        refuse(
            "ValidationError",
            f"The load balancer name '{name}' can only contain characters that are alphanumeric characters or"
            " hyphens(-)",
        )
    if name.startswith("-") or name.endswith("-"):
        refuse("ValidationError", f"The load balancer name '{name}' cannot begin or end with '-'")
    if name.startswith("internal-"):
        refuse("ValidationError", f"The load balancer name '{name}' cannot begin with 'internal-'")


def _subnet(backend: Any, subnet_id: str) -> Any:
    try:
        return backend.ec2_backend.get_subnet(subnet_id)
    except InvalidSubnetIdError:
        refuse("SubnetNotFound", f"The subnet ID '{subnet_id}' does not exist")


def _check_zones(kind: str, subnets: list[Any]) -> None:
    zones = [subnet.availability_zone for subnet in subnets]
    if kind == "application" and len(set(zones)) < 2:
        refuse("ValidationError", "At least two subnets in two different Availability Zones must be specified")
    if not zones:
        refuse("ValidationError", "At least one subnet must be specified")
    if len(set(zones)) != len(zones):
        refuse(
            "InvalidConfigurationRequest",
            "A load balancer cannot be attached to multiple subnets in the same Availability Zone",
        )
    if len({subnet.vpc_id for subnet in subnets}) > 1:
        refuse("InvalidConfigurationRequest", "All subnets must belong to the same VPC")


def _groups(backend: Any, kind: str, vpc_id: str, wanted: list[str]) -> list[str]:
    if kind != "application":
        return wanted
    for group_id in wanted:
        group = backend.ec2_backend.get_security_group_from_id(group_id)
        if group is None:
            refuse("InvalidSecurityGroup", f"Security group '{group_id}' does not exist")
        if group.vpc_id != vpc_id:
            refuse(
                "InvalidConfigurationRequest",
                f"One or more security groups are invalid: '{group_id}' does not belong to VPC '{vpc_id}'",
            )
    return wanted or [backend.ec2_backend.get_default_security_group(vpc_id).id]


def _has_internet_gateway(backend: Any, vpc_id: str) -> bool:
    vpc = backend.ec2_backend.vpcs[vpc_id]
    gateways = backend.ec2_backend.internet_gateways.values()
    return vpc.is_default or any(one.vpc and one.vpc.id == vpc_id for one in gateways)


def _add_interfaces(backend: Any, balancer: Any, subnets: list[Any]) -> None:
    interfaces = notes(balancer, "interfaces")
    for subnet in subnets:
        eni = backend.ec2_backend.create_network_interface(
            subnet,
            random_private_ip(subnet.cidr_block),
            group_ids=list(balancer.security_groups),
            description="ELB " + balancer.arn.split(":loadbalancer/")[1],
        )
        eni.requester_managed, eni.status = True, "in-use"
        if balancer.scheme == "internet-facing":
            eni.public_ip = random_public_ip()
        interfaces[subnet.id] = eni.id


def _settings_changed(balancer: Any) -> None:
    kind, scheme, address_type, *_ = notes(balancer, "settings", tuple)
    subnets = {subnet.id for subnet in balancer.subnets}
    balancer.__dict__["_twin_notes"]["settings"] = (
        kind,
        scheme,
        address_type,
        subnets,
        set(balancer.security_groups),
    )


def _may_write(account: str, bucket: str) -> bool:
    from moto.s3.models import s3_backends

    s3 = existing(s3_backends, account, "aws")
    return s3 is not None and bucket in s3.buckets and bool(s3.buckets[bucket].policy)
