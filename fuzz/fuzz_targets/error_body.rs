//! Whatever a server says with an error, it becomes one line of bounded length.
#![no_main]

use launchway::http::answer::error_message;
use libfuzzer_sys::fuzz_target;
use reqwest::{StatusCode, header::HeaderMap};

fuzz_target!(|body: &[u8]| {
    let json = serde_json::from_slice(body).ok();
    for status in [StatusCode::FOUND, StatusCode::SERVICE_UNAVAILABLE] {
        let message = error_message(json.as_ref(), body, &HeaderMap::new(), status);
        assert!(!message.contains('\n') && message.chars().count() <= 301);
    }
});
