//! What would be packed, without packing it: for plans and lists.

use std::collections::HashMap;

use super::error::{Error, Escape, SizedPath, SuspectedSecret, Unreadable, tidy};
use super::findings::Findings;
use super::options::Options;
use super::reason::Reason;
use super::tarball;
use super::walk::{Kind, LeftOut, walk};
use super::workspace::Workspace;

/// How many of the largest are named.
const LARGEST: usize = 10;
/// How deep directories are told apart when their sizes are added up.
const DEPTH: usize = 3;

/// What would be packed.
#[derive(Clone, Debug, Default)]
pub struct Survey {
    /// Every entry, in the order of the archive.
    pub entries: Vec<Entry>,
    /// What is left out: a directory stands for all that is in it.
    pub left_out: Vec<LeftOut>,
    /// Bytes of all files.
    pub bytes: u64,
    /// The ten largest files.
    pub largest: Vec<SizedPath>,
    /// The ten largest directories, down to three levels.
    pub largest_directories: Vec<SizedPath>,
    /// Files that look like secrets and are not tracked by git.
    pub suspicious: Vec<SuspectedSecret>,
    /// Symbolic links that lead out of the workspace.
    pub escapes: Vec<Escape>,
    /// What can't be read.
    pub unreadable: Vec<Unreadable>,
    /// What a person should know.
    pub warnings: Vec<String>,
}

/// An entry that would be packed.
#[derive(Clone, Debug)]
pub struct Entry {
    /// Its path in the workspace.
    pub path: Vec<u8>,
    /// Its size in bytes; 0 for a link.
    pub size: u64,
    /// Its mode in the archive.
    pub mode: u32,
    /// Whether git tracks it.
    pub tracked: bool,
    /// Why it is in.
    pub reason: Reason,
}

/// Looks at the workspace. Problems that `pack` would stop at are listed.
pub fn survey(options: &Options) -> Result<Survey, Error> {
    let workspace = Workspace::open(options)?;
    let selector = workspace.selector(options)?;
    let mut found = Survey::default();
    let mut findings = Findings::default();
    let mut walked = walk(&workspace.root, selector, true, &|| false, |visit| {
        findings.lint(&visit);
        let (size, mode) = if visit.kind == Kind::Link {
            findings.link(&visit)?;
            (0, 0o777)
        } else {
            match visit.open() {
                Ok((mut file, metadata)) => {
                    findings.stand_in(&visit, &mut file, metadata.len());
                    (metadata.len(), tarball::mode(&metadata, visit.tracked))
                }
                Err(error) => return findings.failed(&visit, &error),
            }
        };
        found.bytes += size;
        found.entries.push(Entry {
            path: visit.path,
            size,
            mode,
            tracked: visit.tracked.is_some(),
            reason: visit.reason,
        });
        Ok(())
    })?;
    findings.unreadable.append(&mut walked.unreadable);
    if let Some(ignored) = walked.ignored.take().filter(|_| workspace.is_named) {
        let dir = options.dir.clone();
        let error = Error::Ignored { dir, ignored };
        walked.warnings.push(error.to_string());
    }
    found.largest = largest(files(&found.entries), LARGEST);
    found.largest_directories = largest(directories(&found.entries), LARGEST);
    found.left_out = walked.left_out;
    found.warnings = findings.warnings(&workspace, options, walked.warnings)?;
    found.suspicious = findings.suspicious;
    found.escapes = findings.escapes;
    found.unreadable = tidy(findings.unreadable);
    Ok(found)
}

fn files(entries: &[Entry]) -> Vec<SizedPath> {
    let mut sizes: Vec<&Entry> = entries.iter().filter(|entry| entry.size > 0).collect();
    sizes.sort_by_key(|entry| std::cmp::Reverse(entry.size));
    let sizes = sizes.into_iter().take(LARGEST);
    sizes.map(|entry| sized(&entry.path, entry.size)).collect()
}

/// Every directory down to a few levels, with the size of all that is in it.
fn directories(entries: &[Entry]) -> Vec<SizedPath> {
    let mut sizes: HashMap<&[u8], u64> = HashMap::new();
    for entry in entries {
        let separators = entry
            .path
            .iter()
            .enumerate()
            .filter(|(_, byte)| **byte == b'/');
        for (at, _) in separators.take(DEPTH) {
            *sizes.entry(&entry.path[..=at]).or_default() += entry.size;
        }
    }
    sizes
        .into_iter()
        .map(|(path, bytes)| sized(path, bytes))
        .collect()
}

fn sized(path: &[u8], bytes: u64) -> SizedPath {
    SizedPath {
        path: super::names::shown(path),
        bytes,
    }
}

/// The largest of them, largest first.
fn largest(mut sizes: Vec<SizedPath>, most: usize) -> Vec<SizedPath> {
    sizes.sort_by(|a, b| b.bytes.cmp(&a.bytes).then_with(|| a.path.cmp(&b.path)));
    sizes.truncate(most);
    sizes
}
