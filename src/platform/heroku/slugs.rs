//! Slugs that were made elsewhere (heroku.md §2; <https://devcenter.heroku.com/articles/platform-api-deploying-slugs>).

use reqwest::header::ACCEPT;
use serde_json::{Value, json};

use super::{Heroku, VERSION_3, is_refused, wire};
use crate::{
    http::{Error, Request, SecretUrl, upload},
    platform::{
        Artifact,
        types::{App, SlugRequest},
    },
};

/// A slug, as the API wants it described.
fn slug_body(request: &SlugRequest<'_>) -> Value {
    let mut body = json!({
        "process_types": request.process_types,
        "checksum": format!("SHA256:{}", request.sha256),
        "commit": request.tarball.version,
    });
    if let Some(description) = request.description {
        body["commit_description"] = description.into();
    }
    body
}

impl Heroku {
    /// Makes a slug of a file. Its id is known to nobody but this run until it is released, and one that never is goes away
    /// by itself: making a second one changes nothing.
    pub(super) async fn send_new_slug(
        &self,
        app: &App,
        request: &SlugRequest<'_>,
    ) -> Result<Artifact, Error> {
        // An address that is refused may be too old: then a new slug is made, once.
        match self.send_to_new_slug(app, request).await {
            Err(error) if is_refused(&error) => self.send_to_new_slug(app, request).await,
            sent => sent,
        }
    }

    async fn send_to_new_slug(
        &self,
        app: &App,
        request: &SlugRequest<'_>,
    ) -> Result<Artifact, Error> {
        let services = &self.services;
        let body = slug_body(request);
        let path = format!("/apps/{}/slugs", app.id);
        let asked = Request::post(path, Some(&body), services.pacing.budget_before()).repeatable();
        let slug: wire::NewSlugJson = services.api.fetch(asked.header(ACCEPT, VERSION_3)).await?;
        let put = SecretUrl::new(slug.blob.url);
        self.learn(Some(&put));
        upload::put(
            &services.outside,
            services.pacing,
            &services.journal,
            &put,
            request.tarball.bytes,
            request.tarball.open,
        )
        .await?;
        Ok(Artifact::Slug(slug.id))
    }
}
