# Copyright (c) stackwright.aws contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""AWS::ApiGateway::Account: the role by which API Gateway writes logs, one for all APIs of an account and region.

Stacks share it. It is set where there is none, or where the role is gone, and otherwise left as it is.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial

from ...engine.kind import Call, Item, Kind, Property, Scope
from ..requests import unless
from .common import PASSING, SERVICE, replace


def read_account(scope: Scope) -> Iterable[Item]:
    """The account's settings, if a role is set and stands."""
    role = scope.call(SERVICE, "get_account").get("cloudwatchRoleArn")
    if not role:
        return []
    name = role.rpartition("/")[2]
    stands = unless((), partial(scope.call, "iam", "get_role", RoleName=name))
    return [{"Id": "account", "cloudwatchRoleArn": role}] if stands else []


ACCOUNT = Kind(
    type="AWS::ApiGateway::Account",
    service=SERVICE,
    title="account's role for API logs",
    id="Id",
    key=("CloudWatchRoleArn",),
    key_of=lambda _properties: ("account",),
    requires=("AWS::IAM::Role",),
    list=read_account,
    tags=None,
    properties={"CloudWatchRoleArn": Property("cloudwatchRoleArn", initial=True)},
    create=Call(
        "update_account",
        lambda w: {"patchOperations": [replace("/cloudwatchRoleArn", w.desired["CloudWatchRoleArn"])]},
        # A role that was made a moment ago.
        retry_on=frozenset({"BadRequestException: role ARN"}),
    ),
    of_the_account=True,
    retry_on=PASSING,
)
