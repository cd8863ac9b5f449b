# Copyright (c) stackwright.aws contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Names that AWS would refuse. What is composed of what is not known yet is left to AWS."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from ..engine.document import Resource
from .rule import Rule, Subject


@dataclass(frozen=True)
class _Form:
    """How the name of a kind of thing must look.

    Attributes:
        prop: the property that holds it.
        pattern: of the whole name.
        limit: characters at the most.
        words: the same for people.
        refused: a part that must not be there.
    """

    prop: str
    pattern: str
    limit: int
    words: str
    refused: str = ""

    def fits(self, name: str) -> bool:
        if len(name) > self.limit or not re.fullmatch(self.pattern, name):
            return False
        return not (self.refused and re.search(self.refused, name))


_LETTER_FIRST = "letters, digits and single hyphens, a letter first, no hyphen last"

#: Each from the API reference of the service's create request.
FORMS: dict[str, _Form] = {
    "AWS::RDS::DBInstance": _Form("DBInstanceIdentifier", r"[A-Za-z][A-Za-z0-9-]*", 63, _LETTER_FIRST, "--|-$"),
    "AWS::RDS::DBSubnetGroup": _Form(
        "DBSubnetGroupName", r"[A-Za-z0-9 ._-]+", 255, "letters, digits, . _ -", "^default$"
    ),
    "AWS::RDS::DBParameterGroup": _Form("DBParameterGroupName", r"[A-Za-z][A-Za-z0-9-]*", 255, _LETTER_FIRST, "--|-$"),
    "AWS::RDS::DBProxy": _Form("DBProxyName", r"[A-Za-z][A-Za-z0-9-]*", 63, _LETTER_FIRST, "--|-$"),
    "AWS::OpenSearchService::Domain": _Form(
        "DomainName", r"[a-z][a-z0-9-]{2,}", 28, "lower case letters, digits and hyphens, a letter first"
    ),
    "AWS::EKS::Cluster": _Form("Name", r"[A-Za-z0-9][A-Za-z0-9_-]*", 100, "letters, digits, _ -"),
    "AWS::EKS::Nodegroup": _Form("NodegroupName", r"[A-Za-z0-9][A-Za-z0-9_-]*", 63, "letters, digits, _ -"),
    "AWS::ElastiCache::ReplicationGroup": _Form(
        "ReplicationGroupId", r"[A-Za-z][A-Za-z0-9-]*", 40, _LETTER_FIRST, "--|-$"
    ),
    "AWS::S3::Bucket": _Form(
        "BucketName",
        r"[a-z0-9][a-z0-9.-]+[a-z0-9]",
        63,
        "lower case letters, digits, hyphens and dots, a letter or digit at both ends, not like an address",
        r"\.\.|^\d+\.\d+\.\d+\.\d+$|^xn--|-s3alias$",
    ),
    "AWS::ECR::Repository": _Form(
        "RepositoryName",
        r"(?=.{2})[a-z0-9]+(?:[._-][a-z0-9]+|__[a-z0-9]+)*(?:/[a-z0-9]+(?:[._-][a-z0-9]+|__[a-z0-9]+)*)*",
        256,
        "lower case letters and digits, parted by single . _ - or /",
    ),
    "AWS::ECS::Cluster": _Form("ClusterName", r"[A-Za-z0-9_-]+", 255, "letters, digits, - and _"),
    "AWS::ECS::Service": _Form("ServiceName", r"[A-Za-z0-9_-]+", 255, "letters, digits, - and _"),
    "AWS::ECS::TaskDefinition": _Form("Family", r"[A-Za-z0-9_-]+", 255, "letters, digits, - and _"),
    "AWS::ElasticLoadBalancingV2::LoadBalancer": _Form(
        "Name",
        r"[A-Za-z0-9-]+",
        32,
        "letters, digits and hyphens, not at an end, not beginning with internal-",
        "^-|-$|^internal-",
    ),
    "AWS::ElasticLoadBalancingV2::TargetGroup": _Form(
        "Name", r"[A-Za-z0-9-]+", 32, "letters, digits and hyphens, not at an end", "^-|-$"
    ),
    "AWS::EC2::SecurityGroup": _Form(
        "GroupName",
        r"[A-Za-z0-9 ._:/()#,@\[\]+=&;{}!$*-]+",
        255,
        "letters, digits and ._-:/()#,@[]+=&;{}!$*, not sg-… nor default",
        "(?i)^sg-|^default$",
    ),
    "AWS::Logs::LogGroup": _Form("LogGroupName", r"[A-Za-z0-9._/#-]+", 512, "letters, digits and . _ / # -", "^aws/"),
    "AWS::KMS::Alias": _Form(
        "AliasName",
        r"alias/[A-Za-z0-9:/_-]+",
        256,
        "alias/ and then letters, digits and : / _ -, not alias/aws/",
        "^alias/aws/",
    ),
    "AWS::SecretsManager::Secret": _Form("Name", r"[A-Za-z0-9/_+=.@-]+", 512, "letters, digits and / _ + = . @ -"),
    "AWS::IAM::Role": _Form("RoleName", r"[A-Za-z0-9_+=,.@-]+", 64, "letters, digits and + = , . @ - _"),
    "AWS::SNS::Topic": _Form("TopicName", r"[A-Za-z0-9_-]+(\.fifo)?", 256, "letters, digits, - and _"),
    "AWS::Logs::MetricFilter": _Form("FilterName", r"[^:*]+", 512, "anything but : and *"),
    "AWS::Logs::QueryDefinition": _Form("Name", r".+", 255, "anything"),
    "AWS::XRay::Group": _Form("GroupName", r"[A-Za-z0-9_-]+", 32, "letters, digits, - and _"),
    "AWS::CloudTrail::Trail": _Form(
        "TrailName",
        r"(?=.{3})[A-Za-z0-9][A-Za-z0-9._-]*[A-Za-z0-9]",
        128,
        "letters, digits and single . _ -, a letter or digit at both ends, not like an address",
        r"[._-]{2}|^\d+\.\d+\.\d+\.\d+$",
    ),
    "AWS::Config::ConfigRule": _Form("ConfigRuleName", r"[A-Za-z0-9_-]+", 128, "letters, digits, - and _"),
    "AWS::SSM::Parameter": _Form(
        "Name",
        r"[A-Za-z0-9_.-]+|(/[A-Za-z0-9_.-]+){1,15}",
        1011,
        "letters, digits and . _ -, in up to 15 levels parted by /, not beginning with aws or ssm",
        r"(?i)^/?(aws|ssm)",
    ),
    "AWS::CloudWatch::Dashboard": _Form("DashboardName", r"[A-Za-z0-9_-]+", 255, "letters, digits, - and _"),
    "AWS::CloudWatch::Alarm": _Form("AlarmName", r"[^\x00-\x1f\x7f]+", 255, "anything but control characters"),
    "AWS::WAFv2::WebACL": _Form("Name", r"[A-Za-z0-9_-]+", 128, "letters, digits, - and _"),
    "AWS::WAFv2::IPSet": _Form("Name", r"[A-Za-z0-9_-]+", 128, "letters, digits, - and _"),
    "AWS::Lambda::Function": _Form("FunctionName", r"[A-Za-z0-9_-]+", 64, "letters, digits, - and _"),
    "AWS::SQS::Queue": _Form(
        "QueueName", r"[A-Za-z0-9_-]+(\.fifo)?", 80, "letters, digits, - and _, and .fifo for a FIFO queue"
    ),
    "AWS::AutoScaling::AutoScalingGroup": _Form("AutoScalingGroupName", r"[^:\x00-\x1f]+", 255, "anything but :"),
    "AWS::EC2::LaunchTemplate": _Form(
        "LaunchTemplateName", r"[A-Za-z0-9().\-/_]{3,}", 128, "letters, digits and ( ) . - / _, three at the least"
    ),
    "AWS::Scheduler::Schedule": _Form("Name", r"[A-Za-z0-9_.-]+", 64, "letters, digits and - _ ."),
    "AWS::Events::Rule": _Form("Name", r"[A-Za-z0-9_.-]+", 64, "letters, digits and - _ ."),
    "AWS::CodeDeploy::Application": _Form("ApplicationName", r".+", 100, "anything"),
    "AWS::ElastiCache::ParameterGroup": _Form(
        "CacheParameterGroupName", r"[A-Za-z][A-Za-z0-9-]*", 255, _LETTER_FIRST, "--|-$"
    ),
    "AWS::Backup::BackupVault": _Form("BackupVaultName", r"[A-Za-z0-9_-]{2,}", 50, "letters, digits, - and _"),
}


