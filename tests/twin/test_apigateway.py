# Copyright (c) stackwright.aws contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
from __future__ import annotations

import json
from typing import Any

import pytest

from tests.contract.samples.acm import PRIVATE_KEY, issue
from tests.twin.helpers import refused

FUNCTION = "arn:aws:lambda:us-east-1:123456789012:function:f"
URI = f"arn:aws:apigateway:us-east-1:lambda:path/2015-03-31/functions/{FUNCTION}/invocations"
TRUST = {
    "Version": "2012-10-17",
    "Statement": [
        {"Effect": "Allow", "Principal": {"Service": "apigateway.amazonaws.com"}, "Action": "sts:AssumeRole"}
    ],
}


class Api:
    """An API with one path, and the requests about it."""

    def __init__(self, client: Any) -> None:
        self.client = client
        made = client.create_rest_api(name="letters", tags={"a": "1"})
        self.id, self.root = made["id"], made["rootResourceId"]
        self.path = client.create_resource(restApiId=self.id, parentId=self.root, pathPart="letters")["id"]

    def call(self, operation: str, **params: Any) -> Any:
        return getattr(self.client, operation)(restApiId=self.id, **params)

    def method(self, name: str = "GET", **more: Any) -> None:
        self.call("put_method", resourceId=self.path, httpMethod=name, **{"authorizationType": "NONE", **more})
        self.call("put_integration", resourceId=self.path, httpMethod=name, type="MOCK")

    def deployed(self, stage: str = "v1") -> str:
        self.method()
        deployment: str = self.call("create_deployment")["id"]
        self.call("create_stage", stageName=stage, deploymentId=deployment)
        return deployment

    def patch(self, operation: str, op: str, path: str, value: str | None = None, **names: Any) -> Any:
        change = {"op": op, "path": path} | ({} if value is None else {"value": value})
        return self.call(operation, patchOperations=[change], **names)


@pytest.fixture
def api(client: Any) -> Api:
    return Api(client("apigateway"))


def test_tags_of_apis_stages_plans_and_keys(api: Api, client: Any) -> None:
    api.deployed()
    plan = api.client.create_usage_plan(name="p", tags={"a": "1"})["id"]
    key = api.client.create_api_key(name="k", tags={"a": "1"})["id"]
    prefix = "arn:aws:apigateway:us-east-1::"
    stage = f"{prefix}/restapis/{api.id}/stages/v1"
    api.client.tag_resource(resourceArn=stage, tags={"a": "1", "b": "2"})
    api.client.untag_resource(resourceArn=stage, tagKeys=["b"])
    assert api.client.get_tags(resourceArn=stage)["tags"] == {"a": "1"}
    found = client("resourcegroupstaggingapi").get_resources(TagFilters=[{"Key": "a"}])["ResourceTagMappingList"]
    assert {one["ResourceARN"] for one in found} == {
        f"{prefix}/restapis/{api.id}",
        stage,
        f"{prefix}/usageplans/{plan}",
        f"{prefix}/apikeys/{key}",
    }
    with refused("NotFoundException"):
        api.client.get_tags(resourceArn=f"{prefix}/restapis/none")


def test_lists_come_in_pages(client: Any) -> None:
    apigateway = client("apigateway")
    for number in range(30):
        apigateway.create_rest_api(name=f"a{number}")
    assert len(apigateway.get_rest_apis()["items"]) == 25
    pages = apigateway.get_paginator("get_rest_apis").paginate()
    assert len([one for page in pages for one in page["items"]]) == 30


def test_only_what_aws_lists_can_be_patched(api: Api) -> None:
    with refused("BadRequestException", message="Invalid patch path"):
        api.patch("update_rest_api", "replace", "/id", "x")
    with refused("BadRequestException", message="Invalid patch path"):
        api.patch("update_rest_api", "add", "/description", "x")
    assert api.patch("update_rest_api", "replace", "/disableExecuteApiEndpoint", "true")["disableExecuteApiEndpoint"]
    with refused("BadRequestException", message="Invalid patch value"):
        api.patch("update_rest_api", "replace", "/disableExecuteApiEndpoint", "perhaps")


def test_paths(api: Api) -> None:
    with refused("ConflictException"):
        api.call("create_resource", parentId=api.root, pathPart="letters")
    inner = api.call("create_resource", parentId=api.path, pathPart="{id}")
    assert inner["path"] == "/letters/{id}"
    with refused("BadRequestException", message="root"):
        api.call("delete_resource", resourceId=api.root)
    api.call("delete_resource", resourceId=api.path)
    assert [one["path"] for one in api.call("get_resources")["items"]] == ["/"]


