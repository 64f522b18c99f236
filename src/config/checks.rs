//! Checks: which keys go together, and whether their times do.

use std::time::Duration;

use super::{
    Answer, Cadence, Check, HttpCheck, HttpTarget, Request, RunCheck, Statuses,
    findings::Findings,
    node::Span,
    raw,
    read::Spanned,
    values::{Count, Limit, Period, UrlPath},
};

const RUN_TIMEOUT: Duration = Duration::from_mins(10);
const WITHIN: Duration = Duration::from_mins(2);
const EVERY: Duration = Duration::from_secs(5);

/// An item of `verify`; `None` if something in it is wrong, which is then in `out`.
pub(super) fn check(item: &Spanned<raw::Check>, out: &mut Findings<'_>) -> Option<Check> {
    let raw = item.get()?;
    let given = [
        ("http", raw.http.as_ref().map(|given| &given.span)),
        ("dynos", raw.dynos.as_ref().map(|given| &given.span)),
        ("run", raw.run.as_ref().map(|given| &given.span)),
    ];
    let given: Vec<_> = given
        .into_iter()
        .filter_map(|(name, span)| Some((name, span?)))
        .collect();
    match given.as_slice() {
        [] => {
            out.add(&item.span, "a check needs `http`, `dynos` or `run`");
            return None;
        }
        [(first, _), (second, span), ..] => {
            out.add(span, format!("`{first}` and `{second}` in one check"))
                .help("split it into two items");
            return None;
        }
        [(name, _)] if *name != "run" => {
            if let Some(timeout) = &raw.timeout {
                out.add(&timeout.span, "`timeout` is for `run`")
                    .help(format!("for `{name}` it is `within`"));
            }
        }
        [_] => {
            for (name, span) in Times::of(raw).given() {
                out.add(span, format!("`{name}` is for `http` and `dynos`"))
                    .help("for `run` there is `timeout`");
            }
        }
    }
    if let Some(http) = &raw.http {
        let http = http_check(http.get()?, raw, out)?;
        return Some(Check::Http(Box::new(http)));
    }
    if let Some(dynos) = &raw.dynos {
        let beside = Times::of(raw);
        let times = match dynos.get()? {
            raw::Dynos::State => beside,
            raw::Dynos::Table(table) => {
                table.state.get()?;
                beside.with(&Times::in_dynos(table), out)
            }
        };
        return Some(Check::Dynos(cadence(&times, out)));
    }
    let command = raw.run.as_ref()?.get()?;
    Some(Check::Run(RunCheck {
        command: command.0.clone(),
        timeout: period(raw.timeout.as_ref()).unwrap_or(RUN_TIMEOUT),
    }))
}

fn http_check(http: &raw::Http, beside: &raw::Check, out: &mut Findings<'_>) -> Option<HttpCheck> {
    let table = match http {
        raw::Http::Path(path) => {
            return Some(HttpCheck {
                target: target_path(path),
                request: Request::default(),
                status: Statuses::default(),
                answer: Answer::default(),
                cadence: cadence(&Times::of(beside), out),
            });
        }
        raw::Http::Table(table) => table,
    };
    let cadence = cadence(&Times::of(beside).with(&Times::in_http(table), out), out);
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
    let request = table.request.as_ref();
    let request = request.map_or_else(|| Some(Request::default()), |given| sent(given.get()?));
    if let (Some(given), Some(request)) = (&table.request, &request)
        && request.method == "HEAD"
        && (table.body.is_some() || table.matches.is_some() || table.json.is_some())
    {
        out.add(&given.span, "the answer to `HEAD` has no body")
            .help("use `GET`, or leave out `body`, `matches` and `json`");
    }
    Some(HttpCheck {
        target: target?,
        request: request?,
        status: table.status.as_ref().map_or_else(
            || Some(Statuses::default()),
            |status| status.get().map(|status| status.0.clone()),
        )?,
        answer: answer(table),
        cadence,
    })
}

