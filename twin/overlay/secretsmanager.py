# Copyright (c) stackwright.aws contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Secrets: scheduled deletion, replicas, rotation.

Source: https://docs.aws.amazon.com/secretsmanager/latest/apireference/
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from moto.moto_api._internal import mock_random
from moto.secretsmanager.models import FakeSecret, ReplicaSecret, SecretsManagerBackend
from moto.secretsmanager.responses import SecretsManagerResponse

from twin.overlay._policies import listed, problem, statements
from twin.patch import Parameters, around, before, existing, notes, operation
from twin.refusal import refuse

if TYPE_CHECKING:
    from twin.world import World

_NOT_WHILE_DELETED = (
    "PutSecretValue",
    "TagResource",
    "UntagResource",
    "PutResourcePolicy",
    "ReplicateSecretToRegions",
    "RotateSecret",
    "UpdateSecretVersionStage",
)


def install(world: World) -> None:
    @before(SecretsManagerResponse, "CreateSecret")
    def create(response: Any, asked: Parameters) -> None:
        name = asked["Name"]
        if not re.fullmatch(r"[A-Za-z0-9/_+=.@!-]{1,512}", name):
            refuse(
                "ValidationException",
                "Invalid name. Must be a valid name containing alphanumeric characters, or any of the following:"
                " -/_+=.@!",
            )
        secret = response.backend.secrets.get(name)
        if secret is not None and secret.is_deleted():
            refuse(
                "InvalidRequestException",
                "You can't create this secret because a secret with this name is already scheduled for deletion.",
            )

    @around(FakeSecret, "__init__")
    def own_suffix(original: Any, self: Any, *args: Any, **kw: Any) -> None:
        """A secret made anew under an old name has another ARN; its replicas share the suffix."""
        original(self, *args, **{**kw, "replica_regions": []})
        self.arn = self.arn[:-6] + mock_random.get_random_string(length=6)
        self.replicas = self.create_replicas(
            kw.get("replica_regions") or [], force_overwrite=bool(kw.get("force_overwrite"))
        )

    @before(SecretsManagerResponse, *_NOT_WHILE_DELETED)
    def deleted(response: Any, asked: Parameters) -> None:
        secret = response.backend.secrets.get(asked["SecretId"])
        if secret is not None and secret.is_deleted():
            refuse(
                "InvalidRequestException",
                "You can't perform this operation on the secret because it was marked for deletion.",
            )

    @around(SecretsManagerBackend, "update_secret")
    def update(original: Any, self: Any, secret_id: str, *args: Any, **kw: Any) -> Any:
        """An empty description takes one away."""
        answer = original(self, secret_id, *args, **kw)
        if kw.get("description") == "":
            self.secrets[secret_id].description = ""
        return answer

    @before(SecretsManagerResponse, "PutResourcePolicy")
    def policy(response: Any, asked: Parameters) -> None:
        document = asked["ResourcePolicy"]
        wrong = problem(document)
        if wrong:
            refuse("MalformedPolicyDocumentException", f"This resource policy contains a syntax error: {wrong}")
        if asked.get("BlockPublicPolicy") and any(_is_public(one) for one in statements(document)):
            refuse("PublicPolicyException", "This resource policy grants broad access to your secret.")

    _replicas(world)
    _rotation(world)


def _is_public(statement: dict[str, Any]) -> bool:
    principal = statement.get("Principal")
    people = listed(principal.get("AWS")) if isinstance(principal, dict) else listed(principal)
    return statement["Effect"] == "Allow" and "*" in people and not statement.get("Condition")


def _replicas(world: World) -> None:
    @around(ReplicaSecret, "__init__")
    def made(original: Any, self: Any, source: Any, region: str, *args: Any, **kw: Any) -> None:
        original(self, source, region, *args, **kw)
        self.__dict__["_made_at"] = world.now()

    @around(SecretsManagerBackend, "replicate_secret_to_regions")
    def replicate(
        original: Any, self: Any, secret_id: str, replica_regions: list[dict[str, str]], force_overwrite: bool
    ) -> Any:
        secret = self.describe_secret(secret_id)
        held = {replica.region for replica in getattr(secret, "replicas", [])}
        for wanted in replica_regions:
            if wanted["Region"] in held:
                refuse(
                    "InvalidParameterException",
                    f"Secret {secret.name} is already replicated to region {wanted['Region']}.",
                )
        original(self, secret_id, replica_regions, force_overwrite)
        return secret.arn, _statuses(world, secret)

    @around(SecretsManagerBackend, "remove_regions_from_replication")
    def remove(original: Any, self: Any, secret_id: str, replica_regions: list[str]) -> Any:
        secret = self.describe_secret(secret_id)
        original(self, secret_id, replica_regions)
        return secret.arn, _statuses(world, secret)

    @around(FakeSecret, "create_replicas")
    def create(original: Any, self: Any, replica_regions: list[dict[str, str]], force_overwrite: bool) -> Any:
        made = original(self, replica_regions, force_overwrite)
        for wanted, replica in zip(replica_regions or [], made, strict=True):
            replica.config = {**replica.config, "KmsKeyId": wanted.get("KmsKeyId") or "alias/aws/secretsmanager"}
        return made

    @around(FakeSecret, "to_dict")
    def to_dict(original: Any, self: Any) -> dict[str, Any]:
        shown: dict[str, Any] = original(self)
        if self.replicas:
            # Lists tell it too, which is all that they tell of replicas.
            shown["PrimaryRegion"] = self.region
            shown["ReplicationStatus"] = _statuses(world, self)
        return shown

    @operation(SecretsManagerResponse, "StopReplicationToReplica")
    def promote(response: Any, asked: Parameters) -> dict[str, Any]:
        """The replica becomes a secret of its own; the primary forgets it."""
        secrets = response.backend.secrets
        replica = secrets.get(asked["SecretId"])
        if not isinstance(replica, ReplicaSecret):
            refuse("InvalidRequestException", "You can't stop replication: the secret is not a replica.")
        source = replica.source
        source.replicas = [one for one in source.replicas if one is not replica]
        alone: Any = FakeSecret.__new__(FakeSecret)
        alone.__dict__.update({k: v for k, v in source.__dict__.items() if k != "_twin_notes"})
        alone.versions = {k: {**v, "version_stages": list(v["version_stages"])} for k, v in source.versions.items()}
        alone.arn, alone.region, alone.replicas = replica.arn, replica.region, []
        alone.tags = list(source.tags or [])
        dict.pop(secrets, replica.arn)
        secrets[alone.arn] = alone
        return {"ARN": alone.arn}


