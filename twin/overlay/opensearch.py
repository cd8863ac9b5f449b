# Copyright (c) stackwright.aws contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""OpenSearch domains: processing, an endpoint that comes late, changes that keep the rest, upgrades.

Source: https://docs.aws.amazon.com/opensearch-service/latest/APIReference/
"""

from __future__ import annotations

import re
from typing import Any, NoReturn

from moto.core.utils import unix_time
from moto.es import urls as es_urls
from moto.moto_api._internal import mock_random
from moto.opensearch.models import opensearch_backends
from moto.opensearch.responses import OpenSearchServiceResponse

from twin.overlay import _lookups
from twin.overlay._lifecycle import Record, proceed
from twin.overlay._policies import listed, missing_principal, problem, statements
from twin.overlay._tagged import COLLECTORS, of_tagger
from twin.patch import Parameters, operation
from twin.refusal import refuse
from twin.world import World

#: https://docs.aws.amazon.com/opensearch-service/latest/developerguide/what-is.html#choosing-version
VERSIONS = tuple(
    f"OpenSearch_{version}"
    for version in ("1.0", "1.1", "1.2", "1.3", "2.3", "2.5", "2.7", "2.9", "2.11", "2.13", "2.15", "2.17", "2.19")
)
_LATEST = VERSIONS[-1]
_LOGS = ("INDEX_SLOW_LOGS", "SEARCH_SLOW_LOGS", "ES_APPLICATION_LOGS", "AUDIT_LOGS")
_TLS = (
    "Policy-Min-TLS-1-0-2019-07",
    "Policy-Min-TLS-1-2-2019-07",
    "Policy-Min-TLS-1-2-PFS-2023-10",
    "Policy-Min-TLS-1-2-RFC9151-FIPS-2024-08",
)
_WORDS = {1: "one", 2: "two", 3: "three"}
#: What a domain has unless told otherwise.
_DEFAULTS: dict[str, dict[str, Any]] = {
    "ClusterConfig": {
        "InstanceType": "m5.large.search",
        "InstanceCount": 1,
        "DedicatedMasterEnabled": False,
        "ZoneAwarenessEnabled": False,
        "WarmEnabled": False,
        "ColdStorageOptions": {"Enabled": False},
        "MultiAZWithStandbyEnabled": False,
    },
    "EBSOptions": {"EBSEnabled": False},
    "SnapshotOptions": {"AutomatedSnapshotStartHour": 0},
    "CognitoOptions": {"Enabled": False},
    "EncryptionAtRestOptions": {"Enabled": False},
    "NodeToNodeEncryptionOptions": {"Enabled": False},
    "AdvancedOptions": {
        "override_main_response_version": "false",
        "rest.action.multi.allow_explicit_index": "true",
    },
    "DomainEndpointOptions": {
        "EnforceHTTPS": False,
        "TLSSecurityPolicy": "Policy-Min-TLS-1-0-2019-07",
        "CustomEndpointEnabled": False,
    },
    "AdvancedSecurityOptions": {
        "Enabled": False,
        "InternalUserDatabaseEnabled": False,
        "AnonymousAuthEnabled": False,
    },
    "AutoTuneOptions": {"State": "DISABLED", "UseOffPeakWindow": False},
    "OffPeakWindowOptions": {
        "Enabled": True,
        "OffPeakWindow": {"WindowStartTime": {"Hours": 3, "Minutes": 0}},
    },
    "SoftwareUpdateOptions": {"AutoSoftwareUpdateEnabled": False},
    "LogPublishingOptions": {},
}
_PLAIN = ("IPAddressType", "UseCase", "EngineMode")
_OBJECTS = (*_DEFAULTS, "VPCOptions", "IdentityCenterOptions", "AIMLOptions", "DeploymentStrategyOptions")


def _invalid(message: str) -> NoReturn:
    refuse("ValidationException", message)


def _domain(response: Any, name: str) -> Record:
    found: Record | None = response.opensearch_backend.domains.get(name)
    if found is None:
        refuse("ResourceNotFoundException", f"Domain not found: {name}")
    return found


def _merged(old: dict[str, Any], new: dict[str, Any]) -> dict[str, Any]:
    """What a request does not name stays; a list is taken whole."""
    result = dict(old)
    for key, value in new.items():
        both = isinstance(value, dict) and isinstance(result.get(key), dict)
        result[key] = _merged(result[key], value) if both else value
    return result


def _told(p: Parameters) -> dict[str, Any]:
    """The options of a request as a description tells them."""
    told: dict[str, Any] = {name: p[name] for name in (*_OBJECTS, *_PLAIN) if p.get(name) is not None}
    if "AutoTuneOptions" in told:
        tune = told["AutoTuneOptions"]
        state = (
            {"State": "ENABLED" if tune["DesiredState"] == "ENABLED" else "DISABLED"} if "DesiredState" in tune else {}
        )
        told["AutoTuneOptions"] = {**state, **{k: v for k, v in tune.items() if k == "UseOffPeakWindow"}}
    if "AdvancedSecurityOptions" in told:
        security = told["AdvancedSecurityOptions"]
        told["AdvancedSecurityOptions"] = {k: v for k, v in security.items() if k != "MasterUserOptions"}
    return told


# What AWS refuses


def _check_version(version: str) -> None:
    if version not in VERSIONS:
        _invalid(f"Invalid engine version: {version}")


def _check_cluster(domain: dict[str, Any]) -> None:
    cluster = domain["ClusterConfig"]
    kinds = [cluster["InstanceType"]]
    if cluster.get("DedicatedMasterEnabled"):
        kinds.append(cluster.get("DedicatedMasterType") or "")
        if cluster.get("DedicatedMasterCount") not in (3, 5):
            _invalid("You must choose either three or five dedicated master nodes.")
    for kind in kinds:
        if not re.fullmatch(r"[a-z0-9]+\.[a-z0-9]+\.search", kind):
            _invalid(f"Invalid instance type: {kind}")
    if not 1 <= cluster["InstanceCount"] <= 80:
        _invalid("InstanceCount must be between 1 and 80.")
    zones = _zones(cluster)
    if zones not in (1, 2, 3):
        _invalid("AvailabilityZoneCount must be 2 or 3.")
    if cluster["InstanceCount"] < zones or (zones == 2 and cluster["InstanceCount"] % 2):
        _invalid(
            f"You must choose a number of data nodes that is a multiple of {_WORDS[zones]} for a domain in"
            f" {_WORDS[zones]} Availability Zones."
        )


def _zones(cluster: dict[str, Any]) -> int:
    if not cluster.get("ZoneAwarenessEnabled"):
        return 1
    return int((cluster.get("ZoneAwarenessConfig") or {}).get("AvailabilityZoneCount") or 2)


def _check_storage(domain: dict[str, Any]) -> None:
    storage = domain["EBSOptions"]
    if not storage.get("EBSEnabled"):
        if not re.match(r"(i3|r6gd|im4gn)\.", domain["ClusterConfig"]["InstanceType"]):
            _invalid("EBS storage must be selected for this instance type.")
        return
    if not 10 <= storage.get("VolumeSize", 0) <= 12288:
        _invalid("Volume size must be at least 10 GiB and within the limit of the instance type.")
    kind = storage.get("VolumeType") or "gp2"
    if storage.get("Iops") and kind == "gp3" and not 3000 <= storage["Iops"] <= 80000:
        _invalid("Iops for gp3 must be between 3000 and 80000.")
    if storage.get("Throughput") and kind != "gp3":
        _invalid("Throughput can only be given for gp3.")
    if storage.get("Throughput") and not 125 <= storage["Throughput"] <= 2000:
        _invalid("Throughput for gp3 must be between 125 and 2000.")


def _check_security(domain: dict[str, Any]) -> None:
    policy = domain["DomainEndpointOptions"].get("TLSSecurityPolicy")
    if policy not in _TLS:
        _invalid(f"1 validation error detected: Value '{policy}' at 'tLSSecurityPolicy' is not in {list(_TLS)}")
    if not domain["AdvancedSecurityOptions"].get("Enabled"):
        return
    needed = (
        domain["EncryptionAtRestOptions"].get("Enabled"),
        domain["NodeToNodeEncryptionOptions"].get("Enabled"),
        domain["DomainEndpointOptions"].get("EnforceHTTPS"),
    )
    if not all(needed):
        _invalid(
            "You must enable encryption at rest, node-to-node encryption and enforce HTTPS to use fine-grained access"
            " control."
        )


def _check_master(p: Parameters, domain: dict[str, Any], new: bool) -> None:
    """Fine-grained access needs somebody who may do everything: one role or one internal user."""
    security = p.get("AdvancedSecurityOptions") or {}
    if not security.get("Enabled"):
        return
    master = security.get("MasterUserOptions")
    if master is None:
        if new and not security.get("AnonymousAuthEnabled"):
            _invalid("You must provide a master user ARN or a master user name and password.")
        return
    inside = domain["AdvancedSecurityOptions"].get("InternalUserDatabaseEnabled")
    if bool(master.get("MasterUserARN")) == bool(master.get("MasterUserName")):
        _invalid("Specify either a MasterUserARN or a MasterUserName and MasterUserPassword.")
    if bool(inside) != bool(master.get("MasterUserName")):
        _invalid("An internal master user needs the internal user database, and an IAM master user must not have it.")
    password = master.get("MasterUserPassword") or ""
    classes = (r"[a-z]", r"[A-Z]", r"[0-9]", r"[^A-Za-z0-9]")
    if inside and (len(password) < 8 or not all(re.search(pattern, password) for pattern in classes)):
        _invalid(
            "Password must be at least 8 characters long and contain at least one uppercase letter, one lowercase"
            " letter, one number, and one special character."
        )


def _check_network(response: Any, domain: dict[str, Any]) -> None:
    options = domain.get("VPCOptions")
    if not options:
        return
    account, region = response.current_account, response.region
    from moto.iam.models import iam_backends

    paths = {role.path for role in iam_backends[account]["aws"].roles.values()}
    if "/aws-service-role/opensearchservice.amazonaws.com/" not in paths:
        _invalid(
            "Before you can proceed, you must enable a service-linked role to give Amazon OpenSearch Service"
            " permissions to access your VPC."
        )
    found, missing = _lookups.subnets(account, region, options.get("SubnetIds") or ())
    if missing:
        _invalid(f"Invalid subnet ID: {missing[0]}")
    zones = _zones(domain["ClusterConfig"])
    if len(found) != zones or len({subnet.availability_zone for subnet in found}) != zones:
        _invalid(f"You must specify exactly {_WORDS[zones]} subnet{'s' if zones > 1 else ''} in different zones.")
    for group in options.get("SecurityGroupIds") or ():
        if _lookups.security_group(account, region, group) is None:
            _invalid(f"Invalid security group ID: {group}")
    options["VPCId"] = found[0].vpc_id
    options["AvailabilityZones"] = sorted(subnet.availability_zone for subnet in found)


def _check_key(response: Any, asked: dict[str, Any], domain: dict[str, Any]) -> None:
    """The key that is stated has to be there; AWS's own is told by its ARN as well."""
    encryption = domain["EncryptionAtRestOptions"]
    if not encryption.get("Enabled"):
        return
    account, region = response.current_account, response.region
    if asked.get("KmsKeyId"):
        arn = _lookups.kms_key_arn(account, region, encryption["KmsKeyId"])
        if arn is None:
            _invalid(f"The specified KMS key {encryption['KmsKeyId']} does not exist or is not enabled.")
        encryption["KmsKeyId"] = arn
    elif not encryption.get("KmsKeyId"):
        encryption["KmsKeyId"] = f"arn:aws:kms:{region}:{account}:key/{mock_random.uuid4()}"


