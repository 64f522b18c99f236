//! What git tracks: its index, kept as small as possible, because a large tree has a large one.

use std::io::{self, BufRead};
use std::path::Path;

use gix_index::entry::{Flags, Mode, Stage};
use gix_index::hash::{Kind, ObjectId};

use super::gitconfig::GitConfig;
use super::gitfile;
use super::repository::Repository;

/// What a tracked path is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Form {
    /// A file.
    File,
    /// A file that may be executed.
    Executable,
    /// A symbolic link.
    Link,
    /// A submodule.
    Submodule,
}

/// How git tracks a path.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Tracked {
    pub(super) form: Form,
    /// The object that holds its content; of a submodule its commit.
    pub(super) id: ObjectId,
    /// Whether the work tree's executable bits mean something. Otherwise git alone knows.
    pub(super) has_modes: bool,
    /// Whether links are checked out as links. Otherwise they are text files with the target in them.
    pub(super) has_links: bool,
}

impl Tracked {
    pub(super) fn is_submodule(&self) -> bool {
        self.form == Form::Submodule
    }

    /// Whether it is a link that a file stands for.
    pub(super) fn is_text_link(&self) -> bool {
        self.form == Form::Link && !self.has_links
    }
}

/// The tracked paths, relative to the top of the work tree.
#[derive(Debug)]
pub(super) struct Index {
    /// All paths, one behind the other, sorted by their bytes.
    paths: Vec<u8>,
    /// The object ids, in the same order.
    ids: Vec<u8>,
    /// Where each path ends, and what it is.
    entries: Vec<(u32, Form)>,
    /// What a sparse checkout leaves out of the work tree: files, and directories with a final separator.
    sparse: Vec<Vec<u8>>,
    config: GitConfig,
    /// Whether there is more in it than paths with their objects: conflicts, or whole directories of a sparse checkout.
    is_odd: bool,
}

impl Default for Index {
    fn default() -> Self {
        Self {
            paths: Vec::new(),
            ids: Vec::new(),
            entries: Vec::new(),
            sparse: Vec::new(),
            config: GitConfig::parse(b""),
            is_odd: false,
        }
    }
}

impl Index {
    /// Reads the index of a checkout. A checkout without one tracks nothing.
    pub(super) fn read(repository: &Repository) -> Result<Self, String> {
        let file = repository.index();
        if !file.exists() {
            return Ok(Self::default());
        }
        gitfile::regular(&file).map_err(|error| error.to_string())?;
        Self::decode(&file, repository.config())
    }

    fn hash(&self) -> Kind {
        if self.config.is_sha256 {
            Kind::Sha256
        } else {
            Kind::Sha1
        }
    }

    fn decode(file: &Path, config: GitConfig) -> Result<Self, String> {
        let options = gix_index::decode::Options {
            thread_limit: Some(1),
            ..Default::default()
        };
        let mut index = Self {
            config,
            ..Self::default()
        };
        let git = gix_index::File::at(file, index.hash(), true, options)
            .map_err(|error| error.to_string())?;
        index.entries.reserve_exact(git.entries().len());
        index.ids.reserve_exact(git.entries().len() * index.width());
        let mut last: &[u8] = &[];
        for entry in git.entries() {
            let path: &[u8] = entry.path(&git);
            index.is_odd |= entry.flags.contains(Flags::INTENT_TO_ADD)
                || entry.flags.stage() != Stage::Unconflicted;
            let form = match entry.mode {
                Mode::FILE_EXECUTABLE => Form::Executable,
                Mode::SYMLINK => Form::Link,
                Mode::COMMIT => Form::Submodule,
                Mode::DIR => {
                    index.is_odd = true;
                    index.sparse.push(path.to_owned());
                    continue;
                }
                _ => Form::File,
            };
            if path == last {
                continue;
            }
            index.push(path, form, entry.id.as_slice())?;
            if entry.flags.contains(Flags::SKIP_WORKTREE) {
                index.sparse.push(path.to_owned());
            }
            last = path;
        }
        Ok(index)
    }

    fn push(&mut self, path: &[u8], form: Form, id: &[u8]) -> Result<(), String> {
        self.paths.extend_from_slice(path);
        self.ids.extend_from_slice(id);
        let end = u32::try_from(self.paths.len()).map_err(|_| "it is larger than 4 GiB")?;
        self.entries.push((end, form));
        Ok(())
    }

    /// How many bytes an id has.
    fn width(&self) -> usize {
        self.hash().len_in_bytes()
    }

    fn path(&self, at: usize) -> &[u8] {
        let from = at.checked_sub(1).map_or(0, |before| self.entries[before].0);
        &self.paths[from as usize..self.entries[at].0 as usize]
    }

    fn id(&self, at: usize) -> &[u8] {
        &self.ids[at * self.width()..(at + 1) * self.width()]
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
        let (_, form) = *self.entries.get(at)?;
        if self.path(at) != path {
            return None;
        }
        Some(Tracked {
            form,
            id: ObjectId::try_from(self.id(at)).ok()?,
            has_modes: self.config.has_modes,
            has_links: self.config.has_links,
        })
    }

