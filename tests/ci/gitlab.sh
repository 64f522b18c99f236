# shellcheck shell=bash
# The component with gitlab-ci-local. Sourced by run.sh.
: "${root:?}" "${work:?}"

# run_gitlab DIRECTORY LOG ARGUMENT...
run_gitlab() {
  local directory=$1 log=$2
  shift 2
  (cd "$directory" && HOME=$work gitlab-ci-local --force-shell-executor --shell-isolation \
    --variable "LAUNCHWAY_TEST_TEMPO=$LAUNCHWAY_TEST_TEMPO" --variable NO_COLOR=1 "$@" </dev/null >"$log" 2>&1) ||
    { tail -n 80 "$log"; return 1; }
}

# project DIRECTORY: a project of a user with the component beside it, since no GitLab is there to fetch it from.
project() {
  mkdir -p "$1/templates"
  cp -r "$root/tests/ci/shop/." "$1"
  cp "$root/templates/deploy.yml" "$1/templates/"
  git -C "$1" init --quiet --initial-branch=main
  git -C "$1" remote add origin https://gitlab.com/acme/shop.git
}

start_sandbox

project "$work/gitlab"
# The example for users, with the component from beside it, the binary under test, and without a person to start the second job.
sed -e 's|component: .*|local: templates/deploy.yml|' -e 's|^    inputs:$|&\n      binary: launchway|' -e 's|when: manual|when: on_success|' \
  "$root/examples/gitlab/.gitlab-ci.yml" >"$work/gitlab/.gitlab-ci.yml"
commit "$work/gitlab"
log=$work/gitlab.log
check "gitlab-ci-local: the example for users: staging, then production" \
  run_gitlab "$work/gitlab" "$log" --variable HEROKU_API_KEY="${token:?}" --variable "LAUNCHWAY_API_URL=${api_url:?}"
check "gitlab-ci-local: the second job promoted what the first one released" has "$log" "promote  production"
check "gitlab-ci-local: no token" lacks "$log" "$token"
stop_sandbox

project "$work/gitlab-red"
cat >"$work/gitlab-red/.gitlab-ci.yml" <<'END'
stages: [deploy, after]
include:
  - local: templates/deploy.yml
    inputs:
      binary: launchway
      args: |
        --sandbox
        --fault
        build=fail
        --fault
        log=hostile
launchway:
  allow_failure: true
after:
  stage: after
  script:
    - echo "the outcome is $LAUNCHWAY_OUTCOME, the code $LAUNCHWAY_EXIT_CODE"
END
commit "$work/gitlab-red"
log=$work/gitlab-red.log
check "gitlab-ci-local: a build that fails, with a hostile log" run_gitlab "$work/gitlab-red" "$log"
check "gitlab-ci-local: its exit code" has "$log" "WARN 10"
check "gitlab-ci-local: dotenv of a job that failed" has "$log" "the outcome is build_failed, the code 10"
check "gitlab-ci-local: no section of the log was opened" lacks "$log" $'section_start:0:evil[collapsed=true]\r'