def _check_policy(response: Any, policy: str) -> None:
    if not policy:
        return
    wrong = problem(policy)
    if wrong:
        _invalid(f"Error setting policy: [{wrong}]")
    missing = missing_principal(policy, response.current_account)
    if missing:
        refuse("InvalidTypeException", f"Error setting policy: [Invalid principal in policy: {missing}]")


def _check_logs(response: Any, domain: dict[str, Any]) -> None:
    from moto.logs.models import logs_backends

    logs = logs_backends[response.current_account][response.region]
    for log, options in domain["LogPublishingOptions"].items():
        if log not in _LOGS:
            _invalid(f"1 validation error detected: '{log}' is not in {list(_LOGS)}")
        if not options.get("Enabled", True):
            continue
        if log == "AUDIT_LOGS" and not domain["AdvancedSecurityOptions"].get("Enabled"):
            _invalid("audit logs can only be published for a domain with fine-grained access control.")
        arn = options["CloudWatchLogsLogGroupArn"].removesuffix(":*")
        if arn.split(":log-group:")[-1] not in logs.groups:
            _invalid(f"The CloudWatch Logs log group {arn} does not exist.")
        if not any(_lets_write(policy.policy_document, arn) for policy in logs.resource_policies.values()):
            _invalid(
                f"The Resource Access Policy specified for the CloudWatch Logs log group {arn} does not grant"
                " sufficient permissions for Amazon OpenSearch Service to create a log stream. Please check the"
                " Resource Access Policy."
            )


