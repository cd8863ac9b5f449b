# Copyright (c) stackwright.aws contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Every kind of the collection. Imported by name: Ansible packs what is imported."""

from __future__ import annotations

from ..engine.api import Api
from ..engine.document import Document
from ..engine.errors import DocumentError
from ..engine.kind import Registry
from . import (
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
from .cloudcontrol import cloud_control_kind, cloud_control_kinds

REGISTRY = Registry(
    kind
    for service in (
        acm,
        apigateway,
        apigatewayv2,
        applicationautoscaling,
        awslambda,
        autoscaling,
        backup,
        budgets,
        ce,
        cloudfront,
        cloudtrail,
        cloudwatch,
        config,
        codedeploy,
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
    for kind in service.KINDS
)


def registry_for(api: Api, document: Document) -> Registry:
    """The registry, and kinds from AWS's Cloud Control API for the types in a document that it does not know.

    Raises:
        DocumentError: a type does not exist, or has no such property.
        ApiError: the schema of a type could not be read.
    """
    strange = [resource for resource in document.in_order() if resource.kind not in REGISTRY]
    if not strange:
        return REGISTRY
    kinds = cloud_control_kinds(api, document.region, {resource.kind for resource in strange})
    registry = Registry([*REGISTRY, *kinds])
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
    strange = {resource.kind for resource in document.in_order()} - {kind.type for kind in REGISTRY}
    return Registry([*REGISTRY, *(cloud_control_kind(name, {}) for name in sorted(strange))])
