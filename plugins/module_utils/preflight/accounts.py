# Copyright (c) stackwright.aws contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""What is said about the account: its money, its audit, and who listens."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from .rule import Rule, Severity, Subject

_MAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")
#: https://docs.aws.amazon.com/cost-management/latest/userguide/management-limits.html
_MAILS, _TOPICS, _NOTIFICATIONS = 10, 1, 10


def _listeners(subject: Subject) -> Iterator[tuple[str, list[str]]]:
    """Whoever is told of money, by the option that says so."""
    for name, budget in subject.entries("budgets").items():
        for index, alert in enumerate(budget["alerts"] or []):
            told = budget["notify"] if alert["notify"] is None else alert["notify"]
            yield f"budgets.{name}.alerts[{index}]", told
        if budget["alerts"] is None:
            yield f"budgets.{name}.notify", budget["notify"]


def _budget_listeners(subject: Subject) -> Iterator[tuple[str, str]]:
    for path, told in _listeners(subject):
        mails = [one for one in told if "@" in one]
        wrong = [one for one in mails if not _MAIL.fullmatch(one) and "${" not in one]
        if wrong:
            yield path, f"{', '.join(wrong)}: no e-mail address"
        if len(mails) > _MAILS or len(told) - len(mails) > _TOPICS:
            yield (
                path,
                f"{len(mails)} addresses and {len(told) - len(mails)} topics: an alert tells {_MAILS} addresses and "
                f"{_TOPICS} topic at the most; subscribe the others to the topic",
            )
    for name, budget in subject.entries("budgets").items():
        alerts = budget["alerts"]
        if alerts is not None and len(alerts) > _NOTIFICATIONS:
            yield f"budgets.{name}.alerts", f"{len(alerts)} alerts; a budget has {_NOTIFICATIONS} at the most"
        if alerts == [] or (alerts is None and not budget["notify"]):
            yield f"budgets.{name}.notify", "is empty: nobody would be told; name an e-mail address or a topic"


def _anomaly_listeners(subject: Subject) -> Iterator[tuple[str, str]]:
    """https://docs.aws.amazon.com/cost-management/latest/userguide/getting-started-ad.html"""
    for name, anomaly in subject.entries("cost_anomalies").items():
        mails = [one for one in anomaly["notify"] if "@" in one]
        path = f"cost_anomalies.{name}.frequency"
        if anomaly["frequency"] == "immediate" and mails:
            yield path, f"immediate goes to topics only, and {', '.join(mails)} is mail; make it daily, or name a topic"
        if anomaly["frequency"] != "immediate" and len(mails) < len(anomaly["notify"]):
            yield path, f"{anomaly['frequency']} goes to e-mail only; make it immediate, or name addresses"
        if not anomaly["notify"]:
            yield f"cost_anomalies.{name}.notify", "is empty: nobody would be told; name an e-mail address or a topic"


def _one_monitor(subject: Subject) -> Iterator[tuple[str, str]]:
    every = [
        name
        for name, anomaly in subject.entries("cost_anomalies").items()
        if not anomaly["existing_monitor"] and not anomaly["tagged"]
    ]
    for name in every[1:]:
        yield (
            f"cost_anomalies.{name}",
            f"an account has one monitor of every service, and {every[0]!r} is it; refer to that one "
            f"(`existing_monitor`), or watch what is `tagged`",
        )


def _monitors(subject: Subject) -> Iterator[tuple[str, str]]:
    """https://docs.aws.amazon.com/aws-cost-management/latest/APIReference/API_AnomalyMonitor.html"""
    for monitor in subject.of("AWS::CE::AnomalyMonitor"):
        kind = monitor.properties.get("MonitorType")
        dimension, chosen = monitor.properties.get("MonitorDimension"), monitor.properties.get("MonitorSpecification")
        if kind not in ("DIMENSIONAL", "CUSTOM"):
            yield monitor.path, f"MonitorType {kind!r}: there are DIMENSIONAL and CUSTOM; take one of them"
        elif kind == "DIMENSIONAL" and (not dimension or chosen):
            yield (
                monitor.path,
                "a DIMENSIONAL monitor takes MonitorDimension: SERVICE and no MonitorSpecification; correct it",
            )
        elif kind == "CUSTOM" and (dimension or not chosen):
            yield monitor.path, "a CUSTOM monitor takes MonitorSpecification and no MonitorDimension; correct it"


