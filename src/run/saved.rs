//! A saved plan: what was true when a person saw it. It is a set of pins and nothing else: a deploy holds them against its
//! own plan, made of `deploy.yaml` and the platform as they are, and refuses if one does not hold. Whoever writes the file
//! can only make a deploy refuse. It holds no secret.

use serde::{Deserialize, Serialize};

use super::{
    Run,
    adopt::Start,
    build_input::BuildInput,
    deploy::Planned,
    plan::{AppPlan, StagePlan},
};
use crate::{exit::Exit, failure::Failure, units};

/// The version of a saved plan's shape.
pub const SCHEMA_VERSION: u32 = 1;
/// How many changes are listed.
const TOLD: usize = 20;
/// How much of a text of the file is shown: others may have written it.
const SHOWN: usize = 120;

/// A saved plan.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Saved {
    /// What kind of file this is: a saved plan, in this version of its shape.
    pub launchway_plan: u32,
    /// When it was saved, RFC 3339 in UTC.
    pub saved_at: String,
    /// SHA-256 of `deploy.yaml`, variables not filled in: lower-case hex.
    pub config_sha256: String,
    /// The platform.
    pub platform: String,
    /// The API's address.
    pub api_url: String,
    /// The pipeline's id, if there is one.
    pub pipeline: Option<String>,
    /// The last stage.
    pub to: String,
    /// Whether what is live already is built again.
    pub force: bool,
    /// What is built.
    pub source: Source,
    /// The stages, in order.
    pub stages: Vec<Stage>,
}

/// What is built.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Source {
    /// Its version.
    pub version: String,
    /// SHA-256 of its content: of a packed workspace before compression. Lower-case hex; `None` if it is not known.
    pub sha256: Option<String>,
}

/// A stage.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Stage {
    /// Its name.
    pub stage: String,
    /// Its apps.
    pub apps: Vec<App>,
}

/// An app.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct App {
    /// Its name.
    pub app: String,
    /// The platform's id.
    pub id: String,
    /// The release that it ran.
    pub runs: Option<Release>,
}

/// A release.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Release {
    /// The platform's id.
    pub id: String,
    /// Its version, without the `v`.
    pub version: u64,
}

impl Saved {
    /// Reads a saved plan, or says why the text is none.
    pub fn read(text: &str) -> Result<Self, String> {
        #[derive(Deserialize)]
        struct Version {
            launchway_plan: u32,
        }
        let Version { launchway_plan } =
            serde_json::from_str(text).map_err(|_| "it is not a saved plan".to_owned())?;
        if launchway_plan != SCHEMA_VERSION {
            return Err(format!(
                "it is a saved plan in version {launchway_plan} of its shape, and this launchway reads version {SCHEMA_VERSION}"
            ));
        }
        serde_json::from_str(text).map_err(|error| {
            let (line, column) = (error.line(), error.column());
            format!(
                "it is not a saved plan as this launchway writes it: line {line}, column {column}"
            )
        })
    }
}

/// What no longer holds of a saved plan. An app that runs the wanted code by now does not count as changed: an earlier
/// run of the same plan got that far. `live` says which apps do.
fn changes(saved: &Saved, now: &Saved, live: impl Fn(&str, &str) -> bool) -> Vec<String> {
    let mut changes = Vec::new();
    let mut differs = |what: &str, before: &str, now: &str| {
        if before != now {
            let (before, now) = (shown(before), shown(now));
            changes.push(format!("{what}: it was {before}, and is {now}"));
        }
    };
    differs("the platform", &saved.platform, &now.platform);
    differs("the API's address", &saved.api_url, &now.api_url);
    differs("the last stage (`--to`)", &saved.to, &now.to);
    let force = |force: bool| if force { "given" } else { "not given" };
    differs("`--force`", force(saved.force), force(now.force));
    let none = || "none".to_owned();
    let pipeline = |saved: &Saved| saved.pipeline.clone().unwrap_or_else(none);
    differs("the pipeline", &pipeline(saved), &pipeline(now));
    differs(
        "the source's version",
        &saved.source.version,
        &now.source.version,
    );
    if saved.config_sha256 != now.config_sha256 {
        changes.push("deploy.yaml has changed".to_owned());
    }
    if saved.source.sha256 != now.source.sha256 && saved.source.version == now.source.version {
        changes.push("the source's content has changed".to_owned());
    }
    let names = |saved: &Saved| -> Vec<(String, Vec<String>)> {
        let stages = saved.stages.iter();
        stages
            .map(|stage| {
                let apps = stage.apps.iter().map(|app| app.app.clone());
                (stage.stage.clone(), apps.collect())
            })
            .collect()
    };
    if names(saved) != names(now) {
        changes.push("the stages, or their apps".to_owned());
        return changes;
    }
    let stages = saved.stages.iter().zip(&now.stages);
    let apps = stages.flat_map(|(before, now)| {
        let apps = before.apps.iter().zip(&now.apps);
        apps.map(|(before, app)| (now.stage.as_str(), before, app))
    });
    for (stage, before, app) in apps {
        if before.id != app.id {
            changes.push(format!("{} of {stage} is another app", app.app));
        } else if before.runs != app.runs && !live(stage, &app.app) {
            changes.push(format!(
                "{} of {stage}: it ran {}, and runs {}",
                app.app,
                runs(before.runs.as_ref()),
                runs(app.runs.as_ref())
            ));
        }
    }
    changes
}

