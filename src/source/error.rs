//! What can go wrong while packing.

use std::collections::HashSet;
use std::fmt;
use std::io;
use std::path::PathBuf;

use super::coverage::Ignored;

/// How many items of a list an error message shows; the error itself has them all.
const SHOWN: usize = 20;

/// An entry that could not be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unreadable {
    /// Its path in the workspace.
    pub path: String,
    /// What the system said.
    pub error: String,
}

/// A symbolic link that leaves the workspace.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Escape {
    /// Its path in the workspace.
    pub path: String,
    /// Where it points.
    pub target: String,
}

/// A file that looks like a secret.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SuspectedSecret {
    /// Its path in the workspace.
    pub path: String,
    /// What it looks like.
    pub what: &'static str,
}

/// A file or a directory, with its size.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SizedPath {
    /// Its path in the workspace.
    pub path: String,
    /// Its size, or the size of everything in it, before compression.
    pub bytes: u64,
}

/// Why there is no archive.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// There is no such directory.
    #[error("there is no directory {}", .0.display())]
    Missing(PathBuf),
    /// It is something else.
    #[error("{} is not a directory", .0.display())]
    NotADirectory(PathBuf),
    /// It is not within the checkout.
    #[error("source.dir {} is not packed: {why}; name a directory of the checkout itself", dir.display())]
    OutOfBounds {
        /// The directory, as `deploy.yaml` names it.
        dir: PathBuf,
        /// Why not.
        why: String,
    },
    /// The directory itself can't be opened.
    #[error("can't open the workspace {}: {source}", path.display())]
    Workspace {
        /// The directory.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// Some entries can't be read.
    #[error("{} of the workspace can't be read:{}", count(.0.len(), "entry", "entries"), list(.0))]
    Unreadable(Vec<Unreadable>),
    /// Some symbolic links leave the workspace.
    #[error("{} out of the workspace (`symlinks: keep` packs them as they are):{}", count(.0.len(), "symbolic link leads", "symbolic links lead"), list(.0))]
    Escapes(Vec<Escape>),
    /// A file was changed while it was read.
    #[error("{path} {how} while it was read: is something still writing to the workspace?")]
    Changed {
        /// Its path in the workspace.
        path: String,
        /// What happened to it.
        how: &'static str,
    },
    /// There is nothing to pack.
    #[error("there is nothing to pack in {}: every entry is ignored, or there is none", .0.display())]
    Empty(PathBuf),
    /// It is asked about a path of somewhere else.
    #[error("{} is not in the workspace {}", path.display(), root.display())]
    Outside {
        /// The path.
        path: PathBuf,
        /// The workspace.
        root: PathBuf,
    },
    /// git's rules leave out nearly all of a directory that `deploy.yaml` names.
    #[error("git ignores nearly all of source.dir {}: {ignored}", dir.display())]
    Ignored {
        /// The directory.
        dir: PathBuf,
        /// What is left out, and by which rule.
        ignored: Ignored,
    },
    /// There are files that look like secrets, and they are not to be packed.
    #[error("{} by git (`secrets: deny`):{}", count(.0.len(), "file looks like a secret and is not tracked", "files look like secrets and are not tracked"), list(.0))]
    Secrets(Vec<SuspectedSecret>),
    /// The archive is larger than `max_size`.
    #[error("the archive is larger than max_size ({limit} bytes); the largest directories before compression are:{}", list(.largest))]
    TooBig {
        /// `max_size`.
        limit: u64,
        /// The largest directories.
        largest: Vec<SizedPath>,
    },
    /// There is a `.git`, and it does not lead to a repository.
    #[error("can't follow {}: {why}; without the repository it is unknown what is tracked and what is ignored", path.display())]
    Lost {
        /// The `.git`.
        path: PathBuf,
        /// What is wrong with it.
        why: String,
    },
    /// git's index can't be read.
    #[error("can't read git's index {}: {error}", path.display())]
    Index {
        /// The index.
        path: PathBuf,
        /// What is wrong with it.
        error: String,
    },
    /// The archive can't be written.
    #[error("can't {doing}: {source}")]
    Disk {
        /// What was being done.
        doing: String,
        /// What the system said.
        source: io::Error,
    },
    /// The run was cancelled.
    #[error("packing was cancelled")]
    Cancelled,
    /// A defect.
    #[error("a thread of the packer died")]
    Died,
}

