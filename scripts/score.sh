#!/bin/sh
# Scores the built-in policies on detection corpora that lie outside the repository: CORPORA names a
# folder with a score.py that posts texts to a server. Without such a folder there is nothing to do.
set -eu
cd "$(dirname "$0")/.."

corpora=${CORPORA:-../shared/corpora}
if [ ! -f "$corpora/score.py" ]; then
  echo "score: skipped, no score.py in $corpora (set CORPORA)"
  exit 0
fi
port=${PORT:-8090}
data=$(mktemp -d)
log=$data/server.log
env -i PATH="$PATH" HOME="$data" DEPLOYMENT_MODE=community PORT="$port" AXONFLOW_DATA_DIR="$data/var" \
  build/release/axonflow serve >"$log" 2>&1 &
server=$!
trap 'kill "$server" 2>/dev/null || true; wait "$server" 2>/dev/null || true; rm -rf "$data"' EXIT
tries=0
until curl -fsS -o /dev/null "http://127.0.0.1:$port/readyz" 2>/dev/null; do
  tries=$((tries + 1))
  if [ "$tries" -gt 100 ] || ! kill -0 "$server" 2>/dev/null; then
    echo "score: the server did not become ready" >&2
    cat "$log" >&2
    exit 1
  fi
  sleep 0.1
done
AXONFLOW_ENDPOINT="http://127.0.0.1:$port" python3 "$corpora/score.py" "$@"
