//! Whether the answer to an HTTP check is as expected, and the message about it.

use regex_automata::meta::Regex;
use reqwest::{StatusCode, header};
use serde_json::Value;
use url::Url;

use crate::{
    config::{Answer, Statuses, pattern},
    http::answer::page,
};

/// The longest piece of an answer that is shown.
const LONGEST: usize = 100;

/// What is wanted, with nothing left to fill in.
pub(super) struct Expectation {
    status: Statuses,
    answer: Answer,
    matches: Option<Regex>,
}

impl Expectation {
    /// What a check wants, with its placeholders filled in.
    pub(super) fn new(status: Statuses, answer: Answer) -> Result<Self, String> {
        let matches = answer.matches.as_deref().map(pattern::compile).transpose();
        let matches = matches.map_err(|why| format!("`matches` can't be used: {why}"))?;
        Ok(Self {
            status,
            answer,
            matches,
        })
    }

    /// Whether an answer is as wanted, and what was seen.
    pub(super) fn judge(&self, seen: &Response<'_>) -> (bool, String) {
        let status = seen.status.as_u16();
        if !self.status.has(status) {
            let what = format!("{status} instead of {}", self.status);
            return (false, format!("{what}{}", seen.instead()));
        }
        match self.headers(seen).and_then(|found| self.body(seen, found)) {
            Err(what) => (false, format!("{status}, but {what}")),
            Ok(found) if found.is_empty() => (true, status.to_string()),
            Ok(found) => (true, format!("{status} with {}", found.join(", "))),
        }
    }

    /// The wanted headers that are there, or the first one that is not.
    fn headers(&self, seen: &Response<'_>) -> Result<Vec<String>, String> {
        let look = |(name, wanted): &(String, String)| {
            let values: Vec<_> = seen.headers.get_all(name).iter().collect();
            if values
                .iter()
                .any(|value| value.as_bytes() == wanted.as_bytes())
            {
                return Ok(format!("`{name}: {wanted}`"));
            }
            Err(match values.first() {
                None => format!("it has no header `{name}`"),
                Some(value) => {
                    let value = short(&String::from_utf8_lossy(value.as_bytes()));
                    format!("its header `{name}` is `{value}`, not `{wanted}`")
                }
            })
        };
        self.answer.headers.iter().map(look).collect()
    }

    /// What is there of the body beside what was `found` already, or what is not.
    fn body(&self, seen: &Response<'_>, mut found: Vec<String>) -> Result<Vec<String>, String> {
        let Answer { body, json, .. } = &self.answer;
        if body.is_none() && self.matches.is_none() && json.is_empty() {
            return Ok(found);
        }
        let bytes = seen
            .body
            .map_err(|why| format!("the body was cut off: {why}"))?;
        let text = String::from_utf8_lossy(bytes);
        if let Some(wanted) = body {
            if !text.contains(wanted.as_str()) {
                return Err(format!("`{wanted}` is not in the body{}", seen.instead()));
            }
            found.push(format!("`{wanted}` in the body"));
        }
        if let (Some(regex), Some(wanted)) = (&self.matches, &self.answer.matches) {
            if !regex.is_match(text.as_bytes()) {
                return Err(format!(
                    "`{wanted}` does not match in the body{}",
                    seen.instead()
                ));
            }
            found.push(format!("a match of `{wanted}`"));
        }
        if !json.is_empty() {
            let document: Value = serde_json::from_slice(bytes)
                .map_err(|_| format!("the body is not JSON{}", seen.instead()))?;
            for (at, wanted) in json {
                match document.pointer(at) {
                    Some(value) if same(value, wanted) => found.push(format!("{at} {wanted}")),
                    Some(value) => {
                        let value = short(&value.to_string());
                        return Err(format!("{at} is {value}, not {wanted}"));
                    }
                    None => return Err(format!("there is no {at} in its JSON")),
                }
            }
        }
        Ok(found)
    }
}

/// Whether two values are equal; `1` and `1.0` are.
fn same(value: &Value, wanted: &Value) -> bool {
    value == wanted
        || matches!((value, wanted), (Value::Number(a), Value::Number(b)) if a.as_f64() == b.as_f64())
}

/// A piece of an answer for a message.
fn short(text: &str) -> String {
    match text.char_indices().nth(LONGEST) {
        Some((cut, _)) => format!("{}…", &text[..cut]),
        None => text.to_owned(),
    }
}

/// An answer.
pub(super) struct Response<'a> {
    /// What was asked.
    pub(super) url: &'a Url,
    pub(super) status: StatusCode,
    pub(super) headers: &'a header::HeaderMap,
    /// The beginning of the body, or why it was cut off.
    pub(super) body: Result<&'a [u8], &'a str>,
}

