//! What the next job may want to know, as names and values: the outputs of a step on GitHub, the variables of a dotenv
//! report on GitLab. It is known bit by bit, and final with the record.

use std::collections::BTreeMap;

use crate::{
    event::Event,
    exit::Exit,
    record::{AppRecord, Record, ReleaseRecord},
};

/// What the next job may want to know.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Facts {
    /// The outcome's word. A run that nobody hears of again was cancelled.
    pub outcome: String,
    /// The exit code, once the run is over.
    pub exit_code: Option<u8>,
    /// The release of the last stage that was reached: `v8`.
    pub release: Option<String>,
    /// For each stage the id of the release of its first app: what `promote --release` takes.
    pub release_ids: BTreeMap<String, String>,
    /// The address of the first app of the last stage that was reached.
    pub web_url: Option<String>,
    /// The build's id.
    pub build_id: Option<String>,
    /// SHA-256 of the archive.
    pub source_digest: Option<String>,
    /// The version of the source.
    pub version: Option<String>,
    /// Where the run record is.
    pub record: Option<String>,
    /// The first app of the stage that is under way: releases of the others are not told.
    pub(super) first_app: Option<String>,
}

impl Default for Facts {
    fn default() -> Self {
        Self {
            outcome: Exit::Interrupted.word().to_owned(),
            exit_code: None,
            release: None,
            release_ids: BTreeMap::new(),
            web_url: None,
            build_id: None,
            source_digest: None,
            version: None,
            record: None,
            first_app: None,
        }
    }
}

impl Facts {
    /// Takes in what an event says; whether that is anything.
    pub fn learn(&mut self, event: &Event) -> bool {
        match event {
            Event::Packed {
                sha256, version, ..
            } => {
                self.source_digest = Some(sha256.clone());
                self.version = Some(version.clone());
            }
            Event::BuildStarted { build, .. } => self.build_id = Some(build.clone()),
            Event::StageStarted { apps, .. } => {
                self.first_app = apps.first().cloned();
                return false;
            }
            Event::ReleaseFinished {
                stage,
                app,
                release,
                status,
                ..
            } if status == "succeeded" && self.first_app.as_ref() == Some(app) => {
                self.release = Some(release.to_string());
                self.release_ids.insert(stage.clone(), release.id.clone());
            }
            _ => return false,
        }
        true
    }

    /// What the record says at the end.
    pub fn of(record: &Record, path: Option<&str>) -> Self {
        let live = |app: &AppRecord| -> Option<ReleaseRecord> {
            app.release.clone().filter(|r| r.status == "succeeded")
        };
        let firsts = || {
            record
                .stages
                .iter()
                .filter_map(|stage| Some((&stage.stage, stage.apps.first()?)))
        };
        let build = record
            .stages
            .iter()
            .flat_map(|stage| &stage.apps)
            .find_map(|app| app.build.as_ref());
        Self {
            outcome: record.outcome.clone(),
            exit_code: Some(record.exit_code),
            release: firsts()
                .filter_map(|(_, app)| live(app))
                .next_back()
                .map(|r| format!("v{}", r.version)),
            release_ids: firsts()
                .filter_map(|(stage, app)| Some((stage.clone(), live(app)?.id)))
                .collect(),
            web_url: firsts()
                .rfind(|(_, app)| live(app).is_some())
                .and_then(|(_, app)| app.web_url.clone()),
            build_id: build.map(|b| b.id.clone()),
            source_digest: record.source.as_ref().map(|s| s.sha256.clone()),
            version: record.source.as_ref().map(|s| s.version.clone()),
            record: path.map(str::to_owned),
            first_app: None,
        }
    }

    /// Names, in the form of GitHub's outputs, and values. `release-id` is not among them: each system has its own form.
    pub fn pairs(&self) -> Vec<(&'static str, String)> {
        let code = self.exit_code.map(|code| code.to_string());
        [
            ("outcome", Some(&self.outcome)),
            ("exit-code", code.as_ref()),
            ("release", self.release.as_ref()),
            ("web-url", self.web_url.as_ref()),
            ("build-id", self.build_id.as_ref()),
            ("source-digest", self.source_digest.as_ref()),
            ("version", self.version.as_ref()),
            ("record", self.record.as_ref()),
        ]
        .into_iter()
        .filter_map(|(name, value)| Some((name, value?.clone())))
        .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::fixtures;

    #[test]
    fn what_is_known_along_the_way_agrees_with_the_record() {
        let sample = fixtures::happy();
        let mut facts = Facts::default();
        assert_eq!(facts.pairs(), [("outcome", "cancelled".to_owned())]);
        for event in &sample.events {
            facts.learn(&event.event);
        }
        let of = Facts::of(&sample.record, Some("record.json"));
        assert_eq!(facts.release, of.release);
        assert_eq!(facts.release_ids, of.release_ids);
        assert_eq!(facts.source_digest, of.source_digest);
        assert_eq!(of.pairs().first(), Some(&("outcome", "ok".to_owned())));
    }

    #[test]
    fn the_address_is_of_the_last_stage_that_was_reached() {
        let mut record = fixtures::happy().record;
        let address = |record: &Record| Facts::of(record, None).web_url;
        let [.., before, last] = record.stages.as_mut_slice() else {
            panic!("there are two stages");
        };
        let (first, last) = (before.apps[0].web_url.clone(), &mut last.apps[0]);
        last.release = None;
        assert_ne!(last.web_url, first);
        assert_eq!(address(&record), first);
    }
}
