"""The tiers of REST APIs and HTTP APIs."""

from __future__ import annotations

import json
from typing import Any

import pytest
from cfnlint.api import lint
from cfnlint.config import ManualArgs

from ansible_collections.stackwright.aws.plugins.module_utils import packages
from ansible_collections.stackwright.aws.plugins.module_utils.engine.document import Document
from ansible_collections.stackwright.aws.plugins.module_utils.engine.export import export
from ansible_collections.stackwright.aws.plugins.module_utils.kinds.apigateway.deployment import digest
from ansible_collections.stackwright.aws.plugins.module_utils.kinds.registry import REGISTRY
from tests.unit.tiers.build import document, get, of, plain, problems

_REST, _HTTP = "AWS::ApiGateway", "AWS::ApiGatewayV2"
LETTERS = "arn:aws:lambda:eu-west-1:123456789012:function:letters"
AUTH = "arn:aws:lambda:eu-west-1:123456789012:function:auth"
JWT = "arn:aws:lambda:eu-west-1:123456789012:function:jwt"
CERTIFICATE = "arn:aws:acm:eu-west-1:123456789012:certificate/12345678-1234-1234-1234-123456789012"
ROUTES: dict[str, Any] = {"POST /letters": {"function": LETTERS}}


def rest(**options: Any) -> Document:
    return document(rest_apis={"api": {"routes": ROUTES, **options}})


def methods(doc: Document) -> dict[str, Any]:
    return {name.removeprefix("api/"): plain(props) for name, props in of(doc, f"{_REST}::Method").items()}


def uri(function: str) -> str:
    return f"arn:<AWS Partition>:apigateway:eu-west-1:lambda:path/2015-03-31/functions/{function}/invocations"


# REST APIs


def test_a_route_is_a_method_of_a_path_that_a_function_answers() -> None:
    doc = rest()
    assert plain(get(doc, f"{_REST}::RestApi", "api").properties) == {
        "Name": "shop-prod-api",
        "EndpointConfiguration": {"Types": ["REGIONAL"]},
        "DisableExecuteApiEndpoint": False,
        "BinaryMediaTypes": [],
    }
    method = methods(doc)["POST /letters"]
    assert method["ResourceId"] == "<Resource api/letters ResourceId>"
    assert method["Integration"] == {
        "Type": "AWS_PROXY",
        "IntegrationHttpMethod": "POST",
        "Uri": uri(LETTERS),
        "TimeoutInMillis": 29000,
    }
    assert (method["AuthorizationType"], method["ApiKeyRequired"]) == ("NONE", False)


def test_paths_are_made_part_by_part_and_each_once() -> None:
    doc = rest(
        routes={
            "/": {"function": LETTERS, "methods": ["get"]},
            "/letters/{id}": {"function": LETTERS, "methods": ["GET", "DELETE"]},
            "/letters/*": {"function": LETTERS},
        }
    )
    paths = {name: plain(props) for name, props in of(doc, f"{_REST}::Resource").items()}
    assert {name: path["PathPart"] for name, path in paths.items()} == {
        "api/letters": "letters",
        "api/letters/{id}": "{id}",
        "api/letters/{proxy+}": "{proxy+}",
    }
    assert paths["api/letters"]["ParentId"] == "<RestApi api RootResourceId>"
    assert paths["api/letters/{id}"]["ParentId"] == "<Resource api/letters ResourceId>"
    made = methods(doc)
    assert set(made) == {"GET /", "GET /letters/{id}", "DELETE /letters/{id}", "ANY /letters/{proxy+}"}
    assert made["GET /"]["ResourceId"] == "<RestApi api RootResourceId>"
    assert made["GET /letters/{id}"]["RequestParameters"] == {"method.request.path.id": True}


