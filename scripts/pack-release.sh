#!/usr/bin/env bash
# Packs the built binary of a target, with completions and licences, into dist/launchway-TARGET.tar.gz.
set -euo pipefail
target=${1:?usage: pack-release.sh TARGET}

binary=launchway
if [[ $target == *windows* ]]; then binary=launchway.exe; fi
built=target/$target/release/$binary
name=launchway-$target
rm -rf "dist/$name"
mkdir -p "dist/$name/completions" "dist/$name/man"
cp "$built" "dist/$name/"
for file in README.md CHANGELOG.md LICENSE* deploy.example.yaml deploy.schema.json; do
  if [[ -f $file ]]; then cp "$file" "dist/$name/"; fi
done
# The pages that the README leads to.
cp -R docs SECURITY.md CONTRIBUTING.md "dist/$name/"
for shell in bash zsh fish powershell elvish; do
  "$built" completions "$shell" >"dist/$name/completions/launchway.$shell"
done
"$built" manual >"dist/$name/man/launchway.1"
tar -czf "dist/$name.tar.gz" -C dist "$name"
rm -rf "dist/$name"
