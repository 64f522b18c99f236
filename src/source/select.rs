//! Which entries of the workspace are packed: git's view of it, less `exclude` and `.launchwayignore`, plus `include`.
//!
//! The first of these rules that matches an entry decides:
//!
//! 1. `.git`, at any depth and in any case, and launchway's own files are out; so is what other version control systems keep
//!    for themselves, unless git tracks something in it.
//! 2. `include`: in.
//! 3. `exclude`: out (or, with `!`, in).
//! 4. `.launchwayignore`, the one nearest to the entry first: out (or, with `!`, in).
//! 5. Tracked by git: in.
//! 6. `.gitignore`, nearest first, up to the top of the checkout, then `.git/info/exclude`: out (or, with `!`, in).
//! 7. Everything else is in.
//!
//! What is below a directory that is out stays out, unless `include` or (where git's rules put it out) git's index has it.
//! A checkout inside the workspace, such as a submodule, has git rules of its own. The user's global git excludes and
//! `core.ignoreCase` are not applied: a laptop and a CI job must agree.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::checkout::{Checkout, NestedCheckouts, Notes};
use super::error::{Error, Unreadable};
use super::file_id::FileId;
use super::foreign::is_foreign;
use super::index::Tracked;
use super::missing::missing;
use super::names::{shown, some};
use super::options::Options;
use super::reason::{Decision, Reason};
use super::repository::Repository;
use crate::gitignore::{Pattern, Patterns, Rule};

/// A directory that the walk is in.
#[derive(Debug)]
struct Frame {
    /// Its path with a final separator; empty for the workspace itself.
    path: Vec<u8>,
    checkout: Arc<Checkout>,
    git: Option<Patterns>,
    own: Option<Patterns>,
    included: Option<Arc<Rule>>,
    out: Option<Reason>,
}

/// Decides, entry by entry, along a walk that goes into a directory right after deciding about it.
#[derive(Debug)]
pub(super) struct Selector {
    root: PathBuf,
    include: Patterns,
    exclude: Patterns,
    own: Vec<PathBuf>,
    outputs: Vec<FileId>,
    frames: Vec<Frame>,
    used: Vec<usize>,
    /// Directories of other version control systems.
    foreign: Vec<String>,
    /// The checkouts inside that were gone into.
    pub(super) inner: NestedCheckouts,
    /// What is noticed on the way.
    pub(super) notes: Notes,
}

impl Selector {
    /// Prepares to walk `root`, an absolute path without links.
    pub(super) fn new(
        root: &Path,
        repository: Option<&Repository>,
        options: &Options,
    ) -> Result<Self, Error> {
        let mut selector = Self {
            root: root.to_path_buf(),
            include: Patterns::list("source.include", &options.include),
            exclude: Patterns::list("source.exclude", &options.exclude),
            own: options.own.iter().map(|own| canonical(own)).collect(),
            outputs: options.outputs.clone(),
            frames: Vec::new(),
            used: Vec::new(),
            foreign: Vec::new(),
            inner: NestedCheckouts::default(),
            notes: Notes::default(),
        };
        let mut complaints = selector.include.complaints();
        complaints.extend(selector.exclude.complaints());
        selector.notes.warnings = complaints;
        let (checkout, ignored) = match repository {
            Some(repository) => Checkout::around(root, repository, &mut selector.notes)?,
            None => (Checkout::default(), None),
        };
        let mut frame = Frame {
            path: Vec::new(),
            checkout: Arc::new(checkout),
            git: None,
            own: None,
            included: None,
            out: ignored.clone().map(Reason::GitIgnore),
        };
        if let Some(rule) = &ignored {
            selector.notes.warnings.push(format!(
                "the workspace itself is ignored by {rule}: only what git tracks in it is packed (`include: [\"**\"]` packs all)"
            ));
        }
        selector.read_rules(root, &mut frame);
        selector.frames.push(frame);
        Ok(selector)
    }

    /// The checkout that the workspace is in.
    pub(super) fn outer(&self) -> Option<Arc<Checkout>> {
        self.frames.first().map(|frame| Arc::clone(&frame.checkout))
    }

    /// Goes back to the directory at this depth: 0 is the workspace itself.
    pub(super) fn back_to(&mut self, depth: usize) {
        self.frames.truncate(depth + 1);
    }

    /// The path, relative to the workspace, of a name in the directory that the walk is in.
    pub(super) fn path(&self, name: &[u8]) -> Vec<u8> {
        let directory = self.frames.last().map_or(&[][..], |frame| &frame.path);
        [directory, name].concat()
    }

