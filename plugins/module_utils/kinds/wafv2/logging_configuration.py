# Copyright (c) stackwright.aws contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""AWS::WAFv2::LoggingConfiguration."""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial
from typing import Any

from ...engine.kind import Call, Item, Kind, Property, Scope, Update, Work
from ...engine.template import Template
from ..requests import is_empty, unless
from ..shared import IMMUTABLE
from .common import SERVICE, pages, scope_of
from .shape import choices, comparable, to_api

_WEB_ACL = "AWS::WAFv2::WebACL"


def list_logging_configurations(scope: Scope) -> Iterable[Item]:
    """How the observed web ACLs are logged."""
    if scope.ids:
        answers = [
            unless((), partial(scope.call, SERVICE, "get_logging_configuration", ResourceArn=arn)) for arn in scope.ids
        ]
        return [answer["LoggingConfiguration"] for answer in answers if answer]
    acls = {acl.id for acl in scope.observed(_WEB_ACL)}
    return [
        found
        for its_scope in sorted({scope_of(arn) for arn in acls})
        for found in pages(scope, "list_logging_configurations", "LoggingConfigurations", Scope=its_scope)
        if found["ResourceArn"] in acls
    ]


def plain_arns(value: Any) -> Any:
    """Destinations as WAF takes them: a log group's ARN without what CloudWatch Logs adds for its streams."""
    return [str(arn).removesuffix(":*") for arn in value] if isinstance(value, (list, tuple)) else value


def _put(work: Work) -> dict[str, Any]:
    values = {name: work.merged(name) for name in ("RedactedFields", "LoggingFilter")}
    configuration = {
        "ResourceArn": work.desired["ResourceArn"],
        "LogDestinationConfigs": plain_arns(work.merged("LogDestinationConfigs")),
        **{name: to_api(value) for name, value in values.items() if not is_empty(value)},
    }
    return {"LoggingConfiguration": configuration}


#: The role by which WAF writes is made on first use; the destination must be known to it.
_PUT = Call(
    "put_logging_configuration",
    _put,
    item="LoggingConfiguration",
    retry_on=frozenset({"WAFServiceLinkedRoleErrorException", "WAFLogDestinationPermissionIssueException"}),
)


def template_filter(value: Any) -> dict[str, Any]:
    """A filter as a template says it: one that says nothing is none."""
    return {"LoggingFilter": value} if value else {}


LOGGING_CONFIGURATION = Kind(
    type="AWS::WAFv2::LoggingConfiguration",
    service=SERVICE,
    title="logging configuration",
    template=Template(properties={"LoggingFilter": template_filter}),
    id="ResourceArn",
    key=("ResourceArn",),
    requires=(_WEB_ACL,),
    part_of="ResourceArn",
    list=list_logging_configurations,
    tags=None,
    properties={
        "ResourceArn": IMMUTABLE,
        "LogDestinationConfigs": Property(unordered=True, normalise=plain_arns),
        "RedactedFields": Property(unordered=True, normalise=choices),
        "LoggingFilter": Property(exact=True, normalise=comparable),
    },
    create=_PUT,
    updates=(Update(("LogDestinationConfigs", "RedactedFields", "LoggingFilter"), _PUT),),
    delete=Call("delete_logging_configuration", lambda w: {"ResourceArn": w.id}),
)
