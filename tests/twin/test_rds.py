# Copyright (c) stackwright.aws contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from tests.twin.support import default_subnets, passes_through, refused, until

Client = Callable[..., Any]
BASE = {
    "DBInstanceIdentifier": "db1",
    "Engine": "postgres",
    "DBInstanceClass": "db.t3.medium",
    "AllocatedStorage": 100,
    "MasterUsername": "social",
    "MasterUserPassword": "not-a-real-password",
}


@pytest.fixture
def rds(twin: Any, client: Client) -> Any:
    twin.delays(rds__create=0.3, rds__modify=0.3, rds__delete=0.3, rds__restore=0.3, rds__snapshot=0.3)
    return client("rds")


def one(rds: Any, name: str = "db1") -> dict[str, Any]:
    return rds.describe_db_instances(DBInstanceIdentifier=name)["DBInstances"][0]


def status(rds: Any, name: str = "db1") -> Callable[[], str]:
    return lambda: one(rds, name)["DBInstanceStatus"]


def available(rds: Any, name: str = "db1", **more: Any) -> dict[str, Any]:
    rds.create_db_instance(**{**BASE, "DBInstanceIdentifier": name, **more})
    until(status(rds, name), lambda s: s == "available")
    return one(rds, name)


def subnet_group(client: Client, name: str = "sg", region: str = "us-east-1") -> None:
    client("rds", region).create_db_subnet_group(
        DBSubnetGroupName=name,
        DBSubnetGroupDescription="d",
        SubnetIds=default_subnets(client, 2, region),
    )


def test_an_instance_comes_up_through_its_states_and_has_no_endpoint_before(rds: Any) -> None:
    created = rds.create_db_instance(**BASE)["DBInstance"]
    assert created["DBInstanceStatus"] == "creating"
    assert "Endpoint" not in created and "Endpoint" not in one(rds)
    passes_through(status(rds), "creating", "backing-up", "available")
    assert one(rds)["Endpoint"]["Port"] == 5432
    assert len(rds.describe_db_snapshots(SnapshotType="automated")["DBSnapshots"]) == 1


def test_without_backups_there_is_no_backing_up(rds: Any) -> None:
    rds.create_db_instance(**BASE, BackupRetentionPeriod=0)
    passes_through(status(rds), "creating", "available")
    assert rds.describe_db_snapshots(SnapshotType="automated")["DBSnapshots"] == []


def test_every_field_comes_back(client: Client, rds: Any) -> None:
    subnet_group(client)
    key = client("kms").create_key()["KeyMetadata"]["Arn"]
    sg = client("ec2").describe_security_groups()["SecurityGroups"][0]["GroupId"]
    stated = {
        "StorageType": "gp3",
        "StorageEncrypted": True,
        "MultiAZ": True,
        "MaxAllocatedStorage": 500,
        "BackupRetentionPeriod": 7,
        "PreferredBackupWindow": "03:00-04:00",
        "PreferredMaintenanceWindow": "sun:04:00-sun:05:00",
        "CopyTagsToSnapshot": True,
        "DeletionProtection": True,
        "CACertificateIdentifier": "rds-ca-rsa4096-g1",
        "MonitoringInterval": 60,
        "MonitoringRoleArn": "arn:aws:iam::123456789012:role/monitoring",
        "PerformanceInsightsRetentionPeriod": 31,
        "PubliclyAccessible": False,
        "AutoMinorVersionUpgrade": False,
        "DBName": "social_analytics",
    }
    got = available(
        rds,
        EngineVersion="15",
        KmsKeyId=key,
        DBSubnetGroupName="sg",
        VpcSecurityGroupIds=[sg],
        EnablePerformanceInsights=True,
        EnableIAMDatabaseAuthentication=True,
        EnableCloudwatchLogsExports=["postgresql", "upgrade"],
        Tags=[{"Key": "a", "Value": "1"}],
        **stated,
    )
    assert {name: got.get(name) for name in stated} == stated
    assert got["EngineVersion"] == "15.18"
    assert got["KmsKeyId"] == key
    assert got["DBSubnetGroup"]["DBSubnetGroupName"] == "sg"
    assert got["SecondaryAvailabilityZone"] != got["AvailabilityZone"]
    assert got["PerformanceInsightsEnabled"] and got["IAMDatabaseAuthenticationEnabled"]
    assert got["EnabledCloudwatchLogsExports"] == ["postgresql", "upgrade"]
    assert got["TagList"] == [{"Key": "a", "Value": "1"}]
    assert (got["Iops"], got["StorageThroughput"]) == (3000, 125)
    assert got["DBParameterGroups"] == [
        {"DBParameterGroupName": "default.postgres15", "ParameterApplyStatus": "in-sync"}
    ]
    assert got["OptionGroupMemberships"][0]["OptionGroupName"] == "default:postgres-15"
    assert got["LicenseModel"] == "postgresql-license"


