# Copyright (c) stackwright.aws contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""CloudTrail: trails."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any

from ..engine.kind import Attribute, Call, Item, Kind, Property, Scope, Update, Work, read_tags
from .kms import key_id
from .requests import batches, given, is_empty, is_stated, make_arn, unless
from .shared import MUTABLE, tag_index, tag_list

#: https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/API_ListTags.html
TRAILS_A_REQUEST = 20

#: CloudFormation's names and the API's of what the requests that make and change a trail take.
_SETTINGS = {
    "S3BucketName": "S3BucketName",
    "S3KeyPrefix": "S3KeyPrefix",
    "SnsTopicName": "SnsTopicName",
    "IncludeGlobalServiceEvents": "IncludeGlobalServiceEvents",
    "IsMultiRegionTrail": "IsMultiRegionTrail",
    "EnableLogFileValidation": "EnableLogFileValidation",
    "IsOrganizationTrail": "IsOrganizationTrail",
    "CloudWatchLogsLogGroupArn": "CloudWatchLogsLogGroupArn",
    "CloudWatchLogsRoleArn": "CloudWatchLogsRoleArn",
    "KMSKeyId": "KmsKeyId",
}


def topic_name(value: Any) -> Any:
    """A topic's name, given that or its ARN."""
    return value.rpartition(":")[2] if isinstance(value, str) else value


def plain_selectors(value: Any) -> Any:
    """Event selectors with what AWS fills in."""
    if not isinstance(value, (list, tuple)):
        return value
    return [{"ReadWriteType": "All", "IncludeManagementEvents": True, **one} for one in value]


def list_trails(scope: Scope) -> list[Item]:
    """The trails of this region that are described or carry the stack's tag."""
    trails = scope.call("cloudtrail", "describe_trails", includeShadowTrails=False)["trailList"]
    trails = [trail for trail in trails if not scope.ids or trail["Name"] in scope.ids]
    names = set(scope.names("TrailName"))
    index = {} if scope.ids or scope.everything else tag_index(scope)
    chosen = [trail for trail in trails if scope.everything or trail["Name"] in names or trail["TrailARN"] in index]
    tags: dict[str, dict[str, str]] = {}
    for batch in batches([trail["TrailARN"] for trail in chosen], TRAILS_A_REQUEST):
        for entry in scope.pages("cloudtrail", "list_tags", "ResourceTagList[]", ResourceIdList=list(batch)):
            tags[entry["ResourceId"]] = read_tags(entry.get("TagsList")) or {}
    return [_whole(scope, {**trail, "Tags": tags.get(trail["TrailARN"], {})}) for trail in chosen]


def _whole(scope: Scope, trail: Item) -> Item:
    """A trail with what somebody stated and only requests of their own tell."""
    arn = trail["TrailARN"]
    if is_stated(scope, "IsLogging"):
        trail["IsLogging"] = scope.call("cloudtrail", "get_trail_status", Name=arn)["IsLogging"]
    if is_stated(scope, "EventSelectors", "AdvancedEventSelectors"):
        answer = scope.call("cloudtrail", "get_event_selectors", TrailName=arn)
        trail["EventSelectors"] = answer.get("EventSelectors")
        trail["AdvancedEventSelectors"] = answer.get("AdvancedEventSelectors")
    if is_stated(scope, "InsightSelectors"):
        insights = unless(
            {"InsightNotEnabledException"}, partial(scope.call, "cloudtrail", "get_insight_selectors", TrailName=arn)
        )
        trail["InsightSelectors"] = (insights or {}).get("InsightSelectors")
    return trail


def _settings(work: Work) -> dict[str, Any]:
    return given(work, **{param: name for name, param in _SETTINGS.items()})


def _create(work: Work) -> Item:
    name = work.desired["TrailName"]
    answer: Item = work.call("cloudtrail", "create_trail", Name=name, **_settings(work), TagsList=tag_list(work.tags))
    return {**answer, "TrailARN": answer.get("TrailARN") or make_arn(work.api, "cloudtrail", work.region, _path(name))}


def _path(name: str) -> str:
    return f"trail/{name}"


