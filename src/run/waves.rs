//! A stage in waves: each gets the release and is verified before the next one does. Without waves there is one, of all apps.

use super::{
    Run,
    deploy::{Planned, StageInput},
    ours::Ours,
    plan::StagePlan,
    release::Place,
    verify::{Code, Subject},
};
use crate::{
    exit::Exit,
    failure::Failure,
    platform::types::{CheckState, Release},
    units,
};

/// How many apps of a wave are named.
const TOLD: usize = 5;

/// The apps of a wave.
pub(super) struct Wave<'p> {
    /// Those that run the wanted code already.
    live: Vec<(Place<'p>, Release)>,
    /// Those that get it.
    open: Vec<Place<'p>>,
}

/// The waves of a stage; `ends` says how many of its apps have the release after each, and is empty for one wave of all.
pub(super) fn waves<'p>(
    ends: &[usize],
    live: Vec<(Place<'p>, Release)>,
    open: Vec<Place<'p>>,
) -> Vec<Wave<'p>> {
    let of = |place: &Place<'_>| ends.iter().take_while(|end| place.app_at >= **end).count();
    let mut waves: Vec<Wave<'p>> = (0..ends.len().max(1))
        .map(|_| Wave {
            live: Vec::new(),
            open: Vec::new(),
        })
        .collect();
    for (place, release) in live {
        waves[of(&place)].live.push((place, release));
    }
    for place in open {
        waves[of(&place)].open.push(place);
    }
    waves
}

/// The released apps as subjects of checks.
pub(super) fn subjects<'a>(
    released: &'a [(Place<'a>, Release)],
    stage: &StagePlan,
    code: &'a Code,
) -> Vec<Subject<'a>> {
    let subject = |(place, release): &'a (Place<'a>, Release)| Subject {
        place: *place,
        release,
        code,
        found_live: stage.apps[place.app_at].already_live,
    };
    released.iter().map(subject).collect()
}

/// Where among its waves a stage stopped, and what that means for its apps: `stopped in wave 2 of 3 (eu and us); not reached:
/// asia`.
pub(super) fn stopped(stage: &StagePlan, at: usize) -> Option<String> {
    stopped_in(&stage.waves, at, &names(stage))
}

fn names(stage: &StagePlan) -> Vec<&str> {
    stage.apps.iter().map(|app| app.app.name.as_str()).collect()
}

/// The apps of a wave, and those behind it.
fn split<'a>(
    ends: &[usize],
    at: usize,
    apps: &'a [&'a str],
) -> Option<(&'a [&'a str], &'a [&'a str])> {
    let start = at.checked_sub(1).map_or(0, |before| ends[before]);
    let (reached, behind) = apps.split_at_checked(*ends.get(at)?)?;
    Some((reached.get(start..)?, behind))
}

fn stopped_in(ends: &[usize], at: usize, apps: &[&str]) -> Option<String> {
    let (this, behind) = split(ends, at, apps)?;
    let reached = format!(
        "stopped in wave {} of {} ({})",
        at + 1,
        ends.len(),
        shortened(this)
    );
    Some(match behind {
        [] => reached,
        behind => format!("{reached}; not reached: {}", shortened(behind)),
    })
}

/// The first names of many.
fn shortened(names: &[&str]) -> String {
    match names.get(..TOLD) {
        Some(first) if names.len() > TOLD + 1 => {
            format!("{} and {} more", first.join(", "), names.len() - TOLD)
        }
        _ => units::list(names),
    }
}

impl Run<'_> {
    /// Announces a wave, and checks again that the stage may be changed and that the stage before still runs what is
    /// promoted: the wave before may have taken hours.
    pub(super) async fn before_wave(
        &self,
        stage: &StagePlan,
        at: usize,
        wave: &Wave<'_>,
        origin: &StageInput<'_>,
        planned: &Planned,
    ) -> Result<(), Failure> {
        let names = names(stage);
        let (this, _) = split(&stage.waves, at, &names).unwrap_or_default();
        self.journal.note(format!(
            "wave {} of {} of {}: {}",
            at + 1,
            stage.waves.len(),
            stage.stage,
            shortened(this)
        ));
        let StageInput::Release(source) = origin else {
            return Ok(());
        };
        if at == 0 || wave.open.is_empty() {
            return Ok(());
        }
        let require = &self.config.stages[stage.index].require;
        let again = self.look_again(stage, require, Some(source), planned).await;
        again.map_err(|failure| match failure.exit {
            Exit::Refused => failure.state(format!(
                "nothing was changed in wave {} of {} and those behind it; the apps before run the new code",
                at + 1,
                stage.stage
            )),
            _ => failure,
        })
    }

    /// Executes one wave and returns what its apps run.
    pub(super) async fn wave<'p>(
        &self,
        stage: &StagePlan,
        planned: &Planned,
        origin: &StageInput<'_>,
        code: &Code,
        Wave { live, open }: Wave<'p>,
    ) -> Result<Vec<(Place<'p>, Release)>, Failure> {
        let pipeline = planned.facts.pipeline.as_ref();
        let pipeline = pipeline.map(|pipeline| pipeline.id.as_str());
        let mut released = match origin {
            _ if open.is_empty() => Vec::new(),
            _ if let Some(images) = &planned.images => {
                self.release_images(stage, pipeline, images, &open).await?
            }
            StageInput::Source(input) => self.build_on(&open, input, planned).await?,
            StageInput::Release(source) => self.roll_out(stage, pipeline, source, &open).await?,
        };
        released.extend(live);
        released.sort_by_key(|(place, _)| place.app_at);
        let subjects = subjects(&released, stage, code);
        self.report_statuses(&subjects, &CheckState::Pending).await;
        let checks = &self.config.stages[stage.index].verify;
        let held = match self.verify(checks, &subjects).await {
            Ok(()) => {
                let ours = Ours::new(planned);
                self.confirm(pipeline, &subjects, &ours).await
            }
            Err(failure) => Err(failure),
        };
        let verdict = match held {
            Ok(()) => CheckState::Success,
            Err(_) => CheckState::Failure,
        };
        self.report_statuses(&subjects, &verdict).await;
        held.map(|()| released)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stage_that_stops_between_its_waves_says_what_was_not_reached() {
        let apps = ["a", "b", "c", "d", "e", "f", "g", "h", "i", "j"];
        for (ends, at, expected) in [
            (&[][..], 0, None),
            (
                &[1, 3, 10],
                0,
                Some("stopped in wave 1 of 3 (a); not reached: b, c, d, e, f and 4 more"),
            ),
            (
                &[1, 4, 10],
                1,
                Some("stopped in wave 2 of 3 (b, c and d); not reached: e, f, g, h, i and j"),
            ),
            (
                &[1, 10],
                1,
                Some("stopped in wave 2 of 2 (b, c, d, e, f and 4 more)"),
            ),
        ] {
            assert_eq!(stopped_in(ends, at, &apps).as_deref(), expected, "{ends:?}");
        }
    }
}
