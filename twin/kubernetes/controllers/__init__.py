# Copyright (c) stackwright.aws contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What a cluster does by itself: each controller brings one kind of object to what it should be."""

from __future__ import annotations

from twin.kubernetes.controllers.autoscalers import Autoscalers
from twin.kubernetes.controllers.bookkeeping import Budgets, Claims, Quotas
from twin.kubernetes.controllers.context import Context
from twin.kubernetes.controllers.daemonsets import DaemonSets
from twin.kubernetes.controllers.deployments import Deployments
from twin.kubernetes.controllers.housekeeping import Definitions, Garbage, Namespaces
from twin.kubernetes.controllers.jobs import CronJobs, Jobs
from twin.kubernetes.controllers.loop import Controller
from twin.kubernetes.controllers.pods import Pods
from twin.kubernetes.controllers.replicasets import ReplicaSets
from twin.kubernetes.controllers.services import Endpoints, LoadBalancers
from twin.kubernetes.controllers.statefulsets import StatefulSets
from twin.kubernetes.openapi import Documents
from twin.kubernetes.schemas import Schemas
from twin.kubernetes.subresources import Subresources


def all_controllers(
    context: Context, subresources: Subresources, documents: Documents, schemas: Schemas
) -> list[Controller]:
    """The controllers of a cluster."""
    return [
        Deployments(context),
        ReplicaSets(context),
        StatefulSets(context),
        DaemonSets(context),
        Jobs(context),
        CronJobs(context),
        Autoscalers(context, subresources),
        Endpoints(context),
        LoadBalancers(context),
        Budgets(context),
        Quotas(context),
        Claims(context),
        Pods(context),
        Namespaces(context),
        Garbage(context),
        Definitions(context, schemas, documents.forget),
    ]
