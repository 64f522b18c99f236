//! Sample runs for the tests of the reporters: events, record and failure as a run would make them.

use std::time::Duration;

use jiff::Timestamp;

use crate::{
    event::{Event, How, OutputSource, Stamped},
    exit::Exit,
    failure::Failure,
    model::{PlatformKind, ReleaseRef},
    record::{
        AppOutcome, AppRecord, BuildRecord, CheckRecord, PipelineRecord, Record, ReleaseRecord,
        SCHEMA_VERSION, SourceRecord, StageRecord,
    },
};

pub(super) const STAGING: &str = "acme-shop-staging";
pub(super) const EU: &str = "acme-shop-eu";
pub(super) const US: &str = "acme-shop-us";
pub(super) const VERSION: &str = "1a2b3c4d5e6f708192a3b4c5d6e7f8091a2b3c4d";
pub(super) const BUILD: &str = "01234567-89ab-cdef-0123-456789abcdef";

/// A whole run.
pub(super) struct Sample {
    pub(super) events: Vec<Stamped>,
    pub(super) record: Record,
    pub(super) failure: Option<Failure>,
}

/// Puts events in time.
struct Script {
    now: Duration,
    events: Vec<Stamped>,
}

impl Script {
    fn start() -> Self {
        let mut script = Self {
            now: Duration::ZERO,
            events: Vec::new(),
        };
        script.at(
            0,
            Event::RunStarted {
                launchway: "0.1.0".into(),
                command: "deploy".into(),
                config: "deploy.yaml".into(),
                platform: PlatformKind::Heroku,
                api_url: "https://api.heroku.com/".into(),
                stages: vec!["staging".into(), "production".into()],
            },
        );
        script
    }

    /// An event, `ms` after the one before.
    fn at(&mut self, ms: u64, event: Event) -> &mut Self {
        self.now += Duration::from_millis(ms);
        let start: Timestamp = "2026-08-01T12:00:00Z".parse().unwrap();
        self.events.push(Stamped {
            at: start + jiff::SignedDuration::try_from(self.now).unwrap(),
            elapsed: self.now,
            event,
        });
        self
    }

    fn finish(mut self, mut record: Record, failure: Option<Failure>) -> Sample {
        record.seconds = self.now.as_secs_f64();
        if let Some(failure) = &failure {
            record.outcome = failure.exit.word().into();
            record.exit_code = failure.exit.code();
            record.message = Some(failure.what.clone());
        }
        self.at(
            0,
            Event::RunFinished {
                record: Box::new(record.clone()),
            },
        );
        Sample {
            events: self.events,
            record,
            failure,
        }
    }

    fn pack_and_upload(&mut self) -> &mut Self {
        let bytes = 412_345;
        self.at(
            120,
            Event::Packed {
                files: 214,
                bytes: 1_912_000,
                archive_bytes: bytes,
                sha256: "ab".repeat(32),
                version: VERSION.into(),
                took: ms(98),
            },
        )
        .at(5, Event::UploadStarted { bytes })
        .at(
            40,
            Event::UploadProgress {
                sent: 200_000,
                bytes,
            },
        )
        .at(
            60,
            Event::Uploaded {
                bytes,
                took: ms(104),
            },
        )
    }

    fn build(&mut self, log: &[&str], status: &str) -> &mut Self {
        let (stage, app, build) = (
            || "staging".to_owned(),
            || STAGING.to_owned(),
            || BUILD.to_owned(),
        );
        let what = format!("the build of {STAGING}");
        self.at(
            10,
            Event::StageStarted {
                stage: stage(),
                apps: vec![app()],
                how: How::Build,
            },
        )
        .at(
            300,
            Event::BuildStarted {
                stage: stage(),
                app: app(),
                build: build(),
            },
        )
        .at(
            0,
            Event::Waiting {
                what: what.clone(),
                deadline: Duration::from_secs(1200),
            },
        );
        for line in log {
            self.output(150, OutputSource::Build, "staging", STAGING, false, line);
        }
        self.at(900, Event::WaitOver { what }).at(
            0,
            Event::BuildFinished {
                stage: stage(),
                app: app(),
                build: build(),
                status: status.into(),
                took: ms(900 + 150 * u64::try_from(log.len()).unwrap()),
            },
        )
    }

