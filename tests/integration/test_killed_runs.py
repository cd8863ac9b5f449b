"""A run of any system that is killed is finished by the next one, with nothing doubled and nothing orphaned.

Where in the run it is killed changes from one time to the next, and is told with a failure.
"""

from __future__ import annotations

import random
from collections import Counter

import pytest

from tests.integration.accounts import tagged
from tests.integration.playbooks import Stack, kill, wait_for_writes
from tests.own_twin import own_twin

SCALE = 0.2
#: How many writing requests may have been sent before the end comes; each system sends more.
EARLIEST, LATEST = 10, 150
#: What runs on a cluster is applied by kubernetes.core, not by the engine.
ENGINE_ONLY = ("--skip-tags", "workloads")
REGIONS = ("us-east-1", "us-west-2", "me-south-1")


@pytest.mark.parametrize(
    ("system", "host"),
    [("cbi", "prod"), ("llm_brand_monitor", "staging"), ("rapid_sentiment", "staging"), ("steno", "prod")],
)
def test_a_killed_run_is_finished_by_the_next(system: str, host: str) -> None:
    moment = random.randint(EARLIEST, LATEST)
    print(f"killed after {moment} writing requests")
    with own_twin(SCALE) as twin:
        stack = Stack(twin, host, system=system)
        twin.forget_requests()
        process = stack.start("site", *ENGINE_ONLY)
        wait_for_writes(twin, moment, process)
        assert process.poll() is None, "it ended before it could be killed"
        kill(process)
        finished = stack.play("site", *ENGINE_ONLY)
        left = stack.play("site", "-e", "prune=true", *ENGINE_ONLY)
        assert left.effective() == {} and left.writes == []
        described = {change["name"] for change in finished.result["plan"]}
        carried = tagged(twin, finished.result["stack"], REGIONS)
        assert {tags["stackwright:name"] for tags in carried.values()} <= described
        doubled = Counter((tags["stackwright:name"], _sort(arn)) for arn, tags in carried.items())
        expected = Counter((change["name"], change["kind"]) for change in finished.result["plan"])
        most = Counter(name for name, _kind in expected.elements())
        assert all(count <= most[name] for (name, _sort_of), count in doubled.items())


def _sort(arn: str) -> str:
    """What an ARN is the ARN of: its service, region and type."""
    _arn, _partition, service, region, _account, rest = arn.split(":", 5)
    return f"{service} {region} {rest.partition('/')[0].partition(':')[0]}"
