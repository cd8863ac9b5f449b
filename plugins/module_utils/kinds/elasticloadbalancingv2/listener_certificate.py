# Copyright (c) stackwright.aws contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""AWS::ElasticLoadBalancingV2::ListenerCertificate: one that a listener serves beside its default certificate."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import partial
from typing import Any

from ...engine.kind import Attribute, Call, Item, Kind, NaturalKey, Scope, Work
from ..requests import unless
from ..shared import IMMUTABLE
from .common import SERVICE

_LISTENER = "AWS::ElasticLoadBalancingV2::Listener"
_ENCRYPTED = ("HTTPS", "TLS")


def list_certificates(scope: Scope) -> Iterable[Item]:
    """Those of the listeners in scope that have any, asked for listener by listener since the API has no other way."""
    if scope.ids:
        listeners = {identifier.partition("|")[0] for identifier in scope.ids}
    else:
        listeners = {
            listener.id for listener in scope.observed(_LISTENER) if listener.properties.get("Protocol") in _ENCRYPTED
        } | set(scope.names("ListenerArn"))
    found = [item for listener in sorted(listeners) for item in _beside_default(scope, listener)]
    return [item for item in found if not scope.ids or _identifier(item) in scope.ids]


def _beside_default(scope: Scope, listener: str) -> list[Item]:
    """The certificates of a listener without the default one, also where that is among the others too.

    AWS answers it twice then, and refuses to remove either.
    """
    ask = partial(scope.pages, SERVICE, "describe_listener_certificates", "Certificates[]", ListenerArn=listener)
    answered = unless((), ask) or []
    default = {one["CertificateArn"] for one in answered if one.get("IsDefault")}
    others = [one["CertificateArn"] for one in answered if one["CertificateArn"] not in default]
    return [{"ListenerArn": listener, "Certificates": [{"CertificateArn": arn}]} for arn in others]


def certificate_key(properties: Mapping[str, Any]) -> NaturalKey | None:
    """The listener and the one certificate; None where they are not known, or not one."""
    arns = [one.get("CertificateArn") for one in properties.get("Certificates") or ()]
    words = (properties.get("ListenerArn"), *arns)
    if len(arns) != 1 or not all(isinstance(word, str) for word in words):
        return None
    return tuple(str(word) for word in words)


def _identifier(item: Item) -> str:
    return "|".join(certificate_key(item) or ())


def _of_listener(work: Work) -> dict[str, Any]:
    return work.pick("ListenerArn", "Certificates")


def _remove(work: Work) -> dict[str, Any]:
    there = work.existing.properties
    return {"ListenerArn": there["ListenerArn"], "Certificates": there["Certificates"]}


LISTENER_CERTIFICATE = Kind(
    type="AWS::ElasticLoadBalancingV2::ListenerCertificate",
    service=SERVICE,
    title="listener certificate",
    id=_identifier,
    key=("ListenerArn", "Certificates"),
    key_of=certificate_key,
    # Not the certificates, which are no wholes: ACM keeps one until no listener serves it.
    requires=(_LISTENER,),
    part_of="ListenerArn",
    # Clients rely on one until the next is there.
    relied_on=True,
    tags=None,
    list=list_certificates,
    properties={"ListenerArn": IMMUTABLE, "Certificates": IMMUTABLE},
    attributes={"Id": Attribute(_identifier)},
    # AWS takes one in a request, and one that is there already.
    create=Call("add_listener_certificates", _of_listener),
    # One that became the default certificate meanwhile is not beside it any more.
    delete=Call("remove_listener_certificates", _remove, ignore=frozenset({"OperationNotPermitted"})),
)
