# Copyright (c) stackwright.aws contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The words in which a kind of resource is described.

A `Kind` is a table: how its objects are listed, how an answer maps to properties, which requests create, change and
delete one, and which states mean what. The loop that uses the table lives in `observe`, `plan` and `apply`, once for
all kinds. Requests are given as a `Call`: an operation and a pure function from the `Work` at hand to its parameters.
Where a table cannot say it, a function of the `Work` stands in its place.
"""

from __future__ import annotations

import enum
import hashlib
import threading
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Optional, Union

from .api import Api
from .document import NAME_TAG, PROTECTED_TAG, STACK_TAG
from .template import Template
from .values import Address, Unknown, reveal

try:
    import jmespath
except ImportError:  # botocore brings it; without botocore no module gets this far
    jmespath = None

Item = dict[str, Any]
#: What identifies an object where the cloud has a natural key, as text.
NaturalKey = tuple[str, ...]
Reader = Union[str, Callable[[Item], Any]]  # noqa: UP007  (evaluated where it is imported)


def read_path(path: Reader, item: Item) -> Any:
    """What a JMESPath, or a function, finds in an item."""
    if callable(path):
        return path(item)
    if path.isidentifier():
        return item.get(path)
    return jmespath.search(path, item)


class Left(enum.Enum):
    """What becomes of a property that nobody states."""

    ALONE = "left alone"


@dataclass(frozen=True)
class Property:
    """How one property is read from an answer and compared.

    Attributes:
        path: where the answer holds it: a JMESPath or a function of the item. Empty: under the property's own name.
        immutable: a difference forces a replacement.
        write_only: never answered by the cloud, so never compared.
        initial: matters when the resource is created; afterwards somebody else owns it (an autoscaler, a rotation).
        sensitive: shown as `(sensitive)` in plans, diffs and outputs.
        shown: what to show of a known value that may hold a secret, as a URL with a key in it does.
        unordered: a list whose order means nothing.
        key: a list of objects, aligned by this member of theirs instead of by position.
        exact: an object that is compared whole; without it only what the user stated is compared.
        default: what it means that the answer does not hold it.
        unstated: what it means that an existing resource is described without it: what was stated before, or put
            there by hand, is taken back to this; None: to nothing. `Left.ALONE`: whatever is there stays.
        normalise: pure function applied to both sides before they are compared.
        enough: whether what exists is left as it is although it is not what is stated: it suffices, or it came from
            somebody who owns it by now, as what a release brought. Takes what is stated, of which parts may not be
            known yet, and what is.
        refuse: why a change of the value cannot be made, from what is to what is stated, though others can; empty: it
            can. Asked while planning, of known values; of an immutable property, why nothing is replaced for its sake.
    """

    path: Reader = ""
    immutable: bool = False
    write_only: bool = False
    initial: bool = False
    sensitive: bool = False
    unordered: bool = False
    key: str = ""
    exact: bool = False
    default: Any = None
    normalise: Callable[[Any], Any] | None = None
    enough: Callable[[Any, Any], bool] | None = None
    refuse: Callable[[Any, Any], str] | None = None
    shown: Callable[[Any], Any] | None = None
    unstated: Any = Left.ALONE

    @property
    def compared(self) -> bool:
        """Whether what exists says something about it."""
        return not (self.write_only or self.initial)


@dataclass(frozen=True)
class Attribute:
    """A fact of an existing resource that others may refer to.

    Attributes:
        path: where the answer holds it.
        predict: how it follows from properties before the resource exists: a format string over the properties and
            `account`, `region`, `partition`, or a function of that mapping. Without it the attribute is known after
            apply.
        volatile: an update of the resource may change it.
        before_ready: others may use it although `referenced_when_ready` holds for the rest, since the resource becomes
            ready by what they do with it: the record that validates a certificate.
    """

    path: Reader
    predict: str | Callable[[Mapping[str, Any]], Any] | None = None
    volatile: bool = False
    before_ready: bool = False


class Phase(enum.Enum):
    """Where an object is in its life."""

    READY = "ready"
    BUSY = "busy"
    FAILED = "failed"
    LEAVING = "leaving"
    GONE = "gone"


@dataclass(frozen=True)
class States:
    """Which of the cloud's states mean what. A state in no list means busy.

    Attributes:
        path: where the answer holds the state.
        ready: it can be used and changed.
        failed: it will not become ready by waiting.
        leaving: it is being deleted and its name is still taken.
        gone: as good as deleted.
        reason: where the answer says why.
        timeout: seconds to wait for it at the most unless the user says otherwise.
    """

    path: Reader
    ready: frozenset[str] = frozenset()
    failed: frozenset[str] = frozenset()
    leaving: frozenset[str] = frozenset()
    gone: frozenset[str] = frozenset()
    reason: Reader = ""
    timeout: int = 1800

    def phase(self, item: Item) -> Phase:
        state = read_path(self.path, item)
        if state in self.ready:
            return Phase.READY
        if state in self.failed:
            return Phase.FAILED
        if state in self.leaving:
            return Phase.LEAVING
        if state in self.gone:
            return Phase.GONE
        return Phase.BUSY


@dataclass(frozen=True)
class Call:
    """One request.

    Attributes:
        operation: botocore's method name.
        params: its parameters, from the work at hand.
        item: JMESPath of the resource in the answer, for a create that answers with it.
        service: another service than the kind's.
        region: another region than the resource's.
        retry_on: error codes that mean "something it needs is not there yet, or has not let go yet": try again.
            `Code: text` is that code only with that text in its message.
        ignore: error codes that mean "it is so already", written like those of `retry_on`.
        once: the request must not be repeated blindly: the cloud cannot tell a repeated create from a second one.
    """

    operation: str
    params: Callable[[Work], dict[str, Any]]
    item: str = ""
    service: str = ""
    region: str = ""
    retry_on: frozenset[str] = frozenset()
    ignore: frozenset[str] = frozenset()
    once: bool = False


#: A request, or a function that makes the requests that a table cannot describe. Either may answer with the item.
Step = Union[Call, Callable[["Work"], Optional[Item]]]  # noqa: UP007, UP045


@dataclass(frozen=True)
class Update:
    """How some properties are changed.

    Attributes:
        properties: the step runs when one of these differs.
        step: what to do.
        on_create: the create request does not take these properties; run the step after it too, when one is stated.
        when_ready: the step is refused until the resource is ready.
        after_users: whether the step takes away what the resource's users hold on to until they are changed too: from
            the stated properties and what exists. It is taken when they are; the other steps come before them.
    """

    properties: tuple[str, ...]
    step: Step
    on_create: bool = False
    when_ready: bool = False
    after_users: Callable[[Mapping[str, Any], Observed], bool] | None = None


@dataclass(frozen=True)
class Observed:
    """One object as the cloud answers it."""

    kind: str
    id: str
    properties: Mapping[str, Any]
    attributes: Mapping[str, Any]
    tags: Mapping[str, str] | None
    phase: Phase
    state: str = ""
    reason: str = ""
    protected: bool = False
    region: str = ""
    item: Item = field(default_factory=dict, compare=False, repr=False)

    @property
    def identity(self) -> tuple[str, str, str]:
        """What tells it from everything else in the account: identifiers are unique within a kind and region."""
        return (self.kind, self.region, self.id)

    @property
    def stack(self) -> str:
        """The stack that its tags say it belongs to; empty for none."""
        return (self.tags or {}).get(STACK_TAG, "")

    @property
    def name(self) -> str:
        """The logical name that its tags say it has; empty for none."""
        return (self.tags or {}).get(NAME_TAG, "")

    def attribute(self, name: str) -> Any:
        """An attribute; `Head.rest` also finds the member `rest` of the attribute `Head`. None: it has none such."""
        if name in self.attributes:
            return self.attributes[name]
        head, _dot, rest = name.partition(".")
        whole = self.attributes.get(head)
        return whole.get(rest) if isinstance(whole, Mapping) else None


@dataclass(frozen=True)
class Neighbours:
    """What stands around an existing resource, for a kind whose changes others can forbid.

    Attributes:
        found: what exists of a kind, each with the resource that it was taken for, if for any.
        users: the existing resources that refer to it, without those that are its parts.
        becomes: the properties that one of them has after the run; None: the run deletes it.
    """

    found: Callable[[str], Sequence[tuple[Observed, Address | None]]]
    users: tuple[Address, ...] = ()
    becomes: Callable[[Observed], Mapping[str, Any] | None] = lambda observed: observed.properties


class Memo:
    """Answers that several kinds share within one observation, each computed once."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._locks: dict[Any, threading.Lock] = {}
        self._answers: dict[Any, Any] = {}

    def get(self, key: Any, compute: Callable[[], Any]) -> Any:
        """The answer under `key`, computed by whoever asks first; others wait for it."""
        with self._lock:
            lock = self._locks.setdefault(key, threading.Lock())
        with lock:
            if key not in self._answers:
                self._answers[key] = compute()
            return self._answers[key]


