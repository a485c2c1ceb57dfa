#!/usr/bin/env bash
# Install syncsteps from the action's own checkout, beside everything, and sync with it.
# LOCK, TARGET and OPTIONS (one on each line) are the action's inputs.
set -euo pipefail

tool="$RUNNER_TEMP/syncsteps"
checkout="$(cd "$(dirname "$0")/../../.." && pwd)"
python3 -m pip install --quiet --disable-pip-version-check --upgrade --target "$tool" "$checkout" uv

report="$RUNNER_TEMP/syncsteps.json"
arguments=(--json "$report")
[ -z "$LOCK" ] || arguments+=(--lock "$LOCK")
[ -z "$TARGET" ] || arguments+=(--python "$TARGET")
while IFS= read -r option; do
  [ -z "$option" ] || arguments+=("$option")
done <<< "$OPTIONS"

status=0
env PYTHONPATH="$tool" UV_CACHE_DIR="$RUNNER_TEMP/syncsteps-cache" PIP_CACHE_DIR="$RUNNER_TEMP/syncsteps-cache" \
  python3 -m syncsteps sync "${arguments[@]}" || status=$?

if [ -f "$report" ]; then
  python3 - "$report" >> "$GITHUB_OUTPUT" <<'PYTHON'
import json
import sys

with open(sys.argv[1], encoding="utf-8") as file:
    run = json.load(file)
print("changed=" + str(run["changed"]).lower())
print("digest=" + (run["digest"] or ""))
print("report=" + sys.argv[1])
PYTHON
fi
exit "$status"
