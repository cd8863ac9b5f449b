# Copyright (c) stackwright.aws contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Functions."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any

from ...engine.errors import ResourceError
from ...engine.kind import Attribute, Call, Item, Kind, Property, Scope, States, Update, Work
from ...engine.template import Template
from ..kms import key_id
from ..requests import given, names_in_scope, unless
from ..shared import WRITE_ONLY
from .code import archive, code_parameters, digest, template_code
from .names import FUNCTION

#: What Lambda answers while a function is made or changed: https://docs.aws.amazon.com/lambda/latest/dg/functions-states.html
BUSY = frozenset({"ResourceConflictException"})
#: What it answers while a role, made or changed a moment ago, is not known everywhere yet.
_SETTLING = frozenset(
    {
        "InvalidParameterValueException: cannot be assumed by Lambda",
        "InvalidParameterValueException: The provided execution role does not have permissions",
        "InvalidParameterValueException: Lambda was unable to configure",
    }
)


# Reading


def list_functions(scope: Scope) -> list[Item]:
    """The functions in scope, each as a whole: their list tells neither state nor tags nor code."""
    if scope.everything and not scope.ids:
        names = scope.pages("lambda", "list_functions", "Functions[].FunctionName")
    else:
        names = names_in_scope(scope, "FunctionName", "lambda", "function:")
    wanted = {str(one.get("FunctionName")): one for one in scope.wanted}
    found = (_read(scope, name, wanted.get(name, {})) for name in names)
    return [function for function in found if function is not None]


def _read(scope: Scope, name: str, stated: Mapping[str, Any]) -> Item | None:
    whole = unless((), partial(scope.call, "lambda", "get_function", FunctionName=name))
    if whole is None:
        return None
    item = {
        **whole["Configuration"],
        "Code": whole.get("Code") or {},
        "Concurrency": whole.get("Concurrency") or {},
        "Tags": whole.get("Tags") or {},
        "IsSurvey": not scope.ids,
    }
    as_it_is = bool(scope.ids and not scope.wanted)
    for prop, operation in _ASKED_APART.items():
        if prop in stated or as_it_is:
            item[prop] = unless((), partial(scope.call, "lambda", operation, FunctionName=name)) or {}
    return item


#: Properties that requests of their own tell.
_ASKED_APART = {
    "CodeSigningConfigArn": "get_function_code_signing_config",
    "RecursiveLoop": "get_function_recursion_config",
    "RuntimeManagementConfig": "get_runtime_management_config",
}


def function_state(item: Item) -> str:
    """The state of a function, and while that is good, of its last update.

    A failed update is no reason to replace the function, which goes on as it was; the next update mends it. So a survey
    of what exists calls it `UpdateIncomplete`, which is a busy state, and only who waits is told `UpdateFailed`.
    """
    state = str(item.get("State") or "Active")
    if state not in ("Active", "Inactive"):
        return state
    update = item.get("LastUpdateStatus")
    if update == "InProgress":
        return "Updating"
    if update == "Failed":
        return "UpdateIncomplete" if item.get("IsSurvey") else "UpdateFailed"
    return state


def reason(item: Item) -> str:
    """Lambda's own words for the state."""
    said = (item.get("StateReason"), item.get("LastUpdateStatusReason"))
    return " ".join(str(words) for words in said if words)


def code_answered(item: Item) -> dict[str, Any]:
    """What an answer tells of the code: the digest of an archive, or the image."""
    found = {"CodeSha256": item.get("CodeSha256"), "ImageUri": (item.get("Code") or {}).get("ImageUri")}
    return {name: value for name, value in found.items() if value}


def comparable_code(value: Any) -> Any:
    """Code to compare: inline source by its digest, an image by its name. An object in S3 cannot be recognised."""
    if not isinstance(value, Mapping):
        return value
    if "ZipFile" in value:
        return {"CodeSha256": digest(archive(value))}
    return {name: value[name] for name in ("CodeSha256", "ImageUri") if name in value}


