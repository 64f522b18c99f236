//! Output that is cut, reset, replayed or sent in another form: it is shown whole, once and in order.

use std::time::Duration;

use launchway::sandbox::Pace;

use crate::support::{Run, SINGLE, Shop, lies};

const LINES: usize = 500;

/// Deploys with a long log under these faults.
fn deployed(faults: &[&str]) -> Run {
    let flood = format!("log=flood:{LINES}");
    let faults: Vec<String> = faults
        .iter()
        .map(ToString::to_string)
        .chain([flood])
        .collect();
    let pace = Pace {
        build: Duration::from_millis(900),
        ..Pace::instant()
    };
    let shop = Shop::at(pace, &faults).yaml(SINGLE);
    let run = shop.deploy().env("LAUNCHWAY_TEST_TEMPO", "0.02").run();
    run.exits(0);
    assert_eq!(lies(&run), Vec::<String>::new(), "{faults:?}");
    run
}

#[track_caller]
fn shows_the_whole_log(run: &Run, undisturbed: &Run, of: &str) {
    let undisturbed = undisturbed.output();
    let shown = run.output();
    assert_eq!(shown.len(), undisturbed.len(), "{of}");
    let flood = shown
        .iter()
        .filter(|line| line.ends_with("of a build that talks a lot"));
    assert_eq!(flood.count(), LINES, "{of}");
    assert_eq!(shown, undisturbed, "{of}");
}

#[test]
fn nothing_is_lost_or_repeated_wherever_it_breaks() {
    for form in ["stream=text", "stream=replay", "log=split"] {
        let whole = deployed(&[form]);
        for fault in ["stream=cut:30%@1-3", "stream=reset:70%@1-2"] {
            shows_the_whole_log(
                &deployed(&[form, fault]),
                &whole,
                &format!("{form} {fault}"),
            );
        }
    }
    let both = deployed(&["stream=text", "stream=replay", "stream=cut:60%@1-3"]);
    shows_the_whole_log(&both, &deployed(&[]), "a replayed text");
}

#[test]
fn a_form_that_changes_on_the_way_makes_no_difference() {
    let whole = deployed(&[]);
    for fault in [
        "stream=text@2",
        "stream=text@1",
        "stream=replay@2",
        "http=406@1:stream",
        "http=403@1:stream",
        "http=redirect@1:stream",
    ] {
        let cut = "stream=cut:50%@1-2";
        shows_the_whole_log(&deployed(&[fault, cut]), &whole, fault);
    }
}
