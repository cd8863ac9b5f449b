# Copyright (c) stackwright.aws contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What keeps a task from starting: no role to assume, no image, no secret, no log group."""

from __future__ import annotations

import json
import re
from typing import Any

from moto.ecr.models import ecr_backends
from moto.iam.models import iam_backends
from moto.logs.models import logs_backends
from moto.secretsmanager.models import secretsmanager_backends
from moto.ssm.models import ssm_backends

from twin.overlay._lifecycle import Record
from twin.overlay.ecs.store import Store

_ECR = re.compile(
    r"(?P<account>\d{12})\.dkr\.ecr\.(?P<region>[a-z0-9-]+)\.amazonaws\.com/(?P<name>[^:@]+)"
    r"(?:@(?P<digest>sha256:[0-9a-f]+)|:(?P<tag>[^@]+))?"
)


_PULL = (
    "ResourceInitializationError: unable to pull secrets or registry auth: execution resource retrieval failed:"
    " unable to"
)


def role_problem(here: Store, definition: Record) -> str | None:
    """ECS's words for a role of the task definition that it cannot assume; None if all is well."""
    roles = iam_backends[here.account][here.partition].roles.values()
    known = {role.arn for role in roles}
    for member in ("executionRoleArn", "taskRoleArn"):
        arn = definition.get(member)
        if arn and arn.startswith("arn:") and arn not in known:
            return (
                f"ECS was unable to assume the role '{arn}' that was provided for this task. Please verify"
                " that the"
                " role being passed has the proper trust relationship and permissions and that your IAM"
                " user has"
                " permissions to pass this role."
            )
    return None


def start_problem(here: Store, definition: Record) -> str | None:
    """Why the task would stop before it runs, as its ``stoppedReason``; None if nothing is missing."""
    for container in definition["containerDefinitions"]:
        for check in (_image, _secrets, _logs):
            problem = check(here, container)
            if problem:
                return problem
    return None


def _image(here: Store, container: dict[str, Any]) -> str | None:
    match = _ECR.fullmatch(container["image"])
    if not match or match["account"] != here.account:
        return None
    tag, digest = match["tag"] or "latest", match["digest"]
    repository = ecr_backends[here.account][match["region"]].repositories.get(match["name"])
    for image in repository.images if repository else []:
        if image.get_image_digest() == digest if digest else tag in image.image_tags:
            return None
    return (
        "CannotPullContainerError: pull image manifest has been retried 1 time(s): failed to resolve ref"
        f" {container['image']}: {container['image']}: not found"
    )


def _secrets(here: Store, container: dict[str, Any]) -> str | None:
    options = container.get("logConfiguration", {}).get("secretOptions") or []
    for secret in [*(container.get("secrets") or []), *options]:
        source = secret["valueFrom"]
        region = source.split(":")[3] if source.startswith("arn:") else here.region
        if ":secretsmanager:" in source:
            problem = _secret_problem(here, region, source)
            if problem:
                return f"{_PULL} retrieve secret from asm: service call has been retried 1 time(s): {problem}"
        else:
            path = source.split(":parameter", 1)[-1] if source.startswith("arn:") else source
            found = ssm_backends[here.account][region]._parameters
            if path not in found and path.lstrip("/") not in found:
                return (
                    "ResourceInitializationError: unable to pull secrets or registry auth: execution"
                    " resource retrieval"
                    " failed: unable to retrieve secrets from ssm: service call has been retried 1 time(s):"
                    " invalid"
                    f" parameters: {path}"
                )
    return None


def _secret_problem(here: Store, region: str, source: str) -> str | None:
    """What is wrong with a secret, or with the member and the version of it, that a container asks for.

    Source: https://docs.aws.amazon.com/AmazonECS/latest/developerguide/secrets-envvar-secrets-manager.html
    """
    parts = source.split(":")
    name, (member, stage, version) = ":".join(parts[:7]), (*parts[7:10], "", "", "")[:3]
    backend = secretsmanager_backends[here.account][region]
    if not backend._is_valid_identifier(name):
        missing = "ResourceNotFoundException: Secrets Manager can't find the specified secret."
        return f"failed to fetch secret {name} from secrets manager: {missing}"
    held = backend.secrets[name].versions or {}
    stage = stage or "AWSCURRENT"
    current = next(
        (one for key, one in held.items() if (key == version if version else stage in one.get("version_stages", ()))),
        None,
    )
    if current is None or "secret_string" not in current:
        missing = f"ResourceNotFoundException: Secrets Manager can't find the specified secret value for {stage}."
        return f"failed to fetch secret {name} from secrets manager: {missing}"
    if not member:
        return None
    try:
        members = json.loads(current["secret_string"])
    except ValueError:
        return "invalid character in the secret's value, which is no JSON"
    if not isinstance(members, dict) or member not in members:
        return f"retrieved secret from Secrets Manager did not contain json key {member}"
    return None


def _logs(here: Store, container: dict[str, Any]) -> str | None:
    logging = container.get("logConfiguration") or {}
    options = logging.get("options") or {}
    if logging.get("logDriver") != "awslogs" or options.get("awslogs-create-group") == "true":
        return None
    region, group = options.get("awslogs-region", here.region), options.get("awslogs-group")
    if group and group not in logs_backends[here.account][region].groups:
        return (
            "ResourceInitializationError: failed to validate logger args: The task cannot find the Amazon"
            " CloudWatch"
            f" log group {group} defined in the task definition. ResourceNotFoundException: The specified"
            " log group"
            " does not exist."
        )
    return None
