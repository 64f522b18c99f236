//! What a stage requires: defaults, and what makes no sense.

use super::{Require, findings::Findings, raw, read::Spanned};

/// What a stage requires, with the defaults.
pub(super) fn require(raw: Option<&raw::Require>) -> Require {
    let (same_config, config_keys_but) =
        match raw.and_then(|raw| raw.same_config_keys.as_ref()?.get()) {
            // Only a platform that compares them itself does so unless it is told not to.
            None => (true, None),
            Some(raw::SameConfigKeys::Wanted(true)) => (true, Some(Vec::new())),
            Some(raw::SameConfigKeys::Wanted(false)) => (false, None),
            Some(raw::SameConfigKeys::But(table)) => {
                let names = table
                    .ignore
                    .get()
                    .map(|names| names.0.as_slice())
                    .unwrap_or_default();
                let names = names.iter().filter_map(Spanned::get);
                // The platform knows no exceptions.
                (false, Some(names.map(|name| name.0.clone()).collect()))
            }
        };
    let contexts = raw.and_then(|raw| raw.status_checks.as_ref()?.get());
    Require {
        same_config,
        config_keys_but,
        same_stack: raw
            .and_then(|raw| raw.same_stack.as_ref()?.get())
            .is_some_and(|wanted| *wanted),
        same_buildpacks: raw
            .and_then(|raw| raw.same_buildpacks.as_ref()?.get())
            .is_some_and(|wanted| *wanted),
        maintenance: raw
            .and_then(|raw| raw.maintenance.as_ref()?.get())
            .map(|choice| choice.0),
        windows: raw
            .and_then(|raw| raw.window.as_ref()?.get())
            .map(|windows| windows.0.clone())
            .unwrap_or_default(),
        status_checks: contexts
            .map(|list| {
                list.iter()
                    .filter_map(Spanned::get)
                    .map(|context| context.0.clone())
                    .collect()
            })
            .unwrap_or_default(),
    }
}

/// Reports what compares the apps of the first stage with those of the stage before.
pub(super) fn nothing_before_the_first(stages: &[Spanned<raw::Stage>], out: &mut Findings<'_>) {
    let first = stages.first().and_then(Spanned::get);
    let Some(require) = first.and_then(|stage| stage.require.as_ref()?.get()) else {
        return;
    };
    let wanted = |given: &Option<Spanned<bool>>| {
        given
            .as_ref()
            .filter(|given| given.get() == Some(&true))
            .map(|given| given.span.clone())
    };
    let names = require
        .same_config_keys
        .as_ref()
        .filter(|given| !matches!(given.get(), None | Some(raw::SameConfigKeys::Wanted(false))));
    for (key, span) in [
        ("same_config_keys", names.map(|given| given.span.clone())),
        ("same_stack", wanted(&require.same_stack)),
        ("same_buildpacks", wanted(&require.same_buildpacks)),
    ] {
        if let Some(span) = span {
            out.add(&span, format!("`{key}` in the first stage has nothing to compare with"))
                .help("it holds a stage's apps against the first app of the stage before: put it into a later stage");
        }
    }
}
