# Copyright (c) stackwright.aws contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""EC2 Auto Scaling: groups, what scales them, and hooks in the lives of their instances."""

from __future__ import annotations

from .group import AUTO_SCALING_GROUP
from .lifecycle_hook import LIFECYCLE_HOOK
from .scaling_policy import SCALING_POLICY
from .scheduled_action import SCHEDULED_ACTION

KINDS = (AUTO_SCALING_GROUP, SCALING_POLICY, SCHEDULED_ACTION, LIFECYCLE_HOOK)
