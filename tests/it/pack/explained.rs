//! Why one path is in the archive or not: about links on the way, `..`, and what is elsewhere.

use std::os::unix::fs::symlink;

use launchway::source::{Error, Reason, explain};

use super::command::{pack as launchway_pack, text};
use super::support::{Workspace, pack};

#[test]
fn a_path_is_explained_as_it_is_in_the_archive_or_refused() {
    let workspace = Workspace::with(&[
        (".gitignore", "*.log\n"),
        ("a.log", "x"),
        ("dir/b", "x"),
        ("dir/c.log", "x"),
    ]);
    symlink("dir", workspace.join("link")).unwrap();
    symlink(".", workspace.join("dir/here")).unwrap();
    let outside = tempfile::tempdir().unwrap();
    symlink(workspace.path(), outside.path().join("shop")).unwrap();
    let options = workspace.options();
    let behind = |path: &str| Some(Reason::Behind(path.into()));
    let absolute = |path: &str| workspace.join(path).display().to_string();
    let shop = outside.path().join("shop/a.log").display().to_string();
    for (asked, path, packed, reason) in [
        ("dir/b", "dir/b", true, None),
        ("./dir/../a.log", "a.log", false, None),
        ("dir/../link", "link", true, None),
        (".", ".", true, None),
        ("dir/..", ".", true, None),
        (&absolute("dir/c.log"), "dir/c.log", false, None),
        (&absolute(""), ".", true, None),
        (&absolute("../x/.."), "", false, None),
        (&shop, "a.log", false, None),
        // The archive has the link, and nothing behind it.
        ("link/b", "link/b", false, behind("link")),
        ("link/../a.log", "link/../a.log", false, behind("link")),
        ("dir/here/b", "dir/here/b", false, behind("dir/here")),
        ("a.log/x", "a.log/x", false, behind("a.log")),
        ("/", "", false, None),
        ("..", "", false, None),
        ("dir/../../x", "", false, None),
        ("/etc/passwd", "", false, None),
    ] {
        match explain(&options, asked.as_ref()) {
            Ok(found) => {
                assert_eq!(
                    (found.path.as_str(), found.packed),
                    (path, packed),
                    "{asked}"
                );
                if let Some(reason) = reason {
                    assert_eq!(found.reason, reason, "{asked}");
                }
            }
            Err(Error::Outside { .. }) => assert_eq!(path, "", "{asked}"),
            Err(other) => panic!("{asked}: {other}"),
        }
    }
    let refused = launchway_pack(&workspace, &["--explain", "/"]);
    assert_eq!(refused.status.code(), Some(2), "{}", text(&refused.stderr));
    assert!(text(&refused.stderr).contains("/ is not in the workspace"));
    let through = launchway_pack(&workspace, &["--explain", "link/b"]);
    assert!(text(&through.stdout).starts_with("out: link/b: link is not a directory"));
}

#[test]
fn a_link_through_another_link_to_what_is_packed_is_no_warning() {
    let workspace = Workspace::with(&[
        (".gitignore", "*.log\n"),
        ("dir/b", "x"),
        ("dir/c.log", "x"),
    ]);
    symlink("dir", workspace.join("link")).unwrap();
    symlink("link/b", workspace.join("to-b")).unwrap();
    symlink("link/c.log", workspace.join("to-c")).unwrap();
    let told = pack(&workspace.options()).facts.warnings;
    let expected = "1 symbolic links to files that are not packed: to-c -> link/c.log";
    assert_eq!(told, [expected]);
}
