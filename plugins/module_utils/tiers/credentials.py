# Copyright (c) stackwright.aws contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The secret that a database or a cache takes its password from: one of the stack's, or one of its own."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from ..engine.document import Resource
from ..engine.values import Address, Ref, Sensitive
from .base import Context
from .secret import SECRET, SECRET_VALUE, generated_member, generator
from .secret_use import NO_SECRET


@dataclass(frozen=True)
class Credential:
    """Where a password lives.

    Attributes:
        address: the secret's.
        member: the member of the secret that is the password; empty: the whole value.
        own: nothing in `secrets` describes it; whoever needs the password makes it.
    """

    address: Address
    member: str
    own: bool

    @property
    def arn(self) -> Ref:
        return Ref(self.address, "Arn")

    @property
    def ready(self) -> tuple[Address, ...]:
        """What writes the rest of the secret, if it is one of the entry's own."""
        return (Address(SECRET_VALUE, self.address.name),) if self.own else ()

    @property
    def password(self) -> Sensitive:
        """The password, read from the secret when it is needed."""
        return Sensitive(Ref(self.address, f"Value.{self.member}" if self.member else "Value"))


def credential(named: str | None, member: str, context: Context) -> Credential:
    """The credential of the entry at hand.

    The secret that is named; else the one in `secrets` that generates `member` and refers to the entry; else one of
    its own.

    Args:
        named: a reference, `secret.NAME`, or the name of an entry of `secrets`.
        member: what the password is called in a secret, e.g. `password`.
    """
    secrets: Mapping[str, Any] = context.described.get("secrets") or {}
    if named:
        name = named.removeprefix("secret.")
        options = secrets.get(name)
        return Credential(Address(SECRET, name), generated_member(options) if options else "", own=False)
    found = sorted(_candidates(secrets, member, context.reference))
    if found:
        return Credential(Address(SECRET, found[0]), member, own=False)
    return Credential(Address(SECRET, context.reference), member, own=True)


def check_credential(named: str | None, member: str, option: str, context: Context) -> None:
    """Record what is wrong with the choice of a secret."""
    secrets: Mapping[str, Any] = context.described.get("secrets") or {}
    if not named:
        found = sorted(_candidates(secrets, member, context.reference))
        if len(found) > 1:
            context.problem(option, f"several secrets generate a {member} for it: {', '.join(found)}; name one here")
        return
    if named not in secrets and not context.catalog.looks_like_reference(named):
        context.problem(option, NO_SECRET)
        return
    entry = context.entry(named if named.startswith("secret.") else f"secret.{named}", option, ("secret",))
    if entry and entry.options["generate"] is None and not entry.options["value"]:
        context.problem(option, f"{named!r} has no value to take a password from; let it `generate` one")


def own_secret(
    chosen: Credential,
    name: str,
    fields: Mapping[str, Any],
    description: str,
    tags: Mapping[str, str],
    context: Context,
) -> list[Resource]:
    """The credential's secret and what is written into it, if it is one of the entry's own."""
    if not chosen.own:
        return []
    known = {key: value for key, value in fields.items() if isinstance(value, (str, int))}
    secret = context.resource(
        SECRET,
        chosen.address.name,
        {
            "Name": name,
            "Description": description,
            "GenerateSecretString": generator(32, chosen.member, known),
        },
        tags=tags,
        protect=True,
    )
    value = context.resource(SECRET_VALUE, secret.name, {"SecretId": secret.ref("Arn"), "Fields": dict(fields)})
    return [secret, value]


def _candidates(secrets: Mapping[str, Any], member: str, reference: str) -> Iterator[str]:
    mention = re.compile(rf"(^|\$\{{\s*){re.escape(reference)}\.")
    for name, options in secrets.items():
        if options["existing"]:
            continue
        texts = [str(value) for value in (options["fields"] or {}).values()]
        if generated_member(options) == member and any(mention.search(text) for text in texts):
            yield name
