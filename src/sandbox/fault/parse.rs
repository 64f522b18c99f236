//! From the text of a fault to the fault.

use std::str::FromStr;

use super::reader::Reader;
use super::{Damage, Effect, Fault, GRAMMAR, HttpEffect, Matcher, RetryAfter, Scope, Target, When};
use crate::sandbox::log::Origin;

/// A fault that cannot be read. The message ends with the whole grammar.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("cannot read the fault `{text}`: {problem}\n\n{GRAMMAR}")]
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
    let (subject, rest) = text
        .split_once('=')
        .ok_or("it has no `=` between subject and effect")?;
    let mut reader = Reader { rest };
    let word = reader.until(&[':', ',', '@']);
    let (effect, default) = effect(subject, word, &mut reader)?;
    let effect = options(effect, &mut reader)?;
    let when = match reader.after('@', &[':']) {
        Some(text) => parse_when(text)?,
        None => default,
    };
    let scope = match reader.rest.strip_prefix(':') {
        Some(scope) => Some(scope),
        None if reader.rest.is_empty() => None,
        None => return Err(format!("`{}` is left over", reader.rest)),
    };
    Ok(Fault {
        text: text.to_owned(),
        scope: parse_scope(subject, &effect, scope)?,
        effect,
        when,
    })
}

/// The effect, with its argument, and when it strikes if nothing is said.
fn effect(subject: &str, word: &str, reader: &mut Reader<'_>) -> Result<(Effect, When), String> {
    let effect = match (subject, word) {
        ("build", "fail") => Effect::BuildFail,
        ("build", "slow") => Effect::BuildSlow(reader.duration()?),
        ("build", "never") => Effect::BuildNever,
        ("build", "refused") => Effect::BuildRefused,
        ("build", "release-late") => Effect::BuildReleaseLate(reader.number()?),
        ("release-phase", "fail") => Effect::PhaseFail,
        ("release-phase", "slow") => Effect::PhaseSlow(reader.duration()?),
        ("release-phase", "never") => Effect::PhaseNever,
        ("release", "expire") => Effect::ReleaseExpire,
        ("target", "fail") => Effect::TargetFail,
        ("target", "never") => Effect::TargetNever,
        ("target", "second-factor") => Effect::TargetSecondFactor,
        ("log", "hostile") => Effect::LogHostile,
        ("log", "flood") => Effect::LogFlood(reader.number()?),
        ("log", "split") => Effect::LogSplit,
        ("stream", "cut") => return Ok((Effect::StreamCut(reader.percent()?), When::ONCE)),
        ("stream", "reset") => return Ok((Effect::StreamReset(reader.percent()?), When::ONCE)),
        ("stream", "silent") => return Ok((Effect::StreamSilent, When::ONCE)),
        ("stream", "late") => {
            let last = reader.number()?;
            return Ok((Effect::Http(status(404)), When { first: 1, last }));
        }
        ("web", "down-until") => {
            let n = reader.number()?;
            let last = n.saturating_sub(1);
            return Ok((Effect::Http(status(503)), When { first: 1, last }));
        }
        ("stream", "text") => Effect::StreamText,
        ("stream", "replay") => Effect::StreamReplay,
        ("stream", "refused") => Effect::Refused(Origin::Stream),
        ("upload", "refused") => Effect::Refused(Origin::Upload),
        ("web", "refused") => Effect::Refused(Origin::Web),
        ("stream", "unresolved") => Effect::Unresolved(Origin::Stream),
        ("upload", "unresolved") => Effect::Unresolved(Origin::Upload),
        ("web", "unresolved") => Effect::Unresolved(Origin::Web),
        ("upload", "lost") => Effect::UploadLost,
        ("upload", "corrupt") => Effect::UploadCorrupt,
        ("pipeline", "ambiguous") => Effect::PipelineAmbiguous,
        ("page", number) => Effect::Page(
            number
                .parse()
                .ok()
                .filter(|n| *n > 0)
                .ok_or("`page` needs a number above 0")?,
        ),
        ("upload" | "web", word) => return Ok((Effect::Http(http(word, reader)?), When::ALWAYS)),
        ("http", word) => return Ok((Effect::Http(http(word, reader)?), When::ONCE)),
        (
            "build" | "release-phase" | "release" | "target" | "log" | "stream" | "pipeline",
            word,
        ) => {
            return Err(format!("`{subject}` has no effect `{word}`"));
        }
        _ => return Err(format!("there is no subject `{subject}`")),
    };
    Ok((effect, When::ALWAYS))
}

