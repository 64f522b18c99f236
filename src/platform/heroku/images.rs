//! Releases of images on the container stack (heroku.md §2): a variant of the batch update of the formation makes them, and
//! its answer does not say which one it made. The platform's client compares the newest release before and after. Here the
//! release is known by its name, `Deployed web (142013fe2b5c)`, which the platform gives it: others may be made meanwhile. An image
//! that runs already makes no release, so a request whose answer was lost, and which made none, may be sent again.

use std::{collections::BTreeMap, time::Duration};

use async_trait::async_trait;
use reqwest::{Method, header::ACCEPT};
use serde::de::IgnoredAny;
use serde_json::{Value, json};

use super::Heroku;
use crate::{
    http::{Error, Request},
    platform::{
        Artifact, Platform as _,
        images::{Containers, Images, Released, short},
        once::{self, Creation},
        types::{App, Release, ReleaseStatus},
    },
};

/// The variant of the API that takes images.
const VERSION_3_IMAGES: &str = "application/vnd.heroku+json; version=3.docker-releases";
/// How many of the newest releases are looked at.
const NEWEST: usize = 10;

#[async_trait(?Send)]
impl Containers for Heroku {
    async fn release_images(
        &self,
        app: &App,
        images: &Images,
        newest: u64,
    ) -> Result<Option<Release>, Error> {
        let updates = images.0.iter();
        let updates = updates.map(|(kind, id)| json!({"type": kind, "docker_image": id}));
        let body = json!({"updates": updates.collect::<Value>()});
        let path = format!("/apps/{}/formation", app.id);
        let send = async || {
            let budget = self.services.pacing.budget_before();
            let request = Request::post(&path, Some(&body), budget)
                .method(Method::PATCH)
                .header(ACCEPT, VERSION_3_IMAGES);
            self.services.api.fetch::<IgnoredAny>(request).await?;
            Ok(None)
        };
        let find = async |budget| {
            let releases = self.releases(app, NEWEST, budget).await?;
            Ok(made(&releases, images, newest).cloned().map(Some))
        };
        once::make(&self.services, send, find)
            .await
            .map(Creation::thing)
    }

    async fn released_images(
        &self,
        app: &App,
        images: &Images,
        newest: u64,
        budget: Duration,
    ) -> Result<Released, Error> {
        let releases = self.releases(app, NEWEST, budget).await?;
        Ok(released(&releases, images, newest))
    }
}

/// What a release's name says of images: the beginning of each one's id, by process type. How one of several is called is not
/// documented, so whatever `TYPE (DIGITS)` stands in it is read.
pub(super) fn told(description: &str) -> Option<Artifact> {
    let rest = description.strip_prefix("Deployed ")?;
    let mut images = BTreeMap::new();
    let mut pieces = rest.split('(');
    let mut before = pieces.next()?;
    for piece in pieces {
        let (inside, behind) = piece.split_once(')').unwrap_or((piece, ""));
        let kind = before.split([' ', ',']).rfind(|word| !word.is_empty());
        if let (Some(kind), Some(id)) = (kind, short(inside)) {
            images.insert(kind.to_owned(), id);
        }
        before = behind;
    }
    (!images.is_empty()).then_some(Artifact::Images(images))
}

/// Whether a release's name says that config vars made it: it runs what ran before.
fn is_of_config_vars(release: &Release) -> bool {
    let name = &release.description;
    ["Set ", "Remove "]
        .iter()
        .any(|verb| name.starts_with(verb))
        && name.ends_with(" config vars")
}

