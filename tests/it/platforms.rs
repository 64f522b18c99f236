//! The scenarios that exist on both platforms, from one table: the same workspace and the same `deploy.yaml` but for one
//! word, the same exit code and the same state of the apps.

use std::collections::BTreeMap;
use std::fs;
use std::process::{Command, Stdio};
use std::sync::LazyLock;
use std::thread;

use launchway::sandbox::{AppSpec, Origin, Pace, PipelineSpec, Sandbox, Spec, Surface};
use serde_json::Value;
use tempfile::TempDir;
use tokio::runtime::Runtime;

const TOKEN: &str = "a-token-for-both-platforms";

static RUNTIME: LazyLock<Runtime> = LazyLock::new(|| {
    tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .unwrap()
});

/// A scenario.
#[derive(Clone, Copy)]
struct Scenario {
    name: &'static str,
    /// What goes wrong, on either platform.
    faults: &'static [&'static str],
    /// Status checks that the pipeline requires before a promotion to `shop-eu`.
    required: &'static [&'static str],
    /// A config var that only the source app has.
    extra_var: bool,
    /// What is put behind `deploy.yaml`.
    yaml: &'static str,
    /// The commands, each with its exit code.
    commands: &'static [(&'static [&'static str], i32)],
    /// Of the apps in staging and production (eu, us): whether each runs the new source at the end.
    new: [bool; 3],
    /// What people read, on each platform; nothing where the scenario does not exist.
    heroku: Option<&'static str>,
    akkeris: Option<&'static str>,
}

const DEPLOY: &[&str] = &["deploy"];

const GOOD: Scenario = Scenario {
    name: "good",
    faults: &[],
    required: &[],
    extra_var: false,
    yaml: "",
    commands: &[(DEPLOY, 0)],
    new: [true, true, true],
    heroku: Some("every app of staging and production runs version"),
    akkeris: Some("every app of staging and production runs version"),
};

const SCENARIOS: &[Scenario] = &[
    GOOD,
    Scenario {
        name: "nothing to do the second time",
        commands: &[(DEPLOY, 0), (DEPLOY, 0)],
        heroku: Some("already"),
        akkeris: Some("already"),
        ..GOOD
    },
    Scenario {
        name: "build failed",
        faults: &["build=fail"],
        commands: &[(DEPLOY, 10)],
        new: [false, false, false],
        heroku: Some("nothing was released"),
        akkeris: Some("nothing was released"),
        ..GOOD
    },
    Scenario {
        name: "release failed",
        faults: &["release-phase=fail:shop-staging"],
        commands: &[(DEPLOY, 11)],
        new: [false, false, false],
        heroku: Some("the release phase failed"),
        akkeris: Some("could not roll it out"),
        ..GOOD
    },
    Scenario {
        name: "check missing",
        required: &["tests/smoke"],
        commands: &[(DEPLOY, 16)],
        new: [true, false, false],
        heroku: None,
        akkeris: Some("requires the status \"tests/smoke\""),
        ..GOOD
    },
    Scenario {
        name: "unsafe",
        extra_var: true,
        commands: &[(DEPLOY, 16)],
        new: [true, false, false],
        heroku: None,
        akkeris: Some("ONLY_STAGING"),
        ..GOOD
    },
    Scenario {
        name: "partial failure",
        faults: &["target=fail:shop-us"],
        commands: &[(DEPLOY, 12)],
        new: [true, true, false],
        heroku: Some("1 of 2 apps of production failed: shop-us"),
        akkeris: Some("1 of 2 apps of production failed: shop-us"),
        ..GOOD
    },
    Scenario {
        name: "first target fails",
        faults: &["target=fail:shop-eu"],
        commands: &[(DEPLOY, 12)],
        // Akkeris breaks off at the first failure; Heroku goes on.
        new: [true, false, false],
        heroku: None,
        akkeris: Some("before it came to this app"),
        ..GOOD
    },
    Scenario {
        name: "silent rollout",
        faults: &["target=never:shop-us"],
        commands: &[(DEPLOY, 20)],
        new: [true, true, false],
        heroku: Some("may still be running on the platform"),
        akkeris: Some("may still be running on the platform"),
        ..GOOD
    },
    Scenario {
        name: "verification failed",
        faults: &["web=503@*:shop-eu"],
        commands: &[(DEPLOY, 13)],
        new: [true, true, true],
        heroku: Some("503 instead of 200"),
        akkeris: Some("503 instead of 200"),
        ..GOOD
    },
    Scenario {
        name: "second job promotes",
        heroku: Some("every app of production runs what was promoted"),
        akkeris: Some("every app of production runs what was promoted"),
        commands: &[
            (&["deploy", "--to", "staging"], 0),
            (&["promote", "--to", "production"], 0),
        ],
        ..GOOD
    },
];

#[test]
fn every_scenario_ends_the_same_on_both_platforms() {
    let runs = SCENARIOS.iter().flat_map(|scenario| {
        [
            (Surface::Heroku, scenario.heroku),
            (Surface::Akkeris, scenario.akkeris),
        ]
        .into_iter()
        .filter_map(move |(surface, said)| Some((scenario, surface, said?)))
    });
    let runs: Vec<_> = runs.collect();
    // They wait more than they compute.
    for some in runs.chunks(6) {
        thread::scope(|scope| {
            for &(scenario, surface, said) in some {
                scope.spawn(move || holds(scenario, surface, said));
            }
        });
    }
}

