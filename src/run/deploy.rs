//! The whole run: facts, plan, then stage after stage. A stage is over when each of its apps runs the release, its
//! checks passed and no other release replaced it.

use std::sync::Arc;

use futures_util::future::try_join;

use super::{
    Run,
    adopt::BuildPlan,
    build_input::BuildInput,
    facts::{Facts, Live},
    images::ImagesInput,
    ours::Ours,
    plan::{Goal, Plan, StagePlan, live_text, plan},
    promote::SourceRelease,
    release::Place,
    saved::Saved,
    verify::Code,
    waves::{stopped, subjects, waves},
};
use crate::{
    config,
    exit::Exit,
    failure::Failure,
    journal::{
        AppFact, Fact,
        event::Event,
        record::{AppRecord, PipelineRecord, StageRecord},
    },
    platform::{
        Content,
        types::{Release, ReleaseStatus},
    },
    units::list,
};

/// A plan, with what it was made of.
pub struct Planned {
    /// The plan.
    pub plan: Plan,
    /// What the platform said.
    pub facts: Facts,
    /// The content that is deployed; `None` if a release is promoted.
    pub content: Option<Content>,
    /// Whether to build even if the content is live already (`--force`).
    pub force: bool,
    /// The images that every stage gets, if images are released.
    pub images: Option<Arc<ImagesInput>>,
}

/// What a stage starts from.
pub(super) enum StageInput<'a> {
    /// The workspace, or what else is built.
    Source(&'a BuildInput),
    /// What the stage before verified, or what was asked for.
    Release(Box<SourceRelease>),
}

fn no_app(stage: &str) -> Failure {
    Failure::new(Exit::Internal, format!("the stage {stage} has no app"))
}

