#!/usr/bin/env bash
# The second step of action.yml: the inputs become arguments, and launchway takes the place of this shell.
set -euo pipefail

directory=$(mktemp -d "${RUNNER_TEMP:-${TMPDIR:-/tmp}}/launchway-run-XXXXXX")

args=("$INPUT_COMMAND" --config "$INPUT_CONFIG" --record "$directory/record.json")
if [[ -n ${INPUT_TO:-} ]]; then args+=(--to "$INPUT_TO"); fi
if [[ -n ${INPUT_RELEASE:-} ]]; then args+=(--release "$INPUT_RELEASE"); fi
if [[ -n ${INPUT_TIMEOUT:-} ]]; then args+=(--timeout "$INPUT_TIMEOUT"); fi
if [[ -n ${INPUT_HTML:-} ]]; then args+=(--html "$INPUT_HTML"); fi
if [[ ${RUNNER_DEBUG:-} == 1 ]]; then args+=(--verbose); fi
key_file=
while IFS= read -r line; do
  line=${line%$'\r'}
  if [[ -n $line ]]; then args+=("$line"); fi
  if [[ $line == --api-key-file* ]]; then key_file=named; fi
done <<<"${INPUT_ARGS:-}"

if [[ -n ${INPUT_API_URL:-} ]]; then export LAUNCHWAY_API_URL=$INPUT_API_URL; fi

# The first key that is there. A key of the job's environment that belongs to one platform is taken only where it can't reach
# the other one: launchway itself chooses between two of them, and without an address Akkeris' key has nowhere to go.
key=${INPUT_API_KEY:-${LAUNCHWAY_API_KEY:-}} from="the input api-key"
if [[ -z ${INPUT_API_KEY:-} ]]; then from=LAUNCHWAY_API_KEY; fi
if [[ -z $key && -z ${AKKERIS_API_KEY:-} ]]; then key=${HEROKU_API_KEY:-} from=HEROKU_API_KEY; fi
if [[ -z $key && -z ${HEROKU_API_KEY:-} && -n ${LAUNCHWAY_API_URL:-} ]]; then key=${AKKERIS_API_KEY:-} from=AKKERIS_API_KEY; fi

binary=$LAUNCHWAY_BINARY
# What is for this shell is not for checks and hooks.
unset LAUNCHWAY_BINARY "${!INPUT_@}"
if [[ -z $key || -n $key_file ]]; then exec "$binary" "${args[@]}"; fi
# The key goes through a pipe that is empty once it is read: /proc/PID/environ of launchway has none. Its standard input is the
# one file descriptor that programs on every system know; commands that launchway starts get another one.
unset LAUNCHWAY_API_KEY HEROKU_API_KEY AKKERIS_API_KEY
echo "launchway: the token is $from" >&2
exec "$binary" "${args[@]}" --api-key-file - < <(printf %s "$key")
