//! The second matrix: what a run asks beside its straight way (requirements, slugs, waves, going back), and what the other
//! commands ask, to Heroku and to Akkeris. A row says which request it is about, what comes before it, which exit codes are
//! right, and what must be so in the world afterwards (`world`).
//!
//! `FAULTS="Akkeris: apply" cargo test --test faults ways -- --ignored` runs the cells whose names contain a text.

mod columns;
mod expect;
mod killed;
mod rows;
mod run;
mod world;

use std::collections::BTreeMap;
use std::fmt::{self, Write as _};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::Instant;

use launchway::sandbox::Surface;

use crate::matrix::cells::{CALM, Class, Often, Wrong};
use columns::Columns;
use expect::Right;
use world::World;

/// How many groups of cells are at work at a time. Most of them wait for a time-out.
const AT_A_TIME: usize = 16;

/// The most cells of one row that share a shop, where a command changes nothing.
const SHARED: usize = 8;

/// A row: one request of one command.
#[derive(Debug)]
pub(super) struct Row {
    /// What people call it.
    name: &'static str,
    surface: Surface,
    /// What comes before the command.
    scene: rows::Scene,
    /// The command. `BUILD` stands for the id of the newest build of the first app.
    command: &'static [&'static str],
    /// The requests that the fault strikes at, in the sandbox's grammar, and from which of them on.
    strikes: (&'static str, u32),
    columns: Columns,
    right: Right,
    world: World,
}

/// One cell: a row with a fault.
#[derive(Clone, Copy, Debug)]
struct Cell {
    row: &'static Row,
    wrong: Wrong,
    often: Often,
}

impl Cell {
    fn fault(&self) -> String {
        let (scope, first) = self.row.strikes;
        self.wrong.fault(self.often, scope, first)
    }
}

impl fmt::Display for Cell {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Row { surface, name, .. } = self.row;
        let (wrong, often) = (self.wrong.name, self.often);
        write!(f, "{surface:?}: {name} x {wrong} x {often:?}")
    }
}

/// What came of a cell.
struct Outcome {
    cell: Cell,
    code: Option<i32>,
    wrong: Vec<String>,
    stderr: String,
}

/// The cells, in groups that share a shop: one by one where the command changes something. A platform that is gone for ever
/// is gone for those behind it, too.
fn groups(wanted: &str) -> Vec<Vec<Cell>> {
    let mut groups: Vec<Vec<Cell>> = Vec::new();
    for row in rows::all() {
        let cells = row.columns.cells(row);
        let cells = cells.filter(|cell| cell.to_string().contains(wanted));
        let mut shared = Vec::new();
        for cell in cells {
            let ends = cell.wrong.class == Class::Down;
            if row.world.is_untouched() && !ends {
                shared.push(cell);
            } else {
                groups.push(vec![cell]);
            }
        }
        groups.extend(shared.chunks(SHARED).map(<[Cell]>::to_vec));
    }
    groups
}

/// The exit codes of each row, fault by fault.
fn table(outcomes: &[Outcome]) -> String {
    let mut rows: BTreeMap<String, BTreeMap<(&str, Often), String>> = BTreeMap::new();
    for outcome in outcomes {
        let Row { surface, name, .. } = outcome.cell.row;
        let code = outcome.code.map_or("-".to_owned(), |code| code.to_string());
        let mark = if outcome.wrong.is_empty() { "" } else { "!" };
        let row = rows.entry(format!("{surface:?}: {name}")).or_default();
        let place = (outcome.cell.wrong.name, outcome.cell.often);
        row.insert(place, format!("{code}{mark}"));
    }
    let mut text = String::new();
    for (name, cells) in rows {
        let _ = write!(text, "\n{name}\n ");
        let mut last = "";
        for ((wrong, _), code) in cells {
            if wrong != last {
                let _ = write!(text, "  {wrong}:");
                last = wrong;
            }
            let _ = write!(text, " {code}");
        }
    }
    text
}

#[test]
#[ignore = "takes minutes: .ci/run runs it"]
fn no_cell_is_red() {
    let groups = groups(&std::env::var("FAULTS").unwrap_or_default());
    let began = Instant::now();
    let next = AtomicUsize::new(0);
    let outcomes = Mutex::new(Vec::new());
    thread::scope(|scope| {
        for _ in 0..AT_A_TIME {
            scope.spawn(|| {
                while let Some(group) = groups.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let of_group = run::group(group, None);
                    outcomes.lock().unwrap().extend(of_group);
                }
            });
        }
    });
    let mut outcomes = outcomes.into_inner().unwrap();
    for outcome in outcomes
        .iter_mut()
        .filter(|outcome| !outcome.wrong.is_empty())
    {
        println!("again, alone: {} {:?}", outcome.cell, outcome.wrong);
        let again = run::group(&[outcome.cell], Some(CALM));
        *outcome = again.into_iter().next().unwrap();
    }
    let red = outcomes.iter().filter(|outcome| !outcome.wrong.is_empty());
    let red: Vec<String> = red
        .map(|outcome| {
            let Outcome {
                cell,
                wrong,
                stderr,
                ..
            } = outcome;
            format!(
                "=== {cell} ({})\n{}\n{stderr}",
                cell.fault(),
                wrong.join("\n")
            )
        })
        .collect();
    println!(
        "{}\n\n{} cells, {} red, {:.1} s",
        table(&outcomes),
        outcomes.len(),
        red.len(),
        began.elapsed().as_secs_f64()
    );
    assert!(red.is_empty(), "{}", red.join("\n"));
}
