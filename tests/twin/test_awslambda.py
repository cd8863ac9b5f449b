# Copyright (c) stackwright.aws contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
from __future__ import annotations

import io
import json
import shutil
import zipfile
from collections.abc import Callable
from typing import Any

import pytest

from tests.twin.support import default_subnets, passes_through, refused, until

PYTHON = """
import boto3, os
def handler(event, context):
    if event.get("fail"):
        raise ValueError("asked to fail")
    print("working on", event)
    account = boto3.client("sts").get_caller_identity()["Account"]
    return {"got": event, "mode": os.environ.get("MODE"), "version": context.function_version, "account": account}
"""
NODE = "exports.handler = async (event) => ({ got: event, mode: process.env.MODE });"


def _zip(source: str, name: str = "index.py") -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as bundle:
        bundle.writestr(name, source)
    return packed.getvalue()


@pytest.fixture
def functions(client: Callable[..., Any], twin: Any) -> Any:
    twin.delays(lambda__create=0.2, lambda__update=0.2, lambda__provision=0.2, lambda__mapping=0.1)
    return client("lambda")


@pytest.fixture
def role(client: Callable[..., Any]) -> str:
    trust = {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}
    iam = client("iam")
    document = json.dumps({"Version": "2012-10-17", "Statement": [trust]})
    made = iam.create_role(RoleName="worker", AssumeRolePolicyDocument=document)
    return str(made["Role"]["Arn"])


@pytest.fixture
def make(functions: Any, role: str) -> Callable[..., Any]:
    """Make a function, and wait for it unless told not to."""

    def made(name: str = "worker", wait: bool = True, source: str = PYTHON, **more: Any) -> Any:
        settings = {"Runtime": "python3.13", "Handler": "index.handler", "Role": role, **more}
        answer = functions.create_function(FunctionName=name, Code={"ZipFile": _zip(source)}, **settings)
        if wait:
            _settled(functions, name)
        return answer

    return made


def _settled(functions: Any, name: str) -> Any:
    def ready() -> bool:
        found = functions.get_function(FunctionName=name)["Configuration"]
        return (found["State"], found["LastUpdateStatus"]) == ("Active", "Successful")

    return until(ready)


def _invoke(functions: Any, name: str = "worker", event: Any = None, **more: Any) -> tuple[Any, Any]:
    answer = functions.invoke(FunctionName=name, Payload=json.dumps(event or {}), **more)
    return json.loads(answer["Payload"].read()), answer


def test_a_function_goes_through_its_states(functions: Any, make: Callable[..., Any]) -> None:
    assert make(wait=False)["State"] == "Pending"
    with refused("ResourceConflictException", "Pending"):
        functions.publish_version(FunctionName="worker")
    with refused("ResourceConflictException", "Pending"):
        functions.update_function_configuration(FunctionName="worker", Timeout=5)
    passes_through(lambda: functions.get_function(FunctionName="worker")["Configuration"]["State"], "Pending", "Active")
    assert "State" not in functions.list_functions()["Functions"][0]
    changed = functions.update_function_configuration(FunctionName="worker", Timeout=5, MemorySize=256)
    assert (changed["LastUpdateStatus"], changed["Timeout"], changed["MemorySize"]) == ("InProgress", 5, 256)
    with refused("ResourceConflictException", "An update is in progress"):
        functions.update_function_code(FunctionName="worker", ZipFile=_zip(PYTHON))
    _settled(functions, "worker")
    with refused("PreconditionFailedException"):
        functions.update_function_configuration(FunctionName="worker", Timeout=6, RevisionId="stale")


