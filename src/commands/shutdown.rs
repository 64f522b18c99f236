//! A run that is cut off, by a signal or by its deadline: requests on their way get a few seconds to finish, a pending
//! build is cancelled so that it does not go live unwatched, and the resulting state is reported.

use std::{
    future::poll_fn,
    pin::Pin,
    task::Poll,
    time::{Duration, Instant},
};

use super::signals::{CleanUp, Signals};
use crate::{
    exit::Exit,
    failure::Failure,
    journal::WaitGuard,
    run::{
        Run,
        in_flight::{Creating, PendingBuild, Ticket},
        stop::Stopped,
    },
    units,
};

const AGAIN: &str = "run the same command again: what is already live is left alone";

/// How the wait for the answer to a creating request ended.
enum Answer {
    /// There is one, or there was no such request.
    There,
    /// There is one, and with it the work finished.
    Done(Result<(), Failure>),
    /// There is none.
    None,
    /// A second signal leaves at once.
    Left,
}

/// Brings the rest of `work` to an end.
pub(super) async fn shut_down(
    end: Exit,
    run: &Run<'_>,
    work: Pin<Box<impl Future<Output = Result<(), Failure>>>>,
    signals: &mut Signals,
    clean_up: CleanUp,
) -> Result<(), Failure> {
    let over = Instant::now() + clean_up.all;
    let failure = Failure::new(
        end,
        match end {
            Exit::Interrupted => "SIGINT (Ctrl-C) ended the run",
            Exit::Terminated => "SIGTERM ended the run, as CI systems do when a job is cancelled",
            _ => end.meaning(),
        },
    );
    let left = match answer(run, work, signals, clean_up).await {
        Answer::Done(Ok(())) => return Ok(()),
        Answer::Done(Err(told)) if run.in_flight.pending_build().is_none() => {
            let made = just_created(run);
            return Err(Failure {
                state: told.state.map(|state| (made + &state).into()),
                next: told.next,
                ..failure.detail([told.what])
            });
        }
        Answer::There | Answer::Done(_) | Answer::None => false,
        Answer::Left => true,
    };
    for (ticket, creating) in run.in_flight.unanswered() {
        if !left && creating.build.is_some() {
            look(run, ticket, &creating, signals, clean_up).await;
        }
    }
    let unanswered = run.in_flight.unanswered();
    if !unanswered.is_empty() {
        return Err(unknown(failure, run, &unanswered, left));
    }
    Err(match run.in_flight.pending_build() {
        None => goes_on(failure, run),
        Some(pending) => {
            let left = over.saturating_duration_since(Instant::now());
            stopped(failure, run, &pending, left, signals).await
        }
    })
}

/// Waits for the answers to requests that create something, if any are on their way. Nothing else is created meanwhile.
async fn answer(
    run: &Run<'_>,
    mut work: Pin<Box<impl Future<Output = Result<(), Failure>>>>,
    signals: &mut Signals,
    clean_up: CleanUp,
) -> Answer {
    run.platform.services().api.create_nothing_more();
    run.in_flight.close();
    let unanswered = run.in_flight.unanswered();
    if unanswered.is_empty() {
        return Answer::There;
    }
    let requests = if unanswered.len() == 1 {
        "the request"
    } else {
        "the requests"
    };
    let made = listed(&unanswered, |creating| &creating.what);
    let what = format!("the answer to {requests} for {made}");
    let then = "the run ends without it";
    let _waiting = WaitGuard::announce(run.journal, &what, None, clean_up.answer, then);
    let answered = poll_fn(|context| match work.as_mut().poll(context) {
        Poll::Ready(result) => Poll::Ready(Answer::Done(result)),
        Poll::Pending if run.in_flight.unanswered().is_empty() => Poll::Ready(Answer::There),
        Poll::Pending => Poll::Pending,
    });
    tokio::select! {
        answer = tokio::time::timeout(clean_up.answer, answered) => answer.unwrap_or(Answer::None),
        _ = signals.next() => Answer::Left,
    }
}

/// Checks whether a request that was not answered created a build anyway.
async fn look(
    run: &Run<'_>,
    ticket: Ticket,
    creating: &Creating,
    signals: &mut Signals,
    clean_up: CleanUp,
) {
    let find = run.find_build(ticket, creating, clean_up.look);
    tokio::select! {
        _ = tokio::time::timeout(clean_up.look, find) => {}
        _ = signals.next() => {}
    }
}

