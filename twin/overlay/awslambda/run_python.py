# Copyright (c) stackwright.aws contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Runs the handler of a Python function once: task folder, handler and the file for the answer are given."""

from __future__ import annotations

import importlib
import json
import os
import sys
import time
import traceback
from pathlib import Path


class Context:
    """What a handler is given beside the event."""

    function_name = os.environ.get("AWS_LAMBDA_FUNCTION_NAME", "")
    function_version = os.environ.get("AWS_LAMBDA_FUNCTION_VERSION", "")
    invoked_function_arn = os.environ.get("TWIN_FUNCTION_ARN", "")
    memory_limit_in_mb = os.environ.get("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "")
    aws_request_id = os.environ.get("TWIN_REQUEST_ID", "")
    log_group_name = os.environ.get("AWS_LAMBDA_LOG_GROUP_NAME", "")
    _end = time.monotonic() + float(os.environ.get("TWIN_TIMEOUT", "3"))

    def get_remaining_time_in_millis(self) -> int:
        return int((self._end - time.monotonic()) * 1000)


def main(root: str, handler: str, answer: str) -> int:
    sys.path[0] = root
    event = json.load(sys.stdin)
    module, _, name = handler.rpartition(".")
    try:
        result = getattr(importlib.import_module(module.replace("/", ".")), name)(event, Context())
        Path(answer).write_text(json.dumps(result))
    except Exception as error:
        trace = traceback.format_exc().splitlines()
        failure = {"errorMessage": str(error), "errorType": type(error).__name__, "stackTrace": trace}
        Path(answer).write_text(json.dumps(failure))
        traceback.print_exc()
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
