# Copyright (c) stackwright.aws contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Functions that run at the edge, for each request or answer."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any

from ...engine.kind import Attribute, Call, Item, Kind, Property, Scope, Update, Work
from ...engine.template import Template
from ..requests import unless
from ..shared import IMMUTABLE, WRITE_ONLY, global_scope, tag_index, tag_list
from .shape import comparable, requested, stated

_ARN = "arn:{partition}:cloudfront::{account}:function/{Name}"


# Reading


def list_functions(scope: Scope) -> list[Item]:
    """Functions that are described or carry the stack's tag, as they are live: what is not published does not count."""
    index = {} if scope.ids else tag_index(global_scope(scope))
    names = set(scope.names("Name"))
    if not scope.ids:
        names |= {arn.rpartition("/")[2] for arn in index if ":cloudfront:" in arn and ":function/" in arn}
        names |= {
            name
            for name in _all_names(scope)
            # The tag index may not know of functions; by default their names begin with the stack's.
            if scope.everything or name.startswith(f"{scope.stack}-")
        }
    return [found for name in sorted(names) if (found := _read(scope, name, index)) is not None]


def _all_names(scope: Scope) -> list[str]:
    names: list[str] = []
    params: dict[str, Any] = {}
    while True:
        page = scope.call("cloudfront", "list_functions", **params)["FunctionList"]
        names += [one["Name"] for one in page.get("Items") or ()]
        if not page.get("NextMarker"):
            return names
        params["Marker"] = page["NextMarker"]


def _read(scope: Scope, name: str, index: Mapping[str, Mapping[str, str]]) -> Item | None:
    """A function: its live code and settings, and the version tag of the draft, which changes go by."""
    draft = unless((), partial(scope.call, "cloudfront", "describe_function", Name=name))
    if draft is None:
        return None
    item = {**draft["FunctionSummary"], "ETag": draft["ETag"], "FunctionCode": None}
    live = unless((), partial(scope.call, "cloudfront", "describe_function", Name=name, Stage="LIVE"))
    if live is not None:
        code = scope.call("cloudfront", "get_function", Name=name, Stage="LIVE")["FunctionCode"]
        item |= {"FunctionConfig": live["FunctionSummary"]["FunctionConfig"], "FunctionCode": _text(code)}
    arn = item["FunctionMetadata"]["FunctionARN"]
    tags: Any = index.get(arn)
    if tags is None:
        tags = scope.call("cloudfront", "list_tags_for_resource", Resource=arn)["Tags"].get("Items")
    return {**item, "Tags": tags or []}


def _text(code: Any) -> str:
    """Code as text; the answer is a stream."""
    raw = code.read() if hasattr(code, "read") else code
    return raw.decode() if isinstance(raw, bytes) else str(raw)


def plain_config(item: Item) -> Any:
    """A function's settings in CloudFormation's shape."""
    return stated(item["FunctionConfig"])


# Writing


def _content(work: Work) -> dict[str, Any]:
    config = {"Comment": "", **(work.merged("FunctionConfig") or {})}
    return {
        "Name": work.desired["Name"],
        "FunctionConfig": requested(config),
        "FunctionCode": str(work.merged("FunctionCode")).encode(),
    }


def _create(work: Work) -> Item:
    """A draft; what makes it live is a step of its own, which a run that finds the draft only can make up for."""
    content = _content(work)
    answer = work.call("cloudfront", "create_function", **content, Tags={"Items": tag_list(work.tags)})
    return {**answer["FunctionSummary"], "ETag": answer["ETag"], "Draft": content["FunctionCode"]}


def _go_live(work: Work) -> Item:
    """Bring the draft to what is stated, unless it was made so just now, and publish it, unless it is to stay one."""
    item, content = work.existing.item, _content(work)
    if item.get("Draft") != content["FunctionCode"]:
        answer = work.call("cloudfront", "update_function", **content, IfMatch=item["ETag"])
        item = {**answer["FunctionSummary"], "ETag": answer["ETag"]}
    if work.get("AutoPublish", True):
        work.call("cloudfront", "publish_function", Name=work.desired["Name"], IfMatch=item["ETag"])
    return {**item, "FunctionCode": content["FunctionCode"].decode()}


def _tag(work: Work) -> None:
    arn = work.attributes["FunctionARN"]
    work.call("cloudfront", "tag_resource", Resource=arn, Tags={"Items": tag_list(work.tags_to_set)})


def _untag(work: Work) -> None:
    arn = work.attributes["FunctionARN"]
    work.call("cloudfront", "untag_resource", Resource=arn, TagKeys={"Items": list(work.tags_to_remove)})


FUNCTION = Kind(
    type="AWS::CloudFront::Function",
    service="cloudfront",
    title="edge function",
    template=Template(ref="FunctionARN", attributes={"Arn": "FunctionARN"}),
    id="Name",
    key=("Name",),
    properties={
        "Name": IMMUTABLE,
        "FunctionConfig": Property(path=plain_config, normalise=comparable),
        "FunctionCode": Property(),
        "AutoPublish": WRITE_ONLY,
    },
    attributes={
        "FunctionARN": Attribute("FunctionMetadata.FunctionARN", _ARN),
        "Arn": Attribute("FunctionMetadata.FunctionARN", _ARN),
    },
    list=list_functions,
    create=_create,
    updates=(Update(("FunctionConfig", "FunctionCode"), _go_live, on_create=True),),
    delete=Call(
        "delete_function",
        lambda w: {"Name": w.id, "IfMatch": w.existing.item["ETag"]},
        retry_on=frozenset({"FunctionInUse"}),
    ),
    tag=_tag,
    untag=_untag,
    is_global=True,
    held_by_users=True,
)
