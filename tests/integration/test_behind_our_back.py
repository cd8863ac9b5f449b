"""What others do to a stack: a release by another tool, a listener by hand."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.integration.standing import Standing, effective, standing

FAMILY, CLUSTER, SERVICE = "social-analytics-backend", "social-analytics-cluster", "backend-service"


@pytest.fixture(scope="module")
def prod() -> Iterator[Standing]:
    with standing("social_analytics", "prod") as stack:
        yield stack


def running(stack: Standing) -> str:
    """The revision that the service is being brought to."""
    client = stack.account.twin.client("ecs")
    (service,) = client.describe_services(cluster=CLUSTER, services=[SERVICE])["services"]
    return str(service["taskDefinition"])


def release(stack: Standing, image: str) -> str:
    """Register a revision and let the service run it, as a pipeline does."""
    client = stack.account.twin.client("ecs")
    there = client.describe_task_definition(taskDefinition=FAMILY)["taskDefinition"]
    kept = ("cpu", "memory", "networkMode", "requiresCompatibilities", "executionRoleArn", "taskRoleArn")
    containers = [{**container, "image": image} for container in there["containerDefinitions"]]
    made = client.register_task_definition(
        family=FAMILY, containerDefinitions=containers, **{name: there[name] for name in kept}
    )
    revision = str(made["taskDefinition"]["taskDefinitionArn"])
    client.update_service(cluster=CLUSTER, service=SERVICE, taskDefinition=revision)
    return revision


def test_a_release_by_another_tool_stays_where_no_image_is_described(prod: Standing) -> None:
    assert effective(prod.converge(check=True)) == {}
    revision = release(prod, "registry.example.com/backend:1")
    planned = prod.converge(check=True)
    assert effective(planned) == {}
    (note,) = (note for note in planned.plan.notes if "did not register" in note)
    assert f"runs {revision.rsplit('/', 1)[1]}" in note
    # Another size is registered for the next release; what runs goes on.
    bigger: dict[str, Any] = {"services": {SERVICE: {"memory": 2048}}}
    changed = prod.converge(overrides=bigger)
    assert effective(changed) == {"AWS::ECS::TaskDefinition backend-service": "update"}
    assert running(prod) == revision
    assert effective(prod.converge(check=True, overrides=bigger)) == {}


def test_a_release_by_another_tool_is_set_back_where_the_image_is_described(prod: Standing) -> None:
    stated: dict[str, Any] = {"services": {SERVICE: {"image": "registry.example.com/backend:2"}}}
    prod.converge(overrides=stated)
    described = running(prod)
    assert effective(prod.converge(check=True, overrides=stated)) == {}
    revision = release(prod, "registry.example.com/backend:3")
    drift = prod.converge(check=True, overrides=stated)
    assert effective(drift) == {"AWS::ECS::Service backend-service": "update"}
    (change,) = drift.plan.effective
    assert (change.before, change.after) == ({"TaskDefinition": revision}, {"TaskDefinition": described})
    prod.converge(overrides=stated)
    assert running(prod) == described
    assert effective(prod.converge(check=True, overrides=stated)) == {}


def test_a_listener_that_somebody_added_goes(prod: Standing) -> None:
    client = prod.account.twin.client("elbv2")
    before = effective(prod.converge(check=True))
    (balancer,) = client.describe_load_balancers()["LoadBalancers"]
    arn = balancer["LoadBalancerArn"]
    answer = {"StatusCode": "200", "ContentType": "text/plain", "MessageBody": "hello"}
    made = client.create_listener(
        LoadBalancerArn=arn,
        Port=8081,
        Protocol="HTTP",
        DefaultActions=[{"Type": "fixed-response", "FixedResponseConfig": answer}],
    )["Listeners"][0]["ListenerArn"]
    planned = effective(prod.converge(check=True))
    assert planned == {**before, f"AWS::ElasticLoadBalancingV2::Listener {made}": "delete"}
    prod.converge()
    assert sorted(one["Port"] for one in client.describe_listeners(LoadBalancerArn=arn)["Listeners"]) == [80, 443]
    assert effective(prod.converge(check=True)) == {}
