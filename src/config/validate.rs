//! From the parsed file to its meaning: defaults, and the rules between several keys. The rules for single values are in
//! `values`.

use std::{
    collections::{BTreeMap, HashMap},
    num::NonZeroUsize,
    path::{Path, PathBuf},
    time::Duration,
};

use super::{
    Build, Check, Config, Delivery, Image, OnNotice, ReportStatus, Slug, Source, Stage, Wave,
    approval, checks,
    findings::Findings,
    node::Span,
    notify, platforms, raw,
    read::Spanned,
    requirements,
    values::{self, App, Pattern},
    waves,
};
use crate::{image::Reference, model::PlatformKind};

const BUILD_TIMEOUT: Duration = Duration::from_mins(30);

/// The configuration; `None` if something in it could not be read, which is then in `out`. Even if there is one, it counts
/// only if nothing at all is in `out`.
pub(super) fn validate(path: &Path, raw: &raw::Root, out: &mut Findings<'_>) -> Option<Config> {
    let platform = platform(raw);
    let stages = raw
        .stages
        .get()
        .map(|stages| stages.0.as_slice())
        .unwrap_or_default();
    distinct(stages, out);
    first_has_one_app(stages, out);
    requirements::nothing_before_the_first(stages, out);
    if raw.pipeline.is_some() {
        // Where the platform can't be read, the stages are held against those of the default one.
        let kind = platform
            .as_ref()
            .map_or(PlatformKind::Heroku, |(kind, _)| *kind);
        platforms::in_the_pipelines_order(kind.about(), raw, out);
    }
    let checked: Vec<Option<Stage>> = stages
        .iter()
        .map(|stage| stage.get().and_then(|raw| self::stage(raw, out)))
        .collect();
    let hooks = notify::hooks(raw.notify.as_ref(), out);
    raw.version.get()?;
    let (platform, api_url) = platform?;
    platforms::check(platform, raw, out);
    Some(Config {
        path: path.to_owned(),
        platform,
        api_url,
        pipeline: raw
            .pipeline
            .as_ref()
            .and_then(Spanned::get)
            .map(|pipeline| pipeline.0.clone()),
        source: source(path, raw.source.as_ref().and_then(Spanned::get), out)?,
        build: build(path, raw.build.as_ref().and_then(Spanned::get), out),
        stages: checked.into_iter().collect::<Option<_>>()?,
        report_status: raw
            .report_status
            .as_ref()
            .and_then(Spanned::get)
            .and_then(report_status),
        notify: hooks?,
        sha256: String::new(),
        variables: Vec::new(),
    })
}

fn platform(raw: &raw::Root) -> Option<(PlatformKind, Option<url::Url>)> {
    let platform = raw.platform.get()?;
    let kind = platform.kind.get()?.0;
    let api_url = platform
        .api_url
        .as_ref()
        .and_then(Spanned::get)
        .map(|url| url.0.clone());
    Some((kind, api_url))
}

fn report_status(raw: &raw::ReportStatus) -> Option<ReportStatus> {
    let name = raw.name.as_ref().and_then(Spanned::get);
    Some(ReportStatus {
        context: raw.context.get()?.0.clone(),
        name: name.map_or_else(|| "launchway".to_owned(), |name| name.0.clone()),
    })
}

fn delivery(raw: Option<&raw::Source>, out: &mut Findings<'_>) -> Option<Delivery> {
    let (url, upload) = raw.map_or((None, None), |raw| (raw.url.as_ref(), raw.upload.as_ref()));
    if let (Some(_), Some(upload)) = (url, upload) {
        out.add(&upload.span, "`url` and `upload` in one source")
            .help(
                "`url` is for an archive that already exists, `upload` for one that is put there",
            );
    }
    if let Some(shred) = raw.and_then(|raw| raw.shred.as_ref())
        && url.is_some()
        && shred.get() == Some(&true)
    {
        out.add(&shred.span, "`shred` together with `url`")
            .help("what launchway did not put there it does not overwrite");
    }
    Some(match (url, upload) {
        (Some(url), _) => Delivery::Hosted(url.get()?.0.clone()),
        (None, Some(upload)) => {
            let upload = upload.get()?;
            Delivery::Upload {
                put: upload.put.get()?.0.clone(),
                get: upload.get.get()?.0.clone(),
            }
        }
        (None, None) => Delivery::Platform,
    })
}

