//! The shape of the source: dependencies point one way, and no file is too long to be read at one go.
//!
//! A layer is a directory or a file directly under `src`. What a layer may name is in [`TABLE`]; everything in [`BASE`]
//! may be named by all but the sandbox.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test that can't go on ends here"
)]

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

/// The words that every layer shares.
const BASE: [&str; 9] = [
    "env", "exit", "failure", "guard", "journal", "model", "redact", "suggest", "units",
];

/// Each layer, and what it may name beside [`BASE`]: a layer, or one thing of it.
const TABLE: [(&str, &[&str]); 13] = [
    ("ci", &[]),
    ("gitignore", &[]),
    (
        "config",
        &["gitignore", "http::is_loopback", "image::Reference"],
    ),
    ("source", &["gitignore"]),
    ("image", &[]),
    ("http", &[]),
    ("registry", &["http", "image"]),
    ("platform", &["http", "registry"]),
    (
        "run",
        &[
            "ci", "config", "http", "image", "platform", "registry", "source",
        ],
    ),
    ("report", &["ci"]),
    (
        "cli",
        &[
            "report",
            "sandbox::Fault",
            "sandbox::grammar",
            "sandbox::Generation",
        ],
    ),
    (
        "commands",
        &[
            "ci", "cli", "config", "http", "image", "platform", "registry", "report", "run",
            "sandbox", "source",
        ],
    ),
    ("sandbox", &[]),
];

/// The longest that a file may be.
const MOST_LINES: usize = 400;

/// Every file of Rust under a directory.
fn files(under: &str) -> Vec<PathBuf> {
    fn walk(directory: &Path, found: &mut Vec<PathBuf>) {
        for entry in fs::read_dir(directory).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                walk(&path, found);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                found.push(path);
            }
        }
    }
    let mut found = Vec::new();
    walk(Path::new(under), &mut found);
    assert!(
        found.len() > 50,
        "{under}: the sources are not where they were"
    );
    found
}

/// The layer of a file.
fn layer(file: &Path) -> String {
    let first = file.strip_prefix("src").unwrap().iter().next().unwrap();
    first.to_str().unwrap().trim_end_matches(".rs").to_owned()
}

/// The code of a file, without comments and without the tests at its end.
fn code(text: &str) -> String {
    let text = text.split("\n#[cfg(test)]\nmod tests {").next().unwrap();
    let lines = text.lines().map(|line| match line.trim_start() {
        comment if comment.starts_with("//") => "",
        _ => line,
    });
    lines.collect::<Vec<_>>().join("\n")
}

/// The paths behind `crate::`, with groups spread out: `use crate::{a::{b, c}, d}` is `a::b`, `a::c` and `d`.
fn paths(code: &str) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    let mut rest = code;
    while let Some((_, behind)) = rest.split_once("crate::") {
        spread("", &mut behind.chars().peekable(), &mut found);
        rest = behind;
    }
    found
}

/// Reads one path or one group.
fn spread(
    prefix: &str,
    text: &mut std::iter::Peekable<std::str::Chars<'_>>,
    found: &mut BTreeSet<String>,
) {
    let mut path = prefix.to_owned();
    while let Some(&c) = text.peek() {
        match c {
            '{' => {
                text.next();
                loop {
                    while text.next_if(|c| c.is_whitespace() || *c == ',').is_some() {}
                    match text.peek() {
                        None | Some('}') => break,
                        Some(_) => spread(&path, text, found),
                    }
                }
                text.next();
                return;
            }
            c if c.is_alphanumeric() || c == '_' || c == ':' || c == '*' => {
                path.push(c);
                text.next();
            }
            _ => break,
        }
    }
    // Behind a name may be `as other`.
    while text
        .next_if(|c| !matches!(c, ',' | '}' | ';' | '\n'))
        .is_some()
    {}
    found.insert(path.trim_end_matches(':').to_owned());
}

/// Whether `path` is `allowed` or something in it.
fn within(path: &str, allowed: &str) -> bool {
    path.strip_prefix(allowed)
        .is_some_and(|rest| rest.is_empty() || rest.starts_with("::"))
}

#[test]
fn dependencies_point_one_way() {
    let mut wrong = Vec::new();
    for file in files("src") {
        let own = layer(&file);
        // Tests may hold one layer against another.
        let is_tests = file.file_name().is_some_and(|name| name == "tests.rs");
        if is_tests || matches!(own.as_str(), "lib" | "main") {
            continue;
        }
        let allowed = if BASE.contains(&own.as_str()) {
            &[][..]
        } else {
            let row = TABLE.iter().find(|(layer, _)| *layer == own);
            row.unwrap_or_else(|| panic!("`{own}` has no row in the table of layers"))
                .1
        };
        for path in paths(&code(&fs::read_to_string(&file).unwrap())) {
            let base = own != "sandbox" && BASE.iter().any(|base| within(&path, base));
            if !base && !within(&path, &own) && !allowed.iter().any(|to| within(&path, to)) {
                wrong.push(format!("{}: crate::{path}", file.display()));
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn no_chain_of_supers_leaves_its_layer() {
    let mut wrong = Vec::new();
    for file in files("src") {
        let text = code(&fs::read_to_string(&file).unwrap());
        let inside = file.strip_prefix("src").unwrap().iter().count();
        let is_root = file.file_name().is_some_and(|name| name == "mod.rs");
        // `src/config/values/scalar.rs` is two modules below its layer, a `mod.rs` one less.
        let below = inside - 1 - usize::from(is_root);
        let chain = "super::".repeat(below + 1);
        if layer(&file) != "lib" && text.contains(&chain) {
            wrong.push(file);
        }
    }
    assert!(wrong.is_empty(), "{wrong:?}");
}

#[test]
fn no_file_is_too_long() {
    let long: Vec<String> = files("src")
        .into_iter()
        .chain(files("tests"))
        .map(|file| (fs::read_to_string(&file).unwrap().lines().count(), file))
        .filter(|(lines, _)| *lines > MOST_LINES)
        .map(|(lines, file)| format!("{}: {lines} lines", file.display()))
        .collect();
    assert!(long.is_empty(), "{long:#?}");
}

#[test]
fn groups_are_spread_out() {
    let code = "use crate::{\n  a::{b, c::{D, self}},\n  e as f,\n};\nlet x = crate::g::h(1);\npub(in crate::i) use crate::j::*;";
    let found: Vec<String> = paths(code).into_iter().collect();
    assert_eq!(
        found,
        ["a::b", "a::c::D", "a::c::self", "e", "g::h", "i", "j::*"]
    );
    assert!(within("source::Archive", "source::Archive") && within("run::plan", "run"));
    assert!(!within("runner", "run") && !within("source::pack", "source::Archive"));
}
