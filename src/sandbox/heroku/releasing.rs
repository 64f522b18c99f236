//! Making releases, with their release phases.

use std::collections::BTreeMap;
use std::future::pending;
use std::sync::Arc;

use tokio::time::sleep;

use super::entity::{ReleaseStatus, Slug};
use super::world::{NewRelease, World};
use crate::sandbox::fault::{Effect, Occasion};
use crate::sandbox::heroku::Shared;
use crate::sandbox::host::output::Output;
use crate::sandbox::host::part;

/// A release that somebody asked for.
#[derive(Debug)]
pub(super) struct Order {
    pub(super) slug: String,
    pub(super) description: String,
    /// The config vars of the release that is gone back to.
    pub(super) config_vars: Option<BTreeMap<String, String>>,
}

impl Order {
    /// The first release of a slug or an image.
    pub(super) fn deploy(slug: &Slug) -> Self {
        Self {
            slug: slug.id.clone(),
            description: format!("Deploy {}", short(slug)),
            config_vars: None,
        }
    }
}

/// The first eight characters of a slug's source version.
pub(super) fn short(slug: &Slug) -> String {
    let version = slug.commit.as_deref().unwrap_or(&slug.id);
    version.chars().take(8).collect()
}

/// Makes a release of an app, and runs its release phase in the background if it has one. Gives the release's id.
pub(super) fn release(
    platform: &Shared,
    world: &mut World,
    app: &str,
    order: Order,
) -> Option<String> {
    let (app_id, app_name) = world
        .app(app)
        .map(|app| (app.id.clone(), app.name.clone()))?;
    let declared = world
        .slug(&order.slug)
        .and_then(|slug| slug.process_types.get("release").cloned());
    let effects = platform.host.strike(Occasion::Phase, &app_name);
    let verdict = if platform
        .host
        .strike(Occasion::Release, &app_name)
        .is_empty()
    {
        ReleaseStatus::Succeeded
    } else {
        ReleaseStatus::Expired
    };
    let has_phase = declared.is_some() || !effects.is_empty();
    let id = world.add_release(
        &app_id,
        NewRelease {
            slug: Some(order.slug),
            description: order.description,
            config_vars: order.config_vars,
            phase: has_phase || verdict != ReleaseStatus::Succeeded,
        },
    )?;
    let output = world.release(&app_id, &id)?.output.clone();
    if let Some(output) = output {
        if has_phase {
            let command = declared.unwrap_or_else(|| "./release".to_owned());
            let phase = Phase {
                app: app_id,
                release: id.clone(),
                command,
                effects,
                verdict,
            };
            platform
                .host
                .spawn(run(Arc::clone(platform), phase, output));
        } else {
            output.close();
            world.settle_release(&app_id, &id, verdict);
        }
    }
    Some(id)
}

struct Phase {
    app: String,
    release: String,
    command: String,
    effects: Vec<Effect>,
    /// What becomes of the release if the command succeeds.
    verdict: ReleaseStatus,
}

async fn run(platform: Shared, phase: Phase, output: Arc<Output>) {
    let step = part(platform.host.pace.release_phase, 5);
    let failed = phase.effects.contains(&Effect::PhaseFail) || fails(&phase.command);
    let last = if failed {
        " !     Release command failed with exit status 1.\n"
    } else {
        "Release command done.\n"
    };
    let lines = [
        "Running release command...\n".to_owned(),
        format!("$ {}\n", phase.command),
        last.to_owned(),
    ];
    sleep(step).await;
    output.start(lines.iter().map(String::len).sum());
    for line in &lines[..2] {
        output.write(line.as_bytes());
        sleep(step).await;
    }
    for effect in &phase.effects {
        match effect {
            Effect::PhaseSlow(time) => sleep(*time).await,
            Effect::PhaseNever => pending().await,
            _ => {}
        }
    }
    output.write(lines[2].as_bytes());
    output.close();
    // As on the real platform, the verdict comes a little after the end of the output.
    sleep(step).await;
    let verdict = if failed {
        ReleaseStatus::Failed
    } else {
        phase.verdict
    };
    platform
        .world()
        .settle_release(&phase.app, &phase.release, verdict);
}

/// Whether a command is one that can only fail: `false`, or `exit` with anything but 0.
fn fails(command: &str) -> bool {
    let words: Vec<&str> = command
        .split(|c: char| c.is_whitespace() || ";&|()'\"".contains(c))
        .filter(|word| !word.is_empty())
        .collect();
    words.contains(&"false")
        || words
            .windows(2)
            .any(|pair| pair[0] == "exit" && pair[1].parse::<u8>().is_ok_and(|code| code != 0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commands_that_can_only_fail_are_known() {
        for command in [
            "false",
            "exit 1",
            "bash -c 'echo no; exit 3'",
            "true && false",
        ] {
            assert!(fails(command), "{command}");
        }
        for command in ["./migrate", "exit 0", "echo falsehood", "rake db:migrate"] {
            assert!(!fails(command), "{command}");
        }
    }
}
