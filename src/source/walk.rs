//! The walk through the workspace: every entry that is packed, in an order that depends on nothing but the names.

use std::collections::HashSet;
use std::fs::{File, Metadata};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use ignore::{DirEntry, WalkBuilder};

use super::beneath::Root;
use super::checkout::NestedCheckouts;
use super::coverage::{Coverage, Ignored};
use super::error::{Error, Unreadable};
use super::index::Tracked;
use super::names::shown;
use super::reason::{Decision, Reason};
use super::select::Selector;
use crate::gitignore::is_absence;

/// What an entry is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A file.
    File,
    /// A symbolic link.
    Link,
    /// A directory. Only in lists of what is left out: archives hold none.
    Directory,
}

/// An entry that is packed.
pub(super) struct Visit<'a> {
    root: &'a Root,
    /// Where it is.
    pub(super) file: &'a Path,
    /// Where it is in the workspace.
    pub(super) inner: &'a Path,
    /// Its path in the archive.
    pub(super) path: Vec<u8>,
    pub(super) kind: Kind,
    pub(super) tracked: Option<Tracked>,
    pub(super) reason: Reason,
}

impl Visit<'_> {
    /// Opens the file.
    pub(super) fn open(&self) -> io::Result<(File, Metadata)> {
        self.root.file(self.inner)
    }

    /// The target of the link.
    pub(super) fn read_link(&self) -> io::Result<PathBuf> {
        self.root.link(self.inner)
    }
}

/// An entry that is left out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LeftOut {
    /// Its path in the workspace.
    pub path: Vec<u8>,
    /// What it is.
    pub kind: Kind,
    /// Whether git tracks it anyway.
    pub tracked: bool,
    /// Why.
    pub reason: Reason,
}

/// The result of a walk, beside the entries.
#[derive(Debug, Default)]
pub(super) struct WalkResult {
    pub(super) warnings: Vec<String>,
    pub(super) unreadable: Vec<Unreadable>,
    pub(super) left_out: Vec<LeftOut>,
    /// What git's rules leave out, if that is nearly all of the workspace.
    pub(super) ignored: Option<Ignored>,
    /// The checkouts inside the workspace.
    pub(super) inner: NestedCheckouts,
}

/// What the walker's filter and the loop around it share.
struct Gate {
    selector: Selector,
    /// The decision about the entry that was just let through.
    passed: Option<(Vec<u8>, Decision)>,
    /// For each directory that the walk is in, what its entries are called without regard to case.
    folded: Vec<HashSet<u64>>,
    coverage: Coverage,
    left_out: Option<Vec<LeftOut>>,
}

