"""What a generated contract test needs to know about a kind."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from ansible_collections.stackwright.aws.plugins.module_utils.engine.document import Resource


@dataclass(frozen=True)
class Sample:
    """One resource to exercise a kind with.

    Attributes:
        kind: the type under test.
        resources: the last one is the one under test; the others are what it needs.
        changes: for each mutable property, another value that must be reached by an update in place.
        immutable: for each immutable property, another value that must force a replacement.
        refused: properties, each with a value that it cannot be changed to.
        needed: properties that others of the kind do without, but not this one; or of which it does not tell.
        tags: the kind carries tags.
        stays: it is left when the stack goes.
    """

    kind: str
    resources: list[Resource]
    changes: dict[str, Any] = field(default_factory=dict)
    immutable: dict[str, Any] = field(default_factory=dict)
    refused: tuple[tuple[str, Any], ...] = ()
    needed: frozenset[str] = frozenset()
    tags: bool = True
    stays: bool = False
