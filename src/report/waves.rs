//! What the pages say of waves and rollbacks, from the record.

use crate::{
    journal::record::{AppRecord, CheckRecord, StageRecord},
    units,
};

/// The wave of a stage's app, by the app's place: `wave 2 of 3`; nothing if all apps got the release at once.
pub(super) fn wave(stage: &StageRecord, app_at: usize) -> Option<String> {
    let before = stage.waves.iter().take_while(|end| app_at >= **end).count();
    let known = before < stage.waves.len();
    known.then(|| format!("wave {} of {}", before + 1, stage.waves.len()))
}

/// The checks of an app with their names; those of a rollback name the release that it went back to.
pub(super) fn checks(app: &AppRecord) -> impl Iterator<Item = (String, &CheckRecord)> {
    let forth = app.checks.iter().map(|check| (check.check.clone(), check));
    let back = app.rollback.iter().flat_map(|rollback| {
        let to = rollback.to.as_ref();
        let to = to.map_or_else(
            || "what ran before".to_owned(),
            |to| format!("v{}", to.version),
        );
        let name = move |check: &CheckRecord| format!("{} (back on {to})", check.check);
        rollback
            .checks
            .iter()
            .map(move |check| (name(check), check))
    });
    forth.chain(back)
}

/// What is said of an app whose source was built twice.
pub(super) fn built_again(app: &AppRecord) -> Option<String> {
    let notice = app.notice_build.as_ref()?;
    Some(format!(
        "built twice: the platform failed build {} on purpose, with a notice in its log",
        units::short_id(&notice.id)
    ))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::fixtures;

    #[test]
    fn an_app_is_in_the_wave_that_brought_it_the_release() {
        let mut stage = fixtures::happy().record.stages.remove(1);
        assert_eq!(wave(&stage, 0), None);
        stage.waves = vec![1, 3];
        let found = [0, 1, 2, 3].map(|at| wave(&stage, at));
        let of = |text: &str| Some(text.to_owned());
        let second = of("wave 2 of 2");
        assert_eq!(found, [of("wave 1 of 2"), second.clone(), second, None]);
    }
}
