# shellcheck shell=bash
# The component's script in the shells that images have, without the `set -e` of GitLab's runner. Sourced by run.sh, after
# key.sh (the teller in place of launchway) and lint.sh (the script of the component).
: "${root:?}" "${work:?}"

mkdir -p "$work/component/bin" "$work/component/tmp"
name=launchway-$(uname -m)-unknown-linux-musl
mkdir "$work/component/$name"
cp "$work/teller" "$work/component/$name/launchway"
tar -czf "$work/component/archive.tar.gz" -C "$work/component" "$name"
right=$(sha256sum <"$work/component/archive.tar.gz" | cut -d ' ' -f 1)
wrong=${right//[0-8]/9}
# In place of curl: it brings the archive, or fails.
cat >"$work/component/bin/curl" <<END
#!/bin/sh
while [ "\$1" != --output ]; do shift; done
stat -c %a "\$(dirname "\$2")" >"$work/component/mode"
test -z "\$CURL_FAILS" && cp "$work/component/archive.tar.gz" "\$2"
END
chmod +x "$work/component/bin/curl"
# A launchway that happens to be on PATH.
printf '#!/bin/sh\necho a stranger\n' >"$work/component/bin/launchway"
chmod +x "$work/component/bin/launchway"

# component SHELL NAME=VALUE...: runs the script with the teller as the release.
component() {
  local shell=$1
  shift
  # shellcheck disable=SC2086 # `busybox sh` is two words.
  (cd "$work/component" && umask 022 && env -i PATH="$work/component/bin:$PATH" TMPDIR="$work/component/tmp" LAUNCHWAY_IN_COMMAND=deploy \
    LAUNCHWAY_IN_CONFIG=deploy.yaml LAUNCHWAY_IN_VERSION=9.9.9 LAUNCHWAY_IN_TO= LAUNCHWAY_IN_RELEASE_OF= LAUNCHWAY_IN_ARGS= \
    LAUNCHWAY_IN_BINARY= LAUNCHWAY_IN_API_URL= LAUNCHWAY_IN_SHA256_X86_64="$right" LAUNCHWAY_IN_SHA256_AARCH64="$right" \
    "$@" $shell "$work/component.sh" >"$work/told" 2>&1)
}
# component_stops TEXT SHELL NAME=VALUE...: it ends with this text, and nothing of the archive or of PATH ran.
component_stops() {
  local text=$1 code=0
  shift
  component "$@" || code=$?
  has "$work/told" "$text" && lacks "$work/told" arguments && lacks "$work/told" stranger && [[ $code == 1 ]]
}
component_runs() {
  component "$@" && lacks "$work/told" LAUNCHWAY_IN_ && lacks "$work/told" stranger
}
component_by_pipe() {
  component_runs "$@" && has "$work/told" "token s3cret-value" && lacks "$work/told" API_KEY && [[ $(grep -c s3cret "$work/told") == 1 ]]
}
component_by_variable() { component_runs "$@" && has "$work/told" "token None"; }

for shell in sh dash bash "busybox sh"; do
  command -v "${shell%% *}" >/dev/null || { echo "skip  component: no $shell here"; continue; }
  check "component: $shell: a release, verified" component_runs "$shell"
  check "component: $shell: only the job's user may look where it lies" has "$work/component/mode" 700
  check "component: $shell: a wrong checksum stops it" \
    component_stops "it was not used" "$shell" LAUNCHWAY_IN_SHA256_X86_64="$wrong" LAUNCHWAY_IN_SHA256_AARCH64="$wrong"
  check "component: $shell: no checksum" \
    component_stops "nothing was downloaded" "$shell" LAUNCHWAY_IN_SHA256_X86_64= LAUNCHWAY_IN_SHA256_AARCH64=
  check "component: $shell: a download that fails" component_stops "cannot download" "$shell" CURL_FAILS=1
  check "component: $shell: no place for it" component_stops "no place" "$shell" TMPDIR=/nowhere
  check "component: $shell: a binary that is not there" component_stops "names no program" "$shell" LAUNCHWAY_IN_BINARY=./nowhere
  check "component: $shell: a binary that is there" component_runs "$shell" LAUNCHWAY_IN_BINARY="$work/teller"
  check "component: $shell: arguments, one a line" component "$shell" LAUNCHWAY_IN_ARGS=$'--to\na stage; id'
  check "component: $shell: they stay whole" has "$work/told" "'--to', 'a stage; id'"
  check "component: $shell: the key goes through a pipe" component_by_pipe "$shell" HEROKU_API_KEY=s3cret-value
  check "component: $shell: the key that launchway's variable holds comes first" \
    component_by_pipe "$shell" LAUNCHWAY_API_KEY=s3cret-value HEROKU_API_KEY=other AKKERIS_API_KEY=other
  check "component: $shell: Akkeris, with an address" \
    component_by_pipe "$shell" AKKERIS_API_KEY=s3cret-value LAUNCHWAY_IN_API_URL=https://apps.example.com
  check "component: $shell: the address is a variable of launchway" has "$work/told" "LAUNCHWAY_API_URL=https://apps.example.com"
  check "component: $shell: Akkeris, without an address" component_by_variable "$shell" AKKERIS_API_KEY=other
  check "component: $shell: of two platforms launchway chooses" component_by_variable "$shell" AKKERIS_API_KEY=a HEROKU_API_KEY=b
done
check "component: the image is pinned by its digest" grep -qE '^      default: curlimages/curl:[0-9.]+@sha256:[0-9a-f]{64}$' "$root/templates/deploy.yml"