@pytest.mark.parametrize(
    ("settings", "code", "text"),
    [
        ({"Runtime": "nodejs14.x"}, "InvalidParameterValueException", "no longer supported"),
        ({"Timeout": 901}, "ValidationException", "timeout"),
        ({"MemorySize": 64000}, "ValidationException", "memorySize"),
        ({"Environment": {"Variables": {"AWS_REGION": "x"}}}, "InvalidParameterValueException", "AWS_REGION"),
        ({"Environment": {"Variables": {"A_B": "x" * 5000}}}, "InvalidParameterValueException", "4KB"),
        (
            {"VpcConfig": {"SubnetIds": ["subnet-1"], "SecurityGroupIds": ["sg-1"]}},
            "InvalidParameterValueException",
            "InvalidSubnetID.NotFound",
        ),
        ({"Role": "arn:aws:iam::123456789012:role/none"}, "InvalidParameterValueException", "cannot be assumed"),
    ],
)
def test_what_no_function_takes(make: Callable[..., Any], settings: dict[str, Any], code: str, text: str) -> None:
    with refused(code, text):
        make(wait=False, **settings)


def test_a_function_shows_its_network(client: Callable[..., Any], functions: Any, make: Callable[..., Any]) -> None:
    subnets = default_subnets(client)
    group = client("ec2").describe_security_groups()["SecurityGroups"][0]
    make(VpcConfig={"SubnetIds": subnets, "SecurityGroupIds": [group["GroupId"]]})
    found = functions.get_function_configuration(FunctionName="worker")["VpcConfig"]
    assert (found["SubnetIds"], found["VpcId"]) == (subnets, group["VpcId"])


def test_the_account_keeps_some_executions(functions: Any, make: Callable[..., Any]) -> None:
    make()
    with refused("InvalidParameterValueException", "minimum value of [100]"):
        functions.put_function_concurrency(FunctionName="worker", ReservedConcurrentExecutions=901)
    functions.put_function_concurrency(FunctionName="worker", ReservedConcurrentExecutions=0)
    found = functions.get_function(FunctionName="worker")
    assert found["Concurrency"] == {"ReservedConcurrentExecutions": 0}
    with refused("TooManyRequestsException"):
        _invoke(functions)


def test_versions_stand_still(functions: Any, make: Callable[..., Any]) -> None:
    make()
    first = functions.publish_version(FunctionName="worker", Description="one")
    assert functions.publish_version(FunctionName="worker")["Version"] == first["Version"] == "1"
    functions.update_function_configuration(FunctionName="worker", Environment={"Variables": {"MODE": "new"}})
    _settled(functions, "worker")
    assert functions.publish_version(FunctionName="worker")["Version"] == "2"
    assert _invoke(functions, Qualifier="1")[0]["mode"] is None
    assert _invoke(functions, Qualifier="2")[0]["mode"] == "new"
    functions.create_alias(FunctionName="worker", Name="live", FunctionVersion="2")
    with refused("ResourceConflictException", "live"):
        functions.delete_function(FunctionName="worker", Qualifier="2")
    functions.delete_function(FunctionName="worker", Qualifier="1")
    functions.update_function_configuration(FunctionName="worker", Timeout=7)
    _settled(functions, "worker")
    assert functions.publish_version(FunctionName="worker")["Version"] == "3"


def test_an_alias_refuses_a_stale_revision_and_splits_traffic(functions: Any, make: Callable[..., Any]) -> None:
    make()
    for seconds in (4, 5):
        functions.publish_version(FunctionName="worker")
        functions.update_function_configuration(FunctionName="worker", Timeout=seconds)
        _settled(functions, "worker")
    alias = functions.create_alias(FunctionName="worker", Name="live", FunctionVersion="1")
    weights = {"AdditionalVersionWeights": {"2": 1.0}}
    moved = functions.update_alias(
        FunctionName="worker", Name="live", RoutingConfig=weights, RevisionId=alias["RevisionId"]
    )
    assert (moved["FunctionVersion"], moved["RoutingConfig"]) == ("1", weights)
    with refused("PreconditionFailedException"):
        functions.update_alias(FunctionName="worker", Name="live", Description="x", RevisionId=alias["RevisionId"])
    result, answer = _invoke(functions, Qualifier="live")
    assert (result["version"], answer["ExecutedVersion"]) == ("2", "2")
    with refused("ResourceNotFoundException"):
        functions.update_alias(FunctionName="worker", Name="live", FunctionVersion="9")