fn status(code: u16) -> HttpEffect {
    HttpEffect::Status {
        code,
        retry_after: None,
        html: false,
        after: false,
        word: None,
    }
}

fn http(word: &str, reader: &mut Reader<'_>) -> Result<HttpEffect, String> {
    Ok(match word {
        "reset" => HttpEffect::Reset { after: false },
        "reset-after" => HttpEffect::Reset { after: true },
        "reset-in-head" => HttpEffect::ResetInHead,
        "reset-in-body" => HttpEffect::ResetInBody,
        "stale" => HttpEffect::Stale,
        "hang" | "silent" => HttpEffect::Hang,
        "html" => HttpEffect::Html,
        "invalid-json" => HttpEffect::InvalidJson,
        "truncated" => HttpEffect::Truncated,
        "unknown-enum" => HttpEffect::UnknownEnum,
        "wrong-types" => HttpEffect::Fields(Damage::WrongType, None),
        "missing" => HttpEffect::Fields(Damage::Missing, None),
        "null" => HttpEffect::Fields(Damage::Null, None),
        "redirect" => HttpEffect::Redirect,
        "down" => HttpEffect::Down(reader.duration()?),
        "drip" => HttpEffect::Drip(reader.duration()?),
        "delay" | "delay-after" => HttpEffect::Delay {
            time: reader.duration()?,
            after: word == "delay-after",
        },
        word => status(
            word.parse()
                .ok()
                .filter(|code| (200..=599).contains(code))
                .ok_or_else(|| format!("`{word}` is neither a status nor an effect on requests"))?,
        ),
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

fn parse_scope(subject: &str, effect: &Effect, scope: Option<&str>) -> Result<Scope, String> {
    let scope = scope.map(str::trim).filter(|text| !text.is_empty());
    match (subject, scope) {
        ("http", None) => Err("it needs a scope: which requests, such as `GET builds`".to_owned()),
        ("http", Some(text)) => Matcher::parse(text)
            .map(Scope::Requests)
            .ok_or_else(|| format!("`{text}` is no kind of request")),
        ("upload", _) if matches!(effect, Effect::Http(_)) => {
            let put = Matcher {
                method: Some("PUT".to_owned()),
                target: Target::Host(Origin::Upload),
            };
            Ok(Scope::Requests(put))
        }
        ("stream", _) if matches!(effect, Effect::Http(_)) => {
            Ok(Scope::Requests(Matcher::host(Origin::Stream)))
        }
        ("web", None) if matches!(effect, Effect::Http(_)) => {
            Ok(Scope::Requests(Matcher::host(Origin::Web)))
        }
        ("web", Some(app)) if matches!(effect, Effect::Http(_)) => Ok(Scope::Requests(Matcher {
            method: None,
            target: Target::Path(Origin::Web, format!("/{app}")),
        })),
        (_, None) => Ok(Scope::Everything),
        ("target", Some(text)) if text.bytes().all(|byte| byte.is_ascii_digit()) => text
            .parse()
            .map(Scope::Index)
            .map_err(|_| format!("`{text}` is no target")),
        ("upload" | "page" | "pipeline", Some(_)) => Err(format!("`{subject}` takes no scope")),
        (_, Some(app)) => Ok(Scope::App(app.to_owned())),
    }
}

#[cfg(test)]
#[path = "parse_tests.rs"]
mod tests;
