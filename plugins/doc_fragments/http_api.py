# Copyright (c) stackwright.aws contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations


class ModuleDocFragment:
    """An HTTP API before functions."""

    DOCUMENTATION = r"""
options:
  name:
    description: The API's name in AWS. Without it, C({system}-{env}-{entry}).
    type: str
  description:
    description: What it is for.
    type: str
  stage:
    description: The name of the stage. V($default) adds nothing to paths.
    type: str
    default: $default
  default_endpoint:
    description: Whether the API can be called under AWS's own name for it.
    type: bool
    default: true
  routes:
    description:
      - "What answers what: C(POST /letters), or C(/letters) with C(methods); C($default) is for what no other route
        takes. A path may have variables, as C(/letters/{id}), and end with C(/*) for everything below it."
      - "Each takes C(function), C(function.NAME) or an ARN, of which the alias is called where there is one; C(methods)
        (default: any); C(authorize), whether a token is needed where there is an O(authorizer) (default true); and
        C(scopes), of which the token must have one."
    type: dict
    required: true
  authorizer:
    description: Whose tokens are taken.
    type: dict
    suboptions:
      issuer:
        description: The URL that tokens have as their issuer, and below which its keys are found.
        type: str
        required: true
      audience:
        description: For whom tokens have to be; one of these.
        type: list
        elements: str
        required: true
      header:
        description: The header that holds the token.
        type: str
        default: Authorization
  cors:
    description: What pages of other origins may do. Without it, nothing.
    type: dict
    suboptions:
      origins:
        description: The origins, for example V(https://app.example.com).
        type: list
        elements: str
        required: true
      methods:
        description: The methods that may be used.
        type: list
        elements: str
        default: ["*"]
      headers:
        description: The headers that may be sent.
        type: list
        elements: str
        default: [authorization, content-type]
      credentials:
        description: Whether cookies may be sent.
        type: bool
        default: false
      max_age_seconds:
        description: For how long a browser need not ask again.
        type: int
        default: 600
  throttle:
    description:
      - How many requests the stage takes, over all callers. Without it, as many as the account.
      - API Gateway takes no throttle away from an HTTP API. One that is left out again stays, and the plan says so;
        state one as wide as the account's limits instead.
    type: dict
    suboptions:
      burst:
        description: How many may come at once.
        type: int
        required: true
      rate:
        description: How many a second in the long run.
        type: float
        required: true
  timeout_seconds:
    description: For how long a function is waited for, up to 30.
    type: float
    default: 30
  variables:
    description: Variables of the stage. No secrets belong here.
    type: dict
    default: {}
  metrics:
    description: Whether CloudWatch gets metrics of each route beside those of the stage.
    type: bool
    default: true
  log:
    description: Whether accesses are logged, one JSON object each, without headers and bodies.
    type: bool
    default: true
  log_group:
    description: The name of the log group. Without it, C(/aws/apigateway/) and O(name).
    type: str
  log_retention_days:
    description: Days for which the log is kept.
    type: int
    default: 30
  tags:
    description: Tags for what is made here, over those of the stack.
    type: dict
    default: {}
"""
