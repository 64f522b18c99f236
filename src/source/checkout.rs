//! The rules of a checkout that are written outside of the directories that are walked: what git tracks, `info/exclude`, and
//! the `.gitignore` files above the workspace.

use std::borrow::Cow;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::error::{Error, Unreadable};
use super::index::{Index, Tracked};
use super::names::shown;
use super::repository::Repository;
use crate::gitignore::{Pattern, Patterns, Rule};

/// The git rules of one checkout that are not in the walked directories.
#[derive(Debug, Default)]
pub(super) struct Checkout {
    /// What stands before a path of the workspace to make it one of the checkout.
    lead: Vec<u8>,
    /// What stands before a path of a checkout inside to make it one of the workspace.
    prefix: Vec<u8>,
    pub(super) index: Index,
    exclude: Option<Patterns>,
    /// The rules of the directories above the workspace, nearest last, and how many bytes of a path are theirs.
    above: Vec<(usize, Patterns)>,
    /// The first directory of the walk that belongs to it.
    pub(super) first: usize,
}

impl Checkout {
    /// The rules of a checkout inside the workspace: at `path` (with a final separator), the `first`-th directory of the
    /// walk. Rules above it do not apply.
    pub(super) fn inside(
        path: &[u8],
        first: usize,
        repository: &Repository,
        notes: &mut Notes,
    ) -> Result<Self, String> {
        let name = format!("{}.git/info/exclude", shown(path));
        Ok(Self {
            prefix: path.to_owned(),
            index: Index::read(repository)?,
            exclude: notes.read(&name, &repository.exclude(), true),
            first,
            ..Self::default()
        })
    }

    /// The rules of the checkout around the workspace, and whether they put the workspace itself out. If they do and git
    /// tracks nothing in it, the workspace is something that git ignores, such as a build's output: then they do not apply.
    pub(super) fn around(
        root: &Path,
        repository: &Repository,
        notes: &mut Notes,
    ) -> Result<(Self, Option<Arc<Rule>>), Error> {
        let index = Index::read(repository).map_err(|error| Error::Index {
            path: repository.index(),
            error,
        })?;
        let inner = root.strip_prefix(&repository.root).unwrap_or(Path::new(""));
        let components: Vec<_> = inner
            .iter()
            .map(std::ffi::OsStr::as_encoded_bytes)
            .collect();
        let up = "../".repeat(components.len());
        let name = format!("{up}.git/info/exclude");
        let exclude = notes.read(&name, &repository.exclude(), true);
        let mut checkout = Self {
            index,
            exclude,
            ..Self::default()
        };
        let mut directory = repository.root.clone();
        let mut out = None;
        for (depth, component) in components.iter().enumerate() {
            let name = "../".repeat(components.len() - depth) + ".gitignore";
            if let Some(rules) = notes.read(&name, &directory.join(".gitignore"), false) {
                checkout.above.push((checkout.lead.len(), rules));
            }
            checkout.lead.extend_from_slice(component);
            if out.is_none() {
                let mut above = checkout.above.iter().rev();
                let rule =
                    above.find_map(|(cut, rules)| rules.decide(&checkout.lead[*cut..], true));
                let rule = rule.or_else(|| checkout.exclude.as_ref()?.decide(&checkout.lead, true));
                out = rule
                    .filter(|rule| !rule.negated)
                    .map(|rule| Arc::clone(&rule.rule));
            }
            checkout.lead.push(b'/');
            directory = repository
                .root
                .join(inner.iter().take(depth + 1).collect::<PathBuf>());
        }
        if out.is_some() && !checkout.index.has_below(&checkout.lead) {
            return Ok((Self::default(), None));
        }
        Ok((checkout, out))
    }

    /// A path of the workspace as one of the checkout.
    pub(super) fn path<'a>(&self, path: &'a [u8]) -> Cow<'a, [u8]> {
        if self.lead.is_empty() {
            Cow::Borrowed(&path[self.prefix.len()..])
        } else {
            Cow::Owned([&self.lead, path].concat())
        }
    }

    /// Whether git tracks something below a directory of the workspace.
    pub(super) fn has_below(&self, directory: &[u8]) -> bool {
        let directory = [&*self.path(directory), b"/"].concat();
        self.index.has_below(&directory)
    }

    /// The rule about a path of the workspace that decides if none below the top of the workspace does.
    pub(super) fn outer_rule(&self, path: &[u8], is_directory: bool) -> Option<&Pattern> {
        let path = self.path(path);
        let mut above = self.above.iter().rev();
        above
            .find_map(|(cut, rules)| rules.decide(&path[*cut..], is_directory))
            .or_else(|| self.exclude.as_ref()?.decide(&path, is_directory))
    }

    /// What a sparse checkout leaves out of the work tree, as paths of the workspace; directories end with a separator. It
    /// may be there anyway.
    pub(super) fn sparse(&self) -> impl Iterator<Item = Vec<u8>> {
        self.index.sparse().filter_map(|path| self.outward(path))
    }

    /// A path of the checkout as one of the workspace.
    fn outward(&self, path: &[u8]) -> Option<Vec<u8>> {
        let path = path.strip_prefix(self.lead.as_slice())?;
        Some([&self.prefix, path].concat())
    }

    /// The submodules, as paths of the workspace.
    pub(super) fn submodules(&self) -> impl Iterator<Item = Vec<u8>> {
        self.index
            .submodules()
            .filter_map(|path| self.outward(path))
    }
}

/// A submodule that was gone into.
#[derive(Debug)]
pub(super) struct Submodule {
    pub(super) repository: Repository,
    /// The commit that the checkout around it has of it.
    pub(super) commit: String,
    pub(super) checkout: Arc<Checkout>,
}

/// The checkouts inside the workspace that a walk went into.
#[derive(Debug, Default)]
pub(super) struct NestedCheckouts {
    pub(super) submodules: Vec<Submodule>,
    /// Whether there was one that no commit knows of.
    pub(super) has_foreign: bool,
}

impl NestedCheckouts {
    /// Notes one; `submodule` is what the checkout around it has of it.
    pub(super) fn begin(
        &mut self,
        repository: Repository,
        submodule: Option<Tracked>,
        checkout: Arc<Checkout>,
    ) {
        match submodule {
            Some(tracked) => self.submodules.push(Submodule {
                repository,
                commit: tracked.id.to_string(),
                checkout,
            }),
            None => self.has_foreign = true,
        }
    }
}

/// What is noticed beside the decisions.
#[derive(Debug, Default)]
pub(super) struct Notes {
    /// Things that a person should know.
    pub(super) warnings: Vec<String>,
    /// Files with rules that could not be read.
    pub(super) unreadable: Vec<Unreadable>,
}

impl Notes {
    /// Reads a file with rules; one that can't be read is put on the list.
    pub(super) fn read(&mut self, name: &str, file: &Path, follow: bool) -> Option<Patterns> {
        match Patterns::read(name, file, follow) {
            Ok(rules) => {
                let complaints = rules.iter().flat_map(Patterns::complaints);
                self.warnings.extend(complaints);
                rules
            }
            Err(error) => {
                self.unreadable.push(Unreadable {
                    path: name.to_owned(),
                    error: error.to_string(),
                });
                None
            }
        }
    }
}
