# Copyright (c) stackwright.aws contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations


class ModuleDocFragment:
    """The VPC: its ranges, subnets and ways out."""

    DOCUMENTATION = r"""
options:
  name:
    description:
      - The C(Name) tag of the VPC, and a part of its flow logs' name.
      - Without it, the name of the stack.
    type: str
  cidr:
    description:
      - The IPv4 range of the VPC, for example V(10.40.0.0/16).
      - Either this or O(existing) is needed.
    type: str
  zones:
    description:
      - How many availability zones to use, counted from the region's first, or a list of their letters or names, for
        example V([a, c]).
      - Two are the least for a load balancer or a database that survives the loss of a zone.
    type: raw
    default: 2
  subnets:
    description:
      - The ranges of the subnets, one for each zone, in the order of the zones.
      - Without it, each zone gets the eighth of the VPC that its letter stands for, half of it private, a quarter
        public, a quarter for data, so that adding a zone later moves no subnet.
    type: dict
    suboptions:
      public:
        description: Subnets with a way in from the internet, for load balancers and NAT gateways.
        type: list
        elements: str
      private:
        description: Subnets with a way out through NAT, for what runs code.
        type: list
        elements: str
      data:
        description: Subnets without a way in or out, for databases and caches.
        type: list
        elements: str
  nat_gateways:
    description:
      - How private subnets reach the internet.
      - V(one_per_zone) survives the loss of a zone. V(single) costs less. V(none) leaves them no way out.
    type: str
    choices: [none, single, one_per_zone]
    default: one_per_zone
  gateway_endpoints:
    description: AWS services that are reached from the subnets without NAT and free of charge.
    type: list
    elements: str
    choices: [s3, dynamodb]
    default: [s3]
  interface_endpoints:
    description:
      - AWS services that get a private address in the private subnets, by the last part of the endpoint's name, for
        example V(ecr.api), V(ecr.dkr), V(logs), V(secretsmanager).
      - Only the VPC can reach them, by HTTPS.
    type: list
    elements: str
    default: []
  private_services:
    description:
      - Services that others offer from their own accounts, for example a database as a service, and that get a private
        address in the private subnets. Only the VPC can reach them.
      - Such an endpoint works once the other side has accepted it.
    type: list
    elements: dict
    default: []
    suboptions:
      name:
        description: What it is called here.
        type: str
        required: true
      service:
        description: The service's name as the other side tells it, C(com.amazonaws.vpce.{region}.vpce-svc-...).
        type: str
        required: true
      ports:
        description: The ports that the VPC may reach.
        type: list
        elements: int
        default: [443]
      private_dns:
        description: Whether the service's own name leads to the endpoint within the VPC, where the service has one.
        type: bool
        default: false
  network_acls:
    description:
      - Network ACLs, for rules beside the security groups.
      - A list that is described is complete. Rules are stateless, so answers need rules as well.
    type: list
    elements: dict
    default: []
    suboptions:
      name:
        description: What to call it.
        type: str
        required: true
      subnets:
        description: Which subnets it guards.
        type: list
        elements: str
        choices: [public, private, data]
        required: true
      ingress:
        description: What may come in.
        type: list
        elements: dict
        required: true
        suboptions: &acl_rule
          number:
            description: The place among the rules. The first rule that matches decides.
            type: int
            required: true
          action:
            description: Whether to let it pass.
            type: str
            choices: [allow, deny]
            default: allow
          protocol:
            description: Which protocol.
            type: str
            choices: [tcp, udp, icmp, all]
            default: tcp
          cidr:
            description: The range of addresses on the other side.
            type: str
            default: 0.0.0.0/0
          port:
            description: The first port. Without it, all ports.
            type: int
          to_port:
            description: The last port. Without it, only the first.
            type: int
      egress:
        description: What may go out.
        type: list
        elements: dict
        required: true
        suboptions: *acl_rule
  flow_logs:
    description: The log of all connections in CloudWatch Logs, on by default, since it is missed only afterwards.
    type: dict
    suboptions:
      enabled:
        description: Whether to keep it.
        type: bool
        default: true
      traffic:
        description: Which connections to log.
        type: str
        choices: [ALL, ACCEPT, REJECT]
        default: ALL
      retention_days:
        description: Days to keep it, one of those that CloudWatch Logs takes.
        type: int
        default: 30
      aggregation_seconds:
        description: Seconds of traffic that one record sums up at the most.
        type: int
        choices: [60, 600]
        default: 600
  existing:
    description: A network that somebody else made. Nothing about it is changed.
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
        default: []
      private_subnet_ids:
        description: Subnets for what runs code, one per zone.
        type: list
        elements: str
        default: []
      data_subnet_ids:
        description: Subnets for databases and caches, one per zone. Without them, the private ones.
        type: list
        elements: str
        default: []
      route_table_ids:
        description: The route tables of these subnets, for routes to VPCs that it is joined with.
        type: list
        elements: str
        default: []
  tags:
    description: Tags for what is made here, over those of the stack.
    type: dict
    default: {}
"""
