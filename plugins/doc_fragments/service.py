# Copyright (c) stackwright.aws contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations


class ModuleDocFragment:
    """An ECS service on Fargate, with its roles, log, target group and scaling."""

    DOCUMENTATION = r"""
options:
  name:
    description: The service's name in its cluster. Without it, the name of the entry.
    type: str
  cluster:
    description: The cluster it runs in, an entry of C(clusters).
    type: str
    required: true
  task_definition:
    description: The task definition's family. Without it, C({system}-{container}).
    type: str
  container:
    description: The container's name. Without it, the name of the entry without a trailing C(-service).
    type: str
  image:
    description:
      - The image, as V(repository.NAME:TAG), V(repository.NAME@DIGEST), or any address of one.
      - Without it, a small web server runs that answers every request with 200, so that the platform stands before
        the first release. What another tool releases then, a revision of its own in the same family, is left running;
        with it, that is set back.
    type: str
  repository:
    description:
      - The entry of C(repositories) that its releases come from, so that its tasks may pull from it before O(image)
        names one.
    type: str
  command:
    description: What to run instead of the image's own command.
    type: list
    elements: str
  cpu:
    description: CPU units of a task. 1024 are one CPU.
    type: int
    default: 256
  memory:
    description: Memory of a task, in MiB. Fargate takes certain combinations with O(cpu).
    type: int
    default: 512
  architecture:
    description: The processor that the image is built for.
    type: str
    choices: [X86_64, ARM64]
    default: X86_64
  port:
    description: The port that it listens on. It is needed when a load balancer routes to it, or others connect to it.
    type: int
  environment:
    description:
      - Environment variables. Values may hold references, for example V(${cache.main.address}), and no secrets.
    type: dict
    default: {}
  secrets:
    description:
      - Environment variables from secrets, for example V(JWT_KEY=secret.jwt), or V(secret.database:password) for one
        member of an object; V(database.main.secret:password) for the secret of a database, cache or search domain.
      - ECS reads them when a task starts. They stand neither in the task definition nor in any result.
    type: dict
    default: {}
  read_only_root:
    description: Whether containers may not write to their own file system.
    type: bool
    default: false
  tasks:
    description: How many tasks run.
    type: dict
    suboptions:
      desired:
        description: How many to begin with. With O(tasks.max) set, scaling decides from then on.
        type: int
        default: 1
      min:
        description: The least that scaling may go to. Without it, O(tasks.desired).
        type: int
      max:
        description: The most that scaling may go to. Without it, the number is fixed.
        type: int
      target:
        description:
          - "What scaling holds on average, in per cent, for example V({cpu: 70}). C(cpu) and C(memory) are known."
        type: dict
      scale_in_seconds:
        description: Seconds to wait after a change before taking tasks away.
        type: int
        default: 300
      scale_out_seconds:
        description: Seconds to wait after a change before adding more tasks.
        type: int
        default: 60
  scale_on:
    description:
      - What else scaling holds at a target, by name, beside O(tasks.target); wants O(tasks.max).
      - "Each takes C(target), the value to hold, and what is measured, in the words of an alarm: C(of) and C(metric);
        or C(namespace), C(metric) and C(dimensions); or C(expression), metric math over the terms that C(metrics)
        names, each with the same words; and C(statistic)."
      - "What is measured has to be the load of one task, so that more tasks make it smaller, for example
        V({target: 50, expression: pending / running, metrics: {pending: {namespace: Shop, metric: PendingMessages,
        statistic: Maximum}, running: {of: service.worker, metric: running}}})."
    type: dict
    default: {}
  one_off:
    description:
      - Describe the task and no service that keeps it running, for what an operation runs once, such as a migration.
        C(service.NAME.task_definition_arn) is what to run.
    type: bool
    default: false
  capacity:
    description: What its tasks run on, out of the cluster's C(capacity). Without it, what the cluster says.
    type: list
    elements: dict
    suboptions:
      provider:
        description:
          - The capacity provider, for example V(FARGATE) or V(FARGATE_SPOT), which AWS may take back any time.
        type: str
        required: true
      weight:
        description: Its share of the tasks.
        type: int
        default: 1
      base:
        description: How many tasks it runs before the weights count.
        type: int
        default: 0
  health_check:
    description: The path that the load balancer asks to see whether a task is well.
    type: str
    default: /health
  target_group:
    description: How the load balancer treats the tasks.
    type: dict
    suboptions:
      name:
        description: The target group's name in AWS, 32 characters at the most. Without it, the service's with C(-tg).
        type: str
      protocol:
        description: What the tasks speak.
        type: str
        choices: [HTTP, HTTPS]
        default: HTTP
      interval_seconds:
        description: Seconds between two health checks.
        type: int
        default: 30
      timeout_seconds:
        description: Seconds to wait for an answer.
        type: int
        default: 5
      healthy_count:
        description: How many good answers in a row make a task healthy.
        type: int
        default: 2
      unhealthy_count:
        description: How many bad ones make it unhealthy.
        type: int
        default: 3
      statuses:
        description: HTTP statuses that are good, for example V(200-299).
        type: str
        default: "200"
      deregistration_seconds:
        description: Seconds that a task which is going away may finish its requests in.
        type: int
        default: 30
      sticky_seconds:
        description: Seconds for which a browser stays with the task that it came to. Without it, it does not.
        type: int
  container_health_check:
    description: A command in the container that says whether it is well, for services without a load balancer.
    type: dict
    suboptions:
      command:
        description: The command, for example V([CMD-SHELL, curl -f http://localhost/]).
        type: list
        elements: str
        required: true
      interval_seconds:
        description: Seconds between two runs.
        type: int
        default: 30
      timeout_seconds:
        description: Seconds that it may take.
        type: int
        default: 5
      retries:
        description: How many failures in a row make the container unhealthy.
        type: int
        default: 3
      start_seconds:
        description: Seconds after the start in which failures do not count.
        type: int
        default: 60
  grace_seconds:
    description: Seconds after a task's start in which the load balancer's health checks do not count. Without it, 60.
    type: int
  deployment:
    description: How a new version replaces the old one.
    type: dict
    suboptions:
      minimum_healthy_percent:
        description: How many of the tasks keep running meanwhile.
        type: int
        default: 100
      maximum_percent:
        description: How many run at the most, old and new together.
        type: int
        default: 200
      circuit_breaker:
        description: Whether ECS goes back by itself when new tasks do not come up.
        type: bool
        default: true
  connects_to:
    description:
      - Entries that it opens connections to, for example V(database.main). The rules of both security groups follow.
      - AWS's own services are reached by HTTPS anyway. Nothing else is.
    type: list
    elements: str
    default: []
  allow_from:
    description: Ranges of addresses, or entries, that may connect beside the load balancers that route to it.
    type: list
    elements: str
    default: []
  may:
    description: What its tasks may do with entries of the stack, in the words of M(stackwright.aws.role).
    type: dict
    default: {}
  statements:
    description: Further statements of its tasks' policy, in IAM's own words.
    type: list
    elements: dict
    default: []
  log_group:
    description:
      - The log group's name. Without it, C(/ecs/{task_definition}). A log group that exists keeps its name, since the
        logs would go with it; when its service or its container is called otherwise, state the name here.
    type: str
  log_stream_prefix:
    description: What the names of the log's streams begin with. The container's name and the task's id follow.
    type: str
    default: ecs
  log_retention_days:
    description: Days to keep the log, one of those that CloudWatch Logs takes.
    type: int
    default: 30
  execute_command:
    description: Whether a person with the permission may open a shell in a running task.
    type: bool
    default: false
  subnet_ids:
    description: Its subnets. Without it, the network's private ones.
    type: list
    elements: str
    default: []
  security_group_name:
    description: The name of its security group. Without it, one of the stack and the entry.
    type: str
  tags:
    description: Tags for what is made here, over those of the stack.
    type: dict
    default: {}
"""