def test_what_is_required_is_validated_before_a_function_is_called() -> None:
    body = {"type": "object", "required": ["to"]}
    doc = rest(
        routes={
            "POST /letters": {"function": LETTERS, "body": body},
            "GET /letters": {"function": LETTERS, "required_query": ["page"]},
            "PUT /letters": {"function": LETTERS, "body": body, "required_headers": ["X-Request-Id"]},
            "DELETE /letters": {"function": LETTERS},
        }
    )
    made = methods(doc)
    assert made["POST /letters"]["RequestModels"] == {"application/json": "<Model api/PostLetters Name>"}
    assert made["POST /letters"]["RequestValidatorId"] == "<RequestValidator api/body RequestValidatorId>"
    assert made["GET /letters"]["RequestParameters"] == {"method.request.querystring.page": True}
    assert made["GET /letters"]["RequestValidatorId"] == "<RequestValidator api/parameters RequestValidatorId>"
    assert made["PUT /letters"]["RequestParameters"] == {"method.request.header.X-Request-Id": True}
    assert made["PUT /letters"]["RequestValidatorId"] == "<RequestValidator api/all RequestValidatorId>"
    assert made["DELETE /letters"]["RequestValidatorId"] == ""
    schema = get(doc, f"{_REST}::Model", "api/PostLetters").properties["Schema"]
    assert schema == {"$schema": "http://json-schema.org/draft-04/schema#", **body}


def test_tokens_are_checked_by_a_function_unless_a_route_is_open() -> None:
    doc = rest(
        authorizer={"function": JWT, "ttl_seconds": 60, "pattern": "^Bearer .+$"},
        routes={"POST /letters": {"function": LETTERS}, "POST /login": {"function": AUTH, "authorize": False}},
    )
    authorizer = plain(get(doc, f"{_REST}::Authorizer", "api/authorizer").properties)
    assert authorizer["AuthorizerUri"] == uri(JWT)
    assert authorizer["IdentitySource"] == "method.request.header.Authorization"
    assert (authorizer["Type"], authorizer["AuthorizerResultTtlInSeconds"]) == ("TOKEN", 60)
    made = methods(doc)
    assert made["POST /letters"]["AuthorizationType"] == "CUSTOM"
    assert made["POST /letters"]["AuthorizerId"] == "<Authorizer api/authorizer AuthorizerId>"
    assert made["POST /login"]["AuthorizationType"] == "NONE"


def test_each_function_may_be_invoked_by_this_stage_and_by_nothing_else() -> None:
    doc = rest(authorizer={"function": JWT}, routes={**ROUTES, "GET /letters": {"function": LETTERS}})
    permissions = {name: plain(props) for name, props in of(doc, "AWS::Lambda::Permission").items()}
    source = "arn:<AWS Partition>:execute-api:eu-west-1:<AWS AccountId>:<RestApi api RestApiId>"
    assert {name: (one["FunctionName"], one["SourceArn"]) for name, one in permissions.items()} == {
        f"rest_api.api/{LETTERS}": (LETTERS, f"{source}/v1/*"),
        "rest_api.api/authorizer": (JWT, f"{source}/authorizers/<Authorizer api/authorizer AuthorizerId>"),
    }
    assert {one["Principal"] for one in permissions.values()} == {"apigateway.amazonaws.com"}


def test_the_stage_has_limits_metrics_and_a_log_without_bodies() -> None:
    doc = rest(throttle={"burst": 1000, "rate": 500}, tracing=True, variables={"level": 3})
    stage = plain(get(doc, f"{_REST}::Stage", "api").properties)
    assert stage["StageName"] == "v1"
    assert stage["MethodSettings"] == [
        {
            "ResourcePath": "/*",
            "HttpMethod": "*",
            "MetricsEnabled": True,
            "LoggingLevel": "OFF",
            "DataTraceEnabled": False,
            "ThrottlingBurstLimit": 1000,
            "ThrottlingRateLimit": 500.0,
        }
    ]
    assert stage["AccessLogSetting"]["DestinationArn"] == "<LogGroup rest_api.api Arn>"
    logged = json.loads(stage["AccessLogSetting"]["Format"])
    assert logged["requestId"] == "$context.requestId"
    assert not any("header" in value.lower() or "body" in value.lower() for value in logged.values())
    assert (stage["TracingEnabled"], stage["Variables"]) == (True, {"level": "3"})


