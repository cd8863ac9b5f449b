"""Relational Database Service."""

from __future__ import annotations

from typing import Any

from ansible_collections.stackwright.aws.plugins.module_utils.engine.document import Resource
from ansible_collections.stackwright.aws.plugins.module_utils.engine.values import Sensitive
from tests.contract.sample import Sample

VPC = Resource("AWS::EC2::VPC", "main", {"CidrBlock": "10.30.0.0/16"})


def _subnet(name: str, number: int) -> Resource:
    properties = {
        "VpcId": VPC.ref("VpcId"),
        "CidrBlock": f"10.30.{number}.0/24",
        "AvailabilityZone": f"us-east-1{name}",
    }
    return Resource("AWS::EC2::Subnet", name, properties)


def _group(name: str) -> Resource:
    properties = {"GroupName": f"contract-db-{name}", "GroupDescription": "contract", "VpcId": VPC.ref("VpcId")}
    return Resource("AWS::EC2::SecurityGroup", name, properties)


SUBNETS = [_subnet("a", 1), _subnet("b", 2), _subnet("c", 3)]
SUBNET_GROUP = Resource(
    "AWS::RDS::DBSubnetGroup",
    "main",
    {
        "DBSubnetGroupName": "contract-db",
        "DBSubnetGroupDescription": "contract",
        "SubnetIds": [SUBNETS[0].ref("SubnetId"), SUBNETS[1].ref("SubnetId")],
    },
)
PARAMETER_GROUP = Resource(
    "AWS::RDS::DBParameterGroup",
    "main",
    {
        "DBParameterGroupName": "contract-pg15",
        "Description": "contract",
        "Family": "postgres15",
        "Parameters": {"log_min_duration_statement": 500, "max_connections": "200", "log_connections": True},
    },
)
OTHER_PARAMETER_GROUP = Resource(
    "AWS::RDS::DBParameterGroup",
    "other",
    {"DBParameterGroupName": "contract-pg15-other", "Description": "contract", "Family": "postgres15"},
)
MONITORING_ROLE = Resource(
    "AWS::IAM::Role",
    "monitoring",
    {
        "RoleName": "contract-rds-monitoring",
        "AssumeRolePolicyDocument": {
            "Version": "2012-10-17",
            "Statement": [
                {
                    "Effect": "Allow",
                    "Principal": {"Service": "monitoring.rds.amazonaws.com"},
                    "Action": "sts:AssumeRole",
                }
            ],
        },
    },
)
GROUPS = [_group("one"), _group("two")]


def _instance(name: str, **more: Any) -> Resource:
    properties = {
        "DBInstanceIdentifier": f"contract-{name}",
        "Engine": "postgres",
        "EngineVersion": "15",
        "DBInstanceClass": "db.t3.medium",
        "AllocatedStorage": 100,
        "StorageType": "gp3",
        "MasterUsername": "contract",
        "MasterUserPassword": Sensitive("a-long-password"),
        "BackupRetentionPeriod": 7,
    }
    return Resource("AWS::RDS::DBInstance", name, {**properties, **more})


