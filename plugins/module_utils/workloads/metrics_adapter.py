# Copyright (c) stackwright.aws contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The configuration of prometheus-adapter, which serves a query's result to autoscalers as an external metric.

https://github.com/kubernetes-sigs/prometheus-adapter/blob/master/docs/externalmetrics.md
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any


def adapter_config(metrics: Mapping[str, Any]) -> str:
    """The adapter's file, as JSON, which is YAML too.

    Args:
        metrics: the name of each external metric and the query that answers it: `{series: ..., query: ...}`, or just
            the name of a series, whose sum is then the metric.
    """
    return json.dumps({"externalRules": [_rule(name, metric) for name, metric in sorted(metrics.items())]}, indent=2)


def _rule(name: str, metric: Any) -> dict[str, Any]:
    given = metric if isinstance(metric, Mapping) else {"series": metric or name}
    series = given.get("series") or name
    return {
        "seriesQuery": f'{{__name__="{series}"}}',
        # The metric is the cluster's, not a namespace's: the queue is one for all.
        "resources": {"namespaced": False},
        "name": {"as": name},
        "metricsQuery": given.get("query") or "sum(<<.Series>>{<<.LabelMatchers>>})",
    }
