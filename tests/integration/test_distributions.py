"""A site at the edge from its description to nothing; copies in a bucket of another stack."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from copy import deepcopy
from typing import Any

import pytest

from ansible_collections.stackwright.aws.plugins.module_utils.engine.converge import (
    Convergence,
    ConvergeOptions,
    Outcome,
)
from ansible_collections.stackwright.aws.plugins.module_utils.engine.errors import ApplyError
from ansible_collections.stackwright.aws.plugins.module_utils.engine.plan import PlanOptions
from ansible_collections.stackwright.aws.plugins.module_utils.engine.waiting import WaitOptions
from ansible_collections.stackwright.aws.plugins.module_utils.kinds.registry import registry_for
from ansible_collections.stackwright.aws.plugins.module_utils.tiers.stack import compile_all
from tests.contract.account import Account, api_of
from tests.integration.standing import effective
from tests.own_twin import own_twin
from tests.unit.engine.made_up import FreeLease

#: CloudFront is global, and the stack does not stand where CloudFront keeps its things.
SITE: dict[str, Any] = {
    "system": "shop",
    "env": "prod",
    "region": "eu-west-1",
    "zones": {"example.com": {}},
    "certificates": {
        name: {
            "domain": "example.com",
            "alternative_names": ["*.example.com"],
            "zone": "zone.example.com",
            "in_region": region,
        }
        for name, region in (("edge", "us-east-1"), ("regional", "eu-west-1"))
    },
    "buckets": {"site": {}, "logs": {}},
    "web_acls": {"edge": {"for": ["distribution.app"], "log": False}},
    "distributions": {
        "app": {
            "aliases": ["app.example.com"],
            "to": "bucket.site",
            "releases": True,
            "spa": True,
            "access_log_bucket": "bucket.logs",
            "cache": {"default_ttl": 86400, "max_ttl": 31536000},
            "error_pages": [{"status": 404, "page": "/404.html"}],
            "routes": [{"paths": ["/api/*"], "to": "https://api.example.com/v1"}],
        }
    },
    "topics": {"edge": {"in_region": "us-east-1"}},
    "monitoring": {
        "notify": ["edge"],
        "alarms": {"edge-errors": {"of": "distribution.app", "metric": "errors_5xx", "above": 5}},
    },
}


@pytest.fixture
def account() -> Iterator[Account]:
    with own_twin(0.1) as twin:
        yield Account(twin, api_of(twin, False), api_of(twin, True))


def converge(
    account: Account, description: dict[str, Any], check: bool = False, timeout: int = 60, **options: Any
) -> Outcome:
    document = compile_all(description).document
    api = account.reading_api if check else account.api
    account.twin.forget_requests()
    waiting = WaitOptions(poll_interval=0.02, max_interval=0.1, timeout=timeout)
    choices = ConvergeOptions(
        check=check, plan=PlanOptions(**options), waiting=waiting, final_snapshot=False, threads=8
    )
    return Convergence(api, registry_for(api, document), FreeLease(), options=choices).run(document)


def test_the_life_of_a_site(account: Account) -> None:
    edge = account.twin.client("cloudfront")
    predicted = converge(account, SITE, check=True)
    assert account.twin.writes() == []
    done = converge(account, SITE)
    assert done.plan.answer() == predicted.plan.answer()
    assert not converge(account, SITE).changed and account.twin.writes() == []

    # A release switches the path of the bucket; the description has no say in it.
    (summary,) = edge.list_distributions()["DistributionList"]["Items"]

    def path() -> Any:
        return edge.get_distribution_config(Id=summary["Id"])["DistributionConfig"]["Origins"]["Items"][0]["OriginPath"]

    there = edge.get_distribution_config(Id=summary["Id"])
    there["DistributionConfig"]["Origins"]["Items"][0]["OriginPath"] = "/releases/2"
    edge.update_distribution(Id=summary["Id"], IfMatch=there["ETag"], DistributionConfig=there["DistributionConfig"])
    assert not converge(account, SITE).changed

    # What is no longer described is let go of at once, and goes with prune.
    fewer = deepcopy(SITE)
    fewer["distributions"]["app"] |= {"cache": None, "spa": False, "price_class": "PriceClass_100"}
    changed = converge(account, fewer)
    assert effective(changed) == {"AWS::CloudFront::Distribution app": "update"}
    assert [note.split(" (")[1].split(")")[0] for note in changed.plan.notes] == ["app/default", "app/spa"]
    assert path() == "/releases/2"
    assert effective(converge(account, fewer, prune=True)) == {
        "AWS::CloudFront::CachePolicy app/default": "delete",
        "AWS::CloudFront::Function app/spa": "delete",
    }
    assert not converge(account, fewer).changed

    converge(account, fewer, destroy=True, release_protection=True)
    assert "Items" not in edge.list_distributions()["DistributionList"]
    assert edge.list_origin_access_controls()["OriginAccessControlList"]["Quantity"] == 0
    for region in ("eu-west-1", "us-east-1"):
        left = account.twin.client("resourcegroupstaggingapi", region).get_resources()["ResourceTagMappingList"]
        assert left == []


def test_a_policy_that_somebody_else_made_is_taken_over_when_asked(account: Account) -> None:
    policies = account.twin.client("cloudfront")
    named = {
        "system": "shop",
        "env": "prod",
        "region": "eu-west-1",
        "resources": {
            "cache": {
                "type": "AWS::CloudFront::OriginAccessControl",
                "properties": {
                    "OriginAccessControlConfig": {
                        "Name": "shop",
                        "OriginAccessControlOriginType": "s3",
                        "SigningBehavior": "always",
                        "SigningProtocol": "sigv4",
                    }
                },
            }
        },
    }
    config = named["resources"]["cache"]["properties"]["OriginAccessControlConfig"]  # type: ignore[index]
    policies.create_origin_access_control(OriginAccessControlConfig={**config, "Description": ""})
    with pytest.raises(Exception, match="no tag says that it belongs to shop-prod"):
        converge(account, named)
    assert converge(account, named, adopt=True).changed
    assert not converge(account, named).changed
    (found,) = policies.list_origin_access_controls()["OriginAccessControlList"]["Items"]
    assert found["Description"] == "stackwright/shop-prod/cache"


COPIED: dict[str, Any] = {
    "system": "shop",
    "env": "prod",
    "region": "us-east-1",
    "buckets": {"audio": {"replicate_to": {"bucket": "shop-audio-dr-prod"}}},
}


def test_copies_wait_for_the_bucket_of_another_stack(account: Account) -> None:
    far = account.twin.client("s3", "us-west-2")

    def other_stack() -> None:
        time.sleep(1)
        far.create_bucket(Bucket="shop-audio-dr-prod", CreateBucketConfiguration={"LocationConstraint": "us-west-2"})
        time.sleep(0.5)
        far.put_bucket_versioning(Bucket="shop-audio-dr-prod", VersioningConfiguration={"Status": "Enabled"})

    other = threading.Thread(target=other_stack)
    other.start()
    converge(account, COPIED)
    other.join()
    assert not converge(account, COPIED).changed
    near = account.twin.client("s3")
    near.put_object(Bucket="shop-audio-prod", Key="a", Body=b"x")
    deadline = time.monotonic() + 5
    while "Contents" not in far.list_objects_v2(Bucket="shop-audio-dr-prod"):
        assert time.monotonic() < deadline, "the object was not copied"
        time.sleep(0.05)


def test_copies_to_nowhere_say_so_in_the_end_and_the_bucket_stands(account: Account) -> None:
    with pytest.raises(ApplyError, match="Destination bucket must exist"):
        converge(account, COPIED, timeout=1)
    near = account.twin.client("s3")
    assert near.get_bucket_encryption(Bucket="shop-audio-prod")
    assert near.get_bucket_versioning(Bucket="shop-audio-prod")["Status"] == "Enabled"
    with pytest.raises(ApplyError, match="Destination bucket must exist"):
        converge(account, COPIED, timeout=1)


SMALL: dict[str, Any] = {
    "system": "shop",
    "env": "prod",
    "region": "us-east-1",
    "buckets": {"site": {}},
    "distributions": {"app": {"to": "bucket.site", "spa": True, "cache": {}}},
}
WRITES = (
    "create_cache_policy",
    "create_function",
    "create_origin_access_control",
    "create_response_headers_policy",
    "publish_function",
    "create_distribution_with_tags",
)


@pytest.mark.parametrize("took_effect", [True, False])
def test_a_run_that_was_killed_is_finished_by_the_next_one(
    account: Account, monkeypatch: pytest.MonkeyPatch, took_effect: bool
) -> None:
    edge, call = account.twin.client("cloudfront"), account.api.call
    for fatal in WRITES:
        account.twin.reset()

        def killing(service: str, operation: str, params: dict[str, Any], fatal: str = fatal, **more: Any) -> Any:
            if operation == fatal:
                if took_effect:
                    call(service, operation, params, **more)
                raise RuntimeError("killed")
            return call(service, operation, params, **more)

        monkeypatch.setattr(account.api, "call", killing)
        with pytest.raises(ApplyError, match="killed"):
            converge(account, SMALL)
        monkeypatch.setattr(account.api, "call", call)
        converge(account, SMALL)
        assert not converge(account, SMALL).changed, fatal
        lists = (
            edge.list_distributions()["DistributionList"],
            edge.list_cache_policies(Type="custom")["CachePolicyList"],
            edge.list_response_headers_policies(Type="custom")["ResponseHeadersPolicyList"],
            edge.list_origin_access_controls()["OriginAccessControlList"],
            edge.list_functions(Stage="LIVE")["FunctionList"],
        )
        assert [found["Quantity"] for found in lists] == [1] * len(lists), fatal