    /// Decides about an entry of the directory that the walk is in.
    pub(super) fn decide(&mut self, file: &Path, path: &[u8], is_directory: bool) -> Decision {
        let Some(frame) = self.frames.last() else {
            return Decision::out(None, Reason::Default);
        };
        let name = &path[frame.path.len()..];
        if name.eq_ignore_ascii_case(b".git") {
            return Decision::out(None, Reason::Repository);
        }
        let mut own = self.own.iter();
        if own.any(|own| own.as_os_str() == file.as_os_str())
            || (!is_directory && self.outputs.iter().any(|output| output.is(file)))
        {
            return Decision::out(None, Reason::Own);
        }
        if is_directory && is_foreign(file, name) && !frame.checkout.has_below(path) {
            self.foreign.push(shown(path) + "/");
            return Decision::out(None, Reason::OtherRepository);
        }
        let tracked = frame.checkout.index.get(&frame.checkout.path(path));
        let included = match self.include.decide(path, is_directory) {
            Some(pattern) => (!pattern.negated).then(|| Arc::clone(&pattern.rule)),
            None => frame.included.clone(),
        };
        if let Some(rule) = included {
            if !self.used.contains(&rule.line) {
                self.used.push(rule.line);
            }
            return Decision::new(true, tracked, Reason::Include(rule));
        }
        self.decide_without_include(frame, path, is_directory, tracked)
    }

    fn decide_without_include(
        &self,
        frame: &Frame,
        path: &[u8],
        is_directory: bool,
        tracked: Option<Tracked>,
    ) -> Decision {
        if let Some(reason @ (Reason::Exclude(_) | Reason::LaunchwayIgnore(_))) = &frame.out {
            return Decision::out(tracked, reason.clone());
        }
        let ours = self.exclude.decide(path, is_directory);
        let ours = ours
            .map(|pattern| (pattern, Reason::Exclude as fn(_) -> _))
            .or_else(|| {
                let mut own = self.frames.iter().rev();
                let pattern = own.find_map(|frame| {
                    let rules = frame.own.as_ref()?;
                    rules.decide(&path[frame.path.len()..], is_directory)
                });
                pattern.map(|pattern| (pattern, Reason::LaunchwayIgnore as fn(_) -> _))
            });
        if let Some((pattern, reason)) = ours
            && (frame.out.is_none() || !pattern.negated)
        {
            return Decision::new(pattern.negated, tracked, reason(Arc::clone(&pattern.rule)));
        }
        if tracked.is_some() {
            return Decision::new(true, tracked, Reason::Tracked);
        }
        if let Some(reason) = &frame.out {
            return Decision::out(None, reason.clone());
        }
        match self.git_rule(frame, path, is_directory) {
            Some(pattern) => Decision::new(
                pattern.negated,
                None,
                Reason::GitIgnore(Arc::clone(&pattern.rule)),
            ),
            None => Decision::new(true, None, Reason::Default),
        }
    }

