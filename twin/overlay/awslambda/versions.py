# Copyright (c) stackwright.aws contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Versions: a copy of a function that stands still, for as long as no alias points to it.

Source: https://docs.aws.amazon.com/lambda/latest/api/API_PublishVersion.html
"""

from __future__ import annotations

import copy
import uuid
from typing import Any

from moto.awslambda.models import LambdaStorage
from moto.awslambda.responses import LambdaResponse

from twin.overlay.awslambda.functions import function_of, invalid, must_be_free
from twin.patch import Parameters, around, before, notes
from twin.refusal import refuse


def install() -> None:
    @before(LambdaResponse, "PublishVersion")
    def free(response: Any, asked: Parameters) -> None:
        function = function_of(response, asked)
        must_be_free(function)
        if asked.get("CodeSha256") and asked["CodeSha256"] != function.code_sha_256:
            invalid(f"CodeSHA256 ({asked['CodeSha256']}) is different from current CodeSHA256 in $LATEST")

    @around(LambdaStorage, "publish_version")
    def publish(original: Any, self: Any, name_or_arn: str, description: str = "") -> Any:
        """Numbers are not used twice, and what becomes of $LATEST does not touch the copy."""
        latest = self.get_function_by_name_or_arn_forbid_qualifier(name_or_arn)
        group = self._functions[latest.function_name]
        published = group["versions"]
        if published and not latest.code_or_config_updated:
            return published[-1]
        made = original(self, name_or_arn, description)
        group["number"] = group.get("number", 0) + 1
        latest.code_or_config_updated = False
        self._arns.pop(made.function_arn, None)
        made.set_version(group["number"])
        made.code_or_config_updated = False
        self._arns[made.function_arn] = made
        # Policies and what is kept warm are held by $LATEST, for every qualifier.
        kept = {name: copy.deepcopy(notes(latest, name)) for name in ("state", "more")}
        kept["state"]["RevisionId"] = str(uuid.uuid4())
        made.__dict__["_twin_notes"] = kept
        return made

    @before(LambdaResponse, "DeleteFunction")
    def pointed_at(response: Any, asked: Parameters) -> None:
        function = function_of(response, asked, qualifier=True)
        qualifier = asked.get("Qualifier")
        if qualifier is None and str(function.version) == "$LATEST":
            return
        if qualifier == "$LATEST":
            invalid("$LATEST version cannot be deleted without deleting the function.")
        for alias in response.backend.list_aliases(function.function_name):
            further = (alias.routing_config or {}).get("AdditionalVersionWeights") or {}
            if str(function.version) in (alias.function_version, *further):
                refuse(
                    "ResourceConflictException",
                    f"Version {function.version} is pointed to by alias {alias.name} and cannot be deleted.",
                )