@pytest.mark.parametrize("name", ["admin", "rdsadmin", "user", "pg_monitor"])
def test_reserved_master_usernames_are_refused(rds: Any, name: str) -> None:
    with refused("InvalidParameterValue", f"MasterUsername {name} cannot be used as it is a reserved word"):
        rds.create_db_instance(**{**BASE, "MasterUsername": name})


def test_mysql_takes_admin(rds: Any) -> None:
    assert available(rds, Engine="mysql", MasterUsername="admin")["Endpoint"]["Port"] == 3306


@pytest.mark.parametrize(
    ("code", "text", "change"),
    [
        ("InvalidParameterCombination", "Cannot find version 13.4 for postgres", {"EngineVersion": "13.4"}),
        ("InvalidParameterCombination", "Cannot find version 9.6 for postgres", {"EngineVersion": "9.6"}),
        ("InvalidParameterCombination", "DBInstanceClass=db.z9.huge", {"DBInstanceClass": "db.z9.huge"}),
        ("InvalidParameterCombination", "Invalid storage size", {"AllocatedStorage": 5}),
        ("InvalidParameterCombination", "storage size less than 400", {"StorageType": "gp3", "Iops": 4000}),
        ("InvalidParameterCombination", "at least 10 percent", {"MaxAllocatedStorage": 105}),
        ("InvalidParameterValue", "shorter than 8", {"MasterUserPassword": "short"}),
        ("InvalidParameterValue", "Only printable ASCII", {"MasterUserPassword": "with/slash@at"}),
        ("InvalidParameterValue", "backup retention", {"BackupRetentionPeriod": 36}),
        (
            "InvalidParameterCombination",
            "log types 'slowquery'",
            {"EnableCloudwatchLogsExports": ["slowquery"]},
        ),
        ("InvalidParameterValue", "Invalid security group", {"VpcSecurityGroupIds": ["sg-00000000"]}),
        ("DBSubnetGroupNotFoundFault", "nosuch", {"DBSubnetGroupName": "nosuch"}),
        ("DBParameterGroupNotFound", "nosuch", {"DBParameterGroupName": "nosuch"}),
        (
            "KMSKeyNotAccessibleFault",
            "",
            {"StorageEncrypted": True, "KmsKeyId": "00000000-0000-0000-0000-000000000000"},
        ),
        ("CertificateNotFound", "", {"CACertificateIdentifier": "rds-ca-2019"}),
        ("InvalidParameterCombination", "Multi-AZ", {"MultiAZ": True, "AvailabilityZone": "us-east-1a"}),
        ("InvalidParameterValue", "DBName", {"DBName": "1db"}),
    ],
)
def test_what_create_refuses(rds: Any, code: str, text: str, change: dict[str, Any]) -> None:
    with refused(code, text):
        rds.create_db_instance(**{**BASE, **change})
    assert rds.describe_db_instances()["DBInstances"] == []


def test_a_change_waits_for_the_window_unless_applied_immediately(twin: Any, rds: Any) -> None:
    twin.delays(rds__modify=1.5)
    available(rds)
    rds.modify_db_instance(DBInstanceIdentifier="db1", DBInstanceClass="db.m5.large", CopyTagsToSnapshot=True)
    got = one(rds)
    assert got["PendingModifiedValues"] == {"DBInstanceClass": "db.m5.large"}
    assert (got["DBInstanceClass"], got["DBInstanceStatus"]) == ("db.t3.medium", "available")
    assert got["CopyTagsToSnapshot"] is True
    # the next immediate change takes what is queued with it
    answer = rds.modify_db_instance(DBInstanceIdentifier="db1", MultiAZ=True, ApplyImmediately=True)["DBInstance"]
    assert answer["DBInstanceStatus"] == "available"
    assert answer["PendingModifiedValues"] == {"DBInstanceClass": "db.m5.large", "MultiAZ": True}
    until(status(rds), lambda s: s == "modifying")
    until(status(rds), lambda s: s == "available")
    got = one(rds)
    assert got.get("PendingModifiedValues", {}) == {}
    assert (got["DBInstanceClass"], got["MultiAZ"]) == ("db.m5.large", True)
    assert got["SecondaryAvailabilityZone"]


def test_two_changes_in_a_row_are_both_carried_out(twin: Any, rds: Any) -> None:
    available(rds)
    twin.delays(rds__modify=2.5)
    rds.modify_db_instance(DBInstanceIdentifier="db1", DBInstanceClass="db.m5.large", ApplyImmediately=True)
    rds.modify_db_instance(DBInstanceIdentifier="db1", AllocatedStorage=200, ApplyImmediately=True)
    got = until(lambda: one(rds), lambda d: d["AllocatedStorage"] == 200)
    assert got["DBInstanceClass"] == "db.m5.large"