def _lets_write(document: str, arn: str) -> bool:
    for statement in statements(document):
        principal = statement.get("Principal")
        services = listed(principal.get("Service")) if isinstance(principal, dict) else []
        actions = listed(statement.get("Action"))
        patterns = [re.escape(str(one)).replace(r"\*", ".*") for one in listed(statement.get("Resource"))]
        if (
            statement["Effect"] == "Allow"
            and {"es.amazonaws.com", "opensearchservice.amazonaws.com"} & set(services)
            and any(action in ("logs:*", "logs:CreateLogStream", "logs:PutLogEvents*") for action in actions)
            and any(re.fullmatch(pattern, f"{arn}:log-stream:x") for pattern in patterns)
        ):
            return True
    return False


def _check(response: Any, p: Parameters, domain: dict[str, Any], new: bool) -> None:
    _check_cluster(domain)
    _check_storage(domain)
    _check_security(domain)
    _check_master(p, domain, new)
    if "AccessPolicies" in p:
        _check_policy(response, p["AccessPolicies"])
    if "VPCOptions" in p or "ClusterConfig" in p:
        _check_network(response, domain)
    if "EncryptionAtRestOptions" in p:
        _check_key(response, p["EncryptionAtRestOptions"], domain)
    if "LogPublishingOptions" in p:
        _check_logs(response, domain)


