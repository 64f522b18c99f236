//! What is shown of pipelines: from what the platform says to the documents.

use jiff::Timestamp;

use crate::{
    failure::Failure,
    platform::pipelines::{PipelineInfo, StageInfo},
    report::pipeline as view,
    run::pipeline::{Look, PipelineApp},
    units,
};

/// A pipeline.
pub(super) fn pipeline(info: PipelineInfo) -> view::Pipeline {
    view::Pipeline {
        id: info.id,
        name: info.name,
        description: info.description,
        owner: info.owner.map(|owner| view::Owner {
            id: owner.id,
            kind: owner.kind,
        }),
        generation: info.generation,
        created_at: info.created_at.map(|at| at.to_string()),
    }
}

/// A pipeline with its apps, its stages in the platform's order; and the failure if apps could not be read.
pub(super) fn show(
    look: Look,
    order: &[StageInfo],
    origin: view::Origin,
) -> (view::Show, Option<Failure>) {
    let all = look.apps.len();
    let errors: Vec<Failure> = look
        .apps
        .iter()
        .filter_map(|app| app.error.clone())
        .collect();
    let place = |stage: &str| {
        let at = order.iter().position(|one| one.stage == stage);
        at.unwrap_or(order.len())
    };
    let mut stages: Vec<view::Stage> = Vec::new();
    for seen in look.apps {
        let stage = seen.member.stage.clone();
        let shown = app(seen, look.at);
        match stages.iter_mut().find(|one| one.stage == stage) {
            Some(known) => known.apps.push(shown),
            None => stages.push(view::Stage {
                stage,
                apps: vec![shown],
            }),
        }
    }
    stages.sort_by(|a, b| (place(&a.stage), &a.stage).cmp(&(place(&b.stage), &b.stage)));
    let view = view::Show {
        schema_version: view::SCHEMA_VERSION,
        at: look.at.to_string(),
        origin,
        pipeline: pipeline(look.pipeline),
        stages,
        notes: look.notes,
    };
    let count = errors.len();
    let failure = errors.into_iter().next().map(|first| Failure {
        what: format!(
            "{count} of {} can't be read: {}",
            units::count(all as u64, "app", "apps"),
            first.what
        ),
        ..first
    });
    (view, failure)
}

fn app(seen: PipelineApp, at: Timestamp) -> view::App {
    let age = |made: Option<Timestamp>| {
        let age = made.map(|made| at.duration_since(made).as_secs());
        age.map(|age| u64::try_from(age).unwrap_or(0))
    };
    let name = seen.name().to_owned();
    let commit = seen.commit().map(str::to_owned);
    let PipelineApp {
        member,
        app,
        live,
        version,
        error,
    } = seen;
    let live = live.map(|live| view::Release {
        id: live.at.id,
        version: live.at.version,
        description: Some(live.description),
        by: live.user,
        created_at: live.created_at.map(|at| at.to_string()),
        age_seconds: age(live.created_at),
    });
    let told = member.runs.map(|runs| view::Release {
        id: runs.release,
        version: runs.version,
        description: None,
        by: None,
        created_at: runs.at.map(|at| at.to_string()),
        age_seconds: age(runs.at),
    });
    view::App {
        app: name,
        id: member.app,
        coupling: member.coupling,
        required_status_checks: member.required_checks,
        web_url: app
            .as_ref()
            .and_then(|app| app.web_url.clone())
            .map(String::from),
        maintenance: app.map(|app| app.maintenance),
        release: live.or(told),
        source_version: version,
        commit,
        error: error.map(|failure| failure.what),
    }
}
