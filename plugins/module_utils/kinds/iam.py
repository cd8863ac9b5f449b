# Copyright (c) stackwright.aws contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""IAM: roles and instance profiles."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any

from ..engine.kind import Attribute, Call, Item, Kind, Property, Scope, Update, Work
from ..engine.template import Template
from .requests import given, unless
from .shared import IMMUTABLE, json_text, policy_document, tag_list

ROLE = "AWS::IAM::Role"

#: The value that IAM answers for a role that states none, in seconds.
#: https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreateRole.html
DEFAULT_SESSION = 3600


def inline_policies(value: Any) -> Any:
    """Inline policies in one form of the many that mean the same, by name."""
    if not isinstance(value, (list, tuple)):
        return value
    plain = [
        {"PolicyName": policy["PolicyName"], "PolicyDocument": policy_document(policy["PolicyDocument"])}
        for policy in value
    ]
    return sorted(plain, key=lambda policy: str(policy["PolicyName"]))


def attached_arns(item: Item) -> list[str]:
    """The ARNs of the managed policies of a role."""
    return [policy["PolicyArn"] for policy in item.get("AttachedManagedPolicies") or []]


# Roles


def list_roles(scope: Scope) -> list[Item]:
    """Roles with their policies and tags: all of them by a few requests, or single ones."""
    if scope.ids:
        return [role for name in scope.ids if (role := _read_role(scope, name)) is not None]

    def details() -> list[Item]:
        return scope.pages(
            "iam", "get_account_authorization_details", "RoleDetailList[]", Filter=["Role"], MaxItems=1000
        )

    roles: list[Item] = scope.memo.get("iam_role_details", details)
    if not any({"Description", "MaxSessionDuration"} & set(wanted) for wanted in scope.wanted):
        return roles
    # The details leave out two fields that the plain list has.
    plain = {role["RoleId"]: role for role in scope.pages("iam", "list_roles", "Roles[]", MaxItems=1000)}
    return [{**plain.get(role["RoleId"], {}), **role} for role in roles]


def _read_role(scope: Scope, name: str) -> Item | None:
    """One role in the shape of the account's authorization details."""
    answer = unless((), partial(scope.call, "iam", "get_role", RoleName=name))
    if answer is None:
        return None
    names = scope.pages("iam", "list_role_policies", "PolicyNames[]", RoleName=name)
    policies = [scope.call("iam", "get_role_policy", RoleName=name, PolicyName=policy) for policy in names]
    return {
        **answer["Role"],
        "RolePolicyList": policies,
        "AttachedManagedPolicies": scope.pages(
            "iam", "list_attached_role_policies", "AttachedPolicies[]", RoleName=name
        ),
    }


def _create_role(work: Work) -> dict[str, Any]:
    return {
        **given(work, "RoleName", "Path", "Description", "MaxSessionDuration", "PermissionsBoundary"),
        "AssumeRolePolicyDocument": json_text(work.desired["AssumeRolePolicyDocument"]),
        "Tags": tag_list(work.tags),
    }


def _by_name(policies: Any) -> dict[str, Any]:
    return {policy["PolicyName"]: policy for policy in inline_policies(policies or [])}


def _set_inline_policies(work: Work) -> None:
    """Write what differs, then take away what is not described, so that no permission is missing in between."""
    present = _by_name(work.existing.properties.get("Policies"))
    wanted = _by_name(work.desired["Policies"])
    stated = {policy["PolicyName"]: policy["PolicyDocument"] for policy in work.desired["Policies"] or []}
    for name in sorted(name for name in wanted if wanted[name] != present.get(name)):
        work.call("iam", "put_role_policy", RoleName=work.id, PolicyName=name, PolicyDocument=json_text(stated[name]))
    for name in sorted(present.keys() - wanted.keys()):
        work.call("iam", "delete_role_policy", RoleName=work.id, PolicyName=name)


def _set_managed_policies(work: Work) -> None:
    present = set(work.existing.properties.get("ManagedPolicyArns") or [])
    wanted = set(work.desired["ManagedPolicyArns"] or [])
    for arn in sorted(wanted - present):
        work.call("iam", "attach_role_policy", RoleName=work.id, PolicyArn=arn)
    for arn in sorted(present - wanted):
        work.call("iam", "detach_role_policy", RoleName=work.id, PolicyArn=arn)


def _set_boundary(work: Work) -> None:
    boundary = work.desired["PermissionsBoundary"]
    if boundary:
        work.call("iam", "put_role_permissions_boundary", RoleName=work.id, PermissionsBoundary=boundary)
    else:
        work.call("iam", "delete_role_permissions_boundary", RoleName=work.id)


