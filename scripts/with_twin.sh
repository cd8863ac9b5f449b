#!/usr/bin/env bash
# Run a command against a twin of its own: scripts/with_twin.sh FOLDER COMMAND [ARGUMENT ...]
#
# The twin's log and environment file are kept in FOLDER; the twin ends with the command, however that ends.
set -euo pipefail
folder=$1
shift
checkout=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
mkdir -p "$folder"
folder=$(cd "$folder" && pwd)

# A profile or an endpoint of one service in the caller's environment would lead past the twin.
for name in $(compgen -v AWS_); do unset "$name"; done

twin() (cd "$checkout" && exec .venv/bin/python -m twin "$@" --directory "$folder" --env-file "$folder/env" >/dev/null)
trap 'twin stop' EXIT
trap 'exit 130' INT
trap 'exit 143' TERM
twin start
# shellcheck source=/dev/null
source "$folder/env"
"$@"