impl Error {
    /// Whether the local disk is to blame, and not the workspace.
    pub fn is_local_io(&self) -> bool {
        matches!(self, Self::Disk { .. })
    }

    /// What to do about it, where that is always the same.
    pub fn advice(&self) -> Option<&'static str> {
        Some(match self {
            Self::Missing(_) | Self::NotADirectory(_) | Self::OutOfBounds { .. } => {
                "check `source.dir`: it is a directory of the checkout, as seen from deploy.yaml"
            }
            Self::Workspace { .. } => "let the user of this job read it",
            Self::Unreadable(_) => {
                "let the user of this job read what is named above, or leave it out (`source.exclude`)"
            }
            Self::Changed { .. } => {
                "let whatever writes to the workspace end first, then run the same command again"
            }
            Self::Ignored { .. } => {
                "name what to pack in `source.include` (`include: [\"**\"]` packs all of it)"
            }
            Self::Secrets(_) => {
                "leave out what is a secret (`source.exclude`), and commit what is none; `source.secrets: warn` packs both"
            }
            Self::TooBig { .. } => {
                "exclude what the app does not need (`source.exclude`), or raise `source.max_size`"
            }
            Self::Lost { .. } => {
                "mount the repository where that says, or take this `.git` away: then the `.gitignore` files of the workspace \
                 alone decide"
            }
            Self::Index { .. } => {
                "see what `git status` says here; a fresh checkout has an index of its own"
            }
            Self::Empty(_) => "`launchway pack --list -v` says what is left out, and by which rule",
            Self::Escapes(_)
            | Self::Outside { .. }
            | Self::Disk { .. }
            | Self::Cancelled
            | Self::Died => return None,
        })
    }

    /// Whether the run was cancelled.
    pub fn is_cancelled(&self) -> bool {
        matches!(self, Self::Cancelled)
    }
}

impl fmt::Display for Unreadable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.path, self.error)
    }
}

impl fmt::Display for Escape {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} -> {}", self.path, self.target)
    }
}

impl fmt::Display for SuspectedSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({})", self.path, self.what)
    }
}

impl fmt::Display for SizedPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({} bytes)", self.path, self.bytes)
    }
}

/// Each of them once, in order, and a directory without what is in it.
pub(super) fn tidy(mut unreadable: Vec<Unreadable>) -> Vec<Unreadable> {
    unreadable.sort_by(|a, b| a.path.cmp(&b.path));
    unreadable.dedup_by(|a, b| a.path == b.path);
    let known: HashSet<String> = unreadable.iter().map(|entry| entry.path.clone()).collect();
    let is_covered = |path: &str| {
        path.match_indices('/')
            .any(|(at, _)| known.contains(&path[..at]))
    };
    unreadable.retain(|entry| !is_covered(&entry.path));
    unreadable
}

fn count(count: usize, one: &str, many: &str) -> String {
    format!("{count} {}", if count == 1 { one } else { many })
}

fn list<T: fmt::Display>(items: &[T]) -> String {
    let mut lines: Vec<_> = items
        .iter()
        .take(SHOWN)
        .map(|item| format!("\n  {item}"))
        .collect();
    if items.len() > SHOWN {
        lines.push(format!("\n  and {} more", items.len() - SHOWN));
    }
    lines.concat()
}

#[cfg(test)]
mod tests {
    use super::{Error, Unreadable};

    #[test]
    fn long_lists_are_cut_in_the_message() {
        let problem = |at: usize| Unreadable {
            path: format!("f{at}"),
            error: "permission denied".into(),
        };
        let one = Error::Unreadable(vec![problem(0)]).to_string();
        assert_eq!(
            one,
            "1 entry of the workspace can't be read:\n  f0: permission denied"
        );
        let many = Error::Unreadable((0..30).map(problem).collect()).to_string();
        assert!(many.ends_with("\n  and 10 more"), "{many}");
    }
}
