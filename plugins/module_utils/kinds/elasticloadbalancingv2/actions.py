# Copyright (c) stackwright.aws contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""What listeners and rules do with a request, in one form of the several that AWS takes and answers."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

Action = dict[str, Any]

#: AWS never answers these.
_WRITE_ONLY = ("ClientSecret", "UseExistingClientSecret")


def normalise_actions(actions: Iterable[Mapping[str, Any]] | None) -> list[Action]:
    """Actions in order, each forward as a `ForwardConfig` with its target groups sorted, without client secrets.

    `TargetGroupArn` is short for a `ForwardConfig` with one target group; AWS answers both forms at once.
    https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_Action.html
    """
    plain = [_plain(action) for action in actions or []]
    return sorted(plain, key=lambda action: int(action.get("Order") or 0))


def _plain(action: Mapping[str, Any]) -> Action:
    result = {key: value for key, value in action.items() if key != "TargetGroupArn"}
    if action.get("Type") == "forward":
        forward = dict(action.get("ForwardConfig") or {})
        groups = forward.get("TargetGroups") or [{"TargetGroupArn": action.get("TargetGroupArn")}]
        forward["TargetGroups"] = sorted(groups, key=lambda group: str(group.get("TargetGroupArn")))
        result["ForwardConfig"] = forward
    if result.get("AuthenticateOidcConfig"):
        result["AuthenticateOidcConfig"] = {
            key: value for key, value in result["AuthenticateOidcConfig"].items() if key not in _WRITE_ONLY
        }
    return result


def weights(actions: Iterable[Mapping[str, Any]] | None) -> dict[str, int]:
    """The weight of every target group that some actions forward to and that says one."""
    return {
        group["TargetGroupArn"]: group["Weight"]
        for action in normalise_actions(actions)
        for group in (action.get("ForwardConfig") or {}).get("TargetGroups", [])
        if group.get("Weight") is not None
    }


def request_actions(
    stated: Iterable[Mapping[str, Any]],
    current: Iterable[Mapping[str, Any]] | None = None,
    initial: Iterable[Mapping[str, Any]] | None = None,
) -> list[Action]:
    """Stated actions as a request carries them.

    A weight that is not stated belongs to whoever moves the traffic, a rollout say. AWS would set it to 1; so the
    request repeats the weight that there is, or gives the initial one to a target group that has none yet.

    Args:
        current: the actions that exist.
        initial: target groups with the weights that they begin with.
    """
    known = {group["TargetGroupArn"]: group["Weight"] for group in initial or []} | weights(current)
    return [_request(action, known) for action in stated]


def _request(action: Mapping[str, Any], known: Mapping[str, int]) -> Action:
    result = dict(action)
    forward = result.get("ForwardConfig")
    if forward and forward.get("TargetGroups"):
        groups = [_weighted(group, known) for group in forward["TargetGroups"]]
        result["ForwardConfig"] = {**forward, "TargetGroups": groups}
    for name in ("AuthenticateOidcConfig", "AuthenticateCognitoConfig"):
        config = result.get(name)
        if config and config.get("SessionTimeout") is not None:
            # Text in CloudFormation's schema of a listener, a number in the API.
            result[name] = {**config, "SessionTimeout": int(config["SessionTimeout"])}
    return result


def _weighted(group: Mapping[str, Any], known: Mapping[str, int]) -> dict[str, Any]:
    weight = group.get("Weight")
    if weight is None:
        weight = known.get(group["TargetGroupArn"])
    return dict(group) if weight is None else {**group, "Weight": int(weight)}
