"""Target groups: one for each load balancer that routes to something, since AWS lets only one use it."""

from __future__ import annotations

from typing import Any

import pytest

from tests.unit.tiers.build import document, get, of, plain, problems

CERTIFICATE = "arn:aws:acm:eu-west-1:111122223333:certificate/12345678-1234-1234-1234-123456789012"
LISTENER = "AWS::ElasticLoadBalancingV2::Listener"
TARGET_GROUP = "AWS::ElasticLoadBalancingV2::TargetGroup"
MONITORING = {
    "notify": ["ops"],
    "alarms": {"busy": {"of": "fleet.api", "metric": "requests_per_target", "above": 9}},
}
GROUP, SERVICE = "AWS::AutoScaling::AutoScalingGroup", "AWS::ECS::Service"


def balancers(**routes: dict[str, Any] | list[dict[str, Any]]) -> dict[str, Any]:
    return {
        name: {"certificate": CERTIFICATE, "routes": its if isinstance(its, list) else [its]}
        for name, its in routes.items()
    }


def service(**routes: Any) -> dict[str, Any]:
    options = {"cluster": "main", "image": "nginx", "port": 8000}
    return {"clusters": {"main": {}}, "services": {"api": options}, "load_balancers": balancers(**routes)}


def fleet(**routes: Any) -> dict[str, Any]:
    options = {
        "instance_type": "t3.medium",
        "port": 3000,
        "agents": ["codedeploy"],
        "instances": {"desired": 1, "min": 1, "max": 2, "target": {"requests_per_target": 100}},
    }
    return {"fleets": {"api": options}, "load_balancers": balancers(**routes)}


def forwarded(doc: Any, balancer: str) -> str:
    (action,) = plain(get(doc, LISTENER, f"{balancer}/443").properties)["DefaultActions"]
    found: str = action["TargetGroupArn"]
    return found


def test_a_service_behind_one_load_balancer_has_one_target_group_of_its_name() -> None:
    doc = document(**service(edge=[{"to": "service.api"}, {"to": "service.api", "paths": ["/v2/*"]}]))
    (name,) = of(doc, TARGET_GROUP)
    made = of(doc, TARGET_GROUP)[name]
    assert (name, made["Name"], made["LoadBalancer"]) == ("api", "api-tg", "edge")
    assert [one["TargetGroupArn"] for one in plain(of(doc, SERVICE)["api"])["LoadBalancers"]] == [
        "<TargetGroup api TargetGroupArn>"
    ]


def test_a_service_that_is_not_routed_to_has_no_target_group() -> None:
    doc = document(**service(edge=[]))
    assert of(doc, TARGET_GROUP) == {}
    # Stated, so that it leaves the one that it had.
    assert of(doc, SERVICE)["api"]["LoadBalancers"] == []
    assert "HealthCheckGracePeriodSeconds" not in of(doc, SERVICE)["api"]


def test_only_instances_have_the_port_of_their_target_group() -> None:
    (tasks,) = of(document(**service(edge={"to": "service.api"})), TARGET_GROUP).values()
    assert (tasks["InitialPort"], tasks.get("Port")) == (8000, None)
    (instances,) = of(document(**fleet(edge={"to": "fleet.api"})), TARGET_GROUP).values()
    assert (instances["Port"], instances.get("InitialPort")) == (3000, None)


def test_a_second_load_balancer_has_a_target_group_of_its_own() -> None:
    # Whichever is written down first.
    doc = document(
        **service(admin={"to": "service.api", "target_group": "api-admin"}, edge={"to": "service.api"}),
    )
    groups = of(doc, TARGET_GROUP)
    assert {name: (made["Name"], made["LoadBalancer"]) for name, made in groups.items()} == {
        "api": ("api-tg", "edge"),
        "api/api-admin": ("api-admin", "admin"),
    }
    assert {name: made["InitialPort"] for name, made in groups.items()} == {"api": 8000, "api/api-admin": 8000}
    assert forwarded(doc, "edge") == "<TargetGroup api TargetGroupArn>"
    assert forwarded(doc, "admin") == "<TargetGroup api/api-admin TargetGroupArn>"
    assert [one["TargetGroupArn"] for one in plain(of(doc, SERVICE)["api"])["LoadBalancers"]] == [
        "<TargetGroup api TargetGroupArn>",
        "<TargetGroup api/api-admin TargetGroupArn>",
    ]
    assert {need.name for need in get(doc, SERVICE, "api").depends_on} >= {"edge/443", "admin/443"}


