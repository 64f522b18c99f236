//! A `deploy.yaml` or a workspace that can't be used.

use std::fs;

use crate::support::{Run, SINGLE, Shop};

/// Runs with this text, asking nobody.
fn with(text: &str) -> Run {
    let shop = Shop::new().yaml(text);
    let run = shop.deploy().run();
    assert!(run.requests.is_empty(), "{}", run.stderr);
    run
}

#[test]
fn there_is_no_deploy_yaml() {
    let shop = Shop::new();
    fs::remove_file(shop.workspace().join("deploy.yaml")).unwrap();
    let run = shop.deploy().run();
    run.exits(65).changed_nothing();
    assert_ending!("missing", run);
    let run = shop
        .deploy()
        .args(&["--config", "elsewhere/deploy.yaml"])
        .run();
    run.exits(65).says("elsewhere/deploy.yaml");
}

#[test]
fn deploy_yaml_is_empty() {
    let run = with("");
    run.exits(65);
    assert_ending!("empty", run);
}

#[test]
fn deploy_yaml_is_not_yaml() {
    let run = with("version: 1\nstages: [\n");
    run.exits(65);
    assert_ending!("not_yaml", run);
}

#[test]
fn a_variable_is_not_set() {
    let run = with(&SINGLE.replace("stages:", "source: {version: \"${RELEASE_NAME}\"}\nstages:"));
    run.exits(65);
    assert_ending!("unset_variable", run);
}

#[test]
fn several_things_are_wrong_at_once() {
    let run = with(
        "version: 1\nplatfrom: heroku\nstages:\n  - stage: staging\n    app: Shop\n    on_failure: explode\n",
    );
    run.exits(65);
    assert_ending!("several", run);
}

#[test]
fn the_source_directory_does_not_exist() {
    let shop = Shop::new().yaml(&SINGLE.replace("stages:", "source: {dir: app}\nstages:"));
    let run = shop.deploy().run();
    run.exits(66).changed_nothing();
    assert_ending!("no_directory", run);
}

#[test]
fn the_source_directory_is_a_file() {
    let shop = Shop::new().yaml(&SINGLE.replace("stages:", "source: {dir: Procfile}\nstages:"));
    let run = shop.deploy().run();
    run.exits(66).changed_nothing();
}

#[test]
fn the_workspace_is_empty() {
    let shop = Shop::new().yaml(&SINGLE.replace("stages:", "source: {dir: app}\nstages:"));
    fs::create_dir(shop.workspace().join("app")).unwrap();
    let run = shop.deploy().run();
    run.exits(66).changed_nothing();
    assert_ending!("empty_workspace", run);
}

#[test]
fn deploy_yaml_may_be_elsewhere() {
    let shop = Shop::new();
    shop.write(
        "ci/deploy.yaml",
        &SINGLE.replace("stages:", "source: {dir: ..}\nstages:"),
    );
    // Without a checkout, what is above deploy.yaml is not its affair.
    let run = shop.deploy().args(&["--config", "ci/deploy.yaml"]).run();
    run.exits(66);
    let git = shop.workspace().join(".git");
    for directory in ["objects", "refs"] {
        fs::create_dir_all(git.join(directory)).unwrap();
    }
    fs::write(git.join("HEAD"), "ref: refs/heads/main\n").unwrap();
    let run = shop.deploy().args(&["--config", "ci/deploy.yaml"]).run();
    run.exits(0);
}

#[test]
fn what_launchway_writes_or_reads_the_token_from_is_no_part_of_the_workspace() {
    let shop = Shop::new().yaml(SINGLE);
    let bare = shop.deploy().run();
    bare.exits(0);
    shop.write("token", crate::support::TOKEN);
    let reports = ["html", "junit", "dotenv", "annotations"]
        .map(|name| [format!("--{name}"), format!("reports.{name}")]);
    let reports: Vec<_> = reports.iter().flatten().map(String::as_str).collect();
    fs::create_dir(shop.workspace().join("sub")).unwrap();
    // The second time the files of the first are there.
    for _ in 0..2 {
        let run = shop
            .deploy()
            .without("LAUNCHWAY_API_KEY")
            .args(&["--api-key-file", "sub/../token"])
            .args(&reports)
            .run();
        run.exits(0).says("already");
        assert_eq!(run.record()["source"], bare.record()["source"]);
    }
}

