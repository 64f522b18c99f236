//! Where a directory's git repository is, read from its files: git itself need not be there.

use std::fs;
use std::path::{Path, PathBuf};

/// A checkout: a work tree with its repository.
#[derive(Clone, Debug)]
pub(super) struct Repository {
    /// The top of the work tree.
    pub(super) root: PathBuf,
    /// What belongs to this work tree alone: its index and its HEAD.
    git: PathBuf,
    /// What all work trees share: refs, objects, `info/exclude`.
    common: PathBuf,
}

impl Repository {
    /// The checkout whose top is this directory.
    pub(super) fn at(root: &Path) -> Option<Self> {
        let entry = root.join(".git");
        let kind = fs::metadata(&entry).ok()?;
        let git = if kind.is_dir() {
            entry
        } else {
            let link = fs::read_to_string(&entry).ok()?;
            let link = link.strip_prefix("gitdir:")?.trim();
            (!link.is_empty()).then(|| root.join(link))?
        };
        let common = fs::read_to_string(git.join("commondir"))
            .map_or_else(|_| git.clone(), |path| git.join(path.trim_end()));
        let complete = fs::symlink_metadata(git.join("HEAD")).is_ok()
            && common.join("objects").is_dir()
            && common.join("refs").is_dir();
        complete.then(|| Self {
            root: root.to_path_buf(),
            git,
            common,
        })
    }

    /// The checkout that this directory is in.
    pub(super) fn around(directory: &Path) -> Option<Self> {
        directory.ancestors().find_map(Self::at)
    }

    /// The index of this work tree.
    pub(super) fn index(&self) -> PathBuf {
        self.git.join("index")
    }

    /// The excludes that are not part of the tree.
    pub(super) fn exclude(&self) -> PathBuf {
        self.common.join("info").join("exclude")
    }

    /// Whether object ids are SHA-256.
    pub(super) fn is_sha256(&self) -> bool {
        fs::read_to_string(self.common.join("config")).is_ok_and(|config| {
            config.lines().any(|line| {
                let line: String = line.split_whitespace().collect();
                line.eq_ignore_ascii_case("objectformat=sha256")
            })
        })
    }

    /// The commit that is checked out. `None` before the first commit, or if the refs are kept in another form than files.
    pub(super) fn head(&self) -> Option<String> {
        let mut found = fs::read_to_string(self.git.join("HEAD")).ok()?;
        for _ in 0..5 {
            let Some(name) = found.strip_prefix("ref:") else {
                return object_id(found.trim());
            };
            let name = name.trim().to_owned();
            found = match fs::read_to_string(self.git.join(&name))
                .or_else(|_| fs::read_to_string(self.common.join(&name)))
            {
                Ok(content) => content,
                Err(_) => return self.packed(&name),
            };
        }
        None
    }

    fn packed(&self, name: &str) -> Option<String> {
        let refs = fs::read_to_string(self.common.join("packed-refs")).ok()?;
        refs.lines().find_map(|line| {
            let (id, found) = line.split_once(' ')?;
            (found == name).then(|| object_id(id))?
        })
    }
}

/// The word if it is a full object id.
pub(super) fn object_id(word: &str) -> Option<String> {
    let full = matches!(word.len(), 40 | 64) && word.bytes().all(|byte| byte.is_ascii_hexdigit());
    full.then(|| word.to_ascii_lowercase())
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::Repository;

    const ID: &str = "0123456789abcdef0123456789abcdef01234567";

    #[test]
    fn the_head_is_found_in_loose_and_packed_refs_and_in_a_linked_work_tree() {
        let dir = tempfile::tempdir().unwrap();
        let git = dir.path().join(".git");
        fs::create_dir_all(git.join("objects")).unwrap();
        fs::create_dir_all(git.join("refs/heads")).unwrap();
        fs::write(git.join("HEAD"), "ref: refs/heads/main\n").unwrap();
        let repository = Repository::around(&dir.path().join("a/b")).unwrap();
        assert_eq!(repository.head(), None);
        fs::write(
            git.join("packed-refs"),
            format!("# pack-refs\n{ID} refs/heads/main\n"),
        )
        .unwrap();
        assert_eq!(repository.head().as_deref(), Some(ID));
        let other = ID.replace('0', "f");
        fs::write(git.join("refs/heads/main"), format!("{other}\n")).unwrap();
        assert_eq!(repository.head(), Some(other));

        let linked = dir.path().join("linked");
        let private = git.join("worktrees/linked");
        fs::create_dir_all(&linked).unwrap();
        fs::create_dir_all(&private).unwrap();
        fs::write(
            linked.join(".git"),
            format!("gitdir: {}\n", private.display()),
        )
        .unwrap();
        fs::write(private.join("HEAD"), format!("{ID}\n")).unwrap();
        fs::write(private.join("commondir"), "../..\n").unwrap();
        let repository = Repository::at(&linked).unwrap();
        assert_eq!(repository.head().as_deref(), Some(ID));
        assert!(repository.exclude().ends_with("info/exclude"));
    }

    #[test]
    fn a_directory_that_only_looks_like_one_is_none() {
        let dir = tempfile::tempdir().unwrap();
        fs::create_dir(dir.path().join(".git")).unwrap();
        assert!(Repository::at(dir.path()).is_none());
    }
}
