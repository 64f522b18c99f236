//! A workspace with its `deploy.yaml` in a temporary directory, and a platform with the shop's apps.

use std::ffi::OsString;
use std::fs;
use std::io::{BufRead as _, BufReader, Read as _};
use std::path::PathBuf;
use std::process::{Command, Output, Stdio};
use std::sync::LazyLock;
use std::time::Instant;

use launchway::sandbox::{
    AppSpec, Generation, Pace, PipelineSpec, Request, Sandbox, Spec, Surface,
};
use serde_json::Value;
use tempfile::TempDir;
use tokio::runtime::Runtime;

use super::Run;
use crate::image::Image;

/// The token that every platform of these tests wants.
pub(crate) const TOKEN: &str = "HRKU-faults-0f1e2d3c4b5a69788796a5b4c3d2e1";

/// One stage with one app.
pub(crate) const SINGLE: &str = "\
version: 1
platform: heroku
stages:
  - {stage: staging, app: shop-staging}
";

/// Behind the platform: a pipeline with one app in staging and two in production.
pub(crate) const PIPELINE: &str = "\
pipeline: acme-shop
build: {timeout: 4s}
stages:
  - stage: staging
    app: shop-staging
    verify:
      - http: {path: /health, within: 3s, every: 5ms}
  - stage: production
    apps: [shop-eu, shop-us]
    verify:
      - http: {path: /health, within: 3s, every: 5ms}
";

/// Where the platforms of all tests live.
pub(super) static RUNTIME: LazyLock<Runtime> = LazyLock::new(|| {
    tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .unwrap()
});

/// A `deploy.yaml` for this platform.
pub(crate) fn yaml(surface: Surface, rest: &str) -> String {
    let platform = match surface {
        Surface::Heroku => "heroku",
        Surface::Akkeris => "akkeris",
    };
    format!("version: 1\nplatform: {platform}\n{rest}")
}

/// The binary: the one that belongs to these tests, unless a variable names another.
pub(super) fn binary() -> OsString {
    std::env::var_os("LAUNCHWAY_TEST_BINARY").unwrap_or(env!("CARGO_BIN_EXE_launchway").into())
}

const APPS: [&str; 5] = ["shop-staging", "shop-eu", "shop-us", "shop-ap", "shop-sa"];

/// A workspace and a platform.
pub(crate) struct Shop {
    directory: TempDir,
    pub(super) sandbox: Sandbox,
    /// What the platform knew before anybody asked it anything.
    before: Value,
    /// How many requests it had got then.
    asked: usize,
}

impl Shop {
    /// A shop whose production apps are coupled with its staging app, on Heroku with faults.
    pub(crate) fn with(faults: &[String]) -> Self {
        Self::at(Pace::instant(), faults)
    }

    /// The same on a platform that works at this pace.
    pub(crate) fn at(pace: Pace, faults: &[String]) -> Self {
        Self::on(Surface::Heroku, pace, faults)
    }

    /// The same on this platform.
    pub(crate) fn on(surface: Surface, pace: Pace, faults: &[String]) -> Self {
        let shop = Self::of(Generation::Cedar, surface, pace);
        shop.set_faults(faults);
        shop
    }

    /// The same with apps of this generation, without faults.
    pub(crate) fn of(generation: Generation, surface: Surface, pace: Pace) -> Self {
        let app = |name: &str| AppSpec {
            name: name.to_owned(),
            generation,
            first_release: true,
            ..AppSpec::default()
        };
        let coupling = |app: &str, stage: &str| (app.to_owned(), stage.to_owned());
        let spec = Spec {
            surface,
            apps: APPS.map(app).into(),
            pipeline: Some(PipelineSpec {
                name: "acme-shop".to_owned(),
                couplings: vec![
                    coupling("shop-staging", "staging"),
                    coupling("shop-eu", "production"),
                    coupling("shop-us", "production"),
                    coupling("shop-ap", "production"),
                    coupling("shop-sa", "production"),
                ],
            }),
            token: Some(TOKEN.to_owned()),
            pace,
            // Akkeris: somebody else's check.
            reported_checks: vec!["tests/smoke".to_owned()],
            ..Spec::default()
        };
        let sandbox = RUNTIME.block_on(Sandbox::start(spec)).unwrap();
        let shop = Self {
            directory: tempfile::tempdir().unwrap(),
            before: sandbox.state(),
            asked: 0,
            sandbox,
        };
        for directory in ["home", "work", "tmp"] {
            fs::create_dir(shop.path(directory)).unwrap();
        }
        shop.write("deploy.yaml", &yaml(surface, PIPELINE));
        // Each platform builds in its own way.
        shop.write("Procfile", "web: node .\n");
        shop.write("Dockerfile", "FROM alpine\nRUN echo one\n");
        shop.write("index.js", "require('http');\n");
        shop
    }

    /// Replaces `deploy.yaml`.
    pub(crate) fn yaml(self, text: &str) -> Self {
        self.write("deploy.yaml", text);
        self
    }

    /// Akkeris: the first app's builds are not released by the platform itself.
    pub(crate) fn without_auto_release(&self) {
        let url = format!(
            "{}/apps/shop-staging/features/auto-release",
            self.sandbox.api_url()
        );
        let request = reqwest::Client::new().patch(url).bearer_auth(TOKEN);
        let request = request.json(&serde_json::json!({"enabled": false}));
        let response = RUNTIME.block_on(request.send()).unwrap();
        assert!(response.status().is_success());
    }

