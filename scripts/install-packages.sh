#!/bin/sh
# Installs the apt packages named in the given lists (packages/*.txt) that are not there yet.
# Only root can install; anybody else is told the command to run and gets exit status 1.
set -eu

missing=""
for list in "$@"; do
  while read -r name _; do
    case "$name" in '' | '#'*) continue ;; esac
    status=$(dpkg-query -W -f '${db:Status-Abbrev}' "$name" 2>/dev/null || true)
    case "$status" in ii*) ;; *) missing="$missing $name" ;; esac
  done <"$list"
done
[ -n "$missing" ] || exit 0

if [ "$(id -u)" -ne 0 ]; then
  echo "These packages are missing:$missing" >&2
  echo "Install them with: sudo apt-get update && sudo apt-get install -y --no-install-recommends$missing" >&2
  exit 1
fi
export DEBIAN_FRONTEND=noninteractive
apt-get update -q
# shellcheck disable=SC2086 # the list is words on purpose
apt-get install -y -q --no-install-recommends $missing
