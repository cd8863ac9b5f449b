# Copyright (c) stackwright.aws contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The `audit` section: who did what (CloudTrail), what became of it (Config), and rules over it."""

from __future__ import annotations

from typing import Any

from ..engine.document import Resource
from ..engine.values import Address, Ref
from . import bucket, formats
from .base import TAGS, Context, Export, Options, Tier
from .options import validate
from .permissions import role, statement, this_account, trust

TRAIL = "AWS::CloudTrail::Trail"
RECORDER = "AWS::Config::ConfigurationRecorder"
CHANNEL = "AWS::Config::DeliveryChannel"
#: That the recorder records. Not a CloudFormation type.
RECORDING = "Custom::ConfigRecording"
RULE = "AWS::Config::ConfigRule"
#: The account's rules for passwords. Not a CloudFormation type.
PASSWORD_POLICY = "Custom::PasswordPolicy"
LOG_GROUP = "AWS::Logs::LogGroup"

#: The logical name of the bucket that trail and recorder deliver to.
BUCKET_NAME = "audit/logs"

#: https://docs.aws.amazon.com/config/latest/APIReference/API_ConfigSnapshotDeliveryProperties.html
FREQUENCIES = {1: "One_Hour", 3: "Three_Hours", 6: "Six_Hours", 12: "Twelve_Hours", 24: "TwentyFour_Hours"}

SPEC: dict[str, Any] = {
    "bucket": {
        "type": "dict",
        "apply_defaults": True,
        "options": {
            "name": {"type": "str"},
            "archive_days": {"type": "int", "format": formats.at_least(0)},
            "expire_days": {"type": "int", "format": formats.at_least(1)},
        },
    },
    "key": {"type": "str", "no_log": False},
    "trail": {
        "type": "dict",
        "options": {
            "name": {"type": "str"},
            "prefix": {"type": "str"},
            "multi_region": {"type": "bool", "default": True},
            "validation": {"type": "bool", "default": True},
            "log_retention_days": {"type": "int", "default": 90, "format": formats.LOG_RETENTION},
            "log_group": {"type": "str"},
            "object_events": {"type": "list", "elements": "str", "default": []},
            "insights": {"type": "bool", "default": False},
        },
    },
    "config": {
        "type": "dict",
        "options": {
            "recorder": {"type": "str", "choices": ["own", "existing"], "default": "own"},
            "name": {"type": "str"},
            "prefix": {"type": "str"},
            "only": {"type": "list", "elements": "str", "default": []},
            "global_resources": {"type": "bool", "default": True},
            "daily": {"type": "bool", "default": False},
            "snapshot_hours": {"type": "int", "choices": list(FREQUENCIES), "default": 24},
            "notify": {"type": "str"},
        },
    },
    "rules": {
        "type": "map",
        "default": {},
        "options": {
            "name": {"type": "str"},
            "identifier": {"type": "str", "required": True},
            "description": {"type": "str"},
            "parameters": {"type": "dict", "default": {}},
            "resource_types": {"type": "list", "elements": "str", "default": []},
            "every_hours": {"type": "int", "choices": list(FREQUENCIES)},
        },
    },
    "password_policy": {
        "type": "dict",
        "no_log": False,
        "options": {
            "length": {"type": "int", "default": 14, "format": formats.between(6, 128)},
            "symbols": {"type": "bool", "default": True},
            "numbers": {"type": "bool", "default": True},
            "upper_case": {"type": "bool", "default": True},
            "lower_case": {"type": "bool", "default": True},
            "users_may_change": {"type": "bool", "default": True},
            "max_age_days": {"type": "int", "format": formats.between(1, 1095)},
            "remember": {"type": "int", "default": 24, "format": formats.between(1, 24)},
        },
    },
    "tags": TAGS,
}


def bucket_name(options: Options, context: Context) -> str:
    """The name of the bucket of the logs."""
    return options["bucket"]["name"] or f"{context.prefix}-audit-logs"


def bucket_options(options: Options, context: Context) -> dict[str, Any]:
    """The bucket of the logs as an entry of `buckets` would describe it."""
    stated = options["bucket"]
    lifecycle: list[dict[str, Any]] = []
    archived, gone = stated["archive_days"], stated["expire_days"]
    if archived is not None and gone is not None and gone <= archived:
        context.problem(
            "bucket.expire_days", f"{gone}: logs would be gone before they are archived on day {archived}; raise it"
        )
        stated = {**stated, "archive_days": None}
    if stated["archive_days"] is not None or stated["expire_days"] is not None:
        archive = (
            [] if stated["archive_days"] is None else [{"days": stated["archive_days"], "storage_class": "GLACIER"}]
        )
        lifecycle = [{"id": "age", "transitions": archive, "expire_days": stated["expire_days"]}]
    given = {
        "name": bucket_name(options, context),
        "lifecycle": lifecycle,
        "statements": _statements(options, context),
        "tags": options["tags"],
    }
    return validate(bucket.SPEC, given, context.option("bucket"), context.problems)


