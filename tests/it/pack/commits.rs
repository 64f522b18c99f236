//! A version stands for one content: the commit alone names an archive only if it is the commit, byte for byte.

use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};

use launchway::source::{self, Error, Options};

use super::support::{Workspace, entries, git, pack, try_pack};

/// A checkout with a commit of these files.
fn checkout(files: &[(&str, &str)]) -> Workspace {
    let workspace = Workspace::with(files);
    workspace.git(&["init", "-q"]);
    commit(&workspace);
    workspace
}

fn commit(workspace: &Workspace) {
    workspace.git(&["add", "-A"]);
    workspace.git(&["commit", "-q", "-m", "x"]);
}

fn head(workspace: &Workspace) -> String {
    workspace.git(&["rev-parse", "HEAD"]).trim().to_owned()
}

fn version(options: &Options) -> String {
    pack(options).identity.version.clone()
}

/// Other content than the commit's: named by the commit and the digest.
fn is_not_the_commit(workspace: &Workspace, options: &Options) {
    let (version, head) = (version(options), head(workspace));
    assert!(version.starts_with(&format!("{head}-")), "{version}");
}

fn set_mode(workspace: &Workspace, path: &str, mode: u32) {
    fs::set_permissions(workspace.join(path), fs::Permissions::from_mode(mode)).unwrap();
}

#[test]
fn submodules_that_come_later_make_another_version() {
    let inner = checkout(&[("inner.c", "x")]);
    let library = checkout(&[("lib.c", "x")]);
    let add = |to: &Workspace, what: &Workspace, path: &str| {
        let url = what.path().to_str().unwrap();
        to.git(&["submodule", "--quiet", "add", url, path]);
        commit(to);
    };
    add(&library, &inner, "inner");
    let app = checkout(&[("main.c", "x")]);
    add(&app, &library, "lib");
    let clone = Workspace::new();
    clone.git(&["clone", "-q", app.path().to_str().unwrap(), "."]);
    is_not_the_commit(&clone, &clone.options());
    clone.git(&["submodule", "--quiet", "update", "--init"]);
    is_not_the_commit(&clone, &clone.options());
    clone.git(&["submodule", "--quiet", "update", "--init", "--recursive"]);
    assert_eq!(version(&clone.options()), head(&clone));
    // Another commit of the submodule, and nothing else.
    git(
        &clone.join("lib/inner"),
        &["commit", "-q", "--allow-empty", "-m", "y"],
    );
    assert_eq!(version(&clone.options()), head(&clone), "the same content");
    clone.file("lib/inner/inner.c", "y");
    is_not_the_commit(&clone, &clone.options());
    let changed = version(&clone.options());
    git(&clone.join("lib/inner"), &["commit", "-qam", "z"]);
    assert_eq!(
        version(&clone.options()),
        changed,
        "clean, and another commit"
    );
}

#[test]
fn without_modes_in_the_work_tree_the_index_has_them() {
    let library = checkout(&[("lib-run", "#!/bin/sh\n")]);
    let workspace = checkout(&[("run", "#!/bin/sh\n"), ("data", "x")]);
    let url = library.path().to_str().unwrap();
    workspace.git(&["submodule", "--quiet", "add", url, "lib"]);
    workspace.git(&["update-index", "--chmod=+x", "run"]);
    workspace.git(&["commit", "-q", "-m", "x"]);
    for config in [&workspace.join(""), &workspace.join("lib")] {
        git(config, &["config", "core.fileMode", "false"]);
    }
    let modes = || {
        let found = entries(&pack(&workspace.options()));
        let modes = found.iter().map(|entry| entry.mode);
        modes.collect::<Vec<_>>()
    };
    for mode in [0o644, 0o755] {
        for path in ["run", "data", "lib/lib-run"] {
            set_mode(&workspace, path, mode);
        }
        assert_eq!(modes(), [0o644, 0o644, 0o644, 0o755], "{mode:o}");
        assert_eq!(version(&workspace.options()), head(&workspace));
    }
}

#[test]
fn a_mode_that_git_does_not_know_of_is_not_the_commits() {
    let workspace = checkout(&[("run", "#!/bin/sh\n")]);
    set_mode(&workspace, "run", 0o755);
    is_not_the_commit(&workspace, &workspace.options());
}

#[test]
fn a_link_that_is_checked_out_as_text_is_packed_as_a_link() {
    let workspace = Workspace::with(&[("bin/real", "x")]);
    symlink("real", workspace.join("bin/start")).unwrap();
    symlink("nowhere", workspace.join("lost")).unwrap();
    workspace.git(&["init", "-q"]);
    commit(&workspace);
    let expected = pack(&workspace.options());
    workspace.git(&["config", "core.symlinks", "false"]);
    for link in ["bin/start", "lost"] {
        fs::remove_file(workspace.join(link)).unwrap();
    }
    workspace.git(&["checkout", "-q", "--", "."]);
    assert!(
        workspace
            .join("bin/start")
            .symlink_metadata()
            .unwrap()
            .is_file()
    );
    let archive = pack(&workspace.options());
    assert_eq!(archive.tar_sha256, expected.tar_sha256);
    assert_eq!(archive.identity.version, head(&workspace));
    assert_eq!(archive.warnings, expected.warnings);
    let listed = source::survey(&workspace.options()).unwrap().entries;
    assert_eq!((listed[1].mode, listed[1].size), (0o777, 0));
    workspace.file("bin/start", "../../../etc/passwd");
    assert!(matches!(
        try_pack(&workspace.options()),
        Err(Error::Escapes(_))
    ));
    workspace.file("bin/start", &"x".repeat(5000));
    assert!(matches!(
        try_pack(&workspace.options()),
        Err(Error::Unreadable(_))
    ));
}

