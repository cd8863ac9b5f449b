# Copyright (c) stackwright.aws contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Dashboards."""

from __future__ import annotations

from functools import partial
from typing import Any

from ...engine.kind import Attribute, Call, Item, Kind, Property, Scope, Update, Work
from ...engine.template import Template
from ..requests import make_arn, unless
from ..shared import IMMUTABLE, json_document, json_text, tag_list, with_tags
from .alarm import TAG, UNTAG


def list_dashboards(scope: Scope) -> list[Item]:
    """Dashboards that are described or carry the stack's tag, with their bodies."""
    if scope.ids:
        found = _dashboards(scope, scope.ids)
        return with_tags(scope, found, "DashboardArn", "cloudwatch", "list_tags_for_resource", "ResourceARN", "Tags")
    entries = scope.pages("cloudwatch", "list_dashboards", "DashboardEntries[]")
    tagged = with_tags(
        scope,
        entries,
        "DashboardArn",
        "cloudwatch",
        "list_tags_for_resource",
        "ResourceARN",
        "Tags",
        scope.names("DashboardName"),
        "DashboardName",
    )
    read = _dashboards(scope, [entry["DashboardName"] for entry in tagged])
    bodies = {dashboard["DashboardName"]: dashboard for dashboard in read}
    return [{**entry, **bodies[entry["DashboardName"]]} for entry in tagged if entry["DashboardName"] in bodies]


def _dashboards(scope: Scope, names: Any) -> list[Item]:
    asked = (unless((), partial(scope.call, "cloudwatch", "get_dashboard", DashboardName=name)) for name in names)
    return [dashboard for dashboard in asked if dashboard is not None]


def _put_dashboard(work: Work) -> Item:
    name = work.desired["DashboardName"]
    body = json_text(work.desired["DashboardBody"])
    tags = {} if work.current else {"Tags": tag_list(work.tags)}
    work.call("cloudwatch", "put_dashboard", DashboardName=name, DashboardBody=body, **tags)
    arn = make_arn(work.api, "cloudwatch", "", f"dashboard/{name}")
    return {"DashboardName": name, "DashboardBody": body, "DashboardArn": arn}


CLOUDWATCH_DASHBOARD = Kind(
    type="AWS::CloudWatch::Dashboard",
    service="cloudwatch",
    title="dashboard",
    template=Template(attributes={"Arn": ""}),
    id="DashboardName",
    key=("DashboardName",),
    is_global=True,
    properties={
        "DashboardName": IMMUTABLE,
        "DashboardBody": Property(exact=True, normalise=json_document),
    },
    attributes={
        "DashboardName": Attribute("DashboardName", "{DashboardName}"),
        "Arn": Attribute("DashboardArn", "arn:{partition}:cloudwatch::{account}:dashboard/{DashboardName}"),
    },
    list=list_dashboards,
    create=_put_dashboard,
    updates=(Update(("DashboardBody",), _put_dashboard),),
    delete=Call("delete_dashboards", lambda w: {"DashboardNames": [w.id]}),
    tag=TAG,
    untag=UNTAG,
)
