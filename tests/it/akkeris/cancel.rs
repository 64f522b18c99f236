//! A signal while a build is asked for.

use rustix::process::Signal;

use super::support::ONE;
use crate::support::Shop;

#[test]
fn a_build_whose_answer_does_not_come_is_found_whether_it_was_taken_up_or_not() {
    for (fault, said) in [
        ("build=slow:10m", "was cancelled; nothing was released"),
        // Nobody takes it up, and what is queued can't be stopped.
        ("build=never", "could not be cancelled: it may still finish"),
    ] {
        let shop = Shop::akkeris(ONE, &[fault, "http=delay-after:10m:POST builds"], &[]);
        // At its real tempo: no request may time out before the run is over.
        let deploy = shop.deploy().tempo("1");
        let mut live = deploy.env("LAUNCHWAY_TEST_CLEAN_UP", "3").start();
        shop.until_asked("POST", "/builds");
        live.signal(Signal::TERM);
        let run = live.end();
        run.exits(143).says(said);
        assert_eq!(run.count("POST", "/builds"), 1);
    }
}
