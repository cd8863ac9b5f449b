# Copyright (c) stackwright.aws contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""AWS::ElasticLoadBalancingV2::Listener."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from ...engine.kind import Attribute, Call, Item, Kind, Property, Scope, Update, Work
from ...engine.template import Template
from ..shared import IMMUTABLE, MUTABLE, tag_list
from .actions import normalise_actions, request_actions
from .common import SERVICE, TAG, UNTAG, attribute_texts, by_arns, with_described_tags

_LOAD_BALANCER = "AWS::ElasticLoadBalancingV2::LoadBalancer"
_PLAIN = ("Port", "Protocol", "SslPolicy", "Certificates", "AlpnPolicy", "MutualAuthentication")


def list_listeners(scope: Scope) -> Iterable[Item]:
    """Listeners in scope, asked for load balancer by load balancer since the API has no other way."""
    if scope.ids:
        found = by_arns(scope, "describe_listeners", "Listeners[]", "ListenerArns")
    else:
        parents = {observed.id for observed in scope.observed(_LOAD_BALANCER)} | set(scope.names("LoadBalancerArn"))
        found = [
            listener
            for arn in sorted(parents)
            for listener in scope.pages(SERVICE, "describe_listeners", "Listeners[]", LoadBalancerArn=arn)
        ]
    items = with_described_tags(scope, found, "ListenerArn")
    for item in items:
        answer = scope.call(SERVICE, "describe_listener_attributes", ListenerArn=item["ListenerArn"])
        item["Attributes"] = answer["Attributes"]
    return items


def _create(work: Work) -> dict[str, Any]:
    actions = request_actions(work.get("DefaultActions", ()), initial=work.get("InitialWeights"))
    return {**work.pick("LoadBalancerArn", *_PLAIN), "DefaultActions": actions, "Tags": tag_list(work.tags)}


def _modify(work: Work) -> dict[str, Any]:
    params = {"ListenerArn": work.id, **work.pick(*_PLAIN)}
    if "DefaultActions" in work.changed:
        current = work.current.properties.get("DefaultActions") if work.current else None
        params["DefaultActions"] = request_actions(work.get("DefaultActions"), current, work.get("InitialWeights"))
    return params


LISTENER = Kind(
    type="AWS::ElasticLoadBalancingV2::Listener",
    service=SERVICE,
    title="listener",
    template=Template(properties={"InitialWeights": ""}),
    id="ListenerArn",
    key=("LoadBalancerArn", "Port"),
    requires=(_LOAD_BALANCER,),
    part_of="LoadBalancerArn",
    list=list_listeners,
    properties={
        "LoadBalancerArn": IMMUTABLE,
        "Port": MUTABLE,
        "Protocol": MUTABLE,
        "SslPolicy": MUTABLE,
        "Certificates": Property(unordered=True),
        "AlpnPolicy": MUTABLE,
        "MutualAuthentication": MUTABLE,
        "DefaultActions": Property(normalise=normalise_actions),
        "ListenerAttributes": Property("Attributes", key="Key"),
        # Not one of CloudFormation's: weights that target groups begin with where the actions state none.
        "InitialWeights": Property(lambda _item: None, initial=True),
    },
    attributes={
        "ListenerArn": Attribute("ListenerArn"),
        "Arn": Attribute("ListenerArn"),
    },
    create=Call("create_listener", _create, item="Listeners[0]"),
    updates=(
        Update((*_PLAIN, "DefaultActions"), Call("modify_listener", _modify)),
        Update(
            ("ListenerAttributes",),
            Call(
                "modify_listener_attributes",
                lambda w: {"ListenerArn": w.id, "Attributes": attribute_texts(w.get("ListenerAttributes"))},
            ),
            on_create=True,
        ),
    ),
    tag=TAG,
    untag=UNTAG,
    delete=Call("delete_listener", lambda w: {"ListenerArn": w.id}),
)
