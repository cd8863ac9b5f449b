"""Answers that were lost on the way."""

from __future__ import annotations

from typing import Any

import pytest
from botocore.exceptions import ClientError

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
