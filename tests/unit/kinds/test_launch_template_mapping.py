"""How launch templates and peering connections are read, and what their requests say."""

from __future__ import annotations

import base64
from typing import Any

import pytest

from ansible_collections.stackwright.aws.plugins.module_utils.engine.diff import differs
from ansible_collections.stackwright.aws.plugins.module_utils.engine.kind import Phase
from ansible_collections.stackwright.aws.plugins.module_utils.kinds.ec2.launch_template import LAUNCH_TEMPLATE
from ansible_collections.stackwright.aws.plugins.module_utils.kinds.ec2.vpc_peering_connection import (
    VPC_PEERING_CONNECTION,
)
from tests.unit.kinds.canned import CannedApi, scope, work

TEXT = "#!/bin/sh\necho ü\n"
ENCODED = base64.b64encode(TEXT.encode()).decode()
TEMPLATE = {
    "LaunchTemplateId": "lt-1",
    "LaunchTemplateName": "api",
    "DefaultVersionNumber": 2,
    "LatestVersionNumber": 3,
}
DATA = {
    "InstanceType": "t3.micro",
    "MetadataOptions": {"State": "applied", "HttpTokens": "required"},
    "SecurityGroupIds": ["sg-b", "sg-a"],
}
VERSION = {"LaunchTemplateId": "lt-1", "VersionNumber": 2, "LaunchTemplateData": {**DATA, "UserData": ENCODED}}


def listed(*ids: str) -> tuple[Any, CannedApi]:
    api = CannedApi(
        {
            "ec2.describe_launch_templates": {"LaunchTemplates": [TEMPLATE]},
            "ec2.describe_launch_template_versions": {"LaunchTemplateVersions": [VERSION]},
        }
    )
    (item,) = LAUNCH_TEMPLATE.list(scope(api, {"LaunchTemplateName": "api"}, ids=ids))
    return LAUNCH_TEMPLATE.parse(item), api


def test_a_template_is_its_default_version() -> None:
    found, api = listed()
    assert found.properties["UserData"] == TEXT
    assert (found.attributes["DefaultVersionNumber"], found.attributes["LatestVersionNumber"]) == ("2", "3")
    assert api.params("ec2.describe_launch_template_versions")["Versions"] == ["$Default"]
    assert listed("lt-1")[0].id == "lt-1"


@pytest.mark.parametrize(
    ("stated", "differ"),
    [
        ({**DATA, "MetadataOptions": {"HttpTokens": "required"}}, False),
        ({**DATA, "SecurityGroupIds": ["sg-a", "sg-b"], "TagSpecifications": []}, False),
        ({**DATA, "InstanceType": "t3.small"}, True),
        # A version is exactly what it is made of.
        ({"InstanceType": "t3.micro"}, True),
    ],
)
def test_what_differs(stated: dict[str, Any], differ: bool) -> None:
    found, _api = listed()
    prop = LAUNCH_TEMPLATE.properties["LaunchTemplateData"]
    assert differs(prop, stated, found.properties["LaunchTemplateData"]) is differ


def test_a_change_makes_a_version_the_default() -> None:
    api = CannedApi({"ec2.create_launch_template_version": {"LaunchTemplateVersion": {"VersionNumber": 4}}})
    (update,) = LAUNCH_TEMPLATE.updates
    assert callable(update.step)
    current = {**TEMPLATE, **VERSION}
    update.step(work(api, LAUNCH_TEMPLATE, {"UserData": "echo"}, current))
    made = api.params("ec2.create_launch_template_version")
    assert made["LaunchTemplateData"]["UserData"] == base64.b64encode(b"echo").decode()
    assert made["LaunchTemplateData"]["InstanceType"] == "t3.micro"
    assert api.params("ec2.modify_launch_template") == {"LaunchTemplateId": "lt-1", "DefaultVersion": "4"}
    again = CannedApi(api.answers)
    update.step(work(again, LAUNCH_TEMPLATE, {"UserData": "echo"}, current))
    other = CannedApi(api.answers)
    update.step(work(other, LAUNCH_TEMPLATE, {"UserData": "other"}, current))
    tokens = [one.params("ec2.create_launch_template_version")["ClientToken"] for one in (api, again, other)]
    assert tokens[0] == tokens[1] != tokens[2]


def test_a_new_template_carries_its_tags_and_token() -> None:
    desired = {"LaunchTemplateName": "api", "LaunchTemplateData": {"InstanceType": "t3.micro"}, "UserData": TEXT}
    params = LAUNCH_TEMPLATE.create.params(work(CannedApi(), LAUNCH_TEMPLATE, desired))  # type: ignore[union-attr]
    assert params["LaunchTemplateData"] == {"InstanceType": "t3.micro", "UserData": ENCODED}
    assert params["TagSpecifications"][0]["ResourceType"] == "launch-template"
    assert params["ClientToken"] == "0" * 32


def connection(code: str, owner: str = "123456789012") -> dict[str, Any]:
    return {
        "VpcPeeringConnectionId": "pcx-1",
        "RequesterVpcInfo": {"VpcId": "vpc-1", "OwnerId": "123456789012", "Region": "us-east-1"},
        "AccepterVpcInfo": {"VpcId": "vpc-2", "OwnerId": owner, "Region": "us-west-2"},
        "Status": {"Code": code, "Message": "said"},
    }


@pytest.mark.parametrize(
    ("item", "phase", "accepted"),
    [
        (connection("initiating-request"), Phase.BUSY, False),
        (connection("pending-acceptance"), Phase.BUSY, False),
        # Nobody here can accept for another account.
        (connection("pending-acceptance", "210987654321"), Phase.READY, False),
        (connection("provisioning"), Phase.BUSY, True),
        (connection("active"), Phase.READY, True),
        (connection("failed"), Phase.FAILED, False),
        (connection("expired"), Phase.FAILED, False),
        (connection("deleting"), Phase.LEAVING, False),
        (connection("deleted"), Phase.GONE, False),
    ],
)
def test_a_connection_is_ready_when_both_sides_agree(item: dict[str, Any], phase: Phase, accepted: bool) -> None:
    found = VPC_PEERING_CONNECTION.parse(item)
    assert found.phase is phase
    assert found.properties["Accepted"] is accepted
    assert (found.properties["PeerVpcId"], found.properties["PeerRegion"]) == ("vpc-2", "us-west-2")


class Regions(CannedApi):
    """Notes which region is asked."""

    def __init__(self) -> None:
        super().__init__()
        self.regions: list[str] = []

    def call(
        self, service: str, operation: str, params: dict[str, Any], *, region: str = "", once: bool = False
    ) -> dict[str, Any]:
        self.regions.append(region)
        return super().call(service, operation, params, region=region, once=once)


def test_it_is_accepted_on_the_other_side() -> None:
    (update,) = VPC_PEERING_CONNECTION.updates
    assert callable(update.step)
    api = Regions()
    desired = {"Accepted": True, "PeerRegion": "us-west-2"}
    update.step(work(api, VPC_PEERING_CONNECTION, desired, connection("pending-acceptance")))
    assert (api.names(), api.regions) == (["ec2.accept_vpc_peering_connection"], ["us-west-2"])
    update.step(work(api, VPC_PEERING_CONNECTION, {"Accepted": False}, connection("pending-acceptance")))
    assert len(api.asked) == 1
