# Copyright (c) stackwright.aws contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Task definitions in one form of the several that AWS takes for the same and answers.

AWS fills in defaults when a revision is registered and answers them all, so that what was not stated comes back as an
empty list, a zero or a word. Here both sides lose what is a default and what order means nothing.
https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_ContainerDefinition.html
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

Object = Mapping[str, Any]

_CONTAINER_DEFAULTS = {"Cpu": 0, "VersionConsistency": "enabled"}
_HEALTH_CHECK_DEFAULTS = {"Interval": 30, "Timeout": 5, "Retries": 3, "StartPeriod": 0}

#: Lists of objects whose order means nothing, with the members that tell the objects apart.
_SORTED_BY = {
    "DependsOn": ("ContainerName", "Condition"),
    "ExtraHosts": ("Hostname", "IpAddress"),
    "MountPoints": ("ContainerPath", "SourceVolume"),
    "PortMappings": ("ContainerPort", "ContainerPortRange", "Protocol", "Name"),
    "ResourceRequirements": ("Type", "Value"),
    "SystemControls": ("Namespace",),
    "Ulimits": ("Name",),
    "VolumesFrom": ("SourceContainer",),
}
#: Lists of texts whose order means nothing.
_SETS = ("Links", "DockerSecurityOptions")


def normalise_containers(containers: Iterable[Object] | None) -> list[dict[str, Any]]:
    """Container definitions sorted by name and without defaults."""
    return sorted((_container(container) for container in containers or []), key=lambda one: str(one.get("Name")))


def _container(container: Object) -> dict[str, Any]:
    # Said outright: where nothing is said, a false one would pass for the default.
    result = {"Essential": True} | _without(container, _CONTAINER_DEFAULTS)
    for name, members in _SORTED_BY.items():
        if result.get(name):
            elements = [_port_mapping(element) if name == "PortMappings" else element for element in result[name]]
            result[name] = _sorted_by(elements, members)
    for name in _SETS:
        if result.get(name):
            result[name] = sorted(result[name])
    # Mappings compare name by name, and an environment's values as the texts that they are: "1.0" is not "1".
    if result.get("Environment"):
        result["Environment"] = {pair.get("Name"): f"={_text(pair.get('Value'))}" for pair in result["Environment"]}
    if result.get("Secrets"):
        result["Secrets"] = {pair.get("Name"): pair.get("ValueFrom") for pair in result["Secrets"]}
    if result.get("HealthCheck"):
        result["HealthCheck"] = _without(result["HealthCheck"], _HEALTH_CHECK_DEFAULTS)
    if result.get("RestartPolicy"):
        policy = _without(result["RestartPolicy"], {"RestartAttemptPeriod": 300})
        result["RestartPolicy"] = {**policy, "IgnoredExitCodes": sorted(policy.get("IgnoredExitCodes") or [])}
    if result.get("LogConfiguration"):
        log = dict(result["LogConfiguration"])
        log["SecretOptions"] = _sorted_by(log.get("SecretOptions") or [], ("Name",))
        result["LogConfiguration"] = log
    if result.get("LinuxParameters"):
        result["LinuxParameters"] = _linux_parameters(result["LinuxParameters"])
    return result


def _port_mapping(mapping: Object) -> dict[str, Any]:
    """Without the protocol if it is TCP, and without a host port that says nothing.

    With the network modes `awsvpc` and `host` the host port is the container port, and AWS answers it; with `bridge`
    0 or none means any.
    """
    result = _without(mapping, {"Protocol": "tcp", "HostPort": 0})
    if "HostPort" in result and str(result["HostPort"]) == str(result.get("ContainerPort")):
        del result["HostPort"]
    return result


def _linux_parameters(parameters: Object) -> dict[str, Any]:
    result = dict(parameters)
    capabilities = result.get("Capabilities") or {}
    result["Capabilities"] = {name: sorted(values) for name, values in capabilities.items() if values}
    result["Devices"] = [
        {**device, "Permissions": sorted(device.get("Permissions") or [])}
        for device in _sorted_by(result.get("Devices") or [], ("HostPath",))
    ]
    result["Tmpfs"] = _sorted_by(result.get("Tmpfs") or [], ("ContainerPath",))
    return result


def normalise_volumes(volumes: Iterable[Object] | None) -> list[dict[str, Any]]:
    """Volumes sorted by name and without defaults."""
    return _sorted_by([_volume(volume) for volume in volumes or []], ("Name",))


def _volume(volume: Object) -> dict[str, Any]:
    result = dict(volume)
    if result.get("EFSVolumeConfiguration"):
        efs = _without(
            result["EFSVolumeConfiguration"],
            {"RootDirectory": "/", "TransitEncryption": "DISABLED", "TransitEncryptionPort": 0},
        )
        if efs.get("AuthorizationConfig"):
            efs["AuthorizationConfig"] = _without(efs["AuthorizationConfig"], {"IAM": "DISABLED"})
        result["EFSVolumeConfiguration"] = efs
    if result.get("DockerVolumeConfiguration"):
        docker = _without(result["DockerVolumeConfiguration"], {"Scope": "task", "Driver": "local"})
        result["DockerVolumeConfiguration"] = docker
    if result.get("Host") is not None:
        result["Host"] = _without(result["Host"], {})
    return {name: value for name, value in result.items() if value not in (None, {}, [], "")}


def cpu_units(value: Any) -> Any:
    """CPU units: `1 vCPU` is 1024."""
    return _scaled(value, r"(\d*\.?\d+)\s*vcpus?")


def memory_mib(value: Any) -> Any:
    """Memory in MiB: `2 GB` is 2048."""
    return _scaled(value, r"(\d*\.?\d+)\s*gb")


def _scaled(value: Any, pattern: str) -> Any:
    found = re.fullmatch(pattern, str(value).strip().lower())
    return str(round(float(found[1]) * 1024)) if found else value


def request_containers(containers: Iterable[Object]) -> list[dict[str, Any]]:
    """Container definitions with the values of their environments as the texts that a request must carry."""
    return [
        {
            **container,
            **(
                {"Environment": [{**pair, "Value": _text(pair.get("Value"))} for pair in container["Environment"]]}
                if container.get("Environment")
                else {}
            ),
        }
        for container in containers
    ]


def _text(value: Any) -> str:
    if value is None:
        return ""
    return str(value).lower() if isinstance(value, bool) else str(value)


def _without(value: Object, defaults: Object) -> dict[str, Any]:
    """The object without what is not said or is the default."""
    return {
        name: member
        for name, member in value.items()
        if member is not None and not (name in defaults and str(member).lower() == str(defaults[name]).lower())
    }


def _sorted_by(elements: Iterable[Object], members: tuple[str, ...]) -> list[dict[str, Any]]:
    return sorted((dict(one) for one in elements), key=lambda one: tuple(str(one.get(name, "")) for name in members))
