#!/bin/sh
# What `make run` does after the build: starts the server on the embedded store, waits until it is
# ready, sends the demo through it, prints address and credentials, and goes on serving until Ctrl-C.
#
#   scripts/run.sh [BINARY]        default: build/release/axonflow
#
# Read from the environment, with the defaults below: PORT, AXONFLOW_DATA_DIR, DEPLOYMENT_MODE,
# PII_ACTION, SQLI_ACTION. Exit code: the server's, or 1 when it did not get ready or the demo failed.
# When the server could not start at all (2, 3), nothing was changed.
set -eu

cd "$(dirname "$0")/.."
binary=${1:-build/release/axonflow}
ready_wait_s=20
stop_wait_s=30

if [ ! -x "$binary" ]; then
  echo "run.sh: $binary is not there; run \`make build\` first" >&2
  exit 3
fi

export PORT="${PORT:-8080}"
export DEPLOYMENT_MODE="${DEPLOYMENT_MODE:-community}"
export AXONFLOW_DATA_DIR="${AXONFLOW_DATA_DIR:-./var}"
export PII_ACTION="${PII_ACTION:-redact}"
export SQLI_ACTION="${SQLI_ACTION:-block}"
url="http://127.0.0.1:$PORT"

# First, so that a start that fails does not end the secret that a running server knows.
"$binary" serve --check >/dev/null || exit $?

# Before the start, so that the server knows the client from its first snapshot on. A secret cannot be
# shown again, so a later run gives the same client a new one.
credentials=$("$binary" client rotate demo -o json 2>/dev/null) ||
  credentials=$("$binary" client create --tenant demo --client-id demo -o json)
field() { printf '%s' "$credentials" | sed -n "s/.*\"$1\":\"\([^\"]*\)\".*/\1/p"; }
client_id=$(field client_id)
client_secret=$(field client_secret)

"$binary" serve &
server=$!
stopping=

# Passes the signal on and lets the server drain; the waits below reap it.
stop() {
  stopping=yes
  kill -TERM "$server" 2>/dev/null || true
}
trap stop INT TERM

# The shell reaps a child that ended while it waits for `sleep`, so this is false soon after the end.
runs() { kill -0 "$1" 2>/dev/null; }

# The secret goes by the environment, since arguments show in `ps`.
AXONFLOW_CLIENT_ID="$client_id" AXONFLOW_CLIENT_SECRET="$client_secret" \
  "$binary" demo --url "$url" --wait "$ready_wait_s" &
demo=$!
while runs "$demo" && runs "$server"; do sleep 0.2; done

if ! runs "$server" || [ -n "$stopping" ]; then
  kill "$demo" 2>/dev/null || true
  wait "$demo" 2>/dev/null || true
elif ! wait "$demo"; then
  echo "run.sh: the demo failed; stopping the server" >&2
  trap - INT TERM
  kill -TERM "$server" 2>/dev/null || true
  ( sleep "$stop_wait_s"; kill -KILL "$server" 2>/dev/null ) &
  watchdog=$!
  wait "$server" 2>/dev/null || true
  kill "$watchdog" 2>/dev/null || true
  exit 1
fi
if runs "$server" && [ -z "$stopping" ]; then
  cat <<END

AxonFlow serves on $url ($DEPLOYMENT_MODE mode, data in $AXONFLOW_DATA_DIR)
  client_id      $client_id
  client_secret  $client_secret
Ctrl-C stops it.
END
fi

# A signal ends `wait` early; the server is still draining then, so wait again until it is gone.
status=0
while :; do
  wait "$server" && status=0 || status=$?
  runs "$server" || break
done
exit "$status"
