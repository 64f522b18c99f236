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

#[test]
fn a_good_file_is_read_whole() {
    let config = load_bytes(GOOD.as_bytes(), &env()).unwrap();
    assert_eq!(config.pipeline.as_deref(), Some("acme-shop"));
    assert_eq!(config.build.timeout, Duration::from_mins(30));
    assert_eq!(config.stages.len(), 2);
    assert_eq!(config.stages[1].apps, ["acme-shop-eu", "acme-shop-us"]);
    let Check::Http(http) = &config.stages[0].verify[0] else {
        panic!("not http")
    };
    assert!(matches!(&http.target, HttpTarget::Path(path) if path == "/health"));
    assert_eq!(
        (http.status.to_string().as_str(), http.cadence.successes),
        ("200", 1)
    );
    assert_eq!(
        (http.cadence.within, http.cadence.every),
        (Duration::from_mins(2), Duration::from_secs(5))
    );
    let Check::Run(run) = &config.stages[0].verify[1] else {
        panic!("not run")
    };
    assert_eq!(
        (run.command.as_str(), run.timeout),
        ("npm run smoke", Duration::from_mins(5))
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

/// A good file with one line replaced, or put behind the last one.
fn with(line: &str, instead: &str) -> String {
    assert!(GOOD.contains(line), "{line}");
    GOOD.replacen(line, instead, 1)
}

#[test]
#[expect(clippy::too_many_lines, reason = "a table")]
fn bad_values() {
    let status = |value: &str| with("status: 200", &format!("status: {value}"));
    let within = |value: &str| with("within: 2m", &format!("within: {value}"));
    let pipeline = |value: &str| with("pipeline: acme-shop", &format!("pipeline: {value}"));
    let version = |value: &str| with("stages:", &format!("source: {{version: {value}}}\nstages:"));
    let path = |value: &str| with("path: /health", &format!("path: {value}"));
    let app = |value: &str| with("acme-shop-staging", value);
    let platform = |value: &str| with("platform: heroku", &format!("platform: {value}"));
    assert_reports(
        "bad_values",
        &[
            ("version 2", &with("version: 1", "version: 2")),
            ("version as a text", &with("version: 1", "version: '1'")),
            ("version as a list", &with("version: 1", "version: [1]")),
            ("a commit that is a number", &version("1234567")),
            ("a commit that is a float", &version("1e10")),
            ("a version that is a boolean", &version("true")),
            ("a version that is a map", &version("{a: b}")),
            ("a text of two lines", &version("\"a\\nb\"")),
            ("a text with a control character", &version("\"a\\eb\"")),
            ("pipeline with a space", &pipeline("acme shop")),
            ("status as a text", &status("'200'")),
            ("status out of range", &status("99")),
            ("status as a float", &status("200.0")),
            ("status as a word", &status("ok")),
            ("duration without a unit", &within("90")),
            ("quoted duration without a unit", &within("'90'")),
            ("no duration", &within("soon")),
            ("negative duration", &within("-5m")),
            ("zero duration", &within("0s")),
            ("endless duration", &within("99999999h")),
            ("a duration that is a list", &within("[1m]")),
            ("path without a slash", &path("health")),
            ("path that is a host", &path("//evil.example")),
            ("path that is a URL", &path("https://example.com/")),
            ("app in capitals", &app("Acme-Shop")),
            ("app too short", &app("a")),
            ("app as a map", &app("{name: x}")),
            (
                "apps as a text",
                &with("[acme-shop-eu, acme-shop-us]", "acme-shop-eu"),
            ),
            ("no apps", &with("[acme-shop-eu, acme-shop-us]", "[]")),
            (
                "stage with a space",
                &with("stage: production", "stage: pro duction"),
            ),
            ("no stages", "version: 1\nplatform: heroku\nstages: []\n"),
            (
                "stages as a map",
                "version: 1\nplatform: heroku\nstages: {staging: acme-shop}\n",
            ),
            ("unknown platform", &platform("herku")),
            ("platform as a list", &platform("[heroku]")),
            (
                "api_url in the clear",
                &platform("{kind: heroku, api_url: http://example.com}"),
            ),
            (
                "api_url with a password",
                &platform("{kind: heroku, api_url: 'https://me:s3cr3t@example.com'}"),
            ),
            (
                "api_url that is no URL",
                &platform("{kind: heroku, api_url: example.com}"),
            ),
            (
                "url of another kind",
                &with("path: /health", "url: ftp://example.com/"),
            ),
            (
                "bad pattern",
                &with(
                    "stages:",
                    "source: {exclude: ['a{b', '[b', 'docs/', './c', '#x', ' '], include: 'dist'}\nstages:",
                ),
            ),
            (
                "buildpack list in a text",
                &with(
                    "stages:",
                    "build: {buildpacks: [heroku/nodejs heroku/go]}\nstages:",
                ),
            ),
            (
                "on_failure",
                &with(
                    "    app: acme-shop-staging",
                    "    app: acme-shop-staging\n    on_failure: stopp",
                ),
            ),
            ("empty command", &with("run: npm run smoke", "run: ' '")),
            (
                "verify as a map",
                &with("    apps:", "    verify: {http: /}\n    apps:"),
            ),
            (
                "http as a list",
                &with("{path: /health, status: 200, within: 2m}", "[/health]"),
            ),
        ],
    );
}

#[test]
fn bad_requests() {
    let request = |value: &str| {
        let http = format!("{{path: /health, request: {value}}}");
        with("{path: /health, status: 200, within: 2m}", &http)
    };
    let headers = |value: &str| request(&format!("{{headers: {value}}}"));
    assert_reports(
        "bad_requests",
        &[
            ("a method with a space", &request("{method: GET IT}")),
            ("a method that no check has", &request("{method: trace}")),
            ("no headers", &headers("{}")),
            (
                "a header that is the client's own",
                &headers("{Host: evil.example, x-a: b}"),
            ),
            (
                "a hop-by-hop header",
                &headers("{transfer-encoding: chunked}"),
            ),
            ("no header's name", &headers("{'x a': b}")),
            ("one header twice", &headers("{x-key: a, X-Key: b}")),
            (
                "a header's value on two lines",
                &headers("{authorization: \"${SECRET_VALUE}\\nx: y\"}"),
            ),
            (
                "a header that is a number",
                &headers("{x-api-key: 12345678}"),
            ),
            (
                "the platform's token",
                &headers("{authorization: \"Bearer ${HEROKU_API_KEY}\"}"),
            ),
            (
                "the platform's token by another name",
                &request("{body: \"${ALIAS}\"}"),
            ),
            ("a body that is a map", &request("{body: {a: b}}")),
            ("an unknown key", &request("{header: {a: b}}")),
            (
                "a body in the answer to HEAD",
                &request("{method: HEAD}, body: ok"),
            ),
        ],
    );
}

#[test]
fn bad_looks_at_dynos() {
    let dynos = |value: &str| {
        let http = "http: {path: /health, status: 200, within: 2m}";
        with(http, &format!("dynos: {value}"))
    };
    let on_akkeris = "version: 1\nplatform: {kind: akkeris, api_url: https://apps.example.com}\nstages:\n  \
                      - {stage: staging, app: web-dev, verify: [{dynos: up}]}\n";
    assert_reports(
        "bad_looks_at_dynos",
        &[
            ("another state", &dynos("down")),
            ("a list", &dynos("[up]")),
            ("no state", &dynos("{within: 1m}")),
            (
                "a time inside and beside",
                &dynos("{state: up, within: 1m}\n        within: 2m"),
            ),
            ("a soak that is too short", &dynos("{state: up, soak: 1s}")),
            ("a timeout", &dynos("up\n        timeout: 1m")),
            ("a request, too", &dynos("up\n        http: /health")),
            ("a command, too", &dynos("up\n        run: ./smoke")),
            ("on a platform that does not tell", on_akkeris),
        ],
    );
}

#[test]
fn bad_rules() {
    let http = |value: &str| with("{path: /health, status: 200, within: 2m}", value);
    let stages = |value: &str| format!("version: 1\nplatform: heroku\nstages:\n{value}");
    assert_reports(
        "bad_rules",
        &[
            (
                "two stages of one name",
                &stages("  - {stage: a, app: shop-a}\n  - {stage: a, app: shop-b}\n"),
            ),
            (
                "one app twice",
                &stages(
                    "  - {stage: a, app: shop-a}\n  - {stage: b, apps: [shop-b, shop-a, shop-b]}\n",
                ),
            ),
            (
                "a slug with what it has no use for",
                "version: 1\nplatform: heroku\nsource: {url: \"https://a.example.com/x.tgz\"}\nbuild: {slug: out/slug.tgz, buildpacks: [a/b]}\nstages: [{stage: a, app: shop-a}]\n",
            ),
            (
                "the id of a slug with process types",
                "version: 1\nplatform: heroku\nbuild: {slug: 01234567-89ab-cdef-0123-456789abcdef, process_types: {web: x}}\nstages: [{stage: a, app: shop-a}]\n",
            ),
            (
                "process types without a slug",
                "version: 1\nplatform: heroku\nbuild: {process_types: {\"web app\": x}}\nstages: [{stage: a, app: shop-a}]\n",
            ),
            (
                "a slug on akkeris",
                "version: 1\nplatform: akkeris\nbuild: {slug: out/slug.tgz, process_types: {web: \" \"}}\nstages: [{stage: a, app: shop-a}]\n",
            ),
            ("no app", &stages("  - {stage: a}\n")),
            (
                "app and apps",
                &stages("  - {stage: a, app: shop-a, apps: [shop-b]}\n"),
            ),
            (
                "two apps in the first stage",
                &stages("  - {stage: a, apps: [shop-a, shop-b]}\n"),
            ),
            (
                "no stage of a pipeline",
                &with("stage: production", "stage: prod"),
            ),
            (
                "against the pipeline's order",
                "version: 1\nplatform: heroku\npipeline: acme\nstages:\n  - {stage: production, app: shop-a}\n  - {stage: staging, app: shop-b}\n  - {stage: development, app: shop-c}\n",
            ),
            ("an empty check", &http("/\n      - {}")),
            (
                "http and run in one check",
                &with("run: npm run smoke", "run: npm run smoke\n        http: /"),
            ),
            ("timeout for http", &http("/\n        timeout: 5s")),
            (
                "within for run",
                &with("timeout: 5m", "within: 5m\n        every: 1s"),
            ),
            ("path and url", &http("{path: /, url: https://example.com}")),
            ("neither path nor url", &http("{status: 200}")),
            (
                "within twice",
                &http("{path: /, within: 1m}\n        within: 2m"),
            ),
            (
                "every longer than within",
                &http("{path: /, within: 10s, every: 1m}"),
            ),
            (
                "every longer than the default within",
                &http("/\n        every: 5m"),
            ),
            (
                "more successes than time",
                &http("{path: /, within: 10s, every: 5s, successes: 4}"),
            ),
            (
                "everything at once",
                "version: 2\nplatfrom: heroku\npipeline: ${NO_SUCH}\nsource:\n  dir: ${ALSO_NOT}\n  exclude: docs\nstages:\n  - stage: a\n    app: Shop\n    verify:\n      - http: {path: health, within: 90, status: 1000}\n      - run: [make, test]\n  - stage: a\n    apps: [shop-a, shop-a]\n    apps: []\n",
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

/// Variants that are fine, each with what must be the same as without it.
#[test]
fn good_variants() {
    let schema = jsonschema::validator_for(&config::schema::json_schema()).unwrap();
    for (name, source) in [
        ("a byte order mark", format!("\u{feff}{GOOD}")),
        ("CRLF", GOOD.replace('\n', "\r\n")),
        ("no newline at the end", GOOD.trim_end().to_owned()),
        ("document markers", format!("---\n{GOOD}...\n")),
        ("comments", GOOD.replace('\n', " # x\n")),
        (
            "an alias",
            with(
                "apps: [acme-shop-eu, acme-shop-us]",
                "apps: [&a acme-shop-eu, acme-shop-us]",
            ),
        ),
        (
            "an app by its id",
            with("acme-shop-eu", "01234567-89ab-cdef-0123-456789abcdef"),
        ),
        (
            "optional texts that are empty",
            with(
                "stages:",
                "source: {version: \"${EMPTY}\", dir: '', exclude: []}\nbuild: {timeout: \"${NO:-}\"}\nstages:",
            ),
        ),
        (
            "http as a path",
            with("{path: /health, status: 200, within: 2m}", "/health"),
        ),
        (
            "times beside http",
            with(
                "{path: /health, status: 200, within: 2m}",
                "/health\n        within: 2m\n        every: 10s",
            ),
        ),
        (
            "a pipeline from its second stage",
            with("stage: staging", "stage: development"),
        ),
        (
            "a platform with its address",
            with(
                "platform: heroku",
                "platform: {kind: heroku, api_url: 'http://127.0.0.1:5000'}",
            ),
        ),
        (
            "stages of any name without a pipeline",
            with("pipeline: acme-shop\n", "").replace("production", "eu.1_live"),
        ),
        (
            "short time with the default pause",
            with("within: 2m", "within: 3s"),
        ),
    ] {
        let config = load_bytes(source.as_bytes(), &env());
        assert!(config.is_ok(), "{name}: {}", config.unwrap_err());
        let value: serde_json::Value = serde_saphyr::from_str(&source).unwrap();
        let errors: Vec<String> = schema
            .iter_errors(&value)
            .map(|error| error.to_string())
            .collect();
        assert_eq!(errors, [] as [&str; 0], "{name}");
    }
}

#[test]
fn the_pause_is_never_longer_than_the_time() {
    let config = load_bytes(with("within: 2m", "within: 3s").as_bytes(), &env()).unwrap();
    let Check::Http(http) = &config.stages[0].verify[0] else {
        panic!("not http")
    };
    assert_eq!(http.cadence.every, Duration::from_secs(3));
}

#[test]
fn variables_are_filled_in_and_commands_left_to_the_shell() {
    let command = "curl -H \"Bearer ${SECRET_VALUE}\" \"$LAUNCHWAY_URL\" ${NOT_SET} ${A:?b}";
    let source = with("npm run smoke", command).replace(
        "stages:",
        "source: {version: \"${GITHUB_SHA}-${NO:-x}\"}\nstages:",
    );
    let config = load_bytes(source.as_bytes(), &env()).unwrap();
    assert_eq!(config.source.version.as_deref(), Some("abc123-x"));
    let Check::Run(run) = &config.stages[0].verify[1] else {
        panic!("not run")
    };
    assert_eq!(run.command, command);
}

#[test]
fn the_source_directory_is_beside_the_file() {
    let root = tempfile::tempdir().unwrap();
    let path = root.path().join("deploy.yaml");
    for (dir, expected) in [
        (".", root.path().to_owned()),
        ("./services/./shop/", root.path().join("services/shop")),
        ("..", root.path().join("..")),
        ("/srv/app", std::path::absolute("/srv/app").unwrap()),
    ] {
        fs::write(
            &path,
            with("stages:", &format!("source: {{dir: {dir}}}\nstages:")),
        )
        .unwrap();
        assert_eq!(
            config::load(&path, &env()).unwrap().source.dir,
            expected,
            "{dir}"
        );
    }
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
    let files = fs::read_dir("tests/it/snapshots").unwrap();
    let paths: Vec<_> = files.map(|file| file.unwrap().path()).collect();
    assert!(paths.len() > 50, "{paths:?}");
    for path in paths {
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
