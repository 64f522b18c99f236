//! A shop: a workspace with its `deploy.yaml` in a temporary directory, and a platform with the shop's apps.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::LazyLock;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use launchway::sandbox::{AppSpec, Change, Generation, Pace, PipelineSpec, Request, Sandbox, Spec};
use serde_json::Value;
use tempfile::TempDir;
use tokio::runtime::Runtime;

use super::foretold::{self, Plan};
use super::{Live, Run};

/// The token that every platform of these tests wants.
pub(crate) const TOKEN: &str = "HRKU-e2e-0f1e2d3c4b5a69788796a5b4c3d2e1f0";

/// The version of the source that somebody else releases.
pub(crate) const SOMEBODY_ELSE: &str = "somebody-elses-hotfix";

/// One stage with one app.
pub(crate) const SINGLE: &str = "\
version: 1
platform: heroku
stages:
  - stage: staging
    app: shop-staging
    verify:
      - http: {path: /health, within: 5s, every: 20ms}
";

/// A pipeline: one app in staging, two in production.
pub(crate) const PIPELINE: &str = "\
version: 1
platform: heroku
pipeline: acme-shop
stages:
  - stage: staging
    app: shop-staging
    verify:
      - http: {path: /health, within: 5s, every: 20ms}
  - stage: production
    apps: [shop-eu, shop-us]
    verify:
      - http: {path: /health, within: 5s, every: 20ms}
";

/// The same stages without a pipeline.
pub(crate) const WITHOUT_PIPELINE: &str = "\
version: 1
platform: heroku
stages:
  - stage: staging
    app: shop-staging
  - stage: production
    apps: [shop-eu, shop-us]
";

/// Where the platforms of all tests live.
static RUNTIME: LazyLock<Runtime> = LazyLock::new(|| {
    tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .unwrap()
});

/// A workspace and a platform.
pub(crate) struct Shop {
    directory: TempDir,
    sandbox: Sandbox,
    /// How many runs are under way.
    pub(super) at_work: AtomicUsize,
    /// How many runs were under way at the same time at most.
    pub(super) most_at_work: AtomicUsize,
}

impl Shop {
    /// A shop with a pipeline and without a release phase, on a platform without faults.
    pub(crate) fn new() -> Self {
        Self::with(&[])
    }

    /// The same on a platform with faults.
    pub(crate) fn with(faults: &[&str]) -> Self {
        Self::on(Generation::Cedar, faults)
    }

    /// The same with apps of this generation.
    pub(crate) fn on(generation: Generation, faults: &[&str]) -> Self {
        let production = ["shop-eu", "shop-us"].map(str::to_owned);
        Self::with_production(generation, &production, faults)
    }

    /// The same with these apps in production.
    pub(crate) fn with_production(
        generation: Generation,
        production: &[String],
        faults: &[&str],
    ) -> Self {
        let app = |name: &str| AppSpec {
            name: name.to_owned(),
            generation,
            first_release: true,
            ..AppSpec::default()
        };
        let coupling = |app: &str, stage: &str| (app.to_owned(), stage.to_owned());
        let spec = Spec {
            apps: ["shop-staging"]
                .into_iter()
                .chain(production.iter().map(String::as_str))
                .chain(["shop-elsewhere"])
                .map(app)
                .collect(),
            pipeline: Some(PipelineSpec {
                name: "acme-shop".to_owned(),
                couplings: std::iter::once(coupling("shop-staging", "staging"))
                    .chain(production.iter().map(|app| coupling(app, "production")))
                    .collect(),
            }),
            token: Some(TOKEN.to_owned()),
            faults: faults.iter().map(|text| text.parse().unwrap()).collect(),
            pace: Pace::instant(),
            ..Spec::default()
        };
        let shop = Self {
            directory: tempfile::tempdir().unwrap(),
            sandbox: RUNTIME.block_on(Sandbox::start(spec)).unwrap(),
            at_work: AtomicUsize::new(0),
            most_at_work: AtomicUsize::new(0),
        };
        fs::create_dir(shop.path("home")).unwrap();
        shop.write("deploy.yaml", PIPELINE);
        shop.write("Procfile", "web: node .\n");
        shop.write("package.json", "{}\n");
        shop.write("src/index.js", "require('http');\n");
        shop
    }

    /// Replaces `deploy.yaml`.
    pub(crate) fn yaml(self, text: &str) -> Self {
        self.write("deploy.yaml", text);
        self
    }

    /// Gives the app a release phase.
    pub(crate) fn release_phase(self, command: &str) -> Self {
        let procfile = format!("web: node .\nrelease: {command}\n");
        self.write("Procfile", &procfile);
        self
    }

    fn path(&self, name: &str) -> PathBuf {
        self.directory.path().join(name)
    }