def test_methods_are_shown_as_a_whole_only_when_asked_for(api: Api) -> None:
    api.method()
    short, whole = api.call("get_resources")["items"], api.call("get_resources", embed=["methods"])["items"]
    assert short[1]["resourceMethods"] == {"GET": {}}
    assert whole[1]["resourceMethods"]["GET"]["methodIntegration"]["type"] == "MOCK"
    assert "httpMethod" not in whole[1]["resourceMethods"]["GET"]["methodIntegration"]


def test_a_method_is_put_once_and_refers_to_what_there_is(api: Api) -> None:
    api.method()
    with refused("ConflictException", message="Method already exists"):
        api.method()
    with refused("BadRequestException", message="authorizer"):
        api.method("PUT", authorizationType="CUSTOM", authorizerId="none")
    with refused("BadRequestException", message="model"):
        api.method("PUT", requestModels={"application/json": "None"})
    with refused("BadRequestException", message="Validator"):
        api.method("PUT", requestValidatorId="none")
    with refused("BadRequestException", message="mapping"):
        api.method("PUT", requestParameters={"header.x": True})


def test_a_response_is_declared_before_it_is_given_and_only_once(api: Api) -> None:
    api.method()
    place = {"resourceId": api.path, "httpMethod": "GET", "statusCode": "200"}
    with refused("NotFoundException"):
        api.call("put_integration_response", **place)
    api.call("put_method_response", **place)
    with refused("ConflictException", message="Response already exists"):
        api.call("put_method_response", **place)
    with refused("BadRequestException", message="mapping"):
        api.call("put_integration_response", **place, responseParameters={"method.response.header.X": "'1'"})
    api.call("put_integration_response", **place)
    answer = api.call("put_integration", resourceId=api.path, httpMethod="GET", type="MOCK")
    assert "integrationResponses" not in answer


@pytest.mark.parametrize(
    ("params", "text"),
    [
        ({"type": "AWS_PROXY", "uri": URI}, "HttpMethod"),
        ({"type": "AWS_PROXY", "uri": FUNCTION, "integrationHttpMethod": "POST"}, "ARN"),
        ({"type": "AWS_PROXY", "uri": URI, "integrationHttpMethod": "GET"}, "POST"),
        ({"type": "MOCK", "timeoutInMillis": 10}, "Timeout"),
    ],
)
def test_integrations_that_would_not_work(params: dict[str, Any], text: str, api: Api) -> None:
    api.method()
    with refused("BadRequestException", message=text):
        api.call("put_integration", resourceId=api.path, httpMethod="GET", **params)


def test_what_methods_refer_to_stays(api: Api) -> None:
    authorizer = api.call(
        "create_authorizer",
        name="a",
        type="TOKEN",
        authorizerUri=URI,
        identitySource="method.request.header.Authorization",
    )["id"]
    model = api.call("create_model", name="Letter", contentType="application/json", schema="{}")["name"]
    validator = api.call("create_request_validator", name="all", validateRequestBody=True)["id"]
    api.method(
        authorizationType="CUSTOM",
        authorizerId=authorizer,
        requestModels={"application/json": model},
        requestValidatorId=validator,
    )
    for operation, names in (
        ("delete_authorizer", {"authorizerId": authorizer}),
        ("delete_model", {"modelName": model}),
        ("delete_request_validator", {"requestValidatorId": validator}),
    ):
        with refused("ConflictException"):
            api.call(operation, **names)
    api.call("delete_method", resourceId=api.path, httpMethod="GET")
    api.call("delete_authorizer", authorizerId=authorizer)


