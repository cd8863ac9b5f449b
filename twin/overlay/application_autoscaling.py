# Copyright (c) stackwright.aws contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Application Auto Scaling: targets, policies and the alarms that target tracking keeps in CloudWatch."""

from __future__ import annotations

import uuid
from dataclasses import dataclass, field
from typing import Any, NoReturn

from moto.applicationautoscaling.models import ApplicationAutoscalingBackend, _target_params_are_valid
from moto.applicationautoscaling.responses import ApplicationAutoScalingResponse as Response
from moto.cloudwatch.models import cloudwatch_backends
from moto.core.utils import utcnow

from twin.overlay._lifecycle import Record, page
from twin.overlay.cloudwatch import alarms
from twin.patch import Parameters, notes, operation
from twin.refusal import refuse
from twin.world import World

Answer = dict[str, Any]
Key = tuple[str, str, str]

# PredefinedMetricType -> namespace, metric, statistic: what the alarms of ECS services and tables watch.
_PREDEFINED = {
    "ECSServiceAverageCPUUtilization": ("AWS/ECS", "CPUUtilization", "Average"),
    "ECSServiceAverageMemoryUtilization": ("AWS/ECS", "MemoryUtilization", "Average"),
    "ALBRequestCountPerTarget": ("AWS/ApplicationELB", "RequestCountPerTarget", "Sum"),
    "DynamoDBReadCapacityUtilization": ("AWS/DynamoDB", "ConsumedReadCapacityUnits", "Sum"),
    "DynamoDBWriteCapacityUtilization": ("AWS/DynamoDB", "ConsumedWriteCapacityUnits", "Sum"),
    "LambdaProvisionedConcurrencyUtilization": ("AWS/Lambda", "ProvisionedConcurrencyUtilization", "Average"),
}


@dataclass
class Store:
    targets: dict[Key, Record] = field(default_factory=dict)
    policies: dict[tuple[Key, str], Record] = field(default_factory=dict)
    tags: dict[str, dict[str, str]] = field(default_factory=dict)


def _store(response: Response) -> Store:
    found: Store = notes(response.applicationautoscaling_backend, "store", Store)
    return found


def _invalid(message: str) -> NoReturn:
    refuse("ValidationException", message)


def _key(p: Parameters) -> Key:
    return p["ServiceNamespace"], p["ResourceId"], p["ScalableDimension"]


def _words(key: Key) -> str:
    return f"service namespace: {key[0]}, resource ID: {key[1]}, scalable dimension: {key[2]}"


def _page(items: list[Any], p: Parameters, key: str) -> Answer:
    found, token = page(
        items,
        p.get("NextToken"),
        p.get("MaxResults"),
        50,
        lambda: refuse("InvalidNextTokenException", "The next token supplied is invalid."),
    )
    return {key: found, **({"NextToken": token} if token else {})}


def _targets() -> None:
    @operation(Response, "RegisterScalableTarget")
    def register(response: Response, p: Parameters) -> Answer:
        backend: ApplicationAutoscalingBackend = response.applicationautoscaling_backend
        key, here = _key(p), _store(response)
        _target_params_are_valid(*key)
        if key[0] == "ecs":
            backend._ecs_service_exists_for_target(key[1])
        old = here.targets.get(key)
        least = p.get("MinCapacity", old["MinCapacity"] if old else None)
        most = p.get("MaxCapacity", old["MaxCapacity"] if old else None)
        if least is None or most is None:
            _invalid("Both MinCapacity and MaxCapacity must be specified when registering a new scalable target.")
        if least > most:
            _invalid("Maximum capacity cannot be less than minimum capacity")
        if least < 0:
            _invalid("Minimum capacity cannot be less than 0")
        suspended = {
            "DynamicScalingInSuspended": False,
            "DynamicScalingOutSuspended": False,
            "ScheduledScalingSuspended": False,
            **(old["SuspendedState"] if old else {}),
            **p.get("SuspendedState", {}),
        }
        target = old or Record(
            ServiceNamespace=key[0],
            ResourceId=key[1],
            ScalableDimension=key[2],
            CreationTime=utcnow(),
            ScalableTargetARN=f"arn:{response.partition}:application-autoscaling:{response.region}"
            f":{response.current_account}:scalable-target/{uuid.uuid4().hex[:20]}",
            RoleARN=f"arn:{response.partition}:iam::{response.current_account}:role/aws-service-role"
            f"/{key[0]}.application-autoscaling.amazonaws.com/AWSServiceRoleForApplicationAutoScaling_{key[0]}",
        )
        target.update(MinCapacity=least, MaxCapacity=most, SuspendedState=suspended)
        here.targets[key] = target
        arn = target["ScalableTargetARN"]
        if old is None:
            here.tags[arn] = dict(p.get("Tags") or {})
        elif p.get("Tags"):
            _invalid("Tags can only be specified when a scalable target is registered. Use TagResource instead.")
        return {"ScalableTargetARN": arn}

    @operation(Response, "DescribeScalableTargets")
    def describe(response: Response, p: Parameters) -> Answer:
        found = [
            target
            for key, target in _store(response).targets.items()
            if key[0] == p["ServiceNamespace"]
            and (not p.get("ResourceIds") or key[1] in p["ResourceIds"])
            and p.get("ScalableDimension") in (None, key[2])
        ]
        return _page(found, p, "ScalableTargets")

    @operation(Response, "DeregisterScalableTarget")
    def deregister(response: Response, p: Parameters) -> None:
        key, here = _key(p), _store(response)
        if key not in here.targets:
            refuse("ObjectNotFoundException", f"No scalable target found for {_words(key)}")
        for policy_key in [k for k in here.policies if k[0] == key]:
            _drop_alarms(response, here.policies.pop(policy_key))
        backend = response.applicationautoscaling_backend
        backend.scheduled_actions = [
            action
            for action in backend.scheduled_actions
            if (action.service_namespace, action.resource_id, action.scalable_dimension) != key
        ]
        here.tags.pop(here.targets.pop(key)["ScalableTargetARN"], None)


