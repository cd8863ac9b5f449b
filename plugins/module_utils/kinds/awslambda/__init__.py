# Copyright (c) stackwright.aws contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Lambda: functions, their versions and aliases, who may invoke them, and what feeds them."""

from __future__ import annotations

from .alias import LAMBDA_ALIAS
from .event_invoke import LAMBDA_EVENT_INVOKE_CONFIG
from .event_source import LAMBDA_EVENT_SOURCE_MAPPING
from .function import LAMBDA_FUNCTION
from .permission import LAMBDA_PERMISSION
from .version import LAMBDA_VERSION

KINDS = (
    LAMBDA_FUNCTION,
    LAMBDA_VERSION,
    LAMBDA_ALIAS,
    LAMBDA_PERMISSION,
    LAMBDA_EVENT_SOURCE_MAPPING,
    LAMBDA_EVENT_INVOKE_CONFIG,
)
