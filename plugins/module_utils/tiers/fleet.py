# Copyright (c) stackwright.aws contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The `fleets` section: EC2 instances in an Auto Scaling group, with their launch template, role and scaling."""

from __future__ import annotations

from typing import Any

from ..engine.document import Resource
from ..engine.values import Address, Ref
from . import formats
from .base import TAGS, Connection, Context, Export, Options, Tier
from .connections import ANYWHERE, called, let_in
from .fleet_scaling import SCALING_OPTIONS, bound_word, is_scaled, policy_address, scaling
from .fleet_template import LAUNCH_TEMPLATE, instance_profile, instance_role, launch_template
from .permissions import MAY, ROLE, STATEMENTS, shortened
from .secret_use import SecretUse, distinct, secret_use
from .target_groups import TARGET_GROUP, TARGET_GROUP_OPTION, Routed, exported, routed_by, target_groups

GROUP = "AWS::AutoScaling::AutoScalingGroup"
LOG_GROUP = "AWS::Logs::LogGroup"

SPEC: dict[str, Any] = {
    "name": {"type": "str"},
    "launch_template_name": {"type": "str"},
    "image": {"type": "str", "format": formats.IMAGE},
    "architecture": {"type": "str", "choices": ["x86_64", "arm64"], "default": "x86_64"},
    "instance_type": {"type": "str", "required": True, "format": formats.INSTANCE_TYPE},
    "spot": {
        "type": "dict",
        "options": {
            "instance_types": {"type": "list", "elements": "str", "default": [], "format": formats.INSTANCE_TYPE},
            "on_demand_base": {"type": "int", "default": 0, "format": formats.at_least(0)},
            "on_demand_percent": {"type": "int", "default": 0, "format": formats.PERCENT},
            "strategy": {
                "type": "str",
                "choices": ["price-capacity-optimized", "capacity-optimized", "lowest-price"],
                "default": "price-capacity-optimized",
            },
        },
    },
    "volume": {
        "type": "dict",
        "apply_defaults": True,
        "options": {
            "device": {"type": "str", "default": "/dev/xvda", "format": formats.DEVICE},
            "size_gib": {"type": "int", "default": 20, "format": formats.between(1, 65536)},
            "type": {"type": "str", "choices": ["gp3", "gp2", "io2"], "default": "gp3"},
            "key": {"type": "str", "no_log": False},
        },
    },
    "user_data": {"type": "str"},
    "agents": {"type": "list", "elements": "str", "choices": ["cloudwatch", "codedeploy"], "default": []},
    "detailed_monitoring": {"type": "bool", "default": True},
    "log_files": {"type": "list", "elements": "str", "default": []},
    "log_group": {"type": "str"},
    "log_retention_days": {"type": "int", "default": 30, "format": formats.LOG_RETENTION},
    "tracing": {"type": "bool", "default": False},
    "port": {"type": "int", "format": formats.PORT},
    "health_check": {"type": "str", "default": "/health", "format": formats.URL_PATH},
    "target_group": TARGET_GROUP_OPTION,
    "grace_seconds": {"type": "int", "default": 300, "format": formats.at_least(0)},
    "health_check_type": {"type": "str", "choices": ["ec2", "elb"]},
    **SCALING_OPTIONS,
    "maintenance": {
        "type": "dict",
        "apply_defaults": True,
        "options": {
            "minimum_healthy_percent": {"type": "int", "default": 100, "format": formats.PERCENT},
            "maximum_healthy_percent": {"type": "int", "default": 200, "format": formats.between(100, 200)},
        },
    },
    "termination_policies": {
        "type": "list",
        "elements": "str",
        "default": ["OldestLaunchTemplate", "Default"],
        "format": formats.TERMINATION,
    },
    "max_instance_lifetime_days": {"type": "int", "format": formats.at_least(0)},
    "lifecycle_hooks": {
        "type": "map",
        "default": {},
        "options": {
            "on": {"type": "str", "choices": ["launch", "terminate"], "required": True},
            "timeout_seconds": {"type": "int", "default": 300, "format": formats.between(30, 7200)},
            "default_result": {"type": "str", "choices": ["continue", "abandon"], "default": "continue"},
            "metadata": {"type": "str"},
        },
    },
    "connects_to": {"type": "list", "elements": "str", "default": []},
    "allow_from": {"type": "list", "elements": "str", "default": []},
    "may": MAY,
    "statements": STATEMENTS,
    "secrets": {"type": "list", "elements": "str", "default": [], "no_log": False},
    "subnet_ids": {"type": "list", "elements": "str", "default": [], "format": formats.SUBNET},
    "security_group_name": {"type": "str"},
    "tags": TAGS,
}


