# Copyright (c) stackwright.aws contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""IAM roles and their policies: who may assume a role, and what `may` means for each sort of thing."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from typing import Any

from ..engine.document import Resource
from ..engine.values import Compose, account_id
from . import formats
from .base import Context, Entry
from .secret_use import SecretUse, is_held, secret_use

ROLE = "AWS::IAM::Role"
POLICY_VERSION = "2012-10-17"
#: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html
ROLE_NAME_LIMIT = 64

Statement = dict[str, Any]

#: What a word allows on an entry of a tier. `*` stands for the entry's ARN and `/*` for everything below it.
#: https://docs.aws.amazon.com/service-authorization/latest/reference/reference_policies_actions-resources-contextkeys.html
PERMISSIONS: dict[tuple[str, str], tuple[tuple[str, tuple[str, ...]], ...]] = {
    ("read", "bucket"): (
        ("", ("s3:ListBucket", "s3:GetBucketLocation")),
        ("/*", ("s3:GetObject", "s3:GetObjectVersion")),
    ),
    ("write", "bucket"): (("/*", ("s3:PutObject", "s3:AbortMultipartUpload")),),
    ("delete", "bucket"): (("/*", ("s3:DeleteObject",)),),
    ("read", "secret"): (("", ("secretsmanager:GetSecretValue", "secretsmanager:DescribeSecret")),),
    ("write", "secret"): (("", ("secretsmanager:PutSecretValue",)),),
    ("use", "key"): (
        ("", ("kms:Decrypt", "kms:DescribeKey", "kms:Encrypt", "kms:GenerateDataKey*", "kms:ReEncrypt*")),
    ),
    ("read", "parameter"): (("", ("ssm:GetParameter", "ssm:GetParameters")),),
    ("write", "parameter"): (("", ("ssm:PutParameter",)),),
    ("publish", "topic"): (("", ("sns:Publish",)),),
    ("read", "repository"): (
        ("", ("ecr:BatchCheckLayerAvailability", "ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer")),
    ),
    ("invalidate", "distribution"): (("", ("cloudfront:CreateInvalidation", "cloudfront:GetInvalidation")),),
    ("read", "search_domain"): (("/*", ("es:ESHttpGet", "es:ESHttpHead", "es:ESHttpPost")),),
    ("write", "search_domain"): (("/*", ("es:ESHttpDelete", "es:ESHttpPatch", "es:ESHttpPost", "es:ESHttpPut")),),
    ("invoke", "function"): (("", ("lambda:InvokeFunction",)), (":*", ("lambda:InvokeFunction",))),
    ("send", "queue"): (("", ("sqs:GetQueueAttributes", "sqs:GetQueueUrl", "sqs:SendMessage")),),
    ("receive", "queue"): (
        (
            "",
            (
                "sqs:ChangeMessageVisibility",
                "sqs:DeleteMessage",
                "sqs:GetQueueAttributes",
                "sqs:GetQueueUrl",
                "sqs:ReceiveMessage",
            ),
        ),
    ),
    # What it takes to be told where a cluster is; what may be done in it is said there.
    ("read", "kubernetes_cluster"): (("", ("eks:DescribeCluster",)),),
    ("scale", "fleet"): (("", ("autoscaling:SetDesiredCapacity", "autoscaling:UpdateAutoScalingGroup")),),
    ("refresh", "fleet"): (
        (
            "",
            (
                "autoscaling:CancelInstanceRefresh",
                "autoscaling:RollbackInstanceRefresh",
                "autoscaling:StartInstanceRefresh",
            ),
        ),
    ),
    ("assume", "role"): (("", ("sts:AssumeRole",)),),
}

#: What reading and writing takes of the key by which the thing is encrypted.
_KEY_ACTIONS = {
    "read": ("kms:Decrypt",),
    "receive": ("kms:Decrypt",),
    "send": ("kms:Decrypt", "kms:GenerateDataKey"),
    "write": ("kms:Decrypt", "kms:GenerateDataKey"),
}

#: What decrypts by itself before it answers, so that its clients need no key.
_OPEN_TO_CLIENTS = frozenset({"search_domain"})

#: The option that takes words and references, for the specs of tiers with a role.
#: Statements of a policy, as IAM has them, for what no word of `may` says.
STATEMENTS: dict[str, Any] = {"type": "list", "elements": "dict", "default": [], "format": formats.STATEMENT}
MAY: dict[str, Any] = {"type": "dict", "default": {}, "values": {"type": "list", "elements": "str"}}


def statement(actions: Iterable[str], resources: Any, condition: Mapping[str, Any] | None = None) -> Statement:
    """An allowing statement.

    Args:
        resources: one ARN or a list; `*` only for actions that take nothing else.
    """
    result: Statement = {
        "Effect": "Allow",
        "Action": sorted(actions),
        "Resource": list(resources) if isinstance(resources, (list, tuple)) else [resources],
    }
    if condition:
        result["Condition"] = dict(condition)
    return result


def sending_traces() -> Statement:
    """What X-Ray's SDK and daemon need; the actions take no resource.

    https://docs.aws.amazon.com/xray/latest/devguide/security_iam_id-based-policy-examples.html
    """
    reading = ["xray:GetSamplingRules", "xray:GetSamplingTargets"]
    return statement(["xray:PutTelemetryRecords", "xray:PutTraceSegments", *reading], "*")


