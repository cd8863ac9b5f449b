# Copyright (c) stackwright.aws contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Answers of EC2's plural requests, which tell failures in the answer instead of by an error."""

from __future__ import annotations

from typing import Any

from ...engine.api import ApiError


def raise_unsuccessful(answer: dict[str, Any], operation: str) -> None:
    """Raise what an answer lists as unsuccessful.

    Raises:
        ApiError: the answer's first `Unsuccessful` item, under AWS's own code and words.
    """
    for item in answer.get("Unsuccessful") or []:
        error = item.get("Error") or {}
        code = str(error.get("Code", "Unsuccessful"))
        raise ApiError(
            code,
            str(error.get("Message", "no reason given")),
            service="ec2",
            operation=operation,
            request_id=answer.get("ResponseMetadata", {}).get("RequestId", ""),
            missing=code.endswith(".NotFound"),
        )
