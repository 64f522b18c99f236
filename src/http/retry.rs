//! The one place that decides retries: whether to retry, and after what pause. Pure; `api` and `upload` do the waiting.

use std::time::{Duration, SystemTime};

use jiff::Timestamp;

use super::{Error, Kind, Phase};

/// Whether a failed request should be repeated.
pub fn may_repeat(error: &Error) -> bool {
    match error.phase {
        Phase::Read | Phase::Upload => error.is_transient(),
        // Not even connected, or turned away at the door: certainly nothing was made. Anything else is ambiguous, and
        // the run looks on the platform for what the request may have made before it decides.
        Phase::Create => matches!(
            error.kind,
            Kind::Unreachable | Kind::RateLimited | Kind::Unchecked
        ),
    }
}

/// Whether an error may be an outage of what checks tokens. Nothing was accepted, so even a creating request may be
/// repeated.
pub fn is_doubtful_denial(error: &Error) -> bool {
    matches!(error.kind, Kind::Denied { status: 401, .. })
}

/// Whether an error may be due to a replica that does not know yet what was just made.
pub fn is_doubtful_absence(error: &Error) -> bool {
    error.kind == Kind::NotFound
}

/// The pause before the next try; `None` if the retry budget is spent. The last pause is cut short, so that a try is made at
/// the very end of the retry budget: it is as long as it says.
///
/// `Retry-After` is not documented for the Platform API; it has been seen as an epoch, and proxies send seconds or a
/// date. What it asks for is obeyed up to `LONGEST_RETRY_AFTER` and up to the end of the retry budget, where one last try is
/// made: an absurd value must not end a deploy.
pub fn pause(
    planned: Duration,
    retry_after: Option<Duration>,
    budget_left: Duration,
) -> Option<Duration> {
    let wanted = retry_after.map_or(planned, |asked| asked.min(LONGEST_RETRY_AFTER).max(planned));
    (!budget_left.is_zero()).then_some(wanted.min(budget_left))
}

/// The longest pause that a `Retry-After` header can cause.
pub const LONGEST_RETRY_AFTER: Duration = Duration::from_mins(2);

/// Reads `Retry-After`: seconds, an HTTP date, or a Unix epoch. `None` if it is none of them.
pub fn retry_after(value: &str, now: SystemTime) -> Option<Duration> {
    let value = value.trim();
    if !value.is_empty() && value.bytes().all(|b| b.is_ascii_digit()) {
        // More digits than a u64 holds is absurd, not unreadable.
        let number = value.parse::<u64>().unwrap_or(u64::MAX);
        // No server means 30 years: so large a number is a point in time.
        if number < 1_000_000_000 {
            return Some(Duration::from_secs(number));
        }
        let at = SystemTime::UNIX_EPOCH.checked_add(Duration::from_secs(number));
        return Some(at.map_or(Duration::MAX, |at| {
            at.duration_since(now).unwrap_or(Duration::ZERO)
        }));
    }
    let date = jiff::fmt::rfc2822::parse(value).ok()?;
    let now = Timestamp::try_from(now).ok()?;
    let wait = date.timestamp().duration_since(now);
    Some(Duration::try_from(wait).unwrap_or(Duration::ZERO))
}

