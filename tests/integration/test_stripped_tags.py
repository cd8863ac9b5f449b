"""Tags that somebody took off: the plan refuses to make a second one, and adopting puts everything as it was.

Every kind of social_analytics in turn, all of its objects at once, as a script that "cleans up" tags does it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field

import pytest

from ansible_collections.stackwright.aws.plugins.module_utils.engine.converge import (
    Convergence,
    ConvergeOptions,
    Outcome,
)
from ansible_collections.stackwright.aws.plugins.module_utils.engine.document import Document
from ansible_collections.stackwright.aws.plugins.module_utils.engine.errors import PlanError
from ansible_collections.stackwright.aws.plugins.module_utils.engine.kind import Call, Kind, Work
from ansible_collections.stackwright.aws.plugins.module_utils.engine.plan import Action, Change, PlanOptions
from ansible_collections.stackwright.aws.plugins.module_utils.engine.waiting import WaitOptions
from ansible_collections.stackwright.aws.plugins.module_utils.kinds.registry import REGISTRY, registry_for
from ansible_collections.stackwright.aws.plugins.module_utils.tiers.stack import compile_all
from tests.contract.account import Account, api_of
from tests.integration.inventories import stacks_of
from tests.own_twin import ROOT, own_twin
from tests.unit.engine.made_up import FreeLease

SYSTEM = ROOT / "inventories" / "social_analytics"

#: What says in another way than by its tags whose it is: the next run puts the tags back without asking.
KNOWN_OTHERWISE = {
    "AWS::EC2::SecurityGroupEgress": "it is a part of a security group of the stack",
    "AWS::EC2::SecurityGroupIngress": "it is a part of a security group of the stack",
    "AWS::Route53::HostedZone": "its caller reference names the stack",
}


@dataclass
class Standing:
    """A stack that stands."""

    account: Account
    document: Document
    found: dict[str, list[Change]] = field(default_factory=lambda: defaultdict(list))

    def converge(self, check: bool = False, **options: bool) -> Outcome:
        api = self.account.reading_api if check else self.account.api
        waiting = WaitOptions(poll_interval=0.02, max_interval=0.1, timeout=60)
        choices = ConvergeOptions(check=check, plan=PlanOptions(**options), waiting=waiting, threads=8)
        return Convergence(api, registry_for(api, self.document), FreeLease(), options=choices).run(self.document)

    def strip(self, change: Change) -> None:
        """Take all tags off an object."""
        kind, observed = REGISTRY[change.kind], change.observed
        assert observed is not None and observed.tags and kind.untag is not None
        region = observed.region or self.document.region
        work = Work(
            change.address,
            dict(change.desired),
            self.account.api,
            stack=self.document.stack,
            current=observed,
            region=region,
            tags_to_remove=tuple(observed.tags),
        )
        if isinstance(kind.untag, Call):
            params = kind.untag.params(work)
            self.account.api.call(kind.untag.service or kind.service, kind.untag.operation, params, region=region)
        else:
            kind.untag(work)


def _loses_tags(kind: Kind) -> bool:
    return kind.tags is not None and kind.untag is not None and not kind.owned_by_mark


@pytest.fixture(scope="module")
def prod() -> Iterator[Standing]:
    stack = stacks_of([SYSTEM])[str(SYSTEM)]["prod"]["stack"]
    document = compile_all({"env": "prod", **stack}).document
    with own_twin(0.02) as twin:
        standing = Standing(Account(twin, api_of(twin, False), api_of(twin, True)), document)
        standing.converge()
        for change in standing.converge(check=True).plan.changes:
            assert change.action is Action.NONE
            if _loses_tags(REGISTRY[change.kind]):
                standing.found[change.kind].append(change)
        yield standing


def test_every_kind_that_loses_its_tags_is_refused_and_can_be_adopted(
    prod: Standing, subtests: pytest.Subtests
) -> None:
    assert len(prod.found) > 30
    for kind, changes in prod.found.items():
        with subtests.test(kind):
            for change in changes:
                prod.strip(change)
            described = {change.address for change in changes}
            if kind in KNOWN_OTHERWISE:
                mended = prod.converge()
                assert {change.address: change.action for change in mended.plan.effective} == dict.fromkeys(
                    described, Action.UPDATE
                )
            else:
                with pytest.raises(PlanError) as refused:
                    prod.converge(check=True)
                problems = refused.value.problems
                assert len(problems) == len(changes), problems
                assert all("no tag says that it belongs to social-analytics-prod" in text for text in problems)
                assert all("run adopt.yml to take it over" in text for text in problems)
                adopted = prod.converge(adopt=True)
                touched = {change.address: change.action for change in adopted.plan.effective}
                # The value of an adopted secret is looked at anew, and found as described.
                kept = {one: action for one, action in touched.items() if one.kind != "Custom::SecretValue"}
                assert kept == dict.fromkeys(described, Action.UPDATE)
            assert not prod.converge(check=True).changed


def test_a_stack_without_a_single_tag_is_refused_too(prod: Standing) -> None:
    """Nothing tells any more which VPC is whose, but what has a name is there."""
    for changes in prod.found.values():
        for change in changes:
            prod.strip(change)
    with pytest.raises(PlanError, match=r"databases\.main: DB instance social-analytics-db exists, but no tag"):
        prod.converge(check=True)
