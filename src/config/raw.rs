//! The shape of `deploy.yaml`: every table, every key, what it may hold. The doc comments are the help that editors show.

mod short;

use super::{
    notify::Notify,
    read::{Spanned, keys},
    values::{
        ApiUrl, App, ArchiveUrl, Buildpack, CheckContext, CheckName, CheckUrl, Command, Count,
        Directory, FormatVersion, Headers, Image, Images, Json, Limit, Matches, Method, NonEmpty,
        OneOf, Pattern, Period, Pipeline, PlatformName, ProcessTypes, SentBody, SentHeaders, Size,
        Slug, StageName, Status, Text, Up, UploadUrl, UrlPath, VarName, WaveSize, Windows,
    },
};
pub(super) use short::{Dynos, Http, Platform, SameConfigKeys};

use crate::model::{Compression, Maintenance, OnFailure, OnNotice, Secrets, Symlinks};

keys! {
    /// How a workspace gets to production: what is packed, how it is built, and the stages that it goes through.
    struct Root, "at the top level" {
        /// The version of this file's format: 1.
        needed version: FormatVersion,
        /// The platform: `heroku`, or `akkeris` with the address of the installation.
        needed platform: Platform,
        /// The pipeline, by name or id. Left out, the built slug is released on the next stage's apps directly.
        optional pipeline: Pipeline,
        /// What is packed.
        optional source: Source,
        /// How it is built.
        optional build: Build,
        /// The stages in order: the first one is built, the others are promoted to.
        needed stages: NonEmpty<Stage>,
        /// Akkeris: a status check that the run reports about each release that it makes.
        optional report_status: ReportStatus,
        /// What is told how the run ended, after its verdict.
        optional notify: Vec<Spanned<Notify>>,
    }
}

keys! {
    /// A platform with its address.
    struct PlatformTable, "in `platform`" {
        /// The platform: `heroku` or `akkeris`.
        needed kind: PlatformName,
        /// The address of its API, `https://`; `http://` for loopback only. Akkeris has no default.
        optional api_url: ApiUrl,
    }
}

keys! {
    /// What is packed: what git would consider part of the directory, less `exclude`, plus `include`.
    struct Source, "in `source`" {
        /// The root of the archive, relative to this file. Default: the directory of this file.
        optional dir: Directory,
        /// Patterns in gitignore form, on top of `.gitignore` and `.launchwayignore`.
        optional exclude: Vec<Spanned<Pattern>>,
        /// Patterns in gitignore form that win over every ignore file, for what a build step made.
        optional include: Vec<Spanned<Pattern>>,
        /// What the build is called. Default: the commit, with the content's digest behind it unless the archive is exactly that commit.
        optional version: Text,
        /// Where the archive is already: the platform fetches it there. `${version}` stands for the source's version.
        optional url: ArchiveUrl,
        /// Where to put the archive, if the platform is not to take it itself.
        optional upload: Upload,
        /// Whether an older commit is refused where a newer one is live, as far as the checkout's history tells. Default: false,
        /// which warns.
        optional newest_wins: bool,
        /// Whether the uploaded archive is overwritten with nothing once the build is over, so that no copy of the source stays
        /// behind its address. If that fails, it is a warning. Default: true for Heroku's own sources, else false.
        optional shred: bool,
        /// What to do with links that leave the workspace: `refuse` (default) or `keep`.
        optional symlinks: OneOf<Symlinks>,
        /// What to do with files that look like secrets and are not tracked by git: `warn` (default) or `deny`.
        optional secrets: OneOf<Secrets>,
        /// The largest archive, as `500MB`. Default: 1 GiB.
        optional max_size: Size,
        /// How hard to compress: `fast`, `balanced` (default) or `small`.
        optional compression: OneOf<Compression>,
    }
}

keys! {
    /// A pair of pre-signed addresses.
    struct Upload, "in `upload`" {
        /// Where the archive is put, with an HTTP PUT.
        needed put: UploadUrl,
        /// Where the platform gets it.
        needed get: UploadUrl,
    }
}

