"""How REST APIs, HTTP APIs and their parts are found, compared and changed."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.stackwright.aws.plugins.module_utils.engine.api import ApiError
from ansible_collections.stackwright.aws.plugins.module_utils.engine.diff import differs
from ansible_collections.stackwright.aws.plugins.module_utils.engine.kind import Kind, Memo
from ansible_collections.stackwright.aws.plugins.module_utils.engine.values import Unknown
from ansible_collections.stackwright.aws.plugins.module_utils.kinds import apigateway, apigatewayv2
from ansible_collections.stackwright.aws.plugins.module_utils.kinds.apigateway import (
    ACCOUNT,
    API_KEY,
    DEPLOYMENT,
    GATEWAY_RESPONSE,
    MAPPING,
    METHOD,
    MODEL,
    NAME,
    RESOURCE,
    REST_API,
    STAGE,
    USAGE_PLAN,
    USAGE_PLAN_KEY,
)
from ansible_collections.stackwright.aws.plugins.module_utils.kinds.apigateway.deployment import KEPT, digest
from tests.unit.kinds import schemas
from tests.unit.kinds.canned import OWNER, CannedApi, missing, scope, work

HTTP_API, INTEGRATION, HTTP_STAGE = apigatewayv2.API, apigatewayv2.INTEGRATION, apigatewayv2.STAGE
HTTP_ROUTE = apigatewayv2.ROUTE
OURS = {"id": "a1", "name": "letters", "rootResourceId": "r0", "tags": OWNER}
PATHS = [
    {"id": "r0", "path": "/"},
    {
        "id": "r1",
        "parentId": "r0",
        "pathPart": "letters",
        "path": "/letters",
        "resourceMethods": {"GET": {"authorizationType": "NONE"}, "POST": {"authorizationType": "CUSTOM"}},
    },
]


def parents(**more: Any) -> dict[str, Any]:
    return {REST_API.type: [REST_API.parse(OURS)], **more}


def patches(kind: Kind, desired: dict[str, Any], current: dict[str, Any], index: int = 0) -> list[dict[str, Any]]:
    """The patch operations of an update of everything that is desired."""
    one = work(CannedApi(), kind, desired, current, changed=frozenset(desired))
    found: list[dict[str, Any]] = kind.updates[index].step.params(one)["patchOperations"]  # type: ignore[union-attr]
    return found


# Reading


def test_all_apis_come_with_their_tags_by_one_request() -> None:
    api = CannedApi({"apigateway.get_rest_apis": {"items": [OURS, {"id": "b2", "name": "other"}]}})
    found = [REST_API.parse(item) for item in REST_API.list(scope(api))]
    assert [(one.id, one.name) for one in found] == [("a1", "main"), ("b2", "")]
    assert api.names() == ["apigateway.get_rest_apis"]


def test_paths_and_methods_come_by_one_request_for_each_api() -> None:
    api, memo = CannedApi({"apigateway.get_resources": {"items": PATHS}}), Memo()
    paths = [RESOURCE.parse(item) for item in RESOURCE.list(scope(api, parents=parents(), memo=memo))]
    methods = [METHOD.parse(item) for item in METHOD.list(scope(api, parents=parents(), memo=memo))]
    assert [path.id for path in paths] == ["a1/r1"]
    assert [method.id for method in methods] == ["a1/r1/GET", "a1/r1/POST"]
    assert api.params("apigateway.get_resources") == {"restApiId": "a1", "embed": ["methods"], "limit": 500}


def test_one_method_is_looked_at_by_one_request() -> None:
    api = CannedApi({"apigateway.get_resource": PATHS[1]})
    (found,) = METHOD.list(scope(api, ids=("a1/r1/POST",)))
    assert METHOD.parse(found).properties["AuthorizationType"] == "CUSTOM"
    gone = CannedApi({"apigateway.get_resource": missing("NotFoundException")})
    assert list(METHOD.list(scope(gone, ids=("a1/r1/POST",)))) == []


def test_models_that_aws_brings_are_not_ours() -> None:
    items = [{"name": "Empty", "id": "1"}, {"name": "Letter", "id": "2"}]
    api = CannedApi({"apigateway.get_models": {"items": items}})
    assert [item["name"] for item in MODEL.list(scope(api, parents=parents()))] == ["Letter"]
    described = MODEL.list(scope(api, {"Name": "Empty"}, parents=parents()))
    assert [item["name"] for item in described] == ["Empty", "Letter"]


def test_gateway_responses_that_aws_brings_are_not_ours() -> None:
    items = [{"responseType": "DEFAULT_4XX", "defaultResponse": True}, {"responseType": "THROTTLED"}]
    api = CannedApi({"apigateway.get_gateway_responses": {"items": items}})
    found = GATEWAY_RESPONSE.list(scope(api, parents=parents()))
    assert [item["responseType"] for item in found] == ["THROTTLED"]


# Methods


def integration(**members: Any) -> dict[str, Any]:
    return {"httpMethod": "GET", "RestApiId": "a1", "ResourceId": "r1", "methodIntegration": members}


def test_what_aws_fills_into_an_integration_is_no_difference() -> None:
    prop = METHOD.properties["Integration"]
    answered = METHOD.parse(
        integration(
            type="AWS_PROXY",
            httpMethod="POST",
            uri="arn:u",
            timeoutInMillis=29000,
            passthroughBehavior="WHEN_NO_MATCH",
            cacheNamespace="r1",
            cacheKeyParameters=[],
        )
    ).properties["Integration"]
    stated = {"Type": "AWS_PROXY", "IntegrationHttpMethod": "POST", "Uri": "arn:u"}
    assert not differs(prop, stated, answered)
    assert differs(prop, {**stated, "TimeoutInMillis": 5000}, answered)
    assert differs(prop, {**stated, "Uri": "arn:v"}, answered)


def test_a_template_that_is_no_longer_stated_differs() -> None:
    prop = METHOD.properties["Integration"]
    answered = METHOD.parse(integration(type="MOCK", requestTemplates={"application/json": "{}"}))
    assert differs(prop, {"Type": "MOCK"}, answered.properties["Integration"])


def test_responses_are_compared_by_status_whatever_their_order() -> None:
    prop = METHOD.properties["MethodResponses"]
    one, two = {"StatusCode": "200"}, {"StatusCode": "404", "ResponseParameters": {"method.response.header.X": True}}
    assert not differs(prop, [one, two], [two, one])
    assert differs(prop, [one], [one, two])
    flipped = {**two, "ResponseParameters": {"method.response.header.X": False}}
    assert differs(prop, [two], [flipped])


def test_a_parameter_that_need_not_be_there_is_not_one_that_is_not_declared() -> None:
    prop = METHOD.properties["RequestParameters"]
    name = "method.request.querystring.page"
    assert differs(prop, {name: True}, {name: False})
    assert differs(prop, {}, {name: False})


def test_responses_are_declared_first_and_taken_back_last() -> None:
    current = {
        **integration(type="MOCK"),
        "methodResponses": {"200": {"statusCode": "200"}, "500": {"statusCode": "500"}},
    }
    answered = {"integrationResponses": {"200": {}, "500": {}}}
    api = CannedApi({"apigateway.put_integration": answered})
    desired = {
        "RestApiId": "a1",
        "ResourceId": "r1",
        "HttpMethod": "GET",
        "MethodResponses": [
            {"StatusCode": "204"},
            {"StatusCode": "200", "ResponseModels": {"application/json": "Empty"}},
        ],
        "Integration": {"Type": "MOCK", "IntegrationResponses": [{"StatusCode": "204"}]},
    }
    METHOD.updates[1].step(work(api, METHOD, desired, current))  # type: ignore[operator]
    assert [(name.partition(".")[2], params.get("statusCode")) for name, params in api.asked] == [
        ("delete_method_response", "200"),
        ("put_method_response", "200"),
        ("put_method_response", "204"),
        ("put_integration", None),
        ("put_integration_response", "204"),
        ("delete_integration_response", "200"),
        ("delete_integration_response", "500"),
        ("delete_method_response", "500"),
    ]


def test_a_method_is_patched() -> None:
    current = {
        "httpMethod": "GET",
        "RestApiId": "a1",
        "ResourceId": "r1",
        "requestModels": {"application/json": "Letter"},
        "requestParameters": {"method.request.header.X": True},
    }
    desired = {
        "AuthorizationType": "CUSTOM",
        "AuthorizerId": "x",
        "ApiKeyRequired": True,
        "RequestModels": {"application/xml": "Letter"},
        "RequestParameters": {"method.request.header.X": False},
    }
    assert patches(METHOD, desired, current) == [
        {"op": "replace", "path": "/authorizationType", "value": "CUSTOM"},
        {"op": "replace", "path": "/authorizerId", "value": "x"},
        {"op": "replace", "path": "/apiKeyRequired", "value": "true"},
        {"op": "replace", "path": "/requestParameters/method.request.header.X", "value": "false"},
        {"op": "add", "path": "/requestModels/application~1xml", "value": "Letter"},
        {"op": "remove", "path": "/requestModels/application~1json"},
    ]


# APIs


def test_a_policy_in_aws_own_spelling_is_the_same() -> None:
    prop = REST_API.properties["Policy"]
    stated = {
        "Version": "2012-10-17",
        "Statement": {
            "Effect": "Allow",
            "Principal": "*",
            "Action": "execute-api:Invoke",
            "Resource": "execute-api:/*",
        },
    }
    answered = (
        '{\\"Version\\":\\"2012-10-17\\",\\"Statement\\":[{\\"Effect\\":\\"Allow\\",\\"Principal\\":\\"*\\",'
        '\\"Action\\":\\"execute-api:Invoke\\",\\"Resource\\":\\"arn:aws:execute-api:us-east-1:1:a1\\/*\\"}]}'
    )
    assert not differs(prop, stated, answered)
    stated["Statement"]["Effect"] = "Deny"  # type: ignore[index]
    assert differs(prop, stated, answered)


def test_an_api_is_patched() -> None:
    current = {**OURS, "binaryMediaTypes": ["image/png"], "endpointConfiguration": {"types": ["EDGE"]}}
    desired = {
        "BinaryMediaTypes": ["application/pdf"],
        "EndpointConfiguration": {"Types": ["REGIONAL"]},
        "MinimumCompressionSize": None,
        "Policy": {},
    }
    assert patches(REST_API, desired, current) == [
        {"op": "replace", "path": "/minimumCompressionSize"},
        {"op": "replace", "path": "/policy", "value": ""},
        {"op": "add", "path": "/binaryMediaTypes/application~1pdf"},
        {"op": "remove", "path": "/binaryMediaTypes/image~1png"},
        {"op": "replace", "path": "/endpointConfiguration/types/0", "value": "REGIONAL"},
    ]


def test_tags_are_set_by_the_arn_that_names_no_account() -> None:
    one = work(CannedApi(), STAGE, {}, {"RestApiId": "a1", "stageName": "v1"}, tags_to_set={"team": "web"})
    assert STAGE.tag.params(one) == {  # type: ignore[union-attr]
        "resourceArn": "arn:aws:apigateway:us-east-1::/restapis/a1/stages/v1",
        "tags": {"team": "web"},
    }


# Deployments

DEFINITION = {"Methods": {"GET /letters": {"Uri": "arn:u"}}}


def test_a_deployment_is_known_by_what_it_is_of() -> None:
    noted = f"released [definition {digest(DEFINITION)}]"
    observed = DEPLOYMENT.parse({"id": "d1", "RestApiId": "a1", "description": noted})
    assert observed.properties["Description"] == "released"
    stated = {"RestApiId": "a1", "Definition": DEFINITION, "Description": "called otherwise"}
    assert DEPLOYMENT.natural_key(stated) == DEPLOYMENT.natural_key(observed.properties)
    assert not differs(DEPLOYMENT.properties["Definition"], DEFINITION, observed.properties["Definition"])
    other = {**stated, "Definition": {"Methods": {"GET /letters": {"Uri": "arn:v"}}}}
    assert DEPLOYMENT.natural_key(other) != DEPLOYMENT.natural_key(observed.properties)
    unknown = {**stated, "Definition": {"Methods": {"GET /letters": {"Uri": Unknown()}}}}
    assert DEPLOYMENT.natural_key(unknown) is None


def test_a_deployment_without_a_definition_is_known_by_its_description() -> None:
    observed = DEPLOYMENT.parse({"id": "d1", "RestApiId": "a1", "description": "by hand"})
    stated = {"RestApiId": "a1", "Description": "by hand"}
    assert DEPLOYMENT.natural_key(stated) == DEPLOYMENT.natural_key(observed.properties)


def test_what_is_not_in_the_definition_is_not_deployed() -> None:
    api = CannedApi(
        {
            "apigateway.get_resources": {"items": PATHS},
            "apigateway.create_deployment": {"id": "d2"},
            "apigateway.get_deployments": {"items": []},
        }
    )
    desired = {"RestApiId": "a1", "Definition": DEFINITION, "Description": "released"}
    DEPLOYMENT.create(work(api, DEPLOYMENT, desired))  # type: ignore[misc, operator]
    assert api.params("apigateway.delete_method") == {"restApiId": "a1", "resourceId": "r1", "httpMethod": "POST"}
    names = api.names()
    assert names.index("apigateway.delete_method") < names.index("apigateway.create_deployment")
    description = api.params("apigateway.create_deployment")["description"]
    assert description == f"released [definition {digest(DEFINITION)}]"


def test_the_last_deployments_and_those_that_are_served_stay() -> None:
    old = [{"id": f"d{number}", "createdDate": f"2026-01-{number:02}"} for number in range(1, KEPT + 5)]
    stages = [{"deploymentId": "d1"}, {"deploymentId": "d99", "canarySettings": {"deploymentId": "d3"}}]
    api = CannedApi(
        {
            "apigateway.create_deployment": {"id": "new"},
            "apigateway.get_deployments": {"items": [*old, {"id": "new", "createdDate": "2026-02-01"}]},
            "apigateway.get_stages": {"item": stages},
            "apigateway.delete_deployment": ApiError("BadRequestException", "Active stages pointing to it"),
        }
    )
    DEPLOYMENT.create(work(api, DEPLOYMENT, {"RestApiId": "a1"}))  # type: ignore[misc, operator]
    gone = [params["deploymentId"] for name, params in api.asked if name == "apigateway.delete_deployment"]
    assert gone == ["d2", "d4"]


# Stages


def test_settings_hold_where_they_are_stated_and_nowhere_else() -> None:
    prop = STAGE.properties["MethodSettings"]
    answered = STAGE.parse(
        {
            "RestApiId": "a1",
            "stageName": "v1",
            "methodSettings": {
                "*/*": {"throttlingRateLimit": 500.0, "loggingLevel": "OFF"},
                "~1letters~1{id}/GET": {"throttlingRateLimit": 5.0},
            },
        }
    ).properties["MethodSettings"]
    everywhere = {"ResourcePath": "/*", "HttpMethod": "*", "ThrottlingRateLimit": 500}
    one = {"ResourcePath": "/letters/{id}", "HttpMethod": "GET", "ThrottlingRateLimit": 5}
    assert not differs(prop, [one, everywhere], answered)
    assert differs(prop, [everywhere], answered)
    assert differs(prop, [everywhere, {**one, "HttpMethod": "PUT"}], answered)


def test_a_stage_is_patched() -> None:
    current = {
        "RestApiId": "a1",
        "stageName": "v1",
        "variables": {"a": "1", "b": "2"},
        "methodSettings": {"*/*": {"throttlingRateLimit": 500.0}, "~1x/GET": {"metricsEnabled": True}},
        "accessLogSettings": {"destinationArn": "arn:logs", "format": "f"},
    }
    assert patches(STAGE, {"Variables": {"a": "1", "c": "3"}, "CanarySetting": None}, current) == [
        {"op": "replace", "path": "/variables/c", "value": "3"},
        {"op": "remove", "path": "/variables/b"},
        {"op": "remove", "path": "/canarySettings"},
    ]
    everywhere = {"ResourcePath": "/*", "HttpMethod": "*", "ThrottlingRateLimit": 500, "ThrottlingBurstLimit": 1000}
    later = {"MethodSettings": [everywhere], "AccessLogSetting": {"DestinationArn": "arn:logs:*", "Format": "g"}}
    assert patches(STAGE, later, current, 1) == [
        {"op": "replace", "path": "/accessLogSettings/format", "value": "g"},
        {"op": "replace", "path": "/*/*/throttling/burstLimit", "value": "1000"},
        {"op": "remove", "path": "/~1x/GET"},
    ]
    assert patches(STAGE, {"AccessLogSetting": {}}, current, 1) == [{"op": "remove", "path": "/accessLogSettings"}]


# Usage plans and keys


def test_a_plan_is_patched() -> None:
    current = {"id": "p", "apiStages": [{"apiId": "a1", "stage": "v1"}], "throttle": {"rateLimit": 1.0}}
    desired = {
        "ApiStages": [{"ApiId": "a1", "Stage": "v2", "Throttle": {"/letters/GET": {"RateLimit": 2.5}}}],
        "Throttle": {"RateLimit": 2, "BurstLimit": 4},
        "Quota": {},
    }
    assert patches(USAGE_PLAN, desired, current) == [
        {"op": "replace", "path": "/throttle/rateLimit", "value": "2"},
        {"op": "add", "path": "/throttle/burstLimit", "value": "4"},
        {"op": "add", "path": "/apiStages", "value": "a1:v2"},
        {"op": "remove", "path": "/apiStages", "value": "a1:v1"},
        {"op": "add", "path": "/apiStages/a1:v2/throttle/~1letters~1GET/rateLimit", "value": "2.5"},
    ]


def test_the_values_of_keys_are_read_only_when_somebody_wants_one() -> None:
    api = CannedApi(
        {
            "apigateway.get_api_keys": {"items": [{"id": "k", "name": "acme", "tags": OWNER}]},
            "apigateway.get_api_key": {"id": "k", "value": "s3cr3t"},
            "apigateway.get_usage_plan_keys": {"items": [{"id": "k", "type": "API_KEY", "value": "s3cr3t"}]},
            "apigateway.create_api_key": {"id": "k", "value": "s3cr3t"},
        }
    )
    (key,) = [API_KEY.parse(item, "us-east-1") for item in API_KEY.list(scope(api))]
    assert api.params("apigateway.get_api_keys")["includeValues"] is False
    assert API_KEY.read(api, key, "Value") == "s3cr3t"  # type: ignore[arg-type]
    assert API_KEY.fetches("Value") and API_KEY.properties["Value"].sensitive
    plan = USAGE_PLAN.parse({"id": "p"})
    listed = list(USAGE_PLAN_KEY.list(scope(api, parents={USAGE_PLAN.type: [plan]})))
    made = API_KEY.create(work(api, API_KEY, {"Name": "acme"}))  # type: ignore[misc, operator]
    assert "s3cr3t" not in repr((listed, made))


# The account


@pytest.mark.parametrize(
    ("role", "exists", "found"), [(None, True, 0), ("arn:aws:iam::1:role/x/logs", True, 1), ("arn:r/logs", False, 0)]
)
def test_the_role_for_logs_counts_while_it_stands(role: str | None, exists: bool, found: int) -> None:
    api = CannedApi(
        {
            "apigateway.get_account": {"cloudwatchRoleArn": role} if role else {},
            "iam.get_role": {"Role": {}} if exists else missing("NoSuchEntity"),
        }
    )
    listed = list(ACCOUNT.list(scope(api)))
    assert len(listed) == found
    if role:
        assert api.params("iam.get_role") == {"RoleName": "logs"}
    assert ACCOUNT.of_the_account and ACCOUNT.properties["CloudWatchRoleArn"].initial


# HTTP APIs


def test_parts_of_http_apis_are_known_within_their_api() -> None:
    api = CannedApi({"apigatewayv2.get_integrations": {"Items": [{"IntegrationId": "i1"}]}})
    found = [INTEGRATION.parse(item) for item in INTEGRATION.list(scope(api, {"ApiId": "h1"}))]
    assert [one.id for one in found] == ["h1/i1"]
    assert list(INTEGRATION.list(scope(api, ids=("h1/other",)))) == []


def test_header_names_have_no_case_and_nothing_is_nothing() -> None:
    prop = HTTP_API.properties["CorsConfiguration"]
    answered = {"AllowHeaders": ["content-type", "authorization"], "AllowOrigins": ["*"], "MaxAge": 0}
    assert not differs(prop, {"AllowHeaders": ["Authorization", "Content-Type"], "AllowOrigins": ["*"]}, answered)
    assert differs(prop, {"AllowOrigins": ["*"]}, answered)
    assert differs(prop, {}, answered)


def test_what_other_origins_may_do_is_said_anew() -> None:
    api = CannedApi()
    current = {"ApiId": "h1", "CorsConfiguration": {"AllowOrigins": ["*"], "MaxAge": 60}}
    HTTP_API.updates[1].step(  # type: ignore[operator]
        work(api, HTTP_API, {"CorsConfiguration": {"AllowOrigins": ["https://a"]}}, current)
    )
    assert api.names() == ["apigatewayv2.delete_cors_configuration", "apigatewayv2.update_api"]


def test_variables_and_routes_settings_that_are_not_stated_go() -> None:
    current = {"ApiId": "h1", "StageName": "v1", "StageVariables": {"a": "1"}, "RouteSettings": {"GET /a": {}}}
    api = CannedApi()
    HTTP_STAGE.updates[3].step(work(api, HTTP_STAGE, {"StageVariables": {"b": "2"}}, current))  # type: ignore[operator]
    HTTP_STAGE.updates[2].step(work(api, HTTP_STAGE, {"RouteSettings": {}}, current))  # type: ignore[operator]
    assert api.params("apigatewayv2.update_stage")["StageVariables"] == {"b": "2", "a": ""}
    assert api.params("apigatewayv2.delete_route_settings")["RouteKey"] == "GET /a"


# The schemas

#: What imports or clones an API instead of describing it, and what the API cannot change or does not know.
LEFT_OUT = {
    "AWS::ApiGateway::RestApi": {
        "Body",
        "BodyS3Location",
        "CloneFrom",
        "FailOnWarnings",
        "Mode",
        "Parameters",
        "Version",
    },
    "AWS::ApiGateway::Deployment": {"StageName", "StageDescription", "DeploymentCanarySettings"},
    "AWS::ApiGateway::ApiKey": {"StageKeys"},
    "AWS::ApiGatewayV2::Api": {
        "Body",
        "BasePath",
        "BodyS3Location",
        "CredentialsArn",
        "FailOnWarnings",
        "RouteKey",
        "Target",
    },
}
OURS_TOO = {"AWS::ApiGateway::Deployment": {"Definition"}}
#: Names by which a part is known: another name is another part.
IMMUTABLE_TOO = {
    "AWS::ApiGateway::Authorizer": {"Name"},
    "AWS::ApiGateway::Deployment": {"Definition"},
    "AWS::ApiGatewayV2::Integration": {"IntegrationType", "IntegrationUri"},
    "AWS::ApiGatewayV2::Authorizer": {"Name"},
    "AWS::ApiGatewayV2::Route": {"RouteKey"},
    # By way of both types only.
    "AWS::ApiGateway::DomainName": {"EndpointConfiguration"},
}
#: Written once and never compared.
WRITTEN_ONCE = {
    "AWS::ApiGateway::ApiKey": {"GenerateDistinctId", "Value"},
    "AWS::ApiGateway::Deployment": {"DeploymentCanarySettings"},
}


def test_another_authorizer_of_a_route_comes_with_its_type() -> None:
    (update,) = HTTP_ROUTE.updates
    there = {"ApiId": "a", "RouteId": "r", "RouteKey": "GET /a", "AuthorizationType": "JWT", "AuthorizerId": "old"}
    asked = work(CannedApi(), HTTP_ROUTE, {"AuthorizerId": "new"}, there, changed=frozenset({"AuthorizerId"}))
    params = update.step.params(asked)  # type: ignore[union-attr]
    assert params == {"ApiId": "a", "RouteId": "r", "AuthorizationType": "JWT", "AuthorizerId": "new"}


by_type = pytest.mark.parametrize("kind", (*apigateway.KINDS, *apigatewayv2.KINDS), ids=lambda kind: kind.type)


@by_type
def test_every_property_of_a_template_is_known(kind: Kind) -> None:
    expected = schemas.writable(kind.type) - LEFT_OUT.get(kind.type, set())
    assert set(kind.properties) - OURS_TOO.get(kind.type, set()) == expected


@by_type
def test_what_a_template_cannot_change_is_immutable(kind: Kind) -> None:
    immutable = {name for name, prop in kind.properties.items() if prop.immutable}
    expected = schemas.names(kind.type, "createOnlyProperties") | IMMUTABLE_TOO.get(kind.type, set())
    assert immutable == expected - WRITTEN_ONCE.get(kind.type, set())


@by_type
def test_every_other_property_can_be_updated(kind: Kind) -> None:
    updated = {name for update in kind.updates for name in update.properties}
    fixed = {name for name, prop in kind.properties.items() if prop.immutable or prop.initial or prop.write_only}
    assert set(kind.properties) - fixed <= updated <= {n for n, p in kind.properties.items() if not p.immutable}


# Names


def test_paths_are_listed_of_our_names_and_the_described_ones() -> None:
    api = CannedApi({"apigateway.get_base_path_mappings": {"items": [{"basePath": "(none)", "restApiId": "a1"}]}})
    ours = {NAME.type: [NAME.parse({"domainName": "api.example.com", "tags": OWNER})]}
    found = [MAPPING.parse(item) for item in MAPPING.list(scope(api, parents=ours))]
    assert [(one.id, one.properties["BasePath"]) for one in found] == [("api.example.com/(none)", "")]


def test_a_path_is_led_elsewhere_and_a_certificate_renewed() -> None:
    now = {"DomainName": "api.example.com", "basePath": "v1", "restApiId": "a1", "stage": "v1"}
    assert patches(MAPPING, {"RestApiId": "b2", "Stage": "v2"}, now) == [
        {"op": "replace", "path": "/restapiId", "value": "b2"},
        {"op": "replace", "path": "/stage", "value": "v2"},
    ]
    assert patches(NAME, {"RegionalCertificateArn": "arn:new"}, {"RegionalCertificateArn": "arn:old"}) == [
        {"op": "replace", "path": "/regionalCertificateArn", "value": "arn:new"}
    ]


def test_callers_certificates_are_asked_for_no_more() -> None:
    before = {"mutualTlsAuthentication": {"truststoreUri": "s3://a/b", "truststoreWarnings": ["old"]}}
    assert NAME.parse({"domainName": "a", **before}).properties["MutualTlsAuthentication"] == {
        "TruststoreUri": "s3://a/b"
    }
    assert patches(NAME, {"MutualTlsAuthentication": {}}, {"domainName": "a", **before})[0] == {
        "op": "replace",
        "path": "/mutualTlsAuthentication/truststoreUri",
        "value": "",
    }
