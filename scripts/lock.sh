#!/usr/bin/env bash
# Resolve requirements-dev.txt into requirements.lock, and the distribution of collections beside it: exact versions
# and file hashes for every Python from 3.11, on any platform. Commit what changes.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
uv=.cache/uv
[[ -x $uv/bin/uv ]] || { .venv/bin/python -m venv "$uv" && "$uv/bin/pip" install -qq uv; }

resolve() { # resolve SOURCE LOCK REMARK
  {
    echo "# Resolved by \`make lock\` from $1. $3"
    "$uv/bin/uv" pip compile --quiet --universal --python-version 3.11 --upgrade --generate-hashes \
      --no-annotate --no-header --no-emit-index-url --no-emit-find-links "${@:4}" "$1"
  } >"$2.new"
  mv "$2.new" "$2"
}

resolve requirements-dev.txt requirements.lock 'Change that file, not this one.'
resolve requirements-collections.txt requirements-collections.lock 'Change that file, not this one.' --no-deps
