# Copyright (c) stackwright.aws contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Pods and the templates that make them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from twin.kubernetes import quantity
from twin.kubernetes.errors import FieldError, duplicate, forbidden_field, invalid, required, unsupported
from twin.kubernetes.validation import metadata, names
from twin.kubernetes.values import Object, copy, get

_PULL = ("Always", "IfNotPresent", "Never")
_RESTART = ("Always", "OnFailure", "Never")
_DNS = ("ClusterFirst", "ClusterFirstWithHostNet", "Default", "None")
_PROTOCOLS = ("TCP", "UDP", "SCTP")
_HANDLERS = ("exec", "httpGet", "tcpSocket", "grpc")


def pod(value: Object, old: Object | None) -> list[FieldError]:
    errors = pod_spec(value.get("spec") or {}, "spec")
    if old is not None and not errors:
        errors += _update(value, old)
    return errors


def _update(value: Object, old: Object) -> list[FieldError]:
    """Of a pod's specification only images, tolerations and a few more may change."""
    new_spec, old_spec = copy(value["spec"]), copy(old["spec"])
    for spec in (new_spec, old_spec):
        for name in ("containers", "initContainers"):
            for each in spec.get(name, []):
                each.pop("image", None)
                each.pop("resources", None)
        for name in ("activeDeadlineSeconds", "tolerations", "terminationGracePeriodSeconds", "ephemeralContainers"):
            spec.pop(name, None)
        if not old_spec.get("nodeName"):
            spec.pop("nodeName", None)
    if new_spec == old_spec:
        return []
    return [
        forbidden_field(
            "spec",
            "pod updates may not change fields other than `spec.containers[*].image`,"
            "`spec.initContainers[*].image`,`spec.activeDeadlineSeconds`,`spec.tolerations` (only additions to "
            "existing tolerations),`spec.terminationGracePeriodSeconds` (allow it to be set to 1 if it was previously "
            "negative)",
        )
    ]


def template(
    value: Object | None, path: str, restart: tuple[str, ...] = ("Always",), claims: Iterable[str] = ()
) -> list[FieldError]:
    """A pod template; ``restart`` is what its restartPolicy may be, ``claims`` are volumes that come from elsewhere."""
    if value is None:
        return [required(path)]
    errors = metadata.labels(get(value, "metadata", "labels"), f"{path}.labels")
    spec = value.get("spec") or {}
    errors += pod_spec(spec, f"{path}.spec", claims)
    if spec.get("restartPolicy") not in restart:
        errors.append(unsupported(f"{path}.spec.restartPolicy", spec.get("restartPolicy", ""), restart))
    return errors


def pod_spec(spec: Object, path: str, claims: Iterable[str] = ()) -> list[FieldError]:
    errors: list[FieldError] = []
    volumes = _volumes(spec, path, errors) | set(claims)
    if not spec.get("containers"):
        errors.append(required(f"{path}.containers"))
    seen: set[str] = set()
    for group in ("initContainers", "containers"):
        for number, each in enumerate(spec.get(group) or []):
            at = f"{path}.{group}[{number}]"
            errors += _container(each, at, volumes)
            if each.get("name") in seen:
                errors.append(duplicate(f"{at}.name", each["name"]))
            seen.add(each.get("name", ""))
    if spec.get("restartPolicy") not in _RESTART:
        errors.append(unsupported(f"{path}.restartPolicy", spec.get("restartPolicy"), _RESTART))
    if spec.get("dnsPolicy") not in _DNS:
        errors.append(unsupported(f"{path}.dnsPolicy", spec.get("dnsPolicy"), _DNS))
    if (spec.get("terminationGracePeriodSeconds") or 0) < 0:
        errors.append(_negative(f"{path}.terminationGracePeriodSeconds", spec["terminationGracePeriodSeconds"]))
    if "activeDeadlineSeconds" in spec and spec["activeDeadlineSeconds"] < 1:
        text = "must be between 1 and 2147483647, inclusive"
        errors.append(invalid(f"{path}.activeDeadlineSeconds", spec["activeDeadlineSeconds"], text))
    account = spec.get("serviceAccountName")
    if account and (problem := names.subdomain(account)):
        errors.append(invalid(f"{path}.serviceAccountName", account, problem))
    errors += metadata.labels(spec.get("nodeSelector"), f"{path}.nodeSelector")
    for number, each in enumerate(spec.get("tolerations") or []):
        errors += _toleration(each, f"{path}.tolerations[{number}]")
    for number, each in enumerate(spec.get("topologySpreadConstraints") or []):
        at = f"{path}.topologySpreadConstraints[{number}]"
        if (each.get("maxSkew") or 0) <= 0:
            errors.append(invalid(f"{at}.maxSkew", each.get("maxSkew", 0), "must be greater than zero"))
        if each.get("whenUnsatisfiable") not in ("DoNotSchedule", "ScheduleAnyway"):
            text = each.get("whenUnsatisfiable", "")
            errors.append(unsupported(f"{at}.whenUnsatisfiable", text, ("DoNotSchedule", "ScheduleAnyway")))
    return errors


