# Copyright (c) stackwright.aws contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Distributions."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import partial
from typing import Any

from ...engine.api import ApiError
from ...engine.kind import Attribute, Item, Kind, NaturalKey, Property, Scope, States, Update, Work
from ...engine.template import Template
from ..requests import unless
from ..shared import global_scope, tag_index, tag_list
from .function import FUNCTION
from .policies import CACHE_POLICY, ORIGIN_ACCESS_CONTROL, ORIGIN_REQUEST_POLICY, RESPONSE_HEADERS_POLICY
from .shape import comparable, distribution_request, in_template, overlaid, stated, without_secrets

_CONFIG = "DistributionConfig"
#: Seconds that an edge location may take to hear of a change; most take a few minutes.
_TIMEOUT = 3600

_IDENTIFIER = re.compile(r"\bE[A-Z0-9]{8,}\b")


# Reading


def list_distributions(scope: Scope) -> list[Item]:
    """The distributions that carry the stack's tag, and those that have an alias of a described one."""
    index = {} if scope.ids else tag_index(global_scope(scope))
    if scope.ids:
        ids = list(scope.ids)
    else:
        aliases = {name for wanted in scope.wanted for name in _aliases(wanted.get(_CONFIG))}
        ids = [
            one["Id"]
            for one in scope.pages("cloudfront", "list_distributions", "DistributionList.Items[]")
            if scope.everything or one["ARN"] in index or aliases.intersection(_aliases(one))
        ]
    return [found for identifier in ids if (found := _read(scope, identifier, index)) is not None]


def _read(scope: Scope, identifier: str, index: Mapping[str, Mapping[str, str]]) -> Item | None:
    answer = unless((), partial(scope.call, "cloudfront", "get_distribution", Id=identifier))
    if answer is None:
        return None
    item = _item(answer)
    tags: Any = index.get(item["ARN"])
    if tags is None:
        tags = scope.call("cloudfront", "list_tags_for_resource", Resource=item["ARN"])["Tags"].get("Items")
    return {**item, "Tags": tags or []}


def _item(answer: Mapping[str, Any]) -> Item:
    return {**answer["Distribution"], "ETag": answer["ETag"]}


def _aliases(config: Any) -> list[str]:
    names = comparable((config or {}).get("Aliases") or []) if isinstance(config, Mapping) else []
    return [name.lower() for name in names if isinstance(name, str)]


def distribution_key(properties: Mapping[str, Any]) -> NaturalKey | None:
    """Its aliases: no two distributions of the world share one. None: it has none, and only its tags tell it."""
    return tuple(sorted(_aliases(properties.get(_CONFIG)))) or None


def lower_aliases(value: Any) -> Any:
    """A configuration to compare; CloudFront writes domain names in lower case."""
    plain = comparable(value)
    return {**plain, "Aliases": sorted(_aliases(plain))} if isinstance(plain, Mapping) and "Aliases" in plain else plain


# Writing


def _create(work: Work) -> Item:
    config = {"CallerReference": work.token, **distribution_request(work.desired[_CONFIG])}
    tags = {"Items": tag_list(work.tags)}
    try:
        answer = work.call(
            "cloudfront",
            "create_distribution_with_tags",
            DistributionConfigWithTags={"DistributionConfig": config, "Tags": tags},
        )
    except ApiError as error:
        # An earlier attempt, whose answer was lost, made it.
        earlier = _IDENTIFIER.search(error.message)
        if error.code != "DistributionAlreadyExists" or earlier is None:
            raise
        answer = work.call("cloudfront", "get_distribution", Id=earlier.group())
    return _item(answer)


def _update(work: Work) -> Item:
    """Write the whole configuration with what is stated laid over it; refused when somebody else changed it."""
    config = overlaid(stated(work.existing.item[_CONFIG]), work.desired[_CONFIG])
    return _write(work, work.existing.item, config)


def _write(work: Work, item: Item, config: Mapping[str, Any]) -> Item:
    answer = work.call(
        "cloudfront",
        "update_distribution",
        Id=item["Id"],
        IfMatch=item["ETag"],
        DistributionConfig=distribution_request(config),
    )
    return _item(answer)


def _fresh(work: Work) -> Item:
    return _item(work.call("cloudfront", "get_distribution", Id=work.id))


def _disable(work: Work) -> None:
    """Take it off the edge: CloudFront deletes only what is disabled everywhere."""
    item = _fresh(work)
    if item[_CONFIG]["Enabled"]:
        _write(work, item, {**stated(item[_CONFIG]), "Enabled": False})


def _delete(work: Work) -> None:
    work.call("cloudfront", "delete_distribution", Id=work.id, IfMatch=_fresh(work)["ETag"])


def _tag(work: Work) -> None:
    arn = work.attributes["Arn"]
    work.call("cloudfront", "tag_resource", Resource=arn, Tags={"Items": tag_list(work.tags_to_set)})


def _untag(work: Work) -> None:
    arn = work.attributes["Arn"]
    work.call("cloudfront", "untag_resource", Resource=arn, TagKeys={"Items": list(work.tags_to_remove)})


DISTRIBUTION = Kind(
    type="AWS::CloudFront::Distribution",
    service="cloudfront",
    title="distribution",
    template=Template(attributes={"Arn": ""}, properties={_CONFIG: lambda value: {_CONFIG: in_template(value)}}),
    id="Id",
    key=(_CONFIG,),
    key_of=distribution_key,
    requires=(
        CACHE_POLICY.type,
        ORIGIN_REQUEST_POLICY.type,
        RESPONSE_HEADERS_POLICY.type,
        ORIGIN_ACCESS_CONTROL.type,
        FUNCTION.type,
    ),
    properties={
        _CONFIG: Property(path=lambda item: stated(item[_CONFIG]), normalise=lower_aliases, shown=without_secrets)
    },
    attributes={
        "Id": Attribute("Id"),
        "Arn": Attribute("ARN"),
        "DomainName": Attribute("DomainName"),
    },
    list=list_distributions,
    states=States(path="Status", ready=frozenset({"Deployed"}), timeout=_TIMEOUT),
    create=_create,
    updates=(Update((_CONFIG,), _update),),
    before_delete=_disable,
    delete=_delete,
    tag=_tag,
    untag=_untag,
    is_global=True,
    updates_while_busy=True,
    # Until every edge location has heard that it is disabled.
    retry_on=frozenset({"DistributionNotDisabled"}),
)
