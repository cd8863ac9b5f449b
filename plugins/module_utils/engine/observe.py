# Copyright (c) stackwright.aws contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""What exists: every kind of a document listed once, in parallel."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field
from itertools import groupby
from typing import Any

from .api import Api, ApiError
from .document import STACK_TAG, Document
from .graph import Graph
from .kind import Kind, Memo, Observed, Phase, Scope
from .registry import Registry
from .users import Users
from .values import PSEUDO, Address, Ref, Unknown, resolve

#: A kind in a region; the region of a global kind is empty.
Place = tuple[str, str]


@dataclass
class Observation:
    """What was found, by kind and region.

    Attributes:
        wanted: the stated properties of what was asked for.
        elsewhere: what there is of what is referred to in other stacks.
    """

    stack: str
    found: dict[Place, list[Observed]] = field(default_factory=dict)
    wanted: dict[Place, tuple[Mapping[str, Any], ...]] = field(default_factory=dict)
    elsewhere: dict[Address, Observed] = field(default_factory=dict)

    def of(self, kind: Kind, region: str) -> list[Observed]:
        """Everything found of a kind that is not gone."""
        return self.found.get(place_of(kind, region), [])

    def everything(self) -> Iterable[Observed]:
        """Everything found, in a stable order."""
        for place in sorted(self.found):
            yield from self.found[place]


def place_of(kind: Kind, region: str) -> Place:
    """Where a kind is asked for."""
    return (kind.type, "" if kind.is_global else region)


def described_places(document: Document, registry: Registry) -> set[Place]:
    """Where a document describes something."""
    return {place_of(registry[one.kind], one.region or document.region) for one in document.resources.values()}


def pseudo_parameters(api: Api, region: str) -> dict[str, str]:
    """The facts that references to the account and region lead to."""
    return {"AccountId": api.account, "Partition": api.partition, "Region": region}


def prediction_facts(pseudo: Mapping[str, str], stated: Mapping[str, Any]) -> dict[str, Any]:
    """What the predictions of a kind draw on: the pseudo parameters of its region, and what is stated."""
    own = {"account": pseudo["AccountId"], "region": pseudo["Region"], "partition": pseudo["Partition"]}
    return {**own, **stated}


def is_ours(kind: Kind, observed: Observed, stack: str) -> bool:
    """Whether something belongs to the stack: by its tags, or, if it cannot carry any, by being listed."""
    if kind.tags is None:
        return True
    return (observed.tags or {}).get(STACK_TAG) == stack


def known_attribute(found: Observed | None, ref: Ref) -> Any:
    """An attribute of what exists as it is, or an `Unknown`."""
    if found is None:
        return Unknown(str(ref))
    value = found.attribute(ref.attribute)
    value = found.properties.get(ref.attribute) if value is None else value
    return Unknown(str(ref)) if value is None else value


def places(
    document: Document, registry: Registry, kinds: Collection[str] = (), former: Collection[Place] = ()
) -> dict[Place, tuple[Mapping[str, Any], ...]]:
    """What to list: where something is described or was, the parts of that, other kinds that are asked for, and all
    they require."""
    wanted: dict[Place, list[Mapping[str, Any]]] = defaultdict(list)
    for place in sorted(former):
        if place[0] in registry:
            wanted[place] = []
    for resource in document.in_order():
        kind = registry[resource.kind]
        # What is taken away where it is not stated has to be seen to be there.
        wanted[place_of(kind, resource.region or document.region)].append(kind.whole(resource.properties))
    regions = {document.region} | {region for _kind, region in wanted if region}
    # A whole is described by its parts, also when it has none any more.
    todo = list(wanted) + [
        place_of(kind, region or document.region)
        for described, region in list(wanted)
        for kind in registry.parts_of(described)
    ]
    todo += [place_of(registry[kind], region) for kind in kinds for region in sorted(regions)]
    while todo:
        kind_name, region = todo.pop()
        wanted.setdefault((kind_name, region), [])
        for required in registry[kind_name].requires:
            if required in registry:
                place = place_of(registry[required], region or document.region)
                if place not in wanted:
                    todo.append(place)
    return {place: tuple(properties) for place, properties in wanted.items()}


