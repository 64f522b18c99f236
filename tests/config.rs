//! `deploy.yaml` from outside: what is accepted, and what each bad input is told.

use std::{fs, path::Path, time::Duration};

use launchway::{
    config::{self, Check, Config, HttpTarget, LoadError},
    env::Env,
};

/// A file that is right, to be made wrong in one place.
const GOOD: &str = "\
version: 1
platform: heroku
pipeline: acme-shop
stages:
  - stage: staging
    app: acme-shop-staging
    verify:
      - http: {path: /health, status: 200, within: 2m}
      - run: npm run smoke
        timeout: 5m
  - stage: production
    apps: [acme-shop-eu, acme-shop-us]
";

fn load_bytes(bytes: &[u8], env: &Env) -> Result<Config, LoadError> {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("deploy.yaml");
    fs::write(&path, bytes).unwrap();
    config::load(&path, env)
}

fn env() -> Env {
    Env::from_iter([
        ("GITHUB_SHA", "abc123"),
        ("SECRET_VALUE", "s3cr3t with spaces"),
        ("STATUS", "200"),
        ("EMPTY", ""),
    ])
}

/// What a user sees, with the directory left out.
fn report(bytes: &[u8]) -> String {
    match load_bytes(bytes, &env()) {
        Ok(_) => "(accepted)".to_owned(),
        Err(LoadError::Invalid(problems)) => {
            let dir = problems.path.parent().unwrap().display().to_string();
            problems
                .to_string()
                .replace(&format!("{dir}{}", std::path::MAIN_SEPARATOR), "")
        }
        Err(other) => format!("{other:?}"),
    }
}

/// Snapshots without the expression, which would be the whole table of inputs.
fn assert_reports(name: &str, cases: &[(&str, &str)]) {
    insta::with_settings!({omit_expression => true}, {
        insta::assert_snapshot!(name, reports(cases));
    });
}

/// The reports on several inputs, for one snapshot.
fn reports(cases: &[(&str, &str)]) -> String {
    cases
        .iter()
        .map(|(name, source)| format!("## {name}\n{}\n", report(source.as_bytes())))
        .collect::<Vec<_>>()
        .join("\n")
}

#[test]
fn a_good_file_is_read_whole() {
    let config = load_bytes(GOOD.as_bytes(), &env()).unwrap();
    assert_eq!(config.pipeline.as_deref(), Some("acme-shop"));
    assert_eq!(config.build.timeout, Duration::from_secs(30 * 60));
    assert_eq!(config.stages.len(), 2);
    assert_eq!(config.stages[1].apps, ["acme-shop-eu", "acme-shop-us"]);
    let Check::Http(http) = &config.stages[0].verify[0] else {
        panic!("not http")
    };
    assert!(matches!(&http.target, HttpTarget::Path(path) if path == "/health"));
    assert_eq!((http.status, http.successes), (200, 1));
    assert_eq!(
        (http.within, http.every),
        (Duration::from_secs(120), Duration::from_secs(5))
    );
    let Check::Run(run) = &config.stages[0].verify[1] else {
        panic!("not run")
    };
    assert_eq!(
        (run.command.as_str(), run.timeout),
        ("npm run smoke", Duration::from_secs(300))
    );
}

