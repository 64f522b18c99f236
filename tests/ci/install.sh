# shellcheck shell=bash
# The install step of the action, against a server of releases on this machine. Sourced by run.sh.
: "${root:?}" "${work:?}" "${launchway:?}" "${releases_url:?}"

action=$work/action
mkdir -p "$action/checksums" "$action/scripts" "$work/releases/v9.9.9" "$work/pack/launchway-x86_64-unknown-linux-musl"
cp "$root/scripts/install.sh" "$action/scripts/"
printf '[package]\nname = "launchway"\nversion = "9.9.9"\n' >"$action/Cargo.toml"
archive=launchway-x86_64-unknown-linux-musl.tar.gz
cp "$launchway" "$work/pack/launchway-x86_64-unknown-linux-musl/launchway"
tar -czf "$work/releases/v9.9.9/$archive" -C "$work/pack" launchway-x86_64-unknown-linux-musl
(cd "$work/releases/v9.9.9" && sha256sum "$archive") >"$action/checksums/9.9.9.txt"

# install NAME=VALUE...: runs the step, with a PATH that knows neither launchway nor cargo.
install() {
  : >"$work/installed"
  env -i PATH=/usr/local/bin:/usr/bin:/bin RUNNER_OS=Linux RUNNER_ARCH=X64 RUNNER_TEMP="$work" GITHUB_OUTPUT="$work/installed" \
    RUNNER_TOOL_CACHE="$work/cache" LAUNCHWAY_DOWNLOAD_URL="$releases_url" "$@" bash "$action/scripts/install.sh"
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

# install_says TEXT NAME=VALUE...: the step succeeds with this text.
install_says() {
  local text=$1
  shift
  install "$@" >"$work/out.install" 2>&1
  has "$work/out.install" "$text"
}

# The workspace of a stranger: a launchway in it and on PATH, and cargo's settings.
hostile=$work/hostile
mkdir -p "$hostile/bin" "$hostile/.cargo"
cat >"$hostile/bin/launchway" <<END
#!/bin/sh
touch "$hostile/was-run"
echo "launchway 9.9.9"
END
cp "$hostile/bin/launchway" "$hostile/launchway"
sed 's/^echo.*/exec "$@"/' "$hostile/bin/launchway" >"$hostile/bin/wrapper"
chmod +x "$hostile/bin/"* "$hostile/launchway"
printf '[build]\nrustc-wrapper = "%s"\n' "$hostile/bin/wrapper" >"$hostile/.cargo/config.toml"
printf '[toolchain]\nchannel = "no-such-toolchain"\n' >"$hostile/rust-toolchain.toml"
hostile_path=$hostile/bin:/usr/local/bin:/usr/bin:/bin
# in_hostile COMMAND...: in that workspace, nothing of it is run.
in_hostile() {
  rm -f "$hostile/was-run"
  (cd "$hostile" && "$@") && [[ ! -e $hostile/was-run ]]
}

check "install: a release, verified" install
check "install: what was installed runs" installed_runs
check "install: a launchway on PATH and in the workspace is not used" in_hostile install PATH="$hostile_path"
check "install: unless the input binary names it" install_says "the given $hostile/bin/launchway" PATH="$hostile_path" INPUT_BINARY=launchway
mv "$work/releases/v9.9.9/$archive" "$work/kept"
check "install: from the tool cache, without the network" install
cp "$work/kept" "$work/releases/v9.9.9/$archive"
touch "$work/no-directory"
check "install: a tool cache that can't be created" install_says "the tool cache can't be written" RUNNER_TOOL_CACHE="$work/no-directory"
check "install: what was installed without a cache runs" installed_runs
rm "$work/releases/v9.9.9/$archive"
echo "changed" >>"$work/cache/launchway/9.9.9/x86_64-unknown-linux-musl/$archive"
check "install: a changed cache is not used" refuses "cannot download"
echo "something else" >"$work/releases/v9.9.9/$archive"
check "install: an archive with another checksum is not used" refuses "it was not used"
check "install: no checksum for this machine" refuses "does not know" RUNNER_ARCH=ARM64
check "install: no release for this machine" refuses "there is no release for" RUNNER_ARCH=X86
check "install: a version without a table" refuses "knows no checksum" INPUT_VERSION=1.0.0
check "install: no version" refuses "not a version" "INPUT_VERSION=1;id"
check "install: an input can't give the runner a command" refuses "1%0A::set-output" $'INPUT_VERSION=1\n::set-output name=binary::/x'
check "install: a binary that is not there" refuses "names no program" INPUT_BINARY=/nowhere/launchway
check "install: a binary that is not on PATH" refuses "names no program on PATH" INPUT_BINARY=launchway
check "install: a binary that is there" install INPUT_BINARY="$launchway"
check "install: a binary, relative to where launchway will run" \
  install_says "the given ./launchway" INPUT_BINARY=./launchway INPUT_DIRECTORY="$hostile"
rm "$action/checksums/9.9.9.txt"
check "install: neither a release nor cargo" refuses "no cargo to build it with"

# The fallback, with a small crate in place of launchway: a workspace and an environment that would run a program of theirs.
mkdir -p "$action/src"
echo 'fn main() { println!("built"); }' >"$action/src/main.rs"
printf 'version = 4\n\n[[package]]\nname = "launchway"\nversion = "9.9.9"\n' >"$action/Cargo.lock"
with_cargo=("PATH=${CARGO_HOME:-$HOME/.cargo}/bin:$PATH" "HOME=$HOME" "RUSTUP_HOME=${RUSTUP_HOME:-$HOME/.rustup}"
  "CARGO_BUILD_RUSTC_WRAPPER=$hostile/bin/wrapper" "RUSTC_WRAPPER=$hostile/bin/wrapper" "RUSTC=$hostile/bin/launchway"
  "RUSTUP_TOOLCHAIN=no-such-toolchain" "RUSTFLAGS=-C linker=/nowhere" "CARGO_TARGET_DIR=$hostile/target")
check "install: cargo reads nothing of the workspace or the job's environment" in_hostile install "${with_cargo[@]}"
check "install: what was built runs" test "$("$(sed -n 's/^binary=//p' "$work/installed")")" = built
