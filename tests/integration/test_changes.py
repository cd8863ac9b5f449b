"""social_analytics in production as its description changes: what moves, in which order, and what is refused.

The stack is converged once, and each test goes on from where the last one left it. Slow things are quick here, since it
is their order that counts.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from tests.integration.playbooks import Run, Stack
from tests.own_twin import own_twin

SCALE = 0.05
BALANCER, SERVICE = "social-analytics-alb", "backend-service"
GROUP = "social-analytics-backend-tg"


@pytest.fixture(scope="module")
def prod() -> Iterator[Stack]:
    """The production stack, converged."""
    with own_twin(SCALE) as twin:
        stack = Stack(twin, "prod")
        stack.play("site")
        yield stack


def _change(prod: Stack, *arguments: str, expect: int = 0, **sections: Any) -> Run:
    """Converge with some sections overridden."""
    variables = {"stack_overrides": sections, "stack_poll_interval": 0.1}
    return prod.play("site", "-e", json.dumps(variables), *arguments, expect=expect)


def _front(target_group: str = "") -> dict[str, Any]:
    """Sections with a load balancer `front` that the domain leads to."""
    route = {"to": f"service.{SERVICE}", **({"target_group": target_group} if target_group else {})}
    of = "load_balancer.front"
    return {
        "load_balancers": {"front": {"certificate": "main", "deletion_protection": False, "routes": [route]}},
        "zones": {"main": {"records": {"@": {"alias": of}}}},
        "monitoring": {
            "alarms": {
                "social-analytics-slow-responses": {"of": of},
                "social-analytics-error-rate": {"rate": {"of": of}},
            },
            "dashboards": {"social-analytics": {"of": [of, f"service.{SERVICE}"]}},
        },
    }


def _without_the_old(sections: dict[str, Any]) -> dict[str, Any]:
    return {**sections, "load_balancers": {**sections["load_balancers"], BALANCER: None}}


def _target_groups(prod: Stack) -> dict[str, list[str]]:
    """By their names, the names of the load balancers that use them."""
    found = prod.twin.client("elbv2").describe_target_groups()["TargetGroups"]
    return {one["TargetGroupName"]: [arn.split("/")[-2] for arn in one["LoadBalancerArns"]] for one in found}


def _registered(prod: Stack) -> list[dict[str, Any]]:
    """What the service registers its tasks with."""
    asked = {"cluster": "social-analytics-cluster", "services": [SERVICE]}
    (found,) = prod.twin.client("ecs").describe_services(**asked)["services"]
    return [
        {"group": one["targetGroupArn"].split("/")[-2], "port": one["containerPort"]} for one in found["loadBalancers"]
    ]


def test_zones_are_kept_while_data_stands_in_them(prod: Stack) -> None:
    run = _change(prod, expect=2, network={"zones": ["c", "d"]})
    assert "databases.main: DB subnet group social-analytics-db cannot leave us-east-1a and us-east-1b" in run.output
    assert "caches.main: cache subnet group social-analytics-redis cannot leave us-east-1a and us-east-1b" in run.output
    assert run.writes == []


def test_a_zone_comes_and_is_pruned_in_one_run(prod: Stack) -> None:
    ec2 = prod.twin.client("ec2")
    before = {one["SubnetId"] for one in ec2.describe_subnets()["Subnets"]}
    _change(prod, network={"zones": 3})
    assert len({one["SubnetId"] for one in ec2.describe_subnets()["Subnets"]} - before) == 3
    run = _change(prod, "-e", "prune=true")
    assert {one["SubnetId"] for one in ec2.describe_subnets()["Subnets"]} == before
    # Those who rely on the routes of the zone leave it first.
    left = max(run.writes.index(name) for name in ("ecs.UpdateService", "elbv2.SetSubnets"))
    assert left < run.writes.index("ec2.DisassociateRouteTable") < run.writes.index("ec2.DeleteSubnet")


def test_another_port_is_another_deployment_of_the_same_service(prod: Stack) -> None:
    run = _change(prod, services={SERVICE: {"port": 9000}})
    assert _registered(prod) == [{"group": GROUP, "port": 9000}]
    assert {action for name, action in run.effective().items() if "ECS" in name or "LoadBalancing" in name} == {
        "update"
    }
    # The old tasks are reached until the new ones serve.
    assert run.writes.index("ecs.UpdateService") < run.writes.index("ec2.RevokeSecurityGroupIngress")


def test_a_load_balancer_takes_the_place_of_another_in_two_runs(prod: Stack) -> None:
    run = _change(prod, expect=2, **_without_the_old(_front()))
    assert f"services.{SERVICE}: target group" in run.output
    assert f"is used by the load balancer {BALANCER}, and AWS lets only one use it" in run.output
    assert run.writes == []

    both = _front("backend-front")
    run = _change(prod, **both)
    assert _target_groups(prod) == {GROUP: [BALANCER], "backend-front": ["front"]}
    assert _registered(prod) == [{"group": GROUP, "port": 8000}, {"group": "backend-front", "port": 8000}]
    assert run.writes.index("ecs.UpdateService") < run.writes.index("route53.ChangeResourceRecordSets")

    _change(prod, "-e", "prune=true", "-e", "release_protection=true", **_without_the_old(both))
    assert _target_groups(prod) == {"backend-front": ["front"]}
    assert _registered(prod) == [{"group": "backend-front", "port": 8000}]
    balancers = prod.twin.client("elbv2").describe_load_balancers()["LoadBalancers"]
    assert [one["LoadBalancerName"] for one in balancers] == ["front"]
    again = _change(prod, "--check", **_without_the_old(both))
    assert again.effective() == {}


def test_a_capacity_provider_goes_when_the_services_have_left_it(prod: Stack) -> None:
    cluster = "social-analytics-cluster"

    def providers() -> list[str]:
        (found,) = prod.twin.client("ecs").describe_clusters(clusters=[cluster])["clusters"]
        return sorted(found["capacityProviders"])

    _change(prod)
    assert providers() == ["FARGATE", "FARGATE_SPOT"]
    run = _change(prod, clusters={cluster: {"capacity": None}})
    assert providers() == ["FARGATE"]
    begun, end = (n for n, name in enumerate(run.writes) if name == "ecs.PutClusterCapacityProviders")
    assert begun < run.writes.index("ecs.UpdateService") < end
    assert _change(prod, "--check", clusters={cluster: {"capacity": None}}).effective() == {}


def test_the_logs_of_a_service_outlive_the_name_of_its_container(prod: Stack) -> None:
    run = _change(prod, expect=2, services={SERVICE: {"container": "other"}})
    assert "its logs would go with it if /ecs/social-analytics-other took its place" in run.output
    assert run.writes == []
    run = _change(prod, services={SERVICE: {"container": "other", "log_group": "/ecs/social-analytics-backend"}})
    assert "logs.DeleteLogGroup" not in run.writes
