"""Documents as CloudFormation templates."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import pytest

from ansible_collections.stackwright.aws.plugins.filter.templates import templates
from ansible_collections.stackwright.aws.plugins.module_utils.engine.document import Document, Resource
from ansible_collections.stackwright.aws.plugins.module_utils.engine.export import (
    MAX_LOGICAL_ID,
    export,
    logical_ids,
    ref_names,
)
from ansible_collections.stackwright.aws.plugins.module_utils.engine.kind import Kind
from ansible_collections.stackwright.aws.plugins.module_utils.engine.values import (
    Address,
    Compose,
    Ref,
    Sensitive,
    account_id,
    partition,
)
from ansible_collections.stackwright.aws.plugins.module_utils.kinds.registry import REGISTRY
from tests.unit.kinds import schemas
from tests.unit.tiers import build

HOME, AWAY = "eu-west-1", "eu-central-1"
TOPIC = Address("AWS::SNS::Topic", "ops")
VAULT = Address("AWS::Backup::BackupVault", "far")
SECRET = Address("AWS::SecretsManager::Secret", "db")
VALUE = Address("Custom::SecretValue", "db")
GROUP = Address("AWS::EC2::SecurityGroup", "db")


def resource(address: Address, /, **more: Any) -> Resource:
    properties = more.pop("properties", {})
    return Resource(address.kind, address.name, properties, **more)


def exported(*resources: Resource) -> dict[str, dict[str, Any]]:
    return export(Document("shop-prod", HOME, resources), REGISTRY)


def body(*resources: Resource, of: str) -> dict[str, Any]:
    found: dict[str, Any] = exported(*resources)[HOME]["Resources"][of]
    return found


def parameter(value: Any, *others: Resource, **properties: Any) -> Any:
    """What a value becomes in a template."""
    holder = Address("AWS::SSM::Parameter", "it")
    stated = {"Type": "String", "Value": value, **properties}
    return body(resource(holder, properties=stated), *others, of="SSMParameterIt")["Properties"]["Value"]


# References


def test_what_ref_answers_is_a_ref() -> None:
    assert parameter(Ref(TOPIC, "TopicArn"), resource(TOPIC)) == {"Ref": "SNSTopicOps"}


def test_a_return_value_is_read_with_getatt() -> None:
    database = Address("AWS::RDS::DBInstance", "main")
    said = parameter(Ref(database, "Endpoint.Address"), resource(database))
    assert said == {"Fn::GetAtt": ["RDSDBInstanceMain", "Endpoint.Address"]}


def test_our_name_for_a_return_value_becomes_cloudformations() -> None:
    database = Address("AWS::RDS::DBInstance", "main")
    said = parameter(Ref(database, "Arn"), resource(database))
    assert said == {"Fn::GetAtt": ["RDSDBInstanceMain", "DBInstanceArn"]}


def test_a_stated_property_is_restated_and_its_owner_still_comes_first() -> None:
    group = resource(GROUP, properties={"GroupName": "db", "GroupDescription": "Database"})
    holder = resource(
        Address("AWS::SSM::Parameter", "it"), properties={"Type": "String", "Value": Ref(GROUP, "GroupDescription")}
    )
    made = body(holder, group, of="SSMParameterIt")
    assert made["Properties"]["Value"] == "Database"
    assert made["DependsOn"] == ["EC2SecurityGroupDb"]


def test_a_return_value_that_cloudformation_lacks_is_put_together() -> None:
    group = Address("AWS::RDS::DBSubnetGroup", "main")
    said = parameter(Ref(group, "Arn"), resource(group, properties={"DBSubnetGroupName": "shop"}))
    assert said == {"Fn::Sub": f"arn:${{AWS::Partition}}:rds:{HOME}:${{AWS::AccountId}}:subgrp:shop"}


def test_pseudo_parameters() -> None:
    assert parameter(account_id()) == {"Ref": "AWS::AccountId"}
    assert parameter(partition()) == {"Ref": "AWS::Partition"}


# Compositions


def test_a_composition_is_a_substitution() -> None:
    text = Compose("{where}/{name} of ${{user}} {{x}}", {"where": Ref(TOPIC, "TopicArn"), "name": "plain"})
    assert parameter(text, resource(TOPIC)) == {"Fn::Sub": "${SNSTopicOps}/plain of ${!user} {x}"}


def test_a_composition_of_nothing_but_text_is_text() -> None:
    assert parameter(Compose("${{aws:{what}}}", {"what": "username"})) == "${aws:username}"


def test_compositions_nest() -> None:
    inner = Compose("{arn}/*", {"arn": Ref(TOPIC, "TopicArn")})
    assert parameter(Compose("<{inner}>", {"inner": inner}), resource(TOPIC)) == {"Fn::Sub": "<${SNSTopicOps}/*>"}


def test_what_cannot_stand_in_a_text_becomes_a_variable() -> None:
    said = parameter(Compose("{all}!", {"all": [Ref(TOPIC, "TopicArn")]}), resource(TOPIC))
    assert said == {"Fn::Sub": ["${all}!", {"all": [{"Ref": "SNSTopicOps"}]}]}


# Secrets


def test_a_kept_secret_is_read_when_the_template_is_deployed() -> None:
    secret = resource(SECRET, properties={"Name": "db"})
    said = parameter(Sensitive(Ref(SECRET, "Value.password")), secret)
    assert said == {"Fn::Sub": "{{resolve:secretsmanager:${SecretsManagerSecretDb}:SecretString:password}}"}
    whole = parameter(Sensitive(Ref(SECRET, "Value")), secret)
    assert whole == {"Fn::Sub": "{{resolve:secretsmanager:${SecretsManagerSecretDb}:SecretString:}}"}


def test_a_secret_inside_a_composition_stays_one() -> None:
    url = Compose("redis://:{token}@host", {"token": Sensitive(Ref(SECRET, "Value.token"))})
    said = parameter(url, resource(SECRET, properties={"Name": "db"}))
    assert said["Fn::Sub"] == ("redis://:{{resolve:secretsmanager:${SecretsManagerSecretDb}:SecretString:token}}@host")


@pytest.mark.parametrize(
    "value",
    [
        Sensitive("hunter2"),
        Compose("x{it}", {"it": Sensitive("hunter2")}),
        Sensitive(Compose("x{it}", {"it": Sensitive("hunter2")})),
        {"deep": [Sensitive("hunter2")]},
        Sensitive({"deep": ["hunter2"]}),
    ],
)
def test_a_given_secret_is_a_parameter_and_nowhere_in_the_template(value: Any) -> None:
    holder = resource(Address("AWS::SSM::Parameter", "it"), properties={"Type": "String", "Value": value})
    template = exported(holder)[HOME]
    assert "hunter2" not in json.dumps(template)
    assert [entry["NoEcho"] for entry in template["Parameters"].values()] == [True]


def test_a_secret_property_is_hidden_although_its_value_is_stated_plainly() -> None:
    template = exported(resource(SECRET, properties={"Name": "db", "SecretString": "hunter2"}))[HOME]
    assert "hunter2" not in json.dumps(template)
    assert template["Resources"]["SecretsManagerSecretDb"]["Properties"]["SecretString"] == {
        "Ref": "SecretsManagerSecretDbSecretString"
    }


# What a template cannot say


def test_a_type_of_ours_is_left_out_and_its_users_wait_for_what_stands_behind_it() -> None:
    secret = resource(SECRET, properties={"Name": "db"})
    value = resource(VALUE, properties={"SecretId": Ref(SECRET, "Arn"), "Fields": {"host": Ref(TOPIC, "TopicArn")}})
    user = resource(GROUP, properties={"GroupDescription": "x"}, depends_on=(VALUE,))
    template = exported(secret, value, user, resource(TOPIC))[HOME]
    assert template["Metadata"]["LeftOut"] == {"Custom::SecretValue db": "CloudFormation has no such type"}
    assert template["Resources"]["EC2SecurityGroupDb"]["DependsOn"] == ["SNSTopicOps", "SecretsManagerSecretDb"]


def test_what_somebody_else_must_make_is_a_parameter() -> None:
    imported = Address("Custom::ImportedCertificate", "main")
    certificate = resource(imported, properties={"Certificate": "c", "PrivateKey": Sensitive("hunter2")})
    listener = resource(
        Address("AWS::ElasticLoadBalancingV2::Listener", "https"),
        properties={"Certificates": [{"CertificateArn": Ref(imported, "CertificateArn")}]},
    )
    template = exported(certificate, listener)[HOME]
    (name,) = template["Parameters"]
    said = template["Resources"]["ElasticLoadBalancingV2ListenerHttps"]["Properties"]["Certificates"]
    assert said == [{"CertificateArn": {"Ref": name}}]
    assert "hunter2" not in json.dumps(template)


def test_the_records_that_validate_a_certificate_are_cloudformations_to_make() -> None:
    sections = {
        "zones": {"main": {"domain": "shop.example"}},
        "certificates": {"main": {"domain": "shop.example", "zone": "zone.main"}},
    }
    template = export(build.document(**sections), REGISTRY)[HOME]
    options = template["Resources"]["CertificateManagerCertificateMain"]["Properties"]["DomainValidationOptions"]
    assert options == [{"DomainName": "shop.example", "HostedZoneId": {"Ref": "Route53HostedZoneMain"}}]
    assert "AWS::Route53::RecordSet main/validation/shop.example" in template["Metadata"]["LeftOut"]
    assert "Route53RecordSetMainValidationShopExample" not in template["Resources"]


def test_a_property_of_ours_takes_cloudformations_name() -> None:
    service = resource(Address("AWS::ECS::Service", "api"), properties={"InitialDesiredCount": 3})
    assert body(service, of="ECSServiceApi")["Properties"]["DesiredCount"] == 3


def test_a_property_of_ours_joins_the_list_it_belongs_to() -> None:
    stated = {"LoadBalancerAttributes": [{"Key": "a", "Value": "b"}], "DeletionProtection": True}
    balancer = resource(Address("AWS::ElasticLoadBalancingV2::LoadBalancer", "web"), properties=stated)
    made = body(balancer, of="ElasticLoadBalancingV2LoadBalancerWeb")["Properties"]
    assert made["LoadBalancerAttributes"] == [
        {"Key": "a", "Value": "b"},
        {"Key": "deletion_protection.enabled", "Value": "true"},
    ]
    assert "DeletionProtection" not in made


def test_an_encrypted_parameter_is_left_out() -> None:
    holder = resource(Address("AWS::SSM::Parameter", "it"), properties={"Type": "SecureString", "Value": "hunter2"})
    template = exported(holder)[HOME]
    assert "Resources" not in template and "hunter2" not in json.dumps(template)


# Regions


def test_what_lives_elsewhere_has_a_template_of_its_own() -> None:
    vault = resource(VAULT, properties={"BackupVaultName": "far"}, region=AWAY)
    found = exported(resource(TOPIC), vault)
    assert list(found) == [HOME, AWAY]
    assert set(found[AWAY]["Resources"]) == {"BackupBackupVaultFar"}


def test_a_predictable_value_crosses_regions_as_text() -> None:
    vault = resource(VAULT, properties={"BackupVaultName": "far"}, region=AWAY)
    said = parameter(Ref(VAULT, "BackupVaultArn"), vault)
    assert said == {"Fn::Sub": f"arn:${{AWS::Partition}}:backup:{AWAY}:${{AWS::AccountId}}:backup-vault:far"}


def test_any_other_value_crosses_as_an_output_and_a_parameter_of_one_name() -> None:
    key = Address("AWS::KMS::Key", "far")
    holder = resource(Address("AWS::SSM::Parameter", "it"), properties={"Type": "String", "Value": Ref(key, "KeyId")})
    found = exported(resource(key, region=AWAY), holder)
    assert found[HOME]["Resources"]["SSMParameterIt"]["Properties"]["Value"] == {"Ref": "KMSKeyFarKeyId"}
    assert found[HOME]["Parameters"]["KMSKeyFarKeyId"]["Type"] == "String"
    assert found[AWAY]["Outputs"]["KMSKeyFarKeyId"] == {"Value": {"Ref": "KMSKeyFar"}}
    assert "DependsOn" not in found[HOME]["Resources"]["SSMParameterIt"]


# Tags and guards


def test_everything_carries_the_tags_that_say_whose_it_is() -> None:
    made = body(resource(TOPIC, tags={"team": "web"}, protect=True), of="SNSTopicOps")["Properties"]["Tags"]
    assert made == [
        {"Key": "stackwright:name", "Value": "ops"},
        {"Key": "stackwright:protected", "Value": "true"},
        {"Key": "stackwright:stack", "Value": "shop-prod"},
        {"Key": "team", "Value": "web"},
    ]


def test_tags_take_the_shape_of_the_type() -> None:
    vault = resource(Address("AWS::Backup::BackupVault", "v"), properties={"BackupVaultName": "v"})
    made = body(vault, of="BackupBackupVaultV")["Properties"]
    assert made["BackupVaultTags"] == {"stackwright:name": "v", "stackwright:stack": "shop-prod"}
    fleet = resource(Address("AWS::AutoScaling::AutoScalingGroup", "f"))
    (first, *_others) = body(fleet, of="AutoScalingAutoScalingGroupF")["Properties"]["Tags"]
    assert first == {"Key": "stackwright:name", "Value": "f", "PropagateAtLaunch": True}
    profile = resource(Address("AWS::IAM::InstanceProfile", "p"))
    assert "Tags" not in body(profile, of="IAMInstanceProfileP")["Properties"]


def test_two_of_our_properties_can_be_one_of_cloudformations() -> None:
    data = {"InstanceType": "t3.micro"}
    template = resource(
        Address("AWS::EC2::LaunchTemplate", "t"), properties={"LaunchTemplateData": data, "UserData": "#!/bin/sh"}
    )
    made = body(template, of="EC2LaunchTemplateT")["Properties"]
    assert made["LaunchTemplateData"] == {**data, "UserData": {"Fn::Base64": "#!/bin/sh"}}


@pytest.mark.parametrize(
    ("kind", "protect", "policy"),
    [
        ("AWS::RDS::DBInstance", True, "Retain"),
        ("AWS::RDS::DBInstance", False, "Snapshot"),
        ("AWS::S3::Bucket", False, "Retain"),
        ("AWS::SNS::Topic", True, "Retain"),
        ("AWS::SNS::Topic", False, None),
    ],
)
def test_what_holds_data_or_is_protected_outlives_its_stack(kind: str, protect: bool, policy: str | None) -> None:
    (made,) = exported(resource(Address(kind, "x"), protect=protect))[HOME]["Resources"].values()
    assert (made.get("DeletionPolicy"), made.get("UpdateReplacePolicy")) == (policy, policy)


def test_only_what_no_property_says_is_a_dependency() -> None:
    policy = resource(
        Address("AWS::SNS::TopicPolicy", "ops"),
        properties={"Topics": [Ref(TOPIC, "TopicArn")], "PolicyDocument": {}},
        depends_on=(TOPIC, GROUP),
    )
    made = body(policy, resource(TOPIC), resource(GROUP), of="SNSTopicPolicyOps")
    assert made["DependsOn"] == ["EC2SecurityGroupDb"]


# Logical ids


def test_logical_ids_are_letters_and_digits_and_differ() -> None:
    names = ["a-b", "a.b", "a/b", "x" * 400, "x" * 401, "/ecs/café", "plain"]
    addresses = [Address("AWS::SNS::Topic", name) for name in names]
    found = logical_ids(addresses)
    assert len(set(found.values())) == len(names)
    assert all(name.isascii() and name.isalnum() and len(name) <= MAX_LOGICAL_ID for name in found.values())
    assert found == logical_ids(reversed(addresses))
    assert found[addresses[-1]] == "SNSTopicPlain"


def test_a_parameter_never_takes_the_name_of_a_resource() -> None:
    taken = resource(Address("AWS::SecretsManager::Secret", "db/SecretString"), properties={"Name": "other"})
    secret = resource(SECRET, properties={"Name": "db", "SecretString": "hunter2"})
    template = exported(taken, secret)[HOME]
    assert not set(template["Parameters"]) & set(template["Resources"])


# The filter


def test_the_filter_merges_the_overrides() -> None:
    described = {"system": "shop", "env": "prod", "region": HOME, "topics": {"ops": {}}}
    found = templates(described, {"region": AWAY})
    assert list(found) == [AWAY]
    assert "SNSTopicOps" in found[AWAY]["Resources"]


def test_a_type_that_only_aws_knows_is_said_as_it_is_written() -> None:
    described = {
        "system": "shop",
        "env": "prod",
        "region": HOME,
        "resources": {
            "nightly": {"type": "AWS::Events::Rule", "properties": {"ScheduleExpression": "rate(1 day)"}},
            "arn": {
                "type": "AWS::SSM::Parameter",
                "properties": {"Type": "String", "Value": "${resource.nightly.Arn}"},
            },
        },
    }
    made = templates(described)[HOME]["Resources"]
    assert made["EventsRuleNightly"]["Properties"]["ScheduleExpression"] == "rate(1 day)"
    assert made["EventsRuleNightly"]["Properties"]["Tags"]
    assert made["SSMParameterArn"]["Properties"]["Value"] == {"Fn::GetAtt": ["EventsRuleNightly", "Arn"]}


# Every kind

KINDS = [kind for kind in REGISTRY if kind.export]
by_type = pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.type.removeprefix("AWS::"))


def _return_values(schema: Mapping[str, Any]) -> set[str]:
    """What `Fn::GetAtt` answers, and the beginnings of what has members."""
    paths = {path.removeprefix("/properties/").replace("/", ".") for path in schema.get("readOnlyProperties", ())}
    return paths | {path.partition(".")[0] for path in paths}


@by_type
def test_every_property_is_cloudformations_or_told_otherwise(kind: Kind) -> None:
    ours = set(kind.properties) - schemas.writable(kind.type)
    assert ours <= set(kind.template.properties)
    renamed = {rule for rule in kind.template.properties.values() if isinstance(rule, str) and rule}
    assert renamed <= schemas.writable(kind.type)


@by_type
def test_every_attribute_can_be_read_or_is_told_otherwise(kind: Kind) -> None:
    answered = _return_values(schemas.schema(kind.type))
    told = {*kind.template.attributes, *kind.template.supplied}
    assert set(kind.attributes) - answered - ref_names(kind) - set(kind.properties) <= told
    assert {name for name in kind.template.attributes.values() if name} <= answered


#: What `Ref` answers where that is not the primary identifier: the name of a rule, not its ARN.
#: https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-events-rule.html
REF_OTHERWISE = {"AWS::Events::Rule": "RuleName"}


@by_type
def test_ref_answers_the_primary_identifier(kind: Kind) -> None:
    if kind.type in REF_OTHERWISE:
        assert ref_names(kind) == {REF_OTHERWISE[kind.type]}
        return
    identifiers = [path.removeprefix("/properties/") for path in schemas.schema(kind.type)["primaryIdentifier"]]
    known = {name for name in identifiers if name in kind.attributes or name in kind.properties}
    if len(identifiers) == 1 and known:
        assert known <= ref_names(kind)


@by_type
def test_tags_are_where_the_type_has_them(kind: Kind) -> None:
    schema = schemas.schema(kind.type)
    if kind.tags is None:
        return
    usual = "TagSpecifications" if "TagSpecifications" in schema["properties"] else "Tags"
    where = schema.get("tagging", {}).get("tagProperty", f"/properties/{usual}").rpartition("/")[2]
    shape = schema["properties"].get(where)
    assert kind.template.tags == (where if shape else "")
    if shape:
        named = schema["definitions"][shape["$ref"].rpartition("/")[2]] if "$ref" in shape else shape
        assert kind.template.tag_map == (named["type"] == "object")
