# Copyright (c) stackwright.aws contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""A Grafana dashboard from panels and queries."""

from __future__ import annotations

DOCUMENTATION = r"""
name: grafana_dashboard
short_description: A Grafana dashboard from panels and queries
version_added: 0.1.0
author:
  - stackwright.aws contributors (@stackwright)
description:
  - Panels in rows of two, each with its queries of Prometheus, as Grafana's provisioning takes them.
options:
  _input:
    description:
      - C(uid), C(title), C(panels), and if need be C(refresh), C(since) and the uid of the C(datasource).
      - A panel has a C(title), C(queries) by legend, and if need be a C(type) and a C(unit).
    type: dict
    required: true
"""

EXAMPLES = r"""
- name: Put a dashboard into a config map
  ansible.builtin.set_fact:
    data: {api.json: "{{ api | stackwright.aws.grafana_dashboard | to_json }}"}
  vars:
    api:
      uid: api
      title: API
      panels:
        - title: Requests
          unit: reqps
          queries: {all: "sum(rate(http_requests_total[5m]))"}
"""

RETURN = r"""
_value:
  description: The dashboard.
  type: dict
"""

from typing import Any

from ansible.errors import AnsibleFilterError

from ..module_utils.engine.errors import DocumentError
from ..module_utils.workloads.grafana import dashboard


def grafana_dashboard(description: Any) -> dict[str, Any]:
    """The dashboard.

    Raises:
        AnsibleFilterError: with every mistake in the description.
    """
    try:
        return dashboard(description)
    except DocumentError as error:
        raise AnsibleFilterError(str(error)) from error


class FilterModule:
    """The filter, by name."""

    def filters(self) -> dict[str, Any]:
        return {"grafana_dashboard": grafana_dashboard}