def test_asking_for_the_present_value_takes_a_pending_change_back(rds: Any) -> None:
    available(rds)
    rds.modify_db_instance(DBInstanceIdentifier="db1", DBInstanceClass="db.m5.large")
    rds.modify_db_instance(DBInstanceIdentifier="db1", DBInstanceClass="db.t3.medium")
    assert one(rds).get("PendingModifiedValues", {}) == {}


def test_a_small_step_in_storage_is_rounded_up_to_ten_percent(rds: Any) -> None:
    available(rds)
    rds.modify_db_instance(DBInstanceIdentifier="db1", AllocatedStorage=101, ApplyImmediately=True)
    until(lambda: one(rds)["AllocatedStorage"], lambda size: size == 110)


@pytest.mark.parametrize(
    ("text", "change"),
    [
        ("can't be reduced", {"AllocatedStorage": 50}),
        ("Cannot find version", {"EngineVersion": "13.4"}),
        ("Cannot upgrade postgres from 16.14 to 15.18", {"EngineVersion": "15"}),
        ("AllowMajorVersionUpgrade", {"EngineVersion": "17"}),
        ("MonitoringRoleARN", {"MonitoringInterval": 60}),
    ],
)
def test_what_modify_refuses(rds: Any, text: str, change: dict[str, Any]) -> None:
    available(rds, EngineVersion="16")
    with refused("InvalidParameterCombination", text):
        rds.modify_db_instance(DBInstanceIdentifier="db1", ApplyImmediately=True, **change)


def test_the_present_major_is_no_change(rds: Any) -> None:
    available(rds, EngineVersion="16")
    answer = rds.modify_db_instance(DBInstanceIdentifier="db1", EngineVersion="16", ApplyImmediately=True)
    assert answer["DBInstance"].get("PendingModifiedValues", {}) == {}
    rds.modify_db_instance(
        DBInstanceIdentifier="db1", EngineVersion="17", AllowMajorVersionUpgrade=True, ApplyImmediately=True
    )
    got = until(lambda: one(rds), lambda d: d["EngineVersion"].startswith("17."))
    assert got["DBParameterGroups"][0]["DBParameterGroupName"] == "default.postgres17"


def test_insights_monitoring_logs_and_retention_can_change(rds: Any) -> None:
    available(rds)
    rds.modify_db_instance(
        DBInstanceIdentifier="db1",
        EnablePerformanceInsights=True,
        MonitoringInterval=30,
        MonitoringRoleArn="arn:aws:iam::123456789012:role/m",
        CloudwatchLogsExportConfiguration={"EnableLogTypes": ["postgresql"]},
        BackupRetentionPeriod=14,
        MaxAllocatedStorage=300,
        CACertificateIdentifier="rds-ca-ecc384-g1",
        EnableIAMDatabaseAuthentication=True,
        ApplyImmediately=True,
    )
    got = until(lambda: one(rds), lambda d: d["CACertificateIdentifier"] == "rds-ca-ecc384-g1")
    assert got["PerformanceInsightsEnabled"] and got["PerformanceInsightsRetentionPeriod"] == 7
    assert (got["MonitoringInterval"], got["BackupRetentionPeriod"], got["MaxAllocatedStorage"]) == (
        30,
        14,
        300,
    )
    assert got["EnabledCloudwatchLogsExports"] == ["postgresql"]
    assert got["IAMDatabaseAuthenticationEnabled"] is True
    until(status(rds), lambda s: s == "available")
    rds.modify_db_instance(
        DBInstanceIdentifier="db1",
        EnablePerformanceInsights=False,
        MonitoringInterval=0,
        CloudwatchLogsExportConfiguration={"DisableLogTypes": ["postgresql"]},
    )
    got = one(rds)
    assert (got["PerformanceInsightsEnabled"], got["MonitoringInterval"]) == (False, 0)
    assert not got.get("EnabledCloudwatchLogsExports") and "MonitoringRoleArn" not in got


def test_a_busy_instance_cannot_be_modified_or_snapshotted(twin: Any, rds: Any) -> None:
    twin.delays(rds__create=5.0)
    rds.create_db_instance(**BASE)
    with refused("InvalidDBInstanceState"):
        rds.modify_db_instance(DBInstanceIdentifier="db1", DBInstanceClass="db.m5.large")
    with refused("InvalidDBInstanceState"):
        rds.create_db_snapshot(DBInstanceIdentifier="db1", DBSnapshotIdentifier="s")


