//! The code that a stage's apps should run, and its values for placeholders and commands.

use super::Subject;
use crate::{
    config::{Check, Stage, placeholder::Placeholder},
    exit::Exit,
    failure::Failure,
    run::{build_input::BuildInput, slug::SlugInput},
};

/// The source of what is deployed.
#[derive(Clone, Debug, Default)]
pub(in crate::run) struct Code {
    /// Its version.
    pub version: Option<String>,
    /// The full id of its commit.
    pub commit: Option<String>,
}

impl Code {
    /// Of what is built.
    pub(in crate::run) fn of_input(input: &BuildInput) -> Self {
        let version = input.version();
        let commit = match input {
            BuildInput::Archive(archive) => archive.identity.commit.clone(),
            BuildInput::Hosted(_, commit) | BuildInput::Slug(SlugInput::File { commit, .. }) => {
                commit.clone()
            }
            BuildInput::Images(images) => images.commit.clone(),
            BuildInput::Image(_) | BuildInput::Slug(_) => commit_in(version),
        };
        Self {
            version: Some(version.to_owned()),
            commit,
        }
    }

    /// Of what was built earlier: all that is left of it is the version.
    pub(in crate::run) fn of_version(version: Option<String>) -> Self {
        Self {
            commit: version.as_deref().and_then(commit_in),
            version,
        }
    }

    fn knows(&self, placeholder: Placeholder) -> bool {
        match placeholder {
            Placeholder::Version => self.version.is_some(),
            Placeholder::Commit => self.commit.is_some(),
            Placeholder::Release | Placeholder::Run => true,
        }
    }

    /// Refuses a run with a check that could never hold, because what it names is not known.
    pub(in crate::run) fn check_placeholders_of<'s>(
        &self,
        stages: impl IntoIterator<Item = &'s Stage>,
    ) -> Result<(), Failure> {
        let mut stages = stages.into_iter();
        stages.try_for_each(|stage| self.check_placeholders(&stage.verify))
    }

    /// The same of these checks.
    pub(in crate::run) fn check_placeholders(&self, checks: &[Check]) -> Result<(), Failure> {
        let mut named = checks
            .iter()
            .filter_map(|check| match check {
                Check::Http(http) => Some(http),
                Check::Dynos(_) | Check::Run(_) => None,
            })
            .flat_map(|http| {
                http.answer
                    .placeholders()
                    .chain(http.request.placeholders())
            });
        let Some(unknown) = named.find(|one| !self.knows(*one)) else {
            return Ok(());
        };
        let word = unknown.written();
        let what = format!("a check names {word}, which is unknown here");
        let failure = Failure::new(Exit::Refused, what)
            .state("nothing was changed on the platform")
            .next(match unknown {
                Placeholder::Commit => {
                    "deploy from a git checkout, or use ${version} or ${release} in the check"
                }
                _ => "use ${release} in the check",
            });
        Err(failure)
    }
}

/// The full commit id that a version begins with.
fn commit_in(version: &str) -> Option<String> {
    let id = version.split('-').next().unwrap_or_default();
    let full = matches!(id.len(), 40 | 64) && id.bytes().all(|byte| byte.is_ascii_hexdigit());
    full.then(|| id.to_owned())
}

impl Subject<'_> {
    /// What a placeholder stands for; nothing if that is not known.
    pub(super) fn value(&self, placeholder: Placeholder, run: &str) -> String {
        let known = |text: &Option<String>| text.clone().unwrap_or_default();
        match placeholder {
            Placeholder::Version => known(&self.code.version),
            Placeholder::Commit => known(&self.code.commit),
            Placeholder::Release => self.release.at.to_string(),
            Placeholder::Run => run.to_owned(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_version_may_begin_with_a_commit() {
        let id = "0123456789abcdef0123456789abcdef01234567";
        for (version, expected) in [
            (id.to_owned(), Some(id)),
            (format!("{id}-0123456789ab"), Some(id)),
            (format!("{id}0"), None),
            ("v1.2-3".to_owned(), None),
            (id[..12].to_owned(), None),
        ] {
            assert_eq!(commit_in(&version).as_deref(), expected, "{version}");
        }
    }
}
