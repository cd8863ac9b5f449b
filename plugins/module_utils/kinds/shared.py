# Copyright (c) stackwright.aws contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Words that the descriptors of several services share: common properties, tags, documents."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any
from urllib.parse import unquote

from ..engine.api import ApiError
from ..engine.document import STACK_TAG
from ..engine.kind import Call, Item, Property, Reader, Scope, Work, read_path

IMMUTABLE = Property(immutable=True)
MUTABLE = Property()
WRITE_ONLY = Property(write_only=True)

_ACCOUNT_ROOT = re.compile(r"^arn:aws[\w-]*:iam::(\d{12}):root$")


def tag_list(tags: Mapping[str, str]) -> list[dict[str, str]]:
    """Tags as most services take them."""
    return [{"Key": key, "Value": value} for key, value in sorted(tags.items())]


def lower_tag_list(tags: Mapping[str, str]) -> list[dict[str, str]]:
    """Tags as ECS and a few others take them."""
    return [{"key": key, "value": value} for key, value in sorted(tags.items())]


def tag_specifications(resource_type: str, tags: Mapping[str, str]) -> list[dict[str, Any]]:
    """Tags as EC2 takes them in a create request."""
    return [{"ResourceType": resource_type, "Tags": tag_list(tags)}]


def stack_filter(scope: Scope) -> list[dict[str, Any]]:
    """EC2's filter for what carries the stack's tag."""
    return [{"Name": f"tag:{STACK_TAG}", "Values": [scope.stack]}]


def owned(scope: Scope, operation: str, items: str, ids: str, **params: Any) -> list[Item]:
    """EC2 objects in scope by one paginated request.

    Args:
        operation: e.g. `describe_vpcs`.
        items: JMESPath of the list in a page.
        ids: the parameter that takes identifiers, e.g. `VpcIds`; or the name of a filter when it begins lower case.
    """
    if scope.ids and ids[0].islower():
        params["Filters"] = [*params.get("Filters", []), {"Name": ids, "Values": list(scope.ids)}]
    elif scope.ids:
        params[ids] = list(scope.ids)
    elif not scope.everything:
        params["Filters"] = [*params.get("Filters", []), *stack_filter(scope)]
    return scope.pages("ec2", operation, items, **params)


EC2_TAG = Call("create_tags", lambda w: {"Resources": [w.id], "Tags": tag_list(w.tags_to_set)}, service="ec2")
EC2_UNTAG = Call(
    "delete_tags",
    lambda w: {"Resources": [w.id], "Tags": [{"Key": key} for key in w.tags_to_remove]},
    service="ec2",
)


#: Where the tags of what belongs to no region are found.
_GLOBAL_REGIONS = {"aws": "us-east-1", "aws-cn": "cn-northwest-1", "aws-us-gov": "us-gov-west-1"}


def global_scope(scope: Scope) -> Scope:
    """The scope in the region where AWS keeps what belongs to no region."""
    return replace(scope, region=_GLOBAL_REGIONS.get(scope.api.partition, scope.region))


def tag_index(scope: Scope) -> dict[str, dict[str, str]]:
    """The tags of everything in the region that carries the stack's tag, by ARN; asked once an observation.

    https://docs.aws.amazon.com/resourcegroupstagging/latest/APIReference/API_GetResources.html
    """

    def ask() -> dict[str, dict[str, str]]:
        found = scope.pages(
            "resourcegroupstaggingapi",
            "get_resources",
            "ResourceTagMappingList[]",
            TagFilters=[{"Key": STACK_TAG, "Values": [scope.stack]}],
            ResourcesPerPage=100,
        )
        return {entry["ResourceARN"]: {t["Key"]: t["Value"] for t in entry["Tags"]} for entry in found}

    index: dict[str, dict[str, str]] = scope.memo.get(("tag_index", scope.region), ask)
    return index


