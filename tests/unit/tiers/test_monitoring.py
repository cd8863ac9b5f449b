"""Alarms, logs and dashboards, in the words of the person who watches."""

from __future__ import annotations

import json
from typing import Any

from .build import document, get, of, plain, problems

ALARM, DASHBOARD = "AWS::CloudWatch::Alarm", "AWS::CloudWatch::Dashboard"
ALB = {"api": {"certificate": "arn:aws:acm:eu-west-1:123456789012:certificate/x"}}
TOPICS = {"ops": {}, "pager": {}}


def alarm(rule: dict[str, Any], **sections: Any) -> dict[str, Any]:
    doc = document(topics=TOPICS, monitoring={"notify": ["ops"], "alarms": {"it": rule}}, **sections)
    found: dict[str, Any] = plain(get(doc, ALARM, "it").properties)
    return found


def wrong(rule: dict[str, Any], **sections: Any) -> list[str]:
    return problems(topics=TOPICS, monitoring={"notify": ["ops"], "alarms": {"it": rule}}, **sections)


def terms(made: dict[str, Any]) -> dict[str, Any]:
    return {query["Id"]: query.get("Expression") or query["MetricStat"] for query in made["Metrics"]}


# Alarms


def test_the_rate_of_a_load_balancer() -> None:
    made = alarm({"rate": {"of": "load_balancer.api"}, "above": 5, "period_seconds": 60}, load_balancers=ALB)
    found = terms(made)
    # Its own errors too: of requests that found no target, and are not among those counted.
    result = "100 * (FILL(errors, 0) + FILL(uncounted, 0)) / (FILL(total, 0) + FILL(uncounted, 0))"
    assert found.pop("result") == result
    assert {term: (one["Metric"]["MetricName"], one["Stat"]) for term, one in found.items()} == {
        "errors": ("HTTPCode_Target_5XX_Count", "Sum"),
        "total": ("RequestCount", "Sum"),
        "uncounted": ("HTTPCode_ELB_5XX_Count", "Sum"),
    }
    assert (made["Threshold"], made["TreatMissingData"], found["total"]["Period"]) == (5, "notBreaching", 60)


def test_a_rate_of_other_errors_is_of_these_alone() -> None:
    rate = {"of": "load_balancer.api", "errors": {"of": "load_balancer.api", "metric": "errors_4xx"}}
    rate["total"] = {"of": "load_balancer.api", "metric": "requests"}
    found = terms(alarm({"rate": rate, "above": 5}, load_balancers=ALB))
    assert found["result"] == "100 * FILL(errors, 0) / total" and "uncounted" not in found
    assert found["errors"]["Metric"]["MetricName"] == "HTTPCode_Target_4XX_Count"


def test_the_rate_of_a_function() -> None:
    found = terms(alarm({"rate": {"of": "function.work"}, "above": 1}, functions={"work": {"runtime": "python3.13"}}))
    assert found["result"] == "100 * FILL(errors, 0) / total" and "uncounted" not in found


def test_a_rate_of_the_applications_own_metrics() -> None:
    metrics = {"errors": {"metric": "Failures"}, "total": {"metric": "Calls"}}
    rate = {term: {"namespace": "CBI/Worker", **metric} for term, metric in metrics.items()}
    found = terms(alarm({"rate": rate, "above": 5}))
    assert [found[term]["Metric"]["MetricName"] for term in ("errors", "total")] == ["Failures", "Calls"]
    assert {found[term]["Stat"] for term in ("errors", "total")} == {"Sum"}


def test_what_has_no_rate_of_its_own() -> None:
    (message,) = wrong({"rate": {"of": "topic.ops"}, "above": 5})
    assert message.startswith("monitoring.alarms.it.rate.of: 'topic.ops' has no rate of its own")
    assert any("needs one of of, errors" in message for message in wrong({"rate": {}, "above": 5}))


def test_an_anomaly_has_its_bound_already() -> None:
    spend = {"namespace": "App", "metric": "Spend", "statistic": "Sum"}
    made = alarm({**spend, "anomaly": {"width": 3, "side": "both"}})
    assert "Threshold" not in made
    assert (made["ThresholdMetricId"], made["ComparisonOperator"]) == (
        "band",
        "LessThanLowerOrGreaterThanUpperThreshold",
    )
    assert terms(made)["band"] == "ANOMALY_DETECTION_BAND(measured, 3)"
    assert [query["ReturnData"] for query in made["Metrics"]] == [True, True]
    (message,) = wrong({**spend, "anomaly": {}, "above": 1})
    assert message.startswith("monitoring.alarms.it.above: ")


