//! A run that is killed, at each of its events and at many moments between, and started again: it finishes the job, and
//! nothing was made twice.
//!
//! One moment is beyond what a client can do: a promotion can't be found by anybody who lost its id until its first release
//! is made. A run that starts in between promotes again: the same slug to the same apps. Here that moment is made short.
//! (On Akkeris releases are made within the request, and there is no such moment.)

use std::fmt::Write as _;
use std::io::{BufRead as _, BufReader};
use std::process::Stdio;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::Duration;

use launchway::sandbox::{Pace, Surface};

use crate::stub::Stub;
use crate::support::{Launchway, PIPELINE, Shop, lies, yaml as yaml_of};

/// How many shops are at work at a time.
const AT_A_TIME: usize = 6;

/// When a run is killed.
#[derive(Clone, Copy, Debug)]
enum Moment {
    /// After so many events.
    Journal(usize),
    /// After the first event of this kind.
    Event(&'static str),
    /// After so long.
    Time(Duration),
}

/// On Akkeris a timer releases builds, and a run waits for it: here, as there, for longer than it takes. It takes two
/// release phases.
fn times(surface: Surface) -> (&'static str, Duration) {
    match surface {
        Surface::Heroku => ("0.002", Duration::from_millis(40)),
        Surface::Akkeris => ("0.005", Duration::from_millis(20)),
    }
}

fn shop(surface: Surface) -> Shop {
    shop_that_builds_for(Duration::from_millis(60), surface)
}

fn shop_that_builds_for(build: Duration, surface: Surface) -> Shop {
    let pace = Pace {
        build,
        release_phase: times(surface).1,
        promotion: Duration::from_millis(2),
        ..Pace::instant()
    };
    let shop = Shop::on(surface, pace, &[]);
    shop.write("Procfile", "web: node .\nrelease: ./migrate\n");
    shop
}

fn deploy(surface: Surface, shop: &Shop) -> Launchway<'_> {
    shop.deploy().env("LAUNCHWAY_TEST_TEMPO", times(surface).0)
}

/// Kills a run that has just been started. Gives the events that it had reported.
fn killed(run: Launchway<'_>, moment: Moment) -> usize {
    let mut command = run.command;
    let mut child = command
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let seen = match moment {
        Moment::Journal(n) => lines.by_ref().take(n).map_while(Result::ok).count(),
        Moment::Event(kind) => {
            let kind = format!("\"event\":\"{kind}\"");
            let seen = lines.by_ref().map_while(Result::ok);
            seen.take_while(|line| !line.contains(&kind)).count()
        }
        Moment::Time(time) => {
            thread::sleep(time);
            0
        }
    };
    // It fails if the run is over, which is as good a moment as any.
    let _ = child.kill();
    child.wait().unwrap();
    seen
}

/// The same with container apps, whose image is in a file, as is that of their release phase.
fn shop_of_images(surface: Surface) -> Shop {
    let shop = shop(surface);
    shop.on_containers();
    let images =
        "build: {images: {web: \"docker-archive:web.tar\", release: \"docker-archive:web.tar\"}}\n";
    let yaml = PIPELINE.replace("build: {timeout: 4s}\n", images);
    shop.yaml(&yaml_of(surface, &yaml))
}

fn wrong_in(shop: &Shop, surface: Surface, moment: Moment) -> Option<String> {
    killed(deploy(surface, shop), moment);
    let run = deploy(surface, shop).run();
    let mut wrong = lies(&run);
    if run.code != Some(0) {
        wrong.push(format!("exit code {:?}", run.code));
    }
    let mut text = format!("=== {surface:?}, {moment:?}: {}\n", wrong.join("; "));
    let _ = write!(text, "{}", run.stderr);
    (!wrong.is_empty()).then_some(text)
}

/// What is wrong with runs in such shops that were killed at these moments and started again.
fn all_right(shop: fn(Surface) -> Shop, surface: Surface, moments: &[Moment]) {
    let next = AtomicUsize::new(0);
    let wrongs = Mutex::new(Vec::new());
    thread::scope(|scope| {
        for _ in 0..AT_A_TIME {
            scope.spawn(|| {
                while let Some(&moment) = moments.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let wrong = wrong_in(&shop(surface), surface, moment);
                    wrongs.lock().unwrap().extend(wrong);
                }
            });
        }
    });
    let wrongs = wrongs.into_inner().unwrap();
    let (count, all) = (wrongs.len(), moments.len());
    assert!(count == 0, "{count} of {all}:\n{}", wrongs.join("\n"));
}

