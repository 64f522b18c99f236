//! One text: its variables, their defaults, and what is wrong with them.

use std::ops::Range;

use super::{NO_TOKEN_HERE, Variables, holds_the_token};
use crate::model::is_token_variable;

/// The longest text that interpolation may make.
const LONGEST: usize = 256 * 1024;
/// How deep defaults may be nested.
const DEEPEST: usize = 8;
/// After so many mistakes in one text the rest of it is not read.
const MOST_MISTAKES: usize = 20;
pub(super) const WORKFLOW_EXPRESSION: &str =
    "`${{ … }}` is for workflow files: pass the value in `env:` and use `${NAME}` here";
pub(super) const UNCLOSED: &str = "`${` is opened and never closed";

/// A text with its variables filled in.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Interpolated {
    pub(super) text: String,
    /// Whether the value of a variable is in it.
    pub(super) from_env: bool,
    pub(super) mistakes: Vec<InterpolationError>,
    pub(super) used: Vec<UsedVariable>,
}

/// A variable whose value was filled in.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct UsedVariable {
    pub(super) name: String,
    pub(super) at: Range<usize>,
}

/// What can't be filled in.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct InterpolationError {
    /// Where in the text.
    pub(super) at: Range<usize>,
    pub(super) message: String,
    pub(super) help: String,
    /// The text is fine and the variable isn't set.
    pub(super) unset: bool,
}

/// Fills in the variables of one text.
pub(super) fn interpolate(text: &str, variables: &Variables<'_>) -> Interpolated {
    let mut reader = Reader {
        text,
        at: 0,
        variables,
        out: Filled::default(),
    };
    reader.run(0);
    let Filled {
        text,
        from_env,
        mistakes,
        used,
    } = reader.out;
    Interpolated {
        text,
        from_env,
        mistakes,
        used,
    }
}

struct Reader<'a> {
    text: &'a str,
    at: usize,
    variables: &'a Variables<'a>,
    out: Filled,
}

#[derive(Default)]
struct Filled {
    text: String,
    from_env: bool,
    mistakes: Vec<InterpolationError>,
    used: Vec<UsedVariable>,
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
        let value = self.variables.env.get(&name).map(str::to_owned);
        let is_token = is_token_variable(&name)
            || value
                .as_deref()
                .is_some_and(|value| self.variables.tokens.finds(value));
        let good_name = name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_');
        if good_name && self.rest().starts_with('}') {
            self.at += 1;
            if is_token {
                self.token(start, &name);
            } else if let Some(value) = value {
                self.fill(name, start, &value);
            } else {
                let message = format!("the variable `{name}` is not set");
                let help = format!("set it, or give a default: `${{{name}:-…}}`");
                self.mistake(start, &message, &help, true);
            }
            true
        } else if good_name && self.rest().starts_with(":-") {
            if is_token {
                self.token(start, &name);
            }
            self.at += 2;
            let value = value.filter(|value| !is_token && !value.is_empty());
            self.default_of(start, depth, &name, value)
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
                WORKFLOW_EXPRESSION
            } else {
                "use `${NAME}` or `${NAME:-default}`; write `$${` for a literal `${`"
            };
            self.mistake(start, "not a variable", help, false);
            true
        }
    }

    /// Reads a default up to and with its `}`, and fills in `value` or the default.
    fn default_of(
        &mut self,
        start: usize,
        depth: usize,
        name: &str,
        value: Option<String>,
    ) -> bool {
        if depth >= DEEPEST {
            self.mistake(
                start,
                "defaults are nested too deeply",
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
            self.fill(name.to_owned(), start, &value);
        } else {
            self.out.text.push_str(&default.text);
            self.out.from_env |= default.from_env;
            self.out.used.extend(default.used);
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

    fn fill(&mut self, name: String, start: usize, value: &str) {
        self.out.text.push_str(value);
        self.out.from_env = true;
        let at = start..self.at;
        self.out.used.push(UsedVariable { name, at });
    }

    fn token(&mut self, start: usize, name: &str) {
        let message = format!("the variable `{name}` is for the platform's token");
        let message = if is_token_variable(name) {
            message
        } else {
            holds_the_token(name)
        };
        self.mistake(start, &message, NO_TOKEN_HERE, false);
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
        self.out.mistakes.push(InterpolationError {
            at: start..self.at,
            message: message.to_owned(),
            help: help.to_owned(),
            unset,
        });
    }
}
