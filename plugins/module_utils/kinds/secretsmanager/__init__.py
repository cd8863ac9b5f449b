# Copyright (c) stackwright.aws contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Secrets Manager: secrets, their rotation, and values that are put together from other resources."""

from __future__ import annotations

from .rotation import SECRETS_MANAGER_ROTATION_SCHEDULE
from .secret import SECRETS_MANAGER_SECRET
from .value import CUSTOM_SECRET_VALUE

KINDS = (SECRETS_MANAGER_SECRET, SECRETS_MANAGER_ROTATION_SCHEDULE, CUSTOM_SECRET_VALUE)
