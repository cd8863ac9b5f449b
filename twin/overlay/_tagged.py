# Copyright (c) stackwright.aws contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Every tagged resource of an account and region, one collector per service."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any

from moto.core.base_backend import BackendDict

from twin.patch import existing, notes

Tagged = tuple[str, dict[str, str]]
Collector = Callable[[str, str], Iterator[Tagged]]

COLLECTORS: dict[str, Collector] = {}


def collector(service: str) -> Callable[[Collector], Collector]:
    """``def _(account, region) -> Iterator[(arn, tags)]``; the name is that of the service in its ARNs."""

    def decorate(function: Collector) -> Collector:
        COLLECTORS[service] = function
        return function

    return decorate


def pairs(tags: Iterable[dict[str, str]] | None, key: str = "Key", value: str = "Value") -> dict[str, str]:
    return {tag[key]: tag.get(value) or "" for tag in tags or []}


def of_moto(backends: BackendDict[Any]) -> Collector:
    """What moto's own backend yields."""

    def collect(account: str, region: str) -> Iterator[Tagged]:
        backend = existing(backends, account, region)
        for resource in backend.iter_tagged_resources() if backend else []:
            yield resource.arn, resource.tags

    return collect


def of_tagger(backends: BackendDict[Any], attribute: str = "tagger") -> Collector:
    """What a moto TaggingService holds by ARN."""

    def collect(account: str, region: str) -> Iterator[Tagged]:
        backend = existing(backends, account, region)
        tagger: Any = getattr(backend, attribute, None)
        for arn in list(tagger.tags) if tagger else []:
            yield arn, tagger.get_tag_dict_for_resource(arn)

    return collect


# Prefix of an EC2 identifier -> the type in its ARN.
_EC2_TYPES = {
    "acl": "network-acl",
    "ami": "image",
    "dopt": "dhcp-options",
    "eigw": "egress-only-internet-gateway",
    "eipalloc": "elastic-ip",
    "eni": "network-interface",
    "fl": "vpc-flow-log",
    "i": "instance",
    "igw": "internet-gateway",
    "key": "key-pair",
    "lt": "launch-template",
    "nat": "natgateway",
    "pcx": "vpc-peering-connection",
    "pl": "prefix-list",
    "rtb": "route-table",
    "sg": "security-group",
    "sgr": "security-group-rule",
    "snap": "snapshot",
    "subnet": "subnet",
    "vol": "volume",
    "vpc": "vpc",
    "vpce": "vpc-endpoint",
}


def install() -> None:
    from moto.acm.models import acm_backends
    from moto.applicationautoscaling.models import applicationautoscaling_backends
    from moto.backup.models import backup_backends
    from moto.cloudwatch.models import cloudwatch_backends
    from moto.dynamodb.models import dynamodb_backends
    from moto.ec2.models import ec2_backends
    from moto.ecr.models import ecr_backends
    from moto.ecs.models import ecs_backends
    from moto.elasticache.models import elasticache_backends
    from moto.elbv2.models import elbv2_backends
    from moto.events.models import events_backends
    from moto.iam.models import iam_backends
    from moto.kms.models import kms_backends
    from moto.logs.models import logs_backends
    from moto.rds.models import rds_backends
    from moto.route53.models import route53_backends
    from moto.s3.models import s3_backends
    from moto.scheduler.models import scheduler_backends
    from moto.secretsmanager.models import secretsmanager_backends
    from moto.sns.models import sns_backends
    from moto.sqs.models import sqs_backends
    from moto.ssm.models import ssm_backends

    from twin.overlay.application_autoscaling import Store
    from twin.overlay.ec2.tags import forget_the_gone, is_deleted

    of_mixin: dict[str, BackendDict[Any]] = {
        "acm": acm_backends,
        "dynamodb": dynamodb_backends,
        "ecs": ecs_backends,
        "elasticache": elasticache_backends,
        "kms": kms_backends,
        "logs": logs_backends,
        "secretsmanager": secretsmanager_backends,
        "sns": sns_backends,
        "sqs": sqs_backends,
        "ssm": ssm_backends,
        "cloudwatch": cloudwatch_backends,
    }
    for service, backends in of_mixin.items():
        COLLECTORS.setdefault(service, of_moto(backends))
    COLLECTORS.setdefault("backup", of_tagger(backup_backends))
    COLLECTORS.setdefault("ecr", of_tagger(ecr_backends))
    COLLECTORS.setdefault("events", of_tagger(events_backends))
    COLLECTORS.setdefault("scheduler", of_tagger(scheduler_backends))
    COLLECTORS.setdefault("elasticloadbalancing", of_tagger(elbv2_backends, "tagging_service"))

    @collector("ec2")
    def ec2(account: str, region: str) -> Iterator[Tagged]:
        backend = existing(ec2_backends, account, region)
        there = forget_the_gone(backend) if backend else {}
        for identifier, tags in list(backend.tags.items()) if backend else []:
            kind = _EC2_TYPES.get(identifier.partition("-")[0])
            if kind and not is_deleted(there[identifier]):
                yield f"arn:aws:ec2:{region}:{account}:{kind}/{identifier}", dict(tags)

    @collector("rds")
    def rds(account: str, region: str) -> Iterator[Tagged]:
        backend = existing(rds_backends, account, region)
        if backend is None:
            return
        groups = (
            backend.databases,
            backend.clusters,
            backend.database_snapshots,
            backend.cluster_snapshots,
            backend.subnet_groups,
            backend.db_parameter_groups,
            backend.db_cluster_parameter_groups,
            backend.option_groups,
            backend.db_proxies,
            backend.event_subscriptions,
        )
        for resources in groups:
            for resource in resources.values():
                yield resource.arn, pairs(resource.get_tags())

    @collector("s3")
    def s3(account: str, region: str) -> Iterator[Tagged]:
        backend = existing(s3_backends, account, "aws")
        for bucket in backend.buckets.values() if backend else []:
            if bucket.region_name == region:
                yield bucket.arn, backend.tagger.get_tag_dict_for_resource(bucket.arn)

    @collector("route53")
    def route53(account: str, region: str) -> Iterator[Tagged]:
        backend: Any = existing(route53_backends, account, "aws") if region == "us-east-1" else None
        for identifier, tags in list(backend.resource_tags.items()) if backend else []:
            if identifier in backend.zones:
                yield f"arn:aws:route53:::hostedzone/{identifier}", dict(tags)
            elif identifier in backend.health_checks:
                yield f"arn:aws:route53:::healthcheck/{identifier}", dict(tags)

    @collector("iam")
    def iam(account: str, region: str) -> Iterator[Tagged]:
        """Policies and instance profiles only: AWS does not report roles and users here."""
        backend: Any = existing(iam_backends, account, "aws") if region == "us-east-1" else None
        if backend is None:
            return
        for policy in backend.managed_policies.values():
            if ":aws:policy/" not in policy.arn:
                yield policy.arn, pairs(policy.get_tags())
        for profile in backend.instance_profiles.values():
            yield profile.arn, pairs(profile.tags)

    @collector("application-autoscaling")
    def application_autoscaling(account: str, region: str) -> Iterator[Tagged]:
        backend = existing(applicationautoscaling_backends, account, region)
        store = notes(backend, "store", Store) if backend else Store()
        for arn, tags in list(store.tags.items()):
            yield arn, dict(tags)
