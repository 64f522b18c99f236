//! Which keys a platform supports: others are refused, with the reason.

use super::{
    findings::Findings,
    raw,
    read::{Spanned, one_of},
    values::StageName,
};
use crate::{
    model::{About, Feature, PLATFORMS, PlatformKind, names},
    suggest::nearest,
};

/// Reports the keys that the platform has no use for.
pub(super) fn check(platform: PlatformKind, raw: &raw::Root, out: &mut Findings<'_>) {
    let about = platform.about();
    if !about.has(Feature::StatusChecks) {
        no_status_checks(about, raw, out);
    }
    if !about.has(Feature::Stacks) {
        no_stacks(about, raw, out);
    }
    if !about.has(Feature::Dynos) {
        no_dynos(about, raw, out);
    }
    if !about.has(Feature::Sources) {
        nothing_to_shred(about, raw, out);
    }
    build(about, raw, out);
    if !about.has(Feature::ReleasesElsewhere)
        && raw.pipeline.is_none()
        && let Some(second) = stages(raw).nth(1)
    {
        let message = format!("a second stage on {platform} needs a `pipeline`");
        out.add(&second.stage.span, message)
            .help("a build can be released on its own app only; a promotion carries it on");
    }
}

fn no_stacks(about: &About, raw: &raw::Root, out: &mut Findings<'_>) {
    let (name, others) = (about.name, with(Feature::Stacks));
    for require in requires(raw) {
        let keys = [
            ("same_stack", &require.same_stack),
            ("same_buildpacks", &require.same_buildpacks),
        ];
        for (key, given) in keys {
            if let Some(given) = given {
                let message = format!(
                    "`{key}` is for {others}: what is built for {name} brings all that it runs on"
                );
                out.add(&given.span, message).help("leave it out");
            }
        }
    }
}

fn nothing_to_shred(about: &About, raw: &raw::Root, out: &mut Findings<'_>) {
    let source = raw.source.as_ref().and_then(Spanned::get);
    let uploads = source.is_some_and(|source| source.upload.is_some());
    if let Some(given) = source.and_then(|source| source.shred.as_ref())
        && given.get() == Some(&true)
        && !uploads
    {
        let message = format!(
            "`shred` without `upload`: on {} no archive is uploaded",
            about.name
        );
        out.add(&given.span, message).help("leave it out");
    }
}

/// The platforms that can do something, for a message.
fn with(feature: Feature) -> String {
    names(|about| about.has(feature))
}

fn no_status_checks(about: &About, raw: &raw::Root, out: &mut Findings<'_>) {
    let report = raw
        .report_status
        .as_ref()
        .map(|given| ("report_status", &given.span));
    let checks = requires(raw).filter_map(|require| require.status_checks.as_ref());
    let checks = checks.map(|given| ("status_checks", &given.span));
    for (key, span) in report.into_iter().chain(checks) {
        let (name, others) = (about.name, with(Feature::StatusChecks));
        let message = format!("`{key}` is for {others}: releases on {name} have no status checks");
        out.add(span, message)
            .help("use `verify` on the previous stage, which holds the run up until it passes");
    }
}

fn no_dynos(about: &About, raw: &raw::Root, out: &mut Findings<'_>) {
    let checks = stages(raw).filter_map(|stage| stage.verify.as_ref().and_then(Spanned::get));
    let checks = checks.flatten().filter_map(Spanned::get);
    for given in checks.filter_map(|check| check.dynos.as_ref()) {
        let (name, others) = (about.name, with(Feature::Dynos));
        let message = format!("`dynos` is for {others}: the API of {name} does not tell them");
        out.add(&given.span, message)
            .help("use `http`: a release succeeds there only once its rollout has, too");
    }
}

fn build(about: &About, raw: &raw::Root, out: &mut Findings<'_>) {
    let name = about.name;
    let Some(build) = raw.build.as_ref().and_then(Spanned::get) else {
        return;
    };
    if let Some(given) = &build.buildpacks
        && !about.has(Feature::Buildpacks)
    {
        let others = with(Feature::Buildpacks);
        let message = format!("`buildpacks` is for {others}: {name} builds with a Dockerfile");
        out.add(&given.span, message)
            .help("leave it out, and put a `Dockerfile` at the root of the source");
    }
    slug(about, build, raw, out);
    images(about, build, raw, out);
    let Some(image) = &build.image else { return };
    if !about.has(Feature::Images) {
        let others = with(Feature::Images);
        let message = format!("`image` is for {others}: {name} builds the source");
        let help = if about.has(Feature::Containers) {
            "leave it out, or release images with `images: {web: \"docker-archive:web.tar\"}`"
        } else {
            "leave it out"
        };
        out.add(&image.span, message).help(help);
    } else if let Some(source) = raw.source.as_ref().and_then(Spanned::get)
        && (source.url.is_some() || source.upload.is_some())
    {
        out.add(&image.span, "`image` together with a source")
            .help("an image is built already: leave out `url` and `upload` in `source`");
    }
}

