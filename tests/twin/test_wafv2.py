# Copyright (c) stackwright.aws contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
from __future__ import annotations

from typing import Any

import pytest

from tests.twin.helpers import refused
from tests.twin.support import default_subnets

SEEN = {"CloudWatchMetricsEnabled": True, "MetricName": "m", "SampledRequestsEnabled": True}
RATE = {"RateBasedStatement": {"Limit": 1000, "AggregateKeyType": "IP"}}
COMMON = {"ManagedRuleGroupStatement": {"VendorName": "AWS", "Name": "AWSManagedRulesCommonRuleSet"}}


@pytest.fixture
def waf(client: Any) -> Any:
    return client("wafv2")


def rule(statement: dict[str, Any], priority: int = 1, **more: Any) -> dict[str, Any]:
    action = more or {"Action": {"Block": {}}}
    return {"Name": f"r{priority}", "Priority": priority, "Statement": statement, "VisibilityConfig": SEEN, **action}


def make(waf: Any, name: str = "api", scope: str = "REGIONAL", **more: Any) -> dict[str, Any]:
    made: dict[str, Any] = waf.create_web_acl(
        Name=name, Scope=scope, DefaultAction={"Allow": {}}, VisibilityConfig=SEEN, **more
    )["Summary"]
    return made


def get(waf: Any, acl: dict[str, Any], scope: str = "REGIONAL") -> dict[str, Any]:
    answer: dict[str, Any] = waf.get_web_acl(Name=acl["Name"], Scope=scope, Id=acl["Id"])
    return answer


def balancer(client: Any, name: str = "front") -> str:
    made = client("elbv2").create_load_balancer(Name=name, Subnets=default_subnets(client))
    arn: str = made["LoadBalancers"][0]["LoadBalancerArn"]
    return arn


def test_a_name_is_taken_once(waf: Any) -> None:
    make(waf)
    with refused("WAFDuplicateItemException"):
        make(waf)
    waf.create_ip_set(Name="x", Scope="REGIONAL", IPAddressVersion="IPV4", Addresses=[])
    with refused("WAFDuplicateItemException"):
        waf.create_ip_set(Name="x", Scope="REGIONAL", IPAddressVersion="IPV4", Addresses=[])


def test_a_rule_has_an_action_and_a_group_an_override(waf: Any) -> None:
    with refused("WAFInvalidParameterException", message="OVERRIDE_ACTION"):
        make(waf, Rules=[rule(RATE, OverrideAction={"None": {}})])
    with refused("WAFInvalidParameterException", message="RULE_ACTION"):
        make(waf, Rules=[rule(COMMON)])
    with refused("WAFInvalidParameterException", message="priority"):
        make(waf, Rules=[rule(RATE), rule(COMMON, OverrideAction={"None": {}})])
    with refused("WAFInvalidParameterException", message="RATE_LIMIT"):
        make(waf, Rules=[rule({"RateBasedStatement": {"Limit": 10**10, "AggregateKeyType": "IP"}})])


def test_what_rules_refer_to_must_exist(waf: Any) -> None:
    with refused("WAFNonexistentItemException"):
        group = {"ManagedRuleGroupStatement": {"VendorName": "AWS", "Name": "AWSManagedRulesNone"}}
        make(waf, Rules=[rule(group, OverrideAction={"None": {}})])
    arn = "arn:aws:wafv2:us-east-1:123456789012:regional/ipset/none/1"
    with refused("WAFNonexistentItemException"):
        make(waf, Rules=[rule({"IPSetReferenceStatement": {"ARN": arn}})])


def test_capacity(waf: Any) -> None:
    rules = [rule(RATE), rule(COMMON, 2, OverrideAction={"None": {}})]
    assert waf.check_capacity(Scope="REGIONAL", Rules=rules)["Capacity"] == 702
    assert get(waf, make(waf, Rules=rules))["WebACL"]["Capacity"] == 702
    eight = [rule(COMMON, number, OverrideAction={"None": {}}) for number in range(8)]
    with refused("WAFLimitsExceededException"):
        waf.check_capacity(Scope="REGIONAL", Rules=eight)


def test_an_update_says_the_whole_under_the_lock(waf: Any) -> None:
    acl = make(waf, Description="d", Rules=[rule(RATE)], TokenDomains=["example.com"])
    token = get(waf, acl)["LockToken"]
    change = {"Name": "api", "Scope": "REGIONAL", "Id": acl["Id"], "VisibilityConfig": SEEN}
    waf.update_web_acl(**change, DefaultAction={"Block": {}}, LockToken=token)
    with refused("WAFOptimisticLockException"):
        waf.update_web_acl(**change, DefaultAction={"Allow": {}}, LockToken=token)
    now = get(waf, acl)["WebACL"]
    assert (now["DefaultAction"], now["Rules"], now["Description"]) == ({"Block": {}}, [], "")
    assert "TokenDomains" not in now


