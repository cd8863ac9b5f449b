# Copyright (c) stackwright.aws contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""What becomes of a bucket's objects in time: they move to colder classes, and they expire."""

from __future__ import annotations

import itertools
from typing import Any

from . import formats
from .base import Context, Options

#: In the order in which objects may move; none moves back, and one class may be left out.
#: https://docs.aws.amazon.com/AmazonS3/latest/userguide/lifecycle-transition-general-considerations.html
STORAGE_CLASSES = ["STANDARD_IA", "INTELLIGENT_TIERING", "ONEZONE_IA", "GLACIER_IR", "GLACIER", "DEEP_ARCHIVE"]
#: What objects move to after 30 days, and stay in for as long.
_AGED = ("STANDARD_IA", "ONEZONE_IA")
_AGE = 30

LIFECYCLE: dict[str, Any] = {
    "type": "list",
    "elements": "dict",
    "default": [],
    "options": {
        "id": {"type": "str"},
        "prefix": {"type": "str", "default": ""},
        "transitions": {
            "type": "list",
            "elements": "dict",
            "default": [],
            "options": {
                "days": {"type": "int", "required": True, "format": formats.at_least(0)},
                "storage_class": {"type": "str", "choices": STORAGE_CLASSES, "required": True},
            },
        },
        "expire_days": {"type": "int", "format": formats.at_least(1)},
        "expire_old_versions_days": {"type": "int", "format": formats.at_least(1)},
    },
}


def lifecycle(options: Options) -> dict[str, Any]:
    """The rules, and one that ends uploads that nobody finished."""
    rules: list[dict[str, Any]] = [
        {
            "Id": "abort-unfinished-uploads",
            "Status": "Enabled",
            "Prefix": "",
            "AbortIncompleteMultipartUpload": {"DaysAfterInitiation": options["abort_uploads_days"]},
        }
    ]
    for index, rule in enumerate(options["lifecycle"]):
        rules.append(
            {
                "Id": rule["id"] or f"rule-{index + 1}",
                "Status": "Enabled",
                "Prefix": rule["prefix"],
                "Transitions": [
                    {"StorageClass": step["storage_class"], "TransitionInDays": step["days"]}
                    for step in rule["transitions"]
                ]
                or None,
                "ExpirationInDays": rule["expire_days"],
                "NoncurrentVersionExpiration": _noncurrent(rule["expire_old_versions_days"]),
            }
        )
    return {"Rules": rules}


def _noncurrent(days: int | None) -> dict[str, int] | None:
    return None if days is None else {"NoncurrentDays": days}


def check_lifecycle(options: Options, context: Context) -> None:
    """Record the rules that S3 refuses, and those that do nothing."""
    labels: dict[str, int] = {}
    for index, rule in enumerate(options["lifecycle"]):
        option = f"lifecycle[{index}]"
        label = rule["id"] or f"rule-{index + 1}"
        if label in labels:
            context.problem(f"{option}.id", f"{label!r} is that of lifecycle[{labels[label]}] too; give it another")
        labels[label] = index
        if not rule["transitions"] and rule["expire_days"] is None and rule["expire_old_versions_days"] is None:
            context.problem(option, "does nothing; give it transitions, expire_days or expire_old_versions_days")
        _check_steps(rule, option, context)


def _check_steps(rule: Options, option: str, context: Context) -> None:
    steps = sorted(enumerate(rule["transitions"]), key=lambda step: step[1]["days"])
    for index, step in steps:
        if step["storage_class"] in _AGED and step["days"] < _AGE:
            context.problem(
                f"{option}.transitions[{index}].days",
                f"{step['days']}: S3 moves objects to {step['storage_class']} after {_AGE} days; raise it",
            )
    for (_index, before), (index, step) in itertools.pairwise(steps):
        where = f"{option}.transitions[{index}]"
        least = before["days"] + (_AGE if before["storage_class"] in _AGED else 1)
        if step["days"] < least:
            context.problem(
                f"{where}.days",
                f"{step['days']}: objects are in {before['storage_class']} since day {before['days']}; make it {least} "
                f"or more",
            )
        if STORAGE_CLASSES.index(step["storage_class"]) <= STORAGE_CLASSES.index(before["storage_class"]):
            context.problem(
                f"{where}.storage_class",
                f"{step['storage_class']!r}: objects do not move to it from {before['storage_class']}, where they are "
                f"since day {before['days']}; take a colder one",
            )
    if steps and rule["expire_days"] is not None and rule["expire_days"] <= steps[-1][1]["days"]:
        context.problem(
            f"{option}.expire_days",
            f"{rule['expire_days']}: objects would be gone before they move on day {steps[-1][1]['days']}; raise it",
        )