def _update_role(work: Work) -> dict[str, Any]:
    return {
        "RoleName": work.id,
        "Description": work.merged("Description") or "",
        "MaxSessionDuration": int(work.merged("MaxSessionDuration") or DEFAULT_SESSION),
    }


def _strip_role(work: Work) -> None:
    """Take off everything for which IAM refuses to delete a role."""
    name = work.id
    policies = work.pages("iam", "list_role_policies", "PolicyNames[]", RoleName=name)
    attached = work.pages("iam", "list_attached_role_policies", "AttachedPolicies[].PolicyArn", RoleName=name)
    profiles = work.pages(
        "iam", "list_instance_profiles_for_role", "InstanceProfiles[].InstanceProfileName", RoleName=name
    )
    for policy in policies:
        work.call("iam", "delete_role_policy", RoleName=name, PolicyName=policy)
    for arn in attached:
        work.call("iam", "detach_role_policy", RoleName=name, PolicyArn=arn)
    for profile in profiles:
        work.call("iam", "remove_role_from_instance_profile", InstanceProfileName=profile, RoleName=name)


def _arn(resource: str, name: str) -> Any:
    """A prediction of an ARN from the path and the name."""

    def predict(facts: Mapping[str, Any]) -> str | None:
        if not isinstance(facts.get(name), str):
            return None
        return f"arn:{facts['partition']}:iam::{facts['account']}:{resource}{facts.get('Path') or '/'}{facts[name]}"

    return predict


IAM_ROLE = Kind(
    type=ROLE,
    service="iam",
    title="IAM role",
    id="RoleName",
    key=("RoleName",),
    is_global=True,
    properties={
        "RoleName": IMMUTABLE,
        "Path": Property(immutable=True, default="/"),
        "AssumeRolePolicyDocument": Property(exact=True, normalise=policy_document),
        "Description": Property(unstated=None),
        "MaxSessionDuration": Property(default=DEFAULT_SESSION, unstated=DEFAULT_SESSION),
        "PermissionsBoundary": Property(path="PermissionsBoundary.PermissionsBoundaryArn", unstated=None),
        "ManagedPolicyArns": Property(path=attached_arns, unordered=True, unstated=None),
        "Policies": Property(
            path="RolePolicyList[].{PolicyName: PolicyName, PolicyDocument: PolicyDocument}",
            exact=True,
            key="PolicyName",
            normalise=inline_policies,
            unstated=None,
        ),
    },
    attributes={
        "RoleName": Attribute("RoleName", "{RoleName}"),
        "RoleId": Attribute("RoleId"),
        "Arn": Attribute("Arn", _arn("role", "RoleName")),
    },
    list=list_roles,
    # A principal in the trust policy that was made a moment ago counts as malformed until IAM knows it everywhere.
    create=Call("create_role", _create_role, item="Role", retry_on=frozenset({"MalformedPolicyDocument"})),
    updates=(
        Update(
            ("AssumeRolePolicyDocument",),
            Call(
                "update_assume_role_policy",
                lambda w: {"RoleName": w.id, "PolicyDocument": json_text(w.desired["AssumeRolePolicyDocument"])},
                retry_on=frozenset({"MalformedPolicyDocument"}),
            ),
        ),
        Update(("Description", "MaxSessionDuration"), Call("update_role", _update_role)),
        Update(("PermissionsBoundary",), _set_boundary),
        Update(("ManagedPolicyArns",), _set_managed_policies, on_create=True),
        Update(("Policies",), _set_inline_policies, on_create=True),
    ),
    before_delete=_strip_role,
    delete=Call("delete_role", lambda w: {"RoleName": w.id}, retry_on=frozenset({"DeleteConflict"})),
    tag=Call("tag_role", lambda w: {"RoleName": w.id, "Tags": tag_list(w.tags_to_set)}),
    untag=Call("untag_role", lambda w: {"RoleName": w.id, "TagKeys": list(w.tags_to_remove)}),
)


# Instance profiles


def list_instance_profiles(scope: Scope) -> list[Item]:
    """Instance profiles with their tags, which no list answers.

    Read one by one are those that are described, that hold a role of ours, or that hold none, as a run leaves them
    that ends between two requests.
    """
    if scope.ids:
        names = list(scope.ids)
    else:
        described = set(scope.names("InstanceProfileName"))
        roles = {role.id for role in scope.observed(ROLE)}
        names = [
            profile["InstanceProfileName"]
            for profile in scope.pages("iam", "list_instance_profiles", "InstanceProfiles[]", MaxItems=1000)
            if scope.everything
            or profile["InstanceProfileName"] in described
            or not profile["Roles"]
            or any(role["RoleName"] in roles for role in profile["Roles"])
        ]
    found = []
    for name in names:
        answer = unless((), partial(scope.call, "iam", "get_instance_profile", InstanceProfileName=name))
        if answer is not None:
            found.append(answer["InstanceProfile"])
    return found


