"""Descriptions to compile, and ways to look at what comes out."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ansible_collections.stackwright.aws.plugins.module_utils.engine.document import Document, Resource
from ansible_collections.stackwright.aws.plugins.module_utils.engine.errors import DocumentError
from ansible_collections.stackwright.aws.plugins.module_utils.engine.values import (
    Address,
    Ref,
    Sensitive,
    is_known,
    resolve,
    reveal,
)
from ansible_collections.stackwright.aws.plugins.module_utils.tiers.stack import compile_all

NETWORK = {"cidr": "10.40.0.0/16", "flow_logs": {"enabled": False}, "gateway_endpoints": []}


def description(**sections: Any) -> dict[str, Any]:
    """A description of `shop` in production, with a plain network unless another is given."""
    return {"system": "shop", "env": "prod", "region": "eu-west-1", "network": NETWORK, **sections}


def document(**sections: Any) -> Document:
    return compile_all(description(**sections)).document


def problems(**sections: Any) -> list[str]:
    """What is wrong with a description; fails when nothing is."""
    try:
        compile_all(description(**sections))
    except DocumentError as error:
        return error.problems
    raise AssertionError("nothing was wrong with the description")


def warnings(**sections: Any) -> list[str]:
    return [str(finding) for finding in compile_all(description(**sections)).warnings]


def get(doc: Document, kind: str, name: str) -> Resource:
    return doc.resources[Address(kind, name)]


def of(doc: Document, kind: str) -> dict[str, Mapping[str, Any]]:
    """The properties of all resources of a kind, by name."""
    return {res.name: res.properties for res in doc.resources.values() if res.kind == kind}


def plain(value: Any) -> Any:
    """A value with every reference as `<kind name attribute>`, compositions filled in, secrets laid open."""

    def lookup(ref: Ref) -> str:
        kind = ref.address.kind.rpartition("::")[2]
        return f"<{' '.join(word for word in (kind, ref.address.name, ref.attribute) if word)}>"

    resolved = resolve(value, lookup)
    assert is_known(resolved)
    return reveal(resolved)


def is_secret(value: Any) -> bool:
    """Whether a value stays hidden once it is known."""
    return isinstance(resolve(value, lambda ref: "x"), Sensitive)
