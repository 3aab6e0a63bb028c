#!/bin/sh
# Runs every libFuzzer target of the fuzz build for FUZZ_SECONDS (60) seconds and stops at the first
# finding; the input that caused it stays in build/fuzz/findings.
set -eu
cd "$(dirname "$0")/.."

seconds=${FUZZ_SECONDS:-60}
# A regression of speed is a finding too: 10 s for one input is far above anything legitimate.
timeout_seconds=10
mkdir -p build/fuzz/findings
count=0
for target in build/fuzz/bin/*_fuzz; do
  name=$(basename "$target")
  corpus=build/fuzz/corpus/$name
  mkdir -p "$corpus"
  seeds=""
  [ -d "fuzz/seeds/$name" ] && seeds="fuzz/seeds/$name"
  echo "== $name, $seconds s"
  # shellcheck disable=SC2086 # no seeds means no argument
  "$target" -max_total_time="$seconds" -timeout="$timeout_seconds" -rss_limit_mb=2048 \
    -max_len=65536 -artifact_prefix="build/fuzz/findings/$name-" -print_final_stats=1 \
    "$corpus" $seeds 2>"build/fuzz/$name.log" || {
    tail -n 60 "build/fuzz/$name.log" >&2
    echo "$name: FOUND a problem, see build/fuzz/findings and build/fuzz/$name.log" >&2
    exit 1
  }
  grep -E 'number_of_executed_units' "build/fuzz/$name.log" || true
  count=$((count + 1))
done
[ "$count" -gt 0 ] || { echo "no fuzz target was built" >&2; exit 1; }
echo "$count fuzz targets clean"
