//! What a deploy asks beside its straight way: requirements, a slug, a build once more, waves.

use flate2::{Compression, write::GzEncoder};
use launchway::sandbox::Surface::{self, Akkeris, Heroku};
use serde_json::json;

use super::{Row, Scene, USUAL};
use crate::matrix::cells::{Class, Often};
use crate::ways::{
    columns::Columns::{Changes, Reads, Shared},
    expect::{BUILD_FAILED, DENIED, OK, REFUSED, Right, UNAVAILABLE, UNKNOWN},
    world::World,
};

const REQUIRING: Scene = Scene {
    yaml: Some(
        "pipeline: acme-shop\nstages:\n  - {stage: staging, app: shop-staging}\n  \
         - {stage: production, app: shop-eu, require: {same_config_keys: true, same_buildpacks: true}}\n",
    ),
    before: |shop| {
        for app in ["shop-staging", "shop-eu"] {
            let vars = json!({"LOG_LEVEL": "info"});
            shop.answer("PATCH", &format!("/apps/{app}/config-vars"), &vars);
            let path = format!("/apps/{app}/buildpack-installations");
            let updates = json!({"updates": [{"buildpack": "heroku/nodejs"}]});
            shop.answer("PUT", &path, &updates);
            let plan = json!({"plan": "heroku-postgresql:essential-0"});
            shop.answer("POST", &format!("/apps/{app}/addons"), &plan);
        }
        shop.begins_here();
    },
    ..USUAL
};

const REQUIRING_ON_AKKERIS: Scene = Scene {
    yaml: Some(
        "pipeline: acme-shop\nstages:\n  - {stage: staging, app: shop-staging}\n  \
         - {stage: production, app: shop-eu, require: {same_config_keys: true, maintenance: off, status_checks: [tests/smoke]}}\n",
    ),
    before: |shop| {
        for app in ["shop-staging", "shop-eu"] {
            let vars = json!({"LOG_LEVEL": "info"});
            shop.answer("PATCH", &format!("/apps/{app}/config-vars"), &vars);
        }
    },
    ..USUAL
};

const WITH_A_SLUG: Scene = Scene {
    yaml: Some(
        "build: {slug: out/slug.tgz, process_types: {web: node web.js}}\n\
         stages:\n  - {stage: staging, app: shop-staging}\n",
    ),
    before: |shop| {
        let packed = GzEncoder::new(Vec::new(), Compression::fast());
        let mut builder = tar::Builder::new(packed);
        let mut header = tar::Header::new_gnu();
        header.set_size(8);
        header.set_mode(0o644);
        let name = b"./app/web.js";
        header.as_gnu_mut().unwrap().name[..name.len()].copy_from_slice(name);
        header.set_cksum();
        builder.append(&header, &b"listen()"[..]).unwrap();
        let bytes = builder.into_inner().unwrap().finish().unwrap();
        let out = shop.path("work").join("out");
        std::fs::create_dir(&out).unwrap();
        std::fs::write(out.join("slug.tgz"), bytes).unwrap();
    },
    ..USUAL
};

const NOTICED: Scene = Scene {
    yaml: Some("stages:\n  - {stage: staging, app: shop-staging}\n"),
    also: &["build=notice"],
    ..USUAL
};

/// The second wave begins once the check of the first is let go.
const IN_WAVES: Scene = Scene {
    yaml: Some(
        "pipeline: acme-shop\nstages:\n  - {stage: staging, app: shop-staging}\n  \
         - {stage: production, apps: [shop-eu, shop-us], waves: [1], verify: [{run: 'touch ../waits; until test -e ../go; do sleep 0.01; done'}]}\n",
    ),
    gated: true,
    ..USUAL
};

