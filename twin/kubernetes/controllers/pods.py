# Copyright (c) stackwright.aws contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Pods: the scheduler, and the kubelet of every node.

Nothing runs. What an image does is told by its tag: ``bad*`` and ``missing`` cannot be pulled, ``crash*`` exits with 1
again and again, ``unready*`` never becomes ready, and where containers are to end (restartPolicy other than Always)
``fail*`` ends with 1, ``exit-N`` with N and everything else with 0.
"""

from __future__ import annotations

import re
import time
from collections.abc import Iterable
from dataclasses import dataclass

from twin.kubernetes.controllers.context import PODS, Context
from twin.kubernetes.controllers.loop import Key
from twin.kubernetes.controllers.needs import config_problem, mount_problem
from twin.kubernetes.controllers.replicasets import own_key
from twin.kubernetes.controllers.scheduling import choose
from twin.kubernetes.objects import Options
from twin.kubernetes.store import Event
from twin.kubernetes.values import Object, copy, get, set_condition

NODES = ("", "nodes")
_SCHEDULER, _KUBELET = "default-scheduler", "kubelet"
_BACK_OFFS = 6
_WAITS_FOR = (("", "configmaps"), ("", "secrets"), ("", "persistentvolumeclaims"))


@dataclass
class _Life:
    """Where a pod is on its way, and when it goes on (monotonic)."""

    stage: str
    due: float
    restarts: int = 0
    images: tuple[str, ...] = ()


class Pods:
    def __init__(self, context: Context) -> None:
        self._context = context
        self._lives: dict[str, _Life] = {}
        self._addresses = 0

    def interest(self, event: Event) -> Iterable[Key]:
        if event.bucket == PODS:
            if event.new is None and event.old is not None:
                uid = event.old["metadata"]["uid"]
                self._lives.pop(uid, None)
                self._context.ready_since.pop(uid, None)
                yield from self._unscheduled()
            yield from own_key(event)
        elif event.bucket == NODES:
            yield from self._unscheduled()
            if event.new is None and event.old is not None:
                yield from self._on(event.old["metadata"]["name"])
        elif event.bucket in _WAITS_FOR and event.new is not None:
            for pod in self._context.list(PODS, event.new["metadata"]["namespace"]):
                life = self._lives.get(pod["metadata"]["uid"])
                if life and life.stage in ("config", "mount"):
                    life.due = 0.0
                    yield _key(pod)

    def _unscheduled(self) -> Iterable[Key]:
        for pod in self._context.list(PODS):
            if not get(pod, "spec", "nodeName"):
                yield _key(pod)

    def _on(self, node: str) -> Iterable[Key]:
        for pod in self._context.list(PODS):
            if get(pod, "spec", "nodeName") == node:
                yield _key(pod)

    def reconcile(self, key: Key) -> None:
        context = self._context
        pod = context.find(PODS, *key)
        if pod is None:
            return
        uid, node = pod["metadata"]["uid"], get(pod, "spec", "nodeName")
        if "deletionTimestamp" in pod["metadata"]:
            self._stop(key, pod)
        elif not node:
            self._schedule(pod)
        elif context.find(NODES, "", node) is None:
            context.delete("", "Pod", pod, {"gracePeriodSeconds": 0})
        elif get(pod, "status", "phase") not in ("Succeeded", "Failed"):
            life = self._lives.get(uid)
            images = tuple(each["image"] for each in pod["spec"]["containers"])
            if life is None or life.images != images:
                life = self._lives[uid] = _Life("pulling", self._in("kubernetes.pod.pull"), images=images)
                self._created(pod)
            elif life.due <= time.monotonic() and life.stage != "settled":
                self._go_on(key, pod, life)
            if life.stage != "settled":
                context.loop.after(max(0.0, life.due - time.monotonic()) + 0.001, self, key)

    def _in(self, delay: str) -> float:
        return time.monotonic() + self._context.delay(delay)

    # The scheduler

    def _schedule(self, pod: Object) -> None:
        context = self._context
        node, why = choose(pod, context.list(NODES), context.list(PODS))
        if node is None:
            status = copy(pod.get("status") or {})
            changed = set_condition(status, "PodScheduled", "False", "Unschedulable", why, context.now)
            if changed:
                context.set_status("", "Pod", pod, status, _SCHEDULER)
                context.event(pod, "Warning", "FailedScheduling", why, _SCHEDULER)
            return
        bound = context.objects.modify(
            context.resource("", "Pod"),
            *_key(pod),
            lambda old: {**copy(old), "spec": {**copy(old["spec"]), "nodeName": node}},
            Options(_SCHEDULER),
            "binding",
        )
        name = "/".join(_key(pod))
        context.event(bound, "Normal", "Scheduled", f"Successfully assigned {name} to {node}", _SCHEDULER)

    # The kubelet

    def _created(self, pod: Object) -> None:
        context, now = self._context, self._context.now
        status = copy(pod.get("status") or {})
        address = get(context.find(NODES, "", pod["spec"]["nodeName"]), "status", "addresses", 0, "address", default="")
        if not status.get("podIP"):
            self._addresses += 1
            number = self._addresses
            status["podIP"] = f"10.0.{128 + number // 250 % 120}.{number % 250 + 4}"
            status["podIPs"] = [{"ip": status["podIP"]}]
        status.update(phase="Pending", hostIP=address, hostIPs=[{"ip": address}])
        status.setdefault("startTime", now)
        set_condition(status, "PodReadyToStartContainers", "False", "", "", now)
        inits = pod["spec"].get("initContainers") or []
        set_condition(
            status, "Initialized", str(not inits), *(("ContainersNotInitialized", "") if inits else ("", "")), now
        )
        self._not_ready(pod, status, "ContainersNotReady")
        set_condition(status, "PodScheduled", "True", "", "", now)
        status["containerStatuses"] = [
            self._status_of(each, {"waiting": {"reason": "ContainerCreating"}}) for each in pod["spec"]["containers"]
        ]
        if inits:
            waiting = {"waiting": {"reason": "PodInitializing"}}
            status["initContainerStatuses"] = [self._status_of(each, waiting) for each in inits]
        self._save(pod, status)

    def _go_on(self, key: Key, pod: Object, life: _Life) -> None:
        """One step on the way of a pod."""
        steps = {
            "pulling": self._pull,
            "backoff": self._back_off,
            "config": self._pull,
            "mount": self._pull,
            "running": self._settle,
            "crashed": self._restart,
            "restarted": self._crash,
            "ending": self._end,
        }
        steps[life.stage](key, pod, life)

    def _pull(self, key: Key, pod: Object, life: _Life) -> None:
        """Mounts, pull, configuration, start."""
        context = self._context
        if problem := mount_problem(context, pod):
            life.stage, life.due = "mount", self._in("kubernetes.pod.back_off")
            context.event(pod, "Warning", "FailedMount", problem, _KUBELET)
            return
        for container in [*pod["spec"].get("initContainers", []), *pod["spec"]["containers"]]:
            image, tag = container["image"], _tag(container["image"])
            if tag.startswith("bad") or tag == "missing":
                text = (
                    f'Failed to pull image "{image}": rpc error: code = NotFound desc = failed to pull and unpack '
                    f'image "{image}": failed to resolve reference "{image}": {image}: not found'
                )
                path = f"spec.containers{{{container['name']}}}"
                context.event(pod, "Normal", "Pulling", f'Pulling image "{image}"', _KUBELET, path)
                context.event(pod, "Warning", "Failed", text, _KUBELET, path)
                context.event(pod, "Warning", "Failed", "Error: ErrImagePull", _KUBELET, path)
                self._wait(pod, container["name"], "ErrImagePull", text)
                life.stage, life.due = "backoff", self._in("kubernetes.pod.back_off")
                return
            if problem := config_problem(context, pod, container):
                context.event(pod, "Warning", "Failed", f"Error: {problem}", _KUBELET)
                self._wait(pod, container["name"], "CreateContainerConfigError", problem)
                life.stage, life.due = "config", self._in("kubernetes.pod.back_off")
                return
        self._start(pod, life)

    def _back_off(self, key: Key, pod: Object, life: _Life) -> None:
        context = self._context
        for container in [*pod["spec"].get("initContainers", []), *pod["spec"]["containers"]]:
            image, tag = container["image"], _tag(container["image"])
            if tag.startswith("bad") or tag == "missing":
                text = f'Back-off pulling image "{image}"'
                context.event(pod, "Normal", "BackOff", text, _KUBELET, f"spec.containers{{{container['name']}}}")
                context.event(pod, "Warning", "Failed", "Error: ImagePullBackOff", _KUBELET)
                self._wait(pod, container["name"], "ImagePullBackOff", f"{text}: ErrImagePull: {image}: not found")
                break
        life.stage = "settled"

    def _start(self, pod: Object, life: _Life) -> None:
        context, now = self._context, self._context.now
        status = copy(pod["status"])
        status["phase"] = "Running"
        set_condition(status, "PodReadyToStartContainers", "True", "", "", now)
        set_condition(status, "Initialized", "True", "", "", now)
        for each in pod["spec"].get("initContainers", []):
            done = {
                "exitCode": 0,
                "reason": "Completed",
                "startedAt": now,
                "finishedAt": now,
                "containerID": _run_id(pod, each),
            }
            _replace(status, "initContainerStatuses", self._status_of(each, {"terminated": done}, ready=True, pod=pod))
        for each in pod["spec"]["containers"]:
            running = self._status_of(
                each, {"running": {"startedAt": now}}, pod=pod, started=True, restarts=life.restarts
            )
            _replace(status, "containerStatuses", running)
            path = f"spec.containers{{{each['name']}}}"
            text = f'Successfully pulled image "{each["image"]}" in 120ms'
            context.event(pod, "Normal", "Pulled", text, _KUBELET, path)
            context.event(pod, "Normal", "Created", f"Created container: {each['name']}", _KUBELET, path)
            context.event(pod, "Normal", "Started", f"Started container {each['name']}", _KUBELET, path)
        self._save(pod, status)
        if pod["spec"]["restartPolicy"] != "Always":
            life.stage, life.due = "ending", self._in("kubernetes.pod.run")
        elif any(_tag(each["image"]).startswith("crash") for each in pod["spec"]["containers"]):
            life.stage, life.due = "restarted", self._in("kubernetes.pod.ready")
        else:
            life.stage, life.due = "running", self._in("kubernetes.pod.ready") + self._initial_delay(pod)

    def _initial_delay(self, pod: Object) -> float:
        probes = [get(each, "readinessProbe", "initialDelaySeconds", default=0) for each in pod["spec"]["containers"]]
        return self._context.seconds(max(probes))

    def _settle(self, key: Key, pod: Object, life: _Life) -> None:
        """Ready, unless the image never is."""
        context, now = self._context, self._context.now
        life.stage = "settled"
        for each in pod["spec"]["containers"]:
            if _tag(each["image"]).startswith("unready"):
                text = "Readiness probe failed: HTTP probe failed with statuscode: 503"
                context.event(pod, "Warning", "Unhealthy", text, _KUBELET, f"spec.containers{{{each['name']}}}")
                return
        status = copy(pod["status"])
        for each in status["containerStatuses"]:
            each["ready"] = True
        for name in ("ContainersReady", "Ready"):
            set_condition(status, name, "True", "", "", now)
        context.ready_since[pod["metadata"]["uid"]] = time.monotonic()
        self._save(pod, status)

    def _crash(self, key: Key, pod: Object, life: _Life) -> None:
        context, now = self._context, self._context.now
        status = copy(pod["status"])
        for each in pod["spec"]["containers"]:
            if _tag(each["image"]).startswith("crash"):
                ended = {
                    "exitCode": 1,
                    "reason": "Error",
                    "startedAt": now,
                    "finishedAt": now,
                    "containerID": _run_id(pod, each),
                }
                text = f"back-off 10s restarting failed container={each['name']} pod={pod['metadata']['name']}"
                waiting = {"waiting": {"reason": "CrashLoopBackOff", "message": text}}
                made = self._status_of(each, waiting, pod=pod, started=False, restarts=life.restarts)
                made["lastState"] = {"terminated": ended}
                _replace(status, "containerStatuses", made)
                text = f"Back-off restarting failed container {each['name']} in pod {pod['metadata']['name']}"
                context.event(pod, "Warning", "BackOff", text, _KUBELET, f"spec.containers{{{each['name']}}}")
        self._save(pod, status)
        life.restarts += 1
        wait = self._context.delay("kubernetes.pod.back_off") * 2 ** min(life.restarts, _BACK_OFFS)
        life.stage, life.due = "crashed", time.monotonic() + wait

    def _restart(self, key: Key, pod: Object, life: _Life) -> None:
        self._start(pod, life)

    def _end(self, key: Key, pod: Object, life: _Life) -> None:
        """Containers that are to end do so, with the code that the tag tells."""
        context, now = self._context, self._context.now
        codes = [_exit_code(each["image"]) for each in pod["spec"]["containers"]]
        failed = any(codes)
        if failed and pod["spec"]["restartPolicy"] == "OnFailure":
            life.restarts += 1
            status = copy(pod["status"])
            for each in status["containerStatuses"]:
                each["restartCount"] = life.restarts
            life.due = self._in("kubernetes.pod.run") + context.delay("kubernetes.pod.back_off")
            self._save(pod, status)
            return
        status = copy(pod["status"])
        for each, code in zip(pod["spec"]["containers"], codes, strict=True):
            ended = {
                "exitCode": code,
                "reason": "Error" if code else "Completed",
                "startedAt": status.get("startTime", now),
                "finishedAt": now,
                "containerID": _run_id(pod, each),
            }
            made = self._status_of(each, {"terminated": ended}, pod=pod, started=False, restarts=life.restarts)
            _replace(status, "containerStatuses", made)
        status["phase"] = "Failed" if failed else "Succeeded"
        self._not_ready(pod, status, "PodFailed" if failed else "PodCompleted")
        life.stage = "settled"
        self._save(pod, status)

    def _stop(self, key: Key, pod: Object) -> None:
        context = self._context
        life = self._lives.setdefault(pod["metadata"]["uid"], _Life("stopping", self._in("kubernetes.pod.stop")))
        if life.stage not in ("stopping", "stopped"):
            life.stage, life.due = "stopping", self._in("kubernetes.pod.stop")
            for each in pod["spec"]["containers"]:
                text, path = f"Stopping container {each['name']}", f"spec.containers{{{each['name']}}}"
                context.event(pod, "Normal", "Killing", text, _KUBELET, path)
        left = life.due - time.monotonic()
        if left > 0:
            context.loop.after(left + 0.001, self, key)
        elif life.stage == "stopping":
            # A pod with finalizers stays, stopped, until they are gone.
            life.stage = "stopped"
            context.delete("", "Pod", pod, {"gracePeriodSeconds": 0})

    # Parts of a status

    def _save(self, pod: Object, status: Object) -> None:
        if "observedGeneration" in status or "generation" in pod["metadata"]:
            status["observedGeneration"] = pod["metadata"].get("generation", 1)
        self._context.set_status("", "Pod", pod, status, _KUBELET)

    def _wait(self, pod: Object, container: str, reason: str, message: str) -> None:
        status = copy(pod["status"])
        for name in ("initContainerStatuses", "containerStatuses"):
            for each in status.get(name, []):
                if each["name"] == container:
                    each["state"] = {"waiting": {"reason": reason, "message": message}}
        self._save(pod, status)

    def _not_ready(self, pod: Object, status: Object, reason: str) -> None:
        names = " ".join(each["name"] for each in pod["spec"]["containers"])
        text = f"containers with unready status: [{names}]" if reason == "ContainersNotReady" else ""
        for name in ("Ready", "ContainersReady"):
            set_condition(status, name, "False", reason, text, self._context.now)
        self._context.ready_since.pop(pod["metadata"]["uid"], None)

    @staticmethod
    def _status_of(
        container: Object,
        state: Object,
        ready: bool = False,
        pod: Object | None = None,
        started: bool | None = None,
        restarts: int = 0,
    ) -> Object:
        made: Object = {
            "name": container["name"],
            "image": container["image"],
            "imageID": f"{container['image'].partition('@')[0]}@sha256:{'0' * 64}" if pod else "",
            "ready": ready,
            "restartCount": restarts,
            "state": state,
            "lastState": {},
            "started": bool(started),
        }
        return made | ({"containerID": _run_id(pod, container)} if pod else {})


def _key(pod: Object) -> Key:
    return pod["metadata"]["namespace"], pod["metadata"]["name"]


def _tag(image: str) -> str:
    name = image.partition("@")[0].rpartition("/")[2]
    return name.partition(":")[2] or "latest"


def _exit_code(image: str) -> int:
    tag = _tag(image)
    if found := re.match(r"exit-?(\d+)", tag):
        return int(found[1])
    return int(tag.startswith(("fail", "crash")))


def _run_id(pod: Object, container: Object) -> str:
    uid = pod["metadata"]["uid"].replace("-", "")
    return f"containerd://{uid}{uid[::-1]}"[: len("containerd://") + 64]


def _replace(status: Object, name: str, made: Object) -> None:
    status[name] = [made if each["name"] == made["name"] else each for each in status.get(name, [])]
