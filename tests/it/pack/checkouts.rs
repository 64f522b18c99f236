//! Checkouts of every kind: how git keeps its index and its refs makes no difference.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use launchway::source::{Options, pack, survey};

use super::support::{Workspace, git};

fn listed_by_git(dir: &Path) -> BTreeSet<String> {
    let output = git(
        dir,
        &[
            "-c",
            "safe.directory=*",
            "ls-files",
            "-z",
            "--cached",
            "--others",
            "--exclude-standard",
        ],
    );
    let paths = output.split('\0').filter(|path| !path.is_empty());
    // What is tracked and was deleted can't be packed, and neither can a submodule as such.
    let paths = paths
        .filter(|path| fs::symlink_metadata(dir.join(path)).is_ok_and(|found| !found.is_dir()));
    paths.map(str::to_owned).collect()
}

fn packed(dir: &Path) -> BTreeSet<String> {
    let entries = survey(&Options::new(dir)).unwrap().entries;
    entries
        .into_iter()
        .map(|entry| String::from_utf8_lossy(&entry.path).into_owned())
        .collect()
}

/// A checkout with something tracked in spite of a rule, made by git in a special way.
fn checkout(init: &[&str], then: &[&[&str]]) -> Workspace {
    let workspace = Workspace::with(&[
        (".gitignore", "*.log\nout/\n"),
        ("a", "x"),
        ("kept.log", "x"),
        ("other.log", "x"),
        ("out/kept/deep", "x"),
        ("out/other", "x"),
    ]);
    workspace.git(&[&["init", "-q"], init].concat());
    workspace.git(&["add", "-f", "a", ".gitignore", "kept.log", "out/kept/deep"]);
    workspace.git(&["commit", "-q", "-m", "x"]);
    for arguments in then {
        workspace.git(arguments);
    }
    workspace
}

fn is_packed_as_git_lists_it(workspace: &Workspace) {
    let expected = [".gitignore", "a", "kept.log", "out/kept/deep"].map(String::from);
    assert_eq!(packed(workspace.path()), BTreeSet::from(expected));
    assert_eq!(packed(workspace.path()), listed_by_git(workspace.path()));
    let archive = pack(&workspace.options(), &|| false).unwrap();
    let head = workspace.git(&["-c", "safe.directory=*", "rev-parse", "HEAD"]);
    assert_eq!(archive.identity.commit.as_deref(), Some(head.trim()));
    assert_eq!(archive.identity.dirty, Some(false));
    assert_eq!(archive.identity.version, head.trim());
}

#[test]
fn sha256_is_understood() {
    is_packed_as_git_lists_it(&checkout(&["--object-format=sha256"], &[]));
}

#[test]
fn every_form_of_the_index_is_understood() {
    for form in [
        &["update-index", "--index-version", "2"][..],
        &["update-index", "--index-version", "4"],
        &["update-index", "--force-untracked-cache"],
        &["update-index", "--split-index"],
    ] {
        is_packed_as_git_lists_it(&checkout(&[], &[form]));
    }
}

#[test]
fn packed_refs_and_a_detached_head_are_understood() {
    is_packed_as_git_lists_it(&checkout(&[], &[&["pack-refs", "--all"]]));
    is_packed_as_git_lists_it(&checkout(&[], &[&["checkout", "-q", "--detach"]]));
}

#[test]
fn a_reftable_is_left_to_git() {
    let workspace = Workspace::with(&[("a", "x")]);
    let init = std::process::Command::new("git")
        .args(["init", "-q", "--ref-format=reftable"])
        .arg(workspace.path())
        .stderr(std::process::Stdio::null())
        .status();
    if !init.is_ok_and(|status| status.success()) {
        eprintln!("this git knows no reftable: not tried");
        return;
    }
    workspace.git(&["add", "a"]);
    workspace.git(&["commit", "-q", "-m", "x"]);
    let head = workspace.git(&["rev-parse", "HEAD"]);
    let archive = pack(&workspace.options(), &|| false).unwrap();
    assert_eq!(archive.identity.version, head.trim());
}

#[test]
fn a_linked_work_tree_is_a_checkout_like_any() {
    let workspace = checkout(&[], &[]);
    let linked = Workspace::new();
    let path = linked.join("linked");
    workspace.git(&["worktree", "add", "-q", "--detach", path.to_str().unwrap()]);
    fs::write(path.join("new.log"), "x").unwrap();
    workspace.file(".git/info/exclude", "secret\n");
    fs::write(path.join("secret"), "x").unwrap();
    let expected = [".gitignore", "a", "kept.log", "out/kept/deep"].map(String::from);
    assert_eq!(packed(&path), BTreeSet::from(expected));
    let archive = pack(&Options::new(&path), &|| false).unwrap();
    assert_eq!(
        archive.identity.version,
        workspace.git(&["rev-parse", "HEAD"]).trim()
    );
}

#[test]
fn a_checkout_of_somebody_else_is_looked_at_all_the_same() {
    let workspace = checkout(&[], &[]);
    for path in [workspace.path().to_path_buf(), workspace.join(".git")] {
        if std::os::unix::fs::chown(path, Some(4321), Some(4321)).is_err() {
            eprintln!("only the superuser can give files away: not tried");
            return;
        }
    }
    is_packed_as_git_lists_it(&workspace);
}

#[test]
fn files_that_git_was_told_not_to_look_at_make_the_version_that_of_the_content() {
    let workspace = checkout(&[], &[&["update-index", "--assume-unchanged", "a"]]);
    workspace.file("a", "changed");
    let archive = pack(&workspace.options(), &|| false).unwrap();
    assert_eq!(archive.identity.dirty, Some(true));
    assert!(
        archive.identity.version.contains('-'),
        "{}",
        archive.identity.version
    );
}

#[test]
fn a_broken_index_is_an_error_and_not_a_smaller_archive() {
    let workspace = checkout(&[], &[]);
    fs::write(workspace.join(".git/index"), "DIRC and nothing else").unwrap();
    let failed = pack(&workspace.options(), &|| false);
    assert!(
        matches!(failed, Err(launchway::source::Error::Index { .. })),
        "{failed:?}"
    );
}

/// This repository with everything that a build leaves in it, and the checkouts that `LAUNCHWAY_TREES` names.
#[test]
fn real_trees_are_packed_as_git_lists_them() {
    let mut trees = vec![PathBuf::from(env!("CARGO_MANIFEST_DIR"))];
    let more = std::env::var_os("LAUNCHWAY_TREES").unwrap_or_default();
    trees.extend(std::env::split_paths(&more).filter(|path| !path.as_os_str().is_empty()));
    for tree in trees {
        if !tree.join(".git").exists() {
            eprintln!("{} is not a checkout: not tried", tree.display());
            continue;
        }
        let (ours, gits) = (packed(&tree), listed_by_git(&tree));
        let only_ours: Vec<_> = ours.difference(&gits).take(5).collect();
        let only_gits: Vec<_> = gits.difference(&ours).take(5).collect();
        assert!(
            ours == gits,
            "{}: only ours {only_ours:?}, only git's {only_gits:?}",
            tree.display()
        );
        eprintln!("{}: {} entries", tree.display(), ours.len());
    }
}
