//! What an event means for the record: pure functions of the record, what happened, and when.

mod facts;
mod rollback;

use jiff::Timestamp;

use super::{
    event::Event,
    record::{
        AppOutcome, AppRecord, ApprovalRecord, BuildRecord, CheckRecord, Record, ReleaseRecord,
        RequirementRecord, SourceRecord,
    },
};
pub use facts::{AppFact, Fact};

use crate::{
    exit::Exit,
    failure::Failure,
    model::{AppKey, ReleaseStatus},
};

/// Whether an event says that something was changed on the platform.
pub(super) fn changes(event: &Event) -> bool {
    matches!(
        event,
        Event::BuildStarted { .. } | Event::ReleaseStarted { .. } | Event::PromotionStarted { .. }
    )
}

/// What an event says of the record.
fn facts(event: &Event) -> Vec<Fact> {
    match event {
        Event::RunStarted {
            platform, api_url, ..
        } => vec![Fact::Platform(*platform, api_url.clone())],
        Event::Packed {
            files,
            bytes,
            archive_bytes,
            sha256,
            version,
            commit,
            tar_sha256,
            took: _,
        } => vec![Fact::Source(SourceRecord {
            version: version.clone(),
            commit: commit.clone(),
            sha256: sha256.clone(),
            tar_sha256: tar_sha256.clone(),
            files: *files,
            bytes: *bytes,
            archive_bytes: *archive_bytes,
        })],
        Event::PromotionStarted {
            stage,
            promotion,
            targets,
            ..
        } => {
            let began = |app: &String| Fact::App(AppKey::new(stage, app), AppFact::Began);
            let mut facts: Vec<Fact> = targets.iter().map(began).collect();
            if !promotion.is_empty() {
                facts.push(Fact::Promotion(stage.clone(), promotion.clone()));
            }
            facts
        }
        Event::ApprovalAsked { stage, who } => {
            vec![Fact::ApprovalAsked(stage.clone(), who.clone())]
        }
        Event::ApprovalDecided {
            stage,
            approved,
            by,
            reason,
        } => vec![Fact::Approval(
            stage.clone(),
            *approved,
            by.clone(),
            reason.clone(),
        )],
        Event::RequirementChecked {
            stage,
            requirement,
            result,
            seen,
            problems,
        } => vec![Fact::Requirement(
            stage.clone(),
            RequirementRecord {
                requirement: requirement.clone(),
                result: *result,
                seen: seen.clone(),
                problems: problems.clone(),
            },
        )],
        event => match of_app(event) {
            Some((key, facts)) => {
                let of = |fact| Fact::App(key.clone(), fact);
                facts.into_iter().map(of).collect()
            }
            None => Vec::new(),
        },
    }
}

/// What an event says of an app.
fn of_app(event: &Event) -> Option<(AppKey, Vec<AppFact>)> {
    Some(match event {
        Event::BuildStarted {
            stage,
            app,
            build: id,
            status,
        }
        | Event::BuildFinished {
            stage,
            app,
            build: id,
            status,
            took: _,
        } => {
            let (id, status) = (id.clone(), status.clone());
            let build = BuildRecord { id, status };
            (AppKey::new(stage, app), vec![AppFact::Build(build)])
        }
        Event::ReleaseStarted {
            stage,
            app,
            release,
            status,
            phase: _,
        } => {
            let release = ReleaseRecord::new(release, status);
            let facts = vec![AppFact::Began, AppFact::Release(release)];
            (AppKey::new(stage, app), facts)
        }
        Event::ReleaseFinished {
            stage,
            app,
            release,
            status,
            took: _,
        } => {
            let release = ReleaseRecord::new(release, status);
            (AppKey::new(stage, app), vec![AppFact::Release(release)])
        }
        Event::CheckFinished {
            stage,
            app,
            check,
            at,
            ok,
            attempts,
            seen,
            took,
            evidence,
        } => {
            let checked = AppFact::Checked(CheckRecord {
                check: check.clone(),
                ok: *ok,
                attempts: *attempts,
                seen: seen.clone(),
                seconds: took.as_secs_f64(),
                evidence: evidence.clone(),
                at: *at,
            });
            (AppKey::new(stage, app), vec![checked])
        }
        Event::RollbackStarted { stage, app, to, .. } => {
            let to = ReleaseRecord::new(to, &ReleaseStatus::Succeeded);
            let facts = vec![AppFact::Began, AppFact::GoesBack(to)];
            (AppKey::new(stage, app), facts)
        }
        Event::RollbackFinished {
            stage,
            app,
            outcome,
            why,
            other,
        } => {
            let went = AppFact::WentBack(*outcome, why.clone(), other.clone());
            (AppKey::new(stage, app), vec![went])
        }
        _ => return None,
    })
}

/// Takes in an event.
pub(super) fn event(record: &mut Record, event: &Event, at: Timestamp) {
    for of in facts(event) {
        fact(record, of, at);
    }
}

