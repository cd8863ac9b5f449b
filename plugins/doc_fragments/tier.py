# Copyright (c) stackwright.aws contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations


class ModuleDocFragment:
    """Of which stack a single entry is, and what becomes of it."""

    DOCUMENTATION = r"""
options:
  system:
    description: The system, for example V(shop). With O(env) it names the stack, C({system}-{env}).
    type: str
    required: true
  env:
    description: The environment, for example V(staging).
    type: str
    required: true
  stack:
    description:
      - The rest of the stack's description, as M(stackwright.aws.stack) takes it. Only what O(state) speaks of is
        changed; the rest is read, so that this can refer to it, by words such as C(key.main) or
        C(database.main.address).
      - What it describes is found by its tags, or by its name if somebody else made it. What is referred to has to
        exist; a check says what does not yet.
      - V({}) says that there is nothing else, which O(prune) wants to know.
    type: dict
  protect:
    description:
      - Whether to guard what holds data against deletion.
      - Without it, in every environment but C(dev).
    type: bool
  state:
    description:
      - V(present) converges on the options.
      - V(absent) deletes what the options describe, and nothing else of the stack; it wants O(confirm). With
        O(stack), also what this described before.
    type: str
    choices: [present, absent]
    default: present
  prune:
    description:
      - Delete also what this described before and does not any more. It wants O(stack), to know what else is
        described.
      - What holds data or is protected is kept unless O(release_protection) is set.
    type: bool
    default: false
  confirm:
    description:
      - What is to be deleted, the stack and the reference, without which O(state=absent) does nothing. For example
        V(shop-staging/database.main) or V(shop-staging/network).
    type: str
"""