def test_the_role_for_logs_is_set_before_the_stage_wants_it() -> None:
    doc = rest()
    stage, account = get(doc, f"{_REST}::Stage", "api"), get(doc, f"{_REST}::Account", "rest_api.api/logs")
    assert account.address in stage.depends_on
    assert plain(account.properties) == {"CloudWatchRoleArn": "<Role rest_api.api/logs Arn>"}
    quiet = rest(log=False)
    assert not of(quiet, f"{_REST}::Account") and not of(quiet, "AWS::Logs::LogGroup")
    assert get(quiet, f"{_REST}::Stage", "api").properties["AccessLogSetting"] == {}
    assert of(rest(log=False, execution_log="error"), f"{_REST}::Account")


def test_a_deployment_is_of_everything_that_callers_can_see() -> None:
    def deployed(**options: Any) -> Any:
        definition = get(rest(**options), f"{_REST}::Deployment", "api").properties["Definition"]
        return digest(plain(definition))

    seen = [
        deployed(),
        deployed(routes={"POST /letters": {"function": AUTH}}),
        deployed(routes={"POST /letters": {"function": LETTERS, "body": {"type": "object"}}}),
        deployed(routes={"POST /letters": {"function": LETTERS, "body": {"type": "array"}}}),
        deployed(routes={"POST /letters": {"function": LETTERS, "required_query": ["a"]}}),
        deployed(routes={"POST /letters": {"function": LETTERS, "timeout_seconds": 5}}),
        deployed(authorizer={"function": JWT}),
        deployed(authorizer={"function": JWT, "ttl_seconds": 0}),
        deployed(cors={"origin": "https://a.example.com"}),
        deployed(cors={"origin": "https://b.example.com"}),
        deployed(binary_media_types=["image/png"]),
    ]
    assert len(set(seen)) == len(seen)
    assert deployed(throttle={"burst": 1, "rate": 1}) == deployed(), "what the stage holds needs no deployment"


def test_a_deployment_comes_after_all_that_is_deployed() -> None:
    doc = rest(cors={"origin": "https://app.example.com"})
    needs = get(doc, f"{_REST}::Deployment", "api").depends_on
    wanted = {*of(doc, f"{_REST}::Method"), *of(doc, f"{_REST}::GatewayResponse")}
    assert {address.name for address in needs} == wanted
    assert set(get(doc, f"{_REST}::Deployment", "api").properties["Definition"]["Methods"]) == {
        "POST /letters",
        "OPTIONS /letters",
    }


def test_browsers_are_answered_without_a_token() -> None:
    doc = rest(
        authorizer={"function": JWT},
        cors={"origin": "https://app.example.com", "credentials": True},
        routes={"/letters": {"function": LETTERS, "methods": ["GET", "POST"]}, "/any": {"function": LETTERS}},
    )
    made = methods(doc)
    asked = made["OPTIONS /letters"]
    assert (asked["AuthorizationType"], asked["Integration"]["Type"]) == ("NONE", "MOCK")
    (answer,) = asked["Integration"]["IntegrationResponses"]
    headers = {key.rpartition(".")[2]: value for key, value in answer["ResponseParameters"].items()}
    assert headers["Access-Control-Allow-Origin"] == "'https://app.example.com'"
    assert headers["Access-Control-Allow-Methods"] == "'GET,POST,OPTIONS'"
    assert headers["Access-Control-Allow-Headers"] == "'Authorization,Content-Type'"
    assert headers["Access-Control-Allow-Credentials"] == "'true'"
    assert set(asked["MethodResponses"][0]["ResponseParameters"]) == set(answer["ResponseParameters"])
    assert "PUT" in json.dumps(made["OPTIONS /any"])
    refused = plain(get(doc, f"{_REST}::GatewayResponse", "api/DEFAULT_4XX").properties)
    assert refused["ResponseParameters"]["gatewayresponse.header.Access-Control-Allow-Origin"] == (
        "'https://app.example.com'"
    )


