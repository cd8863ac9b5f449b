# Copyright (c) stackwright.aws contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Jobs, which run pods to their end, and cron jobs, which make jobs."""

from __future__ import annotations

import time
from collections.abc import Iterable

from twin.kubernetes.controllers.context import PODS, Context, is_active, is_ready
from twin.kubernetes.controllers.loop import Key
from twin.kubernetes.controllers.replicasets import own_key, owner_keys
from twin.kubernetes.errors import StatusError
from twin.kubernetes.schedule import Schedule
from twin.kubernetes.store import Event
from twin.kubernetes.values import (
    Object,
    condition,
    copy,
    get,
    owner_reference,
    seconds_of,
    set_condition,
    timestamp,
)

JOBS, CRON_JOBS = ("batch", "jobs"), ("batch", "cronjobs")
_INDEX = "batch.kubernetes.io/job-completion-index"
_COMPONENT, _CRON = "job-controller", "cronjob-controller"
_RETRY = 1.0


def ended(job: Object) -> str | None:
    """``Complete`` or ``Failed`` when the job is over."""
    for kind in ("Complete", "Failed"):
        found = condition(job, kind)
        if found and found["status"] == "True":
            return kind
    return None


class Jobs:
    def __init__(self, context: Context) -> None:
        self._context = context
        self._started: dict[str, float] = {}

    def interest(self, event: Event) -> Iterable[Key]:
        if event.bucket == JOBS:
            yield from own_key(event)
        elif event.bucket == PODS:
            yield from owner_keys(event, "Job")

    def reconcile(self, key: Key) -> None:
        context = self._context
        job = context.find(JOBS, *key)
        if job is None or "deletionTimestamp" in job["metadata"]:
            return
        if ended(job):
            self._expire(key, job)
            return
        spec, status = job["spec"], copy(job.get("status") or {})
        pods = context.owned(PODS, job)
        succeeded = [each for each in pods if get(each, "status", "phase") == "Succeeded"]
        failed = [each for each in pods if get(each, "status", "phase") == "Failed"]
        active = [each for each in pods if is_active(each)]
        if spec.get("suspend"):
            for each in active:
                context.delete("", "Pod", each)
            status.pop("startTime", None)
            self._started.pop(job["metadata"]["uid"], None)
            set_condition(status, "Suspended", "True", "JobSuspended", "Job suspended", context.now)
            self._save(job, status, [], succeeded, failed)
            return
        if condition(job, "Suspended"):
            set_condition(status, "Suspended", "False", "JobResumed", "Job resumed", context.now)
        status.setdefault("startTime", context.now)
        begun = self._started.setdefault(job["metadata"]["uid"], time.monotonic())
        restarts = sum(
            each.get("restartCount", 0)
            for pod in active
            for each in get(pod, "status", "containerStatuses", default=[])
        )
        deadline = spec.get("activeDeadlineSeconds")
        left = begun + context.seconds(deadline) - time.monotonic() if deadline else 1.0
        done = self._done(spec, succeeded)
        if left <= 0:
            self._fail(job, status, active, "DeadlineExceeded", "Job was active longer than specified deadline")
            active = []
        elif len(failed) > spec["backoffLimit"] or (restarts and restarts + len(failed) > spec["backoffLimit"]):
            text = "Job has reached the specified backoff limit"
            self._fail(job, status, active, "BackoffLimitExceeded", text)
            active = []
        elif done:
            text = "Reached expected number of succeeded pods"
            set_condition(status, "SuccessCriteriaMet", "True", "CompletionsReached", text, context.now)
            set_condition(status, "Complete", "True", "CompletionsReached", text, context.now)
            status["completionTime"] = context.now
            context.event(job, "Normal", "Completed", "Job completed", _COMPONENT)
        else:
            active = self._run(key, job, active, succeeded, failed)
            if deadline:
                context.loop.after(left + 0.01, self, key)
        self._save(job, status, active, succeeded, failed)

    @staticmethod
    def _done(spec: Object, succeeded: list[Object]) -> bool:
        if "completions" not in spec:
            return bool(succeeded)
        if spec.get("completionMode") == "Indexed":
            return len({_index(each) for each in succeeded}) >= spec["completions"]
        return len(succeeded) >= spec["completions"]

    def _run(
        self, key: Key, job: Object, active: list[Object], succeeded: list[Object], failed: list[Object]
    ) -> list[Object]:
        """Start what is missing, end what is too much."""
        spec, context = job["spec"], self._context
        indexed = spec.get("completionMode") == "Indexed"
        left = spec["completions"] - len(succeeded) if "completions" in spec else spec["parallelism"]
        wanted = max(0, min(spec["parallelism"], left))
        if len(active) > wanted:
            for each in active[wanted:]:
                context.delete("", "Pod", each)
            return active[:wanted]
        taken = {_index(each) for each in (*active, *succeeded)}
        free = iter(number for number in range(spec.get("completions") or 0) if number not in taken)
        for _ in range(wanted - len(active)):
            pod = context.pod_from(job, spec["template"], {})
            if indexed:
                number = str(next(free))
                pod["metadata"].setdefault("annotations", {})[_INDEX] = number
                pod["metadata"]["labels"][_INDEX] = number
                pod["metadata"]["generateName"] = f"{job['metadata']['name']}-{number}-"
                variable = {"name": "JOB_COMPLETION_INDEX", "value": number}
                for container in pod["spec"]["containers"]:
                    container.setdefault("env", []).append(variable)
            try:
                made = context.create("", "Pod", pod)
            except StatusError as error:
                context.event(job, "Warning", "FailedCreate", f"Error creating: {error.message}", _COMPONENT)
                context.loop.after(_RETRY, self, key)
                break
            context.event(job, "Normal", "SuccessfulCreate", f"Created pod: {made['metadata']['name']}", _COMPONENT)
            active = [*active, made]
        return active

    def _fail(self, job: Object, status: Object, active: list[Object], reason: str, text: str) -> None:
        context = self._context
        for each in active:
            context.delete("", "Pod", each)
        set_condition(status, "FailureTarget", "True", reason, text, context.now)
        set_condition(status, "Failed", "True", reason, text, context.now)
        context.event(job, "Warning", reason, text, _COMPONENT)

    def _save(
        self, job: Object, status: Object, active: list[Object], succeeded: list[Object], failed: list[Object]
    ) -> None:
        counts = {
            "active": len(active),
            "succeeded": len(succeeded),
            "failed": len(failed),
        }
        for name, count in counts.items():
            if count:
                status[name] = count
            else:
                status.pop(name, None)
        status["ready"] = sum(is_ready(each) for each in active)
        status.setdefault("uncountedTerminatedPods", {})
        if job["spec"].get("completionMode") == "Indexed":
            status["completedIndexes"] = _ranges(sorted({_index(each) for each in succeeded}))
        self._context.set_status("batch", "Job", job, status)

    def _expire(self, key: Key, job: Object) -> None:
        """ttlSecondsAfterFinished."""
        seconds = job["spec"].get("ttlSecondsAfterFinished")
        self._started.pop(job["metadata"]["uid"], None)
        if seconds is None:
            return
        which = condition(job, ended(job) or "")
        finished = seconds_of((which or {}).get("lastTransitionTime"))
        left = finished + self._context.seconds(seconds) - time.time()
        if left > 0:
            self._context.loop.after(left + 0.05, self, key)
        else:
            self._context.delete("batch", "Job", job)


