//! What goes in, what stays out, and why.

use launchway::source::{Error, Options, Reason, Secrets, explain, survey};

use super::support::{Workspace, entries, pack, paths, try_pack};

#[test]
fn ignore_files_are_obeyed_outside_a_checkout_too() {
    let workspace = Workspace::with(&[
        (".gitignore", "*.log\n!keep.log\n/build/\nnode_modules\n"),
        (".profile", "x"),
        ("a.log", "x"),
        ("keep.log", "x"),
        ("build/out", "x"),
        ("src/build/in", "x"),
        ("src/.gitignore", "!a.log\ngenerated.*\n"),
        ("src/a.log", "x"),
        ("src/generated.rs", "x"),
        ("web/node_modules/x/index.js", "x"),
        ("empty/", ""),
    ]);
    let expected = [
        ".gitignore",
        ".profile",
        "keep.log",
        "src/.gitignore",
        "src/a.log",
        "src/build/in",
    ];
    assert_eq!(workspace.packed(), expected);
}

#[test]
fn our_own_ignore_file_and_the_options_come_on_top() {
    let workspace = Workspace::with(&[
        (".gitignore", "dist/\n*.log\n"),
        (".launchwayignore", "docs\n!important.log\n"),
        ("dist/app.js", "x"),
        ("dist/app.js.map", "x"),
        ("docs/index.md", "x"),
        ("important.log", "x"),
        ("other.log", "x"),
        ("art/logo.psd", "x"),
        ("art/logo.png", "x"),
    ]);
    let mut options = workspace.options();
    options.include = vec!["dist/".into(), "!*.map".into()];
    options.exclude = vec!["*.psd".into()];
    let expected = [
        ".gitignore",
        ".launchwayignore",
        "art/logo.png",
        "dist/app.js",
        "important.log",
    ];
    assert_eq!(paths(&options), expected);

    options.include = vec!["art/*.psd".into(), "nothing/here".into()];
    let archive = pack(&options);
    assert!(
        archive
            .warnings
            .iter()
            .any(|warning| warning.contains("`nothing/here`")),
        "{:?}",
        archive.warnings
    );
    assert!(
        entries(&archive)
            .iter()
            .any(|entry| entry.path == b"art/logo.psd")
    );
}

#[test]
fn what_git_tracks_is_in_whatever_is_ignored() {
    let workspace = Workspace::with(&[
        (".gitignore", "vendor/\n*.lock\n"),
        ("vendor/kept/lib.js", "x"),
        ("vendor/other.js", "x"),
        ("tracked.lock", "x"),
        ("untracked.lock", "x"),
    ]);
    workspace.git(&["init", "-q"]);
    workspace.git(&["add", "-f", "vendor/kept/lib.js", "tracked.lock"]);
    assert_eq!(
        workspace.packed(),
        [".gitignore", "tracked.lock", "vendor/kept/lib.js"]
    );

    let mut options = workspace.options();
    options.exclude = vec!["vendor".into()];
    assert_eq!(paths(&options), [".gitignore", "tracked.lock"]);
    options.include = vec!["vendor/kept/".into()];
    assert_eq!(
        paths(&options),
        [".gitignore", "tracked.lock", "vendor/kept/lib.js"]
    );
}

#[test]
fn nothing_of_git_goes_in() {
    let workspace = Workspace::with(&[
        ("a", "x"),
        ("sub/.git", "gitdir: elsewhere\n"),
        ("sub/b", "x"),
        ("other/.GIT/config", "x"),
        ("other/c", "x"),
    ]);
    workspace.git(&["init", "-q"]);
    let mut options = workspace.options();
    options.include = vec!["**".into()];
    assert_eq!(paths(&options), ["a", "other/c", "sub/b"]);
}

#[test]
fn a_part_of_a_checkout_obeys_the_rules_above_it() {
    let workspace = Workspace::with(&[
        (".gitignore", "*.log\n/api/local\n/dist\n"),
        ("api/.gitignore", "tmp\n"),
        ("api/main.rs", "x"),
        ("api/local", "x"),
        ("api/debug.log", "x"),
        ("api/tmp/x", "x"),
        ("dist/app.js", "x"),
        ("dist/app.log", "x"),
        ("web/index.html", "x"),
    ]);
    workspace.git(&["init", "-q"]);
    workspace
        .file(".git/info/exclude", "secret\n")
        .file("api/secret", "x");
    assert_eq!(
        paths(&Options::new(workspace.join("api"))),
        [".gitignore", "main.rs"]
    );
    // A directory that is ignored as a whole was named on purpose.
    assert_eq!(
        paths(&Options::new(workspace.join("dist"))),
        ["app.js", "app.log"]
    );
}

