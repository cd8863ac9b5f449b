# Copyright (c) stackwright.aws contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations


class ModuleDocFragment:
    """An application load balancer."""

    DOCUMENTATION = r"""
options:
  name:
    description: The load balancer's name in AWS, 32 characters at the most. Without it, the name of the entry.
    type: str
  internal:
    description: Whether it is reached only from within the VPC. This cannot be changed later.
    type: bool
    default: false
  certificate:
    description:
      - The certificate to serve HTTPS with, as the name of an entry of C(certificates) or an ARN.
      - Without it, an internal load balancer serves plain HTTP, and one for the internet is refused.
    type: str
  more_certificates:
    description:
      - Further certificates for other names, each as the name of an entry of C(certificates) or an ARN. Which one is
        served is chosen by the name that the client asks for (SNI); O(certificate) is for the rest.
      - The list is whole, so one that somebody added by hand is taken away. AWS takes 25 of them for a load balancer
        unless the quota is raised.
    type: list
    elements: str
    default: []
  tls_policy:
    description:
      - The security policy of AWS that says which TLS versions and ciphers it takes. The default wants TLS 1.2 or
        1.3.
    type: str
    default: ELBSecurityPolicy-TLS13-1-2-2021-06
  redirect_http:
    description: Whether to answer plain HTTP by a redirect to HTTPS. Otherwise port 80 is closed.
    type: bool
    default: true
  routes:
    description: Where requests go. What no route takes is answered with 404.
    type: list
    elements: dict
    default: []
    suboptions:
      to:
        description: The service, for example V(service.api).
        type: str
        required: true
      target_group:
        description:
          - The name of a target group of its own for the route. Without it, the one of what it leads to.
          - AWS lets one load balancer use a target group. So a second load balancer that routes to the same service
            names one, and so does one that takes the place of another; the service then serves both.
        type: str
      paths:
        description: Only these paths, for example V(/api/*).
        type: list
        elements: str
        default: []
      hosts:
        description: Only these host names.
        type: list
        elements: str
        default: []
      priority:
        description: The place among the routes, lowest first. Without it, by its place in the list times 10.
        type: int
  idle_timeout_seconds:
    description: Seconds after which a connection without traffic is closed.
    type: int
    default: 60
  access_log_bucket:
    description: The bucket to log every request to, as C(bucket.NAME) or by its name in AWS.
    type: str
  access_log_prefix:
    description: The beginning of the logs' names in the bucket.
    type: str
  deletion_protection:
    description: Whether AWS refuses to delete it. Without it, as O(protect).
    type: bool
  allow_from:
    description: Ranges of addresses, or entries, that may connect.
    type: list
    elements: str
    default: [0.0.0.0/0]
  subnet_ids:
    description: Its subnets, one per zone. Without it, the network's public ones, or the private ones if O(internal).
    type: list
    elements: str
    default: []
  security_group_name:
    description: The name of its security group. Without it, one of the stack and the entry.
    type: str
  tags:
    description: Tags for what is made here, over those of the stack.
    type: dict
    default: {}
"""