    fn output(
        &mut self,
        ms: u64,
        source: OutputSource,
        stage: &str,
        app: &str,
        several: bool,
        line: &str,
    ) -> &mut Self {
        self.at(
            ms,
            Event::Output {
                source,
                stage: stage.into(),
                app: app.into(),
                several,
                line: line.into(),
            },
        )
    }

    fn release(
        &mut self,
        stage: &str,
        app: &str,
        version: u64,
        status: &str,
        log: &[&str],
    ) -> &mut Self {
        self.at(
            50,
            Event::ReleaseStarted {
                stage: stage.into(),
                app: app.into(),
                release: reference(version),
                phase: !log.is_empty(),
            },
        );
        for line in log {
            self.output(
                200,
                OutputSource::Release,
                stage,
                app,
                stage == "production",
                line,
            );
        }
        self.at(
            800,
            Event::ReleaseFinished {
                stage: stage.into(),
                app: app.into(),
                release: reference(version),
                status: status.into(),
                took: ms(1_050),
            },
        )
    }

    fn check(&mut self, stage: &str, app: &str, ok: bool) -> &mut Self {
        let (stage, app, check) = (stage.to_owned(), app.to_owned(), "GET /health".to_owned());
        self.at(
            5,
            Event::CheckStarted {
                stage: stage.clone(),
                app: app.clone(),
                check: check.clone(),
            },
        )
        .at(
            100,
            Event::CheckTried {
                stage: stage.clone(),
                app: app.clone(),
                check: check.clone(),
                attempt: 1,
                seen: "503".into(),
            },
        )
        .at(
            2000,
            Event::CheckFinished {
                stage,
                app,
                check,
                ok,
                attempts: if ok { 2 } else { 24 },
                seen: if ok { "200" } else { "503 Service Unavailable" }.into(),
                took: ms(if ok { 2_105 } else { 120_000 }),
            },
        )
    }

    fn promote(&mut self) -> &mut Self {
        let stage = || "production".to_owned();
        let targets = vec![EU.to_owned(), US.to_owned()];
        self.at(
            10,
            Event::StageStarted {
                stage: stage(),
                apps: targets.clone(),
                how: How::Promote,
            },
        )
        .at(
            200,
            Event::PromotionStarted {
                stage: stage(),
                promotion: "fedcba98-89ab-cdef-0123-456789abcdef".into(),
                from: STAGING.into(),
                release: reference(12),
                targets,
            },
        )
    }

    fn target(&mut self, app: &str, status: &str, error: Option<&str>) -> &mut Self {
        self.at(
            50,
            Event::TargetFinished {
                stage: "production".into(),
                app: app.into(),
                status: status.into(),
                error: error.map(Into::into),
            },
        )
    }
}

const LOG: [&str; 5] = [
    "-----> Building on the Heroku-24 stack",
    "-----> Using buildpack: heroku/nodejs",
    "\u{1b}[1;33m !     Unmet dependencies\u{1b}[0m don't fail npm install",
    "       ##[error]a log that would like to speak to the CI system",
    "-----> Launching... done, v12",
];

/// Three apps, everything goes well.
pub(super) fn happy() -> Sample {
    let mut s = Script::start();
    s.pack_and_upload().build(&LOG, "succeeded");
    s.release(
        "staging",
        STAGING,
        12,
        "succeeded",
        &["Migrating: 20260801_add_index"],
    );
    s.check("staging", STAGING, true);
    s.promote();
    s.release(
        "production",
        EU,
        8,
        "succeeded",
        &["Migrating: 20260801_add_index"],
    )
    .target(EU, "succeeded", None);
    s.release("production", US, 31, "succeeded", &[])
        .target(US, "succeeded", None);
    s.check("production", EU, true)
        .check("production", US, true);
    let apps = [done(STAGING, 11, 12), done(EU, 7, 8), done(US, 30, 31)];
    s.finish(record(apps), None)
}

