"""Types that no kind of ours describes, through AWS's Cloud Control API."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import pytest

from ansible_collections.stackwright.aws.plugins.module_utils.engine.converge import Outcome
from ansible_collections.stackwright.aws.plugins.module_utils.engine.document import Resource
from ansible_collections.stackwright.aws.plugins.module_utils.engine.errors import ApplyError, DocumentError, PlanError
from ansible_collections.stackwright.aws.plugins.module_utils.engine.kind import Work
from ansible_collections.stackwright.aws.plugins.module_utils.engine.values import Address
from ansible_collections.stackwright.aws.plugins.module_utils.kinds.cloudcontrol import (
    cloud_control_kind,
    cloud_control_kinds,
    is_type_name,
)
from tests.contract.account import STACK, Account

DOCUMENT = "AWS::SSM::Document"
RULE = "AWS::CloudWatch::AlarmMuteRule"
SCHEDULE = {"Schedule": {"Expression": "cron(0 2 * * *)", "Duration": "PT2H"}}
CONTENT = {"schemaVersion": "0.3", "mainSteps": []}


def document(name: str = "runbook", **more: Any) -> Resource:
    """Its identifier is its name."""
    return Resource(DOCUMENT, name, {"Name": name, "Content": CONTENT, "DocumentType": "Automation", **more})


def rule(name: str = "nightly", **more: Any) -> Resource:
    """Its identifier is an ARN that AWS gives."""
    return Resource(RULE, name, {"Name": f"contract-{name}", "Rule": SCHEDULE, **more})


BOTH = pytest.mark.parametrize("resource", [document(), rule()], ids=["named", "numbered"])


def actions(outcome: Outcome) -> list[str]:
    return [f"{change.action.value} {change.name}" for change in outcome.plan.effective]


def models(account: Account, kind: str) -> dict[str, Mapping[str, Any]]:
    """What AWS holds of a type, by name."""
    client = account.twin.client("cloudcontrol")
    found = {}
    for listed in client.list_resources(TypeName=kind)["ResourceDescriptions"]:
        answer = client.get_resource(TypeName=kind, Identifier=listed["Identifier"])
        model = json.loads(answer["ResourceDescription"]["Properties"])
        found[model["Name"]] = {**model, "Tags": {tag["Key"]: tag["Value"] for tag in model.get("Tags", [])}}
    return found


@BOTH
def test_it_is_made_once_and_found_again(account: Account, resource: Resource) -> None:
    checked = account.converge([resource], check=True)
    assert account.writes(check=True) == []
    assert actions(account.converge([resource])) == actions(checked) == [f"create {resource.name}"]
    assert account.converge([resource]).plan.effective == ()
    assert account.writes() == []
    (made,) = models(account, resource.kind).values()
    assert made["Tags"] == {"stackwright:name": resource.name, "stackwright:stack": STACK}


@BOTH
def test_it_goes(account: Account, resource: Resource) -> None:
    account.converge([resource])
    assert actions(account.converge([resource], destroy=True)) == [f"delete {resource.name}"]
    assert models(account, resource.kind) == {}
    assert account.converge([resource], destroy=True).plan.effective == ()


def test_a_property_changes_in_place_and_the_others_stay(account: Account) -> None:
    account.converge([rule(Description="before", MuteTargets={"AlarmNames": ["a"]})])
    changed = account.converge([rule(Description="after")])
    assert actions(changed) == ["update nightly"]
    made = models(account, RULE)["contract-nightly"]
    assert (made["Description"], made["MuteTargets"]) == ("after", {"AlarmNames": ["a"]})
    assert account.converge([rule(Description="after")]).plan.effective == ()


def test_what_only_a_create_takes_forces_a_replacement(account: Account) -> None:
    account.converge([rule()])
    renamed = Resource(RULE, "nightly", {"Name": "contract-other", "Rule": SCHEDULE})
    assert actions(account.converge([renamed])) == ["replace nightly"]
    assert set(models(account, RULE)) == {"contract-other"}


def test_tags_are_set_and_taken_away(account: Account) -> None:
    first = document()
    tagged = Resource(first.kind, first.name, first.properties, tags={"a": "1", "b": "2"})
    other = Resource(first.kind, first.name, first.properties, tags={"b": "3"})
    account.converge([tagged])
    assert actions(account.converge([other])) == ["update runbook"]
    tags = models(account, DOCUMENT)["runbook"]["Tags"]
    assert tags == {"b": "3", "stackwright:name": "runbook", "stackwright:stack": STACK}


def test_a_document_given_as_text_is_the_same_document(account: Account) -> None:
    account.converge([document()])
    assert account.converge([document(Content=json.dumps(CONTENT))]).plan.effective == ()


def test_what_is_never_answered_is_neither_compared_nor_shown(account: Account) -> None:
    outcome = account.converge([document(UpdateMethod="NewVersion")])
    (change,) = outcome.plan.effective
    assert change.after["UpdateMethod"] == "(sensitive)"
    assert account.converge([document(UpdateMethod="Replace")]).plan.effective == ()


def test_what_is_never_answered_is_said_again_with_every_change() -> None:
    schema = {
        "properties": {"Name": {"type": "string"}, "Size": {"type": "integer"}, "Password": {"type": "string"}},
        "primaryIdentifier": ["/properties/Name"],
        "writeOnlyProperties": ["/properties/Password"],
        "tagging": {"taggable": False},
    }
    sent: list[dict[str, Any]] = []

    class Api:
        def call(self, _service: str, _operation: str, params: dict[str, Any], **_more: Any) -> dict[str, Any]:
            sent.append(params)
            event = {"OperationStatus": "IN_PROGRESS", "RequestToken": "r", "Identifier": "x"}
            return {"ProgressEvent": event}

    kind = cloud_control_kind("AWS::Some::Thing", schema)
    item = {"Identifier": "x", "Model": {"Name": "x", "Size": 1}, "Status": "READY"}
    work = Work(
        address=Address(kind.type, "x"),
        desired={"Name": "x", "Size": 2, "Password": "hunter2"},
        api=Api(),  # type: ignore[arg-type]
        current=kind.parse(item),
        changed=frozenset({"Size"}),
    )
    (update,) = kind.updates
    assert callable(update.step)
    update.step(work)
    (request,) = sent
    assert json.loads(request["PatchDocument"]) == [
        {"op": "add", "path": "/Size", "value": 2},
        {"op": "add", "path": "/Password", "value": "hunter2"},
    ]


def test_others_may_refer_to_it(account: Account) -> None:
    source = rule()
    parameter = Resource(
        "AWS::SSM::Parameter", "arn", {"Name": "contract-arn", "Type": "String", "Value": source.ref("Arn")}
    )
    account.converge([source, parameter])
    value = account.twin.client("ssm").get_parameter(Name="contract-arn")["Parameter"]["Value"]
    assert value == models(account, RULE)["contract-nightly"]["Arn"]
    assert account.converge([source, parameter]).plan.effective == ()


def test_what_is_no_longer_described_is_pruned(account: Account) -> None:
    account.converge([rule(), rule("hourly")])
    assert actions(account.converge([rule()], prune=True)) == [f"delete {'hourly'}"]
    assert set(models(account, RULE)) == {"contract-nightly"}


def test_what_belongs_to_nobody_is_not_touched(account: Account) -> None:
    client = account.twin.client("cloudcontrol")
    client.create_resource(TypeName=DOCUMENT, DesiredState=json.dumps(dict(document().properties)))
    wait_for(account)
    with pytest.raises(PlanError, match=r"runbook exists, but no tag says"):
        account.converge([document()])
    account.converge([document()], adopt=True)
    assert models(account, DOCUMENT)["runbook"]["Tags"]["stackwright:stack"] == STACK


def wait_for(account: Account) -> None:
    """Until no request is under way."""
    client = account.twin.client("cloudcontrol")
    asked = {"ResourceRequestStatusFilter": {"OperationStatuses": ["IN_PROGRESS"]}}
    while client.list_resource_requests(**asked)["ResourceRequestStatusSummaries"]:
        pass


def test_a_change_that_an_earlier_run_began_is_waited_for(account: Account) -> None:
    account.converge([rule()])
    (made,) = models(account, RULE).values()
    patch = json.dumps([{"op": "add", "path": "/Description", "value": "elsewhere"}])
    account.twin.delays({"cloudcontrol.request": 1.0})
    client = account.twin.client("cloudcontrol")
    client.update_resource(TypeName=RULE, Identifier=made["Arn"], PatchDocument=patch)
    assert [change.state for change in busy(account.converge([rule()], check=True))] == ["UPDATE_IN_PROGRESS"]
    account.converge([rule()])
    assert models(account, RULE)["contract-nightly"]["Description"] == "elsewhere"


def busy(outcome: Outcome) -> list[Any]:
    return [change.observed for change in outcome.plan.busy]


def test_a_failure_is_told_in_awss_words_and_tried_again_by_the_next_run(account: Account) -> None:
    client = account.twin.client("cloudcontrol")
    taken = {"Name": "contract-nightly", "Rule": SCHEDULE}
    client.create_resource(TypeName=RULE, DesiredState=json.dumps(taken))
    wait_for(account)
    with pytest.raises(ApplyError, match="AlreadyExists: Resource of type 'AWS::CloudWatch::AlarmMuteRule'"):
        account.converge([rule()])
    (made,) = models(account, RULE).values()
    client.delete_resource(TypeName=RULE, Identifier=made["Arn"])
    wait_for(account)
    assert actions(account.converge([rule()])) == ["create nightly"]
    assert models(account, RULE)["contract-nightly"]["Tags"]["stackwright:stack"] == STACK


def test_a_type_that_does_not_exist_is_refused_before_anything_happens(account: Account) -> None:
    with pytest.raises(DocumentError, match="AWS::No::Such is no type that CloudFormation knows in us-east-1"):
        account.converge([Resource("AWS::No::Such", "x", {})])
    assert account.writes() == []


def test_a_property_that_does_not_exist_is_refused_before_anything_happens(account: Account) -> None:
    strange = Resource(RULE, "x", {"Nmae": "x"}, path="resources.x")
    with pytest.raises(
        DocumentError, match=r"resources\.x\.properties\.Nmae: AWS::CloudWatch::AlarmMuteRule has no property"
    ):
        account.converge([strange])
    assert account.writes() == []


def test_an_object_that_could_not_be_found_again_is_refused() -> None:
    schema = {
        "properties": {"Id": {"type": "string"}},
        "primaryIdentifier": ["/properties/Id"],
        "readOnlyProperties": ["/properties/Id"],
        "tagging": {"taggable": False},
    }
    with pytest.raises(DocumentError, match="could not find it"):
        cloud_control_kind("AWS::Some::Thing", schema)


def test_a_type_without_an_update_is_replaced_for_every_change() -> None:
    schema = {
        "properties": {"Name": {"type": "string"}, "Size": {"type": "integer"}},
        "primaryIdentifier": ["/properties/Name"],
        "tagging": {"taggable": False},
        "handlers": {"create": {}, "read": {}, "delete": {}},
    }
    kind = cloud_control_kind("AWS::Some::Thing", schema)
    assert {name for name, prop in kind.properties.items() if prop.immutable} == {"Name", "Size"}
    assert kind.tags is None and kind.tag is None


def test_a_type_that_cloud_control_cannot_build_is_refused() -> None:
    class Api:
        def call(self, *_args: Any, **_more: Any) -> dict[str, str]:
            return {"ProvisioningType": "NON_PROVISIONABLE", "Schema": "{}"}

    with pytest.raises(DocumentError, match="cannot be built by AWS's Cloud Control API"):
        cloud_control_kinds(Api(), "us-east-1", ["AWS::Some::Thing"])  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("name", "valid"),
    [
        ("AWS::Events::Rule", True),
        ("Datadog::Monitors::Monitor", True),
        ("Custom::Thing::Of", False),
        ("AWS::Rule", False),
        ("x", False),
    ],
)
def test_type_names(name: str, valid: bool) -> None:
    assert is_type_name(name) is valid
