# Copyright (c) stackwright.aws contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The code that a function begins with; afterwards its releases own it."""

from __future__ import annotations

from typing import Any

from .. import packages
from .base import Context, Options

#: What a function runs before its first release, by language: an answer that says so. Messages of queues are not taken
#: from them: they come back, and after some attempts wait among the dead letters.
_PLACEHOLDERS = {
    "nodejs": (
        ".js",
        """\
exports.{name} = async (event) => {{
  if (event && event.Records) throw new Error("awaiting the first release");
  return {{ statusCode: 200, body: "awaiting the first release" }};
}};
""",
    ),
    "python": (
        ".py",
        """\
def {name}(event, context):
    if isinstance(event, dict) and event.get("Records"):
        raise RuntimeError("awaiting the first release")
    return {{"statusCode": 200, "body": "awaiting the first release"}}
""",
    ),
}


def placeholder_languages() -> tuple[str, ...]:
    """How the names of runtimes begin that there is a placeholder for."""
    return tuple(_PLACEHOLDERS)


def code(options: Options, context: Context) -> dict[str, Any]:
    """The properties that say which code: kept as described if it stands inline, else where the function begins."""
    chosen = options["code"] or {}
    suffix, template = next(
        (made for language, made in _PLACEHOLDERS.items() if (options["runtime"] or "").startswith(language)),
        ("", ""),
    )
    module, _dot, name = options["handler"].rpartition(".")
    file = f"{module or 'index'}{suffix}"
    if chosen.get("package"):
        return {"Code": {"ZipFile": _package(chosen["package"], name, suffix, context), "FileName": file}}
    if chosen.get("inline"):
        return {"Code": {"ZipFile": chosen["inline"], "FileName": file}}
    if chosen.get("image"):
        return {"InitialCode": {"ImageUri": _image(chosen["image"], context)}}
    if chosen.get("bucket"):
        stored = {"S3Bucket": _bucket(chosen["bucket"], context), "S3Key": chosen["key"]}
        return {"InitialCode": {**stored, "S3ObjectVersion": chosen.get("version")}}
    return {"InitialCode": {"ZipFile": template.format(name=name), "FileName": file}}


def _package(package: str, handler: str, suffix: str, context: Context) -> str:
    """The source of a function that the collection brings along."""
    if suffix != ".py" or handler != "handler":
        context.problem(
            "code.package", f"{package!r} is Python with a `handler`; set runtime python3.13 and leave handler"
        )
    return packages.source(package)


def _bucket(name: str, context: Context) -> Any:
    return context.value(f"{name}.name", "code.bucket") if name.startswith("bucket.") else name


def _image(name: str, context: Context) -> Any:
    return context.value(name, "code.image") if name.startswith("repository.") else context.fill(name, "code.image")
