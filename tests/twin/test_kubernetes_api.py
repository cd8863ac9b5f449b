# Copyright (c) stackwright.aws contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Discovery, authentication, reading, writing, patching, applying and watching."""

from __future__ import annotations

import threading
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
import urllib3
from kubernetes import client, watch

from tests.twin.kubernetes_support import Kube, deployment, pod, refused, until
from twin.kubernetes import start_cluster
from twin.kubernetes.resources import BUILT_IN, Resource

_STRATEGIC = "application/strategic-merge-patch+json"
_MERGE, _JSON = "application/merge-patch+json", "application/json-patch+json"


def _map(name: str, **data: str) -> dict[str, Any]:
    return {"metadata": {"name": name}, "data": data}


def test_only_known_tokens_and_only_what_they_may(kube: Kube, namespace: str) -> None:
    assert kube.call("GET", "/api/v1/pods", token="nobody")[0] == 401
    kube.core("viewer").list_pod_for_all_namespaces()
    with refused(403, "Forbidden", 'User "viewer" cannot list resource "secrets" in API group "" in the namespace'):
        kube.core("viewer").list_namespaced_secret(namespace)
    with refused(403, "Forbidden", 'cannot create resource "configmaps"'):
        kube.core("viewer").create_namespaced_config_map(namespace, _map("a"))
    kube.core("editor").create_namespaced_config_map(namespace, _map("a"))
    with refused(403, "Forbidden", "at the cluster scope"):
        kube.core("editor").create_namespace({"metadata": {"name": "not-mine"}})


def test_a_policy_for_one_namespace_holds_there_alone(kube: Kube, namespace: str) -> None:
    kube.core().create_namespace({"metadata": {"name": "team"}})
    kube.core("shopkeeper").create_namespaced_config_map("team", _map("a"))
    with refused(403, "Forbidden"):
        kube.core("shopkeeper").create_namespaced_config_map(namespace, _map("a"))


def test_a_role_and_its_binding_allow_what_they_say(kube: Kube, namespace: str) -> None:
    rbac = client.RbacAuthorizationV1Api(kube.api())
    rule = {"apiGroups": [""], "resources": ["pods"], "verbs": ["list"]}
    with refused(403, "Forbidden"):
        kube.core("bob").list_namespaced_pod(namespace)
    rbac.create_namespaced_role(namespace, {"metadata": {"name": "reader"}, "rules": [rule]})
    bound = {
        "metadata": {"name": "reader"},
        "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "Role", "name": "reader"},
        "subjects": [{"kind": "User", "name": "bob"}],
    }
    rbac.create_namespaced_role_binding(namespace, bound)
    assert kube.core("bob").list_namespaced_pod(namespace).items == []
    with refused(422, "Invalid", "cannot change roleRef"):
        rbac.replace_namespaced_role_binding(
            "reader", namespace, {**bound, "roleRef": {**bound["roleRef"], "name": "other"}}
        )


def test_the_token_of_a_service_account_is_that_account(kube: Kube, namespace: str) -> None:
    wanted = {"spec": {"audiences": ["https://kubernetes.default.svc"], "expirationSeconds": 600}}
    made = kube.core().create_namespaced_service_account_token("default", namespace, wanted)
    code, _, answer = kube.call(
        "POST", "/apis/authentication.k8s.io/v1/selfsubjectreviews", {}, token=made.status.token
    )
    assert code == 201
    assert answer["status"]["userInfo"]["username"] == f"system:serviceaccount:{namespace}:default"
    assert kube.call("GET", "/api/v1/pods", token=made.status.token + "x")[0] == 401


