# Copyright (c) stackwright.aws contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""A name of one's own for REST APIs, and which API answers below which of its paths."""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial
from typing import Any

from ...engine.kind import Attribute, Call, Item, Kind, Property, Scope, States, Update, Work
from ...engine.template import Template
from ..requests import given, unless
from . import common
from .common import PAGE, PASSING, SERVICE, camel, pascal, replace, replacements, tagging

DOMAIN_NAME = "AWS::ApiGateway::DomainName"
#: What AWS calls the path of a mapping that has none.
NO_PATH = "(none)"

_TAG, _UNTAG = tagging("/domainnames/{id}")

_PLAIN = {
    "CertificateArn": "/certificateArn",
    "RegionalCertificateArn": "/regionalCertificateArn",
    "SecurityPolicy": "/securityPolicy",
    "EndpointAccessMode": "/endpointAccessMode",
    "OwnershipVerificationCertificateArn": "/ownershipVerificationCertificateArn",
    "RoutingMode": "/routingMode",
}
_MAPPED = {"RestApiId": "/restapiId", "Stage": "/stage"}


def list_domain_names(scope: Scope) -> Iterable[Item]:
    """All names of the region, tags and all."""
    if scope.ids:
        answers = [unless((), partial(scope.call, SERVICE, "get_domain_name", domainName=one)) for one in scope.ids]
        return [answer for answer in answers if answer]
    return scope.pages(SERVICE, "get_domain_names", "items[]", limit=PAGE)


def _create(work: Work) -> dict[str, Any]:
    params = given(
        work,
        domainName="DomainName",
        certificateArn="CertificateArn",
        regionalCertificateArn="RegionalCertificateArn",
        securityPolicy="SecurityPolicy",
        endpointAccessMode="EndpointAccessMode",
        ownershipVerificationCertificateArn="OwnershipVerificationCertificateArn",
        routingMode="RoutingMode",
    )
    if work.get("MutualTlsAuthentication"):
        params["mutualTlsAuthentication"] = camel(work.get("MutualTlsAuthentication"))
    if work.get("EndpointConfiguration"):
        params["endpointConfiguration"] = camel(work.get("EndpointConfiguration"))
    return {**params, "tags": work.tags}


def _changes(work: Work) -> dict[str, Any]:
    changes = replacements(work, _PLAIN)
    if "MutualTlsAuthentication" in work.changed:
        wanted = work.desired["MutualTlsAuthentication"] or {}
        # Without a trust store nobody is asked for a certificate.
        changes += [
            replace(f"/mutualTlsAuthentication/{member}", wanted.get(name, ""))
            for name, member in (("TruststoreUri", "truststoreUri"), ("TruststoreVersion", "truststoreVersion"))
        ]
    return {"domainName": work.id, "patchOperations": changes}


def mutual_tls(item: Item) -> dict[str, Any]:
    """The trust store that callers' certificates are held against, without what AWS remarks on it."""
    found = item.get("mutualTlsAuthentication") or {}
    return pascal({name: found[name] for name in ("truststoreUri", "truststoreVersion") if found.get(name)}) or {}


NAME = Kind(
    type=DOMAIN_NAME,
    service=SERVICE,
    title="domain name of APIs",
    id="domainName",
    key=("DomainName",),
    requires=("AWS::CertificateManager::Certificate",),
    list=list_domain_names,
    properties={
        "DomainName": Property("domainName", immutable=True),
        "CertificateArn": Property("certificateArn"),
        "RegionalCertificateArn": Property("regionalCertificateArn"),
        "SecurityPolicy": Property("securityPolicy"),
        "EndpointAccessMode": Property("endpointAccessMode"),
        "MutualTlsAuthentication": Property(mutual_tls, exact=True),
        "OwnershipVerificationCertificateArn": Property("ownershipVerificationCertificateArn"),
        "RoutingMode": Property("routingMode"),
        # A name can move between the two only by way of both.
        "EndpointConfiguration": Property(lambda item: pascal(item.get("endpointConfiguration")), immutable=True),
    },
    attributes={
        "RegionalDomainName": Attribute("regionalDomainName"),
        "RegionalHostedZoneId": Attribute("regionalHostedZoneId"),
        "DistributionDomainName": Attribute("distributionDomainName"),
        "DistributionHostedZoneId": Attribute("distributionHostedZoneId"),
    },
    tags="tags",
    states=States(
        path="domainNameStatus",
        ready=frozenset({"AVAILABLE"}),
        failed=frozenset({"FAILED"}),
        reason="domainNameStatusMessage",
        # An edge-optimized one is a distribution of CloudFront.
        timeout=3600,
    ),
    create=Call("create_domain_name", _create, item="@"),
    updates=(Update((*_PLAIN, "MutualTlsAuthentication"), Call("update_domain_name", _changes)),),
    delete=Call("delete_domain_name", lambda w: {"domainName": w.id}),
    tag=_TAG,
    untag=_UNTAG,
    retry_on=PASSING,
)


# Paths


def list_mappings(scope: Scope) -> Iterable[Item]:
    """What answers below the names in scope, by one list for each name."""
    if scope.ids:
        names = sorted({one.partition("/")[0] for one in scope.ids})
    else:
        names = sorted({observed.id for observed in scope.observed(DOMAIN_NAME)} | set(scope.names("DomainName")))
    found: list[Item] = []
    for name in names:
        read = partial(scope.pages, SERVICE, "get_base_path_mappings", "items[]", domainName=name, limit=PAGE)
        found += [{**item, "DomainName": name} for item in unless((), read) or []]
    return [item for item in found if not scope.ids or _id(item) in scope.ids]


def _id(item: Item) -> str:
    return f"{item['DomainName']}/{item['basePath']}"


def _path(item: Item) -> str:
    return str(item.get("basePath", "")).replace(NO_PATH, "")


def _map(work: Work) -> Item:
    params = given(work, domainName="DomainName", basePath="BasePath", restApiId="RestApiId", stage="Stage")
    return {**work.call(SERVICE, "create_base_path_mapping", **params), "DomainName": params["domainName"]}


def _named(work: Work) -> dict[str, Any]:
    name, _slash, path = work.id.partition("/")
    return {"domainName": name, "basePath": path}


MAPPING = Kind(
    type="AWS::ApiGateway::BasePathMapping",
    service=SERVICE,
    title="path of a domain name",
    template=Template(ref="BasePath"),
    id=_id,
    key=("DomainName", "BasePath"),
    requires=(DOMAIN_NAME, common.REST_API, "AWS::ApiGateway::Stage"),
    part_of="DomainName",
    list=list_mappings,
    tags=None,
    properties={
        "DomainName": Property(immutable=True),
        "BasePath": Property(_path, immutable=True),
        "RestApiId": Property("restApiId"),
        "Stage": Property("stage"),
    },
    create=_map,
    updates=(
        Update(
            tuple(_MAPPED),
            Call("update_base_path_mapping", lambda w: {**_named(w), "patchOperations": replacements(w, _MAPPED)}),
        ),
    ),
    delete=Call("delete_base_path_mapping", _named),
    retry_on=PASSING,
)
