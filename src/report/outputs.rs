//! Results for the next job, as names and values: the outputs of a step on GitHub, the variables of a dotenv
//! report on GitLab. They are a function of the record: known bit by bit, and final when it is closed.

use std::collections::BTreeMap;

use crate::{
    exit::Exit,
    journal::record::{AppRecord, Record, ReleaseRecord},
};

/// The outputs for the next job.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Outputs {
    /// The outcome's word: `cancelled` until the run is over, because that is what a killed run leaves.
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
}

impl Outputs {
    /// The outputs of the record so far. It will be at `path`.
    pub fn of(record: &Record, path: Option<&str>) -> Self {
        let live = |app: &AppRecord| -> Option<ReleaseRecord> {
            // Of an app that went back it is the release that took it there.
            let live = match &app.rollback {
                Some(rollback) => &rollback.release,
                None => &app.release,
            };
            live.clone().filter(ReleaseRecord::succeeded)
        };
        let firsts = || {
            record
                .stages
                .iter()
                .filter_map(|stage| Some((&stage.stage, stage.apps.first()?)))
        };
        let build = record.apps().find_map(|app| app.build.as_ref());
        let is_over = !record.finished_at.is_empty();
        // A run that never reports again was cancelled.
        let outcome = if is_over {
            record.outcome.clone()
        } else {
            Exit::Interrupted.word().to_owned()
        };
        Self {
            outcome,
            exit_code: is_over.then_some(record.exit_code),
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
    fn what_is_known_along_the_way_is_what_is_known_at_the_end() {
        let sample = fixtures::happy();
        let mut record = sample.begun();
        assert_eq!(
            Outputs::of(&record, None).pairs(),
            [("outcome", "cancelled".to_owned())]
        );
        for event in &sample.events {
            record.apply(event);
        }
        let way = Outputs::of(&record, Some("record.json"));
        let end = Outputs::of(&sample.record, Some("record.json"));
        assert_eq!(
            (&way.release, &way.release_ids),
            (&end.release, &end.release_ids)
        );
        assert_eq!(way.source_digest, end.source_digest);
        assert_eq!((way.exit_code, end.exit_code), (None, Some(0)));
    }

    #[test]
    fn the_address_is_of_the_last_stage_that_was_reached() {
        let mut record = fixtures::happy().record;
        let address = |record: &Record| Outputs::of(record, None).web_url;
        let [.., before, last] = record.stages.as_mut_slice() else {
            panic!("there are two stages");
        };
        let (first, last) = (before.apps[0].web_url.clone(), &mut last.apps[0]);
        last.release = None;
        assert_ne!(last.web_url, first);
        assert_eq!(address(&record), first);
    }
}
