# Copyright (c) stackwright.aws contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from botocore.exceptions import ClientError


@contextmanager
def refused(code: str, status: int | None = None, message: str = "") -> Iterator[None]:
    """The block must be answered with exactly this error."""
    with pytest.raises(ClientError) as caught:
        yield
    response = caught.value.response
    assert response["Error"]["Code"] == code, response
    assert message in response["Error"]["Message"], response
    if status is not None:
        assert response["ResponseMetadata"]["HTTPStatusCode"] == status, response


def eventually(read: Callable[[], Any], wanted: Any, seconds: float = 5.0) -> Any:
    """Read until the answer is what is wanted."""
    deadline = time.monotonic() + seconds
    while True:
        seen = read()
        if seen == wanted:
            return seen
        assert time.monotonic() < deadline, f"{seen!r} did not become {wanted!r}"
        time.sleep(0.03)
