# Copyright (c) stackwright.aws contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Elastic Container Registry: image repositories."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..engine.kind import Attribute, Call, Item, Kind, Property, Scope, Update, Work
from .kms import key_id
from .requests import unless
from .shared import WRITE_ONLY, json_document, json_text, policy_document, tag_list, with_tags


def list_repositories(scope: Scope) -> list[Item]:
    """The repositories in scope with their policies, which ECR answers one by one."""
    narrow = {"repositoryNames": list(scope.ids)} if scope.ids else {}
    repositories = with_tags(
        scope,
        scope.pages("ecr", "describe_repositories", "repositories[]", **narrow),
        "repositoryArn",
        "ecr",
        "list_tags_for_resource",
        "resourceArn",
        "tags",
        scope.names("RepositoryName"),
        "repositoryName",
    )
    return [{**repository, **_policies(scope, repository["repositoryName"])} for repository in repositories]


def _policies(scope: Scope, name: str) -> Item:
    stated = {prop for wanted in scope.wanted if wanted.get("RepositoryName") == name for prop in wanted}
    everything = bool(scope.ids) or scope.everything
    found: Item = {}
    # Without a policy ECR answers an error that ends in NotFoundException.
    if everything or "LifecyclePolicy" in stated:
        lifecycle = unless((), lambda: scope.call("ecr", "get_lifecycle_policy", repositoryName=name))
        found["LifecyclePolicyText"] = (lifecycle or {}).get("lifecyclePolicyText")
    if everything or "RepositoryPolicyText" in stated:
        policy = unless((), lambda: scope.call("ecr", "get_repository_policy", repositoryName=name))
        found["RepositoryPolicyText"] = (policy or {}).get("policyText")
    return found


def lifecycle_policy(value: Any) -> Any:
    """A lifecycle policy to compare: its text as data, its rules in the order in which ECR applies them."""
    if not isinstance(value, Mapping):
        return value
    document = json_document(value.get("LifecyclePolicyText"))
    if isinstance(document, Mapping) and isinstance(document.get("rules"), list):
        rules = sorted(document["rules"], key=lambda rule: float(rule.get("rulePriority", 0)))
        document = {**document, "rules": rules}
    return {"LifecyclePolicyText": document or None}


#: What Lambda itself adds to the policy of a repository, to fetch the images of functions.
#: https://docs.aws.amazon.com/lambda/latest/dg/images-create.html
LAMBDA_STATEMENT = "LambdaECRImageRetrievalPolicy"


def _is_lambdas(statement: Any) -> bool:
    return isinstance(statement, Mapping) and statement.get("Sid") == LAMBDA_STATEMENT


def _statements(policy: Any) -> list[Any]:
    document = json_document(policy)
    found = document.get("Statement") if isinstance(document, Mapping) else None
    return found if isinstance(found, list) else [found] if found else []


def is_beside_lambdas(stated: Any, there: Any) -> bool:
    """Whether a policy is what is stated and what Lambda added to that."""
    found = policy_document(there)
    others = [one for one in _statements(found) if not _is_lambdas(one)]
    if len(others) == len(_statements(found)):
        return False
    return {**found, "Statement": others} == policy_document(stated) if others else not _statements(stated)


def encryption(item: Mapping[str, Any]) -> dict[str, Any]:
    """A repository's encryption in CloudFormation's shape."""
    found = item.get("encryptionConfiguration") or {"encryptionType": "AES256"}
    return {"EncryptionType": found["encryptionType"], "KmsKey": found.get("kmsKey")}


def plain_encryption(value: Any) -> Any:
    """An encryption to compare: a key is meant by its id as well as by its ARN."""
    if not isinstance(value, Mapping):
        return value
    return {name: key_id(member) if name == "KmsKey" else member for name, member in value.items()}


def _exclusions(item: Mapping[str, Any]) -> list[dict[str, str]]:
    return [
        {
            "ImageTagMutabilityExclusionFilterType": one["filterType"],
            "ImageTagMutabilityExclusionFilterValue": one["filter"],
        }
        for one in item.get("imageTagMutabilityExclusionFilters") or ()
    ]


def _mutability(work: Work) -> dict[str, Any]:
    params = {"imageTagMutability": work.merged("ImageTagMutability") or "MUTABLE"}
    filters = work.merged("ImageTagMutabilityExclusionFilters")
    if filters:
        params["imageTagMutabilityExclusionFilters"] = [
            {
                "filterType": one["ImageTagMutabilityExclusionFilterType"],
                "filter": one["ImageTagMutabilityExclusionFilterValue"],
            }
            for one in filters
        ]
    return params


def _scanning(work: Work) -> dict[str, Any]:
    stated = work.get("ImageScanningConfiguration") or {}
    return {"imageScanningConfiguration": {"scanOnPush": bool(stated.get("ScanOnPush"))}}


