# Copyright (c) stackwright.aws contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Versions of functions: what a function was when it was published."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any

from ...engine.kind import Attribute, Call, Item, Kind, Property, Scope
from ...engine.template import Template
from ..requests import given, unless
from .function import BUSY
from .names import FUNCTION, function_part, functions_in_scope, qualified, split


def list_versions(scope: Scope) -> list[Item]:
    """The published versions of observed functions, and of those that a described version is of."""
    if scope.ids:
        found = (
            unless((), partial(scope.call, "lambda", "get_function_configuration", **qualified(arn)))
            for arn in scope.ids
        )
        return [version for version in found if version is not None]
    versions: list[Item] = []
    for name in functions_in_scope(scope):
        answer = unless(
            (), partial(scope.pages, "lambda", "list_versions_by_function", "Versions[]", FunctionName=name)
        )
        versions += [version for version in answer or [] if version["Version"] != "$LATEST"]
    return versions


def version_key(properties: Mapping[str, Any]) -> tuple[str, ...] | None:
    """What tells one version from another: its function and its description. Releases describe theirs otherwise."""
    name = properties.get("FunctionName")
    if not isinstance(name, str):
        return None
    return split(name)[0], str(properties.get("Description") or "")


LAMBDA_VERSION = Kind(
    type="AWS::Lambda::Version",
    service="lambda",
    title="function version",
    template=Template(ref="FunctionArn", attributes={"Arn": "FunctionArn"}),
    id="FunctionArn",
    key=("FunctionName", "Description"),
    key_of=version_key,
    requires=(FUNCTION,),
    tags=None,
    properties={
        "FunctionName": Property(immutable=True, normalise=function_part),
        "Description": Property(immutable=True),
        "CodeSha256": Property(immutable=True),
    },
    attributes={
        "FunctionArn": Attribute("FunctionArn"),
        "Arn": Attribute("FunctionArn"),
        "Version": Attribute("Version"),
    },
    list=list_versions,
    create=Call(
        "publish_version",
        lambda w: {"FunctionName": w.desired["FunctionName"], **given(w, "Description", "CodeSha256")},
        item="@",
        retry_on=BUSY,
    ),
    # An alias that was taken off a moment ago may still count.
    delete=Call("delete_function", lambda w: qualified(w.id), retry_on=BUSY),
)
