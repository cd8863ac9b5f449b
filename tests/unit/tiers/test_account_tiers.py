"""Tracing, audit, budgets, cost anomalies, parameters, and who listens to topics."""

from __future__ import annotations

import json
from typing import Any

from .build import document, get, is_secret, of, plain, problems, warnings

BUDGET, PARAMETER = "AWS::Budgets::Budget", "AWS::SSM::Parameter"
TRAIL, RULE = "AWS::CloudTrail::Trail", "AWS::Config::ConfigRule"


# Tracing


def test_a_share_is_said_in_per_cent_and_names_fit() -> None:
    sampling = {"all": {"rate_percent": 10}, "a-rule-with-a-name-that-is-long": {"rate_percent": 100, "priority": 1}}
    doc = document(tracing={"sampling": sampling, "groups": {"faults": {"filter": "fault = true"}}})
    rules = {name: one["SamplingRule"] for name, one in of(doc, "AWS::XRay::SamplingRule").items()}
    assert [rule["FixedRate"] for rule in rules.values()] == [0.1, 1.0]
    assert rules["all"]["RuleName"] == "shop-prod-all"
    assert all(len(rule["RuleName"]) <= 32 for rule in rules.values())
    assert get(doc, "AWS::XRay::Group", "faults").properties["GroupName"] == "shop-prod-faults"
    (message,) = problems(tracing={"sampling": {"all": {"rate_percent": 101}}})
    assert "101 is not between 0 and 100" in message


def test_errors_are_not_sampled_but_grouped() -> None:
    (message,) = problems(tracing={"sampling": {"errors": {"rate_percent": 100}}})
    assert message.endswith("[tracing.errors]")


# Audit


def audit(**options: Any) -> Any:
    return document(audit=options, buckets={"audio": {}})


def test_a_trail_with_the_bucket_that_it_demands() -> None:
    doc = audit(trail={"name": "main", "prefix": "trail", "object_events": ["audio"]})
    trail = get(doc, TRAIL, "trail")
    made = plain(trail.properties)
    assert (made["IsMultiRegionTrail"], made["EnableLogFileValidation"], made["IsLogging"]) == (True, True, True)
    (events,) = made["EventSelectors"]
    assert events["DataResources"] == [{"Type": "AWS::S3::Object", "Values": ["<Bucket audio Arn>/"]}]
    policy = get(doc, "AWS::S3::BucketPolicy", "audit/logs")
    assert policy.address in trail.depends_on
    looks, delivers = plain(policy.properties["PolicyDocument"])["Statement"][1:]
    source = "arn:<AWS Partition>:cloudtrail:eu-west-1:<AWS AccountId>:trail/main"
    assert looks["Action"] == ["s3:GetBucketAcl"]
    assert looks["Condition"] == {"StringEquals": {"aws:SourceArn": source}}
    below = "arn:<AWS Partition>:s3:::shop-prod-audit-logs/trail/AWSLogs/<AWS AccountId>/*"
    assert delivers["Resource"] == below
    assert not of(doc, "AWS::Config::ConfigurationRecorder")


def test_the_recorder_records_once_it_can_deliver() -> None:
    doc = audit(config={}, rules={"encrypted": {"identifier": "ENCRYPTED_VOLUMES", "every_hours": 6}})
    recorder = get(doc, "AWS::Config::ConfigurationRecorder", "config")
    channel = get(doc, "AWS::Config::DeliveryChannel", "config")
    recording = get(doc, "Custom::ConfigRecording", "config")
    assert "Name" not in recorder.properties
    assert recorder.properties["RecordingGroup"] == {"AllSupported": True, "IncludeGlobalResourceTypes": True}
    assert recorder.address in channel.depends_on and channel.address in recording.depends_on
    rule = get(doc, RULE, "encrypted")
    assert recorder.address in rule.depends_on
    assert rule.properties["MaximumExecutionFrequency"] == "Six_Hours"
    assert not of(doc, TRAIL)


def test_somebody_elses_recorder_is_judged_and_left_alone() -> None:
    doc = audit(config={"recorder": "existing"}, rules={"encrypted": {"identifier": "ENCRYPTED_VOLUMES"}})
    assert set(of(doc, RULE)) == {"encrypted"}
    assert not of(doc, "AWS::Config::ConfigurationRecorder")
    assert set(of(doc, "AWS::S3::Bucket")) == {"audio"}


