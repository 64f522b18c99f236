//! What is told at the end.

use std::path::Path;

use super::flag;
use crate::{
    config::starter::quoted,
    model::Feature,
    report::starter::InitReport,
    run::starter::{Draft, remotes},
    source::Project,
    units,
};

/// The most directories that are named.
const SHOWN: usize = 5;

/// What a person should know now.
pub(super) fn told(
    made: &Draft,
    project: &Project,
    asked: Vec<String>,
    path: &Path,
    printed: bool,
) -> InitReport {
    let starter = &made.starter;
    let mut found = of_the_workspace(made, project);
    found.extend(asked);
    found.extend(project.notes.iter().cloned());
    let flag = flag(path);
    let mut next = Vec::new();
    let place = if printed {
        "the file".to_owned()
    } else {
        path.display().to_string()
    };
    if starter.made_up {
        next.push(format!(
            "put the names of your apps into {place}: those in it are made up"
        ));
    } else if !made.guessed.is_empty() {
        next.push(format!("see in {place} whether what was guessed is right"));
    }
    if let Some(first) = project.below.first() {
        let shown: Vec<String> = project
            .below
            .iter()
            .take(SHOWN)
            .map(|one| quoted(one))
            .collect();
        next.push(format!(
            "name the directory of the application, such as `source: {{dir: {}}}`: there is none here, but in {}",
            quoted(first),
            units::list(&shown)
        ));
    }
    if starter.web {
        next.push(
            "let `/` of the apps show the release that they run, or change the check in `verify`"
                .to_owned(),
        );
    }
    let about = starter.platform.about();
    if !about.has(Feature::Buildpacks) && !project.has("Dockerfile") {
        let name = about.name;
        next.push(format!(
            "add a Dockerfile: {name} builds with one, and there is none here"
        ));
    }
    next.push(format!(
        "rehearse it, without an account: launchway deploy{flag} --sandbox"
    ));
    next.push(format!("see what a deploy would do: launchway plan{flag}"));
    InitReport {
        written: (!printed).then(|| place.clone()),
        found,
        guessed: made.guessed.clone(),
        left_out: made.left_out.clone(),
        next,
    }
}

fn of_the_workspace(made: &Draft, project: &Project) -> Vec<String> {
    let starter = &made.starter;
    let mut found = Vec::new();
    let apps = remotes(project, starter.platform.about());
    let apps: Vec<String> = apps
        .iter()
        .map(|remote| format!("{} ({})", quoted(&remote.name), quoted(&remote.app)))
        .collect();
    match (&project.commit, apps.is_empty()) {
        (_, false) => found.push(format!("git remotes: {}", apps.join(", "))),
        (Some(_), true) => found.push("git: no remote of an app".to_owned()),
        (None, true) => {}
    }
    if let Some(commit) = &project.commit {
        let short = commit.get(..8).unwrap_or(commit);
        found.push(format!(
            "git: commit {short}; builds are called by their commit"
        ));
    }
    for file in &project.files {
        found.push(match *file {
            "app.json" if !project.buildpacks.is_empty() => {
                let all: Vec<String> = project.buildpacks.iter().map(|one| quoted(one)).collect();
                format!("app.json: buildpacks {}", all.join(", "))
            }
            "Procfile" => {
                let all: Vec<&str> = project
                    .processes
                    .iter()
                    .map(|(name, _)| name.as_str())
                    .collect();
                format!("Procfile: {}", all.join(", "))
            }
            other => other.to_owned(),
        });
    }
    found
}
