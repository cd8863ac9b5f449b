# Copyright (c) stackwright.aws contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The `clusters` section: ECS clusters and what their tasks run on by default."""

from __future__ import annotations

from typing import Any

from ..engine.document import Resource
from ..engine.values import Address, Ref
from . import formats
from .base import TAGS, Context, Export, Options, Tier

CLUSTER = "AWS::ECS::Cluster"

#: One item of a capacity provider strategy.
STRATEGY: dict[str, Any] = {
    "type": "list",
    "elements": "dict",
    "options": {
        "provider": {"type": "str", "required": True, "format": formats.CAPACITY_PROVIDER},
        "weight": {"type": "int", "default": 1, "format": formats.between(0, 1000)},
        "base": {"type": "int", "default": 0, "format": formats.between(0, 100000)},
    },
}

SPEC: dict[str, Any] = {
    "name": {"type": "str"},
    "capacity": {**STRATEGY, "default": [{"provider": "FARGATE", "weight": 1, "base": 0}]},
    "container_insights": {"type": "str", "choices": ["enabled", "enhanced", "disabled"], "default": "enabled"},
    "tags": TAGS,
}


def cluster_name(name: str, options: Options) -> str:
    """The cluster's name in AWS: the entry's unless stated."""
    return options["name"] or name


def strategy(items: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Items of a capacity provider strategy as properties."""
    return [{"CapacityProvider": i["provider"], "Weight": i["weight"], "Base": i["base"]} for i in items]


def exports(name: str, options: Options, context: Context) -> Export:
    address = Address(CLUSTER, name)
    return Export(
        address=address,
        values={"arn": Ref(address, "Arn"), "name": Ref(address, "ClusterName")},
        default="name",
    )


def compile(name: str, options: Options, context: Context) -> list[Resource]:
    capacity = strategy(options["capacity"])
    return [
        context.resource(
            CLUSTER,
            name,
            {
                "ClusterName": cluster_name(name, options),
                "CapacityProviders": sorted({item["CapacityProvider"] for item in capacity}),
                "DefaultCapacityProviderStrategy": capacity,
                "ClusterSettings": [{"Name": "containerInsights", "Value": options["container_insights"]}],
            },
            tags=options["tags"],
        )
    ]


TIER = Tier(section="clusters", reference="cluster", spec=SPEC, compile=compile, exports=exports)
