"""Connections: rules on both sides, each once."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.stackwright.aws.plugins.module_utils.engine.values import Address, Ref
from ansible_collections.stackwright.aws.plugins.module_utils.tiers.base import Connection, Context, Entry, Export, Tier
from ansible_collections.stackwright.aws.plugins.module_utils.tiers.catalog import Catalog
from ansible_collections.stackwright.aws.plugins.module_utils.tiers.connections import compile_connections

from .build import document, of, plain

INGRESS = "AWS::EC2::SecurityGroupIngress"
EGRESS = "AWS::EC2::SecurityGroupEgress"


def _group(name: str) -> Ref:
    return Ref(Address("AWS::EC2::SecurityGroup", name), "GroupId")


@pytest.fixture
def context() -> Context:
    tier = Tier(section="things", reference="thing", spec={}, compile=lambda *_: [])
    catalog = Catalog({tier.reference: tier})
    for name, export in {
        "db": Export(security_group=_group("thing.db"), port=5432),
        "web": Export(security_group=_group("thing.web")),
        "theirs": Export(security_group="sg-1", port=6379),
        "bucket": Export(values={"arn": "x"}),
    }.items():
        catalog.add(Entry(tier=tier, name=name, options={}, export=export))
    return Context(system="shop", env="prod", region="eu-west-1", catalog=catalog)


def _rules(context: Context, *connections: Connection) -> dict[tuple[str, str], dict[str, Any]]:
    return {(rule.kind, rule.name): plain(rule.properties) for rule in compile_connections(connections, context)}


def test_both_sides(context: Context) -> None:
    assert _rules(context, Connection(source="thing.web", target="thing.db")) == {
        (INGRESS, "thing.db/5432 from thing.web"): {
            "GroupId": "<SecurityGroup thing.db GroupId>",
            "IpProtocol": "tcp",
            "FromPort": 5432,
            "ToPort": 5432,
            "SourceSecurityGroupId": "<SecurityGroup thing.web GroupId>",
            "Description": "5432 from thing.web",
        },
        (EGRESS, "thing.web/5432 to thing.db"): {
            "GroupId": "<SecurityGroup thing.web GroupId>",
            "IpProtocol": "tcp",
            "FromPort": 5432,
            "ToPort": 5432,
            "DestinationSecurityGroupId": "<SecurityGroup thing.db GroupId>",
            "Description": "5432 to thing.db",
        },
    }


def test_ranges_of_addresses(context: Context) -> None:
    rules = _rules(
        context,
        Connection(source="10.0.0.0/8", target="thing.web", port=8000, to_port=8010),
        Connection(source="2001:db8::/32", target="thing.db"),
        Connection(source="thing.web", target="0.0.0.0/0", port=443),
        Connection(source="thing.web", target="0.0.0.0/0", protocol="-1"),
        Connection(source="thing.web", target="10.0.0.2/32", port=53, protocol="udp"),
    )
    span = rules[INGRESS, "thing.web/8000-8010 from 10.0.0.0/8"]
    assert (span["CidrIp"], span["FromPort"], span["ToPort"]) == ("10.0.0.0/8", 8000, 8010)
    assert rules[INGRESS, "thing.db/5432 from 2001:db8::/32"]["CidrIpv6"] == "2001:db8::/32"
    assert rules[EGRESS, "thing.web/443 to 0.0.0.0/0"]["CidrIp"] == "0.0.0.0/0"
    assert "FromPort" not in rules[EGRESS, "thing.web/all to 0.0.0.0/0"]
    assert rules[EGRESS, "thing.web/udp/53 to 10.0.0.2/32"]["IpProtocol"] == "udp"
    assert len(rules) == 5


def test_the_rules_of_somebody_elses_group_are_left_alone(context: Context) -> None:
    rules = _rules(context, Connection(source="thing.web", target="thing.theirs"))
    assert set(rules) == {(EGRESS, "thing.web/6379 to thing.theirs")}
    assert rules[EGRESS, "thing.web/6379 to thing.theirs"]["DestinationSecurityGroupId"] == "sg-1"


def test_each_rule_once(context: Context) -> None:
    twice = Connection(source="thing.web", target="thing.db")
    assert len(_rules(context, twice, twice)) == 2


@pytest.mark.parametrize(
    ("connection", "message"),
    [
        (Connection(source="thing.db", target="thing.web", path="p"), "p: thing.web listens on no port"),
        (Connection(source="thing.web", target="thing.bucket", path="p"), "p: 'thing.bucket' has no network address"),
        (Connection(source="thing.wbe", target="thing.db", path="p"), "p: 'thing.wbe' names nothing in `things`"),
        (Connection(source="10.0.0.1/8", target="thing.db", path="p"), "p: '10.0.0.1/8' is no range of addresses"),
    ],
)
def test_what_cannot_be(context: Context, connection: Connection, message: str) -> None:
    assert not compile_connections([connection], context)
    assert len(context.problems) == 1
    assert context.problems[0].startswith(message)


def test_allow_from() -> None:
    database = {"engine": "postgres", "engine_version": "16", "instance_class": "db.t3.medium"}
    doc = document(databases={"main": {**database, "allow_from": ["10.9.0.0/16"]}})
    (rule,) = of(doc, INGRESS).values()
    assert (rule["CidrIp"], rule["FromPort"]) == ("10.9.0.0/16", 5432)
    assert not of(doc, EGRESS)
