# Copyright (c) stackwright.aws contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""CloudFormation's spelling of ECS objects and the API's: the same members, but for the case of their first letters."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from ...engine.kind import Item, Scope

#: Members whose names differ by more than the first letter: CloudFormation's name to the API's.
_IRREGULAR = {
    "EFSVolumeConfiguration": "efsVolumeConfiguration",
    "FSxWindowsFileServerVolumeConfiguration": "fsxWindowsFileServerVolumeConfiguration",
    "S3FilesVolumeConfiguration": "s3filesVolumeConfiguration",
    "IAM": "iam",
    "ProxyConfigurationProperties": "properties",
}
_REGULAR_AGAIN = {theirs: ours for ours, theirs in _IRREGULAR.items()}

#: Members that hold the user's own keys.
_MAPS = frozenset({"options", "dockerLabels", "driverOpts", "labels", "hookDetails"})


def api_name(name: str) -> str:
    """The API's name of a member that CloudFormation calls `name`."""
    if name == "FilesystemId":  # of an EFS volume; that of an FSx volume is spelt FileSystemId
        return "fileSystemId"
    return _IRREGULAR.get(name) or name[:1].lower() + name[1:]


def cloudformation_name(name: str, parent: str = "") -> str:
    """CloudFormation's name of a member that the API calls `name`, within the member `parent`."""
    if name == "fileSystemId" and parent == "efsVolumeConfiguration":
        return "FilesystemId"
    return _REGULAR_AGAIN.get(name) or name[:1].upper() + name[1:]


def to_api(value: Any) -> Any:
    """A value in CloudFormation's shape as a request carries it."""
    if isinstance(value, Mapping):
        return {
            api_name(name): dict(member or {}) if api_name(name) in _MAPS else to_api(member)
            for name, member in value.items()
        }
    if isinstance(value, (list, tuple)):
        return [to_api(member) for member in value]
    return value


def to_cloudformation(value: Any, parent: str = "") -> Any:
    """A value of an answer in CloudFormation's shape."""
    if isinstance(value, Mapping):
        return {
            cloudformation_name(name, parent): member if name in _MAPS else to_cloudformation(member, name)
            for name, member in value.items()
        }
    if isinstance(value, (list, tuple)):
        return [to_cloudformation(member, parent) for member in value]
    return value


def shaped(member: str) -> Callable[[Item], Any]:
    """A reader of one member of an answer in CloudFormation's shape."""

    def read(item: Item) -> Any:
        return to_cloudformation(item.get(member), member)

    return read


def last_part(value: Any) -> Any:
    """The name in an ARN: `cluster/web` becomes `web`; a plain name stays as it is."""
    return value.rsplit("/", 1)[-1] if isinstance(value, str) else value


def survey(scope: Scope, items: Iterable[Item]) -> list[Item]:
    """Items marked when they were listed to see what exists, and not to see how far a change is.

    What failed in a deployment or an attachment is mended by the next one; it is no reason to replace the whole, which
    is what a failed state means to a plan. So only who waits for such an object is told that it failed.
    """
    return list(items) if scope.ids else [{**item, "isSurvey": True} for item in items]


def is_surveyed(item: Item) -> bool:
    """Whether `survey` marked an item."""
    return bool(item.get("isSurvey"))
