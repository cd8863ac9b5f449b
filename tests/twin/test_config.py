# Copyright (c) stackwright.aws contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
from __future__ import annotations

import json
from typing import Any

import pytest

from tests.twin.helpers import refused

MANAGED = {"ConfigRuleName": "encrypted", "Source": {"Owner": "AWS", "SourceIdentifier": "ENCRYPTED_VOLUMES"}}


@pytest.fixture
def config(client: Any) -> Any:
    return client("config")


@pytest.fixture
def role(client: Any) -> str:
    trust = {"Effect": "Allow", "Principal": {"Service": "config.amazonaws.com"}, "Action": "sts:AssumeRole"}
    document = json.dumps({"Version": "2012-10-17", "Statement": [trust]})
    arn: str = client("iam").create_role(RoleName="config", AssumeRolePolicyDocument=document)["Role"]["Arn"]
    return arn


def test_a_recorder_has_a_role_an_arn_and_tags(config: Any, role: str) -> None:
    with refused("InvalidRoleException"):
        config.put_configuration_recorder(ConfigurationRecorder={"name": "default", "roleARN": f"{role}-missing"})
    recorder = {"name": "default", "roleARN": role}
    config.put_configuration_recorder(ConfigurationRecorder=recorder, Tags=[{"Key": "a", "Value": "b"}])
    (shown,) = config.describe_configuration_recorders()["ConfigurationRecorders"]
    assert shown["recordingMode"] == {"recordingFrequency": "CONTINUOUS"}
    config.put_configuration_recorder(
        ConfigurationRecorder={**recorder, "recordingMode": {"recordingFrequency": "DAILY"}},
        Tags=[{"Key": "ignored", "Value": ""}],
    )
    (again,) = config.describe_configuration_recorders()["ConfigurationRecorders"]
    assert (again["arn"], again["recordingMode"]) == (shown["arn"], {"recordingFrequency": "DAILY"})
    assert config.list_tags_for_resource(ResourceArn=shown["arn"])["Tags"] == [{"Key": "a", "Value": "b"}]
    with refused("MaxNumberOfConfigurationRecordersExceededException"):
        config.put_configuration_recorder(ConfigurationRecorder={**recorder, "name": "second"})


def test_a_channel_delivers_only_where_it_may(config: Any, role: str, client: Any) -> None:
    config.put_configuration_recorder(ConfigurationRecorder={"name": "default", "roleARN": role})
    channel = {"name": "default", "s3BucketName": "config"}
    with refused("NoSuchBucketException"):
        config.put_delivery_channel(DeliveryChannel=channel)
    client("s3").create_bucket(Bucket="config")
    with refused("InsufficientDeliveryPolicyException"):
        config.put_delivery_channel(DeliveryChannel=channel)
    with refused("NoAvailableDeliveryChannelException"):
        config.start_configuration_recorder(ConfigurationRecorderName="default")


def test_a_rule_needs_a_recorder_and_keeps_its_tags(config: Any, role: str) -> None:
    with refused("NoAvailableConfigurationRecorderException"):
        config.put_config_rule(ConfigRule=MANAGED)
    config.put_configuration_recorder(ConfigurationRecorder={"name": "default", "roleARN": role})
    with refused("InvalidParameterValueException"):
        config.put_config_rule(ConfigRule={**MANAGED, "MaximumExecutionFrequency": "One_Hour"})
    config.put_config_rule(ConfigRule=MANAGED, Tags=[{"Key": "a", "Value": "b"}])
    config.put_config_rule(ConfigRule={**MANAGED, "Scope": {"TagKey": "team", "TagValue": "web"}})
    (rule,) = config.describe_config_rules()["ConfigRules"]
    assert rule["Scope"] == {"TagKey": "team", "TagValue": "web"}
    assert config.list_tags_for_resource(ResourceArn=rule["ConfigRuleArn"])["Tags"] == [{"Key": "a", "Value": "b"}]
    (found,) = config.describe_compliance_by_config_rule()["ComplianceByConfigRules"]
    assert found["Compliance"]["ComplianceType"] == "INSUFFICIENT_DATA"
