"""References to other stacks, compiled."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.stackwright.aws.plugins.filter.dependent_stacks import dependent_stacks
from ansible_collections.stackwright.aws.plugins.filter.other_stacks import other_stacks
from ansible_collections.stackwright.aws.plugins.module_utils.engine.document import Document
from ansible_collections.stackwright.aws.plugins.module_utils.engine.errors import DocumentError
from ansible_collections.stackwright.aws.plugins.module_utils.engine.export import export
from ansible_collections.stackwright.aws.plugins.module_utils.engine.values import Address, Ref, resolve
from ansible_collections.stackwright.aws.plugins.module_utils.kinds.registry import registry_offline
from ansible_collections.stackwright.aws.plugins.module_utils.tiers.stack import compile_stack

INSTANCE = "AWS::RDS::DBInstance"
NETWORK = {"cidr": "10.0.0.0/16", "nat_gateways": "none"}
MAIN: dict[str, Any] = {"engine": "postgres", "engine_version": "16", "instance_class": "db.t3.medium"}
PROD: dict[str, Any] = {
    "system": "shop",
    "env": "prod",
    "region": "us-east-1",
    "network": NETWORK,
    "databases": {"main": {**MAIN, "identifier": "shop-db"}},
}
STANDBY: dict[str, Any] = {
    **PROD,
    "env": "prod_dr",
    "region": "us-west-2",
    "keys": {"data": {}},
    "databases": {
        "main": {**MAIN, "identifier": "shop-db-dr", "replica_of": "stacks.prod.database.main", "key": "key.data"}
    },
}
THEIRS = Address(INSTANCE, "main", "shop-prod")


def standby(**sections: Any) -> Document:
    return compile_stack({**STANDBY, **sections}, stacks={"prod": PROD})


def test_a_replica_follows_the_instance_of_another_stack() -> None:
    document = standby()
    replica = document.resources[Address(INSTANCE, "main")].properties
    assert replica["SourceDBInstanceIdentifier"] == Ref(THEIRS, "DBInstanceArn")
    assert replica["SourceRegion"] == "us-east-1"
    assert document.elsewhere() == [THEIRS]
    assert document.region_of(THEIRS) == "us-east-1"
    theirs = document.declared(THEIRS)
    assert theirs is not None and theirs.properties["DBInstanceIdentifier"] == "shop-db"


def test_what_is_lent_holds_no_reference_and_no_secret() -> None:
    theirs = standby().declared(THEIRS)
    assert theirs is not None and theirs.needs() == set()
    assert "MasterUserPassword" not in theirs.properties


def test_text_is_put_together_from_another_stack() -> None:
    document = standby(secrets={"where": {"text": "${stacks.prod.database.main.address}:5432"}})
    assert THEIRS in document.resources[Address("Custom::SecretValue", "where")].needs()


@pytest.mark.parametrize(
    ("reference", "message"),
    [
        ("stacks.staging.database.main", "no stack 'staging' is known here (there are prod)"),
        ("stacks.prod.database.other", "'database.other' names nothing in `databases` (it has main)"),
        ("stacks.prod.network", "is not one of: database.NAME"),
    ],
)
def test_a_reference_that_leads_nowhere_is_named(reference: str, message: str) -> None:
    with pytest.raises(DocumentError) as mistake:
        standby(databases={"main": {**MAIN, "replica_of": reference}})
    assert "databases.main.replica_of" in str(mistake.value) and message in str(mistake.value)


def test_mistakes_of_the_other_description_say_whose_they_are() -> None:
    with pytest.raises(DocumentError, match=r"stacks\.prod: databases\.main\.engine_version: is missing"):
        compile_stack(STANDBY, stacks={"prod": {**PROD, "databases": {"main": {"engine": "postgres"}}}})


def test_two_stacks_may_refer_to_each_other() -> None:
    prod = {**PROD, "secrets": {"peer": {"text": "${stacks.prod_dr.database.main.address}"}}}
    stacks = {"prod": prod, "prod_dr": STANDBY}
    assert compile_stack(prod, stacks=stacks).elsewhere() == [Address(INSTANCE, "main", "shop-prod_dr")]
    assert compile_stack(STANDBY, stacks=stacks).elsewhere() == [THEIRS]


def test_the_copy_of_a_bucket_is_what_its_region_has_of_it() -> None:
    role = {"trusts": {"services": ["ec2.amazonaws.com"]}, "may": {"read": ["bucket.audio"]}}
    copied = {**PROD, "buckets": {"audio": {"replicate_to": {"region": "us-west-2", "name": "shop-audio-dr"}}}}
    ours = {
        "buckets": {"audio": {"existing": "stacks.prod.bucket.audio.copy"}},
        "roles": {"app": role},
        "parameters": {"BUCKET": {"value": "bucket.audio.name"}},
    }
    document = compile_stack({**STANDBY, **ours}, stacks={"prod": copied})
    assert document.elsewhere() == [THEIRS]
    assert not [one for one in document.in_order() if one.kind == "AWS::S3::Bucket"]
    assert document.resources[Address("AWS::SSM::Parameter", "BUCKET")].properties["Value"] == "shop-audio-dr"
    (statements,) = [
        one.properties["Policies"][0]["PolicyDocument"]["Statement"]
        for one in document.in_order()
        if one.kind == "AWS::IAM::Role" and one.name == "role.app"
    ]
    assert statements[0]["Resource"][0].template == "arn:{partition}:s3:::shop-audio-dr"
    with pytest.raises(DocumentError, match="has no 'copy'"):
        compile_stack({**STANDBY, **ours}, stacks={"prod": {**PROD, "buckets": {"audio": {}}}})


def test_the_replica_of_a_secret_is_read_in_its_own_region() -> None:
    function = {"runtime": "python3.13", "secrets": {"KEY": "secret.key"}}
    ours = {"secrets": {"key": {"existing": "stacks.prod.secret.key"}}, "functions": {"worker": function}}
    theirs = {"name": "prod/key", "generate": {"length": 40}, "replicas": ["us-west-2"]}
    document = compile_stack({**STANDBY, **ours}, stacks={"prod": {**PROD, "secrets": {"key": theirs}}})
    assert not [one for one in document.in_order() if one.kind == "AWS::SecretsManager::Secret"]
    made = document.resources[Address("AWS::Lambda::Function", "worker")].properties
    arn = "arn:aws:secretsmanager:us-east-1:123456789012:secret:prod/key-AbCdEf"
    assert resolve(made["Environment"]["Variables"]["KEY"], lambda _ref: arn) == arn.replace("us-east-1", "us-west-2")
    with pytest.raises(DocumentError, match="has no replica in us-west-2; add us-west-2 to the `replicas`"):
        compile_stack({**STANDBY, **ours}, stacks={"prod": {**PROD, "secrets": {"key": {"generate": {"length": 40}}}}})


def test_a_secret_of_the_account_is_named_by_its_arn() -> None:
    arn = "arn:aws:secretsmanager:us-west-2:123456789012:secret:shared/key-AbCdEf"
    function = {
        "runtime": "python3.13",
        "secrets": {"KEY": "secret.key"},
        "environment": {"NAME": "${secret.key.name}"},
    }
    document = standby(secrets={"key": {"existing": arn}}, functions={"worker": function})
    variables = document.resources[Address("AWS::Lambda::Function", "worker")].properties["Environment"]["Variables"]
    assert variables == {"KEY": arn, "NAME": "shared/key"}


def test_records_in_the_zone_of_another_stack_name_it() -> None:
    zone = {"existing_zone_id": "stacks.prod.zone.main", "records": {"www": {"values": ["192.0.2.1"]}}}
    document = compile_stack(
        {**STANDBY, "zones": {"main": zone}, "parameters": {"ZONE": {"value": "zone.main.id"}}},
        stacks={"prod": {**PROD, "zones": {"main": {"domain": "example.com"}}}},
    )
    theirs = Ref(Address("AWS::Route53::HostedZone", "main", "shop-prod"), "Id")
    assert document.resources[Address("AWS::Route53::RecordSet", "main/www")].properties["HostedZoneId"] == theirs
    assert document.resources[Address("AWS::SSM::Parameter", "ZONE")].properties["Value"] == theirs


def test_a_template_takes_it_as_a_parameter() -> None:
    document = standby()
    template = export(document, registry_offline(document))["us-west-2"]
    (name,) = [name for name, of in template["Parameters"].items() if "of shop-prod" in of["Description"]]
    found = [body["Properties"] for body in template["Resources"].values() if body["Type"] == INSTANCE]
    assert found[0]["SourceDBInstanceIdentifier"] == {"Ref": name}


def test_names_in_aws_have_no_underscore() -> None:
    names = [
        resource.properties["DBSubnetGroupName"]
        for resource in standby(databases={"main": {**STANDBY["databases"]["main"], "identifier": None}}).in_order()
        if resource.kind == "AWS::RDS::DBSubnetGroup"
    ]
    assert names == ["shop-prod-dr-main"]


def test_only_the_hosts_that_are_referred_to_are_looked_at() -> None:
    class Loud(dict[str, Any]):
        def __getitem__(self, name: str) -> Any:
            raise AssertionError("nothing refers to this host")

        def __contains__(self, name: object) -> bool:
            return True

    hostvars = {
        "prod": {"stack": {"system": "shop"}},
        "prod_dr": {
            "stack": {"system": "shop"},
            "stack_overrides": {"databases": {"main": {"replica_of": "stacks.prod.database.main"}}},
        },
        "staging": Loud(),
    }
    assert other_stacks(hostvars, "prod") == {}
    assert other_stacks(hostvars, "prod_dr") == {
        "prod": {"description": {"env": "prod", "system": "shop"}, "overrides": {}}
    }


def test_who_refers_to_a_stack() -> None:
    replica = {"databases": {"main": {"replica_of": "stacks.prod.database.main"}}}
    hostvars = {
        "localhost": {},
        "prod": {"stack": {"peers": {"own": "stacks.prod.network.vpc_id"}}},
        "prod_dr": {"stack": {"system": "shop"}, "stack_overrides": replica},
        "prod_eu": {"stack": {"system": "shop", **replica}},
        "staging": {"stack": {"system": "shop"}},
    }
    assert dependent_stacks(hostvars, "prod") == ["prod_dr", "prod_eu"]
    assert dependent_stacks(hostvars, "staging") == []
