//! Blobs that another repository has: the registry is asked to take them from there (the specification's "mounting a blob from
//! another repository"), so that apps and process types that share layers are sent them once.

use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
    time::Duration,
};

use reqwest::StatusCode;

use super::{Registry, refusal::no_page, upload::Upload};
use crate::{
    http::{Error, Kind, Request},
    image::Digest,
};

/// A repository that has each blob, as far as this run has seen.
#[derive(Default)]
pub(super) struct Known(Mutex<HashMap<Digest, String>>);

impl Known {
    /// Notes that a repository has blobs.
    pub(super) fn note(&self, repository: &str, digests: impl IntoIterator<Item = Digest>) {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        for digest in digests {
            known.insert(digest, repository.to_owned());
        }
    }

    /// Another repository that has a blob, as `from` names it.
    fn beside(&self, repository: &str, digest: &Digest) -> Option<String> {
        let known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let other = known.get(digest).filter(|other| *other != repository)?;
        Some(other.trim_start_matches("/v2/").to_owned())
    }
}

/// What came of asking for a blob of another repository.
pub(super) enum Mounted {
    /// It is there now.
    There,
    /// It has to be sent. The registry may have begun an upload for it.
    Send(Option<Upload>),
}

impl Registry {
    /// Asks for a blob that is missing in a repository, if another one has it. That the registry does not do it is no failure.
    pub(super) async fn mount(
        &self,
        repository: &str,
        digest: &Digest,
        budget: Duration,
    ) -> Result<Mounted, Error> {
        let Some(from) = self.known.beside(repository, digest) else {
            return Ok(Mounted::Send(None));
        };
        let path = format!("{repository}/blobs/uploads/?mount={digest}&from={from}");
        let request = Request::post(path, None, budget).repeatable();
        match self.api.send_until(request, no_page).await {
            Ok(answer) if answer.status == StatusCode::CREATED => Ok(Mounted::There),
            Ok(answer) => Ok(Mounted::Send(self.begun(&answer).ok())),
            Err(error) => match error.kind {
                Kind::Denied { .. }
                | Kind::NotFound
                | Kind::Rejected { .. }
                | Kind::Foreign { .. }
                | Kind::Unreadable => Ok(Mounted::Send(None)),
                _ => Err(error),
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_blob_is_taken_from_another_repository_only() {
        let (known, blob) = (Known::default(), Digest::of(b"a"));
        assert_eq!(known.beside("/v2/shop/web", &blob), None);
        known.note("/v2/shop/web", [blob.clone()]);
        assert_eq!(known.beside("/v2/shop/web", &blob), None);
        let from = known.beside("/v2/shop-eu/web", &blob);
        assert_eq!(from.as_deref(), Some("shop/web"));
        assert_eq!(known.beside("/v2/shop-eu/web", &Digest::of(b"b")), None);
    }
}