def test_an_options_of_ones_own_is_left_alone() -> None:
    doc = rest(cors={"origin": "*"}, routes={"OPTIONS /letters": {"function": LETTERS}})
    assert methods(doc)["OPTIONS /letters"]["Integration"]["Type"] == "AWS_PROXY"


def test_usage_plans_and_their_keys() -> None:
    doc = rest(
        routes={"POST /letters": {"function": LETTERS, "api_key": True}},
        usage_plans={
            "partners": {
                "throttle": {"burst": 20, "rate": 10},
                "quota": {"requests": 1000, "per": "day"},
                "keys": ["acme", "globex"],
            },
            "trial": {"keys": ["acme"]},
        },
    )
    plan = plain(get(doc, f"{_REST}::UsagePlan", "api/partners").properties)
    assert plan["ApiStages"] == [{"ApiId": "<RestApi api RestApiId>", "Stage": "<Stage api StageName>"}]
    assert plan["Quota"] == {"Limit": 1000, "Period": "DAY"}
    assert plan["Throttle"] == {"BurstLimit": 20, "RateLimit": 10.0}
    assert set(of(doc, f"{_REST}::ApiKey")) == {"api/acme", "api/globex"}
    assert set(of(doc, f"{_REST}::UsagePlanKey")) == {"api/partners/acme", "api/partners/globex", "api/trial/acme"}
    assert methods(doc)["POST /letters"]["ApiKeyRequired"] is True


@pytest.mark.parametrize("before", [True, False])
def test_it_stands_behind_a_web_acl(before: bool) -> None:
    api = {"routes": ROUTES, **({"web_acl": "web_acl.waf"} if before else {})}
    doc = document(rest_apis={"api": api}, web_acls={"waf": {"for": [] if before else ["rest_api.api"]}})
    assert {name: plain(props) for name, props in of(doc, "AWS::WAFv2::WebACLAssociation").items()} == {
        "rest_api.api": {"ResourceArn": "<Stage api Arn>", "WebACLArn": "<WebACL waf Arn>"}
    }


def test_what_others_may_know_and_what_can_be_alarmed_on() -> None:
    doc = document(
        rest_apis={"api": {"name": "letters-api", "routes": ROUTES}},
        resources={
            "note": {"type": "AWS::SSM::Parameter", "properties": {"Type": "String", "Value": "${rest_api.api}"}}
        },
        monitoring={"alarms": {"slow": {"of": "rest_api.api", "metric": "latency", "above": 2000}}},
    )
    assert plain(get(doc, "AWS::SSM::Parameter", "note").properties["Value"]) == (
        "https://<RestApi api RestApiId>.execute-api.eu-west-1.amazonaws.com/v1"
    )
    alarm = get(doc, "AWS::CloudWatch::Alarm", "slow").properties
    assert alarm["ExtendedStatistic"] == "p95"
    assert {one["Name"]: one["Value"] for one in alarm["Dimensions"]} == {"ApiName": "letters-api", "Stage": "v1"}


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"routes": {"letters": {"function": LETTERS}}}, "rest_apis.api.routes.letters: 'letters' is no path"),
        ({"routes": {"/a/{b+}/c": {"function": LETTERS}}}, "rest_apis.api.routes./a/{b+}/c: '/a/{b+}/c' is no path"),
        ({"routes": {"$default": {"function": LETTERS}}}, "rest_apis.api.routes.$default: '$default' is no path"),
        ({"routes": {"FETCH /a": {"function": LETTERS}}}, "rest_apis.api.routes.FETCH /a: 'FETCH' is none of ANY"),
        (
            {"routes": {"GET /a": {"function": LETTERS}, "/a": {"function": LETTERS, "methods": ["GET"]}}},
            "rest_apis.api.routes./a: GET /a is there twice",
        ),
        (
            {"routes": {"GET /a": {"function": LETTERS, "methods": ["GET"]}}},
            "rest_apis.api.routes.GET /a.methods: is said in the key",
        ),
        (
            {"routes": {"GET /a": {"function": LETTERS, "timeout_seconds": 60}}},
            "rest_apis.api.routes.GET /a.timeout_seconds: 60 is not between",
        ),
        ({"routes": {"GET /a": {"function": LETTERS, "api_key": True}}}, "rest_apis.api.usage_plans: has no keys"),
        ({"cors": {"origin": "*", "credentials": True}}, "rest_apis.api.cors.origin: '*' does not go with credentials"),
        ({"web_acl": "waf"}, "rest_apis.api.web_acl: 'web_acl.waf' names nothing"),
    ],
)
def test_what_a_rest_api_cannot_be(options: dict[str, Any], message: str) -> None:
    assert any(line.startswith(message) for line in problems(rest_apis={"api": {"routes": ROUTES, **options}}))


