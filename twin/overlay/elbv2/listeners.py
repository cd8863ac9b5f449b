# Copyright (c) stackwright.aws contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
from __future__ import annotations

from typing import TYPE_CHECKING, Any

from moto.core.responses import ActionResult
from moto.elbv2.models import ELBv2Backend, FakeListener
from moto.elbv2.responses import ELBV2Response
from moto.elbv2.ssl_policies import SSL_POLICIES

from twin.overlay.elbv2.actions import both, filled
from twin.overlay.elbv2.certificates import ENCRYPTED, check_certificates, find_listener, further
from twin.patch import Parameters, around, before, parameters
from twin.refusal import refuse

if TYPE_CHECKING:
    from twin.world import World

_DEFAULT_POLICY = "ELBSecurityPolicy-2016-08"


def install(world: World) -> None:
    @before(ELBV2Response, "CreateListener")
    def check(response: Any, asked: Parameters) -> None:
        backend = response.elbv2_backend
        balancer = backend.load_balancers.get(asked["LoadBalancerArn"])
        if balancer is None:
            refuse("LoadBalancerNotFound", f"One or more load balancers not found: '{asked['LoadBalancerArn']}'")
        _check_tls(backend, asked)
        _check_groups(backend, balancer, asked.get("DefaultActions") or [])

    @around(ELBV2Response, "create_listener")
    def create(original: Any, self: Any) -> Any:
        asked = parameters(self, "CreateListener")
        balancer = self.elbv2_backend.load_balancers.get(asked["LoadBalancerArn"])
        for listener in balancer.listeners.values() if balancer else []:
            if listener.port == asked.get("Port"):
                if _settings(listener) == _wanted(asked):
                    return ActionResult({"Listeners": [listener]})
                refuse(
                    "DuplicateListener",
                    f"A listener already exists on this port for this load balancer '{balancer.arn}'",
                )
        return original(self)

    @around(FakeListener, "__init__")
    def made(original: Any, self: Any, *args: Any, **kw: Any) -> None:
        original(self, *args, **kw)
        if self.protocol in ENCRYPTED:
            self.ssl_policy = self.ssl_policy or _DEFAULT_POLICY
        else:
            self.ssl_policy = None
        self.attributes = {} if self.protocol in ("HTTP", "HTTPS") else self.attributes

    @around(FakeListener, "rules")
    def rules(original: Any, self: Any) -> dict[Any, Any]:
        """By priority, the default rule last."""
        ordered = sorted(self._non_default_rules.items(), key=lambda item: int(item[1].priority))
        return dict(ordered) | dict(self._default_rule)

    @before(ELBV2Response, "ModifyListener")
    def check_change(response: Any, asked: Parameters) -> None:
        backend = response.elbv2_backend
        listener = find_listener(backend, asked["ListenerArn"])
        balancer = backend.load_balancers[listener.load_balancer_arn]
        port = asked.get("Port")
        if port and any(o.port == port and o is not listener for o in balancer.listeners.values()):
            refuse(
                "DuplicateListener", f"A listener already exists on this port for this load balancer '{balancer.arn}'"
            )
        if asked.get("Certificates"):
            check_certificates(backend, asked["Certificates"])
        _check_groups(backend, balancer, asked.get("DefaultActions") or [])

    @around(ELBv2Backend, "modify_listener")
    def modify(original: Any, self: Any, *args: Any, **kw: Any) -> Any:
        listener = original(self, *args, **kw)
        if listener.protocol in ("HTTP", "TCP", "UDP"):
            listener.ssl_policy = listener.certificate = None
            listener.certificates = []
            further(listener).clear()
        else:
            listener.ssl_policy = listener.ssl_policy or _DEFAULT_POLICY
        return listener

    @before(ELBV2Response, "CreateRule")
    def check_rule(response: Any, asked: Parameters) -> None:
        backend = response.elbv2_backend
        listener = find_listener(backend, asked["ListenerArn"])
        if not 1 <= asked["Priority"] <= 50000:
            refuse("ValidationError", f"Priority '{asked['Priority']}' must be between 1 and 50000")
        if any(str(rule.priority) == str(asked["Priority"]) for rule in listener.rules.values()):
            refuse("PriorityInUse", f"Priority '{asked['Priority']}' is currently in use")
        _check_groups(backend, backend.load_balancers[listener.load_balancer_arn], asked["Actions"])

    @before(ELBV2Response, "ModifyRule")
    def check_rule_change(response: Any, asked: Parameters) -> None:
        backend = response.elbv2_backend
        rule = _rule(backend, asked["RuleArn"])
        listener = find_listener(backend, rule.listener_arn)
        _check_groups(backend, backend.load_balancers[listener.load_balancer_arn], asked.get("Actions") or [])

    @around(ELBv2Backend, "modify_rule")
    def modify_rule(original: Any, self: Any, rule_arn: str, conditions: Any, actions: Any) -> Any:
        rule = original(self, rule_arn, conditions or [], actions or [])
        rule.conditions = [both(c) for c in rule.conditions]
        return rule

    @around(ELBv2Backend, "set_rule_priorities")
    def set_rule_priorities(original: Any, self: Any, rule_priorities: list[dict[str, Any]]) -> list[Any]:
        """All at once: only the new order must be without a conflict."""
        wanted = {one["RuleArn"]: one["Priority"] for one in rule_priorities}
        for priority in wanted.values():
            if list(wanted.values()).count(priority) > 1:
                refuse("ValidationError", f"Priority '{priority}' must be specified only once")
            if not 1 <= int(priority) <= 50000:
                refuse("ValidationError", f"Priority '{priority}' must be between 1 and 50000")
        rules = [_rule(self, arn) for arn in wanted]
        for rule in rules:
            if rule.is_default:
                refuse("OperationNotPermitted", f"Priority of default rule '{rule.arn}' cannot be modified")
            others = (o for o in find_listener(self, rule.listener_arn).rules.values() if o.arn not in wanted)
            if any(str(other.priority) == str(wanted[rule.arn]) for other in others):
                refuse("PriorityInUse", f"Priority '{wanted[rule.arn]}' is currently in use")
        for rule in rules:
            rule.priority = wanted[rule.arn]
        return rules

    @before(ELBV2Response, "DeleteRule")
    def default_rule(response: Any, asked: Parameters) -> None:
        if _rule(response.elbv2_backend, asked["RuleArn"]).is_default:
            refuse("OperationNotPermitted", f"Default rule '{asked['RuleArn']}' cannot be deleted")

    @around(ELBv2Backend, "delete_rule")
    def delete_rule(original: Any, self: Any, arn: str) -> None:
        original(self, arn)
        self.tagging_service.delete_all_tags_for_resource(arn)

    @around(ELBv2Backend, "delete_listener")
    def delete_listener(original: Any, self: Any, listener_arn: str) -> Any:
        """A listener takes its rules with it, and both their tags."""
        listener = original(self, listener_arn)
        for arn in (listener_arn, *(rule.arn for rule in listener.rules.values())):
            self.tagging_service.delete_all_tags_for_resource(arn)
        return listener


