//! What a run costs beside the platform's own work: requests, time and memory, for stages of several sizes.
//!
//! ```text
//! cargo bench --bench run                        # 1, 10, 100 and 500 apps
//! cargo bench --bench run -- --apps 1 --rounds 5
//! cargo bench --bench run -- --apps 100 --list   # also which requests they were
//! ```
//!
//! Each round has a platform of its own: the embedded one, at its usual pace. One app is built in staging and promoted to
//! the apps of production, with a release phase on each and a check on both stages. The binary runs as users run it. The
//! time of the platform itself is that of a bare client, which sends nothing but what makes the build and the promotion,
//! and looks every few milliseconds whether they are done.

#![allow(
    clippy::disallowed_methods,
    clippy::unwrap_used,
    clippy::print_stdout,
    clippy::panic,
    missing_docs,
    reason = "a bench may fail loudly, and prints its table"
)]

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use launchway::sandbox::{AppSpec, Origin, PipelineSpec, Sandbox, Spec};
use serde_json::{Value, json};
use tokio::runtime::Runtime;

const TOKEN: &str = "HRKU-bench-0f1e2d3c4b5a69788796a5b4c3d2e1";
const LAUNCHWAY: &str = env!("CARGO_BIN_EXE_launchway");
/// The pause of the bare client between two looks.
const LOOK_EVERY: Duration = Duration::from_millis(5);

/// What a run took.
struct Cost {
    wall: f64,
    /// The same on the platform alone.
    own: f64,
    requests: usize,
    peak: Option<f64>,
}

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let has = |name: &str| arguments.iter().any(|argument| argument == name);
    if has("--test") {
        return;
    }
    let value = |name: &str| {
        let at = arguments.iter().position(|argument| argument == name)?;
        arguments.get(at + 1)?.parse::<usize>().ok()
    };
    let sizes = value("--apps").map_or(vec![1, 10, 100, 500], |apps| vec![apps]);
    let rounds = value("--rounds").unwrap_or(3);
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .unwrap();
    println!(
        "| apps in production | requests | per app | wall s | platform s | over it s | ratio | peak MB |\n|---|---|---|---|---|---|---|---|"
    );
    for apps in sizes {
        let work = workspace(apps);
        let mut costs: Vec<Cost> = (0..rounds)
            .map(|_| round(&runtime, &work, apps, has("--list")))
            .collect();
        costs.sort_by(|a, b| (a.wall - a.own).total_cmp(&(b.wall - b.own)));
        let Cost {
            wall,
            own,
            requests,
            peak,
        } = &costs[costs.len() / 2];
        println!(
            "| {apps} | {requests} | {:.2} | {wall:.2} | {own:.2} | {:.2} | {:.2} | {} |",
            ratio(*requests, apps),
            wall - own,
            wall / own,
            peak.map_or_else(|| "-".to_owned(), |peak| format!("{peak:.1}")),
        );
    }
}

#[allow(clippy::cast_precision_loss, reason = "for people to read")]
fn ratio(requests: usize, apps: usize) -> f64 {
    requests as f64 / apps as f64
}

fn production(apps: usize) -> Vec<String> {
    (1..=apps).map(|at| format!("shop-{at}")).collect()
}

/// A workspace that is deployed to so many apps.
fn workspace(apps: usize) -> PathBuf {
    let target = option_env!("CARGO_TARGET_TMPDIR").unwrap_or("target/tmp");
    let work = std::path::absolute(target)
        .unwrap()
        .join(format!("run-{apps}"));
    fs::create_dir_all(&work).unwrap();
    let check = "    verify:\n      - http: {path: /health, within: 1m, every: 250ms}\n";
    let yaml = format!(
        "version: 1\nplatform: heroku\npipeline: acme-shop\nstages:\n  - stage: staging\n    app: shop-staging\n{check}  \
         - stage: production\n    apps: [{}]\n{check}",
        production(apps).join(", ")
    );
    fs::write(work.join("deploy.yaml"), yaml).unwrap();
    fs::write(
        work.join("Procfile"),
        "web: node .\nrelease: ./bin/migrate\n",
    )
    .unwrap();
    fs::write(work.join("package.json"), "{}\n").unwrap();
    work
}