def vpc_config(item: Item) -> dict[str, Any]:
    """The network of a function; empty lists outside any."""
    found = item.get("VpcConfig") or {}
    return {
        "SubnetIds": found.get("SubnetIds") or [],
        "SecurityGroupIds": found.get("SecurityGroupIds") or [],
        **({"Ipv6AllowedForDualStack": True} if found.get("Ipv6AllowedForDualStack") else {}),
    }


# Writing

#: Properties that both the create and the update of a configuration take.
_CONFIGURATION = (
    "Runtime",
    "Handler",
    "Role",
    "Description",
    "Timeout",
    "MemorySize",
    "Environment",
    "VpcConfig",
    "TracingConfig",
    "Layers",
    "DeadLetterConfig",
    "EphemeralStorage",
    "LoggingConfig",
    "KmsKeyArn",
    "ImageConfig",
    "FileSystemConfigs",
    "SnapStart",
)
#: What takes a property away: Lambda leaves alone what it is not told.
_NOTHING: dict[str, Any] = {
    "VpcConfig": {"SubnetIds": [], "SecurityGroupIds": []},
    "DeadLetterConfig": {"TargetArn": ""},
    "Environment": {"Variables": {}},
    "TracingConfig": {"Mode": "PassThrough"},
    "ImageConfig": {},
    "SnapStart": {"ApplyOn": "None"},
}


def _configuration(work: Work, names: tuple[str, ...] | list[str]) -> dict[str, Any]:
    params = {name: work.desired[name] for name in names if name in work.desired}
    for name, value in params.items():
        if name in _NOTHING and not value:
            params[name] = _NOTHING[name]
    if "KmsKeyArn" in params:
        params["KMSKeyArn"] = params.pop("KmsKeyArn") or ""
    return params


def _create(work: Work) -> dict[str, Any]:
    return {
        **given(work, "FunctionName", "PackageType", "Architectures", "CodeSigningConfigArn", "TenancyConfig"),
        **_configuration(work, [name for name in _CONFIGURATION if work.get(name)]),
        "Code": code_parameters(work.get("Code") or work.desired["InitialCode"]),
        "Tags": dict(work.tags),
    }


def _change_code(work: Work) -> dict[str, Any]:
    """New code, or the same for another architecture, which Lambda takes together only.

    Raises:
        ResourceError: the architecture is to change and the code is its releases', who alone can have it for another.
    """
    code = work.get("Code")
    if not code:
        raise ResourceError(
            f"the architecture of function {work.id} changes with its code, which is deployed by releases",
            "set it back and deploy a release for the other architecture, or give the function another name",
        )
    return {"FunctionName": work.id, **code_parameters(code), **given(work, "Architectures")}


def _change_configuration(work: Work) -> dict[str, Any]:
    changed = [name for name in _CONFIGURATION if name in work.changed]
    return {"FunctionName": work.id, **_configuration(work, changed)}


def _set_concurrency(work: Work) -> None:
    """Reserve executions; 0 stops the function, nothing gives it the account's own again."""
    wanted = work.desired["ReservedConcurrentExecutions"]
    if wanted is None or wanted == "":
        work.call("lambda", "delete_function_concurrency", FunctionName=work.id)
    else:
        work.call("lambda", "put_function_concurrency", FunctionName=work.id, ReservedConcurrentExecutions=int(wanted))


def _set_signing(work: Work) -> None:
    arn = work.desired["CodeSigningConfigArn"]
    if arn:
        work.call("lambda", "put_function_code_signing_config", FunctionName=work.id, CodeSigningConfigArn=arn)
    else:
        work.call("lambda", "delete_function_code_signing_config", FunctionName=work.id)


def _runtime_management(work: Work) -> dict[str, Any]:
    return {"FunctionName": work.id, **(work.desired["RuntimeManagementConfig"] or {"UpdateRuntimeOn": "Auto"})}


_ARN = "arn:{partition}:lambda:{region}:{account}:function:{FunctionName}"