def fleet_name(name: str, options: Options, context: Context) -> str:
    """The group's name in AWS: `{system}-{env}-{entry}` unless stated."""
    return str(options["name"] or context.name(name))


def exports(name: str, options: Options, context: Context) -> Export:
    address = Address(GROUP, name)
    return Export(
        address=address,
        values={
            "arn": Ref(address, "AutoScalingGroupARN"),
            "name": fleet_name(name, options, context),
            "launch_template_id": Ref(Address(LAUNCH_TEMPLATE, name), "LaunchTemplateId"),
            "role_arn": Ref(Address(ROLE, context.logical("instance")), "Arn"),
            **({"log_group": log_group_name(name, options, context)} if options["log_files"] else {}),
            **exported(name, options, context),
            **{step: Ref(policy_address(name, step), "Arn") for step in options["scaling_steps"]},
        },
        default="name",
        security_group=context.own_security_group(),
        port=options["port"],
    )


def log_group_name(name: str, options: Options, context: Context) -> str:
    """The log group's name: `/ec2/{group}` unless stated."""
    return str(options["log_group"] or f"/ec2/{fleet_name(name, options, context)}")


def connections(_name: str, options: Options, context: Context) -> list[Connection]:
    """Whom it calls, and AWS's own endpoints, by which Systems Manager reaches it too: no port is open for shells."""
    return [*called(options, context), *let_in(options, context)]


def compile(name: str, options: Options, context: Context) -> list[Resource]:
    routed = routed_by(context)
    if routed and not options["port"]:
        context.problem(
            "port", f"is not set, but {routed[0].balancer.reference} routes to it; set the port it listens on"
        )
        return []
    title = fleet_name(name, options, context)
    found = [secret_use(reference, f"secrets[{i}]", context) for i, reference in enumerate(options["secrets"])]
    uses = distinct(use for use in found if use is not None)
    if options["log_files"] and "cloudwatch" not in options["agents"]:
        context.problem("log_files", "are read by the agent of CloudWatch; add cloudwatch to `agents`")
        return []
    log_group = log_group_name(name, options, context) if options["log_files"] else ""
    made = [
        context.security_group(f"Fleet {title}", name=options["security_group_name"]),
        instance_role(name, options, uses, log_group, context),
        instance_profile(options, context),
        launch_template(name, title, options, log_group, context),
    ]
    if log_group:
        retention = options["log_retention_days"]
        rule = {"LogGroupName": log_group, "RetentionInDays": retention}
        made.append(context.resource(LOG_GROUP, context.logical(), rule, tags=options["tags"]))
    made += target_groups(routed, shortened(f"{title}-tg", 32), "instance", options, context)
    made.append(_group(name, title, options, routed, uses, context))
    made += scaling(name, title, options, routed, context)
    return [*made, *_hooks(name, options, context)]


def _group(
    name: str, title: str, options: Options, routed: list[Routed], uses: list[SecretUse], context: Context
) -> Resource:
    instances = options["instances"]
    least = instances["desired"] if instances["min"] is None else instances["min"]
    most = instances["desired"] if instances["max"] is None else instances["max"]
    maintenance = options["maintenance"]
    days = options["max_instance_lifetime_days"]
    return context.resource(
        GROUP,
        name,
        {
            "AutoScalingGroupName": title,
            bound_word(options, "min"): str(least),
            bound_word(options, "max"): str(most),
            # Scaling owns the number once the group exists.
            ("InitialDesiredCapacity" if is_scaled(options) else "DesiredCapacity"): str(instances["desired"]),
            **_launched_by(name, options),
            "VPCZoneIdentifier": options["subnet_ids"] or context.subnet_ids("private", "subnet_ids"),
            # Stated even when empty: a fleet that is no longer routed to leaves its target group.
            "TargetGroupARNs": [Ref(one.address, "TargetGroupArn") for one in routed],
            "HealthCheckType": _health_check_type(options, routed, context),
            "HealthCheckGracePeriod": options["grace_seconds"],
            "DefaultInstanceWarmup": instances["warmup_seconds"],
            "InstanceMaintenancePolicy": {
                "MinHealthyPercentage": maintenance["minimum_healthy_percent"],
                "MaxHealthyPercentage": maintenance["maximum_healthy_percent"],
            },
            "TerminationPolicies": options["termination_policies"],
            "CapacityRebalance": bool(options["spot"]),
            "MaxInstanceLifetime": days * 86400 if days else None,
            "MetricsCollection": [{"Granularity": "1Minute"}],
        },
        # The instances carry the tags too.
        tags={"Name": title, **options["tags"]},
        depends_on=_needed_at_boot(routed, uses, bool(options["log_files"]), context),
    )


