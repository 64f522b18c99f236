//! What is wrong with a `deploy.yaml`, for people, annotations and editors.

use std::{
    fmt,
    path::{Path, PathBuf},
};

/// Everything that is wrong with a file, in the file's order. Its `Display` form is the report: for each problem the place,
/// what is wrong, the line itself and what was expected. Nothing in it needs colour, and no secret is in it.
#[derive(Clone, Debug)]
pub struct Problems {
    /// The file, as the user gave it.
    pub path: PathBuf,
    list: Vec<Problem>,
    /// How many there are beyond those in the list.
    more: usize,
}

/// One thing that is wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// The line, from 1; 0 if it is about the file as a whole.
    pub line: usize,
    /// The column, from 1, in characters; 0 if it is about the file as a whole.
    pub column: usize,
    /// What is wrong.
    pub message: String,
    /// What was expected, or what to do.
    pub help: Option<String>,
    /// The line as it may be shown.
    pub(super) excerpt: String,
    /// Where in the excerpt the caret goes, and how wide it is.
    pub(super) caret: (usize, usize),
}

impl Problems {
    pub(super) fn new(path: &Path, list: Vec<Problem>, more: usize) -> Self {
        Self {
            path: path.to_owned(),
            list,
            more,
        }
    }

    /// A problem of the file as a whole.
    pub(super) fn of_the_file(
        path: &Path,
        message: impl Into<String>,
        help: impl Into<String>,
    ) -> Self {
        let problem = Problem {
            line: 0,
            column: 0,
            message: message.into(),
            help: Some(help.into()),
            excerpt: String::new(),
            caret: (0, 0),
        };
        Self::new(path, vec![problem], 0)
    }

    /// Each of them, at most fifty.
    pub fn iter(&self) -> impl Iterator<Item = &Problem> {
        self.list.iter()
    }

    /// How many there are, at least one.
    pub fn count(&self) -> usize {
        self.list.len() + self.more
    }
}

impl fmt::Display for Problems {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, problem) in self.list.iter().enumerate() {
            if index > 0 {
                writeln!(f)?;
            }
            problem.write(f, &self.path)?;
        }
        if self.more > 0 {
            write!(f, "\n… and {} more", self.more)?;
        }
        Ok(())
    }
}

impl std::error::Error for Problems {}

impl Problem {
    fn write(&self, f: &mut fmt::Formatter<'_>, path: &Path) -> fmt::Result {
        write!(f, "{}", path.display())?;
        if self.line == 0 {
            write!(f, ": {}", self.message)?;
        } else {
            let (start, width) = self.caret;
            let gutter = self.line.to_string().len().max(4);
            writeln!(f, ":{}:{}: {}", self.line, self.column, self.message)?;
            writeln!(f, "{:>gutter$} | {}", self.line, self.excerpt)?;
            write!(f, "{:gutter$} | {:start$}{}", "", "", "^".repeat(width))?;
        }
        if let Some(help) = &self.help {
            write!(f, "\n{:4} = {help}", "")?;
        }
        Ok(())
    }
}
