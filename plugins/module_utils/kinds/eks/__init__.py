# Copyright (c) stackwright.aws contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Elastic Kubernetes Service: clusters, node groups, add-ons, and who may do what in them and from within them."""

from __future__ import annotations

from .access_entry import ACCESS_ENTRY
from .addon import ADDON
from .cluster import CLUSTER
from .nodegroup import NODEGROUP
from .pod_identity_association import POD_IDENTITY_ASSOCIATION

KINDS = (CLUSTER, NODEGROUP, ADDON, ACCESS_ENTRY, POD_IDENTITY_ASSOCIATION)
