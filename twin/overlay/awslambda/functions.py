# Copyright (c) stackwright.aws contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Making and changing functions: what Lambda refuses, and the states on the way.

Source: https://docs.aws.amazon.com/lambda/latest/api/API_CreateFunction.html
"""

from __future__ import annotations

import json
import re
import uuid
from typing import TYPE_CHECKING, Any, NoReturn

from moto.awslambda.models import LambdaFunction
from moto.awslambda.responses import LambdaResponse
from moto.ec2.models import ec2_backends

from twin.overlay._lifecycle import proceed
from twin.patch import Parameters, around, before, existing, notes, operation
from twin.refusal import refuse

if TYPE_CHECKING:
    from twin.world import World

# https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtimes.html
_RUNTIMES = {
    *("nodejs22.x", "nodejs24.x"),
    *("python3.10", "python3.11", "python3.12", "python3.13", "python3.14"),
    *("java8.al2", "java11", "java17", "java21", "java25"),
    *("dotnet8", "dotnet10"),
    *("ruby3.3", "ruby3.4"),
    *("provided.al2", "provided.al2023"),
}
_ACCOUNT_CONCURRENCY = 1000
_UNRESERVED = 100
# Members of a configuration that moto does not keep.
KEPT = ("DeadLetterConfig", "FileSystemConfigs", "LoggingConfig", "SnapStart")
_HELD: dict[str, str] = {
    "Description": "description",
    "Handler": "handler",
    "KMSKeyArn": "kms_key_arn",
    "MemorySize": "memory_size",
    "Role": "role",
    "Runtime": "run_time",
    "Timeout": "timeout",
    "TracingConfig": "tracing_config",
    "VpcConfig": "_vpc_config",
}


def invalid(message: str) -> NoReturn:
    refuse("InvalidParameterValueException", message)


def function_of(response: Any, asked: Parameters, qualifier: bool = False) -> Any:
    """The function that a request names, by name or ARN; its $LATEST unless the qualifier counts."""
    return response.backend.get_function(asked["FunctionName"], asked.get("Qualifier") if qualifier else None)


def state(function: Any) -> dict[str, Any]:
    """Where a function is in its life."""
    found: dict[str, Any] = notes(function, "state", lambda: {"State": "Active", "LastUpdateStatus": "Successful"})
    return found


def must_be_free(function: Any) -> None:
    """Refuse what Lambda does not do while it makes or changes a function."""
    at = state(function)
    if at["State"] == "Pending":
        refuse(
            "ResourceConflictException",
            "The operation cannot be performed at this time. The function is currently in the following state: Pending",
        )
    if at["LastUpdateStatus"] == "InProgress":
        refuse(
            "ResourceConflictException",
            f"The operation cannot be performed at this time. An update is in progress for resource: "
            f"{function.function_arn}",
        )


def install(world: World) -> None:
    @before(LambdaResponse, "CreateFunction")
    def check(response: Any, asked: Parameters) -> None:
        _check(response, asked, asked.get("PackageType", "Zip") == "Image")
        if asked.get("PackageType", "Zip") == "Zip" and not (asked.get("Runtime") and asked.get("Handler")):
            invalid("Runtime and Handler are mandatory parameters for functions created with deployment packages.")

    @around(LambdaFunction, "__init__")
    def begin(original: Any, self: Any, account_id: str, spec: dict[str, Any], *args: Any, **kw: Any) -> None:
        original(self, account_id, spec, *args, **kw)
        notes(self, "more").update({name: spec[name] for name in KEPT if name in spec})
        at = state(self)
        at.update(State="Pending", StateReason="The function is being created.", StateReasonCode="Creating")
        at["RevisionId"] = str(uuid.uuid4())

        def ready() -> None:
            at.update(State="Active", LastUpdateStatus="Successful")
            at.pop("StateReason"), at.pop("StateReasonCode")

        proceed(world, self, world.delay("lambda.create"), ready)

    @before(LambdaResponse, "UpdateFunctionCode")
    def new_code(response: Any, asked: Parameters) -> None:
        function = function_of(response, asked)
        must_be_free(function)
        _same_revision(function, asked)
        if asked.get("Architectures"):
            function.architectures = asked["Architectures"]
        if not asked.get("DryRun"):
            _update(world, function)

    @operation(LambdaResponse, "UpdateFunctionConfiguration")
    def new_configuration(response: Any, asked: Parameters) -> dict[str, Any]:
        function = function_of(response, asked)
        must_be_free(function)
        _same_revision(function, asked)
        _check(response, asked, function.package_type == "Image")
        for member, attribute in _HELD.items():
            if member in asked:
                setattr(function, attribute, asked[member])
        _set_others(function, asked)
        function.code_or_config_updated = True
        _update(world, function)
        return dict(function.get_configuration())

    @before(LambdaResponse, "PutFunctionConcurrency")
    def reserve(response: Any, asked: Parameters) -> None:
        wanted = int(asked["ReservedConcurrentExecutions"])
        mine = function_of(response, asked)
        others = sum(
            int(one.reserved_concurrency or 0)
            for one in response.backend.list_functions()
            if one.function_name != mine.function_name
        )
        if _ACCOUNT_CONCURRENCY - others - wanted < _UNRESERVED:
            invalid(
                "Specified ReservedConcurrentExecutions for function decreases account's "
                f"UnreservedConcurrentExecution below its minimum value of [{_UNRESERVED}]."
            )

    _operations(world)


def _operations(world: World) -> None:
    @operation(LambdaResponse, "GetFunctionRecursionConfig")
    def recursion(response: Any, asked: Parameters) -> dict[str, Any]:
        return {"RecursiveLoop": notes(function_of(response, asked), "more").get("RecursiveLoop", "Terminate")}

    @operation(LambdaResponse, "PutFunctionRecursionConfig")
    def put_recursion(response: Any, asked: Parameters) -> dict[str, Any]:
        notes(function_of(response, asked), "more")["RecursiveLoop"] = asked["RecursiveLoop"]
        return {"RecursiveLoop": asked["RecursiveLoop"]}

    @operation(LambdaResponse, "GetRuntimeManagementConfig")
    def management(response: Any, asked: Parameters) -> dict[str, Any]:
        function = function_of(response, asked)
        kept = notes(function, "more").get("RuntimeManagement", {"UpdateRuntimeOn": "Auto"})
        return {**kept, "FunctionArn": function.function_arn}

    @operation(LambdaResponse, "PutRuntimeManagementConfig")
    def put_management(response: Any, asked: Parameters) -> dict[str, Any]:
        function = function_of(response, asked)
        must_be_free(function)
        if asked["UpdateRuntimeOn"] == "Manual" and not asked.get("RuntimeVersionArn"):
            invalid("RuntimeVersionArn must be specified when UpdateRuntimeOn is Manual.")
        kept = {name: asked[name] for name in ("UpdateRuntimeOn", "RuntimeVersionArn") if name in asked}
        notes(function, "more")["RuntimeManagement"] = kept
        return {**kept, "FunctionArn": function.function_arn}


def _set_others(function: Any, asked: Parameters) -> None:
    """What moto keeps in another form, or not at all."""
    if "Environment" in asked:
        function.environment_vars = (asked["Environment"] or {}).get("Variables") or {}
    if "Layers" in asked:
        function.layers = function._get_layers_data(asked["Layers"])
    if "EphemeralStorage" in asked:
        function.ephemeral_storage = asked["EphemeralStorage"]["Size"]
    if "ImageConfig" in asked:
        function.image_config = type(function.image_config)(asked["ImageConfig"])
    notes(function, "more").update({name: asked[name] for name in KEPT if name in asked})


def _update(world: World, function: Any) -> None:
    at = state(function)
    at.update(
        LastUpdateStatus="InProgress",
        LastUpdateStatusReason="The function is being created.",
        LastUpdateStatusReasonCode="Creating",
        RevisionId=str(uuid.uuid4()),
    )

    def done() -> None:
        at["LastUpdateStatus"] = "Successful"
        at.pop("LastUpdateStatusReason"), at.pop("LastUpdateStatusReasonCode")

    proceed(world, function, world.delay("lambda.update"), done)


def _same_revision(function: Any, asked: Parameters) -> None:
    if asked.get("RevisionId") and asked["RevisionId"] != state(function)["RevisionId"]:
        refuse(
            "PreconditionFailedException",
            "The Revision Id provided does not match the latest Revision Id. Call the GetFunction/GetAlias API to "
            "retrieve the latest Revision Id",
            412,
        )


def _check(response: Any, asked: Parameters, image: bool) -> None:
    runtime = asked.get("Runtime")
    if runtime and runtime not in _RUNTIMES:
        invalid(
            f"The runtime parameter of {runtime} is no longer supported for creating or updating AWS Lambda functions. "
            "We recommend you use a supported runtime while creating or updating functions."
        )
    _within("Timeout", asked.get("Timeout"), 1, 900)
    _within("MemorySize", asked.get("MemorySize"), 128, 10240)
    if image and runtime:
        invalid("Runtime can't be specified for functions created with container images.")
    variables = (asked.get("Environment") or {}).get("Variables") or {}
    if len(json.dumps(variables)) > 4096:
        invalid("Lambda was unable to configure your environment variables because the environment variables you have "
                "provided exceeded the 4KB limit.")  # fmt: skip
    for name in variables:
        if not re.fullmatch(r"[a-zA-Z][a-zA-Z0-9_]+", name) or name in _RESERVED:
            invalid(
                "Lambda was unable to configure your environment variables because the environment variables you have "
                f"provided contains reserved keys that are currently not supported for modification. Reserved keys "
                f"used in this request: {name}"
            )
    _check_network(response, asked.get("VpcConfig") or {})


_RESERVED = {
    *("_HANDLER", "_X_AMZN_TRACE_ID", "AWS_REGION", "AWS_DEFAULT_REGION", "AWS_EXECUTION_ENV"),
    *("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_LAMBDA_RUNTIME_API"),
    *("AWS_LAMBDA_FUNCTION_NAME", "AWS_LAMBDA_FUNCTION_VERSION", "AWS_LAMBDA_FUNCTION_MEMORY_SIZE"),
}


def _within(name: str, value: Any, low: int, high: int) -> None:
    if value is not None and not low <= int(value) <= high:
        refuse(
            "ValidationException",
            f"1 validation error detected: Value '{value}' at '{name[0].lower()}{name[1:]}' failed to satisfy "
            f"constraint: Member must have value between {low} and {high}",
        )


def _check_network(response: Any, network: dict[str, Any]) -> None:
    subnets, groups = network.get("SubnetIds") or [], network.get("SecurityGroupIds") or []
    if bool(subnets) != bool(groups):
        invalid("SubnetIds and SecurityIds must coexist or be both empty list.")
    ec2 = existing(ec2_backends, response.current_account, response.region)
    known = {subnet.id: subnet for by_zone in (ec2.subnets.values() if ec2 else ()) for subnet in by_zone.values()}
    for subnet in subnets:
        if subnet not in known:
            invalid(
                f"Error occurred while DescribeSubnets. EC2 Error Code: InvalidSubnetID.NotFound. EC2 Error Message: "
                f"The subnet ID '{subnet}' does not exist"
            )
    for group in groups:
        if ec2.get_security_group_from_id(group) is None:
            invalid(
                "Error occurred while DescribeSecurityGroups. EC2 Error Code: InvalidGroup.NotFound. EC2 Error "
                f"Message: The security group '{group}' does not exist"
            )
