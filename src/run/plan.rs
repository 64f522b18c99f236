//! The plan: what a run would do and why. A pure function of `deploy.yaml`, the facts and the goal; `plan` prints what
//! `deploy` and `promote` execute.

mod checks;
mod findings;
mod kinds;
mod shape;

use super::{
    adopt::{AdoptedRelease, BuildPlan, Start},
    facts::{AppFacts, Facts, Live},
    requirements::{not_asked, requirements},
};
use crate::{
    config::{Config, ends},
    journal::event::Strategy,
    model::Choice as _,
    platform::{
        Artifact, Content,
        content::ContentMatch,
        types::{App, Build, ReleaseStatus},
    },
    units,
};
pub use checks::check_names;
use findings::{couplings, in_plain_text, notes};
pub use shape::{AppPlan, Plan, StagePlan, Step};

/// What a run is asked to reach.
#[derive(Clone, Debug)]
pub enum Goal {
    /// Every stage up to this index runs this content.
    Deploy {
        /// The last stage.
        to: usize,
        /// The content.
        content: Content,
        /// Build even if it is live.
        force: bool,
    },
    /// The stage at this index runs what the stage before runs, or a named release of it.
    Promote {
        /// The stage.
        to: usize,
        /// What the release that was asked for runs; without it what is live in the stage before goes.
        artifact: Option<Artifact>,
    },
}

/// Makes the plan, or lists everything that prevents it.
pub fn plan(config: &Config, facts: &Facts, goal: &Goal) -> Result<Plan, Vec<String>> {
    let mut problems = couplings(config, facts);
    problems.extend(kinds::unfit(config, facts, goal));
    let (first, last) = match goal {
        Goal::Deploy { to, .. } => (0, *to),
        Goal::Promote { to, .. } => (*to, *to),
    };
    for index in first..=last {
        if let (Some(stage), Some(apps)) = (config.stages.get(index), facts.stages.get(index)) {
            problems.extend(in_plain_text(stage, apps));
        }
    }
    let wanted = source_artifact(facts, goal, &mut problems);
    if !problems.is_empty() {
        return Err(problems);
    }
    let stages = (first..=last)
        .map(|index| {
            let how = how(index, config);
            let apps = facts.stages.get(index).map_or(&[][..], Vec::as_slice);
            let apps = apps.iter().map(|app| AppPlan {
                requirements: requirements(config, facts, index, how, &app.app, wanted.as_ref()),
                ..app_plan(
                    config,
                    app,
                    how,
                    goal,
                    wanted.as_ref(),
                    facts.begin.as_ref(),
                )
            });
            stage_plan(config, index, how, apps.collect())
        })
        .collect();
    Ok(Plan {
        schema_version: 1,
        stages,
        notes: notes(config, facts, goal),
    })
}

/// The plan from `deploy.yaml` alone, without contacting the platform.
pub fn offline(config: &Config, last: usize) -> Plan {
    let stages = config.stages.iter().enumerate().take(last + 1);
    let stages = stages.map(|(index, stage)| {
        let how = how(index, config);
        let apps = stage.apps.iter().map(|name| AppPlan {
            app: App {
                id: String::new(),
                name: name.clone(),
                web_url: None,
                maintenance: false,
                stack: None,
                runs: None,
            },
            live: None,
            already_live: false,
            step: step(how),
            action: doing(how, config).to_owned(),
            requirements: Vec::new(),
        });
        StagePlan {
            requirements: not_asked(config, index),
            ..stage_plan(config, index, how, apps.collect())
        }
    });
    Plan {
        schema_version: 1,
        stages: stages.collect(),
        notes: Vec::new(),
    }
}

fn how(index: usize, config: &Config) -> Strategy {
    match (index, &config.pipeline) {
        // They can't be promoted: each stage gets the same ones.
        _ if !config.build.images.is_empty() => Strategy::Release,
        (0, _) if config.build.slug.is_some() => Strategy::Release,
        (0, _) => Strategy::Build,
        (_, Some(_)) => Strategy::Promote,
        (_, None) => Strategy::Release,
    }
}

fn step(how: Strategy) -> Step {
    match how {
        Strategy::Build => Step::Build,
        Strategy::Promote => Step::Promote,
        Strategy::Release | Strategy::Rollback => Step::Release,
    }
}

fn doing(how: Strategy, config: &Config) -> &'static str {
    match how {
        Strategy::Release if !config.build.images.is_empty() => "push and release the images",
        Strategy::Build => "build and release",
        Strategy::Promote => "promote",
        Strategy::Release => "release the slug",
        Strategy::Rollback => "release again",
    }
}

fn stage_plan(config: &Config, index: usize, how: Strategy, apps: Vec<AppPlan>) -> StagePlan {
    let stage = &config.stages[index];
    StagePlan {
        index,
        stage: stage.name.clone(),
        how,
        waves: ends(&stage.waves, stage.max_parallel, apps.len()),
        max_parallel: stage.max_parallel,
        apps,
        requirements: Vec::new(),
        checks: checks::described(&stage.verify),
        on_failure: stage.on_failure.word(),
    }
}