@dataclass(frozen=True)
class Scope:
    """What a kind is asked to list.

    Attributes:
        api: where to ask.
        stack: the value of the ownership tag.
        region: the region to ask in, where the kind is regional.
        wanted: the stated properties of every described resource of the kind; what is not known yet is `Unknown`.
        ids: list just these identifiers; empty: everything in scope.
        everything: list also what is neither owned nor described, for adoption.
        parents: what was observed of the kinds that this one `requires`, owned or described ones only.
        memo: shared answers.
    """

    api: Api
    stack: str
    region: str
    wanted: tuple[Mapping[str, Any], ...] = ()
    ids: tuple[str, ...] = ()
    everything: bool = False
    parents: Mapping[str, Sequence[Observed]] = field(default_factory=dict)
    memo: Memo = field(default_factory=Memo)

    def call(self, service: str, operation: str, **params: Any) -> dict[str, Any]:
        """One reading request in the scope's region."""
        return self.api.call(service, operation, params, region=self.region)

    def pages(self, service: str, operation: str, items: str, **params: Any) -> list[Any]:
        """A reading request with its pages; `items` is the JMESPath of the list in each page."""
        return self.api.pages(service, operation, params, items, region=self.region)

    def observed(self, kind: str) -> Sequence[Observed]:
        """What was observed of a kind that this one requires."""
        return self.parents.get(kind, ())

    def names(self, prop: str) -> list[str]:
        """The known values of a property among the described resources, sorted, each once; and `ids`, if given."""
        if self.ids:
            return list(self.ids)
        found = {properties.get(prop) for properties in self.wanted}
        return sorted(name for name in found if isinstance(name, str))