def test_reboot_passes_through_rebooting_and_failover_swaps_the_zones(rds: Any) -> None:
    before = available(rds, MultiAZ=True)
    assert rds.reboot_db_instance(DBInstanceIdentifier="db1")["DBInstance"]["DBInstanceStatus"] == "rebooting"
    until(status(rds), lambda s: s == "available")
    assert one(rds)["AvailabilityZone"] == before["AvailabilityZone"]
    rds.reboot_db_instance(DBInstanceIdentifier="db1", ForceFailover=True)
    passes_through(status(rds), "rebooting", "available")
    after = one(rds)
    assert after["AvailabilityZone"] == before["SecondaryAvailabilityZone"]
    assert after["SecondaryAvailabilityZone"] == before["AvailabilityZone"]


def test_failover_needs_multi_az(rds: Any) -> None:
    available(rds)
    with refused("InvalidParameterCombination", "Multi-AZ"):
        rds.reboot_db_instance(DBInstanceIdentifier="db1", ForceFailover=True)


def test_stop_and_start(rds: Any) -> None:
    available(rds)
    assert rds.stop_db_instance(DBInstanceIdentifier="db1")["DBInstance"]["DBInstanceStatus"] == "stopping"
    passes_through(status(rds), "stopping", "stopped")
    assert rds.start_db_instance(DBInstanceIdentifier="db1")["DBInstance"]["DBInstanceStatus"] == "starting"
    passes_through(status(rds), "starting", "available")


def test_deletion_is_guarded_and_slow(twin: Any, rds: Any) -> None:
    twin.delays(rds__delete=1.5)
    available(rds, DeletionProtection=True)
    with refused("InvalidParameterCombination", "deletion protection"):
        rds.delete_db_instance(DBInstanceIdentifier="db1", SkipFinalSnapshot=True)
    rds.modify_db_instance(DBInstanceIdentifier="db1", DeletionProtection=False)
    with refused("InvalidParameterCombination", "FinalDBSnapshotIdentifier is required"):
        rds.delete_db_instance(DBInstanceIdentifier="db1")
    answer = rds.delete_db_instance(DBInstanceIdentifier="db1", FinalDBSnapshotIdentifier="last")["DBInstance"]
    assert answer["DBInstanceStatus"] == "deleting" and status(rds)() == "deleting"
    with refused("InvalidDBInstanceState", "already being deleted"):
        rds.delete_db_instance(DBInstanceIdentifier="db1", SkipFinalSnapshot=True)
    until(lambda: rds.describe_db_instances()["DBInstances"], lambda found: found == [])
    with refused("DBInstanceNotFound"):
        one(rds)
    snapshot = rds.describe_db_snapshots(DBSnapshotIdentifier="last")["DBSnapshots"][0]
    assert (snapshot["Status"], snapshot["AllocatedStorage"]) == ("available", 100)


def test_a_subnet_group_needs_two_zones_and_survives_a_change(client: Client, rds: Any) -> None:
    subnets = default_subnets(client, 3)
    with refused("DBSubnetGroupDoesNotCoverEnoughAZs", "Add subnets to cover at least 2 AZs"):
        rds.create_db_subnet_group(DBSubnetGroupName="sg", DBSubnetGroupDescription="d", SubnetIds=subnets[:1])
    subnet_group(client)
    with refused("DBSubnetGroupAlreadyExists"):
        subnet_group(client)
    rds.modify_db_subnet_group(DBSubnetGroupName="sg", DBSubnetGroupDescription="new", SubnetIds=subnets)
    got = rds.describe_db_subnet_groups(DBSubnetGroupName="sg")["DBSubnetGroups"][0]
    assert [s["SubnetIdentifier"] for s in got["Subnets"]] == subnets
    assert got["DBSubnetGroupDescription"] == "new"


def test_groups_in_use_cannot_be_deleted(client: Client, rds: Any) -> None:
    subnet_group(client)
    parameter_group(rds)
    available(rds, DBSubnetGroupName="sg", DBParameterGroupName="pg", EngineVersion="15")
    with refused("InvalidDBSubnetGroupStateFault", "database instance: db1 is still using it"):
        rds.delete_db_subnet_group(DBSubnetGroupName="sg")
    with refused("InvalidDBParameterGroupState", "still members of this parameter group"):
        rds.delete_db_parameter_group(DBParameterGroupName="pg")
    rds.delete_db_instance(DBInstanceIdentifier="db1", SkipFinalSnapshot=True)
    until(lambda: rds.describe_db_instances()["DBInstances"], lambda found: found == [])
    rds.delete_db_subnet_group(DBSubnetGroupName="sg")
    rds.delete_db_parameter_group(DBParameterGroupName="pg")
    with refused("DBSubnetGroupNotFoundFault"):
        rds.describe_db_subnet_groups(DBSubnetGroupName="sg")
    with refused("DBParameterGroupNotFound"):
        rds.describe_db_parameter_groups(DBParameterGroupName="pg")


