# Copyright (c) stackwright.aws contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The `secrets` section: entries of Secrets Manager, generated, composed or given from outside."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

from ..engine.document import Resource
from ..engine.values import Address, Ref, Sensitive
from ..kinds.secretsmanager.secret import AWAITING_VALUE
from . import formats
from .base import TAGS, Context, Export, Options, Tier
from .queue import names

SECRET = "AWS::SecretsManager::Secret"
#: What the stack knows and writes into a secret after it exists. Not a CloudFormation type.
SECRET_VALUE = "Custom::SecretValue"
ROTATION = "AWS::SecretsManager::RotationSchedule"

#: Letters and digits only, so that it fits every engine, URL and shell; 32 of them are 190 bits.
PASSWORD_LENGTH = 32

#: What Secrets Manager adds to a name in its ARN.
_SUFFIX = re.compile(r"-[A-Za-z0-9]{6}$")

SPEC: dict[str, Any] = {
    "name": {"type": "str"},
    "existing": {"type": "str"},
    "description": {"type": "str", "format": formats.length(2048)},
    "generate": {"type": "raw"},
    "fields": {"type": "dict"},
    "text": {"type": "str"},
    "value": {"type": "raw", "no_log": True},
    "members": {"type": "list", "elements": "str", "default": []},
    "key": {"type": "str", "no_log": False},
    "replicas": {"type": "list", "elements": "str", "default": [], "format": formats.REGION},
    "rotate_days": {"type": "int"},
    "rotation_function": {"type": "str"},
    "tags": TAGS,
}

CONSTRAINTS: dict[str, Any] = {
    "mutually_exclusive": [("generate", "text", "value"), ("fields", "text", "value"), ("members", "generate", "text")],
    "required_together": [("rotate_days", "rotation_function")],
}


def exports(name: str, options: Options, context: Context) -> Export:
    if options["existing"]:
        return _existing(options["existing"], context)
    address = Address(SECRET, name)
    return Export(
        address=address,
        values={
            "arn": Ref(address, "Arn"),
            "name": options["name"] or name,
            "value": Sensitive(Ref(address, "Value")),
        },
        default="arn",
        member=lambda tail: Sensitive(Ref(address, f"Value.{tail[1:]}")),
        ready=(Address(SECRET_VALUE, name),) if _is_written(options) else (),
    )


def _existing(existing: str, context: Context) -> Export:
    """A secret that somebody else made. Of another stack's, what this stack's region has of it."""
    if not existing.startswith("stacks."):
        name = existing.rpartition(":secret:")[2] or existing
        return Export(values={"arn": existing, "name": _SUFFIX.sub("", name)}, default="arn")
    entry = context.entry(existing, "existing", ("secret",))
    if entry is None:
        return Export(values={"arn": "", "name": ""}, default="arn")
    arn, home = entry.export.values["arn"], context.catalog.region(existing)
    if home != context.region:
        if context.region not in entry.options["replicas"]:
            context.problem(
                "existing",
                f"{existing!r} stands in {home} and has no replica in {context.region}; add {context.region} to the "
                f"`replicas` of {entry.reference} there",
            )
        # A replica's ARN is that of its primary, but for the region.
        arn = replace(arn, transform=partial(_in_region, context.region))
    return Export(values={"arn": arn, "name": entry.export.values["name"]}, default="arn")


def _in_region(region: str, arn: Any) -> Any:
    """An ARN as it is in another region."""
    parts = str(arn).split(":", 4)
    return ":".join([*parts[:3], region, *parts[4:]])


def _is_written(options: Options) -> bool:
    """Whether the stack itself writes something into the secret."""
    return bool(options["fields"] or options["text"] or options["value"])


def generated_member(options: Options) -> str:
    """The member that is generated; empty when the whole value is, or nothing."""
    generate = options["generate"]
    if isinstance(generate, str):
        return generate
    if isinstance(generate, (list, tuple)) and generate:
        return str(generate[0])
    if isinstance(generate, Mapping):
        return str(generate.get("member") or "")
    return ""


