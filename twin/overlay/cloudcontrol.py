# Copyright (c) stackwright.aws contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The Cloud Control API and CloudFormation's DescribeType, for a few types, from memory.

Source: https://docs.aws.amazon.com/cloudcontrolapi/latest/APIReference/Welcome.html
"""

from __future__ import annotations

import json
import re
import sys
import uuid
from collections.abc import Callable, Iterator
from types import ModuleType
from typing import TYPE_CHECKING, Any

from moto import backend_index
from moto.cloudformation.responses import CloudFormationResponse
from moto.core.base_backend import BackendDict, BaseBackend
from moto.core.responses import BaseResponse

from twin.overlay import _tagged
from twin.overlay._lifecycle import Record, page
from twin.patch import Parameters, existing, operation
from twin.refusal import refuse

if TYPE_CHECKING:
    from twin.world import World

#: moto's way to a service leads by the name that requests are signed for.
_SIGNING_NAME = "cloudcontrolapi"
_UNDER_WAY = ("PENDING", "IN_PROGRESS")

#: The ARN of an object of each type that is served.
ARNS = {
    "AWS::CloudWatch::AlarmMuteRule": "arn:aws:cloudwatch:{region}:{account}:alarm-mute-rule:{Name}",
    "AWS::SSM::Document": "arn:aws:ssm:{region}:{account}:document/{Name}",
}

Model = dict[str, Any]


class CloudControlBackend(BaseBackend):
    """The objects and requests of one account and region."""

    def __init__(self, region_name: str, account_id: str) -> None:
        super().__init__(region_name, account_id)
        self.models: dict[tuple[str, str], Model] = {}
        self.requests: dict[str, Record] = {}
        self.by_client_token: dict[str, tuple[str, Record]] = {}

    @property
    def flask_paths(self) -> dict[str, Any]:
        return {"/": CloudControlResponse.dispatch}

    def arn(self, type_name: str, model: Model) -> str:
        return ARNS[type_name].format(region=self.region_name, account=self.account_id, **model)


class CloudControlResponse(BaseResponse):
    def __init__(self) -> None:
        super().__init__(service_name="cloudcontrol")

    @property
    def backend(self) -> CloudControlBackend:
        found: CloudControlBackend = backends[self.current_account][self.region]
        return found


backends = BackendDict(CloudControlBackend, "cloudcontrol")


def schema_of(type_name: str, region: str) -> dict[str, Any]:
    """A type's schema as AWS publishes it, which cfn-lint carries."""
    # Slow to import, and few ask for it.
    from cfnlint.schema.manager import PROVIDER_SCHEMA_MANAGER

    found: dict[str, Any] = PROVIDER_SCHEMA_MANAGER.get_resource_schema(region, type_name).schema
    return found


def _names(schema: dict[str, Any], section: str) -> list[str]:
    return [pointer.split("/")[2] for pointer in schema.get(section, ())]


