use super::*;

const SHA: &str = "1a2b3c4d5e6f708192a3b4c5d6e7f8091a2b3c4d";
const HEAD: &str = "ffffffffffffffffffffffffffffffffffffffff";

fn detect(variables: &[(&str, &str)]) -> Context {
    let event = format!(r#"{{"pull_request": {{"head": {{"sha": "{HEAD}"}}}}}}"#);
    Context::detect(&variables.iter().copied().collect::<Env>(), |path| {
        (path == Path::new("/event.json")).then(|| event.clone())
    })
}

const GITHUB: [(&str, &str); 8] = [
    ("CI", "true"),
    ("GITHUB_ACTIONS", "true"),
    ("GITHUB_SHA", SHA),
    ("GITHUB_SERVER_URL", "https://github.com"),
    ("GITHUB_REPOSITORY", "acme/shop"),
    ("GITHUB_RUN_ID", "42"),
    ("GITHUB_RUN_ATTEMPT", "1"),
    ("GITHUB_EVENT_PATH", "/event.json"),
];

fn github(more: &[(&'static str, &'static str)]) -> Context {
    let variables: Vec<_> = GITHUB.into_iter().chain(more.iter().copied()).collect();
    detect(&variables)
}

#[expect(clippy::unnecessary_wraps, reason = "makes the expectations short")]
fn some(text: &str) -> Option<String> {
    Some(text.to_owned())
}

#[test]
fn a_push_to_github() {
    let context = github(&[
        ("GITHUB_EVENT_NAME", "push"),
        ("GITHUB_REF", "refs/heads/main"),
        ("GITHUB_REF_NAME", "main"),
        ("GITHUB_REF_TYPE", "branch"),
        ("GITHUB_HEAD_REF", ""),
        ("GITHUB_WORKSPACE", "/home/runner/work"),
    ]);
    assert_eq!(context.system, Some(System::Github));
    assert_eq!(context.commit, some(SHA));
    assert_eq!(context.branch, some("main"));
    assert_eq!(context.pull_request, None);
    let url = "https://github.com/acme/shop/actions/runs/42";
    assert_eq!(context.run_url, some(url));
    assert_eq!(context.workspace, Some(PathBuf::from("/home/runner/work")));
    let again = github(&[("GITHUB_RUN_ATTEMPT", "3")]);
    assert_eq!(again.run_url, some(&format!("{url}/attempts/3")));
}

#[test]
fn gitea_and_forgejo_know_a_run_by_its_number() {
    for marks in [
        &[("GITEA_ACTIONS", "true")][..],
        &[("GITEA_ACTIONS", "true"), ("FORGEJO_ACTIONS", "true")],
        &[("FORGEJO_ACTIONS", "true")],
    ] {
        let number = [("GITHUB_RUN_NUMBER", "7"), ("GITHUB_RUN_ATTEMPT", "3")];
        let context = github(&[&number, marks].concat());
        assert_eq!(context.system, Some(System::Github));
        let url = "https://github.com/acme/shop/actions/runs/7";
        assert_eq!(context.run_url, some(url), "{marks:?}");
        assert_eq!(github(marks).run_url, None, "{marks:?}");
    }
}

#[test]
fn of_a_pull_request_the_head_is_the_commit_and_not_the_merge() {
    let request = |event| {
        github(&[
            ("GITHUB_EVENT_NAME", event),
            ("GITHUB_REF", "refs/pull/7/merge"),
            ("GITHUB_REF_NAME", "7/merge"),
            ("GITHUB_REF_TYPE", "branch"),
            ("GITHUB_HEAD_REF", "feature"),
        ])
    };
    let context = request("pull_request");
    assert_eq!(context.commit, some(HEAD));
    assert_eq!(context.commits, [HEAD, SHA]);
    assert_eq!(context.branch, some("feature"));
    assert_eq!(context.pull_request, some("7"));
    // Its workspace is the base.
    assert_eq!(request("pull_request_target").commit, some(SHA));
    // The file is missing, or is no event.
    for path in ["/missing.json", ""] {
        let context = github(&[
            ("GITHUB_EVENT_NAME", "pull_request"),
            ("GITHUB_EVENT_PATH", path),
        ]);
        assert_eq!(context.commit, some(SHA));
    }
}

#[test]
fn a_tag_is_no_branch() {
    let context = github(&[
        ("GITHUB_REF", "refs/tags/v1"),
        ("GITHUB_REF_NAME", "v1"),
        ("GITHUB_REF_TYPE", "tag"),
    ]);
    assert_eq!((context.tag, context.branch), (some("v1"), None));
    let context = detect(&[("TF_BUILD", "True"), ("BUILD_SOURCEBRANCH", "refs/tags/v1")]);
    assert_eq!((context.tag, context.branch), (some("v1"), None));
}

#[test]
fn a_merge_request_of_gitlab() {
    let context = detect(&[
        ("GITLAB_CI", "true"),
        ("CI_COMMIT_SHA", SHA),
        ("CI_MERGE_REQUEST_SOURCE_BRANCH_SHA", HEAD),
        ("CI_MERGE_REQUEST_SOURCE_BRANCH_NAME", "feature"),
        ("CI_MERGE_REQUEST_IID", "12"),
        ("CI_JOB_URL", "https://gitlab.com/acme/shop/-/jobs/1"),
    ]);
    assert_eq!(context.system, Some(System::Gitlab));
    assert_eq!(context.commit, some(HEAD));
    assert_eq!(context.commits, [HEAD, SHA]);
    assert_eq!(context.branch, some("feature"));
    assert_eq!(context.pull_request, some("12"));
    let branch = detect(&[
        ("GITLAB_CI", "true"),
        ("CI_COMMIT_SHA", SHA),
        ("CI_MERGE_REQUEST_SOURCE_BRANCH_SHA", ""),
        ("CI_COMMIT_BRANCH", "main"),
    ]);
    assert_eq!((branch.commit, branch.branch), (some(SHA), some("main")));
}

#[test]
fn the_others() {
    for (system, variables, expected) in [
        (
            System::Circle,
            &[
                ("CIRCLECI", "true"),
                ("CIRCLE_SHA1", SHA),
                ("CIRCLE_BRANCH", "main"),
                ("CIRCLE_PULL_REQUEST", "https://github.com/acme/shop/pull/9"),
                ("CIRCLE_BUILD_URL", "https://circleci.com/gh/acme/shop/1"),
            ][..],
            (
                some(SHA),
                some("main"),
                some("9"),
                some("https://circleci.com/gh/acme/shop/1"),
            ),
        ),
        (
            System::Buildkite,
            &[
                ("BUILDKITE", "true"),
                ("BUILDKITE_COMMIT", "HEAD"),
                ("BUILDKITE_BRANCH", "main"),
                ("BUILDKITE_PULL_REQUEST", "false"),
                ("BUILDKITE_BUILD_URL", "javascript:alert(1)"),
            ],
            (None, some("main"), None, None),
        ),
        (
            System::Azure,
            &[
                ("TF_BUILD", "True"),
                ("BUILD_SOURCEVERSION", SHA),
                ("BUILD_SOURCEBRANCH", "refs/heads/main"),
                (
                    "SYSTEM_TEAMFOUNDATIONCOLLECTIONURI",
                    "https://dev.azure.com/acme/",
                ),
                ("SYSTEM_TEAMPROJECT", "The Shop"),
                ("BUILD_BUILDID", "5"),
            ],
            (
                some(SHA),
                some("main"),
                None,
                some("https://dev.azure.com/acme/The%20Shop/_build/results?buildId=5"),
            ),
        ),
        (
            System::Bitbucket,
            &[
                ("BITBUCKET_BUILD_NUMBER", "5"),
                ("BITBUCKET_COMMIT", SHA),
                ("BITBUCKET_REPO_FULL_NAME", "acme/shop"),
            ],
            (
                some(SHA),
                None,
                None,
                some("https://bitbucket.org/acme/shop/addon/pipelines/home#!/results/5"),
            ),
        ),
        (
            System::Woodpecker,
            &[("CI", "woodpecker"), ("CI_COMMIT_SHA", SHA)],
            (some(SHA), None, None, None),
        ),
        (
            System::Jenkins,
            &[
                ("JENKINS_URL", "https://ci"),
                ("GIT_COMMIT", SHA),
                ("BUILD_URL", "https://ci/1/"),
            ],
            (some(SHA), None, None, some("https://ci/1/")),
        ),
    ] {
        let context = detect(variables);
        assert_eq!(context.system, Some(system));
        let found = (
            context.commit,
            context.branch,
            context.pull_request,
            context.run_url,
        );
        assert_eq!(found, expected, "{system:?}");
    }
    assert_eq!(detect(&[("CI", "true"), ("HOME", "/")]), Context::default());
    assert_eq!(detect(&[("TRAVIS", "false")]).system, None);
}