def _volumes(spec: Object, path: str, errors: list[FieldError]) -> set[str]:
    found: set[str] = set()
    for number, each in enumerate(spec.get("volumes") or []):
        at, name = f"{path}.volumes[{number}]", each.get("name", "")
        if not name:
            errors.append(required(f"{at}.name"))
        elif problem := names.label(name):
            errors.append(invalid(f"{at}.name", name, problem))
        elif name in found:
            errors.append(duplicate(f"{at}.name", name))
        found.add(name)
        if len(each) > 2:
            errors.append(
                forbidden_field(f"{at}.{sorted(set(each) - {'name'})[1]}", "may not specify more than 1 volume type")
            )
    return found


def _container(value: Object, path: str, volumes: set[str]) -> list[FieldError]:
    errors: list[FieldError] = []
    name = value.get("name", "")
    if not name:
        errors.append(required(f"{path}.name"))
    elif problem := names.label(name):
        errors.append(invalid(f"{path}.name", name, problem))
    image = value.get("image", "")
    if not image:
        errors.append(required(f"{path}.image"))
    elif image != image.strip():
        errors.append(invalid(f"{path}.image", image, "must not have leading or trailing whitespace"))
    if image and value.get("imagePullPolicy") not in _PULL:
        errors.append(unsupported(f"{path}.imagePullPolicy", value.get("imagePullPolicy"), _PULL))
    errors += _ports(value.get("ports") or [], f"{path}.ports")
    errors += _environment(value, path)
    seen: set[str] = set()
    for number, mount in enumerate(value.get("volumeMounts") or []):
        at = f"{path}.volumeMounts[{number}]"
        if mount.get("name") not in volumes:
            errors.append(FieldError("FieldValueNotFound", f"{at}.name", f'Not found: "{mount.get("name", "")}"'))
        if not mount.get("mountPath"):
            errors.append(required(f"{at}.mountPath"))
        elif mount["mountPath"] in seen:
            errors.append(invalid(f"{at}.mountPath", mount["mountPath"], "must be unique"))
        seen.add(mount.get("mountPath", ""))
    for probe in ("livenessProbe", "readinessProbe", "startupProbe"):
        if probe in value:
            errors += _probe(value[probe], f"{path}.{probe}", once=probe != "readinessProbe")
    errors += _resources(value.get("resources") or {}, f"{path}.resources")
    return errors


def _ports(ports: list[Object], path: str) -> list[FieldError]:
    errors: list[FieldError] = []
    seen: set[str] = set()
    for number, each in enumerate(ports):
        at = f"{path}[{number}]"
        if name := each.get("name"):
            if problem := names.port_name(name):
                errors.append(invalid(f"{at}.name", name, problem))
            if name in seen:
                errors.append(duplicate(f"{at}.name", name))
            seen.add(name)
        if not each.get("containerPort"):
            errors.append(required(f"{at}.containerPort"))
        else:
            errors += port_number(each["containerPort"], f"{at}.containerPort")
        if each.get("hostPort"):
            errors += port_number(each["hostPort"], f"{at}.hostPort")
        if each.get("protocol") not in _PROTOCOLS:
            errors.append(unsupported(f"{at}.protocol", each.get("protocol"), _PROTOCOLS))
    return errors


def port_number(value: Any, path: str) -> list[FieldError]:
    if isinstance(value, int) and not 1 <= value <= 65535:
        return [invalid(path, value, "must be between 1 and 65535, inclusive")]
    if isinstance(value, str) and (problem := names.port_name(value)):
        return [invalid(path, value, problem)]
    return []


