# Copyright (c) stackwright.aws contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Services, ingresses and network policies."""

from __future__ import annotations

import ipaddress

from twin.kubernetes.errors import FieldError, duplicate, forbidden_field, invalid, required, unsupported
from twin.kubernetes.validation import metadata, names
from twin.kubernetes.validation.pods import port_number
from twin.kubernetes.values import Object, get

_TYPES = ("ClusterIP", "ExternalName", "LoadBalancer", "NodePort")
_PROTOCOLS = ("TCP", "UDP", "SCTP")
_PATH_TYPES = ("Exact", "ImplementationSpecific", "Prefix")


def service(value: Object, old: Object | None) -> list[FieldError]:
    spec = value.get("spec") or {}
    kind, errors = spec.get("type"), []
    if kind not in _TYPES:
        errors.append(unsupported("spec.type", kind, _TYPES))
    headless = spec.get("clusterIP") == "None"
    ports = spec.get("ports") or []
    if not ports and not headless and kind != "ExternalName":
        errors.append(required("spec.ports"))
    seen_names: set[str] = set()
    seen: set[tuple[int, str]] = set()
    for number, each in enumerate(ports):
        at, name = f"spec.ports[{number}]", each.get("name", "")
        if not name and len(ports) > 1:
            errors.append(required(f"{at}.name"))
        elif name and (problem := names.label(name)):
            errors.append(invalid(f"{at}.name", name, problem))
        elif name and name in seen_names:
            errors.append(duplicate(f"{at}.name", name))
        seen_names.add(name)
        errors += port_number(each.get("port", 0), f"{at}.port")
        if each.get("protocol") not in _PROTOCOLS:
            errors.append(unsupported(f"{at}.protocol", each.get("protocol"), _PROTOCOLS))
        if "targetPort" in each:
            errors += port_number(each["targetPort"], f"{at}.targetPort")
        if each.get("nodePort") and kind == "ClusterIP":
            errors.append(forbidden_field(f"{at}.nodePort", "may not be used when `type` is 'ClusterIP'"))
        key = (each.get("port", 0), each.get("protocol", ""))
        if key in seen:
            errors.append(duplicate(at, {"port": key[0], "protocol": key[1]}))
        seen.add(key)
    if kind == "ExternalName" and not spec.get("externalName"):
        errors.append(required("spec.externalName"))
    if spec.get("sessionAffinity") not in ("None", "ClientIP"):
        errors.append(unsupported("spec.sessionAffinity", spec.get("sessionAffinity"), ("ClientIP", "None")))
    errors += metadata.labels(spec.get("selector"), "spec.selector")
    if old is not None and "ExternalName" not in (kind, get(old, "spec", "type")):
        before = get(old, "spec", "clusterIP")
        if before and before != spec.get("clusterIP"):
            errors.append(invalid("spec.clusterIPs[0]", [spec.get("clusterIP")], "may not change once set"))
    return errors


def ingress(value: Object, old: Object | None) -> list[FieldError]:
    spec, errors = value.get("spec") or {}, []
    if not spec.get("rules") and not spec.get("defaultBackend"):
        errors.append(invalid("spec", spec, "either `defaultBackend` or `rules` must be specified"))
    if spec.get("defaultBackend"):
        errors += _backend(spec["defaultBackend"], "spec.defaultBackend")
    for number, rule in enumerate(spec.get("rules") or []):
        at, host = f"spec.rules[{number}]", rule.get("host", "")
        if host and (problem := names.subdomain(host.removeprefix("*."))):
            errors.append(invalid(f"{at}.host", host, problem))
        paths = get(rule, "http", "paths")
        if "http" in rule and not paths:
            errors.append(required(f"{at}.http.paths"))
        for index, each in enumerate(paths or []):
            errors += _path(each, f"{at}.http.paths[{index}]")
    for number, each in enumerate(spec.get("tls") or []):
        for index, host in enumerate(each.get("hosts") or []):
            if problem := names.subdomain(host.removeprefix("*.")):
                errors.append(invalid(f"spec.tls[{number}].hosts[{index}]", host, problem))
    name = spec.get("ingressClassName")
    if name and (problem := names.subdomain(name)):
        errors.append(invalid("spec.ingressClassName", name, problem))
    return errors