def test_provisioned_concurrency_becomes_ready(functions: Any, make: Callable[..., Any]) -> None:
    make()
    functions.publish_version(FunctionName="worker")
    functions.create_alias(FunctionName="worker", Name="live", FunctionVersion="1")
    named = {"FunctionName": "worker", "Qualifier": "live"}
    with refused("ProvisionedConcurrencyConfigNotFoundException"):
        functions.get_provisioned_concurrency_config(**named)
    with refused("InvalidParameterValueException", "unpublished"):
        functions.put_provisioned_concurrency_config(
            FunctionName="worker", Qualifier="$LATEST", ProvisionedConcurrentExecutions=1
        )
    functions.put_function_concurrency(FunctionName="worker", ReservedConcurrentExecutions=5)
    with refused("InvalidParameterValueException", "reservedConcurrentExecution"):
        functions.put_provisioned_concurrency_config(**named, ProvisionedConcurrentExecutions=6)
    made = functions.put_provisioned_concurrency_config(**named, ProvisionedConcurrentExecutions=5)
    assert made["Status"] == "IN_PROGRESS"
    passes_through(lambda: functions.get_provisioned_concurrency_config(**named)["Status"], "IN_PROGRESS", "READY")
    (listed,) = functions.list_provisioned_concurrency_configs(FunctionName="worker")["ProvisionedConcurrencyConfigs"]
    assert (listed["FunctionArn"][-12:], listed["AvailableProvisionedConcurrentExecutions"]) == (":worker:live", 5)
    functions.delete_provisioned_concurrency_config(**named)
    with refused("ProvisionedConcurrencyConfigNotFoundException"):
        functions.get_provisioned_concurrency_config(**named)


def test_each_alias_has_a_policy_of_its_own(functions: Any, make: Callable[..., Any]) -> None:
    make()
    functions.publish_version(FunctionName="worker")
    functions.create_alias(FunctionName="worker", Name="live", FunctionVersion="1")
    asked = {"StatementId": "one", "Action": "lambda:InvokeFunction", "Principal": "events.amazonaws.com"}
    functions.add_permission(FunctionName="worker", Qualifier="live", SourceAccount="123456789012", **asked)
    with refused("ResourceNotFoundException"):
        functions.get_policy(FunctionName="worker")
    with refused("ResourceConflictException", "one"):
        functions.add_permission(FunctionName="worker", Qualifier="live", **asked)
    (statement,) = json.loads(functions.get_policy(FunctionName="worker", Qualifier="live")["Policy"])["Statement"]
    assert statement["Resource"].endswith(":worker:live")
    assert statement["Condition"] == {"StringEquals": {"AWS:SourceAccount": "123456789012"}}
    functions.remove_permission(FunctionName="worker", Qualifier="live", StatementId="one")
    with refused("ResourceNotFoundException"):
        functions.remove_permission(FunctionName="worker", Qualifier="live", StatementId="one")


def test_a_function_runs(client: Callable[..., Any], functions: Any, make: Callable[..., Any]) -> None:
    """It reaches the twin from inside, its failures are told as Lambda tells them, and it leaves log and metrics."""
    make(Environment={"Variables": {"MODE": "test"}}, Timeout=30)
    result, answer = _invoke(functions, event={"n": 1})
    assert result == {"got": {"n": 1}, "mode": "test", "version": "$LATEST", "account": "123456789012"}
    assert "FunctionError" not in answer
    failure, answer = _invoke(functions, event={"fail": True})
    assert (failure["errorType"], failure["errorMessage"]) == ("ValueError", "asked to fail")
    assert answer["FunctionError"] == "Unhandled"
    logs = client("logs")
    events = logs.filter_log_events(logGroupName="/aws/lambda/worker")["events"]
    assert any("working on" in event["message"] for event in events)
    metrics = client("cloudwatch").list_metrics(Namespace="AWS/Lambda")["Metrics"]
    assert {"Invocations", "Errors", "Duration"} <= {metric["MetricName"] for metric in metrics}


