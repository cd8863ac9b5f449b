# Copyright (c) stackwright.aws contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
from __future__ import annotations

import ipaddress
from typing import TYPE_CHECKING, Any

from moto.elbv2.models import ELBv2Backend, FakeTargetGroup, elbv2_backends
from moto.elbv2.responses import ELBV2Response

from twin.patch import Parameters, around, before, existing, notes
from twin.refusal import refuse

if TYPE_CHECKING:
    from twin.world import World

# https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_TargetGroupAttribute.html
_HTTP_ATTRIBUTES = {
    "load_balancing.algorithm.anomaly_mitigation": "off",
    "stickiness.app_cookie.cookie_name": "",
    "stickiness.app_cookie.duration_seconds": "86400",
    "stickiness.lb_cookie.duration_seconds": "86400",
    "target_group_health.dns_failover.minimum_healthy_targets.count": "1",
    "target_group_health.dns_failover.minimum_healthy_targets.percentage": "off",
    "target_group_health.unhealthy_state_routing.minimum_healthy_targets.count": "1",
    "target_group_health.unhealthy_state_routing.minimum_healthy_targets.percentage": "off",
}


def install(world: World) -> None:
    @around(ELBv2Backend, "create_target_group")
    def create(original: Any, self: Any, name: str, **wanted: Any) -> Any:
        settings = {k: v for k, v in wanted.items() if k != "tags"}
        for group in self.target_groups.values():
            if group.name == name:
                if notes(group, "settings") == settings:
                    return group
                refuse(
                    "DuplicateTargetGroupName",
                    f"A target group with the same name '{name}' exists, but with different settings",
                )
        group = original(self, name, **wanted)
        notes(group, "settings").update(settings)
        group.attributes.pop("waf.fail_open.enabled", None)
        if group.protocol in ("HTTP", "HTTPS"):
            group.attributes |= _HTTP_ATTRIBUTES
        return group

    def load_balancer_arns(self: Any) -> list[str]:
        """Derived, so that it follows every change of a listener or a rule."""
        backend = existing(elbv2_backends, self.account_id, self.region_name)
        return [
            balancer.arn
            for balancer in (backend.load_balancers.values() if backend else [])
            if any(
                self.arn in backend._get_target_group_arns_from(action.data)
                for listener in balancer.listeners.values()
                for rule in listener.rules.values()
                for action in rule.actions
            )
        ]

    FakeTargetGroup.load_balancer_arns = property(  # type: ignore[assignment]
        load_balancer_arns, lambda self, value: None
    )

    @before(ELBV2Response, "RegisterTargets")
    def targets_exist(response: Any, asked: Parameters) -> None:
        backend = response.elbv2_backend
        group = backend.target_groups.get(asked["TargetGroupArn"])
        if group is None:
            refuse("TargetGroupNotFound", f"One or more target groups not found: '{asked['TargetGroupArn']}'")
        for target in asked["Targets"]:
            _check_target(backend, group, target["Id"])

    @around(FakeTargetGroup, "register")
    def register(original: Any, self: Any, targets: list[dict[str, Any]]) -> None:
        since = notes(self, "registered")
        for target in targets:
            if target["Id"] not in self.targets:
                since[target["Id"]] = world.now()
        original(self, targets)

    @around(FakeTargetGroup, "health_for")
    def health(original: Any, self: Any, target: dict[str, Any], ec2_backend: Any) -> Any:
        status = original(self, target, ec2_backend)
        if status.status != "healthy":
            return status
        if not self.load_balancer_arns:
            status.status, status.reason = "unused", "Target.NotInUse"
            status.description = "Target group is not configured to receive traffic from the load balancer"
        elif world.now() < notes(self, "registered").get(target["Id"], 0) + world.delay("elbv2.target_health"):
            status.status, status.reason = "initial", "Elb.RegistrationInProgress"
            status.description = "Target registration is in progress"
        return status

    @around(ELBv2Backend, "delete_target_group")
    def delete(original: Any, self: Any, target_group_arn: str) -> Any:
        group = original(self, target_group_arn)
        self.tagging_service.delete_all_tags_for_resource(target_group_arn)
        return group

    @before(ELBV2Response, "DescribeTags")
    def twenty_at_most(response: Any, asked: Parameters) -> None:
        if len(asked["ResourceArns"]) > 20:
            refuse("ValidationError", "Cannot have more than 20 resources described")


def _check_target(backend: Any, group: Any, target: str) -> None:
    if group.target_type == "instance":
        if backend.ec2_backend.get_instance_by_id(target) is None:
            refuse(
                "InvalidTarget",
                f"The following targets are not in a running state and cannot be registered: '{target}'",
            )
    elif group.target_type == "ip":
        try:
            ipaddress.ip_address(target)
        except ValueError:
            refuse("ValidationError", f"The provided target ID '{target}' is not a valid IPv4 or IPv6 address")
