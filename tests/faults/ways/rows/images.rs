//! Images that were built elsewhere: what the registry is asked, and the release of them.

use launchway::sandbox::Surface::Heroku;

use super::{Row, Scene, USUAL};
use crate::matrix::cells::{CALM, Class, Often};
use crate::support::Shop;
use crate::ways::{
    Cell,
    columns::Columns::{self, Changes, Reads},
    expect::{DENIED, OK, RELEASE_FAILED, Right, TRY_AGAIN, UNAVAILABLE, UNKNOWN},
    world::World,
};

fn on_containers(shop: &mut Shop) {
    shop.on_containers();
}

/// One app; its image is in a file.
const PUSHED: Scene = Scene {
    yaml: Some(
        "build: {images: {web: \"docker-archive:web.tar\"}}\nstages:\n  - {stage: staging, app: shop-staging}\n",
    ),
    before: on_containers,
    ..USUAL
};

/// The same. Its part arrives before the first time-out, so that the time for tries begins behind that one: the two that
/// are left are longer than it, as they are without a tempo.
const UNHURRIED: Scene = Scene {
    tempo: Some(CALM),
    ..PUSHED
};

/// The same as `PUSHED`; the first part of its first blob breaks off.
const CUT: Scene = Scene {
    also: &["blob=cut:50%"],
    ..PUSHED
};

/// The image is in the registry already, and does not run.
const THERE: Scene = Scene {
    yaml: Some(
        "build: {images: {web: \"docker://registry.heroku.com/shop-staging/web\"}}\n\
         stages:\n  - {stage: staging, app: shop-staging}\n",
    ),
    before: |shop| {
        shop.on_containers();
        let there = shop.read("deploy.yaml");
        let (start, _) = there.split_once("build:").unwrap();
        let stages = "stages:\n  - {stage: staging, app: shop-staging}\n";
        let images = "build: {images: {web: \"docker-archive:web.tar\"}}\n";
        shop.write("deploy.yaml", &format!("{start}{images}{stages}"));
        shop.set_faults(&["http=422:PATCH /apps/*/formation".to_owned()]);
        shop.deploy().run().exits(RELEASE_FAILED);
        shop.write("deploy.yaml", &there);
    },
    ..USUAL
};

/// A second stage gets them, too, once the first has them.
const TWO_STAGES: Scene = Scene {
    yaml: Some(
        "build: {images: {web: \"docker-archive:web.tar\"}}\nstages:\n  - {stage: staging, app: shop-staging}\n  \
         - {stage: production, app: shop-eu}\n",
    ),
    before: on_containers,
    ..USUAL
};

/// Answers without a body have none that could be damaged.
const WITHOUT_BODY: [&str; 3] = ["reset-in-body", "truncated", "missing,field=id"];

