//! Which keys a platform has a use for: what it lacks is refused, with the reason.

use super::{findings::Findings, raw, read::Given, values::StageName};
use crate::model::PlatformKind;

/// The stages of an Akkeris pipeline; a promotion goes from one to the next only.
const AKKERIS_STAGES: [&str; 4] = ["review", "development", "staging", "production"];

/// Reports the keys that the platform has no use for.
pub(super) fn check(platform: PlatformKind, raw: &raw::Root, out: &mut Findings<'_>) {
    match platform {
        PlatformKind::Heroku => heroku(raw, out),
        PlatformKind::Akkeris => akkeris(raw, out),
    }
}

fn heroku(raw: &raw::Root, out: &mut Findings<'_>) {
    if let Some(given) = &raw.report_status {
        no_status_checks(given, "report_status", out);
    }
    for require in requires(raw) {
        if let Some(given) = &require.status_checks {
            no_status_checks(given, "status_checks", out);
        }
        if let Some(given) = &require.same_config_keys {
            out.add(
                &given.span,
                "`same_config_keys` is not supported yet on heroku",
            )
            .help("leave it out: this version of launchway would not act on it");
        }
    }
    let image = raw
        .build
        .as_ref()
        .and_then(Given::get)
        .and_then(|build| build.image.as_ref());
    if let Some(given) = image {
        out.add(
            &given.span,
            "`image` is for akkeris: heroku builds the source",
        )
        .help("leave it out");
    }
}

fn no_status_checks<T>(given: &Given<T>, key: &str, out: &mut Findings<'_>) {
    let message = format!("`{key}` is for akkeris: releases on heroku have no status checks");
    out.add(&given.span, message)
        .help("use `verify` on the stage before, which holds the run up until it passes");
}

fn akkeris(raw: &raw::Root, out: &mut Findings<'_>) {
    let build = raw.build.as_ref().and_then(Given::get);
    if let Some(given) = build.and_then(|build| build.buildpacks.as_ref()) {
        out.add(
            &given.span,
            "`buildpacks` is for heroku: akkeris builds with a Dockerfile",
        )
        .help("leave it out, and put a `Dockerfile` at the root of the source");
    }
    if let Some(image) = build.and_then(|build| build.image.as_ref())
        && let Some(source) = raw.source.as_ref().and_then(Given::get)
        && (source.url.is_some() || source.upload.is_some())
    {
        out.add(&image.span, "`image` together with a source")
            .help("an image is built already: leave out `url` and `upload` in `source`");
    }
    if raw.pipeline.is_none()
        && let Some(second) = stages(raw).nth(1)
    {
        out.add(
            &second.stage.span,
            "a second stage on akkeris needs a `pipeline`",
        )
        .help("a build can be released on its own app only; a promotion carries it on");
    }
    if raw.pipeline.is_some() {
        one_stage_at_a_time(raw, out);
    }
}

/// On the way through a pipeline no stage can be skipped.
fn one_stage_at_a_time(raw: &raw::Root, out: &mut Findings<'_>) {
    let mut before: Option<&str> = None;
    for given in stages(raw).map(|stage| &stage.stage) {
        let Some(StageName(name)) = given.get() else {
            return;
        };
        let Some(at) = AKKERIS_STAGES.iter().position(|stage| stage == name) else {
            if name == "test" {
                out.add(&given.span, "a pipeline on akkeris has no stage `test`")
                    .help("its stages are review, development, staging and production");
            }
            return;
        };
        if let Some(before) = before
            && let Some(next) = AKKERIS_STAGES
                .iter()
                .position(|stage| *stage == before)
                .and_then(|at| AKKERIS_STAGES.get(at + 1))
            && AKKERIS_STAGES.get(at) != Some(next)
        {
            let message = format!("a promotion on akkeris can't go from `{before}` to `{name}`");
            out.add(&given.span, message)
                .help(format!("the stage behind `{before}` is `{next}`"));
        }
        before = Some(name);
    }
}

fn stages(raw: &raw::Root) -> impl Iterator<Item = &raw::Stage> {
    raw.stages
        .get()
        .map(|stages| stages.0.as_slice())
        .unwrap_or_default()
        .iter()
        .filter_map(Given::get)
}

fn requires(raw: &raw::Root) -> impl Iterator<Item = &raw::Require> {
    stages(raw).filter_map(|stage| stage.require.as_ref().and_then(Given::get))
}
