"""Systems Manager's parameters."""

from __future__ import annotations

from ansible_collections.stackwright.aws.plugins.module_utils.engine.document import Resource
from ansible_collections.stackwright.aws.plugins.module_utils.engine.values import Sensitive
from tests.contract.sample import Sample

NAME = "/contract/prod/LOG_LEVEL"
PARAMETER = Resource(
    "AWS::SSM::Parameter",
    "log-level",
    {
        "Name": NAME,
        "Type": "String",
        "Value": "info",
        "Description": "contract",
        "AllowedPattern": "[a-z]+",
        "DataType": "text",
        "Tier": "Standard",
    },
)
LIST = Resource("AWS::SSM::Parameter", "zones", {"Name": "contract-zones", "Type": "StringList", "Value": "a,b"})
SECURE = Resource(
    "AWS::SSM::Parameter",
    "token",
    {"Name": "/contract/prod/TOKEN", "Type": "SecureString", "Value": Sensitive("one"), "KeyId": "alias/aws/ssm"},
)
#: Set once; whatever somebody sets afterwards stays.
SWITCH = Resource(
    "AWS::SSM::Parameter",
    "switch",
    {"Name": "/contract/prod/FALLBACK", "Type": "String", "InitialValue": "false", "Description": "contract"},
)

SAMPLES = [
    Sample(kind="AWS::SSM::Parameter", resources=[SWITCH], changes={"Description": "changed"}),
    Sample(
        kind="AWS::SSM::Parameter",
        resources=[PARAMETER],
        changes={"Value": "debug", "Description": "changed", "AllowedPattern": "[a-z0-9]+", "Tier": "Advanced"},
        immutable={"Name": "/contract/prod/RENAMED", "Type": "StringList"},
    ),
    Sample(kind="AWS::SSM::Parameter", resources=[LIST], changes={"Value": ["a", "b", "c"]}),
    Sample(
        kind="AWS::SSM::Parameter",
        resources=[SECURE],
        changes={"Value": Sensitive("two")},
        immutable={"Type": "String"},
    ),
]
