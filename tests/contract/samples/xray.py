"""X-Ray."""

from __future__ import annotations

from typing import Any

from ansible_collections.stackwright.aws.plugins.module_utils.engine.document import Resource
from tests.contract.sample import Sample


def _rule(**more: Any) -> dict[str, Any]:
    return {"RuleName": "contract", "Priority": 100, "FixedRate": 0.1, "Attributes": {"tenant": "a"}, **more}


RULE = Resource("AWS::XRay::SamplingRule", "main", {"SamplingRule": _rule()})
GROUP = Resource(
    "AWS::XRay::Group",
    "faults",
    {
        "GroupName": "contract-faults",
        "FilterExpression": "fault = true",
        "InsightsConfiguration": {"InsightsEnabled": False, "NotificationsEnabled": False},
    },
)

SAMPLES = [
    Sample(
        kind="AWS::XRay::SamplingRule",
        resources=[RULE],
        changes={
            "SamplingRule": _rule(
                Priority=90, FixedRate=1, ReservoirSize=5, ServiceName="api", URLPath="/v1/*", Attributes={}
            )
        },
    ),
    Sample(
        kind="AWS::XRay::Group",
        resources=[GROUP],
        changes={
            "FilterExpression": "fault = true OR error = true",
            "InsightsConfiguration": {"InsightsEnabled": True, "NotificationsEnabled": True},
        },
        immutable={"GroupName": "contract-renamed"},
    ),
]
