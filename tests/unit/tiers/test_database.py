"""The database tier."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.stackwright.aws.plugins.module_utils.engine.values import Address
from ansible_collections.stackwright.aws.plugins.module_utils.tiers.database_entry import family_of

from .build import description, document, get, is_secret, of, plain, problems

MAIN = {"engine": "postgres", "engine_version": "15", "instance_class": "db.t3.medium"}
INSTANCE = "AWS::RDS::DBInstance"


def _instance(env: str = "prod", **options: Any) -> dict[str, Any]:
    found: dict[str, Any] = plain(
        get(document(env=env, databases={"main": {**MAIN, **options}}), INSTANCE, "main").properties
    )
    return found


@pytest.mark.parametrize(
    ("engine", "version", "family"),
    [
        ("postgres", "15", "postgres15"),
        ("postgres", "16.4", "postgres16"),
        ("mysql", "8.0.40", "mysql8.0"),
        ("mysql", "8.4", "mysql8.4"),
        ("mariadb", "10.11.6", "mariadb10.11"),
    ],
)
def test_family(engine: str, version: str, family: str) -> None:
    assert family_of(engine, version) == family


def test_secure_by_default() -> None:
    instance = _instance()
    assert instance["PubliclyAccessible"] is False
    assert instance["StorageEncrypted"] is True
    assert instance["DeletionProtection"] is True
    assert instance["DeleteAutomatedBackups"] is False
    assert instance["MultiAZ"] is True
    assert instance["BackupRetentionPeriod"] == 7
    assert instance["CopyTagsToSnapshot"] is True
    assert instance["EnablePerformanceInsights"] is True
    assert instance["MonitoringInterval"] == 60
    assert instance["MonitoringRoleArn"] == "<Role database.main/monitoring Arn>"
    assert instance["EnableCloudwatchLogsExports"] == ["postgresql", "upgrade"]


def test_dev_is_let_go_easily() -> None:
    instance = _instance(env="dev")
    assert (instance["DeletionProtection"], instance["MultiAZ"], instance["DeleteAutomatedBackups"]) == (
        False,
        False,
        True,
    )
    doc = document(env="dev", databases={"main": MAIN})
    assert not get(doc, INSTANCE, "main").protect
    assert get(document(databases={"main": MAIN}), INSTANCE, "main").protect
    assert get(document(env="dev", protect=True, databases={"main": MAIN}), INSTANCE, "main").protect


@pytest.mark.parametrize(
    ("engine", "version", "name", "value"),
    [("postgres", "15", "rds.force_ssl", "1"), ("mysql", "8.4", "require_secure_transport", "1")],
)
def test_tls_is_forced_by_the_parameter_group(engine: str, version: str, name: str, value: str) -> None:
    doc = document(databases={"main": {**MAIN, "engine": engine, "engine_version": version}})
    family = family_of(engine, version)
    group = get(doc, "AWS::RDS::DBParameterGroup", f"main/{family}").properties
    assert group["Family"] == family
    assert group["DBParameterGroupName"] == f"shop-prod-main-{family.replace('.', '-')}"
    assert group["Parameters"] == {name: value}


def test_parameters_are_text_and_win() -> None:
    parameters = {"rds.force_ssl": 0, "max_connections": 200}
    doc = document(databases={"main": {**MAIN, "parameters": parameters}})
    (group,) = of(doc, "AWS::RDS::DBParameterGroup").values()
    assert group["Parameters"] == {"rds.force_ssl": "0", "max_connections": "200"}


def test_a_new_major_version_gets_a_group_of_its_own() -> None:
    one = of(document(databases={"main": MAIN}), "AWS::RDS::DBParameterGroup")
    other = of(document(databases={"main": {**MAIN, "engine_version": "16"}}), "AWS::RDS::DBParameterGroup")
    assert not one.keys() & other.keys()
    assert not {props["DBParameterGroupName"] for props in (*one.values(),)} & {
        props["DBParameterGroupName"] for props in other.values()
    }


def test_log_groups_stand_first_with_their_retention() -> None:
    doc = document(databases={"main": {**MAIN, "log_retention_days": 14}})
    groups = of(doc, "AWS::Logs::LogGroup")
    assert groups["database.main/postgresql"] == {
        "LogGroupName": "/aws/rds/instance/shop-prod-main/postgresql",
        "RetentionInDays": 14,
    }
    order = [res.address for res in doc.in_order()]
    assert order.index(Address("AWS::Logs::LogGroup", "database.main/upgrade")) < order.index(Address(INSTANCE, "main"))


def test_its_own_secret() -> None:
    doc = document(databases={"main": {**MAIN, "username": "owner", "database": "shop"}})
    secret = get(doc, "AWS::SecretsManager::Secret", "database.main").properties
    assert secret["Name"] == "shop-prod/database/main"
    assert secret["GenerateSecretString"]["GenerateStringKey"] == "password"
    assert plain(get(doc, "Custom::SecretValue", "database.main").properties["Fields"]) == {
        "engine": "postgres",
        "host": "<DBInstance main Endpoint.Address>",
        "port": 5432,
        "username": "owner",
        "dbname": "shop",
    }
    instance = get(doc, INSTANCE, "main")
    assert is_secret(instance.properties["MasterUserPassword"])
    assert plain(instance.properties["MasterUserPassword"]) == "<Secret database.main Value.password>"


def test_the_secret_that_speaks_of_it() -> None:
    doc = document(
        databases={"main": MAIN, "main2": MAIN},
        secrets={
            "prod/db": {"generate": ["password"], "fields": {"host": "database.main.address"}},
            "prod/other": {"generate": ["password"], "fields": {"host": "database.main2.address"}},
            "prod/url": {"text": "postgresql://${database.main.address}"},
        },
    )
    assert plain(get(doc, INSTANCE, "main").properties["MasterUserPassword"]) == "<Secret prod/db Value.password>"
    assert plain(get(doc, INSTANCE, "main2").properties["MasterUserPassword"]) == "<Secret prod/other Value.password>"
    assert set(of(doc, "AWS::SecretsManager::Secret")) == {"prod/db", "prod/other", "prod/url"}


def test_a_named_secret() -> None:
    doc = document(
        databases={"main": {**MAIN, "password_secret": "secret.plain"}}, secrets={"plain": {"generate": {"length": 40}}}
    )
    assert plain(get(doc, INSTANCE, "main").properties["MasterUserPassword"]) == "<Secret plain Value>"


@pytest.mark.parametrize(
    ("sections", "message"),
    [
        (
            {"databases": {"main": {**MAIN, "password_secret": "secret.nothing"}}},
            "databases.main.password_secret: 'secret.nothing' names nothing in `secrets`",
        ),
        (
            {"databases": {"main": {**MAIN, "password_secret": "outside"}}, "secrets": {"outside": {}}},
            "databases.main.password_secret: 'outside' has no value to take a password from",
        ),
        (
            {
                "databases": {"main": MAIN},
                "secrets": {
                    name: {"generate": ["password"], "fields": {"host": "database.main.address"}} for name in ("a", "b")
                },
            },
            "databases.main.password_secret: several secrets generate a password for it: a, b",
        ),
        (
            {"databases": {"main": {**MAIN, "engine": "mysql", "engine_version": "8"}}},
            "databases.main.engine_version: '8': mysql needs two numbers",
        ),
        (
            {"databases": {"main": {**MAIN, "replica_of": "x", "snapshot": "y"}}},
            "databases.main: replica_of and snapshot exclude each other",
        ),
        (
            {"databases": {"main": MAIN}, "network": None},
            "databases.main: 'network.vpc_id' needs the section `network`",
        ),
    ],
)
def test_what_cannot_be(sections: dict[str, Any], message: str) -> None:
    assert any(line.startswith(message) for line in problems(**sections))


def test_performance_insights_where_the_class_has_it() -> None:
    small = {"engine": "mysql", "engine_version": "8.4", "instance_class": "db.t3.small"}
    assert _instance(**small)["EnablePerformanceInsights"] is False
    assert "PerformanceInsightsRetentionPeriod" not in _instance(**small)
    assert _instance(**{**small, "instance_class": "db.t3.medium"})["EnablePerformanceInsights"] is True
    assert _instance(instance_class="db.t3.small")["EnablePerformanceInsights"] is True


def test_read_replicas() -> None:
    doc = document(databases={"main": {**MAIN, "read_replicas": [{"name": "read", "instance_class": "db.r6g.large"}]}})
    replica = plain(get(doc, INSTANCE, "main/read").properties)
    assert replica["SourceDBInstanceIdentifier"] == "<DBInstance main DBInstanceIdentifier>"
    assert replica["DBInstanceIdentifier"] == "shop-prod-main-read"
    assert replica["DBInstanceClass"] == "db.r6g.large"
    assert not {"MasterUsername", "MasterUserPassword", "Engine", "DBSubnetGroupName"} & replica.keys()


def test_a_replica_of_another_region() -> None:
    arn = "arn:aws:rds:us-east-1:123456789012:db:shop"
    doc = document(databases={"main": {**MAIN, "replica_of": arn, "key": "arn:aws:kms:eu-west-1:1:key/2"}})
    replica = plain(get(doc, INSTANCE, "main").properties)
    assert (replica["SourceDBInstanceIdentifier"], replica["SourceRegion"]) == (arn, "us-east-1")
    assert replica["KmsKeyId"] == "arn:aws:kms:eu-west-1:1:key/2"
    assert not {"MasterUsername", "MasterUserPassword", "EngineVersion", "AllocatedStorage"} & replica.keys()
    assert not of(doc, "AWS::SecretsManager::Secret")


def test_from_a_snapshot() -> None:
    instance = _instance(snapshot="shop-final")
    assert instance["DBSnapshotIdentifier"] == "shop-final"
    assert not {"MasterUsername", "DBName"} & instance.keys()


def test_names_for_those_who_bring_their_own_network() -> None:
    doc = document(
        network=None,
        databases={
            "main": {**MAIN, "vpc_id": "vpc-9", "subnet_ids": ["subnet-1", "subnet-2"], "security_group_ids": ["sg-1"]}
        },
    )
    assert get(doc, INSTANCE, "main").properties["VPCSecurityGroups"] == ["sg-1"]
    assert not of(doc, "AWS::EC2::SecurityGroup")
    assert "network" not in {key for key, value in description(network=None).items() if value}


PROXY, TARGETS = "AWS::RDS::DBProxy", "AWS::RDS::DBProxyTargetGroup"


def test_clients_go_through_the_proxy_and_the_proxy_alone_to_the_instance() -> None:
    service = {"cluster": "main", "connects_to": ["database.main"], "environment": {"HOST": "${database.main.address}"}}
    doc = document(databases={"main": {**MAIN, "proxy": {}}}, clusters={"main": {}}, services={"api": service})
    ingress = of(doc, "AWS::EC2::SecurityGroupIngress")
    proxy, instance = "<SecurityGroup database.main/proxy GroupId>", "<SecurityGroup database.main GroupId>"
    from_service = plain(ingress["database.main/5432 from service.api"])
    assert (from_service["GroupId"], from_service["SourceSecurityGroupId"]) == (
        proxy,
        "<SecurityGroup service.api GroupId>",
    )
    from_proxy = plain(ingress["database.main/5432 from database.main/proxy"])
    assert (from_proxy["GroupId"], from_proxy["SourceSecurityGroupId"]) == (instance, proxy)
    assert [plain(rule)["GroupId"] for rule in ingress.values()].count(instance) == 1
    out = plain(of(doc, "AWS::EC2::SecurityGroupEgress")["database.main/proxy/5432 to database.main"])
    assert (out["GroupId"], out["DestinationSecurityGroupId"]) == (proxy, instance)
    task = plain(get(doc, "AWS::ECS::TaskDefinition", "api").properties)["ContainerDefinitions"][0]
    assert task["Environment"] == [{"Name": "HOST", "Value": "<DBProxy main Endpoint>"}]


def test_a_proxy_wants_tls_and_reads_one_secret() -> None:
    doc = document(databases={"main": {**MAIN, "proxy": {"idle_seconds": 600, "max_connections_percent": 80}}})
    proxy = plain(get(doc, PROXY, "main").properties)
    assert (proxy["RequireTLS"], proxy["EngineFamily"], proxy["IdleClientTimeout"]) == (True, "POSTGRESQL", 600)
    assert proxy["Auth"] == [
        {"AuthScheme": "SECRETS", "SecretArn": "<Secret database.main Arn>", "IAMAuth": "DISABLED"}
    ]
    role = plain(get(doc, "AWS::IAM::Role", "database.main/proxy").properties)
    (allowed,) = role["Policies"][0]["PolicyDocument"]["Statement"]
    assert allowed["Resource"] == ["<Secret database.main Arn>"]
    targets = plain(get(doc, TARGETS, "main").properties)
    assert targets["ConnectionPoolConfigurationInfo"]["MaxConnectionsPercent"] == 80
    assert targets["DBInstanceIdentifiers"] == ["<DBInstance main DBInstanceIdentifier>"]
    fields = plain(get(doc, "Custom::SecretValue", "database.main").properties)["Fields"]
    assert fields["host"] == "<DBProxy main Endpoint>"


def test_rds_rotates_the_password_that_it_manages() -> None:
    service = {"cluster": "main", "secrets": {"DATABASE_PASSWORD": "database.main.secret:password"}}
    doc = document(
        databases={"main": {**MAIN, "rotate_password_days": 30, "key": "data", "proxy": {}}},
        keys={"data": {}},
        clusters={"main": {}},
        services={"api": service},
    )
    managed = "<DBInstance main MasterUserSecret.SecretArn>"
    instance = get(doc, INSTANCE, "main").properties
    assert instance["ManageMasterUserPassword"] is True and "MasterUserPassword" not in instance
    assert plain(instance["MasterUserSecret"]) == {"KmsKeyId": "<Key data Arn>"}
    schedule = plain(get(doc, "AWS::SecretsManager::RotationSchedule", "database.main").properties)
    assert schedule == {
        "SecretId": managed,
        "RotationRules": {"AutomaticallyAfterDays": 30},
        "RotateImmediatelyOnUpdate": False,
    }
    assert of(doc, "AWS::SecretsManager::Secret") == {}
    assert plain(get(doc, PROXY, "main").properties)["Auth"][0]["SecretArn"] == managed
    task = plain(get(doc, "AWS::ECS::TaskDefinition", "api").properties)["ContainerDefinitions"][0]
    assert task["Secrets"] == [{"Name": "DATABASE_PASSWORD", "ValueFrom": f"{managed}:password::"}]
    execution = plain(get(doc, "AWS::IAM::Role", "service.api/execution").properties)
    actions = {
        action: statement["Resource"]
        for statement in execution["Policies"][0]["PolicyDocument"]["Statement"]
        for action in statement["Action"]
    }
    assert actions["secretsmanager:GetSecretValue"] == [managed]
    assert "kms:Decrypt" in actions


def test_a_rotating_password_is_not_put_together_into_something_else() -> None:
    found = problems(
        databases={"main": {**MAIN, "rotate_password_days": 30}},
        secrets={"url": {"text": "postgresql://u:${database.main.password}@${database.main.address}/x"}},
    )
    assert any("database.main has no 'password'" in problem for problem in found)


def test_without_rotation_rds_manages_nothing() -> None:
    assert _instance()["ManageMasterUserPassword"] is False


def test_another_region_keeps_a_copy_of_the_backups_with_a_key_of_its_own() -> None:
    backups = {"retention_days": 30, "copy_to": "us-west-2"}
    doc = document(databases={"main": {**MAIN, "backups": backups}})
    instance = plain(get(doc, INSTANCE, "main").properties)
    assert instance["AutomaticBackupReplicationRegion"] == "us-west-2"
    assert instance["AutomaticBackupReplicationRetentionPeriod"] == 30
    assert instance["AutomaticBackupReplicationKmsKeyId"] == "<Key database.main/backups Arn>"
    key = get(doc, "AWS::KMS::Key", "database.main/backups")
    assert (key.region, key.protect, key.properties["EnableKeyRotation"]) == ("us-west-2", True, True)
    alias = get(doc, "AWS::KMS::Alias", "database.main/backups")
    assert (alias.region, alias.properties["AliasName"]) == ("us-west-2", "alias/shop-prod-main-backups")


def test_a_given_key_for_the_copy_is_taken() -> None:
    arn = "arn:aws:kms:us-west-2:123456789012:key/0"
    doc = document(databases={"main": {**MAIN, "backups": {"copy_to": "us-west-2", "copy_key": arn}}})
    assert get(doc, INSTANCE, "main").properties["AutomaticBackupReplicationKmsKeyId"] == arn
    assert of(doc, "AWS::KMS::Key") == {}


def test_copies_of_backups_end_only_when_that_is_said() -> None:
    assert "AutomaticBackupReplicationRegion" not in _instance()
    assert _instance(backups={"copy_to": ""})["AutomaticBackupReplicationRegion"] == ""


@pytest.mark.parametrize(
    ("backups", "words"),
    [
        ({"copy_to": "eu-west-1"}, "own region"),
        ({"copy_to": "us-west-2", "retention_days": 0}, "no backups to copy"),
    ],
)
def test_copies_that_cannot_be(backups: dict[str, Any], words: str) -> None:
    (problem,) = problems(databases={"main": {**MAIN, "backups": backups}})
    assert "databases.main.backups.copy_to" in problem and words in problem


def test_only_the_extensions_that_are_named_may_be_created() -> None:
    group = "AWS::RDS::DBParameterGroup"
    allowed = document(databases={"main": {**MAIN, "extensions": ["uuid-ossp", "postgis"]}})
    ((_name, made),) = of(allowed, group).items()
    assert made["Parameters"]["rds.allowed_extensions"] == "postgis,uuid-ossp"
    ((_name, made),) = of(document(databases={"main": MAIN}), group).items()
    assert "rds.allowed_extensions" not in made["Parameters"]
    mysql = {**MAIN, "engine": "mysql", "engine_version": "8.4", "extensions": ["postgis"]}
    found = problems(databases={"main": mysql})
    assert any(line.startswith("databases.main.extensions: are PostgreSQL's") for line in found)
