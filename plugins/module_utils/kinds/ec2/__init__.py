# Copyright (c) stackwright.aws contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The kinds of EC2: VPCs and what is in them, and launch templates."""

from __future__ import annotations

from .eip import EIP
from .flow_log import FLOW_LOG
from .internet_gateway import INTERNET_GATEWAY
from .launch_template import LAUNCH_TEMPLATE
from .nat_gateway import NAT_GATEWAY
from .network_acl import NETWORK_ACL
from .network_acl_entry import NETWORK_ACL_ENTRY
from .route import ROUTE
from .route_table import ROUTE_TABLE
from .security_group import SECURITY_GROUP
from .security_group_rule import SECURITY_GROUP_EGRESS, SECURITY_GROUP_INGRESS
from .subnet import SUBNET
from .subnet_network_acl_association import SUBNET_NETWORK_ACL_ASSOCIATION
from .subnet_route_table_association import SUBNET_ROUTE_TABLE_ASSOCIATION
from .vpc import VPC
from .vpc_endpoint import VPC_ENDPOINT
from .vpc_gateway_attachment import VPC_GATEWAY_ATTACHMENT
from .vpc_peering_connection import VPC_PEERING_CONNECTION

KINDS = (
    VPC,
    SUBNET,
    INTERNET_GATEWAY,
    VPC_GATEWAY_ATTACHMENT,
    EIP,
    NAT_GATEWAY,
    ROUTE_TABLE,
    ROUTE,
    SUBNET_ROUTE_TABLE_ASSOCIATION,
    SECURITY_GROUP,
    SECURITY_GROUP_INGRESS,
    SECURITY_GROUP_EGRESS,
    NETWORK_ACL,
    NETWORK_ACL_ENTRY,
    SUBNET_NETWORK_ACL_ASSOCIATION,
    VPC_ENDPOINT,
    FLOW_LOG,
    VPC_PEERING_CONNECTION,
    LAUNCH_TEMPLATE,
)
