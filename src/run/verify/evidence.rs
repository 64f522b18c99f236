//! What is kept of an answer that was not as wanted: its status, the headers that matter, the beginning of its body.

use std::collections::BTreeMap;

use super::answer::Response;
use crate::{journal::Evidence, redact::Redactor};

/// How much of a body is kept, in bytes.
const MOST_BODY: usize = 500;
/// How much of a header's value is kept, and of a line, in bytes.
const MOST_HEADER: usize = 200;
/// How much of a text is looked at. Secrets are hidden before it is cut, so that no piece of one is left.
const MOST_READ: usize = 16 << 10;

/// The headers that say who answered, and what.
const HEADERS: [&str; 6] = [
    "content-type",
    "location",
    "retry-after",
    "server",
    "via",
    "x-request-id",
];

/// The evidence of an answer.
pub(super) fn of(seen: &Response<'_>, redactor: &Redactor) -> Evidence {
    let value = |name: &&'static str| {
        let text = match *name {
            "location" => seen.location()?.to_string(),
            name => {
                let values = seen.headers.get_all(name).iter();
                let values: Vec<_> = values
                    .map(|value| String::from_utf8_lossy(value.as_bytes()))
                    .collect();
                values.join(", ")
            }
        };
        let text = excerpt(&text, MOST_HEADER, redactor);
        (!text.is_empty()).then(|| ((*name).to_owned(), text))
    };
    let body = seen.body.unwrap_or_default();
    let body = String::from_utf8_lossy(&body[..body.len().min(MOST_READ)]);
    Evidence {
        status: Some(seen.status.as_u16()),
        headers: HEADERS.iter().filter_map(value).collect::<BTreeMap<_, _>>(),
        body: excerpt(&body, MOST_BODY, redactor),
        output: Vec::new(),
    }
}

/// The evidence of the lines that a command printed last.
pub(super) fn of_output<'l>(
    lines: impl IntoIterator<Item = &'l String>,
    redactor: &Redactor,
) -> Option<Evidence> {
    let lines = lines.into_iter();
    let output: Vec<String> = lines
        .map(|line| excerpt(line, MOST_HEADER, redactor))
        .filter(|line| !line.is_empty())
        .collect();
    (!output.is_empty()).then(|| Evidence {
        output,
        ..Evidence::default()
    })
}

/// The beginning of a text on one line, without control characters and secrets.
fn excerpt(text: &str, most: usize, redactor: &Redactor) -> String {
    // What reorders text or is not seen goes, too.
    let seen = |c: &char| !matches!(c, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}');
    let text: String = text.chars().filter(seen).collect();
    let words = text.split(|c: char| c.is_whitespace() || c.is_control());
    let words: Vec<&str> = words.filter(|word| !word.is_empty()).collect();
    let line = words.join(" ");
    let clean = redactor.clean(&line);
    if clean.len() <= most {
        return clean.into_owned();
    }
    let cut = (0..=most).rev().find(|at| clean.is_char_boundary(*at));
    format!("{}…", &clean[..cut.unwrap_or(0)])
}

#[cfg(test)]
mod tests {
    use reqwest::{StatusCode, header};
    use url::Url;

    use super::*;

    #[test]
    fn what_matters_is_kept_without_secrets_and_control_characters() {
        const SECRET: &str = "hunter2hunter2";
        let mut headers = header::HeaderMap::new();
        for (name, value) in [
            (header::CONTENT_TYPE, "text/html"),
            (header::LOCATION, "/login?next=/health&token=abc"),
            (header::VIA, "1.1 vegur"),
            (header::VIA, "1.1 proxy-hunter2hunter2"),
            (header::SET_COOKIE, "session=abc"),
        ] {
            headers.append(name, value.parse().unwrap());
        }
        // The secret stands across the place where the body is cut.
        let body = format!("{}\r\n\u{1b}[31m\u{0} {SECRET} end", "é".repeat(244));
        let seen = Response {
            url: &Url::parse("https://me:pw@shop.example.com/health?key=secret").unwrap(),
            status: StatusCode::FOUND,
            headers: &headers,
            body: Ok(body.as_bytes()),
        };
        let evidence = of(&seen, &Redactor::new([SECRET]));
        let headers: Vec<(&str, &str)> = evidence
            .headers
            .iter()
            .map(|(name, value)| (name.as_str(), value.as_str()))
            .collect();
        let expected = [
            ("content-type", "text/html"),
            ("location", "https://shop.example.com/login"),
            ("via", "1.1 vegur, 1.1 proxy-***"),
        ];
        assert_eq!(evidence.status, Some(302));
        assert_eq!(headers, expected);
        let body = format!("{} [31m *** en…", "é".repeat(244));
        assert_eq!(evidence.body, body);
    }

    #[test]
    fn any_body_is_cut_between_characters() {
        let redactor = Redactor::default();
        for (text, most, expected) in [
            ("", 4, ""),
            ("\u{0}\r\n", 4, ""),
            ("abcd", 4, "abcd"),
            ("abcde", 4, "abcd…"),
            ("abcé", 4, "abc…"),
            ("𝄞𝄞", 3, "…"),
        ] {
            assert_eq!(excerpt(text, most, &redactor), expected, "{text:?}");
        }
    }
}
