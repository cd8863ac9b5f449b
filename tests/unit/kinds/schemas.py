"""CloudFormation's own schemas, as cfn-lint carries them."""

from __future__ import annotations

from typing import Any

from cfnlint.schema.manager import PROVIDER_SCHEMA_MANAGER


def schema(kind: str) -> dict[str, Any]:
    """The schema of a resource type in us-east-1."""
    found: dict[str, Any] = PROVIDER_SCHEMA_MANAGER.get_resource_schema("us-east-1", kind).schema
    return found


def names(kind: str, section: str) -> set[str]:
    """The properties that a section of the schema names, e.g. `createOnlyProperties`; those inside others left out."""
    paths = [path.removeprefix("/properties/") for path in schema(kind).get(section, ())]
    return {path for path in paths if "/" not in path}


def writable(kind: str) -> set[str]:
    """The properties that a template may state, without the tags."""
    return set(schema(kind)["properties"]) - names(kind, "readOnlyProperties") - {"Tags"}
