"""How answers of Elastic Load Balancing become properties, and which of them mean the same."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.stackwright.aws.plugins.module_utils.engine.api import ApiError
from ansible_collections.stackwright.aws.plugins.module_utils.engine.diff import differs
from ansible_collections.stackwright.aws.plugins.module_utils.engine.kind import (
    Call,
    Neighbours,
    Phase,
    Scope,
    Work,
)
from ansible_collections.stackwright.aws.plugins.module_utils.engine.values import Address, Unknown
from ansible_collections.stackwright.aws.plugins.module_utils.kinds.elasticloadbalancingv2 import (
    KINDS,
    LISTENER,
    LISTENER_CERTIFICATE,
    LISTENER_RULE,
    LOAD_BALANCER,
    TARGET_GROUP,
)
from ansible_collections.stackwright.aws.plugins.module_utils.kinds.elasticloadbalancingv2.actions import (
    normalise_actions,
    request_actions,
)
from tests.unit.kinds.canned import CannedApi, scope

ARN = "arn:aws:elasticloadbalancing:us-east-1:123456789012"
BLUE, GREEN = f"{ARN}:targetgroup/blue/0001", f"{ARN}:targetgroup/green/0002"
LISTENER_ARN = f"{ARN}:listener/app/web/50dc/f2f7"

BALANCER: dict[str, Any] = {
    "LoadBalancerArn": f"{ARN}:loadbalancer/app/web/50dc",
    "LoadBalancerName": "web",
    "DNSName": "web-1.us-east-1.elb.amazonaws.com",
    "CanonicalHostedZoneId": "Z35SXDOTRQ7X7K",
    "Type": "application",
    "Scheme": "internet-facing",
    "State": {"Code": "active"},
    "SecurityGroups": ["sg-1"],
    "IpAddressType": "ipv4",
    "AvailabilityZones": [
        {"ZoneName": "us-east-1a", "SubnetId": "subnet-a", "LoadBalancerAddresses": []},
        {
            "ZoneName": "us-east-1b",
            "SubnetId": "subnet-b",
            "LoadBalancerAddresses": [{"AllocationId": "eipalloc-1", "IpAddress": "198.51.100.1"}],
        },
    ],
    "Attributes": [
        {"Key": "deletion_protection.enabled", "Value": "true"},
        {"Key": "idle_timeout.timeout_seconds", "Value": "60"},
    ],
    "Tags": [{"Key": "stackwright:stack", "Value": "shop-prod"}],
}


def test_a_load_balancer_is_read_in_cloudformations_words() -> None:
    found = LOAD_BALANCER.parse(BALANCER)
    assert found.properties["Subnets"] == ["subnet-a", "subnet-b"]
    assert found.properties["SubnetMappings"] == [
        {"SubnetId": "subnet-a"},
        {"SubnetId": "subnet-b", "AllocationId": "eipalloc-1"},
    ]
    assert found.attributes["LoadBalancerFullName"] == "app/web/50dc"
    assert found.attributes["CanonicalHostedZoneID"] == "Z35SXDOTRQ7X7K"
    assert (found.stack, found.phase) == ("shop-prod", Phase.READY)


@pytest.mark.parametrize(("value", "protected"), [("true", True), ("false", False)])
def test_the_guard_among_the_attributes_protects(value: str, protected: bool) -> None:
    guard = {"Key": "deletion_protection.enabled", "Value": value}
    assert LOAD_BALANCER.parse({**BALANCER, "Attributes": [guard]}).protected is protected


@pytest.mark.parametrize(
    ("code", "phase"),
    [
        ("provisioning", Phase.BUSY),
        ("active", Phase.READY),
        ("active_impaired", Phase.READY),
        ("failed", Phase.FAILED),
    ],
)
def test_states_of_a_load_balancer(code: str, phase: Phase) -> None:
    found = LOAD_BALANCER.parse({**BALANCER, "State": {"Code": code, "Reason": "because"}})
    assert (found.phase, found.reason) == (phase, "because")


@pytest.mark.parametrize(
    ("stated", "differ"),
    [
        ([{"Key": "idle_timeout.timeout_seconds", "Value": 60}], False),
        ([{"Key": "idle_timeout.timeout_seconds", "Value": "61"}], True),
        ([{"Key": "deletion_protection.enabled", "Value": True}], False),
        ([{"Key": "routing.http2.enabled", "Value": True}], True),
    ],
)
def test_only_the_stated_attributes_are_compared(stated: list[dict[str, Any]], differ: bool) -> None:
    prop = LOAD_BALANCER.properties["LoadBalancerAttributes"]
    assert differs(prop, stated, BALANCER["Attributes"]) is differ


def test_a_target_groups_names() -> None:
    found = TARGET_GROUP.parse({"TargetGroupArn": BLUE, "TargetGroupName": "blue"})
    assert (found.id, found.attributes["TargetGroupFullName"]) == (BLUE, "targetgroup/blue/0001")


def test_a_target_in_any_zone_need_not_say_so() -> None:
    answered = [{"Id": "10.0.0.1", "Port": 80, "AvailabilityZone": "all"}]
    assert not differs(TARGET_GROUP.properties["Targets"], [{"Id": "10.0.0.1", "Port": 80}], answered)


def forward(*groups: tuple[str, int | None], **more: Any) -> dict[str, Any]:
    targets = [{"TargetGroupArn": arn} | ({} if weight is None else {"Weight": weight}) for arn, weight in groups]
    return {"Type": "forward", "ForwardConfig": {"TargetGroups": targets, **more}}


#: As AWS answers a plain forward: both forms, with every default.
ANSWERED = {
    "Type": "forward",
    "TargetGroupArn": BLUE,
    "Order": 1,
    "ForwardConfig": {
        "TargetGroups": [{"TargetGroupArn": BLUE, "Weight": 1}],
        "TargetGroupStickinessConfig": {"Enabled": False},
    },
}
SPLIT = forward((GREEN, 10), (BLUE, 90), TargetGroupStickinessConfig={"Enabled": False})
REDIRECT = {
    "Type": "redirect",
    "RedirectConfig": {
        "Protocol": "HTTPS",
        "Port": "443",
        "Host": "#{host}",
        "Path": "/#{path}",
        "Query": "#{query}",
        "StatusCode": "HTTP_301",
    },
}
OIDC = {"Issuer": "https://id.example.com", "ClientId": "me", "Scope": "openid", "SessionTimeout": 604800}


@pytest.mark.parametrize(
    ("stated", "answered"),
    [
        pytest.param({"Type": "forward", "TargetGroupArn": BLUE}, ANSWERED, id="short form"),
        pytest.param(forward((BLUE, None)), ANSWERED, id="long form without a weight"),
        pytest.param(forward((BLUE, 1)), ANSWERED, id="long form"),
        pytest.param(forward((BLUE, 90), (GREEN, 10)), SPLIT, id="order of target groups"),
        pytest.param(forward((BLUE, None), (GREEN, None)), SPLIT, id="weights that somebody else moves"),
        pytest.param(
            {
                "Type": "redirect",
                "RedirectConfig": {"Protocol": "HTTPS", "Port": 443, "StatusCode": "HTTP_301"},
            },
            REDIRECT,
            id="parts that a redirect keeps",
        ),
        pytest.param(
            {"Type": "fixed-response", "FixedResponseConfig": {"StatusCode": 404}},
            {
                "Type": "fixed-response",
                "FixedResponseConfig": {"StatusCode": "404", "ContentType": "text/plain", "MessageBody": ""},
            },
            id="fixed response",
        ),
        pytest.param(
            {
                "Type": "authenticate-oidc",
                "AuthenticateOidcConfig": {**OIDC, "ClientSecret": "s3cret", "SessionTimeout": "604800"},
            },
            {"Type": "authenticate-oidc", "AuthenticateOidcConfig": OIDC},
            id="a client secret is never answered",
        ),
    ],
)
def test_actions_that_mean_the_same_are_equal(stated: dict[str, Any], answered: dict[str, Any]) -> None:
    assert not differs(LISTENER.properties["DefaultActions"], [stated], [answered])
    assert not differs(LISTENER_RULE.properties["Actions"], [stated], [answered])


@pytest.mark.parametrize(
    ("stated", "answered"),
    [
        pytest.param({"Type": "forward", "TargetGroupArn": GREEN}, ANSWERED, id="another target group"),
        pytest.param(forward((BLUE, 1), (GREEN, 0)), ANSWERED, id="a target group more"),
        pytest.param({"Type": "forward", "TargetGroupArn": BLUE}, SPLIT, id="a target group less"),
        pytest.param(forward((BLUE, 50), (GREEN, 50)), SPLIT, id="other weights"),
        pytest.param(
            forward((BLUE, 1), TargetGroupStickinessConfig={"Enabled": True, "DurationSeconds": 60}),
            ANSWERED,
            id="stickiness",
        ),
        pytest.param(
            {"Type": "redirect", "RedirectConfig": {"Port": "8443", "StatusCode": "HTTP_301"}}, REDIRECT, id="a port"
        ),
        pytest.param({"Type": "forward", "TargetGroupArn": BLUE}, REDIRECT, id="another type"),
    ],
)
def test_actions_that_mean_something_else_differ(stated: dict[str, Any], answered: dict[str, Any]) -> None:
    assert differs(LISTENER.properties["DefaultActions"], [stated], [answered])


def test_actions_stand_in_their_order() -> None:
    last, first = {**ANSWERED, "Order": 2}, {"Type": "authenticate-oidc", "Order": 1, "AuthenticateOidcConfig": OIDC}
    assert [action["Type"] for action in normalise_actions([last, first])] == ["authenticate-oidc", "forward"]


def sent_weights(actions: list[dict[str, Any]]) -> dict[str, Any]:
    return {group["TargetGroupArn"]: group.get("Weight") for group in actions[0]["ForwardConfig"]["TargetGroups"]}


UNWEIGHTED = [forward((BLUE, None), (GREEN, None))]
INITIAL = [{"TargetGroupArn": BLUE, "Weight": 100}, {"TargetGroupArn": GREEN, "Weight": 0}]


@pytest.mark.parametrize(
    ("current", "initial", "weights"),
    [
        pytest.param(None, None, {BLUE: None, GREEN: None}, id="new"),
        pytest.param(None, INITIAL, {BLUE: 100, GREEN: 0}, id="new, with weights to begin with"),
        pytest.param([SPLIT], INITIAL, {BLUE: 90, GREEN: 10}, id="moved since"),
        pytest.param([forward((BLUE, 90))], INITIAL, {BLUE: 90, GREEN: 0}, id="a target group joins"),
    ],
)
def test_an_update_keeps_the_weights_that_it_does_not_state(
    current: Any, initial: Any, weights: dict[str, Any]
) -> None:
    assert sent_weights(request_actions(UNWEIGHTED, current, initial)) == weights


def test_a_stated_weight_wins() -> None:
    assert sent_weights(request_actions([forward((BLUE, 5), (GREEN, 95))], [SPLIT], INITIAL)) == {BLUE: 5, GREEN: 95}


def test_a_session_timeout_is_sent_as_a_number() -> None:
    stated = {"Type": "authenticate-oidc", "AuthenticateOidcConfig": {**OIDC, "SessionTimeout": "3600"}}
    assert request_actions([stated])[0]["AuthenticateOidcConfig"]["SessionTimeout"] == 3600


@pytest.mark.parametrize(
    ("stated", "answered", "differ"),
    [
        pytest.param(
            {"Field": "path-pattern", "Values": ["/api/*"]},
            {"Field": "path-pattern", "Values": ["/api/*"], "PathPatternConfig": {"Values": ["/api/*"]}},
            False,
            id="short form",
        ),
        pytest.param(
            {"Field": "host-header", "HostHeaderConfig": {"Values": ["b.example.com", "a.example.com"]}},
            {
                "Field": "host-header",
                "Values": ["a.example.com", "b.example.com"],
                "HostHeaderConfig": {"Values": ["a.example.com", "b.example.com"]},
            },
            False,
            id="order of values",
        ),
        pytest.param(
            {"Field": "query-string", "QueryStringConfig": {"Values": [{"Key": "v", "Value": "1"}]}},
            {"Field": "query-string", "QueryStringConfig": {"Values": [{"Key": "v", "Value": "1"}]}},
            False,
            id="a field with only one form",
        ),
        pytest.param(
            {"Field": "path-pattern", "Values": ["/api/*"]},
            {"Field": "path-pattern", "Values": ["/v2/*"], "PathPatternConfig": {"Values": ["/v2/*"]}},
            True,
            id="another value",
        ),
        pytest.param(
            {"Field": "path-pattern", "Values": ["/api/*"]},
            {"Field": "path-pattern", "PathPatternConfig": {"Values": ["/api/*", "/v2/*"]}},
            True,
            id="a value less",
        ),
    ],
)
def test_conditions(stated: dict[str, Any], answered: dict[str, Any], differ: bool) -> None:
    assert differs(LISTENER_RULE.properties["Conditions"], [stated], [answered]) is differ


def test_a_rule_knows_its_listener_and_its_priority() -> None:
    arn = f"{ARN}:listener-rule/app/web/50dc/f2f7/9683"
    found = LISTENER_RULE.parse({"RuleArn": arn, "Priority": "10", "Conditions": [], "Actions": []})
    assert (found.properties["ListenerArn"], found.properties["Priority"]) == (LISTENER_ARN, 10)


class Rules:
    """One listener's rules: `set_rule_priorities` refuses a priority that another rule keeps."""

    region, account, partition = "us-east-1", "123456789012", "aws"

    def __init__(self, **places: int) -> None:
        self.places = {f"{ARN}:listener-rule/app/web/50dc/f2f7/{name}": place for name, place in places.items()}

    def call(
        self, service: str, operation: str, params: dict[str, Any], *, region: str = "", once: bool = False
    ) -> Any:
        moves = {move["RuleArn"]: move["Priority"] for move in params["RulePriorities"]}
        after = self.places | moves
        if len(set(after.values())) < len(after):
            raise ApiError("PriorityInUse", "Priority is currently in use")
        self.places = after
        return {}

    def pages(self, service: str, operation: str, params: dict[str, Any], items: str, *, region: str = "") -> Any:
        default = {"RuleArn": "default", "Priority": "default", "IsDefault": True}
        return [*({"RuleArn": arn, "Priority": str(place)} for arn, place in self.places.items()), default]