def test_discovery_agrees_with_itself(kube: Kube) -> None:
    legacy = {
        (name["groupVersion"], each["name"])
        for group in kube.call("GET", "/apis")[2]["groups"]
        for name in group["versions"]
        for each in kube.call("GET", f"/apis/{name['groupVersion']}")[2]["resources"]
    }
    accept = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList"
    together = kube.call("GET", "/apis", Accept=accept)[2]
    assert together["kind"] == "APIGroupDiscoveryList"
    found = set()
    for item in together["items"]:
        for version in item["versions"]:
            name = f"{item['metadata']['name']}/{version['version']}"
            for each in version["resources"]:
                found.add((name, each["resource"]))
                found |= {(name, f"{each['resource']}/{sub['subresource']}") for sub in each.get("subresources", [])}
    assert found == legacy
    assert {("apps/v1", "deployments/scale"), ("autoscaling/v2", "horizontalpodautoscalers")} < found


def test_version_health_and_openapi(kube: Kube) -> None:
    assert kube.call("GET", "/version")[2]["gitVersion"].startswith("v1.33.")
    assert [kube.call("GET", path)[2] for path in ("/healthz", "/livez", "/readyz")] == ["ok"] * 3
    index = kube.call("GET", "/openapi/v3")[2]["paths"]
    document = kube.call("GET", index["apis/apps/v1"]["serverRelativeURL"])[2]
    container = document["components"]["schemas"]["io.k8s.api.core.v1.PodSpec"]["properties"]["containers"]
    assert container["x-kubernetes-patch-merge-key"] == "name"
    old = kube.call("GET", "/openapi/v2")[2]
    assert "io.k8s.api.apps.v1.Deployment" in old["definitions"]
    assert not [name for name in old["definitions"] if "resource.v1alpha3" in name], "only what is served is described"


@pytest.mark.parametrize(
    ("path", "code"),
    [("/apis/nothing.example.com/v1/things", 404), ("/api/v1/namespaces/default/pods/x", 404), ("/nothing", 404)],
)
def test_what_is_not_there_is_not_found(kube: Kube, path: str, code: int) -> None:
    found, _, answer = kube.call("GET", path)
    assert (found, answer["kind"], answer["reason"]) == (code, "Status", "NotFound")


def test_metadata_that_the_server_gives(kube: Kube, namespace: str) -> None:
    core = kube.core()
    body = {"metadata": {"generateName": "job-", "uid": "mine", "creationTimestamp": "2000-01-01T00:00:00Z"}}
    first, second = (core.create_namespaced_config_map(namespace, body) for _ in range(2))
    assert first.metadata.name.startswith("job-") and first.metadata.name != second.metadata.name
    assert first.metadata.uid not in ("mine", second.metadata.uid)
    assert first.metadata.creation_timestamp.year > 2000
    assert int(first.metadata.resource_version) < int(second.metadata.resource_version)
    with refused(409, "AlreadyExists", "configmaps"):
        core.create_namespaced_config_map(namespace, _map(first.metadata.name))


def test_a_dry_run_answers_and_stores_nothing(kube: Kube, namespace: str) -> None:
    made = kube.core().create_namespaced_config_map(namespace, _map("a", x="1"), dry_run="All")
    assert made.metadata.uid and made.data == {"x": "1"}
    with refused(404, "NotFound", 'configmaps "a" not found'):
        kube.core().read_namespaced_config_map("a", namespace)


def test_a_stale_update_conflicts_and_one_that_changes_nothing_writes_nothing(kube: Kube, namespace: str) -> None:
    core = kube.core()
    old = core.create_namespaced_config_map(namespace, _map("a", x="1"))
    new = core.replace_namespaced_config_map("a", namespace, {**_map("a", x="2")})
    with refused(409, "Conflict", "the object has been modified"):
        core.replace_namespaced_config_map("a", namespace, old)
    again = core.replace_namespaced_config_map("a", namespace, new)
    assert again.metadata.resource_version == new.metadata.resource_version