def test_functions_of_the_stack_are_called_by_their_alias() -> None:
    functions = {
        "letters": {"runtime": "nodejs22.x", "alias": {"name": "Production"}},
        "jwt": {
            "runtime": "python3.13",
            "code": {"package": "jwt_authorizer"},
            "secrets": {"JWT_SECRET": "secret.jwt"},
            "in_network": False,
        },
    }
    doc = document(
        secrets={"jwt": {"generate": {"length": 64}}},
        functions=functions,
        rest_apis={
            "api": {
                "authorizer": {"function": "function.jwt"},
                "routes": {"POST /letters": {"function": "function.letters"}},
            }
        },
    )
    assert methods(doc)["POST /letters"]["Integration"]["Uri"] == uri("<Alias letters AliasArn>")
    permission = plain(get(doc, "AWS::Lambda::Permission", "rest_api.api/function.letters").properties)
    assert permission["FunctionName"] == "<Alias letters AliasArn>"
    authorizer = plain(get(doc, f"{_REST}::Authorizer", "api/authorizer").properties)
    assert authorizer["AuthorizerUri"] == uri("<Function jwt Arn>")
    function = plain(get(doc, "AWS::Lambda::Function", "jwt").properties)
    assert function["Code"] == {"ZipFile": packages.source("jwt_authorizer"), "FileName": "index.py"}
    assert (function["Handler"], function["Environment"]["Variables"]) == (
        "index.handler",
        {"JWT_SECRET": "<Secret jwt Arn>"},
    )


@pytest.mark.parametrize("options", [{"runtime": "nodejs22.x"}, {"runtime": "python3.13", "handler": "index.main"}])
def test_a_package_wants_its_language(options: dict[str, Any]) -> None:
    found = problems(functions={"jwt": {**options, "code": {"package": "jwt_authorizer"}}})
    assert any(line.startswith("functions.jwt.code.package: 'jwt_authorizer' is Python") for line in found)


# HTTP APIs