def parameter_group(rds: Any, name: str = "pg", family: str = "postgres15") -> None:
    rds.create_db_parameter_group(DBParameterGroupName=name, DBParameterGroupFamily=family, Description="d")


def user_parameters(rds: Any, name: str = "pg") -> dict[str, str]:
    pages = rds.get_paginator("describe_db_parameters").paginate(DBParameterGroupName=name, Source="user")
    return {p["ParameterName"]: p["ParameterValue"] for page in pages for p in page["Parameters"]}


def test_parameters_are_paged_set_and_reset(rds: Any) -> None:
    parameter_group(rds)
    first = rds.describe_db_parameters(DBParameterGroupName="pg", MaxRecords=20)
    assert len(first["Parameters"]) == 20 and first["Marker"]
    pages = list(rds.get_paginator("describe_db_parameters").paginate(DBParameterGroupName="pg"))
    names = [p["ParameterName"] for page in pages for p in page["Parameters"]]
    assert len(pages) > 2 and len(names) == len(set(names)) and "max_connections" in names
    assert user_parameters(rds) == {}
    rds.modify_db_parameter_group(
        DBParameterGroupName="pg",
        Parameters=[
            {
                "ParameterName": "log_min_duration_statement",
                "ParameterValue": "500",
                "ApplyMethod": "immediate",
            },
            {"ParameterName": "max_connections", "ParameterValue": "200", "ApplyMethod": "pending-reboot"},
        ],
    )
    assert user_parameters(rds) == {"log_min_duration_statement": "500", "max_connections": "200"}
    rds.reset_db_parameter_group(
        DBParameterGroupName="pg",
        ResetAllParameters=False,
        Parameters=[{"ParameterName": "max_connections", "ApplyMethod": "pending-reboot"}],
    )
    assert user_parameters(rds) == {"log_min_duration_statement": "500"}
    rds.reset_db_parameter_group(DBParameterGroupName="pg", ResetAllParameters=True)
    assert user_parameters(rds) == {}


@pytest.mark.parametrize(
    ("code", "text", "parameter"),
    [
        ("InvalidParameterValue", "Could not find parameter with name: nosuch", ("nosuch", "1", "immediate")),
        ("InvalidParameterValue", "cannot be modified", ("wal_level", "logical", "pending-reboot")),
        (
            "InvalidParameterCombination",
            "cannot use immediate apply method",
            ("max_connections", "5", "immediate"),
        ),
        ("InvalidParameterValue", "allowed values are: 1-262143", ("max_connections", "0", "pending-reboot")),
        ("InvalidParameterValue", "allowed values are: 0,1", ("rds.force_ssl", "maybe", "immediate")),
    ],
)
def test_what_a_parameter_group_refuses(rds: Any, code: str, text: str, parameter: tuple[str, str, str]) -> None:
    parameter_group(rds)
    change = dict(zip(("ParameterName", "ParameterValue", "ApplyMethod"), parameter, strict=True))
    with refused(code, text):
        rds.modify_db_parameter_group(DBParameterGroupName="pg", Parameters=[change])


def test_a_static_parameter_needs_a_reboot(rds: Any) -> None:
    parameter_group(rds)
    available(rds, DBParameterGroupName="pg", EngineVersion="15")
    change = {"ParameterName": "max_connections", "ParameterValue": "200", "ApplyMethod": "pending-reboot"}
    rds.modify_db_parameter_group(DBParameterGroupName="pg", Parameters=[change])
    assert one(rds)["DBParameterGroups"][0]["ParameterApplyStatus"] == "pending-reboot"
    rds.reboot_db_instance(DBInstanceIdentifier="db1")
    until(status(rds), lambda s: s == "available")
    assert one(rds)["DBParameterGroups"][0]["ParameterApplyStatus"] == "in-sync"


def test_a_parameter_group_must_be_of_the_engines_family(rds: Any) -> None:
    parameter_group(rds, family="postgres14")
    with refused("InvalidParameterCombination", "Please use a parameter group with DBParameterGroupFamily postgres15"):
        rds.create_db_instance(**BASE, EngineVersion="15", DBParameterGroupName="pg")


