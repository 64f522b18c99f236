//! What git tracks and the work tree does not have: submodules that are not there, and what a sparse checkout leaves out.

use std::fs;
use std::path::Path;

use super::checkout::Checkout;
use super::names::{path_from, shown, some};
use crate::gitignore::{Patterns, is_absence};

/// Says what of a checkout is missing from the workspace at `root`. What `exclude` would leave out anyway is not missed.
pub(super) fn missing(root: &Path, checkout: &Checkout, exclude: &Patterns) -> Vec<String> {
    let is_absent = |path: &[u8]| {
        let found = path_from(path.to_owned()).map(|path| fs::symlink_metadata(root.join(path)));
        matches!(found, Ok(Err(error)) if is_absence(&error))
    };
    let submodules = checkout.submodules().filter(|path| is_absent(path));
    let mut told: Vec<String> = submodules
        .map(|path| format!("submodule {}/ is missing", shown(&path)))
        .collect();
    let sparse = sparse(checkout.sparse(), is_absent, |path, is_directory| {
        let rule = exclude.decide(path, is_directory);
        rule.is_some_and(|rule| !rule.negated)
    });
    if !sparse.is_empty() {
        told.push(format!(
            "a sparse checkout leaves out what git tracks: {} (`git sparse-checkout disable` brings all of it back)",
            some(&sparse)
        ));
    }
    told
}

/// The topmost directories, and the files, that are absent and not excluded. `paths` are sorted.
fn sparse(
    paths: impl Iterator<Item = Vec<u8>>,
    is_absent: impl Fn(&[u8]) -> bool,
    is_excluded: impl Fn(&[u8], bool) -> bool,
) -> Vec<String> {
    let mut found = Vec::new();
    // The directory that the paths before were all in: absent or excluded.
    let mut done: Option<Vec<u8>> = None;
    for path in paths {
        if done.as_ref().is_some_and(|done| path.starts_with(done)) {
            continue;
        }
        let separators = path.iter().enumerate().filter(|(_, byte)| **byte == b'/');
        let directories = separators.map(|(at, _)| &path[..at]);
        let mut top = directories.map(|directory| {
            let excluded = is_excluded(directory, true);
            (directory, excluded, !excluded && is_absent(directory))
        });
        if let Some((directory, excluded, _)) =
            top.find(|(_, excluded, absent)| *excluded || *absent)
        {
            if !excluded {
                found.push(shown(directory) + "/");
            }
            done = Some([directory, b"/"].concat());
        } else if path.ends_with(b"/") || (!is_excluded(&path, false) && is_absent(&path)) {
            found.push(shown(&path));
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::sparse;

    #[test]
    fn a_directory_stands_for_all_that_is_in_it() {
        let paths = [
            "a/there", "a/x", "b/c/d", "b/c/e", "b/f", "docs/g", "h", "sparse/",
        ];
        let there: [&[u8]; 4] = [b"a", b"a/there", b"b", b"sparse"];
        let found = sparse(
            paths.iter().map(|path| path.as_bytes().to_vec()),
            |path| !there.contains(&path),
            |path, is_directory| is_directory && path == b"docs",
        );
        assert_eq!(found, ["a/x", "b/c/", "b/f", "h", "sparse/"]);
    }
}
