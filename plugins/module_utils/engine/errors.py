# Copyright (c) stackwright.aws contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""What goes wrong, in words that a person can act on."""

from __future__ import annotations

from typing import Any


class StackwrightError(Exception):
    """The root of every error that is reported without a traceback."""


class DocumentError(StackwrightError):
    """The description cannot be built, whatever the account holds.

    Args:
        problems: one message each, every one naming the option, its value and the mend.
    """

    def __init__(self, problems: list[str]) -> None:
        super().__init__("\n".join(problems))
        self.problems = problems


class PlanError(StackwrightError):
    """The description cannot be reached from what the account holds.

    Args:
        problems: one message each, every one naming the resource and what to do.
    """

    def __init__(self, problems: list[str]) -> None:
        super().__init__("\n".join(problems))
        self.problems = problems


class LeaseError(StackwrightError):
    """Somebody else holds the lease of the stack, or took it from us."""


class ApplyError(StackwrightError):
    """Some changes of a plan failed; the report says which were made."""

    def __init__(self, message: str, report: Any) -> None:
        super().__init__(message)
        self.report = report


class ResourceError(StackwrightError):
    """One resource could not be brought where the plan wants it."""

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint
