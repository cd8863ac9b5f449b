# Copyright (c) stackwright.aws contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Config: recorders with ARN, mode and tags, channels that may deliver, rules that need a recorder.

Source: https://docs.aws.amazon.com/config/latest/APIReference/
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from moto.config.models import MANAGED_RULES_CONSTRAINTS, ConfigBackend, ConfigRule, config_backends
from moto.config.responses import ConfigResponse as Response
from moto.moto_api._internal import mock_random

from twin.overlay._lifecycle import as_tags, with_tags, without_tags
from twin.overlay._policies import listed, statements
from twin.overlay._tagged import Tagged, collector, pairs
from twin.patch import Parameters, after, around, before, existing, notes, operation
from twin.refusal import refuse

if TYPE_CHECKING:
    from twin.world import World

Answer = dict[str, Any]
_SERVICE = "config.amazonaws.com"


def install(world: World) -> None:
    _recorders()
    _channels()
    _rules()
    _tags()


def _recorders() -> None:
    @before(Response, "PutConfigurationRecorder")
    def check(response: Response, p: Parameters) -> None:
        from moto.iam.models import iam_backends

        role = p["ConfigurationRecorder"].get("roleARN")
        roles = iam_backends[response.current_account][response.partition].roles.values()
        service_linked = ":role/aws-service-role/config.amazonaws.com/" in str(role)
        if not service_linked and role not in {one.arn for one in roles}:
            refuse("InvalidRoleException", "The role ARN provided is invalid or cannot be assumed by AWS Config.")

    @after(Response, "PutConfigurationRecorder")
    def keep(response: Response, p: Parameters, result: Any) -> Any:
        asked, backend = p["ConfigurationRecorder"], response.config_backend
        known = notes(backend, "recorders")
        kept = known.get(asked["name"])
        if kept is None:
            identity = mock_random.get_random_hex(16)
            arn = (
                f"arn:{response.partition}:config:{response.region}:{response.current_account}"
                f":configuration-recorder/{asked['name']}/{identity}"
            )
            # Tags of one that exists are ignored: TagResource is for that.
            kept = known[asked["name"]] = {"arn": arn, "tags": as_tags(p.get("Tags"))}
        kept["mode"] = asked.get("recordingMode") or {"recordingFrequency": "CONTINUOUS"}
        return result

    @after(Response, "DescribeConfigurationRecorders")
    def describe(response: Response, p: Parameters, result: Any) -> Any:
        known = notes(response.config_backend, "recorders")
        shown = json.loads(result)["ConfigurationRecorders"]
        return json.dumps(
            {
                "ConfigurationRecorders": [
                    {
                        **one,
                        "arn": known[one["name"]]["arn"],
                        "recordingMode": known[one["name"]]["mode"],
                        "recordingScope": "PAID",
                    }
                    for one in shown
                ]
            }
        )

    @after(Response, "DeleteConfigurationRecorder")
    def forget(response: Response, p: Parameters, result: Any) -> Any:
        notes(response.config_backend, "recorders").pop(p["ConfigurationRecorderName"], None)
        return result


def _channels() -> None:
    @before(Response, "PutDeliveryChannel")
    def check(response: Response, p: Parameters) -> None:
        from moto.s3.models import s3_backends

        name = p["DeliveryChannel"].get("s3BucketName")
        bucket = s3_backends[response.current_account][response.partition].buckets.get(name or "")
        if bucket is None:
            refuse("NoSuchBucketException", f"Cannot find a S3 bucket with an empty bucket name, or {name}.")
        policy = bucket.policy.decode() if isinstance(bucket.policy, bytes) else bucket.policy
        allowed: set[str] = set()
        for one in statements(policy) if policy else []:
            principal = one.get("Principal")
            services = listed(principal.get("Service")) if isinstance(principal, dict) else []
            if one.get("Effect") == "Allow" and _SERVICE in services:
                allowed |= set(listed(one.get("Action")))
        if not {"s3:GetBucketAcl", "s3:PutObject"} <= allowed:
            refuse(
                "InsufficientDeliveryPolicyException",
                f"Insufficient delivery policy to s3 bucket: {name}, unable to write to bucket.",
            )