def test_selectors_choose_by_labels_and_fields(kube: Kube, namespace: str) -> None:
    core = kube.core()
    for name, labels in (("a", {"tier": "web", "env": "prod"}), ("b", {"tier": "db"}), ("c", {})):
        core.create_namespaced_config_map(namespace, {"metadata": {"name": name, "labels": labels}})

    def names(**choice: str) -> list[str]:
        found = core.list_namespaced_config_map(namespace, **choice).items
        return [each.metadata.name for each in found if each.metadata.name != "kube-root-ca.crt"]

    assert names(label_selector="tier=web") == ["a"]
    assert names(label_selector="tier!=web") == ["b", "c"]
    assert names(label_selector="tier in (web,db),env") == ["a"]
    assert names(label_selector="tier in (web,db),!env") == ["b"]
    assert names(label_selector="tier notin (web)") == ["b", "c"]
    assert names(field_selector="metadata.name=b") == ["b"]
    with refused(400, "BadRequest", "field label not supported: data.x"):
        names(field_selector="data.x=1")


def test_a_long_list_comes_in_pages(kube: Kube, namespace: str) -> None:
    core = kube.core()
    for number in range(5):
        core.create_namespaced_secret(namespace, {"metadata": {"name": f"s{number}"}})
    first = core.list_namespaced_secret(namespace, limit=2)
    second = core.list_namespaced_secret(namespace, limit=2, _continue=first.metadata._continue)
    third = core.list_namespaced_secret(namespace, limit=2, _continue=second.metadata._continue)
    assert [each.metadata.name for page in (first, second, third) for each in page.items] == [f"s{n}" for n in range(5)]
    assert first.metadata.remaining_item_count == 3
    assert third.metadata._continue is None


def test_tables_and_metadata_alone(kube: Kube, namespace: str) -> None:
    path = f"/api/v1/namespaces/{namespace}/configmaps"
    table = kube.call("GET", path, Accept="application/json;as=Table;v=v1;g=meta.k8s.io,application/json")[2]
    assert table["kind"] == "Table"
    assert [each["name"] for each in table["columnDefinitions"]] == ["Name", "Data", "Age"]
    assert table["rows"][0]["cells"][:2] == ["kube-root-ca.crt", 1]
    partial = kube.call("GET", path, Accept="application/json;as=PartialObjectMetadataList;v=v1;g=meta.k8s.io")[2]
    assert partial["kind"] == "PartialObjectMetadataList"
    assert "data" not in partial["items"][0]


def test_unknown_fields_by_the_wish_of_the_client(kube: Kube, namespace: str) -> None:
    path = f"/apis/apps/v1/namespaces/{namespace}/deployments"
    wrong = deployment(replica=3)
    code, _, answer = kube.call("POST", f"{path}?fieldValidation=Strict", wrong)
    assert (code, answer["reason"]) == (400, "BadRequest")
    assert 'strict decoding error: unknown field "spec.replica"' in answer["message"]
    code, headers, answer = kube.call("POST", f"{path}?dryRun=All", wrong)
    assert code == 201 and "replica" not in answer["spec"]
    assert headers["Warning"] == '299 - "unknown field \\"spec.replica\\""'
    code, headers, _ = kube.call("POST", f"{path}?fieldValidation=Ignore&dryRun=All", wrong)
    assert code == 201 and "Warning" not in headers


def test_a_wrong_type_is_refused_with_the_path(kube: Kube, namespace: str) -> None:
    path = f"/apis/apps/v1/namespaces/{namespace}/deployments"
    wrong = deployment()
    wrong["spec"]["replicas"] = "three"
    code, _, answer = kube.call("POST", path, wrong)
    assert (code, answer["reason"]) == (400, "BadRequest")
    assert "cannot unmarshal string into Go struct field spec.replicas of type int32" in answer["message"]
    wrong = deployment()
    wrong["spec"]["template"]["spec"]["containers"][0]["resources"] = {"requests": {"cpu": "a lot"}}
    code, _, answer = kube.call("POST", path, wrong)
    assert code == 400 and "containers[0].resources.requests.cpu: quantities must match" in answer["message"]


