# Copyright (c) stackwright.aws contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations


class ModuleDocFragment:
    """An EKS cluster with its nodes, add-ons, and who may do what."""

    DOCUMENTATION = r"""
options:
  name:
    description: The cluster's name in AWS. Without it, the name of the entry.
    type: str
  version:
    description:
      - The minor version of Kubernetes, for example V("1.35"). Quote it, since 1.30 without quotes is 1.3.
      - A newer one upgrades in place, the control plane first, then the node groups. It goes up one minor version at a
        time, and never down.
    type: str
    required: true
  support:
    description:
      - What happens when standard support of the version ends. With V(extended) it stays, at six times the price, for
        another year. With V(standard) AWS upgrades the cluster by itself.
    type: str
    choices: [standard, extended]
    default: extended
  endpoint:
    description: Who may call the Kubernetes API beside what is in the VPC.
    type: dict
    suboptions:
      public:
        description: Whether it can be called from the internet.
        type: bool
        default: false
      cidrs:
        description: The ranges that may call a public endpoint.
        type: list
        elements: str
        default: []
  logs:
    description: The logs of the control plane that go to CloudWatch.
    type: list
    elements: str
    choices: [api, audit, authenticator, controllerManager, scheduler]
    default: [api, audit, authenticator]
  log_retention_days:
    description: Days to keep them, one of those that CloudWatch Logs takes.
    type: int
    default: 30
  key:
    description:
      - The key that encrypts the cluster's secrets, the name of one of the stack's keys, or an ARN. Without it, AWS's.
      - Once set it can be neither changed nor taken off.
    type: str
  deletion_protection:
    description: Whether EKS refuses to delete it. Without it, everywhere but in C(dev).
    type: bool
  creator_administers:
    description: Whether whoever makes the cluster administers it. Counts only when it is made.
    type: bool
    default: true
  administrators:
    description: Roles or users that administer it, as C(role.NAME) or ARNs.
    type: list
    elements: str
    default: []
  access:
    description: What others may do in it.
    type: list
    elements: dict
    default: []
    suboptions:
      principal:
        description: The role or user, as C(role.NAME) or an ARN.
        type: str
        required: true
      policy:
        description: What it may do, in EKS's words.
        type: str
        choices: [admin, admin_view, cluster_admin, edit, view]
      namespaces:
        description: The namespaces in which it may. Without them, the whole cluster.
        type: list
        elements: str
        default: []
      groups:
        description: Kubernetes groups that it is in, for bindings in the cluster.
        type: list
        elements: str
        default: []
  node_groups:
    description:
      - Names to node groups, which EKS makes, keeps and renews.
      - The options of each are C(name), C(capacity), one of V(on_demand) and V(spot), C(instance_types), C(min), C(max)
        and C(desired) for their number, C(labels), C(taints), C(disk) in GiB, C(ami_type), C(version), C(subnet_ids),
        C(max_unavailable_percent), C(repair), C(metadata_hops), and C(launch_template) with C(id) and C(version).
      - Without a launch template of one's own the disks are encrypted, and pods cannot reach the credentials of their
        node. C(metadata_hops) V(2) lets them.
      - A taint has C(key), C(value) and C(effect), one of V(no_schedule), V(prefer_no_schedule) and V(no_execute).
      - C(desired) is how many there are at first. From then on an autoscaler decides between C(min) and C(max).
    type: dict
    required: true
  addons:
    description:
      - Names to EKS add-ons, each with C(version), C(configuration), C(resolve_conflicts) and C(enabled).
      - V(vpc-cni), V(kube-proxy), V(coredns) and V(eks-pod-identity-agent) are there unless they are switched off.
        Without C(version), AWS chooses.
      - What V(aws-ebs-csi-driver), V(aws-efs-csi-driver) and V(amazon-cloudwatch-observability) may do in AWS follows.
        What V(external-dns) may is said in C(pod_roles), under C(external-dns/external-dns).
    type: dict
    default: {}
  pod_roles:
    description:
      - Service accounts, as C(NAMESPACE/NAME), to what their pods may do in AWS.
      - Each has C(may), in the words of M(stackwright.aws.role), C(statements), C(managed_policies) and C(role_name).
    type: dict
    default: {}
  irsa:
    description: Whether IAM trusts the tokens of the cluster, for roles that name its OIDC provider.
    type: bool
    default: false
  load_balancer_controller:
    description:
      - Whether the service account C(kube-system/aws-load-balancer-controller) may do what that controller needs.
    type: bool
    default: false
  external_secrets:
    description: What the External Secrets Operator may read.
    type: dict
    suboptions:
      secrets:
        description: Secrets of the stack, as C(secret.NAME).
        type: list
        elements: str
        required: true
      namespace:
        description: The namespace of its service account.
        type: str
        default: external-secrets
      service_account:
        description: Its service account.
        type: str
        default: external-secrets
  cluster_autoscaler:
    description: Whether the service account C(kube-system/cluster-autoscaler) may change the number of nodes.
    type: bool
    default: false
  ingress:
    description:
      - A security group for the load balancers that Ingresses make, open on ports 80 and 443, with a way to the pods.
      - An Ingress names it, which is C(kubernetes_cluster.NAME.ingress_security_group_id), in its annotation
        C(alb.ingress.kubernetes.io/security-groups). The role C(workloads) calls that C(ingress.security_group).
    type: dict
    suboptions:
      ports:
        description: The ports of the pods.
        type: list
        elements: int
        required: true
      cidrs:
        description: Who may call the load balancers.
        type: list
        elements: str
        default: [0.0.0.0/0]
  connects_to:
    description: Entries that pods open connections to, for example V(database.main). The security group rules follow.
    type: list
    elements: str
    default: []
  allow_from:
    description: Who may connect to pods and nodes.
    type: list
    elements: dict
    default: []
    suboptions:
      source:
        description: An entry, for example V(load_balancer.main), or a range of addresses.
        type: str
        required: true
      port:
        description: The first port.
        type: int
        required: true
      to_port:
        description: The last port. Without it, O(allow_from[].port).
        type: int
  session_manager:
    description: Whether a person with the permission may open a shell on a node, or a tunnel through it, without SSH.
    type: bool
    default: true
  subnet_ids:
    description: Its subnets, in two zones at least. Without it, the network's private ones.
    type: list
    elements: str
    default: []
  tags:
    description: Tags for what is made here, over those of the stack.
    type: dict
    default: {}
"""
