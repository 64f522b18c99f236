//! `status`: what is live in each stage. Data, so it goes to stdout: as a table, or as one JSON document.

use std::{io::IsTerminal as _, time::Duration};

use jiff::Timestamp;
use url::Url;

use super::{Context, runtime::Doing};
use crate::{
    cli,
    config::Config,
    exit::Exit,
    failure::Failure,
    journal::{Journal, record::PipelineRecord},
    platform::types::Release,
    report::{self, Output, json::defuse, screen::Screen, status as view, style::Style},
    run::{
        Run, commit_of,
        in_flight::InFlight,
        status::{AppState, AppStatus, Drift, DriftState, Status, StatusCache},
    },
    units,
};

/// The least pause between two looks.
const PAUSE: Duration = Duration::from_secs(10);
/// The longest.
const LONGEST_PAUSE: Duration = Duration::from_mins(5);
/// The pause for each request that a look took: half of what Heroku gives back, which is 75 requests a minute.
const PAUSE_PER_REQUEST: Duration = Duration::from_millis(1600);

impl Context<'_> {
    pub(super) fn status(&self, args: &cli::Status) -> Result<Exit, Failure> {
        let as_json = args.json || self.global.output == Output::Json;
        if args.watch {
            self.can_watch(as_json)?;
        }
        let config = self.config()?;
        let journal = self.warnings_only("status");
        let doing = Doing::new("asking the platform what is live");
        if args.watch {
            let watch = self.watch(&config, args, &journal, &doing);
            return self.read_only(&doing, watch);
        }
        let look = self.look(&config, args, &journal);
        let (status, failures) = self.read_only(&doing, look)?;
        if as_json {
            let json = serde_json::to_string(&status).map_err(|e| {
                Failure::new(Exit::Internal, format!("cannot write the status: {e}"))
            })?;
            self.data(&(defuse(&self.redactor.clean_json(&json)) + "\n"))?;
        } else {
            self.data(&status.text(&self.stdout_style()))?;
        }
        unread(&status, failures).map_or(Ok(Exit::Ok), Err)
    }

    /// Only on a terminal can the table be drawn again.
    fn can_watch(&self, as_json: bool) -> Result<(), Failure> {
        let dumb = self.env.get("TERM").is_some_and(|term| term == "dumb");
        let why = if as_json {
            "`--watch` draws a table again and again: it has no JSON"
        } else if !std::io::stdout().is_terminal() {
            "`--watch` needs a terminal, and standard output is none"
        } else if dumb {
            "`--watch` needs a terminal that can be drawn on, and TERM is `dumb`"
        } else {
            return Ok(());
        };
        Err(Failure::new(Exit::Usage, why)
            .state("nothing was sent to the platform")
            .next("leave `--watch` out: `launchway status` prints the table once"))
    }

    /// How text on stdout looks.
    pub(super) fn stdout_style(&self) -> Style {
        Style {
            colour: self.style.colour && std::io::stdout().is_terminal(),
            ..self.style
        }
    }

    async fn look(
        &self,
        config: &Config,
        args: &cli::Status,
        journal: &Journal,
    ) -> Result<(view::Status, Vec<Failure>), Failure> {
        let session = self.session(config, &args.rehearsal, journal).await?;
        let in_flight = InFlight::default();
        let run = session.run(config, journal, &in_flight);
        let status = run.status(&mut StatusCache::default()).await?;
        Ok(shown(config, &session.api_url, status))
    }

    /// Looks again and again, until a signal or the deadline ends it, or the terminal goes away.
    async fn watch(
        &self,
        config: &Config,
        args: &cli::Status,
        journal: &Journal,
        doing: &Doing,
    ) -> Result<Exit, Failure> {
        let session = self.session(config, &args.rehearsal, journal).await?;
        let in_flight = InFlight::default();
        let run = session.run(config, journal, &in_flight);
        let (mut known, mut last) = (StatusCache::default(), None);
        let mut screen = Screen::stdout(self.redactor.clone());
        let style = self.stdout_style();
        loop {
            let before = sent(&run);
            let now = Timestamp::now();
            let text = match (run.status(&mut known).await, &last) {
                (Ok(status), _) => {
                    let table = shown(config, &session.api_url, status).0.text(&style);
                    let text = format!("at {} UTC\n\n{table}", units::clock(now));
                    last = Some(text.clone());
                    text
                }
                // Not even once: most likely it never will be.
                (Err(failure), None) => return Err(failure),
                (Err(failure), Some(last)) => format!(
                    "{last}\nat {} UTC it could not be read again: {}\n",
                    units::clock(now),
                    report::sanitize::text(&failure.what)
                ),
            };
            doing.set("watching");
            if !screen.draw(&text) {
                return Ok(Exit::Ok);
            }
            tokio::time::sleep(pause(&run, sent(&run) - before)).await;
        }
    }
}

