#!/usr/bin/env bash
# Drives the sandbox with the official Heroku CLI, a client that nobody here wrote.
#
#   tests/conformance/heroku-cli.sh LAUNCHWAY [CACHE_DIR]
#
# LAUNCHWAY is the binary to test; CACHE_DIR is where install.sh installs the CLI. Needs curl, tar, sha256sum and jq, too.
set -euo pipefail

launchway=$(realpath "${1:?usage: heroku-cli.sh LAUNCHWAY [CACHE_DIR]}")
work=$(mktemp -d)
server=
failures=0
table=()

cleanup() {
  if [[ -n $server ]]; then
    kill "$server" 2>/dev/null || true
    wait "$server" 2>/dev/null || true
  fi
  rm -rf "$work"
}
trap cleanup EXIT

# --- the CLI, and an environment in which it talks to nobody else -------------------------------------------------

cli=$(bash "$(dirname "${BASH_SOURCE[0]}")/install.sh" "${@:2}")

export HOME=$work/home
export XDG_CACHE_HOME=$HOME/.cache XDG_DATA_HOME=$HOME/.local XDG_CONFIG_HOME=$HOME/.config
export DISABLE_TELEMETRY=true HEROKU_DISABLE_AUTOUPDATE=1 HEROKU_SKIP_NEW_VERSION_CHECK=1 NO_COLOR=1
export HEROKU_API_KEY=conformance-token NO_PROXY=127.0.0.1
unset HEROKU_APP HEROKU_HEADERS HEROKU_DEBUG HTTP_PROXY HTTPS_PROXY ALL_PROXY http_proxy https_proxy all_proxy
mkdir -p "$XDG_CACHE_HOME/heroku"
touch "$XDG_CACHE_HOME/heroku/terms-of-service"

# --- the sandbox ---------------------------------------------------------------------------------------------------

mkdir -p "$work/app"
echo '{"name": "shop"}' >"$work/app/package.json"
cat >"$work/deploy.yaml" <<YAML
version: 1
platform: heroku
pipeline: acme-shop
source:
  dir: app
stages:
  - stage: staging
    app: shop-staging
  - stage: production
    apps: [shop-eu, shop-us]
YAML

# serve [FLAG...]: starts a fresh sandbox on a free port.
serve() {
  if [[ -n $server ]]; then
    kill "$server" 2>/dev/null || true
    wait "$server" 2>/dev/null || true
  fi
  : >"$work/ready"
  "$launchway" sandbox --config "$work/deploy.yaml" --port 0 --token "$HEROKU_API_KEY" "$@" \
    >"$work/ready" 2>"$work/sandbox.log" &
  server=$!
  for _ in {1..100}; do
    if [[ -s $work/ready ]]; then
      HEROKU_HOST=$(head -1 "$work/ready" | jq -er .api_url)
      export HEROKU_HOST
      return
    fi
    sleep 0.1
  done
  echo "the sandbox did not start:" >&2
  cat "$work/sandbox.log" >&2
  exit 1
}

