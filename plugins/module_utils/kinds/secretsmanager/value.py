# Copyright (c) stackwright.aws contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Values of secrets that are put together from other resources."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import partial
from typing import Any

from ...engine.errors import ResourceError
from ...engine.kind import Attribute, Item, Kind, Property, Scope, Update, Work
from ...engine.values import Sensitive, Unknown
from ..requests import batches, unless
from ..shared import IMMUTABLE
from .secret import AWAITING_VALUE, SECRET, json_members, parsed


def described_secrets(scope: Scope) -> list[str]:
    """Which secrets the described parts speak of: as they are named, or the observed secret that one refers to."""
    found = set(scope.names("SecretId"))
    sources = [wanted["SecretId"].source for wanted in scope.wanted if isinstance(wanted.get("SecretId"), Unknown)]
    for secret in scope.observed(SECRET):
        prefixes = [f"{SECRET} {secret.name}."] if secret.name else []
        prefixes += [f"{SECRET} {secret.properties['Name']}."]
        if any(source.startswith(tuple(prefixes)) for source in sources):
            found.add(secret.id)
    return sorted(found)


def list_values(scope: Scope) -> list[Item]:
    """The current values of the secrets whose value is described, wrapped so that nothing can show them."""
    found = []
    for batch in batches(list(scope.ids) or described_secrets(scope), 20):
        answers = scope.pages("secretsmanager", "batch_get_secret_value", "SecretValues[]", SecretIdList=list(batch))
        for answer in answers:
            by_name = answer["Name"] in batch
            found.append(
                {
                    "SecretId": answer["Name"] if by_name else answer["ARN"],
                    "Arn": answer["ARN"],
                    "VersionId": answer["VersionId"],
                    "Value": Sensitive(answer.get("SecretString")),
                }
            )
    return found


def value_fields(item: Item) -> dict[str, Sensitive]:
    """The members of a secret's value, each wrapped."""
    return {name: Sensitive(value) for name, value in json_members(item["Value"].value).items()}


def merged_value(current: str | None, fields: Mapping[str, Any]) -> str | None:
    """The value with some members set, or None when it has them already.

    Raises:
        ResourceError: the value is not a JSON object, so that it has no members.
    """
    current = None if current == AWAITING_VALUE else current
    members = json_members(current)
    if current and not isinstance(parsed(current), dict):
        raise ResourceError("the secret's value is not a JSON object", "give it as Text, or delete its value by hand")
    if all(name in members and members[name] == value for name, value in fields.items()):
        return None
    return json.dumps({**members, **fields})


def _write_value(work: Work) -> Item:
    """Bring the value where it is described: as a new version, and only if it differs."""
    secret = work.desired["SecretId"]
    current = unless((), partial(work.call, "secretsmanager", "get_secret_value", SecretId=secret)) or {}
    text = current.get("SecretString")
    if work.desired.get("Text") is not None:
        wanted = None if text == work.desired["Text"] else work.desired["Text"]
    else:
        wanted = merged_value(text, work.desired.get("Fields") or {})
    if wanted is not None:
        current = work.call("secretsmanager", "put_secret_value", SecretId=secret, SecretString=wanted)
    return {
        "SecretId": secret,
        "Arn": current["ARN"],
        "VersionId": current["VersionId"],
        "Value": Sensitive(text if wanted is None else wanted),
    }


def _leave_value(_work: Work) -> None:
    """The value stays as it is: it goes with its secret."""


CUSTOM_SECRET_VALUE = Kind(
    type="Custom::SecretValue",
    service="secretsmanager",
    title="secret value",
    id="SecretId",
    key=("SecretId",),
    requires=(SECRET,),
    tags=None,
    export=False,
    properties={
        "SecretId": IMMUTABLE,
        "Fields": Property(path=value_fields, sensitive=True),
        "Text": Property(path="Value", sensitive=True),
    },
    attributes={
        "SecretId": Attribute("SecretId", "{SecretId}"),
        "Arn": Attribute("Arn"),
        "VersionId": Attribute("VersionId", volatile=True),
    },
    list=list_values,
    create=_write_value,
    updates=(Update(("Fields", "Text"), _write_value),),
    delete=_leave_value,
)
