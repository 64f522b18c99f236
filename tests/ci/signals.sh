# shellcheck shell=bash
# Cancelling, as the runners do it. Sourced by run.sh.
: "${root:?}" "${work:?}"
for signal in INT TERM; do
  check "SIG$signal to the shell alone, as GitHub's runner sends it" \
    python3 "$root/tests/ci/cancel.py" "$root" "$work/cancel-$signal" "$signal" shell
done
check "SIGTERM to the process group, as GitLab's runner sends it" \
  python3 "$root/tests/ci/cancel.py" "$root" "$work/cancel-group" TERM group
