# Copyright (c) stackwright.aws contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The service scheduler: it starts, replaces and counts tasks, and judges deployments.

A new deployment starts as many tasks as maximumPercent allows, stops old ones as far as minimumHealthyPercent
allows, and is COMPLETED when only its own tasks are left and all of them serve. The circuit breaker counts tasks
that never did ("How the Amazon ECS deployment circuit breaker detects failures").
"""

from __future__ import annotations

import math
import secrets
from collections.abc import Callable
from typing import Any

from moto.core.utils import utcnow

from twin.overlay._lifecycle import Record
from twin.overlay.ecs import tasks
from twin.overlay.ecs.launch import role_problem
from twin.overlay.ecs.store import Answer, Store, event, find_definition
from twin.world import World

_POLL = 0.1  # seconds between two looks at a service that is not steady


def new_deployment(here: Store, service: Record, reason: str | None = None) -> Record:
    """Make the service's present settings its PRIMARY deployment. Call ``look`` to get it going."""
    digits = str(secrets.randbelow(9 * 10**18) + 10**18)
    path = f"{service['cluster_name']}/{service['serviceName']}"
    identity = f"ecs-svc/{digits}"
    for old in service["deployments"]:
        if old["status"] == "PRIMARY":
            old["status"] = "ACTIVE"
            if old["rolloutState"] == "IN_PROGRESS" and old["outcome"] in ("PENDING", "IN_PROGRESS"):
                _close(old, "STOPPED", "A newer deployment has taken its place.")
    fargate = _is_fargate(service)
    deployment = Record(
        id=identity,
        status="PRIMARY",
        taskDefinition=service["taskDefinition"],
        desiredCount=service["desiredCount"],
        pendingCount=0,
        runningCount=0,
        failedTasks=0,
        createdAt=utcnow(),
        updatedAt=utcnow(),
        rolloutState="IN_PROGRESS",
        rolloutStateReason=reason or f"ECS deployment {identity} in progress.",
        **{name: service[name] for name in _SETTINGS if service.get(name)},
        **({"platformVersion": "1.4.0", "platformFamily": "Linux"} if fargate else {}),
        # of the service deployment and revision that it is known by
        arn=here.arn(f"service-deployment/{path}/{secrets.token_urlsafe(16).replace('_', '-')[:21]}"),
        revision=here.arn(f"service-revision/{path}/{digits}"),
        revisionCreatedAt=utcnow(),
        startedAt=utcnow(),
        outcome="IN_PROGRESS",
        failures=0,
        steady_since=None,
        settings={name: service.get(name) for name in _REVISION},
        sources=[d["revision"] for d in service["deployments"] if d["status"] == "ACTIVE"],
    )
    service["deployments"].insert(0, deployment)
    service["history"].insert(0, deployment)
    return deployment


_SETTINGS = ("launchType", "capacityProviderStrategy", "networkConfiguration", "serviceConnectConfiguration")
_REVISION = (
    "taskDefinition", "launchType", "capacityProviderStrategy", "platformVersion", "platformFamily",
    "loadBalancers", "serviceRegistries", "networkConfiguration", "serviceConnectConfiguration",
    "volumeConfigurations",
)  # fmt: skip


def _is_fargate(service: Record) -> bool:
    strategy = service.get("capacityProviderStrategy") or []
    return service.get("launchType") == "FARGATE" or any("FARGATE" in s["capacityProvider"] for s in strategy)


def _close(deployment: Record, outcome: str, reason: str) -> None:
    deployment.update(outcome=outcome, outcome_reason=reason, finishedAt=utcnow())


def threshold(desired: int) -> int:
    """Failures that trip the circuit breaker: half of the desired count, at least 3, at most 200."""
    return min(max(math.ceil(desired * 0.5), 3), 200)


def _ready(here: Store, task: Record) -> bool:
    states = tasks.target_states(here, task)
    return task["lastStatus"] == "RUNNING" and all(state in ("healthy", "unused") for state in states)


