# Copyright (c) stackwright.aws contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The two roles of an ECS service: one to start its tasks, one that the tasks act as."""

from __future__ import annotations

from typing import Any

from ..engine.document import Resource
from .base import Context, Options
from .permissions import Statement, grants, role, statement, this_account, trust
from .secret_use import distinct, secret_uses
from .service_task import log_group_name

_TASKS = "ecs-tasks.amazonaws.com"


def execution_role(name: str, options: Options, context: Context) -> Resource:
    """The role that ECS pulls the image, reads the secrets and writes the log with: these, and no others.

    https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task_execution_IAM_role.html
    """
    statements = [*_pull(options, context), _log(name, options, context), *_secrets(options, context)]
    return role(
        context,
        "execution",
        trust([_TASKS], condition=this_account()),
        statements,
        description=f"Starts the tasks of {name}",
        tags=options["tags"],
    )


def task_role(name: str, options: Options, context: Context) -> Resource:
    """The role that the tasks act as: its own secrets and log, and what `may` and `statements` add."""
    given: list[Statement] = [
        {"Effect": "Allow", **context.fill(item, f"statements[{index}]")}
        for index, item in enumerate(options["statements"])
    ]
    secrets = [
        statement(["secretsmanager:DescribeSecret", *s["Action"]], s["Resource"]) for s in _read(options, context)
    ]
    statements = [_log(name, options, context), *secrets, *grants(options["may"], context), *given]
    if options["execute_command"]:
        statements.append(_session())
    return role(
        context,
        "task",
        trust([_TASKS], condition=this_account()),
        statements,
        description=f"What the tasks of {name} may do",
        tags=options["tags"],
    )


def _pull(options: Options, context: Context) -> list[Statement]:
    image = options["image"] or ""
    if image.startswith("repository."):
        entry = context.entry(image, "image", ("repository",))
    elif options["repository"]:
        entry = context.entry(f"repository.{options['repository']}", "repository", ("repository",))
    else:
        return []
    if entry is None:
        return []
    actions = ["ecr:BatchCheckLayerAvailability", "ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"]
    # The token is the registry's, and the action takes no resource.
    return [statement(["ecr:GetAuthorizationToken"], "*"), statement(actions, entry.export.values["arn"])]


def _log(name: str, options: Options, context: Context) -> Statement:
    group = context.arn("logs", f"log-group:{log_group_name(name, options, context)}:*")
    return statement(["logs:CreateLogStream", "logs:PutLogEvents"], group)


def _read(options: Options, context: Context) -> list[Statement]:
    arns: list[Any] = [use.arn for use in distinct(secret_uses(options["secrets"], context).values())]
    return [statement(["secretsmanager:GetSecretValue"], arns)] if arns else []


def _secrets(options: Options, context: Context) -> list[Statement]:
    keys = [use.key for use in distinct(secret_uses(options["secrets"], context).values()) if use.key]
    arns = [context.arn_of(key, "key", "secrets") for key in dict.fromkeys(keys)]
    return [*_read(options, context), *([statement(["kms:Decrypt"], arns)] if arns else [])]


def _session() -> Statement:
    """https://docs.aws.amazon.com/AmazonECS/latest/developerguide/ecs-exec.html: the actions take no resource."""
    return statement(
        [
            "ssmmessages:CreateControlChannel",
            "ssmmessages:CreateDataChannel",
            "ssmmessages:OpenControlChannel",
            "ssmmessages:OpenDataChannel",
        ],
        "*",
    )
