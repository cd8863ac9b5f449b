# Copyright (c) stackwright.aws contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Cache, origin request and response headers policies, and origin access controls.

They carry no tags. Whose they are stands at the end of their comment: `stackwright/{stack}/{name}`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from ...engine.document import NAME_TAG, STACK_TAG
from ...engine.errors import ResourceError
from ...engine.kind import Attribute, Call, Item, Kind, NaturalKey, Property, Scope, Update, Work
from ...engine.template import Template
from ..requests import unless
from .shape import comparable, requested, stated

_PREFIX = "stackwright/"


@dataclass(frozen=True)
class Sort:
    """One of the four, which the API treats alike.

    Attributes:
        member: its name in answers, e.g. `CachePolicy`; its configuration is that and `Config`.
        noun, plural: its names in operations.
        title: what a person calls it.
        comment: the member of the configuration that takes a text.
        limit: characters of that text.
        in_use: the error code for one that a distribution uses.
        has_types: AWS's own are among those listed, unless only custom ones are asked for.
    """

    member: str
    noun: str
    plural: str
    title: str
    in_use: str
    comment: str = "Comment"
    limit: int = 128
    has_types: bool = True

    @property
    def config(self) -> str:
        return f"{self.member}Config"

    # Reading

    def list(self, scope: Scope) -> list[Item]:
        """Those that are described, and those whose comment says that they are the stack's."""
        if scope.ids:
            return [found for identifier in scope.ids if (found := self._read(scope, identifier)) is not None]
        names = {str(key[0]) for wanted in scope.wanted if (key := self.key(wanted)) is not None}
        return [
            item
            for item in self._all(scope)
            if scope.everything or item[self.config]["Name"] in names or self.owner(item).get(STACK_TAG) == scope.stack
        ]

    def _all(self, scope: Scope) -> Iterator[Item]:
        params: dict[str, Any] = {"Type": "custom"} if self.has_types else {}
        while True:
            page = scope.call("cloudfront", f"list_{self.plural}", **params)[f"{self.member}List"]
            for item in page.get("Items") or ():
                yield item[self.member] if self.has_types else self._flat(item)
            if not page.get("NextMarker"):
                return
            params["Marker"] = page["NextMarker"]

    def _flat(self, item: Item) -> Item:
        """A list of what has no types answers configurations with their identifiers among the members."""
        return {"Id": item["Id"], self.config: {name: value for name, value in item.items() if name != "Id"}}

    def _read(self, scope: Scope, identifier: str) -> Item | None:
        answer = unless((), lambda: scope.call("cloudfront", f"get_{self.noun}", Id=identifier))
        return None if answer is None else self._item(answer)

    def _item(self, answer: Mapping[str, Any]) -> Item:
        return {**answer[self.member], "ETag": answer["ETag"]}

    def key(self, properties: Mapping[str, Any]) -> NaturalKey | None:
        """Its name, of which there is one in an account."""
        name = (properties.get(self.config) or {}).get("Name")
        return (name,) if isinstance(name, str) else None

    def owner(self, item: Item) -> dict[str, str]:
        """The ownership tags that its comment amounts to."""
        mark = str(item[self.config].get(self.comment) or "").rpartition(" ")[2]
        stack, _slash, name = mark.removeprefix(_PREFIX).partition("/")
        return {STACK_TAG: stack, NAME_TAG: name} if mark.startswith(_PREFIX) and name else {}

    def plain(self, item: Item) -> dict[str, Any]:
        """Its configuration in CloudFormation's shape, without the mark of its owner."""
        config: dict[str, Any] = stated(item[self.config])
        if self.owner(item):
            config[self.comment] = config[self.comment].rpartition(" ")[0]
        return config

    # Writing

    def request(self, work: Work) -> dict[str, Any]:
        """The parameter that holds the configuration, marked as the stack's.

        Raises:
            ResourceError: the comment leaves no room for the mark.
        """
        config: dict[str, Any] = requested(work.desired[self.config])
        text = f"{config.get(self.comment) or ''} {_PREFIX}{work.stack}/{work.address.name}".strip()
        if len(text) > self.limit:
            raise ResourceError(
                f"the {self.comment} of {work.address} has {len(text)} characters with its owner's name at the end",
                f"shorten it, or the names: CloudFront takes {self.limit}",
            )
        return {self.config: {**config, self.comment: text}}

    def create(self, work: Work) -> Item:
        return self._item(work.call("cloudfront", f"create_{self.noun}", **self.request(work)))

    def update(self, work: Work) -> Item:
        """Write the whole; refused when somebody else changed it since it was read."""
        params = {"Id": work.id, "IfMatch": work.existing.item["ETag"], **self.request(work)}
        return self._item(work.call("cloudfront", f"update_{self.noun}", **params))

    def mark(self, work: Work) -> Item:
        """Write whose it is; an update before it may have changed it."""
        fresh = work.call("cloudfront", f"get_{self.noun}_config", Id=work.id)["ETag"]
        params = {"Id": work.id, "IfMatch": fresh, **self.request(work)}
        return self._item(work.call("cloudfront", f"update_{self.noun}", **params))

    def kind(self) -> Kind:
        """The kind of this sort."""
        return Kind(
            type=f"AWS::CloudFront::{self.member}",
            service="cloudfront",
            title=self.title,
            template=Template(tags=""),
            id="Id",
            key=(self.config,),
            key_of=self.key,
            properties={self.config: Property(path=self.plain, exact=True, normalise=comparable)},
            attributes={"Id": Attribute("Id")},
            tags=self.owner,
            owned_by_mark=True,
            list=self.list,
            create=self.create,
            updates=(Update((self.config,), self.update),),
            delete=Call(
                f"delete_{self.noun}",
                lambda w: {"Id": w.id, "IfMatch": w.existing.item["ETag"]},
                retry_on=frozenset({self.in_use}),
            ),
            tag=self.mark,
            is_global=True,
            held_by_users=True,
        )


CACHE_POLICY = Sort("CachePolicy", "cache_policy", "cache_policies", "cache policy", "CachePolicyInUse").kind()
ORIGIN_REQUEST_POLICY = Sort(
    "OriginRequestPolicy",
    "origin_request_policy",
    "origin_request_policies",
    "origin request policy",
    "OriginRequestPolicyInUse",
).kind()
RESPONSE_HEADERS_POLICY = Sort(
    "ResponseHeadersPolicy",
    "response_headers_policy",
    "response_headers_policies",
    "response headers policy",
    "ResponseHeadersPolicyInUse",
).kind()
ORIGIN_ACCESS_CONTROL = Sort(
    "OriginAccessControl",
    "origin_access_control",
    "origin_access_controls",
    "origin access control",
    "OriginAccessControlInUse",
    comment="Description",
    limit=256,
    has_types=False,
).kind()
