//! The plan for people: what would be built, and what would become of each app.

mod afterwards;

use std::fmt::Write as _;

use serde::Serialize;

use super::sanitize;
use crate::{
    journal::record::{RequirementRecord, RequirementResult, SourceRecord},
    units,
};
pub use afterwards::{BuildRules, Hook, HookAction};

/// How many suspicious files are named.
const SUSPICIOUS: usize = 10;
/// How many commits are named.
const COMMITS: usize = 10;
/// How many apps that run the same commit are named.
const APPS: usize = 5;
/// How many waves are named.
const WAVES: usize = 6;

/// What a build is made from.
#[derive(Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum From {
    /// The packed workspace.
    Workspace,
    /// An archive that is hosted already.
    Archive,
    /// An image in a registry.
    Image,
    /// A slug that was made elsewhere.
    Slug,
    /// Images that were built elsewhere.
    Images,
}

/// What would be built.
#[derive(Serialize)]
pub struct Source {
    /// What it is made from.
    pub from: From,
    /// What the record would say of it; empty and zero is what is not known of something elsewhere.
    #[serde(flatten)]
    pub source: SourceRecord,
    /// The images that would be released, by process type.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub images: Vec<Image>,
    /// The largest files.
    pub largest: Vec<File>,
    /// What looks like a secret, and why.
    pub suspicious: Vec<String>,
}

/// An image that would be released.
#[derive(Serialize)]
pub struct Image {
    /// The process type that it is for.
    pub process_type: String,
    /// Its id, if it is known.
    pub id: Option<String>,
}

/// A file of the workspace.
#[derive(Serialize)]
pub struct File {
    /// Its path.
    pub path: String,
    /// Its size.
    pub bytes: u64,
}

/// What a run would do, as `plan` shows it.
pub struct Plan<'a> {
    /// The `deploy.yaml` in use.
    pub config: &'a str,
    /// The platform.
    pub platform: &'a str,
    /// The API's address; `None` if it was not contacted.
    pub api_url: Option<&'a str>,
    /// What would be built.
    pub source: &'a Source,
    /// The stages, in order.
    pub stages: Vec<Stage<'a>>,
    /// What lies between what apps run and what they would get, as far as git knows.
    pub commits: &'a [Commits],
    /// What a person should know and that stops nothing.
    pub notes: &'a [String],
    /// Whether something would be built.
    pub builds: bool,
    /// What becomes of the upload, and of a build that fails on purpose, if something would be built of a source.
    pub build_rules: Option<&'a BuildRules>,
    /// Who would be told how the run ends.
    pub hooks: &'a [Hook],
    /// Whether it is a rehearsal, of which nobody is told.
    pub is_rehearsal: bool,
}

/// What lies between what some apps run and what they would get.
#[derive(Serialize)]
pub struct Commits {
    /// The commit that these apps run.
    pub from: String,
    /// The commit that they would get.
    pub to: String,
    /// The apps.
    pub apps: Vec<String>,
    /// How many commits they would get.
    pub behind: u64,
    /// How many commits that they have would be lost.
    pub ahead: u64,
    /// The newest commits that they would get, newest first.
    pub newest: Vec<Commit>,
}

/// A commit.
#[derive(Serialize)]
pub struct Commit {
    /// Its id.
    pub id: String,
    /// The first line of its message.
    pub subject: String,
}

impl Commits {
    fn text(&self, out: &mut String) {
        let apps: Vec<String> = self.apps.iter().map(|app| sanitize::text(app)).collect();
        let apps = if apps.len() > APPS {
            format!("{} and {} more", apps[..APPS].join(", "), apps.len() - APPS)
        } else {
            units::list(&apps)
        };
        let (from, to) = (
            units::short_version(&self.from),
            units::short_version(&self.to),
        );
        let gets = units::count(self.behind, "commit", "commits");
        let loses = match self.ahead {
            0 => String::new(),
            ahead => format!(
                ", and {} would be lost",
                units::count(ahead, "commit", "commits")
            ),
        };
        let _ = writeln!(out, "\n{from} → {to} on {apps}: {gets}{loses}");
        for Commit { id, subject } in self.newest.iter().take(COMMITS) {
            let (id, subject) = (units::short_version(id), sanitize::text(subject));
            let _ = writeln!(out, "  {id}  {subject}");
        }
        let shown = self.newest.len().min(COMMITS) as u64;
        if self.behind > shown {
            let _ = writeln!(out, "  and {} more", self.behind - shown);
        }
    }
}