def _dimensions(key: Key, kind: str, label: str | None) -> list[dict[str, str]]:
    parts = key[1].split("/")
    if kind == "ALBRequestCountPerTarget":
        balancer, _, group = (label or "").partition("/targetgroup/")
        return [
            {"Name": "TargetGroup", "Value": f"targetgroup/{group}"},
            {"Name": "LoadBalancer", "Value": balancer},
        ]
    if key[0] == "ecs":
        return [{"Name": "ClusterName", "Value": parts[1]}, {"Name": "ServiceName", "Value": parts[2]}]
    if key[0] == "dynamodb":
        return [{"Name": "TableName", "Value": parts[1]}]
    return [{"Name": "Resource", "Value": key[1]}]


def _queries(metrics: list[Answer]) -> list[Answer]:
    """The metric math of a customized metric as an alarm has it: by the minute."""
    return [
        {**item, "MetricStat": {"Period": 60, **item["MetricStat"]}} if item.get("MetricStat") else dict(item)
        for item in metrics
    ]


def _watched(key: Key, configuration: Answer) -> Answer:
    """What the policy's alarms watch, by PutMetricAlarm's names."""
    predefined = configuration.get("PredefinedMetricSpecification")
    custom = configuration.get("CustomizedMetricSpecification")
    if bool(predefined) == bool(custom):
        _invalid("Only one of PredefinedMetricSpecification and CustomizedMetricSpecification must be specified.")
    if predefined:
        kind = predefined["PredefinedMetricType"]
        if kind not in _PREDEFINED:
            _invalid(f"Predefined metric type {kind} is not supported for {_words(key)}")
        namespace, metric, statistic = _PREDEFINED[kind]
        return {
            "Namespace": namespace,
            "MetricName": metric,
            "Statistic": statistic,
            "Dimensions": _dimensions(key, kind, predefined.get("ResourceLabel")),
            "Period": 60,
        }
    assert custom is not None
    if custom.get("Metrics"):
        return {"Metrics": _queries(custom["Metrics"])}
    members = ("Namespace", "MetricName", "Statistic", "Dimensions", "Unit")
    return {**{name: custom[name] for name in members if name in custom}, "Period": 60}


