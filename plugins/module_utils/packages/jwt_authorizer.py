# Copyright (c) stackwright.aws contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""A Lambda authorizer for REST APIs that checks a JSON Web Token; it runs in Lambda, not in Ansible.

Signed with HS256 when `JWT_SECRET` names a secret, and with RS256 by the keys of `JWT_ISSUER` when it does not: never
what the token's own header would like. Environment:

    JWT_SECRET, JWT_SECRET_MEMBER   the ARN of the secret that holds the key, and the member of it that is the key
    JWT_ISSUER                      who must have issued the token; needed for RS256
    JWT_AUDIENCE                    for whom it must be: one of these, parted by commas
    JWT_JWKS_URL                    where the issuer's keys are; by default /.well-known/jwks.json below the issuer
    JWT_LEEWAY_SECONDS              how far clocks may differ; by default 30

https://datatracker.ietf.org/doc/html/rfc8725
https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-use-lambda-authorizer.html
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import http.client
import json
import os
import re
import sys
import time
import urllib.parse
from collections.abc import Callable
from typing import Any

#: For how long a key is believed, in seconds; a rotated one is known to everybody after that.
_KEY_SECONDS = 300
#: How soon the issuer is asked again because a token names a key that it did not have.
_AGAIN_SECONDS = 60
#: DigestInfo of SHA-256: https://datatracker.ietf.org/doc/html/rfc8017#section-9.2
_SHA256 = bytes.fromhex("3031300d060960864801650304020105000420")
_BASE64URL = re.compile(r"[A-Za-z0-9_-]+")

_cache: dict[str, tuple[float, Any]] = {}


class Refused(Exception):
    """The token is not good; the message says why and goes to the log only."""


