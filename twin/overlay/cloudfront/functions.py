# Copyright (c) stackwright.aws contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Functions at the edge: a draft, and what of it has been published."""

from __future__ import annotations

from typing import Any

from moto.cloudfront.responses import CloudFrontResponse

from twin.overlay._lifecycle import Record
from twin.overlay.cloudfront import store as kept
from twin.overlay.cloudfront.store import Store, store
from twin.patch import Parameters, operation
from twin.refusal import refuse

_LARGEST = 10240


def install() -> None:
    kept.routed("function/(?P<function_name>[^/]+)/publish")

    @operation(CloudFrontResponse, "CreateFunction")
    def create(response: Any, asked: Parameters) -> dict[str, Any]:
        functions = store(response).functions
        if asked["Name"] in functions:
            refuse("FunctionAlreadyExists", f"A function with the same name already exists: {asked['Name']}", 409)
        _check(asked)
        function = Record(Name=asked["Name"], ETag=kept.identifier(), created=kept.now(), draft=_content(asked))
        functions[asked["Name"]] = function
        given = kept.elements(asked.get("Tags"))
        store(response).tags[_arn(response, function)] = {tag["Key"]: tag.get("Value") or "" for tag in given}
        return {"FunctionSummary": _summary(response, function, "DEVELOPMENT"), "ETag": function["ETag"]}

    @operation(CloudFrontResponse, "UpdateFunction")
    def update(response: Any, asked: Parameters) -> dict[str, Any]:
        function = _find(response, asked)
        kept.check_version(asked, function["ETag"])
        _check(asked)
        function.update(draft=_content(asked), ETag=kept.identifier())
        return {"FunctionSummary": _summary(response, function, "DEVELOPMENT"), "ETag": function["ETag"]}

    @operation(CloudFrontResponse, "PublishFunction")
    def publish(response: Any, asked: Parameters) -> dict[str, Any]:
        function = _find(response, asked)
        kept.check_version(asked, function["ETag"])
        function.update(live=function["draft"], live_etag=function["ETag"])
        return {"FunctionSummary": _summary(response, function, "LIVE")}

    @operation(CloudFrontResponse, "DescribeFunction")
    def describe(response: Any, asked: Parameters) -> dict[str, Any]:
        function = _find(response, asked, asked.get("Stage"))
        stage = asked.get("Stage") or "DEVELOPMENT"
        etag = function["live_etag" if stage == "LIVE" else "ETag"]
        return {"FunctionSummary": _summary(response, function, stage), "ETag": etag}

    @operation(CloudFrontResponse, "GetFunction")
    def get(response: Any, asked: Parameters) -> dict[str, Any]:
        function = _find(response, asked, asked.get("Stage"))
        live = asked.get("Stage") == "LIVE"
        return {
            "FunctionCode": function["live" if live else "draft"]["code"],
            "ETag": function["live_etag" if live else "ETag"],
            "ContentType": "application/octet-stream",
        }

    @operation(CloudFrontResponse, "ListFunctions")
    def list_functions(response: Any, asked: Parameters) -> dict[str, Any]:
        stages = [asked["Stage"]] if asked.get("Stage") else ["DEVELOPMENT", "LIVE"]
        shown = [
            (f"{function['Name']} {stage}", _summary(response, function, stage))
            for function in store(response).functions.values()
            for stage in stages
            if stage == "DEVELOPMENT" or "live" in function
        ]
        return {"FunctionList": kept.listed(shown, asked)}

    @operation(CloudFrontResponse, "DeleteFunction")
    def delete(response: Any, asked: Parameters) -> None:
        function = _find(response, asked)
        kept.check_version(asked, function["ETag"])
        arn = _arn(response, function)
        if arn in associated(store(response)):
            refuse("FunctionInUse", "Cannot delete the function because it's attached to one or more behaviors.", 409)
        del store(response).functions[function["Name"]]
        store(response).tags.pop(arn, None)


def associated(account: Store) -> set[str]:
    """The ARNs of the functions that a distribution runs."""
    found: set[str] = set()
    for distribution in account.distributions.values():
        config = distribution["DistributionConfig"]
        for behaviour in (config["DefaultCacheBehavior"], *kept.elements(config.get("CacheBehaviors"))):
            found |= {one["FunctionARN"] for one in kept.elements(behaviour.get("FunctionAssociations"))}
    return found


def is_live(account: Store, arn: str) -> bool:
    return "live" in account.functions.get(arn.rpartition("/")[2], {})


def _find(response: Any, asked: Parameters, stage: str | None = None) -> Record:
    function = store(response).functions.get(asked["Name"])
    if function is None or (stage == "LIVE" and "live" not in function):
        refuse("NoSuchFunctionExists", f"The specified function does not exist: {asked['Name']}", 404)
    return function


def _arn(response: Any, function: Record) -> str:
    return kept.arn(response, f"function/{function['Name']}")


def _content(asked: Parameters) -> dict[str, Any]:
    code = asked["FunctionCode"]
    return {"config": asked["FunctionConfig"], "code": code.encode() if isinstance(code, str) else code}


def _check(asked: Parameters) -> None:
    if len(asked["FunctionCode"]) > _LARGEST:
        refuse("FunctionSizeLimitExceeded", "The function is larger than 10 KB.", 413)


def _summary(response: Any, function: Record, stage: str) -> dict[str, Any]:
    live = stage == "LIVE"
    return {
        "Name": function["Name"],
        "Status": "UNPUBLISHED" if "live" not in function else "UNASSOCIATED",
        "FunctionConfig": function["live" if live else "draft"]["config"],
        "FunctionMetadata": {
            "FunctionARN": _arn(response, function),
            "Stage": stage,
            "CreatedTime": function["created"],
            "LastModifiedTime": function["created"],
        },
    }
