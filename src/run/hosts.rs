//! The hosts that a run talks to, for lists of what a CI job may reach. As far as they are known before the run: from
//! `deploy.yaml` and, if it was asked, from the platform.

use std::collections::{BTreeMap, BTreeSet};

use secrecy::{ExposeSecret as _, SecretString};
use serde::Serialize;
use url::Url;

use super::{Run, facts::Facts, plan::check_names};
use crate::{
    config::{Check, Config, Delivery, HttpTarget, notify::Action},
    failure::Failure,
    model::{PlatformKind, UPLOAD},
    platform::types::Build,
};

/// The hosts that a run talks to.
#[derive(Debug, Default, Serialize)]
pub struct Hosts {
    /// The version of this shape.
    pub schema_version: u32,
    /// The hosts, sorted.
    pub hosts: Vec<Host>,
    /// What else a person should know: which hosts are unknown.
    pub notes: Vec<String>,
}

/// A host.
#[derive(Debug, PartialEq, Eq, Serialize)]
pub struct Host {
    /// Its name; `*.example.com` is any host under that domain.
    pub host: String,
    /// Its port.
    pub port: u16,
    /// What it is talked to for, sorted.
    pub purposes: Vec<String>,
}

/// What the platform said, for the hosts that only it knows.
#[derive(Clone, Copy)]
pub struct PlatformAnswers<'a> {
    /// Its apps.
    pub facts: &'a Facts,
    /// The newest builds of the first app.
    pub builds: &'a [Build],
}

/// The port of an address without one.
const HTTPS: u16 = 443;

#[derive(Default)]
struct Found(BTreeMap<(String, u16), BTreeSet<String>>);

impl Found {
    fn add(&mut self, url: &Url, purpose: impl Into<String>) {
        if let (Some(host), Some(port)) = (url.host_str(), url.port_or_known_default()) {
            self.named(host, port, purpose);
        }
    }

    fn named(&mut self, host: &str, port: u16, purpose: impl Into<String>) {
        let purposes = self.0.entry((host.to_owned(), port)).or_default();
        purposes.insert(purpose.into());
    }

    /// Of an address that is a secret only its host is read.
    fn secret(&mut self, text: &SecretString, purpose: &str) {
        if let Ok(url) = Url::parse(text.expose_secret()) {
            self.add(&url, purpose);
        }
    }
}

/// The hosts of a deploy up to the stage `to`. `api_url` is the API's address, if one is configured.
///
/// `registry` is where images are pushed to, if that is known.
pub fn hosts(
    config: &Config,
    to: usize,
    api_url: Option<&Url>,
    registry: Option<&Url>,
    said: Option<PlatformAnswers<'_>>,
) -> Hosts {
    let mut found = Found::default();
    let mut notes = Vec::new();
    match api_url {
        Some(url) => found.add(url, "API"),
        None => notes.push("the API's address is not configured".to_owned()),
    }
    source(config, &mut found);
    let pushes = !config.build.images.is_empty();
    match registry {
        Some(registry) if pushes => found.add(registry, "registry of `build.images`"),
        None if pushes => {
            notes
                .push("the address of the registry of `build.images` is not configured".to_owned());
        }
        _ => {}
    }
    let sends = !pushes
        && config.build.image.is_none()
        && matches!(config.source.delivery, Delivery::Platform);
    platforms_own(config.platform, api_url, sends, &mut found, &mut notes);
    if let Some(PlatformAnswers { facts, builds }) = said {
        for build in builds {
            if let Some(output) = &build.output {
                found.add(output.expose(), "output of builds");
            }
        }
        let releases = facts.stages.iter().flatten().flat_map(|app| &app.releases);
        for output in releases.filter_map(|release| release.output.as_ref()) {
            found.add(output.expose(), "output of release phases");
        }
    }
    checks(config, to, said, &mut found, &mut notes);
    hooks(config, &mut found, &mut notes);
    Hosts {
        schema_version: 1,
        hosts: found
            .0
            .into_iter()
            .map(|((host, port), purposes)| Host {
                host,
                port,
                purposes: purposes.into_iter().collect(),
            })
            .collect(),
        notes,
    }
}