/// What a run would do to a stage.
pub struct Stage<'a> {
    /// Its name.
    pub name: &'a str,
    /// Its apps.
    pub apps: Vec<App<'a>>,
    /// How many of them have the release after each wave; empty if all get it at once.
    pub waves: &'a [usize],
    /// How many of them may be at work at the same time, if that is bounded.
    pub max_parallel: Option<usize>,
    /// What must hold before they are changed, and how it stands.
    pub requirements: &'a [RequirementRecord],
    /// What would be checked on each of them.
    pub checks: &'a [String],
    /// What would be done if it failed, and what each app would go back to; `None` where what was released stays.
    pub if_failed: Option<String>,
}

/// What a run would do to an app.
pub struct App<'a> {
    /// Its name.
    pub name: &'a str,
    /// What would be done.
    pub action: &'a str,
    /// Whether that changes anything.
    pub changes: bool,
    /// What it runs now, if the platform was asked.
    pub now: Option<String>,
    /// The status checks that a promotion to it needs.
    pub requirements: Vec<String>,
}

impl Source {
    fn text(&self, out: &mut String) {
        let noun = match self.from {
            From::Workspace => return self.workspace_text(out),
            From::Archive => "archive",
            From::Image => "image",
            From::Slug => "slug",
            From::Images => "images",
        };
        let is_open = self.from != From::Slug && self.source.sha256.is_empty();
        let digest = if is_open { " (digest unknown)" } else { "" };
        let version = sanitize::text(&self.source.version);
        let _ = writeln!(out, "{noun:<9}  version {version}{digest}");
        let longest = self.images.iter().map(|one| one.process_type.len()).max();
        let width = longest.unwrap_or_default();
        for Image { process_type, id } in &self.images {
            let id = id
                .as_deref()
                .unwrap_or("pushed already; its id is in the registry");
            let (kind, id) = (sanitize::text(process_type), sanitize::text(id));
            let _ = writeln!(out, "    {kind:<width$}  {id}");
        }
    }

    fn workspace_text(&self, out: &mut String) {
        let _ = writeln!(
            out,
            "workspace  {}, {} → {} packed, version {}",
            units::count(self.source.files, "file", "files"),
            units::bytes(self.source.bytes),
            units::bytes(self.source.archive_bytes),
            sanitize::text(&self.source.version),
        );
        out.push_str("  the largest files\n");
        for File { path, bytes } in &self.largest {
            let _ = writeln!(
                out,
                "    {:>8}  {}",
                units::bytes(*bytes),
                sanitize::text(path)
            );
        }
        if !self.suspicious.is_empty() {
            out.push_str(
                "  these look like secrets, are not tracked by git, and would be uploaded\n",
            );
            for line in self.suspicious.iter().take(SUSPICIOUS) {
                let _ = writeln!(out, "    {}", sanitize::text(line));
            }
            let more = self.suspicious.len().saturating_sub(SUSPICIOUS);
            if more > 0 {
                let _ = writeln!(out, "    and {more} more");
            }
        }
    }
}

/// A requirement and how it stands: `window: not met: …`.
fn requirement(row: &RequirementRecord) -> String {
    let result = match row.result {
        RequirementResult::Met => "met",
        RequirementResult::Unmet => "NOT met",
        RequirementResult::Pending => "open",
        RequirementResult::Ignored => "NOT met, and ignored",
    };
    let (key, seen) = (sanitize::text(&row.requirement), sanitize::text(&row.seen));
    format!("{key}: {result}: {seen}")
}

