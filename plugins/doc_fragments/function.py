# Copyright (c) stackwright.aws contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations


class ModuleDocFragment:
    """A Lambda function, its role, its log, and what invokes it."""

    DOCUMENTATION = r"""
options:
  name:
    description: The function's name in AWS. Without it, C({system}-{env}-{entry}).
    type: str
  description:
    description: What it is for.
    type: str
  runtime:
    description: What runs the code, e.g. V(python3.13) or V(nodejs22.x). Required unless O(code.image) is given.
    type: str
  handler:
    description: The function within the code, as C(FILE.NAME).
    type: str
    default: index.handler
  memory:
    description: Memory in MiB. Computing power grows with it.
    type: int
    default: 512
  timeout_seconds:
    description: How long an invocation may take.
    type: int
    default: 30
  architecture:
    description: The processor. It changes with the code only, so it is set when the function is made.
    type: str
    choices: [x86_64, arm64]
    default: x86_64
  ephemeral_storage:
    description: Space in C(/tmp), in MiB.
    type: int
    default: 512
  code:
    description:
      - The code that the function begins with. Releases own it afterwards; only O(code.inline) and O(code.package) are
        kept as described.
      - Without it, a placeholder of a few lines runs until the first release. It answers that it waits for one, and
        takes no messages from a queue for good.
    type: dict
    suboptions:
      bucket:
        description: The bucket of an archive, as C(bucket.NAME) or by its name in AWS.
        type: str
      key:
        description: The archive's key in O(code.bucket).
        type: str
      version:
        description: The archive's version. Without it, the latest.
        type: str
      image:
        description: An image, as C(repository.NAME:TAG) or by its URI.
        type: str
      inline:
        description: The source itself, of one file, for a few lines of glue.
        type: str
      package:
        description:
          - A function that the collection brings along, in Python.
          - "V(jwt_authorizer) is an authorizer for REST APIs that checks JSON Web Tokens: signed with HS256 and the key
            that O(secrets) has as C(JWT_SECRET), or else with RS256 by the keys of C(JWT_ISSUER) in O(environment).
            C(JWT_AUDIENCE) there says for whom tokens must be."
        type: str
        choices: [jwt_authorizer]
  layers:
    description: ARNs of layer versions, in the order in which they are laid over each other.
    type: list
    elements: str
    default: []
  environment:
    description: Variables with plain values. References such as C(${database.main.address}) are replaced. No secrets.
    type: dict
    default: {}
  secrets:
    description:
      - Variables that get the ARN of a secret, as C(secret.NAME) or C(database.main.secret); the function reads the
        value at run time, which its role may do.
      - With a member, as C(secret.NAME:password), the variable C(VARIABLE_MEMBER) names the member.
    type: dict
    default: {}
  key:
    description: The KMS key for the environment, as C(key.NAME), ARN or alias. Without it, Lambda's own.
    type: str
  in_network:
    description:
      - Whether it stands in private subnets with a security group of its own.
      - Without it, it does when there is a network.
    type: bool
  subnet_ids:
    description: Other subnets than the private ones of the stack's network.
    type: list
    elements: str
    default: []
  connects_to:
    description: Whom it opens connections to, e.g. C(database.main). Security group rules follow from it.
    type: list
    elements: str
    default: []
  may:
    description:
      - "What it may do, by word, e.g. C({read: [bucket.audio], send: [queue.audio], invoke: [function.other]})."
    type: dict
    default: {}
  statements:
    description: Further statements of the role's policy, in IAM's own words.
    type: list
    elements: dict
    default: []
  queue:
    description: The queue that feeds it.
    type: dict
    suboptions:
      from:
        description: The queue, as C(queue.NAME).
        type: str
        required: true
      batch:
        description: How many messages it is given at once at the most. More than 10 take O(queue.window_seconds).
        type: int
        default: 10
      window_seconds:
        description: How long messages are collected for a batch.
        type: int
        default: 0
      concurrency:
        description: How many batches are worked on at once at the most, 2 at the least.
        type: int
      partial_failures:
        description: Whether the function answers which messages of a batch failed, as C(batchItemFailures).
        type: bool
        default: false
      filters:
        description: Patterns of the messages to take, in EventBridge's words. Others are deleted. Without any, all.
        type: list
        elements: dict
        default: []
      enabled:
        description: Whether messages are taken.
        type: bool
        default: true
  schedule:
    description: When it is invoked regularly.
    type: dict
    suboptions:
      expression:
        description:
          - When, as V(rate(1 hour\)), V(cron(0 4 ? * SUN *\)) or V(at(2027-01-01T00:00:00\)).
          - A C(cron) has six fields, of which day of the month or day of the week is C(?).
        type: str
        required: true
      timezone:
        description: The time zone that O(schedule.expression) is in, e.g. V(Europe/Berlin).
        type: str
        default: UTC
      enabled:
        description: Whether anything is done.
        type: bool
        default: true
      input:
        description: The event that it gets.
        type: dict
  alias:
    description:
      - A name for the version that serves, which releases move. Whatever invokes the function invokes the alias.
    type: dict
    suboptions:
      name:
        description: The name, e.g. V(Production).
        type: str
        required: true
      provisioned:
        description: How many executions are kept warm.
        type: int
  reserved_concurrency:
    description: How many executions are kept for it, which is also how many there can be at once. 0 stops it.
    type: int
  tracing:
    description: Whether X-Ray traces a share of the invocations.
    type: bool
    default: false
  dead_letters:
    description: Where events go that nobody waits for and that failed, as C(queue.NAME) or C(topic.NAME).
    type: str
  log_group:
    description: The log group's name. Without it, C(/aws/lambda/{name}).
    type: str
  log_format:
    description: How log lines are written.
    type: str
    choices: [Text, JSON]
    default: Text
  log_retention_days:
    description: How long log lines are kept.
    type: int
    default: 30
  tags:
    description: Tags for what is made here, over those of the stack.
    type: dict
    default: {}
"""
