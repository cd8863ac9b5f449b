# Copyright (c) stackwright.aws contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""What a workload is given of a secret: one of `secrets`, or the one that a database or cache keeps its password in."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from ..engine.values import Address, Compose
from .base import Context

#: References to entries that have a secret of their own, as `database.main.secret`.
HOLDERS = ("database", "cache", "search_domain")
#: What stands in the place of a reference to a secret may be the secret itself: it is not shown.
NO_SECRET = "what it says is no reference to a secret; write secret.NAME and keep values out of here"
#: What the variable is called that says which member of a secret a function reads, after the secret's own.
MEMBER_SUFFIX = "_MEMBER"
_WORD = ".secret"


@dataclass(frozen=True)
class SecretUse:
    """A secret, or one member of it.

    Attributes:
        label: the reference without the member, the same for every member.
        arn: the secret's.
        member: the member of the JSON object that it is; empty: the whole value.
        key: the KMS key that it is encrypted by, as the option names it; empty for AWS's own.
        ready: what writes it, beside the secret itself.
    """

    label: str
    arn: Any
    member: str = ""
    key: str = ""
    ready: tuple[Address, ...] = ()

    @property
    def value_from(self) -> Any:
        """As ECS takes it.

        https://docs.aws.amazon.com/AmazonECS/latest/developerguide/secrets-envvar-secrets-manager.html
        """
        if not self.member:
            return self.arn
        return Compose("{arn}:" + json.dumps(self.member)[1:-1] + "::", {"arn": self.arn})


def is_held(reference: str) -> bool:
    """Whether a reference is to the secret of an entry that has one of its own."""
    return reference.endswith(_WORD) and reference.partition(".")[0] in HOLDERS


def secret_use(reference: str, option: str, context: Context) -> SecretUse | None:
    """What `secret.NAME`, `secret.NAME:member` or `database.main.secret:password` stands for.

    None, and a recorded problem, when it leads nowhere.
    """
    if not isinstance(reference, str) or not context.catalog.looks_like_reference(reference):
        context.problem(option, NO_SECRET)
        return None
    head, _colon, member = reference.partition(":")
    if is_held(head):
        return _held(head, member, option, context)
    entry = context.entry(reference, option, ("secret",))
    if entry is None:
        return None
    tail = reference.removeprefix(entry.reference).lstrip(":.")
    return SecretUse(
        label=entry.reference,
        arn=entry.export.values["arn"],
        member="" if tail == "arn" else tail,
        key=entry.options.get("key") or "",
        ready=entry.export.ready,
    )


def _held(head: str, member: str, option: str, context: Context) -> SecretUse | None:
    entry = context.entry(head.removesuffix(_WORD), option, HOLDERS)
    if entry is None:
        return None
    arn = entry.export.values.get("secret")
    if arn is None:
        context.problem(option, f"{head!r}: {entry.reference} has no secret of its own; name one of `secrets`")
        return None
    managed = entry.tier.reference == "database" and entry.options.get("rotate_password_days")
    return SecretUse(
        label=head,
        arn=arn,
        member=member,
        # A secret that RDS manages is encrypted by the database's key, one that we make by Secrets Manager's own.
        key=(entry.options.get("key") or "") if managed else "",
        ready=entry.export.ready,
    )


def secret_uses(secrets: Mapping[str, str], context: Context) -> dict[str, SecretUse]:
    """By variable, what each of a workload's `secrets` stands for."""
    found = {
        variable: secret_use(reference, f"secrets.{variable}", context)
        for variable, reference in sorted(secrets.items())
    }
    return {variable: use for variable, use in found.items() if use is not None}


def distinct(uses: Iterable[SecretUse]) -> list[SecretUse]:
    """Each secret once, however many of its members are used."""
    return list({use.label: use for use in uses}.values())
