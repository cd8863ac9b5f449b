# Copyright (c) stackwright.aws contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations


class ModuleDocFragment:
    """How a run plans, waits and answers."""

    DOCUMENTATION = r"""
options:
  state:
    description:
      - V(present) converges on the description.
      - V(absent) deletes everything that carries the stack's tags; it wants O(confirm).
    type: str
    choices: [present, absent]
    default: present
  prune:
    description:
      - Delete what carries the stack's tags and is no longer described.
      - What holds data or is protected is kept unless O(release_protection) is set.
    type: bool
    default: false
  purge_tags:
    description: Remove tags that are not described from what is.
    type: bool
    default: true
  adopt:
    description:
      - Take over what exists under the described name and carries no stack's tags.
      - Without it such a resource ends the run before anything is changed.
    type: bool
    default: false
  confirm:
    description: The name of the stack, C({system}-{env}), without which O(state=absent) does nothing.
    type: str
  release_protection:
    description: Let go of what is protected or holds data, after a final snapshot where there is such a thing.
    type: bool
    default: false
  final_snapshot:
    description: Take a last snapshot of a database or cache before it is deleted.
    type: bool
    default: true
  wait:
    description: Whether to wait at the end until everything is ready. What others need is always waited for.
    type: bool
    default: true
  wait_timeout:
    description:
      - Seconds to wait for one resource at the most.
      - Without it each kind of resource has its own, from a minute to two hours.
    type: int
  poll_interval:
    description:
      - Seconds between the first two looks at a resource; the interval grows with the time waited, to 15 seconds.
    type: float
    default: 0.5
  threads:
    description: How many requests to have under way at once.
    type: int
    default: 16
  request_rate:
    description: Requests a second to one service at the most.
    type: float
    default: 40.0
  lease_ttl:
    description: Seconds after which the lease of a run that died runs out.
    type: int
    default: 60
  lease_timeout:
    description: Seconds to wait for another run's lease before giving up.
    type: int
    default: 0
  plan_digest:
    description:
      - The RV(plan_digest) of a plan that was made before.
      - The run refuses to do anything when its plan is another one.
    type: str
attributes:
  check_mode:
    description: A check compiles, observes and plans, and sends no request that writes.
    support: full
  diff_mode:
    description: The diff is the plan.
    support: full
"""
