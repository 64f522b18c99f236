//! The version of an archive: a name that no other content has.
//!
//! | given version | commit | the archive is exactly the commit | version |
//! |---|---|---|---|
//! | none, or the full commit | known | yes | the commit |
//! | none, or the full commit | known | no, or unknown | the commit, `-`, digest |
//! | something else | | | what is given, `-`, digest |
//! | none | unknown | | `sha256-`, digest |
//!
//! "Digest" is the first 12 hex digits of the SHA-256 of the uncompressed archive, so that the level of compression does
//! not change a version. An archive is exactly its commit if it is of the whole checkout and its submodules, every entry is,
//! byte for byte and mode for mode, the commit's, and no entry of the commit is left out: one that leaves something out has
//! the digest behind it whatever the reason, since `exclude`, `.launchwayignore`, `-o` and the like may name something else
//! the next time.
//!
//! The commit is the one that is checked out. What the CI system says it is counts only where there is no repository.

use super::checkout::Submodule;
use super::comparison::Compared;
use super::error::Error;
use super::git::{self, NoAnswer};
use super::index::Index;
use super::options::Options;
use super::repository::{Repository, object_id};
use super::workspace::Workspace;

/// What an archive is called, and where it is from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Identity {
    /// The version; unique to the content.
    pub version: String,
    /// The commit that the workspace is from, if it is known.
    pub commit: Option<String>,
    /// Whether the workspace differs from its commit in what is packed of it. `None` if unknown.
    pub dirty: Option<bool>,
}

/// How many hex digits of the digest a version has.
const DIGITS: usize = 12;

/// What git says about the workspace.
#[derive(Debug, Default)]
pub(super) struct GitState {
    has_repository: bool,
    head: Option<String>,
    /// Whether what git tracks is what the commit holds and, once all is packed, what is packed is that, too.
    as_committed: Option<bool>,
    /// Whether the archive is of the whole checkout.
    whole: bool,
    warnings: Vec<String>,
}

impl GitState {
    /// Asks git's files and, for what they do not say, git.
    pub(super) fn look(workspace: &Workspace, index: &Index, cancelled: &dyn Fn() -> bool) -> Self {
        let Some(repository) = &workspace.repository else {
            return Self::default();
        };
        let mut state = Self::of_head(repository, cancelled);
        state.whole = repository.root == workspace.root;
        if let Some(head) = &state.head {
            let same = git::is_committed(repository, head, index, cancelled);
            state.as_committed = state.answer("list the commit", same);
        }
        state
    }

    /// What is checked out.
    fn of_head(repository: &Repository, cancelled: &dyn Fn() -> bool) -> Self {
        let mut state = Self {
            has_repository: true,
            head: repository.head(),
            ..Self::default()
        };
        if state.head.is_none() && repository.has_other_refs() {
            let head = git::head(repository, cancelled);
            state.head = state.answer("say what is checked out", head).flatten();
        }
        state
    }

    /// The commit that the workspace is from, if it is known.
    fn commit(&self, options: &Options) -> Option<String> {
        let mut said = options.commits.iter().filter(|said| !said.is_empty());
        if self.has_repository {
            self.head.clone()
        } else {
            said.next().cloned()
        }
    }

    /// Adds what was seen while packing, and looks at the submodules if it still matters.
    pub(super) fn add_packed(
        &mut self,
        compared: Compared,
        submodules: &[Submodule],
        cancelled: &dyn Fn() -> bool,
    ) {
        self.whole &= compared.all;
        if !compared.as_tracked {
            self.as_committed = self.as_committed.map(|_| false);
        }
        for inner in submodules {
            if self.as_committed != Some(true) {
                return;
            }
            let index = &inner.checkout.index;
            let same = git::is_committed(&inner.repository, &inner.commit, index, cancelled);
            self.as_committed = self.answer("list the commit of a submodule", same);
        }
    }

    /// The answer, if there is one; if git failed, a warning.
    fn answer<T>(&mut self, to: &str, answer: Result<T, NoAnswer>) -> Option<T> {
        match answer {
            Ok(answer) => Some(answer),
            Err(NoAnswer::Failed(why)) => {
                self.warnings.push(format!(
                    "git can't {to}: {why} (the version has the content's digest in it)"
                ));
                None
            }
            Err(NoAnswer::NoGit | NoAnswer::Cancelled) => None,
        }
    }

    /// What a person should know: what git could not do, and that a variable names another commit than the checkout's.
    pub(super) fn warnings(self, options: &Options, identity: &Identity) -> Vec<String> {
        let mut warnings = self.warnings;
        let is_head = |commit: &&String| {
            let head = self.head.as_deref().unwrap_or_default();
            head.starts_with(&commit.to_ascii_lowercase())
        };
        let said = &options.commits;
        if let (Some(head), Some(other)) = (&self.head, said.first())
            && !said.iter().any(|commit| is_head(&commit))
        {
            warnings.push(format!(
                "the CI system names commit {other}, but {head} is checked out: the version follows what is checked out"
            ));
        }
        if let (Some(head), Some(given)) = (&self.head, given(options))
            && object_id(given).is_some_and(|given| given != *head)
        {
            warnings.push(format!(
                "source.version names commit {given}, but {head} is checked out: the version is {}",
                identity.version
            ));
        }
        warnings
    }
}

