# Copyright (c) stackwright.aws contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations


class ModuleDocFragment:
    """A hosted zone of Route 53, its records and health checks."""

    DOCUMENTATION = r"""
options:
  domain:
    description: The domain. Without it, the name of the entry.
    type: str
  existing_zone_id:
    description: A hosted zone that somebody else made. Only the records described here are touched in it.
    type: str
  comment:
    description: A note on the zone.
    type: str
  private:
    description: Whether the zone is seen only from within the VPC. This cannot be changed later.
    type: bool
    default: false
  records:
    description:
      - The records, by name without the domain. V(@) is the domain itself. Records of one name are told apart by a
        suffix, V(www#blue) and V(www#green).
      - In a zone that is made here, records that are not described are removed, but for AWS's own.
      - "Each takes C(type) (A, AAAA, CAA, CNAME, MX, NS, SRV, TXT; default A); either C(values), a list, or C(alias),
        a reference to a load balancer, a distribution or a REST API with a domain, for example V(load_balancer.web);
        C(ttl) in seconds (default 300); for several records of one name C(weight), or C(failover) (PRIMARY, SECONDARY),
        with C(identifier) and C(health_check), the name of one of O(health_checks)."
      - The quotes that Route 53 wants around a text of a C(TXT) record are put there, and a long one is parted.
    type: dict
    default: {}
  health_checks:
    description:
      - Route 53's own looks at an endpoint from around the world, by name.
      - "Each takes C(host) (default: the domain), C(type) (HTTP, HTTPS, TCP; default HTTPS), C(port) (default 443),
        C(path) (default /health), C(failures), how many in a row make it unhealthy (default 3), and
        C(interval_seconds) (10, 30; default 30)."
    type: dict
    default: {}
  tags:
    description: Tags for what is made here, over those of the stack.
    type: dict
    default: {}
"""
