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
from ansible_collections.stackwright.aws.plugins.module_utils.engine.errors import DocumentError
from ansible_collections.stackwright.aws.plugins.module_utils.preflight.rules import RULES
from ansible_collections.stackwright.aws.plugins.module_utils.run import tier_description
from ansible_collections.stackwright.aws.plugins.module_utils.tiers.base import Tier
from ansible_collections.stackwright.aws.plugins.module_utils.tiers.metrics import SOURCES
from ansible_collections.stackwright.aws.plugins.module_utils.tiers.permissions import PERMISSIONS
from ansible_collections.stackwright.aws.plugins.module_utils.tiers.stack import TIERS, Compiled, compile_all

ROOT = Path(__file__).resolve().parent.parent
MADE_BY = "<!-- Written by scripts/pages.py; change the module's documentation instead. -->"
#: What of a module's options is no part of the section.
AROUND = {"system", "env", "region", "entry", "network", "stack", "state", "protect"}


def modules() -> dict[str, Tier]:
    """The tiers that have a module, by its name."""
    return {tier.reference: tier for tier in TIERS if tier.section != "resources"}


def plain(text: str) -> str:
    """Ansible's markup as Markdown's."""
    text = re.sub(r"\b[CVO]\(([^)]*)\)", r"`\1`", text)
    text = re.sub(r"\bRV\(([^)]*)\)", r"`\1`", text)
    return re.sub(r"\bM\(stackwright\.aws\.(\w+)\)", r"[\1](\1.md)", text)


def sentences(description: Any) -> str:
    lines = [description] if isinstance(description, str) else description
    return " ".join(plain(line) for line in lines)


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


def compiled(tier: Tier, arguments: Mapping[str, Any]) -> Compiled | None:
    """What an example amounts to; None for one that needs more of its stack than it shows."""
    given = {name: arguments.get(name) for name in ("system", "env", "region", "entry", "network", "stack", "protect")}
    description, _part = tier_description(tier, {**given, **arguments})
    for around in ({}, {"network": {"cidr": "10.0.0.0/16"}}):
        try:
            return compile_all({**around, **description})
        except DocumentError:
            continue
    return None


def option_lines(options: Mapping[str, Any], depth: int = 0) -> Iterator[str]:
    """One list item per option, the options inside it below it."""
    for name, option in sorted(options.items(), key=lambda item: (not item[1].get("required"), item[0])):
        kind = option.get("type", "str")
        if option.get("elements"):
            kind = f"list of {option['elements']}"
        facts = [kind, "required" if option.get("required") else ""]
        default = option.get("default")
        if default not in (None, [], {}):
            facts.append(f"default `{str(default).lower() if isinstance(default, bool) else default}`")
        if option.get("choices"):
            facts.append("one of " + ", ".join(f"`{choice}`" for choice in option["choices"]))
        yield f"{'  ' * depth}- **{name}** ({'; '.join(filter(None, facts))}): {sentences(option['description'])}"
        yield from option_lines(option.get("suboptions") or {}, depth + 1)


def page(module: str, tier: Tier, documented: Mapping[str, Any]) -> str:
    doc = documented["doc"]
    shown = list(examples(documented, module))
    made = next((found for arguments in shown if (found := compiled(tier, arguments))), None)
    options = {name: option for name, option in doc["options"].items() if name in tier.spec}
    parts = [
        f"# {tier.section}",
        MADE_BY,
        "\n".join(f"{plain(line)}" for line in doc["description"]),
        f"By itself: the module and the role `{roles.COLLECTION}.{roles.role_of(module)}`, with the same options.",
        f"```yaml\n{roles.dump(section(tier, shown[0])).rstrip()}\n```",
        "## Options",
        "\n".join(option_lines(options)),
        *resources_of(tier, made),
        *references_of(tier, made),
        *permissions_of(tier),
        *metrics_of(tier),
        *rules_of(tier),
    ]
    return "\n\n".join(parts) + "\n"


def resources_of(tier: Tier, made: Compiled | None) -> list[str]:
    if made is None:
        return []
    part = next(part for reference, part in made.parts.items() if reference.partition(".")[0] == tier.reference)
    counts = {kind: len(list(group)) for kind, group in itertools.groupby(sorted(address.kind for address in part))}
    items = [f"- {count} x `{kind}`" if count > 1 else f"- `{kind}`" for kind, count in counts.items()]
    return ["## What the example makes", "\n".join(items)]


def references_of(tier: Tier, made: Compiled | None) -> list[str]:
    outputs = made.outputs if made else {}
    own = {reference: values for reference, values in outputs.items() if reference.partition(".")[0] == tier.reference}
    if not own:
        return []
    reference, values = next(iter(own.items()))
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
    topic = tier.reference.replace("_", "-")
    rows = [f"- `{rule.code}`: {rule.title}" for rule in RULES if rule.code.partition(".")[0] == topic]
    return ["## What is checked before any request", "\n".join(rows)] if rows else []


def rules_page() -> str:
    """Every preflight rule."""
    lines = [
        "# Preflight rules",
        MADE_BY,
        "Checked over the compiled description, before any request. An error ends the run; a warning is told.",
    ]
    for topic, group in itertools.groupby(RULES, key=lambda rule: rule.code.partition(".")[0]):
        lines += [f"## {topic}"]
        rows = []
        for rule in group:
            source = f" ([source]({rule.source}))" if rule.source else ""
            rows.append(f"- `{rule.code}` ({rule.severity.value}): {rule.title}{source}")
        lines += ["\n".join(rows)]
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
        path = ROOT / "docs" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)


if __name__ == "__main__":
    main()