fn source(path: &Path, raw: Option<&raw::Source>, out: &mut Findings<'_>) -> Option<Source> {
    let patterns = |list: Option<&Spanned<Vec<Spanned<Pattern>>>>| -> Vec<String> {
        list.and_then(Spanned::get)
            .map(|list| {
                list.iter()
                    .filter_map(Spanned::get)
                    .map(|pattern| pattern.0.clone())
                    .collect()
            })
            .unwrap_or_default()
    };
    let dir = raw
        .and_then(|raw| raw.dir.as_ref())
        .and_then(Spanned::get)
        .map_or(".", |dir| dir.0.as_str());
    let delivery = delivery(raw, out)?;
    Some(Source {
        dir: beside(path, dir),
        exclude: patterns(raw.and_then(|raw| raw.exclude.as_ref())),
        include: patterns(raw.and_then(|raw| raw.include.as_ref())),
        version: raw
            .and_then(|raw| raw.version.as_ref())
            .and_then(Spanned::get)
            .map(|version| version.0.clone()),
        newest_wins: raw
            .and_then(|raw| raw.newest_wins.as_ref()?.get())
            .is_some_and(|wins| *wins),
        shred: raw
            .and_then(|raw| raw.shred.as_ref()?.get().copied())
            .unwrap_or(matches!(delivery, Delivery::Platform)),
        symlinks: raw
            .and_then(|raw| raw.symlinks.as_ref()?.get())
            .map_or_else(Default::default, |choice| choice.0),
        secrets: raw
            .and_then(|raw| raw.secrets.as_ref()?.get())
            .map_or_else(Default::default, |choice| choice.0),
        max_size: raw
            .and_then(|raw| raw.max_size.as_ref()?.get())
            .map(|size| size.0),
        compression: raw
            .and_then(|raw| raw.compression.as_ref()?.get())
            .map_or_else(Default::default, |choice| choice.0),
        delivery,
    })
}

/// `dir` as seen from the directory of `path`.
fn beside(path: &Path, dir: &str) -> PathBuf {
    let joined = path.parent().unwrap_or(Path::new("")).join(dir);
    // Drops every `.` but one that stands alone; `..` stays, for what is before it may be a link.
    let tidy: PathBuf = joined
        .components()
        .filter(|part| !matches!(part, std::path::Component::CurDir))
        .collect();
    if tidy.as_os_str().is_empty() {
        PathBuf::from(".")
    } else {
        tidy
    }
}

/// A slug from a file needs its process types; one that is there has them.
fn slug(path: &Path, raw: &raw::Build, out: &mut Findings<'_>) -> Option<Slug> {
    let process_types = raw.process_types.as_ref();
    let Some(given) = &raw.slug else {
        if let Some(process_types) = process_types {
            out.add(&process_types.span, "`process_types` without a `slug`")
                .help("the source has its own in its `Procfile`");
        }
        return None;
    };
    match (given.get()?, process_types) {
        (values::Slug::Id(id), None) => Some(Slug::Id(id.clone())),
        (values::Slug::Id(_), Some(process_types)) => {
            out.add(&process_types.span, "`process_types` with the id of a slug")
                .help("a slug that is on the platform has its own: leave them out");
            None
        }
        (values::Slug::File(_), None) => {
            out.add(&given.span, "a slug from a file needs `process_types`")
                .help("what it runs, such as `process_types: {web: \"node server.js\"}`");
            None
        }
        (values::Slug::File(file), Some(process_types)) => Some(Slug::File {
            path: beside(path, file),
            process_types: process_types.get()?.0.iter().cloned().collect(),
        }),
    }
}

/// The images of process types.
fn images(raw: &raw::Build) -> BTreeMap<String, Reference> {
    let given = raw.images.as_ref().and_then(Spanned::get);
    let images = given.map_or(&[][..], |images| images.0.as_slice());
    images.iter().cloned().collect()
}

fn build(path: &Path, raw: Option<&raw::Build>, out: &mut Findings<'_>) -> Build {
    Build {
        images: raw.map_or_else(BTreeMap::new, images),
        slug: raw.and_then(|raw| slug(path, raw, out)),
        buildpacks: raw
            .and_then(|raw| raw.buildpacks.as_ref())
            .and_then(Spanned::get)
            .map(|list| {
                list.iter()
                    .filter_map(Spanned::get)
                    .map(|buildpack| buildpack.0.clone())
                    .collect()
            })
            .unwrap_or_default(),
        timeout: raw
            .and_then(|raw| raw.timeout.as_ref())
            .and_then(Spanned::get)
            .map_or(BUILD_TIMEOUT, |timeout| timeout.0),
        on_notice: raw
            .and_then(|raw| raw.on_notice.as_ref())
            .and_then(Spanned::get)
            .map_or_else(OnNotice::default, |word| word.0),
        image: raw
            .and_then(|raw| raw.image.as_ref())
            .and_then(Spanned::get)
            .map(|image| Image {
                url: image.url.clone(),
            }),
    }
}