# api METHOD PATH [BODY]: one call to the sandbox.
api() {
  local body=()
  if [[ $# -gt 2 ]]; then
    body=(-H 'Content-Type: application/json' -d "$3")
  fi
  curl -sS --fail-with-body -X "$1" "$HEROKU_HOST$2" -H 'Accept: application/vnd.heroku+json; version=3' \
    -H "Authorization: Bearer $HEROKU_API_KEY" "${body[@]}"
}

# build APP VERSION [RELEASE_COMMAND]: builds a small app, and waits until its release is there.
build() {
  local source build release
  echo 'web: node .' >"$work/app/Procfile"
  if [[ $# -gt 2 ]]; then
    echo "release: $3" >>"$work/app/Procfile"
  fi
  tar -czf "$work/source.tgz" -C "$work/app" .
  source=$(api POST /sources)
  curl -sS --fail-with-body -X PUT -H 'Content-Type:' --data-binary "@$work/source.tgz" \
    "$(jq -r .source_blob.put_url <<<"$source")"
  build=$(api POST "/apps/$1/builds" "$(jq -n --arg url "$(jq -r .source_blob.get_url <<<"$source")" \
    --arg sum "SHA256:$(sha256sum "$work/source.tgz" | cut -d' ' -f1)" --arg version "$2" \
    '{source_blob: {url: $url, checksum: $sum, version: $version}}')" | jq -r .id)
  for _ in {1..100}; do
    release=$(api GET "/apps/$1/builds/$build" | jq -r '.release.id // empty')
    if [[ -n $release ]] && [[ $(api GET "/apps/$1/releases/$release" | jq -r .status) == succeeded ]]; then
      return
    fi
    sleep 0.2
  done
  echo "the build of $1 did not end" >&2
  exit 1
}

# --- checks --------------------------------------------------------------------------------------------------------

# expect CODE "TEXT|TEXT..." ARGUMENT...: runs the CLI; it has to end with CODE and say every TEXT.
expect() {
  local code=$1 texts=$2 got=0 problem='' verdict=ok text
  shift 2
  timeout 120 "$cli" "$@" >"$work/out" 2>&1 </dev/null || got=$?
  if [[ $got -ne $code ]]; then
    problem="exit $got instead of $code"
  fi
  while IFS= read -r -d '|' text; do
    if [[ -n $text ]] && ! grep -qF -- "$text" "$work/out"; then
      problem="does not say \`$text\`"
    fi
  done <<<"$texts|"
  if [[ -n $problem ]]; then
    verdict=FAILED
    failures=$((failures + 1))
    printf 'FAILED: heroku %s: %s\n' "$*" "$problem" >&2
    sed 's/^/    /' "$work/out" >&2
  fi
  table+=("$(printf '%-7s %4s  %-58s %s' "$verdict" "$got" "heroku $*" \
    "$(grep -v '^ *$' "$work/out" | tail -1 | cut -c1-58)")")
}

serve
build shop-staging one
expect 0 '"name": "acme-shop"|"name": "shop-us"|"stage": "production"' pipelines:info acme-shop --json
expect 0 'acme-shop' pipelines
expect 0 'shop-staging|shop-eu|shop-us' apps
expect 0 'Deploy one|Initial release' releases -a shop-staging
expect 0 '"status": "succeeded"' releases -a shop-staging --json -n 1
current=$(api GET /apps/shop-staging/releases | jq '[.[] | select(.current)][0].version')
expect 0 "Release v$current|Deploy one|Eligible for Rollback?: Yes" releases:info "v$current" -a shop-staging
expect 0 'Promotion successful|shop-eu: succeeded' pipelines:promote -a shop-staging --to shop-eu
expect 0 'shop-eu: succeeded|shop-us: succeeded' pipelines:promote -a shop-staging
expect 0 'Promote shop-staging' releases -a shop-us
expect 0 'off' maintenance -a shop-eu
expect 2 "Couldn't find that app." releases -a no-such-app
HEROKU_API_KEY=wrong expect 1 'The token provided to HEROKU_API_KEY is invalid' releases -a shop-staging

# The pipeline itself, and add-ons.
expect 0 'Removing shop-us... done' pipelines:remove -a shop-us
expect 0 'Creating new-shop pipeline... done|Adding shop-us to new-shop pipeline as development... done' \
  pipelines:create new-shop -a shop-us -s development
expect 0 'Changing shop-us to staging... done' pipelines:update -a shop-us -s staging
expect 2 'App is already part of a pipeline.' pipelines:add new-shop -a shop-eu -s production
expect 0 'Removing shop-eu... done' pipelines:remove -a shop-eu
expect 0 'Adding shop-eu to new-shop pipeline as production... done' pipelines:add new-shop -a shop-eu -s production
expect 0 'owner: sandbox@example.com|shop-eu|production|shop-us|staging' pipelines:info new-shop
expect 0 'Renaming new-shop pipeline to newer-shop... done' pipelines:rename new-shop newer-shop
expect 0 'Destroying newer-shop pipeline... done' pipelines:destroy newer-shop
expect 1 'Pipeline not found' pipelines:info newer-shop
for app in shop-eu shop-us; do
  api POST /pipeline-couplings "$(api GET /pipelines/acme-shop | jq --arg app $app '{app: $app, pipeline: .id, stage: "production"}')" >/dev/null
done
api POST /apps/shop-eu/addons '{"plan": "heroku-postgresql:essential-0", "name": "shop-db"}' >/dev/null
expect 0 'heroku-postgresql:essential-0|shop-eu::HEROKU_POSTGRESQL|free|created' addons:info shop-db
expect 0 'shop-db|HEROKU_POSTGRESQL' addons -a shop-eu
expect 2 "Couldn't find that add" addons:info no-such-addon

build shop-staging two ./migrate
expect 0 'Running release command|$ ./migrate|shop-eu: succeeded' pipelines:promote -a shop-staging --to shop-eu
expect 0 'shop-eu: succeeded|shop-us: succeeded' pipelines:promote -a shop-staging
expect 0 '$ ./migrate' releases:output -a shop-us
expect 0 'Rolling back shop-us to v3... done, v5' releases:rollback -a shop-us
expect 0 'Rollback to v3' releases -a shop-us -n 1
expect 0 'Rolling back shop-us to v4... done, v6' releases:rollback v4 -a shop-us
expect 0 '$ ./migrate' releases:output v6 -a shop-us

serve --fault release-phase=fail:shop-us
build shop-staging three
expect 1 'shop-us: failed|release command failed' pipelines:promote -a shop-staging --to shop-us
expect 1 'shop-eu: succeeded|shop-us: failed|release command failed' pipelines:promote -a shop-staging
expect 0 'release command failed' releases -a shop-us

serve --fault target=fail:2
build shop-staging four
expect 1 'Promotion to some apps failed|Could not verify slug checksum' pipelines:promote -a shop-staging

serve --fault 'http=503,html@*:promotions' --fault 'http=429@1:GET releases'
expect 2 'reached the API rate limit' releases -a shop-staging

printf '\n%-7s %4s  %-58s %s\n' '' exit command 'last line'
printf '%s\n' "${table[@]}"
printf '\nheroku: %d checks, %d failed\n' "${#table[@]}" "$failures"
[[ $failures -eq 0 ]]
