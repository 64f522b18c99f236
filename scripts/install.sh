#!/usr/bin/env bash
# The first step of action.yml: finds or installs launchway and says where it is in the output `binary`.
#
# In this order: the `binary` input; the tool cache; the release's archive. What is from the network or the cache must have the
# SHA-256 of checksums/VERSION.txt beside action.yml: without one nothing is downloaded. Where this checkout has no release (a
# branch, a fork), it is built with cargo. What happens to lie on PATH or in the workspace has no say.
set -euo pipefail
# None of these may change what this script does.
unset ENV BASH_ENV CDPATH

here=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")/.." && pwd)
temp=${RUNNER_TEMP:-$(mktemp -d)}

fail() {
  local text=${1//'%'/%25}
  text=${text//$'\r'/%0D}
  echo "::error title=launchway::${text//$'\n'/%0A}"
  exit 1
}

found() {
  echo "launchway: $2"
  echo "binary=$1" >>"$GITHUB_OUTPUT"
  exit 0
}

sha256() {
  if command -v sha256sum >/dev/null; then
    sha256sum <"$1"
  else
    shasum -a 256 <"$1"
  fi | cut -d ' ' -f 1
}

target() {
  local system=${RUNNER_OS:-$(uname -s)} machine=${RUNNER_ARCH:-$(uname -m)}
  case $machine in
  X64 | x86_64 | amd64) machine=x86_64 ;;
  ARM64 | aarch64 | arm64) machine=aarch64 ;;
  *) return 1 ;;
  esac
  case $system in
  Linux) echo "$machine-unknown-linux-musl" ;;
  macOS | Darwin) echo "$machine-apple-darwin" ;;
  Windows | MINGW* | MSYS*) echo "$machine-pc-windows-msvc" ;;
  *) return 1 ;;
  esac
}

extension=
if [[ ${RUNNER_OS:-} == Windows ]]; then extension=.exe; fi

if [[ -n ${INPUT_BINARY:-} ]]; then
  cd -- "${INPUT_DIRECTORY:-.}" || fail "there is no working-directory $INPUT_DIRECTORY"
  binary=$INPUT_BINARY
  if [[ $binary != */* && $binary != *\\* ]]; then
    binary=$(type -P -- "$binary") || fail "the input binary names no program on PATH: $INPUT_BINARY (a file here is ./$INPUT_BINARY)"
  fi
  if [[ ! -f $binary || ! -x $binary ]]; then fail "the input binary names no program: $INPUT_BINARY"; fi
  found "$(cd -- "$(dirname -- "$binary")" && pwd)/$(basename -- "$binary")" "the given $binary"
fi

own=$(sed -n 's/^version = "\(.*\)"$/\1/p' "$here/Cargo.toml" | head -n 1)
version=${INPUT_VERSION:-}
version=${version#v}
wanted=${version:-$own}
if [[ ! $wanted =~ ^[0-9]+\.[0-9]+\.[0-9]+([.+-][0-9A-Za-z.+-]+)?$ ]]; then fail "not a version: $wanted"; fi

table=$here/checksums/$wanted.txt
if [[ -f $table ]]; then
  triple=$(target) || fail "there is no release for ${RUNNER_OS:-$(uname -s)} on ${RUNNER_ARCH:-$(uname -m)}"
  archive=launchway-$triple.tar.gz
  expected=$(awk -v name="$archive" '$2 == name || $2 == "*" name { print $1 }' "$table")
  if [[ ! $expected =~ ^[0-9a-f]{64}$ ]]; then fail "checksums/$wanted.txt does not know $archive"; fi
  # What is run was extracted in this job from a copy that nobody else can write, after that was verified.
  place=$(mktemp -d "$temp/launchway-XXXXXX")
  copy=$place/$archive
  cache=${RUNNER_TOOL_CACHE:-$temp}/launchway/$wanted/$triple
  if ! cp -- "$cache/$archive" "$copy" 2>/dev/null || [[ $(sha256 "$copy") != "$expected" ]]; then
    base=${LAUNCHWAY_DOWNLOAD_URL:-https://github.com/launchway/launchway/releases/download}
    protocol="=https"
    if [[ $base == http://127.0.0.1:* ]]; then protocol="=http"; fi
    curl --proto "$protocol" --tlsv1.2 --fail --silent --show-error --location --retry 5 \
      --output "$copy" "$base/v$wanted/$archive" || fail "cannot download $archive of $wanted"
    actual=$(sha256 "$copy")
    if [[ $actual != "$expected" ]]; then
      rm -f -- "$copy"
      fail "$archive of $wanted has the SHA-256 $actual, not $expected: it was not used"
    fi
    if ! {
      mkdir -p -- "$cache" && new=$(mktemp "$cache/download-XXXXXX") && cp -- "$copy" "$new" && mv -f -- "$new" "$cache/$archive"
    } 2>/dev/null; then
      echo "launchway: the tool cache can't be written: $cache. $wanted is kept in $place, for this job only"
    fi
  fi
  # By standard input: tar takes the C: of a path for a host.
  tar -xzf - -C "$place" "launchway-$triple/launchway$extension" <"$copy"
  found "$place/launchway-$triple/launchway$extension" "$wanted, verified"
fi

if [[ -n $version && $version != "$own" ]]; then
  fail "this version of the action knows no checksum of launchway $version: use the action's tag v$version instead"
fi
command -v cargo >/dev/null ||
  fail "there is no release of this checkout, and no cargo to build it with: use a released tag, or the input binary"
echo "::group::Build launchway $own from the action's own checkout"
# Cargo and rustup read settings of the directory they run in, and of the job's environment. Neither is the workspace's to make.
cd -- "$here"
for name in $(compgen -e); do
  case $name in CARGO_* | RUSTC* | RUSTDOC* | RUSTFLAGS) unset "$name" ;; esac
done
export RUSTUP_TOOLCHAIN=stable
cargo build --release --locked --target-dir "$temp/launchway-target"
echo "::endgroup::"
found "$temp/launchway-target/release/launchway$extension" "$own, built from source"