fn holds(scenario: &Scenario, surface: Surface, said: &str) {
    let what = format!("{} on {surface:?}", scenario.name);
    let world = World::new(scenario, surface);
    let mut stderr = String::new();
    for (arguments, code) in scenario.commands {
        let found;
        (found, stderr) = world.launchway(arguments);
        assert_eq!(found, *code, "{what}:\n{stderr}");
    }
    let text = stderr.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(
        text.contains(said),
        "{what} does not say `{said}`:\n{stderr}"
    );
    for (app, expected) in ["shop-staging", "shop-eu", "shop-us"]
        .into_iter()
        .zip(scenario.new)
    {
        assert_eq!(world.runs_new(app), expected, "{what}: {app}\n{stderr}");
    }
    world.token_stayed_home(&what);
}

struct World {
    directory: TempDir,
    sandbox: Sandbox,
    surface: Surface,
}

impl World {
    fn new(scenario: &Scenario, surface: Surface) -> Self {
        let app = |name: &str| AppSpec {
            name: name.to_owned(),
            first_release: true,
            config_vars: if scenario.extra_var && name == "shop-staging" {
                BTreeMap::from([("ONLY_STAGING".to_owned(), "1".to_owned())])
            } else {
                BTreeMap::new()
            },
            ..AppSpec::default()
        };
        let required = scenario.required.iter();
        let spec = Spec {
            surface,
            apps: ["shop-staging", "shop-eu", "shop-us"].map(app).into(),
            pipeline: Some(PipelineSpec {
                name: "acme-shop".to_owned(),
                couplings: [
                    ("shop-staging", "staging"),
                    ("shop-eu", "production"),
                    ("shop-us", "production"),
                ]
                .map(|(app, stage)| (app.to_owned(), stage.to_owned()))
                .into(),
            }),
            token: Some(TOKEN.to_owned()),
            faults: scenario
                .faults
                .iter()
                .map(|text| text.parse().unwrap())
                .collect(),
            required_checks: required
                .map(|context| ("shop-eu".to_owned(), (*context).to_owned()))
                .collect(),
            pace: Pace::instant(),
            ..Spec::default()
        };
        let directory = tempfile::tempdir().unwrap();
        let platform = match surface {
            Surface::Heroku => "heroku",
            Surface::Akkeris => "akkeris",
        };
        let yaml = format!(
            "version: 1\nplatform: {platform}\npipeline: acme-shop\nstages:\n  - stage: staging\n    app: shop-staging\n    \
             verify: [{{http: {{path: /health, within: 5s, every: 20ms}}}}]\n  - stage: production\n    \
             apps: [shop-eu, shop-us]\n    verify: [{{http: {{path: /health, within: 500ms, every: 20ms}}}}]\n{}",
            scenario.yaml
        );
        for (name, text) in [
            ("deploy.yaml", yaml.as_str()),
            ("Dockerfile", "FROM alpine\nRUN echo one\n"),
            ("Procfile", "web: node .\n"),
            ("package.json", "{}\n"),
        ] {
            fs::write(directory.path().join(name), text).unwrap();
        }
        Self {
            directory,
            sandbox: RUNTIME.block_on(Sandbox::start(spec)).unwrap(),
            surface,
        }
    }

    /// Runs the binary: its exit code, and what people read.
    fn launchway(&self, arguments: &[&str]) -> (i32, String) {
        let variable = match self.surface {
            Surface::Heroku => "HEROKU_API_KEY",
            Surface::Akkeris => "AKKERIS_API_KEY",
        };
        let output = Command::new(env!("CARGO_BIN_EXE_launchway"))
            .env_clear()
            .env("PATH", std::env::var_os("PATH").unwrap_or_default())
            .env(variable, TOKEN)
            .env("LAUNCHWAY_API_URL", self.sandbox.api_url())
            .env("LAUNCHWAY_TEST_TEMPO", "0.003")
            .current_dir(self.directory.path())
            .args(arguments)
            .stdin(Stdio::null())
            .output()
            .unwrap();
        let stderr = String::from_utf8(output.stderr).unwrap();
        (output.status.code().unwrap(), stderr)
    }

    /// Whether an app runs another release than the one that it had at the start.
    fn runs_new(&self, app: &str) -> bool {
        let state = self.sandbox.state();
        let releases = state["apps"][app]["releases"].as_array().unwrap();
        let first = match self.surface {
            Surface::Heroku => 2,
            Surface::Akkeris => 1,
        };
        let current = releases.iter().filter(|release| release["current"] == true);
        current
            .map(|release| &release["version"])
            .any(|version: &Value| version.as_u64().unwrap() > first)
    }

    /// The token went to the API and to nobody else.
    fn token_stayed_home(&self, what: &str) {
        for request in self.sandbox.requests() {
            let is_api = request.origin == Origin::Api;
            assert_eq!(request.authorized, is_api, "{what}: {request:?}");
        }
    }
}