#[test]
fn a_workspace_that_is_not_there_or_empty_is_refused() {
    let workspace = Workspace::with(&[("file", "x"), ("empty/.gitignore", "*\n")]);
    let missing = try_pack(&Options::new(workspace.join("nowhere")));
    assert!(matches!(missing, Err(Error::Missing(_))));
    let file = try_pack(&Options::new(workspace.join("file")));
    assert!(matches!(file, Err(Error::NotADirectory(_))));
    let empty = try_pack(&Options::new(workspace.join("empty")));
    assert!(matches!(empty, Err(Error::Empty(_))));
}

#[test]
fn secrets_are_told_and_can_be_refused() {
    let workspace = Workspace::with(&[
        (".env", "x"),
        (".env.example", "x"),
        ("server.pem", "-----BEGIN PRIVATE KEY-----"),
        ("ca.pem", "-----BEGIN CERTIFICATE-----"),
        ("tracked/.netrc", "x"),
    ]);
    workspace.git(&["init", "-q"]);
    workspace.git(&["add", "tracked"]);
    let mut options = workspace.options();
    let suspicious: Vec<_> = survey(&options)
        .unwrap()
        .suspicious
        .into_iter()
        .map(|found| found.path)
        .collect();
    assert_eq!(suspicious, [".env", "server.pem"]);
    assert_eq!(pack(&options).warnings.len(), 2);
    options.secrets = Secrets::Deny;
    assert!(matches!(try_pack(&options), Err(Error::Secrets(found)) if found.len() == 2));
}

#[test]
fn every_entry_can_be_explained() {
    let workspace = Workspace::with(&[
        (".gitignore", "# generated\n*.log\n\nout/\n"),
        ("a.log", "x"),
        ("out/deep/b", "x"),
        ("c", "x"),
    ]);
    let options = workspace.options();
    let explained = |path: &str| explain(&options, path.as_ref()).unwrap();
    assert!(explained("c").packed);
    let log = explained("a.log");
    let Reason::GitIgnore(rule) = log.reason else {
        panic!("{log:?}");
    };
    assert_eq!(
        (&*rule.file, rule.line, rule.pattern.as_str()),
        (".gitignore", 2, "*.log")
    );
    let deep = explained("out/deep/b");
    assert_eq!((deep.path.as_str(), deep.packed), ("out", false));
    assert!(matches!(
        explained(".git/config").reason,
        Reason::Repository
    ));
    assert!(!explained("not/there").exists);
}

#[test]
fn too_large_an_archive_is_refused_with_its_largest_directories() {
    let workspace = Workspace::with(&[
        ("small/a", "x"),
        ("large/deep/b", &"0123456789".repeat(10_000)),
        ("c", "x"),
    ]);
    let mut options = workspace.options();
    options.max_size = 100;
    match try_pack(&options) {
        Err(Error::TooBig { limit, largest }) => {
            let largest: Vec<_> = largest
                .iter()
                .map(|found| (found.path.as_str(), found.bytes))
                .collect();
            let expected = [("large/", 100_000), ("large/deep/", 100_000), ("small/", 1)];
            assert_eq!((limit, largest.as_slice()), (100, &expected[..]));
        }
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_full_disk_is_the_disks_fault_and_not_the_workspaces() {
    let Ok(mut full) = std::fs::OpenOptions::new().write(true).open("/dev/full") else {
        eprintln!("there is no /dev/full: not tried");
        return;
    };
    let workspace = Workspace::with(&[("a", "x")]);
    let failed = launchway::source::write(&workspace.options(), &mut full, &|| false);
    let error = failed.unwrap_err();
    assert!(error.is_local_io(), "{error}");
    assert!(
        !try_pack(&Options::new("/no/such/place"))
            .unwrap_err()
            .is_local_io()
    );
}

#[test]
fn the_archive_does_not_go_into_itself() {
    let workspace = Workspace::with(&[("a", "x"), ("x.tgz", "of an earlier run")]);
    let mut options = workspace.options();
    options.own = vec![workspace.join("x.tgz")];
    assert_eq!(paths(&options), ["a"]);
}

#[test]
fn a_pattern_that_can_match_nothing_is_told() {
    let workspace = Workspace::with(&[("a", "x")]);
    let mut options = workspace.options();
    options.exclude = vec!["[abc".into(), "# a comment".into(), "b".into()];
    let archive = pack(&options);
    assert_eq!(archive.warnings.len(), 2, "{:?}", archive.warnings);
    assert!(archive.warnings[0].contains("`[abc` (source.exclude:1)"));
}
