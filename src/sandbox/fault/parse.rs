//! From the text of a fault to the fault.

use std::str::FromStr;
use std::time::Duration;

use super::{Effect, Fault, GRAMMAR, HttpEffect, Matcher, RetryAfter, Scope, Target, When};
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
        ("stream", "refused") => Effect::Refused(Origin::Stream),
        ("upload", "refused") => Effect::Refused(Origin::Upload),
        ("web", "refused") => Effect::Refused(Origin::Web),
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
    }
}

fn http(word: &str, reader: &mut Reader<'_>) -> Result<HttpEffect, String> {
    Ok(match word {
        "reset" => HttpEffect::Reset { after: false },
        "reset-after" => HttpEffect::Reset { after: true },
        "reset-in-head" => HttpEffect::ResetInHead,
        "reset-in-body" => HttpEffect::ResetInBody,
        "hang" | "silent" => HttpEffect::Hang,
        "html" => HttpEffect::Html,
        "invalid-json" => HttpEffect::InvalidJson,
        "truncated" => HttpEffect::Truncated,
        "unknown-enum" => HttpEffect::UnknownEnum,
        "redirect" => HttpEffect::Redirect,
        "drip" => HttpEffect::Drip(reader.duration()?),
        "delay" => HttpEffect::Delay(reader.duration()?),
        word => status(
            word.parse()
                .ok()
                .filter(|code| (200..=599).contains(code))
                .ok_or_else(|| format!("`{word}` is neither a status nor an effect on requests"))?,
        ),
    })
}

fn options(effect: Effect, reader: &mut Reader<'_>) -> Result<Effect, String> {
    let Effect::Http(HttpEffect::Status { code, .. }) = effect else {
        return match reader.after(',', &[',', '@', ':']) {
            Some(option) => Err(format!("only a status has options, such as `{option}`")),
            None => Ok(effect),
        };
    };
    let (mut retry_after, mut html, mut after) = (None, false, false);
    while let Some(option) = reader.after(',', &[',', '@', ':']) {
        match option.split_once('=') {
            Some(("retry-after", value)) => retry_after = Some(parse_retry_after(value)?),
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

/// Takes a text apart from the left.
struct Reader<'a> {
    rest: &'a str,
}

impl<'a> Reader<'a> {
    /// Everything up to one of these characters.
    fn until(&mut self, ends: &[char]) -> &'a str {
        let at = self.rest.find(ends).unwrap_or(self.rest.len());
        let (text, rest) = self.rest.split_at(at);
        self.rest = rest;
        text
    }

    /// What follows a mark, if the mark is next.
    fn after(&mut self, mark: char, ends: &[char]) -> Option<&'a str> {
        self.rest = self.rest.strip_prefix(mark)?;
        Some(self.until(ends))
    }

    fn argument(&mut self) -> Result<&'a str, String> {
        self.after(':', &[':', ',', '@'])
            .ok_or_else(|| "the effect needs an argument after `:`".to_owned())
    }

    fn number(&mut self) -> Result<u32, String> {
        let text = self.argument()?;
        text.parse().map_err(|_| format!("`{text}` is no number"))
    }

    fn duration(&mut self) -> Result<Duration, String> {
        let text = self.argument()?;
        parse_duration(text).ok_or_else(|| format!("`{text}` is no duration, such as 250ms or 30s"))
    }

    /// An argument that may be left out: only a text that ends with `%` is one.
    fn percent(&mut self) -> Result<u8, String> {
        let end = self.rest.get(1..).and_then(|rest| rest.find([':', '@']));
        let next = end.map_or(self.rest, |end| &self.rest[..=end]);
        if !next.ends_with('%') {
            return Ok(50);
        }
        let text = self.argument()?;
        text.trim_end_matches('%')
            .parse()
            .ok()
            .filter(|percent| *percent <= 100)
            .ok_or_else(|| format!("`{text}` is no percentage"))
    }
}

fn parse_duration(text: &str) -> Option<Duration> {
    let at = text.find(|c: char| !c.is_ascii_digit())?;
    let (number, unit) = text.split_at(at);
    let number: u64 = number.parse().ok()?;
    match unit {
        "ms" => Some(Duration::from_millis(number)),
        "s" => Some(Duration::from_secs(number)),
        "m" => Some(Duration::from_secs(number.checked_mul(60)?)),
        "h" => Some(Duration::from_secs(number.checked_mul(3600)?)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> (Effect, When, Scope) {
        let fault: Fault = text.parse().unwrap();
        assert_eq!(fault.to_string(), text);
        (fault.effect, fault.when, fault.scope)
    }

    fn at(first: u32, last: u32) -> When {
        When { first, last }
    }

    fn requests(text: &str) -> Scope {
        Scope::Requests(Matcher::parse(text).unwrap())
    }

    #[test]
    fn the_simple_ones() {
        use Effect::{BuildFail, BuildSlow, PhaseFail, StreamCut, StreamReset, TargetFail};
        let everything = || Scope::Everything;
        let app = |name: &str| Scope::App(name.to_owned());
        let half_a_minute = BuildSlow(Duration::from_secs(30));
        for (text, effect, when, scope) in [
            ("build=fail", BuildFail, When::ALWAYS, everything()),
            ("build=fail@2", BuildFail, at(2, 2), everything()),
            (
                "build=slow:30s",
                half_a_minute.clone(),
                When::ALWAYS,
                everything(),
            ),
            (
                "build=slow:30s@2-4:shop",
                half_a_minute,
                at(2, 4),
                app("shop"),
            ),
            (
                "release-phase=fail:shop",
                PhaseFail,
                When::ALWAYS,
                app("shop"),
            ),
            ("target=fail:2", TargetFail, When::ALWAYS, Scope::Index(2)),
            ("target=fail:eu", TargetFail, When::ALWAYS, app("eu")),
            ("stream=cut", StreamCut(50), When::ONCE, everything()),
            ("stream=cut:30%", StreamCut(30), When::ONCE, everything()),
            ("stream=cut:shop", StreamCut(50), When::ONCE, app("shop")),
            (
                "stream=reset:10%@2+:shop",
                StreamReset(10),
                at(2, u32::MAX),
                app("shop"),
            ),
            ("page=2", Effect::Page(2), When::ALWAYS, everything()),
        ] {
            assert_eq!(read(text), (effect, when, scope), "{text}");
        }
    }

    #[test]
    fn requests_have_statuses_options_and_scopes() {
        let (effect, when, scope) = read("http=429,retry-after=2@2:GET builds");
        let expected = HttpEffect::Status {
            code: 429,
            retry_after: Some(RetryAfter::Seconds(2)),
            html: false,
            after: false,
        };
        assert_eq!(effect, Effect::Http(expected));
        assert_eq!((when, scope), (at(2, 2), requests("GET builds")));

        let (effect, when, scope) =
            read("http=503,html,after,retry-after=epoch+5@*:/apps/*/builds");
        let expected = HttpEffect::Status {
            code: 503,
            retry_after: Some(RetryAfter::Epoch(5)),
            html: true,
            after: true,
        };
        assert_eq!(effect, Effect::Http(expected));
        assert_eq!((when, scope), (When::ALWAYS, requests("/apps/*/builds")));

        let drip = HttpEffect::Drip(Duration::from_millis(5));
        assert_eq!(
            read("http=drip:5ms:any"),
            (Effect::Http(drip), When::ONCE, requests("any"))
        );
    }

    #[test]
    fn short_forms_are_faults_of_requests() {
        assert_eq!(
            read("upload=403"),
            (
                Effect::Http(status(403)),
                When::ALWAYS,
                requests("PUT upload")
            )
        );
        assert_eq!(
            read("web=down-until:3"),
            (Effect::Http(status(503)), at(1, 2), requests("web"))
        );
        assert_eq!(
            read("stream=late:2"),
            (Effect::Http(status(404)), at(1, 2), requests("stream"))
        );
        let (_, _, scope) = read("web=503:shop");
        let Scope::Requests(matcher) = scope else {
            panic!("{scope:?}")
        };
        assert!(matcher.matches(Origin::Web, "GET", "/shop/health"));
        assert!(!matcher.matches(Origin::Web, "GET", "/shopping/health"));
    }

    #[test]
    fn a_bad_fault_says_why_and_lists_the_grammar() {
        for (text, problem) in [
            ("", "no `=`"),
            ("build", "no `=`"),
            ("shoes=fail", "no subject `shoes`"),
            ("build=explode", "no effect `explode`"),
            ("build=slow", "needs an argument"),
            ("build=slow:soon", "no duration"),
            ("build=fail,html", "only a status has options"),
            ("build=fail@0", "does not say when"),
            ("build=fail@3-2", "does not say when"),
            ("http=429", "needs a scope"),
            ("http=429:shoes", "no kind of request"),
            ("http=429,sometimes:any", "no option `sometimes`"),
            ("http=77:any", "neither a status nor an effect"),
            ("page=0", "needs a number"),
            ("page=2:shop", "takes no scope"),
            ("stream=cut:120%", "no percentage"),
        ] {
            let message = text.parse::<Fault>().unwrap_err().to_string();
            assert!(message.contains(problem), "{text}: {message}");
            assert!(message.contains("SUBJECT=EFFECT"), "{text}: {message}");
        }
    }
}
