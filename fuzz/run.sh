#!/usr/bin/env bash
# Runs every fuzz target for some seconds, from the seeds on: `fuzz/run.sh [SECONDS [TARGET...]]`, 10 s each unless said.
# No nightly toolchain is needed: without a sanitizer all flags are those of a stable compiler.
set -euo pipefail
cd "$(dirname "$0")/.."

seconds=${1:-10}
targets=("${@:2}")

command -v cargo-fuzz >/dev/null || cargo install --quiet --locked cargo-fuzz@0.13.2
# What is built is what is written down; cargo-fuzz has no flag for that.
cargo fetch --quiet --locked --manifest-path fuzz/Cargo.toml
cargo fuzz build --sanitizer none
if ((${#targets[@]} == 0)); then
  mapfile -t targets < <(cargo fuzz list)
fi

for target in "${targets[@]}"; do
  printf -- '--- %s, %ss\n' "$target" "$seconds"
  options=(-max_total_time="$seconds" -timeout=10 -rss_limit_mb=1024 -print_final_stats=1 -verbosity=0)
  if [[ -f fuzz/dictionaries/$target ]]; then
    options+=(-dict="fuzz/dictionaries/$target")
  fi
  mkdir -p "fuzz/corpus/$target"
  # What is found goes to the first directory, which git does not know.
  cargo fuzz run --sanitizer none "$target" "fuzz/corpus/$target" "fuzz/seeds/$target" -- "${options[@]}"
done