def _rule(backend: Any, arn: str) -> Any:
    for balancer in backend.load_balancers.values():
        for listener in balancer.listeners.values():
            for rule in listener.rules.values():
                if rule.arn == arn:
                    return rule
    refuse("RuleNotFound", "One or more rules not found")


def _settings(listener: Any) -> tuple[Any, ...]:
    actions = [filled(action.data) for action in listener.default_actions]
    return listener.protocol, listener.ssl_policy, listener.certificate, actions


def _wanted(asked: Parameters) -> tuple[Any, ...]:
    protocol = asked.get("Protocol")
    policy = asked.get("SslPolicy", _DEFAULT_POLICY) if protocol in ENCRYPTED else None
    certificates = asked.get("Certificates") or [{}]
    actions = [filled(action) for action in asked.get("DefaultActions") or []]
    return protocol, policy, certificates[0].get("CertificateArn"), actions


def _check_tls(backend: Any, asked: Parameters) -> None:
    if asked.get("Protocol") not in ENCRYPTED:
        if asked.get("Certificates"):
            refuse("InvalidConfigurationRequest", "A certificate cannot be specified for HTTP listeners")
        return
    policy = asked.get("SslPolicy", _DEFAULT_POLICY)
    if policy not in SSL_POLICIES:
        refuse("SSLPolicyNotFound", f"SSL policy '{policy}' not found")
    if not asked.get("Certificates"):
        refuse("ValidationError", f"A certificate must be specified for {asked['Protocol']} listeners")
    check_certificates(backend, asked["Certificates"])


def _check_groups(backend: Any, balancer: Any, actions: list[dict[str, Any]]) -> None:
    for action in actions:
        for group in (filled(action).get("ForwardConfig") or {}).get("TargetGroups") or []:
            arn = group["TargetGroupArn"]
            target_group = backend.target_groups.get(arn)
            if target_group is None:
                refuse("TargetGroupNotFound", f"One or more target groups not found: '{arn}'")
            if any(other != balancer.arn for other in target_group.load_balancer_arns):
                refuse(
                    "TargetGroupAssociationLimit",
                    f"The following target groups cannot be associated with more than one load balancer: {arn}",
                )
            if target_group.vpc_id and target_group.vpc_id != balancer.vpc_id:
                refuse(
                    "InvalidConfigurationRequest",
                    f"The following target groups are not in the same VPC as load balancer '{balancer.arn}': {arn}",
                )