def trail_name(options: Options, context: Context) -> str:
    """The trail's name."""
    return options["trail"]["name"] or context.name("trail")


def _delivers(options: Options) -> bool:
    """Whether anything is delivered to the bucket."""
    config = options["config"]
    return options["trail"] is not None or (config is not None and config["recorder"] == "own")


def exports(name: str, options: Options, context: Context) -> Export:
    values: dict[str, Any] = {}
    if _delivers(options):
        values["bucket_name"] = bucket_name(options, context)
        values["bucket_arn"] = Ref(Address(bucket.BUCKET, BUCKET_NAME), "Arn")
    if options["trail"] is not None:
        values["trail_arn"] = Ref(Address(TRAIL, "trail"), "Arn")
        values["log_group"] = _log_group_name(options, context)
    return Export(values=values)


def compile(name: str, options: Options, context: Context) -> list[Resource]:
    if all(options[part] is None for part in ("trail", "config", "password_policy")):
        context.problem(
            "", "describes none of `trail`, `config`, `password_policy`; give one of them, {} for the defaults"
        )
        return []
    made: list[Resource] = []
    if options["password_policy"] is not None:
        made.append(_password_policy(options["password_policy"], context))
    if _delivers(options):
        made += bucket.compile(BUCKET_NAME, bucket_options(options, context), context)
    ready = [resource.address for resource in made if resource.kind == bucket.BUCKET_POLICY]
    if options["trail"] is not None:
        made += _trail(options, ready, context)
    before: list[Address] = []
    if options["config"] is not None and options["config"]["recorder"] == "own":
        made += _recorder(options, ready, context)
        before = [resource.address for resource in made if resource.kind == RECORDER]
    elif options["rules"] and options["config"] is None:
        context.problem(
            "rules", "judge what Config records; give `config` too, {recorder: existing} if another does it"
        )
    return made + [_rule(label, rule, options, before, context) for label, rule in options["rules"].items()]


def _password_policy(rule: Options, context: Context) -> Resource:
    return context.resource(
        PASSWORD_POLICY,
        "account",
        {
            "MinimumPasswordLength": rule["length"],
            "RequireSymbols": rule["symbols"],
            "RequireNumbers": rule["numbers"],
            "RequireUppercaseCharacters": rule["upper_case"],
            "RequireLowercaseCharacters": rule["lower_case"],
            "AllowUsersToChangePassword": rule["users_may_change"],
            "MaxPasswordAge": rule["max_age_days"],
            "PasswordReusePrevention": rule["remember"],
        },
    )


# The bucket


def _below(prefix: str | None, account_part: str) -> str:
    return "/".join([*([prefix.strip("/")] if prefix else []), "AWSLogs", "${stack.account}", account_part])


def _statements(options: Options, context: Context) -> list[dict[str, Any]]:
    """What CloudTrail and Config demand of a bucket that they deliver to.

    https://docs.aws.amazon.com/awscloudtrail/latest/userguide/create-s3-bucket-policy-for-cloudtrail.html
    https://docs.aws.amazon.com/config/latest/developerguide/s3-bucket-policy.html
    """
    arn = "arn:${stack.partition}:s3:::" + bucket_name(options, context)
    found: list[dict[str, Any]] = []
    if options["trail"] is not None:
        source = "arn:${stack.partition}:cloudtrail:${stack.region}:${stack.account}:trail/" + trail_name(
            options, context
        )
        below = f"{arn}/{_below(options['trail']['prefix'], '*')}"
        found += _may_deliver("Trail", "cloudtrail", ["s3:GetBucketAcl"], arn, below, {"aws:SourceArn": source})
    if options["config"] is not None and options["config"]["recorder"] == "own":
        below = f"{arn}/{_below(options['config']['prefix'], 'Config/*')}"
        looks = ["s3:GetBucketAcl", "s3:ListBucket"]
        found += _may_deliver("Config", "config", looks, arn, below, {"aws:SourceAccount": "${stack.account}"})
    return found


def _may_deliver(
    sid: str, service: str, looks: list[str], arn: str, below: str, equals: dict[str, str]
) -> list[dict[str, Any]]:
    allowed = {"Effect": "Allow", "Principal": {"Service": f"{service}.amazonaws.com"}}
    owner = {"s3:x-amz-acl": "bucket-owner-full-control"}
    return [
        {**allowed, "Sid": f"{sid}Looks", "Action": looks, "Resource": arn, "Condition": {"StringEquals": equals}},
        {
            **allowed,
            "Sid": f"{sid}Delivers",
            "Action": "s3:PutObject",
            "Resource": below,
            "Condition": {"StringEquals": {**owner, **equals}},
        },
    ]


# The trail


def _log_group_name(options: Options, context: Context) -> str:
    return options["trail"]["log_group"] or f"/aws/cloudtrail/{trail_name(options, context)}"


