# Copyright (c) stackwright.aws contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The configuration recorder, of which a region has one."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ...engine.kind import Attribute, Call, Item, Kind, Property, Scope, Update, Work
from ...engine.template import Template
from ..requests import pruned
from ..shared import arn_tagging, tag_list
from .common import DEFAULT_NAME, api_names, template_names, the_only_one

RECORDER = "AWS::Config::ConfigurationRecorder"

_TAG, _UNTAG = arn_tagging("config", "ResourceArn")


def list_recorders(scope: Scope) -> list[Item]:
    """The account's own recorder, described or not; those of AWS's services are left out."""
    found = scope.call("config", "describe_configuration_recorders")["ConfigurationRecorders"]
    own = [one for one in found if not one.get("servicePrincipal") and (not scope.ids or one["name"] in scope.ids)]
    return [
        {**one, "Tags": scope.call("config", "list_tags_for_resource", ResourceArn=one["arn"])["Tags"]} for one in own
    ]


def recorder_name(properties: Mapping[str, Any]) -> str:
    """The name of the recorder, stated or not."""
    return properties.get("Name") or DEFAULT_NAME


def recorder_parameter(work: Work) -> dict[str, Any]:
    """The whole recorder: as stated, else as it is, since the request forgets what it is not told."""
    whole = {
        "name": work.id if work.current else recorder_name(work.desired),
        "roleARN": work.merged("RoleARN"),
        "recordingGroup": api_names(work.merged("RecordingGroup")),
        "recordingMode": api_names(work.merged("RecordingMode")),
    }
    return dict(pruned(whole))


def _group(item: Item) -> Any:
    return template_names(item.get("recordingGroup"))


def _mode(item: Item) -> Any:
    return template_names(item.get("recordingMode"))


CONFIG_RECORDER = Kind(
    type=RECORDER,
    service="config",
    title="configuration recorder",
    template=Template(attributes={"Arn": "ResourceARN"}, tags=""),
    id="name",
    key=("Name",),
    key_of=the_only_one,
    properties={
        "Name": Property(path="name", immutable=True),
        "RoleARN": Property(path="roleARN"),
        "RecordingGroup": Property(path=_group, unordered=True),
        "RecordingMode": Property(path=_mode, unordered=True),
    },
    attributes={
        "Name": Attribute("name", recorder_name),
        "ResourceARN": Attribute("arn"),
        "Arn": Attribute("arn"),
    },
    list=list_recorders,
    create=Call(
        "put_configuration_recorder",
        lambda w: {"ConfigurationRecorder": recorder_parameter(w), "Tags": tag_list(w.tags)},
    ),
    updates=(
        Update(
            ("RoleARN", "RecordingGroup", "RecordingMode"),
            Call("put_configuration_recorder", lambda w: {"ConfigurationRecorder": recorder_parameter(w)}),
        ),
    ),
    delete=Call("delete_configuration_recorder", lambda w: {"ConfigurationRecorderName": w.id}),
    tag=_TAG,
    untag=_UNTAG,
    # A role that was made a moment ago cannot be assumed everywhere yet.
    retry_on=frozenset({"InvalidRoleException"}),
)
