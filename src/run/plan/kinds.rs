//! Whether the apps can run what the run would bring them: decided before anything is changed, and before hours of waiting.

use super::Goal;
use crate::{
    config::Config,
    platform::types::{App, Runs},
    run::facts::Facts,
};

/// Why apps can't run what they would get: one reason for each.
pub(super) fn unfit(config: &Config, facts: &Facts, goal: &Goal) -> Vec<String> {
    let (from, to) = match goal {
        Goal::Deploy { to, .. } => (0, *to),
        Goal::Promote { to, .. } => (to.saturating_sub(1), *to),
    };
    let stage = |at: usize| facts.stages.get(at).into_iter().flatten();
    let Some(source) = stage(from).next().map(|first| &first.app) else {
        return Vec::new();
    };
    if !config.build.images.is_empty() {
        let apps = (from..=to).flat_map(stage);
        return apps.filter_map(|one| no_images(config, &one.app)).collect();
    }
    let mut problems = Vec::new();
    if matches!(goal, Goal::Deploy { .. }) {
        problems.extend(built_on(config, source));
    }
    let targets = (from + 1..=to).flat_map(stage);
    problems.extend(targets.filter_map(|target| not_promotable(source, &target.app)));
    problems
}

/// Why an app does not take images that were built elsewhere.
fn no_images(config: &Config, app: &App) -> Option<String> {
    let runs = app.runs.filter(|runs| *runs != Runs::Containers)?;
    let how = match (runs, config.platform.about().makes_container_app) {
        (Runs::Slugs, Some(how)) => format!("; {} makes it one", how.replace("APP", &app.name)),
        _ => String::new(),
    };
    Some(format!(
        "{} is {}: images are released on container apps only{how}",
        app.name,
        runs.called()
    ))
}

/// Why the app that is built on does not take what `build` asks for.
fn built_on(config: &Config, app: &App) -> Option<String> {
    let runs = app.runs?;
    let what = format!("{} is {}", app.name, runs.called());
    if config.build.slug.is_some() && runs != Runs::Slugs {
        return Some(format!(
            "{what}: it runs no slugs, and `build` has a `slug`"
        ));
    }
    (runs == Runs::BuiltImages && !config.build.buildpacks.is_empty()).then(|| {
        format!(
            "{what}: its buildpacks are set in project.toml; take `buildpacks` out of `build` in deploy.yaml"
        )
    })
}

/// Why an app can't get what another one runs.
fn not_promotable(source: &App, target: &App) -> Option<String> {
    let (from, to) = (source.runs?, target.runs?);
    if from != to {
        return Some(format!(
            "{} is {} and {} is {}: what one of them runs the other can't",
            source.name,
            from.called(),
            target.name,
            to.called()
        ));
    }
    (from == Runs::Containers).then(|| {
        format!(
            "{} is {}: what {} runs can't be promoted or released on it; `build: {{images: …}}` brings the same images to both",
            target.name,
            to.called(),
            source.name
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn app(name: &str, runs: Option<Runs>) -> App {
        App {
            id: format!("id-{name}"),
            name: name.to_owned(),
            web_url: None,
            maintenance: false,
            stack: None,
            runs,
        }
    }

    #[test]
    fn an_app_gets_only_what_it_can_run() {
        let (slugs, fir, containers) = (
            Some(Runs::Slugs),
            Some(Runs::BuiltImages),
            Some(Runs::Containers),
        );
        let differ = |a: &str, b: &str| {
            Some(format!(
                "stg is {a} and eu is {b}: what one of them runs the other can't"
            ))
        };
        for (source, target, why) in [
            (slugs, slugs, None),
            (fir, fir, None),
            (slugs, fir, differ("a Cedar app", "a Fir app")),
            (fir, slugs, differ("a Fir app", "a Cedar app")),
            (slugs, containers, differ("a Cedar app", "a container app")),
            (containers, fir, differ("a container app", "a Fir app")),
            (
                containers,
                containers,
                Some(
                    "eu is a container app: what stg runs can't be promoted or released on it; `build: {images: …}` brings the \
                     same images to both"
                        .to_owned(),
                ),
            ),
            // What is not known is left to the platform.
            (None, containers, None),
            (fir, None, None),
        ] {
            let found = not_promotable(&app("stg", source), &app("eu", target));
            assert_eq!(found, why, "{source:?}, {target:?}");
        }
    }
}
