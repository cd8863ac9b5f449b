# Copyright (c) stackwright.aws contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Every kind of the collection, each service's loaded when one of them is first needed.

Ansible compiles whatever of a collection is imported, in every run anew.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial
from importlib import import_module
from typing import TYPE_CHECKING

from ..engine.api import Api
from ..engine.document import Document
from ..engine.errors import DocumentError
from ..engine.kind import Kind
from ..engine.registry import Registry

if TYPE_CHECKING:
    # The modules of the table below, by name: Ansible packs what is imported anywhere in the source.
    from . import (  # noqa: F401
        acm,
        apigateway,
        apigatewayv2,
        applicationautoscaling,
        autoscaling,
        awslambda,
        backup,
        budgets,
        ce,
        cloudfront,
        cloudtrail,
        cloudwatch,
        codedeploy,
        config,
        dynamodb,
        ec2,
        ecr,
        ecs,
        eks,
        elasticache,
        elasticloadbalancingv2,
        events,
        iam,
        iam_oidc_provider,
        kms,
        logs,
        opensearchservice,
        rds,
        route53,
        s3,
        scheduler,
        secretsmanager,
        sns,
        sqs,
        ssm,
        wafv2,
        xray,
    )

#: By the service in the names of their types, or by a whole name, where the kinds are.
MODULES: dict[str, tuple[str, ...]] = {
    "AWS::ApiGateway": ("apigateway",),
    "AWS::ApiGatewayV2": ("apigatewayv2",),
    "AWS::ApplicationAutoScaling": ("applicationautoscaling",),
    "AWS::AutoScaling": ("autoscaling",),
    "AWS::Backup": ("backup",),
    "AWS::Budgets": ("budgets",),
    "AWS::CE": ("ce",),
    "AWS::CertificateManager": ("acm",),
    "AWS::CloudFront": ("cloudfront",),
    "AWS::CloudTrail": ("cloudtrail",),
    "AWS::CloudWatch": ("cloudwatch",),
    "AWS::CodeDeploy": ("codedeploy",),
    "AWS::Config": ("config",),
    "AWS::DynamoDB": ("dynamodb",),
    "AWS::EC2": ("ec2",),
    "AWS::ECR": ("ecr",),
    "AWS::ECS": ("ecs",),
    "AWS::EKS": ("eks", "ec2"),  # rules of a cluster's security group are parts of it
    "AWS::ElastiCache": ("elasticache",),
    "AWS::ElasticLoadBalancingV2": ("elasticloadbalancingv2",),
    "AWS::Events": ("events",),
    "AWS::IAM": ("iam", "iam_oidc_provider"),
    "AWS::KMS": ("kms",),
    "AWS::Lambda": ("awslambda",),
    "AWS::Logs": ("logs",),
    "AWS::OpenSearchService": ("opensearchservice",),
    "AWS::RDS": ("rds",),
    "AWS::Route53": ("route53",),
    "AWS::S3": ("s3",),
    "AWS::SNS": ("sns",),
    "AWS::SQS": ("sqs",),
    "AWS::SSM": ("ssm",),
    "AWS::Scheduler": ("scheduler",),
    "AWS::SecretsManager": ("secretsmanager",),
    "AWS::WAFv2": ("wafv2",),
    "AWS::XRay": ("xray",),
    "Custom::ConfigRecording": ("config",),
    "Custom::ImportedCertificate": ("acm",),
    "Custom::PasswordPolicy": ("iam",),
    "Custom::SecretValue": ("secretsmanager",),
}


def _kinds_in(modules: Iterable[str]) -> list[Kind]:
    return [kind for name in modules for kind in import_module(f"{__package__}.{name}").KINDS]


SOURCES = {name: partial(_kinds_in, modules) for name, modules in MODULES.items()}
REGISTRY = Registry(sources=SOURCES)


def registry_for(api: Api, document: Document) -> Registry:
    """The registry, and kinds from AWS's Cloud Control API for the types in a document that it does not know.

    Raises:
        DocumentError: a type does not exist, or has no such property.
        ApiError: the schema of a type could not be read.
    """
    strange = [resource for resource in document.in_order() if resource.kind not in REGISTRY]
    if not strange:
        return REGISTRY
    from .cloudcontrol import cloud_control_kinds

    kinds = cloud_control_kinds(api, document.region, {resource.kind for resource in strange})
    registry = REGISTRY.with_kinds(kinds)
    problems = [
        f"{resource.path}.properties.{name}: {resource.kind} has no property of this name that can be stated"
        for resource in strange
        for name in resource.properties
        if name not in registry[resource.kind].properties
    ]
    if problems:
        raise DocumentError(problems)
    return registry


def registry_offline(document: Document) -> Registry:
    """The registry, and for the types in a document that it does not know kinds that are good for an export only."""
    from .cloudcontrol import cloud_control_kind

    strange = {resource.kind for resource in document.in_order() if resource.kind not in REGISTRY}
    return REGISTRY.with_kinds(cloud_control_kind(name, {}) for name in sorted(strange))
