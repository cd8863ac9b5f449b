"""Prometheus' own judgement of llm_brand_monitor's rules, configuration and dashboards."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from ansible_collections.stackwright.aws.plugins.module_utils.workloads.grafana import dashboard, expressions

ROOT = Path(__file__).resolve().parents[2]
FILES = ROOT / "playbooks" / "files" / "llm_brand_monitor"
sys.path.insert(0, str(ROOT / "scripts"))

from debian import program  # noqa: E402


@pytest.fixture(scope="session")
def promtool() -> Path:
    return program("promtool", "prometheus")


@pytest.fixture(scope="session")
def amtool() -> Path:
    return program("amtool", "prometheus-alertmanager")


def accepts(tool: Path, *arguments: str | Path, folder: Path = FILES) -> str:
    done = subprocess.run([tool, *arguments], cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def rules(folder: Path = FILES) -> list[dict[str, Any]]:
    groups = yaml.safe_load((folder / "rules.yml").read_text())["groups"]
    return [rule for group in groups for rule in group["rules"]]


def unit_tests() -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = yaml.safe_load((FILES / "rules.test.yml").read_text())["tests"]
    return found


def dashboards() -> list[dict[str, Any]]:
    return [dashboard(one) for one in yaml.safe_load((FILES / "dashboards.yml").read_text())]


def test_rules_are_accepted_and_pass_their_unit_tests(promtool: Path) -> None:
    assert f"{len(rules())} rules found" in accepts(promtool, "check", "rules", "rules.yml")
    accepts(promtool, "test", "rules", "rules.test.yml")


@pytest.mark.parametrize("alert", [rule["alert"] for rule in rules()])
def test_each_alert_is_seen_to_fire_and_to_stay_silent(alert: str) -> None:
    """In tests of their own: one series that fires it and another that never does."""
    fires, silent = set(), set()
    for number, test in enumerate(unit_tests()):
        checks = [check for check in test["alert_rule_test"] if check["alertname"] == alert]
        if any(check["exp_alerts"] for check in checks):
            fires.add(number)
        elif checks:
            silent.add(number)
    assert fires and silent


def test_a_changed_threshold_fails_the_unit_tests(promtool: Path, tmp_path: Path) -> None:
    """The unit tests can fail: with every limit a thousand times as high, nothing fires."""
    text = (FILES / "rules.yml").read_text()
    for limit in ("> 0.05", "> 2\n", "> 1000", "< 5 or absent(celery_workers)", "> 0.8", "> 30"):
        assert limit in text
        changed = text.replace(limit, "> 1e9\n" if limit.endswith("\n") else "> 1e9")
        (tmp_path / "rules.yml").write_text(changed)
        (tmp_path / "rules.test.yml").write_text((FILES / "rules.test.yml").read_text())
        done = subprocess.run(
            [promtool, "test", "rules", "rules.test.yml"], cwd=tmp_path, capture_output=True, check=False
        )
        assert done.returncode != 0, limit


def test_the_configuration_is_accepted(promtool: Path, tmp_path: Path) -> None:
    """Debian's build knows no discovery of pods: a fixed target stands in for it."""
    config = yaml.safe_load((FILES / "prometheus.yml").read_text())
    for job in config["scrape_configs"]:
        if job.pop("kubernetes_sd_configs", None) == [{"role": "pod"}]:
            job["static_configs"] = [{"targets": ["localhost:1"]}]
    (tmp_path / "prometheus.yml").write_text(yaml.safe_dump(config))
    accepts(promtool, "check", "config", "--syntax-only", "prometheus.yml", folder=tmp_path)


def scraped(job: str, name: str, **labels: str) -> dict[str, str]:
    """A series of a job as it is kept, by Prometheus' rules of relabelling as far as they are used."""
    (found,) = [
        one
        for one in yaml.safe_load((FILES / "prometheus.yml").read_text())["scrape_configs"]
        if one["job_name"] == job
    ]
    kept = {"__name__": name, **labels}
    for rule in found["metric_relabel_configs"]:
        if rule.get("action") == "labeldrop":
            kept = {label: value for label, value in kept.items() if not re.fullmatch(rule["regex"], label)}
            continue
        match = re.fullmatch(rule["regex"], ";".join(kept.get(label, "") for label in rule["source_labels"]))
        if match:
            kept[rule["target_label"]] = match.expand(rule.get("replacement", "$1").replace("$", "\\"))
    return kept


