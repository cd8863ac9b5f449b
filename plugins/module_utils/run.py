# Copyright (c) stackwright.aws contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Running a description: what the `stack` module, its action plugin and the tiers' modules have in common."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from .aws.client import AwsApi
from .aws.credentials import CONNECTION_SPEC, ConnectionOptions
from .aws.errors import hint
from .engine.api import ApiError
from .engine.converge import Convergence, ConvergeOptions, Outcome
from .engine.errors import ApplyError, PlanError, StackwrightError
from .engine.observe import pseudo_parameters
from .engine.plan import Plan, PlanOptions
from .engine.progress import Listener, silent
from .engine.values import PSEUDO, Ref, Sensitive, Unknown, is_known, resolve
from .engine.waiting import WaitOptions
from .kinds.registry import REGISTRY, registry_for
from .operations.lease import LedgerLease, is_held
from .operations.ledger import Ledger
from .plan_text import plan_digest, plan_text
from .tiers.base import Tier
from .tiers.focus import focus_on
from .tiers.stack import Compiled, compile_all, merge, merge_stacks

#: What a run can be told beside the description; shared by every module that converges.
RUN_SPEC: dict[str, dict[str, Any]] = {
    "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
    "prune": {"type": "bool", "default": False},
    "purge_tags": {"type": "bool", "default": True},
    "adopt": {"type": "bool", "default": False},
    "confirm": {"type": "str"},
    "release_protection": {"type": "bool", "default": False},
    "final_snapshot": {"type": "bool", "default": True},
    "wait": {"type": "bool", "default": True},
    "wait_timeout": {"type": "int"},
    "poll_interval": {"type": "float", "default": 0.5},
    "threads": {"type": "int", "default": 16},
    "request_rate": {"type": "float", "default": 40.0},
    "lease_ttl": {"type": "int", "default": 60},
    "lease_timeout": {"type": "int", "default": 0},
    "plan_digest": {"type": "str"},
    **CONNECTION_SPEC,
}


@dataclass(frozen=True)
class Part:
    """The entry that a tier's own module is about.

    Attributes:
        name: the entry's; empty where the section is one entry.
        whole: the description is all of the stack, so that what it does not describe may be pruned.
    """

    tier: Tier
    name: str
    whole: bool

    def title(self, stack: str) -> str:
        """What a person says to confirm its deletion."""
        return f"{stack}/{self.tier.refer(self.name)}"


class RunError(Exception):
    """A run that did not end well; `result` is what the module fails with, message included."""

    def __init__(self, result: dict[str, Any]) -> None:
        super().__init__(result["msg"])
        self.result = result


def secrets_in(description: Mapping[str, Any]) -> list[str]:
    """The texts in a description that must not be shown: values of secrets from outside, keys of certificates."""
    found: list[str] = []
    for secret in (description.get("secrets") or {}).values():
        value = secret.get("value") if isinstance(secret, Mapping) else None
        if isinstance(value, Mapping):
            found += [str(member) for member in value.values() if member]
        elif value:
            found.append(str(value))
    for certificate in (description.get("certificates") or {}).values():
        given = certificate.get("import") if isinstance(certificate, Mapping) else None
        if isinstance(given, Mapping) and given.get("private_key"):
            found.append(str(given["private_key"]))
    return found


def run(
    description: Mapping[str, Any],
    overrides: Mapping[str, Any],
    params: Mapping[str, Any],
    *,
    check: bool,
    diff: bool,
    part: Part | None = None,
    listener: Listener = silent,
) -> dict[str, Any]:
    """Compile, plan and, unless it is a check, converge or destroy.

    Args:
        description: the stack as the user wrote it.
        overrides: what differs for this stack, merged in.
        params: options as `RUN_SPEC` describes them, defaults in their places.
        check: plan only.
        diff: render the plan as text too.
        part: converge or destroy just this of the description.

    Returns:
        The module's result: `changed`, `plan`, `outputs`, `stats`, `notes`, `awaiting_value`, `diff`.

    Raises:
        RunError: with the module's failure.
    """
    started = time.monotonic()
    api: AwsApi | None = None
    try:
        merged = merge(description, overrides)
        if not merged.get("region"):
            merged["region"] = params.get("region") or os.environ.get("AWS_REGION")
        compiled = compile_all(merged, types=REGISTRY, stacks=merge_stacks(params.get("stacks") or {}))
        api = _api(compiled, params, check)
        outcome = _converge(compiled, api, params, check, part, listener)
    except ApplyError as error:
        raise RunError(_failure(error, api, started, **_report(error))) from error
    except PlanError as error:
        raise RunError(_failure(error, api, started, problems=error.problems)) from error
    except ApiError as error:
        advice = hint(error)
        raise RunError(_failure(f"{error}; {advice}" if advice else error, api, started)) from error
    except StackwrightError as error:
        raise RunError(_failure(error, api, started)) from error
    return _result(compiled, api, outcome, started, diff)


def _api(compiled: Compiled, params: Mapping[str, Any], check: bool) -> AwsApi:
    connection = ConnectionOptions.from_params(params, compiled.document.region)
    return AwsApi(connection, read_only=check, rates={"*": params["request_rate"]})


