# Copyright (c) stackwright.aws contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Secrets where anybody who may describe a resource can read them, and secrets that nobody can use."""

from __future__ import annotations

import itertools
import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

from ..engine.document import Resource
from ..engine.values import Address, Compose, Ref, Sensitive, references
from ..tiers.catalog import close
from ..tiers.secret_use import MEMBER_SUFFIX
from .rule import Rule, Severity, Subject, words

#: Where a value is meant to be secret, and is kept as one.
_SECRET, _WRITTEN = "AWS::SecretsManager::Secret", "Custom::SecretValue"
_SAFE = {_SECRET, _WRITTEN}
_TASK, _FUNCTION = "AWS::ECS::TaskDefinition", "AWS::Lambda::Function"

#: What a name ends in when its value is a secret.
_ENDINGS = {"password", "passwd", "pwd", "pass", "passphrase", "secret", "token", "apikey", "credential", "credentials"}
#: The same, written in one word with what it is for: PGPASSWORD.
_GLUED = ("password", "passwd", "secret")
#: What a program is told, where a secret stands behind its name: `PGPASSWORD=x psql`, `--password=x`, `--password x`.
_TOLD = ("Command", "EntryPoint", "Input")
#: `NAME=value` in a shell, an environment file or a line of YAML; a value that is looked up is none.
_ASSIGNMENT = re.compile(r"([A-Za-z][A-Za-z0-9_-]*)[\"']?\s*[=:]\s*[\"']?([^\s\"'$`{}<>;]+)")
#: In a script the name of a secret may go on, but for where it is kept: `SECRET_KEY_BASE`, and not `PASSWORD_FILE`.
_WITHIN = _ENDINGS - {"pass", "apikey"}
_PLACES = frozenset(
    {"arn", "id", "name", "path", "file", "url", "region", "length", "ttl", "seconds", "minutes", "hours", "days"}
)
_FLAG = re.compile(r"--?([A-Za-z][A-Za-z0-9_-]*)")
_KEYS = {"licence", "license", "api", "secret", "private", "access", "encryption", "signing"}
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

#: Where a list of names and values has the name.
_NAMES = ("Name", "Key", "Header", "HeaderName")

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
        elif key in _TOLD:
            yield from ((where, f"the value of {name}") for name in assigned_secrets(text))
    for where, words_told in _commands(value, ""):
        for flag, given in itertools.pairwise(words_told):
            named = _FLAG.fullmatch(flag)
            if named and _is_secret_name(named.group(1)) and not given.startswith(("-", "$")):
                yield where, f"the value of {flag}"


def assigned_secrets(text: str) -> Iterator[str]:
    """The names in a script or command that are secrets' and have a plain value beside them."""
    for name, value in _ASSIGNMENT.findall(text):
        parts = words(name)
        is_named = _is_secret_name(name) or bool(_WITHIN & set(parts) and parts[-1] not in _PLACES)
        if is_named and value.lower() not in _HARMLESS and not value.startswith(("arn:", "/")):
            yield name


def _commands(value: Any, path: str) -> Iterator[tuple[str, list[str]]]:
    """Every command, as the list of its words, with its path."""
    if isinstance(value, Mapping):
        for member, item in value.items():
            inner = f"{path}.{member}" if path else str(member)
            if member in _TOLD and isinstance(item, (list, tuple)):
                yield inner, [word if isinstance(word, str) else "$" for word in item]
            else:
                yield from _commands(item, inner)
    elif isinstance(value, (list, tuple)):
        for item in value:
            yield from _commands(item, path)


def _is_secret_name(name: str) -> bool:
    parts = words(name)
    if not parts:
        return False
    return (
        parts[-1] in _ENDINGS or parts[-1].endswith(_GLUED) or (parts[-1] == "key" and bool(_KEYS & set(parts[-2:-1])))
    )


def _known_pointer(resource: Resource, where: str) -> bool:
    """Properties that are called like a secret and say where one is, or how it is made."""
    return resource.kind.startswith("AWS::SecretsManager::") or where.split(".")[-1] in ("ValueFrom",)


