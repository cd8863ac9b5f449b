# Copyright (c) stackwright.aws contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations


class ModuleDocFragment:
    """A monitor of unusual costs and who is told."""

    DOCUMENTATION = r"""
options:
  monitor_name:
    description: The monitor's name. Without it, C({system}-{env}-{entry}).
    type: str
  subscription_name:
    description: The subscription's name. Without it, C({system}-{env}-{entry}).
    type: str
  existing_monitor:
    description: The ARN of a monitor that somebody else made. An account has one that watches every service.
    type: str
  tagged:
    description: Watch only what carries these tags, instead of every service. Cost allocation has to know the tags.
    type: dict
  frequency:
    description: How often to tell. V(immediate) goes to topics, the others go to e-mail addresses.
    type: str
    choices: [immediate, daily, weekly]
    default: daily
  above:
    description: Tell only of what costs that much more than expected, in the account's currency.
    type: float
  above_percent:
    description: Tell only of what costs that much more than expected, in per cent.
    type: float
  notify:
    description: E-mail addresses, or topics as names of entries of C(topics) or ARNs.
    type: list
    elements: str
    required: true
  tags:
    description: Tags for what is made here, over those of the stack.
    type: dict
    default: {}
"""