impl Run<'_> {
    /// Carries the workspace through every stage up to `to`; with a saved plan only if that still holds.
    pub async fn deploy(
        &self,
        to: usize,
        force: bool,
        saved: Option<&Saved>,
    ) -> Result<(), Failure> {
        let (input, planned) = self.prepare(to, force, false).await?;
        if let Some(saved) = saved {
            self.refuse_if_changed(saved, to, &input, &planned)?;
        }
        let code = Code::of_input(&input);
        self.execute(&planned, StageInput::Source(&input), &code)
            .await
    }

    /// The part of a deploy that changes nothing: what to build, and the plan. With `only_asks` it does not wait for other
    /// work to end.
    pub async fn prepare(
        &self,
        to: usize,
        force: bool,
        only_asks: bool,
    ) -> Result<(BuildInput, Planned), Failure> {
        self.images_have_a_registry()?;
        let (input, mut facts) = try_join(self.input(), self.facts(0..=to)).await?;
        if let (BuildInput::Archive(archive), Some(first)) = (&input, facts.first_app()) {
            self.accepts(archive, first).await?;
        }
        let input = self.named_slug(input, &facts).await?;
        if let BuildInput::Images(images) = &input {
            self.are_for_all(images, to)?;
        }
        let content = input.content();
        facts.begin = match &input {
            BuildInput::Slug(slug) => self.begin_slug(&facts, slug, force).await?,
            BuildInput::Images(images) => Some(BuildPlan::of(images.images.artifact())),
            _ => self.begin(&facts, &content, force, only_asks).await?,
        };
        let mut planned = self.planned(facts, &Goal::Deploy { to, content, force })?;
        if let BuildInput::Images(images) = &input {
            planned.images = Some(Arc::clone(images));
        }
        if !force {
            self.newer_first(&planned.facts, &input).await?;
        }
        Code::of_input(&input).check_placeholders_of(self.stages_of(&planned.plan))?;
        if only_asks {
            self.preview_requirements(&mut planned).await?;
            let stacks = self.deprecated_stacks(&planned.plan).await;
            planned.plan.notes.extend(stacks);
        }
        Ok((input, planned))
    }

    /// Promotes to the stage `to` what is live in the stage before, or a release of it.
    pub async fn promote(&self, to: usize, release: Option<&str>) -> Result<(), Failure> {
        self.can_be_promoted(to)?;
        let (facts, source) = self.promotion_source(to, release).await?;
        let artifact = release.and(source.release.artifact.clone());
        let planned = self.planned(facts, &Goal::Promote { to, artifact })?;
        let version = self.version_promoted(&source, &planned.facts).await?;
        let code = Code::of_version(version);
        code.check_placeholders_of(self.stages_of(&planned.plan))?;
        self.execute(&planned, StageInput::Release(Box::new(source)), &code)
            .await
    }

    /// The stages of a plan as `deploy.yaml` has them.
    fn stages_of<'p>(&'p self, plan: &'p Plan) -> impl Iterator<Item = &'p config::Stage> {
        let stages = plan.stages.iter();
        stages.map(|stage| &self.config.stages[stage.index])
    }

    /// What a promotion to the stage `to` starts from.
    pub async fn promotion_source(
        &self,
        to: usize,
        release: Option<&str>,
    ) -> Result<(Facts, SourceRelease), Failure> {
        let before = to.saturating_sub(1);
        let facts = self.facts(before..=to).await?;
        let name = self
            .config
            .stages
            .get(before)
            .map_or("", |stage| &stage.name);
        let first = facts.stages.get(before).and_then(|apps| apps.first());
        let first = first.ok_or_else(|| no_app(name))?;
        let app = first.app.clone();
        let release = match (release, &first.live) {
            (Some(which), _) => self
                .platform
                .release(&app, which, self.retry_budget())
                .await
                .map_err(|e| {
                    let doing = format!("looking up release {which} of {}", app.name);
                    self.cannot_find(&format!("{} has no release {which}", app.name), &doing, &e)
                })?,
            (None, Some(live)) => live.release.clone(),
            (None, None) => {
                return Err(Failure::new(
                    Exit::Refused,
                    format!("nothing is live on {} in {name}", app.name),
                )
                .state("nothing was changed on the platform")
                .next(format!(
                    "`launchway deploy --to {name}` builds and releases it"
                )));
            }
        };
        if release.status != ReleaseStatus::Succeeded {
            return Err(Failure::new(
                Exit::Refused,
                format!(
                    "release {} of {} is `{}`: only one that succeeded is promoted",
                    release.at,
                    app.name,
                    release.status.word()
                ),
            )
            .state("nothing was changed on the platform")
            .next(format!(
                "name another with --release, or leave it out to promote what is live on {}",
                app.name
            )));
        }
        Ok((facts, SourceRelease { app, release }))
    }

    /// Makes the plan and notes it.
    pub fn planned(&self, facts: Facts, goal: &Goal) -> Result<Planned, Failure> {
        let plan = plan(self.config, &facts, goal).map_err(|problems| {
            let count = problems.len();
            let what = match problems.as_slice() {
                [one] => one.clone(),
                _ => format!("{count} problems prevent this run"),
            };
            let failure = Failure::new(Exit::Refused, what)
                .state("nothing was changed on the platform")
                .next("fix it in deploy.yaml or on the platform, then run it again");
            if count > 1 {
                failure.detail(problems)
            } else {
                failure
            }
        })?;
        for note in &plan.notes {
            self.journal.note(note.clone());
        }
        self.journal.record(Fact::Planned {
            pipeline: facts.pipeline.as_ref().map(|pipeline| PipelineRecord {
                id: pipeline.id.clone(),
                name: pipeline.name.clone(),
            }),
            stages: plan.stages.iter().map(stage_record).collect(),
        });
        let (content, force) = match goal {
            Goal::Deploy { content, force, .. } => (Some(content.clone()), *force),
            Goal::Promote { .. } => (None, false),
        };
        Ok(Planned {
            plan,
            facts,
            content,
            force,
            images: None,
        })
    }

    /// Executes the stages of a plan. Each starts from what the one before verified; one that fails may be rolled back.
    async fn execute(
        &self,
        planned: &Planned,
        mut origin: StageInput<'_>,
        code: &Code,
    ) -> Result<(), Failure> {
        self.can_be_asked(&planned.plan)?;
        for (at, stage) in planned.plan.stages.iter().enumerate() {
            let source = match self.stage(stage, planned, &origin, code).await {
                Ok(source) => source,
                Err(failure) => {
                    let failure = Box::pin(self.after_failure(stage, planned, failure)).await;
                    return Err(untouched(failure, &planned.plan.stages[at + 1..]));
                }
            };
            origin = StageInput::Release(Box::new(source));
        }
        Ok(())
    }

    /// Executes one stage and returns what the next one starts from.
    async fn stage(
        &self,
        stage: &StagePlan,
        planned: &Planned,
        origin: &StageInput<'_>,
        code: &Code,
    ) -> Result<SourceRelease, Failure> {
        self.journal.emit(Event::StageStarted {
            stage: stage.stage.clone(),
            apps: stage.apps.iter().map(|app| app.app.name.clone()).collect(),
            how: stage.how,
        });
        let (live, open) = self.already_live(stage, origin, planned.images.as_deref());
        if !open.is_empty() {
            let source = match origin {
                StageInput::Source(_) => None,
                StageInput::Release(source) => Some(&**source),
            };
            self.admit(stage, source, &open, planned).await?;
        }
        let mut released = Vec::new();
        for (at, wave) in waves(&stage.waves, live, open).into_iter().enumerate() {
            let stopped = |failure: Failure| match stopped(stage, at) {
                Some(where_it_stopped) => failure.detail([where_it_stopped]),
                None => failure,
            };
            if !stage.waves.is_empty() {
                let looked = self.before_wave(stage, at, &wave, origin, planned).await;
                looked.map_err(stopped)?;
            }
            let through = self.wave(stage, planned, origin, code, wave).await;
            released.extend(through.map_err(stopped)?);
        }
        released.sort_by_key(|(place, _)| place.app_at);
        if !stage.waves.is_empty() {
            // The apps of the first waves were checked a while ago.
            let subjects = subjects(&released, stage, code);
            let ours = Ours::new(planned);
            let pipeline = planned.facts.pipeline.as_ref();
            let pipeline = pipeline.map(|pipeline| pipeline.id.as_str());
            self.confirm(pipeline, &subjects, &ours).await?;
        }
        let first = released
            .into_iter()
            .next()
            .map(|(place, release)| SourceRelease {
                app: place.app.clone(),
                release,
            });
        first.ok_or_else(|| no_app(&stage.stage))
    }

    /// Splits the apps of a stage into those that run the wanted source already, with their releases, and those that do
    /// not. The stage before may have got another build than the plan saw.
    fn already_live<'p>(
        &self,
        stage: &'p StagePlan,
        origin: &StageInput<'_>,
        images: Option<&ImagesInput>,
    ) -> (Vec<(Place<'p>, Release)>, Vec<Place<'p>>) {
        let (mut there, mut open) = (Vec::new(), Vec::new());
        for (app, place) in stage.apps.iter().zip(stage.places()) {
            let wanted = |live: &&Live| match origin {
                StageInput::Source(_) => true,
                StageInput::Release(_) if images.is_some() => true,
                StageInput::Release(source) => live.release.runs_what(&source.release),
            };
            let live = app.live.as_ref().filter(|_| app.already_live);
            let Some(live) = live.filter(wanted) else {
                open.push(place);
                continue;
            };
            self.journal.note(format!(
                "{} already runs {}: nothing to release",
                app.app.name,
                live_text(Some(live))
            ));
            self.journal
                .record_app(place.key(), AppFact::AlreadyLive(live.release.record()));
            if let Some(images) = images {
                let images = images.images.0.clone();
                self.journal
                    .record_app(place.key(), AppFact::Images(images));
            }
            there.push((place, live.release.clone()));
        }
        (there, open)
    }
}