def creation(work: Work) -> dict[str, Any]:
    """The parameters that make a repository."""
    params = {"repositoryName": work.desired["RepositoryName"], **_mutability(work), "tags": tag_list(work.tags)}
    if "ImageScanningConfiguration" in work.desired:
        params |= _scanning(work)
    stated = work.get("EncryptionConfiguration") or {}
    if stated:
        key = {"kmsKey": stated["KmsKey"]} if stated.get("KmsKey") else {}
        params["encryptionConfiguration"] = {"encryptionType": stated["EncryptionType"], **key}
    return params


def _set_lifecycle(work: Work) -> None:
    text = (work.get("LifecyclePolicy") or {}).get("LifecyclePolicyText")
    if text:
        work.call("ecr", "put_lifecycle_policy", repositoryName=work.id, lifecyclePolicyText=json_text(text))
    elif work.current and (work.current.properties["LifecyclePolicy"] or {}).get("LifecyclePolicyText"):
        work.call("ecr", "delete_lifecycle_policy", repositoryName=work.id)


def _set_policy(work: Work) -> None:
    """Write the policy, or take it away; what Lambda added stays, so that functions go on fetching their images."""
    policy = json_document(work.get("RepositoryPolicyText"))
    present = work.current.properties["RepositoryPolicyText"] if work.current else None
    statements = _statements(policy)
    if not any(map(_is_lambdas, statements)):
        statements = [*statements, *filter(_is_lambdas, _statements(present))]
    if statements:
        text = json_text({**(policy or {"Version": "2012-10-17"}), "Statement": statements})
        work.call("ecr", "set_repository_policy", repositoryName=work.id, policyText=text)
    elif present:
        work.call("ecr", "delete_repository_policy", repositoryName=work.id)


_ARN = "arn:{partition}:ecr:{region}:{account}:repository/{RepositoryName}"


def _tag(work: Work) -> dict[str, Any]:
    return {"resourceArn": work.attributes["Arn"], "tags": tag_list(work.tags_to_set)}


def _untag(work: Work) -> dict[str, Any]:
    return {"resourceArn": work.attributes["Arn"], "tagKeys": list(work.tags_to_remove)}


def predicted_uri(facts: Mapping[str, Any]) -> str | None:
    """Where images are pushed to: https://docs.aws.amazon.com/AmazonECR/latest/userguide/Registries.html"""
    name = facts.get("RepositoryName")
    if not isinstance(name, str):
        return None
    suffix = "amazonaws.com.cn" if facts["partition"] == "aws-cn" else "amazonaws.com"
    return f"{facts['account']}.dkr.ecr.{facts['region']}.{suffix}/{name}"


REPOSITORY = Kind(
    type="AWS::ECR::Repository",
    service="ecr",
    title="image repository",
    id="repositoryName",
    key=("RepositoryName",),
    properties={
        "RepositoryName": Property(path="repositoryName", immutable=True),
        "ImageTagMutability": Property(path="imageTagMutability", default="MUTABLE"),
        "ImageTagMutabilityExclusionFilters": Property(path=_exclusions, unordered=True),
        "ImageScanningConfiguration": Property(
            path=lambda item: {"ScanOnPush": (item.get("imageScanningConfiguration") or {}).get("scanOnPush", False)}
        ),
        "EncryptionConfiguration": Property(path=encryption, immutable=True, normalise=plain_encryption),
        "LifecyclePolicy": Property(
            path=lambda item: {"LifecyclePolicyText": item.get("LifecyclePolicyText")},
            exact=True,
            normalise=lifecycle_policy,
            unstated={"LifecyclePolicyText": None},
        ),
        "RepositoryPolicyText": Property(
            exact=True, normalise=policy_document, unstated=None, enough=is_beside_lambdas
        ),
        "EmptyOnDelete": WRITE_ONLY,
    },
    attributes={
        "Arn": Attribute("repositoryArn", _ARN),
        "RepositoryUri": Attribute("repositoryUri", predicted_uri),
    },
    tags="Tags || tags",
    list=list_repositories,
    create=Call("create_repository", creation, item="repository"),
    updates=(
        Update(
            ("ImageTagMutability", "ImageTagMutabilityExclusionFilters"),
            Call("put_image_tag_mutability", lambda w: {"repositoryName": w.id, **_mutability(w)}),
        ),
        Update(
            ("ImageScanningConfiguration",),
            Call("put_image_scanning_configuration", lambda w: {"repositoryName": w.id, **_scanning(w)}),
        ),
        Update(("LifecyclePolicy",), _set_lifecycle, on_create=True),
        Update(("RepositoryPolicyText",), _set_policy, on_create=True),
    ),
    # Without `force` ECR refuses to delete a repository that still has images.
    delete=Call("delete_repository", lambda w: {"repositoryName": w.id, "force": bool(w.get("EmptyOnDelete", False))}),
    tag=Call("tag_resource", _tag),
    untag=Call("untag_resource", _untag),
    holds_data=True,
)

KINDS = (REPOSITORY,)
