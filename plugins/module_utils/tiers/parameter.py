# Copyright (c) stackwright.aws contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The `parameters` section: configuration in Parameter Store."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterable, Mapping
from typing import Any

from ..engine.document import Resource
from ..engine.values import Address, Compose, Ref, Sensitive
from . import formats
from .base import TAGS, Context, Export, Options, Tier

PARAMETER = "AWS::SSM::Parameter"

#: https://docs.aws.amazon.com/systems-manager/latest/userguide/parameter-store-advanced-parameters.html
_LIMIT, _ADVANCED_LIMIT = 4096, 8192

SPEC: dict[str, Any] = {
    "name": {"type": "str"},
    "path": {"type": "str"},
    "value": {"type": "raw"},
    "secret_value": {"type": "str", "no_log": True},
    "owned_by": {"type": "str", "choices": ["stack", "operations"], "default": "stack"},
    "description": {"type": "str", "format": formats.length(1024)},
    "pattern": {"type": "str"},
    "key": {"type": "str", "no_log": False},
    "advanced": {"type": "bool", "default": False},
    "tags": TAGS,
}

CONSTRAINTS: dict[str, Any] = {
    "required_one_of": [("value", "secret_value")],
    "mutually_exclusive": [("value", "secret_value"), ("name", "path")],
}


def parameter_name(name: str, options: Options, context: Context) -> str:
    """The parameter's whole name: `/{system}/{env}/{name}` unless stated."""
    path = options["path"] or f"/{context.system}/{context.env}"
    return options["name"] or f"/{path.strip('/')}/{name}"


def exports(name: str, options: Options, context: Context) -> Export:
    address = Address(PARAMETER, name)
    return Export(
        address=address,
        values={"arn": Ref(address, "Arn"), "name": parameter_name(name, options, context)},
        default="name",
    )


def compile(name: str, options: Options, context: Context) -> list[Resource]:
    given = options["value"]
    if isinstance(given, Mapping):
        context.problem("value", "a mapping is not text; write it as JSON, `{{ ... | to_json }}`")
    _check_text(given if options["secret_value"] is None else options["secret_value"], options, context)
    if options["secret_value"] is not None:
        kind, value = "SecureString", Sensitive(options["secret_value"])
    elif isinstance(given, (list, tuple)):
        kind, value = "StringList", _list(given, context)
    else:
        kind, value = "String", _value(given, context)
    # What the runbooks set is theirs once it exists: a converge in the middle of an outage takes nothing back.
    word = "Value" if options["owned_by"] == "stack" else "InitialValue"
    if options["key"] and kind != "SecureString":
        context.problem("key", f"encrypts nothing: a {kind} is plain; give `secret_value`, or leave the key out")
    return [
        context.resource(
            PARAMETER,
            name,
            {
                "Name": parameter_name(name, options, context),
                "Type": kind,
                word: value,
                "Description": options["description"],
                "AllowedPattern": options["pattern"],
                "KeyId": context.arn_of(options["key"], "key", "key"),
                "Tier": "Advanced" if options["advanced"] else None,
            },
            tags=options["tags"],
        )
    ]


def _check_text(value: Any, options: Options, context: Context) -> None:
    """What Parameter Store refuses of a text. It may be a secret: the message has none of it."""
    if not isinstance(value, str) or "${" in value:
        return
    option = "value" if options["secret_value"] is None else "secret_value"
    most = _ADVANCED_LIMIT if options["advanced"] else _LIMIT
    size = len(value.encode())
    if size > most:
        more = "shorten it" if options["advanced"] else f"shorten it, or set advanced for {_ADVANCED_LIMIT}"
        context.problem(option, f"has {size} of {most} bytes; {more}")
    # AWS's expressions know more than Python's: what this one cannot read is left to it.
    with contextlib.suppress(re.error):
        if options["pattern"] and not re.search(options["pattern"], value):
            context.problem(option, f"does not match pattern {options['pattern']!r}; correct one of them")


def _value(given: Any, context: Context) -> Any:
    """A value as text, with what it refers to."""
    if isinstance(given, bool):
        return str(given).lower()
    if isinstance(given, str) and context.catalog.looks_like_reference(given):
        return context.value(given, "value")
    return context.fill(given, "value") if isinstance(given, str) else str(given)


def _list(given: Iterable[Any], context: Context) -> Any:
    """Values as one text, parted by commas, as a `StringList` holds them."""
    values = [_value(one, context) for one in given]
    wrong = [one for one in values if isinstance(one, str) and "," in one]
    if wrong:
        context.problem("value", f"{wrong[0]!r} holds a comma, which parts the values of a list; take it out")
    if all(isinstance(one, str) for one in values):
        return ",".join(values)
    parts = {f"v{index}": one for index, one in enumerate(values)}
    return Compose(",".join(f"{{{name}}}" for name in parts), parts)


TIER = Tier(
    section="parameters",
    reference="parameter",
    spec=SPEC,
    compile=compile,
    exports=exports,
    constraints=CONSTRAINTS,
)
