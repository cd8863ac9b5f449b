# Copyright (c) stackwright.aws contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""WAF: web ACLs, what they protect, their logging, and IP sets."""

from __future__ import annotations

from .association import ASSOCIATION
from .ip_set import IP_SET
from .logging_configuration import LOGGING_CONFIGURATION
from .web_acl import WEB_ACL

KINDS = (IP_SET, WEB_ACL, ASSOCIATION, LOGGING_CONFIGURATION)
