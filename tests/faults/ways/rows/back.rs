//! Going back: `on_failure` and `rollback`; and `promote --app`.

use launchway::sandbox::Surface::{self, Akkeris, Heroku};

use super::{Row, Scene, USUAL};
use crate::matrix::cells::{Class, Often};
use crate::ways::{
    columns::Columns::{self, Changes, Reads, Shared},
    expect::{
        DENIED, OK, REFUSED, ROLLBACK_FAILED, ROLLED_BACK, Right, TRY_AGAIN, UNAVAILABLE, UNKNOWN,
    },
    world::World,
};

/// The new code fails, the code before it (the sandbox's own) does not.
const FAILING: Scene = Scene {
    yaml: Some(
        "stages:\n  - stage: staging\n    app: shop-staging\n    on_failure: rollback\n    verify:\n      \
         - run: 'touch ../waits; until test -e ../go; do sleep 0.01; done; test \"$LAUNCHWAY_VERSION\" = 0123456789abcdef0123456789abcdef01234567'\n",
    ),
    gated: true,
    ..USUAL
};

/// Both apps of production have something to go back to.
const RELEASED: Scene = Scene {
    yaml: Some(
        "pipeline: acme-shop\nstages:\n  - {stage: staging, app: shop-staging}\n  \
         - {stage: production, apps: [shop-eu, shop-us]}\n",
    ),
    before: |shop| {
        for app in ["shop-eu", "shop-us"] {
            shop.somebody_releases(app, "fedcba9876543210fedcba9876543210fedcba98");
        }
    },
    ..USUAL
};

const PROMOTABLE: Scene = Scene {
    before: |_| {},
    ..RELEASED
};

const ROLLBACK: &[&str] = &["rollback", "--stage", "production"];
const TO_RELEASE: &[&str] = &[
    "rollback",
    "--stage",
    "production",
    "--app",
    "shop-eu",
    "--to-release",
    "2",
];
const TO_RELEASE_ON_AKKERIS: &[&str] = &[
    "rollback",
    "--stage",
    "production",
    "--app",
    "shop-eu",
    "--to-release",
    "v1",
];
const PROMOTE: &[&str] = &["promote", "--to", "production", "--app", "shop-eu"];

const fn row(
    surface: Surface,
    name: &'static str,
    scene: Scene,
    command: &'static [&'static str],
    strikes: (&'static str, u32),
    columns: Columns,
    right: Right,
) -> Row {
    Row {
        name,
        surface,
        scene,
        command,
        strikes,
        columns,
        right,
        world: World::Run,
    }
}

/// The stage has failed: it is back, or a person is needed.
const GOES_BACK: Right = Right::Creates {
    well: ROLLED_BACK,
    refused: ROLLBACK_FAILED,
    limited: ROLLBACK_FAILED,
    unknown: ROLLBACK_FAILED,
    denied: ROLLBACK_FAILED,
};

const LOOKS_BACK: Right = Right::UnderWay {
    known: false,
    harmless: &[],
    well: ROLLED_BACK,
    lost: ROLLBACK_FAILED,
};

/// `rollback` of two apps: one may have been refused, while the other goes.
const BY_HAND: Right = Right::Table(|cell| {
    let once = cell.often == Often::Once;
    let for_ever = cell.often == Often::ForEver;
    vec![match cell.wrong.class {
        _ if cell.row.surface == Akkeris && cell.wrong.name == "401" && !for_ever => OK,
        // The two are sent side by side: of three that are struck two are of the same app.
        Class::NotDone | Class::Page if !once => UNKNOWN,
        Class::Down if for_ever => UNKNOWN,
        Class::RateLimited if for_ever => TRY_AGAIN,
        // It was accepted a moment ago.
        _ if cell.row.surface == Akkeris && cell.wrong.name == "401" => UNAVAILABLE,
        Class::Denied => DENIED,
        Class::Absent | Class::Refused => REFUSED,
        _ => OK,
    }]
});

