# Copyright (c) stackwright.aws contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
from __future__ import annotations

import time
from typing import Any

import pytest

from tests.twin.helpers import eventually, refused


@pytest.fixture
def acm(client: Any) -> Any:
    return client("acm")


def described(acm: Any, arn: str) -> Any:
    return acm.describe_certificate(CertificateArn=arn)["Certificate"]


def records(acm: Any, arn: str) -> list[Any]:
    return [option.get("ResourceRecord") for option in described(acm, arn)["DomainValidationOptions"]]


def test_validation_waits_for_the_record_in_the_zone(acm: Any, client: Any) -> None:
    route53 = client("route53")
    zone = route53.create_hosted_zone(Name="example.com", CallerReference="1")["HostedZone"]["Id"]
    arn = acm.request_certificate(
        DomainName="example.com", SubjectAlternativeNames=["*.example.com"], ValidationMethod="DNS"
    )["CertificateArn"]
    assert records(acm, arn) == [None, None]
    eventually(lambda: None not in records(acm, arn), True)
    record, same = records(acm, arn)
    assert record == same
    time.sleep(0.7)
    assert described(acm, arn)["Status"] == "PENDING_VALIDATION"
    assert "NotAfter" not in described(acm, arn)
    route53.change_resource_record_sets(
        HostedZoneId=zone,
        ChangeBatch={
            "Changes": [
                {
                    "Action": "UPSERT",
                    "ResourceRecordSet": {
                        "Name": record["Name"],
                        "Type": record["Type"],
                        "TTL": 300,
                        "ResourceRecords": [{"Value": record["Value"]}],
                    },
                }
            ]
        },
    )
    assert described(acm, arn)["Status"] == "PENDING_VALIDATION"
    eventually(lambda: described(acm, arn)["Status"], "ISSUED")
    assert {o["ValidationStatus"] for o in described(acm, arn)["DomainValidationOptions"]} == {"SUCCESS"}
    again = acm.request_certificate(DomainName="example.com", ValidationMethod="DNS")["CertificateArn"]
    eventually(lambda: records(acm, again), [record])  # per account and domain, not per certificate


def test_a_domain_nobody_manages_here_is_issued_in_time(acm: Any) -> None:
    arn = acm.request_certificate(DomainName="elsewhere.example.org", ValidationMethod="DNS")["CertificateArn"]
    assert described(acm, arn)["Status"] == "PENDING_VALIDATION"
    eventually(lambda: described(acm, arn)["Status"], "ISSUED")


def test_tokens(acm: Any) -> None:
    asked = {"DomainName": "a.example.com", "ValidationMethod": "DNS", "IdempotencyToken": "one"}
    arn = acm.request_certificate(**asked)["CertificateArn"]
    assert acm.request_certificate(**asked)["CertificateArn"] == arn
    assert acm.request_certificate(**{**asked, "IdempotencyToken": "two"})["CertificateArn"] != arn
    assert len(acm.list_certificates()["CertificateSummaryList"]) == 2
    page = acm.list_certificates(MaxItems=1)
    assert len(page["CertificateSummaryList"]) == 1
    assert len(acm.list_certificates(MaxItems=1, NextToken=page["NextToken"])["CertificateSummaryList"]) == 1
    acm.delete_certificate(CertificateArn=arn)
    assert acm.request_certificate(**asked)["CertificateArn"] != arn


def test_options(acm: Any, twin: Any) -> None:
    twin.delays(acm__issue_unmanaged=0.1)
    arn = acm.request_certificate(
        DomainName="a.example.com", Options={"CertificateTransparencyLoggingPreference": "DISABLED"}
    )["CertificateArn"]
    eventually(lambda: described(acm, arn)["Status"], "ISSUED")
    assert described(acm, arn)["Options"]["CertificateTransparencyLoggingPreference"] == "DISABLED"
    acm.update_certificate_options(CertificateArn=arn, Options={"CertificateTransparencyLoggingPreference": "ENABLED"})
    assert described(acm, arn)["Options"]["CertificateTransparencyLoggingPreference"] == "ENABLED"


def test_a_certificate_in_use_stays(acm: Any, client: Any, twin: Any) -> None:
    twin.delays(acm__issue_unmanaged=0.0)
    arn = acm.request_certificate(DomainName="a.example.com", ValidationMethod="DNS")["CertificateArn"]
    assert described(acm, arn)["Status"] == "ISSUED"
    ec2, elb = client("ec2"), client("elbv2")
    subnets = [s["SubnetId"] for s in ec2.describe_subnets()["Subnets"]][:2]
    balancer = elb.create_load_balancer(Name="web", Subnets=subnets)["LoadBalancers"][0]["LoadBalancerArn"]
    listener = elb.create_listener(
        LoadBalancerArn=balancer,
        Protocol="HTTPS",
        Port=443,
        Certificates=[{"CertificateArn": arn}],
        DefaultActions=[{"Type": "fixed-response", "FixedResponseConfig": {"StatusCode": "503"}}],
    )["Listeners"][0]
    assert listener["SslPolicy"] == "ELBSecurityPolicy-2016-08"
    assert described(acm, arn)["InUseBy"] == [balancer]
    with refused("ResourceInUseException"):
        acm.delete_certificate(CertificateArn=arn)
    elb.delete_listener(ListenerArn=listener["ListenerArn"])
    assert described(acm, arn)["InUseBy"] == []
    acm.delete_certificate(CertificateArn=arn)
    with refused("ResourceNotFoundException"):
        acm.describe_certificate(CertificateArn=arn)
