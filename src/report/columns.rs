//! Rows in columns, for what commands print on stdout. Cells are sanitised by those who make them.

use std::fmt::Write as _;

use super::{
    sanitize::text,
    style::{Style, Tone},
};

const GAP: usize = 2;

/// Notes below a table: an empty line, then a line each; nothing if there are none.
pub fn notes<'n>(notes: impl Iterator<Item = &'n String>) -> String {
    let mut out = String::new();
    for note in notes {
        let gap = if out.is_empty() { "\n" } else { "" };
        // Writing to a string can't fail.
        let _ = writeln!(out, "{gap}note: {}", text(note));
    }
    out
}

/// The rows under their heads, with a line end behind each; each column is as wide as its widest cell.
pub fn render<const N: usize>(
    head: &[&str; N],
    rows: &[[(String, Tone); N]],
    style: &Style,
) -> String {
    let width = |column: usize| {
        let cells = rows.iter().map(|row| row[column].0.chars().count());
        cells.chain([head[column].len()]).max().unwrap_or(0)
    };
    let widths: [usize; N] = std::array::from_fn(width);
    let head: [(String, Tone); N] =
        std::array::from_fn(|column| (head[column].to_owned(), Tone::Dim));
    let mut out = String::new();
    for row in std::iter::once(&head).chain(rows) {
        let from = out.len();
        for ((cell, tone), width) in row.iter().zip(widths) {
            out.push_str(&style.paint(*tone, cell));
            let pad = (width + GAP).saturating_sub(cell.chars().count());
            out.extend(std::iter::repeat_n(' ', pad));
        }
        out.truncate(from + out[from..].trim_end().len());
        out.push('\n');
    }
    out
}