def test_an_http_api_checks_tokens_itself() -> None:
    doc = document(
        http_apis={
            "api": {
                "authorizer": {"issuer": "https://id.example.com/", "audience": ["letters"]},
                "routes": {
                    "GET /letters/{id}": {"function": LETTERS, "scopes": ["letters:read"]},
                    "POST /login": {"function": AUTH, "authorize": False},
                    "$default": {"function": LETTERS},
                },
            }
        }
    )
    routes = {name: plain(props) for name, props in of(doc, f"{_HTTP}::Route").items()}
    assert {route["RouteKey"] for route in routes.values()} == {"GET /letters/{id}", "POST /login", "$default"}
    guarded = routes["api/GET /letters/{id}"]
    assert (guarded["AuthorizationType"], guarded["AuthorizationScopes"]) == ("JWT", ["letters:read"])
    assert guarded["Target"] == f"integrations/<Integration api/{LETTERS} IntegrationId>"
    assert routes["api/POST /login"]["AuthorizationType"] == "NONE"
    assert routes["api/$default"]["AuthorizationType"] == "JWT"
    assert set(of(doc, f"{_HTTP}::Integration")) == {f"api/{LETTERS}", f"api/{AUTH}"}
    authorizer = get(doc, f"{_HTTP}::Authorizer", "api/jwt").properties
    assert authorizer["JwtConfiguration"] == {"Issuer": "https://id.example.com/", "Audience": ["letters"]}
    permission = plain(get(doc, "AWS::Lambda::Permission", f"http_api.api/{AUTH}").properties)
    assert permission["SourceArn"].endswith(":<AWS AccountId>:<Api api ApiId>/*")


def test_the_stage_of_an_http_api() -> None:
    doc = document(
        http_apis={
            "api": {
                "routes": ROUTES,
                "throttle": {"burst": 20, "rate": 10},
                "cors": {"origins": ["https://app.example.com"]},
            }
        }
    )
    stage = plain(get(doc, f"{_HTTP}::Stage", "api").properties)
    assert (stage["StageName"], stage["AutoDeploy"]) == ("$default", True)
    assert stage["DefaultRouteSettings"] == {
        "DetailedMetricsEnabled": True,
        "ThrottlingBurstLimit": 20,
        "ThrottlingRateLimit": 10.0,
    }
    assert json.loads(stage["AccessLogSettings"]["Format"])["route"] == "$context.routeKey"
    cors = get(doc, f"{_HTTP}::Api", "api").properties["CorsConfiguration"]
    assert cors["AllowOrigins"] == ["https://app.example.com"]
    without = document(http_apis={"api": {"routes": ROUTES, "log": False}})
    assert get(without, f"{_HTTP}::Api", "api").properties["CorsConfiguration"] == {}
    assert get(without, f"{_HTTP}::Stage", "api").properties["AccessLogSettings"] == {}


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"authorizer": {"issuer": "id.example.com", "audience": ["a"]}}, "http_apis.api.authorizer.issuer: 'id.exa"),
        ({"routes": {"GET /a": {"function": LETTERS, "scopes": ["a"]}}}, "http_apis.api.routes.GET /a.scopes: need an"),
        ({"cors": {"origins": ["*"], "credentials": True}}, "http_apis.api.cors.origins: '*' does not go"),
    ],
)
def test_what_an_http_api_cannot_be(options: dict[str, Any], message: str) -> None:
    assert any(line.startswith(message) for line in problems(http_apis={"api": {"routes": ROUTES, **options}}))


def test_a_web_acl_does_not_stand_before_an_http_api() -> None:
    found = problems(http_apis={"api": {"routes": ROUTES}}, web_acls={"waf": {"for": ["http_api.api"]}})
    assert any("'http_api.api' cannot be protected by WAF" in line for line in found)


