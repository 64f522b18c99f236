//! Stacks near the end of their life: a warning in the plan, while there is time.

use std::{collections::BTreeMap, time::Duration};

use futures_util::future::join_all;

use super::{Run, plan::Plan};
use crate::{http::Kind, units};

/// The most apps that are named; the others are counted.
const NAMED: usize = 3;

/// The apps of each stack.
fn by_stack(plan: &Plan) -> BTreeMap<&str, Vec<&str>> {
    let mut stacks: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for app in plan.stages.iter().flat_map(|stage| &stage.apps) {
        if let Some(stack) = app.app.stack.as_deref() {
            stacks.entry(stack).or_default().push(&app.app.name);
        }
    }
    stacks
}

/// What a person should know of a deprecated stack.
fn note(stack: &str, apps: &[&str]) -> String {
    let named = &apps[..apps.len().min(NAMED)];
    let others = apps.len() - named.len();
    let who = if others == 0 {
        units::list(named)
    } else {
        format!("{} and {others} more", named.join(", "))
    };
    let verb = if apps.len() == 1 { "is" } else { "are" };
    format!(
        "{who} {verb} on the stack {stack}, which is deprecated: the platform will fail builds on it from time to time, and \
         refuse them in the end; set a newer one with `heroku stack:set` and deploy again"
    )
}

impl Run<'_> {
    /// Notes on the deprecated stacks of a plan's apps. Each stack is asked about once, and not again if that fails: the plan
    /// is as good without.
    pub(super) async fn deprecated_stacks(&self, plan: &Plan) -> Vec<String> {
        let asked = by_stack(plan).into_iter().map(async |(stack, apps)| {
            match self.platform.is_deprecated(stack, Duration::ZERO).await {
                Ok(true) => Some(note(stack, &apps)),
                Ok(false) => None,
                Err(error) => {
                    if !matches!(error.kind, Kind::NotFound | Kind::Unsupported) {
                        self.journal.note(format!(
                            "cannot tell whether the stack {stack} is deprecated: {error}"
                        ));
                    }
                    None
                }
            }
        });
        join_all(asked).await.into_iter().flatten().collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_few_apps_are_named_and_the_others_counted() {
        for (apps, begin) in [
            (&["a"][..], "a is on the stack heroku-22"),
            (&["a", "b"], "a and b are on"),
            (&["a", "b", "c"], "a, b and c are on"),
            (&["a", "b", "c", "d", "e"], "a, b, c and 2 more are on"),
        ] {
            assert!(note("heroku-22", apps).starts_with(begin), "{apps:?}");
        }
    }
}
