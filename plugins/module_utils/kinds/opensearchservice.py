# Copyright (c) stackwright.aws contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""OpenSearch Service: domains."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from ..engine.api import ApiError
from ..engine.kind import Attribute, Call, Item, Kind, Property, Scope, States, Update, Work
from ..engine.template import Template
from .kms import key_id
from .requests import batches, given
from .shared import IMMUTABLE, MUTABLE, WRITE_ONLY, json_text, policy_document, tag_list, with_tags
from .versions import refuse_older

#: https://docs.aws.amazon.com/opensearch-service/latest/APIReference/API_DescribeDomains.html
DOMAINS_A_REQUEST = 5

_ARN = "arn:{partition}:es:{region}:{account}:domain/{DomainName}"

#: Members that AWS takes and never tells again.
#: https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-opensearchservice-domain.html
_UNTOLD = {
    "": ("MasterUserOptions",),
    "SAMLOptions": ("MasterUserName", "MasterBackendRole"),
    "JWTOptions": ("PublicKey",),
}


# Reading


def list_domains(scope: Scope) -> list[Item]:
    """Domains that are described or carry the stack's tag."""
    names = list(scope.ids)
    if not names:
        answer = scope.call("opensearch", "list_domain_names", EngineType="OpenSearch")
        names = [domain["DomainName"] for domain in answer.get("DomainNames") or ()]
    found: list[Item] = []
    for batch in batches(names, DOMAINS_A_REQUEST):
        answer = scope.call("opensearch", "describe_domains", DomainNames=list(batch))
        found += answer.get("DomainStatusList") or []
    return with_tags(
        scope, found, "ARN", "opensearch", "list_tags", "ARN", "TagList", scope.names("DomainName"), "DomainName"
    )


def domain_state(item: Mapping[str, Any]) -> str:
    """What a domain is doing: AWS says it in four members, and gives the endpoint last."""
    if item.get("Deleted"):
        return "Deleting"
    told = str(item.get("DomainProcessingStatus") or "")
    if told == "Isolated":
        return told
    if not item.get("Created") or not endpoint(item):
        return "Creating"
    if item.get("UpgradeProcessing"):
        return "UpgradingEngineVersion"
    if item.get("Processing"):
        return told if told and told != "Active" else "Modifying"
    return "Active"


def endpoint(item: Mapping[str, Any]) -> str | None:
    """The host name that takes requests; one in a VPC is told apart."""
    return item.get("Endpoint") or (item.get("Endpoints") or {}).get("vpc")


def _auto_tune(item: Mapping[str, Any]) -> dict[str, Any]:
    told = item.get("AutoTuneOptions") or {}
    state = str(told.get("State") or "")
    return {
        "DesiredState": "ENABLED" if state.startswith("ENABLE") else "DISABLED",
        "UseOffPeakWindow": bool(told.get("UseOffPeakWindow")),
    }


def told_part(value: Any) -> Any:
    """The options of fine-grained access without what AWS takes and never tells again."""
    if not isinstance(value, Mapping):
        return value
    plain = {name: member for name, member in value.items() if name not in _UNTOLD[""]}
    for name in ("SAMLOptions", "JWTOptions"):
        if isinstance(plain.get(name), Mapping):
            plain[name] = {key: member for key, member in plain[name].items() if key not in _UNTOLD[name]}
    return plain


def published_logs(value: Any) -> Any:
    """Where each log goes, of those that are published, with the ARN of the log group as Logs writes it."""
    if not isinstance(value, Mapping):
        return value
    return {
        log: str(options.get("CloudWatchLogsLogGroupArn") or "").removesuffix(":*")
        for log, options in value.items()
        if str(options.get("Enabled", True)).lower() == "true"
    }


def _encryption(value: Any) -> Any:
    if not isinstance(value, Mapping) or "KmsKeyId" not in value:
        return value
    return {**value, "KmsKeyId": key_id(value["KmsKeyId"])}


