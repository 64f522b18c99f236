//! `plan`: what a deploy would do and why, without changing anything. The plan is data, so it goes to stdout: as text, or as one
//! JSON object with `--output json`.

mod afterwards;

use std::{fmt::Write as _, num::NonZeroUsize, path::Path};

use serde::Serialize;
use url::Url;

use super::{Context, replaced::replaced, runtime::Doing, stage_at};
use crate::{
    cli,
    config::{Config, OnFailure},
    exit::Exit,
    failure::Failure,
    journal::{Journal, record::SourceRecord},
    model::Choice as _,
    report::{
        self, Output,
        plan::{BuildRules, Commits, File, From, Hook, Image as ShownImage, Source},
    },
    run::{
        Run,
        blocking::blocking,
        build_input::BuildInput,
        elsewhere, images,
        in_flight::InFlight,
        pack::{cannot_pack, pack_options},
        plan::{self, AppPlan, Plan, StagePlan, Step},
        prompt,
        slug::{SlugInput, look_through},
    },
    source::{self, Survey},
    units,
};

/// All that `plan` says.
#[derive(Serialize)]
struct PlanOutput<'a> {
    #[serde(flatten)]
    plan: &'a Plan,
    config: String,
    platform: String,
    /// The API's address; `None` if it was not contacted.
    api_url: Option<String>,
    source: Source,
    /// What lies between what apps run and what they would get, as far as git knows.
    commits: Vec<Commits>,
    /// What becomes of the upload, and of a build that fails on purpose, if something would be built of a source.
    #[serde(skip_serializing_if = "Option::is_none")]
    build: Option<BuildRules>,
    /// Who would be told how the run ends.
    notify: Vec<Hook>,
    #[serde(skip)]
    is_rehearsal: bool,
}

impl Context<'_> {
    pub(super) fn plan(&self, args: &cli::Plan) -> Result<Exit, Failure> {
        let config = self.config()?;
        let to = stage_at(&config, args.to.as_deref())?;
        if args.save.as_deref() == Some(Path::new("-")) {
            let what = "`--save` needs a file: the plan itself goes to standard output";
            return Err(Failure::new(Exit::Usage, what));
        }
        let journal = self.warnings_only("plan");
        let doing = Doing::new("packing the workspace");
        let work = self.planned(&config, to, args, &journal, &doing);
        let work = async {
            let (plan, source, api_url) = work.await?;
            let commits = replaced(&config, &plan, source.source.commit.as_deref()).await?;
            Ok((plan, source, api_url, commits))
        };
        let (mut plan, source, api_url, commits) = self.read_only(&doing, work)?;
        if self.terminal().is_none()
            && let Some(stage) = prompt::first_with_prompt(&plan, &config)
        {
            plan.notes.push(format!(
                "{} has `approval: prompt`, and there is no terminal here to ask on: `deploy` would refuse (exit code 16) before \
                 anything is changed",
                stage.stage
            ));
        }
        let is_packed = source.from == From::Workspace;
        let output = PlanOutput {
            plan: &plan,
            config: config.path.display().to_string(),
            platform: config.platform.to_string(),
            api_url: api_url.map(|url| url.as_str().trim_end_matches('/').to_owned()),
            build: afterwards::build_rules(&config, &plan, is_packed),
            notify: afterwards::hooks(&config),
            is_rehearsal: args.rehearsal.sandbox,
            source,
            commits,
        };
        let text = match self.global.output {
            Output::Json => {
                serde_json::to_string(&output).map_err(|e| {
                    Failure::new(Exit::Internal, format!("cannot write the plan: {e}"))
                })? + "\n"
            }
            _ => output.text(),
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
    ) -> Result<(Plan, Source, Option<Url>), Failure> {
        if args.offline {
            let source = self.source_offline(config, args, journal).await?;
            return Ok((plan::offline(config, to), source, None));
        }
        doing.set("asking the platform what is there");
        let (plan, source, api_url) = self.online(config, to, args, journal).await?;
        Ok((plan, source, Some(api_url)))
    }

    /// The plan as the platform has it, the platform's address, and what would be built.
    async fn online(
        &self,
        config: &Config,
        to: usize,
        args: &cli::Plan,
        journal: &Journal,
    ) -> Result<(Plan, Source, Url), Failure> {
        let mut session = self.session(config, &args.rehearsal, journal).await?;
        session.own_files.extend(args.save.clone());
        let in_flight = InFlight::default();
        let run = Run {
            ignore_window: args.ignore_window,
            ..session.run(config, journal, &in_flight)
        };
        let (input, planned) = run.prepare(to, args.force, true).await?;
        if let Some(path) = &args.save {
            self.save(path, &run.saved(to, &input, &planned))?;
        }
        let source = match &input {
            BuildInput::Archive(archive) => {
                packed(archive, &survey(self.pack_options(config, args)).await?)
            }
            BuildInput::Hosted(hosted, commit) => {
                let sha256 = hosted.sha256.clone();
                built_elsewhere(From::Archive, &hosted.version, commit.clone(), sha256)
            }
            BuildInput::Slug(slug) => released(slug),
            BuildInput::Images(images) => {
                let id = |kind: &str| images.images.0.get(kind).cloned();
                of_images(config, images.record(), id)
            }
            BuildInput::Image(image) => {
                built_elsewhere(From::Image, &image.version, None, image.sha256.clone())
            }
        };
        Ok((planned.plan, source, session.api_url.clone()))
    }

    /// What would be built, as far as this machine alone knows.
    async fn source_offline(
        &self,
        config: &Config,
        args: &cli::Plan,
        journal: &Journal,
    ) -> Result<Source, Failure> {
        let is_image = config.build.image.is_some();
        let from = if is_image { From::Image } else { From::Archive };
        let options = self.pack_options(config, args);
        if let Some(given) = &config.build.slug {
            return Ok(released(&look_through(config, options, given).await?));
        }
        if !config.build.images.is_empty() {
            let found = images::look_through(config, options).await?;
            let id = |kind: &str| Some(found.stored.get(kind)?.id().to_string());
            return Ok(of_images(config, found.record(config), id));
        }
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
            return Ok(built_elsewhere(from, &name, commit, None));
        }
        let pack = move |cancelled: &(dyn Fn() -> bool + Sync)| source::pack(&options, cancelled);
        let archive = blocking("packing the workspace", pack).await?;
        let archive = archive.map_err(|e| cannot_pack(&e))?;
        for warning in &archive.warnings {
            journal.warn(warning.clone());
        }
        let identity = &archive.identity;
        Ok(match elsewhere::name(config, Some(&identity.version)) {
            Some(name) => built_elsewhere(from, &name, identity.commit.clone(), None),
            None => packed(&archive, &survey(self.pack_options(config, args)).await?),
        })
    }

    fn pack_options(&self, config: &Config, args: &cli::Plan) -> source::Options {
        let mut own = self.global.own_files();
        own.extend(args.save.clone());
        pack_options(config, &self.ci, &own)
    }
}

