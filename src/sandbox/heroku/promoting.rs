//! Carrying out promotions.

use std::future::pending;
use std::sync::Arc;

use tokio::time::sleep;

use super::entity::ReleaseStatus;
use super::releasing::{self, Order, short};
use crate::sandbox::fault::{Effect, Occasion};
use crate::sandbox::heroku::Shared;
use crate::sandbox::host::part;

/// What a target says when its release command failed.
const COMMAND_FAILED: &str = "release command failed";
/// What a target says when a fault refuses it.
const REFUSED: &str = "Could not verify slug checksum";
/// What a target says when it wants a second factor.
const SECOND_FACTOR: &str =
    "A second authentication factor or pre-authorization is required for this request.";

/// One target that is on its way.
struct Way {
    promotion: String,
    target: String,
    app: String,
    index: usize,
}

/// Starts a promotion: every target for itself.
pub(super) fn start(platform: &Shared, promotion: &str) {
    let ways: Vec<Way> = platform
        .world()
        .promotion_mut(promotion)
        .map(|found| {
            let targets = found.targets.iter().enumerate();
            targets
                .map(|(at, target)| Way {
                    promotion: promotion.to_owned(),
                    target: target.id.clone(),
                    app: target.app.clone(),
                    index: at + 1,
                })
                .collect()
        })
        .unwrap_or_default();
    for way in ways {
        platform.host.spawn(run(Arc::clone(platform), way));
    }
}

async fn run(platform: Shared, way: Way) {
    let step = part(platform.host.pace.promotion, 2);
    sleep(step).await;
    let name = {
        let world = platform.world();
        world.app(&way.app).map(|app| app.name.clone())
    };
    let name = name.unwrap_or_default();
    let effects = platform
        .host
        .faults()
        .strike(Occasion::Target, &name, way.index);
    for effect in effects {
        match effect {
            Effect::TargetFail => return settle(&platform, &way, Err(REFUSED)),
            Effect::TargetSecondFactor => return settle(&platform, &way, Err(SECOND_FACTOR)),
            Effect::TargetNever => pending().await,
            _ => {}
        }
    }
    let Some(release) = make_release(&platform, &way) else {
        return settle(
            &platform,
            &way,
            Err("User does not have access to that app"),
        );
    };
    loop {
        sleep(step).await;
        let status = platform
            .world()
            .release(&way.app, &release)
            .map(|release| release.status);
        match status {
            Some(ReleaseStatus::Pending) => {}
            Some(ReleaseStatus::Succeeded | ReleaseStatus::Expired) => {
                return settle(&platform, &way, Ok(()));
            }
            _ => return settle(&platform, &way, Err(COMMAND_FAILED)),
        }
    }
}

/// Releases the source's slug to the target, and notes the release on the target.
fn make_release(platform: &Shared, way: &Way) -> Option<String> {
    let mut world = platform.world();
    let promotion = world.promotion_mut(&way.promotion)?;
    let (source_app, source_release) = (
        promotion.source_app.clone(),
        promotion.source_release.clone(),
    );
    let source = world.app(&source_app)?.name.clone();
    let release = world.release(&source_app, &source_release)?;
    let (slug, version) = (release.slug.clone()?, release.version);
    let commit = world.slug(&slug).map(short).unwrap_or_default();
    let order = Order {
        slug,
        description: format!("Promote {source} v{version} {commit}"),
        config_vars: None,
    };
    let id = releasing::release(platform, &mut world, &way.app, order)?;
    let promotion = world.promotion_mut(&way.promotion)?;
    let target = promotion
        .targets
        .iter_mut()
        .find(|target| target.id == way.target)?;
    target.release = Some(id.clone());
    Some(id)
}

fn settle(platform: &Shared, way: &Way, verdict: Result<(), &str>) {
    platform
        .world()
        .settle_target(&way.promotion, &way.target, verdict);
}