def test_a_name_needs_a_certificate_and_keeps_what_it_leads_to(api: Api, client: Any) -> None:
    api.deployed()
    name = {"domainName": "api.contract.example.com", "endpointConfiguration": {"types": ["REGIONAL"]}}
    with refused("BadRequestException", message="Invalid certificate ARN"):
        api.client.create_domain_name(**name, regionalCertificateArn="arn:aws:acm:us-east-1:1:certificate/0")
    imported = client("acm").import_certificate(
        Certificate=issue("*.contract.example.com").encode(), PrivateKey=PRIVATE_KEY.encode()
    )["CertificateArn"]
    with refused("BadRequestException", message="not covered"):
        api.client.create_domain_name(**{**name, "domainName": "example.com"}, regionalCertificateArn=imported)
    made = api.client.create_domain_name(**name, regionalCertificateArn=imported, tags={"a": "1"})
    assert made["regionalDomainName"].startswith("d-") and made["domainNameStatus"] == "AVAILABLE"
    with refused("BadRequestException", message="already exists"):
        api.client.create_domain_name(**name, regionalCertificateArn=imported)
    place = {"domainName": name["domainName"], "basePath": "v1"}
    with refused("BadRequestException", message="Invalid stage"):
        api.call("create_base_path_mapping", **place, stage="none")
    api.call("create_base_path_mapping", **place, stage="v1")
    with refused("ConflictException"):
        api.call("create_base_path_mapping", **place, stage="v1")
    for operation, more in (("delete_stage", {"stageName": "v1"}), ("delete_rest_api", {})):
        with refused("BadRequestException", message="base path mappings"):
            api.call(operation, **more)
    api.client.delete_base_path_mapping(**place)
    assert api.client.get_base_path_mappings(domainName=name["domainName"])["items"] == []
    api.call("delete_stage", stageName="v1")
    api.client.delete_domain_name(domainName=name["domainName"])
    with refused("NotFoundException"):
        api.client.get_domain_name(domainName=name["domainName"])


def test_parts_are_answered_one_by_one(api: Api) -> None:
    validator = api.call("create_request_validator", name="all", validateRequestBody=True)["id"]
    assert api.call("get_request_validator", requestValidatorId=validator)["name"] == "all"
    assert json.loads(api.call("get_model", modelName="Empty")["schema"])["title"] == "Empty Schema"
    where = "method.request.header.Authorization"
    made = api.call("create_authorizer", name="a", type="TOKEN", authorizerUri=URI, identitySource=where)["id"]
    assert api.call("get_authorizer", authorizerId=made)["identitySource"] == where
    for operation, names in (
        ("get_request_validator", {"requestValidatorId": "none"}),
        ("get_model", {"modelName": "none"}),
        ("get_authorizer", {"authorizerId": "none"}),
    ):
        with refused("NotFoundException"):
            api.call(operation, **names)


def test_authorizers_and_models_that_are_none(api: Api) -> None:
    with refused("BadRequestException", message="Authorizer URI"):
        api.call("create_authorizer", name="a", type="TOKEN", authorizerUri=FUNCTION, identitySource="x")
    with refused("BadRequestException", message="Identity source"):
        api.call("create_authorizer", name="a", type="TOKEN", authorizerUri=URI)
    with refused("BadRequestException", message="alphanumeric"):
        api.call("create_model", name="a-b", contentType="application/json")
    with refused("BadRequestException", message="schema"):
        api.call("create_model", name="ab", contentType="application/json", schema="{")
    assert {one["name"] for one in api.call("get_models")["items"]} == {"Empty", "Error"}


def test_a_deployment_is_a_snapshot(api: Api) -> None:
    with refused("BadRequestException", message="doesn't contain any methods"):
        api.call("create_deployment")
    deployment = api.deployed()
    api.method("PUT")
    summary = api.call("get_deployment", deploymentId=deployment, embed=["apisummary"])["apiSummary"]
    assert set(summary["/letters"]) == {"GET"}
    with refused("BadRequestException", message="Active stages"):
        api.call("delete_deployment", deploymentId=deployment)
    api.call("put_method", resourceId=api.path, httpMethod="POST", authorizationType="NONE")
    with refused("BadRequestException", message="No integration"):
        api.call("create_deployment")


def test_limits_of_methods_and_canaries(api: Api) -> None:
    deployment = api.deployed()
    stage = api.patch("update_stage", "replace", "/*/*/throttling/rateLimit", "500", stageName="v1")
    settings = stage["methodSettings"]["*/*"]
    assert (settings["throttlingRateLimit"], settings["throttlingBurstLimit"]) == (500.0, 5000)
    canary = api.patch("update_stage", "replace", "/canarySettings/percentTraffic", "10.5", stageName="v1")
    assert canary["canarySettings"] == {"percentTraffic": 10.5}
    other = api.call("create_deployment")["id"]
    api.patch("update_stage", "replace", "/canarySettings/deploymentId", other, stageName="v1")
    with refused("BadRequestException", message="Active stages"):
        api.call("delete_deployment", deploymentId=other)
    assert "canarySettings" not in api.patch("update_stage", "remove", "/canarySettings", stageName="v1")
    assert api.patch("update_stage", "remove", "/*/*", stageName="v1")["methodSettings"] == {}
    with refused("BadRequestException", message="Deployment id"):
        api.patch("update_stage", "replace", "/deploymentId", "none", stageName="v1")
    assert api.call("get_stage", stageName="v1")["deploymentId"] == deployment


