"""The stack module's own run, in this process, against a twin: for what needs no playbook around it."""

from __future__ import annotations

from typing import Any

from ansible.module_utils.common.arg_spec import ArgumentSpecValidator

from ansible_collections.stackwright.aws.plugins.module_utils.door import STACK_SPEC
from ansible_collections.stackwright.aws.plugins.module_utils.run import run
from tests.own_twin import OwnTwin


def converge(twin: OwnTwin, description: dict[str, Any], *, check: bool = False, **given: Any) -> dict[str, Any]:
    """What the module answers.

    Args:
        given: its other options.

    Raises:
        RunError: as the module fails.
    """
    connection = {"endpoint_url": twin.url, "access_key": "testing", "secret_key": "testing"}
    arguments = {"description": description, **connection, "poll_interval": 0.05, **given}
    validated = ArgumentSpecValidator(STACK_SPEC).validate(arguments)
    assert validated.error_messages == []
    answer: dict[str, Any] = run(description, {}, validated.validated_parameters, check=check, diff=False)
    return answer
