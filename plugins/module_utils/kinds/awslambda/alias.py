# Copyright (c) stackwright.aws contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Aliases of functions, which releases move from version to version, and what is kept warm behind them."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any

from ...engine.kind import Attribute, Call, Item, Kind, Property, Scope, States, Update, Work
from ...engine.template import Template
from ..requests import given, is_stated, unless
from .function import BUSY
from .names import FUNCTION, function_part, functions_in_scope, split

#: The provisioned concurrency of an alias, in the words of the API.
_PROVISIONED = "ProvisionedConcurrencyConfig"


def list_aliases(scope: Scope) -> list[Item]:
    """The aliases of observed functions, and of those that a described alias is of."""
    if scope.ids:
        read = [_read(scope, arn) for arn in scope.ids]
        return [_with_provisioned(scope, alias) for alias in read if alias is not None]
    aliases: list[Item] = []
    for name in functions_in_scope(scope):
        found = unless((), partial(scope.pages, "lambda", "list_aliases", "Aliases[]", FunctionName=name)) or []
        warm = _provisioned_by_arn(scope, name) if found and is_stated(scope, _PROVISIONED) else {}
        aliases += [{**alias, "Provisioned": warm.get(alias["AliasArn"], {}), "IsSurvey": True} for alias in found]
    return aliases


def _read(scope: Scope, arn: str) -> Item | None:
    name, alias = split(arn)
    return unless((), partial(scope.call, "lambda", "get_alias", FunctionName=name, Name=alias))


def _provisioned_by_arn(scope: Scope, name: str) -> dict[str, Item]:
    answer = unless(
        (),
        partial(
            scope.pages,
            "lambda",
            "list_provisioned_concurrency_configs",
            "ProvisionedConcurrencyConfigs[]",
            FunctionName=name,
        ),
    )
    return {config["FunctionArn"]: config for config in answer or []}


def _with_provisioned(scope: Scope, alias: Item) -> Item:
    if not is_stated(scope, _PROVISIONED):
        return alias
    name, qualifier = split(alias["AliasArn"])
    ask = partial(scope.call, "lambda", "get_provisioned_concurrency_config", FunctionName=name, Qualifier=qualifier)
    return {**alias, "Provisioned": unless((), ask) or {}}


def alias_state(item: Item) -> str:
    """How far the provisioned concurrency is.

    A failed allocation is no reason to replace the alias; the next change mends it. So a survey of what exists calls
    it `INCOMPLETE`, which is a busy state, and only who waits for the alias is told `FAILED`.
    """
    status = str((item.get("Provisioned") or {}).get("Status") or "READY")
    return "INCOMPLETE" if status == "FAILED" and item.get("IsSurvey") else status


def provisioned(item: Item) -> dict[str, Any]:
    """The provisioned concurrency as it was asked for; empty without any."""
    number = (item.get("Provisioned") or {}).get("RequestedProvisionedConcurrentExecutions")
    return {"ProvisionedConcurrentExecutions": number} if number else {}


def weights(value: Any) -> dict[str, float]:
    """Routing as requests carry it: the weight of each further version."""
    listed = (value or {}).get("AdditionalVersionWeights") or []
    return {str(one["FunctionVersion"]): float(one["FunctionWeight"]) for one in listed}


def routing(item: Item) -> dict[str, Any]:
    """Routing in CloudFormation's shape; empty without any."""
    found = (item.get("RoutingConfig") or {}).get("AdditionalVersionWeights") or {}
    listed = [{"FunctionVersion": version, "FunctionWeight": weight} for version, weight in sorted(found.items())]
    return {"AdditionalVersionWeights": listed} if listed else {}


def alias_arn(facts: Mapping[str, Any]) -> str | None:
    """The ARN that an alias will have."""
    function, name = facts.get("FunctionName"), facts.get("Name")
    if not (isinstance(function, str) and isinstance(name, str)):
        return None
    where = f"arn:{facts['partition']}:lambda:{facts['region']}:{facts['account']}"
    return f"{where}:function:{split(function)[0]}:{name}"


def _create(work: Work) -> dict[str, Any]:
    params = {
        **given(work, "Name", "Description", "FunctionVersion"),
        "FunctionName": split(work.desired["FunctionName"])[0],
    }
    found = weights(work.get("RoutingConfig"))
    return {**params, "RoutingConfig": {"AdditionalVersionWeights": found}} if found else params


def _named(work: Work) -> dict[str, Any]:
    function, name = split(work.id)
    return {"FunctionName": function, "Name": name}


def _set_provisioned(work: Work) -> None:
    function, name = split(work.id)
    wanted = (work.desired[_PROVISIONED] or {}).get("ProvisionedConcurrentExecutions")
    if wanted:
        work.call(
            "lambda",
            "put_provisioned_concurrency_config",
            FunctionName=function,
            Qualifier=name,
            ProvisionedConcurrentExecutions=int(wanted),
        )
    elif provisioned(work.existing.item):
        _release(work)


def _release(work: Work) -> None:
    function, name = split(work.id)
    work.call("lambda", "delete_provisioned_concurrency_config", FunctionName=function, Qualifier=name)


def _cool_down(work: Work) -> None:
    """An alias goes with what is kept warm behind it."""
    if provisioned(work.existing.item):
        _release(work)


LAMBDA_ALIAS = Kind(
    type="AWS::Lambda::Alias",
    service="lambda",
    title="function alias",
    # A template does not say that nothing is kept warm.
    template=Template(
        ref="AliasArn",
        attributes={"Arn": "AliasArn"},
        properties={_PROVISIONED: lambda value: {_PROVISIONED: value} if value else {}},
    ),
    id="AliasArn",
    key=("FunctionName", "Name"),
    key_of=lambda stated: (
        (split(stated["FunctionName"])[0], str(stated["Name"]))
        if isinstance(stated.get("FunctionName"), str) and stated.get("Name")
        else None
    ),
    requires=(FUNCTION,),
    part_of="FunctionName",
    # Whoever deploys may keep aliases of their own beside the described ones.
    others_add_parts=True,
    tags=None,
    properties={
        "FunctionName": Property(path=lambda item: split(item["AliasArn"])[0], immutable=True, normalise=function_part),
        "Name": Property(immutable=True),
        "Description": Property(unstated=None),
        # Releases move an alias; what is stated is where it begins.
        "FunctionVersion": Property(initial=True),
        "RoutingConfig": Property(path=routing, initial=True),
        _PROVISIONED: Property(path=provisioned, unstated=None),
    },
    attributes={"AliasArn": Attribute("AliasArn", alias_arn), "Arn": Attribute("AliasArn", alias_arn)},
    list=list_aliases,
    states=States(
        path=alias_state,
        ready=frozenset({"READY"}),
        failed=frozenset({"FAILED"}),
        reason="Provisioned.StatusReason",
        timeout=900,
    ),
    create=Call("create_alias", _create, item="@"),
    updates=(
        Update(
            ("Description",),
            Call("update_alias", lambda w: {**_named(w), "Description": w.desired["Description"] or ""}),
        ),
        Update((_PROVISIONED,), _set_provisioned, on_create=True),
    ),
    before_delete=_cool_down,
    delete=Call("delete_alias", _named),
    retry_on=BUSY,
)