/// Takes in a fact.
pub(super) fn fact(record: &mut Record, fact: Fact, at: Timestamp) {
    match fact {
        Fact::Changed => {}
        Fact::Platform(platform, api_url) => {
            record.platform = platform.to_string();
            api_url
                .trim_end_matches('/')
                .clone_into(&mut record.api_url);
        }
        Fact::Promotion(name, id) => {
            if let Some(stage) = record.stages.iter_mut().find(|stage| stage.stage == name) {
                stage.promotion = Some(id);
            }
        }
        Fact::ApprovalAsked(name, who) => {
            if let Some(stage) = record.stages.iter_mut().find(|stage| stage.stage == name) {
                stage.approval = Some(ApprovalRecord {
                    asked: who,
                    asked_at: Some(time(at)),
                    ..ApprovalRecord::default()
                });
            }
        }
        Fact::Approval(name, approved, by, reason) => {
            if let Some(stage) = record.stages.iter_mut().find(|stage| stage.stage == name) {
                let approval = stage.approval.get_or_insert_default();
                approval.approved = approved;
                (approval.by, approval.reason) = (by, reason);
                approval.at = Some(time(at));
            }
        }
        Fact::Requirement(name, now) => {
            if let Some(stage) = record.stages.iter_mut().find(|stage| stage.stage == name) {
                let mut known = stage.requirements.iter_mut();
                match known.find(|one| one.requirement == now.requirement) {
                    Some(before) => *before = now,
                    None => stage.requirements.push(now),
                }
            }
        }
        Fact::Source(source) => record.source = Some(source),
        Fact::Planned { pipeline, stages } => {
            record.pipeline = pipeline;
            record.stages = stages;
        }
        Fact::Replaces(name, release) => {
            let apps = record.stages.iter_mut().flat_map(|stage| &mut stage.apps);
            for app in apps.filter(|app| app.app == name) {
                app.replaced.clone_from(&release);
            }
        }
        Fact::App(key, fact) => on_app(record, &key, fact, at),
    }
}

fn on_app(record: &mut Record, key: &AppKey, fact: AppFact, at: Timestamp) {
    let Some(app) = record.app_mut(key) else {
        return;
    };
    let Some(fact) = rollback::on_app(app, fact, at) else {
        return;
    };
    match fact {
        AppFact::Began => {
            app.outcome = AppOutcome::InProgress;
            app.started_at.get_or_insert_with(|| time(at));
        }
        AppFact::Build(build) => app.build = Some(build),
        AppFact::NoticeBuild(build) => app.notice_build = Some(build),
        AppFact::Release(release) => app.release = Some(release),
        AppFact::Target(id, status) => {
            let open = app.release.as_mut().filter(|release| {
                release.id == id
                    && matches!(
                        release.status,
                        ReleaseStatus::Pending | ReleaseStatus::Other(_)
                    )
            });
            if let Some(release) = open {
                release.status = status;
            }
        }
        AppFact::Images(images) => app.images = images,
        AppFact::Adopted => app.adopted = true,
        AppFact::AlreadyLive(release) => {
            app.release = Some(release);
            app.adopted = true;
            app.replaced = None;
            end(app, AppOutcome::AlreadyLive, None, at);
        }
        AppFact::ReleasedAgain(release) => {
            app.released_again = Some(release);
            finish(app, at);
        }
        AppFact::Superseded(release) => app.superseded_by = Some(release),
        AppFact::Checked(check) => {
            let why = format!("check {} failed: {}", check.check, check.seen);
            let ok = check.ok;
            // They end in any order, and stand in that of `deploy.yaml`.
            let place = app.checks.partition_point(|other| other.at <= check.at);
            app.checks.insert(place, check);
            if !ok {
                end(app, AppOutcome::Failed, Some(why), at);
            }
        }
        AppFact::Ended(outcome, why) => end(app, outcome, why, at),
        AppFact::Verified => {
            if app.outcome == AppOutcome::Unverified {
                app.outcome = AppOutcome::Succeeded;
            }
        }
        AppFact::Finished => finish(app, at),
        // They are folded where everything about a way back is.
        AppFact::GoesBack(_) | AppFact::WentBack(..) => {}
    }
}

fn end(app: &mut AppRecord, outcome: AppOutcome, why: Option<String>, at: Timestamp) {
    app.outcome = outcome;
    app.error = why;
    finish(app, at);
}

fn finish(app: &mut AppRecord, at: Timestamp) {
    let started: Option<Timestamp> = app.started_at.as_ref().and_then(|at| at.parse().ok());
    app.finished_at = started.map(|_| time(at));
    app.seconds = started.map(|started| seconds(started, at));
}

/// Closes the record: see [`super::Journal::close`].
pub(super) fn close(
    record: &mut Record,
    result: Result<Exit, &Failure>,
    unanswered: &[AppKey],
    at: Timestamp,
) {
    for key in unanswered {
        if let Some(app) = record.app_mut(key) {
            if rollback::is_unanswered(app) {
                continue;
            }
            app.outcome = AppOutcome::InProgress;
        }
    }
    let (exit, message) = match result {
        Ok(exit) => (exit, None),
        Err(failure) => (failure.exit, Some(failure.what.clone())),
    };
    exit.word().clone_into(&mut record.outcome);
    record.exit_code = exit.code();
    record.message = message;
    record.finished_at = time(at);
    let started: Option<Timestamp> = record.started_at.parse().ok();
    record.seconds = started.map_or(0.0, |started| seconds(started, at));
    for app in record.stages.iter_mut().flat_map(|stage| &mut stage.apps) {
        rollback::close(app);
        if app.outcome == AppOutcome::InProgress {
            app.outcome = if app.runs_new() {
                AppOutcome::Unverified
            } else {
                AppOutcome::Unknown
            };
        }
    }
}

/// The time of day as the record has it.
pub(super) fn time(at: Timestamp) -> String {
    format!("{at:.3}")
}

fn seconds(from: Timestamp, to: Timestamp) -> f64 {
    let seconds = to.duration_since(from).as_secs_f64().max(0.0);
    (seconds * 1000.0).round() / 1000.0
}

#[cfg(test)]
mod tests;
