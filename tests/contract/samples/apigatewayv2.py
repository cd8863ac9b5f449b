"""API Gateway: HTTP APIs."""

from __future__ import annotations

from typing import Any

from ansible_collections.stackwright.aws.plugins.module_utils.engine.document import Resource
from ansible_collections.stackwright.aws.plugins.module_utils.engine.values import Compose
from tests.contract.sample import Sample
from tests.contract.samples.apigateway import LOGS, OTHER_LOGS

_API = "AWS::ApiGatewayV2"
_FUNCTION = "arn:aws:lambda:us-east-1:123456789012:function:{}"

API = Resource(
    f"{_API}::Api",
    "main",
    {
        "Name": "contract-http",
        "ProtocolType": "HTTP",
        "Description": "letters",
        "CorsConfiguration": {
            "AllowOrigins": ["https://app.example.com"],
            "AllowHeaders": ["Authorization"],
            "AllowMethods": ["GET"],
            "MaxAge": 300,
        },
    },
)
OTHER_API = Resource(f"{_API}::Api", "other", {"Name": "contract-http-other", "ProtocolType": "HTTP"})
IN_API = {"ApiId": API.ref("ApiId")}


def _integration(name: str, **more: Any) -> Resource:
    properties = {
        **IN_API,
        "IntegrationType": "AWS_PROXY",
        "IntegrationUri": _FUNCTION.format(name),
        "PayloadFormatVersion": "2.0",
        **more,
    }
    return Resource(f"{_API}::Integration", name, properties)


ONE, TWO = _integration("one"), _integration("two")
AUTHORIZER = Resource(
    f"{_API}::Authorizer",
    "jwt",
    {
        **IN_API,
        "Name": "jwt",
        "AuthorizerType": "JWT",
        "IdentitySource": ["$request.header.Authorization"],
        "JwtConfiguration": {"Issuer": "https://id.example.com", "Audience": ["api"]},
    },
)
LAMBDA_AUTHORIZER = Resource(
    f"{_API}::Authorizer",
    "function",
    {
        **IN_API,
        "Name": "function",
        "AuthorizerType": "REQUEST",
        "IdentitySource": ["$request.header.Authorization"],
        "AuthorizerUri": "arn:aws:apigateway:us-east-1:lambda:path/one",
        "AuthorizerPayloadFormatVersion": "2.0",
        "AuthorizerResultTtlInSeconds": 300,
        "EnableSimpleResponses": True,
    },
)


def _target(integration: Resource) -> Compose:
    return Compose("integrations/{id}", {"id": integration.ref("IntegrationId")})


SAMPLES = [
    Sample(
        kind=f"{_API}::Api",
        resources=[API],
        changes={
            "Name": "contract-http-renamed",
            "Description": "more letters",
            "DisableExecuteApiEndpoint": True,
            "RouteSelectionExpression": "${request.method} ${request.path}",
            "ApiKeySelectionExpression": "$context.authorizer.usageIdentifierKey",
            "IpAddressType": "dualstack",
            "Version": "2",
            "CorsConfiguration": {"AllowOrigins": ["https://example.org"], "AllowMethods": ["GET", "POST"]},
        },
        immutable={"ProtocolType": "WEBSOCKET"},
    ),
    Sample(
        kind=f"{_API}::Integration",
        resources=[API, OTHER_API, ONE],
        changes={
            "Description": "the first",
            "TimeoutInMillis": 5000,
            "PayloadFormatVersion": "1.0",
            "RequestParameters": {"append:header.x": "1"},
            "ResponseParameters": {"200": {"ResponseParameters": [{"Source": "1", "Destination": "append:header.y"}]}},
            "CredentialsArn": "arn:aws:iam::123456789012:role/invoke",
            "IntegrationMethod": "GET",
            "ConnectionType": "VPC_LINK",
            "ConnectionId": "abc123",
            "TlsConfig": {"ServerNameToVerify": "example.com"},
        },
        immutable={
            "IntegrationUri": _FUNCTION.format("other"),
            "IntegrationType": "HTTP_PROXY",
            "ApiId": OTHER_API.ref("ApiId"),
        },
        tags=False,
    ),
    Sample(
        kind=f"{_API}::Authorizer",
        resources=[API, OTHER_API, AUTHORIZER],
        changes={
            "IdentitySource": ["$request.querystring.token"],
            "JwtConfiguration": {"Issuer": "https://id.example.org", "Audience": ["api", "app"]},
        },
        immutable={"Name": "renamed", "ApiId": OTHER_API.ref("ApiId")},
        tags=False,
    ),
    Sample(
        kind=f"{_API}::Authorizer",
        resources=[API, LAMBDA_AUTHORIZER],
        changes={
            "AuthorizerUri": "arn:aws:apigateway:us-east-1:lambda:path/two",
            "AuthorizerCredentialsArn": "arn:aws:iam::123456789012:role/invoke",
            "AuthorizerPayloadFormatVersion": "1.0",
            "AuthorizerResultTtlInSeconds": 60,
            "EnableSimpleResponses": False,
            "IdentityValidationExpression": "^Bearer .+$",
        },
        tags=False,
    ),
    Sample(
        kind=f"{_API}::Route",
        resources=[
            API,
            OTHER_API,
            ONE,
            TWO,
            AUTHORIZER,
            Resource(
                f"{_API}::Route",
                "under-test",
                {
                    **IN_API,
                    "RouteKey": "GET /letters",
                    "Target": _target(ONE),
                    "AuthorizationType": "JWT",
                    "AuthorizerId": AUTHORIZER.ref("AuthorizerId"),
                },
            ),
        ],
        changes={
            "Target": _target(TWO),
            "AuthorizationScopes": ["letters:read"],
            "OperationName": "list",
            "ApiKeyRequired": True,
        },
        immutable={"RouteKey": "$default"},
        tags=False,
    ),
    Sample(
        kind=f"{_API}::Stage",
        resources=[
            API,
            OTHER_API,
            LOGS,
            OTHER_LOGS,
            Resource(
                f"{_API}::Stage",
                "under-test",
                {
                    **IN_API,
                    "StageName": "$default",
                    "AutoDeploy": True,
                    "Description": "first",
                    "DefaultRouteSettings": {"ThrottlingBurstLimit": 100, "ThrottlingRateLimit": 50},
                    "RouteSettings": {"GET /a": {"ThrottlingRateLimit": 5}},
                    "AccessLogSettings": {"DestinationArn": LOGS.ref("Arn"), "Format": "$context.requestId"},
                    "StageVariables": {"alias": "production", "level": "info"},
                },
            ),
        ],
        changes={
            "Description": "second",
            "ClientCertificateId": "abc123",
            "DefaultRouteSettings": {"ThrottlingBurstLimit": 200, "ThrottlingRateLimit": 50.5},
            "RouteSettings": {"GET /b": {"ThrottlingRateLimit": 5}},
            "AccessLogSettings": {"DestinationArn": OTHER_LOGS.ref("Arn"), "Format": "$context.status"},
            "StageVariables": {"alias": "canary"},
            "AutoDeploy": False,
            "DeploymentId": "abc123",
        },
        immutable={"StageName": "v1", "ApiId": OTHER_API.ref("ApiId")},
    ),
]
