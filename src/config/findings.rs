//! Collecting what is wrong with a file while it is read, in the order in which it is found.

use std::{collections::HashSet, path::Path};

use super::{
    mask,
    node::Span,
    problem::{Problem, Problems},
};

/// How many problems are kept in full.
const KEPT: usize = 50;

/// What was found so far.
pub(super) struct Findings<'s> {
    source: &'s str,
    line_starts: Vec<usize>,
    list: Vec<Finding>,
}

/// One thing that is wrong.
pub(super) struct Finding {
    at: Span,
    message: String,
    help: Option<String>,
}

impl Finding {
    /// Adds what was expected, or what to do about it.
    pub(super) fn help(&mut self, help: impl Into<String>) {
        self.help = Some(help.into());
    }
}

impl<'s> Findings<'s> {
    pub(super) fn new(source: &'s str) -> Self {
        let line_starts = std::iter::once(0)
            .chain(source.match_indices('\n').map(|(at, _)| at + 1))
            .collect();
        Self {
            source,
            line_starts,
            list: Vec::new(),
        }
    }

    /// Notes a problem.
    pub(super) fn add(&mut self, at: &Span, message: impl Into<String>) -> &mut Finding {
        self.list.push(Finding {
            at: at.clone(),
            message: message.into(),
            help: None,
        });
        let last = self.list.len() - 1;
        &mut self.list[last]
    }

    /// Whether nothing was found.
    pub(super) fn is_empty(&self) -> bool {
        self.list.is_empty()
    }

    /// The line of a place, from 1.
    pub(super) fn line(&self, at: &Span) -> usize {
        self.line_starts.partition_point(|start| *start <= at.start)
    }

    /// The line and the column of a place, from 1.
    pub(super) fn line_and_column(&self, at: &Span) -> (usize, usize) {
        let line = self.line(at);
        let start = self.line_starts.get(line - 1).copied().unwrap_or_default();
        let column = self.source_at(&(start..at.start)).chars().count();
        (line, column + 1)
    }

    /// The source text at a place.
    pub(super) fn source_at(&self, at: &Span) -> &'s str {
        self.source.get(at.clone()).unwrap_or_default()
    }

    /// All of them, in the file's order, each once, with places that people and editors understand.
    pub(super) fn into_problems(mut self, path: &Path) -> Problems {
        self.list.sort_by_key(|finding| finding.at.start);
        // A value that an alias repeats is read, and wrong, more than once.
        let mut seen = HashSet::new();
        self.list
            .retain(|finding| seen.insert((finding.at.clone(), finding.message.clone())));
        let more = self.list.len().saturating_sub(KEPT);
        let lines: Vec<&str> = self.source.lines().collect();
        let problems = self
            .list
            .iter()
            .take(KEPT)
            .map(|finding| {
                let (line, column) = self.line_and_column(&finding.at);
                let covered = self.source_at(&finding.at);
                let width = covered
                    .lines()
                    .next()
                    .map_or(0, |first| first.trim_end().chars().count());
                let shown = mask::line(&lines, line - 1, column - 1);
                let room = shown.text.chars().count().saturating_sub(shown.column);
                Problem {
                    line,
                    column,
                    message: finding.message.clone(),
                    help: finding.help.clone(),
                    caret: (shown.column, width.min(room).max(1)),
                    excerpt: shown.text,
                }
            })
            .collect();
        Problems::new(path, problems, more)
    }
}
