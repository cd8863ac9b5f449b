# Copyright (c) stackwright.aws contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Defaults of jobs and cron jobs."""

from __future__ import annotations

from twin.kubernetes.defaults.core import default, pod_template
from twin.kubernetes.values import Object, get


def job(value: Object) -> None:
    job_spec(value.setdefault("spec", {}))


def job_spec(spec: Object) -> None:
    if "completions" not in spec and "parallelism" not in spec:
        spec["completions"] = 1
    default(spec, parallelism=1, completionMode="NonIndexed", suspend=False, backoffLimit=6)
    default(spec, podReplacementPolicy="Failed" if spec.get("podFailurePolicy") else "TerminatingOrFailed")
    pod_template(spec.get("template"))


def cron_job(value: Object) -> None:
    spec = value.setdefault("spec", {})
    default(spec, concurrencyPolicy="Allow", suspend=False, successfulJobsHistoryLimit=3, failedJobsHistoryLimit=1)
    inner = get(spec, "jobTemplate", "spec")
    if inner is not None:
        pod_template(inner.get("template"))
