# Copyright (c) stackwright.aws contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Keys: states, rotation periods, policies that keep a door open, multi-Region replicas.

Source: https://docs.aws.amazon.com/kms/latest/developerguide/key-state.html
"""

from __future__ import annotations

import json
import re
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from moto.core.utils import unix_time, utcnow
from moto.kms import models
from moto.kms.models import Key, KmsBackend, kms_backends
from moto.kms.responses import KmsResponse

from twin.overlay._policies import listed, missing_principal, problem, statements
from twin.patch import Parameters, around, before, notes, operation, parameters
from twin.refusal import refuse

if TYPE_CHECKING:
    from twin.world import World

_CRYPTOGRAPHIC = (
    "Encrypt",
    "Decrypt",
    "GenerateDataKey",
    "GenerateDataKeyWithoutPlaintext",
    "Sign",
    "Verify",
    "GenerateMac",
)
_NOT_WHILE_PENDING = (
    "EnableKey",
    "DisableKey",
    "EnableKeyRotation",
    "DisableKeyRotation",
    "RotateKeyOnDemand",
    "UpdateKeyDescription",
    "TagResource",
    "UntagResource",
    "CreateGrant",
    "ReplicateKey",
    "ScheduleKeyDeletion",
)


def install(world: World) -> None:
    models.generate_key_id = _key_id  # type: ignore[attr-defined]

    @around(KmsResponse, "_validate_cmk_id")
    def multi_region_ids(original: Any, self: Any, key_id: str) -> None:
        if re.fullmatch(r"mrk-[0-9a-f]{32}", key_id) and key_id in self.kms_backend.keys:
            return
        original(self, key_id)

    @around(Key, "to_dict")
    def to_dict(original: Any, self: Any) -> dict[str, Any]:
        self.key_usage = self.key_usage or "ENCRYPT_DECRYPT"
        answer: dict[str, Any] = original(self)
        shown = answer["KeyMetadata"]
        shown["MultiRegion"] = bool(self.multi_region)
        if self.multi_region:
            shown["MultiRegionConfiguration"] = _family(self)
        if not shown.get("SigningAlgorithms"):
            shown.pop("SigningAlgorithms", None)
        return answer

    @before(KmsResponse, "CreateKey", "PutKeyPolicy")
    def policy(response: Any, asked: Parameters) -> None:
        document = asked.get("Policy")
        if not document:
            return
        wrong = problem(document)
        if wrong:
            refuse("MalformedPolicyDocumentException", wrong)
        if missing_principal(document, response.current_account):
            refuse(
                "MalformedPolicyDocumentException",
                "Policy contains a statement with one or more invalid principals.",
            )
        if not asked.get("BypassPolicyLockoutSafetyCheck") and not _keeps_a_door_open(document):
            refuse(
                "MalformedPolicyDocumentException",
                "The new key policy will not allow you to update the key policy in the future.",
            )

    @around(KmsResponse, "_get_param")
    def default_policy(original: Any, self: Any, name: str, if_none: Any = None) -> Any:
        """PolicyName may be left out: there is only one."""
        return original(self, name, "default" if name == "PolicyName" and if_none is None else if_none)

    @before(KmsResponse, *_CRYPTOGRAPHIC)
    def usable(response: Any, asked: Parameters) -> None:
        key = _find(response.kms_backend, asked.get("KeyId"))
        if key is not None:
            _refuse_pending(key)
            if key.key_state == "Disabled":
                refuse("DisabledException", f"{key.arn} is disabled.")

    @before(KmsResponse, *_NOT_WHILE_PENDING)
    def changeable(response: Any, asked: Parameters) -> None:
        key = _find(response.kms_backend, asked["KeyId"])
        if key is not None:
            _refuse_pending(key)

    @before(KmsResponse, "CreateAlias", "UpdateAlias")
    def alias(response: Any, asked: Parameters) -> None:
        if asked["AliasName"].startswith("alias/aws/"):
            refuse("NotAuthorizedException", "Alias name alias/aws/ is reserved by AWS")
        key = _find(response.kms_backend, asked["TargetKeyId"])
        if key is not None:
            _refuse_pending(key)

    @operation(KmsResponse, "ScheduleKeyDeletion")
    def schedule(response: Any, asked: Parameters) -> dict[str, Any]:
        response._validate_cmk_id(asked["KeyId"])
        key = _find(response.kms_backend, asked["KeyId"])
        _refuse_pending(key)
        days = asked.get("PendingWindowInDays", 30)
        if not 7 <= days <= 30:
            refuse(
                "ValidationException",
                f"1 validation error detected: Value '{days}' at 'pendingWindowInDays' failed to satisfy constraint:"
                " Member must have value between 7 and 30",
            )
        if key.key_manager == "AWS":
            refuse("AccessDeniedException", f"{key.arn} is an AWS managed key and cannot be deleted")
        key.enabled = False
        answer = {"KeyId": key.arn, "PendingWindowInDays": days}
        if key.multi_region and _replicas(key) and _is_primary(key):
            key.key_state = "PendingReplicaDeletion"
            return answer | {"KeyState": key.key_state}
        key.key_state, key.deletion_date = "PendingDeletion", utcnow() + timedelta(days=days)
        return answer | {"KeyState": key.key_state, "DeletionDate": unix_time(key.deletion_date)}

    @operation(KmsResponse, "CancelKeyDeletion")
    def cancel(response: Any, asked: Parameters) -> dict[str, Any]:
        response._validate_cmk_id(asked["KeyId"])
        key = _find(response.kms_backend, asked["KeyId"])
        if not key.key_state.startswith("Pending"):
            refuse("KMSInvalidStateException", f"{key.arn} is not pending deletion.")
        key.key_state, key.deletion_date = "Disabled", None
        return {"KeyId": key.arn}

    _rotation()
    _replication()
    _pages()

    @around(KmsBackend, "_generate_default_keys")
    def managed_by_aws(original: Any, self: Any, alias_name: str) -> str | None:
        key_id: str | None = original(self, alias_name)
        if key_id:
            key = self.keys[key_id]
            key.key_manager, key.key_rotation_status = "AWS", True
            key.description = f"Default key that protects my data when no other key is defined ({alias_name})"
        return key_id


def _rotation() -> None:
    @operation(KmsResponse, "EnableKeyRotation")
    def enable(response: Any, asked: Parameters) -> None:
        key = _rotatable(response, asked)
        period = asked.get("RotationPeriodInDays", 365)
        if not 90 <= period <= 2560:
            refuse("ValidationException", "RotationPeriodInDays must be between 90 and 2560")
        if key.key_state == "Disabled":
            refuse("DisabledException", f"{key.arn} is disabled.")
        key.key_rotation_status = True
        notes(key, "rotation").update(period=period, following=unix_time(utcnow() + timedelta(days=period)))

    @operation(KmsResponse, "DisableKeyRotation")
    def disable(response: Any, asked: Parameters) -> None:
        key = _rotatable(response, asked)
        key.key_rotation_status = False
        notes(key, "rotation").clear()

    @operation(KmsResponse, "GetKeyRotationStatus")
    def status(response: Any, asked: Parameters) -> dict[str, Any]:
        response._validate_cmk_id(asked["KeyId"])
        key = _find(response.kms_backend, asked["KeyId"])
        rotation = notes(key, "rotation")
        answer = {"KeyId": key.id, "KeyRotationEnabled": key.key_rotation_status and not key.deletion_date}
        if answer["KeyRotationEnabled"] and rotation:
            answer |= {"RotationPeriodInDays": rotation["period"], "NextRotationDate": rotation["following"]}
        return answer

    @before(KmsResponse, "EnableKeyRotation", "DisableKeyRotation")
    def not_while_pending(response: Any, asked: Parameters) -> None:
        key = _find(response.kms_backend, asked["KeyId"])
        if key is not None:
            _refuse_pending(key)


def _rotatable(response: Any, asked: Parameters) -> Any:
    response._validate_cmk_id(asked["KeyId"])
    key = _find(response.kms_backend, asked["KeyId"])
    if key.key_spec != "SYMMETRIC_DEFAULT" or key.origin != "AWS_KMS":
        refuse("UnsupportedOperationException", f"You cannot perform rotation on {key.arn}")
    return key


def _replication() -> None:
    @around(KmsBackend, "replicate_key")
    def replicate(original: Any, self: Any, key_id: str, replica_region: str) -> Any:
        key = _find(self, key_id)
        if not key.multi_region:
            refuse("UnsupportedOperationException", f"{key.arn} is not a multi-Region key.")
        if not _is_primary(key):
            refuse("UnsupportedOperationException", f"{key.arn} is not a multi-Region primary key.")
        if key.id in kms_backends[self.account_id][replica_region].keys:
            refuse("AlreadyExistsException", f"{key.arn} already has a replica in {replica_region}")
        before_replication = json.loads(json.dumps(key.multi_region_configuration))
        replica = original(self, key.id, replica_region)
        key.multi_region_configuration = before_replication
        replica.aliases, replica.grants, replica.rotations = {}, {}, []
        replica.__dict__["_twin_notes"] = {"primary": {"arn": key.arn}}
        replica.creation_date = unix_time()
        return replica

    @before(KmsResponse, "ReplicateKey")
    def exists(response: Any, asked: Parameters) -> None:
        response._validate_cmk_id(asked["KeyId"])

    @around(KmsResponse, "replicate_key")
    def with_its_own(original: Any, self: Any) -> Any:
        """A replica has its own policy, description and tags."""
        answer = original(self)
        asked = parameters(self, "ReplicateKey")
        backend = kms_backends[self.current_account][asked["ReplicaRegion"]]
        replica = backend.keys[self.kms_backend.get_key_id(asked["KeyId"])]
        replica.policy = asked.get("Policy") or replica.generate_default_policy()
        replica.description = asked.get("Description", "")
        if asked.get("Tags"):
            backend.tagger.tag_resource(replica.id, asked["Tags"])
        shown = json.loads(answer)
        shown["ReplicaKeyMetadata"] = {**replica.to_dict()["KeyMetadata"], "KeyState": "Creating"}
        return json.dumps(shown)

    @around(KmsBackend, "describe_key")
    def describe(original: Any, self: Any, key_id: str) -> Any:
        return self.keys[self.any_id_to_key_id(key_id)]


def _pages() -> None:
    @operation(KmsResponse, "ListKeys")
    def keys(response: Any, asked: Parameters) -> dict[str, Any]:
        items = [{"KeyId": key.id, "KeyArn": key.arn} for key in response.kms_backend.keys.values()]
        return _page(items, asked, "Keys", 100)

    @operation(KmsResponse, "ListAliases")
    def aliases(response: Any, asked: Parameters) -> dict[str, Any]:
        wanted = asked.get("KeyId")
        if wanted:
            response._validate_cmk_id(wanted)
        key_id = response.kms_backend.get_key_id(wanted) if wanted else None
        items = [
            {"AliasName": one.alias_name, "AliasArn": one.alias_arn, "TargetKeyId": one.target_key_id}
            for one in response.kms_backend.list_aliases(key_id)
        ]
        return _page(sorted(items, key=lambda one: one["AliasName"]), asked, "Aliases", 50)


def _page(items: list[Any], asked: Parameters, key: str, default: int) -> dict[str, Any]:
    marker = asked.get("Marker") or "0"
    if not marker.isdigit():
        refuse("InvalidMarkerException", f"Invalid marker: {marker}")
    end = int(marker) + (asked.get("Limit") or default)
    answer = {key: items[int(marker) : end], "Truncated": end < len(items)}
    return answer | ({"NextMarker": str(end)} if end < len(items) else {})


def _key_id(multi_region: bool = False) -> str:
    from moto.moto_api._internal import mock_random

    key = mock_random.uuid4()
    return f"mrk-{key.hex}" if multi_region else str(key)


def _find(backend: Any, key_id: str | None) -> Any:
    """The key by id, ARN or alias; None if there is none."""
    if not key_id:
        return None
    raw = backend.get_key_id(backend.get_alias_name(key_id))
    if raw.startswith("alias/"):
        raw = next((key.id for key in backend.keys.values() if raw in key.aliases), None)
    return backend.keys.get(raw)


def _refuse_pending(key: Any) -> None:
    if key.key_state.startswith("Pending"):
        refuse("KMSInvalidStateException", f"{key.arn} is pending deletion.")


def _keeps_a_door_open(document: str) -> bool:
    for statement in statements(document):
        actions = [str(action).lower() for action in listed(statement.get("Action"))]
        allowed = any(re.fullmatch(action.replace("*", ".*"), "kms:putkeypolicy") for action in actions)
        principal = statement.get("Principal")
        people = listed(principal.get("AWS")) if isinstance(principal, dict) else listed(principal)
        if statement["Effect"] == "Allow" and allowed and people:
            return True
    return False


def _is_primary(key: Any) -> bool:
    return "arn" not in notes(key, "primary")


def _replicas(key: Any) -> list[Any]:
    regions = kms_backends[key.account_id]
    return [
        backend.keys[key.id]
        for backend in regions.values()
        if key.id in backend.keys and backend.keys[key.id] is not key
    ]


def _family(key: Any) -> dict[str, Any]:
    family = [key, *_replicas(key)]
    primary = next(one for one in family if _is_primary(one))

    def shown(one: Any) -> dict[str, str]:
        return {"Arn": one.arn, "Region": one.region}

    return {
        "MultiRegionKeyType": "PRIMARY" if key is primary else "REPLICA",
        "PrimaryKey": shown(primary),
        "ReplicaKeys": [shown(one) for one in family if one is not primary],
    }
