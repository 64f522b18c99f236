# shellcheck shell=bash
# Linters: of the action, the workflows, the component and the shell. Sourced by run.sh.
: "${root:?}" "${work:?}"
cd "$root" || exit
mapfile -t workflows < <(ls .github/workflows/*.yml examples/github/*.yml)
check "zizmor" zizmor --offline --strict-collection --persona auditor --config .github/zizmor.yml action.yml .github/dependabot.yml "${workflows[@]}"
check "actionlint" actionlint "${workflows[@]}"
check "schema of the action" check-jsonschema --builtin-schema vendor.github-actions action.yml
check "schema of the workflows" check-jsonschema --builtin-schema vendor.github-workflows "${workflows[@]}"
check "schema of dependabot.yml" check-jsonschema --builtin-schema vendor.dependabot .github/dependabot.yml
for file in action.yml "${workflows[@]}"; do
  # It is older than the permission `attestations`; the schema above knows it.
  if grep -q 'attestations:' "$file"; then continue; fi
  check "action-validator $file" action-validator "$file"
done
# The checker reads one document: what is behind the header of the component.
sed '1,/^---$/d' templates/deploy.yml >"$work/component.yml"
check "schema of the component" check-jsonschema --builtin-schema vendor.gitlab-ci --data-transform gitlab-ci \
  "$work/component.yml" examples/gitlab/.gitlab-ci.yml
check "shellcheck" shellcheck --external-sources .ci/run fuzz/*.sh scripts/*.sh tests/ci/*.sh tests/conformance/*.sh
# The component's script, which runs in whatever shell the image has.
awk '/^    - \|$/ { inside = 1; next } inside && !/^      / && NF { exit } inside { sub(/^      /, ""); print }' \
  templates/deploy.yml >"$work/component.sh"
check "the component's script was found" grep -q launchway-record.json "$work/component.sh"
check "shellcheck of the component" shellcheck --shell=sh "$work/component.sh"
