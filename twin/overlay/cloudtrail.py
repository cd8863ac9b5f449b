# Copyright (c) stackwright.aws contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""CloudTrail: what a trail needs before it may be made, settings that can be taken back, events to look up.

Source: https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/
"""

from __future__ import annotations

import json
import uuid
from collections import deque
from collections.abc import Iterator
from datetime import UTC
from typing import TYPE_CHECKING, Any

from moto.cloudtrail.models import cloudtrail_backends
from moto.cloudtrail.responses import CloudTrailResponse as Response
from moto.core.responses import BaseResponse
from moto.core.utils import utcnow

from twin.identify import _READS
from twin.overlay import _lookups
from twin.overlay._lifecycle import page
from twin.overlay._policies import listed, statements
from twin.overlay._tagged import Tagged, collector
from twin.patch import Parameters, after, around, before, existing, notes, operation
from twin.refusal import refuse

if TYPE_CHECKING:
    from twin.world import World

Answer = dict[str, Any]
_SERVICE = "cloudtrail.amazonaws.com"
#: What a trail keeps unless told otherwise.
_SELECTORS = [
    {"ReadWriteType": "All", "IncludeManagementEvents": True, "DataResources": [], "ExcludeManagementEventSources": []}
]
_KEPT_EVENTS = 2000
#: Settings that an empty text takes back, and what moto calls them.
_RESETTABLE = {
    "S3KeyPrefix": "s3_key_prefix",
    "SnsTopicName": "sns_topic_name",
    "CloudWatchLogsLogGroupArn": "cw_log_group_arn",
    "CloudWatchLogsRoleArn": "cw_role_arn",
    "KmsKeyId": "kms_key_id",
}


def _lets_in(policy: str | None, action: str) -> bool:
    """Whether a bucket's or a key's policy allows CloudTrail an action."""
    service = action.partition(":")[0]
    for one in statements(policy) if policy else []:
        principal = one.get("Principal")
        services = listed(principal.get("Service")) if isinstance(principal, dict) else listed(principal)
        covers = (_covers(name, action, service) for name in listed(one.get("Action")))
        if one.get("Effect") == "Allow" and (_SERVICE in services or "*" in services) and any(covers):
            return True
    return False


def _covers(name: str, action: str, service: str) -> bool:
    return name in ("*", action, f"{service}:*") or (name[-1:] == "*" and action.startswith(name[:-1]))


def _check_bucket(response: Response, name: str) -> None:
    from moto.s3.models import s3_backends

    bucket = s3_backends[response.current_account][response.partition].buckets.get(name)
    if bucket is None:
        refuse("S3BucketDoesNotExistException", f"S3 bucket {name} does not exist!")
    policy = bucket.policy.decode() if isinstance(bucket.policy, bytes) else bucket.policy
    if not (_lets_in(policy, "s3:GetBucketAcl") and _lets_in(policy, "s3:PutObject")):
        refuse("InsufficientS3BucketPolicyException", f"Incorrect S3 bucket policy is detected for bucket: {name}")


def _check_logs(response: Response, group: str | None, role: str | None) -> None:
    from moto.iam.models import iam_backends
    from moto.logs.models import logs_backends

    if bool(group) != bool(role):
        refuse(
            "InvalidParameterCombinationException",
            "You must specify both CloudWatchLogsLogGroupArn and CloudWatchLogsRoleArn, or neither.",
        )
    if not group or not role:
        return
    name = group.split(":log-group:", 1)[-1].removesuffix(":*")
    if not group.endswith(":*") or name not in logs_backends[response.current_account][response.region].groups:
        refuse(
            "InvalidCloudWatchLogsLogGroupArnException",
            "CloudTrail cannot validate the specified log group ARN. Check that the log group exists.",
        )
    roles = iam_backends[response.current_account][response.partition].roles.values()
    if role not in {one.arn for one in roles}:
        refuse("InvalidCloudWatchLogsRoleArnException", "Access denied. Check the trust relationships for your role.")


def _check_key(response: Response, key: str | None) -> str | None:
    """The key's ARN: it must exist, be enabled, and let CloudTrail use it."""
    from moto.kms.models import kms_backends

    if not key:
        return key
    arn = _lookups.kms_key_arn(response.current_account, response.region, key)
    if arn is None:
        refuse("KmsKeyNotFoundException", f"KMS key {key} does not exist or is not enabled.")
    policy = kms_backends[response.current_account][response.region].describe_key(arn).policy
    if not _lets_in(policy, "kms:GenerateDataKey"):
        refuse(
            "InsufficientEncryptionPolicyException",
            f"Insufficient permissions to access S3 bucket or KMS key {arn}.",
        )
    return arn


