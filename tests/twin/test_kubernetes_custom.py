# Copyright (c) stackwright.aws contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""CustomResourceDefinitions, their resources, and controllers for them; namespaces and owners that go."""

from __future__ import annotations

import base64
import time
from typing import Any

import pytest
from kubernetes import client

from tests.twin.kubernetes_support import Kube, conditions, deployment, refused, until
from twin.kubernetes.controllers.context import Context
from twin.kubernetes.values import Object, copy, set_condition

_GROUP = "example.com"


def _definition(plural: str = "backups", kind: str = "Backup", **more: Any) -> dict[str, Any]:
    spec = {
        "type": "object",
        "required": ["schedule"],
        "properties": {
            "schedule": {"type": "string", "minLength": 3},
            "keep": {"type": "integer", "minimum": 1, "default": 7},
            "mode": {"type": "string", "enum": ["full", "partial"], "default": "full"},
            "replicas": {"type": "integer"},
            "targets": {
                "type": "array",
                "x-kubernetes-list-type": "map",
                "x-kubernetes-list-map-keys": ["name"],
                "items": {
                    "type": "object",
                    "required": ["name"],
                    "properties": {"name": {"type": "string"}, "size": {"type": "integer"}},
                },
            },
            "anything": {"type": "object", "x-kubernetes-preserve-unknown-fields": True},
        },
    }
    status = {
        "type": "object",
        "x-kubernetes-preserve-unknown-fields": True,
        "properties": {"replicas": {"type": "integer"}},
    }
    version = {
        "name": "v1",
        "served": True,
        "storage": True,
        "schema": {"openAPIV3Schema": {"type": "object", "properties": {"spec": spec, "status": status}}},
        "subresources": {
            "status": {},
            "scale": {"specReplicasPath": ".spec.replicas", "statusReplicasPath": ".status.replicas"},
        },
        "additionalPrinterColumns": [{"name": "Schedule", "type": "string", "jsonPath": ".spec.schedule"}],
    }
    return {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": f"{plural}.{_GROUP}"},
        "spec": {
            "group": _GROUP,
            "scope": "Namespaced",
            "names": {"plural": plural, "kind": kind, "shortNames": [plural[:3]]},
            "versions": [version],
            **more,
        },
    }


def _define(kube: Kube, plural: str, kind: str) -> Any:
    """Define the resource, wait until it is established, and return an API that reads and writes it."""
    extensions = client.ApiextensionsV1Api(kube.api())
    names = [each.metadata.name for each in extensions.list_custom_resource_definition().items]
    if f"{plural}.{_GROUP}" not in names:
        extensions.create_custom_resource_definition(_definition(plural, kind))
    read = extensions.read_custom_resource_definition
    until(lambda: conditions(read(f"{plural}.{_GROUP}")).get("Established", ("",))[0] == "True")
    return client.CustomObjectsApi(kube.api())


@pytest.fixture
def backups(kube: Kube) -> Any:
    return _define(kube, "backups", "Backup")


def _backup(name: str = "nightly", **spec: Any) -> dict[str, Any]:
    return {
        "apiVersion": f"{_GROUP}/v1",
        "kind": "Backup",
        "metadata": {"name": name},
        "spec": {"schedule": "@daily", **spec},
    }


def _create(backups: Any, namespace: str, body: Any, **more: Any) -> Any:
    return backups.create_namespaced_custom_object(_GROUP, "v1", namespace, "backups", body, **more)


def test_a_custom_resource_is_pruned_and_filled(kube: Kube, backups: Any, namespace: str) -> None:
    made = _create(backups, namespace, _backup(unknown=1, anything={"goes": [1]}))
    assert made["spec"] == {"schedule": "@daily", "keep": 7, "mode": "full", "anything": {"goes": [1]}}
    assert made["metadata"]["generation"] == 1
    path = f"/apis/{_GROUP}/v1/namespaces/{namespace}/backups"
    code, _, answer = kube.call("POST", f"{path}?fieldValidation=Strict", _backup("strict", unknown=1))
    assert code == 400 and 'strict decoding error: unknown field "spec.unknown"' in answer["message"]


@pytest.mark.parametrize(
    ("spec", "text"),
    [
        ({"keep": 0}, "spec.keep: Invalid value: 0: spec.keep in body should be greater than or equal to 1"),
        ({"keep": "x"}, 'spec.keep in body must be of type integer: "string"'),
        ({"mode": "half"}, 'spec.mode: Unsupported value: "half": supported values: "full", "partial"'),
        ({"schedule": "x"}, "spec.schedule in body should be at least 3 chars long"),
        ({"targets": [{"size": 1}]}, "spec.targets[0].name: Required value"),
        ({"targets": [{"name": "a"}, {"name": "a"}]}, "spec.targets[1]: Duplicate value"),
    ],
)
def test_a_custom_resource_that_its_schema_forbids_is_refused(
    backups: Any, namespace: str, spec: Any, text: str
) -> None:
    with refused(422, "Invalid", text):
        _create(backups, namespace, _backup(**spec))