def _rules() -> None:
    @before(Response, "PutConfigRule")
    def recorder(response: Response, p: Parameters) -> None:
        if not response.config_backend.recorders:
            refuse(
                "NoAvailableConfigurationRecorderException",
                "There is no configuration recorder available to record your resources.",
            )

    @before(Response, "PutConfigRule")
    def frequency(response: Response, p: Parameters) -> None:
        rule = p["ConfigRule"]
        managed = MANAGED_RULES_CONSTRAINTS.get(rule.get("Source", {}).get("SourceIdentifier"), {})
        if rule.get("MaximumExecutionFrequency") and managed.get("Trigger type") == "Configuration changes":
            refuse(
                "InvalidParameterValueException",
                "A maximum execution frequency for this rule is not allowed because only a change in resources "
                "triggers this managed rule.",
            )

    @around(ConfigRule, "modify_fields")
    def keep_tags(original: Any, rule: ConfigRule, region: str, asked: Answer, tags: dict[str, str]) -> None:
        """Tags of a rule that exists stay as they are."""
        original(rule, region, asked, rule.__dict__.get("tags", tags))
        notes(rule, "asked")["Scope"] = asked.get("Scope")

    @around(ConfigRule, "to_dict")
    def whole(original: Any, rule: ConfigRule) -> Answer:
        """moto answers a tag of the scope in a shape of its own."""
        shown: Answer = original(rule)
        scope = notes(rule, "asked").get("Scope")
        return {**shown, **({"Scope": scope} if scope else {})}

    @operation(Response, "DescribeComplianceByConfigRule")
    def compliance(response: Response, p: Parameters) -> Answer:
        rules = response.config_backend.config_rules
        names = p.get("ConfigRuleNames") or sorted(rules)
        for name in names:
            if name not in rules:
                refuse("NoSuchConfigRuleException", f"The ConfigRule '{name}' provided in the request is invalid.")
        return {
            "ComplianceByConfigRules": [
                {"ConfigRuleName": name, "Compliance": {"ComplianceType": "INSUFFICIENT_DATA"}} for name in names
            ]
        }


def _recorder_of(backend: ConfigBackend, arn: str) -> Answer | None:
    known: dict[str, Answer] = notes(backend, "recorders")
    return next((one for one in known.values() if one["arn"] == arn), None)


def _tags() -> None:
    @around(ConfigBackend, "list_tags_for_resource")
    def show(original: Any, backend: ConfigBackend, resource_arn: str, limit: int) -> Any:
        kept = _recorder_of(backend, resource_arn)
        return original(backend, resource_arn, limit) if kept is None else {"Tags": kept["tags"]}

    @around(ConfigBackend, "tag_resource")
    def tag(original: Any, backend: ConfigBackend, resource_arn: str, tags: list[dict[str, str]]) -> None:
        kept = _recorder_of(backend, resource_arn)
        if kept is None:
            original(backend, resource_arn, tags)
        else:
            kept["tags"] = with_tags(kept["tags"], as_tags(tags))

    @around(ConfigBackend, "untag_resource")
    def untag(original: Any, backend: ConfigBackend, resource_arn: str, tag_keys: list[str]) -> None:
        kept = _recorder_of(backend, resource_arn)
        if kept is None:
            original(backend, resource_arn, tag_keys)
        else:
            kept["tags"] = without_tags(kept["tags"], tag_keys)

    @collector("config")
    def tagged(account: str, region: str) -> Iterator[Tagged]:
        backend = existing(config_backends, account, region)
        if backend is None:
            return
        for rule in backend.config_rules.values():
            yield rule.config_rule_arn, dict(rule.tags)
        for kept in notes(backend, "recorders").values():
            yield kept["arn"], pairs(kept["tags"])