fn at_any_event(surface: Surface) {
    let events = killed(deploy(surface, &shop(surface)), Moment::Journal(usize::MAX));
    assert!(events > 30, "a whole run has only {events} events");
    let moments: Vec<Moment> = (0..=events).map(Moment::Journal).collect();
    all_right(shop, surface, &moments);
}

/// Production has requirements, must be approved, and gets the release in waves.
fn with_gates(surface: Surface, approves: &Stub) -> Shop {
    let text = format!(
        "pipeline: acme-shop\nstages:\n  - {{stage: staging, app: shop-staging}}\n  - stage: production\n    \
         apps: [shop-eu, shop-us]\n    require: {{same_config_keys: true, maintenance: off}}\n    \
         approval: {{http: \"{}\", within: 1m, every: 10ms}}\n    waves: [1]\n    verify: [{{run: 'true'}}]\n",
        approves.url
    );
    shop(surface).yaml(&yaml_of(surface, &text))
}

/// At the events that only gates have, and at those around them.
fn at_gates(surface: Surface) {
    let approves = Stub::answering("200 OK", "", r#"{"state": "approved", "by": "ada"}"#);
    let kinds = [
        "requirement_checked",
        "approval_decided",
        "promotion_started",
        "check_started",
        "check_finished",
        "stage_started",
    ];
    for kind in kinds {
        let shop = with_gates(surface, &approves);
        let wrong = wrong_in(&shop, surface, Moment::Event(kind));
        assert!(wrong.is_none(), "{}", wrong.unwrap_or_default());
    }
    assert!(!approves.heard().is_empty());
}

#[test]
fn a_run_with_gates_that_was_killed_is_finished_by_the_next() {
    at_gates(Surface::Heroku);
    at_gates(Surface::Akkeris);
}

fn at_any_time(surface: Surface) {
    let moments: Vec<Moment> = (0..60)
        .map(|n| Moment::Time(Duration::from_millis(40 + 12 * n)))
        .collect();
    all_right(shop, surface, &moments);
}

#[test]
fn a_run_with_images_that_was_killed_at_any_event_is_finished_by_the_next() {
    let shop = shop_of_images;
    let whole = deploy(Surface::Heroku, &shop(Surface::Heroku)).run();
    whole.exits(0);
    let moments: Vec<Moment> = (0..=whole.events().len()).map(Moment::Journal).collect();
    all_right(shop, Surface::Heroku, &moments);
}

#[test]
#[ignore = "takes long: .ci/run runs it"]
fn a_run_with_images_that_was_killed_at_any_time_is_finished_by_the_next() {
    let moments: Vec<Moment> = (0..60)
        .map(|n| Moment::Time(Duration::from_millis(40 + 6 * n)))
        .collect();
    all_right(shop_of_images, Surface::Heroku, &moments);
}

#[test]
fn a_run_that_was_killed_at_any_event_is_finished_by_the_next() {
    at_any_event(Surface::Heroku);
}

#[test]
#[ignore = "takes long: .ci/run runs it"]
fn a_run_that_was_killed_at_any_time_is_finished_by_the_next() {
    at_any_time(Surface::Heroku);
}

#[test]
fn a_run_on_akkeris_that_was_killed_at_any_event_is_finished_by_the_next() {
    at_any_event(Surface::Akkeris);
}

#[test]
#[ignore = "takes long: .ci/run runs it"]
fn a_run_on_akkeris_that_was_killed_at_any_time_is_finished_by_the_next() {
    at_any_time(Surface::Akkeris);
}

#[test]
fn a_build_that_waits_for_its_turn_is_not_asked_for_again() {
    for surface in [Surface::Heroku, Surface::Akkeris] {
        let shop = shop_that_builds_for(Duration::from_millis(1500), surface);
        let wrong = wrong_in(&shop, surface, Moment::Event("build_started"));
        assert!(wrong.is_none(), "{}", wrong.unwrap_or_default());
    }
}
