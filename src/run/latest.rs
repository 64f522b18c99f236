//! What many apps run, read in one request where the platform supports that. It only saves requests: whatever the answer
//! leaves out or uncertain is read for each app alone.

use std::collections::HashMap;

use super::Run;
use crate::{
    http::{Error, Kind},
    platform::{
        MANY,
        types::{App, Release, ReleaseStatus},
    },
};

/// The newest release of each of several apps, as far as they were told together.
#[derive(Debug, Default)]
pub(super) struct Latest(HashMap<String, Release>);

impl Latest {
    /// What an app runs, if its newest release certainly is that: an older one runs if the newest failed or is pending.
    pub(super) fn live(&self, app: &App) -> Option<&Release> {
        self.0.get(&app.id).filter(|release| {
            release.current == Some(true) && release.status == ReleaseStatus::Succeeded
        })
    }

    /// This release of an app, if it is the newest one.
    pub(super) fn release(&self, app: &App, id: &str) -> Option<&Release> {
        self.0.get(&app.id).filter(|release| release.at.id == id)
    }
}

impl Run<'_> {
    /// The newest releases of a pipeline's apps; none if the request fails, or is not worth it for so few `apps`.
    pub(super) async fn latest(&self, pipeline: Option<&str>, apps: usize) -> Latest {
        let Some(pipeline) = pipeline.filter(|_| apps >= MANY) else {
            return Latest::default();
        };
        let latest = self.platform.latest_releases(pipeline, self.retry_budget());
        Latest(self.or_each_alone(latest.await).unwrap_or_default())
    }

    /// What was asked for together; `None` if it has to be asked for each app alone.
    pub(super) fn or_each_alone<T>(&self, together: Result<T, Error>) -> Option<T> {
        together
            .inspect_err(|error| {
                if error.kind != Kind::Unsupported {
                    self.journal
                        .note(format!("{error}; asking about each app alone"));
                }
            })
            .ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::ReleaseRef;

    fn latest(status: &str, current: Option<bool>) -> Latest {
        let release = Release {
            at: ReleaseRef {
                id: "r".to_owned(),
                version: 3,
            },
            status: ReleaseStatus::read(status),
            current,
            artifact: None,
            output: None,
            description: String::new(),
            user: None,
            created_at: None,
        };
        Latest(HashMap::from([("a".to_owned(), release)]))
    }

    fn app(id: &str) -> App {
        App {
            id: id.to_owned(),
            name: "shop".to_owned(),
            web_url: None,
            maintenance: false,
            stack: None,
            runs: None,
        }
    }

    #[test]
    fn only_what_is_beyond_doubt_is_taken_for_what_runs() {
        for (status, current, expected) in [
            ("succeeded", Some(true), true),
            ("succeeded", Some(false), false),
            ("succeeded", None, false),
            ("failed", Some(false), false),
            ("pending", Some(true), false),
            ("a-new-word", Some(true), false),
        ] {
            let latest = latest(status, current);
            assert_eq!(latest.live(&app("a")).is_some(), expected, "{status}");
            assert!(latest.live(&app("b")).is_none());
        }
    }

    #[test]
    fn a_release_is_known_by_its_id_and_its_app() {
        let latest = latest("pending", Some(false));
        let found = |id: &str, release| latest.release(&app(id), release).is_some();
        assert_eq!(
            (found("a", "r"), found("a", "s"), found("b", "r")),
            (true, false, false)
        );
    }
}
