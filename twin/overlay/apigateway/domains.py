# Copyright (c) stackwright.aws contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Names of one's own for REST APIs, and the paths below them.

Source: https://docs.aws.amazon.com/apigateway/latest/developerguide/how-to-custom-domains.html
"""

from __future__ import annotations

import copy
from typing import Any

from moto.acm.models import acm_backends
from moto.apigateway.responses import APIGatewayResponse

from twin.overlay.apigateway import patches
from twin.overlay.apigateway.store import Document, bad, conflict, missing, new_id, operation, page, store
from twin.patch import Parameters

#: The zones that names are aliases in: https://docs.aws.amazon.com/general/latest/gr/apigateway.html
_ZONES = {"us-east-1": "Z1UJRXOUMOOFQ8", "us-west-2": "Z2OJLYMUO9EFXC", "eu-west-1": "ZLY8HYME6SFDD"}
_EDGE_ZONE = "Z2FDTNDATAQYW2"
_NO_PATH = "(none)"


def install() -> None:
    _names()
    _mappings()


def _names() -> None:
    @operation(APIGatewayResponse, "CreateDomainName")
    def create(response: Any, asked: Parameters) -> Document:
        names = store(response).domains
        if asked["domainName"] in names:
            bad("The domain name you provided already exists.")
        endpoint = {"types": ["EDGE"], "ipAddressType": "ipv4", **(asked.get("endpointConfiguration") or {})}
        regional = endpoint["types"] == ["REGIONAL"]
        made = {
            "securityPolicy": "TLS_1_2",
            "routingMode": "BASE_PATH_MAPPING_ONLY",
            **asked,
            "endpointConfiguration": endpoint,
            "domainNameStatus": "AVAILABLE",
            "tags": dict(asked.get("tags") or {}),
        }
        _check_certificate(response, made)
        if regional:
            made["regionalDomainName"] = f"d-{new_id()}.execute-api.{response.region}.amazonaws.com"
            made["regionalHostedZoneId"] = _ZONES.get(response.region, "Z" + new_id(13).upper())
        else:
            made["distributionDomainName"] = f"d{new_id(13)}.cloudfront.net"
            made["distributionHostedZoneId"] = _EDGE_ZONE
        names[made["domainName"]] = made
        return made

    @operation(APIGatewayResponse, "GetDomainNames")
    def lists(response: Any, asked: Parameters) -> Document:
        return page(list(store(response).domains.values()), asked)

    @operation(APIGatewayResponse, "GetDomainName")
    def get(response: Any, asked: Parameters) -> Document:
        return _name(response, asked)

    @operation(APIGatewayResponse, "UpdateDomainName")
    def update(response: Any, asked: Parameters) -> Document:
        document = _name(response, asked)
        changed = copy.deepcopy(document)
        patches.apply("DomainName", changed, asked["patchOperations"])
        _check_certificate(response, changed)
        document.clear()
        document.update(changed)
        return document

    @operation(APIGatewayResponse, "DeleteDomainName")
    def delete(response: Any, asked: Parameters) -> None:
        _name(response, asked)
        held = store(response)
        del held.domains[asked["domainName"]]
        held.mappings.pop(asked["domainName"], None)


def _name(response: Any, asked: Parameters) -> Document:
    found: Document | None = store(response).domains.get(asked["domainName"])
    return found or missing("Invalid domain name identifier specified")


def _check_certificate(response: Any, document: Document) -> None:
    """A name needs an issued certificate that is for it: of its own region, or of us-east-1 when it is at the edge."""
    regional = document["endpointConfiguration"]["types"] == ["REGIONAL"]
    arn = document.get("regionalCertificateArn" if regional else "certificateArn") or ""
    region = response.region if regional else "us-east-1"
    certificate = acm_backends[response.current_account][region]._certificates.get(arn)
    if certificate is None:
        bad(f"Invalid certificate ARN: {arn}. Certificate must be in '{region}'.")
    certificate.check()
    if certificate.status != "ISSUED":
        bad(f"The certificate {arn} has not been issued")
    name = document["domainName"]
    described = certificate.describe()["Certificate"]
    covered = {described["DomainName"], *(described.get("SubjectAlternativeNames") or ())}
    if not covered & {name, f"*.{name.partition('.')[2]}"}:
        bad(f"The domain name to be created is not covered by the provided certificate: {name}")


def _mappings() -> None:
    @operation(APIGatewayResponse, "CreateBasePathMapping")
    def create(response: Any, asked: Parameters) -> Document:
        _name(response, asked)
        below = store(response).mappings.setdefault(asked["domainName"], {})
        path = asked.get("basePath") or _NO_PATH
        if path in below:
            conflict("Base path already exists for this domain name")
        made = {"basePath": path, "restApiId": asked["restApiId"], "stage": asked.get("stage")}
        _check_stage(response, made)
        below[path] = made
        return made

    @operation(APIGatewayResponse, "GetBasePathMappings")
    def lists(response: Any, asked: Parameters) -> Document:
        _name(response, asked)
        return page(list(store(response).mappings.get(asked["domainName"], {}).values()), asked)

    @operation(APIGatewayResponse, "GetBasePathMapping")
    def get(response: Any, asked: Parameters) -> Document:
        return _mapping(response, asked)

    @operation(APIGatewayResponse, "UpdateBasePathMapping")
    def update(response: Any, asked: Parameters) -> Document:
        found = _mapping(response, asked)
        changed = dict(found)
        for one in asked["patchOperations"]:
            patches.check("BasePathMapping", one)
            changed[{"/restapiId": "restApiId"}.get(one["path"], one["path"][1:])] = one.get("value")
        _check_stage(response, changed)
        found.update(changed)
        return found

    @operation(APIGatewayResponse, "DeleteBasePathMapping")
    def delete(response: Any, asked: Parameters) -> None:
        _mapping(response, asked)
        del store(response).mappings[asked["domainName"]][asked["basePath"]]


def _mapping(response: Any, asked: Parameters) -> Document:
    below = store(response).mappings.get(asked["domainName"], {})
    found: Document | None = below.get(asked["basePath"])
    return found or missing("Invalid base path mapping identifier specified")


def _check_stage(response: Any, mapping: Document) -> None:
    api = store(response).apis.get(mapping["restApiId"])
    if api is None:
        bad("Invalid REST API identifier specified")
    if mapping["stage"] and mapping["stage"] not in api.stages:
        bad("Invalid stage identifier specified")


def refuse_if_mapped(response: Any, api_id: str, stage: str | None = None) -> None:
    """An API, or a stage of it, does not go while a name leads to it."""
    for below in store(response).mappings.values():
        if any(one["restApiId"] == api_id and stage in (None, one["stage"]) for one in below.values()):
            bad("Please remove all base path mappings related to the API stage in your domains.")