def provider_of(deployment: Record, number: int) -> Answer:
    """Where the deployment's next task goes: the base first, then by weight."""
    strategy = deployment.get("capacityProviderStrategy")
    if not strategy:
        return {"launchType": deployment.get("launchType", "EC2")}
    chosen = next((s for s in strategy if number < s.get("base", 0)), None)
    if chosen is None:
        slots = [s for s in strategy for _ in range(s.get("weight", 0))] or strategy
        chosen = slots[number % len(slots)]
    name = chosen["capacityProvider"]
    return {"capacityProviderName": name, "launchType": "FARGATE" if name.startswith("FARGATE") else "EC2"}


def _tags(service: Record, definition: Record, deployment: Record) -> list[dict[str, str]]:
    source = {"SERVICE": service["tags"], "TASK_DEFINITION": definition["tags"]}.get(service["propagateTags"], [])
    tags = [dict(tag) for tag in source]
    if service["enableECSManagedTags"]:
        tags += [
            {"key": "aws:ecs:clusterName", "value": service["cluster_name"]},
            {"key": "aws:ecs:serviceName", "value": service["serviceName"]},
        ]
    return tags


def _start(world: World, here: Store, service: Record, deployment: Record) -> bool:
    definition = find_definition(here, deployment["taskDefinition"])
    problem = role_problem(here, definition)
    if problem:
        if problem not in (e["message"] for e in service["events"][:1]):
            event(service, f"failed to launch a task with (error {problem}).")
        return False
    number = len(here.of_deployment(service, deployment))
    fargate = {"platformVersion": "1.4.0", "platformFamily": "Linux"} if _is_fargate(service) else {}
    task = tasks.new_task(
        here,
        service["cluster_name"],
        definition,
        number,
        network=service.get("networkConfiguration"),
        service=service,
        group=f"service:{service['serviceName']}",
        startedBy=deployment["id"],
        tags=_tags(service, definition, deployment),
        enableExecuteCommand=service["enableExecuteCommand"],
        **provider_of(deployment, number),
        **fargate,
    )
    event(service, f"has started 1 tasks: (task {task['taskArn'].rsplit('/', 1)[-1]}).")
    tasks.launch(world, here, task)
    return True


def _note_failures(world: World, here: Store, service: Record) -> None:
    """Count the tasks that ended by themselves, and end those that their load balancer gave up."""
    grace = service.get("healthCheckGracePeriodSeconds") or 0
    now = utcnow()
    for task in here.of_service(service, living=False):
        if task.get("counted"):
            continue
        if task["lastStatus"] == "STOPPED":
            task["counted"] = True
            if task["stopCode"] in ("TaskFailedToStart", "EssentialContainerExited"):
                _failed(service, task)
        elif (
            task["lastStatus"] == "RUNNING"
            and task["desiredStatus"] == "RUNNING"
            and "unhealthy" in tasks.target_states(here, task)
            and (now - task["startedAt"]).total_seconds() >= grace
        ):
            task["counted"] = True
            _failed(service, task)
            tasks.stop(world, here, task, "Task failed ELB health checks")


def _failed(service: Record, task: Record) -> None:
    for deployment in service["deployments"]:
        if deployment["id"] == task["startedBy"]:
            deployment["failedTasks"] += 1
            deployment["failures"] += 1


def _count(here: Store, service: Record) -> None:
    for deployment in service["deployments"]:
        alive = here.of_deployment(service, deployment)
        running = [task for task in alive if task["lastStatus"] == "RUNNING"]
        deployment.update(runningCount=len(running), pendingCount=len(alive) - len(running))
        deployment["desiredCount"] = service["desiredCount"] if deployment["status"] == "PRIMARY" else 0


def _limits(service: Record) -> tuple[int, int]:
    settings, desired = service["deploymentConfiguration"], service["desiredCount"]
    least = math.ceil(desired * settings["minimumHealthyPercent"] / 100)
    most = math.floor(desired * settings["maximumPercent"] / 100)
    return least, most


