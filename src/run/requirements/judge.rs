//! Which requirements of a stage hold, given what the platform says of its apps. Pure.

use std::collections::BTreeSet;

use jiff::{Timestamp, Zoned};

use crate::{
    config::{Maintenance, Require, Window},
    journal::record::{RequirementRecord, RequirementResult},
    platform::types::{App, Buildpacks},
    units::{count, list},
};

/// How many apps or config vars are named; the others are counted.
const TOLD: usize = 10;

/// What is compared between an app and its source; empty where nothing is required.
#[derive(Clone, Debug)]
pub(super) struct Side {
    pub(super) app: App,
    /// The names of its config vars.
    pub(super) names: Option<BTreeSet<String>>,
    pub(super) buildpacks: Option<Buildpacks>,
    /// The services of its add-ons.
    pub(super) addons: Option<BTreeSet<String>>,
}

/// What the requirements of a stage are judged by.
#[derive(Clone, Debug)]
pub(super) struct Observed {
    /// The first app of the stage before.
    pub(super) source: Option<Side>,
    /// The apps that would be changed.
    pub(super) targets: Vec<Side>,
}

/// The current time, and whether the windows apply.
#[derive(Clone, Copy, Debug)]
pub(super) struct Moment {
    pub(super) now: Timestamp,
    /// The windows are overridden.
    pub(super) ignore_window: bool,
}

/// The keys of a stage's requirements in the order in which they are reported, except status checks.
pub(super) fn declared(require: &Require) -> Vec<&'static str> {
    [
        ("same_config_keys", require.config_keys_but.is_some()),
        ("same_stack", require.same_stack),
        ("same_buildpacks", require.same_buildpacks),
        ("maintenance", require.maintenance.is_some()),
        ("window", !require.windows.is_empty()),
    ]
    .into_iter()
    .filter_map(|(key, wanted)| wanted.then_some(key))
    .collect()
}

/// The state of each requirement, except status checks.
pub(super) fn judge(
    require: &Require,
    looked: &Observed,
    moment: Moment,
) -> Vec<RequirementRecord> {
    let mut rows = Vec::new();
    if let Some(source) = &looked.source {
        if let Some(but) = &require.config_keys_but {
            rows.push(config_keys(source, &looked.targets, but));
        }
        if require.same_stack {
            rows.push(stacks(source, &looked.targets));
        }
        if require.same_buildpacks {
            rows.push(buildpacks(source, &looked.targets));
        }
    }
    if let Some(wanted) = require.maintenance {
        rows.push(maintenance(wanted, &looked.targets));
    }
    rows.extend(window(&require.windows, moment));
    rows
}

/// How the windows stand; nothing if there are none.
pub(super) fn window(windows: &[Window], moment: Moment) -> Option<RequirementRecord> {
    if windows.is_empty() {
        return None;
    }
    if let Some(open) = windows.iter().find(|window| window.is_open(moment.now)) {
        return Some(row(
            "window",
            format!("`{}` is open", open.text()),
            Vec::new(),
        ));
    }
    let texts: Vec<String> = windows
        .iter()
        .map(|window| format!("`{}`", window.text()))
        .collect();
    let are = if texts.len() == 1 { "is" } else { "are" };
    let mut seen = format!("{} {are} closed", list(&texts));
    let next = windows.iter().filter_map(|window| window.opens(moment.now));
    if let Some(next) = next.min_by_key(Zoned::timestamp) {
        seen = format!("{seen} until {}", next.strftime("%a %Y-%m-%d %H:%M %Q"));
    }
    let mut row = row("window", seen, Vec::new());
    row.result = if moment.ignore_window {
        RequirementResult::Ignored
    } else {
        RequirementResult::Unmet
    };
    Some(row)
}

/// The add-ons of the source that the targets lack: one sentence each.
pub(super) fn lacking_addons(looked: &Observed) -> Vec<String> {
    let Some(Side {
        app,
        addons: Some(wanted),
        ..
    }) = &looked.source
    else {
        return Vec::new();
    };
    let lacking = looked.targets.iter().filter_map(|target| {
        let missing: Vec<&String> = wanted.difference(target.addons.as_ref()?).collect();
        (!missing.is_empty()).then(|| {
            (
                &target.app,
                format!("no {} as {} has", either(&missing), app.name),
            )
        })
    });
    grouped(lacking, "has", "have")
}

fn config_keys(source: &Side, targets: &[Side], but: &[String]) -> RequirementRecord {
    let counted = |names: &BTreeSet<String>| -> BTreeSet<String> {
        let names = names
            .iter()
            .filter(|name| !but.iter().any(|pattern| matches_pattern(pattern, name)));
        names.cloned().collect()
    };
    let from = &source.app.name;
    let wanted = counted(source.names.as_ref().unwrap_or(&BTreeSet::new()));
    let sides: Vec<(&App, BTreeSet<String>)> = targets
        .iter()
        .map(|target| {
            (
                &target.app,
                target.names.as_ref().map(counted).unwrap_or_default(),
            )
        })
        .collect();
    let lacking = sides.iter().filter_map(|(app, names)| {
        let missing: Vec<&String> = wanted.difference(names).collect();
        (!missing.is_empty()).then(|| (*app, format!("{}, which {from} has", shortened(&missing))))
    });
    let extra = sides.iter().filter_map(|(app, names)| {
        let more: Vec<&String> = names.difference(&wanted).collect();
        (!more.is_empty()).then(|| (*app, format!("{}, which {from} lacks", shortened(&more))))
    });
    let mut problems = grouped(lacking, "lacks", "lack");
    problems.extend(grouped(extra, "has", "have"));
    let seen = if problems.is_empty() {
        match wanted.len() as u64 {
            0 => format!("no names to compare on {from} and {}", apps(targets.len())),
            some => {
                let names = count(some, "name", "names");
                format!("{names}, the same on {from} and {}", apps(targets.len()))
            }
        }
    } else {
        format!("the names of config vars differ from those of {from}")
    };
    row("same_config_keys", seen, problems)
}

