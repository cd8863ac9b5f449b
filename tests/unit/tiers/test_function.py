"""The function tier."""

from __future__ import annotations

from typing import Any

import pytest

from .build import document, get, of, plain, problems, warnings

FUNCTION = "AWS::Lambda::Function"
ALIAS = "AWS::Lambda::Alias"
MAPPING = "AWS::Lambda::EventSourceMapping"
PERMISSION = "AWS::Lambda::Permission"
ROLE = "AWS::IAM::Role"
AUDIO = {"runtime": "nodejs22.x", "timeout_seconds": 300, "memory": 1024}
DATABASE = {"engine": "postgres", "engine_version": "16", "instance_class": "db.t3.medium", "allocated_storage": 20}


def _function(**options: Any) -> dict[str, Any]:
    found: dict[str, Any] = plain(
        get(document(functions={"audio": {**AUDIO, **options}}), FUNCTION, "audio").properties
    )
    return found


def _statements(doc: Any, name: str = "function.audio/function") -> list[dict[str, Any]]:
    (policy,) = plain(get(doc, ROLE, name).properties["Policies"])
    return list(policy["PolicyDocument"]["Statement"])


def _actions(doc: Any) -> dict[str, Any]:
    return {action: one["Resource"] for one in _statements(doc) for action in one["Action"]}


def test_it_stands_in_private_subnets_with_a_group_of_its_own() -> None:
    doc = document(functions={"audio": {**AUDIO, "connects_to": ["database.main"]}}, databases={"main": DATABASE})
    function = plain(get(doc, FUNCTION, "audio").properties)
    assert function["VpcConfig"] == {
        "SubnetIds": ["<Subnet private-a SubnetId>", "<Subnet private-b SubnetId>"],
        "SecurityGroupIds": ["<SecurityGroup function.audio GroupId>"],
    }
    assert "database.main/5432 from function.audio" in of(doc, "AWS::EC2::SecurityGroupIngress")
    actions = _actions(doc)
    where = "arn:<AWS Partition>:ec2:eu-west-1:<AWS AccountId>:"
    assert actions["ec2:CreateNetworkInterface"] == [
        f"{where}network-interface/*",
        f"{where}security-group/*",
        f"{where}subnet/*",
    ]
    assert actions["ec2:DescribeNetworkInterfaces"] == ["*"]


def test_outside_a_network_it_has_none() -> None:
    doc = document(functions={"audio": {**AUDIO, "in_network": False}})
    assert plain(get(doc, FUNCTION, "audio").properties["VpcConfig"]) == {"SubnetIds": [], "SecurityGroupIds": []}
    assert "function.audio" not in of(doc, "AWS::EC2::SecurityGroup")
    assert not [action for action in _actions(doc) if action.startswith("ec2:")]
    no_network = document(functions={"audio": AUDIO}, network=None)
    assert not plain(get(no_network, FUNCTION, "audio").properties["VpcConfig"]["SubnetIds"])


def test_nothing_is_reached_from_outside_the_network() -> None:
    (found,) = problems(
        functions={"audio": {**AUDIO, "in_network": False, "connects_to": ["database.main"]}},
        databases={"main": DATABASE},
    )
    assert found.startswith("functions.audio.connects_to: reaches nothing")


@pytest.mark.parametrize(
    ("runtime", "handler", "file", "text"),
    [
        ("nodejs22.x", "index.handler", "index.js", "exports.handler = "),
        ("python3.13", "app.main", "app.py", "def main(event, context):"),
    ],
)
def test_a_placeholder_waits_for_the_first_release(runtime: str, handler: str, file: str, text: str) -> None:
    function = _function(runtime=runtime, handler=handler)
    assert "Code" not in function
    assert function["InitialCode"]["FileName"] == file
    assert function["InitialCode"]["ZipFile"].startswith(text)


def test_the_placeholder_takes_no_message_from_a_queue() -> None:
    source = _function(runtime="python3.13")["InitialCode"]["ZipFile"]
    made: dict[str, Any] = {}
    exec(source, made)
    assert made["handler"]({}, None)["statusCode"] == 200
    with pytest.raises(RuntimeError, match="first release"):
        made["handler"]({"Records": [{}]}, None)


def test_stated_code_is_where_it_begins() -> None:
    assert _function(code={"bucket": "packages", "key": "audio.zip", "version": "7"})["InitialCode"] == {
        "S3Bucket": "packages",
        "S3Key": "audio.zip",
        "S3ObjectVersion": "7",
    }
    inline = _function(runtime="python3.13", code={"inline": "def handler(event, context): ..."})
    assert inline["Code"]["FileName"] == "index.py" and "InitialCode" not in inline


