# Copyright (c) stackwright.aws contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A cluster: its store, its server and its controllers, put together."""

from __future__ import annotations

import base64
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace

from twin.delays import DEFAULTS
from twin.kubernetes import autoscaling_v1, nodes
from twin.kubernetes.api import Api
from twin.kubernetes.bootstrap import bootstrap, prepare_namespace
from twin.kubernetes.certificates import make_certificates
from twin.kubernetes.controllers import all_controllers
from twin.kubernetes.controllers.context import Context
from twin.kubernetes.controllers.custom import CustomControllers, Reconcile
from twin.kubernetes.controllers.loop import Loop
from twin.kubernetes.http import Authenticate, Server
from twin.kubernetes.metrics import Metrics, MetricsApi
from twin.kubernetes.nodes import Node
from twin.kubernetes.objects import Objects, Options
from twin.kubernetes.openapi import Documents
from twin.kubernetes.resources import BUILT_IN, Resources
from twin.kubernetes.reviews import Reviews
from twin.kubernetes.schemas import Schemas, load
from twin.kubernetes.store import Store
from twin.kubernetes.subresources import Subresources
from twin.kubernetes.tokens import Tokens
from twin.kubernetes.users import UserInfo
from twin.kubernetes.values import Object

Delays = Callable[[str], float] | Mapping[str, float]

DEFAULT_VERSION = "1.33"


class Cluster:
    """The Kubernetes API of one EKS cluster, served on 127.0.0.1 until it is stopped."""

    def __init__(
        self, name: str, version: str, authenticate: Authenticate, machines: Iterable[Node], delays: Delays | None
    ) -> None:
        self.name, self.version = name, version
        self._delays = delays
        schemas = load(version)
        self.store = Store()
        self.resources = _built_in(schemas)
        self.objects = Objects(self.store, self.resources, time.time)
        self.documents = Documents(self.resources, schemas, version)
        self.metrics = Metrics()
        self._tokens = Tokens(self.store, time.time)
        self._authenticator = authenticate
        self._certificates = make_certificates(name)
        self.loop = Loop(self.store)
        self.context = Context(self.objects, self.loop, self.metrics, self.delay)
        self._custom = CustomControllers(self.context)
        subresources = Subresources(self.objects, self._tokens)
        api = Api(
            self.objects,
            self.documents,
            subresources,
            Reviews(self.store, self._authenticate),
            MetricsApi(self.store, self.metrics, self.objects.now),
            _version_info(version),
            time.time,
        )
        self._server = Server(self._certificates.context(), api.handle, self._authenticate)
        api.server_address = f"127.0.0.1:{self._server.server_port}"
        authority = self._certificates.authority.decode()
        self.objects.after_create = lambda resource, value: prepare_namespace(self.objects, resource, value, authority)
        for controller in (*all_controllers(self.context, subresources, self.documents, schemas), self._custom):
            self.loop.add(controller)
        self.loop.start()
        bootstrap(self.objects)
        for machine in machines:
            self.add_node(machine)
        self._server.start()

    @property
    def endpoint(self) -> str:
        """Where the API is served: ``https://127.0.0.1:PORT``."""
        return f"https://127.0.0.1:{self._server.server_port}"

    @property
    def certificate_authority_data(self) -> str:
        """The authority's certificate, as kubeconfigs and EKS have it: base64 of PEM."""
        return base64.b64encode(self._certificates.authority).decode()

    def delay(self, name: str) -> float:
        """Seconds that a transition takes; names as in ``twin/delays.py``."""
        if callable(self._delays):
            return self._delays(name)
        return (self._delays or {}).get(name, DEFAULTS[name])

    def add_node(self, machine: Node) -> None:
        """Let a machine join; one of the same name is replaced."""
        made = nodes.as_object(machine, self.version, self.objects.now())
        resource = self.context.resource("", "Node")
        options = Options("kubelet")
        with self.store.lock:
            present = self.store.get(resource.bucket, "", machine.name)
            if present is None:
                self.objects.create(resource, "", made, options)
                lease = {
                    "metadata": {"name": machine.name, "namespace": "kube-node-lease"},
                    "spec": {"holderIdentity": machine.name, "leaseDurationSeconds": 40},
                }
                self.context.create("coordination.k8s.io", "Lease", lease, "kubelet")
            else:
                self.objects.update(resource, "", machine.name, made, options)

    def remove_node(self, name: str) -> None:
        """Take a machine away; its pods go with it. Nothing happens when it is not there."""
        with self.store.lock:
            present = self.store.get(("", "nodes"), "", name)
            if present is not None:
                self.context.delete("", "Node", present)
                lease = self.store.get(("coordination.k8s.io", "leases"), "kube-node-lease", name)
                if lease is not None:
                    self.context.delete("coordination.k8s.io", "Lease", lease)

    def node_names(self) -> list[str]:
        return [each["metadata"]["name"] for each in self.store.list(("", "nodes"))]

    def register_controller(self, group: str, plural: str, reconcile: Reconcile) -> None:
        """Run code for every custom resource of that kind, whenever it changes.

        :param reconcile: gets the context and the object. What it returns is the number of seconds after which it is
            to run again, or None. It runs under the cluster's lock and must be quick.
        """
        self._custom.register((group, plural), reconcile)

    def stop(self) -> None:
        """End the server, all watches and all controllers."""
        self.store.close()
        self._server.stop()
        self.loop.stop()

    def _authenticate(self, token: str) -> UserInfo | None:
        return self._tokens.user(token) or self._authenticator(token)


def start_cluster(
    name: str,
    *,
    version: str = DEFAULT_VERSION,
    authenticate: Authenticate,
    nodes: Iterable[Node] = (),
    delays: Delays | None = None,
) -> Cluster:
    """Start a cluster.

    :param version: the Kubernetes version whose schemas and /version it has, such as ``1.33``.
    :param authenticate: the caller behind a bearer token; None refuses it (401).
    :param delays: seconds by name; ``World.delay`` of the twin fits, and so does a mapping of some names.
    :raises ValueError: a version that there are no schemas of.
    """
    return Cluster(name, version, authenticate, nodes, delays)


def _built_in(schemas: Schemas) -> Resources:
    resources = Resources()
    for each in BUILT_IN:
        definition = schemas.kinds.get((each.group, each.version, each.kind))
        if definition is None:
            continue
        made = replace(each, definition=definition, schema=schemas.linked[definition])
        if (each.group, each.version) == ("autoscaling", "v1"):
            made = replace(made, store_version="v2", convert=(autoscaling_v1.from_v2, autoscaling_v1.to_v2))
        resources.add(made)
    return resources


def _version_info(version: str) -> Object:
    major, minor = version.split(".")
    return {
        "major": major,
        "minor": minor,
        "gitVersion": f"v{version}.0-eks-0000000",
        "gitCommit": "0" * 40,
        "gitTreeState": "clean",
        "buildDate": "2026-01-01T00:00:00Z",
        "goVersion": "go1.24",
        "compiler": "gc",
        "platform": "linux/amd64",
    }
