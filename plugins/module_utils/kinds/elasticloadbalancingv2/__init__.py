# Copyright (c) stackwright.aws contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Elastic Load Balancing: load balancers, target groups, listeners, their certificates and rules."""

from __future__ import annotations

from .listener import LISTENER
from .listener_certificate import LISTENER_CERTIFICATE
from .listener_rule import LISTENER_RULE
from .load_balancer import LOAD_BALANCER
from .target_group import TARGET_GROUP

KINDS = (LOAD_BALANCER, TARGET_GROUP, LISTENER, LISTENER_CERTIFICATE, LISTENER_RULE)
