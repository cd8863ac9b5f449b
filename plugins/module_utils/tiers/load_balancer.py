# Copyright (c) stackwright.aws contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The `load_balancers` section: application load balancers, their listeners and routes."""

from __future__ import annotations

from typing import Any

from ..engine.document import Resource
from ..engine.values import Address, Ref
from . import formats
from .base import TAGS, Connection, Context, Export, Options, Tier
from .bucket import written_to
from .connections import ANYWHERE
from .permissions import shortened
from .target_groups import group_address

LOAD_BALANCER = "AWS::ElasticLoadBalancingV2::LoadBalancer"
LISTENER = "AWS::ElasticLoadBalancingV2::Listener"
LISTENER_CERTIFICATE = "AWS::ElasticLoadBalancingV2::ListenerCertificate"
LISTENER_RULE = "AWS::ElasticLoadBalancingV2::ListenerRule"

#: TLS 1.2 and 1.3 only, forward secrecy.
#: https://docs.aws.amazon.com/elasticloadbalancing/latest/application/describe-ssl-policies.html
TLS_POLICY = "ELBSecurityPolicy-TLS13-1-2-2021-06"

_CONDITION_VALUES = 5

SPEC: dict[str, Any] = {
    "name": {"type": "str"},
    "internal": {"type": "bool", "default": False},
    "certificate": {"type": "str"},
    "more_certificates": {"type": "list", "elements": "str", "default": []},
    "tls_policy": {"type": "str", "default": TLS_POLICY},
    "redirect_http": {"type": "bool", "default": True},
    "routes": {
        "type": "list",
        "elements": "dict",
        "default": [],
        "options": {
            "to": {"type": "str", "required": True},
            "target_group": {"type": "str"},
            "paths": {"type": "list", "elements": "str", "default": [], "format": formats.PATH_PATTERN},
            "hosts": {"type": "list", "elements": "str", "default": [], "format": formats.HOST_PATTERN},
            "priority": {"type": "int", "format": formats.between(1, 50000)},
        },
    },
    "idle_timeout_seconds": {"type": "int", "default": 60, "format": formats.between(1, 4000)},
    "access_log_bucket": {"type": "str"},
    "access_log_prefix": {"type": "str"},
    "deletion_protection": {"type": "bool"},
    "allow_from": {"type": "list", "elements": "str", "default": [ANYWHERE]},
    "subnet_ids": {"type": "list", "elements": "str", "default": [], "format": formats.SUBNET},
    "security_group_name": {"type": "str"},
    "tags": TAGS,
}

#: The statuses and body for what no route takes.
_NOT_FOUND = {"StatusCode": "404", "ContentType": "text/plain", "MessageBody": "Not found"}


def load_balancer_name(name: str, options: Options) -> str:
    """The load balancer's name in AWS: the entry's unless stated."""
    return options["name"] or name


def exports(name: str, options: Options, context: Context) -> Export:
    address = Address(LOAD_BALANCER, name)
    return Export(
        address=address,
        values={
            "arn": Ref(address, "LoadBalancerArn"),
            "name": load_balancer_name(name, options),
            "dns_name": Ref(address, "DNSName"),
            "zone_id": Ref(address, "CanonicalHostedZoneID"),
            "full_name": Ref(address, "LoadBalancerFullName"),
            "listener_arn": Ref(Address(LISTENER, f"{name}/{_port(options)}"), "ListenerArn"),
        },
        default="dns_name",
        security_group=context.own_security_group(),
        port=_port(options),
    )


def _port(options: Options) -> int:
    return 443 if options["certificate"] else 80


def connections(_name: str, options: Options, context: Context) -> list[Connection]:
    ports = [443, 80] if options["certificate"] and options["redirect_http"] else [_port(options)]
    path = context.option("allow_from")
    found = [
        Connection(source=source, target=context.reference, port=port, path=path)
        for source in options["allow_from"]
        for port in ports
    ]
    targets = dict.fromkeys(route["to"] for route in options["routes"])
    found += [Connection(source=context.reference, target=target, path=context.option("routes")) for target in targets]
    return found


