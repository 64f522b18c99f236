//! Secrets in output: the last line of defence, behind the rule that no code hands a secret to a reporter.
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
    forms::of(secret, false).is_empty()
}

/// Escapes are resolved up to three levels deep; deeper nesting is no accident.
const DEEPEST: usize = 3;

/// Up to this many forms go into one matcher, which is rebuilt each time a secret is learnt.
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
        known.add(secret, false);
    }

    /// Adds an address that is a secret as a whole only: others may have its host.
    pub fn learn_whole(&self, secret: &str) {
        let mut known = self.known.write().unwrap_or_else(PoisonError::into_inner);
        known.add(secret, true);
    }

    /// Adds a secret that the CI system is to hide as well. It has to be told the secret for that, in the log: so this is
    /// for secrets of this run alone, never for one that it was given.
    pub fn announce(&self, secret: &str) {
        let secret = secret.trim();
        let new = {
            let mut known = self.known.write().unwrap_or_else(PoisonError::into_inner);
            known.add(secret, false);
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
    fn add(&mut self, secret: &str, is_whole: bool) {
        let whole = std::iter::once(secret.trim());
        let lines = secret
            .lines()
            .map(str::trim)
            .filter(|line| *line != secret.trim());
        let mut new: Vec<_> = whole
            .chain(lines)
            .flat_map(|part| forms::of(part, is_whole))
            .collect();
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
mod tests;