/// What is in the packed workspace.
async fn survey(options: source::Options) -> Result<Survey, Failure> {
    let survey = move |_: &(dyn Fn() -> bool + Sync)| source::survey(&options);
    let survey = blocking("looking at the workspace", survey).await?;
    survey.map_err(|e| cannot_pack(&e))
}

/// What would be built of a packed workspace.
fn packed(facts: &source::Facts, survey: &Survey) -> Source {
    Source {
        from: From::Workspace,
        source: SourceRecord {
            version: facts.identity.version.clone(),
            commit: facts.identity.commit.clone(),
            sha256: facts.sha256.clone(),
            tar_sha256: facts.tar_sha256.clone(),
            files: facts.files,
            bytes: facts.bytes,
            archive_bytes: facts.archive_bytes,
        },
        images: Vec::new(),
        largest: survey
            .largest
            .iter()
            .map(|file| File {
                path: file.path.clone(),
                bytes: file.bytes,
            })
            .collect(),
        suspicious: survey.suspicious.iter().map(ToString::to_string).collect(),
    }
}

/// Images that would be released; `id` gives the id of a process type's, if it is known.
fn of_images(config: &Config, source: SourceRecord, id: impl Fn(&str) -> Option<String>) -> Source {
    let images = config.build.images.keys().map(|kind| ShownImage {
        process_type: kind.clone(),
        id: id(kind),
    });
    Source {
        from: From::Images,
        source,
        images: images.collect(),
        largest: Vec::new(),
        suspicious: Vec::new(),
    }
}

/// A slug that would be released.
fn released(slug: &SlugInput) -> Source {
    Source {
        from: From::Slug,
        source: slug.record(),
        images: Vec::new(),
        largest: Vec::new(),
        suspicious: Vec::new(),
    }
}

/// What would be built that is not packed here: its digest if it was requested.
fn built_elsewhere(
    from: From,
    version: &str,
    commit: Option<String>,
    sha256: Option<String>,
) -> Source {
    Source {
        from,
        source: SourceRecord {
            version: version.to_owned(),
            commit,
            sha256: sha256.unwrap_or_default(),
            ..SourceRecord::default()
        },
        images: Vec::new(),
        largest: Vec::new(),
        suspicious: Vec::new(),
    }
}

impl PlanOutput<'_> {
    fn text(&self) -> String {
        let plan = self.plan;
        let apps = || plan.stages.iter().flat_map(|stage| &stage.apps);
        let view = report::plan::Plan {
            config: &self.config,
            platform: &self.platform,
            api_url: self.api_url.as_deref(),
            source: &self.source,
            stages: plan
                .stages
                .iter()
                .map(|stage| report::plan::Stage {
                    name: &stage.stage,
                    apps: stage.apps.iter().map(|app| self.app(app)).collect(),
                    waves: &stage.waves,
                    max_parallel: stage.max_parallel.map(NonZeroUsize::get),
                    requirements: &stage.requirements,
                    checks: &stage.checks,
                    if_failed: if_failed(stage),
                })
                .collect(),
            commits: &self.commits,
            notes: &plan.notes,
            builds: apps().any(|app| app.step == Step::Build),
            build_rules: self.build.as_ref(),
            hooks: &self.notify,
            is_rehearsal: self.is_rehearsal,
        };
        view.text()
    }

    fn app<'p>(&self, app: &'p AppPlan) -> report::plan::App<'p> {
        report::plan::App {
            name: &app.app.name,
            action: &app.action,
            changes: !app.already_live,
            now: self.api_url.as_ref().map(|_| now(app)),
            requirements: app.requirements.iter().map(ToString::to_string).collect(),
        }
    }
}

/// What would be done with a stage that failed: `rollback: shop-eu to v7, shop-us to v4`.
fn if_failed(stage: &StagePlan) -> Option<String> {
    if stage.on_failure == OnFailure::Stop.word() {
        return None;
    }
    let changed = stage.apps.iter().filter(|app| !app.already_live);
    let back = changed.filter_map(|app| {
        let live = &app.live.as_ref()?.release;
        Some(format!("{} to {}", app.app.name, live.at))
    });
    let back: Vec<String> = back.collect();
    Some(match back.as_slice() {
        [] => stage.on_failure.to_owned(),
        back => format!("{}: {}", stage.on_failure, units::list(back)),
    })
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
