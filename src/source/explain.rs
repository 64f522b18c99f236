//! Why one path is in the archive or not.

use std::path::{Component, Path};

use super::archive::Workspace;
use super::error::Error;
use super::names::shown;
use super::options::Options;
use super::select::Reason;

/// Why a path is in the archive or not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Explanation {
    /// The path in the workspace that decided: the one asked for, or a directory that it is in.
    pub path: String,
    /// Whether it is packed. For a directory: whether its entries are, as far as nothing speaks against one of them.
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
    let components: Vec<_> = inner
        .components()
        .filter(|component| !matches!(component, Component::CurDir))
        .collect();
    let mut file = workspace.root.clone();
    let mut explanation = Explanation {
        path: ".".into(),
        packed: true,
        exists: true,
        reason: Reason::Default,
    };
    for (depth, component) in components.iter().enumerate() {
        file.push(component);
        let found = std::fs::symlink_metadata(&file);
        let last = depth + 1 == components.len();
        let is_directory = found.as_ref().map_or(!last, std::fs::Metadata::is_dir);
        let path = selector.path(component.as_os_str().as_encoded_bytes());
        let decision = selector.decide(&file, &path, is_directory);
        explanation = Explanation {
            path: shown(&path),
            packed: decision.packed,
            exists: found.is_ok(),
            reason: decision.reason.clone(),
        };
        if last || !selector.enter(&file, &path, &decision) {
            break;
        }
    }
    Ok(explanation)
}
