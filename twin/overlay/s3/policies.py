# Copyright (c) stackwright.aws contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from moto.s3.models import FakeBucket
from moto.s3.utils import bucket_policy_is_public

from twin.overlay._policies import listed, missing_principal, problem, statements
from twin.overlay.s3.operations import Handlers
from twin.patch import Parameters, around
from twin.refusal import refuse

if TYPE_CHECKING:
    from twin.world import World


def install(world: World, handlers: Handlers) -> None:
    @handlers.guard("PutBucketPolicy")
    def check(response: Any, asked: Parameters) -> None:
        bucket = response.backend.get_bucket(asked["Bucket"])
        document = asked["Policy"]
        document = document.decode() if isinstance(document, bytes) else document
        wrong = problem(document)
        if wrong:
            refuse("MalformedPolicy", wrong, 400)
        for statement in statements(document):
            resources = listed(statement.get("Resource")) + listed(statement.get("NotResource"))
            if not all(_of_bucket(str(resource), bucket.name) for resource in resources):
                refuse("MalformedPolicy", "Policy has invalid resource", 400)
            actions = listed(statement.get("Action")) + listed(statement.get("NotAction"))
            if not all(str(action) == "*" or str(action).lower().startswith("s3:") for action in actions):
                refuse("MalformedPolicy", "Policy has invalid action", 400)
        if missing_principal(document, response.current_account):
            refuse("MalformedPolicy", "Invalid principal in policy", 400)
        block = bucket.public_access_block
        if block is not None and block.block_public_policy and _is_public(document):
            refuse(
                "AccessDenied",
                f"User: arn:aws:iam::{response.current_account}:user/operator is not authorized to perform:"
                f' s3:PutBucketPolicy on resource: "arn:aws:s3:::{bucket.name}" because public policies are prevented'
                " by the BlockPublicPolicy setting in S3 Block Public Access.",
                403,
            )

    @around(FakeBucket, "get_permission")
    def without_conditions(original: Any, self: Any, action: str, resource: str) -> Any:
        """moto takes a conditional statement for an unconditional one: a TLS-only bucket would refuse everyone."""
        stored = self.policy
        if stored is None:
            return original(self, action, resource)
        document = json.loads(stored)
        plain = [one for one in statements(json.dumps(document)) if not one.get("Condition")]
        self.policy = json.dumps({**document, "Statement": plain}).encode() if plain else None
        try:
            return original(self, action, resource)
        finally:
            self.policy = stored


def _of_bucket(resource: str, bucket: str) -> bool:
    arn = resource.partition(":::")[2] if resource.startswith("arn:") else resource
    return arn == "*" or arn == bucket or arn.startswith(f"{bucket}/")


def _is_public(document: str) -> bool:
    return any(
        statement["Effect"] == "Allow" and bucket_policy_is_public(json.dumps({"Statement": [statement]}).encode())
        for statement in statements(document)
    )
