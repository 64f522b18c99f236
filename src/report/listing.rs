//! What there is on an app, as `builds`, `releases` and `slug` show it: one JSON document, or a table. The documents' shape is
//! a promise: `schema_version` changes when a field changes its meaning or goes away.

use std::{collections::BTreeMap, time::Duration};

use schemars::JsonSchema;
use serde::Serialize;

use super::{
    columns,
    sanitize::text,
    style::{Style, Tone},
};
use crate::{
    model::{BuildStatus, ReleaseStatus},
    units,
};

/// The version of the documents' shape.
pub const SCHEMA_VERSION: u32 = 1;

/// The builds of an app, the newest first.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[schemars(title = "launchway builds")]
pub struct Builds {
    /// The version of this shape.
    pub schema_version: u32,
    /// The platform: `heroku`, `akkeris`.
    pub platform: String,
    /// The app's name.
    pub app: String,
    /// The builds.
    pub builds: Vec<Build>,
}

/// A build.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Build {
    /// The platform's id.
    pub id: String,
    /// The platform's word: `pending`, `succeeded`, `failed`.
    pub status: BuildStatus,
    /// The version of its source, if it has one.
    pub source_version: Option<String>,
    /// The id of the slug that it made.
    pub slug: Option<String>,
    /// The id of the release that it made, if the platform says.
    pub release: Option<String>,
    /// Who asked for it, if the platform says.
    pub by: Option<String>,
    /// When it was asked for, RFC 3339 in UTC.
    pub created_at: Option<String>,
    /// How long ago that was, in seconds.
    pub age_seconds: Option<u64>,
}

/// The releases of an app, the newest first.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[schemars(title = "launchway releases")]
pub struct Releases {
    /// The version of this shape.
    pub schema_version: u32,
    /// The platform: `heroku`, `akkeris`.
    pub platform: String,
    /// The app's name.
    pub app: String,
    /// The releases.
    pub releases: Vec<Release>,
}

/// A release.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[schemars(rename = "ListedRelease")]
pub struct Release {
    /// The platform's id: what `launchway promote --release` takes.
    pub id: String,
    /// Its version within its app, without the `v`.
    pub version: u64,
    /// The platform's word: `pending`, `succeeded`, `failed`, `expired`.
    pub status: ReleaseStatus,
    /// Whether it is what the app runs, if the platform says.
    pub current: Option<bool>,
    /// The id of the slug or the image that it runs.
    pub artifact: Option<String>,
    /// What the platform says of it: `Deploy 1a2b3c4`, `Rollback to v3`.
    pub description: String,
    /// Who made it, if the platform says.
    pub by: Option<String>,
    /// When it was made, RFC 3339 in UTC.
    pub created_at: Option<String>,
    /// How long ago that was, in seconds.
    pub age_seconds: Option<u64>,
}

/// A slug.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[schemars(title = "launchway slug")]
pub struct Slug {
    /// The version of this shape.
    pub schema_version: u32,
    /// The platform: `heroku`, `akkeris`.
    pub platform: String,
    /// The app's name.
    pub app: String,
    /// The platform's id.
    pub id: String,
    /// The version of the source that it was made of, if the platform says.
    pub source_version: Option<String>,
    /// How many bytes its file has, if the platform says.
    pub bytes: Option<u64>,
    /// SHA-256 of its file, lower-case hex, if the platform says.
    pub sha256: Option<String>,
    /// What built it, if the platform says.
    pub buildpack: Option<String>,
    /// Its process types and their commands.
    pub process_types: BTreeMap<String, String>,
    /// When it was made, RFC 3339 in UTC.
    pub created_at: Option<String>,
    /// Whether its file can be downloaded.
    pub file: bool,
}

const NONE: &str = "-";

fn plain(cell: Option<&str>) -> (String, Tone) {
    (cell.map_or_else(|| NONE.to_owned(), text), Tone::Plain)
}

fn age(seconds: Option<u64>) -> (String, Tone) {
    let age = seconds.map(|seconds| units::age(Duration::from_secs(seconds)));
    (age.unwrap_or_else(|| NONE.to_owned()), Tone::Plain)
}

