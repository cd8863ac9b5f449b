# Copyright (c) stackwright.aws contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations


class ModuleDocFragment:
    """A domain of OpenSearch Service."""

    DOCUMENTATION = r"""
options:
  name:
    description: The domain's name in AWS, 28 characters at the most. Without it, C({system}-{env}-{entry}).
    type: str
  engine_version:
    description: The version, for example V(2.19) or V(OpenSearch_2.19). A newer one is an upgrade in place.
    type: str
    required: true
  instance_type:
    description: The instance type of the data nodes, for example V(r6g.large.search).
    type: str
    required: true
  nodes:
    description: How many data nodes.
    type: int
    default: 1
  zones:
    description:
      - Over how many availability zones they stand, a subnet in each. Two zones share an even number of nodes.
      - Without it, as many as there are subnets and nodes for, three at the most.
    type: int
    choices: [1, 2, 3]
  dedicated_masters:
    description: Nodes that hold no data and keep the cluster together. Worth it from about ten data nodes on.
    type: dict
    suboptions:
      instance_type:
        description: Their instance type, for example V(m6g.large.search).
        type: str
        required: true
      count:
        description: How many.
        type: int
        choices: [3, 5]
        default: 3
  volume:
    description: The disk of each data node.
    type: dict
    suboptions:
      type:
        description: Its kind.
        type: str
        choices: [gp2, gp3, io1]
        default: gp3
      size:
        description: Its size in GiB.
        type: int
        default: 20
      iops:
        description:
          - Operations a second, for V(gp3) and V(io1). Without it, what AWS gives to the size.
          - Left out again, it stays; state the baseline instead.
        type: int
      throughput:
        description: MiB a second, for V(gp3). Without it, what AWS gives to the size. Left out again, it stays.
        type: int
  key:
    description:
      - The KMS key to encrypt with, as C(key.NAME) or ARN. Without it, AWS's own C(aws/es).
      - Data at rest is encrypted in any case, and so is what nodes tell each other. The key cannot be changed later.
    type: str
  tls_policy:
    description: What clients have to speak; HTTP without TLS is refused in any case.
    type: str
    choices: [Policy-Min-TLS-1-2-2019-07, Policy-Min-TLS-1-2-PFS-2023-10]
    default: Policy-Min-TLS-1-2-PFS-2023-10
  master_user:
    description:
      - The user who may do everything. AWS generates its password in the secret
        C({system}-{env}/search_domain/{entry}), which holds host, port, url and username too;
        C(search_domain.NAME.secret) is that secret.
    type: str
    default: owner
  master_role:
    description:
      - The role that may do everything instead, as C(role.NAME) or ARN. There are then no passwords, and every request
        is signed by IAM.
    type: str
  access_policy:
    description:
      - The policy of the domain. Without it, everyone whom the security group lets in gets as far as the password, or,
        with O(master_role), whom an IAM policy of this account allows it.
    type: dict
  snapshot_hour:
    description:
      - The hour of the daily snapshot, in UTC. It matters to versions of Elasticsearch before 5.3 only; OpenSearch
        takes a snapshot every hour and keeps each for 14 days, free of charge.
      - These snapshots go with the domain. What is to outlive it needs a manual snapshot into a bucket.
    type: int
    default: 3
  auto_tune:
    description: Whether AWS tunes the engine by what it sees. Without it, where the instance type can.
    type: bool
  off_peak_start:
    description: When the ten hours begin in which AWS may change things, in UTC.
    type: str
    default: "03:00"
  auto_software_update:
    description: Whether AWS installs updates of the service software in these hours.
    type: bool
    default: true
  advanced_options:
    description:
      - "Options of the engine, for example V({indices.query.bool.max_clause_count: 2048})."
      - One that is left out again stays; state its default instead.
    type: dict
    default: {}
  log_exports:
    description:
      - Logs to keep in CloudWatch Logs. Slow logs need thresholds on the indices, V(audit) has to be turned on in the
        domain's security settings as well.
    type: list
    elements: str
    choices: [application, audit, index_slow, search_slow]
    default: [application, index_slow, search_slow]
  log_retention_days:
    description: Days to keep them, one of those that CloudWatch Logs takes.
    type: int
    default: 30
  vpc_id:
    description: Another VPC than the network's.
    type: str
  subnet_ids:
    description: Its subnets, one per zone. Without it, the network's subnets for data.
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
  tags:
    description: Tags for what is made here, over those of the stack.
    type: dict
    default: {}
"""
