# Copyright (c) stackwright.aws contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""AWS::EC2::LaunchTemplate.

A launch template is a row of numbered versions that never change. What is described is the default version: a
difference is mended by making another version and making that the default, in place. Earlier versions stay, so that a
fleet can go back to them.
"""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Mapping
from functools import partial
from typing import Any

from ...engine.kind import Attribute, Call, Item, Kind, Property, Scope, Update, Work
from ...engine.template import Template
from ..requests import pruned, unless
from ..shared import EC2_TAG, EC2_UNTAG, IMMUTABLE, tag_specifications
from .reading import objects

_VERSION = ("LaunchTemplateData", "UserData", "VersionDescription")


def _list(scope: Scope) -> list[Item]:
    """Launch templates in scope with their default versions: all of these by one request, or those asked for."""
    natural = {"LaunchTemplateName": "launch-template-name"}
    if scope.ids:
        found = [item for identifier in scope.ids for item in _one(scope, identifier)]
    else:
        found = objects(scope, "describe_launch_templates", "LaunchTemplates[]", "", natural)
    if not found:
        return []
    which = {"LaunchTemplateId": found[0]["LaunchTemplateId"]} if len(found) == 1 else {}
    versions = scope.pages(
        "ec2", "describe_launch_template_versions", "LaunchTemplateVersions[]", Versions=["$Default"], **which
    )
    by_id = {version["LaunchTemplateId"]: version for version in versions}
    return [{**by_id.get(item["LaunchTemplateId"], {}), **item} for item in found]


def _one(scope: Scope, identifier: str) -> list[Item]:
    """The one template of an identifier; there is no filter for those."""
    ask = partial(scope.pages, "ec2", "describe_launch_templates", "LaunchTemplates[]", LaunchTemplateIds=[identifier])
    return unless((), ask) or []


def _number(name: str, item: Item) -> str | None:
    """The number of a version as text, which is how those who launch by it take it."""
    return str(item[name]) if name in item else None


def version_data(value: Any) -> Any:
    """A version's data without what says nothing, and without what AWS adds about how far a setting has got."""
    if not isinstance(value, Mapping):
        return value
    data = {name: member for name, member in value.items() if name != "UserData"}
    options = data.get("MetadataOptions")
    if isinstance(options, Mapping):
        data["MetadataOptions"] = {name: member for name, member in options.items() if name != "State"}
    return pruned(data)


def user_data(item: Item) -> str | None:
    """The user data as text; what is no text stays as AWS answers it."""
    encoded = (item.get("LaunchTemplateData") or {}).get("UserData")
    if not encoded:
        return None
    try:
        return base64.b64decode(encoded, validate=True).decode()
    except ValueError:
        return str(encoded)


def data(work: Work) -> dict[str, Any]:
    """The data of a new version: as stated, and what is not stated as it is."""
    found = dict(work.merged("LaunchTemplateData") or {})
    text = work.merged("UserData")
    if text:
        found["UserData"] = base64.b64encode(str(text).encode()).decode()
    return found


def _request(work: Work) -> dict[str, Any]:
    return {
        "LaunchTemplateName": work.get("LaunchTemplateName") or f"{work.stack}-{work.address.name}"[:128],
        "LaunchTemplateData": data(work),
        **work.pick("VersionDescription"),
        "ClientToken": work.token,
        "TagSpecifications": tag_specifications("launch-template", work.tags),
    }


def _new_version(work: Work) -> None:
    """Make a version as described and let it be the default."""
    params = {"LaunchTemplateData": data(work), **work.pick("VersionDescription")}
    # The same token for the same version: a repeated request finds the one that it made.
    token = hashlib.sha256(f"{work.token}{json.dumps(params, sort_keys=True)}".encode()).hexdigest()[:32]
    answer = work.call("ec2", "create_launch_template_version", LaunchTemplateId=work.id, ClientToken=token, **params)
    number = str(answer["LaunchTemplateVersion"]["VersionNumber"])
    work.call("ec2", "modify_launch_template", LaunchTemplateId=work.id, DefaultVersion=number)


LAUNCH_TEMPLATE = Kind(
    type="AWS::EC2::LaunchTemplate",
    service="ec2",
    title="launch template",
    template=Template(
        properties={"UserData": lambda text: {"LaunchTemplateData": {"UserData": {"Fn::Base64": text}}}},
        # CloudFormation makes a version of each change too, and leaves the default where it is.
        attributes={"DefaultVersionNumber": "LatestVersionNumber"},
        tags="TagSpecifications",
        tag_list=lambda tags: [{"ResourceType": "launch-template", "Tags": tags}],
    ),
    id="LaunchTemplateId",
    key=("LaunchTemplateName",),
    properties={
        "LaunchTemplateName": IMMUTABLE,
        # Compared whole: a version is exactly what it is made of, so what is no longer stated has to go.
        "LaunchTemplateData": Property(exact=True, unordered=True, normalise=version_data),
        # Not one of CloudFormation's: the user data as text, which in the data is encoded.
        "UserData": Property(path=user_data, unstated=None),
        "VersionDescription": Property(),
    },
    attributes={
        "LaunchTemplateId": Attribute("LaunchTemplateId"),
        "DefaultVersionNumber": Attribute(partial(_number, "DefaultVersionNumber"), volatile=True),
        "LatestVersionNumber": Attribute(partial(_number, "LatestVersionNumber"), volatile=True),
    },
    list=_list,
    create=Call("create_launch_template", _request, item="LaunchTemplate"),
    updates=(Update(_VERSION, _new_version),),
    delete=Call("delete_launch_template", lambda w: {"LaunchTemplateId": w.id}),
    tag=EC2_TAG,
    untag=EC2_UNTAG,
)
