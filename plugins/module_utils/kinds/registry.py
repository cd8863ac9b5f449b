# Copyright (c) stackwright.aws contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Every kind of the collection. Imported by name: Ansible packs what is imported."""

from __future__ import annotations

from ..engine.kind import Registry
from . import (
    acm,
    applicationautoscaling,
    backup,
    cloudwatch,
    dynamodb,
    ec2,
    ecr,
    ecs,
    elasticache,
    elasticloadbalancingv2,
    iam,
    kms,
    logs,
    rds,
    route53,
    s3,
    secretsmanager,
    sns,
    ssm,
)

REGISTRY = Registry(
    kind
    for service in (
        acm,
        applicationautoscaling,
        backup,
        cloudwatch,
        dynamodb,
        ec2,
        ecr,
        ecs,
        elasticache,
        elasticloadbalancingv2,
        iam,
        kms,
        logs,
        rds,
        route53,
        s3,
        secretsmanager,
        sns,
        ssm,
    )
    for kind in service.KINDS
)
