# Copyright (c) stackwright.aws contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""WAF: capacity, what a web ACL protects, logging, and AWS's own words for what is refused.

Source: https://docs.aws.amazon.com/waf/latest/APIReference/API_Operations_AWS_WAFV2.html
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from twin.overlay.wafv2 import acls, associations, logging, sets

if TYPE_CHECKING:
    from twin.world import World


def install(world: World) -> None:
    acls.install()
    sets.install()
    associations.install()
    logging.install()
