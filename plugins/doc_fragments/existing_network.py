# Copyright (c) stackwright.aws contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations


class ModuleDocFragment:
    """The network that an entry stands in."""

    DOCUMENTATION = r"""
options:
  network:
    description:
      - The network that it stands in, if somebody else made it. Nothing about it is changed.
      - A network of the stack is described in O(stack) instead.
    type: dict
    suboptions:
      vpc_id:
        description: The VPC.
        type: str
        required: true
      cidr:
        description: Its range, for rules that let the whole VPC in.
        type: str
      public_subnet_ids:
        description: Subnets for internet-facing load balancers, one per zone.
        type: list
        elements: str
      private_subnet_ids:
        description: Subnets for what runs code, one per zone.
        type: list
        elements: str
      data_subnet_ids:
        description: Subnets for databases and caches, one per zone. Without them, the private ones.
        type: list
        elements: str
      route_table_ids:
        description: The route tables of these subnets, for routes to VPCs that it is joined with.
        type: list
        elements: str
"""
