# shellcheck shell=bash
# The install step of the action, against a server of releases on this machine. Sourced by run.sh.
: "${root:?}" "${work:?}" "${launchway:?}"

action=$work/action
mkdir -p "$action/checksums" "$action/scripts" "$work/releases/v9.9.9" "$work/pack/launchway-x86_64-unknown-linux-musl"
cp "$root/scripts/install.sh" "$action/scripts/"
printf '[package]\nname = "launchway"\nversion = "9.9.9"\n' >"$action/Cargo.toml"
archive=launchway-x86_64-unknown-linux-musl.tar.gz
cp "$launchway" "$work/pack/launchway-x86_64-unknown-linux-musl/launchway"
tar -czf "$work/releases/v9.9.9/$archive" -C "$work/pack" launchway-x86_64-unknown-linux-musl
(cd "$work/releases/v9.9.9" && sha256sum "$archive") >"$action/checksums/9.9.9.txt"
python3 -u -m http.server --bind 127.0.0.1 --directory "$work/releases" 0 >"$work/server.log" 2>&1 &
# shellcheck disable=SC2034 # run.sh ends it.
sandbox=$!
until grep -q 'port' "$work/server.log"; do sleep 0.1; done
port=$(sed -n 's/.* port \([0-9]*\).*/\1/p' "$work/server.log")

# install NAME=VALUE...: runs the step, with a PATH that knows neither launchway nor cargo.
install() {
  : >"$work/installed"
  env -i PATH=/usr/local/bin:/usr/bin:/bin RUNNER_OS=Linux RUNNER_ARCH=X64 RUNNER_TEMP="$work" GITHUB_OUTPUT="$work/installed" \
    RUNNER_TOOL_CACHE="$work/cache" LAUNCHWAY_DOWNLOAD_URL="http://127.0.0.1:$port" "$@" bash "$action/scripts/install.sh"
}
# refuses TEXT NAME=VALUE...: the step fails with this text, and names no binary.
refuses() {
  local text=$1 said
  shift
  if said=$(install "$@" 2>&1); then
    echo "it did not fail: $said"
    return 1
  fi
  echo "$said"
  grep -qF -- "$text" <<<"$said" && [[ ! -s $work/installed ]]
}
installed_runs() { "$(sed -n 's/^binary=//p' "$work/installed")" --version; }

check "install: a release, verified" install
check "install: what was installed runs" installed_runs
mv "$work/releases/v9.9.9/$archive" "$work/kept"
check "install: from the tool cache, without the network" install
echo "changed" >>"$work/cache/launchway/9.9.9/x86_64-unknown-linux-musl/$archive"
check "install: a changed cache is not used" refuses "cannot download"
echo "something else" >"$work/releases/v9.9.9/$archive"
check "install: an archive with another checksum is not used" refuses "it was not used"
check "install: no checksum for this machine" refuses "does not know" RUNNER_ARCH=ARM64
check "install: no release for this machine" refuses "there is no release for" RUNNER_ARCH=X86
check "install: a version without a table" refuses "knows no checksum" INPUT_VERSION=1.0.0
check "install: no version" refuses "not a version" "INPUT_VERSION=1;id"
check "install: a binary that is not there" refuses "names no program" INPUT_BINARY=/nowhere/launchway
check "install: a binary that is there" install INPUT_BINARY="$launchway"
rm "$action/checksums/9.9.9.txt"
check "install: neither a release nor cargo" refuses "no cargo to build it with"
stop_sandbox
