# Copyright (c) stackwright.aws contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Rules: what is judged of what Config records."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from ...engine.kind import Attribute, Call, Item, Kind, Property, Scope, States, Update, Work
from ...engine.template import Template
from ..requests import is_empty, pruned
from ..shared import IMMUTABLE, arn_tagging, json_document, tag_list, with_tags
from .recorder import RECORDER

_TAG, _UNTAG = arn_tagging("config", "ResourceArn")

_SETTINGS = ("Description", "Scope", "Source", "InputParameters", "MaximumExecutionFrequency", "EvaluationModes")


#: How often a rule is evaluated that goes by the clock and does not say.
#: https://docs.aws.amazon.com/config/latest/APIReference/API_ConfigRule.html
EVERY_DAY = "TwentyFour_Hours"


def list_rules(scope: Scope) -> list[Item]:
    """Rules that are described or carry the stack's tag."""
    rules = scope.pages("config", "describe_config_rules", "ConfigRules[]")
    return with_tags(
        scope,
        [rule for rule in rules if not scope.ids or rule["ConfigRuleName"] in scope.ids],
        "ConfigRuleArn",
        "config",
        "list_tags_for_resource",
        "ResourceArn",
        "Tags",
        scope.names("ConfigRuleName"),
        "ConfigRuleName",
    )


def input_parameters(value: Any) -> Any:
    """A rule's parameters as data; Config takes and answers every value as text."""
    found = json_document(value)
    if not isinstance(found, Mapping):
        return found or {}
    return {name: str(one).lower() if isinstance(one, bool) else str(one) for name, one in found.items()}


def plain_source(value: Any) -> Any:
    """A source to compare: the text of a policy is not answered."""
    details = value.get("CustomPolicyDetails") if isinstance(value, Mapping) else None
    if not details:
        return value
    return {**value, "CustomPolicyDetails": {name: one for name, one in details.items() if name != "PolicyText"}}


def rule_parameter(work: Work) -> dict[str, Any]:
    """The whole rule: as stated, else as it is, since the request forgets what it is not told."""
    rule: dict[str, Any] = {"ConfigRuleName": work.merged("ConfigRuleName")}
    rule.update({name: value for name in _SETTINGS if not is_empty(value := work.merged(name))})
    # Every day is what Config does anyway, and of a rule that goes by changes it refuses to hear a frequency.
    if rule.get("MaximumExecutionFrequency") == EVERY_DAY:
        del rule["MaximumExecutionFrequency"]
    parameters = input_parameters(rule.pop("InputParameters", None))
    if parameters:
        rule["InputParameters"] = json.dumps(parameters, sort_keys=True)
    return rule


CONFIG_RULE = Kind(
    type="AWS::Config::ConfigRule",
    service="config",
    title="Config rule",
    template=Template(tags=""),
    id="ConfigRuleName",
    key=("ConfigRuleName",),
    requires=(RECORDER,),
    properties={
        "ConfigRuleName": IMMUTABLE,
        "Description": Property(unstated=None),
        "Scope": Property(unordered=True, normalise=pruned, unstated=None),
        "Source": Property(normalise=plain_source, unordered=True),
        "InputParameters": Property(normalise=input_parameters, exact=True, unstated={}),
        "MaximumExecutionFrequency": Property(default=EVERY_DAY, unstated=EVERY_DAY),
        "EvaluationModes": Property(unordered=True),
    },
    attributes={
        "ConfigRuleId": Attribute("ConfigRuleId"),
        "Arn": Attribute("ConfigRuleArn"),
    },
    list=list_rules,
    states=States(
        path="ConfigRuleState",
        ready=frozenset({"ACTIVE", "EVALUATING"}),
        leaving=frozenset({"DELETING", "DELETING_RESULTS"}),
        timeout=600,
    ),
    create=Call("put_config_rule", lambda w: {"ConfigRule": rule_parameter(w), "Tags": tag_list(w.tags)}),
    updates=(Update(_SETTINGS, Call("put_config_rule", lambda w: {"ConfigRule": rule_parameter(w)})),),
    delete=Call("delete_config_rule", lambda w: {"ConfigRuleName": w.id}),
    tag=_TAG,
    untag=_UNTAG,
    retry_on=frozenset({"ResourceInUseException", "NoAvailableConfigurationRecorderException"}),
)