/// `source.dir` names something else than a directory of the checkout.
#[cfg(unix)]
#[test]
fn what_is_packed_stays_in_the_checkout() {
    use std::os::unix::fs::symlink;
    for (dir, why) in [
        ("linked", "is a link"),
        ("inside/linked", "is a link"),
        ("linked/sub", "is a link"),
        ("..", "leaves the checkout"),
        ("inside/../..", "leaves the checkout"),
        ("/etc", "leaves the checkout"),
        (".git", "into a .git"),
        ("inside/.GIT/objects", "into a .git"),
    ] {
        let yaml = SINGLE.replace("stages:", &format!("source: {{dir: {dir}}}\nstages:"));
        let shop = Shop::new().yaml(&yaml);
        let (workspace, outside) = (shop.workspace(), shop.root().join("outside"));
        fs::create_dir_all(outside.join("sub")).unwrap();
        fs::write(outside.join("sub/secret"), "secret").unwrap();
        for directory in [".git/objects", ".git/refs", "inside/.GIT/objects"] {
            fs::create_dir_all(workspace.join(directory)).unwrap();
        }
        fs::write(workspace.join(".git/HEAD"), "ref: refs/heads/main\n").unwrap();
        symlink(&outside, workspace.join("linked")).unwrap();
        symlink(&outside, workspace.join("inside/linked")).unwrap();
        let run = shop.deploy().run();
        run.exits(66).says(why).changed_nothing();
    }
}

#[cfg(unix)]
#[test]
fn no_line_is_shown_of_what_a_link_out_of_the_checkout_leads_to() {
    use std::os::unix::fs::symlink;
    let shop = Shop::new();
    let yaml = shop.workspace().join("deploy.yaml");
    fs::remove_file(&yaml).unwrap();
    fs::write(shop.root().join("secret"), "password: hunter2\n").unwrap();
    symlink(shop.root().join("secret"), &yaml).unwrap();
    let run = shop.deploy().run();
    run.exits(65)
        .says("it is a link that leaves the checkout")
        .does_not_say("hunter2");
    fs::remove_file(&yaml).unwrap();
    let status = std::process::Command::new("mkfifo").arg(&yaml).status();
    assert!(status.unwrap().success());
    let run = shop.deploy().run();
    run.exits(65).says("it is not a regular file");
    // The rules of a `.launchwayignore` elsewhere are not read: they would be quoted.
    let shop = Shop::new();
    fs::write(shop.root().join("secret"), "hunter2\n").unwrap();
    symlink(
        shop.root().join("secret"),
        shop.workspace().join(".launchwayignore"),
    )
    .unwrap();
    shop.write("hunter2", "x");
    let explained = std::process::Command::new(env!("CARGO_BIN_EXE_launchway"))
        .args(["pack", "--explain", "hunter2"])
        .current_dir(shop.workspace())
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&explained.stdout);
    assert!(said.contains("no rule excludes it"), "{said}");
}

#[cfg(unix)]
#[test]
fn no_report_is_written_through_a_link_in_the_workspace() {
    let shop = Shop::new();
    let victim = shop.root().join("victim");
    fs::write(&victim, "theirs").unwrap();
    std::os::unix::fs::symlink(&victim, shop.workspace().join("page.html")).unwrap();
    let output = std::process::Command::new(env!("CARGO_BIN_EXE_launchway"))
        .args(["deploy", "--sandbox", "--html", "page.html"])
        .env("LAUNCHWAY_TEST_TEMPO", "0.02")
        .current_dir(shop.workspace())
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(74), "{said}");
    assert!(said.contains("is a link in the workspace"), "{said}");
    assert_eq!(fs::read_to_string(&victim).unwrap(), "theirs");
}
