# Copyright (c) stackwright.aws contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The binary form in which kubectl sends objects that it makes itself (``create deployment``, ``auth can-i``).

Only what those commands send is understood; answers are always JSON, which every client takes. The numbers are those
of the ``generated.proto`` files of k8s.io/api.
"""

from __future__ import annotations

import base64
from collections.abc import Iterator
from typing import Any

from twin.kubernetes.values import Object

MAGIC = b"k8s\x00"
MEDIA_TYPE = "application/vnd.kubernetes.protobuf"

# Each field is NUMBER NAME TYPE: s text, i number, b truth, y bytes, q quantity, x number or text, t time (left out),
# m:TYPE a map from text, [TYPE] a list, anything else a message of this table; a field named . is part of its holder.
_MESSAGES: dict[str, str] = {
    "ObjectMeta": "1 name s, 2 generateName s, 3 namespace s, 5 uid s, 6 resourceVersion s, "
    "8 creationTimestamp t, 11 labels m:s, 12 annotations m:s, 14 finalizers [s]",
    "Namespace": "1 metadata ObjectMeta, 2 spec NamespaceSpec, 3 status NamespaceStatus",
    "NamespaceSpec": "1 finalizers [s]",
    "NamespaceStatus": "1 phase s",
    "ConfigMap": "1 metadata ObjectMeta, 2 data m:s, 3 binaryData m:y, 4 immutable b",
    "Secret": "1 metadata ObjectMeta, 2 data m:y, 3 type s, 4 stringData m:s, 5 immutable b",
    "ServiceAccount": "1 metadata ObjectMeta, 4 automountServiceAccountToken b",
    "Service": "1 metadata ObjectMeta, 2 spec ServiceSpec",
    "ServiceSpec": "1 ports [ServicePort], 2 selector m:s, 3 clusterIP s, 4 type s, 7 sessionAffinity s, "
    "10 externalName s, 11 externalTrafficPolicy s",
    "ServicePort": "1 name s, 2 protocol s, 3 port i, 4 targetPort x, 5 nodePort i",
    "ResourceQuota": "1 metadata ObjectMeta, 2 spec ResourceQuotaSpec",
    "ResourceQuotaSpec": "1 hard m:q, 2 scopes [s]",
    "Pod": "1 metadata ObjectMeta, 2 spec PodSpec",
    "PodTemplateSpec": "1 metadata ObjectMeta, 2 spec PodSpec",
    "PodSpec": "2 containers [Container], 3 restartPolicy s, 4 terminationGracePeriodSeconds i, 6 dnsPolicy s, "
    "7 nodeSelector m:s, 8 serviceAccountName s, 19 schedulerName s",
    "Container": "1 name s, 2 image s, 3 command [s], 4 args [s], 5 workingDir s, 6 ports [ContainerPort], "
    "7 env [EnvVar], 8 resources Resources, 13 terminationMessagePath s, 14 imagePullPolicy s, 16 stdin b, "
    "17 stdinOnce b, 18 tty b, 20 terminationMessagePolicy s",
    "ContainerPort": "1 name s, 2 hostPort i, 3 containerPort i, 4 protocol s, 5 hostIP s",
    "EnvVar": "1 name s, 2 value s",
    "Resources": "1 limits m:q, 2 requests m:q",
    "LabelSelector": "1 matchLabels m:s",
    "Deployment": "1 metadata ObjectMeta, 2 spec DeploymentSpec",
    "DeploymentSpec": "1 replicas i, 2 selector LabelSelector, 3 template PodTemplateSpec, 4 strategy Strategy, "
    "5 minReadySeconds i, 6 revisionHistoryLimit i, 7 paused b, 9 progressDeadlineSeconds i",
    "Strategy": "1 type s",
    "Job": "1 metadata ObjectMeta, 2 spec JobSpec",
    "JobSpec": "1 parallelism i, 2 completions i, 3 activeDeadlineSeconds i, 4 selector LabelSelector, "
    "5 manualSelector b, 6 template PodTemplateSpec, 7 backoffLimit i, 8 ttlSecondsAfterFinished i, "
    "9 completionMode s, 10 suspend b",
    "CronJob": "1 metadata ObjectMeta, 2 spec CronJobSpec",
    "CronJobSpec": "1 schedule s, 2 startingDeadlineSeconds i, 3 concurrencyPolicy s, 4 suspend b, "
    "5 jobTemplate JobTemplate, 6 successfulJobsHistoryLimit i, 7 failedJobsHistoryLimit i, 8 timeZone s",
    "JobTemplate": "1 metadata ObjectMeta, 2 spec JobSpec",
    "HorizontalPodAutoscaler": "1 metadata ObjectMeta, 2 spec HorizontalPodAutoscalerSpec",
    "HorizontalPodAutoscalerSpec": "1 scaleTargetRef TargetRef, 2 minReplicas i, 3 maxReplicas i, "
    "4 metrics [MetricSpec]",
    "TargetRef": "1 kind s, 2 name s, 3 apiVersion s",
    "MetricSpec": "1 type s, 4 resource ResourceMetric",
    "ResourceMetric": "1 name s, 2 target MetricTarget",
    "MetricTarget": "1 type s, 2 value q, 3 averageValue q, 4 averageUtilization i",
    "PodDisruptionBudget": "1 metadata ObjectMeta, 2 spec PodDisruptionBudgetSpec",
    "PodDisruptionBudgetSpec": "1 minAvailable x, 2 selector LabelSelector, 3 maxUnavailable x",
    "Ingress": "1 metadata ObjectMeta, 2 spec IngressSpec",
    "IngressSpec": "1 defaultBackend Backend, 2 tls [IngressTls], 3 rules [IngressRule], 4 ingressClassName s",
    "IngressTls": "1 hosts [s], 2 secretName s",
    "IngressRule": "1 host s, 2 . IngressRuleValue",
    "IngressRuleValue": "1 http IngressPaths",
    "IngressPaths": "1 paths [IngressPath]",
    "IngressPath": "1 path s, 2 backend Backend, 3 pathType s",
    "Backend": "4 service BackendService",
    "BackendService": "1 name s, 2 port BackendPort",
    "BackendPort": "1 name s, 2 number i",
    "Role": "1 metadata ObjectMeta, 2 rules [PolicyRule]",
    "ClusterRole": "1 metadata ObjectMeta, 2 rules [PolicyRule]",
    "PolicyRule": "1 verbs [s], 2 apiGroups [s], 3 resources [s], 4 resourceNames [s], 5 nonResourceURLs [s]",
    "RoleBinding": "1 metadata ObjectMeta, 2 subjects [Subject], 3 roleRef RoleRef",
    "ClusterRoleBinding": "1 metadata ObjectMeta, 2 subjects [Subject], 3 roleRef RoleRef",
    "Subject": "1 kind s, 2 apiGroup s, 3 name s, 4 namespace s",
    "RoleRef": "1 apiGroup s, 2 kind s, 3 name s",
    "PriorityClass": "1 metadata ObjectMeta, 2 value i, 3 globalDefault b, 4 description s, 5 preemptionPolicy s",
    "Eviction": "1 metadata ObjectMeta, 2 deleteOptions DeleteOptions",
    "DeleteOptions": "1 gracePeriodSeconds i, 2 preconditions Preconditions, 3 orphanDependents b, "
    "4 propagationPolicy s, 5 dryRun [s]",
    "Preconditions": "1 uid s, 2 resourceVersion s",
    "TokenRequest": "1 metadata ObjectMeta, 2 spec TokenRequestSpec",
    "TokenRequestSpec": "1 audiences [s], 4 expirationSeconds i",
    "SelfSubjectReview": "1 metadata ObjectMeta",
    "SelfSubjectAccessReview": "1 metadata ObjectMeta, 2 spec AccessReviewSpec",
    "AccessReviewSpec": "1 resourceAttributes ResourceAttributes, 2 nonResourceAttributes NonResourceAttributes",
    "ResourceAttributes": "1 namespace s, 2 verb s, 3 group s, 4 version s, 5 resource s, 6 subresource s, 7 name s",
    "NonResourceAttributes": "1 path s, 2 verb s",
}
_FIELDS = {
    message: {int(number): (name, kind) for number, name, kind in (part.split() for part in text.split(", "))}
    for message, text in _MESSAGES.items()
}
_NUMBERS = {"PodDisruptionBudgetSpec", "DeploymentSpec", "JobSpec", "HorizontalPodAutoscalerSpec"}
"""Messages in which a 0 or a false is meant, because the field is left out otherwise."""


class Unreadable(Exception):
    """A message that holds something that is not understood here."""


def decode(data: bytes) -> Object:
    """The object of a request. Raises Unreadable."""
    if not data.startswith(MAGIC):
        raise Unreadable("not an object of Kubernetes")
    envelope = {number: value for number, value in _split(data[len(MAGIC) :])}
    meta = {number: value for number, value in _split(_bytes(envelope.get(1, b"")))}
    version, kind = _bytes(meta.get(1, b"")).decode(), _bytes(meta.get(2, b"")).decode()
    return {"apiVersion": version, "kind": kind, **_message(kind, _bytes(envelope.get(2, b"")))}


def _message(name: str, data: bytes) -> Object:
    fields = _FIELDS.get(name)
    if fields is None:
        raise Unreadable(f"the kind {name} is understood as JSON alone")
    made: Object = {}
    for number, value in _split(data):
        if number not in fields:
            if value and not _is_empty(value):
                raise Unreadable(f"field {number} of {name} is understood in JSON alone")
            continue
        field, kind = fields[number]
        if kind == "t":
            continue
        if kind.startswith("["):
            made.setdefault(field, []).append(_value(kind[1:-1], value))
        elif kind.startswith("m:"):
            pair = {key: item for key, item in _split(_bytes(value))}
            made.setdefault(field, {})[_bytes(pair.get(1, b"")).decode()] = _value(kind[2:], pair.get(2, b""))
        elif field == ".":
            made.update(_value(kind, value))
        else:
            found = _value(kind, value)
            if found not in ("", {}) and (found or name in _NUMBERS):
                made[field] = found
    return made


def _value(kind: str, value: bytes | int) -> Any:
    if kind == "i":
        return value - 2**64 if isinstance(value, int) and value >= 2**63 else value
    if kind == "b":
        return bool(value)
    data = _bytes(value)
    if kind == "s":
        return data.decode()
    if kind == "y":
        return base64.b64encode(data).decode()
    if kind == "q":
        return _bytes(dict(_split(data)).get(1, b"")).decode()
    if kind == "x":
        parts = dict(_split(data))
        return _bytes(parts.get(3, b"")).decode() if parts.get(1) else parts.get(2, 0)
    return _message(kind, data)


def _is_empty(value: bytes | int) -> bool:
    """Whether there is nothing in the value but empty messages: Go writes those too."""
    if isinstance(value, int):
        return value == 0
    try:
        return all(_is_empty(inner) for _, inner in _split(value))
    except (Unreadable, IndexError):
        return False


def _bytes(value: bytes | int) -> bytes:
    if isinstance(value, int):
        raise Unreadable("a number where a text was expected")
    return value


def _split(data: bytes) -> Iterator[tuple[int, bytes | int]]:
    """The fields of a message: number, and a number or bytes."""
    at = 0
    while at < len(data):
        tag, at = _varint(data, at)
        number, wire = tag >> 3, tag & 7
        if wire == 0:
            value, at = _varint(data, at)
            yield number, value
        elif wire == 2:
            length, at = _varint(data, at)
            if at + length > len(data):
                raise Unreadable("the message ends too early")
            yield number, data[at : at + length]
            at += length
        else:
            raise Unreadable(f"wire type {wire} is not used by Kubernetes")


def _varint(data: bytes, at: int) -> tuple[int, int]:
    result = shift = 0
    while True:
        if at >= len(data):
            raise Unreadable("the message ends too early")
        byte = data[at]
        result |= (byte & 0x7F) << shift
        at, shift = at + 1, shift + 7
        if not byte & 0x80:
            return result, at