@pytest.mark.parametrize(
    ("change", "text"),
    [
        ({"replicas": -1}, "spec.replicas: Invalid value: -1: must be greater than or equal to 0"),
        ({"selector": {"matchLabels": {"app": "other"}}}, "`selector` does not match template `labels`"),
        ({"strategy": {"type": "Slow"}}, 'spec.strategy.type: Unsupported value: "Slow"'),
        ({"progressDeadlineSeconds": 5, "minReadySeconds": 9}, "must be greater than minReadySeconds"),
        (
            {"strategy": {"rollingUpdate": {"maxSurge": 0, "maxUnavailable": 0}}},
            "spec.strategy.rollingUpdate.maxUnavailable: Invalid value: 0: may not be 0 when `maxSurge` is 0",
        ),
    ],
)
def test_deployments_that_make_no_sense_are_refused(kube: Kube, namespace: str, change: Any, text: str) -> None:
    with refused(422, "Invalid", text) as caught:
        kube.apps().create_namespaced_deployment(namespace, deployment(**change))
    assert '"causes"' in caught.value.body


@pytest.mark.parametrize(
    ("change", "text"),
    [
        ({"image": ""}, "image: Required value"),
        ({"name": "Web_1"}, "a lowercase RFC 1123 label"),
        (
            {"ports": [{"containerPort": 70000}]},
            "ports[0].containerPort: Invalid value: 70000: must be between 1 and 65535",
        ),
        ({"imagePullPolicy": "Sometimes"}, 'Unsupported value: "Sometimes"'),
        ({"readinessProbe": {"periodSeconds": 5}}, "readinessProbe: Required value: must specify a handler type"),
        ({"volumeMounts": [{"name": "v", "mountPath": "/v"}]}, 'volumeMounts[0].name: Not found: "v"'),
        (
            {"resources": {"requests": {"cpu": "2"}, "limits": {"cpu": "1"}}},
            "must be less than or equal to cpu limit of 1",
        ),
    ],
)
def test_containers_that_make_no_sense_are_refused(kube: Kube, namespace: str, change: Any, text: str) -> None:
    wrong = pod("wrong")
    wrong["spec"]["containers"][0].update(change)
    with refused(422, "Invalid", text):
        kube.core().create_namespaced_pod(namespace, wrong)


def test_what_may_not_change_is_refused(kube: Kube, namespace: str) -> None:
    apps = kube.apps()
    apps.create_namespaced_deployment(namespace, deployment())
    patch = {"spec": {"selector": {"matchLabels": {"more": "x"}}, "template": {"metadata": {"labels": {"more": "x"}}}}}
    with refused(422, "Invalid", "field is immutable"):
        apps.patch_namespaced_deployment("web", namespace, patch)
    kube.core().create_namespaced_config_map(namespace, {**_map("fixed", a="1"), "immutable": True})
    with refused(422, "Invalid", "field is immutable when `immutable` is set"):
        kube.core().patch_namespaced_config_map("fixed", namespace, {"data": {"a": "2"}})


def test_names_are_checked(kube: Kube, namespace: str) -> None:
    with refused(422, "Invalid", "a lowercase RFC 1123 subdomain"):
        kube.core().create_namespaced_config_map(namespace, _map("Not_Good"))
    with refused(422, "Invalid", "a DNS-1035 label"):
        service = {"metadata": {"name": "1web"}, "spec": {"ports": [{"port": 80}]}}
        kube.core().create_namespaced_service(namespace, service)
    with refused(422, "Invalid", "name part must consist of alphanumeric characters"):
        kube.core().create_namespaced_config_map(namespace, {"metadata": {"name": "a", "labels": {"a b": "c"}}})


def test_defaults_are_those_of_kubernetes(kube: Kube, namespace: str) -> None:
    made = kube.apps().create_namespaced_deployment(namespace, deployment(image="nginx"))
    spec, inner = made.spec, made.spec.template.spec
    assert (spec.strategy.type, spec.strategy.rolling_update.max_surge) == ("RollingUpdate", "25%")
    assert (spec.revision_history_limit, spec.progress_deadline_seconds) == (10, 600)
    assert (inner.restart_policy, inner.dns_policy, inner.termination_grace_period_seconds) == (
        "Always",
        "ClusterFirst",
        30,
    )
    assert inner.containers[0].image_pull_policy == "Always", "an image without a tag is the latest"
    assert inner.containers[0].ports[0].protocol == "TCP"
    service = kube.core().create_namespaced_service(
        namespace, {"metadata": {"name": "web"}, "spec": {"selector": {"app": "web"}, "ports": [{"port": 80}]}}
    )
    assert service.spec.cluster_ip.startswith("10.100.") and service.spec.type == "ClusterIP"
    assert service.spec.ports[0].target_port == 80


