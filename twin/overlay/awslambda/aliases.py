# Copyright (c) stackwright.aws contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Aliases that refuse a stale revision, and provisioned concurrency that takes its time.

Source: https://docs.aws.amazon.com/lambda/latest/api/API_PutProvisionedConcurrencyConfig.html
"""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING, Any

from moto.awslambda.models import LambdaAlias
from moto.awslambda.responses import LambdaResponse

from twin.overlay._lifecycle import Record, proceed
from twin.overlay.awslambda.functions import function_of, invalid, must_be_free
from twin.patch import Parameters, before, notes, operation
from twin.refusal import refuse

if TYPE_CHECKING:
    from twin.world import World

Answer = dict[str, Any]


def install(world: World) -> None:
    _aliases(world)
    _provisioned(world)


def _aliases(world: World) -> None:
    @before(LambdaResponse, "CreateAlias")
    def create(response: Any, asked: Parameters) -> None:
        _check_weights(response, asked)

    @operation(LambdaResponse, "UpdateAlias")
    def update(response: Any, asked: Parameters) -> Answer:
        _check_weights(response, asked)
        alias = _alias(response, asked)
        if asked.get("RevisionId") and asked["RevisionId"] != alias.revision_id:
            refuse(
                "PreconditionFailedException",
                "The Revision Id provided does not match the latest Revision Id. Call the GetFunction/GetAlias API to "
                "retrieve the latest Revision Id",
                412,
            )
        version = asked.get("FunctionVersion", alias.function_version)
        response.backend.get_function(asked["FunctionName"], version)
        moved = version != alias.function_version
        alias.update(asked.get("Description"), version, asked.get("RoutingConfig"))
        alias.revision_id = str(uuid.uuid4())
        config = notes(function_of(response, asked), "provisioned").get(alias.name)
        if moved and config is not None:
            _allocate(world, config)
        return {name: value for name, value in alias.to_json().items() if value is not None}

    @before(LambdaResponse, "DeleteAlias")
    def cool_down(response: Any, asked: Parameters) -> None:
        notes(function_of(response, asked), "provisioned").pop(asked["Name"], None)


def _alias(response: Any, asked: Parameters) -> LambdaAlias:
    function = function_of(response, asked)
    found: LambdaAlias = response.backend.get_alias(asked["Name"], function.function_name)
    return found


def _check_weights(response: Any, asked: Parameters) -> None:
    function = function_of(response, asked)
    further = (asked.get("RoutingConfig") or {}).get("AdditionalVersionWeights") or {}
    if len(further) > 1:
        invalid("Number of items in AdditionalVersionWeights cannot be greater than 1.")
    for version, weight in further.items():
        response.backend.get_function(function.function_name, version)
        if not 0 <= weight <= 1 or version == "$LATEST":
            invalid(f"Invalid weight {weight} for version {version}.")


def _provisioned(world: World) -> None:
    @operation(LambdaResponse, "PutProvisionedConcurrencyConfig")
    def put(response: Any, asked: Parameters) -> Answer:
        function, qualifier = function_of(response, asked), asked["Qualifier"]
        must_be_free(function)
        if qualifier == "$LATEST":
            invalid("Provisioned Concurrency Configs cannot be applied to unpublished function versions.")
        target = response.backend.get_function(function.function_name, qualifier)
        if str(target.version) == "$LATEST":
            invalid("Provisioned Concurrency Configs cannot be applied to unpublished function versions.")
        wanted = int(asked["ProvisionedConcurrentExecutions"])
        if wanted < 1:
            refuse("ValidationException", "ProvisionedConcurrentExecutions must be greater than or equal to 1")
        reserved = function.reserved_concurrency
        kept = notes(function, "provisioned")
        others = sum(one["Requested"] for name, one in kept.items() if name != qualifier)
        if reserved is not None and others + wanted > int(reserved):
            invalid(
                "Requested Provisioned Concurrency should not be greater than the reservedConcurrentExecution for "
                "function"
            )
        if reserved is None and wanted > 900:
            invalid(
                "Specified ConcurrentExecutions for function is greater than account's unreserved concurrency [900]."
            )
        config = kept.setdefault(qualifier, Record(Available=0))
        config.update(Requested=wanted, Arn=f"{function.function_arn}:{qualifier}", LastModified=target.last_modified)
        _allocate(world, config)
        return _config(config)

    @operation(LambdaResponse, "GetProvisionedConcurrencyConfig")
    def get(response: Any, asked: Parameters) -> Answer:
        config = notes(function_of(response, asked), "provisioned").get(asked["Qualifier"])
        if config is None:
            refuse(
                "ProvisionedConcurrencyConfigNotFoundException",
                "No Provisioned Concurrency Config found for this function",
                404,
            )
        return _config(config)

    @operation(LambdaResponse, "ListProvisionedConcurrencyConfigs")
    def listed(response: Any, asked: Parameters) -> Answer:
        kept = notes(function_of(response, asked), "provisioned")
        return {"ProvisionedConcurrencyConfigs": [{**_config(one), "FunctionArn": one["Arn"]} for one in kept.values()]}

    @operation(LambdaResponse, "DeleteProvisionedConcurrencyConfig")
    def delete(response: Any, asked: Parameters) -> None:
        notes(function_of(response, asked), "provisioned").pop(asked["Qualifier"], None)


def _allocate(world: World, config: Record) -> None:
    config.update(Status="IN_PROGRESS", Allocated=0, Available=0)

    def ready() -> None:
        config.update(Status="READY", Allocated=config["Requested"], Available=config["Requested"])

    proceed(world, config, world.delay("lambda.provision"), ready)


def _config(config: Record) -> Answer:
    return {
        "RequestedProvisionedConcurrentExecutions": config["Requested"],
        "AllocatedProvisionedConcurrentExecutions": config["Allocated"],
        "AvailableProvisionedConcurrentExecutions": config["Available"],
        "Status": config["Status"],
        "LastModified": config["LastModified"],
    }
