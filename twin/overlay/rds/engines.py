# Copyright (c) stackwright.aws contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What RDS knows of its engines: versions on offer, reserved names, log types, instance classes."""

from __future__ import annotations

import re
from typing import Any

from moto.rds.responses import RDSResponse

from twin.overlay._lifecycle import query_page
from twin.patch import operation
from twin.refusal import refuse

# Versions that can still be created, oldest first: the release calendars in the RDS user guide,
# as cfn-lint 1.58 knows them. Majors past standard support are left out: this account has not opted in
# to extended support.
VERSIONS: dict[str, dict[str, list[str]]] = {
    "postgres": {
        "14": ["14.18", "14.19", "14.20", "14.21", "14.22", "14.23", "14.24"],
        "15": ["15.13", "15.14", "15.15", "15.16", "15.17", "15.18", "15.19"],
        "16": ["16.9", "16.10", "16.11", "16.12", "16.13", "16.14", "16.15"],
        "17": ["17.5", "17.6", "17.7", "17.8", "17.9", "17.10", "17.11"],
        "18": ["18.1", "18.2", "18.3", "18.4", "18.6"],
    },
    "mysql": {
        "8.0": ["8.0.42", "8.0.43", "8.0.44", "8.0.45", "8.0.46"],
        "8.4": ["8.4.5", "8.4.6", "8.4.7", "8.4.8", "8.4.9", "8.4.10", "8.4.11"],
    },
    "mariadb": {
        "10.6": ["10.6.22", "10.6.23", "10.6.24", "10.6.25", "10.6.27", "10.6.28"],
        "10.11": ["10.11.13", "10.11.14", "10.11.15", "10.11.16", "10.11.18", "10.11.19"],
        "11.4": ["11.4.7", "11.4.8", "11.4.9", "11.4.10", "11.4.12", "11.4.13"],
        "11.8": ["11.8.3", "11.8.4", "11.8.5", "11.8.6", "11.8.8", "11.8.9"],
    },
}
DEFAULT_MAJOR = {"postgres": "17", "mysql": "8.4", "mariadb": "11.8"}
PORTS = {"postgres": 5432, "mysql": 3306, "mariadb": 3306}
LICENSES = {"postgres": "postgresql-license"}
LOG_TYPES = {
    "postgres": ["postgresql", "upgrade", "iam-db-auth-error"],
    "mysql": ["audit", "error", "general", "iam-db-auth-error", "slowquery"],
    "mariadb": ["audit", "error", "general", "iam-db-auth-error", "slowquery"],
}

# "Master user name ... cannot be a reserved word for the chosen engine", CreateDBInstance; the roles that
# RDS itself makes, and for PostgreSQL the reserved key words of its SQL (appendix C of its manual).
_POSTGRES_WORDS = """
admin rdsadmin rdsrepladmin rds_superuser rds_replication rds_password rds_iam rds_ad rdstopmgr
rdswriteforwarduser rdsproxyadmin all analyse analyze and any array as asc asymmetric authorization
binary both case cast check collate collation column concurrently constraint create cross
current_catalog current_date current_role current_schema current_time current_timestamp current_user
default deferrable desc distinct do else end except false fetch for foreign freeze from full grant
group having ilike in initially inner intersect into is isnull join lateral leading left like limit
localtime localtimestamp natural not notnull null offset on only or order outer overlaps placing
primary public references returning right select session_user similar some symmetric table
tablesample then to trailing true union unique user using variadic verbose when where window with
"""
_RESERVED = {
    "postgres": frozenset(_POSTGRES_WORDS.split()),
    "mysql": frozenset({"rdsadmin", "rdsrepladmin", "rdsproxyadmin", "mysql.session", "mysql.sys"}),
    "mariadb": frozenset({"rdsadmin", "rdsrepladmin", "rdsproxyadmin", "mariadb.sys", "mysql"}),
}
_LONGEST_NAME = {"postgres": 63, "mysql": 32, "mariadb": 16}

_CLASS = re.compile(
    r"db\.(t3|t4g|m5|m5d|m6g|m6gd|m6i|m6id|m7g|m7i|m8g|r5|r5b|r5d|r6g|r6gd|r6i|r6id|r7g|r7i|r8g|x2g|x2iedn)"
    r"\.(micro|small|medium|large|\d*xlarge)"
)
_BURSTABLE_ONLY = {"micro", "small", "medium"}

CERTIFICATES = ("rds-ca-rsa2048-g1", "rds-ca-rsa4096-g1", "rds-ca-ecc384-g1")


def known(engine: str) -> bool:
    """Whether this overlay has tables of the engine; others are left to moto."""
    return engine in VERSIONS


def major_of(engine: str, version: str) -> str:
    parts = version.split(".")
    return parts[0] if engine == "postgres" else ".".join(parts[:2])


def default_version(engine: str, major: str | None = None) -> str:
    """The minor that RDS takes when only a major, or nothing, is asked for. It trails the newest by one."""
    minors = VERSIONS[engine][major or DEFAULT_MAJOR[engine]]
    return minors[-2]


def resolve_version(engine: str, version: str | None) -> str:
    """A full version, or a refusal: ``Cannot find version 13.4 for postgres``."""
    if not version:
        return default_version(engine)
    if version in VERSIONS[engine]:
        return default_version(engine, version)
    if version not in VERSIONS[engine].get(major_of(engine, version), []):
        refuse("InvalidParameterCombination", f"Cannot find version {version} for {engine}")
    return version


