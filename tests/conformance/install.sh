#!/usr/bin/env bash
# Installs the official Heroku CLI that heroku-cli.sh drives, once, and prints its path. Its version is pinned.
#
#   tests/conformance/install.sh [CACHE_DIR]
#
# CACHE_DIR takes 395 MB; it is a directory of its own in the temporary directory if left out. Needs node 20 or later and npm.
set -euo pipefail

readonly version=11.10.0
cli=${1:-${TMPDIR:-/tmp}/launchway-conformance}/heroku-$version
if [[ ! -x $cli/node_modules/.bin/heroku ]]; then
  echo "installing heroku@$version from npm into $cli" >&2
  mkdir -p "$cli"
  npm install --prefix "$cli" --no-audit --no-fund --loglevel=error "heroku@$version" >&2
fi
realpath "$cli/node_modules/.bin/heroku"
