//! Builds: asked for once, and found again where the answer was lost.

use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use serde_json::json;

use super::{Akkeris, wire};
use crate::platform::{
    error::{Error, Kind},
    types::{App, Build, BuildRequest, BuildStatus, SecretUrl},
};

/// How often a build is looked for whose fate is not known.
const LOOKS: u32 = 4;
/// How long a build that was answered with 503 is watched for a sign of life. Most stay queued for ever.
const SIGN_OF_LIFE: Duration = Duration::from_secs(15);

impl Akkeris {
    /// Creates a build. It carries a name of its own, by which it is found if the answer is lost.
    pub(super) async fn make_build(
        &self,
        app: &App,
        request: &BuildRequest,
    ) -> Result<Build, Error> {
        let name = unique_name();
        let mut body = json!({
            "url": request.source.expose().as_str(),
            "sha": request.commit.as_deref().unwrap_or(&request.version),
            "version": request.version,
            "message": name,
        });
        if let Some(sha256) = &request.sha256 {
            body["checksum"] = format!("sha256:{sha256}").into();
        }
        let path = format!("/apps/{}/builds", app.id);
        let error = match self.create::<wire::BuildJson>(&path, &body).await {
            Ok(json) => return Ok(self.known_build(app, json)),
            Err(error) if error.certainly_not_accepted() => return Err(error),
            Err(error) => error,
        };
        for _ in 0..LOOKS {
            self.pause().await;
            let patience = self.http.tempo().patience_before();
            let list: Vec<wire::BuildJson> = match self.read(path.as_str(), patience).await {
                Ok(list) => list,
                Err(_) => continue,
            };
            if let Some(json) = list.into_iter().find(|json| json.message() == Some(&name)) {
                let build = self.known_build(app, json);
                return match error.kind {
                    Kind::Busy { status: 503 } => self.alive(app, build, error).await,
                    _ => Ok(build),
                };
            }
        }
        Err(error)
    }

    /// A build that the build service refused is there all the same, and stays as it is for ever. One that moves is
    /// alive.
    async fn alive(&self, app: &App, build: Build, refusal: Error) -> Result<Build, Error> {
        let began = Instant::now();
        let patience = self.http.tempo().patience_before();
        let output = format!("/apps/{}/builds/{}/result", app.id, build.id);
        while began.elapsed() < self.http.tempo().of(SIGN_OF_LIFE) {
            let look: Result<wire::ResultJson, _> = self.read(output.as_str(), patience).await;
            if let Ok(look) = look {
                let status = BuildStatus::read(&look.build.status);
                let ended = matches!(status, BuildStatus::Succeeded | BuildStatus::Failed);
                if ended || !look.lines.is_empty() {
                    return Ok(build);
                }
            }
            self.pause().await;
        }
        let message = format!(
            "{}; build {} was left behind and stays `{}`: the build service did not take it",
            refusal.message,
            build.id,
            build.status.word()
        );
        Err(Error::new(Kind::Abandoned, refusal.request, message))
    }

    /// The newest builds of an app, newest first.
    pub(super) async fn newest_builds(
        &self,
        app: &App,
        count: usize,
        patience: Duration,
    ) -> Result<Vec<Build>, Error> {
        let path = format!("/apps/{}/builds", app.id);
        let list: Vec<wire::BuildJson> = self.read(path, patience).await?;
        let mut builds: Vec<Build> = list
            .into_iter()
            .map(|json| self.known_build(app, json))
            .collect();
        // They come in the order of their last change.
        builds.sort_by_key(|build| std::cmp::Reverse(build.created_at));
        builds.truncate(count);
        Ok(builds)
    }

    /// A build, with the place of its output: what the platform gives as such is wrong after a rebuild.
    pub(super) fn known_build(&self, app: &App, json: wire::BuildJson) -> Build {
        let mut output = self.http.base().clone();
        let base = output.path().trim_end_matches('/').to_owned();
        output.set_path(&format!("{base}/apps/{}/builds/{}/result", app.id, json.id));
        Build {
            status: json.status(),
            output: Some(SecretUrl::new(output)),
            release: None,
            slug: Some(json.id.clone()),
            version: json.version().map(str::to_owned),
            user: None,
            created_at: json.created_at(),
            id: json.id,
        }
    }
}

/// A name that no other run gives.
fn unique_name() -> String {
    let now = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .map_or(0, |since| since.as_nanos());
    format!("launchway {now:x}-{:x}", std::process::id())
}
