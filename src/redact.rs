//! Secrets in output: the last line of defence, behind the rule that nobody hands a secret to a reporter.
//!
//! Two things are removed: the secrets that this process knows (the token, the signatures of pre-signed URLs), wherever
//! they turn up, also with colours in the middle; and the query of anything that looks like a pre-signed URL, known or not.

use std::{
    borrow::Cow,
    fmt,
    sync::{Arc, PoisonError, RwLock},
};

/// What stands in a secret's place.
pub const MASK: &str = "***";

/// Shorter secrets are not replaced: they would turn ordinary words to stars and be guessed from them.
pub const MIN_SECRET: usize = 8;

/// The secrets of this process: a cheap handle that learns new ones while the run goes on.
#[derive(Clone, Default)]
pub struct Redactor {
    /// Longest first, so that a secret that contains another goes as a whole.
    secrets: Arc<RwLock<Vec<String>>>,
    watchers: Arc<RwLock<Vec<Watcher>>>,
}

/// Something that wants to know of each secret as it is learnt.
type Watcher = Box<dyn Fn(&str) + Send + Sync>;

impl fmt::Debug for Redactor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Redactor(***)")
    }
}

impl Redactor {
    /// A redactor that knows these secrets.
    pub fn new<S: AsRef<str>>(secrets: impl IntoIterator<Item = S>) -> Self {
        let redactor = Self::default();
        for secret in secrets {
            redactor.learn(secret.as_ref());
        }
        redactor
    }

    /// Adds a secret: the whole value, its lines if it has several, and its form inside a URL. What is shorter than
    /// [`MIN_SECRET`] is left out.
    pub fn learn(&self, secret: &str) {
        let new = self.add(secret);
        let watchers = self.watchers.read().unwrap_or_else(PoisonError::into_inner);
        for form in &new {
            for watcher in watchers.iter() {
                watcher(form);
            }
        }
    }

    /// Tells `watcher` of each secret that is known, and from now on of each new one before anything can be printed that
    /// has it. It must not learn a secret itself.
    pub fn watch(&self, watcher: impl Fn(&str) + Send + Sync + 'static) {
        let known = self
            .secrets
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .clone();
        for secret in &known {
            watcher(secret);
        }
        self.watchers
            .write()
            .unwrap_or_else(PoisonError::into_inner)
            .push(Box::new(watcher));
    }

    /// Adds the forms of a secret and gives those that were not known.
    fn add(&self, secret: &str) -> Vec<String> {
        let mut new = Vec::new();
        let mut secrets = self.secrets.write().unwrap_or_else(PoisonError::into_inner);
        for part in secret.lines().map(str::trim) {
            for form in [part.to_owned(), percent_encoded(part)] {
                if form.len() >= MIN_SECRET && !secrets.contains(&form) {
                    secrets.push(form.clone());
                    new.push(form);
                }
            }
        }
        secrets.sort_by_key(|s| std::cmp::Reverse(s.len()));
        new
    }

    /// The text without secrets.
    pub fn clean<'a>(&self, text: &'a str) -> Cow<'a, str> {
        let secrets = self.secrets.read().unwrap_or_else(PoisonError::into_inner);
        let mut text = strip_queries(text);
        if secrets.is_empty() {
            return text;
        }
        if text.contains('\u{1b}')
            && let Some(clean) = clean_coloured(&text, &secrets)
        {
            text = Cow::Owned(clean);
        }
        for secret in secrets.iter() {
            if text.contains(secret.as_str()) {
                text = Cow::Owned(text.replace(secret.as_str(), MASK));
            }
        }
        text
    }

    /// A JSON text without secrets: the same JSON, with every string cleaned. Masking the text as a whole could cut an
    /// escape sequence in two.
    pub fn clean_json(&self, json: &str) -> String {
        let mut out = String::with_capacity(json.len());
        let mut rest = json;
        while let Some(start) = rest.find('"') {
            out.push_str(&rest[..start]);
            let literal = string_literal(&rest[start..]);
            rest = &rest[start + literal.len()..];
            let cleaned = serde_json::from_str::<String>(literal)
                .ok()
                .and_then(|value| match self.clean(&value) {
                    Cow::Borrowed(_) => None,
                    Cow::Owned(clean) => serde_json::to_string(&clean).ok(),
                });
            out.push_str(cleaned.as_deref().unwrap_or(literal));
        }
        out.push_str(rest);
        out
    }
}

/// The JSON string that the text begins with, its quotes included.
fn string_literal(text: &str) -> &str {
    let mut escaped = false;
    for (at, byte) in text.bytes().enumerate().skip(1) {
        match byte {
            _ if escaped => escaped = false,
            b'\\' => escaped = true,
            b'"' => return &text[..=at],
            _ => {}
        }
    }
    text
}