def move(rules: Rules, name: str, place: int) -> None:
    arn = f"{ARN}:listener-rule/app/web/50dc/f2f7/{name}"
    work = Work(Address(LISTENER_RULE.type, name), {"Priority": place}, rules)
    work.current = LISTENER_RULE.parse({"RuleArn": arn, "Priority": str(rules.places[arn])})
    step = next(update.step for update in LISTENER_RULE.updates if "Priority" in update.properties)
    assert callable(step)
    step(work)


@pytest.mark.parametrize(
    "wanted",
    [{"a": 40}, {"a": 20, "b": 10}, {"a": 20, "b": 30, "c": 10}, {"c": 10, "b": 30, "a": 20}],
    ids=["a free place", "two change places", "three move round", "three move round in another order"],
)
def test_rules_can_change_places(wanted: dict[str, int]) -> None:
    rules = Rules(a=10, b=20, c=30)
    for name, place in wanted.items():
        move(rules, name, place)
    places = {arn.rsplit("/", 1)[1]: place for arn, place in rules.places.items()}
    assert places == {"a": 10, "b": 20, "c": 30} | wanted


class Balancers:
    """Load balancers of several owners; what describe_tags is asked for is remembered."""

    region, account, partition = "us-east-1", "123456789012", "aws"

    def __init__(self, count: int) -> None:
        self.items = [
            {"LoadBalancerArn": f"{ARN}:loadbalancer/app/lb-{number}/1", "LoadBalancerName": f"lb-{number}"}
            for number in range(count)
        ]
        self.asked: list[str] = []

    def call(
        self, service: str, operation: str, params: dict[str, Any], *, region: str = "", once: bool = False
    ) -> Any:
        self.asked.append(operation)
        if operation == "describe_tags":
            assert len(params["ResourceArns"]) <= 20
            return {"TagDescriptions": [{"ResourceArn": arn, "Tags": []} for arn in params["ResourceArns"]]}
        return {"Attributes": []}

    def pages(self, service: str, operation: str, params: dict[str, Any], items: str, *, region: str = "") -> Any:
        self.asked.append(operation)
        if operation == "get_resources":
            return [{"ResourceARN": item["LoadBalancerArn"], "Tags": []} for item in self.items[:25]]
        return self.items


