//! Secrets in output: the last line of defence, behind the rule that nobody hands a secret to a reporter.
//!
//! Two things are removed: the secrets that this process knows (the token, the signatures of pre-signed URLs), wherever
//! they turn up, in every form that people and programs write them in (`forms`) and with anything invisible in the middle
//! (`view`); and what is secret in an address, known or not (`urls`).

mod forms;
mod matcher;
mod urls;
mod view;

use std::{
    borrow::Cow,
    fmt,
    sync::{Arc, PoisonError, RwLock},
};

use matcher::{Hit, Matcher};
pub use urls::strip_queries;
use view::{Reading, View};

/// What stands in a secret's place.
pub const MASK: &str = "***";

/// Shorter secrets are not replaced: they would turn ordinary words to stars and be guessed from them.
pub const MIN_SECRET: usize = 8;

/// Whether a secret is too short to be hidden.
pub fn is_too_short(secret: &str) -> bool {
    forms::of(secret).is_empty()
}

/// Escapes in escapes in escapes are resolved; what is deeper is no accident.
const DEEPEST: usize = 3;

/// So many forms are built into one matcher, however often secrets are learnt one by one: each time it is built anew.
const SMALL: usize = 64;

/// The secrets of this process: a cheap handle that learns new ones while the run goes on.
#[derive(Clone, Default)]
pub struct Redactor {
    known: Arc<RwLock<Known>>,
    watchers: Arc<RwLock<Vec<Watcher>>>,
}

/// What is known.
#[derive(Default)]
struct Known {
    /// What the CI system is asked to hide, as it was learnt.
    announced: Vec<String>,
    /// One after the other at least twice as large as the next, so that learning stays cheap.
    matchers: Vec<Matcher>,
}

/// Something that wants to know of each announced secret as it is learnt.
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

    /// Adds a secret: the whole value, and its lines if it has several. What is shorter than [`MIN_SECRET`] is left out.
    pub fn learn(&self, secret: &str) {
        let mut known = self.known.write().unwrap_or_else(PoisonError::into_inner);
        known.add(secret);
    }

    /// Adds a secret that the CI system is to hide as well. It has to be told the secret for that, in the log: so this is
    /// for secrets of this run alone, never for one that it was given.
    pub fn announce(&self, secret: &str) {
        let secret = secret.trim();
        let new = {
            let mut known = self.known.write().unwrap_or_else(PoisonError::into_inner);
            known.add(secret);
            let new = secret.len() >= MIN_SECRET && !known.announced.iter().any(|s| s == secret);
            if new {
                known.announced.push(secret.to_owned());
            }
            new
        };
        if new {
            let watchers = self.watchers.read().unwrap_or_else(PoisonError::into_inner);
            for watcher in watchers.iter() {
                watcher(secret);
            }
        }
    }

    /// Tells `watcher` of each secret that was announced, and from now on of each new one before anything can be printed
    /// that has it. It must not learn a secret itself.
    pub fn watch(&self, watcher: impl Fn(&str) + Send + Sync + 'static) {
        let announced = {
            let known = self.known.read().unwrap_or_else(PoisonError::into_inner);
            known.announced.clone()
        };
        for secret in &announced {
            watcher(secret);
        }
        self.watchers
            .write()
            .unwrap_or_else(PoisonError::into_inner)
            .push(Box::new(watcher));
    }

    /// Whether a text has a secret in it, in any form.
    pub fn finds(&self, text: &str) -> bool {
        let known = self.known.read().unwrap_or_else(PoisonError::into_inner);
        !known.find(text).is_empty()
    }

    /// The text without secrets.
    pub fn clean<'a>(&self, text: &'a str) -> Cow<'a, str> {
        let text = strip_queries(text);
        let known = self.known.read().unwrap_or_else(PoisonError::into_inner);
        let hits = known.find(&text);
        if hits.is_empty() {
            return text;
        }
        let mut out = String::with_capacity(text.len());
        let mut from = 0;
        for (start, end) in hits {
            out.push_str(&text[from..start]);
            out.push_str(MASK);
            from = end;
        }
        out.push_str(&text[from..]);
        Cow::Owned(out)
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

