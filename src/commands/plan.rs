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
    exit::Exit,
    failure::Failure,
    journal::Journal,
    platform::Platform,
    report::{self, Output, sanitize},
    run::{
        blocking::blocking,
        elsewhere,
        in_flight::InFlight,
        pack::{cannot_pack, pack_options},
        parcel::Parcel,
        plan::{self, AppPlan, Plan, Step},
    },
    source::{self, Survey},
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

/// What a build is made from.
#[derive(Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
enum From {
    /// The packed workspace.
    Workspace,
    /// An archive that is hosted already.
    Archive,
    /// An image in a registry.
    Image,
}

/// What would be built.
#[derive(Serialize)]
struct SourceTold {
    from: From,
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
        let journal = Journal::new("plan", vec![Box::new(warnings)]);
        let doing = Doing::new("packing the workspace");
        let work = self.planned(&config, to, args, &journal, &doing);
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
        journal: &Journal,
        doing: &Doing,
    ) -> Result<(Plan, SourceTold, Option<Url>), Failure> {
        if args.offline {
            let source = self.source_offline(config, journal).await?;
            return Ok((plan::offline(config, to), source, None));
        }
        doing.set("asking the platform what is there");
        let (plan, source, api_url) = on_platform!(config, P => {
            self.online::<P>(config, to, args, journal).await
        })?;
        Ok((plan, source, Some(api_url)))
    }

    /// The plan as the platform has it, the platform's address, and what would be built.
    async fn online<P: Platform>(
        &self,
        config: &Config,
        to: usize,
        args: &cli::Plan,
        journal: &Journal,
    ) -> Result<(Plan, SourceTold, Url), Failure> {
        let session: Session<P> = self.session(config, &args.rehearsal, journal).await?;
        let in_flight = InFlight::default();
        let run = session.run(config, journal, &in_flight);
        let (parcel, planned) = run.prepare(to, args.force, true).await?;
        let source = match &parcel {
            Parcel::Archive(archive) => {
                SourceTold::of(archive, &survey(self.pack_options(config)).await?)
            }
            Parcel::Hosted(hosted, commit) => {
                let sha256 = hosted.sha256.clone();
                SourceTold::elsewhere(From::Archive, &hosted.version, commit.clone(), sha256)
            }
            Parcel::Image(image) => {
                SourceTold::elsewhere(From::Image, &image.version, None, image.sha256.clone())
            }
        };
        Ok((planned.plan, source, session.api_url.clone()))
    }

    /// What would be built, as far as this machine alone knows.
    async fn source_offline(
        &self,
        config: &Config,
        journal: &Journal,
    ) -> Result<SourceTold, Failure> {
        let is_image = config.build.image.is_some();
        let from = if is_image { From::Image } else { From::Archive };
        let options = self.pack_options(config);
        if !elsewhere::is_packed(config) {
            let look = move |cancelled: &(dyn Fn() -> bool + Sync)| {
                if is_image {
                    Ok(None)
                } else {
                    source::commit(&options, cancelled)
                }
            };
            let commit = blocking("asking git", look).await?;
            let commit = commit.map_err(|e| cannot_pack(&e))?;
            let name = elsewhere::name(config, commit.as_deref()).unwrap_or_default();
            return Ok(SourceTold::elsewhere(from, &name, commit, None));
        }
        let pack = move |cancelled: &(dyn Fn() -> bool + Sync)| source::pack(&options, cancelled);
        let archive = blocking("packing the workspace", pack).await?;
        let archive = archive.map_err(|e| cannot_pack(&e))?;
        for warning in &archive.warnings {
            journal.warn(warning.clone());
        }
        let identity = &archive.identity;
        Ok(match elsewhere::name(config, Some(&identity.version)) {
            Some(name) => SourceTold::elsewhere(from, &name, identity.commit.clone(), None),
            None => SourceTold::of(&archive, &survey(self.pack_options(config)).await?),
        })
    }

    fn pack_options(&self, config: &Config) -> source::Options {
        pack_options(config, &self.ci, &self.global.own_files())
    }
}

/// What is in the packed workspace.
async fn survey(options: source::Options) -> Result<Survey, Failure> {
    let survey = move |_: &(dyn Fn() -> bool + Sync)| source::survey(&options);
    let survey = blocking("looking at the workspace", survey).await?;
    survey.map_err(|e| cannot_pack(&e))
}

impl SourceTold {
    fn of(facts: &source::Facts, survey: &Survey) -> Self {
        Self {
            from: From::Workspace,
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

    /// What is not packed here: its digest if somebody was asked for it.
    fn elsewhere(
        from: From,
        version: &str,
        commit: Option<String>,
        sha256: Option<String>,
    ) -> Self {
        Self {
            from,
            version: version.to_owned(),
            commit,
            sha256: sha256.unwrap_or_default(),
            tar_sha256: String::new(),
            files: 0,
            bytes: 0,
            archive_bytes: 0,
            largest: Vec::new(),
            suspicious: Vec::new(),
        }
    }

    fn text(&self, out: &mut String) {
        let noun = match self.from {
            From::Workspace => return self.workspace_text(out),
            From::Archive => "archive",
            From::Image => "image",
        };
        let digest = if self.sha256.is_empty() {
            " (its digest is not known)"
        } else {
            ""
        };
        let version = sanitize::text(&self.version);
        let _ = writeln!(out, "{noun:<9}  version {version}{digest}");
    }

    fn workspace_text(&self, out: &mut String) {
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
                for requirement in &app.requirements {
                    let requirement = requirement.to_string();
                    let _ = writeln!(
                        out,
                        "{:stage_width$}  needs status check  {}",
                        "",
                        sanitize::text(&requirement)
                    );
                }
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
            .flat_map(|stage| &stage.apps)
            .any(|app| app.step == Step::Build);
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
