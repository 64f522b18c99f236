//! Code that ran before a release and may still answer for a while. A check that both the old and the new code pass
//! proves nothing until then, so it waits until the old code is gone.

use std::time::{Duration, Instant};

use futures_util::future::join_all;
use jiff::Timestamp;
use tokio::sync::OnceCell;

use super::Subject;
use crate::{
    config::{Check, HttpCheck},
    journal::WaitGuard,
    platform::types::Release,
    run::{Run, plan::check_names},
    units::list,
};

/// Until when the old code of an app may answer.
#[derive(Debug)]
pub(super) struct Overlap {
    /// What the platform calls that.
    by: &'static str,
    gone: Instant,
    /// The checks that can't tell it from the new code.
    names: Vec<String>,
    /// Set once it is gone: all checks wait together.
    over: OnceCell<()>,
}

/// How much of `lasts` is left of a release that this run found live. Its phase, if it had one, took at most `phase`.
fn left(lasts: Duration, release: &Release, phase: Duration, now: Timestamp) -> Duration {
    let Some(created_at) = release.created_at else {
        return lasts;
    };
    // A release time in the future means that the release is new.
    let age = Duration::try_from(now.duration_since(created_at)).unwrap_or_default();
    let phase = release.output.as_ref().map_or(Duration::ZERO, |_| phase);
    lasts.saturating_sub(age.saturating_sub(phase))
}

impl Run<'_> {
    /// Until when the old code of each of these apps may answer. Sends no request if every check proves which code answers.
    pub(super) async fn old_code(
        &self,
        checks: &[Check],
        subjects: &[Subject<'_>],
    ) -> Vec<Option<Overlap>> {
        let proves_nothing =
            |check: &Check| matches!(check, Check::Http(http) if !http.answer.proves());
        let names: Vec<String> = check_names(checks)
            .into_iter()
            .zip(checks)
            .filter(|(_, check)| proves_nothing(check))
            .map(|(name, _)| name)
            .collect();
        if names.is_empty() {
            return subjects.iter().map(|_| None).collect();
        }
        let old = subjects
            .iter()
            .map(|subject| self.old_code_of(*subject, &names));
        join_all(old).await
    }

    async fn old_code_of(&self, subject: Subject<'_>, names: &[String]) -> Option<Overlap> {
        let app = subject.place.app;
        let budget = self.pacing().budget_before();
        let overlap = match self.platform.overlap(app, budget).await {
            Ok(overlap) => overlap?,
            Err(error) => {
                self.journal.warn(format!(
                    "it is unknown whether the old code of {} still answers ({error}): {} can't tell it from the new \
                     code; `${{release}}`, `${{version}}` or `${{commit}}` in what a check expects can",
                    app.name,
                    list(names)
                ));
                return None;
            }
        };
        let lasts = self.pacing().of(overlap.lasts);
        let now = self.platform.services().api.now();
        let left = if subject.found_live {
            left(lasts, subject.release, self.release_deadline(), now)
        } else {
            lasts
        };
        let old = Overlap {
            by: overlap.by,
            gone: Instant::now() + left,
            names: names.to_vec(),
            over: OnceCell::new(),
        };
        (!left.is_zero()).then_some(old)
    }

    /// Waits until the old code is gone, if a check could not tell it from the new one.
    pub(super) async fn wait_out_old_code(
        &self,
        check: &HttpCheck,
        subject: Subject<'_>,
        old: Option<&Overlap>,
    ) {
        if let Some(old) = old.filter(|_| !check.answer.proves()) {
            old.over
                .get_or_init(|| self.wait_together(subject, old))
                .await;
        }
    }

    async fn wait_together(&self, subject: Subject<'_>, old: &Overlap) {
        let left = old.gone.saturating_duration_since(Instant::now());
        if left.is_zero() {
            return;
        }
        let app = &subject.place.app.name;
        let names = list(&old.names);
        let (waits, it, begin) = match old.names.len() {
            1 => ("waits", "it expects", "begins"),
            _ => ("wait", "they expect", "begin"),
        };
        self.journal.note(format!(
            "{app} has {}: its old code may still answer for a while after {}. {names} can't tell it from the new code and \
             {waits} until it is gone; `${{release}}`, `${{version}}` or `${{commit}}` in what {it} would avoid the wait",
            old.by, subject.release.at,
        ));
        let what = format!("the old code of {app} to be gone");
        let then = format!("{names} {begin}");
        let _waiting = WaitGuard::announce(self.journal, &what, None, left, &then);
        tokio::time::sleep(left).await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{http::SecretUrl, model::ReleaseRef, platform::types::ReleaseStatus};

    const NOW: i64 = 1_800_000_000;

    #[test]
    fn what_is_left_is_counted_from_the_end_of_the_release() {
        let lasts = Duration::from_mins(3);
        let phase = Duration::from_mins(65);
        for (age, has_phase, expected) in [
            (Some(0), false, 180),
            (Some(60), false, 120),
            (Some(180), false, 0),
            (Some(90_000), false, 0),
            // The clock is behind, or the time is unknown.
            (Some(-60), false, 180),
            (None, false, 180),
            // When the phase ended is not known: at the latest after as long as any takes.
            (Some(60), true, 180),
            (Some(65 * 60 + 60), true, 120),
            (Some(68 * 60), true, 0),
        ] {
            let release = Release {
                at: ReleaseRef {
                    id: "r".to_owned(),
                    version: 3,
                },
                status: ReleaseStatus::Succeeded,
                current: Some(true),
                artifact: None,
                output: has_phase
                    .then(|| SecretUrl::new("https://o.example.com/".parse().unwrap())),
                description: String::new(),
                user: None,
                created_at: age.map(|age| Timestamp::from_second(NOW - age).unwrap()),
            };
            let now = Timestamp::from_second(NOW).unwrap();
            let found = left(lasts, &release, phase, now).as_secs();
            assert_eq!(found, expected, "{age:?} {has_phase}");
        }
    }
}