def test_quantities_are_kept_in_canonical_form(kube: Kube, namespace: str) -> None:
    wanted = pod("sized")
    amounts = {"cpu": "0.5", "memory": "1024Mi", "ephemeral-storage": "1000k"}
    wanted["spec"]["containers"][0]["resources"] = {"limits": amounts}
    made = kube.core().create_namespaced_pod(namespace, wanted).spec.containers[0].resources
    assert made.limits == made.requests == {"cpu": "500m", "memory": "1Gi", "ephemeral-storage": "1M"}


# Patches


def test_a_json_patch_and_a_merge_patch(kube: Kube, namespace: str) -> None:
    kube.core().create_namespaced_config_map(namespace, _map("a", x="1", y="2"))
    path = f"/api/v1/namespaces/{namespace}/configmaps/a"
    operations = [{"op": "test", "path": "/data/x", "value": "1"}, {"op": "replace", "path": "/data/x", "value": "9"}]
    assert kube.call("PATCH", path, operations, Content_Type=_JSON)[2]["data"] == {"x": "9", "y": "2"}
    assert kube.call("PATCH", path, operations, Content_Type=_JSON)[0] == 422, "the test no longer holds"
    assert kube.call("PATCH", path, {"data": {"y": None}}, Content_Type=_MERGE)[2]["data"] == {"x": "9"}
    code, _, answer = kube.call("PATCH", path, {}, Content_Type="text/plain")
    assert (code, answer["reason"]) == (415, "UnsupportedMediaType")


def test_a_strategic_merge_patch_knows_lists_by_their_keys(kube: Kube, namespace: str) -> None:
    wanted = deployment()
    containers = wanted["spec"]["template"]["spec"]["containers"]
    containers.append({"name": "side", "image": "side:1", "args": ["a", "b"]})
    kube.apps().create_namespaced_deployment(namespace, wanted)
    path = f"/apis/apps/v1/namespaces/{namespace}/deployments/web"

    def patched(spec: Any) -> Any:
        body = {"spec": {"template": {"spec": spec}}}
        code, _, answer = kube.call("PATCH", path, body, Content_Type=_STRATEGIC)
        assert code == 200, answer
        return {each["name"]: each for each in answer["spec"]["template"]["spec"]["containers"]}

    found = patched({"containers": [{"name": "web", "image": "nginx:2"}]})
    assert (found["web"]["image"], found["side"]["image"]) == ("nginx:2", "side:1")
    assert found["web"]["ports"][0]["containerPort"] == 80, "what is not named stays"
    assert patched({"containers": [{"name": "side", "args": ["c"]}]})["side"]["args"] == ["c"], (
        "a plain list is replaced"
    )
    order = [{"name": "side"}, {"name": "web"}]
    assert list(patched({"$setElementOrder/containers": order, "containers": []})) == ["side", "web"]
    assert list(patched({"containers": [{"name": "side", "$patch": "delete"}]})) == ["web"]
    body = {"spec": {"strategy": {"$retainKeys": ["type"], "type": "Recreate"}}}
    answer = kube.call("PATCH", path, body, Content_Type=_STRATEGIC)[2]
    assert answer["spec"]["strategy"] == {"type": "Recreate"}


# Server-side apply


def _apply(kube: Kube, path: str, body: Any, manager: str, force: bool = False) -> tuple[int, Any]:
    query = f"?fieldManager={manager}" + ("&force=true" if force else "")
    code, _, answer = kube.call("PATCH", path + query, body, Content_Type="application/apply-patch+yaml")
    return code, answer


