# Copyright (c) stackwright.aws contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Tokens of service accounts: JSON Web Tokens that the cluster signs with a key of its own."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import secrets
from collections.abc import Callable

from twin.kubernetes import users
from twin.kubernetes.store import Store
from twin.kubernetes.users import UserInfo
from twin.kubernetes.values import Object


class Tokens:
    """Issues tokens and knows them again."""

    def __init__(self, store: Store, clock: Callable[[], float]) -> None:
        self._store, self._clock, self._key = store, clock, secrets.token_bytes(32)

    def issue(self, account: Object, audiences: list[str], seconds: int) -> tuple[str, float]:
        """A token of the service account, and when it ends in seconds since 1970."""
        expires = self._clock() + seconds
        metadata = account["metadata"]
        claims = {
            "iss": "https://kubernetes.default.svc",
            "sub": f"system:serviceaccount:{metadata['namespace']}:{metadata['name']}",
            "aud": audiences,
            "exp": int(expires),
            "uid": metadata["uid"],
            "jti": secrets.token_hex(8),
        }
        text = f"{_encode({'alg': 'HS256', 'typ': 'JWT'})}.{_encode(claims)}"
        return f"{text}.{self._sign(text)}", expires

    def user(self, token: str) -> UserInfo | None:
        """The service account behind a token; None for what is no valid token of the cluster."""
        text, _, signature = token.rpartition(".")
        if not text or not hmac.compare_digest(signature.encode(), self._sign(text).encode()):
            return None
        claims = json.loads(base64.urlsafe_b64decode(text.partition(".")[2] + "=="))
        _, _, namespace, name = claims["sub"].split(":")
        account = self._store.get(("", "serviceaccounts"), namespace, name)
        if account is None or account["metadata"]["uid"] != claims["uid"] or claims["exp"] < self._clock():
            return None
        return users.token_subject(account)

    def _sign(self, text: str) -> str:
        digest = hmac.new(self._key, text.encode(), hashlib.sha256).digest()
        return base64.urlsafe_b64encode(digest).decode().rstrip("=")


def _encode(value: Object) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).decode().rstrip("=")