/// The build fails.
pub(super) fn build_failed() -> Sample {
    let mut s = Script::start();
    let log = [
        "-----> Using buildpack: heroku/nodejs",
        "npm error code E404",
        "\u{1b}[31m !     Push failed",
    ];
    s.pack_and_upload().build(&log, "failed");
    let staging = AppRecord {
        build: Some(BuildRecord {
            id: BUILD.into(),
            status: "failed".into(),
        }),
        seconds: Some(3.4),
        outcome: AppOutcome::Failed,
        ..app(STAGING, Some(11))
    };
    let failure = Failure::new(Exit::BuildFailed, format!("the build of {STAGING} failed"))
        .detail(log)
        .state("Nothing was released.")
        .next("Read the end of the log above, fix what it says, and run the same command again.");
    s.finish(
        record([staging, app(EU, Some(7)), app(US, Some(30))]),
        Some(failure),
    )
}

/// One of two targets of the promotion fails.
pub(super) fn promotion_failed() -> Sample {
    let mut s = Script::start();
    s.pack_and_upload().build(&LOG[..2], "succeeded");
    s.release("staging", STAGING, 12, "succeeded", &[])
        .check("staging", STAGING, true)
        .promote();
    s.release("production", EU, 8, "succeeded", &[])
        .target(EU, "succeeded", None);
    s.release(
        "production",
        US,
        31,
        "failed",
        &["Migrating: 20260801_add_index", "ERROR: deadlock detected"],
    );
    s.target(US, "failed", Some("Release phase failed\r\n::error::x"));
    let us = AppRecord {
        outcome: AppOutcome::Failed,
        release: Some(release(31, "failed")),
        error: Some("Release phase failed".into()),
        ..done(US, 30, 31)
    };
    let failure = Failure::new(
        Exit::PromotionFailed,
        format!("the promotion to {US} failed: its release phase failed"),
    )
    .detail(["Migrating: 20260801_add_index", "ERROR: deadlock detected"])
    .state("1 of 2 apps of production runs the new release. No check was done there.");
    s.finish(
        record([done(STAGING, 11, 12), done(EU, 7, 8), us]),
        Some(failure),
    )
}

/// A check of production does not hold.
pub(super) fn verification_failed() -> Sample {
    let mut s = Script::start();
    s.pack_and_upload().build(&LOG[..1], "succeeded");
    s.release("staging", STAGING, 12, "succeeded", &[])
        .check("staging", STAGING, true)
        .promote();
    s.release("production", EU, 8, "succeeded", &[]).release(
        "production",
        US,
        31,
        "succeeded",
        &[],
    );
    s.check("production", EU, true)
        .check("production", US, false);
    let us = AppRecord {
        outcome: AppOutcome::Failed,
        checks: vec![check(false)],
        seconds: Some(124.0),
        ..done(US, 30, 31)
    };
    let failure = Failure::new(
        Exit::VerificationFailed,
        format!("GET /health of {US} did not answer 200 within 2m: 503 Service Unavailable"),
    );
    s.finish(
        record([done(STAGING, 11, 12), done(EU, 7, 8), us]),
        Some(failure),
    )
}