def _put_alarms(response: Response, key: Key, policy: Record) -> None:
    """AlarmHigh at the target for three minutes, AlarmLow at nine tenths of it for fifteen."""
    configuration = policy["TargetTrackingScalingPolicyConfiguration"]
    backend = cloudwatch_backends[response.current_account][response.region]
    watched, target = _watched(key, configuration), float(configuration["TargetValue"])
    wanted = {"AlarmHigh": ("GreaterThanThreshold", 3, target)}
    if not configuration.get("DisableScaleIn"):
        wanted["AlarmLow"] = ("LessThanThreshold", 15, target * 0.9)
    names = {
        word: alarm["AlarmName"] for word in wanted for alarm in policy["Alarms"] if f"-{word}-" in alarm["AlarmName"]
    }
    _drop_alarms(response, policy)
    for word, (comparison, periods, threshold) in wanted.items():
        alarm = alarms.put(
            backend,
            names.get(word) or f"TargetTracking-{key[1]}-{word}-{uuid.uuid4()}",
            {
                **watched,
                "ComparisonOperator": comparison,
                "EvaluationPeriods": periods,
                "Threshold": round(threshold, 4),
                "AlarmDescription": f"DO NOT EDIT OR DELETE. For TargetTrackingScaling policy {policy['PolicyARN']}.",
                "AlarmActions": [f"{policy['PolicyARN']}:createdBy/{uuid.uuid4()}"],
            },
            enabled=True,
        )
        policy["Alarms"].append({"AlarmName": alarm.name, "AlarmARN": alarm.alarm_arn})


def _drop_alarms(response: Response, policy: Record) -> None:
    names = [alarm["AlarmName"] for alarm in policy["Alarms"]]
    cloudwatch_backends[response.current_account][response.region].delete_alarms(names)
    policy["Alarms"] = []


def _policies() -> None:
    @operation(Response, "PutScalingPolicy")
    def put(response: Response, p: Parameters) -> Answer:
        key, here, name = _key(p), _store(response), p["PolicyName"]
        if key not in here.targets:
            refuse("ObjectNotFoundException", f"No scalable target registered for {_words(key)}")
        old = here.policies.get((key, name))
        kind = p.get("PolicyType") or (old["PolicyType"] if old else "StepScaling")
        member = f"{kind}PolicyConfiguration"
        configuration = p.get(member) or (old.get(member) if old else None)
        if configuration is None:
            _invalid(f"{member} must be specified for policy type {kind}")
        if old is not None and kind != old["PolicyType"]:
            _invalid("The policy type of an existing policy cannot be changed.")
        policy = old or Record(
            PolicyName=name,
            ServiceNamespace=key[0],
            ResourceId=key[1],
            ScalableDimension=key[2],
            PolicyType=kind,
            CreationTime=utcnow(),
            Alarms=[],
            PolicyARN=f"arn:{response.partition}:autoscaling:{response.region}:{response.current_account}"
            f":scalingPolicy:{uuid.uuid4()}:resource/{key[0]}/{key[1]}:policyName/{name}",
        )
        if kind == "TargetTrackingScaling":
            _watched(key, configuration)  # refuses before anything is changed
        policy[member] = configuration
        here.policies[key, name] = policy
        if kind == "TargetTrackingScaling":
            _put_alarms(response, key, policy)
        return {"PolicyARN": policy["PolicyARN"], "Alarms": policy["Alarms"]}

    @operation(Response, "DescribeScalingPolicies")
    def describe(response: Response, p: Parameters) -> Answer:
        found = [
            policy
            for (key, name), policy in _store(response).policies.items()
            if key[0] == p["ServiceNamespace"]
            and p.get("ResourceId") in (None, key[1])
            and p.get("ScalableDimension") in (None, key[2])
            and (not p.get("PolicyNames") or name in p["PolicyNames"])
        ]
        return _page(found, p, "ScalingPolicies")

    @operation(Response, "DeleteScalingPolicy")
    def delete(response: Response, p: Parameters) -> None:
        key, here = _key(p), _store(response)
        policy = here.policies.pop((key, p["PolicyName"]), None)
        if policy is None:
            refuse(
                "ObjectNotFoundException",
                f"No scaling policy found for {_words(key)}, policy name: {p['PolicyName']}",
            )
        _drop_alarms(response, policy)


def _tags() -> None:
    def tags_of(response: Response, arn: str) -> dict[str, str]:
        tags = _store(response).tags.get(arn)
        if tags is None:
            refuse("ResourceNotFoundException", f"The resource {arn} doesn't exist.", ResourceName=arn)
        return tags

    @operation(Response, "ListTagsForResource")
    def list_tags(response: Response, p: Parameters) -> Answer:
        return {"Tags": tags_of(response, p["ResourceARN"])}

    @operation(Response, "TagResource")
    def tag(response: Response, p: Parameters) -> Answer:
        tags_of(response, p["ResourceARN"]).update(p["Tags"])
        return {}

    @operation(Response, "UntagResource")
    def untag(response: Response, p: Parameters) -> Answer:
        tags = tags_of(response, p["ResourceARN"])
        for name in p["TagKeys"]:
            tags.pop(name, None)
        return {}


def install(world: World) -> None:
    _targets()
    _policies()
    _tags()
