//! `deploy.yaml` from outside: what is accepted, and what each bad input is told.

mod good;
mod values;

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
        ("S3CR3T_NAME", "s3cr3t-name"),
        ("STATUS", "200"),
        ("EMPTY", ""),
        ("HEROKU_API_KEY", "HRKU-0123456789abcdef"),
        ("ALIAS", "token HRKU-0123456789abcdef"),
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

/// A good file with one line replaced, or put behind the last one.
fn with(line: &str, instead: &str) -> String {
    assert!(GOOD.contains(line), "{line}");
    GOOD.replacen(line, instead, 1)
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
                &(0..100).fold(String::new(), |deep, n| deep + &" ".repeat(n) + "a:\n"),
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
                "version: 1\nplatform: heroku\nreport_status: {context: x}\nsource: {newest_wins: yes, symlinks: follow, secrets: allow, max_size: 1 GB!, compression: 9, url: x, upload: {put: x}}\nbuild: {image: x}\nstages:\n  - stage: a\n    app: acme-shop\n    require: {same_config_keys: yes, same_stack: 1, maintenance: maybe, window: [Mon 9-16 UTC, Mon 09:00-16:00 Europe/Atlantis, \"\"]}\n    on_failure: roll_back\n    verify:\n      - http: {path: /, soak: 1s, failure_limit: -1}\n      - http: /\n        failure_limit: 2\n      - http: {path: /, soak: 1m, status: [2xx, 6xx, ok]}\n        soak: 1m\n      - {run: x, soak: 1m}\n      - http: {path: /, status: []}\n",
            ),
            (
                "akkeris",
                "version: 1\nplatform: {kind: akkeris, api_url: https://apps.example.com}\nstages: [{stage: a, app: acme-shop}]\n",
            ),
            (
                "akkeris, what it has no use for",
                "version: 1\nplatform: akkeris\npipeline: acme\nbuild: {buildpacks: [a/b], image: \"docker://r.example.com/a:1\"}\nsource: {url: \"https://a.example.com/${version}.tgz\"}\nstages:\n  - {stage: development, app: web-dev}\n  - {stage: production, app: web-prd, require: {same_config_keys: {ignore: [A-B]}, same_stack: true, window: [], status_checks: [a_b]}}\nreport_status: {context: ci/launchway, name: x}\n",
            ),
            (
                "akkeris, more stages",
                "version: 1\nplatform: akkeris\nbuild: {image: \"docker://r.example.com/a\"}\nstages:\n  - {stage: one, app: web-dev}\n  - {stage: two, app: web-prd}\n",
            ),
            (
                "akkeris, a stage that it has not",
                "version: 1\nplatform: akkeris\npipeline: acme\nstages: [{stage: test, app: web-dev}]\n",
            ),
            (
                "secrets in unknown keys",
                "version: 1\nplatform: heroku\napi_key: s3cr3t\nenv: {GITHUB_TOKEN: s3cr3t}\nstages: [{stage: a, app: acme-shop, password: s3cr3t}]\n",
            ),
        ],
    );
}

#[test]
fn bad_variables() {
    let version = |value: &str| with("stages:", &format!("source: {{version: {value}}}\nstages:"));
    assert_reports(
        "bad_variables",
        &[
            ("unset", &version("\"v${NOT_SET}\"")),
            (
                "two unset in one text, one of them twice",
                &version("\"${A_A}-${B_B}-${A_A}\""),
            ),
            (
                "an escape that a shell does not know",
                &with(
                    "npm run smoke",
                    "|\n          echo one\n          echo $${NOT_SET}",
                ),
            ),
            (
                "a workflow's expression in a command",
                &with("npm run smoke", "npm run ${{ inputs.test }}"),
            ),
            ("the token", &version("\"${HEROKU_API_KEY}\"")),
            (
                "the token by default",
                &version("\"${NO:-${LAUNCHWAY_API_KEY:-x}}\""),
            ),
            ("the token under another name", &version("\"${ALIAS}\"")),
            ("unclosed", &version("\"${GITHUB_SHA\"")),
            ("a shell's other forms", &version("\"${GITHUB_SHA:?no}\"")),
            ("a workflow's expression", &version("\"${{ github.sha }}\"")),
            (
                "values of variables are not shown: app",
                &with("acme-shop-staging", "\"${SECRET_VALUE}\""),
            ),
            (
                "values of variables are not shown: duration",
                &with("within: 2m", "within: \"${SECRET_VALUE}\""),
            ),
            (
                "values of variables are not shown: stage",
                &with("stage: staging", "stage: ${SECRET_VALUE}"),
            ),
            (
                "values of variables are not shown: platform",
                &with("platform: heroku", "platform: ${SECRET_VALUE}"),
            ),
            (
                "values of variables are not shown: path",
                &with("path: /health", "path: \"${SECRET_VALUE}\""),
            ),
            (
                "values of variables are not shown: url",
                &with("path: /health", "url: \"${SECRET_VALUE}\""),
            ),
            (
                "values of variables are not shown: pipeline",
                &with("pipeline: acme-shop", "pipeline: ${SECRET_VALUE}"),
            ),
            (
                "values of variables are not shown: status",
                &with("status: 200", "status: \"${SECRET_VALUE}\""),
            ),
            (
                "values of variables are not shown: no stage of a pipeline",
                &with("stage: staging", "stage: ${S3CR3T_NAME}"),
            ),
            (
                "values of variables are not shown: one app twice",
                &with(
                    "acme-shop-eu, acme-shop-us",
                    "\"${S3CR3T_NAME}\", \"${S3CR3T_NAME}\"",
                ),
            ),
            (
                "a number from a variable",
                &with("status: 200", "status: \"${STATUS}\""),
            ),
            (
                "a needed text that is empty",
                &with("acme-shop-staging", "\"${EMPTY}\""),
            ),
        ],
    );
}

