//! `launchway pack` as a user runs it.

use std::process::Output;

use super::support::Workspace;
use crate::support::binary;

pub(crate) fn pack(workspace: &Workspace, arguments: &[&str]) -> Output {
    binary()
        .current_dir(workspace.join(""))
        .arg("pack")
        .args(arguments)
        .output()
        .unwrap()
}

pub(crate) fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

#[test]
fn the_archive_is_whole_and_holds_nothing_of_its_own() {
    let workspace = Workspace::with(&[("a", "x"), ("sub/b", "x")]);
    // The second time the archive of the first is there.
    for _ in 0..2 {
        let done = pack(&workspace, &["-o", "x.tgz"]);
        assert!(done.status.success(), "{}", text(&done.stderr));
        assert!(text(&done.stderr).contains("packed 2 files"));
        assert!(!workspace.join("x.tgz.partial").exists());
    }
    let list = pack(&workspace, &["--list"]);
    let piped = pack(&workspace, &["-o", "-"]);
    assert!(text(&list.stdout).contains(" x.tgz\n"), "another command");
    assert!(piped.stdout.starts_with(&[0x1f, 0x8b]));
}

#[test]
fn it_can_be_tried_before_there_is_a_deploy_yaml() {
    let workspace = Workspace::with(&[("a", "x")]);
    let list = pack(&workspace, &["--list"]);
    assert_eq!(text(&list.stdout), "0644            1 a\n");
    assert!(text(&list.stderr).contains("there is no deploy.yaml"));
    let named = pack(&workspace, &["--list", "--config", "other.yaml"]);
    assert_eq!(named.status.code(), Some(65));
    workspace.file(
        "deploy.yaml",
        "version: 1\nplatform: heroku\nsource: {exclude: [a]}\nstages: [{stage: s, app: shop}]\n",
    );
    let explained = pack(&workspace, &["--explain", "a"]);
    assert!(text(&explained.stdout).starts_with("out: a: excluded by `a` (source.exclude:1)"));
    assert_eq!(text(&explained.stderr), "");
}

#[test]
fn an_archive_that_fails_leaves_nothing() {
    let workspace = Workspace::with(&[]);
    let failed = pack(&workspace, &["-o", "x.tgz"]);
    assert_eq!(failed.status.code(), Some(66), "{}", text(&failed.stderr));
    assert!(!workspace.join("x.tgz").exists() && !workspace.join("x.tgz.partial").exists());
}

#[test]
fn a_variable_of_the_ci_system_does_not_name_what_is_not_checked_out() {
    let workspace = Workspace::with(&[("a", "x")]);
    workspace.git(&["init", "-q"]);
    workspace.git(&["add", "-A"]);
    workspace.git(&["commit", "-q", "-m", "x"]);
    let head = workspace.git(&["rev-parse", "HEAD"]).trim().to_owned();
    let other = "1123456789abcdef0123456789abcdef01234567";
    let packed = |commit: &str| {
        let done = binary()
            .envs([("GITHUB_ACTIONS", "true"), ("GITHUB_SHA", commit)])
            .current_dir(workspace.path())
            .args(["pack", "-o", "x.tgz"])
            .output()
            .unwrap();
        text(&done.stderr)
    };
    let said = packed(&head);
    assert!(said.contains(&format!("version {head}\n")), "{said}");
    assert!(!said.contains("warning"), "{said}");
    let said = packed(other);
    assert!(said.contains(&format!("version {head}\n")), "{said}");
    assert!(said.contains(&format!("names commit {other}")), "{said}");
}
