# Copyright (c) stackwright.aws contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
from __future__ import annotations

from typing import Any

import pytest

from tests.twin.helpers import refused

RULE = {
    "RuleName": "api",
    "Priority": 10,
    "FixedRate": 0.1,
    "ReservoirSize": 1,
    "ServiceName": "*",
    "ServiceType": "*",
    "Host": "*",
    "HTTPMethod": "*",
    "URLPath": "*",
    "ResourceARN": "*",
    "Version": 1,
}


@pytest.fixture
def xray(client: Any) -> Any:
    return client("xray")


def test_sampling_rules(xray: Any) -> None:
    made = xray.create_sampling_rule(SamplingRule=RULE, Tags=[{"Key": "a", "Value": "b"}])["SamplingRuleRecord"]
    arn = made["SamplingRule"]["RuleARN"]
    assert arn == "arn:aws:xray:us-east-1:123456789012:sampling-rule/api"
    with refused("InvalidRequestException", 400, "already exists"):
        xray.create_sampling_rule(SamplingRule=RULE)
    for wrong in ({"FixedRate": 2}, {"Priority": 10_000}, {"RuleName": "x" * 33}, {"Version": 2}):
        with refused("InvalidRequestException"):
            xray.create_sampling_rule(SamplingRule={**RULE, "RuleName": "other", **wrong})
    xray.update_sampling_rule(SamplingRuleUpdate={"RuleName": "api", "FixedRate": 1})
    rates = {
        record["SamplingRule"]["RuleName"]: record["SamplingRule"]["FixedRate"]
        for record in xray.get_sampling_rules()["SamplingRuleRecords"]
    }
    assert rates == {"Default": 0.05, "api": 1.0}
    assert xray.list_tags_for_resource(ResourceARN=arn)["Tags"] == [{"Key": "a", "Value": "b"}]
    xray.delete_sampling_rule(RuleARN=arn)
    with refused("InvalidRequestException"):
        xray.delete_sampling_rule(RuleName="api")
    with refused("InvalidRequestException", message="default"):
        xray.delete_sampling_rule(RuleName="Default")
    with refused("ResourceNotFoundException"):
        xray.list_tags_for_resource(ResourceARN=arn)


def test_groups(xray: Any, client: Any) -> None:
    group = xray.create_group(GroupName="faults", FilterExpression="fault = true")["Group"]
    with refused("InvalidRequestException"):
        xray.create_group(GroupName="faults")
    insights = {"InsightsEnabled": True, "NotificationsEnabled": False}
    xray.update_group(GroupName="faults", InsightsConfiguration=insights)
    assert xray.get_group(GroupName="faults")["Group"] == {**group, "InsightsConfiguration": insights}
    assert [one["GroupName"] for one in xray.get_groups()["Groups"]] == ["faults"]
    xray.tag_resource(ResourceARN=group["GroupARN"], Tags=[{"Key": "a", "Value": "1"}, {"Key": "b", "Value": "2"}])
    xray.untag_resource(ResourceARN=group["GroupARN"], TagKeys=["a"])
    found = client("resourcegroupstaggingapi").get_resources(TagFilters=[{"Key": "b"}])["ResourceTagMappingList"]
    assert found == [{"ResourceARN": group["GroupARN"], "Tags": [{"Key": "b", "Value": "2"}]}]
    xray.delete_group(GroupARN=group["GroupARN"])
    with refused("InvalidRequestException"):
        xray.get_group(GroupName="faults")


def test_traces_are_still_taken(xray: Any) -> None:
    assert xray.put_trace_segments(TraceSegmentDocuments=[])["UnprocessedTraceSegments"] == []
