//! Git never runs anything for us, whatever a repository's configuration says, and fetches nothing.

use std::fs;
use std::path::Path;

use launchway::source::{self, is_ancestor};

use super::support::{Workspace, git, pack};

/// A configuration in which everything that git could run leaves a file behind.
fn arm(repository: &Path, ran: &Path) {
    let touch = format!("touch {}; cat", ran.display());
    let remote = format!("ext::sh -c touch% {}", ran.display());
    for (key, value) in [
        ("core.fsmonitor", touch.as_str()),
        ("core.pager", &touch),
        ("core.editor", &touch),
        ("core.sshCommand", &touch),
        ("core.askPass", &touch),
        ("core.alternateRefsCommand", &touch),
        ("core.hooksPath", "hooks-for-all"),
        ("credential.helper", &format!("!{touch}")),
        ("diff.external", &touch),
        ("diff.x.textconv", &touch),
        ("merge.x.driver", &touch),
        ("filter.x.clean", &touch),
        ("filter.x.smudge", &touch),
        ("filter.x.process", &touch),
        ("pager.ls-tree", &touch),
        ("pager.merge-base", &touch),
        ("alias.ls-tree", &format!("!{touch}")),
        ("alias.rev-parse", &format!("!{touch}")),
        ("alias.merge-base", &format!("!{touch}")),
        ("protocol.allow", "always"),
        ("protocol.ext.allow", "always"),
        ("remote.origin.url", &remote),
        ("remote.origin.promisor", "true"),
        ("extensions.partialClone", "origin"),
        ("core.repositoryFormatVersion", "1"),
    ] {
        git(repository, &["config", key, value]);
    }
}

/// A checkout with one commit, whose files have a filter.
fn checkout() -> Workspace {
    let workspace = Workspace::with(&[("a.js", "x"), (".gitattributes", "* filter=x diff=x\n")]);
    workspace.git(&["init", "-q"]);
    workspace.git(&["add", "-A"]);
    workspace.git(&["commit", "-q", "-m", "x"]);
    workspace
}

fn head(workspace: &Workspace) -> String {
    workspace.git(&["rev-parse", "HEAD"]).trim().to_owned()
}

/// Packs it in every way, and asks for its history.
fn use_all(workspace: &Workspace, old: &str, new: &str) -> source::Archive {
    source::survey(&workspace.options()).unwrap();
    let _ = is_ancestor(workspace.path(), old, new, &|| false);
    pack(&workspace.options())
}

#[test]
fn nothing_that_a_configuration_names_is_run() {
    let elsewhere = Workspace::new();
    let ran = elsewhere.join("ran");
    let workspace = checkout();
    let commit = head(&workspace);
    arm(workspace.path(), &ran);
    workspace.file("a.js", "y");
    let archive = use_all(&workspace, &commit, &commit);
    assert_eq!(archive.identity.dirty, Some(true));
    assert!(!ran.exists());
}

#[test]
fn a_repository_that_was_committed_as_files_is_not_used() {
    let elsewhere = Workspace::new();
    let ran = elsewhere.join("ran");
    let workspace = checkout();
    let app = workspace.join("app");
    git(workspace.path(), &["init", "-q", "--bare", "app"]);
    arm(&app, &ran);
    git(&app, &["config", "core.bare", "false"]);
    git(&app, &["config", "core.worktree", "."]);
    workspace
        .file("app/index.js", "x")
        .file("app/.gitattributes", "* filter=x\n");
    let mut options = workspace.options();
    options.dir.push("app");
    let archive = pack(&options);
    assert_eq!(archive.identity.commit, Some(head(&workspace)));
    assert!(!ran.exists());
}

#[test]
fn nothing_is_fetched_that_is_missing() {
    let elsewhere = Workspace::new();
    let ran = elsewhere.join("ran");
    let workspace = checkout();
    let (commit, tree) = (
        head(&workspace),
        workspace.git(&["rev-parse", "HEAD^{tree}"]),
    );
    arm(workspace.path(), &ran);
    let object = |id: &str| workspace.join(".git/objects").join(&id[..2]).join(&id[2..]);
    fs::remove_file(object(tree.trim())).unwrap();
    let missing = "1123456789abcdef0123456789abcdef01234567";
    let archive = use_all(&workspace, missing, &commit);
    let version = &archive.identity.version;
    assert!(version.starts_with(&format!("{commit}-")), "{version}");
    let [warning] = &archive.warnings[..] else {
        panic!("{:?}", archive.warnings)
    };
    assert!(
        warning.starts_with("git can't list the commit: fatal: "),
        "{warning}"
    );
    assert!(!ran.exists());
    let known = is_ancestor(workspace.path(), missing, &commit, &|| false);
    assert_eq!(known.unwrap(), None);
}

#[test]
fn history_is_what_the_commits_say() {
    let workspace = checkout();
    let old = head(&workspace);
    workspace.git(&["commit", "-q", "--allow-empty", "-m", "y"]);
    let new = head(&workspace);
    let known = |a: &str, b: &str| is_ancestor(workspace.path(), a, b, &|| false).unwrap();
    assert_eq!(
        (known(&old, &new), known(&new, &old)),
        (Some(true), Some(false))
    );
    workspace.git(&["replace", "--graft", &new]);
    workspace.file(".git/info/grafts", &format!("{new}\n"));
    assert_eq!(known(&old, &new), Some(true));
    assert_eq!(known("HEAD", "--all"), None);
}

#[test]
fn a_git_that_hangs_ends_with_the_run() {
    let workspace = checkout();
    let fifo = workspace.join(".git/fifo");
    assert!(
        std::process::Command::new("mkfifo")
            .arg(&fifo)
            .status()
            .unwrap()
            .success()
    );
    workspace.git(&["config", "include.path", "fifo"]);
    // Opening it to write succeeds only while somebody reads.
    let reader = || {
        use std::os::unix::fs::OpenOptionsExt;
        let nonblock = rustix::fs::OFlags::NONBLOCK.bits().cast_signed();
        let mut open = std::fs::OpenOptions::new();
        open.write(true).custom_flags(nonblock).open(&fifo)
    };
    // Held open, or git would come to the end of its configuration.
    let held = std::sync::Mutex::new(None);
    let cancelled = || {
        let mut held = held.lock().unwrap();
        *held = held.take().or_else(|| reader().ok());
        held.is_some()
    };
    let failed = source::pack(&workspace.options(), &cancelled).unwrap_err();
    assert!(failed.is_cancelled(), "{failed}");
    drop(held);
    assert!(reader().is_err(), "a git still waits");
}
