//! What people are told of a workspace, beside the archive of it.

use std::fs::File;

use launchway::source::{Options, Reason, explain, survey};

use super::command::{pack as launchway_pack, text};
use super::support::{Workspace, pack, paths};
use crate::support::binary;

/// A checkout with a commit of these files.
fn committed(files: &[(&str, &str)]) -> Workspace {
    let workspace = Workspace::with(files);
    workspace.git(&["init", "-q"]);
    workspace.git(&["add", "-f", "-A"]);
    workspace.git(&["commit", "-q", "-m", "x"]);
    workspace
}

fn head(workspace: &Workspace) -> String {
    workspace.git(&["rev-parse", "HEAD"]).trim().to_owned()
}

/// The warnings that have this in them.
fn warnings(options: &Options, what: &str) -> Vec<String> {
    let mut found = pack(options).facts.warnings;
    found.retain(|warning| warning.contains(what));
    found
}

#[test]
fn what_other_version_control_systems_keep_is_left_out_and_said_once() {
    let workspace = committed(&[("a", "x"), ("lib/b", "x")]);
    for path in [
        ".hg/store/x",
        ".svn/wc.db",
        "lib/.svn/entries",
        ".bzr/x",
        "_darcs/x",
        ".jj/repo/x",
        "lib/CVS/Root",
        "lib/CVS/Entries",
    ] {
        workspace.file(path, "x");
    }
    let mut options = workspace.options();
    options.include = vec!["**".into()];
    assert_eq!(paths(&options), ["a", "lib/b"]);
    let told = "the files of other version control systems are left out: \
                .bzr/, .hg/, .jj/, .svn/, _darcs/, lib/.svn/, lib/CVS/";
    assert_eq!(warnings(&options, "version control"), [told]);
    // Nothing of the commit is left out.
    assert_eq!(pack(&options).identity.version, head(&workspace));
    let why = explain(&options, ".hg/store/x".as_ref()).unwrap();
    assert_eq!((why.packed, why.reason), (false, Reason::OtherRepository));
}

#[test]
fn a_directory_of_such_a_name_that_is_the_apps_own_is_packed() {
    let files = [("CVS/anna.pdf", "x"), (".svn/entries", "x")];
    let workspace = committed(&files);
    workspace
        .file("more/CVS/otto.pdf", "x")
        .file(".gitignore", "more\n");
    workspace.git(&["add", ".gitignore"]);
    workspace.git(&["commit", "-q", "-m", "y"]);
    let mut options = workspace.options();
    assert_eq!(pack(&options).identity.version, head(&workspace));
    options.include = vec!["more/".into()];
    let expected = [
        ".gitignore",
        ".svn/entries",
        "CVS/anna.pdf",
        "more/CVS/otto.pdf",
    ];
    assert_eq!(paths(&options), expected);
    assert!(warnings(&options, "version control").is_empty());
}

#[test]
fn rules_that_do_nothing_are_told_with_their_place() {
    let utf16: Vec<u8> = "\u{feff}*.log\n"
        .encode_utf16()
        .flat_map(u16::to_le_bytes)
        .collect();
    let workspace = Workspace::with(&[
        ("a", "x"),
        ("x.log", "x"),
        (".gitignore", "*.tmp\n./x.log\n[x\n"),
        (".launchwayignore", "x.log\ra\r"),
        ("sub/b.log", "x"),
    ]);
    std::fs::write(workspace.join("sub/.gitignore"), utf16).unwrap();
    let archive = pack(&workspace.options());
    let told: Vec<&str> = archive
        .warnings
        .iter()
        .map(|warning| warning.split(&[',', ';'][..]).next().unwrap())
        .collect();
    let expected = [
        "`./x.log` (.gitignore:2) can never match: no path has a part `.` or `..`: leave `./` away",
        "`[x` (.gitignore:3) can never match: there is no `]` to its `[`",
        ".launchwayignore:1: the line has carriage returns in it",
        "sub/.gitignore:1: the file is in UTF-16",
    ];
    assert_eq!(told, expected);
    // They are told, and read as git reads them.
    let packed = workspace.packed();
    assert!(packed.iter().any(|path| path == "x.log"), "{packed:?}");
    assert!(packed.iter().any(|path| path == "sub/b.log"), "{packed:?}");
}

