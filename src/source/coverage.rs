//! Whether git's rules leave out nearly all of a directory that `source.dir` names, such as a build's output.

use std::collections::{BTreeMap, HashSet};
use std::fmt;
use std::sync::Arc;

use super::names::shown;
use super::reason::Reason;
use crate::gitignore::Rule;

/// How many entries and rules a message names.
const NAMED: usize = 3;

/// Files that keep an empty directory in git, or are only for git and for people: no app consists of these alone.
const PLACEHOLDERS: [&str; 8] = [
    ".gitignore",
    ".gitattributes",
    ".gitkeep",
    ".keep",
    ".empty",
    ".placeholder",
    ".launchwayignore",
    "readme",
];

/// What becomes of the entries right below the workspace. A directory is kept if anything in it is.
#[derive(Debug, Default)]
pub(super) struct Coverage {
    kept: HashSet<Vec<u8>>,
    /// Those of which a rule of git's leaves something out, with the first such rule.
    dropped: BTreeMap<Vec<u8>, Arc<Rule>>,
}

/// A workspace of which git's rules leave out nearly all.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ignored {
    /// The rules.
    pub rules: Vec<Arc<Rule>>,
    /// The entries right below the workspace that they leave out.
    pub entries: Vec<String>,
}

impl Coverage {
    /// Notes a file or a link that is packed.
    pub(super) fn keep(&mut self, path: &[u8]) {
        let top = top(path);
        if !is_placeholder(path) && !self.kept.contains(top) {
            self.kept.insert(top.to_owned());
        }
    }

    /// Notes an entry that is left out.
    pub(super) fn drop(&mut self, path: &[u8], reason: &Reason) {
        let top = top(path);
        if let Reason::GitIgnore(rule) = reason
            && !self.dropped.contains_key(top)
        {
            self.dropped.insert(top.to_owned(), Arc::clone(rule));
        }
    }

    /// What is left out, if it is nearly all. `catch_all` is the rule for everything that no other rule matches.
    pub(super) fn finish(self, catch_all: Option<&Rule>) -> Option<Ignored> {
        let mut dropped = self.dropped;
        dropped.retain(|top, _| !self.kept.contains(top));
        let rules = dropped.values();
        let by_catch_all = rules.filter(|rule| Some(&***rule) == catch_all).count();
        if !is_nearly_all(self.kept.len(), dropped.len(), by_catch_all) {
            return None;
        }
        let mut rules: Vec<Arc<Rule>> = Vec::new();
        for rule in dropped.values() {
            if !rules.contains(rule) {
                rules.push(Arc::clone(rule));
            }
        }
        Some(Ignored {
            rules,
            entries: dropped.keys().map(|top| shown(top)).collect(),
        })
    }
}

/// Whether nearly all is dropped: all but placeholders or, by a rule that is about everything, ten times what is kept. Rules
/// about some names (`node_modules/`, `*.log`) may drop as much as they like beside something to deploy, and so may a list
/// of what is kept (`/*` and `!/src`) in a directory that is mostly kept.
fn is_nearly_all(kept: usize, dropped: usize, by_catch_all: usize) -> bool {
    dropped > 0 && (kept == 0 || by_catch_all >= 10 * kept)
}

fn top(path: &[u8]) -> &[u8] {
    path.split(|&byte| byte == b'/').next().unwrap_or(path)
}

fn is_placeholder(path: &[u8]) -> bool {
    let name = path.rsplit(|&byte| byte == b'/').next().unwrap_or(path);
    let name = name.to_ascii_lowercase();
    let known = PLACEHOLDERS.map(str::as_bytes);
    known.contains(&name.as_slice()) || name.strip_suffix(b".md") == Some(b"readme")
}

impl fmt::Display for Ignored {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let verb = if self.rules.len() == 1 {
            "leaves"
        } else {
            "leave"
        };
        let rules = some(&self.rules);
        write!(f, "{rules} {verb} out {}", some(&self.entries))
    }
}

