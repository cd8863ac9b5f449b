# Copyright (c) stackwright.aws contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The formats that values of options have, each said once; a spec names one as the `format` of an option.

Only what AWS refuses whatever else is described is refused here. What depends on other options is a preflight rule's.
"""

from __future__ import annotations

import datetime
import functools
import ipaddress
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ..aws.zones import is_zone
from ..preflight.places import region_problem

#: What is wrong with a value, and what is right, as the message goes on after the value; empty: nothing is wrong.
Format = Callable[[Any], str]


# Numbers

_LARGEST = 2**31 - 1
#: https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutRetentionPolicy.html
RETENTION_DAYS = (
    *(1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731),
    *(1096, 1827, 2192, 2557, 2922, 3288, 3653),
)


@dataclass(frozen=True)
class Range:
    """A number of a range. The documentation shows it.

    Attributes:
        also: one more that is taken, 0 for one.
    """

    low: float
    high: float
    also: float | None = None

    def __call__(self, value: Any) -> str:
        if self.low <= value <= self.high or value == self.also:
            return ""
        either = "" if self.also is None else f"{self.also} or "
        return f"is not {either}between {self.low} and {self.high}; correct it"

    def __str__(self) -> str:
        return ("" if self.also is None else f"{self.also}, or ") + f"{self.low} to {self.high}"


def between(low: float, high: float, *, also: float | None = None) -> Range:
    """A number of a range."""
    return Range(low, high, also)


def at_least(low: float) -> Format:
    """A number without an upper bound worth a word, other than the largest that AWS's requests have room for."""

    def problem(value: Any) -> str:
        if value < low:
            return f"is less than {low}; correct it"
        return "" if value <= _LARGEST else f"is more than {_LARGEST}; correct it"

    return problem


def one_of(*choices: int) -> Format:
    """A number of a few. Texts have `choices`, which Ansible's documentation shows too."""
    return lambda value: "" if value in choices else f"is none of {', '.join(map(str, choices))}; choose one"


def LOG_RETENTION(value: int) -> str:
    """Days that CloudWatch Logs can keep a log."""
    if value in RETENTION_DAYS:
        return ""
    longer = next((days for days in RETENTION_DAYS if days > value), RETENTION_DAYS[-1])
    return f"days are none that CloudWatch keeps logs (1, 3, 5, 7, 14, 30, 60, 90, …); take {longer}"


def CHANGE(value: int) -> str:
    """By how much a step of scaling changes a number."""
    return "" if value else "changes nothing; write how many are added, or less than 0 for fewer"


PORT = between(1, 65535)
#: Of a rule, where 0 begins the range of all.
RULE_PORT = between(0, 65535)
PERCENT = between(0, 100)
#: Of a target that scaling holds: at 0 it would never stop.
USE = between(1, 100)

DATABASE_PORT = between(1150, 65535)
#: A week, months of 31 days, two years.
INSIGHTS_DAYS = one_of(7, *range(31, 24 * 31, 31), 731)
#: https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html
FUNCTION_TIMEOUT = between(1, 900)
FUNCTION_MEMORY = between(128, 10240)
FUNCTION_STORAGE = between(512, 10240)
#: https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SetQueueAttributes.html
QUEUE_DELAY = between(0, 900)
QUEUE_MESSAGE_BYTES = between(1024, 1048576)
QUEUE_RETENTION = between(60, 1209600)
QUEUE_POLL = between(0, 20)
QUEUE_VISIBILITY = between(0, 43200)


# Texts


def text(pattern: str, what: str, example: str) -> Format:
    """A text that a pattern matches as a whole. Compiled when it is first needed: few descriptions need them all."""
    return lambda value: "" if re.fullmatch(pattern, value) else f"is no {what}; write it as {example}"


def length(most: int) -> Format:
    """A text of so many characters at the most."""
    return lambda value: "" if len(value) <= most else f"has {len(value)} of {most} characters; shorten it"


