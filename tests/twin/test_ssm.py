# Copyright (c) stackwright.aws contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
from __future__ import annotations

from typing import Any

import pytest

from tests.twin.helpers import refused


@pytest.fixture
def ssm(client: Any) -> Any:
    return client("ssm")


def test_a_type_stays(ssm: Any) -> None:
    ssm.put_parameter(Name="/a", Value="1", Type="SecureString")
    with refused("HierarchyTypeMismatchException"):
        ssm.put_parameter(Name="/a", Value="2", Type="String", Overwrite=True)
    assert ssm.put_parameter(Name="/a", Value="2", Overwrite=True)["Version"] == 2


def test_standard_parameters_are_small(ssm: Any) -> None:
    with refused("ValidationException", 400, "4096"):
        ssm.put_parameter(Name="/a", Value="x" * 4097, Type="String")
    ssm.put_parameter(Name="/a", Value="x" * 4097, Type="String", Tier="Advanced")
    ssm.put_parameter(Name="/a", Value="y" * 5000, Type="String", Overwrite=True)


def test_keys_and_patterns(ssm: Any, client: Any) -> None:
    with refused("InvalidKeyId"):
        ssm.put_parameter(Name="/a", Value="1", Type="SecureString", KeyId="alias/missing")
    key = client("kms").create_key()["KeyMetadata"]["KeyId"]
    client("kms").create_alias(AliasName="alias/there", TargetKeyId=key)
    ssm.put_parameter(Name="/a", Value="1", Type="SecureString", KeyId="alias/there")
    with refused("ParameterPatternMismatchException"):
        ssm.put_parameter(Name="/b", Value="b", Type="String", AllowedPattern="^a+$")
    ssm.put_parameter(Name="/b", Value="aa", Type="String", AllowedPattern="^a+$")