def test_a_day_above_the_average_of_the_days_before_it() -> None:
    made = alarm({"namespace": "App", "metric": "Spend", "above_average": {"percent": 150, "days": 5}})
    assert (made["Threshold"], made["EvaluationPeriods"], made["DatapointsToAlarm"]) == (150, 5, 1)
    assert terms(made)["daily"]["Period"] == 86400
    (message,) = wrong(
        {"namespace": "App", "metric": "Spend", "above_average": {"percent": 150}, "anomaly": {}},
    )
    assert "has anomaly and above_average; keep one" in message


def test_who_is_told_of_what() -> None:
    spend = {"namespace": "App", "metric": "Spend", "above": 1}
    made = alarm({**spend, "notify": ["pager"], "notify_ok": False, "notify_insufficient": True})
    pager = ["<Topic pager TopicArn>"]
    assert (made["AlarmActions"], made["OKActions"], made["InsufficientDataActions"]) == (pager, [], pager)
    made = alarm(spend)
    assert (made["AlarmActions"], made["OKActions"]) == (["<Topic ops TopicArn>"],) * 2
    assert "InsufficientDataActions" not in made
    assert made["ActionsEnabled"] is True


def test_a_count_that_is_called_a_rate() -> None:
    counted = {"namespace": "App", "metric": "ApiRequestCount", "dimensions": {"StatusCode": "5xx"}, "statistic": "Sum"}
    alarms = {"ApiErrorRateAlarm": {**counted, "above": 5, "count": True}}
    doc = document(topics=TOPICS, monitoring={"notify": ["ops"], "alarms": alarms})
    assert get(doc, ALARM, "ApiErrorRateAlarm").properties["Statistic"] == "Sum"
    del alarms["ApiErrorRateAlarm"]["count"]
    assert len(problems(topics=TOPICS, monitoring={"notify": ["ops"], "alarms": alarms})) == 1


def test_a_bucket_against_a_quota() -> None:
    made = alarm(
        {"of": "bucket.audio", "metric": "size", "above": 8e11, "period_seconds": 86400}, buckets={"audio": {}}
    )
    assert made["Dimensions"] == [
        {"Name": "BucketName", "Value": "shop-audio-prod"},
        {"Name": "StorageType", "Value": "StandardStorage"},
    ]


# Logs


def test_filters_and_queries_of_a_log_group_of_the_section_and_of_others() -> None:
    doc = document(
        monitoring={
            "log_groups": {"/app": {}},
            "metric_filters": {
                "errors": {
                    "log_group": "/app",
                    "pattern": "{ $.level = error }",
                    "namespace": "App",
                    "metric": "Errors",
                    "dimensions": {"Agent": "$.agent"},
                },
                "calls": {"log_group": "/theirs", "namespace": "App", "metric": "Calls", "default_value": 0},
            },
            "queries": {"App/slow": {"query": "\nfields @message\n| limit 5\n", "log_groups": ["/app", "/theirs"]}},
        }
    )
    filters = plain(of(doc, "AWS::Logs::MetricFilter"))
    assert {name: one["LogGroupName"] for name, one in filters.items()} == {
        "errors": "<LogGroup /app LogGroupName>",
        "calls": "/theirs",
    }
    assert filters["errors"]["MetricTransformations"][0]["Dimensions"] == [{"Key": "Agent", "Value": "$.agent"}]
    assert "Dimensions" not in filters["calls"]["MetricTransformations"][0]
    query = get(doc, "AWS::Logs::QueryDefinition", "App/slow").properties
    assert query["QueryString"] == "fields @message\n| limit 5"
    assert query["LogGroupNames"] == ["/app", "/theirs"]


def test_a_filter_that_aws_would_refuse() -> None:
    rule = {"log_group": "/app", "namespace": "App", "metric": "x", "default_value": 0, "dimensions": {"a": "$.a"}}
    assert any("default_value and dimensions" in text for text in problems(monitoring={"metric_filters": {"f": rule}}))