def test_a_snapshot_takes_time_and_can_be_copied_to_another_region(twin: Any, client: Client, rds: Any) -> None:
    twin.delays(rds__snapshot=2.0)
    available(rds, Tags=[{"Key": "a", "Value": "1"}], CopyTagsToSnapshot=True)
    made = rds.create_db_snapshot(DBInstanceIdentifier="db1", DBSnapshotIdentifier="s1")["DBSnapshot"]
    assert made["Status"] == "creating" and status(rds)() == "backing-up"
    other = client("rds", "us-west-2")
    copy = {"SourceDBSnapshotIdentifier": made["DBSnapshotArn"], "TargetDBSnapshotIdentifier": "s2"}
    with refused("InvalidDBSnapshotState"):
        other.copy_db_snapshot(**copy)
    rds.get_waiter("db_snapshot_available").wait(DBSnapshotIdentifier="s1", WaiterConfig={"Delay": 1, "MaxAttempts": 5})
    until(status(rds), lambda s: s == "available")
    copied = other.copy_db_snapshot(**copy, CopyTags=True)["DBSnapshot"]
    assert (copied["Status"], copied["SourceRegion"]) == ("creating", "us-east-1")
    assert copied["SourceDBSnapshotIdentifier"] == made["DBSnapshotArn"]
    assert copied["TagList"] == [{"Key": "a", "Value": "1"}]
    assert ":us-west-2:" in copied["DBSnapshotArn"]
    with refused("DBSnapshotAlreadyExists"):
        other.copy_db_snapshot(**copy)
    until(
        lambda: other.describe_db_snapshots(DBSnapshotIdentifier="s2")["DBSnapshots"][0]["Status"],
        lambda s: s == "available",
    )
    other.restore_db_instance_from_db_snapshot(DBInstanceIdentifier="dr", DBSnapshotIdentifier="s2")
    until(status(other, "dr"), lambda s: s == "available")
    assert one(other, "dr")["AvailabilityZone"].startswith("us-west-2")
    assert one(other, "dr")["MasterUsername"] == "social"


def test_an_encrypted_snapshot_crosses_regions_only_with_a_key_there(client: Client, rds: Any) -> None:
    available(rds, StorageEncrypted=True)
    arn = rds.create_db_snapshot(DBInstanceIdentifier="db1", DBSnapshotIdentifier="s1")["DBSnapshot"]["DBSnapshotArn"]
    until(
        lambda: rds.describe_db_snapshots(DBSnapshotIdentifier="s1")["DBSnapshots"][0]["Status"],
        lambda s: s == "available",
    )
    other = client("rds", "us-west-2")
    copy = {"SourceDBSnapshotIdentifier": arn, "TargetDBSnapshotIdentifier": "s2"}
    with refused("KMSKeyNotAccessibleFault"):
        other.copy_db_snapshot(**copy)
    key = client("kms", "us-west-2").create_key()["KeyMetadata"]["Arn"]
    copied = other.copy_db_snapshot(**copy, KmsKeyId=key)["DBSnapshot"]
    assert (copied["Encrypted"], copied["KmsKeyId"]) == (True, key)


def test_a_restore_does_not_inherit_protection_or_the_standby(client: Client, rds: Any) -> None:
    subnet_group(client)
    available(rds, MultiAZ=True, DeletionProtection=True, DBSubnetGroupName="sg")
    rds.create_db_snapshot(DBInstanceIdentifier="db1", DBSnapshotIdentifier="s1")
    until(status(rds), lambda s: s == "available")
    restored = rds.restore_db_instance_from_db_snapshot(DBInstanceIdentifier="db2", DBSnapshotIdentifier="s1")
    assert restored["DBInstance"]["DBInstanceStatus"] == "creating"
    until(status(rds, "db2"), lambda s: s == "available")
    got = one(rds, "db2")
    assert (got["MultiAZ"], got["DeletionProtection"], got["AllocatedStorage"]) == (False, False, 100)
    assert got["DbiResourceId"] != one(rds)["DbiResourceId"]


def test_restore_to_a_point_in_time(rds: Any) -> None:
    available(rds)
    with refused("InvalidParameterCombination"):
        rds.restore_db_instance_to_point_in_time(SourceDBInstanceIdentifier="db1", TargetDBInstanceIdentifier="db2")
    rds.restore_db_instance_to_point_in_time(
        SourceDBInstanceIdentifier="db1", TargetDBInstanceIdentifier="db2", UseLatestRestorableTime=True
    )
    until(status(rds, "db2"), lambda s: s == "available")
    assert one(rds, "db2")["MasterUsername"] == "social"