INSTANCE = _instance(
    "main",
    DBName="contract",
    MaxAllocatedStorage=200,
    StorageEncrypted=True,
    MultiAZ=True,
    PreferredBackupWindow="03:00-04:00",
    PreferredMaintenanceWindow="Mon:04:00-Mon:05:00",
    CopyTagsToSnapshot=True,
    DeletionProtection=False,
    AutoMinorVersionUpgrade=True,
    PubliclyAccessible=False,
    EnableIAMDatabaseAuthentication=False,
    EnablePerformanceInsights=True,
    PerformanceInsightsRetentionPeriod=7,
    MonitoringInterval=30,
    MonitoringRoleArn=MONITORING_ROLE.ref("Arn"),
    EnableCloudwatchLogsExports=["postgresql"],
    CACertificateIdentifier="rds-ca-rsa2048-g1",
    Port=5432,
    DBSubnetGroupName=SUBNET_GROUP.ref("DBSubnetGroupName"),
    DBParameterGroupName=PARAMETER_GROUP.ref("DBParameterGroupName"),
    VPCSecurityGroups=[GROUPS[0].ref("GroupId")],
)
SOURCE = _instance("source")
REPLICA = Resource(
    "AWS::RDS::DBInstance",
    "replica",
    {
        "DBInstanceIdentifier": "contract-replica",
        "SourceDBInstanceIdentifier": SOURCE.ref("DBInstanceIdentifier"),
        "DBInstanceClass": "db.t3.medium",
        "BackupRetentionPeriod": 7,
        "PreferredMaintenanceWindow": "tue:04:00-tue:05:00",
        "DeletionProtection": False,
    },
)
#: In another region the source is named by its ARN.
FAR_REPLICA = Resource(
    "AWS::RDS::DBInstance",
    "far",
    {
        "DBInstanceIdentifier": "contract-far",
        "SourceDBInstanceIdentifier": SOURCE.ref("DBInstanceArn"),
        "DBInstanceClass": "db.t3.medium",
        "BackupRetentionPeriod": 7,
    },
    region="us-west-2",
)
MANAGED = Resource(
    "AWS::RDS::DBInstance",
    "managed",
    {
        "DBInstanceIdentifier": "contract-managed",
        "Engine": "postgres",
        "EngineVersion": "15",
        "DBInstanceClass": "db.t3.small",
        "AllocatedStorage": "20",
        "MasterUsername": "contract",
        "ManageMasterUserPassword": True,
        "EnablePerformanceInsights": True,
    },
)


def _proxy_role(name: str) -> Resource:
    statement = {"Effect": "Allow", "Principal": {"Service": "rds.amazonaws.com"}, "Action": "sts:AssumeRole"}
    return Resource(
        "AWS::IAM::Role",
        name,
        {
            "RoleName": f"contract-{name}",
            "AssumeRolePolicyDocument": {"Version": "2012-10-17", "Statement": [statement]},
        },
    )


SECRETS = [
    Resource("AWS::SecretsManager::Secret", name, {"Name": f"contract/{name}", "SecretString": Sensitive("{}")})
    for name in ("one", "two")
]
PROXY_ROLES = [_proxy_role("proxy"), _proxy_role("proxy-other")]
PROXY = Resource(
    "AWS::RDS::DBProxy",
    "main",
    {
        "DBProxyName": "contract-proxy",
        "EngineFamily": "POSTGRESQL",
        "Auth": [{"AuthScheme": "SECRETS", "SecretArn": SECRETS[0].ref("Arn"), "IAMAuth": "DISABLED"}],
        "RoleArn": PROXY_ROLES[0].ref("Arn"),
        "VpcSubnetIds": [SUBNETS[0].ref("SubnetId"), SUBNETS[1].ref("SubnetId")],
        "VpcSecurityGroupIds": [GROUPS[0].ref("GroupId")],
        "RequireTLS": True,
        "IdleClientTimeout": 1800,
        "DebugLogging": False,
    },
)
OTHER_SOURCE = _instance("other")
PROXY_TARGETS = Resource(
    "AWS::RDS::DBProxyTargetGroup",
    "main",
    {
        "DBProxyName": PROXY.ref("DBProxyName"),
        "TargetGroupName": "default",
        "ConnectionPoolConfigurationInfo": {
            "MaxConnectionsPercent": 90,
            "MaxIdleConnectionsPercent": 40,
            "ConnectionBorrowTimeout": 60,
        },
        "DBInstanceIdentifiers": [SOURCE.ref("DBInstanceIdentifier")],
    },
    depends_on=(SOURCE.address, OTHER_SOURCE.address),
)
#: Copies of backups are encrypted with a key of the region that they are in.
COPY_KEY = Resource("AWS::KMS::Key", "copies", {"Description": "Copies of backups"}, region="us-west-2")
COPIED = _instance(
    "copied",
    StorageEncrypted=True,
    AutomaticBackupReplicationRegion="us-west-2",
    AutomaticBackupReplicationKmsKeyId=COPY_KEY.ref("Arn"),
    AutomaticBackupReplicationRetentionPeriod=14,
)
_PROXY_NEEDS = [VPC, *SUBNETS[:2], *GROUPS, *SECRETS, *PROXY_ROLES]

