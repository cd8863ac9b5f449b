# Copyright (c) stackwright.aws contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations


class ModuleDocFragment:
    """A budget and who is told."""

    DOCUMENTATION = r"""
options:
  name:
    description: The budget's name in the account. Without it, C({system}-{env}-{entry}).
    type: str
  amount:
    description: What may be spent in a period.
    type: float
    required: true
  currency:
    description: The currency of O(amount).
    type: str
    default: USD
  period:
    description: The period.
    type: str
    choices: [daily, monthly, quarterly, annually]
    default: monthly
  notify:
    description:
      - E-mail addresses, and a topic, as the name of an entry of C(topics) or an ARN. Ten addresses and one topic at
        the most.
    type: list
    elements: str
    default: []
  alerts:
    description: When they are told. Without it, at 80 and 100 per cent, and when 100 per cent are to be expected.
    type: list
    elements: dict
    suboptions:
      percent:
        description: Above this share of O(amount), in per cent.
        type: float
      amount:
        description: Above this amount.
        type: float
      kind:
        description: Of what was spent, or of what is to be expected by the end of the period.
        type: str
        choices: [actual, forecast]
        default: actual
      notify:
        description: Who is told of this one, instead of O(notify).
        type: list
        elements: str
  only:
    description:
      - What counts, as filters of Budgets with their values, for example C(Service) or C(TagKeyValue). Without it, the
        whole account.
    type: dict
    default: {}
  credits:
    description: Whether credits and refunds are taken off what was spent.
    type: bool
    default: false
  tags:
    description: Tags for what is made here, over those of the stack.
    type: dict
    default: {}
"""
