# Copyright (c) stackwright.aws contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Regions and availability zones, known without a request.

https://docs.aws.amazon.com/global-infrastructure/latest/regions/aws-availability-zones.html
"""

from __future__ import annotations

import functools

try:
    import botocore.session
except ImportError:  # the door says so before anything is asked
    botocore = None

#: The letters of each region's availability zones as a new account sees them, in order.
ZONES: dict[str, str] = {
    "af-south-1": "abc",
    "ap-east-1": "abc",
    "ap-east-2": "abc",
    "ap-northeast-1": "acd",
    "ap-northeast-2": "abcd",
    "ap-northeast-3": "abc",
    "ap-south-1": "abc",
    "ap-south-2": "abc",
    "ap-southeast-1": "abc",
    "ap-southeast-2": "abc",
    "ap-southeast-3": "abc",
    "ap-southeast-4": "abc",
    "ap-southeast-5": "abc",
    "ap-southeast-6": "abc",
    "ap-southeast-7": "abc",
    "ca-central-1": "abd",
    "ca-west-1": "abc",
    "cn-north-1": "abd",
    "cn-northwest-1": "abc",
    "eu-central-1": "abc",
    "eu-central-2": "abc",
    "eu-north-1": "abc",
    "eu-south-1": "abc",
    "eu-south-2": "abc",
    "eu-west-1": "abc",
    "eu-west-2": "abc",
    "eu-west-3": "abc",
    "il-central-1": "abc",
    "me-central-1": "abc",
    "me-south-1": "abc",
    "mx-central-1": "abc",
    "sa-east-1": "abc",
    "us-east-1": "abcdef",
    "us-east-2": "abc",
    "us-gov-east-1": "abc",
    "us-gov-west-1": "abc",
    "us-west-1": "ab",
    "us-west-2": "abcd",
}

#: Letters that only some accounts see. The oldest regions give each account of before November 2025 letters of its own:
#: https://docs.aws.amazon.com/global-infrastructure/latest/regions/az-ids.html
SOME_ACCOUNTS: dict[str, str] = {"ap-northeast-1": "b", "us-west-1": "c"}


@functools.cache
def regions() -> frozenset[str]:
    """The names of all regions of all partitions, from botocore's endpoint data."""
    session = botocore.session.get_session()
    return frozenset(
        name
        for partition in session.get_available_partitions()
        for name in session.get_available_regions("ec2", partition)
    )


def is_region(name: str) -> bool:
    """Whether AWS has a region of this name."""
    # The table first: botocore reads its endpoint data from disk, which takes longer than all the rest of a compile.
    return name in ZONES or name in regions()


def is_zone(name: str) -> bool:
    """Whether a name may be an availability zone: its region exists, and the letter is known there.

    A region that is newer than the table has the benefit of the doubt.
    """
    region, letter = name[:-1], name[-1:]
    if not is_region(region) or not ("a" <= letter <= "z"):
        return False
    return region not in ZONES or letter in ZONES[region] + SOME_ACCOUNTS.get(region, "")