fn sent(run: &Run<'_>) -> u64 {
    run.platform.services().api.sent()
}

/// The pause after a look that took so many requests.
fn pause(run: &Run<'_>, requests: u64) -> Duration {
    let services = run.platform.services();
    let requests = u32::try_from(requests).unwrap_or(u32::MAX);
    let pause = PAUSE_PER_REQUEST
        .saturating_mul(requests)
        .clamp(PAUSE, LONGEST_PAUSE);
    let frugal = services.api.poll_pause(Duration::ZERO, 0.5);
    services.pacing.of(pause).max(frugal)
}

/// What could not be read, as the end of the command: the table shows the rest.
fn unread(status: &view::Status, failures: Vec<Failure>) -> Option<Failure> {
    let all: usize = status.stages.iter().map(|stage| stage.apps.len()).sum();
    let count = failures.len();
    let first = failures.into_iter().next()?;
    Some(Failure {
        what: format!(
            "{count} of {} can't be read: {}",
            units::count(all as u64, "app", "apps"),
            first.what
        ),
        ..first
    })
}

/// What is shown of a status, and what kept apps from being read.
fn shown(config: &Config, api_url: &Url, status: Status) -> (view::Status, Vec<Failure>) {
    let at = status.at;
    let mut failures = Vec::new();
    let stages = config.stages.iter().zip(status.stages);
    let stages = stages.map(|(stage, apps)| view::Stage {
        stage: stage.name.clone(),
        apps: apps
            .into_iter()
            .map(|app| shown_app(app, at, &mut failures))
            .collect(),
    });
    let view = view::Status {
        schema_version: view::SCHEMA_VERSION,
        at: at.to_string(),
        config: config.path.display().to_string(),
        platform: config.platform.to_string(),
        api_url: api_url.as_str().trim_end_matches('/').to_owned(),
        pipeline: status.pipeline.map(|pipeline| PipelineRecord {
            id: pipeline.id,
            name: pipeline.name,
        }),
        stages: stages.collect(),
        notes: status.notes,
    };
    (view, failures)
}

fn shown_app(app: AppStatus, at: Timestamp, failures: &mut Vec<Failure>) -> view::App {
    let AppState {
        app: known,
        live,
        made_of,
        newest,
    } = match app.seen {
        Ok(seen) => seen,
        Err(failure) => {
            let error = Some(failure.what.clone());
            failures.push(failure);
            return view::App {
                app: app.name,
                error,
                ..view::App::default()
            };
        }
    };
    view::App {
        app: known.name,
        id: Some(known.id),
        web_url: known.web_url.map(String::from),
        maintenance: Some(known.maintenance),
        release: live.map(|release| shown_release(release, at)),
        newest: newest.as_ref().map(Release::record),
        commit: made_of
            .version
            .as_deref()
            .and_then(commit_of)
            .map(str::to_owned),
        source_version: made_of.version,
        drift: app.drift.map(shown_drift),
        error: None,
    }
}

fn shown_release(release: Release, at: Timestamp) -> view::Release {
    let age = release
        .created_at
        .map(|created| at.duration_since(created).as_secs());
    view::Release {
        id: release.at.id,
        version: release.at.version,
        status: release.status,
        description: release.description,
        by: release.user,
        created_at: release.created_at.map(|at| at.to_string()),
        age_seconds: age.map(|age| u64::try_from(age).unwrap_or(0)),
    }
}

fn shown_drift(drift: Drift) -> view::Drift {
    view::Drift {
        against: drift.against,
        state: match drift.state {
            DriftState::Same => view::DriftState::Same,
            DriftState::SameVersion => view::DriftState::SameVersion,
            DriftState::Differs => view::DriftState::Differs,
            DriftState::Unknown => view::DriftState::Unknown,
        },
        behind: drift.distance.map(|distance| distance.behind),
        ahead: drift.distance.map(|distance| distance.ahead),
    }
}