class Observer:
    """Lists kinds for one stack.

    Args:
        threads: how many lists to ask for at once.
    """

    def __init__(self, api: Api, registry: Registry, threads: int = 16) -> None:
        self.api = api
        self.registry = registry
        self.threads = threads

    def observe(
        self,
        document: Document,
        *,
        kinds: Collection[str] = (),
        former: Collection[Place] = (),
        everything: bool = False,
    ) -> Observation:
        """Everything that the document speaks about and everything that the stack owns.

        Args:
            kinds: ask also for these in every region, described or not, to find what is no longer described.
            former: ask also there, since the stack once described something there.
            everything: ask also for what nobody owns, to adopt it.

        Raises:
            ApiError: a list could not be read.
        """
        wanted = places(document, self.registry, kinds, former)
        facts = {region: pseudo_parameters(self.api, region) for region in {r or self.api.region for _k, r in wanted}}

        observation = Observation(document.stack)
        # First, as what hangs on something of another stack, such as a record in its zone, is looked for there.
        observation.elsewhere = self.find(document, document.elsewhere())

        def known(properties: Mapping[str, Any], region: str) -> Mapping[str, Any]:
            def lookup(ref: Ref) -> Any:
                if ref.address == PSEUDO:
                    return facts[region].get(ref.attribute)
                return known_attribute(observation.elsewhere.get(ref.address), ref)

            resolved: Mapping[str, Any] = resolve(properties, lookup)
            return resolved

        observation.wanted = {
            place: tuple(known(properties, place[1] or self.api.region) for properties in properties_list)
            for place, properties_list in wanted.items()
        }
        needs = {place: self._required_places(place, document.region) for place in wanted}
        memo = Memo()
        graph = Graph(needs)
        waiting = {place: set(graph.needs[place]) for place in graph.ordered()}
        running: dict[Future[list[Observed]], Place] = {}
        with ThreadPoolExecutor(self.threads, thread_name_prefix="observe") as pool:
            try:
                while waiting or running:
                    for place in [place for place, before in waiting.items() if not before]:
                        del waiting[place]
                        running[pool.submit(self._list, place, document.region, observation, memo, everything)] = place
                    done, _pending = wait(running, return_when=FIRST_COMPLETED)
                    for future in done:
                        place = running.pop(future)
                        observation.found[place] = future.result()
                        for before in waiting.values():
                            before.discard(place)
            except BaseException:
                for future in running:
                    future.cancel()
                raise
        self._add_used(document, observation, everything)
        return observation

    def _add_used(self, document: Document, observation: Observation, everything: bool) -> None:
        """Look also at what is used in the place of a resource that no tag tells: nothing on most runs."""
        users = Users(document, self.registry, observation)
        missing: dict[Place, set[str]] = defaultdict(set)
        for resource in document.in_order():
            place = place_of(self.registry[resource.kind], resource.region or document.region)
            seen = {observed.id for observed in observation.found.get(place, ())}
            missing[place] |= users.used(resource).keys() - seen
        for place, ids in sorted(missing.items()):
            if ids:
                found = self._list(place, document.region, observation, Memo(), everything, tuple(sorted(ids)))
                observation.found[place] = sorted([*observation.found[place], *found], key=lambda one: one.id)

    def find(self, document: Document, addresses: Iterable[Address]) -> dict[Address, Observed]:
        """What exists of some resources of other stacks, told by its tags; one that is being deleted does not count."""
        found: dict[Address, Observed] = {}
        wanted = sorted(addresses, key=lambda address: address.stack)
        for stack, group in groupby(wanted, key=lambda address: address.stack):
            other = document.others[stack]
            asked = {address: other.resources[address._replace(stack="")] for address in group}
            observation = self.observe(Document(other.stack, other.region, asked.values()))
            for address, resource in asked.items():
                kind = self.registry[address.kind]
                key = kind.natural_key(resource.properties)
                for one in observation.of(kind, document.region_of(address)):
                    named = (one.stack, one.name) == (stack, address.name)
                    if kind.tags is None:
                        named = key is not None and kind.natural_key(one.properties) == key
                    if named and one.phase is not Phase.LEAVING:
                        found[address] = one
        return found

    def _required_places(self, place: Place, home: str) -> list[Place]:
        kind_name, region = place
        return [
            place_of(self.registry[required], region or home)
            for required in self.registry[kind_name].requires
            if required in self.registry
        ]

    def _list(
        self,
        place: Place,
        home: str,
        observation: Observation,
        memo: Memo,
        everything: bool,
        ids: tuple[str, ...] = (),
    ) -> list[Observed]:
        kind = self.registry[place[0]]
        region = place[1] or home
        scope = Scope(
            api=self.api,
            stack=observation.stack,
            region=region,
            wanted=observation.wanted[place],
            ids=ids,
            everything=everything,
            parents={
                required: self._relevant(required, region, observation)
                for required in kind.requires
                if required in self.registry
            },
            memo=memo,
        )
        return list_in(kind, scope)

    def _relevant(self, kind_name: str, region: str, observation: Observation) -> list[Observed]:
        """The ones among the observed whose parts and users matter: ours, those described, and what is part of them."""
        kind = self.registry[kind_name]
        wholes = {
            whole.id
            for required in (kind.requires if kind.part_of else ())
            if required in self.registry
            for whole in self._relevant(required, region, observation)
        }
        keys = {kind.natural_key(properties) for properties in observation.wanted.get(place_of(kind, region), ())} - {
            None
        }
        return [
            observed
            for observed in observation.of(kind, region)
            if is_ours(kind, observed, observation.stack)
            or kind.natural_key(observed.properties) in keys
            or (not observed.stack and observed.properties.get(kind.part_of) in wholes)
        ]


def list_in(kind: Kind, scope: Scope) -> list[Observed]:
    """What a kind lists in a scope, without what is as good as deleted. What does not exist is an empty list."""
    try:
        items = list(kind.list(scope))
    except ApiError as error:
        if error.missing:
            return []
        raise
    observed = [kind.parse(item, "" if kind.is_global else scope.region) for item in items]
    unique = {one.id: one for one in observed if one.phase is not Phase.GONE}
    return [unique[identifier] for identifier in sorted(unique)]
