# Copyright (c) stackwright.aws contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""What a preflight rule is: something that AWS would refuse, or that would not work, seen before any request."""

from __future__ import annotations

import enum
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from ..engine.document import Resource
from ..engine.values import Ref


def words(name: str) -> list[str]:
    """The words of a name in any spelling, in lower case: `DB_PASSWORD`, `dbPassword`, `db-password`."""
    return [word.lower() for word in re.findall(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+", name)]


def alarm_option(alarm: Resource, option: str = "") -> str:
    """The option that an alarm comes from, or one of its own: `monitoring` has many, `resources` one."""
    if alarm.path != "monitoring":
        return alarm.path
    path = f"{alarm.path}.alarms.{alarm.name}"
    return f"{path}.{option}" if option else path


class Severity(enum.Enum):
    """What a finding does to a run."""

    ERROR = "error"
    WARNING = "warning"


@dataclass(frozen=True)
class Finding:
    """One thing that a rule found.

    Attributes:
        code: the rule's, e.g. `database.reserved-username`; also the name of its page in the documentation.
        path: the option.
        message: the value and the mend.
    """

    code: str
    path: str
    message: str
    severity: Severity = Severity.ERROR

    def __str__(self) -> str:
        return f"{self.path}: {self.message} [{self.code}]"


@dataclass(frozen=True)
class Subject:
    """What is judged: the description with its defaults in place, and the resources that it amounts to."""

    options: Mapping[str, Any]
    resources: tuple[Resource, ...]
    region: str
    zones: tuple[str, ...] = ()

    def of(self, *kinds: str) -> Iterator[Resource]:
        """The resources of some kinds."""
        return (resource for resource in self.resources if resource.kind in kinds)

    def entries(self, section: str) -> Mapping[str, Any]:
        """The entries of a map section."""
        found: Mapping[str, Any] = self.options.get(section) or {}
        return found

    def region_of(self, value: Any) -> str | None:
        """The region of what a reference or an ARN leads to; None where that cannot be told."""
        if isinstance(value, str) and value.count(":") > 4:
            return value.split(":")[3]
        address = value.address if isinstance(value, Ref) else None
        return next((one.region or self.region for one in self.resources if one.address == address), None)


#: A path and a message for each place where the rule is broken.
Check = Callable[[Subject], Iterable[tuple[str, str]]]


@dataclass(frozen=True)
class Rule:
    """A rule with its code.

    Attributes:
        code: topic and name.
        title: what it looks for, as one sentence.
        check: the pure function that looks.
        source: where AWS says so.
    """

    code: str
    title: str
    check: Check
    severity: Severity = Severity.ERROR
    source: str = field(default="", compare=False)

    def findings(self, subject: Subject) -> list[Finding]:
        return [Finding(self.code, path, message, self.severity) for path, message in self.check(subject)]
