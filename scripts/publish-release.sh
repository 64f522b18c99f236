#!/usr/bin/env bash
# Publishes dist/ as a release of this commit: puts its checksums into a commit on top of it, and the tag on that. Nothing
# is published if the branch has moved meanwhile: then the tag would be on code that was not built.
set -euo pipefail
version=${1:?usage: publish-release.sh VERSION}
branch=${GITHUB_REF_NAME:?}

mkdir -p checksums
cp dist/SHA256SUMS "checksums/$version.txt"
sum() { awk -v name="launchway-$1-unknown-linux-musl.tar.gz" '$2 == name { print $1 }' dist/SHA256SUMS; }
# The component for GitLab can't read a file beside it: its defaults are the table.
awk -v version="$version" -v x86_64="$(sum x86_64)" -v aarch64="$(sum aarch64)" '
  /^    version:$/ { value = version }
  /^    sha256-x86_64:$/ { value = x86_64 }
  /^    sha256-aarch64:$/ { value = aarch64 }
  value != "" && /^      default:/ { print "      default: \"" value "\""; value = ""; next }
  { print }' templates/deploy.yml >templates/deploy.yml.new
mv templates/deploy.yml.new templates/deploy.yml

content() { base64 <"$1" | tr -d '\n'; }
# Made by the API, the commit is signed; expectedHeadOid makes it fail if the branch has moved.
# shellcheck disable=SC2016 # The variables are GraphQL's.
query='mutation($input: CreateCommitOnBranchInput!) { createCommitOnBranch(input: $input) { commit { oid } } }'
commit=$(jq -n --arg query "$query" --arg repository "${GITHUB_REPOSITORY:?}" --arg branch "$branch" \
  --arg head "${GITHUB_SHA:?}" --arg version "$version" --arg table "$(content "checksums/$version.txt")" \
  --arg component "$(content templates/deploy.yml)" '{
    query: $query,
    variables: {input: {
      branch: {repositoryNameWithOwner: $repository, branchName: $branch},
      message: {headline: "Note the checksums of \($version)"},
      expectedHeadOid: $head,
      fileChanges: {additions: [
        {path: "checksums/\($version).txt", contents: $table},
        {path: "templates/deploy.yml", contents: $component}
      ]}
    }}
  }' | gh api graphql --input - --jq .data.createCommitOnBranch.commit.oid)
[[ $commit =~ ^[0-9a-f]{40}$ ]]
gh release create "v$version" dist/* --target "$commit" --title "launchway $version" --generate-notes
# The tag of the major version follows.
gh api --method PATCH "repos/$GITHUB_REPOSITORY/git/refs/tags/v${version%%.*}" -f "sha=$commit" -F force=true ||
  gh api --method POST "repos/$GITHUB_REPOSITORY/git/refs" -f "ref=refs/tags/v${version%%.*}" -f "sha=$commit"
