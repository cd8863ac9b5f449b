# Copyright (c) stackwright.aws contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The ledger: a DynamoDB table per region that holds leases and the record of operations.

It never holds desired state and never a secret. It belongs to no stack and outlives them all.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from ..engine.api import Api, ApiError
from ..engine.errors import StackwrightError

TABLE = "stackwright-ledger"

_DEFINITION: dict[str, Any] = {
    "TableName": TABLE,
    "AttributeDefinitions": [
        {"AttributeName": "Stack", "AttributeType": "S"},
        {"AttributeName": "Entry", "AttributeType": "S"},
    ],
    "KeySchema": [
        {"AttributeName": "Stack", "KeyType": "HASH"},
        {"AttributeName": "Entry", "KeyType": "RANGE"},
    ],
    "BillingMode": "PAY_PER_REQUEST",
    "SSESpecification": {"Enabled": True},
    "DeletionProtectionEnabled": True,
    "Tags": [{"Key": "stackwright:ledger", "Value": "true"}],
}

_CREATE_TIMEOUT = 120.0


class Conflict(Exception):
    """A conditional write found something else than it expected; `entry` is what it found."""

    def __init__(self, entry: dict[str, Any]) -> None:
        super().__init__("conditional write refused")
        self.entry = entry


class Ledger:
    """Reads and writes entries of the ledger of one region."""

    def __init__(self, api: Api, region: str, sleep: Callable[[float], None] = time.sleep) -> None:
        self.api = api
        self.region = region
        self._sleep = sleep

    def get(self, stack: str, entry: str) -> dict[str, Any]:
        """One entry as plain data; empty when there is none, or no ledger yet."""
        try:
            answer = self._call("get_item", TableName=TABLE, Key=_key(stack, entry), ConsistentRead=True)
        except ApiError as error:
            if error.missing:
                return {}
            raise
        return _plain(answer.get("Item", {}))

    def put(self, stack: str, entry: str, values: dict[str, Any], *, expect: dict[str, Any] | None = None) -> None:
        """Write one entry whole.

        Args:
            expect: attributes that the entry must have now; empty: there must be no entry; None: whatever is there.

        Raises:
            Conflict: the entry is not as expected.
        """
        params: dict[str, Any] = {"TableName": TABLE, "Item": {**_key(stack, entry), **_typed(values)}}
        if expect is not None:
            params["ReturnValuesOnConditionCheckFailure"] = "ALL_OLD"
            if expect:
                params["ConditionExpression"] = " AND ".join(f"#{n} = :{n}" for n in expect)
                params["ExpressionAttributeNames"] = {f"#{n}": n for n in expect}
                params["ExpressionAttributeValues"] = {f":{n}": v for n, v in _typed(expect).items()}
            else:
                params["ConditionExpression"] = "attribute_not_exists(Stack)"
        try:
            self._write(stack, entry, params)
        except ApiError as error:
            if not error.missing:
                raise
            self.ensure()
            self._write(stack, entry, params)

    def _write(self, stack: str, entry: str, params: dict[str, Any]) -> None:
        try:
            self._call("put_item", **params)
        except ApiError as error:
            if error.code == "ConditionalCheckFailedException":
                raise Conflict(self.get(stack, entry)) from None
            raise

    def ensure(self) -> None:
        """Make the ledger if there is none, and wait until it answers.

        Raises:
            StackwrightError: it does not become active.
        """
        try:
            self._call("create_table", **_DEFINITION)
        except ApiError as error:
            if error.code not in ("ResourceInUseException", "TableAlreadyExistsException"):
                raise
        waited = 0.0
        while waited < _CREATE_TIMEOUT:
            try:
                if self._call("describe_table", TableName=TABLE)["Table"]["TableStatus"] == "ACTIVE":
                    return
            except ApiError as error:
                if not error.missing:
                    raise
            self._sleep(0.5)
            waited += 0.5
        raise StackwrightError(f"the ledger {TABLE} in {self.region} is not active after {int(waited)} s; run again")

    def _call(self, operation: str, **params: Any) -> dict[str, Any]:
        return self.api.call("dynamodb", operation, params, region=self.region)


def _key(stack: str, entry: str) -> dict[str, Any]:
    return {"Stack": {"S": stack}, "Entry": {"S": entry}}


def _typed(values: dict[str, Any]) -> dict[str, Any]:
    return {n: {"N": str(v)} if isinstance(v, (int, float)) else {"S": str(v)} for n, v in values.items()}


def _plain(item: dict[str, Any]) -> dict[str, Any]:
    def value(typed: dict[str, str]) -> Any:
        if "N" in typed:
            return float(typed["N"]) if "." in typed["N"] else int(typed["N"])
        return typed.get("S", "")

    return {name: value(typed) for name, typed in item.items()}
