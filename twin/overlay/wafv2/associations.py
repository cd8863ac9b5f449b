# Copyright (c) stackwright.aws contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
from __future__ import annotations

from typing import Any

from moto.elbv2.models import elbv2_backends
from moto.wafv2.responses import WAFV2Response

from twin.overlay.apigateway.store import stage_of
from twin.overlay.wafv2.common import backend, backends, invalid, region_of, web_acl
from twin.patch import Parameters, existing, operation
from twin.refusal import refuse

# https://docs.aws.amazon.com/waf/latest/APIReference/API_ListResourcesForWebACL.html
_TYPES = {
    "APPLICATION_LOAD_BALANCER": ":loadbalancer/app/",
    "API_GATEWAY": ":/restapis/",
    "APPSYNC": ":apis/",
    "COGNITO_USER_POOL": ":userpool/",
}


def install() -> None:
    @operation(WAFV2Response, "AssociateWebACL")
    def associate(response: Any, asked: Parameters) -> None:
        arn, resource = asked["WebACLArn"], asked["ResourceArn"]
        if region_of(arn) == "global":
            invalid("The scope is not valid., field: WEB_ACL_ARN, a distribution names its web ACL itself")
        acl = web_acl(response.current_account, arn)
        if not any(part in resource for part in _TYPES.values()) or "/apis/" in resource:
            invalid(f"The ARN isn't valid., field: RESOURCE_ARN, parameter: {resource}")
        if not _stands(resource):
            refuse(
                "WAFUnavailableEntityException",
                "AWS WAF couldn’t retrieve the resource that you requested. Retry your request.",
                400,
            )
        # A resource has one web ACL; moto would let it have several.
        _let_go(response.current_account, resource)
        acl.associated_resources.append(resource)
        _tell_stage(response.current_account, resource, arn)

    @operation(WAFV2Response, "DisassociateWebACL")
    def disassociate(response: Any, asked: Parameters) -> None:
        _let_go(response.current_account, asked["ResourceArn"])

    @operation(WAFV2Response, "GetWebACLForResource")
    def of_resource(response: Any, asked: Parameters) -> dict[str, Any]:
        for acl in backend(response.current_account, response.region).wacls.values():
            if asked["ResourceArn"] in protected(acl):
                return {"WebACL": acl.to_dict()}
        return {}

    @operation(WAFV2Response, "ListResourcesForWebACL")
    def resources(response: Any, asked: Parameters) -> dict[str, Any]:
        part = _TYPES.get(asked.get("ResourceType") or "APPLICATION_LOAD_BALANCER", "none of these")
        acl = web_acl(response.current_account, asked["WebACLArn"])
        return {"ResourceArns": [arn for arn in protected(acl) if part in arn]}


def protected(acl: Any) -> list[str]:
    """What a web ACL protects and still stands."""
    acl.associated_resources = [arn for arn in acl.associated_resources if _stands(arn)]
    return list(acl.associated_resources)


def _let_go(account: str, resource: str) -> None:
    for one in backends(account):
        for acl in one.wacls.values():
            if resource in acl.associated_resources:
                acl.associated_resources.remove(resource)
    _tell_stage(account, resource, None)


def _stands(arn: str) -> bool:
    _, _, service, region, account, rest = arn.split(":", 5)
    if service == "elasticloadbalancing":
        balancers = existing(elbv2_backends, account, region)
        return balancers is not None and arn in balancers.load_balancers
    if service == "apigateway":
        return _stage(rest, region) is not None
    return True


def _stage(rest: str, region: str) -> Any:
    """The stage that `/restapis/ID/stages/NAME` names."""
    _, _, api_id, _, name = rest.split("/")
    return stage_of(region, api_id, name)


def _tell_stage(account: str, resource: str, acl: str | None) -> None:
    if ":/restapis/" in resource:
        stage = _stage(resource.split(":", 5)[5], resource.split(":")[3])
        if stage is not None:
            stage["webAclArn"] = acl