def test_an_audit_of_nothing() -> None:
    assert any("none of `trail`, `config`, `password_policy`" in text for text in problems(audit={}))
    rules = {"encrypted": {"identifier": "ENCRYPTED_VOLUMES"}}
    assert any("audit.rules: judge" in text for text in problems(audit={"trail": {}, "rules": rules}))


def test_passwords_need_no_bucket() -> None:
    doc = audit(password_policy={"max_age_days": 90})
    made = get(doc, "Custom::PasswordPolicy", "account").properties
    assert (made["MinimumPasswordLength"], made["MaxPasswordAge"], made["RequireSymbols"]) == (14, 90, True)
    assert set(of(doc, "AWS::S3::Bucket")) == {"audio"}


def test_the_key_of_a_trail_lets_it_in() -> None:
    services = ["cloudtrail.amazonaws.com"]
    doc = document(audit={"trail": {}, "key": "logs"}, keys={"logs": {"services": services}})
    assert plain(get(doc, TRAIL, "trail").properties["KMSKeyId"]) == "<Key logs Arn>"
    (message,) = problems(audit={"trail": {}, "key": "logs"}, keys={"logs": {}})
    assert message.endswith("[audit.key]")


# Budgets


def notifications(**options: Any) -> list[tuple[str, float, list[str]]]:
    doc = document(topics={"pager": {}}, budgets={"monthly": {"amount": 1000, **options}})
    made = plain(get(doc, BUDGET, "monthly").properties["NotificationsWithSubscribers"])
    return [
        (
            one["Notification"]["NotificationType"],
            one["Notification"]["Threshold"],
            [subscriber["Address"] for subscriber in one["Subscribers"]],
        )
        for one in made
    ]


def test_alerts_go_to_whom_they_name() -> None:
    alerts = [{"percent": 80}, {"percent": 100, "notify": ["pager"]}, {"percent": 120, "kind": "forecast"}]
    ops = ["ops@example.com"]
    assert notifications(notify=ops, alerts=alerts) == [
        ("ACTUAL", 80, ops),
        ("ACTUAL", 100, ["<Topic pager TopicArn>"]),
        ("FORECASTED", 120, ops),
    ]


def test_without_alerts_there_are_the_usual_ones() -> None:
    found = notifications(notify=["ops@example.com"])
    assert [(kind, percent) for kind, percent, _told in found] == [
        ("ACTUAL", 80),
        ("ACTUAL", 100),
        ("FORECASTED", 100),
    ]


def test_an_amount_is_no_share() -> None:
    doc = document(budgets={"b": {"amount": 10, "notify": ["a@x.org"], "alerts": [{"amount": 5}]}})
    (made,) = get(doc, BUDGET, "b").properties["NotificationsWithSubscribers"]
    assert made["Notification"]["ThresholdType"] == "ABSOLUTE_VALUE"
    both = {"amount": 10, "notify": ["a@x.org"], "alerts": [{"amount": 5, "percent": 3}]}
    assert any("exclude each other" in text for text in problems(budgets={"b": both}))


# Cost anomalies


def test_a_daily_mail_of_what_costs_ten_more() -> None:
    doc = document(cost_anomalies={"all": {"above": 10, "notify": ["ops@example.com"]}})
    monitor = get(doc, "AWS::CE::AnomalyMonitor", "all").properties
    assert (monitor["MonitorType"], monitor["MonitorDimension"]) == ("DIMENSIONAL", "SERVICE")
    made = plain(get(doc, "AWS::CE::AnomalySubscription", "all").properties)
    assert (made["Frequency"], made["Subscribers"]) == ("DAILY", [{"Type": "EMAIL", "Address": "ops@example.com"}])
    threshold = json.loads(made["ThresholdExpression"])["Dimensions"]
    assert (threshold["Key"], threshold["Values"]) == ("ANOMALY_TOTAL_IMPACT_ABSOLUTE", ["10"])


def test_an_existing_monitor_is_only_listened_to() -> None:
    arn = "arn:aws:ce::123456789012:anomalymonitor/x"
    one = {"above": 10, "above_percent": 20, "notify": ["ops@example.com"], "existing_monitor": arn}
    doc = document(cost_anomalies={"all": one})
    assert not of(doc, "AWS::CE::AnomalyMonitor")
    made = get(doc, "AWS::CE::AnomalySubscription", "all").properties
    assert made["MonitorArnList"] == [arn]
    assert len(json.loads(made["ThresholdExpression"])["And"]) == 2


# Parameters


def parameter(**options: Any) -> dict[str, Any]:
    doc = document(parameters={"HOST": options}, buckets={"audio": {}}, keys={"data": {}})
    found: dict[str, Any] = dict(get(doc, PARAMETER, "HOST").properties)
    return found