fn stacks(source: &Side, targets: &[Side]) -> RequirementRecord {
    const UNKNOWN: &str = "an unknown stack";
    let stack = |side: &Side| side.app.stack.clone();
    let wanted = stack(source);
    let differ = targets
        .iter()
        .filter(|target| wanted.is_none() || stack(target) != wanted);
    let differ = differ.map(|target| {
        let of = stack(target).unwrap_or_else(|| UNKNOWN.to_owned());
        (&target.app, format!("on {of}"))
    });
    let problems = grouped(differ, "is", "are");
    let of = wanted.clone().unwrap_or_else(|| UNKNOWN.to_owned());
    let seen = if problems.is_empty() {
        format!("{of} on {} and {}", source.app.name, apps(targets.len()))
    } else {
        format!("{} is on {of}", source.app.name)
    };
    row("same_stack", seen, problems)
}

fn buildpacks(source: &Side, targets: &[Side]) -> RequirementRecord {
    let words = |buildpacks: Option<&Buildpacks>| match buildpacks {
        None => "unknown buildpacks".to_owned(),
        Some(Buildpacks::Set(names)) if names.is_empty() => {
            "no buildpacks set: the platform finds what fits".to_owned()
        }
        Some(Buildpacks::Set(names)) => names.join(", "),
        Some(Buildpacks::Unused(kind)) => format!("none, for it is {kind}"),
    };
    let wanted = source.buildpacks.as_ref();
    let same = |target: &Side| match (wanted, &target.buildpacks) {
        (Some(Buildpacks::Unused(_)), Some(Buildpacks::Unused(_))) => true,
        (Some(Buildpacks::Set(ours)), Some(Buildpacks::Set(theirs))) => ours == theirs,
        _ => false,
    };
    let differ = targets.iter().filter(|target| !same(target));
    let differ = differ.map(|target| (&target.app, words(target.buildpacks.as_ref())));
    let problems = grouped(differ, "has", "have");
    let from = &source.app.name;
    let seen = match wanted {
        Some(Buildpacks::Unused(kind)) if problems.is_empty() => {
            format!("nothing to compare: {from} is {kind}, which brings all that it was built with")
        }
        _ if problems.is_empty() => {
            format!("{} on {from} and {}", words(wanted), apps(targets.len()))
        }
        _ => format!("{from} has {}", words(wanted)),
    };
    row("same_buildpacks", seen, problems)
}

fn maintenance(wanted: Maintenance, targets: &[Side]) -> RequirementRecord {
    let on = wanted == Maintenance::On;
    let wrong = targets.iter().filter(|target| target.app.maintenance != on);
    let words = if on {
        "not in maintenance mode"
    } else {
        "in maintenance mode"
    };
    let problems = grouped(
        wrong.map(|target| (&target.app, words.to_owned())),
        "is",
        "are",
    );
    let seen = if problems.is_empty() {
        format!(
            "{} on {}",
            if on { "on" } else { "off" },
            apps(targets.len())
        )
    } else {
        format!("it must be {}", if on { "on" } else { "off" })
    };
    row("maintenance", seen, problems)
}

fn row(requirement: &str, seen: String, problems: Vec<String>) -> RequirementRecord {
    RequirementRecord {
        requirement: requirement.to_owned(),
        result: if problems.is_empty() {
            RequirementResult::Met
        } else {
            RequirementResult::Unmet
        },
        seen,
        problems,
    }
}

/// What holds for each app; apps for which it is the same are named together.
fn grouped<'a>(
    of: impl Iterator<Item = (&'a App, String)>,
    one: &str,
    several: &str,
) -> Vec<String> {
    let mut groups: Vec<(String, Vec<&String>)> = Vec::new();
    for (app, what) in of {
        match groups.iter_mut().find(|(known, _)| *known == what) {
            Some((_, apps)) => apps.push(&app.name),
            None => groups.push((what, vec![&app.name])),
        }
    }
    let told = groups.into_iter().map(|(what, apps)| {
        let verb = if apps.len() == 1 { one } else { several };
        format!("{} {verb} {what}", shortened(&apps))
    });
    told.collect()
}

/// The first of these names, and how many more there are.
fn shortened(names: &[&String]) -> String {
    if names.len() <= TOLD {
        return list(names);
    }
    let more = names.len() - TOLD;
    let first: Vec<&str> = names[..TOLD].iter().map(|name| name.as_str()).collect();
    format!("{} and {more} more", first.join(", "))
}

fn either(names: &[&String]) -> String {
    let names: Vec<&str> = names.iter().map(|name| name.as_str()).collect();
    names.join(", no ")
}

fn apps(n: usize) -> String {
    count(n as u64, "app", "apps")
}

/// Whether a name matches a pattern; `*` matches any text.
fn matches_pattern(pattern: &str, name: &str) -> bool {
    let mut parts = pattern.split('*');
    let first = parts.next().unwrap_or_default();
    let Some(mut rest) = name.strip_prefix(first) else {
        return false;
    };
    let Some(last) = parts.next_back() else {
        return rest.is_empty();
    };
    for part in parts {
        match rest.split_once(part) {
            Some((_, behind)) => rest = behind,
            None => return false,
        }
    }
    rest.ends_with(last)
}

#[cfg(test)]
mod tests;