def _health_check_type(options: Options, routed: list[Routed], context: Context) -> str:
    stated = options["health_check_type"]
    if stated == "elb" and not routed:
        context.problem(
            "health_check_type", "elb, but no load balancer routes to the fleet; leave it out or route to it"
        )
    if stated:
        return str(stated).upper()
    # What CodeDeploy deploys to serves nothing before its first deployment.
    return "ELB" if routed and "codedeploy" not in options["agents"] else "EC2"


def _launched_by(name: str, options: Options) -> dict[str, Any]:
    """The launch template in its default version, alone or mixed with spot instances."""
    template = Address(LAUNCH_TEMPLATE, name)
    version = {
        "LaunchTemplateId": Ref(template, "LaunchTemplateId"),
        "Version": Ref(template, "DefaultVersionNumber"),
    }
    spot = options["spot"]
    if not spot:
        return {"LaunchTemplate": version}
    types = list(dict.fromkeys([options["instance_type"], *spot["instance_types"]]))
    return {
        "MixedInstancesPolicy": {
            "LaunchTemplate": {
                "LaunchTemplateSpecification": version,
                "Overrides": [{"InstanceType": kind} for kind in types],
            },
            "InstancesDistribution": {
                "OnDemandBaseCapacity": spot["on_demand_base"],
                "OnDemandPercentageAboveBaseCapacity": spot["on_demand_percent"],
                "SpotAllocationStrategy": spot["strategy"],
            },
        }
    }


def _needed_at_boot(routed: list[Routed], uses: list[SecretUse], logged: bool, context: Context) -> list[Address]:
    """What user data relies on, as it runs once: a way out, secrets, the log; and a listener to be judged by."""
    found = [one.balancer.export.values["listener_arn"].address for one in routed]
    found += [address for entry in context.catalog.entries("network") for address in entry.export.ready]
    found += [address for use in uses for address in use.ready]
    found += [Address(LOG_GROUP, context.logical())] if logged else []
    found.append(Address("AWS::EC2::SecurityGroupEgress", f"{context.reference}/443 to {ANYWHERE}"))
    return list(dict.fromkeys(found))


def _hooks(name: str, options: Options, context: Context) -> list[Resource]:
    transitions = {"launch": "LAUNCHING", "terminate": "TERMINATING"}
    return [
        context.resource(
            "AWS::AutoScaling::LifecycleHook",
            f"{name}/{label}",
            {
                "AutoScalingGroupName": Ref(Address(GROUP, name), "Name"),
                "LifecycleHookName": label,
                "LifecycleTransition": f"autoscaling:EC2_INSTANCE_{transitions[hook['on']]}",
                "HeartbeatTimeout": hook["timeout_seconds"],
                "DefaultResult": hook["default_result"].upper(),
                "NotificationMetadata": hook["metadata"],
            },
        )
        for label, hook in options["lifecycle_hooks"].items()
    ]


TIER = Tier(
    section="fleets",
    reference="fleet",
    spec=SPEC,
    compile=compile,
    exports=exports,
    connections=connections,
    kinds=(
        TARGET_GROUP,
        "AWS::AutoScaling::ScalingPolicy",
        "AWS::AutoScaling::ScheduledAction",
        "AWS::AutoScaling::LifecycleHook",
    ),
    in_network=True,
)