def _map_of(name: str, **data: str) -> dict[str, Any]:
    return {"apiVersion": "v1", "kind": "ConfigMap", **_map(name, **data)}


def test_applying_twice_changes_nothing(kube: Kube, namespace: str) -> None:
    path = f"/apis/apps/v1/namespaces/{namespace}/deployments/web"
    wanted = deployment()
    code, first = _apply(kube, path, wanted, "one")
    assert code == 201
    until(lambda: "NewReplicaSetAvailable" in str(kube.call("GET", path)[2].get("status")))
    before = kube.call("GET", path)[2]
    code, second = _apply(kube, path, wanted, "one")
    assert (code, second["metadata"]["resourceVersion"]) == (200, before["metadata"]["resourceVersion"])
    owner = next(each for each in second["metadata"]["managedFields"] if each["manager"] == "one")
    assert owner["operation"] == "Apply"
    containers = owner["fieldsV1"]["f:spec"]["f:template"]["f:spec"]["f:containers"]
    assert containers['k:{"name":"web"}']["f:ports"]['k:{"containerPort":80,"protocol":"TCP"}']["f:containerPort"] == {}
    assert first["metadata"]["generation"] == second["metadata"]["generation"] == 1


def test_managers_conflict_until_one_forces_it(kube: Kube, namespace: str) -> None:
    path = f"/api/v1/namespaces/{namespace}/configmaps/a"
    _apply(kube, path, _map_of("a", x="1", y="1"), "one")
    code, answer = _apply(kube, path, _map_of("a", x="2", y="1"), "two")
    assert (code, answer["reason"]) == (409, "Conflict")
    assert answer["message"] == 'Apply failed with 1 conflict: conflict with "one": .data.x'
    assert answer["details"]["causes"][0]["field"] == ".data.x"
    code, answer = _apply(kube, path, _map_of("a", x="2", y="1"), "two", force=True)
    assert (code, answer["data"]) == (200, {"x": "2", "y": "1"})
    owners = {each["manager"]: each["fieldsV1"]["f:data"] for each in answer["metadata"]["managedFields"]}
    assert owners == {"one": {"f:y": {}}, "two": {"f:x": {}, "f:y": {}}}


def test_what_is_no_longer_applied_goes_unless_another_manager_has_it(kube: Kube, namespace: str) -> None:
    path = f"/api/v1/namespaces/{namespace}/configmaps/a"
    _apply(kube, path, _map_of("a", mine="1", ours="1"), "one")
    _apply(kube, path, _map_of("a", ours="1", theirs="1"), "two")
    code, answer = _apply(kube, path, {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "a"}}, "one")
    assert (code, answer["data"]) == (200, {"ours": "1", "theirs": "1"})


def test_items_of_a_list_by_key_belong_to_their_managers(kube: Kube, namespace: str) -> None:
    path = f"/apis/apps/v1/namespaces/{namespace}/deployments/web"

    def applied(manager: str, *variables: str) -> list[str]:
        wanted = deployment()
        container = wanted["spec"]["template"]["spec"]["containers"][0]
        container["env"] = [{"name": each, "value": "1"} for each in variables]
        code, answer = _apply(kube, path, wanted, manager)
        assert code in (200, 201), answer
        return [each["name"] for each in answer["spec"]["template"]["spec"]["containers"][0].get("env", [])]

    assert applied("one", "A", "B") == ["A", "B"]
    assert sorted(applied("two", "C")) == ["A", "B", "C"]
    assert sorted(applied("one", "A")) == ["A", "C"]
    assert applied("two") == ["A"]


def test_updates_own_what_they_change(kube: Kube, namespace: str) -> None:
    path = f"/apis/apps/v1/namespaces/{namespace}/deployments/web"
    _apply(kube, path, deployment(), "one")
    kube.call("PATCH", f"{path}?fieldManager=scaler", {"spec": {"replicas": 4}}, Content_Type=_MERGE)
    code, answer = _apply(kube, path, deployment(), "one")
    assert code == 409 and 'conflict with "scaler" using apps/v1' in answer["message"]
    assert ".spec.replicas" in answer["message"]