/// A slug stands in place of everything that a build is made of.
fn slug(about: &About, build: &raw::Build, raw: &raw::Root, out: &mut Findings<'_>) {
    let Some(slug) = &build.slug else { return };
    if !about.has(Feature::Slugs) {
        let (name, others) = (about.name, with(Feature::Slugs));
        let message = format!("`slug` is for {others}: {name} runs images");
        out.add(&slug.span, message)
            .help("leave it out, and name an `image` that is built already");
    }
    let source = raw.source.as_ref().and_then(Spanned::get);
    for (key, given) in [
        ("buildpacks", build.buildpacks.is_some()),
        ("image", build.image.is_some()),
        ("url", source.is_some_and(|source| source.url.is_some())),
        (
            "upload",
            source.is_some_and(|source| source.upload.is_some()),
        ),
    ] {
        if given {
            out.add(&slug.span, format!("`slug` together with `{key}`"))
                .help(format!("a slug is built already: leave out `{key}`"));
        }
    }
}

/// Images stand in place of everything that is packed or built.
fn images(about: &About, build: &raw::Build, raw: &raw::Root, out: &mut Findings<'_>) {
    let Some(images) = &build.images else { return };
    if !about.has(Feature::Containers) {
        let (name, others) = (about.name, with(Feature::Containers));
        let message = format!("`images` is for {others}: an app on {name} runs one image");
        out.add(&images.span, message)
            .help("name it with `image: \"docker://registry/name:tag\"`");
    }
    let source = raw.source.as_ref().and_then(Spanned::get);
    let given = |of: fn(&raw::Source) -> bool| source.is_some_and(of);
    for (key, given) in [
        ("buildpacks", build.buildpacks.is_some()),
        ("timeout", build.timeout.is_some()),
        ("on_notice", build.on_notice.is_some()),
        ("image", build.image.is_some()),
        ("slug", build.slug.is_some()),
        ("url", given(|source| source.url.is_some())),
        ("upload", given(|source| source.upload.is_some())),
        ("exclude", given(|source| source.exclude.is_some())),
        ("include", given(|source| source.include.is_some())),
        ("symlinks", given(|source| source.symlinks.is_some())),
        ("secrets", given(|source| source.secrets.is_some())),
        ("compression", given(|source| source.compression.is_some())),
        ("max_size", given(|source| source.max_size.is_some())),
        ("newest_wins", given(|source| source.newest_wins.is_some())),
    ] {
        if given {
            out.add(&images.span, format!("`images` together with `{key}`"))
                .help(format!(
                    "nothing is packed or built where images are released: leave out `{key}`"
                ));
        }
    }
}

/// With a pipeline, a stage is one of the platform's, and a release goes through them in their order.
pub(super) fn in_the_pipelines_order(about: &About, raw: &raw::Root, out: &mut Findings<'_>) {
    let order = about.stages;
    let mut highest: Option<(usize, &str)> = None;
    for given in stages(raw).map(|stage| &stage.stage) {
        let Some(StageName(name)) = given.get() else {
            continue;
        };
        let Some(rank) = order.iter().position(|stage| stage == name) else {
            if PLATFORMS
                .iter()
                .any(|other| other.stages.contains(&name.as_str()))
            {
                let message = format!("a pipeline on {} has no stage `{name}`", about.name);
                out.add(&given.span, message)
                    .help(format!("its stages are {}", listed(order)));
                continue;
            }
            let help = match nearest(name, order) {
                Some(meant) if !given.from_env => format!("did you mean `{meant}`?"),
                _ => format!("expected {}", one_of(order)),
            };
            let message = given.named("stage", name) + " is not one of a pipeline's";
            out.add(&given.span, message).help(help);
            continue;
        };
        match highest {
            Some((before, other)) if rank < before => {
                let message = format!("`{name}` comes before `{other}` in a pipeline");
                out.add(&given.span, message)
                    .help(format!("the order is {}", order.join(", ")));
                continue;
            }
            Some((before, other)) if rank > before + 1 && !about.has(Feature::SkipsStages) => {
                let (platform, next) = (about.name, order[before + 1]);
                let message =
                    format!("a promotion on {platform} can't go from `{other}` to `{name}`");
                out.add(&given.span, message)
                    .help(format!("the stage after `{other}` is `{next}`"));
            }
            _ => {}
        }
        highest = Some((rank, name));
    }
}

/// A list in a sentence.
fn listed(words: &[&str]) -> String {
    match words.split_last() {
        Some((last, others)) => format!("{} and {last}", others.join(", ")),
        None => String::new(),
    }
}

fn stages(raw: &raw::Root) -> impl Iterator<Item = &raw::Stage> {
    raw.stages
        .get()
        .map(|stages| stages.0.as_slice())
        .unwrap_or_default()
        .iter()
        .filter_map(Spanned::get)
}

fn requires(raw: &raw::Root) -> impl Iterator<Item = &raw::Require> {
    stages(raw).filter_map(|stage| stage.require.as_ref().and_then(Spanned::get))
}
