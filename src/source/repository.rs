//! Where a directory's git repository is, read from its files: git itself need not be there.

use std::collections::HashSet;
use std::fs;
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};

use super::gitconfig::GitConfig;
use super::gitfile;
use super::names::shown;

/// A checkout: a work tree with its repository.
#[derive(Clone, Debug)]
pub(super) struct Repository {
    /// The top of the work tree.
    pub(super) root: PathBuf,
    /// What belongs to this work tree alone: its index and its HEAD.
    pub(super) git: PathBuf,
    /// What all work trees share: refs, objects, `info/exclude`.
    common: PathBuf,
}

/// A `.git` that says there is a repository, and leads to none. To go on as if there were none would pack what is ignored
/// and leave out what is tracked.
#[derive(Debug)]
pub(super) struct BrokenGitLink {
    /// The `.git`.
    pub(super) path: PathBuf,
    /// What is wrong with it.
    pub(super) why: String,
}

impl Repository {
    /// The checkout whose top is this directory. As for git, a directory `.git` that has nothing of a repository is none.
    pub(super) fn at(root: &Path) -> Result<Option<Self>, BrokenGitLink> {
        let entry = root.join(".git");
        let lost = |why| BrokenGitLink {
            path: entry.clone(),
            why,
        };
        let kind = match fs::metadata(&entry) {
            Ok(kind) => kind,
            Err(error) if is_absent(&error) && fs::symlink_metadata(&entry).is_err() => {
                return Ok(None);
            }
            Err(error) if is_absent(&error) => return Err(lost("it is a link to nowhere".into())),
            // Without permission to enter the directory, the error is about that directory.
            Err(_) if fs::symlink_metadata(&entry).is_err() => return Ok(None),
            Err(error) => return Err(lost(error.to_string())),
        };
        let git = if kind.is_dir() {
            entry.clone()
        } else if kind.is_file() {
            let link = gitfile::read(&entry).map_err(|error| lost(error.to_string()))?;
            root.join(link_target(&link).map_err(lost)?)
        } else {
            return Err(lost("it is neither a directory nor a file".into()));
        };
        Self::follow(root, git.clone(), kind.is_dir()).map_err(|why| {
            lost(if kind.is_dir() {
                why
            } else {
                let git = shown(git.as_os_str().as_encoded_bytes());
                format!("it says that the repository is {git}, and {why}")
            })
        })
    }

    /// The checkout whose repository is `git`. `may_be_none` if nothing says that it is one.
    fn follow(root: &Path, git: PathBuf, may_be_none: bool) -> Result<Option<Self>, String> {
        let said = |name: &str, error: &io::Error| match error.kind() {
            ErrorKind::NotFound | ErrorKind::NotADirectory => format!("there is no {name} in it"),
            _ => format!("its {name} can't be read: {error}"),
        };
        if !may_be_none && let Err(error) = fs::metadata(&git) {
            return Err(match error.kind() {
                ErrorKind::NotFound => "there is no such directory".into(),
                _ => error.to_string(),
            });
        }
        let head = fs::symlink_metadata(git.join("HEAD"));
        let common = match gitfile::name(&git.join("commondir")) {
            Ok(path) => git.join(path.trim_end()),
            Err(error) if is_absent(&error) => git.clone(),
            Err(error) => return Err(said("commondir", &error)),
        };
        let parts = ["objects", "refs"].map(|name| (name, fs::metadata(common.join(name))));
        let is_absence = |error: &io::Error| is_absent(error);
        if may_be_none
            && head.as_ref().is_err_and(is_absence)
            && parts
                .iter()
                .all(|(_, part)| part.as_ref().is_err_and(is_absence))
        {
            return Ok(None);
        }
        head.map_err(|error| said("HEAD", &error))?;
        for (name, part) in parts {
            if !part.map_err(|error| said(name, &error))?.is_dir() {
                return Err(format!("its {name} is not a directory"));
            }
        }
        Ok(Some(Self {
            root: root.to_path_buf(),
            git,
            common,
        }))
    }

    /// The checkout that this directory is in.
    pub(super) fn around(directory: &Path) -> Result<Option<Self>, BrokenGitLink> {
        for directory in directory.ancestors() {
            if let Some(found) = Self::at(directory)? {
                return Ok(Some(found));
            }
        }
        Ok(None)
    }

    /// The index of this work tree.
    pub(super) fn index(&self) -> PathBuf {
        self.git.join("index")
    }

    /// The excludes that are not part of the tree.
    pub(super) fn exclude(&self) -> PathBuf {
        self.common.join("info").join("exclude")
    }

    /// Where its configuration is.
    pub(super) fn configuration(&self) -> PathBuf {
        self.common.join("config")
    }

