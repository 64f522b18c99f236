//! Promotions. The platform's reports on them are unreliable: their status is a constant, and so is that of their targets;
//! a promotion that fails half-way is answered with 500 and has no id. What counts are the releases of the targets.
//!
//! They are made one after the other within the request, each rollout waiting for its turn on the whole server. So a new
//! release of the slug on any target says that the request was accepted ([`crate::platform::once`]). If there is none
//! that proves nothing, and the list of promotions has no more than a row for each target that was reached: the error
//! stands, the request is never sent again, and the run ends without a verdict.

use std::{sync::PoisonError, time::Duration};

use futures_util::future::try_join_all;
use serde_json::{Value, json};

use super::{Akkeris, wire};
use crate::{
    http::{Error, Kind},
    platform::{
        Platform as _, once,
        types::{Mark, Promotion, PromotionRequest, Release, ReleaseStatus, Target, TargetStatus},
    },
};

impl Akkeris {
    /// Creates a promotion. What comes after the newest release of each target, as it was noted before, is the promotion's.
    pub(super) async fn make_promotion(
        &self,
        request: &PromotionRequest,
    ) -> Result<Promotion, Error> {
        let marks = request.targets.clone();
        let error = match self
            .create::<wire::PromotionJson>("/pipeline-promotions", &body(request))
            .await
        {
            Ok(json) => {
                let release = json.source.and_then(|source| source.release?.id);
                return Ok(Promotion {
                    id: Some(json.id),
                    release,
                    marks,
                    given_up: false,
                });
            }
            Err(error) if error.certainly_not_accepted() => return Err(error),
            Err(error) => error,
        };
        // 500 is the platform's own answer, at the end of all it did; any other failure may stand between it and us.
        let given_up = matches!(error.kind, Kind::Busy { status: 500 });
        let find = async |budget| {
            let looks = marks.iter().map(|mark| self.release_since(mark, budget));
            let found = try_join_all(looks).await?;
            Ok(found.iter().any(Option::is_some).then_some(()))
        };
        if once::look(&self.services, &error, &find).await?.is_none() {
            return Err(error);
        }
        let budget = self.services.pacing.budget_before();
        Ok(Promotion {
            id: self.promotion_of(request, budget).await,
            release: Some(request.release.clone()),
            marks,
            given_up,
        })
    }

    /// The id of a promotion of this release, for messages: the list has no order, and a row for each target.
    async fn promotion_of(&self, request: &PromotionRequest, budget: Duration) -> Option<String> {
        let list: Vec<wire::PromotionJson> =
            self.read("/pipeline-promotions", budget).await.ok()?;
        let mut ids: Vec<String> = list
            .into_iter()
            .filter(|json| {
                let source = json.source.as_ref();
                let id = |of: Option<&wire::Ref>| of.and_then(|of| of.id.clone());
                id(source.and_then(|s| s.release.as_ref())).as_ref() == Some(&request.release)
                    && id(source.and_then(|s| s.app.as_ref())).as_ref() == Some(&request.source)
            })
            .map(|json| json.id)
            .collect();
        ids.sort_unstable();
        ids.dedup();
        // Of several, there is no telling which one it is.
        match ids.as_slice() {
            [only] => Some(only.clone()),
            _ => None,
        }
    }

    /// The targets as their releases have it.
    pub(super) async fn targets_by_their_releases(
        &self,
        promotion: &Promotion,
        budget: Duration,
    ) -> Result<Vec<Target>, Error> {
        let listed = match &promotion.id {
            Some(id) => self.listed(id).await,
            None => Vec::new(),
        };
        try_join_all(promotion.marks.iter().map(async |mark| {
            let release = match listed.iter().find(|(app, _)| *app == mark.app.id) {
                Some((_, id)) => Some(self.release_until_its_end(mark, id, budget).await?),
                None => self.release_since(mark, budget).await?,
            };
            Ok(target(mark, release, promotion.given_up))
        }))
        .await
    }

    /// A release of a promotion, which is not read again once it has ended.
    async fn release_until_its_end(
        &self,
        mark: &Mark,
        id: &str,
        budget: Duration,
    ) -> Result<Release, Error> {
        let ended = || self.ended.lock().unwrap_or_else(PoisonError::into_inner);
        let known = ended().get(id).cloned();
        if let Some(known) = known {
            return Ok(known);
        }
        let release = self.release(&mark.app, id, budget).await?;
        if matches!(
            release.status,
            ReleaseStatus::Succeeded | ReleaseStatus::Failed
        ) {
            ended().insert(id.to_owned(), release.clone());
        }
        Ok(release)
    }

