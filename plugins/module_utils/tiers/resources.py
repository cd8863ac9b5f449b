# Copyright (c) stackwright.aws contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The `resources` section: any type that the engine knows, in CloudFormation's words."""

from __future__ import annotations

from typing import Any

from ..engine.document import Resource
from ..engine.values import Address
from .base import TAGS, Context, Export, Options, Tier

SPEC: dict[str, Any] = {
    "type": {"type": "str", "required": True},
    "properties": {"type": "dict", "default": {}},
    "depends_on": {"type": "list", "elements": "str", "default": []},
    "region": {"type": "str"},
    "protect": {"type": "bool"},
    "tags": TAGS,
}


def exports(name: str, options: Options, _context: Context) -> Export:
    """Everything is reached under CloudFormation's own names: `${resource.queue.Arn}`."""
    return Export(address=Address(options["type"], name))


def compile(name: str, options: Options, context: Context) -> list[Resource]:
    needs = [context.entry(reference, "depends_on") for reference in options["depends_on"]]
    properties: dict[str, Any] = context.fill(options["properties"], "properties")
    return [
        context.resource(
            options["type"],
            name,
            properties,
            tags=options["tags"],
            protect=bool(options["protect"]),
            depends_on=[entry.export.address for entry in needs if entry and entry.export.address],
            region=options["region"] or "",
        )
    ]


TIER = Tier(section="resources", reference="resource", spec=SPEC, compile=compile, exports=exports)
