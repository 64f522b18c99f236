//! A workspace, a platform with its apps, and the binary.

use std::fs;
use std::process::{Command, Output, Stdio};
use std::sync::LazyLock;
use std::time::{Duration, Instant};

use launchway::sandbox::{AppSpec, Origin, Pace, PipelineSpec, Request, Sandbox, Spec, Surface};
use serde_json::Value;
use tempfile::TempDir;
use tokio::runtime::Runtime;

use crate::support::foretold::{self, Deploy, Plan};

const TOKEN: &str = "a-token-of-akkeris";

static RUNTIME: LazyLock<Runtime> = LazyLock::new(|| {
    tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .unwrap()
});

/// One app, in development.
pub(crate) const ONE: &str = "\
version: 1
platform: akkeris
stages: [{stage: development, app: web-dev}]
";

/// A pipeline: development and staging.
pub(crate) const TWO: &str = "\
version: 1
platform: akkeris
pipeline: webpipe
stages:
  - {stage: development, app: web-dev}
  - {stage: staging, app: web-stg}
";

/// A workspace and a platform.
pub(crate) struct Shop {
    directory: TempDir,
    pub(crate) sandbox: Sandbox,
}

/// A run at its end.
pub(crate) struct Run {
    pub(crate) code: i32,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
    pub(crate) requests: Vec<Request>,
}

impl Run {
    /// It ends like this and says this.
    #[track_caller]
    pub(crate) fn ends(&self, code: i32, said: &str) -> &Self {
        assert_eq!(self.code, code, "{}", self.stderr);
        let text = self.stderr.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(
            text.contains(said),
            "`{said}` is not said:\n{}",
            self.stderr
        );
        self
    }

    /// How many requests to the API had this method and a path that ends like this.
    pub(crate) fn count(&self, method: &str, end: &str) -> usize {
        self.asked(method, end).count()
    }

    pub(crate) fn asked(&self, method: &str, end: &str) -> impl Iterator<Item = &Request> {
        self.requests.iter().filter(move |request| {
            request.origin == Origin::Api && request.method == method && request.path.ends_with(end)
        })
    }
}

impl Shop {
    /// A shop with faults, and with these status checks required before a promotion to staging.
    pub(crate) fn new(yaml: &str, faults: &[&str], required: &[&str]) -> Self {
        Self::with_staging(&["web-stg"], yaml, faults, required)
    }

    /// The same with these apps in staging.
    pub(crate) fn with_staging(
        staging: &[&str],
        yaml: &str,
        faults: &[&str],
        required: &[&str],
    ) -> Self {
        let app = |name: &str| AppSpec {
            name: name.to_owned(),
            first_release: true,
            ..AppSpec::default()
        };
        let spec = Spec {
            surface: Surface::Akkeris,
            apps: ["web-dev"]
                .iter()
                .chain(staging)
                .copied()
                .map(app)
                .collect(),
            pipeline: Some(PipelineSpec {
                name: "webpipe".to_owned(),
                couplings: [("web-dev", "development")]
                    .into_iter()
                    .chain(staging.iter().map(|app| (*app, "staging")))
                    .map(|(app, stage)| (app.to_owned(), stage.to_owned()))
                    .collect(),
            }),
            token: Some(TOKEN.to_owned()),
            faults: faults.iter().map(|text| text.parse().unwrap()).collect(),
            required_checks: required
                .iter()
                .map(|context| ("web-stg".to_owned(), (*context).to_owned()))
                .collect(),
            pace: Pace::instant(),
            ..Spec::default()
        };
        let shop = Self {
            directory: tempfile::tempdir().unwrap(),
            sandbox: RUNTIME.block_on(Sandbox::start(spec)).unwrap(),
        };
        shop.write("deploy.yaml", yaml.as_bytes());
        shop.write("Dockerfile", b"FROM alpine\nRUN echo one\nRUN echo two\n");
        shop
    }

    pub(crate) fn write(&self, name: &str, bytes: &[u8]) {
        fs::write(self.directory.path().join(name), bytes).unwrap();
    }

    pub(crate) fn read(&self, name: &str) -> String {
        fs::read_to_string(self.directory.path().join(name)).unwrap()
    }

    pub(crate) fn remove(&self, name: &str) {
        fs::remove_file(self.directory.path().join(name)).unwrap();
    }

    /// Runs the binary.
    pub(crate) fn launchway(&self, arguments: &[&str]) -> Run {
        self.launchway_at("0.01", arguments)
    }

    /// Runs the binary at another tempo: deadlines come sooner.
    pub(crate) fn launchway_at(&self, tempo: &str, arguments: &[&str]) -> Run {
        let foretold = self.foretold(tempo, arguments);
        let (before, state) = (self.sandbox.requests().len(), self.sandbox.state());
        let output = self.command(tempo, arguments).output().unwrap();
        let run = self.ended(&output, before);
        if let Some(plan) = foretold {
            let deploy = Deploy {
                code: run.code,
                stderr: &run.stderr,
                before: &state,
                after: &self.sandbox.state(),
                version: None,
            };
            foretold::hold(&plan, &deploy);
        }
        run
    }

