//! Entries that are not plain files, and files that do not hold still.

use std::ffi::OsStr;
use std::fs;
use std::io::Read as _;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::os::unix::net::UnixListener;
use std::process::Command;

use launchway::source::{self, Error, Symlinks};

use super::support::{Workspace, entries, git, pack, try_pack};

fn warned(archive: &source::Archive, what: &str) -> bool {
    archive
        .warnings
        .iter()
        .any(|warning| warning.contains(what))
}

#[test]
fn links_stay_links() {
    let workspace = Workspace::with(&[("a/file", "x"), ("b/file", "x")]);
    symlink("file", workspace.join("a/near")).unwrap();
    symlink("../b/file", workspace.join("a/across")).unwrap();
    symlink("a", workspace.join("directory")).unwrap();
    symlink("loop-b", workspace.join("loop-a")).unwrap();
    symlink("loop-a", workspace.join("loop-b")).unwrap();
    symlink("..", workspace.join("a/up")).unwrap();
    let archive = pack(&workspace.options());
    assert_eq!(archive.warnings, Vec::<String>::new());
    let links: Vec<_> = entries(&archive)
        .into_iter()
        .filter_map(|entry| {
            Some((
                String::from_utf8(entry.path).unwrap(),
                String::from_utf8(entry.target?).unwrap(),
            ))
        })
        .collect();
    let links: Vec<_> = links
        .iter()
        .map(|(path, target)| (path.as_str(), target.as_str()))
        .collect();
    let expected = [
        ("a/across", "../b/file"),
        ("a/near", "file"),
        ("a/up", ".."),
        ("directory", "a"),
        ("loop-a", "loop-b"),
        ("loop-b", "loop-a"),
    ];
    assert_eq!(links, expected);
}

#[test]
fn links_to_what_is_left_out_are_told() {
    let workspace = Workspace::with(&[
        (".gitignore", "build/\nlog\n"),
        ("build/deep/out", "x"),
        ("log", "x"),
        ("a", "x"),
    ]);
    for (target, link) in [
        ("build/deep/out", "to-out"),
        ("build", "to-build"),
        ("log", "to-log"),
        ("a", "to-a"),
        ("to-build/deep", "through"),
    ] {
        symlink(target, workspace.join(link)).unwrap();
    }
    let archive = pack(&workspace.options());
    let warning = "4 symbolic links to files that are not packed: through -> to-build/deep, to-build -> build, to-log -> log, to-out -> build/deep/out";
    assert_eq!(archive.warnings, [warning]);
}

#[test]
fn links_that_leave_the_workspace_are_refused_all_at_once_or_kept() {
    let workspace = Workspace::with(&[("a/file", "x")]);
    symlink("/etc/passwd", workspace.join("absolute")).unwrap();
    symlink("../../up", workspace.join("a/up")).unwrap();
    symlink("nowhere", workspace.join("dangling")).unwrap();
    let mut options = workspace.options();
    match try_pack(&options) {
        Err(Error::Escapes(escapes)) => {
            let paths: Vec<_> = escapes.iter().map(|escape| escape.path.as_str()).collect();
            assert_eq!(paths, ["a/up", "absolute"]);
        }
        other => panic!("{other:?}"),
    }
    options.symlinks = Symlinks::Keep;
    let archive = pack(&options);
    assert!(
        warned(&archive, "dangling -> nowhere"),
        "{:?}",
        archive.warnings
    );
    assert_eq!(archive.files, 4);
}

#[test]
fn pipes_and_sockets_are_left_out_with_a_warning() {
    let workspace = Workspace::with(&[("file", "x")]);
    let made = Command::new("mkfifo").arg(workspace.join("pipe")).status();
    let _socket = UnixListener::bind(workspace.join("socket")).unwrap();
    let archive = pack(&workspace.options());
    assert_eq!(archive.files, 1);
    assert!(warned(&archive, "socket"));
    assert!(made.is_err() || warned(&archive, "pipe"));
}

#[test]
fn hard_links_are_files() {
    let workspace = Workspace::with(&[("a", "same")]);
    fs::hard_link(workspace.join("a"), workspace.join("b")).unwrap();
    let found = entries(&pack(&workspace.options()));
    assert!(
        found
            .iter()
            .all(|entry| entry.content == b"same" && entry.target.is_none())
    );
    assert_eq!(found.len(), 2);
}