#[test]
fn what_a_sparse_checkout_leaves_out_is_told() {
    let files = [
        ("a", "x"),
        ("docs/b", "x"),
        ("docs/c", "x"),
        ("web/d", "x"),
        ("web/e/f", "x"),
    ];
    let leaves_out = |workspace: &Workspace, options: &Options, what: Option<&str>| {
        let told = warnings(options, "sparse checkout");
        let archive = pack(options);
        let version = &archive.identity.version;
        match what {
            Some(what) => {
                assert!(told[0].contains(&format!("tracks: {what} (")), "{told:?}");
                assert!(version.starts_with(&format!("{}-", head(workspace))));
            }
            None => assert!(told.is_empty(), "{told:?}"),
        }
    };
    for mode in ["--no-sparse-index", "--sparse-index"] {
        let workspace = committed(&files);
        let options = workspace.options();
        leaves_out(&workspace, &options, None);
        workspace.git(&["sparse-checkout", "set", "--cone", mode, "web/e"]);
        leaves_out(&workspace, &options, Some("docs/"));
        let mut without_docs = workspace.options();
        without_docs.exclude = vec!["docs".into()];
        leaves_out(&workspace, &without_docs, None);
        leaves_out(&workspace, &Options::new(workspace.join("web")), None);
    }
    let workspace = committed(&files);
    workspace.git(&[
        "sparse-checkout",
        "set",
        "--no-cone",
        "/*",
        "!/web/d",
        "!docs",
    ]);
    leaves_out(&workspace, &workspace.options(), Some("docs/, web/d"));
}

#[test]
fn a_submodule_that_is_missing_is_told_at_any_depth() {
    let nested = committed(&[("a", "x")]);
    let middle = committed(&[("b", "x")]);
    let outer = committed(&[("c", "x")]);
    let add = |to: &Workspace, of: &Workspace, name: &str| {
        let url = of.path().display().to_string();
        to.git(&["submodule", "add", "-q", &url, name]);
        to.git(&["commit", "-q", "-m", "y"]);
    };
    add(&middle, &nested, "nested");
    add(&outer, &middle, "sub");
    outer.git(&["submodule", "update", "-q", "--init", "--recursive"]);
    assert!(warnings(&outer.options(), "submodule").is_empty());
    assert_eq!(pack(&outer.options()).identity.version, head(&outer));
    std::fs::remove_dir_all(outer.join("sub/nested")).unwrap();
    let told = warnings(&outer.options(), "submodule");
    assert_eq!(told, ["submodule sub/nested/ is missing"]);
}

#[cfg(unix)]
#[test]
fn the_file_that_the_output_goes_to_is_no_part_of_the_archive() {
    let workspace = committed(&[("a", "x"), ("log", "")]);
    let run = |out: &str, err: &str, arguments: &[&str]| {
        let file = |name: &str| File::create(workspace.join(name)).unwrap();
        let done = binary()
            .current_dir(workspace.path())
            .arg("pack")
            .args(arguments)
            .stdout(file(out))
            .stderr(file(err))
            .status()
            .unwrap();
        assert!(done.success());
        std::fs::read_to_string(workspace.join(err)).unwrap()
    };
    let head = head(&workspace);
    let said = run("out.txt", "err.txt", &["-o", "x.tgz"]);
    assert!(said.contains("packed 2 files"), "{said}");
    assert!(said.contains(&format!("version {head}\n")), "{said}");
    for name in ["out.txt", "err.txt", "x.tgz"] {
        std::fs::remove_file(workspace.join(name)).unwrap();
    }
    // One that git tracks is left out, too, and then the archive is not the commit.
    let said = run("/dev/null", "log", &["-o", "x.tgz"]);
    assert!(said.contains("packed 1 file"), "{said}");
    assert!(said.contains(&format!("version {head}-")), "{said}");
}

#[test]
fn a_list_has_what_is_in_and_with_v_what_is_out_and_why() {
    let workspace = Workspace::with(&[
        (".gitignore", "# x\n*.log\n"),
        ("a", "x"),
        ("a.log", "x"),
        ("node/.git/config", "x"),
    ]);
    let list = |arguments: &[&str]| text(&launchway_pack(&workspace, arguments).stdout);
    let packed = "0644           10 .gitignore\n0644            1 a\n";
    assert_eq!(list(&["--list"]), packed);
    for verbose in ["-v", "-vv"] {
        let all = list(&["--list", verbose]);
        assert!(all.starts_with(packed), "{all}");
        assert!(
            all.contains(" - a.log  (left out: ignored by `*.log` (.gitignore:2))\n"),
            "{all}"
        );
        assert!(all.contains("node/.git  (left out: "), "{all}");
    }
    assert_eq!(survey(&workspace.options()).unwrap().left_out.len(), 2);
}
