# Copyright (c) stackwright.aws contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""OIDC providers: their clients, and a thumbprint that AWS looks up when none is given."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any

from moto.iam.responses import IamResponse

from twin.patch import Parameters, before, operation
from twin.refusal import refuse

if TYPE_CHECKING:
    from twin.world import World

_CLIENTS = 100
_THUMBPRINTS = 5


def install(world: World) -> None:
    @before(IamResponse, "CreateOpenIDConnectProvider")
    def check(response: Any, asked: Parameters) -> None:
        if not asked["Url"].startswith("https://"):
            refuse("ValidationError", "Invalid Open ID Connect Provider URL")
        _check_thumbprints(asked.get("ThumbprintList") or [])

    @before(IamResponse, "UpdateOpenIDConnectProviderThumbprint")
    def thumbprints(response: Any, asked: Parameters) -> None:
        _check_thumbprints(asked.get("ThumbprintList") or [])

    @before(IamResponse, "GetOpenIDConnectProvider")
    def looked_up(response: Any, asked: Parameters) -> None:
        provider = response.backend.get_open_id_connect_provider(asked["OpenIDConnectProviderArn"])
        if not provider.thumbprint_list:
            provider.thumbprint_list = [hashlib.sha1(provider.url.encode()).hexdigest()]

    @operation(IamResponse, "AddClientIDToOpenIDConnectProvider")
    def add(response: Any, asked: Parameters) -> None:
        provider = response.backend.get_open_id_connect_provider(asked["OpenIDConnectProviderArn"])
        if asked["ClientID"] not in provider.client_id_list:
            if len(provider.client_id_list) >= _CLIENTS:
                refuse("LimitExceeded", f"Cannot exceed quota for ClientIdsPerOpenIdConnectProvider: {_CLIENTS}", 409)
            provider.client_id_list = [*provider.client_id_list, asked["ClientID"]]

    @operation(IamResponse, "RemoveClientIDFromOpenIDConnectProvider")
    def remove(response: Any, asked: Parameters) -> None:
        provider = response.backend.get_open_id_connect_provider(asked["OpenIDConnectProviderArn"])
        provider.client_id_list = [one for one in provider.client_id_list if one != asked["ClientID"]]


def _check_thumbprints(prints: list[str]) -> None:
    if len(prints) > _THUMBPRINTS:
        refuse("InvalidInput", f"Thumbprint list must contain fewer than {_THUMBPRINTS + 1} entries.")
    for one in prints:
        if len(one) != 40:
            refuse("ValidationError", "Thumbprint must be 40 characters long")
