#!/usr/bin/env bash
# Publishes dist/ as a release of this commit of main: a draft, verified from a fresh download, then its checksums in a commit on
# top of this one, and the tag on that. Nothing is published if main has moved meanwhile: then the tag would be on code that was
# not built. No tag is ever moved.
set -euo pipefail
version=${1:?usage: publish-release.sh VERSION}
branch=main
if [[ ${GITHUB_REF:?} != refs/heads/$branch ]]; then
  echo "::error title=release::a release is made of main, not of $GITHUB_REF"
  exit 1
fi

(cd dist && sha256sum --check --strict --quiet SHA256SUMS)
# The files that the draft has are those that the build jobs made: checksums, and the signature of this workflow at this commit.
gh release create "v$version" dist/* --draft --target "${GITHUB_SHA:?}" --title "launchway $version" --generate-notes
fresh=$(mktemp -d)
gh release download "v$version" --dir "$fresh"
cmp dist/SHA256SUMS "$fresh/SHA256SUMS"
diff <(cd dist && ls) <(cd "$fresh" && ls)
(cd "$fresh" && sha256sum --check --strict --quiet SHA256SUMS)
for file in "$fresh"/*; do
  gh attestation verify "$file" --repo "${GITHUB_REPOSITORY:?}" --signer-workflow "$GITHUB_REPOSITORY/.github/workflows/release.yml" \
    --source-ref "refs/heads/$branch" --source-digest "$GITHUB_SHA" --deny-self-hosted-runners
done

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
gh release edit "v$version" --draft=false --target "$commit"
# What users get: the tag is on that commit, and the table there is that of the files.
tagged=$(gh api "repos/$GITHUB_REPOSITORY/commits/v$version" --jq .sha)
[[ $tagged == "$commit" ]]
gh api "repos/$GITHUB_REPOSITORY/contents/checksums/$version.txt?ref=v$version" -H "Accept: application/vnd.github.raw" |
  cmp - "$fresh/SHA256SUMS"
echo "launchway $version is published, and verified from a download"