    fn git_rule<'a>(
        &'a self,
        frame: &'a Frame,
        path: &[u8],
        is_directory: bool,
    ) -> Option<&'a Pattern> {
        let checkout = &frame.checkout;
        let nearest = self.frames[checkout.first..]
            .iter()
            .rev()
            .find_map(|frame| {
                let rules = frame.git.as_ref()?;
                rules.decide(&path[frame.path.len()..], is_directory)
            });
        nearest.or_else(|| checkout.outer_rule(path, is_directory))
    }

    /// The rule of git's that leaves out whatever no rule names: `*`, or one about the whole workspace.
    pub(super) fn catch_all(&mut self) -> Option<Arc<Rule>> {
        self.back_to(0);
        let frame = self.frames.first()?;
        let decision = self.decide_without_include(frame, b"any-other.file", false, None);
        match decision.reason {
            Reason::GitIgnore(rule) if !decision.packed => Some(rule),
            _ => None,
        }
    }

    /// Goes into a directory that was just decided about, unless nothing in it can be packed.
    pub(super) fn enter(&mut self, file: &Path, path: &[u8], decision: &Decision) -> bool {
        let Some(parent) = self.frames.last() else {
            return false;
        };
        if matches!(
            decision.reason,
            Reason::Repository | Reason::OtherRepository
        ) {
            return false;
        }
        let path = [path, b"/"].concat();
        let checkout = Arc::clone(&parent.checkout);
        let has_tracked = checkout.index.has_below(&checkout.path(&path));
        let included = match &decision.reason {
            Reason::Include(rule) => Some(Arc::clone(rule)),
            _ => None,
        };
        let out = if included.is_some() {
            // What `include` takes back below this directory is decided as if the directory had not been included.
            let ordinary = self.decide_without_include(
                parent,
                &path[..path.len() - 1],
                true,
                decision.tracked,
            );
            (!ordinary.packed).then_some(ordinary.reason)
        } else {
            (!decision.packed).then(|| decision.reason.clone())
        };
        let wanted = decision.packed
            || (has_tracked && matches!(out, Some(Reason::GitIgnore(_))))
            || self.include.may_match_below(&path);
        if !wanted {
            return false;
        }
        let mut frame = Frame {
            path,
            checkout,
            git: None,
            own: None,
            included,
            out,
        };
        let submodule = decision.tracked.filter(Tracked::is_submodule);
        if submodule.is_some() && is_empty(file) {
            let path = shown(&frame.path);
            self.notes.warnings.push(format!(
                "submodule {path} is empty: check it out (`git submodule update --init`) or take it out of the workspace"
            ));
        }
        if frame.out.is_none() && !has_tracked {
            self.begin_checkout(file, &mut frame, submodule);
        }
        self.read_rules(file, &mut frame);
        self.frames.push(frame);
        true
    }

    /// Takes up the rules of the checkout that a directory is, if it is one.
    fn begin_checkout(&mut self, file: &Path, frame: &mut Frame, submodule: Option<Tracked>) {
        let name = shown(&frame.path);
        let repository = match Repository::at(file) {
            Ok(Some(repository)) => repository,
            Ok(None) => return,
            Err(lost) if submodule.is_some() => {
                let path = format!("{name}.git");
                let error = lost.why;
                return self.notes.unreadable.push(Unreadable { path, error });
            }
            Err(lost) => {
                let why = lost.why;
                return self.notes.warnings.push(format!(
                    "{name}.git leads to no repository ({why}): {name} is packed like any directory"
                ));
            }
        };
        if submodule.is_none() {
            self.notes.warnings.push(format!(
                "{name} is a git repository of its own and not a submodule: its files are packed too"
            ));
        }
        let (first, notes) = (self.frames.len(), &mut self.notes);
        match Checkout::inside(&frame.path, first, &repository, notes) {
            Ok(checkout) => {
                frame.checkout = Arc::new(checkout);
                self.inner
                    .begin(repository, submodule, Arc::clone(&frame.checkout));
            }
            Err(error) => self.notes.unreadable.push(Unreadable {
                path: format!("{name}.git/index"),
                error,
            }),
        }
    }

    fn read_rules(&mut self, directory: &Path, frame: &mut Frame) {
        let name = |file: &str| shown(&frame.path) + file;
        if frame.out.is_none() {
            let file = directory.join(".gitignore");
            frame.git = self.notes.read(&name(".gitignore"), &file, false);
        }
        if !matches!(
            frame.out,
            Some(Reason::Exclude(_) | Reason::LaunchwayIgnore(_))
        ) {
            let file = directory.join(".launchwayignore");
            frame.own = self.notes.read(&name(".launchwayignore"), &file, false);
        }
    }

    /// Looks at what the whole walk left unused, and gives all warnings.
    pub(super) fn finish(&mut self) -> Vec<String> {
        self.back_to(0);
        for pattern in self.include.rules() {
            if !pattern.negated && !pattern.is_vain() && !self.used.contains(&pattern.rule.line) {
                self.notes
                    .warnings
                    .push(format!("{} matches nothing", pattern.rule));
            }
        }
        if !self.foreign.is_empty() {
            self.notes.warnings.push(format!(
                "the files of other version control systems are left out: {}",
                some(&self.foreign)
            ));
        }
        let checkout = self.outer();
        let inner = self.inner.submodules.iter().map(|inner| &inner.checkout);
        for checkout in checkout.iter().chain(inner) {
            let missing = missing(&self.root, checkout, &self.exclude);
            self.notes.warnings.extend(missing);
        }
        std::mem::take(&mut self.notes.warnings)
    }
}

/// The path of a file that may not be there yet.
fn canonical(file: &Path) -> PathBuf {
    let directory = match file.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    };
    match (fs::canonicalize(directory), file.file_name()) {
        (Ok(directory), Some(name)) => directory.join(name),
        _ => file.to_path_buf(),
    }
}

fn is_empty(directory: &Path) -> bool {
    fs::read_dir(directory).is_ok_and(|mut entries| {
        !entries
            .any(|entry| entry.is_ok_and(|entry| !entry.file_name().eq_ignore_ascii_case(".git")))
    })
}
