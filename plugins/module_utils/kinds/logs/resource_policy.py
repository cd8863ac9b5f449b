# Copyright (c) stackwright.aws contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The policies by which AWS's services may write to log groups."""

from __future__ import annotations

from typing import Any

from ...engine.kind import Call, Item, Kind, Property, Scope, Update, Work
from ..shared import json_text, policy_document


def list_resource_policies(scope: Scope) -> list[Item]:
    """The described policies among those of the region, of which there are ten at the most."""
    names = set(scope.names("PolicyName"))
    found = scope.pages("logs", "describe_resource_policies", "resourcePolicies[]")
    return [policy for policy in found if scope.everything or policy["policyName"] in names]


def _put_resource_policy(work: Work) -> dict[str, Any]:
    return {"policyName": work.desired["PolicyName"], "policyDocument": json_text(work.desired["PolicyDocument"])}


LOGS_RESOURCE_POLICY = Kind(
    type="AWS::Logs::ResourcePolicy",
    service="logs",
    title="resource policy of CloudWatch Logs",
    id="policyName",
    key=("PolicyName",),
    tags=None,
    properties={
        "PolicyName": Property(path="policyName", immutable=True),
        "PolicyDocument": Property(path="policyDocument", exact=True, normalise=policy_document),
    },
    list=list_resource_policies,
    create=Call("put_resource_policy", _put_resource_policy, item="resourcePolicy"),
    updates=(Update(("PolicyDocument",), Call("put_resource_policy", _put_resource_policy)),),
    delete=Call("delete_resource_policy", lambda w: {"policyName": w.id}),
)
