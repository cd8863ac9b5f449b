# Copyright (c) stackwright.aws contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Running functions without containers: Python by the twin's own interpreter, Node.js by `node` where there is one.

Source: https://docs.aws.amazon.com/lambda/latest/api/API_Invoke.html
"""

from __future__ import annotations

import io
import json
import os
import random
import shutil
import subprocess
import sys
import tempfile
import time
import uuid
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlparse

from moto.awslambda.models import LambdaBackend, LambdaFunction
from moto.awslambda.responses import LambdaResponse
from moto.cloudwatch.models import cloudwatch_backends

from twin.overlay.awslambda.functions import state
from twin.patch import Parameters, around, before, notes
from twin.refusal import refuse

if TYPE_CHECKING:
    from twin.world import World

_HERE = Path(__file__).parent
Outcome = tuple[str, bool, str]


def install(world: World) -> None:
    @before(LambdaResponse, "CreateFunction", "Invoke")
    def remember(response: Any, asked: Parameters) -> None:
        """Where the twin is reached: what a function asks of AWS it asks of the twin."""
        found = urlparse(response.uri)
        notes(response.backend, "endpoint")["url"] = f"{found.scheme}://{found.netloc}"
        if asked.get("Qualifier"):
            response.querystring["qualifier"] = [asked["Qualifier"]]  # moto looks for it there

    @around(LambdaBackend, "invoke")
    def invoke(
        original: Any, self: Any, name: str, qualifier: str | None, body: Any, headers: Any, answered: dict[str, Any]
    ) -> Any:
        function = self.get_function(name, qualifier)
        at = state(function)
        if at["State"] == "Pending":
            refuse(
                "ResourceConflictException",
                "The operation cannot be performed at this time. The function is currently in the following state: "
                "Pending",
            )
        if function.reserved_concurrency is not None and int(function.reserved_concurrency) == 0:
            refuse(
                "TooManyRequestsException",
                "Rate Exceeded.",
                429,
                Reason="ReservedFunctionConcurrentInvocationLimitExceeded",
            )
        version = _version(self, name, qualifier, function)
        answered["x-amz-executed-version"] = str(version)
        payload = original(self, function.function_name, str(version), body, headers, answered)
        if "x-amz-function-error" in answered:
            answered["x-amz-function-error"] = "Unhandled"
        return payload

    @around(LambdaFunction, "_invoke_lambda")
    def run(original: Any, self: Any, event: Any = None) -> Outcome:
        endpoint = notes(self_backend(self), "endpoint").get("url", "")
        start = time.monotonic()
        with world.unlocked():
            result, failed, log = execute(self, event, endpoint)
        _record(self, (time.monotonic() - start) * 1000, failed)
        group = (notes(self, "more").get("LoggingConfig") or {}).get("LogGroup") or self.logs_group_name
        self.logs_group_name = group
        self.logs_backend.ensure_log_group(group)
        if log:
            self.save_logs(log)
        return result, failed, log


def self_backend(function: Any) -> Any:
    """The backend that a function lives in."""
    from moto.awslambda.models import lambda_backends

    return lambda_backends[function.account_id][function.region]


def _version(backend: Any, name: str, qualifier: str | None, function: Any) -> Any:
    """The version that serves an invocation, by the weights of the alias if one was named."""
    named = qualifier or name.rpartition(":function:")[2].partition(":")[2]
    alias = next((one for one in backend.list_aliases(function.function_name) if one.name == named), None)
    further = ((alias.routing_config or {}).get("AdditionalVersionWeights") or {}) if alias else {}
    for version, weight in further.items():
        if random.random() < weight:
            return version
    return function.version


def execute(function: Any, event: Any, endpoint: str) -> Outcome:
    """What the handler answers, whether it failed, and what it wrote."""
    runtime = str(function.run_time or "")
    command = _command(runtime)
    if command is None:
        return _failure("Twin.NoRuntime", f"this machine has nothing to run {runtime or 'an image'} with")
    if not function.code_bytes:
        return _failure("Twin.NoCode", "the function's archive is not there")
    with tempfile.TemporaryDirectory(prefix="twin-lambda-") as folder:
        root = Path(folder, "task")
        root.mkdir()
        try:
            with zipfile.ZipFile(io.BytesIO(function.code_bytes)) as bundle:
                bundle.extractall(root)
        except zipfile.BadZipFile:
            return _failure("Runtime.BadArchive", "the function's code is not a zip archive")
        answer = Path(folder, "answer.json")
        try:
            done = subprocess.run(
                [*command, str(root), str(function.handler), str(answer)],
                input=json.dumps(event),
                env=_environment(function, endpoint),
                cwd=root,
                capture_output=True,
                text=True,
                timeout=int(function.timeout),
                check=False,
            )
        except subprocess.TimeoutExpired:
            return _failure("Sandbox.Timedout", f"Task timed out after {function.timeout}.00 seconds")
        log = done.stdout + done.stderr
        if not answer.exists():
            return _failure("Runtime.ExitError", f"Runtime exited with error: exit status {done.returncode}", log)
        return answer.read_text(), done.returncode != 0, log


def _command(runtime: str) -> list[str] | None:
    if runtime.startswith("python"):
        return [sys.executable, str(_HERE / "run_python.py")]
    node = shutil.which("node")
    if runtime.startswith("nodejs") and node:
        return [node, str(_HERE / "run_node.js")]
    return None


def _failure(kind: str, message: str, log: str = "") -> Outcome:
    return json.dumps({"errorType": kind, "errorMessage": message}), True, log or message


def _environment(function: Any, endpoint: str) -> dict[str, str]:
    aws = {
        "AWS_ACCESS_KEY_ID": "testing",
        "AWS_SECRET_ACCESS_KEY": "testing",
        "AWS_REGION": function.region,
        "AWS_DEFAULT_REGION": function.region,
        "AWS_EXECUTION_ENV": f"AWS_Lambda_{function.run_time}",
        "AWS_LAMBDA_FUNCTION_NAME": function.function_name,
        "AWS_LAMBDA_FUNCTION_VERSION": str(function.version),
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": str(function.memory_size),
        "AWS_LAMBDA_LOG_GROUP_NAME": function.logs_group_name,
        "TWIN_FUNCTION_ARN": function.function_arn,
        "TWIN_REQUEST_ID": str(uuid.uuid4()),
        "TWIN_TIMEOUT": str(function.timeout),
        **({"AWS_ENDPOINT_URL": endpoint} if endpoint else {}),
    }
    path = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
    return {**path, **aws, **{name: str(value) for name, value in function.environment_vars.items()}}


def _record(function: Any, milliseconds: float, failed: bool) -> None:
    """What Lambda publishes of each invocation."""
    cloudwatch = cloudwatch_backends[function.account_id][function.region]
    dimensions = [{"Name": "FunctionName", "Value": function.function_name}]
    data = (
        ("Invocations", 1.0, "Count"),
        ("Errors", float(failed), "Count"),
        ("Duration", milliseconds, "Milliseconds"),
    )
    cloudwatch.put_metric_data(
        "AWS/Lambda",
        [{"MetricName": name, "Value": value, "Unit": unit, "Dimensions": dimensions} for name, value, unit in data],
    )
