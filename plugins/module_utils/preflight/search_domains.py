# Copyright (c) stackwright.aws contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""OpenSearch domains that AWS would refuse to make.

https://docs.aws.amazon.com/opensearch-service/latest/developerguide/managedomains-multiaz.html
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from ..engine.document import Resource
from .networks import zones_of_subnets
from .rule import Rule, Subject

DOMAIN = "AWS::OpenSearchService::Domain"

_INSTANCE_TYPE = re.compile(r"[a-z0-9]+\.[a-z0-9]+\.search")
_VERSION = re.compile(r"(OpenSearch|Elasticsearch)_\d+\.\d+")
#: GiB, by volume type; the instance type may allow less.
#: https://docs.aws.amazon.com/opensearch-service/latest/developerguide/limits.html
_VOLUME = (10, 12288)
_GP3 = {"Iops": ("iops", 3000, 80000), "Throughput": ("throughput", 125, 2000)}


def _domains(subject: Subject) -> Iterator[tuple[Resource, Mapping[str, Any]]]:
    for domain in subject.of(DOMAIN):
        yield domain, domain.properties.get("ClusterConfig") or {}


def _zones(cluster: Mapping[str, Any]) -> int:
    if not cluster.get("ZoneAwarenessEnabled"):
        return 1
    return int((cluster.get("ZoneAwarenessConfig") or {}).get("AvailabilityZoneCount") or 2)


def _nodes(subject: Subject) -> Iterator[tuple[str, str]]:
    for domain, cluster in _domains(subject):
        nodes, zones = cluster.get("InstanceCount"), _zones(cluster)
        if not isinstance(nodes, int):
            continue
        if nodes < zones:
            yield f"{domain.path}.nodes", f"{nodes}: fewer than the {zones} zones; take {zones} or more"
        elif zones == 2 and nodes % 2:
            yield f"{domain.path}.nodes", f"{nodes}: two zones share an even number of nodes; take {nodes + 1}"


def _spread(subject: Subject) -> Iterator[tuple[str, str]]:
    for domain, cluster in _domains(subject):
        subnets = (domain.properties.get("VPCOptions") or {}).get("SubnetIds") or []
        zones, covered = _zones(cluster), zones_of_subnets(subject, subnets)
        if covered is not None and len(covered) < zones:
            yield (
                f"{domain.path}.zones",
                f"{zones}, but its {len(subnets)} subnets are in {', '.join(sorted(covered))}; raise network.zones to "
                f"{zones}",
            )


def _weak(subject: Subject) -> Iterator[tuple[str, str]]:
    for domain, _cluster in _domains(subject):
        endpoint = domain.properties.get("DomainEndpointOptions") or {}
        policy = endpoint.get("TLSSecurityPolicy")
        if isinstance(policy, str) and "TLS-1-0" in policy:
            yield (
                f"{domain.path}.tls_policy",
                f"{policy!r} lets in TLS older than 1.2; take Policy-Min-TLS-1-2-PFS-2023-10",
            )


def _instance_types(subject: Subject) -> Iterator[tuple[str, str]]:
    for domain, cluster in _domains(subject):
        for prop, option in (
            ("InstanceType", "instance_type"),
            ("DedicatedMasterType", "dedicated_masters.instance_type"),
        ):
            name = cluster.get(prop)
            if isinstance(name, str) and not _INSTANCE_TYPE.fullmatch(name):
                yield f"{domain.path}.{option}", f"{name!r} is no instance type of OpenSearch, e.g. r6g.large.search"


def _versions(subject: Subject) -> Iterator[tuple[str, str]]:
    for domain, _cluster in _domains(subject):
        version = domain.properties.get("EngineVersion")
        if isinstance(version, str) and not _VERSION.fullmatch(version):
            yield f"{domain.path}.engine_version", f"{version!r} is no version; write it as 2.19 or OpenSearch_2.19"


def _volumes(subject: Subject) -> Iterator[tuple[str, str]]:
    for domain, _cluster in _domains(subject):
        storage = domain.properties.get("EBSOptions") or {}
        size, kind = storage.get("VolumeSize"), storage.get("VolumeType")
        low, high = _VOLUME
        if isinstance(size, int) and not low <= size <= high:
            yield f"{domain.path}.volume.size", f"{size} GiB: a node's disk has {low} to {high} GiB; correct it"
        for prop, (option, least, most) in _GP3.items():
            value = storage.get(prop)
            if kind == "gp2" and value is not None:
                yield f"{domain.path}.volume.{option}", f"{value}: gp2 takes none; leave it out, or make the type gp3"
            if kind == "gp3" and isinstance(value, int) and not least <= value <= most:
                yield f"{domain.path}.volume.{option}", f"{value}: gp3 takes {least} to {most}; correct or leave it out"


RULES = (
    Rule("search.nodes", "A number of data nodes that the zones cannot share.", _nodes),
    Rule("search.zones", "More zones than the domain has subnets in.", _spread),
    Rule("search.weak-tls", "A TLS policy older than 1.2.", _weak),
    Rule("search.instance-type", "An instance type that OpenSearch does not have.", _instance_types),
    Rule("search.version", "An engine version that is none.", _versions),
    Rule("search.volume", "A disk that a data node cannot have.", _volumes),
)
