//! Makes a pipeline what `deploy.yaml` declares: computes the difference, then makes one change after the other. Every
//! run starts from what is there, so one that was interrupted can be run again.

use futures_util::stream::{self, StreamExt as _, TryStreamExt as _};

use super::{
    ambiguous,
    difference::{Change, Declared, difference},
    progress::Progress,
};
use crate::{
    exit::Exit,
    failure::Failure,
    http::{Error, Kind, Phase},
    journal::Fact,
    platform::pipelines::{DesiredCoupling, Member, PipelineInfo, PipelineMatch},
    run::{Run, facts::AT_A_TIME, in_flight::Creating},
};

/// What is there, what is declared, and what is to be changed.
#[derive(Debug)]
pub struct Prepared {
    /// The pipeline's name.
    pub name: String,
    /// The pipeline, if it is there.
    pub pipeline: Option<PipelineInfo>,
    /// The apps.
    pub declared: Vec<Declared>,
    /// The changes, in order.
    pub changes: Vec<Change>,
}

impl Run<'_> {
    /// Computes the difference. Changes nothing.
    pub async fn prepare_pipeline(&self) -> Result<Prepared, Failure> {
        let Some(key) = &self.config.pipeline else {
            let file = self.config.path.display();
            return Err(
                Failure::new(Exit::Config, format!("{file} names no pipeline"))
                    .state("nothing was sent to the platform")
                    .next("add `pipeline: NAME`"),
            );
        };
        let pipeline = match self.platform.find_pipeline(key, self.retry_budget()).await {
            Err(e) if e.kind == Kind::NotFound => self.listed_pipeline(key).await?,
            Ok(PipelineMatch::One(one)) => Some(one),
            // If the name is ambiguous, this lists the candidates.
            _ => Some(self.the_pipeline(key).await?),
        };
        if pipeline.is_none() && is_id(key) {
            return Err(
                Failure::new(Exit::Refused, format!("there is no pipeline {key}"))
                    .state("nothing was changed on the platform")
                    .next("a pipeline that is to be created needs a name, not an id"),
            );
        }
        let members = match &pipeline {
            Some(pipeline) => {
                let members = self.platform.members(&pipeline.id, self.retry_budget());
                let doing = format!("reading the couplings of {key}");
                members.await.map_err(|e| self.cannot_read(&doing, &e))?
            }
            None => Vec::new(),
        };
        let wanted = self.config.stages.iter().flat_map(|stage| {
            let apps = stage.apps.iter();
            apps.map(move |app| (app, stage))
        });
        let declared: Vec<Declared> = stream::iter(wanted)
            .map(async |(name, stage)| {
                let (id, place) = self.declared_place(name, &members).await?;
                Ok::<_, Failure>(Declared {
                    name: name.clone(),
                    id,
                    stage: stage.name.clone(),
                    checks: stage.require.status_checks.clone(),
                    place,
                })
            })
            .buffered(AT_A_TIME)
            .try_collect()
            .await?;
        let id = pipeline.as_ref().map(|pipeline| pipeline.id.as_str());
        Ok(Prepared {
            name: pipeline
                .as_ref()
                .map_or(key, |pipeline| &pipeline.name)
                .clone(),
            changes: difference(id, &members, &declared),
            pipeline,
            declared,
        })
    }

    /// Searches the list of all pipelines for one that was not found by its name: only if it is missing there, too, is
    /// it created.
    async fn listed_pipeline(&self, name: &str) -> Result<Option<PipelineInfo>, Failure> {
        let mut all = self.pipelines().await?;
        all.retain(|pipeline| pipeline.name == name || pipeline.id == name);
        if all.len() > 1 {
            return Err(ambiguous(name, &all));
        }
        Ok(all.pop())
    }

    /// The id of an app, and its place in whatever pipeline.
    async fn declared_place(
        &self,
        name: &str,
        members: &[Member],
    ) -> Result<(String, Option<Member>), Failure> {
        let app = self.read_app(name).await?;
        let own = members.iter().find(|member| member.app == app.id);
        let place = match own {
            Some(own) => Some(own.clone()),
            None => {
                let place = self.platform.place_of(&app.id, self.retry_budget()).await;
                let doing = format!("looking up the pipeline of the app {name}");
                place.map_err(|e| self.cannot_read(&doing, &e))?
            }
        };
        Ok((app.id, place))
    }

    /// Makes changes, one after the other.
    pub async fn apply(
        &self,
        prepared: &Prepared,
        changes: &[Change],
        progress: &Progress,
    ) -> Result<(), Failure> {
        let mut id = prepared
            .pipeline
            .as_ref()
            .map(|pipeline| pipeline.id.clone());
        for change in changes {
            if *change == Change::Create {
                let what = format!("the pipeline {}", prepared.name);
                let made = self.once(&what, self.platform.create_pipeline(&prepared.name));
                let made = made.await.map_err(|e| self.cannot_change(&what, &e))?;
                id = Some(made.id);
            } else {
                let id = id.as_deref().unwrap_or_default();
                self.make(prepared, change, id, progress).await?;
            }
            progress.done.set(progress.done.get() + 1);
        }
        Ok(())
    }

    async fn make(
        &self,
        prepared: &Prepared,
        change: &Change,
        pipeline: &str,
        progress: &Progress,
    ) -> Result<(), Failure> {
        let platform = self.platform;
        let place = |at: &usize| {
            let app = &prepared.declared[*at];
            let place = DesiredCoupling {
                app: &app.id,
                pipeline,
                stage: &app.stage,
                required_checks: &app.checks,
            };
            (app, place)
        };
        let (what, made) = match change {
            Change::Create => return Ok(()),
            Change::Uncouple { coupling, app, .. } => {
                let what = format!("the removal of {app} from {}", prepared.name);
                let made = self.once(&what, platform.uncouple(coupling)).await;
                (what, made)
            }
            Change::Couple { at, .. } => {
                let (app, place) = place(at);
                if let Some(other) = &app.place {
                    let what = format!(
                        "the removal of {} from {}",
                        app.name,
                        other.pipeline_called()
                    );
                    let out = self.once(&what, platform.uncouple(&other.coupling)).await;
                    out.map_err(|e| self.cannot_change(&what, &e))?;
                    progress.taken_out(app, other);
                }
                let what = format!("the coupling of {} to {}", app.name, prepared.name);
                let made = self.once(&what, platform.couple(place)).await;
                progress.coupled(&made);
                (what, made)
            }
            Change::ChangeStage { at, .. } => {
                let (app, mut to) = place(at);
                let what = format!("the move of {} to {}", app.name, app.stage);
                let Some(member) = &app.place else {
                    return Ok(());
                };
                // Where that makes another coupling it requires what this one did.
                let required = member.required_checks.as_deref().unwrap_or_default();
                to.required_checks = if to.stage == "review" { &[] } else { required };
                let made = self.once(&what, platform.change_stage(member, to)).await;
                if matches!(&made, Err(error) if error.phase == Phase::Create) {
                    // The coupling that is to be replaced is gone.
                    self.journal.record(Fact::Changed);
                    progress.taken_out(app, member);
                    progress.coupled(&made);
                }
                (what, made)
            }
            Change::Require { at, .. } => {
                let (app, _) = place(at);
                let what = format!("the required status checks of {}", app.name);
                let Some(member) = &app.place else {
                    return Ok(());
                };
                let moved = platform.place_of(&app.id, self.retry_budget()).await;
                // The move to another stage may have made another coupling.
                let member = moved.ok().flatten().unwrap_or_else(|| member.clone());
                let set = platform.require_checks(&member, &app.checks);
                let made = self.once(&what, set).await;
                (what, made)
            }
        };
        made.map_err(|e| self.cannot_change(&what, &e))
    }

    /// Sends a changing request. That something was changed is recorded before the request counts as answered: a signal
    /// may come between the two.
    async fn once<T>(
        &self,
        what: &str,
        request: impl Future<Output = Result<T, Error>>,
    ) -> Result<T, Error> {
        if self.in_flight.is_closed() {
            let message = "it was not sent: the run is being ended";
            return Err(Error::new(Kind::Ending, what, message));
        }
        let creating = Creating {
            what: what.to_owned(),
            keys: Vec::new(),
            look_at: "the pipeline".to_owned(),
            build: None,
        };
        let change = async {
            let made = request.await?;
            self.journal.record(Fact::Changed);
            Ok(made)
        };
        let made = |_: &T| Some(what.to_owned());
        self.in_flight.create(creating, change, made).await
    }

    /// Deletes a pipeline with its couplings.
    pub async fn delete_pipeline(&self, pipeline: &PipelineInfo) -> Result<(), Failure> {
        let what = format!("the removal of the pipeline {}", pipeline.name);
        let delete = self.platform.delete_pipeline(&pipeline.id);
        let deleted = self.once(&what, delete).await;
        deleted.map_err(|e| self.cannot_change(&what, &e))
    }

    /// The failure of a changing request.
    fn cannot_change(&self, what: &str, error: &Error) -> Failure {
        let failure = match &error.kind {
            Kind::Denied { .. } => self.cannot_read(&format!("asking for {what}"), error),
            Kind::Ending => Failure::new(Exit::TryAgain, format!("{what} was not begun")),
            Kind::Rejected { .. } | Kind::NotFound | Kind::Unsupported => Failure::new(
                Exit::Refused,
                format!("the platform refused {what}: {error}"),
            ),
            _ if !error.certainly_not_accepted() => {
                self.journal.record(Fact::Changed);
                Failure::new(
                    Exit::Unknown,
                    format!("it is unknown whether {what} was done: {error}"),
                )
            }
            _ => self.cannot_read(&format!("asking for {what}"), error),
        };
        if !self.journal.changed() {
            return failure.state("nothing was changed on the platform");
        }
        let again = "run the same command again: it makes only what is missing";
        let next = match (&error.kind, failure.next.as_deref()) {
            (Kind::Denied { .. }, Some(next)) => format!("{next}; then {again}"),
            (Kind::Rejected { .. }, _) => {
                format!("the platform's own message is above; fix what it names, then {again}")
            }
            _ => again.to_owned(),
        };
        failure
            .state("a part of the changes was, or may have been, made")
            .next(next)
    }
}

/// Whether a text has the shape of an id.
fn is_id(text: &str) -> bool {
    let dashes = [8, 13, 18, 23];
    text.len() == 36
        && text.bytes().enumerate().all(|(at, byte)| {
            if dashes.contains(&at) {
                byte == b'-'
            } else {
                byte.is_ascii_hexdigit()
            }
        })
}
