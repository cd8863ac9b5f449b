# Copyright (c) stackwright.aws contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
from __future__ import annotations

from typing import Any

import pytest

from tests.twin.helpers import eventually, refused


@pytest.fixture
def route53(client: Any) -> Any:
    return client("route53")


@pytest.fixture
def zone(route53: Any) -> str:
    return str(route53.create_hosted_zone(Name="example.com", CallerReference="z")["HostedZone"]["Id"])


def record(name: str, value: str = "192.0.2.1", kind: str = "A", **more: Any) -> dict[str, Any]:
    return {"Name": name, "Type": kind, "TTL": 60, "ResourceRecords": [{"Value": value}], **more}


def change(route53: Any, zone: str, *changes: tuple[str, dict[str, Any]]) -> Any:
    batch = {"Changes": [{"Action": action, "ResourceRecordSet": one} for action, one in changes]}
    return route53.change_resource_record_sets(HostedZoneId=zone, ChangeBatch=batch)["ChangeInfo"]


def names(route53: Any, zone: str) -> list[Any]:
    found = route53.list_resource_record_sets(HostedZoneId=zone)["ResourceRecordSets"]
    return [(one["Name"], one["Type"], one.get("SetIdentifier")) for one in found if one["Type"] not in ("NS", "SOA")]


def test_hosted_zones(route53: Any, zone: str) -> None:
    with refused("HostedZoneAlreadyExists", 409):
        route53.create_hosted_zone(Name="example.com", CallerReference="z")
    made = route53.create_hosted_zone(Name="example.org", CallerReference="y")
    identifier = made["ChangeInfo"]["Id"]
    assert made["ChangeInfo"]["Status"] == "PENDING"
    eventually(lambda: route53.get_change(Id=identifier)["ChangeInfo"]["Status"], "INSYNC")
    with refused("NoSuchChange", 404):
        route53.get_change(Id="C000000000")
    found = route53.list_hosted_zones_by_name(DNSName="example.com", MaxItems="1")
    assert [z["Name"] for z in found["HostedZones"]] == ["example.com."]
    assert found["NextDNSName"] == "example.org."
    change(route53, zone, ("CREATE", record("www.example.com")))
    with refused("HostedZoneNotEmpty"):
        route53.delete_hosted_zone(Id=zone)
    change(route53, zone, ("DELETE", record("www.example.com")))
    route53.delete_hosted_zone(Id=zone)


def test_a_change_is_pending_first(route53: Any, zone: str) -> None:
    info = change(route53, zone, ("UPSERT", record("www.example.com")))
    assert info["Status"] == "PENDING"
    eventually(lambda: route53.get_change(Id=info["Id"])["ChangeInfo"]["Status"], "INSYNC")


def test_batches_are_all_or_nothing(route53: Any, zone: str) -> None:
    change(route53, zone, ("CREATE", record("www.example.com")))
    with refused("InvalidChangeBatch", 400, "but it already exists"):
        change(
            route53,
            zone,
            ("CREATE", record("new.example.com")),
            ("CREATE", record("www.example.com", "192.0.2.2", TTL=30)),
        )
    assert names(route53, zone) == [("www.example.com.", "A", None)]
    with refused("InvalidChangeBatch", 400, "values provided do not match"):
        change(route53, zone, ("DELETE", record("www.example.com", "192.0.2.9")))
    with refused("InvalidChangeBatch", 400, "was not found"):
        change(route53, zone, ("DELETE", record("gone.example.com")))
    with refused("InvalidChangeBatch", 400, "not permitted in zone"):
        change(route53, zone, ("CREATE", record("www.example.org")))
    with refused("InvalidChangeBatch", 400, "at apex"):
        change(route53, zone, ("CREATE", record("example.com", "a.example.org", "CNAME")))
    with refused("InvalidChangeBatch", 400, "enclosed in quotation marks"):
        change(route53, zone, ("CREATE", record("txt.example.com", "v=spf1 -all", "TXT")))
    with refused("InvalidChangeBatch", 400, "CharacterStringTooLong"):
        change(route53, zone, ("CREATE", record("txt.example.com", f'"{"x" * 256}"', "TXT")))
    with refused("InvalidChangeBatch", 400, "conflicts with other records"):
        change(route53, zone, ("CREATE", record("www.example.com", "a.example.org", "CNAME")))


