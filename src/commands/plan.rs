//! `plan`: what a deploy would do and why, without a change. The plan is data, so it goes to stdout: as text, or as one
//! JSON object with `--output json`.

use std::fmt::Write as _;

use serde::Serialize;
use url::Url;

use super::{
    Context,
    runtime::Doing,
    session::{Session, on_platform},
    stage_at,
};
use crate::{
    cli,
    config::Config,
    event::{Events, How},
    exit::Exit,
    failure::Failure,
    platform::{Content, Platform},
    report::{self, Output, sanitize},
    run::{
        blocking::blocking,
        elsewhere,
        ledger::Ledger,
        pack::{cannot_pack, pack_options},
        plan::{self, AppPlan, Goal, Plan},
    },
    source::{self, Archive, Survey},
    units,
};

/// How many suspicious files are named.
const SUSPICIOUS: usize = 10;

/// All that `plan` says.
#[derive(Serialize)]
struct Told<'a> {
    #[serde(flatten)]
    plan: &'a Plan,
    config: String,
    platform: String,
    /// The API's address; `None` if nobody was asked.
    api_url: Option<String>,
    source: SourceTold,
}

/// What would be packed.
#[derive(Serialize)]
struct SourceTold {
    version: String,
    commit: Option<String>,
    sha256: String,
    tar_sha256: String,
    files: u64,
    bytes: u64,
    archive_bytes: u64,
    largest: Vec<FileTold>,
    suspicious: Vec<String>,
}

#[derive(Serialize)]
struct FileTold {
    path: String,
    bytes: u64,
}

impl Context<'_> {
    pub(super) fn plan(&self, args: &cli::Plan) -> Result<Exit, Failure> {
        let config = self.config()?;
        let to = stage_at(&config, args.to.as_deref())?;
        // Progress would stand in the way of the plan; warnings still go to stderr.
        let style = report::Style {
            verbosity: self.style.verbosity.min(report::Verbosity::Quiet),
            ..self.style
        };
        let warnings = report::human::Human::new(&self.console, style);
        let events = Events::new(vec![Box::new(warnings)]);
        let doing = Doing::new("packing the workspace");
        let work = self.planned(&config, to, args, &events, &doing);
        let (plan, source, api_url) = self.read_only(&doing, work)?;
        let told = Told {
            plan: &plan,
            config: config.path.display().to_string(),
            platform: config.platform.to_string(),
            api_url: api_url.map(|url| url.as_str().trim_end_matches('/').to_owned()),
            source,
        };
        let text = match self.global.output {
            Output::Json => {
                serde_json::to_string(&told).map_err(|e| {
                    Failure::new(Exit::Internal, format!("cannot write the plan: {e}"))
                })? + "\n"
            }
            _ => told.text(args.offline),
        };
        self.data(&text)?;
        Ok(if args.detailed_exitcode && plan.changes() {
            Exit::Changes
        } else {
            Exit::Ok
        })
    }
}

impl Context<'_> {
    /// The plan, what would be packed, and the platform's address if it was asked.
    async fn planned(
        &self,
        config: &Config,
        to: usize,
        args: &cli::Plan,
        events: &Events,
        doing: &Doing,
    ) -> Result<(Plan, SourceTold, Option<Url>), Failure> {
        let options = pack_options(config, &self.ci, &self.global.own_files());
        let (archive, survey) = pack(options).await?;
        for warning in &archive.warnings {
            events.warn(warning.clone());
        }
        let mut source = SourceTold::of(&archive, &survey);
        if args.offline {
            let elsewhere = elsewhere::name(config, &source.version);
            source.version = elsewhere.unwrap_or(source.version);
            return Ok((plan::offline(config, to), source, None));
        }
        doing.set("asking the platform what is there");
        let (plan, api_url) = on_platform!(config, P => {
            self.online::<P>(config, to, &archive, &mut source, args, events).await
        })?;
        Ok((plan, source, Some(api_url)))
    }

    /// The plan as the platform has it, and the platform's address.
    async fn online<P: Platform>(
        &self,
        config: &Config,
        to: usize,
        archive: &Archive,
        source: &mut SourceTold,
        args: &cli::Plan,
        events: &Events,
    ) -> Result<(Plan, Url), Failure> {
        let session: Session<P> = self.session(config, &args.rehearsal, events).await?;
        let ledger = Ledger::new("plan");
        let run = session.run(config, events, &ledger);
        let facts = run.facts(0..=to).await?;
        let content = match run.elsewhere(&source.version).await? {
            Some(elsewhere) => {
                let content = elsewhere.content();
                source.sha256 = elsewhere.sha256.unwrap_or_default();
                source.version = elsewhere.version;
                content
            }
            None => {
                if let Some(first) = facts.first_app() {
                    run.accepts(archive, first).await?;
                }
                Content::packed(&source.version, &archive.sha256, &archive.tar_sha256)
            }
        };
        let goal = Goal::Deploy {
            to,
            content,
            force: args.force,
        };
        let planned = run.planned(facts, &goal)?;
        Ok((planned.plan, session.api_url.clone()))
    }
}

