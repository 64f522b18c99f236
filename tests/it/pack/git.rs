//! The set of files is git's own: random trees with random ignore files, compared with what git says about them.

use std::collections::BTreeSet;
use std::ffi::OsStr;
use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;
use std::process::Command;

use launchway::source::{Options, survey};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;

/// Names that are easily confused by whoever reads patterns.
const NAMES: &[&[u8]] = &[
    b"a",
    b"b",
    b"ab",
    b"foo",
    b"foobar",
    b"bar",
    b"a.log",
    b"b.log",
    b"A",
    b"#c",
    b"!d",
    b"[a]",
    b"a*",
    b"{a,b}",
    b"b\\c",
    b"t ",
    b" s",
    b"t\t",
    b"-x",
    b"\xc3\xa9",
    b"\xff",
    b".hidden",
    b"n\nl",
];

/// What patterns are made of, next to the names themselves.
const ATOMS: &[&[u8]] = &[
    b"*",
    b"**",
    b"***",
    b"?",
    b"*.log",
    b"*a",
    b"a*",
    b"foo*",
    b"foo**",
    b"**bar",
    b"f**r",
    b"[ab]",
    b"[!a]",
    b"[^a]",
    b"[a-f]*",
    b"[[:alpha:]]",
    b"[[:punct:]]*",
    b"[]a]",
    b"[a",
    b"[\\]]",
    b"\\#c",
    b"\\!d",
    b"\\a",
    b"\\*",
    b"a\\*",
    b"\\[a]",
    b"b\\\\c",
    b"a\\",
    b"t\\ ",
    b"t\\\t",
    b"*\xa9",
    b"",
    b"?**",
    b"[a-f]**",
    b"fo?**",
    b"*o**",
    b"**\\",
    b"a[!x]b",
    b"?[^x]b",
    b"foo[!-z]bar",
];

const BEGINS: &[&[u8]] = &[
    b"", b"", b"", b"/", b"!", b"!", b"!/", b"#", b"\\", b" ", b"!!", b"//",
];

const ENDS: &[&[u8]] = &[
    b"", b"", b"", b"", b"/", b"/", b" ", b"  ", b"\\", b"\r", b"\t", b"//", b"/ ", b"\\/",
];

fn name() -> impl Strategy<Value = Vec<u8>> {
    // Few names more often than the rest, so that rules and files meet.
    prop_oneof![3 => select(&NAMES[..4]), 2 => select(NAMES)].prop_map(<[u8]>::to_vec)
}

fn rule() -> impl Strategy<Value = Vec<u8>> {
    let atom = prop_oneof![2 => name(), 3 => select(ATOMS).prop_map(<[u8]>::to_vec)];
    let begin = select(BEGINS);
    (begin, vec(atom, 1..4), select(ENDS))
        .prop_map(|(begin, atoms, end)| [begin, &atoms.join(&b'/'), end].concat())
}

fn rules() -> impl Strategy<Value = Vec<u8>> {
    let bom = prop_oneof![9 => Just(&b""[..]), 1 => Just(&b"\xef\xbb\xbf"[..])];
    (bom, vec(rule(), 1..6)).prop_map(|(bom, rules)| [bom, &rules.join(&b'\n')].concat())
}

#[derive(Clone, Debug)]
struct Tree {
    /// Files, and whether git tracks each.
    files: Vec<(Vec<Vec<u8>>, bool)>,
    /// Ignore files: beside which file or how far above it, and the rules.
    ignores: Vec<(prop::sample::Index, usize, Vec<u8>)>,
    exclude: Option<Vec<u8>>,
}

fn tree() -> impl Strategy<Value = Tree> {
    let file = (vec(name(), 1..5), prop::bool::weighted(0.2));
    let ignore = (any::<prop::sample::Index>(), 0..4_usize, rules());
    (
        vec(file, 1..25),
        vec(ignore, 1..6),
        prop::option::of(rules()),
    )
        .prop_map(|(files, ignores, exclude)| Tree {
            files,
            ignores,
            exclude,
        })
}

fn path(components: &[Vec<u8>]) -> Vec<u8> {
    components.join(&b'/')
}

fn on_disk(root: &Path, path: &[u8]) -> std::path::PathBuf {
    root.join(OsStr::from_bytes(path))
}

