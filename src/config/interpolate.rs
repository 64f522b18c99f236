//! `${VAR}` and `${VAR:-default}` in texts; `$${` stands for a literal `${`, and any other `$` for itself.
//!
//! As in a shell, the default also stands in for a variable that is set but empty, and it may hold variables itself:
//! `${GITHUB_SHA:-${CI_COMMIT_SHA:-}}`.

use std::ops::Range;

use super::{
    findings::Findings,
    node::{Kind, Node, Scalar},
    values::VERSION,
};
use crate::env::Env;

/// The longest text that interpolation may make.
const LONGEST: usize = 256 * 1024;
/// How deep defaults may be nested.
const DEEPEST: usize = 8;
/// After so many mistakes in one text the rest of it is not read.
const MOST_MISTAKES: usize = 20;

/// A text with its variables filled in.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Interpolated {
    pub(super) text: String,
    /// Whether the value of a variable is in it.
    pub(super) from_env: bool,
    pub(super) mistakes: Vec<Mistake>,
}

/// What can't be filled in.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Mistake {
    /// Where in the text.
    pub(super) at: Range<usize>,
    pub(super) message: String,
    pub(super) help: String,
    /// The text is fine and the variable isn't set.
    unset: bool,
}

/// Fills in the variables of every text in the tree.
pub(super) fn interpolate_tree(node: &mut Node, env: &Env, out: &mut Findings<'_>) {
    match &mut node.kind {
        Kind::Map(entries) => {
            for entry in entries {
                if entry.key == "source" {
                    keep_version(&mut entry.value);
                }
                interpolate_tree(&mut entry.value, env, out);
            }
        }
        Kind::List(items) => {
            for item in items {
                interpolate_tree(item, env, out);
            }
        }
        Kind::Scalar(scalar) if scalar.text.contains("${") => {
            let result = interpolate(&scalar.text, env);
            let source = out.source_at(&node.span);
            for mistake in result.mistakes {
                let at = place(source, &scalar.text, &mistake.at);
                let span = match at {
                    Some(at) => node.span.start + at.start..node.span.start + at.end,
                    None => node.span.clone(),
                };
                out.add(&span, mistake.message).help(mistake.help);
            }
            *scalar = Scalar {
                plain: false,
                from_env: result.from_env,
                written: Some(std::mem::take(&mut scalar.text)),
                text: result.text,
            };
        }
        Kind::Scalar(_) | Kind::Unknown => {}
    }
}

/// In `source.url`, `${version}` is no variable: it is filled in once the source has a version.
fn keep_version(source: &mut Node) {
    if let Kind::Map(entries) = &mut source.kind {
        for entry in entries.iter_mut().filter(|entry| entry.key == "url") {
            if let Kind::Scalar(scalar) = &mut entry.value.kind {
                scalar.text = scalar.text.replace(VERSION, &format!("${VERSION}"));
            }
        }
    }
}

/// Where a piece of a scalar's text stands in its source, which may have quotes and escapes.
fn place(source: &str, text: &str, at: &Range<usize>) -> Option<Range<usize>> {
    let piece = text.get(at.clone())?;
    let earlier = text.get(..at.start)?.matches(piece).count();
    let (start, _) = source.match_indices(piece).nth(earlier)?;
    Some(start..start + piece.len())
}

/// Fills in the variables of one text.
pub(super) fn interpolate(text: &str, env: &Env) -> Interpolated {
    let mut reader = Reader {
        text,
        at: 0,
        env,
        out: Filled::default(),
    };
    reader.run(0);
    let Filled {
        text,
        from_env,
        mistakes,
    } = reader.out;
    Interpolated {
        text,
        from_env,
        mistakes,
    }
}

struct Reader<'a> {
    text: &'a str,
    at: usize,
    env: &'a Env,
    out: Filled,
}

#[derive(Default)]
struct Filled {
    text: String,
    from_env: bool,
    mistakes: Vec<Mistake>,
}

