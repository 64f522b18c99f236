//! `init`: a first `deploy.yaml` of what the workspace and, with a token, the platform tell. It never overwrites a file.

mod asked;
mod told;

use std::{
    fs::OpenOptions,
    io::{ErrorKind, Write as _},
    path::Path,
};

use super::{Context, runtime::Doing};
use crate::{
    cli::{CONFIG, Init},
    config::{self, Config},
    exit::Exit,
    failure::Failure,
    http::is_loopback,
    model::{PLATFORMS, PlatformKind},
    run::starter::{Draft, StarterInput, look::Members, make, remotes},
    source::{self, Project},
};

/// What came of asking the platform.
#[derive(Default)]
struct Asked {
    /// The pipeline, by name or id.
    pipeline: Option<String>,
    /// Its apps.
    members: Option<Members>,
    /// What was found, or why not.
    found: Vec<String>,
    /// What was taken for the right one.
    guessed: Vec<String>,
}

impl Context<'_> {
    pub(super) fn init(&self, args: &Init) -> Result<Exit, Failure> {
        let path = &self.global.config;
        if !args.stdout && path.symlink_metadata().is_ok() {
            return Err(there_already(path));
        }
        let project = source::project(config::home_of(path));
        let (platform, why) = self.platform_of(args, &project);
        let config = config::of_platform(path, platform)
            .map_err(|e| Failure::new(Exit::Internal, e.to_string()))?;
        let asked = if args.offline {
            let found = vec!["platform: not asked, as `--offline` says".to_owned()];
            Asked {
                pipeline: args.pipeline.clone(),
                found,
                ..Asked::default()
            }
        } else {
            self.ask_platform(&config, &project, args)?
        };
        let mut made = make(StarterInput {
            platform,
            project: &project,
            pipeline: asked.pipeline,
            members: asked.members,
            named: &args.app,
        });
        made.guessed.extend(asked.guessed);
        made.guessed.extend(why);
        made.starter.api_url = self.own_address(&config);
        let text = proved(&made, path, args)?;
        if args.stdout {
            self.data(&text)?;
        } else {
            write(path, &text)?;
        }
        let told = told::told(&made, &project, asked.found, path, args.stdout);
        self.console.print(&told.text(&self.style));
        Ok(Exit::Ok)
    }

    /// The platform that is meant, and what that was guessed from.
    fn platform_of(&self, args: &Init, project: &Project) -> (PlatformKind, Option<String>) {
        if let Some(platform) = args.platform {
            return (platform, None);
        }
        let with_remote = PLATFORMS
            .iter()
            .find(|about| !remotes(project, about).is_empty());
        if let Some(about) = with_remote {
            return (about.kind, None);
        }
        let mut with_token = PLATFORMS.iter().filter(|about| {
            let token = self.env.get(about.token_variable);
            token.is_some_and(|token| !token.trim().is_empty())
        });
        match (with_token.next(), with_token.next()) {
            (Some(about), None) => {
                let why = format!(
                    "the platform is {}: {} is set",
                    about.name, about.token_variable
                );
                (about.kind, Some(why))
            }
            _ => {
                let kind = PlatformKind::Heroku;
                (
                    kind,
                    Some(format!("the platform is {kind}: nothing says otherwise")),
                )
            }
        }
    }

    /// The address of the API, if a flag or a variable gives one that others can use, too.
    fn own_address(&self, config: &Config) -> Option<url::Url> {
        let own = config.platform.about().api_url;
        let (url, _) = self.api_url(config, own).ok()?;
        let is_own = own.and_then(|own| own.parse::<url::Url>().ok()).as_ref() == Some(&url);
        let is_plain = url.username().is_empty()
            && url.password().is_none()
            && url.query().is_none()
            && url.fragment().is_none();
        (!is_own && is_plain && !is_loopback(&url)).then_some(url)
    }

    /// Asks the platform, if there is a token.
    fn ask_platform(
        &self,
        config: &Config,
        project: &Project,
        args: &Init,
    ) -> Result<Asked, Failure> {
        let journal = self.warnings_only("init");
        let doing = Doing::new("asking the platform about pipelines");
        let work = self.ask(config, project, args, &journal);
        self.read_only(&doing, work)
    }
}

/// The text, once it is sure that it is valid.
fn proved(made: &Draft, path: &Path, args: &Init) -> Result<String, Failure> {
    made.starter.proved(path).map_err(|problems| {
        let named = !args.app.is_empty() || args.pipeline.is_some();
        let (exit, what) = if named {
            (Exit::Usage, "what was named makes no valid deploy.yaml")
        } else {
            (Exit::Internal, "what was found makes no valid deploy.yaml")
        };
        Failure::new(exit, what)
            .detail(problems.to_string().lines())
            .state("nothing was written")
            .next("name other stages and apps: `--app STAGE=APP`, the first stage with one app")
    })
}

fn there_already(path: &Path) -> Failure {
    let shown = path.display();
    Failure::new(
        Exit::Io,
        format!("{shown} is there already, and is left as it is"),
    )
    .state("nothing was written")
    .next("`--stdout` prints what would be written; `--config FILE` writes another file")
}

/// Writes a new file. One that exists is never overwritten, even if it appeared a moment ago.
fn write(path: &Path, text: &str) -> Result<(), Failure> {
    let cannot = |why: &std::io::Error| {
        Failure::new(Exit::Io, format!("cannot write {}: {why}", path.display()))
            .state("nothing was written")
            .next("see that its directory is there and can be written to")
    };
    let file = OpenOptions::new().write(true).create_new(true).open(path);
    let mut file = file.map_err(|why| match why.kind() {
        ErrorKind::AlreadyExists => there_already(path),
        _ => cannot(&why),
    })?;
    file.write_all(text.as_bytes()).map_err(|why| {
        // A part of it would only be in the way; it is this command's own.
        let _ = std::fs::remove_file(path);
        cannot(&why)
    })
}

/// The flag for a file that is not the default one.
fn flag(path: &Path) -> String {
    if path == Path::new(CONFIG) {
        return String::new();
    }
    format!(" --config {}", path.display())
}
