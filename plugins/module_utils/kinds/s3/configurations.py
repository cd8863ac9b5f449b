# Copyright (c) stackwright.aws contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The configurations of a bucket: which requests read, write and remove each of them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from ...engine.kind import Property, Scope, Update, Work, read_path
from ..requests import is_empty, pruned, unless
from . import lifecycle, mapping

STATED_ONLY = Property()
BY_ID = Property(exact=True, key="Id", normalise=mapping.by_id)


@dataclass(frozen=True)
class Configuration:
    """One configuration of a bucket.

    Attributes:
        name: its property in CloudFormation.
        get: operation that reads it; `answer` is where its answer holds it, `absent` the codes for "there is none".
        put: operation that writes it under the parameter `param`, beside the bucket's name.
        delete: operation that removes it; empty where writing `nothing` does.
        request: from the stated shape to the API's.
        stated: from the API's shape to the stated one.
        compare: how it is compared.
        others: what its members are that are not stated, where a write forgets what it does not tell and nothing was
            found to tell again.
    """

    name: str
    get: str
    answer: str
    put: str
    param: str
    absent: frozenset[str] = frozenset()
    delete: str = ""
    nothing: Any = None
    request: Callable[[Any], Any] = dict
    stated: Callable[[Any], Any] = dict
    compare: Property = STATED_ONLY
    others: Mapping[str, Any] | None = None

    def read(self, scope: Scope, bucket: str) -> Any:
        """What a bucket has, in the stated shape; None for nothing."""
        answer = unless(self.absent, partial(scope.call, "s3", self.get, Bucket=bucket))
        found = read_path(self.answer, answer) if answer is not None else None
        return None if is_empty(found) else self.stated(found)

    def write(self, work: Work) -> None:
        """Bring a bucket to what is stated."""
        wanted = work.desired[self.name]
        if is_empty(wanted) and self.delete:
            work.call("s3", self.delete, Bucket=work.id)
            return
        if self.others is not None and work.current is not None:
            wanted = {**(work.current.properties.get(self.name) or self.others), **wanted}
        body = self.nothing if is_empty(wanted) else self.request(wanted)
        params = {self.param: body} if self.param else body
        work.call("s3", self.put, Bucket=work.id, **params)

    def update(self) -> Update:
        """The step that keeps it as stated."""
        return Update((self.name,), self.write, on_create=True)


@dataclass(frozen=True)
class ConfigurationSet:
    """A configuration of which a bucket has several, each with an id.

    Attributes:
        name: its property in CloudFormation.
        noun: the word for it in the names of operations and parameters.
        request: from the stated shape to the API's.
        stated: from the API's shape to the stated one.
    """

    name: str
    noun: str
    request: Callable[[Any], Any]
    stated: Callable[[Any], Any]
    compare: Property = BY_ID

    def _operation(self, verb: str) -> str:
        return f"{verb}_bucket_{self.noun}_configuration"

    @property
    def _param(self) -> str:
        return "".join(word.capitalize() for word in self.noun.split("_")) + "Configuration"

    def read(self, scope: Scope, bucket: str) -> Any:
        """What a bucket has, in the stated shape; None for nothing."""
        found: list[Any] = []
        params: dict[str, Any] = {"Bucket": bucket}
        while True:
            answer = unless({"NoSuchConfiguration"}, partial(scope.call, "s3", f"{self._operation('list')}s", **params))
            found += (answer or {}).get(f"{self._param}List") or []
            if not answer or not answer.get("IsTruncated"):
                return [self.stated(entry) for entry in found] or None
            params["ContinuationToken"] = answer["NextContinuationToken"]

    def write(self, work: Work) -> None:
        """Bring a bucket to what is stated: write what differs, then remove what is not stated."""
        present = {entry["Id"]: pruned(entry) for entry in work.existing.properties.get(self.name) or []}
        wanted = {entry["Id"]: entry for entry in work.desired[self.name] or []}
        for identifier, entry in sorted(wanted.items()):
            if pruned(entry) != present.get(identifier):
                params = {"Id": identifier, self._param: self.request(entry)}
                work.call("s3", self._operation("put"), Bucket=work.id, **params)
        for identifier in sorted(present.keys() - wanted.keys()):
            work.call("s3", self._operation("delete"), Bucket=work.id, Id=identifier)

    def update(self) -> Update:
        """The step that keeps it as stated."""
        return Update((self.name,), self.write, on_create=True)


def _enabled(value: Any) -> dict[str, Any]:
    return {"Status": value["AccelerationStatus"]}


