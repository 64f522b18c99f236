//! `${VAR}` and `${VAR:-default}` in texts; `$${` stands for a literal `${`, and any other `$` for itself.
//!
//! As in a shell, the default also stands in for a variable that is set but empty, and it may hold variables itself:
//! `${GITHUB_SHA:-${CI_COMMIT_SHA:-}}`.
//!
//! Two things are never filled in. A `run` is left to its shell: others choose the value of a variable (the name of a
//! branch), and pasted into a command it would be code. And no text gets the platform's token: anyone who edits
//! `deploy.yaml` could send it anywhere.

mod reader;

use std::ops::Range;

use super::{
    Variable,
    findings::Findings,
    node::{Kind, Node, Scalar},
    placeholder::Placeholder,
};
use reader::{UsedVariable, WORKFLOW_EXPRESSION, interpolate};

use crate::{env::Env, redact::Redactor};

/// The key whose text is left to the shell.
const RUN: &str = "run";
/// The keys of an HTTP check whose texts the run fills in.
const ANSWER: [&str; 5] = ["body", "matches", "json", "headers", "request"];
/// What the run fills in where it asks for an approval.
const APPROVAL: [Placeholder; 3] = [Placeholder::Version, Placeholder::Commit, Placeholder::Run];
/// The key whose variables may be secrets.
const REQUEST: &str = "request";

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
                    "approval" => keep(&mut entry.value, &["http"], &APPROVAL),
                    _ => {}
                }
                let before = used.len();
                interpolate_tree(&mut entry.value, variables, used, out);
                if entry.key == REQUEST {
                    used.iter_mut().skip(before).for_each(|one| one.sent = true);
                }
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
            for UsedVariable { name, at } in result.used {
                let (line, column) = out.line_and_column(&place(&at));
                used.push(Variable {
                    name,
                    line,
                    column,
                    sent: false,
                });
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

/// What is wrong with a variable that holds the platform's token.
pub(super) fn holds_the_token(name: &str) -> String {
    format!("the variable `{name}` holds the platform's token")
}

/// What to do instead.
pub(super) const NO_TOKEN_HERE: &str =
    "the token goes to the platform only; use another variable, with a secret of its own";

#[cfg(test)]
mod tests;
