//! The formation of an app and its dynos. With preboot the dynos of the release before answer for a while and are not in
//! the list (heroku.md §8).

use std::time::Duration;

use serde::Deserialize;

use super::Heroku;
use crate::{
    http::{Error, Request},
    platform::{
        dynos::{Dyno, DynoState, Scaled},
        types::App,
    },
};

#[derive(Deserialize)]
struct FormationJson {
    #[serde(rename = "type")]
    kind: String,
    quantity: u64,
}

#[derive(Deserialize)]
struct DynoJson {
    name: String,
    #[serde(rename = "type")]
    kind: String,
    state: String,
    release: Option<DynoReleaseJson>,
}

#[derive(Deserialize)]
struct DynoReleaseJson {
    version: Option<u64>,
}

impl Heroku {
    pub(super) async fn formation_of(
        &self,
        app: &App,
        budget: Duration,
    ) -> Result<Vec<Scaled>, Error> {
        let path = format!("/apps/{}/formation", app.id);
        let list: Vec<FormationJson> = self
            .list(|| Request::get(&path, budget).doubting_absence())
            .await?;
        let scaled = list.into_iter().map(|json| Scaled {
            kind: json.kind,
            quantity: json.quantity,
        });
        Ok(scaled.collect())
    }

    pub(super) async fn dynos_of(&self, app: &App, budget: Duration) -> Result<Vec<Dyno>, Error> {
        let path = format!("/apps/{}/dynos", app.id);
        let list: Vec<DynoJson> = self
            .list(|| Request::get(&path, budget).doubting_absence())
            .await?;
        let dynos = list.into_iter().map(|json| Dyno {
            name: json.name,
            kind: json.kind,
            state: DynoState::read(&json.state),
            release: json.release.and_then(|release| release.version),
        });
        Ok(dynos.collect())
    }
}
