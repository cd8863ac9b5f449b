# Copyright (c) stackwright.aws contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""API Gateway: HTTP APIs, their routes, integrations, authorizers and stages."""

from __future__ import annotations

from .api import API
from .parts import AUTHORIZER, INTEGRATION, ROUTE
from .stage import STAGE

KINDS = (API, INTEGRATION, AUTHORIZER, ROUTE, STAGE)
