# Copyright (c) stackwright.aws contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The role that a function acts as."""

from __future__ import annotations

from ..engine.document import Resource
from .base import Context, Options
from .permissions import Statement, granted, grants, role, sending_traces, statement, trust
from .secret_use import distinct, secret_uses

_LAMBDA = "lambda.amazonaws.com"

#: What is sent where a failed event ends up, by the reference word of the option.
_DEAD_LETTERS = {"queue": "sqs:SendMessage", "topic": "sns:Publish"}


def execution_role(log_group: str, options: Options, context: Context, *, in_network: bool) -> Resource:
    """The role of a function: its own log, secrets and queue, its network interfaces, and what `may` adds.

    https://docs.aws.amazon.com/lambda/latest/dg/lambda-intro-execution-role.html
    """
    given: list[Statement] = [
        {"Effect": "Allow", **context.fill(item, f"statements[{index}]")}
        for index, item in enumerate(options["statements"])
    ]
    statements = [
        statement(["logs:CreateLogStream", "logs:PutLogEvents"], context.arn("logs", f"log-group:{log_group}:*")),
        *(_network(context) if in_network else []),
        *_secrets(options, context),
        *_queue(options, context),
        *_dead_letters(options, context),
        *_key(options, context),
        *([sending_traces()] if options["tracing"] else []),
        *grants(options["may"], context),
        *given,
    ]
    return role(
        context,
        "function",
        trust([_LAMBDA]),
        statements,
        description=f"What {context.reference} may do",
        tags=options["tags"],
    )


def _network(context: Context) -> list[Statement]:
    """Lambda checks `DeleteNetworkInterface` against more than the interfaces that it is for: it wants all resources.

    https://docs.aws.amazon.com/lambda/latest/dg/configuration-vpc.html#configuration-vpc-permissions
    """
    changing = ["ec2:AssignPrivateIpAddresses", "ec2:CreateNetworkInterface", "ec2:UnassignPrivateIpAddresses"]
    where = [context.arn("ec2", f"{kind}/*") for kind in ("network-interface", "security-group", "subnet")]
    # Reading takes no resource.
    reading = ["ec2:DescribeNetworkInterfaces", "ec2:DescribeSubnets"]
    return [
        statement(changing, where),
        statement(["ec2:DeleteNetworkInterface"], [where[0], context.arn("ec2", "*/*")]),
        statement(reading, "*"),
    ]


def _secrets(options: Options, context: Context) -> list[Statement]:
    uses = distinct(secret_uses(options["secrets"], context).values())
    if not uses:
        return []
    keys = [context.arn_of(key, "key", "secrets") for key in dict.fromkeys(use.key for use in uses if use.key)]
    actions = ["secretsmanager:DescribeSecret", "secretsmanager:GetSecretValue"]
    return [statement(actions, [use.arn for use in uses]), *([statement(["kms:Decrypt"], keys)] if keys else [])]


def _queue(options: Options, context: Context) -> list[Statement]:
    return granted("receive", options["queue"]["from"], context, "queue.from") if options["queue"] else []


def _dead_letters(options: Options, context: Context) -> list[Statement]:
    target = options["dead_letters"]
    if not target:
        return []
    entry = context.entry(target, "dead_letters", tuple(_DEAD_LETTERS))
    if entry is None:
        return []
    return [statement([_DEAD_LETTERS[entry.tier.reference]], entry.export.values["arn"])]


def _key(options: Options, context: Context) -> list[Statement]:
    return [statement(["kms:Decrypt"], context.arn_of(options["key"], "key", "key"))] if options["key"] else []
