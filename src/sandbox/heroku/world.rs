//! The platform's memory, with the look-ups and the changes that keep it consistent.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use super::entity::{
    App, Build, Coupling, Pipeline, Promotion, Release, ReleaseStatus, Slug, Status,
};
use crate::sandbox::host::ids::{Ids, now};
use crate::sandbox::host::output::Outputs;
use crate::sandbox::host::web::Page;
use crate::sandbox::spec::Generation;

/// The platform's memory.
#[derive(Debug, Default)]
pub(super) struct World {
    pub(super) ids: Ids,
    pub(super) apps: Vec<App>,
    pub(super) slugs: Vec<Slug>,
    pub(super) pipelines: Vec<Pipeline>,
    pub(super) couplings: Vec<Coupling>,
    pub(super) promotions: Vec<Promotion>,
    /// The output streams of the host.
    pub(super) outputs: Outputs,
}

/// A release to make.
#[derive(Debug)]
pub(super) struct NewRelease {
    pub(super) slug: Option<String>,
    pub(super) description: String,
    /// The config vars that go with it; `None` takes the app's.
    pub(super) config_vars: Option<BTreeMap<String, String>>,
    /// Whether it has a release phase, and is pending until that ends.
    pub(super) phase: bool,
}

impl World {
    /// An app by its id or name.
    pub(super) fn app(&self, key: &str) -> Option<&App> {
        self.apps
            .iter()
            .find(|app| app.id == key || app.name == key)
    }

    /// The same, to change it.
    pub(super) fn app_mut(&mut self, key: &str) -> Option<&mut App> {
        self.apps
            .iter_mut()
            .find(|app| app.id == key || app.name == key)
    }

    /// A slug, or an image by its id or digest, that an app may release: its own, or one that it has released.
    pub(super) fn slug_of(&self, app: &App, key: &str) -> Option<&Slug> {
        self.slugs.iter().find(|slug| {
            let is_it =
                slug.id == key || (app.generation == Generation::Fir && slug.digest() == key);
            let released = || {
                let mut releases = app.releases.iter();
                releases.any(|release| release.slug.as_ref() == Some(&slug.id))
            };
            is_it && (slug.app == app.id || released())
        })
    }

    /// A slug by its id.
    pub(super) fn slug(&self, id: &str) -> Option<&Slug> {
        self.slugs.iter().find(|slug| slug.id == id)
    }

    /// A pipeline by its id.
    pub(super) fn pipeline(&self, id: &str) -> Option<&Pipeline> {
        self.pipelines.iter().find(|pipeline| pipeline.id == id)
    }

    /// Where an app is coupled, by the app's id.
    pub(super) fn coupling_of(&self, app: &str) -> Option<&Coupling> {
        self.couplings.iter().find(|coupling| coupling.app == app)
    }

    /// A release of an app by its id or version number.
    pub(super) fn release(&self, app: &str, key: &str) -> Option<&Release> {
        self.app(app)?.releases.iter().find(|release| {
            release.id == key || key.parse::<u64>().is_ok_and(|n| n == release.version)
        })
    }

    /// A build of an app, to change it.
    pub(super) fn build_mut(&mut self, app: &str, id: &str) -> Option<&mut Build> {
        self.app_mut(app)?
            .builds
            .iter_mut()
            .find(|build| build.id == id)
    }

    /// A promotion, to change it.
    pub(super) fn promotion_mut(&mut self, id: &str) -> Option<&mut Promotion> {
        self.promotions
            .iter_mut()
            .find(|promotion| promotion.id == id)
    }

    /// Adds a release to an app; without a release phase it runs at once. Gives the release's id.
    pub(super) fn add_release(&mut self, app: &str, new: NewRelease) -> Option<String> {
        let id = self.ids.next();
        let (app_id, app_name) = self
            .app(app)
            .map(|app| (app.id.clone(), app.name.clone()))?;
        let output = new.phase.then(|| {
            let path = format!("/streams/ap/{app_id}/logs/re/{id}.log");
            self.outputs.add(path, app_name)
        });
        let slug = new.slug.as_deref().and_then(|id| self.slug(id));
        let of_images = slug.is_some_and(Slug::is_images);
        let app = self.app_mut(&app_id)?;
        let version = app.releases.last().map_or(1, |last| last.version + 1);
        app.releases.push(Release {
            id: id.clone(),
            version,
            description: new.description,
            slug: new.slug,
            of_images,
            status: ReleaseStatus::Pending,
            current: false,
            created_at: now(),
            updated_at: now(),
            config_vars: new.config_vars.unwrap_or_else(|| app.config_vars.clone()),
            output,
        });
        if !new.phase {
            self.settle_release(&app_id, &id, ReleaseStatus::Succeeded);
        }
        Some(id)
    }

