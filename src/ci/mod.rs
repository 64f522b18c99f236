//! Which CI system this is, and what it says about the run: commit, branch, tag, pull request, the address of the run.
//!
//! Detection follows <https://github.com/watson/ci-info>, the variables <https://github.com/semantic-release/env-ci>. A
//! variable that is set but empty counts as not set: CI systems do that to what does not apply.

mod github;
mod table;
pub mod timeout;

use std::path::{Path, PathBuf};

use crate::env::Env;

/// The CI systems that are recognised.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum System {
    /// GitHub Actions, and what behaves like it: Gitea, Forgejo.
    Github,
    /// GitLab CI.
    Gitlab,
    /// Azure Pipelines.
    Azure,
    /// Buildkite.
    Buildkite,
    /// CircleCI.
    Circle,
    /// Bitbucket Pipelines.
    Bitbucket,
    /// Jenkins.
    Jenkins,
    /// Travis CI.
    Travis,
    /// Drone.
    Drone,
    /// Woodpecker.
    Woodpecker,
    /// Semaphore.
    Semaphore,
    /// AppVeyor.
    Appveyor,
    /// Cirrus CI.
    Cirrus,
    /// AWS CodeBuild.
    Codebuild,
    /// TeamCity.
    Teamcity,
}

/// What the CI system says about the run. All of it is empty outside of CI.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Context {
    /// The CI system.
    pub system: Option<System>,
    /// The commit that people know: of a pull request its head, not the merge that is tested.
    pub commit: Option<String>,
    /// All commits that it names: that one first, then what it may have checked out instead.
    pub commits: Vec<String>,
    /// The branch; of a pull request the one that it comes from.
    pub branch: Option<String>,
    /// The tag, if the run is for one.
    pub tag: Option<String>,
    /// The number of the pull or merge request.
    pub pull_request: Option<String>,
    /// Where the run can be looked at.
    pub run_url: Option<String>,
    /// The root of the checkout, which places in files are relative to.
    pub workspace: Option<PathBuf>,
}

impl Context {
    /// What these variables say. `read` gives the text of the file that describes GitHub's event.
    pub fn detect(env: &Env, read: impl Fn(&Path) -> Option<String>) -> Self {
        let vars = Vars(env);
        let Some((system, fields)) = table::find(vars) else {
            return Self::default();
        };
        let mut context = Self {
            system: Some(system),
            commit: vars.first(fields.commit).filter(|c| is_commit(c)),
            commits: vars.all(fields.commit).filter(|c| is_commit(c)).collect(),
            branch: vars.first(fields.branch).map(|b| branch_name(&b)),
            tag: vars.first(fields.tag),
            pull_request: vars
                .first(fields.pull_request)
                .and_then(|text| request_number(&text)),
            run_url: vars.first(fields.run_url).filter(|url| is_web(url)),
            workspace: vars.first(fields.workspace).map(PathBuf::from),
        };
        match system {
            System::Github => github::complete(&mut context, vars, read),
            System::Azure => azure(&mut context, vars),
            System::Bitbucket => {
                context.run_url = vars.get("BITBUCKET_REPO_FULL_NAME").and_then(|repository| {
                    let build = vars.get("BITBUCKET_BUILD_NUMBER")?;
                    Some(format!(
                        "https://bitbucket.org/{repository}/addon/pipelines/home#!/results/{build}"
                    ))
                });
            }
            _ => {}
        }
        context
    }
}

impl Context {
    /// What the CI system says of this run to everybody.
    pub fn said(&self) -> impl Iterator<Item = &str> {
        let one = [
            &self.commit,
            &self.branch,
            &self.tag,
            &self.pull_request,
            &self.run_url,
        ];
        let known = one.into_iter().flatten().chain(&self.commits);
        known.map(String::as_str)
    }

    /// Whether a text is something that the CI system says of this run to everybody.
    pub fn says(&self, text: &str) -> bool {
        self.said().any(|known| known == text)
    }
}

/// The environment, without its empty variables.
#[derive(Clone, Copy)]
struct Vars<'a>(&'a Env);

impl<'a> Vars<'a> {
    fn get(self, name: &str) -> Option<&'a str> {
        self.0.get(name).filter(|value| !value.is_empty())
    }

    fn first(self, names: &[&str]) -> Option<String> {
        self.all(names).next()
    }

    fn all(self, names: &[&str]) -> impl Iterator<Item = String> {
        names
            .iter()
            .filter_map(move |name| self.get(name).map(str::to_owned))
    }
}

fn azure(context: &mut Context, vars: Vars<'_>) {
    let source = vars.get("BUILD_SOURCEBRANCH").unwrap_or_default();
    context.tag = source.strip_prefix("refs/tags/").map(str::to_owned);
    if context.tag.is_some() {
        context.branch = None;
    }
    context.run_url = vars
        .get("SYSTEM_TEAMFOUNDATIONCOLLECTIONURI")
        .and_then(|server| {
            let project = vars.get("SYSTEM_TEAMPROJECT")?.replace(' ', "%20");
            let build = vars.get("BUILD_BUILDID")?;
            let server = server.trim_end_matches('/');
            Some(format!("{server}/{project}/_build/results?buildId={build}"))
        });
}

/// Whether a text is a commit's id. Buildkite says `HEAD` where it does not know it yet.
fn is_commit(text: &str) -> bool {
    text.len() >= 7 && text.bytes().all(|b| b.is_ascii_hexdigit())
}

fn is_web(url: &str) -> bool {
    url::Url::parse(url).is_ok_and(|url| matches!(url.scheme(), "http" | "https"))
}

fn branch_name(branch: &str) -> String {
    branch
        .strip_prefix("refs/heads/")
        .unwrap_or(branch)
        .to_owned()
}

/// The number of a pull request. Some systems give its address, and some `false` where there is none.
fn request_number(text: &str) -> Option<String> {
    let last = text.rsplit('/').next().unwrap_or(text);
    (!last.is_empty() && last.bytes().all(|b| b.is_ascii_digit())).then(|| last.to_owned())
}

#[cfg(test)]
mod tests;
