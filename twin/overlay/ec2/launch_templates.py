# Copyright (c) stackwright.aws contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Launch templates: versions that inherit, can be deleted and keep their numbers; answers that hold what was asked.

Sources: https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CreateLaunchTemplateVersion.html,
https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DeleteLaunchTemplateVersions.html
"""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING, Any

from moto.ec2.models.launch_templates import LaunchTemplate, LaunchTemplateVersion
from moto.ec2.responses import EC2Response
from moto.ec2.utils import generic_filter, parse_user_data

from twin.overlay._lifecycle import page
from twin.patch import Parameters, around, notes, operation
from twin.refusal import refuse

if TYPE_CHECKING:
    from twin.world import World

Answer = dict[str, Any]
_LARGEST_PAGE = 200


def install(world: World) -> None:
    _models()
    _templates()
    _versions()


def _models() -> None:
    @around(LaunchTemplate, "create_version")
    def create_version(_: Any, self: Any, data: Answer, description: str) -> LaunchTemplateVersion:
        number = notes(self, "count", lambda: [0])
        number[0] += 1
        version = LaunchTemplateVersion(self, number[0], data, description)
        self.versions.append(version)
        return version

    @around(LaunchTemplate, "get_version")
    def get_version(_: Any, self: Any, number: Any) -> LaunchTemplateVersion:
        return find_version(self, number)

    @around(LaunchTemplate, "default_version")
    def default_version(_: Any, self: Any) -> LaunchTemplateVersion:
        return find_version(self, self.default_version_number)


def find_version(template: Any, number: Any) -> LaunchTemplateVersion:
    """A version by its number, ``$Latest`` or ``$Default``."""
    asked = str(number).lower()
    if asked == "$latest":
        return template.versions[-1]
    wanted = str(template.default_version_number) if asked == "$default" else asked
    for version in template.versions:
        if str(version.number) == wanted:
            return version
    refuse(
        "InvalidLaunchTemplateId.VersionNotFound",
        f"Could not find the specified version {number} for the launch template with ID {template.id}.",
    )


def find_template(backend: Any, asked: Answer) -> Any:
    """The template of ``LaunchTemplateId`` or ``LaunchTemplateName``, of which there must be one."""
    identifier, name = asked.get("LaunchTemplateId"), asked.get("LaunchTemplateName")
    if bool(identifier) == bool(name):
        refuse("MissingParameter", "Either a launch template ID or a launch template name must be specified.")
    for template in backend.launch_templates.values():
        if identifier == template.id or name == template.name:
            return template
    if identifier:
        refuse(
            "InvalidLaunchTemplateId.NotFound",
            f"The specified launch template, with template ID {identifier}, does not exist.",
        )
    refuse(
        "InvalidLaunchTemplateName.NotFoundException",
        f"The specified launch template, with template name {name}, does not exist.",
    )


def _data(asked: Parameters) -> Answer:
    data: Answer = copy.deepcopy(asked.get("LaunchTemplateData") or {})
    if data.get("UserData"):
        data["UserData"] = parse_user_data(str(data["UserData"]))
    return data


def _shown(template: Any) -> Answer:
    return {
        "LaunchTemplateId": template.id,
        "LaunchTemplateName": template.name,
        "CreateTime": template.create_time,
        "CreatedBy": f"arn:aws:iam::{template.ec2_backend.account_id}:root",
        "DefaultVersionNumber": template.default_version_number,
        "LatestVersionNumber": template.latest_version_number,
        "Tags": [{"Key": tag["key"], "Value": tag["value"]} for tag in template.get_tags()],
    }


def _version(version: LaunchTemplateVersion) -> Answer:
    template = version.template
    return {
        "LaunchTemplateId": template.id,
        "LaunchTemplateName": template.name,
        "VersionNumber": version.number,
        "VersionDescription": version.description,
        "CreateTime": version.create_time,
        "CreatedBy": f"arn:aws:iam::{template.ec2_backend.account_id}:root",
        "DefaultVersion": template.default_version_number == version.number,
        "LaunchTemplateData": version.data,
    }


def _page(items: list[Any], asked: Parameters, key: str) -> Answer:
    def invalid() -> None:
        refuse("InvalidNextToken", f"The token '{asked['NextToken']}' is invalid")

    found, token = page(items, asked.get("NextToken"), asked.get("MaxResults"), _LARGEST_PAGE, invalid)
    return {key: found, **({"NextToken": token} if token else {})}


def _templates() -> None:
    @operation(EC2Response, "CreateLaunchTemplate")
    def create(response: Any, asked: Parameters) -> Answer:
        backend, name = response.ec2_backend, asked["LaunchTemplateName"]
        if not asked.get("LaunchTemplateData"):
            refuse("MissingParameter", "The request must contain the parameter LaunchTemplateData")
        tags = {
            tag["Key"]: tag.get("Value") or ""
            for one in asked.get("TagSpecifications") or []
            if one.get("ResourceType") == "launch-template"
            for tag in one.get("Tags") or []
        }
        template = backend.create_launch_template(
            name, asked.get("VersionDescription"), _data(asked), {"launch-template": tags}
        )
        return {"LaunchTemplate": _shown(template)}

    @operation(EC2Response, "DescribeLaunchTemplates")
    def describe(response: Any, asked: Parameters) -> Answer:
        backend = response.ec2_backend
        found = list(backend.launch_templates.values())
        if asked.get("LaunchTemplateIds"):
            found = [find_template(backend, {"LaunchTemplateId": one}) for one in asked["LaunchTemplateIds"]]
        elif asked.get("LaunchTemplateNames"):
            found = [find_template(backend, {"LaunchTemplateName": one}) for one in asked["LaunchTemplateNames"]]
        filters = {one["Name"]: one["Values"] for one in asked.get("Filters") or []}
        return _page([_shown(template) for template in generic_filter(filters, found)], asked, "LaunchTemplates")

    @operation(EC2Response, "ModifyLaunchTemplate")
    def modify(response: Any, asked: Parameters) -> Answer:
        template = find_template(response.ec2_backend, asked)
        template.default_version_number = find_version(template, asked["DefaultVersion"]).number
        return {"LaunchTemplate": _shown(template)}

    @operation(EC2Response, "DeleteLaunchTemplate")
    def delete(response: Any, asked: Parameters) -> Answer:
        backend = response.ec2_backend
        template = find_template(backend, asked)
        shown = _shown(template)
        backend.delete_launch_template(None, template.id)
        backend.tags.pop(template.id, None)
        return {"LaunchTemplate": shown}


def _versions() -> None:
    @operation(EC2Response, "CreateLaunchTemplateVersion")
    def create(response: Any, asked: Parameters) -> Answer:
        template = find_template(response.ec2_backend, asked)
        source = asked.get("SourceVersion")
        inherited = copy.deepcopy(find_version(template, source).data) if source else {}
        version = template.create_version({**inherited, **_data(asked)}, asked.get("VersionDescription"))
        return {"LaunchTemplateVersion": _version(version)}

    @operation(EC2Response, "DescribeLaunchTemplateVersions")
    def describe(response: Any, asked: Parameters) -> Answer:
        backend, numbers = response.ec2_backend, asked.get("Versions") or []
        if asked.get("LaunchTemplateId") or asked.get("LaunchTemplateName"):
            template = find_template(backend, asked)
            least, most = int(asked.get("MinVersion") or 0), int(asked.get("MaxVersion") or 2**31)
            found = [version for version in reversed(template.versions) if least <= version.number <= most]
            if numbers:
                found = [find_version(template, number) for number in numbers]
        else:
            if not numbers or any(str(number).lower() not in ("$latest", "$default") for number in numbers):
                refuse(
                    "InvalidParameterCombination",
                    "To describe the launch template data for all your launch templates, specify '$Latest',"
                    " '$Default', or both for the versions, and no version numbers.",
                )
            found = [
                find_version(template, number) for template in backend.launch_templates.values() for number in numbers
            ]
        return _page([_version(version) for version in found], asked, "LaunchTemplateVersions")

    @operation(EC2Response, "DeleteLaunchTemplateVersions")
    def delete(response: Any, asked: Parameters) -> Answer:
        template = find_template(response.ec2_backend, asked)
        gone: list[Answer] = []
        kept: list[Answer] = []
        for number in asked["Versions"]:
            named = {"LaunchTemplateId": template.id, "LaunchTemplateName": template.name, "VersionNumber": int(number)}
            version = next((one for one in template.versions if str(one.number) == str(number)), None)
            if version is None:
                error = {"Code": "launchTemplateVersionDoesNotExist", "Message": "The version does not exist."}
                kept.append({**named, "ResponseError": error})
            elif version.number == template.default_version_number:
                message = "The default version cannot be deleted; make another version the default first."
                kept.append({**named, "ResponseError": {"Code": "unexpectedError", "Message": message}})
            else:
                template.versions.remove(version)
                gone.append(named)
        return {
            "SuccessfullyDeletedLaunchTemplateVersions": gone,
            "UnsuccessfullyDeletedLaunchTemplateVersions": kept,
        }