#[test]
fn what_git_changes_when_it_checks_out_is_not_the_commits() {
    for (key, value, attributes) in [
        ("core.autocrlf", "true", ""),
        ("core.eol", "crlf", "* text=auto\n"),
        ("filter.x.smudge", "sed s/hi/ho/", "run filter=x\n"),
    ] {
        let workspace = checkout(&[("run", "#!/bin/sh\nhi\n"), (".gitattributes", attributes)]);
        // A filter whose clean side takes both forms for the same.
        workspace.git(&["config", "filter.x.clean", "sed s/ho/hi/"]);
        assert_eq!(version(&workspace.options()), head(&workspace), "{key}");
        workspace.git(&["config", key, value]);
        fs::remove_file(workspace.join("run")).unwrap();
        workspace.git(&["checkout", "-q", "--", "run"]);
        workspace.git(&["add", "run"]);
        assert_eq!(workspace.git(&["status", "--porcelain"]), "", "{key}");
        is_not_the_commit(&workspace, &workspace.options());
    }
}

#[test]
fn a_commit_that_is_not_packed_whole_has_the_digest_behind_it() {
    let files = [
        ("a", "x"),
        ("docs/b", "x"),
        (".gitignore", ".launchwayignore\n"),
    ];
    let workspace = checkout(&files);
    let mut options = workspace.options();
    options.exclude = vec!["*.psd".into()];
    assert_eq!(version(&options), head(&workspace), "it left nothing out");
    options.exclude = vec!["docs/".into()];
    is_not_the_commit(&workspace, &options);
    options = workspace.options();
    options.own = vec![workspace.join("docs/b")];
    is_not_the_commit(&workspace, &options);
    // Ignored itself, so no commit knows of it.
    workspace.file(".launchwayignore", "docs/\n.launchwayignore\n");
    is_not_the_commit(&workspace, &workspace.options());
    fs::remove_file(workspace.join(".launchwayignore")).unwrap();
    assert_eq!(version(&workspace.options()), head(&workspace));
    fs::remove_file(workspace.join("docs/b")).unwrap();
    is_not_the_commit(&workspace, &workspace.options());
}

#[test]
fn an_index_that_is_not_the_commits_is_not_the_commit() {
    for change in [
        &["rm", "-q", "--cached", "a"][..],
        &["update-index", "--chmod=+x", "a"],
        &["mv", "a", "c"],
    ] {
        let workspace = checkout(&[("a", "x"), ("b", "x")]);
        workspace.git(change);
        is_not_the_commit(&workspace, &workspace.options());
    }
    let workspace = checkout(&[("a", "x")]);
    workspace.file("new", "");
    workspace.git(&["add", "-N", "new"]);
    is_not_the_commit(&workspace, &workspace.options());
}

#[test]
fn files_that_git_crypt_has_locked_are_told() {
    let workspace = checkout(&[("key", "\0GITCRYPT\0abc"), ("open", "GITCRYPT")]);
    let archive = pack(&workspace.options());
    let warning = "1 files that git-crypt has locked (`git-crypt unlock`): key";
    assert_eq!(archive.warnings, [warning]);
    let listed = source::survey(&workspace.options()).unwrap();
    assert_eq!(listed.warnings, [warning]);
    workspace.file("key", "unlocked");
    is_not_the_commit(&workspace, &workspace.options());
}

#[test]
fn a_repository_that_is_lost_is_an_error() {
    let workspace = checkout(&[(".gitignore", "customers.csv\n"), ("svc/a", "x")]);
    workspace.file("svc/customers.csv", "secret");
    fs::rename(workspace.join(".git"), workspace.join("elsewhere")).unwrap();
    let mut options = workspace.options();
    options.dir.push("svc");
    for (content, why) in [
        ("gitdir: /host/x/.git/worktrees/y\n", "no such directory"),
        ("gitdir: C:/x/.git\n", "no such directory"),
        ("gitdir: svc\n", "no HEAD"),
        ("\u{feff}gitdir: elsewhere\n", "byte order mark"),
        ("", "gitdir: PATH"),
    ] {
        workspace.file(".git", content);
        let error = try_pack(&options).unwrap_err();
        assert!(matches!(error, Error::Lost { .. }), "{error:?}");
        let text = error.to_string();
        assert!(text.contains("/.git: ") && text.contains(why), "{text}");
    }
    workspace.file(".git", "gitdir: elsewhere\n");
    assert_eq!(pack(&options).files, 1);
    for part in ["objects", "refs", "HEAD"] {
        let (there, gone) = (
            workspace.join("elsewhere").join(part),
            workspace.join("gone"),
        );
        fs::rename(&there, &gone).unwrap();
        let text = try_pack(&options).unwrap_err().to_string();
        assert!(text.contains(&format!("no {part} in it")), "{text}");
        fs::rename(&gone, &there).unwrap();
    }
}

#[test]
fn a_submodule_that_is_lost_is_an_error_and_what_is_vendored_is_told() {
    let library = checkout(&[("lib.c", "x")]);
    let workspace = checkout(&[("main.c", "x")]);
    let url = library.path().to_str().unwrap();
    workspace.git(&["submodule", "--quiet", "add", url, "lib"]);
    commit(&workspace);
    workspace.file("lib/.git", "gitdir: ../gone\n");
    match try_pack(&workspace.options()) {
        Err(Error::Unreadable(list)) => assert_eq!(list[0].path, "lib/.git"),
        other => panic!("{other:?}"),
    }
    workspace.git(&["update-index", "--force-remove", "lib"]);
    let archive = pack(&workspace.options());
    assert!(archive.warnings[0].starts_with("lib/.git leads to no repository"));
    assert_eq!(archive.files, 3);
}
