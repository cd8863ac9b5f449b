# Copyright (c) stackwright.aws contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
from __future__ import annotations

import subprocess
import sys
import time
import urllib.error
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from tests.twin.helpers import refused

ROOT = Path(__file__).resolve().parents[2]


def test_every_request_is_counted_and_named(twin: Any) -> None:
    twin.call("DELETE", "/_twin/requests")
    twin.client("ec2").describe_vpcs()
    twin.client("elbv2").describe_load_balancers()
    twin.client("route53").list_hosted_zones()
    twin.client("s3").create_bucket(Bucket="counted")
    twin.client("s3").head_bucket(Bucket="counted")
    twin.client("ssm").put_parameter(Name="/a", Value="1", Type="String")
    with refused("ParameterNotFound"):
        twin.client("ssm").get_parameter(Name="/b")
    twin.client("cloudwatch").describe_alarms()
    seen = [(e["service"], e["operation"], e["write"], e["status"]) for e in twin.requests()["log"]]
    assert seen == [
        ("ec2", "DescribeVpcs", False, 200),
        ("elbv2", "DescribeLoadBalancers", False, 200),
        ("route53", "ListHostedZones", False, 200),
        ("s3", "CreateBucket", True, 200),
        ("s3", "HeadBucket", False, 200),
        ("ssm", "PutParameter", True, 200),
        ("ssm", "GetParameter", False, 400),
        ("cloudwatch", "DescribeAlarms", False, 200),
    ]
    assert twin.requests()["counts"]["s3.HeadBucket"] == 1


def test_everything_can_be_inspected_although_passwords_cannot_be_read(twin: Any) -> None:
    twin.client("rds").create_db_instance(
        DBInstanceIdentifier="seen",
        Engine="postgres",
        DBInstanceClass="db.t3.medium",
        AllocatedStorage=20,
        MasterUsername="owner",
        MasterUserPassword="not-to-be-shown",
    )
    text = twin.call("GET", "/moto-api/data.json")
    seen = [one["db_instance_identifier"] for one in text["rds"]["DBInstance"]]
    assert "seen" in seen
    assert "not-to-be-shown" not in str(text["rds"]["DBInstance"])


def test_sixteen_clients_at_once(twin: Any) -> None:
    ssm = twin.client("ssm")

    def put(number: int) -> str:
        ssm.put_parameter(Name=f"/many/{number}", Value=str(number), Type="String")
        return str(ssm.get_parameter(Name=f"/many/{number}")["Parameter"]["Value"])

    with ThreadPoolExecutor(16) as pool:
        assert list(pool.map(put, range(64))) == [str(n) for n in range(64)]


def test_one_winner_of_a_race(twin: Any) -> None:
    iam = twin.client("iam")
    trust = '{"Version": "2012-10-17", "Statement": []}'

    def create(_: int) -> bool:
        try:
            iam.create_role(RoleName="raced", AssumeRolePolicyDocument=trust)
        except iam.exceptions.EntityAlreadyExistsException:
            return False
        return True

    with ThreadPoolExecutor(16) as pool:
        assert sum(pool.map(create, range(16))) == 1


def test_what_nobody_implements_is_said_in_the_services_own_protocol(twin: Any) -> None:
    with refused("NotImplemented", 501):
        twin.client("guardduty").get_findings(DetectorId="x", FindingIds=["y"])
    with refused("NotImplemented", 501):
        twin.client("ec2").describe_local_gateways()


def test_delays_are_validated(twin: Any) -> None:
    for body in ({"no.such": 1}, {"ec2.nat_gateway.create": -1}, {"ec2.nat_gateway.create": "soon"}, []):
        with pytest.raises(urllib.error.HTTPError) as caught:
            twin.call("PUT", "/_twin/delays", body)
        assert caught.value.code == 400
    twin.delays(ec2__nat_gateway__create=0.125)
    assert twin.call("GET", "/_twin/delays")["delays"]["ec2.nat_gateway.create"] == 0.125


def test_start_and_stop(tmp_path: Path) -> None:
    def run(*words: str) -> subprocess.CompletedProcess[str]:
        place = ["--env-file", str(tmp_path / "env"), "--directory", str(tmp_path / "twin")]
        return subprocess.run(
            [sys.executable, "-m", "twin", *words, *place], cwd=ROOT, capture_output=True, text=True, timeout=60
        )

    started = time.monotonic()
    first = run("start")
    try:
        assert first.returncode == 0, first.stderr
        assert time.monotonic() - started < 10
        lines = (tmp_path / "env").read_text().splitlines()
        env = dict(line.removeprefix("export ").split("=", 1) for line in lines)
        assert env["AWS_CONFIG_FILE"] == "/dev/null"
        with urllib.request.urlopen(env["AWS_ENDPOINT_URL"] + "/_twin/health", timeout=5) as answer:
            assert answer.status == 200
        again = run("start")
        assert again.returncode == 0
        assert "already running" in again.stdout
        assert (tmp_path / "env").read_text().splitlines() == lines
    finally:
        stopped = run("stop")
    assert stopped.returncode == 0
    with pytest.raises(OSError):
        urllib.request.urlopen(env["AWS_ENDPOINT_URL"] + "/_twin/health", timeout=1)
    assert not (tmp_path / "env").exists()
    assert run("stop").returncode == 0


def test_a_bad_delay_does_not_start() -> None:
    for words in (["--delay", "no.such=1"], ["--delay", "x"], ["--delay", "ec2.nat_gateway.create=x"]):
        done = subprocess.run(
            [sys.executable, "-m", "twin", "serve", *words], cwd=ROOT, capture_output=True, text=True, timeout=60
        )
        assert done.returncode == 2
