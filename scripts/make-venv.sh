#!/bin/sh
# Makes .venv with exactly the packages of tests/requirements.txt; does nothing when it is there
# already for the same list.
set -eu
cd "$(dirname "$0")/.."

stamp=.venv/requirements.sha256
wanted=$(sha256sum tests/requirements.txt | cut -d' ' -f1)
if [ -f "$stamp" ] && [ "$(cat "$stamp")" = "$wanted" ]; then
  exit 0
fi
rm -rf .venv
python3 -m venv .venv
.venv/bin/pip install --quiet --disable-pip-version-check -r tests/requirements.txt
echo "$wanted" >"$stamp"