def _move(world: World, here: Store, service: Record, primary: Record) -> None:
    """One step from the old tasks to the new ones, within the limits."""
    least, most = _limits(service)
    alive = here.of_service(service)
    mine = [task for task in alive if task["startedBy"] == primary["id"]]
    old = [task for task in alive if task["startedBy"] != primary["id"]]
    tripped = primary["rolloutState"] == "FAILED"
    patient = utcnow().timestamp() >= primary.get("next_start", 0)
    if not tripped and patient:
        room = max(most, service["desiredCount"]) if not old else most
        started = [
            _start(world, here, service, primary)
            for _ in range(max(0, min(service["desiredCount"] - len(mine), room - len(alive))))
        ]
        if primary["failedTasks"] and started:
            pause = world.delay("ecs.task.start") * min(2 ** primary["failedTasks"], 16)
            primary["next_start"] = utcnow().timestamp() + pause
    surplus = mine[service["desiredCount"] :]
    for task in surplus:
        tasks.stop(world, here, task, f"Scaling activity initiated by (deployment {primary['id']})")
    ready = sum(_ready(here, task) for task in alive if task not in surplus)
    idle = [task for task in old if not _ready(here, task)]
    for task in idle + [task for task in old if task not in idle]:
        if task in idle or ready - 1 >= least:
            ready -= task not in idle
            tasks.stop(world, here, task, f"Scaling activity initiated by (deployment {primary['id']})")


def _judge(world: World, here: Store, service: Record, primary: Record) -> None:
    """COMPLETED once only the new tasks are left and serve; FAILED once the circuit breaker trips."""
    breaker = service["deploymentConfiguration"].get("deploymentCircuitBreaker") or {}
    tripped = breaker.get("enable") and primary["failures"] >= threshold(service["desiredCount"])
    if primary["rolloutState"] == "IN_PROGRESS" and tripped:
        _trip(here, service, primary, bool(breaker.get("rollback")))
        return
    alive = here.of_service(service)
    mine = [task for task in alive if task["startedBy"] == primary["id"]]
    done = len(alive) == len(mine) == service["desiredCount"] and all(_ready(here, task) for task in mine)
    if not done:
        primary["steady_since"] = None
        return
    now = world.now()
    primary["steady_since"] = primary["steady_since"] or now
    # Scaling a deployment that is through already needs no second verdict.
    settled = primary["rolloutState"] != "IN_PROGRESS" or now - primary["steady_since"] >= world.delay("ecs.deployment")
    if not settled:
        return
    service["deployments"] = [primary]
    if primary["rolloutState"] == "IN_PROGRESS":
        identity = primary["id"]
        primary.update(
            rolloutState="COMPLETED",
            rolloutStateReason=f"ECS deployment {identity} completed.",
            updatedAt=utcnow(),
        )
        outcome = "ROLLBACK_SUCCESSFUL" if primary.get("rolls_back") else "SUCCESSFUL"
        _close(primary.get("rolls_back") or primary, outcome, "")
        if primary.get("rolls_back"):
            _close(primary, "SUCCESSFUL", "")
        event(service, f"(deployment {identity}) deployment completed.")
    if not service["events"] or "steady state" not in service["events"][0]["message"]:
        event(service, "has reached a steady state.")


def _trip(here: Store, service: Record, failed: Record, rollback: bool) -> None:
    failed.update(
        rolloutState="FAILED",
        rolloutStateReason="ECS deployment circuit breaker: tasks failed to start.",
        updatedAt=utcnow(),
    )
    event(service, f"(deployment {failed['id']}) deployment failed: tasks failed to start.")
    good = next((d for d in service["history"] if d["rolloutState"] == "COMPLETED"), None)
    if not rollback or good is None:
        _close(failed, "ROLLBACK_FAILED" if rollback else "STOPPED", "tasks failed to start.")
        return
    roll_back(here, service, failed, good, "ECS deployment circuit breaker: rolling back to")


