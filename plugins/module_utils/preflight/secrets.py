# Copyright (c) stackwright.aws contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Secrets where anybody who may describe a resource can read them, and secrets that nobody can use."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from ..engine.document import Resource
from .rule import Rule, Severity, Subject, words

#: Where a value is meant to be secret, and is kept as one.
_SAFE = {"AWS::SecretsManager::Secret", "Custom::SecretValue"}

#: What a name ends in when its value is a secret.
_ENDINGS = {"password", "passwd", "passphrase", "secret", "token", "apikey", "credential", "credentials"}
_KEYS = {"api", "secret", "private", "access", "encryption", "signing"}
#: A text that names a secret instead of being one.
_POINTER = re.compile(r"^(?:arn:|/|\$\{|\{\{resolve:|https?://|[a-z]+\.[A-Za-z0-9/_.-]+$)")
_HARMLESS = {"", "true", "false", "none", "null", "0", "1", "required", "optional", "enabled", "disabled"}

_SHAPES = (
    (re.compile(r"\b(?:AKIA|ASIA)[A-Z0-9]{16}\b"), "an AWS access key"),
    (re.compile(r"-----BEGIN (?:[A-Z]+ )*PRIVATE KEY-----"), "a private key"),
    (re.compile(r"\b[a-z][a-z0-9+.-]*://[^\s/:@]*:[^\s/:@{}$<>]+@"), "a URL with a password"),
    (re.compile(r"\bgh[pousr]_[A-Za-z0-9]{36,}\b"), "a GitHub token"),
    (re.compile(r"\bxox[abprs]-[A-Za-z0-9-]{10,}"), "a Slack token"),
    (re.compile(r"\bsk-(?:ant-|proj-)?[A-Za-z0-9_-]{20,}"), "an API key"),
)

_MEND = "put it into `secrets` and refer to it by `secrets:` of the workload"


def _plain(subject: Subject) -> Iterator[tuple[str, str]]:
    """The value itself is never in the message."""
    for resource in subject.resources:
        if resource.kind in _SAFE:
            continue
        for where, what in plain_secrets(resource.properties):
            if not _known_pointer(resource, where):
                yield f"{resource.path}", f"{where} holds {what} in plain text; {_MEND}"


def plain_secrets(value: Any) -> Iterator[tuple[str, str]]:
    """Where in a value a secret stands in plain text, and what it looks like."""
    for where, key, text in _texts(value, ""):
        shape = next((name for pattern, name in _SHAPES if pattern.search(text)), "")
        plain = text.lower().strip("'")
        if not shape and _is_secret_name(key) and plain not in _HARMLESS and not _POINTER.match(text):
            shape = "a secret by its name"
        if shape:
            yield where, shape


def _is_secret_name(name: str) -> bool:
    parts = words(name)
    return parts[-1:] != [] and (parts[-1] in _ENDINGS or (parts[-1] == "key" and bool(_KEYS & set(parts[-2:-1]))))


def _known_pointer(resource: Resource, where: str) -> bool:
    """Properties that are called like a secret and say where one is, or how it is made."""
    return resource.kind.startswith("AWS::SecretsManager::") or where.split(".")[-1] in ("ValueFrom",)


def _texts(value: Any, path: str, key: str = "") -> Iterator[tuple[str, str, str]]:
    """Every text with its path and the name under which it is kept; `{Name: x, Value: y}` is y under x."""
    if isinstance(value, str):
        yield path, key, value
    elif isinstance(value, Mapping):
        named = value.get("Name", value.get("Key"))
        for member, item in value.items():
            its_key = str(named) if member == "Value" and isinstance(named, str) else str(member)
            inner = f"{path}.{its_key}" if path else its_key
            yield from _texts(item, inner, its_key)
    elif isinstance(value, (list, tuple)):
        for item in value:
            yield from _texts(item, path, key)


def _unreachable(subject: Subject) -> Iterator[tuple[str, str]]:
    """A service or function that is given the credentials of something that it cannot open a connection to."""
    owners = _owners(subject)
    workloads = [
        (word, name, one) for word in ("service", "function") for name, one in subject.entries(f"{word}s").items()
    ]
    for word, name, workload in workloads:
        connected = set(workload.get("connects_to") or ())
        for variable, source in (workload.get("secrets") or {}).items():
            secret = str(source).removeprefix("secret.").partition(":")[0]
            for target in sorted(owners.get(secret, set()) - connected):
                yield (
                    f"{word}s.{name}.secrets.{variable}",
                    f"{source} is of {target}, which the {word} does not connect to; add it to connects_to",
                )


def _owners(subject: Subject) -> dict[str, set[str]]:
    """For each secret, the databases and caches whose values are in it."""
    found: dict[str, set[str]] = {}
    mention = re.compile(r"(?:^|\$\{\s*)((?:database|cache)\.[A-Za-z0-9/_+=-]+)\.")
    for name, secret in subject.entries("secrets").items():
        texts = [str(value) for value in (secret.get("fields") or {}).values()] + [str(secret.get("text") or "")]
        found[name] = {match for text in texts for match in mention.findall(text)}
    return found


def _ambiguous(subject: Subject) -> Iterator[tuple[str, str]]:
    for secret in subject.of("AWS::SecretsManager::Secret"):
        name = secret.properties.get("Name")
        if isinstance(name, str) and re.search(r"-[A-Za-z0-9]{6}$", name):
            yield (
                secret.path,
                f"{name!r} ends like the suffix that AWS adds to ARNs, which confuses look-ups; rename it",
            )


RULES = (
    Rule("secret.plain-text", "A secret in an environment, user data, parameter or definition.", _plain),
    Rule("secret.unreachable", "Credentials of something that cannot be reached.", _unreachable, Severity.WARNING),
    Rule(
        "secret.ambiguous-name",
        "A name that ends like the suffix of an ARN.",
        _ambiguous,
        Severity.WARNING,
        "https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_CreateSecret.html",
    ),
)
