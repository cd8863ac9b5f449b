# Copyright (c) stackwright.aws contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""API Gateway: REST APIs, their parts, stages, usage plans, keys and names."""

from __future__ import annotations

from .account import ACCOUNT
from .deployment import DEPLOYMENT
from .domain_name import MAPPING, NAME
from .keys import API_KEY, USAGE_PLAN, USAGE_PLAN_KEY
from .method import METHOD
from .parts import AUTHORIZER, GATEWAY_RESPONSE, MODEL, REQUEST_VALIDATOR
from .resource import RESOURCE
from .rest_api import REST_API
from .stage import STAGE

KINDS = (
    REST_API,
    RESOURCE,
    REQUEST_VALIDATOR,
    MODEL,
    AUTHORIZER,
    GATEWAY_RESPONSE,
    METHOD,
    DEPLOYMENT,
    STAGE,
    USAGE_PLAN,
    API_KEY,
    USAGE_PLAN_KEY,
    ACCOUNT,
    NAME,
    MAPPING,
)
