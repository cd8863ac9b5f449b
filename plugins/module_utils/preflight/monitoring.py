# Copyright (c) stackwright.aws contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Alarms that would never ring, or say something else than they mean; logs; policies."""

from __future__ import annotations

import fnmatch
import re
from collections.abc import Iterator, Mapping
from typing import Any

from ..engine.document import Resource
from ..engine.values import Compose, Ref
from ..tiers.formats import LOG_RETENTION
from .rule import Rule, Severity, Subject, alarm_option, words

ALARM = "AWS::CloudWatch::Alarm"
COMPOSITE = "AWS::CloudWatch::CompositeAlarm"

#: Alarms that a rule names.
_NAMED = re.compile(r"""\(\s*["']?([^"'(){}]+?)["']?\s*\)""")

_RATE = {"rate", "ratio", "percent", "percentage"}

_ROLES = ("AWS::IAM::Role", "AWS::IAM::Policy", "AWS::IAM::ManagedPolicy", "AWS::IAM::RolePolicy")

#: Actions that name what they touch, so that a workload needs none of them on everything.
#: https://docs.aws.amazon.com/service-authorization/latest/reference/reference_policies_actions-resources-contextkeys.html
NAMING_ACTIONS = (
    *("dynamodb:DeleteItem", "dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:Query", "dynamodb:Scan"),
    *("dynamodb:UpdateItem", "ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer", "ecr:PutImage", "ecs:RunTask"),
    *("ecs:UpdateService", "events:PutEvents", "iam:PassRole", "kinesis:PutRecord", "kms:Decrypt", "kms:Encrypt"),
    *("kms:GenerateDataKey", "lambda:InvokeFunction", "lambda:UpdateFunctionCode", "logs:CreateLogStream"),
    *("logs:PutLogEvents", "rds:DeleteDBInstance", "rds-db:connect", "s3:DeleteObject", "s3:GetObject"),
    *("s3:ListBucket", "s3:PutObject", "secretsmanager:GetSecretValue", "secretsmanager:PutSecretValue"),
    *("sns:Publish", "sqs:DeleteMessage", "sqs:ReceiveMessage", "sqs:SendMessage", "ssm:GetParameter"),
    *("ssm:GetParameters", "ssm:GetParametersByPath", "ssm:PutParameter", "states:StartExecution", "sts:AssumeRole"),
)


def _described(subject: Subject, alarm: Resource) -> Mapping[str, Any]:
    """The options of an alarm; empty for one that the `monitoring` section does not describe."""
    alarms = (subject.options.get("monitoring") or {}).get("alarms") or {}
    found: Mapping[str, Any] = alarms.get(alarm.name) or {}
    return found


def _rate_on_count(subject: Subject) -> Iterator[tuple[str, str]]:
    for alarm in subject.of(ALARM):
        name = str(alarm.properties.get("AlarmName") or alarm.name)
        counts = alarm.properties.get("Statistic") in ("Sum", "SampleCount")
        if _described(subject, alarm).get("count"):
            continue  # somebody said that a count is what is meant
        if counts and not alarm.properties.get("Metrics") and _RATE & set(words(name)):
            yield (
                alarm_option(alarm),
                f"{name!r} is called a rate and compares a {alarm.properties['Statistic']}: a count, which grows with "
                f"the traffic; divide by the requests in metric math (`rate`), or say `count: true` if one is meant",
            )


def _alarm_period(subject: Subject) -> Iterator[tuple[str, str]]:
    for alarm in subject.of(ALARM):
        period = alarm.properties.get("Period")
        if isinstance(period, int) and period not in (10, 20, 30) and (period < 60 or period % 60):
            yield (
                alarm_option(alarm, "period_seconds"),
                f"a period of {period} s: CloudWatch has 10, 20, 30 and multiples of 60; correct it",
            )
        runs = alarm.properties.get("EvaluationPeriods")
        needed = alarm.properties.get("DatapointsToAlarm")
        if isinstance(runs, int) and isinstance(needed, int) and needed > runs:
            yield (
                alarm_option(alarm, "periods_to_alarm"),
                f"{needed} datapoints of {runs} periods can never be; lower the first",
            )


