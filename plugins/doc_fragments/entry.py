# Copyright (c) stackwright.aws contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations


class ModuleDocFragment:
    """What an entry is called."""

    DOCUMENTATION = r"""
options:
  entry:
    description:
      - What to call it in the stack, as the key in its section of the description.
      - With the tier's word it makes the reference by which others mean it, for example C(database.main).
      - Another name is another resource. The names in AWS follow from it unless stated.
    type: str
    required: true
"""
