# Copyright (c) stackwright.aws contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""RunTask, StopTask, DescribeTasks, ListTasks."""

from __future__ import annotations

from moto.ecs.responses import EC2ContainerServiceResponse as Response

from twin.overlay._lifecycle import Record, as_tags
from twin.overlay.ecs import service_rules, tasks
from twin.overlay.ecs.deployments import provider_of
from twin.overlay.ecs.launch import role_problem
from twin.overlay.ecs.store import (
    Answer,
    Store,
    client_error,
    find_cluster,
    find_definition,
    find_service,
    invalid,
    json_page,
    short,
    store,
)
from twin.patch import Parameters, operation
from twin.world import World


def _check(here: Store, cluster: object, definition: Record, p: Parameters) -> None:
    if definition["status"] != "ACTIVE":
        client_error("TaskDefinition is inactive")
    if not 1 <= p.get("count", 1) <= 10:
        invalid("Count should be between 1 and 10.")
    service_rules.check_placement(cluster, definition, p)  # type: ignore[arg-type]
    service_rules.check_network(here, definition, p.get("networkConfiguration"))
    names = {container["name"] for container in definition["containerDefinitions"]}
    for override in p.get("overrides", {}).get("containerOverrides", []):
        if override.get("name") not in names:
            invalid(f"Override for container named {override.get('name')} is not a container in the TaskDefinition.")
    problem = role_problem(here, definition)
    if problem:
        client_error(problem)


def _propagated(here: Store, definition: Record, p: Parameters) -> list[dict[str, str]]:
    tags = as_tags(p.get("tags"), "key", "value")
    if p.get("propagateTags") == "TASK_DEFINITION":
        tags = [t for t in definition["tags"] if t["key"] not in {own["key"] for own in tags}] + tags
    return tags


def install(world: World) -> None:
    @operation(Response, "RunTask")
    def run(response: Response, p: Parameters) -> Answer:
        here = store(response)
        cluster = find_cluster(here, p.get("cluster"))
        token = (cluster.name, p.get("clientToken") or "")
        if token[1] and token in here.tokens:
            again = [here.tasks[identity] for identity in here.tokens[token] if identity in here.tasks]
            return {"tasks": [tasks.view(task, tags=True) for task in again], "failures": []}
        definition = find_definition(here, p["taskDefinition"], "TaskDefinition not found.")
        _check(here, cluster, definition, p)
        strategy = p.get("capacityProviderStrategy")
        if not strategy and not p.get("launchType"):
            strategy = cluster.default_capacity_provider_strategy
        place = Record(launchType=p.get("launchType") or "EC2", capacityProviderStrategy=strategy)
        if provider_of(place, 0)["launchType"] == "EC2" and not cluster.registered_container_instances_count:
            invalid("No Container Instances were found in your cluster.")
        made = []
        for number in range(p.get("count", 1)):
            where = provider_of(place, number)
            fargate = (
                {"platformVersion": "1.4.0", "platformFamily": "Linux"} if where["launchType"] == "FARGATE" else {}
            )
            task = tasks.new_task(
                here,
                cluster.name,
                definition,
                number,
                network=p.get("networkConfiguration"),
                overrides=p.get("overrides"),
                service=None,
                group=p.get("group") or f"family:{definition['family']}",
                startedBy=p.get("startedBy") or "",
                tags=_propagated(here, definition, p),
                enableExecuteCommand=bool(p.get("enableExecuteCommand")),
                **where,
                **fargate,
            )
            tasks.launch(world, here, task)
            made.append(task)
        if token[1]:
            here.tokens[token] = [short(task["taskArn"]) for task in made]
        return {"tasks": [tasks.view(task, tags=True) for task in made], "failures": []}

    @operation(Response, "StopTask")
    def stop(response: Response, p: Parameters) -> Answer:
        here = store(response)
        cluster = find_cluster(here, p.get("cluster"))
        task = here.tasks.get(short(p["task"]))
        if task is None or task["cluster_name"] != cluster.name:
            invalid("The referenced task was not found.")
        tasks.stop(world, here, task, p.get("reason") or "Task stopped by user", "UserInitiated")
        return {"task": tasks.view(task, tags=True)}

    @operation(Response, "DescribeTasks")
    def describe(response: Response, p: Parameters) -> Answer:
        here, names = store(response), p.get("tasks") or []
        cluster = find_cluster(here, p.get("cluster"))
        if not names:
            invalid("Tasks cannot be empty.")
        if len(names) > 100:
            invalid("Tasks list cannot have more than 100 items.")
        found, failures = [], []
        for name in names:
            task = here.tasks.get(short(name))
            if task is None or task["cluster_name"] != cluster.name:
                arn = name if name.startswith("arn:") else here.arn(f"task/{cluster.name}/{name}")
                failures.append({"arn": arn, "reason": "MISSING"})
            else:
                found.append(tasks.view(task, "TAGS" in p.get("include", [])))
        return {"tasks": found, "failures": failures}

    @operation(Response, "ListTasks")
    def list_tasks(response: Response, p: Parameters) -> Answer:
        here = store(response)
        cluster = find_cluster(here, p.get("cluster"))
        service = find_service(here, cluster, p["serviceName"]) if p.get("serviceName") else None
        wanted = p.get("desiredStatus") or "RUNNING"
        found = [
            task["taskArn"]
            for task in here.in_cluster(cluster.name)
            if task["desiredStatus"] == wanted
            and (service is None or task["service"] is service)
            and p.get("family") in (None, task["definition"]["family"])
            and p.get("startedBy") in (None, task["startedBy"])
            and p.get("launchType") in (None, task["launchType"])
        ]
        return json_page(found, p, "taskArns")