def install(world: World) -> None:
    module = ModuleType(f"moto.{_SIGNING_NAME}")
    module.cloudcontrolapi_backends = backends  # type: ignore[attr-defined]
    sys.modules.setdefault(module.__name__, module)
    pattern = re.compile(rf"https?://{_SIGNING_NAME}\.(.+)\.amazonaws\.com")
    backend_index.backend_url_patterns.append((_SIGNING_NAME, pattern))
    world.on_reset(backends.reset)

    @operation(CloudFormationResponse, "DescribeType")
    def describe_type(response: Any, asked: Parameters) -> dict[str, Any]:
        name = asked.get("TypeName", "")
        if name not in ARNS:
            refuse("TypeNotFoundException", f"The type '{name}' cannot be found.", 404)
        return {
            "Type": "RESOURCE",
            "TypeName": name,
            "ProvisioningType": "FULLY_MUTABLE",
            "Visibility": "PUBLIC",
            "Schema": json.dumps(schema_of(name, response.region)),
        }

    @operation(CloudControlResponse, "CreateResource")
    def create(response: Any, asked: Parameters) -> dict[str, Any]:
        backend, type_name = response.backend, _served(asked)
        desired = _parsed(asked["DesiredState"], dict, "DesiredState")
        schema = schema_of(type_name, response.region)
        _validate(schema, desired)
        missing = [name for name in schema.get("required", ()) if name not in desired]
        if missing:
            refuse("ValidationException", f"Model validation failed (#: required key [{missing[0]}] not found)")

        def finish(event: Record) -> None:
            model = {"Name": f"{type_name.rpartition('::')[2]}-{uuid.uuid4().hex[:12]}", **desired}
            model.setdefault("Arn", backend.arn(type_name, model))
            model["Status"] = "ACTIVE"
            known = {name: model[name] for name in schema["properties"] if name in model}
            identifier = "|".join(known[name] for name in _names(schema, "primaryIdentifier"))
            if (type_name, identifier) in backend.models:
                _fail(
                    event,
                    "AlreadyExists",
                    f"Resource of type '{type_name}' with identifier '{identifier}' already exists.",
                )
                return
            backend.models[type_name, identifier] = known
            event.update(Identifier=identifier, ResourceModel=json.dumps(_readable(schema, known)))

        identifiers = _names(schema, "primaryIdentifier")
        identifier = "|".join(map(str, (desired.get(name, "") for name in identifiers)))
        return _ask(world, response, asked, "CREATE", identifier if "" not in identifier.split("|") else "", finish)

    @operation(CloudControlResponse, "UpdateResource")
    def update(response: Any, asked: Parameters) -> dict[str, Any]:
        from jsonpatch import JsonPatch, JsonPatchException

        backend, type_name = response.backend, _served(asked)
        schema = schema_of(type_name, response.region)
        patch = _parsed(asked["PatchDocument"], list, "PatchDocument")

        def check() -> Model:
            model = _existing(backend, type_name, asked["Identifier"])
            try:
                # What cannot be read is not there for the patch either: it is lost unless it is said again.
                changed: Model = JsonPatch(patch).apply(_readable(schema, model))
            except JsonPatchException as error:
                refuse("InvalidRequestException", f"Invalid patch update: {error}")
            fixed = [name for name in _names(schema, "createOnlyProperties") if changed.get(name) != model.get(name)]
            if fixed:
                refuse(
                    "NotUpdatableException",
                    f"Invalid patch update: createOnlyProperties [/properties/{fixed[0]}] cannot be updated",
                )
            read_only = _names(schema, "readOnlyProperties")
            _validate(schema, {name: value for name, value in changed.items() if name not in read_only})
            return changed

        def finish(event: Record) -> None:
            changed = check()
            backend.models[type_name, asked["Identifier"]] = changed
            event["ResourceModel"] = json.dumps(_readable(schema, changed))

        return _ask(world, response, asked, "UPDATE", asked["Identifier"], finish, check)

    @operation(CloudControlResponse, "DeleteResource")
    def delete(response: Any, asked: Parameters) -> dict[str, Any]:
        backend, type_name = response.backend, _served(asked)

        def check() -> Model:
            return _existing(backend, type_name, asked["Identifier"])

        def finish(_event: Record) -> None:
            del backend.models[type_name, asked["Identifier"]]

        return _ask(world, response, asked, "DELETE", asked["Identifier"], finish, check)

    @operation(CloudControlResponse, "GetResource")
    def get(response: Any, asked: Parameters) -> dict[str, Any]:
        type_name = _served(asked)
        model = _existing(response.backend, type_name, asked["Identifier"])
        readable = json.dumps(_readable(schema_of(type_name, response.region), model))
        description = {"Identifier": asked["Identifier"], "Properties": readable}
        return {"TypeName": type_name, "ResourceDescription": description}

    @operation(CloudControlResponse, "ListResources")
    def list_resources(response: Any, asked: Parameters) -> dict[str, Any]:
        type_name = _served(asked)
        primary = _names(schema_of(type_name, response.region), "primaryIdentifier")
        # A list tells of most types no more than what identifies an object.
        found = [
            {"Identifier": identifier, "Properties": json.dumps({name: model[name] for name in primary})}
            for (of, identifier), model in sorted(response.backend.models.items())
            if of == type_name
        ]
        described, token = _page(found, asked)
        return {"TypeName": type_name, "ResourceDescriptions": described, **({"NextToken": token} if token else {})}

    @operation(CloudControlResponse, "GetResourceRequestStatus")
    def status(response: Any, asked: Parameters) -> dict[str, Any]:
        event = response.backend.requests.get(asked["RequestToken"])
        if event is None:
            refuse("RequestTokenNotFoundException", f"Request with token {asked['RequestToken']} was not found")
        return {"ProgressEvent": dict(event)}

    @operation(CloudControlResponse, "ListResourceRequests")
    def list_requests(response: Any, asked: Parameters) -> dict[str, Any]:
        wanted = asked.get("ResourceRequestStatusFilter") or {}
        operations, statuses = wanted.get("Operations"), wanted.get("OperationStatuses")
        found = [
            dict(event)
            for event in response.backend.requests.values()
            if (not operations or event["Operation"] in operations)
            and (not statuses or event["OperationStatus"] in statuses)
        ]
        summaries, token = _page(found, asked)
        return {"ResourceRequestStatusSummaries": summaries, **({"NextToken": token} if token else {})}

    @_tagged.collector(_SIGNING_NAME)
    def tagged(account: str, region: str) -> Iterator[_tagged.Tagged]:
        backend = existing(backends, account, region)
        for (type_name, _identifier), model in list(backend.models.items()) if backend else []:
            yield backend.arn(type_name, model), _tagged.pairs(model.get("Tags"))