def _index(pod: Object) -> int:
    return int(get(pod, "metadata", "annotations", _INDEX, default="-1"))


def _ranges(numbers: list[int]) -> str:
    parts: list[list[int]] = []
    for number in numbers:
        if parts and parts[-1][-1] == number - 1:
            parts[-1].append(number)
        else:
            parts.append([number])
    return ",".join(str(each[0]) if len(each) == 1 else f"{each[0]}-{each[-1]}" for each in parts)


class CronJobs:
    def __init__(self, context: Context) -> None:
        self._context = context

    def interest(self, event: Event) -> Iterable[Key]:
        if event.bucket == CRON_JOBS:
            yield from own_key(event)
        elif event.bucket == JOBS:
            yield from owner_keys(event, "CronJob")

    def reconcile(self, key: Key) -> None:
        context = self._context
        value = context.find(CRON_JOBS, *key)
        if value is None or "deletionTimestamp" in value["metadata"]:
            return
        spec, status = value["spec"], copy(value.get("status") or {})
        jobs = sorted(context.owned(JOBS, value), key=lambda each: each["metadata"]["creationTimestamp"])
        running = [each for each in jobs if not ended(each)]
        if not spec.get("suspend"):
            schedule = Schedule(spec["schedule"], spec.get("timeZone"))
            last = max(seconds_of(status.get("lastScheduleTime")), seconds_of(value["metadata"]["creationTimestamp"]))
            due = schedule.next(last)
            if due is not None and due <= time.time():
                while (following := schedule.next(due)) is not None and following <= time.time():
                    due = following
                running = self._start(value, due, running)
                status["lastScheduleTime"] = timestamp(due)
                due = schedule.next(due)
            if due is not None:
                context.loop.after(max(0.1, due - time.time()), self, key)
        self._forget(value, jobs)
        finished = [get(each, "status", "completionTime") for each in jobs if ended(each) == "Complete"]
        if any(finished):
            status["lastSuccessfulTime"] = max(each for each in finished if each)
        active = [_reference(each) for each in running if context.find(JOBS, key[0], each["metadata"]["name"])]
        if active:
            status["active"] = active
        else:
            status.pop("active", None)
        context.set_status("batch", "CronJob", value, status)

    def _start(self, value: Object, due: float, running: list[Object]) -> list[Object]:
        context, policy = self._context, value["spec"]["concurrencyPolicy"]
        if running and policy == "Forbid":
            text = "Not starting job because prior execution is running and concurrency policy is Forbid"
            context.event(value, "Normal", "JobAlreadyActive", text, _CRON)
            return running
        if policy == "Replace":
            for each in running:
                context.delete("batch", "Job", each)
            running = []
        template, name = value["spec"]["jobTemplate"], value["metadata"]["name"]
        metadata = copy(template.get("metadata") or {})
        metadata.update(
            name=f"{name}-{int(due // 60)}",
            namespace=value["metadata"]["namespace"],
            ownerReferences=[owner_reference(value)],
        )
        metadata.setdefault("annotations", {})["batch.kubernetes.io/cronjob-scheduled-timestamp"] = timestamp(due)
        if context.find(JOBS, metadata["namespace"], metadata["name"]) is not None:
            return running
        made = context.create("batch", "Job", {"metadata": metadata, "spec": copy(template["spec"])})
        context.event(value, "Normal", "SuccessfulCreate", f"Created job {metadata['name']}", _CRON)
        return [*running, made]

    def _forget(self, value: Object, jobs: list[Object]) -> None:
        for kind, field in (("Complete", "successfulJobsHistoryLimit"), ("Failed", "failedJobsHistoryLimit")):
            found = [each for each in jobs if ended(each) == kind]
            for each in found[: max(0, len(found) - value["spec"][field])]:
                self._context.delete("batch", "Job", each)


def _reference(job: Object) -> Object:
    metadata = job["metadata"]
    return {
        "apiVersion": "batch/v1",
        "kind": "Job",
        "name": metadata["name"],
        "namespace": metadata["namespace"],
        "uid": metadata["uid"],
        "resourceVersion": metadata["resourceVersion"],
    }
