//! Whatever a build prints, no line of it is a command for a CI system or more than colours for a terminal.
#![no_main]

use launchway::{http::lines::Lines, report::{json, rules}};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|log: &[u8]| {
    // As it arrives: cut into lines.
    let mut lines = Lines::default();
    for line in lines.push(log).into_iter().chain(lines.finish()) {
        rules::hold(&line);
    }
    // As a text that was never cut: a message, a name, the end of a log.
    let text = String::from_utf8_lossy(log);
    rules::hold(&text);
    // As JSON: it says the same, and drives nobody either.
    let json = serde_json::to_string(&text).expect("a text has a JSON form");
    let safe = json::defuse(&json);
    assert!(!rules::is_command(&safe) && !safe.contains(|c: char| c.is_control()));
    assert_eq!(serde_json::from_str::<String>(&safe).ok().as_deref(), Some(&*text));
});
