# Copyright (c) stackwright.aws contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
from __future__ import annotations

import json
import re
import threading
from typing import TYPE_CHECKING, Any

from moto.iam import models
from moto.iam.responses import IamResponse

from twin.overlay._policies import missing_principal, problem
from twin.patch import Parameters, before
from twin.refusal import refuse

if TYPE_CHECKING:
    from twin.world import World

# https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_aws-services-that-work-with-iam.html
_SERVICE_ROLES = {
    "backup": "Backup",
    "ecs": "ECS",
    "ecs.application-autoscaling": "ApplicationAutoScaling_ECSService",
    "elasticache": "ElastiCache",
    "elasticloadbalancing": "ElasticLoadBalancing",
    "rds": "RDS",
    "replication.ecr": "ECRReplication",
}
_POLICIES_PER_ROLE = 10
_MANAGED_SIZE = 6144
_INLINE_SIZE = 10240


def install(world: World) -> None:
    models.SERVICE_NAME_CONVERSION.update(_SERVICE_ROLES)
    # AWS's managed policies: parse the megabytes now, not at somebody's first request.
    threading.Thread(target=models.IAMBackend, args=("aws", "000000000000"), daemon=True).start()

    @before(IamResponse, "CreateServiceLinkedRole")
    def taken(response: Any, asked: Parameters) -> None:
        service = asked["AWSServiceName"].removesuffix(".amazonaws.com")
        name = f"AWSServiceRoleFor{models.SERVICE_NAME_CONVERSION.get(service, service)}"
        if any(role.name == name for role in response.backend.roles.values()):
            refuse(
                "InvalidInput",
                f"Service role name {name} has been taken in this account, please try a different suffix.",
            )

    @before(IamResponse, "CreateRole", "UpdateAssumeRolePolicy")
    def trust(response: Any, asked: Parameters) -> None:
        document = asked.get("AssumeRolePolicyDocument") or asked.get("PolicyDocument") or ""
        wrong = problem(document, resource=False)
        if wrong:
            refuse("MalformedPolicyDocument", wrong if "JSON" not in wrong else "This policy contains invalid Json")
        missing = missing_principal(document, response.current_account)
        if missing:
            refuse("MalformedPolicyDocument", f'Invalid principal in policy: "AWS":"{missing}"')

    @before(IamResponse, "CreateRole")
    def limits(response: Any, asked: Parameters) -> None:
        name = asked["RoleName"]
        if not re.fullmatch(r"[\w+=,.@-]{1,64}", name):
            refuse(
                "ValidationError",
                f"1 validation error detected: Value '{name}' at 'roleName' failed to satisfy constraint: Member must"
                " satisfy regular expression pattern: [\\w+=,.@-]{1,64}",
            )
        if not 3600 <= int(asked.get("MaxSessionDuration", 3600)) <= 43200:
            refuse("ValidationError", "MaxSessionDuration must be between 3600 and 43200 seconds")
        boundary = asked.get("PermissionsBoundary")
        if boundary:
            _known_policy(response.backend, boundary, f"Scope ARN: {boundary} does not exist or is not attachable.")

    @before(IamResponse, "PutRolePermissionsBoundary")
    def boundary(response: Any, asked: Parameters) -> None:
        arn = asked["PermissionsBoundary"]
        _known_policy(response.backend, arn, f"Scope ARN: {arn} does not exist or is not attachable.")

    @before(IamResponse, "AttachRolePolicy")
    def quota(response: Any, asked: Parameters) -> None:
        role = response.backend.get_role(asked["RoleName"])
        held = role.managed_policies
        if asked["PolicyArn"] not in held and len(held) >= _POLICIES_PER_ROLE:
            refuse("LimitExceeded", f"Cannot exceed quota for PoliciesPerRole: {_POLICIES_PER_ROLE}", 409)

    @before(IamResponse, "CreatePolicy", "CreatePolicyVersion")
    def managed_size(response: Any, asked: Parameters) -> None:
        if len(re.sub(r"\s", "", asked["PolicyDocument"])) > _MANAGED_SIZE:
            refuse("LimitExceeded", f"Cannot exceed quota for PolicySize: {_MANAGED_SIZE}", 409)

    @before(IamResponse, "PutRolePolicy")
    def inline_size(response: Any, asked: Parameters) -> None:
        role = response.backend.get_role(asked["RoleName"])
        others = {name: text for name, text in role.policies.items() if name != asked["PolicyName"]}
        size = sum(len(re.sub(r"\s", "", _text(one))) for one in [*others.values(), asked["PolicyDocument"]])
        if size > _INLINE_SIZE:
            refuse("LimitExceeded", f"Maximum policy size of {_INLINE_SIZE} bytes exceeded for role {role.name}", 409)

    @before(IamResponse, "DeletePolicy")
    def attached(response: Any, asked: Parameters) -> None:
        policy = response.backend.get_policy(asked["PolicyArn"])
        if policy.attachment_count:
            refuse("DeleteConflict", "Cannot delete a policy attached to entities.", 409)
        if len(policy.versions) > 1:
            refuse(
                "DeleteConflict",
                "This policy has more than one version. Before you delete a policy, you must delete the policy's"
                " versions. The default version is deleted with the policy.",
                409,
            )

    @before(IamResponse, "CreatePolicyVersion", "DeletePolicy", "TagPolicy")
    def of_aws(response: Any, asked: Parameters) -> None:
        if asked["PolicyArn"].startswith("arn:aws:iam::aws:"):
            refuse("AccessDenied", f"Policy {asked['PolicyArn']} is managed by AWS and cannot be changed", 403)


def _text(document: Any) -> str:
    return document if isinstance(document, str) else json.dumps(document)


def _known_policy(backend: Any, arn: str, message: str) -> None:
    if arn not in backend.managed_policies:
        refuse("NoSuchEntity", message, 404)
