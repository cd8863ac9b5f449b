# Copyright (c) stackwright.aws contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations


class ModuleDocFragment:
    """Events, or a time, and where they go."""

    DOCUMENTATION = r"""
options:
  name:
    description: The rule's name in AWS. Without it, C({system}-{env}-{entry}).
    type: str
  description:
    description: What it is for.
    type: str
  pattern:
    description: Which events, in EventBridge's own words.
    type: dict
  schedule:
    description: When, instead of O(pattern), in UTC, as V(rate(1 hour\)) or V(cron(0 4 ? * SUN *\)).
    type: str
  enabled:
    description: Whether it does anything.
    type: bool
    default: true
  targets:
    description: Where events go. Each target's own policy lets this rule in.
    type: list
    elements: dict
    required: true
    suboptions:
      to:
        description: C(function.NAME), by its alias where it has one, C(queue.NAME) or C(topic.NAME).
        type: str
        required: true
      input:
        description: What is sent instead of the event.
        type: dict
      dead_letters:
        description: Where events go that could not be sent, as C(queue.NAME).
        type: str
  tags:
    description: Tags for what is made here, over those of the stack.
    type: dict
    default: {}
"""
