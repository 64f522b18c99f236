#!/usr/bin/env bash
# Ends with an error unless this commit may be released: it is of main, its workflows passed, and Cargo.toml has the version.
set -euo pipefail
version=${1:?usage: may-release.sh VERSION}

fail() {
  echo "::error title=release::$1"
  exit 1
}
if [[ ! $version =~ ^[0-9]+\.[0-9]+\.[0-9]+(-[0-9A-Za-z.]+)?$ ]]; then fail "the input is no version"; fi
if [[ ${GITHUB_REF:?} != refs/heads/main ]]; then fail "a release is made of main, not of ${GITHUB_REF}"; fi
grep -qxF "version = \"$version\"" Cargo.toml || fail "Cargo.toml does not have the version $version"
for workflow in ci.yml rehearsal.yml; do
  runs="repos/${GITHUB_REPOSITORY:?}/actions/workflows/$workflow/runs?head_sha=${GITHUB_SHA:?}&branch=main&event=push&status=success"
  passed=$(gh api "$runs" --jq .total_count)
  if [[ ! $passed =~ ^[1-9][0-9]*$ ]]; then fail "$workflow has not passed on $GITHUB_SHA"; fi
done
