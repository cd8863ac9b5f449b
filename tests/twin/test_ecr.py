# Copyright (c) stackwright.aws contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from tests.twin.support import refused

Client = Callable[..., Any]
RULE = {
    "rulePriority": 1,
    "selection": {"tagStatus": "any", "countType": "imageCountMoreThan", "countNumber": 10},
    "action": {"type": "expire"},
}
POLICY = {
    "Version": "2012-10-17",
    "Statement": [{"Sid": "s", "Effect": "Allow", "Principal": "*", "Action": ["ecr:BatchGetImage"]}],
}


@pytest.fixture
def ecr(client: Client) -> Any:
    return client("ecr")


def put_image(ecr: Any, tag: str, layer: str = "a") -> None:
    manifest = {
        "schemaVersion": 2,
        "mediaType": "application/vnd.oci.image.manifest.v1+json",
        "layers": [],
        "x": layer,
    }
    ecr.put_image(repositoryName="repo", imageManifest=json.dumps(manifest), imageTag=tag)


def test_a_repository_comes_back_whole(client: Client, ecr: Any) -> None:
    key = client("kms").create_key()["KeyMetadata"]
    ecr.create_repository(
        repositoryName="repo",
        imageScanningConfiguration={"scanOnPush": True},
        imageTagMutability="IMMUTABLE",
        encryptionConfiguration={"encryptionType": "KMS", "kmsKey": key["KeyId"]},
        tags=[{"Key": "a", "Value": "1"}],
    )
    (got,) = ecr.describe_repositories(repositoryNames=["repo"])["repositories"]
    assert got["imageScanningConfiguration"] == {"scanOnPush": True}
    assert got["imageTagMutability"] == "IMMUTABLE"
    assert got["encryptionConfiguration"] == {"encryptionType": "KMS", "kmsKey": key["Arn"]}
    assert ecr.list_tags_for_resource(resourceArn=got["repositoryArn"])["tags"] == [{"Key": "a", "Value": "1"}]
    ecr.put_image_scanning_configuration(repositoryName="repo", imageScanningConfiguration={"scanOnPush": False})
    ecr.put_image_tag_mutability(repositoryName="repo", imageTagMutability="MUTABLE")
    (got,) = ecr.describe_repositories(repositoryNames=["repo"])["repositories"]
    assert (got["imageScanningConfiguration"]["scanOnPush"], got["imageTagMutability"]) == (False, "MUTABLE")


def test_a_key_must_exist(ecr: Any) -> None:
    with refused("KmsException"):
        ecr.create_repository(
            repositoryName="repo",
            encryptionConfiguration={
                "encryptionType": "KMS",
                "kmsKey": "00000000-0000-0000-0000-000000000000",
            },
        )
    assert ecr.describe_repositories()["repositories"] == []


def test_policies(ecr: Any) -> None:
    ecr.create_repository(repositoryName="repo")
    ecr.put_lifecycle_policy(repositoryName="repo", lifecyclePolicyText=json.dumps({"rules": [RULE]}))
    text = ecr.get_lifecycle_policy(repositoryName="repo")["lifecyclePolicyText"]
    assert json.loads(text) == {"rules": [RULE]}
    with refused("InvalidParameterException"):
        wrong = {**RULE, "action": {"type": "keep"}}
        ecr.put_lifecycle_policy(repositoryName="repo", lifecyclePolicyText=json.dumps({"rules": [wrong]}))
    ecr.set_repository_policy(repositoryName="repo", policyText=json.dumps(POLICY))
    assert json.loads(ecr.get_repository_policy(repositoryName="repo")["policyText"]) == POLICY
    for wrong in ("{", "{}", json.dumps({"Statement": [{**POLICY["Statement"][0], "Resource": "*"}]})):
        with refused("InvalidParameterException", "PolicyText"):
            ecr.set_repository_policy(repositoryName="repo", policyText=wrong)


def test_images_keep_their_repository_and_immutable_tags_stay(ecr: Any) -> None:
    ecr.create_repository(repositoryName="repo", imageTagMutability="IMMUTABLE")
    put_image(ecr, "1")
    with refused("ImageAlreadyExistsException"):
        put_image(ecr, "1")
    with refused("ImageTagAlreadyExistsException"):
        put_image(ecr, "1", layer="b")
    with refused("RepositoryNotEmptyException"):
        ecr.delete_repository(repositoryName="repo")
    (image,) = ecr.describe_images(repositoryName="repo")["imageDetails"]
    assert image["imageTags"] == ["1"] and image["imageDigest"].startswith("sha256:")
    put_image(ecr, "2", layer="b")
    assert len({i["imageDigest"] for i in ecr.describe_images(repositoryName="repo")["imageDetails"]}) == 2
    ecr.delete_repository(repositoryName="repo", force=True)
    with refused("RepositoryNotFoundException"):
        put_image(ecr, "1")


def test_lists_are_paged(ecr: Any) -> None:
    for number in range(5):
        ecr.create_repository(repositoryName=f"r{number}")
    pages = list(ecr.get_paginator("describe_repositories").paginate(PaginationConfig={"PageSize": 2}))
    assert [len(page["repositories"]) for page in pages] == [2, 2, 1]
    with refused("InvalidParameterException"):
        ecr.describe_repositories(repositoryNames=["r1"], maxResults=1)
    ecr.create_repository(repositoryName="repo")
    for number in range(3):
        put_image(ecr, str(number), layer=str(number))
    pages = list(ecr.get_paginator("describe_images").paginate(repositoryName="repo", PaginationConfig={"PageSize": 2}))
    assert [len(page["imageDetails"]) for page in pages] == [2, 1]