def _texts(value: Any, path: str, key: str = "") -> Iterator[tuple[str, str, str]]:
    """Every text with its path and the name under which it is kept; `{Name: x, Value: y}` is y under x."""
    if isinstance(value, str):
        yield path, key, value
    elif isinstance(value, Compose):
        # What is filled in is no plain text, so the name says nothing; what stands around it is.
        yield path, "", value.template
    elif isinstance(value, Mapping):
        named = next((value[word] for word in _NAMES if word in value), None)
        for member, item in value.items():
            its_key = str(named) if member in ("Value", "HeaderValue") and isinstance(named, str) else str(member)
            inner = f"{path}.{its_key}" if path else its_key
            yield from _texts(item, inner, its_key)
    elif isinstance(value, (list, tuple)):
        for item in value:
            yield from _texts(item, path, key)


def _no_member(subject: Subject) -> Iterator[tuple[str, str]]:
    """A member of a secret of the stack that nothing puts into it. Of a text nobody knows what it says."""
    held = _members(subject)
    for resource in subject.resources:
        for option, address, member in (*_handed(resource), *_read(resource)):
            known = held.get(address)
            if known is None or member in known:
                continue
            has = f"has {', '.join(sorted(known))}" if known else "is one text without members"
            path = f"{resource.path}.{option}" if option else resource.path
            yield path, f"{member!r} is no member of secret {address.name!r}, which {has}{close(member, known)}"


def _handed(resource: Resource) -> Iterator[tuple[str, Address, str]]:
    """What a container gets of secrets by its definition, and a function by a variable beside the secret's ARN."""
    for container in resource.properties.get("ContainerDefinitions") or () if resource.kind == _TASK else ():
        for secret in container.get("Secrets") or ():
            source = secret.get("ValueFrom")
            if isinstance(source, Compose) and isinstance(source.parts.get("arn"), Ref):
                member = json.loads(f'"{source.template.removeprefix("{arn}:").removesuffix("::")}"')
                yield f"secrets.{secret['Name']}", source.parts["arn"].address, member
    if resource.kind == _FUNCTION:
        variables = (resource.properties.get("Environment") or {}).get("Variables") or {}
        for name, value in variables.items():
            member = variables.get(f"{name}{MEMBER_SUFFIX}")
            if isinstance(value, Ref) and isinstance(member, str):
                yield f"secrets.{name}", value.address, member


def _read(resource: Resource) -> Iterator[tuple[str, Address, str]]:
    """What is read from secrets while the stack is made."""
    for ref in references(resource.properties):
        if ref.address.kind == _SECRET and ref.attribute.startswith("Value."):
            yield "", ref.address, ref.attribute.removeprefix("Value.")


def _members(subject: Subject) -> dict[Address, frozenset[str] | None]:
    """By secret, the members that it is made with and that are written into it; None: nobody knows."""
    found: dict[Address, frozenset[str] | None] = {}
    for secret in subject.of(_SECRET):
        found[secret.address] = _made_with(secret)
    for written in subject.of(_WRITTEN):
        target = written.properties.get("SecretId")
        if not isinstance(target, Ref) or target.address not in found:
            continue
        known, fields = found[target.address], written.properties.get("Fields")
        found[target.address] = None if known is None or fields is None else known | set(fields)
    return found


def _made_with(secret: Resource) -> frozenset[str] | None:
    rule, text = secret.properties.get("GenerateSecretString"), secret.properties.get("SecretString")
    if rule is not None:
        member = rule.get("GenerateStringKey")
        return frozenset({member, *json.loads(rule.get("SecretStringTemplate") or "{}")}) if member else frozenset()
    text = text.value if isinstance(text, Sensitive) else text
    if text is None:
        return frozenset()
    try:
        value = json.loads(text)
    except (TypeError, ValueError):
        return None
    return frozenset(value) if isinstance(value, Mapping) else None


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
    Rule("secret.no-member", "A member of a secret that it does not have.", _no_member),
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