def _silent(subject: Subject) -> Iterator[tuple[str, str]]:
    spoken_for = _spoken_for(subject)
    for alarm in subject.of(ALARM):
        if not alarm.properties.get("AlarmActions") and not spoken_for & {
            alarm.name,
            str(alarm.properties.get("AlarmName")),
        }:
            yield (
                alarm_option(alarm),
                f"{alarm.properties.get('AlarmName') or alarm.name}: tells nobody when it rings; give it a topic",
            )


def _spoken_for(subject: Subject) -> set[str]:
    """The alarms over which another one stands that tells somebody."""
    found: set[str] = set()
    for over in subject.of(COMPOSITE):
        rule = over.properties.get("AlarmRule")
        if not over.properties.get("AlarmActions"):
            continue
        if isinstance(rule, Compose):
            found |= {part.address.name for part in rule.parts.values() if isinstance(part, Ref)}
        found |= set(_NAMED.findall(rule.template if isinstance(rule, Compose) else str(rule)))
    return found


def _retention(subject: Subject) -> Iterator[tuple[str, str]]:
    """Of what stands in `resources`; the options of the other sections have the same format."""
    for group in subject.of("AWS::Logs::LogGroup"):
        days = group.properties.get("RetentionInDays")
        problem = LOG_RETENTION(days) if isinstance(days, int) else ""
        if problem:
            yield group.path, f"RetentionInDays: {days} {problem}"


def _endless(subject: Subject) -> Iterator[tuple[str, str]]:
    for group in subject.of("AWS::Logs::LogGroup"):
        if not group.properties.get("RetentionInDays"):
            yield (
                group.path,
                f"{group.properties.get('LogGroupName')}: logs are kept and paid for for ever; set a retention",
            )


def _statements(value: Any) -> Iterator[Mapping[str, Any]]:
    if isinstance(value, Mapping):
        if value.get("Effect") == "Allow" and "Action" in value and "Principal" not in value:
            yield value
        for item in value.values():
            yield from _statements(item)
    elif isinstance(value, (list, tuple)):
        for item in value:
            yield from _statements(item)


def _wide(subject: Subject) -> Iterator[tuple[str, str]]:
    for role in subject.of(*_ROLES):
        for statement in _statements(role.properties):
            actions = statement["Action"] if isinstance(statement["Action"], (list, tuple)) else [statement["Action"]]
            wide = sorted(str(action) for action in actions if action == "*" or str(action).endswith(":*"))
            if wide:
                yield role.path, f"allows {', '.join(wide)}: every action there is; list the ones that are needed"


def _untargeted(subject: Subject) -> Iterator[tuple[str, str]]:
    for role in subject.of(*_ROLES):
        for statement in _statements(role.properties):
            targets = statement.get("Resource")
            if "*" not in (targets if isinstance(targets, (list, tuple)) else [targets]) or statement.get("Condition"):
                continue
            actions = statement["Action"] if isinstance(statement["Action"], (list, tuple)) else [statement["Action"]]
            found = sorted(
                str(action)
                for action in actions
                if any(fnmatch.fnmatchcase(named.lower(), str(action).lower()) for named in NAMING_ACTIONS)
            )
            if found:
                yield (
                    role.path,
                    f"allows {', '.join(found)} on *, everything in the account; name the ARNs that are meant",
                )


RULES = (
    Rule("alarm.rate-on-count", "An alarm that is called a rate and compares a count.", _rate_on_count),
    Rule("alarm.period", "Periods that CloudWatch does not have, or that cannot add up.", _alarm_period),
    Rule(
        "alarm.silent",
        "An alarm that tells nobody, neither itself nor by one that stands over it.",
        _silent,
        Severity.WARNING,
    ),
    Rule("logs.retention", "A retention that CloudWatch Logs does not have.", _retention),
    Rule("logs.endless", "Logs that are kept for ever.", _endless, Severity.WARNING),
    Rule("role.everything", "A role that may touch everything of a kind.", _untargeted, Severity.WARNING),
    Rule("role.wide", "A role that may do everything in a service.", _wide, Severity.WARNING),
)