def test_status_and_scale_are_apart(kube: Kube, backups: Any, namespace: str) -> None:
    made = _create(backups, namespace, {**_backup(replicas=2), "status": {"phase": "Done"}})
    assert "status" not in made
    where = (_GROUP, "v1", namespace, "backups", "nightly")
    changed = backups.patch_namespaced_custom_object_status(*where, {"status": {"phase": "Done"}, "spec": {"keep": 1}})
    assert (changed["status"], changed["spec"]["keep"]) == ({"phase": "Done"}, 7)
    assert changed["metadata"]["generation"] == 1
    backups.patch_namespaced_custom_object_scale(*where, {"spec": {"replicas": 5}})
    found = backups.get_namespaced_custom_object(*where)
    assert (found["spec"]["replicas"], found["metadata"]["generation"]) == (5, 2)


def test_custom_resources_take_no_strategic_merge_but_server_side_apply(
    kube: Kube, backups: Any, namespace: str
) -> None:
    path = f"/apis/{_GROUP}/v1/namespaces/{namespace}/backups/nightly"
    _create(backups, namespace, _backup(targets=[{"name": "a", "size": 1}]))
    strategic = "application/strategic-merge-patch+json"
    assert kube.call("PATCH", path, {}, Content_Type=strategic)[0] == 415
    wanted = _backup(targets=[{"name": "b"}])
    wanted["spec"].pop("schedule")
    apply = "application/apply-patch+yaml"
    code, _, answer = kube.call("PATCH", f"{path}?fieldManager=me", wanted, Content_Type=apply)
    assert code == 200, answer
    assert sorted(each["name"] for each in answer["spec"]["targets"]) == ["a", "b"]


def test_definitions_must_make_sense(kube: Kube) -> None:
    extensions = client.ApiextensionsV1Api(kube.api())
    wrong = _definition("things", "Thing")
    wrong["metadata"]["name"] = "things"
    with refused(422, "Invalid", 'must be spec.names.plural+"."+spec.group'):
        extensions.create_custom_resource_definition(wrong)
    wrong = _definition("things", "Thing")
    del wrong["spec"]["versions"][0]["schema"]["openAPIV3Schema"]["properties"]["spec"]["type"]
    with refused(422, "Invalid", "properties[spec].type: Required value"):
        extensions.create_custom_resource_definition(wrong)


def test_a_definition_that_goes_takes_its_resources_along(kube: Kube, namespace: str) -> None:
    api = _define(kube, "errands", "Errand")
    body = {"apiVersion": f"{_GROUP}/v1", "kind": "Errand", "metadata": {"name": "e"}, "spec": {"schedule": "@daily"}}
    api.create_namespaced_custom_object(_GROUP, "v1", namespace, "errands", body)
    names = [each["name"] for each in kube.call("GET", f"/apis/{_GROUP}/v1")[2]["resources"]]
    assert {"errands", "errands/status", "errands/scale"} <= set(names)
    client.ApiextensionsV1Api(kube.api()).delete_custom_resource_definition(f"errands.{_GROUP}")
    until(lambda: kube.call("GET", f"/apis/{_GROUP}/v1/namespaces/{namespace}/errands")[0] == 404)
    assert kube.cluster.store.list((_GROUP, "errands")) == []


