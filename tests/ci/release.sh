# shellcheck shell=bash
# The release scripts, with a GitHub that plays along or doesn't. Sourced by run.sh.
: "${root:?}" "${work:?}"

release=$work/release
mkdir -p "$release/bin"
cat >"$release/bin/gh" <<'END'
#!/usr/bin/env bash
# In place of GitHub: it keeps the draft, and notes each command.
echo "$*" >>"$GH_LOG"
case "$*" in
"api repos/acme/launchway/actions/workflows/$RED_WORKFLOW/"*) echo 0 ;;
*/actions/workflows/*) echo 1 ;;
"release create"*) cp -r dist "$GH_STORE" ;;
"release download"*)
  cp "$GH_STORE"/* "${@: -1}"
  if [[ $FAULT == altered ]]; then echo more >>"${@: -1}/launchway-x86_64-unknown-linux-musl.tar.gz"; fi
  if [[ $FAULT == added ]]; then touch "${@: -1}/another.tar.gz"; fi
  ;;
"attestation verify"*) [[ $FAULT != unsigned ]] ;;
"api graphql"*) cat >/dev/null; [[ $FAULT != moved ]] && printf '%040d\n' 1 ;;
"release edit"*) ;;
*/commits/v*) if [[ $FAULT == tag ]]; then printf '%040d\n' 2; else printf '%040d\n' 1; fi ;;
*/contents/checksums/*) cat "$GH_STORE/SHA256SUMS" ;;
*) echo "unknown: $*" >&2; exit 1 ;;
esac
END
chmod +x "$release/bin/gh"

# released_with NAME=VALUE...: both scripts on a checkout with built archives.
released_with() {
  rm -rf "$release/tree" "$release/store" "$release/log"
  mkdir -p "$release/tree/dist" "$release/tree/templates"
  cp "$root/templates/deploy.yml" "$release/tree/templates/"
  printf '[package]\nversion = "9.9.9"\n' >"$release/tree/Cargo.toml"
  (
    cd "$release/tree/dist" || exit
    for target in x86_64 aarch64; do echo "$target" >"launchway-$target-unknown-linux-musl.tar.gz"; done
    echo '{}' >launchway.cdx.json
    sha256sum -- * >"$release/sums"
    mv "$release/sums" SHA256SUMS
  )
  (
    cd "$release/tree" || exit
    env -i PATH="$release/bin:$PATH" GH_LOG="$release/log" GH_STORE="$release/store" GITHUB_REPOSITORY=acme/launchway FAULT= \
      RED_WORKFLOW=none GITHUB_SHA="$(printf '%040d' 0)" GITHUB_REF=refs/heads/main "$@" \
      bash -euc "bash '$root/scripts/may-release.sh' 9.9.9 && bash '$root/scripts/publish-release.sh' 9.9.9"
  ) | tee "$release/said"
}
# unpublished NAME=VALUE...: it fails, and what was never published stays so.
unpublished() {
  if released_with "$@"; then return 1; fi
  touch "$release/log" # There is none where nothing was asked.
  lacks "$release/log" "release edit"
}

check "release: main, green" released_with
check "release: it is said only after a fresh download was verified" has "$release/said" "verified from a download"
check "release: every file's signature was asked for" test "$(grep -c '^attestation verify' "$release/log")" = 4
check "release: no tag is moved" lacks "$release/log" "git/refs"
check "release: the component has the checksums" has "$release/tree/templates/deploy.yml" \
  "$(sha256sum <"$release/tree/dist/launchway-x86_64-unknown-linux-musl.tar.gz" | cut -d ' ' -f 1)"
for workflow in ci.yml rehearsal.yml; do
  check "release: not with $workflow red" unpublished RED_WORKFLOW="$workflow"
done
check "release: not from another branch" unpublished GITHUB_REF=refs/heads/feature
check "release: not from a tag" unpublished GITHUB_REF=refs/tags/v9.9.9
for fault in altered added unsigned moved; do
  check "release: not published: $fault" unpublished FAULT="$fault"
done
tag_elsewhere() { ! released_with FAULT=tag; }
check "release: a tag elsewhere is not done" tag_elsewhere
