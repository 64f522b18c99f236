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
    let root = &workspace.root;
    let inner = inner(root, path).ok_or_else(|| Error::Outside {
        path: path.to_owned(),
        root: root.clone(),
    })?;
    Ok(judge(&mut selector, root, &inner))
}

/// The path as seen from the workspace, without `.` and `..`. `None` if it leads out of it.
fn inner(root: &Path, path: &Path) -> Option<PathBuf> {
    let relative = if path.has_root() {
        // The workspace may be called by another name than its own, through a link for example.
        let mut above: Vec<&Path> = path.ancestors().collect();
        above.reverse();
        let is_root = |at: &&Path| std::fs::canonicalize(at).is_ok_and(|at| at == root);
        let top = above.into_iter().find(is_root)?;
        path.strip_prefix(top).ok()?
    } else {
        path
    };
    let mut inner = PathBuf::new();
    let mut is_behind_link = false;
    for component in relative.components() {
        match component {
            Component::CurDir => {}
            // Where a link leads decides what is above it: it ends there anyway.
            Component::ParentDir if !is_behind_link => {
                if !inner.pop() {
                    return None;
                }
            }
            component => inner.push(component),
        }
        let found = std::fs::symlink_metadata(root.join(&inner));
        is_behind_link |= found.is_ok_and(|found| found.is_symlink());
    }
    Some(inner)
}

/// A link in the workspace to something else in it.
#[derive(Debug)]
pub(super) struct Link {
    /// What people see.
    pub(super) shown: String,
    /// The target, relative to the workspace.
    pub(super) target: PathBuf,
}

/// The links whose targets exist, but are not packed.
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
        let root = &workspace.root;
        let mut found = judge(&mut selector, root, &link.target);
        if matches!(found.reason, Reason::Behind(_)) {
            // Through another link: what counts is where both lead.
            let real = std::fs::canonicalize(root.join(&link.target));
            let Some(real) = real.ok().and_then(|real| inner(root, &real)) else {
                continue;
            };
            found = judge(&mut selector, root, &real);
        }
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
    let whole = path;
    let mut components = path.components().peekable();
    while let Some(component) = components.next() {
        file.push(component);
        let found = std::fs::symlink_metadata(&file);
        let last = components.peek().is_none();
        let is_directory = found.as_ref().map_or(!last, Metadata::is_dir);
        if !last && !is_directory {
            return Explanation {
                path: shown(whole.as_os_str().as_encoded_bytes()),
                packed: false,
                exists: std::fs::symlink_metadata(root.join(whole)).is_ok(),
                reason: Reason::Behind(
                    shown(&selector.path(component.as_os_str().as_encoded_bytes())).into(),
                ),
            };
        }
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
