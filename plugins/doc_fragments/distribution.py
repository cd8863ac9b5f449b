# Copyright (c) stackwright.aws contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations


class ModuleDocFragment:
    """A CloudFront distribution: origins, routes, caching, headers, certificate and DNS."""

    DOCUMENTATION = r"""
options:
  comment:
    description: A note that CloudFront shows. Without it, C({stack}:) and the entry's name.
    type: str
  aliases:
    description:
      - The names that it answers to. They need O(certificate), and get A and AAAA records where their zone is
        described.
    type: list
    elements: str
    default: []
  certificate:
    description:
      - The certificate of the aliases, as C(certificate.NAME) or ARN. It has to stand in V(us-east-1). Without it, the
        first one described there that covers every alias.
    type: str
  tls_policy:
    description: The oldest TLS and the ciphers that viewers may use.
    type: str
    choices: [TLSv1.2_2021, TLSv1.2_2025, TLSv1.3_2025]
    default: TLSv1.2_2021
  dns:
    description:
      - Whether to make the records of O(aliases). A zone that describes records of such a name itself is left alone.
    type: bool
    default: true
  to:
    description:
      - Where everything comes from that no route takes. C(bucket.NAME), which then lets in the distribution and nobody
        else, C(load_balancer.NAME), C(rest_api.NAME), or the address of another host, for example V(https://host/path).
    type: str
    required: true
  origin_path:
    description: The folder of O(to) that is its root here, for example V(/v1).
    type: str
  releases:
    description:
      - Whether deployments own the folder of the bucket in O(to). Each release is put into one of its own, which never
        changes, and the distribution is switched to it.
    type: bool
    default: false
  failover_to:
    description: Where to ask when O(to) fails. Then only requests that read are taken.
    type: str
  origin_headers:
    description: Headers for every request to hosts that are no buckets. They are no place for secrets.
    type: dict
    default: {}
  origin_timeout_seconds:
    description: Seconds to wait for an answer of hosts that are no buckets.
    type: int
    default: 30
  cache:
    description:
      - What is kept at the edge. Without it, what a bucket answers is kept for a day, or as long as it says, and what
        others answer is not kept.
    type: dict
    suboptions:
      default_ttl:
        description: Seconds for what does not say how long it is good.
        type: int
        default: 86400
      max_ttl:
        description: Seconds at the most, whatever it says.
        type: int
        default: 31536000
      min_ttl:
        description: Seconds at the least, whatever it says.
        type: int
        default: 0
      compress:
        description: Whether to compress what goes out, with gzip or Brotli.
        type: bool
        default: true
      query_strings:
        description: Query parameters that answers depend on. V(*) means all.
        type: list
        elements: str
        default: []
      headers:
        description: Request headers that answers depend on.
        type: list
        elements: str
        default: []
      cookies:
        description: Cookies that answers depend on. V(*) means all.
        type: list
        elements: str
        default: []
  forward:
    description:
      - What the origin gets to see of a request beside what O(cache) names. Without it, a bucket sees nothing and
        others see everything; the C(Host) of the viewer reaches only load balancers.
    type: dict
    suboptions:
      query_strings:
        description: Query parameters. V(*) means all.
        type: list
        elements: str
        default: []
      headers:
        description: Request headers. V(*) means all.
        type: list
        elements: str
        default: []
      cookies:
        description: Cookies. V(*) means all.
        type: list
        elements: str
        default: []
  routes:
    description: What comes from elsewhere, or is kept in another way. The first one that fits a request takes it.
    type: list
    elements: dict
    default: []
    suboptions:
      paths:
        description: The paths, with C(*) and C(?), for example V(/api/*).
        type: list
        elements: str
        required: true
      to:
        description: Where it comes from. Without it, from O(to).
        type: str
      failover_to:
        description:
          - Where to ask when that fails, for example C(bucket.NAME.copy), the copy of a bucket in another region. Then
            only requests that read are taken.
        type: str
      cache:
        description:
          - What is kept at the edge. Without it, what a bucket answers is kept for a day, or as long as it says, and
            what others answer is not kept.
        type: dict
        suboptions:
          default_ttl:
            description: Seconds for what does not say how long it is good.
            type: int
            default: 86400
          max_ttl:
            description: Seconds at the most, whatever it says.
            type: int
            default: 31536000
          min_ttl:
            description: Seconds at the least, whatever it says.
            type: int
            default: 0
          compress:
            description: Whether to compress what goes out, with gzip or Brotli.
            type: bool
            default: true
          query_strings:
            description: Query parameters that answers depend on. V(*) means all.
            type: list
            elements: str
            default: []
          headers:
            description: Request headers that answers depend on.
            type: list
            elements: str
            default: []
          cookies:
            description: Cookies that answers depend on. V(*) means all.
            type: list
            elements: str
            default: []
      forward:
        description:
          - What the origin gets to see of a request beside what O(routes[].cache) names. Without it, a bucket sees
            nothing and others see everything; the C(Host) of the viewer reaches only load balancers.
        type: dict
        suboptions:
          query_strings:
            description: Query parameters. V(*) means all.
            type: list
            elements: str
            default: []
          headers:
            description: Request headers. V(*) means all.
            type: list
            elements: str
            default: []
          cookies:
            description: Cookies. V(*) means all.
            type: list
            elements: str
            default: []
  default_root_object:
    description: What V(/) shows. Without it, V(index.html) of a bucket, and whatever another host answers.
    type: str
  index_documents:
    description: Whether a folder of the bucket shows its C(index.html).
    type: bool
    default: false
  spa:
    description:
      - Whether the bucket in O(to) holds a single-page application. What has no dot in the last part of its path is
        then C(/index.html). The answers of O(routes) stay as they are.
    type: bool
    default: false
  error_pages:
    description: What to show in place of errors, whatever route they come from.
    type: list
    elements: dict
    default: []
    suboptions:
      status:
        description: The status of the origin.
        type: int
        required: true
      page:
        description: The path of the page. Without it, only O(error_pages[].cache_seconds) is said.
        type: str
      answer:
        description: The status for the viewer. Without it, that of the origin.
        type: int
      cache_seconds:
        description: Seconds to keep the error.
        type: int
        default: 10
  functions:
    description:
      - Functions that run at the edge, by name.
      - "Each takes C(code), in JavaScript; C(event) (viewer_request, viewer_response; default viewer_request); and
        C(paths), those of O(routes) that it is for (default: what no route takes)."
    type: dict
    default: {}
  security_headers:
    description: Headers by which browsers protect those who visit. They take the place of the origin's.
    type: dict
    suboptions:
      enabled:
        description: Whether to add them.
        type: bool
        default: true
      content_security_policy:
        description: From where a page may load what. Empty, the origin's stays.
        type: str
        default: "default-src 'self'; base-uri 'self'; frame-ancestors 'none'; object-src 'none'"
      hsts_seconds:
        description: Seconds for which browsers come back with TLS only.
        type: int
        default: 63072000
      hsts_subdomains:
        description: Whether that holds for everything below the name too.
        type: bool
        default: true
      hsts_preload:
        description: Whether browsers may know it before the first visit. It is hard to take back.
        type: bool
        default: false
      frame_options:
        description: Who may show pages in a frame.
        type: str
        choices: [DENY, SAMEORIGIN]
        default: DENY
      referrer_policy:
        description: What other sites are told of where a visitor comes from.
        type: str
        choices:
          - no-referrer
          - no-referrer-when-downgrade
          - origin
          - origin-when-cross-origin
          - same-origin
          - strict-origin
          - strict-origin-when-cross-origin
          - unsafe-url
        default: strict-origin-when-cross-origin
      permissions_policy:
        description: What of the visitor's device pages may use. Empty, the origin's stays.
        type: str
        default: camera=(), geolocation=(), microphone=()
  headers:
    description: Further headers of every answer.
    type: dict
    default: {}
  remove_headers:
    description: Headers of the origin that nobody needs to see, for example V(X-Powered-By).
    type: list
    elements: str
    default: []
  web_acl:
    description:
      - The web ACL that judges requests, as C(web_acl.NAME) or ARN. Without it, one of C(web_acls) that says it is for
        this distribution.
    type: str
  access_log_bucket:
    description:
      - The bucket to log every request to, as C(bucket.NAME), which then takes CloudFront's logs, or by its name in
        AWS.
    type: str
  access_log_prefix:
    description: How the keys of the logs begin. Without it, the entry's name.
    type: str
  price_class:
    description: From which parts of the world it serves.
    type: str
    choices: [PriceClass_100, PriceClass_200, PriceClass_All]
    default: PriceClass_All
  http_version:
    description: The newest HTTP that viewers may use.
    type: str
    choices: [http1.1, http2, http3, http2and3]
    default: http2and3
  ipv6:
    description: Whether it has IPv6 addresses.
    type: bool
    default: true
  enabled:
    description: Whether it answers.
    type: bool
    default: true
  allow_countries:
    description: The only countries that it answers to, by their two letters.
    type: list
    elements: str
    default: []
  block_countries:
    description: The countries that it does not answer to, by their two letters.
    type: list
    elements: str
    default: []
  tags:
    description: Tags for what is made here, over those of the stack.
    type: dict
    default: {}
"""