def policy(statements: Iterable[Statement]) -> dict[str, Any]:
    """A policy document."""
    return {"Version": POLICY_VERSION, "Statement": list(statements)}


def trust(
    services: Iterable[str] = (), principals: Iterable[Any] = (), condition: Mapping[str, Any] | None = None
) -> dict[str, Any]:
    """Who may assume a role.

    Args:
        services: e.g. `ecs-tasks.amazonaws.com`.
        principals: ARNs of roles, or account ids.
    """
    who: dict[str, Any] = {}
    if services := sorted(services):
        who["Service"] = services
    if principals := list(principals):
        who["AWS"] = principals
    allowed: Statement = {"Effect": "Allow", "Principal": who, "Action": "sts:AssumeRole"}
    if condition:
        allowed["Condition"] = dict(condition)
    return policy([allowed])


def this_account() -> dict[str, Any]:
    """The condition that a service acts for this account: https://docs.aws.amazon.com/IAM/latest/UserGuide/confused-deputy.html"""
    return {"StringEquals": {"aws:SourceAccount": account_id()}}


def shortened(name: str, limit: int) -> str:
    """A name that fits: cut, with a digest of the whole in its tail."""
    if len(name) <= limit:
        return name
    digest = hashlib.sha256(name.encode()).hexdigest()[:8]
    return f"{name[: limit - 9].rstrip('-')}-{digest}"


def role(
    context: Context,
    suffix: str,
    trusted: Mapping[str, Any],
    statements: Iterable[Statement] = (),
    *,
    name: str = "",
    managed: Iterable[Any] = (),
    description: str = "",
    tags: Mapping[str, str] | None = None,
    **properties: Any,
) -> Resource:
    """A role of the entry, with what it may do as an inline policy.

    Args:
        suffix: tells it from the entry's other roles, e.g. `execution`.
        trusted: who may assume it; see `trust`.
        name: its name in AWS; by default of stack, entry and suffix.
        managed: ARNs of managed policies.
        properties: further properties of `AWS::IAM::Role`.
    """
    allowed = list(statements)
    return context.resource(
        ROLE,
        context.logical(suffix),
        {
            "RoleName": name or shortened(context.slug(suffix), ROLE_NAME_LIMIT),
            "Description": description or None,
            "AssumeRolePolicyDocument": dict(trusted),
            # Stated even when empty: what is no longer described is no longer allowed.
            "ManagedPolicyArns": list(managed),
            "Policies": [{"PolicyName": suffix or "own", "PolicyDocument": policy(allowed)}] if allowed else [],
            **properties,
        },
        tags=tags,
    )


def grants(may: Mapping[str, Any], context: Context, option: str = "may") -> list[Statement]:
    """What words such as `{read: [bucket.audio], publish: [topic.alerts], publish_metrics: [Cbi/Worker]}` allow.

    Every statement names the ARNs of exactly what is listed; the key of what is encrypted by one of the stack's comes
    with it.
    """
    statements: list[Statement] = []
    for word, targets in may.items():
        if word == "publish_metrics":
            # PutMetricData takes no resource; the namespace is the one thing to hold it to.
            condition = {"StringEquals": {"cloudwatch:namespace": list(targets)}}
            statements.append(statement(["cloudwatch:PutMetricData"], "*", condition))
            continue
        for target in targets:
            statements += granted(word, target, context, f"{option}.{word}")
    return statements


def granted(word: str, target: str, context: Context, option: str) -> list[Statement]:
    """What one word allows with one target; `option` is the one that says so."""
    if word == "read" and is_held(target):
        use = secret_use(target, option, context)
        return _reading(use, context, option) if use else []
    entry = context.entry(target, option)
    if entry is None:
        return []
    rules = PERMISSIONS.get((word, entry.tier.reference))
    if rules is None:
        known = sorted(f"{verb} {noun}.NAME" for verb, noun in PERMISSIONS)
        context.problem(
            option,
            f"{target!r}: there is no such permission; there are {', '.join(known)}, "
            f"and publish_metrics NAMESPACE; anything else is said in `statements`",
        )
        return []
    arn = _arn(entry, context)
    found = [statement(actions, Compose(f"{{arn}}{below}", {"arn": arn}) if below else arn) for below, actions in rules]
    return found + _key_of(entry, word, context, option)


def _arn(entry: Entry, context: Context) -> Any:
    """The ARN of an entry. A function's is made of its name: two that may invoke each other would else wait in vain."""
    address = entry.export.address
    if entry.tier.reference == "function" and address is not None and not address.stack:
        return context.arn("lambda", f"function:{entry.export.values['name']}")
    return entry.export.values["arn"]


def _reading(use: SecretUse, context: Context, option: str) -> list[Statement]:
    """Reading the secret that a database, cache or search domain has for its password."""
    ((_below, actions),) = PERMISSIONS["read", "secret"]
    key = [statement(_KEY_ACTIONS["read"], context.arn_of(use.key, "key", option))] if use.key else []
    return [statement(actions, use.arn), *key]


def _key_of(entry: Entry, word: str, context: Context, option: str) -> list[Statement]:
    key = entry.options.get("key")
    if not key or word not in _KEY_ACTIONS or entry.tier.reference in _OPEN_TO_CLIENTS:
        return []
    return [statement(_KEY_ACTIONS[word], context.arn_of(key, "key", option))]
