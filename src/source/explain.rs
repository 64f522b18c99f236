//! Why one path is in the archive or not.

use std::fs::Metadata;
use std::path::{Component, Path, PathBuf};

use super::error::Error;
use super::names::shown;
use super::options::Options;
use super::reason::Reason;
use super::select::Selector;
use super::workspace::Workspace;

/// Why a path is in the archive or not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Explanation {
    /// The path in the workspace that decided: the one asked for, or a directory that it is in.
    pub path: String,
    /// Whether it is packed. For a directory: whether any of its entries may be.
    pub packed: bool,
    /// Whether there is such a file at all.
    pub exists: bool,
    /// Why.
    pub reason: Reason,
}

/// Finds out which rule of which file decides about a path, relative to the workspace or absolute.
pub fn explain(options: &Options, path: &Path) -> Result<Explanation, Error> {
    let workspace = Workspace::open(options)?;
    let mut selector = workspace.selector(options)?;
    let inner = path.strip_prefix(&workspace.root).unwrap_or(path);
    Ok(judge(&mut selector, &workspace.root, inner))
}

/// A link in the workspace to something else in it.
#[derive(Debug)]
pub(super) struct Link {
    /// What people see.
    pub(super) shown: String,
    /// The target, relative to the workspace.
    pub(super) target: PathBuf,
}

/// Those of the links whose targets are there, but are not packed.
pub(super) fn cut_off(
    workspace: &Workspace,
    options: &Options,
    links: &[Link],
) -> Result<Vec<String>, Error> {
    if links.is_empty() {
        return Ok(Vec::new());
    }
    let mut selector = workspace.selector(options)?;
    let mut cut_off = Vec::new();
    for link in links {
        let found = judge(&mut selector, &workspace.root, &link.target);
        if found.exists && !found.packed {
            cut_off.push(link.shown.clone());
        }
    }
    Ok(cut_off)
}

/// Goes the way from the workspace to the path, as the walk does.
fn judge(selector: &mut Selector, root: &Path, path: &Path) -> Explanation {
    let mut explanation = Explanation {
        path: ".".into(),
        packed: true,
        exists: true,
        reason: Reason::Default,
    };
    selector.back_to(0);
    let mut file = root.to_path_buf();
    let mut components = path.components().peekable();
    while let Some(component) = components.next() {
        if matches!(component, Component::CurDir) {
            continue;
        }
        file.push(component);
        let found = std::fs::symlink_metadata(&file);
        let last = components.peek().is_none();
        let is_directory = found.as_ref().map_or(!last, Metadata::is_dir);
        let path = selector.path(component.as_os_str().as_encoded_bytes());
        let decision = selector.decide(&file, &path, is_directory);
        let is_special = found.as_ref().is_ok_and(|found| {
            !found.is_dir() && !found.is_file() && !found.file_type().is_symlink()
        });
        explanation = Explanation {
            path: shown(&path),
            packed: decision.packed && !is_special,
            exists: found.is_ok(),
            reason: if is_special {
                Reason::Special
            } else {
                decision.reason.clone()
            },
        };
        if !is_directory || !selector.enter(&file, &path, &decision) {
            break;
        }
        // In a directory that is left out there may be entries that are not.
        explanation.packed |= last;
    }
    explanation
}