/// What every later stage is to run, if it exists already.
fn source_artifact(facts: &Facts, goal: &Goal, problems: &mut Vec<String>) -> Option<Artifact> {
    match goal {
        Goal::Deploy { content, force, .. } => {
            let live = facts.stages.first()?.first()?.live.as_ref();
            match live.filter(|live| is_live(live, content) && !force) {
                Some(live) => live.release.artifact.clone(),
                None => facts.begin.as_ref()?.artifact.clone(),
            }
        }
        Goal::Promote {
            artifact: Some(artifact),
            ..
        } => Some(artifact.clone()),
        Goal::Promote { to, artifact: None } => {
            let before = to
                .checked_sub(1)
                .and_then(|before| facts.stages.get(before))?;
            let first = before.first().and_then(AppFacts::artifact);
            if before.iter().any(|app| app.artifact() != first) {
                let each: Vec<String> = before
                    .iter()
                    .map(|app| format!("{} runs {}", app.app.name, live_text(app.live.as_ref())))
                    .collect();
                problems.push(format!(
                    "the apps of the previous stage do not run the same: {}; say which with --release",
                    each.join(", ")
                ));
            }
            first.cloned()
        }
    }
}

/// Whether what is live is this content, for certain.
pub(super) fn is_live(live: &Live, content: &Content) -> bool {
    content.is(&live.made_of) == ContentMatch::Yes
        && live.release.status == ReleaseStatus::Succeeded
}

fn app_plan(
    config: &Config,
    facts: &AppFacts,
    how: Strategy,
    goal: &Goal,
    wanted: Option<&Artifact>,
    begin: Option<&BuildPlan>,
) -> AppPlan {
    let live = facts.live.as_ref();
    let forced = matches!(goal, Goal::Deploy { force: true, .. });
    let already_live = !forced
        && live.is_some_and(|live| live.release.status == ReleaseStatus::Succeeded)
        && wanted.is_some()
        && wanted == facts.artifact();
    let (step, action) = match (already_live, how, begin) {
        (true, ..) => (Step::None, "already live".to_owned()),
        (false, Strategy::Build, Some(begin)) => first_step(config, begin, forced),
        (false, ..) => later_step(config, facts, how, wanted),
    };
    AppPlan {
        app: facts.app.clone(),
        live: facts.live.clone(),
        already_live,
        step,
        action,
        requirements: Vec::new(),
    }
}

/// What will be done to the first app, given what is there of its builds.
fn first_step(config: &Config, begin: &BuildPlan, forced: bool) -> (Step, String) {
    let id = |build: &Build| units::short_id(&build.id).to_owned();
    match (&begin.then, begin.taken) {
        (Start::Follow(build), _) => {
            let action = format!("follow build {} of this source", id(build));
            (Step::FollowBuild, action)
        }
        (Start::Take(build), Some(AdoptedRelease::AsItIs(version))) => {
            let action = format!("follow release v{version} of build {}", id(build));
            (Step::FollowRelease, action)
        }
        (Start::Take(build), taken) => {
            let noun = begin.artifact.as_ref().map_or("slug", Artifact::noun);
            let action = match taken {
                Some(AdoptedRelease::Again(Some(version))) => {
                    format!("release the {noun} of v{version} again")
                }
                _ => format!("release the {noun} of build {}", id(build)),
            };
            (Step::Release, action)
        }
        (Start::Fresh { .. } | Start::Wait(_), _) => {
            let doing = doing(Strategy::Build, config);
            let action = if forced {
                format!("{doing} (--force)")
            } else {
                doing.to_owned()
            };
            (Step::Build, action)
        }
    }
}

/// What will be done to an app that is not built on.
fn later_step(
    config: &Config,
    facts: &AppFacts,
    how: Strategy,
    wanted: Option<&Artifact>,
) -> (Step, String) {
    let pending = facts.pending.as_ref().filter(|_| how != Strategy::Build);
    match pending.filter(|release| wanted.is_some() && release.artifact.as_ref() == wanted) {
        Some(release) => {
            let action = format!("follow release {} of this code", release.at);
            (Step::FollowRelease, action)
        }
        None if wanted.is_some_and(|wanted| may_run(facts, wanted)) => {
            let action = "push the images, and release them unless it runs them already";
            (step(how), action.to_owned())
        }
        None => (step(how), doing(how, config).to_owned()),
    }
}

/// Whether an app may run these images, for all that its release tells: the platform alone knows then.
fn may_run(facts: &AppFacts, wanted: &Artifact) -> bool {
    let Artifact::Images(wanted) = wanted else {
        return false;
    };
    match facts.live.as_ref().map(|live| &live.release.artifact) {
        Some(None) => true,
        Some(Some(Artifact::Images(told))) => told
            .iter()
            .all(|(kind, id)| wanted.get(kind).is_none_or(|wanted| wanted == id)),
        _ => false,
    }
}

/// What is live, in a few words: `v11 of 1a2b3c4`.
pub fn live_text(live: Option<&Live>) -> String {
    match live {
        None => "nothing is live".to_owned(),
        Some(Live { release, made_of }) => match &made_of.version {
            Some(version) => format!("{} of {}", release.at, units::short_version(version)),
            None => release.at.to_string(),
        },
    }
}

#[cfg(test)]
mod tests;
