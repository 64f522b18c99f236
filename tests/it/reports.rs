//! What a whole run prints and writes for a CI system: every secret that it learns is masked, and is in nothing else.

use std::{fs, path::Path};

use crate::support::{binary, leaks};

const DEPLOY: &str = "\
version: 1
platform: heroku
pipeline: acme-shop
stages:
  - stage: staging
    app: acme-shop-staging
    verify:
      - run: ENV
      - http: {path: /, within: 5s}
  - stage: production
    apps: [acme-shop-eu, acme-shop-us]
";

/// A run in an empty directory with every report there is; its exit code and what it printed.
fn run(directory: &Path, faults: &[&str]) -> (Option<i32>, String) {
    let reports = directory.join("reports");
    let (outputs, summary) = (reports.join("outputs"), reports.join("summary"));
    run_with(directory, faults, &outputs, &summary)
}

/// A run whose step's outputs and summary go to these files.
fn run_with(
    directory: &Path,
    faults: &[&str],
    outputs: &Path,
    summary: &Path,
) -> (Option<i32>, String) {
    let shown = if cfg!(windows) { "set" } else { "env" };
    let deploy = DEPLOY.replace("ENV", shown);
    fs::write(directory.join("deploy.yaml"), deploy).expect("written");
    fs::write(
        directory.join("Procfile"),
        "release: ./migrate\nweb: ./serve\n",
    )
    .expect("written");
    let reports = directory.join("reports");
    fs::create_dir(&reports).expect("made");
    let mut command = binary();
    command
        .current_dir(directory)
        .env("LAUNCHWAY_TEST_TEMPO", "0.02")
        .env("TMPDIR", &reports)
        .env("GITHUB_ACTIONS", "true")
        .env("GITHUB_OUTPUT", outputs)
        .env("GITHUB_STEP_SUMMARY", summary)
        .args(["deploy", "--sandbox", "--verbose"]);
    for report in ["record", "html", "junit", "dotenv", "annotations"] {
        command.arg(format!("--{report}")).arg(reports.join(report));
    }
    for fault in faults {
        command.args(["--fault", fault]);
    }
    let output = command.output().expect("it runs");
    let mut log = String::from_utf8(output.stderr).expect("UTF-8");
    log.push_str(&String::from_utf8(output.stdout).expect("UTF-8"));
    (output.status.code(), log)
}

fn holds(faults: &[&str], code: i32) {
    let directory = tempfile::tempdir().expect("a directory");
    let (ended, log) = run(directory.path(), faults);
    assert_eq!(ended, Some(code), "{log}");
    let (masks, rest): (Vec<&str>, Vec<&str>) = log
        .lines()
        .partition(|line| line.starts_with("::add-mask::"));
    assert!(
        !masks.iter().any(|mask| mask.contains("::sandbox-")),
        "a log that is kept elsewhere has no token: {masks:?}"
    );
    let secrets: Vec<String> = masks
        .iter()
        .map(|mask| mask["::add-mask::".len()..].replace("%25", "%"))
        .collect();
    assert!(secrets.len() > 2, "the signatures: {secrets:?}");
    let mut all = vec![("the log".to_owned(), rest.join("\n"))];
    for entry in fs::read_dir(directory.path().join("reports")).expect("read") {
        let entry = entry.expect("read");
        let bytes = fs::read(entry.path()).expect("read");
        let name = entry.file_name().to_string_lossy().into_owned();
        all.push((name, String::from_utf8_lossy(&bytes).into_owned()));
    }
    assert_eq!(all.len(), 8, "the log and seven files, none left over");
    for (name, text) in &all {
        assert!(!text.is_empty(), "{name}");
        for secret in &secrets {
            let how = leaks::shown(text, secret);
            assert_eq!(how, None, "{secret} is in {name}: {text}");
        }
    }
}

#[test]
fn no_secret_of_a_run_is_in_what_it_leaves() {
    holds(&[], 0);
}

#[test]
fn no_secret_of_a_failed_run_is_in_what_it_leaves() {
    holds(&["build=fail", "log=hostile"], 10);
    holds(&["upload=403@*"], 69);
    holds(&["stream=refused@*", "web=503@*"], 13);
}

#[test]
fn a_file_of_the_runners_that_can_not_be_written_is_named_with_its_variable() {
    let directory = tempfile::tempdir().expect("a directory");
    let (outputs, summary) = (
        directory.path().to_owned(),
        directory.path().join("no/such"),
    );
    let (ended, log) = run_with(directory.path(), &[], &outputs, &summary);
    assert_eq!(ended, Some(74), "{log}");
    let words: Vec<&str> = log.split_whitespace().collect();
    let said = words.join(" ");
    for (variable, what, path) in [
        ("GITHUB_OUTPUT", "the outputs", &outputs),
        (
            "GITHUB_STEP_SUMMARY",
            "the step summary of deploy",
            &summary,
        ),
    ] {
        let path = path.display();
        let why = format!("cannot write {what} to {path}, which {variable} names: ");
        assert!(said.contains(&why), "{why}: {log}");
        let advice = format!("{variable} must name a writable file");
        assert!(said.contains(&advice), "{advice}: {log}");
    }
    assert!(!said.contains("Free space"), "{log}");
}
