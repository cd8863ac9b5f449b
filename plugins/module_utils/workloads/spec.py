# Copyright (c) stackwright.aws contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The options of what runs on a Kubernetes cluster, as `tiers.options.validate` takes them."""

from __future__ import annotations

from typing import Any

_REQUESTS_AND_LIMITS: dict[str, Any] = {
    "type": "dict",
    "apply_defaults": True,
    "options": {
        "cpu": {"type": "str", "default": "100m"},
        "memory": {"type": "str", "default": "128Mi"},
        "cpu_limit": {"type": "str"},
        "memory_limit": {"type": "str"},
    },
}

_PROBE: dict[str, Any] = {
    "type": "dict",
    "options": {
        "path": {"type": "str"},
        "port": {"type": "int"},
        "command": {"type": "list", "elements": "str"},
        "ready_after_seconds": {"type": "int", "default": 10},
        "ready_every_seconds": {"type": "int", "default": 5},
        "alive_after_seconds": {"type": "int", "default": 30},
        "alive_every_seconds": {"type": "int", "default": 10},
        "timeout_seconds": {"type": "int", "default": 5},
        "failures": {"type": "int", "default": 3},
    },
    "required_one_of": [("path", "command")],
    "mutually_exclusive": [("path", "command")],
}

_AUTOSCALE: dict[str, Any] = {
    "type": "dict",
    "options": {
        "name": {"type": "str"},
        "min": {"type": "int", "required": True},
        "max": {"type": "int", "required": True},
        "cpu": {"type": "int"},
        "memory": {"type": "int"},
        "external": {"type": "dict", "default": {}},
        "scale_in_seconds": {"type": "int", "default": 300},
    },
    "required_one_of": [("cpu", "memory", "external")],
}

_INGRESS: dict[str, Any] = {
    "type": "dict",
    "options": {
        "name": {"type": "str"},
        "host": {"type": "str", "required": True},
        "path": {"type": "str", "default": "/"},
        "class": {"type": "str", "default": "alb"},
        "scheme": {"type": "str", "choices": ["internet-facing", "internal"], "default": "internet-facing"},
        "certificate": {"type": "str"},
        "tls_policy": {"type": "str", "default": "ELBSecurityPolicy-TLS13-1-2-2021-06"},
        "web_acl": {"type": "str"},
        "security_group": {"type": "str"},
        "health_check": {"type": "str", "default": "/health"},
        "annotations": {"type": "dict", "default": {}},
    },
}

_VOLUME: dict[str, Any] = {
    "type": "map",
    "default": {},
    "options": {
        "config_map": {"type": "str"},
        "secret": {"type": "str"},
        "empty": {"type": "bool"},
    },
}

DEPLOYMENT: dict[str, Any] = {
    "namespace": {"type": "str"},
    "container": {"type": "str"},
    "image": {"type": "str"},
    "command": {"type": "list", "elements": "str"},
    "arguments": {"type": "list", "elements": "str"},
    "replicas": {"type": "int", "default": 1},
    "port": {"type": "int"},
    "resources": _REQUESTS_AND_LIMITS,
    "environment": {"type": "dict", "default": {}},
    "config": {"type": "list", "elements": "str", "default": []},
    "secrets": {"type": "list", "elements": "str", "default": [], "no_log": False},
    "health_check": _PROBE,
    "node_labels": {"type": "dict", "default": {}},
    "tolerations": {"type": "dict", "default": {}},
    "service_account": {"type": "str"},
    "user": {"type": "int", "default": 10001},
    "read_only_root": {"type": "bool", "default": True},
    "mounts": _VOLUME,
    "annotations": {"type": "dict", "default": {}},
    "surge": {"type": "str", "default": "25%"},
    "unavailable": {"type": "str", "default": "0"},
    "deadline_seconds": {"type": "int", "default": 600},
    "stop_seconds": {"type": "int", "default": 30},
    "service": {"type": "int"},
    "ingress": _INGRESS,
    "autoscale": _AUTOSCALE,
}

SPEC: dict[str, Any] = {
    "kubernetes": {"type": "str", "required": True},
    "namespaces": {
        "type": "map",
        "required": True,
        "options": {"labels": {"type": "dict", "default": {}}, "annotations": {"type": "dict", "default": {}}},
    },
    "config_maps": {
        "type": "map",
        "default": {},
        "options": {
            "namespaces": {"type": "list", "elements": "str", "default": []},
            "data": {"type": "dict", "default": {}},
        },
    },
    "external_secrets": {
        "type": "map",
        "default": {},
        "options": {
            "namespaces": {"type": "list", "elements": "str", "default": []},
            "refresh": {"type": "str", "default": "1h"},
            "store": {"type": "str", "default": "aws-secrets-manager"},
            "data": {"type": "dict", "required": True},
        },
    },
    "secret_stores": {
        "type": "map",
        "default": {},
        "options": {"region": {"type": "str", "required": True}, "role": {"type": "str"}},
    },
    "service_accounts": {
        "type": "map",
        "default": {},
        "options": {
            "namespace": {"type": "str"},
            "role": {"type": "str"},
            "token": {"type": "bool", "default": True, "no_log": False},
        },
    },
    "deployments": {"type": "map", "default": {}, "options": DEPLOYMENT},
    "metrics_adapter": {
        "type": "dict",
        "options": {
            "namespace": {"type": "str", "required": True},
            "name": {"type": "str", "default": "prometheus-adapter"},
            "metrics": {"type": "dict", "required": True},
        },
    },
    "manifests": {"type": "list", "elements": "dict", "default": []},
}