/// What kind of failure a status of the platform is; `None` for success.
pub fn classify(status: u16, id: &str) -> Option<Kind> {
    let id = id.to_owned();
    match status {
        200..=299 | 300 | 304 => None,
        403 if id == "rate_limit" => Some(Kind::RateLimited),
        401..=403 => Some(Kind::Denied { status, id }),
        404 | 410 => Some(Kind::NotFound),
        407 => Some(Kind::ProxyDenied),
        429 => Some(Kind::RateLimited),
        408 | 425 | 500..=599 => Some(Kind::Busy { status }),
        _ => Some(Kind::Rejected { status, id }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::http::Pacing;

    #[test]
    fn retry_after_is_read_in_three_spellings() {
        const NOW: u64 = 1_353_003_000;
        let now = SystemTime::UNIX_EPOCH + Duration::from_secs(NOW);
        let cases = [
            ("0", Some(Duration::ZERO)),
            ("7", Some(Duration::from_secs(7))),
            (" 120 ", Some(Duration::from_mins(2))),
            ("1353003093", Some(Duration::from_secs(93))),
            ("1353002000", Some(Duration::ZERO)),
            (
                "Thu, 15 Nov 2012 18:11:10 GMT",
                Some(Duration::from_secs(70)),
            ),
            ("Thu, 15 Nov 2012 18:00:00 GMT", Some(Duration::ZERO)),
            ("soon", None),
            ("", None),
            ("-5", None),
        ];
        for (text, expected) in cases {
            assert_eq!(retry_after(text, now), expected, "{text:?}");
        }
        assert!(retry_after("99999999999999999999999", now) > Some(Duration::from_hours(1)));
    }

    #[test]
    fn a_pause_obeys_the_server_within_reason_and_budget() {
        let s = Duration::from_secs;
        assert_eq!(pause(s(1), None, s(10)), Some(s(1)));
        assert_eq!(pause(s(1), Some(s(5)), s(10)), Some(s(5)));
        assert_eq!(pause(s(1), Some(s(0)), s(10)), Some(s(1)));
        assert_eq!(pause(s(1), Some(s(20)), s(10)), Some(s(10)));
        assert_eq!(pause(s(11), Some(s(1)), s(10)), Some(s(10)));
        assert_eq!(pause(s(1), Some(s(1)), s(0)), None);
        assert_eq!(pause(s(1), Some(Duration::MAX), s(600)), Some(s(120)));
    }

    #[test]
    fn every_status_has_one_meaning() {
        for status in 100..=599_u16 {
            let transient =
                classify(status, "").map(|kind| Error::new(kind, "GET /", "").is_transient());
            let expected = match status {
                200..=299 | 300 | 304 => None,
                408 | 425 | 429 | 500..=599 => Some(true),
                _ => Some(false),
            };
            assert_eq!(transient, expected, "{status}");
        }
        assert_eq!(classify(403, "rate_limit"), Some(Kind::RateLimited));
        assert_eq!(classify(407, ""), Some(Kind::ProxyDenied));
        for (status, id) in [
            (401, "unauthorized"),
            (402, "delinquent"),
            (403, "suspended"),
        ] {
            let id = id.to_owned();
            assert_eq!(classify(status, &id), Some(Kind::Denied { status, id }));
        }
    }

    #[test]
    fn the_tries_of_an_outage_fill_the_budget() {
        for pacing in [Pacing::default(), Pacing::scaled(0.1)] {
            let budget = pacing.budget_before();
            let mut waited = Duration::ZERO;
            for planned in pacing.pauses() {
                let Some(pause) = pause(planned, None, budget.saturating_sub(waited)) else {
                    break;
                };
                waited += pause;
            }
            assert_eq!(waited, budget);
        }
    }

    #[test]
    fn a_creating_request_is_repeated_only_if_it_was_certainly_not_accepted() {
        for (kind, expected) in [
            (Kind::Unreachable, true),
            (Kind::RateLimited, true),
            (Kind::Unchecked, true),
            (Kind::Foreign { status: 403 }, false),
            (Kind::Lost, false),
            (Kind::Busy { status: 503 }, false),
            (Kind::Unreadable, false),
        ] {
            let error = Error::new(kind, "POST /apps/a/builds", "");
            assert!(may_repeat(&error));
            assert!(may_repeat(&error.clone().during(Phase::Upload)));
            let creating = error.during(Phase::Create);
            assert_eq!(may_repeat(&creating), expected, "{creating}");
        }
        for kind in [Kind::Certificate, Kind::ProxyDenied] {
            let error = Error::new(kind, "GET /", "");
            assert!(!may_repeat(&error));
            assert!(error.certainly_not_accepted());
        }
    }
}