def _environment(value: Object, path: str) -> list[FieldError]:
    errors: list[FieldError] = []
    for number, each in enumerate(value.get("env") or []):
        at, name = f"{path}.env[{number}]", each.get("name", "")
        if not name:
            errors.append(required(f"{at}.name"))
        elif "=" in name or not name.isprintable():
            text = "a valid environment variable name must consist only of printable ASCII characters other than '='"
            errors.append(invalid(f"{at}.name", name, text))
        source = each.get("valueFrom")
        if source is not None:
            if each.get("value"):
                errors.append(invalid(f"{at}.valueFrom", "", "may not be specified when `value` is not empty"))
            if len(source) != 1:
                text = "must specify one of: `fieldRef`, `resourceFieldRef`, `configMapKeyRef` or `secretKeyRef`"
                errors.append(invalid(f"{at}.valueFrom", "", text))
            for kind in ("secretKeyRef", "configMapKeyRef"):
                if kind in source and not source[kind].get("key"):
                    errors.append(required(f"{at}.valueFrom.{kind}.key"))
    for number, each in enumerate(value.get("envFrom") or []):
        if len({"configMapRef", "secretRef"} & set(each)) != 1:
            text = "must specify one of: `configMapRef` or `secretRef`"
            errors.append(invalid(f"{path}.envFrom[{number}]", "", text))
    return errors


def _probe(value: Object, path: str, once: bool) -> list[FieldError]:
    errors: list[FieldError] = []
    handlers = [name for name in _HANDLERS if name in value]
    if not handlers:
        errors.append(required(path, "must specify a handler type"))
    for extra in handlers[1:]:
        errors.append(forbidden_field(f"{path}.{extra}", "may not specify more than 1 handler type"))
    for name in ("initialDelaySeconds", "timeoutSeconds", "periodSeconds", "successThreshold", "failureThreshold"):
        if (value.get(name) or 0) < 0:
            errors.append(_negative(f"{path}.{name}", value[name]))
    if once and value.get("successThreshold", 1) not in (0, 1):
        errors.append(invalid(f"{path}.successThreshold", value["successThreshold"], "must be 1"))
    for handler in ("httpGet", "tcpSocket"):
        if handler in handlers:
            port = value[handler].get("port")
            errors += (
                [required(f"{path}.{handler}.port")] if port is None else port_number(port, f"{path}.{handler}.port")
            )
    return errors


def _resources(value: Object, path: str) -> list[FieldError]:
    errors: list[FieldError] = []
    limits, requests = value.get("limits") or {}, value.get("requests") or {}
    for part, amounts in (("limits", limits), ("requests", requests)):
        for name, amount in amounts.items():
            if (
                name not in ("cpu", "memory", "ephemeral-storage")
                and "/" not in name
                and not name.startswith("hugepages-")
            ):
                text = "must be a standard resource type or fully qualified"
                errors.append(invalid(f"{path}.{part}[{name}]", name, text))
            if quantity.parse(amount) < 0:
                errors.append(_negative(f"{path}.{part}[{name}]", amount))
    for name, amount in requests.items():
        if name in limits and quantity.parse(amount) > quantity.parse(limits[name]):
            text = f"must be less than or equal to {name} limit of {limits[name]}"
            errors.append(invalid(f"{path}.requests", amount, text))
    return errors


def _toleration(value: Object, path: str) -> list[FieldError]:
    operator = value.get("operator") or "Equal"
    if operator not in ("Equal", "Exists"):
        return [unsupported(f"{path}.operator", operator, ("Equal", "Exists"))]
    if operator == "Exists" and value.get("value"):
        return [invalid(f"{path}.operator", value, "value must be empty when `operator` is 'Exists'")]
    if not value.get("key") and operator != "Exists":
        text = 'operator must be Exists when `key` is empty, which means "match all values and all keys"'
        return [invalid(f"{path}.operator", operator, text)]
    effects = ("NoExecute", "NoSchedule", "PreferNoSchedule")
    if value.get("effect") and value["effect"] not in effects:
        return [unsupported(f"{path}.effect", value["effect"], effects)]
    return []


def _negative(path: str, value: Any) -> FieldError:
    return invalid(path, value, "must be greater than or equal to 0")


def not_negative(value: Object, path: str, *fields: str) -> list[FieldError]:
    """Whole numbers that may not be below 0."""
    return [_negative(f"{path}.{name}", value[name]) for name in fields if (value.get(name) or 0) < 0]
