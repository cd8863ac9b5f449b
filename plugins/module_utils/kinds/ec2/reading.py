# Copyright (c) stackwright.aws contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""How EC2 objects are found: by filters, since a filter answers nothing, and not an error, for what does not exist."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from itertools import product

from ...engine.kind import Item, Scope
from ...engine.values import Unknown
from ..shared import stack_filter

#: https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/Using_Filtering.html: at most 200 values for one filter.
FILTER_VALUES = 200


def matching(
    scope: Scope, operation: str, items: str, filters: Mapping[str, Iterable[str]], param: str = "Filters"
) -> list[Item]:
    """Everything that matches all filters; no request when a filter has no values.

    Args:
        operation: e.g. `describe_subnets`.
        items: JMESPath of the list in a page.
        filters: EC2's filter names and the values wanted; the first one may have any number of values.
        param: the request's parameter for filters; two requests call it `Filter`.
    """
    (name, values), *others = ((name, sorted(set(values))) for name, values in filters.items())
    if not all(more for _name, more in others):
        return []
    found: list[Item] = []
    for start in range(0, len(values), FILTER_VALUES):
        narrowed = [(name, values[start : start + FILTER_VALUES]), *others]
        asked = [{"Name": one, "Values": some} for one, some in narrowed]
        found += scope.pages("ec2", operation, items, **{param: asked})
    return found


def objects(
    scope: Scope,
    operation: str,
    items: str,
    id_filter: str,
    natural: Mapping[str, str] | None = None,
    param: str = "Filters",
) -> list[Item]:
    """The objects in scope of a kind that carries tags.

    Args:
        id_filter: EC2's filter for identifiers, e.g. `subnet-id`.
        natural: the properties of the natural key and the filter of each; the answer holds them under the same names.
    """
    if scope.ids:
        return matching(scope, operation, items, {id_filter: scope.ids}, param)
    if scope.everything:
        return scope.pages("ec2", operation, items)
    found = scope.pages("ec2", operation, items, **{param: stack_filter(scope)})
    if not natural:
        return found
    missing = _missing(scope, natural, found)
    if missing:
        columns = zip(*sorted(missing), strict=True)
        filters = dict(zip(natural.values(), columns, strict=True))
        found += matching(scope, operation, items, filters, param)
    return found


def _missing(scope: Scope, natural: Iterable[str], found: Iterable[Item]) -> set[tuple[str, ...]]:
    """The natural keys of what is described and not among what was found.

    What refers to a VPC of this stack is looked for in those that there are.
    """
    have = {tuple(item.get(name) for name in natural) for item in found}
    vpcs = [observed.id for observed in scope.observed("AWS::EC2::VPC")]
    missing: set[tuple[str, ...]] = set()
    for properties in scope.wanted:
        members = [
            vpcs if name == "VpcId" and isinstance(properties.get(name), Unknown) else [properties.get(name)]
            for name in natural
        ]
        keys = set(product(*members))
        if not keys & have:
            missing |= {tuple(map(str, key)) for key in keys if all(isinstance(value, str) for value in key)}
    return missing


def wanted_keys(scope: Scope, names: Iterable[str]) -> list[tuple[str, ...]]:
    """The known natural keys among the described resources."""
    names = list(names)
    keys = [[properties.get(name) for name in names] for properties in scope.wanted]
    return [tuple(map(str, key)) for key in keys if all(isinstance(value, str) for value in key)]


def parents(scope: Scope, kind: str, prop: str) -> set[str]:
    """The identifiers of the wholes whose parts are asked for: the observed ones, and those that are stated."""
    stated = {key for (key,) in wanted_keys(scope, [prop])}
    return stated | {observed.id for observed in scope.observed(kind)}


def stack_objects(scope: Scope, operation: str, items: str) -> list[Item]:
    """What `objects` finds for the stack as a whole, asked once for all kinds that read parts of the same objects."""

    def ask() -> list[Item]:
        if scope.everything:
            return scope.pages("ec2", operation, items)
        return scope.pages("ec2", operation, items, Filters=stack_filter(scope))

    found: list[Item] = scope.memo.get((operation, scope.region, scope.everything), ask)
    return found
