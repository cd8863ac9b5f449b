"""Every stack of every inventory as CloudFormation templates, before the judges that know AWS's own schemas."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from cfnlint.api import lint
from cfnlint.config import ManualArgs
from parliament import analyze_policy_string, enhance_finding

from ansible_collections.stackwright.aws.plugins.filter.other_stacks import other_stacks
from ansible_collections.stackwright.aws.plugins.filter.templates import templates
from ansible_collections.stackwright.aws.plugins.module_utils.engine.values import Unknown
from ansible_collections.stackwright.aws.plugins.module_utils.kinds.registry import REGISTRY
from tests.inventories import INVENTORIES, ROOT, described

ACCOUNT = "111122223333"
#: Attributes that no property foretells, in the form that AWS gives them.
MADE_UP = {
    "AWS::SecretsManager::Secret": "arn:aws:secretsmanager:{region}:{account}:secret:{id}-AbCdEf",
    "AWS::KMS::Key": "arn:aws:kms:{region}:{account}:key/1234abcd-12ab-34cd-56ef-1234567890ab",
}
JUDGED = ("MEDIUM", "HIGH", "CRITICAL")
#: Parliament counts a slip of the pen in an action as a small matter; it takes a permission away.
JUDGED_TOO = ("UNKNOWN_ACTION", "UNKNOWN_PREFIX")
#: Actions that may be narrowed to a resource although parliament's copy of AWS's list says that they may not, and what
#: AWS's own list says today.
NARROWED = {
    # log-group*: https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazoncloudwatchlogs.html
    "logs:DescribeLogGroups",
    # listener/app: https://docs.aws.amazon.com/service-authorization/latest/reference/list_awselasticloadbalancingv2.html
    "elasticloadbalancing:SetWebAcl",
    # foundation-model: https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonbedrock.html
    "bedrock:InvokeModel",
    "bedrock:InvokeModelWithResponseStream",
}
#: What AWS has added since parliament's copy of its list was made; the same page.
ADDED = (
    "Unknown action elasticloadbalancing:ModifyIpPools",
    "Unknown condition elasticloadbalancing:CreateAction for action elasticloadbalancing:AddTags",
)


HOSTS = described(INVENTORIES)
STACKS = [(path, host) for path in INVENTORIES for host in HOSTS[str(path)]]
each_stack = pytest.mark.parametrize(("path", "host"), STACKS, ids=[f"{path.name}-{host}" for path, host in STACKS])


@cache
def exported(path: Path, host: str) -> dict[str, dict[str, Any]]:
    """The templates of a stack, by region."""
    hosts = HOSTS[str(path)]
    described = {"env": host, **hosts[host]["stack"]}
    return templates(described, hosts[host].get("stack_overrides"), other_stacks(hosts, host))


def errors(template: Mapping[str, Any], region: str) -> list[str]:
    """What cfn-lint counts as an error in a template for a region."""
    matches = lint(json.dumps(template), config=ManualArgs(regions=[region]))
    return [str(match) for match in matches if match.rule.severity == "error"]


def evaluated(value: Any, template: Mapping[str, Any], region: str) -> Any:
    """A part of a template with its functions carried out, as far as a policy needs them."""
    if isinstance(value, list):
        return [evaluated(item, template, region) for item in value]
    if not isinstance(value, dict):
        return value
    if set(value) == {"Ref"}:
        return _referred(value["Ref"], None, template, region)
    if set(value) == {"Fn::GetAtt"}:
        return _referred(*value["Fn::GetAtt"], template, region)
    if set(value) == {"Fn::Sub"}:
        return _substituted(value["Fn::Sub"], template, region)
    return {key: evaluated(item, template, region) for key, item in value.items()}


def _substituted(text: str, template: Mapping[str, Any], region: str) -> str:
    done, rest = "", text
    while "${" in rest:
        before, _sign, rest = rest.partition("${")
        name, _brace, rest = rest.partition("}")
        if name.startswith("!"):
            done += f"{before}${{{name[1:]}}}"
        else:
            target, _dot, attribute = name.partition(".")
            done += before + str(_referred(target, attribute or None, template, region))
    return done + rest


def _referred(name: str, attribute: str | None, template: Mapping[str, Any], region: str) -> Any:
    pseudo = {"AWS::AccountId": ACCOUNT, "AWS::Partition": "aws", "AWS::Region": region}
    if name in pseudo:
        return pseudo[name]
    if parameter := template.get("Parameters", {}).get(name):
        # What another template tells, described as `Arn of AWS::SecretsManager::Secret main of shop-prod`.
        told, _of, whose = parameter["Description"].split()[:3]
        form = MADE_UP.get(whose, "{id}-value") if told == "Arn" else "{id}-value"
        return form.format(region=region, account=ACCOUNT, id=name)
    resource = template["Resources"][name]
    kind = REGISTRY[resource["Type"]]
    stated = {
        key: value if isinstance(value, str) else json.dumps(value) for key, value in resource["Properties"].items()
    }
    facts = {**stated, "account": ACCOUNT, "partition": "aws", "region": region}
    found: Any = kind.predict(attribute or kind.template.ref or "Arn", facts)
    if isinstance(found, Unknown):
        if attribute == "MasterUserSecret.SecretArn":
            return f"arn:aws:secretsmanager:{region}:{ACCOUNT}:secret:rds!db-{name}"
        return MADE_UP.get(kind.type, "{id}").format(region=region, account=ACCOUNT, id=name)
    return found


def policies(template: Mapping[str, Any], region: str) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """The logical id, the place and the document of each policy that says what a role, or a user of a thing, may do."""
    for name, resource in template.get("Resources", {}).items():
        for path, document in _documents(resource["Properties"], ""):
            whole = evaluated(document, template, region)
            if path == "AssumeRolePolicyDocument":
                # Who may take a role on is said of that role, and of nothing else.
                role = f"arn:aws:iam::{ACCOUNT}:role/{name}"
                whole = {**whole, "Statement": [{**each, "Resource": role} for each in whole["Statement"]]}
            yield name, path, whole


def _documents(value: Any, path: str) -> Iterator[tuple[str, dict[str, Any]]]:
    if isinstance(value, dict):
        if "Statement" in value and "Version" in value:
            yield path, value
            return
        for key, item in value.items():
            yield from _documents(item, f"{path}.{key}" if path else key)
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from _documents(item, f"{path}.{index}")


def findings(document: Mapping[str, Any]) -> list[str]:
    """What parliament has against a policy, from medium severity on."""
    found = []
    for finding in map(enhance_finding, analyze_policy_string(json.dumps(document)).findings):
        if finding.severity not in JUDGED and finding.issue not in JUDGED_TOO:
            continue
        if str(finding.detail) in ADDED or str(finding.title) in ADDED:
            continue
        if finding.issue == "RESOURCE_MISMATCH" and {each["action"] for each in finding.detail} <= NARROWED:
            continue
        found.append(f"{finding.issue}: {finding.title}: {finding.detail} {finding.location}")
    return found


def test_every_inventory_has_stacks() -> None:
    assert {path for path, _host in STACKS} == set(INVENTORIES)


@each_stack
def test_cloudformation_would_take_the_templates(path: Path, host: str) -> None:
    found = exported(path, host)
    assert {region: errors(template, region) for region, template in found.items()} == {region: [] for region in found}


@each_stack
def test_policies_name_what_exists_and_grant_no_more(path: Path, host: str) -> None:
    judged = 0
    problems = []
    for region, template in exported(path, host).items():
        for name, where, document in policies(template, region):
            judged += 1
            problems += [f"{name} {where}: {finding}" for finding in findings(document)]
    assert problems == []
    assert judged


@each_stack
def test_export_is_the_same_every_time(path: Path, host: str) -> None:
    first = json.dumps(exported(path, host))
    exported.cache_clear()
    assert json.dumps(exported(path, host)) == first


def test_the_judge_of_templates_finds_a_property_that_does_not_exist() -> None:
    template = {"Resources": {"It": {"Type": "AWS::SNS::Topic", "Properties": {"TopicNaem": "x"}}}}
    assert len(errors(template, "us-east-1")) == 1


def test_the_judge_of_templates_knows_the_region() -> None:
    template = {"Resources": {"It": {"Type": "AWS::EC2::Subnet", "Properties": {"VpcId": "x"}}}}
    assert errors(template, "us-east-1") != []


@pytest.mark.parametrize(
    "statement",
    [
        {"Effect": "Allow", "Action": "s3:GetObjekt", "Resource": "*"},
        {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::bucket"},
    ],
)
def test_the_judge_of_policies_finds(statement: dict[str, str]) -> None:
    assert findings({"Version": "2012-10-17", "Statement": [statement]}) != []


def test_the_playbook_writes_a_template_for_each_region_of_a_stack(tmp_path: Path) -> None:
    path, host = next((path, host) for path, host in STACKS if len(exported(path, host)) > 1)
    subprocess.run(
        [
            str(Path(sys.executable).with_name("ansible-playbook")),
            str(ROOT / "playbooks/export.yml"),
            "--inventory",
            str(path),
            "--limit",
            host,
            "--extra-vars",
            json.dumps({"export_out": str(tmp_path / "out")}),
        ],
        cwd=ROOT,
        check=True,
        capture_output=True,
        timeout=120,
    )
    written = {file.name: json.loads(file.read_text()) for file in (tmp_path / "out").iterdir()}
    assert written == {f"{host}.{region}.json": template for region, template in exported(path, host).items()}
