//! Facts that GitHub spreads over several variables, or puts into the file that describes the event.

use std::path::Path;

use serde_json::Value;

use super::{Context, Vars, is_commit};

/// Events of a pull request whose workspace is the merge of it. `pull_request_target` is not one: its workspace is the base.
const OF_THE_MERGE: [&str; 3] = [
    "pull_request",
    "pull_request_review",
    "pull_request_review_comment",
];

/// Fills in what GitHub's variables say together.
pub(super) fn complete(
    context: &mut Context,
    vars: Vars<'_>,
    read: impl Fn(&Path) -> Option<String>,
) {
    let name = vars.get("GITHUB_REF_NAME").map(str::to_owned);
    let number = vars
        .get("GITHUB_REF")
        .and_then(|r| r.strip_prefix("refs/pull/"))
        .and_then(|r| r.split('/').next())
        .map(str::to_owned);
    match vars.get("GITHUB_REF_TYPE") {
        Some("tag") => context.tag = name,
        _ => {
            let head = vars.get("GITHUB_HEAD_REF").map(str::to_owned);
            context.branch = head.or(name.filter(|_| number.is_none()));
        }
    }
    context.pull_request = number;
    context.run_url = run_url(vars);
    let event = vars.get("GITHUB_EVENT_NAME").unwrap_or_default();
    if OF_THE_MERGE.contains(&event)
        && let Some(head) = vars
            .get("GITHUB_EVENT_PATH")
            .and_then(|path| read(Path::new(path)))
            .and_then(|text| head_commit(&text))
    {
        context.commits.insert(0, head.clone());
        context.commit = Some(head);
    }
}

fn head_commit(event: &str) -> Option<String> {
    let event: Value = serde_json::from_str(event).ok()?;
    let sha = event["pull_request"]["head"]["sha"].as_str()?;
    is_commit(sha).then(|| sha.to_owned())
}

fn run_url(vars: Vars<'_>) -> Option<String> {
    let server = vars.get("GITHUB_SERVER_URL")?.trim_end_matches('/');
    let repository = vars.get("GITHUB_REPOSITORY")?;
    // Gitea and Forgejo know a run by its number in the repository, and none of its attempts.
    let is_gitea = ["GITEA_ACTIONS", "FORGEJO_ACTIONS"]
        .iter()
        .any(|name| vars.get(name).is_some_and(|value| value != "false"));
    if is_gitea {
        let run = vars.get("GITHUB_RUN_NUMBER")?;
        return Some(format!("{server}/{repository}/actions/runs/{run}"));
    }
    let run = vars.get("GITHUB_RUN_ID")?;
    let attempt = match vars.get("GITHUB_RUN_ATTEMPT") {
        None | Some("1") => String::new(),
        Some(n) => format!("/attempts/{n}"),
    };
    Some(format!("{server}/{repository}/actions/runs/{run}{attempt}"))
}
