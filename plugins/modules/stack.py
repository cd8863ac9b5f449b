#!/usr/bin/python
# Copyright (c) stackwright.aws contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: stack
short_description: Converge a complete AWS platform on its description
version_added: 0.1.0
author:
  - stackwright.aws contributors (@stackwright)
description:
  - Compiles one description into a graph of resources, compares it with what the account holds, and carries out the
    plan along the graph, as much at once as the references allow.
  - The plan of C(--check --diff) is what the run then does, on an empty account too.
  - There is no state file. What belongs to a stack carries the tags C(stackwright:stack) and C(stackwright:name).
  - A run that was killed is finished by the next one; nothing is made twice.
options:
  description:
    description:
      - The stack. C(system) and C(env) name it, C(region) places it; the sections describe its parts.
      - C(network) is the options of M(stackwright.aws.network). The other sections map a name to the options of one
        entry.
      - C(keys) of M(stackwright.aws.key), C(roles) of M(stackwright.aws.role), C(secrets) of
        M(stackwright.aws.secret), C(buckets) of M(stackwright.aws.bucket), C(databases) of
        M(stackwright.aws.database), C(caches) of M(stackwright.aws.cache),
        C(search_domains) of M(stackwright.aws.search_domain), C(repositories) of
        M(stackwright.aws.repository), C(zones) of M(stackwright.aws.zone), C(certificates) of
        M(stackwright.aws.certificate), C(load_balancers) of M(stackwright.aws.load_balancer), C(clusters) of
        M(stackwright.aws.cluster), C(services) of M(stackwright.aws.service), C(fleets) of M(stackwright.aws.fleet),
        C(codedeploy_applications) of M(stackwright.aws.codedeploy_application), C(peerings) of
        M(stackwright.aws.peering), C(topics) of M(stackwright.aws.topic),
        C(queues) of M(stackwright.aws.queue), C(functions) of M(stackwright.aws.function), C(event_rules) of
        M(stackwright.aws.event_rule), C(schedules) of M(stackwright.aws.schedule),
        C(monitoring) of M(stackwright.aws.monitoring), C(backups) of M(stackwright.aws.backup), C(web_acls) of
        M(stackwright.aws.web_acl), C(rest_apis) of M(stackwright.aws.rest_api), C(http_apis) of
        M(stackwright.aws.http_api), C(kubernetes_clusters) of M(stackwright.aws.kubernetes_cluster), C(parameters) of
        M(stackwright.aws.parameter), C(budgets) of M(stackwright.aws.budget), C(cost_anomalies) of
        M(stackwright.aws.cost_anomaly).
      - C(tracing) is the options of M(stackwright.aws.tracing), C(audit) those of M(stackwright.aws.audit).
      - C(resources) maps a name to any CloudFormation C(type) with its C(properties); what the collection does not
        describe itself goes through AWS's Cloud Control API, in the same graph and the same plan.
      - Entries refer to one another by words such as C(database.main) or C(secret.api.arn).
    type: dict
    required: true
  overrides:
    description:
      - What differs in this environment. Mappings are merged member by member; everything else is replaced; a null
        takes a member away.
    type: dict
    default: {}
  stacks:
    description:
      - By environment, the descriptions of other stacks that this one refers to, each as C(description) and
        C(overrides).
      - C(stacks.prod.database.main.arn) is what C(database.main.arn) is in the stack of the environment C(prod). What
        another stack makes is looked at and waited for, never changed; a run of both at once takes the right order.
    type: dict
    default: {}
extends_documentation_fragment:
  - stackwright.aws.run
  - stackwright.aws.connection
"""

EXAMPLES = r"""
- name: Converge staging
  stackwright.aws.stack:
    description:
      system: shop
      env: staging
      region: eu-west-1
      network: {cidr: 10.20.0.0/16, zones: 2, nat_gateways: single}
      databases:
        main: {engine: postgres, engine_version: "16", instance_class: db.t3.small, allocated_storage: 20}
    overrides:
      databases:
        main: {allocated_storage: 50}

- name: Converge a standby in another region whose database follows the primary's
  stackwright.aws.stack:
    description: "{{ stack }}"
    overrides:
      env: prod_dr
      region: us-west-2
      databases:
        main: {replica_of: stacks.prod.database.main}
    stacks:
      prod: {description: "{{ stack }}"}

- name: Take it down again
  stackwright.aws.stack:
    description: "{{ stack }}"
    state: absent
    confirm: shop-staging
    release_protection: true
"""

RETURN = r"""
stack:
  description: The name of the stack, C({system}-{env}).
  returned: success
  type: str
  sample: shop-staging
plan:
  description: What was planned, and, unless it was a check, done. Makes in their order first, deletions last.
  returned: success
  type: list
  elements: dict
  contains:
    kind:
      description: CloudFormation's name of the type.
      type: str
      sample: AWS::RDS::DBInstance
    name:
      description: The logical name.
      type: str
      sample: main
    action:
      description: One of V(create), V(update), V(replace), V(delete), V(none).
      type: str
      sample: update
    reason:
      description: Why.
      type: str
      sample: AllocatedStorage differs
    before:
      description: The properties that change, as they are.
      type: dict
    after:
      description: The properties that change, as they will be. Secrets are shown as C((sensitive)).
      type: dict
    unknown:
      description: Paths in RV(plan[].after) that are known after apply.
      type: list
      elements: str
plan_digest:
  description: A fingerprint of everything that the plan would do, for O(plan_digest).
  returned: success
  type: str
outputs:
  description: Identifiers, ARNs and endpoints of what exists, by kind and logical name.
  returned: success
  type: dict
references:
  description: What the words of the description stand for, e.g. C(address) of C(database.main). No secrets.
  returned: success
  type: dict
  sample:
    database.main:
      address: shop-staging-main.c0ffee.eu-west-1.rds.amazonaws.com
      port: 5432
notes:
  description: What a person should know although nothing is done about it.
  returned: success or failure of some changes
  type: list
  elements: str
awaiting_value:
  description: Secrets that exist and whose value is still to be given.
  returned: success
  type: list
  elements: str
stats:
  description: What the run cost.
  returned: always
  type: dict
  contains:
    requests:
      description: How many requests were sent, by service and operation.
      type: dict
    reads:
      description: How many of them only read.
      type: int
    writes:
      description: How many of them wrote.
      type: int
    retries:
      description: How many requests had to be repeated.
      type: int
    seconds_paced:
      description: Seconds that requests waited for their turn.
      type: float
    seconds_waited:
      description: Seconds that resources were waited for, added up.
      type: float
    seconds:
      description: Seconds in all.
      type: float
done:
  description: The changes that were made before a failure.
  returned: failure of some changes
  type: list
  elements: str
failed_changes:
  description: The changes that failed, each with AWS's error code, message and request id, and what to do.
  returned: failure of some changes
  type: dict
skipped_changes:
  description: The changes that were not tried, and because of what.
  returned: failure of some changes
  type: dict
problems:
  description: Why the description cannot be reached.
  returned: failure before any change
  type: list
  elements: str
"""

from ..module_utils.door import STACK_SPEC, Module, require_botocore, run_module


def main() -> None:
    # The description may hold the values of secrets, so the invocation is logged nowhere.
    module = Module(argument_spec=STACK_SPEC, supports_check_mode=True, no_log=True)
    require_botocore(module)
    run_module(module, module.params["description"], module.params["overrides"])


if __name__ == "__main__":
    main()