/// Text with colours, without secrets; `None` if it has none. Colours may stand in the middle of a secret: it is looked
/// for in the text without them.
fn clean_coloured(text: &str, secrets: &[String]) -> Option<String> {
    let mut plain = String::with_capacity(text.len());
    // For each byte of `plain` its place in `text`.
    let mut places = Vec::with_capacity(text.len());
    let mut at = 0;
    while let Some(c) = text[at..].chars().next() {
        let skip = colour_length(&text[at..]);
        if skip > 0 {
            at += skip;
            continue;
        }
        plain.push(c);
        places.extend(at..at + c.len_utf8());
        at += c.len_utf8();
    }
    let mut hits: Vec<(usize, usize)> = Vec::new();
    for secret in secrets {
        for (start, found) in plain.match_indices(secret.as_str()) {
            let (start, end) = (start, start + found.len());
            if hits.iter().all(|&(s, e)| end <= s || e <= start) {
                hits.push((start, end));
            }
        }
    }
    if hits.is_empty() {
        return None;
    }
    hits.sort_unstable();
    let mut out = String::with_capacity(text.len());
    let mut from = 0;
    for (start, end) in hits {
        out.push_str(&text[from..places[start]]);
        out.push_str(MASK);
        from = places.get(end - 1).map_or(text.len(), |last| last + 1);
    }
    out.push_str(&text[from..]);
    Some(out)
}

/// The length of the colour that the text begins with: `ESC [`, digits and semicolons, `m`.
fn colour_length(text: &str) -> usize {
    let Some(body) = text.strip_prefix("\u{1b}[") else {
        return 0;
    };
    let parameters = body
        .bytes()
        .take_while(|b| b.is_ascii_digit() || *b == b';')
        .count();
    if body[parameters..].starts_with('m') {
        "\u{1b}[".len() + parameters + 1
    } else {
        0
    }
}

/// The text with the query of everything in it that looks like a pre-signed URL replaced, and with the password of URLs
/// that have one. The signature of such a URL is all that one needs to use it.
pub fn strip_queries(text: &str) -> Cow<'_, str> {
    if !text.contains(['?', '&', '@']) {
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
        let head = strip_password(head);
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

/// `https://user:password@host` without what is before the `@`.
fn strip_password(url: &str) -> Cow<'_, str> {
    let Some(start) = url.find("://").map(|at| at + 3) else {
        return Cow::Borrowed(url);
    };
    let end = url[start..]
        .find(['/', '?', '#'])
        .map_or(url.len(), |at| start + at);
    match url[start..end].rfind('@') {
        Some(at) if url[start..start + at].contains(':') => {
            Cow::Owned(format!("{}{MASK}{}", &url[..start], &url[start + at..]))
        }
        _ => Cow::Borrowed(url),
    }
}

/// The value as it is written inside a URL.
fn percent_encoded(value: &str) -> String {
    url::form_urlencoded::byte_serialize(value.as_bytes())
        .collect::<String>()
        .replace('+', "%20")
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::report::sanitize::{self, Colours};

    const TOKEN: &str = "HRKU-0123/4567+89ab";

    #[test]
    fn a_secret_goes_wherever_it_turns_up() {
        let redactor = Redactor::new([TOKEN, "short", ""]);
        for (text, expected) in [
            ("Bearer HRKU-0123/4567+89ab!", "Bearer ***!"),
            ("HRKU-0123/4567+89abHRKU-0123/4567+89ab", "******"),
            ("x=HRKU-0123%2F4567%2B89ab", "x=***"),
            ("short words stay", "short words stay"),
            (
                "\u{1b}[31mHRKU-0\u{1b}[0m123/4567+89ab\u{1b}[0m é",
                "\u{1b}[31m***\u{1b}[0m é",
            ),
        ] {
            assert_eq!(redactor.clean(text), expected);
        }
        assert!(!format!("{redactor:?}").contains("HRKU"));
    }

    #[test]
    fn it_learns_while_the_run_goes_on() {
        let redactor = Redactor::default();
        let elsewhere = redactor.clone();
        elsewhere.learn("deadbeefdeadbeef");
        elsewhere.learn("deadbeef");
        assert_eq!(
            redactor.clean("sig deadbeefdeadbeef"),
            "sig ***",
            "the longest first"
        );
    }

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
            (
                "https://heroku:abc@git.example.com/x",
                "https://***@git.example.com/x",
            ),
        ] {
            assert_eq!(strip_queries(text), expected);
        }
        for harmless in [
            "GET /apps?max=200&order=desc",
            "what? a=b",
            "mail me@example.com",
            "https://user@host/",
            "npm install a@1 && b=c",
        ] {
            assert_eq!(strip_queries(harmless), harmless);
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn a_secret_does_not_survive_escapes_or_json(
            before in "[a-z\"\\\\\n#:\u{1b}\\[0m]{0,12}",
            after in "[a-z\"\\\\\n#:]{0,12}",
            split in 1..TOKEN.len(),
            escape in prop::sample::select(vec!["", "\u{1b}[31m", "\u{1b}[2K", "\u{0}", "\u{202e}"]),
        ) {
            let redactor = Redactor::new([TOKEN]);
            let text = format!("{before}{}{escape}{}{after}", &TOKEN[..split], &TOKEN[split..]);
            let clean = redactor.clean(&sanitize::line(&text, Colours::Keep)).into_owned();
            prop_assert!(!sanitize::line(&clean, Colours::Strip).contains(TOKEN), "{clean:?}");

            let whole = format!("{before}{TOKEN}{after}");
            let json = serde_json::json!({"a": [&whole, 1], "b": {"c": &before}}).to_string();
            let clean: serde_json::Value = serde_json::from_str(&redactor.clean_json(&json)).unwrap();
            prop_assert_eq!(&clean["a"][0], &redactor.clean(&whole).into_owned());
            prop_assert_eq!(&clean["b"]["c"], &redactor.clean(&before).into_owned());
            prop_assert!(!clean.to_string().contains(TOKEN));
        }
    }
}
