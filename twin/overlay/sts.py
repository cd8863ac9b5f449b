# Copyright (c) stackwright.aws contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from moto.core.responses import BaseResponse
from moto.sts.responses import TokenResponse

from twin.patch import Parameters, after, around, before
from twin.refusal import refuse

if TYPE_CHECKING:
    from twin.world import World

_ACCOUNT_AS_KEY = re.compile(r"Credential=(\d{12})/")


def install(world: World) -> None:
    @around(BaseResponse, "get_current_account")
    def account(original: Any, self: Any) -> str:
        """An access key of twelve digits is the account's own number."""
        key = _ACCOUNT_AS_KEY.search(self.headers.get("Authorization", ""))
        return key.group(1) if key else original(self)

    @after(TokenResponse, "GetCallerIdentity")
    def identity(response: Any, asked: Parameters, result: Any) -> Any:
        if isinstance(result, dict) and str(result.get("Arn", "")).endswith(":user/moto"):
            return {**result, "Account": response.current_account, "Arn": _caller(response)}
        return result

    @before(TokenResponse, "AssumeRole")
    def role_exists(response: Any, asked: Parameters) -> None:
        """Of another account nothing is known, so its roles are taken to exist."""
        from moto.iam.models import iam_backends

        account = response.current_account
        arn = asked["RoleArn"]
        if arn.split(":")[4] == account and not any(
            role.arn == arn for role in iam_backends[account]["aws"].roles.values()
        ):
            refuse(
                "AccessDenied",
                f"User: {_caller(response)} is not authorized to perform: sts:AssumeRole on resource: {arn}",
                403,
            )


def _caller(response: Any) -> str:
    return f"arn:aws:iam::{response.current_account}:user/operator"
