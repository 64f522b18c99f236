#!/usr/bin/env bash
# The second step of action.yml: the inputs become arguments, and launchway takes the place of this shell.
set -euo pipefail

directory=${RUNNER_TEMP:-/tmp}/launchway
mkdir -p "$directory"
record=$(mktemp "$directory/record-XXXXXX")

args=("$INPUT_COMMAND" --config "$INPUT_CONFIG" --record "$record")
if [[ -n ${INPUT_TO:-} ]]; then args+=(--to "$INPUT_TO"); fi
if [[ -n ${INPUT_RELEASE:-} ]]; then args+=(--release "$INPUT_RELEASE"); fi
if [[ -n ${INPUT_TIMEOUT:-} ]]; then args+=(--timeout "$INPUT_TIMEOUT"); fi
if [[ -n ${INPUT_HTML:-} ]]; then args+=(--html "$INPUT_HTML"); fi
if [[ ${RUNNER_DEBUG:-} == 1 ]]; then args+=(--verbose); fi
while IFS= read -r line; do
  line=${line%$'\r'}
  if [[ -n $line ]]; then args+=("$line"); fi
done <<<"${INPUT_ARGS:-}"

binary=$LAUNCHWAY_BINARY
# What is for this shell is not for checks and hooks.
unset LAUNCHWAY_BINARY "${!INPUT_@}"
if [[ -z ${LAUNCHWAY_API_KEY:-} ]]; then unset LAUNCHWAY_API_KEY; fi
exec "$binary" "${args[@]}"
