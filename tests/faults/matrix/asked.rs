//! The rows of the matrix: the requests of a run.

use std::fmt;

use launchway::sandbox::{Generation, Origin, Request, Surface};

/// What a row needs to have its request made.
#[derive(Clone, Copy, Debug)]
pub(super) struct Scene {
    /// The `deploy.yaml` behind the platform, if it is not the usual one.
    pub(super) yaml: Option<&'static str>,
    /// Another fault.
    pub(super) fault: Option<&'static str>,
    /// The last stage.
    pub(super) stage: &'static str,
    /// Akkeris does not release by itself.
    pub(super) without_auto_release: bool,
    /// Heroku's generation.
    pub(super) generation: Generation,
    /// A run before has built this source, and the release phase failed.
    pub(super) failed_before: bool,
    /// Heroku: the apps are container apps, and their image is in a file.
    pub(super) containers: bool,
}

/// A build is given up after this time.
const IMPATIENT: &str = "\
build: {timeout: 150ms}
stages:
  - {stage: staging, app: shop-staging}
";

const WITHOUT_PIPELINE: &str = "\
stages:
  - {stage: staging, app: shop-staging}
  - {stage: production, apps: [shop-eu, shop-us]}
";

const REQUIRING: &str = "\
pipeline: acme-shop
stages:
  - {stage: staging, app: shop-staging}
  - {stage: production, app: shop-eu, require: {status_checks: [tests/smoke]}}
";

const REPORTING: &str = "\
report_status: {context: ci/launchway, name: From CI}
stages:
  - {stage: staging, app: shop-staging}
";

const LOOKING_AT_DYNOS: &str = "\
stages:
  - {stage: staging, app: shop-staging, verify: [{dynos: {state: up, within: 3s, every: 10ms}}]}
";

const IMAGES: &str = "\
build: {images: {web: \"docker-archive:web.tar\"}}
stages:
  - {stage: staging, app: shop-staging}
";

/// So many apps are asked about together.
const MANY: &str = "\
pipeline: acme-shop
build: {timeout: 4s}
stages:
  - {stage: staging, app: shop-staging}
  - {stage: production, apps: [shop-eu, shop-us, shop-ap, shop-sa]}
";

/// A request that a run makes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Asked {
    App,
    Pipeline,
    Couplings,
    /// Many apps together. Akkeris: all there are.
    Apps,
    /// Heroku: the newest releases of many apps together, before anything was changed.
    Latest,
    /// The same, once the first stage is built.
    LatestLater,
    /// The list, before anything was changed.
    Releases,
    Slug,
    /// Fir: what it has in place of a slug.
    Image,
    Builds,
    Source,
    Upload,
    CreateBuild,
    Build,
    Stream,
    /// Akkeris: the output so far.
    Snapshot,
    /// A build that takes too long.
    Cancel,
    /// Akkeris: whether it releases by itself. Heroku: whether the old code still answers.
    Feature,
    Release,
    /// The list, once the first stage is built.
    ReleasesLater,
    Promote,
    Targets,
    /// Akkeris: the status checks on a release, which the next stage requires.
    Statuses,
    /// Akkeris: the run's own status check.
    ReportStatus,
    /// Heroku: to the second stage, without a pipeline. Akkeris: of the build, where it does not release by itself.
    CreateRelease,
    /// Heroku: of what was built before, whose release phase failed; a slug, and on Fir an image.
    SlugAgain,
    ImageAgain,
    /// Heroku: of images that were pushed.
    ReleaseImages,
    /// Heroku: the list, once images are released: the answer to that does not name the release.
    ReleasesOfImages,
    /// Heroku: what a check of dynos looks at.
    Formation,
    Dynos,
    Web,
}

impl Asked {
    pub(super) const ALL: [Self; 32] = [
        Self::App,
        Self::Pipeline,
        Self::Couplings,
        Self::Apps,
        Self::Latest,
        Self::LatestLater,
        Self::Releases,
        Self::Slug,
        Self::Image,
        Self::Builds,
        Self::Source,
        Self::Upload,
        Self::CreateBuild,
        Self::Build,
        Self::Stream,
        Self::Snapshot,
        Self::Cancel,
        Self::Feature,
        Self::Release,
        Self::ReleasesLater,
        Self::Promote,
        Self::Targets,
        Self::Statuses,
        Self::ReportStatus,
        Self::CreateRelease,
        Self::SlugAgain,
        Self::ImageAgain,
        Self::ReleaseImages,
        Self::ReleasesOfImages,
        Self::Formation,
        Self::Dynos,
        Self::Web,
    ];