    /// Whether something below the directory (path with a final separator) is tracked. Everything is below the empty path.
    pub(super) fn has_below(&self, directory: &[u8]) -> bool {
        let at = self.place(directory);
        at < self.entries.len() && self.path(at).starts_with(directory)
    }

    /// What a sparse checkout leaves out.
    pub(super) fn sparse(&self) -> impl Iterator<Item = &[u8]> {
        self.sparse.iter().map(Vec::as_slice)
    }

    pub(super) fn submodules(&self) -> impl Iterator<Item = &[u8]> {
        let entries = self.entries.iter().enumerate();
        entries
            .filter(|(_, (_, form))| *form == Form::Submodule)
            .map(|(at, _)| self.path(at))
    }

    /// How many paths are tracked.
    pub(super) fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether a commit holds exactly what is tracked. `listing` is what `git ls-tree -r -z --full-tree` says about it:
    /// both are sorted by the bytes of the whole path.
    pub(super) fn is_listed(&self, listing: &mut impl BufRead) -> io::Result<bool> {
        if self.is_odd {
            return Ok(false);
        }
        let mut line = Vec::new();
        for at in 0..self.entries.len() {
            line.clear();
            listing.read_until(0, &mut line)?;
            let found = listed(&line);
            let is_same = found.is_some_and(|(form, id, path)| {
                form == self.entries[at].1
                    && path == self.path(at)
                    && ObjectId::from_hex(id).is_ok_and(|id| id.as_slice() == self.id(at))
            });
            if !is_same {
                return Ok(false);
            }
        }
        Ok(listing.fill_buf()?.is_empty())
    }
}

/// The parts of `100644 blob ID\tPATH\0`.
fn listed(line: &[u8]) -> Option<(Form, &[u8], &[u8])> {
    let line = line.strip_suffix(b"\0")?;
    let tab = line.iter().position(|&byte| byte == b'\t')?;
    let mut words = line[..tab].split(|&byte| byte == b' ');
    let (mode, _, id) = (words.next()?, words.next()?, words.next()?);
    let mode = u32::from_str_radix(std::str::from_utf8(mode).ok()?, 8).ok()?;
    let form = match mode & 0o170_000 {
        // Trees that old tools made have other bits, too. The index does not keep them, and neither does the archive.
        0o100_000 if mode & 0o100 != 0 => Form::Executable,
        0o100_000 => Form::File,
        0o120_000 => Form::Link,
        0o160_000 => Form::Submodule,
        _ => return None,
    };
    Some((form, id, &line[tab + 1..]))
}

#[cfg(test)]
mod tests {
    use super::{Form, Index};

    fn index(paths: &[(&str, Form)]) -> Index {
        let mut index = Index::default();
        for (at, (path, form)) in paths.iter().enumerate() {
            let id = [u8::try_from(at).unwrap(); 20];
            index.push(path.as_bytes(), *form, &id).unwrap();
        }
        index
    }

    #[test]
    fn paths_and_directories_are_found() {
        let index = index(&["a.txt", "a/b", "a/c/d", "b"].map(|path| (path, Form::File)));
        let found = index.get(b"a/b").unwrap();
        assert_eq!(
            (found.form, found.id.as_slice()),
            (Form::File, &[1; 20][..])
        );
        assert_eq!(index.get(b"a"), None);
        assert_eq!(index.get(b"c"), None);
        assert!(index.has_below(b"a/"));
        assert!(index.has_below(b"a/c/"));
        assert!(!index.has_below(b"a/b/"));
        assert!(!index.has_below(b"c/"));
        assert!(index.has_below(b""));
    }

    #[test]
    fn a_listing_is_the_same_or_it_is_not() {
        let mut index = index(&[
            ("a.txt", Form::File),
            ("a/run", Form::Executable),
            ("link", Form::Link),
            ("sub", Form::Submodule),
        ]);
        let id = |digit: &str| format!("0{digit}").repeat(20);
        let listing = [
            format!("100664 blob {}\ta.txt\0", id("0")),
            format!("100755 blob {}\ta/run\0", id("1")),
            format!("120000 blob {}\tlink\0", id("2")),
            format!("160000 commit {}\tsub\0", id("3")),
        ]
        .concat();
        assert!(index.is_listed(&mut listing.as_bytes()).unwrap());
        for (from, to) in [
            ("100755", "100644"),
            ("120000", "100644"),
            ("0303", "0304"),
            ("a.txt", "b.txt"),
            ("\0", ""),
            ("\t", " "),
        ] {
            let changed = listing.replacen(from, to, 1);
            assert!(
                !index.is_listed(&mut changed.as_bytes()).unwrap(),
                "{changed:?}"
            );
        }
        assert!(
            !index
                .is_listed(&mut &listing.as_bytes()[..listing.len() - 1])
                .unwrap()
        );
        assert!(
            !index
                .is_listed(&mut (listing.clone() + "x").as_bytes())
                .unwrap()
        );
        assert!(!index.is_listed(&mut &b""[..]).unwrap());
        index.is_odd = true;
        assert!(!index.is_listed(&mut listing.as_bytes()).unwrap());
    }
}