/// How the apps of a stage get the release one wave after the other: `1, then 2 of its apps, each verified before the next`.
fn waves(ends: &[usize], max_parallel: Option<usize>) -> Option<String> {
    let last = ends.last()?;
    let shown: Vec<String> = ends.iter().map(ToString::to_string).collect();
    let shown = if ends.len() > WAVES {
        format!("{}, and so on to {last}", shown[..WAVES].join(", then "))
    } else {
        shown.join(", then ")
    };
    let at_most =
        max_parallel.map_or_else(String::new, |most| format!(", at most {most} at a time"));
    Some(format!(
        "{shown} of its apps{at_most}, each wave verified before the next"
    ))
}

impl Plan<'_> {
    /// The plan as text. Foreign text in it is harmless.
    pub fn text(&self) -> String {
        let mut out = String::new();
        let whom = match self.api_url {
            Some(url) => format!("{} at {url}", self.platform),
            None => format!("{}; the platform was not contacted", self.platform),
        };
        let _ = writeln!(out, "plan for {} ({whom})\n", sanitize::text(self.config));
        self.source.text(&mut out);
        if let Some(rules) = self.build_rules {
            rules.text(&mut out);
        }
        let width = |text: &str| text.chars().count();
        let apps = || self.stages.iter().flat_map(|stage| &stage.apps);
        let widest_stage = self.stages.iter().map(|stage| width(stage.name)).max();
        let widest_app = apps().map(|app| width(app.name)).max();
        let (stage_width, app_width) = (widest_stage.unwrap_or(0), widest_app.unwrap_or(0));
        out.push('\n');
        for stage in &self.stages {
            for (at, app) in stage.apps.iter().enumerate() {
                let name = if at == 0 { stage.name } else { "" };
                let now = app.now.as_ref().map(|now| format!("; now {now}"));
                let _ = writeln!(
                    out,
                    "{:<stage_width$}  {:<app_width$}  {}{}",
                    sanitize::text(name),
                    sanitize::text(app.name),
                    app.action,
                    sanitize::text(&now.unwrap_or_default()),
                );
                for requirement in &app.requirements {
                    let requirement = sanitize::text(requirement);
                    let _ = writeln!(
                        out,
                        "{:stage_width$}  requires  status check {requirement}",
                        ""
                    );
                }
            }
            for row in stage.requirements {
                let _ = writeln!(out, "{:stage_width$}  requires  {}", "", requirement(row));
                for problem in &row.problems {
                    let problem = sanitize::text(problem);
                    let _ = writeln!(out, "{:stage_width$}              {problem}", "");
                }
            }
            if let Some(waves) = waves(stage.waves, stage.max_parallel) {
                let _ = writeln!(out, "{:stage_width$}  in waves  {waves}", "");
            }
            for check in stage.checks {
                let check = sanitize::text(check);
                let _ = writeln!(out, "{:stage_width$}  then check  {check}", "");
            }
            if let Some(if_failed) = &stage.if_failed {
                let if_failed = sanitize::text(if_failed);
                let _ = writeln!(out, "{:stage_width$}  if it fails  {if_failed}", "");
            }
        }
        afterwards::hooks(self.hooks, self.is_rehearsal, &mut out);
        for commits in self.commits {
            commits.text(&mut out);
        }
        for note in self.notes {
            let _ = writeln!(out, "\nnote: {}", sanitize::text(note));
        }
        let _ = writeln!(out, "\n{}", self.summary());
        out
    }

    fn summary(&self) -> String {
        let apps = self.stages.iter().flat_map(|stage| &stage.apps);
        let changed = apps.filter(|app| app.changes).count() as u64;
        if changed == 0 {
            return "nothing to do: this version is live everywhere".to_owned();
        }
        let builds = if self.builds { "one build, " } else { "" };
        let would = if self.api_url.is_none() {
            "at most "
        } else {
            ""
        };
        format!(
            "{would}{builds}{} to change",
            units::count(changed, "app", "apps")
        )
    }
}
