# Copyright (c) stackwright.aws contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations


class ModuleDocFragment:
    """An SQS queue and the queue of its dead letters."""

    DOCUMENTATION = r"""
options:
  name:
    description: The queue's name in AWS. Without it, C({system}-{env}-{entry}). A FIFO queue's ends in C(.fifo).
    type: str
  fifo:
    description: Whether messages keep their order. It cannot be changed afterwards.
    type: bool
    default: false
  content_deduplication:
    description: Whether a FIFO queue takes messages of the same content for one.
    type: bool
  delay_seconds:
    description: Seconds before a new message can be received.
    type: int
    default: 0
  max_bytes:
    description: How large a message may be.
    type: int
    default: 262144
  retention_seconds:
    description: How long a message is kept that nobody receives.
    type: int
    default: 345600
  long_poll_seconds:
    description: How long a receiver waits for a message by default.
    type: int
    default: 20
  visibility_seconds:
    description:
      - How long a message that somebody works on is hidden from others.
      - Without it, six times the longest timeout of the functions that the queue feeds, or 30.
    type: int
  dead_letters:
    description: Where messages end up that cannot be worked on.
    type: dict
    suboptions:
      enabled:
        description: Whether there is such a queue.
        type: bool
        default: true
      name:
        description: Its name in AWS. Without it, the queue's and C(-dlq).
        type: str
      max_receives:
        description: How often a message is received before it goes there.
        type: int
        default: 5
      retention_seconds:
        description: How long it is kept there.
        type: int
        default: 1209600
  key:
    description: The KMS key to encrypt with, as C(key.NAME), ARN or alias. Without it, SQS's own.
    type: str
  statements:
    description:
      - Further statements of the queue's policy, without C(Resource), which is this queue.
      - Topics that the queue is subscribed to and event rules that send to it may do so without being named here.
    type: list
    elements: dict
    default: []
  tags:
    description: Tags for what is made here, over those of the stack.
    type: dict
    default: {}
"""