@dataclass
class Work:
    """One change of one resource while it is carried out: what a kind's functions get to see.

    Attributes:
        address: the resource.
        desired: its stated properties with every reference resolved, secrets laid open.
        current: what exists, if anything does.
        tags: all tags that it is to carry.
        token: the idempotency token of this create: the same for every attempt at it, different for the next one.
        api: where to send requests.
        region: the resource's region.
        changed: the names of the properties that differ.
        stack: the value of the ownership tag.
        final_snapshot: take a last snapshot before a deletion, where the kind can.
        tags_to_set / tags_to_remove: what the tagging steps are to do.
    """

    address: Address
    desired: dict[str, Any]
    api: Api
    stack: str = ""
    current: Observed | None = None
    tags: dict[str, str] = field(default_factory=dict)
    token: str = ""
    region: str = ""
    changed: frozenset[str] = frozenset()
    final_snapshot: bool = True
    tags_to_set: dict[str, str] = field(default_factory=dict)
    tags_to_remove: tuple[str, ...] = ()

    @property
    def existing(self) -> Observed:
        """What exists.

        Raises:
            ValueError: nothing does; a step that changes or deletes was used to create.
        """
        if self.current is None:
            raise ValueError(f"{self.address} does not exist")
        return self.current

    @property
    def id(self) -> str:
        """The identifier of what exists."""
        return self.existing.id

    @property
    def attributes(self) -> Mapping[str, Any]:
        """The attributes of what exists."""
        return self.existing.attributes

    def get(self, name: str, default: Any = None) -> Any:
        """A stated property, or the default."""
        return self.desired.get(name, default)

    def pick(self, *names: str, **renamed: str) -> dict[str, Any]:
        """The stated ones among some properties, as parameters; `Parameter="Property"` renames one."""
        found = {name: self.desired[name] for name in names if name in self.desired}
        found.update({param: self.desired[name] for param, name in renamed.items() if name in self.desired})
        return found

    def merged(self, name: str) -> Any:
        """A property as stated, or as it is now, for requests that want it restated."""
        if name in self.desired:
            return self.desired[name]
        return self.current.properties.get(name) if self.current else None

    def call(self, service: str, operation: str, **params: Any) -> dict[str, Any]:
        """One request in the resource's region, for steps that are functions."""
        return self.api.call(service, operation, params, region=self.region)

    def pages(self, service: str, operation: str, items: str, **params: Any) -> list[Any]:
        """A reading request with its pages; `items` is the JMESPath of the list in each page."""
        return self.api.pages(service, operation, params, items, region=self.region)


