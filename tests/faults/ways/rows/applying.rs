//! The `pipeline` commands that change something.

use launchway::sandbox::{
    Change,
    Surface::{Akkeris, Heroku},
};

use super::{Row, Scene, USUAL, pipelines::row};
use crate::matrix::cells::{Class, Often};
use crate::support::Shop;
use crate::ways::{
    columns::Columns::{Changes, Shared},
    expect::{DENIED, OK, REFUSED, Right, TRY_AGAIN, UNAVAILABLE, UNKNOWN},
    world::World,
};

/// A pipeline that is not there, of an app that is in another one and two that are in none.
const NEW: &str = "pipeline: acme-new\nstages:\n  - {stage: staging, app: shop-staging}\n  - {stage: production, apps: [shop-eu, shop-us]}\n";

fn uncouple(shop: &mut Shop) {
    for app in ["shop-eu", "shop-us"] {
        shop.change(Change::Uncouple {
            app: app.to_owned(),
        });
    }
}

const TO_BE_MADE: Scene = Scene {
    yaml: Some(NEW),
    before: uncouple,
    ..USUAL
};

const IS_NEW: World = World::Applied {
    pipeline: "acme-new",
    places: &[
        ("shop-staging", "staging"),
        ("shop-eu", "production"),
        ("shop-us", "production"),
    ],
    checks: &[],
};

/// The pipeline that is there, with one app in another stage than it is.
const TO_BE_MOVED: Scene = Scene {
    yaml: Some(
        "pipeline: acme-shop\nstages:\n  - {stage: development, app: shop-staging}\n  - {stage: staging, app: shop-eu}\n",
    ),
    ..USUAL
};

const IS_MOVED: World = World::Applied {
    pipeline: "acme-shop",
    places: &[("shop-staging", "development"), ("shop-eu", "staging")],
    checks: &[],
};

/// Akkeris: the pipeline that is there, with another status check.
const TO_BE_CHECKED: Scene = Scene {
    yaml: Some(
        "pipeline: acme-shop\nstages:\n  - {stage: staging, app: shop-staging}\n  - {stage: production, app: shop-eu, require: {status_checks: [tests/load]}}\n",
    ),
    ..USUAL
};

const IS_CHECKED: World = World::Applied {
    pipeline: "acme-shop",
    places: &[("shop-staging", "staging"), ("shop-eu", "production")],
    checks: &["tests/load"],
};

const APPLY: &[&str] = &["pipeline", "apply", "--yes", "--move", "--json"];
const DELETE: &[&str] = &["pipeline", "delete", "--yes", "acme-shop", "--json"];

/// The first change: nothing was changed before it.
const FIRST: Right = Right::Creates {
    well: OK,
    refused: REFUSED,
    limited: TRY_AGAIN,
    unknown: UNKNOWN,
    denied: DENIED,
};

/// A later one.
const LATER: Right = Right::Creates {
    well: OK,
    refused: REFUSED,
    limited: UNKNOWN,
    unknown: UNKNOWN,
    denied: DENIED,
};

/// What is repeated, as the first change. What is said not to be there, and is, is not removed.
const REPEATED: Right = Right::Repeats {
    well: OK,
    limited: TRY_AGAIN,
    gone: REFUSED,
    unknown: UNKNOWN,
};

/// A removal behind other changes.
const REMOVED_LATER: Right = Right::Repeats {
    well: OK,
    limited: UNKNOWN,
    gone: REFUSED,
    unknown: UNKNOWN,
};

