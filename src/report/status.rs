//! What is live, as `status` shows it: one JSON document, or a table. The document's shape is a promise: `schema_version`
//! changes when a field changes its meaning or goes away.

use schemars::JsonSchema;
use serde::Serialize;

use super::{
    columns,
    sanitize::text,
    style::{Style, Tone},
};
use crate::{
    journal::record::{PipelineRecord, ReleaseRecord},
    model::ReleaseStatus,
    units,
};

/// The version of the document's shape.
pub const SCHEMA_VERSION: u32 = 1;

/// What is live in each stage.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[schemars(title = "launchway status")]
pub struct Status {
    /// The version of this shape.
    pub schema_version: u32,
    /// When this was so, by the platform's clock: RFC 3339 in UTC.
    pub at: String,
    /// The `deploy.yaml` in use.
    pub config: String,
    /// The platform: `heroku`, `akkeris`.
    pub platform: String,
    /// The API's address.
    pub api_url: String,
    /// The pipeline, if `deploy.yaml` names one.
    pub pipeline: Option<PipelineRecord>,
    /// The stages, in order.
    pub stages: Vec<Stage>,
    /// What else a person should know.
    pub notes: Vec<String>,
}

/// What is live in a stage.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Stage {
    /// Its name.
    pub stage: String,
    /// Its apps.
    pub apps: Vec<App>,
}

/// What is live on an app.
#[derive(Clone, Debug, Default, Serialize, JsonSchema)]
pub struct App {
    /// Its name.
    pub app: String,
    /// The platform's id; `null` if the app could not be read.
    pub id: Option<String>,
    /// The app's own address, as the platform gives it.
    pub web_url: Option<String>,
    /// Whether it is in maintenance mode; `null` if the app could not be read.
    pub maintenance: Option<bool>,
    /// The release that it runs; `null` if it runs none, or could not be read.
    pub release: Option<Release>,
    /// The newest release, if that is not the one that runs: it is pending, or it failed.
    pub newest: Option<ReleaseRecord>,
    /// The version of the source that it runs, if the platform says.
    pub source_version: Option<String>,
    /// The commit that this version begins with, if it does.
    pub commit: Option<String>,
    /// How far it is from the stage before; `null` in the first stage, and if one of the two could not be read.
    pub drift: Option<Drift>,
    /// Why it could not be read.
    pub error: Option<String>,
}

/// The release that an app runs.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Release {
    /// The platform's id: what `launchway promote --release` takes.
    pub id: String,
    /// Its version within its app, without the `v`.
    pub version: u64,
    /// The platform's word: `succeeded`.
    pub status: ReleaseStatus,
    /// What the platform says of it: `Deploy 1a2b3c4`, `Rollback to v3`.
    pub description: String,
    /// Who made it, if the platform says.
    pub by: Option<String>,
    /// When it was made, RFC 3339 in UTC.
    pub created_at: Option<String>,
    /// How long ago that was, in seconds.
    pub age_seconds: Option<u64>,
}

/// How far an app is from the first app of the stage before.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Drift {
    /// That app.
    pub against: String,
    /// Whether the two run the same.
    pub state: DriftState,
    /// How many commits of the stage before it lacks; `null` if the checkout does not tell.
    pub behind: Option<u64>,
    /// How many commits it has that the stage before lacks; `null` if the checkout does not tell.
    pub ahead: Option<u64>,
}

/// Whether two apps run the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum DriftState {
    /// The same slug or image.
    Same,
    /// Another slug or image, of the same version.
    SameVersion,
    /// Something else.
    Differs,
    /// The platform does not say what one of them runs.
    Unknown,
}

impl Drift {
    fn words(&self) -> String {
        let behind = self.behind.filter(|n| *n > 0);
        let ahead = self.ahead.filter(|n| *n > 0);
        match (self.state, behind, ahead) {
            (DriftState::Same, ..) => "none".to_owned(),
            (DriftState::SameVersion, ..) => "another build".to_owned(),
            (DriftState::Unknown, ..) => "unknown".to_owned(),
            (_, None, None) => "differs".to_owned(),
            (_, Some(behind), None) => format!("{behind} behind"),
            (_, None, Some(ahead)) => format!("{ahead} ahead"),
            (_, Some(behind), Some(ahead)) => format!("{behind} behind, {ahead} ahead"),
        }
    }
}

impl App {
    /// How it stands, and whether that is as it should be.
    fn state(&self) -> (String, Tone) {
        if self.error.is_some() {
            return ("can't be read".to_owned(), Tone::Bad);
        }
        let mut words = Vec::new();
        let mut tone = Tone::Good;
        match &self.release {
            None => words.push("nothing is live".to_owned()),
            Some(release) => words.push(text(release.status.word())),
        }
        if !matches!(&self.release, Some(release) if release.status == ReleaseStatus::Succeeded) {
            tone = Tone::Warn;
        }
        if let Some(newest) = &self.newest {
            tone = Tone::Warn;
            words.push(format!(
                "v{} {}",
                newest.version,
                text(newest.status.word())
            ));
        }
        if self.maintenance == Some(true) {
            tone = Tone::Warn;
            words.push("maintenance".to_owned());
        }
        (words.join(", "), tone)
    }

