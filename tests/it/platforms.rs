//! The scenarios that exist on both platforms, from one table: the same workspace and the same `deploy.yaml` but for one
//! word, the same exit code and the same state of the apps.

use std::thread;

use launchway::sandbox::Surface;

use crate::support::{Shop, spec};

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
        akkeris: Some("before it reached this app"),
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
    let shop = shop(scenario, surface);
    let apps = ["shop-staging", "shop-eu", "shop-us"];
    let before = apps.map(|app| shop.runs_version(app));
    let mut last = None;
    for (arguments, code) in scenario.commands {
        let run = shop.launchway(arguments).tempo("0.003").run();
        assert_eq!(run.code, *code, "{what}:\n{}", run.stderr);
        last = Some(run);
    }
    let last = last.unwrap();
    last.says(said);
    for ((app, expected), before) in apps.into_iter().zip(scenario.new).zip(before) {
        let new = last.runs(app) > before;
        assert_eq!(new, expected, "{what}: {app}\n{}", last.stderr);
    }
}

fn shop(scenario: &Scenario, surface: Surface) -> Shop {
    let apps = [
        ("shop-staging", "staging"),
        ("shop-eu", "production"),
        ("shop-us", "production"),
    ];
    let mut spec = spec(surface, "acme-shop", &apps, scenario.faults);
    if scenario.extra_var {
        let vars = &mut spec.apps[0].config_vars;
        vars.insert("ONLY_STAGING".to_owned(), "1".to_owned());
    }
    let required = scenario.required.iter();
    spec.required_checks = required
        .map(|context| ("shop-eu".to_owned(), (*context).to_owned()))
        .collect();
    let platform = match surface {
        Surface::Heroku => "heroku",
        Surface::Akkeris => "akkeris",
    };
    let shop = Shop::start(spec);
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
        shop.write(name, text);
    }
    shop
}
