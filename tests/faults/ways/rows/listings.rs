//! What only asks: `status`, `builds`, `releases`, `slug`; and what ends a build.

use std::io::{BufRead as _, BufReader};
use std::process::Stdio;

use launchway::sandbox::Surface::{self, Akkeris, Heroku};

use super::{Row, Scene, USUAL};
use crate::matrix::cells::{Class, Often};
use crate::support::Shop;
use crate::wait::eventually;
use crate::ways::{
    columns::Columns::{self, Changes, Reads, Shared},
    expect::{DENIED, OK, REFUSED, Right, TRY_AGAIN, UNAVAILABLE, UNKNOWN},
    world::World,
};

const SINGLE: &str = "stages:\n  - {stage: staging, app: shop-staging}\n";

/// The first app was deployed to, with a release phase on Heroku.
const DEPLOYED: Scene = Scene {
    yaml: Some(SINGLE),
    before: |shop| {
        shop.write("Procfile", "web: node .\nrelease: ./migrate\n");
        shop.deploy().run().exits(0);
    },
    ..USUAL
};

/// A build is pending: who asked for it is gone.
const PENDING: Scene = Scene {
    yaml: Some(SINGLE),
    before: |shop| {
        shop.set_faults(&["build=slow:1h".to_owned()]);
        until(shop, "build_started");
        // On Akkeris it waits for a worker first.
        eventually(
            || {
                let builds = &shop.state()["apps"]["shop-staging"]["builds"];
                let newest = builds.as_array()?.last()?.clone();
                (newest["status"] == "pending").then_some(())
            },
            || shop.state().to_string(),
        );
    },
    also: &["build=slow:1h"],
    ..USUAL
};

/// Few apps are asked about one by one, many together.
const FEW: Scene = Scene {
    yaml: Some(
        "pipeline: acme-shop\nstages:\n  - {stage: staging, app: shop-staging}\n  - {stage: production, apps: [shop-eu]}\n",
    ),
    ..USUAL
};
const MANY: Scene = Scene {
    yaml: Some(
        "pipeline: acme-shop\nstages:\n  - {stage: staging, app: shop-staging}\n  \
         - {stage: production, apps: [shop-eu, shop-us, shop-ap, shop-sa]}\n",
    ),
    ..USUAL
};

/// Kills a deploy at this event.
fn until(shop: &Shop, event: &str) {
    let mut command = shop.deploy().command;
    command.stdout(Stdio::piped()).stderr(Stdio::null());
    let mut child = command.spawn().unwrap();
    let event = format!("\"event\":\"{event}\"");
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    assert!(lines.any(|line| line.unwrap().contains(&event)));
    let _ = child.kill();
    child.wait().unwrap();
}

const fn row(
    surface: Surface,
    name: &'static str,
    scene: Scene,
    command: &'static [&'static str],
    strikes: &'static str,
    columns: Columns,
    right: Right,
) -> Row {
    Row {
        name,
        surface,
        scene,
        command,
        strikes: (strikes, 1),
        columns,
        right,
        world: World::Whole,
    }
}

const STATUS: &[&str] = &["status", "--json"];

/// A log is shown whole, or it is said that it is not.
const LOG: Right = Right::Table(|cell| {
    let for_ever = cell.often == Often::ForEver;
    let of_json = ["wrong-types", "missing", "null", "invalid-json"].contains(&cell.wrong.name);
    vec![match cell.wrong.class {
        _ if !for_ever => OK,
        // Where it is no JSON it stays what it is.
        _ if of_json && cell.row.surface == Heroku => OK,
        Class::UnknownWord if cell.row.surface == Heroku => OK,
        Class::Down => return vec![UNKNOWN, UNAVAILABLE],
        _ => UNKNOWN,
    }]
});

/// The same of a release phase, which may have had nothing to say.
const LOG_OF_A_PHASE: Right = Right::Table(|cell| match cell.wrong.class {
    Class::Absent => vec![OK],
    _ if cell.wrong.name == "truncated" => vec![OK],
    _ => LOG.codes(cell),
});

/// A file is asked for three times, each time at a new address.
const FILE: Right = Right::Table(|cell| {
    let for_ever = cell.often == Often::ForEver;
    vec![match cell.wrong.class {
        _ if !for_ever => OK,
        Class::RateLimited => TRY_AGAIN,
        Class::Absent => REFUSED,
        _ => UNAVAILABLE,
    }]
});

/// What counts is what the build is afterwards.
const CANCELS: Right = Right::Table(|cell| {
    let for_ever = cell.often == Often::ForEver;
    vec![match cell.wrong.class {
        _ if cell.row.surface == Akkeris && cell.wrong.name == "401" && !for_ever => OK,
        // It was accepted a moment ago.
        _ if cell.row.surface == Akkeris && cell.wrong.name == "401" => UNAVAILABLE,
        Class::NotDone | Class::Page | Class::Down if for_ever => UNKNOWN,
        // Nothing was changed before: the time for tries is shorter than three silences.
        _ if cell.wrong.name == "hang" && cell.often == Often::ThreeTimes => UNKNOWN,
        Class::RateLimited if for_ever => TRY_AGAIN,
        Class::Denied => DENIED,
        Class::Absent if !for_ever => OK,
        Class::Absent | Class::Refused => REFUSED,
        _ => OK,
    }]
});

