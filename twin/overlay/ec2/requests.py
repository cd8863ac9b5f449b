# Copyright (c) stackwright.aws contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What every EC2 request has in common: DryRun, ClientToken, MaxResults.

Sources: https://docs.aws.amazon.com/ec2/latest/devguide/ec2-api-idempotency.html,
https://docs.aws.amazon.com/AWSEC2/latest/APIReference/Query-Requests.html (pagination)
"""

from __future__ import annotations

import base64
import functools
import json
from typing import TYPE_CHECKING, Any

from moto.core.responses import ActionResult
from moto.core.utils import get_pagination_model, get_service_model
from moto.ec2.responses import EC2Response

from twin.patch import Parameters, method_name, notes, parameters
from twin.refusal import refuse

if TYPE_CHECKING:
    from twin.world import World

# These are paged where they are served.
_PAGED_BY_MOTO = {"DescribeInstances", "DescribeLaunchTemplates", "DescribeLaunchTemplateVersions"}
_LARGEST_PAGE = 1000


def install(world: World) -> None:
    service = get_service_model("ec2")
    pages = get_pagination_model("ec2")
    for name in service.operation_names:
        original = getattr(EC2Response, method_name(name), None)
        if original is not None:
            page = None if name in _PAGED_BY_MOTO else pages.get(name)
            setattr(EC2Response, method_name(name), _serve(name, original, page))


def _serve(name: str, original: Any, page: dict[str, Any] | None) -> Any:
    @functools.wraps(original)
    def serve(self: EC2Response) -> Any:
        asked = parameters(self, name)
        if asked.get("DryRun"):
            refuse("DryRunOperation", "Request would have succeeded, but DryRun flag is set.", 412)
        if asked.get("ClientToken"):
            return _once(self, name, asked, original)
        answer = original(self)
        if page and isinstance(page.get("result_key"), str) and isinstance(answer, ActionResult):
            return _page(asked, answer, page)
        return answer

    return serve


def _once(response: Any, name: str, asked: Parameters, original: Any) -> Any:
    """The same token and the same parameters: the same answer. The same token and others: refused."""
    known = notes(response.ec2_backend, "client_tokens")
    key = (name, asked["ClientToken"])
    request = json.dumps({k: v for k, v in asked.items() if k != "ClientToken"}, sort_keys=True, default=str)
    if key in known:
        earlier_request, answer = known[key]
        if earlier_request != request:
            refuse(
                "IdempotentParameterMismatch",
                "The request uses the same client token as a previous, but non-identical request.",
            )
        return answer
    answer = original(response)
    known[key] = (request, answer)
    return answer


def _page(asked: Parameters, answer: ActionResult, page: dict[str, Any]) -> ActionResult:
    limit, token = asked.get("MaxResults"), asked.get("NextToken")
    result: Any = answer.result
    items = result.get(page["result_key"]) if isinstance(result, dict) else None
    if (limit is None and token is None) or not isinstance(items, (list, tuple)) or result.get("NextToken"):
        return answer
    if limit is not None and limit < 5:
        refuse(
            "InvalidParameterValue",
            f"Value ( {limit} ) for parameter maxResults is invalid. Expecting a value greater than 5.",
        )
    start = _position(token) if token else 0
    end = start + min(limit or _LARGEST_PAGE, _LARGEST_PAGE)
    more = base64.urlsafe_b64encode(f"at:{end}".encode()).decode() if end < len(items) else None
    return type(answer)({**result, page["result_key"]: items[start:end], "NextToken": more})


def _position(token: str) -> int:
    try:
        return int(base64.urlsafe_b64decode(token).decode().removeprefix("at:"))
    except ValueError:
        refuse("InvalidNextToken", f"The token '{token}' is invalid")
