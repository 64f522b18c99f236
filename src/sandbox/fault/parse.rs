//! Parsing a fault from its text.

use std::str::FromStr;

use super::reader::Reader;
use super::table::{HTTP, Limit, Row, SUBJECTS, Subject};
use super::{
    Effect, Fault, HttpEffect, Matcher, Occasion, RetryAfter, Scope, Target, When, grammar,
};

/// A fault that cannot be read. The message ends with the whole grammar.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("cannot read the fault `{text}`: {problem}\n\n{}", grammar())]
pub struct BadFault {
    text: String,
    problem: String,
}

impl FromStr for Fault {
    type Err = BadFault;

    fn from_str(text: &str) -> Result<Self, BadFault> {
        parse(text).map_err(|problem| BadFault {
            text: text.to_owned(),
            problem,
        })
    }
}

fn parse(text: &str) -> Result<Fault, String> {
    let (name, rest) = text
        .split_once('=')
        .ok_or("it has no `=` between subject and effect")?;
    let mut reader = Reader::new(rest);
    let (subject, row, default) = find(name, reader.word)?;
    let effect = options((row.read)(&mut reader)?, &mut reader)?;
    let when = match reader.after('@', &[':']) {
        Some(text) => parse_when(text)?,
        None => reader.when.unwrap_or(default),
    };
    let scope = match reader.rest.strip_prefix(':') {
        Some(scope) => Some(scope),
        None if reader.rest.is_empty() => None,
        None => return Err(format!("`{}` is left over", reader.rest)),
    };
    Ok(Fault {
        text: text.to_owned(),
        on: row.on,
        scope: parse_scope(subject, row.on, scope)?,
        effect,
        when,
    })
}

/// The effect of a subject that a word means, and when it strikes if nothing is said.
fn find(name: &str, word: &str) -> Result<(&'static Subject, &'static Row, When), String> {
    let of_name = || SUBJECTS.iter().filter(|subject| subject.name == name);
    let own = |is: &dyn Fn(&Row) -> bool| {
        let mut all =
            of_name().flat_map(|subject| subject.rows.iter().map(move |row| (subject, row)));
        all.find(|(_, row)| is(row))
            .map(|(subject, row)| (subject, row, row.when))
    };
    let of_http = || {
        let subject = of_name().find(|subject| subject.requests.is_some())?;
        let row = HTTP.iter().find(|row| row.is_called(word))?;
        Some((subject, row, When::ALWAYS))
    };
    let found = own(&|row| row.is_called(word))
        .or_else(of_http)
        .or_else(|| own(&Row::takes_any));
    found.ok_or_else(|| match of_name().next() {
        Some(_) => format!("`{name}` has no effect `{word}`"),
        None => format!("there is no subject `{name}`"),
    })
}

fn options(effect: Effect, reader: &mut Reader<'_>) -> Result<Effect, String> {
    if let Effect::Http(HttpEffect::Fields(damage, _)) = effect {
        let field = match reader.after(',', &[',', '@', ':']) {
            None => None,
            Some(option) => match option.strip_prefix("field=") {
                Some(name) => Some(name.to_owned()),
                None => return Err(format!("there is no option `{option}`")),
            },
        };
        return Ok(Effect::Http(HttpEffect::Fields(damage, field)));
    }
    let Effect::Http(HttpEffect::Status { code, .. }) = effect else {
        return match reader.after(',', &[',', '@', ':']) {
            Some(option) => Err(format!("only a status has options, such as `{option}`")),
            None => Ok(effect),
        };
    };
    let (mut retry_after, mut html, mut after, mut word) = (None, false, false, None);
    while let Some(option) = reader.after(',', &[',', '@', ':']) {
        match option.split_once('=') {
            Some(("retry-after", value)) => retry_after = Some(parse_retry_after(value)?),
            Some(("id", value)) if !value.is_empty() => word = Some(value.to_owned()),
            None if option == "html" => html = true,
            None if option == "after" => after = true,
            _ => return Err(format!("there is no option `{option}`")),
        }
    }
    Ok(Effect::Http(HttpEffect::Status {
        code,
        retry_after,
        html,
        after,
        word,
    }))
}

fn parse_retry_after(text: &str) -> Result<RetryAfter, String> {
    let problem = || format!("`{text}` is no delay for `retry-after`");
    match text.split_once('+') {
        None => text.parse().map(RetryAfter::Seconds).map_err(|_| problem()),
        Some(("date", n)) => n.parse().map(RetryAfter::Date).map_err(|_| problem()),
        Some(("epoch", n)) => n.parse().map(RetryAfter::Epoch).map_err(|_| problem()),
        Some(_) => Err(problem()),
    }
}

fn parse_when(text: &str) -> Result<When, String> {
    let number = |text: &str| text.parse::<u32>().ok().filter(|n| *n > 0);
    let when = if text == "*" {
        Some(When::ALWAYS)
    } else if let Some(first) = text.strip_suffix('+') {
        number(first).map(|first| When {
            first,
            last: u32::MAX,
        })
    } else if let Some((first, last)) = text.split_once('-') {
        number(first)
            .zip(number(last))
            .filter(|(first, last)| first <= last)
            .map(|(first, last)| When { first, last })
    } else {
        number(text).map(|n| When { first: n, last: n })
    };
    when.ok_or_else(|| format!("`{text}` does not say when: it takes N, N+, N-M or *"))
}

fn parse_scope(subject: &Subject, on: Occasion, scope: Option<&str>) -> Result<Scope, String> {
    let name = subject.name;
    let scope = scope.map(str::trim).filter(|text| !text.is_empty());
    // What its faults of requests are limited to: its own host.
    let requests = subject.requests.filter(|_| on == Occasion::Request);
    let matcher = |target| {
        let method = requests.and_then(|(method, _)| method).map(str::to_owned);
        Scope::Requests(Matcher { method, target })
    };
    match (subject.scope, scope, requests) {
        (Limit::Requests, None, _) => {
            Err("it needs a scope: which requests, such as `GET builds`".to_owned())
        }
        (Limit::Requests, Some(text), _) => Matcher::parse(text)
            .map(Scope::Requests)
            .ok_or_else(|| format!("`{text}` is no kind of request")),
        (Limit::Nothing, Some(_), _) => Err(format!("`{name}` takes no scope")),
        (_, None, Some((_, host))) => Ok(matcher(Target::Host(host))),
        (_, Some(app), Some((_, host))) => Ok(matcher(Target::Path(host, format!("/{app}")))),
        (_, None, None) => Ok(Scope::Everything),
        (Limit::AppOrTarget, Some(text), None)
            if text.bytes().all(|byte| byte.is_ascii_digit()) =>
        {
            let index = text.parse().map_err(|_| format!("`{text}` is no target"))?;
            Ok(Scope::Index(index))
        }
        (_, Some(app), None) => Ok(Scope::App(app.to_owned())),
    }
}

#[cfg(test)]
#[path = "parse_tests.rs"]
mod tests;
