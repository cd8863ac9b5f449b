# Copyright (c) stackwright.aws contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""That the recorder records: it begins once it has somewhere to deliver to, and ends before that goes.

CloudFormation starts a recorder by itself when it has made both.
"""

from __future__ import annotations

from ...engine.kind import Attribute, Call, Item, Kind, Scope
from ..shared import IMMUTABLE
from .recorder import RECORDER


def list_recordings(scope: Scope) -> list[Item]:
    """The recorder if it records. One that somebody stopped is not there, and is started again."""
    found = scope.call("config", "describe_configuration_recorder_status")["ConfigurationRecordersStatus"]
    return [
        {"RecorderName": one["name"]}
        for one in found
        if one["recording"] and not one.get("servicePrincipal") and (not scope.ids or one["name"] in scope.ids)
    ]


CONFIG_RECORDING = Kind(
    type="Custom::ConfigRecording",
    service="config",
    title="recording",
    id="RecorderName",
    key=("RecorderName",),
    requires=(RECORDER, "AWS::Config::DeliveryChannel"),
    tags=None,
    export=False,
    properties={"RecorderName": IMMUTABLE},
    attributes={"RecorderName": Attribute("RecorderName", "{RecorderName}")},
    list=list_recordings,
    create=Call(
        "start_configuration_recorder",
        lambda w: {"ConfigurationRecorderName": w.desired["RecorderName"]},
        retry_on=frozenset({"NoAvailableDeliveryChannelException"}),
    ),
    delete=Call("stop_configuration_recorder", lambda w: {"ConfigurationRecorderName": w.id}),
)
