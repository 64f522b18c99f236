//! The fault matrix: every request of a run, to Heroku and to Akkeris, x every fault x once, three times, for ever. Each
//! cell is a run of the binary on a platform of its own; its exit code is held against `expect`, and all of it against the
//! truth.
//!
//! `FAULTS="Akkeris: GET build" cargo test --test faults matrix -- --ignored` runs the cells whose names contain a text.

mod asked;
pub(crate) mod cells;
mod expect;
mod table;

use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::Instant;

use launchway::sandbox::Pace;

use asked::Scene;
use cells::{CALM, Cell, Class, cells};
use table::Row;

use crate::support::{Shop, lies, yaml};

/// How many cells are at work at a time. Most of them wait for a time-out.
const AT_A_TIME: usize = 16;

/// What came of a cell.
struct Outcome {
    cell: Cell,
    code: Option<i32>,
    wrong: Vec<String>,
    stderr: String,
}

fn run(cell: Cell, tempo: Option<&str>) -> Outcome {
    let Scene {
        yaml: special,
        fault,
        stage,
        without_auto_release,
        generation,
        failed_before,
        containers,
    } = cell.request.scene(cell.surface);
    let mut faults = vec![cell.fault()];
    faults.extend(fault.map(str::to_owned));
    let mut shop = Shop::of(generation, cell.surface, Pace::instant());
    if let Some(special) = special {
        shop = shop.yaml(&yaml(cell.surface, special));
    }
    if without_auto_release {
        shop.without_auto_release();
    }
    if containers {
        shop.on_containers();
        shop.begins_here();
    }
    if failed_before {
        shop.set_faults(&["release-phase=fail@1".to_owned()]);
        let before = shop.deploy().args(&["--to", stage]).run();
        assert_eq!(before.code, Some(11), "{}", before.stderr);
        shop.begins_here();
    }
    shop.set_faults(&faults);
    let mut deploy = shop.deploy().args(&["--to", stage]);
    if let Some(tempo) = tempo.or(cell.tempo()) {
        deploy = deploy.env("LAUNCHWAY_TEST_TEMPO", tempo);
    }
    let run = deploy.run();
    let mut wrong = lies(&run);
    let expected = expect::codes(&cell);
    if !run.code.is_some_and(|code| expected.contains(&code)) {
        wrong.push(format!("exit code {:?}, not {expected:?}", run.code));
    }
    let never_arrives = cell.wrong.class == Class::Elsewhere;
    if !never_arrives && !run.requests.iter().any(|request| cell.request.is(request)) {
        wrong.push("the request was never sent: the cell says nothing".to_owned());
    }
    Outcome {
        cell,
        code: run.code,
        wrong,
        stderr: run.stderr,
    }
}

#[test]
#[ignore = "takes minutes: .ci/run runs it"]
fn no_cell_is_red() {
    let wanted = std::env::var("FAULTS").unwrap_or_default();
    let cells: Vec<Cell> = cells()
        .into_iter()
        .filter(|cell| cell.to_string().contains(&wanted))
        .collect();
    let began = Instant::now();
    let next = AtomicUsize::new(0);
    let outcomes = Mutex::new(Vec::with_capacity(cells.len()));
    thread::scope(|scope| {
        for _ in 0..AT_A_TIME {
            scope.spawn(|| {
                while let Some(&cell) = cells.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let outcome = run(cell, None);
                    outcomes.lock().unwrap().push(outcome);
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
        *outcome = run(outcome.cell, Some(CALM));
    }
    let row = |outcome: &Outcome| Row {
        cell: outcome.cell,
        code: outcome.code,
        red: !outcome.wrong.is_empty(),
    };
    let rows: Vec<Row> = outcomes.iter().map(row).collect();
    let table = table::render(&rows, began.elapsed());
    println!("{table}");
    let place = concat!(env!("CARGO_MANIFEST_DIR"), "/target/fault-matrix.txt");
    // The table was printed all the same.
    let _ = std::fs::write(place, &table);
    let red: Vec<String> = outcomes
        .iter()
        .filter(|outcome| !outcome.wrong.is_empty())
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
    assert!(red.is_empty(), "{}", red.join("\n"));
}