def _trails() -> None:
    @before(Response, "CreateTrail")
    def check(response: Response, p: Parameters) -> None:
        if p["Name"] in response.cloudtrail_backend.trails:
            refuse(
                "TrailAlreadyExistsException",
                f"Trail {p['Name']} already exists for account {response.current_account}",
            )
        _check_bucket(response, p["S3BucketName"])
        _check_logs(response, p.get("CloudWatchLogsLogGroupArn"), p.get("CloudWatchLogsRoleArn"))
        _check_key(response, p.get("KmsKeyId"))

    @after(Response, "CreateTrail")
    def made(response: Response, p: Parameters, result: Any) -> Any:
        trail = response.cloudtrail_backend.get_trail(p["Name"])
        trail.kms_key_id = _check_key(response, p.get("KmsKeyId"))  # type: ignore[assignment]
        trail.event_selectors = [dict(one) for one in _SELECTORS]
        return _shown(result, trail)

    @before(Response, "UpdateTrail")
    def check_change(response: Response, p: Parameters) -> None:
        trail = response.cloudtrail_backend.get_trail(p["Name"])
        if p.get("S3BucketName"):
            _check_bucket(response, p["S3BucketName"])
        group, role = (
            p[name] if name in p else getattr(trail, _RESETTABLE[name])
            for name in ("CloudWatchLogsLogGroupArn", "CloudWatchLogsRoleArn")
        )
        _check_logs(response, group, role)
        _check_key(response, p.get("KmsKeyId"))

    @after(Response, "UpdateTrail")
    def changed(response: Response, p: Parameters, result: Any) -> Any:
        trail = response.cloudtrail_backend.get_trail(p["Name"])
        for member, attribute in _RESETTABLE.items():
            if p.get(member) == "":
                setattr(trail, attribute, None)
        if p.get("KmsKeyId"):
            trail.kms_key_id = _check_key(response, p["KmsKeyId"])  # type: ignore[assignment]
        return _shown(json.dumps(trail.description()), trail)

    @after(Response, "DescribeTrails")
    def described(response: Response, p: Parameters, result: Any) -> Any:
        trails = json.loads(result)["trailList"]
        return json.dumps({"trailList": [_plain(trail) for trail in trails]})

    @operation(Response, "DeleteTrail")
    def delete(response: Response, p: Parameters) -> None:
        backend = response.cloudtrail_backend
        trail = backend.get_trail(p["Name"])
        del backend.trails[trail.trail_name]
        backend.tagging_service.delete_all_tags_for_resource(trail.arn)


def _plain(shown: Answer) -> Answer:
    """A trail without the members that it has not."""
    return {name: value for name, value in shown.items() if value is not None}


def _shown(result: str, trail: Any) -> str:
    return json.dumps(_plain({**json.loads(result), "KmsKeyId": trail.kms_key_id}))


def _selectors() -> None:
    @operation(Response, "PutEventSelectors")
    def put(response: Response, p: Parameters) -> Answer:
        trail = response.cloudtrail_backend.get_trail(p["TrailName"])
        plain, advanced = p.get("EventSelectors"), p.get("AdvancedEventSelectors")
        if bool(plain) == bool(advanced):
            refuse(
                "InvalidEventSelectorsException", "Specify either EventSelectors or AdvancedEventSelectors, not both."
            )
        if len(plain or []) > 5:
            refuse("InvalidEventSelectorsException", "A trail has at most 5 event selectors.")
        trail.event_selectors = [{**_SELECTORS[0], **one} for one in plain or []]
        trail.advanced_event_selectors = advanced or []
        return _both(trail)

    @operation(Response, "GetEventSelectors")
    def get(response: Response, p: Parameters) -> Answer:
        return _both(response.cloudtrail_backend.get_trail(p["TrailName"]))

    @operation(Response, "PutInsightSelectors")
    def put_insights(response: Response, p: Parameters) -> Answer:
        trail = response.cloudtrail_backend.get_trail(p["TrailName"])
        trail.insight_selectors = list(p["InsightSelectors"])
        return {"TrailARN": trail.arn, "InsightSelectors": trail.insight_selectors}

    @before(Response, "GetInsightSelectors")
    def enabled(response: Response, p: Parameters) -> None:
        trail = response.cloudtrail_backend.get_trail(p["TrailName"])
        if not trail.insight_selectors:
            refuse("InsightNotEnabledException", f"Trail {trail.arn} does not have Insights enabled.")