    /// What `plan` says, if this is a deploy to the shop's own platform.
    fn foretold(&self, tempo: &str, arguments: &[&str]) -> Option<Plan> {
        let elsewhere = arguments.contains(&"--api-url");
        if arguments.first() != Some(&"deploy") || elsewhere || !foretold::is_held() {
            return None;
        }
        let mut command = self.command(tempo, &["plan", "--output", "json"]);
        if let Some(at) = arguments.iter().position(|argument| *argument == "--to") {
            command.args(&arguments[at..at + 2]);
        }
        let output = self.sandbox.without_faults(|| command.output().unwrap());
        Some(Plan {
            code: output.status.code().unwrap(),
            stdout: String::from_utf8(output.stdout).unwrap(),
            stderr: String::from_utf8(output.stderr).unwrap(),
        })
    }

    /// Deploys, and sends SIGTERM once this request has arrived.
    #[cfg(unix)]
    pub(crate) fn terminated_at(&self, method: &str, end: &str) -> Run {
        let mut command = self.command("1", &["deploy"]);
        let child = command
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let arrived = || {
            let requests = self.sandbox.requests();
            requests
                .iter()
                .any(|request| request.method == method && request.path.ends_with(end))
        };
        while !arrived() {
            std::thread::sleep(Duration::from_millis(5));
        }
        let pid = child.id().to_string();
        Command::new("kill").args(["-TERM", &pid]).status().unwrap();
        self.ended(&child.wait_with_output().unwrap(), 0)
    }

    fn command(&self, tempo: &str, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_launchway"));
        command
            .env_clear()
            .env("PATH", std::env::var_os("PATH").unwrap_or_default())
            .env("AKKERIS_API_KEY", TOKEN)
            .env("LAUNCHWAY_API_URL", self.sandbox.api_url())
            .env("LAUNCHWAY_TEST_TEMPO", tempo)
            .current_dir(self.directory.path())
            .args(arguments)
            .stdin(Stdio::null());
        command
    }

    /// Waits until so many POST requests are held.
    pub(crate) fn until_held(&self, end: &str, count: usize) {
        let began = Instant::now();
        while self.sandbox.held("POST", end) < count {
            assert!(
                began.elapsed() < Duration::from_mins(3),
                "nobody asks for {end}"
            );
            std::thread::yield_now();
        }
    }

    /// Waits until an app has so many releases, and all have succeeded.
    pub(crate) fn until_released(&self, app: &str, count: usize) {
        let began = Instant::now();
        let is_so = || {
            let releases = self.releases(app);
            let succeeded = releases.iter().all(|one| one["status"] == "succeeded");
            releases.len() >= count && succeeded
        };
        while !is_so() {
            let hangs = began.elapsed() > Duration::from_mins(3);
            assert!(!hangs, "{app}: {:?}", self.releases(app));
            std::thread::yield_now();
        }
    }

    /// There is no release phase here, and nobody is told of one.
    #[track_caller]
    fn ended(&self, output: &Output, before: usize) -> Run {
        let run = self.end_of(output, before);
        for word in ["release phase", "migration"] {
            let said = run.stdout.contains(word) || run.stderr.contains(word);
            assert!(!said, "{word}:\n{}\n{}", run.stdout, run.stderr);
        }
        run
    }

    fn end_of(&self, output: &Output, before: usize) -> Run {
        Run {
            code: output.status.code().unwrap(),
            stdout: String::from_utf8(output.stdout.clone()).unwrap(),
            stderr: String::from_utf8(output.stderr.clone()).unwrap(),
            requests: self.sandbox.requests().split_off(before),
        }
    }

    pub(crate) fn deploy(&self) -> Run {
        self.launchway(&["deploy"])
    }

    /// Asks the API as somebody else does.
    pub(crate) fn ask(&self, method: &str, path: &str, body: &Value) -> Value {
        serde_json::from_str(&self.answer(method, path, body).1).unwrap()
    }

    /// The same, and the answer as it comes.
    pub(crate) fn answer(&self, method: &str, path: &str, body: &Value) -> (u16, String) {
        RUNTIME.block_on(async {
            let request = reqwest::Client::new()
                .request(
                    method.parse().unwrap(),
                    format!("{}{path}", self.sandbox.api_url()),
                )
                .bearer_auth(TOKEN);
            let request = if body.is_null() {
                request
            } else {
                request.json(body)
            };
            let response = request.send().await.unwrap();
            (response.status().as_u16(), response.text().await.unwrap())
        })
    }

    /// The releases of an app, oldest first.
    pub(crate) fn releases(&self, app: &str) -> Vec<Value> {
        let state = self.sandbox.state();
        state["apps"][app]["releases"].as_array().unwrap().clone()
    }
}