    /// What the platform lists as the releases of a promotion's targets, by app. The list has the targets of all
    /// promotions there ever were, and those of a new one are missing, or the whole list is, for a moment. Without it the
    /// releases are found by their slug: so it is asked for once at each look, and failing to get it is no failure.
    async fn listed(&self, id: &str) -> Vec<(String, String)> {
        let path = format!("/pipeline-promotions/{id}/promotion-targets");
        let list: Result<Vec<wire::TargetJson>, _> = self.read(path, Duration::ZERO).await;
        list.unwrap_or_default()
            .into_iter()
            .filter(|json| {
                let of = json.pipeline_promotion.as_ref();
                of.and_then(|of| of.id.as_deref()) == Some(id)
            })
            .filter_map(|json| Some((json.app.id, json.release?.id?)))
            .collect()
    }

    /// The release that a target got since it was marked.
    async fn release_since(&self, mark: &Mark, budget: Duration) -> Result<Option<Release>, Error> {
        let releases = self.all_releases(&mark.app, budget).await?;
        Ok(since(mark, releases))
    }
}

/// The first release after the mark that is of the promoted slug: a later one is somebody else's.
fn since(mark: &Mark, newest_first: Vec<Release>) -> Option<Release> {
    newest_first
        .into_iter()
        .rev()
        .filter(|release| release.at.version > mark.newest)
        .find(|release| mark.artifact.is_none() || release.artifact == mark.artifact)
}

/// A target as its release has it.
fn target(mark: &Mark, release: Option<Release>, given_up: bool) -> Target {
    let (status, error) = match &release {
        Some(release) => match &release.status {
            ReleaseStatus::Succeeded => (TargetStatus::Succeeded, None),
            ReleaseStatus::Failed => {
                let why = format!("the platform could not roll out {}", release.at);
                (TargetStatus::Failed, Some(why))
            }
            other => (TargetStatus::Other(other.word().to_owned()), None),
        },
        None if given_up => {
            let why = "the platform aborted the promotion before it reached this app";
            (TargetStatus::Failed, Some(why.to_owned()))
        }
        None => (TargetStatus::Pending, None),
    };
    Target {
        app: mark.app.id.clone(),
        release: release.map(|release| release.at.id),
        status,
        error,
    }
}

/// The release stands within the source's app: where Heroku has it, it is ignored and the newest one goes.
fn body(request: &PromotionRequest) -> Value {
    let targets: Vec<Value> = request
        .targets
        .iter()
        .map(|mark| json!({"app": {"id": mark.app.id}}))
        .collect();
    json!({
        "pipeline": {"id": request.pipeline},
        "source": {"app": {"id": request.source, "release": {"id": request.release}}},
        "targets": targets,
        "safe": request.safe,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        model::ReleaseRef,
        platform::{Artifact, types::App},
    };

    fn mark(newest: u64) -> Mark {
        Mark {
            app: App {
                id: "a".to_owned(),
                name: "shop-prd".to_owned(),
                web_url: None,
                maintenance: false,
                stack: None,
                runs: None,
            },
            newest,
            artifact: Some(Artifact::Slug("s".to_owned())),
        }
    }

    fn release(version: u64, slug: &str, status: &str) -> Release {
        Release {
            at: ReleaseRef {
                id: format!("r{version}"),
                version,
            },
            status: ReleaseStatus::read(status),
            current: None,
            artifact: Some(Artifact::Slug(slug.to_owned())),
            output: None,
            description: String::new(),
            user: None,
            created_at: None,
        }
    }

    #[test]
    fn the_promotions_release_is_the_first_of_its_slug_behind_the_mark() {
        let all = || {
            vec![
                release(4, "s", "queued"),
                release(3, "s", "queued"),
                release(2, "x", "queued"),
                release(1, "s", "succeeded"),
            ]
        };
        let found = |newest| since(&mark(newest), all()).map(|release| release.at.version);
        assert_eq!(
            (found(0), found(1), found(3), found(4)),
            (Some(1), Some(3), Some(4), None)
        );
    }

    #[test]
    fn a_target_is_what_its_release_is() {
        let status = |word, given_up| {
            let release = Some(word)
                .filter(|word| *word != "none")
                .map(|word| release(1, "s", word));
            target(&mark(0), release, given_up).status
        };
        assert_eq!(status("succeeded", false), TargetStatus::Succeeded);
        assert_eq!(status("failed", false), TargetStatus::Failed);
        assert_eq!(status("queued", false).word(), "queued");
        assert_eq!(status("unknown", true).word(), "unknown");
        assert_eq!(status("none", false), TargetStatus::Pending);
        assert_eq!(status("none", true), TargetStatus::Failed);
    }
}
