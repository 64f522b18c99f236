//! The commands: from arguments to an exit code. Each opens what it needs, hands the work to the layer below and
//! reports the result.

mod builds;
pub mod completions;
mod deploy;
mod files;
mod hosts;
mod init;
mod log;
mod matrix;
mod notify;
mod of_app;
mod pack;
mod panic;
mod pipeline;
mod plan;
mod question;
mod releases;
mod replaced;
mod runtime;
mod sandbox;
mod saved;
mod session;
mod shutdown;
mod signals;
mod slug;
mod status;

use std::io::IsTerminal as _;

use tracing::level_filters::LevelFilter;
use tracing_subscriber::{
    filter::Targets, layer::SubscriberExt as _, util::SubscriberInitExt as _,
};

use crate::{
    ci,
    cli::{Cli, Command, Global},
    config::{self, Config, LoadError},
    env::Env,
    exit::Exit,
    failure::{Failure, Location},
    journal::Journal,
    redact::Redactor,
    report::{self, Console, Output, Style, Verbosity, console::Out},
    suggest::nearest,
    units,
};

/// What every command works with.
struct Context<'a> {
    global: &'a Global,
    env: Env,
    ci: ci::Context,
    style: Style,
    redactor: Redactor,
    /// The tokens alone: what has one in it is kept from commands and out of `deploy.yaml`.
    tokens: Redactor,
    /// What this run is known by: a text that no other run has.
    run_id: String,
    console: Console,
}

/// Runs a command to its end.
pub fn run(cli: &Cli, env: Env) -> Exit {
    let verbosity = match (cli.global.quiet, cli.global.verbose) {
        (true, _) => Verbosity::Quiet,
        (false, 0) => Verbosity::Normal,
        (false, _) => Verbosity::Verbose,
    };
    let ci = ci::Context::detect(&env, |path| std::fs::read_to_string(path).ok());
    let syntax = cli.global.output.syntax(ci.system);
    let style = Style {
        syntax,
        masks: syntax == ci.system.into(),
        keep_alive: cli.global.keep_alive,
        ..Style::detect(
            cli.global.color,
            verbosity,
            std::io::stderr().is_terminal(),
            |name| env.get(name).map(str::to_owned),
        )
    };
    // Whatever happens, no token of this environment is shown.
    let redactor = Redactor::new(env.tokens());
    let tokens = Redactor::new(env.tokens());
    panic::report(redactor.clone());
    // JSON lines and a live area on the same terminal would garble each other.
    let live = style.terminal && cli.global.output != Output::Json;
    let console = Console::stderr(live, redactor.clone());
    let context = Context {
        global: &cli.global,
        ci,
        env,
        style,
        redactor,
        tokens,
        run_id: units::random_id(),
        console,
    };
    context.trace();
    let done = panic::guarded(|| context.dispatch(&cli.command));
    done.unwrap_or_else(|failure| {
        let syntax = context.style.syntax;
        report::announce(&context.console, syntax, &context.ci, &failure);
        context
            .console
            .print(&report::failure::render(&failure, None, &context.style));
        failure.exit
    })
}