fn runs(release: Option<&Release>) -> String {
    match release {
        Some(release) => format!("v{} ({})", release.version, shown(&release.id)),
        None => "nothing".to_owned(),
    }
}

/// The beginning of a text, for a message.
fn shown(text: &str) -> String {
    match text.char_indices().nth(SHOWN) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}

fn app(app: &AppPlan) -> App {
    App {
        app: app.app.name.clone(),
        id: app.app.id.clone(),
        runs: app.live.as_ref().map(|live| Release {
            id: live.release.at.id.clone(),
            version: live.release.at.version,
        }),
    }
}

impl Run<'_> {
    /// What a plan is pinned to.
    pub fn saved(&self, to: usize, input: &BuildInput, planned: &Planned) -> Saved {
        let stages = planned.plan.stages.iter();
        let api_url = self.platform.services().api.base().as_str();
        let sha256 = match input {
            BuildInput::Archive(archive) => Some(archive.tar_sha256.clone()),
            BuildInput::Slug(slug) => slug.sha256().map(str::to_owned),
            BuildInput::Images(images) => Some(images.sha256.clone()),
            BuildInput::Hosted(elsewhere, _) | BuildInput::Image(elsewhere) => {
                elsewhere.sha256.clone()
            }
        };
        Saved {
            launchway_plan: SCHEMA_VERSION,
            saved_at: self.platform.services().api.now().to_string(),
            config_sha256: self.config.sha256.clone(),
            platform: self.config.platform.to_string(),
            api_url: api_url.trim_end_matches('/').to_owned(),
            pipeline: planned
                .facts
                .pipeline
                .as_ref()
                .map(|pipeline| pipeline.id.clone()),
            to: self
                .config
                .stages
                .get(to)
                .map_or_else(String::new, |stage| stage.name.clone()),
            force: planned.force,
            source: Source {
                version: input.version().to_owned(),
                sha256,
            },
            stages: stages
                .map(|StagePlan { stage, apps, .. }| Stage {
                    stage: stage.clone(),
                    apps: apps.iter().map(app).collect(),
                })
                .collect(),
        }
    }

    /// Refuses unless everything is as it was when a plan was saved.
    pub fn refuse_if_changed(
        &self,
        saved: &Saved,
        to: usize,
        input: &BuildInput,
        planned: &Planned,
    ) -> Result<(), Failure> {
        let now = self.saved(to, input, planned);
        let stages = &planned.plan.stages;
        let live = |stage: &str, app: &str| {
            let stage = stages.iter().find(|planned| planned.stage == stage);
            let mut apps = stage.into_iter().flat_map(|stage| &stage.apps);
            apps.any(|planned| planned.app.name == app && planned.already_live)
        };
        let mut changes = changes(saved, &now, live);
        let begin = planned.facts.begin.as_ref();
        if begin.is_some_and(|begin| matches!(begin.start, Start::Wait(_))) {
            let app = planned.facts.first_app().map_or("", |app| &app.name);
            changes.push(format!("{app} is busy with another build"));
        }
        let count = changes.len();
        if count == 0 {
            return Ok(());
        }
        changes.truncate(TOLD);
        if count > TOLD {
            changes.push(format!("and {} more", count - TOLD));
        }
        let what = format!(
            "the saved plan does not hold any more: {} changed",
            units::count(count as u64, "thing has", "things have")
        );
        Err(Failure::new(Exit::Refused, what)
            .detail(changes)
            .state("nothing was changed on the platform")
            .next("look at what changed, then save a new plan with `launchway plan --save FILE`"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn saved() -> Saved {
        let app = |name: &str, version| App {
            app: name.to_owned(),
            id: format!("id-of-{name}"),
            runs: Some(Release {
                id: format!("r{version}"),
                version,
            }),
        };
        let stage = |stage: &str, apps| Stage {
            stage: stage.to_owned(),
            apps,
        };
        Saved {
            launchway_plan: SCHEMA_VERSION,
            saved_at: "2026-11-27T12:00:00Z".to_owned(),
            config_sha256: "c".repeat(64),
            platform: "heroku".to_owned(),
            api_url: "https://api.heroku.com".to_owned(),
            pipeline: Some("p".to_owned()),
            to: "production".to_owned(),
            force: false,
            source: Source {
                version: "1a2b3c4d".repeat(5),
                sha256: Some("d".repeat(64)),
            },
            stages: vec![
                stage("staging", vec![app("shop-staging", 3)]),
                stage("production", vec![app("shop-eu", 4), app("shop-us", 5)]),
            ],
        }
    }

    #[test]
    fn whatever_changed_is_named_and_nothing_else() {
        type Change = fn(&mut Saved);
        let cases: [(Change, &str); 13] = [
            (|s| s.platform = "akkeris".into(), "the platform"),
            (
                |s| s.api_url = "https://example.com".into(),
                "the API's address",
            ),
            (|s| s.to = "staging".into(), "the last stage"),
            (
                |s| s.force = true,
                "`--force`: it was not given, and is given",
            ),
            (|s| s.pipeline = None, "the pipeline: it was p, and is none"),
            (|s| s.source.version = "v2".into(), "the source's version"),
            (|s| s.source.sha256 = None, "the source's content"),
            (|s| s.config_sha256 = "e".into(), "deploy.yaml"),
            (|s| s.stages.truncate(1), "the stages, or their apps"),
            (
                |s| drop(s.stages[1].apps.pop()),
                "the stages, or their apps",
            ),
            (
                |s| s.stages[1].apps[0].id = "x".into(),
                "shop-eu of production is another app",
            ),
            (
                |s| s.stages[1].apps[1].runs = None,
                "shop-us of production: it ran v5 (r5), and runs nothing",
            ),
            (
                |s| s.stages[0].apps[0].runs.as_mut().unwrap().id = "r9".into(),
                "shop-staging of staging: it ran v3 (r3), and runs v3 (r9)",
            ),
        ];
        for (change, expected) in cases {
            let mut now = saved();
            change(&mut now);
            let told = changes(&saved(), &now, |_, _| false);
            assert!(told.len() == 1 && told[0].contains(expected), "{told:?}");
        }
        let mut now = saved();
        now.saved_at = "later".to_owned();
        assert!(changes(&saved(), &now, |_, _| false).is_empty());
        // An earlier run of the same plan came as far as staging.
        now.stages[0].apps[0].runs = None;
        assert!(changes(&saved(), &now, |stage, _| stage == "staging").is_empty());
    }

    #[test]
    fn what_is_written_is_read_and_nothing_else_is() {
        let text = serde_json::to_string(&saved()).unwrap();
        assert_eq!(Saved::read(&text), Ok(saved()));
        let newer = text.replace("\"launchway_plan\":1", "\"launchway_plan\":2");
        assert!(Saved::read(&newer).unwrap_err().contains("version 2"));
        let more = text.replace("\"force\"", "\"run\":\"rm -rf /\",\"force\"");
        for wrong in [
            "",
            "{}",
            "[]",
            "null",
            "{\"launchway_plan\":1}",
            &more,
            &text[1..],
        ] {
            assert!(
                Saved::read(wrong).unwrap_err().contains("not a saved plan"),
                "{wrong}"
            );
        }
    }
}
