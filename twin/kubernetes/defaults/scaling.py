# Copyright (c) stackwright.aws contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Defaults of autoscalers and of the small groups."""

from __future__ import annotations

from twin.kubernetes.defaults.core import default
from twin.kubernetes.values import Object, get

_UP = [
    {"type": "Pods", "value": 4, "periodSeconds": 15},
    {"type": "Percent", "value": 100, "periodSeconds": 15},
]
_DOWN = [{"type": "Percent", "value": 100, "periodSeconds": 15}]


def autoscaler(value: Object) -> None:
    """Defaults of autoscaling/v2: one replica at least, 80 % of the CPU where no metric is given."""
    spec = value.setdefault("spec", {})
    default(spec, minReplicas=1)
    if not spec.get("metrics"):
        target = {"type": "Utilization", "averageUtilization": 80}
        spec["metrics"] = [{"type": "Resource", "resource": {"name": "cpu", "target": target}}]
    behavior = spec.get("behavior")
    if behavior is not None:
        up, down = behavior.setdefault("scaleUp", {}), behavior.setdefault("scaleDown", {})
        default(up, stabilizationWindowSeconds=0, selectPolicy="Max", policies=[dict(each) for each in _UP])
        default(down, selectPolicy="Max", policies=[dict(each) for each in _DOWN])


def network_policy(value: Object) -> None:
    spec = value.setdefault("spec", {})
    default(spec, podSelector={})
    if not spec.get("policyTypes"):
        spec["policyTypes"] = ["Ingress", *(["Egress"] if spec.get("egress") else [])]
    for rule in [*(spec.get("ingress") or []), *(spec.get("egress") or [])]:
        for port in get(rule, "ports", default=[]):
            default(port, protocol="TCP")


def storage_class(value: Object) -> None:
    default(value, reclaimPolicy="Delete", volumeBindingMode="Immediate")


def binding(value: Object) -> None:
    if "roleRef" in value:
        default(value["roleRef"], apiGroup="rbac.authorization.k8s.io")
    for subject in value.get("subjects", []):
        if subject.get("kind") in ("User", "Group"):
            default(subject, apiGroup="rbac.authorization.k8s.io")


def definition(value: Object) -> None:
    spec = value.setdefault("spec", {})
    names = spec.setdefault("names", {})
    kind = names.get("kind", "")
    default(names, singular=kind.lower(), listKind=f"{kind}List")
    default(spec, conversion={"strategy": "None"})