    /// Heroku: the apps are container apps, and their image is in `web.tar`.
    pub(crate) fn on_containers(&self) {
        for app in APPS {
            let url = format!("{}/apps/{app}", self.sandbox.api_url());
            let request = reqwest::Client::new().patch(url).bearer_auth(TOKEN);
            let request = request.header("accept", "application/vnd.heroku+json; version=3");
            let request = request.json(&serde_json::json!({"build_stack": "container"}));
            let response = RUNTIME.block_on(request.send()).unwrap();
            assert!(response.status().is_success());
        }
        let archive = Image::new("1", "node .").docker_archive();
        fs::write(self.path("work").join("web.tar"), archive).unwrap();
    }

    /// Replaces all faults.
    pub(crate) fn set_faults(&self, faults: &[String]) {
        let faults = faults.iter().map(|text| text.parse().unwrap()).collect();
        self.sandbox.set_faults(faults);
    }

    /// Holds what comes against what is there now.
    pub(crate) fn begins_here(&mut self) {
        self.before = self.sandbox.state();
        self.asked = self.sandbox.requests().len();
    }

    /// A place in the shop's directory.
    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.directory.path().join(name)
    }

    /// Sets the platform's clock.
    pub(crate) fn set_clock(&self, at: &str) {
        self.sandbox.set_clock(at.parse().unwrap());
    }

    /// Writes a file of the workspace.
    pub(crate) fn write(&self, name: &str, text: &str) {
        fs::write(self.path("work").join(name), text).unwrap();
    }

    /// Reads a file of the workspace.
    pub(crate) fn read(&self, name: &str) -> String {
        fs::read_to_string(self.path("work").join(name)).unwrap()
    }

    /// What the platform was asked so far.
    pub(crate) fn requests(&self) -> Vec<Request> {
        self.sandbox.requests().split_off(self.asked)
    }

    /// Everything that the platform knows.
    pub(crate) fn state(&self) -> Value {
        self.sandbox.state()
    }

    /// `launchway deploy`, in the quickest tempo.
    pub(crate) fn deploy(&self) -> Launchway<'_> {
        self.run_of(&["deploy"])
    }

    /// `launchway deploy` with its record at another place.
    pub(crate) fn deploy_with_record(&self, record: &str) -> Launchway<'_> {
        let mut command = Command::new(env!("CARGO_BIN_EXE_launchway"));
        self.prepare(&mut command);
        command.args(["deploy", "--api-url", self.sandbox.api_url()]);
        command.args(["--record", record]);
        Launchway {
            shop: self,
            command,
        }
    }

    /// `launchway deploy` with words of `sh` before it and behind it.
    pub(crate) fn deploy_in_shell(&self, before: &str, behind: &str) -> Launchway<'_> {
        let mut command = Command::new("bash");
        self.prepare(&mut command);
        let binary = env!("CARGO_BIN_EXE_launchway");
        let api = self.sandbox.api_url();
        let record = self.path("record.json");
        command.arg("-c").arg(format!(
            "{before} '{binary}' deploy --api-url {api} --output json --record '{}' {behind}",
            record.display()
        ));
        Launchway {
            shop: self,
            command,
        }
    }

    pub(super) fn prepare(&self, command: &mut Command) {
        command
            .env_clear()
            .env("PATH", std::env::var_os("PATH").unwrap_or_default())
            .env("HOME", self.path("home"))
            .env("TMPDIR", self.path("tmp"))
            .env("LAUNCHWAY_API_KEY", TOKEN)
            .env("LAUNCHWAY_TEST_TEMPO", "0.002")
            .current_dir(self.path("work"))
            .stdin(Stdio::null());
    }
}

/// A command that is about to be run. Its environment holds nothing but what is said here.
pub(crate) struct Launchway<'a> {
    pub(super) shop: &'a Shop,
    /// The command.
    pub(crate) command: Command,
}

impl Launchway<'_> {
    /// Adds arguments.
    pub(crate) fn args(mut self, arguments: &[&str]) -> Self {
        self.command.args(arguments);
        self
    }

    /// Sets a variable.
    pub(crate) fn env(mut self, name: &str, value: &str) -> Self {
        self.command.env(name, value);
        self
    }

    /// Runs it to its end.
    pub(crate) fn run(mut self) -> Run {
        let began = self.begins();
        let output = self.command.output().unwrap();
        self.ended(&output, began)
    }

    /// The same; at the first event of this kind something else is done.
    pub(crate) fn run_to(mut self, event: &str, then: impl FnOnce()) -> Run {
        let began = self.begins();
        self.command.stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = self.command.spawn().unwrap();
        let mut stderr = child.stderr.take().unwrap();
        let errors = std::thread::spawn(move || {
            let mut text = Vec::new();
            stderr.read_to_end(&mut text).map(|_| text)
        });
        let mut stdout = BufReader::new(child.stdout.take().unwrap());
        let event = format!("\"event\":\"{event}\"");
        let mut seen = Vec::new();
        loop {
            let from = seen.len();
            let more = stdout.read_until(b'\n', &mut seen).unwrap();
            let line = String::from_utf8_lossy(&seen[from..]);
            if more == 0 || line.contains(&event) {
                break;
            }
        }
        then();
        stdout.read_to_end(&mut seen).unwrap();
        let output = Output {
            status: child.wait().unwrap(),
            stdout: seen,
            stderr: errors.join().unwrap().unwrap(),
        };
        self.ended(&output, began)
    }

    fn begins(&self) -> Instant {
        let _ = fs::remove_file(self.shop.path("record.json"));
        Instant::now()
    }

    fn ended(&self, output: &Output, began: Instant) -> Run {
        let record = fs::read_to_string(self.shop.path("record.json")).ok();
        Run {
            code: output.status.code(),
            stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
            stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
            record: record.and_then(|text| serde_json::from_str(&text).ok()),
            requests: self.shop.requests(),
            before: self.shop.before.clone(),
            state: self.shop.state(),
            took: began.elapsed(),
        }
    }
}