    /// Whether this platform is asked such a thing.
    pub(super) fn is_of(self, surface: Surface) -> bool {
        match self {
            Self::Source
            | Self::Upload
            | Self::Stream
            | Self::Image
            | Self::SlugAgain
            | Self::ImageAgain
            | Self::ReleaseImages
            | Self::ReleasesOfImages
            | Self::Formation
            | Self::Dynos
            | Self::Latest
            | Self::LatestLater => surface == Surface::Heroku,
            Self::Snapshot | Self::Statuses | Self::ReportStatus => surface == Surface::Akkeris,
            _ => true,
        }
    }

    /// Whether it changes something on the platform.
    pub(super) fn changes(self) -> bool {
        matches!(
            self,
            Self::CreateBuild
                | Self::Cancel
                | Self::CreateRelease
                | Self::SlugAgain
                | Self::ImageAgain
                | Self::ReleaseImages
                | Self::Promote
        )
    }

    /// What faults call it.
    pub(super) fn scope(self, surface: Surface) -> &'static str {
        match self {
            Self::App => "GET apps",
            Self::Pipeline => "GET pipelines",
            Self::Apps if surface == Surface::Akkeris => "GET /apps$",
            Self::Apps => "POST filters",
            Self::Latest | Self::LatestLater => "GET /pipelines/*/latest-releases$",
            Self::Couplings => "GET couplings",
            Self::Releases | Self::ReleasesLater | Self::ReleasesOfImages => {
                "GET /apps/*/releases$"
            }
            Self::Slug if surface == Surface::Akkeris => "GET /slugs/*$",
            Self::Slug => "GET slugs",
            Self::Image => "GET /apps/*/oci-images/*$",
            Self::Builds => "GET /apps/*/builds$",
            Self::Source => "POST sources",
            Self::Upload => "PUT upload",
            Self::CreateBuild => "POST builds",
            Self::Build => "GET /apps/*/builds/*$",
            Self::Stream => "GET stream",
            Self::Snapshot => "GET /apps/*/builds/*/result$",
            Self::Cancel => "DELETE builds",
            Self::Feature => "GET /apps/*/features",
            Self::Release => "GET /apps/*/releases/*$",
            Self::Promote => "POST promotions",
            Self::Targets => "GET targets",
            Self::Statuses => "GET /apps/*/releases/*/statuses$",
            Self::ReportStatus => "POST /apps/*/releases/*/statuses$",
            Self::CreateRelease | Self::SlugAgain | Self::ImageAgain => "POST /apps/*/releases$",
            Self::ReleaseImages => "PATCH /apps/*/formation$",
            Self::Formation => "GET /apps/*/formation$",
            Self::Dynos => "GET /apps/*/dynos$",
            Self::Web => "GET web",
        }
    }

    /// At which of these requests the fault begins to strike.
    pub(super) fn first(self) -> u32 {
        match self {
            // Three apps are looked at for the plan, and staging again before its build: the next one confirms staging, or
            // looks for the release that Akkeris makes of the build.
            Self::ReleasesLater => 5,
            // The app is looked at for the plan, before its images are pushed, and once they are.
            Self::ReleasesOfImages => 4,
            // The plan has them too.
            Self::Statuses | Self::LatestLater => 2,
            _ => 1,
        }
    }

    /// The stage by which all of these requests have been made: what comes after it would only take time.
    fn stage(self, surface: Surface) -> &'static str {
        match self {
            Self::Release
            | Self::ReleasesLater
            | Self::LatestLater
            | Self::Promote
            | Self::Targets
            | Self::Statuses => "production",
            Self::CreateRelease if surface == Surface::Heroku => "production",
            _ => "staging",
        }
    }

    /// What must be there for the request to be made.
    pub(super) fn scene(self, surface: Surface) -> Scene {
        let mut scene = Scene {
            yaml: None,
            fault: None,
            stage: self.stage(surface),
            without_auto_release: false,
            generation: Generation::Cedar,
            failed_before: false,
            containers: false,
        };
        match (self, surface) {
            (Self::Cancel, _) => {
                scene.yaml = Some(IMPATIENT);
                scene.fault = Some("build=slow:1h");
            }
            (Self::Apps | Self::Latest | Self::LatestLater, _) => {
                scene.yaml = Some(MANY);
                scene.stage = "production";
            }
            (Self::Statuses, _) => scene.yaml = Some(REQUIRING),
            (Self::ReportStatus, _) => scene.yaml = Some(REPORTING),
            (Self::CreateRelease, Surface::Heroku) => scene.yaml = Some(WITHOUT_PIPELINE),
            (Self::CreateRelease, Surface::Akkeris) => scene.without_auto_release = true,
            (Self::Formation | Self::Dynos, _) => scene.yaml = Some(LOOKING_AT_DYNOS),
            (Self::Image, _) => scene.generation = Generation::Fir,
            (Self::ReleaseImages | Self::ReleasesOfImages, _) => {
                scene.yaml = Some(IMAGES);
                scene.containers = true;
            }
            (Self::SlugAgain, _) => scene.failed_before = true,
            (Self::ImageAgain, _) => {
                scene.generation = Generation::Fir;
                scene.failed_before = true;
            }
            _ => {}
        }
        scene
    }

    /// Whether a request is one of these.
    pub(super) fn is(self, request: &Request) -> bool {
        let path = &request.path;
        let (method, origin) = match self {
            Self::Apps if path == "/filters/apps" => ("POST", Origin::Api),
            Self::Upload => ("PUT", Origin::Upload),
            Self::Stream => ("GET", Origin::Stream),
            Self::Web => ("GET", Origin::Web),
            Self::Source
            | Self::CreateBuild
            | Self::CreateRelease
            | Self::SlugAgain
            | Self::ImageAgain
            | Self::Promote
            | Self::ReportStatus => ("POST", Origin::Api),
            Self::Cancel => ("DELETE", Origin::Api),
            Self::ReleaseImages => ("PATCH", Origin::Api),
            _ => ("GET", Origin::Api),
        };
        request.method == method
            && request.origin == origin
            && match self {
                Self::App => path.starts_with("/apps/"),
                Self::Apps => path == "/apps" || path == "/filters/apps",
                Self::Latest | Self::LatestLater => path.ends_with("/latest-releases"),
                Self::Pipeline => path.starts_with("/pipelines/"),
                Self::Couplings => path.ends_with("/pipeline-couplings"),
                Self::Releases
                | Self::ReleasesLater
                | Self::ReleasesOfImages
                | Self::CreateRelease
                | Self::SlugAgain
                | Self::ImageAgain => path.ends_with("/releases"),
                Self::Slug => path.contains("/slugs/"),
                Self::Image => path.contains("/oci-images/"),
                Self::Builds | Self::CreateBuild => path.ends_with("/builds"),
                Self::Source => path == "/sources",
                Self::Build => path.contains("/builds/") && !path.ends_with("/result"),
                Self::Snapshot => path.ends_with("/result"),
                Self::Cancel => path.contains("/builds/"),
                Self::Feature => path.contains("/features/"),
                Self::Release => path.contains("/releases/") && !path.ends_with("/statuses"),
                Self::Statuses | Self::ReportStatus => path.ends_with("/statuses"),
                Self::Formation | Self::ReleaseImages => path.ends_with("/formation"),
                Self::Dynos => path.ends_with("/dynos"),
                Self::Promote => path == "/pipeline-promotions",
                Self::Targets => path.ends_with("/promotion-targets"),
                Self::Upload | Self::Stream | Self::Web => true,
            }
    }
}

