# Copyright (c) stackwright.aws contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The options of a whole description against the tiers' argument specs, before anything else happens.

The specs and the coercions are Ansible's own, so that an option means the same in `stack` and in its tier's module.
What Ansible's validator does not do is done here: sections that map names to entries, a problem for every mistake
instead of the first, each with the option's path and a hint. And specs have words that Ansible has not:

- `type: map`: names to options that all follow the spec in `options`, as sections are.
- `format`: what a value must look like, see `formats`.
- `keys`, of a `dict`: the format of its keys.
- `values`, of a `dict`: the rule that each of its values follows. One that is null is its default, or as good as
  absent.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping
from typing import Any

from ansible.module_utils.common.validation import (
    check_type_bool,
    check_type_dict,
    check_type_float,
    check_type_int,
    check_type_list,
)

from .base import TAGS, Options, Tier
from .catalog import close

#: What stands beside the sections.
STACK_SPEC: dict[str, Any] = {
    "system": {"type": "str", "required": True},
    "env": {"type": "str", "required": True},
    "region": {"type": "str", "required": True},
    "tags": TAGS,
    "protect": {"type": "bool"},
}

_SYSTEM = re.compile(r"[a-z][a-z0-9]*([-_][a-z0-9]+)*")
_SYSTEM_LIMIT = 63
#: `:` and `@` begin a member in a reference, and a name becomes the value of a tag.
_ENTRY = re.compile(r"[A-Za-z0-9][A-Za-z0-9/_.+=-]*")
_ENTRY_LIMIT = 128


def text_of(value: str | float) -> str:
    """A plain value as text, booleans as a person writes them."""
    return str(value).lower() if isinstance(value, bool) else str(value)


def _scalar(value: Any) -> str:
    if not isinstance(value, (str, int, float)):
        raise TypeError
    return text_of(value)


def _text(value: Any) -> str:
    if isinstance(value, str):
        return value
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise TypeError
    return str(value)


def _integer(value: Any) -> int:
    if isinstance(value, bool):
        raise TypeError
    return int(check_type_int(value))


def _float(value: Any) -> float:
    number = float(check_type_float(value))
    if isinstance(value, bool) or not math.isfinite(number):
        raise TypeError
    return number


_COERCE: dict[str, tuple[Callable[[Any], Any], str]] = {
    "str": (_text, "text; quote it"),
    "path": (_text, "text; quote it"),
    "bool": (check_type_bool, "true or false"),
    "int": (_integer, "a whole number; write it in digits alone, without a unit"),
    "float": (_float, "a number; write it in digits alone, without a unit"),
    "dict": (check_type_dict, "a mapping of options; write OPTION: value"),
    "list": (check_type_list, "a list"),
    "map": (check_type_dict, "a mapping of names to options; write NAME: {OPTION: value}"),
    "raw": (lambda value: value, "a value"),
    # In `values` alone: text, a number, true or false.
    "scalar": (_scalar, "text"),
}
#: Options that say something about a secret, and are easily taken for the place of the secret itself.
_CALLED_SECRET = re.compile(r"password|secret|token|api_key")
#: Types that are made of others, where a value of the wrong type may be anything.
_MADE_OF_OTHERS = ("dict", "list", "map")
#: What Ansible knows nothing of.
_OWN_WORDS = ("format", "keys", "values")


def validate_stack(description: Any, sections: Mapping[str, Tier]) -> tuple[dict[str, Any], list[str]]:
    """A description with every option in its type and every default in its place, and what is wrong with it.

    Args:
        description: as the user wrote it, overrides merged.
        sections: every tier by its section.

    Returns:
        The options: the stack's own, and for each section of the description either its options (single sections) or a
        mapping of names to options. Sections that are not described are left out. And one message per problem.
    """
    if not isinstance(description, Mapping):
        return {}, [f"stack: {type(description).__name__} is no description; give a mapping with system, region, ..."]
    problems: list[str] = []
    description = with_text_keys(description, "", problems)
    for key in description:
        if key not in sections and key not in STACK_SPEC:
            known = [*STACK_SPEC, *sections]
            problems.append(f"{key}: unknown section{close(str(key), known)} (there are {', '.join(known)})")
    own = {key: description[key] for key in STACK_SPEC if key in description}
    options = validate(STACK_SPEC, own, "", problems)
    for key in ("system", "env"):
        given_name = options.get(key)
        if given_name is not None and (not _SYSTEM.fullmatch(given_name) or len(given_name) > _SYSTEM_LIMIT):
            problems.append(
                f"{key}: {_shown(given_name)} cannot be part of a name in AWS; use lower case letters, digits and "
                f"hyphens, {_SYSTEM_LIMIT} at the most"
            )
    for section in sections:
        given = description.get(section)
        if given is None:
            continue
        tier = sections[section]
        if tier.single:
            options[section] = validate(tier.spec, given, section, problems, tier.constraints)
        else:
            options[section] = _entries(tier, given, problems)
    return options, problems