def compile(name: str, options: Options, context: Context) -> list[Resource]:
    guarded = context.protect if options["deletion_protection"] is None else options["deletion_protection"]
    balancer = context.resource(
        LOAD_BALANCER,
        name,
        {
            "Name": load_balancer_name(name, options),
            "Type": "application",
            "Scheme": "internal" if options["internal"] else "internet-facing",
            "IpAddressType": "ipv4",
            "Subnets": options["subnet_ids"]
            or context.subnet_ids("private" if options["internal"] else "public", "subnet_ids"),
            "SecurityGroups": [context.own_security_group()],
            "LoadBalancerAttributes": _attributes(options, guarded, context),
        },
        tags=options["tags"],
        depends_on=written_to(options["access_log_bucket"]),
    )
    group = context.security_group(
        f"Load balancer {load_balancer_name(name, options)}", name=options["security_group_name"]
    )
    _check_groups(name, options, context)
    return [group, balancer, *_listeners(name, options, balancer, context)]


def _attributes(options: Options, guarded: bool, context: Context) -> list[dict[str, str]]:
    """https://docs.aws.amazon.com/elasticloadbalancing/latest/application/application-load-balancers.html#load-balancer-attributes"""
    attributes = {
        "access_logs.s3.enabled": "false",
        "deletion_protection.enabled": str(guarded).lower(),
        "idle_timeout.timeout_seconds": str(options["idle_timeout_seconds"]),
        "routing.http.drop_invalid_header_fields.enabled": "true",
    }
    bucket = options["access_log_bucket"]
    if bucket:
        attributes["access_logs.s3.enabled"] = "true"
        attributes["access_logs.s3.bucket"] = (
            context.value(bucket, "access_log_bucket") if bucket.startswith("bucket.") else bucket
        )
        if options["access_log_prefix"]:
            attributes["access_logs.s3.prefix"] = options["access_log_prefix"]
    return [{"Key": key, "Value": value} for key, value in sorted(attributes.items())]


def _listeners(name: str, options: Options, balancer: Resource, context: Context) -> list[Resource]:
    certificate = context.arn_of(options["certificate"], "certificate", "certificate")
    made: list[Resource] = []
    if certificate and options["redirect_http"]:
        redirect = {"Protocol": "HTTPS", "Port": "443", "StatusCode": "HTTP_301"}
        made.append(
            context.resource(
                LISTENER,
                f"{name}/80",
                {
                    "LoadBalancerArn": balancer.ref("LoadBalancerArn"),
                    "Port": 80,
                    "Protocol": "HTTP",
                    "DefaultActions": [{"Type": "redirect", "RedirectConfig": redirect}],
                },
                tags=options["tags"],
            )
        )
    if not certificate and not options["internal"]:
        context.problem(
            "certificate",
            "is not set, so everything would travel in plain text; name an entry of `certificates` or an ARN",
        )
    main: dict[str, Any] = {
        "LoadBalancerArn": balancer.ref("LoadBalancerArn"),
        "Port": _port(options),
        "Protocol": "HTTPS" if certificate else "HTTP",
        "DefaultActions": [_default_action(options, context)],
    }
    if certificate:
        main["SslPolicy"] = options["tls_policy"]
        main["Certificates"] = [{"CertificateArn": certificate}]
    listener = context.resource(LISTENER, f"{name}/{_port(options)}", main, tags=options["tags"])
    certificates = _further_certificates(listener, certificate, options, context)
    return [*made, listener, *certificates, *_rules(name, options, listener, context)]


def _further_certificates(listener: Resource, certificate: Any, options: Options, context: Context) -> list[Resource]:
    """What the HTTPS listener serves beside its default certificate."""
    further = options["more_certificates"]
    if further and not certificate:
        context.problem(
            "more_certificates",
            f"{', '.join(further)}: nothing is served with them without `certificate`, the one for clients that name "
            f"no host; set it to one of them",
        )
        return []
    made: list[Resource] = []
    seen = {"certificate": certificate}
    for index, word in enumerate(further):
        option = f"more_certificates[{index}]"
        arn = context.arn_of(word, "certificate", option)
        if arn is None:
            continue
        taken = [other for other, its in seen.items() if its == arn]
        if taken:
            context.problem(option, f"{word} is `{taken[0]}` already; leave it out")
            continue
        seen[option] = arn
        label = word.removeprefix("certificate.").rpartition(":certificate/")[2]
        made.append(
            context.resource(
                LISTENER_CERTIFICATE,
                f"{listener.name}/{label}",
                {"ListenerArn": listener.ref("ListenerArn"), "Certificates": [{"CertificateArn": arn}]},
            )
        )
    return made