def _update(work: Work) -> dict[str, Any]:
    """What is no longer wanted is set to nothing."""
    params = {
        param: "" if is_empty(work.desired[name]) else work.desired[name]
        for name, param in _SETTINGS.items()
        if name in work.changed
    }
    # The log group and the role that writes to it are refused one without the other.
    logs = ("CloudWatchLogsLogGroupArn", "CloudWatchLogsRoleArn")
    if work.changed & set(logs):
        params.update({name: work.merged(name) or "" for name in logs})
    return {"Name": work.id, **params}


def _set_logging(work: Work) -> None:
    operation = "start_logging" if work.desired["IsLogging"] else "stop_logging"
    work.call("cloudtrail", operation, Name=work.id)


def _set_selectors(work: Work) -> None:
    """A trail has selectors of one sort; none at all is what every trail begins with."""
    advanced = work.get("AdvancedEventSelectors")
    if advanced:
        work.call("cloudtrail", "put_event_selectors", TrailName=work.id, AdvancedEventSelectors=advanced)
    else:
        selectors = plain_selectors(work.get("EventSelectors") or [{}])
        work.call("cloudtrail", "put_event_selectors", TrailName=work.id, EventSelectors=selectors)


def _tag(work: Work) -> dict[str, Any]:
    return {"ResourceId": work.attributes["Arn"], "TagsList": tag_list(work.tags_to_set)}


def _untag(work: Work) -> dict[str, Any]:
    tags = work.existing.tags or {}
    return {
        "ResourceId": work.attributes["Arn"],
        "TagsList": tag_list({key: tags.get(key, "") for key in work.tags_to_remove}),
    }


def _arn(facts: Mapping[str, Any]) -> str | None:
    name = facts.get("TrailName")
    if not isinstance(name, str):
        return None
    return f"arn:{facts['partition']}:cloudtrail:{facts['region']}:{facts['account']}:{_path(name)}"


#: A role or a policy that was made a moment ago is not known everywhere yet.
_NOT_YET = frozenset({"InvalidCloudWatchLogsRoleArnException", "InsufficientEncryptionPolicyException"})

CLOUDTRAIL_TRAIL = Kind(
    type="AWS::CloudTrail::Trail",
    service="cloudtrail",
    title="trail",
    id="Name",
    key=("TrailName",),
    requires=("AWS::S3::BucketPolicy",),
    properties={
        "TrailName": Property(path="Name", immutable=True),
        "S3BucketName": MUTABLE,
        "S3KeyPrefix": Property(unstated=None),
        "SnsTopicName": Property(
            path=lambda item: item.get("SnsTopicARN") or item.get("SnsTopicName"), normalise=topic_name
        ),
        "IncludeGlobalServiceEvents": Property(default=True),
        "IsMultiRegionTrail": Property(default=False),
        "EnableLogFileValidation": Property(path="LogFileValidationEnabled", default=False),
        "IsOrganizationTrail": Property(default=False),
        "CloudWatchLogsLogGroupArn": MUTABLE,
        "CloudWatchLogsRoleArn": MUTABLE,
        "KMSKeyId": Property(path="KmsKeyId", normalise=key_id, unstated=None),
        # A trail with selectors of the other sort has none of these.
        "EventSelectors": Property(default=[{}], normalise=plain_selectors, unordered=True, exact=True, unstated=[{}]),
        "AdvancedEventSelectors": Property(unordered=True, unstated=None),
        "InsightSelectors": Property(unordered=True, unstated=None),
        "IsLogging": MUTABLE,
    },
    attributes={
        "TrailName": Attribute("Name", "{TrailName}"),
        "Arn": Attribute("TrailARN", _arn),
        "SnsTopicArn": Attribute("SnsTopicARN"),
    },
    list=list_trails,
    create=_create,
    updates=(
        Update(tuple(_SETTINGS), Call("update_trail", _update)),
        Update(("EventSelectors", "AdvancedEventSelectors"), _set_selectors, on_create=True),
        Update(
            ("InsightSelectors",),
            Call(
                "put_insight_selectors",
                lambda w: {"TrailName": w.id, "InsightSelectors": w.desired["InsightSelectors"] or []},
            ),
            on_create=True,
        ),
        Update(("IsLogging",), _set_logging, on_create=True),
    ),
    delete=Call("delete_trail", lambda w: {"Name": w.id}),
    tag=Call("add_tags", _tag),
    untag=Call("remove_tags", _untag),
    retry_on=_NOT_YET,
)

KINDS = (CLOUDTRAIL_TRAIL,)