/// Gives releases, newest first, the images of those that they repeat: the one before a change of config vars, the one that was
/// gone back to. Only where the list has it, and it is certain that it ran.
pub(super) fn repeated(releases: &mut [Release]) {
    for at in (0..releases.len()).rev() {
        let release = &releases[at];
        if release.artifact.is_some() {
            continue;
        }
        let repeats = if is_of_config_vars(release) {
            releases.get(at + 1)
        } else {
            let version = release.description.strip_prefix("Rollback to v");
            let version = version.and_then(|version| version.parse::<u64>().ok());
            version.and_then(|version| releases.iter().find(|one| one.at.version == version))
        };
        let known = repeats.filter(|one| {
            one.status == ReleaseStatus::Succeeded
                && matches!(one.artifact, Some(Artifact::Images(_)))
        });
        releases[at].artifact = known.and_then(|one| one.artifact.clone());
    }
}

/// The release that was made of images since the newest one had this version, if one says that it is theirs. It tells at least
/// those that are new.
fn made<'r>(releases: &'r [Release], images: &Images, newest: u64) -> Option<&'r Release> {
    let Artifact::Images(wanted) = images.artifact() else {
        return None;
    };
    let mut later = releases.iter().rev().filter(|one| one.at.version > newest);
    later.find(|release| match told(&release.description) {
        Some(Artifact::Images(told)) => told.iter().all(|(kind, id)| wanted.get(kind) == Some(id)),
        _ => false,
    })
}

