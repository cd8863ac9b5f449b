# Copyright (c) stackwright.aws contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations


class ModuleDocFragment:
    """What is done at certain times."""

    DOCUMENTATION = r"""
options:
  name:
    description: The schedule's name in AWS, and that of its group. Without it, C({system}-{env}-{entry}).
    type: str
  description:
    description: What it is for.
    type: str
  expression:
    description:
      - When, as V(rate(1 hour\)), V(cron(0 4 ? * SUN *\)) or V(at(2027-01-01T00:00:00\)).
      - A C(cron) has six fields, of which day of the month or day of the week is C(?).
    type: str
    required: true
  timezone:
    description: The time zone that O(expression) is in, e.g. V(Europe/Berlin).
    type: str
    default: UTC
  enabled:
    description: Whether anything is done.
    type: bool
    default: true
  input:
    description: What the function or the call gets.
    type: dict
  function:
    description: The function to invoke, as C(function.NAME); by its alias where it has one.
    type: str
  task:
    description: A task to run, of what a service runs.
    type: dict
    suboptions:
      service:
        description: The service, as C(service.NAME). Its network, roles and latest task definition are used.
        type: str
        required: true
      command:
        description: The command instead of the service's.
        type: list
        elements: str
      count:
        description: How many tasks.
        type: int
        default: 1
  call:
    description: A call to AWS. O(input) holds its parameters.
    type: dict
    suboptions:
      action:
        description: The action as IAM writes it, e.g. V(rds:CreateDBSnapshot).
        type: str
        required: true
      resources:
        description:
          - What it may be done to, as ARNs, references, or what follows the account in an ARN, e.g.
            V(rds:snapshot:weekly-*).
        type: list
        elements: str
        required: true
  retries:
    description: How often it is tried again when it fails.
    type: int
    default: 3
  retry_seconds:
    description: For how long it is tried again.
    type: int
    default: 3600
  dead_letters:
    description: Where it is noted that it failed for good, as C(queue.NAME).
    type: str
  tags:
    description: Tags for what is made here, over those of the stack.
    type: dict
    default: {}
"""
