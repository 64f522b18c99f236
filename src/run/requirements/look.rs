//! Asks the platform for what the requirements of a stage are about, and for nothing else.

use futures_util::stream::{self, StreamExt as _, TryStreamExt as _};

use super::judge::{Observed, Side};
use crate::{
    config::Require,
    failure::Failure,
    http::Kind,
    platform::{MANY, types::App},
    run::Run,
};

/// The most apps that are read at the same time.
const AT_A_TIME: usize = 32;

impl Run<'_> {
    /// Looks at the apps of a stage and at the first app of the stage before. With `again` what is known of the apps
    /// themselves, which may be from long ago, is read anew.
    pub(super) async fn look(
        &self,
        require: &Require,
        source: Option<&App>,
        targets: &[&App],
        again: bool,
    ) -> Result<Observed, Failure> {
        let compares =
            require.config_keys_but.is_some() || require.same_stack || require.same_buildpacks;
        let source = source.filter(|_| compares);
        let mut apps: Vec<App> = source
            .into_iter()
            .chain(targets.iter().copied())
            .cloned()
            .collect();
        let changes =
            require.same_stack || require.same_buildpacks || require.maintenance.is_some();
        if again && changes {
            self.read_again(&mut apps).await?;
        }
        let sides: Vec<Side> = stream::iter(apps)
            .map(async |app| self.side(require, app).await)
            .buffered(AT_A_TIME)
            .try_collect()
            .await?;
        let mut sides = sides.into_iter();
        Ok(Observed {
            source: source.and_then(|_| sides.next()),
            targets: sides.collect(),
        })
    }

    /// Reads these apps anew: many in one request.
    async fn read_again(&self, apps: &mut [App]) -> Result<(), Failure> {
        let known = if apps.len() < MANY {
            Vec::new()
        } else {
            let ids: Vec<&str> = apps.iter().map(|app| app.id.as_str()).collect();
            self.apps_together(Some(&ids)).await
        };
        let read: Vec<App> = stream::iter(apps.iter())
            .map(
                async |app| match known.iter().find(|one| one.id == app.id) {
                    Some(known) => Ok(known.clone()),
                    None => {
                        let read = self.platform.app(&app.id, self.retry_budget()).await;
                        read.map_err(|e| {
                            self.cannot_read(&format!("reading the app {}", app.name), &e)
                        })
                    }
                },
            )
            .buffered(AT_A_TIME)
            .try_collect()
            .await?;
        apps.clone_from_slice(&read);
        Ok(())
    }

    /// Reads what an app is compared by.
    async fn side(&self, require: &Require, app: App) -> Result<Side, Failure> {
        let budget = self.retry_budget();
        let name = &app.name;
        let (mut names, mut buildpacks, mut addons) = (None, None, None);
        if require.config_keys_but.is_some() {
            let read = self.platform.config_names(&app, budget).await;
            let doing = format!("reading the names of {name}'s config vars");
            names = Some(read.map_err(|e| self.cannot_read(&doing, &e))?);
            // They only lead to a warning, so failing to read them stops nothing.
            addons = match self
                .platform
                .addon_services(&app, self.pacing().budget_in_doubt())
                .await
            {
                Ok(services) => Some(services),
                Err(error) if error.kind == Kind::Unsupported => None,
                Err(error) => {
                    self.journal
                        .warn(format!("the add-ons of {name} were not compared: {error}"));
                    None
                }
            };
        }
        if require.same_buildpacks {
            let read = self.platform.buildpacks(&app, budget).await;
            let doing = format!("reading the buildpacks of {name}");
            buildpacks = Some(read.map_err(|e| self.cannot_read(&doing, &e))?);
        }
        Ok(Side {
            app,
            names,
            buildpacks,
            addons,
        })
    }
}
