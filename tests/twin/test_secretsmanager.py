# Copyright (c) stackwright.aws contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
from __future__ import annotations

from typing import Any

import pytest

from tests.twin.helpers import eventually, refused


@pytest.fixture
def secrets(client: Any) -> Any:
    return client("secretsmanager")


def test_a_name_scheduled_for_deletion_is_taken(secrets: Any) -> None:
    first = secrets.create_secret(Name="db", SecretString="x")["ARN"]
    secrets.delete_secret(SecretId="db", RecoveryWindowInDays=7)
    with refused("InvalidRequestException", 400, "already scheduled for deletion"):
        secrets.create_secret(Name="db", SecretString="y")
    for call in (
        lambda: secrets.put_secret_value(SecretId="db", SecretString="y"),
        lambda: secrets.tag_resource(SecretId="db", Tags=[{"Key": "a", "Value": "b"}]),
        lambda: secrets.replicate_secret_to_regions(SecretId="db", AddReplicaRegions=[{"Region": "us-west-2"}]),
    ):
        with refused("InvalidRequestException", 400, "marked for deletion"):
            call()
    secrets.restore_secret(SecretId="db")
    assert secrets.get_secret_value(SecretId="db")["SecretString"] == "x"
    secrets.delete_secret(SecretId="db", ForceDeleteWithoutRecovery=True)
    assert secrets.create_secret(Name="db", SecretString="y")["ARN"] != first


def test_replicas(secrets: Any, client: Any) -> None:
    other = client("secretsmanager", "us-west-2")
    arn = secrets.create_secret(
        Name="db", SecretString="x", AddReplicaRegions=[{"Region": "us-west-2", "KmsKeyId": "alias/dr"}]
    )["ARN"]

    def status() -> Any:
        return [
            (one["Region"], one["KmsKeyId"], one["Status"])
            for one in secrets.describe_secret(SecretId="db")["ReplicationStatus"]
        ]

    assert status() == [("us-west-2", "alias/dr", "InProgress")]
    eventually(status, [("us-west-2", "alias/dr", "InSync")])
    copy = other.describe_secret(SecretId="db")
    assert (copy["ARN"], copy["PrimaryRegion"]) == (arn.replace("us-east-1", "us-west-2"), "us-east-1")
    with refused("InvalidParameterException"):
        secrets.replicate_secret_to_regions(SecretId="db", AddReplicaRegions=[{"Region": "us-west-2"}])
    with refused("InvalidParameterException"):
        secrets.delete_secret(SecretId="db")
    assert other.stop_replication_to_replica(SecretId="db")["ARN"] == copy["ARN"]
    other.put_secret_value(SecretId="db", SecretString="promoted")
    assert other.get_secret_value(SecretId="db")["SecretString"] == "promoted"
    assert secrets.get_secret_value(SecretId="db")["SecretString"] == "x"
    assert "ReplicationStatus" not in secrets.describe_secret(SecretId="db")
    with refused("InvalidRequestException"):
        other.stop_replication_to_replica(SecretId="db")


def test_names_and_policies(secrets: Any) -> None:
    with refused("ValidationException"):
        secrets.create_secret(Name="not a name", SecretString="x")
    secrets.create_secret(Name="db", SecretString="x")
    with refused("MalformedPolicyDocumentException"):
        secrets.put_resource_policy(SecretId="db", ResourcePolicy="nonsense")
    everyone = (
        '{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": "*",'
        ' "Action": "secretsmanager:GetSecretValue", "Resource": "*"}]}'
    )
    with refused("PublicPolicyException"):
        secrets.put_resource_policy(SecretId="db", ResourcePolicy=everyone, BlockPublicPolicy=True)


def test_rotation_needs_its_function(secrets: Any) -> None:
    secrets.create_secret(Name="db", SecretString="x")
    rules = {"AutomaticallyAfterDays": 30}
    with refused("InvalidRequestException", 400, "No Lambda rotation function"):
        secrets.rotate_secret(SecretId="db", RotationRules=rules)
    function = "arn:aws:lambda:us-east-1:123456789012:function:missing"
    with refused("AccessDeniedException"):
        secrets.rotate_secret(SecretId="db", RotationLambdaARN=function, RotationRules=rules)
    assert "RotationEnabled" not in secrets.describe_secret(SecretId="db")


def test_rotation_schedule(secrets: Any, client: Any) -> None:
    import io
    import zipfile

    code = io.BytesIO()
    with zipfile.ZipFile(code, "w") as archive:
        archive.writestr("f.py", "def handler(event, context): pass\n")
    iam = client("iam")
    trust = (
        '{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": {"Service":'
        ' "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}]}'
    )
    role = iam.create_role(RoleName="rotate", AssumeRolePolicyDocument=trust)["Role"]["Arn"]
    function = client("lambda").create_function(
        FunctionName="rotate", Runtime="python3.12", Role=role, Handler="f.handler", Code={"ZipFile": code.getvalue()}
    )["FunctionArn"]
    secrets.create_secret(Name="db", SecretString="x")
    secrets.rotate_secret(SecretId="db", RotationLambdaARN=function, RotationRules={"AutomaticallyAfterDays": 30})
    seen = secrets.describe_secret(SecretId="db")
    assert (seen["RotationEnabled"], seen["RotationLambdaARN"]) == (True, function)
    assert seen["RotationRules"] == {"AutomaticallyAfterDays": 30}
    secrets.cancel_rotate_secret(SecretId="db")
    assert not secrets.describe_secret(SecretId="db")["RotationEnabled"]


def test_batch(secrets: Any) -> None:
    secrets.create_secret(Name="a", SecretString="1")
    secrets.create_secret(Name="b", SecretString="2")
    answer = secrets.batch_get_secret_value(SecretIdList=["a", "b", "missing"])
    assert {one["Name"]: one["SecretString"] for one in answer["SecretValues"]} == {"a": "1", "b": "2"}
    assert answer["Errors"][0]["ErrorCode"] == "ResourceNotFoundException"


def test_a_list_tells_that_there_are_copies(secrets: Any) -> None:
    secrets.create_secret(Name="alone", SecretString="x")
    secrets.create_secret(Name="copied", SecretString="x", AddReplicaRegions=[{"Region": "us-west-2"}])
    told = {one["Name"]: one.get("PrimaryRegion") for one in secrets.list_secrets()["SecretList"]}
    assert told == {"alone": None, "copied": "us-east-1"}


def test_an_empty_description_takes_one_away(secrets: Any) -> None:
    secrets.create_secret(Name="db", SecretString="x", Description="words")
    secrets.update_secret(SecretId="db", Description="")
    assert not secrets.describe_secret(SecretId="db").get("Description")
