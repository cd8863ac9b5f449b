"""An account to take samples through."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from ansible_collections.stackwright.aws.plugins.module_utils.aws.client import AwsApi, Requests
from ansible_collections.stackwright.aws.plugins.module_utils.aws.credentials import ConnectionOptions
from ansible_collections.stackwright.aws.plugins.module_utils.engine.converge import (
    Convergence,
    ConvergeOptions,
    Outcome,
)
from ansible_collections.stackwright.aws.plugins.module_utils.engine.document import Document, Resource
from ansible_collections.stackwright.aws.plugins.module_utils.engine.kind import Kind
from ansible_collections.stackwright.aws.plugins.module_utils.engine.plan import PlanOptions
from ansible_collections.stackwright.aws.plugins.module_utils.engine.waiting import WaitOptions
from ansible_collections.stackwright.aws.plugins.module_utils.kinds.registry import registry_for
from tests.own_twin import OwnTwin
from tests.unit.engine.made_up import FreeLease

REGION = "us-east-1"
STACK = "contract-test"
#: Slow things go through their states, but not for long.
SCALE = 0.1
WAITING = WaitOptions(poll_interval=0.02, max_interval=0.1, timeout=60)


@dataclass
class Account:
    """An account, and how the engine and a person reach it. The clients of the engine are kept between tests."""

    twin: OwnTwin
    api: AwsApi
    reading_api: AwsApi
    lease: FreeLease = field(default_factory=FreeLease)

    def converge(
        self, resources: list[Resource], *, check: bool = False, kinds: tuple[Kind, ...] = (), **options: Any
    ) -> Outcome:
        """One run, with some kinds instead of the collection's. Options are those of `PlanOptions`."""
        api = self.reading_api if check else self.api
        api.requests = Requests()
        self.twin.forget_requests()
        choices = ConvergeOptions(
            check=check, plan=PlanOptions(**options), waiting=WAITING, final_snapshot=False, threads=8
        )
        document = Document(STACK, REGION, resources)
        registry = registry_for(api, document).with_kinds(kinds)
        return Convergence(api, registry, self.lease, options=choices).run(document)

    def writes(self, check: bool = False) -> list[str]:
        """What the last run wrote, by the twin's account of it, which must be the engine's own too."""
        api = self.reading_api if check else self.api
        seen = self.twin.writes()
        assert api.requests.answer()["writes"] == len(seen), (api.requests.answer(), seen)
        return seen


def api_of(twin: OwnTwin, read_only: bool) -> AwsApi:
    connection = ConnectionOptions(region=REGION, endpoint_url=twin.url, access_key="testing", secret_key="testing")
    return AwsApi(connection, read_only=read_only, rates={"*": 0.0})
