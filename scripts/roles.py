"""Write what follows from a module into its role: argument_specs.yml, the task, meta/main.yml and README.md.

A role takes every option of its module as a variable that begins with the role's name. Run by .venv's Python after
options have changed; tests/unit/test_specs_agree.py fails until then.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
import textwrap
from pathlib import Path
from typing import Any

import yaml

from ansible_collections.stackwright.aws.plugins.module_utils.door import STACK_SPEC, tier_spec
from ansible_collections.stackwright.aws.plugins.module_utils.tiers.stack import TIERS

ROOT = Path(__file__).resolve().parent.parent
COLLECTION = "stackwright.aws"
#: `role_name` and `role_path` are Ansible's own variables, so the role for IAM roles has another prefix.
RENAMED = {"role": "iam_role"}
WIDTH = 116


class Dumper(yaml.SafeDumper):
    """Indents sequences, as yamllint wants it, and writes every value where it stands."""

    def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:
        super().increase_indent(flow, False)

    def ignore_aliases(self, data: Any) -> bool:
        return True


def represent_text(dumper: Dumper, text: str) -> yaml.ScalarNode:
    """Templates stand in double quotes, as everywhere in Ansible."""
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style='"' if "{{" in text else None)


Dumper.add_representer(str, represent_text)


def dump(data: Any) -> str:
    text: str = yaml.dump(data, Dumper=Dumper, sort_keys=False, width=WIDTH, allow_unicode=True)
    return text


def specs() -> dict[str, dict[str, Any]]:
    """The argument spec of each module that has a role."""
    return {tier.reference: tier_spec(tier) for tier in TIERS if tier.section != "resources"} | {"stack": STACK_SPEC}


def documentation(modules: list[str]) -> dict[str, Any]:
    """What ansible-doc knows of modules, fragments merged in."""
    names = [f"{COLLECTION}.{module}" for module in modules]
    program = Path(sys.executable).parent / "ansible-doc"
    answer = subprocess.run(
        [program, "--type", "module", "--json", *names], check=True, capture_output=True, text=True, cwd=ROOT
    )
    return {name.rpartition(".")[2]: documented for name, documented in json.loads(answer.stdout).items()}


def role_of(module: str) -> str:
    return RENAMED.get(module, module)


def variable(module: str, option: str) -> str:
    return f"{role_of(module)}_{option}"


def role_options(module: str, spec: dict[str, Any], documented: dict[str, Any], top: bool = True) -> dict[str, Any]:
    """Options as argument_specs.yml takes them: structure from the argument spec, words from the documentation."""
    options = {}
    for name, rule in sorted(spec.items()):
        text = documented[name]["description"]
        option: dict[str, Any] = {
            "description": [in_role(module, line) for line in ([text] if isinstance(text, str) else text)],
            "type": rule["type"],
        }
        option |= {word: rule[word] for word in ("elements", "required", "choices") if rule.get(word)}
        if rule.get("default") is not None:
            option["default"] = rule["default"]
        if rule.get("no_log"):
            option["no_log"] = True
        if "options" in rule:
            option["options"] = role_options(module, rule["options"], documented[name]["suboptions"], top=False)
        options[variable(module, name) if top else name] = option
    return options


def in_role(module: str, text: str) -> str:
    """A module's description with its options called as the role calls them."""
    text = re.sub(r"\bO\((\w)", lambda found: f"O({role_of(module)}_{found[1]}", text)
    return re.sub(r"\bRV\((\w)", lambda found: f"RV({COLLECTION}.{module}#module:{found[1]}", text)


def argument_specs(module: str, spec: dict[str, Any], documented: dict[str, Any]) -> dict[str, Any]:
    doc = documented["doc"]
    main = {
        "short_description": doc["short_description"],
        "description": [
            *(in_role(module, line) for line in doc["description"]),
            f"Every variable is the option of M({COLLECTION}.{module}) that its name ends with, and what is not set is "
            "left to the module. The result is in C(" + variable(module, "result") + ").",
        ],
        "options": role_options(module, spec, doc["options"]),
    }
    return {"argument_specs": {"main": main}}


def task(module: str, spec: dict[str, Any], documented: dict[str, Any]) -> list[dict[str, Any]]:
    arguments = {}
    for option, rule in sorted(spec.items()):
        otherwise = "" if rule.get("required") else " | default(omit)"
        arguments[option] = "{{ " + variable(module, option) + otherwise + " }}"
    return [
        {
            "name": documented["doc"]["short_description"],
            f"{COLLECTION}.{module}": arguments,
            "register": variable(module, "result"),
        }
    ]


def meta(documented: dict[str, Any]) -> dict[str, Any]:
    return {
        "galaxy_info": {
            "author": f"{COLLECTION} contributors",
            "description": documented["doc"]["short_description"],
            "license": "GPL-3.0-or-later",
            "min_ansible_version": "2.19",
        },
        "dependencies": [],
    }


def readme(module: str, documented: dict[str, Any]) -> str:
    doc, role = documented["doc"], role_of(module)
    first = yaml.safe_load(documented["examples"])[0]
    given = first[f"{COLLECTION}.{module}"]
    play = [
        {
            "name": first["name"],
            "hosts": "staging",
            "gather_facts": False,
            "roles": [{"role": f"{COLLECTION}.{role}", "vars": {variable(module, k): v for k, v in given.items()}}],
        }
    ]
    lines = [textwrap.fill(plain(line), WIDTH, break_on_hyphens=False) for line in doc["description"]]
    return "\n".join(
        [
            f"# {COLLECTION}.{role}",
            "",
            f"{doc['short_description']}.",
            "",
            "\n".join(lines),
            "",
            f"The variables are the options of the module `{COLLECTION}.{module}` with `{role}_` before them:",
            f"`ansible-doc -t role {COLLECTION}.{role}` lists them. What is not set is left to the module, so its",
            f"`module_defaults` hold here too. The result is in `{variable(module, 'result')}`.",
            "",
            "```yaml",
            dump(play).rstrip(),
            "```",
            "",
        ]
    )


def plain(text: str) -> str:
    return re.sub(r"\b[A-Z]{1,2}\(([^)]*)\)", r"`\1`", text)


def files(module: str, spec: dict[str, Any], documented: dict[str, Any]) -> dict[str, str]:
    """What belongs into a role's folder, by path."""
    return {
        "README.md": readme(module, documented),
        "meta/argument_specs.yml": "---\n" + dump(argument_specs(module, spec, documented)),
        "meta/main.yml": "---\n" + dump(meta(documented)),
        "tasks/main.yml": "---\n" + dump(task(module, spec, documented)),
    }


def main() -> None:
    all_specs = specs()
    documented = documentation(list(all_specs))
    for module, spec in all_specs.items():
        for name, text in files(module, spec, documented[module]).items():
            path = ROOT / "roles" / role_of(module) / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)


if __name__ == "__main__":
    main()
