# shellcheck shell=bash
# The stages' apps as a matrix: a job for each app, with act and with gitlab-ci-local. Sourced by run.sh, after github.sh and
# gitlab.sh.
: "${root:?}" "${work:?}"

# staged DIRECTORY: a project whose source is live in staging; the release is in release.
staged() {
  project "$1"
  commit "$1"
  (cd "$1" && LAUNCHWAY_API_KEY=${token:?} LAUNCHWAY_API_URL=${api_url:?} \
    launchway deploy --to staging --dotenv "$work/staged.env" 2>"$work/staged.log") || { tail -n 40 "$work/staged.log"; return 1; }
  release=$(sed -n 's/^LAUNCHWAY_RELEASE_ID_STAGING=//p' "$work/staged.env")
}
# child_pipeline DIRECTORY: its pipeline is the one of its matrix.
child_pipeline() { (cd "$1" && launchway plan --matrix=gitlab >.gitlab-ci.yml); }
# runs_in_production DIRECTORY: each app of production runs what staging runs.
runs_in_production() {
  (cd "$1" && LAUNCHWAY_API_KEY=$token LAUNCHWAY_API_URL=$api_url launchway status --json) |
    python3 -c 'import json, sys; sys.exit(any(app["drift"]["state"] != "same" for app in json.load(sys.stdin)["stages"][1]["apps"]))'
}

start_sandbox
staged "$work/matrix-github"
mkdir -p "$work/matrix-github/.github/workflows"
cat >"$work/matrix-github/.github/workflows/deploy.yml" <<'END'
on: push
permissions: {}
jobs:
  matrix:
    runs-on: ubuntu-latest
    outputs:
      apps: ${{ steps.plan.outputs.apps }}
    steps:
      - id: plan
        run: echo "apps=$(launchway plan --matrix --stage production)" >>"$GITHUB_OUTPUT"
  production:
    needs: matrix
    runs-on: ubuntu-latest
    strategy:
      fail-fast: false
      matrix: ${{ fromJSON(needs.matrix.outputs.apps) }}
    steps:
      - run: launchway promote --to "$STAGE" --app "$APP" --release "$RELEASE"
        env:
          STAGE: ${{ matrix.stage }}
          APP: ${{ matrix.app }}
          HEROKU_API_KEY: ${{ secrets.HEROKU_API_KEY }}
END
# Nothing is checked out: the steps run in the project itself.
sed -i "s|^      - run: launchway promote|      - working-directory: $work/matrix-github\n        run: launchway promote|; s|^        run: echo|        working-directory: $work/matrix-github\n&|" \
  "$work/matrix-github/.github/workflows/deploy.yml"
commit "$work/matrix-github"
log=$work/matrix-github.log
check "act: a matrix of plan, a job for each app" run_act "$work/matrix-github" "$log" -s HEROKU_API_KEY="$token" \
  --env "LAUNCHWAY_API_URL=$api_url" --env "RELEASE=${release:?}"
check "act: each job promoted to its app" has "$log" "v3 of acme-shop-staging → acme-shop-eu"
check "act: and the other to the other one" has "$log" "v3 of acme-shop-staging → acme-shop-us"
check "act: all of production runs it" runs_in_production "$work/matrix-github"
check "act: no token" lacks "$log" "$token"
stop_sandbox

start_sandbox
staged "$work/matrix-gitlab"
check "gitlab: a child pipeline without a token" child_pipeline "$work/matrix-gitlab"
commit "$work/matrix-gitlab"
log=$work/matrix-gitlab.log
check "gitlab-ci-local: the child pipeline, a job for each app" run_gitlab "$work/matrix-gitlab" "$log" \
  --variable HEROKU_API_KEY="$token" --variable "LAUNCHWAY_API_URL=$api_url" --variable "LAUNCHWAY_RELEASE_ID_STAGING=$release"
check "gitlab-ci-local: all of production runs it" runs_in_production "$work/matrix-gitlab"
check "gitlab-ci-local: no token" lacks "$log" "$token"
stop_sandbox
