"""Each tier's own module, alone in an account that holds the rest of a stack: made, found, changed, taken down."""

from __future__ import annotations

import datetime
from collections.abc import Iterator
from typing import Any

import pytest
from ansible.module_utils.common.arg_spec import ArgumentSpecValidator
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from ansible_collections.stackwright.aws.plugins.module_utils.door import tier_spec
from ansible_collections.stackwright.aws.plugins.module_utils.run import RunError, run, tier_description
from ansible_collections.stackwright.aws.plugins.module_utils.tiers.base import Tier
from ansible_collections.stackwright.aws.plugins.module_utils.tiers.stack import TIERS
from tests.own_twin import OwnTwin, own_twin

WORDS: dict[str, Tier] = {tier.reference: tier for tier in TIERS}
REGION = "us-east-1"
Options = dict[str, Any]

#: What the stack holds beside the entry under test: the same for every case, converged once.
BACKDROP: Options = {
    "system": "shop",
    "env": "dev",
    "region": REGION,
    "network": {"cidr": "10.20.0.0/16", "nat_gateways": "none", "gateway_endpoints": []},
    "zones": {"backdrop": {"domain": "example.org", "records": {"www": {"values": ["192.0.2.1"]}}}},
    "buckets": {"backdrop": {}},
    "topics": {"backdrop": {}},
    "clusters": {"backdrop": {}},
    "secrets": {"backdrop": {"generate": {"length": 40}}},
    "services": {
        "backdrop": {"cluster": "backdrop", "port": 8000, "allow_from": ["10.20.0.0/16"]},
    },
    "queues": {"backdrop": {"visibility_seconds": 180}},
    "monitoring": {"log_groups": {"/backdrop": {}}},
}