def test_an_applied_field_that_is_unknown_is_an_error(kube: Kube, namespace: str) -> None:
    path = f"/apis/apps/v1/namespaces/{namespace}/deployments/web"
    code, answer = _apply(kube, path, deployment(replica=1), "one")
    assert code == 500 and ".spec.replica: field not declared in schema" in answer["message"]
    code, answer = _apply(kube, path, deployment(), "")
    assert code == 400 and "fieldManager" in answer["message"]


# Watches


def test_a_watch_tells_every_change(kube: Kube, namespace: str) -> None:
    core = kube.core()
    since = core.list_namespaced_config_map(namespace).metadata.resource_version
    core.create_namespaced_config_map(namespace, {"metadata": {"name": "a", "labels": {"seen": "yes"}}})
    core.patch_namespaced_config_map("a", namespace, {"data": {"x": "1"}})
    core.patch_namespaced_config_map("a", namespace, {"metadata": {"labels": {"seen": "no"}}})
    core.patch_namespaced_config_map("a", namespace, {"metadata": {"labels": {"seen": "yes"}}})
    core.delete_namespaced_config_map("a", namespace)
    events = watch.Watch().stream(
        core.list_namespaced_config_map,
        namespace,
        resource_version=since,
        label_selector="seen=yes",
        timeout_seconds=1,
    )
    assert [each["type"] for each in events] == ["ADDED", "MODIFIED", "DELETED", "ADDED", "DELETED"]


def test_a_watch_goes_on_while_things_happen(kube: Kube, namespace: str) -> None:
    core = kube.core()
    timer = threading.Timer(0.2, lambda: core.create_namespaced_config_map(namespace, _map("late")))
    timer.start()
    stream = watch.Watch()
    seen = []
    for event in stream.stream(kube.core().list_namespaced_config_map, namespace, timeout_seconds=5):
        seen.append((event["type"], event["object"].metadata.name))
        if seen[-1][1] == "late":
            stream.stop()
    assert seen == [("ADDED", "kube-root-ca.crt"), ("ADDED", "late")]
    timer.join()


def test_a_bookmark_ends_the_first_events_of_a_streamed_list(kube: Kube, namespace: str) -> None:
    path = f"/api/v1/namespaces/{namespace}/configmaps?watch=true&timeoutSeconds=1&allowWatchBookmarks=true"
    events = kube.events(f"{path}&sendInitialEvents=true&resourceVersionMatch=NotOlderThan")
    assert [each["type"] for each in events] == ["ADDED", "BOOKMARK", "BOOKMARK"]
    assert events[1]["object"]["metadata"]["annotations"] == {"k8s.io/initial-events-end": "true"}


def test_a_watch_from_too_long_ago_is_gone(tmp_path: Path) -> None:
    kube = Kube(tmp_path)
    try:
        kube.cluster.store.compact()
        [event] = kube.events("/api/v1/namespaces?watch=true&resourceVersion=1&timeoutSeconds=1")
        assert (event["type"], event["object"]["code"], event["object"]["reason"]) == ("ERROR", 410, "Expired")
    finally:
        kube.cluster.stop()


# The cluster as a whole


@pytest.mark.parametrize("version", ["1.29", "1.37"])
def test_every_version_has_its_own_schemas(version: str, tmp_path: Path) -> None:
    kube = Kube(tmp_path, version)
    try:
        assert kube.call("GET", "/version")[2]["minor"] == version.partition(".")[2]
        kube.apps().create_namespaced_deployment("default", deployment())
        until(lambda: kube.apps().read_namespaced_deployment("web", "default").status.available_replicas == 2)
    finally:
        kube.cluster.stop()


def test_a_version_without_schemas_is_refused() -> None:
    with pytest.raises(ValueError, match=r"no schemas of Kubernetes '1\.2'; there are 1\.25"):
        start_cluster("x", version="1.2", authenticate=lambda token: None)