def _path(value: Object, at: str) -> list[FieldError]:
    errors: list[FieldError] = []
    kind, path = value.get("pathType"), value.get("path", "")
    if kind is None:
        errors.append(required(f"{at}.pathType", "pathType must be specified"))
    elif kind not in _PATH_TYPES:
        errors.append(unsupported(f"{at}.pathType", kind, _PATH_TYPES))
    elif kind in ("Exact", "Prefix"):
        if not path.startswith("/"):
            errors.append(invalid(f"{at}.path", path, "must be an absolute path"))
        errors += [
            invalid(f"{at}.path", path, f"must not contain '{bad}'") for bad in ("//", "/./", "/../") if bad in path
        ]
    elif path and not path.startswith("/"):
        errors.append(invalid(f"{at}.path", path, "must be an absolute path"))
    return errors + _backend(value.get("backend") or {}, f"{at}.backend")


def _backend(value: Object, at: str) -> list[FieldError]:
    if "service" in value and "resource" in value:
        return [invalid(at, "", "cannot set both resource and service backends")]
    if "resource" in value:
        return []
    if "service" not in value:
        return [required(at, "resource or service backend is required")]
    target, errors = value["service"], []
    if not target.get("name"):
        errors.append(required(f"{at}.service.name"))
    elif problem := names.label_1035(target["name"]):
        errors.append(invalid(f"{at}.service.name", target["name"], problem))
    number, name = get(target, "port", "number"), get(target, "port", "name")
    if number and name:
        errors.append(invalid(at, "", "cannot set both port name & port number"))
    elif number:
        errors += port_number(number, f"{at}.service.port.number")
    elif name:
        errors += port_number(name, f"{at}.service.port.name")
    else:
        errors.append(required(at, "port name or number is required"))
    return errors


def network_policy(value: Object, old: Object | None) -> list[FieldError]:
    spec = value.get("spec") or {}
    errors = metadata.selector(spec.get("podSelector"), "spec.podSelector")
    for side, peers in (("ingress", "from"), ("egress", "to")):
        for number, rule in enumerate(spec.get(side) or []):
            at = f"spec.{side}[{number}]"
            for index, port in enumerate(rule.get("ports") or []):
                if "port" in port:
                    errors += port_number(port["port"], f"{at}.ports[{index}].port")
                elif "endPort" in port:
                    text = "may not be specified when `port` is not specified"
                    errors.append(invalid(f"{at}.ports[{index}].endPort", port["endPort"], text))
            for index, peer in enumerate(rule.get(peers) or []):
                errors += _peer(peer, f"{at}.{peers}[{index}]")
    for number, kind in enumerate(spec.get("policyTypes") or []):
        if kind not in ("Ingress", "Egress"):
            errors.append(unsupported(f"spec.policyTypes[{number}]", kind, ("Egress", "Ingress")))
    return errors


def _peer(value: Object, at: str) -> list[FieldError]:
    if not value:
        return [required(at, "must specify a peer")]
    block = value.get("ipBlock")
    if block is None:
        return []
    if len(value) > 1:
        return [forbidden_field(at, "may not specify both ipBlock and another peer")]
    try:
        network = ipaddress.ip_network(block.get("cidr", ""), strict=False)
    except ValueError:
        text = "must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)"
        return [invalid(f"{at}.ipBlock.cidr", block.get("cidr", ""), text)]
    errors: list[FieldError] = []
    for number, text in enumerate(block.get("except") or []):
        try:
            inside = ipaddress.ip_network(text, strict=False).subnet_of(network)  # type: ignore[arg-type]
        except (ValueError, TypeError):
            inside = False
        if not inside:
            errors.append(invalid(f"{at}.ipBlock.except[{number}]", text, "must be a strict subset of `cidr`"))
    return errors
