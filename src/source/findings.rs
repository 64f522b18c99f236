//! Findings about entries during the walk: some stop the packing, the rest are warnings.

use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use super::error::{Error, Escape, SuspectedSecret, Unreadable, tidy};
use super::explain::{Link, cut_off};
use super::names::{path_from, shown, some};
use super::options::{Options, Secrets, Symlinks};
use super::walk::{Kind, Visit};
use super::workspace::Workspace;
use super::{link, lint};

/// How many links are looked into: more of them are a package manager's, which knows what it does.
const MOST_LINKS: usize = 1000;

/// No pointer of git LFS is as large.
const LFS_POINTER: u64 = 1024;

/// No file system has links with longer targets.
const LONGEST_TARGET: u64 = 4096;

/// What is found on the way and told at the end.
#[derive(Default)]
pub(super) struct Findings {
    pub(super) unreadable: Vec<Unreadable>,
    pub(super) escapes: Vec<Escape>,
    pub(super) suspicious: Vec<SuspectedSecret>,
    dangling: Vec<String>,
    links: Vec<Link>,
    lfs_pointers: Vec<String>,
    locked: Vec<String>,
}

impl Findings {
    /// Looks at the name, and where that is not enough at the beginning, of a file that git does not track.
    pub(super) fn lint(&mut self, visit: &Visit<'_>) {
        if visit.tracked.is_none()
            && visit.kind == Kind::File
            && let Some(what) = lint::suspect(&visit.path, || visit.open())
        {
            self.suspicious.push(SuspectedSecret {
                path: shown(&visit.path),
                what,
            });
        }
    }

    /// Looks whether a file is what stands in git for the one that is meant.
    pub(super) fn stand_in(&mut self, visit: &Visit<'_>, file: &mut File, size: u64) {
        let mut beginning = Vec::new();
        // What can't be read is found out when it is packed.
        if file.take(LFS_POINTER).read_to_end(&mut beginning).is_ok() {
            self.beginning(visit, size, &beginning);
        }
    }

    /// The same for a file whose beginning has been read.
    pub(super) fn beginning(&mut self, visit: &Visit<'_>, size: u64, beginning: &[u8]) {
        if size < LFS_POINTER
            && beginning.starts_with(b"version https://git-lfs.github.com/spec/v1\n")
        {
            self.lfs_pointers.push(shown(&visit.path));
        }
        if beginning.starts_with(b"\0GITCRYPT\0") {
            self.locked.push(shown(&visit.path));
        }
    }

    /// Reads a link and gives its target as the archive says it. `None` if that failed.
    pub(super) fn link(&mut self, visit: &Visit<'_>) -> Result<Option<Vec<u8>>, Error> {
        let target = match target(visit) {
            Ok(target) => target,
            Err(error) => return self.failed(visit, &error).map(|()| None),
        };
        let bytes = with_separators(target.as_os_str().as_encoded_bytes());
        let shown_link = || format!("{} -> {}", shown(&visit.path), shown(&bytes));
        match link::resolve(visit.inner, &target) {
            None => self.escapes.push(Escape {
                path: shown(&visit.path),
                target: shown(&bytes),
            }),
            Some(_) if is_dangling(visit.file, &target) => self.dangling.push(shown_link()),
            Some(target) if self.links.len() < MOST_LINKS => self.links.push(Link {
                shown: shown_link(),
                target,
            }),
            Some(_) => {}
        }
        Ok(Some(bytes))
    }

    /// An entry can't be read: one that is gone ends it all, others are listed.
    pub(super) fn failed(&mut self, visit: &Visit<'_>, error: &io::Error) -> Result<(), Error> {
        let path = shown(&visit.path);
        if error.kind() == io::ErrorKind::NotFound {
            return Err(Error::Changed {
                path,
                how: "vanished",
            });
        }
        let error = error.to_string();
        self.unreadable.push(Unreadable { path, error });
        Ok(())
    }

    /// Whether there can't be an archive any more.
    pub(super) fn are_fatal(&self, options: &Options) -> bool {
        !self.unreadable.is_empty()
            || (options.symlinks == Symlinks::Refuse && !self.escapes.is_empty())
            || (options.secrets == Secrets::Deny && !self.suspicious.is_empty())
    }

    pub(super) fn judge(&mut self, options: &Options) -> Result<(), Error> {
        if !self.unreadable.is_empty() {
            return Err(Error::Unreadable(tidy(std::mem::take(
                &mut self.unreadable,
            ))));
        }
        if options.symlinks == Symlinks::Refuse && !self.escapes.is_empty() {
            return Err(Error::Escapes(std::mem::take(&mut self.escapes)));
        }
        if options.secrets == Secrets::Deny && !self.suspicious.is_empty() {
            return Err(Error::Secrets(std::mem::take(&mut self.suspicious)));
        }
        Ok(())
    }

    /// Everything as warnings.
    pub(super) fn warnings(
        &self,
        workspace: &Workspace,
        options: &Options,
        mut warnings: Vec<String>,
    ) -> Result<Vec<String>, Error> {
        for suspicion in &self.suspicious {
            warnings.push(format!(
                "{} looks like a secret ({}) and git does not track it, but it is packed",
                suspicion.path, suspicion.what
            ));
        }
        for escape in &self.escapes {
            warnings.push(format!("symbolic link {escape} leads out of the workspace"));
        }
        tell(
            &mut warnings,
            "symbolic links that lead nowhere",
            &self.dangling,
        );
        tell(
            &mut warnings,
            "git LFS pointers in place of the files themselves (`git lfs pull`)",
            &self.lfs_pointers,
        );
        tell(
            &mut warnings,
            "files that git-crypt has locked (`git-crypt unlock`)",
            &self.locked,
        );
        tell(
            &mut warnings,
            "symbolic links to files that are not packed",
            &cut_off(workspace, options, &self.links)?,
        );
        Ok(warnings)
    }
}

/// One warning for many entries of a kind.
fn tell(warnings: &mut Vec<String>, what: &str, entries: &[String]) {
    if !entries.is_empty() {
        warnings.push(format!("{} {what}: {}", entries.len(), some(entries)));
    }
}

/// A link's target with the separators that archives have.
fn with_separators(target: &[u8]) -> Vec<u8> {
    let separator = |&byte: &u8| {
        if cfg!(windows) && byte == b'\\' {
            b'/'
        } else {
            byte
        }
    };
    target.iter().map(separator).collect()
}

/// Where a link leads: what the system says or, where links are checked out as files, what the file says.
fn target(visit: &Visit<'_>) -> io::Result<PathBuf> {
    match visit.read_link() {
        Err(_) if visit.tracked.is_some_and(|git| git.is_text_link()) => {
            let (file, metadata) = visit.open()?;
            if !metadata.is_file() || metadata.len() > LONGEST_TARGET {
                return Err(io::Error::other(
                    "git has it as a link, and it holds no target",
                ));
            }
            let mut target = Vec::new();
            file.take(LONGEST_TARGET).read_to_end(&mut target)?;
            path_from(target)
        }
        link => link,
    }
}

fn is_dangling(link: &Path, target: &Path) -> bool {
    let target = link.parent().unwrap_or(link).join(target);
    matches!(std::fs::metadata(target), Err(error) if error.kind() == io::ErrorKind::NotFound)
}
