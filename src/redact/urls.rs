//! What is secret in any address: the query of a pre-signed URL, and the user info before its host.

use std::borrow::Cow;

use super::MASK;

/// The text with the query of everything in it that looks like a pre-signed URL replaced, and with what URLs have before
/// the `@`: a password, or a token in the place of a name. The signature of such a URL is all that one needs to use it.
pub fn strip_queries(text: &str) -> Cow<'_, str> {
    if memchr::memchr3(b'?', b'&', b'@', text.as_bytes()).is_none() && !text.contains("%40") {
        return Cow::Borrowed(text);
    }
    let mut out = String::new();
    let mut changed = false;
    for run in text.split_inclusive(ends_url) {
        let url = run.trim_end_matches(ends_url);
        let (head, query) = match url.find(['?', '&']) {
            Some(at) if is_signed(&url[at..]) => (&url[..=at], Some(MASK)),
            _ => (url, None),
        };
        let head = strip_userinfo(head);
        changed |= query.is_some() || matches!(head, Cow::Owned(_));
        out.push_str(&head);
        out.push_str(query.unwrap_or(""));
        out.push_str(&run[url.len()..]);
    }
    if changed {
        Cow::Owned(out)
    } else {
        Cow::Borrowed(text)
    }
}

/// Whether a character ends a URL in running text.
fn ends_url(c: char) -> bool {
    c.is_whitespace()
        || c.is_control()
        || matches!(c, '"' | '\'' | '<' | '>' | '`' | '|' | '{' | '}')
}

/// Whether a query has a parameter that makes it a key to something.
fn is_signed(query: &str) -> bool {
    // JSON and HTML write `&` as `\u0026` and `&amp;`.
    query
        .replace(r"\u0026", "&")
        .split(['?', '&', ';'])
        .any(|parameter| {
            let Some((name, _)) = parameter.split_once('=') else {
                return false;
            };
            let name = name.to_ascii_lowercase();
            name == "sig"
                || ["x-amz-", "x-goog-", "awsaccesskeyid"]
                    .iter()
                    .any(|p| name.starts_with(p))
                || [
                    "token",
                    "signature",
                    "secret",
                    "password",
                    "credential",
                    "api_key",
                    "apikey",
                ]
                .iter()
                .any(|p| name.contains(p))
        })
}

/// How an address is written: as it is, in JSON, as a part of another address. What is before the host, and what ends it.
const SPELLINGS: [(&str, &str, &[&str]); 4] = [
    ("://", "@", &["/", "?", "#", "\\"]),
    (r":\/\/", "@", &["/", "?", "#", "\\"]),
    ("%3A%2F%2F", "%40", &["%2F", "%3F", "%23", "&"]),
    ("%3a%2f%2f", "%40", &["%2f", "%3f", "%23", "&"]),
];

/// `https://user:password@host` without what is before the `@`, in every address that the text has. Each byte is looked at
/// a few times at most: an authority ends before the next one begins.
fn strip_userinfo(text: &str) -> Cow<'_, str> {
    let mut text = Cow::Borrowed(text);
    for (before, at, ends) in SPELLINGS {
        let (mut out, mut copied, mut from) = (String::new(), 0, 0);
        while let Some(start) = text[from..].find(before) {
            let start = from + start + before.len();
            let authority = authority(&text[start..], ends);
            from = start;
            match authority.rfind(at) {
                Some(host) if host > 0 && &authority[..host] != MASK => {
                    out.push_str(&text[copied..start]);
                    out.push_str(MASK);
                    copied = start + host;
                    from = copied;
                }
                _ => {}
            }
        }
        if copied > 0 {
            out.push_str(&text[copied..]);
            text = Cow::Owned(out);
        }
    }
    text
}

/// What of an address is before the first of these ends.
fn authority<'t>(text: &'t str, ends: &[&str]) -> &'t str {
    let bytes = text.as_bytes();
    let is_end = |at: &usize| {
        ends.iter()
            .any(|end| bytes[*at..].starts_with(end.as_bytes()))
    };
    let end = (0..bytes.len()).find(is_end);
    &text[..end.unwrap_or(text.len())]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_query_of_a_signed_url_goes() {
        for (text, expected) in [
            (
                "PUT https://up.example.com/a/b?X-Amz-Algorithm=A&X-Amz-Signature=abc: 403",
                "PUT https://up.example.com/a/b?*** 403",
            ),
            ("GET /logs/1?token=abc 404", "GET /logs/1?*** 404"),
            ("(\"https://x/?a=1&sig=2\")", "(\"https://x/?***\")"),
            (r"https://x/?a=1\u0026X-Amz-Date=2", "https://x/?***"),
            ("https://x/?a=1&amp;X-Amz-Date=2#f", "https://x/?***"),
            ("&X-Amz-Signature=0123 the rest", "&*** the rest"),
        ] {
            assert_eq!(strip_queries(text), expected);
        }
        for harmless in [
            "GET /apps?max=200&order=desc",
            "what? a=b",
            "mail me@example.com",
            "https://host/@scope/name",
            "git@github.com:acme/shop.git",
            "npm install a@1 && b=c",
        ] {
            assert_eq!(strip_queries(harmless), harmless);
        }
    }

    #[test]
    fn who_an_address_names_goes() {
        for (text, expected) in [
            (
                "https://heroku:abc@git.example.com/x",
                "https://***@git.example.com/x",
            ),
            (
                "https://ghp_0123@github.com/a/b.git",
                "https://***@github.com/a/b.git",
            ),
            ("https://:abc@host", "https://***@host"),
            ("https://a:b@c@host/?q=1@2", "https://***@host/?q=1@2"),
            (
                "a=postgres://u:p@h,b=redis://v:q@k/0",
                "a=postgres://***@h,b=redis://***@k/0",
            ),
            (r"https:\/\/u:p@host\/x", r"https:\/\/***@host\/x"),
            (
                "/go?to=https%3A%2F%2Fu%3Ap%40host%2Fx",
                "/go?to=https%3A%2F%2F***%40host%2Fx",
            ),
            ("https://***@host", "https://***@host"),
        ] {
            assert_eq!(strip_queries(text), expected);
        }
    }

    /// A quadratic search would take minutes for each of these.
    #[test]
    fn a_long_line_of_beginnings_is_read_once() {
        for piece in [
            "://@",
            "://",
            "://a@",
            "://a",
            "%3A%2F%2F%40",
            "%3a%2f%2fa",
            "@",
            "?",
            "&a=b",
        ] {
            let line = piece.repeat((1 << 20) / piece.len());
            strip_queries(&line);
            strip_queries(&format!("{line}&token=1"));
        }
    }
}
