"""A twin for each worker, emptied for each test."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.contract.account import SCALE, Account, api_of
from tests.own_twin import own_twin
from tests.unit.engine.made_up import FreeLease


@pytest.fixture(scope="session")
def worker_account() -> Iterator[Account]:
    with own_twin(SCALE) as twin:
        yield Account(twin, api_of(twin, False), api_of(twin, True))


@pytest.fixture
def account(worker_account: Account) -> Account:
    """An empty account."""
    worker_account.twin.reset()
    worker_account.lease = FreeLease()
    return worker_account
