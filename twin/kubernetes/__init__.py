# Copyright (c) stackwright.aws contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The Kubernetes API of the local AWS's EKS clusters, in one process and in memory."""

from twin.kubernetes.cluster import Cluster, start_cluster
from twin.kubernetes.nodes import Node
from twin.kubernetes.users import UserInfo

__all__ = ["Cluster", "Node", "UserInfo", "start_cluster"]