def test_a_stopped_cluster_leaves_nothing_running(tmp_path: Path) -> None:
    before = set(threading.enumerate())
    kube = Kube(tmp_path)

    def watch_on() -> None:
        with suppress(urllib3.exceptions.HTTPError):
            kube.events("/api/v1/pods?watch=true")

    watcher = threading.Thread(target=watch_on)
    watcher.start()
    time.sleep(0.2)
    kube.call("GET", "/readyz")
    kube.cluster.stop()
    watcher.join(5)
    assert not watcher.is_alive(), "the watch ended"
    until(lambda: set(threading.enumerate()) <= before)
    with pytest.raises(urllib3.exceptions.HTTPError):
        kube.call("GET", "/readyz")


def test_roles_can_be_added_to_the_policies(kube: Kube, namespace: str) -> None:
    path = f"/apis/coordination.k8s.io/v1/namespaces/{namespace}/leases"
    assert kube.call("GET", path, token="viewer")[0] == 403
    role = {
        "metadata": {"name": "see-leases", "labels": {"rbac.authorization.k8s.io/aggregate-to-view": "true"}},
        "rules": [{"apiGroups": ["coordination.k8s.io"], "resources": ["leases"], "verbs": ["list"]}],
    }
    client.RbacAuthorizationV1Api(kube.api()).create_cluster_role(role)
    assert kube.call("GET", path, token="viewer")[0] == 200


def test_the_dynamic_client_finds_reads_writes_and_watches(kube: Kube, namespace: str) -> None:
    dynamic = kube.dynamic()
    deployments = dynamic.resources.get(api_version="apps/v1", kind="Deployment")
    made = deployments.create(body=deployment(), namespace=namespace)
    assert made.spec.strategy.type == "RollingUpdate"
    changed = deployments.patch(
        name="web", namespace=namespace, body={"spec": {"replicas": 1}}, content_type="application/merge-patch+json"
    )
    assert changed.metadata.generation == 2
    applied = deployments.server_side_apply(
        name="web", namespace=namespace, body=deployment(), field_manager="me", force_conflicts=True
    )
    assert applied.spec.replicas == 2
    seen = {each["object"].metadata.name for each in deployments.watch(namespace=namespace, timeout=1)}
    assert seen == {"web"}
    autoscalers = dynamic.resources.search(kind="HorizontalPodAutoscaler")
    assert {each.group_version for each in autoscalers} == {"autoscaling/v1", "autoscaling/v2"}
    assert [each.metadata.name for each in deployments.get(namespace=namespace).items] == ["web"]


def test_writes_at_the_same_time_do_not_lose_each_other(kube: Kube, namespace: str) -> None:
    path = f"/api/v1/namespaces/{namespace}/configmaps/a"
    kube.core().create_namespaced_config_map(namespace, _map("a"))

    def write(number: int) -> None:
        for turn in range(5):
            kube.call("PATCH", path, {"data": {f"k{number}": str(turn)}}, Content_Type=_MERGE)

    writers = [threading.Thread(target=write, args=(number,)) for number in range(6)]
    for each in writers:
        each.start()
    for each in writers:
        each.join()
    assert kube.core().read_namespaced_config_map("a", namespace).data == {f"k{number}": "4" for number in range(6)}


@pytest.mark.parametrize("resource", [each for each in BUILT_IN if "list" in each.verbs], ids=lambda each: each.kind)
def test_an_empty_object_is_made_or_refused_and_never_breaks_the_server(
    kube: Kube, namespace: str, resource: Resource
) -> None:
    base = f"/apis/{resource.api_version}" if resource.group else f"/api/{resource.version}"
    place = f"/namespaces/{namespace}" if resource.namespaced else ""
    spec: Any
    for spec in ({}, {"spec": {}}, {"spec": None}, {"spec": {"template": {}, "ports": [None], "containers": [{}]}}):
        body = {"metadata": {"name": "probe"}, **spec}
        code, _, answer = kube.call("POST", f"{base}{place}/{resource.plural}?dryRun=All", body)
        assert code in (201, 422), answer
        assert code == 201 or answer["details"]["causes"]
