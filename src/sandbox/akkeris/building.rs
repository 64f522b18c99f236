//! Carrying out builds, and releasing what they make where the app wants that.

use std::fmt::Write as _;
use std::sync::Arc;

use tokio::time::sleep;

use super::dockerfile;
use super::rollout;
use super::world::{Status, World, now};
use crate::sandbox::akkeris::{Akkeris, Shared};
use crate::sandbox::fault::{Effect, Occasion};
use crate::sandbox::host::part;
use crate::sandbox::host::{additions, basic, blob};

/// The longest environment variable that the kernel takes. A source travels to the worker in one, encoded twice, with the
/// app's config vars beside it.
const LONGEST_VARIABLE: usize = 128 << 10;
/// About what else is in there.
const BESIDE: usize = 750;
/// How many pieces the output is flushed in. They end where they end, in the middle of a line too.
const FLUSHES: usize = 7;

/// Starts a build in the background.
pub(super) fn start(platform: &Shared, build: String) {
    platform.host.spawn(run(Arc::clone(platform), build));
}

async fn run(platform: Shared, id: String) {
    let pace = platform.host.pace.build;
    sleep(part(pace, 10)).await;
    let Some(job) = begin(&platform, &id) else {
        return;
    };
    let name = &job.app;
    let effects = platform.host.strike(Occasion::Build, name);
    if effects.contains(&Effect::BuildNever) {
        return;
    }
    platform.world().take_up(&id);
    let (mut output, mut verdict) = work(&platform, &job);
    for piece in additions::of(&platform.host.strike(Occasion::Log, name)) {
        output.push_str(&String::from_utf8_lossy(&piece));
    }
    if effects.contains(&Effect::BuildFail) {
        verdict = Err("The sandbox was told to fail this build.".to_owned());
    }
    if let Err(why) = &verdict {
        let _ = writeln!(
            output,
            "    - Error during build (docker build process, standard build): {why}\nError: {why}\n    at build (worker.js:74:5)\n{{}}"
        );
    }
    let slow = effects.iter().find_map(|effect| match effect {
        Effect::BuildSlow(time) => Some(*time),
        _ => None,
    });
    let pause = part(
        slow.unwrap_or(pace / 10 * 8),
        u32::try_from(FLUSHES).unwrap_or(1),
    );
    let text: Vec<char> = output.chars().collect();
    for piece in text.chunks(text.len().div_ceil(FLUSHES).max(1)) {
        sleep(pause).await;
        let mut world = platform.world();
        match world.build_mut(&id) {
            Some(build) if build.status == Status::Pending => build.output.extend(piece),
            _ => return,
        }
    }
    sleep(part(pace, 10)).await;
    let status = if verdict.is_ok() {
        Status::Succeeded
    } else {
        Status::Failed
    };
    if !platform.world().set_build(&id, status) || verdict.is_err() {
        return;
    }
    auto_release(&platform, &id, name).await;
}

/// What the worker is given.
struct Job {
    app: String,
    url: String,
    /// The first lines of the output.
    opening: String,
    /// The size of the app's config vars.
    vars: usize,
}

fn begin(platform: &Akkeris, id: &str) -> Option<Job> {
    let world = platform.world();
    let build = world.build(id).ok()?;
    let app = world.app(&build.app).ok()?;
    let vars = app.config_vars.iter();
    let vars = vars.map(|(name, value)| name.len() + value.len()).sum();
    let name = app.name();
    let mut opening = format!("    - Generating build for {name} build uuid {id}\n");
    if !build.repo.is_empty() {
        let _ = writeln!(
            opening,
            "    - Getting source code for {}/{} SHA {}...",
            build.repo, build.branch, build.sha
        );
    }
    Some(Job {
        app: name,
        url: build.url.clone(),
        opening,
        vars,
    })
}

/// What the worker prints, and what comes of it.
fn work(platform: &Akkeris, job: &Job) -> (String, Result<(), String>) {
    let mut output = job.opening.clone();
    if job.url.starts_with("docker://") {
        output.push_str("latest: digest: sha256:0 size: 1\n");
        return (output, Ok(()));
    }
    let dockerfile =
        match fetch(platform, &job.url, job.vars).and_then(|bytes| dockerfile::find(&bytes)) {
            Ok(dockerfile) => dockerfile,
            Err(why) => return (output, Err(why)),
        };
    let (steps, failure) = dockerfile::steps(&dockerfile);
    for (at, step) in steps.iter().enumerate() {
        // Writing to a String cannot fail.
        let _ = writeln!(output, "Step {}/{} : {step}", at + 1, steps.len());
        match step.strip_prefix("RUN echo ") {
            Some(words) => {
                let _ = writeln!(output, "{words}\n---> 0123456789ab");
            }
            None => output.push_str("---> 0123456789ab\n"),
        }
    }
    match failure {
        Some(why) => (output, Err(why)),
        None => {
            output.push_str("Successfully built 0123456789ab\nlatest: digest: sha256:0 size: 1\n");
            (output, Ok(()))
        }
    }
}

/// The source behind an address: within it, or on the sandbox's own upload host.
fn fetch(platform: &Akkeris, url: &str, vars: usize) -> Result<Vec<u8>, String> {
    if let Some(data) = url.strip_prefix("data:") {
        let Some(text) = data.strip_prefix("base64,") else {
            // With a media type in front, the text itself is taken for the archive.
            return Ok(data.as_bytes().to_vec());
        };
        let bytes = basic::decode(text).ok_or("The source is not base64.")?;
        if bytes.len() * 16 / 9 + (vars + BESIDE) * 4 / 3 >= LONGEST_VARIABLE {
            return Err("spawn E2BIG".to_owned());
        }
        return Ok(bytes);
    }
    let bytes = blob::fetch(&platform.host, url).map_err(|why| why.to_string())?;
    Ok(bytes.to_vec())
}

/// What the timer does, for apps with the feature: it releases the newest build if that has no release.
async fn auto_release(platform: &Shared, id: &str, name: &str) {
    sleep(platform.host.pace.release_phase * 2).await;
    let mut world = platform.world();
    let Ok(build) = world.build(id) else { return };
    let app = build.app.clone();
    let newest = world.builds.iter().rfind(|build| build.app == app);
    let is_newest = newest.is_some_and(|newest| newest.id == id);
    let released = world.releases.iter().any(|release| release.build == id);
    let wanted = !world.timer_stopped && world.app(&app).is_ok_and(|app| app.auto_release);
    if is_newest && wanted && !released {
        let release = world.add_release(&app, id, "Auto-released build".to_owned());
        let _ = rollout::start(platform, &mut world, &release, name, 0);
    }
}

impl World {
    /// The build service has taken a build up.
    fn take_up(&mut self, id: &str) {
        let number = self.builds.len() as u64 + 1;
        if let Some(build) = self.build_mut(id) {
            build.number = number;
        }
        self.set_build(id, Status::Pending);
    }

    /// Changes a build's status; false if it was at its end.
    fn set_build(&mut self, id: &str, status: Status) -> bool {
        match self.build_mut(id) {
            Some(build) if !build.status.ended() => {
                build.status = status;
                build.updated_at = now();
                true
            }
            _ => false,
        }
    }
}
