//! Features of apps: `preboot` alone.

use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::HeaderMap;

use super::{body, find_app, paged};
use crate::sandbox::fault::Occasion;
use crate::sandbox::heroku::Shared;
use crate::sandbox::heroku::answer::{Refusal, Reply, ok};
use crate::sandbox::heroku::entity::App;
use crate::sandbox::heroku::wire;
use crate::sandbox::heroku::world::World;
use crate::sandbox::host::ids::now;

/// `GET /apps/:app/features`
pub(super) async fn list(
    State(platform): State<Shared>,
    Path(app): Path<String>,
    headers: HeaderMap,
) -> Reply {
    let mut world = platform.world();
    switch_on(&platform, &mut world, &app);
    let features = vec![wire::preboot(find_app(&world, &app)?)];
    paged(&platform, &headers, &["id", "name"], features)
}

/// `GET /apps/:app/features/:feature`
pub(super) async fn info(
    State(platform): State<Shared>,
    Path((app, feature)): Path<(String, String)>,
) -> Reply {
    let mut world = platform.world();
    switch_on(&platform, &mut world, &app);
    let app = find_app(&world, &app)?;
    known(app, &feature)?;
    Ok(ok(&wire::preboot(app)))
}

/// `PATCH /apps/:app/features/:feature`
pub(super) async fn update(
    State(platform): State<Shared>,
    Path((app, feature)): Path<(String, String)>,
    bytes: Bytes,
) -> Reply {
    let wanted = body::object(&bytes)?;
    let mut world = platform.world();
    let app = world.app_mut(&app).ok_or_else(|| Refusal::missing("app"))?;
    known(app, &feature)?;
    app.preboot = wanted["enabled"]
        .as_bool()
        .ok_or_else(|| Refusal::invalid("Require params: enabled."))?;
    app.updated_at = now();
    Ok(ok(&wire::preboot(app)))
}

/// A fault may switch it on, and so what ran before is what answers.
fn switch_on(platform: &Shared, world: &mut World, app: &str) {
    if let Some(app) = world.app_mut(app)
        && platform.host.strikes(Occasion::Feature, &app.name)
    {
        app.preboot = true;
    }
}

/// Refuses a feature, by its name or id, that an app does not have.
fn known(app: &App, feature: &str) -> Result<(), Refusal> {
    let preboot = wire::preboot(app);
    if [&preboot["name"], &preboot["id"]].contains(&&feature.into()) {
        Ok(())
    } else {
        Err(Refusal::missing("feature"))
    }
}
