# Copyright (c) stackwright.aws contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Key Management Service: keys and their aliases."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any

from ..engine.document import NAME_TAG, STACK_TAG
from ..engine.kind import Attribute, Call, Item, Kind, Property, Scope, States, Update, Work, read_tags
from ..engine.template import Template
from .key_users import copies_under
from .requests import given, indexed, is_stated, unless
from .shared import IMMUTABLE, MUTABLE, WRITE_ONLY, json_text, policy_document, tag_index

KEY = "AWS::KMS::Key"

#: Days between the order to delete a key and its end, unless stated: the longest, since it cannot be undone afterwards.
#: https://docs.aws.amazon.com/kms/latest/APIReference/API_ScheduleKeyDeletion.html
DELETION_WINDOW = 30

#: https://docs.aws.amazon.com/kms/latest/developerguide/key-state.html
LEAVING_STATES = frozenset({"PendingDeletion", "PendingReplicaDeletion"})

#: How the description of a key begins that outlives its stack, and our word for its state.
KEPT_FOR, LET_GO = "Kept for ", "LetGo"


def kms_tags(tags: Mapping[str, str]) -> list[dict[str, str]]:
    """Tags as KMS takes them."""
    return [{"TagKey": key, "TagValue": value} for key, value in sorted(tags.items())]


def key_id(value: Any) -> Any:
    """A key's id, given that or the key's ARN."""
    return value.rpartition(":key/")[2] if isinstance(value, str) else value


# Keys


def list_keys(scope: Scope) -> list[Item]:
    """Keys of the stack, with as much about them as somebody stated.

    A key has no name of its own: only its tags tell whose it is. The tag index lags behind, so if it shows fewer keys
    than are described, every key of the account is asked for its tags rather than that a second one is made.
    """
    if scope.ids:
        candidates = list(scope.ids)
    elif scope.everything:
        candidates = _all_keys(scope)
    else:
        candidates = indexed(scope, "kms", "key/")
    tags = {} if scope.ids else {arn.rpartition("/")[2]: tags for arn, tags in tag_index(scope).items()}
    read = (_read_key(scope, identifier, tags.get(identifier)) for identifier in candidates)
    found = [key for key in read if key is not None]
    if not scope.ids and not scope.everything:
        alive = [key for key in found if key["KeyState"] not in LEAVING_STATES]
        if len(alive) < len(scope.wanted):
            found += _search(scope, set(candidates))
    return found


def _all_keys(scope: Scope) -> list[str]:
    managed = {alias.get("TargetKeyId") for alias in aliases(scope) if alias["AliasName"].startswith("alias/aws/")}
    keys = scope.pages("kms", "list_keys", "Keys[].KeyId")
    return [key for key in keys if key not in managed]


def _search(scope: Scope, known: set[str]) -> list[Item]:
    """The stack's keys among those that the tag index does not show. One that we may not look into is not ours."""
    found = []
    for identifier in _all_keys(scope):
        if identifier in known:
            continue
        answer = unless({"AccessDeniedException"}, partial(scope.call, "kms", "list_resource_tags", KeyId=identifier))
        tags = read_tags((answer or {}).get("Tags")) or {}
        if tags.get(STACK_TAG) == scope.stack:
            key = _read_key(scope, identifier, tags)
            found += [key] if key is not None else []
    return found


def _read_key(scope: Scope, identifier: str, tags: Mapping[str, str] | None = None) -> Item | None:
    described = unless((), partial(scope.call, "kms", "describe_key", KeyId=identifier))
    if described is None:
        return None
    key = described["KeyMetadata"]
    if key["KeyState"] in LEAVING_STATES or key.get("KeyManager") == "AWS":
        return {**key, "Tags": []}
    # The index may still show the tags of one that was let go a moment ago.
    if tags is None or _is_kept(key):
        tags = read_tags(scope.call("kms", "list_resource_tags", KeyId=identifier)["Tags"])
    key = {**key, "Tags": tags}
    if is_stated(scope, "KeyPolicy"):
        key["Policy"] = scope.call("kms", "get_key_policy", KeyId=identifier, PolicyName="default")["Policy"]
    if is_stated(scope, "EnableKeyRotation", "RotationPeriodInDays"):
        # Keys that are not symmetric, or hold imported material, do not rotate.
        key["Rotation"] = unless(
            {"UnsupportedOperationException"}, partial(scope.call, "kms", "get_key_rotation_status", KeyId=identifier)
        )
    return key


_AS_STATED = ("Description", "KeySpec", "KeyUsage", "Origin", "MultiRegion", "BypassPolicyLockoutSafetyCheck")


def _create_key(work: Work) -> dict[str, Any]:
    params = given(work, *_AS_STATED)
    if work.get("KeyPolicy"):
        params["Policy"] = json_text(work.desired["KeyPolicy"])
    return {**params, "Tags": kms_tags(work.tags)}


def _put_policy(work: Work) -> dict[str, Any]:
    return {
        "KeyId": work.id,
        "PolicyName": "default",
        "Policy": json_text(work.desired["KeyPolicy"]),
        **given(work, "BypassPolicyLockoutSafetyCheck"),
    }


def _set_rotation(work: Work) -> None:
    if work.merged("EnableKeyRotation"):
        work.call("kms", "enable_key_rotation", KeyId=work.id, **given(work, "RotationPeriodInDays"))
    elif "EnableKeyRotation" in work.desired:
        work.call("kms", "disable_key_rotation", KeyId=work.id)