def test_an_image_brings_its_runtime() -> None:
    doc = document(functions={"audio": {"code": {"image": "1.dkr.ecr.eu-west-1.amazonaws.com/audio:1"}}})
    function = plain(get(doc, FUNCTION, "audio").properties)
    assert (function["PackageType"], "Runtime" in function, "Handler" in function) == ("Image", False, False)
    (found,) = problems(functions={"audio": {**AUDIO, "code": {"image": "x:1"}}})
    assert "brings its own" in found


@pytest.mark.parametrize(
    ("options", "text"),
    [
        ({}, "functions.audio.runtime: is not set"),
        ({"runtime": "java21"}, "no placeholder for 'java21'"),
        ({"runtime": "nodejs14.x"}, "function.retired-runtime"),
        ({"runtime": "python3.13", "code": {}}, "code"),
        ({"runtime": "python3.13", "code": {"bucket": "x"}}, "key"),
        ({"runtime": "python3.13", "queue": {"from": "topic.ops"}}, "queue.NAME"),
        ({"runtime": "python3.13", "secrets": {"TOKEN": "secret.none"}}, "secret.none"),
    ],
)
def test_what_cannot_be_built(options: dict[str, Any], text: str) -> None:
    assert any(text in problem for problem in problems(functions={"audio": options}, topics={"ops": {}}))


def test_secrets_are_told_by_arn_and_read_by_role() -> None:
    doc = document(
        functions={"audio": {**AUDIO, "environment": {"DEBUG": True}, "secrets": {"HUME": "secret.keys:hume"}}},
        secrets={"keys": {"value": {"hume": "x"}}},
    )
    function = get(doc, FUNCTION, "audio")
    assert plain(function.properties["Environment"]) == {
        "Variables": {"DEBUG": "true", "HUME": "<Secret keys Arn>", "HUME_MEMBER": "hume"}
    }
    assert _actions(doc)["secretsmanager:GetSecretValue"] == ["<Secret keys Arn>"]
    assert [str(address) for address in function.depends_on] == ["Custom::SecretValue keys"]


def test_the_value_of_a_secret_is_refused_in_the_environment() -> None:
    found = problems(
        functions={"audio": {**AUDIO, "environment": {"URL": "${cache.main.url}"}}},
        caches={"main": {"engine_version": "7.0", "node_type": "cache.t3.small"}},
    )
    assert any("[function.secret-in-environment]" in problem for problem in found)


def test_a_queue_feeds_it() -> None:
    doc = document(
        functions={
            "audio": {
                **AUDIO,
                "queue": {"from": "queue.audio", "concurrency": 5, "partial_failures": True, "filters": [{"a": [1]}]},
            }
        },
        queues={"audio": {}},
    )
    assert plain(get(doc, MAPPING, "audio").properties) == {
        "EventSourceArn": "<Queue audio Arn>",
        "FunctionName": "<Function audio Arn>",
        "BatchSize": 10,
        "MaximumBatchingWindowInSeconds": 0,
        "ScalingConfig": {"MaximumConcurrency": 5},
        "FilterCriteria": {"Filters": [{"Pattern": '{"a": [1]}'}]},
        "FunctionResponseTypes": ["ReportBatchItemFailures"],
        "Enabled": True,
    }
    actions = _actions(doc)
    assert actions["sqs:ReceiveMessage"] == actions["sqs:DeleteMessage"] == ["<Queue audio Arn>"]
    assert get(doc, "AWS::SQS::Queue", "audio").properties["VisibilityTimeout"] == 1800