def _refused(subject: Subject) -> Iterator[tuple[str, str]]:
    for kind, form in FORMS.items():
        for resource in subject.of(kind):
            name: Any = resource.properties.get(form.prop)
            if isinstance(name, str) and name and not form.fits(name):
                yield (
                    resource.path,
                    (
                        f"{form.prop} {name!r} ({len(name)} characters) would be refused: "
                        f"at most {form.limit} of {form.words}; give it another name"
                    ),
                )


#: Names of these are told apart by what they stand in; and those of the last are not told apart at all.
_WITHIN = {
    "AWS::EC2::SecurityGroup": "VpcId",
    "AWS::ECS::Service": "Cluster",
    "AWS::EKS::Nodegroup": "ClusterName",
    "AWS::Events::Rule": "EventBusName",
    "AWS::Logs::MetricFilter": "LogGroupName",
    "AWS::Scheduler::Schedule": "GroupName",
}
_SHARED = ("AWS::Logs::QueryDefinition",)


def _twice(subject: Subject) -> Iterator[tuple[str, str]]:
    seen: dict[tuple[str, ...], Resource] = {}
    for resource in subject.of(*(kind for kind in FORMS if kind not in _SHARED)):
        prop = FORMS[resource.kind].prop
        name = resource.properties.get(prop)
        if not isinstance(name, str):
            continue
        within = repr(resource.properties.get(_WITHIN.get(resource.kind, "")))
        other = seen.setdefault((resource.kind, resource.region, within, name), resource)
        if other is not resource:
            yield resource.path, f"{prop} {name!r} is that of {other.path} too; give one of them another name"


RULES = (
    Rule("name.refused", "A name that AWS would refuse.", _refused),
    Rule("name.twice", "Two things of a kind with one name.", _twice),
)
