//! The exit code of a run whose request failed: a pure function of the error and of whether anything was changed before.

use crate::{
    exit::Exit,
    http::{Error, Kind, Phase},
};

/// After a reading request.
pub(super) fn of_reading(kind: &Kind, changed: bool) -> Exit {
    match kind {
        Kind::Denied { .. } | Kind::WantsToken => Exit::Denied,
        _ if changed => Exit::Unknown,
        Kind::NotFound | Kind::Rejected { .. } | Kind::Unsupported => Exit::Refused,
        Kind::RateLimited => Exit::TryAgain,
        Kind::Local => Exit::Io,
        Kind::Unreachable
        | Kind::Certificate
        | Kind::Lost
        | Kind::Busy { .. }
        | Kind::Unchecked
        | Kind::ProxyDenied
        | Kind::Foreign { .. }
        | Kind::Unreadable
        | Kind::Abandoned
        | Kind::Ending => Exit::Unavailable,
    }
}

/// After a creating request. `rejected` is the code if the platform understood it and said no.
pub(super) fn of_creating(error: &Error, changed: bool, rejected: Exit) -> Exit {
    if error.phase == Phase::Read {
        // An earlier read failed: nothing was sent.
        return of_reading(&error.kind, changed);
    }
    if !error.certainly_not_accepted() {
        return Exit::Unknown;
    }
    match error.kind {
        Kind::Abandoned => Exit::TryAgain,
        Kind::Rejected { .. } | Kind::NotFound | Kind::Unsupported => rejected,
        ref kind => of_reading(kind, changed),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rejected() -> Kind {
        Kind::Rejected {
            status: 422,
            id: "invalid_params".to_owned(),
        }
    }

    fn denied() -> Kind {
        Kind::Denied {
            status: 403,
            id: "forbidden".to_owned(),
        }
    }

    /// Every kind, with the code after a read (nothing changed, something changed) and after a creation (the same).
    #[test]
    fn each_kind_of_error_has_its_code() {
        let table = [
            (Kind::Unreachable, [69, 20], [69, 20]),
            (Kind::Certificate, [69, 20], [69, 20]),
            (Kind::Lost, [69, 20], [20, 20]),
            (Kind::Busy { status: 503 }, [69, 20], [20, 20]),
            (Kind::RateLimited, [75, 20], [75, 20]),
            (Kind::Unchecked, [69, 20], [69, 20]),
            (Kind::ProxyDenied, [69, 20], [69, 20]),
            (Kind::Foreign { status: 302 }, [69, 20], [20, 20]),
            (denied(), [77, 77], [77, 77]),
            (Kind::WantsToken, [77, 77], [77, 77]),
            (Kind::NotFound, [16, 20], [10, 10]),
            (rejected(), [16, 20], [10, 10]),
            (Kind::Unreadable, [69, 20], [20, 20]),
            (Kind::Abandoned, [69, 20], [75, 75]),
            (Kind::Unsupported, [16, 20], [10, 10]),
            (Kind::Ending, [69, 20], [69, 20]),
            (Kind::Local, [74, 20], [20, 20]),
        ];
        for (kind, reading, creating) in table {
            let error =
                Error::new(kind.clone(), "POST /apps/acme/builds", "").during(Phase::Create);
            for (changed, reading, creating) in [
                (false, reading[0], creating[0]),
                (true, reading[1], creating[1]),
            ] {
                let read = of_reading(&kind, changed);
                assert_eq!(read.code(), reading, "reading, {kind:?}, {changed}");
                let created = of_creating(&error, changed, Exit::BuildFailed);
                assert_eq!(created.code(), creating, "creating, {kind:?}, {changed}");
            }
        }
    }

    #[test]
    fn a_read_before_a_creation_sent_nothing() {
        let error = Error::new(Kind::Lost, "GET /apps/acme", "");
        assert_eq!(
            of_creating(&error, false, Exit::BuildFailed),
            Exit::Unavailable
        );
        assert_eq!(of_creating(&error, true, Exit::BuildFailed), Exit::Unknown);
    }
}
