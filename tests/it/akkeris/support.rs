//! A shop on Akkeris.

use std::fs;

use launchway::sandbox::Surface;
use serde_json::Value;

use crate::support::{Shop, spec};

/// One app, in development.
pub(super) const ONE: &str = "\
version: 1
platform: akkeris
stages: [{stage: development, app: web-dev}]
";

/// A pipeline: development and staging.
pub(super) const TWO: &str = "\
version: 1
platform: akkeris
pipeline: webpipe
stages:
  - {stage: development, app: web-dev}
  - {stage: staging, app: web-stg}
";

impl Shop {
    /// A shop with faults, and with these status checks required before a promotion to staging.
    pub(super) fn akkeris(yaml: &str, faults: &[&str], required: &[&str]) -> Self {
        Self::akkeris_with(&["web-stg"], yaml, faults, required)
    }

    /// The same with these apps in staging.
    pub(super) fn akkeris_with(
        staging: &[&str],
        yaml: &str,
        faults: &[&str],
        required: &[&str],
    ) -> Self {
        let staging = staging.iter().map(|app| (*app, "staging"));
        let apps: Vec<_> = [("web-dev", "development")]
            .into_iter()
            .chain(staging)
            .collect();
        let mut spec = spec(Surface::Akkeris, "webpipe", &apps, faults);
        spec.required_checks = required
            .iter()
            .map(|context| ("web-stg".to_owned(), (*context).to_owned()))
            .collect();
        let shop = Self::start(spec);
        shop.write("deploy.yaml", yaml);
        shop.write("Dockerfile", "FROM alpine\nRUN echo one\nRUN echo two\n");
        shop
    }

    /// A pipeline of two apps, with these status checks required before a promotion to staging.
    pub(crate) fn akkeris_pipeline(required: &[&str]) -> Self {
        Self::akkeris(TWO, &[], required)
    }

    pub(super) fn remove(&self, name: &str) {
        fs::remove_file(self.workspace().join(name)).unwrap();
    }

    /// Asks the API as somebody else does.
    pub(super) fn ask(&self, method: &str, path: &str, body: &Value) -> Value {
        serde_json::from_str(&self.answer(method, path, body).1).unwrap()
    }

    /// The releases of an app, oldest first.
    pub(super) fn releases(&self, app: &str) -> Vec<Value> {
        let state = self.state();
        state["apps"][app]["releases"].as_array().unwrap().clone()
    }

    /// Waits until an app has so many releases, and all have succeeded.
    pub(super) fn until_released(&self, app: &str, count: usize) {
        self.until(|| {
            let releases = self.releases(app);
            let succeeded = releases.iter().all(|one| one["status"] == "succeeded");
            releases.len() >= count && succeeded
        });
    }
}
