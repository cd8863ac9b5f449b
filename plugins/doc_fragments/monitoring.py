# Copyright (c) stackwright.aws contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations


class ModuleDocFragment:
    """Logs and what they say, alarms, and dashboards."""

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
  metric_filters:
    description:
      - Metrics made of log events, by the name of the filter.
      - "Each takes C(log_group), a name or an entry such as C(service.api), C(pattern), which events count, in
        CloudWatch's own words, C(namespace) and C(metric), C(value) (default 1), C(unit), and either C(default_value),
        what no event means, or C(dimensions), names with the fields that hold their values."
    type: dict
    default: {}
  queries:
    description:
      - Saved queries of Logs Insights, by name; slashes in it make folders.
      - "Each takes C(query), C(log_groups), names or entries such as C(service.api), and C(language) (V(CWLI), V(SQL),
        V(PPL))."
    type: dict
    default: {}
  anomaly_detectors:
    description:
      - Metrics whose usual course CloudWatch learns, by name. An alarm with C(anomaly) has one anyway; here it can be
        told what not to learn from.
      - "Each takes what alarms take to say which metric, C(time_zone), and C(exclude), a list of C(start) and C(end)."
    type: dict
    default: {}
  published:
    description:
      - "What applications publish of their own: namespaces, their metrics, the dimensions of these, and their values,
        as in C({Shop: {Requests: {StatusClass: [2xx, 4xx, 5xx]}}}). An empty list of values means any."
      - An alarm, or scaling, on anything else in such a namespace would never have data, and is refused.
    type: dict
    default: {}
  alarms:
    description:
      - Alarms, by name.
      - "What is measured: C(of), an entry, with one of its words as C(metric); or C(namespace), C(metric) and
        C(dimensions) as CloudWatch knows them; or C(expression), metric math over the terms that C(metrics) names,
        each with the same options."
      - "The words are C(cpu), C(memory), C(running), C(pending) of a service; C(cpu), C(connections), C(free_storage),
        C(free_memory), C(read_latency), C(write_latency), C(replica_lag) of a database, and C(proxy_clients),
        C(proxy_connections), C(proxy_borrow_latency) of one with a proxy; C(cpu), C(free_storage), C(jvm_memory),
        C(status_red), C(status_yellow), C(nodes), C(writes_blocked), C(search_latency), C(indexing_latency) of a search
        domain; C(cpu), of the engine, C(host_cpu), of the node, which says more of one with two processors or fewer,
        C(memory), C(connections), C(evictions) of a cache; C(requests), C(response_time), C(errors_4xx), C(errors_5xx),
        C(own_errors_5xx) of a load balancer; C(cpu), C(memory), C(requests_per_target), C(instances), C(failed_checks)
        of a fleet; C(allowed), C(blocked), C(counted) of a web ACL; C(requests), C(errors_4xx), C(errors_5xx),
        C(latency), C(function_latency) of a REST API or an HTTP API; C(invocations), C(errors), C(throttles),
        C(duration), C(concurrent), C(dead_letter_errors) of a function; C(size), C(size_infrequent), C(size_glacier),
        C(objects) of a bucket, and C(requests), C(errors_4xx), C(errors_5xx), C(latency) of one with
        C(request_metrics)."
      - "Or C(rate), in per cent: C(of), an entry that knows its requests and errors, such as a load balancer, whose own
        errors count as well; or C(errors) and C(total), each with the same options. Or C(anomaly), what is unusual for
        the metric: C(width) of the band in standard deviations (default 2) and C(side) (V(above), V(below), V(both)).
        Or C(above_average), a day above C(percent) of the average of the last C(days) (default 7)."
      - "The bound, exactly one: C(above), C(at_least), C(below), C(at_most). What is unusual or above average has its
        own."
      - "How: C(statistic) (default: what suits the metric, else Average), C(period_seconds) (default 300), C(periods)
        (default 2), C(periods_to_alarm), how many of those (default: all), and C(missing), what no data means
        (missing, notBreaching, breaching, ignore)."
      - "And C(description), C(notify), its own topics, C(notify_ok), whether to tell the end as well (default true),
        C(notify_insufficient), whether to tell that data are missing (default false), and C(count), for an alarm that
        is called a rate and is meant to compare a count."
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
      - "Each takes C(alarms), alarms to show on top, C(of), entries whose metrics to show side by side, C(rows), and
        C(widgets), in CloudWatch's own words."
      - "A row is a list of widgets that share its width. A widget shows one of C(metrics), C(query) of C(log_groups),
        C(text), and C(alarms); and takes C(title), C(view) (V(line), V(stacked), V(number), V(bar), V(pie), V(gauge),
        V(table)), C(period_seconds), C(height), and C(lines), labels with the values at which to draw them."
      - "A metric is said as in alarms, with C(statistics) for several at once, C(by), dimensions of which to show every
        value, or C(expression) over others' C(id); and C(label), C(hidden), and C(right) for the axis there."
    type: dict
    default: {}
  tags:
    description: Tags for what is made here, over those of the stack.
    type: dict
    default: {}
"""