def test_what_invokes_it_invokes_its_alias() -> None:
    doc = document(
        functions={
            "audio": {
                **AUDIO,
                "alias": {"name": "Production", "provisioned": 10},
                "queue": {"from": "queue.audio"},
                "schedule": {"expression": "rate(1 hour)", "input": {"a": "${queue.audio.name}"}},
            }
        },
        queues={"audio": {}},
        event_rules={"failures": {"pattern": {"source": ["aws.rds"]}, "targets": [{"to": "function.audio"}]}},
        topics={"ops": {"subscriptions": [{"protocol": "lambda", "endpoint": "${function.audio.arn}"}]}},
    )
    alias = "<Alias audio AliasArn>"
    assert plain(get(doc, ALIAS, "audio").properties) == {
        "FunctionName": "<Function audio FunctionName>",
        "Name": "Production",
        "FunctionVersion": "<Version audio Version>",
        "ProvisionedConcurrencyConfig": {"ProvisionedConcurrentExecutions": 10},
    }
    assert plain(get(doc, MAPPING, "audio").properties["FunctionName"]) == alias
    schedule = plain(get(doc, "AWS::Scheduler::Schedule", "function.audio/schedule").properties)
    assert (schedule["Target"]["Arn"], schedule["Target"]["Input"]) == (alias, '{"a": "shop-prod-audio"}')
    assert _statements(doc, "function.audio/schedule") == [
        {"Effect": "Allow", "Action": ["lambda:InvokeFunction"], "Resource": [alias]}
    ]
    allowed = {name: plain(one) for name, one in of(doc, PERMISSION).items()}
    assert {name: (one["FunctionName"], one["Principal"]) for name, one in allowed.items()} == {
        "audio/event_rule.failures": (alias, "events.amazonaws.com"),
        "audio/topic.ops": ("<Function audio Arn>", "sns.amazonaws.com"),
    }
    assert allowed["audio/event_rule.failures"]["SourceArn"].endswith(":rule/shop-prod-failures")


def test_a_secret_is_rotated_by_a_function_that_it_may_invoke() -> None:
    doc = document(
        functions={"rotate": {"runtime": "python3.13"}},
        secrets={"db": {"generate": ["a"], "rotate_days": 90, "rotation_function": "${function.rotate.arn}"}},
    )
    permission = plain(get(doc, PERMISSION, "rotate/secret.db").properties)
    assert (permission["Principal"], permission["SourceArn"]) == ("secretsmanager.amazonaws.com", "<Secret db Arn>")
    rotation = get(doc, "AWS::SecretsManager::RotationSchedule", "db")
    assert plain(rotation.properties["RotationLambdaARN"]) == "<Function rotate Arn>"
    assert [address.name for address in rotation.depends_on] == ["rotate/secret.db"]


def test_functions_may_invoke_each_other() -> None:
    doc = document(
        functions={
            "audio": {**AUDIO, "may": {"invoke": ["function.text"]}},
            "text": {**AUDIO, "may": {"invoke": ["function.audio"]}},
        }
    )
    arn = "arn:<AWS Partition>:lambda:eu-west-1:<AWS AccountId>:function:shop-prod-text"
    invoke = [one["Resource"] for one in _statements(doc) if one["Action"] == ["lambda:InvokeFunction"]]
    assert invoke == [[arn], [f"{arn}:*"]]


def test_its_names_can_be_stated() -> None:
    doc = document(functions={"audio": {**AUDIO, "name": "audio-processor", "tracing": True}})
    function = plain(get(doc, FUNCTION, "audio").properties)
    assert (function["FunctionName"], function["TracingConfig"]) == ("audio-processor", {"Mode": "Active"})
    assert get(doc, "AWS::Logs::LogGroup", "function.audio").properties["LogGroupName"] == "/aws/lambda/audio-processor"
    assert _actions(doc)["xray:PutTraceSegments"] == ["*"]


def test_its_metrics_can_be_alarmed_on() -> None:
    rules = {
        "function-errors": {"of": "function.audio", "metric": "errors", "above": 5},
        "letters": {"of": "queue.audio", "metric": "dead_letters", "above": 0},
    }
    doc = document(
        functions={"audio": AUDIO},
        queues={"audio": {}},
        monitoring={"alarms": {name: {**rule, "notify": ["ops"]} for name, rule in rules.items()}},
        topics={"ops": {}},
    )
    alarms = of(doc, "AWS::CloudWatch::Alarm")
    assert plain(alarms["function-errors"]["Dimensions"]) == [{"Name": "FunctionName", "Value": "shop-prod-audio"}]
    assert alarms["function-errors"]["Statistic"] == "Sum"
    assert plain(alarms["letters"]["Dimensions"]) == [{"Name": "QueueName", "Value": "shop-prod-audio-dlq"}]


def test_a_queue_without_dead_letters_is_warned_of() -> None:
    found = warnings(
        functions={"audio": {**AUDIO, "queue": {"from": "queue.audio"}}},
        queues={"audio": {"dead_letters": {"enabled": False}}},
    )
    assert any("[queue.no-dead-letters]" in warning for warning in found)