/// Makes the tree's files, as far as their paths do not collide, and gives those that git is to track.
fn make(tree: &Tree, root: &Path) -> Vec<Vec<u8>> {
    let mut tracked = Vec::new();
    for (components, is_tracked) in &tree.files {
        let path = path(components);
        let file = on_disk(root, &path);
        let made = fs::create_dir_all(file.parent().unwrap()).and_then(|()| fs::write(&file, "x"));
        if made.is_ok() && *is_tracked {
            tracked.push(path);
        }
    }
    for (file, depth, rules) in &tree.ignores {
        let (file, _) = file.get(&tree.files);
        let directory = on_disk(
            root,
            &path(&file[..file.len().saturating_sub(1).min(*depth)]),
        );
        if directory.is_dir() {
            fs::write(directory.join(".gitignore"), rules).unwrap();
        }
    }
    tracked
}

/// A repository with nothing in it, which takes git longer to make.
fn make_repository(git: &Path) {
    fs::create_dir_all(git.join("objects")).unwrap();
    fs::create_dir_all(git.join("refs")).unwrap();
    fs::create_dir_all(git.join("info")).unwrap();
    fs::write(git.join("HEAD"), "ref: refs/heads/main\n").unwrap();
    fs::write(
        git.join("config"),
        "[core]\n\trepositoryformatversion = 0\n",
    )
    .unwrap();
}

fn git(root: &Path, git: &Path) -> Command {
    let mut command = Command::new("git");
    command
        .current_dir(root)
        .env("GIT_CONFIG_GLOBAL", "/dev/null")
        .env("GIT_CONFIG_NOSYSTEM", "1")
        .env("GIT_DIR", git)
        .env("GIT_WORK_TREE", root)
        .args(["-c", "core.excludesFile=", "-c", "core.ignoreCase=false"]);
    command
}

fn in_git(root: &Path, repository: &Path) -> BTreeSet<Vec<u8>> {
    let output = git(root, repository)
        .args([
            "ls-files",
            "-z",
            "--cached",
            "--others",
            "--exclude-standard",
        ])
        .output()
        .unwrap();
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    let paths = output
        .stdout
        .split(|&byte| byte == 0)
        .filter(|path| !path.is_empty());
    paths.map(<[u8]>::to_vec).collect()
}

fn in_archive(root: &Path) -> BTreeSet<Vec<u8>> {
    let entries = survey(&Options::new(root)).unwrap().entries;
    entries.into_iter().map(|entry| entry.path).collect()
}

fn readable(paths: &BTreeSet<Vec<u8>>) -> Vec<String> {
    paths
        .iter()
        .map(|path| path.escape_ascii().to_string())
        .collect()
}

fn check(tree: &Tree) -> Result<(), TestCaseError> {
    let dir = tempfile::tempdir().unwrap();
    let root = dir
        .path()
        .join("work")
        .canonicalize()
        .unwrap_or_else(|_| dir.path().join("work"));
    fs::create_dir(&root).unwrap();
    let elsewhere = dir.path().join("elsewhere");
    let tracked = make(tree, &root);

    // Outside of a checkout: git is asked through a repository that the workspace does not know of.
    make_repository(&elsewhere);
    prop_assert_eq!(
        readable(&in_archive(&root)),
        readable(&in_git(&root, &elsewhere)),
        "outside of a checkout"
    );

    let repository = root.join(".git");
    make_repository(&repository);
    if let Some(exclude) = &tree.exclude {
        fs::write(repository.join("info/exclude"), exclude).unwrap();
    }
    if !tracked.is_empty() {
        let mut add = git(&root, &repository);
        add.args(["--literal-pathspecs", "add", "-f", "--"]);
        add.args(tracked.iter().map(|path| OsStr::from_bytes(path)));
        assert!(add.status().unwrap().success());
    }
    prop_assert_eq!(
        readable(&in_archive(&root)),
        readable(&in_git(&root, &repository)),
        "in a checkout"
    );
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig {
        failure_persistence: None,
        ..ProptestConfig::with_cases(std::env::var("PROPTEST_CASES").ok().and_then(|cases| cases.parse().ok()).unwrap_or(100))
    })]

    #[test]
    fn the_set_of_files_is_gits(tree in tree()) {
        check(&tree)?;
    }
}
