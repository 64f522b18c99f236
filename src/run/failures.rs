//! What a failed request means for the run: the exit code and the message. Both depend on what was changed before: "could not
//! be reached" is harmless at the start and "lost sight" later.

mod exits;

use crate::{
    exit::Exit,
    failure::Failure,
    http::{Error, Kind, Phase},
    journal::{
        AppFact, Fact,
        record::{AppOutcome, AppRecord},
    },
    model::PlatformKind,
    platform::known_failures,
    suggest::nearest,
};

use super::{Run, release::Place};

/// A wait reached its deadline.
pub(super) fn still_pending(what: &str, limit: &str, word: &str) -> Failure {
    Failure::new(
        Exit::Unknown,
        format!("{what} did not finish within {limit}: its status is still `{word}`"),
    )
    .state(format!("{what} may still be running on the platform"))
    .next("wait until it ends there, then run the same command again: what is already live is left alone")
}

/// What an app runs as long as nothing else is released.
fn as_before(app: &AppRecord) -> String {
    match app.replaced {
        Some(_) => format!("{} still runs its earlier release", app.app),
        None => format!("nothing runs on {}, as before", app.app),
    }
}

/// A failure, with cause and remedy if the platform's error message is a known one.
pub fn explained(failure: Failure, platform: PlatformKind) -> Failure {
    let lines = failure.detail.iter().map(String::as_str);
    let found = known_failures::known(platform, &lines.chain([failure.what.as_str()]));
    match found {
        Some(known) if failure.cause.is_none() => failure.cause(known.cause).next(known.remedy),
        _ => failure,
    }
}