def _statuses(world: World, secret: Any) -> list[dict[str, Any]]:
    statuses = []
    for replica in secret.replicas:
        status = dict(replica.config)
        since = replica.__dict__.get("_made_at", 0.0)
        if status["Status"] == "InSync" and world.now() < since + world.delay("secretsmanager.replicate"):
            status["Status"] = "InProgress"
            status.pop("StatusMessage", None)
        statuses.append(status)
    return statuses


def _rotation(world: World) -> None:
    @before(SecretsManagerResponse, "RotateSecret")
    def function_exists(response: Any, asked: Parameters) -> None:
        backend = response.backend
        secret = backend.secrets.get(asked["SecretId"])
        if secret is None or isinstance(secret, ReplicaSecret):
            return
        function = asked.get("RotationLambdaARN") or secret.rotation_lambda_arn
        if _owner(secret):
            if function:
                refuse(
                    "InvalidRequestException", f"You can't set a function for a secret that {_owner(secret)} rotates."
                )
            return
        if not function:
            refuse("InvalidRequestException", "No Lambda rotation function ARN is associated with this secret.")
        if not _function_exists(backend.account_id, function):
            refuse(
                "AccessDeniedException",
                "Secrets Manager cannot invoke the specified Lambda function. Ensure that the function policy grants"
                " access to the principal secretsmanager.amazonaws.com.",
            )

    @before(SecretsManagerResponse, "CancelRotateSecret", "PutSecretValue", "DeleteSecret")
    def managed(response: Any, asked: Parameters) -> None:
        """What a service manages is changed and deleted by it alone."""
        secret = response.backend.secrets.get(asked["SecretId"])
        if secret is not None and _owner(secret):
            refuse(
                "InvalidRequestException",
                f"You can't perform this operation on the secret because it is managed by {_owner(secret)}.",
            )

    @around(SecretsManagerBackend, "create_managed_secret")
    def rotates(original: Any, self: Any, *args: Any, **wanted: Any) -> Any:
        """RDS rotates what it manages every seven days until told otherwise."""
        secret = original(self, *args, **wanted)
        secret.rotation_enabled, secret.auto_rotate_after_days = True, 7
        notes(secret, "rotation_rules")["AutomaticallyAfterDays"] = 7
        return secret

    @around(SecretsManagerBackend, "rotate_secret")
    def rotate(original: Any, self: Any, secret_id: str, *args: Any, **wanted: Any) -> Any:
        """The schedule is kept; the function itself is not run here, so the value stays."""
        secret = self.secrets.get(secret_id)
        if secret is None or isinstance(secret, ReplicaSecret):
            return original(self, secret_id, *args, **wanted)
        rules = wanted.get("rotation_rules") or notes(secret, "rotation_rules")
        days = rules.get("AutomaticallyAfterDays", 0)
        if days and not 1 <= days <= 1000:
            refuse("InvalidParameterException", "RotationRules.AutomaticallyAfterDays must be within 1-1000.")
        notes(secret, "rotation_rules").update(rules)
        secret.rotation_requested = secret.rotation_enabled = True
        secret.rotation_lambda_arn = wanted.get("rotation_lambda_arn") or secret.rotation_lambda_arn
        secret.auto_rotate_after_days = int(days)
        now = int(world.now())
        secret.next_rotation_date = now + int(days) * 86400 if days else None
        if wanted.get("rotate_immediately", True):
            secret.last_rotation_date = now
        return secret.to_short_dict()


def _owner(secret: Any) -> str:
    """The service that manages a secret; empty for none."""
    return str(getattr(secret, "owning_service", None) or "")


def _function_exists(account: str, arn: str) -> bool:
    from moto.awslambda.models import lambda_backends

    functions = existing(lambda_backends, account, arn.split(":")[3])
    name = arn.split(":function:", 1)[-1].split(":")[0]
    return functions is not None and any(one.function_name == name for one in functions.list_functions())
