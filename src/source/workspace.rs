//! The directory that is packed, found on the disk.

use std::io;
use std::path::{Component, Path, PathBuf};

use super::error::Error;
use super::options::Options;
use super::repository::Repository;
use super::select::Selector;

/// The directory that is packed.
pub(super) struct Workspace {
    /// Absolute and without links.
    pub(super) root: PathBuf,
    /// The checkout that it is in.
    pub(super) repository: Option<Repository>,
    /// Whether `deploy.yaml` names it, and it is not just where that file is.
    pub(super) is_named: bool,
}

impl Workspace {
    pub(super) fn open(options: &Options) -> Result<Self, Error> {
        let path = || options.dir.clone();
        let failed = |source: io::Error| match source.kind() {
            io::ErrorKind::NotFound => Error::Missing(path()),
            io::ErrorKind::NotADirectory => Error::NotADirectory(path()),
            _ => Error::Workspace {
                path: path(),
                source,
            },
        };
        let root = match &options.home {
            Some(home) => within(home, &options.dir)?,
            None => options.dir.clone(),
        };
        let root = std::fs::canonicalize(&root).map_err(failed)?;
        if !root.is_dir() {
            return Err(Error::NotADirectory(path()));
        }
        std::fs::read_dir(&root).map_err(|source| Error::Workspace {
            path: path(),
            source,
        })?;
        let repository = around(&root)?;
        let home = options.home.as_ref().map(std::fs::canonicalize);
        Ok(Self {
            is_named: home.is_some_and(|home| home.is_ok_and(|home| home != root)),
            root,
            repository,
        })
    }

    pub(super) fn selector(&self, options: &Options) -> Result<Selector, Error> {
        Selector::new(&self.root, self.repository.as_ref(), options)
    }
}

fn around(directory: &Path) -> Result<Option<Repository>, Error> {
    Repository::around(directory).map_err(|lost| Error::Lost {
        path: lost.path,
        why: lost.why,
    })
}

/// Goes from the directory of `deploy.yaml` to `dir`, which the author of that file controls: through no link, into no
/// `.git`, and not out of the checkout.
fn within(given: &Path, dir: &Path) -> Result<PathBuf, Error> {
    let refused = |why: String| Error::OutOfBounds {
        dir: dir.to_owned(),
        why,
    };
    let home = std::fs::canonicalize(given).map_err(|source| Error::Workspace {
        path: given.to_owned(),
        source,
    })?;
    let checkout = around(&home)?.map(|repository| repository.root);
    let bound = checkout.as_ref().unwrap_or(&home);
    let leaves = || {
        refused(match &checkout {
            Some(root) => format!("it leaves the checkout {}", root.display()),
            None => format!("it leaves {}, where deploy.yaml is", home.display()),
        })
    };
    // An absolute path may name the checkout, as CI systems call it.
    let absolute = std::path::absolute(given).unwrap_or_default();
    let (mut at, rest) = if let Ok(rest) = dir.strip_prefix(given) {
        (home.clone(), rest)
    } else if dir.is_relative() {
        // `deploy.yaml` is in the current directory.
        (home.clone(), dir)
    } else if let Ok(rest) = dir.strip_prefix(bound) {
        (bound.clone(), rest)
    } else if let Ok(rest) = dir.strip_prefix(&absolute) {
        (home.clone(), rest)
    } else {
        return Err(leaves());
    };
    for part in rest.components() {
        match part {
            Component::CurDir => {}
            Component::ParentDir => {
                at.pop();
                if !at.starts_with(bound) {
                    return Err(leaves());
                }
            }
            Component::Normal(name) if name.eq_ignore_ascii_case(".git") => {
                return Err(refused("it leads into a .git".into()));
            }
            Component::Normal(name) => {
                at.push(name);
                if std::fs::symlink_metadata(&at).is_ok_and(|found| found.is_symlink()) {
                    return Err(refused(format!("{} is a link", at.display())));
                }
            }
            Component::RootDir | Component::Prefix(_) => return Err(leaves()),
        }
    }
    Ok(at)
}
