# Copyright (c) stackwright.aws contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from tests.twin.helpers import eventually, refused

Client = Callable[..., Any]

DOCUMENT = "AWS::SSM::Document"
RULE = "AWS::CloudWatch::AlarmMuteRule"
RUNBOOK = {"Name": "runbook", "Content": {"schemaVersion": "0.3"}, "DocumentType": "Automation"}


@pytest.fixture
def cloud(client: Client) -> Any:
    return client("cloudcontrol")


def create(cloud: Any, type_name: str, model: dict[str, Any], **more: Any) -> Any:
    return cloud.create_resource(TypeName=type_name, DesiredState=json.dumps(model), **more)["ProgressEvent"]


def ended(cloud: Any, event: dict[str, Any], status: str = "SUCCESS") -> Any:
    def read() -> Any:
        return cloud.get_resource_request_status(RequestToken=event["RequestToken"])["ProgressEvent"]

    eventually(lambda: read()["OperationStatus"], status)
    return read()


def read(cloud: Any, type_name: str, identifier: str) -> Any:
    answer = cloud.get_resource(TypeName=type_name, Identifier=identifier)
    return json.loads(answer["ResourceDescription"]["Properties"])


def test_a_create_is_under_way_before_it_is_done(cloud: Any) -> None:
    event = create(cloud, DOCUMENT, RUNBOOK)
    assert (event["Operation"], event["OperationStatus"], event["Identifier"]) == ("CREATE", "IN_PROGRESS", "runbook")
    with refused("ResourceNotFoundException"):
        read(cloud, DOCUMENT, "runbook")
    ended(cloud, event)
    assert read(cloud, DOCUMENT, "runbook") == RUNBOOK


def test_an_identifier_that_aws_gives_is_known_in_the_end(cloud: Any) -> None:
    event = create(cloud, RULE, {"Name": "nightly", "Rule": {"Schedule": {"Expression": "x", "Duration": "PT2H"}}})
    assert "Identifier" not in event
    arn = ended(cloud, event)["Identifier"]
    assert arn.endswith(":alarm-mute-rule:nightly")
    assert read(cloud, RULE, arn)["Status"] == "ACTIVE"


def test_one_client_token_is_one_request(cloud: Any) -> None:
    first = create(cloud, DOCUMENT, RUNBOOK, ClientToken="t")
    assert create(cloud, DOCUMENT, RUNBOOK, ClientToken="t")["RequestToken"] == first["RequestToken"]
    with refused("ClientTokenConflictException"):
        create(cloud, DOCUMENT, {**RUNBOOK, "Name": "other"}, ClientToken="t")


def test_a_name_that_is_taken_fails_the_request(cloud: Any) -> None:
    ended(cloud, create(cloud, DOCUMENT, RUNBOOK))
    assert ended(cloud, create(cloud, DOCUMENT, RUNBOOK), "FAILED")["ErrorCode"] == "AlreadyExists"


def test_an_update_is_a_patch_and_one_at_a_time(cloud: Any) -> None:
    ended(cloud, create(cloud, DOCUMENT, RUNBOOK))
    patch = json.dumps([{"op": "add", "path": "/TargetType", "value": "/AWS::EC2::Instance"}])
    event = cloud.update_resource(TypeName=DOCUMENT, Identifier="runbook", PatchDocument=patch)["ProgressEvent"]
    with refused("ConcurrentOperationException"):
        cloud.delete_resource(TypeName=DOCUMENT, Identifier="runbook")
    ended(cloud, event)
    assert read(cloud, DOCUMENT, "runbook")["TargetType"] == "/AWS::EC2::Instance"


def test_what_only_a_create_takes_is_refused_to_an_update(cloud: Any) -> None:
    ended(cloud, create(cloud, DOCUMENT, RUNBOOK))
    patch = json.dumps([{"op": "replace", "path": "/DocumentType", "value": "Command"}])
    with refused("NotUpdatableException"):
        cloud.update_resource(TypeName=DOCUMENT, Identifier="runbook", PatchDocument=patch)


@pytest.mark.parametrize(
    ("type_name", "model", "code"),
    [
        ("AWS::No::Such", {}, "TypeNotFoundException"),
        (DOCUMENT, {"Name": "x"}, "ValidationException"),
        (DOCUMENT, {**RUNBOOK, "Contents": "x"}, "ValidationException"),
        (RULE, {"Arn": "x"}, "ValidationException"),
        (DOCUMENT, [], "InvalidRequestException"),
    ],
)
def test_refusals(cloud: Any, type_name: str, model: Any, code: str) -> None:
    with refused(code):
        create(cloud, type_name, model)


def test_what_is_deleted_goes_and_stays_gone(cloud: Any) -> None:
    ended(cloud, create(cloud, DOCUMENT, RUNBOOK))
    ended(cloud, cloud.delete_resource(TypeName=DOCUMENT, Identifier="runbook")["ProgressEvent"])
    with refused("ResourceNotFoundException"):
        cloud.delete_resource(TypeName=DOCUMENT, Identifier="runbook")
    assert cloud.list_resources(TypeName=DOCUMENT)["ResourceDescriptions"] == []


def test_requests_under_way_are_listed(cloud: Any) -> None:
    event = create(cloud, DOCUMENT, RUNBOOK)
    asked = {"ResourceRequestStatusFilter": {"OperationStatuses": ["IN_PROGRESS"]}}
    listed = cloud.list_resource_requests(**asked)["ResourceRequestStatusSummaries"]
    assert [one["RequestToken"] for one in listed] == [event["RequestToken"]]
    ended(cloud, event)
    assert cloud.list_resource_requests(**asked)["ResourceRequestStatusSummaries"] == []


def test_the_tag_index_knows_what_is_tagged(cloud: Any, client: Client) -> None:
    ended(cloud, create(cloud, DOCUMENT, {**RUNBOOK, "Tags": [{"Key": "a", "Value": "b"}]}))
    found = client("resourcegroupstaggingapi").get_resources(TagFilters=[{"Key": "a"}])["ResourceTagMappingList"]
    assert [one["ResourceARN"].rpartition(":")[2] for one in found] == ["document/runbook"]


def test_a_type_tells_its_schema(client: Client) -> None:
    cloudformation = client("cloudformation")
    schema = json.loads(cloudformation.describe_type(Type="RESOURCE", TypeName=RULE)["Schema"])
    assert schema["primaryIdentifier"] == ["/properties/Arn"]
    with refused("TypeNotFoundException"):
        cloudformation.describe_type(Type="RESOURCE", TypeName="AWS::No::Such")
