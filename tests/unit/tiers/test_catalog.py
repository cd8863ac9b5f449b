"""References: what they stand for, and what is said when they lead nowhere."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.stackwright.aws.plugins.module_utils.engine.values import Address, Compose, Ref
from ansible_collections.stackwright.aws.plugins.module_utils.tiers.base import Entry, Export, Tier
from ansible_collections.stackwright.aws.plugins.module_utils.tiers.catalog import Catalog

from .build import plain

DB = Address("AWS::RDS::DBInstance", "main")


def _tier(section: str, reference: str, single: bool = False) -> Tier:
    return Tier(section=section, reference=reference, spec={}, compile=lambda *_: [], single=single)


@pytest.fixture
def catalog() -> Catalog:
    database, secret, network = (
        _tier("databases", "database"),
        _tier("secrets", "secret"),
        _tier("network", "network", True),
    )
    known = Catalog(
        {tier.reference: tier for tier in (database, secret, network, _tier("topics", "topic"))},
        {"region": "eu-west-1"},
    )
    known.add(
        Entry(
            tier=database,
            name="main",
            options={},
            export=Export(address=DB, values={"address": Ref(DB, "Endpoint.Address"), "port": 5432}, default="address"),
        )
    )
    for name in ("prod/app", "prod/app.v2"):
        known.add(
            Entry(
                tier=secret,
                name=name,
                options={},
                export=Export(
                    values={"arn": f"arn of {name}"}, default="arn", member=lambda tail, n=name: f"{n}{tail}"
                ),
            )
        )
    known.add(Entry(tier=network, name="", options={}, export=Export(values={"vpc_id": "vpc-1"})))
    return known


@pytest.mark.parametrize(
    ("reference", "value"),
    [
        ("database.main.port", 5432),
        ("database.main", Ref(DB, "Endpoint.Address")),
        ("database.main.Endpoint.Port", Ref(DB, "Endpoint.Port")),
        ("secret.prod/app", "arn of prod/app"),
        ("secret.prod/app.v2", "arn of prod/app.v2"),
        ("secret.prod/app.v2.arn", "arn of prod/app.v2"),
        ("secret.prod/app:password", "prod/app:password"),
        ("secret.prod/app@sha256:ab", "prod/app@sha256:ab"),
        ("network.vpc_id", "vpc-1"),
        ("stack.region", "eu-west-1"),
    ],
)
def test_stands_for(catalog: Catalog, reference: str, value: Any) -> None:
    found: list[str] = []
    assert catalog.value(reference, "here", found) == value
    assert not found


@pytest.mark.parametrize(
    ("reference", "message"),
    [
        ("databse.main.port", "is no reference; did you mean 'database'"),
        ("main.port", "is no reference; write database.main"),
        ("postgresql", "is no reference; write the word of a section and the name of an entry, as database.main"),
        ("database.mian.port", "names nothing in `databases` (it has main); did you mean 'main'"),
        ("topic.alerts", "names nothing in `topics` (it is empty)"),
        ("database.main.prot", "database.main has no 'prot' (it has address, port); did you mean 'port'"),
        ("database.main:password", "a database has no ':password'"),
        ("network", "needs a word after it: vpc_id"),
        ("stack.regoin", "a stack has region; did you mean 'region'"),
    ],
)
def test_leads_nowhere(catalog: Catalog, reference: str, message: str) -> None:
    found: list[str] = []
    assert catalog.value(reference, "things.one.option", found) == ""
    assert len(found) == 1
    assert found[0].startswith("things.one.option: ")
    assert message in found[0]


@pytest.mark.parametrize("text", ["http://${database.main.address", "${ ${database.main.port}"])
def test_a_field_that_is_not_closed_is_no_text(catalog: Catalog, text: str) -> None:
    found: list[str] = []
    catalog.fill(text, "here", found)
    assert found == ["here: has a ${ without its }; close it, or write $${ for the text itself"]


def test_a_missing_single_section() -> None:
    found: list[str] = []
    Catalog({"network": _tier("network", "network", True)}).value("network.vpc_id", "here", found)
    assert found == ["here: 'network.vpc_id' needs the section `network`, which is not there; add it"]


def test_an_entry_of_another_tier(catalog: Catalog) -> None:
    found: list[str] = []
    assert catalog.entry("secret.prod/app", "here", found, ("database", "cache")) is None
    assert found == ["here: 'secret.prod/app' is not one of: database.NAME, cache.NAME"]


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("plain", "plain"),
        ("${database.main.port}", 5432),
        ("${ database.main.port }", 5432),
        ("db:${database.main.port}/x", "db:5432/x"),
        ("{braces} ${database.main.port}", "{braces} 5432"),
        ("$${HOME}", "${HOME}"),
        ("$${HOME}:${database.main.port}", "${HOME}:5432"),
        (5, 5),
    ],
)
def test_fill(catalog: Catalog, text: Any, value: Any) -> None:
    found: list[str] = []
    assert plain(catalog.fill(text, "here", found)) == value
    assert not found


def test_fill_goes_into_containers_and_names_the_place(catalog: Catalog) -> None:
    found: list[str] = []
    filled = catalog.fill({"a": [{"b": "${database.main.address}:1"}], "c": "${database.other}"}, "p", found)
    assert filled["a"][0]["b"] == Compose("{p0}:1", {"p0": Ref(DB, "Endpoint.Address")})
    assert len(found) == 1 and found[0].startswith("p.c: ")
