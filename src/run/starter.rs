//! What a first `deploy.yaml` is made of: pure decisions about what the workspace and the platform say. Nothing here asks
//! anybody; what asks is in `look`.

pub mod guess;
pub mod look;

use crate::{
    config::starter::{Starter, is_app, quoted},
    model::{About, Feature, PlatformKind},
    source::{Project, app_of},
};
use guess::Remote;
use look::Members;

/// What the file is written from.
#[derive(Debug)]
pub struct StarterInput<'a> {
    /// The platform.
    pub platform: PlatformKind,
    /// What the workspace says.
    pub project: &'a Project,
    /// The pipeline that was named or chosen, by name or id.
    pub pipeline: Option<String>,
    /// Its apps, if the platform was asked.
    pub members: Option<Members>,
    /// The stages and apps that were named.
    pub named: &'a [(String, String)],
}

/// A first file, and notes about it.
#[derive(Debug)]
pub struct Draft {
    /// The file.
    pub starter: Starter,
    /// Guesses, which may be wrong.
    pub guessed: Vec<String>,
    /// What is left out.
    pub left_out: Vec<String>,
}

/// The apps that the repository's remotes are for, each once.
pub fn remotes(project: &Project, about: &About) -> Vec<Remote> {
    let mut found: Vec<Remote> = Vec::new();
    for remote in &project.remotes {
        let Some(app) = app_of(&remote.url, about.git_hosts) else {
            continue;
        };
        if is_app(app) && found.iter().all(|known| known.app != app) {
            found.push(Remote {
                name: remote.name.clone(),
                app: app.to_owned(),
            });
        }
    }
    found
}

/// Makes a file of what is known.
pub fn make(known: StarterInput<'_>) -> Draft {
    let about = known.platform.about();
    let project = known.project;
    let mut made = Draft {
        starter: Starter {
            platform: known.platform,
            api_url: None,
            pipeline: known.pipeline,
            stages: Vec::new(),
            made_up: false,
            buildpacks: project.buildpacks.clone(),
            release_phase: project.process("release").map(str::to_owned),
            web: project.processes.is_empty() || project.process("web").is_some(),
            image_from: image_from(project),
            notes: Vec::new(),
        },
        guessed: Vec::new(),
        left_out: Vec::new(),
    };
    if !about.has(Feature::ReleaseLogs) {
        // There is no release phase.
        made.starter.release_phase = None;
    }
    let is_fir = known
        .members
        .as_ref()
        .is_some_and(|members| members.generation.as_deref() == Some("fir"));
    if is_fir && !made.starter.buildpacks.is_empty() {
        made.starter.buildpacks.clear();
        made.left_out
            .push("the buildpacks of app.json: apps of Fir take them from project.toml".to_owned());
    }
    let on_images: Vec<&str> = known
        .members
        .iter()
        .flat_map(|members| &members.apps)
        .filter(|app| app.stack.as_deref() == Some("container"))
        .map(|app| app.app.as_str())
        .collect();
    if !on_images.is_empty() {
        let apps = on_images.join(", ");
        let what = format!("On the stack `container`, where nothing is promoted to: {apps}.");
        made.starter.notes.push(what);
    }
    stages(
        &mut made,
        known.named,
        known.members,
        &remotes(project, about),
        about,
    );
    made
}

fn image_from(project: &Project) -> Option<&'static str> {
    let file = ["heroku.yml", "Dockerfile"];
    file.into_iter().find(|file| project.has(file))
}

fn stages(
    made: &mut Draft,
    named: &[(String, String)],
    members: Option<Members>,
    remotes: &[Remote],
    about: &About,
) {
    if !named.is_empty() {
        made.starter.stages = grouped(named.iter().cloned(), about);
        return;
    }
    let members = members.filter(|members| !members.apps.is_empty());
    let stages = match members {
        Some(members) => {
            let (stages, left_out) = guess::of_members(members, remotes, about);
            made.left_out.extend(left_out);
            stages
        }
        None => {
            let (stages, guessed, left_out) = guess::of_remotes(remotes);
            made.guessed.extend(guessed);
            made.left_out.extend(left_out);
            grouped(stages, about)
        }
    };
    let left_out = made
        .left_out
        .iter()
        .filter(|what| what.starts_with("the app"));
    let notes = left_out.map(|what| format!("Left out: {what}."));
    made.starter.notes.extend(notes);
    if !stages.is_empty() {
        made.starter.stages = stages;
        return;
    }
    made.starter.made_up = true;
    made.starter.stages = [
        ("staging", "myapp-staging"),
        ("production", "myapp-production"),
    ]
    .map(|(stage, app)| (stage.to_owned(), vec![app.to_owned()]))
    .into();
    if made.starter.pipeline.is_none() && !about.has(Feature::ReleasesElsewhere) {
        made.starter.pipeline = Some("my-pipeline".to_owned());
    }
}

/// Apps by their stages, the platform's own stages in its order and before others.
fn grouped(
    apps: impl IntoIterator<Item = (String, String)>,
    about: &About,
) -> Vec<(String, Vec<String>)> {
    let mut stages: Vec<(String, Vec<String>)> = Vec::new();
    for (stage, app) in apps {
        match stages.iter_mut().find(|(name, _)| *name == stage) {
            Some((_, apps)) => apps.push(app),
            None => stages.push((stage, vec![app])),
        }
    }
    let place = |stage: &str| {
        let at = about.stages.iter().position(|one| *one == stage);
        at.unwrap_or(about.stages.len())
    };
    stages.sort_by_key(|(stage, _)| place(stage));
    stages
}

/// An app in a message.
fn label(app: &str) -> String {
    format!("the app {}", quoted(app))
}

#[cfg(test)]
mod tests;