impl Builds {
    /// The table. Foreign text in it is harmless.
    pub fn text(&self, style: &Style) -> String {
        if self.builds.is_empty() {
            return format!("{} has no builds\n", text(&self.app));
        }
        let rows: Vec<[(String, Tone); 6]> = self.builds.iter().map(Build::cells).collect();
        columns::render(
            &["build", "status", "source", "slug", "by", "age"],
            &rows,
            style,
        )
    }
}

impl Build {
    fn cells(&self) -> [(String, Tone); 6] {
        let tone = match self.status {
            BuildStatus::Succeeded => Tone::Good,
            BuildStatus::Failed => Tone::Bad,
            BuildStatus::Pending | BuildStatus::Other(_) => Tone::Warn,
        };
        let source = self.source_version.as_deref().map(units::short_version);
        [
            // Whole: it is what `builds output` takes.
            plain(Some(&self.id)),
            (text(self.status.word()), tone),
            plain(source.as_deref()),
            plain(self.slug.as_deref().map(units::short_id)),
            plain(self.by.as_deref()),
            age(self.age_seconds),
        ]
    }
}

impl Releases {
    /// The table. Foreign text in it is harmless.
    pub fn text(&self, style: &Style) -> String {
        if self.releases.is_empty() {
            return format!("{} has no releases\n", text(&self.app));
        }
        let rows: Vec<[(String, Tone); 6]> = self.releases.iter().map(Release::cells).collect();
        let head = ["release", "status", "description", "slug", "by", "age"];
        columns::render(&head, &rows, style)
    }
}

impl Release {
    fn cells(&self) -> [(String, Tone); 6] {
        let tone = match self.status {
            ReleaseStatus::Succeeded => Tone::Good,
            ReleaseStatus::Failed => Tone::Bad,
            _ => Tone::Warn,
        };
        let live = if self.current == Some(true) {
            ", live"
        } else {
            ""
        };
        [
            (format!("v{}", self.version), Tone::Plain),
            (format!("{}{live}", text(self.status.word())), tone),
            plain(Some(&self.description)),
            plain(self.artifact.as_deref().map(units::short_id)),
            plain(self.by.as_deref()),
            age(self.age_seconds),
        ]
    }
}

impl Slug {
    /// What is known of it, a line each. Foreign text in it is harmless.
    pub fn text(&self, style: &Style) -> String {
        let none = || NONE.to_owned();
        let or_none = |value: Option<&String>| value.map_or_else(none, |value| text(value));
        let mut rows = vec![
            ("slug", text(&self.id)),
            ("app", text(&self.app)),
            ("source", or_none(self.source_version.as_ref())),
            ("size", self.bytes.map_or_else(none, units::bytes)),
            ("sha256", or_none(self.sha256.as_ref())),
            ("buildpack", or_none(self.buildpack.as_ref())),
            ("created", or_none(self.created_at.as_ref())),
        ];
        for (name, command) in &self.process_types {
            rows.push(("process", format!("{}: {}", text(name), text(command))));
        }
        let lines = rows.into_iter().map(|(name, value)| {
            let name = style.paint(Tone::Dim, &format!("{name:<9}"));
            format!("{name}  {value}\n")
        });
        lines.collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn foreign_text_in_a_table_is_harmless() {
        let build = Build {
            id: "b\u{1b}[2J".to_owned(),
            status: BuildStatus::Other("\r::error::x".to_owned()),
            source_version: Some("\n##[error]v".to_owned()),
            slug: None,
            release: None,
            by: Some("me\u{202e}".to_owned()),
            created_at: None,
            age_seconds: Some(61),
        };
        let builds = Builds {
            schema_version: SCHEMA_VERSION,
            platform: "heroku".to_owned(),
            app: "a".to_owned(),
            builds: vec![build],
        };
        let shown = builds.text(&Style::plain());
        assert_eq!(shown.lines().count(), 2, "{shown:?}");
        assert!(!shown.contains(['\u{1b}', '\r', '\u{202e}']), "{shown:?}");
        assert!(!shown.contains("##[") && shown.contains("1m"), "{shown:?}");
    }
}