def _default_action(options: Options, context: Context) -> dict[str, Any]:
    """The route without conditions, or "not found"."""
    for index, route in enumerate(options["routes"]):
        if not route["paths"] and not route["hosts"]:
            return _forward(index, route, context)
    return {"Type": "fixed-response", "FixedResponseConfig": _NOT_FOUND}


def _forward(index: int, route: Options, context: Context) -> dict[str, Any]:
    group = context.value(f"{route['to']}.target_group_arn", f"routes[{index}].to")
    if isinstance(group, Ref) and route["target_group"]:
        group = Ref(group_address(route["to"].partition(".")[2], route["target_group"]), group.attribute)
    return {"Type": "forward", "TargetGroupArn": group}


def _check_groups(name: str, options: Options, context: Context) -> None:
    """AWS lets one load balancer use a target group, and one target group have a name."""
    seen: list[tuple[str, Options]] = []
    for entry in context.catalog.entries("load_balancer"):
        if entry.name == name:
            break
        seen += [(entry.name, route) for route in entry.options["routes"]]
    for index, route in enumerate(options["routes"]):
        group, to = route["target_group"], route["to"]
        same = [(other, its["to"]) for other, its in seen if its["target_group"] == group]
        sharing = [other for other, target in same if target == to and other != name]
        if sharing:
            proposal = shortened(f"{to.partition('.')[2]}-{name}", 32)
            context.problem(
                f"routes[{index}].target_group",
                f"{group or 'is not set'}: {sharing[0]} routes to {to} through the same target group, and AWS lets "
                f"only one load balancer use it; name one of this load balancer's own, e.g. {proposal}",
            )
        elif group and (taken := [target for _other, target in same if target != to]):
            context.problem(f"routes[{index}].target_group", f"{group}: a route to {taken[0]} names it; take another")
        seen.append((name, route))


def _rules(name: str, options: Options, listener: Resource, context: Context) -> list[Resource]:
    made: list[Resource] = []
    catch_all = 0
    taken: dict[int, int] = {}
    for index, route in enumerate(options["routes"]):
        conditions = []
        if route["hosts"]:
            conditions.append({"Field": "host-header", "HostHeaderConfig": {"Values": route["hosts"]}})
        if route["paths"]:
            conditions.append({"Field": "path-pattern", "PathPatternConfig": {"Values": route["paths"]}})
        if not conditions:
            catch_all += 1
            if catch_all > 1:
                context.problem(
                    f"routes[{index}]", "is the second route without paths or hosts; only one can take the rest"
                )
            continue
        values = len(route["hosts"]) + len(route["paths"])
        # https://docs.aws.amazon.com/elasticloadbalancing/latest/application/load-balancer-limits.html
        if values > _CONDITION_VALUES:
            context.problem(
                f"routes[{index}]",
                f"has {values} hosts and paths, and a rule takes {_CONDITION_VALUES}; make two routes of it",
            )
        priority = route["priority"] or (index + 1) * 10
        if priority in taken:
            context.problem(
                f"routes[{index}].priority",
                f"{priority} is that of routes[{taken[priority]}] too, and decides which of them comes first; give it "
                f"another",
            )
            continue
        taken[priority] = index
        made.append(
            context.resource(
                LISTENER_RULE,
                f"{name}/{priority}",
                {
                    "ListenerArn": listener.ref("ListenerArn"),
                    "Priority": priority,
                    "Conditions": conditions,
                    "Actions": [_forward(index, route, context)],
                },
                tags=options["tags"],
            )
        )
    return made


TIER = Tier(
    section="load_balancers",
    reference="load_balancer",
    spec=SPEC,
    compile=compile,
    exports=exports,
    connections=connections,
    kinds=(LISTENER, LISTENER_CERTIFICATE, LISTENER_RULE),
    in_network=True,
)