def test_logs_want_the_accounts_role(api: Api, client: Any) -> None:
    api.deployed()
    client("logs").create_log_group(logGroupName="/api")
    arn = "arn:aws:logs:us-east-1:123456789012:log-group:/api"

    def log() -> None:
        api.patch("update_stage", "replace", "/accessLogSettings/destinationArn", arn, stageName="v1")

    def role(value: str) -> None:
        change = {"op": "replace", "path": "/cloudwatchRoleArn", "value": value}
        api.client.update_account(patchOperations=[change])

    with refused("BadRequestException", message="CloudWatch Logs role ARN"):
        log()
    with refused("BadRequestException", message="CloudWatch Logs role ARN"):
        api.patch("update_stage", "replace", "/*/*/logging/loglevel", "ERROR", stageName="v1")
    with refused("BadRequestException", message="role ARN"):
        role("arn:aws:iam::123456789012:role/none")
    made = client("iam").create_role(RoleName="logs", AssumeRolePolicyDocument=json.dumps(TRUST))["Role"]["Arn"]
    role(made)
    log()
    with refused("BadRequestException", message="destination"):
        api.patch("update_stage", "replace", "/accessLogSettings/destinationArn", f"{arn}/none", stageName="v1")


def test_plans_hold_stages_and_stages_hold_apis(api: Api) -> None:
    api.deployed()
    with refused("NotFoundException", message="API Stage"):
        api.client.create_usage_plan(name="p", apiStages=[{"apiId": api.id, "stage": "none"}])
    plan = api.client.create_usage_plan(name="p", apiStages=[{"apiId": api.id, "stage": "v1"}])["id"]
    for operation, names in (("delete_stage", {"stageName": "v1"}), ("delete_rest_api", {})):
        with refused("BadRequestException", message="usage plan"):
            api.call(operation, **names)
    with refused("BadRequestException", message="API stages"):
        api.client.delete_usage_plan(usagePlanId=plan)
    change = {"op": "remove", "path": "/apiStages", "value": f"{api.id}:v1"}
    api.client.update_usage_plan(usagePlanId=plan, patchOperations=[change])
    api.client.delete_usage_plan(usagePlanId=plan)
    api.call("delete_rest_api")


def test_the_value_of_a_key_is_shown_only_when_asked_for(api: Api) -> None:
    with refused("BadRequestException", message="20 characters"):
        api.client.create_api_key(name="k", value="short")
    key = api.client.create_api_key(name="k", value="0123456789abcdefghij")["id"]
    with refused("ConflictException"):
        api.client.create_api_key(name="other", value="0123456789abcdefghij")
    assert "value" not in api.client.get_api_key(apiKey=key)
    assert api.client.get_api_key(apiKey=key, includeValue=True)["value"] == "0123456789abcdefghij"
    plan = api.client.create_usage_plan(name="p")["id"]
    api.client.create_usage_plan_key(usagePlanId=plan, keyId=key, keyType="API_KEY")
    with refused("ConflictException"):
        api.client.create_usage_plan_key(usagePlanId=plan, keyId=key, keyType="API_KEY")


def test_a_web_acl_before_a_stage(api: Api, client: Any) -> None:
    api.deployed()
    waf = client("wafv2")
    seen = {"CloudWatchMetricsEnabled": True, "MetricName": "m", "SampledRequestsEnabled": True}
    acl = waf.create_web_acl(Name="w", Scope="REGIONAL", DefaultAction={"Allow": {}}, VisibilityConfig=seen)["Summary"]
    stage = f"arn:aws:apigateway:us-east-1::/restapis/{api.id}/stages/v1"
    waf.associate_web_acl(WebACLArn=acl["ARN"], ResourceArn=stage)
    assert api.call("get_stage", stageName="v1")["webAclArn"] == acl["ARN"]
    assert waf.list_resources_for_web_acl(WebACLArn=acl["ARN"], ResourceType="API_GATEWAY")["ResourceArns"] == [stage]
    api.call("delete_stage", stageName="v1")
    assert "WebACL" not in waf.get_web_acl_for_resource(ResourceArn=stage)


