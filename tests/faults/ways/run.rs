//! One group of cells: its shop, its runs, and what is wrong with them.

use launchway::sandbox::{Generation, Origin, Pace, Request, Surface};

use super::{Cell, Outcome};
use crate::matrix::cells::Class;
use crate::support::{Launchway, Run, Shop, yaml};

/// Runs cells of one row one after the other.
pub(super) fn group(cells: &[Cell], tempo: Option<&str>) -> Vec<Outcome> {
    let Some(row) = cells.first().map(|cell| cell.row) else {
        return Vec::new();
    };
    let mut shop = Shop::of(Generation::Cedar, row.surface, Pace::instant());
    if let Some(special) = row.scene.yaml {
        shop = shop.yaml(&yaml(row.surface, special));
    }
    (row.scene.before)(&mut shop);
    let also: Vec<String> = row.scene.also.iter().map(ToString::to_string).collect();
    shop.set_faults(&also);
    let undisturbed = row.world.is_untouched().then(|| {
        let run = command(&shop, cells[0], tempo).run();
        assert_eq!(run.code, Some(0), "{}: {}", row.name, run.stderr);
        let _ = std::fs::remove_file(shop.path("work").join("out.tgz"));
        run
    });
    let outcomes = cells
        .iter()
        .map(|&cell| one(&mut shop, cell, tempo, undisturbed.as_ref()));
    outcomes.collect()
}

fn one(shop: &mut Shop, cell: Cell, tempo: Option<&str>, undisturbed: Option<&Run>) -> Outcome {
    let row = cell.row;
    let also: Vec<String> = row.scene.also.iter().map(ToString::to_string).collect();
    let with_fault: Vec<String> = [cell.fault()].into_iter().chain(also.clone()).collect();
    shop.begins_here();
    let run = if row.scene.gated {
        shop.set_faults(&also);
        command(shop, cell, tempo).run_to("check_started", || {
            shop.set_faults(&with_fault);
            shop.write("../go", "");
        })
    } else {
        shop.set_faults(&with_fault);
        command(shop, cell, tempo).run()
    };
    let expected = row.right.codes(&cell);
    let mut wrong = Vec::new();
    if !run.code.is_some_and(|code| expected.contains(&code)) {
        wrong.push(format!("exit code {:?}, not {expected:?}", run.code));
    }
    let (scope, first) = row.strikes;
    let asked = run.requests.iter().filter(|one| is_of(scope, one)).count();
    if asked < first as usize && cell.wrong.class != Class::Down {
        wrong.push("the request was never sent: the cell says nothing".to_owned());
    }
    shop.set_faults(&[]);
    wrong.extend(row.world.wrong(shop, &cell, &run, undisturbed));
    Outcome {
        cell,
        code: run.code,
        wrong,
        stderr: run.stderr,
    }
}

/// Whether a request is one of those that a fault strikes at: the grammar of the sandbox, as far as the rows use it.
pub(super) fn is_of(scope: &str, request: &Request) -> bool {
    let (method, place) = scope.split_once(' ').unwrap();
    if request.method != method {
        return false;
    }
    let path = match place {
        "upload" => return request.origin == Origin::Upload,
        "stream" => return request.origin == Origin::Stream,
        "apps" => "/apps/*$",
        "builds" => "/apps/*/builds",
        "config-vars" => "/apps/*/config-vars$",
        "slugs" => "/apps/*/slugs",
        "couplings" => "/pipeline-couplings",
        "pipelines" => "/pipelines/*$",
        "promotions" => "/pipeline-promotions$",
        "targets" => "/pipeline-promotions/*/promotion-targets$",
        "filters" => "/filters/apps$",
        path => path,
    };
    let whole = path.ends_with('$');
    let wanted: Vec<&str> = path.trim_end_matches('$').split('/').collect();
    let found: Vec<&str> = request.path.split('/').collect();
    let long = found.len() == wanted.len() || (found.len() > wanted.len() && !whole);
    let same = |(wanted, found): (&&str, &&str)| *wanted == "*" || wanted == found;
    request.origin == Origin::Api && long && wanted.iter().zip(&found).all(same)
}

/// The command of a row.
pub(super) fn command<'a>(shop: &'a Shop, cell: Cell, tempo: Option<&str>) -> Launchway<'a> {
    let build = shop.newest_build("shop-staging").unwrap_or_default();
    // Only some scenes have one.
    let addon = std::fs::read_to_string(shop.path("addon")).unwrap_or_default();
    let arguments: Vec<&str> = cell
        .row
        .command
        .iter()
        .map(|word| match *word {
            "BUILD" => build.as_str(),
            "ADDON" => addon.as_str(),
            word => word,
        })
        .collect();
    let has_record = matches!(arguments[0], "deploy" | "promote" | "rollback");
    let mut command = if has_record {
        shop.run_of(&arguments)
    } else {
        shop.command(&arguments)
    };
    if let Some(tempo) = tempo.or(cell.row.scene.tempo) {
        command = command.env("LAUNCHWAY_TEST_TEMPO", tempo);
    }
    // Whoever takes an app out of a pipeline on Akkeris needs the right to.
    if arguments[0] == "pipeline" && cell.row.surface == Surface::Akkeris {
        command = command.env(
            "LAUNCHWAY_API_KEY",
            &format!("{}-elevated", crate::support::TOKEN),
        );
    }
    command
}

/// The command of a row once more, without faults.
pub(super) fn again(shop: &Shop, cell: &Cell) -> Run {
    command(shop, *cell, None).run()
}
