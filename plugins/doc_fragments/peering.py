# Copyright (c) stackwright.aws contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations


class ModuleDocFragment:
    """A VPC joined with another one."""

    DOCUMENTATION = r"""
options:
  peer_vpc_id:
    description:
      - The other VPC, by its identifier or a reference such as V(stacks.prod_dr.network.vpc_id).
      - In the same account the connection is accepted too. Another account has to accept it itself.
    type: str
  connection_id:
    description:
      - A peering connection that the other side has made, where only the routes of this side are to be kept. It may be
        a reference such as V(stacks.prod.peering.standby).
    type: str
  peer_cidr:
    description: The addresses of the other VPC, or a reference to them. They must not overlap those of this one.
    type: str
    required: true
  peer_region:
    description: The other VPC's region. Without it, the stack's.
    type: str
  peer_account:
    description: The account that the other VPC belongs to. Without it, this one.
    type: str
  peer_route_table_ids:
    description:
      - Route tables of the other VPC that get a route back, in the same account.
      - A stack describes its own tables exactly, so where the other VPC is a stack's, say it there with
        O(connection_id).
    type: list
    elements: str
    default: []
  tags:
    description: Tags for what is made here, over those of the stack.
    type: dict
    default: {}
"""
