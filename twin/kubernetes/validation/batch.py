# Copyright (c) stackwright.aws contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Jobs and cron jobs."""

from __future__ import annotations

from zoneinfo import ZoneInfoNotFoundError

from twin.kubernetes.errors import FieldError, immutable, invalid, required, unsupported
from twin.kubernetes.schedule import Schedule
from twin.kubernetes.validation.pods import not_negative, template
from twin.kubernetes.values import Object, copy, get

_RESTART = ("Never", "OnFailure")
_NUMBERS = ("parallelism", "completions", "activeDeadlineSeconds", "backoffLimit", "ttlSecondsAfterFinished")
_MAX_NAME = 52


def job(value: Object, old: Object | None) -> list[FieldError]:
    errors = _job_spec(value.get("spec") or {}, "spec")
    if old is not None:
        for name in ("selector", "completionMode"):
            if get(value, "spec", name) != get(old, "spec", name):
                errors.append(immutable(f"spec.{name}", get(value, "spec", name)))
        new_template, old_template = copy(value["spec"].get("template")), copy(old["spec"].get("template"))
        if old["spec"].get("suspend"):
            for each in (new_template, old_template):
                for name in ("nodeSelector", "tolerations", "affinity", "schedulingGates"):
                    each["spec"].pop(name, None)
        if new_template != old_template:
            errors.append(immutable("spec.template", value["spec"].get("template")))
        if value["spec"].get("completions") != old["spec"].get("completions"):
            errors.append(immutable("spec.completions", value["spec"].get("completions")))
    return errors


def _job_spec(spec: Object, path: str) -> list[FieldError]:
    errors = not_negative(spec, path, *_NUMBERS)
    if spec.get("completionMode") == "Indexed" and spec.get("completions") is None:
        errors.append(required(f"{path}.completions", "when completion mode is Indexed"))
    return errors + template(spec.get("template"), f"{path}.template", restart=_RESTART)


def cron_job(value: Object, old: Object | None) -> list[FieldError]:
    spec = value.get("spec") or {}
    errors = not_negative(
        spec, "spec", "successfulJobsHistoryLimit", "failedJobsHistoryLimit", "startingDeadlineSeconds"
    )
    if not spec.get("schedule"):
        errors.append(required("spec.schedule"))
    else:
        if "TZ" in spec["schedule"]:
            text = "cannot use TZ or CRON_TZ in schedule, use timeZone field instead"
            errors.append(invalid("spec.schedule", spec["schedule"], text))
        try:
            Schedule(spec["schedule"], spec.get("timeZone"))
        except (ZoneInfoNotFoundError, IsADirectoryError):
            errors.append(invalid("spec.timeZone", spec["timeZone"], f"unknown time zone {spec['timeZone']}"))
        except ValueError as error:
            errors.append(invalid("spec.schedule", spec["schedule"], str(error)))
    policies = ("Allow", "Forbid", "Replace")
    if spec.get("concurrencyPolicy") not in policies:
        errors.append(unsupported("spec.concurrencyPolicy", spec.get("concurrencyPolicy"), policies))
    if len(value["metadata"].get("name", "")) > _MAX_NAME:
        text = f"must be no more than {_MAX_NAME} characters"
        errors.append(invalid("metadata.name", value["metadata"]["name"], text))
    return errors + _job_spec(get(spec, "jobTemplate", "spec", default={}), "spec.jobTemplate.spec")
