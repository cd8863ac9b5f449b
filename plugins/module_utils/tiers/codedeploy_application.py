# Copyright (c) stackwright.aws contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The `codedeploy_applications` section: CodeDeploy applications and the fleets that they are deployed to."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..engine.document import Resource
from ..engine.values import Address, Ref
from .alarms import ALARM
from .base import TAGS, Context, Export, Options, Tier
from .catalog import close
from .permissions import role, this_account, trust
from .target_groups import routed_to

APPLICATION = "AWS::CodeDeploy::Application"
DEPLOYMENT_GROUP = "AWS::CodeDeploy::DeploymentGroup"
GROUP = "AWS::AutoScaling::AutoScalingGroup"

_EVENTS = {
    "failure": "DEPLOYMENT_FAILURE",
    "alarm": "DEPLOYMENT_STOP_ON_ALARM",
    "stop": "DEPLOYMENT_STOP_ON_REQUEST",
}

SPEC: dict[str, Any] = {
    "name": {"type": "str"},
    "groups": {
        "type": "map",
        "default": {},
        "options": {
            "name": {"type": "str"},
            "fleets": {"type": "list", "elements": "str", "required": True},
            "configuration": {"type": "str", "default": "CodeDeployDefault.OneAtATime"},
            "roll_back_on": {
                "type": "list",
                "elements": "str",
                "choices": list(_EVENTS),
                "default": ["failure", "alarm"],
            },
            "alarms": {"type": "list", "elements": "str", "default": []},
            "notify": {"type": "str"},
        },
    },
    "tags": TAGS,
}


def application_name(name: str, options: Options) -> str:
    """The application's name: the entry's unless stated."""
    return options["name"] or name


def group_name(name: str, label: str, options: Options, context: Context) -> str:
    """A deployment group's name: `{application}-{env}` of the group `main`, else `{application}-{env}-{group}`."""
    stem = f"{application_name(name, options)}-{context.env}"
    return str(options["groups"][label]["name"] or (stem if label == "main" else f"{stem}-{label}"))


def exports(name: str, options: Options, context: Context) -> Export:
    address = Address(APPLICATION, name)
    groups = {f"{label}_group": group_name(name, label, options, context) for label in options["groups"]}
    return Export(address=address, values={"name": application_name(name, options), **groups}, default="name")


def compile(name: str, options: Options, context: Context) -> list[Resource]:
    application = context.resource(
        APPLICATION,
        name,
        {"ApplicationName": application_name(name, options), "ComputePlatform": "Server"},
        tags=options["tags"],
    )
    if not options["groups"]:
        return [application]
    service_role = role(
        context,
        "deploy",
        trust(["codedeploy.amazonaws.com"], condition=this_account()),
        managed=[context.managed_policy("service-role/AWSCodeDeployRole")],
        description=f"Lets CodeDeploy deploy {application_name(name, options)}",
        tags=options["tags"],
    )
    made = [application, service_role]
    for label, group in options["groups"].items():
        properties = {
            "ApplicationName": application.ref("ApplicationName"),
            "DeploymentGroupName": group_name(name, label, options, context),
            "ServiceRoleArn": service_role.ref("Arn"),
            **_group(label, group, context),
        }
        made.append(context.resource(DEPLOYMENT_GROUP, f"{name}/{label}", properties, tags=options["tags"]))
    return made


def _group(label: str, group: Mapping[str, Any], context: Context) -> dict[str, Any]:
    option = f"groups.{label}"
    fleets = [context.entry(fleet, f"{option}.fleets", ("fleet",)) for fleet in group["fleets"]]
    known = [entry for entry in fleets if entry is not None]
    routed = [one for entry in known for one in routed_to(entry.reference, context)]
    alarms = [_alarm(alarm, f"{option}.alarms", context) for alarm in group["alarms"]]
    events = [_EVENTS[word] for word in group["roll_back_on"]]
    topic = context.arn_of(group["notify"], "topic", f"{option}.notify")
    return {
        "AutoScalingGroups": [Ref(Address(GROUP, entry.name), "Name") for entry in known],
        "DeploymentConfigName": group["configuration"],
        "DeploymentStyle": {
            "DeploymentType": "IN_PLACE",
            # An instance gets no requests while it is changed.
            "DeploymentOption": "WITH_TRAFFIC_CONTROL" if routed else "WITHOUT_TRAFFIC_CONTROL",
        },
        "LoadBalancerInfo": {"TargetGroupInfoList": [{"Name": Ref(one.address, "TargetGroupName")} for one in routed]}
        if routed
        else None,
        "AutoRollbackConfiguration": {"Enabled": bool(events), "Events": events},
        "AlarmConfiguration": {"Enabled": bool(alarms), "Alarms": [{"Name": alarm} for alarm in alarms]},
        "TriggerConfigurations": [
            {
                "TriggerName": "notify",
                "TriggerTargetArn": topic,
                "TriggerEvents": ["DeploymentStart", "DeploymentSuccess", "DeploymentFailure", "DeploymentRollback"],
            }
        ]
        if topic
        else None,
    }


def _alarm(name: str, option: str, context: Context) -> Any:
    alarms: Mapping[str, Any] = (context.described.get("monitoring") or {}).get("alarms") or {}
    if name not in alarms:
        context.problem(option, f"{name!r} is no entry of `monitoring.alarms`{close(name, alarms)}")
        return name
    return Ref(Address(ALARM, name), "AlarmName")


TIER = Tier(
    section="codedeploy_applications",
    reference="codedeploy_application",
    spec=SPEC,
    compile=compile,
    exports=exports,
    kinds=(DEPLOYMENT_GROUP,),
)
