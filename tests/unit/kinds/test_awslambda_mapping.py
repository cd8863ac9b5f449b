"""How functions and what belongs to them are read, compared and written."""

from __future__ import annotations

import io
import zipfile
from typing import Any

import pytest

from ansible_collections.stackwright.aws.plugins.module_utils.engine.diff import differs
from ansible_collections.stackwright.aws.plugins.module_utils.engine.errors import ResourceError
from ansible_collections.stackwright.aws.plugins.module_utils.engine.kind import Call, Phase
from ansible_collections.stackwright.aws.plugins.module_utils.kinds.awslambda.alias import LAMBDA_ALIAS, weights
from ansible_collections.stackwright.aws.plugins.module_utils.kinds.awslambda.code import (
    archive,
    code_parameters,
    digest,
    template_code,
)
from ansible_collections.stackwright.aws.plugins.module_utils.kinds.awslambda.event_source import (
    LAMBDA_EVENT_SOURCE_MAPPING,
)
from ansible_collections.stackwright.aws.plugins.module_utils.kinds.awslambda.function import LAMBDA_FUNCTION
from ansible_collections.stackwright.aws.plugins.module_utils.kinds.awslambda.names import function_part, qualified
from ansible_collections.stackwright.aws.plugins.module_utils.kinds.awslambda.permission import (
    LAMBDA_PERMISSION,
    list_permissions,
)
from ansible_collections.stackwright.aws.plugins.module_utils.kinds.awslambda.version import (
    LAMBDA_VERSION,
    list_versions,
)
from tests.unit.kinds.canned import OWNER, CannedApi, missing, scope, work

ARN = "arn:aws:lambda:us-east-1:123456789012:function:audio"
SOURCE = {"ZipFile": "def handler(event, context): ...\n", "FileName": "index.py"}
FUNCTION = {
    "FunctionName": "audio",
    "FunctionArn": ARN,
    "Runtime": "python3.13",
    "Handler": "index.handler",
    "CodeSha256": digest(archive(SOURCE)),
    "State": "Active",
    "LastUpdateStatus": "Successful",
    "MemorySize": 128,
    "VpcConfig": {"SubnetIds": ["subnet-2", "subnet-1"], "SecurityGroupIds": ["sg-1"], "VpcId": "vpc-1"},
    "Environment": {"Variables": {"A": "1"}},
    "Concurrency": {"ReservedConcurrentExecutions": 0},
    "Tags": OWNER,
}


def _params(step: Any, job: Any) -> dict[str, Any]:
    assert isinstance(step, Call)
    return step.params(job)


# Code


def test_the_same_source_is_the_same_archive() -> None:
    assert archive(SOURCE) == archive(dict(SOURCE))
    with zipfile.ZipFile(io.BytesIO(archive(SOURCE))) as bundle:
        assert bundle.namelist() == ["index.py"]
        assert bundle.read("index.py").decode() == SOURCE["ZipFile"]
    with zipfile.ZipFile(io.BytesIO(archive({"ZipFile": "x"}))) as bundle:
        assert sorted(bundle.namelist()) == ["index.js", "index.py"]


def test_our_word_is_in_no_request_and_no_template() -> None:
    assert code_parameters(SOURCE) == {"ZipFile": archive(SOURCE)}
    assert template_code(SOURCE) == {"Code": {"ZipFile": SOURCE["ZipFile"]}}
    assert code_parameters({"S3Bucket": "b", "S3Key": "k", "S3ObjectVersion": None}) == {"S3Bucket": "b", "S3Key": "k"}


# Functions


@pytest.mark.parametrize(
    ("name", "stated", "changed"),
    [
        ("Code", SOURCE, False),
        ("Code", {**SOURCE, "ZipFile": "other"}, True),
        ("Code", {"S3Bucket": "b", "S3Key": "k"}, False),
        ("Code", {"ImageUri": "repository:1"}, True),
        ("VpcConfig", {"SubnetIds": ["subnet-1", "subnet-2"], "SecurityGroupIds": ["sg-1"]}, False),
        ("VpcConfig", {"SubnetIds": ["subnet-1"], "SecurityGroupIds": ["sg-1"]}, True),
        ("Environment", {"Variables": {}}, True),
        ("Environment", {"Variables": {"A": "1"}}, False),
        ("Timeout", 3, False),
        ("TracingConfig", {"Mode": "PassThrough"}, False),
        ("TracingConfig", {"Mode": "Active"}, True),
        ("ReservedConcurrentExecutions", 0, False),
        ("ReservedConcurrentExecutions", 1, True),
    ],
)
def test_functions_are_compared_by_meaning(name: str, stated: Any, changed: bool) -> None:
    assert (
        differs(LAMBDA_FUNCTION.properties[name], stated, LAMBDA_FUNCTION.parse(FUNCTION).properties[name]) is changed
    )