    /// Gives a release its verdict. One that succeeded becomes the current one, unless a later one did before.
    pub(super) fn settle_release(&mut self, app: &str, id: &str, status: ReleaseStatus) {
        let Some(app) = self.app_mut(app) else { return };
        let running = app.current().map_or(0, |release| release.version);
        let Some(release) = app.releases.iter_mut().find(|release| release.id == id) else {
            return;
        };
        release.status = status;
        release.updated_at = now();
        let version = release.version;
        if status == ReleaseStatus::Succeeded && version > running {
            let before = app.current().filter(|before| before.slug.is_some());
            app.before = before.map(|before| (before.id.clone(), Instant::now()));
            for release in &mut app.releases {
                release.current = release.version == version;
            }
            app.updated_at = now();
        }
    }

    /// What an app shows: its current release, or with preboot for a while the one before it.
    pub(super) fn page(&self, name: &str, preboot: Duration) -> Page {
        let Some(app) = self.apps.iter().find(|app| app.name == name) else {
            return Page::NoApp;
        };
        if app.maintenance {
            return Page::Maintenance;
        }
        let before = app
            .before
            .as_ref()
            .filter(|(_, since)| app.preboot && since.elapsed() < preboot)
            .and_then(|(id, _)| app.releases.iter().find(|release| release.id == *id));
        let release = before.or_else(|| app.current());
        let running =
            release.and_then(|release| Some((release, self.slug(release.slug.as_deref()?)?)));
        running.map_or(Page::NoRelease, |(release, slug)| Page::Running {
            version: release.version,
            source: slug.shown(),
        })
    }

    /// Gives a promotion's target its verdict.
    pub(super) fn settle_target(
        &mut self,
        promotion: &str,
        target: &str,
        verdict: Result<(), &str>,
    ) {
        let Some(promotion) = self.promotion_mut(promotion) else {
            return;
        };
        promotion.updated_at = now();
        let Some(target) = promotion.targets.iter_mut().find(|one| one.id == target) else {
            return;
        };
        match verdict {
            Ok(()) => target.status = Status::Succeeded,
            Err(message) => {
                target.status = Status::Failed;
                target.error_message = Some(message.to_owned());
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn world() -> World {
        let mut world = World::default();
        let id = world.ids.next();
        let app = App::new(id, "shop".to_owned(), Generation::Cedar);
        world.apps.push(app);
        world
    }

    fn new(phase: bool) -> NewRelease {
        NewRelease {
            slug: None,
            description: String::new(),
            config_vars: None,
            phase,
        }
    }

    #[test]
    fn a_release_without_a_phase_runs_at_once() {
        let mut world = world();
        let id = world.add_release("shop", new(false)).unwrap();
        assert_eq!(world.app("shop").unwrap().current().unwrap().id, id);
    }

    #[test]
    fn a_failed_release_does_not_become_the_current_one() {
        let mut world = world();
        let first = world.add_release("shop", new(false)).unwrap();
        let second = world.add_release("shop", new(true)).unwrap();
        world.settle_release("shop", &second, ReleaseStatus::Failed);
        assert_eq!(world.app("shop").unwrap().current().unwrap().id, first);
        assert_eq!(
            world.release("shop", "2").unwrap().status,
            ReleaseStatus::Failed
        );
    }

    #[test]
    fn a_release_that_succeeds_late_does_not_replace_a_newer_one() {
        let mut world = world();
        let slow = world.add_release("shop", new(true)).unwrap();
        let quick = world.add_release("shop", new(false)).unwrap();
        world.settle_release("shop", &slow, ReleaseStatus::Succeeded);
        assert_eq!(world.app("shop").unwrap().current().unwrap().id, quick);
    }
}