/// Walks through the workspace and visits every entry that is packed. Directories are entered in the order of their
/// names' bytes; the first error of a visit ends the walk.
pub(super) fn walk(
    root: &Path,
    selector: Selector,
    remember_left_out: bool,
    cancelled: &dyn Fn() -> bool,
    mut visit: impl FnMut(Visit<'_>) -> Result<(), Error>,
) -> Result<WalkResult, Error> {
    let opened = Root::open(root).map_err(|source| Error::Workspace {
        path: root.to_owned(),
        source,
    })?;
    let gate = Arc::new(Mutex::new(Gate {
        selector,
        passed: None,
        folded: Vec::new(),
        coverage: Coverage::default(),
        left_out: remember_left_out.then(Vec::new),
    }));
    let keeper = Arc::clone(&gate);
    let entries = WalkBuilder::new(root)
        .standard_filters(false)
        .follow_links(false)
        .sort_by_file_name(|a, b| a.as_encoded_bytes().cmp(b.as_encoded_bytes()))
        .filter_entry(move |entry| {
            keeper
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .admit(entry)
        })
        .build();
    let mut walked = WalkResult::default();
    for entry in entries {
        if cancelled() {
            return Err(Error::Cancelled);
        }
        let entry = match entry {
            Ok(entry) => entry,
            Err(error) => {
                walked.unreadable.push(failed(root, &error)?);
                continue;
            }
        };
        let passed = gate
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .passed
            .take();
        let (Some((path, decision)), Some(kind)) = (passed, entry.file_type()) else {
            continue;
        };
        let kind = if kind.is_dir() {
            continue;
        } else if kind.is_file() && decision.tracked.is_some_and(|git| git.is_text_link()) {
            Kind::Link
        } else if kind.is_file() {
            Kind::File
        } else if kind.is_symlink() {
            Kind::Link
        } else {
            walked.warnings.push(format!(
                "{} is neither a file nor a link: it is left out",
                shown(&path)
            ));
            continue;
        };
        visit(Visit {
            root: &opened,
            file: entry.path(),
            inner: entry.path().strip_prefix(root).unwrap_or(entry.path()),
            path,
            kind,
            tracked: decision.tracked,
            reason: decision.reason,
        })?;
    }
    let mut gate = gate.lock().unwrap_or_else(PoisonError::into_inner);
    let catch_all = gate.selector.catch_all();
    walked.ignored = std::mem::take(&mut gate.coverage).finish(catch_all.as_deref());
    walked.warnings.append(&mut gate.selector.finish());
    walked.inner = std::mem::take(&mut gate.selector.inner);
    walked
        .unreadable
        .append(&mut gate.selector.notes.unreadable);
    walked.left_out = gate.left_out.take().unwrap_or_default();
    Ok(walked)
}

impl Gate {
    /// Whether the walker goes on with an entry: gives it to the loop, or goes into it.
    fn admit(&mut self, entry: &DirEntry) -> bool {
        let depth = entry.depth().saturating_sub(1);
        self.selector.back_to(depth);
        self.folded.resize_with(depth + 1, HashSet::new);
        let is_directory = entry.file_type().is_some_and(|kind| kind.is_dir());
        let path = self.selector.path(entry.file_name().as_encoded_bytes());
        let decision = self.selector.decide(entry.path(), &path, is_directory);
        let admitted = if is_directory {
            self.selector.enter(entry.path(), &path, &decision)
        } else {
            decision.packed
        };
        if decision.packed {
            self.fold(depth, &path, entry);
            if !is_directory {
                self.coverage.keep(&path);
            }
        } else {
            self.coverage.drop(&path, &decision.reason);
            if let Some(left_out) = &mut self.left_out {
                left_out.push(LeftOut {
                    path: path.clone(),
                    kind: kind_of(entry),
                    tracked: decision.tracked.is_some(),
                    reason: decision.reason.clone(),
                });
            }
        }
        self.passed = admitted.then_some((path, decision));
        admitted
    }

    /// Warns of a name that differs from another one by case only.
    fn fold(&mut self, depth: usize, path: &[u8], entry: &DirEntry) {
        let name = entry.file_name().to_string_lossy();
        let mut hasher = DefaultHasher::new();
        if name.is_ascii() {
            name.to_ascii_lowercase().hash(&mut hasher);
        } else {
            name.to_lowercase().hash(&mut hasher);
        }
        if !self.folded[depth].insert(hasher.finish()) {
            self.selector.notes.warnings.push(format!(
                "{} differs from another entry by case only: some systems will see one of the two",
                shown(path)
            ));
        }
    }
}

fn kind_of(entry: &DirEntry) -> Kind {
    match entry.file_type() {
        Some(kind) if kind.is_dir() => Kind::Directory,
        Some(kind) if kind.is_symlink() => Kind::Link,
        _ => Kind::File,
    }
}

/// An entry that the walker could not read. A missing entry was deleted during the walk.
fn failed(root: &Path, error: &ignore::Error) -> Result<Unreadable, Error> {
    let path = path_of(error).map_or_else(String::new, |path| {
        let path = path.strip_prefix(root).unwrap_or(path);
        shown(path.as_os_str().as_encoded_bytes())
    });
    match error.io_error() {
        Some(source) if is_absence(source) => Err(Error::Changed {
            path,
            how: "vanished",
        }),
        Some(source) => Ok(Unreadable {
            path,
            error: source.to_string(),
        }),
        None => Ok(Unreadable {
            path,
            error: error.to_string(),
        }),
    }
}

fn path_of(error: &ignore::Error) -> Option<&Path> {
    match error {
        ignore::Error::WithPath { path, .. } => Some(path),
        ignore::Error::WithLineNumber { err, .. } | ignore::Error::WithDepth { err, .. } => {
            path_of(err)
        }
        ignore::Error::Partial(errors) => errors.iter().find_map(path_of),
        _ => None,
    }
}
