//! The faults of a running sandbox, and how often each has had a chance to strike.

use super::{Effect, Fault, HttpEffect, Scope};
use crate::sandbox::log::Origin;

/// The faults of a running sandbox.
#[derive(Debug, Default)]
pub(in crate::sandbox) struct Schedule {
    entries: Vec<(Fault, u32)>,
}

/// A moment at which a fault may strike.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::sandbox) enum Occasion {
    Build,
    Service,
    Phase,
    Release,
    Target,
    /// A look at the dynos of an app.
    Dynos,
    /// A release of images.
    Images,
    /// A part of a blob that comes.
    Blob,
    /// A blob that is there is asked for.
    StoredBlob,
    /// A look at an app itself, at its features, and at what it is set up with.
    App,
    Feature,
    Buildpacks,
    ConfigVars,
    Addons,
    Log,
    /// Whether there is a stream at all.
    Channel,
    Stream,
    Upload,
    Pipeline,
    Coupling,
    Page,
    Url(Origin),
    Request,
}

impl Schedule {
    /// A book of these faults, nothing counted yet.
    pub(in crate::sandbox) fn new(faults: Vec<Fault>) -> Self {
        Self {
            entries: faults.into_iter().map(|fault| (fault, 0)).collect(),
        }
    }

    /// What strikes on an occasion: an app's, if there is one, and the Nth target of a promotion.
    pub(in crate::sandbox) fn strike(
        &mut self,
        occasion: Occasion,
        app: &str,
        index: usize,
    ) -> Vec<Effect> {
        self.entries
            .iter_mut()
            .filter(|(fault, _)| {
                fault.on == occasion
                    && match &fault.scope {
                        Scope::Everything => true,
                        Scope::App(name) => name == app,
                        Scope::Index(n) => *n == index,
                        Scope::Requests(_) => false,
                    }
            })
            .filter_map(|(fault, count)| {
                *count += 1;
                fault.when.includes(*count).then(|| fault.effect.clone())
            })
            .collect()
    }

    /// What happens to a request, if anything.
    pub(in crate::sandbox) fn strike_request(
        &mut self,
        origin: Origin,
        method: &str,
        path: &str,
    ) -> Option<HttpEffect> {
        let mut found = None;
        for (fault, count) in &mut self.entries {
            let (Effect::Http(effect), Scope::Requests(requests)) = (&fault.effect, &fault.scope)
            else {
                continue;
            };
            if requests.matches(origin, method, path) {
                *count += 1;
                if found.is_none() && fault.when.includes(*count) {
                    found = Some(effect.clone());
                }
            }
        }
        found
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn book(faults: &[&str]) -> Schedule {
        Schedule::new(faults.iter().map(|text| text.parse().unwrap()).collect())
    }

    #[test]
    fn a_fault_strikes_at_its_time_and_place_only() {
        let mut book = book(&["build=fail@2:shop"]);
        assert!(book.strike(Occasion::Build, "other", 0).is_empty());
        assert!(book.strike(Occasion::Build, "shop", 0).is_empty());
        assert_eq!(book.strike(Occasion::Build, "shop", 0), [Effect::BuildFail]);
        assert!(book.strike(Occasion::Build, "shop", 0).is_empty());
    }

    #[test]
    fn the_second_target_is_the_second_target() {
        let mut book = book(&["target=fail:2"]);
        assert!(book.strike(Occasion::Target, "a", 1).is_empty());
        assert_eq!(book.strike(Occasion::Target, "b", 2), [Effect::TargetFail]);
    }

    #[test]
    fn requests_are_counted_by_each_fault_for_itself() {
        let mut book = book(&["http=reset@2:GET builds", "http=hang@3:builds"]);
        let mut get = || book.strike_request(Origin::Api, "GET", "/apps/a/builds/1");
        assert_eq!(get(), None);
        assert_eq!(get(), Some(HttpEffect::Reset { after: false }));
        assert_eq!(get(), Some(HttpEffect::Hang));
        assert_eq!(get(), None);
    }
}