def _enable(work: Work) -> None:
    """First of all: most changes are refused on a disabled key."""
    if work.desired["Enabled"]:
        work.call("kms", "enable_key", KeyId=work.id)


def _disable(work: Work) -> None:
    if not work.desired["Enabled"]:
        work.call("kms", "disable_key", KeyId=work.id)


#: Days between two rotations where nothing else is said.
A_YEAR = 365


def _key_state(item: Item) -> str:
    is_let_go = _is_kept(item) and STACK_TAG not in (read_tags(item.get("Tags")) or {})
    return LET_GO if is_let_go else str(item.get("KeyState") or "")


def _is_kept(key: Item) -> bool:
    return str(key.get("Description") or "").startswith(KEPT_FOR)


def _delete_key(work: Work) -> None:
    """Order the deletion; a key that a final snapshot or a retained backup needs is let go instead.

    It stays as it is then, says for what, and is the stack's no more.
    """
    needed = copies_under(work.attributes["Arn"], work)
    if not needed:
        days = int(work.get("PendingWindowInDays") or DELETION_WINDOW)
        work.call("kms", "schedule_key_deletion", KeyId=work.id, PendingWindowInDays=days)
        return
    # In this order: killed in between, it is still the stack's.
    work.call("kms", "update_key_description", KeyId=work.id, Description=f"{KEPT_FOR}{needed[0]}")
    work.call("kms", "untag_resource", KeyId=work.id, TagKeys=[STACK_TAG, NAME_TAG])


KMS_KEY = Kind(
    type=KEY,
    service="kms",
    title="KMS key",
    id="KeyId",
    holds_data=True,
    properties={
        "Description": MUTABLE,
        "KeyPolicy": Property(path="Policy", exact=True, normalise=policy_document),
        "EnableKeyRotation": Property(path="Rotation.KeyRotationEnabled", default=False),
        "RotationPeriodInDays": Property(path="Rotation.RotationPeriodInDays", default=A_YEAR, unstated=A_YEAR),
        "Enabled": MUTABLE,
        "MultiRegion": Property(immutable=True, default=False),
        "KeySpec": IMMUTABLE,
        "KeyUsage": IMMUTABLE,
        "Origin": IMMUTABLE,
        "PendingWindowInDays": WRITE_ONLY,
        "BypassPolicyLockoutSafetyCheck": WRITE_ONLY,
    },
    attributes={"KeyId": Attribute("KeyId"), "Arn": Attribute("Arn")},
    list=list_keys,
    states=States(
        path=_key_state,
        ready=frozenset({"Enabled", "Disabled", "PendingImport"}),
        failed=frozenset({"Unavailable"}),
        gone=LEAVING_STATES | {LET_GO},
        timeout=300,
    ),
    # A principal of the policy that was made a moment ago counts as malformed until KMS knows it.
    create=Call(
        "create_key",
        _create_key,
        item="KeyMetadata",
        once=True,
        retry_on=frozenset({"MalformedPolicyDocumentException"}),
    ),
    updates=(
        Update(("Enabled",), _enable),
        Update(
            ("Description",),
            Call("update_key_description", lambda w: {"KeyId": w.id, "Description": w.desired["Description"] or ""}),
        ),
        Update(
            ("KeyPolicy",),
            Call("put_key_policy", _put_policy, retry_on=frozenset({"MalformedPolicyDocumentException"})),
        ),
        Update(("EnableKeyRotation", "RotationPeriodInDays"), _set_rotation, on_create=True),
        Update(("Enabled",), _disable, on_create=True),
    ),
    delete=_delete_key,
    farewell="it is not deleted while a final snapshot or a backup is encrypted with it, but loses the stack's tags",
    tag=Call("tag_resource", lambda w: {"KeyId": w.id, "Tags": kms_tags(w.tags_to_set)}),
    untag=Call("untag_resource", lambda w: {"KeyId": w.id, "TagKeys": list(w.tags_to_remove)}),
)


# Aliases


def aliases(scope: Scope) -> list[Item]:
    """Every alias of the region, asked once an observation."""
    found: list[Item] = scope.memo.get(
        ("kms_aliases", scope.region), lambda: scope.pages("kms", "list_aliases", "Aliases[]")
    )
    return found


def list_aliases(scope: Scope) -> list[Item]:
    """Aliases that are described or lead to a key of ours."""
    names = set(scope.names("AliasName"))
    keys = set() if scope.ids else {key.id for key in scope.observed(KEY)}
    return [
        alias
        for alias in aliases(scope)
        if scope.everything or alias["AliasName"] in names or alias.get("TargetKeyId") in keys
    ]


KMS_ALIAS = Kind(
    type="AWS::KMS::Alias",
    service="kms",
    title="KMS alias",
    template=Template(attributes={"Arn": ""}),
    id="AliasName",
    key=("AliasName",),
    requires=(KEY,),
    tags=None,
    properties={"AliasName": IMMUTABLE, "TargetKeyId": Property(normalise=key_id)},
    attributes={
        "AliasName": Attribute("AliasName", "{AliasName}"),
        "Arn": Attribute("AliasArn", "arn:{partition}:kms:{region}:{account}:{AliasName}"),
    },
    list=list_aliases,
    create=Call("create_alias", lambda w: given(w, "AliasName", "TargetKeyId")),
    updates=(
        Update(
            ("TargetKeyId",),
            Call("update_alias", lambda w: {"AliasName": w.id, "TargetKeyId": w.desired["TargetKeyId"]}),
        ),
    ),
    delete=Call("delete_alias", lambda w: {"AliasName": w.id}),
)

KINDS = (KMS_KEY, KMS_ALIAS)