    /// What its configuration says about its objects and its work tree.
    pub(super) fn config(&self) -> GitConfig {
        // One that can't be read says nothing: then the defaults hold, and what differs from the commit is seen to differ.
        let read = |path: PathBuf| gitfile::read(&path).unwrap_or_default();
        GitConfig::parse(&read(self.configuration()))
            .with_worktree(&read(self.git.join("config.worktree")))
    }

    /// The commit that is checked out. `None` before the first commit, or if the refs are kept in another form than files.
    pub(super) fn head(&self) -> Option<String> {
        let mut found = gitfile::name(&self.git.join("HEAD")).ok()?;
        for _ in 0..5 {
            let Some(name) = found.strip_prefix("ref:") else {
                return object_id(found.trim());
            };
            let name = name.trim().to_owned();
            if !is_ref(&name) {
                return None;
            }
            found = match gitfile::name(&self.git.join(&name))
                .or_else(|_| gitfile::name(&self.common.join(&name)))
            {
                Ok(content) => content,
                Err(_) => return self.packed(&name),
            };
        }
        None
    }

    /// Whether the refs are kept in another form than files.
    pub(super) fn has_other_refs(&self) -> bool {
        self.common.join("reftable").exists()
    }

    /// The commits whose parents are left out, if it is a shallow clone.
    pub(super) fn cut(&self) -> HashSet<String> {
        let text = gitfile::text(&self.common.join("shallow")).unwrap_or_default();
        text.lines().filter_map(object_id).collect()
    }

    fn packed(&self, name: &str) -> Option<String> {
        let refs = gitfile::text(&self.common.join("packed-refs")).ok()?;
        refs.lines().find_map(|line| {
            let (id, found) = line.split_once(' ')?;
            (found == name).then(|| object_id(id))?
        })
    }
}

/// Whether a name is one of a ref: a place under `refs` (git-check-ref-format).
fn is_ref(name: &str) -> bool {
    let mut parts = name.split('/');
    parts.next() == Some("refs") && parts.all(|part| !part.is_empty() && !part.starts_with('.'))
}

/// Where a file `.git` says that the repository is.
fn link_target(link: &[u8]) -> Result<PathBuf, String> {
    if link.starts_with(b"\xef\xbb\xbf") {
        return Err("it begins with a byte order mark: save it as UTF-8 without one".into());
    }
    let text = std::str::from_utf8(link).map_err(|_| "it is not UTF-8")?;
    let target = text.strip_prefix("gitdir:").map(str::trim);
    match target {
        Some(target) if !target.is_empty() => Ok(target.into()),
        _ => Err("it does not say `gitdir: PATH`".into()),
    }
}

fn is_absent(error: &io::Error) -> bool {
    matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory)
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
        let repository = Repository::around(&dir.path().join("a/b"))
            .unwrap()
            .unwrap();
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
        let repository = Repository::at(&linked).unwrap().unwrap();
        assert_eq!(repository.head().as_deref(), Some(ID));
        assert!(repository.exclude().ends_with("info/exclude"));
    }

    #[test]
    fn a_head_names_a_ref_and_nothing_else() {
        for (name, expected) in [
            ("refs/heads/main", true),
            ("refs/heads/a/b.c", true),
            ("/dev/zero", false),
            ("refs/../../x", false),
            ("refs//dev/zero", false),
            ("../refs/x", false),
            ("HEAD", false),
            ("", false),
        ] {
            assert_eq!(super::is_ref(name), expected, "{name}");
        }
    }

    #[test]
    fn what_leads_to_no_repository_says_why() {
        let dir = tempfile::tempdir().unwrap();
        let git = dir.path().join(".git");
        let found = || Repository::at(dir.path());
        assert!(found().unwrap().is_none());
        fs::create_dir(&git).unwrap();
        fs::write(git.join("description"), "nothing of a repository").unwrap();
        assert!(found().unwrap().is_none());
        fs::write(git.join("HEAD"), "ref: refs/heads/main\n").unwrap();
        assert_eq!(found().unwrap_err().why, "there is no objects in it");
        fs::create_dir(git.join("objects")).unwrap();
        assert_eq!(found().unwrap_err().why, "there is no refs in it");
        fs::write(git.join("refs"), "").unwrap();
        assert_eq!(found().unwrap_err().why, "its refs is not a directory");
        fs::remove_dir_all(&git).unwrap();
        let elsewhere = dir.path().join("gone");
        for (content, why) in [
            ("", "it does not say `gitdir: PATH`"),
            ("gitdir:  \n", "it does not say `gitdir: PATH`"),
            (
                "\u{feff}gitdir: x",
                "it begins with a byte order mark: save it as UTF-8 without one",
            ),
            (
                &format!("gitdir: {}\n", elsewhere.display()),
                &format!(
                    "it says that the repository is {}, and there is no such directory",
                    elsewhere.display()
                ),
            ),
        ] {
            fs::write(&git, content).unwrap();
            assert_eq!(found().unwrap_err().why, why, "{content:?}");
        }
    }
}