# HTTP APIs


@pytest.fixture
def http(client: Any) -> tuple[Any, str]:
    v2 = client("apigatewayv2")
    return v2, v2.create_api(Name="letters", ProtocolType="HTTP", Tags={"a": "1"})["ApiId"]


def test_routes_integrations_and_authorizers(http: tuple[Any, str]) -> None:
    v2, api = http
    with refused("BadRequestException", message="PayloadFormatVersion"):
        v2.create_integration(ApiId=api, IntegrationType="AWS_PROXY", IntegrationUri=FUNCTION)
    integration = v2.create_integration(
        ApiId=api, IntegrationType="AWS_PROXY", IntegrationUri=FUNCTION, PayloadFormatVersion="2.0"
    )["IntegrationId"]
    with refused("BadRequestException", message="issuer"):
        v2.create_authorizer(
            ApiId=api,
            Name="j",
            AuthorizerType="JWT",
            IdentitySource=["$request.header.Authorization"],
            JwtConfiguration={"Issuer": "id.example.com", "Audience": ["a"]},
        )
    with refused("BadRequestException", message="integration"):
        v2.create_route(ApiId=api, RouteKey="GET /a", Target="integrations/none")
    with refused("BadRequestException", message="Authorizer"):
        v2.create_route(ApiId=api, RouteKey="GET /a", AuthorizationType="JWT", AuthorizerId="none")
    route = v2.create_route(ApiId=api, RouteKey="GET /a", Target=f"integrations/{integration}")["RouteId"]
    with refused("BadRequestException", message="Authorizer type is invalid or null"):
        v2.update_route(ApiId=api, RouteId=route, AuthorizerId="none")
    with refused("ConflictException"):
        v2.create_route(ApiId=api, RouteKey="GET /a")
    with refused("ConflictException"):
        v2.delete_integration(ApiId=api, IntegrationId=integration)


def test_a_stage_changes_in_parts(http: tuple[Any, str]) -> None:
    v2, api = http
    limits = {"ThrottlingBurstLimit": 100, "ThrottlingRateLimit": 50.0}
    made = v2.create_stage(ApiId=api, StageName="$default", AutoDeploy=True, DefaultRouteSettings=limits)
    assert made["DeploymentId"]
    changed = v2.update_stage(
        ApiId=api,
        StageName="$default",
        DefaultRouteSettings={"ThrottlingBurstLimit": 200},
        StageVariables={"a": "1"},
        RouteSettings={"GET /a": {"ThrottlingRateLimit": 5.0}},
    )
    assert changed["DefaultRouteSettings"]["ThrottlingRateLimit"] == 50.0
    assert changed["DefaultRouteSettings"]["ThrottlingBurstLimit"] == 200
    v2.update_stage(ApiId=api, StageName="$default", StageVariables={"a": ""})
    v2.delete_route_settings(ApiId=api, StageName="$default", RouteKey="GET /a")
    (stage,) = v2.get_stages(ApiId=api)["Items"]
    assert (stage["StageVariables"], stage["RouteSettings"]) == ({}, {})


def test_other_origins_and_tags(http: tuple[Any, str]) -> None:
    v2, api = http
    with refused("BadRequestException", message="allowCredentials"):
        v2.update_api(ApiId=api, CorsConfiguration={"AllowOrigins": ["*"], "AllowCredentials": True})
    v2.update_api(ApiId=api, CorsConfiguration={"AllowOrigins": ["https://a"], "MaxAge": 60})
    v2.update_api(ApiId=api, CorsConfiguration={"AllowOrigins": ["https://b"]})
    assert v2.get_api(ApiId=api)["CorsConfiguration"] == {"AllowOrigins": ["https://b"], "MaxAge": 60}
    v2.delete_cors_configuration(ApiId=api)
    assert "CorsConfiguration" not in v2.get_api(ApiId=api)
    arn = f"arn:aws:apigateway:us-east-1::/apis/{api}"
    v2.tag_resource(ResourceArn=arn, Tags={"b": "2"})
    v2.untag_resource(ResourceArn=arn, TagKeys=["a"])
    assert v2.get_tags(ResourceArn=arn)["Tags"] == {"b": "2"}