#[test]
fn bad_yaml() {
    assert_reports(
        "bad_yaml",
        &[
            ("empty", ""),
            ("blank", " \n\n"),
            ("only comments", "# version: 1\n# platform: heroku\n"),
            ("not YAML", "{{{{ this is not yaml"),
            ("prose", "hello, deploy this please\n"),
            ("tabs", "version: 1\nsource:\n\tdir: .\n"),
            ("list instead of map", "- version: 1\n- platform: heroku\n"),
            ("two documents", &format!("{GOOD}---\nversion: 1\n")),
            (
                "unclosed quote",
                "version: 1\npipeline: \"acme\nstages: []\n",
            ),
            ("unclosed bracket", "version: 1\nstages: [\n"),
            ("colon in a value", "version: 1\npipeline: acme: shop\n"),
            (
                "wrong indentation",
                "version: 1\nsource:\n    dir: .\n  version: x\n",
            ),
            ("unknown alias", "version: 1\npipeline: *nope\n"),
            ("tags", "version: !!int 1\npipeline: !include x.yaml\n"),
            (
                "merge key",
                "version: 1\nsource: &s {dir: .}\nbuild:\n  <<: *s\n",
            ),
            ("complex key", "version: 1\n? [a, b]\n: x\n{a: b}: c\n"),
            ("self alias", "version: 1\nstages: &a [*a]\n"),
            ("deep flow", &format!("stages: {}", "[".repeat(10_000))),
            (
                "deep maps",
                &(0..100)
                    .map(|n| format!("{}a:\n", " ".repeat(n)))
                    .collect::<String>(),
            ),
            (
                "alias bomb",
                "a: &a [x,x,x,x,x,x,x,x,x]\nb: &b [*a,*a,*a,*a,*a,*a,*a,*a,*a]\nc: &c [*b,*b,*b,*b,*b,*b,*b,*b,*b]\nd: &d [*c,*c,*c,*c,*c,*c,*c,*c,*c]\ne: &e [*d,*d,*d,*d,*d,*d,*d,*d,*d]\nf: [*e,*e,*e,*e,*e,*e,*e,*e,*e]\n",
            ),
            ("control character", "version: 1\npipeline: a\u{1b}[31mb\n"),
        ],
    );
}

#[test]
fn bad_keys() {
    assert_reports(
        "bad_keys",
        &[
            (
                "unknown keys, all of them",
                "version: 1\nplatfrom: heroku\nstages:\n  - stage: staging\n    apq: acme-shop\n    verify:\n      - http: {path: /, code: 200}\nnotify: me\n",
            ),
            (
                "duplicate keys, all of them",
                "version: 1\nversion: 1\nplatform: heroku\nsource: {dir: ., dir: x}\nstages:\n  - stage: staging\n    app: acme-shop\n    app: acme-shop2\n",
            ),
            ("missing", "platform: heroku\nsource: {}\n"),
            (
                "null values",
                "version:\nplatform: ~\npipeline: null\nsource:\nbuild: {timeout: }\nstages:\n  -\n  - stage:\n    app:\n",
            ),
            (
                "later",
                "version: 1\nplatform: heroku\nreport_status: {context: x}\nsource: {newest_wins: yes, symlinks: keep, secrets: deny, max_size: 1GB, compression: fast, url: x, upload: {put: x}}\nbuild: {image: x}\nstages:\n  - stage: a\n    app: acme-shop\n    require: {same_config_keys: yes}\n    on_failure: rollback\n    verify:\n      - http: {path: /, soak: 1m}\n      - http: /\n        soak: 1m\n",
            ),
            (
                "akkeris",
                "version: 1\nplatform: {kind: akkeris, api_url: https://apps.example.com}\nstages: [{stage: a, app: acme-shop}]\n",
            ),
            (
                "secrets in unknown keys",
                "version: 1\nplatform: heroku\napi_key: s3cr3t\nenv: {GITHUB_TOKEN: s3cr3t}\nstages: [{stage: a, app: acme-shop, password: s3cr3t}]\n",
            ),
        ],
    );
}

#[test]
fn the_snapshots_hold_no_secret() {
    for entry in fs::read_dir("tests/snapshots").unwrap() {
        let path = entry.unwrap().path();
        if path
            .file_name()
            .unwrap()
            .to_string_lossy()
            .starts_with("config__")
        {
            assert!(
                !fs::read_to_string(&path).unwrap().contains("s3cr3t"),
                "{path:?}"
            );
        }
    }
}

#[test]
fn no_file() {
    let missing = config::load(Path::new("no/deploy.yaml"), &env()).unwrap_err();
    assert!(matches!(missing, LoadError::Missing { .. }));
    assert_eq!(missing.to_string(), "there is no `no/deploy.yaml`");
    let directory = config::load(Path::new("src"), &env()).unwrap_err();
    assert!(
        matches!(directory, LoadError::Unreadable { .. }),
        "{directory:?}"
    );
}