const PROMOTES: Right = Right::Table(|cell| {
    let for_ever = cell.often == Often::ForEver;
    vec![match cell.wrong.class {
        _ if cell.row.surface == Akkeris && cell.wrong.name == "401" && !for_ever => OK,
        Class::NotDone | Class::Page | Class::Down => UNKNOWN,
        // Nothing was changed before.
        Class::RateLimited if for_ever => TRY_AGAIN,
        Class::Denied if cell.row.surface == Akkeris && cell.wrong.name == "401" => UNAVAILABLE,
        Class::Denied => DENIED,
        Class::Absent | Class::Refused => REFUSED,
        _ => OK,
    }]
});

pub(super) const ROWS: &[Row] = &[
    row(
        Heroku,
        "on_failure, POST releases",
        FAILING,
        &["deploy"],
        ("POST /apps/*/releases$", 1),
        Changes,
        GOES_BACK,
    ),
    row(
        Akkeris,
        "on_failure, POST releases",
        FAILING,
        &["deploy"],
        ("POST /apps/*/releases$", 1),
        Changes,
        GOES_BACK,
    ),
    row(
        Heroku,
        "on_failure, GET releases before",
        FAILING,
        &["deploy"],
        ("GET /apps/*/releases$", 1),
        Reads,
        LOOKS_BACK,
    ),
    row(
        Akkeris,
        "on_failure, GET releases before",
        FAILING,
        &["deploy"],
        ("GET /apps/*/releases$", 1),
        Shared,
        LOOKS_BACK,
    ),
    row(
        Heroku,
        "on_failure, GET release of its phase",
        Scene {
            also: &["release-phase=slow:60ms"],
            ..FAILING
        },
        &["deploy"],
        ("GET /apps/*/releases/*$", 1),
        Shared,
        Right::UnderWay {
            known: true,
            harmless: &[],
            well: ROLLED_BACK,
            lost: ROLLBACK_FAILED,
        },
    ),
    row(
        Heroku,
        "rollback, GET app",
        RELEASED,
        ROLLBACK,
        ("GET apps", 1),
        Shared,
        Right::Before(&[]),
    ),
    row(
        Heroku,
        "rollback, GET releases",
        RELEASED,
        ROLLBACK,
        ("GET /apps/*/releases$", 1),
        Reads,
        // What is not known to have succeeded is nothing to go back to.
        Right::Table(|cell| match cell.wrong.class {
            Class::UnknownWord => vec![REFUSED],
            _ => Right::Before(&[]).codes(cell),
        }),
    ),
    row(
        Heroku,
        "rollback, GET release that is named",
        RELEASED,
        TO_RELEASE,
        ("GET /apps/*/releases/*$", 1),
        Shared,
        Right::Before(&[]),
    ),
    row(
        Heroku,
        "rollback, POST releases",
        RELEASED,
        ROLLBACK,
        ("POST /apps/*/releases$", 1),
        Changes,
        BY_HAND,
    ),
    row(
        Akkeris,
        "rollback, GET release that is named",
        RELEASED,
        TO_RELEASE_ON_AKKERIS,
        ("GET /apps/*/releases$", 1),
        Shared,
        Right::Before(&[]),
    ),
    row(
        Akkeris,
        "rollback, POST releases",
        RELEASED,
        ROLLBACK,
        ("POST /apps/*/releases$", 1),
        Changes,
        BY_HAND,
    ),
    row(
        Heroku,
        "promote --app, POST promotions",
        PROMOTABLE,
        PROMOTE,
        ("POST promotions", 1),
        Changes,
        PROMOTES,
    ),
    row(
        Heroku,
        "promote --app, GET targets",
        PROMOTABLE,
        PROMOTE,
        ("GET targets", 1),
        Shared,
        Right::UnderWay {
            known: true,
            harmless: &[],
            well: OK,
            lost: UNKNOWN,
        },
    ),
    row(
        Akkeris,
        "promote --app, POST promotions",
        PROMOTABLE,
        PROMOTE,
        ("POST promotions", 1),
        Changes,
        PROMOTES,
    ),
];