impl Run<'_> {
    /// What an app runs as long as nothing else is released, for messages.
    pub(super) fn as_before(&self, place: Place<'_>) -> String {
        let app = self.journal.app(&place.key());
        app.map_or(String::new(), |app| as_before(&app))
    }

    /// A reading request failed. `doing` completes "while …": `looking up the app acme-eu`.
    pub(super) fn cannot_read(&self, doing: &str, error: &Error) -> Failure {
        let changed = self.journal.changed();
        let exit = exits::of_reading(&error.kind, changed);
        match exit {
            _ if changed => return self.lost_sight(doing, error),
            Exit::Denied => return self.denied(doing, error),
            _ => {}
        }
        let failure = Failure::new(exit, format!("failed while {doing}: {error}"))
            .state("nothing was changed on the platform");
        match exit {
            Exit::Unavailable | Exit::TryAgain => failure.next(self.next_step(error)),
            _ => failure,
        }
    }

    /// Something that deploy.yaml or the command line names could not be read. `missing` says what it means if it was
    /// not found: `there is no app acme`.
    pub(super) fn cannot_find(&self, missing: &str, doing: &str, error: &Error) -> Failure {
        let next = match &error.kind {
            Kind::NotFound => format!(
                "check the name, and whether the token from {} may see it: the platform gives the same answer to both",
                self.token_from
            ),
            Kind::Rejected { id, .. } if id == "ambiguous" => {
                return Failure::new(Exit::Refused, error.message.clone())
                    .state("nothing was changed on the platform")
                    .next("put the id of the right one in deploy.yaml");
            }
            _ => return self.cannot_read(doing, error),
        };
        Failure::new(Exit::Refused, missing)
            .detail([error.to_string()])
            .state("nothing was changed on the platform")
            .next(next)
    }

    /// An app that the command line names could not be read: it may be one of deploy.yaml that is meant.
    pub(super) fn cannot_find_app(&self, name: &str, error: &Error) -> Failure {
        let doing = format!("looking up the app {name}");
        let failure = self.cannot_find(&format!("there is no app {name}"), &doing, error);
        if !matches!(error.kind, Kind::NotFound) {
            return failure;
        }
        let apps = self.config.stages.iter().flat_map(|stage| &stage.apps);
        let others: Vec<&str> = apps
            .map(String::as_str)
            .filter(|app| *app != name)
            .collect();
        failure.meant(nearest(name, &others))
    }

    /// A creating request failed. `what` is what it would have made; `rejected` is the exit code if the platform
    /// understood it and said no.
    pub(super) fn cannot_create(&self, what: &str, rejected: Exit, error: &Error) -> Failure {
        let changed = self.journal.changed();
        let exit = exits::of_creating(error, changed, rejected);
        if error.phase == Phase::Read {
            return self.cannot_read(&format!("preparing {what}"), error);
        }
        if !error.certainly_not_accepted() {
            return Failure::new(
                exit,
                format!("it is unknown whether {what} was created: {error}"),
            )
            .state(format!("{what} may be under way on the platform"))
            .next("check the platform; once it has ended there, run the same command again");
        }
        let untouched = if changed {
            format!("{what} was not created")
        } else {
            "nothing was changed on the platform".to_owned()
        };
        let cannot = || Failure::new(exit, format!("cannot create {what}: {error}"));
        match error.kind {
            Kind::Denied { .. } | Kind::WantsToken => {
                self.denied(&format!("creating {what}"), error).state(untouched)
            }
            Kind::Abandoned => Failure::new(exit, format!("the platform dropped {what}: {error}"))
                .state("nothing was released")
                .next("safe to run again"),
            Kind::Rejected { .. } | Kind::NotFound | Kind::Unsupported => Failure::new(
                exit,
                format!("the platform refused to create {what}: {error}"),
            )
            .state(untouched)
            .next("the platform's own message is above; fix what it names, then run the same command again"),
            _ if changed => cannot()
                .state(untouched)
                .next("run the same command again: what is already live is left alone"),
            _ => cannot().state(untouched).next(self.next_step(error)),
        }
    }

    /// Records the apps as unknown, unless the request was certainly not accepted.
    pub(super) fn note_unknown(&self, failure: &Failure, error: &Error, places: &[Place<'_>]) {
        if error.certainly_not_accepted() {
            return;
        }
        self.journal.record(Fact::Changed);
        for place in places {
            let why = Some(failure.what.clone());
            self.journal.record_app(place.key(), AppFact::Began);
            self.journal
                .record_app(place.key(), AppFact::Ended(AppOutcome::Unknown, why));
        }
    }

    /// The platform can no longer be asked, after something was changed.
    pub(super) fn lost_sight(&self, doing: &str, error: &Error) -> Failure {
        if let Kind::Denied { .. } | Kind::WantsToken = error.kind {
            return self
                .denied(doing, error)
                .state("what was under way may still finish on the platform");
        }
        Failure::new(
            Exit::Unknown,
            format!("lost sight of the platform while {doing}: {error}"),
        )
        .state("what was under way may still finish on the platform")
        .next("wait for that, then run the same command again: what is already live is left alone")
    }

    /// What to do about a platform that was not reached.
    fn next_step(&self, error: &Error) -> String {
        let api = &self.platform.services().api;
        match error.kind {
            Kind::Foreign { .. } => format!(
                "something between this machine and the platform answers in its place (a proxy, a firewall, a login page): \
                 make sure that {} can be reached, then run again",
                api.base().host_str().unwrap_or_default()
            ),
            Kind::ProxyDenied => format!(
                "{} needs the right `USER:PASSWORD@` in front of the proxy's host; it was tried only once, so \
                 that no account is locked",
                api.proxy_variable().unwrap_or("the proxy's variable")
            ),
            _ => "safe to run again".to_owned(),
        }
    }

    fn denied(&self, doing: &str, error: &Error) -> Failure {
        let failure = Failure::new(Exit::Denied, format!("not allowed while {doing}: {error}"));
        let failure = if self.journal.changed() {
            failure
        } else {
            failure.state("nothing was changed on the platform")
        };
        let Kind::Denied { status, id } = &error.kind else {
            return failure;
        };
        if id == "suspended" {
            failure.next("the account is suspended, so another of its tokens will not help: its owner must settle that with the platform")
        } else if *status == 402 {
            failure.next(
                "the account owes a payment or has no payment method: settle that with the platform, then run again",
            )
        } else if id == "two_factor" {
            failure.next(
                "the account asks for a second factor, which no CI job can give: use a token made with `heroku authorizations:create`",
            )
        } else if *status == 401 {
            failure.next(format!(
                "the token from {} is wrong, expired or revoked; `--sandbox` needs none",
                self.token_from
            ))
        } else {
            failure.next(format!(
                "the token from {} is valid, but its account may not do this",
                self.token_from
            ))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{journal::record::ReleaseRecord, model::ReleaseStatus};

    #[test]
    fn only_what_ran_before_is_said_to_run_still() {
        let app = |name: &str, replaced| AppRecord {
            app: name.to_owned(),
            replaced,
            ..AppRecord::default()
        };
        let earlier = ReleaseRecord {
            id: "r".to_owned(),
            version: 2,
            status: ReleaseStatus::Succeeded,
        };
        assert_eq!(
            as_before(&app("a", Some(earlier))),
            "a still runs its earlier release"
        );
        assert_eq!(as_before(&app("b", None)), "nothing runs on b, as before");
    }
}