def test_a_function_without_variables_has_none() -> None:
    bare = {name: value for name, value in FUNCTION.items() if name != "Environment"}
    found = LAMBDA_FUNCTION.parse(bare).properties["Environment"]
    assert not differs(LAMBDA_FUNCTION.properties["Environment"], {"Variables": {}}, found)
    assert differs(LAMBDA_FUNCTION.properties["Environment"], {"Variables": {"A": "1"}}, found)


@pytest.mark.parametrize(
    ("more", "phase"),
    [
        ({}, Phase.READY),
        ({"State": "Inactive"}, Phase.READY),
        ({"State": "Pending"}, Phase.BUSY),
        ({"State": "Failed"}, Phase.FAILED),
        ({"LastUpdateStatus": "InProgress"}, Phase.BUSY),
        ({"LastUpdateStatus": "Failed"}, Phase.FAILED),
        ({"LastUpdateStatus": "Failed", "IsSurvey": True}, Phase.BUSY),
    ],
)
def test_a_function_is_ready_when_its_last_update_is(more: dict[str, Any], phase: Phase) -> None:
    assert LAMBDA_FUNCTION.parse({**FUNCTION, **more}).phase is phase


def test_a_function_is_made_with_its_tags_and_without_what_says_nothing() -> None:
    desired = {
        "FunctionName": "audio",
        "InitialCode": SOURCE,
        "Runtime": "python3.13",
        "Handler": "index.handler",
        "Role": "arn:role",
        "KmsKeyArn": "arn:key",
        "DeadLetterConfig": {},
        "ReservedConcurrentExecutions": 5,
    }
    assert _params(LAMBDA_FUNCTION.create, work(CannedApi(), LAMBDA_FUNCTION, desired)) == {
        "FunctionName": "audio",
        "Runtime": "python3.13",
        "Handler": "index.handler",
        "Role": "arn:role",
        "KMSKeyArn": "arn:key",
        "Code": {"ZipFile": archive(SOURCE)},
        "Tags": OWNER,
    }


def test_a_configuration_is_changed_by_what_differs() -> None:
    step = next(update.step for update in LAMBDA_FUNCTION.updates if "Timeout" in update.properties)
    desired = {"FunctionName": "audio", "Timeout": 300, "MemorySize": 128, "VpcConfig": {}, "KmsKeyArn": ""}
    job = work(
        CannedApi(), LAMBDA_FUNCTION, desired, FUNCTION, changed=frozenset({"Timeout", "VpcConfig", "KmsKeyArn"})
    )
    assert _params(step, job) == {
        "FunctionName": "audio",
        "Timeout": 300,
        "VpcConfig": {"SubnetIds": [], "SecurityGroupIds": []},
        "KMSKeyArn": "",
    }


def test_the_architecture_of_released_code_is_not_touched() -> None:
    step = next(update.step for update in LAMBDA_FUNCTION.updates if "Architectures" in update.properties)
    desired = {"FunctionName": "audio", "Architectures": ["arm64"], "InitialCode": SOURCE}
    job = work(CannedApi(), LAMBDA_FUNCTION, desired, FUNCTION, changed=frozenset({"Architectures"}))
    with pytest.raises(ResourceError, match="deployed by releases"):
        _params(step, job)
    job.desired["Code"] = SOURCE
    assert _params(step, job) == {
        "FunctionName": "audio",
        "ZipFile": archive(SOURCE),
        "Architectures": ["arm64"],
    }


@pytest.mark.parametrize(
    ("value", "request_name"),
    [(0, "lambda.put_function_concurrency"), ("", "lambda.delete_function_concurrency")],
)
def test_no_executions_are_not_the_same_as_no_reservation(value: Any, request_name: str) -> None:
    step = next(
        update.step for update in LAMBDA_FUNCTION.updates if "ReservedConcurrentExecutions" in update.properties
    )
    api = CannedApi()
    assert not isinstance(step, Call)
    step(work(api, LAMBDA_FUNCTION, {"ReservedConcurrentExecutions": value}, FUNCTION))
    assert api.names() == [request_name]


# Names


@pytest.mark.parametrize(
    ("given", "part", "params"),
    [
        ("audio", "audio", {"FunctionName": "audio"}),
        (ARN, "audio", {"FunctionName": "audio"}),
        (f"{ARN}:$LATEST", "audio", {"FunctionName": "audio"}),
        (f"{ARN}:Production", "audio:Production", {"FunctionName": "audio", "Qualifier": "Production"}),
    ],
)
def test_a_function_has_many_names(given: str, part: str, params: dict[str, str]) -> None:
    assert function_part(given) == part
    assert qualified(given) == params


# Versions and aliases


