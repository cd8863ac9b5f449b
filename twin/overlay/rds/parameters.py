# Copyright (c) stackwright.aws contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The catalogue of engine parameters that DescribeDBParameters lists and ModifyDBParameterGroup checks."""

from __future__ import annotations

import csv
import functools
import re
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Parameter:
    name: str
    data_type: str = "string"
    apply_type: str = "dynamic"
    modifiable: bool = True
    minimum: str = ""
    maximum: str = ""

    @property
    def allowed(self) -> str | None:
        """AllowedValues as RDS writes it, e.g. ``6-262143`` or ``0,1``; None where it lists none."""
        if self.data_type == "boolean":
            return "0,1"
        return f"{self.minimum}-{self.maximum}" if self.maximum else None

    def accepts(self, value: str) -> bool:
        if self.data_type == "boolean":
            return value.lower() in ("0", "1", "on", "off", "true", "false")
        if not self.maximum or value.startswith("{"):  # a formula such as {DBInstanceClassMemory/9531392}
            return True
        if not re.fullmatch(r"-?\d+(\.\d+)?", value):
            return False
        return float(self.minimum) <= float(value) <= float(self.maximum)


def _parameter(row: dict[str, str]) -> Parameter:
    limits = row["minimum"], row["maximum"]
    return Parameter(row["name"], row["data_type"], row["apply_type"], row["modifiable"] == "yes", *limits)


@functools.cache
def catalogue(family: str) -> dict[str, Parameter] | None:
    """The parameters of a family by name, or None where no catalogue is kept and any name goes.

    PostgreSQL's are those of ``postgres --describe-config`` plus what RDS and its extensions add; the few
    that differ between majors are not told apart.
    """
    if not family.startswith("postgres"):
        return None
    with (Path(__file__).parent / "postgres_parameters.csv").open(encoding="utf-8", newline="") as file:
        return {row["name"]: _parameter(row) for row in csv.DictReader(file)}