def test_only_load_balancers_of_concern_are_read_and_their_tags_in_batches() -> None:
    cloud = Balancers(60)
    scope = Scope(api=cloud, stack="shop-prod", region="us-east-1", wanted=({"Name": "lb-59"}, {"Name": "new"}))
    found = [item["LoadBalancerName"] for item in LOAD_BALANCER.list(scope)]
    assert found == [*(f"lb-{number}" for number in range(25)), "lb-59"]
    assert cloud.asked.count("describe_tags") == 2
    assert cloud.asked.count("describe_load_balancer_attributes") == 26


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.type.rsplit("::", 1)[1])
def test_every_kind_can_be_created_deleted_and_tagged(kind: Any) -> None:
    assert kind.create and kind.delete
    assert bool(kind.tag and kind.untag) == (kind.tags is not None)


# What others forbid


def test_a_target_group_that_another_load_balancer_uses_is_refused() -> None:
    balancer = LOAD_BALANCER.parse(BALANCER)
    arns = [balancer.id]
    used = TARGET_GROUP.parse({"TargetGroupArn": BLUE, "TargetGroupName": "blue", "LoadBalancerArns": arns})
    unused = TARGET_GROUP.parse({"TargetGroupArn": BLUE, "TargetGroupName": "blue", "LoadBalancerArns": []})

    def refusals(found: Any, taken_for: str, wanted: str | None = "front") -> list[str]:
        address = Address(LOAD_BALANCER.type, taken_for) if taken_for else None
        neighbours = Neighbours(lambda kind: [(balancer, address)] if kind == LOAD_BALANCER.type else [])
        assert TARGET_GROUP.refuse_for_others is not None
        return list(TARGET_GROUP.refuse_for_others({"LoadBalancer": wanted} if wanted else {}, found, neighbours))

    # Not described any more, or described as another one.
    for taken_for in ("", "web"):
        (why,) = refusals(used, taken_for)
        assert "is used by the load balancer web" in why
        assert "set `target_group` of its routes" in why
    assert refusals(used, "front") == []
    assert refusals(unused, "") == []
    assert refusals(used, "", None) == []