impl Response<'_> {
    /// What was there instead of what was wanted: where a redirect leads to, what a page is called.
    fn instead(&self) -> String {
        if let Some(to) = self.redirect() {
            return format!(", a redirect to {to}");
        }
        match self.body.ok().and_then(page) {
            Some(page) => format!(": {page}"),
            None => String::new(),
        }
    }

    /// Where a redirect leads to.
    fn redirect(&self) -> Option<Url> {
        self.location().filter(|_| self.status.is_redirection())
    }

    /// The place that the answer names, without its query, which may hold a secret.
    pub(super) fn location(&self) -> Option<Url> {
        let to = self.headers.get(header::LOCATION)?.to_str().ok()?;
        let mut to = self.url.join(to).ok()?;
        if to.cannot_be_a_base() {
            return None;
        }
        to.set_query(None);
        to.set_fragment(None);
        // Only an address without a host refuses these.
        let _ = to.set_username("");
        let _ = to.set_password(None);
        Some(to)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::config::StatusRange;

    fn with(body: Option<&str>) -> Answer {
        Answer {
            body: body.map(str::to_owned),
            ..Answer::default()
        }
    }

    fn seen(wanted: Answer, status: u16, to: Option<&str>, body: &str) -> (bool, String) {
        let mut headers = header::HeaderMap::new();
        if let Some(to) = to {
            headers.insert(header::LOCATION, to.parse().unwrap());
        }
        let seen = Response {
            url: &Url::parse("http://shop.example.com/health?key=secret").unwrap(),
            status: StatusCode::from_u16(status).unwrap(),
            headers: &headers,
            body: Ok(body.as_bytes()),
        };
        Expectation::new(Statuses::default(), wanted)
            .unwrap()
            .judge(&seen)
    }

    #[test]
    fn what_is_there_instead_is_said() {
        let page = "<!doctype html><html><head><title>Sign in</title></head></html>";
        for (status, to, body, expected) in [
            (
                301,
                Some("https://shop.example.com/health?key=secret"),
                "",
                "301 instead of 200, a redirect to https://shop.example.com/health",
            ),
            (
                302,
                Some("/login?next=x#y"),
                "",
                "302 instead of 200, a redirect to http://shop.example.com/login",
            ),
            (
                302,
                Some("https://me:pw@sso.example.com/"),
                "",
                "302 instead of 200, a redirect to https://sso.example.com/",
            ),
            (302, None, "", "302 instead of 200"),
            (201, Some("/made"), "", "201 instead of 200"),
            (
                503,
                None,
                page,
                "503 instead of 200: a page of HTML: Sign in",
            ),
            (503, None, "down", "503 instead of 200"),
            (
                200,
                None,
                page,
                "200, but `ok` is not in the body: a page of HTML: Sign in",
            ),
            (200, None, "no", "200, but `ok` is not in the body"),
        ] {
            let (ok, said) = seen(with(Some("ok")), status, to, body);
            assert_eq!((ok, said.as_str()), (false, expected));
        }
        assert_eq!(seen(with(None), 200, None, page), (true, "200".to_owned()));
    }

    #[test]
    fn a_class_or_a_list_of_statuses_may_be_wanted() {
        let wanted = |ranges: &[StatusRange]| Statuses(ranges.to_vec());
        let (ok, class) = (StatusRange::One(200), StatusRange::Class(2));
        for (statuses, status, has, said) in [
            (wanted(&[ok]), 201, false, "200"),
            (wanted(&[class]), 204, true, "2xx"),
            (wanted(&[class]), 301, false, "2xx"),
            (
                wanted(&[ok, StatusRange::One(204)]),
                204,
                true,
                "200 or 204",
            ),
            (
                wanted(&[ok, StatusRange::One(204), StatusRange::Class(3)]),
                302,
                true,
                "200, 204 or 3xx",
            ),
        ] {
            assert_eq!(
                (statuses.has(status), statuses.to_string().as_str()),
                (has, said)
            );
        }
    }

    #[test]
    fn everything_that_is_wanted_must_be_there() {
        const BODY: &str = r#"{"commit": "abc", "up": true, "n": 2.0, "in": [{"a": null}]}"#;
        let mut headers = header::HeaderMap::new();
        headers.append("x-release", "v41".parse().unwrap());
        headers.append("x-release", "v42".parse().unwrap());
        let look = |wanted: Answer, body: &str| {
            let seen = Response {
                url: &Url::parse("http://shop.example.com/").unwrap(),
                status: StatusCode::OK,
                headers: &headers,
                body: Ok(body.as_bytes()),
            };
            Expectation::new(Statuses::default(), wanted)
                .unwrap()
                .judge(&seen)
        };
        let json = |at: &str, value: Value| Answer {
            json: vec![(at.to_owned(), value)],
            ..Answer::default()
        };
        let header = |name: &str, value: &str| Answer {
            headers: vec![(name.to_owned(), value.to_owned())],
            ..Answer::default()
        };
        let matches = |text: &str| Answer {
            matches: Some(text.to_owned()),
            ..Answer::default()
        };
        for (wanted, body, ok, said) in [
            (
                json("/commit", json!("abc")),
                BODY,
                true,
                r#"200 with /commit "abc""#,
            ),
            (
                json("/commit", json!("def")),
                BODY,
                false,
                r#"200, but /commit is "abc", not "def""#,
            ),
            (
                json("/in/0/a", json!(null)),
                BODY,
                true,
                "200 with /in/0/a null",
            ),
            (
                json("/up", json!("true")),
                BODY,
                false,
                r#"200, but /up is true, not "true""#,
            ),
            (json("/n", json!(2)), BODY, true, "200 with /n 2"),
            (
                json("/no", json!(null)),
                BODY,
                false,
                "200, but there is no /no in its JSON",
            ),
            (
                json("/no", json!(1)),
                "<title>Hi</title>",
                false,
                "200, but the body is not JSON: a page of HTML: Hi",
            ),
            (
                header("x-release", "v42"),
                "",
                true,
                "200 with `x-release: v42`",
            ),
            (
                header("x-release", "v4"),
                "",
                false,
                "200, but its header `x-release` is `v41`, not `v4`",
            ),
            (
                header("x-other", "v4"),
                "",
                false,
                "200, but it has no header `x-other`",
            ),
            (
                matches("^ok [0-9]+$"),
                "ok 12",
                true,
                "200 with a match of `^ok [0-9]+$`",
            ),
            (
                matches("^ok$"),
                "ok 12",
                false,
                "200, but `^ok$` does not match in the body",
            ),
        ] {
            assert_eq!(look(wanted, body), (ok, said.to_owned()));
        }
    }
}
