"""The lookups that reach the Kubernetes API of a cluster."""

from __future__ import annotations

import base64
import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from typing import Any

import pytest

from tests.own_twin import OwnTwin, own_twin

NAME = "shop-cluster"


@pytest.fixture(scope="module")
def twin() -> Iterator[OwnTwin]:
    """A twin with one cluster."""
    with own_twin(0.1) as running:
        iam, ec2, eks = (running.client(service) for service in ("iam", "ec2", "eks"))
        statement = {"Effect": "Allow", "Principal": {"Service": "eks.amazonaws.com"}, "Action": "sts:AssumeRole"}
        trust = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
        role = iam.create_role(RoleName="control", AssumeRolePolicyDocument=trust)["Role"]["Arn"]
        vpc = ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
        subnets = [
            ec2.create_subnet(VpcId=vpc, CidrBlock=f"10.0.{n}.0/24", AvailabilityZone=f"us-east-1{zone}")["Subnet"]
            for n, zone in enumerate("ab")
        ]
        network = {"subnetIds": [subnet["SubnetId"] for subnet in subnets]}
        eks.create_cluster(
            name=NAME, roleArn=role, resourcesVpcConfig=network, accessConfig={"authenticationMode": "API"}
        )
        while eks.describe_cluster(name=NAME)["cluster"]["status"] != "ACTIVE":
            time.sleep(0.05)
        yield running


#: In a process of its own: Ansible finds plugins of collections only where it imported the first of them.
ASK = """
import json, sys
from ansible.plugins.loader import init_plugin_loader, lookup_loader
init_plugin_loader()
name, terms, options = json.loads(sys.argv[1])
found = lookup_loader.get(f"stackwright.aws.{name}").run(terms, {}, **options)
for one in found:
    if isinstance(one, dict):
        one["written"] = open(one["ca_cert"]).read()
print(json.dumps(found))
"""


class LookupFailed(Exception):
    pass


def look(name: str, twin: OwnTwin, *terms: str, **options: Any) -> list[Any]:
    keys = {"region": "us-east-1", "endpoint_url": twin.url, "access_key": "testing", "secret_key": "testing"}
    question = json.dumps([name, list(terms), {**keys, **options}])
    plain = {key: value for key, value in os.environ.items() if not key.startswith("AWS_")}
    done = subprocess.run([sys.executable, "-c", ASK, question], env=plain, capture_output=True, text=True, timeout=60)
    if done.returncode:
        raise LookupFailed(done.stderr)
    found: list[Any] = json.loads(done.stdout)
    return found


def test_a_connection_is_what_kubernetes_modules_take(twin: OwnTwin) -> None:
    (found,) = look("kubernetes_connection", twin, NAME)
    assert found["host"].startswith("https://127.0.0.1:")
    assert found["written"] == found["ca_data"]
    assert found["ca_data"].startswith("-----BEGIN CERTIFICATE-----")
    config = found["kubeconfig"]
    authority = config["clusters"][0]["cluster"]["certificate-authority-data"]
    assert base64.b64decode(authority).decode() == found["ca_data"]
    assert config["users"][0]["user"]["token"] == found["api_key"]


def test_a_token_is_a_signed_request_that_is_not_sent(twin: OwnTwin) -> None:
    twin.forget_requests()
    tokens = look("eks_token", twin, NAME, "another")
    assert len(set(tokens)) == 2 and all(token.startswith("k8s-aws-v1.") for token in tokens)
    assert "=" not in "".join(tokens)
    assert not twin.ask("GET", "/_twin/requests")["counts"]
    text = tokens[0].removeprefix("k8s-aws-v1.")
    url = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)).decode()
    assert "X-Amz-Expires=60" in url and "x-k8s-aws-id" in url and "testing&" not in url


def test_a_cluster_that_is_not_there(twin: OwnTwin) -> None:
    with pytest.raises(LookupFailed, match="No cluster found for name: nobody"):
        look("kubernetes_connection", twin, "nobody")


def test_no_region_is_said(twin: OwnTwin) -> None:
    with pytest.raises(LookupFailed, match="region: is missing"):
        look("eks_token", twin, NAME, region=None)
