# Copyright (c) stackwright.aws contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What clusters come with as if their administrators had installed it: the External Secrets operator.

It reads Secrets Manager of the cluster's account, like the real one with a pod identity, and keeps Kubernetes'
secrets in step. https://external-secrets.io/latest/api/externalsecret/
"""

from __future__ import annotations

import base64
import json
import re
from typing import Any

from moto.secretsmanager.models import secretsmanager_backends

from twin.kubernetes import Cluster
from twin.kubernetes.controllers.context import Context
from twin.kubernetes.values import Object, owner_reference
from twin.patch import existing

GROUP, VERSION = "external-secrets.io", "v1"
_MANAGER = "external-secrets"
_UNITS = {"s": 1, "m": 60, "h": 3600}


class Unsynced(Exception):
    """A secret, or a member of one, that cannot be read."""


def install(cluster: Cluster, account: str) -> None:
    """Define the operator's resources and let it work for a cluster of an account."""
    for kind, plural, scope, spec in (
        ("ExternalSecret", "externalsecrets", "Namespaced", _EXTERNAL_SECRET),
        ("SecretStore", "secretstores", "Namespaced", _STORE),
        ("ClusterSecretStore", "clustersecretstores", "Cluster", _STORE),
    ):
        cluster.context.create(
            "apiextensions.k8s.io", "CustomResourceDefinition", _definition(kind, plural, scope, spec)
        )
    cluster.register_controller(GROUP, "externalsecrets", lambda context, value: _sync(context, value, account))


def _sync(context: Context, value: Object, account: str) -> float | None:
    """Write the secret that an external secret asks for, and say how that went."""
    if "deletionTimestamp" in value["metadata"]:
        return None
    spec = value["spec"]
    try:
        region = _region(context, value)
        data = {each["secretKey"]: _read(account, region, each["remoteRef"]) for each in spec.get("data") or []}
    except Unsynced as error:
        _report(context, value, "False", "SecretSyncedError", str(error))
        return context.seconds(30)
    _write(context, value, {key: base64.b64encode(text.encode()).decode() for key, text in data.items()})
    _report(context, value, "True", "SecretSynced", "secret synced")
    return context.seconds(_seconds(spec.get("refreshInterval", "1h"))) or None


def _region(context: Context, value: Object) -> str:
    reference = value["spec"]["secretStoreRef"]
    kind = reference.get("kind", "SecretStore")
    bucket = (GROUP, "clustersecretstores" if kind == "ClusterSecretStore" else "secretstores")
    namespace = "" if kind == "ClusterSecretStore" else value["metadata"]["namespace"]
    store = context.find(bucket, namespace, reference["name"])
    if store is None:
        raise Unsynced(f'could not get {kind} "{reference["name"]}"')
    return str(store["spec"]["provider"]["aws"]["region"])


def _read(account: str, region: str, reference: Object) -> str:
    """The text of a secret, or of one member of it."""
    backend: Any = existing(secretsmanager_backends, account, region)
    key, member = reference["key"], reference.get("property")
    found = backend.secrets.get(key) if backend else None
    # A replica has its value where it was replicated from.
    found = getattr(found, "source", found)
    if found is None or found.deleted_date:
        raise Unsynced(f"Secret does not exist: {key}")
    version = next((each for each in found.versions.values() if "AWSCURRENT" in each["version_stages"]), None)
    if version is None or not version.get("secret_string"):
        raise Unsynced(f"Secrets Manager can't find the specified secret value for staging label: AWSCURRENT: {key}")
    text = str(version["secret_string"])
    if not member:
        return text
    try:
        members = json.loads(text)
    except ValueError:
        members = None
    if not isinstance(members, dict) or member not in members:
        raise Unsynced(f"key {member} does not exist in secret {key}")
    inner = members[member]
    return inner if isinstance(inner, str) else json.dumps(inner)


def _write(context: Context, value: Object, data: dict[str, str]) -> None:
    metadata = value["metadata"]
    name = (value["spec"].get("target") or {}).get("name") or metadata["name"]
    present = context.find(("", "secrets"), metadata["namespace"], name)
    if present is None:
        made = {
            "metadata": {
                "name": name,
                "namespace": metadata["namespace"],
                "ownerReferences": [owner_reference(value)],
                "labels": {"reconcile.external-secrets.io/managed": "true"},
            },
            "type": "Opaque",
            "data": data,
        }
        context.create("", "Secret", made, _MANAGER)
    elif present.get("data") != data:
        context.change("", "Secret", present, lambda secret: secret.update(data=data), _MANAGER)


def _report(context: Context, value: Object, status: str, reason: str, message: str) -> None:
    conditions = (value.get("status") or {}).get("conditions") or [{}]
    before = {key: conditions[0].get(key) for key in ("status", "reason", "message")}
    now = {"status": status, "reason": reason, "message": message}
    if before == now:
        return
    condition = {"type": "Ready", **now, "lastTransitionTime": context.now}
    context.set_status(
        GROUP, "ExternalSecret", value, {"conditions": [condition], "refreshTime": context.now}, _MANAGER
    )


def _seconds(duration: str) -> float:
    """Go's durations: `1h`, `1h30m`, `45s`; 0 means once."""
    return float(sum(int(number) * _UNITS[unit] for number, unit in re.findall(r"(\d+)([smh])", duration)))


# The fields of the real definitions that are of use with Secrets Manager.
# https://github.com/external-secrets/external-secrets/tree/main/config/crds/bases

_TEXT = {"type": "string"}
_REMOTE = {
    "type": "object",
    "required": ["key"],
    "properties": {"key": _TEXT, "property": _TEXT, "version": _TEXT},
}
_EXTERNAL_SECRET: Object = {
    "type": "object",
    "properties": {
        "refreshInterval": {"type": "string", "default": "1h0m0s"},
        "secretStoreRef": {
            "type": "object",
            "properties": {"name": _TEXT, "kind": {"type": "string", "enum": ["SecretStore", "ClusterSecretStore"]}},
        },
        "target": {
            "type": "object",
            "properties": {
                "name": _TEXT,
                "creationPolicy": {"type": "string", "enum": ["Owner", "Orphan", "Merge", "None"], "default": "Owner"},
                "deletionPolicy": {"type": "string", "enum": ["Delete", "Merge", "Retain"], "default": "Retain"},
            },
        },
        "data": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["secretKey", "remoteRef"],
                "properties": {"secretKey": _TEXT, "remoteRef": _REMOTE},
            },
        },
    },
}
_STORE: Object = {
    "type": "object",
    "required": ["provider"],
    "properties": {
        "provider": {
            "type": "object",
            "properties": {
                "aws": {
                    "type": "object",
                    "required": ["service", "region"],
                    "properties": {
                        "service": {"type": "string", "enum": ["SecretsManager", "ParameterStore"]},
                        "region": _TEXT,
                        "role": _TEXT,
                    },
                }
            },
        }
    },
}


def _definition(kind: str, plural: str, scope: str, spec: Object) -> Object:
    free = {"type": "object", "x-kubernetes-preserve-unknown-fields": True}
    return {
        "metadata": {"name": f"{plural}.{GROUP}"},
        "spec": {
            "group": GROUP,
            "scope": scope,
            "names": {"kind": kind, "plural": plural, "singular": kind.lower(), "listKind": f"{kind}List"},
            "versions": [
                {
                    "name": VERSION,
                    "served": True,
                    "storage": True,
                    "subresources": {"status": {}},
                    "schema": {"openAPIV3Schema": {"type": "object", "properties": {"spec": spec, "status": free}}},
                }
            ],
        },
    }