fn some<T: fmt::Display>(items: &[T]) -> String {
    let named: Vec<String> = items.iter().take(NAMED).map(ToString::to_string).collect();
    match items.len().saturating_sub(NAMED) {
        0 => named.join(", "),
        more => format!("{} and {more} more", named.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nearly_all_is_all_but_placeholders_or_ten_times_what_is_kept() {
        for (kept, dropped, by_catch_all, expected) in [
            // Nothing is ignored, or there is nothing.
            (0, 0, 0, false),
            (5, 0, 0, false),
            // Nothing to deploy is left, whatever the rule.
            (0, 1, 0, true),
            (0, 6, 6, true),
            // Rules about some names, beside something to deploy.
            (1, 1, 0, false),
            (1, 500, 0, false),
            (3, 40, 9, false),
            // A rule about everything.
            (1, 9, 9, false),
            (1, 10, 10, true),
            (2, 15, 15, false),
            (2, 25, 20, true),
            (30, 12, 12, false),
        ] {
            let found = is_nearly_all(kept, dropped, by_catch_all);
            assert_eq!(found, expected, "{kept} {dropped} {by_catch_all}");
        }
    }

    fn rule(pattern: &str, line: usize) -> Arc<Rule> {
        Arc::new(Rule {
            file: "../.gitignore".into(),
            line,
            pattern: pattern.into(),
        })
    }

    /// What is found if these are kept and these are dropped by the rule `*`, which is the one about everything.
    fn found(kept: &[&str], dropped: &[&str]) -> Option<String> {
        let all = rule("*", 1);
        let mut coverage = Coverage::default();
        for path in kept {
            coverage.keep(path.as_bytes());
        }
        let reason = Reason::GitIgnore(Arc::clone(&all));
        for path in dropped {
            coverage.drop(path.as_bytes(), &reason);
        }
        coverage.finish(Some(&all)).map(|found| found.to_string())
    }

    #[test]
    fn placeholders_are_nothing_to_deploy() {
        let out = "`*` (../.gitignore:1) leaves out app.js";
        for kept in [".gitkeep", ".gitignore", "README.md", "assets/.gitkeep"] {
            assert_eq!(found(&[kept], &["app.js"]).as_deref(), Some(out), "{kept}");
        }
        for kept in ["index.html", "readme.html", ".nojekyll", "assets/a.css"] {
            assert_eq!(found(&[kept], &["app.js"]), None, "{kept}");
        }
    }

    #[test]
    fn a_directory_counts_once_and_is_kept_if_anything_in_it_is() {
        assert_eq!(found(&["src/a"], &["src/b", "src/c/d"]), None);
        let many: Vec<String> = (0..30).map(|at| format!("logs/{at}")).collect();
        let many: Vec<&str> = many.iter().map(String::as_str).collect();
        assert_eq!(found(&["main.py"], &many), None);
        let out = "`*` (../.gitignore:1) leaves out a, b, c and 1 more";
        let all = found(&[".gitkeep"], &["a/x", "a/y", "b", "c", "d"]);
        assert_eq!(all.as_deref(), Some(out));
    }

    #[test]
    fn only_gits_rules_count() {
        let mut coverage = Coverage::default();
        coverage.drop(b"a", &Reason::Exclude(rule("*", 1)));
        coverage.drop(b"b", &Reason::LaunchwayIgnore(rule("*", 1)));
        coverage.drop(b".git", &Reason::Repository);
        assert_eq!(coverage.finish(None), None);
        let mut coverage = Coverage::default();
        coverage.drop(b"a", &Reason::GitIgnore(rule("a", 1)));
        coverage.drop(b"b", &Reason::GitIgnore(rule("b", 2)));
        let found = coverage.finish(None).unwrap().to_string();
        assert_eq!(
            found,
            "`a` (../.gitignore:1), `b` (../.gitignore:2) leave out a, b"
        );
    }
}