def test_a_rule_forwards_to_the_target_group_of_its_route() -> None:
    doc = document(**service(edge={"to": "service.api", "target_group": "api-v2", "paths": ["/v2/*"]}))
    (rule,) = of(doc, "AWS::ElasticLoadBalancingV2::ListenerRule").values()
    assert plain(rule)["Actions"][0]["TargetGroupArn"] == "<TargetGroup api/api-v2 TargetGroupArn>"
    assert list(of(doc, TARGET_GROUP)) == ["api/api-v2"]


def test_what_others_say_of_a_fleets_target_group_is_of_one_load_balancer() -> None:
    doc = document(
        **fleet(admin={"to": "fleet.api", "target_group": "api-admin"}, edge={"to": "fleet.api"}),
        topics={"ops": {}},
        monitoring={
            "notify": ["ops"],
            "alarms": {"hosts": {"of": "fleet.api", "metric": "requests_per_target", "above": 9}},
        },
        codedeploy_applications={"app": {"groups": {"all": {"fleets": ["fleet.api"]}}}},
    )
    arns = plain(of(doc, GROUP)["api"])["TargetGroupARNs"]
    assert arns == ["<TargetGroup api TargetGroupArn>", "<TargetGroup api/api-admin TargetGroupArn>"]
    (alarm,) = of(doc, "AWS::CloudWatch::Alarm").values()
    dimensions = {one["Name"]: one["Value"] for one in plain(alarm)["Dimensions"]}
    assert dimensions == {
        "LoadBalancer": "<LoadBalancer edge LoadBalancerFullName>",
        "TargetGroup": "<TargetGroup api TargetGroupFullName>",
    }
    (deployed,) = of(doc, "AWS::CodeDeploy::DeploymentGroup").values()
    assert [one["Name"] for one in plain(deployed)["LoadBalancerInfo"]["TargetGroupInfoList"]] == [
        "<TargetGroup api TargetGroupName>",
        "<TargetGroup api/api-admin TargetGroupName>",
    ]
    (policy,) = (plain(one) for one in of(doc, "AWS::AutoScaling::ScalingPolicy").values())
    measured = policy["TargetTrackingConfiguration"]["PredefinedMetricSpecification"]
    assert measured["ResourceLabel"] == "<LoadBalancer edge LoadBalancerFullName>/<TargetGroup api TargetGroupFullName>"


def test_a_fleet_behind_no_other_target_group_is_measured_by_the_routes_own() -> None:
    doc = document(
        **fleet(admin={"to": "fleet.api", "target_group": "api-admin"}),
        topics={"ops": {}},
        monitoring={
            "notify": ["ops"],
            "alarms": {"hosts": {"of": "fleet.api", "metric": "requests_per_target", "above": 9}},
        },
    )
    (alarm,) = of(doc, "AWS::CloudWatch::Alarm").values()
    dimensions = {one["Name"]: one["Value"] for one in plain(alarm)["Dimensions"]}
    assert dimensions["TargetGroup"] == "<TargetGroup api/api-admin TargetGroupFullName>"


@pytest.mark.parametrize(
    ("routes", "message"),
    [
        (
            {"edge": {"to": "service.api"}, "admin": {"to": "service.api"}},
            "load_balancers.admin.routes[0].target_group: is not set: edge routes to service.api through the same "
            "target group, and AWS lets only one load balancer use it; name one of this load balancer's own, e.g. "
            "api-admin",
        ),
        (
            {name: {"to": "service.api", "target_group": "one"} for name in ("edge", "admin")},
            "load_balancers.admin.routes[0].target_group: one: edge routes to service.api through the same target "
            "group, and AWS lets only one load balancer use it; name one of this load balancer's own, e.g. api-admin",
        ),
        (
            {
                "edge": {"to": "service.api", "target_group": "one"},
                "admin": [
                    {"to": "service.api", "target_group": "two"},
                    {"to": "service.web", "target_group": "one", "paths": ["/web"]},
                ],
            },
            "load_balancers.admin.routes[1].target_group: one: a route to service.api names it; take another",
        ),
        (
            {f"edge{n}": {"to": "service.api", "target_group": f"api-{n}"} for n in range(6)},
            "services.api: 6 target groups are routed to, and ECS takes 5; take routes to it out",
        ),
    ],
)
def test_target_groups_that_aws_would_refuse_are_refused(routes: dict[str, Any], message: str) -> None:
    described = service(**routes)
    described["services"]["web"] = described["services"]["api"]
    assert message in problems(**described)


def test_a_record_leads_nobody_to_a_load_balancer_that_serves_nothing_yet() -> None:
    doc = document(
        **service(edge={"to": "service.api"}),
        zones={"main": {"domain": "example.com", "records": {"@": {"alias": "load_balancer.edge"}}}},
    )
    (record,) = [one for one in doc.resources.values() if one.kind == "AWS::Route53::RecordSet"]
    assert {need.kind for need in record.depends_on} == {SERVICE}
