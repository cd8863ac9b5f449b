# Copyright (c) stackwright.aws contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The certificates of a listener: the default one first, then those for other names."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from moto.acm.models import acm_backends
from moto.elbv2.responses import ELBV2Response

from twin.patch import Parameters, existing, notes, operation
from twin.refusal import refuse

if TYPE_CHECKING:
    from twin.world import World

#: Of a load balancer, beside the default ones.
#: https://docs.aws.amazon.com/elasticloadbalancing/latest/application/load-balancer-limits.html
_LIMIT = 25
ENCRYPTED = ("HTTPS", "TLS")


def install(world: World) -> None:
    @operation(ELBV2Response, "AddListenerCertificates")
    def add(response: Any, asked: Parameters) -> dict[str, Any]:
        backend = response.elbv2_backend
        listener = _encrypted(backend, asked)
        arn = _one(asked)
        check_certificates(backend, asked["Certificates"])
        if arn not in further(listener):
            balancer = backend.load_balancers[listener.load_balancer_arn]
            if sum(len(further(one)) for one in balancer.listeners.values()) >= _LIMIT:
                refuse(
                    "TooManyCertificates",
                    f"The maximum number of certificates has been reached for load balancer '{balancer.arn}'",
                )
            further(listener).append(arn)
        return {"Certificates": [{"CertificateArn": arn, "IsDefault": False}]}

    @operation(ELBV2Response, "DescribeListenerCertificates")
    def describe(response: Any, asked: Parameters) -> dict[str, Any]:
        listener = find_listener(response.elbv2_backend, asked["ListenerArn"])
        found = [{"CertificateArn": arn, "IsDefault": True} for arn in listener.certificates]
        found += [{"CertificateArn": arn, "IsDefault": False} for arn in further(listener)]
        start = int(asked.get("Marker") or 0)
        end = start + asked.get("PageSize", 400)
        return {"Certificates": found[start:end], "NextMarker": str(end) if end < len(found) else None}

    @operation(ELBV2Response, "RemoveListenerCertificates")
    def remove(response: Any, asked: Parameters) -> dict[str, Any]:
        listener = _encrypted(response.elbv2_backend, asked)
        arn = _one(asked)
        if arn in listener.certificates:
            refuse("OperationNotPermitted", "Default certificate cannot be removed")
        if arn not in further(listener):
            refuse("CertificateNotFound", f"Certificate '{arn}' not found")
        further(listener).remove(arn)
        return {}


def further(listener: Any) -> list[str]:
    """Those beside the default one, which alone AWS answers with a listener."""
    found: list[str] = notes(listener, "further_certificates", list)
    return found


def find_listener(backend: Any, arn: str) -> Any:
    for balancer in backend.load_balancers.values():
        if arn in balancer.listeners:
            return balancer.listeners[arn]
    refuse("ListenerNotFound", f"One or more listeners not found: '{arn}'")


def check_certificates(backend: Any, certificates: list[dict[str, Any]]) -> None:
    for certificate in certificates:
        arn = certificate["CertificateArn"]
        if ":iam:" in arn:
            continue
        acm = existing(acm_backends, backend.account_id, backend.region_name)
        if acm is None or arn not in acm._certificates:
            refuse("CertificateNotFound", f"Certificate '{arn}' not found")
        if acm._certificates[arn].status != "ISSUED":
            refuse(
                "UnsupportedCertificate",
                f"The certificate '{arn}' must have a fully-qualified domain name, a supported signature, and a"
                " supported key size.",
            )


def _encrypted(backend: Any, asked: Parameters) -> Any:
    listener = find_listener(backend, asked["ListenerArn"])
    if listener.protocol not in ENCRYPTED:
        refuse("InvalidConfigurationRequest", f"A certificate cannot be specified for {listener.protocol} listeners")
    return listener


def _one(asked: Parameters) -> str:
    certificates = asked["Certificates"]
    if len(certificates) != 1:
        refuse("ValidationError", f"Up to '1' certificate ARNs can be specified, but '{len(certificates)}' were given")
    if "IsDefault" in certificates[0]:
        refuse("ValidationError", "You cannot set the isDefault parameter for a certificate")
    return str(certificates[0]["CertificateArn"])
