# Copyright (c) stackwright.aws contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Where a distribution gets what it serves: buckets, load balancers, APIs and other hosts."""

from __future__ import annotations

import re
from typing import Any

from ..engine.document import Resource
from .base import Context, Entry, Options
from .permissions import shortened

ACCESS_CONTROL = "AWS::CloudFront::OriginAccessControl"

_URL = re.compile(r"(https?)://([A-Za-z0-9.-]+)(?::(\d+))?(/.*)?")
_NAME_LIMIT = 64
_DEFAULT_STAGE = "$default"


def is_dynamic(target: str) -> bool:
    """Whether an origin computes its answers, so that nothing is kept and everything is passed on by default."""
    words = target.split(".")
    return (words[2:3] if words[0] == "stacks" else words[:1]) != ["bucket"]


def buckets_of(options: Options) -> set[str]:
    """The references of the buckets, and of copies of buckets, that a distribution serves from."""
    targets = {each[word] for each in (options, *options["routes"]) for word in ("to", "failover_to")}
    return {target for target in targets if target and target.startswith("bucket.")}


class Origins:
    """The origins of one distribution, each once.

    Attributes:
        listed: as the distribution takes them, in the order in which they were asked for.
        access_control: by which buckets let nobody in but the distribution; None: no bucket is among them.
    """

    def __init__(self, options: Options, context: Context) -> None:
        self.listed: list[dict[str, Any]] = []
        self.access_control: Resource | None = None
        self._options = options
        self._context = context
        self._known: set[str] = set()

    def add(self, target: str, option: str, *, owned_by_releases: bool = False) -> str | None:
        """The id of an origin.

        Args:
            owned_by_releases: its path is switched by releases, and not for a description to say.
        """
        if target in self._known:
            return target
        self._known.add(target)
        url = _URL.fullmatch(target)
        origin = self._host(url) if url else self._of_entry(target, option)
        if origin is None:
            return None
        path = origin.pop("path", None)
        if target == self._options["to"]:
            path = self._options["origin_path"] or path
        if path and (not path.startswith("/") or path.endswith("/")):
            self._context.problem("origin_path", f"{path!r} must begin with / and not end with one, e.g. /v1")
        if not (owned_by_releases and target == self._options["to"]):
            origin["OriginPath"] = path or ""
        self.listed.append({"Id": target, **origin})
        return target

    def _host(self, url: re.Match[str]) -> dict[str, Any]:
        scheme, host, port, path = url.groups()
        return {**self._custom(host, secure=scheme == "https", port=port), "path": (path or "").rstrip("/")}

    def _of_entry(self, target: str, option: str) -> dict[str, Any] | None:
        context = self._context
        if not context.catalog.looks_like_reference(target):
            context.problem(
                option, f"{target!r} is neither a reference, such as bucket.site, nor an address, such as https://host"
            )
            return None
        entry = context.entry(target, option)
        if entry is None:
            return None
        if entry.tier.reference == "bucket":
            return self._bucket(entry, target, option)
        if entry.options.get("internal"):
            context.problem(option, f"{target!r} is internal, and CloudFront reaches public addresses only")
        values = entry.export.values
        host = values.get("host") or values.get("dns_name")
        if host is None or entry.tier.reference == "distribution":
            context.problem(option, f"{target!r} is nothing that CloudFront could serve from")
            return None
        # Only a load balancer can be without TLS.
        secure = entry.tier.reference != "load_balancer" or bool(entry.options.get("certificate"))
        # Of an API, the default stage is the one that is not in its paths.
        stage = values.get("stage") or _DEFAULT_STAGE
        return {**self._custom(host, secure=secure), "path": None if stage == _DEFAULT_STAGE else f"/{stage}"}

    def _bucket(self, entry: Entry, target: str, option: str) -> dict[str, Any] | None:
        word = "copy_domain_name" if target.endswith(".copy") else "domain_name"
        host = entry.export.values.get(word)
        if host is None:
            self._context.problem(option, f"{target!r}: {entry.reference} has no copy; let it `replicate_to` a region")
            return None
        if self.access_control is None:
            self.access_control = self._control()
        return {
            "DomainName": host,
            "S3OriginConfig": {},
            "OriginAccessControlId": self.access_control.ref("Id"),
        }

    def _control(self) -> Resource:
        """https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/private-content-restricting-access-to-s3.html"""
        name = self._context.reference.partition(".")[2]
        return self._context.resource(
            ACCESS_CONTROL,
            name,
            {
                "OriginAccessControlConfig": {
                    "Name": policy_name(name, "", self._context, _NAME_LIMIT),
                    "OriginAccessControlOriginType": "s3",
                    "SigningBehavior": "always",
                    "SigningProtocol": "sigv4",
                }
            },
        )

    def _custom(self, host: Any, *, secure: bool, port: str | None = None) -> dict[str, Any]:
        seconds = self._options["origin_timeout_seconds"]
        config: dict[str, Any] = {
            "OriginProtocolPolicy": "https-only" if secure else "http-only",
            "HTTPPort": int(port) if port and not secure else 80,
            "HTTPSPort": int(port) if port and secure else 443,
            "OriginSSLProtocols": ["TLSv1.2"],
            "OriginReadTimeout": seconds,
        }
        headers = [
            {"HeaderName": name, "HeaderValue": str(value)}
            for name, value in sorted(self._options["origin_headers"].items())
        ]
        return {"DomainName": host, "CustomOriginConfig": config, "OriginCustomHeaders": headers}


def policy_name(name: str, label: str, context: Context, limit: int) -> str:
    """A name for what is kept beside a distribution: letters, digits, hyphens and underscores."""
    words = [context.name(name), *([label] if label else [])]
    return shortened(re.sub(r"[^A-Za-z0-9_-]+", "-", "-".join(words)), limit)
