//! What `init` asks, with a token; and `pipeline show --addon`.

use launchway::sandbox::Surface::{self, Akkeris, Heroku};
use serde_json::json;

use super::{Row, Scene, USUAL, pipelines::row};
use crate::matrix::cells::Class;
use crate::ways::{
    columns::Columns::{Reads, Shared},
    expect::{OK, Right},
    world::World,
};

const NAMED: &[&str] = &["init", "--pipeline", "acme-shop", "--stdout"];
const NAMED_ON_AKKERIS: &[&str] = &[
    "init",
    "--platform",
    "akkeris",
    "--pipeline",
    "acme-shop",
    "--stdout",
];
/// The pipeline is found by its apps.
const BY_APPS: &[&str] = &[
    "init",
    "--app",
    "staging=shop-staging",
    "--app",
    "production=shop-eu",
    "--stdout",
];

/// An add-on of an app; its id is in a file, for the command.
const WITH_ADDON: Scene = Scene {
    before: |shop| {
        let plan = json!({"plan": "heroku-postgresql:essential-0"});
        let addon = shop.answer("POST", "/apps/shop-eu/addons", &plan);
        shop.write("../addon", addon["id"].as_str().unwrap());
    },
    ..USUAL
};
const SHOW: &[&str] = &["pipeline", "show", "--addon", "ADDON", "--json"];

/// It can do without: what the platform does not say is written by hand.
const WITHOUT: Right = Right::Aside { well: OK, gone: OK };

const fn init(
    surface: Surface,
    name: &'static str,
    command: &'static [&'static str],
    strikes: &'static str,
    right: Right,
) -> Row {
    row(
        surface,
        name,
        USUAL,
        command,
        strikes,
        Shared,
        right,
        World::Draft,
    )
}

pub(super) const ROWS: &[Row] = &[
    init(
        Heroku,
        "init, GET pipeline",
        NAMED,
        "GET /pipelines/*$",
        Right::Before(&[]),
    ),
    init(
        Heroku,
        "init, GET couplings",
        NAMED,
        "GET /pipelines/*/pipeline-couplings$",
        WITHOUT,
    ),
    init(Heroku, "init, many apps", NAMED, "POST filters", WITHOUT),
    init(
        Heroku,
        "init, GET pipelines",
        BY_APPS,
        "GET /pipelines$",
        WITHOUT,
    ),
    init(Heroku, "init, GET app", BY_APPS, "GET /apps/*$", WITHOUT),
    init(
        Heroku,
        "init, GET coupling",
        BY_APPS,
        "GET /apps/*/pipeline-couplings$",
        WITHOUT,
    ),
    init(
        Akkeris,
        "init, GET pipeline",
        NAMED_ON_AKKERIS,
        "GET /pipelines/*$",
        Right::Before(&[]),
    ),
    init(
        Akkeris,
        "init, GET couplings",
        NAMED_ON_AKKERIS,
        "GET /pipelines/*/pipeline-couplings$",
        WITHOUT,
    ),
    row(
        Heroku,
        "pipeline show --addon, GET add-on",
        WITH_ADDON,
        SHOW,
        "GET /addons/*$",
        Reads,
        Right::Before(&[]),
        World::Whole,
    ),
    row(
        Heroku,
        "pipeline show --addon, GET coupling",
        WITH_ADDON,
        SHOW,
        "GET /apps/*/pipeline-couplings$",
        Shared,
        Right::Before(&[]),
        World::Whole,
    ),
    row(
        Heroku,
        "pipeline show --addon, GET couplings",
        WITH_ADDON,
        SHOW,
        "GET /pipelines/*/pipeline-couplings$",
        Shared,
        // A partner's token may see its own app's place and no more.
        Right::Table(|cell| match cell.wrong.class {
            Class::Denied | Class::Absent => vec![OK],
            _ => Right::Before(&[]).codes(cell),
        }),
        World::Told,
    ),
];