def all_of(*formats: Format) -> Format:
    """What every format takes; the first that does not says why."""
    return lambda value: next((problem for one in formats if (problem := one(value))), "")


def or_nothing(given: Format) -> Format:
    """A format of a text that may be empty, which takes something away."""
    return lambda value: given(value) if value else ""


_LABEL = r"[A-Za-z0-9_]([A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?"
#: A name in the DNS, with a wildcard before it or not.
DOMAIN = all_of(text(rf"(\*\.)?({_LABEL}\.)+{_LABEL}\.?", "domain name", "shop.example.com"), length(255))
_NUMBER = r"([0-9]{1,4}|[1-5][0-9]{4}|6[0-4][0-9]{3}|65[0-4][0-9]{2}|655[0-2][0-9]|6553[0-5])"
_HOST = rf"({_LABEL}\.)*{_LABEL}\.?"
#: A single dot says that nobody takes mail. https://www.rfc-editor.org/rfc/rfc7505
MAIL_EXCHANGE = text(rf"{_NUMBER}\s+({_HOST}|\.)", "mail exchange", "10 mail.example.com")
#: https://docs.aws.amazon.com/Route53/latest/DeveloperGuide/ResourceRecordTypes.html
SERVICE_RECORD = text(
    rf"({_NUMBER}\s+){{3}}({_HOST}|\.)", "service", "1 10 5060 sip.example.com: priority, weight, port and host"
)
CAA = text(r"(\d|\d\d|1\d\d|2[0-4]\d|25[0-5])\s+[A-Za-z0-9]+\s+\"[^\"]*\"", "CAA record", "'0 issue \"amazon.com\"'")
EMAIL = text(r"[^@\s]+@[^@\s]+\.[^@\s]+", "e-mail address", "ops@example.com")
HTTPS_URL = text(r"https://[^\s/]+(/\S*)?", "address over HTTPS", "https://example.com/path")
#: Of a health check, or that a request is for.
URL_PATH = all_of(text(r"/\S*", "path", "/health"), length(1024))
#: https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_RuleCondition.html
PATH_PATTERN = all_of(text(r"[A-Za-z0-9_.$/~\"'@:+&*?-]+", "pattern of paths", "/api/*"), length(128))
#: https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/DownloadDistValuesCacheBehavior.html
CACHE_PATH = all_of(text(r"[A-Za-z0-9_.*$/~\"'@:+&?-]+", "pattern of paths", "/api/*"), length(255))
#: What a target group takes as healthy.
STATUSES = text(r"[2-4]\d\d([,-][2-4]\d\d)*", "list of statuses from 200 to 499", '"200", "200,204" or "200-399"')
#: A zone of the stack's own network may have a single label.
ZONE_NAME = all_of(text(_HOST, "domain name", "shop.example.com"), length(255))
HEADER = text(r"[A-Za-z0-9!#$%&'*+.^_`|~-]+", "name of a header", "X-Frame-Options")
STAGE = all_of(text(r"[A-Za-z0-9_-]+", "name of a stage", "v1"), length(128))
#: An HTTP API has one more, whose address has no stage in it.
HTTP_STAGE = all_of(text(r"\$default|[A-Za-z0-9_-]+", "name of a stage", "v1 or $default"), length(128))
HOST_PATTERN = all_of(text(r"[A-Za-z0-9.*?_-]+", "pattern of host names", "*.example.com"), length(128))
DATABASE = all_of(text(r"[A-Za-z_][A-Za-z0-9_]*", "name of a database", "shop_app"), length(63))
#: Of a parameter group; extensions put a dot into theirs.
PARAMETER = text(r"[A-Za-z0-9_.-]+", "name of a parameter", "max_connections")
#: https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/Statistics-definitions.html
STATISTIC = text(
    r"SampleCount|Average|Sum|Minimum|Maximum|IQM|(p|tm|tc|ts|wm)(100|\d{1,2}(\.\d{1,10})?)|(PR|TC|TM|TS|WM)\([^()]*:[^()]*\)",
    "statistic",
    "Average, Sum, Minimum, Maximum, SampleCount or p99",
)
ENDPOINT_SERVICE = text(
    r"(?!com\.)[a-z0-9][a-z0-9._-]*", "service of AWS", "secretsmanager, as in com.amazonaws.REGION.secretsmanager"
)
#: https://docs.aws.amazon.com/lambda/latest/api/API_CreateFunction.html
#: By language and version; those that are retired have a rule of their own.
RUNTIME = text(
    r"(nodejs|python|ruby|java|dotnet(core)?|go)\d[a-z0-9.]*|provided(\.al\d+)?", "runtime", "python3.13 or nodejs22.x"
)
LAYER = text(
    r"arn:[^:\s]+:lambda:[^:\s]+:\d{12}:layer:[A-Za-z0-9_-]+:\d+",
    "version of a layer",
    "arn:aws:lambda:eu-west-1:123456789012:layer:NAME:1",
)
HANDLER = all_of(text(r"\S+", "handler", "index.handler"), length(128))
ALIAS = all_of(text(r"(?!\d+$)[A-Za-z0-9_-]+", "name of an alias", "live"), length(128))
#: The variables that a program can be given: a shell, or the task's agent, would misread the rest.
VARIABLE = text(r"[^\s=]+", "name of a variable", "LOG_LEVEL")
ACCOUNT = text(r"\d{12}", "account", '"123456789012"')
CURRENCY = text(r"[A-Z]{3}", "currency by three letters", "USD")
DEVICE = text(r"/dev/\S+|xvd[a-z]+", "device", "/dev/xvda")
#: https://docs.aws.amazon.com/aws-cost-management/latest/APIReference/API_budgets_Budget.html
BUDGET = all_of(text(r"[^:\\]+", "name of a budget, without : and backslash", "shop-monthly"), length(100))
COUNTRY = text(r"[A-Z]{2}", "country by two letters", "DE")
IMAGE = text(
    r"ami-([0-9a-f]{8}|[0-9a-f]{17})|(resolve:ssm:)?/\S+",
    "image",
    "ami-0123456789abcdef0, or as a parameter's name, /PATH",
)
INSTANCE_TYPE = text(r"[a-z][a-z0-9-]*\.[a-z0-9-]+", "instance type", "m6i.large")
INSTANCE_CLASS = text(r"db\.(serverless|[a-z0-9-]+(\.[a-z0-9-]+)+)", "class of a database instance", "db.t3.medium")
NODE_TYPE = text(r"cache\.[a-z0-9-]+\.[a-z0-9-]+", "type of a cache node", "cache.t3.medium")
VERSION = text(r"\d+(\.[0-9A-Za-z_-]+)*", "version", '"16" or "8.0.39"')
#: Who a policy may name: an account, or what of it; a role may stand in another entry.
PRINCIPAL = text(
    r"arn:\S+|\d{12}|\*|.*\$\{.*", "principal", "arn:aws:iam::123456789012:role/NAME, or the account alone"
)
#: https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreateRole.html
ROLE_PATH = text(r"/([!-~]+/)?", "path of a role", "/ or /app/")
POLICY = text(
    r"arn:[^\s:]+:iam::(aws|\d+):policy/\S+|[A-Za-z0-9_+=,.@/-]+", "managed policy", "ReadOnlyAccess or an ARN"
)
POLICY_ARN = text(r"arn:[^\s:]+:iam::(aws|\d+):policy/\S+", "policy's ARN", "arn:aws:iam::123456789012:policy/NAME")
CERTIFICATE_ARN = text(
    r"arn:[^\s:]+:(acm:[a-z0-9-]+:\d{12}:certificate/|iam::\d{12}:server-certificate/)\S+",
    "certificate's ARN",
    "arn:aws:acm:eu-west-1:123456789012:certificate/ID",
)
#: A repository may have a registry before it, with a port, and a tag or a digest, or both, behind it.
#: https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_ContainerDefinition.html
CONTAINER_IMAGE = text(
    r"repository\.\S+|\S*\$\{.*|([A-Za-z0-9.-]+(:\d+)?/)?[a-z0-9._/-]+(:[A-Za-z0-9_][A-Za-z0-9_.-]*)?(@[a-z0-9]+:[0-9a-f]+)?",
    "image of a container",
    "nginx:1.27 or HOST/REPOSITORY:TAG, in lower case and without https://",
)
#: https://www.itu.int/rec/T-REC-E.164
PHONE = text(r"\+[1-9]\d{4,14}|arn:\S+|.*\$\{.*", "telephone number", "+491701234567")
ROUTE_TABLE = text(r"rtb-[0-9a-f]+", "route table's id", "rtb-0123456789abcdef0")
#: https://docs.aws.amazon.com/autoscaling/ec2/userguide/ec2-auto-scaling-termination-policies.html
TERMINATION = text(
    r"Default|AllocationStrategy|OldestLaunchTemplate|OldestLaunchConfiguration|ClosestToNextInstanceHour"
    r"|NewestInstance|OldestInstance|arn:\S+:lambda:\S+",
    "termination policy",
    "OldestInstance, OldestLaunchTemplate or Default",
)
STAGE_VARIABLE = text(r"[A-Za-z0-9_]+", "name of a stage's variable", "LOG_LEVEL")
SUBNET = text(r"subnet-[0-9a-f]+", "subnet's id", "subnet-0123456789abcdef0")
SECURITY_GROUP = text(r"sg-[0-9a-f]+", "security group's id", "sg-0123456789abcdef0")
VPC = text(r"vpc-[0-9a-f]+", "VPC's id", "vpc-0123456789abcdef0")