pub(super) const ROWS: &[Row] = &[
    row(
        Heroku,
        "status, GET pipeline",
        FEW,
        STATUS,
        "GET /pipelines/*$",
        Reads,
        Right::Before(&[]),
    ),
    row(
        Heroku,
        "status, GET app",
        FEW,
        STATUS,
        "GET apps",
        Shared,
        Right::Before(&[]),
    ),
    row(
        Heroku,
        "status, GET releases",
        FEW,
        STATUS,
        "GET /apps/*/releases$",
        Shared,
        Right::Before(&[]),
    ),
    Row {
        world: World::Told,
        ..row(
            Heroku,
            "status, GET slug",
            FEW,
            STATUS,
            "GET slugs",
            Shared,
            Right::Aside {
                well: OK,
                gone: UNAVAILABLE,
            },
        )
    },
    row(
        Heroku,
        "status, many apps",
        MANY,
        STATUS,
        "POST filters",
        Shared,
        Right::Aside {
            well: OK,
            gone: UNAVAILABLE,
        },
    ),
    row(
        Heroku,
        "status, latest releases",
        MANY,
        STATUS,
        "GET /pipelines/*/latest-releases$",
        Shared,
        Right::Aside {
            well: OK,
            gone: UNAVAILABLE,
        },
    ),
    row(
        Akkeris,
        "status, GET releases",
        FEW,
        STATUS,
        "GET /apps/*/releases$",
        Shared,
        Right::Before(&[]),
    ),
    row(
        Heroku,
        "builds, GET builds",
        DEPLOYED,
        &["builds", "--json"],
        "GET /apps/*/builds$",
        Reads,
        Right::Before(&[]),
    ),
    row(
        Akkeris,
        "builds, GET builds",
        DEPLOYED,
        &["builds", "--json"],
        "GET /apps/*/builds$",
        Shared,
        Right::Before(&[]),
    ),
    row(
        Heroku,
        "builds output, GET build",
        DEPLOYED,
        &["builds", "output", "BUILD"],
        "GET /apps/*/builds/*$",
        Shared,
        Right::Doubted,
    ),
    row(
        Heroku,
        "builds output, GET stream",
        DEPLOYED,
        &["builds", "output", "BUILD"],
        "GET stream",
        Reads,
        LOG,
    ),
    row(
        Akkeris,
        "builds output, GET result",
        DEPLOYED,
        &["builds", "output", "BUILD"],
        "GET /apps/*/builds/*/result$",
        Reads,
        LOG,
    ),
    Row {
        world: World::Cancelled,
        ..row(
            Heroku,
            "builds cancel, DELETE build",
            PENDING,
            &["builds", "cancel", "BUILD"],
            "DELETE builds",
            Changes,
            CANCELS,
        )
    },
    Row {
        world: World::Cancelled,
        ..row(
            Akkeris,
            "builds cancel, DELETE build",
            PENDING,
            &["builds", "cancel", "BUILD"],
            "DELETE builds",
            Changes,
            CANCELS,
        )
    },
    row(
        Heroku,
        "releases, GET releases",
        DEPLOYED,
        &["releases", "--json"],
        "GET /apps/*/releases$",
        Reads,
        Right::Before(&[]),
    ),
    row(
        Akkeris,
        "releases, GET releases",
        DEPLOYED,
        &["releases", "--json"],
        "GET /apps/*/releases$",
        Shared,
        Right::Before(&[]),
    ),
    row(
        Heroku,
        "releases output, GET release",
        DEPLOYED,
        &["releases", "output", "v3"],
        "GET /apps/*/releases/*$",
        Shared,
        Right::Before(&[]),
    ),
    row(
        Heroku,
        "releases output, GET stream",
        DEPLOYED,
        &["releases", "output", "v3"],
        "GET stream",
        Shared,
        LOG_OF_A_PHASE,
    ),
    row(
        Heroku,
        "slug show, GET slug",
        DEPLOYED,
        &["slug", "show", "--json"],
        "GET slugs",
        Reads,
        Right::Before(&[]),
    ),
    row(
        Akkeris,
        "slug show, GET slug",
        DEPLOYED,
        &["slug", "show", "--json"],
        "GET /apps/*/builds/*$",
        Shared,
        Right::Before(&[]),
    ),
    Row {
        world: World::File,
        ..row(
            Heroku,
            "slug download, GET slug",
            DEPLOYED,
            &["slug", "download", "-o", "out.tgz"],
            "GET slugs",
            Shared,
            Right::Before(&[]),
        )
    },
    Row {
        world: World::File,
        ..row(
            Heroku,
            "slug download, GET file",
            DEPLOYED,
            &["slug", "download", "-o", "out.tgz"],
            "GET upload",
            Reads,
            FILE,
        )
    },
];
