# Copyright (c) stackwright.aws contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Rotation of secrets."""

from __future__ import annotations

from typing import Any

from ...engine.kind import Attribute, Call, Item, Kind, Property, Scope, Update, Work
from ..requests import given
from ..shared import IMMUTABLE, MUTABLE, WRITE_ONLY
from .secret import SECRET, describe

INSTANCE = "AWS::RDS::DBInstance"
MANAGED_SECRET = "MasterUserSecret.SecretArn"


def list_rotations(scope: Scope) -> list[Item]:
    """The secrets that rotate, among those that are observed or described; those that RDS manages are instances'."""
    observed = {} if scope.ids else {secret.id: secret.item for secret in scope.observed(SECRET)}
    found = [{**secret, "SecretId": arn} for arn, secret in observed.items()]
    managed = {str(instance.attributes.get(MANAGED_SECRET) or "") for instance in scope.observed(INSTANCE)}
    for name in sorted({*scope.names("SecretId"), *(managed if not scope.ids else ())} - {""}):
        if name not in observed:
            found += [{**secret, "SecretId": name} for secret in describe(scope, [name])]
    return [secret for secret in found if secret.get("RotationEnabled") and not secret.get("DeletedDate")]


def _rotate(work: Work) -> dict[str, Any]:
    params = given(
        work,
        "SecretId",
        "RotationLambdaARN",
        "RotationRules",
        "ExternalSecretRotationMetadata",
        "ExternalSecretRotationRoleArn",
        RotateImmediately="RotateImmediatelyOnUpdate",
    )
    if work.current is None:
        params["ClientRequestToken"] = work.token
    return params


def _cancel(work: Work) -> None:
    """End the rotation. A service that manages a secret rotates it to its end, and the two go together.

    https://docs.aws.amazon.com/secretsmanager/latest/userguide/rotate-secrets_managed.html
    """
    if not work.existing.item.get("OwningService"):
        work.call("secretsmanager", "cancel_rotate_secret", SecretId=work.id)


SECRETS_MANAGER_ROTATION_SCHEDULE = Kind(
    type="AWS::SecretsManager::RotationSchedule",
    service="secretsmanager",
    title="secret rotation",
    id="SecretId",
    key=("SecretId",),
    requires=(SECRET, INSTANCE),
    tags=None,
    properties={
        "SecretId": IMMUTABLE,
        "RotationLambdaARN": MUTABLE,
        "RotationRules": MUTABLE,
        "ExternalSecretRotationMetadata": Property(key="Key"),
        "ExternalSecretRotationRoleArn": MUTABLE,
        "RotateImmediatelyOnUpdate": WRITE_ONLY,
    },
    attributes={"Id": Attribute("SecretId", "{SecretId}")},
    list=list_rotations,
    # The function's permission to be invoked may not have arrived everywhere.
    create=Call("rotate_secret", _rotate, retry_on=frozenset({"AccessDeniedException"})),
    updates=(
        Update(
            ("RotationLambdaARN", "RotationRules", "ExternalSecretRotationMetadata", "ExternalSecretRotationRoleArn"),
            Call("rotate_secret", _rotate, retry_on=frozenset({"AccessDeniedException"})),
        ),
    ),
    delete=_cancel,
)