const fn row(
    name: &'static str,
    scene: Scene,
    strikes: (&'static str, u32),
    columns: Columns,
    right: Right,
) -> Row {
    Row {
        name,
        surface: Heroku,
        scene,
        command: &["deploy"],
        strikes,
        columns,
        right,
        world: World::Run,
    }
}

/// What a fault does where these damage nothing: in answers of which only the head counts, or that may be wrong.
fn codes(cell: &Cell, harmless: &[&str]) -> Vec<i32> {
    let once = cell.often == Often::Once;
    match cell.wrong.name {
        name if harmless.contains(&name) => vec![OK],
        "stale" => vec![OK],
        _ => match cell.wrong.class {
            // It was there a moment ago: another upload is begun.
            Class::Absent if once && cell.row.name.ends_with("upload") => vec![OK],
            _ => Right::Before(&[]).codes(cell),
        },
    }
}

/// The same where a 401 is doubted once.
fn doubted(cell: &Cell, harmless: &[&str]) -> Vec<i32> {
    let again = cell.wrong.name == "401" && cell.often == Often::Once;
    if again {
        vec![OK]
    } else {
        codes(cell, harmless)
    }
}

/// A request with a body waits the longest: after three times nothing is left of the time for tries.
fn with_body(cell: &Cell, harmless: &[&str]) -> Vec<i32> {
    let waits = cell.wrong.name == "hang" && cell.often == Often::ThreeTimes;
    if waits {
        vec![UNAVAILABLE]
    } else {
        codes(cell, harmless)
    }
}

/// What these are once a stage was changed.
fn under_way(codes: Vec<i32>) -> Vec<i32> {
    let later = |code| {
        if [OK, DENIED].contains(&code) {
            code
        } else {
            UNKNOWN
        }
    };
    codes.into_iter().map(later).collect()
}

pub(super) const ROWS: &[Row] = &[
    // What can't be read is not the image: it is pushed.
    row(
        "images, GET manifest",
        PUSHED,
        ("GET /v2/*/*/manifests", 1),
        Reads,
        Right::Table(|cell| {
            let harmless = ["html", "truncated", "null", "missing", "wrong-types", "404"];
            doubted(cell, &harmless)
        }),
    ),
    row(
        "images, GET manifest of one that is there",
        THERE,
        ("GET /v2/*/*/manifests", 1),
        Reads,
        Right::Table(|cell| match (cell.wrong.class, cell.often) {
            // It is not what its digest says.
            (Class::UnknownWord, Often::ForEver) => vec![UNAVAILABLE],
            _ => doubted(cell, &[]),
        }),
    ),
    row(
        "images, HEAD blob",
        PUSHED,
        ("HEAD /v2/*/*/blobs", 1),
        Reads,
        Right::Table(|cell| {
            let of_bodies = [
                "truncated",
                "reset-in-body",
                "wrong-types",
                "missing",
                "null",
            ];
            match cell.wrong.class {
                Class::Absent => vec![OK],
                _ => doubted(cell, &of_bodies),
            }
        }),
    ),
    row(
        "images, POST upload",
        PUSHED,
        ("POST /v2/*/*/blobs/uploads", 1),
        Changes,
        Right::Table(|cell| match cell.wrong.class {
            Class::Absent => Right::Before(&[]).codes(cell),
            _ => doubted(cell, &WITHOUT_BODY),
        }),
    ),
    // Both blobs of the second app are in the first one's repository; a registry that does not do it is sent them.
    row(
        "images, POST mount for the second stage",
        TWO_STAGES,
        ("POST /v2/*/*/blobs/uploads", 3),
        Changes,
        Right::Table(|cell| match (cell.wrong.name, cell.often) {
            // It is sent the blob: an upload is begun in the same place.
            ("403" | "404" | "422", Often::Once) => vec![OK],
            ("404" | "401", Often::ForEver) | ("hang", Often::ThreeTimes) => vec![UNKNOWN],
            _ => under_way(doubted(cell, &WITHOUT_BODY)),
        }),
    ),
    // What came of a part is kept: it goes on behind it.
    row(
        "images, PATCH upload",
        PUSHED,
        ("PATCH /v2/*/*/blobs/uploads", 1),
        Changes,
        Right::Table(|cell| match cell.wrong.class {
            Class::Done => vec![OK],
            _ => with_body(cell, &WITHOUT_BODY),
        }),
    ),
    // Where it does not say how much is there, another upload is begun.
    row(
        "images, GET upload",
        CUT,
        ("GET /v2/*/*/blobs/uploads", 1),
        Reads,
        Right::Table(|cell| match cell.wrong.class {
            Class::Absent | Class::Page | Class::Unreadable => vec![OK],
            _ => codes(cell, &[]),
        }),
    ),
    row(
        "images, PUT upload",
        UNHURRIED,
        ("PUT /v2/*/*/blobs/uploads", 1),
        Changes,
        Right::Table(|cell| match cell.wrong.class {
            Class::Done => vec![OK],
            _ => with_body(cell, &WITHOUT_BODY),
        }),
    ),
    row(
        "images, PUT manifest",
        PUSHED,
        ("PUT /v2/*/*/manifests", 1),
        Changes,
        Right::Table(|cell| with_body(cell, &WITHOUT_BODY)),
    ),
    // The first stage has changed.
    row(
        "images, PUT manifest for the second stage",
        TWO_STAGES,
        ("PUT /v2/*/*/manifests", 2),
        Changes,
        Right::Table(|cell| under_way(with_body(cell, &WITHOUT_BODY))),
    ),
    row(
        "images, PATCH formation",
        PUSHED,
        ("PATCH /apps/*/formation$", 1),
        Changes,
        Right::Creates {
            well: OK,
            refused: RELEASE_FAILED,
            limited: TRY_AGAIN,
            unknown: UNKNOWN,
            denied: DENIED,
        },
    ),
    row(
        "images, GET releases behind the push",
        PUSHED,
        ("GET /apps/*/releases$", 3),
        Reads,
        Right::Before(&[]),
    ),
    row(
        "images, GET releases behind the release",
        PUSHED,
        ("GET /apps/*/releases$", 4),
        Reads,
        Right::UnderWay {
            known: false,
            harmless: &[],
            well: OK,
            lost: UNKNOWN,
        },
    ),
];
