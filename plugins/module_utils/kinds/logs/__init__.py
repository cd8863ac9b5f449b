# Copyright (c) stackwright.aws contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""CloudWatch Logs: log groups, metric filters, saved queries, and the policies by which AWS's services may write."""

from __future__ import annotations

from .log_group import LOGS_LOG_GROUP
from .metric_filter import LOGS_METRIC_FILTER
from .query_definition import LOGS_QUERY_DEFINITION
from .resource_policy import LOGS_RESOURCE_POLICY

KINDS = (LOGS_LOG_GROUP, LOGS_METRIC_FILTER, LOGS_QUERY_DEFINITION, LOGS_RESOURCE_POLICY)

__all__ = ["KINDS", "LOGS_LOG_GROUP", "LOGS_METRIC_FILTER", "LOGS_QUERY_DEFINITION", "LOGS_RESOURCE_POLICY"]
