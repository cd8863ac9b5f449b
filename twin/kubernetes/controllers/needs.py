# Copyright (c) stackwright.aws contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What a pod needs before its containers can start: configuration, secrets, claims."""

from __future__ import annotations

from twin.kubernetes.controllers.context import Context
from twin.kubernetes.values import Object, get

_KINDS = (
    ("configmaps", "configmap", "ConfigMap", "configMapKeyRef", "configMapRef"),
    ("secrets", "secret", "Secret", "secretKeyRef", "secretRef"),
)


def config_problem(context: Context, pod: Object, container: Object) -> str | None:
    """What is missing of the variables of a container."""
    namespace = pod["metadata"]["namespace"]
    for plural, word, kind, by_key, whole in _KINDS:
        for each in container.get("env", []):
            reference = get(each, "valueFrom", by_key)
            if not reference or reference.get("optional"):
                continue
            found = context.find(("", plural), namespace, reference["name"])
            if found is None:
                return f'{word} "{reference["name"]}" not found'
            if reference["key"] not in (found.get("data") or {}):
                return f"couldn't find key {reference['key']} in {kind} {namespace}/{reference['name']}"
        for each in container.get("envFrom", []):
            reference = each.get(whole)
            if reference and _missing(context, plural, namespace, reference["name"], reference):
                return f'{word} "{reference["name"]}" not found'
    return None


def mount_problem(context: Context, pod: Object) -> str | None:
    """What is missing of the volumes of a pod."""
    namespace = pod["metadata"]["namespace"]
    for volume in pod["spec"].get("volumes", []):
        for field, plural, key in (("configMap", "configmaps", "name"), ("secret", "secrets", "secretName")):
            source = volume.get(field)
            if source and _missing(context, plural, namespace, source[key], source):
                what = f'{plural.removesuffix("s")} "{source[key]}" not found'
                return f'MountVolume.SetUp failed for volume "{volume["name"]}" : {what}'
        claim = get(volume, "persistentVolumeClaim", "claimName")
        if claim:
            found = context.find(("", "persistentvolumeclaims"), namespace, claim)
            if found is None or get(found, "status", "phase") != "Bound":
                return f'Unable to attach or mount volumes: persistentvolumeclaim "{claim}" is not bound'
    return None


def _missing(context: Context, plural: str, namespace: str, name: str, reference: Object) -> bool:
    return not reference.get("optional") and context.find(("", plural), namespace, name) is None
