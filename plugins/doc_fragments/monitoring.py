# Copyright (c) stackwright.aws contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations


class ModuleDocFragment:
    """Log groups, alarms, composite alarms and dashboards."""

    DOCUMENTATION = r"""
options:
  notify:
    description: Topics that alarms speak to, as names of entries of C(topics) or ARNs, unless an alarm names its own.
    type: list
    elements: str
    default: []
  log_groups:
    description:
      - Log groups beside those that services, databases and caches have anyway, by name.
      - Each takes C(retention_days) (default 30) and C(key), the KMS key as C(key.NAME), ARN or alias.
    type: dict
    default: {}
  alarms:
    description:
      - Alarms, by name.
      - "What is measured: C(of), an entry, with one of its words as C(metric); or C(namespace), C(metric) and
        C(dimensions) as CloudWatch knows them; or C(expression), metric math over the terms that C(metrics) names,
        each with the same options."
      - "The words are C(cpu), C(memory), C(running), C(pending) of a service; C(cpu), C(connections),
        C(free_storage), C(free_memory), C(read_latency), C(write_latency), C(replica_lag) of a database, and
        C(proxy_clients), C(proxy_connections), C(proxy_borrow_latency) of one with a proxy; C(cpu), C(free_storage),
        C(jvm_memory), C(status_red), C(status_yellow), C(nodes), C(writes_blocked), C(search_latency),
        C(indexing_latency) of a search domain; C(cpu), C(memory), C(connections),
        C(evictions) of a cache; C(requests), C(response_time), C(errors_4xx), C(errors_5xx), C(own_errors_5xx) of a
        load balancer; C(cpu), C(memory), C(requests_per_target), C(instances), C(failed_checks) of a fleet;
        C(allowed), C(blocked), C(counted) of a web ACL."
      - "The bound, exactly one: C(above), C(at_least), C(below), C(at_most)."
      - "How: C(statistic) (default: what suits the metric, else Average), C(period_seconds) (default 300), C(periods)
        (default 2), C(periods_to_alarm), how many of those (default: all), and C(missing), what no data means
        (missing, notBreaching, breaching, ignore)."
      - "And C(description), C(notify), its own topics, and C(notify_ok), whether to tell the end as well (default
        true)."
      - "C(actions) is what else happens when it goes off: the scaling steps of fleets, for example
        V([fleet.api.scale_up])."
    type: dict
    default: {}
  composite_alarms:
    description:
      - Alarms over O(alarms), by name, to be woken once instead of five times.
      - "Each takes one of C(any_of) and C(all_of), lists of alarms, and C(rule), in CloudWatch's own words; and
        C(description) and C(notify)."
    type: dict
    default: {}
  dashboards:
    description:
      - Dashboards, by name.
      - "Each takes C(of), entries whose metrics to show side by side, C(alarms), alarms to show on top, and
        C(widgets), in CloudWatch's own words."
    type: dict
    default: {}
  tags:
    description: Tags for what is made here, over those of the stack.
    type: dict
    default: {}
"""
