# Copyright (c) stackwright.aws contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Cost Explorer: anomaly monitors and subscriptions, which moto lacks.

Source: https://docs.aws.amazon.com/aws-cost-management/latest/APIReference/API_Operations_AWS_Cost_Explorer_Service.html
"""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NoReturn

from moto.ce.models import ce_backends
from moto.ce.responses import CostExplorerResponse as Response
from moto.core.utils import utcnow

from twin.overlay._lifecycle import Record, as_tags, page
from twin.overlay._tagged import Tagged, collector
from twin.patch import Parameters, before, existing, notes, operation
from twin.refusal import refuse

if TYPE_CHECKING:
    from twin.world import World

Answer = dict[str, Any]


@dataclass
class Store:
    """Monitors and subscriptions of an account by ARN. Their tags are where moto keeps those of cost categories."""

    monitors: dict[str, Record] = field(default_factory=dict)
    subscriptions: dict[str, Record] = field(default_factory=dict)


def _store(response: Response) -> Store:
    found: Store = notes(response.ce_backend, "store", Store)
    return found


def _invalid(message: str) -> NoReturn:
    refuse("ValidationException", message)


def _arn(response: Response, kind: str) -> str:
    return f"arn:{response.partition}:ce::{response.current_account}:{kind}/{uuid.uuid4()}"


def _listed(kept: dict[str, Record], wanted: list[str] | None, p: Parameters, key: str, unknown: str) -> Answer:
    for arn in wanted or []:
        if arn not in kept:
            refuse(unknown, f"No such {key[:-1]}: {arn}")
    items = [one for arn, one in kept.items() if not wanted or arn in wanted]
    found, token = page(
        items,
        p.get("NextPageToken"),
        p.get("MaxResults"),
        100,
        lambda: refuse("InvalidNextTokenException", "The pagination token is invalid."),
    )
    return {key: found, **({"NextPageToken": token} if token else {})}


def _monitor(response: Response, arn: str) -> Record:
    found = _store(response).monitors.get(arn)
    if found is None:
        refuse("UnknownMonitorException", f"Monitor {arn} was not found.")
    return found


def _monitors() -> None:
    @operation(Response, "CreateAnomalyMonitor")
    def create(response: Response, p: Parameters) -> Answer:
        asked, here = p["AnomalyMonitor"], _store(response)
        dimensional = asked["MonitorType"] == "DIMENSIONAL"
        if dimensional != bool(asked.get("MonitorDimension")) and not asked.get("MonitorSpecification"):
            _invalid("A DIMENSIONAL monitor needs a MonitorDimension, a CUSTOM one a MonitorSpecification.")
        if dimensional and any(
            one.get("MonitorDimension") == asked["MonitorDimension"] for one in here.monitors.values()
        ):
            refuse("LimitExceededException", "Limit exceeded on dimensional spend monitor creation")
        arn = _arn(response, "anomalymonitor")
        today = utcnow().strftime("%Y-%m-%d")
        here.monitors[arn] = Record(
            {**asked, "MonitorArn": arn, "CreationDate": today, "LastUpdatedDate": today, "DimensionalValueCount": 0}
        )
        response.ce_backend.tagger.tag_resource(arn, as_tags(p.get("ResourceTags")))
        return {"MonitorArn": arn}

    @operation(Response, "UpdateAnomalyMonitor")
    def update(response: Response, p: Parameters) -> Answer:
        found = _monitor(response, p["MonitorArn"])
        found["MonitorName"] = p.get("MonitorName") or found["MonitorName"]
        return {"MonitorArn": p["MonitorArn"]}

    @operation(Response, "GetAnomalyMonitors")
    def get(response: Response, p: Parameters) -> Answer:
        kept = _store(response).monitors
        return _listed(kept, p.get("MonitorArnList"), p, "AnomalyMonitors", "UnknownMonitorException")

    @operation(Response, "DeleteAnomalyMonitor")
    def delete(response: Response, p: Parameters) -> None:
        _monitor(response, p["MonitorArn"])
        del _store(response).monitors[p["MonitorArn"]]
        response.ce_backend.tagger.delete_all_tags_for_resource(p["MonitorArn"])


def _checked(response: Response, asked: Answer) -> Answer:
    """A subscription as it is kept."""
    for arn in asked["MonitorArnList"]:
        _monitor(response, arn)
    types = {one.get("Type") for one in asked["Subscribers"]}
    if asked["Frequency"] == "IMMEDIATE" and types != {"SNS"}:
        _invalid("Immediate frequency only supports SNS subscriptions")
    if asked["Frequency"] != "IMMEDIATE" and types != {"EMAIL"}:
        _invalid("Daily or weekly frequencies only support Email subscriptions")
    if (asked.get("Threshold") is None) == (not asked.get("ThresholdExpression")):
        _invalid("Exactly one of Threshold and ThresholdExpression must be given.")
    subscribers = [{**one, "Status": "CONFIRMED"} for one in asked["Subscribers"]]
    return {**asked, "Subscribers": subscribers, "AccountId": response.current_account}


def _subscription(response: Response, arn: str) -> Record:
    found = _store(response).subscriptions.get(arn)
    if found is None:
        refuse("UnknownSubscriptionException", f"Subscription {arn} was not found.")
    return found


def _subscriptions() -> None:
    @operation(Response, "CreateAnomalySubscription")
    def create(response: Response, p: Parameters) -> Answer:
        kept = _checked(response, p["AnomalySubscription"])
        arn = _arn(response, "anomalysubscription")
        _store(response).subscriptions[arn] = Record({**kept, "SubscriptionArn": arn})
        response.ce_backend.tagger.tag_resource(arn, as_tags(p.get("ResourceTags")))
        return {"SubscriptionArn": arn}

    @operation(Response, "UpdateAnomalySubscription")
    def update(response: Response, p: Parameters) -> Answer:
        found = _subscription(response, p["SubscriptionArn"])
        changed = {**found, **{name: value for name, value in p.items() if value is not None}}
        if p.get("ThresholdExpression"):
            changed.pop("Threshold", None)
        elif p.get("Threshold") is not None:
            changed.pop("ThresholdExpression", None)
        kept = _checked(response, changed)
        found.clear()
        found.update(kept)
        return {"SubscriptionArn": p["SubscriptionArn"]}

    @operation(Response, "GetAnomalySubscriptions")
    def get(response: Response, p: Parameters) -> Answer:
        kept = _store(response).subscriptions
        if p.get("MonitorArn"):
            kept = {arn: one for arn, one in kept.items() if p["MonitorArn"] in one["MonitorArnList"]}
        return _listed(kept, p.get("SubscriptionArnList"), p, "AnomalySubscriptions", "UnknownSubscriptionException")

    @operation(Response, "DeleteAnomalySubscription")
    def delete(response: Response, p: Parameters) -> None:
        _subscription(response, p["SubscriptionArn"])
        del _store(response).subscriptions[p["SubscriptionArn"]]
        response.ce_backend.tagger.delete_all_tags_for_resource(p["SubscriptionArn"])


def install(world: World) -> None:
    _monitors()
    _subscriptions()

    @before(Response, "ListTagsForResource", "TagResource", "UntagResource")
    def known(response: Response, p: Parameters) -> None:
        here, arn = _store(response), p["ResourceArn"]
        if arn not in {**here.monitors, **here.subscriptions, **response.ce_backend.cost_categories}:
            refuse("ResourceNotFoundException", f"Resource {arn} was not found.", ResourceName=arn)

    @collector("ce")
    def tagged(account: str, region: str) -> Iterator[Tagged]:
        backend: Any = existing(ce_backends, account, "aws") if region == "us-east-1" else None
        for arn in list(backend.tagger.tags) if backend else []:
            yield arn, backend.tagger.get_tag_dict_for_resource(arn)
