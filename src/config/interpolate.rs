//! `${VAR}` and `${VAR:-default}` in texts; `$${` stands for a literal `${`, and any other `$` for itself.
//!
//! As in a shell, the default also stands in for a variable that is set but empty, and it may hold variables itself:
//! `${GITHUB_SHA:-${CI_COMMIT_SHA:-}}`.
//!
//! Two things are never filled in. A `run` is left to its shell: others choose the value of a variable (the name of a
//! branch), and pasted into a command it would be code. And no text gets the platform's token: whoever edits `deploy.yaml`
//! could send it anywhere.

use std::ops::Range;

use super::{
    Variable,
    findings::Findings,
    node::{Kind, Node, Scalar},
    placeholder::Placeholder,
};
use crate::{env::Env, model::is_token_variable, redact::Redactor};

/// The longest text that interpolation may make.
const LONGEST: usize = 256 * 1024;
/// How deep defaults may be nested.
const DEEPEST: usize = 8;
/// After so many mistakes in one text the rest of it is not read.
const MOST_MISTAKES: usize = 20;
/// The key whose text is left to the shell.
const RUN: &str = "run";
/// The keys of an HTTP check whose texts the run fills in.
const ANSWER: [&str; 4] = ["body", "matches", "json", "headers"];

/// A text with its variables filled in.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Interpolated {
    pub(super) text: String,
    /// Whether the value of a variable is in it.
    pub(super) from_env: bool,
    pub(super) mistakes: Vec<Mistake>,
    used: Vec<Used>,
}

/// A variable whose value was filled in.
#[derive(Debug, PartialEq, Eq)]
struct Used {
    name: String,
    at: Range<usize>,
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

/// The variables that can be filled in.
pub(super) struct Variables<'a> {
    env: &'a Env,
    /// Finds the platform's token in a value, however it is written.
    tokens: Redactor,
}

impl<'a> Variables<'a> {
    pub(super) fn new(env: &'a Env) -> Self {
        Self {
            env,
            tokens: Redactor::new(env.tokens()),
        }
    }
}

/// Fills in the variables of every text in the tree. Those that were filled in are added to `used`.
pub(super) fn interpolate_tree(
    node: &mut Node,
    variables: &Variables<'_>,
    used: &mut Vec<Variable>,
    out: &mut Findings<'_>,
) {
    match &mut node.kind {
        Kind::Map(entries) => {
            for entry in entries {
                if entry.key == RUN && matches!(entry.value.kind, Kind::Scalar(_)) {
                    leave_to_the_shell(&entry.value, out);
                    continue;
                }
                match entry.key.as_str() {
                    "source" => keep(&mut entry.value, &["url"], &[Placeholder::Version]),
                    "http" => keep(&mut entry.value, &ANSWER, &Placeholder::ALL),
                    _ => {}
                }
                interpolate_tree(&mut entry.value, variables, used, out);
            }
        }
        Kind::List(items) => {
            for item in items {
                interpolate_tree(item, variables, used, out);
            }
        }
        Kind::Scalar(scalar) if scalar.text.contains("${") => {
            let result = interpolate(&scalar.text, variables);
            let source = out.source_at(&node.span);
            let place = |at: &Range<usize>| match place(source, &scalar.text, at) {
                Some(at) => node.span.start + at.start..node.span.start + at.end,
                None => node.span.clone(),
            };
            for mistake in result.mistakes {
                out.add(&place(&mistake.at), mistake.message)
                    .help(mistake.help);
            }
            for Used { name, at } in result.used {
                let (line, column) = out.line_and_column(&place(&at));
                used.push(Variable { name, line, column });
            }
            *scalar = Scalar {
                plain: false,
                from_env: result.from_env,
                text: result.text,
            };
        }
        Kind::Scalar(_) | Kind::Unknown => {}
    }
}

/// Reports what is no variable to a shell.
fn leave_to_the_shell(node: &Node, out: &mut Findings<'_>) {
    let Kind::Scalar(scalar) = &node.kind else {
        return;
    };
    for (wrong, message, help) in [
        (
            "$${",
            "`$${` in a command",
            "the shell expands a command's variables itself: write `\\${` for a literal `${`",
        ),
        ("${{", "not a variable", WORKFLOW_EXPRESSION),
    ] {
        if let Some(start) = scalar.text.find(wrong) {
            let at = place(
                out.source_at(&node.span),
                &scalar.text,
                &(start..start + wrong.len()),
            );
            let span = at.map_or_else(
                || node.span.clone(),
                |at| node.span.start + at.start..node.span.start + at.end,
            );
            out.add(&span, message).help(help);
        }
    }
}

/// Below these keys of a table some words are no variables: the run fills them in once it knows them.
fn keep(table: &mut Node, keys: &[&str], kept: &[Placeholder]) {
    if let Kind::Map(entries) = &mut table.kind {
        for entry in entries {
            if keys.contains(&entry.key.as_str()) {
                escape(&mut entry.value, kept);
            }
        }
    }
}

fn escape(node: &mut Node, kept: &[Placeholder]) {
    match &mut node.kind {
        Kind::Map(entries) => {
            for entry in entries {
                escape(&mut entry.value, kept);
            }
        }
        Kind::Scalar(scalar) => {
            for one in kept {
                let written = one.written();
                scalar.text = scalar.text.replace(written, &format!("${written}"));
            }
        }
        Kind::List(_) | Kind::Unknown => {}
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
    mistakes: Vec<Mistake>,
    used: Vec<Used>,
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
        self.out.used.push(Used { name, at });
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
        self.out.mistakes.push(Mistake {
            at: start..self.at,
            message: message.to_owned(),
            help: help.to_owned(),
            unset,
        });
    }
}

/// What is wrong with a variable that holds the platform's token.
pub(super) fn holds_the_token(name: &str) -> String {
    format!("the variable `{name}` holds the platform's token")
}

/// What to do instead.
pub(super) const NO_TOKEN_HERE: &str =
    "the token goes to the platform only; use another variable, with a secret of its own";
const WORKFLOW_EXPRESSION: &str =
    "`${{ … }}` is for workflow files: pass the value in `env:` and use `${NAME}` here";
const UNCLOSED: &str = "`${` is opened and never closed";

#[cfg(test)]
mod tests;