keys! {
    /// How it is built.
    struct Build, "in `build`" {
        /// Buildpacks, by registry name or URL, in order. Default: the app's own.
        optional buildpacks: Vec<Spanned<Buildpack>>,
        /// How long a build may take. Default: 30m.
        optional timeout: Period,
        /// Heroku: what to do when the platform fails a build on purpose, to announce the end of life of a stack. Default:
        /// `rebuild`.
        optional on_notice: OneOf<OnNotice>,
        /// Akkeris: an image that is built already, as `docker://registry/name:tag`, instead of the source.
        optional image: Image,
        /// Heroku: a slug that was made elsewhere, instead of the source: a gzipped tarball with everything under `./app`,
        /// relative to this file, or the id of a slug that is on the platform.
        optional slug: Slug,
        /// What a slug from a file runs, by process type: `{web: "node server.js"}`. `$${` stands for a literal `${`.
        optional process_types: ProcessTypes,
        /// Heroku: images instead of the source, by process type, for apps on the container stack. They are pushed to each app
        /// of each stage and released there. As skopeo names places: `docker-archive:FILE`, `oci-archive:FILE`,
        /// `oci:DIRECTORY[:TAG]`, relative to this file, or `docker://registry.heroku.com/APP/TYPE[:TAG]` for one that was pushed.
        optional images: Images,
    }
}

keys! {
    /// A stage: the apps that get the release together.
    struct Stage, "in a stage" {
        /// Its name; with `pipeline`, one of `test`, `review`, `development`, `staging` and `production`.
        needed stage: StageName,
        /// Its app, by name or id. The first stage has exactly one: the app that is built.
        optional app: App,
        /// Its apps, if there are several.
        optional apps: NonEmpty<App>,
        /// How many of the apps get the release, and are verified, before more do: numbers and percentages, each of all.
        optional waves: Vec<Spanned<WaveSize>>,
        /// The most apps of the stage that get the release, are followed and are verified at the same time. A wave of more (without
        /// `waves`, the whole stage) is cut into several. Going back heeds it, too. Default: all at once.
        optional max_parallel: Count,
        /// What must hold before the run goes on. Requests go side by side; a command begins when what is before it holds, and
        /// what is behind it when it has passed. Commands run one at a time.
        optional verify: Vec<Spanned<Check>>,
        /// What must hold before anything in the stage is changed.
        optional require: Require,
        /// Who must approve before anything in the stage is changed. Default: nobody.
        optional approval: super::approval::ApprovalKey,
        /// What to do when the stage fails: `stop` (default), `rollback` (every app of it that this run changed goes back to what
        /// it ran before) or `rollback_failed` (only those that failed).
        optional on_failure: OneOf<OnFailure>,
    }
    rules { "oneOf": [{ "required": ["app"] }, { "required": ["apps"] }] }
}

keys! {
    /// What must hold right before anything in the stage is changed. All of it is looked at and told; exit 16 if it does not hold.
    struct Require, "in `require`" {
        /// Refuse if the names of the config vars of a target and of the stage before's first app differ; their values are
        /// not looked at. On Heroku, add-ons of that app which a target lacks are warned about. Akkeris compares names and
        /// add-ons itself when it promotes. Default: false on Heroku, true on Akkeris.
        optional same_config_keys: SameConfigKeys,
        /// Heroku: refuse if the stack of a target differs from that of the stage before's first app. Default: false.
        optional same_stack: bool,
        /// Heroku: refuse if the buildpacks of a target differ from those of the stage before's first app. Default: false.
        optional same_buildpacks: bool,
        /// What the maintenance mode of the stage's apps must be: `off` or `on`. Default: not looked at.
        optional maintenance: OneOf<Maintenance>,
        /// When the stage may be changed: days, hours and a time zone, as `Mon-Fri 09:00-16:00 Europe/Berlin`, or a list of
        /// such windows. `--ignore-window` overrides it. Default: at any time.
        optional window: Windows,
        /// Akkeris: contexts that must be green on the release; the run waits for them.
        optional status_checks: Vec<Spanned<CheckContext>>,
    }
}

keys! {
    /// Which names must be the same.
    struct SameConfigKeysTable, "in `same_config_keys`" {
        /// Names that only one side may have; `*` stands for any text.
        needed ignore: NonEmpty<VarName>,
    }
}

keys! {
    /// A status check that the run reports on each release that it makes: green once its stage is verified.
    struct ReportStatus, "in `report_status`" {
        /// What it is known by, and required by: 6 to 31 letters, digits, `.`, `/`, `+` and `-`.
        needed context: CheckContext,
        /// What people call it. Default: `launchway`.
        optional name: CheckName,
    }
}

