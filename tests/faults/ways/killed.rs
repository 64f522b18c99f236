//! Every request that changes something x killed before it is carried out, and after: the same command again knows where it
//! stands, and nothing is made twice.

use std::process::Stdio;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use launchway::sandbox::{Generation, Pace};
use serde_json::Value;

use super::{Cell, Row, columns::Columns, rows, run, world::World};
use crate::matrix::cells::{Often, WRONG};
use crate::support::{Shop, yaml};
use crate::wait::eventually;

/// How many rows are at work at a time.
const AT_A_TIME: usize = 6;

/// Not carried out, and carried out; both never answered.
const UNANSWERED: [&str; 2] = ["hang", "delay-after:1h"];

/// Rows that have fewer faults, and are killed all the same.
const ALSO: [&str; 4] = [
    "slug, POST slugs",
    "slug, PUT",
    "notice, GET stream",
    "notice, POST builds again",
];

/// The exit codes that are right for the same command again.
fn right(row: &Row) -> &'static [i32] {
    match (row.command[0], &row.world) {
        ("deploy", _) if row.name.starts_with("on_failure") => &[13, 14],
        // What is done is refused.
        ("rollback", _) | (_, World::Deleted | World::Cancelled) => &[0, 16],
        _ => &[0],
    }
}

/// The most releases that an app gets from both runs.
fn most_releases(row: &Row) -> usize {
    if row.name.starts_with("on_failure") {
        4
    } else {
        1
    }
}

fn count(state: &Value, app: &str, list: &str) -> usize {
    state["apps"][app][list].as_array().map_or(0, Vec::len)
}

/// Whether no promotion has a release to come, and no release its end.
fn is_quiet(state: &Value) -> bool {
    let apps = state["apps"].as_object().into_iter().flatten();
    let releases = apps.flat_map(|(_, app)| app["releases"].as_array().into_iter().flatten());
    let mut statuses = releases.map(|one| one["status"].as_str().unwrap_or_default());
    if statuses.any(|status| matches!(status, "pending" | "queued")) {
        return false;
    }
    let promotions = state["promotions"].as_array().into_iter().flatten();
    let mut statuses = promotions.map(|one| &one["status"]);
    statuses.all(|status| status != "pending")
}

/// Whether what was to go is there all the same.
fn not_done(row: &Row, state: &Value) -> Vec<String> {
    let is_there = match row.world {
        World::Deleted => state["pipelines"]
            .as_array()
            .is_some_and(|all| !all.is_empty()),
        _ => {
            let builds = state["apps"]["shop-staging"]["builds"].as_array();
            builds
                .and_then(|all| all.last())
                .is_some_and(|last| last["status"] != "failed")
        }
    };
    is_there
        .then(|| "it is not done".to_owned())
        .into_iter()
        .collect()
}

/// What is wrong with a command that was killed while this was unanswered, and given again.
fn wrong(row: &'static Row, unanswered: &str) -> Vec<String> {
    let mut shop = Shop::of(Generation::Cedar, row.surface, Pace::instant());
    if let Some(special) = row.scene.yaml {
        shop = shop.yaml(&yaml(row.surface, special));
    }
    (row.scene.before)(&mut shop);
    shop.begins_here();
    let at_first = shop.state();
    let (scope, first) = row.strikes;
    let also: Vec<String> = row.scene.also.iter().map(ToString::to_string).collect();
    let fault = format!("http={unanswered}@{first}+:{scope}");
    let with_fault: Vec<String> = also.iter().cloned().chain([fault]).collect();
    let cell = Cell {
        row,
        wrong: WRONG[0],
        often: Often::Once,
    };
    shop.set_faults(if row.scene.gated { &also } else { &with_fault });
    let mut command = run::command(&shop, cell, None).command;
    command.stdout(Stdio::null()).stderr(Stdio::null());
    let mut child = command.spawn().unwrap();
    if row.scene.gated {
        let waits = shop.path("waits");
        eventually(|| waits.exists().then_some(()), || row.name.to_owned());
        shop.begins_here();
        shop.set_faults(&with_fault);
        shop.write("../go", "");
    }
    // `rollback` sends both of its apps back side by side.
    let both = row.command[0] == "rollback";
    let asked = || {
        let requests = shop.requests();
        let struck = requests.iter().filter(|one| run::is_of(scope, one)).count();
        (struck >= first as usize + usize::from(both)).then_some(())
    };
    eventually(asked, || row.name.to_owned());
    let are_back = || {
        let now = shop.state();
        let new = |app: &str| count(&now, app, "releases") > count(&at_first, app, "releases");
        ["shop-eu", "shop-us"].into_iter().all(new).then_some(())
    };
    if both && unanswered != "hang" {
        eventually(are_back, || shop.state().to_string());
    }
    // It fails if the run is over, which is as good a moment as any.
    let _ = child.kill();
    child.wait().unwrap();
    eventually(
        || is_quiet(&shop.state()).then_some(()),
        || row.name.to_owned(),
    );
    // The platform announces something once.
    let announced = row.name.starts_with("notice");
    shop.set_faults(if announced { &[] } else { &also });
    shop.begins_here();
    let again = run::command(&shop, cell, None).run();
    let mut wrong = match row.world {
        World::Deleted | World::Cancelled => not_done(row, &again.state),
        _ => row.world.wrong(&shop, &cell, &again, None),
    };
    let right = right(row);
    if !again.code.is_some_and(|code| right.contains(&code)) {
        wrong.push(format!("exit code {:?}, not {right:?}", again.code));
    }
    let apps = at_first["apps"].as_object().unwrap().keys();
    for app in apps {
        let new = |list: &str| count(&again.state, app, list) - count(&at_first, app, list);
        let builds = 1 + usize::from(row.name.starts_with("notice"));
        if new("releases") > most_releases(row) || new("builds") > builds {
            let (releases, built) = (new("releases"), new("builds"));
            wrong.push(format!(
                "{app} was built {built} times, released {releases} times"
            ));
        }
    }
    let said = format!("=== {:?}: {} ({unanswered})\n", row.surface, row.name);
    wrong
        .iter()
        .map(|one| format!("{said}{one}\n{}", again.stderr))
        .collect()
}

#[test]
#[ignore = "takes long: .ci/run runs it"]
fn the_same_command_again_knows_where_it_stands() {
    let wanted = std::env::var("FAULTS").unwrap_or_default();
    let rows: Vec<(&Row, &str)> = rows::all()
        .filter(|row| row.columns == Columns::Changes || ALSO.contains(&row.name))
        .filter(|row| format!("{:?}: {}", row.surface, row.name).contains(&wanted))
        .flat_map(|row| UNANSWERED.map(|unanswered| (row, unanswered)))
        .collect();
    let next = AtomicUsize::new(0);
    let wrongs = Mutex::new(Vec::new());
    thread::scope(|scope| {
        for _ in 0..AT_A_TIME {
            scope.spawn(|| {
                while let Some((row, unanswered)) = rows.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let wrong = wrong(row, unanswered);
                    wrongs.lock().unwrap().extend(wrong);
                }
            });
        }
    });
    let wrongs = wrongs.into_inner().unwrap();
    println!("{} kills", rows.len());
    assert!(wrongs.is_empty(), "{}", wrongs.join("\n"));
}
