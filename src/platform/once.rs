//! Requests that create something, exactly once: what is the same on every platform.
//!
//! A request that certainly was not accepted (no connection, 4xx, 429) made nothing, and its error stands. Any other
//! failure is ambiguous: the connection broke after sending, a 5xx, an answer that can't be read. Then the platform is
//! asked what is there, for longer than a router lets a request run (Heroku's: 30 s, error H12). What is found is adopted.
//! Where its absence proves that the request made nothing, the request is sent once more ([`make`]); where it proves
//! nothing, the error stands and the run ends without a verdict ([`look`]). Which of the two it is each platform says
//! beside its requests.

use std::time::{Duration, Instant};

use super::{
    Artifact, Platform, Services,
    pipelines::DesiredCoupling,
    types::{App, Release},
};
use crate::{
    http::{Error, Kind},
    journal::WaitGuard,
};

/// How long something is looked for whose fate is not known: longer than a router lets a request run.
const LOOK_FOR: Duration = Duration::from_secs(35);
/// The pause between two looks.
const LOOK_EVERY: Duration = Duration::from_secs(2);
/// How many of the newest releases are looked at.
const NEWEST: usize = 10;

/// What a request made.
pub(super) enum Creation<T> {
    /// Its answer says so.
    Told(T),
    /// It was found; the answer was lost like this.
    Found(T, Error),
}

impl<T> Creation<T> {
    /// The thing itself.
    pub(super) fn thing(self) -> T {
        match self {
            Self::Told(thing) | Self::Found(thing, _) => thing,
        }
    }
}

/// Sends a creating request; where its fate is not known, finds what it made, or sends it once more.
pub(super) async fn make<T>(
    services: &Services,
    send: impl AsyncFn() -> Result<T, Error>,
    find: impl AsyncFn(Duration) -> Result<Option<T>, Error>,
) -> Result<Creation<T>, Error> {
    let lost = match send().await {
        Err(error) if !error.certainly_not_accepted() => error,
        verdict => return verdict.map(Creation::Told),
    };
    if let Some(found) = look(services, &lost, &find).await? {
        return Ok(Creation::Found(found, lost));
    }
    let lost = match send().await {
        Err(error) if !error.certainly_not_accepted() => error,
        verdict => return verdict.map(Creation::Told),
    };
    match look(services, &lost, &find).await? {
        Some(found) => Ok(Creation::Found(found, lost)),
        None => Err(lost),
    }
}

/// Looks for what a request made whose answer was lost. `None` says that it is certainly not there; if the platform
/// can't be asked, the error of the request stands.
pub(super) async fn look<T>(
    services: &Services,
    lost: &Error,
    find: &impl AsyncFn(Duration) -> Result<Option<T>, Error>,
) -> Result<Option<T>, Error> {
    let Services {
        pacing, journal, ..
    } = services;
    journal.note(format!("{lost}; checking whether it was done anyway"));
    let limit = pacing.timeout(LOOK_FOR);
    let what = "the platform to show whether it was done";
    let _waiting = WaitGuard::begin(journal, what, limit, "it counts as not there");
    let began = Instant::now();
    let mut seen = false;
    while !seen || began.elapsed() < limit {
        tokio::time::sleep(pacing.of(LOOK_EVERY)).await;
        match find(pacing.budget_under_way()).await {
            Ok(Some(found)) => {
                journal.note("it was done: continuing with the result");
                return Ok(Some(found));
            }
            Ok(None) => seen = true,
            Err(_) => return Err(lost.clone()),
        }
    }
    journal.note("it is not there");
    Ok(None)
}

/// Creates a release of an artifact by `send`, on an app whose newest release has this version. Both platforms make it
/// within the request: a later one of it with this description is ours, and if there is none by the end, the request made
/// none.
pub(super) async fn make_release(
    platform: &dyn Platform,
    app: &App,
    artifact: &Artifact,
    description: &str,
    newest: u64,
    send: impl AsyncFn() -> Result<Release, Error>,
) -> Result<Release, Error> {
    let find = async |budget| {
        let releases = platform.releases(app, NEWEST, budget).await?;
        Ok(releases.into_iter().find(|release| {
            release.at.version > newest
                && release.artifact.as_ref() == Some(artifact)
                && release.description == description
        }))
    };
    make(platform.services(), send, find)
        .await
        .map(Creation::thing)
}

/// Couples an app by `send`. An app has one place at most, and the coupling is made within the request: if the place is
/// the wanted one it is ours, and if there is none by the end, the request made none. A request that is refused because
/// somebody made the same coupling meanwhile did not fail.
pub(super) async fn couple(
    platform: &dyn Platform,
    place: DesiredCoupling<'_>,
    send: impl AsyncFn() -> Result<(), Error>,
) -> Result<(), Error> {
    let find = async |budget| {
        let found = platform.place_of(place.app, budget).await?;
        Ok(found.filter(|found| place.is_that_of(found)).map(drop))
    };
    let services = platform.services();
    let refused = match make(services, send, &find).await {
        Err(error) if matches!(error.kind, Kind::Rejected { .. }) => error,
        made => return made.map(Creation::thing),
    };
    match find(services.pacing.budget_under_way()).await {
        Ok(Some(())) => Ok(()),
        _ => Err(refused),
    }
}

/// Makes an app whose newest release has this version run an earlier release again, by `send`. Both platforms make the new
/// release within the request (heroku.md §2, akkeris.md §5): a later one of the earlier code is it, and if there is none by
/// the end, the request made none.
pub(super) async fn roll_back(
    platform: &dyn Platform,
    app: &App,
    to: &Release,
    newest: u64,
    send: impl AsyncFn() -> Result<Release, Error>,
) -> Result<Release, Error> {
    let find = async |budget| {
        let releases = platform.releases(app, NEWEST, budget).await?;
        let mut later = releases
            .into_iter()
            .filter(|release| release.at.version > newest);
        Ok(later.find(|release| goes_back_to(release, to)))
    };
    make(platform.services(), send, find)
        .await
        .map(Creation::thing)
}

/// Whether a release is an earlier one once more: it runs the same, or where that is not known, it says so.
fn goes_back_to(release: &Release, to: &Release) -> bool {
    match (&release.artifact, &to.artifact) {
        (Some(theirs), Some(ours)) => theirs == ours,
        _ => {
            let said = |name: &str| release.description == format!("Rollback to {name}");
            said(&to.at.to_string()) || said(&to.at.id)
        }
    }
}
