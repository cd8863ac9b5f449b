# Copyright (c) stackwright.aws contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations


class ModuleDocFragment:
    """A replication group of ElastiCache."""

    DOCUMENTATION = r"""
options:
  replication_group_id:
    description: The replication group's id in AWS. Without it, C({system}-{env}-{entry}).
    type: str
  description:
    description: What it is for.
    type: str
  engine:
    description: The engine.
    type: str
    choices: [redis, valkey]
    default: redis
  engine_version:
    description: The version, for example V(7.1).
    type: str
    required: true
  node_type:
    description: The node type, for example V(cache.t4g.small).
    type: str
    required: true
  nodes:
    description: How many nodes. One takes writes, all take reads.
    type: int
    default: 1
  automatic_failover:
    description: Whether another node takes over when the first is lost. Without it, with two nodes or more.
    type: bool
  multi_az:
    description: Whether the nodes stand in different zones. Without it, with two nodes or more.
    type: bool
  port:
    description: The port.
    type: int
    default: 6379
  transit_encryption:
    description: Whether connections without TLS are refused.
    type: bool
    default: true
  auth_token:
    description: Whether clients have to give a token. It wants O(transit_encryption).
    type: bool
    default: true
  token_secret:
    description:
      - The secret that the token is generated in, as C(secret.NAME).
      - Without it, the one of C(secrets) that generates a C(token) and refers to the cache, or else one of its own,
        C({system}-{env}/cache/{entry}), with host, port and token in it.
    type: str
  key:
    description:
      - The KMS key to encrypt with, as C(key.NAME), ARN or alias. Without it, AWS's own.
      - Data at rest is encrypted in any case. The key cannot be changed later.
    type: str
  parameters:
    description: "Parameters of the engine, for example V({maxmemory-policy: allkeys-lru})."
    type: dict
    default: {}
  snapshots:
    description: The daily snapshots.
    type: dict
    suboptions:
      retention_days:
        description: Days to keep them. V(0) turns them off.
        type: int
        default: 7
      window:
        description: When to take them, in UTC, for example V(03:00-04:00). Without it, AWS chooses, once.
        type: str
      hourly:
        description:
          - Snapshots every hour beside them, which ElastiCache does not take by itself.
          - Schedules take them of the replicas by turns, of both nodes where there are two, and a small function prunes
            them.
          - ElastiCache takes no more than 20 in a day of one node, so it takes two nodes.
        type: dict
        suboptions:
          keep_days:
            description: Days to keep them.
            type: int
            default: 7
  maintenance_window:
    description: When AWS may replace nodes, in UTC, for example V(sun:04:30-sun:05:30). Without it, AWS chooses, once.
    type: str
  auto_minor_version_upgrade:
    description: Whether AWS installs minor versions in the maintenance window.
    type: bool
    default: true
  log_exports:
    description: Logs to keep in CloudWatch Logs.
    type: list
    elements: str
    choices: [slow-log, engine-log]
    default: [slow-log]
  log_retention_days:
    description: Days to keep them, one of those that CloudWatch Logs takes.
    type: int
    default: 30
  vpc_id:
    description: Another VPC than the network's.
    type: str
  subnet_ids:
    description: Its subnets. Without it, the network's subnets for data.
    type: list
    elements: str
    default: []
  security_group_ids:
    description:
      - Security groups that somebody else made. Without it, one of its own whose rules follow from who connects.
    type: list
    elements: str
    default: []
  allow_from:
    description: Ranges of addresses, or entries, that may connect beside those that say so themselves.
    type: list
    elements: str
    default: []
  security_group_name:
    description: The name of its security group. Without it, one of the stack and the entry.
    type: str
  tags:
    description: Tags for what is made here, over those of the stack.
    type: dict
    default: {}
"""
