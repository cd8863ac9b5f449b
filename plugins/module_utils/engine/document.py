# Copyright (c) stackwright.aws contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The desired state of a stack: resources, and the checks that need no cloud."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from .errors import DocumentError
from .graph import CycleError, Graph
from .values import PSEUDO, Address, Ref, references

STACK_TAG = "stackwright:stack"
NAME_TAG = "stackwright:name"
PROTECTED_TAG = "stackwright:protected"
OWNERSHIP_TAGS = (STACK_TAG, NAME_TAG, PROTECTED_TAG)


@dataclass(frozen=True)
class Resource:
    """One object of a stack.

    Attributes:
        kind: CloudFormation type name.
        name: logical name, unique among the resources of its kind in the stack.
        properties: what the user stated, by CloudFormation property name. What becomes of one
            that is not here its kind says (`Property.unstated`).
        path: the option that declared it, e.g. `databases.main`, for messages.
        tags: the user's own tags; ownership tags are added by the engine.
        depends_on: resources that must be ready first although no property refers to them.
        region: another region than the stack's, empty for the stack's own.
        protect: refuse to delete or replace it until the protection is released.
        awaits_value: the resource stands, but an outside value is still to be given.
    """

    kind: str
    name: str
    properties: Mapping[str, Any]
    path: str = ""
    tags: Mapping[str, str] = field(default_factory=dict)
    depends_on: tuple[Address, ...] = ()
    region: str = ""
    protect: bool = False
    awaits_value: bool = False

    @property
    def address(self) -> Address:
        return Address(self.kind, self.name)

    def ref(self, attribute: str) -> Ref:
        """A reference to one of this resource's attributes."""
        return Ref(self.address, attribute)

    def needs(self) -> set[Address]:
        """Everything that must exist before this resource can, in this stack or in another one."""
        found = {ref.address for ref in references(self.properties)} | set(self.depends_on)
        return found - {PSEUDO}


class Document:
    """All resources of one stack.

    Args:
        stack: `{system}-{env}`, the value of the ownership tag.
        region: the stack's region.
        resources: in any order.
        others: what is referred to in other stacks, each with just that: it is looked at and waited for, never
            changed.

    Raises:
        DocumentError: two resources share an address, a reference leads nowhere, or the references form a circle.
    """

    def __init__(self, stack: str, region: str, resources: Iterable[Resource], others: Iterable[Document] = ()) -> None:
        self.stack = stack
        self.region = region
        self.others = {other.stack: other for other in others}
        self.resources: dict[Address, Resource] = {}
        problems: list[str] = []
        for resource in resources:
            other = self.resources.setdefault(resource.address, resource)
            if other is not resource:
                problems.append(
                    f"{resource.path or resource.address}: {resource.address} is declared twice, "
                    f"also by {other.path or other.address}; give one of them another name"
                )
        for resource in self.resources.values():
            problems += [
                f"{resource.path or resource.address}: {resource.address} refers to {need}, which nothing in "
                f"{'that' if need.stack else 'this'} stack declares; declare it or correct the reference"
                for need in sorted(resource.needs())
                if self.declared(need) is None
            ]
        if problems:
            raise DocumentError(problems)
        self.graph: Graph[Address] = Graph({address: res.needs() for address, res in self.resources.items()})
        try:
            self.order = self.graph.ordered()
        except CycleError as circle:
            raise DocumentError([f"the references form a circle: {circle}; remove one of them"]) from None

    def declared(self, address: Address) -> Resource | None:
        """The resource at an address, of this stack or of another one; None for none."""
        if not address.stack:
            return self.resources.get(address)
        other = self.others.get(address.stack)
        return other.resources.get(address._replace(stack="")) if other else None

    def elsewhere(self) -> list[Address]:
        """What is referred to in other stacks, sorted."""
        needs = (resource.needs() for resource in self.resources.values())
        return sorted({address for found in needs for address in found if address.stack})

    def region_of(self, address: Address) -> str:
        """The region of a resource of this stack or of another one."""
        home = self.others[address.stack] if address.stack else self
        return home.resources[address._replace(stack="")].region or home.region

    def in_order(self) -> list[Resource]:
        """The resources, each after what it needs."""
        return [self.resources[address] for address in self.order]

    def ownership_tags(self, resource: Resource) -> dict[str, str]:
        """All tags that the resource is to carry: the user's and the ones that say whose it is."""
        tags = {**resource.tags, STACK_TAG: self.stack, NAME_TAG: resource.name}
        if resource.protect:
            tags[PROTECTED_TAG] = "true"
        return tags