# What AWS would refuse


def refuse_version(now: Any, wanted: Any) -> str:
    """Why a domain cannot go from one version to another; `Elasticsearch_7.10` comes before every OpenSearch."""
    engine, _underscore, here = str(now).partition("_")
    wanted_engine, _underscore, there = str(wanted).partition("_")
    if engine == wanted_engine:
        return refuse_older(here, there)
    return "" if wanted_engine == "OpenSearch" else f"{now} cannot become {wanted}; state {now}"


def _stays_on(title: str) -> Callable[[Any, Any], str]:
    """A refusal to switch off what can only be switched on."""

    def refuse(now: Any, wanted: Any) -> str:
        if (now or {}).get("Enabled") and (wanted or {}).get("Enabled") is False:
            return f"{title} cannot be switched off again; leave it on"
        return ""

    return refuse


def refuse_encryption(now: Any, wanted: Any) -> str:
    """Why the encryption at rest cannot be changed.

    https://docs.aws.amazon.com/opensearch-service/latest/developerguide/encryption-at-rest.html
    """
    here, there = (key_id((options or {}).get("KmsKeyId")) for options in (now, wanted))
    if (now or {}).get("Enabled") and there and here != there:
        return f"the key that it is encrypted with cannot be changed; state {here}, or describe a second domain"
    return _stays_on("encryption at rest")(now, wanted)


def refuse_move(now: Any, wanted: Any) -> str:
    """Why a domain cannot move into a VPC, or out of it.

    https://docs.aws.amazon.com/opensearch-service/latest/developerguide/vpc.html
    """
    inside, to_be = (bool((options or {}).get("SubnetIds")) for options in (now, wanted))
    if inside == to_be:
        return ""
    where = "out of its VPC" if inside else "into a VPC"
    return f"it cannot move {where}; set VPCOptions back, or describe a second domain and move the indexes there"


# Writing


def configuration(work: Work, names: frozenset[str]) -> dict[str, Any]:
    """Stated properties as requests take them.

    AWS keeps what a request does not name, member by member; only a log that is no longer published has to be named.
    """
    params = given(work, *sorted(names))
    if "AccessPolicies" in params:
        params["AccessPolicies"] = json_text(params["AccessPolicies"])
    if "AccessPolicies" in work.desired and "AccessPolicies" in names:
        params.setdefault("AccessPolicies", "")
    if "LogPublishingOptions" in names and "LogPublishingOptions" in work.desired:
        current = (work.current.properties.get("LogPublishingOptions") if work.current else None) or {}
        stated = work.desired["LogPublishingOptions"] or {}
        ended = {log: {**options, "Enabled": False} for log, options in current.items() if log not in stated}
        if ended or stated:
            params["LogPublishingOptions"] = {**ended, **stated}
    if "AdvancedOptions" in params:
        params["AdvancedOptions"] = {name: _text(value) for name, value in params["AdvancedOptions"].items()}
    return params


def _text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _create(work: Work) -> dict[str, Any]:
    return {
        **configuration(work, CONFIGURABLE | {"DomainName", "EngineVersion", "EngineMode"}),
        "TagList": tag_list(work.tags),
    }


def _service_role(work: Work) -> None:
    """The role by which OpenSearch Service reaches into a VPC, once in an account.

    https://docs.aws.amazon.com/opensearch-service/latest/developerguide/slr-aos.html
    """
    if not work.get("VPCOptions"):
        return
    try:
        work.call("iam", "create_service_linked_role", AWSServiceName="opensearchservice.amazonaws.com")
    except ApiError as error:
        # It is there already.
        if error.code != "InvalidInput":
            raise


def _update(work: Work) -> dict[str, Any]:
    return {"DomainName": work.id, **configuration(work, work.changed & CONFIGURABLE)}


