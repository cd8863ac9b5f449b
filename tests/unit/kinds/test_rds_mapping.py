"""What RDS answers and takes, against CloudFormation's shapes."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.stackwright.aws.plugins.module_utils.engine.diff import differs
from ansible_collections.stackwright.aws.plugins.module_utils.engine.kind import Kind, Observed, Phase, Work
from ansible_collections.stackwright.aws.plugins.module_utils.engine.values import Address
from ansible_collections.stackwright.aws.plugins.module_utils.kinds import rds
from ansible_collections.stackwright.aws.plugins.module_utils.kinds.rds import DB_INSTANCE
from ansible_collections.stackwright.aws.plugins.module_utils.kinds.rds.db_instance_answer import (
    FAILED_STATES,
    LEAVING_STATES,
    PROPERTIES,
    READY_STATES,
    instance_state,
    predicted_port,
    replicated_region,
    source_name,
    source_region,
)
from ansible_collections.stackwright.aws.plugins.module_utils.kinds.rds.db_instance_request import (
    creation,
    deletion,
    modification,
)
from ansible_collections.stackwright.aws.plugins.module_utils.kinds.rds.db_parameter_group import (
    apply_methods,
    observed_parameters,
    parameter_values,
)
from tests.unit.kinds import schemas

#: https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/accessing-monitoring.html#Overview.DBInstance.Status
PASSING_STATES = {
    "backing-up",
    "configuring-associated-roles",
    "configuring-enhanced-monitoring",
    "configuring-iam-database-auth",
    "configuring-log-exports",
    "converting-to-vpc",
    "creating",
    "maintenance",
    "modifying",
    "moving-to-vpc",
    "rebooting",
    "renaming",
    "resetting-master-credentials",
    "starting",
    "stopping",
    "storage-config-upgrade",
    "upgrading",
}
ANSWER: dict[str, Any] = {
    "DBInstanceIdentifier": "main",
    "DBInstanceArn": "arn:aws:rds:us-east-1:123456789012:db:main",
    "DBInstanceStatus": "available",
    "DBInstanceClass": "db.t3.medium",
    "Engine": "postgres",
    "EngineVersion": "15.7",
    "AllocatedStorage": 100,
    "MaxAllocatedStorage": 200,
    "Endpoint": {"Address": "main.example.com", "Port": 5432, "HostedZoneId": "Z1"},
    "PreferredMaintenanceWindow": "mon:04:00-mon:05:00",
    "KmsKeyId": "arn:aws:kms:us-east-1:123456789012:key/1111",
    "VpcSecurityGroups": [
        {"VpcSecurityGroupId": "sg-1", "Status": "active"},
        {"VpcSecurityGroupId": "sg-2", "Status": "removing"},
    ],
    "DBParameterGroups": [{"DBParameterGroupName": "pg15", "ParameterApplyStatus": "pending-reboot"}],
    "DBSubnetGroup": {"DBSubnetGroupName": "main"},
    "MasterUserSecret": {"SecretArn": "arn:aws:secretsmanager:::s", "KmsKeyId": "arn:aws:kms:::key/2222"},
    "IAMDatabaseAuthenticationEnabled": True,
    "EnabledCloudwatchLogsExports": ["postgresql"],
    "TagList": [{"Key": "stackwright:stack", "Value": "shop-prod"}],
}


def work(current: dict[str, Any] | None = None, **desired: Any) -> Work:
    observed = DB_INSTANCE.parse({**ANSWER, **current}, "us-east-1") if current is not None else None
    return Work(
        Address(DB_INSTANCE.type, "main"),
        desired,
        api=None,  # type: ignore[arg-type]
        current=observed,
        tags={"a": "b"},
        token="0123456789abcdef",
        region="us-east-1",
        changed=frozenset(desired),
    )


def test_an_answer_becomes_properties() -> None:
    observed = DB_INSTANCE.parse(ANSWER, "us-east-1")
    assert observed.id == "main"
    assert observed.stack == "shop-prod"
    expected = {
        "VPCSecurityGroups": ["sg-1"],
        "DBParameterGroupName": "pg15",
        "DBSubnetGroupName": "main",
        "ManageMasterUserPassword": True,
        "EnableIAMDatabaseAuthentication": True,
        "EnableCloudwatchLogsExports": ["postgresql"],
        "EnablePerformanceInsights": False,
        "MonitoringInterval": 0,
        "MultiAZ": False,
        "AllocatedStorage": 100,
        "Port": 5432,
    }
    assert {name: observed.properties[name] for name in expected} == expected
    assert observed.attributes["Endpoint.Address"] == "main.example.com"
    assert "MasterUserPassword" not in observed.properties


@pytest.mark.parametrize(
    ("name", "desired", "answer", "expected"),
    [
        ("EngineVersion", "15", {}, False),
        ("EngineVersion", "15.7", {}, False),
        ("EngineVersion", 15, {}, False),
        ("EngineVersion", "15.4", {}, True),
        ("EngineVersion", "16", {}, True),
        ("EngineVersion", "1", {}, True),
        ("EngineVersion", "15.1", {"EngineVersion": "15.10"}, True),
        ("AllocatedStorage", 100, {}, False),
        ("AllocatedStorage", "100", {}, False),
        ("AllocatedStorage", 100, {"AllocatedStorage": 150}, False),
        ("AllocatedStorage", 100, {"AllocatedStorage": 250}, True),
        ("AllocatedStorage", 100, {"AllocatedStorage": 150, "MaxAllocatedStorage": None}, True),
        ("MaxAllocatedStorage", 200, {"AllocatedStorage": 200, "MaxAllocatedStorage": 200}, False),
        ("MaxAllocatedStorage", 100, {"AllocatedStorage": 100, "MaxAllocatedStorage": None}, False),
        ("MaxAllocatedStorage", 300, {"AllocatedStorage": 100, "MaxAllocatedStorage": 200}, True),
        ("MaxAllocatedStorage", None, {"AllocatedStorage": 100, "MaxAllocatedStorage": 200}, True),
        ("MaxAllocatedStorage", None, {"AllocatedStorage": 100, "MaxAllocatedStorage": 100}, False),
        ("MaxAllocatedStorage", None, {"AllocatedStorage": 100, "MaxAllocatedStorage": None}, False),
        ("AllocatedStorage", 120, {}, True),
        ("PreferredMaintenanceWindow", "Mon:04:00-Mon:05:00", {}, False),
        ("KmsKeyId", "1111", {}, False),
        ("KmsKeyId", "3333", {}, True),
        ("MasterUserSecret", {"KmsKeyId": "2222"}, {}, False),
        ("VPCSecurityGroups", ["sg-1"], {}, False),
        ("VPCSecurityGroups", ["sg-1", "sg-2"], {}, True),
        (
            "SourceDBInstanceIdentifier",
            "arn:aws:rds:eu-west-1:1:db:x",
            {"ReadReplicaSourceDBInstanceIdentifier": "x"},
            False,
        ),
        ("DBInstanceIdentifier", "Main", {}, False),
    ],
)
def test_comparison(name: str, desired: Any, answer: dict[str, Any], expected: bool) -> None:
    observed = DB_INSTANCE.parse({**ANSWER, **answer})
    assert differs(PROPERTIES[name], desired, observed.properties[name]) is expected


@pytest.mark.parametrize(
    ("answer", "state", "phase"),
    [
        ({}, "available", Phase.READY),
        ({"PendingModifiedValues": {}}, "available", Phase.READY),
        ({"PendingModifiedValues": {"MultiAZ": True}}, "pending-modification", Phase.BUSY),
        ({"PendingModifiedValues": {"PendingCloudwatchLogsExports": {}}}, "available", Phase.READY),
        (
            {"VpcSecurityGroups": [{"VpcSecurityGroupId": "sg-1", "Status": "adding"}]},
            "moving-security-groups",
            Phase.BUSY,
        ),
        ({"DBParameterGroups": [{"ParameterApplyStatus": "applying"}]}, "applying-parameters", Phase.BUSY),
        ({"DBInstanceStatus": "storage-full"}, "storage-full", Phase.READY),
        ({"DBInstanceStatus": "incompatible-network"}, "incompatible-network", Phase.FAILED),
        ({"DBInstanceStatus": "deleting"}, "deleting", Phase.LEAVING),
    ],
)
def test_states(answer: dict[str, Any], state: str, phase: Phase) -> None:
    item = {**ANSWER, "VpcSecurityGroups": [], **answer}
    assert instance_state(item) == state
    assert DB_INSTANCE.parse(item).phase is phase


def test_states_that_pass_are_in_no_list() -> None:
    assert not PASSING_STATES & (READY_STATES | FAILED_STATES | LEAVING_STATES)


def test_a_plain_instance_is_created_with_everything() -> None:
    operation, params = creation(
        work(
            DBInstanceIdentifier="main",
            AllocatedStorage="100",
            VPCSecurityGroups=["sg-1"],
            MasterUserSecret={"KmsKeyId": "key"},
            BackupRetentionPeriod=7,
            LicenseModel=None,
        )
    )
    assert operation == "create_db_instance"
    assert params == {
        "DBInstanceIdentifier": "main",
        "AllocatedStorage": 100,
        "VpcSecurityGroupIds": ["sg-1"],
        "MasterUserSecretKmsKeyId": "key",
        "BackupRetentionPeriod": 7,
        "Tags": [{"Key": "a", "Value": "b"}],
    }


@pytest.mark.parametrize(
    ("source", "region"),
    [
        ("source", None),
        ("arn:aws:rds:us-east-1:123456789012:db:source", None),
        ("arn:aws:rds:eu-west-1:123456789012:db:source", "eu-west-1"),
    ],
)
def test_a_replica_inherits_what_its_request_refuses(source: str, region: str | None) -> None:
    operation, params = creation(
        work(
            DBInstanceIdentifier="replica",
            SourceDBInstanceIdentifier=source,
            DBInstanceClass="db.t3.medium",
            BackupRetentionPeriod=7,
            Engine="postgres",
            MasterUserPassword="secret",
        )
    )
    assert operation == "create_db_instance_read_replica"
    assert params.pop("SourceRegion", None) == region
    assert params == {
        "DBInstanceIdentifier": "replica",
        "SourceDBInstanceIdentifier": source,
        "DBInstanceClass": "db.t3.medium",
        "Tags": [{"Key": "a", "Value": "b"}],
    }


def test_a_restored_instance_keeps_what_its_request_takes() -> None:
    operation, params = creation(
        work(DBInstanceIdentifier="main", DBSnapshotIdentifier="s", BackupRetentionPeriod=7, MasterUsername="m")
    )
    assert operation == "restore_db_instance_from_db_snapshot"
    assert set(params) == {"DBInstanceIdentifier", "DBSnapshotIdentifier", "BackupRetentionPeriod", "Tags"}


@pytest.mark.parametrize(
    ("current", "desired", "names", "expected"),
    [
        ({}, {"Port": "5433"}, ["Port"], {"DBPortNumber": 5433}),
        (
            {"AllocatedStorage": 150},
            {"AllocatedStorage": 100, "Iops": 4000},
            ["Iops"],
            {"AllocatedStorage": 150, "Iops": 4000},
        ),
        ({}, {"MultiAZ": True, "Iops": 4000}, ["MultiAZ"], {"MultiAZ": True}),
        (
            {},
            {"MonitoringInterval": 60, "MonitoringRoleArn": "r"},
            ["MonitoringInterval"],
            {"MonitoringInterval": 60, "MonitoringRoleArn": "r"},
        ),
        (
            {},
            {"EnableCloudwatchLogsExports": ["upgrade"]},
            ["EnableCloudwatchLogsExports"],
            {"CloudwatchLogsExportConfiguration": {"EnableLogTypes": ["upgrade"], "DisableLogTypes": ["postgresql"]}},
        ),
        (
            {},
            {"EngineVersion": "16", "AllowMajorVersionUpgrade": True},
            ["EngineVersion"],
            {"EngineVersion": "16", "AllowMajorVersionUpgrade": True},
        ),
        (
            {"AllocatedStorage": 150, "MaxAllocatedStorage": 200},
            {"AllocatedStorage": 100, "MaxAllocatedStorage": None},
            ["MaxAllocatedStorage"],
            {"MaxAllocatedStorage": 150},
        ),
        (
            {},
            {"EnablePerformanceInsights": False, "PerformanceInsightsRetentionPeriod": 7},
            ["EnablePerformanceInsights"],
            {"EnablePerformanceInsights": False},
        ),
        (
            {},
            {"ManageMasterUserPassword": False, "MasterUserPassword": "p"},
            ["ManageMasterUserPassword"],
            {"ManageMasterUserPassword": False, "MasterUserPassword": "p"},
        ),
    ],
)
def test_modification(
    current: dict[str, Any], desired: dict[str, Any], names: list[str], expected: dict[str, Any]
) -> None:
    assert modification(work(current, **desired), names) == expected


@pytest.mark.parametrize(
    ("answer", "snapshot"),
    [
        ({}, "main-final-01234567"),
        ({"ReadReplicaSourceDBInstanceIdentifier": "x"}, None),
        ({"DBInstanceStatus": "incompatible-restore"}, None),
        ({"DBClusterIdentifier": "c"}, None),
    ],
)
def test_the_final_snapshot(answer: dict[str, Any], snapshot: str | None) -> None:
    params = deletion(work(answer))
    assert params.get("FinalDBSnapshotIdentifier") == snapshot
    assert params["SkipFinalSnapshot"] is (snapshot is None)


def test_no_final_snapshot_unless_wanted() -> None:
    asked = work({})
    asked.final_snapshot = False
    assert deletion(asked) == {"DBInstanceIdentifier": "main", "SkipFinalSnapshot": True}


@pytest.mark.parametrize(
    ("facts", "port"),
    [
        ({"Engine": "postgres"}, 5432),
        ({"Engine": "sqlserver-ex"}, 1433),
        ({"Engine": "postgres", "Port": "6000"}, 6000),
        ({}, None),
    ],
)
def test_the_port_is_predicted(facts: dict[str, Any], port: int | None) -> None:
    assert predicted_port(facts) == port


def test_sources_and_regions() -> None:
    assert source_name("arn:aws:rds:eu-west-1:1:db:Source") == source_name("source")
    assert source_name("one") != source_name("other")
    assert source_name("one") == source_name(None), "promoted"
    assert source_region("source") == ""
    assert source_region("arn:aws:rds:eu-west-1:1:db:source") == "eu-west-1"
    arn = "arn:aws:rds:us-west-2:1:auto-backup:ab"
    assert (
        replicated_region({"DBInstanceAutomatedBackupsReplications": [{"DBInstanceAutomatedBackupsArn": arn}]})
        == "us-west-2"
    )
    assert replicated_region({}) is None


PARAMETERS = [
    {"ParameterName": "a", "ParameterValue": "1", "Source": "user", "ApplyType": "static"},
    {"ParameterName": "b", "ParameterValue": "2", "Source": "engine-default", "ApplyType": "dynamic"},
    {"ParameterName": "c", "Source": "user", "ApplyType": "dynamic"},
]


@pytest.mark.parametrize(
    ("stated", "expected"),
    [
        ({}, {"a": "1"}),
        ({"b": 2}, {"a": "1", "b": "2"}),
        ({"b": 3}, {"a": "1"}),
    ],
)
def test_the_parameters_that_count(stated: dict[str, Any], expected: dict[str, str]) -> None:
    assert observed_parameters(PARAMETERS, stated) == expected


def test_parameters() -> None:
    assert parameter_values({"a": True, "b": 500, "c": "x"}) == {"a": "1", "b": "500", "c": "x"}
    assert apply_methods(PARAMETERS) == {"a": "pending-reboot", "b": "immediate", "c": "immediate"}


def test_nothing_observed_is_of_another_type() -> None:
    observed = DB_INSTANCE.parse(ANSWER)
    assert isinstance(observed, Observed)
    assert observed.phase is Phase.BUSY  # a security group is still being removed


# CloudFormation

#: Ways of making an instance that are recovery's own steps, and networks before VPC.
NOT_KNOWN = {
    "AWS::RDS::DBInstance": {
        "AdditionalStorageVolumes",
        "DBClusterSnapshotIdentifier",
        "DBSecurityGroups",
        "RestoreTime",
        "SourceDBClusterIdentifier",
        "SourceDBInstanceAutomatedBackupsArn",
        "SourceDbiResourceId",
        "UseLatestRestorableTime",
    }
}


@pytest.mark.parametrize("kind", [kind for kind in rds.KINDS if kind.export], ids=lambda kind: kind.type)
def test_properties_are_cloudformations(kind: Kind) -> None:
    assert set(kind.properties) - schemas.writable(kind.type) == set()
    assert schemas.writable(kind.type) - set(kind.properties) == NOT_KNOWN.get(kind.type, set())


@pytest.mark.parametrize("kind", [kind for kind in rds.KINDS if kind.export], ids=lambda kind: kind.type)
def test_what_cloudformation_cannot_change_is_not_changed(kind: Kind) -> None:
    fixed = schemas.names(kind.type, "createOnlyProperties") & set(kind.properties)
    rules = [kind.properties[name] for name in fixed]
    assert all(rule.immutable or rule.initial or rule.write_only for rule in rules)
