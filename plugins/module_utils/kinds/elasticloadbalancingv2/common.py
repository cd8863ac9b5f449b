# Copyright (c) stackwright.aws contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""What the kinds of Elastic Load Balancing share: tags in batches, attributes, names within ARNs."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from ...engine.kind import Call, Item, Scope
from ..shared import each_present, tag_index, tag_list

SERVICE = "elbv2"

#: How many ARNs describe_tags and the describe requests take.
#: https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_DescribeTags.html
BATCH = 20

TAG = Call("add_tags", lambda w: {"ResourceArns": [w.id], "Tags": tag_list(w.tags_to_set)})
UNTAG = Call("remove_tags", lambda w: {"ResourceArns": [w.id], "TagKeys": list(w.tags_to_remove)})


def by_arns(scope: Scope, operation: str, items: str, param: str) -> list[Item]:
    """The objects with the scope's identifiers; those that do not exist are left out."""
    return each_present(scope.ids, BATCH, lambda arns: scope.pages(SERVICE, operation, items, **{param: list(arns)}))


def of_concern(scope: Scope, items: Iterable[Item], arn: str, name: str) -> list[Item]:
    """Those items that may be the stack's or described: found by the tag index or by name.

    Args:
        arn, name: where an item holds its ARN and its natural name.
    """
    if scope.ids or scope.everything:
        return list(items)
    index, wanted = tag_index(scope), {properties.get("Name") for properties in scope.wanted}
    return [item for item in items if item[arn] in index or item[name] in wanted]


def with_described_tags(scope: Scope, items: Iterable[Item], arn: str) -> list[Item]:
    """Items with their tags under `Tags`, asked for in batches; what vanished meanwhile is left out."""
    listed = list(items)
    described = each_present(
        [item[arn] for item in listed],
        BATCH,
        lambda arns: scope.call(SERVICE, "describe_tags", ResourceArns=list(arns))["TagDescriptions"],
    )
    tags = {entry["ResourceArn"]: entry["Tags"] for entry in described}
    return [{**item, "Tags": tags[item[arn]]} for item in listed if item[arn] in tags]


def full_name(arn: str, prefix: str = "") -> str:
    """The last part of an ARN, as CloudWatch's dimensions want it.

    Args:
        prefix: is taken off too: the dimension of a load balancer is `app/name/id`, that of a target group
            `targetgroup/name/id`. https://docs.aws.amazon.com/elasticloadbalancing/latest/application/load-balancer-cloudwatch-metrics.html
    """
    return arn.rsplit(":", 1)[-1].removeprefix(prefix)


def attribute_texts(attributes: Iterable[Mapping[str, Any]]) -> list[dict[str, str]]:
    """Key and value pairs with the value as the text that the API takes: `true`, not `True`."""
    return [{"Key": pair["Key"], "Value": _text(pair["Value"])} for pair in attributes]


def _text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