SAMPLES = [
    Sample(
        "AWS::RDS::DBSubnetGroup",
        [VPC, *SUBNETS, SUBNET_GROUP],
        changes={
            "DBSubnetGroupDescription": "changed",
            "SubnetIds": [SUBNETS[2].ref("SubnetId"), SUBNETS[0].ref("SubnetId")],
        },
        immutable={"DBSubnetGroupName": "contract-db-renamed"},
    ),
    Sample(
        "AWS::RDS::DBParameterGroup",
        [PARAMETER_GROUP],
        changes={"Parameters": {"log_min_duration_statement": 250, "log_disconnections": True}},
        immutable={"DBParameterGroupName": "contract-pg15-renamed", "Description": "changed", "Family": "postgres16"},
    ),
    Sample(
        "AWS::RDS::DBInstance",
        [VPC, *SUBNETS, SUBNET_GROUP, PARAMETER_GROUP, OTHER_PARAMETER_GROUP, MONITORING_ROLE, *GROUPS, INSTANCE],
        changes={
            "DBInstanceClass": "db.r6g.large",
            "AllocatedStorage": 150,
            "MaxAllocatedStorage": 500,
            "MultiAZ": False,
            "BackupRetentionPeriod": 14,
            "PreferredBackupWindow": "02:00-03:00",
            "PreferredMaintenanceWindow": "sun:05:00-sun:06:00",
            "CopyTagsToSnapshot": False,
            "AutoMinorVersionUpgrade": False,
            "EnableIAMDatabaseAuthentication": True,
            "PerformanceInsightsRetentionPeriod": 31,
            "MonitoringInterval": 60,
            "EnableCloudwatchLogsExports": ["postgresql", "upgrade"],
            "DBParameterGroupName": OTHER_PARAMETER_GROUP.ref("DBParameterGroupName"),
            "VPCSecurityGroups": [GROUPS[1].ref("GroupId"), GROUPS[0].ref("GroupId")],
            "DeletionProtection": True,
        },
        refused=(("EngineVersion", "14"), ("EngineVersion", "16"), ("MaxAllocatedStorage", 120)),
        immutable={
            "DBInstanceIdentifier": "contract-renamed",
            "Engine": "mysql",
            "DBName": "renamed",
            "MasterUsername": "renamed",
            "StorageEncrypted": False,
        },
    ),
    Sample(
        "AWS::RDS::DBInstance",
        [SOURCE, REPLICA],
        changes={"DBInstanceClass": "db.t3.large", "BackupRetentionPeriod": 3},
        immutable={"SourceDBInstanceIdentifier": "another"},
    ),
    Sample("AWS::RDS::DBInstance", [SOURCE, FAR_REPLICA], changes={"DBInstanceClass": "db.t3.large"}),
    Sample("AWS::RDS::DBInstance", [COPY_KEY, COPIED], changes={"AutomaticBackupReplicationRegion": ""}),
    Sample("AWS::RDS::DBInstance", [MANAGED], changes={"AllocatedStorage": "40", "EnablePerformanceInsights": False}),
    Sample(
        "AWS::RDS::DBProxy",
        [*_PROXY_NEEDS, SUBNETS[2], PROXY],
        changes={
            "Auth": [
                {"AuthScheme": "SECRETS", "SecretArn": SECRETS[1].ref("Arn"), "IAMAuth": "REQUIRED"},
                {"AuthScheme": "SECRETS", "SecretArn": SECRETS[0].ref("Arn"), "IAMAuth": "DISABLED"},
            ],
            "RoleArn": PROXY_ROLES[1].ref("Arn"),
            "VpcSecurityGroupIds": [GROUPS[1].ref("GroupId"), GROUPS[0].ref("GroupId")],
            "RequireTLS": False,
            "IdleClientTimeout": 600,
            "DebugLogging": True,
        },
        immutable={
            "VpcSubnetIds": [SUBNETS[0].ref("SubnetId"), SUBNETS[2].ref("SubnetId")],
            "EngineFamily": "MYSQL",
            "DBProxyName": "contract-renamed",
        },
    ),
    Sample(
        "AWS::RDS::DBProxyTargetGroup",
        [*_PROXY_NEEDS, PROXY, SOURCE, OTHER_SOURCE, PROXY_TARGETS],
        changes={
            "ConnectionPoolConfigurationInfo": {"MaxConnectionsPercent": 50, "MaxIdleConnectionsPercent": 20},
            "DBInstanceIdentifiers": [OTHER_SOURCE.ref("DBInstanceIdentifier")],
        },
        tags=False,
    ),
]
