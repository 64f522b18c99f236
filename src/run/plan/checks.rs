//! The names of checks, and what `plan` says of them.

use crate::{
    config::{Cadence, Check, HttpTarget},
    units,
};

/// A check as people know it: `GET /health`, `npm run smoke`.
fn name(check: &Check) -> String {
    match check {
        Check::Http(http) => {
            let place = match &http.target {
                HttpTarget::Path(path) => path.split('?').next().unwrap_or(path).to_owned(),
                HttpTarget::Url(url) => {
                    let port = url.port().map_or(String::new(), |port| format!(":{port}"));
                    let host = url.host_str().unwrap_or("?");
                    format!("{}://{host}{port}{}", url.scheme(), url.path())
                }
            };
            format!("{} {place}", http.request.method)
        }
        Check::Dynos(_) => "dynos up".to_owned(),
        Check::Run(run) => run.command.lines().next().unwrap_or_default().to_owned(),
    }
}

/// The names of a stage's checks: each has its own, with a number where several would have the same.
pub fn check_names(checks: &[Check]) -> Vec<String> {
    let mut names: Vec<String> = Vec::with_capacity(checks.len());
    for name in checks.iter().map(name) {
        let again = (2..).map(|number| format!("{name} ({number})"));
        let mut candidates = std::iter::once(name.clone()).chain(again);
        let free = candidates.find(|candidate| !names.contains(candidate));
        names.push(free.unwrap_or(name));
    }
    names
}

/// What each of a stage's checks is, and how long it takes.
pub(super) fn described(checks: &[Check]) -> Vec<String> {
    let names = check_names(checks);
    let all = names.iter().zip(checks);
    all.map(|(name, check)| match check {
        Check::Http(http) => format!("{name} {}", pace(&http.cadence)),
        Check::Dynos(cadence) => format!("{name} {}", pace(cadence)),
        Check::Run(run) => format!("{name} within {}", units::duration(run.timeout)),
    })
    .collect()
}

/// When a check is tried, in words.
fn pace(cadence: &Cadence) -> String {
    let within = units::duration(cadence.within);
    let in_a_row = match cadence.successes {
        0 | 1 => String::new(),
        several => format!(", {several} times in a row"),
    };
    if cadence.soak.is_zero() {
        return format!("within {within}{in_a_row}");
    }
    let (soak, every) = (
        units::duration(cadence.soak),
        units::duration(cadence.every),
    );
    let bears = match u64::from(cadence.failure_limit) {
        0 => String::new(),
        bad => format!(
            " with at most {}",
            units::count(bad, "bad try", "bad tries")
        ),
    };
    format!("within {within}{in_a_row}, then for {soak}, every {every}{bears}")
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::config::RunCheck;

    #[test]
    fn each_check_has_a_name_of_its_own() {
        let run = |command: &str| {
            Check::Run(RunCheck {
                command: command.to_owned(),
                timeout: Duration::from_mins(5),
            })
        };
        let checks = ["a", "b", "a", "a (2)", "a\nb"].map(run);
        assert_eq!(
            check_names(&checks),
            ["a", "b", "a (2)", "a (2) (2)", "a (3)"]
        );
        assert_eq!(described(&checks[..1]), ["a within 5m"]);
    }

    #[test]
    fn a_soak_is_told_with_what_it_bears() {
        let seconds = Duration::from_secs;
        let cadence = Cadence {
            within: seconds(120),
            every: seconds(15),
            successes: 1,
            soak: Duration::ZERO,
            failure_limit: 0,
        };
        assert_eq!(pace(&cadence), "within 2m");
        let soak = Cadence {
            successes: 3,
            soak: seconds(600),
            failure_limit: 2,
            ..cadence
        };
        let words = "within 2m, 3 times in a row, then for 10m, every 15s with at most 2 bad tries";
        assert_eq!(pace(&soak), words);
    }
}