impl fmt::Display for Asked {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::App => "GET app",
            Self::Pipeline => "GET pipeline",
            Self::Couplings => "GET couplings",
            Self::Apps => "many apps",
            Self::Latest => "GET latest releases",
            Self::LatestLater => "GET latest releases, later",
            Self::Releases => "GET releases",
            Self::Slug => "GET slug",
            Self::Image => "GET image",
            Self::Builds => "GET builds",
            Self::Source => "POST sources",
            Self::Upload => "PUT upload",
            Self::CreateBuild => "POST builds",
            Self::Build => "GET build",
            Self::Stream => "GET stream",
            Self::Snapshot => "GET build result",
            Self::Cancel => "DELETE build",
            Self::Feature => "GET feature",
            Self::Formation => "GET formation",
            Self::Dynos => "GET dynos",
            Self::Release => "GET release",
            Self::ReleasesLater => "GET releases, later",
            Self::Promote => "POST promotions",
            Self::Targets => "GET targets",
            Self::Statuses => "GET statuses",
            Self::ReportStatus => "POST statuses",
            Self::CreateRelease => "POST releases",
            Self::SlugAgain => "POST releases, a slug again",
            Self::ImageAgain => "POST releases, an image again",
            Self::ReleaseImages => "PATCH formation",
            Self::ReleasesOfImages => "GET releases, of images",
            Self::Web => "web check",
        })
    }
}