PROPERTIES: dict[str, Property] = {
    "DomainName": IMMUTABLE,
    "EngineVersion": Property(refuse=refuse_version),
    "EngineMode": IMMUTABLE,
    "UseCase": MUTABLE,
    "ClusterConfig": MUTABLE,
    "EBSOptions": MUTABLE,
    "VPCOptions": Property(unordered=True, refuse=refuse_move),
    "IPAddressType": MUTABLE,
    "AccessPolicies": Property(exact=True, normalise=policy_document),
    "EncryptionAtRestOptions": Property(normalise=_encryption, refuse=refuse_encryption),
    "NodeToNodeEncryptionOptions": Property(refuse=_stays_on("encryption between nodes")),
    "DomainEndpointOptions": MUTABLE,
    "AdvancedSecurityOptions": Property(normalise=told_part, refuse=_stays_on("fine-grained access control")),
    "IdentityCenterOptions": MUTABLE,
    "CognitoOptions": MUTABLE,
    "AdvancedOptions": MUTABLE,
    "LogPublishingOptions": Property(exact=True, normalise=published_logs),
    "SnapshotOptions": MUTABLE,
    "AutomatedSnapshotPauseOptions": MUTABLE,
    "AutoTuneOptions": Property(path=_auto_tune),
    "OffPeakWindowOptions": MUTABLE,
    "SoftwareUpdateOptions": MUTABLE,
    "DeploymentStrategyOptions": MUTABLE,
    "AIMLOptions": MUTABLE,
    "SkipShardMigrationWait": WRITE_ONLY,
}
#: What `update_domain_config` changes.
CONFIGURABLE = frozenset(
    name
    for name, prop in PROPERTIES.items()
    if not (prop.immutable or prop.write_only) and name not in ("EngineVersion",)
)

OPENSEARCH_DOMAIN = Kind(
    type="AWS::OpenSearchService::Domain",
    service="opensearch",
    title="OpenSearch domain",
    template=Template(properties={"AutoTuneOptions": lambda _value: None}),
    id="DomainName",
    key=("DomainName",),
    properties=PROPERTIES,
    attributes={
        "Arn": Attribute("ARN", _ARN),
        "DomainArn": Attribute("ARN", _ARN),
        "Id": Attribute("DomainId", "{account}/{DomainName}"),
        "DomainEndpoint": Attribute(endpoint),
        "DomainEndpointV2": Attribute("EndpointV2"),
        "DomainEndpoints": Attribute("Endpoints"),
        "ServiceSoftwareOptions": Attribute("ServiceSoftwareOptions", volatile=True),
    },
    list=list_domains,
    states=States(
        path=domain_state,
        ready=frozenset({"Active"}),
        failed=frozenset({"Isolated"}),
        leaving=frozenset({"Deleting"}),
        timeout=7200,
    ),
    before_create=_service_role,
    create=Call("create_domain", _create, item="DomainStatus"),
    updates=(
        Update(tuple(sorted(CONFIGURABLE)), Call("update_domain_config", _update), when_ready=True),
        Update(
            ("EngineVersion",),
            Call("upgrade_domain", lambda w: {"DomainName": w.id, "TargetVersion": w.desired["EngineVersion"]}),
            when_ready=True,
        ),
    ),
    delete=Call("delete_domain", lambda w: {"DomainName": w.id}),
    tag=Call("add_tags", lambda w: {"ARN": w.attributes["Arn"], "TagList": tag_list(w.tags_to_set)}),
    untag=Call("remove_tags", lambda w: {"ARN": w.attributes["Arn"], "TagKeys": list(w.tags_to_remove)}),
    holds_data=True,
    # A change that began a moment ago; a role, or the permission to write a log, that has not arrived everywhere.
    retry_on=frozenset(
        {
            "ValidationException: is in progress",
            "ValidationException: service-linked role",
            "ValidationException: does not grant sufficient permissions",
            "InvalidTypeException: Error setting policy",
        }
    ),
)

KINDS = (OPENSEARCH_DOMAIN,)