def generator(length: int, member: str = "", known: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """`GenerateSecretString`: AWS makes the secret, so that it never passes through here.

    https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/aws-properties-secretsmanager-secret-generatesecretstring.html

    Args:
        length: characters.
        member: put it into a JSON object under this key.
        known: the object's other members that are known beforehand.
    """
    rule: dict[str, Any] = {"PasswordLength": length, "ExcludePunctuation": True}
    if member:
        rule["GenerateStringKey"] = member
        rule["SecretStringTemplate"] = json.dumps(dict(known or {}), sort_keys=True)
    return rule


def compile(name: str, options: Options, context: Context) -> list[Resource]:
    if options["existing"]:
        return []
    fields = {member: _field(value, f"fields.{member}", context) for member, value in (options["fields"] or {}).items()}
    generate = _generate(options, fields, context)
    awaits_value = options["generate"] is None and not _is_written(options)
    secret = context.resource(
        SECRET,
        name,
        {
            "Name": options["name"] or name,
            "Description": options["description"],
            "KmsKeyId": context.arn_of(options["key"], "key", "key"),
            "ReplicaRegions": [{"Region": region} for region in options["replicas"]] or None,
            "GenerateSecretString": generate,
            # Whoever reads it finds something; and a value that is given by hand later stays.
            "SecretString": Sensitive(_until_given(options["members"])) if awaits_value else None,
        },
        tags=options["tags"],
        protect=True,
        awaits_value=awaits_value,
    )
    if context.region in options["replicas"]:
        context.problem("replicas", f"{context.region!r} is the stack's own region; name others")
    _check_members(options, context)
    return [secret, *_value(name, options, fields, secret, context), *_rotation(name, options, secret, context)]


def _until_given(members: Sequence[str]) -> str:
    return json.dumps(dict.fromkeys(members, "")) if members else AWAITING_VALUE


def _check_members(options: Options, context: Context) -> None:
    given = options["value"]
    missing = [member for member in options["members"] if isinstance(given, Mapping) and member not in given]
    if missing:
        context.problem("value", f"has no {', '.join(missing)}, which `members` names; give it, or an empty text")
    elif given and options["members"] and not isinstance(given, Mapping):
        context.problem("value", "is text, but `members` names members of an object; give a mapping")


def _generate(options: Options, fields: Mapping[str, Any], context: Context) -> dict[str, Any] | None:
    generate = options["generate"]
    if generate is None:
        return None
    if isinstance(generate, bool):
        context.problem("generate", f"{str(generate).lower()} says too little; write {{length: 32}}, or [password]")
        return None
    # A text may be the secret itself, and the name of a member is shown.
    if not isinstance(generate, (Mapping, list, tuple)):
        context.problem(
            "generate", "what it says is no list; write [password] for a member, and keep values out of here"
        )
        return None
    if isinstance(generate, (list, tuple)) and len(generate) != 1:
        context.problem("generate", f"names {len(generate)} members: AWS generates one of a secret; name one")
        return None
    rule = dict(generate) if isinstance(generate, Mapping) else {}
    for unknown in sorted(set(rule) - {"length", "member"}):
        context.problem(f"generate.{unknown}", "unknown option; there are length and member")
    length = rule.get("length", PASSWORD_LENGTH)
    # https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_GetRandomPassword.html
    if not isinstance(length, int) or isinstance(length, bool) or not 8 <= length <= 4096:
        context.problem("generate.length", "the value is not between 8 and 4096 characters")
        return None
    member = generated_member(options)
    if member in fields:
        context.problem(f"fields.{member}", "is generated; leave it out of the fields")
    if fields and not member:
        context.problem("generate", "a secret with fields is an object: name the member to generate, e.g. [password]")
    known = {key: value for key, value in fields.items() if isinstance(value, (str, int, float, bool))}
    return generator(length, member, known)


def _value(
    name: str, options: Options, fields: Mapping[str, Any], secret: Resource, context: Context
) -> list[Resource]:
    """What the stack itself writes into the secret."""
    properties: dict[str, Any] = {}
    given = options["value"]
    if fields:
        properties["Fields"] = dict(fields)
    elif options["text"]:
        properties["Text"] = context.fill(options["text"], "text")
    elif isinstance(given, Mapping):
        properties["Fields"] = {member: Sensitive(value) for member, value in given.items()}
    elif given:
        properties["Text"] = Sensitive(str(given))
    if not properties:
        return []
    return [context.resource(SECRET_VALUE, name, {"SecretId": secret.ref("Arn"), **properties})]


def _rotation(name: str, options: Options, secret: Resource, context: Context) -> list[Resource]:
    if not options["rotate_days"]:
        return []
    given = options["rotation_function"]
    function = (
        context.fill(given, "rotation_function")
        if "${" in given
        else context.arn_of(given, "function", "rotation_function")
    )
    # Secrets Manager takes only a function that it may invoke already.
    allowed = [
        Address("AWS::Lambda::Permission", f"{entry.name}/{context.reference}")
        for entry in context.catalog.entries("function")
        if given == entry.name or names(given, entry.reference)
    ]
    return [
        context.resource(
            ROTATION,
            name,
            {
                "SecretId": secret.ref("Arn"),
                "RotationLambdaARN": function,
                "RotationRules": {"AutomaticallyAfterDays": options["rotate_days"]},
            },
            depends_on=allowed,
        )
    ]


def _field(value: Any, option: str, context: Context) -> Any:
    """A member's value: a reference, text with references, or plain data. `{literal: x}` is x as it is."""
    if isinstance(value, Mapping) and set(value) == {"literal"}:
        return value["literal"]
    if isinstance(value, str) and context.catalog.looks_like_reference(value):
        return context.value(value, option)
    return context.fill(value, option)


TIER = Tier(section="secrets", reference="secret", spec=SPEC, compile=compile, exports=exports, constraints=CONSTRAINTS)