impl Known {
    /// Adds the forms of a secret.
    fn add(&mut self, secret: &str) {
        let whole = std::iter::once(secret.trim());
        let lines = secret
            .lines()
            .map(str::trim)
            .filter(|line| *line != secret.trim());
        let mut new: Vec<_> = whole.chain(lines).flat_map(forms::of).collect();
        new.retain(|form| {
            !self
                .matchers
                .iter()
                .any(|known| known.forms().contains(form))
        });
        if new.is_empty() {
            return;
        }
        while let Some(last) = self
            .matchers
            .pop_if(|last| last.forms().len() <= new.len().max(SMALL))
        {
            new.extend_from_slice(last.forms());
        }
        self.matchers.extend(Matcher::new(new));
    }

    /// The places of all secrets in a text, in their order; none overlaps another.
    fn find(&self, text: &str) -> Vec<(usize, usize)> {
        let mut found = Vec::new();
        if self.matchers.is_empty() || text.len() < MIN_SECRET {
            return found;
        }
        for reading in Reading::all(text) {
            // Most text has no secrets: where they are is asked only if there are any.
            let nothing = self.look(View::of(text, reading, false), |_, _| {});
            if !nothing {
                self.look(View::of(text, reading, true), |view, hit| {
                    found.push(place(text, view, hit));
                });
            }
        }
        found.sort_unstable();
        found.dedup_by(|next, last| {
            let overlap = next.0 < last.1;
            if overlap {
                last.1 = last.1.max(next.1);
            }
            overlap
        });
        found
    }

    /// Looks through a view, and through what it becomes as escapes are resolved. Gives whether there was nothing.
    fn look(&self, mut view: View, mut found: impl FnMut(&View, Hit)) -> bool {
        let mut nothing = true;
        for _ in 0..=DEEPEST {
            for hit in self
                .matchers
                .iter()
                .flat_map(|matcher| matcher.find(&view.bytes))
            {
                nothing = false;
                found(&view, hit);
            }
            match view.unescaped() {
                Some(next) => view = next,
                None => break,
            }
        }
        nothing
    }
}

