# Copyright (c) stackwright.aws contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations


class ModuleDocFragment:
    """A REST API before functions."""

    DOCUMENTATION = r"""
options:
  name:
    description: The API's name in AWS. Without it, C({system}-{env}-{entry}).
    type: str
  description:
    description: What it is for.
    type: str
  stage:
    description: The name of the stage, which is the first part of every path.
    type: str
    default: v1
  endpoint:
    description: Whether callers come to the region, or in by CloudFront's edge.
    type: str
    choices: [regional, edge]
    default: regional
  default_endpoint:
    description: Whether the API can be called under AWS's own name for it.
    type: bool
    default: true
  domain:
    description:
      - A name of one's own. An alias record of a zone leads there, as C(alias=rest_api.NAME).
    type: dict
    suboptions:
      name:
        description: The name, for example V(api.example.com).
        type: str
        required: true
      certificate:
        description:
          - The certificate of the name, as C(certificate.NAME) or ARN. It stands in the stack's region, or for an
            O(endpoint) at the edge in V(us-east-1).
        type: str
        required: true
      base_path:
        description: The first part of paths below the name. Without it, O(stage); empty, none.
        type: str
  binary_media_types:
    description: Media types that are handed on as bytes, for example V(application/pdf).
    type: list
    elements: str
    default: []
  routes:
    description:
      - "What answers what: C(POST /letters), or C(/letters) with C(methods). A path may have variables, as
        C(/letters/{id}), and end with C(/*) for everything below it."
      - "Each takes C(function), C(function.NAME) or an ARN, of which the alias is called where there is one; C(methods)
        (default: any); C(authorize), whether O(authorizer) is asked (default true); C(api_key), whether the caller
        needs a key of a usage plan (default false); C(body), the JSON schema (draft 4) of bodies; C(required_query) and
        C(required_headers), lists of names; C(timeout_seconds) (default 29)."
      - A request that lacks what is required, or whose body is not what the schema says, is answered with 400 before
        any function is called.
    type: dict
    required: true
  authorizer:
    description: The function that looks at each caller's token.
    type: dict
    suboptions:
      function:
        description: The function, as C(function.NAME) or ARN. It answers with a policy.
        type: str
        required: true
      header:
        description: The header that holds the token.
        type: str
        default: Authorization
      pattern:
        description: A regular expression that a token must match to be shown to the function at all.
        type: str
      ttl_seconds:
        description: For how long an answer about a token holds, up to 3600. 0 asks for each request.
        type: int
        default: 300
  cors:
    description: What pages of another origin may do. Without it, nothing.
    type: dict
    suboptions:
      origin:
        description: The origin, for example V(https://app.example.com).
        type: str
        required: true
      headers:
        description: The headers that may be sent.
        type: list
        elements: str
        default: [Authorization, Content-Type]
      credentials:
        description: Whether cookies may be sent.
        type: bool
        default: false
      max_age_seconds:
        description: For how long a browser need not ask again.
        type: int
        default: 600
  throttle:
    description: How many requests the stage takes, over all callers. Without it, as many as the account.
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
  usage_plans:
    description:
      - What callers with an API key may do, by the plan's name.
      - "Each takes C(throttle) with C(burst) and C(rate); C(quota) with C(requests) and C(per), one of day, week,
        month; and C(keys), names of keys, which AWS generates."
    type: dict
    default: {}
  variables:
    description: Variables of the stage. No secrets belong here.
    type: dict
    default: {}
  metrics:
    description: Whether CloudWatch gets metrics of each method beside those of the stage.
    type: bool
    default: true
  tracing:
    description: Whether requests are traced by X-Ray.
    type: bool
    default: false
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
  execution_log:
    description: What API Gateway logs of its own work. Bodies are never in it.
    type: str
    choices: ["off", error, info]
    default: "off"
  web_acl:
    description: The web ACL that it stands behind, as C(web_acl.NAME) or ARN, unless the web ACL names the API itself.
    type: str
  tags:
    description: Tags for what is made here, over those of the stack.
    type: dict
    default: {}
"""
