//! A `source.dir` that git is told not to see.

use super::command::{pack, text};
use super::support::Workspace;

/// A checkout whose `deploy.yaml` deploys `dist`, with these files in git and, after the commit, those of a build.
fn built(tracked: &[(&str, &str)], source: &str, output: &[&str]) -> Workspace {
    let workspace = Workspace::with(tracked);
    let config = format!(
        "version: 1\nplatform: heroku\nsource: {source}\nstages: [{{stage: s, app: shop}}]\n"
    );
    workspace.file("deploy.yaml", &config);
    workspace.git(&["init", "-q"]);
    workspace.git(&["add", "-A"]);
    workspace.git(&["commit", "-q", "-m", "x"]);
    for path in output {
        workspace.file(path, "x");
    }
    workspace
}

const OUTPUT: [&str; 4] = [
    "dist/index.html",
    "dist/app.js",
    "dist/assets/a.css",
    "dist/z",
];

#[test]
fn a_named_directory_that_is_nearly_all_ignored_is_refused() {
    let keep = ("dist/.gitkeep", "");
    for (tracked, rule) in [
        (
            &[(".gitignore", "dist/*\n!dist/.gitkeep\n"), keep][..],
            "`dist/*` (../.gitignore:1)",
        ),
        (
            &[("dist/.gitignore", "# built\n*\n!.gitignore\n")],
            "`*` (.gitignore:2)",
        ),
        (
            &[
                (".gitignore", "dist/**\n!dist/**/\n!dist/**/.gitkeep\n"),
                keep,
            ],
            "`dist/**` (../.gitignore:1)",
        ),
    ] {
        let workspace = built(tracked, "{dir: dist}", &OUTPUT);
        let refused = pack(&workspace, &["-o", "x.tgz"]);
        let said = text(&refused.stderr);
        assert_eq!(refused.status.code(), Some(66), "{rule}: {said}");
        let why = format!("{rule} leaves out app.js, assets, index.html and 1 more");
        assert!(said.contains(&why), "{said}");
        assert!(said.contains("source.include"), "{said}");
        assert!(!workspace.join("x.tgz").exists());
        // Who looks for the reason gets the list.
        let list = pack(&workspace, &["--list", "-v"]);
        assert!(list.status.success());
        assert!(text(&list.stderr).contains(&why));
        assert!(text(&list.stdout).contains("app.js  (left out: ignored by "));
    }
}

#[test]
fn a_directory_that_is_ignored_itself_and_of_which_git_tracks_a_placeholder_is_refused() {
    let workspace = built(&[], "{dir: dist}", &[]);
    workspace
        .file(".gitignore", "dist/\n")
        .file("dist/.gitkeep", "");
    workspace.git(&["add", "-f", "dist/.gitkeep"]);
    workspace.file("dist/app.js", "x");
    let refused = pack(&workspace, &["-o", "x.tgz"]);
    let said = text(&refused.stderr);
    assert_eq!(refused.status.code(), Some(66), "{said}");
    assert!(said.contains("`dist/` (../.gitignore:1)"), "{said}");
}

#[test]
fn include_takes_the_output_in() {
    let tracked = [
        (".gitignore", "dist/*\n!dist/.gitkeep\n"),
        ("dist/.gitkeep", ""),
    ];
    let workspace = built(&tracked, "{dir: dist, include: ['**']}", &OUTPUT);
    let packed = pack(&workspace, &["-o", "x.tgz"]);
    let said = text(&packed.stderr);
    assert!(packed.status.success(), "{said}");
    assert!(said.contains("packed 5 files"), "{said}");
    assert!(!said.contains("warning"), "{said}");
}

#[test]
fn ordinary_directories_are_packed_whatever_is_ignored_in_them() {
    let app = ("dist/main.py", "x");
    for tracked in [
        &[(".gitignore", "*.log\nnode_modules/\n"), app][..],
        // A list of what is kept.
        &[("dist/.gitignore", "/*\n!/main.py\n!/.gitignore\n"), app],
        &[
            ("dist/.gitignore", "*\n!*/\n!*.py\n"),
            ("dist/web/views.py", "x"),
        ],
        // Ignored as a whole with nothing tracked: a build's output, named on purpose.
        &[(".gitignore", "dist/\n")],
    ] {
        let output = [
            "dist/app.css",
            "dist/debug.log",
            "dist/node_modules/a/b",
            "dist/z",
        ];
        let workspace = built(tracked, "{dir: dist}", &output);
        let packed = pack(&workspace, &["-o", "x.tgz"]);
        assert!(packed.status.success(), "{}", text(&packed.stderr));
    }
    // The directory of deploy.yaml is nobody's output.
    let workspace = built(&[(".gitignore", "*.py\n")], "{dir: .}", &["main.py"]);
    let packed = pack(&workspace, &["-o", "x.tgz"]);
    assert!(packed.status.success(), "{}", text(&packed.stderr));
}
