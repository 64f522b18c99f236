//! What must be known about a platform before the first request: one row per platform. The configuration, the command line,
//! the credentials, the reports and the run read it here.

use std::{fmt, time::Duration};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use url::Url;

/// The platform that a `deploy.yaml` is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum PlatformKind {
    /// Heroku.
    Heroku,
    /// An installation of Akkeris.
    Akkeris,
}

/// What must be known of a platform before it is asked anything.
#[derive(Debug)]
pub struct About {
    /// The platform.
    pub kind: PlatformKind,
    /// What `deploy.yaml`, the command line and the record call it.
    pub name: &'static str,
    /// Where its API is, if there is one for everybody.
    pub api_url: Option<&'static str>,
    /// Where images are pushed to, if it takes any.
    pub registry: Option<&'static str>,
    /// The variable that holds its token, behind launchway's own.
    pub token_variable: &'static str,
    /// How to come by a token.
    pub token_hint: &'static str,
    /// The stages of its pipelines, in order.
    pub stages: &'static [&'static str],
    /// What it can do and another can't.
    pub features: &'static [Feature],
    /// The hosts that its public API names in its answers, each with what for.
    pub hosts: &'static [(&'static str, &'static str)],
    /// The hosts of the git repositories that its apps have, if they have any.
    pub git_hosts: &'static [&'static str],
    /// How an app comes by the release that it runs, to show it to a check: a sentence without its period.
    pub own_release: &'static str,
    /// Where people can read a build's output afterwards; `APP` stands for the app's name.
    pub build_output: &'static str,
    /// The same for a release's.
    pub release_output: &'static str,
    /// The page of a build at its public address, where it has one; `APP` and `ID` stand for the app's name and the build's id.
    pub build_page: Option<&'static str>,
    /// What makes a container app of one that is not, where there are such; `APP` stands for its name.
    pub makes_container_app: Option<&'static str>,
    /// How long a release may take to come to its end.
    pub release_deadline: Duration,
    /// Whether a release that is pending holds up a newer one of other code.
    pub pending_release_blocks: bool,
}

impl PlatformKind {
    /// What must be known about it before the first request.
    pub const fn about(self) -> &'static About {
        &PLATFORMS[self as usize]
    }

    /// The platform of this name.
    pub fn named(name: &str) -> Option<Self> {
        PLATFORMS
            .iter()
            .find(|about| about.name == name)
            .map(|about| about.kind)
    }
}

impl fmt::Display for PlatformKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.about().name)
    }
}

/// Something that not every platform can do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Feature {
    /// Builds with the buildpacks that it is given; with a Dockerfile otherwise.
    Buildpacks,
    /// Takes an image in place of a source.
    Images,
    /// Releases images that were pushed to its registry, one for each process type.
    Containers,
    /// Releases slugs that were made elsewhere.
    Slugs,
    /// Releases a build on other apps than its own without a promotion.
    ReleasesElsewhere,
    /// Promotes past a stage; from one to the next only otherwise.
    SkipsStages,
    /// Tells formation and dynos of an app.
    Dynos,
    /// Has status checks on releases.
    StatusChecks,
    /// Its apps have a stack and buildpacks of their own, which what is built elsewhere may not fit.
    Stacks,
    /// Keeps the log of a release phase with its release.
    ReleaseLogs,
    /// Gives the file of a slug away.
    SlugFiles,
    /// Takes the source through an upload host of its own.
    Sources,
}