def test_a_detector_of_a_metric_of_an_entry() -> None:
    exclude = [{"start": "2026-12-24T00:00:00", "end": "2026-12-27T00:00:00"}]
    rule = {"of": "load_balancer.api", "metric": "requests", "time_zone": "Europe/Berlin", "exclude": exclude}
    doc = document(load_balancers=ALB, monitoring={"anomaly_detectors": {"requests": rule}})
    made = plain(get(doc, "AWS::CloudWatch::AnomalyDetector", "requests").properties)
    assert made["SingleMetricAnomalyDetector"]["MetricName"] == "RequestCount"
    assert made["SingleMetricAnomalyDetector"]["Stat"] == "Sum"
    assert made["Configuration"] == {
        "MetricTimeZone": "Europe/Berlin",
        "ExcludedTimeRanges": [{"StartTime": "2026-12-24T00:00:00", "EndTime": "2026-12-27T00:00:00"}],
    }


# Dashboards


def widgets(*rows: list[dict[str, Any]], **sections: Any) -> list[dict[str, Any]]:
    alarms = {"it": {"namespace": "App", "metric": "Spend", "above": 1}}
    monitoring = {"notify": ["ops"], "alarms": alarms, "dashboards": {"main": {"rows": list(rows)}}}
    doc = document(topics=TOPICS, monitoring=monitoring, **sections)
    body = plain(get(doc, DASHBOARD, "main").properties["DashboardBody"])
    found: list[dict[str, Any]] = json.loads(body)["widgets"]
    return found


def spend(**more: Any) -> dict[str, Any]:
    return {"metrics": [{"namespace": "App", "metric": "Spend", **more}]}


def test_widgets_share_the_width_of_their_row() -> None:
    found = widgets([spend(), spend()], [{**spend(), "height": 3}], [{"text": "hello"}, spend(), spend()])
    places = [(one["x"], one["y"], one["width"], one["height"]) for one in found]
    assert places == [(0, 0, 12, 6), (12, 0, 12, 6), (0, 6, 24, 3), (0, 9, 8, 6), (8, 9, 8, 6), (16, 9, 8, 6)]


def test_a_metric_with_several_statistics_is_a_line_for_each() -> None:
    latency = {"of": "load_balancer.api", "metric": "response_time", "statistics": ["p50", "p95", "p99"]}
    (found,) = widgets([{"title": "Latency", "metrics": [latency]}], load_balancers=ALB)
    lines = found["properties"]["metrics"]
    assert [line[-1]["stat"] for line in lines] == ["p50", "p95", "p99"]
    assert [line[-1]["label"] for line in lines] == [f"TargetResponseTime {stat}" for stat in ("p50", "p95", "p99")]
    assert lines[0][:4] == [
        "AWS/ApplicationELB",
        "TargetResponseTime",
        "LoadBalancer",
        "<LoadBalancer api LoadBalancerFullName>",
    ]


def test_every_value_of_a_dimension() -> None:
    (found,) = widgets([spend(by=["Agent"], statistic="p95")])
    (line,) = found["properties"]["metrics"]
    assert line[0]["expression"] == "SEARCH('{App,Agent} MetricName=\"Spend\"', 'p95', 300)"


def test_an_expression_over_what_is_hidden() -> None:
    terms = [{"namespace": "App", "metric": name, "id": name[0].lower(), "hidden": True} for name in ("Errors", "All")]
    (found,) = widgets([{"metrics": [*terms, {"expression": "100*e/a", "label": "%"}], "lines": {"limit": 5}}])
    lines = found["properties"]["metrics"]
    assert [line[-1].get("visible") for line in lines] == [False, False, None]
    assert lines[2] == [{"expression": "100*e/a", "label": "%", "period": 300}]
    assert found["properties"]["annotations"] == {"horizontal": [{"label": "limit", "value": 5.0}]}


def test_queries_alarms_and_texts() -> None:
    query = {"query": "filter x\n| stats count()", "log_groups": ["/app"], "view": "bar"}
    log, alarms, text = widgets([query, {"alarms": ["it"]}, {"title": "Runbook", "text": "in ${stack.env}"}])
    assert (log["type"], log["properties"]["query"]) == ("log", "SOURCE '/app' | filter x | stats count()")
    assert alarms["properties"]["alarms"] == ["<Alarm it Arn>"]
    assert text["properties"]["markdown"] == "# Runbook\nin prod"


def test_what_no_widget_is() -> None:
    def said(widget: Any) -> list[str]:
        return problems(monitoring={"dashboards": {"main": {"rows": [[widget]]}}})

    assert any("rows[0][0]: shows 0 things" in text for text in said({"title": "x"}))
    assert any("rows[0][0]: shows 2 things" in text for text in said({"text": "x", **spend()}))
    assert any("rows[0][0].titel: unknown option" in text for text in said({"titel": "x", "text": "x"}))
    assert any("log_groups: is empty" in text for text in said({"query": "limit 1"}))
