//! The `pipeline` commands that only ask.

use launchway::sandbox::Surface::{self, Akkeris, Heroku};

use super::{Row, Scene, USUAL};
use crate::ways::{
    columns::Columns::{self, Reads, Shared},
    expect::{OK, Right, UNAVAILABLE},
    world::World,
};

/// Apps can't be asked about together.
const ALONE: Scene = Scene {
    also: &["http=503@*:POST filters"],
    ..USUAL
};

const SHOW: &[&str] = &["pipeline", "show", "--json"];

#[expect(
    clippy::too_many_arguments,
    reason = "a row of a table has its columns"
)]
pub(super) const fn row(
    surface: Surface,
    name: &'static str,
    scene: Scene,
    command: &'static [&'static str],
    strikes: &'static str,
    columns: Columns,
    right: Right,
    world: World,
) -> Row {
    Row {
        name,
        surface,
        scene,
        command,
        strikes: (strikes, 1),
        columns,
        right,
        world,
    }
}

const DOUBTED: Right = Right::Aside {
    well: OK,
    gone: UNAVAILABLE,
};

pub(super) const ROWS: &[Row] = &[
    row(
        Heroku,
        "pipeline list, GET pipelines",
        USUAL,
        &["pipeline", "list", "--json"],
        "GET /pipelines$",
        Reads,
        Right::Before(&[]),
        World::Whole,
    ),
    row(
        Akkeris,
        "pipeline list, GET pipelines",
        USUAL,
        &["pipeline", "list", "--json"],
        "GET /pipelines$",
        Shared,
        Right::Before(&[]),
        World::Whole,
    ),
    row(
        Heroku,
        "pipeline show, GET pipeline",
        USUAL,
        SHOW,
        "GET /pipelines/*$",
        Reads,
        Right::Before(&[]),
        World::Whole,
    ),
    row(
        Heroku,
        "pipeline show, GET couplings",
        USUAL,
        SHOW,
        "GET /pipelines/*/pipeline-couplings$",
        Shared,
        Right::Before(&[]),
        World::Whole,
    ),
    row(
        Heroku,
        "pipeline show, many apps",
        USUAL,
        SHOW,
        "POST filters",
        Shared,
        DOUBTED,
        World::Whole,
    ),
    row(
        Heroku,
        "pipeline show, latest releases",
        USUAL,
        SHOW,
        "GET /pipelines/*/latest-releases$",
        Shared,
        DOUBTED,
        World::Whole,
    ),
    row(
        Heroku,
        "pipeline show, GET slug",
        USUAL,
        SHOW,
        "GET slugs",
        Shared,
        DOUBTED,
        World::Told,
    ),
    row(
        Heroku,
        "pipeline show --app, GET coupling",
        USUAL,
        &["pipeline", "show", "--app", "shop-eu", "--json"],
        "GET /apps/*/pipeline-couplings$",
        Shared,
        Right::Before(&[]),
        World::Whole,
    ),
    row(
        Akkeris,
        "pipeline show, GET couplings",
        USUAL,
        SHOW,
        "GET /pipelines/*/pipeline-couplings$",
        Shared,
        Right::Before(&[]),
        World::Whole,
    ),
    row(
        Akkeris,
        "pipeline stages, GET stages",
        USUAL,
        &["pipeline", "stages", "--json"],
        "GET /pipeline-stages$",
        Shared,
        Right::Before(&["missing"]),
        World::Told,
    ),
    row(
        Akkeris,
        "pipeline statuses, GET statuses",
        USUAL,
        &["pipeline", "statuses", "--json"],
        "GET /pipelines/*/statuses$",
        Shared,
        Right::Before(&["missing"]),
        World::Whole,
    ),
    row(
        Heroku,
        "pipeline show, GET app",
        ALONE,
        SHOW,
        "GET /apps/*$",
        Shared,
        Right::Before(&[]),
        World::Whole,
    ),
];
