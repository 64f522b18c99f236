//! What prevents a plan, and notes that do not.

use super::{Goal, checks::check_names, live_text};
use crate::{
    config::{Check, Config, HttpTarget, OnFailure, Stage},
    http::is_loopback,
    platform::{content::ContentMatch, types::ReleaseStatus},
    run::{
        adopt::{Start, build_name},
        facts::{AppFacts, Facts},
    },
    units,
};

/// Compares `deploy.yaml`'s stages with the couplings of the pipeline.
pub(super) fn couplings(config: &Config, facts: &Facts) -> Vec<String> {
    let Some(pipeline) = &facts.pipeline else {
        return Vec::new();
    };
    let mut problems = Vec::new();
    for (stage, apps) in config.stages.iter().zip(&facts.stages) {
        for AppFacts { app, .. } in apps {
            let coupling = facts
                .couplings
                .iter()
                .find(|coupling| coupling.app == app.id);
            match coupling {
                None => problems.push(format!(
                    "{} is not in the pipeline {}; deploy.yaml has it in `{}`",
                    app.name, pipeline.name, stage.name
                )),
                Some(coupling) if coupling.stage != stage.name => problems.push(format!(
                    "{} is in `{}` of the pipeline {}; deploy.yaml has it in `{}`",
                    app.name, coupling.stage, pipeline.name, stage.name
                )),
                Some(_) => {}
            }
        }
    }
    problems
}

/// Checks that would send what `request` has of their own to the plain HTTP address of an app.
pub(super) fn in_plain_text(stage: &Stage, apps: &[AppFacts]) -> Vec<String> {
    let plain = apps.iter().filter_map(|AppFacts { app, .. }| {
        let url = app.web_url.as_ref()?;
        (url.scheme() != "https" && !is_loopback(url)).then_some((&app.name, url))
    });
    let sends = |check: &Check| match check {
        Check::Http(http) => {
            let request = &http.request;
            let has_own = !request.headers.is_empty() || request.body.is_some();
            has_own && matches!(http.target, HttpTarget::Path(_))
        }
        Check::Dynos(_) | Check::Run(_) => false,
    };
    let names = check_names(&stage.verify);
    plain
        .flat_map(|(app, url)| {
            let checks = stage.verify.iter().zip(&names);
            checks.filter(|(check, _)| sends(check)).map(move |(_, name)| {
                format!(
                    "the address of {app} is {url}: the headers or the body of the check `{name}` would go there in plain text; give it an `https://` address by `url`"
                )
            })
        })
        .collect()
}

/// Why something is built although what is live has the same version.
fn not_proven(facts: &Facts, goal: &Goal) -> Option<String> {
    let Goal::Deploy { content, force, .. } = goal else {
        return None;
    };
    let first = facts.stages.first()?.first()?;
    let live = first.live.as_ref()?;
    let unproven = !force && content.is(&live.made_of) == ContentMatch::NotProven;
    unproven.then(|| {
        format!(
            "{} runs {}, which has the same name; nothing proves that its content is the same, so it is built",
            first.app.name,
            live_text(Some(live))
        )
    })
}

/// A build by someone else that must end before anything is built.
fn busy(facts: &Facts) -> Option<String> {
    let Start::Wait(build) = &facts.begin.as_ref()?.start else {
        return None;
    };
    let app = &facts.first_app()?.name;
    Some(format!(
        "{app} is busy with {}: the run waits for that first",
        build_name(build)
    ))
}

/// Where a stage would go back if it failed, and an app of it could not.
fn no_way_back(config: &Stage, app: &AppFacts) -> Option<String> {
    if config.on_failure == OnFailure::Stop {
        return None;
    }
    let name = &app.app.name;
    let why = match &app.live {
        None => format!("{name} runs nothing so far"),
        Some(live) if live.release.status == ReleaseStatus::Expired => {
            format!("what {} of {name} runs has expired", live.release.at)
        }
        Some(_) => return None,
    };
    Some(format!(
        "{why}: if `{}` fails there is nothing that it could go back to, and the run ends with 15",
        config.name
    ))
}

/// What a person should know and that stops nothing.
pub(super) fn notes(config: &Config, facts: &Facts, goal: &Goal) -> Vec<String> {
    let mut notes: Vec<String> = not_proven(facts, goal).into_iter().collect();
    notes.extend(busy(facts));
    for (stage, apps) in config.stages.iter().zip(&facts.stages) {
        let known: Vec<&str> = apps.iter().map(|facts| facts.app.id.as_str()).collect();
        let others = facts
            .couplings
            .iter()
            .filter(|coupling| {
                coupling.stage == stage.name && !known.contains(&coupling.app.as_str())
            })
            .count()
            .saturating_sub(stage.left_out);
        if stage.left_out > 0 && !apps.is_empty() {
            notes.push(format!(
                "only {} of `{}`: {} of its apps in deploy.yaml {} left alone",
                units::list(&stage.apps),
                stage.name,
                stage.left_out,
                if stage.left_out == 1 { "is" } else { "are" }
            ));
        }
        if others > 0 && !apps.is_empty() {
            notes.push(format!(
                "the pipeline has {others} more app(s) in `{}` that deploy.yaml does not name: they are left alone",
                stage.name
            ));
        }
        notes.extend(apps.iter().filter_map(|app| no_way_back(stage, app)));
        for AppFacts { app, .. } in apps {
            if app.maintenance {
                notes.push(format!("{} is in maintenance mode", app.name));
            }
        }
    }
    notes
}
