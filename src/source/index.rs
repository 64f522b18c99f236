//! What git tracks: its index, kept as small as possible, because a large tree has a large one.

use std::path::Path;

use gix_index::entry::{Flags, Mode};

use super::repository::Repository;

/// How git tracks a path.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Tracked {
    /// A file.
    File,
    /// A file that may be executed.
    Executable,
    /// A symbolic link.
    Link,
    /// A submodule.
    Submodule,
}

/// The tracked paths, relative to the top of the work tree.
#[derive(Debug, Default)]
pub(super) struct Index {
    /// All paths, one behind the other, sorted by their bytes.
    paths: Vec<u8>,
    /// Where each path ends, and what it is.
    entries: Vec<(u32, Tracked)>,
    /// Whether git was told not to look at some files, so that its word about changes does not cover them.
    pub(super) has_blind_spots: bool,
}

impl Index {
    /// Reads the index of a checkout. A checkout without one tracks nothing.
    pub(super) fn read(repository: &Repository) -> Result<Self, String> {
        let file = repository.index();
        if !file.exists() {
            return Ok(Self::default());
        }
        let hash = if repository.is_sha256() {
            gix_index::hash::Kind::Sha256
        } else {
            gix_index::hash::Kind::Sha1
        };
        Self::decode(&file, hash)
    }

    fn decode(file: &Path, hash: gix_index::hash::Kind) -> Result<Self, String> {
        let options = gix_index::decode::Options {
            thread_limit: Some(1),
            ..Default::default()
        };
        let git =
            gix_index::File::at(file, hash, true, options).map_err(|error| error.to_string())?;
        let mut index = Self::default();
        index.entries.reserve_exact(git.entries().len());
        let mut last: &[u8] = &[];
        for entry in git.entries() {
            let path: &[u8] = entry.path(&git);
            let blind = Flags::ASSUME_VALID | Flags::SKIP_WORKTREE;
            index.has_blind_spots |= entry.flags.intersects(blind);
            let tracked = match entry.mode {
                Mode::FILE_EXECUTABLE => Tracked::Executable,
                Mode::SYMLINK => Tracked::Link,
                Mode::COMMIT => Tracked::Submodule,
                Mode::DIR => continue,
                _ => Tracked::File,
            };
            if path == last {
                continue;
            }
            index.paths.extend_from_slice(path);
            let end = u32::try_from(index.paths.len()).map_err(|_| "it is larger than 4 GiB")?;
            index.entries.push((end, tracked));
            last = path;
        }
        Ok(index)
    }

    fn path(&self, at: usize) -> &[u8] {
        let from = at.checked_sub(1).map_or(0, |before| self.entries[before].0);
        &self.paths[from as usize..self.entries[at].0 as usize]
    }

    /// The place of the first path that is not before this one.
    fn place(&self, path: &[u8]) -> usize {
        let (mut low, mut high) = (0, self.entries.len());
        while low < high {
            let middle = low + (high - low) / 2;
            if self.path(middle) < path {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        low
    }

    /// How the path is tracked, if it is.
    pub(super) fn get(&self, path: &[u8]) -> Option<Tracked> {
        let at = self.place(path);
        let (_, tracked) = self.entries.get(at)?;
        (self.path(at) == path).then_some(*tracked)
    }

    /// Whether something below the directory (path with a final separator) is tracked. Everything is below the empty path.
    pub(super) fn has_below(&self, directory: &[u8]) -> bool {
        let at = self.place(directory);
        at < self.entries.len() && self.path(at).starts_with(directory)
    }

    /// The submodules.
    pub(super) fn submodules(&self) -> impl Iterator<Item = &[u8]> {
        let entries = self.entries.iter().enumerate();
        entries
            .filter(|(_, (_, tracked))| *tracked == Tracked::Submodule)
            .map(|(at, _)| self.path(at))
    }
}

#[cfg(test)]
mod tests {
    use super::{Index, Tracked};

    #[test]
    fn paths_and_directories_are_found() {
        let mut index = Index::default();
        for path in ["a.txt", "a/b", "a/c/d", "b"] {
            index.paths.extend_from_slice(path.as_bytes());
            let end = u32::try_from(index.paths.len()).unwrap();
            index.entries.push((end, Tracked::File));
        }
        assert_eq!(index.get(b"a/b"), Some(Tracked::File));
        assert_eq!(index.get(b"a"), None);
        assert_eq!(index.get(b"c"), None);
        assert!(index.has_below(b"a/"));
        assert!(index.has_below(b"a/c/"));
        assert!(!index.has_below(b"a/b/"));
        assert!(!index.has_below(b"c/"));
        assert!(index.has_below(b""));
    }
}
