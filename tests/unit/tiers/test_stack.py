"""The whole: sections together, the escape hatch, and agreement with the kinds."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.stackwright.aws.plugins.module_utils.engine.errors import DocumentError
from ansible_collections.stackwright.aws.plugins.module_utils.engine.values import PSEUDO, references
from ansible_collections.stackwright.aws.plugins.module_utils.kinds.registry import REGISTRY
from ansible_collections.stackwright.aws.plugins.module_utils.tiers.stack import TIERS, compile_all, compile_stack

from .build import description, document, get, plain, problems, warnings

DATABASE = {"engine": "postgres", "engine_version": "15", "instance_class": "db.t3.medium"}

EVERYTHING: dict[str, Any] = {
    "network": {
        "cidr": "10.40.0.0/16",
        "interface_endpoints": ["ecr.api"],
        "network_acls": [
            {
                "name": "edge",
                "subnets": ["public"],
                "ingress": [{"number": 100, "port": 443}],
                "egress": [{"number": 100, "protocol": "all"}],
            }
        ],
    },
    "keys": {"data": {"rotation_days": 180}},
    "databases": {
        "main": {
            **DATABASE,
            "key": "data",
            "database": "shop",
            "iops": 12000,
            "throughput": 500,
            "allocated_storage": 400,
            "max_allocated_storage": 1000,
            "backups": {"window": "03:00-04:00"},
            "maintenance_window": "Mon:04:00-Mon:05:00",
            "ca_certificate": "rds-ca-rsa2048-g1",
            "read_replicas": [{"name": "read", "zone": "eu-west-1a"}],
            "allow_from": ["10.9.0.0/16"],
        },
        "restored": {**DATABASE, "snapshot": "final", "multi_az": False, "zone": "eu-west-1a"},
        "follower": {**DATABASE, "replica_of": "arn:aws:rds:us-east-1:123456789012:db:x", "key": "data"},
    },
    "caches": {
        "main": {
            "engine_version": "7.0",
            "node_type": "cache.t3.medium",
            "nodes": 3,
            "key": "data",
            "snapshots": {"window": "05:00-06:00"},
            "maintenance_window": "sun:06:00-sun:07:00",
        }
    },
    "tracing": {"sampling": {"all": {"rate_percent": 10}}, "groups": {"faults": {"filter": "fault = true"}}},
    "audit": {
        "trail": {"insights": True},
        "config": {"notify": "ops"},
        "rules": {"encrypted": {"identifier": "ENCRYPTED_VOLUMES", "parameters": {"a": "b"}}},
    },
    "fleets": {
        "web": {
            "instance_type": "t3.medium",
            "port": 8080,
            "spot": {"instance_types": ["t3a.medium"]},
            "instances": {"max": 4, "target": {"cpu": 70, "memory": 80}},
            "agents": ["cloudwatch", "codedeploy"],
            "scaling_steps": {"more": {"change": 1}, "less": {"change": -20, "unit": "percent"}},
            "schedules": {"night": {"cron": "0 20 * * *", "min": 0}},
            "lifecycle_hooks": {"drain": {"on": "terminate", "metadata": "drain"}},
            "max_instance_lifetime_days": 30,
            "volume": {"key": "key.data"},
        }
    },
    "codedeploy_applications": {"web": {"groups": {"main": {"fleets": ["fleet.web"], "notify": "topic.ops"}}}},
    "peerings": {"warehouse": {"peer_vpc_id": "vpc-1", "peer_cidr": "10.90.0.0/16"}},
    "topics": {"ops": {}},
    "budgets": {"monthly": {"amount": 1000, "notify": ["ops"]}},
    "cost_anomalies": {
        "all": {"above": 10, "notify": ["ops@example.com"]},
        "team": {"above_percent": 20, "frequency": "immediate", "notify": ["ops"], "tagged": {"team": "web"}},
    },
    "parameters": {"HOST": {"value": "database.main.address"}, "FLAG": {"value": "false", "owned_by": "operations"}},
    "secrets": {
        "prod/db": {"generate": ["password"], "fields": {"host": "database.main.address"}, "replicas": ["us-east-1"]},
        "prod/url": {"text": "${cache.main.url}", "description": "Redis", "key": "data"},
        "prod/api": {
            "value": "x",
            "rotate_days": 30,
            "rotation_function": "arn:aws:lambda:eu-west-1:123456789012:function:rotate",
        },
    },
    "buckets": {
        "logs": {},
        "audio": {
            "lifecycle": [{"transitions": [{"days": 30, "storage_class": "GLACIER"}]}],
            "replicate_to": {"region": "us-east-1", "name": "shop-audio-dr"},
            "access_log_bucket": "bucket.logs",
            "cors": [{"origins": ["https://shop.example.com"], "methods": ["GET"], "max_age_seconds": 60}],
        },
    },
    "roles": {
        "ops": {
            "trusts": {"services": ["ec2.amazonaws.com"]},
            "may": {"read": ["bucket.audio", "secret.prod/api"]},
            "path": "/ops/",
            "max_session_seconds": 7200,
            "permissions_boundary": "arn:aws:iam::123456789012:policy/boundary",
        }
    },
    "resources": {
        "parameter": {
            "type": "AWS::SSM::Parameter",
            "properties": {"Name": "/shop/db", "Type": "String", "Value": "${database.main.address}"},
            "depends_on": ["bucket.audio"],
            "tags": {"owner": "x"},
        }
    },
}


def test_every_resource_is_one_that_its_kind_understands() -> None:
    """Each type has a kind, each property is the kind's, each reference leads to something that the kind tells."""
    doc = document(**EVERYTHING)
    wrong = []
    for resource in doc.resources.values():
        if resource.kind not in REGISTRY:
            wrong.append(f"{resource.kind}: no such kind")
            continue
        wrong += [
            f"{resource.address}: {name}"
            for name in resource.properties
            if name not in REGISTRY[resource.kind].properties
        ]
        for ref in references(resource.properties):
            if ref.address == PSEUDO:
                continue
            kind = REGISTRY[ref.address.kind]
            known = {*kind.attributes, *kind.properties}
            if ref.attribute not in known and ref.attribute.partition(".")[0] not in kind.fetched:
                wrong.append(f"{resource.address} refers to {ref}")
    assert not wrong


