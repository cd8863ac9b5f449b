"""The certificates of a load balancer from one description to the next: names are served without a gap."""

from __future__ import annotations

from typing import Any

from tests.integration.in_process import converge
from tests.own_twin import own_twin
from tests.twin.helpers import eventually


def _description(*further: str, default: str = "main", **certificates: dict[str, Any]) -> dict[str, Any]:
    made = {name: {"zone": "zone.example.com", **options} for name, options in certificates.items()}
    return {
        "system": "shop",
        "env": "dev",
        "region": "eu-west-1",
        "zones": {"example.com": {}},
        "network": {"cidr": "10.40.0.0/16", "flow_logs": {"enabled": False}, "gateway_endpoints": []},
        "certificates": made,
        "load_balancers": {"web": {"certificate": default, "more_certificates": list(further)}},
    }


def test_further_certificates() -> None:
    main: dict[str, Any] = {"domain": "example.com"}
    shop: dict[str, Any] = {"domain": "shop.example.com"}
    with own_twin(0.05) as twin:
        elb, acm = twin.client("elbv2", region="eu-west-1"), twin.client("acm", region="eu-west-1")

        def listeners() -> dict[int, str]:
            balancer = elb.describe_load_balancers()["LoadBalancers"][0]["LoadBalancerArn"]
            found = elb.describe_listeners(LoadBalancerArn=balancer)["Listeners"]
            return {one["Port"]: one["ListenerArn"] for one in found}

        def served() -> list[str]:
            """The domains, that of the default certificate first."""
            found = elb.describe_listener_certificates(ListenerArn=listeners()[443])["Certificates"]
            arns = [one["CertificateArn"] for one in sorted(found, key=lambda one: not one["IsDefault"])]
            return [acm.describe_certificate(CertificateArn=arn)["Certificate"]["DomainName"] for arn in arns]

        def settles(description: dict[str, Any], **options: Any) -> list[str]:
            """What a run asks for in writing; the next has nothing to do."""
            twin.forget_requests()
            assert converge(twin, description, **options)["changed"]
            writes = [write for write in twin.writes() if not write.startswith("dynamodb.")]
            assert not converge(twin, description, **options)["changed"]
            return writes

        settles(_description("shop", main=main, shop=shop))
        assert served() == ["example.com", "shop.example.com"]

        # Another certificate in the place of one: the old one goes once the new one is served.
        wider = {**shop, "alternative_names": ["www.shop.example.com"]}
        writes = settles(_description("shop", main=main, shop=wider))
        added, removed = (writes.index(f"elbv2.{word}ListenerCertificates") for word in ("Add", "Remove"))
        assert added < removed and "acm.DeleteCertificate" in writes[removed:]
        assert served() == ["example.com", "shop.example.com"]

        # What somebody adds by hand goes, and what is not described any more, before the certificate itself.
        by_hand = acm.request_certificate(DomainName="hand.example.org")["CertificateArn"]
        eventually(lambda: acm.describe_certificate(CertificateArn=by_hand)["Certificate"]["Status"], "ISSUED")
        listener = listeners()[443]
        elb.add_listener_certificates(ListenerArn=listener, Certificates=[{"CertificateArn": by_hand}])
        assert "hand.example.org" in served()
        writes = settles(_description("shop", main=main, shop=wider))
        assert writes == ["elbv2.RemoveListenerCertificates"]
        acm.delete_certificate(CertificateArn=by_hand)
        writes = settles(_description(main=main), prune=True)
        assert "acm.DeleteCertificate" in writes[writes.index("elbv2.RemoveListenerCertificates") :]
        assert served() == ["example.com"]

        # The default one and the other change places.
        settles(_description("shop", main=main, shop=wider))
        settles(_description("main", default="shop", main=main, shop=wider))
        assert served()[0] == "shop.example.com" and "example.com" in served()
        converge(twin, _description(main=main, shop=wider), state="absent", confirm="shop-dev")
        assert acm.list_certificates()["CertificateSummaryList"] == []