#: Services run on Fargate, which has these.
CAPACITY_PROVIDER = text(r"FARGATE(_SPOT)?", "capacity provider of Fargate", "FARGATE or FARGATE_SPOT")
#: https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html
_RESERVED = frozenset(
    {
        *("_HANDLER", "_X_AMZN_TRACE_ID", "AWS_ACCESS_KEY", "AWS_ACCESS_KEY_ID", "AWS_DEFAULT_REGION"),
        *("AWS_EXECUTION_ENV", "AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "AWS_LAMBDA_FUNCTION_NAME"),
        *("AWS_LAMBDA_FUNCTION_VERSION", "AWS_LAMBDA_INITIALIZATION_TYPE", "AWS_LAMBDA_LOG_GROUP_NAME"),
        *("AWS_LAMBDA_LOG_STREAM_NAME", "AWS_LAMBDA_RUNTIME_API", "AWS_REGION", "AWS_SECRET_ACCESS_KEY"),
        *("AWS_SESSION_TOKEN", "LAMBDA_RUNTIME_DIR", "LAMBDA_TASK_ROOT"),
    }
)
_FUNCTION_VARIABLE = text(r"[A-Za-z][A-Za-z0-9_]+", "name of a function's variable", "LOG_LEVEL")


def FUNCTION_VARIABLE(value: str) -> str:
    """A variable that a function can be given."""
    if value in _RESERVED:
        return "is a variable that Lambda sets itself; choose another name, or leave it out"
    return _FUNCTION_VARIABLE(value)


def CIDR(value: str) -> str:
    """A range of addresses, of either kind."""
    try:
        # AWS takes no netmask in the place of the prefix's length.
        if re.search(r"/\d{1,3}$", value):
            ipaddress.ip_network(value)
            return ""
    except ValueError:
        pass
    return "is no range of addresses; write it as 10.1.0.0/16, one address as 192.0.2.7/32"


def _address(kind: Callable[[str], Any], version: int, example: str) -> Format:
    """A single address, as its class in the standard library reads it."""

    def problem(value: str) -> str:
        try:
            kind(value)
        except ValueError:
            return f"is no IPv{version} address; write it as {example}"
        return ""

    return problem


IPV4 = _address(ipaddress.IPv4Address, 4, "192.0.2.7")
IPV6 = _address(ipaddress.IPv6Address, 6, "2001:db8::7")


def ZONE(value: str) -> str:
    """An availability zone, or a Local Zone of a region, of which there is no table."""
    if is_zone(value) or re.fullmatch(r"[a-z]{2}-[a-z]+-\d-[a-z]{3}-\d[a-z]", value):
        return ""
    return "is no availability zone; write it as eu-west-1a"


def REGION(value: str) -> str:
    """A region of AWS."""
    return region_problem(value)


def TIME_ZONE(value: str) -> str:
    """A time zone of the IANA's database; where the machine has none, one that looks like it."""
    if value == "UTC" or _is_zone(value):
        return ""
    if not _is_zone("Europe/London") and re.fullmatch(r"[A-Z][A-Za-z_]+(/[A-Za-z0-9_+-]+)+", value):
        return ""
    return "is no time zone; write it as Europe/Berlin"


@functools.cache
def _is_zone(name: str) -> bool:
    # Here, because it costs every run some milliseconds and few name a zone.
    import zoneinfo

    try:
        zoneinfo.ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        return False
    return True


_STATEMENT = (
    *("Sid", "Effect", "Principal", "NotPrincipal", "Action", "NotAction", "Resource", "NotResource", "Condition"),
)


def STATEMENT(value: Mapping[str, Any]) -> str:
    """A statement of a policy; who is allowed what may be said around it."""
    problem = ""
    for name in value:
        if name not in _STATEMENT:
            problem = f"{name!r} is none of {', '.join(_STATEMENT)}"
    if value.get("Effect", "Allow") not in ("Allow", "Deny"):
        problem = f"Effect is {value['Effect']!r}; write Allow or Deny"
    conditions = value.get("Condition") or {}
    if not isinstance(conditions, Mapping) or not all(isinstance(one, Mapping) for one in conditions.values()):
        problem = "Condition is no mapping of operators to keys; write it as {StringEquals: {KEY: VALUE}}"
    if not value.get("Action") and not value.get("NotAction"):
        problem = problem or "it has no Action; write what it allows, e.g. s3:GetObject"
    return f"is no statement of a policy: {problem}" if problem else ""


def EVENT_PATTERN(value: Mapping[str, Any]) -> str:
    """A pattern of events: https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-create-pattern.html"""
    for name, item in value.items():
        if name == "$or":
            continue
        if isinstance(item, Mapping):
            problem = EVENT_PATTERN(item)
            if problem:
                return problem
        elif not isinstance(item, (list, tuple)):
            return f"is no pattern of events: {name!r} has no list of what it may be; write {name}: [VALUE]"
    return ""


#: In UTC, as RDS and ElastiCache have it.
_DAY, _TIME = "(mon|tue|wed|thu|fri|sat|sun)", r"([01]\d|2[0-3]):[0-5]\d"
WEEKLY_WINDOW = text(rf"(?i:{_DAY}:{_TIME}-{_DAY}:{_TIME})", "window", "sun:04:00-sun:05:00, in UTC")


# Times
# https://docs.aws.amazon.com/scheduler/latest/UserGuide/schedule-types.html

_MONTHS = ("JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC")
_DAYS = ("SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT")


@dataclass(frozen=True)
class _Field:
    """A field of a cron expression.

    Attributes:
        words: what can stand for numbers, the first for `low` or for the number after it.
        special: what else a value can be.
    """

    name: str
    low: int
    high: int
    words: tuple[str, ...] = ()
    special: str = r"(?!)"

    def problem(self, given: str) -> str:
        if all(self._takes(one) for one in given.split(",")):
            return ""
        return f"has {given!r} for the {self.name}, which goes from {self.low} to {self.high}; correct it"

    def _takes(self, part: str) -> bool:
        span, slash, step = part.partition("/")
        if slash and not (step.isdecimal() and 1 <= int(step) <= self.high):
            return False
        if span == "*" or re.fullmatch(self.special, span):
            return True
        first, dash, last = span.partition("-")
        return self._is_value(first) and (not dash or self._is_value(last))

    def _is_value(self, value: str) -> bool:
        return value.upper() in self.words or (value.isdecimal() and self.low <= int(value) <= self.high)


_MINUTES, _HOURS = _Field("minutes", 0, 59), _Field("hours", 0, 23)
_MONTH = _Field("month", 1, 12, _MONTHS)
_CRON_FIELDS = (
    _MINUTES,
    _HOURS,
    _Field("day of the month", 1, 31, (), r"\?|L|LW|L-\d{1,2}|\d{1,2}W"),
    _MONTH,
    _Field("day of the week", 1, 7, _DAYS, r"\?|L|([1-7]|[A-Z]{3})(L|#[1-5])"),
    _Field("year", 1970, 2199),
)
_UNIX_FIELDS = (
    _MINUTES,
    _HOURS,
    _Field("day of the month", 1, 31),
    _MONTH,
    _Field("day of the week", 0, 7, _DAYS),
)
_RATE = r"rate\(([1-9]\d*) (minute|hour|day)(s?)\)"
_CRON = r"cron\(([^()]+)\)"
_AT = r"at\((\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)\)"
_EXAMPLE = "cron(0 4 ? * SUN *)"


def CRON(value: str) -> str:
    """A cron expression as EventBridge and Backup have it."""
    cron = re.fullmatch(_CRON, value)
    if not cron:
        return f"is no cron expression; write it as {_EXAMPLE}"
    fields = cron.group(1).split()
    if len(fields) != len(_CRON_FIELDS):
        return f"has {len(fields)} fields; AWS takes {len(_CRON_FIELDS)}, with the year last: {_EXAMPLE}"
    if (fields[2] == "?") == (fields[4] == "?"):
        return "names both or neither of day of the month and day of the week; make one of them ?"
    return _first_problem(_CRON_FIELDS, fields)


def CRON_OR_RATE(value: str) -> str:
    """What an event rule takes."""
    rate = re.fullmatch(_RATE, value)
    if rate:
        count, unit = rate.group(1), rate.group(2)
        right = f"rate({count} {unit}{'' if count == '1' else 's'})"
        return "" if value == right else f"is refused: one is singular, more are plural; write {right}"
    return CRON(value) if re.fullmatch(_CRON, value) else f"is no schedule; write it as rate(5 minutes) or {_EXAMPLE}"


def TIMES(value: str) -> str:
    """What a schedule takes, which can happen once too."""
    if not value.startswith("at("):
        return CRON_OR_RATE(value)
    once = re.fullmatch(_AT, value)
    try:
        if not once:
            raise ValueError
        datetime.datetime.fromisoformat(once.group(1))
    except ValueError:
        return "is no date and time; write it as at(2030-12-31T04:00:00), its time zone beside it"
    return ""


def UNIX_CRON(value: str) -> str:
    """A cron expression as Auto Scaling has it.

    https://docs.aws.amazon.com/autoscaling/ec2/userguide/ec2-auto-scaling-scheduled-scaling.html
    """
    fields = value.split()
    if len(fields) != len(_UNIX_FIELDS):
        return f"has {len(fields)} fields; Auto Scaling takes {len(_UNIX_FIELDS)}: 30 6 * * MON-FRI"
    return _first_problem(_UNIX_FIELDS, fields)


def _first_problem(known: Sequence[_Field], given: Sequence[str]) -> str:
    return next((problem for one, value in zip(known, given, strict=True) if (problem := one.problem(value))), "")