async fn platform(apps: usize) -> Sandbox {
    let app = |name: &String| AppSpec {
        name: name.clone(),
        first_release: true,
        ..AppSpec::default()
    };
    let coupling = |app: &String, stage: &str| (app.clone(), stage.to_owned());
    let (first, later) = ("shop-staging".to_owned(), production(apps));
    let couplings = later.iter().map(|app| coupling(app, "production"));
    let spec = Spec {
        apps: std::iter::once(&first).chain(&later).map(app).collect(),
        pipeline: Some(PipelineSpec {
            name: "acme-shop".to_owned(),
            couplings: std::iter::once(coupling(&first, "staging"))
                .chain(couplings)
                .collect(),
        }),
        token: Some(TOKEN.to_owned()),
        ..Spec::default()
    };
    Sandbox::start(spec).await.unwrap()
}

fn round(runtime: &Runtime, work: &Path, apps: usize, list: bool) -> Cost {
    let own = runtime.block_on(async {
        let sandbox = platform(apps).await;
        let own = Bare::new(&sandbox, work).deploy().await;
        sandbox.shutdown().await;
        own
    });
    let sandbox = runtime.block_on(platform(apps));
    let began = Instant::now();
    let child = Command::new(LAUNCHWAY)
        .args(["deploy", "--api-url", sandbox.api_url()])
        .env("LAUNCHWAY_API_KEY", TOKEN)
        .current_dir(work)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(fs::File::create(work.with_extension("log")).unwrap())
        .spawn()
        .unwrap();
    let (status, peak) = watch(child);
    let wall = began.elapsed().as_secs_f64();
    assert!(
        status.success(),
        "{}",
        fs::read_to_string(work.with_extension("log")).unwrap()
    );
    let requests = sandbox.requests();
    let asked: Vec<_> = requests
        .iter()
        .filter(|r| r.origin == Origin::Api)
        .collect();
    if list {
        let mut kinds = BTreeMap::new();
        for request in &asked {
            *kinds
                .entry(kind(&request.method, &request.path))
                .or_insert(0) += 1;
        }
        for (kind, count) in kinds {
            println!("  {count:>5}  {kind}");
        }
    }
    runtime.block_on(sandbox.shutdown());
    Cost {
        wall,
        own,
        requests: asked.len(),
        peak,
    }
}

/// A request without names and ids.
fn kind(method: &str, path: &str) -> String {
    let part = |(at, part): (usize, &str)| match at % 2 {
        0 if at > 0 => ":x".to_owned(),
        _ => part.to_owned(),
    };
    let parts: Vec<String> = path.split('/').enumerate().map(part).collect();
    match path {
        "/filters/apps" => format!("{method} {path}"),
        _ => format!("{method} {}", parts.join("/")),
    }
}

/// Waits for the end of a process, and gives the peak of its resident memory in MB.
fn watch(mut child: Child) -> (ExitStatus, Option<f64>) {
    let mut peak = None;
    loop {
        if let Some(status) = child.try_wait().unwrap() {
            return (status, peak);
        }
        peak = peak_of(child.id()).or(peak);
        std::thread::sleep(Duration::from_millis(10));
    }
}

/// What Linux says of it.
fn peak_of(process: u32) -> Option<f64> {
    let status = fs::read_to_string(format!("/proc/{process}/status")).ok()?;
    let line = status.lines().find(|line| line.starts_with("VmHWM:"))?;
    let kilobytes: f64 = line.split_whitespace().nth(1)?.parse().ok()?;
    Some(kilobytes * 1024.0 / 1e6)
}