/// The platform goes out of sight while the build runs.
pub(super) fn unknown() -> Sample {
    let mut s = Script::start();
    s.pack_and_upload();
    s.at(
        10,
        Event::StageStarted {
            stage: "staging".into(),
            apps: vec![STAGING.into()],
            how: How::Build,
        },
    )
    .at(
        300,
        Event::BuildStarted {
            stage: "staging".into(),
            app: STAGING.into(),
            build: BUILD.into(),
        },
    )
    .at(
        500,
        Event::Retrying {
            request: format!("GET /apps/{STAGING}/builds/{BUILD}"),
            why: "connection reset".into(),
            pause: ms(1_500),
        },
    )
    .at(
        1500,
        Event::Retrying {
            request: format!("GET /apps/{STAGING}/builds/{BUILD}"),
            why: "503".into(),
            pause: ms(30_000),
        },
    )
    .at(
        30_000,
        Event::Warning {
            message: "the platform has not answered for 5m".into(),
        },
    );
    let staging = AppRecord {
        outcome: AppOutcome::Unknown,
        build: Some(BuildRecord {
            id: BUILD.into(),
            status: "pending".into(),
        }),
        ..app(STAGING, Some(11))
    };
    let failure = Failure::new(Exit::Unknown, format!("lost sight of the build of {STAGING}"))
        .detail([format!("GET https://api.heroku.com/apps/{STAGING}/builds/{BUILD}: no answer for 5m")])
        .state("The build may still be running, and may release by itself when it is through.")
        .next(format!("Look with `heroku builds:info {BUILD} -a {STAGING}`, or run the same command again: it looks for that build first."));
    s.finish(
        record([staging, app(EU, Some(7)), app(US, Some(30))]),
        Some(failure),
    )
}

pub(super) fn reference(version: u64) -> ReleaseRef {
    ReleaseRef {
        id: id(version),
        version,
    }
}

pub(super) fn release(version: u64, status: &str) -> ReleaseRecord {
    ReleaseRecord {
        id: id(version),
        version,
        status: status.into(),
    }
}

fn id(version: u64) -> String {
    format!("{version:08x}-89ab-cdef-0123-456789abcdef")
}

pub(super) fn check(ok: bool) -> CheckRecord {
    CheckRecord {
        check: "GET /health".into(),
        ok,
        attempts: 2,
        seen: "200".into(),
        seconds: 2.1,
    }
}

/// An app that the run has not come to.
pub(super) fn app(name: &str, live: Option<u64>) -> AppRecord {
    AppRecord {
        app: name.into(),
        replaced: live.map(|v| release(v, "succeeded")),
        web_url: Some(format!("https://{name}-0123456789ab.herokuapp.com/")),
        ..AppRecord::default()
    }
}

fn done(name: &str, old: u64, new: u64) -> AppRecord {
    AppRecord {
        outcome: AppOutcome::Succeeded,
        release: Some(release(new, "succeeded")),
        checks: vec![check(true)],
        seconds: Some(6.2),
        ..app(name, Some(old))
    }
}

pub(super) fn record([staging, eu, us]: [AppRecord; 3]) -> Record {
    let stage = |stage: &str, how: &str, apps| StageRecord {
        stage: stage.into(),
        how: how.into(),
        promotion: None,
        apps,
    };
    Record {
        schema_version: SCHEMA_VERSION,
        launchway: "0.1.0".into(),
        command: "deploy".into(),
        outcome: "ok".into(),
        exit_code: 0,
        message: None,
        started_at: "2026-08-01T12:00:00Z".into(),
        finished_at: "2026-08-01T12:00:12Z".into(),
        seconds: 12.0,
        platform: "heroku".into(),
        api_url: "https://api.heroku.com/".into(),
        pipeline: Some(PipelineRecord {
            id: id(1),
            name: "acme-shop".into(),
        }),
        source: Some(SourceRecord {
            version: VERSION.into(),
            commit: Some(VERSION.into()),
            sha256: "ab".repeat(32),
            tar_sha256: "cd".repeat(32),
            files: 214,
            bytes: 1_912_000,
            archive_bytes: 412_345,
        }),
        stages: vec![
            stage("staging", "build", vec![staging]),
            stage("production", "promote", vec![eu, us]),
        ],
    }
}

fn ms(ms: u64) -> Duration {
    Duration::from_millis(ms)
}
