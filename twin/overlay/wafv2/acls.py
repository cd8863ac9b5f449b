# Copyright (c) stackwright.aws contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from moto.wafv2.models import FakeWebACL
from moto.wafv2.responses import WAFV2Response

from twin.overlay._tagged import Tagged, collector, pairs
from twin.overlay.wafv2.associations import protected
from twin.overlay.wafv2.common import associated, backend_of, backends, duplicate, missing, region_of
from twin.overlay.wafv2.rules import check
from twin.patch import Parameters, after, around, before, notes, operation

# What moto neither keeps nor answers.
_MORE = ("ApplicationConfig", "DataProtectionConfig", "MonetizationConfig", "OnSourceDDoSProtectionConfig")


def install() -> None:
    @before(WAFV2Response, "CreateWebACL")
    def can_be_made(response: Any, asked: Parameters) -> None:
        backend = backend_of(response, asked["Scope"])
        if any(acl.name == asked["Name"] for acl in backend.wacls.values()):
            duplicate()
        check(asked.get("Rules") or [], backend)

    @after(WAFV2Response, "CreateWebACL")
    def made(response: Any, asked: Parameters, result: Any) -> Any:
        backend = backend_of(response, asked["Scope"])
        acl = next(acl for acl in backend.wacls.values() if acl.name == asked["Name"])
        _fill(acl, asked, backend)
        return result

    @before(WAFV2Response, "UpdateWebACL")
    def can_be_changed(response: Any, asked: Parameters) -> None:
        check(asked.get("Rules") or [], backend_of(response, asked["Scope"]))

    @after(WAFV2Response, "UpdateWebACL")
    def changed(response: Any, asked: Parameters, result: Any) -> Any:
        backend = backend_of(response, asked["Scope"])
        acl = backend.get_web_acl(None, asked["Name"], asked["Id"])
        _fill(acl, asked, backend)
        # An update says the whole; what it does not say is gone.
        if not asked.get("Rules"):
            acl.rules = []
        acl.description = asked.get("Description") or ""
        acl.association_config = asked.get("AssociationConfig")
        acl.captcha_config = asked.get("CaptchaConfig")
        acl.challenge_config = asked.get("ChallengeConfig")
        acl.custom_response_bodies = asked.get("CustomResponseBodies")
        acl.token_domains = asked.get("TokenDomains")
        return result

    def _fill(acl: Any, asked: Parameters, backend: Any) -> None:
        kept = notes(acl, "more")
        for name in _MORE:
            # Only a create request has it.
            if name == "ApplicationConfig" and "LockToken" in asked:
                continue
            kept.pop(name, None)
            if asked.get(name):
                kept[name] = asked[name]
        acl.capacity = check(asked.get("Rules") or [], backend)

    @around(FakeWebACL, "to_dict")
    def whole(original: Any, self: Any) -> dict[str, Any]:
        answer = {**original(self), **notes(self, "more")}
        answer["Rules"] = [{name: item for name, item in rule.items() if item is not None} for rule in answer["Rules"]]
        return {name: item for name, item in answer.items() if item is not None}

    @before(WAFV2Response, "DeleteWebACL")
    def unused(response: Any, asked: Parameters) -> None:
        backend = backend_of(response, asked["Scope"])
        acl = backend.get_web_acl(None, asked["Name"], asked["Id"])
        if protected(acl):
            associated()

    @after(WAFV2Response, "DeleteWebACL")
    def forget(response: Any, asked: Parameters, result: Any) -> Any:
        backend = backend_of(response, asked["Scope"])
        for arn in [arn for arn in backend.tagging_service.tags if "/webacl/" in arn and arn not in backend.wacls]:
            backend.tagging_service.delete_all_tags_for_resource(arn)
            backend.logging_configurations.pop(arn, None)
        return result

    @operation(WAFV2Response, "CheckCapacity")
    def check_capacity(response: Any, asked: Parameters) -> dict[str, Any]:
        return {"Capacity": check(asked["Rules"], backend_of(response, asked["Scope"]))}

    @before(WAFV2Response, "ListTagsForResource", "TagResource", "UntagResource")
    def is_there(response: Any, asked: Parameters) -> None:
        arn = asked["ResourceARN"]
        scope = "CLOUDFRONT" if region_of(arn) == "global" else "REGIONAL"
        backend = backend_of(response, scope)
        held = (backend.wacls, backend.ip_sets, backend.rule_groups, backend.regex_pattern_sets)
        if not any(arn in group for group in held):
            missing()

    @collector("wafv2")
    def tagged(account: str, region: str) -> Iterator[Tagged]:
        for backend in backends(account):
            for arn in list(backend.tagging_service.tags):
                if arn.split(":")[3] == region:
                    yield arn, pairs(backend.tagging_service.list_tags_for_resource(arn)["Tags"])