def test_a_name_of_its_own_leads_to_the_stage_and_an_alias_to_the_name() -> None:
    certificates = {"api": {"domain": "api.example.com", "zone": "zone.main"}}
    zones = {"main": {"domain": "example.com", "records": {"api": {"alias": "rest_api.api"}}}}

    def made(**more: Any) -> Document:
        domain = {"name": "api.example.com", "certificate": "certificate.api"}
        api = {"routes": ROUTES, "domain": {**domain, **more.pop("domain", {})}, **more}
        return document(rest_apis={"api": api}, certificates=certificates, zones=zones)

    doc = made()
    name = plain(get(doc, f"{_REST}::DomainName", "api").properties)
    assert name["RegionalCertificateArn"].startswith("<Certificate api") and "CertificateArn" not in name
    assert (name["DomainName"], name["EndpointConfiguration"]) == ("api.example.com", {"Types": ["REGIONAL"]})
    path = plain(get(doc, f"{_REST}::BasePathMapping", "api").properties)
    assert (path["BasePath"], path["Stage"]) == ("v1", "<Stage api StageName>")
    (record,) = [one for one in of(doc, "AWS::Route53::RecordSet").values() if "AliasTarget" in one]
    target = plain(record["AliasTarget"])
    assert target["DNSName"] == "<DomainName api RegionalDomainName>"
    assert target["HostedZoneId"] == "<DomainName api RegionalHostedZoneId>"
    assert get(made(domain={"base_path": ""}), f"{_REST}::BasePathMapping", "api").properties["BasePath"] == ""
    # The edge takes certificates of one region only.
    certificates["api"]["in_region"] = "us-east-1"
    edge = plain(get(made(endpoint="edge"), f"{_REST}::DomainName", "api").properties)
    assert edge["CertificateArn"].startswith("<Certificate api") and "RegionalCertificateArn" not in edge


def test_a_distribution_asks_an_api_by_the_name_that_aws_gave_it() -> None:
    api = {
        "routes": ROUTES,
        "domain": {"name": "api.example.com", "certificate": CERTIFICATE},
    }
    doc = document(rest_apis={"api": api}, distributions={"site": {"to": "rest_api.api"}})
    config = plain(get(doc, "AWS::CloudFront::Distribution", "site").properties)["DistributionConfig"]
    (origin,) = config["Origins"]
    assert origin["DomainName"] == "<RestApi api RestApiId>.execute-api.eu-west-1.amazonaws.com"


def test_a_template_of_all_of_it_is_one_that_aws_would_take() -> None:
    doc = document(
        rest_apis={
            "api": {
                "authorizer": {"function": JWT},
                "routes": {"POST /letters": {"function": LETTERS, "body": {"type": "object"}, "api_key": True}},
                "cors": {"origin": "https://app.example.com"},
                "domain": {
                    "name": "api.example.com",
                    "certificate": CERTIFICATE,
                },
                "throttle": {"burst": 1000, "rate": 500},
                "usage_plans": {"partners": {"quota": {"requests": 1000, "per": "day"}, "keys": ["acme"]}},
            }
        },
        http_apis={
            "public": {
                "authorizer": {"issuer": "https://id.example.com/", "audience": ["x"]},
                "cors": {"origins": ["https://app.example.com"]},
                "routes": {"GET /letters": {"function": LETTERS}},
            }
        },
        web_acls={
            "waf": {
                "for": ["rest_api.api"],
                "rate_limit": {"requests": 2000, "paths": ["/auth"]},
                "sql_injection": "block",
                "cross_site_scripting": "count",
                "block_addresses": ["192.0.2.0/24"],
                "allow_countries": ["DE"],
                "managed_rules": {"AWSManagedRulesCommonRuleSet": {"count_only": ["SizeRestrictions_BODY"]}},
            }
        },
    )
    template = export(doc, REGISTRY)["eu-west-1"]
    found = lint(json.dumps(template), config=ManualArgs(regions=["eu-west-1"]))
    assert [str(match) for match in found if match.rule.severity == "error"] == []


@pytest.mark.parametrize(
    ("section", "word", "metric"), [("rest_apis", "rest_api", "5XXError"), ("http_apis", "http_api", "5xx")]
)
def test_an_api_knows_its_rate_of_errors(section: str, word: str, metric: str) -> None:
    alarms = {"failing": {"rate": {"of": f"{word}.api"}, "above": 1}}
    doc = document(**{section: {"api": {"routes": ROUTES}}}, monitoring={"alarms": alarms})
    terms = {term["Id"]: term for term in plain(get(doc, "AWS::CloudWatch::Alarm", "failing").properties)["Metrics"]}
    assert terms["errors"]["MetricStat"]["Metric"]["MetricName"] == metric
    assert terms["total"]["MetricStat"]["Metric"]["MetricName"] == "Count"
