# Copyright (c) stackwright.aws contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Lifecycle rules come back as they were put; moto forgets object sizes and the number of versions to keep.

Source: https://docs.aws.amazon.com/AmazonS3/latest/userguide/lifecycle-transition-general-considerations.html
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from moto.moto_api._internal import mock_random

from twin.overlay.s3.operations import Handlers
from twin.patch import Parameters, notes
from twin.refusal import refuse

if TYPE_CHECKING:
    from twin.world import World

_ACTIONS = (
    "AbortIncompleteMultipartUpload",
    "Expiration",
    "NoncurrentVersionExpiration",
    "NoncurrentVersionTransitions",
    "Transitions",
)
_AT_LEAST_30_DAYS = ("STANDARD_IA", "ONEZONE_IA")


def install(world: World, handlers: Handlers) -> None:
    @handlers.operation("PutBucketLifecycleConfiguration")
    def put(response: Any, asked: Parameters) -> dict[str, Any]:
        bucket = response.backend.get_bucket(asked["Bucket"])
        rules = (asked.get("LifecycleConfiguration") or {}).get("Rules") or []
        if not rules:
            refuse(
                "MalformedXML", "The XML you provided was not well-formed or did not validate against our schema", 400
            )
        rules = [{"ID": rule.get("ID") or mock_random.get_random_hex(48), **rule} for rule in rules]
        for rule in rules:
            _check(rule)
        if len({rule["ID"] for rule in rules}) != len(rules):
            refuse("InvalidArgument", "Rule ID must be unique. Found same ID for more than one rule", 400)
        size = asked.get("TransitionDefaultMinimumObjectSize") or "all_storage_classes_128K"
        notes(bucket, "lifecycle").update(Rules=rules, TransitionDefaultMinimumObjectSize=size)
        return {"TransitionDefaultMinimumObjectSize": size}

    @handlers.operation("GetBucketLifecycleConfiguration")
    def get(response: Any, asked: Parameters) -> dict[str, Any]:
        kept: dict[str, Any] = notes(response.backend.get_bucket(asked["Bucket"]), "lifecycle")
        if not kept:
            refuse("NoSuchLifecycleConfiguration", "The lifecycle configuration does not exist", 404)
        return kept

    @handlers.operation("DeleteBucketLifecycle")
    def delete(response: Any, asked: Parameters) -> None:
        notes(response.backend.get_bucket(asked["Bucket"]), "lifecycle").clear()


def _check(rule: dict[str, Any]) -> None:
    if not any(rule.get(action) for action in _ACTIONS):
        refuse("InvalidRequest", "At least one action needs to be specified in a rule", 400)
    if "Filter" not in rule and "Prefix" not in rule:
        refuse("MalformedXML", "The XML you provided was not well-formed or did not validate against our schema", 400)
    parts = (rule.get("Filter") or {}).get("And")
    if parts is not None and len(parts) + max(len(parts.get("Tags") or []) - 1, 0) < 2:
        refuse("MalformedXML", "The XML you provided was not well-formed or did not validate against our schema", 400)
    for key, days in (("Transitions", "Days"), ("NoncurrentVersionTransitions", "NoncurrentDays")):
        for transition in rule.get(key) or []:
            storage = transition.get("StorageClass")
            if storage in _AT_LEAST_30_DAYS and days in transition and transition[days] < 30:
                refuse(
                    "InvalidArgument",
                    f"'{days}' in {'Transition' if key == 'Transitions' else 'NoncurrentVersionTransition'} action must"
                    f" be greater than or equal to 30 for storageClass '{storage}'",
                    400,
                )
    expiration = (rule.get("Expiration") or {}).get("Days")
    latest = max((t.get("Days", 0) for t in rule.get("Transitions") or []), default=0)
    if expiration is not None and expiration <= latest:
        refuse(
            "InvalidArgument",
            "'Days' in the Expiration action for filter '' must be greater than 'Days' in the Transition action",
            400,
        )