def _remove_other_roles(work: Work) -> None:
    """Make room: an instance profile holds one role."""
    for role in work.existing.properties.get("Roles") or []:
        if role not in (work.desired["Roles"] or []):
            work.call("iam", "remove_role_from_instance_profile", InstanceProfileName=work.id, RoleName=role)


def _remove_roles(work: Work) -> None:
    for role in work.existing.properties.get("Roles") or []:
        work.call("iam", "remove_role_from_instance_profile", InstanceProfileName=work.id, RoleName=role)


def _add_role(work: Work) -> None:
    for role in work.desired["Roles"] or []:
        if role not in (work.existing.properties.get("Roles") or []):
            work.call("iam", "add_role_to_instance_profile", InstanceProfileName=work.id, RoleName=role)


IAM_INSTANCE_PROFILE = Kind(
    type="AWS::IAM::InstanceProfile",
    service="iam",
    title="instance profile",
    template=Template(attributes={"InstanceProfileId": ""}, tags=""),
    id="InstanceProfileName",
    key=("InstanceProfileName",),
    is_global=True,
    requires=(ROLE,),
    properties={
        "InstanceProfileName": IMMUTABLE,
        "Path": Property(immutable=True, default="/"),
        "Roles": Property(path="Roles[].RoleName", unordered=True),
    },
    attributes={
        "InstanceProfileName": Attribute("InstanceProfileName", "{InstanceProfileName}"),
        "InstanceProfileId": Attribute("InstanceProfileId"),
        "Arn": Attribute("Arn", _arn("instance-profile", "InstanceProfileName")),
    },
    list=list_instance_profiles,
    create=Call(
        "create_instance_profile",
        lambda w: {**given(w, "InstanceProfileName", "Path"), "Tags": tag_list(w.tags)},
        item="InstanceProfile",
    ),
    updates=(
        Update(("Roles",), _remove_other_roles),
        Update(("Roles",), _add_role, on_create=True),
    ),
    before_delete=_remove_roles,
    delete=Call(
        "delete_instance_profile",
        lambda w: {"InstanceProfileName": w.id},
        retry_on=frozenset({"DeleteConflict"}),
    ),
    tag=Call(
        "tag_instance_profile",
        lambda w: {"InstanceProfileName": w.id, "Tags": tag_list(w.tags_to_set)},
    ),
    untag=Call(
        "untag_instance_profile",
        lambda w: {"InstanceProfileName": w.id, "TagKeys": list(w.tags_to_remove)},
    ),
)

# The account's password policy


def list_password_policies(scope: Scope) -> list[Item]:
    """The account's policy, if it has one of its own."""
    answer = scope.call("iam", "get_account_password_policy")
    return [{**answer["PasswordPolicy"], "Account": scope.api.account}]


def _the_accounts(_properties: Mapping[str, Any]) -> tuple[str, ...]:
    """An account has one password policy."""
    return ("the account's",)


#: What IAM takes for what is not said, which is what an update makes of what it is not told.
_PASSWORDS = {
    "MinimumPasswordLength": Property(default=6),
    "RequireSymbols": Property(default=False),
    "RequireNumbers": Property(default=False),
    "RequireUppercaseCharacters": Property(default=False),
    "RequireLowercaseCharacters": Property(default=False),
    "AllowUsersToChangePassword": Property(default=False),
    "MaxPasswordAge": Property(path=lambda item: item.get("MaxPasswordAge") or None, unstated=None),
    "PasswordReusePrevention": Property(path=lambda item: item.get("PasswordReusePrevention") or None, unstated=None),
    "HardExpiry": Property(default=False),
}


def _password_policy(work: Work) -> dict[str, Any]:
    values = {name: value for name in _PASSWORDS if (value := work.merged(name)) is not None}
    return {name: value if isinstance(value, bool) else int(value) for name, value in values.items()}


_PUT_PASSWORDS = Call("update_account_password_policy", _password_policy)

IAM_PASSWORD_POLICY = Kind(
    type="Custom::PasswordPolicy",
    service="iam",
    title="password policy",
    id="Account",
    key=("MinimumPasswordLength",),
    key_of=_the_accounts,
    tags=None,
    export=False,
    is_global=True,
    properties=_PASSWORDS,
    list=list_password_policies,
    create=_PUT_PASSWORDS,
    updates=(Update(tuple(_PASSWORDS), _PUT_PASSWORDS),),
    delete=Call("delete_account_password_policy", lambda w: {}),
)

KINDS = (IAM_ROLE, IAM_INSTANCE_PROFILE, IAM_PASSWORD_POLICY)
