# Copyright (c) stackwright.aws contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""EC2 fleets: what launch templates give away or leave open, and sizes that contradict each other."""

from __future__ import annotations

import base64
import ipaddress
from collections.abc import Iterator, Mapping
from typing import Any

from ..engine.document import Resource
from ..engine.values import Compose, Ref, references
from .compute import is_secret_value
from .rule import Rule, Severity, Subject
from .secrets import assigned_secrets

TEMPLATE = "AWS::EC2::LaunchTemplate"
GROUP = "AWS::AutoScaling::AutoScalingGroup"
ALARM = "AWS::CloudWatch::Alarm"

#: EC2 measures every five minutes unless it is told otherwise.
#: https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/manage-detailed-monitoring.html
_BASIC_SECONDS = 300


def _data(template: Resource) -> Mapping[str, Any]:
    found = template.properties.get("LaunchTemplateData")
    return found if isinstance(found, Mapping) else {}


def _user_data(template: Resource) -> str:
    """The plain part of the user data."""
    text = template.properties.get("UserData")
    if isinstance(text, Compose):
        return text.template
    if isinstance(text, str):
        return text
    encoded = _data(template).get("UserData")
    try:
        return base64.b64decode(encoded, validate=True).decode() if isinstance(encoded, str) else ""
    except ValueError:
        return ""


def _secrets(subject: Subject) -> Iterator[tuple[str, str]]:
    for template in subject.of(TEMPLATE):
        for name in assigned_secrets(_user_data(template)):
            yield (
                f"{template.path}.user_data",
                f"sets {name}, which anybody who can describe the template reads; keep it in Secrets Manager, list "
                f"it in `secrets` and read it at run time",
            )
        if any(is_secret_value(ref) for ref in references([template.properties.get("UserData"), _data(template)])):
            yield (
                f"{template.path}.user_data",
                "holds the value of a secret, which anybody who can describe the template reads; list the secret in "
                "`secrets` and read it at run time",
            )


def _metadata(subject: Subject) -> Iterator[tuple[str, str]]:
    for template in subject.of(TEMPLATE):
        options = _data(template).get("MetadataOptions") or {}
        if options.get("HttpTokens") != "required" and options.get("HttpEndpoint") != "disabled":
            yield template.path, "answers metadata requests without a token (IMDSv1); set HttpTokens to required"


def _volumes(subject: Subject) -> Iterator[tuple[str, str]]:
    for template in subject.of(TEMPLATE):
        for mapping in _data(template).get("BlockDeviceMappings") or ():
            volume = mapping.get("Ebs") if isinstance(mapping, Mapping) else None
            if isinstance(volume, Mapping) and str(volume.get("Encrypted", "")).lower() != "true":
                yield template.path, f"volume {mapping.get('DeviceName')} is not encrypted; set Encrypted"


def _public_address(subject: Subject) -> Iterator[tuple[str, str]]:
    for template in subject.of(TEMPLATE):
        for interface in _data(template).get("NetworkInterfaces") or ():
            if str(interface.get("AssociatePublicIpAddress", "")).lower() == "true":
                yield (
                    template.path,
                    "AssociatePublicIpAddress gives instances public addresses; turn it off, NAT lets them out",
                )


def _number(value: Any) -> int | None:
    return int(value) if isinstance(value, (int, str)) and str(value).isdigit() else None


def _sizes(subject: Subject) -> Iterator[tuple[str, str]]:
    for resource in subject.of(GROUP, "AWS::AutoScaling::ScheduledAction"):
        least, most, desired = (
            _number(resource.properties.get(name, resource.properties.get(f"Initial{name}")))
            for name in ("MinSize", "MaxSize", "DesiredCapacity")
        )
        if least is not None and most is not None and least > most:
            yield resource.path, f"{resource.name}: min {least} is more than max {most}; correct one of them"
        elif desired is not None and ((least is not None and desired < least) or (most is not None and desired > most)):
            yield (
                resource.path,
                f"{resource.name}: desired {desired} is not between min {least} and max {most}; change one",
            )


def _coarse(subject: Subject) -> Iterator[tuple[str, str]]:
    """Alarms on a group whose instances are measured more seldom than the alarm looks."""
    templates = {template.address: template for template in subject.of(TEMPLATE)}
    coarse: dict[Any, str] = {}
    for group in subject.of(GROUP):
        used = (group.properties.get("LaunchTemplate") or {}).get("LaunchTemplateId")
        template = templates.get(used.address) if isinstance(used, Ref) else None
        monitoring = _data(template).get("Monitoring") if template else None
        if template is not None and not (isinstance(monitoring, Mapping) and monitoring.get("Enabled")):
            coarse[group.properties.get("AutoScalingGroupName")] = group.path
    for alarm in subject.of(ALARM):
        period = _number(alarm.properties.get("Period"))
        if alarm.properties.get("Namespace") != "AWS/EC2" or period is None or period >= _BASIC_SECONDS:
            continue
        for dimension in alarm.properties.get("Dimensions") or ():
            value = dimension.get("Value")
            if isinstance(value, str) and value in coarse:
                yield (
                    alarm.path,
                    f"{alarm.name} looks every {period} s and EC2 measures every {_BASIC_SECONDS} s; turn on "
                    f"{coarse[value]}.detailed_monitoring or lengthen the period",
                )


def _peering_overlap(subject: Subject) -> Iterator[tuple[str, str]]:
    network = subject.options.get("network") or {}
    own = _range(network.get("cidr") or (network.get("existing") or {}).get("cidr"))
    for name, peering in subject.entries("peerings").items():
        other = _range(peering.get("peer_cidr"))
        if own is not None and other is not None and own.overlaps(other):
            yield (
                f"peerings.{name}.peer_cidr",
                f"{other} overlaps this VPC's {own}, and such VPCs cannot be joined; move one of them",
            )


def _range(text: Any) -> ipaddress.IPv4Network | None:
    try:
        return ipaddress.IPv4Network(text)
    except (ValueError, TypeError):
        return None


RULES = (
    Rule("fleet.secret-in-user-data", "A secret in user data.", _secrets),
    Rule("fleet.open-metadata", "Instances whose metadata can be read without a token.", _metadata, Severity.WARNING),
    Rule("fleet.unencrypted-volume", "A volume that is not encrypted.", _volumes),
    Rule("fleet.public-address", "Instances with public addresses.", _public_address, Severity.WARNING),
    Rule("fleet.sizes", "Sizes that contradict each other.", _sizes),
    Rule("fleet.coarse-metric", "An alarm that looks more often than EC2 measures.", _coarse, Severity.WARNING),
    Rule(
        "network.peering-overlap",
        "Two VPCs that are to be joined and share addresses.",
        _peering_overlap,
        source="https://docs.aws.amazon.com/vpc/latest/peering/invalid-peering-configurations.html",
    ),
)