def family(engine: str, version: str) -> str:
    return f"{engine}{major_of(engine, version)}"


def families() -> set[str]:
    """Parameter group families, those past standard support included: their groups can still be made."""
    current = {f"{engine}{major}" for engine, majors in VERSIONS.items() for major in majors}
    return current | {"postgres11", "postgres12", "postgres13", "mysql5.7", "mariadb10.4", "mariadb10.5"}


def check_master_username(engine: str, name: str | None) -> None:
    if not name:
        refuse(
            "InvalidParameterValue",
            "The parameter MasterUsername must be provided and must not be blank.",
        )
    if not re.fullmatch(r"[A-Za-z][A-Za-z0-9_]*", name) or len(name) > _LONGEST_NAME[engine]:
        refuse(
            "InvalidParameterValue",
            "The parameter MasterUsername is not a valid identifier. It must begin with a letter, contain"
            " only"
            f" alphanumeric characters and underscores, and have at most {_LONGEST_NAME[engine]} characters.",
        )
    if name.lower() in _RESERVED[engine] or (engine == "postgres" and name.lower().startswith("pg_")):
        refuse(
            "InvalidParameterValue",
            f"MasterUsername {name} cannot be used as it is a reserved word used by the engine",
        )


def check_database_name(engine: str, name: str | None) -> None:
    if not name:
        return
    if not re.fullmatch(r"[A-Za-z][A-Za-z0-9_]{0,62}", name):
        refuse(
            "InvalidParameterValue",
            "DBName must begin with a letter and contain only alphanumeric characters.",
        )
    if name.lower() in ("db", "rdsadmin") or name.lower() in _RESERVED[engine]:
        refuse(
            "InvalidParameterValue",
            f"DBName {name} cannot be used. It is a reserved word for this engine",
        )


def check_class(engine: str, version: str, name: str) -> None:
    match = _CLASS.fullmatch(name)
    burstable = bool(match) and match[1] in ("t3", "t4g")  # type: ignore[index]
    if not match or (match[2] in _BURSTABLE_ONLY and not burstable):
        license_model = LICENSES.get(engine, "general-public-license")
        refuse(
            "InvalidParameterCombination",
            "RDS does not support creating a DB instance with the following combination:"
            f" DBInstanceClass={name}, Engine={engine}, EngineVersion={version},"
            f" LicenseModel={license_model}."
            " For supported combinations of instance class and database engine version, see the"
            " documentation.",
        )


def check_log_types(engine: str, version: str, names: list[str]) -> None:
    wrong = [name for name in names if name not in LOG_TYPES[engine]]
    if wrong:
        refuse(
            "InvalidParameterCombination",
            f"You cannot use the log types '{', '.join(wrong)}' with engine version {engine} {version}."
            " For supported log types, see the documentation.",
        )


def _version(engine: str, major: str, version: str) -> dict[str, Any]:
    newer = [v for v in VERSIONS[engine][major][VERSIONS[engine][major].index(version) + 1 :]]
    later_majors = list(VERSIONS[engine])[list(VERSIONS[engine]).index(major) + 1 :]
    targets = [(v, False) for v in newer] + [(default_version(engine, m), True) for m in later_majors]
    return {
        "Engine": engine,
        "EngineVersion": version,
        "MajorEngineVersion": major,
        "DBParameterGroupFamily": f"{engine}{major}",
        "DBEngineDescription": engine,
        "DBEngineVersionDescription": f"{engine} {version}",
        "Status": "available",
        "ExportableLogTypes": LOG_TYPES[engine],
        "SupportsLogExportsToCloudwatchLogs": True,
        "SupportsReadReplica": True,
        "SupportedCACertificateIdentifiers": list(CERTIFICATES),
        "ValidUpgradeTarget": [
            {"Engine": engine, "EngineVersion": v, "AutoUpgrade": False, "IsMajorVersionUpgrade": m,
             "Description": f"{engine} {v}"}
            for v, m in targets
        ],
    }  # fmt: skip


def install() -> None:
    @operation(RDSResponse, "DescribeDBEngineVersions")
    def describe_engine_versions(_: RDSResponse, p: dict[str, Any]) -> dict[str, Any]:
        wanted, family_name = p.get("EngineVersion"), p.get("DBParameterGroupFamily")
        found = []
        for engine, majors in VERSIONS.items():
            if p.get("Engine") not in (None, engine):
                continue
            for major, versions in majors.items():
                if wanted and wanted != major and wanted not in versions:
                    continue
                if family_name and family_name != f"{engine}{major}":
                    continue
                if p.get("DefaultOnly"):
                    if wanted or family_name or major == DEFAULT_MAJOR[engine]:
                        found.append(_version(engine, major, default_version(engine, major)))
                    continue
                found += [_version(engine, major, v) for v in versions if wanted in (None, major, v)]
        return query_page(found, p, "DBEngineVersions")

    @operation(RDSResponse, "DescribeCertificates")
    def describe_certificates(_: RDSResponse, p: dict[str, Any]) -> dict[str, Any]:
        wanted = p.get("CertificateIdentifier")
        found = [
            {"CertificateIdentifier": name, "CertificateType": "CA", "CustomerOverride": False}
            for name in CERTIFICATES
            if wanted in (None, name)
        ]
        if not found:
            refuse("CertificateNotFound", f"Certificate not found: {wanted}")
        return query_page(found, p, "Certificates")