def test_a_function_in_javascript_runs_where_node_is(functions: Any, role: str) -> None:
    functions.create_function(
        FunctionName="worker",
        Code={"ZipFile": _zip(NODE, "index.js")},
        Runtime="nodejs22.x",
        Handler="index.handler",
        Role=role,
        Timeout=30,
    )
    _settled(functions, "worker")
    result, _ = _invoke(functions, event={"n": 1})
    if shutil.which("node"):
        assert result == {"got": {"n": 1}}
    else:
        assert result["errorType"] == "Twin.NoRuntime"


def test_a_function_that_takes_too_long_is_ended(functions: Any, make: Callable[..., Any]) -> None:
    make(source="import time\ndef handler(event, context):\n    time.sleep(20)\n", Timeout=1)
    failure, answer = _invoke(functions)
    assert (failure["errorType"], answer["FunctionError"]) == ("Sandbox.Timedout", "Unhandled")


# Queues as sources


def _queue(client: Callable[..., Any], name: str = "work", **attributes: str) -> tuple[str, str]:
    sqs = client("sqs")
    url = sqs.create_queue(QueueName=name, Attributes=attributes)["QueueUrl"]
    return url, f"arn:aws:sqs:us-east-1:123456789012:{name}"


def _allow(client: Callable[..., Any]) -> None:
    actions = ["sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes"]
    statement = {"Effect": "Allow", "Action": actions, "Resource": "*"}
    document = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    client("iam").put_role_policy(RoleName="worker", PolicyName="queue", PolicyDocument=document)


def test_what_lambda_does_not_read(client: Callable[..., Any], functions: Any, make: Callable[..., Any]) -> None:
    make(Timeout=60)
    _url, arn = _queue(client)
    named = {"FunctionName": "worker", "EventSourceArn": arn}
    with refused("InvalidParameterValueException", "less than Function timeout: 60 seconds"):
        functions.create_event_source_mapping(**named)
    client("sqs").set_queue_attributes(QueueUrl=_url, Attributes={"VisibilityTimeout": "360"})
    with refused("InvalidParameterValueException", "permissions to call ReceiveMessage"):
        functions.create_event_source_mapping(**named)
    _allow(client)
    with refused("InvalidParameterValueException", "batch window"):
        functions.create_event_source_mapping(**named, BatchSize=11)
    made = functions.create_event_source_mapping(**named)
    assert made["State"] == "Creating"
    with refused("ResourceConflictException", made["UUID"]):
        functions.create_event_source_mapping(**named)
    with refused("ResourceInUseException"):
        functions.update_event_source_mapping(UUID=made["UUID"], BatchSize=5)

    def state() -> Any:
        return functions.get_event_source_mapping(UUID=made["UUID"])["State"]

    passes_through(state, "Creating", "Enabled")
    assert functions.update_event_source_mapping(UUID=made["UUID"], Enabled=False)["State"] == "Disabling"
    passes_through(state, "Disabling", "Disabled")
    functions.delete_event_source_mapping(UUID=made["UUID"])
    until(lambda: functions.list_event_source_mappings()["EventSourceMappings"] == [])


def test_a_queue_feeds_a_function(client: Callable[..., Any], functions: Any, make: Callable[..., Any]) -> None:
    """What is worked on is gone; what the function names as failed comes back."""
    source = (
        "def handler(event, context):\n"
        "    bad = [r['messageId'] for r in event['Records'] if r['body'] == 'bad']\n"
        "    return {'batchItemFailures': [{'itemIdentifier': one} for one in bad]}\n"
    )
    make(source=source, Timeout=10)
    _allow(client)
    url, arn = _queue(client, VisibilityTimeout="60")
    sqs = client("sqs")
    sqs.send_message(QueueUrl=url, MessageBody="good")
    sqs.send_message(QueueUrl=url, MessageBody="bad")
    functions.create_event_source_mapping(
        FunctionName="worker", EventSourceArn=arn, FunctionResponseTypes=["ReportBatchItemFailures"]
    )

    def left() -> tuple[str, str]:
        names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
        found = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=names)["Attributes"]
        return found[names[0]], found[names[1]]

    assert until(left, lambda found: found == ("0", "1")) == ("0", "1")