    /// The directory of everything that belongs to this shop.
    pub(crate) fn root(&self) -> &Path {
        self.directory.path()
    }

    /// The workspace.
    pub(crate) fn workspace(&self) -> PathBuf {
        self.path("work")
    }

    /// Writes a file of the workspace.
    pub(crate) fn write(&self, name: &str, text: &str) {
        let path = self.workspace().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    /// Runs git in the workspace, and says what it printed.
    pub(crate) fn git(&self, arguments: &[&str]) -> String {
        let output = Command::new("git")
            .args(["-c", "user.name=t", "-c", "user.email=t@example.com"])
            .args(arguments)
            .current_dir(self.workspace())
            .env("GIT_CONFIG_NOSYSTEM", "1")
            .env("HOME", self.root())
            .output()
            .unwrap();
        assert!(output.status.success(), "{output:?}");
        String::from_utf8(output.stdout).unwrap().trim().to_owned()
    }

    /// Commits all of the workspace, in a repository that is new, and says which commit that is.
    pub(crate) fn commit(&self) -> String {
        self.git(&["init", "--quiet"]);
        self.git(&["add", "--all"]);
        self.git(&["commit", "--quiet", "--message", "first"]);
        self.git(&["rev-parse", "HEAD"])
    }

    /// The platform's address.
    pub(crate) fn api_url(&self) -> &str {
        self.sandbox.api_url()
    }

    /// What the platform was asked so far.
    pub(crate) fn requests(&self) -> Vec<Request> {
        self.sandbox.requests()
    }

    /// Everything that the platform knows.
    pub(crate) fn state(&self) -> Value {
        self.sandbox.state()
    }

    /// What an app runs now: its current release.
    pub(crate) fn running(&self, app: &str) -> Value {
        current(&self.state(), app)
    }

    /// The version of an app's current release.
    pub(crate) fn runs_version(&self, app: &str) -> u64 {
        self.running(app)["version"].as_u64().unwrap()
    }

    /// Replaces all faults.
    pub(crate) fn set_faults(&self, faults: &[&str]) {
        let faults = faults.iter().map(|text| text.parse().unwrap()).collect();
        self.sandbox.set_faults(faults);
    }

    /// Does something to the platform behind launchway's back.
    pub(crate) fn change(&self, change: Change) {
        let _runtime = RUNTIME.enter();
        self.sandbox.change(change).unwrap();
    }

    /// Switches a feature of an app on.
    pub(crate) fn enable(&self, app: &str, feature: &str) {
        let url = format!("{}/apps/{app}/features/{feature}", self.api_url());
        let request = reqwest::Client::new().patch(url).bearer_auth(TOKEN);
        let request = request.header("accept", "application/vnd.heroku+json; version=3");
        let request = request.json(&serde_json::json!({"enabled": true}));
        let response = RUNTIME.block_on(request.send()).unwrap();
        assert!(response.status().is_success(), "{response:?}");
    }

    /// Somebody else releases to an app.
    pub(crate) fn somebody_releases_to(&self, app: &str) {
        self.change(Change::Release {
            app: app.to_owned(),
            version: SOMEBODY_ELSE.to_owned(),
        });
    }

    /// Holds the requests whose path ends like this.
    pub(crate) fn hold(&self, method: &str, end: &str) {
        self.sandbox.hold(method, end);
    }

    /// Lets them go on.
    pub(crate) fn let_go(&self, end: &str) {
        self.sandbox.let_go(end);
    }

    /// Waits until so many POST requests are held.
    pub(crate) fn until_held(&self, end: &str, count: usize) {
        self.until(|| self.sandbox.held("POST", end) >= count);
    }

    /// Waits until something is so.
    #[track_caller]
    pub(crate) fn until(&self, is_so: impl Fn() -> bool) {
        let began = Instant::now();
        while !is_so() {
            let hangs = began.elapsed() > Duration::from_mins(3);
            assert!(!hangs, "it does not happen: {}", self.state());
            std::thread::yield_now();
        }
    }

    /// `launchway deploy`.
    pub(crate) fn deploy(&self) -> Launchway<'_> {
        self.launchway(&["deploy"])
    }

    /// What `launchway plan` tells people.
    pub(crate) fn plan_text(&self) -> String {
        let output = Command::new(env!("CARGO_BIN_EXE_launchway"))
            .env_clear()
            .env("PATH", std::env::var_os("PATH").unwrap_or_default())
            .env("HOME", self.path("home"))
            .env("LAUNCHWAY_API_KEY", TOKEN)
            .current_dir(self.workspace())
            .args(["plan", "--api-url", self.api_url()])
            .output()
            .unwrap();
        assert!(output.status.success(), "{output:?}");
        String::from_utf8(output.stdout).unwrap()
    }

