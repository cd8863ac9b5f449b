"""Answers that were lost on the way."""

from __future__ import annotations

from typing import Any

import pytest
from botocore.exceptions import ClientError, ConnectionClosedError

from ansible_collections.stackwright.aws.plugins.module_utils.aws.client import AwsApi
from ansible_collections.stackwright.aws.plugins.module_utils.aws.credentials import ConnectionOptions
from ansible_collections.stackwright.aws.plugins.module_utils.engine.api import ApiError


class Refusing:
    """A client whose every request ends with one error after some repetitions."""

    def __init__(self, code: str, retries: int) -> None:
        self.error = {
            "Error": {"Code": code, "Message": "no"},
            "ResponseMetadata": {"RetryAttempts": retries, "HTTPStatusCode": 404},
        }

    def __getattr__(self, operation: str) -> Any:
        def request(**_params: Any) -> None:
            raise ClientError(self.error, operation)  # type: ignore[arg-type]

        return request


def api(code: str, retries: int) -> AwsApi:
    made = AwsApi(ConnectionOptions(region="us-east-1"))
    made._clients["iam", "us-east-1", False] = Refusing(code, retries)
    return made


def test_a_connection_that_is_closed_without_an_answer_may_have_had_its_effect() -> None:
    """botocore's error has a response then, and it is None."""

    class Closing:
        def create_vpc(self, **_params: Any) -> None:
            raise ConnectionClosedError(endpoint_url="http://127.0.0.1:1")

    made = AwsApi(ConnectionOptions(region="us-east-1"))
    made._clients["ec2", "us-east-1", True] = Closing()
    with pytest.raises(ApiError) as lost:
        made.call("ec2", "create_vpc", {}, once=True)
    assert (lost.value.code, lost.value.ambiguous) == ("ConnectionFailed", True)


def test_a_removal_that_a_lost_attempt_made_is_done() -> None:
    asked = api("NoSuchEntity", 1)
    assert asked.call("iam", "detach_role_policy", {"RoleName": "web"}) == {}
    assert asked.requests.retries == 1


@pytest.mark.parametrize(
    ("code", "retries", "operation"),
    [
        ("NoSuchEntity", 0, "detach_role_policy"),
        ("DeleteConflict", 1, "delete_role"),
        ("NoSuchEntity", 1, "put_role_policy"),
    ],
)
def test_other_refusals_are_told(code: str, retries: int, operation: str) -> None:
    with pytest.raises(ApiError, match=code):
        api(code, retries).call("iam", operation, {"RoleName": "web"})