def with_tags(
    scope: Scope,
    items: Iterable[Item],
    arn: Reader,
    service: str,
    operation: str,
    param: str,
    tags: str,
    wanted: Iterable[str] = (),
    name: Reader = "",
) -> list[Item]:
    """Items of a service whose list answers no tags, with their tags under `Tags`; those of no concern left out.

    The tag index tells the tags of what is ours with one request for all kinds. What is described but not in the index
    (somebody else's, or tagged a moment ago) is asked about one by one.

    Args:
        arn: where an item holds its ARN.
        service, operation, param, tags: the request that reads one object's tags, its parameter for the ARN, and the
            JMESPath of the tags in its answer.
        wanted: values of `name` that are described.
        name: where an item holds its natural name.
    """
    index = {} if scope.ids else tag_index(scope)
    described = set(wanted)
    found: list[Item] = []
    for item in items:
        its_arn = read_path(arn, item)
        if its_arn in index:
            found.append({**item, "Tags": index[its_arn]})
        elif scope.ids or scope.everything or (name and read_path(name, item) in described):
            answer = scope.call(service, operation, **{param: its_arn})
            found.append({**item, "Tags": read_path(tags, answer) or []})
    return found


def json_document(value: Any) -> Any:
    """A JSON document, given as text, URL-encoded text or data, as data. Text that is no JSON stays as it is."""
    if not isinstance(value, str):
        return value
    text = value.strip()
    try:
        return json.loads(text if text[:1] in ("{", "[") else unquote(text))
    except ValueError:
        return value


def json_text(value: Any) -> str:
    """Data as the JSON text that requests carry; stable for the same data."""
    return value if isinstance(value, str) else json.dumps(value, sort_keys=True)


def policy_document(value: Any) -> Any:
    """An IAM policy document in one form of the many that mean the same.

    Single values become lists; lists lose repetitions and are sorted, statements are sorted too; the principals `*`
    and `{"AWS": "*"}` become one, and so do an account's number and the ARN of its root, which AWS puts in its place.
    https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_grammar.html
    https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html
    """
    document = json_document(value)
    if not isinstance(document, Mapping):
        return document
    statements = document.get("Statement", [])
    if isinstance(statements, Mapping):
        statements = [statements]
    plain = [_statement(statement) for statement in statements]
    return {**document, "Statement": sorted(plain, key=lambda s: json.dumps(s, sort_keys=True, default=str))}


def _statement(statement: Mapping[str, Any]) -> dict[str, Any]:
    result: dict[str, Any] = {}
    for key, value in statement.items():
        if key in ("Action", "NotAction", "Resource", "NotResource"):
            result[key] = _sorted_list(value)
        elif key in ("Principal", "NotPrincipal"):
            who = {"AWS": "*"} if value == "*" else value
            result[key] = {kind: _sorted_list(_without_root(names)) for kind, names in who.items()}
        elif key == "Condition":
            result[key] = {
                test: {name: _sorted_list(values) for name, values in names.items()} for test, names in value.items()
            }
        else:
            result[key] = value
    return result


def _without_root(names: Any) -> Any:
    if isinstance(names, (list, tuple)):
        return [_without_root(name) for name in names]
    return _ACCOUNT_ROOT.sub(r"\1", names) if isinstance(names, str) else names


def _sorted_list(value: Any) -> list[str]:
    values = value if isinstance(value, (list, tuple)) else [value]
    return sorted({str(one).lower() if isinstance(one, bool) else str(one) for one in values})


def arn_tagging(service: str, param: str, *, lower: bool = False, keys: str = "TagKeys") -> tuple[Call, Call]:
    """The tagging steps of a service with `tag_resource` and `untag_resource` by ARN (attribute `Arn`).

    Args:
        param: the parameter that takes the ARN.
        lower: the service writes `key` and `value`.
        keys: the parameter of the keys to remove.
    """
    shape = lower_tag_list if lower else tag_list
    word = "tags" if lower else "Tags"

    def tag(work: Work) -> dict[str, Any]:
        return {param: work.attributes["Arn"], word: shape(work.tags_to_set)}

    def untag(work: Work) -> dict[str, Any]:
        return {param: work.attributes["Arn"], keys: list(work.tags_to_remove)}

    return Call("tag_resource", tag, service=service), Call("untag_resource", untag, service=service)


def each_present(
    names: Sequence[str], size: int, ask: Callable[[Sequence[str]], Sequence[dict[str, Any]]]
) -> list[dict[str, Any]]:
    """The answers to a request that takes several names and refuses all when one of them does not exist.

    Args:
        size: how many names one request takes.
        ask: sends the request for some names.
    """
    found: list[dict[str, Any]] = []
    for start in range(0, len(names), size):
        batch = names[start : start + size]
        try:
            found += ask(batch)
        except ApiError as error:
            if not error.missing:
                raise
            if len(batch) > 1:
                found += each_present(batch, 1, ask)
    return found
