"""API Gateway: REST APIs and all that belongs to them."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from ansible_collections.stackwright.aws.plugins.module_utils.engine.document import Resource
from ansible_collections.stackwright.aws.plugins.module_utils.engine.values import Sensitive
from tests.contract.sample import Sample
from tests.contract.samples import acm

_API = "AWS::ApiGateway"
_URI = (
    "arn:aws:apigateway:us-east-1:lambda:path/2015-03-31/functions/"
    "arn:aws:lambda:us-east-1:123456789012:function:{}/invocations"
)


def _policy(effect: str) -> dict[str, Any]:
    statement = {"Effect": effect, "Principal": "*", "Action": "execute-api:Invoke", "Resource": "execute-api:/*"}
    return {"Version": "2012-10-17", "Statement": [statement]}


API = Resource(
    f"{_API}::RestApi",
    "main",
    {
        "Name": "contract-main",
        "Description": "letters",
        "EndpointConfiguration": {"Types": ["REGIONAL"]},
        "Policy": _policy("Allow"),
        "BinaryMediaTypes": ["image/png"],
    },
)
OTHER_API = Resource(f"{_API}::RestApi", "other", {"Name": "contract-other"})
ROOT = {"RestApiId": API.ref("RestApiId"), "ParentId": API.ref("RootResourceId")}
PATH = Resource(f"{_API}::Resource", "letters", {**ROOT, "PathPart": "letters"})
OTHER_PATH = Resource(f"{_API}::Resource", "exports", {**ROOT, "PathPart": "exports"})
IN_API = {"RestApiId": API.ref("RestApiId")}
ELSEWHERE = OTHER_API.ref("RestApiId")

VALIDATOR = Resource(
    f"{_API}::RequestValidator",
    "all",
    {**IN_API, "Name": "all", "ValidateRequestBody": True, "ValidateRequestParameters": True},
)
_SCHEMA = {"$schema": "http://json-schema.org/draft-04/schema#", "type": "object", "required": ["to"]}
MODEL = Resource(
    f"{_API}::Model",
    "Letter",
    {**IN_API, "Name": "Letter", "ContentType": "application/json", "Schema": _SCHEMA, "Description": "a letter"},
)
AUTHORIZER = Resource(
    f"{_API}::Authorizer",
    "jwt",
    {
        **IN_API,
        "Name": "jwt",
        "Type": "TOKEN",
        "AuthorizerUri": _URI.format("authorizer"),
        "IdentitySource": "method.request.header.Authorization",
        "AuthorizerResultTtlInSeconds": 300,
    },
)
OTHER_AUTHORIZER = replace(AUTHORIZER, name="other", properties={**AUTHORIZER.properties, "Name": "other"})
RESPONSE = Resource(
    f"{_API}::GatewayResponse",
    "DEFAULT_4XX",
    {
        **IN_API,
        "ResponseType": "DEFAULT_4XX",
        "ResponseParameters": {"gatewayresponse.header.Access-Control-Allow-Origin": "'*'"},
    },
)


def _method(name: str, path: Resource = PATH, **more: Any) -> Resource:
    properties = {
        **IN_API,
        "ResourceId": path.ref("ResourceId"),
        "HttpMethod": "POST",
        "AuthorizationType": "NONE",
        "Integration": {
            "Type": "AWS_PROXY",
            "IntegrationHttpMethod": "POST",
            "Uri": _URI.format("letters"),
            "TimeoutInMillis": 29000,
        },
        **more,
    }
    return Resource(f"{_API}::Method", name, properties)


METHOD = _method("letters")
MOCK = {
    "Type": "MOCK",
    "RequestTemplates": {"application/json": '{"statusCode": 204}'},
    "IntegrationResponses": [
        {"StatusCode": "204", "ResponseParameters": {"method.response.header.Access-Control-Allow-Origin": "'*'"}}
    ],
}


def _deployment(name: str, **more: Any) -> Resource:
    methods = {"POST /letters": {"uri": METHOD.ref("HttpMethod")}}
    properties = {**IN_API, "Description": "released", "Definition": {"Methods": methods}, **more}
    return Resource(f"{_API}::Deployment", name, properties, depends_on=(METHOD.address,))


DEPLOYMENT = _deployment("one")
LOGS = Resource("AWS::Logs::LogGroup", "api", {"LogGroupName": "/contract/api"})
OTHER_LOGS = Resource("AWS::Logs::LogGroup", "api-other", {"LogGroupName": "/contract/api-other"})
_TRUST = {
    "Version": "2012-10-17",
    "Statement": [
        {"Effect": "Allow", "Principal": {"Service": "apigateway.amazonaws.com"}, "Action": "sts:AssumeRole"}
    ],
}
ROLE = Resource("AWS::IAM::Role", "api-logs", {"RoleName": "contract-api-logs", "AssumeRolePolicyDocument": _TRUST})
ACCOUNT = Resource(f"{_API}::Account", "logs", {"CloudWatchRoleArn": ROLE.ref("Arn")})


def _stage(name: str, **more: Any) -> Resource:
    properties = {**IN_API, "DeploymentId": DEPLOYMENT.ref("DeploymentId"), "StageName": name, **more}
    return Resource(f"{_API}::Stage", name, properties, depends_on=(ACCOUNT.address,))


SERVED = [API, PATH, METHOD, DEPLOYMENT, ROLE, ACCOUNT]
STAGE = _stage("v1")
OTHER_STAGE = _stage("v2")
PLAN = Resource(f"{_API}::UsagePlan", "partners", {"UsagePlanName": "contract-partners"})
OTHER_PLAN = Resource(f"{_API}::UsagePlan", "others", {"UsagePlanName": "contract-others"})
KEY = Resource(f"{_API}::ApiKey", "partner", {"Name": "contract-partner"})
OTHER_KEY = Resource(f"{_API}::ApiKey", "other", {"Name": "contract-other"})


def _in_plan(stage: Resource, **more: Any) -> dict[str, Any]:
    return {"ApiId": API.ref("RestApiId"), "Stage": stage.ref("StageName"), **more}


#: Certificates of the same name, as one takes the place of the other.
CERTIFICATES = [
    Resource(
        "Custom::ImportedCertificate",
        name,
        {"Certificate": acm.issue("*.contract.example.com"), "PrivateKey": Sensitive(acm.PRIVATE_KEY)},
    )
    for name in ("api", "api-renewed")
]
NAME = Resource(
    f"{_API}::DomainName",
    "own",
    {
        "DomainName": "api.contract.example.com",
        "RegionalCertificateArn": CERTIFICATES[0].ref("CertificateArn"),
        "EndpointConfiguration": {"Types": ["REGIONAL"]},
        "SecurityPolicy": "TLS_1_2",
    },
)
MAPPED = Resource(
    f"{_API}::BasePathMapping",
    "own/v1",
    {
        "DomainName": NAME.ref("DomainName"),
        "BasePath": "v1",
        "RestApiId": API.ref("RestApiId"),
        "Stage": STAGE.ref("StageName"),
    },
)

_ALL = {"ResourcePath": "/*", "HttpMethod": "*"}

SAMPLES = [
    Sample(
        kind=f"{_API}::RestApi",
        resources=[API],
        changes={
            "Name": "contract-renamed",
            "Description": "letters and more",
            "ApiKeySourceType": "AUTHORIZER",
            "BinaryMediaTypes": ["application/pdf", "image/*"],
            "DisableExecuteApiEndpoint": True,
            "EndpointConfiguration": {"Types": ["EDGE"], "IpAddressType": "dualstack"},
            "MinimumCompressionSize": 1024,
            "Policy": _policy("Deny"),
            "SecurityPolicy": "TLS_1_2",
            "EndpointAccessMode": "STRICT",
        },
    ),
    Sample(
        kind=f"{_API}::Resource",
        resources=[API, OTHER_API, OTHER_PATH, PATH],
        immutable={
            "PathPart": "{id+}",
            "ParentId": OTHER_PATH.ref("ResourceId"),
        },
        tags=False,
    ),
    Sample(
        kind=f"{_API}::RequestValidator",
        resources=[API, OTHER_API, VALIDATOR],
        changes={"ValidateRequestBody": False, "ValidateRequestParameters": False},
        immutable={"Name": "body", "RestApiId": ELSEWHERE},
        tags=False,
    ),
    Sample(
        kind=f"{_API}::Model",
        resources=[API, OTHER_API, MODEL],
        changes={"Description": "the letter", "Schema": {**_SCHEMA, "required": ["to", "text"]}},
        immutable={"ContentType": "application/xml", "Name": "Message", "RestApiId": ELSEWHERE},
        tags=False,
    ),
    Sample(
        kind=f"{_API}::Authorizer",
        resources=[API, OTHER_API, AUTHORIZER],
        changes={
            "AuthorizerUri": _URI.format("other"),
            "AuthType": "custom2",
            "AuthorizerCredentials": "arn:aws:iam::123456789012:role/invoke",
            "AuthorizerResultTtlInSeconds": 0,
            "Type": "REQUEST",
            "IdentitySource": "method.request.querystring.token",
            "IdentityValidationExpression": "^Bearer .+$",
            "ProviderARNs": ["arn:aws:cognito-idp:us-east-1:123456789012:userpool/a"],
        },
        immutable={"Name": "token", "RestApiId": ELSEWHERE},
        tags=False,
    ),
    Sample(
        kind=f"{_API}::GatewayResponse",
        resources=[API, OTHER_API, RESPONSE],
        changes={
            "StatusCode": "404",
            "ResponseParameters": {"gatewayresponse.header.X-Reason": "'none'"},
            "ResponseTemplates": {"application/json": '{"error": $context.error.messageString}'},
        },
        immutable={"ResponseType": "DEFAULT_5XX", "RestApiId": ELSEWHERE},
        tags=False,
    ),
    Sample(
        kind=f"{_API}::Method",
        resources=[API, PATH, OTHER_PATH, VALIDATOR, MODEL, AUTHORIZER, METHOD],
        changes={
            "ApiKeyRequired": True,
            "OperationName": "send",
            "RequestValidatorId": VALIDATOR.ref("RequestValidatorId"),
            "RequestModels": {"application/json": MODEL.ref("Name")},
            "RequestParameters": {
                "method.request.header.X-Request-Id": False,
                "method.request.querystring.draft": True,
            },
            "MethodResponses": [
                {
                    "StatusCode": "204",
                    "ResponseParameters": {"method.response.header.Access-Control-Allow-Origin": True},
                }
            ],
            "Integration": MOCK,
        },
        immutable={"HttpMethod": "PUT", "ResourceId": OTHER_PATH.ref("ResourceId")},
        tags=False,
    ),
    Sample(
        kind=f"{_API}::Method",
        resources=[
            API,
            PATH,
            AUTHORIZER,
            OTHER_AUTHORIZER,
            _method(
                "options",
                HttpMethod="OPTIONS",
                AuthorizationType="CUSTOM",
                AuthorizerId=AUTHORIZER.ref("AuthorizerId"),
                AuthorizationScopes=["read"],
                RequestParameters={"method.request.header.X-One": True},
                MethodResponses=[{"StatusCode": "200", "ResponseModels": {"application/json": "Empty"}}],
                Integration={
                    "Type": "MOCK",
                    "IntegrationResponses": [{"StatusCode": "200", "ResponseTemplates": {"application/json": ""}}],
                },
            ),
        ],
        changes={
            "AuthorizerId": OTHER_AUTHORIZER.ref("AuthorizerId"),
            "AuthorizationScopes": ["read", "write"],
            "RequestParameters": {"method.request.header.X-Two": True},
            "AuthorizationType": "AWS_IAM",
            "Integration": {"Type": "MOCK", "PassthroughBehavior": "NEVER"},
            "MethodResponses": [{"StatusCode": "200", "ResponseModels": {"application/json": "Error"}}],
        },
        tags=False,
    ),
    Sample(
        kind=f"{_API}::Deployment",
        resources=[API, PATH, METHOD, DEPLOYMENT],
        changes={"Description": "released again"},
        immutable={"Definition": {"Methods": {"POST /letters": {"uri": "another"}}}},
        tags=False,
    ),
    Sample(
        kind=f"{_API}::Stage",
        resources=[
            *SERVED,
            _deployment("two", Definition={"Methods": {"POST /letters": {}}}),
            LOGS,
            OTHER_LOGS,
            _stage(
                "under-test",
                Description="first",
                Variables={"alias": "production", "level": "info"},
                TracingEnabled=True,
                AccessLogSetting={"DestinationArn": LOGS.ref("Arn"), "Format": "$context.requestId"},
                MethodSettings=[{**_ALL, "ThrottlingBurstLimit": 1000, "ThrottlingRateLimit": 500}],
            ),
        ],
        changes={
            "DeploymentId": _deployment("two").ref("DeploymentId"),
            "Description": "second",
            "Variables": {"alias": "canary", "region": "us-east-1"},
            "TracingEnabled": False,
            "CacheClusterEnabled": True,
            "CacheClusterSize": "0.5",
            "DocumentationVersion": "1",
            "ClientCertificateId": "abc123",
            "CanarySetting": {
                "PercentTraffic": 10,
                "DeploymentId": DEPLOYMENT.ref("DeploymentId"),
                "UseStageCache": True,
                "StageVariableOverrides": {"alias": "canary"},
            },
            "AccessLogSetting": {"DestinationArn": OTHER_LOGS.ref("Arn"), "Format": "$context.status"},
            "MethodSettings": [
                {**_ALL, "ThrottlingBurstLimit": 10, "ThrottlingRateLimit": 5.5, "MetricsEnabled": True},
                {"ResourcePath": "/letters", "HttpMethod": "POST", "LoggingLevel": "ERROR"},
            ],
        },
        immutable={"StageName": "renamed"},
    ),
    Sample(
        kind=f"{_API}::UsagePlan",
        resources=[
            *SERVED,
            STAGE,
            OTHER_STAGE,
            Resource(
                f"{_API}::UsagePlan",
                "under-test",
                {
                    "UsagePlanName": "contract-under-test",
                    "Description": "partners",
                    "ApiStages": [_in_plan(STAGE)],
                    "Throttle": {"BurstLimit": 20, "RateLimit": 10},
                },
            ),
        ],
        changes={
            "UsagePlanName": "contract-under-test-2",
            "Description": "all partners",
            "ApiStages": [
                _in_plan(OTHER_STAGE),
                _in_plan(STAGE, Throttle={"/letters/POST": {"BurstLimit": 5, "RateLimit": 2.5}}),
            ],
            "Quota": {"Limit": 1000, "Period": "DAY"},
            "Throttle": {"BurstLimit": 40, "RateLimit": 10.5},
        },
    ),
    Sample(
        kind=f"{_API}::ApiKey",
        resources=[
            Resource(
                f"{_API}::ApiKey",
                "under-test",
                {"Name": "contract-under-test", "Value": "0123456789abcdefghijklmnop", "Enabled": True},
            )
        ],
        changes={"Description": "of a partner", "Enabled": False, "CustomerId": "42"},
    ),
    Sample(kind=f"{_API}::ApiKey", resources=[KEY], immutable={"Name": "contract-renamed"}),
    Sample(
        kind=f"{_API}::UsagePlanKey",
        resources=[
            PLAN,
            OTHER_PLAN,
            KEY,
            OTHER_KEY,
            Resource(
                f"{_API}::UsagePlanKey",
                "under-test",
                {"UsagePlanId": PLAN.ref("Id"), "KeyId": KEY.ref("APIKeyId"), "KeyType": "API_KEY"},
            ),
        ],
        immutable={"KeyId": OTHER_KEY.ref("APIKeyId"), "UsagePlanId": OTHER_PLAN.ref("Id")},
        tags=False,
    ),
    Sample(kind=f"{_API}::Account", resources=[ROLE, ACCOUNT], tags=False, stays=True),
    Sample(
        kind=f"{_API}::DomainName",
        resources=[*CERTIFICATES, NAME],
        changes={
            "RegionalCertificateArn": CERTIFICATES[1].ref("CertificateArn"),
            "SecurityPolicy": "TLS_1_0",
            "EndpointAccessMode": "STRICT",
            "MutualTlsAuthentication": {"TruststoreUri": "s3://contract/callers.pem", "TruststoreVersion": "1"},
            "OwnershipVerificationCertificateArn": CERTIFICATES[1].ref("CertificateArn"),
            "RoutingMode": "ROUTING_RULE_THEN_BASE_PATH_MAPPING",
        },
        immutable={"DomainName": "renamed.contract.example.com"},
    ),
    Sample(
        kind=f"{_API}::BasePathMapping",
        resources=[*SERVED, STAGE, OTHER_STAGE, CERTIFICATES[0], NAME, MAPPED],
        changes={"Stage": OTHER_STAGE.ref("StageName")},
        immutable={"BasePath": "v2"},
        tags=False,
    ),
]
