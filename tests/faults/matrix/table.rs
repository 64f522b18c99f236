//! The matrix as a table.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::time::Duration;

use launchway::sandbox::Surface;

use super::{asked::Asked, cells::Cell};

/// What a cell shows.
pub(super) struct Row {
    pub(super) cell: Cell,
    pub(super) code: Option<i32>,
    pub(super) red: bool,
}

/// A table for each platform.
pub(super) fn render(rows: &[Row], took: Duration) -> String {
    let mut text = String::from(
        "exit codes of: once, three times, for ever; where there are two: once, for ever\n",
    );
    for surface in [Surface::Heroku, Surface::Akkeris] {
        let rows = rows.iter().filter(|row| row.cell.surface == surface);
        let rows: Vec<&Row> = rows.collect();
        if !rows.is_empty() {
            let _ = write!(text, "\n{surface:?}\n{}\n", table(rows));
        }
    }
    let red = rows.iter().filter(|row| row.red).count();
    let _ = write!(
        text,
        "\n{} cells, {red} red, {:.1} s\n",
        rows.len(),
        took.as_secs_f64()
    );
    text
}

/// A line a fault, a column a request; in each field the exit codes of once, three times, for ever. What is red has a `!`.
fn table(mut rows: Vec<&Row>) -> String {
    rows.sort_by_key(|row| (row.cell.request, row.cell.wrong, row.cell.often));
    let mut requests: Vec<Asked> = rows.iter().map(|row| row.cell.request).collect();
    requests.dedup();
    let mut fields: BTreeMap<(&str, Asked), String> = BTreeMap::new();
    let mut faults: Vec<&str> = Vec::new();
    for row in &rows {
        let name = row.cell.wrong.name;
        if !faults.contains(&name) {
            faults.push(name);
        }
        let code = row.code.map_or("-".to_owned(), |code| code.to_string());
        let mark = if row.red { "!" } else { "" };
        let field = fields.entry((name, row.cell.request)).or_default();
        let space = if field.is_empty() { "" } else { " " };
        let _ = write!(field, "{space}{code}{mark}");
    }
    let mut text = String::from("\n");
    for (at, request) in requests.iter().enumerate() {
        let _ = writeln!(text, "  {:>2}  {request}", at + 1);
    }
    let _ = write!(text, "\n{:<28}", "");
    for at in 1..=requests.len() {
        let _ = write!(text, " {at:<9}");
    }
    for name in faults {
        let _ = write!(text, "\n{name:<28}");
        for request in &requests {
            let field = fields.get(&(name, *request)).map_or("", String::as_str);
            let _ = write!(text, " {field:<9}");
        }
    }
    text
}