#[test]
fn bad_encodings() {
    let (before, after) = GOOD.split_at(GOOD.find("stages").unwrap());
    let latin1 = [before.as_bytes(), b"# caf\xe9\n", after.as_bytes()].concat();
    let utf16: Vec<u8> = [0xff, 0xfe]
        .into_iter()
        .chain(GOOD.bytes().flat_map(|b| [b, 0]))
        .collect();
    let large = vec![b'#'; 10 * 1024 * 1024];
    let report = [latin1, utf16, large]
        .map(|bytes| report(&bytes))
        .join("\n\n");
    insta::with_settings!({omit_expression => true}, {
        insta::assert_snapshot!("bad_encodings", report);
    });
}

#[test]
fn problems_have_places_for_editors() {
    let source =
        with("path: /health", "paht: /health").replace("pipeline: acme-shop", "pipeline: [ä]");
    let Err(LoadError::Invalid(problems)) = load_bytes(source.as_bytes(), &env()) else {
        panic!("accepted")
    };
    let places: Vec<_> = problems
        .iter()
        .map(|problem| (problem.line, problem.column))
        .collect();
    assert_eq!(places, [(3, 11), (8, 16)]);
    assert_eq!(problems.count(), 2);
}

#[test]
fn a_file_with_thousands_of_problems_is_cut_short() {
    let source: String = (0..9_000).fold(String::new(), |all, n| all + &format!("key{n}: token\n"));
    let Err(LoadError::Invalid(problems)) = load_bytes(source.as_bytes(), &env()) else {
        panic!("accepted")
    };
    assert_eq!(problems.count(), 9_003);
    assert!(problems.to_string().ends_with("… and 8953 more"));
}

/// Files that would take a careless reader minutes.
#[test]
fn large_files_get_a_quick_answer() {
    for piece in [
        "a",
        "[",
        "{",
        "[]\n- ",
        "a: b\n",
        "? ",
        "- ",
        "${",
        "${A}",
        "${A:-",
        "\"",
        "'",
        "&a ",
        "*a ",
        "!a ",
        "token: \"\n",
        "password:\n",
        "- - ",
        "\n",
        "[a,",
        "a: |\n",
        "\t",
        "---\n",
        "- ${B}\n",
        "#",
        "://@",
    ] {
        let source = piece.repeat(100_000 / piece.len());
        let bodies = [
            source.clone(),
            format!("x: \"{source}\""),
            format!("x: [{source}]"),
            format!("x: |\n {source}"),
        ];
        for body in bodies {
            assert!(load_bytes(body.as_bytes(), &env()).is_err(), "{piece}");
        }
    }
    // Of this thread alone: it does not matter how busy the machine is. What is quadratic takes far longer.
    #[cfg(unix)]
    {
        let used = rustix::time::clock_gettime(rustix::time::ClockId::ThreadCPUTime);
        assert!(used.tv_sec < 60, "{} s", used.tv_sec);
    }
}

#[test]
fn the_snapshots_hold_no_secret() {
    let folders = ["tests/it/snapshots", "tests/it/config/snapshots"];
    let files = folders.map(|folder| fs::read_dir(folder).unwrap());
    for file in files.into_iter().flatten() {
        let path = file.unwrap().path();
        let text = fs::read_to_string(&path).unwrap();
        assert!(!text.contains("s3cr3t"), "{path:?}");
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