impl Context<'_> {
    fn dispatch(&self, command: &Command) -> Result<Exit, Failure> {
        match command {
            Command::Deploy(args) if args.dry_run => self.plan(&crate::cli::Plan {
                ignore_window: args.ignore_window,
                to: args.to.clone(),
                force: args.force,
                rehearsal: args.rehearsal.clone(),
                ..crate::cli::Plan::default()
            }),
            Command::Deploy(args) => Ok(self.deploy(args)),
            Command::Plan(args) if args.hosts => self.hosts(args),
            Command::Plan(args) => match args.matrix {
                Some(kind) => self.matrix(args, kind),
                None => self.plan(args),
            },
            Command::Promote(args) => Ok(self.promote(args)),
            Command::Rollback(args) => Ok(self.rollback(args)),
            Command::Status(args) => self.status(args),
            Command::Pipeline(args) => self.pipeline(args),
            Command::Builds(args) => self.builds(args),
            Command::Releases(args) => self.releases(args),
            Command::Slug(args) => self.slug(args),
            Command::Pack(args) => self.pack(args),
            Command::Sandbox(args) => self.sandbox(args),
            Command::Init(args) => self.init(args),
            Command::Schema(args) => self.data(&files::schema(args.of)),
            Command::Explain { code } => self.explain(code.as_deref()),
            Command::Completions { shell } => self.data(&completions::script(*shell)),
            Command::Manual => {
                let page =
                    files::manual().map_err(|e| Failure::new(Exit::Internal, format!("{e:#}")))?;
                self.data(&page)
            }
        }
    }

    /// The journal of a command that only asks: progress would stand in the way of its answer; warnings go to stderr.
    fn warnings_only(&self, command: &str) -> Journal {
        let style = Style {
            verbosity: self.style.verbosity.min(Verbosity::Quiet),
            ..self.style
        };
        let warnings = report::human::Human::new(&self.console, style);
        Journal::new(command, vec![Box::new(warnings)])
    }

    /// Diagnostics for developers of launchway, where `LAUNCHWAY_LOG` asks for them (`LAUNCHWAY_LOG=debug`), or `-vv`.
    fn trace(&self) {
        let asked = self.env.get("LAUNCHWAY_LOG");
        let asked = asked.filter(|level| !level.is_empty());
        let Some(wanted) = asked.or((self.global.verbose > 1).then_some("debug")) else {
            return;
        };
        // Only our own: those of the HTTP client would show whole addresses. A word that is no level asks for all of them.
        let level = wanted.parse().unwrap_or(LevelFilter::TRACE);
        let console = self.console.clone();
        let lines = tracing_subscriber::fmt::layer()
            .with_ansi(false)
            .with_writer(move || console.clone());
        let ours = Targets::new().with_target("launchway", level);
        let subscriber = tracing_subscriber::registry().with(ours).with(lines);
        // It fails if there is a subscriber already, which then serves as well.
        let _ = subscriber.try_init();
    }

    /// Prints what a command is asked for, on stdout.
    fn data(&self, text: &str) -> Result<Exit, Failure> {
        let mut out = Out::stdout();
        out.write(&self.redactor.clean(text));
        match out.failure() {
            Some(why) => Err(Failure::new(
                Exit::Io,
                format!("cannot write to standard output: {why}"),
            )),
            None => Ok(Exit::Ok),
        }
    }

    fn explain(&self, code: Option<&str>) -> Result<Exit, Failure> {
        let plain = Style {
            colour: self.style.colour && std::io::stdout().is_terminal(),
            ..self.style
        };
        match code {
            None => self.data(&report::explain::all(&plain)),
            Some(code) => match report::explain::one(code, &plain) {
                Some(text) => self.data(&text),
                None => Err(Failure::new(
                    Exit::Usage,
                    format!("`{code}` is not an exit code of launchway"),
                )
                .next("`launchway explain` lists them all")
                .meant(nearest(
                    code,
                    &Exit::all().map(Exit::word).collect::<Vec<_>>(),
                ))),
            },
        }
    }

    fn config(&self) -> Result<Config, Failure> {
        let config = config::load(&self.global.config, &self.env).map_err(|error| match error {
            LoadError::Missing { path, .. } => {
                Failure::new(Exit::Config, format!("there is no {}", path.display()))
                    .next("`launchway init` writes a starter file; `--config FILE` names another")
            }
            LoadError::Unreadable { path, source } => Failure::new(
                Exit::Config,
                format!("cannot read {}: {source}", path.display()),
            ),
            LoadError::Invalid(problems) => {
                let count = problems.count();
                let noun = if count == 1 { "problem" } else { "problems" };
                Failure::new(
                    Exit::Config,
                    format!("{} has {count} {noun}", problems.path.display()),
                )
                .detail(problems.to_string().lines())
                .places(problems.iter().map(|problem| Location {
                    file: problems.path.clone(),
                    line: problem.line,
                    column: problem.column,
                    message: match &problem.help {
                        Some(help) => format!("{}\n{help}", problem.message),
                        None => problem.message.clone(),
                    },
                }))
            }
        })?;
        for secret in config.address_secrets(self.ci.said()) {
            self.redactor.learn(&secret);
        }
        for address in config.told_addresses() {
            self.redactor.learn_whole(address);
        }
        Ok(config)
    }
}

/// The place of a stage in `deploy.yaml`; the last one if none is named.
fn stage_at(config: &Config, name: Option<&str>) -> Result<usize, Failure> {
    let Some(name) = name else {
        return Ok(config.stages.len().saturating_sub(1));
    };
    config
        .stages
        .iter()
        .position(|stage| stage.name == name)
        .ok_or_else(|| {
            let known: Vec<&str> = config
                .stages
                .iter()
                .map(|stage| stage.name.as_str())
                .collect();
            Failure::new(
                Exit::Usage,
                format!("{} has no stage `{name}`", config.path.display()),
            )
            .next(format!("its stages are: {}", known.join(", ")))
            .meant(nearest(name, &known))
        })
}
