# Copyright (c) stackwright.aws contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations


class ModuleDocFragment:
    """Sampling rules and groups of X-Ray."""

    DOCUMENTATION = r"""
options:
  sampling:
    description:
      - Which requests are traced, by name.
      - "Each takes C(rate_percent), the share in per cent, and C(first_per_second) (default 1), how many a second are
        traced anyway; C(priority) (default 1000), the lowest decides; C(name), at most 32 characters."
      - "What it is about: C(service), C(service_type), C(host), C(method), C(path), C(resource_arn), each V(*) unless
        stated, and C(attributes)."
      - X-Ray decides at the beginning of a request. Errors cannot be picked out here; O(groups) keeps them together.
    type: dict
    default: {}
  groups:
    description:
      - Groups of traces, by name. X-Ray counts the traces of each as the metric C(ApproximateTraceCount).
      - "Each takes C(filter), a filter expression such as V(fault = true), C(insights), C(notify_insights), and
        C(name), at most 32 characters."
    type: dict
    default: {}
  tags:
    description: Tags for what is made here, over those of the stack.
    type: dict
    default: {}
"""
