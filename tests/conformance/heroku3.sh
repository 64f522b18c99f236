#!/usr/bin/env bash
# Drives the sandbox with PyPI's heroku3, a client that nobody here wrote.
#
#   tests/conformance/heroku3.sh [LAUNCHWAY [CACHE_DIR]]
#
# LAUNCHWAY is the binary to test; without one heroku3 is installed, and no more. CACHE_DIR takes a virtual environment of 40 MB. Needs Python 3.9 or later with venv, and
# PyPI when it is made.
set -euo pipefail

readonly version=5.2.1
venv=${2:-${TMPDIR:-/tmp}/launchway-conformance}/heroku3-$version
if [[ ! -x $venv/bin/python ]] || ! "$venv/bin/python" -c 'import heroku3' 2>/dev/null; then
  echo "installing heroku3==$version from PyPI into $venv" >&2
  python3 -m venv --clear "$venv" >&2
  # It uses six without asking for it.
  "$venv/bin/python" -m pip install --quiet --disable-pip-version-check "heroku3==$version" six >&2
fi
[[ -n ${1:-} ]] || exit 0
exec "$venv/bin/python" "$(dirname "${BASH_SOURCE[0]}")/heroku3_walk.py" "$(realpath "$1")"