def test_a_parameter_stands_under_the_stacks_path() -> None:
    assert parameter(value="x") == {"Name": "/shop/prod/HOST", "Type": "String", "Value": "x"}
    assert parameter(value="x", path="rapid-sentiment/prod")["Name"] == "/rapid-sentiment/prod/HOST"
    assert parameter(value=True)["Value"] == "true"
    several = parameter(value=["a", "bucket.audio.arn"])
    assert (several["Type"], plain(several["Value"])) == ("StringList", "a,<Bucket audio Arn>")
    assert parameter(value=["a", "b"])["Value"] == "a,b"
    assert any("holds a comma" in text for text in problems(parameters={"x": {"value": ["a,b"]}}))
    assert plain(parameter(value="bucket.audio.arn")["Value"]) == "<Bucket audio Arn>"
    assert plain(parameter(value="s3://${bucket.audio.name}/x")["Value"]) == "s3://shop-audio-prod/x"


def test_what_operations_own_is_set_once() -> None:
    made = parameter(value="false", owned_by="operations")
    assert made["InitialValue"] == "false" and "Value" not in made


def test_a_secret_value_is_hidden() -> None:
    made = parameter(secret_value="hunter2", key="data")
    assert made["Type"] == "SecureString" and is_secret(made["Value"])
    assert plain(made["KeyId"]) == "<Key data Arn>"
    assert any("encrypts nothing" in text for text in problems(parameters={"x": {"value": "x", "key": "alias/x"}}))


def test_a_parameter_without_a_value() -> None:
    assert any("value, secret_value" in text for text in problems(parameters={"x": {}}))


def test_who_may_read_a_parameter() -> None:
    role = {"trusts": {"services": ["lambda.amazonaws.com"]}, "may": {"read": ["parameter.HOST"]}}
    doc = document(roles={"reader": role}, parameters={"HOST": {"value": "x"}})
    (made,) = of(doc, "AWS::IAM::Role").values()
    (allowed,) = plain(made["Policies"][0]["PolicyDocument"])["Statement"]
    assert allowed["Action"] == ["ssm:GetParameter", "ssm:GetParameters"]
    assert allowed["Resource"] == ["<Parameter HOST Arn>"]


# Topics


def test_a_secret_address_is_nowhere_to_be_seen() -> None:
    listeners = [
        {"protocol": "https", "name": "pagerduty", "secret_endpoint": "https://events.pagerduty.com/hunter2"},
        {"protocol": "https", "name": "slack"},
    ]
    doc = document(topics={"ops": {"subscriptions": listeners}})
    ((name, made),) = of(doc, "AWS::SNS::Subscription").items()
    assert name == "ops/https/pagerduty" and is_secret(made["Endpoint"])
    (warning,) = warnings(topics={"ops": {"subscriptions": listeners}})
    assert "slack has no address yet" in warning


# Zones


def test_a_failover_whose_halves_are_of_two_stacks() -> None:
    zone = {
        "domain": "example.com",
        "existing_zone_id": "Z123",
        "health_checks": {"api": {"host": "origin.example.com"}},
        "records": {
            "api": {"alias": "load_balancer.api", "failover": "PRIMARY", "health_check": "api"},
            "www#blue": {"values": ["10.0.0.1"], "weight": 90},
            "www#green": {"values": ["10.0.0.2"], "weight": 10},
        },
    }
    alb = {"api": {"certificate": "arn:aws:acm:eu-west-1:123456789012:certificate/x"}}
    doc = document(zones={"main": zone}, load_balancers=alb)
    made = {name: plain(one) for name, one in of(doc, "AWS::Route53::RecordSet").items()}
    primary = made["main/api"]
    assert (primary["Failover"], primary["SetIdentifier"], primary["HostedZoneId"]) == ("PRIMARY", "PRIMARY", "Z123")
    assert primary["AliasTarget"]["EvaluateTargetHealth"] is True
    assert {made[f"main/www#{colour}"]["SetIdentifier"] for colour in ("blue", "green")} == {"blue", "green"}
    (check,) = of(doc, "AWS::Route53::HealthCheck").values()
    config = check["HealthCheckConfig"]
    assert (config["Type"], config["Port"], config["ResourcePath"]) == ("HTTPS", 443, "/health")
    assert (config["FailureThreshold"], config["RequestInterval"]) == (3, 30)
    assert config["FullyQualifiedDomainName"] == "origin.example.com"
