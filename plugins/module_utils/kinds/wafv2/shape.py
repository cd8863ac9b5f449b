# Copyright (c) stackwright.aws contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Rules and statements of WAF: CloudFormation's shape and the API's."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from typing import Any

#: Statements that refer to something by its ARN, which the API spells in capitals.
_REFERRING = frozenset({"IPSetReferenceStatement", "RegexPatternSetReferenceStatement", "RuleGroupReferenceStatement"})
#: Objects that hold exactly one member, whose name alone says what is meant: `{Block: {}}`, `{QueryString: {}}`.
_CHOICES = frozenset({"Action", "ActionToUse", "DefaultAction", "FieldToMatch", "MatchPattern", "OverrideAction"})
#: What AWS fills in where nothing is stated.
_DEFAULTS: dict[str, dict[str, Any]] = {
    "RateBasedStatement": {"EvaluationWindowSec": 300},
    "SqliMatchStatement": {"SensitivityLevel": "LOW"},
    "Body": {"OversizeHandling": "CONTINUE"},
}
#: Lists of such objects.
_LISTS_OF_CHOICES = frozenset({"CustomKeys", "RedactedFields"})


def to_api(value: Any) -> Any:
    """A stated value as requests take it; what is in that shape already stays as it is."""
    if isinstance(value, Mapping):
        result: dict[str, Any] = {}
        for name, item in value.items():
            if name == "SearchStringBase64":
                result["SearchString"] = base64.b64decode(item)
            elif name == "SearchString" and isinstance(item, str):
                result[name] = item.encode()
            elif name in _REFERRING and "Arn" in item:
                result[name] = to_api({("ARN" if key == "Arn" else key): inner for key, inner in item.items()})
            else:
                result[name] = to_api(item)
        return result
    if isinstance(value, (list, tuple)):
        return [to_api(item) for item in value]
    return value


def comparable(value: Any) -> Any:
    """A value in one form, in which an empty choice such as `{Block: {}}` differs from another one."""
    return _named(to_api(value))


def _named(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {name: _member(name, item) for name, item in value.items() if item is not None}
    if isinstance(value, (list, tuple)):
        return [_named(item) for item in value]
    return value.decode(errors="replace") if isinstance(value, bytes) else value


def _member(name: str, value: Any) -> Any:
    if name in _CHOICES:
        return choice(value)
    if name in _LISTS_OF_CHOICES and isinstance(value, (list, tuple)):
        return [choice(item) for item in value]
    named = _named(value)
    return {**_DEFAULTS[name], **named} if name in _DEFAULTS and isinstance(named, Mapping) else named


def choice(value: Any) -> Any:
    """`{Block: {}}` as `{"Is": "Block"}`, with the settings of the choice beside its name."""
    if not isinstance(value, Mapping):
        return value
    present = {name: item for name, item in value.items() if item is not None}
    if len(present) != 1:
        return _named(present)
    ((name, settings),) = present.items()
    inner = _member(name, to_api(settings))
    return {"Is": name, **inner} if isinstance(inner, Mapping) else {"Is": name, "Value": inner}


def choices(value: Any) -> Any:
    """A list of choices in one form."""
    return [choice(item) for item in value] if isinstance(value, (list, tuple)) else value
