# Copyright (c) stackwright.aws contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""What ElastiCache would refuse to change of a replication group."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from typing import Any

from ...engine.kind import Observed

#: The modes that each can change to.
#: https://docs.aws.amazon.com/AmazonElastiCache/latest/dg/modify-cluster-mode.html
_NEXT_MODES = {"disabled": ("compatible",), "compatible": ("enabled", "disabled"), "enabled": ()}


def refuse_engine(now: Any, wanted: Any) -> str:
    """Why an engine cannot become another one: Redis becomes Valkey, and nothing else does.

    https://docs.aws.amazon.com/AmazonElastiCache/latest/dg/VersionManagement.HowTo.html
    """
    if (now, wanted) == ("redis", "valkey") or not now:
        return ""
    return f"{now} cannot become {wanted}; state {now}, or describe a second replication group beside it"


def refuse_mode(now: Any, wanted: Any) -> str:
    """Why the cluster mode cannot change from one to another."""
    following = _NEXT_MODES.get(str(now))
    if following is None or wanted in following:
        return ""
    possible = " or ".join(f"`{mode}`" for mode in following)
    return f"its ClusterMode `{now}` cannot become `{wanted}`; state `{now}`" + (f", or {possible}" if possible else "")


def refuse(desired: Mapping[str, Any], found: Observed, changed: Collection[str]) -> Iterator[str]:
    """Why some changes cannot be made, or not together."""
    if "TransitEncryptionEnabled" in changed:
        yield _encryption(desired, found)
    if "NumNodeGroups" in changed and found.properties.get("ClusterMode") == "disabled":
        yield (
            f"it has no shards to be {desired.get('NumNodeGroups')} of, since its cluster mode is disabled; state "
            f"NumNodeGroups 1"
        )


def _encryption(desired: Mapping[str, Any], found: Observed) -> str:
    """Encryption in transit comes and goes by the mode in which clients may do without it.

    https://docs.aws.amazon.com/AmazonElastiCache/latest/dg/in-transit-encryption-enable.html
    """
    if desired.get("TransitEncryptionEnabled"):
        if desired.get("TransitEncryptionMode") == "preferred":
            return ""
        return (
            "encryption in transit is switched on by way of TransitEncryptionMode `preferred`, for which a cache has "
            "to be described among the resources; leave it off, or describe a second cache with it beside this one"
        )
    if found.properties.get("TransitEncryptionMode") == "preferred":
        return ""
    return (
        "encryption in transit is switched off by way of TransitEncryptionMode `preferred`, for which a cache has to "
        "be described among the resources; leave it on, or describe a second cache without it beside this one"
    )
