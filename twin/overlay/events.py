# Copyright (c) stackwright.aws contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Rules: at most five targets, and events that reach functions and topics too.

Source: https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_PutTargets.html
"""

from __future__ import annotations

import json
import logging
import threading
from typing import TYPE_CHECKING, Any

from moto.awslambda.models import lambda_backends
from moto.events.models import Rule
from moto.events.responses import EventsHandler
from moto.sns.models import sns_backends

from twin.patch import Parameters, around, before
from twin.refusal import refuse

if TYPE_CHECKING:
    from twin.world import World

log = logging.getLogger("twin")

_MOST_TARGETS = 5


def install(world: World) -> None:
    @before(EventsHandler, "PutTargets")
    def limit(response: Any, asked: Parameters) -> None:
        bus = response.events_backend._normalize_event_bus_arn(asked.get("EventBusName"))
        rule = response.events_backend.describe_rule(asked["Rule"], bus)
        identifiers = {one["Id"] for one in rule.targets} | {one["Id"] for one in asked["Targets"]}
        if len(identifiers) > _MOST_TARGETS:
            refuse("LimitExceededException", "The requested resource exceeds the maximum number allowed.")

    @around(Rule, "send_to_targets")
    def send(original: Any, self: Any, event: Any, *args: Any, **kw: Any) -> None:
        """moto reaches queues, log groups and buses; what it does not reach is reached here."""
        ours = [one for one in self.targets if one["Arn"].split(":")[2] in ("lambda", "sns")]
        if ours and self.state == "ENABLED" and self.event_pattern.matches_event(event):
            for target in ours:
                _send(world, self, target, target.get("Input") or json.dumps(event))
        targets, self.targets = self.targets, [one for one in self.targets if one not in ours]
        try:
            original(self, event, *args, **kw)
        finally:
            self.targets = targets


def _send(world: World, rule: Any, target: dict[str, Any], text: str) -> None:
    arn = target["Arn"]
    if arn.split(":")[2] == "sns":
        sns_backends[rule.account_id][rule.region_name].publish(message=text, arn=arn)
        return
    functions = lambda_backends[rule.account_id][rule.region_name]

    def invoke() -> None:
        with world.lock:
            try:
                functions.invoke(arn, None, text, {}, {})
            except Exception:
                log.exception("%s could not be invoked by rule %s", arn, rule.name)

    threading.Thread(target=invoke, daemon=True).start()
