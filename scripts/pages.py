"""Write docs/tiers/: a page for each section of a description, from what the code says about it, and docs/rules.md.

A page shows the section's options with an example, what stands in the account afterwards, and what other sections may
say about it: references, permissions, metrics, rules. Run by .venv's Python after a tier has changed;
tests/unit/test_pages.py fails until then.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import yaml

import roles
from ansible_collections.stackwright.aws.plugins.module_utils.preflight.rules import RULES
from ansible_collections.stackwright.aws.plugins.module_utils.tiers.base import Tier
from ansible_collections.stackwright.aws.plugins.module_utils.tiers.formats import Range
from ansible_collections.stackwright.aws.plugins.module_utils.tiers.metrics import SOURCES
from ansible_collections.stackwright.aws.plugins.module_utils.tiers.permissions import PERMISSIONS
from ansible_collections.stackwright.aws.plugins.module_utils.tiers.stack import TIERS, Compiled, compile_all
from ansible_collections.stackwright.aws.plugins.module_utils.workloads.rules import RULES as CLUSTER_RULES

ROOT = Path(__file__).resolve().parent.parent
DOCS = ROOT / "docs"
MADE_BY = "<!-- Written by scripts/pages.py; change the module's documentation instead. -->"
#: What of a module's options is no part of the section.
AROUND = {"system", "env", "region", "entry", "network", "stack", "state", "protect"}


def modules() -> dict[str, Tier]:
    """The tiers that have a module, by its name."""
    return {tier.reference: tier for tier in TIERS if tier.section != "resources"}


def plain(text: str) -> str:
    """Ansible's markup as Markdown's."""
    text = text.replace("M(stackwright.aws.stack)", "[stack](README.md)")
    text = re.sub(r"\bM\(stackwright\.aws\.(\w+)\)", r"[\1](\1.md)", text)
    text = re.sub(r"\bO\(stackwright\.aws\.(\w+)#module:", "O(", text)
    return re.sub(r"\b(?:C|V|O|RV)\(((?:\\.|[^)\\])*)\)", lambda found: f"`{found[1].replace(chr(92), '')}`", text)


def sentences(lines: list[str]) -> str:
    return " ".join(plain(line) for line in lines)


#: How sentences begin that are about a run of the module alone.
OF_THE_MODULE = "Only this part of the stack is changed."
#: Sentences of one option above which they become a list.
LONG = 3
#: What rules call a tier that they do not call by its name.
TOPICS = {
    "cost_anomaly": ("cost",),
    "event_rule": ("schedule",),
    "http_api": ("api",),
    "kubernetes_cluster": ("kubernetes",),
    "monitoring": ("alarm", "logs"),
    "rest_api": ("api",),
    "search_domain": ("search",),
}

#: A stack for examples that are a part of one: `stack: "{{ stack }}"`.
REST: dict[str, Any] = {
    "network": {"cidr": "10.0.0.0/16"},
    "databases": {
        "main": {"engine": "postgres", "engine_version": "16", "instance_class": "db.t3.small", "allocated_storage": 20}
    },
    "secrets": {"database": {"generate": ["password"]}},
    "certificates": {"example.com": {}},
    "repositories": {"shop/api": {}},
    "clusters": {"shop": {}},
    "services": {"web": {"cluster": "shop", "port": 8000}, "api": {"cluster": "shop", "port": 8000}},
    "topics": {"ops": {}},
    "functions": {name: {"runtime": "python3.13"} for name in ("auth", "health", "jwt", "letter")},
    "load_balancers": {"web": {"certificate": "example.com", "routes": [{"to": "service.web"}]}},
    "fleets": {"api": {"instance_type": "t3.small"}},
}


def examples(documented: Mapping[str, Any], module: str) -> Iterator[dict[str, Any]]:
    """The arguments of the module's examples."""
    for task in yaml.safe_load(documented["examples"]):
        arguments = task.get(f"{roles.COLLECTION}.{module}")
        if isinstance(arguments, dict) and arguments.get("state", "present") == "present":
            yield arguments


def section(tier: Tier, arguments: Mapping[str, Any]) -> dict[str, Any]:
    """A module's arguments as they stand in a description."""
    options = {name: value for name, value in arguments.items() if name not in AROUND and name in tier.spec}
    return {tier.section: options if tier.single else {arguments["entry"]: options}}


def around(tier: Tier, arguments: Mapping[str, Any]) -> dict[str, Any]:
    """An example as a description: as it is shown, in a stack that has what it refers to."""
    stated = arguments.get("stack") or {}
    rest = REST if isinstance(stated, str) else {"network": REST["network"], **stated}
    own = section(tier, arguments)
    entries = own[tier.section] if tier.single else {**(rest.get(tier.section) or {}), **own[tier.section]}
    description = {"system": "shop", "env": "prod", "region": arguments.get("region") or "eu-west-1", **rest}
    return {**description, tier.section: entries}


def compiled(tier: Tier, arguments: Mapping[str, Any]) -> Compiled:
    """What an example amounts to.

    Raises:
        DocumentError: an example that cannot stand so.
    """
    return compile_all(around(tier, arguments))