def test_a_target_group_in_use_is_not_made_anew_under_its_name() -> None:
    item = {"TargetGroupArn": BLUE, "TargetGroupName": "blue", "Protocol": "HTTP", "Port": 80, "VpcId": "vpc-1"}
    found, user = TARGET_GROUP.parse(item), Address(LISTENER.type, "web/443")

    def refusals(*users: Address, **desired: Any) -> list[str]:
        assert TARGET_GROUP.refuse_for_others is not None
        stated = {"Name": "blue", "Protocol": "HTTP", "Port": 80, "VpcId": "vpc-1", **desired}
        return list(TARGET_GROUP.refuse_for_others(stated, found, Neighbours(lambda _kind: [], users)))

    assert refusals(user) == []
    (why,) = refusals(user, Protocol="HTTPS")
    assert "Protocol from HTTP to HTTPS while it is used by AWS::ElasticLoadBalancingV2::Listener web/443" in why
    assert "`target_group.name`" in why
    assert len(refusals(user, Port=81)) == 1
    assert refusals(Port=81) == []
    assert refusals(user, Port=81, Name="green") == []
    assert refusals(user, Port=81, VpcId=Unknown("vpc")) == []


def test_a_port_that_only_a_new_target_group_has_is_sent_as_the_port() -> None:
    create = TARGET_GROUP.create
    assert isinstance(create, Call)
    work = Work(Address(TARGET_GROUP.type, "api"), {"Name": "api", "InitialPort": 8000}, CannedApi())
    assert create.params(work)["Port"] == 8000