def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Answer with who it is, and that they may call this stage. API Gateway makes 401 of `Unauthorized`."""
    try:
        claims = check(_token(event), time.time())
    except Refused as refused:
        sys.stdout.write(json.dumps({"refused": str(refused)}) + "\n")
        raise Exception("Unauthorized") from None
    api, stage = event["methodArn"].split("/")[:2]
    # The answer is kept for the token, whatever is called next, so it speaks of the whole stage.
    statement = {"Action": "execute-api:Invoke", "Effect": "Allow", "Resource": api + "/" + stage + "/*"}
    known = {name: claims[name] for name in ("sub", "scope", "email", "firm_id", "role") if _is_plain(claims.get(name))}
    return {
        "principalId": str(claims.get("sub") or "unknown"),
        "policyDocument": {"Version": "2012-10-17", "Statement": [statement]},
        "context": known,
    }


def _is_plain(value: Any) -> bool:
    return isinstance(value, (str, int, float, bool))


def _token(event: dict[str, Any]) -> str:
    found = event.get("authorizationToken")
    if found is None:
        headers = event.get("headers") or {}
        found = next((value for name, value in headers.items() if name.lower() == "authorization"), None)
    scheme, _space, token = (found or "").strip().partition(" ")
    if scheme.lower() != "bearer" or not token.strip():
        raise Refused("no bearer token")
    return token.strip()


def check(token: str, now: float) -> dict[str, Any]:
    """The claims of a token that is good at a time, in seconds since 1970.

    Raises:
        Refused: it is not.
    """
    parts = token.split(".")
    if len(parts) != 3 or not all(_BASE64URL.fullmatch(part) for part in parts):
        raise Refused("no signed token")
    header, claims = _object(parts[0]), _object(parts[1])
    expected = "HS256" if os.environ.get("JWT_SECRET") else "RS256"
    if header.get("alg") != expected:
        raise Refused("alg is not " + expected)
    if "crit" in header:
        raise Refused("crit is not understood")
    signed, signature = (parts[0] + "." + parts[1]).encode(), _decoded(parts[2])
    if expected == "HS256":
        good = hmac.compare_digest(hmac.new(_secret(now), signed, hashlib.sha256).digest(), signature)
    else:
        good = _is_signed_by(_issuer_key(header.get("kid"), now), signed, signature)
    if not good:
        raise Refused("wrong signature")
    _check_claims(claims, now)
    return claims


def _check_claims(claims: dict[str, Any], now: float) -> None:
    leeway = float(os.environ.get("JWT_LEEWAY_SECONDS") or 30)
    if not _is_time(claims.get("exp")) or now >= claims["exp"] + leeway:
        raise Refused("expired, or without exp")
    for name in ("nbf", "iat"):
        if name in claims and (not _is_time(claims[name]) or now < claims[name] - leeway):
            raise Refused(name + " is in the future")
    issuer = os.environ.get("JWT_ISSUER")
    if issuer and claims.get("iss") != issuer:
        raise Refused("another issuer")
    wanted = {one.strip() for one in (os.environ.get("JWT_AUDIENCE") or "").split(",") if one.strip()}
    given = claims.get("aud")
    given = given if isinstance(given, list) else [given]
    if wanted and not wanted & {one for one in given if isinstance(one, str)}:
        raise Refused("another audience")


def _is_time(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def _decoded(text: str) -> bytes:
    try:
        return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
    except ValueError:
        raise Refused("no base64url") from None


def _object(text: str) -> dict[str, Any]:
    try:
        found = json.loads(_decoded(text))
    except ValueError:
        raise Refused("no JSON") from None
    if not isinstance(found, dict):
        raise Refused("no JSON object")
    return found


# Keys


def _kept(name: str, now: float, seconds: float, read: Callable[[], Any]) -> Any:
    """What was read less than so many seconds ago, or else is read now."""
    since, value = _cache.get(name, (0.0, None))
    if value is None or now - since >= seconds:
        value = read()
        _cache[name] = (now, value)
    return value


def _secret(now: float) -> bytes:
    key: bytes = _kept("secret", now, _KEY_SECONDS, read_secret)
    if len(key) < 32:
        raise RuntimeError("the secret is shorter than the 256 bits that HS256 needs")
    return key


def read_secret() -> bytes:
    """The key as Secrets Manager holds it at the moment."""
    import boto3  # Lambda brings it

    text = boto3.client("secretsmanager").get_secret_value(SecretId=os.environ["JWT_SECRET"])["SecretString"]
    member = os.environ.get("JWT_SECRET_MEMBER")
    return str(json.loads(text)[member] if member else text).encode()


def _issuer_key(kid: Any, now: float) -> tuple[int, int]:
    keys: dict[Any, tuple[int, int]] = _kept("keys", now, _KEY_SECONDS, read_keys)
    if kid not in keys:
        keys = _kept("keys", now, _AGAIN_SECONDS, read_keys)
    if not isinstance(kid, str) or kid not in keys:
        raise Refused("an unknown key")
    return keys[kid]


def read_keys() -> dict[str, tuple[int, int]]:
    """The issuer's RSA keys, by their ids."""
    issuer = os.environ.get("JWT_ISSUER")
    if not issuer:
        raise RuntimeError("neither JWT_SECRET nor JWT_ISSUER is set")
    url = os.environ.get("JWT_JWKS_URL") or issuer.rstrip("/") + "/.well-known/jwks.json"
    place = urllib.parse.urlsplit(url)
    if place.scheme != "https":
        raise RuntimeError("keys are read over https only")
    connection = http.client.HTTPSConnection(place.netloc, timeout=5)
    try:
        connection.request("GET", place.path or "/")
        answer = connection.getresponse()
        if answer.status != 200:
            raise RuntimeError(f"the issuer's keys cannot be read: {url} answers {answer.status}")
        found = json.load(answer)["keys"]
    finally:
        connection.close()
    signing = {"kty": "RSA", "use": "sig", "alg": "RS256"}.items()
    return {
        key["kid"]: (int.from_bytes(_decoded(key["n"]), "big"), int.from_bytes(_decoded(key["e"]), "big"))
        for key in found
        if key.get("kty") == "RSA" and "kid" in key and all(key.get(name, word) == word for name, word in signing)
    }


def _is_signed_by(key: tuple[int, int], signed: bytes, signature: bytes) -> bool:
    """RSASSA-PKCS1-v1_5 with SHA-256: https://datatracker.ietf.org/doc/html/rfc8017#section-8.2.2"""
    modulus, exponent = key
    size = (modulus.bit_length() + 7) // 8
    number = int.from_bytes(signature, "big")
    if modulus.bit_length() < 2048 or exponent < 3 or len(signature) != size or number >= modulus:
        return False
    digest = _SHA256 + hashlib.sha256(signed).digest()
    expected = b"\x00\x01" + b"\xff" * (size - len(digest) - 3) + b"\x00" + digest
    return hmac.compare_digest(pow(number, exponent, modulus).to_bytes(size, "big"), expected)
