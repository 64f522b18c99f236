//! A shop: a workspace with its `deploy.yaml` in a temporary directory, and a platform with the shop's apps.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::LazyLock;
use std::sync::atomic::AtomicUsize;

use launchway::sandbox::{
    AppSpec, Change, Generation, Pace, PipelineSpec, Request, Sandbox, Spec, Surface,
};
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::runtime::Runtime;

use super::{Launchway, eventually};

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

/// A platform with these apps, each with its stage in the pipeline of this name, and with these faults.
pub(crate) fn spec(
    surface: Surface,
    pipeline: &str,
    apps: &[(&str, &str)],
    faults: &[&str],
) -> Spec {
    let owned = |(app, stage): &(&str, &str)| ((*app).to_owned(), (*stage).to_owned());
    Spec {
        surface,
        apps: apps.iter().map(|(name, _)| app(name)).collect(),
        pipeline: Some(PipelineSpec {
            name: pipeline.to_owned(),
            couplings: apps.iter().map(owned).collect(),
        }),
        token: Some(TOKEN.to_owned()),
        faults: faults.iter().map(|text| text.parse().unwrap()).collect(),
        pace: Pace::instant(),
        ..Spec::default()
    }
}

/// An app that already runs something.
fn app(name: &str) -> AppSpec {
    AppSpec {
        name: name.to_owned(),
        first_release: true,
        ..AppSpec::default()
    }
}

/// A workspace and a platform.
pub(crate) struct Shop {
    directory: TempDir,
    pub(crate) sandbox: Sandbox,
    pub(crate) surface: Surface,
    /// How many runs are under way.
    pub(super) at_work: AtomicUsize,
    /// How many runs were under way at the same time at most.
    pub(super) most_at_work: AtomicUsize,
}

impl Shop {
    /// An empty workspace and a platform.
    pub(crate) fn start(spec: Spec) -> Self {
        let shop = Self {
            directory: tempfile::tempdir().unwrap(),
            surface: spec.surface,
            sandbox: RUNTIME.block_on(Sandbox::start(spec)).unwrap(),
            at_work: AtomicUsize::new(0),
            most_at_work: AtomicUsize::new(0),
        };
        fs::create_dir(shop.path("home")).unwrap();
        shop
    }

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
        let production = production.iter().map(|app| (app.as_str(), "production"));
        let apps: Vec<_> = [("shop-staging", "staging")]
            .into_iter()
            .chain(production)
            .collect();
        let mut spec = spec(Surface::Heroku, "acme-shop", &apps, faults);
        spec.apps.push(app("shop-elsewhere"));
        for app in &mut spec.apps {
            app.generation = generation;
        }
        let shop = Self::start(spec);
        shop.write("deploy.yaml", PIPELINE);
        shop.write("Procfile", "web: node .\n");
        shop.write("package.json", "{}\n");
        shop.write("src/index.js", "require('http');\n");
        shop
    }

    /// A shop on either platform: one app in staging, and a stage `production` of these apps with these keys.
    pub(crate) fn of(surface: Surface, production: &[&str], keys: &str, faults: &[&str]) -> Self {
        let platform = match surface {
            Surface::Heroku => "heroku",
            Surface::Akkeris => "akkeris",
        };
        let coupled = production.iter().map(|app| (*app, "production"));
        let apps: Vec<_> = [("shop-staging", "staging")]
            .into_iter()
            .chain(coupled)
            .collect();
        let shop = Self::start(spec(surface, "acme-shop", &apps, faults));
        let yaml = format!(
            "version: 1\nplatform: {platform}\npipeline: acme-shop\nstages:\n  - {{stage: staging, app: shop-staging}}\n  \
             - stage: production\n    apps: [{}]\n{keys}",
            production.join(", ")
        );
        for (name, text) in [
            ("deploy.yaml", yaml.as_str()),
            ("Dockerfile", "FROM alpine\nRUN echo one\n"),
            ("Procfile", "web: node .\n"),
            ("package.json", "{}\n"),
        ] {
            shop.write(name, text);
        }
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

    /// A place in the directory of everything that belongs to this shop.
    pub(super) fn path(&self, name: &str) -> PathBuf {
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
    pub(crate) fn write(&self, name: &str, content: &(impl AsRef<[u8]> + ?Sized)) {
        let path = self.workspace().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, content).unwrap();
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

    /// The id of an app's current release.
    pub(crate) fn running_id(&self, app: &str) -> String {
        self.running(app)["id"].as_str().unwrap().to_owned()
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

    /// Asks the API as somebody else does: the status, and the answer as it comes.
    pub(crate) fn answer(&self, method: &str, path: &str, body: &Value) -> (u16, String) {
        let url = format!("{}{path}", self.api_url());
        let request = reqwest::Client::new().request(method.parse().unwrap(), url);
        let request = request.bearer_auth(TOKEN);
        let request = request.header("accept", "application/vnd.heroku+json; version=3");
        let request = match body {
            Value::Null => request,
            body => request.json(body),
        };
        RUNTIME.block_on(async {
            let response = request.send().await.unwrap();
            (response.status().as_u16(), response.text().await.unwrap())
        })
    }

    /// Switches a feature of an app.
    pub(crate) fn set_feature(&self, app: &str, feature: &str, enabled: bool) {
        let path = format!("/apps/{app}/features/{feature}");
        let (status, text) = self.answer("PATCH", &path, &json!({"enabled": enabled}));
        assert_eq!(status, 200, "{text}");
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

    /// Waits until a request of this method has come whose path ends like this.
    pub(crate) fn until_asked(&self, method: &str, end: &str) {
        self.until(|| {
            let requests = self.requests();
            let mut requests = requests.iter();
            requests.any(|one| one.method == method && one.path.ends_with(end))
        });
    }

    /// Waits until something is so.
    #[track_caller]
    pub(crate) fn until(&self, is_so: impl Fn() -> bool) {
        eventually(|| is_so().then_some(()), || self.state().to_string());
    }

    /// `launchway deploy`.
    pub(crate) fn deploy(&self) -> Launchway<'_> {
        self.launchway(&["deploy"])
    }

    /// What `launchway plan` says.
    pub(crate) fn plan(&self) -> Value {
        let run = self.launchway(&["plan"]).run();
        serde_json::from_str(&run.exits(0).stdout.concat()).unwrap()
    }

    /// What `launchway plan`, with these arguments, tells people.
    pub(crate) fn plan_text(&self, arguments: &[&str]) -> String {
        self.launchway(&["plan"]).args(arguments).text()
    }

    /// `launchway promote --to STAGE`.
    pub(crate) fn promote(&self, stage: &str) -> Launchway<'_> {
        self.launchway(&["promote", "--to", stage])
    }

    /// The binary with these arguments.
    pub(crate) fn launchway(&self, arguments: &[&str]) -> Launchway<'_> {
        Launchway::new(self, arguments)
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