def test_a_replica_in_another_region_with_its_own_parameter_group_can_be_promoted(client: Client, rds: Any) -> None:
    parameter_group(rds)
    other = client("rds", "us-west-2")
    subnet_group(client, "sg2", "us-west-2")
    parameter_group(other, "pg2")
    source = available(rds, DBParameterGroupName="pg", EngineVersion="15", Tags=[{"Key": "a", "Value": "1"}])
    replica = other.create_db_instance_read_replica(
        DBInstanceIdentifier="rr",
        SourceDBInstanceIdentifier=source["DBInstanceArn"],
        DBSubnetGroupName="sg2",
        DBParameterGroupName="pg2",
        DBInstanceClass="db.t3.large",
        Tags=[{"Key": "b", "Value": "2"}],
    )["DBInstance"]
    assert replica["DBInstanceStatus"] == "creating"
    assert replica["ReadReplicaSourceDBInstanceIdentifier"] == source["DBInstanceArn"]
    until(status(other, "rr"), lambda s: s == "available")
    got = one(other, "rr")
    assert ":us-west-2:" in got["DBInstanceArn"]
    assert got["DBParameterGroups"][0]["DBParameterGroupName"] == "pg2"
    assert (got["DBInstanceClass"], got["BackupRetentionPeriod"]) == ("db.t3.large", 0)
    assert got["TagList"] == [{"Key": "b", "Value": "2"}]
    assert got["StatusInfos"][0]["Status"] == "replicating"
    assert one(rds)["ReadReplicaDBInstanceIdentifiers"] == [got["DBInstanceArn"]]
    promoted = other.promote_read_replica(DBInstanceIdentifier="rr", BackupRetentionPeriod=7)["DBInstance"]
    assert promoted["DBInstanceStatus"] == "modifying"
    passes_through(status(other, "rr"), "modifying", "rebooting", "available")
    got = one(other, "rr")
    assert "ReadReplicaSourceDBInstanceIdentifier" not in got and got["BackupRetentionPeriod"] == 7
    assert one(rds).get("ReadReplicaDBInstanceIdentifiers", []) == []
    with refused("InvalidDBInstanceState", "not a read replica"):
        other.promote_read_replica(DBInstanceIdentifier="rr")


def test_a_replica_needs_backups_on_its_source_and_survives_it(rds: Any) -> None:
    available(rds, BackupRetentionPeriod=0)
    replica = {"DBInstanceIdentifier": "rr", "SourceDBInstanceIdentifier": "db1"}
    with refused("InvalidDBInstanceState", "Automated backups are not enabled"):
        rds.create_db_instance_read_replica(**replica)
    rds.modify_db_instance(DBInstanceIdentifier="db1", BackupRetentionPeriod=1, ApplyImmediately=True)
    until(lambda: one(rds)["BackupRetentionPeriod"], lambda days: days == 1)
    rds.create_db_instance_read_replica(**replica)
    until(status(rds, "rr"), lambda s: s == "available")
    rds.delete_db_instance(DBInstanceIdentifier="db1", SkipFinalSnapshot=True)
    until(lambda: len(rds.describe_db_instances()["DBInstances"]), lambda count: count == 1)
    assert "ReadReplicaSourceDBInstanceIdentifier" not in one(rds, "rr")


def test_another_region_keeps_a_copy_of_the_backups(client: Client, rds: Any) -> None:
    other = client("rds", "us-west-2")
    key = client("kms", "us-west-2").create_key()["KeyMetadata"]["Arn"]
    source = available(rds, StorageEncrypted=True, BackupRetentionPeriod=7)
    arn = source["DBInstanceArn"]
    with refused("InvalidParameterValue", "same region"):
        rds.start_db_instance_automated_backups_replication(SourceDBInstanceArn=arn, KmsKeyId=key)
    with refused("InvalidParameterCombination", "KMS key"):
        other.start_db_instance_automated_backups_replication(SourceDBInstanceArn=arn)
    with refused("KMSKeyNotAccessibleFault"):
        other.start_db_instance_automated_backups_replication(
            SourceDBInstanceArn=arn, KmsKeyId=key.replace("us-west-2", "us-east-1")
        )
    other.start_db_instance_automated_backups_replication(
        SourceDBInstanceArn=arn, KmsKeyId=key, BackupRetentionPeriod=14
    )
    (copy,) = other.describe_db_instance_automated_backups(DBInstanceIdentifier="db1")["DBInstanceAutomatedBackups"]
    assert (copy["Status"], copy["BackupRetentionPeriod"], copy["KmsKeyId"]) == ("replicating", 14, key)
    place = {"DBInstanceAutomatedBackupsArn": copy["DBInstanceAutomatedBackupsArn"]}
    assert one(rds)["DBInstanceAutomatedBackupsReplications"] == [place] and ":us-west-2:" in str(place)
    with refused("InvalidDBInstanceAutomatedBackupState"):
        other.start_db_instance_automated_backups_replication(SourceDBInstanceArn=arn, KmsKeyId=key)
    other.stop_db_instance_automated_backups_replication(SourceDBInstanceArn=arn)
    assert other.describe_db_instance_automated_backups()["DBInstanceAutomatedBackups"] == []
    assert one(rds).get("DBInstanceAutomatedBackupsReplications", []) == []
    with refused("InvalidDBInstanceState", "not replicated"):
        other.stop_db_instance_automated_backups_replication(SourceDBInstanceArn=arn)


