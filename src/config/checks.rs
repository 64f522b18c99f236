//! Checks: which keys go together, and whether their times do.

use std::time::Duration;

use super::{
    Answer, Check, HttpCheck, HttpTarget, RunCheck,
    findings::Findings,
    raw,
    read::Spanned,
    values::{Count, Period, UrlPath},
};

const RUN_TIMEOUT: Duration = Duration::from_mins(10);
const WITHIN: Duration = Duration::from_mins(2);
const EVERY: Duration = Duration::from_secs(5);

/// An item of `verify`; `None` if something in it is wrong, which is then in `out`.
pub(super) fn check(item: &Spanned<raw::Check>, out: &mut Findings<'_>) -> Option<Check> {
    let raw = item.get()?;
    match (&raw.http, &raw.run) {
        (None, None) => {
            out.add(&item.span, "a check needs `http` or `run`");
            None
        }
        (Some(_), Some(run)) => {
            out.add(&run.span, "`http` and `run` in one check")
                .help("split it into two items");
            None
        }
        (Some(http), None) => {
            if let Some(timeout) = &raw.timeout {
                out.add(&timeout.span, "`timeout` is for `run`")
                    .help("for `http` it is `within`");
            }
            http_check(http.get()?, raw, out).map(Check::Http)
        }
        (None, Some(run)) => {
            for (name, given) in [("within", &raw.within), ("every", &raw.every)] {
                if let Some(given) = given {
                    out.add(&given.span, format!("`{name}` is for `http`"))
                        .help("for `run` there is `timeout`");
                }
            }
            let command = run.get()?;
            Some(Check::Run(RunCheck {
                command: command.0.clone(),
                timeout: period(raw.timeout.as_ref()).unwrap_or(RUN_TIMEOUT),
            }))
        }
    }
}

fn http_check(http: &raw::Http, beside: &raw::Check, out: &mut Findings<'_>) -> Option<HttpCheck> {
    let table = match http {
        raw::Http::Path(path) => {
            let (within, every) = pace(beside.within.as_ref(), beside.every.as_ref(), None, out);
            return Some(HttpCheck {
                target: target_path(path),
                status: 200,
                answer: Answer::default(),
                within,
                every,
                successes: 1,
            });
        }
        raw::Http::Table(table) => table,
    };
    let within = either("within", table.within.as_ref(), beside.within.as_ref(), out);
    let every = either("every", table.every.as_ref(), beside.every.as_ref(), out);
    let (within, every) = pace(within, every, table.successes.as_ref(), out);
    let target = match (&table.path, &table.url) {
        (Some(path), None) => path.get().map(target_path),
        (None, Some(url)) => url.get().map(|url| HttpTarget::Url(url.0.clone())),
        (Some(_), Some(url)) => {
            out.add(&url.span, "`path` and `url` in one check")
                .help("`path` is under the app's own address, `url` another one");
            None
        }
        (None, None) => {
            let at = beside
                .http
                .as_ref()
                .map(|http| http.span.clone())
                .unwrap_or_default();
            out.add(&at, "`http` needs `path` or `url`");
            None
        }
    };
    Some(HttpCheck {
        target: target?,
        status: table
            .status
            .as_ref()
            .map_or(Some(200), |status| status.get().map(|status| status.0))?,
        answer: answer(table),
        within,
        every,
        successes: table
            .successes
            .as_ref()
            .and_then(Spanned::get)
            .map_or(1, |count| count.0),
    })
}

/// What is wanted of the answer beside its status.
fn answer(table: &raw::HttpTable) -> Answer {
    fn given<T, U: Clone>(given: Option<&Spanned<T>>, of: impl Fn(&T) -> &U) -> Option<U> {
        given.and_then(Spanned::get).map(|value| of(value).clone())
    }
    Answer {
        body: given(table.body.as_ref(), |body| &body.0),
        matches: given(table.matches.as_ref(), |matches| &matches.0),
        json: given(table.json.as_ref(), |json| &json.0).unwrap_or_default(),
        headers: given(table.headers.as_ref(), |headers| &headers.0).unwrap_or_default(),
    }
}

fn target_path(path: &UrlPath) -> HttpTarget {
    HttpTarget::Path(path.0.clone())
}

/// A key that may stand in `http` or beside it, and not in both places.
fn either<'r>(
    name: &str,
    inside: Option<&'r Spanned<Period>>,
    beside: Option<&'r Spanned<Period>>,
    out: &mut Findings<'_>,
) -> Option<&'r Spanned<Period>> {
    if let (Some(_), Some(beside)) = (inside, beside) {
        out.add(&beside.span, format!("`{name}` is given twice"))
            .help("give it within `http` or beside it");
    }
    inside.or(beside)
}

/// `within` and `every` with their defaults, and whether they leave time for what is asked.
fn pace(
    within: Option<&Spanned<Period>>,
    every: Option<&Spanned<Period>>,
    successes: Option<&Spanned<Count>>,
    out: &mut Findings<'_>,
) -> (Duration, Duration) {
    let limit = period(within).unwrap_or(WITHIN);
    let pause = period(every).unwrap_or(EVERY.min(limit));
    // One of them was wrong already: what follows from its default would only confuse.
    if within.is_some_and(|within| within.get().is_none())
        || every.is_some_and(|every| every.get().is_none())
    {
        return (limit, pause);
    }
    let limit_shown = in_words(limit);
    if let Some(every) = every
        && pause > limit
    {
        out.add(
            &every.span,
            format!("`every` is longer than `within` ({limit_shown})"),
        )
        .help("there would be one try only");
    } else if let Some(given) = successes
        && let Some(count) = given.get()
        && pause * (count.0 - 1) > limit
    {
        let (tries, pause) = (count.0, in_words(pause));
        let message =
            format!("{tries} tries, one every {pause}, don't fit into `within` ({limit_shown})");
        out.add(&given.span, message);
    }
    (limit, pause)
}

fn period(given: Option<&Spanned<Period>>) -> Option<Duration> {
    given.and_then(Spanned::get).map(|period| period.0)
}

/// As it would be written in the file.
fn in_words(duration: Duration) -> String {
    jiff::SignedDuration::try_from(duration).map_or_else(
        |_| format!("{duration:?}"),
        |duration| format!("{duration:#}"),
    )
}