def roll_back(here: Store, service: Record, failed: Record, good: Record, words: str) -> None:
    failed.update(outcome="ROLLBACK_IN_PROGRESS", outcome_reason="Deployment circuit breaker was triggered.")
    event(service, f"(deployment {failed['id']}) rolling back to (deployment {good['id']}).")
    service.update({name: value for name, value in good["settings"].items() if value is not None})
    deployment = new_deployment(here, service, f"{words} deploymentId {good['id']}.")
    deployment["rolls_back"] = failed
    failed["rollback"] = {
        "reason": failed["outcome_reason"],
        "startedAt": utcnow(),
        "serviceRevisionArn": good["revision"],
    }
    failed["outcome"] = "ROLLBACK_IN_PROGRESS"


def look(world: World, here: Store, service: Record) -> None:
    """Bring the service a step closer to what it should be; come back while it is not there."""
    if service["status"] != "ACTIVE" or service["deploymentController"]["type"] != "ECS":
        return
    _note_failures(world, here, service)
    primary = service["deployments"][0]
    _move(world, here, service, primary)
    _judge(world, here, service, service["deployments"][0])
    _count(here, service)
    service["watched"] = service.get("watched", 0) + 1
    turn = service["watched"]

    def again() -> None:
        if service["watched"] == turn:
            look(world, here, service)

    world.schedule(max(_POLL, 0.01) if not _steady(service) else 10 * _POLL, again)


def _steady(service: Record) -> bool:
    primary = service["deployments"][0]
    return (
        len(service["deployments"]) == 1
        and primary["rolloutState"] != "IN_PROGRESS"
        and primary["runningCount"] == service["desiredCount"]
    )


def drain(world: World, here: Store, service: Record, gone: Callable[[], None]) -> None:
    """Stop every task; the service is INACTIVE once the last has ended."""
    service["status"] = "DRAINING"
    for task in here.of_service(service):
        tasks.stop(world, here, task, "The service was deleted.")

    def check() -> None:
        if service["status"] != "DRAINING":
            return
        if any(task["lastStatus"] != "STOPPED" for task in here.of_service(service, living=False)):
            world.schedule(_POLL, check)
        else:
            gone()

    world.schedule(world.delay("ecs.drain"), check)


def describe(here: Store, service: Record, deployment: Record) -> Answer:
    """The deployment as DescribeServiceDeployments gives it."""
    breaker = service["deploymentConfiguration"].get("deploymentCircuitBreaker") or {}
    limit = threshold(service["desiredCount"])
    status = "DISABLED" if not breaker.get("enable") else "MONITORING"
    if deployment["rolloutState"] == "FAILED":
        status = "TRIGGERED"
    elif status == "MONITORING" and deployment["rolloutState"] == "COMPLETED":
        status = "MONITORING_COMPLETE"
    answer: Answer = {
        **brief(service, deployment),
        "updatedAt": deployment["updatedAt"],
        "targetServiceRevision": _revision_counts(deployment),
        "sourceServiceRevisions": [
            _revision_counts(d) for d in service["history"] if d["revision"] in deployment["sources"]
        ],
        "deploymentConfiguration": service["deploymentConfiguration"],
        "deploymentCircuitBreaker": {
            "status": status, "failureCount": deployment["failures"], "threshold": limit
        },
    }  # fmt: skip
    if "rollback" in deployment:
        answer["rollback"] = deployment["rollback"]
    return answer


def brief(service: Record, deployment: Record) -> Answer:
    """The deployment as ListServiceDeployments gives it."""
    return {
        "serviceDeploymentArn": deployment["arn"],
        "serviceArn": service["serviceArn"],
        "clusterArn": service["clusterArn"],
        "createdAt": deployment["createdAt"],
        "startedAt": deployment["startedAt"],
        "targetServiceRevisionArn": deployment["revision"],
        "status": deployment["outcome"],
        **({"finishedAt": deployment["finishedAt"]} if "finishedAt" in deployment else {}),
        **({"statusReason": deployment["outcome_reason"]} if deployment.get("outcome_reason") else {}),
    }


def _revision_counts(deployment: Record) -> dict[str, Any]:
    return {
        "arn": deployment["revision"],
        "requestedTaskCount": deployment["desiredCount"],
        "runningTaskCount": deployment["runningCount"],
        "pendingTaskCount": deployment["pendingCount"],
    }