/// What is sent.
fn sent(raw: &raw::Request) -> Option<Request> {
    let body = raw
        .body
        .as_ref()
        .map(|body| body.get())
        .map_or(Some(None), |body| {
            body.map(|body| Some(body.0.clone().into()))
        })?;
    let method = match &raw.method {
        Some(method) => method.get()?.0.clone(),
        None if body.is_some() => "POST".to_owned(),
        None => Request::default().method,
    };
    let headers = match &raw.headers {
        Some(headers) => headers.get()?.0.as_slice(),
        None => &[],
    };
    let secret = |(name, value): &(String, String)| (name.clone(), value.clone().into());
    Some(Request {
        method,
        headers: headers.iter().map(secret).collect(),
        body,
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

/// The keys that may stand in `http` or `dynos`, or beside it.
struct Times<'r> {
    within: Option<&'r Spanned<Period>>,
    every: Option<&'r Spanned<Period>>,
    successes: Option<&'r Spanned<Count>>,
    soak: Option<&'r Spanned<Period>>,
    failure_limit: Option<&'r Spanned<Limit>>,
}

impl<'r> Times<'r> {
    /// The times beside `http` or `dynos`.
    fn of(beside: &'r raw::Check) -> Self {
        Self {
            within: beside.within.as_ref(),
            every: beside.every.as_ref(),
            successes: beside.successes.as_ref(),
            soak: beside.soak.as_ref(),
            failure_limit: beside.failure_limit.as_ref(),
        }
    }

    /// The times in `http`.
    fn in_http(table: &'r raw::HttpTable) -> Self {
        Self {
            within: table.within.as_ref(),
            every: table.every.as_ref(),
            successes: table.successes.as_ref(),
            soak: table.soak.as_ref(),
            failure_limit: table.failure_limit.as_ref(),
        }
    }

    /// The times in `dynos`.
    fn in_dynos(table: &'r raw::DynosTable) -> Self {
        Self {
            within: table.within.as_ref(),
            every: table.every.as_ref(),
            successes: table.successes.as_ref(),
            soak: table.soak.as_ref(),
            failure_limit: table.failure_limit.as_ref(),
        }
    }

    /// Those inside, too.
    fn with(self, inside: &Self, out: &mut Findings<'_>) -> Self {
        Self {
            within: either("within", inside.within, self.within, out),
            every: either("every", inside.every, self.every, out),
            successes: either("successes", inside.successes, self.successes, out),
            soak: either("soak", inside.soak, self.soak, out),
            failure_limit: either(
                "failure_limit",
                inside.failure_limit,
                self.failure_limit,
                out,
            ),
        }
    }

    /// The times that are given, by name.
    fn given(&self) -> impl Iterator<Item = (&'static str, &'r Span)> {
        [
            ("within", self.within.map(|given| &given.span)),
            ("every", self.every.map(|given| &given.span)),
            ("successes", self.successes.map(|given| &given.span)),
            ("soak", self.soak.map(|given| &given.span)),
            ("failure_limit", self.failure_limit.map(|given| &given.span)),
        ]
        .into_iter()
        .filter_map(|(name, span)| Some((name, span?)))
    }
}

/// A key that may stand in `http` or `dynos` or beside it, and not in both places.
fn either<'r, T>(
    name: &str,
    inside: Option<&'r Spanned<T>>,
    beside: Option<&'r Spanned<T>>,
    out: &mut Findings<'_>,
) -> Option<&'r Spanned<T>> {
    if let (Some(_), Some(beside)) = (inside, beside) {
        out.add(&beside.span, format!("`{name}` is given twice"))
            .help("give it within the check or beside it");
    }
    inside.or(beside)
}

/// When a check is tried, with the defaults, and whether there is time for what is asked.
fn cadence(times: &Times<'_>, out: &mut Findings<'_>) -> Cadence {
    let within = period(times.within).unwrap_or(WITHIN);
    let every = period(times.every).unwrap_or(EVERY.min(within));
    let soak = period(times.soak);
    let cadence = Cadence {
        within,
        every,
        successes: times.successes.and_then(Spanned::get).map_or(1, |n| n.0),
        soak: soak.unwrap_or_default(),
        failure_limit: times
            .failure_limit
            .and_then(Spanned::get)
            .map_or(0, |n| n.0),
    };
    // One of them was wrong already: what follows from its default would only confuse.
    let wrong = |given: Option<&Spanned<Period>>| given.is_some_and(|given| given.get().is_none());
    if wrong(times.within) || wrong(times.every) || wrong(times.soak) {
        return cadence;
    }
    let within_shown = in_words(within);
    if let Some(given) = times.every
        && every > within
    {
        out.add(
            &given.span,
            format!("`every` is longer than `within` ({within_shown})"),
        )
        .help("there would be one try only");
    } else if let Some(given) = times.successes
        && every * (cadence.successes - 1) > within
    {
        let (tries, pause) = (cadence.successes, in_words(every));
        let message =
            format!("{tries} tries, one every {pause}, don't fit into `within` ({within_shown})");
        out.add(&given.span, message);
    }
    match (times.failure_limit, soak) {
        (Some(given), None) => {
            out.add(&given.span, "`failure_limit` needs `soak`").help(
                "it is how many failed tries a soak tolerates; until a check holds, `within` bounds it",
            );
        }
        (_, Some(soak)) if every > soak => {
            let given = times.soak.or(times.every);
            let span = given.map(|given| given.span.clone()).unwrap_or_default();
            let every = in_words(every);
            out.add(&span, format!("`soak` is shorter than `every` ({every})"))
                .help("it would be tried at its end only");
        }
        _ => {}
    }
    cadence
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
