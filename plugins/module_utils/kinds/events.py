# Copyright (c) stackwright.aws contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""EventBridge: rules and where they send events."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import partial
from typing import Any

from ..engine.api import ApiError
from ..engine.kind import Attribute, Call, Item, Kind, Property, Scope, Update, Work
from ..engine.template import Template
from .requests import batches, is_empty, unless
from .shared import IMMUTABLE, arn_tagging, json_document, json_text, tag_list, with_tags

DEFAULT_BUS = "default"

_TAG, _UNTAG = arn_tagging("events", "ResourceARN")


# Reading


def rule_of(arn: str) -> dict[str, str]:
    """The parameters that name a rule, from its ARN: `rule/NAME`, or `rule/BUS/NAME` on another bus."""
    bus, _slash, name = arn.partition(":rule/")[2].rpartition("/")
    return {"Name": name, "EventBusName": bus or DEFAULT_BUS}


def list_rules(scope: Scope) -> list[Item]:
    """The rules in scope with their targets; a list for each bus tells everything but those and the tags."""
    if scope.ids:
        answers = (unless((), partial(scope.call, "events", "describe_rule", **rule_of(arn))) for arn in scope.ids)
        rules = [answer for answer in answers if answer is not None]
    else:
        buses = {DEFAULT_BUS, *scope.names("EventBusName")}
        rules = [rule for bus in sorted(buses) for rule in _rules_on(scope, bus)]
    tagged = with_tags(
        scope,
        rules,
        "Arn",
        "events",
        "list_tags_for_resource",
        "ResourceARN",
        "Tags",
        scope.names("Name"),
        "Name",
    )
    return [{**rule, "Targets": _targets(scope, rule)} for rule in tagged]


def _rules_on(scope: Scope, bus: str) -> list[Item]:
    return unless((), partial(scope.pages, "events", "list_rules", "Rules[]", EventBusName=bus)) or []


def _targets(scope: Scope, rule: Item) -> list[Item]:
    named = rule_of(rule["Arn"])
    ask = partial(
        scope.pages,
        "events",
        "list_targets_by_rule",
        "Targets[]",
        Rule=named["Name"],
        EventBusName=named["EventBusName"],
    )
    return unless((), ask) or []


def plain_targets(value: Any) -> Any:
    """Targets to compare: their inputs as data, whatever the spacing."""
    if not isinstance(value, (list, tuple)):
        return value
    return [
        {**target, "Input": json_document(target["Input"])}
        if isinstance(target, Mapping) and target.get("Input")
        else target
        for target in value
    ]


# Writing

_RULE = ("Description", "EventPattern", "ScheduleExpression", "State", "RoleArn")


def _put_rule(work: Work) -> Item:
    """Write the whole rule: what the request does not say is taken away."""
    params: dict[str, Any] = {name: work.merged(name) for name in _RULE}
    params = {name: value for name, value in params.items() if not is_empty(value)}
    if "EventPattern" in params:
        params["EventPattern"] = json_text(params["EventPattern"])
    params.update(_named(work))
    # Tags go with the making of a rule only.
    tags = {} if work.current else {"Tags": tag_list(work.tags)}
    answer = work.call("events", "put_rule", **params, **tags)
    return {
        **params,
        "Arn": answer["RuleArn"],
        "Tags": tag_list(work.tags),
        "Targets": work.existing.properties.get("Targets") if work.current else [],
    }


def _named(work: Work) -> dict[str, str]:
    if work.current is not None:
        return rule_of(work.id)
    return {"Name": work.desired["Name"], "EventBusName": work.get("EventBusName") or DEFAULT_BUS}


def _set_targets(work: Work) -> None:
    """Write what differs, then take away what is not described."""
    present = {target["Id"]: target for target in work.existing.properties.get("Targets") or []}
    wanted = {target["Id"]: target for target in work.desired["Targets"] or []}
    changed = [target for identifier, target in sorted(wanted.items()) if target != present.get(identifier)]
    where = _target_parameters(work)
    for batch in batches(changed, 10):
        targets = [
            {**target, "Input": json_text(target["Input"])} if target.get("Input") else target for target in batch
        ]
        _check(work.call("events", "put_targets", **where, Targets=targets), "put_targets")
    _remove(work, sorted(present.keys() - wanted.keys()))


def _target_parameters(work: Work) -> dict[str, str]:
    named = rule_of(work.id)
    return {"Rule": named["Name"], "EventBusName": named["EventBusName"]}


def _remove(work: Work, identifiers: Iterable[str]) -> None:
    for batch in batches(list(identifiers), 100):
        answer = work.call("events", "remove_targets", **_target_parameters(work), Ids=list(batch))
        _check(answer, "remove_targets")


def _check(answer: Mapping[str, Any], operation: str) -> None:
    """Targets are refused one by one, in an answer that is no error."""
    for failed in answer.get("FailedEntries") or ():
        raise ApiError(
            str(failed.get("ErrorCode")),
            f"{failed.get('TargetId')}: {failed.get('ErrorMessage')}",
            service="events",
            operation=operation,
        )


def _remove_targets(work: Work) -> None:
    """A rule goes only without targets."""
    _remove(work, sorted(target["Id"] for target in work.existing.properties.get("Targets") or []))


def rule_arn(facts: Mapping[str, Any]) -> str | None:
    """The ARN that a rule will have."""
    name, bus = facts.get("Name"), facts.get("EventBusName") or DEFAULT_BUS
    if not (isinstance(name, str) and isinstance(bus, str)):
        return None
    where = f"arn:{facts['partition']}:events:{facts['region']}:{facts['account']}:rule"
    return f"{where}/{name}" if bus == DEFAULT_BUS else f"{where}/{bus}/{name}"


EVENTS_RULE = Kind(
    type="AWS::Events::Rule",
    service="events",
    title="event rule",
    template=Template(ref="RuleName"),
    id="Arn",
    key=("EventBusName", "Name"),
    key_of=lambda stated: (
        (str(stated.get("EventBusName") or DEFAULT_BUS), stated["Name"])
        if isinstance(stated.get("Name"), str)
        else None
    ),
    properties={
        "Name": IMMUTABLE,
        "EventBusName": Property(immutable=True, default=DEFAULT_BUS),
        "Description": Property(unstated=None),
        "EventPattern": Property(exact=True, unordered=True, normalise=json_document),
        "ScheduleExpression": Property(),
        "State": Property(default="ENABLED"),
        "RoleArn": Property(),
        "Targets": Property(key="Id", exact=True, normalise=plain_targets),
    },
    attributes={
        "Arn": Attribute("Arn", rule_arn),
        "RuleName": Attribute("Name", "{Name}"),
    },
    list=list_rules,
    create=_put_rule,
    updates=(
        Update(_RULE, _put_rule),
        Update(("Targets",), _set_targets, on_create=True),
    ),
    before_delete=_remove_targets,
    delete=Call("delete_rule", lambda w: rule_of(w.id)),
    tag=_TAG,
    untag=_UNTAG,
    retry_on=frozenset({"ConcurrentModificationException"}),
)

KINDS = (EVENTS_RULE,)
