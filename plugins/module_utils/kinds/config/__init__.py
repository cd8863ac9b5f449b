# Copyright (c) stackwright.aws contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Config: the recorder, where it delivers, and rules."""

from __future__ import annotations

from .delivery_channel import CONFIG_DELIVERY_CHANNEL
from .recorder import CONFIG_RECORDER
from .recording import CONFIG_RECORDING
from .rule import CONFIG_RULE

KINDS = (CONFIG_RECORDER, CONFIG_DELIVERY_CHANNEL, CONFIG_RECORDING, CONFIG_RULE)

__all__ = ["CONFIG_DELIVERY_CHANNEL", "CONFIG_RECORDER", "CONFIG_RECORDING", "CONFIG_RULE", "KINDS"]