/// Something of each, each once: `a, b and c`.
fn listed(unanswered: &[(Ticket, Creating)], of: impl Fn(&Creating) -> &String) -> String {
    let mut all: Vec<&str> = Vec::new();
    for (_, creating) in unanswered {
        let one = of(creating).as_str();
        if !all.contains(&one) {
            all.push(one);
        }
    }
    units::list(&all)
}

fn unknown(
    failure: Failure,
    run: &Run<'_>,
    unanswered: &[(Ticket, Creating)],
    left: bool,
) -> Failure {
    let what = listed(unanswered, |creating| &creating.what);
    let look_at = listed(unanswered, |creating| &creating.look_at);
    let (one, were) = match unanswered {
        [_] => ("the request was on its way, and", "was"),
        _ => ("the requests were on their way, and", "were"),
    };
    let why = if left {
        "a second signal came before the answer".to_owned()
    } else {
        format!("{were} not answered in time")
    };
    // What is about no app is the pipeline: it is read again first.
    let next = if unanswered
        .iter()
        .all(|(_, creating)| creating.keys.is_empty())
    {
        "run the same command again: it makes only what is missing".to_owned()
    } else {
        let again = going_back(run).unwrap_or_else(|| AGAIN.to_owned());
        format!(
            "look at {look_at} on the platform in a minute: if there is a new one, wait for its end; then {again}"
        )
    };
    failure
        .state(format!(
            "it is unknown whether {what} {were} made: {one} {why}"
        ))
        .next(next)
}

/// What was created while its answer was waited for: it has not been told yet.
fn just_created(run: &Run<'_>) -> String {
    let made = run.in_flight.just_made();
    match made.as_slice() {
        [] => String::new(),
        [made] => format!("{made} was just made; "),
        made => format!("{} were just made; ", units::list(made)),
    }
}

/// What is said where no build has to be cancelled.
fn goes_on(failure: Failure, run: &Run<'_>) -> Failure {
    let under_way = run.journal.under_way();
    let made = just_created(run);
    let again = going_back(run).unwrap_or_else(|| AGAIN.to_owned());
    match (run.journal.changed(), under_way.as_slice()) {
        (false, _) => failure
            .state("nothing was changed on the platform")
            .next("safe to run again"),
        (true, []) => failure
            .state(format!("{made}nothing further was started"))
            .next(again),
        (true, apps) => failure
            .state(format!(
                "{made}what is under way on {} continues there; nothing further was started",
                units::list(apps)
            ))
            .next(format!("wait until it ends there, then {again}")),
    }
}

/// What is said where apps were on their way back: the same command would release anew what failed.
fn going_back(run: &Run<'_>) -> Option<String> {
    let apps = run.journal.going_back();
    let commands = apps.iter().map(|(key, version)| {
        format!(
            "`launchway rollback --stage {} --app {} --to-release v{version}`",
            key.stage, key.app
        )
    });
    let commands: Vec<String> = commands.collect();
    (!commands.is_empty()).then(|| {
        format!(
            "see which apps are not back on what they ran before; for each of those: {}",
            units::list(&commands)
        )
    })
}

/// Cancels a build and says what came of that.
async fn stopped(
    failure: Failure,
    run: &Run<'_>,
    pending: &PendingBuild,
    limit: Duration,
    signals: &mut Signals,
) -> Failure {
    let name = format!("build {} of {}", pending.id, pending.app.name);
    run.journal.note(format!("cancelling {name}"));
    let stop = run.stop_build(pending, limit);
    let stopped = tokio::select! {
        result = tokio::time::timeout(limit, stop) => result.unwrap_or(Stopped::Unknown),
        // It leaves at once.
        _ = signals.next() => {
            return may_finish(failure, pending, &format!("a second signal came before {name} was cancelled"));
        }
    };
    match stopped {
        Stopped::Cancelled => failure
            .state(format!("{name} was cancelled; nothing was released"))
            .next("run the same command again: nothing is left behind"),
        Stopped::Finished => failure
            .state(format!(
                "{name} had succeeded before it could be cancelled: its release is, or will be, live"
            ))
            .next(AGAIN),
        Stopped::Unknown => {
            may_finish(failure, pending, &format!("{name} could not be cancelled"))
        }
    }
}

/// A build that the run no longer watches.
fn may_finish(failure: Failure, pending: &PendingBuild, why: &str) -> Failure {
    failure
        .state(format!("{why}: it may still finish and be released"))
        .next(format!(
            "look at the builds of {} on the platform; once it has ended, {AGAIN}",
            pending.app.name
        ))
}
