# shellcheck shell=bash
# The token on its way to launchway, through the run step of the action. Sourced by run.sh.
: "${root:?}" "${work:?}"

# In place of launchway: it tells its arguments, its environment as others see it, and the token that it was given.
cat >"$work/teller" <<'END'
#!/usr/bin/env python3
import os, sys
with open("/proc/self/environ", "rb") as file:
    environ = file.read().decode().split("\0")
given = sys.stdin.read() if sys.argv[-2:] == ["--api-key-file", "-"] else None
print("arguments", sys.argv[1:])
print("token", given)
print("\n".join(sorted(environ)))
END
chmod +x "$work/teller"

# tell NAME=VALUE...: what the run step of the action would start.
tell() {
  env -i PATH="$PATH" RUNNER_TEMP="$work" LAUNCHWAY_BINARY="$work/teller" INPUT_COMMAND=plan INPUT_CONFIG=deploy.yaml \
    "$@" bash "$root/scripts/run.sh" >"$work/told" 2>"$work/told.err"
  cat "$work/told" "$work/told.err"
}
# by_pipe NAME=VALUE...: the token is s3cret-value, and it is in no argument and no variable.
by_pipe() {
  tell "$@"
  has "$work/told" "token s3cret-value" && [[ $(grep -c "s3cret-value" "$work/told") == 1 ]] && lacks "$work/told" "API_KEY"
}
# by_variable NAME=VALUE...: launchway chooses among the variables.
by_variable() {
  tell "$@"
  has "$work/told" "token None" && lacks "$work/told" "api-key-file', '-"
}
says() { has "$work/told" "$1" || has "$work/told.err" "$1"; }

check "key: the input goes through a pipe" by_pipe INPUT_API_KEY=s3cret-value
check "key: it is said whose it is" says "the token is the input api-key"
check "key: the input before the job's variables" \
  by_pipe INPUT_API_KEY=s3cret-value LAUNCHWAY_API_KEY=other HEROKU_API_KEY=other AKKERIS_API_KEY=other
check "key: an empty input hides no variable" by_pipe INPUT_API_KEY= LAUNCHWAY_API_KEY=s3cret-value
check "key: the job's HEROKU_API_KEY" by_pipe HEROKU_API_KEY=s3cret-value
check "key: it is said which variable it is" says "the token is HEROKU_API_KEY"
check "key: the job's AKKERIS_API_KEY, with an address" by_pipe AKKERIS_API_KEY=s3cret-value INPUT_API_URL=https://apps.example.com
check "key: the address is a variable of launchway" says "LAUNCHWAY_API_URL=https://apps.example.com"
check "key: without an address it stays Akkeris' own" by_variable AKKERIS_API_KEY=s3cret-value
check "key: of two platforms launchway chooses" by_variable AKKERIS_API_KEY=a HEROKU_API_KEY=b LAUNCHWAY_API_URL=https://apps.example.com
check "key: a file that the arguments name" by_variable HEROKU_API_KEY=other INPUT_ARGS=$'--api-key-file\n/run/key\n'
check "key: an empty address hides no variable" tell INPUT_API_URL= LAUNCHWAY_API_URL=https://apps.example.com
check "key: the job's address is kept" says "LAUNCHWAY_API_URL=https://apps.example.com"
check "key: inputs are not for commands" lacks "$work/told" "INPUT_"

# With launchway itself, while a check of it runs.
start_sandbox
mkdir "$work/key"
cp -r "$root/tests/ci/shop/." "$work/key"
cat >"$work/key/look.sh" <<'END'
# $PPID is launchway. Root may read what the user may not.
tr '\0' '\n' <"/proc/$PPID/environ" 2>/dev/null | grep -c "$1" >>seen
{ env; cat /proc/self/environ; ls -l /proc/self/fd; timeout 1 cat <&0; } 2>/dev/null | grep -c "$1" >>seen
:
END
sed -e "s|- http: {path: /, .*|- run: sh look.sh of-the-test|" "$root/tests/ci/shop/deploy.yaml" >"$work/key/deploy.yaml"
deploy_with_key() {
  : >"$work/key/seen"
  (cd "$work/key" && env -i PATH="$PATH" HOME="$work" RUNNER_TEMP="$work" LAUNCHWAY_TEST_TEMPO="$LAUNCHWAY_TEST_TEMPO" \
    LAUNCHWAY_BINARY="$(command -v launchway)" INPUT_COMMAND=deploy INPUT_CONFIG=deploy.yaml "$@" bash "$root/scripts/run.sh") &&
    [[ -s $work/key/seen ]] && ! grep -v '^0$' "$work/key/seen"
}
check "key: a check sees it nowhere" deploy_with_key INPUT_API_KEY="${token:?}" INPUT_API_URL="${api_url:?}"
stop_sandbox
