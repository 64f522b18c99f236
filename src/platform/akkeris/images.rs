//! There is no stack for containers beside the one image that an app runs.

use std::time::Duration;

use async_trait::async_trait;

use super::Akkeris;
use crate::{
    http::{Error, Kind},
    platform::{
        images::{Containers, Images, Released},
        types::{App, Release},
    },
};

#[async_trait(?Send)]
impl Containers for Akkeris {
    async fn release_images(
        &self,
        app: &App,
        _: &Images,
        _: u64,
    ) -> Result<Option<Release>, Error> {
        Err(unsupported(app))
    }

    async fn released_images(
        &self,
        app: &App,
        _: &Images,
        _: u64,
        _: Duration,
    ) -> Result<Released, Error> {
        Err(unsupported(app))
    }
}

fn unsupported(app: &App) -> Error {
    let request = format!("images of {}", app.name);
    Error::new(Kind::Unsupported, request, "an app runs one image here")
}