def _served(asked: Parameters) -> str:
    name: str = asked["TypeName"]
    if name not in ARNS:
        refuse("TypeNotFoundException", f"The type '{name}' cannot be found.")
    return name


def _parsed(text: str, wanted: type, member: str) -> Any:
    try:
        value = json.loads(text)
    except ValueError:
        value = None
    if not isinstance(value, wanted):
        refuse("InvalidRequestException", f"{member} is not valid JSON")
    return value


def _validate(schema: dict[str, Any], model: Model) -> None:
    strange = [name for name in model if name not in schema["properties"]]
    if strange:
        refuse("ValidationException", f"Model validation failed (#: extraneous key [{strange[0]}] is not permitted)")
    read_only = [name for name in _names(schema, "readOnlyProperties") if name in model]
    if read_only:
        refuse(
            "ValidationException",
            f"Model validation failed (#: readOnlyProperties [/properties/{read_only[0]}] cannot be specified)",
        )


def _existing(backend: CloudControlBackend, type_name: str, identifier: str) -> Model:
    model = backend.models.get((type_name, identifier))
    if model is None:
        refuse(
            "ResourceNotFoundException", f"Resource of type '{type_name}' with identifier '{identifier}' was not found."
        )
    return model


def _readable(schema: dict[str, Any], model: Model) -> Model:
    write_only = _names(schema, "writeOnlyProperties")
    return {name: value for name, value in model.items() if name not in write_only}


def _page(found: list[Any], asked: Parameters) -> tuple[list[Any], str | None]:
    def invalid() -> None:
        refuse("InvalidRequestException", "Invalid NextToken")

    return page(found, asked.get("NextToken"), asked.get("MaxResults"), 20, invalid)


def _fail(event: Record, code: str, message: str) -> None:
    event.update(OperationStatus="FAILED", ErrorCode=code, StatusMessage=message)


def _ask(
    world: World,
    response: Any,
    asked: Parameters,
    verb: str,
    identifier: str,
    finish: Callable[[Record], None],
    check: Callable[[], Any] | None = None,
) -> dict[str, Any]:
    """Take a request on, or find the one that was taken on under the same client token.

    :param check: refuses what cannot be done.
    :param finish: does it, once the time has come; it may fail the request.
    """
    backend = response.backend
    client_token = asked.get("ClientToken") or str(uuid.uuid4())
    fingerprint = json.dumps({**asked, "verb": verb}, sort_keys=True)
    known = backend.by_client_token.get(client_token)
    if known is not None:
        if known[0] != fingerprint:
            refuse("ClientTokenConflictException", "The ClientToken was used with another request")
        return {"ProgressEvent": dict(known[1])}
    busy = (
        event["Identifier"]
        for event in backend.requests.values()
        if event["OperationStatus"] in _UNDER_WAY and event["TypeName"] == asked["TypeName"] and "Identifier" in event
    )
    if identifier and identifier in busy:
        refuse("ConcurrentOperationException", f"Another operation on {identifier} is in progress")
    if check is not None:
        check()
    event = Record(
        TypeName=asked["TypeName"],
        RequestToken=str(uuid.uuid4()),
        Operation=verb,
        OperationStatus="IN_PROGRESS",
        EventTime=world.now(),
    )
    if identifier:
        event["Identifier"] = identifier
    backend.requests[event["RequestToken"]] = event
    backend.by_client_token[client_token] = (fingerprint, event)
    accepted = dict(event)

    def end() -> None:
        finish(event)
        event["EventTime"] = world.now()
        if event["OperationStatus"] == "IN_PROGRESS":
            event["OperationStatus"] = "SUCCESS"

    world.schedule(world.delay("cloudcontrol.request"), end)
    return {"ProgressEvent": accepted}
