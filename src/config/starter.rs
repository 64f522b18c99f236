//! A first `deploy.yaml`, from what is known. What is not launchway's own text goes through [`quoted`], in comments, too.

mod quote;

use std::{fmt::Write as _, path::Path};

use url::Url;

use super::{load::from_text, problem::Problems, values};
use crate::{
    env::Env,
    model::{Feature, PlatformKind},
    units::wrap,
};

pub use quote::quoted;

/// Where editors find the JSON Schema of this version.
pub const SCHEMA: &str = concat!(
    "https://raw.githubusercontent.com/launchway/launchway/v",
    env!("CARGO_PKG_VERSION"),
    "/deploy.schema.json"
);

/// Where people find every key with its explanation.
const EXAMPLE: &str = concat!(
    "https://github.com/launchway/launchway/blob/v",
    env!("CARGO_PKG_VERSION"),
    "/deploy.example.yaml"
);

/// How wide a comment is.
const WIDTH: usize = 110;

/// Whether `deploy.yaml` takes a text as an app's name or id.
pub fn is_app(text: &str) -> bool {
    values::is_app(text)
}

/// Whether `deploy.yaml` takes a text as a pipeline's name or id.
pub fn is_pipeline(text: &str) -> bool {
    !text.is_empty() && !text.contains(char::is_control) && values::is_pipeline(text)
}

/// What is to be in the file.
#[derive(Clone, Debug)]
pub struct Starter {
    /// The platform.
    pub platform: PlatformKind,
    /// The address of its API, if it is not the platform's own.
    pub api_url: Option<Url>,
    /// The pipeline, by name or id.
    pub pipeline: Option<String>,
    /// The stages in order, each with its apps, by name or id.
    pub stages: Vec<(String, Vec<String>)>,
    /// Whether the stages are made up: nothing was known.
    pub made_up: bool,
    /// The buildpacks to build with.
    pub buildpacks: Vec<String>,
    /// The command of the release phase.
    pub release_phase: Option<String>,
    /// Whether the apps answer HTTP.
    pub web: bool,
    /// The file that describes an image.
    pub image_from: Option<&'static str>,
    /// What else a reader of the file should know: foreign words in it are quoted.
    pub notes: Vec<String>,
}

impl Starter {
    /// The text of the file.
    pub fn text(&self) -> String {
        let mut out = String::new();
        self.head(&mut out);
        self.build(&mut out);
        self.stages(&mut out);
        out
    }

    /// The same, once it has proved to be valid.
    pub fn proved(&self, path: &Path) -> Result<String, Problems> {
        let text = self.text();
        from_text(path, &text, &Env::default())?;
        Ok(text)
    }

    fn head(&self, out: &mut String) {
        let mut line = |text: &str| {
            out.push_str(text);
            out.push('\n');
        };
        line(&format!("# yaml-language-server: $schema={SCHEMA}"));
        line(
            "# What `launchway deploy` does. `launchway init` wrote it, and it is yours now. Every key with its explanation:",
        );
        line(&format!("# {EXAMPLE}"));
        line("version: 1");
        match &self.api_url {
            None => line(&format!("platform: {}", self.platform)),
            Some(url) => {
                // To be read by people: a token goes there only if it is named outside of this file, too.
                let url = quoted(url.as_str().trim_end_matches('/'));
                line(&format!(
                    "platform: {{ kind: {}, api_url: {url} }}",
                    self.platform
                ));
            }
        }
        match &self.pipeline {
            Some(name) => line(&format!("pipeline: {} # name or id", quoted(name))),
            None if self.platform.about().has(Feature::ReleasesElsewhere) => {
                line(
                    "# pipeline: NAME # promotes through this pipeline; without one the slug is released on the next stage's apps",
                );
            }
            None => line("# pipeline: NAME # a second stage needs it"),
        }
        if !self.notes.is_empty() {
            line("");
        }
        for note in &self.notes {
            line(&format!("# {note}"));
        }
    }

    fn build(&self, out: &mut String) {
        let about = self.platform.about();
        let has_buildpacks = !self.buildpacks.is_empty() && about.has(Feature::Buildpacks);
        if let Some(file) = self.image_from.filter(|_| about.has(Feature::Buildpacks)) {
            let _ = write!(
                out,
                "\n# {file} describes an image. A source is built with buildpacks unless the app's stack is `container`; an app of that\n\
                 # stack can't be promoted to, and gets an image that is built already: `build: {{images: {{web: …}}}}`.\n"
            );
        }
        if !has_buildpacks {
            return;
        }
        let buildpacks: Vec<String> = self.buildpacks.iter().map(|one| quoted(one)).collect();
        let _ = write!(
            out,
            "\nbuild:\n  # As app.json says. Without this line those are used that the app itself has.\n  buildpacks: [{}]\n",
            buildpacks.join(", ")
        );
    }

    fn stages(&self, out: &mut String) {
        out.push_str(
            "\n# In order: the first one is built, the others are promoted to.\nstages:\n",
        );
        for (at, (stage, apps)) in self.stages.iter().enumerate() {
            let _ = writeln!(out, "  - stage: {}", quoted(stage));
            let apps: Vec<String> = apps.iter().map(|app| quoted(app)).collect();
            let hint = if self.made_up {
                " # your app's name"
            } else {
                ""
            };
            match apps.as_slice() {
                [app] => {
                    let _ = writeln!(out, "    app: {app}{hint}");
                }
                apps => {
                    let _ = writeln!(out, "    apps: [{}]{hint}", apps.join(", "));
                }
            }
            if let Some(command) = self.release_phase.as_deref().filter(|_| at == 0) {
                let _ = writeln!(
                    out,
                    "    # Procfile's release phase runs in each stage first: {}",
                    quoted(command)
                );
            }
            self.verify(at == 0, out);
        }
        out.push_str(
            "    # What to do when the stage fails: `stop`, the default, or send its apps back to what they ran before.\n    \
             # on_failure: rollback\n",
        );
    }

    fn verify(&self, first: bool, out: &mut String) {
        out.push_str("    verify:\n");
        if !self.web && self.platform.about().has(Feature::Dynos) {
            if first {
                out.push_str("      # Procfile has no `web`: what is looked at is whether its processes are up, with this release.\n");
            }
            out.push_str("      - dynos: up\n");
            return;
        }
        if first {
            let text = format!(
                "A page that shows the release it runs, which only the new code can. {}. Without `body` any answer 200 will \
                 do, the old code's, too: then nothing is proven.",
                self.platform.about().own_release
            );
            for line in wrap(&text, WIDTH) {
                let _ = writeln!(out, "      # {line}");
            }
        }
        out.push_str("      - http: { path: /, body: \"${release}\", within: 2m }\n");
    }
}

#[cfg(test)]
mod tests;
