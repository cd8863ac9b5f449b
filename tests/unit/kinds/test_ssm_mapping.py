"""How parameters are found, read and changed."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.stackwright.aws.plugins.module_utils.engine.diff import differs
from ansible_collections.stackwright.aws.plugins.module_utils.engine.values import Sensitive
from ansible_collections.stackwright.aws.plugins.module_utils.kinds.ssm import SSM_PARAMETER
from tests.unit.kinds.canned import OWNER, CannedApi, scope, work

ARN = "arn:aws:ssm:us-east-1:123456789012:parameter/"
INDEX = "resourcegroupstaggingapi.get_resources"
SECURE = {
    "Name": "/shop/TOKEN",
    "Type": "SecureString",
    "KeyId": "alias/aws/ssm",
    "Tier": "Standard",
    "Description": "d",
}


def index(*paths: str) -> dict[str, Any]:
    tags = [{"Key": key, "Value": value} for key, value in OWNER.items()]
    return {"ResourceTagMappingList": [{"ResourceARN": ARN + path, "Tags": tags} for path in paths]}


def test_names_are_read_back_from_arns() -> None:
    api = CannedApi({INDEX: index("shop/prod/A", "flat")})
    assert list(SSM_PARAMETER.list(scope(api))) == []
    (asked,) = [params for name, params in api.asked if name == "ssm.describe_parameters"]
    assert asked["ParameterFilters"][0]["Values"] == ["/flat", "/shop/prod/A", "flat"]


def test_only_described_parameters_are_decrypted() -> None:
    details = {"Parameters": [SECURE, {**SECURE, "Name": "/shop/OLD"}]}
    values = {"Parameters": [{"Name": "/shop/TOKEN", "Value": "s3cret"}]}
    api = CannedApi(
        {INDEX: index("shop/TOKEN", "shop/OLD"), "ssm.describe_parameters": details, "ssm.get_parameters": values}
    )
    found = [
        SSM_PARAMETER.parse(item) for item in SSM_PARAMETER.list(scope(api, {"Name": "/shop/TOKEN", "Value": "x"}))
    ]
    assert api.params("ssm.get_parameters") == {"Names": ["/shop/TOKEN"], "WithDecryption": True}
    assert [parameter.name for parameter in found] == ["main", "main"]
    assert found[0].properties["Value"] == Sensitive("s3cret")
    assert found[1].properties["Value"] is None
    assert "s3cret" not in repr(found[0])


def test_a_plain_value_is_shown() -> None:
    assert SSM_PARAMETER.parse({"Name": "a", "Type": "String", "Value": "info"}).properties["Value"] == "info"


@pytest.mark.parametrize(
    ("name", "stated", "answered", "changed"),
    [
        ("Value", ["a", "b"], "a,b", False),
        ("Value", "a,b", "a,b", False),
        ("Value", ["a"], "a,b", True),
        ("Value", Sensitive("x"), Sensitive("x"), False),
        ("Value", "030", "30", True),
        ("Tier", "Intelligent-Tiering", "Standard", False),
        ("Tier", "Advanced", "Standard", True),
        ("Policies", '[{"Type": "Expiration"}]', [{"Type": "Expiration"}], False),
        ("Policies", None, [], False),
    ],
)
def test_what_means_the_same(name: str, stated: Any, answered: Any, changed: bool) -> None:
    assert differs(SSM_PARAMETER.properties[name], stated, answered) is changed


def test_a_change_restates_what_the_request_would_forget() -> None:
    current = {**SECURE, "Value": "s3cret"}
    desired = {"Name": "/shop/TOKEN", "Description": "new"}
    step = SSM_PARAMETER.updates[0].step
    params = step.params(work(CannedApi(), SSM_PARAMETER, desired, current))  # type: ignore[union-attr]
    assert params == {
        "Name": "/shop/TOKEN",
        "Value": "s3cret",
        "Type": "SecureString",
        "Description": "new",
        "DataType": "text",
        "KeyId": "alias/aws/ssm",
        "Overwrite": True,
    }


@pytest.mark.parametrize(("name", "path"), [("/a/b", "a/b"), ("flat", "flat")])
def test_a_parameters_arn_is_known_beforehand(name: str, path: str) -> None:
    facts = {"account": "123456789012", "partition": "aws", "region": "us-east-1", "Name": name}
    assert SSM_PARAMETER.predict("Arn", facts) == ARN + path


def test_a_change_keeps_the_value_that_operations_set() -> None:
    api = CannedApi({"ssm.get_parameter": {"Parameter": {"Value": "true"}}})
    current = {"Name": "/shop/FALLBACK", "Type": "String", "Tier": "Standard", "Policies": []}
    desired = {"Name": "/shop/FALLBACK", "Type": "String", "InitialValue": "false", "Description": "switch"}
    params = SSM_PARAMETER.updates[0].step.params(work(api, SSM_PARAMETER, desired, current))  # type: ignore[union-attr]
    assert (params["Value"], params["Overwrite"]) == ("true", True)
    assert api.names() == ["ssm.get_parameter"]
