"""What can be measured of search domains, proxies, buckets and the tasks of a service."""

from __future__ import annotations

import json
from typing import Any

from .build import NETWORK, document, get, plain, problems

DB: dict[str, Any] = {"engine": "postgres", "engine_version": "16", "instance_class": "db.t3.medium"}
SEARCH: dict[str, Any] = {"engine_version": "2.19", "instance_type": "r6g.large.search"}
SECTIONS: dict[str, Any] = {
    "network": {**NETWORK, "zones": 3},
    "databases": {"main": {**DB, "proxy": {"name": "pool"}}, "plain": DB},
    "search_domains": {"found": SEARCH},
    "clusters": {"main": {"name": "shop"}},
    "services": {"api": {"cluster": "main"}},
}


def _alarm(**rule: Any) -> dict[str, Any]:
    doc = document(**SECTIONS, monitoring={"alarms": {"it": rule}})
    found: dict[str, Any] = plain(get(doc, "AWS::CloudWatch::Alarm", "it").properties)
    return found


def test_a_search_domain_is_told_by_account_and_name() -> None:
    alarm = _alarm(of="search_domain.found", metric="status_red", at_least=1)
    assert (alarm["Namespace"], alarm["MetricName"], alarm["Statistic"]) == ("AWS/ES", "ClusterStatus.red", "Maximum")
    dimensions = {one["Name"]: one["Value"] for one in alarm["Dimensions"]}
    assert dimensions["DomainName"] == "shop-prod-found" and "AccountId" in dimensions["ClientId"]


def test_a_proxy_is_told_by_its_own_name() -> None:
    proxy = _alarm(of="database.main", metric="proxy_connections", above=90)
    assert proxy["Dimensions"] == [{"Name": "ProxyName", "Value": "pool"}]
    instance = _alarm(of="database.main", metric="connections", above=90)
    assert instance["Dimensions"] == [{"Name": "DBInstanceIdentifier", "Value": "shop-prod-main"}]


def test_running_tasks_are_container_insights() -> None:
    alarm = _alarm(of="service.api", metric="running", below=1)
    assert (alarm["Namespace"], alarm["MetricName"]) == ("ECS/ContainerInsights", "RunningTaskCount")


def test_a_dashboard_shows_a_proxy_only_where_there_is_one() -> None:
    def titles(reference: str) -> set[str]:
        doc = document(**SECTIONS, monitoring={"dashboards": {"d": {"of": [reference]}}})
        body = plain(get(doc, "AWS::CloudWatch::Dashboard", "d").properties)["DashboardBody"]
        return {widget["properties"]["title"] for widget in json.loads(body)["widgets"]}

    assert "database.main proxy clients" in titles("database.main")
    assert not [title for title in titles("database.plain") if "proxy" in title]


def test_requests_are_counted_of_buckets_that_publish_them() -> None:
    def described(**options: Any) -> dict[str, Any]:
        alarms = {"it": {"of": "bucket.site", "metric": "requests", "above": 3500}}
        return {"buckets": {"site": {"name": "site", **options}}, "monitoring": {"alarms": alarms}}

    doc = document(**described(request_metrics=True))
    assert get(doc, "AWS::S3::Bucket", "site").properties["MetricsConfigurations"] == [{"Id": "EntireBucket"}]
    alarm = plain(get(doc, "AWS::CloudWatch::Alarm", "it").properties)
    assert (alarm["Namespace"], alarm["MetricName"], alarm["Statistic"]) == ("AWS/S3", "AllRequests", "Sum")
    assert alarm["Dimensions"] == [
        {"Name": "BucketName", "Value": "site"},
        {"Name": "FilterId", "Value": "EntireBucket"},
    ]
    (problem,) = problems(**described())
    assert "bucket.site as it is described does not publish requests" in problem