impl Reader<'_> {
    fn rest(&self) -> &str {
        self.text.get(self.at..).unwrap_or_default()
    }

    /// Reads to the end, or in a default to the `}` that ends it. True if that was found.
    fn run(&mut self, depth: usize) -> bool {
        while let Some(c) = self.rest().chars().next() {
            if depth > 0 && c == '}' {
                return true;
            }
            if self.rest().starts_with("$${") {
                self.out.text.push_str("${");
                self.at += 3;
            } else if self.rest().starts_with("${") {
                if !self.variable(depth) {
                    return false;
                }
            } else {
                self.out.text.push(c);
                self.at += c.len_utf8();
            }
            if self.out.mistakes.len() >= MOST_MISTAKES {
                return false;
            }
            if self.out.text.len() > LONGEST {
                self.mistake(
                    0,
                    "the text is too long with its variables filled in",
                    "",
                    false,
                );
                return false;
            }
        }
        depth == 0
    }

    /// Reads what begins with `${`. False if there is no going on.
    fn variable(&mut self, depth: usize) -> bool {
        let start = self.at;
        self.at += 2;
        let length = self
            .rest()
            .find(|c: char| !(c.is_ascii_alphanumeric() || c == '_'))
            .unwrap_or(self.rest().len());
        let name = self.rest().get(..length).unwrap_or_default().to_owned();
        self.at += length;
        let value = self.env.get(&name).map(str::to_owned);
        let good_name = name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_');
        if good_name && self.rest().starts_with('}') {
            self.at += 1;
            if let Some(value) = value {
                self.fill(&value);
            } else {
                let message = format!("the variable `{name}` is not set");
                let help = format!("set it, or give a default: `${{{name}:-…}}`");
                self.mistake(start, &message, &help, true);
            }
            true
        } else if good_name && self.rest().starts_with(":-") {
            self.at += 2;
            self.default_of(start, depth, value.filter(|value| !value.is_empty()))
        } else if self.rest().is_empty() {
            self.unclosed(start)
        } else {
            // Goes on behind the brace, if there is one, to find the next mistake as well.
            let Some(end) = self.rest().find('}') else {
                return self.unclosed(start);
            };
            self.at += end + 1;
            let help = if name.is_empty()
                && self
                    .text
                    .get(start..)
                    .is_some_and(|rest| rest.starts_with("${{"))
            {
                "`${{ … }}` is for workflow files: pass the value in `env:` and use `${NAME}` here"
            } else {
                "use `${NAME}` or `${NAME:-default}`; write `$${` for a literal `${`"
            };
            self.mistake(start, "not a variable", help, false);
            true
        }
    }

    /// Reads a default up to and with its `}`, and fills in `value` or the default.
    fn default_of(&mut self, start: usize, depth: usize, value: Option<String>) -> bool {
        if depth >= DEEPEST {
            self.mistake(
                start,
                "defaults within defaults, too deep",
                "name fewer variables",
                false,
            );
            return false;
        }
        let outer = std::mem::take(&mut self.out);
        let closed = self.run(depth + 1);
        let default = std::mem::replace(&mut self.out, outer);
        let unused = value.is_some();
        self.out.mistakes.extend(
            default
                .mistakes
                .into_iter()
                .filter(|mistake| !(mistake.unset && unused)),
        );
        if let Some(value) = value {
            self.fill(&value);
        } else {
            self.out.text.push_str(&default.text);
            self.out.from_env |= default.from_env;
        }
        if !closed {
            return if self.rest().is_empty() {
                self.unclosed(start)
            } else {
                false
            };
        }
        self.at += 1;
        true
    }

    fn fill(&mut self, value: &str) {
        self.out.text.push_str(value);
        self.out.from_env = true;
    }

    fn unclosed(&mut self, start: usize) -> bool {
        let help = "end it with `}`; write `$${` for a literal `${`";
        // Of two nested ones the outer adds nothing.
        if self
            .out
            .mistakes
            .iter()
            .all(|mistake| mistake.message != UNCLOSED)
        {
            self.at = start + 2;
            self.mistake(start, UNCLOSED, help, false);
        }
        self.at = self.text.len();
        false
    }

    fn mistake(&mut self, start: usize, message: &str, help: &str, unset: bool) {
        self.out.mistakes.push(Mistake {
            at: start..self.at,
            message: message.to_owned(),
            help: help.to_owned(),
            unset,
        });
    }
}

