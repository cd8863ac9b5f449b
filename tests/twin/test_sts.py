# Copyright (c) stackwright.aws contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
from __future__ import annotations

from typing import Any

import boto3

from tests.twin.helpers import refused


def test_identity(client: Any) -> None:
    assert client("sts").get_caller_identity()["Arn"] == "arn:aws:iam::123456789012:user/operator"


def test_twelve_digits_are_an_account(twin: Any) -> None:
    def of(service: str) -> Any:
        return boto3.client(
            service,
            endpoint_url=twin.url,
            region_name="us-east-1",
            aws_access_key_id="210987654321",
            aws_secret_access_key="testing",
        )

    assert of("sts").get_caller_identity()["Account"] == "210987654321"
    of("ssm").put_parameter(Name="/mine", Value="1", Type="String")
    with refused("ParameterNotFound"):
        twin.client("ssm").get_parameter(Name="/mine")


def test_a_missing_role_cannot_be_assumed(client: Any) -> None:
    sts = client("sts")
    with refused("AccessDenied", 403, "sts:AssumeRole"):
        sts.assume_role(RoleArn="arn:aws:iam::123456789012:role/missing", RoleSessionName="session")
    other = sts.assume_role(RoleArn="arn:aws:iam::210987654321:role/deploy", RoleSessionName="session")
    assert other["AssumedRoleUser"]["Arn"] == "arn:aws:sts::210987654321:assumed-role/deploy/session"
