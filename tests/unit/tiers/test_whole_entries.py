"""An entry that is described is described whole: without an option, what the option had put there is taken away.

`entries.json` holds descriptions in which every option of every section is stated. Each option is left out in turn, and
what the description with it would have made is compared with the one without, as a plan does it: every property that
the option states must differ then, unless the property is another's from its first value on. Something must differ, or
the description be refused: an option that is read by nobody is none.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from copy import deepcopy
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.stackwright.aws.plugins.module_utils.engine.diff import differs
from ansible_collections.stackwright.aws.plugins.module_utils.engine.errors import DocumentError
from ansible_collections.stackwright.aws.plugins.module_utils.engine.kind import Kind
from ansible_collections.stackwright.aws.plugins.module_utils.engine.values import Address
from ansible_collections.stackwright.aws.plugins.module_utils.kinds.registry import REGISTRY
from ansible_collections.stackwright.aws.plugins.module_utils.tiers.sections import SECTIONS
from ansible_collections.stackwright.aws.plugins.module_utils.tiers.stack import compile_all
from tests.unit.tiers.build import plain

DESCRIPTIONS: list[dict[str, Any]] = [
    {"system": "shop", "env": "prod", "region": "eu-west-1", **sections}
    for sections in json.loads((Path(__file__).parent / "entries.json").read_text())
]

#: Properties that stay when the option that states them is left out, and why.
STAYS = {
    ("AWS::ApiGatewayV2::Stage", "DefaultRouteSettings"): "no throttle can be taken from an HTTP API; the plan says so",
    ("AWS::ApiGatewayV2::Route", "AuthorizerId"): "goes with its type",
    ("AWS::AutoScaling::AutoScalingGroup", "MixedInstancesPolicy"): "the launch template that is stated replaces it",
    ("AWS::CloudFront::Distribution", "DistributionConfig"): "the path of a bucket is its releases'",
    ("AWS::EC2::NetworkAclEntry", "Icmp"): "goes with its protocol",
    ("AWS::EKS::Addon", "AddonVersion"): "AWS chooses one, and it stays",
    ("AWS::EKS::Cluster", "AccessConfig"): "its first administrator is settled when it is made",
    ("AWS::EKS::Cluster", "EncryptionConfig"): "EKS takes no key away",
    ("AWS::EKS::Nodegroup", "ScalingConfig"): "the autoscaler counts the nodes",
    ("AWS::ECS::Service", "HealthCheckGracePeriodSeconds"): "counts only while there is a load balancer",
    ("AWS::ECS::Service", "TaskDefinition"): "what a service without an image runs is a release",
    ("AWS::ElastiCache::ReplicationGroup", "PreferredMaintenanceWindow"): "AWS chooses one, and it stays",
    ("AWS::ElastiCache::ReplicationGroup", "SnapshotWindow"): "AWS chooses one, and it stays",
    ("AWS::Lambda::Function", "Code"): "releases change it",
    ("AWS::OpenSearchService::Domain", "AdvancedOptions"): "OpenSearch changes them, and takes none away",
    ("AWS::OpenSearchService::Domain", "EBSOptions"): "what a volume provides is less only by a number",
    ("AWS::OpenSearchService::Domain", "EncryptionAtRestOptions"): "its key is settled when it is made",
    ("AWS::RDS::DBInstance", "CACertificateIdentifier"): "AWS chooses one, and renews it",
    ("AWS::RDS::DBInstance", "Iops"): "RDS provides less only for a number; the size has a baseline of its own",
    ("AWS::RDS::DBInstance", "StorageThroughput"): "as its Iops",
    ("AWS::RDS::DBInstance", "MasterUserSecret"): "the secret that RDS keeps has its key until it goes",
    ("AWS::RDS::DBInstance", "PreferredBackupWindow"): "AWS chooses one, and it stays",
    ("AWS::RDS::DBInstance", "PreferredMaintenanceWindow"): "AWS chooses one, and it stays",
    ("AWS::RDS::DBInstance", "SourceDBInstanceIdentifier"): "a promotion is an operation",
    ("AWS::Route53::HostedZone", "VPCs"): "a zone is private or public from its beginning",
    ("Custom::ImportedCertificate", "CertificateChain"): "ACM may answer one that nobody gave; the next import ends it",
    ("AWS::SSM::Parameter", "Tier"): "an advanced parameter does not become a standard one",
    ("AWS::SQS::Queue", "ContentBasedDeduplication"): "goes with the queue, which is FIFO from its beginning",
}

#: Options that no description can state beside what else they want, so that nobody tries them here.
UNTRIED = frozenset(
    {
        "monitoring.published",
        "search_domains.master_user",
        "services.scale_on.of",
    }
)


class Place:
    """Where a description states an option: the option's path in its spec, and the keys that lead to its value.

    Attributes:
        rule, value: the option's spec, and what is stated.
    """

    def __init__(self, option: str, keys: tuple[Any, ...], rule: Mapping[str, Any], value: Any) -> None:
        self.option = option
        self.keys = keys
        self.rule = rule
        self.value = value


def _stated(spec: Mapping[str, Any], stated: Any, option: str, keys: tuple[Any, ...]) -> Iterator[Place]:
    for name, rule in spec.items():
        value = stated.get(name) if isinstance(stated, Mapping) else None
        if value is None:
            continue
        here = Place(f"{option}.{name}", (*keys, name), rule, value)
        yield here
        if "options" not in rule:
            continue
        if rule["type"] == "map":
            parts = [((*here.keys, key), part) for key, part in value.items()]
        elif rule["type"] == "list":
            parts = [((*here.keys, index), part) for index, part in enumerate(value)]
        else:
            parts = [(here.keys, value)]
        for where, part in parts:
            yield from _stated(rule["options"], part, here.option, where)


def _entries(description: Mapping[str, Any]) -> Iterator[Place]:
    for section, tier in SECTIONS.items():
        described = description.get(section)
        if described is None or section == "resources":
            continue
        named = {(section,): described} if tier.single else {(section, name): one for name, one in described.items()}
        for keys, options in named.items():
            yield from _stated(tier.spec, options, section, keys)


def _options(spec: Mapping[str, Any], path: str) -> Iterator[str]:
    """The options that can be left out."""
    for name, rule in spec.items():
        if not rule.get("required"):
            yield f"{path}.{name}"
        yield from _options(rule.get("options") or {}, f"{path}.{name}")


OPTIONS = sorted(
    option for section, tier in SECTIONS.items() if section != "resources" for option in _options(tier.spec, section)
)
PLACES: dict[str, list[tuple[int, Place]]] = {}
for _number, _description in enumerate(DESCRIPTIONS):
    for _place in _entries(_description):
        PLACES.setdefault(_place.option, []).append((_number, _place))

Compiled = dict[Address, dict[str, Any]]


def _compiled(description: dict[str, Any]) -> Compiled | None:
    """What a description makes, with references as text; None where it is refused."""
    try:
        document = compile_all(description).document
    except DocumentError:
        return None
    return {
        address: {name: plain(value) for name, value in resource.properties.items()}
        for address, resource in document.resources.items()
    }


@cache
def _whole(number: int) -> Compiled:
    compiled = _compiled(DESCRIPTIONS[number])
    assert compiled is not None
    return compiled


@cache
def _all_of(number: int) -> Any:
    return _everything(DESCRIPTIONS[number])


def _altered(number: int, place: Place, value: Any = None) -> dict[str, Any]:
    """A description with another value of an option; None: without the option."""
    description = deepcopy(DESCRIPTIONS[number])
    inner: Any = description
    for key in place.keys[:-1]:
        inner = inner[key]
    if value is None:
        del inner[place.keys[-1]]
    else:
        inner[place.keys[-1]] = value
    return description


def _everything(description: dict[str, Any]) -> Any:
    """All that a description amounts to, or why it is refused."""
    try:
        compiled = compile_all(description)
    except DocumentError as error:
        return error.problems
    return (
        {
            address: replace(resource, properties=plain(resource.properties))
            for address, resource in compiled.document.resources.items()
        },
        compiled.outputs,
    )


def lasting(kind: Kind, before: Mapping[str, Any], after: Mapping[str, Any]) -> list[str]:
    """The properties of a resource that stay as they were although they are stated otherwise, or no more."""
    whole = kind.whole(after)
    return [
        name
        for name, value in before.items()
        if after.get(name) != value
        and (prop := kind.properties[name]).compared
        and not (prop.immutable and name not in after)
        and (name not in whole or (whole[name] != value and not differs(prop, whole[name], value)))
        and (kind.type, name) not in STAYS
    ]


@pytest.mark.parametrize("option", OPTIONS)
def test_what_an_option_put_there_goes_with_it(option: str) -> None:
    if option in UNTRIED:
        return
    for number, place in PLACES[option][:6]:
        without = _compiled(_altered(number, place))
        if without is None:
            continue  # Something else in the description wants it.
        for address, before in _whole(number).items():
            if address in without:
                assert lasting(REGISTRY[address.kind], before, without[address]) == [], address
        return


def _others(rule: Mapping[str, Any], value: Any) -> list[Any]:
    """Other values of an option, which may be stated as its default."""
    if rule.get("choices"):
        return [choice for choice in rule["choices"] if choice != value]
    if isinstance(value, bool):
        return [not value]
    if isinstance(value, int):
        return [value + 1, value - 1]
    return [[]] if isinstance(value, list) else []


def _says_something(number: int, place: Place) -> bool:
    if _everything(_altered(number, place)) != _all_of(number):
        return True
    changed = [_everything(_altered(number, place, other)) for other in _others(place.rule, place.value)]
    # What is no value of an option is refused whether somebody reads it or not.
    return any(isinstance(one, tuple) and one != _all_of(number) for one in changed)


@pytest.mark.parametrize("option", OPTIONS)
def test_an_option_says_something(option: str) -> None:
    # The small descriptions first: they are quick.
    places = sorted(PLACES.get(option, ()), key=lambda one: len(str(DESCRIPTIONS[one[0]])))
    said = any(_says_something(number, place) for number, place in places)
    assert said != (option in UNTRIED)


def test_what_stays_would_stay() -> None:
    """Nothing is on the list for which a kind says what it means not to state it."""
    for kind, name in STAYS:
        prop = REGISTRY[kind].properties[name]
        assert name not in REGISTRY[kind].whole({}) and prop.compared


def test_every_option_is_in_a_description() -> None:
    assert set(OPTIONS) - set(PLACES) == UNTRIED
