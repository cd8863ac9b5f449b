# Copyright (c) stackwright.aws contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
from __future__ import annotations

from typing import Any

from moto.wafv2.responses import WAFV2Response

from twin.overlay.wafv2.common import associated, backend_of, duplicate, invalid
from twin.overlay.wafv2.rules import ip_sets
from twin.patch import Parameters, after, before


def install() -> None:
    @before(WAFV2Response, "CreateIPSet", "UpdateIPSet")
    def can_be(response: Any, asked: Parameters) -> None:
        backend = backend_of(response, asked["Scope"])
        if "LockToken" in asked:
            version = backend.get_ip_set(asked["Name"], asked["Scope"], asked["Id"]).ip_address_version
        else:
            if any(one.name == asked["Name"] for one in backend.ip_sets.values()):
                duplicate()
            version = asked["IPAddressVersion"]
        for address in asked["Addresses"]:
            _, slash, bits = address.partition("/")
            if not slash or (":" in address) != (version == "IPV6") or bits == "0":
                invalid(
                    f"The parameter contains formatting that is not valid., field: IP_ADDRESS, parameter: {address}"
                )

    @before(WAFV2Response, "DeleteIPSet")
    def unused(response: Any, asked: Parameters) -> None:
        backend = backend_of(response, asked["Scope"])
        arn = backend.get_ip_set(asked["Name"], asked["Scope"], asked["Id"]).arn
        if any(arn in ip_sets(acl.rules) for acl in backend.wacls.values()):
            associated()

    @after(WAFV2Response, "DeleteIPSet")
    def forget(response: Any, asked: Parameters, result: Any) -> Any:
        backend = backend_of(response, asked["Scope"])
        for arn in [arn for arn in backend.tagging_service.tags if "/ipset/" in arn and arn not in backend.ip_sets]:
            backend.tagging_service.delete_all_tags_for_resource(arn)
        return result