/// The apps of a stage, wherever they are given.
fn apps(stage: &raw::Stage) -> impl Iterator<Item = &Spanned<App>> {
    let several = stage
        .apps
        .as_ref()
        .and_then(Spanned::get)
        .map(|apps| apps.0.as_slice())
        .unwrap_or_default();
    stage.app.iter().chain(several)
}

/// Reports two stages of one name and apps that are given twice.
fn distinct(stages: &[Spanned<raw::Stage>], out: &mut Findings<'_>) {
    let mut names: HashMap<&str, Span> = HashMap::new();
    let mut seen: HashMap<&str, Span> = HashMap::new();
    for stage in stages.iter().filter_map(Spanned::get) {
        if let Some(name) = stage.stage.get() {
            let message = stage.stage.named("stage", &name.0) + " is given twice";
            once(&mut names, &name.0, &stage.stage.span, &message, out);
        }
        for app in apps(stage) {
            if let Some(name) = app.get() {
                let message = app.named("app", &name.0) + " is given twice";
                once(&mut seen, &name.0, &app.span, &message, out);
            }
        }
    }
}

fn once<'s>(
    seen: &mut HashMap<&'s str, Span>,
    name: &'s str,
    at: &Span,
    message: &str,
    out: &mut Findings<'_>,
) {
    if let Some(first) = seen.get(name) {
        let line = out.line(first);
        out.add(at, message)
            .help(format!("first given on line {line}"));
    } else {
        seen.insert(name, at.clone());
    }
}

fn first_has_one_app(stages: &[Spanned<raw::Stage>], out: &mut Findings<'_>) {
    let Some(first) = stages.first().and_then(Spanned::get) else {
        return;
    };
    if let Some(given) = &first.apps
        && given.get().is_some_and(|apps| apps.0.len() > 1)
    {
        out.add(&given.span, "the first stage must have exactly one app")
            .help("it is the app that is built; put the others into a later stage");
    }
}

fn stage(raw: &raw::Stage, out: &mut Findings<'_>) -> Option<Stage> {
    match (&raw.app, &raw.apps) {
        (None, None) => {
            out.add(&raw.stage.span, "this stage has no app")
                .help("give `app`, or `apps` if there are several");
        }
        (Some(_), Some(apps)) => {
            out.add(&apps.span, "`app` and `apps` in one stage")
                .help("put all of them into `apps`");
        }
        _ => {}
    }
    let checks: Vec<Option<Check>> = raw
        .verify
        .as_ref()
        .and_then(Spanned::get)
        .map(|list| list.iter().map(|item| checks::check(item, out)).collect())
        .unwrap_or_default();
    Some(Stage {
        name: raw.stage.get()?.0.clone(),
        apps: apps(raw)
            .map(|app| app.get().map(|app| app.0.clone()))
            .collect::<Option<_>>()?,
        waves: waves(raw, out),
        max_parallel: raw
            .max_parallel
            .as_ref()
            .and_then(Spanned::get)
            .and_then(|count| NonZeroUsize::new(count.0 as usize)),
        approval: approval::approval(raw.approval.as_ref(), out),
        left_out: 0,
        require: requirements::require(raw.require.as_ref().and_then(Spanned::get)),
        verify: checks.into_iter().collect::<Option<_>>()?,
        on_failure: raw
            .on_failure
            .as_ref()
            .and_then(Spanned::get)
            .map_or_else(Default::default, |choice| choice.0),
    })
}

fn waves(raw: &raw::Stage, out: &mut Findings<'_>) -> Vec<Wave> {
    let list = raw.waves.as_ref().and_then(Spanned::get);
    let list = list.map_or(&[][..], Vec::as_slice);
    let waves: Vec<Wave> = list.iter().filter_map(|wave| Some(wave.get()?.0)).collect();
    let shrinks = waves::shrinks(&waves, apps(raw).count());
    if let Some(wave) = shrinks.and_then(|at| list.get(at)) {
        out.add(&wave.span, "the wave is smaller than the one before it")
            .help("each says how many of all the apps have the release then: `[1, 10%, 100%]`");
    }
    waves
}