/// The place in the text of what was found in a view of it. Of base64 the characters next to it go, too: they hold the first
/// and the last bits of the secret.
fn place(text: &str, view: &View, hit: Hit) -> (usize, usize) {
    let (mut start, mut end) = view.place(hit.start, hit.end);
    if hit.base64 {
        let is_digit = |byte: &&u8| byte.is_ascii_alphanumeric() || b"+/-_".contains(byte);
        let bytes = text.as_bytes();
        start -= bytes[..start]
            .iter()
            .rev()
            .take(4)
            .take_while(is_digit)
            .count();
        end += bytes[end..].iter().take(4).take_while(is_digit).count();
        end += bytes[end..]
            .iter()
            .take(2)
            .take_while(|byte| **byte == b'=')
            .count();
    }
    (start, end)
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

    /// What a reader could make the token of.
    fn disguises() -> Vec<(&'static str, String)> {
        let split = |middle: &str| format!("{}{middle}{}", &TOKEN[..6], &TOKEN[6..]);
        let each = |form: fn(u8) -> String| TOKEN.bytes().map(form).collect::<String>();
        vec![
            ("a line end", split("\n")),
            ("a line end of Windows", split("\r\n")),
            ("a tab", split("\t")),
            ("a space", split(" ")),
            ("a zero-width space", split("\u{200b}")),
            ("a soft hyphen", split("\u{ad}")),
            ("a NUL", split("\0")),
            ("a colour", split("\u{1b}[1;31m")),
            ("a title", split("\u{1b}]0;x\u{7}")),
            ("a backspace", split("\u{8}")),
            ("what a backspace erases", split("xyz\u{8}\u{8}\u{8}")),
            ("percent", TOKEN.replace('/', "%2f").replace('+', "%2B")),
            ("percent throughout", each(|b| format!("%{b:02x}"))),
            (
                "percent twice",
                TOKEN.replace('/', "%252F").replace('+', "%252b"),
            ),
            ("JSON", TOKEN.replace('/', r"\/")),
            ("JSON throughout", each(|b| format!("\\u{b:04X}"))),
            ("JSON in JSON", TOKEN.replace('/', r"\\/")),
            ("a shell", each(|b| format!("\\x{b:02x}"))),
            ("HTML", TOKEN.replace('/', "&#x2F;").replace('+', "&#43;")),
            ("hexadecimal", each(|b| format!("{b:02x}"))),
            ("hexadecimal in capitals", each(|b| format!("{b:02X}"))),
            ("hexadecimal with spaces", each(|b| format!("{b:02x} "))),
            // `printf TOKEN | base64`, `:TOKEN`, `me:TOKEN`, and what is not at its end.
            ("base64", "SFJLVS0wMTIzLzQ1NjcrODlhYg==".to_owned()),
            (
                "base64 of :TOKEN",
                "OkhSS1UtMDEyMy80NTY3Kzg5YWI=".to_owned(),
            ),
            (
                "base64 of me:TOKEN",
                "bWU6SFJLVS0wMTIzLzQ1NjcrODlhYg==".to_owned(),
            ),
            (
                "base64 of u:TOKEN",
                "dTpIUktVLTAxMjMvNDU2Nys4OWFi".to_owned(),
            ),
            (
                "base64 in lines",
                "OkhSS1UtMDEy\nMy80NTY3Kzg5YWI=".to_owned(),
            ),
        ]
    }

    #[test]
    fn a_secret_goes_in_every_disguise() {
        let redactor = Redactor::new([TOKEN]);
        for (name, text) in disguises() {
            for (before, after) in [("", ""), ("key: ", " is it"), ("é ", " è")] {
                let clean = redactor
                    .clean(&format!("{before}{text}{after}"))
                    .into_owned();
                let rest = clean.replace(MASK, "");
                let rest = rest.trim_start_matches(before.trim_end()).trim();
                // A backspace and the space behind a last digit may stay.
                assert!(rest.len() <= after.len() + 1, "{name}: {clean:?}");
                assert!(clean.contains(MASK), "{name}: {clean:?}");
            }
        }
    }

    #[test]
    fn a_secret_in_base64_that_is_safe_in_urls_goes() {
        let redactor = Redactor::new(["~~~???~~~???"]);
        for text in [
            "fn5-Pz8_fn5-Pz8_",
            "fn5+Pz8/fn5+Pz8/",
            "fn5%2bPz8%2Ffn5%2bPz8%2f",
        ] {
            assert_eq!(redactor.clean(text), MASK);
        }
    }

    #[test]
    fn a_piece_of_a_secret_goes_where_a_line_begins_or_ends_with_it() {
        const LONG: &str = "HRKU-f3b1c9d8-5e7a-4c21-9b0f-1d2e3f4a5b6c";
        let redactor = Redactor::new([LONG]);
        for cut in 12..LONG.len() - 12 {
            let (first, second) = LONG.split_at(cut);
            assert_eq!(redactor.clean(&format!("key={first}")), "key=***");
            assert_eq!(redactor.clean(&format!("{second} ok")), "*** ok");
            assert_eq!(redactor.clean(&format!("remote: {second}")), "remote: ***");
        }
        assert_eq!(
            redactor.clean(&LONG[14..28]),
            MASK,
            "a line in the middle of it"
        );
        for harmless in ["key=HRKU-f3b1c", "-1d2e3f4a5 ok", "a HRKU-f3b1c9d8-5e b"] {
            assert_eq!(redactor.clean(harmless), harmless);
        }
    }

    #[test]
    fn short_secrets_and_ordinary_text_change_nothing() {
        let redactor = Redactor::new([
            "short",
            "    ",
            "a\nb\nc",
            "\u{200b}\u{200b}\u{200b}",
            TOKEN,
        ]);
        for text in [
            "short words",
            "a b c",
            "100% & \\o/ &amp; %41",
            "\u{1b}[31mred\u{1b}[0m é",
        ] {
            assert_eq!(redactor.clean(text), text);
        }
    }

    #[test]
    fn many_secrets_are_learnt_one_by_one() {
        let redactor = Redactor::default();
        let secret = |n: u32| format!("secret-number-{n}-{}", n.wrapping_mul(2_654_435_761));
        for n in 0..300 {
            redactor.learn(&secret(n));
            redactor.learn(&secret(n));
        }
        for n in 0..300 {
            assert_eq!(redactor.clean(&format!("x {} y", secret(n))), "x *** y");
        }
        let known = redactor.known.read().unwrap();
        assert!(known.matchers.len() < 12, "{}", known.matchers.len());
    }

    #[test]
    fn only_what_is_announced_is_told() {
        let redactor = Redactor::new(["from-a-variable"]);
        redactor.announce("signature-one");
        let told = Arc::new(RwLock::new(Vec::new()));
        let list = Arc::clone(&told);
        redactor.watch(move |secret| list.write().unwrap().push(secret.to_owned()));
        redactor.announce("signature-two");
        redactor.announce("signature-two");
        redactor.announce("short");
        redactor.learn("from-a-file");
        assert_eq!(*told.read().unwrap(), ["signature-one", "signature-two"]);
        assert_eq!(redactor.clean("signature-two from-a-file"), "*** ***");
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
