# shellcheck shell=bash
# The action with act. Sourced by run.sh.
: "${root:?}" "${work:?}"

# checkout DIRECTORY: what git tracks of this repository, as a repository of its own.
checkout() {
  mkdir -p "$1"
  git -C "$root" ls-files -z --cached --others --exclude-standard | (cd "$root" && xargs -0 tar -c --no-recursion) | tar -x -C "$1"
  git -C "$1" init --quiet --initial-branch=main
  git -C "$1" remote add origin https://gitlab.com/launchway/launchway.git
  commit "$1"
}
commit() {
  git -C "$1" add --all
  git -C "$1" -c user.name=ci -c user.email=ci@example.com commit --quiet --message "as it is"
}

# run_act DIRECTORY LOG ARGUMENT...
run_act() {
  local directory=$1 log=$2
  shift 2
  (cd "$directory" && XDG_CACHE_HOME=$work/act HOME=$work act push -P ubuntu-latest=-self-hosted --no-cache-server \
    --pull=false --action-offline-mode --env "LAUNCHWAY_DOWNLOAD_URL=${releases_url:?}" --env "LAUNCHWAY_TEST_TEMPO=$LAUNCHWAY_TEST_TEMPO" --env NO_COLOR=1 "$@" \
    </dev/null >"$log" 2>&1) || { tail -n 80 "$log"; return 1; }
}

# act says of each command that it heard what it is: in a log of ours it says so of our own only.
hostile_unheard() {
  has "$1" "not from launchway" && lacks "$1" "::set-output:: token=" && lacks "$1" "Error: not from launchway" && lacks "$1" "  ::error file=app.js"
}

# released DIRECTORY: the checkout is that of a release, whose archive is the binary under test.
released() {
  local version name
  version=$(sed -n 's/^version = "\(.*\)"$/\1/p' "$1/Cargo.toml" | head -n 1)
  name=launchway-$(uname -m)-unknown-linux-musl
  mkdir -p "$1/checksums" "$work/releases/v$version" "$work/released/$name"
  cp "${launchway:?}" "$work/released/$name/launchway"
  tar -czf "$work/releases/v$version/$name.tar.gz" -C "$work/released" "$name"
  (cd "$work/releases/v$version" && sha256sum "$name.tar.gz") >"$1/checksums/$version.txt"
  commit "$1"
}

checkout "$work/repository"
released "$work/repository"
log=$work/rehearsal.log
check "act: a deploy, its outputs in later steps and jobs; a build that fails, its exit code" \
  run_act "$work/repository" "$log" -W .github/workflows/rehearsal.yml --matrix os:ubuntu-latest
check "act: the released binary, verified" has "$log" "verified"
check "act: the job that reads outputs ran" has "$log" "[[ 0a"
check "act: logs are folded" has "$log" "build log of acme-shop-staging"
# What the hostile log of the sandbox asks for has not happened: act would say so.
check "act: no command of the log was heard" hostile_unheard "$log"

# Two jobs against one platform, as examples/github/deploy.yml has them.
start_sandbox
mkdir -p "$work/user/.github/workflows"
cp -r "$root/tests/ci/shop/." "$work/user"
cp "$root/examples/github/deploy.yml" "$work/user/.github/workflows/"
git -C "$work/user" init --quiet --initial-branch=main
commit "$work/user"
log=$work/user.log
check "act: the example for users, two jobs: staging, then production" \
  run_act "$work/user" "$log" -s HEROKU_API_KEY="${token:?}" --env "LAUNCHWAY_API_URL=${api_url:?}" \
  --local-repository "launchway/launchway@v0.1.0=$work/repository"
check "act: the second job promoted" has "$log" "promote  production"
check "act: no token" lacks "$log" "$token"
stop_sandbox