def test_weighted_records(route53: Any, zone: str) -> None:
    blue = record("app.example.com", Weight=90, SetIdentifier="blue")
    green = record("app.example.com", Weight=10, SetIdentifier="green")
    change(route53, zone, ("CREATE", blue), ("CREATE", green))
    with refused("InvalidChangeBatch"):
        change(route53, zone, ("CREATE", record("app.example.com")))
    with refused("InvalidInput"):
        change(route53, zone, ("UPSERT", record("app.example.com", Weight=300, SetIdentifier="green")))
    with refused("InvalidInput"):
        change(route53, zone, ("UPSERT", record("x.example.com", Weight=1)))
    page = route53.list_resource_record_sets(
        HostedZoneId=zone, StartRecordName="app.example.com", StartRecordType="A", MaxItems="1"
    )
    assert page["ResourceRecordSets"][0]["SetIdentifier"] == "blue"
    assert page["NextRecordIdentifier"] == "green"
    change(route53, zone, ("DELETE", blue))
    assert names(route53, zone) == [("app.example.com.", "A", "green")]


def test_a_wildcard_comes_back_escaped(route53: Any, zone: str) -> None:
    change(route53, zone, ("CREATE", record("*.example.com")))
    assert names(route53, zone) == [("\\052.example.com.", "A", None)]
    change(route53, zone, ("DELETE", record("*.example.com")))
    assert names(route53, zone) == []


def test_alias_to_a_load_balancer(route53: Any, zone: str) -> None:
    target = {
        "HostedZoneId": "Z35SXDOTRQ7X7K",
        "DNSName": "Web-1.us-east-1.elb.amazonaws.com",
        "EvaluateTargetHealth": True,
    }
    alias = {"Name": "example.com", "Type": "A", "AliasTarget": target}
    change(route53, zone, ("UPSERT", alias))
    found = route53.list_resource_record_sets(HostedZoneId=zone)["ResourceRecordSets"]
    (seen,) = [one for one in found if one["Type"] == "A"]
    assert seen["AliasTarget"] == {**target, "DNSName": "web-1.us-east-1.elb.amazonaws.com."}
    change(route53, zone, ("DELETE", alias))


def test_health_checks(route53: Any, zone: str) -> None:
    config = {
        "Type": "HTTPS",
        "FullyQualifiedDomainName": "example.com",
        "ResourcePath": "/health",
        "RequestInterval": 10,
        "FailureThreshold": 2,
    }
    made = route53.create_health_check(CallerReference="h", HealthCheckConfig=config)["HealthCheck"]
    assert (made["HealthCheckConfig"]["Port"], made["HealthCheckConfig"]["EnableSNI"]) == (443, True)
    assert route53.create_health_check(CallerReference="h", HealthCheckConfig=config)["HealthCheck"]["Id"] == made["Id"]
    with refused("HealthCheckAlreadyExists", 409):
        route53.create_health_check(CallerReference="h", HealthCheckConfig={**config, "FailureThreshold": 3})
    changed = route53.update_health_check(HealthCheckId=made["Id"], FailureThreshold=5, HealthCheckVersion=1)
    assert changed["HealthCheck"]["HealthCheckVersion"] == 2
    with refused("HealthCheckVersionMismatch", 409):
        route53.update_health_check(HealthCheckId=made["Id"], FailureThreshold=6, HealthCheckVersion=1)
    alarm = {
        "Type": "CLOUDWATCH_METRIC",
        "AlarmIdentifier": {"Region": "us-east-1", "Name": "a"},
        "InsufficientDataHealthStatus": "LastKnownStatus",
    }
    other = route53.create_health_check(CallerReference="i", HealthCheckConfig=alarm)["HealthCheck"]
    seen = route53.get_health_check(HealthCheckId=other["Id"])["HealthCheck"]["HealthCheckConfig"]
    assert seen["AlarmIdentifier"] == alarm["AlarmIdentifier"]
    status = route53.get_health_check_status(HealthCheckId=made["Id"])["HealthCheckObservations"]
    assert status[0]["StatusReport"]["Status"].startswith("Success")
    with refused("NoSuchHealthCheck", 404):
        change(route53, zone, ("CREATE", record("a.example.com", HealthCheckId="00000000")))
    page = route53.list_health_checks(MaxItems="1")
    assert page["IsTruncated"]
    assert len(route53.list_health_checks(MaxItems="1", Marker=page["NextMarker"])["HealthChecks"]) == 1
    route53.delete_health_check(HealthCheckId=made["Id"])
    with refused("NoSuchHealthCheck", 404):
        route53.delete_health_check(HealthCheckId=made["Id"])
