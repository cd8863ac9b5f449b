# Copyright (c) stackwright.aws contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What a container says: canned lines from its command and the names of its variables, never their values."""

from __future__ import annotations

from twin.kubernetes.errors import bad_request
from twin.kubernetes.values import Object, get


def read(pod: Object, query: dict[str, str]) -> str:
    """The log of one container of the pod. Raises StatusError 400."""
    name, containers = pod["metadata"]["name"], pod["spec"]["containers"]
    wanted = query.get("container")
    if not wanted and len(containers) > 1:
        names = " ".join(each["name"] for each in containers)
        raise bad_request(f"a container name must be specified for pod {name}, choose one of: [{names}]")
    known = [*containers, *pod["spec"].get("initContainers", [])]
    container = next((each for each in known if each["name"] == (wanted or containers[0]["name"])), None)
    if container is None:
        raise bad_request(f"container {wanted} is not valid for pod {name}")
    statuses = get(pod, "status", "containerStatuses", default=[])
    status = next((each for each in statuses if each["name"] == container["name"]), {})
    waiting = get(status, "state", "waiting", "reason") if status else "ContainerCreating"
    if waiting and not get(status, "lastState", "terminated"):
        text = f'container "{container["name"]}" in pod "{name}" is waiting to start: '
        pulling = waiting in ("ErrImagePull", "ImagePullBackOff")
        raise bad_request(text + ("trying and failing to pull image" if pulling else waiting))
    lines = _lines(container, status)
    if query.get("tailLines"):
        lines = lines[-int(query["tailLines"]) :] if int(query["tailLines"]) else []
    return "".join(f"{line}\n" for line in lines)


def _lines(container: Object, status: Object) -> list[str]:
    command = " ".join([*container.get("command", []), *container.get("args", [])])
    names = sorted(each["name"] for each in container.get("env", []))
    lines = [f"starting {command or 'the default command'} of {container['image']}"]
    if names:
        lines.append(f"environment: {', '.join(names)}")
    ended = get(status, "state", "terminated") or get(status, "lastState", "terminated")
    if ended:
        lines.append("done" if ended["exitCode"] == 0 else f"failed with exit code {ended['exitCode']}")
    else:
        ports = ", ".join(str(each["containerPort"]) for each in container.get("ports", []))
        lines.append(f"listening on {ports}" if ports else "running")
    return lines