#[test]
fn names_that_differ_by_case_only_are_told() {
    let workspace = Workspace::with(&[
        ("src/Read.me", "x"),
        ("src/README.md", "x"),
        ("src/readme.MD", "x"),
    ]);
    let archive = pack(&workspace.options());
    assert_eq!(archive.files, 3);
    assert!(warned(&archive, "src/readme.MD"), "{:?}", archive.warnings);
    assert_eq!(archive.warnings.len(), 1);
}

#[test]
fn names_of_any_bytes_are_packed_and_shown_safely() {
    let workspace = Workspace::new();
    fs::write(
        workspace
            .path()
            .join(OsStr::from_bytes(b".env.\x1b[31m\xff")),
        "x",
    )
    .unwrap();
    let archive = pack(&workspace.options());
    assert_eq!(entries(&archive)[0].path, b".env.\x1b[31m\xff");
    assert!(
        warned(&archive, ".env.\\u{1b}[31m\\xff"),
        "{:?}",
        archive.warnings
    );
}

#[test]
fn everything_unreadable_is_listed() {
    if fs::read_dir("/proc/1/fd").is_ok() || fs::read("/etc/shadow").is_ok() {
        // The superuser may read everything: somebody else has to try.
        as_nobody("pack::special::everything_unreadable_is_listed");
        return;
    }
    let workspace = Workspace::with(&[
        ("a", "x"),
        ("b", "x"),
        ("c", "x"),
        ("d/e", "x"),
        ("f/.gitignore", "x"),
    ]);
    for name in ["a", "b", "d", "f/.gitignore"] {
        fs::set_permissions(workspace.join(name), fs::Permissions::from_mode(0o000)).unwrap();
    }
    let result = try_pack(&workspace.options());
    let list = super::command::pack(&workspace, &["--list"]);
    fs::set_permissions(workspace.join("d"), fs::Permissions::from_mode(0o700)).unwrap();
    // A list that lacks something is no success, either.
    let said = String::from_utf8_lossy(&list.stderr);
    assert_eq!(list.status.code(), Some(66), "{said}");
    assert!(
        said.contains("4 entries of the workspace can't be read"),
        "{said}"
    );
    assert!(String::from_utf8_lossy(&list.stdout).contains(" c\n"));
    match result {
        Err(Error::Unreadable(list)) => {
            let mut paths: Vec<_> = list.iter().map(|problem| problem.path.as_str()).collect();
            paths.sort_unstable();
            assert_eq!(paths, ["a", "b", "d", "f/.gitignore"]);
        }
        other => panic!("{other:?}"),
    }
}

/// Runs a test of this program as a user without rights.
fn as_nobody(test: &str) {
    let this = std::env::current_exe().unwrap();
    let run = Command::new("setpriv")
        .args(["--reuid=65534", "--regid=65534", "--clear-groups"])
        .arg(&this)
        .args(["--exact", test])
        .current_dir("/")
        .output();
    match run {
        Ok(output) if output.status.success() => {
            let said = String::from_utf8_lossy(&output.stdout);
            assert!(said.contains("1 passed"), "{said}");
        }
        Ok(output) if !output.stdout.is_empty() => {
            panic!("{}", String::from_utf8_lossy(&output.stdout))
        }
        _ => eprintln!(
            "there is no way to run {} as nobody: not tried",
            this.display()
        ),
    }
}

#[test]
fn a_file_that_grows_shrinks_or_changes_meanwhile_is_an_error() {
    let changes: [(&str, Change); 3] = [
        ("changed its size", |file| {
            fs::OpenOptions::new()
                .append(true)
                .open(file)
                .map(|mut file| std::io::Write::write_all(&mut file, b"more"))
                .unwrap()
                .unwrap();
        }),
        ("", |file| {
            fs::OpenOptions::new()
                .write(true)
                .open(file)
                .unwrap()
                .set_len(10)
                .unwrap();
        }),
        ("changed", |file| {
            let file = fs::OpenOptions::new().write(true).open(file).unwrap();
            file.set_modified(std::time::SystemTime::UNIX_EPOCH)
                .unwrap();
        }),
    ];
    for (how, change) in changes {
        let workspace = Workspace::new();
        // Large enough that it is not read before the other side of the pipeline has begun.
        workspace.file("large", &"x".repeat(20_000_000));
        let mut out = Meddler {
            file: workspace.join("large"),
            writes: 0,
            change: Some(change),
        };
        let result = source::write(&workspace.options(), &mut out, &|| false);
        match result {
            Err(Error::Changed { path, how: found }) => {
                assert_eq!(path, "large");
                assert!(how.is_empty() || found == how, "{found}");
            }
            other => panic!("{how}: {other:?}"),
        }
    }
}