def test_tiers_do_not_share_words() -> None:
    assert len({tier.section for tier in TIERS}) == len({tier.reference for tier in TIERS}) == len(TIERS)


def test_sections_refer_to_each_other_in_order() -> None:
    doc = document(**EVERYTHING)
    order = [str(res.address) for res in doc.in_order()]
    chain = [
        "AWS::KMS::Key data",
        "AWS::SecretsManager::Secret prod/db",
        "AWS::RDS::DBInstance main",
        "Custom::SecretValue prod/db",
    ]
    assert [order.index(step) for step in chain] == sorted(order.index(step) for step in chain)


def test_outputs_speak_in_references() -> None:
    compiled = compile_all(description(databases={"main": DATABASE}))
    assert plain(compiled.outputs["database.main"]["address"]) == "<DBInstance main Endpoint.Address>"
    assert compiled.outputs["database.main"]["port"] == 5432


def test_the_escape_hatch() -> None:
    doc = document(
        databases={"main": DATABASE},
        resources={
            "parameter": {
                "type": "AWS::SSM::Parameter",
                "properties": {"Name": "/shop/${stack.env}", "Value": "${database.main.Endpoint.Port}"},
                "depends_on": ["database.main"],
                "region": "eu-central-1",
                "protect": True,
                "tags": {"owner": "x"},
            },
            "other": {"type": "AWS::SSM::Parameter", "properties": {"Value": "${resource.parameter.Name}"}},
        },
        tags={"team": "core"},
    )
    parameter = get(doc, "AWS::SSM::Parameter", "parameter")
    assert plain(parameter.properties) == {"Name": "/shop/prod", "Value": "<DBInstance main Endpoint.Port>"}
    assert parameter.region == "eu-central-1"
    assert parameter.protect
    assert parameter.tags == {"team": "core", "owner": "x"}
    assert [str(address) for address in parameter.depends_on] == ["AWS::RDS::DBInstance main"]
    assert plain(get(doc, "AWS::SSM::Parameter", "other").properties) == {"Value": "<Parameter parameter Name>"}


def test_a_type_that_nobody_knows() -> None:
    types = frozenset({"AWS::EC2::VPC"})
    compile_stack(description(resources={"x": {"type": "AWS::Events::Rule"}}), types=types)
    given = description(resources={"x": {"type": "Custom::Thing"}})
    compile_stack(given)
    with pytest.raises(DocumentError, match=r"resources\.x\.type: .Custom::Thing. is no name of a CloudFormation type"):
        compile_stack(given, types=types)


def test_problems_of_every_sort_come_at_once() -> None:
    found = problems(
        network={"cidr": "10.0.0.0/16", "zones": 9},
        databases={"main": {**DATABASE, "username": "admin", "key": "nothing"}},
        secrets={"x": {"text": "${cache.main.url}"}},
    )
    joined = "\n".join(found)
    assert "network.zones" in joined
    assert "'admin' is reserved by postgres" in joined
    assert "databases.main.key: 'key.nothing'" in joined
    assert "secrets.x.text: 'cache.main.url'" in joined
    assert len(found) == len(set(found))


def test_mistakes_in_options_come_before_anything_else() -> None:
    found = problems(databases={"main": {**DATABASE, "username": "admin", "size": 3}, "b": {}})
    assert len(found) == 4
    assert not any("reserved" in line for line in found)


def test_a_circle_is_refused() -> None:
    found = problems(
        resources={
            name: {"type": "AWS::SSM::Parameter", "properties": {"Value": f"${{resource.{other}.Value}}"}}
            for name, other in (("a", "b"), ("b", "a"))
        }
    )
    assert len(found) == 1
    assert found[0].startswith("the references form a circle")


def test_warnings_do_not_stop() -> None:
    assert any(
        "database.open" in line or "network.open-to-world" in line
        for line in warnings(databases={"main": {**DATABASE, "allow_from": ["0.0.0.0/0"]}})
    )
    assert not warnings(databases={"main": DATABASE})