pub(super) const ROWS: &[Row] = &[
    // It is asked for twice, and looked for among all.
    row(
        Heroku,
        "apply, GET pipeline",
        TO_BE_MOVED,
        APPLY,
        "GET /pipelines/*$",
        Shared,
        Right::Table(|cell| match cell.wrong.class {
            Class::Absent => vec![OK],
            _ if cell.often == Often::Once => vec![OK],
            _ => Right::Before(&[]).codes(cell),
        }),
        IS_MOVED,
    ),
    row(
        Akkeris,
        "apply, GET pipeline",
        TO_BE_CHECKED,
        APPLY,
        "GET /pipelines/*$",
        Shared,
        Right::Table(|cell| match cell.wrong.class {
            Class::Absent => vec![OK],
            _ if cell.often == Often::Once => vec![OK],
            _ => Right::Before(&[]).codes(cell),
        }),
        IS_CHECKED,
    ),
    row(
        Heroku,
        "apply, GET couplings",
        TO_BE_MOVED,
        APPLY,
        "GET /pipelines/*/pipeline-couplings$",
        Shared,
        Right::Before(&[]),
        IS_MOVED,
    ),
    row(
        Heroku,
        "apply, GET coupling",
        TO_BE_MADE,
        APPLY,
        "GET /apps/*/pipeline-couplings$",
        Shared,
        Right::Before(&[]),
        IS_NEW,
    ),
    row(
        Heroku,
        "apply, GET app",
        TO_BE_MADE,
        APPLY,
        "GET /apps/*$",
        Shared,
        Right::Before(&[]),
        IS_NEW,
    ),
    row(
        Heroku,
        "apply, GET pipelines",
        TO_BE_MADE,
        APPLY,
        "GET /pipelines$",
        Shared,
        Right::Before(&[]),
        IS_NEW,
    ),
    row(
        Akkeris,
        "apply, GET couplings",
        TO_BE_CHECKED,
        APPLY,
        "GET /pipelines/*/pipeline-couplings$",
        Shared,
        Right::Before(&[]),
        IS_CHECKED,
    ),
    row(
        Akkeris,
        "apply, GET coupling",
        TO_BE_MADE,
        APPLY,
        "GET /apps/*/pipeline-couplings$",
        Shared,
        Right::Before(&[]),
        IS_NEW,
    ),
    // Where that can't be read, the coupling is the one that was there.
    row(
        Akkeris,
        "apply, GET coupling before its status checks",
        TO_BE_CHECKED,
        APPLY,
        "GET /apps/*/pipeline-couplings$",
        Shared,
        Right::Aside {
            well: OK,
            gone: UNAVAILABLE,
        },
        IS_CHECKED,
    ),
    row(
        Heroku,
        "apply, POST pipelines",
        TO_BE_MADE,
        APPLY,
        "POST /pipelines$",
        Changes,
        FIRST,
        IS_NEW,
    ),
    row(
        Heroku,
        "apply, DELETE coupling",
        TO_BE_MADE,
        APPLY,
        "DELETE couplings",
        Changes,
        REMOVED_LATER,
        IS_NEW,
    ),
    row(
        Heroku,
        "apply, POST couplings",
        TO_BE_MADE,
        APPLY,
        "POST couplings",
        Changes,
        LATER,
        IS_NEW,
    ),
    row(
        Heroku,
        "apply, PATCH coupling",
        TO_BE_MOVED,
        APPLY,
        "PATCH couplings",
        Changes,
        REPEATED,
        IS_MOVED,
    ),
    row(
        Akkeris,
        "apply, POST pipelines",
        TO_BE_MADE,
        APPLY,
        "POST /pipelines$",
        Changes,
        FIRST,
        IS_NEW,
    ),
    row(
        Akkeris,
        "apply, POST couplings",
        TO_BE_MADE,
        APPLY,
        "POST couplings",
        Changes,
        LATER,
        IS_NEW,
    ),
    row(
        Akkeris,
        "apply, DELETE coupling",
        TO_BE_MOVED,
        APPLY,
        "DELETE couplings",
        Changes,
        REPEATED,
        IS_MOVED,
    ),
    row(
        Akkeris,
        "apply, POST coupling in its place",
        TO_BE_MOVED,
        APPLY,
        "POST couplings",
        Changes,
        LATER,
        IS_MOVED,
    ),
    row(
        Akkeris,
        "apply, PATCH status checks",
        TO_BE_CHECKED,
        APPLY,
        "PATCH couplings",
        Changes,
        REPEATED,
        IS_CHECKED,
    ),
    row(
        Heroku,
        "delete, DELETE pipeline",
        USUAL,
        DELETE,
        "DELETE pipelines",
        Changes,
        REPEATED,
        World::Deleted,
    ),
    row(
        Akkeris,
        "delete, DELETE pipeline",
        USUAL,
        DELETE,
        "DELETE pipelines",
        Changes,
        REPEATED,
        World::Deleted,
    ),
];