/// The hosts that the source is fetched from or uploaded to.
fn source(config: &Config, found: &mut Found) {
    if let Some(image) = &config.build.image {
        // `docker://` has no default port of its own.
        if let Ok(url) = Url::parse(image.url.expose_secret())
            && let Some(host) = url.host_str()
        {
            found.named(
                host,
                url.port().unwrap_or(HTTPS),
                "registry of `build.image`",
            );
        }
        return;
    }
    match &config.source.delivery {
        Delivery::Platform => {}
        Delivery::Upload { put, .. } => found.secret(put, UPLOAD),
        Delivery::Hosted(url) => found.secret(url, "`source.url`"),
    }
}

/// The hosts that the platform names in its answers: known beforehand at its public address only.
fn platforms_own(
    platform: PlatformKind,
    api_url: Option<&Url>,
    sends: bool,
    found: &mut Found,
    notes: &mut Vec<String>,
) {
    let about = platform.about();
    if api_url.is_some_and(|url| about.is_public(url)) {
        for (host, purpose) in about.hosts {
            if sends || *purpose != UPLOAD {
                found.named(host, HTTPS, *purpose);
            }
        }
    } else if !about.hosts.is_empty() {
        notes.push(
            "this API names the hosts of uploads and output in its answers: they are known during a run only"
                .to_owned(),
        );
    }
}

fn checks(
    config: &Config,
    to: usize,
    said: Option<PlatformAnswers<'_>>,
    found: &mut Found,
    notes: &mut Vec<String>,
) {
    for (at, stage) in config.stages.iter().enumerate().take(to + 1) {
        for (check, name) in stage.verify.iter().zip(check_names(&stage.verify)) {
            match check {
                Check::Http(http) => {
                    let purpose = format!("check {name}");
                    if let HttpTarget::Url(url) = &http.target {
                        found.add(url, purpose);
                        continue;
                    }
                    let known = said.and_then(|said| said.facts.stages.get(at));
                    let urls = known.into_iter().flatten();
                    for url in urls.filter_map(|app| app.app.web_url.as_ref()) {
                        found.add(url, purpose.clone());
                    }
                    if known.is_none() {
                        let apps = crate::units::list(&stage.apps);
                        notes.push(format!(
                            "{purpose}: the platform tells the address of {apps}"
                        ));
                    }
                }
                Check::Dynos(_) => {}
                Check::Run(_) => {
                    notes.push(format!("`{name}` may talk to any host"));
                }
            }
        }
    }
}

fn hooks(config: &Config, found: &mut Found, notes: &mut Vec<String>) {
    for approval in config
        .stages
        .iter()
        .filter_map(|stage| stage.approval.as_ref()?.http())
    {
        found.secret(approval.written(), "approval");
    }
    for hook in &config.notify {
        match &hook.action {
            Action::Http { url, .. } => found.secret(url, "notify"),
            Action::Run(command) => {
                let command = command.lines().next().unwrap_or_default();
                notes.push(format!("`{command}` may talk to any host"));
            }
        }
    }
}

impl Run<'_> {
    /// The hosts of a deploy up to the stage `to`, with what the platform says of them.
    pub async fn hosts(&self, to: usize) -> Result<Hosts, Failure> {
        let facts = self.facts(0..=to).await?;
        let builds = match facts.first_app() {
            Some(app) => self.newest_builds(app, true).await?,
            None => Vec::new(),
        };
        let services = self.platform.services();
        let api_url = services.api.base();
        let registry = services.registry.as_ref();
        let registry = registry.map(|registry| &registry.address().url);
        let said = PlatformAnswers {
            facts: &facts,
            builds: &builds,
        };
        Ok(hosts(self.config, to, Some(api_url), registry, Some(said)))
    }
}