def _trail(options: Options, ready: list[Address], context: Context) -> list[Resource]:
    rule = options["trail"]
    key = context.arn_of(options["key"], "key", "key")
    group = context.resource(
        LOG_GROUP,
        context.logical("trail"),
        {
            "LogGroupName": _log_group_name(options, context),
            "RetentionInDays": rule["log_retention_days"],
        },
        tags=options["tags"],
    )
    streams = context.arn("logs", f"log-group:{_log_group_name(options, context)}:log-stream:*")
    writer = role(
        context,
        "trail",
        trust(["cloudtrail.amazonaws.com"], condition=this_account()),
        [statement(["logs:CreateLogStream", "logs:PutLogEvents"], streams)],
        description=f"Writes the trail of {context.stack} to CloudWatch Logs",
        tags=options["tags"],
    )
    trail = context.resource(
        TRAIL,
        "trail",
        {
            "TrailName": trail_name(options, context),
            "S3BucketName": Ref(Address(bucket.BUCKET, BUCKET_NAME), "BucketName"),
            "S3KeyPrefix": rule["prefix"],
            "IncludeGlobalServiceEvents": True,
            "IsMultiRegionTrail": rule["multi_region"],
            "EnableLogFileValidation": rule["validation"],
            "KMSKeyId": key,
            "CloudWatchLogsLogGroupArn": group.ref("Arn"),
            "CloudWatchLogsRoleArn": writer.ref("Arn"),
            "EventSelectors": _object_events(rule["object_events"], context),
            "InsightSelectors": [{"InsightType": "ApiCallRateInsight"}, {"InsightType": "ApiErrorRateInsight"}]
            if rule["insights"]
            else None,
            "IsLogging": True,
        },
        tags=options["tags"],
        depends_on=ready,
    )
    return [group, writer, trail]


def _object_events(buckets: list[str], context: Context) -> list[dict[str, Any]] | None:
    """Besides what is done to the account, what is done to the objects of some buckets."""
    if not buckets:
        return None
    option = "trail.object_events"
    objects = [
        context.joined("{arn}/", arn=context.value(f"{entry.reference}.arn", option))
        for name in buckets
        if (entry := context.entry(name if name.startswith("bucket.") else f"bucket.{name}", option, ("bucket",)))
    ]
    resources = {"Type": "AWS::S3::Object", "Values": objects}
    return [{"ReadWriteType": "All", "IncludeManagementEvents": True, "DataResources": [resources]}]


# Config


def _recorder(options: Options, ready: list[Address], context: Context) -> list[Resource]:
    rule = options["config"]
    below = context.arn("s3", f"{bucket_name(options, context)}/*", region="", account=False)
    recorder_role = role(
        context,
        "config",
        trust(["config.amazonaws.com"], condition=this_account()),
        [statement(["s3:PutObject"], below)],
        managed=[context.managed_policy("service-role/AWS_ConfigRole")],
        description=f"Records the configuration of {context.stack}",
        tags=options["tags"],
    )
    recorder = context.resource(
        RECORDER,
        "config",
        {
            "Name": rule["name"],
            "RoleARN": recorder_role.ref("Arn"),
            "RecordingGroup": {
                "AllSupported": not rule["only"],
                "IncludeGlobalResourceTypes": rule["global_resources"] and not rule["only"],
                "ResourceTypes": rule["only"] or None,
            },
            "RecordingMode": {"RecordingFrequency": "DAILY" if rule["daily"] else "CONTINUOUS"},
        },
        tags=options["tags"],
    )
    channel = context.resource(
        CHANNEL,
        "config",
        {
            "Name": rule["name"],
            "S3BucketName": Ref(Address(bucket.BUCKET, BUCKET_NAME), "BucketName"),
            "S3KeyPrefix": rule["prefix"],
            "SnsTopicARN": context.arn_of(rule["notify"], "topic", "config.notify"),
            "ConfigSnapshotDeliveryProperties": {"DeliveryFrequency": FREQUENCIES[rule["snapshot_hours"]]},
        },
        depends_on=[recorder.address, *ready],
    )
    recording = context.resource(
        RECORDING, "config", {"RecorderName": recorder.ref("Name")}, depends_on=[channel.address]
    )
    return [recorder_role, recorder, channel, recording]


def _rule(name: str, rule: Options, options: Options, before: list[Address], context: Context) -> Resource:
    return context.resource(
        RULE,
        name,
        {
            "ConfigRuleName": rule["name"] or context.name(name),
            "Description": rule["description"],
            "Source": {"Owner": "AWS", "SourceIdentifier": rule["identifier"]},
            "Scope": {"ComplianceResourceTypes": rule["resource_types"]} if rule["resource_types"] else None,
            "InputParameters": rule["parameters"] or None,
            "MaximumExecutionFrequency": FREQUENCIES[rule["every_hours"]] if rule["every_hours"] else None,
        },
        tags=options["tags"],
        depends_on=before,
    )


TIER = Tier(
    section="audit",
    reference="audit",
    spec=SPEC,
    compile=compile,
    exports=exports,
    single=True,
    kinds=(TRAIL, RECORDER, CHANNEL, RECORDING, RULE, PASSWORD_POLICY),
)