def option_lines(options: Mapping[str, Any], spec: Mapping[str, Any], depth: int = 0) -> Iterator[str]:
    """One list item per option, the options inside it below it.

    Args:
        spec: the options' rules, which know the ranges of numbers.
    """
    for name, option in sorted(options.items(), key=lambda item: (not item[1].get("required"), item[0])):
        kind = option.get("type", "str")
        if option.get("elements"):
            kind = f"list of {option['elements']}"
        facts = [kind, "required" if option.get("required") else ""]
        default = option.get("default")
        if default not in (None, [], {}, ""):
            facts.append(f"default `{str(default).lower() if isinstance(default, bool) else default}`")
        if option.get("choices"):
            facts.append("one of " + ", ".join(f"`{choice}`" for choice in option["choices"]))
        rule = spec.get(name, {})
        if isinstance(rule.get("format"), Range):
            facts.append(str(rule["format"]))
        said = [option["description"]] if isinstance(option["description"], str) else option["description"]
        shown = said if len(said) <= LONG else said[:1]
        yield f"{'  ' * depth}- **{name}** ({'; '.join(filter(None, facts))}): {sentences(shown)}"
        yield from (f"{'  ' * depth}  - {plain(line)}" for line in said[len(shown) :])
        yield from option_lines(option.get("suboptions") or {}, rule.get("options", {}), depth + 1)


def page(module: str, tier: Tier, documented: Mapping[str, Any]) -> str:
    doc, own = documented["doc"], roles.COLLECTION
    shown = list(examples(documented, module))
    made = [compiled(tier, arguments) for arguments in shown]
    reference = tier.refer("" if tier.single else shown[0]["entry"])
    options = {name: option for name, option in doc["options"].items() if name in tier.spec}
    parts = [
        f"# {tier.section}",
        MADE_BY,
        " ".join(plain(line) for line in doc["description"] if not line.startswith(OF_THE_MODULE)),
        f"By itself: the module `{own}.{module}` and the role `{own}.{roles.role_of(module)}`, with the same options.",
        *(f"```yaml\n{roles.dump(section(tier, arguments)).rstrip()}\n```" for arguments in shown),
        "## Options",
        "\n".join(option_lines(options, tier.spec)),
        *resources_of(reference, made[0], alone=len(shown) == 1),
        *references_of(reference, made[0]),
        *permissions_of(tier),
        *metrics_of(tier),
        *rules_of(tier),
    ]
    return "\n\n".join(parts) + "\n"


def resources_of(reference: str, made: Compiled, *, alone: bool) -> list[str]:
    kinds = sorted(address.kind for address in made.parts[reference])
    counts = {kind: len(list(group)) for kind, group in itertools.groupby(kinds)}
    items = [f"- {count} x `{kind}`" if count > 1 else f"- `{kind}`" for kind, count in counts.items()]
    return [f"## What the {'' if alone else 'first '}example makes", "\n".join(items)]


def references_of(reference: str, made: Compiled) -> list[str]:
    values = made.outputs.get(reference)
    if not values:
        return []
    words = ", ".join(f"`{word}`" for word in sorted(values))
    return ["## What can be referred to", f"`{reference}.WORD`, or inside a text `${{{reference}.WORD}}`: {words}."]


def permissions_of(tier: Tier) -> list[str]:
    verbs = sorted(verb for verb, noun in PERMISSIONS if noun == tier.reference)
    if not verbs:
        return []
    return [
        "## What others may do with it",
        f"`may: {{{verbs[0]}: [{tier.reference}.NAME]}}` of a workload or role; verbs: "
        + ", ".join(f"`{verb}`" for verb in verbs)
        + ".",
    ]


def metrics_of(tier: Tier) -> list[str]:
    source = SOURCES.get(tier.reference)
    if source is None:
        return []
    rows = [f"| `{word}` | {metric.name} | {metric.statistic} |" for word, metric in source.metrics.items()]
    return [
        "## What can be measured of it",
        f"As `metric` of an alarm or a dashboard in [monitoring](monitoring.md); from `{source.namespace}`.",
        "\n".join(["| metric | in CloudWatch | statistic |", "|---|---|---|", *rows]),
    ]


def rules_of(tier: Tier) -> list[str]:
    topics = (tier.reference.replace("_", "-"), *TOPICS.get(tier.reference, ()))
    rows = [f"- `{rule.code}`: {rule.title}" for rule in RULES if rule.code.partition(".")[0] in topics]
    return ["## What is checked before any request", "\n".join(rows)] if rows else []


def rules_page() -> str:
    """Every preflight rule, and those over what runs on Kubernetes."""
    lines = [
        "# Preflight rules",
        MADE_BY,
        "Checked over the compiled description, the `resources` section included, before any request. An error ends "
        "the run; a warning is told. Why the better known of them are there, and what is built instead: "
        "[what cannot stand](guides/corrections.md).",
    ]
    stated = [(rule.code, rule.severity.value, rule.title, rule.source) for rule in RULES]
    stated += [(rule.code, "error", rule.title, rule.source) for rule in CLUSTER_RULES]
    by_topic: dict[str, list[str]] = {}
    for code, severity, title, source in stated:
        where = f" ([source]({source}))" if source else ""
        by_topic.setdefault(code.partition(".")[0], []).append(f"- `{code}` ({severity}): {title}{where}")
    for topic, rows in by_topic.items():
        lines += [f"## {topic}", "\n".join(rows)]
    return "\n\n".join(lines) + "\n"


def index(tiers: Mapping[str, Tier], documented: Mapping[str, Any]) -> str:
    rows = [
        f"- [{tier.section}]({module}.md): {plain(documented[module]['doc']['short_description'])}."
        for module, tier in tiers.items()
    ]
    return (
        "\n\n".join(
            [
                "# The sections of a description",
                MADE_BY,
                "In the order in which a description reads well. Each is a part of `stack`, a module and a role.",
                "\n".join(rows),
            ]
        )
        + "\n"
    )


def pages() -> dict[str, str]:
    """Every page by its path below docs/."""
    tiers = modules()
    documented = roles.documentation(list(tiers))
    found = {f"tiers/{module}.md": page(module, tier, documented[module]) for module, tier in tiers.items()}
    return {**found, "tiers/README.md": index(tiers, documented), "rules.md": rules_page()}


def main() -> None:
    for name, text in pages().items():
        path = DOCS / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)


if __name__ == "__main__":
    main()
