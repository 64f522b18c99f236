//! Any `deploy.yaml` is read or refused; its problems can be shown.
#![no_main]

use std::io::Write as _;

use launchway::{config, env::Env};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &[u8]| {
    let mut file = tempfile::NamedTempFile::new().expect("there is room for a temporary file");
    file.write_all(text).expect("it can be written");
    if let Err(problem) = config::load(file.path(), &Env::default()) {
        assert!(!problem.to_string().is_empty());
    }
});
