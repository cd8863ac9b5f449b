"""Services that scale on a metric of one's own, and tasks without a service."""

from __future__ import annotations

from typing import Any

from .build import document, get, of, plain, problems

WORKER: dict[str, Any] = {"cluster": "main", "tasks": {"desired": 2, "max": 8}}
POLICY = "AWS::ApplicationAutoScaling::ScalingPolicy"
PER_TASK = {
    "target": 50,
    "expression": "pending / running",
    "metrics": {
        "pending": {"namespace": "Shop/Worker", "metric": "PendingMessages", "statistic": "Maximum"},
        "running": {"of": "service.worker", "metric": "running"},
    },
}


def _services(**services: Any) -> dict[str, Any]:
    return {"clusters": {"main": {"name": "shop"}}, "services": services}


def test_the_load_of_a_task_is_metric_math() -> None:
    doc = document(**_services(worker={**WORKER, "scale_on": {"queue-depth": PER_TASK}}))
    policy = plain(get(doc, POLICY, "worker/queue-depth").properties)
    assert policy["PolicyName"] == "worker-queue-depth"
    configuration = policy["TargetTrackingScalingPolicyConfiguration"]
    assert (configuration["TargetValue"], configuration["ScaleInCooldown"], configuration["ScaleOutCooldown"]) == (
        50.0,
        300,
        60,
    )
    pending, running, result = configuration["CustomizedMetricSpecification"]["Metrics"]
    assert pending == {
        "Id": "pending",
        "ReturnData": False,
        "MetricStat": {
            "Metric": {"Namespace": "Shop/Worker", "MetricName": "PendingMessages", "Dimensions": []},
            "Stat": "Maximum",
        },
    }
    assert running["MetricStat"]["Metric"]["Namespace"] == "ECS/ContainerInsights"
    assert running["MetricStat"]["Metric"]["MetricName"] == "RunningTaskCount"
    assert running["MetricStat"]["Metric"]["Dimensions"] == [
        {"Name": "ClusterName", "Value": "<Cluster main ClusterName>"},
        {"Name": "ServiceName", "Value": "worker"},
    ]
    assert (result["Expression"], result["ReturnData"]) == ("pending / running", True)


def test_a_single_metric_beside_the_cpu() -> None:
    rule = {"target": 100, "namespace": "Shop", "metric": "Jobs", "statistic": "Sum"}
    worker = {"cluster": "main", "tasks": {"max": 4, "target": {"cpu": 70}}, "scale_on": {"jobs": rule}}
    doc = document(**_services(worker=worker))
    assert set(of(doc, POLICY)) == {"worker/cpu", "worker/jobs"}
    configuration = plain(get(doc, POLICY, "worker/jobs").properties)["TargetTrackingScalingPolicyConfiguration"]
    assert configuration["CustomizedMetricSpecification"] == {
        "Namespace": "Shop",
        "MetricName": "Jobs",
        "Dimensions": [],
        "Statistic": "Sum",
    }


def test_what_cannot_be_scaled_on() -> None:
    fixed = problems(**_services(worker={"cluster": "main", "scale_on": {"queue-depth": PER_TASK}}))
    assert any("services.worker.scale_on: needs tasks.max" in problem for problem in fixed)
    empty = problems(**_services(worker={**WORKER, "scale_on": {"x": {"target": 1, "expression": "a / b"}}}))
    assert any("services.worker.scale_on.x.metrics: is empty" in problem for problem in empty)
    percentile = {"target": 1, "namespace": "Shop", "metric": "Jobs", "statistic": "p99"}
    found = problems(**_services(worker={**WORKER, "scale_on": {"x": percentile}}))
    assert any("services.worker.scale_on.x.statistic: 'p99'" in problem for problem in found)


def test_streams_of_the_log_begin_with_what_is_said() -> None:
    doc = document(**_services(worker=WORKER, reports={**WORKER, "log_stream_prefix": "reports"}))
    found = {
        name: plain(task)["ContainerDefinitions"][0]["LogConfiguration"]["Options"]["awslogs-stream-prefix"]
        for name, task in of(doc, "AWS::ECS::TaskDefinition").items()
    }
    assert found == {"worker": "ecs", "reports": "reports"}


def test_a_task_that_runs_once_has_no_service() -> None:
    migrate = {"cluster": "main", "one_off": True, "command": ["alembic", "upgrade", "head"]}
    doc = document(**_services(migrate=migrate))
    assert of(doc, "AWS::ECS::Service") == {}
    task = plain(get(doc, "AWS::ECS::TaskDefinition", "migrate").properties)
    assert task["ContainerDefinitions"][0]["Command"] == ["alembic", "upgrade", "head"]
    assert set(of(doc, "AWS::IAM::Role")) == {"service.migrate/execution", "service.migrate/task"}


def test_a_task_that_runs_once_is_not_routed_to_nor_scaled() -> None:
    scaled = problems(**_services(migrate={"cluster": "main", "one_off": True, "tasks": {"max": 2}}))
    assert any("services.migrate.one_off: true, and what runs once is not scaled" in problem for problem in scaled)
    routed = problems(
        **_services(migrate={"cluster": "main", "one_off": True, "port": 80}),
        load_balancers={"front": {"redirect_http": False, "routes": [{"to": "service.migrate"}]}},
    )
    assert any("services.migrate.one_off: true, but load_balancer.front routes" in problem for problem in routed)


def test_a_worker_is_reached_from_a_range_of_addresses_without_a_load_balancer() -> None:
    doc = document(**_services(worker={**WORKER, "port": 8081, "allow_from": ["10.40.0.0/16"]}))
    rule = get(doc, "AWS::EC2::SecurityGroupIngress", "service.worker/8081 from 10.40.0.0/16").properties
    assert (rule["FromPort"], rule["CidrIp"]) == (8081, "10.40.0.0/16")
    assert of(doc, "AWS::ElasticLoadBalancingV2::TargetGroup") == {}