def make_token(stack: str, address: Address, generation: int, predecessor: str = "") -> str:
    """An idempotency token: 32 hexadecimal digits, the same for the same intent.

    Args:
        generation: how many runs of the stack have been completed.
        predecessor: the identifier of the object that is being replaced.
    """
    text = "\0".join((stack, address.kind, address.name, str(generation), predecessor))
    return hashlib.sha256(text.encode()).hexdigest()[:32]


def read_tags(raw: Any) -> dict[str, str] | None:
    """Tags in any of the shapes in which services answer them, as a dict."""
    if raw is None:
        return None
    if isinstance(raw, Mapping):
        return {str(key): str(value) for key, value in raw.items()}
    tags: dict[str, str] = {}
    for tag in raw:
        key = next((tag[word] for word in ("Key", "key", "TagKey") if word in tag), "")
        tags[key] = next((tag[word] for word in ("Value", "value", "TagValue") if word in tag), "")
    return tags


@dataclass(frozen=True, kw_only=True)
class Kind:
    """An AWS resource type and how the engine deals with it.

    Attributes:
        type: CloudFormation type name.
        service: botocore's name of its service.
        title: what a person calls it, for messages.
        id: where the answer holds its identifier.
        properties: every property that it knows.
        attributes: every fact that others may refer to. Properties may be referred to as well.
        list: the objects in a scope, each enriched with whatever `properties` and `attributes` read.
        key: the properties that identify it where the cloud has a natural key, e.g. a name. Objects without our tags
            are recognised by it.
        key_of: computes the natural key from these properties, stated or observed, where it is not simply their values:
            one among several, or with defaults filled in. Answers None when they do not tell.
        requires: kinds that are observed first, and deleted last.
        part_of: the property that refers to its whole, when the whole is described exactly by its parts, as a
            security group by its rules: a part that is not described is removed from a whole that is ours.
        others_add_parts: others than this stack rightly add parts to a whole of ours, as records to a hosted zone: a
            part that is not described goes only with `prune`.
        completes: whether a part that is not described belongs beside those that are, as the other half of a failover
            that a stack in another region keeps; it stays, with `prune` too. Takes its properties and theirs.
        tags: where the answer holds its tags; None: it cannot carry any, and belongs to what it hangs on.
        states: which states mean what; None: it is ready as soon as it exists.
        create, updates, delete: how it is made, changed and removed.
        tag, untag: how tags are changed on an existing one.
        before_create, before_delete: run first, e.g. to restore what is scheduled for deletion, or to detach what
            blocks one.
        referenced_when_ready: others may use it only once it is ready.
        holds_data: it keeps what cannot be made again; deleted only when named, replaced never.
        protection: the property that is the cloud's own guard against deletion.
        release: lets go of the guard.
        created_in_order: at most one create or update of this kind per stack at a time (the API wants it so).
        is_global: one endpoint for all regions: asked once, whatever the resource's region.
        of_the_account: a setting that all stacks of an account share: made where it is missing, and left when the stack
            goes.
        export: False where CloudFormation has no such type.
        template: where a CloudFormation template says something differently.
        updates_while_busy: the cloud takes changes while it works on the last one, as a service that is being deployed;
            what is stuck is mended by the next change, not by waiting.
        held_by_users: the cloud refuses to delete one while another resource uses it.
        retry_on: error codes that mean "not yet" for every step of the kind, as `Call.retry_on` does for one.
        settling: error codes that mean "not known everywhere yet" for every step of the kind, a deletion too: what does
            not pass soon never will.
        owned_by_mark: it carries no tags; `tags` reads, and `tag` writes, no more than whose it is and its name.
        refuse: why some of the properties that differ cannot be changed, where that depends on others or on the state,
            so that `Property.refuse` does not do: from the stated properties that are known, what exists, and the names
            of those that differ.
        remark: what a person should know about an object beside its changes, from the stated properties and what
            exists; empty for nothing.
        refuse_for_others: why an object cannot become what is stated, for the sake of others; empty: it can. Takes the
            stated properties, what exists and what stands around it.
        relied_on: a part that others rely on without referring to it, as the tasks in a subnet rely on its routes: one
            that is not described goes once everything else is made.
        farewell: what a person should know about the deletion of one.
        fetch: reads an attribute that is too secret, or too dear, to be part of every answer: a function of the api,
            the object and the attribute's name. `fetched` names such attributes; `Value` stands for `Value.member` too.
    """

    type: str
    service: str
    title: str
    id: Reader
    properties: Mapping[str, Property]
    list: Callable[[Scope], Iterable[Item]]
    attributes: Mapping[str, Attribute] = field(default_factory=dict)
    key: tuple[str, ...] = ()
    key_of: Callable[[Mapping[str, Any]], NaturalKey | None] | None = None
    requires: tuple[str, ...] = ()
    part_of: str = ""
    others_add_parts: bool = False
    completes: Callable[[Mapping[str, Any], Iterable[Mapping[str, Any]]], bool] | None = None
    tags: Reader | None = "Tags"
    states: States | None = None
    create: Step | None = None
    updates: tuple[Update, ...] = ()
    delete: Step | None = None
    tag: Step | None = None
    untag: Step | None = None
    before_create: Step | None = None
    before_delete: Step | None = None
    referenced_when_ready: bool = False
    holds_data: bool = False
    protection: str = ""
    release: Step | None = None
    created_in_order: bool = False
    is_global: bool = False
    of_the_account: bool = False
    export: bool = True
    template: Template = field(default_factory=Template)
    updates_while_busy: bool = False
    held_by_users: bool = False
    retry_on: frozenset[str] = frozenset()
    settling: frozenset[str] = frozenset()
    owned_by_mark: bool = False
    refuse: Callable[[Mapping[str, Any], Observed, Collection[str]], Iterable[str]] | None = None
    remark: Callable[[Mapping[str, Any], Observed], str] | None = None
    refuse_for_others: Callable[[Mapping[str, Any], Observed, Neighbours], Iterable[str]] | None = None
    relied_on: bool = False
    farewell: str = ""
    fetch: Callable[[Api, Observed, str], Any] | None = None
    fetched: tuple[str, ...] = ()

    def attribute(self, name: str) -> Attribute | None:
        """The description of an attribute, by its name or by that of the whole it is a member of."""
        return self.attributes.get(name) or self.attributes.get(name.partition(".")[0])

    def read(self, api: Api, observed: Observed, attribute: str) -> Any:
        """An attribute that is read only when it is needed.

        Raises:
            ValueError: the kind has none such.
        """
        if self.fetch is None:
            raise ValueError(f"{self.type} has no attribute to fetch")
        return self.fetch(api, observed, attribute)

    def fetches(self, attribute: str) -> bool:
        """Whether an attribute is read only when it is needed; its value is secret."""
        return attribute.split(".")[0] in self.fetched

    def whole(self, stated: Mapping[str, Any]) -> dict[str, Any]:
        """Stated properties, and what it means that others are not stated, in the table's order."""
        unstated = {
            name: prop.unstated
            for name, prop in self.properties.items()
            if name not in stated and prop.unstated is not Left.ALONE
        }
        return {**stated, **unstated}

    def parse(self, item: Item, region: str = "", tags: Mapping[str, str] | None = None) -> Observed:
        """An answer's item as an `Observed`.

        Args:
            item: the object as listed or as answered by a create.
            region: where it was found.
            tags: its tags where the item does not hold them.
        """
        properties: dict[str, Any] = {}
        for name, prop in self.properties.items():
            if prop.write_only:
                continue
            value = read_path(prop.path or name, item)
            properties[name] = prop.default if value is None else value
        attributes = {name: read_path(attribute.path, item) for name, attribute in self.attributes.items()}
        found_tags = None
        if self.tags is not None:
            found_tags = read_tags(read_path(self.tags, item)) or dict(tags or {})
        protected = bool(self.protection and properties.get(self.protection))
        protected = protected or (found_tags or {}).get(PROTECTED_TAG) == "true"
        phase = self.states.phase(item) if self.states else Phase.READY
        state = read_path(self.states.path, item) if self.states else ""
        reason = read_path(self.states.reason, item) if self.states and self.states.reason else ""
        return Observed(
            kind=self.type,
            id=str(read_path(self.id, item) or ""),
            properties=properties,
            attributes=attributes,
            tags=found_tags,
            phase=phase,
            state=str(state or ""),
            reason=str(reason or ""),
            protected=protected,
            region=region,
            item=item,
        )

    def predict(self, attribute: str, facts: Mapping[str, Any]) -> Any:
        """An attribute of a resource that does not exist yet: its value, or an `Unknown`.

        Args:
            facts: the resource's resolved properties, and `account`, `region`, `partition`.
        """
        described = self.attribute(attribute)
        if described is not None:
            rule = described.predict
            if rule is None:
                return Unknown(attribute)
            try:
                value = rule(facts) if callable(rule) else rule.format_map(_Known(facts))
            except _NotKnown:
                return Unknown(attribute)
            return Unknown(attribute) if value is None else value
        return facts.get(attribute, Unknown(attribute))

    def natural_key(self, properties: Mapping[str, Any]) -> NaturalKey | None:
        """The natural key that some properties amount to, or None when it is not known."""
        if not self.key:
            return None
        if self.key_of is not None:
            unknown = any(isinstance(properties.get(name), Unknown) for name in self.key)
            return None if unknown else self.key_of({name: reveal(value) for name, value in properties.items()})
        values = [reveal(properties.get(name)) for name in self.key]
        if any(value is None or isinstance(value, (Unknown, dict, list)) for value in values):
            return None
        return tuple(str(value) for value in values)


class _NotKnown(Exception):
    pass


class _Known(dict[str, Any]):
    """Facts for a format string; touching an unknown one ends the prediction."""

    def __getitem__(self, name: str) -> Any:
        value = self.get(name)
        if value is None or isinstance(value, Unknown):
            raise _NotKnown(name)
        return reveal(value)
