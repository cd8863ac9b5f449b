"""The authorizer that runs in Lambda: which tokens it takes, and which it does not."""

from __future__ import annotations

import base64
import hashlib
import hmac
import io
import json
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from ansible_collections.stackwright.aws.plugins.module_utils import packages
from ansible_collections.stackwright.aws.plugins.module_utils.packages import jwt_authorizer

NOW = 1_800_000_000
SECRET = b"0123456789abcdef0123456789abcdef"
ISSUER = "https://id.example.com"
ARN = "arn:aws:execute-api:us-east-1:123456789012:a1b2c3/v1/GET/letters/7"
GOOD = {"sub": "u1", "exp": NOW + 60, "iss": ISSUER, "aud": "letters", "scope": "letters:read"}


@pytest.fixture(scope="module")
def key() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


@pytest.fixture(autouse=True)
def fresh(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    for name in ("JWT_SECRET", "JWT_ISSUER", "JWT_AUDIENCE", "JWT_JWKS_URL", "JWT_SECRET_MEMBER", "JWT_LEEWAY_SECONDS"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(jwt_authorizer, "_cache", {})
    monkeypatch.setattr(jwt_authorizer.time, "time", lambda: float(NOW))
    yield


@pytest.fixture
def shared(monkeypatch: pytest.MonkeyPatch) -> None:
    """Tokens are signed with a secret."""
    monkeypatch.setenv("JWT_SECRET", "arn:secret")
    monkeypatch.setattr(jwt_authorizer, "read_secret", lambda: SECRET)


@pytest.fixture
def issued(monkeypatch: pytest.MonkeyPatch, key: rsa.RSAPrivateKey) -> list[int]:
    """Tokens are signed by the issuer; how often its keys were read is counted."""
    monkeypatch.setenv("JWT_ISSUER", ISSUER)
    read: list[int] = []
    numbers = key.public_key().public_numbers()

    def keys() -> dict[str, tuple[int, int]]:
        read.append(1)
        return {"k1": (numbers.n, numbers.e)}

    monkeypatch.setattr(jwt_authorizer, "read_keys", keys)
    return read


def encoded(value: Any) -> str:
    data = value if isinstance(value, bytes) else json.dumps(value).encode()
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def hs256(claims: dict[str, Any], secret: bytes = SECRET, **header: Any) -> str:
    signed = f"{encoded({'alg': 'HS256', 'typ': 'JWT', **header})}.{encoded(claims)}"
    return f"{signed}.{encoded(hmac.new(secret, signed.encode(), hashlib.sha256).digest())}"


def rs256(claims: dict[str, Any], private: rsa.RSAPrivateKey, kid: str = "k1", **header: Any) -> str:
    signed = f"{encoded({'alg': 'RS256', 'kid': kid, **header})}.{encoded(claims)}"
    return f"{signed}.{encoded(private.sign(signed.encode(), padding.PKCS1v15(), hashes.SHA256()))}"


def answer(token: str, **event: Any) -> dict[str, Any]:
    return jwt_authorizer.handler({"authorizationToken": f"Bearer {token}", "methodArn": ARN, **event}, None)


def is_refused(token: str, capsys: pytest.CaptureFixture[str]) -> str:
    with pytest.raises(Exception, match=r"^Unauthorized$"):
        answer(token)
    return str(json.loads(capsys.readouterr().out)["refused"])


def test_a_good_token_opens_the_stage_for_its_subject(shared: None) -> None:
    found = answer(hs256(GOOD))
    assert found["principalId"] == "u1"
    assert found["context"] == {"sub": "u1", "scope": "letters:read"}
    (statement,) = found["policyDocument"]["Statement"]
    assert statement["Effect"] == "Allow"
    assert statement["Resource"] == "arn:aws:execute-api:us-east-1:123456789012:a1b2c3/v1/*"


def test_a_token_may_come_in_the_headers(shared: None) -> None:
    event = {"headers": {"authorization": f"bearer {hs256(GOOD)}"}, "methodArn": ARN}
    assert jwt_authorizer.handler(event, None)["principalId"] == "u1"


@pytest.mark.parametrize(
    ("claims", "why"),
    [
        ({"exp": NOW - 31}, "expired"),
        ({"exp": None}, "expired, or without exp"),
        ({"exp": "soon"}, "expired, or without exp"),
        ({"exp": True}, "expired, or without exp"),
        ({"nbf": NOW + 31}, "nbf is in the future"),
        ({"iat": NOW + 31}, "iat is in the future"),
        ({"iss": "https://evil.example.com"}, "another issuer"),
        ({"aud": "other"}, "another audience"),
        ({"aud": None}, "another audience"),
    ],
)
def test_claims_that_do_not_hold(
    claims: dict[str, Any],
    why: str,
    shared: None,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("JWT_ISSUER", ISSUER)
    monkeypatch.setenv("JWT_AUDIENCE", "letters, app")
    assert answer(hs256(GOOD))
    assert answer(hs256({**GOOD, "aud": ["x", "app"], "exp": NOW - 29, "nbf": NOW + 29}))
    assert why in is_refused(hs256({**GOOD, **claims}), capsys)


@pytest.mark.parametrize("alg", ["none", "None", "HS512", "RS256", "", None])
def test_the_token_does_not_choose_the_algorithm(alg: Any, shared: None, capsys: pytest.CaptureFixture[str]) -> None:
    assert is_refused(hs256(GOOD, alg=alg), capsys) == "alg is not HS256"


def test_a_public_key_is_no_secret(
    issued: list[int], key: rsa.RSAPrivateKey, capsys: pytest.CaptureFixture[str]
) -> None:
    numbers = key.public_key().public_numbers()
    forged = hs256(GOOD, numbers.n.to_bytes(256, "big"), kid="k1")
    assert is_refused(forged, capsys) == "alg is not RS256"


@pytest.mark.parametrize(
    "token",
    ["", "x", "a.b", "a.b.c.d", f"{encoded({'alg': 'HS256'})}.{encoded(GOOD)}.", f"{encoded([])}.{encoded(GOOD)}.AA"],
)
def test_what_is_no_token(token: str, shared: None, capsys: pytest.CaptureFixture[str]) -> None:
    assert is_refused(token, capsys)


def test_a_signature_of_somebody_else(shared: None, capsys: pytest.CaptureFixture[str]) -> None:
    assert is_refused(hs256(GOOD, b"x" * 32), capsys) == "wrong signature"
    header, _claims, signature = hs256(GOOD).split(".")
    assert is_refused(f"{header}.{encoded({**GOOD, 'sub': 'admin'})}.{signature}", capsys) == "wrong signature"
    assert is_refused(hs256(GOOD, crit=["b64"]), capsys) == "crit is not understood"


def test_a_secret_that_is_too_short_lets_nobody_in(shared: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(jwt_authorizer, "read_secret", lambda: b"short")
    with pytest.raises(RuntimeError, match="256 bits"):
        answer(hs256(GOOD, b"short"))


def test_the_issuers_signature(issued: list[int], key: rsa.RSAPrivateKey, capsys: pytest.CaptureFixture[str]) -> None:
    assert answer(rs256(GOOD, key))["principalId"] == "u1"
    other = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    assert is_refused(rs256(GOOD, other), capsys) == "wrong signature"
    header, claims, signature = rs256(GOOD, key).split(".")
    assert is_refused(f"{header}.{claims}.{signature[:-8]}", capsys) == "wrong signature"


def test_padding_is_checked_to_the_last_byte(
    issued: list[int], key: rsa.RSAPrivateKey, capsys: pytest.CaptureFixture[str]
) -> None:
    """A digest that stands elsewhere in the block, as Bleichenbacher's forgery has it."""
    signed = f"{encoded({'alg': 'RS256', 'kid': 'k1'})}.{encoded(GOOD)}"
    digest = jwt_authorizer._SHA256 + hashlib.sha256(signed.encode()).digest()
    block = b"\x00\x01" + b"\xff" * 8 + b"\x00" + digest
    block += b"\x00" * (256 - len(block))
    private = key.private_numbers()
    forged = pow(int.from_bytes(block, "big"), private.d, private.public_numbers.n).to_bytes(256, "big")
    assert is_refused(f"{signed}.{encoded(forged)}", capsys) == "wrong signature"


def test_a_small_modulus_is_no_key(issued: list[int], monkeypatch: pytest.MonkeyPatch, capsys: Any) -> None:
    small = rsa.generate_private_key(public_exponent=65537, key_size=1024)
    numbers = small.public_key().public_numbers()
    monkeypatch.setattr(jwt_authorizer, "read_keys", lambda: {"k1": (numbers.n, numbers.e)})
    assert is_refused(rs256(GOOD, small), capsys) == "wrong signature"


def test_keys_are_read_again_for_one_that_is_new_but_not_for_every_token(
    issued: list[int], key: rsa.RSAPrivateKey, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for _time in range(5):
        assert is_refused(rs256(GOOD, key, kid="k2"), capsys) == "an unknown key"
    assert len(issued) == 1
    monkeypatch.setattr(jwt_authorizer.time, "time", lambda: float(NOW + 61))
    is_refused(rs256({**GOOD, "exp": NOW + 900}, key, kid="k2"), capsys)
    assert len(issued) == 2


def test_keys_of_the_issuer_by_https(monkeypatch: pytest.MonkeyPatch) -> None:
    usable = {"kty": "RSA", "kid": "k1", "n": encoded(b"\x05"), "e": encoded(b"\x03"), "use": "sig", "alg": "RS256"}
    others = [{**usable, "kid": "k2", "use": "enc"}, {**usable, "kid": "k3", "kty": "EC"}, {**usable, "alg": "RS512"}]
    asked: list[str] = []

    class Connection:
        status = 200

        def __init__(self, host: str, timeout: float) -> None:
            self.host = host

        def request(self, method: str, path: str) -> None:
            asked.append(f"{method} https://{self.host}{path}")

        def getresponse(self) -> io.BytesIO:
            answer = io.BytesIO(json.dumps({"keys": [*others, usable]}).encode())
            answer.status = self.status  # type: ignore[attr-defined]
            return answer

        def close(self) -> None:
            asked.append("closed")

    monkeypatch.setattr(jwt_authorizer.http.client, "HTTPSConnection", Connection)
    monkeypatch.setenv("JWT_ISSUER", f"{ISSUER}/")
    assert jwt_authorizer.read_keys() == {"k1": (5, 3)}
    assert asked == ["GET https://id.example.com/.well-known/jwks.json", "closed"]
    Connection.status = 503
    with pytest.raises(RuntimeError, match="answers 503"):
        jwt_authorizer.read_keys()
    monkeypatch.setenv("JWT_JWKS_URL", "http://id.example.com/keys")
    with pytest.raises(RuntimeError, match="https only"):
        jwt_authorizer.read_keys()


def test_without_any_key_nobody_comes_in() -> None:
    with pytest.raises(RuntimeError, match="neither"):
        answer(hs256(GOOD, alg="RS256", kid="k1"))


def test_the_secret_is_read_with_lambdas_own_library(monkeypatch: pytest.MonkeyPatch) -> None:
    class Client:
        def get_secret_value(self, SecretId: str) -> dict[str, str]:
            return {"SecretString": json.dumps({"key": SecretId})}

    monkeypatch.setitem(sys.modules, "boto3", type("Boto3", (), {"client": staticmethod(lambda service: Client())}))
    monkeypatch.setenv("JWT_SECRET", "arn:secret")
    assert jwt_authorizer.read_secret() == b'{"key": "arn:secret"}'
    monkeypatch.setenv("JWT_SECRET_MEMBER", "key")
    assert jwt_authorizer.read_secret() == b"arn:secret"


def test_the_source_can_be_told_where_modules_come_in_an_archive(tmp_path: Path) -> None:
    """Ansible carries module_utils to where they run in a zip."""
    folder = Path(packages.__file__).parent
    archive = tmp_path / "payload.zip"
    with zipfile.ZipFile(archive, "w") as bundle:
        for file in folder.glob("*.py"):
            bundle.write(file, f"packages/{file.name}")
    program = (
        f"import sys; sys.path.insert(0, {str(archive)!r}); import packages; print(packages.source('jwt_authorizer'))"
    )
    told = subprocess.run([sys.executable, "-c", program], check=True, capture_output=True, text=True, cwd=tmp_path)
    assert told.stdout.rstrip() == (folder / "jwt_authorizer.py").read_text().rstrip()
    assert packages.NAMES == ("jwt_authorizer",)
