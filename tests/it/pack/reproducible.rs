//! The same content gives the same bytes, whatever else differs.

use std::ffi::OsStr;
use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::Path;
use std::time::{Duration, SystemTime};

use launchway::source::{Compression, pack};

use super::support::{Workspace, git};

/// The digests of the golden workspace: of the archive before compression, and of the archive at each level. The first
/// changes only if the format does, which is a change for every user; the others may change with zlib-rs too. Either is for
/// the changelog.
const TAR: &str = "19be0fe7c22567d79a5b0294db0c4f418f6d547eee6b36fd439b7708dab36047";
const LEVELS: [(Compression, &str); 3] = [
    (
        Compression::Fast,
        "6ff2f4cec651a6e962aa62a57b02b8ea404094cafec14ac23cdb1867ef0638f0",
    ),
    (
        Compression::Balanced,
        "230edd7bdbdc31e5a62e0d753fa7ab9888e8d03e864db1dea8a66912333ff79c",
    ),
    (
        Compression::Small,
        "f7c8873447e28bd624bf79e610d6d2dbf11874e744e9de61eafd2bc98b6bbfc6",
    ),
];

/// What a golden file holds: text that is not too regular, of any length.
fn text(length: usize) -> String {
    let words = [
        "stage", "release", "promote", "build", "verify", "\n", " ", "0123", "{", "}",
    ];
    let mut state = 7_u64;
    let mut text = String::with_capacity(length + 8);
    while text.len() < length {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        text.push_str(words[usize::try_from(state >> 40).unwrap() % words.len()]);
    }
    text.truncate(length);
    text
}

/// Makes the golden tree, in the given order of its files.
fn golden(root: &Path, reversed: bool) {
    let mut files: Vec<(Vec<u8>, usize)> = vec![
        (b"Procfile".to_vec(), 20),
        (b".env.example".to_vec(), 5),
        (b"bin/run".to_vec(), 33),
        (b"empty".to_vec(), 0),
        (b"exact".to_vec(), 512),
        (b"a/b/c/d".to_vec(), 1),
        (b"a.txt".to_vec(), 3),
        (b"a-txt".to_vec(), 3),
        (b"large".to_vec(), 3_000_000),
        (b"not\xffutf8".to_vec(), 9),
        ("n".repeat(200).into_bytes(), 10),
        (
            format!("{}/{}", "p".repeat(120), "q".repeat(90)).into_bytes(),
            11,
        ),
        (b"\xc3\xa4/\xc3\xb6".to_vec(), 12),
        (b"A".to_vec(), 1),
        (b"_".to_vec(), 1),
        (b"ignored.log".to_vec(), 1),
    ];
    if reversed {
        files.reverse();
    }
    for (path, length) in files {
        let file = root.join(OsStr::from_bytes(&path));
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        fs::write(&file, text(length)).unwrap();
    }
    fs::write(root.join(".gitignore"), "*.log\n").unwrap();
    fs::set_permissions(root.join("bin/run"), fs::Permissions::from_mode(0o755)).unwrap();
    symlink("../a.txt", root.join("bin/link")).unwrap();
}

#[test]
fn the_golden_workspace_has_its_digests() {
    let workspace = Workspace::new();
    golden(workspace.path(), false);
    let mut options = workspace.options();
    for (compression, expected) in LEVELS {
        options.compression = compression;
        let archive = pack(&options, &|| false).unwrap();
        assert_eq!(archive.tar_sha256, TAR, "the archive before compression");
        assert_eq!(archive.sha256, expected, "{compression:?}");
        assert_eq!(archive.identity.version, format!("sha256-{}", &TAR[..12]));
    }
}

#[test]
fn times_modes_order_place_and_checkout_do_not_matter() {
    let first = Workspace::new();
    golden(first.path(), false);
    let second = Workspace::new();
    let elsewhere = second.join("a/rather/long/way/down");
    fs::create_dir_all(&elsewhere).unwrap();
    golden(&elsewhere, true);
    for (file, mode) in [
        ("Procfile", 0o600),
        ("a.txt", 0o666),
        ("bin/run", 0o700),
        ("a", 0o711),
    ] {
        fs::set_permissions(elsewhere.join(file), fs::Permissions::from_mode(mode)).unwrap();
    }
    let long_ago = SystemTime::UNIX_EPOCH + Duration::from_secs(1_000_000);
    fs::File::open(elsewhere.join("large"))
        .unwrap()
        .set_modified(long_ago)
        .unwrap();
    // Whoever runs this may not be allowed to; then it is one difference less.
    let _ = std::os::unix::fs::chown(elsewhere.join("a.txt"), Some(1234), Some(1234));
    git(&elsewhere, &["init", "-q"]);
    git(&elsewhere, &["add", "a.txt"]);
    fs::create_dir(elsewhere.join("empty-directory")).unwrap();

    let expected = pack(&first.options(), &|| false).unwrap();
    let found = pack(&launchway::source::Options::new(elsewhere), &|| false).unwrap();
    assert_eq!(found.tar_sha256, expected.tar_sha256);
    assert_eq!(found.sha256, expected.sha256);
}