keys! {
    /// A check: an HTTP request, a look at the dynos, or a command.
    struct Check, "in a check" {
        /// An HTTP request: a path under the app's own address, or a map of keys.
        optional http: Http,
        /// Heroku: `up` holds when every dyno of the formation is up with this release, or a newer one, and none has crashed;
        /// or a map of keys.
        optional dynos: Dynos,
        /// For `http` and `dynos`: how long it may take to hold. Default: 2m.
        optional within: Period,
        /// For `http` and `dynos`: the pause between two tries. Default: 5s.
        optional every: Period,
        /// For `http` and `dynos`: how many tries in a row must hold. Default: 1.
        optional successes: Count,
        /// For `http` and `dynos`: how long it must keep holding once it holds. Default: no soak.
        optional soak: Period,
        /// For `http` and `dynos`: how many failed tries a soak tolerates. Default: 0.
        optional failure_limit: Limit,
        /// A command for the shell, run in the directory of this file. It finds `LAUNCHWAY_APP`, `LAUNCHWAY_STAGE`,
        /// `LAUNCHWAY_URL`, `LAUNCHWAY_RELEASE`, `LAUNCHWAY_VERSION`, `LAUNCHWAY_COMMIT` and `LAUNCHWAY_RUN` in its
        /// environment. No variable is filled in: the shell expands them.
        optional run: Command,
        /// For `run`: how long the command may take. Default: 10m.
        optional timeout: Period,
    }
    rules { "oneOf": [{ "required": ["http"] }, { "required": ["dynos"] }, { "required": ["run"] }] }
}

keys! {
    /// A look at the dynos of an app. One-off dynos do not count.
    struct DynosTable, "in `dynos`" {
        /// How each must be: `up`.
        needed state: Up,
        /// How long it may take to hold. Default: 2m.
        optional within: Period,
        /// The pause between two tries. Default: 5s.
        optional every: Period,
        /// How many tries in a row must hold. Default: 1.
        optional successes: Count,
        /// How long it must keep holding once it holds. Default: no soak.
        optional soak: Period,
        /// How many failed tries a soak tolerates. Default: 0.
        optional failure_limit: Limit,
    }
}

keys! {
    /// An HTTP request and what its answer must be.
    struct HttpTable, "in `http`" {
        /// A path under the app's own address; it may have a query.
        optional path: UrlPath,
        /// Another address instead of `path`.
        optional url: CheckUrl,
        /// What to send, if not a plain GET.
        optional request: Request,
        /// The expected status: `200`, a class such as `2xx`, or a list of both. Default: 200.
        optional status: Status,
        /// A text that the body must contain. In `body`, `matches`, `json` and `headers`, `${version}`, `${commit}`,
        /// `${release}` and `${run}` are the run's own: a check with one of the first three proves that the new code
        /// answered. One without begins, where an app has Heroku's feature `preboot`, 3 minutes after the release: as long
        /// as that the old code may answer.
        optional body: Text,
        /// A regular expression that must match in the body.
        optional matches: Matches,
        /// Values that the body's JSON must have, by JSON pointer: `{/commit: "${commit}"}`.
        optional json: Json,
        /// Headers that the answer must have, with these values: `{x-release: "${release}"}`.
        optional headers: Headers,
        /// How long it may take to hold. Default: 2m.
        optional within: Period,
        /// The pause between two tries. Default: 5s.
        optional every: Period,
        /// How many tries in a row must hold. Default: 1.
        optional successes: Count,
        /// How long it must keep holding once it holds. Default: no soak.
        optional soak: Period,
        /// How many failed tries a soak tolerates. Default: 0.
        optional failure_limit: Limit,
    }
    rules { "oneOf": [{ "required": ["path"] }, { "required": ["url"] }] }
}

keys! {
    /// What an HTTP check sends, again at each try. In `headers` and `body`, `${version}`, `${commit}`, `${release}` and
    /// `${run}` are the run's own. The values of the environment's variables are shown nowhere.
    struct Request, "in `request`" {
        /// The method. Default: `GET`, with a `body` `POST`.
        optional method: Method,
        /// The headers: `{authorization: "Bearer ${SMOKE_TOKEN}"}`. They go to this address only, and no redirect is followed.
        optional headers: SentHeaders,
        /// The body, as it is sent; `headers` says of what type it is.
        optional body: SentBody,
    }
}