def test_what_is_protected(waf: Any, client: Any) -> None:
    acl, other, front = make(waf), make(waf, "other"), balancer(client)
    waf.associate_web_acl(WebACLArn=acl["ARN"], ResourceArn=front)
    assert waf.list_resources_for_web_acl(WebACLArn=acl["ARN"])["ResourceArns"] == [front]
    assert waf.list_resources_for_web_acl(WebACLArn=acl["ARN"], ResourceType="API_GATEWAY")["ResourceArns"] == []
    with refused("WAFAssociatedItemException"):
        waf.delete_web_acl(Name="api", Scope="REGIONAL", Id=acl["Id"], LockToken=acl["LockToken"])
    waf.associate_web_acl(WebACLArn=other["ARN"], ResourceArn=front)
    assert waf.get_web_acl_for_resource(ResourceArn=front)["WebACL"]["Name"] == "other"
    waf.delete_web_acl(Name="api", Scope="REGIONAL", Id=acl["Id"], LockToken=acl["LockToken"])
    client("elbv2").delete_load_balancer(LoadBalancerArn=front)
    assert "WebACL" not in waf.get_web_acl_for_resource(ResourceArn=front)
    waf.delete_web_acl(Name="other", Scope="REGIONAL", Id=other["Id"], LockToken=other["LockToken"])


def test_what_cannot_be_protected(waf: Any) -> None:
    acl, wide = make(waf), make(waf, "wide", "CLOUDFRONT")
    with refused("WAFInvalidParameterException", message="RESOURCE_ARN"):
        waf.associate_web_acl(
            WebACLArn=acl["ARN"], ResourceArn="arn:aws:apigateway:us-east-1::/apis/a1b2c3/stages/$default"
        )
    gone = "arn:aws:elasticloadbalancing:us-east-1:123456789012:loadbalancer/app/gone/1"
    with refused("WAFUnavailableEntityException"):
        waf.associate_web_acl(WebACLArn=acl["ARN"], ResourceArn=gone)
    with refused("WAFInvalidParameterException", message="distribution"):
        waf.associate_web_acl(WebACLArn=wide["ARN"], ResourceArn=gone)


def test_what_protects_distributions_is_in_us_east_1_only(waf: Any, client: Any) -> None:
    wide = make(waf, "wide", "CLOUDFRONT")
    assert ":us-east-1:" in wide["ARN"] and ":global/webacl/" in wide["ARN"]
    assert waf.list_web_acls(Scope="REGIONAL")["WebACLs"] == []
    with refused("WAFInvalidParameterException"):
        make(client("wafv2", "eu-west-1"), "wide", "CLOUDFRONT")


def test_an_ip_set_stays_while_a_web_acl_refers_to_it(waf: Any) -> None:
    office = waf.create_ip_set(Name="office", Scope="REGIONAL", IPAddressVersion="IPV4", Addresses=["192.0.2.0/24"])[
        "Summary"
    ]
    make(waf, Rules=[rule({"NotStatement": {"Statement": {"IPSetReferenceStatement": {"ARN": office["ARN"]}}}})])
    with refused("WAFAssociatedItemException"):
        waf.delete_ip_set(Name="office", Scope="REGIONAL", Id=office["Id"], LockToken=office["LockToken"])
    for address in ("192.0.2.1", "2001:db8::/32", "0.0.0.0/0"):
        with refused("WAFInvalidParameterException", message="IP_ADDRESS"):
            waf.update_ip_set(
                Name="office", Scope="REGIONAL", Id=office["Id"], Addresses=[address], LockToken=office["LockToken"]
            )


def test_logging_wants_its_own_log_group(waf: Any, client: Any) -> None:
    acl = make(waf)
    prefix = "arn:aws:logs:us-east-1:123456789012:log-group:"

    def put(name: str) -> None:
        waf.put_logging_configuration(
            LoggingConfiguration={"ResourceArn": acl["ARN"], "LogDestinationConfigs": [prefix + name]}
        )

    client("logs").create_log_group(logGroupName="/waf")
    with refused("WAFInvalidParameterException", message="LOG_DESTINATION"):
        put("/waf")
    with refused("WAFInvalidParameterException", message="LOG_DESTINATION"):
        put("aws-waf-logs-none")
    client("logs").create_log_group(logGroupName="aws-waf-logs-api")
    put("aws-waf-logs-api")
    listed = waf.list_logging_configurations(Scope="REGIONAL")["LoggingConfigurations"]
    assert [one["ResourceArn"] for one in listed] == [acl["ARN"]]
    waf.delete_logging_configuration(ResourceArn=acl["ARN"])
    with refused("WAFNonexistentItemException"):
        waf.get_logging_configuration(ResourceArn=acl["ARN"])


def test_tags_are_reported_and_forgotten(waf: Any, client: Any) -> None:
    acl = make(waf, Tags=[{"Key": "a", "Value": "1"}])
    wide = make(waf, "wide", "CLOUDFRONT", Tags=[{"Key": "a", "Value": "1"}])

    def tagged() -> set[str]:
        found = client("resourcegroupstaggingapi").get_resources(TagFilters=[{"Key": "a"}])
        return {one["ResourceARN"] for one in found["ResourceTagMappingList"]}

    assert tagged() == {acl["ARN"], wide["ARN"]}
    waf.delete_web_acl(Name="api", Scope="REGIONAL", Id=acl["Id"], LockToken=acl["LockToken"])
    assert tagged() == {wide["ARN"]}
    with refused("WAFNonexistentItemException"):
        waf.list_tags_for_resource(ResourceARN=acl["ARN"])