def _both(trail: Any) -> Answer:
    found = {"EventSelectors": trail.event_selectors, "AdvancedEventSelectors": trail.advanced_event_selectors}
    return {"TrailARN": trail.arn, **{name: value for name, value in found.items() if value}}


def _tags() -> None:
    @before(Response, "ListTags")
    def known(response: Response, p: Parameters) -> None:
        if len(p["ResourceIdList"]) > 20:
            refuse("InvalidParameterException", "At most 20 resources can be asked about.")
        there = {trail.arn for trail in response.cloudtrail_backend.trails.values()}
        for arn in p["ResourceIdList"]:
            if arn not in there:
                refuse("ResourceNotFoundException", f"The resource {arn} was not found.")

    @operation(Response, "RemoveTags")
    def remove(response: Response, p: Parameters) -> None:
        keys = [tag["Key"] for tag in p["TagsList"]]
        response.cloudtrail_backend.tagging_service.untag_resource_using_names(p["ResourceId"], keys)

    @collector("cloudtrail")
    def tagged(account: str, region: str) -> Iterator[Tagged]:
        backend = existing(cloudtrail_backends, account, region)
        service: Any = backend.tagging_service if backend else None
        for arn in list(service.tags) if service else []:
            yield arn, service.get_tag_dict_for_resource(arn)


def _events() -> None:
    @around(BaseResponse, "call_action")
    def note(original: Any, response: BaseResponse) -> Any:
        """Every request that writes is an event of its account and region, whether there is a trail or not."""
        answer = original(response)
        action = response._get_action()
        if action and response.service_name and not _READS.match(action):
            backend = cloudtrail_backends[response.current_account][_region(response)]
            notes(backend, "events", lambda: deque(maxlen=_KEPT_EVENTS)).append(
                {
                    "EventId": str(uuid.uuid4()),
                    "EventName": action,
                    "ReadOnly": "false",
                    "AccessKeyId": str(response.access_key),
                    "EventTime": utcnow(),
                    "EventSource": f"{response.service_name}.amazonaws.com",
                    "Username": "root",
                    "Resources": [],
                    "CloudTrailEvent": json.dumps({"eventName": action, "eventVersion": "1.08"}),
                }
            )
        return answer

    @operation(Response, "LookupEvents")
    def lookup(response: Response, p: Parameters) -> Answer:
        chosen = p.get("LookupAttributes") or []
        if len(chosen) > 1:
            refuse("InvalidLookupAttributesException", "At most one lookup attribute can be given.")
        size = p.get("MaxResults")
        if size is not None and not 1 <= size <= 50:
            refuse("InvalidMaxResultsException", "MaxResults must be between 1 and 50.")
        kept = notes(response.cloudtrail_backend, "events", lambda: deque(maxlen=_KEPT_EVENTS))
        items = [event for event in reversed(list(kept)) if _matches(event, chosen, p)]
        found, token = page(
            items,
            p.get("NextToken"),
            size,
            50,
            lambda: refuse("InvalidNextTokenException", "The token is invalid."),
        )
        return {"Events": found, **({"NextToken": token} if token else {})}


def _region(response: BaseResponse) -> str:
    """Requests to services without regions are events of the first one."""
    if response.service_name in ("iam", "route53", "budgets", "ce", "sts"):
        return "us-east-1"
    # WAF answers for CloudFront under a region that is none.
    return "us-east-1" if response.region == "global" else response.region


def _matches(event: Answer, chosen: list[Answer], p: Parameters) -> bool:
    moment = event["EventTime"].replace(tzinfo=UTC)
    for name, fits in (("StartTime", lambda limit: moment >= limit), ("EndTime", lambda limit: moment <= limit)):
        limit = p.get(name)
        if limit is not None and not fits(limit.replace(tzinfo=limit.tzinfo or UTC)):
            return False
    return all(str(event.get(one["AttributeKey"])) == one["AttributeValue"] for one in chosen)


def install(world: World) -> None:
    _trails()
    _selectors()
    _tags()
    _events()