def test_versions_of_releases_are_not_taken_for_the_described_one() -> None:
    listed = [
        {"FunctionArn": f"{ARN}:$LATEST", "FunctionName": "audio", "Version": "$LATEST", "Description": "Initial"},
        {"FunctionArn": f"{ARN}:1", "FunctionName": "audio", "Version": "1", "Description": "Initial"},
        {"FunctionArn": f"{ARN}:2", "FunctionName": "audio", "Version": "2", "Description": "v2"},
    ]
    api = CannedApi({"lambda.list_versions_by_function": {"Versions": listed}})
    wanted = {"FunctionName": "audio", "Description": "Initial"}
    found = [LAMBDA_VERSION.parse(item) for item in list_versions(scope(api, wanted))]
    key = LAMBDA_VERSION.natural_key(wanted)
    assert [one.attributes["Version"] for one in found if LAMBDA_VERSION.natural_key(one.properties) == key] == ["1"]


def test_an_alias_is_ready_when_what_is_kept_warm_is() -> None:
    warm = {"RequestedProvisionedConcurrentExecutions": 10, "Status": "IN_PROGRESS"}
    alias = {"AliasArn": f"{ARN}:Production", "Name": "Production", "FunctionVersion": "2", "Provisioned": warm}
    busy = LAMBDA_ALIAS.parse(alias)
    assert (busy.phase, busy.properties["FunctionName"]) == (Phase.BUSY, "audio")
    assert busy.properties["ProvisionedConcurrencyConfig"] == {"ProvisionedConcurrentExecutions": 10}
    assert LAMBDA_ALIAS.parse({**alias, "Provisioned": {**warm, "Status": "FAILED"}}).phase is Phase.FAILED
    assert LAMBDA_ALIAS.parse({**alias, "Provisioned": {}}).phase is Phase.READY


def test_weights_are_numbers_by_version() -> None:
    assert weights({"AdditionalVersionWeights": [{"FunctionVersion": 2, "FunctionWeight": "0.1"}]}) == {"2": 0.1}
    assert weights(None) == {}


# Permissions


def test_a_statement_is_read_as_a_permission() -> None:
    statement = {
        "Sid": "one",
        "Effect": "Allow",
        "Principal": {"AWS": "arn:aws:iam::210987654321:root"},
        "Action": "lambda:InvokeFunction",
        "Resource": ARN,
        "Condition": {
            "StringEquals": {"AWS:SourceAccount": "210987654321"},
            "ArnLike": {"AWS:SourceArn": "arn:aws:events:us-east-1:210987654321:rule/x"},
        },
    }
    found = LAMBDA_PERMISSION.parse({**statement, "FunctionName": "audio"})
    stated = {
        "FunctionName": ARN,
        "Action": "lambda:InvokeFunction",
        "Principal": "210987654321",
        "SourceAccount": "210987654321",
        "SourceArn": "arn:aws:events:us-east-1:210987654321:rule/x",
    }
    assert found.id == "audio|one"
    assert not [
        name
        for name, value in stated.items()
        if differs(LAMBDA_PERMISSION.properties[name], value, found.properties[name])
    ]
    assert LAMBDA_PERMISSION.natural_key(stated) == LAMBDA_PERMISSION.natural_key(found.properties)


def test_a_function_without_policy_lets_nobody_in() -> None:
    api = CannedApi({"lambda.get_policy": missing("ResourceNotFoundException")})
    assert list_permissions(scope(api, {"FunctionName": f"{ARN}:Production"})) == []
    assert api.params("lambda.get_policy") == {"FunctionName": "audio", "Qualifier": "Production"}


# Event sources

MAPPING = {
    "UUID": "1",
    "EventSourceArn": "arn:queue",
    "FunctionArn": f"{ARN}:Production",
    "State": "Enabled",
    "BatchSize": 10,
}


@pytest.mark.parametrize(
    ("state", "phase", "enabled"),
    [
        ("Creating", Phase.BUSY, True),
        ("Enabled", Phase.READY, True),
        ("Disabling", Phase.BUSY, False),
        ("Disabled", Phase.READY, False),
        ("Deleting", Phase.LEAVING, False),
    ],
)
def test_a_mapping_in_its_states(state: str, phase: Phase, enabled: bool) -> None:
    found = LAMBDA_EVENT_SOURCE_MAPPING.parse({**MAPPING, "State": state})
    assert (found.phase, found.properties["Enabled"]) == (phase, enabled)


def test_a_mapping_is_recognised_by_source_and_function() -> None:
    found = LAMBDA_EVENT_SOURCE_MAPPING.parse(MAPPING).properties
    key = LAMBDA_EVENT_SOURCE_MAPPING.natural_key
    assert key(found) == key({"EventSourceArn": "arn:queue", "FunctionName": "audio:Production"})
    assert key(found) != key({"EventSourceArn": "arn:queue", "FunctionName": "audio"})


def test_a_limit_is_taken_away_by_nothing() -> None:
    desired = {"EventSourceArn": "arn:queue", "FunctionName": "audio", "BatchSize": 10, "ScalingConfig": {}}
    job = work(CannedApi(), LAMBDA_EVENT_SOURCE_MAPPING, desired, MAPPING, changed=frozenset({"ScalingConfig"}))
    assert _params(LAMBDA_EVENT_SOURCE_MAPPING.updates[0].step, job) == {"UUID": "1", "ScalingConfig": {}}
