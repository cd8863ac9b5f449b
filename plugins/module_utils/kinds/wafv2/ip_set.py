# Copyright (c) stackwright.aws contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""AWS::WAFv2::IPSet."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable
from typing import Any

from ...engine.kind import Attribute, Call, Item, Kind, Property, Scope, Update, Work
from ...engine.template import Template
from ..requests import given
from ..shared import IMMUTABLE, MUTABLE, tag_list
from .common import SERVICE, TAG, UNTAG, list_named, locked


def list_ip_sets(scope: Scope) -> Iterable[Item]:
    """IP sets in scope."""
    return list_named(scope, "ipset", "list_ip_sets", "IPSets", "get_ip_set", "IPSet")


def ranges(value: Any) -> Any:
    """Ranges of addresses as WAF writes them: IPv6 in its short form."""
    return [_range(one) for one in value] if isinstance(value, (list, tuple)) else value


def _range(text: Any) -> Any:
    try:
        return str(ipaddress.ip_network(text, strict=False))
    except ValueError:
        return text


def _update(work: Work) -> dict[str, Any]:
    return {
        **locked(work),
        "Addresses": list(work.merged("Addresses") or []),
        **({"Description": work.merged("Description")} if work.merged("Description") else {}),
    }


IP_SET = Kind(
    type="AWS::WAFv2::IPSet",
    service=SERVICE,
    title="IP set",
    template=Template(ref="Name|Id|Scope"),
    id="ARN",
    key=("Scope", "Name"),
    list=list_ip_sets,
    properties={
        "Name": IMMUTABLE,
        "Scope": IMMUTABLE,
        "Description": MUTABLE,
        # No request changes it, whatever the schema says.
        "IPAddressVersion": IMMUTABLE,
        "Addresses": Property(unordered=True, normalise=ranges),
    },
    attributes={"Arn": Attribute("ARN"), "Id": Attribute("Id")},
    create=Call(
        "create_ip_set",
        lambda w: {
            **given(w, "Name", "Scope", "Description", "IPAddressVersion"),
            "Addresses": list(w.get("Addresses") or []),
            "Tags": tag_list(w.tags),
        },
        item="Summary",
    ),
    updates=(Update(("Description", "Addresses"), Call("update_ip_set", _update)),),
    # A web ACL lets go of a set some time after it was changed or deleted.
    delete=Call("delete_ip_set", locked, retry_on=frozenset({"WAFAssociatedItemException"})),
    tag=TAG,
    untag=UNTAG,
    held_by_users=True,
)
