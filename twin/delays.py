# Copyright (c) stackwright.aws contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""How long the slow things take, in seconds. Real ones take minutes; these are short on purpose.

Names are ``service.transition``. Change them with ``--delay NAME=SECONDS``, ``--delays-scale X``
or, while it runs, ``PUT /_twin/delays``.
"""

from __future__ import annotations

DEFAULTS: dict[str, float] = {
    "acm.issue": 0.5,
    "acm.issue_unmanaged": 1.5,
    "acm.validation_record": 0.2,
    "backup.job": 0.6,
    "cloudcontrol.request": 0.3,
    "cloudfront.deploy": 0.5,
    "cloudfront.invalidation": 0.4,
    "dynamodb.create": 0.3,
    "dynamodb.delete": 0.3,
    "dynamodb.update": 0.3,
    "ec2.nat_gateway.create": 0.6,
    "ec2.nat_gateway.delete": 0.5,
    "ec2.nat_gateway.forget": 60.0,
    "ec2.vpc_endpoint.create": 0.5,
    "ec2.vpc_endpoint.delete": 0.4,
    "ecs.deployment": 0.6,
    "ecs.drain": 0.4,
    "ecs.task.start": 0.4,
    "ecs.task.stop": 0.3,
    "ecs.task_definition.delete": 0.3,
    "eks.addon": 0.3,
    "eks.cluster.create": 0.8,
    "eks.cluster.delete": 0.5,
    "eks.cluster.update": 0.4,
    "eks.nodegroup.create": 0.6,
    "eks.nodegroup.delete": 0.5,
    "eks.nodegroup.update": 0.4,
    "elasticache.create": 0.8,
    "elasticache.delete": 0.5,
    "elasticache.failover": 0.5,
    "elasticache.modify": 0.5,
    "elasticache.snapshot": 0.4,
    "elbv2.create": 0.6,
    "elbv2.network_interface.delete": 0.4,
    "elbv2.target_health": 0.3,
    "rds.create": 0.8,
    "rds.delete": 0.5,
    "rds.failover": 0.5,
    "rds.modify": 0.5,
    "rds.promote": 0.6,
    "rds.reboot": 0.5,
    "rds.restore": 0.8,
    "rds.snapshot": 0.5,
    "rds.start": 0.5,
    "rds.stop": 0.5,
    "route53.change": 0.3,
    "s3.replication": 0.3,
    "secretsmanager.replicate": 0.3,
    "sns.confirm": 0.3,
}