def _check_change(domain: Record, wanted: dict[str, Any]) -> None:
    """What can be switched on and never off, or not be changed at all."""
    for name, title in (
        ("EncryptionAtRestOptions", "encryption at rest"),
        ("NodeToNodeEncryptionOptions", "node-to-node encryption"),
        ("AdvancedSecurityOptions", "fine-grained access control"),
    ):
        if domain[name].get("Enabled") and not wanted[name].get("Enabled"):
            _invalid(f"You cannot disable {title} on an existing domain.")
    key, new_key = (state["EncryptionAtRestOptions"].get("KmsKeyId", "") for state in (domain, wanted))
    if domain["EncryptionAtRestOptions"].get("Enabled") and key.rpartition("/")[2] != new_key.rpartition("/")[2]:
        _invalid("You cannot change the KMS key of an existing domain.")
    if bool(domain.get("VPCOptions")) != bool(wanted.get("VPCOptions")):
        _invalid("You can't change the network from VPC access to public access, or the other way round.")


# Operations


def install(world: World) -> None:
    es_urls.url_paths["{0}/2021-01-01/opensearch/upgradeDomain$"] = OpenSearchServiceResponse.dispatch
    COLLECTORS.setdefault("es", of_tagger(opensearch_backends))
    _life(world)
    _reading()
    _changes(world)


def _life(world: World) -> None:
    @operation(OpenSearchServiceResponse, "CreateDomain")
    def create(response: Any, p: Parameters) -> dict[str, Any]:
        name, backend = p["DomainName"], response.opensearch_backend
        if not re.fullmatch(r"[a-z][a-z0-9-]{2,27}", name):
            _invalid(
                f"1 validation error detected: Value '{name}' at 'domainName' failed to satisfy constraint: Member must"
                " satisfy regular expression pattern: [a-z][a-z0-9\\-]+, 3 to 28 characters"
            )
        if name in backend.domains:
            refuse("ResourceAlreadyExistsException", f"Domain {name} already exists")
        version = p.get("EngineVersion") or _LATEST
        _check_version(version)
        account, region = response.current_account, response.region
        domain = Record(
            DomainId=f"{account}/{name}",
            DomainName=name,
            ARN=f"arn:aws:es:{region}:{account}:domain/{name}",
            Created=False,
            Deleted=False,
            Processing=True,
            UpgradeProcessing=False,
            DomainProcessingStatus="Creating",
            EngineVersion=version,
            AccessPolicies=p.get("AccessPolicies") or "",
            IPAddressType="ipv4",
        )
        domain.update(_merged(_DEFAULTS, _told(p)))
        _check(response, p, domain, new=True)
        backend.domains[name] = domain
        if p.get("TagList"):
            backend.tagger.tag_resource(domain["ARN"], p["TagList"])

        def up() -> None:
            host = f"{name}-{mock_random.get_random_string(26, lower_case=True)}.{region}.es.amazonaws.com"
            if domain.get("VPCOptions"):
                domain["Endpoints"] = {"vpc": f"vpc-{host}"}
            else:
                domain["Endpoint"] = f"search-{host}"
            domain["EndpointV2"] = host.replace(".es.amazonaws.com", ".on.aws")
            settle(domain)

        def created() -> None:
            # It is created before it has an endpoint.
            domain["Created"] = True
            proceed(world, domain, world.delay("opensearch.create") * 0.5, up)

        proceed(world, domain, world.delay("opensearch.create") * 0.5, created)
        return {"DomainStatus": domain}

    @operation(OpenSearchServiceResponse, "DeleteDomain")
    def delete(response: Any, p: Parameters) -> dict[str, Any]:
        domain, backend = _domain(response, p["DomainName"]), response.opensearch_backend
        domain.update(Deleted=True, Processing=True, DomainProcessingStatus="Deleting")

        def gone() -> None:
            if backend.domains.get(domain["DomainName"]) is domain:
                del backend.domains[domain["DomainName"]]
                backend.tagger.delete_all_tags_for_resource(domain["ARN"])

        proceed(world, domain, world.delay("opensearch.delete"), gone)
        return {"DomainStatus": domain}


