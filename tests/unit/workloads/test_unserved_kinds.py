"""What manifests need and a cluster does not serve."""

from __future__ import annotations

from typing import Any

from ansible_collections.stackwright.aws.plugins.filter.unserved_kinds import unserved_kinds

MANIFESTS = [
    {"apiVersion": "v1", "kind": "ConfigMap"},
    {"apiVersion": "apps/v1", "kind": "Deployment"},
    {"apiVersion": "networking.k8s.io/v1", "kind": "Ingress"},
    {"apiVersion": "external-secrets.io/v1", "kind": "ExternalSecret"},
    {"apiVersion": "external-secrets.io/v1", "kind": "ExternalSecret"},
    {"apiVersion": "external-secrets.io/v1", "kind": "SecretStore"},
]


def definition(kind: str, **versions: bool) -> dict[str, Any]:
    served = [{"name": name, "served": is_served} for name, is_served in versions.items()]
    return {"spec": {"group": "external-secrets.io", "names": {"kind": kind}, "versions": served}}


def test_only_custom_kinds_that_nothing_serves_are_named_once_each() -> None:
    assert unserved_kinds(MANIFESTS, []) == [
        "external-secrets.io/v1/ExternalSecret",
        "external-secrets.io/v1/SecretStore",
    ]
    assert unserved_kinds(MANIFESTS, [definition("ExternalSecret", v1=True)]) == ["external-secrets.io/v1/SecretStore"]


def test_a_version_has_to_be_served() -> None:
    stores = definition("SecretStore", v1=True)
    assert unserved_kinds(MANIFESTS, [definition("ExternalSecret", v1beta1=True), stores]) != []
    assert unserved_kinds(MANIFESTS, [definition("ExternalSecret", v1beta1=True, v1=False), stores]) != []
    assert unserved_kinds(MANIFESTS, [definition("ExternalSecret", v1beta1=False, v1=True), stores]) == []