def _key_lets_in(subject: Subject) -> Iterator[tuple[str, str]]:
    """A key of the stack has to let CloudTrail use it before a trail may name it."""
    audit: Mapping[str, Any] = subject.options.get("audit") or {}
    named = str(audit.get("key") or "").removeprefix("key.")
    key = subject.entries("keys").get(named)
    if audit.get("trail") is not None and key is not None and "cloudtrail.amazonaws.com" not in key["services"]:
        yield "audit.key", f"keys.{named} does not let CloudTrail in; add cloudtrail.amazonaws.com to its `services`"


def _nobody_listens(subject: Subject) -> Iterator[tuple[str, str]]:
    for name, topic in subject.entries("topics").items():
        for index, subscription in enumerate(topic["subscriptions"]):
            if not subscription["endpoint"] and not subscription["secret_endpoint"]:
                yield (
                    f"topics.{name}.subscriptions[{index}]",
                    f"{subscription['name'] or subscription['protocol']} has no address yet and hears nothing; give "
                    f"`endpoint`, or `secret_endpoint` from a lookup",
                )


def _plain_secret(subject: Subject) -> Iterator[tuple[str, str]]:
    """The URL by which an alerting service is reached holds the key to it."""
    for name, topic in subject.entries("topics").items():
        for index, subscription in enumerate(topic["subscriptions"]):
            endpoint = str(subscription["endpoint"] or "")
            if any(host in endpoint for host in ("events.pagerduty.com", "hooks.slack.com", "webhook.site")):
                yield (
                    f"topics.{name}.subscriptions[{index}].endpoint",
                    "the URL holds the key to the service and would be shown in plans; give it as `secret_endpoint`, "
                    "from a lookup",
                )


def _failover(subject: Subject) -> Iterator[tuple[str, str]]:
    """https://docs.aws.amazon.com/Route53/latest/DeveloperGuide/dns-failover-simple-configs.html"""
    for zone, options in subject.entries("zones").items():
        routed: dict[tuple[str, str], list[tuple[str, Mapping[str, Any]]]] = {}
        for label, record in options["records"].items():
            routed.setdefault((label.partition("#")[0], record["type"]), []).append((label, record))
            path = f"zones.{zone}.records.{label}"
            if record["weight"] is not None and record["failover"]:
                yield path, "has a weight and a part in a failover; Route 53 takes one of the two"
            if record["weight"] is not None and not 0 <= record["weight"] <= 255:
                yield f"{path}.weight", f"{record['weight']}: Route 53 takes 0 to 255"
            if record["failover"] == "PRIMARY" and not record["health_check"] and not record["alias"]:
                yield f"{path}.health_check", "a PRIMARY without one is never left; name a health check"
        for (host, _kind), records in routed.items():
            plain = [label for label, one in records if one["weight"] is None and not one["failover"]]
            if plain and len(records) > 1:
                yield (
                    f"zones.{zone}.records.{plain[0]}",
                    f"stands beside other records for {host!r}; give each a weight, or a part in a failover",
                )


RULES = (
    Rule("budget.listeners", "Alerts that tell nobody, too many, or no address.", _budget_listeners),
    Rule("cost.listeners", "Anomalies that are told in a way that AWS does not have.", _anomaly_listeners),
    Rule("cost.one-monitor", "A second monitor of every service.", _one_monitor),
    Rule("cost.monitor", "A monitor with fields that do not go together.", _monitors),
    Rule("audit.key", "A trail with a key that does not let CloudTrail in.", _key_lets_in),
    Rule("topic.awaits-address", "A subscription without an address.", _nobody_listens, Severity.WARNING),
    Rule("topic.plain-secret", "A secret URL that would be shown.", _plain_secret),
    Rule("zone.routing", "Records that Route 53 would refuse side by side, or never leave.", _failover),
)
