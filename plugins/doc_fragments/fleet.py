# Copyright (c) stackwright.aws contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations


class ModuleDocFragment:
    """EC2 instances in an Auto Scaling group."""

    DOCUMENTATION = r"""
options:
  name:
    description: The Auto Scaling group's name. Without it, C({system}-{env}-{entry}).
    type: str
  launch_template_name:
    description: The launch template's name. Without it, the group's.
    type: str
  image:
    description:
      - The image, by its identifier, or the public parameter that EC2 looks it up in at each launch, for example
        V(/aws/service/canonical/ubuntu/server/24.04/stable/current/amd64/hvm/ebs-gp3/ami-id).
      - Without it, Amazon Linux 2023.
    type: str
  architecture:
    description: The processor that Amazon Linux is taken for.
    type: str
    choices: [x86_64, arm64]
    default: x86_64
  instance_type:
    description: The instance type.
    type: str
    required: true
  spot:
    description: Run on spot instances, which AWS may take back any time. Without it, on demand.
    type: dict
    suboptions:
      instance_types:
        description: Further instance types that will do. The more there are, the less often AWS takes any back.
        type: list
        elements: str
        default: []
      on_demand_base:
        description: How many instances run on demand before any on spot.
        type: int
        default: 0
      on_demand_percent:
        description: How many per cent of the others run on demand.
        type: int
        default: 0
      strategy:
        description: How AWS chooses among the types.
        type: str
        choices: [price-capacity-optimized, capacity-optimized, lowest-price]
        default: price-capacity-optimized
  volume:
    description: The root volume. It is encrypted.
    type: dict
    suboptions:
      device:
        description: The device name of the image's root volume.
        type: str
        default: /dev/xvda
      size_gib:
        description: Its size.
        type: int
        default: 20
      type:
        description: Its type.
        type: str
        choices: [gp3, gp2, io2]
        default: gp3
      key:
        description: The KMS key, as V(key.NAME), ARN or alias. Without it, AWS's own.
        type: str
  user_data:
    description:
      - What runs at the first boot. References such as V(${cache.main.address}) are replaced; a shell's own variables
        in braces are written V($${NAME}).
      - It must not hold secrets. Read them at run time from Secrets Manager, and list them in O(secrets).
    type: str
  agents:
    description:
      - Agents that are installed at the first boot of Amazon Linux. V(cloudwatch) measures memory and keeps
        logs, V(codedeploy) takes deployments.
    type: list
    elements: str
    choices: [cloudwatch, codedeploy]
    default: []
  detailed_monitoring:
    description: Whether EC2 measures every minute instead of every five, which alarms over shorter periods need.
    type: bool
    default: true
  log_files:
    description:
      - Files on the instances whose lines are kept in CloudWatch Logs, for example V(/var/log/shop/api.log). Of the
        files that a C(*) stands for, the newest is. They need V(cloudwatch) among O(agents).
    type: list
    elements: str
    default: []
  log_group:
    description: The log group's name. Without it, C(/ec2/) and the group's name.
    type: str
  log_retention_days:
    description: Days to keep log lines, one of those that CloudWatch Logs takes.
    type: int
    default: 30
  tracing:
    description:
      - Whether the instances may send traces to X-Ray and ask it which to take.
      - The C(cloudwatch) agent takes them at C(127.0.0.1:2000), as the X-Ray daemon does.
    type: bool
    default: false
  port:
    description: The port that it listens on. It is needed when a load balancer routes to it, or others connect to it.
    type: int
  health_check:
    description: The path that the load balancer asks to see whether an instance is well.
    type: str
    default: /health
  target_group:
    description: How the load balancer treats the instances.
    type: dict
    suboptions:
      name:
        description: The target group's name in AWS, 32 characters at the most. Without it, the group's with C(-tg).
        type: str
      protocol:
        description: What the instances speak.
        type: str
        choices: [HTTP, HTTPS]
        default: HTTP
      interval_seconds:
        description: Seconds between two health checks.
        type: int
        default: 30
      timeout_seconds:
        description: Seconds to wait for an answer.
        type: int
        default: 5
      healthy_count:
        description: How many good answers in a row make an instance healthy.
        type: int
        default: 2
      unhealthy_count:
        description: How many bad ones make it unhealthy.
        type: int
        default: 3
      statuses:
        description: HTTP statuses that are good, for example V(200-299).
        type: str
        default: "200"
      deregistration_seconds:
        description: Seconds that an instance which is going away may finish its requests in.
        type: int
        default: 30
      sticky_seconds:
        description: Seconds for which a browser stays with the instance that it came to. Without it, it does not.
        type: int
  grace_seconds:
    description: Seconds after an instance's start in which health checks do not count.
    type: int
    default: 300
  health_check_type:
    description:
      - Whose judgement replaces an instance. V(ec2) is EC2's status checks, V(elb) the load balancer's check as well.
      - Without it V(elb) where a load balancer routes to the fleet, but V(ec2) with the C(codedeploy) agent. Such an
        instance serves nothing before its first deployment and would be replaced again and again.
    type: str
    choices: [ec2, elb]
  instances:
    description: How many instances run.
    type: dict
    suboptions:
      desired:
        description: How many to begin with. With O(instances.max) set, scaling decides from then on.
        type: int
        default: 1
      min:
        description: The least that scaling may go to. Without it, O(instances.desired).
        type: int
      max:
        description: The most that scaling may go to. Without it, the number is fixed.
        type: int
      target:
        description:
          - "What scaling holds on average: C(cpu) and C(memory) in per cent, C(requests_per_target) in requests a
            minute, for example V({cpu: 70}). Memory needs V(cloudwatch) among O(agents)."
        type: dict
      warmup_seconds:
        description: Seconds after its start from which an instance counts for scaling.
        type: int
        default: 120
  scaling_steps:
    description:
      - Steps that alarms take, by name. An alarm of C(monitoring) names one in its C(actions) as
        V(fleet.ENTRY.STEP).
      - "Each takes C(change), how many instances more or, below zero, less; C(unit), C(instances) or C(percent)
        (default C(instances)); C(cooldown_seconds), for how long none follows (default 300); and C(name), the policy's
        name in AWS, without which it is the step's."
    type: dict
    default: {}
  schedules:
    description:
      - Sizes at certain times, by name.
      - "Each takes C(cron), as V(0 20 * * 1-5), C(timezone) (default UTC), and some of C(min), C(max), C(desired)."
      - A bound that one of them sets is the clock's once the fleet exists; O(instances) says what it begins with.
    type: dict
    default: {}
  maintenance:
    description: How many instances are healthy while some are replaced.
    type: dict
    suboptions:
      minimum_healthy_percent:
        description: How many at least. With 100, a new one is there before an old one goes.
        type: int
        default: 100
      maximum_healthy_percent:
        description: How many at the most, old and new together.
        type: int
        default: 200
  termination_policies:
    description: Which instances go first, in AWS's words.
    type: list
    elements: str
    default: [OldestLaunchTemplate, Default]
  max_instance_lifetime_days:
    description: Days after which an instance is replaced. Without it, never.
    type: int
  lifecycle_hooks:
    description:
      - Hooks that hold an instance on its way in or out, by name.
      - "Each takes C(on), C(launch) or C(terminate); C(timeout_seconds) (default 300); C(default_result), C(continue)
        or C(abandon) when nobody answers (default C(continue)); and C(metadata)."
    type: dict
    default: {}
  connects_to:
    description:
      - Entries that it opens connections to, for example V(database.main). The rules of both security groups follow.
      - AWS's own services are reached by HTTPS anyway. Nothing else is.
    type: list
    elements: str
    default: []
  allow_from:
    description:
      - Ranges of addresses, or entries, that may connect beside the load balancers that route to it.
      - People get a shell by Systems Manager's Session Manager, which needs no open port and no key.
    type: list
    elements: str
    default: []
  may:
    description: What its instances may do with entries of the stack, in the words of M(stackwright.aws.role).
    type: dict
    default: {}
  statements:
    description: Further statements of its instances' policy, in IAM's own words.
    type: list
    elements: dict
    default: []
  secrets:
    description: The secrets that its instances may read, for example V(secret.jwt) or V(database.main.secret).
    type: list
    elements: str
    default: []
  subnet_ids:
    description: Its subnets. Without it, the network's private ones.
    type: list
    elements: str
    default: []
  security_group_name:
    description: The name of its security group. Without it, one of the stack and the entry.
    type: str
  tags:
    description: Tags for what is made here, its instances and their volumes, over those of the stack.
    type: dict
    default: {}
"""
