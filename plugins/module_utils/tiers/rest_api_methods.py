# Copyright (c) stackwright.aws contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The methods of a REST API: paths, what is validated, who is let in, what answers, and what browsers ask first."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from ..engine.document import Resource
from .api_routes import Route, function_arn, invocation_uri
from .base import Context, Options

RESOURCE = "AWS::ApiGateway::Resource"
METHOD = "AWS::ApiGateway::Method"
MODEL = "AWS::ApiGateway::Model"
VALIDATOR = "AWS::ApiGateway::RequestValidator"
AUTHORIZER = "AWS::ApiGateway::Authorizer"
GATEWAY_RESPONSE = "AWS::ApiGateway::GatewayResponse"

#: The dialect that API Gateway knows.
#: https://docs.aws.amazon.com/apigateway/latest/developerguide/models-mappings-models.html
_SCHEMA = "http://json-schema.org/draft-04/schema#"

#: Name of a request validator, by whether it looks at bodies and at parameters.
_VALIDATORS = {(True, False): "body", (False, True): "parameters", (True, True): "all"}


class Methods:
    """The methods of one API on their way into resources.

    Attributes:
        functions: the functions behind them, by what they are called in the description.
        authorizer: what decides who is let in, if there is any.
        authorizer_function: the function that it asks.
    """

    def __init__(self, name: str, options: Options, api: Resource, context: Context) -> None:
        self.name = name
        self.options = options
        self.api = api
        self.context = context
        self.functions: dict[str, Any] = {}
        self.authorizer: Resource | None = None
        self.authorizer_function: Any = None
        self._paths: dict[str, Resource] = {}
        self._models: dict[str, Resource] = {}
        self._validators: dict[str, Resource] = {}
        self._responses: list[Resource] = []
        self._methods: dict[str, Resource] = {}
        self._asked: dict[str, list[str]] = {}
        if options["authorizer"]:
            self._authorize()

    # What comes out

    def made(self) -> Iterator[Resource]:
        """Every resource."""
        yield from self._paths.values()
        yield from self._models.values()
        yield from self._validators.values()
        if self.authorizer is not None:
            yield self.authorizer
        yield from self.deployed()

    def deployed(self) -> Iterator[Resource]:
        """What must stand before a snapshot is taken."""
        yield from self._methods.values()
        yield from self._responses

    def definition(self) -> dict[str, Any]:
        """Everything that makes a difference to whoever calls the API."""

        def facts(resource: Resource) -> dict[str, Any]:
            inner = ("RestApiId", "ResourceId", "RequestValidatorId", "AuthorizerId")
            return {key: value for key, value in resource.properties.items() if key not in inner}

        return {
            "Methods": {label: facts(method) for label, method in sorted(self._methods.items())},
            "Validators": {
                label: _last(method.properties["RequestValidatorId"]) for label, method in sorted(self._methods.items())
            },
            "Models": {name: facts(model) for name, model in sorted(self._models.items())},
            "Authorizer": facts(self.authorizer) if self.authorizer is not None else {},
            "GatewayResponses": [facts(response) for response in self._responses],
        }

    # What goes in

    def _in_api(self, **properties: Any) -> dict[str, Any]:
        return {"RestApiId": self.api.ref("RestApiId"), **properties}

    def _authorize(self) -> None:
        rule = self.options["authorizer"]
        self.authorizer_function = function_arn(rule["function"], "authorizer.function", self.context)
        self.authorizer = self.context.resource(
            AUTHORIZER,
            f"{self.name}/authorizer",
            self._in_api(
                Name="authorizer",
                Type="TOKEN",
                AuthorizerUri=invocation_uri(self.authorizer_function, self.context),
                IdentitySource=f"method.request.header.{rule['header']}",
                IdentityValidationExpression=rule["pattern"],
                AuthorizerResultTtlInSeconds=rule["ttl_seconds"],
            ),
        )

    def _resource_id(self, path: str) -> Any:
        """The resource of a path, with those above it."""
        if path == "/":
            return self.api.ref("RootResourceId")
        if path not in self._paths:
            above, _slash, part = path.rpartition("/")
            parent = self._resource_id(above or "/")
            self._paths[path] = self.context.resource(
                RESOURCE, f"{self.name}{path}", self._in_api(ParentId=parent, PathPart=part)
            )
        return self._paths[path].ref("ResourceId")

    def add(self, route: Route) -> None:
        """A method that a function answers."""
        options = route.options
        function = function_arn(options["function"], f"{route.option}.function", self.context)
        self.functions[options["function"]] = function
        self._asked.setdefault(route.path, []).append(route.method)
        if not 0.05 <= options["timeout_seconds"] <= 29:
            self.context.problem(
                f"{route.option}.timeout_seconds", f"{options['timeout_seconds']:g} is not between 0.05 and 29 seconds"
            )
        model = self._model(route)
        parameters = {f"method.request.querystring.{name}": True for name in options["required_query"]}
        parameters |= {f"method.request.header.{name}": True for name in options["required_headers"]}
        parameters |= {f"method.request.path.{name}": True for name in re.findall(r"\{([^{}+]+)\+?\}", route.path)}
        required = bool(options["required_query"] or options["required_headers"])
        authorizer = self.authorizer if options["authorize"] else None
        self._methods[route.label] = self.context.resource(
            METHOD,
            f"{self.name}/{route.label}",
            self._in_api(
                ResourceId=self._resource_id(route.path),
                HttpMethod=route.method,
                AuthorizationType="CUSTOM" if authorizer is not None else "NONE",
                AuthorizerId=authorizer.ref("AuthorizerId") if authorizer is not None else None,
                ApiKeyRequired=options["api_key"],
                # Stated even when it is nothing: what is no longer described is no longer asked.
                RequestParameters=parameters,
                RequestModels={"application/json": model.ref("Name")} if model is not None else {},
                RequestValidatorId=self._validator(model is not None, required),
                MethodResponses=[],
                Integration={
                    "Type": "AWS_PROXY",
                    "IntegrationHttpMethod": "POST",
                    "Uri": invocation_uri(function, self.context),
                    "TimeoutInMillis": int(options["timeout_seconds"] * 1000),
                },
            ),
        )

    def _model(self, route: Route) -> Resource | None:
        """The model of a body: schema of its own for each method, named after it."""
        schema = route.options["body"]
        if not schema:
            return None
        words = re.findall(r"[A-Za-z0-9]+", f"{route.method.lower()} {route.path}")
        stem = "".join(word[:1].upper() + word[1:] for word in words)
        name, number = stem, 2
        while name in self._models:
            name, number = f"{stem}{number}", number + 1
        self._models[name] = self.context.resource(
            MODEL,
            f"{self.name}/{name}",
            self._in_api(Name=name, ContentType="application/json", Schema={"$schema": _SCHEMA, **schema}),
        )
        return self._models[name]

    def _validator(self, body: bool, parameters: bool) -> Any:
        word = _VALIDATORS.get((body, parameters))
        if word is None:
            return ""
        if word not in self._validators:
            self._validators[word] = self.context.resource(
                VALIDATOR,
                f"{self.name}/{word}",
                self._in_api(Name=word, ValidateRequestBody=body, ValidateRequestParameters=parameters),
            )
        return self._validators[word].ref("RequestValidatorId")

    def finish(self) -> None:
        """What browsers ask before they call, and the headers of what API Gateway answers itself."""
        cors = self.options["cors"]
        if not cors:
            return
        if cors["credentials"] and cors["origin"] == "*":
            self.context.problem("cors.origin", "'*' does not go with credentials; name the origin")
        for path, methods in self._asked.items():
            if not {"ANY", "OPTIONS"} & set(methods):
                self._preflight(path, methods, cors)
            elif "OPTIONS" not in methods:
                self._preflight(path, [], cors)
        for kind in ("DEFAULT_4XX", "DEFAULT_5XX"):
            headers = {"Access-Control-Allow-Origin": cors["origin"]}
            if cors["credentials"]:
                headers["Access-Control-Allow-Credentials"] = "true"
            self._responses.append(
                self.context.resource(
                    GATEWAY_RESPONSE,
                    f"{self.name}/{kind}",
                    self._in_api(
                        ResponseType=kind,
                        ResponseParameters={
                            f"gatewayresponse.header.{key}": f"'{value}'" for key, value in headers.items()
                        },
                    ),
                )
            )

    def _preflight(self, path: str, methods: list[str], cors: Mapping[str, Any]) -> None:
        """A method that API Gateway answers itself, to everybody: what other origins may send."""
        allowed = sorted(methods) or ["DELETE", "GET", "HEAD", "PATCH", "POST", "PUT"]
        headers = {
            "Access-Control-Allow-Origin": cors["origin"],
            "Access-Control-Allow-Methods": ",".join([*allowed, "OPTIONS"]),
            "Access-Control-Allow-Headers": ",".join(cors["headers"]),
            "Access-Control-Max-Age": str(cors["max_age_seconds"]),
        }
        if cors["credentials"]:
            headers["Access-Control-Allow-Credentials"] = "true"
        named = {f"method.response.header.{key}": value for key, value in headers.items()}
        label = f"OPTIONS {path}"
        self._methods[label] = self.context.resource(
            METHOD,
            f"{self.name}/{label}",
            self._in_api(
                ResourceId=self._resource_id(path),
                HttpMethod="OPTIONS",
                AuthorizationType="NONE",
                RequestValidatorId="",
                MethodResponses=[{"StatusCode": "204", "ResponseParameters": dict.fromkeys(named, True)}],
                Integration={
                    "Type": "MOCK",
                    "RequestTemplates": {"application/json": '{"statusCode": 204}'},
                    "IntegrationResponses": [
                        {
                            "StatusCode": "204",
                            "ResponseParameters": {key: f"'{value}'" for key, value in named.items()},
                        }
                    ],
                },
            ),
        )


def _last(value: Any) -> str:
    """Which validator a method has, by its name."""
    return value.address.name.rpartition("/")[2] if value else ""
