# Copyright (c) stackwright.aws contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Who may invoke a function, its versions and its aliases: the statements of resource policies, one by one."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import partial
from typing import Any

from ...engine.kind import Attribute, Call, Item, Kind, Property, Scope, Work
from ...engine.template import Template
from ..requests import given, unless
from ..shared import json_document
from .names import FUNCTION, function_part, qualified

ALIAS = "AWS::Lambda::Alias"

#: Properties that a statement holds as conditions, by the condition's key in lower case.
_CONDITIONS = {
    "SourceArn": "aws:sourcearn",
    "SourceAccount": "aws:sourceaccount",
    "PrincipalOrgID": "aws:principalorgid",
    "EventSourceToken": "lambda:eventsourcetoken",
    "FunctionUrlAuthType": "lambda:functionurlauthtype",
    "InvokedViaFunctionUrl": "lambda:invokedviafunctionurl",
}
_ROOT = re.compile(r"^arn:[\w-]+:iam::(\d{12}):root$")


def list_permissions(scope: Scope) -> list[Item]:
    """The statements of the policies of observed functions and aliases, and of what a permission is described for."""
    if scope.ids:
        targets = {identifier.partition("|")[0] for identifier in scope.ids}
    else:
        described = (wanted.get("FunctionName") for wanted in scope.wanted)
        targets = {str(function_part(name)) for name in described if isinstance(name, str)}
        targets |= {function.id for function in scope.observed(FUNCTION)}
        targets |= {str(function_part(alias.id)) for alias in scope.observed(ALIAS)}
    found = [statement for target in sorted(targets) for statement in _statements(scope, target)]
    return [one for one in found if not scope.ids or permission_id(one) in scope.ids]


def _statements(scope: Scope, target: str) -> list[Item]:
    answer = unless((), partial(scope.call, "lambda", "get_policy", **qualified(target)))
    policy = json_document((answer or {}).get("Policy")) or {}
    return [{**statement, "FunctionName": target} for statement in policy.get("Statement") or []]


def permission_id(item: Item) -> str:
    """What a statement is known by: its own identifier is known within one policy only."""
    return f"{item['FunctionName']}|{item['Sid']}"


def principal(item: Item) -> Any:
    """Who a statement is for: a service, an account, a role, or everybody."""
    who = item.get("Principal")
    if isinstance(who, Mapping):
        who = next(iter(who.values()), None)
    return who[0] if isinstance(who, list) and len(who) == 1 else who


def plain_principal(value: Any) -> Any:
    """An account in one of its two spellings."""
    return _ROOT.sub(r"\1", value) if isinstance(value, str) else value


def condition(name: str) -> Any:
    """A reader of a property that is a condition of the statement."""

    def read(item: Item) -> Any:
        for tests in (item.get("Condition") or {}).values():
            for key, value in tests.items():
                if key.lower() == _CONDITIONS[name]:
                    return value[0] if isinstance(value, list) and len(value) == 1 else value
        return None

    return read


def permission_key(properties: Mapping[str, Any]) -> tuple[str, ...] | None:
    """What tells one permission from another: who may do what to which function, and on behalf of what."""
    if not isinstance(properties.get("FunctionName"), str) or not properties.get("Principal"):
        return None
    source = properties.get("SourceArn") or properties.get("SourceAccount") or ""
    words = (function_part(properties["FunctionName"]), properties.get("Action"), properties["Principal"], source)
    return tuple(str(plain_principal(word)) for word in words)


def _add(work: Work) -> Item:
    params = given(work, "Action", "Principal", *_CONDITIONS)
    answer = work.call(
        "lambda",
        "add_permission",
        **qualified(work.desired["FunctionName"]),
        **params,
        StatementId=f"stackwright-{work.token}",
    )
    statement: Item = json_document(answer["Statement"])
    return {**statement, "FunctionName": function_part(work.desired["FunctionName"])}


def _remove(work: Work) -> dict[str, Any]:
    target, _bar, statement = work.id.partition("|")
    return {**qualified(target), "StatementId": statement}


LAMBDA_PERMISSION = Kind(
    type="AWS::Lambda::Permission",
    service="lambda",
    title="permission to invoke",
    template=Template(ref="Id"),
    id=permission_id,
    key=("FunctionName", "Action", "Principal", "SourceArn", "SourceAccount"),
    key_of=permission_key,
    requires=(FUNCTION, ALIAS),
    part_of="FunctionName",
    # Other stacks let their topics and buckets invoke a function of ours.
    others_add_parts=True,
    tags=None,
    properties={
        "FunctionName": Property(immutable=True, normalise=function_part),
        "Action": Property(immutable=True),
        "Principal": Property(path=principal, immutable=True, normalise=plain_principal),
        **{name: Property(path=condition(name), immutable=True) for name in _CONDITIONS},
    },
    attributes={"Id": Attribute("Sid")},
    list=list_permissions,
    create=_add,
    delete=Call("remove_permission", _remove),
)