#[test]
fn a_content_a_name_a_mode_and_a_target_do_matter() {
    let changes: [fn(&Path); 4] = [
        |root| fs::write(root.join("a.txt"), "abd").unwrap(),
        |root| fs::rename(root.join("a.txt"), root.join("b.txt")).unwrap(),
        |root| fs::set_permissions(root.join("a.txt"), fs::Permissions::from_mode(0o744)).unwrap(),
        |root| {
            fs::remove_file(root.join("link")).unwrap();
            symlink("./a.txt", root.join("link")).unwrap();
        },
    ];
    let mut seen = std::collections::HashSet::new();
    let make = || {
        let workspace = Workspace::with(&[("a.txt", "abc")]);
        symlink("a.txt", workspace.join("link")).unwrap();
        workspace
    };
    seen.insert(
        pack(&make().options(), &|| false)
            .unwrap()
            .tar_sha256
            .clone(),
    );
    for change in changes {
        let workspace = make();
        change(workspace.path());
        assert!(
            seen.insert(
                pack(&workspace.options(), &|| false)
                    .unwrap()
                    .tar_sha256
                    .clone()
            )
        );
    }
}

#[test]
fn a_clean_checkout_is_called_by_its_commit_and_others_by_their_content() {
    let workspace = Workspace::with(&[("a", "x"), ("sub/b", "x"), (".gitignore", "*.log\n")]);
    workspace.git(&["init", "-q"]);
    workspace.git(&["add", "-A"]);
    workspace.git(&["commit", "-q", "-m", "x"]);
    let head = workspace.git(&["rev-parse", "HEAD"]).trim().to_owned();
    workspace.file("ignored.log", "x");
    let identity = |options| pack(&options, &|| false).unwrap().identity.clone();

    let clean = identity(workspace.options());
    assert_eq!(
        (clean.version.as_str(), clean.dirty),
        (head.as_str(), Some(false))
    );
    let mut part = workspace.options();
    part.dir.push("sub");
    let part = identity(part);
    assert!(part.version.starts_with(&format!("{head}-")) && part.dirty == Some(false));

    workspace.file("new", "x");
    let dirty = identity(workspace.options());
    assert_eq!(
        (dirty.commit.as_deref(), dirty.dirty),
        (Some(head.as_str()), Some(true))
    );
    assert!(dirty.version.starts_with(&format!("{head}-")));
    workspace.file("new", "y");
    assert_ne!(identity(workspace.options()).version, dirty.version);
}

#[test]
fn what_is_packed_and_not_in_the_commit_is_in_the_version() {
    let workspace = Workspace::with(&[
        ("a", "x"),
        (".gitignore", "dist/\n"),
        (".launchwayignore", "!dist/\n/notes\n"),
    ]);
    workspace.git(&["init", "-q"]);
    workspace.git(&["add", "-A"]);
    workspace.git(&["commit", "-q", "-m", "x"]);
    let head = workspace.git(&["rev-parse", "HEAD"]).trim().to_owned();
    let version = || {
        pack(&workspace.options(), &|| false)
            .unwrap()
            .identity
            .version
            .clone()
    };
    workspace.file("notes", "not packed");
    assert_eq!(version(), head);
    workspace.file("dist/app.js", "built");
    let built = version();
    assert!(built.starts_with(&format!("{head}-")), "{built}");
    workspace.file("dist/app.js", "built otherwise");
    assert_ne!(version(), built);
}

#[test]
fn cancelling_ends_it_at_once() {
    let workspace = Workspace::with(&[("large", &"x".repeat(5_000_000)), ("other", "x")]);
    let cancelled = pack(&workspace.options(), &|| true);
    assert!(cancelled.is_err_and(|error| error.is_cancelled()));
}