/// A client that does what no run can do without, and nothing else.
struct Bare<'a> {
    api: String,
    client: reqwest::Client,
    work: &'a Path,
}

impl<'a> Bare<'a> {
    fn new(sandbox: &Sandbox, work: &'a Path) -> Self {
        Self {
            api: sandbox.api_url().to_owned(),
            client: reqwest::Client::builder().no_proxy().build().unwrap(),
            work,
        }
    }

    async fn call(&self, method: &str, path: &str, body: Option<Value>) -> Value {
        let method = method.parse().unwrap();
        let request = self.client.request(method, format!("{}{path}", self.api));
        let mut request = request
            .bearer_auth(TOKEN)
            .header("accept", "application/vnd.heroku+json; version=3");
        if path.ends_with("-couplings") || path.ends_with("-targets") {
            request = request.header("range", "id ..; max=1000");
        }
        if let Some(body) = body {
            request = request.json(&body);
        }
        let answer = request.send().await.unwrap();
        answer.error_for_status().unwrap().json().await.unwrap()
    }

    /// Looks until something is not pending any more, and gives it.
    async fn settled(&self, path: &str) -> Value {
        loop {
            let seen = self.call("GET", path, None).await;
            let all = seen
                .as_array()
                .map_or(std::slice::from_ref(&seen), |all| all);
            if all.iter().all(|one| one["status"] != "pending") {
                assert!(all.iter().all(|one| one["status"] == "succeeded"), "{seen}");
                return seen;
            }
            tokio::time::sleep(LOOK_EVERY).await;
        }
    }

    /// Builds, releases and promotes, and gives how many seconds that took.
    async fn deploy(&self) -> f64 {
        let archive = self.work.with_extension("tgz");
        let packed = Command::new(LAUNCHWAY)
            .args(["pack", "-o"])
            .arg(&archive)
            .current_dir(self.work)
            .output()
            .unwrap();
        assert!(packed.status.success(), "{packed:?}");
        let archive = fs::read(archive).unwrap();
        let pipeline = self.call("GET", "/pipelines/acme-shop", None).await["id"].clone();
        let path = format!(
            "/pipelines/{}/pipeline-couplings",
            pipeline.as_str().unwrap()
        );
        let couplings = self.call("GET", &path, None).await;
        let of_stage = |stage: &str| {
            let couplings = couplings.as_array().unwrap().iter();
            let coupled = couplings.filter(|coupling| coupling["stage"] == stage);
            coupled
                .map(|coupling| json!({"app": {"id": coupling["app"]["id"]}}))
                .collect::<Vec<Value>>()
        };
        let (source, targets) = (of_stage("staging").remove(0), of_stage("production"));

        let began = Instant::now();
        let blob = self.call("POST", "/sources", None).await["source_blob"].clone();
        let put = self.client.put(blob["put_url"].as_str().unwrap());
        let put = put.body(archive).send().await.unwrap();
        assert!(put.status().is_success());
        let app = source["app"]["id"].as_str().unwrap();
        let body = json!({"source_blob": {"url": blob["get_url"]}});
        let builds = format!("/apps/{app}/builds");
        let build = self.call("POST", &builds, Some(body)).await;
        let build = format!("{builds}/{}", build["id"].as_str().unwrap());
        let build = self.settled(&build).await;
        let release = build["release"].clone();
        let path = format!("/apps/{app}/releases/{}", release["id"].as_str().unwrap());
        self.settled(&path).await;
        let body = json!({
            "pipeline": {"id": pipeline},
            "source": {"app": {"id": app}, "release": {"id": release["id"]}},
            "targets": targets,
        });
        let promotion = self.call("POST", "/pipeline-promotions", Some(body)).await;
        let id = promotion["id"].as_str().unwrap();
        let targets = format!("/pipeline-promotions/{id}/promotion-targets");
        self.settled(&targets).await;
        began.elapsed().as_secs_f64()
    }
}