const UNCLOSED: &str = "`${` is opened and never closed";

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn env() -> Env {
        Env::from_iter([("A", "1"), ("B_2", "two"), ("EMPTY", ""), ("TRICK", "${A}")])
    }

    #[test]
    fn variables_are_filled_in() {
        for (text, expected) in [
            ("", ""),
            ("plain", "plain"),
            ("${A}", "1"),
            ("x${A}y${B_2}z", "x1ytwoz"),
            ("${EMPTY}", ""),
            ("${EMPTY:-d}", "d"),
            ("${NO:-}", ""),
            ("${NO:-a b: {c}", "a b: {c"),
            ("${NO:-${A}}", "1"),
            ("${NO:-${NEIN:-${B_2}}}!", "two!"),
            ("${A:-${NO}}", "1"),
            ("${TRICK}", "${A}"),
            ("$", "$"),
            ("$A $$ $(x) 100$", "$A $$ $(x) 100$"),
            ("$${A}", "${A}"),
            ("$$${A}", "$${A}"),
            ("$${", "${"),
            ("${NO:-$${A}}", "${A}"),
            ("${A}}", "1}"),
            ("ü${A}ß", "ü1ß"),
        ] {
            let result = interpolate(text, &env());
            assert_eq!(result.text, expected, "{text}");
            assert_eq!(result.mistakes, [], "{text}");
        }
    }

    #[test]
    fn it_is_known_whether_a_value_came_in() {
        assert!(interpolate("${A}", &env()).from_env);
        assert!(interpolate("${NO:-${A}}", &env()).from_env);
        assert!(!interpolate("${NO:-x}", &env()).from_env);
        assert!(!interpolate("$${A}", &env()).from_env);
    }

    #[test]
    fn mistakes_have_their_places() {
        for (text, expected) in [
            (
                "a ${NO} b ${NEIN}",
                vec![
                    ("${NO}", "the variable `NO` is not set"),
                    ("${NEIN}", "the variable `NEIN` is not set"),
                ],
            ),
            (
                "${NO:-${NEIN}}",
                vec![("${NEIN}", "the variable `NEIN` is not set")],
            ),
            ("${", vec![("${", UNCLOSED)]),
            ("x ${A", vec![("${", UNCLOSED)]),
            ("${A:-x", vec![("${", UNCLOSED)]),
            ("${A:-${B_2}", vec![("${", UNCLOSED)]),
            ("${NO:-${B_2", vec![("${", UNCLOSED)]),
            ("${}", vec![("${}", "not a variable")]),
            (
                "${1A}${A-x}",
                vec![("${1A}", "not a variable"), ("${A-x}", "not a variable")],
            ),
            ("${A:?x}", vec![("${A:?x}", "not a variable")]),
            ("${github.sha}", vec![("${github.sha}", "not a variable")]),
            (
                "${{ github.sha }}",
                vec![("${{ github.sha }", "not a variable")],
            ),
            ("${Ä}", vec![("${Ä}", "not a variable")]),
        ] {
            let result = interpolate(text, &env());
            let found: Vec<_> = result
                .mistakes
                .iter()
                .map(|m| (&text[m.at.clone()], m.message.as_str()))
                .collect();
            assert_eq!(found, expected, "{text}");
        }
    }

    #[test]
    fn what_grows_without_end_is_stopped() {
        let env = Env::from_iter([("BIG", "x".repeat(100_000))]);
        let result = interpolate(&"${BIG}".repeat(1_000), &env);
        assert!(result.text.len() < 400_000);
        assert_eq!(result.mistakes.len(), 1);
        let deep = "${NO:-".repeat(100_000);
        assert_eq!(interpolate(&deep, &env).mistakes.len(), 1);
    }

    proptest! {
        #[test]
        fn text_without_a_variable_stays_as_it_is(text in "[^{]*") {
            prop_assert_eq!(interpolate(&text, &env()).text, text);
        }

        #[test]
        fn nothing_panics_and_places_are_within_the_text(text in "([$]|[{]|[}]|:-|A|B_2|NO|ä|.){0,40}") {
            for mistake in interpolate(&text, &env()).mistakes {
                prop_assert!(text.get(mistake.at).is_some());
            }
        }

        #[test]
        fn escaping_is_undone(text in ".{0,40}") {
            let escaped = text.replace("${", "$${");
            let result = interpolate(&escaped, &env());
            prop_assert_eq!(result.text, text);
            prop_assert_eq!(result.mistakes, []);
        }
    }
}
