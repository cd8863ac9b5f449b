# Copyright (c) stackwright.aws contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
from __future__ import annotations

from typing import Any, NoReturn

from moto.s3.exceptions import S3ClientError


class Refusal(S3ClientError):
    """An error in AWS's own words. moto renders any ServiceException for the protocol of the service;
    S3's handlers catch their own subclass only, hence the base."""

    def __init__(self, code: str, message: str, status: int | None, members: dict[str, Any]) -> None:
        super().__init__(code, message)
        self.status = status
        for name, value in members.items():
            setattr(self, name, value)


def refuse(code: str, message: str, status: int | None = None, **members: Any) -> NoReturn:
    """Answer the current request with an error.

    :param code: AWS's error code as clients see it, e.g. ``DependencyViolation``.
    :param message: AWS's message.
    :param status: HTTP status; default is what the service's model says of the code, else 400.
    :param members: further members of the modelled error, e.g. ``resourceType``.
    """
    raise Refusal(code, message, status, members)
