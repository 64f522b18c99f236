//! A signal while a build is asked for.

use super::support::{ONE, Shop};

#[test]
fn a_build_whose_answer_does_not_come_is_found_whether_it_was_taken_up_or_not() {
    for (fault, said) in [
        ("build=slow:20s", "was cancelled; nothing was released"),
        // Nobody takes it up, and what is queued can't be stopped.
        ("build=never", "could not be cancelled: it may still finish"),
    ] {
        let shop = Shop::new(ONE, &[fault, "http=delay-after:20s:POST builds"], &[]);
        let run = shop.terminated_at("POST", "/builds");
        run.ends(143, said);
        assert_eq!(run.count("POST", "/builds"), 1);
    }
}
