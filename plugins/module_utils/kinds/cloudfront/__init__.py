# Copyright (c) stackwright.aws contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""CloudFront: distributions, the policies that they refer to, origin access controls and functions."""

from __future__ import annotations

from .distribution import DISTRIBUTION
from .function import FUNCTION
from .policies import CACHE_POLICY, ORIGIN_ACCESS_CONTROL, ORIGIN_REQUEST_POLICY, RESPONSE_HEADERS_POLICY

KINDS = (
    CACHE_POLICY,
    ORIGIN_REQUEST_POLICY,
    RESPONSE_HEADERS_POLICY,
    ORIGIN_ACCESS_CONTROL,
    FUNCTION,
    DISTRIBUTION,
)
