//! Nothing of a text is lost or repeated, wherever connections break and whether or not the server resumes.
#![no_main]

use launchway::http::resume::{Delivered, TextReplay};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let Some((plan, log)) = data.split_at_checked(8) else {
        return;
    };
    // Long enough that a place in it is asked for, and without heartbeats of its own.
    let log: Vec<u8> = log.iter().filter(|&&byte| byte != 0).copied().collect();
    let log = log.repeat(3000 / log.len().max(1) + 1);
    let mut delivered = Delivered::default();
    let mut all = Vec::new();
    for step in plan.chunks(2).chain([&[255_u8, 1][..]]) {
        let last = step == [255, 1];
        let start = delivered.range_start();
        let mut replay = TextReplay::new(&delivered, start);
        let resumes = step[1] % 2 == 0;
        let from = if resumes { start as usize } else { 0 };
        let body = &log[from.min(log.len())..];
        let length = if last { body.len() } else { usize::from(step[0]) * 16 };
        for chunk in body[..length.min(body.len())].chunks(usize::from(step[1]) + 1) {
            all.extend(replay.push(&mut delivered, chunk).expect("nothing has shifted"));
        }
    }
    assert_eq!(all, log);
});