#: In the order in which they are written: versioning comes before what is refused without it, and replication, which
#: may have to wait for a bucket of another stack, comes last.
CONFIGURATIONS: tuple[Configuration | ConfigurationSet, ...] = (
    Configuration(
        "VersioningConfiguration",
        get="get_bucket_versioning",
        answer="{Status: Status}",
        put="put_bucket_versioning",
        param="VersioningConfiguration",
        # A bucket that once had versions can stop making them, but not go back.
        nothing={"Status": "Suspended"},
        stated=pruned,
    ),
    Configuration(
        "PublicAccessBlockConfiguration",
        get="get_public_access_block",
        answer="PublicAccessBlockConfiguration",
        absent=frozenset({"NoSuchPublicAccessBlockConfiguration"}),
        put="put_public_access_block",
        param="PublicAccessBlockConfiguration",
        delete="delete_public_access_block",
        # As in every new bucket: https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-control-block-public-access.html
        others=dict.fromkeys(
            ("BlockPublicAcls", "BlockPublicPolicy", "IgnorePublicAcls", "RestrictPublicBuckets"), True
        ),
    ),
    Configuration(
        "OwnershipControls",
        get="get_bucket_ownership_controls",
        answer="OwnershipControls",
        absent=frozenset({"OwnershipControlsNotFoundError"}),
        put="put_bucket_ownership_controls",
        param="OwnershipControls",
        delete="delete_bucket_ownership_controls",
    ),
    Configuration(
        "BucketEncryption",
        get="get_bucket_encryption",
        answer="ServerSideEncryptionConfiguration",
        absent=frozenset({"ServerSideEncryptionConfigurationNotFoundError"}),
        put="put_bucket_encryption",
        param="ServerSideEncryptionConfiguration",
        delete="delete_bucket_encryption",
        request=mapping.encryption_request,
        stated=mapping.encryption_stated,
    ),
    Configuration(
        "ObjectLockConfiguration",
        get="get_object_lock_configuration",
        answer="ObjectLockConfiguration",
        absent=frozenset({"ObjectLockConfigurationNotFoundError"}),
        put="put_object_lock_configuration",
        param="ObjectLockConfiguration",
        # Once on it stays on; what can go is the rule for new objects.
        nothing={"ObjectLockEnabled": "Enabled"},
    ),
    Configuration(
        "LifecycleConfiguration",
        get="get_bucket_lifecycle_configuration",
        answer="@",
        absent=frozenset({"NoSuchLifecycleConfiguration"}),
        put="put_bucket_lifecycle_configuration",
        param="",
        delete="delete_bucket_lifecycle",
        request=lambda value: {
            "LifecycleConfiguration": lifecycle.lifecycle_request(value),
            **mapping.renamed(value, TransitionDefaultMinimumObjectSize="TransitionDefaultMinimumObjectSize"),
        },
        stated=lifecycle.lifecycle_stated,
        compare=Property(exact=True, normalise=lifecycle.lifecycle_rules, unstated=None),
    ),
    Configuration(
        "LoggingConfiguration",
        get="get_bucket_logging",
        answer="LoggingEnabled",
        put="put_bucket_logging",
        param="BucketLoggingStatus",
        nothing={},
        request=mapping.logging_request,
        stated=mapping.logging_stated,
        compare=Property(unstated=None),
    ),
    Configuration(
        "CorsConfiguration",
        get="get_bucket_cors",
        answer="CORSRules",
        absent=frozenset({"NoSuchCORSConfiguration"}),
        put="put_bucket_cors",
        param="CORSConfiguration",
        delete="delete_bucket_cors",
        request=mapping.cors_request,
        stated=mapping.cors_stated,
        # The first rule that fits a request decides, so their order means something.
        compare=Property(exact=True, normalise=pruned, unstated=None),
    ),
    Configuration(
        "WebsiteConfiguration",
        get="get_bucket_website",
        answer="@",
        absent=frozenset({"NoSuchWebsiteConfiguration"}),
        put="put_bucket_website",
        param="WebsiteConfiguration",
        delete="delete_bucket_website",
        request=mapping.website_request,
        stated=mapping.website_stated,
        compare=Property(exact=True, normalise=pruned),
    ),
    Configuration(
        "AccelerateConfiguration",
        get="get_bucket_accelerate_configuration",
        answer="{AccelerationStatus: Status}",
        # Regions without acceleration do not know the request.
        absent=frozenset({"UnsupportedArgument", "MethodNotAllowed"}),
        put="put_bucket_accelerate_configuration",
        param="AccelerateConfiguration",
        nothing={"Status": "Suspended"},
        request=_enabled,
        stated=pruned,
    ),
    Configuration(
        "NotificationConfiguration",
        get="get_bucket_notification_configuration",
        answer="@",
        put="put_bucket_notification_configuration",
        param="NotificationConfiguration",
        nothing={},
        request=mapping.notification_request,
        stated=mapping.notification_stated,
        compare=Property(exact=True, normalise=mapping.notification_entries),
    ),
    ConfigurationSet(
        "IntelligentTieringConfigurations", "intelligent_tiering", mapping.tiering_request, mapping.tiering_stated
    ),
    ConfigurationSet(
        "MetricsConfigurations",
        "metrics",
        mapping.metrics_request,
        mapping.metrics_stated,
        compare=replace(BY_ID, unstated=None),
    ),
    ConfigurationSet("AnalyticsConfigurations", "analytics", mapping.analytics_request, mapping.analytics_stated),
    ConfigurationSet("InventoryConfigurations", "inventory", mapping.inventory_request, mapping.inventory_stated),
    Configuration(
        "ReplicationConfiguration",
        get="get_bucket_replication",
        answer="ReplicationConfiguration",
        absent=frozenset({"ReplicationConfigurationNotFoundError"}),
        put="put_bucket_replication",
        param="ReplicationConfiguration",
        delete="delete_bucket_replication",
        request=mapping.replication_request,
        stated=mapping.replication_stated,
        compare=Property(exact=True, unordered=True, normalise=pruned, unstated=None),
    ),
)
