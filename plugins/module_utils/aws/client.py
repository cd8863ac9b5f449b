# Copyright (c) stackwright.aws contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Requests to AWS: one session, one client per service and region, retries, pacing, counting.

This is the only place in the collection where a client is made.
"""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from ..engine.api import ApiError
from ..engine.pacing import Pacer
from .credentials import ConnectionOptions, open_session
from .errors import BotoCoreError, ClientError, translate

try:
    import jmespath
    from botocore.config import Config
except ImportError:  # the door says so before anything is asked
    jmespath = Config = None

_READERS = ("batch_get_", "describe_", "get_", "head_", "list_", "lookup_", "search_", "simulate_")
_REMOVERS = (
    "delete_",
    "deregister_",
    "detach_",
    "disassociate_",
    "release_",
    "remove_",
    "revoke_",
    "terminate_",
    "untag_",
)
_READING_OPERATIONS = frozenset({"assume_role", "validate_template"})

#: Requests a second that an account's control planes stand in general; EC2's buckets are refilled at 20 a second.
#: https://docs.aws.amazon.com/ec2/latest/devguide/ec2-api-throttling.html
DEFAULT_RATES: Mapping[str, float] = {"*": 40.0}


def is_reading(operation: str) -> bool:
    """Whether an operation, by botocore's method name, changes nothing."""
    return operation.startswith(_READERS) or operation in _READING_OPERATIONS


def retries_of(answer: Mapping[str, Any]) -> int:
    """How often botocore repeated a request until it was answered so."""
    return int(answer.get("ResponseMetadata", {}).get("RetryAttempts", 0))


def was_removed(error: ApiError) -> bool:
    """Whether a removal was done by an attempt whose answer was lost, so that its repetition found nothing."""
    return error.missing and error.repeated and error.operation.startswith(_REMOVERS)


@dataclass
class Requests:
    """How many requests were sent, by `service.operation`."""

    counts: Counter[str] = field(default_factory=Counter)
    retries: int = 0
    paced: float = 0.0

    def answer(self) -> dict[str, Any]:
        """The counts as results carry them."""
        writes = sum(n for name, n in self.counts.items() if not is_reading(name.split(".", 1)[1]))
        return {
            "requests": dict(sorted(self.counts.items())),
            "reads": sum(self.counts.values()) - writes,
            "writes": writes,
            "retries": self.retries,
            "seconds_paced": round(self.paced, 1),
        }


class AwsApi:
    """The engine's `Api` over botocore.

    Args:
        options: whose account, which region, which endpoint.
        read_only: refuse every operation that writes.
        rates: requests a second by service, `*` for all others.
    """

    def __init__(
        self, options: ConnectionOptions, *, read_only: bool = False, rates: Mapping[str, float] | None = None
    ) -> None:
        self.options = options
        self.read_only = read_only
        self.requests = Requests()
        self._pacer = Pacer(rates or DEFAULT_RATES)
        self._lock = threading.Lock()
        self._clients: dict[tuple[str, str, bool], Any] = {}
        self._session: Any = None
        self._identity: dict[str, str] | None = None
        self._identity_lock = threading.Lock()

    @property
    def region(self) -> str:
        return self.options.region

    @property
    def account(self) -> str:
        return self._who()["Account"]

    @property
    def partition(self) -> str:
        return self._who()["Arn"].split(":")[1]

    def _who(self) -> dict[str, str]:
        with self._identity_lock:
            if self._identity is None:
                self._identity = self.call("sts", "get_caller_identity", {})
            return self._identity

    def call(
        self, service: str, operation: str, params: dict[str, Any], *, region: str = "", once: bool = False
    ) -> dict[str, Any]:
        """Send one request; see `engine.api.Api`. A removal that a lost attempt made answers nothing."""
        self._allow(service, operation)
        client = self._client(service, region, once)
        self._count(service, operation)
        try:
            answer: dict[str, Any] = getattr(client, operation)(**params)
        except (BotoCoreError, ClientError) as error:
            failure = translate(error, service, operation)
            # A connection that was closed has a response too: None.
            self._count_retries(getattr(error, "response", None) or {})
            if was_removed(failure):
                return {}
            raise failure from error
        self._count_retries(answer)
        return answer

    def pages(self, service: str, operation: str, params: dict[str, Any], items: str, *, region: str = "") -> list[Any]:
        """Send a reading request and follow its pages; see `engine.api.Api`."""
        self._allow(service, operation)
        client = self._client(service, region, False)
        found: list[Any] = []
        try:
            if client.can_paginate(operation):
                for page in client.get_paginator(operation).paginate(**params):
                    self._count(service, operation)
                    self._count_retries(page)
                    found += jmespath.search(items, page) or []
            else:
                self._count(service, operation)
                found += jmespath.search(items, getattr(client, operation)(**params)) or []
        except (BotoCoreError, ClientError) as error:
            raise translate(error, service, operation) from error
        return found

    def _allow(self, service: str, operation: str) -> None:
        if self.read_only and not is_reading(operation):
            raise ApiError(
                "ReadOnly", "a check sends no request that writes", service=service, operation=operation, denied=True
            )

    def _count(self, service: str, operation: str) -> None:
        waited = self._pacer.wait(service)
        with self._lock:
            self.requests.counts[f"{service}.{operation}"] += 1
            self.requests.paced += waited

    def _count_retries(self, answer: Mapping[str, Any]) -> None:
        retries = retries_of(answer)
        if retries:
            with self._lock:
                self.requests.retries += retries

    def _client(self, service: str, region: str, once: bool) -> Any:
        key = (service, region or self.region, once)
        client = self._clients.get(key)
        if client is not None:
            return client
        with self._lock:
            if key not in self._clients:
                self._clients[key] = self._make_client(*key)
            return self._clients[key]

    def _make_client(self, service: str, region: str, once: bool) -> Any:
        # A create that the cloud cannot recognise is never repeated by botocore: the engine looks first.
        retries = (
            {"mode": "standard", "total_max_attempts": 1} if once else {"mode": "adaptive", "total_max_attempts": 8}
        )
        config = Config(
            retries=retries,
            max_pool_connections=32,
            connect_timeout=10,
            read_timeout=60,
            user_agent_extra="stackwright.aws",
        )
        try:
            if self._session is None:
                self._session = open_session(self.options)
            return self._session.create_client(
                service,
                region_name=region,
                endpoint_url=self.options.endpoint_url or None,
                verify=self.options.verify,
                config=config,
            )
        except (BotoCoreError, ClientError) as error:
            raise translate(error, service, "") from error