/// Every platform.
pub static PLATFORMS: [About; 2] = [
    About {
        kind: PlatformKind::Heroku,
        name: "heroku",
        api_url: Some("https://api.heroku.com"),
        registry: Some("https://registry.heroku.com"),
        token_variable: "HEROKU_API_KEY",
        token_hint: "set HEROKU_API_KEY to a token from `heroku authorizations:create`",
        stages: &["test", "review", "development", "staging", "production"],
        features: &[
            Feature::Buildpacks,
            Feature::ReleasesElsewhere,
            Feature::SkipsStages,
            Feature::Containers,
            Feature::Slugs,
            Feature::Dynos,
            Feature::Stacks,
            Feature::ReleaseLogs,
            Feature::SlugFiles,
            Feature::Sources,
        ],
        // Sources go to pre-signed addresses of S3; the others are the schema's examples (heroku.md §2, §5).
        hosts: &[
            ("*.amazonaws.com", UPLOAD),
            ("build-output.heroku.com", "output of builds"),
            ("release-output.heroku.com", "output of release phases"),
        ],
        git_hosts: &["git.heroku.com", "heroku.com"],
        own_release: "HEROKU_RELEASE_VERSION has it once `heroku labs:enable runtime-dyno-metadata` is done",
        build_output: "`heroku builds:output --app APP`",
        release_output: "`heroku releases:output --app APP`",
        build_page: Some("https://dashboard.heroku.com/apps/APP/activity/builds/ID"),
        // The platform's own client releases images there only (`container:release`, heroku.md §2).
        makes_container_app: Some("`heroku stack:set container --app APP`"),
        // The platform's own limit for a release phase is one hour (heroku.md §2).
        release_deadline: Duration::from_mins(65),
        pending_release_blocks: true,
    },
    About {
        kind: PlatformKind::Akkeris,
        name: "akkeris",
        api_url: None,
        registry: None,
        token_variable: "AKKERIS_API_KEY",
        token_hint: "set AKKERIS_API_KEY to a token of the installation (`aka token`)",
        stages: &["review", "development", "staging", "production"],
        features: &[Feature::Images, Feature::StatusChecks],
        hosts: &[],
        git_hosts: &[],
        own_release: "`${commit}` does as well, which an image has that was built with AKKERIS_GIT_SHA1",
        build_output: "GET /apps/APP/builds/ID/result of the API",
        release_output: "the log of APP",
        build_page: None,
        makes_container_app: None,
        // A rollout that does not report becomes `unknown` after 10 minutes, and may still come to life.
        release_deadline: Duration::from_mins(15),
        pending_release_blocks: false,
    },
];

/// What the source is sent to a host for.
pub const UPLOAD: &str = "upload of the source";

/// The variable that holds the token of whatever platform it is.
pub const TOKEN_VARIABLE: &str = "LAUNCHWAY_API_KEY";

/// The variables that may hold a platform's token. No child process sees them, and no text of `deploy.yaml` may name them.
pub fn token_variables() -> impl Iterator<Item = &'static str> {
    let own = PLATFORMS.iter().map(|about| about.token_variable);
    [TOKEN_VARIABLE].into_iter().chain(own)
}

/// Whether a variable may hold a platform's token.
pub fn is_token_variable(name: &str) -> bool {
    token_variables().any(|variable| variable == name)
}

/// The names of the platforms that hold to something, such as "heroku or akkeris".
pub fn names(of: impl Fn(&About) -> bool) -> String {
    let names: Vec<&str> = PLATFORMS
        .iter()
        .filter(|about| of(about))
        .map(|about| about.name)
        .collect();
    names.join(" or ")
}

impl About {
    /// Whether the platform can do this.
    pub fn has(&self, feature: Feature) -> bool {
        self.features.contains(&feature)
    }

    /// Whether an API is the platform's own, at its public address.
    pub fn is_public(&self, api: &Url) -> bool {
        let own = self.api_url.and_then(|own| own.parse::<Url>().ok());
        own.is_some_and(|own| own.origin() == api.origin())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_platform_has_its_row() {
        for (at, about) in PLATFORMS.iter().enumerate() {
            assert_eq!(about.kind as usize, at, "{}", about.name);
            assert_eq!(serde_json::to_value(about.kind).unwrap(), about.name);
            assert_eq!(PlatformKind::named(about.name), Some(about.kind));
            assert!(about.token_hint.contains(about.token_variable));
        }
        assert_eq!(PlatformKind::named("heroic"), None);
    }

    /// What no code of ours reads: the shell of the CI integrations, and the pages.
    #[test]
    fn scripts_and_pages_name_every_platform_and_its_token() {
        let template = include_str!("../../templates/deploy.yml");
        let unset = format!(
            "unset {}\n",
            token_variables().collect::<Vec<_>>().join(" ")
        );
        assert!(template.contains(&unset), "{unset}");
        for (page, text) in [
            ("action.yml", include_str!("../../action.yml")),
            ("templates/deploy.yml", template),
            ("README.md", include_str!("../../README.md")),
            ("docs/akkeris.md", include_str!("../../docs/akkeris.md")),
        ] {
            for name in token_variables() {
                assert!(text.contains(name), "{page} does not name {name}");
            }
        }
        let example = include_str!("../../deploy.example.yaml");
        for about in &PLATFORMS {
            assert!(
                example.contains(about.name),
                "deploy.example.yaml: {}",
                about.name
            );
        }
    }
}