const fn deploy(
    surface: Surface,
    name: &'static str,
    scene: Scene,
    strikes: (&'static str, u32),
    right: Right,
) -> Row {
    Row {
        name,
        surface,
        scene,
        command: &["deploy"],
        strikes,
        columns: Reads,
        right,
        world: World::Run,
    }
}

/// Reading once the stage before has changed: what is not there is what it says.
const NEEDED: Right = Right::Table(|cell| {
    let for_ever = cell.often == Often::ForEver;
    let of_names = cell.row.name.ends_with("config-vars");
    vec![match cell.wrong.class {
        Class::UnknownWord => OK,
        // Names are what it is about, and no values: without any one differs from the other, or both are the same.
        _ if of_names && cell.wrong.name == "missing" && for_ever => OK,
        _ if of_names && cell.wrong.name == "missing" => REFUSED,
        _ if of_names && ["null", "wrong-types"].contains(&cell.wrong.name) => OK,
        Class::Absent if cell.row.surface == Akkeris && !for_ever => OK,
        _ if cell.row.surface == Akkeris && cell.wrong.name == "401" && !for_ever => OK,
        Class::Denied => DENIED,
        Class::Absent | Class::Refused => UNKNOWN,
        _ if for_ever => UNKNOWN,
        _ => OK,
    }]
});

/// A promotion is never sent twice: there is no list of them, so nobody can say that it was not made.
const PROMOTES: Right = Right::Table(|cell| {
    vec![match cell.wrong.class {
        _ if cell.row.surface == Akkeris
            && cell.wrong.name == "401"
            && cell.often == Often::ForEver =>
        {
            UNKNOWN
        }
        _ if cell.row.surface == Akkeris && cell.wrong.name == "401" => OK,
        Class::NotDone | Class::Page | Class::Down => UNKNOWN,
        Class::RateLimited if cell.often == Often::ForEver => UNKNOWN,
        Class::Denied => DENIED,
        Class::Absent | Class::Refused => REFUSED,
        _ => OK,
    }]
});

const RELEASES_A_SLUG: Right = Right::Creates {
    well: OK,
    refused: REFUSED,
    limited: crate::ways::expect::TRY_AGAIN,
    unknown: UNKNOWN,
    denied: DENIED,
};

pub(super) const ROWS: &[Row] = &[
    deploy(
        Heroku,
        "require, GET config-vars",
        REQUIRING,
        ("GET config-vars", 1),
        NEEDED,
    ),
    Row {
        columns: Shared,
        ..deploy(
            Heroku,
            "require, GET buildpacks",
            REQUIRING,
            ("GET /apps/*/buildpack-installations$", 1),
            NEEDED,
        )
    },
    Row {
        columns: Shared,
        ..deploy(
            Heroku,
            "require, GET add-ons",
            REQUIRING,
            ("GET /apps/*/addons$", 1),
            Right::Aside {
                well: OK,
                gone: UNKNOWN,
            },
        )
    },
    Row {
        columns: Shared,
        ..deploy(
            Akkeris,
            "require, GET config-vars",
            REQUIRING_ON_AKKERIS,
            // The plan looks at how large they are.
            ("GET /apps/*/config-vars$", 2),
            NEEDED,
        )
    },
    Row {
        columns: Shared,
        ..deploy(
            Akkeris,
            "require, GET statuses",
            REQUIRING_ON_AKKERIS,
            ("GET /apps/*/releases/*/statuses$", 2),
            Right::UnderWay {
                known: true,
                harmless: &[],
                well: OK,
                lost: UNKNOWN,
            },
        )
    },
    deploy(
        Heroku,
        "slug, POST slugs",
        WITH_A_SLUG,
        ("POST slugs", 1),
        Right::Before(&[]),
    ),
    deploy(
        Heroku,
        "slug, PUT",
        WITH_A_SLUG,
        ("PUT upload", 1),
        Right::Table(|cell| {
            let for_ever = cell.often == Often::ForEver;
            let broken = cell.wrong.name.starts_with("reset");
            vec![match cell.wrong.class {
                Class::UnknownWord => OK,
                // There is no body to break off in, and only the status counts.
                Class::Unreadable if !broken || cell.wrong.name == "reset-in-body" => OK,
                // "200" without having kept anything: the platform refuses the release.
                Class::Page => REFUSED,
                Class::RateLimited if for_ever => crate::ways::expect::TRY_AGAIN,
                Class::Denied if cell.wrong.name == "403" && !for_ever => OK,
                Class::Denied | Class::Absent | Class::Refused => UNAVAILABLE,
                _ if for_ever => UNAVAILABLE,
                _ => OK,
            }]
        }),
    ),
    Row {
        columns: Changes,
        ..deploy(
            Heroku,
            "slug, POST releases",
            WITH_A_SLUG,
            ("POST /apps/*/releases$", 1),
            RELEASES_A_SLUG,
        )
    },
    Row {
        columns: Shared,
        ..deploy(
            Heroku,
            "notice, POST builds again",
            NOTICED,
            ("POST builds", 2),
            Right::Creates {
                well: OK,
                refused: BUILD_FAILED,
                limited: UNKNOWN,
                unknown: UNKNOWN,
                denied: DENIED,
            },
        )
    },
    Row {
        columns: Shared,
        ..deploy(
            Heroku,
            "notice, GET stream",
            NOTICED,
            ("GET stream", 1),
            Right::Table(|cell| {
                // A notice that can't be read is none.
                vec![match cell.often {
                    // It is no JSON.
                    Often::ForEver if cell.wrong.name == "missing" => OK,
                    Often::ForEver => BUILD_FAILED,
                    _ => OK,
                }]
            }),
        )
    },
    Row {
        columns: Changes,
        ..deploy(
            Heroku,
            "waves, POST promotions of the second",
            IN_WAVES,
            ("POST promotions", 1),
            PROMOTES,
        )
    },
    Row {
        columns: Shared,
        ..deploy(
            Heroku,
            "waves, drift before the second",
            IN_WAVES,
            // The first wave is confirmed before.
            ("GET /apps/*/releases$", 2),
            Right::UnderWay {
                known: false,
                harmless: &[],
                well: OK,
                lost: UNKNOWN,
            },
        )
    },
    Row {
        columns: Changes,
        ..deploy(
            Akkeris,
            "waves, POST promotions of the second",
            IN_WAVES,
            ("POST promotions", 1),
            PROMOTES,
        )
    },
];
