//! Rolling releases out.

use std::sync::Arc;

use tokio::time::sleep;

use super::statuses;
use super::world::{Status, World};
use crate::sandbox::akkeris::Shared;
use crate::sandbox::fault::{Effect, Occasion};
use crate::sandbox::host::part;

/// A rollout that the cluster did not take.
#[derive(Debug)]
pub(super) struct CannotRollOut;

/// Starts to roll a release out; `index` is its place among a promotion's targets, from 1.
pub(super) fn start(
    platform: &Shared,
    world: &mut World,
    release: &str,
    app: &str,
    index: usize,
) -> Result<(), CannotRollOut> {
    let occasion = if index == 0 {
        Occasion::Release
    } else {
        Occasion::Target
    };
    let effects = platform.host.faults().strike(occasion, app, index);
    let phase = platform.host.faults().strike(Occasion::Phase, app, index);
    let any = |effect: Effect| effects.contains(&effect) || phase.contains(&effect);
    if any(Effect::TargetFail) || any(Effect::PhaseFail) || any(Effect::ReleaseExpire) {
        world.settle_release(release, Status::Failed);
        return Err(CannotRollOut);
    }
    world.settle_release(release, Status::Pending);
    if any(Effect::TargetNever) || any(Effect::PhaseNever) {
        // A rollout that goes wrong in the cluster is never reported.
        return Ok(());
    }
    platform
        .host
        .spawn(run(Arc::clone(platform), release.to_owned()));
    Ok(())
}

async fn run(platform: Shared, release: String) {
    sleep(platform.host.pace.release_phase).await;
    platform.world().settle_release(&release, Status::Succeeded);
    sleep(part(platform.host.pace.release_phase, 2)).await;
    statuses::report_all(&mut platform.world(), &release);
}