def test_a_registered_controller_does_what_an_operator_would(kube: Kube, namespace: str) -> None:
    """An ExternalSecret becomes a Secret, and says so in its status."""
    vault = {"shop/db": "s3cret"}

    def reconcile(context: Context, value: Object) -> float | None:
        name, place = value["metadata"]["name"], value["metadata"]["namespace"]
        status = copy(value.get("status") or {})
        text = vault.get(value["spec"]["remote"])
        if text is None:
            set_condition(status, "Ready", "False", "SecretSyncedError", "could not get secret data", context.now)
        else:
            if context.find(("", "secrets"), place, name) is None:
                context.create(
                    "", "Secret", {"metadata": {"name": name, "namespace": place}, "stringData": {"v": text}}
                )
            set_condition(status, "Ready", "True", "SecretSynced", "secret synced", context.now)
        context.set_status("external-secrets.io", "ExternalSecret", value, status)
        return 0.1 if text is None else None

    definition = _definition("externalsecrets", "ExternalSecret")
    definition["metadata"]["name"] = "externalsecrets.external-secrets.io"
    definition["spec"]["group"] = "external-secrets.io"
    schema = definition["spec"]["versions"][0]["schema"]["openAPIV3Schema"]["properties"]
    schema["spec"] = {"type": "object", "properties": {"remote": {"type": "string"}}}
    client.ApiextensionsV1Api(kube.api()).create_custom_resource_definition(definition)
    kube.cluster.register_controller("external-secrets.io", "externalsecrets", reconcile)
    until(lambda: kube.call("GET", "/apis/external-secrets.io/v1")[0] == 200)
    api = client.CustomObjectsApi(kube.api())
    body = {
        "apiVersion": "external-secrets.io/v1",
        "kind": "ExternalSecret",
        "metadata": {"name": "db"},
        "spec": {"remote": "shop/later"},
    }
    where = ("external-secrets.io", "v1", namespace, "externalsecrets")
    api.create_namespaced_custom_object(*where, body)

    def reason() -> Any:
        found = api.get_namespaced_custom_object(*where, "db").get("status", {})
        return [each["reason"] for each in found.get("conditions", [])]

    until(lambda: reason() == ["SecretSyncedError"])
    vault["shop/later"] = "late"
    until(lambda: reason() == ["SecretSynced"])
    secret = kube.core().read_namespaced_secret("db", namespace)
    assert base64.b64decode(secret.data["v"]) == b"late"


def test_a_namespace_that_goes_takes_everything_along(kube: Kube, namespace: str) -> None:
    core = kube.core()
    kube.apps().create_namespaced_deployment(namespace, deployment())
    core.create_namespaced_config_map(namespace, {"metadata": {"name": "held", "finalizers": ["example.com/hold"]}})
    until(lambda: len(core.list_namespaced_pod(namespace).items) == 2)
    core.delete_namespace(namespace)
    assert core.read_namespace(namespace).status.phase == "Terminating"
    with refused(403, "Forbidden", "because it is being terminated"):
        core.create_namespaced_config_map(namespace, {"metadata": {"name": "late"}})
    until(lambda: not core.list_namespaced_pod(namespace).items)
    assert core.read_namespaced_config_map("held", namespace).metadata.deletion_timestamp
    time.sleep(0.1)
    assert core.read_namespace(namespace).status.phase == "Terminating", "a finalizer holds it"
    core.patch_namespaced_config_map("held", namespace, {"metadata": {"finalizers": None}})
    until(lambda: kube.call("GET", f"/api/v1/namespaces/{namespace}")[0] == 404)


def test_a_new_namespace_has_its_service_account_and_the_authority(kube: Kube, namespace: str) -> None:
    assert kube.core().read_namespaced_service_account("default", namespace)
    trusted = kube.core().read_namespaced_config_map("kube-root-ca.crt", namespace).data["ca.crt"]
    assert trusted.encode() == base64.b64decode(kube.cluster.certificate_authority_data)
    with refused(404, "NotFound", 'namespaces "nowhere" not found'):
        kube.core().create_namespaced_config_map("nowhere", {"metadata": {"name": "a"}})


def test_preconditions_and_deleting_many(kube: Kube, namespace: str) -> None:
    core = kube.core()
    for name in "abc":
        labels = {"go": "yes" if name != "c" else "no"}
        core.create_namespaced_config_map(namespace, {"metadata": {"name": name, "labels": labels}})
    with refused(409, "Conflict", "Precondition failed: UID"):
        core.delete_namespaced_config_map("a", namespace, body={"preconditions": {"uid": "other"}})
    core.delete_collection_namespaced_config_map(namespace, label_selector="go=yes")
    left = [each.metadata.name for each in core.list_namespaced_config_map(namespace).items]
    assert left == ["c", "kube-root-ca.crt"]


def test_a_controller_that_asks_to_run_again_has_one_timer(kube: Kube, backups: Any, namespace: str) -> None:
    runs: list[str] = []

    def reconcile(context: Context, value: Object) -> float | None:
        if value["metadata"]["namespace"] == namespace:
            runs.append(value["metadata"]["resourceVersion"])
            return 0.2
        return None

    kube.cluster.register_controller(_GROUP, "backups", reconcile)
    _create(backups, namespace, _backup())
    for number in range(1, 9):
        where = (_GROUP, "v1", namespace, "backups", "nightly")
        backups.patch_namespaced_custom_object(*where, {"spec": {"keep": number}})
    until(lambda: len(set(runs)) > 1)
    time.sleep(0.3)
    before = len(runs)
    time.sleep(1.0)
    assert 1 <= len(runs) - before <= 6, "every 0.2 seconds, however often it ran for changes"
    backups.delete_namespaced_custom_object(_GROUP, "v1", namespace, "backups", "nightly")
