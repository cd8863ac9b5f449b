# Copyright (c) stackwright.aws contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What is changed in moto's core, before any overlay."""

from __future__ import annotations

import functools
import importlib
import os
import sys
import threading
import types
import warnings
from collections.abc import Callable
from typing import Any

_VALIDATOR = "openapi_spec_validator"


def settings() -> None:
    """Settings that moto reads when it is imported. Call before importing moto."""
    os.environ.setdefault("MOTO_IAM_LOAD_MANAGED_POLICIES", "true")
    # moto's own clients, if it makes any, must find neither a profile nor an account.
    os.environ.setdefault("AWS_ACCESS_KEY_ID", "testing")
    os.environ.setdefault("AWS_SECRET_ACCESS_KEY", "testing")
    os.environ["AWS_EC2_METADATA_DISABLED"] = "true"
    os.environ.pop("AWS_PROFILE", None)
    warnings.filterwarnings("ignore", message=".*does not match an error shape.*")


def core() -> None:
    """Patch moto's core: refusals get their HTTP status, and nothing slow is done twice."""
    _import_ec2()
    _leave_out_clients()
    _refusals_have_a_status()
    _look_methods_up_once()
    _load_managed_policies_once()
    _forget_instead_of_rebuilding()


def _import_ec2() -> None:
    """Import moto's EC2 without the second and a half that it spends on two tables.

    It asks three new sessions for EC2's regions, and each reads EC2's whole model for its endpoint prefix; and it
    reads which instance types each zone of the world offers, which hardly anybody asks.
    """
    import boto3
    from botocore.session import Session
    from moto.utilities import utils

    original = Session.get_service_data, boto3.Session, utils.load_resource
    shared = boto3.Session()

    def get_service_data(self: Session, service_name: str, api_version: str | None = None) -> Any:
        return {"metadata": {"endpointPrefix": service_name}}

    def load_resource(resource: str) -> Any:
        return [] if "instance_type_offerings" in resource else original[2](resource)

    Session.get_service_data = get_service_data
    boto3.Session = lambda: shared
    utils.load_resource = load_resource
    try:
        from moto.ec2.models.instance_types import INSTANCE_TYPE_OFFERINGS
    finally:
        Session.get_service_data, boto3.Session, utils.load_resource = original
    for kind in INSTANCE_TYPE_OFFERINGS:
        INSTANCE_TYPE_OFFERINGS[kind] = _Offerings(kind)


def _leave_out_clients() -> None:
    """Import moto's X-Ray and API Gateway without half a second of what a server has no use for.

    That is a recorder for programs under test, and a validator of OpenAPI documents, which is imported as soon as
    there is one to validate.
    """

    def validate(document: Any) -> None:
        for name in [name for name in sys.modules if name.partition(".")[0] == _VALIDATOR]:
            del sys.modules[name]
        models = importlib.import_module("moto.apigateway.models")
        exceptions = importlib.import_module(f"{_VALIDATOR}.validation.exceptions")
        models.OpenAPIValidationError = exceptions.OpenAPIValidationError  # type: ignore[attr-defined]
        importlib.import_module(_VALIDATOR).validate(document)

    stand_ins: dict[str, dict[str, Any]] = {
        "moto.xray.mock_client": {"MockXrayClient": type("MockXrayClient", (), {}), "XRaySegment": None},
        _VALIDATOR: {"validate": validate},
        f"{_VALIDATOR}.validation": {},
        f"{_VALIDATOR}.validation.exceptions": {
            "OpenAPIValidationError": type("OpenAPIValidationError", (Exception,), {})
        },
    }
    for name, members in stand_ins.items():
        module = types.ModuleType(name)
        module.__dict__.update(members)
        sys.modules[name] = module
    importlib.import_module("moto.apigateway.models")
    importlib.import_module("moto.xray")


class _Offerings(dict[str, list[dict[str, str]]]):
    """The instance types of a region, read when somebody asks."""

    def __init__(self, kind: str) -> None:
        super().__init__()
        self.kind = kind

    def __missing__(self, region: str) -> list[dict[str, str]]:
        from moto.utilities.utils import load_resource

        items = load_resource(f"ec2/resources/instance_type_offerings/{self.kind}/{region}.json")
        self[region] = [{**item, "LocationType": self.kind} for item in items]
        return self[region]

    def get(self, region: str, default: Any = None) -> Any:
        try:
            return self[region]
        except FileNotFoundError:
            return default


def _refusals_have_a_status() -> None:
    from moto.core.responses import ActionResult, BaseResponse

    from twin.refusal import Refusal

    original = BaseResponse.serialized

    @functools.wraps(original)
    def serialized(self: BaseResponse, action_result: ActionResult) -> Any:
        status, headers, body = original(self, action_result)
        error = action_result.result
        if isinstance(error, Refusal) and error.status is not None:
            status = error.status
        return status, headers, body

    BaseResponse.serialized = serialized  # type: ignore[method-assign]


def _look_methods_up_once() -> None:
    from moto.core import responses

    responses.method_names_from_class = functools.cache(  # type: ignore[attr-defined]
        responses.method_names_from_class  # type: ignore[attr-defined]
    )


def _load_managed_policies_once() -> None:
    """AWS's managed policies are the same in every account and after every reset: parse them once."""
    import copy

    from moto.iam import models
    from moto.iam.models import IAMBackend, ManagedPolicy

    original: Callable[[IAMBackend], list[ManagedPolicy]] = IAMBackend._init_aws_policies
    parsed: list[ManagedPolicy] = []
    parsing = threading.Lock()

    def _init_aws_policies(self: IAMBackend) -> list[ManagedPolicy]:
        if self.region_name != "aws":
            return []
        with parsing:
            if not parsed:
                parsed.extend(original(self))
                models.aws_managed_policies_data = ""  # type: ignore[attr-defined]
        return [copy.copy(policy) for policy in parsed]

    IAMBackend._init_aws_policies = _init_aws_policies  # type: ignore[method-assign]


def _forget_instead_of_rebuilding() -> None:
    """moto's reset builds every backend anew and then drops them all; few have anything to close."""
    from moto.core.base_backend import AccountSpecificBackend, BaseBackend

    def reset(self: AccountSpecificBackend[Any]) -> None:
        for backend in self.values():
            if type(backend).reset is not BaseBackend.reset:
                backend.reset()

    AccountSpecificBackend.reset = reset  # type: ignore[method-assign]
