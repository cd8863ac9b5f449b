# Copyright (c) stackwright.aws contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Every preflight rule over a compiled description. Imported by name: Ansible packs what is imported."""

from __future__ import annotations

from . import (
    accounts,
    apis,
    caches,
    compute,
    databases,
    distributions,
    fleets,
    functions,
    kubernetes,
    measures,
    monitoring,
    names,
    networks,
    paths,
    places,
    search_domains,
    secrets,
    traffic,
)
from .rule import Finding, Rule, Severity, Subject

__all__ = ["RULES", "Finding", "Rule", "Severity", "Subject", "check"]

RULES: tuple[Rule, ...] = (
    *places.RULES,
    *networks.RULES,
    *paths.RULES,
    *names.RULES,
    *databases.RULES,
    *caches.RULES,
    *search_domains.RULES,
    *secrets.RULES,
    *traffic.RULES,
    *distributions.RULES,
    *compute.RULES,
    *fleets.RULES,
    *functions.RULES,
    *monitoring.RULES,
    *measures.RULES,
    *accounts.RULES,
    *apis.RULES,
    *kubernetes.RULES,
)


def check(subject: Subject) -> list[Finding]:
    """What the rules find, in the rules' order."""
    return [finding for rule in RULES for finding in rule.findings(subject)]
