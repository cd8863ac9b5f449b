# Copyright (c) stackwright.aws contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""AWS::ElasticLoadBalancingV2::ListenerRule."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from ...engine.api import ApiError
from ...engine.kind import Attribute, Call, Item, Kind, Property, Scope, Update, Work
from ...engine.template import Template
from ..shared import MUTABLE, tag_list
from .actions import normalise_actions, request_actions
from .common import SERVICE, TAG, UNTAG, by_arns, with_described_tags

_LISTENER = "AWS::ElasticLoadBalancingV2::Listener"

#: Where a condition of each field holds what the short form has directly under the condition.
#: https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_RuleCondition.html
_CONFIGS = {
    "host-header": "HostHeaderConfig",
    "path-pattern": "PathPatternConfig",
    "http-header": "HttpHeaderConfig",
    "http-request-method": "HttpRequestMethodConfig",
    "query-string": "QueryStringConfig",
    "source-ip": "SourceIpConfig",
}


def list_rules(scope: Scope) -> Iterable[Item]:
    """Rules in scope without the default ones, asked for listener by listener since the API has no other way."""
    if scope.ids:
        found = by_arns(scope, "describe_rules", "Rules[]", "RuleArns")
    else:
        parents = {observed.id for observed in scope.observed(_LISTENER)} | set(scope.names("ListenerArn"))
        found = [
            rule
            for arn in sorted(parents)
            for rule in scope.pages(SERVICE, "describe_rules", "Rules[]", ListenerArn=arn)
        ]
    return with_described_tags(scope, [rule for rule in found if not rule.get("IsDefault")], "RuleArn")


def listener_arn(item: Item) -> str:
    """The listener of a rule, which only the rule's ARN tells."""
    arn: str = item["RuleArn"]
    return arn.rsplit("/", 1)[0].replace(":listener-rule/", ":listener/")


def priority(item: Item) -> int | None:
    """The priority as a number; AWS answers text. The default rule has none."""
    text = str(item.get("Priority", ""))
    return int(text) if text.isdecimal() else None


def normalise_conditions(conditions: Iterable[Mapping[str, Any]] | None) -> list[dict[str, Any]]:
    """Conditions with their values under the field's own member, where AWS answers some of them twice."""
    return [_condition(condition) for condition in conditions or []]


def _condition(condition: Mapping[str, Any]) -> dict[str, Any]:
    result = {key: value for key, value in condition.items() if key not in ("Values", "RegexValues")}
    name = _CONFIGS.get(str(condition.get("Field")))
    if name is None:
        return dict(condition)
    config = dict(condition.get(name) or {})
    for member in ("Values", "RegexValues"):
        if condition.get(member) and not config.get(member):
            config[member] = condition[member]
    result[name] = config
    return result


def _create(work: Work) -> dict[str, Any]:
    return {
        **work.pick("ListenerArn", "Conditions", "Transforms"),
        "Priority": int(work.get("Priority")),
        "Actions": request_actions(work.get("Actions", ()), initial=work.get("InitialWeights")),
        "Tags": tag_list(work.tags),
    }


def _modify(work: Work) -> dict[str, Any]:
    params: dict[str, Any] = {"RuleArn": work.id}
    if "Conditions" in work.changed:
        params["Conditions"] = work.get("Conditions")
    if "Actions" in work.changed:
        current = work.current.properties.get("Actions") if work.current else None
        params["Actions"] = request_actions(work.get("Actions"), current, work.get("InitialWeights"))
    if "Transforms" in work.changed:
        transforms = work.get("Transforms")
        params.update({"Transforms": transforms} if transforms else {"ResetTransforms": True})
    return params


def _set_priority(work: Work) -> None:
    """Move the rule; who has the place takes the old one, since rules that change places can only do so at once."""
    wanted = int(work.get("Priority"))
    moves = [{"RuleArn": work.id, "Priority": wanted}]
    try:
        work.call(SERVICE, "set_rule_priorities", RulePriorities=moves)
    except ApiError as error:
        if error.code != "PriorityInUse" or work.current is None:
            raise
        rules = work.pages(SERVICE, "describe_rules", "Rules[]", ListenerArn=work.current.properties["ListenerArn"])
        places = {rule["RuleArn"]: priority(rule) for rule in rules}
        here = places[work.id]
        moves += [{"RuleArn": arn, "Priority": here} for arn, place in places.items() if place == wanted]
        work.call(SERVICE, "set_rule_priorities", RulePriorities=moves)


LISTENER_RULE = Kind(
    type="AWS::ElasticLoadBalancingV2::ListenerRule",
    service=SERVICE,
    title="listener rule",
    template=Template(properties={"InitialWeights": ""}),
    id="RuleArn",
    key=("ListenerArn", "Priority"),
    requires=(_LISTENER,),
    part_of="ListenerArn",
    list=list_rules,
    properties={
        "ListenerArn": Property(listener_arn, immutable=True),
        "Priority": Property(priority),
        "Conditions": Property(unordered=True, normalise=normalise_conditions),
        "Actions": Property(normalise=normalise_actions),
        "Transforms": MUTABLE,
        # Not one of CloudFormation's: weights that target groups begin with where the actions state none.
        "InitialWeights": Property(lambda _item: None, initial=True),
    },
    attributes={
        "RuleArn": Attribute("RuleArn"),
        "Arn": Attribute("RuleArn"),
        "IsDefault": Attribute("IsDefault", lambda _facts: False),
    },
    # A rule that is about to go may still have the priority; a repeated create would meet its own rule there.
    create=Call("create_rule", _create, item="Rules[0]", retry_on=frozenset({"PriorityInUse"}), once=True),
    updates=(
        Update(("Priority",), _set_priority),
        Update(("Conditions", "Actions", "Transforms"), Call("modify_rule", _modify)),
    ),
    created_in_order=True,
    tag=TAG,
    untag=UNTAG,
    delete=Call("delete_rule", lambda w: {"RuleArn": w.id}),
)
