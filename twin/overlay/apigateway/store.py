# Copyright (c) stackwright.aws contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
from __future__ import annotations

import random
import string
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any, NoReturn

from moto.apigateway.models import apigateway_backends
from moto.apigatewayv2.models import apigatewayv2_backends
from moto.core.responses import BaseResponse

from twin import patch
from twin.patch import Parameters, existing, notes
from twin.refusal import refuse

Document = dict[str, Any]


def operation(cls: type[BaseResponse], name: str) -> Callable[[Any], Any]:
    """As ``patch.operation``, without the parts of the path that come beside the parameters under other names."""

    def decorate(function: Callable[[Any, Parameters], Any]) -> Any:
        def serve(response: Any, asked: Parameters) -> Any:
            upper = response.boto3_service_name == "apigatewayv2"
            known = {key: value for key, value in asked.items() if "_" not in key and key[0].isupper() == upper}
            return function(response, known)

        return patch.operation(cls, name)(serve)

    return decorate


@dataclass
class Api:
    """A REST API with its parts, each in the words of the API."""

    document: Document
    resources: dict[str, Document] = field(default_factory=dict)
    models: dict[str, Document] = field(default_factory=dict)
    validators: dict[str, Document] = field(default_factory=dict)
    authorizers: dict[str, Document] = field(default_factory=dict)
    responses: dict[str, Document] = field(default_factory=dict)
    deployments: dict[str, Document] = field(default_factory=dict)
    stages: dict[str, Document] = field(default_factory=dict)

    def methods(self) -> Iterator[Document]:
        for resource in self.resources.values():
            yield from resource["resourceMethods"].values()

    def path(self, resource_id: str) -> str:
        resource = self.resources[resource_id]
        if "parentId" not in resource:
            return "/"
        return f"{self.path(resource['parentId']).rstrip('/')}/{resource['pathPart']}"


@dataclass
class Store:
    """What an account has in a region."""

    apis: dict[str, Api] = field(default_factory=dict)
    plans: dict[str, Document] = field(default_factory=dict)
    plan_keys: dict[str, list[str]] = field(default_factory=dict)
    keys: dict[str, Document] = field(default_factory=dict)
    domains: dict[str, Document] = field(default_factory=dict)
    mappings: dict[str, dict[str, Document]] = field(default_factory=dict)
    account: Document = field(default_factory=lambda: {"throttleSettings": {"burstLimit": 5000, "rateLimit": 10000.0}})


@dataclass
class HttpApi:
    """An HTTP API with its parts."""

    document: Document
    integrations: dict[str, Document] = field(default_factory=dict)
    authorizers: dict[str, Document] = field(default_factory=dict)
    routes: dict[str, Document] = field(default_factory=dict)
    stages: dict[str, Document] = field(default_factory=dict)


def store(response: Any) -> Store:
    found: Store = notes(apigateway_backends[response.current_account][response.region], "rest", Store)
    return found


def http_apis(response: Any) -> dict[str, HttpApi]:
    found: dict[str, HttpApi] = notes(apigatewayv2_backends[response.current_account][response.region], "http")
    return found


def api_of(response: Any, asked: Document) -> Api:
    """The API that a request names."""
    found = store(response).apis.get(asked["restApiId"])
    return found or missing("Invalid API identifier specified")


def stage_of(region: str, api_id: str, name: str) -> Document | None:
    """A stage of a REST API, in whichever account: its ARN names none."""
    for account in list(dict.keys(apigateway_backends)):
        backend = existing(apigateway_backends, account, region)
        api = notes(backend, "rest", Store).apis.get(api_id) if backend else None
        if api is not None and name in api.stages:
            found: Document = api.stages[name]
            return found
    return None


def tagged(account: str, region: str) -> Iterator[tuple[str, dict[str, str]]]:
    """Everything that can have tags, by ARN."""
    prefix = f"arn:aws:apigateway:{region}::"
    backend = existing(apigateway_backends, account, region)
    if backend is not None:
        held: Store = notes(backend, "rest", Store)
        for api_id, api in held.apis.items():
            yield f"{prefix}/restapis/{api_id}", api.document["tags"]
            for name, stage in api.stages.items():
                yield f"{prefix}/restapis/{api_id}/stages/{name}", stage["tags"]
        for word, documents in (("usageplans", held.plans), ("apikeys", held.keys), ("domainnames", held.domains)):
            for identifier, document in documents.items():
                yield f"{prefix}/{word}/{identifier}", document["tags"]
    backend = existing(apigatewayv2_backends, account, region)
    for api_id, http in (notes(backend, "http") if backend is not None else {}).items():
        yield f"{prefix}/apis/{api_id}", http.document["Tags"]
        for name, stage in http.stages.items():
            yield f"{prefix}/apis/{api_id}/stages/{name}", stage["Tags"]


def tags_of(response: Any, arn: str) -> dict[str, str]:
    for known, tags in tagged(response.current_account, response.region):
        if known == arn:
            return tags
    missing(f"Invalid resource ARN: {arn}")


def new_id(length: int = 10) -> str:
    return "".join(random.choices(string.ascii_lowercase + string.digits, k=length))


def missing(message: str) -> NoReturn:
    refuse("NotFoundException", message, 404)


def bad(message: str) -> NoReturn:
    refuse("BadRequestException", message, 400)


def conflict(message: str) -> NoReturn:
    refuse("ConflictException", message, 409)


def page(items: list[Document], asked: Document) -> Document:
    """One page of a list: 25 items unless the request says otherwise, 500 at the most."""
    size = min(asked.get("limit") or 25, 500)
    start = int(asked.get("position") or 0)
    following = {"position": str(start + size)} if start + size < len(items) else {}
    return {"items": items[start : start + size], **following}