LAMBDA_FUNCTION = Kind(
    type=FUNCTION,
    service="lambda",
    title="function",
    template=Template(properties={"InitialCode": template_code, "Code": template_code}),
    id="FunctionName",
    key=("FunctionName",),
    properties={
        "FunctionName": Property(immutable=True),
        "PackageType": Property(immutable=True, default="Zip"),
        "TenancyConfig": Property(immutable=True),
        "Code": Property(path=code_answered, normalise=comparable_code),
        # Not one of CloudFormation's: the code of a new function whose code is then its releases'.
        "InitialCode": Property(initial=True),
        "Architectures": Property(default=["x86_64"]),
        "Runtime": Property(),
        "Handler": Property(),
        "Role": Property(),
        "Description": Property(unstated=""),
        "Timeout": Property(default=3),
        "MemorySize": Property(default=128),
        "Environment": Property(exact=True, default={"Variables": {}}),
        "VpcConfig": Property(path=vpc_config, unordered=True),
        "TracingConfig": Property(default={"Mode": "PassThrough"}),
        "Layers": Property(path="Layers[].Arn"),
        "DeadLetterConfig": Property(),
        "EphemeralStorage": Property(default={"Size": 512}),
        "LoggingConfig": Property(),
        "KmsKeyArn": Property(path="KMSKeyArn", normalise=key_id, unstated=None),
        "ImageConfig": Property(path="ImageConfigResponse.ImageConfig"),
        "FileSystemConfigs": Property(),
        "SnapStart": Property(path=lambda item: {"ApplyOn": (item.get("SnapStart") or {}).get("ApplyOn", "None")}),
        # 0 says something else than nothing.
        "ReservedConcurrentExecutions": Property(path="Concurrency.ReservedConcurrentExecutions", unstated=None),
        "CodeSigningConfigArn": Property(path="CodeSigningConfigArn.CodeSigningConfigArn"),
        "RecursiveLoop": Property(path="RecursiveLoop.RecursiveLoop", default="Terminate"),
        "RuntimeManagementConfig": Property(
            path="RuntimeManagementConfig.{UpdateRuntimeOn: UpdateRuntimeOn, RuntimeVersionArn: RuntimeVersionArn}",
            default={"UpdateRuntimeOn": "Auto"},
        ),
        "PublishToLatestPublished": WRITE_ONLY,
    },
    attributes={
        "Arn": Attribute("FunctionArn", _ARN),
        "FunctionName": Attribute("FunctionName", "{FunctionName}"),
        "SnapStartResponse": Attribute("SnapStart", volatile=True),
    },
    list=list_functions,
    states=States(
        path=function_state,
        # Lambda puts a function to sleep that nobody calls; a call wakes it.
        ready=frozenset({"Active", "Inactive"}),
        failed=frozenset({"Failed", "UpdateFailed"}),
        leaving=frozenset({"Deleting"}),
        reason=reason,
        timeout=900,
    ),
    create=Call("create_function", _create, item="@", retry_on=_SETTLING),
    referenced_when_ready=True,
    updates=(
        Update(("Code", "Architectures"), Call("update_function_code", _change_code)),
        Update(
            _CONFIGURATION,
            Call("update_function_configuration", _change_configuration, retry_on=_SETTLING),
        ),
        Update(("ReservedConcurrentExecutions",), _set_concurrency, on_create=True),
        Update(("CodeSigningConfigArn",), _set_signing),
        Update(
            ("RecursiveLoop",),
            Call(
                "put_function_recursion_config",
                lambda w: {"FunctionName": w.id, "RecursiveLoop": w.desired["RecursiveLoop"] or "Terminate"},
            ),
            on_create=True,
        ),
        Update(
            ("RuntimeManagementConfig",),
            Call("put_runtime_management_config", _runtime_management),
            on_create=True,
            when_ready=True,
        ),
    ),
    delete=Call("delete_function", lambda w: {"FunctionName": w.id}),
    tag=Call("tag_resource", lambda w: {"Resource": w.attributes["Arn"], "Tags": dict(w.tags_to_set)}),
    untag=Call("untag_resource", lambda w: {"Resource": w.attributes["Arn"], "TagKeys": list(w.tags_to_remove)}),
    retry_on=BUSY,
)
