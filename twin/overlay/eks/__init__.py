# Copyright (c) stackwright.aws contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""EKS: clusters that answer the Kubernetes API, node groups, add-ons, access entries, pod identities.

Everything is kept here; of moto's EKS only the addresses and the way of an answer are used.
Source: https://docs.aws.amazon.com/eks/latest/APIReference/Welcome.html
"""

from __future__ import annotations

from collections.abc import Iterator

from moto.eks import urls
from moto.eks.models import eks_backends
from moto.eks.responses import EKSResponse

from twin.overlay import _tagged
from twin.overlay.eks import access, addons, associations, clusters, nodegroups, servers
from twin.overlay.eks.store import Store, arn_of, find_arn
from twin.patch import Parameters, existing, notes, operation
from twin.world import World

_ADDRESSES = (
    "clusters/(?P<path>.+)$",
    "addons/(?P<path>.+)$",
    "cluster-versions$",
    "access-policies$",
)


def install(world: World) -> None:
    for address in _ADDRESSES:
        urls.url_paths["{0}/" + address] = urls.response.dispatch
    servers.install(world)
    clusters.install(world)
    nodegroups.install(world)
    addons.install(world)
    access.install()
    associations.install()
    _tags()


def _tags() -> None:
    @operation(EKSResponse, "TagResource")
    def tag(response: EKSResponse, p: Parameters) -> None:
        found = find_arn(response, p["resourceArn"])
        found["tags"] = {**found["tags"], **p["tags"]}

    @operation(EKSResponse, "UntagResource")
    def untag(response: EKSResponse, p: Parameters) -> None:
        found = find_arn(response, p["resourceArn"])
        found["tags"] = {key: value for key, value in found["tags"].items() if key not in p["tagKeys"]}

    @operation(EKSResponse, "ListTagsForResource")
    def tags(response: EKSResponse, p: Parameters) -> dict[str, dict[str, str]]:
        return {"tags": find_arn(response, p["resourceArn"])["tags"]}

    @_tagged.collector("eks")
    def collect(account: str, region: str) -> Iterator[_tagged.Tagged]:
        backend = existing(eks_backends, account, region)
        store = notes(backend, "store", Store) if backend else Store()
        for record in store.everything():
            yield arn_of(record), dict(record["tags"])