fn given(options: &Options) -> Option<&str> {
    options.version.as_deref().filter(|given| !given.is_empty())
}

/// The commit that a workspace is from, if it is known, without packing it. Blocks; `cancelled` is asked often.
pub fn commit(options: &Options, cancelled: &dyn Fn() -> bool) -> Result<Option<String>, Error> {
    let workspace = Workspace::open(options)?;
    let repository = workspace.repository.as_ref();
    let state = repository.map(|repository| GitState::of_head(repository, cancelled));
    Ok(state.unwrap_or_default().commit(options))
}

/// Names an archive. `plain_sha256` is the digest of its content.
pub(super) fn name(options: &Options, git_state: &GitState, plain_sha256: &str) -> Identity {
    let commit = git_state.commit(options);
    let exact = git_state.whole && git_state.as_committed == Some(true);
    let digest = plain_sha256.get(..DIGITS).unwrap_or(plain_sha256);
    let version = match given(options).or(commit.as_deref()) {
        None => format!("sha256-{digest}"),
        Some(name) if exact && object_id(name) == git_state.head => name.to_owned(),
        Some(name) => format!("{name}-{digest}"),
    };
    Identity {
        version,
        commit,
        dirty: git_state.as_committed.map(|same| !same),
    }
}

#[cfg(test)]
mod tests {
    use super::{GitState, name};
    use crate::source::options::Options;

    const HEAD: &str = "0123456789abcdef0123456789abcdef01234567";
    const OTHER: &str = "1123456789abcdef0123456789abcdef01234567";
    const DIGEST: &str = "ffeeddccbbaa99887766";

    /// The version and the warnings.
    fn named(change: impl Fn(&mut Options, &mut GitState)) -> (String, Vec<String>) {
        let mut options = Options::default();
        let mut git_state = GitState {
            has_repository: true,
            head: Some(HEAD.into()),
            as_committed: Some(true),
            whole: true,
            warnings: Vec::new(),
        };
        change(&mut options, &mut git_state);
        let identity = name(&options, &git_state, DIGEST);
        let warnings = git_state.warnings(&options, &identity);
        (identity.version, warnings)
    }

    fn version(change: impl Fn(&mut Options, &mut GitState)) -> String {
        named(change).0
    }

    #[test]
    fn only_the_commit_itself_is_called_by_its_name_alone() {
        let suffixed = format!("{HEAD}-ffeeddccbbaa");
        assert_eq!(version(|_, _| {}), HEAD);
        assert_eq!(version(|o, _| o.version = Some(HEAD.into())), HEAD);
        assert_eq!(version(|_, git| git.as_committed = Some(false)), suffixed);
        assert_eq!(version(|_, git| git.as_committed = None), suffixed);
        assert_eq!(version(|_, git| git.whole = false), suffixed);
    }

    #[test]
    fn another_name_has_the_digest_behind_it() {
        let given = version(|options, _| options.version = Some("v1.2".into()));
        assert_eq!(given, "v1.2-ffeeddccbbaa");
        let short = version(|options, _| options.version = Some(HEAD[..8].into()));
        assert_eq!(short, "01234567-ffeeddccbbaa");
        let nothing = version(|_, git| *git = GitState::default());
        assert_eq!(nothing, "sha256-ffeeddccbbaa");
        let empty = version(|options, git| {
            options.version = Some(String::new());
            options.commits = vec![String::new()];
            *git = GitState::default();
        });
        assert_eq!(empty, "sha256-ffeeddccbbaa");
        let (version, warnings) = named(|options, _| options.version = Some(OTHER.into()));
        assert_eq!(version, format!("{OTHER}-ffeeddccbbaa"));
        assert!(warnings[0].starts_with("source.version names commit"));
    }

    #[test]
    fn a_variable_names_a_commit_only_where_there_is_no_repository() {
        let said = |commits: &[&str]| {
            let commits: Vec<String> = commits.iter().map(ToString::to_string).collect();
            named(|options, _| options.commits.clone_from(&commits))
        };
        // Of a pull request people know the head, and the merge is checked out.
        for commits in [&[HEAD][..], &[OTHER, HEAD], &[&HEAD[..8]], &[]] {
            assert_eq!(said(commits), (HEAD.to_owned(), Vec::new()), "{commits:?}");
        }
        let (found, warnings) = said(&[OTHER]);
        assert_eq!(found, HEAD);
        let warning = format!(
            "the CI system names commit {OTHER}, but {HEAD} is checked out: the version follows what is checked out"
        );
        assert_eq!(warnings, [warning]);

        let without = |has_repository| {
            version(|options, git| {
                options.commits = vec![OTHER.into()];
                *git = GitState {
                    has_repository,
                    ..GitState::default()
                };
            })
        };
        assert_eq!(without(false), format!("{OTHER}-ffeeddccbbaa"));
        // There is a checkout, but its commit is unknown.
        assert_eq!(without(true), "sha256-ffeeddccbbaa");
    }
}
