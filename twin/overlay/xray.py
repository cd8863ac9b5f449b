# Copyright (c) stackwright.aws contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""X-Ray: sampling rules, groups, their tags. moto has traces only.

Source: https://docs.aws.amazon.com/xray/latest/api/
"""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NoReturn

from moto.core.utils import utcnow
from moto.xray import urls
from moto.xray.models import xray_backends
from moto.xray.responses import XRayResponse

from twin.overlay._lifecycle import Record, as_tags, page, with_tags, without_tags
from twin.overlay._tagged import Tagged, collector, pairs
from twin.patch import Parameters, around, existing, notes, operation
from twin.refusal import refuse

if TYPE_CHECKING:
    from twin.world import World

Answer = dict[str, Any]

#: Their addresses are their names, save one.
_ADDRESSES = (
    "CreateSamplingRule",
    "UpdateSamplingRule",
    "DeleteSamplingRule",
    "GetSamplingRules",
    "CreateGroup",
    "UpdateGroup",
    "DeleteGroup",
    "GetGroup",
    "Groups",
    "TagResource",
    "UntagResource",
    "ListTagsForResource",
)
_BY_ADDRESS = {"Groups": "GetGroups"}
_RULES_LIMIT = 25
_DEFAULT = {
    "RuleName": "Default",
    "ResourceARN": "*",
    "Priority": 10000,
    "FixedRate": 0.05,
    "ReservoirSize": 1,
    "ServiceName": "*",
    "ServiceType": "*",
    "Host": "*",
    "HTTPMethod": "*",
    "URLPath": "*",
    "Version": 1,
    "Attributes": {},
}


@dataclass
class Store:
    """Rules and groups of an account and region by name, tags by ARN."""

    rules: dict[str, Record] = field(default_factory=dict)
    groups: dict[str, Record] = field(default_factory=dict)
    tags: dict[str, list[dict[str, str]]] = field(default_factory=dict)


def _store(response: XRayResponse) -> Store:
    found: Store = notes(response.xray_backend, "store", Store)
    if "Default" not in found.rules:
        found.rules["Default"] = _record({**_DEFAULT, "RuleARN": _arn(response, "sampling-rule/Default")})
    return found


def _record(rule: Answer) -> Record:
    return Record(SamplingRule=rule, CreatedAt=utcnow(), ModifiedAt=utcnow())


def _arn(response: XRayResponse, resource: str) -> str:
    return f"arn:{response.partition}:xray:{response.region}:{response.current_account}:{resource}"


def _invalid(message: str) -> NoReturn:
    refuse("InvalidRequestException", message)


def _page(items: list[Any], p: Parameters, key: str) -> Answer:
    found, token = page(items, p.get("NextToken"), None, 100, lambda: _invalid("Invalid NextToken"))
    return {key: found, **({"NextToken": token} if token else {})}


def _check_rule(rule: Answer) -> None:
    if "RuleName" in rule and not 1 <= len(rule["RuleName"]) <= 32:
        _invalid("RuleName must have 1 to 32 characters.")
    if not 0 <= rule.get("FixedRate", 0) <= 1:
        _invalid("FixedRate must be between 0 and 1.")
    if not 1 <= rule.get("Priority", 1) <= 9999:
        _invalid("Priority must be between 1 and 9999.")
    if rule.get("ReservoirSize", 0) < 0:
        _invalid("ReservoirSize must be 0 or more.")
    if rule.get("Version", 1) != 1:
        _invalid("Version must be 1.")


def _rule(response: XRayResponse, p: Parameters) -> Record:
    name = p.get("RuleName") or str(p.get("RuleARN")).rpartition("/")[2]
    found = _store(response).rules.get(name)
    if found is None:
        _invalid(f"Sampling rule {name} does not exist.")
    return found


def _sampling_rules() -> None:
    @operation(XRayResponse, "CreateSamplingRule")
    def create(response: XRayResponse, p: Parameters) -> Answer:
        rule, here = p["SamplingRule"], _store(response)
        _check_rule(rule)
        if rule.get("RuleName") in here.rules:
            _invalid(f"Sampling rule {rule['RuleName']} already exists.")
        if len(here.rules) > _RULES_LIMIT:
            refuse("RuleLimitExceededException", "You have reached the maximum number of sampling rules.")
        arn = _arn(response, f"sampling-rule/{rule['RuleName']}")
        made = here.rules[rule["RuleName"]] = _record({"Attributes": {}, **rule, "RuleARN": arn})
        here.tags[arn] = as_tags(p.get("Tags"))
        return {"SamplingRuleRecord": made}

    @operation(XRayResponse, "UpdateSamplingRule")
    def update(response: XRayResponse, p: Parameters) -> Answer:
        change = p["SamplingRuleUpdate"]
        found = _rule(response, change)
        _check_rule({name: value for name, value in change.items() if name != "RuleName"})
        found["SamplingRule"].update({name: value for name, value in change.items() if not name.startswith("Rule")})
        found["ModifiedAt"] = utcnow()
        return {"SamplingRuleRecord": found}

    @operation(XRayResponse, "DeleteSamplingRule")
    def delete(response: XRayResponse, p: Parameters) -> Answer:
        found = _rule(response, p)
        if found["SamplingRule"]["RuleName"] == "Default":
            _invalid("The default sampling rule cannot be deleted.")
        here = _store(response)
        del here.rules[found["SamplingRule"]["RuleName"]]
        here.tags.pop(found["SamplingRule"]["RuleARN"], None)
        return {"SamplingRuleRecord": found}

    @operation(XRayResponse, "GetSamplingRules")
    def get(response: XRayResponse, p: Parameters) -> Answer:
        return _page(list(_store(response).rules.values()), p, "SamplingRuleRecords")


def _group(response: XRayResponse, p: Parameters) -> Record:
    for group in _store(response).groups.values():
        if p.get("GroupARN") == group["GroupARN"] or p.get("GroupName") == group["GroupName"]:
            return group
    _invalid("Group not found.")


def _groups() -> None:
    @operation(XRayResponse, "CreateGroup")
    def create(response: XRayResponse, p: Parameters) -> Answer:
        here, name = _store(response), p["GroupName"]
        if not 1 <= len(name) <= 32 or name == "Default":
            _invalid("GroupName must have 1 to 32 characters, and not be Default.")
        if name in here.groups:
            _invalid(f"A group named {name} already exists.")
        arn = _arn(response, f"group/{name}/{secrets.token_hex(16).upper()}")
        insights = {"InsightsEnabled": False, "NotificationsEnabled": False, **(p.get("InsightsConfiguration") or {})}
        group = Record(
            GroupName=name,
            GroupARN=arn,
            FilterExpression=p.get("FilterExpression") or "",
            InsightsConfiguration=insights,
        )
        here.groups[name] = group
        here.tags[arn] = as_tags(p.get("Tags"))
        return {"Group": group}

    @operation(XRayResponse, "UpdateGroup")
    def update(response: XRayResponse, p: Parameters) -> Answer:
        group = _group(response, p)
        if p.get("FilterExpression") is not None:
            group["FilterExpression"] = p["FilterExpression"]
        group["InsightsConfiguration"].update(p.get("InsightsConfiguration") or {})
        return {"Group": group}

    @operation(XRayResponse, "DeleteGroup")
    def delete(response: XRayResponse, p: Parameters) -> None:
        group = _group(response, p)
        here = _store(response)
        del here.groups[group["GroupName"]]
        here.tags.pop(group["GroupARN"], None)

    @operation(XRayResponse, "GetGroup")
    def get(response: XRayResponse, p: Parameters) -> Answer:
        return {"Group": _group(response, p)}

    @operation(XRayResponse, "GetGroups")
    def get_all(response: XRayResponse, p: Parameters) -> Answer:
        return _page(list(_store(response).groups.values()), p, "Groups")


def _tags() -> None:
    def of(response: XRayResponse, p: Parameters) -> list[dict[str, str]]:
        here, arn = _store(response), p["ResourceARN"]
        known = {group["GroupARN"] for group in here.groups.values()}
        known |= {record["SamplingRule"]["RuleARN"] for record in here.rules.values()}
        if arn not in known:
            refuse("ResourceNotFoundException", f"Resource {arn} not found.", ResourceName=arn)
        return here.tags.setdefault(arn, [])

    @operation(XRayResponse, "ListTagsForResource")
    def show(response: XRayResponse, p: Parameters) -> Answer:
        return {"Tags": of(response, p)}

    @operation(XRayResponse, "TagResource")
    def tag(response: XRayResponse, p: Parameters) -> None:
        _store(response).tags[p["ResourceARN"]] = with_tags(of(response, p), as_tags(p["Tags"]))

    @operation(XRayResponse, "UntagResource")
    def untag(response: XRayResponse, p: Parameters) -> None:
        _store(response).tags[p["ResourceARN"]] = without_tags(of(response, p), p["TagKeys"])

    @collector("xray")
    def tagged(account: str, region: str) -> Iterator[Tagged]:
        backend = existing(xray_backends, account, region)
        store = notes(backend, "store", Store) if backend else Store()
        for arn, tags in list(store.tags.items()):
            yield arn, pairs(tags)


def install(world: World) -> None:
    for address in _ADDRESSES:
        urls.url_paths["{0}/" + address + "$"] = XRayResponse.dispatch

    @around(XRayResponse, "_get_action")
    def action(original: Any, response: XRayResponse) -> str:
        """moto names an operation after its address."""
        name: str = original(response)
        return _BY_ADDRESS.get(name, name)

    _sampling_rules()
    _groups()
    _tags()
