# Copyright (c) stackwright.aws contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""ECR: pages, keys that exist, policies that parse. Repositories and images are moto's."""

from __future__ import annotations

import hashlib
import json
from typing import Any

from moto.ecr.models import ECRBackend, Image
from moto.ecr.responses import ECRResponse

from twin.overlay import _lookups
from twin.overlay._lifecycle import page
from twin.patch import Parameters, after, around, before
from twin.refusal import refuse
from twin.world import World

_LISTS = {
    "DescribeRepositories": ("repositories", "repositoryNames"),
    "DescribeImages": ("imageDetails", "imageIds"),
    "ListImages": ("imageIds", None),
}


def _pages() -> None:
    for name, (member, chosen) in _LISTS.items():

        @after(ECRResponse, name)
        def cut(
            _: ECRResponse, p: Parameters, result: Any, member: str = member, chosen: str | None = chosen
        ) -> dict[str, Any]:
            items, size = list(result[member]), p.get("maxResults")
            if chosen and p.get(chosen):
                if size or p.get("nextToken"):
                    _invalid(f"maxResults and nextToken cannot be used with {chosen}")
                return {member: items}
            if size is not None and not 1 <= size <= 1000:
                _invalid("Invalid parameter at 'maxResults': must be between 1 and 1000")
            found, token = page(
                items, p.get("nextToken"), size, 100, lambda: _invalid("Invalid parameter at 'nextToken'")
            )
            return {member: found, **({"nextToken": token} if token else {})}


def _invalid(message: str) -> None:
    refuse("InvalidParameterException", message)


def install(world: World) -> None:
    _pages()

    @around(ECRBackend, "create_repository")
    def create(original: Any, backend: ECRBackend, *args: Any, **kw: Any) -> Any:
        wanted = kw.get("encryption_config") or {}
        if wanted.get("encryptionType", "AES256") not in ("AES256", "KMS", "KMS_DSSE"):
            _invalid("Invalid parameter at 'encryptionConfiguration' failed to satisfy constraint: 'encryptionType'")
        if wanted.get("kmsKey"):
            if wanted.get("encryptionType") == "AES256":
                _invalid("A KMS key cannot be specified with encryption type AES256")
            arn = _lookups.kms_key_arn(backend.account_id, backend.region_name, wanted["kmsKey"])
            if arn is None:
                refuse("KmsException", f"The KMS key {wanted['kmsKey']} does not exist or is not enabled")
            kw["encryption_config"] = {**wanted, "kmsKey": arn}
        return original(backend, *args, **kw)

    @before(ECRResponse, "SetRepositoryPolicy")
    def policy(_: ECRResponse, p: Parameters) -> None:
        try:
            document = json.loads(p["policyText"])
            statements = document["Statement"]
        except (ValueError, KeyError, TypeError):
            _invalid(
                "Invalid parameter at 'PolicyText' failed to satisfy constraint: 'Invalid repository policy provided'"
            )
        for statement in statements if isinstance(statements, list) else [statements]:
            if not {"Effect", "Action"} <= statement.keys() or "Resource" in statement:
                _invalid(
                    "Invalid parameter at 'PolicyText' failed to satisfy constraint: 'Invalid repository"
                    " policy provided'"
                )

    @around(Image, "_create_digest")
    def digest(_: Any, image: Image) -> None:
        # moto's is that of the layers alone, so that images that differ in anything else would share it.
        image._image_digest = "sha256:" + hashlib.sha256(image.image_manifest.encode()).hexdigest()

    @before(ECRResponse, "PutImage")
    def tag_is_free(response: ECRResponse, p: Parameters) -> None:
        repository = response.ecr_backend._get_repository(p["repositoryName"], p.get("registryId"))
        tag = p.get("imageTag")
        taken = [image for image in repository.images if tag and tag in image.image_tags]
        if taken and repository.image_tag_mutability == "IMMUTABLE" and taken[0].image_manifest != p["imageManifest"]:
            refuse(
                "ImageTagAlreadyExistsException",
                f"The image tag '{tag}' already exists in the '{repository.name}' repository and cannot be"
                " overwritten because the tag is immutable.",
            )