    fn cells(&self, stage: &str) -> [(String, Tone); 8] {
        let (words, tone) = self.state();
        let plain = |cell: Option<String>| (cell.unwrap_or_else(|| "-".to_owned()), Tone::Plain);
        let release = self.release.as_ref();
        let age = release.and_then(|release| release.age_seconds);
        let drift = self.drift.as_ref();
        let drifts = drift.is_some_and(|drift| drift.state != DriftState::Same);
        let version = self.source_version.as_deref();
        [
            (text(stage), Tone::Plain),
            (text(&self.app), Tone::Plain),
            plain(release.map(|release| format!("v{}", release.version))),
            plain(version.map(|version| text(&units::short_version(version)))),
            plain(age.map(|age| units::age(std::time::Duration::from_secs(age)))),
            plain(release.and_then(|release| Some(text(release.by.as_deref()?)))),
            (words, tone),
            (
                drift.map_or_else(|| "-".to_owned(), Drift::words),
                if drifts { Tone::Warn } else { Tone::Plain },
            ),
        ]
    }
}

const HEAD: [&str; 8] = [
    "stage", "app", "release", "source", "age", "by", "state", "drift",
];

impl Status {
    /// The table, and below it what could not be read. Foreign text in it is harmless.
    pub fn text(&self, style: &Style) -> String {
        let rows: Vec<_> = self
            .stages
            .iter()
            .flat_map(|stage| {
                let names = std::iter::once(stage.stage.as_str()).chain(std::iter::repeat(""));
                let apps = stage.apps.iter().zip(names);
                apps.map(|(app, name)| app.cells(name))
            })
            .collect();
        let mut out = columns::render(&HEAD, &rows, style);
        let apps = self.stages.iter().flat_map(|stage| &stage.apps);
        let errors = apps.filter_map(|app| app.error.as_ref());
        out.push_str(&columns::notes(errors.chain(&self.notes)));
        out
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn app(name: &str) -> App {
        App {
            app: name.to_owned(),
            id: Some("a".to_owned()),
            maintenance: Some(false),
            release: Some(Release {
                id: "r".to_owned(),
                version: 41,
                status: ReleaseStatus::Succeeded,
                description: "Deploy 1a2b3c4".to_owned(),
                by: Some("ada@example.com".to_owned()),
                created_at: None,
                age_seconds: Some(7300),
            }),
            source_version: Some("1a2b3c4d".repeat(5)),
            ..App::default()
        }
    }

    fn drift(state: DriftState, behind: Option<u64>, ahead: Option<u64>) -> Drift {
        Drift {
            against: "shop-staging".to_owned(),
            state,
            behind,
            ahead,
        }
    }

    #[test]
    fn the_distance_is_told_as_far_as_it_is_known() {
        use DriftState::{Differs, Same, SameVersion, Unknown};
        for (state, behind, ahead, expected) in [
            (Same, None, None, "none"),
            (SameVersion, None, None, "another build"),
            (Unknown, None, None, "unknown"),
            (Differs, None, None, "differs"),
            (Differs, Some(0), Some(0), "differs"),
            (Differs, Some(3), Some(0), "3 behind"),
            (Differs, Some(0), Some(1), "1 ahead"),
            (Differs, Some(3), Some(1), "3 behind, 1 ahead"),
        ] {
            assert_eq!(drift(state, behind, ahead).words(), expected);
        }
    }

    #[test]
    fn a_table_that_a_stranger_understands() {
        let newest = ReleaseRecord {
            id: "s".to_owned(),
            version: 42,
            status: ReleaseStatus::Failed,
        };
        let behind = App {
            maintenance: Some(true),
            newest: Some(newest),
            drift: Some(drift(DriftState::Differs, Some(3), Some(0))),
            ..app("shop-eu")
        };
        let unreadable = App {
            app: "shop-us".to_owned(),
            error: Some("there is no app shop-us\u{1b}[2J".to_owned()),
            ..App::default()
        };
        let new = App {
            release: None,
            source_version: None,
            drift: Some(drift(DriftState::Differs, None, None)),
            ..app("shop-ap")
        };
        let stage = |stage: &str, apps| Stage {
            stage: stage.to_owned(),
            apps,
        };
        let status = Status {
            schema_version: SCHEMA_VERSION,
            at: "2026-11-27T12:00:00Z".to_owned(),
            config: "deploy.yaml".to_owned(),
            platform: "heroku".to_owned(),
            api_url: "https://api.heroku.com".to_owned(),
            pipeline: None,
            stages: vec![
                stage("staging", vec![app("shop-staging")]),
                stage("production", vec![behind, unreadable, new]),
            ],
            notes: vec!["git can't tell".to_owned()],
        };
        insta::assert_snapshot!(status.text(&Style::plain()), @"
        stage       app           release  source    age  by               state                               drift
        staging     shop-staging  v41      1a2b3c4d  2h   ada@example.com  succeeded                           -
        production  shop-eu       v41      1a2b3c4d  2h   ada@example.com  succeeded, v42 failed, maintenance  3 behind
                    shop-us       -        -         -    -                can't be read                       -
                    shop-ap       -        -         -    -                nothing is live                     differs

        note: there is no app shop-us
        note: git can't tell
        ");
    }
}
