# Copyright (c) stackwright.aws contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""AWS::ApiGateway::Deployment: a snapshot of an API, which a stage serves.

A snapshot never changes and cannot be read back. What it is of is written down as a digest in its description: another
definition is another deployment. Earlier ones stay, so that a stage can go back to them.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable, Mapping
from typing import Any

from ...engine.api import ApiError
from ...engine.kind import Attribute, Call, Item, Kind, NaturalKey, Property, Scope, Update, Work
from ...engine.template import Template
from ...engine.values import is_known
from . import common
from .common import PAGE, PASSING, SERVICE, own_id, part_id, parts, replace

#: How many deployments are kept beside those that stages serve.
KEPT = 10

_DIGEST = re.compile(r" ?\[definition ([0-9a-f]{32})\]$")
_DIGEST_ALONE = re.compile(r"[0-9a-f]{32}")


def list_deployments(scope: Scope) -> Iterable[Item]:
    """Deployments in scope."""
    found = parts(scope, "get_deployments", limit=PAGE)
    return [item for item in found if not scope.ids or part_id()(item) in scope.ids]


# What a deployment is of


def digest(value: Any) -> Any:
    """A definition as its digest; a digest stays as it is."""
    if value is None or (isinstance(value, str) and _DIGEST_ALONE.fullmatch(value)):
        return value
    return hashlib.sha256(json.dumps(value, sort_keys=True, default=str).encode()).hexdigest()[:32]


def noted_digest(item: Item) -> str | None:
    """The digest in a deployment's description."""
    found = _DIGEST.search(item.get("description") or "")
    return found.group(1) if found else None


def plain_description(item: Item) -> str:
    """A deployment's description without the digest."""
    return _DIGEST.sub("", item.get("description") or "")


def _noted(description: str | None, definition: Any) -> str:
    note = f"[definition {digest(definition)}]" if definition else ""
    return " ".join(part for part in (description or "", note) if part)


def identity(properties: Mapping[str, Any]) -> NaturalKey | None:
    """A deployment is what it is of; without a definition, what it is called."""
    api, definition = properties.get("RestApiId"), properties.get("Definition")
    if not api or not is_known(definition) or not is_known(properties.get("Description")):
        return None
    return (str(api), digest(definition) or str(properties.get("Description") or ""))


# Writing


def _create(work: Work) -> Item:
    api, definition = work.desired["RestApiId"], work.get("Definition")
    if isinstance(definition, Mapping) and "Methods" in definition:
        _remove_undescribed(work, api, set(definition["Methods"]))
    description = _noted(work.get("Description"), definition)
    answer = work.call(SERVICE, "create_deployment", restApiId=api, description=description)
    _forget_old(work, api, answer["id"])
    return {**answer, "RestApiId": api}


def _remove_undescribed(work: Work, api: str, methods: set[str]) -> None:
    """Take away what the definition does not have: it would be served until the next deployment."""
    resources = work.pages(SERVICE, "get_resources", "items[]", restApiId=api, embed=["methods"], limit=PAGE)
    for resource in resources:
        for name in sorted(resource.get("resourceMethods") or {}):
            if f"{name} {resource['path']}" not in methods:
                work.call(SERVICE, "delete_method", restApiId=api, resourceId=resource["id"], httpMethod=name)


def _forget_old(work: Work, api: str, newest: str) -> None:
    """Keep the last few, and those that stages serve: an API holds a few hundred of them at the most."""
    listed = work.pages(SERVICE, "get_deployments", "items[]", restApiId=api, limit=PAGE)
    old = sorted((one for one in listed if one["id"] != newest), key=lambda one: str(one.get("createdDate")))
    if len(old) <= KEPT:
        return
    stages = work.call(SERVICE, "get_stages", restApiId=api).get("item") or []
    served = {stage["deploymentId"] for stage in stages}
    served |= {stage["canarySettings"]["deploymentId"] for stage in stages if stage.get("canarySettings")}
    for one in old[: len(old) - KEPT]:
        if one["id"] not in served:
            try:
                work.call(SERVICE, "delete_deployment", restApiId=api, deploymentId=one["id"])
            except ApiError as error:
                if not error.missing and error.code != "BadRequestException":
                    raise


def _describe(work: Work) -> dict[str, Any]:
    description = _noted(work.desired["Description"], work.merged("Definition"))
    return {
        "restApiId": work.existing.properties["RestApiId"],
        "deploymentId": own_id(work),
        "patchOperations": [replace("/description", description)],
    }


DEPLOYMENT = Kind(
    type="AWS::ApiGateway::Deployment",
    service=SERVICE,
    title="deployment of an API",
    template=Template(ref="DeploymentId", properties={"Definition": ""}),
    id=part_id(),
    key=("RestApiId", "Definition", "Description"),
    key_of=identity,
    requires=(
        common.REST_API,
        "AWS::ApiGateway::Resource",
        "AWS::ApiGateway::Method",
        "AWS::ApiGateway::GatewayResponse",
    ),
    list=list_deployments,
    tags=None,
    properties={
        "RestApiId": Property(immutable=True),
        "Description": Property(plain_description),
        # Not one of CloudFormation's: what is deployed, of which the digest is kept. Under `Methods`, by `GET /path`,
        # is all that the API may have when the snapshot is made.
        "Definition": Property(noted_digest, immutable=True, normalise=digest),
    },
    attributes={"DeploymentId": Attribute("id")},
    create=_create,
    updates=(Update(("Description",), Call("update_deployment", _describe)),),
    # The stage that served it may take a moment to let go.
    delete=Call(
        "delete_deployment",
        lambda w: {"restApiId": w.id.partition("/")[0], "deploymentId": own_id(w)},
        retry_on=frozenset({"BadRequestException: Active stages"}),
    ),
    retry_on=PASSING,
)
