# Copyright (c) stackwright.aws contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Every tier by its section and by its word, each loaded when it is first looked up.

Ansible compiles whatever of a collection is imported, in every run anew, so a run pays for the sections that its
description has.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from importlib import import_module
from typing import TYPE_CHECKING

from .base import Tier

if TYPE_CHECKING:
    # The modules of the table below, by name: Ansible packs what is imported anywhere in the source.
    from . import (  # noqa: F401
        audit,
        backup,
        bucket,
        budget,
        cache,
        certificate,
        cluster,
        codedeploy_application,
        cost_anomaly,
        database,
        distribution,
        event_rule,
        fleet,
        function,
        http_api,
        key,
        kubernetes_cluster,
        load_balancer,
        monitoring,
        network,
        parameter,
        peering,
        queue,
        repository,
        resources,
        rest_api,
        role,
        schedule,
        search_domain,
        secret,
        service,
        topic,
        tracing,
        web_acl,
        zone,
    )

#: In the order in which a description reads well, each section with the module of its tier, which has the name of the
#: word that references begin with.
MODULES: dict[str, str] = {
    "network": "network",
    "peerings": "peering",
    "zones": "zone",
    "certificates": "certificate",
    "keys": "key",
    "roles": "role",
    "secrets": "secret",
    "parameters": "parameter",
    "buckets": "bucket",
    "repositories": "repository",
    "databases": "database",
    "caches": "cache",
    "search_domains": "search_domain",
    "load_balancers": "load_balancer",
    "rest_apis": "rest_api",
    "http_apis": "http_api",
    "web_acls": "web_acl",
    "distributions": "distribution",
    "clusters": "cluster",
    "services": "service",
    "kubernetes_clusters": "kubernetes_cluster",
    "fleets": "fleet",
    "codedeploy_applications": "codedeploy_application",
    "queues": "queue",
    "functions": "function",
    "event_rules": "event_rule",
    "schedules": "schedule",
    "topics": "topic",
    "monitoring": "monitoring",
    "tracing": "tracing",
    "audit": "audit",
    "budgets": "budget",
    "cost_anomalies": "cost_anomaly",
    "backups": "backup",
    "resources": "resources",
}


class Tiers(Mapping[str, Tier]):
    """Tiers by name, loaded when they are looked up.

    Args:
        modules: by name, the module of the tier.
    """

    def __init__(self, modules: Mapping[str, str]) -> None:
        self._modules = modules

    def __getitem__(self, name: str) -> Tier:
        tier: Tier = import_module(f"{__package__}.{self._modules[name]}").TIER
        return tier

    def __contains__(self, name: object) -> bool:
        return name in self._modules

    def __iter__(self) -> Iterator[str]:
        return iter(self._modules)

    def __len__(self) -> int:
        return len(self._modules)


#: By the section's key, e.g. `databases`.
SECTIONS = Tiers(MODULES)
#: By the word that references begin with, e.g. `database`.
WORDS = Tiers({"resource" if module == "resources" else module: module for module in MODULES.values()})
