//! The whole run: facts, plan, then stage after stage. A stage is over when each of its apps runs the release, its
//! checks passed and nobody released on top of it.

use futures_util::future::{join_all, try_join};

use super::{
    Run,
    facts::Facts,
    ours::Ours,
    parcel::Parcel,
    plan::{AppPlan, Goal, Plan, StagePlan, live_text, plan},
    promote::Source,
    release::{Now, Place, superseded},
    verify::{Code, Subject},
};
use crate::{
    config,
    exit::Exit,
    failure::Failure,
    journal::{AppFact, Fact},
    journal::{
        event::{Event, How},
        record::{AppOutcome, AppRecord, PipelineRecord, StageRecord},
    },
    platform::{
        Platform,
        types::{CheckState, Release, ReleaseStatus},
    },
};

/// A plan, with what it was made of.
pub struct Planned {
    /// The plan.
    pub plan: Plan,
    /// What the platform said.
    pub facts: Facts,
    /// Whether what is there already is built again.
    pub force: bool,
}

impl<P: Platform> Run<'_, P> {
    /// Carries the workspace through every stage up to `to`.
    pub async fn deploy(&self, to: usize, force: bool) -> Result<(), Failure> {
        let (parcel, planned) = self.prepare(to, force, false).await?;
        let code = Code::of_parcel(&parcel);
        self.execute(&planned, Some(&parcel), None, &code).await
    }

    /// All of a deploy that changes nothing: what is built, and what is to be done with it. One that `only_asks` waits for
    /// nobody.
    pub async fn prepare(
        &self,
        to: usize,
        force: bool,
        only_asks: bool,
    ) -> Result<(Parcel, Planned), Failure> {
        let (parcel, mut facts) = try_join(self.parcel(), self.facts(0..=to)).await?;
        if let (Parcel::Archive(archive), Some(first)) = (&parcel, facts.first_app()) {
            self.accepts(archive, first).await?;
        }
        let content = parcel.content();
        facts.begin = self.begin(&facts, &content, force, only_asks).await?;
        let planned = self.planned(facts, &Goal::Deploy { to, content, force })?;
        if !force {
            self.newer_first(&planned.facts, &parcel).await?;
        }
        Code::of_parcel(&parcel).serves(self.stages_of(&planned.plan))?;
        Ok((parcel, planned))
    }

    /// Promotes to the stage `to` what is live in the stage before, or a release of it.
    pub async fn promote(&self, to: usize, release: Option<&str>) -> Result<(), Failure> {
        let (facts, source) = self.promotion_source(to, release).await?;
        let artifact = release.and(source.release.artifact.clone());
        let planned = self.planned(facts, &Goal::Promote { to, artifact })?;
        let version = self.version_promoted(&source, &planned.facts).await?;
        let code = Code::of_version(version);
        code.serves(self.stages_of(&planned.plan))?;
        self.execute(&planned, None, Some(source), &code).await
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
    ) -> Result<(Facts, Source), Failure> {
        let before = to.saturating_sub(1);
        let facts = self.facts(before..=to).await?;
        let name = self
            .config
            .stages
            .get(before)
            .map_or("", |stage| &stage.name);
        let first = facts.stages.get(before).and_then(|apps| apps.first());
        let Some(first) = first else {
            return Err(Failure::new(
                Exit::Internal,
                format!("the stage {name} has no app"),
            ));
        };
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
        Ok((facts, Source { app, release }))
    }

    /// Makes the plan and notes it.
    pub fn planned(&self, facts: Facts, goal: &Goal) -> Result<Planned, Failure> {
        let plan = plan(self.config, &facts, goal).map_err(|problems| {
            let count = problems.len();
            let what = match problems.as_slice() {
                [one] => one.clone(),
                _ => format!("{count} things stand against this run"),
            };
            let failure = Failure::new(Exit::Refused, what)
                .state("nothing was changed on the platform")
                .next("put it right in deploy.yaml or on the platform, then run it again");
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
        let force = matches!(goal, Goal::Deploy { force: true, .. });
        Ok(Planned { plan, facts, force })
    }

    async fn execute(
        &self,
        planned: &Planned,
        parcel: Option<&Parcel>,
        mut source: Option<Source>,
        code: &Code,
    ) -> Result<(), Failure> {
        for stage in &planned.plan.stages {
            source = Some(self.stage(stage, planned, parcel, source, code).await?);
        }
        Ok(())
    }

    /// Brings one stage to its end and gives what the next one starts from.
    async fn stage(
        &self,
        stage: &StagePlan,
        planned: &Planned,
        parcel: Option<&Parcel>,
        source: Option<Source>,
        code: &Code,
    ) -> Result<Source, Failure> {
        let config: &config::Stage = &self.config.stages[stage.index];
        self.journal.emit(Event::StageStarted {
            stage: stage.stage.clone(),
            apps: stage.apps.iter().map(|app| app.app.name.clone()).collect(),
            how: stage.how,
        });
        let all: Vec<Place<'_>> = stage
            .apps
            .iter()
            .enumerate()
            .map(|(app_at, planned)| Place {
                app_at,
                stage: &stage.stage,
                app: &planned.app,
                several: stage.apps.len() > 1,
            })
            .collect();
        let mut releases = self.already_live(stage, &all, source.as_ref());
        let open: Vec<Place<'_>> = all
            .iter()
            .copied()
            .filter(|place| releases[place.app_at].is_none())
            .collect();
        let pipeline = planned.facts.pipeline.as_ref();
        let pipeline = pipeline.map(|pipeline| pipeline.id.as_str());
        let made = match (stage.how, parcel, &source) {
            _ if open.is_empty() => Vec::new(),
            (How::Build, Some(parcel), _) => {
                let start = planned
                    .facts
                    .begin
                    .as_ref()
                    .map(|begin| begin.start.clone());
                let start = start
                    .ok_or_else(|| Failure::new(Exit::Internal, "nobody looked at the builds"))?;
                let release = self
                    .build_stage(open[0], parcel, planned.force, start)
                    .await?;
                self.journal
                    .record_app(open[0].key(), AppFact::Ended(AppOutcome::Unverified, None));
                vec![release]
            }
            (How::Promote, _, Some(source)) => {
                self.required_checks(stage, &config.require, source).await?;
                self.spread(stage, pipeline, source, &open).await?
            }
            (How::Release, _, Some(source)) => self.spread(stage, None, source, &open).await?,
            _ => {
                return Err(Failure::new(
                    Exit::Internal,
                    format!("the stage {} has nothing to start from", stage.stage),
                ));
            }
        };
        for (place, release) in open.iter().zip(made) {
            releases[place.app_at] = Some(release);
        }
        let subjects: Vec<Subject<'_>> = all
            .iter()
            .zip(&releases)
            .filter_map(|(&place, release)| {
                let release = release.as_ref()?;
                Some(Subject {
                    place,
                    release,
                    code,
                    found_live: stage.apps[place.app_at].already_live,
                })
            })
            .collect();
        self.report_statuses(&subjects, &CheckState::Pending).await;
        let held = match self.verify(&config.verify, &subjects).await {
            Ok(()) => {
                let ours = Ours::new(planned.facts.first_app(), parcel);
                self.confirm(pipeline, &subjects, &ours).await
            }
            Err(failure) => Err(failure),
        };
        let verdict = match held {
            Ok(()) => CheckState::Success,
            Err(_) => CheckState::Failure,
        };
        self.report_statuses(&subjects, &verdict).await;
        held?;
        subjects
            .first()
            .map(|subject| Source {
                app: subject.place.app.clone(),
                release: subject.release.clone(),
            })
            .ok_or_else(|| {
                Failure::new(
                    Exit::Internal,
                    format!("the stage {} has no app", stage.stage),
                )
            })
    }

    /// The releases of the apps that run the wanted source already, by their place in the stage. What the stage before got
    /// may be another build than the plan saw.
    fn already_live(
        &self,
        stage: &StagePlan,
        all: &[Place<'_>],
        source: Option<&Source>,
    ) -> Vec<Option<Release>> {
        let live = |(place, app): (&Place<'_>, &AppPlan)| {
            let live = app.live.as_ref().filter(|_| app.already_live)?;
            if source.is_some_and(|source| !live.release.runs_what(&source.release)) {
                return None;
            }
            self.journal.note(format!(
                "{} already runs {}: nothing to release",
                app.app.name,
                live_text(Some(live))
            ));
            self.journal
                .record_app(place.key(), AppFact::AlreadyLive(live.release.record()));
            Some(live.release.clone())
        };
        all.iter().zip(&stage.apps).map(live).collect()
    }

    /// Makes sure that every app still runs the code of its release: what was verified is what is promoted, and what the
    /// run answers for at its end.
    async fn confirm(
        &self,
        pipeline: Option<&str>,
        subjects: &[Subject<'_>],
        ours: &Ours<'_>,
    ) -> Result<(), Failure> {
        let latest = self.latest(pipeline, subjects.len()).await;
        let confirmed =
            join_all(subjects.iter().map(async |Subject { place, release, .. }| {
                let failure = match self.runs_now(place.app, release, &latest, ours).await {
                    Ok(Now::AsReleased) => {
                        self.journal.record_app(place.key(), AppFact::Finished);
                        return Ok(());
                    }
                    Ok(Now::Again(live, what)) => {
                        self.journal.note(format!(
                            "{} runs {} by now, which is {what}: {}",
                            place.app.name, live.at, live.description
                        ));
                        self.journal
                            .record_app(place.key(), AppFact::ReleasedAgain(live.record()));
                        return Ok(());
                    }
                    Ok(Now::OtherCode(live)) => {
                        self.journal
                            .record_app(place.key(), AppFact::Superseded(live.record()));
                        superseded(place.app, release, &live)
                    }
                    Err(failure) => failure,
                };
                let outcome = match failure.exit {
                    Exit::Refused => AppOutcome::Failed,
                    _ => AppOutcome::Unknown,
                };
                let why = Some(failure.what.clone());
                self.journal
                    .record_app(place.key(), AppFact::Ended(outcome, why));
                Err(failure)
            }))
            .await;
        confirmed.into_iter().collect()
    }
}

fn stage_record(stage: &StagePlan) -> StageRecord {
    StageRecord {
        stage: stage.stage.clone(),
        how: stage.how,
        promotion: None,
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
