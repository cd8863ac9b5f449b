"""The formats of options: what each takes, what it refuses, and that no default is refused."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import pytest

from ansible_collections.stackwright.aws.plugins.module_utils.tiers import formats
from ansible_collections.stackwright.aws.plugins.module_utils.tiers.sections import SECTIONS

#: A format, values that it takes, values that it refuses.
TABLE: list[tuple[str, list[Any], list[Any]]] = [
    ("PORT", [1, 65535], [0, -1, 65536]),
    ("RULE_PORT", [0, 65535], [-1, 65536]),
    ("DATABASE_PORT", [1150, 5432], [80, 70000]),
    ("INSIGHTS_DAYS", [7, 31, 93, 713, 731], [0, 8, 744]),
    ("DOMAIN", ["a.b", "*.example.com", "_x.example.com.", "xn--bcher-kva.example"], ["a b", "a", "", "a..b", "-a.b"]),
    ("ZONE_NAME", ["internal", "example.com"], ["not a domain", ""]),
    ("EMAIL", ["ops@example.com"], ["ops", "a b@example.com", "a@b"]),
    ("HTTPS_URL", ["https://example.com/x"], ["http://example.com", "https://", "https://a b"]),
    ("URL_PATH", ["/", "/health?x=1"], ["", "health", "/a b"]),
    ("PATH_PATTERN", ["/a/*", "*.php"], ["a b", "", "/" + 128 * "a"]),
    ("STATUSES", ["200", "200,204", "200-399"], ["ok", "", "600", "200-", "2xx"]),
    (
        "LAYER",
        ["arn:aws:lambda:eu-west-1:123456789012:layer:tools:7"],
        ["tools", "arn:aws:lambda:eu-west-1:123456789012:layer:tools"],
    ),
    ("ALIAS", ["live", "v1"], ["1", "a b", ""]),
    ("VARIABLE", ["A", "spring.url", "_X"], ["A B", "A=B", ""]),
    ("FUNCTION_VARIABLE", ["LOG_LEVEL", "AWS_XRAY_CONTEXT_MISSING"], ["A", "1A", "A-B", "AWS_REGION", "_HANDLER"]),
    ("ZONE", ["eu-west-1a", "us-gov-east-1b"], ["eu-west-1", "us-east-1z", "a"]),
    ("COUNTRY", ["DE"], ["Germany", "de", "XXX"]),
    ("IMAGE", ["ami-0123456789abcdef0", "ami-01234567", "/golden", "resolve:ssm:/golden"], ["latest", "ami-xyz"]),
    ("INSTANCE_TYPE", ["t3.small", "u-6tb1.metal", "m7g.48xlarge"], ["", "big", "T3.small"]),
    ("INSTANCE_CLASS", ["db.t3.medium", "db.r6i.2xlarge.tpc2.mem3x"], ["", "t3.medium"]),
    ("NODE_TYPE", ["cache.t3.medium"], ["", "t3.medium"]),
    ("VERSION", ["16", "8.0.39", "16.3-R2"], ["fifteen", "", "7."]),
    ("SUBNET", ["subnet-0123456789abcdef0"], ["x", "sg-1"]),
    ("SECURITY_GROUP", ["sg-0123456789abcdef0"], ["nope", "subnet-1"]),
    ("CIDR", ["10.0.0.0/16", "2001:db8::/32", "192.0.2.7/32"], ["1.2.3.4", "x", "10.0.0.1/16", ""]),
    ("REGION", ["eu-west-1", "us-gov-west-1"], ["mars", "", "eu-west-1a"]),
    (
        "TIME_ZONE",
        ["UTC", "Europe/Berlin", "America/Argentina/Salta"],
        ["Mars/Olympus", "Nowhere", "", "Europe", "../x"],
    ),
    ("HEADER", ["X-Frame-Options"], ["a b", "a:b", ""]),
    ("STAGE", ["v1"], ["a b", "", "$default"]),
    ("HTTP_STAGE", ["$default", "v1"], ["a b", ""]),
    ("HOST_PATTERN", ["*.example.com"], ["a b", "", 129 * "a"]),
    ("ACCOUNT", ["123456789012"], ["1", ""]),
    ("CURRENCY", ["USD"], ["usd", ""]),
    ("DEVICE", ["/dev/xvda"], ["x y", ""]),
    ("WEEKLY_WINDOW", ["sun:04:00-Sun:05:00"], ["sunday", "04:00-05:00", ""]),
    ("DATABASE", ["shop", "_x1"], ["1 db", "a-b", "", 64 * "a"]),
    ("STATISTIC", ["Average", "p99", "p99.9", "tm90", "TM(10%:90%)", "PR(:10)"], ["Median", "average", "p"]),
    (
        "CRON",
        ["cron(0 4 ? * SUN *)", "cron(0/15 8-18 ? JAN-MAR MON-FRI 2030)", "cron(0 4 LW * ? *)", "cron(0 4 ? * 6#3 *)"],
        ["weekly", "rate(1 day)", "cron(99 4 ? * SUN *)", "cron(0 24 ? * SUN *)", "cron(0 4 ? 13 SUN *)", "cron(x)"],
    ),
    (
        "CRON_OR_RATE",
        ["rate(1 hour)", "rate(5 minutes)"],
        ["rate(0 hours)", "rate(1 hours)", "at(2030-01-01T00:00:00)"],
    ),
    ("TIMES", ["at(2030-01-31T00:00:00)", "rate(1 day)"], ["at(2027-13-01T00:00:00)", "at(2030-02-30T00:00:00)", ""]),
    ("UNIX_CRON", ["30 6 * * MON-FRI", "*/5 * * * *", "0 0 1 JAN 7"], ["61 25 * * *", "* * * *", "daily", "0 0 ? * *"]),
]


@pytest.mark.parametrize(("name", "good", "bad"), TABLE)
def test_a_format(name: str, good: list[Any], bad: list[Any]) -> None:
    takes: formats.Format = getattr(formats, name)
    assert {value: takes(value) for value in good} == dict.fromkeys(good, "")
    assert [value for value in bad if not takes(value)] == []


def options(spec: Mapping[str, Any], path: str) -> Iterator[tuple[str, Mapping[str, Any]]]:
    for name, rule in spec.items():
        yield f"{path}.{name}", rule
        yield from options(rule.get("options") or {}, f"{path}.{name}")


def test_no_default_is_refused() -> None:
    for section, tier in SECTIONS.items():
        for path, rule in options(tier.spec, section):
            default = rule.get("default")
            if "format" not in rule or default is None:
                continue
            for value in default if isinstance(default, list) else [default]:
                assert not rule["format"](value), path


def test_a_machine_without_time_zones_goes_by_their_looks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(formats, "_is_zone", lambda _name: False)
    assert not formats.TIME_ZONE("Europe/Berlin")
    assert formats.TIME_ZONE("berlin")
