"""Tags that somebody took off: the plan refuses to make a second one, and adopting puts everything as it was.

Every kind of social_analytics in turn, all of its objects at once, as a script that "cleans up" tags does it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

import pytest

from ansible_collections.stackwright.aws.plugins.module_utils.engine.errors import PlanError
from ansible_collections.stackwright.aws.plugins.module_utils.engine.kind import Call, Kind, Work
from ansible_collections.stackwright.aws.plugins.module_utils.engine.plan import Action, Change
from ansible_collections.stackwright.aws.plugins.module_utils.kinds.registry import REGISTRY
from tests.integration.standing import Standing, standing

#: What says in another way than by its tags whose it is: the next run puts the tags back without asking.
KNOWN_OTHERWISE = {
    "AWS::EC2::SecurityGroupEgress": "it is a part of a security group of the stack",
    "AWS::EC2::SecurityGroupIngress": "it is a part of a security group of the stack",
    "AWS::ElasticLoadBalancingV2::Listener": "it is a part of a load balancer of the stack",
    "AWS::Route53::HostedZone": "its caller reference names the stack",
}


def strip(stack: Standing, change: Change) -> None:
    """Take all tags off an object."""
    kind, observed = REGISTRY[change.kind], change.observed
    assert observed is not None and observed.tags and kind.untag is not None
    region = observed.region or stack.document.region
    work = Work(
        change.address,
        dict(change.desired),
        stack.account.api,
        stack=stack.document.stack,
        current=observed,
        region=region,
        tags_to_remove=tuple(observed.tags),
    )
    if isinstance(kind.untag, Call):
        params = kind.untag.params(work)
        stack.account.api.call(kind.untag.service or kind.service, kind.untag.operation, params, region=region)
    else:
        kind.untag(work)


def _loses_tags(kind: Kind) -> bool:
    return kind.tags is not None and kind.untag is not None and not kind.owned_by_mark


@pytest.fixture(scope="module")
def prod() -> Iterator[Standing]:
    with standing("social_analytics", "prod") as stack:
        yield stack


@pytest.fixture(scope="module")
def tagged(prod: Standing) -> dict[str, list[Change]]:
    """Everything that can lose its tags, by kind."""
    found: dict[str, list[Change]] = defaultdict(list)
    for change in prod.converge(check=True).plan.changes:
        assert change.action is Action.NONE
        if _loses_tags(REGISTRY[change.kind]):
            found[change.kind].append(change)
    return found


def test_every_kind_that_loses_its_tags_is_refused_and_can_be_adopted(
    prod: Standing, tagged: dict[str, list[Change]], subtests: pytest.Subtests
) -> None:
    assert len(tagged) > 30
    for kind, changes in tagged.items():
        with subtests.test(kind):
            for change in changes:
                strip(prod, change)
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


def test_a_stack_without_a_single_tag_is_refused_too(prod: Standing, tagged: dict[str, list[Change]]) -> None:
    """Nothing tells any more which VPC is whose, but what has a name is there."""
    for changes in tagged.values():
        for change in changes:
            strip(prod, change)
    with pytest.raises(PlanError, match=r"databases\.main: DB instance social-analytics-db exists, but no tag"):
        prod.converge(check=True)
