# Copyright (c) stackwright.aws contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The `stack` module's second door: on a local connection the engine runs in process and speaks while it works."""

from __future__ import annotations

import os
from typing import Any

from ansible.module_utils.common.arg_spec import ArgumentSpecValidator
from ansible.plugins.action import ActionBase
from ansible.utils.display import Display

from ..module_utils.engine.progress import Event

try:
    # Imported here, once, so that every worker inherits botocore.
    from ..module_utils.door import STACK_SPEC
    from ..module_utils.run import RunError, run

    HAS_BOTOCORE = True
except ImportError:
    HAS_BOTOCORE = False

display = Display()

_QUIET = frozenset({"ready"})


class ActionModule(ActionBase):
    """Converges a stack in process, or hands over to the module."""

    _supports_check_mode = True
    _supports_async = False
    _requires_connection = False

    def run(self, tmp: str | None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        """Run the task."""
        super().run(tmp, task_vars)
        self._host = (task_vars or {}).get("inventory_hostname", "")
        if not (HAS_BOTOCORE and self._connection.transport == "local"):
            return dict(self._execute_module(task_vars=task_vars))
        validation = ArgumentSpecValidator(STACK_SPEC).validate(self._task.args)
        if validation.error_messages:
            return {"failed": True, "msg": "; ".join(validation.error_messages)}
        params = validation.validated_parameters
        os.environ.update(self._environment())
        try:
            result = run(
                params["description"],
                params["overrides"],
                params,
                check=self._task.check_mode,
                diff=self._task.diff,
                listener=self._tell,
            )
        except RunError as error:
            return error.result
        return result

    def _environment(self) -> dict[str, str]:
        """The task's `environment`, which Ansible applies to modules only; this process is the task's own."""
        found: dict[str, str] = {}
        for layer in self._task.environment or []:
            templated = self._templar.template(layer)
            if isinstance(templated, dict):
                found.update({str(name): str(value) for name, value in templated.items()})
        return found

    def _tell(self, event: Event) -> None:
        # On standard error, so that a JSON callback's output stays JSON.
        if event.verb not in _QUIET or event.seconds >= 1:
            display.display(f"  {self._host}: {event}", stderr=True)
