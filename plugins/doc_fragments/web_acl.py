# Copyright (c) stackwright.aws contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations


class ModuleDocFragment:
    """A web ACL of WAF, its log, and what it protects."""

    DOCUMENTATION = r"""
options:
  name:
    description: The web ACL's name in AWS, and that of its metric. Without it, C({system}-{env}-{entry}).
    type: str
  description:
    description: What it is for.
    type: str
  for:
    description:
      - What it protects, C(load_balancer.NAME), C(rest_api.NAME) or an ARN. Each has one web ACL at the most.
      - V(distribution) makes it global, for CloudFront. A distribution names its web ACL itself, as C(web_acl.NAME).
      - Nothing is needed here for a load balancer that an ingress makes. Its annotation takes the ARN, which is
        C(web_acl.NAME.arn), and the association is left to the ingress.
    type: list
    elements: str
    default: []
  default_action:
    description: What becomes of a request that no rule stops.
    type: str
    choices: [allow, block]
    default: allow
  rate_limit:
    description: How many requests an address may send. Without it, any number.
    type: dict
    suboptions:
      requests:
        description: The number of requests of one address within the window, from 10.
        type: int
        required: true
      window_seconds:
        description: The window, in seconds.
        type: int
        choices: [60, 120, 300, 600]
        default: 300
      paths:
        description: Count only requests whose paths begin with one of these. Without it, all.
        type: list
        elements: str
        default: []
      action:
        description: What becomes of requests above the limit.
        type: str
        choices: [block, count, captcha, challenge]
        default: block
  sql_injection:
    description: What becomes of a request with SQL in its body, query string or path. Without it, nobody looks.
    type: str
    choices: [block, count]
  cross_site_scripting:
    description: What becomes of a request with a script in its body, query string or path. Without it, nobody looks.
    type: str
    choices: [block, count]
  managed_rules:
    description:
      - Groups of rules that AWS or a vendor keeps, by name, for example C(AWSManagedRulesCommonRuleSet).
      - "Each takes C(vendor) (default AWS), C(version) (default: the current one), C(action) (block: what the group's
        own rules say, which is the default; count: only count), and C(count_only), names of rules in it that only
        count."
    type: dict
    default: {}
  allow_addresses:
    description: Ranges of addresses that are let in before anything else is asked.
    type: list
    elements: str
    default: []
  block_addresses:
    description: Ranges of addresses that are kept out.
    type: list
    elements: str
    default: []
  allow_countries:
    description: Two-letter codes of the only countries that are let in. Excludes O(block_countries).
    type: list
    elements: str
    default: []
  block_countries:
    description: Two-letter codes of countries that are kept out.
    type: list
    elements: str
    default: []
  metrics:
    description: Whether CloudWatch gets metrics of each rule.
    type: bool
    default: true
  log:
    description: Whether requests are logged.
    type: bool
    default: true
  log_group:
    description: The name of the log group, which has to begin with C(aws-waf-logs-). Without it, that and O(name).
    type: str
  log_retention_days:
    description: Days for which the log is kept.
    type: int
    default: 30
  log_only_matches:
    description: Whether only requests that a rule stopped or counted are logged.
    type: bool
    default: false
  redact_headers:
    description: Headers whose values the log does not hold.
    type: list
    elements: str
    default: [authorization, cookie]
  tags:
    description: Tags for what is made here, over those of the stack.
    type: dict
    default: {}
"""
