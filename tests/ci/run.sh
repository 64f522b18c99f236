#!/usr/bin/env bash
# Runs what users of CI systems would run: the action with act, the component with gitlab-ci-local, bash as a runner
# starts it, and the linters of both systems. Usage: tests/ci/run.sh LAUNCHWAY [TOOLS], the path of a built launchway and
# a directory for tools.
#
# act and gitlab-ci-local are not the systems themselves: act kills without a signal and sets INPUT_* by itself, and
# neither has annotations, masks of later output or approval.
set -euo pipefail

launchway=$(realpath "${1:?usage: run.sh LAUNCHWAY [TOOLS]}")
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
tools=${2:-$root/target/ci-tools}
work=$(mktemp -d)
sandbox=
releases=
# start_sandbox: one platform for several jobs; its address is in api_url, its token in token.
start_sandbox() {
  token="sandbox-token-of-the-test"
  rm -f "$work/ready"
  mkfifo "$work/ready"
  launchway sandbox --config "$root/tests/ci/shop/deploy.yaml" --token "$token" >"$work/ready" 2>/dev/null &
  sandbox=$!
  local ready
  read -r ready <"$work/ready"
  api_url=$(python3 -c 'import json, sys; print(json.loads(sys.argv[1])["api_url"])' "$ready")
}
stop_sandbox() {
  if [[ -n $sandbox ]]; then
    kill "$sandbox" || true
    wait "$sandbox" || true
  fi
  sandbox=
}
# start_releases: a server of releases, of what is in $work/releases; its address is in releases_url.
start_releases() {
  mkdir -p "$work/releases"
  python3 -u -m http.server --bind 127.0.0.1 --directory "$work/releases" 0 >"$work/releases.log" 2>&1 &
  releases=$!
  until grep -q 'port' "$work/releases.log"; do sleep 0.1; done
  releases_url=http://127.0.0.1:$(sed -n 's/.* port \([0-9]*\).*/\1/p' "$work/releases.log")
}
finish() {
  stop_sandbox
  if [[ -n $releases ]]; then kill "$releases" || true; fi
  rm -rf "$work"
}
trap finish EXIT

PATH=$(bash "$root/tests/ci/tools.sh" "$tools"):$PATH
mkdir "$work/bin"
cp "$launchway" "$work/bin/launchway"
PATH=$work/bin:$PATH
export LAUNCHWAY_TEST_TEMPO=0.05
unset GITHUB_ACTIONS GITLAB_CI HEROKU_API_KEY AKKERIS_API_KEY LAUNCHWAY_API_KEY LAUNCHWAY_API_URL

passed=0
# check NAME COMMAND...: the command must succeed.
check() {
  local name=$1
  shift
  if "$@" >"$work/out" 2>&1; then
    passed=$((passed + 1))
    echo "ok    $name"
  else
    echo "FAIL  $name (exit code $?)"
    tail -n "${LINES_SHOWN:-60}" "$work/out" | sed 's/^/      /'
    exit 1
  fi
}
# has FILE TEXT, lacks FILE TEXT: a fixed text is in the file, or is not.
has() { grep -qF -- "$2" "$1" || { echo "not in $1: $2"; return 1; }; }
lacks() { ! grep -nF -- "$2" "$1"; }

start_releases
# shellcheck source=tests/ci/lint.sh
source "$root/tests/ci/lint.sh"
# shellcheck source=tests/ci/install.sh
source "$root/tests/ci/install.sh"
# shellcheck source=tests/ci/release.sh
source "$root/tests/ci/release.sh"
# shellcheck source=tests/ci/key.sh
source "$root/tests/ci/key.sh"
# shellcheck source=tests/ci/component.sh
source "$root/tests/ci/component.sh"
# shellcheck source=tests/ci/github.sh
source "$root/tests/ci/github.sh"
# shellcheck source=tests/ci/gitlab.sh
source "$root/tests/ci/gitlab.sh"
# shellcheck source=tests/ci/matrix.sh
source "$root/tests/ci/matrix.sh"
# shellcheck source=tests/ci/browser.sh
source "$root/tests/ci/browser.sh"
# shellcheck source=tests/ci/signals.sh
source "$root/tests/ci/signals.sh"
echo "$passed checks passed"
