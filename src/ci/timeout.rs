//! How long the job may still take, if the CI system says so: a run that ends on its own before it is killed can still
//! cancel its build, write its record and say what is live.

use std::time::Duration;

use jiff::Timestamp;

use crate::env::Env;

/// What is left for cleaning up before the runner kills the job.
const MARGIN: Duration = Duration::from_secs(30);

/// What is left of the job's time at `now`. Only GitLab tells (`CI_JOB_TIMEOUT`, `CI_JOB_STARTED_AT`).
pub fn left(env: &Env, now: Timestamp) -> Option<Duration> {
    let limit: u64 = env.get("CI_JOB_TIMEOUT")?.parse().ok()?;
    let started: Timestamp = env.get("CI_JOB_STARTED_AT")?.parse().ok()?;
    let ran = Duration::try_from(now.duration_since(started)).ok()?;
    Duration::from_secs(limit)
        .checked_sub(ran)?
        .checked_sub(MARGIN)
        .filter(|left| !left.is_zero())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_rest_of_the_jobs_time_is_known_on_gitlab() {
        let now: Timestamp = "2026-11-21T12:10:00Z".parse().unwrap();
        for (limit, started, expected) in [
            ("3600", "2026-11-21T12:00:00Z", Some(50 * 60 - 30)),
            ("3600", "2026-11-21T13:00:00+01:00", Some(50 * 60 - 30)),
            ("600", "2026-11-21T12:00:00Z", None),
            ("soon", "2026-11-21T12:00:00Z", None),
            ("3600", "yesterday", None),
            // A clock that is behind the server's.
            ("3600", "2026-11-21T12:20:00Z", None),
        ] {
            let env: Env = [("CI_JOB_TIMEOUT", limit), ("CI_JOB_STARTED_AT", started)]
                .into_iter()
                .collect();
            assert_eq!(
                left(&env, now),
                expected.map(Duration::from_secs),
                "{limit} {started}"
            );
        }
        assert_eq!(left(&Env::default(), now), None);
    }
}