    /// `launchway promote --to STAGE`.
    pub(crate) fn promote(&self, stage: &str) -> Launchway<'_> {
        self.launchway(&["promote", "--to", stage])
    }

    /// The binary with these arguments.
    pub(crate) fn launchway(&self, arguments: &[&str]) -> Launchway<'_> {
        Launchway {
            shop: self,
            arguments: arguments.iter().map(ToString::to_string).collect(),
            api_url: Some(self.api_url().to_owned()),
            variables: BTreeMap::from([
                ("LAUNCHWAY_API_KEY".to_owned(), TOKEN.to_owned()),
                ("LAUNCHWAY_TEST_TEMPO".to_owned(), "0.02".to_owned()),
                // However busy the machine is: what is cleaned up after a signal is.
                ("LAUNCHWAY_TEST_CLEAN_UP".to_owned(), "10".to_owned()),
            ]),
        }
    }
}

/// The current release of an app.
pub(crate) fn current(state: &Value, app: &str) -> Value {
    let releases = state["apps"][app]["releases"].as_array();
    let releases = releases.unwrap_or_else(|| panic!("there is no app {app}"));
    let mut current = releases.iter().filter(|r| r["current"] == true);
    let found = current.next().cloned().unwrap_or_default();
    assert!(current.next().is_none(), "{app} has two current releases");
    found
}

/// A command that is about to be run. Its environment holds nothing but what is said here.
pub(crate) struct Launchway<'a> {
    shop: &'a Shop,
    arguments: Vec<String>,
    api_url: Option<String>,
    variables: BTreeMap<String, String>,
}

impl<'a> Launchway<'a> {
    /// Adds arguments.
    pub(crate) fn args(mut self, arguments: &[&str]) -> Self {
        self.arguments
            .extend(arguments.iter().map(ToString::to_string));
        self
    }

    /// Sets a variable.
    pub(crate) fn env(mut self, name: &str, value: &str) -> Self {
        self.variables.insert(name.to_owned(), value.to_owned());
        self
    }

    /// Removes a variable.
    pub(crate) fn without(mut self, name: &str) -> Self {
        self.variables.remove(name);
        self
    }

    /// Another `--api-url`, or none.
    pub(crate) fn api_url(mut self, url: Option<&str>) -> Self {
        self.api_url = url.map(str::to_owned);
        self
    }

    /// A quicker or slower tempo than that of most tests.
    pub(crate) fn tempo(self, scale: &str) -> Self {
        self.env("LAUNCHWAY_TEST_TEMPO", scale)
    }

    /// Starts it, to do something meanwhile.
    pub(crate) fn start(self) -> Live<'a> {
        let beside = self.shop.at_work.load(Ordering::SeqCst);
        let record = self.shop.path(&format!("record-{beside}.json"));
        let _ = fs::remove_file(&record);
        let foretold = self.foretold();
        let mut command = self.command(&self.arguments);
        command.arg("--record").arg(&record);
        Live::start(
            self.shop,
            self.arguments[0].clone(),
            command,
            record,
            foretold,
        )
    }

    fn command(&self, arguments: &[String]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_launchway"));
        command
            .env_clear()
            .env("PATH", std::env::var_os("PATH").unwrap_or_default())
            .env("HOME", self.shop.path("home"))
            .envs(&self.variables)
            .current_dir(self.shop.workspace())
            .args(arguments)
            .args(["--output", "json"])
            .stdin(Stdio::null());
        if let Some(url) = &self.api_url {
            command.args(["--api-url", url]);
        }
        command
    }

    /// What `plan` says, if this is a deploy to the shop's own platform and nobody else is at work there.
    fn foretold(&self) -> Option<Plan> {
        let (first, rest) = self.arguments.split_first()?;
        let here = self.api_url.as_deref() == Some(self.shop.api_url());
        let alone = self.shop.at_work.load(Ordering::SeqCst) == 0;
        let dry = rest.iter().any(|argument| argument == "--dry-run");
        if first != "deploy" || dry || !here || !alone || !foretold::is_held() {
            return None;
        }
        let mut arguments = vec!["plan".to_owned()];
        let mut rest = rest.iter();
        while let Some(argument) = rest.next() {
            match argument.as_str() {
                // The plan is not what is to be cut off.
                "--timeout" => drop(rest.next()),
                _ => arguments.push(argument.clone()),
            }
        }
        let mut command = self.command(&arguments);
        let sandbox = &self.shop.sandbox;
        let output = sandbox.without_faults(|| command.output().unwrap());
        Some(Plan {
            code: output.status.code().unwrap(),
            stdout: String::from_utf8(output.stdout).unwrap(),
            stderr: String::from_utf8(output.stderr).unwrap(),
        })
    }

    /// Runs it to its end.
    pub(crate) fn run(self) -> Run {
        self.start().end()
    }
}
