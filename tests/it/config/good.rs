//! What is accepted, and what it means.

use super::*;

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
        ("/srv/app", root.path().join(Path::new("/srv/app"))),
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