def settle(domain: Record) -> None:
    """Nothing is under way any more."""
    domain.update(Processing=False, UpgradeProcessing=False, DomainProcessingStatus="Active")


def _reading() -> None:
    @operation(OpenSearchServiceResponse, "DescribeDomain")
    def describe(response: Any, p: Parameters) -> dict[str, Any]:
        return {"DomainStatus": _domain(response, p["DomainName"])}

    @operation(OpenSearchServiceResponse, "DescribeDomains")
    def describe_all(response: Any, p: Parameters) -> dict[str, Any]:
        if len(p["DomainNames"]) > 5:
            _invalid("Please provide a maximum of 5 domain names to describe.")
        domains = response.opensearch_backend.domains
        return {"DomainStatusList": [domains[name] for name in p["DomainNames"] if name in domains]}

    @operation(OpenSearchServiceResponse, "ListDomainNames")
    def names(response: Any, p: Parameters) -> dict[str, Any]:
        found = [] if p.get("EngineType") == "Elasticsearch" else sorted(response.opensearch_backend.domains)
        return {"DomainNames": [{"DomainName": name, "EngineType": "OpenSearch"} for name in found]}

    @operation(OpenSearchServiceResponse, "DescribeDomainConfig")
    def configuration(response: Any, p: Parameters) -> dict[str, Any]:
        return {"DomainConfig": _config(_domain(response, p["DomainName"]))}

    @operation(OpenSearchServiceResponse, "ListTags")
    def tags(response: Any, p: Parameters) -> dict[str, Any]:
        _domain(response, p["ARN"].rpartition("/")[2])
        return {"TagList": response.opensearch_backend.list_tags(p["ARN"])}


def _config(domain: Record) -> dict[str, Any]:
    now = unix_time()
    status = {
        "CreationDate": now,
        "UpdateDate": now,
        "UpdateVersion": 1,
        "State": "Processing" if domain["Processing"] else "Active",
        "PendingDeletion": domain["Deleted"],
    }
    names = ("EngineVersion", "AccessPolicies", *(name for name in _OBJECTS if name in domain))
    return {name: {"Options": domain[name], "Status": status} for name in names}


def _changes(world: World) -> None:
    def begin(domain: Record, status: str) -> None:
        domain.update(Processing=True, DomainProcessingStatus=status)
        proceed(world, domain, world.delay("opensearch.modify"), lambda: settle(domain))

    def idle(domain: Record) -> None:
        if domain["Processing"] or domain["Deleted"]:
            _invalid("A change/update is in progress. Please wait for it to complete before requesting another change.")

    @operation(OpenSearchServiceResponse, "UpdateDomainConfig")
    def update(response: Any, p: Parameters) -> dict[str, Any]:
        domain = _domain(response, p["DomainName"])
        idle(domain)
        wanted = _merged(dict(domain), _told(p))
        if "AccessPolicies" in p:
            wanted["AccessPolicies"] = p["AccessPolicies"]
        _check_change(domain, wanted)
        _check(response, p, wanted, new=False)
        if p.get("DryRun"):
            return {
                "DomainConfig": _config(domain),
                "DryRunResults": {"DeploymentType": "DynamicUpdate", "Message": ""},
            }
        domain.update(wanted)
        begin(domain, "Modifying")
        return {"DomainConfig": _config(domain)}

    @operation(OpenSearchServiceResponse, "UpgradeDomain")
    def upgrade(response: Any, p: Parameters) -> dict[str, Any]:
        domain, version = _domain(response, p["DomainName"]), p["TargetVersion"]
        idle(domain)
        _check_version(version)
        if VERSIONS.index(version) <= VERSIONS.index(domain["EngineVersion"]):
            _invalid(f"Upgrade from {domain['EngineVersion']} to {version} is not possible.")
        if not p.get("PerformCheckOnly"):
            domain["UpgradeProcessing"] = True

            def done() -> None:
                domain["EngineVersion"] = version
                settle(domain)

            domain.update(Processing=True, DomainProcessingStatus="UpgradingEngineVersion")
            proceed(world, domain, world.delay("opensearch.upgrade"), done)
        return {
            "DomainName": domain["DomainName"],
            "TargetVersion": version,
            "PerformCheckOnly": bool(p.get("PerformCheckOnly")),
        }