def certificate(name: str) -> tuple[str, str]:
    """A certificate that signs itself, and its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])
    now = datetime.datetime.now(datetime.UTC)
    signed = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now)
        .not_valid_after(now + datetime.timedelta(days=30))
        .sign(key, hashes.SHA256())
    )
    plain = serialization.NoEncryption()
    pem = serialization.Encoding.PEM
    return (
        signed.public_bytes(pem).decode(),
        key.private_bytes(pem, serialization.PrivateFormat.PKCS8, plain).decode(),
    )


CERTIFICATE, KEY = certificate("shop.example.org")

#: For each tier an entry, and how it changes later.
CASES: dict[str, tuple[Options, Options]] = {
    "key": ({"entry": "data"}, {"description": "Everything that customers upload"}),
    "role": (
        {"entry": "reports", "trusts": {"services": ["lambda.amazonaws.com"]}, "may": {"read": ["bucket.backdrop"]}},
        {"may": {"read": ["bucket.backdrop"], "publish": ["topic.backdrop"]}},
    ),
    "secret": ({"entry": "dev/shop/jwt", "generate": {"length": 64}}, {"description": "Signs the sessions"}),
    "bucket": (
        {"entry": "exports", "replicate_to": {"region": "us-west-2", "name": "shop-copy"}},
        {"tags": {"a": "b"}},
    ),
    "repository": ({"entry": "shop/api"}, {"keep_images": 10}),
    "zone": (
        {"entry": "main", "domain": "example.com", "records": {"a": {"values": ["192.0.2.1"]}}},
        {"records": {"b": {"values": ["192.0.2.2"]}}},
    ),
    "certificate": (
        {"entry": "main", "import": {"certificate": CERTIFICATE, "private_key": KEY}},
        {"tags": {"a": "b"}},
    ),
    "load_balancer": ({"entry": "inside", "internal": True}, {"idle_timeout_seconds": 30}),
    "distribution": (
        {"entry": "web", "to": "https://origin.example.net", "cache": {}, "functions": {"same": {"code": "code"}}},
        {"price_class": "PriceClass_100", "aliases": []},
    ),
    "cluster": ({"entry": "main"}, {"container_insights": "disabled"}),
    "service": (
        {"entry": "api", "cluster": "backdrop", "port": 80, "secrets": {"JWT": "secret.backdrop"}},
        {"cpu": 512, "memory": 1024, "connects_to": ["service.backdrop"]},
    ),
    "topic": (
        {"entry": "ops", "subscriptions": [{"protocol": "email", "endpoint": "oncall@example.com"}]},
        {"display_name": "Shop"},
    ),
    "database": (
        {"entry": "main", "engine": "postgres", "engine_version": "16", "instance_class": "db.t4g.medium"}
        | {"allow_from": ["10.20.0.0/16", "service.backdrop"], "proxy": {}},
        {"backups": {"retention_days": 3}, "allow_from": ["10.20.0.0/24", "service.backdrop"]}
        | {"proxy": {"idle_seconds": 600}, "rotate_password_days": 30},
    ),
    "cache": (
        {"entry": "main", "engine_version": "7.1", "node_type": "cache.t4g.small", "nodes": 2}
        | {"allow_from": ["10.20.0.0/16"]},
        {"snapshots": {"retention_days": 3, "hourly": {"keep_days": 7}}},
    ),
    "search_domain": (
        {
            "entry": "main",
            "engine_version": "2.11",
            "instance_type": "r6g.large.search",
            "allow_from": ["10.20.0.0/16"],
        },
        {"engine_version": "2.17", "volume": {"size": 100}, "log_exports": ["search_slow"]},
    ),
    "queue": ({"entry": "audio", "long_poll_seconds": 10}, {"dead_letters": {"enabled": False}, "tags": {"a": "b"}}),
    "function": (
        {
            "entry": "audio",
            "runtime": "python3.13",
            "queue": {"from": "queue.backdrop", "concurrency": 2},
            "alias": {"name": "Production", "provisioned": 1},
            "schedule": {"expression": "rate(1 hour)"},
            "secrets": {"JWT": "secret.backdrop"},
        },
        {"memory": 1024, "alias": {"name": "Production"}, "connects_to": ["service.backdrop"], "tracing": True},
    ),
    "event_rule": (
        {"entry": "failures", "pattern": {"source": ["aws.rds"]}, "targets": [{"to": "topic.backdrop"}]},
        {"targets": [{"to": "topic.backdrop", "input": {"what": "failure"}}]},
    ),
    "schedule": (
        {
            "entry": "weekly",
            "expression": "cron(0 4 ? * SUN *)",
            "call": {"action": "rds:CreateDBSnapshot", "resources": ["rds:snapshot:weekly-*"]},
        },
        {"timezone": "Europe/Berlin", "input": {"DBInstanceIdentifier": "main"}},
    ),
    "budget": (
        {"entry": "monthly", "amount": 100, "notify": ["ops@example.com", "backdrop"]},
        {"amount": 200, "alerts": [{"percent": 80}, {"percent": 90, "kind": "forecast"}]},
    ),
    "cost_anomaly": (
        {"entry": "all", "above": 10, "notify": ["ops@example.com"]},
        {"above": 20, "frequency": "weekly"},
    ),
    "parameter": ({"entry": "BUCKET", "value": "bucket.backdrop.name"}, {"description": "Where uploads go"}),
    "backup": ({"entry": "weekly", "of": ["bucket.backdrop"], "copy_to": "us-west-2"}, {"keep_days": 70}),
}


class Account:
    """Where the modules run."""

    def __init__(self, twin: OwnTwin) -> None:
        self.twin = twin

    def module(self, word: str, options: Options, *, check: bool = False, **given: Any) -> dict[str, Any]:
        """What the module of a tier answers; `given` takes the place of options and of what every run takes."""
        connection = {"endpoint_url": self.twin.url, "access_key": "testing", "secret_key": "testing", "region": REGION}
        arguments = {"system": "shop", "env": "dev", **connection, "poll_interval": 0.05, **options, **given}
        tier = WORDS[word]
        validated = ArgumentSpecValidator(tier_spec(tier), **tier.constraints).validate(arguments)
        assert validated.error_messages == []
        params = validated.validated_parameters
        description, part = tier_description(tier, params)
        return run(description, {}, params, check=check, diff=True, part=part)

    def holdings(self) -> set[str]:
        """Everything that carries tags, and every security group rule.

        Without what keeps its tags when it is gone: keys and secrets that wait for their deletion, revisions of task
        definitions, and what went together with the load balancer or security group that it was a part of.
        """
        found = set()
        for region in (REGION, "us-west-2"):
            pages = self.twin.client("resourcegroupstaggingapi", region).get_paginator("get_resources").paginate()
            arns = [one["ResourceARN"] for page in pages for one in page["ResourceTagMappingList"]]
            secrets = {one["ARN"] for one in self.twin.client("secretsmanager", region).list_secrets()["SecretList"]}
            gone = (":kms:", ":task-definition/", ":listener/", ":security-group-rule/")
            found |= {arn for arn in arns if not any(word in arn for word in gone)}
            found -= {arn for arn in found if ":secret:" in arn and f":{region}:" in arn} - secrets
        rules = self.twin.client("ec2").describe_security_group_rules()["SecurityGroupRules"]
        return found | {rule["SecurityGroupRuleId"] for rule in rules}


def effective(result: dict[str, Any]) -> dict[str, str]:
    return {f"{one['kind']} {one['name']}": one["action"] for one in result["plan"] if one["action"] != "none"}


@pytest.fixture(scope="module")
def account() -> Iterator[Account]:
    with own_twin(scale=0.02) as twin:
        account = Account(twin)
        for tier in TIERS:
            described = BACKDROP.get(tier.section)
            if described is not None:
                entries = {"": described} if tier.single else described
                for name, options in entries.items():
                    named = {} if tier.single else {"entry": name}
                    account.module(tier.reference, {**options, **named}, stack=BACKDROP)
        yield account


@pytest.mark.parametrize("word", CASES)
def test_makes_finds_changes_and_takes_down_only_its_own(account: Account, word: str) -> None:
    options, later = CASES[word]
    before = account.holdings()

    predicted = account.module(word, options, stack=BACKDROP, check=True)
    made = account.module(word, options, stack=BACKDROP)
    assert made["changed"] and set(effective(made).values()) == {"create"}
    assert predicted["plan"] == made["plan"]

    account.twin.forget_requests()
    assert not account.module(word, options, stack=BACKDROP)["changed"]
    assert account.twin.writes() == []

    changed = account.module(word, options, stack=BACKDROP, **later)
    assert changed["changed"] and "replace" not in effective(changed).values()

    confirm = f"shop-dev/{word}.{options['entry']}"
    last = {**options, **later, "stack": BACKDROP, "state": "absent", "release_protection": True}
    with pytest.raises(RunError, match=confirm):
        account.module(word, last, confirm="shop-dev")
    taken_down = account.module(word, last, confirm=confirm, final_snapshot=False)
    assert set(effective(taken_down).values()) == {"delete"}
    assert account.holdings() ^ before == set()
    assert not account.module(word, last, confirm=confirm)["changed"]


def test_a_network_and_a_monitoring_leave_the_other_alone(account: Account) -> None:
    before = account.holdings()
    network = {"cidr": "10.99.0.0/16", "nat_gateways": "none"}
    monitoring = {"log_groups": {"/other": {}}, "dashboards": {"shop": {"of": ["service.backdrop"]}}}
    account.module("network", network, env="test", stack={})
    with pytest.raises(RunError, match=r"cluster\.backdrop"):
        account.module("monitoring", monitoring, env="test", stack={"services": BACKDROP["services"]})
    account.module("monitoring", monitoring, stack=BACKDROP)
    pruned = account.module("monitoring", {"log_groups": {"/other": {}}}, stack=BACKDROP, prune=True)
    assert set(effective(pruned)) == {"AWS::Logs::LogGroup /backdrop", "AWS::CloudWatch::Dashboard shop"}
    account.module("monitoring", {"log_groups": {"/other": {}}}, state="absent", confirm="shop-dev/monitoring")
    account.module("monitoring", BACKDROP["monitoring"])
    account.module("network", network, env="test", state="absent", confirm="shop-test/network")
    assert account.holdings() ^ before == set()


@pytest.mark.parametrize(
    ("word", "options", "later"),
    [
        (
            "audit",
            {"trail": {}, "config": {}, "rules": {"encrypted": {"identifier": "ENCRYPTED_VOLUMES"}}},
            {"trail": {"object_events": ["backdrop"]}, "rules": {}},
        ),
        (
            "tracing",
            {"sampling": {"all": {"rate_percent": 10}}, "groups": {"faults": {"filter": "fault = true"}}},
            {"sampling": {"all": {"rate_percent": 100}}},
        ),
    ],
)
def test_a_section_that_is_one_entry(account: Account, word: str, options: Options, later: Options) -> None:
    before = account.holdings()
    predicted = account.module(word, options, stack=BACKDROP, check=True)
    assert account.module(word, options, stack=BACKDROP)["plan"] == predicted["plan"]
    account.twin.forget_requests()
    assert not account.module(word, options, stack=BACKDROP)["changed"]
    assert account.twin.writes() == []
    changed = effective(account.module(word, {**options, **later}, stack=BACKDROP, prune=True))
    assert set(changed.values()) <= {"update", "delete"} and changed
    last = {"state": "absent", "confirm": f"shop-dev/{word}", "release_protection": True, "stack": BACKDROP}
    account.module(word, {**options, **later}, **last)
    assert account.holdings() ^ before == set()


def test_what_a_runbook_sets_stays_set(account: Account) -> None:
    options = {"entry": "ENABLE_FALLBACK_MODE", "value": "false", "owned_by": "operations"}
    account.module("parameter", options, stack=BACKDROP)
    ssm = account.twin.client("ssm")
    ssm.put_parameter(Name="/shop/dev/ENABLE_FALLBACK_MODE", Value="true", Overwrite=True)
    assert not account.module("parameter", options, stack=BACKDROP)["changed"]
    assert account.module("parameter", options, stack=BACKDROP, description="Answers from the cache only")["changed"]
    assert ssm.get_parameter(Name="/shop/dev/ENABLE_FALLBACK_MODE")["Parameter"]["Value"] == "true"
    account.module(
        "parameter", options, stack=BACKDROP, state="absent", confirm="shop-dev/parameter.ENABLE_FALLBACK_MODE"
    )
