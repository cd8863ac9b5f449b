# Copyright (c) stackwright.aws contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations


class ModuleDocFragment:
    """An RDS instance, with what it needs around it."""

    DOCUMENTATION = r"""
options:
  identifier:
    description: The instance's identifier in AWS. Without it, C({system}-{env}-{entry}).
    type: str
  engine:
    description: The engine.
    type: str
    choices: [mariadb, mysql, postgres]
    required: true
  engine_version:
    description:
      - The version, as exactly as you want to decide it. V(16) takes the newest V(16.x) and leaves minor upgrades to
        AWS.
      - MySQL and MariaDB want two numbers at least.
    type: str
    required: true
  instance_class:
    description:
      - The instance class, for example V(db.t4g.medium). A change interrupts the database for a minute or two.
    type: str
    required: true
  allocated_storage:
    description: Storage in GiB. It can grow, not shrink.
    type: int
    default: 20
  max_allocated_storage:
    description: GiB to which AWS may let the storage grow by itself. Without it, it does not.
    type: int
  storage_type:
    description: The kind of storage.
    type: str
    choices: [gp2, gp3, io1, io2]
    default: gp3
  iops:
    description:
      - Provisioned operations a second, for V(io1), V(io2) and large V(gp3).
      - RDS provides less only for a number. Left out again, what is provided stays; state the baseline instead.
    type: int
  throughput:
    description: Provisioned MiB a second, for large V(gp3). Left out again, it stays as O(iops) does.
    type: int
  database:
    description: The database to make at first.
    type: str
  username:
    description: The master user. Some names are reserved by the engines.
    type: str
    default: dbadmin
  password_secret:
    description:
      - The secret that the master password is generated in, as C(secret.NAME).
      - Without it, the one of C(secrets) that generates a C(password) and refers to the database, or else one of its
        own, C({system}-{env}/database/{entry}), with host, port, username and password in it.
    type: str
  rotate_password_days:
    description:
      - Let RDS make the master password, keep it in a secret of its own and change it every so many days. It needs no
        function for that. C(database.NAME.secret) is the secret, with C(username) and C(password) in it; as a service's
        secret, C(database.NAME.secret:password).
      - A task is given the password of the moment at which it starts. What runs longer than O(rotate_password_days)
        has to read the secret anew when a connection is refused, or to come in by O(proxy), which does so itself.
      - RDS makes no read replica of an instance whose password it manages, in no region.
    type: int
  port:
    description: The port. Without it, the engine's own.
    type: int
  multi_az:
    description: Whether a standby in another zone takes over when the first is lost. Without it, as O(protect).
    type: bool
  zone:
    description: The availability zone of an instance without a standby, for example V(eu-west-1a).
    type: str
  key:
    description:
      - The KMS key to encrypt with, as C(key.NAME), ARN or alias. Without it, AWS's own C(aws/rds).
      - Storage is encrypted in any case. The key cannot be changed later.
    type: str
  backups:
    description: The daily backups, which any second of the time kept can be restored from.
    type: dict
    suboptions:
      retention_days:
        description: Days to keep them. V(0) turns them off.
        type: int
        default: 7
      window:
        description: When to take them, in UTC, for example V(03:00-04:00). Without it, AWS chooses, once.
        type: str
      copy_to:
        description:
          - Another region that keeps a copy of them, minutes behind, from which any second can be restored there.
          - Without it, or with an empty text, there is none, and one that there was ends.
        type: str
      copy_keep_days:
        description: Days to keep the copy. Without it, O(backups.retention_days).
        type: int
      copy_key:
        description: The KMS key of that region to encrypt the copy with, as ARN. Without it, one is made there.
        type: str
  maintenance_window:
    description: When AWS may restart it, in UTC, for example V(sun:04:30-sun:05:30). Without it, AWS chooses, once.
    type: str
  deletion_protection:
    description: Whether AWS refuses to delete it. Without it, as O(protect).
    type: bool
  parameters:
    description: "Parameters of the engine, for example V({log_min_duration_statement: 500})."
    type: dict
    default: {}
  extensions:
    description:
      - The extensions of PostgreSQL that may be created in it, and no others, for example V([postgis, pg_trgm]).
        Without any, all that RDS supports.
      - The first migration creates them; the master user may.
    type: list
    elements: str
    default: []
  force_tls:
    description: Whether connections without TLS are refused.
    type: bool
    default: true
  monitoring_seconds:
    description: Seconds between two readings of the operating system (enhanced monitoring). V(0) turns it off.
    type: int
    choices: [0, 1, 5, 10, 15, 30, 60]
    default: 60
  performance_insights:
    description: Whether to keep what the load was made of. Without it, where the instance class can.
    type: bool
  performance_insights_days:
    description: Days to keep that. 7 are free of charge.
    type: int
    default: 7
  log_exports:
    description: The engine's logs to keep in CloudWatch Logs. Without it, those that matter to the engine.
    type: list
    elements: str
  log_retention_days:
    description: Days to keep them, one of those that CloudWatch Logs takes.
    type: int
    default: 30
  iam_authentication:
    description: Whether users may come in by IAM instead of a password.
    type: bool
    default: false
  auto_minor_version_upgrade:
    description: Whether AWS installs minor versions in the maintenance window.
    type: bool
    default: true
  allow_major_version_upgrade:
    description:
      - Whether a change of O(engine_version) may be a new major version, which takes the database down for minutes.
    type: bool
    default: false
  ca_certificate:
    description:
      - The authority of the server certificate, for example V(rds-ca-rsa2048-g1). Without it, AWS chooses and renews.
    type: str
  read_replicas:
    description: Copies in the same region that take reads.
    type: list
    elements: dict
    default: []
    suboptions:
      name:
        description: What to call it, for example V(reports).
        type: str
        required: true
      identifier:
        description: Its identifier in AWS. Without it, the database's, a hyphen and the name.
        type: str
      instance_class:
        description: Its instance class. Without it, the database's.
        type: str
      zone:
        description: Its availability zone.
        type: str
  replica_of:
    description:
      - The instance that this one follows, by identifier, by ARN in another region, or as
        C(stacks.ENV.database.NAME), which another stack makes and is waited for. Across regions it needs a O(key) of
        its own region.
      - One that was promoted stays as it is, and the plan says so; it is not made anew to follow its source.
    type: str
  proxy:
    description:
      - An RDS Proxy in front, which pools the connections and holds them through a failover. It wants TLS.
      - Whoever connects is let into the proxy, and the proxy alone into the instance; C(database.NAME.address) is the
        proxy's, and C(database.NAME.instance_address) the instance's.
    type: dict
    suboptions:
      name:
        description: Its name in AWS. Without it, the database's identifier.
        type: str
      idle_seconds:
        description: Seconds after which it ends a client's idle connection.
        type: int
        default: 1800
      max_connections_percent:
        description: How many of the connections that the instance takes it may open.
        type: int
        default: 100
      max_idle_connections_percent:
        description: How many of them it may keep open while nobody uses them.
        type: int
        default: 50
      borrow_seconds:
        description: Seconds for which a client waits for a connection when all are in use.
        type: int
        default: 120
      iam_authentication:
        description: Whether clients come in by IAM instead of the password.
        type: bool
        default: false
  snapshot:
    description: The snapshot to begin with. User and databases are the snapshot's.
    type: str
  vpc_id:
    description: Another VPC than the network's.
    type: str
  subnet_ids:
    description: Its subnets, in two zones at least. Without it, the network's subnets for data.
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