def with_text_keys(value: Any, path: str, problems: list[str]) -> Any:
    """A value whose keys are text at any depth. YAML makes other things of `on`, `null` and `2024`.

    Numbers are taken as they were meant; what else is no text is a problem, as nobody knows how it was written.
    """
    if isinstance(value, Mapping):
        return {
            _key(key, path, problems): with_text_keys(item, _join(path, key), problems) for key, item in value.items()
        }
    if isinstance(value, (list, tuple)):
        return [with_text_keys(item, f"{path}[{index}]", problems) for index, item in enumerate(value)]
    return value


def _key(key: Any, path: str, problems: list[str]) -> str:
    if isinstance(key, str):
        return key
    if isinstance(key, bool) or not isinstance(key, int):
        said = {True: "true, as YAML reads yes and on,", False: "false, as YAML reads no and off,", None: "null"}
        what = said[key] if key is None or isinstance(key, bool) else "no text"
        problems.append(f"{path or 'stack'}: one of its keys is {what} and not a name; quote it")
    return str(key)


def _entries(tier: Tier, given: Any, problems: list[str]) -> dict[str, Options]:
    if not isinstance(given, Mapping):
        problems.append(f"{tier.section}: {_kind(given)} is no mapping of names to their options; write NAME: {{...}}")
        return {}
    entries: dict[str, Options] = {}
    for key, value in given.items():
        name = str(key)
        if not _ENTRY.fullmatch(name) or len(name) > _ENTRY_LIMIT:
            problems.append(
                f"{tier.section}.{name}: the name must begin with a letter or digit, go on with those and / _ . + = -, "
                f"and have at most {_ENTRY_LIMIT} characters; the option for the name in AWS takes what AWS takes"
            )
        entries[name] = validate(tier.spec, {} if value is None else value, tier.path(name), problems, tier.constraints)
    return entries


