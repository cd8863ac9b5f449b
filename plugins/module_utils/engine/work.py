# Copyright (c) stackwright.aws contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""How one change is carried out: generators that send requests and pause where they have to wait."""

from __future__ import annotations

import time
from collections.abc import Callable, Generator, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from .api import Api, ApiError
from .diff import differs
from .document import Document
from .errors import ResourceError
from .kind import (
    Call,
    Item,
    Kind,
    Observed,
    Phase,
    Scope,
    Step,
    Update,
    Work,
    make_token,
    read_path,
)
from .observe import Observer, list_in
from .plan import Action, Change
from .registry import Registry
from .values import Address, reveal
from .waiting import Pause, WaitOptions, lag, until_gone, until_ready

Steps = Generator[Pause, None, Any]

_SETTLE_SECONDS = 120.0
_DELETE_SECONDS = 900.0
_CREATE_ATTEMPTS = 4
_FRESH_LOOKS = 8
_LOST_LOOKS = 4
#: Seconds to wait for what another stack makes, and seconds of that without a run of it under way.
_OTHER_TIMEOUT = 3600.0
_OTHER_SECONDS = 60.0
_OTHER_THREADS = 2


class Worker:
    """Carries out changes of one stack.

    Args:
        generation: how many runs of the stack have been completed, for idempotency tokens.
        parents: what exists of the kinds that a kind requires, for its lists.
        publish: is told of every new state of a resource.
        is_converging: whether a run of another stack, by name and region, is under way.
        final_snapshot: take a last snapshot before a deletion.
        release_protection: let go of guards.
    """

    def __init__(
        self,
        api: Api,
        document: Document,
        registry: Registry,
        *,
        generation: int,
        parents: Callable[[Kind, str], Mapping[str, Sequence[Observed]]],
        publish: Callable[[Address, Observed], None],
        is_converging: Callable[[str, str], bool],
        waiting: WaitOptions,
        final_snapshot: bool = True,
        release_protection: bool = False,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.api = api
        self.document = document
        self.registry = registry
        self.generation = generation
        self.parents = parents
        self.publish = publish
        self.is_converging = is_converging
        self.waiting = waiting
        self.final_snapshot = final_snapshot
        self.release_protection = release_protection
        self.clock = clock

    # Looking

    def _scope(self, kind: Kind, region: str, **narrow: Any) -> Scope:
        return Scope(
            api=self.api, stack=self.document.stack, region=region, parents=self.parents(kind, region), **narrow
        )

    def look(self, kind: Kind, identifier: str, region: str, stated: Mapping[str, Any]) -> Observed | None:
        """One resource as it is now.

        Args:
            stated: the properties that matter; what is read by requests of its own is read only for these.
        """
        found = list_in(kind, self._scope(kind, region, ids=(identifier,), wanted=(stated,)))
        return next((observed for observed in found if observed.id == identifier), None)

    def _find(self, kind: Kind, work: Work, standing: str) -> Observed | None:
        """What a create whose answer was lost, or told nothing, has made.

        Args:
            standing: what it is to replace and still stands under the same tags; it was not made just now.
        """
        found = list_in(kind, self._scope(kind, work.region, wanted=(work.desired,)))
        key = kind.natural_key(work.desired)
        for observed in found:
            if observed.phase is Phase.LEAVING or observed.id == standing:
                continue
            if kind.tags is not None and observed.stack == work.stack and observed.name == work.address.name:
                return observed
            if kind.tags is None and key is not None and kind.natural_key(observed.properties) == key:
                return observed
        return None

    # Requests

    def _send(self, kind: Kind, step: Step, work: Work) -> Item | None:
        if not isinstance(step, Call):
            return step(work)
        params = step.params(work)
        service, region = step.service or kind.service, step.region or work.region
        try:
            answer = self.api.call(service, step.operation, params, region=region, once=step.once)
        except ApiError as error:
            if passes(error, step.ignore):
                return None
            raise
        item = read_path(step.item, answer) if step.item else None
        return item if isinstance(item, dict) else None

    def _perform(
        self, kind: Kind, step: Step, work: Work, patience: float | None = None
    ) -> Generator[Pause, None, Item | None]:
        """Send a request; while it is refused for a reason that passes, try again.

        What refuses a repeated request may be the work of the attempt before, whose answer was lost: what exists is
        looked at afresh then, and the step begun again from there.

        Args:
            patience: seconds for which a reason is believed to pass. Unless it is what others do that is waited for,
                that is as long as it takes what is new to be known everywhere, however long the user would wait for
                the resource: what will never pass is told soon.
        """
        settled = min(_SETTLE_SECONDS, self.waiting.timeout or _SETTLE_SECONDS)
        start = self.clock()
        looks = 0
        retry_on = kind.retry_on | (step.retry_on if isinstance(step, Call) else frozenset())
        while True:
            try:
                return self._send(kind, step, work)
            except ApiError as error:
                if error.repeated and looks < _FRESH_LOOKS and self._look_afresh(kind, work):
                    looks += 1
                    continue
                if error.repeated and step is kind.create and self._find(kind, work, "") is not None:
                    raise  # The lost attempt made it: whoever creates takes it from there.
                waited = self.clock() - start
                # A create that is sent only once is not repeated by the client, though nothing came of it.
                is_settling = passes(error, kind.settling)
                again = error.throttled or is_settling or passes(error, retry_on)
                if not again or waited > (settled if patience is None or is_settling else patience):
                    raise
                yield Pause(self.waiting.interval(waited), f"{error.code}: {error.message}")

    def _look_afresh(self, kind: Kind, work: Work) -> bool:
        """Replace what a change began from by what exists now; False when there is nothing to change any more."""
        fresh = work.current and self.look(kind, work.current.id, work.region, work.desired)
        if fresh is None or fresh.phase is Phase.LEAVING:
            return False
        work.current = fresh
        return True

    # Making

    def make(self, change: Change, desired: Mapping[str, Any]) -> Steps:
        """Create or update a resource, or just wait for it, until it is ready.

        Args:
            desired: the stated properties with every reference resolved.
        """
        kind, work = self._work(change, desired)
        if change.leaving is not None:
            yield from self._until_gone(kind, change.leaving.id, work)
        if change.action in (Action.CREATE, Action.REPLACE):
            takes_over = change.action is Action.REPLACE and not change.delete_first
            observed = yield from self._create(kind, work, change.existing.id if takes_over else "")
        elif change.action is Action.UPDATE:
            observed = yield from self._update(kind, work, change)
        else:
            observed = change.existing
        self.publish(change.address, observed)
        if kind.states is not None and observed.phase is not Phase.READY:
            later = {name for update in steps_after_users(kind, change) for name in update.properties}
            before = self._before(kind, change, work, change.changed - later)
            observed = yield from _to_the_end(self._until_ready(kind, observed.id, work, before=before))
        return observed

    def close(self, change: Change, desired: Mapping[str, Any]) -> Steps:
        """Take the steps of an update that had to wait for the users, until the resource is ready.

        Args:
            desired: the stated properties with every reference resolved.
        """
        kind, work = self._work(change, desired)
        steps = steps_after_users(kind, change)
        # What a user let go of takes as long to be free as anything takes to be deleted.
        patience = self._patience(kind)
        for update in steps:
            yield from self._perform(kind, update.step, work, patience)
        names = change.changed & {name for update in steps for name in update.properties}
        before = self._before(kind, change, work, names)
        yield from _to_the_end(self._until_ready(kind, work.id, work, before=before))

    def _work(self, change: Change, desired: Mapping[str, Any]) -> tuple[Kind, Work]:
        kind = self.registry[change.kind]
        resource = change.described
        work = Work(
            address=change.address,
            desired=reveal(desired),
            api=self.api,
            stack=self.document.stack,
            current=change.observed,
            tags=self.document.ownership_tags(resource) if kind.tags is not None else {},
            token=make_token(
                self.document.stack,
                change.address,
                self.generation,
                change.observed.id if change.observed and change.action is Action.REPLACE else "",
            ),
            region=resource.region or self.document.region,
            changed=change.changed,
            final_snapshot=self.final_snapshot,
            tags_to_set=dict(change.tags_to_set),
            tags_to_remove=change.tags_to_remove,
        )
        return kind, work

    def _before(self, kind: Kind, change: Change, work: Work, changed: Iterable[str]) -> Callable[[Observed], bool]:
        """Tells a look that still shows what was before an update: reads may lag behind writes.

        What goes on showing it is believed after a while: some values change only at a time of their own.
        """
        names = [name for name in changed if kind.properties[name].compared]
        if change.action is not Action.UPDATE or not names:
            return lambda _look: False
        planned, end = change.existing.properties, self.clock() + lag(kind, self.waiting)

        def is_old(name: str, seen: Any) -> bool:
            prop = kind.properties[name]
            return not differs(prop, planned.get(name), seen) and differs(prop, work.desired[name], seen)

        return lambda look: self.clock() < end and any(is_old(name, look.properties.get(name)) for name in names)

    def await_other(self, change: Change) -> Steps:
        """Wait for a resource of another stack, which is being converged or about to be.

        Raises:
            ResourceError: it failed or took too long, or nobody is making it.
        """
        kind, address = self.registry[change.kind], change.address
        observer = Observer(self.api, self.registry, _OTHER_THREADS)
        home = self.document.others[address.stack].region
        start = seen_converging = self.clock()
        while True:
            found = observer.find(self.document, [address]).get(address)
            if found is not None:
                break
            now = self.clock()
            if self.is_converging(address.stack, home):
                seen_converging = now
            if now - seen_converging > _OTHER_SECONDS or now - start > (self.waiting.timeout or _OTHER_TIMEOUT):
                what = f"{kind.title} {address.name} of the stack {address.stack}"
                raise ResourceError(
                    f"{what} does not exist after {int(now - start)} s",
                    f"converge {address.stack} first, or both in one run",
                )
            yield Pause(self.waiting.interval(now - start), f"{address.stack} to make it")
        self.publish(address, found)
        if kind.states is not None and found.phase is not Phase.READY:

            def look() -> Observed | None:
                observed = observer.find(self.document, [address]).get(address)
                if observed is not None:
                    self.publish(address, observed)
                return observed

            found = yield from until_ready(kind, look, self.waiting, self.clock)
        return found

    def _create(self, kind: Kind, work: Work, standing: str) -> Generator[Pause, None, Observed]:
        work.current = None
        if kind.create is None:
            raise ResourceError(f"{kind.title} cannot be created", "create it by hand and name it in the description")
        if kind.before_create is not None:
            yield from self._perform(kind, kind.before_create, work)
        observed = _with_stated(work.desired, (yield from self._create_once(kind, work, kind.create, standing)))
        work.current = observed
        pending = [update for update in kind.updates if update.on_create and _touches(update, work.desired)]
        for update in [update for update in pending if not update.when_ready]:
            item = yield from self._perform(kind, update.step, work)
            observed = work.current = kind.parse(item, observed.region, work.tags) if item else observed
        late = [update for update in pending if update.when_ready]
        if late:
            self.publish(work.address, observed)
        for update in late:
            # What the look shows, not what the create answered: others may be building on what became known.
            observed = work.current = yield from self._until_ready(kind, observed.id, work)
            yield from self._perform(kind, update.step, work)
        return replace(observed, phase=Phase.BUSY) if late else observed

    def _create_once(self, kind: Kind, work: Work, step: Step, standing: str) -> Generator[Pause, None, Observed]:
        """Create exactly one, whatever becomes of the answer."""
        attempt = 0
        while True:
            attempt += 1
            try:
                item = yield from self._perform(kind, step, work)
            except ApiError as error:
                if error.denied:
                    raise
                made = yield from self._find_lost(kind, work, standing, error)
                if made is not None:
                    return made
                if not error.ambiguous or attempt >= _CREATE_ATTEMPTS:
                    raise
                yield Pause(self.waiting.interval(2.0**attempt), error.code)
                continue
            observed = kind.parse(item, "" if kind.is_global else work.region, work.tags) if item else None
            if observed is not None and observed.id:
                return observed
            return (yield from self._appear(kind, work, standing))

    def _find_lost(
        self, kind: Kind, work: Work, standing: str, error: ApiError
    ) -> Generator[Pause, None, Observed | None]:
        """What a create that failed has made all the same; looked for more than once where that is likely."""
        looks = _LOST_LOOKS if error.ambiguous or error.repeated else 1
        for number in range(looks):
            if number:
                yield Pause(self.waiting.interval(2.0**number), error.code)
            made = self._find(kind, work, standing)
            if made is not None:
                return made
        return None

    def _appear(self, kind: Kind, work: Work, standing: str) -> Generator[Pause, None, Observed]:
        start = self.clock()
        while True:
            made = self._find(kind, work, standing)
            if made is not None:
                return made
            waited = self.clock() - start
            if waited > _SETTLE_SECONDS:
                raise ResourceError(f"{kind.title} was created but does not show after {int(waited)} s", "run again")
            yield Pause(self.waiting.interval(waited), "appearing")

    def _update(self, kind: Kind, work: Work, change: Change) -> Generator[Pause, None, Observed]:
        current = yield from self._as_planned(kind, change, work)
        work.current = current
        steps = [
            update for update in kind.updates if update.after_users is None and set(update.properties) & change.changed
        ]
        unreachable = change.changed - {name for update in kind.updates for name in update.properties}
        if unreachable:
            raise ResourceError(
                f"{kind.title} {current.id}: {', '.join(sorted(unreachable))} cannot be changed", "set it back"
            )
        item: Item | None = None
        for index, update in enumerate(steps):
            wait = update.when_ready or (index and not kind.updates_while_busy)
            if kind.states is not None and wait:
                current = work.current = yield from self._until_ready(kind, current.id, work, tell=False)
            item = (yield from self._perform(kind, update.step, work)) or item
        if work.tags_to_set and kind.tag is not None:
            yield from self._perform(kind, kind.tag, work)
        if work.tags_to_remove and kind.untag is not None:
            yield from self._perform(kind, kind.untag, work)
        if item:
            current = kind.parse(item, current.region, work.tags)
        elif steps and any(attribute.volatile for attribute in kind.attributes.values()):
            current = yield from self._look_after(kind, change, work)
        elif steps:
            current = replace(current, properties={**current.properties, **work.desired})
        # A change that the cloud works on shows in the state of the next look, not in that of the last one.
        return replace(current, phase=Phase.BUSY) if steps and kind.states is not None else current

    def _look_after(self, kind: Kind, change: Change, work: Work) -> Generator[Pause, None, Observed]:
        """What an update made of a resource whose answer does not tell."""
        is_before, start = self._before(kind, change, work, change.changed), self.clock()
        while True:
            current = self.look(kind, work.id, work.region, work.desired) or work.existing
            if not is_before(current):
                return current
            yield Pause(self.waiting.interval(self.clock() - start), "settling")

    def _as_planned(self, kind: Kind, change: Change, work: Work) -> Generator[Pause, None, Observed]:
        """What exists now, if it still looks as it did when the plan was made.

        Raises:
            ResourceError: somebody changed it since.
        """
        planned = change.existing
        now = self.look(kind, planned.id, work.region, work.desired)
        if now is None:
            raise ResourceError(f"{kind.title} {planned.id} vanished since the plan was made", "run again")
        if now.phase is Phase.BUSY and kind.states is not None and not kind.updates_while_busy:
            now = yield from self._until_ready(kind, planned.id, work, tell=False)
        moved = [
            name
            for name in change.desired
            if (prop := kind.properties[name]).compared
            and differs(prop, planned.properties.get(name), now.properties.get(name))
            and differs(prop, change.desired[name], now.properties.get(name))
        ]
        if moved:
            raise ResourceError(
                f"{kind.title} {planned.id} changed since the plan was made ({', '.join(moved)})", "run again"
            )
        return now

    def _until_ready(
        self,
        kind: Kind,
        identifier: str,
        work: Work,
        tell: bool = True,
        before: Callable[[Observed], bool] = lambda _look: False,
    ) -> Generator[Pause, None, Observed]:
        """The resource once it is ready; what becomes known on the way is told, since others may need just that.

        Args:
            tell: False before an update: what others wait for is the state after it.
            before: whether a look shows what was before the update, so that it neither counts nor is told.
        """

        def look() -> Observed | None:
            observed = self.look(kind, identifier, work.region, work.desired)
            if observed is not None and before(observed):
                return replace(observed, phase=Phase.BUSY, state="settling")
            if observed is not None and tell:
                self.publish(work.address, observed)
            return observed

        return (yield from until_ready(kind, look, self.waiting, self.clock))

    # Removing

    def remove(self, change: Change) -> Steps:
        """Delete what exists, until it is gone."""
        kind = self.registry[change.kind]
        observed = change.existing
        region = observed.region or (change.resource.region if change.resource else "") or self.document.region
        stated = {name: value for name, value in observed.properties.items() if value not in (None, "", [], {})}
        current = self.look(kind, observed.id, region, stated)
        if current is None:
            return
        if kind.delete is None:
            raise ResourceError(f"{kind.title} {observed.id} cannot be deleted", "delete it by hand")
        work = Work(
            address=change.address,
            desired={**stated, **{name: v for name, v in current.properties.items() if v is not None}},
            api=self.api,
            stack=self.document.stack,
            current=current,
            tags=dict(current.tags or {}),
            token=make_token(self.document.stack, change.address, self.generation, observed.id),
            region=region,
            final_snapshot=self.final_snapshot,
        )
        if current.phase is not Phase.LEAVING:
            # A killed deletion may have let go of it already; the tag that says so stays to the end.
            guarded = not kind.protection or bool(current.properties.get(kind.protection))
            if guarded and current.protected and self.release_protection and kind.release is not None:
                yield from self._perform(kind, kind.release, work)
            # What uses it may take as long to let go as anything takes to be deleted.
            patience = self._patience(kind)
            if kind.before_delete is not None:
                yield from self._perform(kind, kind.before_delete, work, patience)
            try:
                yield from self._perform(kind, kind.delete, work, patience)
            except ApiError as error:
                # A deletion whose answer was lost is under way, or done: what refuses it says so in many words.
                if not error.missing and (error.denied or self._stays(kind, observed.id, region, stated)):
                    raise
        if kind.states is not None:
            yield from self._until_gone(kind, observed.id, work)

    def _patience(self, kind: Kind) -> float:
        return self.waiting.timeout or (kind.states.timeout if kind.states else _DELETE_SECONDS)

    def _stays(self, kind: Kind, identifier: str, region: str, stated: Mapping[str, Any]) -> bool:
        """Whether something exists and is not on its way out."""
        now = self.look(kind, identifier, region, stated)
        return now is not None and now.phase is not Phase.LEAVING

    def _until_gone(self, kind: Kind, identifier: str, work: Work) -> Steps:
        def look() -> Observed | None:
            return self.look(kind, identifier, work.region, {})

        yield from until_gone(kind, look, self.waiting, self.clock)


def steps_after_users(kind: Kind, change: Change) -> list[Update]:
    """The steps of an update that are taken only when the users of the resource are changed."""
    if change.action is not Action.UPDATE:
        return []
    return [
        update
        for update in kind.updates
        if update.after_users is not None
        and set(update.properties) & change.changed
        and update.after_users(change.desired, change.existing)
    ]


def passes(error: ApiError, codes: Iterable[str]) -> bool:
    """Whether an error is one of some: by its code, or by `code: part of its message`."""
    for entry in codes:
        code, _colon, part = entry.partition(": ")
        if error.code == code and part in error.message:
            return True
    return False


def _to_the_end(waiting: Generator[Pause, None, Observed]) -> Generator[Pause, None, Observed]:
    """The same pauses, each marked as one after which nothing is left to be done."""
    while True:
        try:
            pause = next(waiting)
        except StopIteration as end:
            found: Observed = end.value
            return found
        yield replace(pause, is_last=True)


def _touches(update: Update, desired: Mapping[str, Any]) -> bool:
    return any(name in desired for name in update.properties)


def _with_stated(desired: Mapping[str, Any], made: Observed) -> Observed:
    """What was made; an attribute that its answer does not repeat is what was stated under the same name."""
    attributes = {name: desired.get(name) if value is None else value for name, value in made.attributes.items()}
    return replace(made, attributes=attributes)