/// What came of a request that was accepted, by the newest releases of its app, newest first. Before it the newest had this
/// version.
fn released(releases: &[Release], images: &Images, newest: u64) -> Released {
    if let Some(made) = made(releases, images, newest) {
        return Released::Made(made.clone());
    }
    let Some(last) = releases.first() else {
        return Released::Unknown("it has no release".to_owned());
    };
    let later = || releases.iter().filter(|one| one.at.version > newest);
    let wanted = Some(images.artifact());
    if last.artifact.is_some()
        && last.artifact != wanted
        && last.at.version > newest
        && !is_of_config_vars(last)
    {
        return Released::Unknown(format!(
            "somebody else released {} meanwhile: {}",
            last.at, last.description
        ));
    }
    // One whose name says nothing: what was accepted is in it.
    let unnamed = later().find(|one| one.artifact.is_none() && !is_of_config_vars(one));
    if let Some(unnamed) = unnamed {
        return Released::Made(unnamed.clone());
    }
    let runs = last.current != Some(false) && last.status == ReleaseStatus::Succeeded;
    let pending = last.status == ReleaseStatus::Pending && last.at.version > newest;
    if runs || pending {
        return Released::Same(last.clone());
    }
    Released::Unknown(format!(
        "it made no release of them, as if they ran already, and its newest release {} is `{}`",
        last.at,
        last.status.word()
    ))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::ReleaseRef;

    const WEB: &str = "sha256:0011223344556677889900112233445566778899001122334455667788990011";
    const WORKER: &str = "sha256:aabbccddeeff6677889900112233445566778899001122334455667788990011";

    fn images() -> Images {
        let of = |kind: &str, id: &str| (kind.to_owned(), id.to_owned());
        Images([of("web", WEB), of("worker", WORKER)].into())
    }

    /// Releases, newest first: `4 succeeded: Deployed web (…)`, or of a slug with a `/` before its name. The newest one that
    /// succeeded is current.
    fn releases(lines: &[&str]) -> Vec<Release> {
        let mut current = Some(true);
        let each = lines.iter().map(|line| {
            let (head, name) = line.split_once(": ").unwrap();
            let (version, status) = head.split_once(' ').unwrap();
            let status = ReleaseStatus::read(status);
            let is_current = status == ReleaseStatus::Succeeded && current.take().is_some();
            let slug = name
                .strip_prefix('/')
                .map(|_| Artifact::Slug(name.to_owned()));
            Release {
                at: ReleaseRef {
                    id: version.to_owned(),
                    version: version.parse().unwrap(),
                },
                status,
                current: Some(is_current),
                artifact: slug.or_else(|| told(name)),
                output: None,
                description: name.to_owned(),
                user: None,
                created_at: None,
            }
        });
        let mut all: Vec<Release> = each.collect();
        repeated(&mut all);
        all
    }

    #[test]
    fn the_name_of_a_release_tells_images() {
        for (name, expected) in [
            ("Deployed web (001122334455)", "web 001122334455"),
            (
                "Deployed web (001122334455), worker (aabbccddeeff)",
                "web 001122334455, worker aabbccddeeff",
            ),
            (
                "Deployed web (sha256:001122334455667) and worker (AABBCCDDEEFF)",
                "web 001122334455, worker aabbccddeeff",
            ),
            ("Deployed web (0011)", ""),
            ("Deployed web", ""),
            ("Deploy web (001122334455)", ""),
            ("Deployed (001122334455)", ""),
            ("Deployed web (001122334455", "web 001122334455"),
        ] {
            let seen = told(name).map_or(String::new(), |one| one.name());
            assert_eq!(seen, expected, "{name}");
        }
    }

    #[test]
    fn the_release_is_found_among_those_of_others() {
        const BOTH: &str = "Deployed web (001122334455), worker (aabbccddeeff)";
        let named = |version: u64| format!("{version} succeeded: {BOTH}");
        let of = |lines: &[&str]| match released(&releases(lines), &images(), 3) {
            Released::Made(release) => format!("made {}", release.at),
            Released::Same(release) => format!("same {}", release.at),
            Released::Unknown(why) => why,
        };
        for (lines, expected) in [
            (vec![&*named(4), "3 succeeded: /old"], "made v4"),
            (vec!["4 pending: Deployed worker (aabbccddeeff)"], "made v4"),
            (vec!["5 succeeded: Set A config vars", &named(4)], "made v4"),
            (vec![&named(5), "4 succeeded: Set A config vars"], "made v5"),
            (vec!["3 succeeded: Deployed web (001122334455)"], "same v3"),
            (vec![&named(3)], "same v3"),
            (vec!["4 succeeded: Set A config vars", &named(3)], "same v4"),
            (vec!["4 pending: Set A config vars", &named(3)], "same v4"),
            // In other words than are known.
            (vec!["4 pending: Released", "3 succeeded: /old"], "made v4"),
            (
                vec!["5 succeeded: Set A config vars", "4 failed: Released"],
                "made v4",
            ),
            (
                vec!["4 succeeded: Deployed web (ffffffffffff)"],
                "somebody else released v4",
            ),
            (vec!["4 succeeded: /other"], "somebody else released v4"),
            // Ours was made, and then somebody went on.
            (vec!["5 succeeded: /other", &named(4)], "made v4"),
            (vec!["3 failed: Deployed web (001122334455)"], "is `failed`"),
            (vec![], "no release"),
        ] {
            let seen = of(&lines);
            assert!(seen.contains(expected), "{lines:?}: {seen}");
        }
    }

    #[test]
    fn what_is_repeated_is_known_only_if_it_ran() {
        const OURS: &str = "2 succeeded: Deployed web (001122334455)";
        let name = |lines: &[&str]| {
            let all = releases(lines);
            all[0]
                .artifact
                .as_ref()
                .map_or(String::new(), Artifact::name)
        };
        for (lines, expected) in [
            (
                vec!["3 succeeded: Set A config vars", OURS],
                "web 001122334455",
            ),
            (
                vec![
                    "4 succeeded: Remove A config vars",
                    "3 succeeded: Set A config vars",
                    OURS,
                ],
                "web 001122334455",
            ),
            (vec!["3 succeeded: Attach DATABASE", OURS], ""),
            (
                vec![
                    "4 succeeded: Set A config vars",
                    "3 failed: Deployed web (ffffffffffff)",
                    OURS,
                ],
                "",
            ),
            (
                vec![
                    "4 succeeded: Rollback to v2",
                    "3 succeeded: Deployed web (ffffffffffff)",
                    OURS,
                ],
                "web 001122334455",
            ),
            (vec!["9 succeeded: Rollback to v2"], ""),
        ] {
            assert_eq!(name(&lines), expected, "{lines:?}");
        }
    }
}
