"""What belongs to an entry, told by its logical name."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.stackwright.aws.plugins.module_utils.engine.focus import Focus
from ansible_collections.stackwright.aws.plugins.module_utils.tiers.focus import focus_on
from ansible_collections.stackwright.aws.plugins.module_utils.tiers.stack import TIERS, compile_all

RULE = "AWS::EC2::SecurityGroupIngress"
LOGS = "AWS::Logs::LogGroup"
ROLE = "AWS::IAM::Role"

DESCRIPTION: dict[str, Any] = {
    "system": "shop",
    "env": "dev",
    "region": "us-east-1",
    "network": {"cidr": "10.0.0.0/16"},
    "clusters": {"main": {}},
    "services": {
        "api": {"cluster": "main", "port": 80, "connects_to": ["database.main"]},
        "job": {"cluster": "main"},
    },
    "databases": {
        "main": {"engine": "postgres", "engine_version": "16", "instance_class": "db.t3.small"},
        "main/archive": {"identifier": "archive", "engine": "postgres", "engine_version": "16"}
        | {"instance_class": "db.t3.small"},
    },
    "monitoring": {},
}


def focus(reference: str, *, whole: bool) -> Focus:
    word, _dot, name = reference.partition(".")
    return focus_on(compile_all(DESCRIPTION), next(t for t in TIERS if t.reference == word), name, whole=whole)


def test_an_entry_is_its_resources_and_the_rules_it_asks_for() -> None:
    names = {f"{address.kind} {address.name}" for address in focus("service.api", whole=True).addresses}
    assert f"{RULE} database.main/5432 from service.api" in names
    assert "AWS::EC2::SecurityGroupEgress service.api/5432 to database.main" in names
    assert "AWS::ECS::Service api" in names
    assert not any("job" in name or "RDS" in name for name in names)
    database = focus("database.main", whole=True).addresses
    assert not any(address.kind == RULE for address in database)


@pytest.mark.parametrize(
    ("reference", "kind", "name", "alone", "whole"),
    [
        ("database.main", ROLE, "database.main/monitoring", True, True),
        ("database.main", LOGS, "database.main/upgrade", True, True),
        ("database.main", ROLE, "database.main2/monitoring", False, False),
        ("database.main", ROLE, "service.api/task", False, False),
        # Who asked for a rule between two entries, the whole description tells.
        ("database.main", RULE, "database.main/5432 from service.api", False, True),
        ("database.main", RULE, "database.main/5432 from 10.0.0.0/8", True, True),
        ("database.main", "AWS::RDS::DBInstance", "main/reports", False, True),
        ("database.main", "AWS::RDS::DBInstance", "main/archive", False, False),
        ("database.main", "AWS::RDS::DBInstance", "main/archive/reports", False, False),
        ("database.main/archive", "AWS::RDS::DBInstance", "main/archive/reports", False, True),
        ("database.main", "AWS::RDS::DBInstance", "mainly", False, False),
        # A type that other tiers name by their entries as well.
        ("database.main", "AWS::ECS::Service", "main", False, False),
        ("monitoring", LOGS, "/app/audit", False, True),
        ("monitoring", LOGS, "service.gone", False, False),
        ("monitoring", LOGS, "network/flow-logs", False, False),
        ("network", LOGS, "network/flow-logs", True, True),
        ("network", "AWS::EC2::NatGateway", "nat-c", False, True),
        ("network", "AWS::CloudWatch::Alarm", "nat-c", False, False),
    ],
)
def test_what_is_not_described_any_more_is_told_by_its_name(
    reference: str, kind: str, name: str, alone: bool, whole: bool
) -> None:
    assert focus(reference, whole=False).owns(kind, name) is alone
    assert focus(reference, whole=True).owns(kind, name) is whole