def validate(
    spec: Mapping[str, Any],
    given: Any,
    path: str,
    problems: list[str],
    constraints: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """Options against an argument spec.

    Args:
        spec: as `AnsibleModule` takes it.
        given: what the user wrote; a member that is None is as good as absent.
        path: where it stands in the description.
        problems: receives one message for each mistake; no message holds the value of a `no_log` option.
        constraints: the relations between the options, under `AnsibleModule`'s names.

    Returns:
        Every option of the spec: as given, its default, or None.
    """
    if not isinstance(given, Mapping):
        problems.append(f"{path}: {_kind(given)} is no mapping of options; write OPTION: value")
        given = {}
    for key in given:
        if key not in spec:
            problems.append(
                f"{_join(path, key)}: unknown option{close(str(key), spec)} "
                f"({path or 'the stack'} takes {', '.join(sorted(spec))})"
            )
    options: dict[str, Any] = {}
    for key, rule in spec.items():
        value = given.get(key)
        where = _join(path, key)
        if value is None:
            if rule.get("required"):
                problems.append(f"{where}: is missing; it has no default")
            options[key] = _default(rule, where, problems)
        else:
            options[key] = _value(rule, value, where, problems)
    _relations(options, path, constraints or {}, problems)
    return options


def _default(rule: Mapping[str, Any], path: str, problems: list[str]) -> Any:
    if rule.get("default") is None and rule.get("apply_defaults") and "options" in rule:
        return validate(rule["options"], {}, path, problems)
    default = rule.get("default")
    return default.copy() if isinstance(default, (dict, list)) else default


def _value(rule: Mapping[str, Any], value: Any, path: str, problems: list[str]) -> Any:
    secret = bool(rule.get("no_log")) or bool(_CALLED_SECRET.search(path.rpartition(".")[2])) or _is_of_secret(path)
    typed = _coerced(rule.get("type", "str"), value, path, secret, problems)
    if typed is None:
        return None
    if isinstance(typed, list):
        return _elements(rule, typed, path, problems)
    if rule.get("type") == "map":
        return _map(rule, typed, path, problems)
    if isinstance(typed, dict) and "options" in rule:
        return validate(rule["options"], typed, path, problems, _constraints_of(rule))
    if isinstance(typed, dict):
        return _mapping(rule, typed, path, problems)
    _choice(rule, typed, path, secret, problems)
    _format(rule.get("format"), typed, path, secret, problems, written=value)
    return typed


def _is_of_secret(path: str) -> bool:
    """Whether an option is one of a secret's, where the secret itself is soon written at the wrong place."""
    return path.startswith("secrets.")


def _mapping(rule: Mapping[str, Any], given: dict[Any, Any], path: str, problems: list[str]) -> dict[Any, Any]:
    """A mapping of any names to values of one rule."""
    _format(rule.get("format"), given, path, False, problems)
    for key in given:
        _format(rule.get("keys"), str(key), path, False, problems)
    if "values" not in rule:
        return given
    inner = rule["values"]
    return {
        key: _default(inner, path, problems) if item is None else _value(inner, item, _join(path, key), problems)
        for key, item in given.items()
        if item is not None or "default" in inner
    }


def _format(
    takes: Callable[[Any], str] | None,
    value: Any,
    path: str,
    secret: bool,
    problems: list[str],
    *,
    written: Any = None,
) -> None:
    """Args: written: the value as the user wrote it, for the message; by default the value."""
    problem = takes(value) if takes is not None else ""
    if problem:
        problems.append(f"{path}: {_shown(value if written is None else written, secret)} {problem}")


def _map(rule: Mapping[str, Any], given: Mapping[str, Any], path: str, problems: list[str]) -> dict[str, Any]:
    """A mapping of names to options that all follow one spec, as sections are; Ansible has no word for it."""
    constraints = _constraints_of(rule)
    return {
        str(name): validate(rule["options"], {} if value is None else value, _join(path, name), problems, constraints)
        for name, value in given.items()
    }


def for_ansible(spec: Mapping[str, Any]) -> dict[str, Any]:
    """A spec as `AnsibleModule` takes it: where it has no word for a mapping of names to options, a plain one."""
    plain: dict[str, Any] = {}
    for name, rule in spec.items():
        words = {key: value for key, value in rule.items() if key not in _OWN_WORDS}
        if rule.get("type") == "map":
            words["type"] = "dict"
            del words["options"]
        elif "options" in rule:
            words["options"] = for_ansible(rule["options"])
        plain[name] = words
    return plain


def _elements(rule: Mapping[str, Any], items: list[Any], path: str, problems: list[str]) -> list[Any]:
    inner = {key: item for key, item in rule.items() if key not in ("elements", "default", "required")}
    inner["type"] = rule.get("elements", "raw")
    return [_value(inner, item, f"{path}[{index}]", problems) for index, item in enumerate(items) if item is not None]


def _coerced(kind: str, value: Any, path: str, secret: bool, problems: list[str]) -> Any:
    coerce, meaning = _COERCE[kind]
    if kind == "list" and not isinstance(value, (list, tuple, str)):
        value = [value]
    try:
        return coerce(value)
    except (TypeError, ValueError, ArithmeticError):
        shown = _kind(value) if kind in _MADE_OF_OTHERS else _shown(value, secret)
        problems.append(f"{path}: {shown} is not {meaning}")
        return None


def _choice(rule: Mapping[str, Any], value: Any, path: str, secret: bool, problems: list[str]) -> None:
    choices = rule.get("choices")
    if choices and value not in choices:
        names = ", ".join(str(choice) for choice in choices)
        near = "" if secret or not isinstance(value, str) else close(value, choices)
        problems.append(f"{path}: {_shown(value, secret)} is none of: {names}{near}")


def _constraints_of(rule: Mapping[str, Any]) -> dict[str, Any]:
    words = ("mutually_exclusive", "required_together", "required_one_of", "required_if", "required_by")
    return {word: rule[word] for word in words if word in rule}


def _relations(options: Options, path: str, constraints: Mapping[str, Any], problems: list[str]) -> None:
    def given(name: str) -> bool:
        return options.get(name) not in (None, "", [], {})

    where = path or "the stack"
    for group in constraints.get("mutually_exclusive", ()):
        both = [name for name in group if given(name)]
        if len(both) > 1:
            problems.append(f"{where}: {' and '.join(both)} exclude each other; keep one")
    for group in constraints.get("required_together", ()):
        there = [name for name in group if given(name)]
        if there and len(there) < len(group):
            missing = [name for name in group if name not in there]
            problems.append(f"{where}: {', '.join(there)} needs {', '.join(missing)} beside it")
    for group in constraints.get("required_one_of", ()):
        if not any(given(name) for name in group):
            problems.append(f"{where}: needs one of {', '.join(group)}")
    for rule in constraints.get("required_if", ()):
        key, value, needed = rule[:3]
        missing = [name for name in needed if not given(name)]
        enough = len(missing) < len(needed) if len(rule) > 3 and rule[3] else not missing
        if options.get(key) == value and not enough:
            problems.append(f"{where}: {key} {value} needs {', '.join(missing)}")
    for key, needed in constraints.get("required_by", {}).items():
        names = [needed] if isinstance(needed, str) else needed
        missing = [name for name in names if not given(name)]
        if given(key) and missing:
            problems.append(f"{where}: {key} needs {', '.join(missing)} beside it")


def _shown(value: Any, secret: bool = False) -> str:
    if secret:
        return "the value"
    if isinstance(value, (Mapping, list, tuple)):
        return _kind(value)
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:57]}..."


def _kind(value: Any) -> str:
    """What a value is instead of what it says: an environment that is written as a list may hold secrets."""
    if isinstance(value, Mapping):
        return "a mapping"
    if isinstance(value, (list, tuple)):
        return "a list"
    return "text" if isinstance(value, str) else "a plain value"


def _join(path: str, key: Any) -> str:
    return f"{path}.{key}" if path else str(key)
