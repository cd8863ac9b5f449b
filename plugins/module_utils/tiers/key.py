# Copyright (c) stackwright.aws contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The `keys` section: KMS keys that the stack encrypts with."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..engine.document import Resource
from ..engine.values import Address
from . import formats
from .base import TAGS, Context, Export, Options, Tier
from .permissions import policy, this_account

KEY = "AWS::KMS::Key"
ALIAS = "AWS::KMS::Alias"

SPEC: dict[str, Any] = {
    "alias": {"type": "str"},
    "description": {"type": "str", "format": formats.length(8192)},
    "rotation": {"type": "bool", "default": True},
    "rotation_days": {"type": "int", "format": formats.between(90, 2560)},
    "deletion_window_days": {"type": "int", "default": 30, "format": formats.between(7, 30)},
    "multi_region": {"type": "bool", "default": False},
    "services": {"type": "list", "elements": "str", "default": []},
    "principals": {"type": "list", "elements": "str", "default": [], "format": formats.PRINCIPAL},
    "tags": TAGS,
}

_USE = ["kms:Decrypt", "kms:DescribeKey", "kms:Encrypt", "kms:GenerateDataKey*", "kms:ReEncrypt*"]


def alias_of(name: str, options: Options, context: Context) -> str:
    """The key's alias, `alias/` included."""
    alias: str = options["alias"] or context.name(name)
    return alias if alias.startswith("alias/") else f"alias/{alias}"


def exports(name: str, options: Options, context: Context) -> Export:
    address = Address(KEY, name)
    key = Resource(kind=KEY, name=name, properties={})
    return Export(
        address=address,
        values={"arn": key.ref("Arn"), "id": key.ref("KeyId"), "alias": alias_of(name, options, context)},
        default="arn",
    )


def compile(name: str, options: Options, context: Context) -> list[Resource]:
    alias = alias_of(name, options, context)
    key = context.resource(
        KEY,
        name,
        {
            "Description": options["description"] or f"{context.stack}: {name}",
            "EnableKeyRotation": options["rotation"],
            "RotationPeriodInDays": options["rotation_days"] if options["rotation"] else None,
            "PendingWindowInDays": options["deletion_window_days"],
            "MultiRegion": options["multi_region"],
            "KeyPolicy": _policy(options, context),
        },
        tags=options["tags"],
        protect=True,
    )
    return [key, context.resource(ALIAS, name, {"AliasName": alias, "TargetKeyId": key.ref("KeyId")})]


def key_elsewhere(
    name: str, alias: str, region: str, description: str, tags: Mapping[str, str], context: Context
) -> list[Resource]:
    """A key of an entry in another region, and its alias.

    Args:
        name: its logical name.
    """
    key = context.resource(
        KEY,
        name,
        {
            "Description": description,
            "EnableKeyRotation": True,
            "PendingWindowInDays": 30,
            "KeyPolicy": _policy({"services": [], "principals": []}, context),
        },
        tags=tags,
        protect=True,
        region=region,
    )
    named = {"AliasName": f"alias/{alias}", "TargetKeyId": key.ref("KeyId")}
    return [key, context.resource(ALIAS, name, named, region=region)]


def _policy(options: Options, context: Context) -> dict[str, Any]:
    """The account decides by IAM policies; services and outsiders are let in here.

    Roles of the stack get their use of the key by their own policies (`may: {use: [key.NAME]}`), so that key and role
    do not need each other. https://docs.aws.amazon.com/kms/latest/developerguide/key-policy-default.html
    """
    statements: list[dict[str, Any]] = [
        {
            "Sid": "AccountDecidesByIam",
            "Effect": "Allow",
            "Principal": {"AWS": context.arn("iam", "root", region="")},
            "Action": "kms:*",
            "Resource": "*",
        }
    ]
    for service in options["services"]:
        # CloudWatch Logs names the log group in the encryption context instead of the source account.
        # https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/encrypt-log-data-kms.html
        logs = service.startswith("logs.")
        arn = context.arn("logs", "*")
        statements.append(
            {
                "Sid": "Service" + "".join(word.capitalize() for word in service.replace("-", ".").split(".")[:-2]),
                "Effect": "Allow",
                "Principal": {"Service": service},
                "Action": _USE,
                "Resource": "*",
                "Condition": {"ArnLike": {"kms:EncryptionContext:aws:logs:arn": arn}} if logs else this_account(),
            }
        )
    if options["principals"]:
        statements.append(
            {
                "Sid": "Principals",
                "Effect": "Allow",
                "Principal": {"AWS": [context.fill(arn, "principals") for arn in options["principals"]]},
                "Action": _USE,
                "Resource": "*",
            }
        )
    return policy(statements)


TIER = Tier(section="keys", reference="key", spec=SPEC, compile=compile, exports=exports)
