# Copyright (c) stackwright.aws contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""CloudFront: distributions with states and version tags, the policies they refer to, functions, invalidations.

moto keeps distributions without their policies and takes any version tag; here all of it is kept as it was put, with
AWS's defaults. Source: https://docs.aws.amazon.com/cloudfront/latest/APIReference/Welcome.html
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from twin.overlay.cloudfront import distributions, functions, invalidations, policies, tags

if TYPE_CHECKING:
    from twin.world import World


def install(world: World) -> None:
    policies.install()
    functions.install()
    distributions.install(world)
    invalidations.install(world)
    tags.install()
