# Copyright (c) stackwright.aws contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""What the engine asks of the cloud: a port, implemented by the `aws` package and by tests."""

from __future__ import annotations

from typing import Any, Protocol

from .errors import StackwrightError


class ApiError(StackwrightError):
    """A request that the cloud answered with an error, or did not answer.

    Args:
        code: the cloud's own error code, e.g. `DependencyViolation`.
        message: the cloud's own words.
        service: e.g. `ec2`.
        operation: e.g. `delete_vpc`.
        request_id: the id to quote to the cloud's support, empty where there was no answer.
        missing: the thing that was asked for does not exist.
        throttled: asked too often; nothing happened.
        ambiguous: no answer, or a 5xx: the effect may have happened.
        denied: the caller may not do this.
        repeated: it is the answer to a repetition; an attempt before it may have taken effect.
    """

    def __init__(
        self,
        code: str,
        message: str,
        *,
        service: str = "",
        operation: str = "",
        request_id: str = "",
        missing: bool = False,
        throttled: bool = False,
        ambiguous: bool = False,
        denied: bool = False,
        repeated: bool = False,
    ) -> None:
        text = f"{code}: {message}"
        where = f"{service}.{operation}" if service else operation
        if where:
            text += f" ({where}"
            text += f", request id {request_id})" if request_id else ")"
        super().__init__(text)
        self.code = code
        self.message = message
        self.service = service
        self.operation = operation
        self.request_id = request_id
        self.missing = missing
        self.throttled = throttled
        self.ambiguous = ambiguous
        self.denied = denied
        self.repeated = repeated


class Api(Protocol):
    """Requests to one account, counted, paced and retried; every method may be called from any thread."""

    @property
    def region(self) -> str:
        """The stack's region."""

    @property
    def account(self) -> str:
        """The account's id, twelve digits."""

    @property
    def partition(self) -> str:
        """`aws`, `aws-cn` or `aws-us-gov`."""

    def call(
        self, service: str, operation: str, params: dict[str, Any], *, region: str = "", once: bool = False
    ) -> dict[str, Any]:
        """Send one request and return its answer.

        Args:
            service: botocore's name of the service.
            operation: botocore's method name, e.g. `describe_vpcs`.
            params: the request's parameters.
            region: another region than the stack's.
            once: never send it twice: it is a create that the cloud cannot recognise when repeated.

        Raises:
            ApiError: the request failed.
        """

    def pages(self, service: str, operation: str, params: dict[str, Any], items: str, *, region: str = "") -> list[Any]:
        """Send a reading request and follow its pages.

        Args:
            items: JMESPath of the list within each page.

        Raises:
            ApiError: the request failed.
        """