def test_what_exporters_count_has_the_names_that_the_rules_know() -> None:
    """Theirs: https://github.com/danihodovic/celery-exporter#metrics and postgres_exporter's pg_replication.go."""
    assert scraped("celery", "celery_active_worker_count", queue_name="default") == {
        "__name__": "celery_workers",
        "queue": "default",
    }
    assert scraped("celery", "celery_queue_length", queue_name="scraping") == {
        "__name__": "celery_queue_length",
        "queue": "scraping",
    }
    assert scraped("celery", "flower_worker_online", worker="a") == {"__name__": "flower_worker_online", "worker": "a"}
    assert scraped("postgres", "pg_replication_lag_seconds") == {"__name__": "pg_replication_lag"}


@pytest.mark.parametrize(("stack", "fewest"), [("prod", 5), ("staging", 5), ("prod_dr", 1)])
def test_a_stack_is_woken_for_the_workers_that_it_has(promtool: Path, tmp_path: Path, stack: str, fewest: int) -> None:
    text = "msg={{ workloads.config_maps.prometheus.data['rules.yml'] }}"
    ansible = Path(sys.executable).parent / "ansible"
    done = subprocess.run(
        [ansible, stack, "-i", ROOT / "inventories" / "llm_brand_monitor", "-m", "ansible.builtin.debug", "-a", text],
        cwd=ROOT / "playbooks",
        env={**os.environ, "ANSIBLE_CONFIG": str(ROOT / "ansible.cfg"), "ANSIBLE_CALLBACK_RESULT_FORMAT": "json"},
        capture_output=True,
        text=True,
        check=True,
    )
    (tmp_path / "rules.yml").write_text(json.loads(done.stdout[done.stdout.index("{") :])["msg"])
    accepts(promtool, "check", "rules", "rules.yml", folder=tmp_path)
    (rule,) = [rule for rule in rules(tmp_path) if rule["alert"] == "WorkerDown"]
    assert rule["expr"] == f"celery_workers < {fewest} or absent(celery_workers)"
    assert rule["annotations"]["description"].startswith(f"Fewer than {fewest} Celery workers")


def test_alertmanager_is_accepted_and_wakes_somebody_for_what_is_critical(amtool: Path) -> None:
    accepts(amtool, "check-config", "alertmanager.yml")

    def receivers(severity: str) -> set[str]:
        route = ("config", "routes", "test", "--config.file=alertmanager.yml", f"severity={severity}")
        return set(accepts(amtool, *route).strip().split(","))

    assert receivers("critical") == {"on-call", "channel"}
    assert receivers("warning") == {"channel"}


def test_no_address_or_key_stands_in_the_configuration() -> None:
    config = yaml.safe_load((FILES / "alertmanager.yml").read_text())
    settings = [
        key
        for receiver in config["receivers"]
        for of in receiver.values()
        if isinstance(of, list)
        for one in of
        for key in one
    ]
    assert {"routing_key_file", "api_url_file"} <= set(settings)
    assert not {"routing_key", "service_key", "api_url"} & set(settings)


def test_every_expression_of_the_dashboards_is_accepted(promtool: Path, tmp_path: Path) -> None:
    asked = expressions(dashboards())
    assert len(asked) >= 20
    recorded = [{"record": f"panel:{number}", "expr": expression} for number, expression in enumerate(asked)]
    (tmp_path / "panels.yml").write_text(yaml.safe_dump({"groups": [{"name": "panels", "rules": recorded}]}))
    accepts(promtool, "check", "rules", "panels.yml", folder=tmp_path)


def test_the_dashboards_show_what_was_asked_for() -> None:
    shown = {one["title"]: [panel["title"] for panel in one["panels"]] for one in dashboards()}
    assert shown == {
        "API performance": [
            "Request rate by endpoint",
            "Response latency",
            "Error rate by status code",
            "Active connections",
        ],
        "LLM simulation": [
            "Simulations per hour",
            "LLM API latency by provider",
            "Token usage by provider",
            "Cost by provider",
        ],
        "Background jobs": [
            "Queue depth",
            "Worker utilization",
            "Task success and failure",
            "Average task duration",
        ],
        "Database": ["Connection pool utilization", "Query latency", "Slow queries", "Replication lag"],
    }
    places = [panel["gridPos"] for panel in dashboards()[0]["panels"]]
    assert [(place["x"], place["y"]) for place in places] == [(0, 0), (12, 0), (0, 8), (12, 8)]
