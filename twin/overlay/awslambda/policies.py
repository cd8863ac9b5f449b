# Copyright (c) stackwright.aws contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Resource policies: one for each function, version and alias.

Source: https://docs.aws.amazon.com/lambda/latest/api/API_AddPermission.html
"""

from __future__ import annotations

import json
import re
import uuid
from typing import Any

from moto.awslambda.responses import LambdaResponse

from twin.overlay.awslambda.functions import function_of
from twin.patch import Parameters, notes, operation
from twin.refusal import refuse

Answer = dict[str, Any]

# Parameter -> the test and the key of the condition that it becomes.
_CONDITIONS = {
    "SourceArn": ("ArnLike", "AWS:SourceArn"),
    "SourceAccount": ("StringEquals", "AWS:SourceAccount"),
    "PrincipalOrgID": ("StringEquals", "aws:PrincipalOrgID"),
    "EventSourceToken": ("StringEquals", "lambda:EventSourceToken"),
    "FunctionUrlAuthType": ("StringEquals", "lambda:FunctionUrlAuthType"),
    "InvokedViaFunctionUrl": ("Bool", "lambda:InvokedViaFunctionUrl"),
}


def install() -> None:
    @operation(LambdaResponse, "AddPermission")
    def add(response: Any, asked: Parameters) -> Answer:
        statements, arn = _policy(response, asked)
        if not re.fullmatch(r"[a-zA-Z0-9_-]{1,100}", asked["StatementId"]):
            refuse(
                "ValidationException", f"Value '{asked['StatementId']}' at 'statementId' failed to satisfy constraint"
            )
        if any(one["Sid"] == asked["StatementId"] for one in statements):
            refuse(
                "ResourceConflictException",
                f"The statement id ({asked['StatementId']}) provided already exists. Please provide a new statement "
                "id, or remove the existing statement.",
            )
        statement: Answer = {
            "Sid": asked["StatementId"],
            "Effect": "Allow",
            "Principal": _principal(response, asked["Principal"]),
            "Action": asked["Action"],
            "Resource": arn,
        }
        for name, (test, key) in _CONDITIONS.items():
            if name in asked:
                value = str(asked[name]).lower() if isinstance(asked[name], bool) else asked[name]
                statement.setdefault("Condition", {}).setdefault(test, {})[key] = value
        statements.append(statement)
        return {"Statement": json.dumps(statement)}

    @operation(LambdaResponse, "GetPolicy")
    def get(response: Any, asked: Parameters) -> Answer:
        statements, _arn = _policy(response, asked)
        if not statements:
            refuse("ResourceNotFoundException", "The resource you requested does not exist.", 404)
        policy = {"Version": "2012-10-17", "Id": "default", "Statement": statements}
        return {"Policy": json.dumps(policy), "RevisionId": str(uuid.uuid4())}

    @operation(LambdaResponse, "RemovePermission")
    def remove(response: Any, asked: Parameters) -> None:
        statements, _arn = _policy(response, asked)
        kept = [one for one in statements if one["Sid"] != asked["StatementId"]]
        if len(kept) == len(statements):
            refuse(
                "ResourceNotFoundException", f"Statement {asked['StatementId']} is not found in resource policy.", 404
            )
        statements[:] = kept


def _policy(response: Any, asked: Parameters) -> tuple[list[Answer], str]:
    """The statements for what a request names, and its ARN."""
    function_of(response, asked, qualifier=True)
    latest = response.backend._lambdas.get_arn(function_of(response, asked).function_arn)
    qualifier = asked.get("Qualifier") or asked["FunctionName"].rpartition(":function:")[2].partition(":")[2]
    arn = latest.function_arn + (f":{qualifier}" if qualifier else "")
    return notes(latest, f"policy {qualifier}", list), arn


def _principal(response: Any, name: str) -> Any:
    if name == "*":
        return name
    if name.endswith(".amazonaws.com"):
        return {"Service": name}
    return {"AWS": f"arn:aws:iam::{name}:root" if name.isdecimal() else name}
