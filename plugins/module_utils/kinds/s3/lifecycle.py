# Copyright (c) stackwright.aws contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""A bucket's lifecycle in CloudFormation's shape and in the S3 API's: pure functions."""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import Any

from ..requests import pruned
from .mapping import Value, filter_request, filter_stated, renamed

#: What the API answers for a lifecycle configuration that does not state it.
#: https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutBucketLifecycleConfiguration.html
DEFAULT_MINIMUM_SIZE = "all_storage_classes_128K"


def lifecycle_rules(value: Any) -> Any:
    """A stated lifecycle configuration in one form of the many that mean the same."""
    if not isinstance(value, Mapping):
        return value
    rules = [_lifecycle_rule(index, rule) for index, rule in enumerate(value.get("Rules") or [], 1)]
    result: dict[str, Any] = {"Rules": sorted(rules, key=lambda rule: str(rule["Id"]))}
    minimum = value.get("TransitionDefaultMinimumObjectSize")
    if minimum and minimum != DEFAULT_MINIMUM_SIZE:
        result["TransitionDefaultMinimumObjectSize"] = minimum
    return result if rules else None


def _lifecycle_rule(index: int, rule: Value) -> dict[str, Any]:
    plain = dict(rule)
    plain.setdefault("Id", f"rule-{index}")
    for single, many in (
        ("Transition", "Transitions"),
        ("NoncurrentVersionTransition", "NoncurrentVersionTransitions"),
    ):
        if single in plain:
            plain[many] = [*plain.get(many, []), plain.pop(single)]
    if "NoncurrentVersionExpirationInDays" in plain:
        plain["NoncurrentVersionExpiration"] = {"NoncurrentDays": plain.pop("NoncurrentVersionExpirationInDays")}
    if "ExpirationDate" in plain:
        plain["ExpirationDate"] = date_text(plain["ExpirationDate"])
    for name in ("Transitions", "NoncurrentVersionTransitions"):
        steps = [
            {**step, **({"TransitionDate": date_text(step["TransitionDate"])} if "TransitionDate" in step else {})}
            for step in plain.get(name) or []
        ]
        plain[name] = sorted(steps, key=lambda step: (_days(step), str(step["StorageClass"])))
    plain["TagFilters"] = sorted(plain.get("TagFilters") or [], key=lambda tag: str(tag["Key"]))
    return pruned(plain)  # type: ignore[no-any-return]


def _days(step: Value) -> int:
    return int(step.get("TransitionInDays") or 0)


def date_text(value: Any) -> Any:
    """A date as CloudFormation writes it: ISO 8601, in UTC, to the second."""
    if isinstance(value, str):
        value = datetime.datetime.fromisoformat(value.replace("Z", "+00:00"))
    if isinstance(value, datetime.datetime):
        aware = value if value.tzinfo else value.replace(tzinfo=datetime.UTC)
        return aware.astimezone(datetime.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    if isinstance(value, datetime.date):
        return value.strftime("%Y-%m-%dT00:00:00Z")
    return value


def lifecycle_request(value: Value) -> dict[str, Any]:
    rules = []
    for rule in (lifecycle_rules(value) or {"Rules": []})["Rules"]:
        sizes = {name: int(rule[name]) for name in ("ObjectSizeGreaterThan", "ObjectSizeLessThan") if name in rule}
        expiration = renamed(
            rule, Days="ExpirationInDays", Date="ExpirationDate", ExpiredObjectDeleteMarker="ExpiredObjectDeleteMarker"
        )
        # The request must not say no beside an age.
        if not expiration.get("ExpiredObjectDeleteMarker"):
            expiration.pop("ExpiredObjectDeleteMarker", None)
        if "Days" in expiration:
            expiration["Days"] = int(expiration["Days"])
        rules.append(
            pruned(
                {
                    "ID": rule["Id"],
                    "Status": rule["Status"],
                    "Expiration": expiration,
                    "Transitions": [
                        renamed(step, Days="TransitionInDays", Date="TransitionDate", StorageClass="StorageClass")
                        for step in rule.get("Transitions", [])
                    ],
                    "NoncurrentVersionTransitions": [
                        renamed(
                            step,
                            NoncurrentDays="TransitionInDays",
                            StorageClass="StorageClass",
                            NewerNoncurrentVersions="NewerNoncurrentVersions",
                        )
                        for step in rule.get("NoncurrentVersionTransitions", [])
                    ],
                    "NoncurrentVersionExpiration": rule.get("NoncurrentVersionExpiration"),
                    "AbortIncompleteMultipartUpload": rule.get("AbortIncompleteMultipartUpload"),
                }
            )
            | {"Filter": filter_request(rule.get("Prefix"), rule.get("TagFilters", []), **sizes)}
        )
    return {"Rules": rules}


def lifecycle_stated(found: Value) -> dict[str, Any]:
    rules = []
    for rule in found.get("Rules") or []:
        expiration = rule.get("Expiration") or {}
        rules.append(
            {
                "Id": rule.get("ID"),
                "Status": rule["Status"],
                "Prefix": rule.get("Prefix"),
                **filter_stated(rule.get("Filter")),
                **renamed(expiration, ExpirationInDays="Days", ExpirationDate="Date"),
                **({"ExpiredObjectDeleteMarker": True} if expiration.get("ExpiredObjectDeleteMarker") else {}),
                "Transitions": [
                    renamed(step, TransitionInDays="Days", TransitionDate="Date", StorageClass="StorageClass")
                    for step in rule.get("Transitions", [])
                ],
                "NoncurrentVersionTransitions": [
                    renamed(
                        step,
                        TransitionInDays="NoncurrentDays",
                        StorageClass="StorageClass",
                        NewerNoncurrentVersions="NewerNoncurrentVersions",
                    )
                    for step in rule.get("NoncurrentVersionTransitions", [])
                ],
                "NoncurrentVersionExpiration": rule.get("NoncurrentVersionExpiration"),
                "AbortIncompleteMultipartUpload": rule.get("AbortIncompleteMultipartUpload"),
            }
        )
    minimum = renamed(found, TransitionDefaultMinimumObjectSize="TransitionDefaultMinimumObjectSize")
    result: dict[str, Any] = lifecycle_rules({"Rules": [pruned(rule) for rule in rules], **minimum})
    return result
