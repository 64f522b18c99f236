//! The variables of each CI system.

use super::{System, Vars};

/// Where a system says what; the first variable that is set counts.
#[derive(Debug, Default)]
pub(super) struct Fields {
    pub(super) commit: &'static [&'static str],
    pub(super) branch: &'static [&'static str],
    pub(super) tag: &'static [&'static str],
    pub(super) pull_request: &'static [&'static str],
    pub(super) run_url: &'static [&'static str],
    pub(super) workspace: &'static [&'static str],
}

const NONE: Fields = Fields {
    commit: &[],
    branch: &[],
    tag: &[],
    pull_request: &[],
    run_url: &[],
    workspace: &[],
};

/// The systems by the variable that gives them away. Specific ones come first: some runners set the variables of others, too.
const SYSTEMS: &[(&str, System, Fields)] = &[
    (
        "GITHUB_ACTIONS",
        System::Github,
        Fields {
            commit: &["GITHUB_SHA"],
            workspace: &["GITHUB_WORKSPACE"],
            ..NONE
        },
    ),
    (
        "GITLAB_CI",
        System::Gitlab,
        Fields {
            // In a pipeline of merged results CI_COMMIT_SHA is a commit that GitLab made.
            commit: &["CI_MERGE_REQUEST_SOURCE_BRANCH_SHA", "CI_COMMIT_SHA"],
            branch: &["CI_MERGE_REQUEST_SOURCE_BRANCH_NAME", "CI_COMMIT_BRANCH"],
            tag: &["CI_COMMIT_TAG"],
            pull_request: &["CI_MERGE_REQUEST_IID"],
            run_url: &["CI_JOB_URL", "CI_PIPELINE_URL"],
            workspace: &["CI_PROJECT_DIR"],
        },
    ),
    (
        "TF_BUILD",
        System::Azure,
        Fields {
            commit: &["SYSTEM_PULLREQUEST_SOURCECOMMITID", "BUILD_SOURCEVERSION"],
            branch: &["SYSTEM_PULLREQUEST_SOURCEBRANCH", "BUILD_SOURCEBRANCH"],
            pull_request: &["SYSTEM_PULLREQUEST_PULLREQUESTNUMBER"],
            workspace: &["BUILD_SOURCESDIRECTORY"],
            ..NONE
        },
    ),
    (
        "BUILDKITE",
        System::Buildkite,
        Fields {
            commit: &["BUILDKITE_COMMIT"],
            branch: &["BUILDKITE_BRANCH"],
            tag: &["BUILDKITE_TAG"],
            pull_request: &["BUILDKITE_PULL_REQUEST"],
            run_url: &["BUILDKITE_BUILD_URL"],
            ..NONE
        },
    ),
    (
        "CIRCLECI",
        System::Circle,
        Fields {
            commit: &["CIRCLE_SHA1"],
            branch: &["CIRCLE_BRANCH"],
            tag: &["CIRCLE_TAG"],
            pull_request: &["CIRCLE_PULL_REQUEST"],
            run_url: &["CIRCLE_BUILD_URL"],
            ..NONE
        },
    ),
    (
        "BITBUCKET_BUILD_NUMBER",
        System::Bitbucket,
        Fields {
            commit: &["BITBUCKET_COMMIT"],
            branch: &["BITBUCKET_BRANCH"],
            tag: &["BITBUCKET_TAG"],
            pull_request: &["BITBUCKET_PR_ID"],
            ..NONE
        },
    ),
    (
        "TRAVIS",
        System::Travis,
        Fields {
            commit: &["TRAVIS_PULL_REQUEST_SHA", "TRAVIS_COMMIT"],
            branch: &["TRAVIS_PULL_REQUEST_BRANCH", "TRAVIS_BRANCH"],
            tag: &["TRAVIS_TAG"],
            pull_request: &["TRAVIS_PULL_REQUEST"],
            run_url: &["TRAVIS_BUILD_WEB_URL"],
            ..NONE
        },
    ),
    (
        "DRONE",
        System::Drone,
        Fields {
            commit: &["DRONE_COMMIT_SHA"],
            branch: &["DRONE_SOURCE_BRANCH", "DRONE_BRANCH"],
            tag: &["DRONE_TAG"],
            pull_request: &["DRONE_PULL_REQUEST"],
            run_url: &["DRONE_BUILD_LINK"],
            ..NONE
        },
    ),
    (
        "SEMAPHORE",
        System::Semaphore,
        Fields {
            commit: &["SEMAPHORE_GIT_PR_SHA", "SEMAPHORE_GIT_SHA"],
            branch: &["SEMAPHORE_GIT_PR_BRANCH", "SEMAPHORE_GIT_BRANCH"],
            tag: &["SEMAPHORE_GIT_TAG_NAME"],
            pull_request: &["SEMAPHORE_GIT_PR_NUMBER"],
            ..NONE
        },
    ),
    (
        "APPVEYOR",
        System::Appveyor,
        Fields {
            commit: &["APPVEYOR_PULL_REQUEST_HEAD_COMMIT", "APPVEYOR_REPO_COMMIT"],
            branch: &[
                "APPVEYOR_PULL_REQUEST_HEAD_REPO_BRANCH",
                "APPVEYOR_REPO_BRANCH",
            ],
            tag: &["APPVEYOR_REPO_TAG_NAME"],
            pull_request: &["APPVEYOR_PULL_REQUEST_NUMBER"],
            ..NONE
        },
    ),
    (
        "CIRRUS_CI",
        System::Cirrus,
        Fields {
            commit: &["CIRRUS_CHANGE_IN_REPO"],
            branch: &["CIRRUS_BRANCH"],
            tag: &["CIRRUS_TAG"],
            pull_request: &["CIRRUS_PR"],
            ..NONE
        },
    ),
    (
        "CODEBUILD_BUILD_ARN",
        System::Codebuild,
        Fields {
            commit: &["CODEBUILD_RESOLVED_SOURCE_VERSION"],
            ..NONE
        },
    ),
    (
        "TEAMCITY_VERSION",
        System::Teamcity,
        Fields {
            commit: &["BUILD_VCS_NUMBER"],
            ..NONE
        },
    ),
    (
        "JENKINS_URL",
        System::Jenkins,
        Fields {
            commit: &["GIT_COMMIT"],
            branch: &["CHANGE_BRANCH", "BRANCH_NAME", "GIT_BRANCH"],
            tag: &["TAG_NAME"],
            pull_request: &["CHANGE_ID", "ghprbPullId"],
            run_url: &["BUILD_URL"],
            workspace: &["WORKSPACE"],
        },
    ),
];

const WOODPECKER: Fields = Fields {
    commit: &["CI_COMMIT_SHA"],
    branch: &["CI_COMMIT_SOURCE_BRANCH", "CI_COMMIT_BRANCH"],
    tag: &["CI_COMMIT_TAG"],
    pull_request: &["CI_COMMIT_PULL_REQUEST"],
    run_url: &["CI_PIPELINE_URL"],
    workspace: &["CI_WORKSPACE"],
};

/// The system that these variables are of.
pub(super) fn find(vars: Vars<'_>) -> Option<(System, &'static Fields)> {
    if vars.get("CI") == Some("woodpecker") {
        return Some((System::Woodpecker, &WOODPECKER));
    }
    SYSTEMS
        .iter()
        .find(|(variable, _, _)| vars.get(variable).is_some_and(|v| v != "false"))
        .map(|(_, system, fields)| (*system, fields))
}