def test_engine_versions_are_listed(rds: Any) -> None:
    found = rds.describe_db_engine_versions(Engine="postgres", EngineVersion="16")["DBEngineVersions"]
    assert {v["DBParameterGroupFamily"] for v in found} == {"postgres16"}
    (default,) = rds.describe_db_engine_versions(Engine="postgres", DefaultOnly=True)["DBEngineVersions"]
    assert default["EngineVersion"].startswith("17.")
    assert rds.describe_db_engine_versions(Engine="postgres", EngineVersion="13.4")["DBEngineVersions"] == []


def test_instances_are_paged(rds: Any) -> None:
    for number in range(22):
        rds.create_db_instance(**{**BASE, "DBInstanceIdentifier": f"db{number}"})
    first = rds.describe_db_instances(MaxRecords=20)
    assert len(first["DBInstances"]) == 20
    assert len(rds.describe_db_instances(Marker=first["Marker"])["DBInstances"]) == 2


TRUST = json.dumps(
    {
        "Version": "2012-10-17",
        "Statement": [{"Effect": "Allow", "Principal": {"Service": "rds.amazonaws.com"}, "Action": "sts:AssumeRole"}],
    }
)


def _proxy(client: Client, rds: Any, **change: Any) -> Callable[[], str]:
    role = client("iam").create_role(RoleName="proxy", AssumeRolePolicyDocument=TRUST)["Role"]["Arn"]
    secret = client("secretsmanager").create_secret(Name="db1", SecretString="{}")["ARN"]
    wanted = {
        "DBProxyName": "p1",
        "EngineFamily": "POSTGRESQL",
        "Auth": [{"AuthScheme": "SECRETS", "SecretArn": secret}],
        "RoleArn": role,
        "VpcSubnetIds": default_subnets(client),
    }
    rds.create_db_proxy(**{**wanted, **change})
    return lambda: str(rds.describe_db_proxies(DBProxyName="p1")["DBProxies"][0]["Status"])


def test_a_proxy_comes_up_changes_and_goes(client: Client, rds: Any) -> None:
    state = _proxy(client, rds)
    passes_through(state, "creating", "available")
    rds.modify_db_proxy(DBProxyName="p1", RequireTLS=True, IdleClientTimeout=60)
    passes_through(state, "modifying", "available")
    got = rds.describe_db_proxies(DBProxyName="p1")["DBProxies"][0]
    assert (got["RequireTLS"], got["IdleClientTimeout"]) == (True, 60)
    rds.delete_db_proxy(DBProxyName="p1")
    until(lambda: rds.describe_db_proxies()["DBProxies"], lambda found: found == [])


@pytest.mark.parametrize(
    ("code", "change"),
    [
        ("InvalidParameterValue", {"RoleArn": "arn:aws:iam::123456789012:role/nobody"}),
        ("InvalidParameterValue", {"Auth": [{"AuthScheme": "SECRETS", "SecretArn": "arn:aws:secretsmanager:x"}]}),
        ("InvalidParameterValue", {"DBProxyName": "ends-with-a-hyphen-"}),
        ("InvalidSubnet", {"VpcSubnetIds": ["subnet-0123456789abcdef0"]}),
    ],
)
def test_what_a_proxy_must_stand_on(client: Client, rds: Any, code: str, change: dict[str, Any]) -> None:
    with refused(code):
        _proxy(client, rds, **change)


def test_a_proxy_leads_to_one_instance_that_it_registers_in_time(client: Client, rds: Any) -> None:
    available(rds)
    until(_proxy(client, rds), lambda state: state == "available")
    with refused("DBInstanceNotFound"):
        rds.register_db_proxy_targets(DBProxyName="p1", DBInstanceIdentifiers=["nosuch"])
    rds.register_db_proxy_targets(DBProxyName="p1", DBInstanceIdentifiers=["db1"])
    health = lambda: rds.describe_db_proxy_targets(DBProxyName="p1")["Targets"][0]["TargetHealth"]["State"]  # noqa: E731
    passes_through(health, "REGISTERING", "AVAILABLE")
    with refused("DBProxyTargetAlreadyRegisteredFault"):
        rds.register_db_proxy_targets(DBProxyName="p1", DBInstanceIdentifiers=["db1"])
    rds.deregister_db_proxy_targets(DBProxyName="p1", DBInstanceIdentifiers=["db1"])
    assert rds.describe_db_proxy_targets(DBProxyName="p1")["Targets"] == []
    with refused("DBProxyTargetNotFoundFault"):
        rds.deregister_db_proxy_targets(DBProxyName="p1", DBInstanceIdentifiers=["db1"])