/// Adds to the failure of a stage that the later stages were not touched.
fn untouched(failure: Failure, behind: &[StagePlan]) -> Failure {
    let names: Vec<&str> = behind.iter().map(|stage| stage.stage.as_str()).collect();
    let released = matches!(
        failure.exit,
        Exit::VerificationFailed | Exit::RolledBack | Exit::RollbackFailed
    );
    let (true, Some(state), [_, ..]) = (released, &failure.state, names.as_slice()) else {
        return failure;
    };
    let were = if names.len() == 1 { "was" } else { "were" };
    let state = format!("{state}; {} {were} not touched", list(&names));
    failure.state(state)
}

fn stage_record(stage: &StagePlan) -> StageRecord {
    StageRecord {
        stage: stage.stage.clone(),
        how: stage.how,
        promotion: None,
        waves: stage.waves.clone(),
        max_parallel: stage.max_parallel,
        requirements: Vec::new(),
        approval: None,
        apps: stage
            .apps
            .iter()
            .map(|app| AppRecord {
                app: app.app.name.clone(),
                id: Some(app.app.id.clone()),
                replaced: app.live.as_ref().map(|live| live.release.record()),
                web_url: app.app.web_url.as_ref().map(ToString::to_string),
                ..AppRecord::default()
            })
            .collect(),
    }
}