def _converge(
    compiled: Compiled,
    api: AwsApi,
    params: Mapping[str, Any],
    check: bool,
    part: Part | None,
    listener: Listener,
) -> Outcome:
    document = compiled.document
    destroy = params["state"] == "absent"
    title = part.title(document.stack) if part else document.stack
    if destroy and not check and params.get("confirm") != title:
        raise StackwrightError(
            f"confirm: {params['confirm']!r} is not the name of what would be deleted; say confirm={title}"
            if params.get("confirm")
            else f"confirm: is not given; say confirm={title} to destroy {title}"
        )
    if part and params["prune"] and not part.whole:
        raise StackwrightError(
            "prune: without the rest of the description nobody can tell what else is described; "
            "give it as stack, or stack={} if there is nothing else"
        )
    options = ConvergeOptions(
        check=check,
        plan=PlanOptions(
            prune=params["prune"],
            purge_tags=params["purge_tags"],
            adopt=params["adopt"],
            destroy=destroy,
            release_protection=params["release_protection"],
            focus=focus_on(compiled, part.tier, part.name, whole=part.whole) if part else None,
        ),
        waiting=WaitOptions(
            wait=params["wait"], timeout=params.get("wait_timeout"), poll_interval=params["poll_interval"]
        ),
        final_snapshot=params["final_snapshot"],
        threads=params["threads"],
    )
    lease = LedgerLease(
        Ledger(api, document.region),
        document.stack,
        ttl=params["lease_ttl"],
        patience=params["lease_timeout"],
        purpose="destroy" if destroy else "converge",
    )
    registry = registry_for(api, document)
    convergence = Convergence(
        api,
        registry,
        lease,
        options=options,
        listener=listener,
        approve=_approval(params),
        hint=hint,
        is_converging=lambda stack, region: is_held(Ledger(api, region), stack),
    )
    return convergence.run(document)


def _approval(params: Mapping[str, Any]) -> Callable[[Plan], None]:
    """Refuses a plan that is not the one that was saved and read."""
    digest = params.get("plan_digest")

    def approve(plan: Plan) -> None:
        if digest and plan_digest(plan) != digest:
            raise StackwrightError(
                "the plan is not the saved one any more: the description or the account has changed since; "
                "make the plan again, read it, and apply that"
            )

    return approve


def _stats(api: AwsApi | None, started: float, waited: float = 0.0) -> dict[str, Any]:
    requests = api.requests.answer() if api else {"requests": {}, "reads": 0, "writes": 0}
    return {**requests, "seconds_waited": round(waited, 1), "seconds": round(time.monotonic() - started, 2)}


def _result(compiled: Compiled, api: AwsApi, outcome: Outcome, started: float, diff: bool) -> dict[str, Any]:
    document = compiled.document
    result = {
        "changed": outcome.changed,
        "stack": document.stack,
        "plan": outcome.plan.answer(),
        "plan_digest": plan_digest(outcome.plan),
        "outputs": outcome.outputs,
        "references": _references(compiled, api, outcome),
        "notes": list(outcome.plan.notes),
        "awaiting_value": sorted(res.name for res in document.resources.values() if res.awaits_value),
        "warnings": [str(finding) for finding in compiled.warnings],
        "stats": _stats(api, started, outcome.seconds_waited),
    }
    if diff:
        result["diff"] = {"prepared": plan_text(outcome.plan)}
    return result


def _references(compiled: Compiled, api: AwsApi, outcome: Outcome) -> dict[str, dict[str, Any]]:
    """What can be referred to in the description, by reference and word, as far as it is known and no secret."""
    facts = pseudo_parameters(api, compiled.document.region)

    def lookup(ref: Ref) -> Any:
        if ref.address == PSEUDO:
            return facts.get(ref.attribute)
        found = outcome.outputs.get(ref.address.kind, {}).get(ref.address.name, {})
        return found.get(ref.attribute, Unknown(str(ref)))

    references: dict[str, dict[str, Any]] = {}
    for reference, values in compiled.outputs.items():
        known = {word: resolve(value, lookup) for word, value in values.items()}
        shown = {w: v for w, v in known.items() if is_known(v) and not isinstance(v, Sensitive) and v not in ("", None)}
        if shown:
            references[reference] = shown
    return references


def _report(error: ApplyError) -> dict[str, Any]:
    report = error.report
    return {
        "done": list(report.done),
        "failed_changes": dict(report.failed),
        "skipped_changes": dict(report.skipped),
        "notes": list(report.notes),
        "changed": bool(report.done),
    }


def _failure(error: Exception | str, api: AwsApi | None, started: float, **more: Any) -> dict[str, Any]:
    return {"failed": True, "msg": str(error), "stats": _stats(api, started), **more}


def tier_description(tier: Tier, params: Mapping[str, Any]) -> tuple[dict[str, Any], Part]:
    """The description that a tier's own module amounts to, and which part of it the module is about.

    Args:
        params: the module's parameters: the entry's options, what every run takes, and around the entry the `stack` it
            is a part of or the `network` it stands in.
    """
    around: Mapping[str, Any] = params.get("stack") or {}
    description: dict[str, Any] = {**around, "system": params["system"], "env": params["env"]}
    description["region"] = around.get("region") or params.get("region")
    if params.get("protect") is not None:
        description["protect"] = params["protect"]
    if params.get("network"):
        description["network"] = {"existing": params["network"]}
    name = "" if tier.single else params["entry"]
    options = {option: params[option] for option in tier.spec if params.get(option) is not None}
    description[tier.section] = options if tier.single else {**(around.get(tier.section) or {}), name: options}
    return description, Part(tier, name, params.get("stack") is not None)
