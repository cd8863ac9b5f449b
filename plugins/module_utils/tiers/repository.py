# Copyright (c) stackwright.aws contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The `repositories` section: ECR repositories, scanned on push, encrypted, tags that do not move."""

from __future__ import annotations

import json
from typing import Any

from ..engine.document import Resource
from ..engine.values import Address, Compose, Ref, account_id
from . import formats
from .base import TAGS, Context, Export, Options, Tier
from .permissions import STATEMENTS

REPOSITORY = "AWS::ECR::Repository"

SPEC: dict[str, Any] = {
    "name": {"type": "str"},
    "scan_on_push": {"type": "bool", "default": True},
    "immutable_tags": {"type": "bool", "default": True},
    "key": {"type": "str", "no_log": False},
    "keep_images": {"type": "int", "default": 50, "format": formats.at_least(1)},
    "expire_untagged_days": {"type": "int", "default": 14, "format": formats.at_least(1)},
    "statements": STATEMENTS,
    "tags": TAGS,
}


def repository_name(name: str, options: Options) -> str:
    """The repository's name: the entry's unless stated, since images are pushed under it."""
    return options["name"] or name


def exports(name: str, options: Options, context: Context) -> Export:
    address = Address(REPOSITORY, name)
    # The registry's host name follows from account and region:
    # https://docs.aws.amazon.com/AmazonECR/latest/userguide/Registries.html
    domain = "amazonaws.com.cn" if context.region.startswith("cn-") else "amazonaws.com"
    uri = Compose(
        f"{{account}}.dkr.ecr.{context.region}.{domain}/{repository_name(name, options)}", {"account": account_id()}
    )
    return Export(
        address=address,
        values={"arn": Ref(address, "Arn"), "name": repository_name(name, options), "uri": uri},
        default="uri",
        member=lambda tail: Compose("{uri}" + tail, {"uri": uri}),
    )


def compile(name: str, options: Options, context: Context) -> list[Resource]:
    key = context.arn_of(options["key"], "key", "key")
    encryption = {"EncryptionType": "KMS", "KmsKey": key} if key else {"EncryptionType": "AES256"}
    return [
        context.resource(
            REPOSITORY,
            name,
            {
                "RepositoryName": repository_name(name, options),
                "ImageScanningConfiguration": {"ScanOnPush": options["scan_on_push"]},
                "ImageTagMutability": "IMMUTABLE" if options["immutable_tags"] else "MUTABLE",
                "EncryptionConfiguration": encryption,
                "LifecyclePolicy": {"LifecyclePolicyText": json.dumps(_lifecycle(options), sort_keys=True)},
                "RepositoryPolicyText": _policy(options, context),
            },
            tags=options["tags"],
            protect=True,
        )
    ]


def _lifecycle(options: Options) -> dict[str, Any]:
    """Untagged images go after some days, tagged ones when there are too many.

    https://docs.aws.amazon.com/AmazonECR/latest/userguide/lifecycle_policy_parameters.html
    """
    expire = {"type": "expire"}
    untagged = {
        "tagStatus": "untagged",
        "countType": "sinceImagePushed",
        "countUnit": "days",
        "countNumber": options["expire_untagged_days"],
    }
    rest = {"tagStatus": "any", "countType": "imageCountMoreThan", "countNumber": options["keep_images"]}
    return {
        "rules": [
            {"rulePriority": 1, "description": "untagged images", "selection": untagged, "action": expire},
            {"rulePriority": 2, "description": "all but the last images", "selection": rest, "action": expire},
        ]
    }


def _policy(options: Options, context: Context) -> dict[str, Any] | None:
    if not options["statements"]:
        return None
    return {"Version": "2012-10-17", "Statement": context.fill(options["statements"], "statements")}


TIER = Tier(section="repositories", reference="repository", spec=SPEC, compile=compile, exports=exports)
