//! Checks that are commands.

use std::{cell::RefCell, collections::VecDeque, time::Instant};

use super::{Outcome, Subject, evidence};
use crate::{
    config::{RunCheck, placeholder::Placeholder},
    journal::{
        WaitGuard,
        event::{Event, OutputSource},
    },
    run::{Run, child::Child},
};

/// The run's own words, as a command knows them.
const WORDS: [(&str, Placeholder); 4] = [
    ("LAUNCHWAY_VERSION", Placeholder::Version),
    ("LAUNCHWAY_COMMIT", Placeholder::Commit),
    ("LAUNCHWAY_RELEASE", Placeholder::Release),
    ("LAUNCHWAY_RUN", Placeholder::Run),
];

/// How many of the lines that a command printed last are evidence.
const LAST: usize = 10;

impl Run<'_> {
    /// Runs a command for one app.
    pub(super) async fn run_check(
        &self,
        name: &str,
        check: &RunCheck,
        subject: Subject<'_>,
    ) -> Outcome {
        let began = Instant::now();
        let Subject { place, release, .. } = subject;
        let web_url = place.app.web_url.as_ref().map(ToString::to_string);
        let mut told = vec![
            ("LAUNCHWAY_APP", place.app.name.clone()),
            ("LAUNCHWAY_STAGE", place.stage.to_owned()),
            ("LAUNCHWAY_URL", web_url.unwrap_or_default()),
            ("LAUNCHWAY_RELEASE_ID", release.at.id.clone()),
        ];
        told.extend(WORDS.map(|(name, placeholder)| (name, subject.value(placeholder, self.id))));
        let child = Child {
            command: &check.command,
            home: self.config.home(),
            inherited: self.child_env,
            told,
            timeout: check.timeout,
        };
        let what = format!("{name} for {}", place.app.name);
        let then = "it is stopped and has failed";
        let waiting = WaitGuard::begin(self.journal, &what, check.timeout, then);
        let last = RefCell::new(VecDeque::with_capacity(LAST));
        let ended = child.run(|line| {
            let mut last = last.borrow_mut();
            if last.len() == LAST {
                last.pop_front();
            }
            last.push_back(line.clone());
            self.journal.emit(Event::Output {
                source: OutputSource::Check,
                stage: place.stage.to_owned(),
                app: place.app.name.clone(),
                several: place.several,
                line,
            });
        });
        let ended = ended.await;
        drop(waiting);
        let ok = ended.ok();
        let redactor = &self.platform.services().redactor;
        let evidence = evidence::of_output(&*last.borrow(), redactor).filter(|_| !ok);
        Outcome {
            ok,
            attempts: 1,
            seen: ended.words(),
            took: began.elapsed(),
            evidence,
        }
    }
}
