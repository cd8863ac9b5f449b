# Copyright (c) stackwright.aws contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Elastic Container Service: clusters, task definitions and services."""

from __future__ import annotations

from .cluster import CLUSTER
from .service import SERVICE
from .task_definition import TASK_DEFINITION

KINDS = (CLUSTER, TASK_DEFINITION, SERVICE)