/// Packs into a temporary file without a name, as `deploy` does: the platform may not take every archive.
async fn pack(options: source::Options) -> Result<(Archive, Survey), Failure> {
    let work = move |cancelled: &(dyn Fn() -> bool + Sync)| {
        let archive = source::pack(&options, cancelled)?;
        Ok((archive, source::survey(&options)?))
    };
    let packed: Result<_, source::Error> = blocking("packing the workspace", work).await?;
    packed.map_err(|e| cannot_pack(&e))
}

impl SourceTold {
    fn of(facts: &source::Facts, survey: &Survey) -> Self {
        Self {
            version: facts.identity.version.clone(),
            commit: facts.identity.commit.clone(),
            sha256: facts.sha256.clone(),
            tar_sha256: facts.tar_sha256.clone(),
            files: facts.files,
            bytes: facts.bytes,
            archive_bytes: facts.archive_bytes,
            largest: survey
                .largest
                .iter()
                .map(|file| FileTold {
                    path: file.path.clone(),
                    bytes: file.bytes,
                })
                .collect(),
            suspicious: survey.suspicious.iter().map(ToString::to_string).collect(),
        }
    }

    fn text(&self, out: &mut String) {
        let _ = writeln!(
            out,
            "workspace  {}, {} → {} packed, version {}",
            units::count(self.files, "file", "files"),
            units::bytes(self.bytes),
            units::bytes(self.archive_bytes),
            sanitize::text(&self.version),
        );
        out.push_str("  the largest files\n");
        for FileTold { path, bytes } in &self.largest {
            let _ = writeln!(
                out,
                "    {:>8}  {}",
                units::bytes(*bytes),
                sanitize::text(path)
            );
        }
        if !self.suspicious.is_empty() {
            out.push_str(
                "  these look like secrets and are not tracked by git, and would be uploaded\n",
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

impl Told<'_> {
    fn text(&self, offline: bool) -> String {
        let mut out = String::new();
        let whom = match &self.api_url {
            Some(url) => format!("{} at {url}", self.platform),
            None => format!("{}, nobody was asked what is live", self.platform),
        };
        let _ = writeln!(out, "plan for {} ({whom})\n", sanitize::text(&self.config));
        self.source.text(&mut out);
        let stages = &self.plan.stages;
        let width = |text: &str| text.chars().count();
        let widest_stage = stages.iter().map(|stage| width(&stage.stage)).max();
        let apps = || stages.iter().flat_map(|stage| &stage.apps);
        let widest_app = apps().map(|app| width(&app.app.name)).max();
        let (stage_width, app_width) = (widest_stage.unwrap_or(0), widest_app.unwrap_or(0));
        out.push('\n');
        for stage in stages {
            for (at, app) in stage.apps.iter().enumerate() {
                let name = if at == 0 { stage.stage.as_str() } else { "" };
                let now = if offline {
                    String::new()
                } else {
                    format!("; now {}", now(app))
                };
                let _ = writeln!(
                    out,
                    "{:<stage_width$}  {:<app_width$}  {}{}",
                    sanitize::text(name),
                    sanitize::text(&app.app.name),
                    app.action,
                    sanitize::text(&now),
                );
            }
            for check in &stage.checks {
                let _ = writeln!(
                    out,
                    "{:stage_width$}  then check  {}",
                    "",
                    sanitize::text(check)
                );
            }
        }
        for note in &self.plan.notes {
            let _ = writeln!(out, "\nnote: {}", sanitize::text(note));
        }
        let _ = writeln!(out, "\n{}", self.summary(offline));
        out
    }

    fn summary(&self, offline: bool) -> String {
        if !self.plan.changes() {
            return "nothing to do: this version is live everywhere".to_owned();
        }
        let stages = self.plan.stages.iter();
        let apps = stages.clone().flat_map(|stage| &stage.apps);
        let changed = apps.filter(|app| !app.already_live).count() as u64;
        let builds = stages
            .filter(|stage| stage.how == How::Build)
            .any(|stage| stage.apps.iter().any(|app| !app.already_live));
        let builds = if builds { "one build, " } else { "" };
        let would = if offline { "at most " } else { "" };
        format!(
            "{would}{builds}{} to change",
            units::count(changed, "app", "apps")
        )
    }
}

/// What an app runs now: `v11 of 1a2b3c4 by ada@example.com, 2026-11-01 (Deploy 1a2b3c4)`.
fn now(app: &AppPlan) -> String {
    let mut text = plan::live_text(app.live.as_ref());
    let Some(release) = app.live.as_ref().map(|live| &live.release) else {
        return text;
    };
    if let Some(user) = &release.user {
        let _ = write!(text, " by {user}");
    }
    if let Some(at) = release.created_at {
        let _ = write!(text, " on {}", units::day(at));
    }
    text
}
