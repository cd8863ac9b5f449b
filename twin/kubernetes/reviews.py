# Copyright (c) stackwright.aws contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Reviews: who am I, and may I."""

from __future__ import annotations

from collections.abc import Callable

from twin.kubernetes import users
from twin.kubernetes.resources import Resource
from twin.kubernetes.store import Store
from twin.kubernetes.users import Attributes, UserInfo
from twin.kubernetes.values import Object, get

_GROUPS = ("authentication.k8s.io", "authorization.k8s.io")


class Reviews:
    """Answers what is created only to be answered."""

    def __init__(self, store: Store, authenticate: Callable[[str], UserInfo | None]) -> None:
        self._store, self._authenticate = store, authenticate

    def handles(self, resource: Resource) -> bool:
        return resource.group in _GROUPS

    def answer(self, resource: Resource, body: Object, user: UserInfo) -> Object:
        made = {**body, "apiVersion": resource.api_version, "kind": resource.kind}
        made.setdefault("metadata", {})
        spec = body.get("spec") or {}
        if resource.kind == "SelfSubjectReview":
            made["status"] = {"userInfo": _shown(user)}
        elif resource.kind == "TokenReview":
            found = self._authenticate(spec.get("token", ""))
            made["status"] = {"authenticated": True, "user": _shown(found)} if found else {"authenticated": False}
        else:
            if resource.kind == "SubjectAccessReview":
                user = UserInfo(spec.get("user", ""), tuple(spec.get("groups") or ()))
            allowed = users.may(self._store, user, _asked(spec))
            made["status"] = {"allowed": allowed} | ({} if allowed else {"reason": users.refusal(user, _asked(spec))})
        return made


def _asked(spec: Object) -> Attributes:
    path = get(spec, "nonResourceAttributes")
    if path:
        return Attributes(path.get("verb", ""), path=path.get("path", ""))
    found = get(spec, "resourceAttributes", default={})
    names = ("verb", "group", "resource", "subresource", "namespace", "name")
    return Attributes(**{name: found.get(name, "") for name in names})


def _shown(user: UserInfo) -> Object:
    shown: Object = {"username": user.name, "groups": list(user.groups_of())}
    return shown | ({"uid": user.uid} if user.uid else {})
