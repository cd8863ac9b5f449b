# Copyright (c) stackwright.aws contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""X-Ray: sampling rules and groups."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..engine.errors import ResourceError
from ..engine.kind import Attribute, Call, Item, Kind, Property, Scope, Update, Work
from ..engine.template import Template
from .requests import given, pruned
from .shared import IMMUTABLE, MUTABLE, arn_tagging, tag_list, with_tags

_TAG, _UNTAG = arn_tagging("xray", "ResourceARN")

#: What a rule matches unless it says otherwise; the API wants every one of them.
#: https://docs.aws.amazon.com/xray/latest/api/API_SamplingRule.html
MATCH_ALL = {
    "ServiceName": "*",
    "ServiceType": "*",
    "Host": "*",
    "HTTPMethod": "*",
    "URLPath": "*",
    "ResourceARN": "*",
    "ReservoirSize": 1,
    "Version": 1,
}
_NO_SETTINGS = ("RuleARN", "Tags")
_NUMBERS = {"Priority": int, "ReservoirSize": int, "Version": int, "FixedRate": float}


def whole_rule(value: Any) -> Any:
    """A rule with its defaults, to compare."""
    if not isinstance(value, Mapping):
        return value
    return {**MATCH_ALL, **{name: one for name, one in value.items() if name not in _NO_SETTINGS}}


def rule_parameter(value: Mapping[str, Any]) -> dict[str, Any]:
    """A rule as requests carry it."""
    rule = {**MATCH_ALL, **pruned(value)}
    return {name: _NUMBERS.get(name, _same)(one) for name, one in rule.items()}


def _same(value: Any) -> Any:
    return value


def _stated_names(scope: Scope) -> list[str]:
    rules = (wanted.get("SamplingRule") for wanted in scope.wanted)
    return [rule["RuleName"] for rule in rules if isinstance(rule, Mapping) and isinstance(rule.get("RuleName"), str)]


def list_sampling_rules(scope: Scope) -> list[Item]:
    """Sampling rules that are described or carry the stack's tag."""
    rules = scope.pages("xray", "get_sampling_rules", "SamplingRuleRecords[].SamplingRule")
    if scope.ids:
        rules = [rule for rule in rules if rule["RuleARN"] in scope.ids]
    return with_tags(
        scope,
        rules,
        "RuleARN",
        "xray",
        "list_tags_for_resource",
        "ResourceARN",
        "Tags",
        _stated_names(scope),
        "RuleName",
    )


def rule_key(properties: Mapping[str, Any]) -> tuple[str, ...] | None:
    """A rule's name."""
    rule = properties.get("SamplingRule")
    name = rule.get("RuleName") if isinstance(rule, Mapping) else None
    return (name,) if isinstance(name, str) else None


def _rule_arn(facts: Mapping[str, Any]) -> str | None:
    name = (rule_key(facts) or (None,))[0]
    return f"arn:{facts['partition']}:xray:{facts['region']}:{facts['account']}:sampling-rule/{name}" if name else None


def _update_rule(work: Work) -> dict[str, Any]:
    rule = rule_parameter(work.desired["SamplingRule"])
    if rule["RuleName"] != work.existing.item["RuleName"]:
        raise ResourceError(
            f"the sampling rule {work.existing.item['RuleName']} cannot be called {rule['RuleName']}",
            "describe another rule under another name",
        )
    # Nobody can take attributes away by leaving them out.
    rule.setdefault("Attributes", {})
    del rule["Version"]
    return {"SamplingRuleUpdate": rule}


XRAY_SAMPLING_RULE = Kind(
    type="AWS::XRay::SamplingRule",
    service="xray",
    title="sampling rule",
    template=Template(attributes={"Arn": "RuleARN"}),
    id="RuleARN",
    key=("SamplingRule",),
    key_of=rule_key,
    properties={"SamplingRule": Property(path=lambda item: item, exact=True, normalise=whole_rule)},
    attributes={
        "RuleARN": Attribute("RuleARN", _rule_arn),
        "Arn": Attribute("RuleARN", _rule_arn),
    },
    list=list_sampling_rules,
    create=Call(
        "create_sampling_rule",
        lambda w: {"SamplingRule": rule_parameter(w.desired["SamplingRule"]), "Tags": tag_list(w.tags)},
        item="SamplingRuleRecord.SamplingRule",
    ),
    updates=(Update(("SamplingRule",), Call("update_sampling_rule", _update_rule)),),
    delete=Call("delete_sampling_rule", lambda w: {"RuleARN": w.id}),
    tag=_TAG,
    untag=_UNTAG,
)


# Groups


def list_groups(scope: Scope) -> list[Item]:
    """Groups that are described or carry the stack's tag."""
    groups = scope.pages("xray", "get_groups", "Groups[]")
    if scope.ids:
        groups = [group for group in groups if group["GroupARN"] in scope.ids]
    return with_tags(
        scope,
        groups,
        "GroupARN",
        "xray",
        "list_tags_for_resource",
        "ResourceARN",
        "Tags",
        scope.names("GroupName"),
        "GroupName",
    )


XRAY_GROUP = Kind(
    type="AWS::XRay::Group",
    service="xray",
    title="X-Ray group",
    template=Template(attributes={"Arn": "GroupARN"}),
    id="GroupARN",
    key=("GroupName",),
    properties={
        "GroupName": IMMUTABLE,
        "FilterExpression": MUTABLE,
        "InsightsConfiguration": MUTABLE,
    },
    attributes={"GroupARN": Attribute("GroupARN"), "Arn": Attribute("GroupARN")},
    list=list_groups,
    create=Call(
        "create_group",
        lambda w: {**given(w, "GroupName", "FilterExpression", "InsightsConfiguration"), "Tags": tag_list(w.tags)},
        item="Group",
    ),
    updates=(
        Update(
            ("FilterExpression", "InsightsConfiguration"),
            Call("update_group", lambda w: {"GroupARN": w.id, **w.pick("FilterExpression", "InsightsConfiguration")}),
        ),
    ),
    delete=Call("delete_group", lambda w: {"GroupARN": w.id}),
    tag=_TAG,
    untag=_UNTAG,
)

KINDS = (XRAY_SAMPLING_RULE, XRAY_GROUP)