#[test]
fn a_directory_that_is_swapped_for_a_link_meanwhile_smuggles_nothing() {
    use std::sync::atomic::{AtomicUsize, Ordering};
    let mut refused = 0;
    // It is swapped before each of the entries in turn.
    for at in 0..8 {
        let outside = Workspace::with(&[("one", "STOLEN"), ("two", "STOLEN")]);
        let workspace = Workspace::with(&[("a/one", "1"), ("a/two", "2"), ("b", "3")]);
        let asked = AtomicUsize::new(0);
        let swap = || {
            if asked.fetch_add(1, Ordering::Relaxed) == at {
                fs::rename(workspace.join("a"), workspace.join("c")).unwrap();
                symlink(outside.path(), workspace.join("a")).unwrap();
            }
            false
        };
        let mut out = Vec::new();
        let result = source::write(&workspace.options(), &mut out, &swap);
        refused += usize::from(result.is_err());
        let mut plain = String::new();
        // An archive that was given up has no end.
        let _ = flate2::read::GzDecoder::new(&out[..]).read_to_string(&mut plain);
        assert!(!plain.contains("STOLEN"), "{at}: {result:?}");
    }
    assert!(refused >= 2, "it was not swapped in time: {refused}");
}

type Change = fn(&std::path::Path);

/// Changes a file of the workspace when compressed bytes of it arrive: after the gzip header and a block.
struct Meddler {
    file: std::path::PathBuf,
    writes: usize,
    change: Option<Change>,
}

impl std::io::Write for Meddler {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.writes += 1;
        if self.writes == 3
            && let Some(change) = self.change.take()
        {
            change(&self.file);
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

#[test]
fn submodules_are_in_as_checked_out_with_rules_of_their_own() {
    let library = Workspace::with(&[(".gitignore", "*.tmp\n"), ("lib.c", "x"), ("kept.log", "x")]);
    library.git(&["init", "-q"]);
    library.git(&["add", "-A"]);
    library.git(&["commit", "-q", "-m", "x"]);
    let workspace = Workspace::with(&[(".gitignore", "*.log\n"), ("main.c", "x")]);
    workspace.git(&["init", "-q"]);
    let url = library.path().to_str().unwrap();
    workspace.git(&["submodule", "--quiet", "add", url, "libs/here"]);
    workspace.git(&["submodule", "--quiet", "add", url, "libs/empty"]);
    workspace.git(&["submodule", "--quiet", "add", url, "libs/gone"]);
    workspace.git(&["add", "-A"]);
    workspace.git(&["commit", "-q", "-m", "x"]);
    workspace.git(&[
        "submodule",
        "--quiet",
        "deinit",
        "-f",
        "libs/empty",
        "libs/gone",
    ]);
    fs::remove_dir(workspace.join("libs/gone")).unwrap();
    workspace
        .file("libs/here/new.tmp", "x")
        .file("libs/here/new.log", "x");
    let expected = [
        ".gitignore",
        ".gitmodules",
        "libs/here/.gitignore",
        "libs/here/kept.log",
        "libs/here/lib.c",
        "libs/here/new.log",
        "main.c",
    ];
    assert_eq!(workspace.packed(), expected);
    let archive = pack(&workspace.options());
    assert!(
        warned(&archive, "submodule libs/empty/ is empty"),
        "{:?}",
        archive.warnings
    );
    assert!(
        warned(&archive, "submodule libs/gone/ is missing"),
        "{:?}",
        archive.warnings
    );
    assert_eq!(archive.warnings.len(), 2, "{:?}", archive.warnings);
}

#[test]
fn a_repository_inside_that_is_no_submodule_is_packed_and_told() {
    let workspace = Workspace::with(&[
        ("main.c", "x"),
        ("inner/lib.c", "x"),
        ("ignored/lib.c", "x"),
        (".gitignore", "ignored\n"),
    ]);
    workspace.git(&["init", "-q"]);
    for inner in ["inner", "ignored"] {
        git(&workspace.join(inner), &["init", "-q"]);
    }
    let archive = pack(&workspace.options());
    assert_eq!(workspace.packed(), [".gitignore", "inner/lib.c", "main.c"]);
    assert!(warned(&archive, "inner/ is a git repository of its own"));
}

#[test]
fn lfs_pointers_are_told() {
    let pointer = "version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 1\n";
    let workspace = Workspace::with(&[("big.psd", pointer), ("doc.md", "version https://")]);
    let archive = pack(&workspace.options());
    assert!(
        warned(&archive, "git LFS pointers") && warned(&archive, ": big.psd"),
        "{:?}",
        archive.warnings
    );
    assert_eq!(archive.warnings.len(), 1);
}
