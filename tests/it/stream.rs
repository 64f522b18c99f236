//! Output streams that are late, cut off, broken or hostile: they cost output, never the verdict.

use crate::support::{Run, SINGLE, Shop};

fn deployed(faults: &[&str]) -> Run {
    let shop = Shop::with(faults).yaml(SINGLE);
    let run = shop.deploy().run();
    run.exits(0);
    run
}

/// The log, whole and in order, once.
#[track_caller]
fn shows_the_whole_log(run: &Run) {
    let output = run.output();
    let places: Vec<usize> = [
        "-----> Building on the Heroku-24 stack (simulated by the sandbox)",
        "-----> Reading the source",
        "-----> Node.js app detected (package.json)",
        "-----> Launching...",
    ]
    .iter()
    .map(|line| {
        let found: Vec<usize> = output
            .iter()
            .enumerate()
            .filter(|(_, shown)| shown == line)
            .map(|(at, _)| at)
            .collect();
        assert_eq!(found.len(), 1, "`{line}`: {output:#?}");
        found[0]
    })
    .collect();
    assert!(places.is_sorted(), "{output:#?}");
}

#[test]
fn a_stream_that_comes_late_is_waited_for() {
    shows_the_whole_log(&deployed(&["stream=late:3"]));
}

#[test]
fn a_stream_that_ends_early_is_taken_up_again() {
    for fault in [
        "stream=cut:10%",
        "stream=cut:50%",
        "stream=reset:50%",
        "stream=cut:30%@1-3",
    ] {
        // Slow enough that the stream ends long before the build does.
        shows_the_whole_log(&deployed(&[fault, "build=slow:300ms"]));
    }
}

#[test]
fn a_stream_that_can_not_be_read_hides_no_verdict() {
    for fault in ["stream=refused", "http=500@*:stream", "stream=reset:0%@*"] {
        deployed(&[fault]);
        let shop = Shop::with(&[fault, "build=fail"]).yaml(SINGLE);
        shop.deploy().run().exits(10);
    }
}

#[test]
fn a_silent_stream_is_left_when_the_verdict_is_there() {
    deployed(&["stream=silent"]);
}

#[test]
fn characters_in_parts_are_put_together_and_heartbeats_are_no_output() {
    // The pause is longer than the time between heartbeats.
    let run = deployed(&["log=split", "build=slow:1500ms"]);
    let output = run.output();
    let line = "       größer – naïve ✓";
    assert!(output.iter().any(|shown| shown == line), "{output:#?}");
    assert!(!output.concat().contains(['\0', '\u{fffd}']), "{output:#?}");
    shows_the_whole_log(&run);
}

#[test]
fn hostile_output_drives_nobody() {
    // The support code looks at everything that was written.
    let run = deployed(&["log=hostile"]);
    run.says("not from launchway")
        .says("red without end")
        .says("glued");
    let shop = Shop::with(&["log=hostile", "build=fail"]).yaml(SINGLE);
    shop.deploy().run().exits(10);
}

#[test]
fn a_flood_is_shown_to_its_end() {
    let run = deployed(&["log=flood:5000"]);
    let lines = run.output();
    let flood = lines
        .iter()
        .filter(|line| line.ends_with("of a build that talks a lot"));
    assert_eq!(flood.count(), 5000);
}

/// What happens to a stream right when the build ends; the log is there a little later.
const LATE_TROUBLE: [&[&str]; 5] = [
    &["stream=cut:0%@1-6"],
    &["stream=reset:0%@1-6"],
    &["http=503@1-2:stream", "http=html@3-5:stream"],
    &["http=403@1-6:stream"],
    &["http=404@1-6:stream"],
];

#[test]
fn the_log_of_a_failed_build_is_fetched_after_the_verdict() {
    for faults in LATE_TROUBLE {
        let mut faults = faults.to_vec();
        faults.push("build=fail");
        let shop = Shop::with(&faults).yaml(SINGLE);
        let run = shop.deploy().run();
        run.exits(10);
        let output = run.output();
        let found = output
            .iter()
            .filter(|line| line.contains("Push rejected"))
            .count();
        assert_eq!(found, 1, "{faults:?}: {output:#?}");
        run.does_not_say("is not shown in full")
            .does_not_say("Application error");
    }
}

#[test]
fn a_log_that_can_not_be_fetched_is_told_with_where_to_read_it() {
    for fault in ["stream=cut:0%@*", "http=503@*:stream", "http=html@*:stream"] {
        let shop = Shop::with(&[fault, "build=fail"]).yaml(SINGLE);
        let run = shop.deploy().run();
        run.exits(10)
            .says("the output of shop-staging is not shown in full")
            .says("heroku builds:output --app shop-staging");
    }
}
