# Copyright (c) stackwright.aws contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations


class ModuleDocFragment:
    """An ECS cluster."""

    DOCUMENTATION = r"""
options:
  name:
    description: The cluster's name in AWS. Without it, the name of the entry.
    type: str
  capacity:
    description:
      - What tasks run on unless their service says otherwise. A provider that is taken out goes once the services of
        the stack have left it.
    type: list
    elements: dict
    default: [{provider: FARGATE, weight: 1, base: 0}]
    suboptions:
      provider:
        description:
          - The capacity provider, for example V(FARGATE) or V(FARGATE_SPOT), which AWS may take back any time.
        type: str
        required: true
      weight:
        description: Its share of the tasks.
        type: int
        default: 1
      base:
        description: How many tasks it runs before the weights count.
        type: int
        default: 0
  container_insights:
    description: Whether to publish metrics of tasks and containers, which are charged for as custom metrics.
    type: str
    choices: [enabled, enhanced, disabled]
    default: enabled
  tags:
    description: Tags for what is made here, over those of the stack.
    type: dict
    default: {}
"""
