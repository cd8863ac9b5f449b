"""How X-Ray, CloudTrail, Config, budgets, cost anomalies, metric filters and detectors are read and changed."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.stackwright.aws.plugins.module_utils.engine.diff import differs
from ansible_collections.stackwright.aws.plugins.module_utils.engine.errors import ResourceError
from ansible_collections.stackwright.aws.plugins.module_utils.engine.kind import Kind
from ansible_collections.stackwright.aws.plugins.module_utils.engine.values import Unknown
from ansible_collections.stackwright.aws.plugins.module_utils.kinds.budgets import BUDGET
from ansible_collections.stackwright.aws.plugins.module_utils.kinds.ce import CE_ANOMALY_MONITOR
from ansible_collections.stackwright.aws.plugins.module_utils.kinds.cloudtrail import CLOUDTRAIL_TRAIL
from ansible_collections.stackwright.aws.plugins.module_utils.kinds.cloudwatch import CLOUDWATCH_ANOMALY_DETECTOR
from ansible_collections.stackwright.aws.plugins.module_utils.kinds.config import (
    CONFIG_RECORDER,
    CONFIG_RECORDING,
    CONFIG_RULE,
)
from ansible_collections.stackwright.aws.plugins.module_utils.kinds.logs import (
    LOGS_METRIC_FILTER,
    LOGS_QUERY_DEFINITION,
)
from ansible_collections.stackwright.aws.plugins.module_utils.kinds.xray import XRAY_SAMPLING_RULE
from tests.unit.kinds.canned import CannedApi, scope, work


def step(kind: Kind, name: str) -> Any:
    return next(update.step for update in kind.updates if name in update.properties)


def asked_by(kind: Kind, name: str, desired: dict[str, Any], current: dict[str, Any], **more: Any) -> Any:
    """The parameters of the request that changes a property."""
    return step(kind, name).params(work(CannedApi(), kind, desired, current, **more))


# Budgets

LIMIT = {"BudgetName": "monthly", "BudgetLimit": {"Amount": "1000.0", "Unit": "USD"}, "TimeUnit": "MONTHLY"}


def told(threshold: float, *addresses: str) -> dict[str, Any]:
    notification = {"NotificationType": "ACTUAL", "ComparisonOperator": "GREATER_THAN", "Threshold": threshold}
    return {
        "Notification": notification,
        "Subscribers": [{"SubscriptionType": "EMAIL", "Address": address} for address in addresses],
    }


def test_only_the_subscribers_that_differ_are_touched() -> None:
    api = CannedApi()
    current = {**LIMIT, "Notifications": [told(80, "a@x.org", "b@x.org"), told(50, "a@x.org")]}
    desired = {"NotificationsWithSubscribers": [told(80, "b@x.org", "c@x.org"), told(100, "a@x.org")]}
    step(BUDGET, "NotificationsWithSubscribers")(work(api, BUDGET, desired, current))
    assert [
        (name.partition(".")[2], params["Notification"]["Threshold"], params.get("Subscriber", {}).get("Address"))
        for name, params in api.asked
    ] == [
        ("create_subscriber", 80.0, "c@x.org"),
        ("delete_subscriber", 80.0, "a@x.org"),
        ("create_notification", 100.0, None),
        ("delete_notification", 50.0, None),
    ]


def test_an_update_of_a_budget_keeps_what_is_not_stated_and_not_what_was_spent() -> None:
    current = {**LIMIT, "CalculatedSpend": {"ActualSpend": {"Amount": "3", "Unit": "USD"}}, "Tags": []}
    desired = {"Budget": {"BudgetName": "monthly", "BudgetLimit": {"Amount": 5, "Unit": "USD"}}}
    params = asked_by(BUDGET, "Budget", desired, current)
    assert params["NewBudget"] == {
        "BudgetName": "monthly",
        "TimeUnit": "MONTHLY",
        "BudgetLimit": {"Amount": "5", "Unit": "USD"},
    }


def test_a_budget_is_not_renamed() -> None:
    with pytest.raises(ResourceError, match="monthly cannot be called yearly"):
        asked_by(BUDGET, "Budget", {"Budget": {"BudgetName": "yearly"}}, LIMIT)


def test_amounts_are_numbers() -> None:
    prop = BUDGET.properties["Budget"]
    assert not differs(prop, {"BudgetLimit": {"Amount": 1000, "Unit": "USD"}}, LIMIT)
    assert differs(prop, {"BudgetLimit": {"Amount": 999, "Unit": "USD"}}, LIMIT)


# Cost anomalies


def test_the_monitor_of_every_service_is_one_whatever_its_name() -> None:
    services = {"MonitorType": "DIMENSIONAL", "MonitorDimension": "SERVICE"}
    ours, default = ({**services, "MonitorName": name} for name in ("ours", "Default-Services-Monitor"))
    assert CE_ANOMALY_MONITOR.natural_key(ours) == CE_ANOMALY_MONITOR.natural_key(default)
    custom = {"MonitorType": "CUSTOM", "MonitorName": "ours"}
    assert CE_ANOMALY_MONITOR.natural_key(custom) != CE_ANOMALY_MONITOR.natural_key(ours)


# CloudTrail


def test_what_a_trail_no_longer_has_is_set_to_nothing_and_logs_come_in_pairs() -> None:
    current = {"Name": "main", "CloudWatchLogsRoleArn": "arn:role", "CloudWatchLogsLogGroupArn": "arn:old"}
    desired = {"S3KeyPrefix": "", "CloudWatchLogsLogGroupArn": "arn:new", "EnableLogFileValidation": True}
    params = asked_by(
        CLOUDTRAIL_TRAIL,
        "S3KeyPrefix",
        desired,
        current,
        changed=frozenset({"S3KeyPrefix", "CloudWatchLogsLogGroupArn"}),
    )
    assert params == {
        "Name": "main",
        "S3KeyPrefix": "",
        "CloudWatchLogsLogGroupArn": "arn:new",
        "CloudWatchLogsRoleArn": "arn:role",
    }


def test_a_trail_is_read_by_requests_that_do_not_grow_with_trails() -> None:
    trail = {"Name": "main", "TrailARN": "arn:aws:cloudtrail:us-east-1:1:trail/main"}
    other = {"Name": "theirs", "TrailARN": "arn:aws:cloudtrail:us-east-1:1:trail/theirs"}
    tags = [{"ResourceId": trail["TrailARN"], "TagsList": [{"Key": "a", "Value": "b"}]}]
    api = CannedApi(
        {
            "resourcegroupstaggingapi.get_resources": {"ResourceTagMappingList": []},
            "cloudtrail.describe_trails": {"trailList": [trail, other]},
            "cloudtrail.list_tags": {"ResourceTagList": tags},
        }
    )
    (found,) = [CLOUDTRAIL_TRAIL.parse(item) for item in CLOUDTRAIL_TRAIL.list(scope(api, {"TrailName": "main"}))]
    assert found.tags == {"a": "b"}
    assert api.names() == [
        "cloudtrail.describe_trails",
        "resourcegroupstaggingapi.get_resources",
        "cloudtrail.list_tags",
    ]


# Config


def test_the_whole_recorder_is_restated_in_the_apis_words() -> None:
    current = {"name": "default", "roleARN": "arn:old", "recordingGroup": {"allSupported": True}, "arn": "arn:r"}
    params = asked_by(CONFIG_RECORDER, "RoleARN", {"RoleARN": "arn:new"}, current)
    assert params["ConfigurationRecorder"] == {
        "name": "default",
        "roleARN": "arn:new",
        "recordingGroup": {"allSupported": True},
    }


def test_recorders_of_awss_services_are_not_ours() -> None:
    recorders = [{"name": "aws", "servicePrincipal": "x.amazonaws.com", "arn": "a"}, {"name": "mine", "arn": "b"}]
    api = CannedApi(
        {
            "config.describe_configuration_recorders": {"ConfigurationRecorders": recorders},
            "config.list_tags_for_resource": {"Tags": []},
        }
    )
    assert [one["name"] for one in CONFIG_RECORDER.list(scope(api))] == ["mine"]


def test_a_recorder_that_was_stopped_does_not_record() -> None:
    statuses = [{"name": "default", "recording": False}]
    api = CannedApi({"config.describe_configuration_recorder_status": {"ConfigurationRecordersStatus": statuses}})
    assert CONFIG_RECORDING.list(scope(api, {"RecorderName": "default"})) == []
    statuses[0]["recording"] = True
    assert CONFIG_RECORDING.list(scope(api)) == [{"RecorderName": "default"}]


def test_parameters_of_a_rule_are_text() -> None:
    prop = CONFIG_RULE.properties["InputParameters"]
    answered = '{"MinimumPasswordLength":"14","RequireNumbers":"true"}'
    assert not differs(prop, {"MinimumPasswordLength": 14, "RequireNumbers": True}, answered)
    assert differs(prop, {"MinimumPasswordLength": 14}, answered)


def test_a_rule_that_goes_by_changes_is_told_no_frequency() -> None:
    current = {"ConfigRuleName": "tls", "Description": "old", "ConfigRuleState": "ACTIVE"}
    told = asked_by(CONFIG_RULE, "Description", {"Description": "new"}, current)["ConfigRule"]
    assert told == {"ConfigRuleName": "tls", "Description": "new"}
    clock = {**current, "MaximumExecutionFrequency": "One_Hour"}
    assert asked_by(CONFIG_RULE, "Description", {}, clock)["ConfigRule"]["MaximumExecutionFrequency"] == "One_Hour"
    daily = {"MaximumExecutionFrequency": CONFIG_RULE.properties["MaximumExecutionFrequency"].unstated}
    assert "MaximumExecutionFrequency" not in asked_by(CONFIG_RULE, "Description", daily, clock)["ConfigRule"]


def test_a_scope_of_nothing_is_none() -> None:
    assert not differs(CONFIG_RULE.properties["Scope"], None, {"ComplianceResourceTypes": []})


# Logs


def test_a_transformation_is_written_as_the_api_has_it_and_read_back() -> None:
    rule = {
        "MetricNamespace": "App",
        "MetricName": "Errors",
        "MetricValue": 1,
        "Dimensions": [{"Key": "b", "Value": "$.b"}, {"Key": "a", "Value": "$.a"}],
    }
    desired = {"LogGroupName": "/app", "FilterName": "errors", "FilterPattern": "", "MetricTransformations": [rule]}
    params = LOGS_METRIC_FILTER.create.params(work(CannedApi(), LOGS_METRIC_FILTER, desired))  # type: ignore[union-attr]
    assert params["metricTransformations"] == [
        {
            "metricNamespace": "App",
            "metricName": "Errors",
            "metricValue": "1",
            "dimensions": {"a": "$.a", "b": "$.b"},
        }
    ]
    read = LOGS_METRIC_FILTER.parse(params).properties["MetricTransformations"]
    assert not differs(LOGS_METRIC_FILTER.properties["MetricTransformations"], [rule], read)


def test_filters_of_every_group_are_read_at_once_and_those_of_others_left_out() -> None:
    filters = [{"logGroupName": group, "filterName": "f"} for group in ("/ours", "/theirs")]
    api = CannedApi({"logs.describe_metric_filters": {"metricFilters": filters}})
    found = LOGS_METRIC_FILTER.list(scope(api, {"LogGroupName": "/ours"}, {"LogGroupName": "/other"}))
    assert [LOGS_METRIC_FILTER.parse(item).id for item in found] == ["/ours:f"]
    assert len(api.asked) == 1


def test_spaces_at_the_ends_of_a_querys_lines_mean_nothing() -> None:
    prop = LOGS_QUERY_DEFINITION.properties["QueryString"]
    assert not differs(prop, "fields @message  \n| limit 5\n", "fields @message\n| limit 5")
    assert differs(prop, "fields @message | limit 5", "fields @message\n| limit 5")


# Anomaly detectors


def watched(**more: Any) -> dict[str, Any]:
    return {"Namespace": "App", "MetricName": "Spend", "Stat": "Sum", **more}


def test_a_detector_is_known_by_what_it_watches_however_that_is_said() -> None:
    dimensions = [{"Name": name, "Value": "x"} for name in "ab"]
    key = CLOUDWATCH_ANOMALY_DETECTOR.natural_key
    older = key(watched(Dimensions=dimensions))
    assert older == key({"SingleMetricAnomalyDetector": watched(Dimensions=dimensions[::-1])})
    assert older != key({"SingleMetricAnomalyDetector": watched()})
    unknown = [{"Name": "LoadBalancer", "Value": Unknown("LoadBalancer lb.FullName")}]
    assert key({"SingleMetricAnomalyDetector": watched(Dimensions=unknown)}) is None


# X-Ray


def test_a_sampling_rule_has_its_defaults_and_its_name() -> None:
    stated = {"RuleName": "api", "Priority": "10", "FixedRate": "0.1"}
    current = {**stated, "RuleARN": "arn:r", "ServiceName": "*", "Host": "*", "Attributes": {"a": "b"}}
    params = asked_by(XRAY_SAMPLING_RULE, "SamplingRule", {"SamplingRule": stated}, current)["SamplingRuleUpdate"]
    assert (params["Priority"], params["FixedRate"], params["URLPath"]) == (10, 0.1, "*")
    assert params["Attributes"] == {} and "Version" not in params
    with pytest.raises(ResourceError, match="api cannot be called web"):
        asked_by(XRAY_SAMPLING_RULE, "SamplingRule", {"SamplingRule": {**stated, "RuleName": "web"}}, current)