def test_what_a_listener_serves_beside_its_default_certificate() -> None:
    """The default one is no part, and neither is its double, which cannot be removed. Plain listeners are not asked."""
    answered = [("a", True), ("a", False), ("b", False), ("c", False)]
    api = CannedApi(
        {
            "elbv2.describe_listener_certificates": {
                "Certificates": [{"CertificateArn": arn, "IsDefault": default} for arn, default in answered]
            }
        }
    )
    listeners = [
        LISTENER.parse({"ListenerArn": f"{LISTENER_ARN}{number}", "Protocol": protocol, "DefaultActions": []})
        for number, protocol in enumerate(("HTTP", "HTTPS"))
    ]
    found = [
        LISTENER_CERTIFICATE.parse(item)
        for item in LISTENER_CERTIFICATE.list(scope(api, parents={LISTENER.type: listeners}))
    ]
    assert [one.id for one in found] == [f"{LISTENER_ARN}1|b", f"{LISTENER_ARN}1|c"]
    assert [params for _name, params in api.asked] == [{"ListenerArn": f"{LISTENER_ARN}1"}]
    (again,) = LISTENER_CERTIFICATE.list(scope(api, ids=(found[1].id,)))
    assert LISTENER_CERTIFICATE.parse(again) == found[1]


@pytest.mark.parametrize("certificates", [[], [{"CertificateArn": Unknown("x")}], [{"CertificateArn": "a"}] * 2])
def test_a_listener_certificate_is_known_by_its_one_certificate(certificates: list[dict[str, Any]]) -> None:
    stated = {"ListenerArn": LISTENER_ARN, "Certificates": certificates}
    assert LISTENER_CERTIFICATE.natural_key(stated) is None
    one = {**stated, "Certificates": [{"CertificateArn": "a"}]}
    assert LISTENER_CERTIFICATE.natural_key(one) == (LISTENER_ARN, "a")
