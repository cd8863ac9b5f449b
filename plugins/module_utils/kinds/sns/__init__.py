# Copyright (c) stackwright.aws contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Simple Notification Service: topics, their policies, subscriptions."""

from __future__ import annotations

from .policy import SNS_TOPIC_POLICY
from .subscription import SNS_SUBSCRIPTION
from .topic import SNS_TOPIC

KINDS = (SNS_TOPIC, SNS_TOPIC_POLICY, SNS_SUBSCRIPTION)
